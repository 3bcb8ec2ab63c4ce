/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/link.h"
#include "core/timer.h"

static struct roost_link link_;
static const struct roost_link_limits defaults;

/* Random 0 gives the shortest delay, half the base: 500 ms. */
static enum roost_link_action tell(enum roost_link_event event, uint64_t now_ms)
{
    return roost_link_handle(&link_, event, now_ms, 0);
}

static void start_at(uint64_t now_ms)
{
    roost_link_init(&link_, &defaults);
    assert_int_equal(tell(ROOST_LINK_START, now_ms), ROOST_LINK_NOTHING);
}

/* Brings the link into `state` at time 1000. */
static void enter(enum roost_link_state state)
{
    roost_link_init(&link_, &defaults);
    if (state != ROOST_LINK_DOWN)
        tell(ROOST_LINK_START, 500);
    if (state == ROOST_LINK_CONNECTING || state == ROOST_LINK_UP)
        tell(ROOST_LINK_DUE, 1000);
    if (state == ROOST_LINK_UP)
        tell(ROOST_LINK_OPENED, 1000);
    assert_int_equal(link_.state, state);
}

/* The whole grid, written down a second time: next state and action of every event that counts. */
static void every_state_answers_every_event(void **state)
{
    (void)state;
    enum { N = ROOST_LINK_NOTHING, O = ROOST_LINK_OPEN, C = ROOST_LINK_CLOSE };
    enum {
        D = ROOST_LINK_DOWN,
        W = ROOST_LINK_WAITING,
        G = ROOST_LINK_CONNECTING,
        U = ROOST_LINK_UP
    };
    /* START STOP DUE OPENED LOST NET_UP NET_DOWN */
    static const int expected[ROOST_LINK_STATE_COUNT][ROOST_LINK_EVENT_COUNT][2] = {
        {{W, N}, {D, N}, {D, N}, {D, C}, {D, N}, {D, N}, {D, N}},
        {{W, N}, {D, N}, {G, O}, {W, C}, {W, N}, {W, N}, {W, N}},
        {{G, N}, {D, C}, {W, C}, {U, N}, {W, N}, {G, N}, {W, C}},
        {{U, N}, {D, C}, {U, N}, {U, N}, {W, N}, {U, N}, {W, C}},
    };
    for (int s = 0; s < ROOST_LINK_STATE_COUNT; s++) {
        for (int e = 0; e < ROOST_LINK_EVENT_COUNT; e++) {
            enter((enum roost_link_state)s);
            assert_int_equal(tell((enum roost_link_event)e, 20000), expected[s][e][1]);
            assert_int_equal(link_.state, expected[s][e][0]);
        }
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(roost_link_state_name(ROOST_LINK_DOWN), "down");
    assert_string_equal(roost_link_state_name(ROOST_LINK_WAITING), "waiting");
    assert_string_equal(roost_link_state_name(ROOST_LINK_CONNECTING), "connecting");
    assert_string_equal(roost_link_state_name(ROOST_LINK_UP), "up");
    assert_string_equal(roost_link_state_name((enum roost_link_state)77), "unknown");
}

static void connects_and_reconnects(void **state)
{
    (void)state;
    start_at(0);
    assert_true(roost_link_due(&link_) == 500);
    assert_int_equal(tell(ROOST_LINK_DUE, 499), ROOST_LINK_NOTHING);
    assert_int_equal(tell(ROOST_LINK_DUE, 500), ROOST_LINK_OPEN);
    assert_true(roost_link_due(&link_) == 15500);
    tell(ROOST_LINK_OPENED, 800);
    assert_true(roost_link_due(&link_) == ROOST_NEVER);
    tell(ROOST_LINK_LOST, 40000);
    assert_true(roost_link_due(&link_) == 40500);
    assert_int_equal(tell(ROOST_LINK_DUE, 40500), ROOST_LINK_OPEN);
    tell(ROOST_LINK_OPENED, 40600);
    assert_int_equal(link_.connects, 2);
    assert_int_equal(link_.losses, 1);
    assert_int_equal(link_.failures, 0);
}

static void the_connect_times_out(void **state)
{
    (void)state;
    start_at(0);
    tell(ROOST_LINK_DUE, 500);
    assert_int_equal(tell(ROOST_LINK_DUE, 15499), ROOST_LINK_NOTHING);
    assert_int_equal(tell(ROOST_LINK_DUE, 15500), ROOST_LINK_CLOSE);
    assert_int_equal(link_.failures, 1);
    assert_true(roost_link_due(&link_) == 16000);
    assert_int_equal(tell(ROOST_LINK_LOST, 15600), ROOST_LINK_NOTHING); /* the closed one ends */
    assert_int_equal(link_.failures, 1);
}

static void failures_back_off_and_trip_the_breaker(void **state)
{
    (void)state;
    uint64_t now = 0;
    uint32_t longest = 0;
    roost_link_init(&link_, &defaults);
    roost_link_handle(&link_, ROOST_LINK_START, now, UINT32_MAX);
    for (int i = 0; i < 8; i++) {
        uint32_t delay = (uint32_t)(roost_link_due(&link_) - now);
        assert_true(delay > longest || delay == 60000);
        longest = delay;
        now = roost_link_due(&link_);
        assert_int_equal(tell(ROOST_LINK_DUE, now), ROOST_LINK_OPEN);
        roost_link_handle(&link_, ROOST_LINK_LOST, now, UINT32_MAX);
    }
    assert_int_equal(link_.breaker.state, ROOST_BREAKER_OPEN);
    assert_true(roost_link_due(&link_) == now + 120000);
    now += 120000;
    assert_int_equal(tell(ROOST_LINK_DUE, now), ROOST_LINK_OPEN);
    assert_int_equal(link_.breaker.state, ROOST_BREAKER_HALF_OPEN);
    tell(ROOST_LINK_LOST, now);
    assert_true(roost_link_due(&link_) == now + 120000); /* the probe failed */
    now += 120000;
    tell(ROOST_LINK_DUE, now);
    tell(ROOST_LINK_OPENED, now);
    assert_int_equal(link_.breaker.state, ROOST_BREAKER_CLOSED);
    assert_int_equal(link_.failures, 9);
}

static void only_a_stable_connection_resets_the_back_off(void **state)
{
    (void)state;
    uint64_t now = 0;
    start_at(now);
    for (uint32_t attempts = 1; attempts < 5;
         attempts++) { /* up and lost at once, again and again */
        assert_int_equal(link_.backoff.attempts, attempts);
        now = roost_link_due(&link_);
        tell(ROOST_LINK_DUE, now);
        tell(ROOST_LINK_OPENED, now);
        tell(ROOST_LINK_LOST, now + 29999);
    }
    now = roost_link_due(&link_);
    tell(ROOST_LINK_DUE, now);
    tell(ROOST_LINK_OPENED, now);
    tell(ROOST_LINK_LOST, now + 30000);
    assert_int_equal(link_.backoff.attempts, 1);
}

static void without_a_network_nothing_is_tried_or_counted(void **state)
{
    (void)state;
    start_at(0);
    tell(ROOST_LINK_NET_DOWN, 100);
    assert_true(roost_link_due(&link_) == ROOST_NEVER);
    assert_int_equal(tell(ROOST_LINK_DUE, 1000000), ROOST_LINK_NOTHING);
    tell(ROOST_LINK_NET_UP, 2000000);
    assert_true(roost_link_due(&link_) == 2000500);
    tell(ROOST_LINK_DUE, 2000500);

    assert_int_equal(tell(ROOST_LINK_NET_DOWN, 2000600), ROOST_LINK_CLOSE); /* while connecting */
    tell(ROOST_LINK_LOST, 2000700);
    assert_int_equal(link_.failures, 0);
    assert_int_equal(link_.breaker.failures, 0);

    tell(ROOST_LINK_NET_UP, 2001000);
    tell(ROOST_LINK_DUE, 2001500);
    tell(ROOST_LINK_OPENED, 2001600);
    assert_int_equal(tell(ROOST_LINK_NET_DOWN, 2002000), ROOST_LINK_CLOSE); /* while up */
    assert_true(roost_link_due(&link_) == ROOST_NEVER);
    assert_int_equal(link_.losses, 1);

    tell(ROOST_LINK_STOP, 2002100);
    tell(ROOST_LINK_START, 2002200); /* a start without a network waits for it */
    assert_true(roost_link_due(&link_) == ROOST_NEVER);
    tell(ROOST_LINK_NET_UP, 2003000);
    assert_true(roost_link_due(&link_) == 2003500);
}

static void the_networks_return_is_a_fresh_start(void **state)
{
    (void)state;
    uint64_t now = 0;
    start_at(now);
    for (int i = 0; i < 9; i++) { /* back-off long, breaker open */
        now = roost_link_due(&link_);
        tell(ROOST_LINK_DUE, now);
        tell(ROOST_LINK_LOST, now);
    }
    assert_int_equal(link_.breaker.state, ROOST_BREAKER_OPEN);
    tell(ROOST_LINK_NET_UP, now); /* it was there all the time: changes nothing */
    assert_true(roost_link_due(&link_) == now + 120000);
    tell(ROOST_LINK_NET_DOWN, now + 10);
    roost_link_handle(&link_, ROOST_LINK_NET_UP, now + 1000, UINT32_MAX);
    assert_true(roost_link_due(&link_) == now + 2000);
    assert_int_equal(tell(ROOST_LINK_DUE, now + 2000), ROOST_LINK_OPEN);
}

static void limits_of_zero_are_defaults(void **state)
{
    (void)state;
    const struct roost_link_limits own = {.backoff_base_ms = 10, .stable_ms = 7};
    roost_link_init(&link_, &own);
    assert_int_equal(link_.limits.backoff_base_ms, 10);
    assert_int_equal(link_.limits.backoff_cap_ms, 60000);
    assert_int_equal(link_.limits.connect_timeout_ms, 15000);
    assert_int_equal(link_.limits.stable_ms, 7);
    assert_int_equal(link_.limits.breaker_threshold, 8);
    assert_int_equal(link_.limits.breaker_open_ms, 120000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event),
        cmocka_unit_test(names),
        cmocka_unit_test(connects_and_reconnects),
        cmocka_unit_test(the_connect_times_out),
        cmocka_unit_test(failures_back_off_and_trip_the_breaker),
        cmocka_unit_test(only_a_stable_connection_resets_the_back_off),
        cmocka_unit_test(without_a_network_nothing_is_tried_or_counted),
        cmocka_unit_test(the_networks_return_is_a_fresh_start),
        cmocka_unit_test(limits_of_zero_are_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
