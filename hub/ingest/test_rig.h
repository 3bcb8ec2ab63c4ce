/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services on the SQLite stores, a scripted bus and a clock set by hand. Writes of the series
 * can be made to fail or to stay under way. Who includes this says which product runs:
 *
 *     #define RIG_PRODUCT (&meter_service)
 *     #define RIG_TYPE "meter"                    what its devices say they are
 *     #include "hub/ingest/test_rig.h"
 */
#ifndef ROOST_HUB_INGEST_TEST_RIG_H
#define ROOST_HUB_INGEST_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/fleet/parts_fake.h"
#include "hub/ingest/services.h"
#include "hub/settings.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

struct rig {
    struct parts_fake fake;
    struct test_file file;
    struct registry registry;
    struct series real, series; /* series: the real one behind the switch below */
    int write_err;              /* what the next writes end with; nothing is stored then */
    int start_err;              /* what the call itself returns */
    int failed_err;             /* of the one under way */
    series_done_fn failed_done;
    void *failed_arg;
    int writes;

    struct settings settings;
    int64_t built_ms; /* when the hub says it was built */
    struct hub_parts parts;
    struct services services;
    struct fleet *fleet;
    uint64_t token; /* last one given out */

    struct bus prompt; /* the other lane: publishes go to the fake, acknowledgements here */
    uint64_t prompt_acks[64];
    size_t prompt_ack_count;
};

static struct rig rig;

static inline int rig_publish(void *ctx, const char *topic, const void *payload, size_t len,
                              int qos, bool retain)
{
    (void)ctx;
    return fake_publish(&rig.fake, topic, payload, len, qos, retain);
}

static inline void rig_ack_prompt(void *ctx, uint64_t token)
{
    (void)ctx;
    assert_true(rig.prompt_ack_count < 64);
    rig.prompt_acks[rig.prompt_ack_count++] = token;
}

static inline void rig_no_pause(void *ctx, bool paused)
{
    (void)ctx;
    (void)paused;
    fail_msg("the prompt lane is never paused");
}

static inline int rig_write(void *ctx, const struct series_batch *batch, series_done_fn done,
                            void *arg)
{
    (void)ctx;
    rig.writes++;
    if (rig.start_err)
        return rig.start_err;
    if (!rig.write_err)
        return rig.real.ops->write(rig.real.ctx, batch, done, arg);
    rig.failed_err = rig.write_err;
    rig.failed_done = done;
    rig.failed_arg = arg;
    return 0;
}

/* Lets what is under way come to its end. */
static inline void rig_pump(void)
{
    series_done_fn done = rig.failed_done;
    rig.failed_done = NULL;
    if (done)
        done(rig.failed_arg, rig.failed_err);
    series_sqlite_pump(&rig.real);
    rig.registry.ops->wait(rig.registry.ctx);
}

static inline uint64_t rig_tick(void)
{
    return services_tick(&rig.services, rig.fake.now_ms);
}

/* Until nothing is left to write at this moment. */
static inline void rig_settle(void)
{
    for (int i = 0; i < 20; i++) {
        rig_tick();
        rig_pump();
    }
}

static inline void rig_start(void)
{
    static struct series_ops ops;
    assert_int_equal(series_sqlite_open(&rig.real, NULL, rig.file.path, NULL, 0), 0);
    ops = *rig.real.ops;
    ops.write = rig_write;
    /* Other calls go to the real one with its own context. */
    rig.series = (struct series){&ops, rig.real.ctx};
    static const struct bus_ops prompt = {rig_publish, rig_ack_prompt, rig_no_pause};
    rig.prompt = (struct bus){.ops = &prompt};
    rig.parts = (struct hub_parts){.settings = &rig.settings,
                                   .registry = &rig.registry,
                                   .series = &rig.series,
                                   .bus = &rig.prompt,
                                   .clock = &rig.fake.clock,
                                   .built_ms = rig.built_ms,
                                   .feed = &rig.fake.feed,
                                   .metrics = rig.fake.metrics};
    const struct hub_service *const products[] = {RIG_PRODUCT};
    const struct ingest_lanes lanes = {
        .bus = {[HUB_LANE_STORED] = &rig.fake.bus, [HUB_LANE_PROMPT] = &rig.prompt}};
    const char *what;
    assert_int_equal(services_open(&rig.services, products, 1, &rig.parts, &lanes, &what), 0);
    rig.fleet = rig.services.fleet;
}

/* kill -9: what is in memory is gone, done functions are never called. */
static inline void rig_stop(void)
{
    rig.failed_done = NULL;
    rig.registry.ops->wait(rig.registry.ctx);
    services_close(&rig.services);
}

static inline void rig_ignore(void *arg, int err)
{
    (void)arg;
    (void)err;
}

/* After rig_stop: another process on the same stores. */
static inline void rig_begin_again(void)
{
    int64_t unix_ms = rig.fake.unix_ms;
    uint64_t random = rig.fake.random;
    rig.real.ops->close(rig.real.ctx);
    fake_deinit(&rig.fake);
    fake_init(&rig.fake);
    rig.fake.unix_ms = unix_ms;
    rig.fake.random = random;
    rig_start();
}

static inline void rig_restart(void)
{
    struct series_batch nothing = {0};
    /* The store's done must not reach the freed service: taken up by a write that is ours. */
    series_sqlite_pump(&rig.real);
    assert_int_equal(rig.real.ops->write(rig.real.ctx, &nothing, rig_ignore, NULL), 0);
    rig_stop();
    rig_begin_again();
}

static inline int rig_set_up(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    fake_init(&rig.fake);
    rig.settings = (struct settings){.device_policy = FLEET_POLICY_OPEN,
                                     .inactive_after_s = 300,
                                     .clock_skew_s = 60,
                                     .device_max = 100,
                                     .device_rate_per_s = 2000,
                                     .device_burst = 120000,
                                     .waiting_max = 1000,
                                     .trigger_temperature_degc = 0.5,
                                     .trigger_humidity_pct = 2,
                                     .trigger_sound = true,
                                     .trigger_interval_s = 5};
    if (test_file_make(&rig.file, "series.db") != 0 ||
        registry_sqlite_open(&rig.registry, NULL, ":memory:", NULL, 0) != 0)
        return -1;
    rig_start();
    return 0;
}

static inline int rig_tear_down(void **state)
{
    (void)state;
    rig_pump();
    rig_stop();
    rig.real.ops->close(rig.real.ctx);
    rig.registry.ops->close(rig.registry.ctx);
    fake_deinit(&rig.fake);
    test_file_remove(&rig.file);
    return 0;
}

/* Messages. */

static inline uint64_t rig_send_bytes(const char *topic, const void *payload, size_t len)
{
    struct bus_message message = {
        .topic = topic, .payload = payload, .len = len, .token = ++rig.token};
    services_message(&rig.services, HUB_LANE_STORED, &message);
    return rig.token;
}

/* As the broker sends it once more after a lost connection. */
static inline uint64_t rig_repeat(const char *topic, const char *payload)
{
    struct bus_message message = {.topic = topic,
                                  .payload = payload,
                                  .len = strlen(payload),
                                  .dup = true,
                                  .token = ++rig.token};
    services_message(&rig.services, HUB_LANE_STORED, &message);
    return rig.token;
}

/* On the lane of what must not wait. */
static inline uint64_t rig_send_prompt(const char *topic, const char *payload)
{
    struct bus_message message = {
        .topic = topic, .payload = payload, .len = strlen(payload), .token = ++rig.token};
    services_message(&rig.services, HUB_LANE_PROMPT, &message);
    return rig.token;
}

static inline bool rig_acked_prompt(uint64_t token)
{
    for (size_t i = 0; i < rig.prompt_ack_count; i++)
        if (rig.prompt_acks[i] == token)
            return true;
    return false;
}

static inline uint64_t rig_send(const char *topic, const char *payload)
{
    return rig_send_bytes(topic, payload, strlen(payload));
}

static inline bool rig_acked(uint64_t token)
{
    for (size_t i = 0; i < rig.fake.ack_count && i < FAKE_ACKS; i++)
        if (rig.fake.acks[i] == token)
            return true;
    return false;
}

/* Commands. */

struct rig_sent {
    int err;
    char id[37];
};

static inline void rig_note_sent(void *arg, int err, const struct registry_command *command)
{
    struct rig_sent *sent = arg;
    sent->err = err;
    if (command)
        memcpy(sent->id, command->id, sizeof sent->id);
}

/* The result of a command when the registry has answered; id_out takes its id. */
static inline int rig_command(const char *device_id, const char *name, const char *args,
                              char id_out[37])
{
    struct rig_sent sent = {.err = 1};
    int err = fleet_command(rig.fleet, device_id, name, args, 1, rig_note_sent, &sent);
    if (!err)
        rig.registry.ops->wait(rig.registry.ctx);
    memcpy(id_out, sent.id, sizeof sent.id);
    return err ? err : sent.err;
}

/* Stored rows. */

struct rig_rows {
    bool done;
    size_t count;
    struct series_row rows[512];
};

static inline void rig_note_rows(void *arg, int err, const struct series_row *rows, size_t count)
{
    struct rig_rows *found = arg;
    assert_int_equal(err, 0);
    found->done = true;
    found->count = count;
    for (size_t i = 0; i < count && i < 512; i++)
        found->rows[i] = rows[i];
}

/* The newest rows, newest first; device_id of the rows is not to be used. */
static inline const struct rig_rows *rig_rows(enum series_table table, const char *device_id)
{
    static struct rig_rows found;
    memset(&found, 0, sizeof found);
    assert_int_equal(rig.real.ops->newest(rig.real.ctx, table, device_id, SERIES_NEWEST_MAX,
                                          rig_note_rows, &found),
                     0);
    while (!found.done)
        rig_pump();
    return &found;
}

static inline double rig_count(const char *name, const char *labels)
{
    return fake_metric(&rig.fake, name, labels);
}

/* A metric of one topic; reason NULL: the metric has no such label. */
static inline double rig_topic(const char *name, const char *topic, const char *reason)
{
    char labels[128];
    if (reason)
        snprintf(labels, sizeof labels, "topic=\"%s\",reason=\"%s\"", topic, reason);
    else
        snprintf(labels, sizeof labels, "topic=\"%s\"", topic);
    return rig_count(name, labels);
}

/* received = stored + duplicate + rejected + waiting, summed over the exposition by topic. */
static inline void rig_check_account(void)
{
    const char *topics[HUB_TOPICS_MAX + 1] = {"other"};
    size_t count = 1, len;
    for (size_t i = 0; i < rig.services.set.count; i++)
        for (size_t k = 0; k < rig.services.set.at[i].row->topic_count; k++)
            topics[count++] = rig.services.set.at[i].row->topics[k].topic->name;
    char *text = metrics_expose(rig.fake.metrics, &len);
    for (size_t i = 0; i < count; i++) {
        char label[64];
        double received = 0;
        double accounted = 0;
        snprintf(label, sizeof label, "{topic=\"%s\"", topics[i]);
        for (char *at = strstr(text, label); at; at = strstr(at + 1, label)) {
            char *line = at;
            while (line > text && line[-1] != '\n')
                line--;
            if (strncmp(line, "roost_ingest_", 13) != 0)
                continue;
            double value = strtod(strstr(at, "} ") + 2, NULL);
            if (strncmp(line, "roost_ingest_received_total", 27) == 0)
                received = value;
            else
                accounted += value;
        }
        if (received != accounted)
            fail_msg("%s: received %g, accounted for %g", topics[i], received, accounted);
    }
    free(text);
}

/* A status of the device, with the journal it numbers by. */
static inline void rig_status(const char *id, uint32_t journal_id)
{
    struct roost_status text = {
        .online = true, .has_health = true, .seq = 1, .type = RIG_TYPE, .journal_id = journal_id};
    char topic[128];
    char payload[ROOST_STATUS_MAX + 1];
    snprintf(topic, sizeof topic, "device/%s/status", id);
    int len = roost_status_write(payload, sizeof payload, &text);
    assert_true(len > 0);
    rig_send_bytes(topic, payload, (size_t)len);
}

/* The last message was refused, once, for that reason. */
static inline void rig_refused(const char *topic_label, const char *reason)
{
    if (rig_topic("roost_ingest_rejected_total", topic_label, reason) != 1)
        fail_msg("%s not refused once as %s", topic_label, reason);
    rig_check_account();
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

#endif
