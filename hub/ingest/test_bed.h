/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services on the SQLite stores, a scripted bus and a clock set by hand. Writes of the series
 * can be made to fail or to stay under way. Who includes this says which product runs:
 *
 *     #define BED_PRODUCT (&meter_service)
 *     #define BED_TYPE "meter"                    what its devices say they are
 *     #include "hub/ingest/test_bed.h"
 */
#ifndef ROOST_HUB_INGEST_TEST_BED_H
#define ROOST_HUB_INGEST_TEST_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/fleet/test_rig.h"
#include "hub/ingest/services.h"
#include "hub/settings.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

struct bed {
    struct rig rig;
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
    struct hub_parts parts;
    struct services services;
    struct fleet *fleet;
    uint64_t token; /* last one given out */

    struct bus prompt; /* the other lane: publishes go to the rig, acknowledgements here */
    uint64_t prompt_acks[64];
    size_t prompt_ack_count;
};

static struct bed bed;

static inline int bed_publish(void *ctx, const char *topic, const void *payload, size_t len,
                              int qos, bool retain)
{
    (void)ctx;
    return rig_publish(&bed.rig, topic, payload, len, qos, retain);
}

static inline void bed_ack_prompt(void *ctx, uint64_t token)
{
    (void)ctx;
    assert_true(bed.prompt_ack_count < 64);
    bed.prompt_acks[bed.prompt_ack_count++] = token;
}

static inline void bed_no_pause(void *ctx, bool paused)
{
    (void)ctx;
    (void)paused;
    fail_msg("the prompt lane is never paused");
}

static inline int bed_write(void *ctx, const struct series_batch *batch, series_done_fn done,
                            void *arg)
{
    (void)ctx;
    bed.writes++;
    if (bed.start_err)
        return bed.start_err;
    if (!bed.write_err)
        return bed.real.ops->write(bed.real.ctx, batch, done, arg);
    bed.failed_err = bed.write_err;
    bed.failed_done = done;
    bed.failed_arg = arg;
    return 0;
}

/* Lets what is under way come to its end. */
static inline void bed_pump(void)
{
    series_done_fn done = bed.failed_done;
    bed.failed_done = NULL;
    if (done)
        done(bed.failed_arg, bed.failed_err);
    series_sqlite_pump(&bed.real);
    bed.registry.ops->wait(bed.registry.ctx);
}

static inline uint64_t bed_tick(void)
{
    return services_tick(&bed.services, bed.rig.now_ms);
}

/* Until nothing is left to write at this moment. */
static inline void bed_settle(void)
{
    for (int i = 0; i < 20; i++) {
        bed_tick();
        bed_pump();
    }
}

static inline void bed_start(void)
{
    static struct series_ops ops;
    assert_int_equal(series_sqlite_open(&bed.real, NULL, bed.file.path, NULL, 0), 0);
    ops = *bed.real.ops;
    ops.write = bed_write;
    /* Other calls go to the real one with its own context. */
    bed.series = (struct series){&ops, bed.real.ctx};
    static const struct bus_ops prompt = {bed_publish, bed_ack_prompt, bed_no_pause};
    bed.prompt = (struct bus){.ops = &prompt};
    bed.parts = (struct hub_parts){.settings = &bed.settings,
                                   .registry = &bed.registry,
                                   .series = &bed.series,
                                   .bus = &bed.prompt,
                                   .clock = &bed.rig.clock,
                                   .feed = &bed.rig.feed,
                                   .metrics = bed.rig.metrics};
    const struct hub_service *const products[] = {BED_PRODUCT};
    const struct ingest_lanes lanes = {
        .bus = {[HUB_LANE_STORED] = &bed.rig.bus, [HUB_LANE_PROMPT] = &bed.prompt}};
    const char *what;
    assert_int_equal(services_open(&bed.services, products, 1, &bed.parts, &lanes, &what), 0);
    bed.fleet = bed.services.fleet;
}

/* kill -9: what is in memory is gone, done functions are never called. */
static inline void bed_stop(void)
{
    bed.failed_done = NULL;
    bed.registry.ops->wait(bed.registry.ctx);
    services_close(&bed.services);
}

static inline void bed_ignore(void *arg, int err)
{
    (void)arg;
    (void)err;
}

/* After bed_stop: another process on the same stores. */
static inline void bed_begin_again(void)
{
    int64_t unix_ms = bed.rig.unix_ms;
    uint64_t random = bed.rig.random;
    bed.real.ops->close(bed.real.ctx);
    rig_deinit(&bed.rig);
    rig_init(&bed.rig);
    bed.rig.unix_ms = unix_ms;
    bed.rig.random = random;
    bed_start();
}

static inline void bed_restart(void)
{
    struct series_batch nothing = {0};
    /* The store's done must not reach the freed service: taken up by a write that is ours. */
    series_sqlite_pump(&bed.real);
    assert_int_equal(bed.real.ops->write(bed.real.ctx, &nothing, bed_ignore, NULL), 0);
    bed_stop();
    bed_begin_again();
}

static inline int bed_set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    rig_init(&bed.rig);
    bed.settings = (struct settings){.device_policy = FLEET_POLICY_OPEN,
                                     .inactive_after_s = 300,
                                     .device_max = 100,
                                     .device_rate_per_s = 2000,
                                     .waiting_max = 1000,
                                     .trigger_temperature_degc = 0.5,
                                     .trigger_humidity_pct = 2,
                                     .trigger_sound = true,
                                     .trigger_interval_s = 5};
    if (test_file_make(&bed.file, "series.db") != 0 ||
        registry_sqlite_open(&bed.registry, NULL, ":memory:", NULL, 0) != 0)
        return -1;
    bed_start();
    return 0;
}

static inline int bed_tear_down(void **state)
{
    (void)state;
    bed_pump();
    bed_stop();
    bed.real.ops->close(bed.real.ctx);
    bed.registry.ops->close(bed.registry.ctx);
    rig_deinit(&bed.rig);
    test_file_remove(&bed.file);
    return 0;
}

/* Messages. */

static inline uint64_t bed_send_bytes(const char *topic, const void *payload, size_t len)
{
    struct bus_message message = {
        .topic = topic, .payload = payload, .len = len, .token = ++bed.token};
    services_message(&bed.services, HUB_LANE_STORED, &message);
    return bed.token;
}

/* As the broker sends it once more after a lost connection. */
static inline uint64_t bed_repeat(const char *topic, const char *payload)
{
    struct bus_message message = {.topic = topic,
                                  .payload = payload,
                                  .len = strlen(payload),
                                  .dup = true,
                                  .token = ++bed.token};
    services_message(&bed.services, HUB_LANE_STORED, &message);
    return bed.token;
}

/* On the lane of what must not wait. */
static inline uint64_t bed_send_prompt(const char *topic, const char *payload)
{
    struct bus_message message = {
        .topic = topic, .payload = payload, .len = strlen(payload), .token = ++bed.token};
    services_message(&bed.services, HUB_LANE_PROMPT, &message);
    return bed.token;
}

static inline bool bed_acked_prompt(uint64_t token)
{
    for (size_t i = 0; i < bed.prompt_ack_count; i++)
        if (bed.prompt_acks[i] == token)
            return true;
    return false;
}

static inline uint64_t bed_send(const char *topic, const char *payload)
{
    return bed_send_bytes(topic, payload, strlen(payload));
}

static inline bool bed_acked(uint64_t token)
{
    for (size_t i = 0; i < bed.rig.ack_count && i < RIG_ACKS; i++)
        if (bed.rig.acks[i] == token)
            return true;
    return false;
}

/* Commands. */

struct bed_sent {
    int err;
    char id[37];
};

static inline void bed_note_sent(void *arg, int err, const struct registry_command *command)
{
    struct bed_sent *sent = arg;
    sent->err = err;
    if (command)
        memcpy(sent->id, command->id, sizeof sent->id);
}

/* The result of a command when the registry has answered; id_out takes its id. */
static inline int bed_command(const char *device_id, const char *name, const char *args,
                              char id_out[37])
{
    struct bed_sent sent = {.err = 1};
    int err = fleet_command(bed.fleet, device_id, name, args, 1, bed_note_sent, &sent);
    if (!err)
        bed.registry.ops->wait(bed.registry.ctx);
    memcpy(id_out, sent.id, sizeof sent.id);
    return err ? err : sent.err;
}

/* Stored rows. */

struct bed_rows {
    bool done;
    size_t count;
    struct series_row rows[512];
};

static inline void bed_note_rows(void *arg, int err, const struct series_row *rows, size_t count)
{
    struct bed_rows *found = arg;
    assert_int_equal(err, 0);
    found->done = true;
    found->count = count;
    for (size_t i = 0; i < count && i < 512; i++)
        found->rows[i] = rows[i];
}

/* The newest rows, newest first; device_id of the rows is not to be used. */
static inline const struct bed_rows *bed_rows(enum series_table table, const char *device_id)
{
    static struct bed_rows found;
    memset(&found, 0, sizeof found);
    assert_int_equal(bed.real.ops->newest(bed.real.ctx, table, device_id, SERIES_NEWEST_MAX,
                                          bed_note_rows, &found),
                     0);
    while (!found.done)
        bed_pump();
    return &found;
}

static inline double bed_count(const char *name, const char *labels)
{
    return rig_metric(&bed.rig, name, labels);
}

/* A metric of one topic; reason NULL: the metric has no such label. */
static inline double bed_topic(const char *name, const char *topic, const char *reason)
{
    char labels[128];
    if (reason)
        snprintf(labels, sizeof labels, "topic=\"%s\",reason=\"%s\"", topic, reason);
    else
        snprintf(labels, sizeof labels, "topic=\"%s\"", topic);
    return bed_count(name, labels);
}

/* received = stored + duplicate + rejected + waiting, summed over the exposition by topic. */
static inline void bed_check_account(void)
{
    const char *topics[HUB_TOPICS_MAX + 1] = {"other"};
    size_t count = 1, len;
    for (size_t i = 0; i < bed.services.set.count; i++)
        for (size_t k = 0; k < bed.services.set.at[i].row->topic_count; k++)
            topics[count++] = bed.services.set.at[i].row->topics[k].topic->name;
    char *text = metrics_expose(bed.rig.metrics, &len);
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
static inline void bed_status(const char *id, uint32_t journal_id)
{
    struct roost_status text = {
        .online = true, .has_health = true, .seq = 1, .type = BED_TYPE, .journal_id = journal_id};
    char topic[128];
    char payload[ROOST_STATUS_MAX + 1];
    snprintf(topic, sizeof topic, "device/%s/status", id);
    int len = roost_status_write(payload, sizeof payload, &text);
    assert_true(len > 0);
    bed_send_bytes(topic, payload, (size_t)len);
}

/* The last message was refused, once, for that reason. */
static inline void bed_refused(const char *topic_label, const char *reason)
{
    if (bed_topic("roost_ingest_rejected_total", topic_label, reason) != 1)
        fail_msg("%s not refused once as %s", topic_label, reason);
    bed_check_account();
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

#endif
