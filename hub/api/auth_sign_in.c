/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in on its way: who is it (the registry), is the password right (the hasher), stored. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "hub/api/auth_internal.h"
#include "hub/uuid.h"

static void attempt_free(struct auth_attempt *attempt)
{
    OPENSSL_cleanse(attempt->password, sizeof attempt->password);
    OPENSSL_cleanse(attempt->refresh, sizeof attempt->refresh);
    free(attempt);
}

/* The browser keeps it and is told from strangers by it; a program may leave it. */
static void give_cookie(const struct auth_attempt *attempt)
{
    char value[KNOWN_COOKIE_MAX], cookie[KNOWN_COOKIE_MAX + 128];
    known_cookie_new(attempt->auth->secret, attempt->op.id, auth_unix_s(attempt->auth), value);
    snprintf(cookie, sizeof cookie,
             KNOWN_COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", value,
             KNOWN_COOKIE_S, attempt->secure ? "; Secure" : "");
    http_answer_header(attempt->exchange, "Set-Cookie", cookie);
}

static void stored(void *arg, int err, const struct registry_answer *answer)
{
    struct auth_attempt *attempt = arg;
    struct auth *auth = attempt->auth;
    const char *outer = host_log_scope(attempt->correlation);
    (void)answer;
    if (err == 0) {
        metric_add(auth->ok, 1);
        sign_ins_put(auth->sign_ins, attempt->family);
        HOST_LOG_LIMITED(ROOST_LOG_INFO, "auth", "signed in",
                         RF_INT("operator_id", attempt->op.id));
        give_cookie(attempt);
        auth_answer_tokens(auth, attempt->exchange, &attempt->op, attempt->family,
                           attempt->refresh);
    } else {
        answer_registry_err(attempt->exchange, err, "the sign-in could not be stored");
    }
    host_log_scope(outer);
    attempt_free(attempt);
}

/* The password was right. */
static void store(struct auth_attempt *attempt)
{
    struct auth *auth = attempt->auth;
    auth_try_end(auth, attempt, LOCKOUT_RIGHT);
    auth_remember(auth, attempt->op.id, &attempt->place.caller);
    uuid_new(attempt->family, auth->clock);
    int err =
        auth_make_refresh(auth, attempt->op.id, attempt->family, attempt->refresh, stored, attempt);
    if (err != 0)
        stored(attempt, err, NULL);
}

static void refuse(struct auth_attempt *attempt)
{
    struct auth *auth = attempt->auth;
    const char *outer = host_log_scope(attempt->correlation);
    bool wrong = attempt->result == ROOST_ERR_AUTH;
    auth_try_end(auth, attempt, wrong ? LOCKOUT_WRONG : LOCKOUT_UNKNOWN);
    if (wrong) {
        metric_add(auth->refused, 1);
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "auth", "sign-in refused",
                         RF_STR("remote", http_client_address(attempt->exchange)));
        http_fail(attempt->exchange, 401, "wrong_credentials", "wrong e-mail or password");
    } else {
        http_fail_err(attempt->exchange, attempt->result, "the password could not be checked");
    }
    host_log_scope(outer);
    attempt_free(attempt);
}

/* On the hasher's thread. */
static void verify(struct worker_job *job, size_t thread)
{
    struct auth_attempt *attempt = (struct auth_attempt *)job;
    (void)thread;
    attempt->result =
        password_verify(attempt->known ? attempt->op.password_hash : NULL, attempt->password);
}

static void verified(struct worker_job *job, int err)
{
    struct auth_attempt *attempt = (struct auth_attempt *)job;
    auth_leave_queue(attempt->auth, &attempt->place);
    if (err != 0)
        attempt->result = err;
    if (attempt->result == 0)
        store(attempt);
    else
        refuse(attempt);
}

static void looked_up(void *arg, int err, const struct registry_answer *answer)
{
    struct auth_attempt *attempt = arg;
    struct auth *auth = attempt->auth;
    bool unreadable = err != 0 && err != ROOST_ERR_NOT_FOUND;
    attempt->known = err == 0;
    if (attempt->known)
        attempt->op = *answer->person;
    if (unreadable)
        answer_registry_err(attempt->exchange, err, "the registry cannot be read");
    if (unreadable || !auth_may_try(auth, attempt)) {
        auth_leave_queue(auth, &attempt->place);
        attempt_free(attempt);
        return;
    }
    attempt->job = (struct worker_job){.run = verify, .done = verified};
    err = worker_push(auth->hasher, &attempt->job);
    ROOST_ASSERT(err != ROOST_ERR_FULL); /* both are bounded by AUTH_QUEUE_MAX */
    if (err != 0)
        verified(&attempt->job, err);
}

void auth_login(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    struct auth_attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct body body;
    attempt->auth = auth;
    attempt->exchange = exchange;
    attempt->secure = http_is_secure(request);
    auth_caller_of(auth, request, exchange, &attempt->place.caller);
    snprintf(attempt->correlation, sizeof attempt->correlation, "%s", request->correlation_id);
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "email", attempt->email, 3, sizeof attempt->email, exchange) != 0 ||
        body_string(&body, "password", attempt->password, 1, sizeof attempt->password, exchange) !=
            0 ||
        !auth_may_wait(auth, &attempt->place, exchange)) {
        attempt_free(attempt);
        return;
    }
    const struct registry_request who = {.op = REGISTRY_OPERATOR_GET, .key = attempt->email};
    int err = registry_ask(auth->registry, &who, looked_up, attempt);
    if (err != 0)
        looked_up(attempt, err, NULL);
}
