/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"

#define LABEL_SHARE      0.10 /* of all weight belongs to labels, however few there are */
#define LABEL_WEIGHT_MAX 100.0

/* What the rest may lose for what hands gain: half a point, and the certainty that the border
 * between the two costs. */
#define BASE_MAE_WORSE   0.50
#define BASE_NLL_WORSE   0.40
#define LABEL_NLL_BETTER 0.01

static const struct torch_fit learn_fit = {.epochs = 60, .batch_rows = 512, .rate = 0.01};

bool ml_label_held_out(const struct ml_label *label)
{
    uint64_t hash = 0xCBF29CE484222325u ^ (uint64_t)label->unix_ms;
    for (const char *c = label->device_id; *c; c++)
        hash = (hash ^ (uint64_t)(unsigned char)*c) * 0x100000001B3u;
    struct ml_random random = {hash};
    return ml_random_next(&random) % 4 == 0;
}

struct learning {
    const struct ml_learn_options *options;
    struct ml_model *old, *new; /* the same weights to begin with */
    struct ml_label *labels;
    size_t label_count, damaged;
    struct ml_dataset train, held_labels, held_base;
};

static int add_labels(struct learning *l)
{
    size_t train_count = 0;
    for (size_t i = 0; i < l->label_count; i++)
        train_count += !ml_label_held_out(&l->labels[i]);
    double base_weight = 0.0;
    for (size_t i = 0; i < l->train.count; i++)
        base_weight += (double)l->train.weight[i];
    double weight = LABEL_SHARE * base_weight / (double)(train_count + 1);
    weight = fmax(1.0, fmin(weight, LABEL_WEIGHT_MAX));
    int err = 0;
    for (size_t i = 0; !err && i < l->label_count; i++) {
        const struct ml_label *label = &l->labels[i];
        bool held = ml_label_held_out(label);
        err = ml_dataset_add(held ? &l->held_labels : &l->train, &label->features,
                             label->position_pct, held ? 1.0 : weight);
    }
    return err;
}

static int make_data(struct learning *l)
{
    const struct ml_metadata *metadata = &l->old->metadata;
    int err = ml_training_rooms(&l->train, metadata->seed, l->options->years);
    if (err)
        return err;
    ml_dataset_label(&l->train, &metadata->target);
    ml_dataset_yield(&l->train, l->labels, l->label_count, &metadata->scaling);
    err = ml_held_out_rooms(&l->held_base, ML_HELD_OUT_TEST, metadata->seed, &metadata->target);
    if (err)
        return err;
    ml_dataset_yield(&l->held_base, l->labels, l->label_count, &metadata->scaling);
    return add_labels(l);
}

static int score(struct learning *l, struct ml_model *model, struct ml_metrics *metrics)
{
    int err = ml_dataset_score(&l->held_base, model, &metrics->base);
    return err ? err : ml_dataset_score(&l->held_labels, model, &metrics->label);
}

/* The first thing that speaks against the new weights, or NULL. */
static const char *objection(const struct ml_metrics *before, const struct ml_metrics *after)
{
    if (after->label.mae_pct >= before->label.mae_pct)
        return "held-out labels: mean error is not smaller";
    if (after->label.nll > before->label.nll - LABEL_NLL_BETTER)
        return "held-out labels: likelihood is not better";
    if (after->base.mae_pct > before->base.mae_pct + BASE_MAE_WORSE)
        return "held-out base data: mean error would grow too much";
    if (after->base.nll > before->base.nll + BASE_NLL_WORSE)
        return "held-out base data: likelihood would fall too much";
    return NULL;
}

static int promote(struct learning *l, struct ml_outcome *outcome, char *why)
{
    struct ml_metadata *metadata = &l->new->metadata;
    memcpy(metadata->parent, l->old->metadata.version, sizeof metadata->parent);
    metadata->trained_ms = (int64_t)time(NULL) * 1000;
    int err = ml_model_measure(l->new, l->labels, l->label_count);
    if (err)
        return err;
    metadata->metrics = outcome->after;
    err = ml_model_save(l->new->network, metadata, l->options->dir, why);
    if (!err)
        err = ml_versions_promote(l->options->dir, metadata->version);
    if (err)
        return err;
    outcome->promoted = true;
    memcpy(outcome->version.name, metadata->version, sizeof outcome->version.name);
    snprintf(outcome->reason, sizeof outcome->reason,
             "better on held-out labels, no worse on held-out base data");
    int removed = ml_versions_prune(l->options->dir, ML_VERSIONS_KEEP, metadata->parent);
    if (removed > 0)
        fprintf(l->options->report, "removed %d of the oldest versions\n", removed);
    return removed < 0 ? removed : 0;
}

static int decide(struct learning *l, struct ml_outcome *outcome, char *why)
{
    int err = score(l, l->old, &outcome->before);
    if (!err && l->held_labels.count < ML_LEARN_HELD_OUT_MIN) {
        snprintf(outcome->reason, sizeof outcome->reason,
                 "only %zu labels are held out to judge by, %d are needed", l->held_labels.count,
                 ML_LEARN_HELD_OUT_MIN);
        return 0;
    }
    struct torch_fit fit = learn_fit;
    fit.seed = l->old->metadata.seed;
    if (!err)
        err = ml_dataset_fit(&l->train, l->new->network, &l->new->metadata.scaling, &fit, why);
    if (!err)
        err = score(l, l->new, &outcome->after);
    if (err)
        return err;
    const char *against = objection(&outcome->before, &outcome->after);
    if (against) {
        snprintf(outcome->reason, sizeof outcome->reason, "%s", against);
        return 0;
    }
    return promote(l, outcome, why);
}

int ml_learn(const struct ml_learn_options *options, struct ml_outcome *outcome, char *why)
{
    struct learning l = {.options = options};
    *outcome = (struct ml_outcome){0};
    int err = ml_model_open(&l.old, options->dir, NULL, why);
    if (err)
        return err;
    memcpy(outcome->version.name, l.old->metadata.version, sizeof outcome->version.name);
    err = ml_labels_read(options->dir, &l.labels, &l.label_count, &l.damaged);
    if (!err && l.damaged > 0)
        fprintf(options->report, "%zu damaged labels left out\n", l.damaged);
    if (!err && l.label_count < ML_LEARN_LABELS_MIN)
        snprintf(outcome->reason, sizeof outcome->reason, "only %zu labels, %d are needed",
                 l.label_count, ML_LEARN_LABELS_MIN);
    else if (!err && !(err = ml_model_open(&l.new, options->dir, outcome->version.name, why)) &&
             !(err = make_data(&l)))
        err = decide(&l, outcome, why);
    if (err && !why[0])
        snprintf(why, ML_WHY_MAX, "learning: %s", roost_err_text(err));
    ml_dataset_free(&l.train);
    ml_dataset_free(&l.held_labels);
    ml_dataset_free(&l.held_base);
    free(l.labels);
    ml_model_close(l.old);
    ml_model_close(l.new);
    return err;
}
