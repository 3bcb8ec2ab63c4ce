/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "proto/ocpp/fill.h"

/* ---- what an operation says ---- */

#define SLOT(object, field, member) OCPP_SLOT(object, field, struct csms_told, member)

static const struct ocpp_slot slots[] = {
    SLOT(TriggerMessage, requestedMessage, trigger),
    SLOT(ExtendedTriggerMessage, requestedMessage, trigger),
    SLOT(ChangeConfiguration, key, key),
    SLOT(ChangeConfiguration, value, value),
    SLOT(RemoteStartTransaction, connectorId, connector),
    SLOT(ReserveNow, connectorId, connector),
    SLOT(ReserveNow, expiryDate, expiry_ms),
    SLOT(ReserveNow, idTag, id_tag),
    SLOT(ReserveNow, reservationId, reservation),
    SLOT(CancelReservation, reservationId, reservation),
    SLOT(SetChargingProfile, connectorId, connector),
    SLOT(ChargingProfile, chargingProfileId, profile),
    SLOT(ChargingProfile, chargingProfilePurpose, purpose),
    SLOT(ChargingProfile, stackLevel, stack),
    SLOT(ChargingProfile, transactionId, tx),
    SLOT(ClearChargingProfile, id, profile),
    SLOT(ClearChargingProfile, connectorId, connector),
    SLOT(ClearChargingProfile, chargingProfilePurpose, purpose),
    SLOT(ClearChargingProfile, stackLevel, stack),
    SLOT(SendLocalList, listVersion, list_version),
    SLOT(SendLocalList, updateType, update_type),
};

static void *more(void *list, size_t count, size_t size)
{
    return (count & (count - 1)) == 0 ? realloc(list, (count ? 2 * count : 1) * size) : list;
}

static int take_entry(struct csms_told *told, const struct ocpp_value *value)
{
    struct known_entry *entry;

    if (value->object == OCPP_OBJ_AuthorizationData && value->kind == OCPP_KIND_OBJECT &&
        value->field == OCPP_localAuthorizationList) {
        if (told->entry_count >= KNOWN_LIST_MAX)
            return ROOST_ERR_TOO_LONG;
        entry = more(told->entries, told->entry_count, sizeof *entry);
        if (!entry)
            return ROOST_ERR_NO_MEMORY;
        told->entries = entry;
        told->entries[told->entry_count++] = (struct known_entry){.status = OCPP_NO_WORD};
        return 0;
    }
    entry = told->entry_count > 0 ? &told->entries[told->entry_count - 1] : NULL;
    if (!entry || value->kind >= OCPP_KIND_OBJECT)
        return 0;
    if (value->field == OCPP_idTag)
        return ocpp_text_take(value, entry->id_tag, sizeof entry->id_tag);
    if (value->field == OCPP_parentIdTag)
        return ocpp_text_take(value, entry->parent_id_tag, sizeof entry->parent_id_tag);
    if (value->field == OCPP_status)
        entry->status = (enum ocpp_word)value->number;
    if (value->field == OCPP_expiryDate)
        entry->expiry_ms = value->number;
    return 0;
}

int known_told(void *ctx, const struct ocpp_value *value)
{
    struct csms_told *told = ctx;
    const struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], told, NULL};

    if (value->object == OCPP_OBJ_AuthorizationData || value->object == OCPP_OBJ_IdTagInfo ||
        value->field == OCPP_localAuthorizationList)
        return take_entry(told, value);
    if (value->field == OCPP_connectorId)
        told->has_connector = true;
    if (value->field == OCPP_stackLevel)
        told->has_stack = true;
    if (value->field == OCPP_id || value->field == OCPP_chargingProfileId)
        told->has_profile = true;
    if (value->field == OCPP_transactionId)
        told->has_tx = true;
    if (value->field == OCPP_transactionId && value->object == OCPP_OBJ_ChargingProfile)
        told->has_nested_tx = true;
    return ocpp_fill_take((void *)(uintptr_t)&fill, value);
}

/* ---- life ---- */

void known_init(struct csms_known *known)
{
    *known = (struct csms_known){.list_version = -1, .list_reported = -1};
}

void known_deinit(struct csms_known *known)
{
    for (size_t i = 0; i < known->key_count; i++)
        free(known->keys[i].value);
    for (size_t i = 0; i < known->profile_count; i++)
        free(known->profiles[i].json);
    known_tries_forget(known);
    free(known->tries);
    free(known->keys);
    free(known->reservations);
    free(known->profiles);
    free(known->list);
    known_init(known);
}

/* ---- configuration ---- */

const struct known_key *known_key_find(const struct csms_known *known, const char *key)
{
    for (size_t i = 0; i < known->key_count; i++)
        if (ocpp_identifier_equal(known->keys[i].key, key))
            return &known->keys[i];
    return NULL;
}

void known_key_set(struct csms_known *known, const char *key, bool readonly, const char *value)
{
    struct known_key *at = (struct known_key *)(uintptr_t)known_key_find(known, key);

    if (!at) {
        if (known->key_count >= KNOWN_KEYS_MAX) {
            known->dropped++;
            return;
        }
        at = more(known->keys, known->key_count, sizeof *at);
        if (!at)
            return;
        known->keys = at;
        at = &known->keys[known->key_count++];
        *at = (struct known_key){.readonly = readonly};
        snprintf(at->key, sizeof at->key, "%s", key);
    }
    at->readonly = readonly;
    at->unknown = false;
    free(at->value);
    at->value = value ? strdup(value) : NULL;
}

void known_key_missing(struct csms_known *known, const char *key)
{
    known_key_set(known, key, false, NULL);
    struct known_key *at = (struct known_key *)(uintptr_t)known_key_find(known, key);
    if (at)
        at->unknown = true;
}

/* ---- values of templates ---- */

const struct known_try *known_try_find(const struct csms_known *known, const char *key)
{
    for (size_t i = 0; i < known->try_count; i++)
        if (ocpp_identifier_equal(known->tries[i].key, key))
            return &known->tries[i];
    return NULL;
}

void known_tried(struct csms_known *known, const char *key, const char *wanted,
                 enum known_answer answer, int64_t now_ms)
{
    struct known_try *at = (struct known_try *)(uintptr_t)known_try_find(known, key);

    if (!at) {
        if (known->try_count >= KNOWN_TRIES_MAX) {
            known->dropped++;
            return;
        }
        at = more(known->tries, known->try_count, sizeof *at);
        if (!at)
            return;
        known->tries = at;
        at = &known->tries[known->try_count++];
        *at = (struct known_try){.wanted = NULL};
        snprintf(at->key, sizeof at->key, "%s", key);
    }
    free(at->wanted);
    at->wanted = strdup(wanted);
    at->answer = answer;
    at->at_ms = now_ms;
}

void known_tries_forget(struct csms_known *known)
{
    for (size_t i = 0; i < known->try_count; i++)
        free(known->tries[i].wanted);
    known->try_count = 0;
}

/* ---- reservations ---- */

static void reserve(struct csms_known *known, const struct csms_told *told, int64_t now_ms)
{
    struct known_reservation *at = NULL;

    for (size_t i = 0; i < known->reservation_count; i++) /* the same id again replaces it */
        if (known->reservations[i].id == told->reservation) {
            memmove(&known->reservations[i], &known->reservations[i + 1],
                    (known->reservation_count - i - 1) * sizeof *at);
            known->reservation_count--;
            break;
        }
    if (!known->reservations)
        known->reservations = calloc(KNOWN_RESERVATIONS_MAX, sizeof *at);
    if (!known->reservations)
        return;
    if (known->reservation_count == KNOWN_RESERVATIONS_MAX) {
        memmove(known->reservations, known->reservations + 1,
                (KNOWN_RESERVATIONS_MAX - 1) * sizeof *at);
        known->reservation_count--;
    }
    at = &known->reservations[known->reservation_count++];
    *at = (struct known_reservation){.id = told->reservation,
                                     .connector = told->connector,
                                     .expiry_ms = told->expiry_ms,
                                     .made_ms = now_ms};
    memcpy(at->id_tag, told->id_tag, sizeof at->id_tag);
}

static bool reservation_ends(struct csms_known *known, int32_t id,
                             enum known_reservation_state state)
{
    bool changed = false;

    for (size_t i = 0; i < known->reservation_count; i++)
        if (known->reservations[i].id == id && known->reservations[i].state == KNOWN_RESERVED) {
            known->reservations[i].state = state;
            changed = true;
        }
    return changed;
}

bool known_started(struct csms_known *known, int32_t reservation)
{
    return reservation != 0 && reservation_ends(known, reservation, KNOWN_USED);
}

/* ---- charging profiles ---- */

static void profile_remove(struct csms_known *known, size_t i)
{
    free(known->profiles[i].json);
    memmove(&known->profiles[i], &known->profiles[i + 1],
            (known->profile_count - i - 1) * sizeof known->profiles[i]);
    known->profile_count--;
}

/* The same id, or the same purpose and level on its connector, gives way: 16 5.16. */
static bool is_replaced(const struct known_profile *at, const struct csms_told *told)
{
    return at->id == told->profile || (at->purpose == told->purpose && at->stack == told->stack &&
                                       at->connector == told->connector);
}

static void profile_set(struct csms_known *known, const struct csms_told *told)
{
    struct known_profile *at;

    for (size_t i = known->profile_count; i-- > 0;)
        if (is_replaced(&known->profiles[i], told))
            profile_remove(known, i);
    if (known->profile_count >= KNOWN_PROFILES_MAX) {
        known->dropped++;
        return;
    }
    if (!known->profiles)
        known->profiles = calloc(KNOWN_PROFILES_MAX, sizeof *at);
    char *json = strndup(told->profile_json, told->profile_len);
    if (!known->profiles || !json) {
        free(json);
        return;
    }
    at = &known->profiles[known->profile_count++];
    *at = (struct known_profile){.id = told->profile,
                                 .connector = told->connector,
                                 .stack = told->stack,
                                 .tx = told->has_tx ? told->tx : 0,
                                 .purpose = told->purpose,
                                 .json = json};
    memcpy(at->name, told->name, sizeof at->name);
    memcpy(at->description, told->description, sizeof at->description);
}

/* An id wins, and the others are not looked at; else all that is said has to fit: errata 3.25. */
static bool is_cleared(const struct known_profile *at, const struct csms_told *told)
{
    if (told->has_profile)
        return at->id == told->profile;
    return (!told->has_connector || at->connector == told->connector) &&
           (told->purpose == OCPP_NO_WORD || at->purpose == told->purpose) &&
           (!told->has_stack || at->stack == told->stack);
}

bool known_stopped(struct csms_known *known, int32_t tx)
{
    size_t before = known->profile_count;

    for (size_t i = known->profile_count; i-- > 0;)
        if (known->profiles[i].tx == tx && tx != 0)
            profile_remove(known, i);
    return known->profile_count != before;
}

/* ---- local list ---- */

static struct known_entry *entry_find(struct csms_known *known, const char *id_tag)
{
    for (size_t i = 0; i < known->list_count; i++)
        if (ocpp_identifier_equal(known->list[i].id_tag, id_tag))
            return &known->list[i];
    return NULL;
}

static void entry_change(struct csms_known *known, const struct known_entry *entry)
{
    struct known_entry *at = entry_find(known, entry->id_tag);

    if (entry->status == OCPP_NO_WORD) {
        if (at)
            *at = known->list[--known->list_count];
        return;
    }
    if (!at) {
        if (known->list_count >= KNOWN_LIST_MAX) {
            known->dropped++;
            return;
        }
        at = realloc(known->list, (known->list_count + 1) * sizeof *at);
        if (!at)
            return;
        known->list = at;
        at = &known->list[known->list_count++];
    }
    *at = *entry;
}

static void list_sent(struct csms_known *known, struct csms_told *told)
{
    if (told->update_type == OCPP_Full) {
        free(known->list);
        known->list = told->entries;
        known->list_count = told->entry_count;
        told->entries = NULL;
        told->entry_count = 0;
        known->list_known = true;
    } else {
        for (size_t i = 0; i < told->entry_count; i++)
            entry_change(known, &told->entries[i]);
    }
    known->list_version = told->list_version;
}

/* ---- what follows ---- */

static void configured(struct csms_known *known, const struct csms_told *told,
                       enum ocpp_word status)
{
    if (status == OCPP_RebootRequired)
        known->reboot_required = true;
    if (status == OCPP_Accepted || status == OCPP_RebootRequired)
        known_key_set(known, told->key, false, told->value);
}

void known_take(struct csms_known *known, enum ocpp_message message, struct csms_told *told,
                enum ocpp_word status, int64_t now_ms)
{
    bool accepted = status == OCPP_Accepted;

    switch ((int)message) {
    case OCPP_MSG_ChangeConfiguration:
        configured(known, told, status);
        break;
    case OCPP_MSG_ReserveNow:
        if (accepted)
            reserve(known, told, now_ms);
        break;
    case OCPP_MSG_CancelReservation:
        if (accepted)
            (void)reservation_ends(known, told->reservation, KNOWN_CANCELLED);
        break;
    case OCPP_MSG_SetChargingProfile:
        if (accepted)
            profile_set(known, told);
        break;
    case OCPP_MSG_ClearChargingProfile:
        for (size_t i = known->profile_count; accepted && i-- > 0;)
            if (is_cleared(&known->profiles[i], told))
                profile_remove(known, i);
        break;
    case OCPP_MSG_SendLocalList:
        if (accepted)
            list_sent(known, told);
        break;
    default:
        break;
    }
}

bool known_booted(struct csms_known *known)
{
    bool changed = known->reboot_required || known->try_count > 0;

    known->reboot_required = false;
    known_tries_forget(known);
    return changed;
}

/* ---- shown ---- */

static void write_keys(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "configuration");
    for (size_t i = 0; i < known->key_count; i++) {
        if (known->keys[i].unknown)
            continue;
        roost_json_object(w);
        roost_json_put_str(w, "key", known->keys[i].key);
        roost_json_put_bool(w, "readonly", known->keys[i].readonly);
        roost_json_put_str(w, "value", known->keys[i].value);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_bool(w, "reboot_required", known->reboot_required);
}

static const char *reservation_state(const struct known_reservation *at, int64_t now_ms)
{
    static const char *const names[] = {"reserved", "cancelled", "used"};

    return at->state == KNOWN_RESERVED && now_ms >= at->expiry_ms ? "expired" : names[at->state];
}

static void write_reservations(const struct csms_known *known, struct roost_json_writer *w,
                               int64_t now_ms)
{
    roost_json_put_array(w, "reservations");
    for (size_t i = known->reservation_count; i-- > 0;) {
        const struct known_reservation *at = &known->reservations[i];
        roost_json_object(w);
        roost_json_put_int(w, "reservation_id", at->id);
        roost_json_put_int(w, "connector_id", at->connector);
        roost_json_put_str(w, "id_tag", at->id_tag);
        roost_json_put_int(w, "made_at_ms", at->made_ms);
        roost_json_put_int(w, "expires_at_ms", at->expiry_ms);
        roost_json_put_str(w, "state", reservation_state(at, now_ms));
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_profiles(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "charging_profiles");
    for (size_t i = 0; i < known->profile_count; i++) {
        const struct known_profile *at = &known->profiles[i];
        roost_json_object(w);
        roost_json_put_int(w, "connector_id", at->connector);
        roost_json_put_str(w, "name", at->name);
        roost_json_put_str(w, "description", at->description);
        roost_json_put_raw(w, "profile", at->json, strlen(at->json));
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_list(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_object(w, "local_list");
    roost_json_put_bool(w, "whole", known->list_known);
    roost_json_put_int(w, "version", known->list_version);
    roost_json_put_int(w, "reported_version", known->list_reported);
    roost_json_put_array(w, "entries");
    for (size_t i = 0; i < known->list_count; i++) {
        const struct known_entry *at = &known->list[i];
        roost_json_object(w);
        roost_json_put_str(w, "id_tag", at->id_tag);
        roost_json_put_str(w, "parent_id_tag", at->parent_id_tag[0] ? at->parent_id_tag : NULL);
        roost_json_put_str(w, "status", ocpp_word_text(at->status));
        if (at->expiry_ms != 0)
            roost_json_put_int(w, "expires_at_ms", at->expiry_ms);
        else
            roost_json_put_null(w, "expires_at_ms");
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_end(w);
}

void known_write(const struct csms_known *known, struct roost_json_writer *w, int64_t now_ms)
{
    write_keys(known, w);
    write_reservations(known, w, now_ms);
    write_profiles(known, w);
    write_list(known, w);
    roost_json_put_uint(w, "dropped", known->dropped);
    roost_json_put_bool(w, "kept_whole", !known->cut);
}
