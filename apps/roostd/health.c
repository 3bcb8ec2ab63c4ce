/* SPDX-License-Identifier: Apache-2.0 */
#include "health.h"

#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "host/process.h"

enum { ANSWER_MAX = 1024, ASK_MS = 1000 };

static void answer_json(struct http_exchange *exchange, int status, struct roost_json_writer *w)
{
    int len = roost_json_finish(w);

    if (len < 0)
        http_fail_err(exchange, ROOST_ERR_INTERNAL, NULL);
    else
        http_answer(exchange, status, "application/json", w->out, (size_t)len);
}

static void get_alive(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct roost_json_writer w;
    char json[ANSWER_MAX];
    bool whole = strcmp(request->path, "/health") == 0;

    (void)ctx;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "status", whole ? "serving" : "live");
    if (whole)
        roost_json_put_str(&w, "version", ROOST_VERSION);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
}

static void ask_stores(struct health *h)
{
    uint64_t now_ms = process_clock.ops->now_ms(process_clock.ctx);

    if (h->asked_ms != 0 && now_ms - h->asked_ms < ASK_MS)
        return;
    h->asked_ms = now_ms;
    h->registry_err = h->registry->ops->ping(h->registry->ctx);
    h->series_err = h->series->ops->ping(h->series->ctx);
}

static void get_ready(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct health *h = ctx;
    struct roost_json_writer w;
    char json[ANSWER_MAX];
    const char *broker = mqtt_client_why(h->mqtt);

    (void)request;
    ask_stores(h);
    bool ready = !broker && h->registry_err == 0 && h->series_err == 0 && !h->stopping;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "status", ready ? "ready" : "not_ready");
    roost_json_put_object(&w, "parts");
    roost_json_put_str(&w, "broker", broker ? broker : "ok");
    roost_json_put_str(&w, "registry",
                       h->registry_err == 0 ? "ok" : roost_err_text(h->registry_err));
    roost_json_put_str(&w, "series", h->series_err == 0 ? "ok" : roost_err_text(h->series_err));
    if (h->stopping)
        roost_json_put_str(&w, "process", "stopping");
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(exchange, ready ? 200 : 503, &w);
}

static void get_metrics(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    struct health *h = ctx;
    size_t len;
    char *text = metrics_expose(h->metrics, &len);

    (void)request;
    if (text)
        http_answer_take(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    else
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
}

int health_add(struct health *h, struct http_server *server)
{
    const struct http_route routes[HEALTH_ROUTES] = {
        {HTTP_GET, "/health", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_alive, h, 0},
        {HTTP_GET, "/health/live", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_alive, h, 0},
        {HTTP_GET, "/health/ready", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_ready, h, 0},
        {HTTP_GET, "/metrics", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_metrics, h, 0},
    };

    memcpy(h->routes, routes, sizeof routes);
    return http_server_add(server, h->routes, HEALTH_ROUTES);
}
