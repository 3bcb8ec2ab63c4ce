/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/auth_internal.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/number.h"

static void sign_in_ended(void *ctx, const char *family)
{
    const struct auth *auth = ctx;
    if (auth->ended)
        auth->ended(auth->ended_ctx, family);
}

static void refresh_open(void *ctx)
{
    const struct auth *auth = ctx;
    metric_set(auth->open, (double)sign_ins_count(auth->sign_ins));
}

struct auth *auth_new(const char *jwt_secret, const struct registry *registry,
                      const struct host_clock *clock, struct worker *hasher,
                      struct metrics *metrics)
{
    struct auth *auth = calloc(1, sizeof *auth);
    if (!auth)
        return NULL;
    auth->limit = limit_new();
    auth->lockout = lockout_new();
    auth->sign_ins = sign_ins_new(sign_in_ended, auth);
    if (!auth->limit || !auth->lockout || !auth->sign_ins) {
        auth_free(auth);
        return NULL;
    }
    auth->secret = jwt_secret;
    auth->registry = registry;
    auth->clock = clock;
    auth->hasher = hasher;
    static const char name[] = "roost_sign_in_total";
    static const char help[] = "Sign-ins by result";
    auth->ok = metrics_counter(metrics, name, help, "result=\"ok\"");
    auth->refused = metrics_counter(metrics, name, help, "result=\"refused\"");
    auth->locked = metrics_counter(metrics, name, help, "result=\"locked_out\"");
    auth->crowded = metrics_counter(metrics, name, help, "result=\"queue_full\"");
    auth->queued = metrics_gauge(metrics, "roost_sign_in_waiting",
                                 "Sign-ins whose password is not checked yet", NULL);
    auth->open =
        metrics_gauge(metrics, "roost_sign_ins", "Sign-ins whose access token may be good", NULL);
    metrics_on_collect(metrics, refresh_open, auth);
    auth->limited = metrics_counter(metrics, "roost_http_rate_limited_total",
                                    "Requests refused by the rate limit", NULL);
    return auth;
}

void auth_free(struct auth *auth)
{
    if (!auth)
        return;
    limit_free(auth->limit);
    lockout_free(auth->lockout);
    sign_ins_free(auth->sign_ins);
    free(auth);
}

void auth_on_ended(struct auth *auth, auth_ended_fn ended, void *ctx)
{
    auth->ended = ended;
    auth->ended_ctx = ctx;
}

void auth_on_stranger(struct auth *auth, auth_stranger_fn stranger, void *ctx)
{
    auth->stranger = stranger;
    auth->stranger_ctx = ctx;
}

void auth_answer_later(struct http_exchange *exchange, uint32_t wait_ms, const char *message)
{
    char seconds[ROOST_NUMBER_MAX];
    roost_write_uint64(seconds, (wait_ms + 999) / 1000);
    http_answer_header(exchange, "Retry-After", seconds);
    http_fail(exchange, 429, "too_many_requests", message);
}

bool auth_within(struct auth *auth, struct http_exchange *exchange, const char *key,
                 double rate_per_s, double burst, const char *message)
{
    uint32_t wait_ms = limit_take(auth->limit, key, rate_per_s, burst, auth_now_ms(auth));
    if (wait_ms == 0)
        return true;
    metric_add(auth->limited, 1);
    auth_answer_later(exchange, wait_ms, message);
    return false;
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
    if (header && strncasecmp(header, scheme, sizeof scheme - 1) == 0)
        err = token_access_check(auth->secret, header + sizeof scheme - 1, auth_unix_s(auth),
                                 identity);
    /* A device's is its claim's, which the handler looks at. */
    bool ended = err == 0 && identity->role != HTTP_ROLE_DEVICE &&
                 !sign_ins_has(auth->sign_ins, identity->session);
    if (ended)
        err = ROOST_ERR_AUTH;
    if (err == 0 && identity->role == request->route->role)
        return 0;
    if (err == 0) {
        http_fail(exchange, 403, "forbidden", "your role may not do this");
        return ROOST_ERR_REFUSED;
    }
    http_answer_header(exchange, "WWW-Authenticate", "Bearer");
    http_fail(exchange, 401, err == ROOST_ERR_STALE ? "token_expired" : "unauthorised",
              err == ROOST_ERR_STALE ? "the access token has expired; refresh it"
              : ended ? "the sign-in has ended; refresh the access token or sign in again"
                      : "sign in and send the access token as Bearer");
    return err;
}

void auth_caller_of(const struct auth *auth, const struct http_request *request,
                    struct http_exchange *exchange, struct auth_caller *out)
{
    known_address(http_client_address(exchange), out->address);
    out->has_cookie = known_cookie_read(auth->secret, http_header(request, "Cookie"),
                                        auth_unix_s(auth), &out->cookie) == 0;
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
    struct auth_caller caller = {.has_cookie = false};
    /* Who has signed in with this browser does not queue behind strangers of his address. */
    if (rate == HTTP_RATE_SIGN_IN)
        auth_caller_of(auth, request, exchange, &caller);
    else
        known_address(http_client_address(exchange), caller.address);
    snprintf(key, sizeof key, "%d %s", rate,
             caller.has_cookie ? caller.cookie.nonce : caller.address);
    return auth_within(auth, exchange, key, limits[rate].rate_per_s, limits[rate].burst,
                       "too many requests from your address")
               ? 0
               : ROOST_ERR_FULL;
}

struct http_guard auth_guard(struct auth *auth)
{
    return (struct http_guard){.check = check, .ctx = auth};
}

/* ---- tokens ---- */

int auth_make_refresh(struct auth *auth, int64_t operator_id, const char *family,
                      char token[TOKEN_REFRESH_LEN + 1], registry_done_fn done, void *arg)
{
    struct registry_token row = {.operator_id = operator_id,
                                 .expires_ms = (auth_unix_s(auth) + TOKEN_REFRESH_S) * 1000};
    const struct registry_request request = {.op = REGISTRY_TOKEN_ADD, .token = &row};
    token_refresh_new(token, row.hash_hex);
    snprintf(row.family, sizeof row.family, "%s", family);
    return registry_ask(auth->registry, &request, done, arg);
}

void auth_write_operator(struct roost_json_writer *w, const struct registry_operator *op)
{
    roost_json_object(w);
    roost_json_put_int(w, "id", op->id);
    roost_json_put_str(w, "email", op->email);
    roost_json_put_str(w, "role", op->role);
    roost_json_end(w);
}

void auth_answer_tokens(struct auth *auth, struct http_exchange *exchange,
                        const struct registry_operator *op, const char *family, const char *refresh)
{
    struct http_identity identity = {.id = op->id, .role = HTTP_ROLE_OPERATOR};
    snprintf(identity.session, sizeof identity.session, "%s", family);
    char *access = token_access_new(auth->secret, &identity, auth_unix_s(auth));
    if (!access) {
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
    auth_write_operator(&w, op);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    OPENSSL_cleanse(body, sizeof body);
    free(access);
}
