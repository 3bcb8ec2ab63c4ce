/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub knows of a charger because it was told so, or told it so: its configuration, its
 * reservations, its charging profiles, its local list, and which keys a template's value was tried
 * at. Bounded; what does not fit is counted. It outlives the hub as one text (known_keep.c), which
 * is bounded, too. Depends on proto/ocpp, core/json_read.h, core/json_write.h.
 *
 *     known_take(&charger->known, OCPP_MSG_ReserveNow, &told, OCPP_Accepted, now_ms);
 *     char *text = known_save(&charger->known);                     to be kept; free it
 *     err = known_load(&known, text, strlen(text));                 after a start
 */
#ifndef ROOST_HUB_CSMS_KNOWN_H
#define ROOST_HUB_CSMS_KNOWN_H

#include "core/json_write.h"
#include "hub/csms/book.h"
#include "proto/ocpp/schema.h"

enum {
    KNOWN_KEYS_MAX = 256,
    KNOWN_RESERVATIONS_MAX = 32, /* the newest */
    KNOWN_PROFILES_MAX = 128,
    KNOWN_TRIES_MAX = 256,
    KNOWN_LIST_MAX = 10000,
    KNOWN_KEY_BYTES = 50 * 4 + 1,
    KNOWN_VALUE_BYTES = 500 * 4 + 1,
    KNOWN_NAME_BYTES = 129
};

struct known_key {
    char key[KNOWN_KEY_BYTES];
    bool readonly;
    bool unknown; /* the charger says that it has none of this name */
    char *value;  /* NULL: none is told */
};

/* What a charger said when it was asked to take a value of a template; until it boots. */
enum known_answer {
    KNOWN_ACCEPTED,
    KNOWN_REBOOT_REQUIRED,
    KNOWN_REJECTED,
    KNOWN_NOT_SUPPORTED,
    KNOWN_SILENT,
    KNOWN_ANSWERS
};
struct known_try {
    char key[KNOWN_KEY_BYTES];
    char *wanted;
    enum known_answer answer;
    int64_t at_ms;
};

enum known_reservation_state { KNOWN_RESERVED, KNOWN_CANCELLED, KNOWN_USED };
struct known_reservation {
    int32_t id, connector;
    char id_tag[OCPP_ID_TAG_BYTES];
    int64_t expiry_ms, made_ms;
    enum known_reservation_state state; /* one that ran out is still RESERVED: time tells */
};

struct known_profile {
    int32_t id, connector, stack, tx; /* tx 0: of none */
    enum ocpp_word purpose;
    char name[KNOWN_NAME_BYTES], description[KNOWN_NAME_BYTES]; /* the operator's */
    char *json;                                                 /* as it was set */
};

struct known_entry {
    char id_tag[OCPP_ID_TAG_BYTES], parent_id_tag[OCPP_ID_TAG_BYTES];
    enum ocpp_word status; /* OCPP_NO_WORD: in a Differential, it is taken off */
    int64_t expiry_ms;
};

struct csms_known {
    struct known_key *keys;
    struct known_reservation *reservations; /* newest last */
    struct known_profile *profiles;
    struct known_entry *list;
    struct known_try *tries;
    size_t key_count, reservation_count, profile_count, list_count, try_count;
    int32_t list_version, list_reported; /* -1: not known; as sent, and as it says */
    bool reboot_required;                /* for a change of configuration to count */
    bool list_known;
    uint32_t dropped; /* what did not fit */
    bool cut;         /* what was saved last was too long: keys or list are not in it */
};

/* What an operation said, as far as something follows from it. */
struct csms_told {
    enum ocpp_word trigger, update_type, purpose;
    int32_t connector, stack, reservation, profile, tx, list_version;
    bool has_connector, has_stack, has_profile, has_tx, has_nested_tx;
    char id_tag[OCPP_ID_TAG_BYTES], key[KNOWN_KEY_BYTES], value[KNOWN_VALUE_BYTES];
    int64_t expiry_ms;
    struct known_entry *entries; /* of a list; owned */
    size_t entry_count;
    char name[KNOWN_NAME_BYTES], description[KNOWN_NAME_BYTES];
    const char *profile_json; /* of SetChargingProfile, borrowed */
    size_t profile_len;
};
/* An ocpp_take_fn; ctx is a struct csms_told. */
int known_told(void *ctx, const struct ocpp_value *value);

void known_init(struct csms_known *known);
void known_deinit(struct csms_known *known);

/* What an operation that was answered with this status (OCPP_NO_WORD: it has none) changes. */
void known_take(struct csms_known *known, enum ocpp_message message, struct csms_told *told,
                enum ocpp_word status, int64_t now_ms);

/* What a charger says of one key; value NULL: it told none. */
void known_key_set(struct csms_known *known, const char *key, bool readonly, const char *value);
void known_key_missing(struct csms_known *known, const char *key); /* it has none of this name */
const struct known_key *known_key_find(const struct csms_known *known, const char *key);

/* Of the key's newest try; NULL: none since it booted. */
const struct known_try *known_try_find(const struct csms_known *known, const char *key);
void known_tried(struct csms_known *known, const char *key, const char *wanted,
                 enum known_answer answer, int64_t now_ms);
void known_tries_forget(struct csms_known *known);

/* Each returns whether something changed. */
bool known_booted(struct csms_known *known);
bool known_started(struct csms_known *known, int32_t reservation); /* a Start named it */
bool known_stopped(struct csms_known *known, int32_t tx);

/* ---- over a start of the hub: known_keep.c ---- */

/* JSON of CSMS_DOCUMENT_MAX bytes at most: what is too long is left without the local list, then
 * without the configuration, and `cut` says so. NULL: no memory. */
char *known_save(struct csms_known *known);
/* Into one that is empty. ROOST_ERR_CORRUPT: it is none of ours; ROOST_ERR_NO_MEMORY. */
int known_load(struct csms_known *known, const char *text, size_t len);
/* What `older` knows and `known` does not is taken over; `older` is empty then. */
void known_join(struct csms_known *known, struct csms_known *older);

/* Members of the innermost object. */
void known_write(const struct csms_known *known, struct roost_json_writer *w, int64_t now_ms);

#endif
