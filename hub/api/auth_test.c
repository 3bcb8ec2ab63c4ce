/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/test_auth.h"

#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_operator_signs_in_and_is_known),
        TEST(who_is_unknown_is_told_no_more_than_who_errs),
        TEST(a_bad_body_is_refused_by_field),
        TEST(a_login_without_registry_is_answered_in_words),
        TEST(a_damaged_hash_is_our_fault_not_the_operators),
        TEST(a_busy_pool_holds_up_no_sign_in),
        TEST(histories_and_sign_ins_do_not_wait_for_each_other),
        TEST(the_guard_counts_what_it_refuses),
        TEST(an_operator_can_be_looked_for),
        TEST(a_new_operator_is_checked),
    };
    setenv("UV_THREADPOOL_SIZE", "1", 1); /* so that one piece of work holds up all others */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
