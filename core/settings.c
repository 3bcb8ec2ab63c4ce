/* SPDX-License-Identifier: Apache-2.0 */
#include "core/settings.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/fnv.h"
#include "core/number.h"
#include "port/port.h"

enum { TEXT_MAX = ROOST_SETTING_STRING_MAX + 1 }; /* of a stored value, with the NUL */

_Static_assert((int)ROOST_NUMBER_MAX <= (int)TEXT_MAX, "a number fits where a string does");

/* ---- flash keys ---- */

/* A chip's store takes names of 15 characters: of a longer one the start stays, to be recognised,
 * and a hash tells it from others. */
static void make_flash_key(char out[ROOST_KV_KEY_MAX + 1], const char *key)
{
    size_t len = strlen(key);
    memcpy(out, "s.", 2);
    if (len <= ROOST_KV_KEY_MAX - 2) {
        memcpy(out + 2, key, len + 1);
        return;
    }
    uint32_t hash = roost_fnv32(ROOST_FNV32, key, len);
    memcpy(out + 2, key, 4);
    out[6] = '.';
    for (size_t i = 0; i < 8; i++, hash <<= 4)
        out[7 + i] = "0123456789abcdef"[hash >> 28];
    out[15] = '\0';
}

/* Two settings under one flash key would overwrite each other: a bug in the table. */
static void check_keys(const struct roost_setting *table, size_t count)
{
    char key[ROOST_KV_KEY_MAX + 1], other[ROOST_KV_KEY_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        ROOST_ASSERT(strlen(table[i].key) <= ROOST_SETTING_KEY_MAX);
        make_flash_key(key, table[i].key);
        for (size_t k = 0; k < i; k++) {
            make_flash_key(other, table[k].key);
            ROOST_ASSERT(strcmp(key, other) != 0);
        }
    }
}

/* ---- values ---- */

static void set_default(const struct roost_setting *setting, union roost_setting_value *value)
{
    memset(value, 0, sizeof *value);
    if (setting->type == ROOST_SETTING_STRING) {
        const char *text = setting->initial_text ? setting->initial_text : "";
        ROOST_ASSERT(strlen(text) <= ROOST_SETTING_STRING_MAX);
        memcpy(value->text, text, strlen(text) + 1);
    } else {
        value->number = setting->initial;
    }
}

static bool same(const struct roost_setting *setting, const union roost_setting_value *a,
                 const union roost_setting_value *b)
{
    if (setting->type == ROOST_SETTING_STRING)
        return strcmp(a->text, b->text) == 0;
    return a->number == b->number;
}

static int check_number(const struct roost_setting *setting, int64_t number)
{
    int64_t min = setting->type == ROOST_SETTING_BOOL ? 0 : setting->min;
    int64_t max = setting->type == ROOST_SETTING_BOOL ? 1 : setting->max;
    return number < min || number > max ? ROOST_ERR_RANGE : ROOST_OK;
}

static int check_text(const struct roost_setting *setting, const char *text)
{
    size_t len = strlen(text);
    if (len > ROOST_SETTING_STRING_MAX || (int64_t)len > setting->max)
        return ROOST_ERR_TOO_LONG;
    return (int64_t)len < setting->min ? ROOST_ERR_RANGE : ROOST_OK;
}

/* The text form of a value, on flash and in JSON: true, 42, 0.5 or the string itself. */
static size_t write_text(const struct roost_setting *setting,
                         const union roost_setting_value *value, char out[TEXT_MAX])
{
    const char *text = value->text;
    switch (setting->type) {
    case ROOST_SETTING_BOOL:
        text = value->number ? "true" : "false";
        break;
    case ROOST_SETTING_INT:
        return roost_write_scaled(out, value->number, 0);
    case ROOST_SETTING_MILLI:
        return roost_write_scaled(out, value->number, 3);
    case ROOST_SETTING_STRING:
        break;
    }
    size_t len = strlen(text);
    memcpy(out, text, len + 1);
    return len;
}

/* Reads the text form and checks it; *value changes only on success. */
static int read_text(const struct roost_setting *setting, const char *text, size_t len,
                     union roost_setting_value *value)
{
    int64_t number = 0;
    int err = ROOST_OK;
    if (setting->type == ROOST_SETTING_STRING) {
        char copy[TEXT_MAX];
        if (len >= sizeof copy)
            return ROOST_ERR_TOO_LONG;
        memcpy(copy, text, len);
        copy[len] = '\0';
        if (strlen(copy) != len)
            return ROOST_ERR_INVALID;
        err = check_text(setting, copy);
        if (!err)
            memcpy(value->text, copy, len + 1);
        return err;
    }
    if (setting->type == ROOST_SETTING_BOOL) {
        number = len == 4 && memcmp(text, "true", 4) == 0;
        if (!number && !(len == 5 && memcmp(text, "false", 5) == 0))
            err = ROOST_ERR_INVALID;
    } else {
        unsigned decimals = setting->type == ROOST_SETTING_MILLI ? 3 : 0;
        err = roost_parse_scaled(text, len, decimals, &number);
    }
    if (!err)
        err = check_number(setting, number);
    if (!err)
        value->number = number;
    return err;
}

/* ---- storing ---- */

/* The default is stored as nothing, so that a new firmware's default reaches who never chose. */
static int store(const struct roost_settings *settings, size_t id,
                 const union roost_setting_value *value)
{
    const struct roost_setting *setting = &settings->table[id];
    const struct roost_kv *kv = settings->kv;
    char key[ROOST_KV_KEY_MAX + 1], text[TEXT_MAX];
    union roost_setting_value initial;
    make_flash_key(key, setting->key);
    set_default(setting, &initial);
    if (same(setting, value, &initial))
        return kv->ops->erase(kv->ctx, key);
    size_t len = write_text(setting, value, text);
    return kv->ops->set(kv->ctx, key, text, len);
}

static int store_and_apply(struct roost_settings *settings, size_t id,
                           const union roost_setting_value *value)
{
    int err = ROOST_OK;
    if (!same(&settings->table[id], value, &settings->values[id])) {
        err = store(settings, id, value);
        if (!err)
            settings->values[id] = *value;
    }
    return err;
}

int roost_settings_init(struct roost_settings *settings, const struct roost_setting *table,
                        size_t count, union roost_setting_value *values, const struct roost_kv *kv)
{
    int result = ROOST_OK;
    check_keys(table, count);
    *settings = (struct roost_settings){.table = table, .count = count, .values = values, .kv = kv};
    for (size_t i = 0; i < count; i++) {
        char key[ROOST_KV_KEY_MAX + 1], text[TEXT_MAX];
        set_default(&table[i], &values[i]);
        make_flash_key(key, table[i].key);
        int len = kv->ops->get(kv->ctx, key, text, sizeof text);
        /* What cannot be used is the default again: a device that starts can be repaired. */
        if (len == ROOST_ERR_IO)
            result = ROOST_ERR_IO;
        else if (len != ROOST_ERR_NOT_FOUND &&
                 (len < 0 || read_text(&table[i], text, (size_t)len, &values[i]) != ROOST_OK))
            settings->ignored++;
    }
    return result;
}

bool roost_settings_damaged(const struct roost_settings *settings, size_t id)
{
    ROOST_ASSERT(id < settings->count);
    const struct roost_setting *setting = &settings->table[id];
    char key[ROOST_KV_KEY_MAX + 1], text[TEXT_MAX];
    union roost_setting_value initial;
    set_default(setting, &initial);
    make_flash_key(key, setting->key);
    return same(setting, &settings->values[id], &initial) &&
           settings->kv->ops->get(settings->kv->ctx, key, text, sizeof text) != ROOST_ERR_NOT_FOUND;
}

int64_t roost_settings_int(const struct roost_settings *settings, size_t id)
{
    ROOST_ASSERT(id < settings->count && settings->table[id].type != ROOST_SETTING_STRING);
    return settings->values[id].number;
}

const char *roost_settings_text(const struct roost_settings *settings, size_t id)
{
    ROOST_ASSERT(id < settings->count && settings->table[id].type == ROOST_SETTING_STRING);
    return settings->values[id].text;
}

int roost_settings_set_int(struct roost_settings *settings, size_t id, int64_t value)
{
    ROOST_ASSERT(id < settings->count && settings->table[id].type != ROOST_SETTING_STRING);
    const union roost_setting_value changed = {.number = value};
    int err = check_number(&settings->table[id], value);
    return err ? err : store_and_apply(settings, id, &changed);
}

int roost_settings_set_text(struct roost_settings *settings, size_t id, const char *text)
{
    ROOST_ASSERT(id < settings->count && settings->table[id].type == ROOST_SETTING_STRING);
    union roost_setting_value changed = {.number = 0};
    int err = read_text(&settings->table[id], text, strlen(text), &changed);
    return err ? err : store_and_apply(settings, id, &changed);
}

int roost_settings_reset(struct roost_settings *settings)
{
    int result = ROOST_OK;
    for (size_t i = 0; i < settings->count; i++) {
        set_default(&settings->table[i], &settings->values[i]);
        int err = store(settings, i, &settings->values[i]);
        if (err)
            result = err;
    }
    return result;
}

/* ---- JSON ---- */

static int find_setting(const struct roost_settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->table[i].key, key) == 0)
            return (int)i;
    return ROOST_ERR_NOT_FOUND;
}

/* Member `n` of the object: its setting's id, or an error, and its value. */
static int read_member(const struct roost_settings *settings, const struct roost_json *doc,
                       int object, size_t n, union roost_setting_value *value)
{
    static const enum roost_json_type types[] = {
        [ROOST_SETTING_BOOL] = ROOST_JSON_BOOL,
        [ROOST_SETTING_INT] = ROOST_JSON_NUMBER,
        [ROOST_SETTING_MILLI] = ROOST_JSON_NUMBER,
        [ROOST_SETTING_STRING] = ROOST_JSON_STRING,
    };
    char key[ROOST_SETTING_KEY_MAX + 1], unescaped[TEXT_MAX];
    int member = roost_json_at(doc, object, n);
    int id = roost_json_string(doc, member, key, sizeof key) ? ROOST_ERR_NOT_FOUND
                                                             : find_setting(settings, key);
    if (id < 0)
        return id;
    const struct roost_setting *setting = &settings->table[id];
    if (roost_json_type(doc, member + 1) != types[setting->type] ||
        roost_json_find(doc, object, key) != member + 1) /* a second one of the name */
        return ROOST_ERR_INVALID;

    size_t len;
    const char *text = roost_json_text(doc, member + 1, &len);
    int err = ROOST_OK;
    if (setting->type == ROOST_SETTING_STRING) {
        err = roost_json_string(doc, member + 1, unescaped, sizeof unescaped);
        text = unescaped;
        len = err ? 0 : strlen(unescaped);
    }
    if (!err)
        err = read_text(setting, text, len, value);
    return err ? err : id;
}

static void name_member(const struct roost_json *doc, int object, size_t n, char *out, size_t size)
{
    size_t len;
    const char *key = roost_json_text(doc, roost_json_at(doc, object, n), &len);
    if (size == 0)
        return;
    len = len < size ? len : size - 1;
    if (key)
        memcpy(out, key, len);
    out[len] = '\0';
}

int roost_settings_apply_json(struct roost_settings *settings, const struct roost_json *doc,
                              int object, char *bad_key, size_t bad_key_size)
{
    union roost_setting_value value = {.number = 0};
    size_t members = roost_json_size(doc, object), n;
    int id = ROOST_OK;
    if (bad_key_size > 0)
        bad_key[0] = '\0';
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    for (n = 0; n < members; n++) {
        id = read_member(settings, doc, object, n, &value);
        if (id < 0) {
            name_member(doc, object, n, bad_key, bad_key_size);
            return id;
        }
    }
    for (n = 0; n < members; n++) {
        id = read_member(settings, doc, object, n, &value);
        int err = ROOST_OK;
        if (!same(&settings->table[id], &value, &settings->values[id]))
            err = store(settings, (size_t)id, &value);
        if (err == ROOST_OK)
            continue;
        name_member(doc, object, n, bad_key, bad_key_size);
        while (n-- > 0) { /* best effort: what cannot be put back shows at the next start */
            id = read_member(settings, doc, object, n, &value);
            (void)store(settings, (size_t)id, &settings->values[id]);
        }
        return err;
    }
    for (n = 0; n < members; n++) {
        id = read_member(settings, doc, object, n, &value);
        settings->values[id] = value;
    }
    return ROOST_OK;
}

void roost_settings_write_json(const struct roost_settings *settings,
                               struct roost_json_writer *writer)
{
    roost_json_object(writer);
    for (size_t i = 0; i < settings->count; i++) {
        const struct roost_setting *setting = &settings->table[i];
        char text[TEXT_MAX];
        size_t len = write_text(setting, &settings->values[i], text);
        roost_json_key(writer, setting->key);
        if (setting->secret)
            roost_json_str(writer, "***");
        else if (setting->type == ROOST_SETTING_STRING)
            roost_json_strn(writer, text, len);
        else
            roost_json_raw(writer, text, len);
    }
    roost_json_end(writer);
}
