/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/auth.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/number.h"
#include "hub/api/answer.h"
#include "hub/api/limit.h"
#include "hub/api/password.h"
#include "hub/api/token.h"
#include "host/log.h"
#include "hub/uuid.h"

enum { CROWD_WAIT_MS = 1000 }; /* until one of AUTH_QUEUE_MAX is surely through */

/* A sign-in on its way: read, then hashed on the pool, then answered. */
struct attempt {
    struct attempt *next;
    struct http_exchange *exchange;
    char email[129], password[PASSWORD_MAX + 1];
    char remote[64], correlation[64];
    bool known;
    struct registry_operator op;
    int result;
};

struct auth {
    uv_loop_t *loop;
    const char *secret;
    const struct registry *registry;
    const struct host_clock *clock;
    struct limit *limit;
    struct attempt *first, **last; /* first is the one on the pool */
    size_t waiting;
    uv_work_t work;
    struct metric *ok, *refused, *locked, *crowded, *limited, *queued;
};

struct auth *auth_new(uv_loop_t *loop, const char *jwt_secret, const struct registry *registry,
                      const struct host_clock *clock, struct metrics *metrics)
{
    struct auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return NULL;
    auth->limit = limit_new();
    if (auth->limit == NULL) {
        free(auth);
        return NULL;
    }
    auth->loop = loop;
    auth->secret = jwt_secret;
    auth->registry = registry;
    auth->clock = clock;
    auth->last = &auth->first;
    static const char name[] = "roost_sign_in_total";
    static const char help[] = "Sign-ins by result";
    auth->ok = metrics_counter(metrics, name, help, "result=\"ok\"");
    auth->refused = metrics_counter(metrics, name, help, "result=\"refused\"");
    auth->locked = metrics_counter(metrics, name, help, "result=\"locked_out\"");
    auth->crowded = metrics_counter(metrics, name, help, "result=\"queue_full\"");
    auth->queued = metrics_gauge(metrics, "roost_sign_in_waiting",
                                 "Sign-ins whose password is not checked yet", NULL);
    auth->limited = metrics_counter(metrics, "roost_http_rate_limited_total",
                                    "Requests refused by the rate limit", NULL);
    return auth;
}

static void attempt_free(struct attempt *attempt)
{
    OPENSSL_cleanse(attempt->password, sizeof attempt->password);
    free(attempt);
}

void auth_free(struct auth *auth)
{
    if (auth == NULL)
        return;
    while (auth->first != NULL)
        uv_run(auth->loop, UV_RUN_ONCE);
    limit_free(auth->limit);
    free(auth);
}

static uint64_t now_ms(const struct auth *auth)
{
    return auth->clock->ops->now_ms(auth->clock->ctx);
}

static int64_t unix_s(const struct auth *auth)
{
    return auth->clock->ops->unix_ms(auth->clock->ctx) / 1000;
}

static void answer_later(struct http_exchange *exchange, uint32_t wait_ms, const char *message)
{
    char seconds[ROOST_NUMBER_MAX];
    roost_write_uint64(seconds, (wait_ms + 999) / 1000);
    http_answer_header(exchange, "Retry-After", seconds);
    http_fail(exchange, 429, "too_many_requests", message);
}

/* ---- the guard ---- */

static const struct {
    double rate_per_s, burst;
} limits[] = {
    [HTTP_RATE_SIGN_IN] = {0.5, 20},
    [HTTP_RATE_READ] = {50, 300},
    [HTTP_RATE_WRITE] = {10, 60},
};

static int check_token(struct auth *auth, const struct http_request *request,
                       struct http_exchange *exchange, struct http_identity *identity)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_header(request, "Authorization");
    int err = ROOST_ERR_AUTH;
    if (header != NULL && strncasecmp(header, scheme, sizeof scheme - 1) == 0)
        err = token_access_check(auth->secret, header + sizeof scheme - 1, unix_s(auth), identity);
    if (err == 0 && identity->role == request->route->role)
        return 0;
    if (err == 0) {
        http_fail(exchange, 403, "forbidden", "your role may not do this");
        return ROOST_ERR_REFUSED;
    }
    http_answer_header(exchange, "WWW-Authenticate", "Bearer");
    http_fail(exchange, 401, err == ROOST_ERR_STALE ? "token_expired" : "unauthorised",
              err == ROOST_ERR_STALE ? "the access token has expired; refresh it"
                                     : "sign in and send the access token as Bearer");
    return err;
}

static int check(void *ctx, const struct http_request *request, struct http_exchange *exchange,
                 struct http_identity *identity)
{
    struct auth *auth = ctx;
    if (request->route->role != HTTP_ROLE_ANYONE) {
        int err = check_token(auth, request, exchange, identity);
        if (err != 0)
            return err;
    }
    enum http_rate rate = request->route->rate;
    if (rate == HTTP_RATE_NONE)
        return 0;
    char key[LIMIT_KEY_MAX];
    snprintf(key, sizeof key, "%d %s", rate, request->remote);
    uint32_t wait_ms =
        limit_take(auth->limit, key, limits[rate].rate_per_s, limits[rate].burst, now_ms(auth));
    if (wait_ms == 0)
        return 0;
    metric_add(auth->limited, 1);
    answer_later(exchange, wait_ms, "too many requests from your address");
    return ROOST_ERR_FULL;
}

struct http_guard auth_guard(struct auth *auth)
{
    return (struct http_guard){.check = check, .ctx = auth};
}

/* ---- signing in ---- */

static void write_operator(struct roost_json_writer *w, const struct registry_operator *op)
{
    roost_json_object(w);
    roost_json_put_int(w, "id", op->id);
    roost_json_put_str(w, "email", op->email);
    roost_json_put_str(w, "role", op->role);
    roost_json_end(w);
}

/* A new refresh token of a sign-in, stored. */
static int make_refresh(struct auth *auth, int64_t operator_id, const char *family,
                        char token[TOKEN_REFRESH_LEN + 1])
{
    struct registry_token row = {.operator_id = operator_id,
                                 .expires_ms = (unix_s(auth) + TOKEN_REFRESH_S) * 1000};
    token_refresh_new(token, row.hash_hex);
    snprintf(row.family, sizeof row.family, "%s", family);
    return auth->registry->ops->token_add(auth->registry->ctx, &row);
}

static void answer_tokens(struct auth *auth, struct http_exchange *exchange,
                          const struct registry_operator *op, const char *refresh)
{
    const struct http_identity identity = {.id = op->id, .role = HTTP_ROLE_OPERATOR};
    char *access = token_access_new(auth->secret, &identity, unix_s(auth));
    if (access == NULL) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    char body[2048];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "access_token", access);
    roost_json_put_str(&w, "refresh_token", refresh);
    roost_json_put_str(&w, "token_type", "Bearer");
    roost_json_put_int(&w, "expires_in", TOKEN_ACCESS_S);
    roost_json_key(&w, "operator");
    write_operator(&w, op);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    OPENSSL_cleanse(body, sizeof body);
    free(access);
}

static void start_next(struct auth *auth);

static void verify(uv_work_t *work)
{
    struct auth *auth = work->data;
    struct attempt *attempt = auth->first;
    attempt->result =
        password_verify(attempt->known ? attempt->op.password_hash : NULL, attempt->password);
}

/* The password was right. */
static void sign_in(struct auth *auth, const struct attempt *attempt)
{
    char refresh[TOKEN_REFRESH_LEN + 1];
    char family[UUID_LEN + 1];
    limit_succeeded(auth->limit, attempt->email);
    limit_succeeded(auth->limit, attempt->remote);
    uuid_new(family, auth->clock);
    int err = make_refresh(auth, attempt->op.id, family, refresh);
    if (err != 0) {
        http_fail_err(attempt->exchange, err, "the sign-in could not be stored");
        return;
    }
    metric_add(auth->ok, 1);
    HOST_LOG(ROOST_LOG_INFO, "auth", "signed in", RF_INT("operator_id", attempt->op.id));
    answer_tokens(auth, attempt->exchange, &attempt->op, refresh);
}

static void verified(uv_work_t *work, int status)
{
    struct auth *auth = work->data;
    struct attempt *attempt = auth->first;
    ROOST_ASSERT(status == 0);
    auth->first = attempt->next;
    if (auth->first == NULL)
        auth->last = &auth->first;
    metric_set(auth->queued, (double)--auth->waiting);

    const char *outer = host_log_scope(attempt->correlation);
    if (attempt->result == 0) {
        sign_in(auth, attempt);
    } else if (attempt->result == ROOST_ERR_AUTH) {
        metric_add(auth->refused, 1);
        limit_failed(auth->limit, attempt->email, now_ms(auth));
        limit_failed(auth->limit, attempt->remote, now_ms(auth));
        HOST_LOG(ROOST_LOG_WARN, "auth", "sign-in refused", RF_STR("remote", attempt->remote));
        http_fail(attempt->exchange, 401, "wrong_credentials", "wrong e-mail or password");
    } else {
        http_fail_err(attempt->exchange, attempt->result, "the password could not be checked");
    }
    host_log_scope(outer);
    attempt_free(attempt);
    start_next(auth);
}

static void start_next(struct auth *auth)
{
    if (auth->first == NULL)
        return;
    auth->work.data = auth;
    ROOST_ASSERT(uv_queue_work(auth->loop, &auth->work, verify, verified) == 0);
}

void auth_login(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (attempt == NULL) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct body body;
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "email", attempt->email, 3, sizeof attempt->email, exchange) != 0 ||
        body_string(&body, "password", attempt->password, 1, sizeof attempt->password, exchange) !=
            0) {
        attempt_free(attempt);
        return;
    }
    uint32_t by_email = limit_locked_ms(auth->limit, attempt->email, now_ms(auth));
    uint32_t by_remote = limit_locked_ms(auth->limit, request->remote, now_ms(auth));
    uint32_t wait_ms = by_email > by_remote ? by_email : by_remote;
    bool full = wait_ms == 0 && auth->waiting >= AUTH_QUEUE_MAX;
    if (wait_ms > 0 || full) {
        metric_add(full ? auth->crowded : auth->locked, 1);
        attempt_free(attempt);
        answer_later(exchange, full ? CROWD_WAIT_MS : wait_ms,
                     full ? "too many sign in at this moment; try again"
                          : "too many wrong passwords; wait before the next try");
        return;
    }
    int err = auth->registry->ops->operator_get(auth->registry->ctx, attempt->email, &attempt->op);
    if (err != 0 && err != ROOST_ERR_NOT_FOUND) {
        attempt_free(attempt);
        http_fail_err(exchange, err, "the registry cannot be read");
        return;
    }
    attempt->known = err == 0;
    attempt->exchange = exchange;
    snprintf(attempt->remote, sizeof attempt->remote, "%s", request->remote);
    snprintf(attempt->correlation, sizeof attempt->correlation, "%s", request->correlation_id);
    bool idle = auth->first == NULL;
    *auth->last = attempt;
    auth->last = &attempt->next;
    metric_set(auth->queued, (double)++auth->waiting);
    if (idle)
        start_next(auth);
}

/* ---- refresh, logout, me ---- */

/* Reads the refresh token of the body and its row. Answers the exchange and returns an error when
 * there is none that could be known. */
static int read_refresh(struct auth *auth, const struct http_request *request,
                        struct http_exchange *exchange, struct registry_token *row)
{
    char token[257];
    char hash_hex[TOKEN_HASH_LEN + 1];
    struct body body;
    int err = body_read(&body, request, exchange);
    if (err == 0)
        err = body_string(&body, "refresh_token", token, 1, sizeof token, exchange);
    if (err != 0)
        return err;
    token_refresh_hash(token, hash_hex);
    err = auth->registry->ops->token_get(auth->registry->ctx, hash_hex, row);
    if (err == ROOST_ERR_NOT_FOUND || (err == 0 && row->expires_ms <= unix_s(auth) * 1000)) {
        http_fail(exchange, 401, "unauthorised", "the refresh token is not valid; sign in again");
        return ROOST_ERR_AUTH;
    }
    if (err != 0)
        http_fail_err(exchange, err, "the registry cannot be read");
    return err;
}

/* A used token comes back: it was stolen, by the earlier user or by this one. */
static void end_stolen(struct auth *auth, const struct http_request *request,
                       struct http_exchange *exchange, const struct registry_token *row)
{
    HOST_LOG(ROOST_LOG_WARN, "auth", "refresh token reused, sign-in ended",
             RF_INT("operator_id", row->operator_id), RF_STR("remote", request->remote));
    int err = auth->registry->ops->token_end_family(auth->registry->ctx, row->family);
    if (err != 0)
        http_fail_err(exchange, err, "the sign-in could not be ended");
    else
        http_fail(exchange, 401, "unauthorised",
                  "the refresh token was used before; sign in again");
}

/* The new token is stored before the old one is used up: whatever fails between, the caller can ask
 * again with the one it has. */
void auth_refresh(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    const struct registry *registry = auth->registry;
    struct registry_token row;
    struct registry_operator op;
    char refresh[TOKEN_REFRESH_LEN + 1];
    if (read_refresh(auth, request, exchange, &row) != 0)
        return;
    int err = row.used ? ROOST_ERR_EXISTS
                       : registry->ops->operator_by_id(registry->ctx, row.operator_id, &op);
    if (err == ROOST_ERR_NOT_FOUND) {
        http_fail_err(exchange, ROOST_ERR_AUTH, "operator");
        return;
    }
    if (err == 0)
        err = make_refresh(auth, op.id, row.family, refresh);
    if (err == 0)
        err = registry->ops->token_use(registry->ctx, row.hash_hex);
    if (err == 0)
        answer_tokens(auth, exchange, &op, refresh);
    else if (err == ROOST_ERR_EXISTS)
        end_stolen(auth, request, exchange, &row);
    else
        http_fail_err(exchange, err, "the sign-in could not be renewed");
}

void auth_logout(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    struct registry_token row;
    if (read_refresh(auth, request, exchange, &row) != 0)
        return;
    int err = auth->registry->ops->token_end_family(auth->registry->ctx, row.family);
    if (err != 0)
        http_fail_err(exchange, err, "the sign-in could not be ended");
    else
        http_answer(exchange, 204, NULL, "", 0);
}

void auth_me(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct auth *auth = ctx;
    struct registry_operator op;
    int err = auth->registry->ops->operator_by_id(auth->registry->ctx, request->identity.id, &op);
    if (err != 0) {
        http_fail_err(exchange, err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_AUTH : err, "operator");
        return;
    }
    char text[512];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    write_operator(&w, &op);
    answer_json(exchange, 200, &w);
}

/* ---- operators ---- */

static bool looks_like_email(const char *email)
{
    const char *at = strchr(email, '@');
    size_t len = strlen(email);
    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL || len > 128)
        return false;
    for (const char *c = email; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return true;
}

int auth_add_operator(const struct registry *registry, const char *email, const char *password,
                      int64_t unix_ms, char *why, size_t why_size)
{
    if (!looks_like_email(email)) {
        snprintf(why, why_size, "e-mail '%s' is not of the form name@host (at most 128 bytes)",
                 email);
        return ROOST_ERR_INVALID;
    }
    int err = password_check(password);
    if (err != 0) {
        snprintf(why, why_size, "the password needs %d to %d bytes, five of them different",
                 PASSWORD_MIN, PASSWORD_MAX);
        return err;
    }
    struct registry_operator op = {.created_ms = unix_ms, .role = "operator"};
    snprintf(op.email, sizeof op.email, "%s", email);
    err = password_hash(password, op.password_hash);
    if (err == 0)
        err = registry->ops->operator_add(registry->ctx, &op);
    if (err == ROOST_ERR_EXISTS)
        snprintf(why, why_size, "operator '%s' exists already", email);
    else if (err != 0)
        snprintf(why, why_size, "operator '%s' could not be stored: %s", email,
                 roost_err_text(err));
    return err;
}
