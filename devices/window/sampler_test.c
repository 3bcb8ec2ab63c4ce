/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/window/sampler.h"

struct step {
    int status;
    int32_t temperature, humidity;
    enum window_verdict verdict;
    int fault; /* the only sensor fault expected after it, or -1 */
};

static void play(const struct step *steps, size_t count, uint32_t stuck_samples)
{
    struct window_sampler sampler;
    struct roost_faults faults;
    window_sampler_init(&sampler);
    roost_faults_init(&faults, window_faults, WINDOW_FAULT_COUNT);
    for (size_t i = 0; i < count; i++) {
        struct roost_climate_sample sample = {steps[i].temperature, steps[i].humidity};
        assert_int_equal(
            window_sampler_judge(&sampler, &faults, steps[i].status, &sample, stuck_samples),
            steps[i].verdict);
        for (int f = WINDOW_FAULT_SENSOR_SILENT; f <= WINDOW_FAULT_SENSOR_STUCK; f++)
            assert_int_equal(roost_faults_active(&faults, (enum roost_fault)f),
                             f == steps[i].fault);
    }
}

#define PLAY(steps, stuck) play(steps, sizeof(steps) / sizeof((steps)[0]), stuck)

static void silence_raises_after_three_and_an_answer_clears(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, 21000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {ROOST_ERR_TIMEOUT, 0, 0, WINDOW_SAMPLE_MISSED, -1},
        {ROOST_ERR_CORRUPT, 0, 0, WINDOW_SAMPLE_MISSED, -1},
        {ROOST_ERR_BUSY, 0, 0, WINDOW_SAMPLE_MISSED, WINDOW_FAULT_SENSOR_SILENT},
        {ROOST_ERR_TIMEOUT, 0, 0, WINDOW_SAMPLE_MISSED, WINDOW_FAULT_SENSOR_SILENT},
        {0, 21000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {ROOST_ERR_TIMEOUT, 0, 0, WINDOW_SAMPLE_MISSED, -1},
    };
    PLAY(steps, 60);
}

static void limits_themselves_are_good(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, -40000, 0, WINDOW_SAMPLE_GOOD, -1},
        {0, 80000, 100000, WINDOW_SAMPLE_GOOD, -1},
        {0, -40001, 50000, WINDOW_SAMPLE_RANGE, WINDOW_FAULT_SENSOR_RANGE},
        {0, 80001, 50000, WINDOW_SAMPLE_RANGE, WINDOW_FAULT_SENSOR_RANGE},
        {ROOST_ERR_TIMEOUT, 0, 0, WINDOW_SAMPLE_MISSED, WINDOW_FAULT_SENSOR_RANGE},
        {0, 20000, -1, WINDOW_SAMPLE_RANGE, WINDOW_FAULT_SENSOR_RANGE},
        {0, 20000, 100001, WINDOW_SAMPLE_RANGE, WINDOW_FAULT_SENSOR_RANGE},
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
    };
    PLAY(steps, 60);
}

static void a_repeated_value_is_stuck_until_it_changes(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {0, 20000, 50001, WINDOW_SAMPLE_GOOD, -1}, /* one of both moved: alive */
        {0, 20000, 50001, WINDOW_SAMPLE_GOOD, -1},
        {ROOST_ERR_TIMEOUT, 0, 0, WINDOW_SAMPLE_MISSED, -1},
        {0, 20000, 50001, WINDOW_SAMPLE_STUCK, WINDOW_FAULT_SENSOR_STUCK},
        {0, 20000, 50001, WINDOW_SAMPLE_STUCK, WINDOW_FAULT_SENSOR_STUCK},
        {0, 20001, 50001, WINDOW_SAMPLE_GOOD, -1},
    };
    PLAY(steps, 3);
}

static void zero_turns_the_stuck_check_off(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
        {0, 20000, 50000, WINDOW_SAMPLE_GOOD, -1},
    };
    PLAY(steps, 0);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(window_verdict_name(WINDOW_SAMPLE_GOOD), "good");
    assert_string_equal(window_verdict_name(WINDOW_SAMPLE_STUCK), "stuck");
    assert_string_equal(window_verdict_name(WINDOW_VERDICT_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_raises_after_three_and_an_answer_clears),
        cmocka_unit_test(limits_themselves_are_good),
        cmocka_unit_test(a_repeated_value_is_stuck_until_it_changes),
        cmocka_unit_test(zero_turns_the_stuck_check_off),
        cmocka_unit_test(verdicts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
