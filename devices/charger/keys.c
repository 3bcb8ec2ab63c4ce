/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/keys.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"

_Static_assert(CHARGER_KEY_COUNT <= 64, "facts.reboot has a bit for each");
_Static_assert(sizeof(struct charger_keys) <= CHARGER_KEYS_RAM_MAX, "as the header says");

/* ---- the table ---- */

enum kind { BOOL, INT, HEX, TEXT, LIST, WORD, UNITS, FEATURES, TRANSFERS };
enum access { R, RW, W };

struct trait {
    uint8_t kind, access;
    uint8_t source; /* offset in the facts, 0: none (a mask stands first) */
};

#define TYPE_BOOL ROOST_SETTING_BOOL
#define TYPE_INT  ROOST_SETTING_INT
#define TYPE_HEX  ROOST_SETTING_STRING
#define TYPE_TEXT ROOST_SETTING_STRING
#define TYPE_LIST ROOST_SETTING_INT
#define TYPE_WORD ROOST_SETTING_INT

/* What the settings keep; of the rest they never hear. */
static const struct roost_setting table[CHARGER_KEY_STORED] = {
#define X(id, name, kind_, access_, initial_, min_, max_, unit_)                                   \
    [CHARGER_KEY_##id] = {.key = (name),                                                           \
                          .type = TYPE_##kind_,                                                    \
                          .initial = (initial_),                                                   \
                          .min = (min_),                                                           \
                          .max = (max_),                                                           \
                          .unit = (unit_),                                                         \
                          .secret = W == (access_)},
    CHARGER_KEYS_STORED(X)
#undef X
};

static const struct {
    const char *key;
    int32_t initial;
} fixed[CHARGER_KEY_COUNT - CHARGER_KEY_STORED] = {
#define X(id, name, kind_, access_, initial_, min_, max_, source_)                                 \
    [CHARGER_KEY_##id - CHARGER_KEY_STORED] = {.key = (name), .initial = (initial_)},
    CHARGER_KEYS_FIXED(X)
#undef X
};

static const char *name_of(size_t id)
{
    return id < CHARGER_KEY_STORED ? table[id].key : fixed[id - CHARGER_KEY_STORED].key;
}

#define SOURCE_NONE             0
#define SOURCE_chain_max        offsetof(struct charger_key_facts, chain_max)
#define SOURCE_certificates_max offsetof(struct charger_key_facts, certificates_max)
#define SOURCE_stack_level_max  offsetof(struct charger_key_facts, stack_level_max)
#define SOURCE_rate_units       offsetof(struct charger_key_facts, rate_units)
#define SOURCE_periods_max      offsetof(struct charger_key_facts, periods_max)
#define SOURCE_keys_max         offsetof(struct charger_key_facts, keys_max)
#define SOURCE_tags_max         offsetof(struct charger_key_facts, tags_max)
#define SOURCE_profiles_max     offsetof(struct charger_key_facts, profiles_max)
#define SOURCE_list_max         offsetof(struct charger_key_facts, list_max)
#define SOURCE_connectors       offsetof(struct charger_key_facts, connectors)
#define SOURCE_tags_message_max offsetof(struct charger_key_facts, tags_message_max)
#define SOURCE_transfers        offsetof(struct charger_key_facts, transfers)

static const struct trait traits[CHARGER_KEY_COUNT] = {
#define X(id, name, kind_, access_, initial_, min_, max_, unit_)                                   \
    [CHARGER_KEY_##id] = {.kind = (kind_), .access = (access_)},
    CHARGER_KEYS_STORED(X)
#undef X
#define X(id, name, kind_, access_, initial_, min_, max_, source_)                                 \
    [CHARGER_KEY_##id] = {.kind = (kind_), .access = (access_), .source = SOURCE_##source_},
        CHARGER_KEYS_FIXED(X)
#undef X
};

static const char *const measurands[] = {
    [CHARGER_MEASURES_ENERGY] = "Energy.Active.Import.Register",
    [CHARGER_MEASURES_POWER] = "Power.Active.Import",
    [CHARGER_MEASURES_CURRENT] = "Current.Import",
    [CHARGER_MEASURES_VOLTAGE] = "Voltage",
    [CHARGER_MEASURES_SOC] = "SoC",
    [CHARGER_MEASURES_TEMPERATURE] = "Temperature",
    [CHARGER_MEASURES_OFFERED] = "Current.Offered",
};
static const char *const rotations[] = {"NotApplicable"};
static const char *const units[] = {"Current", "Power"};
static const char *const transfers[] = {"FTP", "FTPS", "HTTP", "HTTPS"};
static const char *const features[] = {
    "Core",        "FirmwareManagement", "LocalAuthListManagement",
    "Reservation", "SmartCharging",      "RemoteTrigger"};

static const struct {
    const char *const *words;
    size_t count;
} vocabularies[] = {
    [LIST] = {measurands, CHARGER_MEASURAND_COUNT},
    [WORD] = {rotations, 1},
    [UNITS] = {units, 2},
    [FEATURES] = {features, 6},
    [TRANSFERS] = {transfers, 4},
};

const char *const charger_key_answers[CHARGER_KEY_ANSWER_COUNT] = {
    [CHARGER_KEY_ACCEPTED] = "Accepted",
    [CHARGER_KEY_REJECTED] = "Rejected",
    [CHARGER_KEY_REBOOT_REQUIRED] = "RebootRequired",
    [CHARGER_KEY_NOT_SUPPORTED] = "NotSupported",
};

/* ---- lists: four bits a word, its number plus one, the first lowest ---- */

/* Each word known, none twice, no more than the product takes: the list as a whole is good or bad
 * (errata 3.14.4). */
static bool list_good(const struct charger_key_facts *facts, int64_t list)
{
    unsigned seen = 0, count = 0;
    for (; list > 0; list >>= 4, count++) {
        unsigned word = (unsigned)(list & 15) - 1;
        if (word >= CHARGER_MEASURAND_COUNT || (facts->measurands >> word & 1) == 0 ||
            (seen >> word & 1) != 0)
            return false;
        seen |= 1U << word;
    }
    return list == 0 && count <= facts->list_max;
}

static int word_number(unsigned kind, const char *text, size_t len)
{
    for (size_t i = 0; i < vocabularies[kind].count; i++) {
        const char *word = vocabularies[kind].words[i];
        if (strlen(word) == len && memcmp(word, text, len) == 0)
            return (int)i;
    }
    return ROOST_ERR_NOT_FOUND;
}

static int read_list(unsigned kind, const char *text, size_t len, int64_t *out)
{
    const char *end = text + len;
    int64_t list = 0;
    *out = 0;
    for (unsigned shift = 0; len > 0 && text <= end; shift += 4) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        int word = word_number(kind, text, (size_t)(stop - text));
        if (word < 0 || shift >= 4 * CHARGER_KEY_LIST_MAX)
            return ROOST_ERR_INVALID;
        list |= (int64_t)(word + 1) << shift;
        text = stop + 1;
    }
    *out = list;
    return ROOST_OK;
}

static size_t write_list(unsigned kind, int64_t list, char *out)
{
    size_t len = 0;
    for (; list > 0; list >>= 4) {
        const char *word = vocabularies[kind].words[(list & 15) - 1];
        size_t word_len = strlen(word);
        ROOST_ASSERT(len + 1 + word_len <= CHARGER_KEY_TEXT_MAX);
        if (len > 0)
            out[len++] = ',';
        memcpy(out + len, word, word_len);
        len += word_len;
    }
    out[len] = '\0';
    return len;
}

/* ---- reading ---- */

static bool is_text(size_t id)
{
    return traits[id].kind == HEX || traits[id].kind == TEXT;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

int charger_keys_find(const char *name, size_t len)
{
    for (size_t i = 0; i < CHARGER_KEY_COUNT; i++) {
        const char *key = name_of(i);
        size_t n = 0;
        while (n < len && key[n] != '\0' && lower(key[n]) == lower(name[n]))
            n++;
        if (n == len && key[n] == '\0')
            return (int)i;
    }
    return ROOST_ERR_NOT_FOUND;
}

int64_t charger_keys_int(const struct charger_keys *keys, size_t id)
{
    uint16_t fact;
    ROOST_ASSERT(id < CHARGER_KEY_COUNT && !is_text(id));
    if (traits[id].access != R)
        return roost_settings_int(&keys->settings, id);
    if (traits[id].source == 0)
        return fixed[id - CHARGER_KEY_STORED].initial;
    memcpy(&fact, (const char *)&keys->facts + traits[id].source, sizeof fact);
    return fact;
}

int charger_keys_word(const struct charger_keys *keys, size_t id, size_t n)
{
    ROOST_ASSERT(id < CHARGER_KEY_COUNT && traits[id].kind >= LIST);
    return n < 8 ? (int)(charger_keys_int(keys, id) >> 4 * n & 15) - 1 : -1;
}

size_t charger_keys_password(const struct charger_keys *keys, uint8_t out[CHARGER_PASSWORD_MAX])
{
    const char *digits = roost_settings_text(&keys->settings, CHARGER_KEY_AUTHORIZATION);
    size_t len = strlen(digits) / 2;
    return len <= CHARGER_PASSWORD_MAX && roost_hex_read(out, digits, len) ? len : 0;
}

void charger_keys_show(const struct charger_keys *keys, size_t id, struct charger_key_view *view)
{
    ROOST_ASSERT(id < CHARGER_KEY_COUNT);
    const struct trait *trait = &traits[id];
    *view = (struct charger_key_view){.name = name_of(id),
                                      .unit = id < CHARGER_KEY_STORED ? table[id].unit : NULL,
                                      .readonly = trait->access == R,
                                      .readable = trait->access != W};
    if (!view->readable)
        return;
    if (is_text(id)) {
        const char *text = roost_settings_text(&keys->settings, id);
        memcpy(view->value, text, strlen(text) + 1);
    } else if (trait->kind == BOOL) {
        const char *word = charger_keys_int(keys, id) ? "true" : "false";
        memcpy(view->value, word, strlen(word) + 1);
    } else if (trait->kind == INT) {
        (void)roost_write_scaled(view->value, charger_keys_int(keys, id), 0);
    } else {
        (void)write_list(trait->kind, charger_keys_int(keys, id), view->value);
    }
}

/* ---- changing ---- */

/* Digits only: "1e3" is a number to JSON, not to a key, and no key goes below 0. */
static int read_int(const char *text, size_t len, int64_t *out)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return ROOST_ERR_INVALID;
    return roost_parse_int64(text, len, out);
}

static int read_bool(const char *text, size_t len, int64_t *out)
{
    *out = len == 4 && memcmp(text, "true", 4) == 0;
    return *out || (len == 5 && memcmp(text, "false", 5) == 0) ? ROOST_OK : ROOST_ERR_INVALID;
}

/* AuthorizationKey: 16 to 20 bytes. CpoName: what can stand in a certificate's organisation. */
static bool text_good(unsigned kind, const char *text, size_t len)
{
    if (kind == HEX && len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (kind == HEX ? roost_hex_digit(text[i]) < 0
                        : (unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static bool has_needs(const struct charger_keys *keys, int64_t profile)
{
    static const uint8_t needs[] = {
        [1] = 0, [2] = CHARGER_READY_ROOT, [3] = CHARGER_READY_ROOT | CHARGER_READY_CERTIFICATE};
    uint8_t password[CHARGER_PASSWORD_MAX];
    bool has_password = charger_keys_password(keys, password) > 0;
    memset(password, 0, sizeof password);
    return (needs[profile] & ~keys->ready) == 0 && (profile == 3 || has_password);
}

/* Only upwards, and only with all that the profile needs (whitepaper, A05). */
static enum charger_key_answer try_profile(struct charger_keys *keys, int64_t profile)
{
    if (profile <= roost_settings_int(&keys->settings, CHARGER_KEY_SECURITY_PROFILE) ||
        profile > table[CHARGER_KEY_SECURITY_PROFILE].max || keys->profile >= 0 ||
        !has_needs(keys, profile))
        return CHARGER_KEY_REJECTED;
    keys->profile = (int8_t)profile;
    return CHARGER_KEY_ACCEPTED;
}

static int set_text(struct charger_keys *keys, size_t id, const char *value, size_t len)
{
    char text[ROOST_SETTING_STRING_MAX + 1];
    if (len >= sizeof text || !text_good(traits[id].kind, value, len))
        return ROOST_ERR_INVALID;
    memcpy(text, value, len);
    text[len] = '\0';
    return roost_settings_set_text(&keys->settings, id, text);
}

int charger_keys_set_int(struct charger_keys *keys, size_t id, int64_t value)
{
    ROOST_ASSERT(id < CHARGER_KEY_STORED && !is_text(id));
    if (traits[id].kind == LIST && !list_good(&keys->facts, value))
        return ROOST_ERR_RANGE;
    return roost_settings_set_int(&keys->settings, id, value);
}

enum charger_key_answer charger_keys_set(struct charger_keys *keys, const char *name,
                                         size_t name_len, const char *value, size_t value_len,
                                         int *id)
{
    int64_t number = 0;
    int err;
    int found = charger_keys_find(name, name_len);
    *id = found < 0 ? -1 : found;
    if (found < 0)
        return CHARGER_KEY_NOT_SUPPORTED;
    const struct trait *trait = &traits[found];
    if (trait->access == R)
        return CHARGER_KEY_REJECTED;
    if (is_text((size_t)found)) {
        err = set_text(keys, (size_t)found, value, value_len);
    } else {
        if (trait->kind == BOOL)
            err = read_bool(value, value_len, &number);
        else if (trait->kind == INT)
            err = read_int(value, value_len, &number);
        else
            err = read_list(trait->kind, value, value_len, &number);
        if (!err && found == CHARGER_KEY_SECURITY_PROFILE)
            return try_profile(keys, number);
        if (!err)
            err = charger_keys_set_int(keys, (size_t)found, number);
    }
    if (err)
        return CHARGER_KEY_REJECTED;
    return keys->facts.reboot >> found & 1 ? CHARGER_KEY_REBOOT_REQUIRED : CHARGER_KEY_ACCEPTED;
}

/* ---- rules over several keys ---- */

bool charger_keys_ping_late(const struct charger_keys *keys, int64_t *found_s, int64_t *ladder_s)
{
    int64_t attempts = charger_keys_int(keys, CHARGER_KEY_ATTEMPTS);
    int64_t ping_s = charger_keys_int(keys, CHARGER_KEY_PING_INTERVAL);
    *found_s = 2 * ping_s;
    /* Attempt k + 1 follows attempt k after k intervals (1.6 edition 2, 3.7.1). */
    *ladder_s = charger_keys_int(keys, CHARGER_KEY_RETRY_INTERVAL) * attempts * (attempts - 1) / 2;
    return ping_s == 0 || *found_s > *ladder_s;
}

int charger_keys_profile(const struct charger_keys *keys)
{
    return keys->profile >= 0 ? keys->profile
                              : (int)charger_keys_int(keys, CHARGER_KEY_SECURITY_PROFILE);
}

bool charger_keys_profile_tried(const struct charger_keys *keys)
{
    return keys->profile >= 0;
}

int charger_keys_profile_end(struct charger_keys *keys, bool good)
{
    int err = ROOST_OK;
    if (good && keys->profile >= 0)
        err = roost_settings_set_int(&keys->settings, CHARGER_KEY_SECURITY_PROFILE, keys->profile);
    if (!err)
        keys->profile = -1;
    return err;
}

bool charger_keys_profile_mend(struct charger_keys *keys)
{
    if (!roost_settings_damaged(&keys->settings, CHARGER_KEY_SECURITY_PROFILE))
        return false;
    int profile = 3;
    while (profile > 0 && !has_needs(keys, profile))
        profile--;
    if (profile > 0 &&
        roost_settings_set_int(&keys->settings, CHARGER_KEY_SECURITY_PROFILE, profile) < 0)
        keys->values[CHARGER_KEY_SECURITY_PROFILE].number = profile;
    return true;
}

/* A value from an older or other product that this one cannot have. */
static bool stored_good(const struct charger_keys *keys, size_t id)
{
    if (is_text(id)) {
        const char *text = keys->values[id].text;
        return text_good(traits[id].kind, text, strlen(text));
    }
    return traits[id].kind != LIST || list_good(&keys->facts, keys->values[id].number);
}

int charger_keys_init(struct charger_keys *keys, const struct charger_key_facts *facts,
                      const struct roost_kv *kv)
{
    ROOST_ASSERT(facts->connectors > 0 && facts->list_max > 0 &&
                 (facts->measurands & 1 << CHARGER_MEASURES_ENERGY) != 0 &&
                 facts->list_max <= CHARGER_KEY_LIST_MAX);
    *keys = (struct charger_keys){.facts = *facts, .profile = -1};
    if (facts->keys_max == 0)
        keys->facts.keys_max = CHARGER_KEY_COUNT;
    int err = roost_settings_init(&keys->settings, table, CHARGER_KEY_STORED, keys->values, kv);
    for (size_t i = 0; i < CHARGER_KEY_STORED; i++)
        if (!stored_good(keys, i)) {
            memset(&keys->values[i], 0, sizeof keys->values[i]);
            if (!is_text(i))
                keys->values[i].number = table[i].initial;
            keys->settings.ignored++;
        }
    return err;
}
