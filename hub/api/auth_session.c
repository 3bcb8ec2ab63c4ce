/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in goes on (refresh), ends (logout), and says whose it is (me). */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/auth_internal.h"
#include "host/log.h"

/* A refresh token on its way through the registry:
 *
 *     refresh  token_get -> operator_by_id -> token_add -> token_use -> the new token
 *     logout   token_get -> token_end_family
 *     a used one comes back, late or after the next one was used: token_end_family
 */
struct session {
    struct auth *auth;
    struct http_exchange *exchange;
    void (*known)(struct session *session); /* refresh or logout: the token is a valid one */
    bool renews, stolen;
    struct auth_caller caller;
    char correlation[64];
    char hash_hex[TOKEN_HASH_LEN + 1]; /* of the token that came */
    struct registry_token row;
    struct registry_operator op;
    char refresh[TOKEN_REFRESH_LEN + 1];
};

static void session_free(struct session *session)
{
    OPENSSL_cleanse(session->refresh, sizeof session->refresh);
    free(session);
}

static void ask(struct session *session, const struct registry_request *request,
                registry_done_fn done)
{
    const struct registry *registry = session->auth->registry;
    int err = registry_ask(registry, request, done, session);
    if (err != 0)
        done(session, err, NULL);
}

static void fail(struct session *session, int err, const char *what)
{
    answer_registry_err(session->exchange, err, what);
    session_free(session);
}

static void fail_unknown(struct session *session)
{
    http_fail(session->exchange, 401, "unauthorised",
              "the refresh token is not valid; sign in again");
    session_free(session);
}

static void found(void *arg, int err, const struct registry_answer *answer)
{
    struct session *session = arg;
    if (err != 0 && err != ROOST_ERR_NOT_FOUND) {
        fail(session, err, "the registry cannot be read");
        return;
    }
    if (err != 0 && session->auth->stranger && session->renews) {
        session->auth->stranger(session->auth->stranger_ctx, session->exchange, session->hash_hex);
        session_free(session);
        return;
    }
    if (err != 0 || answer->token->expires_ms <= auth_unix_s(session->auth) * 1000) {
        fail_unknown(session);
        return;
    }
    session->row = *answer->token;
    session->known(session);
}

/* Reads the refresh token of the body and looks for its row. */
static void begin(struct auth *auth, const struct http_request *request,
                  struct http_exchange *exchange, bool renews,
                  void (*known)(struct session *session))
{
    char token[257];
    struct body body;
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "refresh_token", token, 1, sizeof token, exchange) != 0)
        return;
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    session->auth = auth;
    session->exchange = exchange;
    session->known = known;
    auth_caller_of(auth, request, exchange, &session->caller);
    snprintf(session->correlation, sizeof session->correlation, "%s", request->correlation_id);
    session->renews = renews;
    token_refresh_hash(token, session->hash_hex);
    ask(session, &(struct registry_request){.op = REGISTRY_TOKEN_GET, .key = session->hash_hex},
        found);
}

/* ---- its end ---- */

static void ended(void *arg, int err, const struct registry_answer *answer)
{
    struct session *session = arg;
    (void)answer;
    if (err != 0) {
        fail(session, err, "the sign-in could not be ended");
        return;
    }
    sign_ins_end(session->auth->sign_ins, session->row.family);
    if (session->stolen)
        http_fail(session->exchange, 401, "unauthorised",
                  "the refresh token was used before; sign in again");
    else
        http_answer(session->exchange, 204, NULL, "", 0);
    session_free(session);
}

static void end_family(struct session *session)
{
    ask(session,
        &(struct registry_request){.op = REGISTRY_TOKEN_END_FAMILY, .key = session->row.family},
        ended);
}

/* A used token comes back: it was stolen, by the earlier user or by this one. */
static void end_stolen(struct session *session)
{
    const char *outer = host_log_scope(session->correlation);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "auth", "refresh token reused, sign-in ended",
                     RF_INT("operator_id", session->row.operator_id),
                     RF_STR("remote", http_client_address(session->exchange)));
    host_log_scope(outer);
    session->stolen = true;
    end_family(session);
}

void auth_logout(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    begin(ctx, request, exchange, false, end_family);
}

/* ---- refresh ---- */

static const char not_renewed[] = "the sign-in could not be renewed";

static void used(void *arg, int err, const struct registry_answer *answer)
{
    struct session *session = arg;
    (void)answer;
    if (err == ROOST_ERR_EXISTS) {
        end_stolen(session);
        return;
    }
    if (err == ROOST_ERR_NOT_FOUND) { /* signed out meanwhile */
        fail_unknown(session);
        return;
    }
    if (err != 0) {
        fail(session, err, not_renewed);
        return;
    }
    auth_remember(session->auth, session->op.id, &session->caller);
    sign_ins_put(session->auth->sign_ins, session->row.family);
    auth_answer_tokens(session->auth, session->exchange, &session->op, session->row.family,
                       session->refresh);
    session_free(session);
}

/* The new token is stored before the old one is used up: whatever fails between, the caller can ask
 * again with the one it has; and for a while after that, when it was the answer that got lost. */
static void renewed(void *arg, int err, const struct registry_answer *answer)
{
    struct session *session = arg;
    (void)answer;
    if (err != 0)
        fail(session, err, not_renewed);
    else
        ask(session,
            &(struct registry_request){.op = REGISTRY_TOKEN_USE,
                                       .key = session->row.hash_hex,
                                       .number = auth_unix_ms(session->auth)},
            used);
}

static void owner_found(void *arg, int err, const struct registry_answer *answer)
{
    struct session *session = arg;
    if (err == ROOST_ERR_NOT_FOUND) {
        http_fail_err(session->exchange, ROOST_ERR_AUTH, "operator");
        session_free(session);
        return;
    }
    if (err != 0) {
        fail(session, err, not_renewed);
        return;
    }
    session->op = *answer->person;
    err = auth_make_refresh(session->auth, session->op.id, session->row.family, session->refresh,
                            renewed, session);
    if (err != 0)
        renewed(session, err, NULL);
}

/* As often as some tabs and programs at once would want it; each adds a row to the registry. */
static bool may_renew(struct session *session)
{
    char key[LIMIT_KEY_MAX];

    snprintf(key, sizeof key, "renew %s", session->row.family);
    if (auth_within(session->auth, session->exchange, key, 0.5, 20,
                    "this sign-in is renewed too often"))
        return true;
    session_free(session);
    return false;
}

static void renew(struct session *session)
{
    int64_t since_ms = auth_unix_ms(session->auth) - session->row.used_ms;
    if (session->row.used_ms != 0 && llabs(since_ms) > REGISTRY_TOKEN_GRACE_MS) {
        end_stolen(session);
        return;
    }
    if (!may_renew(session))
        return;
    ask(session,
        &(struct registry_request){.op = REGISTRY_OPERATOR_BY_ID,
                                   .number = session->row.operator_id},
        owner_found);
}

void auth_refresh(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    begin(ctx, request, exchange, true, renew);
}

/* ---- me ---- */

static void me_found(void *arg, int err, const struct registry_answer *answer)
{
    struct http_exchange *exchange = arg;
    if (err != 0) {
        answer_registry_err(exchange, err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_AUTH : err,
                            "operator");
        return;
    }
    char text[512];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    auth_write_operator(&w, answer->person);
    answer_json(exchange, 200, &w);
}

void auth_me(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct auth *auth = ctx;
    const struct registry_request who = {.op = REGISTRY_OPERATOR_BY_ID,
                                         .number = request->identity.id};
    int err = registry_ask(auth->registry, &who, me_found, exchange);
    if (err != 0)
        me_found(exchange, err, NULL);
}
