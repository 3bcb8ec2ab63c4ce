/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/model.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

_Static_assert((int)TORCH_FEATURES == (int)ML_FEATURES, "one list of features");

#define WEIGHTS  "model.pt"
#define METADATA "metadata.json"

__attribute__((format(printf, 3, 4))) static int refuse(char *why, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, ML_WHY_MAX, format, args);
    va_end(args);
    return err;
}

static int read_metadata(struct ml_metadata *metadata, const char *folder, const char *version,
                         char *why)
{
    char path[ML_PATH_MAX], reason[ML_WHY_MAX];
    char *text;
    size_t len;
    int err = ml_path_join(path, folder, METADATA);
    if (!err)
        err = ml_file_read(path, ML_METADATA_MAX * 4, &text, &len);
    if (err == ROOST_ERR_NOT_FOUND)
        return refuse(why, err, "model %s: %s is missing", version, METADATA);
    if (err)
        return refuse(why, err, "model %s: %s: %s", version, METADATA, roost_err_text(err));
    err = ml_metadata_parse(metadata, text, len, reason);
    free(text);
    if (err)
        return refuse(why, err, "model %s: %.300s", version, reason);
    if (strcmp(metadata->version, version) != 0)
        return refuse(why, ROOST_ERR_INVALID, "model %s: version mismatch, its metadata says %s",
                      version, metadata->version);
    return 0;
}

/* The hash comes before the file is given to libtorch: bytes nobody vouched for are not unpickled.
 */
static int load_weights(struct ml_model *model, const char *folder, char *why)
{
    const char *version = model->metadata.version;
    char path[ML_PATH_MAX], hex[ML_SHA256_HEX + 1], reason[TORCH_WHY_MAX];
    int err = ml_path_join(path, folder, WEIGHTS);
    if (!err)
        err = ml_file_sha256(path, hex);
    if (err == ROOST_ERR_NOT_FOUND)
        return refuse(why, err, "model %s: %s is missing", version, WEIGHTS);
    if (err)
        return refuse(why, err, "model %s: %s: %s", version, WEIGHTS, roost_err_text(err));
    if (strcmp(hex, model->metadata.sha256) != 0)
        return refuse(
            why, ROOST_ERR_CORRUPT,
            "model %s: hash mismatch, %s has SHA-256 %.16s..., its metadata says %.16s...", version,
            WEIGHTS, hex, model->metadata.sha256);
    err = torch_model_load(&model->network, path, reason);
    return err ? refuse(why, err, "model %s: %s: %s", version, WEIGHTS, reason) : 0;
}

int ml_model_open(struct ml_model **model, const char *dir, const char *version, char *why)
{
    struct ml_version current;
    char folder[ML_PATH_MAX];
    int err;

    why[0] = '\0';
    if (!version) {
        err = ml_versions_current(dir, &current);
        if (err == ROOST_ERR_NOT_FOUND)
            return refuse(why, err, "models: %s/current is missing", dir);
        if (err)
            return refuse(why, err, "models: %s/current does not name a version (%s)", dir,
                          roost_err_text(err));
        version = current.name;
    }
    err = ml_version_check(version);
    if (!err)
        err = ml_path_join(folder, dir, version);
    if (err)
        return refuse(why, err, "models: \"%.40s\" is no version", version);
    struct ml_model *opened = calloc(1, sizeof *opened);
    if (!opened)
        return refuse(why, ROOST_ERR_NO_MEMORY, "models: out of memory");
    err = read_metadata(&opened->metadata, folder, version, why);
    if (!err)
        err = load_weights(opened, folder, why);
    if (err) {
        ml_model_close(opened);
        return err;
    }
    *model = opened;
    return 0;
}

void ml_model_close(struct ml_model *model)
{
    if (!model)
        return;
    torch_model_free(model->network);
    free(model);
}

static int predict_batch(struct ml_model *model, const struct roost_features *features,
                         size_t count, struct ml_prediction *predictions)
{
    float rows[ML_BATCH_MAX * TORCH_FEATURES], out[ML_BATCH_MAX * TORCH_OUTPUTS];
    char why[TORCH_WHY_MAX];
    for (size_t i = 0; i < count; i++)
        ml_scale(&model->metadata.scaling, &features[i], rows + i * TORCH_FEATURES);
    int err = torch_model_forward(model->network, rows, count, out, why);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++) {
        double position = (double)out[i * TORCH_OUTPUTS];
        double variance = (double)out[i * TORCH_OUTPUTS + 1];
        if (!isfinite(position) || !isfinite(variance) || variance <= 0.0)
            return ROOST_ERR_INTERNAL;
        predictions[i] = (struct ml_prediction){
            .position_pct = fmax(0.0, fmin(100.0, position)),
            .variance = variance,
            .confidence = ml_confidence(&model->metadata.confidence, variance),
        };
    }
    return 0;
}

int ml_model_predict(struct ml_model *model, const struct roost_features *features, size_t count,
                     struct ml_prediction *predictions)
{
    int err = 0;
    for (size_t at = 0; !err && at < count; at += ML_BATCH_MAX) {
        size_t rows = count - at < ML_BATCH_MAX ? count - at : ML_BATCH_MAX;
        err = predict_batch(model, features + at, rows, predictions + at);
    }
    return err;
}

static int write_metadata(const struct ml_metadata *metadata, const char *folder)
{
    char path[ML_PATH_MAX], text[ML_METADATA_MAX];
    int len = ml_metadata_write(text, sizeof text - 1, metadata);
    if (len < 0)
        return len;
    text[len] = '\n';
    int err = ml_path_join(path, folder, METADATA);
    return err ? err : ml_file_replace(path, text, (size_t)len + 1);
}

int ml_model_save(const struct torch_model *network, struct ml_metadata *metadata, const char *dir,
                  char *why)
{
    struct ml_version version;
    char folder[ML_PATH_MAX], path[ML_PATH_MAX], reason[TORCH_WHY_MAX];
    int err = ml_versions_next(dir, &version);
    if (!err)
        err = ml_versions_stage(dir, folder);
    if (!err)
        err = ml_path_join(path, folder, WEIGHTS);
    if (err)
        return refuse(why, err, "%s: cannot make a new version: %s", dir, roost_err_text(err));
    err = torch_model_save(network, path, reason);
    if (err)
        return refuse(why, err, "%s: %s", path, reason);
    memcpy(metadata->version, version.name, sizeof metadata->version);
    if (!(err = ml_file_sync(path)) && !(err = ml_file_sha256(path, metadata->sha256)) &&
        !(err = write_metadata(metadata, folder)))
        err = ml_versions_publish(dir, version.name);
    return err ? refuse(why, err, "%s: cannot write %s: %s", dir, version.name, roost_err_text(err))
               : 0;
}
