/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the charge point's tests have in common: its parts on a flash and a store that can lose
 * power, virtual time, and a central system that is played frame by frame as JSON text. It reads
 * and writes by string functions alone, so that it shares no mistake with proto/ocpp. Included
 * after <cmocka.h>, by one file a program.
 *
 *     first_boot(2);
 *     open_socket();
 *     expect("BootNotification", NULL);
 *     answer_boot("Accepted", 60);
 *     expect("StatusNotification", "{\"connectorId\":0,...}");
 *     wait_ms(1000);
 *     expect_silence();
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_RIG_H

#define CHIP_SECTORS 64

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/timer.h"
#include "devices/charger/ledger/test/chip.h"
#include "devices/charger/ocpp/parts.h"
#include "devices/charger/ocpp/test/fake_station.h"
#include "devices/charger/test/kv_cut.h"

#define T0_MS INT64_C(1796083200000) /* 2026-12-01T00:00:00Z: when the first boot began */
enum { FRAME_MAX = 65536, FRAMES_MAX = 4 };

static struct charger_ocpp ocpp;
static struct charger_ocpp_config config;
static struct charger_keys keys;
static struct charger_tags tags;
static struct charger_profiles profiles;
static struct roost_ledger ledger;
static struct kv_cut store;
static struct charger_instant now;
static uint32_t boots;
static int64_t world_ms; /* from T0 to this boot */

/* ---- the socket ---- */

static struct {
    char frame[FRAMES_MAX][FRAME_MAX + 1]; /* said and not looked at yet */
    size_t len;                            /* of the one under way, behind the others */
    int count, pieces;
    bool open, middle, closed_by_us;
    int full;       /* so many sends from now on find no room */
    int full_after; /* pieces that go before that; -1: it is not planned */
    size_t longest;
    uint32_t sockets, closes, total;
    char id[64], action[64], payload[FRAME_MAX + 1]; /* of the one looked at last */
    int type;
} wire;

static int wire_send(void *ctx, const char *text, size_t len, bool first, bool last)
{
    (void)ctx;
    assert_true(wire.open && len > 0 && len <= CHARGER_OCPP_FRAME_BYTES);
    assert_int_equal(first, !wire.middle);
    if (wire.full_after >= 0 && wire.full_after-- == 0)
        return ROOST_ERR_FULL;
    if (wire.full > 0) {
        wire.full--;
        return ROOST_ERR_FULL;
    }
    assert_true(wire.count < FRAMES_MAX && wire.len + len <= FRAME_MAX);
    memcpy(wire.frame[wire.count] + wire.len, text, len);
    wire.len += len;
    wire.pieces++;
    wire.middle = !last;
    if (last) {
        wire.frame[wire.count++][wire.len] = '\0';
        wire.longest = wire.len > wire.longest ? wire.len : wire.longest;
        wire.len = 0;
        wire.total++;
    }
    return 0;
}

static void wire_close(void *ctx)
{
    (void)ctx;
    wire.closes++;
    wire.closed_by_us = true;
    wire.open = wire.middle = false;
    wire.len = 0;
}

/* ---- time ---- */

static int64_t clock_offset_ms; /* of the clock that does.clock sets; 0: it knows nothing */
static int restarts, restart_hard;

static void rig_clock(void *ctx, int64_t unix_ms)
{
    (void)ctx;
    clock_offset_ms = unix_ms - (int64_t)now.now_ms;
    now.unix_ms = unix_ms;
    (void)roost_ledger_clock(&ledger, now.now_ms, unix_ms);
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
    now.now_ms += ms;
    now.unix_ms = clock_offset_ms ? clock_offset_ms + (int64_t)now.now_ms : 0;
}

static inline uint64_t run(void)
{
    return charger_ocpp_run(&ocpp, &now);
}

/* Until something is said, or the time is over; true: something was. */
static inline bool wait_ms(uint64_t ms)
{
    uint64_t end_ms = now.now_ms + ms;
    for (;;) {
        uint64_t due_ms = run();
        if (wire.count > 0)
            return true;
        if (now.now_ms >= end_ms)
            return false;
        if (due_ms <= now.now_ms)
            continue;
        pass_ms(roost_earlier(due_ms, end_ms) - now.now_ms);
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
    world_ms += (int64_t)now.now_ms;
    now = (struct charger_instant){.now_ms = 5000};
    clock_offset_ms = 0;
    chip.dead = false;
    kv_cut_boot(&store);
    wire.open = wire.middle = wire.closed_by_us = false;
    wire.len = 0;
    wire.count = 0;
    wire.full_after = -1;
    int err = charger_keys_init(&keys, &facts, &store.kv);
    err = err ? err : charger_tags_init(&tags, &store.kv, &tag_rules);
    err = err ? err : charger_profiles_init(&profiles, &store.kv, &profile_rules);
    err = err ? err : roost_ledger_init(&ledger, &flash, &rules, ++boots);
    err = err ? err : charger_ocpp_init(&ocpp, &config, &now);
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
    world_ms = 0;
    now.now_ms = 0;
    config = (struct charger_ocpp_config){
        .wire = {.send = wire_send, .close = wire_close},
        .facts = {.vendor = "Roost", .model = "DC-20", .firmware = "1.0.0"},
        .does = {.clock = rig_clock, .restart = rig_restart},
        .station = &station,
        .keys = &keys,
        .tags = &tags,
        .profiles = &profiles,
        .ledger = &ledger,
        .random = &random_part};
    assert_true(boot());
}

static inline void open_socket(void)
{
    wire.open = true;
    wire.closed_by_us = false;
    wire.sockets++;
    charger_ocpp_opened(&ocpp, &now);
}

/* From the other side, or the line. */
static inline void drop_socket(void)
{
    wire.open = wire.middle = false;
    wire.len = 0;
    wire.count = 0;
    charger_ocpp_closed(&ocpp, &now);
}

static inline void set_key(const char *name, const char *value)
{
    int id;
    assert_int_equal(charger_keys_set(&keys, name, strlen(name), value, strlen(value), &id),
                     CHARGER_KEY_ACCEPTED);
}

/* ---- what is said ---- */

static inline void copy_text(char *out, size_t size, const char *from)
{
    const char *end = strchr(from, '"');
    assert_true(end && (size_t)(end - from) < size);
    memcpy(out, from, (size_t)(end - from));
    out[end - from] = '\0';
}

/* The oldest frame: its type, id, action and payload; false: there is none. Runs once when there is
 * nothing yet. */
static inline bool said(void)
{
    if (wire.count == 0)
        run();
    if (wire.count == 0)
        return false;
    char *f = wire.frame[0];
    assert_true(f[0] == '[' && f[2] == ',' && f[3] == '"');
    wire.type = f[1] - '0';
    copy_text(wire.id, sizeof wire.id, f + 4);
    f += 4 + strlen(wire.id) + 2;
    wire.action[0] = '\0';
    if (*f == '"') {
        copy_text(wire.action, sizeof wire.action, f + 1);
        f += strlen(wire.action) + 3;
    }
    assert_int_equal(f[strlen(f) - 1], ']');
    f[strlen(f) - 1] = '\0';
    strcpy(wire.payload, f);
    wire.count--;
    for (int i = 0; i < wire.count; i++)
        strcpy(wire.frame[i], wire.frame[i + 1]);
    return true;
}

/* The next CALL; payload NULL: whatever it says. */
static inline void expect(const char *action, const char *payload)
{
    assert_true(said());
    assert_int_equal(wire.type, 2);
    assert_string_equal(wire.action, action);
    if (payload)
        assert_string_equal(wire.payload, payload);
}

static inline void expect_silence(void)
{
    run();
    if (wire.count > 0)
        print_message("said: %s\n", wire.frame[0]);
    assert_int_equal(wire.count, 0);
}

static inline bool holds(const char *part)
{
    return strstr(wire.payload, part) != NULL;
}

/* ---- what is heard ---- */

static inline void hear(const char *text)
{
    charger_ocpp_feed(&ocpp, text, strlen(text), true, true, &now);
}

/* To what was looked at last. */
static inline void answer(const char *payload)
{
    static char text[1024];
    snprintf(text, sizeof text, "[3,\"%s\",%s]", wire.id, payload);
    hear(text);
}

static inline void answer_error(const char *code)
{
    static char text[256];
    snprintf(text, sizeof text, "[4,\"%s\",\"%s\",\"\",{}]", wire.id, code);
    hear(text);
}

static inline const char *time_now(void)
{
    static char text[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(text, T0_MS + world_ms + (int64_t)now.now_ms);
    return text;
}

static inline void answer_boot(const char *status, int interval_s)
{
    char text[160];
    snprintf(text, sizeof text, "{\"status\":\"%s\",\"interval\":%d,\"currentTime\":\"%s\"}",
             status, interval_s, time_now());
    answer(text);
}

static inline void answer_heartbeat(void)
{
    char text[96];
    snprintf(text, sizeof text, "{\"currentTime\":\"%s\"}", time_now());
    answer(text);
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
