/* SPDX-License-Identifier: Apache-2.0 */
/* Cards at a reader, and what the lights say: the device on a port in memory. */
#include "devices/charger/test/unit.h"

#include "devices/charger/front/front.h"
#include "world/charger/reader.h"

enum { SECOND_MS = 1000 };

static struct world_reader reader;
static struct charger_front front;

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

static uint64_t step(void *device)
{
    (void)device;
    return charger_front_step(&front);
}

static void boot(const char *url)
{
    static const struct charger_reader_config line = {world_reader_write, world_reader_read,
                                                      &reader};
    const struct charger_front_config how = {.lights = {{.light = &light}}, .reader = &line};

    unit_boot(ROOST_RESET_POWER_ON);
    config.url = url;
    unit_start(step);
    charger_front_init(&front, &charger, &how);
    fake_run(&fake, 5 * SECOND_MS);
}

static int set_up(void **state)
{
    (void)state;
    dark = false;
    unit_make("unit-7");
    world_reader_init(&reader);
    fake.port.ws = (struct roost_ws){&ws_ops, NULL};
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
