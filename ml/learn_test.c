/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ml/learn.h"
#include "ml/test/folder.h"

static char *dir;
static FILE *report;
static struct ml_random draws;

static int setup(void **state)
{
    (void)state;
    struct ml_version version;
    dir = test_models_make(&version);
    draws = (struct ml_random){11};
    return dir ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(dir);
    return 0;
}

static double nobody(double modelled, struct ml_random *random)
{
    (void)modelled;
    return 100.0 * ml_random_unit(random);
}

/* Someone who wants it half open where the model shuts it. */
static double somebody(double modelled, struct ml_random *random)
{
    (void)modelled;
    return 50.0 + 2.0 * ml_random_normal(random);
}

static double agreeing(double modelled, struct ml_random *random)
{
    (void)random;
    return modelled;
}

/* Labels of a cool, dry, quiet room. */
static void write_labels(int count, double (*hand)(double, struct ml_random *))
{
    struct ml_labels *labels;
    struct ml_model *model;
    struct ml_prediction prediction;
    char why[ML_WHY_MAX];
    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    assert_int_equal(ml_labels_open(&labels, dir), 0);
    for (int i = 0; i < count; i++) {
        struct ml_label label = {
            .unix_ms = 1767225600000 + i * 60000,
            .device_id = "w1",
            .features = {21.0 + ml_random_unit(&draws), 40.0 + 5.0 * ml_random_unit(&draws),
                         -60.0 + 3.0 * ml_random_unit(&draws)},
        };
        assert_int_equal(ml_model_predict(model, &label.features, 1, &prediction), 0);
        label.position_pct = fmax(0.0, fmin(100.0, hand(prediction.position_pct, &draws)));
        assert_int_equal(ml_labels_append(labels, &label), 0);
    }
    ml_labels_close(labels);
    ml_model_close(model);
}

static struct ml_outcome learn(int years)
{
    struct ml_learn_options options = {.dir = dir, .years = years, .report = report};
    struct ml_outcome outcome;
    char why[ML_WHY_MAX];
    if (ml_learn(&options, &outcome, why) != 0)
        fail_msg("%s", why);
    return outcome;
}

static void too_few_labels_change_nothing(void **state)
{
    (void)state;
    struct ml_outcome outcome = learn(6);
    assert_false(outcome.promoted);
    assert_non_null(strstr(outcome.reason, "only 0 labels"));
    write_labels(ML_LEARN_LABELS_MIN - 1, somebody);
    outcome = learn(6);
    assert_false(outcome.promoted);
    assert_non_null(strstr(outcome.reason, "are needed"));
}

static void hands_that_agree_are_learnt_and_the_rest_is_kept(void **state)
{
    (void)state;
    struct ml_model *model;
    struct ml_prediction before, after, hot_before, hot_after;
    struct ml_version current;
    char why[ML_WHY_MAX];
    const struct roost_features cool = {21.5, 42.0, -58.5}, hot = {27.0, 50.0, -55.0};
    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    assert_int_equal(ml_model_predict(model, &cool, 1, &before), 0);
    assert_int_equal(ml_model_predict(model, &hot, 1, &hot_before), 0);
    struct ml_metadata parent = model->metadata;
    ml_model_close(model);

    write_labels(120, somebody);
    struct ml_outcome outcome = learn(40);
    if (!outcome.promoted)
        fail_msg("kept: %s (labels %.2f to %.2f, base %.2f to %.2f)", outcome.reason,
                 outcome.before.label.mae_pct, outcome.after.label.mae_pct,
                 outcome.before.base.mae_pct, outcome.after.base.mae_pct);
    assert_true(outcome.after.label.mae_pct < 0.3 * outcome.before.label.mae_pct);
    assert_int_equal(ml_versions_current(dir, &current), 0);
    assert_string_equal(current.name, outcome.version.name);

    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    assert_string_equal(model->metadata.parent, parent.version);
    assert_true(model->metadata.metrics.label.rows > 0.5);
    assert_int_equal(ml_model_predict(model, &cool, 1, &after), 0);
    assert_int_equal(ml_model_predict(model, &hot, 1, &hot_after), 0);
    ml_model_close(model);
    assert_true(before.position_pct < 20.0);
    assert_true(fabs(after.position_pct - 50.0) < 12.0);
    assert_true(fabs(hot_after.position_pct - hot_before.position_pct) < 8.0);
    assert_true(after.confidence > 0.3); /* a device acts on it */
}

static void hands_at_random_are_not_promoted(void **state)
{
    (void)state;
    struct ml_version before, after;
    assert_int_equal(ml_versions_current(dir, &before), 0);
    write_labels(60, agreeing);
    struct ml_outcome outcome = learn(6);
    assert_false(outcome.promoted); /* there is nothing to learn from someone who agrees */
    assert_true(outcome.reason[0] != '\0');
    assert_int_equal(ml_versions_current(dir, &after), 0);
    assert_string_equal(before.name, after.name);
}

static void rubbish_does_not_make_it_surer_of_rubbish(void **state)
{
    (void)state;
    struct ml_model *model;
    struct ml_prediction prediction;
    char why[ML_WHY_MAX];
    write_labels(120, nobody);
    struct ml_outcome outcome = learn(6);
    assert_int_equal(ml_model_open(&model, dir, outcome.version.name, why), 0);
    const struct roost_features cool = {21.5, 42.0, -58.5};
    assert_int_equal(ml_model_predict(model, &cool, 1, &prediction), 0);
    ml_model_close(model);
    if (outcome.promoted) /* then for knowing that it does not know */
        assert_true(prediction.confidence < 0.6);
}

static void held_out_labels_stay_held_out(void **state)
{
    (void)state;
    int held = 0;
    for (int i = 0; i < 4000; i++) {
        struct ml_label label = {.unix_ms = 1767225600000 + i * 1000LL, .device_id = "w1"};
        bool first = ml_label_held_out(&label);
        label.position_pct = 50.0;
        assert_true(ml_label_held_out(&label) == first);
        held += first;
    }
    assert_true(held > 850 && held < 1150);
}

static void base_data_yield_near_labels_only(void **state)
{
    (void)state;
    const struct ml_scaling scaling = {.p10 = {20, 30, -65}, .p90 = {30, 70, -35}};
    const struct ml_label label = {.features = {25, 50, -50}};
    struct ml_dataset base = {0};
    assert_int_equal(ml_dataset_add(&base, &label.features, 0, 1.0), 0);
    assert_int_equal(ml_dataset_add(&base, &(struct roost_features){25.5, 50, -50}, 0, 1.0), 0);
    assert_int_equal(ml_dataset_add(&base, &(struct roost_features){20, 30, -65}, 0, 1.0), 0);
    ml_dataset_yield(&base, NULL, 0, &scaling);
    assert_true(base.weight[0] > 0.999f);
    ml_dataset_yield(&base, &label, 1, &scaling);
    assert_true(base.weight[0] < 0.001f);
    assert_true(base.weight[1] > 0.01f && base.weight[1] < 0.5f);
    assert_true(base.weight[2] > 0.999f);
    ml_dataset_free(&base);
}

static void training_makes_a_version_that_repeats(void **state)
{
    (void)state;
    struct ml_train_options options;
    struct ml_version first, second;
    struct ml_model *a, *b;
    char why[ML_WHY_MAX];
    ml_train_defaults(&options);
    options.dir = dir;
    options.years = 2;
    options.generations = 1;
    options.report = report;
    assert_int_equal(ml_train(&options, &first, why), 0);
    assert_int_equal(ml_train(&options, &second, why), 0);
    assert_int_equal(ml_model_open(&a, dir, first.name, why), 0);
    assert_int_equal(ml_model_open(&b, dir, NULL, why), 0);
    assert_string_equal(b->metadata.version, second.name);
    assert_string_equal(a->metadata.sha256, b->metadata.sha256);
    assert_true(a->metadata.metrics.base.rows > 1000.0);
    ml_model_close(a);
    ml_model_close(b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(too_few_labels_change_nothing),
        CASE(hands_that_agree_are_learnt_and_the_rest_is_kept),
        CASE(hands_at_random_are_not_promoted),
        CASE(rubbish_does_not_make_it_surer_of_rubbish),
        cmocka_unit_test(held_out_labels_stay_held_out),
        cmocka_unit_test(base_data_yield_near_labels_only),
        CASE(training_makes_a_version_that_repeats),
    };
    torch_threads(1);
    report = fopen("/dev/null", "w");
    int failures = report ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    if (report)
        fclose(report);
    return failures;
}
