/* SPDX-License-Identifier: Apache-2.0 */
/* Climate sensor, microphone, motor. */
#include "port/conformance_tests.h"

#include <stdlib.h>

static void test_climate(void **state)
{
    struct roost_conformance *suite = *state;
    int err;

    if (!suite->port->climate.ops)
        return;
    for (int i = 0; i < 3; i++) {
        conformance_forget(suite);
        OP0(suite, err, climate, measure);
        assert_int_equal(err, 0);
        OP0(suite, err, climate, measure);
        assert_int_equal(err, ROOST_ERR_BUSY);
        const struct roost_event *event = &conformance_expect(suite, ROOST_EV_CLIMATE, 3000)->event;
        assert_int_equal(event->status, 0);
        assert_in_range(event->climate.temperature_mdegc + 40000, 0, 120000);
        assert_in_range(event->climate.humidity_mpct, 0, 100000);
        assert_int_equal(conformance_count(suite, ROOST_EV_CLIMATE), 0);
    }
}

struct listener {
    struct roost_conformance *suite;
    size_t wanted, samples;
    unsigned long level;
};

/* Reads whatever there is, in odd portions. */
static bool heard_enough(void *arg)
{
    struct listener *listener = arg;
    int16_t samples[333];
    int got;

    do {
        OP(listener->suite, got, audio_in, read, samples, 333);
        if (got < 0)
            return true;
        for (int i = 0; i < got; i++)
            listener->level += (unsigned long)abs(samples[i]);
        listener->samples += (size_t)got;
    } while (got > 0 && listener->samples < listener->wanted);
    return listener->samples >= listener->wanted;
}

static void test_audio(void **state)
{
    struct roost_conformance *suite = *state;
    struct listener listener = {.suite = suite, .wanted = 12000};
    int16_t sample;
    int result;

    if (!suite->port->audio_in.ops)
        return;
    conformance_forget(suite);
    OP(suite, result, audio_in, read, &sample, 1);
    assert_int_equal(result, ROOST_ERR_STATE);
    OP(suite, result, audio_in, start, 16000);
    assert_int_equal(result, 0);
    (void)conformance_expect(suite, ROOST_EV_AUDIO_READY, 2000);
    assert_true(suite->run_until(suite->ctx, heard_enough, &listener, 5000));
    assert_true(listener.samples >= listener.wanted);
    assert_true(listener.level > 0);
    OP0(suite, result, audio_in, stop);
    assert_int_equal(result, 0);
    OP(suite, result, audio_in, read, &sample, 1);
    assert_int_equal(result, ROOST_ERR_STATE);
}

static void test_audio_overrun(void **state)
{
    struct roost_conformance *suite = *state;
    int result;

    if (!suite->port->audio_in.ops)
        return;
    uint32_t before = suite->port->audio_in.ops->overruns(suite->port->audio_in.ctx);
    OP(suite, result, audio_in, start, 16000);
    assert_int_equal(result, 0);
    conformance_pass(suite, 2500);
    assert_true(suite->port->audio_in.ops->overruns(suite->port->audio_in.ctx) > before);
    OP0(suite, result, audio_in, stop);
    assert_int_equal(result, 0);
    conformance_forget(suite);
}

struct target {
    struct roost_conformance *suite;
    int32_t raw, slack;
};

static bool motor_there(void *arg)
{
    const struct target *target = arg;
    struct roost_motor_sense sense;
    int err;

    OP(target->suite, err, motor, sense, &sense);
    return err == 0 && abs(sense.position_raw - target->raw) <= target->slack;
}

static void test_motor(void **state)
{
    struct roost_conformance *suite = *state;
    int32_t min_raw, max_raw;
    int err;

    if (!suite->port->motor.ops)
        return;
    OP(suite, err, motor, range, &min_raw, &max_raw);
    assert_int_equal(err, 0);
    assert_true(min_raw < max_raw);
    OP(suite, err, motor, set, max_raw + 1);
    assert_int_equal(err, ROOST_ERR_RANGE);
    OP(suite, err, motor, set, min_raw - 1);
    assert_int_equal(err, ROOST_ERR_RANGE);
    for (int part = 6; part >= 4; part -= 2) { /* inside any travel */
        struct target target = {suite, min_raw + (max_raw - min_raw) * part / 10,
                                (max_raw - min_raw) / 50};
        OP(suite, err, motor, set, target.raw);
        assert_int_equal(err, 0);
        assert_true(suite->run_until(suite->ctx, motor_there, &target, 10000));
    }
    OP0(suite, err, motor, release);
    assert_int_equal(err, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_climate),
    cmocka_unit_test(test_audio),
    cmocka_unit_test(test_audio_overrun),
    cmocka_unit_test(test_motor),
};

struct conformance_group conformance_hardware_group(void)
{
    return (struct conformance_group){"sensor, microphone, motor", tests,
                                      sizeof tests / sizeof tests[0]};
}
