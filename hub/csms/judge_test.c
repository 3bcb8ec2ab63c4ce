/* SPDX-License-Identifier: Apache-2.0 */
/* The rules by themselves: numbers, tags, what is odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/csms/judge.h"

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t milli;
    } cases[] = {
        {"0", true, 0},
        {"-0.5", true, -500},
        {"+7", true, 7000},
        {"604.213", true, 604213},
        {"604.2139", true, 604213},
        {".5", true, 500},
        {"5.", true, 5000},
        {"1000000000000000", true, INT64_C(1000000000000000000)},
        {"1000000000000001", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {".", false, 0},
        {"1e3", false, 0},
        {"1,5", false, 0},
        {" 1", false, 0},
        {"NaN", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t milli = 0;
        assert_int_equal(csms_number_parse(cases[i].text, strlen(cases[i].text), &milli),
                         cases[i].good);
        assert_int_equal(milli, cases[i].milli);
    }
}

static void c_15_what_a_tag_may(void **state)
{
    struct csms_tag tag = {.limit = 2, .expiry_ms = 1000};

    (void)state;
    assert_int_equal(csms_judge_tag(NULL, 0, 0), OCPP_Invalid);
    assert_int_equal(csms_judge_tag(&tag, 1, 999), OCPP_Accepted);
    assert_int_equal(csms_judge_tag(&tag, 2, 999), OCPP_ConcurrentTx);
    assert_int_equal(csms_judge_tag(&tag, 2, 1000), OCPP_Expired);
    tag.blocked = true;
    assert_int_equal(csms_judge_tag(&tag, 2, 1000), OCPP_Blocked);
    tag = (struct csms_tag){.limit = 0};
    assert_int_equal(csms_judge_tag(&tag, 1000000, INT64_MAX), OCPP_Accepted);
}

static void c_12_what_is_odd(void **state)
{
    const int64_t now = INT64_C(1796083200000);
    struct csms_tx tx = {.start_arrived_ms = now,
                         .stop_arrived_ms = now,
                         .started_ms = now - 10,
                         .stopped_ms = now - 5,
                         .meter_start_wh = 5,
                         .meter_stop_wh = 5};

    (void)state;
    assert_int_equal(csms_judge_flags(&tx), 0);
    tx.meter_stop_wh = 4;
    assert_int_equal(csms_judge_flags(&tx), CSMS_TX_METER_BACK);
    tx.stop_arrived_ms = 0; /* not stopped: nothing of it counts */
    assert_int_equal(csms_judge_flags(&tx), 0);
    tx.meter_start_wh = -1;
    assert_int_equal(csms_judge_flags(&tx), CSMS_TX_METER_NEGATIVE);
    assert_false(csms_time_doubtful(now + 23 * 3600000, now));
    assert_true(csms_time_doubtful(now + 25 * 3600000, now));
    assert_true(csms_time_doubtful(0, now));
}

static void c_10_two_stops_that_fit_are_not_guessed(void **state)
{
    struct csms_tx txs[2] = {{.id = 1,
                              .state = CSMS_TX_UNMATCHED,
                              .said_id = -1,
                              .stop_arrived_ms = 1,
                              .stopped_ms = 50,
                              .meter_stop_wh = 500},
                             {.id = 2,
                              .state = CSMS_TX_UNMATCHED,
                              .said_id = -1,
                              .stop_arrived_ms = 1,
                              .stopped_ms = 60,
                              .meter_stop_wh = 600}};
    const struct csms_start start = {.connector = 1, .meter_wh = 100, .at_ms = 10, .id_tag = "A"};

    (void)state;
    assert_null(csms_join_start(&start, txs, 2));
    assert_ptr_equal(csms_join_start(&start, txs, 1), &txs[0]);
    txs[0].connector = 2;
    assert_ptr_equal(csms_join_start(&start, txs, 2), &txs[1]);
    txs[1].meter_stop_wh = 99;
    assert_null(csms_join_start(&start, txs, 2));
}

static void c_10_a_time_that_cannot_be_joins_nothing(void **state)
{
    struct csms_tx tx = {.id = 1, .state = CSMS_TX_OPEN, .start_arrived_ms = 9, .started_ms = 10};
    struct csms_stop stop = {.said_id = -1, .meter_wh = 5, .at_ms = 20, .id_tag = ""};

    (void)state;
    assert_int_equal(csms_judge_stop(&stop, &tx, 1).kind, CSMS_STOP_ENDS);
    stop.doubtful = true;
    assert_int_equal(csms_judge_stop(&stop, &tx, 1).kind, CSMS_STOP_UNMATCHED);
    stop.doubtful = false;
    tx.flags = CSMS_TX_TIME_DOUBTFUL;
    assert_int_equal(csms_judge_stop(&stop, &tx, 1).kind, CSMS_STOP_UNMATCHED);
    stop.said_id = 1; /* its id is no question of time */
    stop.doubtful = true;
    assert_int_equal(csms_judge_stop(&stop, &tx, 1).kind, CSMS_STOP_ENDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(c_15_what_a_tag_may),
        cmocka_unit_test(c_12_what_is_odd),
        cmocka_unit_test(c_10_a_time_that_cannot_be_joins_nothing),
        cmocka_unit_test(c_10_two_stops_that_fit_are_not_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
