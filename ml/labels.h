/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hands have set: one JSON line each in DIR/labels.jsonl, appended and synced before the
 * message that brought it is acknowledged. A line that a crash cut off is removed on opening. The
 * file is bounded: past twice ML_LABELS_MAX lines it is replaced by its newest ML_LABELS_MAX. One
 * writer (the service), any number of readers. Depends on ml/file.h, proto/climate/payload.h.
 *
 *     err = ml_labels_open(&labels, dir);
 *     err = ml_labels_append(labels, &label);       0: it survives a power cut
 */
#ifndef ROOST_ML_LABELS_H
#define ROOST_ML_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/climate/payload.h"

enum { ML_LABELS_MAX = 5000, ML_LABEL_LINE_MAX = 512 };

struct ml_label {
    int64_t unix_ms; /* when it was set */
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    struct roost_features features; /* what the device last reported before */
    double position_pct;
};

struct ml_labels;

/* Returns 0, ROOST_ERR_IO, ROOST_ERR_NO_SPACE, ROOST_ERR_NO_MEMORY. */
int ml_labels_open(struct ml_labels **labels, const char *dir);
void ml_labels_close(struct ml_labels *labels); /* NULL is fine */

/* On error the file is as it was before. */
int ml_labels_append(struct ml_labels *labels, const struct ml_label *label);

size_t ml_labels_count(const struct ml_labels *labels); /* lines in the file */

/* The newest ML_LABELS_MAX, oldest first; lines that cannot be read are left out and counted in
 * *damaged. The caller frees *all. No file: 0 labels. Returns 0 or as ml_labels_open. */
int ml_labels_read(const char *dir, struct ml_label **all, size_t *count, size_t *damaged);

#endif
