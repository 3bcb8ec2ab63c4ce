/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/firmware/manifest.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/json_write.h"

enum {
    TOKENS = 96,
    OWN_VALUES = 33 /* keys and values that are always written, without what is inside meta */
};

struct reading {
    struct roost_json doc;
    struct roost_json_token tokens[TOKENS];
    char *why;
    size_t why_size;
};

static int refuse(const struct reading *r, const char *member, const char *wanted)
{
    snprintf(r->why, r->why_size, "manifest.json: %s is missing or not %s", member, wanted);
    return ROOST_ERR_INVALID;
}

static int read_hex(const struct reading *r, const char *member, char *out, size_t digits)
{
    char wanted[40];
    int err = roost_json_get_string(&r->doc, ROOST_JSON_ROOT, member, out, digits + 1);

    snprintf(wanted, sizeof wanted, "%zu hexadecimal digits", digits);
    if (err < 0 || strlen(out) != digits)
        return refuse(r, member, wanted);
    for (char *c = out; *c; c++) {
        if (roost_hex_digit(*c) < 0)
            return refuse(r, member, wanted);
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    }
    return 0;
}

static int read_number(const struct reading *r, const char *member, uint64_t min, uint32_t *out)
{
    uint64_t value;

    if (roost_json_get_uint64(&r->doc, ROOST_JSON_ROOT, member, &value) < 0 || value < min ||
        value > UINT32_MAX)
        return refuse(r, member, min > 0 ? "a number above 0" : "a number from 0 to 4294967295");
    *out = (uint32_t)value;
    return 0;
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return text[0] != '\0';
}

static int read_name(const struct reading *r, int object, const char *member, const char *shown,
                     char *out, size_t size)
{
    char wanted[64];

    snprintf(wanted, sizeof wanted, "1 to %zu printable characters without blanks", size - 1);
    if (roost_json_get_string(&r->doc, object, member, out, size) < 0 || !is_name(out))
        return refuse(r, shown, wanted);
    return 0;
}

static int read_flag(const struct reading *r, const char *member, bool otherwise, bool *out)
{
    int err = roost_json_get_bool(&r->doc, ROOST_JSON_ROOT, member, out);

    if (err == ROOST_ERR_NOT_FOUND)
        *out = otherwise;
    return err < 0 && err != ROOST_ERR_NOT_FOUND ? refuse(r, member, "true or false") : 0;
}

/* Kept as it is written; a string with its quotes. */
static int keep(const struct reading *r, int object, const char *member, unsigned types,
                const char *otherwise, struct firmware_value *out)
{
    int index = object < 0 ? -1 : roost_json_find(&r->doc, object, member);

    *out = (struct firmware_value){otherwise, strlen(otherwise)};
    if (index < 0)
        return 0;
    enum roost_json_type type = roost_json_type(&r->doc, index);
    if (!(types & 1u << type))
        return refuse(r, member, "of the right type");
    /* The text of a string lies between its quotes, which belong to what is written again. */
    size_t quote = type == ROOST_JSON_STRING;
    const char *text = roost_json_text(&r->doc, index, &out->len);
    out->json = text - quote;
    out->len += 2 * quote;
    return 0;
}

enum {
    A_TEXT = 1 << ROOST_JSON_STRING | 1 << ROOST_JSON_NULL,
    A_NUMBER = 1 << ROOST_JSON_NUMBER,
};

static int read_compatibility(const struct reading *r, struct firmware_manifest *m)
{
    int object = roost_json_find(&r->doc, ROOST_JSON_ROOT, "compatibility");

    if (object >= 0 && roost_json_type(&r->doc, object) != ROOST_JSON_OBJECT)
        return refuse(r, "compatibility", "an object");
    int err = keep(r, object, "min_hardware_version", A_NUMBER, "0", &m->min_hardware);
    if (!err)
        err = keep(r, object, "max_hardware_version", A_NUMBER, "4294967295", &m->max_hardware);
    if (!err)
        err = keep(r, object, "required_bootloader", A_TEXT | A_NUMBER, "null", &m->bootloader);
    return err;
}

static int read_meta(const struct reading *r, struct firmware_manifest *m)
{
    char name[ROOST_MANIFEST_NAME_MAX + 1];
    int object = roost_json_find(&r->doc, ROOST_JSON_ROOT, "meta");

    if (object < 0 || roost_json_type(&r->doc, object) != ROOST_JSON_OBJECT)
        return refuse(r, "meta", "an object");
    int err = read_name(r, object, "product", "meta.product", name, sizeof name);
    if (!err)
        err = read_name(r, object, "target", "meta.target", name, sizeof name);
    if (!err)
        err = keep(r, ROOST_JSON_ROOT, "meta", 1 << ROOST_JSON_OBJECT, "{}", &m->meta);
    m->meta_values = roost_json_next(&r->doc, object) - object - 1;
    return err;
}

static int read_members(const struct reading *r, struct firmware_manifest *m)
{
    int err = read_name(r, ROOST_JSON_ROOT, "version", "version", m->version, sizeof m->version);

    if (!err)
        err = read_number(r, "size", 1, &m->size_bytes);
    if (!err)
        err = read_hex(r, "sha256", m->sha256, sizeof m->sha256 - 1);
    if (!err)
        err = read_hex(r, "signature", m->signature, sizeof m->signature - 1);
    if (!err)
        err = read_hex(r, "key_id", m->key_id, sizeof m->key_id - 1);
    if (!err)
        err = read_number(r, "security_version", 0, &m->security_version);
    if (!err)
        err = read_flag(r, "available", true, &m->available);
    if (!err)
        err = read_flag(r, "mandatory", false, &m->mandatory);
    if (!err)
        err = keep(r, ROOST_JSON_ROOT, "build", A_TEXT | A_NUMBER, "null", &m->build);
    if (!err)
        err = keep(r, ROOST_JSON_ROOT, "notes", A_TEXT, "\"\"", &m->notes);
    if (!err)
        err = read_compatibility(r, m);
    return err ? err : read_meta(r, m);
}

int firmware_manifest_read(struct firmware_manifest *manifest, const char *json, size_t len,
                           char *why, size_t why_size)
{
    struct reading r = {.why = why, .why_size = why_size};

    if (len > sizeof manifest->text) {
        snprintf(why, why_size, "manifest.json: longer than %zu bytes", sizeof manifest->text);
        return ROOST_ERR_TOO_LONG;
    }
    memcpy(manifest->text, json, len);
    if (roost_json_parse(&r.doc, r.tokens, TOKENS, manifest->text, len) < 0 ||
        roost_json_type(&r.doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT) {
        snprintf(why, why_size, "manifest.json: not one JSON object of at most %d values", TOKENS);
        return ROOST_ERR_INVALID;
    }
    return read_members(&r, manifest);
}

static void put_value(struct roost_json_writer *w, const char *key,
                      const struct firmware_value *value)
{
    roost_json_put_raw(w, key, value->json, value->len);
}

int firmware_manifest_write(char *out, size_t size, const struct firmware_manifest *m,
                            const char *url)
{
    struct roost_json_writer w;

    if (OWN_VALUES + m->meta_values > ROOST_MANIFEST_VALUES_MAX)
        return ROOST_ERR_TOO_LONG;
    roost_json_begin(&w, out, size < ROOST_MANIFEST_MAX ? size : ROOST_MANIFEST_MAX);
    roost_json_object(&w);
    roost_json_put_str(&w, "version", m->version);
    put_value(&w, "build", &m->build);
    roost_json_put_bool(&w, "available", m->available);
    roost_json_put_bool(&w, "mandatory", m->mandatory);
    roost_json_put_str(&w, "url", url);
    roost_json_put_str(&w, "sha256", m->sha256);
    roost_json_put_uint(&w, "size", m->size_bytes);
    put_value(&w, "notes", &m->notes);
    roost_json_put_object(&w, "compatibility");
    put_value(&w, "min_hardware_version", &m->min_hardware);
    put_value(&w, "max_hardware_version", &m->max_hardware);
    put_value(&w, "required_bootloader", &m->bootloader);
    roost_json_end(&w);
    put_value(&w, "meta", &m->meta);
    roost_json_put_str(&w, "signature", m->signature);
    roost_json_put_str(&w, "key_id", m->key_id);
    roost_json_put_uint(&w, "security_version", m->security_version);
    roost_json_end(&w);
    return roost_json_finish(&w);
}
