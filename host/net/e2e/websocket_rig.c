/* SPDX-License-Identifier: Apache-2.0 */
#include "websocket_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"

enum { SMALL = 64 * 1024, NUMBERED = 1000, FLOOD = 40 };

/* ---- the service ---- */

static void send_numbered(struct service *s, struct websocket *ws)
{
    char text[NUMBERED + 1];

    for (int i = 0; i < FLOOD; i++) {
        snprintf(text, sizeof text, "%-*u", NUMBERED, (unsigned)s->accepted);
        int err = websocket_send(ws, WEBSOCKET_TEXT, text, NUMBERED);
        if (err == 0)
            s->accepted++;
        else if (err == ROOST_ERR_FULL)
            s->refused++;
    }
}

static void close_as_told(struct websocket *ws, const char *text)
{
    char *reason;
    unsigned long code = strtoul(text, &reason, 10);

    websocket_close(ws, (uint16_t)code, *reason == ' ' ? reason + 1 : NULL);
}

static void on_message(void *ctx, struct websocket *ws, enum websocket_type type, const char *data,
                       size_t len)
{
    static char big[SMALL];
    struct service *s = ctx;

    s->messages++;
    if (strncmp(data, "close ", 6) == 0)
        close_as_told(ws, data + 6);
    else if (strcmp(data, "flood") == 0)
        send_numbered(s, ws);
    else if (strcmp(data, "bad") == 0)
        s->bad = websocket_send(ws, WEBSOCKET_TEXT, "\xFF", 1);
    else if (strcmp(data, "huge") == 0)
        s->huge = websocket_send(ws, WEBSOCKET_BINARY, big, sizeof big);
    else
        websocket_send(ws, type, data, len);
}

static void on_writable(void *ctx, struct websocket *ws)
{
    (void)ctx;
    websocket_send(ws, WEBSOCKET_TEXT, "writable", 8);
}

static void on_closed(void *ctx, struct websocket *ws, uint16_t code)
{
    struct service *s = ctx;

    (void)ws;
    s->code = code;
    s->closed++;
}

static const struct websocket_events events = {
    .message = on_message, .writable = on_writable, .closed = on_closed};

static void accept_it(struct service *s, struct http_exchange *ex, const char *path)
{
    struct websocket_options options;

    websocket_options_init(&options);
    options.any_origin = strcmp(path, "/ws/open") == 0;
    if (strcmp(path, "/ws/ocpp") == 0)
        options.subprotocols = "ocpp2.0.1,ocpp1.6";
    if (strcmp(path, "/ws/ping") == 0)
        options.ping_interval_ms = 100;
    if (strcmp(path, "/ws/idle") == 0)
        options.idle_timeout_ms = 100;
    if (strcmp(path, "/ws/small") == 0)
        options.send_max = SMALL;
    struct websocket *ws = websocket_accept(ex, &options, &events, s);
    if (!ws)
        return;
    s->opened++;
    if (options.subprotocols && !websocket_subprotocol(ws)[0])
        websocket_close(ws, WEBSOCKET_PROTOCOL_ERROR, "no common subprotocol");
}

static void connect_now(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    const char *id = http_param(request, "id");

    http_answer_header(ex, "X-Handler", "was here");
    if (id && strcmp(id, "unknown") == 0) {
        http_fail(ex, 404, "unknown", NULL);
    } else if (strcmp(request->path, "/ws/auth") == 0 && !http_header(request, "Authorization")) {
        http_answer_header(ex, "WWW-Authenticate", "Basic realm=\"test\"");
        http_fail(ex, 401, "auth", NULL);
    } else {
        accept_it(ctx, ex, request->path);
    }
}

static void connect_later(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct service *s = ctx;

    (void)request;
    s->later = ex;
    s->waits = true;
}

static void accept_later(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    struct service *s = ctx;

    accept_it(s, s->later, "");
    s->waits = false;
    http_answer(ex, 200, "text/plain", request->body, 0);
}

void service_add(struct service *s, struct rig *f)
{
    static const struct {
        const char *path;
        http_handler_fn handler;
        enum http_role role;
    } rows[] = {
        {"/ws/{id}", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/auth", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/ocpp", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/open", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/guarded", connect_now, HTTP_ROLE_OPERATOR},
        {"/ws/ping", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/idle", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/small", connect_now, HTTP_ROLE_ANYONE},
        {"/ws/later", connect_later, HTTP_ROLE_ANYONE},
        {"/ws/accept", accept_later, HTTP_ROLE_ANYONE},
    };

    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        s->routes[i] = (struct http_route){.method = HTTP_GET,
                                           .path = rows[i].path,
                                           .role = rows[i].role,
                                           .handler = rows[i].handler,
                                           .ctx = s};
    f->routes = s->routes;
    f->route_count = sizeof rows / sizeof rows[0];
}

unsigned service_closed(struct service *s, unsigned count)
{
    uint64_t until = uv_hrtime() + RIG_WAIT_S * 1000000000ull;

    while (s->closed < count) {
        if (uv_hrtime() > until)
            fail_msg("%u of %u closed", (unsigned)s->closed, count);
        usleep(1000);
    }
    return s->code;
}

/* ---- the client ---- */

const char *upgrade_request(const char *path, const char *headers)
{
    static char text[2048];

    snprintf(text, sizeof text,
             "GET %s HTTP/1.1\r\nHost: hub.example:8080\r\nUpgrade: websocket\r\n"
             "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n" WEBSOCKET_KEY
             "%s\r\n",
             path, headers);
    return text;
}

int open_websocket(const struct rig *f, const char *path)
{
    int fd = rig_connect(f);

    assert_int_equal(ask(fd, upgrade_request(path, ""), NULL), 101);
    return fd;
}

void send_frame(int fd, unsigned head, const void *data, size_t len)
{
    static const uint8_t mask[4] = {0x37, 0xFA, 0x21, 0x3D};
    uint8_t *out = malloc(14 + len);
    size_t n = 2;

    out[0] = (uint8_t)head;
    if (len < 126) {
        out[1] = (uint8_t)(0x80 | len);
    } else {
        size_t width = len <= UINT16_MAX ? 2 : 8;
        out[1] = width == 2 ? 0xFE : 0xFF;
        for (size_t i = 0; i < width; i++)
            out[n++] = (uint8_t)((uint64_t)len >> 8 * (width - 1 - i));
    }
    memcpy(out + n, mask, sizeof mask);
    n += sizeof mask;
    for (size_t i = 0; i < len; i++)
        out[n++] = (uint8_t)(((const uint8_t *)data)[i] ^ mask[i % 4]);
    send_bytes(fd, out, n);
    free(out);
}

void send_message(int fd, const char *text)
{
    send_frame(fd, 0x81, text, strlen(text));
}

void read_frame(int fd, struct frame *frame)
{
    uint8_t head[2], more[8];

    read_bytes(fd, head, sizeof head);
    frame->head = head[0];
    frame->len = head[1];
    assert_true(head[1] < 128); /* a server does not mask */
    if (head[1] >= 126) {
        size_t width = head[1] == 126 ? 2 : 8;
        read_bytes(fd, more, width);
        frame->len = 0;
        for (size_t i = 0; i < width; i++)
            frame->len = frame->len << 8 | more[i];
    }
    assert_true(frame->len < sizeof frame->data);
    read_bytes(fd, frame->data, frame->len);
    frame->data[frame->len] = '\0';
}

void expect_frame(int fd, unsigned head, const char *text)
{
    static struct frame frame;

    read_frame(fd, &frame);
    assert_int_equal(frame.head, head);
    assert_int_equal(frame.len, strlen(text));
    assert_string_equal(frame.data, text);
}

void expect_close(int fd, unsigned code, const char *reason)
{
    static struct frame frame;
    char rest[16];

    read_frame(fd, &frame);
    assert_int_equal(frame.head, 0x88);
    assert_true(frame.len >= 2);
    assert_int_equal((uint8_t)frame.data[0] << 8 | (uint8_t)frame.data[1], code);
    if (reason)
        assert_string_equal(frame.data + 2, reason);
    assert_int_equal(read_to_end(fd, rest, sizeof rest), 0);
}
