/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole of libtorch that Roost uses, as C: a small network from three scaled features to a
 * position and its variance, kept as a TorchScript file. What the features mean, how they are
 * scaled and whether a file may be trusted is decided above (ml/model.h). The only C++ of the
 * project lies behind this header; no exception leaves it. One model may be used by one thread at a
 * time.
 *
 *     struct torch_model *model;
 *     char why[TORCH_WHY_MAX];
 *     if (torch_model_load(&model, "model.pt", why) == 0)
 *         torch_model_forward(model, rows, n, out, why);
 */
#ifndef ROOST_ML_TORCH_SHIM_H
#define ROOST_ML_TORCH_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TORCH_FEATURES = 3,
    TORCH_OUTPUTS = 2, /* position 0..100, variance in the square of that unit, above 0 */
    TORCH_WHY_MAX = 256
};

struct torch_model;

/* Labelled rows, row-major. weight may be NULL: 1 each. */
struct torch_rows {
    const float *features; /* count x TORCH_FEATURES, 0..1 */
    const float *position; /* 0..100 */
    const float *weight;
    size_t count;
};

struct torch_fit {
    int epochs;
    int batch_rows;
    double rate;         /* Adam's, falling to a hundredth of it along a half cosine */
    uint64_t seed;       /* of the order of rows */
    int only_last_layer; /* non-zero: the rest stays as it is */
};

/* Threads of one forward pass or fit; serving wants 1. */
void torch_threads(int count);

/* Each of these returns 0, or an error with the reason in `why` (TORCH_WHY_MAX bytes):
 * ROOST_ERR_INVALID (not a TorchScript file, or its shapes are not those above), ROOST_ERR_IO,
 * ROOST_ERR_NO_MEMORY, ROOST_ERR_INTERNAL (libtorch failed). */
int torch_model_new(struct torch_model **model, uint64_t seed, char *why);
int torch_model_load(struct torch_model **model, const char *path, char *why);

/* The archive inside a TorchScript file is named after the file: equal weights saved under equal
 * file names are equal bytes. */
int torch_model_save(const struct torch_model *model, const char *path, char *why);

/* out: count x TORCH_OUTPUTS. */
int torch_model_forward(struct torch_model *model, const float *features, size_t count, float *out,
                        char *why);

/* Fits position and variance together: weighted Gaussian negative log likelihood. */
int torch_model_fit(struct torch_model *model, const struct torch_rows *rows,
                    const struct torch_fit *fit, char *why);

void torch_model_free(struct torch_model *model); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
