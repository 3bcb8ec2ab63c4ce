/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "ml/features.h"

static const struct ml_scaling scaling = {.p10 = {20.0, 40.0, -60.0}, .p90 = {28.0, 60.0, -40.0}};

static void scaled_to_0_and_1_at_the_percentiles(void **state)
{
    (void)state;
    float row[ML_FEATURES];
    ml_scale(&scaling, &(struct roost_features){20.0, 60.0, -50.0}, row);
    assert_true(fabsf(row[0]) < 1e-6f);
    assert_true(fabsf(row[1] - 1.0f) < 1e-6f);
    assert_true(fabsf(row[2] - 0.5f) < 1e-6f);
}

static void clipped_beyond_the_percentiles(void **state)
{
    (void)state;
    float row[ML_FEATURES];
    ml_scale(&scaling, &(struct roost_features){-60.0, 100.0, -96.0}, row);
    assert_true(row[0] >= 0.0f && row[0] <= 0.0f);
    assert_true(row[1] >= 1.0f && row[1] <= 1.0f);
    assert_true(row[2] >= 0.0f && row[2] <= 0.0f);
}

static void order_is_that_of_the_names(void **state)
{
    (void)state;
    struct roost_features features = {1.0, 2.0, 3.0};
    assert_string_equal(ml_feature_names[0], "temperature");
    assert_string_equal(ml_feature_names[1], "humidity");
    assert_string_equal(ml_feature_names[2], "sound_volume");
    for (size_t i = 0; i < ML_FEATURES; i++)
        assert_int_equal((int)ml_feature(&features, i), (int)i + 1);
}

static void percentiles_leave_a_tenth_on_either_side(void **state)
{
    (void)state;
    struct roost_features rows[101];
    struct ml_scaling made;
    for (int i = 0; i <= 100; i++) /* any order */
        rows[i * 37 % 101] = (struct roost_features){i, 100 - i, -96.0 + 0.5 * i};
    assert_int_equal(ml_scaling_of(&made, rows, 101), 0);
    assert_true(fabs(made.p10[0] - 10.0) < 1e-9 && fabs(made.p90[0] - 90.0) < 1e-9);
    assert_true(fabs(made.p10[1] - 10.0) < 1e-9 && fabs(made.p90[1] - 90.0) < 1e-9);
    assert_true(fabs(made.p10[2] + 91.0) < 1e-9 && fabs(made.p90[2] + 51.0) < 1e-9);
}

static void a_feature_that_never_varies_still_scales(void **state)
{
    (void)state;
    struct roost_features rows[10];
    struct ml_scaling made;
    float row[ML_FEATURES];
    for (int i = 0; i < 10; i++)
        rows[i] = (struct roost_features){21.0, 50.0, -96.0};
    assert_int_equal(ml_scaling_of(&made, rows, 10), 0);
    for (size_t i = 0; i < ML_FEATURES; i++)
        assert_true(made.p90[i] > made.p10[i]);
    ml_scale(&made, &rows[0], row);
    assert_true(row[0] > 0.4f && row[0] < 0.6f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaled_to_0_and_1_at_the_percentiles),
        cmocka_unit_test(clipped_beyond_the_percentiles),
        cmocka_unit_test(order_is_that_of_the_names),
        cmocka_unit_test(percentiles_leave_a_tenth_on_either_side),
        cmocka_unit_test(a_feature_that_never_varies_still_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
