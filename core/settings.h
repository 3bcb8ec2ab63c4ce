/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's settings: a static table of typed, ranged entries with defaults; values live in memory
 * and, when they differ from the default, in key-value flash as text. A stored value that no longer
 * passes its check is ignored and counted, never applied. Depends on core/assert.h, core/err.h,
 * core/json_*.h, core/number.h and the kv of port/port.h.
 *
 * Flash key: "s." and the key where that fits the kv's limit, else "s.", the key's first four
 * characters, "." and its 32-bit FNV-1a hash in hexadecimal; that no two settings share a flash key
 * is asserted at init.
 *
 *     static const struct roost_setting table[] = {
 *         [SET_SAMPLE_INTERVAL] = {.key = "sample_interval_ms", .type = ROOST_SETTING_INT,
 *                                  .initial = 10000, .min = 500, .max = 3600000, .unit = "ms"},
 *     };
 *     err = roost_settings_init(&settings, table, COUNT, values, kv);
 *     interval = roost_settings_int(&settings, SET_SAMPLE_INTERVAL);
 */
#ifndef ROOST_CORE_SETTINGS_H
#define ROOST_CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_read.h"
#include "core/json_write.h"

struct roost_kv;

/* MILLI: a decimal kept in thousandths ("0.5" is 500). STRING: initial is NULL-able text, min and
 * max bound the length in bytes (max at most ROOST_SETTING_STRING_MAX). */
enum roost_setting_type {
    ROOST_SETTING_BOOL,
    ROOST_SETTING_INT,
    ROOST_SETTING_MILLI,
    ROOST_SETTING_STRING
};

enum { ROOST_SETTING_KEY_MAX = 40, ROOST_SETTING_STRING_MAX = 64 };

struct roost_setting {
    const char *key; /* at most ROOST_SETTING_KEY_MAX bytes, for ever: it is on flash */
    const char *initial_text;
    const char *unit;
    int32_t initial, min, max; /* in the type's own unit */
    uint8_t type;              /* enum roost_setting_type */
    bool secret;               /* never shown by roost_settings_write_json */
};

union roost_setting_value {
    int64_t number;
    char text[ROOST_SETTING_STRING_MAX + 1];
};

struct roost_settings {
    const struct roost_setting *table;
    size_t count;
    union roost_setting_value *values; /* caller's array of count */
    const struct roost_kv *kv;
    uint32_t ignored; /* stored values refused at init */
};

/* Loads every entry: default, then the stored value. Returns 0, or the kv's ROOST_ERR_IO: what
 * could not be read has its default and the settings are usable. */
int roost_settings_init(struct roost_settings *settings, const struct roost_setting *table,
                        size_t count, union roost_setting_value *values, const struct roost_kv *kv);

/* Something is stored that could not be used: the value is the default for want of a better one. */
bool roost_settings_damaged(const struct roost_settings *settings, size_t id);

int64_t roost_settings_int(const struct roost_settings *settings, size_t id); /* INT MILLI BOOL */
const char *roost_settings_text(const struct roost_settings *settings, size_t id);

/* Checks, stores and then applies. ROOST_ERR_RANGE (a text too short as well), ROOST_ERR_TOO_LONG,
 * ROOST_ERR_NO_SPACE, ROOST_ERR_IO: unchanged. */
int roost_settings_set_int(struct roost_settings *settings, size_t id, int64_t value);
int roost_settings_set_text(struct roost_settings *settings, size_t id, const char *text);

/* Applies a JSON object of key: value members all or nothing: every member is checked, then all are
 * stored, then all applied; when one cannot be stored the others are put back. (Each key is atomic
 * on flash, not the set: a power cut in between leaves some of them new.) On error *bad_key (at
 * most bad_key_size bytes, NUL-terminated, cut when longer) names the member, "" when it is none:
 * ROOST_ERR_NOT_FOUND for an unknown key, ROOST_ERR_INVALID for the wrong type, no object, or a key
 * that appears twice, ROOST_ERR_RANGE (a MILLI with more than three decimals too),
 * ROOST_ERR_TOO_LONG, ROOST_ERR_NO_SPACE, ROOST_ERR_IO. */
int roost_settings_apply_json(struct roost_settings *settings, const struct roost_json *doc,
                              int object, char *bad_key, size_t bad_key_size);

/* Writes {"key":value,...} for every entry; secrets as "***". */
void roost_settings_write_json(const struct roost_settings *settings,
                               struct roost_json_writer *writer);

/* Removes every stored value and returns to the defaults. ROOST_ERR_IO: one could not be removed;
 * the defaults hold until the next init. */
int roost_settings_reset(struct roost_settings *settings);

#endif
