/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define SCAN(id) "{\"id\":\"" id "\",\"command\":\"wifi_scan\"}"

/* On a network that the port knows, ready for commands. */
static void start_with_wifi(void)
{
    fake_init(&fake);
    fake_use_wifi(&fake);
    fake.own_network = true;
    fake.rssi_dbm = -61;
    boot();
    fake_run(&fake, 3000);
    assert_true(fake.open);
}

static void a_scan_is_answered_when_it_is_done(void **state)
{
    (void)state;
    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    fake_air(&fake, "caf\xE9", -70, 0); /* no UTF-8 */
    int before = fake.count[ROOST_TOPIC_ANSWER], connects = fake.wifi_connects;
    send_command(SCAN("7"));
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    ask(SCAN("8"));
    assert_string_equal(answer.error, "BUSY");
    ask("{\"id\":\"9\",\"command\":\"ring\"}"); /* others are answered meanwhile */
    assert_string_equal(answer.id, "9");
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 3);
    read_answer();
    assert_string_equal(answer.id, "7");
    assert_true(contains(answer.data_json,
                         "{\"networks\":[{\"ssid\":\"home\",\"rssi\":-50,\"encryption\":3},"
                         "{\"ssid\":\"caf\xEF\xBF\xBD\",\"rssi\":-70,\"encryption\":0}]}"));
    assert_true(product.device.wifi.up);
    assert_int_equal(fake.wifi_connects, connects); /* it was only to look */
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 3);
}

static void the_largest_scan_fits(void **state)
{
    (void)state;
    start_with_wifi();
    for (int i = 0; i < ROOST_WIFI_SCAN_MAX; i++)
        fake_air(&fake, "12345678901234567890123456789012", -100, 10);
    send_command(SCAN("123456789012345678901234567890123456"));
    fake_run(&fake, 2000);
    read_answer();
    assert_true(answer.ok);
    size_t whole = answer.data_len;
    assert_true(whole > 16 * 70);

    for (int i = 0; i < ROOST_WIFI_SCAN_MAX; i++) /* each byte is written as three, or six */
        memset(fake.air[i].ssid, i % 2 ? '\xFF' : '\x01', ROOST_WIFI_SSID_MAX);
    send_command(SCAN("123456789012345678901234567890123456"));
    fake_run(&fake, 2000);
    read_answer();
    assert_true(answer.ok);
    assert_true(answer.data_len > whole);
}

static void a_scan_that_fails_or_hangs_is_answered_too(void **state)
{
    (void)state;
    start_with_wifi();
    fake.scan_error = ROOST_ERR_IO;
    send_command(SCAN("1"));
    fake_run(&fake, 2000);
    read_answer();
    assert_string_equal(answer.error, "IO");
    fake.wifi_error = ROOST_ERR_STATE;
    ask(SCAN("2"));
    assert_string_equal(answer.error, "STATE");

    fake.wifi_error = fake.scan_error = 0;
    fake.wifi_silent = true;
    int before = fake.count[ROOST_TOPIC_ANSWER];
    send_command(SCAN("3"));
    fake_run(&fake, 8000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    fake_run(&fake, 2000);
    read_answer();
    assert_string_equal(answer.id, "3");
    assert_string_equal(answer.error, "TIMEOUT");
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_SCANNED}); /* too late */
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    fake.wifi_silent = false;
    send_command(SCAN("4"));
    fake_run(&fake, 2000);
    read_answer();
    assert_true(answer.ok);
}

static void a_scan_waits_its_turn_like_any_answer(void **state)
{
    (void)state;
    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    send_command(SCAN("1"));
    fake_run(&fake, 1000);
    fake.room = 0;
    send_command("{\"id\":\"2\",\"command\":\"health\"}");
    fake_run(&fake, 3000);
    int before = fake.count[ROOST_TOPIC_ANSWER];
    fake.room = 32;
    fake_disconnect(&fake); /* nothing else is on its way that would wake it */
    fake_run(&fake, 100);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    assert_int_equal(product.device.answers_lost, 2);

    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    fake.acks = false;
    fake.room = fake.unacked + 1;
    send_command("{\"id\":\"2\",\"command\":\"health\"}");
    send_command("{\"id\":\"3\",\"command\":\"health\"}");
    send_command(SCAN("1"));
    fake_run(&fake, 3000);
    fake.room = 64;
    fake.acks = true;
    fake_run(&fake, MINUTE);
    read_answer();
    assert_string_equal(answer.id, "1");
    assert_true(contains(answer.data_json, "\"home\""));
}

/* What must not be lost keeps half of the reserve of the events' queue. */
static void a_scan_takes_the_room_there_is(void **state)
{
    (void)state;
    start_with_wifi();
    for (int i = 0; i < ROOST_WIFI_SCAN_MAX; i++)
        fake_air(&fake, "12345678901234567890123456789012", (int8_t)(-40 - i), 3);
    fake.wifi_silent = true;
    send_command(SCAN("1"));
    fake_run(&fake, 10);
    while (fake_deliver(&fake, FAKE_TUNE, "Bow") == 0)
        continue;
    assert_int_equal(product_post(&product, &(struct roost_event){.type = ROOST_EV_WIFI_SCANNED,
                                                                  .data = fake.air,
                                                                  .len = sizeof fake.air}),
                     0);
    assert_true(product.device.events.size - product.device.events.used >=
                ROOST_DEVICE_EVENT_RESERVE / 2 - 64);
    fake_run(&fake, 10);
    read_answer();
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"rssi\":-40,")); /* the strongest come first */
    assert_true(contains(answer.data_json, "\"rssi\":-50,"));
    assert_false(contains(answer.data_json, "\"rssi\":-55,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_answered_when_it_is_done),
        cmocka_unit_test(the_largest_scan_fits),
        cmocka_unit_test(a_scan_that_fails_or_hangs_is_answered_too),
        cmocka_unit_test(a_scan_waits_its_turn_like_any_answer),
        cmocka_unit_test(a_scan_takes_the_room_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
