/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/net/mqtt_rival.h"

static void a_session_that_is_gone_at_once_was_taken(void **state)
{
    struct mqtt_rival rival = {0};

    (void)state;
    assert_int_equal(mqtt_rival_back(&rival, 1, false),
                     MQTT_RIVAL_NONE); /* the first of its life */
    mqtt_rival_lost(&rival, true, true);
    assert_int_equal(mqtt_rival_back(&rival, 600, false), MQTT_RIVAL_TOOK);
    mqtt_rival_lost(&rival, true, true);
    assert_int_equal(mqtt_rival_back(&rival, 900, true), MQTT_RIVAL_NONE);
}

static void a_broker_that_was_away_is_no_rival(void **state)
{
    struct mqtt_rival rival = {0};

    (void)state;
    for (uint64_t i = 1; i < 10; i++) {
        assert_int_equal(mqtt_rival_back(&rival, i * 1000, true), MQTT_RIVAL_NONE);
        mqtt_rival_lost(&rival, true, true);
        mqtt_rival_lost(&rival, false, false); /* connection refused */
    }
    /* Without persistence its sessions are gone, and that is said as what it is. */
    assert_int_equal(mqtt_rival_back(&rival, 20000, false), MQTT_RIVAL_SESSION_GONE);
}

static void our_own_ends_are_no_rivals(void **state)
{
    struct mqtt_rival rival = {0};

    (void)state;
    for (uint64_t i = 1; i < 10; i++) {
        assert_int_equal(mqtt_rival_back(&rival, i * 1000, true), MQTT_RIVAL_NONE);
        mqtt_rival_lost(&rival, true, false); /* a ping without an answer */
    }
}

static void two_that_take_turns_are_noticed(void **state)
{
    struct mqtt_rival rival = {0};
    uint64_t now_ms = 1;

    (void)state;
    assert_int_equal(mqtt_rival_back(&rival, now_ms, true), MQTT_RIVAL_NONE);
    for (int i = 1; i < MQTT_RIVAL_CUTS; i++) {
        mqtt_rival_lost(&rival, true, true);
        assert_int_equal(mqtt_rival_back(&rival, now_ms += 1000, true), MQTT_RIVAL_NONE);
    }
    mqtt_rival_lost(&rival, true, true);
    assert_int_equal(mqtt_rival_back(&rival, now_ms += 1000, true), MQTT_RIVAL_TOOK);
    /* The same over a day is a network. */
    for (int i = 0; i < 24; i++) {
        mqtt_rival_lost(&rival, true, true);
        assert_int_equal(mqtt_rival_back(&rival, now_ms += 3600000, true), MQTT_RIVAL_NONE);
    }
}

static void a_session_of_an_earlier_run_may_be_expected(void **state)
{
    struct mqtt_rival rival = {.had_session = true};

    (void)state;
    assert_int_equal(mqtt_rival_back(&rival, 1, false), MQTT_RIVAL_SESSION_GONE);
    rival = (struct mqtt_rival){.had_session = true};
    assert_int_equal(mqtt_rival_back(&rival, 1, true), MQTT_RIVAL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_is_gone_at_once_was_taken),
        cmocka_unit_test(a_broker_that_was_away_is_no_rival),
        cmocka_unit_test(our_own_ends_are_no_rivals),
        cmocka_unit_test(two_that_take_turns_are_noticed),
        cmocka_unit_test(a_session_of_an_earlier_run_may_be_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
