/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_rig.h"

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

struct bed {
    struct rig *rig;
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
static void add_operator(struct bed *bed, const char *email, const char *password)
{
    struct registry_operator op = {.role = "operator"};
    snprintf(op.email, sizeof op.email, "%s", email);
    assert_int_equal(argon2id_hash_encoded(1, 8, 1, password, strlen(password), "salt of a test",
                                           14, 32, op.password_hash, sizeof op.password_hash),
                     ARGON2_OK);
    assert_int_equal(test_operator_add(&bed->rig->rows, &op), 0);
}

static int set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    *state = bed;
    struct rig *rig = bed->rig = rig_new();
    assert_int_equal(worker_new(&bed->hasher, &rig->loop, 1, AUTH_QUEUE_MAX + 1), 0);
    bed->auth = auth_new(secret, &rig->registry, &rig->clock, bed->hasher, rig->metrics);
    assert_non_null(bed->auth);
    const struct http_route routes[] = {
        {HTTP_POST, "/login", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_login, bed->auth, 0},
        {HTTP_POST, "/refresh", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_refresh, bed->auth, 0},
        {HTTP_POST, "/logout", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, auth_logout, bed->auth, 0},
        {HTTP_GET, "/me", HTTP_ROLE_OPERATOR, HTTP_RATE_NONE, auth_me, bed->auth, 0},
        {HTTP_GET, "/slow", HTTP_ROLE_ANYONE, HTTP_RATE_SIGN_IN, hello, NULL, 0},
    };
    memcpy(bed->routes, routes, sizeof routes);
    const struct http_guard guard = auth_guard(bed->auth);
    http_server_guard(rig->server, &guard);
    assert_int_equal(http_server_add(rig->server, bed->routes, sizeof routes / sizeof *routes), 0);
    assert_int_equal(http_server_listen(rig->server), 0);
    add_operator(bed, "ada@example.org", "four winds blow");
    client_open(rig, &bed->client);
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    client_close(&bed->client);
    worker_close(bed->hasher, false);
    auth_free(bed->auth);
    rig_free(bed->rig);
    free(bed);
    return 0;
}

static int post(struct bed *bed, const char *path, const char *body)
{
    return client_ask(&bed->client, "POST", path, NULL, body);
}

static double signed_in(struct bed *bed, const char *labels)
{
    return rig_counted(bed->rig, "roost_sign_in_total", labels);
}

/* A member of the last answer, which is a string. */
static void read_member(struct bed *bed, const char *key, char *out, size_t size)
{
    char start[64];
    int len = snprintf(start, sizeof start, "\"%s\":\"", key);
    const char *at = strstr(bed->client.in, start);
    assert_non_null(at);
    at += len;
    size_t value_len = strcspn(at, "\"");
    assert_true(value_len < size);
    memcpy(out, at, value_len);
    out[value_len] = '\0';
}

/* Signs in and gives the body that goes with the refresh token. */
static void sign_in(struct bed *bed, char *body, size_t size)
{
    char refresh[64];
    assert_int_equal(post(bed, "/login", good), 200);
    read_member(bed, "refresh_token", refresh, sizeof refresh);
    snprintf(body, size, "{\"refresh_token\":\"%s\"}", refresh);
}

/* ---- signing in ---- */

static void an_operator_signs_in_and_is_known(void **state)
{
    struct bed *bed = *state;
    char access[1024];
    assert_int_equal(post(bed, "/login", good), 200);
    assert_true(client_got(&bed->client, "\"expires_in\":1800"));
    read_member(bed, "access_token", access, sizeof access);
    assert_int_equal(client_ask(&bed->client, "GET", "/me", access, NULL), 200);
    assert_true(client_got(&bed->client, "\"email\":\"ada@example.org\""));
    assert_true(signed_in(bed, "result=\"ok\"") == 1);
}

static void who_is_unknown_is_told_no_more_than_who_errs(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(post(bed, "/login", wrong), 401);
    assert_true(client_got(&bed->client, "wrong e-mail or password"));
    assert_int_equal(
        post(bed, "/login", "{\"email\":\"eve@example.org\",\"password\":\"four winds blow\"}"),
        401);
    assert_true(client_got(&bed->client, "wrong e-mail or password"));
    assert_true(signed_in(bed, "result=\"refused\"") == 2);
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
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(post(bed, "/login", cases[i].body), 400);
        assert_true(client_got(&bed->client, cases[i].message));
    }
    assert_int_equal(post(bed, "/refresh", "{}"), 400);
    assert_true(client_got(&bed->client, "refresh_token: missing"));
}

static void a_login_without_registry_is_answered_in_words(void **state)
{
    struct bed *bed = *state;
    int *get = &bed->rig->rows.fail[REGISTRY_OPERATOR_GET],
        *add = &bed->rig->rows.fail[REGISTRY_TOKEN_ADD];
    *get = ROOST_ERR_IO;
    assert_int_equal(post(bed, "/login", good), 500);
    assert_true(client_got(&bed->client, "the registry cannot be read"));
    *get = ROOST_ERR_BUSY;
    assert_int_equal(post(bed, "/login", good), 503);
    assert_true(client_got(&bed->client, "Retry-After: 5\r\n"));
    *get = 0;
    bed->rig->rows.refuse = ROOST_ERR_FULL;
    assert_int_equal(post(bed, "/login", good), 503);
    assert_true(client_got(&bed->client, "Retry-After: 5\r\n"));
    assert_true(rig_gauge(bed->rig, "roost_sign_in_waiting") == 0);
    bed->rig->rows.refuse = 0;
    *add = ROOST_ERR_NO_SPACE;
    assert_int_equal(post(bed, "/login", good), 503);
    assert_true(client_got(&bed->client, "the sign-in could not be stored"));
    assert_true(client_got(&bed->client, "Retry-After: 5\r\n"));
    assert_true(signed_in(bed, "result=\"ok\"") == 0);
    *add = 0;
    assert_int_equal(post(bed, "/login", good), 200);
}

static void a_damaged_hash_is_our_fault_not_the_operators(void **state)
{
    struct bed *bed = *state;
    strcpy(bed->rig->rows.operators[0].password_hash, "$argon2id$nonsense");
    assert_int_equal(post(bed, "/login", good), 500);
    assert_true(client_got(&bed->client, "the password could not be checked"));
    assert_true(signed_in(bed, "result=\"refused\"") == 0);
}

/* ---- brakes ---- */

static void wrong_passwords_lock_out(void **state)
{
    struct bed *bed = *state;
    for (int i = 0; i < LIMIT_FREE_FAILURES; i++)
        assert_int_equal(post(bed, "/login", wrong), 401);
    assert_int_equal(post(bed, "/login", good), 429);
    assert_true(client_got(&bed->client, "Retry-After: 1\r\n"));
    assert_true(client_got(&bed->client, "too many wrong passwords"));
    assert_true(signed_in(bed, "result=\"locked_out\"") == 1);

    bed->rig->now_ms += 1000;
    assert_int_equal(post(bed, "/login", wrong), 401);
    assert_int_equal(post(bed, "/login", good), 429);
    assert_true(client_got(&bed->client, "Retry-After: 2\r\n"));
    bed->rig->now_ms += 2000;
    assert_int_equal(post(bed, "/login", good), 200);
    assert_int_equal(post(bed, "/login", wrong), 401); /* forgotten: five are free again */
    assert_int_equal(post(bed, "/login", good), 200);
}

/* Whoever tries one password on many names is locked out by address. */
static void many_names_from_one_address_lock_out(void **state)
{
    struct bed *bed = *state;
    char body[128];
    for (int i = 0; i < LIMIT_FREE_FAILURES; i++) {
        snprintf(body, sizeof body, "{\"email\":\"o%d@example.org\",\"password\":\"guess\"}", i);
        assert_int_equal(post(bed, "/login", body), 401);
    }
    assert_int_equal(post(bed, "/login", good), 429);
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

static void unblock_worker(struct blocker *blocker, struct rig *rig)
{
    uv_sem_post(&blocker->gate);
    while (!blocker->over)
        rig_turn(rig);
    uv_sem_destroy(&blocker->gate);
}

static void a_crowd_at_the_door_is_bounded(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    struct bed *bed = *state;
    struct blocker blocker;
    block_worker(&blocker, bed->hasher);
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        client_open(bed->rig, &crowd[i]);
        client_send(&crowd[i], "POST", "/login", NULL, good);
        while (rig_gauge(bed->rig, "roost_sign_in_waiting") < (double)(i + 1))
            rig_turn(bed->rig);
    }
    int status = post(bed, "/login", good);
    assert_int_equal(status, 429);
    assert_true(client_got(&bed->client, "too many sign in at this moment"));
    assert_true(client_got(&bed->client, "Retry-After: 1\r\n"));
    assert_true(signed_in(bed, "result=\"queue_full\"") == 1);

    client_close(&crowd[0]); /* two do not wait for their answer */
    client_close(&crowd[AUTH_QUEUE_MAX - 1]);
    unblock_worker(&blocker, bed->rig);
    for (size_t i = 1; i < AUTH_QUEUE_MAX - 1; i++) {
        assert_int_equal(client_answer(&crowd[i]), 200);
        client_close(&crowd[i]);
    }
    while (signed_in(bed, "result=\"ok\"") < AUTH_QUEUE_MAX)
        rig_turn(bed->rig);
    assert_int_equal(post(bed, "/login", good), 200);
}

/* Those whose look-up is not answered stand in the same queue. */
static void a_slow_registry_makes_no_longer_queue(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    struct bed *bed = *state;
    bed->rig->rows.held = true;
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        client_open(bed->rig, &crowd[i]);
        client_send(&crowd[i], "POST", "/login", NULL, good);
        while (rig_gauge(bed->rig, "roost_sign_in_waiting") < (double)(i + 1))
            rig_turn(bed->rig);
    }
    assert_int_equal(post(bed, "/login", good), 429);
    bed->rig->rows.fail[REGISTRY_OPERATOR_GET] = ROOST_ERR_BUSY;
    test_registry_release(&bed->rig->rows);
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        assert_int_equal(client_answer(&crowd[i]), 503);
        client_close(&crowd[i]);
    }
    assert_true(rig_gauge(bed->rig, "roost_sign_in_waiting") == 0);
    bed->rig->rows.fail[REGISTRY_OPERATOR_GET] = 0;
    assert_int_equal(post(bed, "/login", good), 200);
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
    struct bed *bed = *state;
    uv_sem_t gate;
    uv_work_t blocker = {.data = &gate};
    uv_sem_init(&gate, 0);
    assert_int_equal(uv_queue_work(&bed->rig->loop, &blocker, pool_blocked, pool_free), 0);
    assert_int_equal(post(bed, "/login", good), 200);
    uv_sem_post(&gate);
    while (blocker.data != NULL)
        rig_turn(bed->rig);
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

static void fill_series(const struct series *series, struct rig *rig)
{
    static struct series_row rows[LONG_ROWS];
    struct series_batch batch = {.rows = rows, .row_count = LONG_ROWS};
    int written = 0;
    for (int i = 0; i < LONG_ROWS; i++)
        rows[i] = (struct series_row){
            .table = SERIES_TEMPERATURE, .device_id = "w1", .unix_ms = i, .value = i};
    assert_int_equal(series->ops->write(series->ctx, &batch, count_done, &written), 0);
    while (written == 0)
        rig_turn(rig);
}

/* Sign-ins and histories have threads of their own: however many of the one are under way, the
 * other goes on. */
static void histories_and_sign_ins_do_not_wait_for_each_other(void **state)
{
    struct bed *bed = *state;
    struct series_history_query query = {
        .device_id = "w1", .to_ms = LONG_ROWS, .max_points = SERIES_POINTS_MAX};
    struct test_file file;
    struct series series;
    struct blocker blocker;
    int answered = 0;
    assert_int_equal(test_file_make(&file, "series.db"), 0);
    assert_int_equal(series_sqlite_open(&series, &bed->rig->loop, file.path, NULL, 0), 0);
    fill_series(&series, bed->rig);
    for (int i = 0; i < LONG_QUERIES; i++)
        assert_int_equal(series.ops->history(series.ctx, &query, count_history, &answered), 0);
    assert_int_equal(post(bed, "/login", good), 200);
    assert_true(answered < LONG_QUERIES);

    block_worker(&blocker, bed->hasher);
    while (answered < LONG_QUERIES)
        rig_turn(bed->rig);
    unblock_worker(&blocker, bed->rig);
    series.ops->close(series.ctx);
    uv_run(&bed->rig->loop, UV_RUN_NOWAIT);
    test_file_remove(&file);
}

static void the_guard_counts_what_it_refuses(void **state)
{
    struct bed *bed = *state;
    int status = 200, asked = 0;
    for (; status == 200 && asked < 100; asked++)
        status = client_ask(&bed->client, "GET", "/slow", NULL, NULL);
    assert_int_equal(status, 429);
    assert_int_equal(asked, 21);
    assert_true(client_got(&bed->client, "Retry-After: 2\r\n"));
    assert_true(rig_counted(bed->rig, "roost_http_rate_limited_total", NULL) == 1);
    bed->rig->now_ms += 2000;
    assert_int_equal(client_ask(&bed->client, "GET", "/slow", NULL, NULL), 200);
}

/* ---- tokens ---- */

static int ask_me(struct bed *bed, enum http_role role, int64_t id, int64_t unix_s)
{
    const struct http_identity identity = {.id = id, .role = role};
    char *token = token_access_new(secret, &identity, unix_s);
    assert_non_null(token);
    int status = client_ask(&bed->client, "GET", "/me", token, NULL);
    free(token);
    return status;
}

static void the_guard_wants_a_token_of_the_role(void **state)
{
    struct bed *bed = *state;
    int64_t now_s = bed->rig->unix_ms / 1000;
    assert_int_equal(client_ask(&bed->client, "GET", "/me", NULL, NULL), 401);
    assert_true(client_got(&bed->client, "WWW-Authenticate: Bearer\r\n"));
    assert_int_equal(client_ask(&bed->client, "GET", "/me", "nonsense", NULL), 401);
    assert_true(client_got(&bed->client, "\"unauthorised\""));
    assert_int_equal(ask_me(bed, HTTP_ROLE_OPERATOR, 1, now_s), 200);
    assert_int_equal(ask_me(bed, HTTP_ROLE_OPERATOR, 1, now_s - TOKEN_ACCESS_S), 401);
    assert_true(client_got(&bed->client, "\"token_expired\""));
    assert_int_equal(ask_me(bed, HTTP_ROLE_PARENT, 1, now_s), 403);
    assert_int_equal(ask_me(bed, HTTP_ROLE_OPERATOR, 9, now_s), 401); /* removed meanwhile */
    bed->rig->rows.fail[REGISTRY_OPERATOR_BY_ID] = ROOST_ERR_IO;
    assert_int_equal(ask_me(bed, HTTP_ROLE_OPERATOR, 1, now_s), 500);
    bed->rig->rows.refuse = ROOST_ERR_FULL;
    assert_int_equal(ask_me(bed, HTTP_ROLE_OPERATOR, 1, now_s), 503);
}

static void a_refresh_token_is_good_once(void **state)
{
    struct bed *bed = *state;
    char first[128], second[128], refresh[64];
    sign_in(bed, first, sizeof first);
    assert_int_equal(post(bed, "/refresh", first), 200);
    read_member(bed, "refresh_token", refresh, sizeof refresh);
    snprintf(second, sizeof second, "{\"refresh_token\":\"%s\"}", refresh);
    assert_string_not_equal(first, second);

    /* The old one again: one of the two who hold it is a thief, so nobody keeps the sign-in. */
    assert_int_equal(post(bed, "/refresh", first), 401);
    assert_true(client_got(&bed->client, "was used before"));
    assert_int_equal(post(bed, "/refresh", second), 401);
    assert_int_equal(bed->rig->rows.token_count, 0);
}

static void a_refresh_token_ends_with_time_and_operator(void **state)
{
    struct bed *bed = *state;
    char body[128];
    sign_in(bed, body, sizeof body);
    bed->rig->unix_ms += INT64_C(1000) * TOKEN_REFRESH_S;
    assert_int_equal(post(bed, "/refresh", body), 401);
    sign_in(bed, body, sizeof body);
    bed->rig->rows.operators[0].id = 9;
    assert_int_equal(post(bed, "/refresh", body), 401);
    assert_int_equal(post(bed, "/refresh", "{\"refresh_token\":\"unknown\"}"), 401);
}

/* Whichever call fails, the answer says so and the token that was sent stays good. */
static void a_refresh_that_fails_can_be_repeated(void **state)
{
    struct bed *bed = *state;
    int *const calls[] = {
        &bed->rig->rows.fail[REGISTRY_TOKEN_GET], &bed->rig->rows.fail[REGISTRY_OPERATOR_BY_ID],
        &bed->rig->rows.fail[REGISTRY_TOKEN_ADD], &bed->rig->rows.fail[REGISTRY_TOKEN_USE]};
    static const char *const messages[] = {
        "the registry cannot be read", "the sign-in could not be renewed",
        "the sign-in could not be renewed", "the sign-in could not be renewed"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char body[128];
        sign_in(bed, body, sizeof body);
        *calls[i] = ROOST_ERR_BUSY;
        assert_int_equal(post(bed, "/refresh", body), 503);
        assert_true(client_got(&bed->client, messages[i]));
        assert_true(client_got(&bed->client, "Retry-After: 5\r\n"));
        *calls[i] = ROOST_ERR_IO;
        assert_int_equal(post(bed, "/refresh", body), 500);
        *calls[i] = 0;
        assert_int_equal(post(bed, "/refresh", body), 200);
    }
}

static void a_stolen_token_that_cannot_be_ended_is_an_error(void **state)
{
    struct bed *bed = *state;
    char body[128];
    sign_in(bed, body, sizeof body);
    assert_int_equal(post(bed, "/refresh", body), 200);
    bed->rig->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_NO_SPACE;
    assert_int_equal(post(bed, "/refresh", body), 503);
    assert_true(client_got(&bed->client, "the sign-in could not be ended"));
    bed->rig->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    assert_int_equal(post(bed, "/refresh", body), 401);
}

static void a_logout_ends_the_sign_in(void **state)
{
    struct bed *bed = *state;
    char body[128];
    sign_in(bed, body, sizeof body);
    bed->rig->rows.fail[REGISTRY_TOKEN_END_FAMILY] = ROOST_ERR_IO;
    assert_int_equal(post(bed, "/logout", body), 500);
    assert_true(client_got(&bed->client, "the sign-in could not be ended"));
    bed->rig->rows.fail[REGISTRY_TOKEN_END_FAMILY] = 0;
    bed->rig->rows.fail[REGISTRY_TOKEN_GET] = ROOST_ERR_BUSY;
    assert_int_equal(post(bed, "/logout", body), 503);
    bed->rig->rows.fail[REGISTRY_TOKEN_GET] = 0;
    assert_int_equal(post(bed, "/logout", body), 204);
    assert_int_equal(post(bed, "/refresh", body), 401);
    assert_int_equal(post(bed, "/logout", body), 401);
}

/* ---- operators ---- */

static void an_operator_can_be_looked_for(void **state)
{
    struct bed *bed = *state;
    const struct registry *registry = &bed->rig->registry;
    assert_int_equal(auth_find_operator(registry, "ada@example.org"), 0);
    assert_int_equal(auth_find_operator(registry, "eve@example.org"), ROOST_ERR_NOT_FOUND);
    bed->rig->rows.refuse = ROOST_ERR_NO_MEMORY;
    assert_int_equal(auth_find_operator(registry, "ada@example.org"), ROOST_ERR_NO_MEMORY);
}

static void a_new_operator_is_checked(void **state)
{
    struct bed *bed = *state;
    const struct registry *registry = &bed->rig->registry;
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
    bed->rig->rows.fail[REGISTRY_OPERATOR_ADD] = ROOST_ERR_IO;
    assert_int_equal(
        auth_add_operator(registry, "b@example.org", "four winds blow", 0, why, sizeof why),
        ROOST_ERR_IO);
    assert_non_null(strstr(why, "could not be stored"));
    bed->rig->rows.fail[REGISTRY_OPERATOR_ADD] = 0;
    assert_int_equal(
        auth_add_operator(registry, "b@example.org", "four winds blow", 5, why, sizeof why), 0);
    assert_int_equal(
        post(bed, "/login", "{\"email\":\"b@example.org\",\"password\":\"four winds blow\"}"), 200);
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
