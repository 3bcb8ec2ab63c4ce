/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/window/control.h"
#include "proto/climate/payload.h"

#define NOON_MS 1772452800000

static struct window_control control;
static struct window_situation now;

static void start(void)
{
    window_control_init(&control, "win-1");
    now = (struct window_situation){
        .now_ms = 1000,
        .unix_ms = NOON_MS,
        .motor = WINDOW_MOTOR_HOLDING,
        .position_mpct = 33000,
        .lost_ms = 900000,
        .max_age_ms = 10000,
        .min_confidence_milli = 300,
        .safe_mpct = 5000,
    };
}

static void pass(uint64_t ms)
{
    now.now_ms += ms;
    if (now.unix_ms > 0)
        now.unix_ms += (int64_t)ms;
}

static int say(const char *device_id, int64_t unix_ms, double position, double confidence,
               enum window_refusal *refusal)
{
    char payload[512];
    struct roost_control message = {.unix_ms = unix_ms,
                                    .position_pct = position,
                                    .confidence = confidence,
                                    .inference_time_ms = -1};
    memcpy(message.device_id, device_id, strlen(device_id) + 1);
    int len = roost_control_write(payload, sizeof payload, &message);
    assert_true(len > 0);
    return window_control_message(&control, &now, payload, (size_t)len, false, refusal);
}

static int say_good(double position)
{
    enum window_refusal refusal;
    return say("win-1", now.unix_ms > 0 ? now.unix_ms : NOON_MS, position, 0.9, &refusal);
}

static void expect(enum window_reason reason, enum window_order_kind kind, int32_t target)
{
    struct window_order order = window_control_decide(&control, &now);
    assert_string_equal(window_reason_name(control.reason), window_reason_name(reason));
    assert_int_equal(order.kind, kind);
    if (kind == WINDOW_ORDER_GO)
        assert_int_equal(order.target_mpct, target);
}

/* ---- messages ---- */

/* The window is hours slow, the hub has no clock of its own: both are off by the same each time. */
static void a_clock_that_is_off_is_no_reason_for_ever(void **state)
{
    static const int64_t ahead_ms[] = {7200000, -7200000, -6 * 365 * INT64_C(86400000)};
    enum window_refusal refusal;
    (void)state;
    for (size_t i = 0; i < sizeof ahead_ms / sizeof ahead_ms[0]; i++) {
        start();
        for (int64_t jitter_ms = 0; now.now_ms < 1000 + WINDOW_CONTROL_STEADY_MS; pass(20000)) {
            assert_true(say("win-1", now.unix_ms + ahead_ms[i] + jitter_ms, 50, 0.9, &refusal) < 0);
            assert_int_equal(refusal,
                             ahead_ms[i] > 0 ? WINDOW_REFUSED_FUTURE : WINDOW_REFUSED_STALE);
            jitter_ms = 900 - jitter_ms;
        }
        assert_int_equal(say("win-1", now.unix_ms + ahead_ms[i], 70, 0.9, &refusal), 0);
        expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 70000);
        /* One older than those is old by any clock, and begins anew. */
        assert_true(say("win-1", now.unix_ms + ahead_ms[i] - 10001, 10, 0.9, &refusal) < 0);
        assert_true(say("win-1", now.unix_ms + ahead_ms[i], 20, 0.9, &refusal) < 0);
        expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 70000);
    }
}

static void in_between_one_in_time_the_others_stay_refused(void **state)
{
    enum window_refusal refusal;
    (void)state;
    start();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(say("win-1", now.unix_ms - 60000, 10, 0.9, &refusal), ROOST_ERR_STALE);
        pass(30000);
        assert_int_equal(say("win-1", now.unix_ms - 60000, 10, 0.9, &refusal), ROOST_ERR_STALE);
        assert_int_equal(say_good(80), 0);
        pass(30000);
    }
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 80000);
}

static void each_bad_message_is_refused_for_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *device_id;
        int64_t age_ms;
        double position, confidence;
        int err;
        enum window_refusal refusal;
    } rows[] = {
        {"win-2", 0, 50, 0.9, ROOST_ERR_INVALID, WINDOW_REFUSED_DEVICE},
        {"win-1", 10001, 50, 0.9, ROOST_ERR_STALE, WINDOW_REFUSED_STALE},
        {"win-1", -60001, 50, 0.9, ROOST_ERR_RANGE, WINDOW_REFUSED_FUTURE},
        {"win-1", 0, 50, 0.299, ROOST_ERR_UNTRUSTED, WINDOW_REFUSED_CONFIDENCE},
    };
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum window_refusal refusal = WINDOW_REFUSAL_COUNT;
        assert_int_equal(say(rows[i].device_id, now.unix_ms - rows[i].age_ms, rows[i].position,
                             rows[i].confidence, &refusal),
                         rows[i].err);
        assert_int_equal(refusal, rows[i].refusal);
        assert_int_equal(control.refused[refusal], 1);
        assert_true(control.contact_ms == 0); /* none of them is a contact */
        expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 33000);
    }
    assert_int_equal(control.taken, 0);
}

/* The broker repeats it at each connection, fresh though its time may look. */
static void what_the_broker_kept_moves_nothing(void **state)
{
    (void)state;
    enum window_refusal refusal;
    char payload[512];
    struct roost_control message = {
        .device_id = "win-1", .position_pct = 80, .confidence = 0.9, .inference_time_ms = -1};

    start();
    message.unix_ms = now.unix_ms;
    int len = roost_control_write(payload, sizeof payload, &message);
    assert_int_equal(window_control_message(&control, &now, payload, (size_t)len, true, &refusal),
                     ROOST_ERR_STALE);
    assert_int_equal(refusal, WINDOW_REFUSED_RETAINED);
    assert_true(control.contact_ms == 0);
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 33000);
}

static void malformed_messages_are_counted(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "",
        "{",
        "[]",
        "{\"device_id\":\"win-1\"}",
        "{\"device_id\":\"win-1\",\"timestamp\":\"2026-03-02T12:00:00Z\",\"position\":101,"
        "\"confidence\":0.9}",
        "{\"device_id\":\"win-1\",\"timestamp\":\"2026-03-02T12:00:00Z\",\"position\":\"50\","
        "\"confidence\":0.9}",
        "{\"device_id\":\"win-1\",\"timestamp\":\"yesterday\",\"position\":50,\"confidence\":0.9}",
    };
    start();
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        enum window_refusal refusal;
        assert_true(window_control_message(&control, &now, payloads[i], strlen(payloads[i]), false,
                                           &refusal) < 0);
        assert_int_equal(refusal, WINDOW_REFUSED_MALFORMED);
    }
    assert_int_equal(control.refused[WINDOW_REFUSED_MALFORMED], 7);
}

static void the_limits_themselves_are_taken(void **state)
{
    (void)state;
    enum window_refusal refusal;
    start();
    assert_int_equal(say("win-1", now.unix_ms - 10000, 0, 0.3, &refusal), 0);
    assert_int_equal(say("win-1", now.unix_ms + 60000, 100, 1.0, &refusal), 0);
    assert_int_equal(control.taken, 2);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 100000);
}

static void without_a_clock_age_is_not_judged(void **state)
{
    (void)state;
    enum window_refusal refusal;
    start();
    now.unix_ms = 0;
    assert_int_equal(say("win-1", 1, 42.5, 0.9, &refusal), 0);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 42500);
}

static void a_motor_that_cannot_move_refuses_but_keeps_the_contact(void **state)
{
    (void)state;
    static const enum window_motor_state states[] = {WINDOW_MOTOR_UNCALIBRATED,
                                                     WINDOW_MOTOR_SEEK_CLOSED,
                                                     WINDOW_MOTOR_SEEK_OPEN, WINDOW_MOTOR_STALLED};
    enum window_refusal refusal;
    for (size_t i = 0; i <= sizeof states / sizeof states[0]; i++) {
        start();
        if (i < sizeof states / sizeof states[0])
            now.motor = states[i];
        else
            now.safe_mode = true;
        assert_int_equal(say("win-1", NOON_MS, 50, 0.9, &refusal), ROOST_ERR_STATE);
        assert_int_equal(refusal, WINDOW_REFUSED_MOTOR);
        assert_true(control.contact_ms == now.now_ms);
        assert_int_equal(window_control_hand(&control, &now, 50000, 1000), ROOST_ERR_STATE);
    }
}

/* ---- the decision ---- */

/* Every motor state under every kind of wish: safe mode and stopping win, then the motor's
 * condition, then what was said. */
static void each_situation_has_one_order(void **state)
{
    (void)state;
    enum { SAFE = 1, STOPS = 2, ASKED = 4, LOST = 8, HAND = 16, TOLD = 32, WISHES = 64 };
    for (int motor = 0; motor < WINDOW_MOTOR_STATE_COUNT; motor++) {
        for (int wish = 0; wish < WISHES; wish++) {
            bool seeks = motor == WINDOW_MOTOR_SEEK_CLOSED || motor == WINDOW_MOTOR_SEEK_OPEN;
            start();
            if (wish & TOLD)
                assert_int_equal(say_good(70), 0);
            if (wish & HAND)
                assert_int_equal(window_control_hand(&control, &now, 20000, 3600000), 0);
            pass(wish & LOST ? 900000 : 1);
            if (wish & ASKED)
                assert_int_equal(window_control_calibrate(&control, &now), 0);
            now.safe_mode = (wish & SAFE) != 0;
            now.stopping = (wish & STOPS) != 0;
            now.motor = (enum window_motor_state)motor;

            if (wish & SAFE)
                expect(WINDOW_REASON_SAFE_MODE, WINDOW_ORDER_RELEASE, 0);
            else if (wish & STOPS)
                expect(WINDOW_REASON_STOPPING, WINDOW_ORDER_RELEASE, 0);
            else if (seeks)
                expect(WINDOW_REASON_CALIBRATION, WINDOW_ORDER_KEEP, 0);
            else if (wish & ASKED)
                expect(WINDOW_REASON_CALIBRATION, WINDOW_ORDER_CALIBRATE, 0);
            else if (motor == WINDOW_MOTOR_STALLED)
                expect(WINDOW_REASON_STALLED, WINDOW_ORDER_RELEASE, 0);
            else if (motor == WINDOW_MOTOR_UNCALIBRATED)
                expect(WINDOW_REASON_UNCALIBRATED, WINDOW_ORDER_RELEASE, 0);
            else if (wish & LOST)
                expect(WINDOW_REASON_CONTROL_LOST, WINDOW_ORDER_GO, 5000);
            else if (wish & HAND)
                expect(WINDOW_REASON_HAND, WINDOW_ORDER_GO, 20000);
            else if (wish & TOLD)
                expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 70000);
            else
                expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 33000);
        }
    }
}

static void a_hand_holds_and_then_yields(void **state)
{
    (void)state;
    enum window_refusal refusal;
    start();
    assert_int_equal(say_good(70), 0);
    assert_int_equal(window_control_hand(&control, &now, 20000, 60000), 0);
    pass(59999);
    assert_int_equal(say("win-1", now.unix_ms, 90, 0.9, &refusal), ROOST_ERR_BUSY);
    assert_int_equal(refusal, WINDOW_REFUSED_HAND);
    expect(WINDOW_REASON_HAND, WINDOW_ORDER_GO, 20000);
    assert_true(window_control_due(&control, &now) == now.now_ms + 1);
    pass(1);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 20000); /* it stays where the hand put it ... */
    assert_int_equal(say_good(90), 0);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 90000); /* ... until the next word */
}

static void the_safe_position_ends_with_the_next_contact(void **state)
{
    (void)state;
    start();
    assert_int_equal(say_good(70), 0);
    assert_true(window_control_due(&control, &now) == now.now_ms + 900000);
    pass(900000);
    expect(WINDOW_REASON_CONTROL_LOST, WINDOW_ORDER_GO, 5000);
    assert_true(window_control_due(&control, &now) == ROOST_NEVER);
    pass(3600000);
    assert_int_equal(say_good(60), 0);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 60000);
}

static void an_old_wish_does_not_come_back_after_the_loss(void **state)
{
    (void)state;
    enum window_refusal refusal;
    start();
    assert_int_equal(say_good(70), 0);
    pass(900000);
    expect(WINDOW_REASON_CONTROL_LOST, WINDOW_ORDER_GO, 5000);
    now.motor = WINDOW_MOTOR_STALLED;
    assert_true(say("win-1", now.unix_ms, 80, 0.9, &refusal) < 0);
    now.motor = WINDOW_MOTOR_HOLDING;
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 5000);
}

/* Finds the ends for `ms` and leaves the window fully open. */
static void live_through_a_calibration(uint32_t ms)
{
    now.motor = WINDOW_MOTOR_SEEK_CLOSED;
    expect(WINDOW_REASON_CALIBRATION, WINDOW_ORDER_KEEP, 0);
    pass(ms);
    now.motor = WINDOW_MOTOR_SEEK_OPEN;
    expect(WINDOW_REASON_CALIBRATION, WINDOW_ORDER_KEEP, 0);
    now.motor = WINDOW_MOTOR_RELEASED;
    now.position_mpct = 100000;
}

static void after_a_calibration_it_goes_to_safety(void **state)
{
    (void)state;
    start();
    assert_int_equal(window_control_calibrate(&control, &now), 0);
    expect(WINDOW_REASON_CALIBRATION, WINDOW_ORDER_CALIBRATE, 0);
    live_through_a_calibration(40000);
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 5000);

    /* Also when it had been told to go somewhere: whoever said so has seen nothing of the stall. */
    start();
    assert_int_equal(say_good(70), 0);
    now.motor = WINDOW_MOTOR_STALLED;
    pass(600000);
    live_through_a_calibration(40000);
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 5000);
    assert_int_equal(say_good(60), 0);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 60000);
}

static void a_young_target_and_a_hand_outlive_a_calibration(void **state)
{
    (void)state;
    start();
    assert_int_equal(say_good(70), 0);
    live_through_a_calibration(10000); /* control_max_age */
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 70000);
    live_through_a_calibration(1);
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 5000);

    start();
    assert_int_equal(window_control_hand(&control, &now, 20000, 60000), 0);
    live_through_a_calibration(40000);
    expect(WINDOW_REASON_HAND, WINDOW_ORDER_GO, 20000);
    pass(30000);
    expect(WINDOW_REASON_CONTROL, WINDOW_ORDER_GO, 20000); /* it stays there after the hold */
    live_through_a_calibration(40000);
    expect(WINDOW_REASON_STAY, WINDOW_ORDER_GO, 5000);
}

static void safe_mode_refuses_a_calibration(void **state)
{
    (void)state;
    start();
    now.safe_mode = true;
    assert_int_equal(window_control_calibrate(&control, &now), ROOST_ERR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_broker_kept_moves_nothing),
        cmocka_unit_test(a_clock_that_is_off_is_no_reason_for_ever),
        cmocka_unit_test(in_between_one_in_time_the_others_stay_refused),
        cmocka_unit_test(each_bad_message_is_refused_for_its_reason),
        cmocka_unit_test(malformed_messages_are_counted),
        cmocka_unit_test(the_limits_themselves_are_taken),
        cmocka_unit_test(without_a_clock_age_is_not_judged),
        cmocka_unit_test(a_motor_that_cannot_move_refuses_but_keeps_the_contact),
        cmocka_unit_test(each_situation_has_one_order),
        cmocka_unit_test(a_hand_holds_and_then_yields),
        cmocka_unit_test(the_safe_position_ends_with_the_next_contact),
        cmocka_unit_test(an_old_wish_does_not_come_back_after_the_loss),
        cmocka_unit_test(after_a_calibration_it_goes_to_safety),
        cmocka_unit_test(a_young_target_and_a_hand_outlive_a_calibration),
        cmocka_unit_test(safe_mode_refuses_a_calibration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
