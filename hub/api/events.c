/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/fnv.h"
#include "core/json_read.h"
#include "proto/fleet/topic.h"

enum { INDEX_SIZE = 2 * EVENTS_PENDING_MAX, EVENTS_TOKENS = 256 };

struct listener {
    struct listener *next;
    struct events *events;
    struct http_stream *stream;
    char device_id[ROOST_DEVICE_ID_MAX + 1]; /* "" for all */
    char session[HTTP_SESSION_MAX + 1];      /* "" for none */
    uint64_t until_ms;                       /* of the loop; 0: no limit */
    bool ended;                              /* is being closed: nothing more for it */
};

struct pending {
    char event[16];
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    char detail[40]; /* the metric, or the command's id */
    char data[EVENTS_DATA_MAX];
    size_t len;
};

struct events {
    uv_timer_t timer;
    bool closing, timer_closed;
    struct listener *listeners;
    struct pending *pending; /* EVENTS_PENDING_MAX, there while somebody listens */
    size_t count;
    uint16_t index[INDEX_SIZE]; /* open addressing: 0 free, else place in pending + 1 */
    struct metric *open, *sent, *dropped;
};

struct events *events_new(uv_loop_t *loop, struct metrics *metrics)
{
    struct events *events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    uv_timer_init(loop, &events->timer);
    events->timer.data = events;
    events->open = metrics_gauge(metrics, "roost_event_streams", "Live views open", NULL);
    events->sent = metrics_counter(metrics, "roost_events_sent_total", "Events sent", NULL);
    events->dropped = metrics_counter(metrics, "roost_events_dropped_total",
                                      "Events dropped: too many in one flush, or too long", NULL);
    return events;
}

static void clear(struct events *events)
{
    events->count = 0;
    memset(events->index, 0, sizeof events->index);
}

/* Without listeners nothing is kept. */
static void rest_when_alone(struct events *events)
{
    if (events->listeners)
        return;
    free(events->pending);
    events->pending = NULL;
    clear(events);
    uv_timer_stop(&events->timer);
}

/* Once closed, the memory goes with the last of timer and listeners. */
static void free_when_unused(struct events *events)
{
    if (events->timer_closed && !events->listeners)
        free(events);
}

static void on_closed(void *ctx, struct http_stream *stream)
{
    struct listener *gone = ctx;
    struct events *events = gone->events;
    (void)stream;
    for (struct listener **at = &events->listeners; *at; at = &(*at)->next)
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    free(gone);
    metric_add(events->open, -1);
    rest_when_alone(events);
    free_when_unused(events);
}

/* Closes those whose access has ended: of the session, or with NULL those whose time is over. */
static void end_listeners(struct events *events, const char *session)
{
    uint64_t now_ms = uv_now(events->timer.loop);
    struct listener *next;
    for (struct listener *listener = events->listeners; listener; listener = next) {
        next = listener->next;
        if (session ? strcmp(listener->session, session) != 0
                    : listener->until_ms == 0 || listener->until_ms > now_ms)
            continue;
        listener->ended = true;
        http_stream_close(listener->stream);
    }
}

static void flush(uv_timer_t *timer)
{
    struct events *events = timer->data;
    end_listeners(events, NULL);
    if (events->count == 0)
        return;
    for (size_t i = 0; i < events->count; i++) {
        const struct pending *p = &events->pending[i];
        struct listener *next;
        for (struct listener *listener = events->listeners; listener; listener = next) {
            next = listener->next;
            if (listener->ended)
                continue;
            if (listener->device_id[0] != '\0' && strcmp(listener->device_id, p->device_id) != 0)
                continue;
            if (http_stream_send(listener->stream, p->event, NULL, p->data, p->len) == 0)
                metric_add(events->sent, 1);
        }
    }
    clear(events);
}

static size_t hash_of(const char *event, const char *device_id, const char *detail)
{
    const char *parts[] = {event, device_id, detail};
    uint32_t hash = ROOST_FNV32;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = roost_fnv32(hash, parts[i], strlen(parts[i]));
    return hash ^ hash >> 16;
}

/* The slot of the same event, device and detail, or the next free one; NULL when all are taken. */
static struct pending *slot_of(struct events *events, const char *event, const char *device_id,
                               const char *detail)
{
    size_t at = hash_of(event, device_id, detail) % INDEX_SIZE;
    for (; events->index[at] != 0; at = (at + 1) % INDEX_SIZE) {
        struct pending *p = &events->pending[events->index[at] - 1];
        if (strcmp(p->device_id, device_id) == 0 && strcmp(p->event, event) == 0 &&
            strcmp(p->detail, detail) == 0)
            return p;
    }
    if (events->count == EVENTS_PENDING_MAX)
        return NULL;
    events->index[at] = (uint16_t)++events->count;
    return &events->pending[events->count - 1];
}

static bool wanted(void *ctx)
{
    const struct events *events = ctx;
    return events->pending != NULL;
}

static void feed(void *ctx, const char *event, const char *json, size_t len)
{
    struct events *events = ctx;
    if (!wanted(events))
        return;
    struct roost_json doc;
    struct roost_json_token tokens[EVENTS_TOKENS];
    char device_id[ROOST_DEVICE_ID_MAX + 1] = "";
    char detail[40] = "";
    if (len > EVENTS_DATA_MAX || roost_json_parse(&doc, tokens, EVENTS_TOKENS, json, len) != 0) {
        metric_add(events->dropped, 1);
        return;
    }
    roost_json_get_string(&doc, ROOST_JSON_ROOT, "device_id", device_id, sizeof device_id);
    if (roost_json_get_string(&doc, ROOST_JSON_ROOT, "metric", detail, sizeof detail) != 0)
        roost_json_get_string(&doc, ROOST_JSON_ROOT, "command_id", detail, sizeof detail);
    struct pending *p = slot_of(events, event, device_id, detail);
    if (!p) {
        metric_add(events->dropped, 1);
        return;
    }
    snprintf(p->event, sizeof p->event, "%s", event);
    memcpy(p->device_id, device_id, sizeof device_id);
    memcpy(p->detail, detail, sizeof detail);
    memcpy(p->data, json, len);
    p->len = len;
}

struct hub_feed events_feed(struct events *events)
{
    static const struct hub_feed_ops ops = {.wanted = wanted, .send = feed};
    return (struct hub_feed){.ops = &ops, .ctx = events};
}

void events_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct events *events = ctx;
    const char *device_id = http_query(request, "device_id");
    if (device_id && device_id[0] != '\0' &&
        roost_device_id_check(device_id, strlen(device_id)) != 0) {
        http_fail(exchange, 400, "invalid_field",
                  "device_id: 1 to 64 characters of A-Z a-z 0-9 _ . : -, but for . and ..");
        return;
    }
    if (events->closing) {
        http_fail_err(exchange, ROOST_ERR_CLOSED, NULL);
        return;
    }
    struct listener *listener = calloc(1, sizeof *listener);
    if (!events->pending)
        events->pending = calloc(EVENTS_PENDING_MAX, sizeof *events->pending);
    if (!listener || !events->pending) {
        free(listener);
        rest_when_alone(events);
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    listener->events = events;
    snprintf(listener->device_id, sizeof listener->device_id, "%s", device_id ? device_id : "");
    const struct http_identity *who = &request->identity;
    snprintf(listener->session, sizeof listener->session, "%s", who->session);
    if (who->valid_s > 0)
        listener->until_ms = uv_now(events->timer.loop) + (uint64_t)who->valid_s * 1000;
    listener->stream = http_stream_open(exchange, on_closed, listener);
    if (!listener->stream) {
        free(listener);
        rest_when_alone(events);
        return;
    }
    listener->next = events->listeners;
    events->listeners = listener;
    metric_add(events->open, 1);
    http_stream_send(listener->stream, "hello", NULL, "{}", 2);
    if (!uv_is_active((uv_handle_t *)&events->timer))
        uv_timer_start(&events->timer, flush, EVENTS_FLUSH_MS, EVENTS_FLUSH_MS);
}

void events_end(struct events *events, const char *session)
{
    if (session[0] != '\0')
        end_listeners(events, session);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct events *events = handle->data;
    events->timer_closed = true;
    free_when_unused(events);
}

void events_close(struct events *events)
{
    events->closing = true;
    struct listener *next;
    for (struct listener *listener = events->listeners; listener; listener = next) {
        next = listener->next;
        http_stream_close(listener->stream);
    }
    uv_close((uv_handle_t *)&events->timer, on_timer_closed);
}
