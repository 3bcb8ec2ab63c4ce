/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "ml/parallel.h"

static const double fixed_pct[] = {0, 5, 10, 20, 30, 35, 40, 45, 50, 70, 100};
static const double open_above_degc[] = {22.5, 23.0, 23.5, 24.0, 25.0};
static const double hysteresis_k[] = {0.0, 1.0, 2.0};
static const double open_pct[] = {100.0};
static const double closed_pct[] = {0.0, 3.0};

static const struct ml_thermostat usual = {
    .open_above_degc = 24.0, .close_below_degc = 22.0, .open_pct = 100.0, .closed_pct = 0.0};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

enum {
    FIXED = COUNT(fixed_pct),
    THERMOSTATS =
        COUNT(open_above_degc) * COUNT(hysteresis_k) * COUNT(open_pct) * COUNT(closed_pct),
    RULES = FIXED + THERMOSTATS + 1 /* the usual one */
};

struct rules {
    uint64_t seeds[ML_EVALUATE_HOUSES];
    struct ml_year year[RULES]; /* mean over the houses */
};

static struct ml_thermostat thermostat_at(int index)
{
    if (index == THERMOSTATS)
        return usual;
    int closed = index % COUNT(closed_pct), rest = index / COUNT(closed_pct);
    int open = rest % COUNT(open_pct);
    rest /= COUNT(open_pct);
    int gap = rest % COUNT(hysteresis_k), above = rest / COUNT(hysteresis_k);
    return (struct ml_thermostat){
        .open_above_degc = open_above_degc[above],
        .close_below_degc = open_above_degc[above] - hysteresis_k[gap],
        .open_pct = open_pct[open],
        .closed_pct = closed_pct[closed],
    };
}

static void live_rule(void *ctx, int index)
{
    struct rules *rules = ctx;
    struct ml_year years[ML_EVALUATE_HOUSES];
    struct ml_thermostat thermostat;
    struct ml_controller controller;
    if (index < FIXED) {
        controller = ml_fixed_controller(&fixed_pct[index]);
    } else {
        thermostat = thermostat_at(index - FIXED);
        controller = ml_thermostat_controller(&thermostat);
    }
    ml_year_run(rules->seeds, ML_EVALUATE_HOUSES, &controller, years);
    rules->year[index] = ml_year_mean(years, ML_EVALUATE_HOUSES);
}

/* In hindsight, on the houses that are judged: the model has to beat rules that no owner could have
 * chosen so well. */
static int best(const struct rules *rules, int from, int count)
{
    int at = from;
    for (int i = from + 1; i < from + count; i++) {
        if (rules->year[i].discomfort_degch < rules->year[at].discomfort_degch)
            at = i;
    }
    return at;
}

struct model_control {
    struct ml_model *model;
    int *error;
};

/* As a device does it: an unsure answer leaves the window where it is. */
static void model_decide(const void *ctx, const struct roost_features *measured, size_t count,
                         double *window_pct)
{
    const struct model_control *control = ctx;
    struct ml_prediction predictions[ML_ROOMS_MAX];
    ROOST_ASSERT(count <= ML_ROOMS_MAX);
    int err = ml_model_predict(control->model, measured, count, predictions);
    if (err) {
        *control->error = err;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (predictions[i].confidence >= ML_DEVICE_CONFIDENCE)
            window_pct[i] = predictions[i].position_pct;
    }
}

int ml_evaluate(struct ml_model *model, uint64_t seed, int threads,
                struct ml_evaluation *evaluation)
{
    struct rules rules;
    for (int i = 0; i < ML_EVALUATE_HOUSES; i++)
        rules.seeds[i] = seed * 1000000007u + (uint64_t)i;
    ml_parallel(RULES, threads, live_rule, &rules);
    int fixed = best(&rules, 0, FIXED), thermostat = best(&rules, FIXED, THERMOSTATS);
    *evaluation = (struct ml_evaluation){
        .fixed_pct = fixed_pct[fixed],
        .fixed = rules.year[fixed],
        .best_thermostat = thermostat_at(thermostat - FIXED),
        .thermostat = rules.year[thermostat],
        .usual_thermostat = rules.year[FIXED + THERMOSTATS],
    };

    int err = 0;
    struct ml_year years[ML_EVALUATE_HOUSES];
    struct model_control control = {model, &err};
    struct ml_controller controller = {model_decide, &control};
    ml_year_run(rules.seeds, ML_EVALUATE_HOUSES, &controller, years);
    evaluation->model = ml_year_mean(years, ML_EVALUATE_HOUSES);
    return err;
}

bool ml_evaluation_wins(const struct ml_evaluation *evaluation)
{
    double model = evaluation->model.discomfort_degch;
    return model < evaluation->fixed.discomfort_degch &&
           model < evaluation->thermostat.discomfort_degch &&
           model < evaluation->usual_thermostat.discomfort_degch;
}

int ml_calibration(struct ml_model *model, struct ml_calibration_bin bins[ML_CALIBRATION_BINS])
{
    struct ml_dataset test = {0};
    struct ml_prediction *predictions = NULL;
    int err =
        ml_held_out_rooms(&test, ML_HELD_OUT_TEST, model->metadata.seed, &model->metadata.target);
    if (!err && !(predictions = calloc(test.count, sizeof *predictions)))
        err = ROOST_ERR_NO_MEMORY;
    if (!err)
        err = ml_model_predict(model, test.features, test.count, predictions);
    for (int i = 0; i < ML_CALIBRATION_BINS; i++)
        bins[i] = (struct ml_calibration_bin){0};
    for (size_t i = 0; !err && i < test.count; i++) {
        double confidence = predictions[i].confidence;
        int at = (int)(confidence * ML_CALIBRATION_BINS);
        struct ml_calibration_bin *bin =
            &bins[at < ML_CALIBRATION_BINS ? at : ML_CALIBRATION_BINS - 1];
        double error = predictions[i].position_pct - (double)test.position[i];
        bin->rows += 1.0;
        bin->predicted += confidence;
        bin->observed += fabs(error) <= ML_TOLERANCE_PCT ? 1.0 : 0.0;
    }
    free(predictions);
    ml_dataset_free(&test);
    return err;
}

static void print_year(FILE *out, const char *name, const struct ml_year *year)
{
    fprintf(out, "| %-50s | %6.0f | %5.0f | %5.0f | %8.0f | %5.0f | %11.1f |\n", name,
            year->discomfort_degch, year->warm_degch, year->cold_degch, year->humidity_degch,
            year->noise_degch, year->travel_pct / 200.0 / ML_YEAR_DAYS);
}

void ml_evaluation_print(FILE *out, const struct ml_evaluation *evaluation, const char *version)
{
    char name[64];
    const struct ml_thermostat *thermostat = &evaluation->best_thermostat;
    snprintf(name, sizeof name, "degree-hours of discomfort a year, mean of %d houses",
             ML_EVALUATE_HOUSES);
    fprintf(out, "| %-50s | %6s | %5s | %5s | %8s | %5s | %11s |\n", name, "total", "warm", "cold",
            "humidity", "noise", "strokes/day");
    fprintf(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    snprintf(name, sizeof name, "fixed, the best of %d: %.0f %%", FIXED, evaluation->fixed_pct);
    print_year(out, name, &evaluation->fixed);
    print_year(out, "thermostat, as usual: 100 % > 24, 0 % < 22", &evaluation->usual_thermostat);
    snprintf(name, sizeof name, "thermostat, best of %d: %.0f %% > %.1f, %.0f %% < %.1f",
             THERMOSTATS, thermostat->open_pct, thermostat->open_above_degc, thermostat->closed_pct,
             thermostat->close_below_degc);
    print_year(out, name, &evaluation->thermostat);
    snprintf(name, sizeof name, "model %s", version);
    print_year(out, name, &evaluation->model);
}

void ml_calibration_print(FILE *out, const struct ml_calibration_bin bins[ML_CALIBRATION_BINS])
{
    double rows = 0.0, gap = 0.0;
    fprintf(out, "| confidence | rows | predicted | within %.0f points |\n", ML_TOLERANCE_PCT);
    fprintf(out, "| --- | ---: | ---: | ---: |\n");
    for (int i = 0; i < ML_CALIBRATION_BINS; i++) {
        const struct ml_calibration_bin *bin = &bins[i];
        if (bin->rows <= 0.0)
            continue;
        fprintf(out, "| %.1f - %.1f | %.0f | %.3f | %.3f |\n", (double)i / ML_CALIBRATION_BINS,
                (double)(i + 1) / ML_CALIBRATION_BINS, bin->rows, bin->predicted / bin->rows,
                bin->observed / bin->rows);
        rows += bin->rows;
        gap += fabs(bin->predicted - bin->observed);
    }
    fprintf(out, "\nExpected calibration error: %.3f over %.0f rows.\n", gap / fmax(rows, 1.0),
            rows);
}
