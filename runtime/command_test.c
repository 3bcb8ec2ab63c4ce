/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define COMMAND(name)            "{\"id\":\"1\",\"command\":\"" name "\"}"
#define COMMAND_WITH(name, args) "{\"id\":\"1\",\"command\":\"" name "\",\"args\":{" args "}}"

static void bad_commands_are_answered_with_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *error, *message;
    } rows[] = {
        {COMMAND("fly"), "NOT_FOUND",
         "command: not one of reboot settings set log_level read_log health update update_status "
         "wifi_scan wifi_list wifi_add wifi_remove factory_reset ring"},
        {COMMAND("set"), "NOT_FOUND", "args: not found"},
        {COMMAND_WITH("set", "\"colour\":1"), "NOT_FOUND", "colour: not found"},
        {COMMAND_WITH("set", "\"ring_interval_ms\":499"), "RANGE",
         "ring_interval_ms: outside the allowed range, allowed 500..86400000 ms"},
        {COMMAND_WITH("set", "\"volume\":1.5"), "RANGE",
         "volume: outside the allowed range, allowed 0.0..1.0"},
        {COMMAND_WITH("set", "\"night\":3"), "INVALID",
         "night: malformed or not allowed here, allowed true, false"},
        {COMMAND_WITH("set", "\"log_level\":\"loud\""), "INVALID",
         "log_level: allowed error, warn, info, debug"},
        {COMMAND_WITH("set", "\"health_interval_ms\":0"), "RANGE",
         "health_interval_ms: outside the allowed range, allowed 1000..3600000 ms"},
        {COMMAND_WITH("log_level", "\"level\":7"), "INVALID",
         "level: allowed error, warn, info, debug"},
        {COMMAND("update"), "UNSUPPORTED", "update: not supported"},
        {COMMAND("update_status"), "UNSUPPORTED", "update: not supported"},
        {COMMAND("wifi_scan"), "UNSUPPORTED", "wifi: this device has none"},
        {COMMAND("wifi_list"), "UNSUPPORTED", "wifi: this device has none"},
        {COMMAND("wifi_add"), "UNSUPPORTED", "wifi: this device has none"},
        {COMMAND("wifi_remove"), "UNSUPPORTED", "wifi: this device has none"},
        {COMMAND("log_level"), "INVALID", "level: allowed error, warn, info, debug"},
    };
    start_online();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask(rows[i].payload);
        assert_true(!answer.ok);
        assert_string_equal(answer.id, "1");
        assert_string_equal(answer.error, rows[i].error);
        assert_string_equal(answer.message, rows[i].message);
    }
    /* Unreadable ones have no id to answer to, and are answered all the same. */
    int before = fake.count[ROOST_TOPIC_ANSWER];
    send_command("{\"id\":");
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    assert_true(contains(fake.last[ROOST_TOPIC_ANSWER], "command: ends too early"));
}

static void a_command_of_nobody_does_not_reach_the_log(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND("open sesame"));
    ask(COMMAND("read_log"));
    assert_true(contains(answer.data_json, "command: unknown"));
    assert_false(contains(answer.data_json, "sesame"));
}

static void settings_are_listed_with_those_of_the_product(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND("settings"));
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"health_interval_ms\":60000"));
    assert_true(contains(answer.data_json, "\"memory_low_bytes\":20000"));
    assert_true(contains(answer.data_json, "\"log_level\":\"info\""));
    assert_true(contains(answer.data_json, "\"ring_interval_ms\":60000"));
    assert_true(contains(answer.data_json, "\"volume\":0.3"));
    assert_true(contains(answer.data_json, "\"night\":false"));
}

static void a_rejected_set_changes_nothing(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND_WITH("set", "\"volume\":0.5,\"ring_interval_ms\":0"));
    assert_true(!answer.ok);
    assert_true(contains(answer.message, "ring_interval_ms"));
    assert_int_equal(roost_settings_int(&product.device.settings, PRODUCT_SET_VOLUME), 300);
    ask(COMMAND_WITH("set", "\"volume\":0.5,\"log_level\":\"loud\""));
    assert_true(!answer.ok);
    assert_int_equal(roost_settings_int(&product.device.settings, PRODUCT_SET_VOLUME), 300);
}

static void settings_hold_at_once_and_after_a_reboot(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND_WITH("set", "\"ring_interval_ms\":1000,\"night\":false,\"log_level\":\"debug\""));
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"ring_interval_ms\":1000"));
    fake_run(&fake, 10000);
    assert_true(product.rings >= 9);
    assert_int_equal(product.device.log.level, ROOST_LOG_DEBUG);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_int_equal(roost_settings_int(&product.device.settings, PRODUCT_SET_INTERVAL), 1000);
    assert_int_equal(product.device.log.level, ROOST_LOG_DEBUG);
}

static void a_setting_that_flash_does_not_take_is_refused(void **state)
{
    (void)state;
    start_online();
    fake.kv_fails = true;
    ask(COMMAND_WITH("set", "\"volume\":0.5"));
    assert_string_equal(answer.error, "IO");
    assert_int_equal(roost_settings_int(&product.device.settings, PRODUCT_SET_VOLUME), 300);
    ask(COMMAND_WITH("log_level", "\"level\":\"debug\""));
    assert_true(!answer.ok);
    assert_int_equal(product.device.log.level, ROOST_LOG_INFO);
}

static void the_log_can_be_read_from_afar(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND_WITH("log_level", "\"level\":\"debug\""));
    assert_true(answer.ok);
    assert_int_equal(product.device.log.level, ROOST_LOG_DEBUG);
    for (int i = 0; i < 60; i++) /* more than the answer holds */
        ask(COMMAND("ring"));
    ask(COMMAND("read_log"));
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "command: ring result=OK"));
    assert_true(contains(answer.data_json, "\"lines\":"));
    assert_true(contains(answer.data_json, "\"overwritten\":"));
}

static void the_product_answers_its_own(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND("ring"));
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "{}"));
    assert_int_equal(product.rings, 1);
    fake_run(&fake, 100);
    assert_string_equal(fake.last[FAKE_RING], "{\"rings\":1,\"seq\":1}");
}

static void a_reboot_is_answered_first(void **state)
{
    (void)state;
    start_online();
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    assert_true(answer.ok);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 30);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_COMMAND);
    assert_int_equal(product.device.answers_lost, 0);

    start_online();
    fake.acks = false;
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS - 100);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 200);
    assert_int_equal(fake.reboots, 1);
}

static void an_answer_waits_for_room(void **state)
{
    (void)state;
    start_online();
    fake.room = 0;
    int before = fake.count[ROOST_TOPIC_ANSWER];
    for (int i = 0; i < 3; i++)
        send_command(COMMAND("health"));
    fake_run(&fake, 100);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    assert_int_equal(product.device.commands.count, 2); /* the first is answered, the others wait */
    assert_int_equal(fake_deliver(&fake, FAKE_TUNE, "Westminster"), 0); /* no command: it goes on */
    fake_run(&fake, 1000);
    assert_int_equal(product.tunes, 1);
    fake.room = 32;
    fake_run(&fake, 10000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 3);
    assert_int_equal(product.device.answers_lost, 0);
}

/* Room for one message that is not acknowledged yet: the narrowest port there can be. */
static void twenty_commands_at_once_are_all_answered(void **state)
{
    (void)state;
    for (int room = 1; room <= 32; room += 31) {
        start_online();
        fake.room = room;
        int before = fake.count[ROOST_TOPIC_ANSWER];
        for (int i = 0; i < 20; i++)
            send_command("{\"id\":\"7f3a-0000-4000-8000-000000000000\","
                         "\"command\":\"log_level\",\"args\":{\"level\":\"info\"}}");
        fake_run(&fake, 20000);
        assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 20);
        assert_int_equal(product.device.answers_lost, 0);
        assert_int_equal(product.device.commands.dropped, 0);
    }
}

static void what_the_queue_cannot_hold_is_counted(void **state)
{
    (void)state;
    start_online();
    int before = fake.count[ROOST_TOPIC_ANSWER], taken = 0;
    for (int i = 0; i < 200; i++)
        taken += fake_deliver(&fake, ROOST_TOPIC_COMMAND, COMMAND("wifi_list")) == 0;
    assert_true(taken >= 60 && taken < 100);
    fake_run(&fake, 2000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + taken);
    ask(COMMAND("health"));
    assert_int_equal(product.device.health.event_dropped, 200 - taken);
}

static void commands_that_lose_their_connection_lose_their_answers(void **state)
{
    (void)state;
    start_online();
    fake.room = 0;
    send_command("{\"id\":\"a\",\"command\":\"ring\"}");
    send_command("{\"id\":\"b\",\"command\":\"ring\"}");
    send_command("{\"id\":\"c\",\"command\":\"ring\"}");
    fake_run(&fake, 100);
    fake_disconnect(&fake);
    fake_run(&fake, 10);
    assert_int_equal(product.device.commands.count, 0);
    assert_int_equal(product.device.answers_lost, 3);
    assert_int_equal(product.rings, 3); /* they were carried out */
}

/* ---- what the broker repeats ---- */

static void expect_stale(const char *why)
{
    fake_run(&fake, 10);
    read_answer();
    assert_true(!answer.ok);
    assert_string_equal(answer.error, "STALE");
    if (!contains(answer.message, why))
        fail_msg("\"%s\" does not say \"%s\"", answer.message, why);
}

static void repeat(const char *payload, bool retained)
{
    assert_int_equal(fake_repeat(&fake, ROOST_TOPIC_COMMAND, payload, retained), 0);
}

/* A reboot that the broker kept is obeyed at no connection. */
static void a_retained_command_is_answered_and_not_run(void **state)
{
    (void)state;
    start_online();
    for (int n = 0; n < 3; n++) {
        repeat(COMMAND("reboot"), true);
        expect_stale("retained by the broker");
        assert_string_equal(answer.id, "1");
        assert_int_equal(product.device.life, ROOST_LIFE_RUNNING);
    }
    assert_int_equal(product.device.stale_commands, 3);
    ask(COMMAND("health"));
    assert_true(contains(answer.data_json, "\"stale_commands\":3"));
}

/* The broker is told to keep no command of this id any more. */
static void a_kept_command_that_is_taken_away_is_none(void **state)
{
    (void)state;
    start_online();
    ask(COMMAND("health"));
    fake.last[ROOST_TOPIC_ANSWER][0] = '\0';
    repeat("", false);
    fake_run(&fake, 10);
    assert_string_equal(fake.last[ROOST_TOPIC_ANSWER], "");
    ask(COMMAND("health"));
    assert_true(answer.ok);
}

/* It was delivered, carried out, and its acknowledgement was lost with the power. */
static void a_command_is_run_once_though_it_comes_again(void **state)
{
    (void)state;
    start_online();
    repeat("{\"id\":\"x\",\"command\":\"ring\"}", false);
    fake_run(&fake, 10);
    read_answer();
    assert_true(answer.ok);
    assert_int_equal(product.rings, 1);
    repeat("{\"id\":\"x\",\"command\":\"ring\"}", false);
    expect_stale("its id was taken before");
    assert_int_equal(product.rings, 1);
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, ONLINE_MS);
    uint32_t rings = product.rings;
    repeat("{\"id\":\"x\",\"command\":\"ring\"}", false);
    expect_stale("its id was taken before");
    assert_int_equal(product.rings, rings);
    repeat("{\"id\":\"y\",\"command\":\"ring\"}", false);
    fake_run(&fake, 10);
    assert_int_equal(product.rings, rings + 1);
}

/* Of the newest it knows, and the oldest gives way. */
static void the_newest_commands_are_known(void **state)
{
    char text[64];

    (void)state;
    start_online();
    for (int n = 0; n <= ROOST_DEVICE_KNOWN_COMMANDS; n++) {
        snprintf(text, sizeof text, "{\"id\":\"n%d\",\"command\":\"ring\"}", n);
        repeat(text, false);
        fake_run(&fake, 10);
    }
    assert_int_equal(product.rings, ROOST_DEVICE_KNOWN_COMMANDS + 1);
    repeat("{\"id\":\"n1\",\"command\":\"ring\"}", false);
    expect_stale("its id was taken before");
    repeat("{\"id\":\"n0\",\"command\":\"ring\"}", false); /* long ago */
    fake_run(&fake, 10);
    assert_int_equal(product.rings, ROOST_DEVICE_KNOWN_COMMANDS + 2);
}

static void a_factory_reset_is_carried_out_once(void **state)
{
    static const char reset[] = "{\"id\":\"r\",\"command\":\"factory_reset\"}";

    (void)state;
    start_online();
    repeat(reset, false);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    reboot_as(ROOST_RESET_COMMAND);
    assert_true(product.device.resetting);
    fake_run(&fake, ONLINE_MS);
    repeat(reset, false);
    expect_stale("its id was taken before");
    assert_int_equal(product.device.life, ROOST_LIFE_RUNNING);
}

/* What waited for the device with the broker is judged by its clock, if it has one; what comes
 * while it is connected is said now, whatever the two clocks show. */
static void a_command_that_waited_too_long_is_not_run(void **state)
{
    char old[96];

    (void)state;
    start();
    int64_t past_ms = fake_unix_ms(&fake) - 1;
    assert_true(past_ms > 0);
    snprintf(old, sizeof old, "{\"id\":\"1\",\"command\":\"ring\",\"expires_ms\":%lld}",
             (long long)past_ms);
    fake_run(&fake, ONLINE_MS);
    ask(old);
    expect_stale("its time is over");
    assert_int_equal(product.rings, 0);
    ask("{\"id\":\"1\",\"command\":\"ring\",\"expires_ms\":4000000000000}");
    assert_true(answer.ok);
    ask("{\"id\":\"1\",\"command\":\"ring\",\"expires_ms\":\"soon\"}");
    assert_true(!answer.ok);
    assert_int_equal(product.rings, 1);
    fake_run(&fake, ROOST_DEVICE_REPLAY_MS);
    uint32_t rings = product.rings;
    ask(old);
    assert_true(answer.ok);
    assert_int_equal(product.rings, rings + 1);

    start(); /* one that does not know the time */
    fake.unix_at_boot_ms = 0;
    fake_run(&fake, ONLINE_MS);
    ask(old);
    assert_true(answer.ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_commands_are_answered_with_what_is_wrong),
        cmocka_unit_test(a_command_of_nobody_does_not_reach_the_log),
        cmocka_unit_test(settings_are_listed_with_those_of_the_product),
        cmocka_unit_test(a_rejected_set_changes_nothing),
        cmocka_unit_test(settings_hold_at_once_and_after_a_reboot),
        cmocka_unit_test(a_setting_that_flash_does_not_take_is_refused),
        cmocka_unit_test(the_log_can_be_read_from_afar),
        cmocka_unit_test(the_product_answers_its_own),
        cmocka_unit_test(a_reboot_is_answered_first),
        cmocka_unit_test(an_answer_waits_for_room),
        cmocka_unit_test(twenty_commands_at_once_are_all_answered),
        cmocka_unit_test(what_the_queue_cannot_hold_is_counted),
        cmocka_unit_test(commands_that_lose_their_connection_lose_their_answers),
        cmocka_unit_test(a_retained_command_is_answered_and_not_run),
        cmocka_unit_test(a_kept_command_that_is_taken_away_is_none),
        cmocka_unit_test(a_command_is_run_once_though_it_comes_again),
        cmocka_unit_test(the_newest_commands_are_known),
        cmocka_unit_test(a_factory_reset_is_carried_out_once),
        cmocka_unit_test(a_command_that_waited_too_long_is_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
