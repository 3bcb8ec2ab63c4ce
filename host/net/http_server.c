/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "host/net/http_internal.h"

enum { BACKLOG = 256, SWEEP_MS = 250 };

static const double seconds_bounds[] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

void http_config_init(struct http_config *config)
{
    *config = (struct http_config){
        .address = "127.0.0.1",
        .port = 8080,
        .cors_origins = "",
        .allowed_hosts = "",
        .trusted_proxies = "",
        .base_path = "",
        .web_root = "",
        .body_max = 64 * 1024,
        .connections_max = 1024,
        .streams_max = 256,
        .address_share_pct = 100,
        .request_timeout_s = 15,
        .answer_timeout_s = 30,
        .idle_timeout_s = 30,
    };
}

/* ---- counting ---- */

static void register_metrics(struct http_server *s)
{
    struct metrics *m = s->metrics;

    s->open = metrics_gauge(m, "roost_http_connections", "Open HTTP connections", NULL);
    metric_set(
        metrics_gauge(m, "roost_http_connections_max", "Open HTTP connections at most", NULL),
        s->config.connections_max);
    s->exchanges =
        metrics_gauge(m, "roost_http_exchanges", "Requests from their head to their answer", NULL);
    s->streams = metrics_gauge(m, "roost_http_streams", "Open event streams", NULL);
    s->refused = metrics_counter(m, "roost_http_connections_refused_total",
                                 "Connections refused at the limit", NULL);
    s->evicted =
        metrics_counter(m, "roost_http_connections_evicted_total",
                        "Connections that waited for their client and gave way to new ones", NULL);
    s->timeouts =
        metrics_counter(m, "roost_http_timeouts_total", "Connections closed for slowness", NULL);
    s->malformed =
        metrics_counter(m, "roost_http_malformed_total", "Requests refused by the parser", NULL);
    s->stream_dropped =
        metrics_counter(m, "roost_http_stream_dropped_total",
                        "Events that did not fit a slow client's queue; it is disconnected", NULL);
    for (int i = 0; s->tls && i < TLS_REASON_COUNT; i++)
        s->tls_refused[i] =
            metrics_counter_of(m, "roost_http_tls_refused_total", "Connections that TLS refused",
                               "reason", tls_reason_name((enum tls_reason)i));
}

/* A route's row, made at its first request: a route that nobody asks for is no line on /metrics.
 * Rows of one path and method are one. */
static struct http_count *count_of(struct http_server *s, const struct http_route *route,
                                   const char *other)
{
    struct http_count *row = s->counts;

    while (row->label && !(row->route == route && (route || strcmp(row->label, other) == 0)))
        row++;
    if (!row->label) {
        char labels[HTTP_PATH_MAX];
        row->route = route;
        row->label = route ? route->path : other;
        snprintf(labels, sizeof labels, "route=\"%s\"", row->label);
        row->seconds = metrics_histogram(
            s->metrics, "roost_http_request_seconds", "Time from a request's head to its answer",
            labels, seconds_bounds, sizeof seconds_bounds / sizeof seconds_bounds[0]);
    }
    return row;
}

/* Of what no route has, these are the answers with a file. */
static bool is_file(int status)
{
    return status == 200 || status == 206 || status == 304 || status == 416;
}

/* 501 and 505 are what a stranger asked for, and 503 is said on purpose: a probe that asks while
 * the broker is away fills no log. */
static bool is_our_fault(int status)
{
    return status >= 500 && status != 501 && status != 503 && status != 505;
}

void http_server_count(struct http_server *s, const struct http_exchange *exchange, int status)
{
    struct http_count *row = count_of(s, exchange->route, is_file(status) ? "files" : "none");
    const char *method = exchange->known_method ? http_method_name(exchange->method) : "other";
    size_t i = 0;

    /* A status too many is counted with the last one: what is counted has to have a bound. */
    while (i + 1 < HTTP_STATUS_KINDS && row->by_status[i].status != 0 &&
           row->by_status[i].status != status)
        i++;
    if (!row->by_status[i].requests) {
        char labels[HTTP_PATH_MAX];
        snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",status=\"%d\"", method,
                 row->label, status);
        row->by_status[i].status = status;
        row->by_status[i].requests =
            metrics_counter(s->metrics, "roost_http_requests_total", "Requests answered", labels);
    }
    metric_add(row->by_status[i].requests, 1);
    double seconds = (double)(uv_hrtime() - exchange->started_ns) / 1e9;
    metric_observe(row->seconds, seconds);
    const char *before = host_log_scope(exchange->correlation_id);
    if (is_our_fault(status))
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "http", "answered", RF_STR("method", method),
                         RF_STR("route", row->label), RF_INT("status", status),
                         RF_MILLI("ms", (int64_t)(seconds * 1e6)));
    else
        HOST_LOG(ROOST_LOG_DEBUG, "http", "answered", RF_STR("method", method),
                 RF_STR("route", row->label), RF_INT("status", status),
                 RF_MILLI("ms", (int64_t)(seconds * 1e6)));
    host_log_scope(before);
}

/* ---- connections ---- */

static void sleep_again(struct http_connection *c)
{
    if (c->turn)
        TAILQ_REMOVE(&c->server->awake, c, among_awake);
    c->turn = 0;
}

/* What connections have left to do after an event, once the event's own calls are over: answers are
 * sent, and requests sent together answered, without one going deeper with each of them. */
static void on_turn(uv_idle_t *idle)
{
    struct http_server *s = idle->data;
    struct http_connection *c;

    uv_idle_stop(idle);
    s->turns++;
    /* Those that are woken meanwhile stand behind the others, and have the next. */
    while ((c = TAILQ_FIRST(&s->awake)) != NULL && c->turn < s->turns) {
        sleep_again(c);
        http_connection_turn(c);
    }
}

void http_server_wake(struct http_server *s, struct http_connection *connection)
{
    if (!connection->turn) {
        TAILQ_INSERT_TAIL(&s->awake, connection, among_awake);
        connection->turn = s->turns;
    }
    if (!uv_is_closing((uv_handle_t *)&s->turn))
        uv_idle_start(&s->turn, on_turn);
}

static void destroy(struct http_server *s)
{
    free(s->spare_in);
    tls_context_free(s->tls);
    if (s->web_root >= 0)
        close(s->web_root);
    free(s);
}

void http_server_settle(struct http_server *s)
{
    if (s->stopping && s->done && s->handles == 0 && s->connection_count == 0) {
        void (*done)(void *) = s->done;
        s->done = NULL;
        done(s->done_ctx);
    } else if (s->freed && s->exchange_count == 0) {
        destroy(s); /* the last answer that was owed */
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_server *s = handle->data;

    s->handles--;
    http_server_settle(s);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_handle_closed);
}

void http_server_forget(struct http_connection *c)
{
    struct http_server *s = c->server;

    sleep_again(c);
    http_door_leave(c);
    http_crowd_give(&s->crowd, c->tenant, HTTP_SLOT_CONNECTION);
    *(c->previous ? &c->previous->next : &s->connections) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    free(c->in);
    free(c->body);
    free(c);
    s->connection_count--;
    metric_set(s->open, s->connection_count);
    if (s->stopping && s->connection_count == 0) {
        close_handle((uv_handle_t *)&s->sweep);
        close_handle((uv_handle_t *)&s->turn);
    }
}

/* One timer for the time limits of all connections: they are seconds, and a quarter more or less
 * is no matter. */
static void on_sweep(uv_timer_t *timer)
{
    struct http_server *s = timer->data;
    uint64_t now = uv_now(s->loop);
    struct http_connection *next;

    for (struct http_connection *c = s->connections; c; c = next) {
        next = c->next;
        if (s->stopping && now >= s->stop_ms)
            transport_abort(c->transport, 0, "server stopped");
        else
            http_connection_sweep(c, now);
    }
}

/* ---- lifecycle ---- */

static int open_tls(struct http_server *s, const struct http_config *config)
{
    const struct tls_files files = {.cert = config->tls_cert,
                                    .key = config->tls_key,
                                    .cert2 = config->tls_cert2,
                                    .key2 = config->tls_key2,
                                    .client_ca = config->tls_client_ca,
                                    .client_crl = config->tls_client_crl};
    const char *why;

    return tls_server_load(&s->tls, &files, &why);
}

int http_server_new(struct http_server **out, uv_loop_t *loop, const struct http_config *config,
                    struct metrics *metrics)
{
    struct http_server *s = calloc(1, sizeof *s);
    int err = 0;

    if (!s)
        return ROOST_ERR_NO_MEMORY;
    s->config = *config;
    s->loop = loop;
    s->metrics = metrics;
    s->websockets_max = config->websockets_max > 0
                            ? config->websockets_max
                            : config->connections_max - config->connections_max / 4;
    TAILQ_INIT(&s->waiting);
    TAILQ_INIT(&s->awake);
    s->turns = 1;
    const uint32_t whole[HTTP_SLOTS] = {config->connections_max, config->streams_max,
                                        s->websockets_max};
    http_crowd_init(&s->crowd, whole, config->address_share_pct);
    s->web_root = -1;
    if (net_ranges_parse(&s->trusted, config->trusted_proxies) < 0)
        err = ROOST_ERR_INVALID;
    if (err == 0 && config->tls_cert)
        err = open_tls(s, config);
    if (err == 0 && config->web_root[0] != '\0') {
        s->web_root = open(config->web_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->web_root < 0)
            err = ROOST_ERR_NOT_FOUND;
    }
    if (err < 0) {
        destroy(s);
        return err;
    }
    register_metrics(s);
    *out = s;
    return 0;
}

int http_server_add(struct http_server *s, const struct http_route *routes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int err = http_routes_add(&s->routes, &routes[i]);
        if (err < 0)
            return err;
    }
    return 0;
}

void http_server_take_tls(struct http_server *s, struct tls_context *tls)
{
    ROOST_ASSERT(s->tls);
    tls_context_free(s->tls); /* connections hold on to what they need of it */
    s->tls = tls;
}

void http_server_guard(struct http_server *s, const struct http_guard *guard)
{
    s->guard = *guard;
}

static int bind_listener(struct http_server *s)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)s->config.port);
    if (getaddrinfo(s->config.address, port, &hints, &addresses) != 0)
        return UV_EADDRNOTAVAIL;
    int status = uv_tcp_bind(&s->listener, addresses->ai_addr, 0);
    freeaddrinfo(addresses);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&s->listener, BACKLOG, http_door_knock);
    return status;
}

static void read_port(struct http_server *s)
{
    struct sockaddr_storage address;
    int len = sizeof address;

    if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&address, &len) == 0)
        s->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                      : ((struct sockaddr_in *)&address)->sin_port);
}

int http_server_listen(struct http_server *s)
{
    uv_tcp_init(s->loop, &s->listener);
    uv_timer_init(s->loop, &s->sweep);
    uv_idle_init(s->loop, &s->turn);
    s->listener.data = s->sweep.data = s->turn.data = s;
    s->handles = 3;
    switch (bind_listener(s)) {
    case 0:
        break;
    case UV_EADDRINUSE:
        return ROOST_ERR_BUSY;
    case UV_EACCES:
        return ROOST_ERR_REFUSED;
    case UV_EADDRNOTAVAIL:
        return ROOST_ERR_NOT_FOUND;
    default:
        return ROOST_ERR_IO;
    }
    uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    read_port(s);
    return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_stop(struct http_server *s, uint32_t grace_ms, void (*done)(void *ctx), void *ctx)
{
    struct http_connection *next;

    ROOST_ASSERT(!s->stopping && done);
    s->stopping = true;
    s->done = done;
    s->done_ctx = ctx;
    s->stop_ms = uv_now(s->loop) + grace_ms;
    close_handle((uv_handle_t *)&s->listener);
    for (struct http_connection *c = s->connections; c; c = next) {
        next = c->next;
        if (c->stream)
            http_stream_close(c->stream);
        else if (c->state == HTTP_UPGRADED)
            c->upgrade->stop(c->upgrade_ctx);
        else if (c->state == HTTP_READ_HEAD && c->in_len == 0)
            http_connection_close(c);
    }
    if (s->connection_count == 0) {
        close_handle((uv_handle_t *)&s->sweep);
        close_handle((uv_handle_t *)&s->turn);
    }
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    ROOST_ASSERT(s->handles == 0 && s->connection_count == 0);
    s->freed = true;
    http_server_settle(s);
}
