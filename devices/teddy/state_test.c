/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/teddy/state.h"

static enum teddy_state state;

static unsigned after(enum teddy_state from, enum teddy_event event, enum teddy_state home)
{
    state = from;
    return teddy_state_next(&state, event, home);
}

static void names(void **unused)
{
    (void)unused;
    assert_string_equal(teddy_state_name(TEDDY_BOOTING), "booting");
    assert_string_equal(teddy_state_name(TEDDY_ERROR), "error");
    assert_string_equal(teddy_state_name(TEDDY_STATE_COUNT), "unknown");
    assert_string_equal(teddy_event_name(TEDDY_EV_SETTLE), "settle");
    assert_string_equal(teddy_event_name(TEDDY_EV_SILENCE), "silence");
    assert_string_equal(teddy_event_name(TEDDY_EVENT_COUNT), "unknown");
}

/* Every cell leads to a state; in a turn only what ends it leads home. */
static void every_cell(void **unused)
{
    static const enum teddy_state homes[] = {TEDDY_UNPROVISIONED, TEDDY_CONNECTING, TEDDY_READY,
                                             TEDDY_MUTED, TEDDY_ERROR};

    (void)unused;
    for (int from = 0; from < TEDDY_STATE_COUNT; from++)
        for (int event = 0; event < TEDDY_EVENT_COUNT; event++)
            for (size_t h = 0; h < sizeof homes / sizeof homes[0]; h++) {
                unsigned actions = after((enum teddy_state)from, (enum teddy_event)event, homes[h]);
                assert_true(state < TEDDY_STATE_COUNT);
                /* A microphone opens by one way only, and a turn's sound never outlives it. */
                assert_int_equal((actions & TEDDY_DO_LISTEN) != 0,
                                 state == TEDDY_LISTENING && from != TEDDY_LISTENING);
                if (from == TEDDY_LISTENING && state != TEDDY_LISTENING && state != TEDDY_THINKING)
                    assert_true(actions & TEDDY_DO_DROP_TURN);
                if (actions & TEDDY_DO_LISTEN)
                    assert_true(actions & TEDDY_DO_HUSH);
                if (!teddy_state_waits((enum teddy_state)from) && event == TEDDY_EV_SILENCE)
                    assert_true(teddy_state_waits(state) && (actions & TEDDY_DO_HUSH));
            }
}

static void a_turn(void **unused)
{
    (void)unused;
    assert_int_equal(after(TEDDY_READY, TEDDY_EV_PRESS, TEDDY_READY),
                     TEDDY_DO_LISTEN | TEDDY_DO_HUSH);
    assert_int_equal(after(TEDDY_LISTENING, TEDDY_EV_RELEASE, TEDDY_READY), TEDDY_DO_END_TURN);
    assert_int_equal(state, TEDDY_THINKING);
    after(TEDDY_THINKING, TEDDY_EV_REPLY, TEDDY_READY);
    assert_int_equal(state, TEDDY_SPEAKING);
    after(TEDDY_SPEAKING, TEDDY_EV_FINISHED, TEDDY_CONNECTING);
    assert_int_equal(state, TEDDY_CONNECTING);
}

static void an_interruption(void **unused)
{
    (void)unused;
    for (int from = TEDDY_THINKING; from <= TEDDY_SPEAKING; from++) {
        unsigned actions = after((enum teddy_state)from, TEDDY_EV_PRESS, TEDDY_READY);
        assert_int_equal(state, TEDDY_LISTENING);
        assert_true((actions & TEDDY_DO_TELL_ABORT) && (actions & TEDDY_DO_HUSH));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(every_cell),
                                       cmocka_unit_test(a_turn), cmocka_unit_test(an_interruption)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
