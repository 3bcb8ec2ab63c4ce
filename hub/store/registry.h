/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry: devices and what their factory gave them, operators, refresh tokens, commands,
 * children and what their parents agreed to. SQLite by default, PostgreSQL beside it later; the
 * same tests run on each. Requests in, answers later: a request is copied by the call that asks,
 * and `done` is called once, on the loop's thread, never from inside that call. Depends on
 * core/err.h.
 *
 *     struct registry_request request = {.op = REGISTRY_DEVICE_GET, .key = "lamp-1"};
 *     int err = registry->ops->ask(registry->ctx, &request, on_device, arg);
 *     static void on_device(void *arg, int err, const struct registry_answer *answer);
 *
 * What the requests do is what they would do one after the other in the order asked, and each is
 * done whole or not at all. Those that come while a commit runs share the next one; an answer comes
 * after the commit: what was answered with 0 survives kill -9 and a power cut.
 *
 * A request that cannot be begun within REGISTRY_WAIT_MS, because another program has locked the
 * database or the disk does not answer, is given up: ROOST_ERR_BUSY, and it never takes place. One
 * that has been begun is waited for, however long it takes. While another program has the database
 * locked for writing, reads do not wait for the writes ahead of them.
 *
 * Numbered migrations run at open, forward only.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_H
#define ROOST_HUB_STORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum { REGISTRY_STATUS_MAX = 1024 }; /* a text with its NUL */

struct registry_device {
    char id[65];
    char type[16]; /* what it says it is; "" unknown */
    char name[65], location[65];
    char config_json[1025];                /* operator's per-device settings, a JSON object */
    bool claimed;                          /* false: pending under policy claim */
    int64_t registered_ms, last_seen_ms;   /* last_seen 0: never spoke */
    char status_json[REGISTRY_STATUS_MAX]; /* its last own word on how it is; "" none. Read only:
                                              REGISTRY_DEVICES_STATUS writes it */
};

struct registry_status {
    char device_id[65];
    char json[REGISTRY_STATUS_MAX];
};

/* A removal: the registry knows the device no more. Until it has ended others may; afterwards it
 * says that what is left of the device somewhere is of one that was removed. */
struct registry_removal {
    char device_id[65];
    bool history; /* its rows in the series go, too */
    bool ended;
    int64_t asked_ms;
};

/* What the factory gave a device. The secret signs a later claim, so it must be recoverable: the
 * caller seals it (hub/factory/seal.h), the registry keeps bytes. */
enum { REGISTRY_SEALED_MAX = 96 };
struct registry_credential {
    char device_id[65];
    char batch[65], broker_user[65];
    uint32_t hardware_version;
    uint8_t secret_sealed[REGISTRY_SEALED_MAX];
    size_t sealed_len;
    int64_t imported_ms;
};

struct registry_operator {
    int64_t id;
    char email[129];
    char password_hash[160]; /* argon2id, encoded form */
    char role[16];           /* "operator" (more roles later) */
    int64_t created_ms;
};

struct registry_token { /* a refresh token: only its SHA-256 is stored */
    char hash_hex[65];
    char family[37]; /* uuid of the sign-in; reuse of a used token ends the family */
    int64_t operator_id, expires_ms;
    int64_t used_ms; /* when it was used, 0: not yet */
};

struct registry_command {
    char id[37], device_id[65], name[25];
    char args_json[1025];
    char state[12]; /* "sent", "ok", "failed", "timeout" */
    char answer_json[2049];
    int64_t created_ms, finished_ms;
    int64_t operator_id;
};

struct registry_seen {
    char device_id[65];
    int64_t unix_ms;
    bool back; /* also when it is earlier: what is there was a wrong clock's */
};

/* ---- children ---- */

/* Who may be spoken to. The name is personal data: the caller seals it (hub/factory/seal.h, the
 * context is the child's id), the registry keeps bytes. No day of birth is kept. */
enum { REGISTRY_CHILD_ID_MAX = 50, REGISTRY_NAME_SEALED_MAX = 160 };
struct registry_child {
    char id[REGISTRY_CHILD_ID_MAX + 1];
    uint8_t name_sealed[REGISTRY_NAME_SEALED_MAX];
    size_t sealed_len;
    unsigned birth_year, birth_month; /* 1..12 */
    char language[3];                 /* "en", "ar" */
    int64_t created_ms;
    /* Read only: what parents agreed to and have not taken back, and how many devices are its. */
    unsigned consents; /* enum registry_consent_kind, combined */
    unsigned devices;
};

enum registry_consent_kind {
    REGISTRY_CONSENT_SERVICE = 1,   /* sound is taken, words are answered, by the hub's own parts */
    REGISTRY_CONSENT_DISCLOSURE = 2 /* words go to a remote provider */
};

/* Stays as evidence when it was taken back, or when a newer one took its place. */
enum { REGISTRY_METHOD_MAX = 32, REGISTRY_NOTICE_MAX = 32, REGISTRY_PROVIDER_MAX = 32 };
struct registry_consent {
    char child_id[REGISTRY_CHILD_ID_MAX + 1];
    unsigned kind;                            /* one of enum registry_consent_kind */
    char provider[REGISTRY_PROVIDER_MAX + 1]; /* of a disclosure; "" whoever it is */
    char method[REGISTRY_METHOD_MAX + 1];     /* how it was given: one word */
    char notice[REGISTRY_NOTICE_MAX + 1];     /* version of the notice that was read */
    int64_t given_ms, revoked_ms;             /* revoked 0: it holds */
    int64_t operator_id;                      /* who entered it */
};

/* A device that has proved by its secret that it is a child's. It has one child at a time. */
struct registry_claim {
    char device_id[65], child_id[REGISTRY_CHILD_ID_MAX + 1];
    char session_id[37]; /* the device_session_id of its tokens: a new claim, a new one */
    int64_t claimed_ms;
    /* Its refresh token, as of struct registry_token; the one before it is good for
     * REGISTRY_TOKEN_GRACE_MS more. */
    char refresh_hash[65], used_hash[65];
    int64_t refresh_expires_ms, used_ms;
};

/* Who did what for which child or device, and when. No words, no names. It outlives the child: only
 * the newest REGISTRY_AUDIT_MAX lines stay. */
struct registry_audit {
    int64_t id, at_ms;
    int64_t operator_id; /* 0: the device did */
    char what[33];       /* "child added", "consent revoked", ... */
    char child_id[REGISTRY_CHILD_ID_MAX + 1], device_id[65];
};

/* What can be asked, and which members of the request it reads. With many rows: all or none. */
enum registry_op {
    REGISTRY_PING,             /* 0 when the registry can be read */
    REGISTRY_DEVICE_GET,       /* key: id */
    REGISTRY_DEVICES_PUT,      /* devices, count: insert or replace */
    REGISTRY_DEVICES_ADD,      /* devices, credentials or NULL, count; EXISTS */
    REGISTRY_DEVICES_MEET,     /* devices, count: new ones are added; of one that is there last_seen
                                  is raised, and a type that is not "" taken */
    REGISTRY_DEVICE_CHANGE,    /* devices: one, fields: added, or these fields of it replaced */
    REGISTRY_DEVICES_SEEN,     /* seen, count: last_seen of those that are there, never back
                                  but where that is asked for */
    REGISTRY_DEVICES_STATUS,   /* statuses, count: of those that are there */
    REGISTRY_DEVICE_DELETE,    /* key: id; its credential, claim and commands, too; leaves a removal
                                  behind, fields: REGISTRY_HISTORY or 0, number: when; answered with
                                  the number of its commands */
    REGISTRY_REMOVAL_END,      /* key: device id; count: how many that ended stay, the newest */
    REGISTRY_CREDENTIALS_GET,  /* ids, count: of those that have one, in the order asked */
    REGISTRY_OPERATOR_GET,     /* key: e-mail, whatever its case */
    REGISTRY_OPERATOR_BY_ID,   /* number: id */
    REGISTRY_OPERATOR_ADD,     /* person: answered with its id; EXISTS */
    REGISTRY_OPERATOR_COUNT,   /* answered with a number */
    REGISTRY_OPERATOR_LIST,    /* by id, REGISTRY_LIST_MAX at most */
    REGISTRY_OPERATOR_REMOVE,  /* number: id; its tokens, too: answered with their families, as far
                                  as a list goes. STATE: it is the last one */
    REGISTRY_OPERATOR_SECRET,  /* person: id, password_hash; answered like REMOVE, as its tokens go
                                  with the password they were given for */
    REGISTRY_TOKEN_ADD,        /* token; EXISTS */
    REGISTRY_TOKEN_GET,        /* key: hash */
    REGISTRY_TOKEN_USE,        /* key: hash, number: now; EXISTS: was used already, and this is no
                                  repetition (REGISTRY_TOKEN_GRACE_MS) */
    REGISTRY_TOKEN_END_FAMILY, /* key: family */
    REGISTRY_TOKEN_FAMILIES,   /* number, count: families of operators that are there, with a token
                                  that expires after this time; the newest `count` at most */
    REGISTRY_TOKEN_PURGE,      /* number: those that expired before this time;
                                  answered with how many there were */
    REGISTRY_COMMAND_PUT,      /* command: insert or replace */
    REGISTRY_COMMAND_GET,      /* key: id */
    REGISTRY_COMMAND_FINISH,   /* command: id, state, answer_json, finished_ms of one that is "sent"
                                  or "timeout"; answered with the whole; EXISTS: was answered */
    REGISTRY_COMMAND_EXPIRE,   /* number: "sent" before this time becomes "timeout" */
    REGISTRY_COMMAND_LIST,     /* key: device, count: how many at most; newest first */
    REGISTRY_CHILD_ADD,        /* child; EXISTS */
    REGISTRY_CHILD_CHANGE,     /* child: name, birth and language of one that is there */
    REGISTRY_CHILD_GET,        /* key: id; with its consents, newest first, and its claims */
    REGISTRY_CHILD_LIST,       /* key: those after this id, or NULL, count: at most; by id */
    REGISTRY_CHILD_DELETE,     /* key: id; its consents and claims, too */
    REGISTRY_CONSENT_ADD,      /* consent: one of the same kind and provider that holds is revoked
                                  at that time; NOT_FOUND: no such child. Of a child
                                  REGISTRY_CONSENTS_MAX stay, the newest */
    REGISTRY_CONSENT_REVOKE,   /* consent: child_id, kind, revoked_ms; all that hold of the kind,
                                  NOT_FOUND: none */
    REGISTRY_PAIR_GET,         /* ids: device and child; answered with the device's claim and
                                  credential and the child, each where it is there */
    REGISTRY_CLAIM_PUT,        /* claim: in place of the device's one before; NOT_FOUND: no such
                                  child, FULL: it has REGISTRY_CLAIMS_MAX devices */
    REGISTRY_CLAIM_RENEW,      /* key: hash of a refresh token, number: now, claim: refresh_hash,
                                  refresh_expires_ms of the next one; answered with the whole.
                                  NOT_FOUND: none such, or it has expired. One that was used, and
                                  this is no repetition: the claim has no token any more then, and
                                  no claim is answered */
    REGISTRY_AUDIT_ADD,        /* audit */
    REGISTRY_AUDIT_LIST,       /* key: child, or NULL, count: how many at most; newest first */
    REGISTRY_OP_COUNT
};

/* Fields of a device that an operator changes. */
enum registry_field {
    REGISTRY_CLAIMED = 1,
    REGISTRY_NAME = 2,
    REGISTRY_LOCATION = 4,
    REGISTRY_CONFIG = 8
};

enum { REGISTRY_HISTORY = 1 }; /* of a removal */

/* Borrowed for the call. */
struct registry_request {
    enum registry_op op;
    const char *key; /* at most 128 bytes */
    int64_t number;
    size_t count;
    unsigned fields; /* enum registry_field, combined */
    const struct registry_device *devices;
    const struct registry_credential *credentials;
    const struct registry_seen *seen;
    const struct registry_status *statuses;
    const char (*ids)[65];
    const struct registry_operator *person;
    const struct registry_token *token;
    const struct registry_command *command;
    const struct registry_child *child;
    const struct registry_consent *consent;
    const struct registry_claim *claim;
    const struct registry_audit *audit; /* of a change: written with it, or not at all; or NULL */
};

/* Rows by kind, `count` of them, borrowed for the call of `done`; NULL where there are none. With
 * one child come `consent_count` and `claim_count` rows. */
struct registry_answer {
    size_t count;
    int64_t number;
    const struct registry_device *devices;
    const struct registry_credential *credentials;
    const struct registry_operator *person; /* one, or a list of them */
    const struct registry_token *token;
    const struct registry_command *commands;
    const struct registry_child *children;
    const struct registry_consent *consents;
    const struct registry_claim *claims;
    const struct registry_audit *audit;
    size_t consent_count, claim_count;
};

/* err: 0, NOT_FOUND, EXISTS, STATE, NO_SPACE, IO, CORRUPT, NO_MEMORY; ROOST_ERR_BUSY: given up
 * unbegun, see above; ROOST_ERR_CLOSED: the registry was closed and it did not take place. answer
 * is never NULL; it holds nothing after an error. */
typedef void (*registry_done_fn)(void *arg, int err, const struct registry_answer *answer);

typedef int (*registry_device_fn)(void *arg, const struct registry_device *device);
typedef int (*registry_command_fn)(void *arg, const struct registry_command *command);
typedef int (*registry_removal_fn)(void *arg, const struct registry_removal *removal);

enum {
    REGISTRY_QUEUE_MAX = 1024,  /* requests asked and not answered */
    REGISTRY_WAIT_MS = 5000,    /* until one that cannot be begun is given up */
    REGISTRY_LIST_MAX = 1000,   /* rows of a list */
    REGISTRY_CONSENTS_MAX = 64, /* kept of one child */
    REGISTRY_CLAIMS_MAX = 16,   /* devices of one child */
    REGISTRY_AUDIT_MAX = 100000,
    /* For so long a used token may be used again, because the answer that brought the next one may
     * have been lost; not once a later one of its family was used. */
    REGISTRY_TOKEN_GRACE_MS = 30 * 1000
};

struct registry_counts {
    uint64_t commits;        /* transactions that wrote */
    uint64_t full, given_up; /* requests refused by `ask`, and answered with BUSY */
    size_t waiting, most;    /* requests not answered, now and at most */
};

struct registry_ops {
    /* Returns 0, ROOST_ERR_FULL (REGISTRY_QUEUE_MAX), ROOST_ERR_TOO_LONG (key), ROOST_ERR_RANGE
     * (REGISTRY_LIST_MAX), ROOST_ERR_NO_MEMORY or ROOST_ERR_CLOSED; `done` is called for 0 only. */
    int (*ask)(void *ctx, const struct registry_request *request, registry_done_fn done, void *arg);
    /* At start, blocking, while nothing is being asked (else ROOST_ERR_BUSY): every device by id;
     * the newest commands of all devices, newest first; every removal that has not ended. fn
     * returns non-zero to stop; a negative value is then the result. */
    int (*load_devices)(void *ctx, registry_device_fn fn, void *arg);
    int (*load_commands)(void *ctx, size_t limit, registry_command_fn fn, void *arg);
    int (*load_removals)(void *ctx, registry_removal_fn fn, void *arg);
    /* For the start and for tools, outside of the loop: blocks until everything asked is answered.
     */
    void (*wait)(void *ctx);
    void (*counts)(void *ctx, struct registry_counts *out);
    /* Does what waits and calls every outstanding `done` before it returns; what cannot be begun at
     * this moment is answered with ROOST_ERR_CLOSED. Not from inside a `done`. The loop needs to
     * turn once more to free its handles. */
    void (*close)(void *ctx);
};
struct registry {
    const struct registry_ops *ops;
    void *ctx;
};

/* As ops->ask, for those who answer people: a full queue is as BUSY as a locked database. */
static inline int registry_ask(const struct registry *registry,
                               const struct registry_request *request, registry_done_fn done,
                               void *arg)
{
    int err = registry->ops->ask(registry->ctx, request, done, arg);
    return err == ROOST_ERR_FULL ? ROOST_ERR_BUSY : err;
}

#endif
