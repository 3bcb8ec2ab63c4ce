/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of configuration: keys and the values that the operator wants chargers to have, for
 * all of them, for those of a vendor or model, or for some by name. Where two want the same key of
 * one charger, the narrower one counts: by name, model, vendor, all; of two alike the one that
 * comes last by its name. Pure: JSON in and out. Depends on host/why.h, core/json_*.h, known.h.
 *
 *     err = template_parse(&t, "quiet", json, len, &why);
 *     {"for":{"vendor":"Roost"},"on_boot":true,"keys":{"HeartbeatInterval":"300"}}
 *     size_t count = template_rows(list, &who, &known, rows);
 */
#ifndef ROOST_HUB_CSMS_TEMPLATE_H
#define ROOST_HUB_CSMS_TEMPLATE_H

#include "core/json_write.h"
#include "host/why.h"
#include "hub/csms/known.h"

enum {
    TEMPLATES_MAX = 64,
    TEMPLATE_KEYS_MAX = 64,
    TEMPLATE_CHARGERS_MAX = 1000,
    TEMPLATE_NAME_MAX = 32,
    TEMPLATE_VALUE_MAX = 500, /* characters, as in ChangeConfiguration */
    TEMPLATE_JSON_MAX = 160 * 1024,
    TEMPLATE_ROWS_MAX = 256 /* keys that one charger is wanted to have */
};

/* The narrower, the greater. */
enum template_for { TEMPLATE_ALL, TEMPLATE_VENDOR, TEMPLATE_MODEL, TEMPLATE_NAMED };

struct template_key {
    char key[KNOWN_KEY_BYTES];
    char *value;
};

struct template
{
    struct template *next; /* in the order in which they are gone through */
    char name[TEMPLATE_NAME_MAX + 1];
    enum template_for is_for;
    char vendor[20 * 4 + 1], model[20 * 4 + 1]; /* MODEL: vendor "" is any */
    char(*chargers)[CSMS_IDENTITY_MAX + 1];
    size_t charger_count;
    struct template_key *keys;
    size_t key_count;
    bool on_boot; /* applied when a charger boots; else when it is asked for */
};

/* ROOST_ERR_INVALID with `why`, which names the field; ROOST_ERR_NO_MEMORY. */
int template_parse(struct template **out, const char *name, const char *json, size_t len,
                   struct why *why);
void template_free(struct template *t); /* NULL is fine */
/* Members of the innermost object; `template_parse` reads what they say. */
void template_write(const struct template *t, struct roost_json_writer *w);
/* Stands before `other` in the list. */
bool template_is_before(const struct template *t, const struct template *other);

struct template_who {
    const char *identity, *vendor, *model;
};
bool template_fits(const struct template *t, const struct template_who *who);

/* ---- wanted, and what there is ---- */

#define DRIFT_STATES(X)                                                                            \
    X(AS_WANTED, "as_wanted")                                                                      \
    X(DIFFERS, "differs")     /* it was not asked to change it since it booted */                  \
    X(UNREAD, "unread")       /* nothing is known of the key */                                    \
    X(READ_ONLY, "read_only") /* the charger says so: it is not asked */                           \
    X(REBOOT_REQUIRED, "reboot_required")                                                          \
    X(UNKNOWN, "unknown_key")                                                                      \
    X(REFUSED, "refused")                                                                          \
    X(NOT_TAKEN, "not_taken") /* it said Accepted, and has another value all the same */           \
    X(UNANSWERED, "unanswered")

enum drift_state {
#define X(name, called) DRIFT_##name,
    DRIFT_STATES(X)
#undef X
        DRIFT_COUNT
};
const char *drift_name(enum drift_state state);

/* Borrowed from template and known. */
struct template_row {
    const char *key, *wanted, *has; /* has NULL: not told, or not known */
    const struct template *from;
    enum drift_state state;
    int64_t tried_ms; /* 0: not since it booted */
};

/* What the list wants of one charger; keys beyond TEMPLATE_ROWS_MAX are left out. */
size_t template_rows(const struct template *list, const struct template_who *who,
                     const struct csms_known *known, struct template_row rows[TEMPLATE_ROWS_MAX]);

#endif
