/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's configuration keys: what a central system may read and change, as one table
 * (keys_list.h) of name, kind, access, default, range or words, and unit. Inside they are numbers;
 * text is what they are on the wire. What can be changed is kept by core/settings, a key each, so a
 * power cut leaves the old or the new value. No messages, no time, no heap; calls nobody. Depends
 * on core/ and the kv of port/port.h.
 *
 *     err = charger_keys_init(&keys, &facts, &port->kv);
 *     interval_s = charger_keys_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL);
 *
 *     for (id = 0; id < CHARGER_KEY_COUNT; id++)             // the whole list, in order
 *         charger_keys_show(&keys, id, &view);               // view.name, .readonly, .value
 *     id = charger_keys_find("heartbeatinterval", 17);       // names compare without case
 *     answer = charger_keys_set(&keys, name, name_len, value, value_len, &id);
 *     if (id == CHARGER_KEY_AUTHORIZATION && answer == CHARGER_KEY_ACCEPTED)
 *         reconnect();                                       // with charger_keys_password()
 *
 * Every change but the security profile counts at once for whoever reads the number next; what has
 * to be told apart from that is in facts.reboot. An answer other than ACCEPTED and REBOOT_REQUIRED
 * means that nothing changed, on flash or in memory.
 */
#ifndef ROOST_DEVICES_CHARGER_KEYS_H
#define ROOST_DEVICES_CHARGER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/settings.h"
#include "devices/charger/keys_list.h"

enum charger_key {
#define X(id, ...) CHARGER_KEY_##id,
    CHARGER_KEYS_STORED(X) CHARGER_KEY_STORED,
    CHARGER_KEY_BEFORE_FIXED = CHARGER_KEY_STORED - 1,
    CHARGER_KEYS_FIXED(X) CHARGER_KEY_COUNT
#undef X
};

enum {
    CHARGER_KEY_LIST_MAX = 7,   /* words in a list */
    CHARGER_KEY_TEXT_MAX = 120, /* bytes of a value as text */
    CHARGER_PASSWORD_MAX = 20,  /* bytes; security whitepaper, A01 */
    CHARGER_KEYS_RAM_MAX = 2176,
};

/* What a list holds, as charger_keys_word() answers. The numbers are on flash: never reused. */
enum charger_measurand {
    CHARGER_MEASURES_ENERGY,
    CHARGER_MEASURES_POWER,
    CHARGER_MEASURES_CURRENT,
    CHARGER_MEASURES_VOLTAGE,
    CHARGER_MEASURES_SOC,
    CHARGER_MEASURES_TEMPERATURE,
    CHARGER_MEASURES_OFFERED,
    CHARGER_MEASURAND_COUNT
};

/* Lists as facts: the first word's number plus one in the low four bits, the next in the next. */
enum {
    CHARGER_RATE_CURRENT = 0x1,
    CHARGER_RATE_POWER = 0x2,
    CHARGER_RATE_BOTH = 0x21,
    CHARGER_TRANSFER_FTP_HTTP_HTTPS = 0x431,
    CHARGER_TRANSFER_HTTP_HTTPS = 0x43,
};

/* What this product is; shown by the keys that nobody can change. */
struct charger_key_facts {
    uint64_t reboot;     /* bit n: a new value of key n has an effect after the next boot only */
    uint16_t connectors; /* at least 1 */
    uint16_t keys_max;   /* in one question for them; 0: as many as there are */
    uint16_t measurands; /* bit n: enum charger_measurand n can be measured; energy is a must */
    uint16_t list_max;   /* measurands in one list, 1..CHARGER_KEY_LIST_MAX */
    uint16_t tags_max;   /* local list: entries, and entries in one message */
    uint16_t tags_message_max;
    uint16_t stack_level_max; /* charging profiles */
    uint16_t periods_max;
    uint16_t profiles_max;
    uint16_t rate_units;
    uint16_t transfers;
    uint16_t certificates_max;
    uint16_t chain_max; /* bytes */
};

/* What a higher security profile asks for beside the password, which the keys know themselves. */
enum { CHARGER_READY_ROOT = 1, CHARGER_READY_CERTIFICATE = 2 };

struct charger_keys {
    struct roost_settings settings;
    struct charger_key_facts facts;
    uint8_t ready;  /* CHARGER_READY_..., kept up to date by the owner */
    int8_t profile; /* the security profile to be tried, -1: none */
    union roost_setting_value values[CHARGER_KEY_STORED];
};

enum charger_key_answer {
    CHARGER_KEY_ACCEPTED,
    CHARGER_KEY_REJECTED,
    CHARGER_KEY_REBOOT_REQUIRED,
    CHARGER_KEY_NOT_SUPPORTED,
    CHARGER_KEY_ANSWER_COUNT
};

/* The wire's words of the answers, as "RebootRequired". */
extern const char *const charger_key_answers[CHARGER_KEY_ANSWER_COUNT];

struct charger_key_view {
    const char *name; /* static */
    const char *unit; /* static, or NULL */
    bool readonly;
    bool readable; /* false: it has a value that is never told, and `value` is empty */
    char value[CHARGER_KEY_TEXT_MAX + 1];
};

/* Returns 0, or the kv's ROOST_ERR_IO: what could not be read has its default. Stored values that
 * this product cannot have are its default again and counted in settings.ignored. The facts are
 * copied; the kv must outlive the keys. */
int charger_keys_init(struct charger_keys *keys, const struct charger_key_facts *facts,
                      const struct roost_kv *kv);

/* A key by its name, compared without case (1.6 edition 2, 9.1): its number or
 * ROOST_ERR_NOT_FOUND. */
int charger_keys_find(const char *name, size_t len);

void charger_keys_show(const struct charger_keys *keys, size_t id, struct charger_key_view *view);

/* A change as it comes from outside. *id is the key's number, or -1. REJECTED also when it could
 * not be stored. A value that is the present one is accepted, but for the security profile. */
enum charger_key_answer charger_keys_set(struct charger_keys *keys, const char *name,
                                         size_t name_len, const char *value, size_t value_len,
                                         int *id);

/* The number of a key that is one (a switch: 0 or 1). */
int64_t charger_keys_int(const struct charger_keys *keys, size_t id);

/* A number by our own decision, as the interval that an answer to a boot tells. ROOST_ERR_RANGE and
 * the kv's errors: unchanged. */
int charger_keys_set_int(struct charger_keys *keys, size_t id, int64_t value);

/* Word n of a key that is a list, from 0; -1 behind the last. */
int charger_keys_word(const struct charger_keys *keys, size_t id, size_t n);

/* The bytes behind AuthorizationKey; returns how many, 0 when none is set. Any byte may be among
 * them, 0x00 and ':' too. */
size_t charger_keys_password(const struct charger_keys *keys, uint8_t out[CHARGER_PASSWORD_MAX]);

/* A central system that is gone is found after two intervals of pings; true when that is later than
 * the last attempt to deliver a message (or there are no pings): worth a warning. */
bool charger_keys_ping_late(const struct charger_keys *keys, int64_t *found_s, int64_t *ladder_s);

/* ---- security profile: tried before it is kept ---- */

/* The profile to connect with: the one that was accepted and is to be tried, else the kept one. A
 * boot forgets what was not kept. */
int charger_keys_profile(const struct charger_keys *keys);
bool charger_keys_profile_tried(const struct charger_keys *keys);

/* How the trial ended: kept, on flash, or forgotten. The kv's errors: it is still to be tried. */
int charger_keys_profile_end(struct charger_keys *keys, bool good);

/* After init, once `ready` and the password are there: a stored profile that cannot be read is not
 * taken for none, which would be less than what was agreed on, but for the highest that has what it
 * needs. Returns whether that was so; it is on flash again if that took it. */
bool charger_keys_profile_mend(struct charger_keys *keys);

#endif
