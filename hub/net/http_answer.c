/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/sha.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/json_write.h"
#include "hub/net/http_internal.h"

enum {
    HEAD_MAX = 2048 + HTTP_EXTRA_MAX,
    ERROR_MAX = 1024,
    PING_MS = 15000,
    ETAG_BYTES = 16,
};

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *status_text(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status)
            return statuses[i].text;
    return "Unknown";
}

/* On every answer. The dashboard's scripts and styles come from here and nowhere else; the charts
 * set styles on their elements. */
static const char security_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'\r\n";

static const char hsts_header[] = "Strict-Transport-Security: max-age=31536000\r\n";

/* ---- the head
 * ------------------------------------------------------------------------------------ */

int http_answer_header(struct http_exchange *ex, const char *name, const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return ROOST_ERR_INVALID;
    size_t room = sizeof ex->extra - ex->extra_len;
    int n = snprintf(ex->extra + ex->extra_len, room, "%s: %s\r\n", name, value);
    if (n < 0 || (size_t)n >= room) {
        ex->extra[ex->extra_len] = '\0';
        return ROOST_ERR_FULL;
    }
    ex->extra_len += (size_t)n;
    ex->has_cache_control |= strcasecmp(name, "Cache-Control") == 0;
    return 0;
}

struct head_writer {
    char bytes[HEAD_MAX];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct head_writer *w, const char *format,
                                                      ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(w->bytes + w->len, sizeof w->bytes - w->len, format, args);
    va_end(args);
    ROOST_ASSERT(n >= 0 && (size_t)n < sizeof w->bytes - w->len); /* all parts are bounded */
    w->len += (size_t)n;
}

static void put_date(struct head_writer *w)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    put(w, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday], tm.tm_mday,
        months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* content_len < 0: the end of the connection ends the body. */
static void write_head(struct head_writer *w, const struct http_exchange *ex, int status,
                       const char *content_type, int64_t content_len, bool keep_alive)
{
    const struct http_server *s = ex->server;

    w->len = 0;
    put(w, "HTTP/1.1 %d %s\r\n", status, status_text(status));
    put_date(w);
    if (content_type)
        put(w, "Content-Type: %s\r\n", content_type);
    if (content_len >= 0 && status != 204 && status != 304)
        put(w, "Content-Length: %lld\r\n", (long long)content_len);
    put(w, "X-Request-Id: %s\r\n%s", ex->correlation_id, security_headers);
    if (s->config.hsts || s->tls)
        put(w, "%s", hsts_header);
    if (s->config.cors_origins[0])
        put(w, "Vary: Origin\r\n");
    if (ex->origin[0])
        put(w,
            "Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n"
            "Access-Control-Expose-Headers: ETag, Retry-After, X-Request-Id\r\n",
            ex->origin);
    if (!ex->has_cache_control && status != 304)
        put(w, "Cache-Control: no-store\r\n");
    if (!keep_alive)
        put(w, "Connection: close\r\n");
    put(w, "%s\r\n", ex->extra);
}

/* ---- answers
 * --------------------------------------------------------------------------------------- */

static void free_exchange(struct http_exchange *ex)
{
    struct http_server *s = ex->server;

    if (ex->connection && ex->connection->exchange == ex)
        ex->connection->exchange = NULL;
    free(ex);
    s->exchange_count--;
    http_server_settle(s);
}

/* Puts head and body into the connection's buffer. */
static bool send_answer(struct http_exchange *ex, int status, const char *content_type,
                        const void *body, size_t len, bool keep_alive)
{
    struct transport *t = ex->connection->transport;
    struct head_writer head;
    size_t sent = ex->head || status == 204 || status == 304 ? 0 : len;

    write_head(&head, ex, status, content_type, (int64_t)len, keep_alive);
    uint8_t *out = transport_reserve(t, head.len + sent);
    if (!out)
        return false;
    memcpy(out, head.bytes, head.len);
    if (sent > 0)
        memcpy(out + head.len, body, sent);
    transport_commit(t, head.len + sent);
    return true;
}

void http_answer(struct http_exchange *ex, int status, const char *content_type, const void *body,
                 size_t len)
{
    struct http_connection *c = ex->connection;

    if (c && len > HTTP_ANSWER_MAX) {
        http_fail(ex, 500, "answer_too_large", "The answer is too large; ask for less.");
        return;
    }
    http_server_count(ex->server, ex, status);
    if (c) {
        bool keep_alive = ex->keep_alive && !c->peer_ended && !ex->server->stopping;
        if (!send_answer(ex, status, content_type, body, len, keep_alive)) {
            transport_abort(c->transport, ROOST_ERR_NO_MEMORY, "out of memory");
            keep_alive = false;
        }
        http_connection_answered(c, keep_alive);
    }
    free_exchange(ex);
}

void http_answer_take(struct http_exchange *ex, int status, const char *content_type, void *body,
                      size_t len)
{
    http_answer(ex, status, content_type, body, len);
    free(body);
}

void http_fail(struct http_exchange *ex, int status, const char *code, const char *message)
{
    struct roost_json_writer w;
    char json[ERROR_MAX];

    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_key(&w, "error");
    roost_json_object(&w);
    roost_json_key(&w, "code");
    roost_json_str(&w, code);
    roost_json_key(&w, "message");
    roost_json_str(&w, message ? message : status_text(status));
    roost_json_end(&w);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    if (len < 0)
        http_fail(ex, status, "error", NULL);
    else
        http_answer(ex, status, "application/json", json, (size_t)len);
}

int http_status_of(int err)
{
    switch (err) {
    case ROOST_ERR_NOT_FOUND:
        return 404;
    case ROOST_ERR_EXISTS:
        return 409;
    case ROOST_ERR_INVALID:
    case ROOST_ERR_RANGE:
        return 422;
    case ROOST_ERR_TOO_LONG:
        return 413;
    case ROOST_ERR_AUTH:
        return 401;
    case ROOST_ERR_REFUSED:
        return 403;
    case ROOST_ERR_FULL:
        return 429;
    case ROOST_ERR_CLOSED:
    case ROOST_ERR_BUSY:
    case ROOST_ERR_NO_SPACE:
        return 503;
    case ROOST_ERR_TIMEOUT:
        return 504;
    default:
        return 500;
    }
}

void http_fail_err(struct http_exchange *ex, int err, const char *what)
{
    char code[24], message[256];
    const char *name = roost_err_name(err);
    size_t len = strlen(name);

    for (size_t i = 0; i <= len && i < sizeof code; i++)
        code[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    code[sizeof code - 1] = '\0';
    snprintf(message, sizeof message, "%s%s%s", what ? what : "", what ? ": " : "",
             roost_err_text(err));
    http_fail(ex, http_status_of(err), code, message);
}

/* If-None-Match: a list of tags, weak comparison, or a star (RFC 9110 section 13.1.2). */
static bool tag_is_known(const char *list, const char *etag)
{
    size_t len = strlen(etag);

    while (*list) {
        list += strspn(list, " ,");
        if (*list == '*')
            return true;
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        size_t item = *list == '"' ? strcspn(list + 1, "\"") + 2 : strcspn(list, " ,");
        if (item == len && strncmp(list, etag, len) == 0)
            return true;
        size_t rest = strlen(list);
        list += item < rest ? item : rest;
    }
    return false;
}

void http_answer_file(struct http_exchange *ex, const char *content_type, void *body, size_t len,
                      const char *etag, const char *cache_control)
{
    http_answer_header(ex, "ETag", etag);
    if (!ex->has_cache_control)
        http_answer_header(ex, "Cache-Control", cache_control);
    if (tag_is_known(ex->if_none_match, etag))
        http_answer(ex, 304, NULL, NULL, 0);
    else
        http_answer(ex, 200, content_type, body, len);
    free(body);
}

void http_answer_cached(struct http_exchange *ex, const char *content_type, const void *body,
                        size_t len, const char *cache_control)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char etag[2 * ETAG_BYTES + 3] = "\"";

    SHA256(body, len, digest);
    for (size_t i = 0; i < ETAG_BYTES; i++)
        snprintf(etag + 1 + 2 * i, 3, "%02x", digest[i]);
    strcat(etag, "\"");
    http_answer_header(ex, "ETag", etag);
    if (!ex->has_cache_control)
        http_answer_header(ex, "Cache-Control", cache_control);
    if (tag_is_known(ex->if_none_match, etag))
        http_answer(ex, 304, NULL, NULL, 0);
    else
        http_answer(ex, 200, content_type, body, len);
}

bool http_exchange_alive(const struct http_exchange *ex)
{
    return ex->connection != NULL;
}

/* ---- streams
 * --------------------------------------------------------------------------------------- */

struct http_stream *http_stream_open(struct http_exchange *ex,
                                     void (*closed)(void *ctx, struct http_stream *stream),
                                     void *ctx)
{
    struct http_server *s = ex->server;
    struct http_connection *c = ex->connection;
    struct head_writer head;

    if (!c || ex->head || s->stopping || s->stream_count >= s->config.streams_max) {
        if (!ex->head)
            http_answer_header(ex, "Retry-After", "5");
        http_fail(ex, ex->head ? 405 : 503, "no_stream", "No further event stream can be opened.");
        return NULL;
    }
    struct http_stream *stream = calloc(1, sizeof *stream);
    http_answer_header(ex, "X-Accel-Buffering", "no");
    write_head(&head, ex, 200, "text/event-stream", -1, false);
    uint8_t *out = stream ? transport_reserve(c->transport, head.len) : NULL;
    if (!out) {
        free(stream);
        http_fail(ex, 503, "no_memory", NULL);
        return NULL;
    }
    memcpy(out, head.bytes, head.len);
    transport_commit(c->transport, head.len);
    *stream = (struct http_stream){
        .connection = c, .closed = closed, .ctx = ctx, .pinged_ms = uv_now(s->loop)};
    c->stream = stream;
    c->state = HTTP_STREAMING;
    metric_set(s->streams, ++s->stream_count);
    http_server_count(s, ex, 200);
    free_exchange(ex);
    http_server_wake(s, c);
    return stream;
}

/* Room for a piece of the stream, within the queue's bound. */
static uint8_t *stream_room(struct http_stream *stream, size_t len)
{
    struct transport *t = stream->connection->transport;

    if (transport_unsent(t) + len > HTTP_STREAM_QUEUE_BYTES)
        return NULL;
    return transport_reserve(t, len);
}

static size_t put_text(uint8_t *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return len;
}

static size_t put_line(uint8_t *out, const char *field, const char *value, size_t len)
{
    size_t n = put_text(out, field, strlen(field));

    n += put_text(out + n, value, len);
    n += put_text(out + n, "\n", 1);
    return n;
}

static int overflow(struct http_stream *stream)
{
    struct http_connection *c = stream->connection;

    metric_add(c->server->stream_dropped, 1);
    if (!stream->failed)
        transport_abort(c->transport, ROOST_ERR_FULL, "event queue full");
    stream->failed = true;
    return ROOST_ERR_FULL;
}

int http_stream_send(struct http_stream *stream, const char *event, const char *id,
                     const char *data, size_t len)
{
    static const size_t line_head = sizeof "data: \n" - 1;
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += data[i] == '\n';
    size_t size = len + lines * line_head + 1;
    size += event ? strlen(event) + sizeof "event: \n" : 0;
    size += id ? strlen(id) + sizeof "id: \n" : 0;
    uint8_t *out = stream->failed ? NULL : stream_room(stream, size);
    if (!out)
        return overflow(stream);
    size_t n = 0;
    if (event)
        n += put_line(out + n, "event: ", event, strlen(event));
    if (id)
        n += put_line(out + n, "id: ", id, strlen(id));
    for (const char *line = data, *end = data + len; line <= end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        n += put_line(out + n, "data: ", line, (size_t)(stop - line));
        line = stop + 1;
    }
    n += put_text(out + n, "\n", 1);
    transport_commit(stream->connection->transport, n);
    http_server_wake(stream->connection->server, stream->connection);
    return 0;
}

void http_stream_close(struct http_stream *stream)
{
    http_connection_close(stream->connection);
}

/* A client that has not taken the last ping's worth by the next one is gone or useless. */
void http_stream_sweep(struct http_stream *stream, uint64_t now_ms)
{
    struct http_connection *c = stream->connection;

    if (now_ms - stream->pinged_ms < PING_MS || c->state != HTTP_STREAMING)
        return;
    stream->pinged_ms = now_ms;
    uint8_t *out = transport_unsent(c->transport) == 0 ? stream_room(stream, 3) : NULL;
    if (!out) {
        metric_add(c->server->timeouts, 1);
        transport_abort(c->transport, ROOST_ERR_TIMEOUT, "too slow");
        return;
    }
    memcpy(out, ":\n\n", 3);
    transport_commit(c->transport, 3);
    http_server_wake(c->server, c);
}

void http_stream_gone(struct http_connection *c)
{
    struct http_stream *stream = c->stream;

    if (!stream)
        return;
    c->stream = NULL;
    metric_set(c->server->streams, --c->server->stream_count);
    stream->closed(stream->ctx, stream);
    free(stream);
}
