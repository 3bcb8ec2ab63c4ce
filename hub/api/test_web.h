/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of hub/api stand on: the real HTTP server and clients of it on one loop, so that a
 * test sees everything between two turns; a clock set by hand; a registry in memory whose calls
 * fail on demand.
 *
 *     struct web *web = web_new();
 *     http_server_add(web->server, routes, count);
 *     http_server_listen(web->server);
 *     client_open(web, &client);
 *     assert_int_equal(client_ask(&client, "GET", "/me", NULL, NULL), 200);
 */
#ifndef ROOST_HUB_API_TEST_WEB_H
#define ROOST_HUB_API_TEST_WEB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "core/err.h"
#include "host/metrics.h"
#include "host/net/http_server.h"
#include "hub/service.h"
#include "hub/store/registry_job.h"

enum { WEB_ROWS = 64, WEB_WAIT_S = 240, CLIENT_MAX = 1 << 20 };

/* ---- registry ---- */

/* Answers from the loop, in order; `held` keeps it from answering. */
struct test_registry {
    struct registry_operator operators[WEB_ROWS];
    struct registry_token tokens[WEB_ROWS];
    size_t operator_count, token_count;
    int fail[REGISTRY_OP_COUNT]; /* what the requests are answered with instead of done */
    int refuse;                  /* what asking returns */
    bool held;
    struct registry_jobs jobs;
    uv_timer_t timer;
};

static inline const struct registry_operator *test_operator(const struct test_registry *r,
                                                            const struct registry_request *request)
{
    for (size_t i = 0; i < r->operator_count; i++)
        if (request->op == REGISTRY_OPERATOR_BY_ID
                ? r->operators[i].id == request->number
                : strcasecmp(r->operators[i].email, request->key) == 0)
            return &r->operators[i];
    return NULL;
}

static inline int test_operator_add(struct test_registry *r, const struct registry_operator *op)
{
    struct registry_request who = {.op = REGISTRY_OPERATOR_GET, .key = op->email};
    if (test_operator(r, &who))
        return ROOST_ERR_EXISTS;
    struct registry_operator *added = &r->operators[r->operator_count++];
    *added = *op;
    added->id = (int64_t)r->operator_count;
    return 0;
}

static inline struct registry_token *test_token(struct test_registry *r, const char *hash_hex)
{
    for (size_t i = 0; i < r->token_count; i++)
        if (strcmp(r->tokens[i].hash_hex, hash_hex) == 0)
            return &r->tokens[i];
    return NULL;
}

/* As the registry does it, times of use rise within a family. */
static inline int test_token_use(struct test_registry *r, const char *hash_hex, int64_t unix_ms)
{
    struct registry_token *token = test_token(r, hash_hex);
    int64_t last_ms = 0;
    if (!token)
        return ROOST_ERR_NOT_FOUND;
    for (size_t i = 0; i < r->token_count; i++)
        if (strcmp(r->tokens[i].family, token->family) == 0 && r->tokens[i].used_ms > last_ms)
            last_ms = r->tokens[i].used_ms;
    if (token->used_ms == 0)
        token->used_ms = unix_ms > last_ms ? unix_ms : last_ms + 1;
    else if (token->used_ms < last_ms || llabs(unix_ms - token->used_ms) > REGISTRY_TOKEN_GRACE_MS)
        return ROOST_ERR_EXISTS;
    return 0;
}

static inline int test_token_families(struct test_registry *r, struct registry_job *job)
{
    struct registry_token *rows = registry_job_rows(job, WEB_ROWS, sizeof *rows);
    size_t count = 0;
    assert_non_null(rows);
    for (size_t i = 0; i < r->token_count; i++) {
        bool there = r->tokens[i].expires_ms <= job->request.number;
        for (size_t k = 0; k < count; k++)
            there |= strcmp(rows[k].family, r->tokens[i].family) == 0;
        if (!there)
            rows[count++] = r->tokens[i];
    }
    job->answer.token = rows;
    job->answer.count = count;
    return 0;
}

static inline void test_token_purge(struct test_registry *r, int64_t before_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->token_count; i++)
        if (r->tokens[i].expires_ms >= before_ms)
            r->tokens[kept++] = r->tokens[i];
    r->token_count = kept;
}

static inline void test_token_end_family(struct test_registry *r, const char *family)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->token_count; i++)
        if (strcmp(r->tokens[i].family, family) != 0)
            r->tokens[kept++] = r->tokens[i];
    r->token_count = kept;
}

static inline int test_registry_do(struct test_registry *r, struct registry_job *job)
{
    const struct registry_request *request = &job->request;
    if (r->fail[request->op] != 0)
        return r->fail[request->op];
    switch (request->op) {
    case REGISTRY_OPERATOR_GET:
    case REGISTRY_OPERATOR_BY_ID:
        job->answer.person = test_operator(r, request);
        return job->answer.person ? 0 : ROOST_ERR_NOT_FOUND;
    case REGISTRY_OPERATOR_ADD:
        return test_operator_add(r, request->person);
    case REGISTRY_TOKEN_ADD:
        r->tokens[r->token_count++] = *request->token;
        return 0;
    case REGISTRY_TOKEN_GET:
        job->answer.token = test_token(r, request->key);
        return job->answer.token ? 0 : ROOST_ERR_NOT_FOUND;
    case REGISTRY_TOKEN_USE:
        return test_token_use(r, request->key, request->number);
    case REGISTRY_TOKEN_FAMILIES:
        return test_token_families(r, job);
    case REGISTRY_TOKEN_PURGE:
        test_token_purge(r, request->number);
        return 0;
    case REGISTRY_TOKEN_END_FAMILY:
        test_token_end_family(r, request->key);
        return 0;
    default:
        return ROOST_ERR_UNSUPPORTED;
    }
}

static inline void test_registry_wait(void *ctx)
{
    struct test_registry *r = ctx;
    struct registry_job *job;
    while (!r->held && (job = registry_jobs_take(&r->jobs)))
        registry_job_answer(job, test_registry_do(r, job));
}

static inline void test_registry_turn(uv_timer_t *timer)
{
    test_registry_wait(timer->data);
}

static inline int test_registry_ask(void *ctx, const struct registry_request *request,
                                    registry_done_fn done, void *arg)
{
    struct test_registry *r = ctx;
    struct registry_job *job;
    if (r->refuse != 0)
        return r->refuse;
    int err = registry_job_new(&job, request, done, arg);
    if (err != 0)
        return err;
    registry_jobs_append(&r->jobs, job);
    uv_timer_start(&r->timer, test_registry_turn, 0, 0);
    return 0;
}

static inline void test_registry_release(struct test_registry *r)
{
    r->held = false;
    uv_timer_start(&r->timer, test_registry_turn, 0, 0);
}

static const struct registry_ops test_registry_ops = {
    .ask = test_registry_ask,
    .wait = test_registry_wait,
};

/* ---- loop, clock, server ---- */

struct web {
    uv_loop_t loop;
    struct metrics *metrics;
    struct http_server *server;
    struct host_clock clock;
    uint64_t now_ms;
    int64_t unix_ms;
    struct test_registry rows;
    struct registry registry;
    bool stopped;
};

static inline uint64_t web_now(void *ctx)
{
    return ((struct web *)ctx)->now_ms;
}

static inline int64_t web_unix(void *ctx)
{
    return ((struct web *)ctx)->unix_ms;
}

static inline void web_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (uint8_t *byte = out; len > 0; len--)
        *byte++ = (uint8_t)rand();
}

static const struct host_clock_ops web_clock_ops = {
    .now_ms = web_now, .unix_ms = web_unix, .random = web_random};

static inline struct web *web_new(void)
{
    struct web *web = calloc(1, sizeof *web);
    struct http_config config;
    assert_non_null(web);
    signal(SIGPIPE, SIG_IGN); /* as every program with a transport */
    alarm(WEB_WAIT_S);        /* nothing here waits for ever */
    web->now_ms = 1000;
    web->unix_ms = INT64_C(1800000000000);
    web->clock = (struct host_clock){.ops = &web_clock_ops, .ctx = web};
    web->registry = (struct registry){.ops = &test_registry_ops, .ctx = &web->rows};
    web->metrics = metrics_new();
    assert_int_equal(uv_loop_init(&web->loop), 0);
    uv_timer_init(&web->loop, &web->rows.timer);
    web->rows.timer.data = &web->rows;
    http_config_init(&config);
    config.port = 0;
    config.trusted_proxies = "127.0.0.99";
    assert_int_equal(http_server_new(&web->server, &web->loop, &config, web->metrics), 0);
    return web;
}

static inline void web_turn(struct web *web)
{
    assert_true(uv_run(&web->loop, UV_RUN_ONCE) != 0);
}

static inline void web_on_stopped(void *ctx)
{
    ((struct web *)ctx)->stopped = true;
}

/* Stops the server and lets the loop run dry; what stands on the loop has been closed before. */
static inline void web_free(struct web *web)
{
    http_server_stop(web->server, 0, web_on_stopped, web);
    uv_close((uv_handle_t *)&web->rows.timer, NULL);
    uv_run(&web->loop, UV_RUN_DEFAULT);
    assert_true(web->stopped);
    http_server_free(web->server);
    metrics_free(web->metrics);
    assert_int_equal(uv_loop_close(&web->loop), 0);
    free(web);
    alarm(0);
}

static inline double web_counted(struct web *web, const char *name, const char *labels)
{
    return metric_value(metrics_counter(web->metrics, name, "", labels));
}

static inline double web_gauge(struct web *web, const char *name)
{
    return metric_value(metrics_gauge(web->metrics, name, "", NULL));
}

/* ---- client ---- */

struct client {
    struct web *web;
    uv_tcp_t tcp;
    uv_connect_t connect;
    bool connected, ended, closed;
    const char *headers; /* sent with each request: "Name: value\r\n", or NULL */
    char *in;            /* what came since client_send, NUL-terminated */
    size_t len;
};

static inline void client_on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    struct client *client = handle->data;
    (void)size;
    *buf = uv_buf_init(client->in + client->len, (unsigned)(CLIENT_MAX - client->len));
}

static inline void client_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *client = stream->data;
    (void)buf;
    if (n < 0) {
        client->ended = true;
        uv_read_stop(stream);
        return;
    }
    client->len += (size_t)n;
    client->in[client->len] = '\0';
}

static inline void client_on_connect(uv_connect_t *connect, int status)
{
    struct client *client = connect->data;
    assert_int_equal(status, 0);
    client->connected = true;
    uv_read_start((uv_stream_t *)&client->tcp, client_on_alloc, client_on_read);
}

/* From an address of 127.0.0.0/8, all of which are this machine's. */
static inline void client_open_from(struct web *web, struct client *client, const char *from)
{
    struct sockaddr_in address, own;
    *client = (struct client){.web = web, .in = calloc(1, CLIENT_MAX + 1)};
    assert_non_null(client->in);
    uv_ip4_addr("127.0.0.1", http_server_port(web->server), &address);
    uv_tcp_init(&web->loop, &client->tcp);
    client->tcp.data = client->connect.data = client;
    uv_ip4_addr(from, 0, &own);
    assert_int_equal(uv_tcp_bind(&client->tcp, (const struct sockaddr *)&own, 0), 0);
    assert_int_equal(uv_tcp_connect(&client->connect, &client->tcp,
                                    (const struct sockaddr *)&address, client_on_connect),
                     0);
    while (!client->connected)
        web_turn(web);
}

static inline void client_open(struct web *web, struct client *client)
{
    client_open_from(web, client, "127.0.0.1");
}

static inline void client_on_close(uv_handle_t *handle)
{
    ((struct client *)handle->data)->closed = true;
}

static inline void client_close(struct client *client)
{
    uv_close((uv_handle_t *)&client->tcp, client_on_close);
    while (!client->closed)
        web_turn(client->web);
    free(client->in);
}

/* Sends a request; token and body may be NULL. Does not wait. */
static inline void client_send(struct client *client, const char *method, const char *path,
                               const char *token, const char *body)
{
    char text[4096];
    int len = snprintf(
        text, sizeof text, "%s %s HTTP/1.1\r\nHost: hub\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
        method, path, client->headers ? client->headers : "", token ? "Authorization: Bearer " : "",
        token ? token : "", token ? "\r\n" : "", body ? strlen(body) : 0, body ? body : "");
    uv_buf_t buf = uv_buf_init(text, (unsigned)len);
    assert_in_range(len, 1, sizeof text - 1);
    client->len = 0;
    client->in[0] = '\0';
    assert_int_equal(uv_try_write((uv_stream_t *)&client->tcp, &buf, 1), len);
}

/* Turns the loop until the text came. */
static inline void client_wait(struct client *client, const char *text)
{
    while (!strstr(client->in, text)) {
        assert_false(client->ended);
        web_turn(client->web);
    }
}

/* Waits for a whole answer; returns its status. */
static inline int client_answer(struct client *client)
{
    static const char length[] = "\r\nContent-Length: ";
    client_wait(client, "\r\n\r\n");
    const char *body = strstr(client->in, "\r\n\r\n") + 4;
    const char *field = strstr(client->in, length);
    size_t wanted = field && field < body ? strtoul(field + strlen(length), NULL, 10) : 0;
    while (client->len < (size_t)(body - client->in) + wanted) {
        assert_false(client->ended);
        web_turn(client->web);
    }
    return (int)strtol(client->in + strlen("HTTP/1.1 "), NULL, 10);
}

static inline int client_ask(struct client *client, const char *method, const char *path,
                             const char *token, const char *body)
{
    client_send(client, method, path, token, body);
    return client_answer(client);
}

/* True when the answer, its head included, holds the text. */
static inline bool client_got(const struct client *client, const char *text)
{
    return strstr(client->in, text) != NULL;
}

#endif
