/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is made while it goes out, sent to where somebody asked for it: by PUT over http and
 * https, by POST where the server will not have PUT, by STOR over ftp. It never stands whole
 * anywhere: its source gives it a piece at a time, as the port has room. An attempt that fails is
 * made again, from the file's first byte, as often as was asked for; not where another one could
 * end no better (the server wants another password, the URL is none). Knows no protocol that asks
 * and nothing of what is in the file. Depends on core/, port/port.h (http).
 *
 *     roost_upload_init(&upload, port, &source);
 *     err = roost_upload_begin(&upload, &order, "unit-7-log-20261201T030405Z.txt");
 *     post:  if (roost_upload_post(&upload, event)) return 0;              // it was its own
 *     step:  due_ms = roost_upload_step(&upload, now_ms, network_up);
 *            if (upload.state == ROOST_UPLOAD_OVER) ... upload.err, upload.code
 *
 *     IDLE --begin--> WAITING --its time--> SENDING --done--> OVER
 *                        ^                     | failed, and attempts are left
 *                        '---------------------'
 *
 * Where to: a URL that ends in '/' or has no path is a folder, to which the file's name is added;
 * over ftp one whose last part has no dot is a folder, too. A user and a password in it are shown
 * to that host, and written nowhere. While somebody else has the port's http, it waits and has lost
 * no attempt.
 */
#ifndef ROOST_RUNTIME_UPLOAD_H
#define ROOST_RUNTIME_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum {
    ROOST_UPLOAD_URL_MAX = 512,
    ROOST_UPLOAD_NAME_MAX = 98, /* of what a URL may hold as it is */
    ROOST_UPLOAD_PIECE_MAX = 328,
    ROOST_UPLOAD_PIECES_A_STEP = 16, /* at most: whoever steps has more to do */
    ROOST_UPLOAD_BUSY_MS = 2000      /* until http is asked for again that somebody else has */
};

struct roost_upload_source {
    void (*begin)(void *ctx); /* an attempt: from the first byte on */
    /* The next piece: its length, 0 behind the last one. */
    size_t (*next)(void *ctx, char out[ROOST_UPLOAD_PIECE_MAX]);
    void *ctx;
};

/* Borrowed for the call, but for ca_pem and tls: until it is over. */
struct roost_upload_order {
    const char *url;
    uint16_t retries; /* after the first attempt */
    uint32_t retry_ms;
    const char *type; /* Content-Type; static */
    const char *ca_pem;
    const struct roost_tls_options *tls; /* as in struct roost_http_request */
};

enum roost_upload_state {
    ROOST_UPLOAD_IDLE,
    ROOST_UPLOAD_WAITING,
    ROOST_UPLOAD_SENDING,
    ROOST_UPLOAD_OVER
};

/* For reading, but by upload.c. err of one whose URL has another scheme than these: UNSUPPORTED. */
struct roost_upload {
    const struct roost_port *port;
    struct roost_upload_source source;
    struct roost_http_request request;
    uint8_t state;     /* enum roost_upload_state */
    bool posts;        /* POST has been tried for PUT */
    bool room, done;   /* what the port said since the last step */
    bool ended;        /* the body is whole */
    uint16_t at, len;  /* of the piece */
    uint16_t left;     /* attempts */
    uint16_t attempts; /* that were made */
    int32_t err, code; /* of the last one that came to its end: as HTTP_DONE has them */
    uint32_t retry_ms;
    uint64_t due_ms;
    uint32_t sent_bytes; /* of this attempt */
    char piece[ROOST_UPLOAD_PIECE_MAX];
    char url[ROOST_UPLOAD_URL_MAX + 1 + ROOST_UPLOAD_NAME_MAX + 1];
};

/* Port and what the source points to are borrowed for good. */
void roost_upload_init(struct roost_upload *upload, const struct roost_port *port,
                       const struct roost_upload_source *source);

/* One that runs is given up. Nothing is sent before the next step. ROOST_ERR_TOO_LONG (url, name):
 * nothing has changed. */
int roost_upload_begin(struct roost_upload *upload, const struct roost_upload_order *order,
                       const char *name);

/* No event of it follows, and it is IDLE. */
void roost_upload_cancel(struct roost_upload *upload);

/* Whether the event is of its transfer, and then its only: from the sink, before anybody else. */
bool roost_upload_post(struct roost_upload *upload, const struct roost_event *event);

/* Returns when to be called again, ROOST_NEVER: not before an event, or the network is back. */
uint64_t roost_upload_step(struct roost_upload *upload, uint64_t now_ms, bool network_up);

static inline bool roost_upload_runs(const struct roost_upload *upload)
{
    return upload->state == ROOST_UPLOAD_WAITING || upload->state == ROOST_UPLOAD_SENDING;
}

#endif
