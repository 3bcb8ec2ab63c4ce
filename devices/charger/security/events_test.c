/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/events.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/charger/test/kv_cut.h"

static struct kv_cut store;
static struct charger_events events;

static void boot(uint32_t number)
{
    kv_cut_boot(&store);
    assert_int_equal(charger_events_init(&events, &store.kv, number), 0);
}

static int set_up(void **state)
{
    (void)state;
    kv_cut_init(&store);
    boot(1);
    return 0;
}

static int add(enum charger_event_kind kind, const char *info)
{
    return charger_events_add(&events, kind, info, 500, 1000000);
}

static unsigned logged(void)
{
    struct charger_event event;
    unsigned count = 0;

    for (uint32_t after = 0; charger_events_read(&events, after, 0, 0, &event) == 0; count++)
        after = event.number;
    return count;
}

/* The list as the whitepaper has it; what a use case sends is sent though it is not critical. */
static void test_list(void **state)
{
    struct charger_event event;

    (void)state;
    assert_int_equal(CHARGER_EVENT_COUNT, 18);
    assert_string_equal(charger_event_name(CHARGER_EVENT_InvalidTLSVersion), "InvalidTLSVersion");
    assert_true(charger_event_critical(CHARGER_EVENT_StartupOfTheDevice));
    assert_false(charger_event_critical(CHARGER_EVENT_InvalidTLSVersion));
    assert_int_equal(add(CHARGER_EVENT_InvalidMessages, "x"), 0);
    assert_int_equal(charger_events_next(&events, &event), ROOST_ERR_EMPTY);
    assert_int_equal(add(CHARGER_EVENT_InvalidTLSVersion, "1.1"), 0);
    assert_int_equal(charger_events_next(&events, &event), 0);
    assert_int_equal(event.kind, CHARGER_EVENT_InvalidTLSVersion);
    assert_string_equal(event.info, "1.1");
    assert_int_equal(logged(), 2);
}

/* In order, over reboots, until delivered; then it is in the log all the same. */
static void test_order(void **state)
{
    struct charger_event event;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(add(CHARGER_EVENT_ResetOrReboot, i % 2 ? "Soft" : NULL), 0);
    for (uint32_t i = 1; i <= 5; i++) {
        boot(i + 1);
        assert_int_equal(charger_events_next(&events, &event), 0);
        assert_int_equal(event.number, i);
        assert_true(event.unix_ms == 1000000);
        assert_int_equal(charger_events_delivered(&events, i), 0);
        assert_int_equal(charger_events_delivered(&events, i), ROOST_ERR_NOT_FOUND);
    }
    assert_int_equal(charger_events_next(&events, &event), ROOST_ERR_EMPTY);
    assert_int_equal(logged(), 5);
}

/* What waits is never overwritten; what has no room is counted in an event of its own. */
static void test_full(void **state)
{
    struct charger_event event;
    unsigned got = 0;

    (void)state;
    for (int i = 0; i < CHARGER_EVENTS_WAITING - 1; i++)
        assert_int_equal(add(CHARGER_EVENT_TamperDetectionActivated, NULL), 0);
    for (int i = 0; i < 12; i++)
        assert_int_equal(add(CHARGER_EVENT_TamperDetectionActivated, NULL), ROOST_ERR_FULL);
    boot(2);
    assert_int_equal(add(CHARGER_EVENT_TamperDetectionActivated, NULL), ROOST_ERR_FULL);
    for (int i = 0; i < 3 * CHARGER_EVENTS_MAX; i++)
        assert_int_equal(add(CHARGER_EVENT_InvalidMessages, "noise"), 0);
    for (; charger_events_next(&events, &event) == 0; got++) {
        bool last = got == CHARGER_EVENTS_WAITING - 1;
        assert_int_equal(event.kind, last ? CHARGER_EVENT_MemoryExhaustion
                                          : CHARGER_EVENT_TamperDetectionActivated);
        if (last)
            assert_string_equal(event.info, "security events dropped: 13");
        assert_int_equal(charger_events_delivered(&events, event.number), 0);
    }
    assert_int_equal(got, CHARGER_EVENTS_WAITING);
    assert_int_equal(events.dropped, 0);
    assert_int_equal(add(CHARGER_EVENT_TamperDetectionActivated, NULL), 0);
    assert_int_equal(logged(), CHARGER_EVENTS_MAX);
}

/* An answer to the count before is none to the count after it. */
static void test_dropped_while_sent(void **state)
{
    struct charger_event event;

    (void)state;
    while (add(CHARGER_EVENT_TamperDetectionActivated, NULL) == 0)
        ;
    while (charger_events_next(&events, &event) == 0 &&
           event.kind != CHARGER_EVENT_MemoryExhaustion)
        assert_int_equal(charger_events_delivered(&events, event.number), 0);
    while (add(CHARGER_EVENT_TamperDetectionActivated, NULL) == 0)
        ;
    assert_int_equal(charger_events_delivered(&events, event.number), ROOST_ERR_NOT_FOUND);
    while (charger_events_next(&events, &event) == 0 &&
           event.kind != CHARGER_EVENT_MemoryExhaustion)
        assert_int_equal(charger_events_delivered(&events, event.number), 0);
    assert_string_equal(event.info, "security events dropped: 2");
}

static void test_time(void **state)
{
    struct charger_event event;

    (void)state;
    assert_int_equal(charger_events_add(&events, CHARGER_EVENT_ResetOrReboot, NULL, 700, 0), 0);
    boot(2);
    assert_int_equal(charger_events_add(&events, CHARGER_EVENT_StartupOfTheDevice, NULL, 300, 0),
                     0);
    assert_int_equal(charger_events_next(&events, &event), 0);
    assert_true(event.unix_ms == 0);
    assert_int_equal(charger_events_clock(&events, 1000, 5001000), 0);
    boot(3);
    assert_int_equal(charger_events_read(&events, 0, 0, 0, &event), 0);
    assert_true(event.unix_ms == 5000000);
    assert_int_equal(charger_events_read(&events, 1, 0, 0, &event), 0);
    assert_true(event.unix_ms == 5000300);
    assert_int_equal(charger_events_read(&events, 0, 5000001, 0, &event), 0);
    assert_int_equal(event.number, 2);
    assert_int_equal(charger_events_read(&events, 0, 5000301, 0, &event), ROOST_ERR_EMPTY);
    assert_int_equal(charger_events_read(&events, 1, 0, 5000299, &event), ROOST_ERR_EMPTY);
}

static void test_clear(void **state)
{
    struct charger_event event;

    (void)state;
    assert_int_equal(add(CHARGER_EVENT_InvalidMessages, "a\tb\xff"), 0);
    assert_int_equal(charger_events_read(&events, 0, 0, 0, &event), 0);
    assert_string_equal(event.info, "a?b?");
    assert_int_equal(add(CHARGER_EVENT_ResetOrReboot, NULL), 0);
    assert_int_equal(charger_events_clear(&events, 0, 1000001), 0);
    boot(2);
    assert_int_equal(logged(), 2);
    assert_int_equal(charger_events_next(&events, &event), 0);
    assert_int_equal(event.kind, CHARGER_EVENT_ResetOrReboot);
    assert_int_equal(charger_events_delivered(&events, event.number), 0);
    assert_int_equal(charger_events_next(&events, &event), 0);
    assert_int_equal(event.kind, CHARGER_EVENT_SecurityLogWasCleared);
}

/* Power goes at write n, before or after it: what was kept is there, in order, and nothing twice in
 * the log. */
static void test_cuts(void **state)
{
    (void)state;
    for (int n = 0; n < 16; n++)
        for (int after = 0; after < 2; after++) {
            struct charger_event event;
            uint32_t kept = 0, last = 0, sent = 0;
            kv_cut_init(&store);
            boot(1);
            store.cut_at = n;
            store.cut_after = after;
            for (int i = 0; i < 8; i++) {
                kept += add(CHARGER_EVENT_ResetOrReboot, NULL) == 0;
                if (charger_events_next(&events, &event) == 0 && i % 2)
                    sent += charger_events_delivered(&events, event.number) == 0;
            }
            boot(2);
            unsigned there = logged();
            assert_true(there == kept || (after && there == kept + 1));
            while (charger_events_next(&events, &event) == 0) {
                assert_true(event.number > last);
                last = event.number;
                assert_int_equal(charger_events_delivered(&events, last), 0);
                sent++;
            }
            assert_true(sent == there || (after && sent + 1 == there));
        }
    store.fails = true;
    assert_int_equal(add(CHARGER_EVENT_ResetOrReboot, NULL), ROOST_ERR_IO);
    assert_int_equal(events.lost, 1);
    assert_int_equal(charger_events_init(&events, &store.kv, 3), ROOST_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list, set_up, NULL),
        cmocka_unit_test_setup_teardown(test_order, set_up, NULL),
        cmocka_unit_test_setup_teardown(test_full, set_up, NULL),
        cmocka_unit_test_setup_teardown(test_dropped_while_sent, set_up, NULL),
        cmocka_unit_test_setup_teardown(test_time, set_up, NULL),
        cmocka_unit_test_setup_teardown(test_clear, set_up, NULL),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests_name("security events", tests, NULL, NULL);
}
