/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"

/* ---- handlers ---- */

static void hello(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;
    const char *say = http_query(request, "say");
    char text[256];

    f->called++;
    int n = snprintf(text, sizeof text, "hello %s%s", http_param(request, "name"), say ? say : "");
    http_answer(ex, 200, "text/plain", text, (size_t)n);
}

static void echo(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;

    f->called++;
    http_answer(ex, 200, "application/octet-stream", request->body, request->body_len);
}

static void later(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;

    (void)request;
    f->later[f->later_count++] = ex;
    f->called++;
}

static void go(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;
    char text[32];

    (void)request;
    int n = snprintf(text, sizeof text, "went %zu", f->later_count);
    for (size_t i = 0; i < f->later_count; i++) {
        f->gone += !http_exchange_alive(f->later[i]);
        http_answer(f->later[i], 200, "text/plain", "now", 3);
    }
    f->later_count = 0;
    http_answer(ex, 200, "text/plain", text, (size_t)n);
}

static void never(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;

    (void)request;
    f->never[f->never_count++] = ex;
    f->called++;
}

static void big(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;
    int64_t bytes = 0;

    f->called++;
    if (http_query_int(request, "bytes", 0, 1 << 28, &bytes) < 0) {
        http_fail(ex, 422, "bytes", "bytes: 0 to 268435456");
        return;
    }
    char *body = malloc((size_t)bytes + 1);
    memset(body, 'x', (size_t)bytes);
    http_answer_take(ex, 200, "text/plain", body, (size_t)bytes);
}

static void cached(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    (void)ctx;
    (void)request;
    http_answer_cached(ex, "application/json", "{\"a\":1}", 7, "public, max-age=600");
}

static void stream_closed(void *ctx, struct http_stream *stream)
{
    struct rig *f = ctx;

    for (size_t i = 0; i < f->stream_count; i++)
        if (f->streams[i] == stream)
            f->streams[i--] = f->streams[--f->stream_count];
    f->streams_closed++;
}

static void stream(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;

    (void)request;
    f->called++;
    struct http_stream *opened = http_stream_open(ex, stream_closed, f);
    if (!opened)
        return;
    f->streams[f->stream_count++] = opened;
    http_stream_send(opened, "open", "1", "line one\nline two", 17);
}

static void send_note(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;
    char text[32];
    int taken = 0;

    for (size_t i = 0; i < f->stream_count; i++)
        taken +=
            http_stream_send(f->streams[i], "note", NULL, request->body, request->body_len) == 0;
    int n = snprintf(text, sizeof text, "%d", taken);
    http_answer(ex, 200, "text/plain", text, (size_t)n);
}

static void expose(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct rig *f = ctx;
    size_t len;
    char *text = metrics_expose(f->metrics, &len);

    (void)request;
    http_answer_take(ex, 200, "text/plain; version=0.0.4", text, len);
}

static int check(void *ctx, const struct http_request *request, struct http_exchange *ex,
                 struct http_identity *identity)
{
    (void)ctx;
    identity->id = 7;
    if (request->route->role == HTTP_ROLE_ANYONE)
        return 0;
    http_fail(ex, 401, "auth", NULL);
    return ROOST_ERR_AUTH;
}

/* ---- the server's thread ---- */

static void on_stopped(void *ctx)
{
    struct rig *f = ctx;

    uv_close((uv_handle_t *)&f->stop, NULL);
}

static void on_stop(uv_async_t *async)
{
    struct rig *f = async->data;

    http_server_stop(f->server, 2000, on_stopped, f);
}

static void run(void *arg)
{
    struct rig *f = arg;
    const struct http_route routes[] = {
        {.method = HTTP_GET, .path = "/hello/{name}", .handler = hello, .ctx = f},
        {.method = HTTP_POST, .path = "/echo", .handler = echo, .ctx = f},
        {.method = HTTP_POST,
         .path = "/echo/large",
         .handler = echo,
         .ctx = f,
         .body_max = 1 << 20},
        {.method = HTTP_GET, .path = "/later", .handler = later, .ctx = f},
        {.method = HTTP_GET, .path = "/go", .handler = go, .ctx = f},
        {.method = HTTP_GET, .path = "/never", .handler = never, .ctx = f},
        {.method = HTTP_GET, .path = "/big", .handler = big, .ctx = f},
        {.method = HTTP_GET, .path = "/cached", .handler = cached, .ctx = f},
        {.method = HTTP_GET, .path = "/stream", .handler = stream, .ctx = f},
        {.method = HTTP_POST, .path = "/send", .handler = send_note, .ctx = f, .body_max = 1 << 20},
        {.method = HTTP_POST,
         .path = "/secret",
         .role = HTTP_ROLE_OPERATOR,
         .handler = echo,
         .ctx = f},
        {.method = HTTP_GET, .path = "/metrics", .handler = expose, .ctx = f},
    };
    const struct http_guard guard = {.check = check, .ctx = f};

    http_server_guard(f->server, &guard);
    if (http_server_add(f->server, routes, sizeof routes / sizeof routes[0]) != 0 ||
        http_server_add(f->server, f->routes, f->route_count) != 0 ||
        http_server_listen(f->server) != 0)
        abort();
    f->port = http_server_port(f->server);
    uv_sem_post(&f->ready);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < f->never_count; i++) /* into nothing */
        http_answer(f->never[i], 200, NULL, NULL, 0);
    http_server_free(f->server);
    metrics_free(f->metrics);
    if (uv_loop_close(&f->loop) != 0)
        abort();
    uv_sem_post(&f->stopped);
}

void rig_init(struct rig *f)
{
    signal(SIGPIPE, SIG_IGN); /* as every program with a transport */
    memset(f, 0, sizeof *f);
    http_config_init(&f->config);
    f->config.port = 0;
    f->config.request_timeout_s = 1;
    f->config.answer_timeout_s = 1;
    f->config.idle_timeout_s = 5;
}

void rig_start(struct rig *f)
{
    f->metrics = metrics_new();
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(http_server_new(&f->server, &f->loop, &f->config, f->metrics), 0);
    uv_async_init(&f->loop, &f->stop, on_stop);
    f->stop.data = f;
    uv_sem_init(&f->ready, 0);
    uv_sem_init(&f->stopped, 0);
    assert_int_equal(uv_thread_create(&f->thread, run, f), 0);
    uv_sem_wait(&f->ready);
}

void rig_stop(struct rig *f)
{
    uv_async_send(&f->stop);
}

void rig_join(struct rig *f)
{
    uv_thread_join(&f->thread);
    uv_sem_destroy(&f->ready);
    uv_sem_destroy(&f->stopped);
}

int rig_tear_down(void **state)
{
    rig_stop(*state);
    rig_join(*state);
    return 0;
}

/* ---- sockets ---- */

int rig_connect(const struct rig *f)
{
    return rig_connect_from(f, "127.0.0.1");
}

int rig_connect_from(const struct rig *f, const char *from)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(f->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval wait = {.tv_sec = RIG_WAIT_S};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(inet_pton(AF_INET, from, &own.sin_addr), 1);
    assert_int_equal(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void send_bytes(int fd, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, (const char *)bytes + done, len - done, MSG_NOSIGNAL);
        if (n <= 0)
            fail_msg("send: %s", strerror(errno));
        done += (size_t)n;
    }
}

void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

void read_bytes(int fd, void *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = recv(fd, (char *)out + done, len - done, 0);
        if (n <= 0)
            fail_msg("the connection ended after %zu of %zu bytes: %s", done, len,
                     n < 0 ? strerror(errno) : "closed");
        done += (size_t)n;
    }
}

size_t read_to_end(int fd, char *out, size_t size)
{
    size_t len = 0;

    for (;;) {
        char rest[4096];
        ssize_t n = len < size - 1 ? recv(fd, out + len, size - 1 - len, 0)
                                   : recv(fd, rest, sizeof rest, 0);
        if (n < 0 && errno != ECONNRESET)
            fail_msg("not closed: %s", strerror(errno));
        if (n <= 0)
            break;
        if (len < size - 1)
            len += (size_t)n;
    }
    out[len] = '\0';
    return len;
}

const char *answer_header(const struct answer *answer, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);

    for (const char *line = answer->head; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *start = line + len + 1 + strspn(line + len + 1, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(start, "\r"), start);
            return value;
        }
    }
    return NULL;
}

void read_answer(int fd, struct answer *answer, bool head_only)
{
    size_t len = 0;

    while (len < 4 || memcmp(answer->head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof answer->head - 1);
        read_bytes(fd, answer->head + len++, 1);
    }
    answer->head[len] = '\0';
    assert_memory_equal(answer->head, "HTTP/1.1 ", 9);
    answer->status = (int)strtol(answer->head + 9, NULL, 10);
    const char *length = answer_header(answer, "Content-Length");
    answer->len = length && !head_only ? strtoul(length, NULL, 10) : 0;
    answer->body = malloc(answer->len + 1);
    read_bytes(fd, answer->body, answer->len);
    answer->body[answer->len] = '\0';
}

void answer_free(struct answer *answer)
{
    free(answer->body);
}

int ask(int fd, const char *text, struct answer *answer)
{
    struct answer own = {0};
    struct answer *got = answer ? answer : &own;

    send_text(fd, text);
    read_answer(fd, got, strncmp(text, "HEAD ", 5) == 0);
    int status = got->status;
    if (!answer)
        answer_free(&own);
    return status;
}

int ask_once(const struct rig *f, const char *text, struct answer *answer)
{
    int fd = rig_connect(f);
    int status = ask(fd, text, answer);

    close(fd);
    return status;
}

double metric_of(const struct rig *f, const char *line)
{
    struct answer answer;
    double value = 0;
    size_t len = strlen(line);

    assert_int_equal(ask_once(f, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 200);
    for (const char *at = answer.body; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, len) == 0) {
            value = strtod(at + len, NULL);
            break;
        }
    }
    answer_free(&answer);
    return value;
}

void wait_metric(const struct rig *f, const char *line, double value)
{
    uint64_t until = uv_hrtime() + RIG_WAIT_S * 1000000000ull;

    while (metric_of(f, line) < value)
        if (uv_hrtime() > until)
            fail_msg("%s stays below %g", line, value);
}
