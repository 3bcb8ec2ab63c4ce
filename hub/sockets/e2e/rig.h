/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The echo service (tests/echo) on a real HTTP server, and two clients against it: the devices' own
 * (port/linux, on libwebsockets), and bare bytes. All on one loop and one thread: whoever waits
 * lets the loop turn, at the latest for WAIT_MS.
 */
#ifndef ROOST_HUB_SOCKETS_E2E_RIG_H
#define ROOST_HUB_SOCKETS_E2E_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/sockets/sockets.h"
#include "port/linux/linux.h"
#include "tests/echo/echo.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { WAIT_MS = 20000, EVENTS_MAX = 64, TEXT_MAX = 1200 };

struct rig {
    uv_loop_t *loop;
    struct http_config config; /* set between rig_init and rig_start */
    struct metrics *metrics;
    struct http_server *server;
    struct hub_sockets *sockets;
    struct echo echo;
    bool ticking; /* false: peers that wait get no answer */
    bool stopped;

    struct roost_board board;
    char dir[SUPPORT_PATH_MAX], ca[SUPPORT_PATH_MAX + 16], cert[SUPPORT_PATH_MAX + 16],
        key[SUPPORT_PATH_MAX + 16], bad_cert[SUPPORT_PATH_MAX + 16], bad_key[SUPPORT_PATH_MAX + 16];
    struct {
        enum roost_event_type type;
        int status;
        uint64_t token;
        size_t len;
        char data[TEXT_MAX + 1];
    } events[EVENTS_MAX]; /* WebSocket's, of the board */
    size_t event_count, taken;

    uv_prepare_t tick;
    uv_timer_t alarm;
};

/* Before and after the group's tests. */
int rig_host(void **state);
int rig_host_end(void **state);

void rig_init(struct rig *f);
void rig_start(struct rig *f);
/* Stops the server as roostd does; the service must add up afterwards. */
void rig_stop(struct rig *f);
void rig_deinit(struct rig *f);

/* Lets the loop turn until done(arg), or fails the test. */
void rig_wait(struct rig *f, bool (*done)(void *arg), void *arg);
/* For so many milliseconds. */
void rig_pass(struct rig *f, unsigned ms);
/* The value of a metric's line that starts so, 0 when there is none. */
double rig_metric(struct rig *f, const char *line);

/* ---- the devices' client ---- */

void client_open(struct rig *f, const char *path, struct roost_ws_options options);
/* Waits for the next event, which must be this one; returns its index. */
size_t client_expect(struct rig *f, enum roost_event_type type);
void client_send(struct rig *f, const char *text);

/* ---- bare bytes ---- */

int bare_connect(struct rig *f);
/* Sends the handshake for a path, with further header lines. */
int bare_ask(struct rig *f, const char *path, const char *headers);
/* Reads the head of an answer, and the body Content-Length tells; returns its status. */
int bare_answer(struct rig *f, int fd, char *out, size_t size);
void bare_send(int fd, const char *text);
/* Reads a frame from the server; returns its first byte, with the payload and a NUL in out. */
unsigned bare_read(struct rig *f, int fd, char *out, size_t size, size_t *len);
/* Reads one byte to out[at]; false at the end. */
bool bare_receive(struct rig *f, int fd, char *out, size_t at);
/* Reads until the server closes. */
void bare_end(struct rig *f, int fd);

#endif
