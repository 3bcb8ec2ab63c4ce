/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the charge point's own tests have in common beside the central system of wire.h: its parts
 * on a flash and a store that can lose power, a station that says what the test wants, virtual
 * time. Included after <cmocka.h>, by one file a program.
 *
 *     first_boot(2);
 *     come_up(3600);
 *     assert_true(wait_ms(3600000));
 *     expect("Heartbeat", "{}");
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_RIG_H

#include "devices/charger/ledger/test/chip.h"
#include "devices/charger/ocpp/test/fake_station.h"
#include "devices/charger/ocpp/test/wire.h"
#include "devices/charger/test/kv_cut.h"

#define T0_MS INT64_C(1796083200000) /* 2026-12-01T00:00:00Z: when the first boot began */

static struct charger_ocpp_config config;
static struct charger_keys keys;
static struct charger_tags tags;
static struct charger_profiles profiles;
static struct roost_ledger ledger;
static struct charger_events events;
static struct kv_cut store;
static uint32_t boots;

/* ---- time ---- */

static int64_t clock_offset_ms; /* of the clock that does.clock sets; 0: it knows nothing */
static int restarts, restart_hard;

static void rig_clock(void *ctx, int64_t unix_ms)
{
    (void)ctx;
    clock_offset_ms = unix_ms - (int64_t)instant.now_ms;
    instant.unix_ms = unix_ms;
    (void)roost_ledger_clock(&ledger, instant.now_ms, unix_ms);
}

static void rig_restart(void *ctx, bool hard)
{
    (void)ctx;
    restarts++;
    restart_hard = hard;
}

static void rig_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)chip_draw();
}

static const struct roost_random_ops random_ops = {rig_random};
static const struct roost_random random_part = {.ops = &random_ops};

static inline void pass_ms(uint64_t ms)
{
    instant.now_ms += ms;
    instant.unix_ms = clock_offset_ms ? clock_offset_ms + (int64_t)instant.now_ms : 0;
}

/* Until something is said, or the time is over; true: something was. */
static inline bool wait_ms(uint64_t ms)
{
    uint64_t end_ms = instant.now_ms + ms;
    for (;;) {
        uint64_t due_ms = turn();
        if (wire.count > 0)
            return true;
        if (instant.now_ms >= end_ms)
            return false;
        if (due_ms <= instant.now_ms)
            continue;
        pass_ms(roost_earlier(due_ms, end_ms) - instant.now_ms);
    }
}

/* ---- life ---- */

static inline bool boot(void)
{
    static const struct charger_key_facts facts = {.connectors = 2,
                                                   .measurands = 0x7F,
                                                   .list_max = CHARGER_KEY_LIST_MAX,
                                                   .tags_max = CHARGER_TAGS_MAX,
                                                   .tags_message_max = CHARGER_TAGS_MESSAGE_MAX,
                                                   .stack_level_max = 8,
                                                   .periods_max = 24,
                                                   .profiles_max = 16,
                                                   .rate_units = CHARGER_RATE_BOTH,
                                                   .transfers = CHARGER_TRANSFER_HTTP_HTTPS,
                                                   .chain_max = 10000};
    static const struct roost_ledger_rules rules = {.connectors = CHARGER_CONNECTORS_MAX,
                                                    .step_mwh = 50000,
                                                    .step_ms = 60000,
                                                    .attempts_max = 3,
                                                    .retry_ms = 60000};
    static const struct charger_tag_rules tag_rules = {.list = true, .cache = true};
    static const struct charger_profiles_config profile_rules = {.connectors =
                                                                     CHARGER_CONNECTORS_MAX,
                                                                 .nominal_mv = 72000,
                                                                 .max_tenths_a = 3000,
                                                                 .max_tenths_w = 250000};
    true_ms += (int64_t)instant.now_ms;
    instant = (struct charger_instant){.now_ms = 5000};
    clock_offset_ms = 0;
    chip.dead = false;
    kv_cut_boot(&store);
    wire_forget();
    wire.open = wire.closed_by_us = false;
    wire.full_after = -1;
    int err = charger_keys_init(&keys, &facts, &store.kv);
    err = err ? err : charger_tags_init(&tags, &store.kv, &tag_rules);
    err = err ? err : charger_events_init(&events, &store.kv, boots + 1);
    err = err ? err : charger_profiles_init(&profiles, &store.kv, &profile_rules);
    err = err ? err : roost_ledger_init(&ledger, &flash, &rules, ++boots);
    err = err ? err : charger_ocpp_init(&ocpp, &config, &instant);
    return err == 0;
}

static inline void first_boot(uint8_t connectors)
{
    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, 0xFF, sizeof chip.bytes);
    chip.random = 1;
    flash = (struct roost_flash){
        .ops = &chip_ops, .sector_bytes = SECTOR, .sector_count = SECTORS_MOST, .program_bytes = 4};
    kv_cut_init(&store);
    station_begin(connectors);
    memset(&wire, 0, sizeof wire);
    restarts = 0;
    true_ms = T0_MS;
    instant.now_ms = 0;
    config = (struct charger_ocpp_config){
        .wire = wire_part,
        .facts = {.vendor = "Roost", .model = "DC-20", .firmware = "1.0.0"},
        .does = {.clock = rig_clock, .restart = rig_restart},
        .station = &station,
        .keys = &keys,
        .tags = &tags,
        .profiles = &profiles,
        .ledger = &ledger,
        .events = &events,
        .random = &random_part};
    assert_true(boot());
}

static inline void set_key(const char *name, const char *value)
{
    int id;
    assert_int_equal(charger_keys_set(&keys, name, strlen(name), value, strlen(value), &id),
                     CHARGER_KEY_ACCEPTED);
}

/* On line, accepted, every status said. */
static inline void come_up(int interval_s)
{
    open_socket();
    expect("BootNotification", NULL);
    answer_boot("Accepted", interval_s);
    for (int c = 0; c <= station.config.connectors; c++) {
        expect("StatusNotification", NULL);
        answer("{}");
    }
}

#endif
