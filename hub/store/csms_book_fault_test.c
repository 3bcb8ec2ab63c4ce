/* SPDX-License-Identifier: Apache-2.0 */
/* The central system's book when it is killed, the medium is full, or a change is bad. */
#include "hub/store/test_csms_book.h"

/* Puts notes until it is killed, and says each that is answered. */
static void put_for_ever(int out)
{
    const struct csms_note note = {.action = OCPP_DataTransfer, .what = "a", .text = "b"};
    const struct csms_change change = {.identity = "CP1", .note = &note};

    open_book();
    for (;;) {
        put(&change);
        if (got.err != 0 || write(out, "x", 1) != 1)
            _exit(1);
    }
}

static void what_was_answered_survives_a_kill(void **state)
{
    enum { ANSWERS = 20 };
    int ends[2], status;
    char byte;

    (void)state;
    close_book();
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        put_for_ever(ends[1]);
    close(ends[1]);
    for (int i = 0; i < ANSWERS; i++)
        assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    int64_t answered = ANSWERS;
    while (read(ends[0], &byte, 1) == 1)
        answered++;
    close(ends[0]);
    open_book();
    int64_t kept = count_of("note");
    assert_true(kept == answered || kept == answered + 1); /* one may be there and not answered */
}

static void on_retained(void *arg, int err, uint64_t rows)
{
    (void)rows;
    *(int *)arg = err;
}

/* Puts samples until it is killed, packs them now and then, and says each that is answered. */
static void measure_for_ever(int out, int64_t at_ms)
{
    char identity[8];

    open_book();
    const struct series series = csms_book_series(store);
    for (;; at_ms++) {
        const struct csms_sample sample = {.at_ms = at_ms, .measurand = OCPP_Voltage};
        snprintf(identity, sizeof identity, "CP%d", (int)(at_ms % 3));
        put(&(struct csms_change){
            .identity = identity, .samples = &sample, .sample_count = 1, .connector = 1});
        if (got.err != 0 || write(out, "x", 1) != 1)
            _exit(1);
        int err = ROOST_ERR_BUSY;
        if (at_ms % 5 == 4 && (series.ops->retain(series.ctx, 0, on_retained, &err) != 0 ||
                               (csms_book_wait(store), err != 0)))
            _exit(1);
    }
}

static int64_t kill_while_measuring(int answers, int64_t at_ms)
{
    int ends[2], status;
    int64_t answered = 0;
    char byte;

    close_book();
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        measure_for_ever(ends[1], at_ms);
    close(ends[1]);
    for (; answered < answers; answered++)
        assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    while (read(ends[0], &byte, 1) == 1)
        answered++;
    close(ends[0]);
    open_book();
    return answered;
}

static int64_t all_samples(void)
{
    return (int64_t)(samples_of("CP0") + samples_of("CP1") + samples_of("CP2"));
}

static void samples_that_were_answered_survive_kills(void **state)
{
    enum { KILLS = 8 };
    int64_t before = 0;

    (void)state;
    for (int i = 0; i < KILLS; i++) {
        int64_t answered = kill_while_measuring(3 + 2 * i, 100000 * (i + 1));
        int64_t kept = all_samples() - before;
        assert_true(kept == answered || kept == answered + 1);
        before += kept;
    }
    assert_true(count_of("curve") > 0);
}

/* A round of puts of the same note. */
static void notes_of(struct csms_job *jobs, int count, const struct csms_note *note)
{
    memset(jobs, 0, (size_t)count * sizeof *jobs);
    for (int i = 0; i < count; i++) {
        jobs[i].kind = CSMS_JOB_PUT;
        jobs[i].next = i + 1 < count ? &jobs[i + 1] : NULL;
        jobs[i].change = (struct csms_change){.identity = "CP1", .note = note};
    }
}

/* The medium is full in the middle of a round: what is answered with 0 is there, the rest is not.
 */
static void a_full_medium_fails_those_that_do_not_fit(void **state)
{
    enum { JOBS = 40, TEXT = 8000 };
    static struct csms_job jobs[JOBS];
    static char text[TEXT + 1];
    const struct csms_note note = {.action = OCPP_DataTransfer, .what = "a", .text = text};
    struct csms_sql sql = {0};
    int64_t good = 0;

    (void)state;
    memset(text, 'x', TEXT);
    notes_of(jobs, JOBS, &note);
    assert_int_equal(csms_sql_open(&sql, file.path, NULL, 0), 0);
    sqlite_db_limit(sql.db, 256 * 1024);
    csms_sql_round(&sql, jobs);
    for (int i = 0; i < JOBS; i++) {
        good += jobs[i].err == 0;
        assert_true(jobs[i].err == 0 || jobs[i].err == ROOST_ERR_NO_SPACE);
    }
    assert_true(good > 0 && good < JOBS);
    csms_sql_close(&sql);
    assert_int_equal(count_of("note"), good);
}

static int on_busy(void *count, int tries)
{
    (void)tries;
    ++*(int *)count;
    return 0;
}

/* Another process holds the lock: it is waited for once, not once for each. */
static void a_round_that_cannot_begin_fails_as_a_whole(void **state)
{
    enum { JOBS = 5 };
    struct csms_job jobs[JOBS];
    const struct csms_note note = {.action = OCPP_DataTransfer, .what = "a", .text = "b"};
    struct csms_sql sql = {0};
    sqlite3 *other;
    int waits = 0;

    (void)state;
    notes_of(jobs, JOBS, &note);
    assert_int_equal(csms_sql_open(&sql, file.path, NULL, 0), 0);
    assert_int_equal(sqlite3_open(file.path, &other), SQLITE_OK);
    assert_int_equal(sqlite_db_exec(other, "BEGIN IMMEDIATE"), 0);
    sqlite3_busy_handler(sql.db, on_busy, &waits);
    csms_sql_round(&sql, jobs);
    sqlite3_close(other);
    assert_int_equal(waits, 1);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(jobs[i].err, ROOST_ERR_BUSY);
    csms_sql_round(&sql, jobs);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(jobs[i].err, 0);
    csms_sql_close(&sql);
    assert_int_equal(count_of("note"), JOBS);
}

static void one_that_fails_undoes_no_other(void **state)
{
    struct csms_tx bad = tx_of("CP1", 1);
    const struct csms_status status = {.connector = 1, .status = OCPP_Available};

    (void)state;
    bad.id = 4711; /* there is none */
    const struct csms_change changes[] = {
        {.identity = "CP1", .status = &status},
        {.identity = "CP2", .status = &status, .tx = &bad},
        {.identity = "CP3", .status = &status},
    };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(book.ops->put(book.ctx, &changes[i], on_stored, NULL), 0);
    csms_book_wait(store);
    assert_int_equal(got.count, 3);
    assert_int_equal(count_of("status"), 2); /* all of a change, or nothing */
}

static void a_file_of_another_kind_is_left_alone(void **state)
{
    struct csms_book_store *other = NULL;
    struct test_file text;
    char why[160] = "";

    (void)state;
    assert_int_equal(test_file_make(&text, "a.db"), 0);
    FILE *f = fopen(text.path, "w");
    assert_non_null(f);
    fputs("this is no database, but a text of some length that somebody keeps here for a reason\n",
          f);
    fclose(f);
    assert_true(csms_book_open(&other, NULL, text.path, why, sizeof why) < 0);
    assert_null(other);
    assert_true(why[0] != '\0');
    test_file_remove(&text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_answered_survives_a_kill),
        T(samples_that_were_answered_survive_kills),
        T(a_full_medium_fails_those_that_do_not_fit),
        T(a_round_that_cannot_begin_fails_as_a_whole),
        T(one_that_fails_undoes_no_other),
        T(a_file_of_another_kind_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
