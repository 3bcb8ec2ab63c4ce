/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/utf8.h"
#include "proto/ocpp/fill.h"

static const char *const names[DRIFT_COUNT] = {
#define X(name, called) [DRIFT_##name] = (called),
    DRIFT_STATES(X)
#undef X
};

const char *drift_name(enum drift_state state)
{
    return names[state];
}

void template_free(struct template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->key_count; i++)
        free(t->keys[i].value);
    free(t->keys);
    free(t->chargers);
    free(t);
}

/* ---- read ---- */

static size_t characters(const char *text)
{
    const char *end = text + strlen(text);
    size_t count = 0;

    for (size_t len; text < end && (len = roost_utf8_len(text, end)) > 0; text += len)
        count++;
    return count;
}

/* 1 when it is there, 0 when not. */
static int take_name(const struct roost_json *doc, int object, const char *key, char *out,
                     size_t size, struct why *why)
{
    int err = roost_json_get_string(doc, object, key, out, size);

    if (err == ROOST_ERR_NOT_FOUND)
        return 0;
    if (err < 0 || out[0] == '\0' || characters(out) > (size - 1) / 4)
        return why_not(why, ROOST_ERR_INVALID, "for.%s: 1 to %zu characters", key, (size - 1) / 4);
    return 1;
}

static int take_chargers(const struct roost_json *doc, int list, struct template *t,
                         struct why *why)
{
    static const char wrong[] = "for.chargers: a list of 1 to 1000 identities";
    size_t count = roost_json_type(doc, list) == ROOST_JSON_ARRAY ? roost_json_size(doc, list) : 0;

    if (count == 0 || count > TEMPLATE_CHARGERS_MAX)
        return why_not(why, ROOST_ERR_INVALID, "%s", wrong);
    t->chargers = calloc(count, sizeof *t->chargers);
    if (!t->chargers)
        return ROOST_ERR_NO_MEMORY;
    int at = roost_json_at(doc, list, 0);
    for (size_t i = 0; i < count; i++, at = roost_json_next(doc, at)) {
        if (roost_json_type(doc, at) != ROOST_JSON_STRING ||
            roost_json_string(doc, at, t->chargers[i], sizeof t->chargers[i]) < 0 ||
            t->chargers[i][0] == '\0')
            return why_not(why, ROOST_ERR_INVALID, "%s", wrong);
        t->charger_count++;
    }
    return 0;
}

static int take_for(const struct roost_json *doc, struct template *t, struct why *why)
{
    static const char wrong[] =
        "for: {\"all\":true}, or {\"vendor\":...}, or {\"model\":...} with or without a vendor, or "
        "{\"chargers\":[...]}";
    int object = roost_json_find(doc, ROOST_JSON_ROOT, "for");
    bool all = false;

    if (object < 0 || roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return why_not(why, ROOST_ERR_INVALID, "%s", wrong);
    int vendor = take_name(doc, object, "vendor", t->vendor, sizeof t->vendor, why);
    int model =
        vendor < 0 ? vendor : take_name(doc, object, "model", t->model, sizeof t->model, why);
    if (model < 0)
        return model;
    int list = roost_json_find(doc, object, "chargers");
    if (roost_json_get_bool(doc, object, "all", &all) == ROOST_ERR_INVALID ||
        (int)all + (vendor || model) + (list >= 0) != 1)
        return why_not(why, ROOST_ERR_INVALID, "%s", wrong);
    t->is_for = all ? TEMPLATE_ALL : model ? TEMPLATE_MODEL : TEMPLATE_VENDOR;
    if (list < 0)
        return 0;
    t->is_for = TEMPLATE_NAMED;
    return take_chargers(doc, list, t, why);
}

static int take_key(const struct roost_json *doc, int at, struct template *t, struct why *why)
{
    struct template_key *key = &t->keys[t->key_count];
    char value[TEMPLATE_VALUE_MAX * 4 + 1];

    if (roost_json_string(doc, at, key->key, sizeof key->key) < 0 || key->key[0] == '\0' ||
        characters(key->key) > 50)
        return why_not(why, ROOST_ERR_INVALID, "keys: a key has 1 to 50 characters");
    if (ocpp_identifier_equal(key->key, "AuthorizationKey"))
        return why_not(why, ROOST_ERR_INVALID,
                       "keys.AuthorizationKey: a password is each charger's own, see POST "
                       ".../password");
    for (size_t i = 0; i < t->key_count; i++)
        if (ocpp_identifier_equal(t->keys[i].key, key->key))
            return why_not(why, ROOST_ERR_INVALID, "keys.%s: is there twice", key->key);
    if (roost_json_type(doc, at + 1) != ROOST_JSON_STRING ||
        roost_json_string(doc, at + 1, value, sizeof value) < 0 ||
        characters(value) > TEMPLATE_VALUE_MAX)
        return why_not(why, ROOST_ERR_INVALID, "keys.%s: a text of at most 500 characters",
                       key->key);
    key->value = strdup(value);
    if (!key->value)
        return ROOST_ERR_NO_MEMORY;
    t->key_count++;
    return 0;
}

static int take_keys(const struct roost_json *doc, struct template *t, struct why *why)
{
    int object = roost_json_find(doc, ROOST_JSON_ROOT, "keys"), err = 0;
    size_t count = object >= 0 && roost_json_type(doc, object) == ROOST_JSON_OBJECT
                       ? roost_json_size(doc, object)
                       : 0;

    if (count == 0 || count > TEMPLATE_KEYS_MAX)
        return why_not(why, ROOST_ERR_INVALID, "keys: an object of 1 to %d keys and their values",
                       TEMPLATE_KEYS_MAX);
    t->keys = calloc(count, sizeof *t->keys);
    if (!t->keys)
        return ROOST_ERR_NO_MEMORY;
    int at = roost_json_at(doc, object, 0);
    for (size_t i = 0; err == 0 && i < count; i++, at = roost_json_next(doc, at + 1))
        err = take_key(doc, at, t, why);
    return err;
}

static int take_all(const struct roost_json *doc, struct template *t, struct why *why)
{
    int err = take_for(doc, t, why);

    if (!err)
        err = take_keys(doc, t, why);
    if (!err &&
        roost_json_get_bool(doc, ROOST_JSON_ROOT, "on_boot", &t->on_boot) == ROOST_ERR_INVALID)
        err = why_not(why, ROOST_ERR_INVALID, "on_boot: true or false");
    return err;
}

int template_parse(struct template **out, const char *name, const char *json, size_t len,
                   struct why *why)
{
    enum { TOKENS = TEMPLATE_CHARGERS_MAX + 2 * TEMPLATE_KEYS_MAX + 32 };
    struct template *t = calloc(1, sizeof *t);
    struct roost_json_token *tokens = calloc(TOKENS, sizeof *tokens);
    struct roost_json doc;
    int err = t && tokens ? 0 : ROOST_ERR_NO_MEMORY;

    if (!err && (len > TEMPLATE_JSON_MAX || roost_json_parse(&doc, tokens, TOKENS, json, len) < 0 ||
                 roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT))
        err = why_not(why, ROOST_ERR_INVALID,
                      "the body must be one JSON object, with at most %d chargers and %d keys",
                      TEMPLATE_CHARGERS_MAX, TEMPLATE_KEYS_MAX);
    if (!err) {
        snprintf(t->name, sizeof t->name, "%s", name);
        t->on_boot = true;
        err = take_all(&doc, t, why);
    }
    free(tokens);
    if (err)
        template_free(t);
    else
        *out = t;
    return err;
}

/* ---- written ---- */

static void write_for(const struct template *t, struct roost_json_writer *w)
{
    roost_json_put_object(w, "for");
    if (t->is_for == TEMPLATE_ALL)
        roost_json_put_bool(w, "all", true);
    if (t->vendor[0] != '\0')
        roost_json_put_str(w, "vendor", t->vendor);
    if (t->is_for == TEMPLATE_MODEL)
        roost_json_put_str(w, "model", t->model);
    if (t->is_for == TEMPLATE_NAMED) {
        roost_json_put_array(w, "chargers");
        for (size_t i = 0; i < t->charger_count; i++)
            roost_json_str(w, t->chargers[i]);
        roost_json_end(w);
    }
    roost_json_end(w);
}

void template_write(const struct template *t, struct roost_json_writer *w)
{
    roost_json_put_str(w, "name", t->name);
    write_for(t, w);
    roost_json_put_bool(w, "on_boot", t->on_boot);
    roost_json_put_object(w, "keys");
    for (size_t i = 0; i < t->key_count; i++)
        roost_json_put_str(w, t->keys[i].key, t->keys[i].value);
    roost_json_end(w);
}

/* ---- of whom ---- */

bool template_is_before(const struct template *t, const struct template *other)
{
    return t->is_for != other->is_for ? t->is_for < other->is_for
                                      : strcmp(t->name, other->name) < 0;
}

bool template_fits(const struct template *t, const struct template_who *who)
{
    switch (t->is_for) {
    case TEMPLATE_ALL:
        return true;
    case TEMPLATE_VENDOR:
        return strcmp(t->vendor, who->vendor) == 0;
    case TEMPLATE_MODEL:
        return strcmp(t->model, who->model) == 0 &&
               (t->vendor[0] == '\0' || strcmp(t->vendor, who->vendor) == 0);
    case TEMPLATE_NAMED:
        break;
    }
    for (size_t i = 0; i < t->charger_count; i++)
        if (strcmp(t->chargers[i], who->identity) == 0)
            return true;
    return false;
}

/* ---- wanted, and what there is ---- */

static bool is_boolean(const char *text)
{
    return ocpp_identifier_equal(text, "true") || ocpp_identifier_equal(text, "false");
}

/* "True" and "true" are the same to every charger. */
static bool is_same(const char *wanted, const char *has)
{
    return strcmp(wanted, has) == 0 || (is_boolean(wanted) && ocpp_identifier_equal(wanted, has));
}

static enum drift_state state_of_try(const struct known_try *tried, bool same)
{
    switch (tried->answer) {
    case KNOWN_REBOOT_REQUIRED:
        return DRIFT_REBOOT_REQUIRED;
    case KNOWN_REJECTED:
        return DRIFT_REFUSED;
    case KNOWN_NOT_SUPPORTED:
        return DRIFT_UNKNOWN;
    case KNOWN_SILENT:
        return DRIFT_UNANSWERED;
    default:
        return same ? DRIFT_AS_WANTED : DRIFT_NOT_TAKEN;
    }
}

/* A value that is never told is taken as it was accepted. What was tried for another value than is
 * wanted now is not what was tried. */
static void judge(struct template_row *row, const struct csms_known *known)
{
    const struct known_key *key = known_key_find(known, row->key);
    const struct known_try *tried = known_try_find(known, row->key);
    bool same = key && !key->unknown && key->value && is_same(row->wanted, key->value);

    row->has = key ? key->value : NULL;
    if (tried && (!tried->wanted || strcmp(tried->wanted, row->wanted) != 0))
        tried = NULL;
    row->tried_ms = tried ? tried->at_ms : 0;
    if (tried && tried->answer == KNOWN_REBOOT_REQUIRED)
        row->state = DRIFT_REBOOT_REQUIRED;
    else if (same)
        row->state = DRIFT_AS_WANTED;
    else if (key && key->unknown)
        row->state = DRIFT_UNKNOWN;
    else if (key && key->readonly)
        row->state = DRIFT_READ_ONLY;
    else if (tried)
        row->state = state_of_try(tried, key && !key->value);
    else
        row->state = key ? DRIFT_DIFFERS : DRIFT_UNREAD;
}

static size_t add_rows(const struct template *t, struct template_row rows[TEMPLATE_ROWS_MAX],
                       size_t count)
{
    for (size_t i = 0; i < t->key_count; i++) {
        size_t at = 0;
        while (at < count && !ocpp_identifier_equal(rows[at].key, t->keys[i].key))
            at++;
        if (at == TEMPLATE_ROWS_MAX)
            continue;
        rows[at] =
            (struct template_row){.key = t->keys[i].key, .wanted = t->keys[i].value, .from = t};
        count = at == count ? count + 1 : count;
    }
    return count;
}

size_t template_rows(const struct template *list, const struct template_who *who,
                     const struct csms_known *known, struct template_row rows[TEMPLATE_ROWS_MAX])
{
    size_t count = 0;

    for (const struct template *t = list; t; t = t->next)
        if (template_fits(t, who))
            count = add_rows(t, rows, count);
    for (size_t i = 0; i < count; i++)
        judge(&rows[i], known);
    return count;
}
