/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a modelled WebSocket (RFC 6455) over the modelled network: a device's in ws.h, the
 * hub's in sim/peer.h. Frames are modelled, not their bytes: each is one packet, a head and its
 * payload. What is sent waits for room on the line, as in a socket: so much may be on the way until
 * the other end has taken it, so that a reader that stops is felt by who sends. Depends on net.h.
 *
 * The owner makes the connection, and exchanges the handshake (SIM_WS_REQUEST, SIM_WS_ANSWER)
 * before it opens the end.
 */
#ifndef ROOST_PORT_SIM_WS_END_H
#define ROOST_PORT_SIM_WS_END_H

#include "port/sim/net.h"

enum {
    SIM_WS_PORT = 8080, /* of roostd */
    SIM_WSS_PORT = 8443,
    SIM_WS_LINE_BYTES = 16 * 1024, /* on the way and not taken */
    SIM_WS_CLOSE_WAIT_MS = 5000,   /* for the other end's close frame */
    SIM_WS_HEAD_BYTES = 10,        /* a frame's, towards send_max */
    SIM_WS_REASON_MAX = 123,
    SIM_WS_PATH_MAX = 511,
    SIM_WS_HEADER_MAX = 399,
    SIM_WS_NAME_MAX = 64,
    SIM_WS_SUBJECT_MAX = 255
};

/* Close codes that this file sends by itself, or makes up. */
enum {
    SIM_WS_NO_CODE = 1005,
    SIM_WS_LOST = 1006,
    SIM_WS_TOO_LONG = 1009,
};

enum sim_ws_kind {
    SIM_WS_REQUEST, /* struct sim_ws_request */
    SIM_WS_ANSWER,  /* struct sim_ws_answer */
    SIM_WS_TEXT,
    SIM_WS_BINARY,
    SIM_WS_MORE, /* continues the message */
    SIM_WS_PING,
    SIM_WS_PONG,
    SIM_WS_CLOSE, /* code, and a reason as payload */
    SIM_WS_TAKEN, /* TCP's own: so many bytes may follow */
};

struct sim_ws_head {
    uint8_t kind; /* enum sim_ws_kind */
    bool final;   /* of a message: nothing continues it */
    uint16_t code;
    uint32_t taken;
};

/* The client's handshake. Texts are NUL-terminated, "" for none. */
struct sim_ws_request {
    bool secure;
    char remote[48];
    char target[SIM_WS_PATH_MAX + 1]; /* path and query, as in the URL */
    char host[64];
    char subprotocol[SIM_WS_NAME_MAX + 1];            /* the one that is offered */
    char authorization[SIM_WS_HEADER_MAX + 1];        /* the header's value */
    char certificate_name[SIM_WS_NAME_MAX + 1];       /* of the client's certificate: common name */
    char certificate_subject[SIM_WS_SUBJECT_MAX + 1]; /* and all of it */
};

struct sim_ws_answer {
    int status; /* 101, or why not */
    /* The TLS handshake, before there is a status. */
    bool untrusted;                     /* the server's certificate is nobody's the client knows */
    uint8_t failure;                    /* enum roost_tls_failure that it ends with, as VERSION */
    const struct roost_pki_text *chain; /* of the server, for clients with roots of their own; NULL:
                                         * they trust it. As long as the server. */
    char subprotocol[SIM_WS_NAME_MAX + 1];
};

struct sim_ws_end;

/* Called from the event loop, never from inside a function below. */
struct sim_ws_end_ops {
    /* A whole message; a NUL follows the last byte. */
    void (*message)(void *ctx, bool binary, const char *data, size_t len);
    /* After sim_ws_end_send returned FULL: everything is on its way. NULL: nobody asks. */
    void (*writable)(void *ctx);
    /* Once, unless the owner dropped it; nothing is called after. code: of whichever end closed
     * first, SIM_WS_LOST when neither did. why: 0 when this end closed, CLOSED, TIMEOUT (silent),
     * TOO_LONG. */
    void (*closed)(void *ctx, uint16_t code, int why);
};

struct sim_ws_options {
    size_t message_max, send_max;
    uint32_t ping_interval_ms, idle_timeout_ms; /* 0: none */
    bool wants_pong; /* a ping is answered by a pong and nothing else; false: by any frame */
};

enum sim_ws_state { SIM_WS_IDLE, SIM_WS_OPEN, SIM_WS_CLOSING };

struct sim_ws_frame {
    struct sim_ws_frame *next;
    struct sim_message *message; /* head and payload */
    size_t bytes;                /* of it towards send_max */
};

struct sim_ws_end {
    struct sim_clock *clock;
    struct sim_conn *conn;
    enum sim_end side;
    const struct sim_ws_end_ops *ops;
    void *ctx;
    struct sim_ws_options options;
    enum sim_ws_state state;
    uint32_t life; /* counts openings and ends, guards timers */
    uint16_t code; /* of whoever closed first; 0: nobody yet */
    bool pinged, heard, refused /* a send was: `writable` is owed */;
    bool mute; /* fault: answers no ping */
    struct sim_ws_frame *head, *tail;
    size_t queued, on_the_way; /* bytes: not sent yet, and sent but not taken */
    uint64_t message_ms;       /* when the last message came */
    char *incoming;            /* the message that arrives in pieces */
    size_t incoming_len;
    bool incoming_binary;
};

/* A frame as a packet's message, for the handshake. */
struct sim_message *sim_ws_frame(enum sim_ws_kind kind, const void *payload, size_t len);
/* The head of a packet of this protocol, NULL for another one. *payload has *len bytes. */
const struct sim_ws_head *sim_ws_head(const struct sim_packet *packet, const char **payload,
                                      size_t *len);

/* The handshake is over: from here on the connection is the end's. The struct is zero at first. */
void sim_ws_end_open(struct sim_ws_end *end, struct sim_clock *clock, struct sim_conn *conn,
                     enum sim_end side, const struct sim_ws_options *options,
                     const struct sim_ws_end_ops *ops, void *ctx);

/* Copied. Returns 0, ROOST_ERR_FULL, ROOST_ERR_TOO_LONG (never fits in send_max), ROOST_ERR_CLOSED.
 */
int sim_ws_end_send(struct sim_ws_end *end, bool binary, const void *data, size_t len);
/* As above; a message in pieces: the first one, and what continues it. */
int sim_ws_end_send_part(struct sim_ws_end *end, enum sim_ws_kind kind, bool final,
                         const void *data, size_t len);
void sim_ws_end_ping(struct sim_ws_end *end);
size_t sim_ws_end_unsent(const struct sim_ws_end *end);
/* Sends what is queued and a close frame, then `closed`. Harmless when it closes already. */
void sim_ws_end_close(struct sim_ws_end *end, uint16_t code, const char *reason);
/* Stops or goes on reading: packets wait in the network. */
void sim_ws_end_pause(struct sim_ws_end *end, bool paused);
/* The end is no more, and nothing is called. silent: as a machine without power; else the
 * connection is reset. */
void sim_ws_end_drop(struct sim_ws_end *end, bool silent);
/* Frees what it holds; the connection is left to the network. */
void sim_ws_end_deinit(struct sim_ws_end *end);

#endif
