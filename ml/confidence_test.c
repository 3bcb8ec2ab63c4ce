/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "ml/confidence.h"
#include "ml/random.h"

static void confidence_falls_as_variance_grows(void **state)
{
    (void)state;
    struct ml_curve curve;
    ml_curve_init(&curve);
    double before = 1.0;
    double variance = 0.1;
    for (int i = 0; i < 115; i++, variance *= 1.1) { /* to 5000 */
        double confidence = ml_confidence(&curve, variance);
        assert_true(confidence >= 0.0 && confidence <= before);
        assert_true(fabs(confidence - ml_confidence_normal(variance)) < 1e-9);
        before = confidence;
    }
    assert_true(before < 0.15);
    assert_true(fabs(ml_confidence_normal(100.0) - 0.6827) < 1e-3); /* one standard deviation */
}

enum { ROWS = 20000 };
static double normal[ROWS];
static bool hit[ROWS];

/* Draws predictions whose true chance is truth(predicted). */
static void draw(double (*truth)(double))
{
    struct ml_random random = {5};
    for (size_t i = 0; i < ROWS; i++) {
        normal[i] = ml_random_unit(&random);
        hit[i] = ml_random_unit(&random) < truth(normal[i]);
    }
}

static double squared(double x)
{
    return x * x;
}

static double backwards(double x)
{
    return 1.0 - x;
}

static void curve_follows_what_was_observed(void **state)
{
    (void)state;
    struct ml_curve curve;
    draw(squared);
    ml_curve_fit(&curve, normal, hit, ROWS);
    assert_true(ml_curve_valid(&curve));
    for (int i = 1; i < ML_CURVE_KNOTS - 1; i++) {
        double x = (double)i / (ML_CURVE_KNOTS - 1);
        assert_true(fabs(curve.knot[i] - x * x) < 0.06);
    }
}

static void curve_never_falls(void **state)
{
    (void)state;
    struct ml_curve curve;
    draw(backwards);
    ml_curve_fit(&curve, normal, hit, ROWS);
    assert_true(ml_curve_valid(&curve));
    double before = 1.0;
    double variance = 0.1;
    for (int i = 0; i < 115; i++, variance *= 1.1) { /* to 5000 */
        double confidence = ml_confidence(&curve, variance);
        assert_true(confidence >= 0.0 && confidence <= before + 1e-12);
        before = confidence;
    }
}

static void few_rows_make_a_usable_curve(void **state)
{
    (void)state;
    struct ml_curve curve;
    ml_curve_fit(&curve, normal, hit, 0);
    assert_true(ml_curve_valid(&curve));
    draw(squared);
    for (size_t rows = 1; rows < 200; rows += 7) {
        ml_curve_fit(&curve, normal, hit, rows);
        assert_true(ml_curve_valid(&curve));
    }
}

static void falling_knots_are_not_valid(void **state)
{
    (void)state;
    struct ml_curve curve;
    ml_curve_init(&curve);
    assert_true(ml_curve_valid(&curve));
    curve.knot[7] = 0.9;
    assert_false(ml_curve_valid(&curve));
    ml_curve_init(&curve);
    curve.knot[ML_CURVE_KNOTS - 1] = 1.5;
    assert_false(ml_curve_valid(&curve));
    ml_curve_init(&curve);
    curve.knot[0] = (double)NAN;
    assert_false(ml_curve_valid(&curve));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confidence_falls_as_variance_grows),
        cmocka_unit_test(curve_follows_what_was_observed),
        cmocka_unit_test(curve_never_falls),
        cmocka_unit_test(few_rows_make_a_usable_curve),
        cmocka_unit_test(falling_knots_are_not_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
