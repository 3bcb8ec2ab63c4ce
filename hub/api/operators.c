/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/operators.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/number.h"
#include "host/log.h"
#include "hub/api/auth_internal.h"
#include "hub/api/password.h"
#include "hub/uuid.h"

enum { OPERATOR_JSON_MAX = 512 };

/* ---- the list ---- */

static void write_operator(struct roost_json_writer *w, const struct registry_operator *op)
{
    roost_json_object(w);
    roost_json_put_int(w, "id", op->id);
    roost_json_put_str(w, "email", op->email);
    roost_json_put_str(w, "role", op->role);
    roost_json_put_int(w, "created_at_ms", op->created_ms);
    roost_json_end(w);
}

static void listed(void *arg, int err, const struct registry_answer *answer)
{
    struct http_exchange *exchange = arg;
    size_t size = err == 0 ? answer->count * OPERATOR_JSON_MAX + 64 : 0;
    char *text = err == 0 ? malloc(size) : NULL;
    struct roost_json_writer w;
    if (!text) {
        answer_registry_err(exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY,
                            "the operators cannot be read");
        return;
    }
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "operators");
    for (size_t i = 0; i < answer->count; i++)
        write_operator(&w, &answer->person[i]);
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    free(text);
}

void operators_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct auth *auth = ctx;
    (void)request;
    int err = registry_ask(auth->registry, &(struct registry_request){.op = REGISTRY_OPERATOR_LIST},
                           listed, exchange);
    if (err != 0)
        answer_registry_err(exchange, err, "the operators cannot be read");
}

/* ---- a change on its way ----
 *
 *     add       hash -> operator_add
 *     password  operator_by_id -> verify, hash -> operator_secret -> token_add -> the new tokens
 *     remove    operator_remove
 */
struct change {
    struct worker_job job; /* first */
    struct auth *auth;
    struct auth_place place;
    struct http_exchange *exchange;
    const char *what; /* for the log */
    int64_t by;       /* who asks, and by which sign-in */
    char session[HTTP_SESSION_MAX + 1];
    char correlation[64];
    struct registry_operator op;
    char password[PASSWORD_MAX + 1], new_password[PASSWORD_MAX + 1];
    char refresh[TOKEN_REFRESH_LEN + 1];
    char family[UUID_LEN + 1];
    int result;
};

static struct change *change_new(struct auth *auth, const struct http_request *request,
                                 struct http_exchange *exchange, const char *what)
{
    struct change *change = calloc(1, sizeof *change);
    if (!change) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    change->auth = auth;
    change->exchange = exchange;
    change->what = what;
    change->by = request->identity.id;
    snprintf(change->session, sizeof change->session, "%s", request->identity.session);
    auth_caller_of(auth, request, exchange, &change->place.caller);
    snprintf(change->correlation, sizeof change->correlation, "%s", request->correlation_id);
    return change;
}

static void change_free(struct change *change)
{
    OPENSSL_cleanse(change, sizeof *change);
    free(change);
}

static void fail(struct change *change, int err, const char *what)
{
    answer_registry_err(change->exchange, err, what);
    change_free(change);
}

static void refuse(struct change *change, int status, const char *code, const char *message)
{
    http_fail(change->exchange, status, code, message);
    change_free(change);
}

static void ask(struct change *change, const struct registry_request *request,
                registry_done_fn done)
{
    static const struct registry_answer nothing;
    int err = registry_ask(change->auth->registry, request, done, change);
    if (err != 0)
        done(change, err, &nothing);
}

static void log_change(const struct change *change)
{
    const char *outer = host_log_scope(change->correlation);
    HOST_LOG(ROOST_LOG_WARN, "auth", change->what, RF_INT("operator_id", change->op.id),
             RF_INT("by", change->by));
    host_log_scope(outer);
}

/* The new password keeps the rules; a negative error after a 400. */
static int check_new(const char *field, const char *password, struct http_exchange *exchange)
{
    char message[128];
    int err = password_check(password);
    if (err == 0)
        return 0;
    snprintf(message, sizeof message, "%s: %d to %d bytes, five of them different", field,
             PASSWORD_MIN, PASSWORD_MAX);
    http_fail(exchange, 400, "invalid_field", message);
    return err;
}

/* Passwords wait in one queue, those of sign-ins included. */
static void to_hasher(struct change *change, void (*run)(struct worker_job *job, size_t thread),
                      void (*done)(struct worker_job *job, int err))
{
    change->job = (struct worker_job){.run = run, .done = done};
    int err = worker_push(change->auth->hasher, &change->job);
    ROOST_ASSERT(err != ROOST_ERR_FULL); /* both are bounded by AUTH_QUEUE_MAX */
    if (err != 0)
        done(&change->job, err);
}

static bool enter_queue(struct change *change)
{
    if (auth_may_wait(change->auth, &change->place, change->exchange))
        return true;
    change_free(change);
    return false;
}

static void leave_queue(struct change *change)
{
    auth_leave_queue(change->auth, &change->place);
}

/* Whoever was signed in by what has ended is out at once. */
static void end_sign_ins(const struct auth *auth, const struct registry_answer *answer)
{
    for (size_t i = 0; answer->token && i < answer->count; i++)
        sign_ins_end(auth->sign_ins, answer->token[i].family);
}

/* ---- another operator ---- */

static void added(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    char text[OPERATOR_JSON_MAX];
    struct roost_json_writer w;
    if (err != 0) {
        fail(change, err, "the operator");
        return;
    }
    change->op = *answer->person;
    log_change(change);
    roost_json_begin(&w, text, sizeof text);
    write_operator(&w, &change->op);
    answer_json(change->exchange, 201, &w);
    change_free(change);
}

/* On the hasher's thread. */
static void hash(struct worker_job *job, size_t thread)
{
    struct change *change = (struct change *)job;
    (void)thread;
    change->result = password_hash(change->new_password, change->op.password_hash);
}

static void hashed(struct worker_job *job, int err)
{
    struct change *change = (struct change *)job;
    leave_queue(change);
    if (err == 0)
        err = change->result;
    if (err != 0)
        fail(change, err, "the password cannot be stored");
    else
        ask(change, &(struct registry_request){.op = REGISTRY_OPERATOR_ADD, .person = &change->op},
            added);
}

void operators_add(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct change *change = change_new(ctx, request, exchange, "operator added");
    struct body body;
    if (!change)
        return;
    struct registry_operator *op = &change->op;
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "email", op->email, 3, sizeof op->email, exchange) != 0 ||
        body_string(&body, "password", change->new_password, 1, sizeof change->new_password,
                    exchange) != 0 ||
        check_new("password", change->new_password, exchange) != 0) {
        change_free(change);
        return;
    }
    if (!auth_is_email(op->email)) {
        refuse(change, 400, "invalid_field", "email: must be of the form name@host");
        return;
    }
    snprintf(op->role, sizeof op->role, "operator");
    op->created_ms = auth_unix_s(change->auth) * 1000;
    if (enter_queue(change))
        to_hasher(change, hash, hashed);
}

/* ---- the own password ---- */

static void signed_in(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    (void)answer;
    if (err != 0) {
        fail(change, err, "the password is changed; sign in with it");
        return;
    }
    sign_ins_put(change->auth->sign_ins, change->family);
    auth_answer_tokens(change->auth, change->exchange, &change->op, change->family,
                       change->refresh);
    change_free(change);
}

static void secret_kept(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    if (err != 0) {
        fail(change, err, "the password cannot be stored");
        return;
    }
    end_sign_ins(change->auth, answer);
    log_change(change);
    uuid_new(change->family, change->auth->clock);
    err = auth_make_refresh(change->auth, change->op.id, change->family, change->refresh, signed_in,
                            change);
    if (err != 0)
        signed_in(change, err, NULL);
}

/* Wrong ones are counted by the sign-in that they come with: it stands for one browser. */
static bool may_try(struct change *change)
{
    struct auth *auth = change->auth;
    uint32_t wait_ms =
        lockout_wait_ms(auth->lockout, LOCKOUT_COOKIE, change->session, auth_now_ms(auth));
    if (wait_ms > 0) {
        metric_add(auth->locked, 1);
        auth_answer_later(change->exchange, wait_ms,
                          "too many wrong passwords; wait before the next try");
        change_free(change);
        return false;
    }
    if (!enter_queue(change))
        return false;
    lockout_begin(auth->lockout, LOCKOUT_COOKIE, change->session, auth_now_ms(auth));
    return true;
}

static void tried(struct change *change, int err)
{
    struct auth *auth = change->auth;
    lockout_end(auth->lockout, LOCKOUT_COOKIE, change->session,
                err == 0                ? LOCKOUT_RIGHT
                : err == ROOST_ERR_AUTH ? LOCKOUT_WRONG
                                        : LOCKOUT_UNKNOWN,
                auth_now_ms(auth));
    leave_queue(change);
}

/* On the hasher's thread. */
static void verify_and_hash(struct worker_job *job, size_t thread)
{
    struct change *change = (struct change *)job;
    (void)thread;
    change->result = password_verify(change->op.password_hash, change->password);
    if (change->result == 0)
        change->result = password_hash(change->new_password, change->op.password_hash);
}

static void verified(struct worker_job *job, int err)
{
    struct change *change = (struct change *)job;
    if (err == 0)
        err = change->result;
    tried(change, err);
    if (err == ROOST_ERR_AUTH) {
        metric_add(change->auth->refused, 1);
        /* No 401: the token is good, and a page need not sign out. */
        refuse(change, 403, "wrong_credentials", "password: is not the one so far");
    } else if (err != 0) {
        fail(change, err, "the password cannot be checked");
    } else {
        ask(change,
            &(struct registry_request){.op = REGISTRY_OPERATOR_SECRET, .person = &change->op},
            secret_kept);
    }
}

static void self_found(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    if (err != 0) {
        tried(change, err);
        fail(change, err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_AUTH : err, "operator");
        return;
    }
    change->op = *answer->person;
    to_hasher(change, verify_and_hash, verified);
}

void operators_password(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    struct change *change = change_new(ctx, request, exchange, "password changed");
    struct body body;
    if (!change)
        return;
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "password", change->password, 1, sizeof change->password, exchange) !=
            0 ||
        body_string(&body, "new_password", change->new_password, 1, sizeof change->new_password,
                    exchange) != 0 ||
        check_new("new_password", change->new_password, exchange) != 0) {
        change_free(change);
        return;
    }
    if (may_try(change))
        ask(change, &(struct registry_request){.op = REGISTRY_OPERATOR_BY_ID, .number = change->by},
            self_found);
}

/* ---- removal ---- */

static void removed(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    if (err == ROOST_ERR_STATE) {
        refuse(change, 409, "last_operator",
               "the last operator cannot be removed: nobody could sign in; add another one first");
        return;
    }
    if (err != 0) {
        fail(change, err, "operator_id");
        return;
    }
    end_sign_ins(change->auth, answer);
    log_change(change);
    http_answer(change->exchange, 204, NULL, "", 0);
    change_free(change);
}

void operators_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct change *change = change_new(ctx, request, exchange, "operator removed");
    const char *id = http_param(request, "operator_id");
    if (!change)
        return;
    if (roost_parse_int64(id, strlen(id), &change->op.id) != 0) {
        refuse(change, 404, "not_found", "no operator has this id");
        return;
    }
    ask(change, &(struct registry_request){.op = REGISTRY_OPERATOR_REMOVE, .number = change->op.id},
        removed);
}
