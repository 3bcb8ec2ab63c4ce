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
#include "core/hex.h"
#include "core/json_write.h"
#include "host/net/http_internal.h"

enum {
    ERROR_MAX = 1024,
    ETAG_BYTES = (HTTP_ETAG_SIZE - 3) / 2,
};

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
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
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
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

/* ---- the head ---- */

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
    ex->has_hsts |= strcasecmp(name, "Strict-Transport-Security") == 0;
    return 0;
}

__attribute__((format(printf, 2, 3))) static void put(struct http_head_bytes *w, const char *format,
                                                      ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(w->bytes + w->len, sizeof w->bytes - w->len, format, args);
    va_end(args);
    ROOST_ASSERT(n >= 0 && (size_t)n < sizeof w->bytes - w->len); /* all parts are bounded */
    w->len += (size_t)n;
}

static void put_date(struct http_head_bytes *w)
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
void http_write_head(struct http_head_bytes *w, const struct http_exchange *ex, int status,
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
    if ((s->config.hsts || s->tls) && !ex->has_hsts)
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

/* ---- answers ---- */

uint8_t *http_start_answer(struct http_exchange *ex, int status, const char *content_type,
                           int64_t content_len, bool keep_alive, size_t room)
{
    struct transport *t = ex->connection->transport;
    struct http_head_bytes head;

    http_write_head(&head, ex, status, content_type, content_len, keep_alive);
    uint8_t *out = transport_reserve(t, head.len + room);
    if (!out)
        return NULL;
    memcpy(out, head.bytes, head.len);
    transport_commit(t, head.len);
    return out + head.len;
}

/* Puts head and body into the connection's buffer. */
static bool send_answer(struct http_exchange *ex, int status, const char *content_type,
                        const void *body, size_t len, bool keep_alive)
{
    size_t sent = ex->head || status == 204 || status == 304 ? 0 : len;
    uint8_t *out = http_start_answer(ex, status, content_type, (int64_t)len, keep_alive, sent);

    if (!out)
        return false;
    if (sent > 0)
        memcpy(out, body, sent);
    transport_commit(ex->connection->transport, sent);
    return true;
}

void http_answer(struct http_exchange *ex, int status, const char *content_type, const void *body,
                 size_t len)
{
    struct http_connection *c = ex->connection;

    if (c && !ex->head && len > HTTP_ANSWER_MAX) {
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
    http_exchange_free(ex);
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
    roost_json_put_object(&w, "error");
    roost_json_put_str(&w, "code", code);
    roost_json_put_str(&w, "message", message ? message : status_text(status));
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
bool http_tag_is_known(const struct http_exchange *ex, const char *etag)
{
    const char *list = ex->if_none_match;
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

void http_answer_tagged(struct http_exchange *ex, const char *content_type, const void *body,
                        size_t len, const char *etag, const char *cache_control)
{
    http_answer_header(ex, "ETag", etag);
    if (!ex->has_cache_control)
        http_answer_header(ex, "Cache-Control", cache_control);
    if (http_tag_is_known(ex, etag))
        http_answer(ex, 304, NULL, NULL, 0);
    else
        http_answer(ex, 200, content_type, body, len);
}

void http_etag(char out[HTTP_ETAG_SIZE], const void *bytes, size_t len)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256(bytes, len, digest);
    out[0] = '"';
    roost_hex_write(out + 1, digest, ETAG_BYTES);
    memcpy(out + 1 + 2 * ETAG_BYTES, "\"", 2);
}

void http_answer_cached(struct http_exchange *ex, const char *content_type, const void *body,
                        size_t len, const char *cache_control)
{
    char etag[HTTP_ETAG_SIZE];

    http_etag(etag, body, len);
    http_answer_tagged(ex, content_type, body, len, etag, cache_control);
}
