/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.json beside a model's weights: which version, made from what, how inputs are scaled,
 * which bytes the weights are. Reading is where a model that does not fit this program is turned
 * away, with the reason in words. Depends on core/json_read.h, core/json_write.h, ml/features.h.
 */
#ifndef ROOST_ML_METADATA_H
#define ROOST_ML_METADATA_H

#include <stddef.h>
#include <stdint.h>

#include "ml/confidence.h"
#include "ml/features.h"
#include "ml/file.h"
#include "ml/target.h"

enum { ML_WHY_MAX = 384, ML_METADATA_MAX = 4096, ML_FORMAT = 1 };

/* Measured on held-out data when the version was made: mean absolute error in points, negative log
 * likelihood of a row. Where there were no rows, both are 0. */
struct ml_score {
    double rows, mae_pct, nll;
};
struct ml_metrics {
    struct ml_score base;
    struct ml_score label; /* what hands set */
};

struct ml_metadata {
    char version[ROOST_VERSION_MAX + 1];
    char parent[ROOST_VERSION_MAX + 1]; /* "" for the first of its line */
    int64_t trained_ms;                 /* since 1970 */
    uint64_t seed;
    struct ml_scaling scaling;
    char sha256[ML_SHA256_HEX + 1]; /* of model.pt */
    struct ml_curve confidence;
    struct ml_metrics metrics;
    struct ml_target target; /* what the base data follow, to make them again */
};

/* Letters, digits, '.', '_', '-', not starting with a dot; at most ROOST_VERSION_MAX. */
int ml_version_check(const char *version);

/* Returns 0; or ROOST_ERR_INVALID, _TRUNCATED, _NOT_FOUND, _RANGE with `why` (ML_WHY_MAX) naming
 * the member and what is wrong with it. */
int ml_metadata_parse(struct ml_metadata *metadata, const char *text, size_t len, char *why);

/* Returns the length or ROOST_ERR_TOO_LONG; ML_METADATA_MAX bytes always suffice. */
int ml_metadata_write(char *out, size_t size, const struct ml_metadata *metadata);

#endif
