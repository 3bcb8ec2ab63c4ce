/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service stands on, played by a test: a clock that is set by hand, a bus that writes down
 * what it is told, a feed that counts. See hub/service.h.
 *
 *     struct parts_fake fake;
 *     fake_init(&fake);
 *     fleet = fleet_new(&config, &registry, &fake.bus, &fake.clock, &fake.feed, fake.metrics);
 *     fake_pass(&fake, 1000);
 *     assert_string_equal(fake_last(&fake)->topic, "device/a/command");
 */
#ifndef ROOST_HUB_FLEET_PARTS_FAKE_H
#define ROOST_HUB_FLEET_PARTS_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "host/metrics.h"
#include "hub/service.h"

enum { FAKE_PUBLISHED = 64, FAKE_ACKS = 65536 };

struct fake_message {
    char topic[128];
    char payload[1600];
    int qos;
    bool retain;
};

struct parts_fake {
    struct bus bus;
    struct host_clock clock;
    struct hub_feed feed;
    struct metrics *metrics;

    uint64_t now_ms;
    int64_t unix_ms;
    uint64_t random;

    int publish_err;                               /* what the next publishes return */
    struct fake_message published[FAKE_PUBLISHED]; /* the newest ones, by number modulo the size */
    size_t published_count;
    uint64_t acks[FAKE_ACKS];
    size_t ack_count;
    bool paused;

    bool unwatched; /* nobody wants the feed */
    size_t feed_count;
    char event[32], json[8192]; /* of the last one */
};

static inline int fake_publish(void *ctx, const char *topic, const void *payload, size_t len,
                               int qos, bool retain)
{
    struct parts_fake *fake = ctx;
    if (fake->publish_err)
        return fake->publish_err;
    struct fake_message *m = &fake->published[fake->published_count++ % FAKE_PUBLISHED];
    snprintf(m->topic, sizeof m->topic, "%s", topic);
    snprintf(m->payload, sizeof m->payload, "%.*s", (int)len, (const char *)payload);
    m->qos = qos;
    m->retain = retain;
    return 0;
}

static inline void fake_ack(void *ctx, uint64_t token)
{
    struct parts_fake *fake = ctx;
    fake->acks[fake->ack_count++ % FAKE_ACKS] = token;
}

static inline void fake_pause(void *ctx, bool paused)
{
    ((struct parts_fake *)ctx)->paused = paused;
}

static inline uint64_t fake_now(void *ctx)
{
    return ((struct parts_fake *)ctx)->now_ms;
}

static inline int64_t fake_unix(void *ctx)
{
    return ((struct parts_fake *)ctx)->unix_ms;
}

/* splitmix64 */
static inline uint64_t fake_next_random(struct parts_fake *fake)
{
    uint64_t z = fake->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void fake_fill_random(void *ctx, void *out, size_t len)
{
    unsigned char *at = out;
    while (len-- > 0)
        *at++ = (unsigned char)fake_next_random(ctx);
}

static inline bool fake_feed_wanted(void *ctx)
{
    return !((struct parts_fake *)ctx)->unwatched;
}

static inline void fake_feed(void *ctx, const char *event, const char *json, size_t len)
{
    struct parts_fake *fake = ctx;
    fake->feed_count++;
    snprintf(fake->event, sizeof fake->event, "%s", event);
    snprintf(fake->json, sizeof fake->json, "%.*s", (int)len, json);
}

static inline void fake_no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    (void)line;
    (void)len;
}

static inline void fake_init(struct parts_fake *fake)
{
    static const struct bus_ops bus = {fake_publish, fake_ack, fake_pause};
    static const struct host_clock_ops clock = {fake_now, fake_unix, fake_fill_random};
    static const struct hub_feed_ops feed = {fake_feed_wanted, fake_feed};
    memset(fake, 0, sizeof *fake);
    host_log_init(ROOST_LOG_DEBUG, fake_no_log, NULL); /* every line is made, none is shown */
    fake->bus = (struct bus){&bus, fake};
    fake->clock = (struct host_clock){&clock, fake};
    fake->feed = (struct hub_feed){&feed, fake};
    fake->metrics = metrics_new();
    fake->now_ms = 1000000;
    fake->unix_ms = 1790000000000;
    fake->random = 1;
}

static inline void fake_deinit(struct parts_fake *fake)
{
    metrics_free(fake->metrics);
}

static inline void fake_pass(struct parts_fake *fake, uint64_t ms)
{
    fake->now_ms += ms;
    fake->unix_ms += (int64_t)ms;
}

static inline const struct fake_message *fake_last(const struct parts_fake *fake)
{
    return fake->published_count ? &fake->published[(fake->published_count - 1) % FAKE_PUBLISHED]
                                 : NULL;
}

/* The value of a counter or gauge that is registered already, as /metrics shows it; 0 when it is
 * not. */
static inline double fake_metric(const struct parts_fake *fake, const char *name,
                                 const char *labels)
{
    size_t len;
    char key[256];
    char *text = metrics_expose(fake->metrics, &len);
    snprintf(key, sizeof key, labels ? "\n%s{%s} " : "\n%s ", name, labels);
    const char *line = strstr(text, key);
    double value = 0;
    if (line)
        value = strtod(line + strlen(key), NULL);
    free(text);
    return value;
}

#endif
