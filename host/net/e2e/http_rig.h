/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real HTTP server on its own thread and blocking sockets against it, for the tests beside this
 * file. Every wait ends at the latest after RIG_WAIT_S.
 */
#ifndef ROOST_HOST_NET_E2E_HTTP_RIG_H
#define ROOST_HOST_NET_E2E_HTTP_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "host/net/http_server.h"

enum { RIG_WAIT_S = 20, ANSWER_MAX = 4 << 20 };

/*
 * GET  /hello/{name}   "hello NAME", query `say` appended
 * POST /echo           the body; /echo/large takes 1 MiB
 * GET  /later          answered when /go is asked (all that wait, in order)
 * GET  /go             "went N"
 * GET  /never          never answered
 * GET  /big            query `bytes` of 'x'
 * GET  /cached         a body with an ETag
 * GET  /stream         an event stream: its first event is "open"
 * POST /send           the body goes to every stream as event "note"; answers how many took it
 * GET  /secret         refused by the guard: 401
 * GET  /metrics
 */
struct rig {
    struct http_config config;       /* set before rig_start */
    const struct http_route *routes; /* of the test's own, further to those above */
    size_t route_count;
    uint16_t port;
    atomic_uint called;         /* handlers run */
    atomic_uint streams_closed; /* `closed` calls */
    atomic_uint gone;           /* /later answers whose client had left */
    /* private */
    uv_thread_t thread;
    uv_sem_t ready, stopped;
    uv_async_t stop;
    uv_loop_t loop;
    struct http_server *server;
    struct metrics *metrics;
    struct http_exchange *later[64];
    size_t later_count;
    struct http_exchange *never[64];
    size_t never_count;
    struct http_stream *streams[64];
    size_t stream_count;
};

/* Defaults of the server on a free port, with short time-outs (1 s). */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
/* Asks the server to stop; rig_join waits until it has. */
void rig_stop(struct rig *rig);
void rig_join(struct rig *rig);
/* Both, after a group whose set-up left its rig in *state. */
int rig_tear_down(void **state);

int rig_connect(const struct rig *rig);
/* The same from another of this machine's addresses: "127.0.0.2". */
int rig_connect_from(const struct rig *rig, const char *address);
void send_text(int fd, const char *text);
void send_bytes(int fd, const void *bytes, size_t len);
/* So many bytes, or the test fails. */
void read_bytes(int fd, void *out, size_t len);

/* One answer: status, head, body by Content-Length (or to the end of the connection). */
struct answer {
    int status;
    char head[4096];
    char *body; /* malloc'ed, NUL-terminated */
    size_t len;
};

/* Reads one answer; fails the test when the connection ends before it is whole. head_only: of HEAD.
 */
void read_answer(int fd, struct answer *answer, bool head_only);
void answer_free(struct answer *answer);
/* The value of a header, in static memory, or NULL. */
const char *answer_header(const struct answer *answer, const char *name);

/* Sends the text, reads one answer, and returns its status; *answer may be NULL. */
int ask(int fd, const char *text, struct answer *answer);
/* The same over a connection of its own. */
int ask_once(const struct rig *rig, const char *text, struct answer *answer);

/* Waits for the other side to close (a reset counts), reading what comes before. Returns the bytes.
 */
size_t read_to_end(int fd, char *out, size_t size);

/* The value of a metric's line that starts with the text. */
double metric_of(const struct rig *rig, const char *line);
/* Waits until such a metric has at least that value. */
void wait_metric(const struct rig *rig, const char *line, double value);

#endif
