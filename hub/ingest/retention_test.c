/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/fleet/parts_fake.h"
#include "hub/ingest/retention.h"

#define DAY  INT64_C(86400000)
#define HOUR INT64_C(3600000)

/* A store that says what it was asked. */
static struct {
    char note[SERIES_NOTE_MAX + 1];
    int64_t newest_ms;
    struct series_survey survey;
    int survey_err, retain_err, load_err;
    int runs;
    int64_t before_ms;
} store;

static struct parts_fake fake;
static struct retention retention;
static bool doubted;
static uint32_t days, share_pct;

static int put_note(void *ctx, const char *name, const char *text, series_done_fn done, void *arg)
{
    (void)ctx;
    (void)name;
    snprintf(store.note, sizeof store.note, "%s", text);
    done(arg, 0);
    return 0;
}

static int load_note(void *ctx, const char *name, char text[SERIES_NOTE_MAX + 1])
{
    (void)ctx;
    (void)name;
    snprintf(text, SERIES_NOTE_MAX + 1, "%s", store.note);
    return store.load_err;
}

static int newest_ms(void *ctx, int64_t *unix_ms)
{
    (void)ctx;
    *unix_ms = store.newest_ms;
    return 0;
}

static int survey(void *ctx, int64_t before_ms, series_survey_fn done, void *arg)
{
    (void)ctx;
    (void)before_ms;
    if (store.survey_err == ROOST_ERR_FULL)
        return store.survey_err;
    done(arg, store.survey_err, &store.survey);
    return 0;
}

static int retain(void *ctx, int64_t before_ms, series_retained_fn done, void *arg)
{
    (void)ctx;
    store.runs++;
    store.before_ms = before_ms;
    done(arg, store.retain_err, store.survey.older);
    return 0;
}

static const struct series_ops ops = {.note = put_note,
                                      .load_note = load_note,
                                      .newest_ms = newest_ms,
                                      .survey = survey,
                                      .retain = retain};
static const struct series series = {.ops = &ops};

/* The hub starts: now, with what is stored. */
static void start(void)
{
    const struct retention_config config = {.days = days, .share_pct = share_pct};
    const struct hub_parts parts = {
        .series = &series, .clock = &fake.clock, .metrics = fake.metrics};
    retention_init(&retention, &config, &parts);
    retention.clock_doubted = &doubted;
    assert_int_equal(retention_load(&retention), store.load_err);
    retention_tick(&retention, fake.now_ms);
}

/* Time passes, an hour at a time, while devices go on sending. */
static void run_for(int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += HOUR) {
        fake_pass(&fake, HOUR);
        retention_saw(&retention, fake.unix_ms);
        retention_tick(&retention, fake.now_ms);
    }
}

static double refused(const char *reason)
{
    char labels[32];
    snprintf(labels, sizeof labels, "reason=\"%s\"", reason);
    return fake_metric(&fake, "roost_retention_refused_total", labels);
}

static int set_up(void **state)
{
    (void)state;
    fake_init(&fake);
    memset(&store, 0, sizeof store);
    store.survey = (struct series_survey){.rows = 1000, .older = 30};
    store.newest_ms = fake.unix_ms;
    doubted = false;
    days = 30;
    share_pct = 10;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_deinit(&fake);
    return 0;
}

static void whole_days_go_once_a_day(void **state)
{
    (void)state;
    start();
    assert_int_equal(store.runs, 1);
    assert_int_equal(store.before_ms, fake.unix_ms / DAY * DAY - 30 * DAY);
    assert_true(fake_metric(&fake, "roost_retention_rows_total", NULL) == 30);
    run_for(3 * DAY);
    assert_int_equal(store.runs, 4);
    assert_int_equal(store.before_ms, fake.unix_ms / DAY * DAY - 30 * DAY);
}

static void for_ever_is_for_ever(void **state)
{
    (void)state;
    days = 0;
    start();
    run_for(2 * DAY);
    assert_int_equal(store.runs, 0);
    assert_string_equal(store.note, "");
}

/* The hub starts again with its clock ahead, or behind, on the same machine. */
static void nothing_goes_for_a_day_after_a_jump(void **state)
{
    static const int64_t jumps[] = {40 * DAY, -3 * DAY, 2 * HOUR, -2 * HOUR};
    (void)state;
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        assert_int_equal(tear_down(NULL), 0);
        set_up(NULL);
        start();
        fake_pass(&fake, 5000);
        fake.unix_ms += jumps[i];
        store.newest_ms = fake.unix_ms; /* a reading was stored by the wrong clock already */
        store.runs = 0;
        start();
        run_for(12 * HOUR);
        start(); /* a restart does not end it */
        run_for(11 * HOUR);
        assert_int_equal(store.runs, 0);
        assert_true(refused("jump") > 0);
        run_for(2 * DAY);
        assert_true(store.runs > 0);
    }
}

static void a_jump_while_it_runs_is_one(void **state)
{
    (void)state;
    start();
    store.runs = 0;
    run_for(5 * HOUR);
    fake.unix_ms += 40 * DAY;
    run_for(20 * HOUR);
    assert_int_equal(store.runs, 0);
    fake.unix_ms -= 40 * DAY; /* put right: another one */
    run_for(20 * HOUR);
    assert_int_equal(store.runs, 0);
}

static void a_machine_that_was_off_for_some_days_has_no_jump(void **state)
{
    (void)state;
    fake.now_ms = 50 * (uint64_t)DAY;
    start();
    store.runs = 0;
    fake.now_ms = 60000; /* it starts anew */
    fake.unix_ms += 5 * DAY;
    store.newest_ms = fake.unix_ms;
    start();
    assert_int_equal(store.runs, 1);
    fake.now_ms = 50000;
    fake.unix_ms += 20 * DAY; /* too long to tell it from a wrong clock */
    store.newest_ms = fake.unix_ms;
    start();
    assert_int_equal(store.runs, 1);
}

/* The first start there is has no clock to compare with, but what is stored. */
static void rows_are_counted_back_from_the_newest_reading(void **state)
{
    (void)state;
    fake.unix_ms += 40 * DAY;
    start();
    assert_int_equal(store.before_ms, (store.newest_ms + DAY) / DAY * DAY - 30 * DAY);
    retention_saw(&retention, store.newest_ms + 5 * DAY);
    retention_saw(&retention, store.newest_ms + 2 * DAY);
    assert_int_equal(retention.newest_ms, store.newest_ms + 5 * DAY);
}

static void nothing_goes_while_the_clock_is_in_doubt(void **state)
{
    (void)state;
    doubted = true;
    start();
    run_for(5 * HOUR);
    assert_int_equal(store.runs, 0);
    assert_true(refused("doubt") == 6);
    doubted = false;
    run_for(HOUR);
    assert_int_equal(store.runs, 1);
}

static void too_much_at_once_waits_for_an_operator(void **state)
{
    (void)state;
    store.survey.older = 101;
    start();
    assert_int_equal(store.runs, 0);
    assert_true(refused("share") == 1);
    store.survey.older = 100;
    run_for(HOUR);
    assert_int_equal(store.runs, 1);
    share_pct = 100; /* the operator's word */
    store.survey.older = 1000;
    start();
    assert_int_equal(store.runs, 2);
}

/* Of readings that are kept for three days, a quarter goes each day. */
static void a_short_time_has_a_large_share(void **state)
{
    (void)state;
    days = 3;
    store.survey.older = 500;
    start();
    assert_int_equal(store.runs, 1);
    store.survey.older = 501;
    start();
    assert_int_equal(store.runs, 1);
}

static void a_failing_store_is_tried_again(void **state)
{
    (void)state;
    store.survey_err = ROOST_ERR_IO;
    start();
    store.survey_err = ROOST_ERR_FULL;
    run_for(HOUR);
    assert_int_equal(store.runs, 0);
    store.survey_err = 0;
    store.retain_err = ROOST_ERR_IO;
    run_for(2 * HOUR);
    assert_int_equal(store.runs, 2);
    store.retain_err = 0;
    run_for(2 * HOUR);
    assert_int_equal(store.runs, 3);
    assert_true(fake_metric(&fake, "roost_retention_runs_total", NULL) == 1);
}

static void a_note_that_cannot_be_read_is_none(void **state)
{
    static const char *const notes[] = {"", "x", "1 2", "1790000000000 -"};
    (void)state;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        snprintf(store.note, sizeof store.note, "%s", notes[i]);
        store.runs = 0;
        start();
        assert_int_equal(store.runs, 1);
    }
    store.load_err = ROOST_ERR_IO;
    start(); /* says so */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(whole_days_go_once_a_day),
        TEST(for_ever_is_for_ever),
        TEST(nothing_goes_for_a_day_after_a_jump),
        TEST(a_jump_while_it_runs_is_one),
        TEST(a_machine_that_was_off_for_some_days_has_no_jump),
        TEST(rows_are_counted_back_from_the_newest_reading),
        TEST(nothing_goes_while_the_clock_is_in_doubt),
        TEST(too_much_at_once_waits_for_an_operator),
        TEST(a_short_time_has_a_large_share),
        TEST(a_failing_store_is_tried_again),
        TEST(a_note_that_cannot_be_read_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
