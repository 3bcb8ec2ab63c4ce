/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the sign-in, shared by its files: auth.c (the guard, tokens), auth_try.c (may a
 * password be tried?), auth_sign_in.c (a password becomes a sign-in), auth_session.c (a sign-in
 * goes on and ends), auth_keep.c (what the registry keeps of them), auth_operator.c, operators.c.
 */
#ifndef ROOST_HUB_API_AUTH_INTERNAL_H
#define ROOST_HUB_API_AUTH_INTERNAL_H

#include "hub/api/auth.h"
#include "hub/rest/answer.h"
#include "hub/api/known.h"
#include "hub/api/limit.h"
#include "hub/api/lockout.h"
#include "hub/api/password.h"
#include "hub/api/sign_ins.h"
#include "hub/api/token.h"
#include "hub/worker.h"

struct auth {
    const char *secret;
    const struct registry *registry;
    const struct host_clock *clock;
    struct worker *hasher;
    struct limit *limit;
    struct lockout *lockout;
    struct sign_ins *sign_ins;
    struct auth_place *waiting; /* those whose password is not checked yet */
    size_t waiting_count;
    auth_ended_fn ended;
    void *ended_ctx;
    auth_stranger_fn stranger; /* NULL: there are none */
    void *stranger_ctx;
    /* of auth_turn: */
    bool turning;
    uint64_t turn_ms;
    int64_t turn_unix_ms;
    uint32_t steady_turns;
    struct metric *ok, *refused, *locked, *crowded, *limited, *queued, *open;
};

/* With what a try of a password counts (hub/api/lockout.h): one or two. */
struct auth_try {
    size_t count;
    struct {
        enum lockout_kind kind;
        char key[LOCKOUT_KEY_MAX];
    } by[2];
};

/* Whose request it is, as far as a sign-in can tell. */
struct auth_caller {
    char address[KNOWN_ADDRESS_MAX + 1];
    bool has_cookie;
    struct known_cookie cookie;
};

/* One of those that wait for the hasher. */
struct auth_place {
    struct auth_place *next;
    struct auth_caller caller;
};

/* A sign-in on its way. */
struct auth_attempt {
    struct worker_job job; /* first */
    struct auth *auth;
    struct http_exchange *exchange;
    char email[129], password[PASSWORD_MAX + 1];
    struct auth_place place;
    struct auth_try tries;
    bool secure;
    char correlation[64];
    bool known;
    struct registry_operator op;
    int result;
    char refresh[TOKEN_REFRESH_LEN + 1];
    char family[HTTP_SESSION_MAX + 1];
};

static inline uint64_t auth_now_ms(const struct auth *auth)
{
    return auth->clock->ops->now_ms(auth->clock->ctx);
}

static inline int64_t auth_unix_ms(const struct auth *auth)
{
    return auth->clock->ops->unix_ms(auth->clock->ctx);
}

static inline int64_t auth_unix_s(const struct auth *auth)
{
    return auth_unix_ms(auth) / 1000;
}

bool auth_is_email(const char *email);

void auth_caller_of(const struct auth *auth, const struct http_request *request,
                    struct http_exchange *exchange, struct auth_caller *out);

/* ---- auth_try.c: each is answered with 429 where it returns false ---- */

/* A place in the queue, before the registry is asked; its caller is filled in. */
bool auth_may_wait(struct auth *auth, struct auth_place *place, struct http_exchange *exchange);
void auth_leave_queue(struct auth *auth, struct auth_place *place);
/* A try, when it is known whose. It has begun then, and is owed auth_try_end. */
bool auth_may_try(struct auth *auth, struct auth_attempt *attempt);
void auth_try_end(struct auth *auth, struct auth_attempt *attempt, enum lockout_result result);
/* An operator signed in, or his sign-in went on, from there. */
void auth_remember(struct auth *auth, int64_t operator_id, const struct auth_caller *caller);

/* 429 with Retry-After. */
void auth_answer_later(struct http_exchange *exchange, uint32_t wait_ms, const char *message);
/* Takes one from the bucket of `key` (hub/api/limit.h); false: it was empty, which is answered. */
bool auth_within(struct auth *auth, struct http_exchange *exchange, const char *key,
                 double rate_per_s, double burst, const char *message);

/* A new refresh token of a sign-in; `done` when it is stored. Returns what asking returned. */
int auth_make_refresh(struct auth *auth, int64_t operator_id, const char *family,
                      char token[TOKEN_REFRESH_LEN + 1], registry_done_fn done, void *arg);

void auth_write_operator(struct roost_json_writer *w, const struct registry_operator *op);
void auth_answer_tokens(struct auth *auth, struct http_exchange *exchange,
                        const struct registry_operator *op, const char *family,
                        const char *refresh);

#endif
