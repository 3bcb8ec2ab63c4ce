/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub knows of a charger because it was told so, or told it so: its configuration, its
 * reservations, its charging profiles, its local list. In memory, bounded; what does not fit is
 * counted. After a start of the hub it is known again when it is read again. Depends on
 * proto/ocpp, core/json_write.h.
 *
 *     known_take(&charger->known, OCPP_MSG_ReserveNow, &told, OCPP_Accepted, now_ms);
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
    KNOWN_LIST_MAX = 10000,
    KNOWN_KEY_BYTES = 50 * 4 + 1,
    KNOWN_VALUE_BYTES = 500 * 4 + 1,
    KNOWN_NAME_BYTES = 129
};

struct known_key {
    char key[KNOWN_KEY_BYTES];
    bool readonly;
    char *value; /* NULL: none is told */
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
    size_t key_count, reservation_count, profile_count, list_count;
    int32_t list_version, list_reported; /* -1: not known; as sent, and as it says */
    bool reboot_required;                /* for a change of configuration to count */
    bool list_known;
    uint32_t dropped; /* what did not fit */
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
const struct known_key *known_key_find(const struct csms_known *known, const char *key);

void known_booted(struct csms_known *known);
void known_started(struct csms_known *known, int32_t reservation); /* a Start named it */
void known_stopped(struct csms_known *known, int32_t tx);

/* Members of the innermost object. */
void known_write(const struct csms_known *known, struct roost_json_writer *w, int64_t now_ms);

#endif
