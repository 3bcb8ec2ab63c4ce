/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define ADD(ssid, psk)                                                                             \
    "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":\"" ssid "\",\"psk\":\"" psk "\"}}"

enum { BACK_MS = 5000 }; /* a network that returns is joined again within this */

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

/* On the network "home", that was added, with "attic" as the other one. */
static void start_at_home(void)
{
    start_with_wifi();
    ask(ADD("attic", FAKE_PSK));
    ask(ADD("home", FAKE_PSK));
    assert_true(answer.ok);
    fake_lose_wifi(&fake);
    fake_run(&fake, 2000);
    fake_air(&fake, "home", -50, 3);
    fake_run(&fake, 2 * BACK_MS);
    assert_true(product.device.wifi.up && fake.open);
    assert_string_equal(fake.wifi_ssid, "home");
}

/* ---- connecting ---- */

static void wifi_comes_first_and_is_asked_for_again(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_wifi(&fake);
    fake.wifi_silent = true;
    boot();
    fake_run(&fake, 10000);
    assert_int_equal(fake.wifi_connects, 1);
    assert_int_equal(fake.opens, 0);
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_run(&fake, 3000);
    assert_int_equal(fake.wifi_connects, 2);
    assert_int_equal(fake.wifi_disconnects, 0);
    fake_run(&fake, MINUTE); /* the port has forgotten the attempt */
    assert_true(fake.wifi_connects >= 3 && fake.wifi_disconnects >= 1);
    fake.own_network = true;
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_UP});
    fake_run(&fake, BACK_MS);
    assert_true(fake.open);
}

/* However long it was away: by what the port has, by the last one, and by one of several. */
static void a_network_that_returns_is_joined_within_five_seconds(void **state)
{
    (void)state;
    for (uint64_t away_ms = 1000; away_ms < 40 * MINUTE; away_ms += away_ms / 2 + 777) {
        start_with_wifi();
        fake_lose_wifi(&fake);
        fake_run(&fake, away_ms);
        assert_false(product.device.wifi.up);
        fake.own_network = true;
        fake_run(&fake, BACK_MS);
        assert_true(product.device.wifi.up);

        start_at_home();
        fake_lose_wifi(&fake);
        fake_run(&fake, away_ms);
        assert_false(product.device.wifi.up);
        fake_air(&fake, "home", -60, 3);
        fake_run(&fake, BACK_MS);
        assert_true(product.device.wifi.up);
    }
}

static void a_short_loss_needs_no_scan(void **state)
{
    (void)state;
    start_at_home();
    int scans = fake.wifi_scans;
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_run(&fake, 1000);
    assert_true(product.device.wifi.up);
    assert_int_equal(fake.wifi_scans, scans);
    assert_string_equal(fake.wifi_ssid, "home");
}

static void another_known_network_takes_over(void **state)
{
    (void)state;
    start_at_home();
    fake_lose_wifi(&fake);
    fake_air(&fake, "cafe", -20, 0);
    fake_air(&fake, "attic", -30, 0); /* open, though of a known name */
    fake_run(&fake, MINUTE);
    assert_false(product.device.wifi.up);
    assert_true(product.device.wifi.networks.refused_open > 0);
    fake_air(&fake, "attic", -80, 6);
    fake_run(&fake, 2 * BACK_MS);
    assert_true(product.device.wifi.up);
    assert_string_equal(fake.wifi_ssid, "attic");

    reboot_as(ROOST_RESET_POWER_ON); /* the last one comes first after a reboot too */
    int scans = fake.wifi_scans;
    fake_run(&fake, 2000);
    assert_true(product.device.wifi.up);
    assert_int_equal(fake.wifi_scans, scans);
    assert_string_equal(fake.wifi_ssid, "attic");
}

static void a_wrong_passphrase_does_not_keep_it_from_the_others(void **state)
{
    (void)state;
    start_at_home();
    ask(ADD("home", "what it was before"));
    fake_lose_wifi(&fake);
    fake_air(&fake, "home", -40, 3);
    fake_air(&fake, "attic", -70, 3);
    fake_run(&fake, 3 * BACK_MS);
    assert_true(product.device.wifi.up);
    assert_string_equal(fake.wifi_ssid, "attic");
}

static void a_port_that_refuses_is_asked_again(void **state)
{
    (void)state;
    start_at_home();
    fake.wifi_error = ROOST_ERR_IO;
    fake_lose_wifi(&fake);
    int connects = fake.wifi_connects;
    fake_run(&fake, 5 * MINUTE);
    connects = fake.wifi_connects - connects;
    assert_true(connects > 60 && connects < 700);
    fake.wifi_error = 0;
    fake.scan_error = ROOST_ERR_IO; /* the last one needs none */
    fake_air(&fake, "home", -50, 3);
    fake_run(&fake, BACK_MS);
    assert_true(product.device.wifi.up);
}

static void networks_that_cannot_be_read_are_a_fault(void **state)
{
    (void)state;
    start_at_home();
    for (int i = 0; i < FAKE_KEYS; i++)
        if (fake.keys[i].len > 0 && strcmp(fake.keys[i].key, "w.0") == 0)
            fake.keys[i].len = 5;
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, 10000);
    assert_true(product.device.wifi.up);
    read_status();
    assert_string_equal(status.fault, "flash");
}

/* ---- commands ---- */

static void networks_are_added_listed_and_removed(void **state)
{
    (void)state;
    start_with_wifi();
    ask("{\"id\":\"1\",\"command\":\"wifi_list\"}");
    assert_true(contains(answer.data_json, "{\"networks\":[]}"));
    ask(ADD("home", FAKE_PSK));
    ask(ADD("caf\\u00e9 \\\"5\\\"", "12345678"));
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "{}"));
    reboot_as(ROOST_RESET_POWER_ON);
    fake_air(&fake, "home", -50, 3);
    fake_run(&fake, 10000);
    ask("{\"id\":\"1\",\"command\":\"wifi_list\"}");
    assert_true(contains(answer.data_json, "{\"networks\":[\"home\",\"caf\xC3\xA9 \\\"5\\\"\"]}"));
    ask("{\"id\":\"1\",\"command\":\"wifi_remove\",\"args\":{\"ssid\":\"home\"}}");
    assert_true(answer.ok);
    ask("{\"id\":\"1\",\"command\":\"wifi_remove\",\"args\":{\"ssid\":\"home\"}}");
    assert_string_equal(answer.error, "NOT_FOUND");
    assert_string_equal(answer.message, "ssid: not stored");
    assert_true(product.device.wifi.up); /* until it is lost */
}

static void bad_networks_are_refused_with_the_limits(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"id\":\"1\",\"command\":\"wifi_add\"}",
        "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":\"home\"}}",
        "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"psk\":\"12345678\"}}",
        "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":7,\"psk\":\"12345678\"}}",
        ADD("home", "1234567"),
        ADD("", "12345678"),
        ADD("123456789012345678901234567890123", "12345678"),
        ADD("home", "1234567890123456789012345678901234567890123456789012345678901234"),
        ADD("home", "1234567\\n"),
    };
    start_with_wifi();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask(bad[i]);
        assert_string_equal(answer.error, "INVALID");
        assert_string_equal(answer.message,
                            "ssid: allowed 1..32 bytes; psk: allowed 8..63 printable characters");
    }
    ask(ADD("a", "12345678"));
    ask(ADD("b", "12345678"));
    ask(ADD("c", "12345678"));
    ask(ADD("d", "12345678"));
    ask(ADD("e", "12345678"));
    assert_true(answer.ok);
    ask(ADD("f", "12345678"));
    assert_string_equal(answer.error, "FULL");
    assert_string_equal(answer.message, "ssid: 5 networks are stored");
}

static bool told; /* the passphrase stood in a line of the console */

static void look_for_passphrase(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i + sizeof FAKE_PSK - 1 <= len; i++)
        told |= memcmp(line + i, FAKE_PSK, sizeof FAKE_PSK - 1) == 0;
}

static void a_passphrase_is_never_told(void **state)
{
    (void)state;
    static const char *const questions[] = {
        ADD("home", FAKE_PSK),
        ADD("attic", FAKE_PSK "\\n"),
        "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"psk\":\"" FAKE_PSK "\"}}",
        "{\"id\":\"1\",\"command\":\"set\",\"args\":{\"psk\":\"" FAKE_PSK "\"}}",
        "{\"id\":\"1\",\"command\":\"set\",\"args\":{\"log_level\":\"" FAKE_PSK "\"}}",
        "{\"id\":\"1\",\"command\":\"" FAKE_PSK "\"}",
        "{\"id\":\"1\",\"command\":\"wifi_list\"}",
        "{\"id\":\"1\",\"command\":\"settings\"}",
        "{\"id\":\"1\",\"command\":\"health\"}",
        "{\"id\":\"1\",\"command\":\"read_log\"}",
    };
    start_with_wifi();
    told = false;
    fake.on_line = look_for_passphrase;
    ask("{\"id\":\"1\",\"command\":\"log_level\",\"args\":{\"level\":\"debug\"}}");
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        ask(questions[i]);
        assert_false(contains(fake.last[ROOST_TOPIC_ANSWER], FAKE_PSK));
        fake_run(&fake, 2000);
        assert_false(contains(fake.last[ROOST_TOPIC_STATUS], FAKE_PSK));
    }
    fake_lose_wifi(&fake);
    fake_air(&fake, "home", -50, 3);
    fake_run(&fake, MINUTE);
    assert_string_equal(fake.wifi_psk, FAKE_PSK); /* it was there, all the same */
    ask("{\"id\":\"1\",\"command\":\"read_log\"}");
    assert_false(contains(fake.last[ROOST_TOPIC_ANSWER], FAKE_PSK));
    assert_false(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wifi_comes_first_and_is_asked_for_again),
        cmocka_unit_test(a_network_that_returns_is_joined_within_five_seconds),
        cmocka_unit_test(a_short_loss_needs_no_scan),
        cmocka_unit_test(another_known_network_takes_over),
        cmocka_unit_test(a_wrong_passphrase_does_not_keep_it_from_the_others),
        cmocka_unit_test(a_port_that_refuses_is_asked_again),
        cmocka_unit_test(networks_that_cannot_be_read_are_a_fault),
        cmocka_unit_test(networks_are_added_listed_and_removed),
        cmocka_unit_test(bad_networks_are_refused_with_the_limits),
        cmocka_unit_test(a_passphrase_is_never_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
