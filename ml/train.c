/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "ml/parallel.h"

/* Sets of rooms lie apart in the space of seeds. */
#define SEED_TRAIN    10
#define SEED_HELD_OUT 20

/* How far a label reaches, of the distance between the percentiles: about 1 degC, 5 %, 4 dB. */
#define NEAR 0.15

enum { ROWS_A_YEAR = 1000, HELD_OUT_YEARS = 20, POPULATION = 24, SEARCH_HOUSES = 3 };

static const struct torch_fit base_fit = {.epochs = 60, .batch_rows = 512, .rate = 0.01};

void ml_train_defaults(struct ml_train_options *options)
{
    *options = (struct ml_train_options){.seed = 1,
                                         .years = 40,
                                         .generations = 12,
                                         .threads = ml_parallel_processors(),
                                         .report = stdout};
}

int ml_training_rooms(struct ml_dataset *data, uint64_t seed, int years)
{
    return ml_dataset_survey(data, seed * 100 + SEED_TRAIN, (size_t)years, ROWS_A_YEAR);
}

int ml_held_out_rooms(struct ml_dataset *data, enum ml_held_out which, uint64_t seed,
                      const struct ml_target *target)
{
    uint64_t rooms = seed * 100 + SEED_HELD_OUT + (uint64_t)which;
    int err = ml_dataset_survey(data, rooms, HELD_OUT_YEARS, ROWS_A_YEAR);
    if (!err)
        ml_dataset_label(data, target);
    return err;
}

void ml_dataset_yield(struct ml_dataset *base, const struct ml_label *labels, size_t count,
                      const struct ml_scaling *scaling)
{
    float(*at)[ML_FEATURES] = calloc(count + 1, sizeof *at);
    if (!at)
        return; /* the base data then speak everywhere: learning is more careful, no more */
    for (size_t i = 0; i < count; i++)
        ml_scale(scaling, &labels[i].features, at[i]);
    for (size_t row = 0; row < base->count; row++) {
        float x[ML_FEATURES];
        float nearest = 1e9f;
        ml_scale(scaling, &base->features[row], x);
        for (size_t i = 0; i < count; i++) {
            float d0 = x[0] - at[i][0], d1 = x[1] - at[i][1], d2 = x[2] - at[i][2];
            nearest = fminf(nearest, d0 * d0 + d1 * d1 + d2 * d2);
        }
        base->weight[row] *= (float)(1.0 - exp(-(double)nearest / (2.0 * NEAR * NEAR)));
    }
    free(at);
}

static int fit_curve(struct ml_model *model, const struct ml_dataset *data)
{
    struct ml_prediction *predictions = calloc(data->count, sizeof *predictions);
    double *normal = calloc(data->count, sizeof *normal);
    bool *hit = calloc(data->count, sizeof *hit);
    int err = predictions && normal && hit ? 0 : ROOST_ERR_NO_MEMORY;
    if (!err)
        err = ml_model_predict(model, data->features, data->count, predictions);
    size_t count = 0;
    for (size_t i = 0; !err && i < data->count; i++) {
        double error = predictions[i].position_pct - (double)data->position[i];
        if (data->weight[i] < 0.5f)
            continue; /* the rooms have less of a say here than hands */
        normal[count] = ml_confidence_normal(predictions[i].variance);
        hit[count++] = fabs(error) <= ML_TOLERANCE_PCT;
    }
    if (!err)
        ml_curve_fit(&model->metadata.confidence, normal, hit, count);
    free(predictions);
    free(normal);
    free(hit);
    return err;
}

int ml_model_measure(struct ml_model *model, const struct ml_label *labels, size_t count)
{
    struct ml_metadata *metadata = &model->metadata;
    struct ml_dataset curve = {0}, test = {0};
    int err = ml_held_out_rooms(&curve, ML_HELD_OUT_CURVE, metadata->seed, &metadata->target);
    if (!err) {
        ml_dataset_yield(&curve, labels, count, &metadata->scaling);
        err = fit_curve(model, &curve);
    }
    if (!err)
        err = ml_held_out_rooms(&test, ML_HELD_OUT_TEST, metadata->seed, &metadata->target);
    if (!err) {
        ml_dataset_yield(&test, labels, count, &metadata->scaling);
        err = ml_dataset_score(&test, model, &metadata->metrics.base);
    }
    ml_dataset_free(&curve);
    ml_dataset_free(&test);
    return err;
}

static void report_generation(void *ctx, int generation, double mean_degch)
{
    const struct ml_train_options *options = ctx;
    fprintf(options->report, "search: generation %d of %d, %.0f degree-hours a year\n",
            generation + 1, options->generations, mean_degch);
    fflush(options->report);
}

static void find_target(struct ml_target *target, struct ml_train_options *options)
{
    struct ml_target_search search = {
        .seed = options->seed,
        .generations = options->generations,
        .population = POPULATION,
        .houses = SEARCH_HOUSES,
        .threads = options->threads,
        .progress = report_generation,
        .ctx = options,
    };
    ml_target_find(target, &search);
}

static int fit_base(struct ml_model *model, struct ml_train_options *options,
                    struct ml_dataset *base, char *why)
{
    struct ml_metadata *metadata = &model->metadata;
    int err = ml_training_rooms(base, options->seed, options->years);
    if (!err)
        err = ml_scaling_of(&metadata->scaling, base->features, base->count);
    if (err)
        return err;
    fprintf(options->report, "survey: %zu rows from %d years\n", base->count, options->years);
    metadata->target.scaling = metadata->scaling;
    find_target(&metadata->target, options);
    ml_dataset_label(base, &metadata->target);

    struct torch_fit fit = base_fit;
    fit.seed = options->seed;
    err = torch_model_new(&model->network, options->seed, why);
    if (!err)
        err = ml_dataset_fit(base, model->network, &metadata->scaling, &fit, why);
    return err;
}

int ml_train(const struct ml_train_options *options, struct ml_version *version, char *why)
{
    struct ml_train_options run = *options;
    struct ml_model *model = calloc(1, sizeof *model);
    struct ml_dataset base = {0};
    int err = model ? 0 : ROOST_ERR_NO_MEMORY;

    why[0] = '\0';
    if (!err) {
        model->metadata.seed = run.seed;
        model->metadata.trained_ms = (int64_t)time(NULL) * 1000;
        err = fit_base(model, &run, &base, why);
    }
    if (!err)
        err = ml_model_measure(model, NULL, 0);
    if (!err)
        err = ml_model_save(model->network, &model->metadata, run.dir, why);
    if (!err) {
        memcpy(version->name, model->metadata.version, sizeof version->name);
        err = ml_versions_promote(run.dir, version->name);
    }
    if (!err)
        fprintf(run.report, "%s: mean error %.2f points on %.0f rows held out\n", version->name,
                model->metadata.metrics.base.mae_pct, model->metadata.metrics.base.rows);
    else if (!why[0])
        snprintf(why, ML_WHY_MAX, "training: %s", roost_err_text(err));
    ml_dataset_free(&base);
    ml_model_close(model);
    return err;
}
