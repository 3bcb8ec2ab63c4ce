/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_web.h"

#include <argon2.h>

#include "hub/api/auth.h"
#include "hub/api/limit.h"
#include "hub/api/token.h"
#include "host/log.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

static const char secret[] = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
static const char good[] = "{\"email\":\"ada@example.org\",\"password\":\"four winds blow\"}";
static const char wrong[] = "{\"email\":\"ada@example.org\",\"password\":\"four winds blew\"}";

struct rig {
    struct web *web;
    struct worker *hasher;
    struct auth *auth;
    struct http_route routes[6];
    struct client client;
};

static void hello(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    (void)ctx;
    (void)request;
    http_answer(exchange, 200, "text/plain", "hello", 5);
}

/* An operator whose password is checked at once: the hash says how much work it is. */
static void add_operator(struct rig *rig, const char *email, const char *password)
{
    struct registry_operator op = {.role = "operator"};
    snprintf(op.email, sizeof op.email, "%s", email);
    assert_int_equal(argon2id_hash_encoded(1, 8, 1, password, strlen(password), "salt of a test",
                                           14, 32, op.password_hash, sizeof op.password_hash),
                     ARGON2_OK);
    assert_int_equal(test_operator_add(&rig->web->rows, &op), 0);
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    *state = rig;
    struct web *web = rig->web = web_new();
    assert_int_equal(worker_new(&rig->hasher, &web->loop, 1, AUTH_QUEUE_MAX + 1), 0);
    rig->auth = auth_new(secret, &web->registry, &web->clock, rig->hasher, web->metrics);
    assert_non_null(rig->auth);
    const struct http_route routes[] = {
        {HTTP_POST, "/login", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_login, rig->auth, 0},
        {HTTP_POST, "/refresh", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_refresh, rig->auth, 0},
        {HTTP_POST, "/logout", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_logout, rig->auth, 0},
        {HTTP_GET, "/me", HTTP_ROLE_OPERATOR, HTTP_RATE_NONE, auth_me, rig->auth, 0},
        {HTTP_GET, "/slow", HTTP_ROLE_ANYONE, HTTP_RATE_SIGN_IN, hello, NULL, 0},
    };
    memcpy(rig->routes, routes, sizeof routes);
    const struct http_guard guard = auth_guard(rig->auth);
    http_server_guard(web->server, &guard);
    assert_int_equal(http_server_add(web->server, rig->routes, sizeof routes / sizeof *routes), 0);
    assert_int_equal(http_server_listen(web->server), 0);
    add_operator(rig, "ada@example.org", "four winds blow");
    client_open(web, &rig->client);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    client_close(&rig->client);
    worker_close(rig->hasher, false);
    auth_free(rig->auth);
    web_free(rig->web);
    free(rig);
    return 0;
}

static int post(struct rig *rig, const char *path, const char *body)
{
    return client_ask(&rig->client, "POST", path, NULL, body);
}

static double signed_in(struct rig *rig, const char *labels)
{
    return web_counted(rig->web, "roost_sign_in_total", labels);
}

/* A member of the last answer, which is a string. */
static void read_member(struct rig *rig, const char *key, char *out, size_t size)
{
    char start[64];
    int len = snprintf(start, sizeof start, "\"%s\":\"", key);
    const char *at = strstr(rig->client.in, start);
    assert_non_null(at);
    at += len;
    size_t value_len = strcspn(at, "\"");
    assert_true(value_len < size);
    memcpy(out, at, value_len);
    out[value_len] = '\0';
}

/* Signs in and gives the body that goes with the refresh token. */
static void sign_in(struct rig *rig, char *body, size_t size)
{
    char refresh[64];
    assert_int_equal(post(rig, "/login", good), 200);
    read_member(rig, "refresh_token", refresh, sizeof refresh);
    snprintf(body, size, "{\"refresh_token\":\"%s\"}", refresh);
}

/* ---- signing in ---- */

static void an_operator_signs_in_and_is_known(void **state)
{
    struct rig *rig = *state;
    char access[1024];
    assert_int_equal(post(rig, "/login", good), 200);
    assert_true(client_got(&rig->client, "\"expires_in\":1800"));
    read_member(rig, "access_token", access, sizeof access);
    assert_int_equal(client_ask(&rig->client, "GET", "/me", access, NULL), 200);
    assert_true(client_got(&rig->client, "\"email\":\"ada@example.org\""));
    assert_true(signed_in(rig, "result=\"ok\"") == 1);
}

static void who_is_unknown_is_told_no_more_than_who_errs(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(post(rig, "/login", wrong), 401);
    assert_true(client_got(&rig->client, "wrong e-mail or password"));
    assert_int_equal(
        post(rig, "/login", "{\"email\":\"eve@example.org\",\"password\":\"four winds blow\"}"),
        401);
    assert_true(client_got(&rig->client, "wrong e-mail or password"));
    assert_true(signed_in(rig, "result=\"refused\"") == 2);
}

static void a_bad_body_is_refused_by_field(void **state)
{
    static const struct {
        const char *body, *message;
    } cases[] = {
        {"", "the body must be one JSON object"},
        {"[]", "the body must be one JSON object"},
        {"{\"password\":\"x\"}", "email: missing"},
        {"{\"email\":7,\"password\":\"x\"}", "email: must be a string"},
        {"{\"email\":\"a@\",\"password\":\"x\"}", "email: at least 3 bytes"},
        {"{\"email\":\"ada@example.org\"}", "password: missing"},
        {"{\"email\":\"ada@example.org\",\"password\":\"\"}", "password: at least 1 bytes"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(post(rig, "/login", cases[i].body), 400);
        assert_true(client_got(&rig->client, cases[i].message));
    }
    assert_int_equal(post(rig, "/refresh", "{}"), 400);
    assert_true(client_got(&rig->client, "refresh_token: missing"));
}

static void a_login_without_registry_is_answered_in_words(void **state)
{
    struct rig *rig = *state;
    int *get = &rig->web->rows.fail[REGISTRY_OPERATOR_GET],
        *add = &rig->web->rows.fail[REGISTRY_TOKEN_ADD];
    *get = ROOST_ERR_IO;
    assert_int_equal(post(rig, "/login", good), 500);
    assert_true(client_got(&rig->client, "the registry cannot be read"));
    *get = ROOST_ERR_BUSY;
    assert_int_equal(post(rig, "/login", good), 503);
    assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
    *get = 0;
    rig->web->rows.refuse = ROOST_ERR_FULL;
    assert_int_equal(post(rig, "/login", good), 503);
    assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
    assert_true(web_gauge(rig->web, "roost_sign_in_waiting") == 0);
    rig->web->rows.refuse = 0;
    *add = ROOST_ERR_NO_SPACE;
    assert_int_equal(post(rig, "/login", good), 503);
    assert_true(client_got(&rig->client, "the sign-in could not be stored"));
    assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
    assert_true(signed_in(rig, "result=\"ok\"") == 0);
    *add = 0;
    assert_int_equal(post(rig, "/login", good), 200);
}

static void a_damaged_hash_is_our_fault_not_the_operators(void **state)
{
    struct rig *rig = *state;
    strcpy(rig->web->rows.operators[0].password_hash, "$argon2id$nonsense");
    assert_int_equal(post(rig, "/login", good), 500);
    assert_true(client_got(&rig->client, "the password could not be checked"));
    assert_true(signed_in(rig, "result=\"refused\"") == 0);
}

/* ---- brakes ---- */

static void wrong_passwords_lock_out(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < LIMIT_FREE_FAILURES; i++)
        assert_int_equal(post(rig, "/login", wrong), 401);
    assert_int_equal(post(rig, "/login", good), 429);
    assert_true(client_got(&rig->client, "Retry-After: 1\r\n"));
    assert_true(client_got(&rig->client, "too many wrong passwords"));
    assert_true(signed_in(rig, "result=\"locked_out\"") == 1);

    rig->web->now_ms += 1000;
    assert_int_equal(post(rig, "/login", wrong), 401);
    assert_int_equal(post(rig, "/login", good), 429);
    assert_true(client_got(&rig->client, "Retry-After: 2\r\n"));
    rig->web->now_ms += 2000;
    assert_int_equal(post(rig, "/login", good), 200);
    assert_int_equal(post(rig, "/login", wrong), 401); /* forgotten: five are free again */
    assert_int_equal(post(rig, "/login", good), 200);
}

/* Whoever tries one password on many names is locked out by address. */
static void many_names_from_one_address_lock_out(void **state)
{
    struct rig *rig = *state;
    char body[128];
    for (int i = 0; i < LIMIT_FREE_FAILURES; i++) {
        snprintf(body, sizeof body, "{\"email\":\"o%d@example.org\",\"password\":\"guess\"}", i);
        assert_int_equal(post(rig, "/login", body), 401);
    }
    assert_int_equal(post(rig, "/login", good), 429);
}

/* Keeps a worker's thread until the gate is opened. */
struct blocker {
    struct worker_job job; /* first */
    uv_sem_t gate;
    bool over;
};

static void block(struct worker_job *job, size_t thread)
{
    (void)thread;
    uv_sem_wait(&((struct blocker *)job)->gate);
}

static void unblocked(struct worker_job *job, int err)
{
    assert_int_equal(err, 0);
    ((struct blocker *)job)->over = true;
}

static void block_worker(struct blocker *blocker, struct worker *worker)
{
    *blocker = (struct blocker){.job = {.run = block, .done = unblocked}};
    uv_sem_init(&blocker->gate, 0);
    assert_int_equal(worker_push(worker, &blocker->job), 0);
}

static void unblock_worker(struct blocker *blocker, struct web *web)
{
    uv_sem_post(&blocker->gate);
    while (!blocker->over)
        web_turn(web);
    uv_sem_destroy(&blocker->gate);
}

static void a_crowd_at_the_door_is_bounded(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    struct rig *rig = *state;
    struct blocker blocker;
    block_worker(&blocker, rig->hasher);
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        client_open(rig->web, &crowd[i]);
        client_send(&crowd[i], "POST", "/login", NULL, good);
        while (web_gauge(rig->web, "roost_sign_in_waiting") < (double)(i + 1))
            web_turn(rig->web);
    }
    int status = post(rig, "/login", good);
    assert_int_equal(status, 429);
    assert_true(client_got(&rig->client, "too many sign in at this moment"));
    assert_true(client_got(&rig->client, "Retry-After: 1\r\n"));
    assert_true(signed_in(rig, "result=\"queue_full\"") == 1);

    client_close(&crowd[0]); /* two do not wait for their answer */
    client_close(&crowd[AUTH_QUEUE_MAX - 1]);
    unblock_worker(&blocker, rig->web);
    for (size_t i = 1; i < AUTH_QUEUE_MAX - 1; i++) {
        assert_int_equal(client_answer(&crowd[i]), 200);
        client_close(&crowd[i]);
    }
    while (signed_in(rig, "result=\"ok\"") < AUTH_QUEUE_MAX)
        web_turn(rig->web);
    assert_int_equal(post(rig, "/login", good), 200);
}

/* Those whose look-up is not answered stand in the same queue. */
static void a_slow_registry_makes_no_longer_queue(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    struct rig *rig = *state;
    rig->web->rows.held = true;
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        client_open(rig->web, &crowd[i]);
        client_send(&crowd[i], "POST", "/login", NULL, good);
        while (web_gauge(rig->web, "roost_sign_in_waiting") < (double)(i + 1))
            web_turn(rig->web);
    }
    assert_int_equal(post(rig, "/login", good), 429);
    rig->web->rows.fail[REGISTRY_OPERATOR_GET] = ROOST_ERR_BUSY;
    test_registry_release(&rig->web->rows);
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        assert_int_equal(client_answer(&crowd[i]), 503);
        client_close(&crowd[i]);
    }
    assert_true(web_gauge(rig->web, "roost_sign_in_waiting") == 0);
    rig->web->rows.fail[REGISTRY_OPERATOR_GET] = 0;
    assert_int_equal(post(rig, "/login", good), 200);
}

/* ---- who waits for whom ---- */

static void pool_blocked(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static void pool_free(uv_work_t *work, int status)
{
    assert_int_equal(status, 0);
    work->data = NULL;
}

/* libuv's pool resolves names and reads files, for as long as it takes. */
static void a_busy_pool_holds_up_no_sign_in(void **state)
{
    struct rig *rig = *state;
    uv_sem_t gate;
    uv_work_t blocker = {.data = &gate};
    uv_sem_init(&gate, 0);
    assert_int_equal(uv_queue_work(&rig->web->loop, &blocker, pool_blocked, pool_free), 0);
    assert_int_equal(post(rig, "/login", good), 200);
    uv_sem_post(&gate);
    while (blocker.data)
        web_turn(rig->web);
    uv_sem_destroy(&gate);
}

enum { LONG_ROWS = 100000, LONG_QUERIES = 60 };

static void count_done(void *arg, int err)
{
    assert_int_equal(err, 0);
    ++*(int *)arg;
}

static void count_history(void *arg, int err, const struct series_point *points, size_t count)
{
    assert_int_equal(err, 0);
    assert_true(count > 0 && points != NULL);
    ++*(int *)arg;
}

static void fill_series(const struct series *series, struct web *web)
{
    static struct series_row rows[LONG_ROWS];
    struct series_batch batch = {.rows = rows, .row_count = LONG_ROWS};
    int written = 0;
    for (int i = 0; i < LONG_ROWS; i++)
        rows[i] = (struct series_row){
            .table = SERIES_TEMPERATURE, .device_id = "w1", .unix_ms = i, .value = i};
    assert_int_equal(series->ops->write(series->ctx, &batch, count_done, &written), 0);
    while (written == 0)
        web_turn(web);
}

/* Sign-ins and histories have threads of their own: however many of the one are under way, the
 * other goes on. */
static void histories_and_sign_ins_do_not_wait_for_each_other(void **state)
{
    struct rig *rig = *state;
    struct series_history_query query = {
        .device_id = "w1", .to_ms = LONG_ROWS, .max_points = SERIES_POINTS_MAX};
    struct test_file file;
    struct series series;
    struct blocker blocker;
    int answered = 0;
    assert_int_equal(test_file_make(&file, "series.db"), 0);
    assert_int_equal(series_sqlite_open(&series, &rig->web->loop, file.path, NULL, 0), 0);
    fill_series(&series, rig->web);
    for (int i = 0; i < LONG_QUERIES; i++)
        assert_int_equal(series.ops->history(series.ctx, &query, count_history, &answered), 0);
    assert_int_equal(post(rig, "/login", good), 200);
    assert_true(answered < LONG_QUERIES);

    block_worker(&blocker, rig->hasher);
    while (answered < LONG_QUERIES)
        web_turn(rig->web);
    unblock_worker(&blocker, rig->web);
    series.ops->close(series.ctx);
    uv_run(&rig->web->loop, UV_RUN_NOWAIT);
    test_file_remove(&file);
}

static void the_guard_counts_what_it_refuses(void **state)
{
    struct rig *rig = *state;
    int status = 200, asked = 0;
    for (; status == 200 && asked < 100; asked++)
        status = client_ask(&rig->client, "GET", "/slow", NULL, NULL);
    assert_int_equal(status, 429);
    assert_int_equal(asked, 21);
    assert_true(client_got(&rig->client, "Retry-After: 2\r\n"));
    assert_true(web_counted(rig->web, "roost_http_rate_limited_total", NULL) == 1);
    rig->web->now_ms += 2000;
    assert_int_equal(client_ask(&rig->client, "GET", "/slow", NULL, NULL), 200);
}

/* ---- tokens ---- */

static int ask_me(struct rig *rig, enum http_role role, int64_t id, int64_t unix_s)
{
    const struct http_identity identity = {.id = id, .role = role};
    char *token = token_access_new(secret, &identity, unix_s);
    assert_non_null(token);
    int status = client_ask(&rig->client, "GET", "/me", token, NULL);
    free(token);
    return status;
}

static void the_guard_wants_a_token_of_the_role(void **state)
{
    struct rig *rig = *state;
    int64_t now_s = rig->web->unix_ms / 1000;
    assert_int_equal(client_ask(&rig->client, "GET", "/me", NULL, NULL), 401);
    assert_true(client_got(&rig->client, "WWW-Authenticate: Bearer\r\n"));
    assert_int_equal(client_ask(&rig->client, "GET", "/me", "nonsense", NULL), 401);
    assert_true(client_got(&rig->client, "\"unauthorised\""));
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 200);
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s - TOKEN_ACCESS_S), 401);
    assert_true(client_got(&rig->client, "\"token_expired\""));
    assert_int_equal(ask_me(rig, HTTP_ROLE_PARENT, 1, now_s), 403);
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 9, now_s), 401); /* removed meanwhile */
    rig->web->rows.fail[REGISTRY_OPERATOR_BY_ID] = ROOST_ERR_IO;
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 500);
    rig->web->rows.refuse = ROOST_ERR_FULL;
    assert_int_equal(ask_me(rig, HTTP_ROLE_OPERATOR, 1, now_s), 503);
}

static void a_refresh_token_is_good_once(void **state)
{
    struct rig *rig = *state;
    char first[128], second[128], refresh[64];
    sign_in(rig, first, sizeof first);
    assert_int_equal(post(rig, "/refresh", first), 200);
    read_member(rig, "refresh_token", refresh, sizeof refresh);
    snprintf(second, sizeof second, "{\"refresh_token\":\"%s\"}", refresh);
    assert_string_not_equal(first, second);

    /* The old one again: one of the two who hold it is a thief, so nobody keeps the sign-in. */
    assert_int_equal(post(rig, "/refresh", first), 401);
    assert_true(client_got(&rig->client, "was used before"));
    assert_int_equal(post(rig, "/refresh", second), 401);
    assert_int_equal(rig->web->rows.token_count, 0);
}

static void a_refresh_token_ends_with_time_and_operator(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->unix_ms += INT64_C(1000) * TOKEN_REFRESH_S;
    assert_int_equal(post(rig, "/refresh", body), 401);
    sign_in(rig, body, sizeof body);
    rig->web->rows.operators[0].id = 9;
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_int_equal(post(rig, "/refresh", "{\"refresh_token\":\"unknown\"}"), 401);
}

/* Whichever call fails, the answer says so and the token that was sent stays good. */
static void a_refresh_that_fails_can_be_repeated(void **state)
{
    struct rig *rig = *state;
    int *const calls[] = {
        &rig->web->rows.fail[REGISTRY_TOKEN_GET], &rig->web->rows.fail[REGISTRY_OPERATOR_BY_ID],
        &rig->web->rows.fail[REGISTRY_TOKEN_ADD], &rig->web->rows.fail[REGISTRY_TOKEN_USE]};
    static const char *const messages[] = {
        "the registry cannot be read", "the sign-in could not be renewed",
        "the sign-in could not be renewed", "the sign-in could not be renewed"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char body[128];
        sign_in(rig, body, sizeof body);
        *calls[i] = ROOST_ERR_BUSY;
        assert_int_equal(post(rig, "/refresh", body), 503);
        assert_true(client_got(&rig->client, messages[i]));
        assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
        *calls[i] = ROOST_ERR_IO;
        assert_int_equal(post(rig, "/refresh", body), 500);
        *calls[i] = 0;
        assert_int_equal(post(rig, "/refresh", body), 200);
    }
}

static void a_stolen_token_that_cannot_be_ended_is_an_error(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    assert_int_equal(post(rig, "/refresh", body), 200);
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_NO_SPACE;
    assert_int_equal(post(rig, "/refresh", body), 503);
    assert_true(client_got(&rig->client, "the sign-in could not be ended"));
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    assert_int_equal(post(rig, "/refresh", body), 401);
}

static void a_logout_ends_the_sign_in(void **state)
{
    struct rig *rig = *state;
    char body[128];
    sign_in(rig, body, sizeof body);
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_IO;
    assert_int_equal(post(rig, "/logout", body), 500);
    assert_true(client_got(&rig->client, "the sign-in could not be ended"));
    rig->web->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    rig->web->rows.fail[REGISTRY_TOKEN_GET] = ROOST_ERR_BUSY;
    assert_int_equal(post(rig, "/logout", body), 503);
    rig->web->rows.fail[REGISTRY_TOKEN_GET] = 0;
    assert_int_equal(post(rig, "/logout", body), 204);
    assert_int_equal(post(rig, "/refresh", body), 401);
    assert_int_equal(post(rig, "/logout", body), 401);
}

/* ---- operators ---- */

static void an_operator_can_be_looked_for(void **state)
{
    struct rig *rig = *state;
    const struct registry *registry = &rig->web->registry;
    assert_int_equal(auth_find_operator(registry, "ada@example.org"), 0);
    assert_int_equal(auth_find_operator(registry, "eve@example.org"), ROOST_ERR_NOT_FOUND);
    rig->web->rows.refuse = ROOST_ERR_NO_MEMORY;
    assert_int_equal(auth_find_operator(registry, "ada@example.org"), ROOST_ERR_NO_MEMORY);
}

static void a_new_operator_is_checked(void **state)
{
    struct rig *rig = *state;
    const struct registry *registry = &rig->web->registry;
    char why[256];
    static const char *const bad[] = {"", "ada", "@example.org", "ada@", "a@b@c", "a da@b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(auth_add_operator(registry, bad[i], "four winds blow", 0, why, sizeof why),
                         ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "'a da@b' is not of the form name@host"));
    assert_int_equal(auth_add_operator(registry, "b@example.org", "short", 0, why, sizeof why),
                     ROOST_ERR_RANGE);
    assert_non_null(strstr(why, "12 to 256 bytes"));
    assert_int_equal(
        auth_add_operator(registry, "ada@example.org", "four winds blow", 0, why, sizeof why),
        ROOST_ERR_EXISTS);
    assert_non_null(strstr(why, "exists already"));
    rig->web->rows.fail[REGISTRY_OPERATOR_ADD] = ROOST_ERR_IO;
    assert_int_equal(
        auth_add_operator(registry, "b@example.org", "four winds blow", 0, why, sizeof why),
        ROOST_ERR_IO);
    assert_non_null(strstr(why, "could not be stored"));
    rig->web->rows.fail[REGISTRY_OPERATOR_ADD] = 0;
    assert_int_equal(
        auth_add_operator(registry, "b@example.org", "four winds blow", 5, why, sizeof why), 0);
    assert_int_equal(
        post(rig, "/login", "{\"email\":\"b@example.org\",\"password\":\"four winds blow\"}"), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_operator_signs_in_and_is_known),
        TEST(who_is_unknown_is_told_no_more_than_who_errs),
        TEST(a_bad_body_is_refused_by_field),
        TEST(a_login_without_registry_is_answered_in_words),
        TEST(a_damaged_hash_is_our_fault_not_the_operators),
        TEST(wrong_passwords_lock_out),
        TEST(many_names_from_one_address_lock_out),
        TEST(a_crowd_at_the_door_is_bounded),
        TEST(a_slow_registry_makes_no_longer_queue),
        TEST(a_busy_pool_holds_up_no_sign_in),
        TEST(histories_and_sign_ins_do_not_wait_for_each_other),
        TEST(the_guard_counts_what_it_refuses),
        TEST(the_guard_wants_a_token_of_the_role),
        TEST(a_refresh_token_is_good_once),
        TEST(a_refresh_token_ends_with_time_and_operator),
        TEST(a_refresh_that_fails_can_be_repeated),
        TEST(a_stolen_token_that_cannot_be_ended_is_an_error),
        TEST(a_logout_ends_the_sign_in),
        TEST(an_operator_can_be_looked_for),
        TEST(a_new_operator_is_checked),
    };
    setenv("UV_THREADPOOL_SIZE", "1", 1); /* so that one piece of work holds up all others */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
