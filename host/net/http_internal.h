/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The insides of the HTTP server, for host/net/http_*.c only.
 *
 *     http_server.c      listener, start and stop, what is counted
 *     http_door.c        who gets in, who gives way; http_crowd.c who holds how much
 *     http_connection.c  a connection's life: transport, deadlines, turns
 *     http_receive.c     bytes -> requests: head, guard, body, handler
 *     http_exchange.c    an exchange's life: whose it is
 *     http_admit.c       target, host, origin, route
 *     http_answer.c      answers -> bytes
 *     http_stream.c      server-sent events -> bytes
 *     http_body.c        large bodies, piece by piece, whole or a range of them
 *     http_static.c      the dashboard's files
 *
 * A connection reads one request at a time; the request's exchange outlives it when the client
 * leaves before the answer. Nothing is written or parsed from inside an answer: the connection is
 * marked and the server's turn, before the loop sleeps, sends and goes on.
 */
#ifndef ROOST_HOST_NET_HTTP_INTERNAL_H
#define ROOST_HOST_NET_HTTP_INTERNAL_H

#include "host/metrics.h"
#include "host/address.h"
#include "host/net/http.h"
#include "host/net/http_crowd.h"
#include "host/net/http_parse.h"
#include "host/net/http_route.h"
#include "host/net/http_server.h"
#include "host/net/transport.h"

enum {
    HTTP_ID_MAX = 64,      /* of a correlation id */
    HTTP_EXTRA_MAX = 2048, /* headers a handler adds */
    HTTP_LINGER_MS = 2000,
    HTTP_STATUS_KINDS = 24,        /* statuses counted per route */
    HTTP_ANSWER_MAX = 16 << 20,    /* bytes of an answer */
    HTTP_PIPELINE_MAX = 32 * 1024, /* answers not sent yet that stop the next request */
};

/*      HEAD --head--> BODY --whole--> WAITING --answered--> HEAD | LAST
 *                       '-- no body -----'  | '--large body--> SENDING --> HEAD | LAST
 *                                           | '--stream--> STREAM --> LAST
 *                                           '--upgrade--> UPGRADED --> LAST      */
enum http_state {
    HTTP_READ_HEAD,
    HTTP_READ_BODY,
    HTTP_WAITING,
    HTTP_SENDING,
    HTTP_STREAMING,
    HTTP_UPGRADED,
    HTTP_LAST
};

/* What takes a connection over after 101 Switching Protocols (host/net/websocket.c). Called on the
 * loop; all but `gone` only while the connection is UPGRADED. */
struct http_upgrade {
    void (*received)(void *ctx, const char *bytes, size_t len); /* borrowed for the call */
    void (*drained)(void *ctx); /* nothing waits to be sent; called more often than needed */
    void (*sweep)(void *ctx, uint64_t now_ms);
    void (*stop)(void *ctx); /* the server stops: take leave */
    void (*gone)(void *ctx); /* the connection is freed after it */
};

/* What is left of a body that is sent in pieces. */
struct http_rest {
    const char *bytes;
    size_t len;
    bool keep_alive;         /* when it is sent */
    void (*done)(void *ctx); /* NULL: there is none */
    void *ctx;
};

/* Requests by status, and their time, of one route. */
struct http_count {
    const struct http_route *route; /* NULL: files, and what no route has */
    const char *label;
    struct metric *seconds;
    struct {
        int status;
        struct metric *requests;
    } by_status[HTTP_STATUS_KINDS];
};

struct http_connection {
    struct http_connection *next, *previous;
    TAILQ_ENTRY(http_connection) among_all, among_own, among_awake;
    struct http_server *server;
    struct transport *transport;
    enum http_state state;
    bool open;       /* accepted, and the handshake done */
    bool peer_ended; /* it sends nothing more, but may still read */
    uint64_t turn;   /* of the server, that has something to do here; 0: none has */
    bool waiting;    /* for its client: it may have to give way */
    bool evicted;    /* it makes room for another */
    uint64_t deadline_ms;
    uint64_t idle_since_ms;     /* 0: a request is under way */
    struct net_address peer;    /* zero when it is not known */
    struct http_tenant *tenant; /* NULL: a trusted proxy */

    char *in; /* [0, in_len) is received; the head stays at its start until the request is over */
    size_t in_len, scanned;
    size_t head_len; /* 0: the head is not whole yet */
    struct http_head head;
    enum http_framing framing;
    struct http_chunks chunks;
    uint64_t body_left; /* HTTP_LENGTH */
    uint64_t body_deadline_ms;
    char *body;
    size_t body_len, body_size, body_max;
    struct http_exchange *exchange; /* the one under way, NULL once answered */
    struct http_rest rest;          /* SENDING */
    struct http_stream *stream;
    const struct http_upgrade *upgrade; /* NULL: none */
    void *upgrade_ctx;
};

/* Who frees an exchange. It begins with its connection, goes to the handler with the whole request,
 * and ends with its answer, whoever gives that:
 *
 *     CONNECTION --request whole--> HANDLER --answered--> (gone)
 *          |'--refused by us---------------------------> (gone)
 *          '--connection gone--------------------------> (gone)
 *
 * A connection that goes while the handler has it leaves it to the handler, who owes the answer. */
enum http_owner { HTTP_OWNER_CONNECTION, HTTP_OWNER_HANDLER };

struct http_exchange {
    struct http_server *server;
    struct http_connection *connection; /* NULL: the client left */
    enum http_owner owner;
    const struct http_route *route;
    enum http_method method;
    bool head, known_method, keep_alive;
    bool api; /* under /api/: errors in JSON, never cached */
    struct http_identity identity;
    uint64_t started_ns;
    const char *base;          /* "" or the path it came under */
    struct http_target target; /* inside the connection's buffer: while the handler is called */
    struct http_params params;
    struct net_address address; /* of the client, as the text below */
    char client[NET_ADDRESS_TEXT_MAX];
    char correlation_id[HTTP_ID_MAX + 1];
    char origin[256];                                 /* allowed by CORS, else "" */
    char if_none_match[160], range[64], if_range[96]; /* "" for none */
    char extra[HTTP_EXTRA_MAX];
    size_t extra_len;
    bool has_cache_control, has_hsts;
    void (*left)(void *ctx, struct http_exchange *exchange); /* NULL: nobody watches */
    void *left_ctx;
};

struct http_stream {
    struct http_connection *connection;
    struct http_tenant *tenant;
    void (*closed)(void *ctx, struct http_stream *stream);
    void *ctx;
    bool failed; /* overflowed */
    uint64_t pinged_ms;
};

struct http_server {
    struct http_config config;
    uv_loop_t *loop;
    struct metrics *metrics;
    struct tls_context *tls;
    struct net_ranges trusted; /* proxies */
    int web_root;              /* folder, -1: none */
    uv_tcp_t listener;
    uv_timer_t sweep;
    uv_idle_t turn;
    int handles;
    uint16_t port;
    struct http_routes routes;
    struct http_guard guard;
    struct http_connection *connections; /* newest first */
    struct http_queue waiting;           /* for their clients, see http_door.c */
    struct http_queue awake;             /* for the server's next turn */
    uint64_t turns;                      /* so far, from 1 */
    char *spare_in;                      /* for the connection that reads next, or NULL */
    struct http_crowd crowd;
    uint32_t connection_count, stream_count, exchange_count;
    uint32_t websocket_count, websockets_max;
    bool stopping, freed;
    uint64_t stop_ms;
    void (*done)(void *ctx);
    void *done_ctx;
    struct http_count counts[HTTP_ROUTES_MAX + 1];
    struct metric *open, *exchanges, *streams, *refused, *evicted, *timeouts, *malformed,
        *stream_dropped, *tls_refused[TLS_REASON_COUNT];
};

/* http_server.c */
void http_server_wake(struct http_server *server, struct http_connection *connection);
void http_server_forget(struct http_connection *connection); /* it is gone: unlinks and frees */
void http_server_count(struct http_server *server, const struct http_exchange *exchange,
                       int status);
void http_server_settle(struct http_server *server); /* may be the last thing it waits for */

/* http_door.c */
void http_door_knock(uv_stream_t *listener, int status);
/* From now on for its client, to send the rest of a request or to read its answer. */
void http_door_wait(struct http_connection *connection);
void http_door_leave(struct http_connection *connection);  /* a handler has it, or it is gone */
bool http_door_may_last(const struct http_server *server); /* one more stream or WebSocket */

/* http_exchange.c */
/* The connection's own from now on. NULL when memory is out. */
struct http_exchange *http_exchange_new(struct http_connection *connection);
void http_exchange_hand_over(struct http_exchange *exchange); /* to the handler */
void http_exchange_free(struct http_exchange *exchange);      /* it is answered */
/* The connection is of no more use to its exchange, if it has one. */
void http_exchange_lose(struct http_connection *connection);
void http_exchange_tell_left(struct http_exchange *exchange); /* who watches, once */

/* http_receive.c */
void http_receive(struct http_connection *connection);      /* goes through what has come in */
void http_receive_next(struct http_connection *connection); /* drops the request that is over */
uint8_t *http_receive_space(struct http_connection *connection, size_t *len);

/* http_connection.c */
void http_connection_expect(struct http_connection *connection, uint32_t seconds);
int http_connection_new(struct http_connection **connection, struct http_server *server);
void http_connection_turn(struct http_connection *connection);
void http_connection_sweep(struct http_connection *connection, uint64_t now_ms);
/* The answer is written: next request, or the end. */
void http_connection_answered(struct http_connection *connection, bool keep_alive);
void http_connection_close(struct http_connection *connection);

/* http_admit.c: false when the exchange was answered. */
void http_take_head(struct http_connection *connection); /* correlation id, origin, keep-alive */
bool http_admit(struct http_connection *connection);     /* target, host */
bool http_find_route(
    struct http_connection *connection); /* finds the route, or the dashboard's files */
void http_make_id(char out[HTTP_ID_MAX + 1]);

/* http_answer.c */
struct http_head_bytes {
    char bytes[2048 + HTTP_EXTRA_MAX];
    size_t len;
};
/* content_len < 0: the end of the connection ends the body. */
void http_write_head(struct http_head_bytes *head, const struct http_exchange *exchange, int status,
                     const char *content_type, int64_t content_len, bool keep_alive);
/* Puts the head into the connection's buffer, with room for `room` bytes behind it, which are
 * returned uncommitted. NULL when memory is out. */
uint8_t *http_start_answer(struct http_exchange *exchange, int status, const char *content_type,
                           int64_t content_len, bool keep_alive, size_t room);
/* If-None-Match of the exchange holds the tag. */
bool http_tag_is_known(const struct http_exchange *exchange, const char *etag);

/* http_body.c */
void http_body_send(struct http_connection *connection); /* the next piece */
void http_body_gone(struct http_connection *connection);

/* http_stream.c */
void http_stream_sweep(struct http_stream *stream, uint64_t now_ms);
void http_stream_gone(struct http_connection *connection);

/* http_static.c: answers GET and HEAD of what no route has. */
void http_static_serve(struct http_exchange *exchange);

#endif
