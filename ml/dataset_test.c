/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "ml/dataset.h"
#include "ml/parallel.h"
#include "ml/target.h"

static const struct ml_target policy = {
    .scaling = {.p10 = {20.2, 33.5, -64.4}, .p90 = {26.9, 65.8, -38.7}},
    .term = {-1.7, 13.9, 3.5, -1.2, 1.7, -1.6, -2.4, 5.5, -0.1, 1.7},
};

static void equal_seeds_live_equal_years(void **state)
{
    (void)state;
    const uint64_t seeds[] = {5, 5, 6};
    struct ml_year years[3];
    struct ml_thermostat usual = {24.0, 22.0, 100.0, 0.0};
    struct ml_controller controller = ml_thermostat_controller(&usual);
    ml_year_run(seeds, 3, &controller, years);
    assert_memory_equal(&years[0], &years[1], sizeof years[0]);
    assert_true(fabs(years[0].discomfort_degch - years[2].discomfort_degch) > 1.0);
    assert_true(years[0].travel_pct > 0.0);
}

static void the_parts_of_discomfort_add_up(void **state)
{
    (void)state;
    const uint64_t seed = 5;
    const double half = 50.0;
    struct ml_year year;
    struct ml_controller controller = ml_fixed_controller(&half);
    ml_year_run(&seed, 1, &controller, &year);
    double parts = year.cold_degch + year.warm_degch + year.humidity_degch + year.noise_degch;
    assert_true(fabs(parts - year.discomfort_degch) < 1e-6 * year.discomfort_degch);
    assert_true(fabs(year.travel_pct - 50.0) < 1e-9); /* opened once, on the first day */
}

static void a_thermostat_keeps_its_opening_between_its_limits(void **state)
{
    (void)state;
    struct ml_thermostat thermostat = {24.0, 22.0, 80.0, 5.0};
    struct ml_controller controller = ml_thermostat_controller(&thermostat);
    const struct roost_features rooms[] = {{25, 0, 0}, {23, 0, 0}, {21, 0, 0}};
    double opening_pct[] = {40.0, 40.0, 40.0};
    controller.decide(controller.ctx, rooms, 3, opening_pct);
    assert_true(fabs(opening_pct[0] - 80.0) < 1e-9);
    assert_true(fabs(opening_pct[1] - 40.0) < 1e-9);
    assert_true(fabs(opening_pct[2] - 5.0) < 1e-9);
}

static void the_target_opens_for_warmth_and_damp(void **state)
{
    (void)state;
    double warm = ml_target_position(&policy, &(struct roost_features){26.0, 50.0, -60.0});
    double cool = ml_target_position(&policy, &(struct roost_features){20.5, 40.0, -60.0});
    double damp = ml_target_position(&policy, &(struct roost_features){20.5, 65.0, -60.0});
    assert_true(warm > 90.0 && cool < 5.0 && damp > cool);
}

static void the_search_does_not_depend_on_threads(void **state)
{
    (void)state;
    struct ml_target one = {.scaling = policy.scaling}, three = {.scaling = policy.scaling};
    struct ml_target_search search = {
        .seed = 3, .generations = 1, .population = 8, .houses = 1, .threads = 1};
    ml_target_find(&one, &search);
    search.threads = 3;
    ml_target_find(&three, &search);
    assert_memory_equal(&one, &three, sizeof one);
}

static void mark(void *ctx, int index)
{
    int *marks = ctx;
    marks[index]++;
}

static void every_job_runs_once(void **state)
{
    (void)state;
    int marks[1000] = {0};
    ml_parallel(1000, 4, mark, marks);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(marks[i], 1);
    ml_parallel(0, 4, mark, marks);
    assert_true(ml_parallel_processors() >= 1);
}

static void a_survey_repeats_and_is_labelled_within_range(void **state)
{
    (void)state;
    struct ml_dataset a = {0}, b = {0};
    assert_int_equal(ml_dataset_survey(&a, 4, 3, 500), 0);
    assert_int_equal(ml_dataset_survey(&b, 4, 3, 500), 0);
    assert_true(a.count > 1200 && a.count < 1800);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.features, b.features, a.count * sizeof *a.features);
    ml_dataset_label(&a, &policy);
    int shut = 0, open = 0;
    for (size_t i = 0; i < a.count; i++) {
        assert_true(a.position[i] >= 0.0f && a.position[i] <= 100.0f);
        shut += a.position[i] < 5.0f;
        open += a.position[i] > 95.0f;
    }
    assert_true(shut > 200 && open > 50);
    ml_dataset_free(&a);
    ml_dataset_free(&b);
}

static void random_numbers_are_even_and_normal(void **state)
{
    (void)state;
    struct ml_random random = {1};
    double sum = 0.0, square = 0.0, even = 0.0;
    for (int i = 0; i < 100000; i++) {
        double x = ml_random_normal(&random), u = ml_random_unit(&random);
        assert_true(u >= 0.0 && u < 1.0 && isfinite(x));
        sum += x;
        square += x * x;
        even += u;
    }
    assert_true(fabs(sum / 1e5) < 0.02 && fabs(square / 1e5 - 1.0) < 0.02);
    assert_true(fabs(even / 1e5 - 0.5) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_seeds_live_equal_years),
        cmocka_unit_test(the_parts_of_discomfort_add_up),
        cmocka_unit_test(a_thermostat_keeps_its_opening_between_its_limits),
        cmocka_unit_test(the_target_opens_for_warmth_and_damp),
        cmocka_unit_test(the_search_does_not_depend_on_threads),
        cmocka_unit_test(every_job_runs_once),
        cmocka_unit_test(a_survey_repeats_and_is_labelled_within_range),
        cmocka_unit_test(random_numbers_are_even_and_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
