/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the REST API and every other HTTP handler of the hub is written against: a table of routes,
 * a request, and an exchange that is answered at once or later, or turned into a stream of
 * server-sent events. The server behind it (host/net/http_server.h) is the only one that sees
 * sockets. One thread: everything here is called on the loop's thread. Depends on core/err.h.
 *
 *     static void device_get(void *ctx, const struct http_request *request,
 *                            struct http_exchange *ex)
 *     {
 *         const char *id = http_param(request, "id");
 *         ...
 *         http_answer(ex, 200, "application/json", json, len);
 *     }
 *
 *     static const struct http_route routes[] = {
 *         {HTTP_GET, "/api/v1/devices/{id}", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, device_get, NULL},
 *     };
 */
#ifndef ROOST_HOST_NET_HTTP_H
#define ROOST_HOST_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD_COUNT };

const char *http_method_name(enum http_method method); /* "GET" */

/* Who may call a route. The guard decides; the server only hands it on. */
enum http_role { HTTP_ROLE_ANYONE, HTTP_ROLE_OPERATOR, HTTP_ROLE_PARENT, HTTP_ROLE_DEVICE };

/* Which limit a route counts against. The guard decides; see struct http_guard. */
enum http_rate { HTTP_RATE_NONE, HTTP_RATE_SIGN_IN, HTTP_RATE_READ, HTTP_RATE_WRITE };

struct http_exchange;
struct http_stream;
struct http_route;
struct http_field;      /* host/net/http_parse.h */
struct tls_certificate; /* host/net/tls.h */

enum { HTTP_SESSION_MAX = 36 };

/* Who the guard found the caller to be; zero when nobody is signed in. */
struct http_identity {
    int64_t id;
    enum http_role role;
    char session[HTTP_SESSION_MAX + 1]; /* the sign-in; "" for none */
    uint32_t valid_s; /* how much longer he may be taken for that: what goes on for longer than the
                         request has to end then. 0: no limit */
};

/* Everything in it is borrowed for the call of the handler. */
struct http_request {
    enum http_method method;
    bool head;                  /* a HEAD request, served by the GET route; the body is left out */
    const char *path;           /* percent-decoded, without the base path and the query */
    const char *remote;         /* http_client_address() of its exchange */
    const char *correlation_id; /* from X-Request-Id when that is well formed, else a new one */
    const char *body;           /* "" when there is none; NUL-terminated behind body_len */
    size_t body_len;
    struct http_identity identity;
    const struct http_route *route;
    const void *server_side; /* for the functions below */
};

/* The value of {name} in the route's pattern, percent-decoded. NULL when the pattern has none. */
const char *http_param(const struct http_request *request, const char *name);

/* The first query parameter of that name, percent-decoded, "" when it has no value, NULL when
 * absent. */
const char *http_query(const struct http_request *request, const char *name);

/* A query parameter as an integer. Returns 0 with *out set, ROOST_ERR_NOT_FOUND when it is absent
 * (*out is left alone), ROOST_ERR_INVALID, ROOST_ERR_RANGE when it is outside [min, max]. */
int http_query_int(const struct http_request *request, const char *name, int64_t min, int64_t max,
                   int64_t *out);

/* The first header of that name, NULL when absent. Case is ignored. */
const char *http_header(const struct http_request *request, const char *name);

/* All path parameters, query parameters or headers: names and values as the functions above give
 * them, in their order. Returns how many; *fields is borrowed for the call of the handler. */
enum http_fields { HTTP_PARAMS, HTTP_QUERY, HTTP_HEADERS };
size_t http_fields(const struct http_request *request, enum http_fields which,
                   const struct http_field **fields);

/* Whose request it is: "192.0.2.7", "2001:db8::7", "::" when it is not known. The peer's address,
 * or behind a proxy of http_config's trusted_proxies what that proxy says (host/net/forwarded.h).
 * What is logged, limited or locked out by address goes by this one. Borrowed from the exchange. */
const char *http_client_address(const struct http_exchange *exchange);

/* "" or the base path that the request came under, "/roost": what its answer names of this server
 * begins with it. For the server's life. */
const char *http_base_path(const struct http_request *request);

/* True when the request came under this server's own TLS. */
bool http_is_secure(const struct http_request *request);

/* The TLS client's certificate; false when it showed none (tls_client_ca of struct http_config). */
bool http_client_certificate(const struct http_request *request, struct tls_certificate *out);

/* Answers the exchange exactly once, now or later: http_answer, http_fail, http_stream_open or
 * websocket_accept. The exchange is the handler's until then and gone after; when the client left
 * meanwhile, answering is harmless (and still required, it frees the exchange). */
typedef void (*http_handler_fn)(void *ctx, const struct http_request *request,
                                struct http_exchange *exchange);

struct http_route {
    enum http_method method;
    const char *path; /* "/api/v1/devices/{id}/history"; {name} stands for one whole segment */
    enum http_role role;
    enum http_rate rate;
    http_handler_fn handler;
    void *ctx;
    size_t body_max; /* bytes; 0: the server's default (64 KiB) */
};

/* Asked before the body is read, so that a stranger cannot make the hub read one; request->body is
 * empty then. Returns 0 to go on, with *identity filled; or answers the exchange (401, 403, 429)
 * and returns a negative error. */
struct http_guard {
    int (*check)(void *ctx, const struct http_request *request, struct http_exchange *exchange,
                 struct http_identity *identity);
    void *ctx;
};

/* Adds a header to the answer; copied. Security headers, CORS, X-Request-Id, Content-Length and
 * Date are the server's, but Strict-Transport-Security, which it sends over TLS only, may be set
 * here too. Returns 0, ROOST_ERR_INVALID (a control character) or
 * ROOST_ERR_FULL (2 KiB). */
int http_answer_header(struct http_exchange *exchange, const char *name, const char *value);

/* Sends status, headers and body; copied. content_type may be NULL for an empty body. Answers under
 * /api/ carry Cache-Control: no-store unless the handler set one. */
void http_answer(struct http_exchange *exchange, int status, const char *content_type,
                 const void *body, size_t len);

/* As http_answer, but takes over a malloc'ed body: no copy of a long history. */
void http_answer_take(struct http_exchange *exchange, int status, const char *content_type,
                      void *body, size_t len);

/* {"error":{"code":"not_found","message":"..."}}; message NULL: the status' own text. */
void http_fail(struct http_exchange *exchange, int status, const char *code, const char *message);

/* The status a project error answers with: NOT_FOUND 404, EXISTS 409, INVALID and RANGE 422,
 * TOO_LONG 413, AUTH 401, REFUSED 403, FULL 429, CLOSED, BUSY and NO_SPACE 503, TIMEOUT 504, others
 * 500; and the matching http_fail with roost_err_text, prefixed by what when that is not NULL. */
int http_status_of(int err);
void http_fail_err(struct http_exchange *exchange, int err, const char *what);

/* Sets a strong ETag over the body's bytes; answers 200 with it, or 304 when the client has it. */
void http_answer_cached(struct http_exchange *exchange, const char *content_type, const void *body,
                        size_t len, const char *cache_control);

/* A strong tag for these bytes: the start of their SHA-256, quoted. */
enum { HTTP_ETAG_SIZE = 2 * 16 + 3 };
void http_etag(char out[HTTP_ETAG_SIZE], const void *bytes, size_t len);

/* As http_answer_cached with a tag of the caller's: over less than the body where a part of it,
 * such as the time, does not count. */
void http_answer_tagged(struct http_exchange *exchange, const char *content_type, const void *body,
                        size_t len, const char *etag, const char *cache_control);

/* Answers with a body that is not copied: it is borrowed until `done` is called, once, when its
 * last byte is on its way or the client has left; sent in pieces, as fast as the client takes them,
 * of any length. A single Range is served (206, 416), If-Range and If-None-Match are heeded. */
void http_answer_borrowed(struct http_exchange *exchange, const char *content_type,
                          const void *body, size_t len, const char *etag, const char *cache_control,
                          void (*done)(void *ctx), void *ctx);

/* True when the client is still there: worth doing the expensive part? */
bool http_exchange_alive(const struct http_exchange *exchange);

/* For an exchange that is answered later: `left` is called on the loop, at most once and not after
 * the answer, when the client has left, sends nothing more, or was told 504. The answer is still
 * owed, and may be given inside the call. */
void http_exchange_watch(struct http_exchange *exchange,
                         void (*left)(void *ctx, struct http_exchange *exchange), void *ctx);

/*
 * Server-sent events. A client that reads slower than events come gets a queue of
 * HTTP_STREAM_QUEUE_BYTES; when an event does not fit, it is counted as dropped and the client is
 * disconnected: it reconnects and loads the present state, which is better than a silent gap. A
 * comment line every 15 s keeps proxies from closing an idle stream.
 */
enum { HTTP_STREAM_QUEUE_BYTES = 256 * 1024 };

/* Answers the exchange with a stream. `closed` is called once, on the client's leaving, overflow,
 * http_stream_close or server stop; the stream is gone after it. Returns NULL when the client has
 * left already or the server's limit of streams is reached (503 is sent then); the exchange is used
 * up and `closed` not called. */
struct http_stream *http_stream_open(struct http_exchange *exchange,
                                     void (*closed)(void *ctx, struct http_stream *stream),
                                     void *ctx);

/* Queues one event; event and data are copied, id may be NULL. data may hold line feeds. Returns 0
 * or ROOST_ERR_FULL (the client is being disconnected, `closed` follows from the loop, never from
 * inside this call). */
int http_stream_send(struct http_stream *stream, const char *event, const char *id,
                     const char *data, size_t len);

/* Sends what is queued, then closes. */
void http_stream_close(struct http_stream *stream);

#endif
