/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-in of operators, and the guard before every route: bearer token, role, rate limit. A
 * password is checked on a thread of its own, one at a time (19 MiB and 40 ms each), with at most
 * AUTH_QUEUE_MAX waiting, AUTH_QUEUE_SHARE of them from one address, the last AUTH_QUEUE_FRIENDS
 * for who has signed in before; beyond that the answer is 429. Wrong passwords are delayed by
 * account and by address (hub/api/lockout.h). A sign-out ends the access token, too
 * (hub/api/sign_ins.h). While the registry cannot be written the answer is 503 with Retry-After.
 * Depends on hub/api/{password,token,limit,lockout,known,sign_ins}.h, hub/worker.h, the registry.
 */
#ifndef ROOST_HUB_API_AUTH_H
#define ROOST_HUB_API_AUTH_H

#include "host/metrics.h"
#include "host/net/http.h"
#include "hub/service.h"
#include "hub/store/registry.h"
#include "hub/worker.h"

enum { AUTH_QUEUE_MAX = 32, AUTH_QUEUE_SHARE = 8, AUTH_QUEUE_FRIENDS = 8 };
enum { AUTH_TURN_MS = 30 * 1000 };

struct auth;

/* All is borrowed; `hasher` has one thread and room for AUTH_QUEUE_MAX jobs. NULL when out of
 * memory. */
struct auth *auth_new(const char *jwt_secret, const struct registry *registry,
                      const struct host_clock *clock, struct worker *hasher,
                      struct metrics *metrics);
/* When the server has stopped, and registry and hasher are closed: nothing is under way. */
void auth_free(struct auth *auth);

/* A sign-in has ended: whatever goes on in its name has to end, too. */
typedef void (*auth_ended_fn)(void *ctx, const char *session);
void auth_on_ended(struct auth *auth, auth_ended_fn ended, void *ctx);

/* Who answers a refresh token that is no operator's: a device's, or nobody's. */
typedef void (*auth_stranger_fn)(void *ctx, struct http_exchange *exchange, const char *hash_hex);
void auth_on_stranger(struct auth *auth, auth_stranger_fn stranger, void *ctx);

/* Reads from the registry which sign-ins there are. Blocks, for the start; where it fails, a line
 * says so, and each client has to refresh its token once. */
void auth_load(struct auth *auth);

/* Each AUTH_TURN_MS: ends here what was ended in the registry by another program, and has refresh
 * tokens deleted that have long expired. */
void auth_turn(struct auth *auth);

struct http_guard auth_guard(struct auth *auth);

void auth_login(void *ctx, const struct http_request *request, struct http_exchange *exchange);
void auth_refresh(void *ctx, const struct http_request *request, struct http_exchange *exchange);
void auth_logout(void *ctx, const struct http_request *request, struct http_exchange *exchange);
void auth_me(void *ctx, const struct http_request *request, struct http_exchange *exchange);

/* Makes an operator. Returns 0, ROOST_ERR_EXISTS, ROOST_ERR_INVALID (e-mail), what password_check
 * says, or the registry's error; `why` says it in one line. Blocks, for the start and for tools, as
 * does auth_find_operator: 0, ROOST_ERR_NOT_FOUND or the registry's error. */
int auth_add_operator(const struct registry *registry, const char *email, const char *password,
                      int64_t unix_ms, char *why, size_t why_size);
int auth_find_operator(const struct registry *registry, const char *email);

#endif
