/* SPDX-License-Identifier: Apache-2.0 */
/* Samples on their way from the journal into curves: each once and in order, before, while and
 * after they are packed, however often they come, whatever is cut off where. */
#include "hub/store/test_csms_book.h"
#include "hub/store/csms_rows.h"

enum { DAY_MS = 24 * 3600000 };

static void on_retained(void *arg, int err, uint64_t rows)
{
    got.err = err;
    got.count++;
    *(uint64_t *)arg = rows;
}

static uint64_t retain(int64_t before_ms)
{
    const struct series series = csms_book_series(store);
    uint64_t rows = 4711;

    assert_int_equal(series.ops->retain(series.ctx, before_ms, on_retained, &rows), 0);
    assert_int_equal(series.ops->retain(series.ctx, before_ms, on_retained, &rows), ROOST_ERR_BUSY);
    csms_book_wait(store);
    assert_int_equal(got.err, 0);
    return rows;
}

/* Everything that is in the journal into curves. */
static void pack(void)
{
    assert_int_equal(retain(0), 0);
    assert_int_equal(count_of("journal"), 0);
}

static int32_t add_tx(const char *identity, int32_t connector)
{
    struct csms_tx tx = tx_of(identity, connector);

    put(&(struct csms_change){.identity = identity, .tx = &tx});
    return got.tx_id;
}

/* Two measurands at each of `count` times, 10 s apart. */
static void measure_as(const char *identity, int32_t tx, int64_t from_ms, int count, bool doubtful,
                       int64_t arrived_ms)
{
    for (int i = 0; i < count; i++) {
        const int64_t at_ms = from_ms + i * 10000;
        const struct csms_sample samples[] = {
            {.at_ms = at_ms, .value_milli = i, .measurand = OCPP_Voltage, .doubtful = doubtful},
            {.at_ms = at_ms, .value_milli = -i, .measurand = OCPP_SoC, .doubtful = doubtful}};
        const struct csms_change change = {.identity = identity,
                                           .arrived_ms = arrived_ms ? arrived_ms : at_ms + 5,
                                           .samples = samples,
                                           .sample_count = 2,
                                           .connector = 1,
                                           .sample_tx = tx};
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
        if (i % 10 == 9)
            csms_book_wait(store);
    }
    csms_book_wait(store);
    assert_int_equal(got.err, 0);
}

static void measure(const char *identity, int32_t tx, int64_t from_ms, int count)
{
    measure_as(identity, tx, from_ms, count, false, 0);
}

static void assert_in_order(void)
{
    for (size_t i = 1; i < page.count; i++)
        assert_true(page.samples[i].at_ms >= page.samples[i - 1].at_ms);
}

/* C-08 at the book: what is said again is there once, before and after it is packed. */
static void what_is_said_again_is_stored_once(void **state)
{
    (void)state;
    int32_t tx = add_tx("CP1", 1);
    measure("CP1", tx, 1000, 100);
    measure("CP1", tx, 1000, 200); /* the whole curve with the Stop */
    assert_int_equal(curve_of(tx), 400);
    pack();
    assert_int_equal(count_of("(SELECT sum(count) AS n FROM curve) WHERE n=400"), 1);
    for (int i = 0; i < 3; i++) {
        measure("CP1", tx, 1000, 200);
        assert_int_equal(curve_of(tx), 400);
        pack();
        assert_int_equal(count_of("(SELECT sum(count) AS n FROM curve) WHERE n=400"), 1);
        assert_int_equal(curve_of(tx), 400);
    }
    assert_in_order();
    assert_int_equal(page.samples[2].value_milli, 1);
    assert_int_equal(page.samples[3].value_milli, -1);
    assert_int_equal(page.origins[399].arrived_ms, 1000 + 199 * 10000 + 5);
}

/* Measured before its transaction was known, and again with it: the curve is whole. */
static void a_curve_has_what_came_before_its_transaction_was_known(void **state)
{
    (void)state;
    int32_t tx = add_tx("CP1", 1);
    measure("CP1", 0, 1000, 50);
    pack();
    assert_int_equal(curve_of(tx), 0);
    measure("CP1", tx, 1000, 60);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(curve_of(tx), 120);
        assert_int_equal(samples_of("CP1"), 120);
        for (size_t j = 0; j < 120; j++)
            assert_int_equal(page.origins[j].tx_id, tx);
        pack();
    }
}

static void late_values_stand_where_they_belong(void **state)
{
    (void)state;
    int32_t tx = add_tx("CP1", 1), other = add_tx("CP2", 1);
    measure("CP1", tx, 1000000, 20);
    measure("CP2", other, 0, 20);
    pack();
    measure("CP1", tx, 500000, 20);
    pack();
    measure("CP1", tx, 0, 20);
    assert_int_equal(curve_of(tx), 120);
    assert_in_order();
    assert_int_equal(curve_of(other), 40);
    assert_int_equal(samples_of("CP3"), 0);
}

/* A clock that stands: the same time again, of another arrival, is the same value. */
static void doubtful_ones_are_once_over_midnight(void **state)
{
    (void)state;
    measure_as("CP1", 0, 5, 1, true, 3 * (int64_t)DAY_MS - 10);
    pack();
    measure_as("CP1", 0, 5, 1, true, 3 * (int64_t)DAY_MS + 10);
    pack();
    assert_int_equal(count_of("(SELECT sum(count) AS n FROM curve) WHERE n=2"), 1);
    const struct csms_desk_query wanted = {
        .what = CSMS_DESK_SAMPLES, .identity = "CP1", .from_ms = 2 * (int64_t)DAY_MS, .limit = 10};
    assert_int_equal(read_page(&wanted), 2);
    assert_true(page.samples[0].doubtful);
    assert_int_equal(page.samples[0].at_ms, 5);
}

/* Page after page, over days, from curves and the journal: everything once. */
static void pages_end_between_two_times(void **state)
{
    enum { TIMES = 3000 };
    struct csms_desk_query wanted = {
        .what = CSMS_DESK_SAMPLES, .identity = "CP1", .connector = 1, .limit = 777};
    size_t sum = 0, pages = 0;
    int64_t last = -1;

    (void)state;
    measure("CP1", 0, DAY_MS - 10000 * (TIMES / 2), TIMES - 100);
    pack();
    measure("CP1", 0, DAY_MS + 10000 * (TIMES / 2 - 100), 100);
    do {
        sum += read_page(&wanted);
        pages++;
        assert_true(page.count <= 777 && page.samples[0].at_ms > last);
        assert_in_order();
        last = page.samples[page.count - 1].at_ms;
        wanted.at_ms = page.last_ms;
    } while (page.more);
    assert_int_equal(sum, 2 * TIMES);
    assert_int_equal(pages, (2 * TIMES + 775) / 776);
    wanted.limit = 1; /* all of one time, at least */
    wanted.at_ms = 0;
    wanted.from_ms = DAY_MS;
    assert_int_equal(read_page(&wanted), 2);
    wanted.limit = 10;
    wanted.to_ms = DAY_MS + 20000;
    assert_int_equal(read_page(&wanted), 4);
    wanted.connector = 2;
    assert_int_equal(read_page(&wanted), 0);
}

/* ---- rounds that are long ---- */

/* A journal that is long is packed while more comes in; it gets short by itself. */
static void a_long_journal_is_packed_between_rounds(void **state)
{
    static char signed_data[2000];
    const struct csms_sample sample = {.measurand = OCPP_Voltage, .text_len = sizeof signed_data};
    struct csms_sample one = sample;
    struct csms_change change = {
        .samples = &one, .sample_count = 1, .connector = 1, .texts = signed_data};
    char identity[8];

    (void)state;
    memset(signed_data, 'x', sizeof signed_data);
    for (int i = 0; i < 3 * CSMS_JOURNAL_BYTES / (int)sizeof signed_data; i++) {
        snprintf(identity, sizeof identity, "CP%d", i % 50);
        change.identity = identity;
        one.at_ms = i;
        assert_int_equal(book.ops->put(book.ctx, &change, on_stored, NULL), 0);
        if (i % 100 == 99)
            csms_book_wait(store);
    }
    csms_book_wait(store);
    assert_true(count_of("curve") > 0);
    assert_int_equal(count_of("(SELECT sum(length(points)) AS n FROM journal) WHERE n<9000000"), 1);
    assert_int_equal(samples_of("CP7"), 3 * CSMS_JOURNAL_BYTES / (int)sizeof signed_data / 50 + 1);
}

/* ---- what is cut off ---- */

struct rounds {
    struct csms_sql sql;
    struct csms_job job;
    struct csms_sample sample;
};

static void round_of(struct rounds *rounds, const char *identity, int64_t at_ms)
{
    rounds->sample =
        (struct csms_sample){.at_ms = at_ms, .value_milli = at_ms, .measurand = OCPP_Voltage};
    rounds->job = (struct csms_job){
        .kind = CSMS_JOB_PUT,
        .change = {
            .identity = identity, .samples = &rounds->sample, .sample_count = 1, .connector = 1}};
    csms_sql_round(&rounds->sql, &rounds->job);
}

static void pack_round(struct rounds *rounds)
{
    rounds->job = (struct csms_job){.kind = CSMS_JOB_RETAIN};
    csms_sql_round(&rounds->sql, &rounds->job);
}

static int fail_at; /* the commit that fails; each counts one down */

static int on_commit(void *arg)
{
    (void)arg;
    return --fail_at == 0;
}

/* Every commit of filling, packing and filling again fails once, and then a new start: what was
 * answered is there once. */
static void a_commit_that_fails_loses_and_doubles_nothing(void **state)
{
    enum { ROUNDS = 6 };

    (void)state;
    close_book();
    for (int at = 1; at <= 2 * ROUNDS + 3; at++) {
        struct rounds rounds = {0};
        size_t good[2] = {0, 0};
        char identity[2][8];
        assert_int_equal(csms_sql_open(&rounds.sql, file.path, NULL, 0), 0);
        sqlite3_commit_hook(rounds.sql.db, on_commit, NULL);
        fail_at = at;
        snprintf(identity[0], sizeof identity[0], "A%d", at);
        snprintf(identity[1], sizeof identity[1], "B%d", at);
        for (int i = 0; i < 2 * ROUNDS; i++) {
            round_of(&rounds, identity[i % 2], 1000 + i);
            good[i % 2] += rounds.job.err == 0;
            if (i % ROUNDS == ROUNDS - 1)
                pack_round(&rounds);
            if (i == ROUNDS)
                round_of(&rounds, identity[1], 1001); /* again */
        }
        fail_at = 0;
        csms_sql_close(&rounds.sql);
        open_book();
        assert_int_equal(samples_of(identity[0]), good[0]);
        assert_int_equal(samples_of(identity[1]), good[1]);
        pack();
        assert_int_equal(samples_of(identity[0]), good[0]);
        assert_int_equal(samples_of(identity[1]), good[1]);
        assert_true(good[0] + good[1] >= 2 * ROUNDS - 1);
        close_book();
    }
    open_book();
}

/* What one charger's curves are is packed and durable, and the rest is still to come: the journal
 * has all of it then. */
static void a_cut_while_packing_doubles_nothing(void **state)
{
    struct rounds rounds = {0};
    char identity[8];

    (void)state;
    close_book();
    assert_int_equal(csms_sql_open(&rounds.sql, file.path, NULL, 0), 0);
    for (int i = 0; i < 30; i++) {
        snprintf(identity, sizeof identity, "CP%d", i % 3);
        round_of(&rounds, identity, 1000 + i);
    }
    assert_int_equal(sqlite_db_exec(rounds.sql.db, "BEGIN"), 0);
    assert_int_equal(csms_sql_pack(&rounds.sql, 1, true), 0); /* the first charger */
    assert_int_equal(sqlite_db_exec(rounds.sql.db, "COMMIT"), 0);
    csms_sql_close(&rounds.sql); /* and what it knew is gone */
    open_book();
    assert_int_equal(count_of("curve"), 1);
    assert_true(count_of("journal") > 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(samples_of("CP0"), 10);
        assert_int_equal(samples_of("CP1"), 10);
        pack();
        assert_int_equal(count_of("(SELECT sum(count) AS n FROM curve) WHERE n=30"), 1);
    }
}

/* The medium is full while a long journal is packed: those that wait are told, or are stored; and
 * with room again all goes on. */
static void a_full_medium_while_packing_loses_nothing(void **state)
{
    static char signed_data[4000];
    struct rounds rounds = {0};
    int good = 0;

    (void)state;
    close_book();
    assert_int_equal(csms_sql_open(&rounds.sql, file.path, NULL, 0), 0);
    sqlite_db_limit(rounds.sql.db, CSMS_JOURNAL_BYTES / 2 * 5);
    for (int i = 0; i < 2 * CSMS_JOURNAL_BYTES / (int)sizeof signed_data; i++) {
        rounds.sample = (struct csms_sample){
            .at_ms = i, .text_len = sizeof signed_data, .measurand = OCPP_Voltage};
        rounds.job = (struct csms_job){.kind = CSMS_JOB_PUT,
                                       .change = {.identity = i % 2 ? "CP1" : "CP2",
                                                  .samples = &rounds.sample,
                                                  .sample_count = 1,
                                                  .texts = signed_data}};
        csms_sql_round(&rounds.sql, &rounds.job);
        good += rounds.job.err == 0;
        assert_true(rounds.job.err == 0 || rounds.job.err == ROOST_ERR_NO_SPACE);
    }
    assert_true(good > CSMS_JOURNAL_BYTES / (int)sizeof signed_data);
    assert_true(good < 2 * CSMS_JOURNAL_BYTES / (int)sizeof signed_data);
    sqlite_db_limit(rounds.sql.db, 0);
    round_of(&rounds, "CP1", 1 << 20);
    good += rounds.job.err == 0;
    csms_sql_close(&rounds.sql);
    open_book();
    assert_int_equal(samples_of("CP1") + samples_of("CP2"), good);
    pack();
    assert_int_equal(samples_of("CP1") + samples_of("CP2"), good);
}

/* Bytes of the file that are none of ours: said and counted, and nothing is lost that is whole. */
static void a_journal_that_is_damaged_is_said(void **state)
{
    struct csms_book_counts counts;
    const struct csms_desk_query wanted = {
        .what = CSMS_DESK_SAMPLES, .identity = "CP1", .limit = 10};
    sqlite3 *db;

    (void)state;
    measure("CP1", 0, 1000, 1);
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite_db_exec(db, "INSERT INTO journal(points) VALUES(x'01FF7F00')"), 0);
    sqlite3_close(db);
    assert_int_equal(desk.ops->read(desk.ctx, &wanted, on_read, NULL), 0);
    csms_desk_wait(desk_store);
    assert_int_equal(page.err, ROOST_ERR_CORRUPT);
    measure("CP1", 0, 2000, 1); /* still stored */
    assert_int_equal(count_of("journal"), 3);
    pack();
    csms_book_count(store, &counts);
    assert_int_equal(counts.damaged, 1);
    assert_int_equal(samples_of("CP1"), 4);
}

/* ---- past their time ---- */

struct surveyed {
    struct series_survey survey;
    int err;
};

static void on_surveyed(void *arg, int err, const struct series_survey *survey)
{
    struct surveyed *surveyed = arg;

    surveyed->err = err;
    surveyed->survey = *survey;
}

static void on_noted(void *arg, int err)
{
    *(int *)arg = err;
}

static void days_past_their_time_go_and_transactions_stay(void **state)
{
    struct surveyed surveyed = {.err = 1};
    int64_t newest = 1;

    (void)state;
    const struct series series = csms_book_series(store);
    assert_int_equal(series.ops->newest_ms(series.ctx, &newest), 0);
    assert_int_equal(newest, 0);
    int32_t tx = add_tx("CP1", 1);
    measure("CP1", tx, 2 * (int64_t)DAY_MS - 50000, 10); /* five before midnight */
    measure_as("CP2", 0, 5, 3, true, 4 * (int64_t)DAY_MS);
    pack();
    assert_int_equal(series.ops->newest_ms(series.ctx, &newest), 0);
    assert_int_equal(newest, 2 * (int64_t)DAY_MS + 40000); /* not what is doubtful */
    assert_int_equal(
        series.ops->survey(series.ctx, 2 * (int64_t)DAY_MS + 5, on_surveyed, &surveyed), 0);
    csms_book_wait(store);
    assert_int_equal(surveyed.err, 0);
    assert_int_equal(surveyed.survey.rows, 26);
    assert_int_equal(surveyed.survey.older, 10);
    assert_int_equal(retain(2 * (int64_t)DAY_MS + 5), 10);
    assert_int_equal(curve_of(tx), 10);
    assert_int_equal(page.samples[0].at_ms, 2 * (int64_t)DAY_MS);
    assert_int_equal(retain(5 * (int64_t)DAY_MS), 16); /* by the arrival of those */
    assert_int_equal(count_of("curve"), 0);
    assert_int_equal(count_of("tx"), 1);
}

/* More than a step: of many chargers. */
static void many_go_in_steps(void **state)
{
    enum { CHARGERS = 450 };
    struct csms_book_counts before, after;
    char identity[8];

    (void)state;
    for (int i = 0; i < CHARGERS; i++) {
        snprintf(identity, sizeof identity, "CP%d", i);
        measure(identity, 0, 1000, 1);
    }
    pack();
    csms_book_count(store, &before);
    assert_int_equal(retain(DAY_MS), 2 * CHARGERS);
    csms_book_count(store, &after);
    assert_int_equal(after.commits - before.commits, 4); /* packing; 200, 200, 50 */
}

static void notes_of_the_clocks_are_kept(void **state)
{
    char text[SERIES_NOTE_MAX + 1];
    int err = 1;

    (void)state;
    struct series series = csms_book_series(store);
    assert_int_equal(series.ops->load_note(series.ctx, "clocks", text), 0);
    assert_string_equal(text, "");
    assert_int_equal(series.ops->note(series.ctx, "clocks", "1 2 3", on_noted, &err), 0);
    assert_int_equal(series.ops->note(series.ctx, "clocks", "4", on_noted, &err), ROOST_ERR_BUSY);
    csms_book_wait(store);
    assert_int_equal(err, 0);
    reopen();
    series = csms_book_series(store);
    assert_int_equal(series.ops->load_note(series.ctx, "clocks", text), 0);
    assert_string_equal(text, "1 2 3");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_said_again_is_stored_once),
        T(a_curve_has_what_came_before_its_transaction_was_known),
        T(late_values_stand_where_they_belong),
        T(doubtful_ones_are_once_over_midnight),
        T(pages_end_between_two_times),
        T(a_long_journal_is_packed_between_rounds),
        T(a_commit_that_fails_loses_and_doubles_nothing),
        T(a_cut_while_packing_doubles_nothing),
        T(a_full_medium_while_packing_loses_nothing),
        T(a_journal_that_is_damaged_is_said),
        T(days_past_their_time_go_and_transactions_stay),
        T(many_go_in_steps),
        T(notes_of_the_clocks_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
