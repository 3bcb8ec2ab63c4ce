/* SPDX-License-Identifier: Apache-2.0 */
/* Operators through the HTTP server and the real registry, behind a switch that makes it fail. */
#include "hub/api/test_web.h"

#include <argon2.h>

#include "hub/api/auth.h"
#include "hub/api/lockout.h"
#include "hub/api/operators.h"
#include "hub/store/registry_sqlite.h"
#include "host/log.h"

static const char secret[] = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
static const char first[] = "four winds blow";

struct rig {
    struct web *web;
    struct registry real, registry;
    int fail[REGISTRY_OP_COUNT]; /* what asking returns */
    struct worker *hasher;
    struct auth *auth;
    struct http_route routes[8];
    struct client client;
    char access[1024], refresh[64];
};

static int ask(void *ctx, const struct registry_request *request, registry_done_fn done, void *arg)
{
    struct rig *rig = ctx;
    if (rig->fail[request->op])
        return rig->fail[request->op];
    return rig->real.ops->ask(rig->real.ctx, request, done, arg);
}

static const struct registry_ops ops = {.ask = ask};

static void no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx, (void)level, (void)line, (void)len;
}

static void on_added(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

/* An operator whose password is checked at once: the hash says how much work it is. */
static void add_first(struct rig *rig)
{
    struct registry_operator op = {.email = "ada@example.org", .role = "operator"};
    int result = -1;
    assert_int_equal(argon2id_hash_encoded(1, 8, 1, first, strlen(first), "salt of a test", 14, 32,
                                           op.password_hash, sizeof op.password_hash),
                     ARGON2_OK);
    const struct registry_request add = {.op = REGISTRY_OPERATOR_ADD, .person = &op};
    assert_int_equal(rig->real.ops->ask(rig->real.ctx, &add, on_added, &result), 0);
    rig->real.ops->wait(rig->real.ctx);
    assert_int_equal(result, 0);
}

static int call(struct rig *rig, const char *method, const char *path, const char *body)
{
    return client_ask(&rig->client, method, path, rig->access[0] ? rig->access : NULL, body);
}

/* A member of the last answer, which is a string. */
static void read_member(struct rig *rig, const char *key, char *out, size_t size)
{
    char start[64];
    int len = snprintf(start, sizeof start, "\"%s\":\"", key);
    const char *at = strstr(rig->client.in, start);
    assert_non_null(at);
    snprintf(out, size, "%.*s", (int)strcspn(at + len, "\""), at + len);
}

static int sign_in(struct rig *rig, const char *email, const char *password)
{
    char body[256];
    snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    rig->access[0] = '\0';
    int status = call(rig, "POST", "/login", body);
    if (status == 200) {
        read_member(rig, "access_token", rig->access, sizeof rig->access);
        read_member(rig, "refresh_token", rig->refresh, sizeof rig->refresh);
    }
    return status;
}

static int refresh(struct rig *rig, const char *token)
{
    char body[128];
    snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}", token);
    return client_ask(&rig->client, "POST", "/refresh", NULL, body);
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    *state = rig;
    host_log_init(ROOST_LOG_DEBUG, no_log, NULL);
    struct web *web = rig->web = web_new();
    assert_int_equal(registry_sqlite_open(&rig->real, &web->loop, ":memory:", NULL, 0), 0);
    rig->registry = (struct registry){&ops, rig};
    assert_int_equal(worker_new(&rig->hasher, &web->loop, 1, AUTH_QUEUE_MAX), 0);
    rig->auth = auth_new(secret, &rig->registry, &web->clock, rig->hasher, web->metrics);
    assert_non_null(rig->auth);
#define ROUTE(method, path, role, handler)                                                         \
    {                                                                                              \
        method, path, role, HTTP_RATE_NONE, handler, rig->auth, 0                                  \
    }
    const struct http_route routes[] = {
        ROUTE(HTTP_POST, "/login", HTTP_ROLE_ANYONE, auth_login),
        ROUTE(HTTP_POST, "/refresh", HTTP_ROLE_ANYONE, auth_refresh),
        ROUTE(HTTP_GET, "/me", HTTP_ROLE_OPERATOR, auth_me),
        ROUTE(HTTP_GET, "/operators", HTTP_ROLE_OPERATOR, operators_list),
        ROUTE(HTTP_POST, "/operators", HTTP_ROLE_OPERATOR, operators_add),
        ROUTE(HTTP_PUT, "/operators/me/password", HTTP_ROLE_OPERATOR, operators_password),
        ROUTE(HTTP_DELETE, "/operators/{operator_id}", HTTP_ROLE_OPERATOR, operators_remove),
    };
    memcpy(rig->routes, routes, sizeof routes);
    const struct http_guard guard = auth_guard(rig->auth);
    http_server_guard(web->server, &guard);
    assert_int_equal(http_server_add(web->server, rig->routes, sizeof routes / sizeof *routes), 0);
    assert_int_equal(http_server_listen(web->server), 0);
    add_first(rig);
    client_open(web, &rig->client);
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    client_close(&rig->client);
    worker_close(rig->hasher, false);
    rig->real.ops->close(rig->real.ctx);
    auth_free(rig->auth);
    web_free(rig->web);
    free(rig);
    return 0;
}

static const char eve[] = "{\"email\":\"eve@example.org\",\"password\":\"seven seas roll\"}";

static void operators_make_and_see_each_other(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(call(rig, "POST", "/operators", eve), 201);
    assert_true(client_got(&rig->client, "{\"id\":2,\"email\":\"eve@example.org\","
                                         "\"role\":\"operator\",\"created_at_ms\":1800000000000}"));
    assert_int_equal(call(rig, "POST", "/operators", eve), 409);
    assert_int_equal(call(rig, "GET", "/operators", NULL), 200);
    assert_true(
        client_got(&rig->client, "{\"operators\":[{\"id\":1,\"email\":\"ada@example.org\""));
    assert_false(client_got(&rig->client, "argon2"));
    assert_int_equal(sign_in(rig, "eve@example.org", "seven seas roll"), 200);
    assert_int_equal(call(rig, "GET", "/operators", NULL), 200);
}

static void a_bad_body_is_refused_by_field(void **state)
{
    static const struct {
        const char *method, *path, *body, *why;
    } rows[] = {
        {"POST", "/operators", "[]", "must be one JSON object"},
        {"POST", "/operators", "{\"email\":\"eve@x.org\"}", "password: missing"},
        {"POST", "/operators", "{\"email\":\"eve\",\"password\":\"seven seas roll\"}", "email: "},
        {"POST", "/operators", "{\"email\":\"eve@x.org\",\"password\":\"short\"}",
         "password: 12 to 256 bytes"},
        {"POST", "/operators", "{\"email\":\"eve@x.org\",\"password\":\"aaaaaaaaaaaaa\"}",
         "five of them different"},
        {"PUT", "/operators/me/password", "{\"new_password\":\"seven seas roll\"}",
         "password: missing"},
        {"PUT", "/operators/me/password",
         "{\"password\":\"four winds blow\",\"new_password\":\"short\"}", "new_password: 12 to"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(call(rig, rows[i].method, rows[i].path, rows[i].body), 400);
        assert_true(client_got(&rig->client, rows[i].why));
    }
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200);
}

static void only_operators_may(void **state)
{
    struct rig *rig = *state;
    rig->access[0] = '\0';
    assert_int_equal(call(rig, "GET", "/operators", NULL), 401);
    assert_int_equal(call(rig, "POST", "/operators", NULL), 401);
    assert_int_equal(call(rig, "DELETE", "/operators/1", NULL), 401);
    assert_int_equal(call(rig, "PUT", "/operators/me/password", NULL), 401);
}

static void a_new_password_ends_the_other_sign_ins(void **state)
{
    static const char change[] =
        "{\"password\":\"four winds blow\",\"new_password\":\"seven seas roll\"}";
    struct rig *rig = *state;
    char elsewhere[64], mine[64], access[1024], old[1024];
    memcpy(elsewhere, rig->refresh, sizeof elsewhere);
    memcpy(old, rig->access, sizeof old);
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200);
    memcpy(mine, rig->refresh, sizeof mine);

    assert_int_equal(call(rig, "PUT", "/operators/me/password",
                          "{\"password\":\"not the one\",\"new_password\":\"seven seas roll\"}"),
                     403);
    assert_true(client_got(&rig->client, "wrong_credentials"));
    assert_int_equal(call(rig, "PUT", "/operators/me/password", change), 200);
    read_member(rig, "access_token", access, sizeof access);
    read_member(rig, "refresh_token", rig->refresh, sizeof rig->refresh);
    assert_int_equal(refresh(rig, elsewhere), 401);
    assert_int_equal(refresh(rig, mine), 401);
    assert_int_equal(refresh(rig, rig->refresh), 200);
    assert_int_equal(client_ask(&rig->client, "GET", "/me", access, NULL), 200);
    assert_int_equal(client_ask(&rig->client, "GET", "/me", old, NULL), 401);
    assert_int_equal(sign_in(rig, "ada@example.org", first), 401);
    assert_int_equal(sign_in(rig, "ada@example.org", "seven seas roll"), 200);
}

/* Whoever has an access token does not find the password out with it. */
static void guesses_of_the_own_password_lock_out(void **state)
{
    struct rig *rig = *state;
    static const char guess[] = "{\"password\":\"guess\",\"new_password\":\"seven seas roll\"}";
    for (int i = 0; i < LOCKOUT_FREE; i++)
        assert_int_equal(call(rig, "PUT", "/operators/me/password", guess), 403);
    assert_int_equal(call(rig, "PUT", "/operators/me/password", guess), 429);
    assert_true(client_got(&rig->client, "Retry-After: 1\r\n"));
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200); /* he is not kept out by that */
}

static void a_removed_operator_is_out(void **state)
{
    struct rig *rig = *state;
    char access[1024], of_eve[64], access_of_eve[1024];
    memcpy(access, rig->access, sizeof access);
    assert_int_equal(call(rig, "POST", "/operators", eve), 201);
    assert_int_equal(sign_in(rig, "eve@example.org", "seven seas roll"), 200);
    memcpy(of_eve, rig->refresh, sizeof of_eve);
    memcpy(access_of_eve, rig->access, sizeof access_of_eve);
    assert_int_equal(client_ask(&rig->client, "GET", "/operators", access_of_eve, NULL), 200);
    memcpy(rig->access, access, sizeof access);
    assert_int_equal(call(rig, "DELETE", "/operators/x", NULL), 404);
    assert_int_equal(call(rig, "DELETE", "/operators/77", NULL), 404);
    assert_int_equal(call(rig, "DELETE", "/operators/2", NULL), 204);
    assert_int_equal(refresh(rig, of_eve), 401);
    assert_int_equal(client_ask(&rig->client, "GET", "/operators", access_of_eve, NULL), 401);
    assert_int_equal(call(rig, "DELETE", "/operators/2", NULL), 404);
    assert_int_equal(sign_in(rig, "eve@example.org", "seven seas roll"), 401);
}

static void the_last_operator_stays(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(call(rig, "DELETE", "/operators/1", NULL), 409);
    assert_true(client_got(&rig->client, "\"last_operator\""));
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200);
}

static void a_registry_that_fails_is_said(void **state)
{
    static const struct {
        enum registry_op op;
        const char *method, *path, *body;
    } rows[] = {
        {REGISTRY_OPERATOR_LIST, "GET", "/operators", NULL},
        {REGISTRY_OPERATOR_ADD, "POST", "/operators", eve},
        {REGISTRY_OPERATOR_REMOVE, "DELETE", "/operators/1", NULL},
        {REGISTRY_OPERATOR_BY_ID, "PUT", "/operators/me/password",
         "{\"password\":\"four winds blow\",\"new_password\":\"seven seas roll\"}"},
        {REGISTRY_OPERATOR_SECRET, "PUT", "/operators/me/password",
         "{\"password\":\"four winds blow\",\"new_password\":\"seven seas roll\"}"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig->fail[rows[i].op] = ROOST_ERR_FULL;
        assert_int_equal(call(rig, rows[i].method, rows[i].path, rows[i].body), 503);
        assert_true(client_got(&rig->client, "Retry-After: 5\r\n"));
        rig->fail[rows[i].op] = 0;
    }
    assert_int_equal(sign_in(rig, "ada@example.org", first), 200);
    /* Changed, but without a sign-in: the answer says what to do. */
    rig->fail[REGISTRY_TOKEN_ADD] = ROOST_ERR_FULL;
    assert_int_equal(call(rig, rows[4].method, rows[4].path, rows[4].body), 503);
    assert_true(client_got(&rig->client, "the password is changed"));
    rig->fail[REGISTRY_TOKEN_ADD] = 0;
    assert_int_equal(sign_in(rig, "ada@example.org", "seven seas roll"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operators_make_and_see_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_body_is_refused_by_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_operators_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_password_ends_the_other_sign_ins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(guesses_of_the_own_password_lock_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_removed_operator_is_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_operator_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_registry_that_fails_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
