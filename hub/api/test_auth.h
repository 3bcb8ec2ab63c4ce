/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the sign-in stand on: a server with its routes, one operator, and a client. */
#ifndef ROOST_HUB_API_TEST_AUTH_H
#define ROOST_HUB_API_TEST_AUTH_H

#include "hub/api/test_web.h"

#include <argon2.h>

#include "hub/api/auth.h"
#include "hub/api/token.h"

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

static inline void hello(void *ctx, const struct http_request *request,
                         struct http_exchange *exchange)
{
    (void)ctx;
    (void)request;
    http_answer(exchange, 200, "text/plain", "hello", 5);
}

/* An operator whose password is checked at once: the hash says how much work it is. */
static inline void add_operator(struct rig *rig, const char *email, const char *password)
{
    struct registry_operator op = {.role = "operator"};
    snprintf(op.email, sizeof op.email, "%s", email);
    assert_int_equal(argon2id_hash_encoded(1, 8, 1, password, strlen(password), "salt of a test",
                                           14, 32, op.password_hash, sizeof op.password_hash),
                     ARGON2_OK);
    assert_int_equal(test_operator_add(&rig->web->rows, &op), 0);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
    struct rig *rig = *state;
    client_close(&rig->client);
    worker_close(rig->hasher, false);
    auth_free(rig->auth);
    web_free(rig->web);
    free(rig);
    return 0;
}

static inline int post(struct rig *rig, const char *path, const char *body)
{
    return client_ask(&rig->client, "POST", path, NULL, body);
}

static inline double signed_in(struct rig *rig, const char *labels)
{
    return web_counted(rig->web, "roost_sign_in_total", labels);
}

/* A member of the last answer, which is a string. */
static inline void read_member(struct rig *rig, const char *key, char *out, size_t size)
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
static inline void sign_in(struct rig *rig, char *body, size_t size)
{
    char refresh[64];
    assert_int_equal(post(rig, "/login", good), 200);
    read_member(rig, "refresh_token", refresh, sizeof refresh);
    snprintf(body, size, "{\"refresh_token\":\"%s\"}", refresh);
}

/* Keeps a worker's thread until the gate is opened. */
struct blocker {
    struct worker_job job; /* first */
    uv_sem_t gate;
    bool over;
};

static inline void block(struct worker_job *job, size_t thread)
{
    (void)thread;
    uv_sem_wait(&((struct blocker *)job)->gate);
}

static inline void unblocked(struct worker_job *job, int err)
{
    assert_int_equal(err, 0);
    ((struct blocker *)job)->over = true;
}

static inline void block_worker(struct blocker *blocker, struct worker *worker)
{
    *blocker = (struct blocker){.job = {.run = block, .done = unblocked}};
    uv_sem_init(&blocker->gate, 0);
    assert_int_equal(worker_push(worker, &blocker->job), 0);
}

static inline void unblock_worker(struct blocker *blocker, struct web *web)
{
    uv_sem_post(&blocker->gate);
    while (!blocker->over)
        web_turn(web);
    uv_sem_destroy(&blocker->gate);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
