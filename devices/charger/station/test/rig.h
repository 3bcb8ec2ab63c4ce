/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole station between its world and a test: each connector with the real power part and the
 * modelled battery, module and plug; the ledger on a flash that can be cut, everything else in a
 * store that can be cut. Time goes in cycles of 10 ms. Included after nothing, by one file a
 * program.
 *
 *     station_start(2);
 *     plug(1, true);
 *     charger_station_card(&rig.station, 0, "A");
 *     run(20000);
 *     assert_int_equal(status(1), CHARGER_IS_CHARGING);
 */
#ifndef ROOST_DEVICES_CHARGER_STATION_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_STATION_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/ledger/test/chip.h"
#include "devices/charger/station/station.h"
#include "devices/charger/test/kv_cut.h"
#include "world/charger/charger.h"

#ifndef RIG_STEP_MWH
#define RIG_STEP_MWH 50000 /* what a power cut may cost */
#endif

enum { STEP_MWH = RIG_STEP_MWH, STEP_MS = 60000, MIDNIGHT_S = 1790035200 };

struct gun {
    uint64_t due_ms[WORLD_TIMERS];
    world_ring_fn ring[WORLD_TIMERS];
    void *arg[WORLD_TIMERS];
    struct world_charger world;
    struct roost_port port;
};

static struct {
    uint64_t now_ms;
    int64_t unix_ms; /* of now_ms 0; 0: the clock was never set */
    uint8_t connectors, start_mode, terms;
    uint32_t boot;
    struct gun guns[CHARGER_CONNECTORS_MAX];
    struct charger_power power[CHARGER_CONNECTORS_MAX];
    struct roost_ledger ledger;
    struct kv_cut store;
    struct charger_keys keys;
    struct charger_tags tags;
    struct charger_profiles profiles;
    struct charger_station station;
    void (*look)(void); /* after each cycle */
    uint32_t step_ms;   /* of a cycle */
} rig;

static const struct roost_ledger_rules ledger_rules = {.connectors = CHARGER_CONNECTORS_MAX,
                                                       .step_mwh = STEP_MWH,
                                                       .step_ms = STEP_MS,
                                                       .attempts_max = 3,
                                                       .retry_ms = 1000};

/* ---- the world's time ---- */

static uint64_t rig_now(void *ctx)
{
    (void)ctx;
    return rig.now_ms;
}

static int rig_start_timer(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring,
                           void *arg)
{
    struct gun *gun = ctx;

    gun->due_ms[timer] = rig.now_ms + delay_ms;
    gun->ring[timer] = ring;
    gun->arg[timer] = arg;
    return 0;
}

static void rig_stop_timer(void *ctx, unsigned timer)
{
    ((struct gun *)ctx)->ring[timer] = NULL;
}

static void rig_post(void *ctx, const struct roost_event *event)
{
    if (event->type == ROOST_EV_CAN_READY)
        charger_power_listen(&rig.power[(struct gun *)ctx - rig.guns], rig.now_ms);
}

static const struct world_time_ops rig_time_ops = {
    .now_ms = rig_now, .start = rig_start_timer, .stop = rig_stop_timer, .post = rig_post};

/* ---- boots ---- */

static inline struct charger_instant now(void)
{
    return (struct charger_instant){.now_ms = rig.now_ms,
                                    .unix_ms = rig.unix_ms ? rig.unix_ms + (int64_t)rig.now_ms : 0};
}

static inline void boot_power(unsigned i)
{
    struct gun *gun = &rig.guns[i];
    struct charger_power_config config = {
        .port = &gun->port,
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &gun->world,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS}};

    for (unsigned n = 0; n < CHARGER_INPUT_COUNT; n++)
        config.input[n] = (uint8_t)n;
    for (unsigned n = 0; n < CHARGER_OUTPUT_COUNT; n++)
        config.output[n] = (uint8_t)(WORLD_CHARGER_LINE_TEST + n);
    world_charger_off(&gun->world);
    assert_int_equal(charger_power_init(&rig.power[i], &config, NULL, rig.now_ms), 0);
}

/* The device is given power: everything it has in memory is new, its world goes on. */
static inline int boot_station(void)
{
    const struct charger_key_facts facts = {.connectors = rig.connectors,
                                            .measurands = (1u << CHARGER_MEASURAND_COUNT) - 1,
                                            .list_max = CHARGER_KEY_LIST_MAX,
                                            .tags_max = CHARGER_TAGS_MAX,
                                            .tags_message_max = CHARGER_TAGS_MESSAGE_MAX,
                                            .stack_level_max = CHARGER_PROFILES_LEVEL_MAX,
                                            .periods_max = CHARGER_PROFILES_PERIODS_MAX,
                                            .profiles_max = CHARGER_PROFILES_INSTALLED_MAX,
                                            .rate_units = CHARGER_RATE_BOTH,
                                            .transfers = CHARGER_TRANSFER_HTTP_HTTPS};
    const struct charger_tag_rules tag_rules = {
        .list = true, .cache = true, .pre_authorize = true, .authorize_offline = true};
    const struct charger_profiles_config profiles_config = {.connectors = rig.connectors,
                                                            .nominal_mv = 72000,
                                                            .max_tenths_a = 3000,
                                                            .max_tenths_w = 240000};
    const struct charger_station_config config = {.connectors = rig.connectors,
                                                  .power = rig.power,
                                                  .ledger = &rig.ledger,
                                                  .keys = &rig.keys,
                                                  .tags = &rig.tags,
                                                  .profiles = &rig.profiles,
                                                  .kv = &rig.store.kv,
                                                  .start_mode = rig.start_mode,
                                                  .terms = rig.terms,
                                                  .free_tag = "FREE"};

    chip.dead = false;
    kv_cut_boot(&rig.store);
    for (unsigned i = 0; i < rig.connectors; i++)
        boot_power(i);
    int err = roost_ledger_init(&rig.ledger, &flash, &ledger_rules, ++rig.boot);
    if (err)
        return err;
    if (rig.unix_ms)
        (void)roost_ledger_clock(&rig.ledger, rig.now_ms, now().unix_ms);
    (void)charger_keys_init(&rig.keys, &facts, &rig.store.kv);
    (void)charger_tags_init(&rig.tags, &rig.store.kv, &tag_rules);
    (void)charger_profiles_init(&rig.profiles, &rig.store.kv, &profiles_config);
    struct charger_instant at = now();
    return charger_station_init(&rig.station, &config, &at);
}

/* A new station of so many guns, whose clock is set: it is midnight. */
static inline void station_start_as(uint8_t connectors, uint8_t start_mode, uint8_t terms)
{
    memset(&rig, 0, sizeof rig);
    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, 0xFF, sizeof chip.bytes);
    flash = (struct roost_flash){
        .ops = &chip_ops, .sector_bytes = SECTOR, .sector_count = SECTORS_MOST, .program_bytes = 4};
    kv_cut_init(&rig.store);
    rig.now_ms = 1000;
    rig.step_ms = CHARGER_CYCLE_MS;
    rig.unix_ms = (int64_t)MIDNIGHT_S * 1000 - (int64_t)rig.now_ms;
    rig.connectors = connectors;
    rig.start_mode = start_mode;
    rig.terms = terms;
    for (unsigned i = 0; i < connectors; i++) {
        struct gun *gun = &rig.guns[i];

        world_charger_init(&gun->world, &(struct world_charger_config){.capacity_mah = 60000,
                                                                       .soc_permille = 400});
        assert_int_equal(
            world_charger_attach(&gun->world, &(struct world_time){&rig_time_ops, gun}, &gun->port),
            0);
    }
    assert_int_equal(boot_station(), 0);
}

static inline void station_start(uint8_t connectors)
{
    station_start_as(connectors, CHARGER_START_CARD, CHARGER_TERMS_PRIVATE);
}

/* ---- time ---- */

static inline void cycle(void)
{
    rig.now_ms += rig.step_ms;
    for (unsigned i = 0; i < rig.connectors; i++) {
        struct gun *gun = &rig.guns[i];

        for (unsigned n = 0; n < WORLD_TIMERS; n++)
            if (gun->ring[n] && gun->due_ms[n] <= rig.now_ms) {
                world_ring_fn ring = gun->ring[n];
                gun->ring[n] = NULL;
                ring(gun->arg[n]);
            }
        charger_power_cycle(&rig.power[i], rig.now_ms);
    }
    struct charger_instant at = now();
    (void)charger_station_run(&rig.station, &at);
    if (rig.look)
        rig.look();
}

static inline void run(uint64_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;)
        cycle();
}

/* Runs until the status is told. Returns whether it was within so long. */
static inline bool run_until(unsigned c, enum charger_status status, uint64_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;) {
        if (rig.station.connectors[c].status == status)
            return true;
        cycle();
    }
    return rig.station.connectors[c].status == status;
}

/* ---- short words ---- */

static inline enum charger_status status(unsigned c)
{
    return rig.station.connectors[c].status;
}

static inline const struct charger_connector *at(unsigned c)
{
    return &rig.station.connectors[c];
}

static inline void plug(unsigned c, bool in)
{
    world_charger_plug(&rig.guns[c - 1].world, in);
}

static inline void hurt(unsigned c, enum world_charger_fault fault, bool on)
{
    world_charger_set_fault(&rig.guns[c - 1].world, fault, on);
}

static inline void set_key(enum charger_key key, int64_t value)
{
    assert_int_equal(charger_keys_set_int(&rig.keys, key, value), 0);
}

/* Cards that are known here and good. */
static inline void know(const char *id, const char *parent)
{
    struct charger_tag tag = {.status = CHARGER_TAG_ACCEPTED};
    bool conflict;

    strcpy(tag.id, id);
    strcpy(tag.parent, parent);
    assert_int_equal(charger_tags_learn(&rig.tags, &tag, now().unix_ms / 1000, &conflict), 0);
}

static inline struct charger_tag told(const char *id, const char *parent, uint8_t tag_status)
{
    struct charger_tag tag = {.status = tag_status};

    strcpy(tag.id, id);
    strcpy(tag.parent, parent);
    return tag;
}

/* A transaction that has come to charging. */
static inline void charge(unsigned c, const char *tag)
{
    know(tag, "");
    plug(c, true);
    run(2000);
    charger_station_card(&rig.station, (uint8_t)c, tag);
    assert_true(run_until(c, CHARGER_IS_CHARGING, 60000));
}

static inline bool energised(unsigned c)
{
    const struct world_lines *lines = &rig.guns[c - 1].world.lines;

    return world_lines_get(lines, WORLD_CHARGER_LINE_PRECHARGE) ||
           world_lines_get(lines, WORLD_CHARGER_LINE_CONTACTOR) ||
           world_lines_get(lines, WORLD_CHARGER_LINE_MODULE);
}

/* The oldest item that was not delivered yet, which this delivers. */
static inline struct roost_ledger_item deliver(int32_t external_id)
{
    struct roost_ledger_item item;

    assert_int_equal(roost_ledger_next(&rig.ledger, &item), 0);
    assert_int_equal(roost_ledger_delivered(&rig.ledger, item.seq,
                                            item.kind == ROOST_LEDGER_BEGIN ? &external_id : NULL),
                     0);
    return item;
}

/* Delivers up to the next one of that kind. */
static inline struct roost_ledger_item deliver_to(enum roost_ledger_kind kind)
{
    struct roost_ledger_item item;

    do
        item = deliver(42);
    while (item.kind != kind);
    return item;
}

#endif
