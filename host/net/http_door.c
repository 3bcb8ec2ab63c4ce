/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets in, and who gives way. A connection that waits for its client, to send a whole request
 * or to read its answer, stands in two queues, the server's and its address': who waits longest
 * first. At the limit of an address its own first goes, at the limit of all the first of all; those
 * without a whole request before those with an answer. What is being answered, streams and
 * WebSockets stay. */
#include <stdlib.h>

#include "host/net/http_internal.h"

/* ---- who waits for its client ---- */

void http_door_leave(struct http_connection *c)
{
    if (!c->waiting)
        return;
    c->waiting = false;
    TAILQ_REMOVE(&c->server->waiting, c, among_all);
    if (c->tenant)
        TAILQ_REMOVE(&c->tenant->waiting, c, among_own);
}

void http_door_wait(struct http_connection *c)
{
    http_door_leave(c);
    if (c->evicted)
        return;
    c->waiting = true;
    TAILQ_INSERT_TAIL(&c->server->waiting, c, among_all);
    if (c->tenant)
        TAILQ_INSERT_TAIL(&c->tenant->waiting, c, among_own);
}

static bool has_answer(const struct http_connection *c)
{
    return c->state == HTTP_SENDING || transport_unsent(c->transport) > 0;
}

static bool give_way(struct http_connection *c)
{
    if (!c)
        return false;
    c->evicted = true;
    http_door_leave(c);
    metric_add(c->server->evicted, 1);
    transport_abort(c->transport, 0, "gives way to a new connection");
    return true;
}

static struct http_connection *first_of_all(struct http_server *s)
{
    struct http_connection *c;

    TAILQ_FOREACH(c, &s->waiting, among_all)
    if (!has_answer(c))
        return c;
    return TAILQ_FIRST(&s->waiting);
}

static struct http_connection *first_of(struct http_tenant *tenant)
{
    struct http_connection *c;

    TAILQ_FOREACH(c, &tenant->waiting, among_own)
    if (!has_answer(c))
        return c;
    return TAILQ_FIRST(&tenant->waiting);
}

/* ---- coming in ---- */

/* A trusted proxy stands for many. Returns false when the new one cannot stay. */
static bool find_room(struct http_connection *c)
{
    struct http_server *s = c->server;

    if (!net_ranges_hold(&s->trusted, c->peer)) {
        c->tenant = http_crowd_find(&s->crowd, c->peer);
        if (!c->tenant)
            return false;
        if (++c->tenant->held[HTTP_SLOT_CONNECTION] > s->crowd.share_max[HTTP_SLOT_CONNECTION])
            return give_way(first_of(c->tenant));
    }
    return s->connection_count <= s->config.connections_max || give_way(first_of_all(s));
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

/* The connection has to be taken to be closed; else it stays at the listener. */
static void turn_away(struct http_server *s)
{
    uv_tcp_t *unwanted = malloc(sizeof *unwanted);

    metric_add(s->refused, 1);
    if (!unwanted || uv_tcp_init(s->loop, unwanted) != 0) {
        free(unwanted);
        return;
    }
    uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)unwanted);
    uv_close((uv_handle_t *)unwanted, free_handle);
}

void http_door_knock(uv_stream_t *listener, int status)
{
    struct http_server *s = listener->data;
    struct http_connection *c;

    if (status < 0)
        return;
    if (http_connection_new(&c, s) < 0) {
        turn_away(s);
    } else if (find_room(c)) {
        http_door_wait(c);
    } else {
        metric_add(s->refused, 1);
        c->evicted = true;
        transport_abort(c->transport, 0, "refused at the limit");
    }
}

/* ---- what lasts ---- */

/* Streams and WebSockets leave an eighth of the connections to requests. */
bool http_door_may_last(const struct http_server *s)
{
    uint32_t max = s->config.connections_max;

    return s->stream_count + s->websocket_count < max - max / 8;
}
