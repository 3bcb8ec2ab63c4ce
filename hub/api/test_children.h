/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of children and claims stand on: the whole API over the real registry, which fails
 * on demand, an operator who is signed in, and a log that is searched for names at the end.
 */
#ifndef ROOST_HUB_API_TEST_CHILDREN_H
#define ROOST_HUB_API_TEST_CHILDREN_H

#include "hub/api/test_web.h"

#include "host/log.h"
#include "hub/api/api_internal.h"
#include "hub/api/auth_internal.h"
#include "hub/api/profile.h"
#include "hub/factory/seal.h"
#include "hub/store/registry_sqlite.h"

#define MARKER "Zaynab\u0627" /* the name of every child that the tests make */

enum { OPERATOR = 42, LOG_MAX = 1 << 20 };

static const char jwt_secret[] = "only-for-this-test-0123456789abcdef";
static const uint8_t registry_key[SEAL_KEY_BYTES] = "a key for the registry of a test";
static const char session[] = "0b1c2d3e-0000-4000-8000-000000000000";

struct rig {
    struct web *web;
    struct registry real, registry;
    int fail[REGISTRY_OP_COUNT]; /* what the requests are answered with instead of done */
    int refuse;                  /* what asking returns */
    struct release *release;
    struct events *events;
    struct api *api;
    struct client client;
    char *token; /* the operator's */
    uint8_t name_key[SEAL_KEY_BYTES];
    size_t changes;
    char changed[64]; /* the last child that somebody was told of */
    char *log;
    size_t log_len;
};

/* ---- the registry ---- */

struct failing {
    registry_done_fn done;
    void *arg;
    int err;
};

static inline void fail_later(void *arg, int err, const struct registry_answer *answer)
{
    static const struct registry_answer nothing;
    struct failing *failing = arg;
    (void)answer;
    failing->done(failing->arg, err ? err : failing->err, &nothing);
    free(failing);
}

static inline int rig_ask(void *ctx, const struct registry_request *request, registry_done_fn done,
                          void *arg)
{
    static const struct registry_request ping = {.op = REGISTRY_PING};
    struct rig *rig = ctx;
    if (rig->refuse)
        return rig->refuse;
    if (!rig->fail[request->op])
        return rig->real.ops->ask(rig->real.ctx, request, done, arg);
    struct failing *failing = malloc(sizeof *failing);
    assert_non_null(failing);
    *failing = (struct failing){done, arg, rig->fail[request->op]};
    return rig->real.ops->ask(rig->real.ctx, &ping, fail_later, failing);
}

static inline void rig_wait(void *ctx)
{
    struct rig *rig = ctx;
    rig->real.ops->wait(rig->real.ctx);
}

static const struct registry_ops rig_ops = {.ask = rig_ask, .wait = rig_wait};

static inline void rig_note(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

/* Past the API. */
static inline int rig_put(struct rig *rig, const struct registry_request *request)
{
    int err = 1;
    assert_int_equal(rig->real.ops->ask(rig->real.ctx, request, rig_note, &err), 0);
    rig->real.ops->wait(rig->real.ctx);
    return err;
}

/* ---- the rig ---- */

static inline void rig_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    struct rig *rig = ctx;
    (void)level;
    assert_true(rig->log_len + len < LOG_MAX);
    memcpy(rig->log + rig->log_len, line, len);
    rig->log_len += len;
}

static inline void rig_changed(void *ctx, const char *child_id)
{
    struct rig *rig = ctx;
    rig->changes++;
    snprintf(rig->changed, sizeof rig->changed, "%s", child_id);
}

static inline int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    size_t count;
    assert_non_null(rig);
    *state = rig;
    rig->log = calloc(1, LOG_MAX);
    assert_non_null(rig->log);
    host_log_init(ROOST_LOG_DEBUG, rig_log, rig);
    struct web *web = rig->web = web_new();
    web->unix_ms = INT64_C(1781524800000); /* 2026-06-15T12:00:00Z */
    assert_int_equal(registry_sqlite_open(&rig->real, &web->loop, ":memory:", NULL, 0), 0);
    rig->registry = (struct registry){&rig_ops, rig};
    rig->release = release_new(&web->loop, "", web->metrics);
    rig->events = events_new(&web->loop, web->metrics);
    seal_key(rig->name_key, "a secret for the names of a test", PROFILE_KEY_PURPOSE);
    rig->api = api_new(&(struct api_parts){
        .loop = &web->loop,
        .jwt_secret = jwt_secret,
        .registry = &rig->registry,
        .clock = &web->clock,
        .events = rig->events,
        .release = rig->release,
        .public_origin =
            {.host = "hub.example", .port = 8443, .tls = true, .ntp_servers = "", .version = "0"},
        .factory = {.registry_key = registry_key},
        .children = {.name_key = rig->name_key, .changed = rig_changed, .ctx = rig},
        .metrics = web->metrics,
    });
    assert_non_null(rig->api);
    const struct http_route *routes = api_routes(rig->api, &count);
    const struct http_guard guard = api_guard(rig->api);
    http_server_guard(web->server, &guard);
    assert_int_equal(http_server_add(web->server, routes, count), 0);
    assert_int_equal(http_server_listen(web->server), 0);
    sign_ins_put(rig->api->auth->sign_ins, session);
    struct http_identity identity = {.id = OPERATOR, .role = HTTP_ROLE_OPERATOR};
    strcpy(identity.session, session);
    rig->token = token_access_new(jwt_secret, &identity, web->unix_ms / 1000);
    assert_non_null(rig->token);
    client_open(web, &rig->client);
    return 0;
}

static inline int tear_down(void **state)
{
    struct rig *rig = *state;
    assert_null(strstr(rig->log, MARKER)); /* whatever was done: no name in the log */
    client_close(&rig->client);
    events_close(rig->events);
    rig->real.ops->close(rig->real.ctx);
    api_free(rig->api);
    release_free(rig->release);
    web_free(rig->web);
    host_log_init(ROOST_LOG_INFO, NULL, NULL);
    free(rig->log);
    free(rig->token);
    free(rig);
    return 0;
}

/* As the operator, with the limits of an address out of the way. */
static inline int call(struct rig *rig, const char *method, const char *path, const char *body)
{
    rig->web->now_ms += 1000;
    return client_ask(&rig->client, method, path, rig->token, body);
}

#define EXPECT(rig, status, text, ...)                                                             \
    do {                                                                                           \
        assert_int_equal(call(rig, __VA_ARGS__), status);                                          \
        if (!client_got(&(rig)->client, text))                                                     \
            fail_msg("no %s in: %s", text, (rig)->client.in);                                      \
    } while (0)

static const char layla[] = "{\"child_id\":\"c-1\",\"name\":\"" MARKER "\","
                            "\"birth_month\":\"2019-07\",\"language\":\"ar\"}";

static inline void add_child(struct rig *rig)
{
    assert_int_equal(call(rig, "POST", "/api/v1/children", layla), 201);
}

/* However the registry fails, the answer says so: 503 with a time to come again where that helps.
 */
static inline void expect_failures(struct rig *rig, enum registry_op op, const char *method,
                                   const char *path, const char *body)
{
    static const struct {
        int err, status;
        const char *code;
    } rows[] = {
        {ROOST_ERR_BUSY, 503, "\"busy\""},
        {ROOST_ERR_NO_SPACE, 503, "\"no_space\""},
        {ROOST_ERR_CLOSED, 503, "\"closed\""},
        {ROOST_ERR_IO, 500, "\"io\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig->fail[op] = rows[i].err;
        EXPECT(rig, rows[i].status, rows[i].code, method, path, body);
        assert_int_equal(client_got(&rig->client, "Retry-After: 5\r\n"), rows[i].status == 503);
    }
    rig->fail[op] = 0;
    rig->refuse = ROOST_ERR_FULL; /* too many ask: the same as a database that is locked */
    EXPECT(rig, 503, "\"busy\"", method, path, body);
    rig->refuse = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
