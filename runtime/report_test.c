/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says of itself: faults, status, health. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define HEALTH "{\"id\":\"1\",\"command\":\"health\"}"

/* How often a line of the console had this in it. */
static struct {
    const char *part;
    int count;
} line;

static void look(void *ctx, const char *text, size_t len)
{
    size_t part_len = strlen(line.part);

    (void)ctx;
    for (size_t i = 0; i + part_len <= len; i++)
        if (memcmp(text + i, line.part, part_len) == 0) {
            line.count++;
            return;
        }
}

static void look_for(const char *part)
{
    line.part = part;
    line.count = 0;
    fake.on_line = look;
}

/* The fault that the status shows after `ms` more. */
static const char *fault_after(uint64_t ms)
{
    fake_run(&fake, ms);
    read_status();
    return status.fault;
}

/* ---- faults ---- */

static void a_fault_is_logged_once_and_once_when_it_is_over(void **state)
{
    (void)state;
    start_online();
    look_for("fault: the button does not come back name=STUCK number=901");
    product.stuck = true;
    fake_run(&fake, 10 * MINUTE);
    assert_int_equal(line.count, 1);
    look_for("fault: cleared name=STUCK number=901");
    product.stuck = false;
    fake_run(&fake, 10 * MINUTE);
    assert_int_equal(line.count, 1);
}

static void a_fault_is_told_to_product_and_hub(void **state)
{
    (void)state;
    start_online();
    int states = fake.count[FAKE_STATE];
    product.stuck = true;
    assert_string_equal(fault_after(10000), "stuck");
    assert_int_equal(status.fault_number, 901);
    assert_int_equal(product.reports_of_faults, 1);
    assert_int_equal(fake.count[FAKE_STATE], states + 1); /* the product says its state anew */
    product.stuck = false;
    assert_string_equal(fault_after(10000), "");
    assert_int_equal(status.fault_number, 0);
    assert_int_equal(product.reports_of_faults, 2);
}

static void the_worst_fault_is_shown_and_all_are_listed(void **state)
{
    (void)state;
    start_online();
    product.stuck = true;
    product.device.unsaved = true;
    assert_string_equal(fault_after(10000), "flash");
    assert_int_equal(status.fault_number, 101);
    ask(HEALTH);
    assert_true(contains(answer.data_json, "\"faults\":[101,901]"));
    product.device.unsaved = false;
    assert_string_equal(fault_after(10000), "stuck");
}

static void each_fault_of_every_device_has_its_cause(void **state)
{
    (void)state;
    start_online();
    fake.flash_fails = true;
    press();
    assert_string_equal(fault_after(2000), "flash");
    fake.flash_fails = false;
    press();
    assert_string_equal(fault_after(2000), "");

    fake.heap.free_bytes = 19999;
    assert_string_equal(fault_after(2 * MINUTE), "memory_low");
    fake.heap.free_bytes = 20000;
    assert_string_equal(fault_after(2 * MINUTE), "");

    start();
    fake.unix_at_boot_ms = 0;
    assert_string_equal(fault_after(100000), "");
    assert_string_equal(fault_after(30000), "clock");
    fake.unix_at_boot_ms = 1772409600000;
    assert_string_equal(fault_after(10000), "");

    reboot_as(ROOST_RESET_BROWN_OUT);
    assert_string_equal(fault_after(4 * MINUTE), "brown_out");
    assert_string_equal(fault_after(2 * MINUTE), ""); /* forgiven */
    assert_int_equal(status.brown_outs, 1);
    assert_string_equal(status.reset_reason, "brown-out");

    for (int i = 0; i < 3; i++)
        reboot_as(ROOST_RESET_CRASH);
    assert_string_equal(fault_after(10 * MINUTE), "crash_loop");
    assert_int_equal(status.crashes, 3);

    reboot_as(ROOST_RESET_POWER_ON);
    fake.kv_fails = true;
    reboot_as(ROOST_RESET_POWER_ON); /* its counters cannot be read */
    assert_string_equal(fault_after(ONLINE_MS), "flash");
}

/* The counters are lost though the flash has come round: offline for longer than it takes to be
 * called stable, the device still owes the news. */
static void what_failed_at_boot_is_said_until_the_next_one(void **state)
{
    (void)state;
    start_online();
    fake.broker_up = false;
    fake.kv_fails = true;
    reboot_as(ROOST_RESET_POWER_ON);
    fake.kv_fails = false;
    fake_run(&fake, ROOST_DEVICE_STABLE_MS + MINUTE);
    assert_true(product.device.boot_err < 0);
    assert_int_equal(roost_device_boot(&product.device), 0);
    fake.broker_up = true;
    assert_string_equal(fault_after(10 * MINUTE), "flash");
    assert_int_equal(status.fault_number, 101);

    reboot_as(ROOST_RESET_POWER_ON);
    assert_string_equal(fault_after(ROOST_DEVICE_STABLE_MS + MINUTE), "");
    assert_int_equal(roost_device_boot(&product.device), 2); /* the failed one left no trace */
}

static void a_streak_that_cannot_be_ended_is_said(void **state)
{
    (void)state;
    start_online();
    reboot_as(ROOST_RESET_CRASH);
    assert_string_equal(fault_after(ONLINE_MS), "");
    fake.kv_fails = true; /* the end of the streak is not kept */
    assert_string_equal(fault_after(ROOST_DEVICE_STABLE_MS + MINUTE), "flash");
    fake.kv_fails = false;
    assert_string_equal(fault_after(MINUTE), "flash");
}

static void a_full_journal_is_a_fault_until_it_is_delivered(void **state)
{
    (void)state;
    start_online();
    fake.broker_up = false;
    fake_disconnect(&fake);
    for (int i = 0; i < 300; i++) { /* more than it holds */
        press();
        fake_run(&fake, 100);
    }
    assert_true(product.outbox.journal.dropped > 0);
    fake.broker_up = true;
    while (!fake.open)
        fake_run(&fake, 1000);
    fake_run(&fake, 10);
    read_status();
    assert_string_equal(status.fault, "journal_full");
    assert_true(status.journal_dropped > 0 && status.journal_waiting > 0);
    assert_string_equal(fault_after(MINUTE), "");
    assert_true(status.journal_waiting <= 1); /* it rings on by itself */
}

/* ---- status ---- */

static void a_status_says_who_and_how_it_is(void **state)
{
    (void)state;
    start_online();
    read_status();
    assert_true(status.online && status.has_health);
    assert_string_equal(status.type, "bell");
    assert_string_equal(status.firmware, "1.2.3");
    assert_string_equal(status.reset_reason, "power-on");
    assert_int_equal(status.boots, 1);
    assert_int_equal(status.seq, 0);
    assert_true(status.journal_id == product.outbox.journal.id && status.journal_id != 0);
    assert_int_equal(status.heap_free_bytes, 100000);
    assert_int_equal(status.heap_low_bytes, 90000);
    assert_false(status.has_update);
    press();
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_int_equal(status.seq, roost_outbox_last_seq(&product.outbox));
    assert_true(status.uptime_ms > 2 * MINUTE - 10000);
}

static void it_is_said_once_a_second_at_most(void **state)
{
    (void)state;
    start_online();
    int count = fake.count[ROOST_TOPIC_STATUS];
    for (int i = 0; i < 100; i++) { /* a fault that comes and goes for 10 s */
        product.stuck = i % 2 == 0;
        press();
        fake_run(&fake, 100);
    }
    count = fake.count[ROOST_TOPIC_STATUS] - count;
    assert_true(count >= 9 && count <= 11);
    assert_string_equal(fault_after(1000), ""); /* the last one is not forgotten */
}

static void it_is_said_when_the_product_asks_and_each_interval(void **state)
{
    (void)state;
    start_online();
    fake_run(&fake, 1000);
    int count = fake.count[ROOST_TOPIC_STATUS];
    roost_device_tell(&product.device);
    press();
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_STATUS], count + 1);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"health_interval_ms\":5000}}");
    fake_run(&fake, 50500); /* the timer is brought forward */
    count = fake.count[ROOST_TOPIC_STATUS] - count - 1;
    assert_int_equal(count, 10);
}

static void without_room_it_is_said_later(void **state)
{
    (void)state;
    start_online();
    fake_run(&fake, 1000);
    int count = fake.count[ROOST_TOPIC_STATUS];
    fake.room = 0;
    product.stuck = true;
    fake_run(&fake, 10000);
    assert_int_equal(fake.count[ROOST_TOPIC_STATUS], count);
    fake.room = 32;
    assert_string_equal(fault_after(10000), "stuck");
}

static void nothing_is_said_offline(void **state)
{
    (void)state;
    start_online();
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, 100);
    int publishes = fake.publishes, reports = product.reports;
    product.stuck = true;
    fake_run(&fake, 2 * MINUTE);
    assert_int_equal(fake.publishes, publishes);
    assert_int_equal(product.reports, reports);
    fake.broker_up = true;
    assert_string_equal(fault_after(3 * MINUTE), "stuck"); /* with the first word */
}

/* ---- health ---- */

static void the_counters_of_the_product_are_in_status_and_health(void **state)
{
    (void)state;
    start_online();
    press();
    fake_run(&fake, 100);
    press();
    assert_int_equal(fake_deliver(&fake, FAKE_TUNE, "Whittington"), 0);
    fake_run(&fake, MINUTE);
    read_status();
    assert_int_equal(status.counter_count, 1); /* only what is to be there */
    assert_string_equal(status.counters[0].name, "rings");
    assert_int_equal(status.counters[0].value, product.rings);
    ask(HEALTH);
    assert_true(contains(answer.data_json, "\"rings\":3,\"tunes\":1,"));
    assert_true(contains(answer.data_json, "\"bell\":{\"tune\":\"Whittington\"}"));
}

static void health_answers_with_every_figure(void **state)
{
    (void)state;
    static const char *const members[] = {
        "\"uptime_ms\":",
        "\"heap_free_bytes\":100000",
        "\"heap_low_bytes\":90000",
        "\"rssi_dbm\":0",
        "\"boots\":1",
        "\"crashes\":0",
        "\"reconnects\":0",
        "\"journal_waiting\":0",
        "\"journal_dropped\":0",
        "\"journal_erases\":",
        "\"live\":0",
        "\"live_lost\":0",
        "\"event_high_water\":",
        "\"event_dropped\":0",
        "\"unexpected\":0",
        "\"answers_lost\":0",
        "\"faults\":[]",
    };
    start_online();
    ask(HEALTH);
    assert_true(answer.ok);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_true(contains(answer.data_json, members[i]));
}

static void the_health_line_is_logged_each_interval_and_told(void **state)
{
    (void)state;
    start_online();
    look_for("health: state up_s=");
    int told = 0;
    fake_run(&fake, 5 * MINUTE);
    assert_int_equal(line.count, 5);
    for (int i = 0; i < product.happenings && i < PRODUCT_HAPPENED; i++)
        told += product.happened[i].kind == ROOST_WHAT_HEALTH;
    assert_int_equal(told, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_logged_once_and_once_when_it_is_over),
        cmocka_unit_test(a_fault_is_told_to_product_and_hub),
        cmocka_unit_test(the_worst_fault_is_shown_and_all_are_listed),
        cmocka_unit_test(each_fault_of_every_device_has_its_cause),
        cmocka_unit_test(what_failed_at_boot_is_said_until_the_next_one),
        cmocka_unit_test(a_streak_that_cannot_be_ended_is_said),
        cmocka_unit_test(a_full_journal_is_a_fault_until_it_is_delivered),
        cmocka_unit_test(a_status_says_who_and_how_it_is),
        cmocka_unit_test(it_is_said_once_a_second_at_most),
        cmocka_unit_test(it_is_said_when_the_product_asks_and_each_interval),
        cmocka_unit_test(without_room_it_is_said_later),
        cmocka_unit_test(nothing_is_said_offline),
        cmocka_unit_test(the_counters_of_the_product_are_in_status_and_health),
        cmocka_unit_test(health_answers_with_every_figure),
        cmocka_unit_test(the_health_line_is_logged_each_interval_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
