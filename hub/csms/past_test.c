/* SPDX-License-Identifier: Apache-2.0 */
/* Samples past their time in the central system's file, by the rules of readings: by no single
 * reading of a clock. Transactions stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/parts_fake.h"
#include "hub/ingest/retention.h"
#include "hub/store/csms_desk.h"
#include "hub/store/test_file.h"

#define DAY  INT64_C(86400000)
#define HOUR INT64_C(3600000)

static struct test_file file;
static struct csms_book_store *store;
static struct csms_book book;
static struct csms_desk_store *desk_store;
static struct series series;
static struct parts_fake fake;
static struct retention retention;
static int32_t tx_id;
static size_t count;

static int setup(void **state)
{
    (void)state;
    fake_init(&fake);
    if (test_file_make(&file, "charging.db") < 0)
        return -1;
    assert_int_equal(csms_book_open(&store, NULL, file.path, NULL, 0), 0);
    assert_int_equal(csms_desk_open(&desk_store, NULL, file.path, store, NULL, 0), 0);
    book = csms_book_of(store);
    series = csms_book_series(store);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    csms_desk_close(desk_store);
    csms_book_close(store);
    test_file_remove(&file);
    fake_deinit(&fake);
    return 0;
}

static void on_stored(void *arg, int err, int32_t id)
{
    (void)arg;
    assert_int_equal(err, 0);
    tx_id = id ? id : tx_id;
}

static void on_read(void *arg, int err, const struct csms_desk_found *found)
{
    (void)arg;
    assert_int_equal(err, 0);
    count = found->sample_count + found->tx_count;
}

static size_t count_of(enum csms_desk_what what)
{
    const struct csms_desk_query query = {.what = what, .identity = "CP1", .limit = 1000};
    const struct csms_desk desk = csms_desk_of(desk_store);

    assert_int_equal(desk.ops->read(desk.ctx, &query, on_read, NULL), 0);
    csms_desk_wait(desk_store);
    return count;
}

/* A day of a charger, one sample each. */
static void measure_days(int days)
{
    for (int i = 0; i < days; i++) {
        const struct csms_sample sample = {.at_ms = fake.unix_ms - i * DAY,
                                           .measurand = OCPP_Voltage};
        const struct csms_tx tx = {.identity = "CP1", .id_tag = "A", .verdict = OCPP_Accepted};
        const struct csms_change change = {.identity = "CP1",
                                           .arrived_ms = sample.at_ms,
                                           .tx = i == 0 ? &tx : NULL,
                                           .samples = &sample,
                                           .sample_count = 1};
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
    }
    csms_book_wait(store);
}

static void start(void)
{
    const struct retention_config config = {.days = 30, .share_pct = 100};
    const struct hub_parts parts = {
        .series = &series, .clock = &fake.clock, .metrics = fake.metrics};

    retention_init(&retention, &config, &parts);
    assert_int_equal(retention_load(&retention), 0);
}

static void tick(void)
{
    (void)retention_tick(&retention, fake.now_ms);
    csms_book_wait(store);
}

static void old_samples_go_and_transactions_stay(void **state)
{
    (void)state;
    measure_days(40);
    start();
    tick();
    assert_int_equal(count_of(CSMS_DESK_SAMPLES), 31);
    assert_int_equal(count_of(CSMS_DESK_TXS), 1);
}

static void a_jump_of_the_clock_takes_nothing(void **state)
{
    (void)state;
    measure_days(40);
    start();
    tick();
    fake.unix_ms += 400 * DAY;
    fake_pass(&fake, HOUR);
    tick();
    start(); /* nor after a new start: the clocks were noted */
    tick();
    assert_int_equal(count_of(CSMS_DESK_SAMPLES), 31);
    for (int i = 0; i < 26; i++) { /* a day of a steady clock, and it counts from the newest */
        fake_pass(&fake, HOUR);
        tick();
    }
    assert_int_equal(count_of(CSMS_DESK_SAMPLES), 30);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(old_samples_go_and_transactions_stay),
        T(a_jump_of_the_clock_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
