/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that go away at every byte of every kind of request, in the clear and under TLS: nothing
 * of them stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <poll.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "http_rig.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"
#include "websocket_rig.h"

static struct rig rig;
static struct service service;
static struct http_route routes[sizeof service.routes / sizeof service.routes[0] + 2];
static char folder[SUPPORT_PATH_MAX], cert[SUPPORT_PATH_MAX + 16], key[SUPPORT_PATH_MAX + 16];
static SSL_CTX *client; /* NULL: in the clear */

/* ---- a handler of each kind beside the rig's ---- */

/* Answered when the client leaves, or is told 504: never by itself. */
static void watched_left(void *ctx, struct http_exchange *ex)
{
    (void)ctx;
    http_fail(ex, 503, "left", NULL);
}

static void watched(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    (void)request;
    http_exchange_watch(ex, watched_left, ctx);
}

static void events_closed(void *ctx, struct http_stream *stream)
{
    (void)ctx;
    (void)stream;
}

static void events(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    (void)request;
    struct http_stream *stream = http_stream_open(ex, events_closed, ctx);
    if (stream)
        http_stream_send(stream, "open", NULL, "x", 1);
}

static const struct {
    const char *name, *bytes;
} kinds[] = {
    {"get", "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"head", "HEAD /hello/a HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"post", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789"},
    {"announced", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf"},
    {"chunked", "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5;a=b\r\n01234\r\n0\r\nA: b\r\n\r\n"},
    {"expect", "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
               "Content-Length: 4\r\n\r\n0123"},
    {"upload", "POST /echo/large HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n0123"},
    {"refused", "POST /secret HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n0123"},
    {"no route", "PUT /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n0123"},
    {"later", "GET /watched HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"stream", "GET /events HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"websocket", "GET /ws/1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\n" WEBSOCKET_KEY "\r\n\x81\x84\1\2\3\4ijkl"},
    {"pipelined", "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n"
                  "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n01"
                  "GET /watched HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"file", "GET /file.bin HTTP/1.1\r\nHost: h\r\nRange: bytes=10-99999\r\n\r\n"},
    {"big", "GET /big?bytes=300000 HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"malformed", "GET /hello/a HTTP/1.1\r\nHost : h\r\n\r\n"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- the ways to go ---- */

enum way { CLOSES, RESETS, ENDS, WAYS };

static void go_away(int fd, enum way way)
{
    const struct linger at_once = {.l_onoff = 1};
    char rest[256];

    if (way == RESETS)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (way == ENDS) {
        shutdown(fd, SHUT_WR);
        read_to_end(fd, rest, sizeof rest);
    }
    close(fd);
}

/* ---- one connection, in the clear or under TLS ---- */

static SSL *greet(int fd)
{
    SSL *ssl = SSL_new(client);

    SSL_set_fd(ssl, fd);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

/* Sends the first `len` bytes, and a part of what follows that its record hides under TLS. */
static void send_part(int fd, const char *bytes, size_t len)
{
    if (!client) {
        send_bytes(fd, bytes, len);
        return;
    }
    SSL *ssl = greet(fd);
    assert_int_equal(SSL_write(ssl, bytes, (int)len), len);
    send_bytes(fd, "\x17\x03\x03\x00\x40half", 9);
    SSL_set_quiet_shutdown(ssl, 1);
    SSL_free(ssl);
}

static double gauge(const char *line)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    static char got[256 * 1024];
    size_t len = 0;
    int n;

    if (!client)
        return metric_of(&rig, line);
    int fd = rig_connect(&rig);
    SSL *ssl = greet(fd);
    assert_int_equal(SSL_write(ssl, request, sizeof request - 1), sizeof request - 1);
    while ((n = SSL_read(ssl, got + len, (int)(sizeof got - 1 - len))) > 0)
        len += (size_t)n;
    got[len] = '\0';
    SSL_free(ssl);
    close(fd);
    for (const char *at = got; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, strlen(line)) == 0)
            return strtod(at + strlen(line), NULL);
    }
    return 0;
}

/* The question itself is one exchange of one connection. */
static void wait_nothing_left(void)
{
    static const struct {
        const char *line;
        double rest;
    } gauges[] = {{"roost_http_exchanges ", 1},
                  {"roost_http_connections ", 1},
                  {"roost_http_streams ", 0},
                  {"roost_websocket_open{route=\"/ws/{id}\"} ", 0}};
    uint64_t until = uv_hrtime() + RIG_WAIT_S * 1000000000ull;

    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        double value;
        while ((value = gauge(gauges[i].line)) != gauges[i].rest) {
            if (uv_hrtime() > until)
                fail_msg("%s stays at %g", gauges[i].line, value);
            usleep(20000);
        }
    }
}

/* ---- the rig ---- */

static int start(void)
{
    char path[SUPPORT_PATH_MAX + 16];
    static char bytes[200 * 1024];

    support_make_dir(folder);
    snprintf(path, sizeof path, "%s/file.bin", folder);
    FILE *file = fopen(path, "w");
    if (!file || fwrite(bytes, 1, sizeof bytes, file) != sizeof bytes || fclose(file) != 0)
        return -1;
    rig_init(&rig);
    service_add(&service, &rig);
    memcpy(routes, service.routes, sizeof service.routes);
    routes[rig.route_count] =
        (struct http_route){.method = HTTP_GET, .path = "/watched", .handler = watched};
    routes[rig.route_count + 1] =
        (struct http_route){.method = HTTP_GET, .path = "/events", .handler = events};
    rig.routes = routes;
    rig.route_count += 2;
    rig.config.web_root = folder;
    return 0;
}

static int setup_clear(void **state)
{
    *state = &rig;
    client = NULL;
    if (start() < 0)
        return -1;
    rig_start(&rig);
    return 0;
}

static int setup_tls(void **state)
{
    *state = &rig;
    if (start() < 0)
        return -1;
    support_make_certificates(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    client = SSL_CTX_new(TLS_client_method());
    rig.config.tls_cert = cert;
    rig.config.tls_key = key;
    rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    SSL_CTX_free(client);
    rig_tear_down(state);
    support_remove_dir(folder);
    return 0;
}

/* ---- the tests ---- */

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t len = strlen(kinds[kind].bytes);
        for (size_t cut = 1; cut <= len; cut++) {
            int fd = rig_connect(&rig);
            send_part(fd, kinds[kind].bytes, cut);
            go_away(fd, (enum way)((cut + kind) % WAYS));
        }
        wait_nothing_left();
    }
}

/* Without a word they are told to go: by the time-outs. */
static void test_left_waiting(void **state)
{
    int fds[KINDS];

    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        fds[kind] = rig_connect(&rig);
        send_part(fds[kind], kinds[kind].bytes, strlen(kinds[kind].bytes) - 3);
    }
    poll(NULL, 0, 2500);
    for (size_t kind = 0; kind < KINDS; kind++)
        close(fds[kind]);
    wait_nothing_left();
}

static void test_hello_cut_at_every_byte(void **state)
{
    unsigned char hello[4096];
    SSL *ssl = SSL_new(client);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    (void)state;
    SSL_set_bio(ssl, in, out);
    assert_int_equal(SSL_connect(ssl), -1);
    int len = BIO_read(out, hello, sizeof hello);
    assert_true(len > 100);
    SSL_free(ssl);
    for (int cut = 1; cut <= len; cut++) {
        int fd = rig_connect(&rig);
        send_bytes(fd, hello, (size_t)cut);
        go_away(fd, (enum way)(cut % WAYS));
    }
    wait_nothing_left();
}

/* A stop in the middle of requests: the server's own end lets go of what is half there. */
static void test_stop_cuts(void **state)
{
    int fds[KINDS];

    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        fds[kind] = rig_connect(&rig);
        send_part(fds[kind], kinds[kind].bytes, strlen(kinds[kind].bytes) - 3);
    } /* and the teardown, which frees the server only when nothing is owed any more */
    for (size_t kind = 0; kind < KINDS; kind++)
        close(fds[kind]);
}

int main(void)
{
    const struct CMUnitTest clear[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_left_waiting),
        cmocka_unit_test(test_stop_cuts),
    };
    const struct CMUnitTest tls[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_left_waiting),
        cmocka_unit_test(test_hello_cut_at_every_byte),
        cmocka_unit_test(test_stop_cuts),
    };
    int failed = cmocka_run_group_tests(clear, setup_clear, teardown);

    return failed + cmocka_run_group_tests(tls, setup_tls, teardown);
}
