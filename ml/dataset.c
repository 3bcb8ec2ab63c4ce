/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

#define TASTE_DEGC    0.15 /* standard deviations among residents */
#define TASTE_PCT     1.5
#define HAND_PCT      4.0  /* nobody sets a window to the percent, but shut is shut */
#define HAND_FREE_PCT 10.0 /* this far from either end */

enum { STEPS_A_DAY = 86400 / ML_STEP_S, STEPS_A_YEAR = ML_YEAR_DAYS * STEPS_A_DAY };

/* Nobody's window is run by the policy that is still to be found, and not all are run well: two
 * rooms in five are opened as warmth and damp ask for it, one has a thermostat, two are opened as
 * it comes, anew each day. So the model sees what a good policy leads to and also what a room gets
 * to when something else has moved the window, or nothing. */
enum habit { HABIT_SENSIBLE, HABIT_THERMOSTAT, HABIT_CARELESS };

static const enum habit habits[] = {HABIT_SENSIBLE, HABIT_CARELESS, HABIT_THERMOSTAT,
                                    HABIT_SENSIBLE, HABIT_CARELESS};

struct resident {
    struct ml_random random;
    enum habit habit;
    double taste_degc, taste_pct;
    struct ml_thermostat thermostat;
    double sensible_degc, careless_pct;
};

static double between(struct ml_random *random, double low, double high)
{
    return low + (high - low) * ml_random_unit(random);
}

static void resident_init(struct resident *resident, uint64_t seed, size_t house)
{
    *resident = (struct resident){.random = {seed * 31 + 7},
                                  .habit = habits[house % (sizeof habits / sizeof habits[0])]};
    struct ml_random *random = &resident->random;
    resident->taste_degc = TASTE_DEGC * ml_random_normal(random);
    resident->taste_pct = TASTE_PCT * ml_random_normal(random);
    double close_degc = between(random, 20.5, 24.0);
    resident->thermostat = (struct ml_thermostat){
        .open_above_degc = close_degc + between(random, 0.2, 3.0),
        .close_below_degc = close_degc,
        .open_pct = between(random, 20.0, 100.0),
        .closed_pct = between(random, 0.0, 5.0),
    };
    resident->sensible_degc = between(random, 22.0, 25.0);
}

static double opening_for(struct resident *resident, struct ml_room *room, long step)
{
    struct roost_features measured = ml_room_measure(room);
    struct ml_controller thermostat = ml_thermostat_controller(&resident->thermostat);
    double opening_pct = room->window_pct;
    switch (resident->habit) {
    case HABIT_SENSIBLE:
        opening_pct = fmax(50.0 * (measured.temperature_degc - resident->sensible_degc),
                           2.0 * (measured.humidity_pct - 60.0));
        break;
    case HABIT_THERMOSTAT:
        thermostat.decide(thermostat.ctx, &measured, 1, &opening_pct);
        break;
    case HABIT_CARELESS:
        if (step % STEPS_A_DAY == 0)
            resident->careless_pct = 100.0 * pow(ml_random_unit(&resident->random), 2.0);
        opening_pct = resident->careless_pct;
        break;
    }
    return opening_pct;
}

static int grow(void **array, size_t size, size_t element)
{
    void *larger = realloc(*array, size * element);
    if (!larger)
        return ROOST_ERR_NO_MEMORY;
    *array = larger;
    return 0;
}

static int add_row(struct ml_dataset *data, const struct roost_features *features,
                   const struct roost_features *wish, double position, double weight)
{
    if (data->count == data->size) {
        size_t size = data->size ? 2 * data->size : 1024;
        if (grow((void **)&data->features, size, sizeof *data->features) ||
            grow((void **)&data->wish, size, sizeof *data->wish) ||
            grow((void **)&data->position, size, sizeof *data->position) ||
            grow((void **)&data->weight, size, sizeof *data->weight))
            return ROOST_ERR_NO_MEMORY;
        data->size = size;
    }
    data->features[data->count] = *features;
    data->wish[data->count] = *wish;
    data->position[data->count] = (float)position;
    data->weight[data->count] = (float)weight;
    data->count++;
    return 0;
}

static int live(struct ml_dataset *data, uint64_t seed, size_t house, size_t rows)
{
    struct ml_room room;
    struct resident resident;
    double chance = (double)rows / STEPS_A_YEAR;

    ml_room_init(&room, seed);
    resident_init(&resident, seed, house);
    for (long step = 0; step < STEPS_A_YEAR; step++) {
        if (ml_random_unit(&resident.random) < chance) {
            struct roost_features measured = ml_room_measure(&room);
            struct roost_features wish = ml_room_truth(&room);
            wish.temperature_degc += resident.taste_degc;
            wish.humidity_pct += resident.taste_pct;
            double hand_pct = HAND_PCT * ml_random_normal(&resident.random);
            int err = add_row(data, &measured, &wish, hand_pct, 1.0);
            if (err)
                return err;
        }
        ml_room_advance(&room, opening_for(&resident, &room, step));
    }
    return 0;
}

int ml_dataset_survey(struct ml_dataset *data, uint64_t seed, size_t houses, size_t rows)
{
    int err = 0;
    for (size_t house = 0; !err && house < houses; house++)
        err = live(data, seed * 100000 + house, house, rows);
    return err;
}

void ml_dataset_label(struct ml_dataset *data, const struct ml_target *target)
{
    for (size_t i = 0; i < data->count; i++) {
        double wanted_pct = ml_target_position(target, &data->wish[i]);
        double free = fmin(1.0, fmin(wanted_pct, 100.0 - wanted_pct) / HAND_FREE_PCT);
        double set_pct = wanted_pct + free * (double)data->position[i];
        data->position[i] = (float)fmax(0.0, fmin(100.0, set_pct));
    }
}

int ml_dataset_add(struct ml_dataset *data, const struct roost_features *features,
                   double position_pct, double weight)
{
    return add_row(data, features, features, position_pct, weight);
}

void ml_dataset_free(struct ml_dataset *data)
{
    free(data->features);
    free(data->wish);
    free(data->position);
    free(data->weight);
    *data = (struct ml_dataset){0};
}

int ml_dataset_fit(const struct ml_dataset *data, struct torch_model *network,
                   const struct ml_scaling *scaling, const struct torch_fit *fit, char *why)
{
    float *rows = calloc(data->count, ML_FEATURES * sizeof *rows);
    if (!rows) {
        snprintf(why, TORCH_WHY_MAX, "out of memory");
        return ROOST_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < data->count; i++)
        ml_scale(scaling, &data->features[i], rows + i * ML_FEATURES);
    struct torch_rows labelled = {rows, data->position, data->weight, data->count};
    int err = torch_model_fit(network, &labelled, fit, why);
    free(rows);
    return err;
}

int ml_dataset_score(const struct ml_dataset *data, struct ml_model *model, struct ml_score *score)
{
    struct ml_prediction *predictions = calloc(data->count + 1, sizeof *predictions);
    if (!predictions)
        return ROOST_ERR_NO_MEMORY;
    int err = ml_model_predict(model, data->features, data->count, predictions);
    *score = (struct ml_score){0};
    for (size_t i = 0; !err && i < data->count; i++) {
        double error = (double)data->position[i] - predictions[i].position_pct;
        double variance = predictions[i].variance;
        double weight = (double)data->weight[i];
        score->rows += weight;
        score->mae_pct += weight * fabs(error);
        score->nll += weight * 0.5 * (log(6.283185307179586 * variance) + error * error / variance);
    }
    free(predictions);
    if (!err && score->rows > 0.0) {
        score->mae_pct /= score->rows;
        score->nll /= score->rows;
    }
    return err;
}
