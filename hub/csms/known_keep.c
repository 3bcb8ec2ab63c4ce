/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a charger as text, and back. Words stand there as OCPP writes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "hub/csms/known.h"

/* ---- saved ---- */

static void write_reservations(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "reservations");
    for (size_t i = 0; i < known->reservation_count; i++) {
        const struct known_reservation *at = &known->reservations[i];
        roost_json_object(w);
        roost_json_put_int(w, "id", at->id);
        roost_json_put_int(w, "connector", at->connector);
        roost_json_put_str(w, "tag", at->id_tag);
        roost_json_put_int(w, "expiry", at->expiry_ms);
        roost_json_put_int(w, "made", at->made_ms);
        roost_json_put_int(w, "state", at->state);
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_profiles(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "profiles");
    for (size_t i = 0; i < known->profile_count; i++) {
        const struct known_profile *at = &known->profiles[i];
        roost_json_object(w);
        roost_json_put_int(w, "id", at->id);
        roost_json_put_int(w, "connector", at->connector);
        roost_json_put_int(w, "stack", at->stack);
        roost_json_put_int(w, "tx", at->tx);
        roost_json_put_str(w, "purpose", ocpp_word_text(at->purpose));
        roost_json_put_str(w, "name", at->name);
        roost_json_put_str(w, "description", at->description);
        roost_json_put_str(w, "json", at->json); /* a text: its depth is none of ours */
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_tries(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "tries");
    for (size_t i = 0; i < known->try_count; i++) {
        const struct known_try *at = &known->tries[i];
        roost_json_object(w);
        roost_json_put_str(w, "key", at->key);
        roost_json_put_str(w, "wanted", at->wanted);
        roost_json_put_int(w, "answer", at->answer);
        roost_json_put_int(w, "at", at->at_ms);
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_keys(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "keys");
    for (size_t i = 0; i < known->key_count; i++) {
        const struct known_key *at = &known->keys[i];
        roost_json_object(w);
        roost_json_put_str(w, "key", at->key);
        roost_json_put_bool(w, "readonly", at->readonly);
        roost_json_put_bool(w, "unknown", at->unknown);
        if (at->value)
            roost_json_put_str(w, "value", at->value);
        roost_json_end(w);
    }
    roost_json_end(w);
}

static void write_list(const struct csms_known *known, struct roost_json_writer *w)
{
    roost_json_put_array(w, "list");
    for (size_t i = 0; i < known->list_count; i++) {
        const struct known_entry *at = &known->list[i];
        roost_json_object(w);
        roost_json_put_str(w, "tag", at->id_tag);
        if (at->parent_id_tag[0] != '\0')
            roost_json_put_str(w, "parent", at->parent_id_tag);
        roost_json_put_str(w, "status", ocpp_word_text(at->status));
        roost_json_put_int(w, "expiry", at->expiry_ms);
        roost_json_end(w);
    }
    roost_json_end(w);
}

enum parts { ALL, WITHOUT_LIST, WITHOUT_KEYS, FORMS };

static int write(const struct csms_known *known, enum parts parts, char *out)
{
    struct roost_json_writer w;

    roost_json_begin(&w, out, CSMS_DOCUMENT_MAX + 1);
    roost_json_object(&w);
    roost_json_put_int(&w, "list_version", known->list_version);
    roost_json_put_int(&w, "list_reported", known->list_reported);
    roost_json_put_bool(&w, "list_known", known->list_known && parts == ALL);
    roost_json_put_bool(&w, "reboot_required", known->reboot_required);
    roost_json_put_bool(&w, "cut", parts != ALL);
    write_reservations(known, &w);
    write_profiles(known, &w);
    write_tries(known, &w);
    if (parts != WITHOUT_KEYS)
        write_keys(known, &w);
    if (parts == ALL)
        write_list(known, &w);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

char *known_save(struct csms_known *known)
{
    char *text = malloc(CSMS_DOCUMENT_MAX + 1);
    int len = -1;

    for (enum parts parts = ALL; text && len < 0 && parts < FORMS; parts++) {
        len = write(known, parts, text);
        known->cut = parts != ALL;
    }
    if (!text || len < 0) {
        free(text);
        return NULL;
    }
    char *fits = realloc(text, (size_t)len + 1);
    return fits ? fits : text;
}

/* ---- loaded ---- */

/* All of one text, that were read into places of their own. */
struct reading {
    struct roost_json doc;
    char *scratch; /* room for any of its strings */
    size_t size;
};

static int32_t number(const struct reading *r, int object, const char *key)
{
    int64_t value = 0;

    (void)roost_json_get_int64(&r->doc, object, key, &value);
    return (int32_t)value;
}

static int64_t long_number(const struct reading *r, int object, const char *key)
{
    int64_t value = 0;

    (void)roost_json_get_int64(&r->doc, object, key, &value);
    return value;
}

static bool is_true(const struct reading *r, int object, const char *key)
{
    bool value = false;

    (void)roost_json_get_bool(&r->doc, object, key, &value);
    return value;
}

/* "" where it is not there, or longer than it can be. */
static void text(const struct reading *r, int object, const char *key, char *out, size_t size)
{
    if (roost_json_get_string(&r->doc, object, key, out, size) < 0)
        out[0] = '\0';
}

/* In `scratch` until the next; NULL: it is not there. */
static const char *any_text(const struct reading *r, int object, const char *key)
{
    return roost_json_get_string(&r->doc, object, key, r->scratch, r->size) < 0 ? NULL : r->scratch;
}

static enum ocpp_word word(const struct reading *r, int object, const char *key, enum ocpp_set set)
{
    char name[64];
    size_t count;
    const uint16_t *words = ocpp_set_words(set, &count);

    text(r, object, key, name, sizeof name);
    for (size_t i = 0; i < count; i++)
        if (strcmp(ocpp_word_text((enum ocpp_word)words[i]), name) == 0)
            return (enum ocpp_word)words[i];
    return OCPP_NO_WORD;
}

/* Elements of a list of objects, at most `max`. */
static int list_of(const struct reading *r, const char *key, size_t max, size_t *count)
{
    int list = roost_json_find(&r->doc, ROOST_JSON_ROOT, key);

    *count = 0;
    if (list < 0 || roost_json_type(&r->doc, list) != ROOST_JSON_ARRAY)
        return -1;
    *count = roost_json_size(&r->doc, list);
    *count = *count < max ? *count : max;
    return *count > 0 ? roost_json_at(&r->doc, list, 0) : -1;
}

static int read_reservations(const struct reading *r, struct csms_known *known)
{
    size_t count;
    int at = list_of(r, "reservations", KNOWN_RESERVATIONS_MAX, &count);

    if (count == 0)
        return 0;
    known->reservations = calloc(KNOWN_RESERVATIONS_MAX, sizeof *known->reservations);
    if (!known->reservations)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++, at = roost_json_next(&r->doc, at)) {
        struct known_reservation *to = &known->reservations[known->reservation_count++];
        int32_t state = number(r, at, "state");
        to->id = number(r, at, "id");
        to->connector = number(r, at, "connector");
        text(r, at, "tag", to->id_tag, sizeof to->id_tag);
        to->expiry_ms = long_number(r, at, "expiry");
        to->made_ms = long_number(r, at, "made");
        to->state = state == KNOWN_CANCELLED || state == KNOWN_USED
                        ? (enum known_reservation_state)state
                        : KNOWN_RESERVED;
    }
    return 0;
}

static int read_profiles(const struct reading *r, struct csms_known *known)
{
    size_t count;
    int at = list_of(r, "profiles", KNOWN_PROFILES_MAX, &count);

    if (count == 0)
        return 0;
    known->profiles = calloc(KNOWN_PROFILES_MAX, sizeof *known->profiles);
    if (!known->profiles)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++, at = roost_json_next(&r->doc, at)) {
        const char *json = any_text(r, at, "json");
        char *copy = strdup(json ? json : "null");
        if (!copy)
            return ROOST_ERR_NO_MEMORY;
        struct known_profile *to = &known->profiles[known->profile_count++];
        to->json = copy;
        to->id = number(r, at, "id");
        to->connector = number(r, at, "connector");
        to->stack = number(r, at, "stack");
        to->tx = number(r, at, "tx");
        to->purpose = word(r, at, "purpose", OCPP_SET_ProfilePurpose);
        text(r, at, "name", to->name, sizeof to->name);
        text(r, at, "description", to->description, sizeof to->description);
    }
    return 0;
}

static void read_keys(const struct reading *r, struct csms_known *known)
{
    char key[KNOWN_KEY_BYTES];
    size_t count;
    int at = list_of(r, "keys", KNOWN_KEYS_MAX, &count);

    for (size_t i = 0; i < count; i++, at = roost_json_next(&r->doc, at)) {
        text(r, at, "key", key, sizeof key);
        if (key[0] != '\0' && is_true(r, at, "unknown"))
            known_key_missing(known, key);
        else if (key[0] != '\0')
            known_key_set(known, key, is_true(r, at, "readonly"), any_text(r, at, "value"));
    }
    at = list_of(r, "tries", KNOWN_TRIES_MAX, &count);
    for (size_t i = 0; i < count; i++, at = roost_json_next(&r->doc, at)) {
        int32_t answer = number(r, at, "answer");
        const char *wanted = any_text(r, at, "wanted");
        text(r, at, "key", key, sizeof key);
        if (key[0] != '\0' && wanted && answer >= 0 && answer < KNOWN_ANSWERS)
            known_tried(known, key, wanted, (enum known_answer)answer, long_number(r, at, "at"));
    }
}

static int read_list(const struct reading *r, struct csms_known *known)
{
    size_t count;
    int at = list_of(r, "list", KNOWN_LIST_MAX, &count);

    if (count == 0)
        return 0;
    known->list = calloc(count, sizeof *known->list);
    if (!known->list)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++, at = roost_json_next(&r->doc, at)) {
        struct known_entry *to = &known->list[known->list_count++];
        text(r, at, "tag", to->id_tag, sizeof to->id_tag);
        text(r, at, "parent", to->parent_id_tag, sizeof to->parent_id_tag);
        to->status = word(r, at, "status", OCPP_SET_AuthorizationStatus);
        to->expiry_ms = long_number(r, at, "expiry");
    }
    return 0;
}

static int read_all(const struct reading *r, struct csms_known *known)
{
    if (roost_json_type(&r->doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT ||
        roost_json_find(&r->doc, ROOST_JSON_ROOT, "list_version") < 0)
        return ROOST_ERR_CORRUPT;
    known->list_version = number(r, ROOST_JSON_ROOT, "list_version");
    known->list_reported = number(r, ROOST_JSON_ROOT, "list_reported");
    known->list_known = is_true(r, ROOST_JSON_ROOT, "list_known");
    known->reboot_required = is_true(r, ROOST_JSON_ROOT, "reboot_required");
    known->cut = is_true(r, ROOST_JSON_ROOT, "cut");
    read_keys(r, known);
    int err = read_reservations(r, known);
    if (!err)
        err = read_profiles(r, known);
    return err ? err : read_list(r, known);
}

int known_load(struct csms_known *known, const char *json, size_t len)
{
    struct reading r = {.size = len + 1};
    size_t tokens_max =
        1; /* each value and key stands behind one of these, the first behind none */

    for (size_t i = 0; i < len; i++)
        tokens_max += json[i] == '{' || json[i] == '[' || json[i] == ',' || json[i] == ':';
    struct roost_json_token *tokens = calloc(tokens_max, sizeof *tokens);
    r.scratch = malloc(r.size);
    int err = tokens && r.scratch ? 0 : ROOST_ERR_NO_MEMORY;
    if (!err && roost_json_parse(&r.doc, tokens, tokens_max, json, len) < 0)
        err = ROOST_ERR_CORRUPT;
    if (!err)
        err = read_all(&r, known);
    if (err)
        known_deinit(known);
    free(tokens);
    free(r.scratch);
    return err;
}

/* ---- joined ---- */

static void join_keys(struct csms_known *known, const struct csms_known *older)
{
    for (size_t i = 0; i < older->key_count; i++) {
        const struct known_key *at = &older->keys[i];
        if (known_key_find(known, at->key))
            continue;
        if (at->unknown)
            known_key_missing(known, at->key);
        else
            known_key_set(known, at->key, at->readonly, at->value);
    }
    for (size_t i = 0; i < older->try_count; i++) {
        const struct known_try *at = &older->tries[i];
        if (at->wanted && !known_try_find(known, at->key))
            known_tried(known, at->key, at->wanted, at->answer, at->at_ms);
    }
}

/* Reservations, profiles, list: what was made since stands beside nothing older, which would be
 * out of date in parts; it is rare, as the hub knows before anybody has asked for much. */
void known_join(struct csms_known *known, struct csms_known *older)
{
    join_keys(known, older);
    if (known->reservation_count == 0) {
        free(known->reservations);
        known->reservations = older->reservations;
        known->reservation_count = older->reservation_count;
        older->reservations = NULL;
        older->reservation_count = 0;
    }
    if (known->profile_count == 0) {
        free(known->profiles);
        known->profiles = older->profiles;
        known->profile_count = older->profile_count;
        older->profiles = NULL;
        older->profile_count = 0;
    }
    if (known->list_version < 0) {
        free(known->list);
        known->list = older->list;
        known->list_count = older->list_count;
        known->list_version = older->list_version;
        known->list_known = older->list_known;
        older->list = NULL;
        older->list_count = 0;
    }
    if (known->list_reported < 0)
        known->list_reported = older->list_reported;
    known->reboot_required = known->reboot_required || older->reboot_required;
    known->cut = older->cut;
    known_deinit(older);
}
