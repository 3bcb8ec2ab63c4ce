/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/climate/topic.h"

#include <stdbool.h>
#include <string.h>

#include "core/err.h"

/* A topic is prefix, device id, suffix. */
struct shape {
    const char *prefix, *suffix, *name;
};

static const struct shape shapes[ROOST_TOPIC_KIND_COUNT] = {
    [ROOST_TOPIC_TEMPERATURE] = {"sensor/", "/temperature", "temperature"},
    [ROOST_TOPIC_HUMIDITY] = {"sensor/", "/humidity", "humidity"},
    [ROOST_TOPIC_AUDIO] = {"sensor/", "/audio", "audio"},
    [ROOST_TOPIC_REQUEST] = {"ml/inference/request/", "", "request"},
    [ROOST_TOPIC_CONTROL] = {"window/", "/control", "control"},
    [ROOST_TOPIC_STATE] = {"window/", "/state", "state"},
    [ROOST_TOPIC_FEEDBACK] = {"window/", "/feedback", "feedback"},
    [ROOST_TOPIC_STATUS] = {"device/", "/status", "status"},
    [ROOST_TOPIC_COMMAND] = {"device/", "/command", "command"},
    [ROOST_TOPIC_ANSWER] = {"device/", "/answer", "answer"},
};

static bool id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
}

int roost_device_id_check(const char *id, size_t len)
{
    if (len == 0)
        return ROOST_ERR_INVALID;
    if (len > ROOST_DEVICE_ID_MAX)
        return ROOST_ERR_TOO_LONG;
    for (size_t i = 0; i < len; i++) {
        if (!id_char(id[i]))
            return ROOST_ERR_INVALID;
    }
    return 0;
}

int roost_topic_parse(struct roost_topic *topic, const char *text, size_t len)
{
    for (int kind = 0; kind < ROOST_TOPIC_KIND_COUNT; kind++) {
        size_t prefix_len = strlen(shapes[kind].prefix);
        size_t suffix_len = strlen(shapes[kind].suffix);
        if (len < prefix_len + suffix_len || memcmp(text, shapes[kind].prefix, prefix_len) != 0 ||
            memcmp(text + len - suffix_len, shapes[kind].suffix, suffix_len) != 0)
            continue;
        const char *id = text + prefix_len;
        size_t id_len = len - prefix_len - suffix_len;
        if (id_len > 0 && memchr(id, '/', id_len))
            return ROOST_ERR_NOT_FOUND; /* one level too many: somebody else's topic */
        int err = roost_device_id_check(id, id_len);
        if (err)
            return err;
        topic->kind = (enum roost_topic_kind)kind;
        memcpy(topic->device_id, id, id_len);
        topic->device_id[id_len] = '\0';
        return 0;
    }
    return ROOST_ERR_NOT_FOUND;
}

int roost_topic_write(char *out, size_t size, enum roost_topic_kind kind, const char *device_id)
{
    const struct shape *shape = &shapes[kind];
    size_t prefix_len = strlen(shape->prefix);
    size_t suffix_len = strlen(shape->suffix);
    size_t id_len = strlen(device_id);
    int err = strcmp(device_id, "+") == 0 ? 0 : roost_device_id_check(device_id, id_len);
    if (err)
        return err;
    if (prefix_len + id_len + suffix_len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, shape->prefix, prefix_len);
    memcpy(out + prefix_len, device_id, id_len);
    memcpy(out + prefix_len + id_len, shape->suffix, suffix_len);
    out[prefix_len + id_len + suffix_len] = '\0';
    return (int)(prefix_len + id_len + suffix_len);
}

const char *roost_topic_kind_name(enum roost_topic_kind kind)
{
    return (unsigned)kind < ROOST_TOPIC_KIND_COUNT ? shapes[kind].name : "unknown";
}
