/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in on its way: who is it (the registry), is the password right (the hasher), stored. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/api/auth_internal.h"
#include "hub/api/password.h"
#include "host/log.h"
#include "hub/uuid.h"

enum { CROWD_WAIT_MS = 1000 }; /* until one of AUTH_QUEUE_MAX is surely through */

struct attempt {
    struct worker_job job; /* first */
    struct auth *auth;
    struct http_exchange *exchange;
    char email[129], password[PASSWORD_MAX + 1];
    char remote[64], correlation[64];
    bool known;
    struct registry_operator op;
    int result;
    char refresh[TOKEN_REFRESH_LEN + 1];
};

static void attempt_free(struct attempt *attempt)
{
    OPENSSL_cleanse(attempt->password, sizeof attempt->password);
    OPENSSL_cleanse(attempt->refresh, sizeof attempt->refresh);
    free(attempt);
}

/* It waits no more for its password to be checked. */
static void leave_queue(struct auth *auth)
{
    metric_set(auth->queued, (double)--auth->waiting);
}

static void stored(void *arg, int err, const struct registry_answer *answer)
{
    struct attempt *attempt = arg;
    struct auth *auth = attempt->auth;
    const char *outer = host_log_scope(attempt->correlation);
    (void)answer;
    if (err == 0) {
        metric_add(auth->ok, 1);
        HOST_LOG(ROOST_LOG_INFO, "auth", "signed in", RF_INT("operator_id", attempt->op.id));
        auth_answer_tokens(auth, attempt->exchange, &attempt->op, attempt->refresh);
    } else {
        answer_registry_err(attempt->exchange, err, "the sign-in could not be stored");
    }
    host_log_scope(outer);
    attempt_free(attempt);
}

/* The password was right. */
static void store(struct attempt *attempt)
{
    struct auth *auth = attempt->auth;
    char family[UUID_LEN + 1];
    limit_succeeded(auth->limit, attempt->email);
    limit_succeeded(auth->limit, attempt->remote);
    uuid_new(family, auth->clock);
    int err = auth_make_refresh(auth, attempt->op.id, family, attempt->refresh, stored, attempt);
    if (err != 0)
        stored(attempt, err, NULL);
}

static void refuse(struct attempt *attempt)
{
    struct auth *auth = attempt->auth;
    const char *outer = host_log_scope(attempt->correlation);
    if (attempt->result == ROOST_ERR_AUTH) {
        metric_add(auth->refused, 1);
        limit_failed(auth->limit, attempt->email, auth_now_ms(auth));
        limit_failed(auth->limit, attempt->remote, auth_now_ms(auth));
        HOST_LOG(ROOST_LOG_WARN, "auth", "sign-in refused", RF_STR("remote", attempt->remote));
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
    struct attempt *attempt = (struct attempt *)job;
    (void)thread;
    attempt->result =
        password_verify(attempt->known ? attempt->op.password_hash : NULL, attempt->password);
}

static void verified(struct worker_job *job, int err)
{
    struct attempt *attempt = (struct attempt *)job;
    leave_queue(attempt->auth);
    if (err != 0)
        attempt->result = err;
    if (attempt->result == 0)
        store(attempt);
    else
        refuse(attempt);
}

static void looked_up(void *arg, int err, const struct registry_answer *answer)
{
    struct attempt *attempt = arg;
    if (err != 0 && err != ROOST_ERR_NOT_FOUND) {
        leave_queue(attempt->auth);
        answer_registry_err(attempt->exchange, err, "the registry cannot be read");
        attempt_free(attempt);
        return;
    }
    attempt->known = err == 0;
    if (attempt->known)
        attempt->op = *answer->person;
    attempt->job = (struct worker_job){.run = verify, .done = verified};
    err = worker_push(attempt->auth->hasher, &attempt->job);
    ROOST_ASSERT(err != ROOST_ERR_FULL); /* both are bounded by AUTH_QUEUE_MAX */
    if (err != 0)
        verified(&attempt->job, err);
}

/* Locked out, or too many at this moment: answers and returns false. */
static bool may_try(struct auth *auth, const struct attempt *attempt)
{
    uint32_t by_email = limit_locked_ms(auth->limit, attempt->email, auth_now_ms(auth));
    uint32_t by_remote = limit_locked_ms(auth->limit, attempt->remote, auth_now_ms(auth));
    uint32_t wait_ms = by_email > by_remote ? by_email : by_remote;
    bool full = wait_ms == 0 && auth->waiting >= AUTH_QUEUE_MAX;
    if (wait_ms == 0 && !full)
        return true;
    metric_add(full ? auth->crowded : auth->locked, 1);
    auth_answer_later(attempt->exchange, full ? CROWD_WAIT_MS : wait_ms,
                      full ? "too many sign in at this moment; try again"
                           : "too many wrong passwords; wait before the next try");
    return false;
}

void auth_login(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct body body;
    attempt->auth = auth;
    attempt->exchange = exchange;
    snprintf(attempt->remote, sizeof attempt->remote, "%s", request->remote);
    snprintf(attempt->correlation, sizeof attempt->correlation, "%s", request->correlation_id);
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "email", attempt->email, 3, sizeof attempt->email, exchange) != 0 ||
        body_string(&body, "password", attempt->password, 1, sizeof attempt->password, exchange) !=
            0 ||
        !may_try(auth, attempt)) {
        attempt_free(attempt);
        return;
    }
    const struct registry_request who = {.op = REGISTRY_OPERATOR_GET, .key = attempt->email};
    metric_set(auth->queued, (double)++auth->waiting);
    int err = registry_ask(auth->registry, &who, looked_up, attempt);
    if (err != 0)
        looked_up(attempt, err, NULL);
}
