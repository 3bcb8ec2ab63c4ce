/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <stdio.h>
#include <string.h>

static void plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

const char *value_text(const struct roost_json *doc, int object, const char *key,
                       const char *otherwise, char *out, size_t size)
{
    if (roost_json_get_string(doc, object, key, out, size) != 0 || out[0] == '\0')
        snprintf(out, size, "%s", otherwise);
    plain(out);
    return out;
}

bool value_flag(const struct roost_json *doc, int object, const char *key)
{
    bool value = false;
    roost_json_get_bool(doc, object, key, &value);
    return value;
}

const char *value_time(const struct roost_json *doc, int object, const char *key,
                       const char *otherwise, char out[ROOST_DATETIME_LEN + 1])
{
    int64_t unix_ms;
    if (roost_json_get_int64(doc, object, key, &unix_ms) == 0)
        roost_datetime_write(out, unix_ms);
    else
        snprintf(out, ROOST_DATETIME_LEN + 1, "%s", otherwise);
    return out;
}

static int part_of(const struct roost_json *doc, int object, const char *key)
{
    int part = object >= 0 ? roost_json_find(doc, object, key) : -1;
    return part >= 0 && roost_json_type(doc, part) == ROOST_JSON_OBJECT ? part : -1;
}

const char *value_latest(const struct roost_json *doc, int device, const char *metric,
                         const char *otherwise, char out[VALUE_SIZE])
{
    const char *text;
    size_t len;
    int one = part_of(doc, part_of(doc, device, "latest"), metric);
    if (one >= 0 && roost_json_get_raw(doc, one, "value", &text, &len) == 0)
        snprintf(out, VALUE_SIZE, "%.*s", (int)len, text);
    else
        snprintf(out, VALUE_SIZE, "%s", otherwise);
    return out;
}

const char *value_of_part(const struct roost_json *doc, int device, const char *part,
                          const char *key, const char *otherwise, char *out, size_t size)
{
    int object = part_of(doc, device, part);
    if (object >= 0)
        return value_text(doc, object, key, otherwise, out, size);
    snprintf(out, size, "%s", otherwise);
    return out;
}

const char *value_update(const struct roost_json *doc, int device, char out[VALUE_SIZE])
{
    int update = part_of(doc, device, "update");
    value_of_part(doc, device, "update", "state", "", out, VALUE_SIZE);
    if (out[0] != '\0' && strcmp(out, "idle") != 0)
        return out;
    bool failed = out[0] != '\0' && value_flag(doc, update, "error");
    snprintf(out, VALUE_SIZE, "%s", failed ? "update-failed" : "");
    return out;
}
