/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/process.h"

static struct roost_host host; /* of all tests of the program */

int rig_host(void **state)
{
    (void)state;
    return roost_host_init(&host, uv_default_loop());
}

int rig_host_end(void **state)
{
    (void)state;
    roost_host_deinit(&host);
    return 0;
}

/* ---- time ---- */

static void on_alarm(uv_timer_t *timer)
{
    (void)timer; /* the turn does the work */
}

/* As roostd: the service ticks before the loop sleeps. */
static void on_tick(uv_prepare_t *prepare)
{
    struct rig *f = prepare->data;
    uint64_t now = process_clock.ops->now_ms(process_clock.ctx);

    if (!f->ticking)
        return;
    uint64_t next = echo_tick(&f->echo, now);
    if (next != UINT64_MAX)
        uv_timer_start(&f->alarm, on_alarm, next > now ? next - now : 0, 0);
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

void rig_wait(struct rig *f, bool (*done)(void *arg), void *arg)
{
    uv_timer_t limit;
    bool over = false;

    uv_timer_init(f->loop, &limit);
    limit.data = &over;
    uv_update_time(f->loop);
    uv_timer_start(&limit, on_limit, WAIT_MS, 0);
    while (!done(arg) && !over)
        uv_run(f->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(f->loop, UV_RUN_NOWAIT);
    assert_false(over);
}

static bool is_over(void *arg)
{
    return *(bool *)arg;
}

void rig_pass(struct rig *f, unsigned ms)
{
    static uv_timer_t timer;
    static bool over;

    over = false;
    uv_timer_init(f->loop, &timer);
    timer.data = &over;
    uv_update_time(f->loop);
    uv_timer_start(&timer, on_limit, ms, 0);
    rig_wait(f, is_over, &over);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(f->loop, UV_RUN_NOWAIT);
}

double rig_metric(struct rig *f, const char *line)
{
    size_t len;
    char *all = metrics_expose(f->metrics, &len);
    double value = 0;

    for (char *at = all; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, strlen(line)) != 0)
            continue;
        at[strcspn(at, "\n")] = '\0';
        value = strtod(strrchr(at, ' '), NULL);
        break;
    }
    free(all);
    return value;
}

/* ---- the server ---- */

void rig_init(struct rig *f)
{
    memset(f, 0, sizeof *f);
    f->loop = uv_default_loop();
    support_make_dir(f->dir);
    support_make_certificates(f->dir);
    snprintf(f->ca, sizeof f->ca, "%s/ca.pem", f->dir);
    snprintf(f->cert, sizeof f->cert, "%s/server.pem", f->dir);
    snprintf(f->key, sizeof f->key, "%s/server.key", f->dir);
    snprintf(f->bad_cert, sizeof f->bad_cert, "%s/expired.pem", f->dir);
    snprintf(f->bad_key, sizeof f->bad_key, "%s/expired.key", f->dir);
    http_config_init(&f->config);
    f->config.port = 0;
    f->config.answer_timeout_s = 1;
    f->ticking = true;
}

static int post(void *ctx, const struct roost_event *event)
{
    struct rig *f = ctx;

    if (event->type < ROOST_EV_WS_OPENED || event->type > ROOST_EV_WS_BINARY)
        return 0;
    assert_true(f->event_count < EVENTS_MAX && event->len <= TEXT_MAX);
    f->events[f->event_count].type = event->type;
    f->events[f->event_count].status = event->status;
    f->events[f->event_count].token = event->token;
    f->events[f->event_count].len = event->len;
    if (event->len > 0)
        memcpy(f->events[f->event_count].data, event->data, event->len);
    f->events[f->event_count++].data[event->len] = '\0';
    return 0;
}

void rig_start(struct rig *f)
{
    const struct roost_board_options options = {.post = post, .device = f};
    char why[200];

    f->metrics = metrics_new();
    echo_init(&f->echo, &process_clock);
    assert_int_equal(http_server_new(&f->server, f->loop, &f->config, f->metrics), 0);
    f->sockets = hub_sockets_new(f->server, f->metrics);
    assert_non_null(f->sockets);
    assert_int_equal(hub_sockets_add(f->sockets, f->echo.routes, 1, &f->echo), 0);
    assert_int_equal(http_server_listen(f->server), 0);
    uv_prepare_init(f->loop, &f->tick);
    uv_timer_init(f->loop, &f->alarm);
    f->tick.data = f;
    uv_prepare_start(&f->tick, on_tick);
    assert_int_equal(roost_board_init(&f->board, &host, &options, why, sizeof why), 0);
}

static void on_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

void rig_stop(struct rig *f)
{
    http_server_stop(f->server, 100, on_stopped, &f->stopped);
    rig_wait(f, is_over, &f->stopped);
    assert_true(echo_adds_up(&f->echo));
    assert_int_equal(echo_count(&f->echo), 0);
    assert_true(rig_metric(f, "roost_peer_waiting ") == 0);
}

void rig_deinit(struct rig *f)
{
    if (!f->stopped)
        rig_stop(f);
    roost_board_close_now(&f->board);
    uv_close((uv_handle_t *)&f->tick, NULL);
    uv_close((uv_handle_t *)&f->alarm, NULL);
    uv_run(f->loop, UV_RUN_NOWAIT);
    http_server_free(f->server);
    hub_sockets_free(f->sockets);
    metrics_free(f->metrics);
    support_remove_dir(f->dir);
}

/* ---- the devices' client ---- */

void client_open(struct rig *f, const char *path, struct roost_ws_options options)
{
    static char url[128];

    snprintf(url, sizeof url, "%s://localhost:%u%s", f->config.tls_cert ? "wss" : "ws",
             http_server_port(f->server), path);
    f->event_count = f->taken = 0;
    options.url = url;
    options.ca_pem = f->ca;
    options.message_max = TEXT_MAX;
    assert_int_equal(f->board.port.ws.ops->open(f->board.port.ws.ctx, &options), 0);
}

static bool has_event(void *arg)
{
    const struct rig *f = arg;

    return f->taken < f->event_count;
}

size_t client_expect(struct rig *f, enum roost_event_type type)
{
    rig_wait(f, has_event, f);
    assert_int_equal(f->events[f->taken].type, type);
    return f->taken++;
}

void client_send(struct rig *f, const char *text)
{
    assert_int_equal(f->board.port.ws.ops->send(f->board.port.ws.ctx, text, strlen(text), false),
                     0);
}

/* ---- bare bytes ---- */

int bare_connect(struct rig *f)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(http_server_port(f->server)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_all(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

int bare_ask(struct rig *f, const char *path, const char *headers)
{
    char text[1024];
    int fd = bare_connect(f);
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                     path, headers);

    send_all(fd, text, (size_t)n);
    return fd;
}

/* Returns the byte read, or -1 at the end. */
static int read_byte(struct rig *f, int fd)
{
    uint64_t until = support_now_ms() + WAIT_MS;
    uint8_t byte;
    ssize_t n;

    while ((n = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN) {
        assert_true(support_now_ms() < until);
        uv_run(f->loop, UV_RUN_NOWAIT);
    }
    return n == 1 ? byte : -1;
}

bool bare_receive(struct rig *f, int fd, char *out, size_t at)
{
    int byte = read_byte(f, fd);

    out[at] = (char)byte;
    return byte >= 0;
}

static void read_text(struct rig *f, int fd, char *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int byte = read_byte(f, fd);
        assert_true(byte >= 0);
        out[i] = (char)byte;
    }
    out[len] = '\0';
}

int bare_answer(struct rig *f, int fd, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    while (!strstr(out, "\r\n\r\n")) {
        assert_true(len + 1 < size);
        read_text(f, fd, out + len++, 1);
    }
    const char *length = strstr(out, "Content-Length: ");
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
    assert_true(len + body < size);
    read_text(f, fd, out + len, body);
    return (int)strtol(out + 9, NULL, 10);
}

void bare_send(int fd, const char *text)
{
    uint8_t frame[6 + 125] = {0x81, (uint8_t)(0x80 | strlen(text)), 1, 2, 3, 4};
    size_t len = strlen(text);

    assert_true(len <= 125);
    for (size_t i = 0; i < len; i++)
        frame[6 + i] = (uint8_t)text[i] ^ frame[2 + i % 4];
    send_all(fd, frame, 6 + len);
}

unsigned bare_read(struct rig *f, int fd, char *out, size_t size, size_t *len)
{
    int head = read_byte(f, fd), length = read_byte(f, fd);

    assert_true(head >= 0 && length >= 0 && length <= 126); /* a server does not mask */
    *len = (size_t)length;
    if (length == 126) {
        int high = read_byte(f, fd);
        *len = (size_t)(high << 8 | read_byte(f, fd));
    }
    assert_true(*len < size);
    read_text(f, fd, out, *len);
    return (unsigned)head;
}

void bare_end(struct rig *f, int fd)
{
    while (read_byte(f, fd) >= 0)
        ;
    close(fd);
}
