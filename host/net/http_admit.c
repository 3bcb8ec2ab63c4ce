/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold before a request is believed: origin, target, host; and where it leads. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "core/err.h"
#include "host/net/forwarded.h"
#include "host/net/http_internal.h"

void http_make_id(char out[HTTP_ID_MAX + 1])
{
    uint64_t random[2] = {0};

    while (getrandom(random, sizeof random, 0) != sizeof random)
        ;
    snprintf(out, HTTP_ID_MAX + 1, "%016llx%016llx", (unsigned long long)random[0],
             (unsigned long long)random[1]);
}

static bool id_is_good(const char *id)
{
    size_t len = strlen(id);

    return len >= 1 && len <= HTTP_ID_MAX &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == len;
}

/* Comma-separated list, case ignored; "*.example" in it stands for every name below. */
static bool list_has(const char *list, const char *name, size_t len)
{
    while (*list) {
        list += strspn(list, " ,");
        size_t item = strcspn(list, " ,");
        if (item == 1 && *list == '*')
            return true;
        if (item == len && strncasecmp(list, name, len) == 0)
            return true;
        if (item > 2 && list[0] == '*' && list[1] == '.' && len > item - 1 &&
            strncasecmp(list + 1, name + len - (item - 1), item - 1) == 0)
            return true;
        list += item;
    }
    return false;
}

/* HTTP/1.1 has exactly one Host; its name without the port is looked up. The list keeps out pages
 * of other sites whose name was made to lead here: to a browser they are this hub's own. A target
 * in absolute form names the host itself, and no other one than Host (RFC 9112 section 3.2.2). */
static bool host_is_allowed(const struct http_connection *c, const char *authority)
{
    const char *list = c->server->config.allowed_hosts;
    const char *host = http_head_field(&c->head, "Host");
    size_t count = http_head_count(&c->head, "Host");

    if (count > 1 || (count == 0 && c->head.minor == 1))
        return false;
    if (authority[0] && host && strcasecmp(authority, host) != 0)
        return false;
    if (authority[0])
        host = authority;
    size_t len = host ? http_host_name(host) : 0;
    if (host && host[0] && len == 0)
        return false;
    return *list == '\0' || (len > 0 && list_has(list, host, len));
}

/* The name of a field that is said twice and is no list: whoever stands in front may read the other
 * one. NULL: there is none. */
static const char *said_twice(const struct http_connection *c)
{
    static const char *const names[] = {"Authorization", "Content-Type", "Origin", "Range"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (http_head_count(&c->head, names[i]) > 1)
            return names[i];
    return NULL;
}

static void take_origin(struct http_connection *c, struct http_exchange *ex)
{
    const char *origin = http_head_field(&c->head, "Origin");
    size_t len = origin ? strlen(origin) : 0;

    if (len > 0 && len < sizeof ex->origin && list_has(c->server->config.cors_origins, origin, len))
        memcpy(ex->origin, origin, len + 1);
}

static int method_of(const char *name, enum http_method *method, bool *head)
{
    *head = strcmp(name, "HEAD") == 0;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (strcmp(*head ? "GET" : name, http_method_name((enum http_method)i)) == 0) {
            *method = (enum http_method)i;
            return 0;
        }
    }
    return ROOST_ERR_UNSUPPORTED;
}

static void allow_header(struct http_exchange *ex, unsigned methods)
{
    char text[64];
    size_t len = 0;

    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        if (methods & 1u << i)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s, ",
                                    http_method_name((enum http_method)i),
                                    i == HTTP_GET ? ", HEAD" : "");
    snprintf(text + len, sizeof text - len, "OPTIONS");
    http_answer_header(ex, "Allow", text);
}

/* What a browser asks before a request to another origin, and what is allowed in general. */
static void answer_options(struct http_exchange *ex, unsigned methods)
{
    if (ex->origin[0]) {
        http_answer_header(ex, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
        http_answer_header(ex, "Access-Control-Allow-Headers",
                           "Authorization, Content-Type, Idempotency-Key, If-None-Match, "
                           "Last-Event-ID, X-Request-Id, X-Requested-With");
        http_answer_header(ex, "Access-Control-Max-Age", "600");
    }
    allow_header(ex, methods);
    http_answer(ex, 204, NULL, NULL, 0);
}

static void refuse_target(struct http_exchange *ex)
{
    http_fail(ex, 400, "bad_target", "The request's target is malformed.");
}

/* Devices in the field expect a close code and no status: what a handshake lacks is its route's to
 * say. */
static bool is_handshake(const struct http_connection *c)
{
    return http_head_lists(&c->head, "Upgrade", "websocket", 9, true) &&
           http_head_field(&c->head, "Sec-WebSocket-Key");
}

bool http_find_route(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;
    unsigned methods;
    bool options = strcmp(c->head.method, "OPTIONS") == 0;

    ex->known_method = method_of(c->head.method, &ex->method, &ex->head) == 0;
    ex->route =
        http_routes_find(&c->server->routes, ex->known_method ? ex->method : HTTP_METHOD_COUNT,
                         ex->target.path, &ex->params, &methods);
    if (ex->target.damaged && !(ex->route && is_handshake(c))) {
        refuse_target(ex);
        return false;
    }
    bool file = methods == 0 && !ex->api && c->server->web_root >= 0;
    if (file)
        methods = 1u << HTTP_GET;
    if (ex->route)
        return true;
    if (options && methods != 0) {
        answer_options(ex, methods);
    } else if (!ex->known_method && !options) {
        http_fail(ex, 501, "method_not_implemented", NULL);
    } else if (methods == 0) {
        http_fail(ex, 404, "not_found", NULL);
    } else if (file && ex->method == HTTP_GET) {
        return true;
    } else {
        allow_header(ex, methods);
        http_fail(ex, 405, "method_not_allowed", NULL);
    }
    return false;
}

/* A condition that is longer than any of ours could be is left out: the whole is answered. */
static void take_field(const struct http_connection *c, const char *name, char *out, size_t size)
{
    const char *value = http_head_field(&c->head, name);

    if (value && strlen(value) < size)
        memcpy(out, value, strlen(value) + 1);
}

void http_take_head(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;
    const char *id = http_head_field(&c->head, "X-Request-Id");

    if (id && id_is_good(id))
        snprintf(ex->correlation_id, sizeof ex->correlation_id, "%s", id);
    else
        http_make_id(ex->correlation_id);
    ex->address =
        forwarded_client(&c->server->trusted, c->peer, c->head.fields, c->head.field_count);
    net_address_write(ex->client, ex->address);
    take_field(c, "If-None-Match", ex->if_none_match, sizeof ex->if_none_match);
    take_field(c, "Range", ex->range, sizeof ex->range);
    take_field(c, "If-Range", ex->if_range, sizeof ex->if_range);
    take_origin(c, ex);
    ex->keep_alive = !c->server->stopping && c->head.minor == 1 &&
                     !http_head_lists(&c->head, "Connection", "close", 5, true);
}

/* A proxy that serves this hub below a path passes that on. Returns false when the exchange was
 * answered: the base itself lacks the slash that the page's own links are relative to. */
static bool take_base(struct http_exchange *ex)
{
    const char *base = ex->server->config.base_path;
    size_t len = strlen(base);

    if (len == 0 || strncmp(ex->target.path, base, len) != 0)
        return true;
    if (ex->target.path[len] == '/') {
        ex->target.path += len;
        ex->base = base;
        return true;
    }
    if (ex->target.path[len] != '\0') /* only a name that begins like it */
        return true;
    char location[HTTP_PATH_MAX];
    snprintf(location, sizeof location, "%s/", base);
    http_answer_header(ex, "Location", location);
    http_answer(ex, 308, NULL, NULL, 0);
    return false;
}

bool http_admit(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;
    bool star = strcmp(c->head.target, "*") == 0 && strcmp(c->head.method, "OPTIONS") == 0;
    int err = http_target_parse(&ex->target, c->head.target);

    if (err < 0 && !star && !ex->target.damaged) { /* http_find_route() */
        if (err == ROOST_ERR_TOO_LONG)
            http_fail(ex, 414, "uri_too_long", NULL);
        else
            refuse_target(ex);
        return false;
    }
    if (!host_is_allowed(c, ex->target.authority)) {
        http_fail(ex, 400, "host_not_allowed", "This server is not asked for that host name.");
        return false;
    }
    const char *twice = said_twice(c);
    if (twice) {
        char text[64];
        snprintf(text, sizeof text, "The header %s is there twice.", twice);
        http_fail(ex, 400, "header_twice", text);
        return false;
    }
    if (star) {
        answer_options(ex, 1u << HTTP_GET);
        return false;
    }
    if (!take_base(ex))
        return false;
    ex->api = strncmp(ex->target.path, "/api/", 5) == 0;
    return true;
}
