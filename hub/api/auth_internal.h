/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the sign-in, shared by its files: auth.c (the guard, tokens), auth_sign_in.c (a
 * password becomes a sign-in), auth_session.c (a sign-in goes on and ends), auth_operator.c.
 */
#ifndef ROOST_HUB_API_AUTH_INTERNAL_H
#define ROOST_HUB_API_AUTH_INTERNAL_H

#include "hub/rest/answer.h"
#include "hub/api/auth.h"
#include "hub/api/limit.h"
#include "hub/api/token.h"

struct auth {
    const char *secret;
    const struct registry *registry;
    const struct host_clock *clock;
    struct worker *hasher;
    struct limit *limit;
    size_t waiting; /* sign-ins whose password is not checked yet */
    struct metric *ok, *refused, *locked, *crowded, *limited, *queued;
};

static inline uint64_t auth_now_ms(const struct auth *auth)
{
    return auth->clock->ops->now_ms(auth->clock->ctx);
}

static inline int64_t auth_unix_s(const struct auth *auth)
{
    return auth->clock->ops->unix_ms(auth->clock->ctx) / 1000;
}

/* 429 with Retry-After. */
void auth_answer_later(struct http_exchange *exchange, uint32_t wait_ms, const char *message);

/* A new refresh token of a sign-in; `done` when it is stored. Returns what asking returned. */
int auth_make_refresh(struct auth *auth, int64_t operator_id, const char *family,
                      char token[TOKEN_REFRESH_LEN + 1], registry_done_fn done, void *arg);

void auth_write_operator(struct roost_json_writer *w, const struct registry_operator *op);
void auth_answer_tokens(struct auth *auth, struct http_exchange *exchange,
                        const struct registry_operator *op, const char *refresh);

#endif
