/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "port/sim/flash.h"
#include "devices/window/readings.h"
#include "sim/ledger.h"

static struct sim_power power;
static struct sim_flash flash;
static struct roost_journal journal;
static struct sim_ledger ledger;

static int setup(void **state)
{
    (void)state;
    sim_power_init(&power, 1, 0);
    return sim_flash_init(&flash, &power, 4096, 3, 4) |
           roost_journal_init(&journal, &flash.port, 7) | sim_ledger_init(&ledger, 4096);
}

static int teardown(void **state)
{
    (void)state;
    sim_flash_deinit(&flash);
    sim_ledger_deinit(&ledger);
    return 0;
}

static void measure(int32_t temperature_mdegc, int64_t unix_ms)
{
    const struct roost_record_head head = {.timed = unix_ms > 0, .time_ms = (uint64_t)unix_ms};
    const struct roost_climate_sample sample = {temperature_mdegc, 50000};
    uint8_t bytes[ROOST_OUTBOX_HEAD_BYTES + WINDOW_READING_BYTES];
    uint64_t seq;

    roost_record_head_write(bytes, &head);
    window_reading_write(bytes + ROOST_OUTBOX_HEAD_BYTES, &sample);
    assert_int_equal(roost_journal_append(&journal, bytes, sizeof bytes, &seq), 0);
    sim_ledger_follow(&ledger, &journal);
}

static void store(enum series_table table, double value, int64_t unix_ms)
{
    struct series_row row = {.table = table, .unix_ms = unix_ms, .device_id = "w", .value = value};

    sim_ledger_row(&ledger, &row);
}

static void each_reading_has_two_rows(void **state)
{
    const struct sim_reading *oldest;

    (void)state;
    measure(21500, 1000);
    measure(21600, 2000);
    store(SERIES_TEMPERATURE, 21.5, 1000);
    store(SERIES_TEMPERATURE, 21.6, 2000);
    store(SERIES_HUMIDITY, 50.0, 2000);
    assert_string_equal(ledger.wrong, "");
    assert_int_equal(sim_ledger_missing(&ledger, &oldest), 1);
    assert_int_equal(oldest->seq, 1);
    store(SERIES_HUMIDITY, 50.0, 1000);
    assert_int_equal(sim_ledger_missing(&ledger, &oldest), 0);
    assert_null(oldest);
    assert_string_equal(ledger.wrong, "");
}

static void a_row_too_many_is_seen(void **state)
{
    (void)state;
    measure(21500, 1000);
    store(SERIES_TEMPERATURE, 21.5, 1000);
    assert_string_equal(ledger.wrong, "");
    store(SERIES_TEMPERATURE, 21.5, 1000);
    assert_non_null(strstr(ledger.wrong, "doubled"));
}

static void an_altered_value_or_time_is_seen(void **state)
{
    (void)state;
    measure(21500, 1000);
    store(SERIES_TEMPERATURE, 21.5, 1001);
    assert_non_null(strstr(ledger.wrong, "altered"));
    ledger.wrong[0] = '\0';
    store(SERIES_TEMPERATURE, 21.501, 1000);
    assert_non_null(strstr(ledger.wrong, "altered"));
}

static void a_reading_without_a_time_takes_any(void **state)
{
    (void)state;
    measure(21500, 0);
    store(SERIES_TEMPERATURE, 21.5, 123456);
    assert_string_equal(ledger.wrong, "");
}

static void a_full_journal_gives_up_and_is_forgiven(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        measure(20000 + i, 1000 + i);
    assert_true(ledger.given_up > 0);
    assert_int_equal(ledger.given_up, journal.dropped);
    assert_int_equal(sim_ledger_missing(&ledger, NULL) + ledger.given_up, 1000);
    store(SERIES_TEMPERATURE, 20.0, 1000); /* it was on its way when it was given up */
    assert_string_equal(ledger.wrong, "");
}

static void a_lost_or_formatted_journal_is_seen(void **state)
{
    (void)state;
    measure(21500, 1000);
    measure(21600, 2000);
    journal.next_seq--;
    sim_ledger_follow(&ledger, &journal);
    assert_non_null(strstr(ledger.wrong, "forgot"));
    ledger.wrong[0] = '\0';
    assert_int_equal(roost_journal_format(&journal, 99), 0);
    sim_ledger_follow(&ledger, &journal);
    assert_non_null(strstr(ledger.wrong, "formatted"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(each_reading_has_two_rows),
        TEST(a_row_too_many_is_seen),
        TEST(an_altered_value_or_time_is_seen),
        TEST(a_reading_without_a_time_takes_any),
        TEST(a_full_journal_gives_up_and_is_forgiven),
        TEST(a_lost_or_formatted_journal_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
