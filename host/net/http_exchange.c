/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an exchange: whose it is, from the head of its request to its answer. */
#include <stdlib.h>

#include "core/assert.h"
#include "host/net/http_internal.h"

static void count(struct http_server *s, int change)
{
    s->exchange_count = (uint32_t)((int)s->exchange_count + change);
    metric_set(s->exchanges, s->exchange_count);
}

struct http_exchange *http_exchange_new(struct http_connection *c)
{
    struct http_exchange *ex = calloc(1, sizeof *ex);

    ROOST_ASSERT(!c->exchange);
    if (!ex)
        return NULL;
    ex->server = c->server;
    ex->connection = c;
    ex->owner = HTTP_OWNER_CONNECTION;
    ex->base = "";
    ex->started_ns = uv_hrtime();
    ex->address = c->peer;
    net_address_write(ex->client, c->peer);
    c->exchange = ex;
    c->state = HTTP_WAITING;
    c->idle_since_ms = 0;
    count(c->server, 1);
    return ex;
}

void http_exchange_hand_over(struct http_exchange *ex)
{
    ROOST_ASSERT(ex->owner == HTTP_OWNER_CONNECTION);
    ex->owner = HTTP_OWNER_HANDLER;
}

void http_exchange_free(struct http_exchange *ex)
{
    struct http_server *s = ex->server;

    if (ex->connection && ex->connection->exchange == ex)
        ex->connection->exchange = NULL;
    free(ex);
    count(s, -1);
    http_server_settle(s);
}

void http_exchange_tell_left(struct http_exchange *ex)
{
    void (*left)(void *, struct http_exchange *) = ex->left;

    ex->left = NULL;
    if (left)
        left(ex->left_ctx, ex);
}

void http_exchange_lose(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;

    if (!ex)
        return;
    c->exchange = NULL;
    ex->connection = NULL;
    if (ex->owner == HTTP_OWNER_CONNECTION)
        http_exchange_free(ex);
    else
        http_exchange_tell_left(ex);
}

bool http_exchange_alive(const struct http_exchange *ex)
{
    return ex->connection != NULL;
}

void http_exchange_watch(struct http_exchange *ex,
                         void (*left)(void *ctx, struct http_exchange *exchange), void *ctx)
{
    ex->left = left;
    ex->left_ctx = ctx;
}

const char *http_client_address(const struct http_exchange *ex)
{
    return ex->client;
}
