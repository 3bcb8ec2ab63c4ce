/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

#define ADD(ssid, psk)                                                                             \
    "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":\"" ssid "\",\"psk\":\"" psk "\"}}"
#define SCAN(id) "{\"id\":\"" id "\",\"command\":\"wifi_scan\"}"

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
    assert_true(window.wifi_up && fake.open);
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
        assert_false(window.wifi_up);
        fake.own_network = true;
        fake_run(&fake, BACK_MS);
        assert_true(window.wifi_up);

        start_at_home();
        fake_lose_wifi(&fake);
        fake_run(&fake, away_ms);
        assert_false(window.wifi_up);
        fake_air(&fake, "home", -60, 3);
        fake_run(&fake, BACK_MS);
        assert_true(window.wifi_up);
    }
}

static void a_short_loss_needs_no_scan(void **state)
{
    (void)state;
    start_at_home();
    int scans = fake.wifi_scans;
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_run(&fake, 1000);
    assert_true(window.wifi_up);
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
    assert_false(window.wifi_up);
    assert_true(window.networks.refused_open > 0);
    fake_air(&fake, "attic", -80, 6);
    fake_run(&fake, 2 * BACK_MS);
    assert_true(window.wifi_up);
    assert_string_equal(fake.wifi_ssid, "attic");

    reboot_as(ROOST_RESET_POWER_ON); /* the last one comes first after a reboot too */
    int scans = fake.wifi_scans;
    fake_run(&fake, 2000);
    assert_true(window.wifi_up);
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
    assert_true(window.wifi_up);
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
    assert_true(window.wifi_up);
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
    assert_true(window.wifi_up);
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
    assert_true(window.wifi_up); /* until it is lost */
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

/* ---- scans by command ---- */

static void ask_for_scan(const char *payload)
{
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload), 0);
}

static void read_answer(void)
{
    const char *said = fake.last[ROOST_TOPIC_ANSWER];
    assert_int_equal(roost_answer_parse(&answer, said, strlen(said)), 0);
}

static void a_scan_is_answered_when_it_is_done(void **state)
{
    (void)state;
    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    fake_air(&fake, "caf\xE9", -70, 0); /* no UTF-8 */
    int before = fake.count[ROOST_TOPIC_ANSWER], connects = fake.wifi_connects;
    ask_for_scan(SCAN("7"));
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    ask(SCAN("8"));
    assert_string_equal(answer.error, "BUSY");
    ask("{\"id\":\"9\",\"command\":\"measure\"}"); /* others are answered meanwhile */
    assert_string_equal(answer.id, "9");
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 3);
    read_answer();
    assert_string_equal(answer.id, "7");
    assert_true(contains(answer.data_json,
                         "{\"networks\":[{\"ssid\":\"home\",\"rssi\":-50,\"encryption\":3},"
                         "{\"ssid\":\"caf\xEF\xBF\xBD\",\"rssi\":-70,\"encryption\":0}]}"));
    assert_true(window.wifi_up);
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
    ask_for_scan(SCAN("123456789012345678901234567890123456"));
    fake_run(&fake, 2000);
    read_answer();
    assert_true(answer.ok);
    size_t whole = answer.data_len;
    assert_true(whole > 16 * 70);

    for (int i = 0; i < ROOST_WIFI_SCAN_MAX; i++) /* each byte is written as three, or six */
        memset(fake.air[i].ssid, i % 2 ? '\xFF' : '\x01', ROOST_WIFI_SSID_MAX);
    ask_for_scan(SCAN("123456789012345678901234567890123456"));
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
    ask_for_scan(SCAN("1"));
    fake_run(&fake, 2000);
    read_answer();
    assert_string_equal(answer.error, "IO");
    fake.wifi_error = ROOST_ERR_STATE;
    ask(SCAN("2"));
    assert_string_equal(answer.error, "STATE");

    fake.wifi_error = fake.scan_error = 0;
    fake.wifi_silent = true;
    int before = fake.count[ROOST_TOPIC_ANSWER];
    ask_for_scan(SCAN("3"));
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
    ask_for_scan(SCAN("4"));
    fake_run(&fake, 2000);
    read_answer();
    assert_true(answer.ok);
}

static void a_scan_waits_its_turn_like_any_answer(void **state)
{
    (void)state;
    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    ask_for_scan(SCAN("1"));
    fake_run(&fake, 1000);
    fake.room = 0;
    ask_for_scan("{\"id\":\"2\",\"command\":\"health\"}");
    fake_run(&fake, 3000);
    int before = fake.count[ROOST_TOPIC_ANSWER];
    fake.room = 32;
    fake_disconnect(&fake); /* nothing else is on its way that would wake it */
    fake_run(&fake, 100);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    assert_int_equal(window.answers_lost, 2);

    start_with_wifi();
    fake_air(&fake, "home", -50, 3);
    fake.acks = false;
    fake.room = fake.unacked + 1;
    ask_for_scan("{\"id\":\"2\",\"command\":\"health\"}");
    ask_for_scan("{\"id\":\"3\",\"command\":\"health\"}");
    ask_for_scan(SCAN("1"));
    fake_run(&fake, 3000);
    fake.room = 64;
    fake.acks = true;
    fake_run(&fake, MINUTE);
    read_answer();
    assert_string_equal(answer.id, "1");
    assert_true(contains(answer.data_json, "\"home\""));
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
        cmocka_unit_test(a_scan_is_answered_when_it_is_done),
        cmocka_unit_test(the_largest_scan_fits),
        cmocka_unit_test(a_scan_that_fails_or_hangs_is_answered_too),
        cmocka_unit_test(a_scan_waits_its_turn_like_any_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
