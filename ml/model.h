/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model version ready to answer: its weights and metadata, checked against each other and against
 * this program before the first request. Depends on ml/versions.h, ml/torch_shim.h.
 *
 *     struct ml_model *model;
 *     char why[ML_WHY_MAX];
 *     if (ml_model_open(&model, "/var/lib/roost/models", NULL, why) != 0)
 *         fprintf(stderr, "roost-ml: %s\n", why);
 *     ml_model_predict(model, features, n, predictions);
 */
#ifndef ROOST_ML_MODEL_H
#define ROOST_ML_MODEL_H

#include <stddef.h>

#include "ml/metadata.h"
#include "ml/torch_shim.h"
#include "ml/versions.h"

enum { ML_BATCH_MAX = 1024 }; /* rows of one forward pass */

struct ml_prediction {
    double position_pct; /* 0..100 */
    double variance;     /* points squared */
    double confidence;   /* 0..1, ml_confidence() */
};

struct ml_model {
    struct ml_metadata metadata;
    struct torch_model *network;
};

/* version NULL: the current one. On error `why` (ML_WHY_MAX) says which version and which check:
 * missing file, no or damaged metadata, feature order, percentiles, version, hash, not TorchScript,
 * output shape. */
int ml_model_open(struct ml_model **model, const char *dir, const char *version, char *why);
void ml_model_close(struct ml_model *model); /* NULL is fine */

/* Any number of rows; they go through the network ML_BATCH_MAX at a time. Returns 0 or
 * ROOST_ERR_INTERNAL when the network fails or answers with what is no number. */
int ml_model_predict(struct ml_model *model, const struct roost_features *features, size_t count,
                     struct ml_prediction *predictions);

/* Writes weights and metadata (whose version and hash are filled in here) as a new version of
 * `dir`; does not promote it. The caller holds the lock. */
int ml_model_save(const struct torch_model *network, struct ml_metadata *metadata, const char *dir,
                  char *why);

#endif
