/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service stands on, played by a test: a clock that is set by hand, a bus that writes down
 * what it is told, a feed that counts. See hub/service.h.
 */
#ifndef ROOST_HUB_FLEET_TEST_RIG_H
#define ROOST_HUB_FLEET_TEST_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "host/metrics.h"
#include "hub/service.h"

enum { RIG_PUBLISHED = 64, RIG_ACKS = 65536 };

struct rig_message {
    char topic[128];
    char payload[1600];
    int qos;
    bool retain;
};

struct rig {
    struct bus bus;
    struct host_clock clock;
    struct hub_feed feed;
    struct metrics *metrics;

    uint64_t now_ms;
    int64_t unix_ms;
    uint64_t random;

    int publish_err;                             /* what the next publishes return */
    struct rig_message published[RIG_PUBLISHED]; /* the newest ones, by number modulo the size */
    size_t published_count;
    uint64_t acks[RIG_ACKS];
    size_t ack_count;
    bool paused;

    bool unwatched; /* nobody wants the feed */
    size_t feed_count;
    char event[32], json[8192]; /* of the last one */
};

static inline int rig_publish(void *ctx, const char *topic, const void *payload, size_t len,
                              int qos, bool retain)
{
    struct rig *rig = ctx;
    if (rig->publish_err)
        return rig->publish_err;
    struct rig_message *m = &rig->published[rig->published_count++ % RIG_PUBLISHED];
    snprintf(m->topic, sizeof m->topic, "%s", topic);
    snprintf(m->payload, sizeof m->payload, "%.*s", (int)len, (const char *)payload);
    m->qos = qos;
    m->retain = retain;
    return 0;
}

static inline void rig_ack(void *ctx, uint64_t token)
{
    struct rig *rig = ctx;
    rig->acks[rig->ack_count++ % RIG_ACKS] = token;
}

static inline void rig_pause(void *ctx, bool paused)
{
    ((struct rig *)ctx)->paused = paused;
}

static inline uint64_t rig_now(void *ctx)
{
    return ((struct rig *)ctx)->now_ms;
}

static inline int64_t rig_unix(void *ctx)
{
    return ((struct rig *)ctx)->unix_ms;
}

/* splitmix64 */
static inline uint64_t rig_next_random(struct rig *rig)
{
    uint64_t z = rig->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void rig_fill_random(void *ctx, void *out, size_t len)
{
    unsigned char *at = out;
    while (len-- > 0)
        *at++ = (unsigned char)rig_next_random(ctx);
}

static inline bool rig_feed_wanted(void *ctx)
{
    return !((struct rig *)ctx)->unwatched;
}

static inline void rig_feed(void *ctx, const char *event, const char *json, size_t len)
{
    struct rig *rig = ctx;
    rig->feed_count++;
    snprintf(rig->event, sizeof rig->event, "%s", event);
    snprintf(rig->json, sizeof rig->json, "%.*s", (int)len, json);
}

static inline void rig_no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    (void)line;
    (void)len;
}

static inline void rig_init(struct rig *rig)
{
    static const struct bus_ops bus = {rig_publish, rig_ack, rig_pause};
    static const struct host_clock_ops clock = {rig_now, rig_unix, rig_fill_random};
    static const struct hub_feed_ops feed = {rig_feed_wanted, rig_feed};
    memset(rig, 0, sizeof *rig);
    host_log_init(ROOST_LOG_DEBUG, rig_no_log, NULL); /* every line is made, none is shown */
    rig->bus = (struct bus){&bus, rig};
    rig->clock = (struct host_clock){&clock, rig};
    rig->feed = (struct hub_feed){&feed, rig};
    rig->metrics = metrics_new();
    rig->now_ms = 1000000;
    rig->unix_ms = 1790000000000;
    rig->random = 1;
}

static inline void rig_deinit(struct rig *rig)
{
    metrics_free(rig->metrics);
}

static inline void rig_pass(struct rig *rig, uint64_t ms)
{
    rig->now_ms += ms;
    rig->unix_ms += (int64_t)ms;
}

static inline const struct rig_message *rig_last(const struct rig *rig)
{
    return rig->published_count ? &rig->published[(rig->published_count - 1) % RIG_PUBLISHED]
                                : NULL;
}

/* The value of a counter or gauge that is registered already, as /metrics shows it; 0 when it is
 * not. */
static inline double rig_metric(const struct rig *rig, const char *name, const char *labels)
{
    size_t len;
    char key[256];
    char *text = metrics_expose(rig->metrics, &len);
    snprintf(key, sizeof key, labels ? "\n%s{%s} " : "\n%s ", name, labels);
    const char *line = strstr(text, key);
    double value = 0;
    if (line)
        value = strtod(line + strlen(key), NULL);
    free(text);
    return value;
}

#endif
