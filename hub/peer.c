/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/peer.h"

#include <string.h>
#include <strings.h>

#include "core/assert.h"

static const char *find(const struct hub_field *fields, size_t count, const char *name,
                        int (*compare)(const char *, const char *))
{
    for (size_t i = 0; i < count; i++)
        if (compare(fields[i].name, name) == 0)
            return fields[i].value;
    return NULL;
}

const char *hub_peer_param(const struct hub_peer_request *request, const char *name)
{
    return find(request->params, request->param_count, name, strcmp);
}

const char *hub_peer_query(const struct hub_peer_request *request, const char *name)
{
    return find(request->query, request->query_count, name, strcmp);
}

const char *hub_peer_header(const struct hub_peer_request *request, const char *name)
{
    return find(request->headers, request->header_count, name, strcasecmp);
}

int hub_peer_accept(struct hub_peer *peer)
{
    return peer->ops->accept(peer->ctx);
}

void hub_peer_refuse(struct hub_peer *peer, int status, const char *reason)
{
    ROOST_ASSERT(status >= 400 && status <= 599);
    peer->ops->refuse(peer->ctx, status, reason);
}

int hub_peer_send(struct hub_peer *peer, enum hub_peer_type type, const void *data, size_t len)
{
    return peer->ops->send(peer->ctx, type, data, len);
}

size_t hub_peer_unsent(const struct hub_peer *peer)
{
    return peer->ops->unsent(peer->ctx);
}

void hub_peer_close(struct hub_peer *peer, uint16_t code, const char *reason)
{
    peer->ops->close(peer->ctx, code, reason);
}
