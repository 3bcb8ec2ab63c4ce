/* SPDX-License-Identifier: Apache-2.0 */
/* Cards at a reader, and what the lights say: the device on a port in memory. */
#define KV_CUT_VALUE_BYTES ROOST_KV_VALUE_MAX
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/device/parts.h"
#include "devices/charger/front/front.h"
#include "devices/charger/ledger/test/chip.h"
#include "devices/charger/test/kv_cut.h"
#include "runtime/test/fake_port.h"
#include "world/charger/charger.h"
#include "world/charger/reader.h"

enum { SECOND_MS = 1000 };

static struct fake_port fake;
static struct kv_cut store;
static struct world_charger world;
static struct world_reader reader;
static struct roost_charger charger;
static struct charger_front front;
static struct charger_power_config power;
static struct roost_charger_config config;

static struct roost_light_pattern shown;
static bool dark; /* there is no light */

static int light_show(void *ctx, const struct roost_light_pattern *pattern)
{
    (void)ctx;
    shown = *pattern;
    return dark ? ROOST_ERR_FAULT : 0;
}

static const struct roost_light_ops light_ops = {.show = light_show};
static const struct roost_light light = {&light_ops, NULL};

static void expect_light(enum charger_light what)
{
    const struct roost_light_pattern *pattern = charger_light_pattern(what);

    assert_int_equal(charger_front_light(&charger, 1), what);
    assert_true(shown.shape == pattern->shape && shown.red == pattern->red &&
                shown.green == pattern->green && shown.blue == pattern->blue);
}

/* ---- around it ---- */

static int no_socket(void *ctx, const struct roost_ws_options *options)
{
    (void)ctx, (void)options;
    return ROOST_ERR_CLOSED;
}

static int no_close(void *ctx, uint16_t code)
{
    (void)ctx, (void)code;
    return 0;
}

static const struct roost_ws_ops ws_ops = {.open = no_socket, .close = no_close};

static uint64_t world_now(void *ctx)
{
    (void)ctx;
    return fake.now_ms;
}

static int world_start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    (void)ctx, (void)timer, (void)delay_ms, (void)ring, (void)arg;
    return 0;
}

static void world_stop(void *ctx, unsigned timer)
{
    (void)ctx, (void)timer;
}

static void world_post(void *ctx, const struct roost_event *event)
{
    (void)ctx, (void)event;
}

static const struct world_time_ops time_ops = {
    .now_ms = world_now, .start = world_start, .stop = world_stop, .post = world_post};

static uint64_t step(void *device)
{
    (void)device;
    return charger_front_step(&front);
}

static int post(void *device, const struct roost_event *event)
{
    return roost_charger_post(device, event);
}

static void boot(const char *url)
{
    static const struct charger_reader_config line = {world_reader_write, world_reader_read,
                                                      &reader};
    const struct charger_front_config how = {.lights = {{.light = &light}}, .reader = &line};

    fake_boot(&fake, ROOST_RESET_POWER_ON);
    kv_cut_boot(&store);
    config.url = url;
    assert_int_equal(roost_charger_init(&charger, &fake.port, &config), 0);
    charger_front_init(&front, &charger, &how);
    fake_attach(&fake, &(struct fake_device){&charger, step, post, "unit-7"});
    fake_run(&fake, 5 * SECOND_MS);
}

static int set_up(void **state)
{
    (void)state;
    memset(&chip, 0, sizeof chip);
    memset(chip.bytes, 0xFF, sizeof chip.bytes);
    flash = (struct roost_flash){&chip_ops, NULL, SECTOR, SECTORS_MOST, 4};
    dark = false;
    kv_cut_init(&store);
    fake_init(&fake);
    world_reader_init(&reader);
    world_charger_init(&world, &(struct world_charger_config){.soc_permille = 400});
    const struct world_time time = {&time_ops, NULL};
    assert_int_equal(world_charger_attach(&world, &time, &fake.port), 0);
    fake.port.kv = store.kv;
    fake.port.ledger = flash;
    fake.port.ws = (struct roost_ws){&ws_ops, NULL};
    power = (struct charger_power_config){
        .port = &fake.port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &world};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        power.input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        power.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
    config = (struct roost_charger_config){.device_id = "unit-7",
                                           .firmware_version = "1.0.0",
                                           .connectors = 1,
                                           .power = &power,
                                           .facts = {.vendor = "Roost", .model = "DC-25"}};
    boot(NULL);
    return 0;
}

static void lay(const char *uid, size_t len)
{
    world_reader_lay(&reader, (const uint8_t *)uid, len);
    fake_run(&fake, SECOND_MS);
}

/* ---- cards ---- */

static void a_card_counts_once_while_it_lies_there(void **state)
{
    (void)state;
    lay("\x04\xA2\xB3\xC4\xD5\xE6\x80", 7);
    fake_run(&fake, 10 * SECOND_MS);
    assert_int_equal(front.card.counted, 1);
    assert_true(front.card.repeats > 10);
    lay(NULL, 0);
    fake_run(&fake, 2 * SECOND_MS);
    lay("\x04\xA2\xB3\xC4\xD5\xE6\x80", 7);
    assert_int_equal(front.card.counted, 2);
    lay("\x5E\x12\xA3\x9B", 4); /* another one at once */
    assert_int_equal(front.card.counted, 3);
    lay("\x88\x12\xA3\x9B", 4); /* half of one */
    assert_int_equal(front.card.counted, 3);
    assert_true(front.card.refused > 0);
}

/* Enrolled with the last byte first: a setting, taken up at once. Nobody lets the card in: it is on
 * no list, and there is nobody to ask. */
static void the_order_of_its_bytes_is_a_setting(void **state)
{
    static const uint8_t uid[] = {0x5E, 0x12, 0xA3, 0x9B};
    char tag[CHARGER_TAG_MAX + 1];

    (void)state;
    lay((const char *)uid, sizeof uid);
    assert_int_equal(front.card.counted, 1);
    assert_int_equal(charger.station.cards_refused + charger.station.cards_lost, 1);
    charger.values[CHARGER_SET_CARD_REVERSED].number = 1;
    fake_run(&fake, 2 * SECOND_MS);
    lay(NULL, 0);
    fake_run(&fake, 2 * SECOND_MS);
    lay((const char *)uid, sizeof uid);
    assert_int_equal(front.card.counted, 2);
    assert_true(front.card.config.reversed);
    fake_run(&fake, 4 * SECOND_MS);
    world_reader_lay(&reader, NULL, 0);
    fake_run(&fake, 4 * SECOND_MS);
    assert_int_equal(charger_card_seen(&front.card, uid, sizeof uid, fake.now_ms, tag), 1);
    assert_string_equal(tag, "9BA3125E");
}

static void a_reader_that_is_silent(void **state)
{
    char log[ROOST_DEVICE_LOG_BYTES];

    (void)state;
    reader.silent = true;
    fake_run(&fake, 20 * SECOND_MS);
    assert_true(front.silent && front.reader.silences > 5);
    reader.silent = false;
    lay("\x5E\x12\xA3\x9B", 4);
    fake_run(&fake, 2 * SECOND_MS);
    assert_false(front.silent);
    assert_int_equal(front.card.counted, 1);
    (void)roost_log_read(&charger.device.log, log, sizeof log);
    const char *first = strstr(log, "E reader: silent err=TIMEOUT");
    assert_non_null(first);
    assert_null(strstr(first + 20, "reader: silent")); /* said once */
    assert_non_null(strstr(first, "I reader: answers"));
}

/* ---- lights ---- */

static void what_it_shows(void **state)
{
    (void)state;
    expect_light(CHARGER_LIGHT_AVAILABLE); /* alone on purpose */
    world_charger_plug(&world, true);
    charger.woken = true;
    fake_run(&fake, SECOND_MS);
    expect_light(CHARGER_LIGHT_PREPARING);
    world_charger_stop(&world, true);
    charger.woken = true;
    fake_run(&fake, SECOND_MS);
    expect_light(CHARGER_LIGHT_FAULTED);
}

static void away_from_where_it_belongs(void **state)
{
    (void)state;
    boot("ws://hub/ocpp");
    fake_run(&fake, 20 * SECOND_MS); /* the module is as old as it was */
    expect_light(CHARGER_LIGHT_OFFLINE);
    dark = true;
    world_charger_plug(&world, true);
    charger.woken = true;
    fake_run(&fake, 10 * SECOND_MS); /* a light that is broken ends nothing */
    assert_true(front.lights[0].failed > 0);
    dark = false;
    fake_run(&fake, SECOND_MS);
    expect_light(CHARGER_LIGHT_PREPARING);
}

/* Each status has its own; none is left to the table's zero. */
static void every_status_has_a_light(void **state)
{
    static const enum charger_light lights[CHARGER_STATUS_COUNT] = {
        CHARGER_LIGHT_AVAILABLE, CHARGER_LIGHT_PREPARING,   CHARGER_LIGHT_CHARGING,
        CHARGER_LIGHT_CHARGING,  CHARGER_LIGHT_CHARGING,    CHARGER_LIGHT_FINISHING,
        CHARGER_LIGHT_RESERVED,  CHARGER_LIGHT_UNAVAILABLE, CHARGER_LIGHT_FAULTED};

    (void)state;
    for (int status = 0; status < CHARGER_STATUS_COUNT; status++) {
        charger.station.connectors[1].status = (enum charger_status)status;
        assert_int_equal(charger_front_light(&charger, 1), lights[status]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_card_counts_once_while_it_lies_there, set_up),
        cmocka_unit_test_setup(the_order_of_its_bytes_is_a_setting, set_up),
        cmocka_unit_test_setup(a_reader_that_is_silent, set_up),
        cmocka_unit_test_setup(what_it_shows, set_up),
        cmocka_unit_test_setup(away_from_where_it_belongs, set_up),
        cmocka_unit_test_setup(every_status_has_a_light, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
