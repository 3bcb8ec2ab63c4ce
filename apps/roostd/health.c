/* SPDX-License-Identifier: Apache-2.0 */
#include "health.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "host/process.h"

enum { ANSWER_MAX = 2048, ASK_MS = 1000 };

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

/* What reading said, or the last batch; else what the trial of a write says. NULL: it can be used.
 */
static const char *store_why(int err, const struct trial_store *tried)
{
    if (err != 0)
        return roost_err_text(err);
    return tried->err == 0 ? NULL : tried->why[0] ? tried->why : roost_err_text(tried->err);
}

/* Ready or not: whoever looks should know that somebody plays with the hub's name. */
static void put_takeovers(struct roost_json_writer *w, const struct sessions *broker)
{
    struct mqtt_takeovers taken = sessions_takeovers(broker);
    char text[256];

    if (taken.count == 0)
        return;
    snprintf(text, sizeof text,
             "another client seems to have taken our client id %llu times, last %llu s ago; who "
             "connects with it stands in the broker's log",
             (unsigned long long)taken.count, (unsigned long long)(taken.ago_ms / 1000));
    roost_json_put_str(w, "broker_session", text);
}

static void answer_ready(struct health *h, struct http_exchange *exchange)
{
    struct roost_json_writer w;
    char json[ANSWER_MAX];
    const char *broker = sessions_why(h->broker);
    const char *registry = store_why(h->registry_err, &h->trial.known[TRIAL_REGISTRY]);
    const char *series =
        store_why(h->series->ops->ping(h->series->ctx), &h->trial.known[TRIAL_SERIES]);

    const char *charging = store_why(0, &h->trial.known[TRIAL_CHARGING]);

    bool ready = !broker && !registry && !series && !charging && !h->stopping;
    /* Readings are taken and kept all the same: to take the hub out would lose more. */
    const char *clock = ingest_clock_text(h->ingest);
    bool doubted = ingest_clock_doubted(h->ingest);
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "status", !ready ? "not_ready" : doubted ? "degraded" : "ready");
    roost_json_put_object(&w, "parts");
    roost_json_put_str(&w, "broker", broker ? broker : "ok");
    put_takeovers(&w, h->broker);
    roost_json_put_str(&w, "registry", registry ? registry : "ok");
    roost_json_put_str(&w, "series", series ? series : "ok");
    roost_json_put_str(&w, "charging", charging ? charging : "ok");
    roost_json_put_str(&w, "clock", clock);
    if (h->stopping)
        roost_json_put_str(&w, "process", "stopping");
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(exchange, ready ? 200 : 503, &w);
}

/* When the registry has answered and the trial is over. */
static void maybe_answer(struct health *h)
{
    if (h->asking || h->trial.under_way)
        return;
    for (size_t i = 0; i < h->waiting_count; i++)
        answer_ready(h, h->waiting[i]);
    h->waiting_count = 0;
}

static void registry_answered(void *arg, int err, const struct registry_answer *answer)
{
    struct health *h = arg;

    (void)answer;
    h->asking = false;
    h->registry_err = err;
    h->answered_ms = process_clock.ops->now_ms(process_clock.ctx);
    maybe_answer(h);
}

static void stores_tried(void *ctx)
{
    maybe_answer(ctx);
}

static void get_ready(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    static const struct registry_request ping = {.op = REGISTRY_PING};
    struct health *h = ctx;
    uint64_t now_ms = process_clock.ops->now_ms(process_clock.ctx);
    bool fresh = h->answered_ms != 0 && now_ms - h->answered_ms < ASK_MS;
    bool tried = trial_known(&h->trial, now_ms);

    (void)request;
    /* Whoever finds the list full is told what was known last: who asks for readiness takes no
     * answer for a dead hub. */
    if ((fresh && tried) || h->waiting_count == HEALTH_WAITING_MAX) {
        answer_ready(h, exchange);
        return;
    }
    h->waiting[h->waiting_count++] = exchange;
    /* One question for all that wait. */
    if (h->asking || fresh)
        return;
    int err = registry_ask(h->registry, &ping, registry_answered, h);
    h->asking = err == 0;
    if (err < 0)
        registry_answered(h, err, NULL);
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

static void on_collect(void *ctx)
{
    struct health *h = ctx;
    struct registry_counts now;

    h->registry->ops->counts(h->registry->ctx, &now);
    /* The registry keeps totals; a counter takes what came since. */
    metric_add(h->commits, (double)(now.commits - h->counted.commits));
    metric_add(h->full, (double)(now.full - h->counted.full));
    metric_add(h->given_up, (double)(now.given_up - h->counted.given_up));
    metric_set(h->queued, (double)now.waiting);
    metric_set(h->most, (double)now.most);
    h->counted = now;
}

static void add_metrics(struct health *h)
{
    static const char refused[] = "roost_registry_refused_total";
    static const char refused_help[] = "Requests to the registry that did not take place";

    h->commits = metrics_counter(h->metrics, "roost_registry_commits_total",
                                 "Transactions of the registry, many requests each", NULL);
    h->full = metrics_counter(h->metrics, refused, refused_help, "reason=\"queue_full\"");
    h->given_up = metrics_counter(h->metrics, refused, refused_help, "reason=\"waited_too_long\"");
    h->queued = metrics_gauge(h->metrics, "roost_registry_waiting",
                              "Requests to the registry not yet answered", NULL);
    h->most = metrics_gauge(h->metrics, "roost_registry_waiting_max",
                            "The most requests that waited at one time", NULL);
    metrics_on_collect(h->metrics, on_collect, h);
}

int health_add(struct health *h, uv_loop_t *loop, struct http_server *server)
{
    const struct http_route routes[HEALTH_ROUTES] = {
        {HTTP_GET, "/health", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_alive, h, 0},
        {HTTP_GET, "/health/live", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_alive, h, 0},
        {HTTP_GET, "/health/ready", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_ready, h, 0},
        {HTTP_GET, "/metrics", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_metrics, h, 0},
    };

    int err = trial_open(&h->trial, loop, h->paths, stores_tried, h);
    if (err < 0)
        return err;
    add_metrics(h);
    memcpy(h->routes, routes, sizeof routes);
    return http_server_add(server, h->routes, HEALTH_ROUTES);
}

void health_close(struct health *h)
{
    trial_close(&h->trial);
}
