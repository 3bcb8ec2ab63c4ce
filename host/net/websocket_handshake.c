/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake, RFC 6455 section 4.2. */
#include "host/net/websocket_handshake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/sha.h>

#include "core/assert.h"
#include "core/base64.h"
#include "host/net/http_internal.h"

enum {
    KEY_BYTES = 16, /* of Sec-WebSocket-Key, decoded */
    KEY_LEN = ROOST_BASE64_LEN(KEY_BYTES),
    ACCEPT_LEN = ROOST_BASE64_LEN(SHA_DIGEST_LENGTH),
};

void websocket_choose_of(const struct http_head *head, const char *list,
                         char out[WEBSOCKET_SUBPROTOCOL_MAX + 1])
{
    out[0] = '\0';
    while (list && *list) {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        ROOST_ASSERT(len <= WEBSOCKET_SUBPROTOCOL_MAX);
        if (len > 0 && http_head_lists(head, "Sec-WebSocket-Protocol", list, len, false)) {
            memcpy(out, list, len);
            out[len] = '\0';
            return;
        }
        list += len;
    }
}

void websocket_choose(const struct http_request *request, const char *subprotocols,
                      char out[WEBSOCKET_SUBPROTOCOL_MAX + 1])
{
    const struct http_exchange *ex = request->server_side;

    out[0] = '\0';
    if (ex->connection)
        websocket_choose_of(&ex->connection->head, subprotocols, out);
}

static bool key_is_good(const struct http_head *head)
{
    const char *key = http_head_field(head, "Sec-WebSocket-Key");
    uint8_t bytes[KEY_BYTES];

    return http_head_count(head, "Sec-WebSocket-Key") == 1 && strlen(key) == KEY_LEN &&
           roost_base64_decode(bytes, sizeof bytes, key, KEY_LEN) == KEY_BYTES;
}

static bool origin_is_allowed(const struct http_exchange *ex, const struct http_head *head)
{
    const char *origin = http_head_field(head, "Origin");
    const char *host = http_head_field(head, "Host");

    if (!origin || ex->origin[0]) /* not a browser's page, or in the list */
        return true;
    const char *name = strstr(origin, "://");
    return name && host && strcasecmp(name + 3, host) == 0;
}

bool websocket_is_offered(struct http_exchange *ex, const struct websocket_options *options)
{
    const struct http_server *s = ex->server;
    const struct http_connection *c = ex->connection;
    const char *version;

    if (!c) {
        http_fail(ex, 503, "closed", NULL); /* to nobody */
        return false;
    }
    version = http_head_field(&c->head, "Sec-WebSocket-Version");
    if (ex->method != HTTP_GET || ex->head || c->head.minor == 0 ||
        !http_head_lists(&c->head, "Upgrade", "websocket", 9, true) ||
        !http_head_lists(&c->head, "Connection", "upgrade", 7, true) || !version ||
        strcmp(version, "13") != 0) {
        http_answer_header(ex, "Upgrade", "websocket");
        http_answer_header(ex, "Sec-WebSocket-Version", "13");
        http_fail(ex, 426, "upgrade_required", "WebSocket version 13 is spoken here.");
    } else if (!key_is_good(&c->head)) {
        http_fail(ex, 400, "bad_websocket_key", "Sec-WebSocket-Key: 16 bytes in base64.");
    } else if (c->framing != HTTP_NO_BODY) {
        http_fail(ex, 400, "unexpected_body", "An upgrade has no body.");
    } else if (!options->any_origin && !origin_is_allowed(ex, &c->head)) {
        http_fail(ex, 403, "origin_not_allowed", "Pages of this origin may not connect.");
    } else if (s->stopping || c->peer_ended || s->websocket_count >= s->websockets_max ||
               !http_door_may_last(s)) {
        http_answer_header(ex, "Retry-After", "5");
        http_fail(ex, 503, "no_websocket", "No further WebSocket can be opened.");
    } else {
        return true;
    }
    return false;
}

static void write_accept(char out[ACCEPT_LEN + 1], const char *key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[KEY_LEN + sizeof guid];
    uint8_t digest[SHA_DIGEST_LENGTH];

    int len = snprintf(text, sizeof text, "%s%s", key, guid);
    SHA1((const uint8_t *)text, (size_t)len, digest);
    out[roost_base64_encode(out, digest, sizeof digest)] = '\0';
}

bool websocket_switch(struct http_exchange *ex, const char *subprotocol)
{
    struct http_connection *c = ex->connection;
    char accept[ACCEPT_LEN + 1], head[HTTP_EXTRA_MAX + 512];
    bool named = subprotocol[0] != '\0';

    write_accept(accept, http_head_field(&c->head, "Sec-WebSocket-Key"));
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s"
                       "X-Request-Id: %s\r\n%s\r\n",
                       accept, named ? "Sec-WebSocket-Protocol: " : "", subprotocol,
                       named ? "\r\n" : "", ex->correlation_id, ex->extra);
    ROOST_ASSERT(len > 0 && (size_t)len < sizeof head); /* all parts are bounded */
    uint8_t *out = transport_reserve(c->transport, (size_t)len);
    if (!out)
        return false;
    memcpy(out, head, (size_t)len);
    transport_commit(c->transport, (size_t)len);
    return true;
}
