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
#include <unistd.h>

#include "core/err.h"
#include "ml/model.h"
#include "ml/test/folder.h"

static char *dir;
static struct ml_version shipped;
static char weights[ML_PATH_MAX], metadata[ML_PATH_MAX];
static char why[ML_WHY_MAX];

static int setup(void **state)
{
    (void)state;
    dir = test_models_make(&shipped);
    if (!dir)
        return -1;
    snprintf(weights, sizeof weights, "%s/%s/model.pt", dir, shipped.name);
    snprintf(metadata, sizeof metadata, "%s/%s/metadata.json", dir, shipped.name);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(dir);
    return 0;
}

static void refused(int err, const char *names)
{
    struct ml_model *model;
    assert_int_equal(ml_model_open(&model, dir, NULL, why), err);
    if (!strstr(why, names))
        fail_msg("\"%s\" does not say \"%s\"", why, names);
}

/* Replaces one piece of the metadata's text. */
static void edit_metadata(const char *from, const char *to)
{
    char *text, changed[2 * ML_METADATA_MAX];
    size_t len;
    assert_int_equal(ml_file_read(metadata, sizeof changed / 2, &text, &len), 0);
    const char *at = strstr(text, from);
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to,
                     at + strlen(from));
    assert_int_equal(ml_file_replace(metadata, changed, (size_t)n), 0);
    free(text);
}

/* Puts other weights in place, and their hash into the metadata. */
static void replace_weights(const void *data, size_t len)
{
    char before[ML_SHA256_HEX + 1], after[ML_SHA256_HEX + 1];
    assert_int_equal(ml_file_sha256(weights, before), 0);
    assert_int_equal(ml_file_replace(weights, data, len), 0);
    assert_int_equal(ml_file_sha256(weights, after), 0);
    edit_metadata(before, after);
}

static void the_shipped_model_answers(void **state)
{
    (void)state;
    struct ml_model *model;
    struct ml_prediction hot, cold, damp;
    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    assert_int_equal(ml_model_predict(model, &(struct roost_features){27, 50, -60}, 1, &hot), 0);
    assert_int_equal(ml_model_predict(model, &(struct roost_features){19, 40, -60}, 1, &cold), 0);
    assert_int_equal(ml_model_predict(model, &(struct roost_features){22, 66, -60}, 1, &damp), 0);
    assert_true(hot.position_pct > 80.0);
    assert_true(cold.position_pct < 5.0);
    assert_true(damp.position_pct > cold.position_pct);
    assert_true(hot.confidence > 0.9 && cold.confidence > 0.9);
    ml_model_close(model);
}

static void a_batch_answers_as_single_rows_do(void **state)
{
    (void)state;
    enum { ROWS = ML_BATCH_MAX + 77 };
    struct roost_features *rows = calloc(ROWS, sizeof *rows);
    struct ml_prediction *batch = calloc(ROWS, sizeof *batch);
    struct ml_model *model;
    assert_non_null(rows);
    assert_non_null(batch);
    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct roost_features){15.0 + i % 17, 20.0 + i % 61, -90.0 + i % 83};
    assert_int_equal(ml_model_predict(model, rows, ROWS, batch), 0);
    for (int i = 0; i < ROWS; i += 13) {
        struct ml_prediction one;
        assert_int_equal(ml_model_predict(model, &rows[i], 1, &one), 0);
        assert_true(fabs(one.position_pct - batch[i].position_pct) < 1e-3);
        assert_true(fabs(one.confidence - batch[i].confidence) < 1e-4);
        assert_true(one.position_pct >= 0.0 && one.position_pct <= 100.0);
        assert_true(one.confidence >= 0.0 && one.confidence <= 1.0);
    }
    ml_model_close(model);
    free(rows);
    free(batch);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_int_equal(unlink(weights), 0);
    refused(ROOST_ERR_NOT_FOUND, "model.pt is missing");
    assert_int_equal(unlink(metadata), 0);
    refused(ROOST_ERR_NOT_FOUND, "metadata.json is missing");
    char current[ML_PATH_MAX];
    assert_int_equal(ml_path_join(current, dir, "current"), 0);
    assert_int_equal(unlink(current), 0);
    refused(ROOST_ERR_NOT_FOUND, "current is missing");
}

static void changed_weights_are_a_hash_mismatch(void **state)
{
    (void)state;
    char *data;
    size_t len;
    assert_int_equal(ml_file_read(weights, 1 << 20, &data, &len), 0);
    data[len / 2] = (char)(data[len / 2] ^ 1);
    assert_int_equal(ml_file_replace(weights, data, len), 0);
    free(data);
    refused(ROOST_ERR_CORRUPT, "hash mismatch");
}

static void another_feature_order_is_shown(void **state)
{
    (void)state;
    edit_metadata("[\"temperature\",\"humidity\"", "[\"humidity\",\"temperature\"");
    refused(ROOST_ERR_INVALID, "feature order is [\"humidity\",\"temperature\",\"sound_volume\"]");
}

static void percentiles_have_to_ascend(void **state)
{
    (void)state;
    edit_metadata("\"temperature\":{\"p10\":", "\"temperature\":{\"p10\":9");
    refused(ROOST_ERR_RANGE, "percentiles of temperature are not ascending");
}

static void version_and_folder_have_to_agree(void **state)
{
    (void)state;
    edit_metadata("\"version\":\"", "\"version\":\"v9");
    refused(ROOST_ERR_INVALID, "version mismatch");
}

static void other_bytes_are_not_torchscript(void **state)
{
    (void)state;
    replace_weights("PK\003\004 not really", 15);
    refused(ROOST_ERR_INVALID, "not a TorchScript file");
}

static void another_networks_output_shape_is_refused(void **state)
{
    (void)state;
    char *data;
    size_t len;
    assert_int_equal(ml_file_read(ML_TESTDATA "/three_outputs.pt", 1 << 20, &data, &len), 0);
    replace_weights(data, len);
    free(data);
    refused(ROOST_ERR_INVALID, "output shape is not 2 rows of 2 floats but [2,3]");
}

static void a_saved_model_is_the_same_model(void **state)
{
    (void)state;
    struct ml_model *model, *again;
    struct ml_prediction before, after;
    struct roost_features features = {23.4, 57.0, -49.0};
    assert_int_equal(ml_model_open(&model, dir, NULL, why), 0);
    struct ml_metadata next = model->metadata;
    assert_int_equal(ml_model_save(model->network, &next, dir, why), 0);
    assert_int_equal(ml_model_open(&again, dir, next.version, why), 0);
    assert_int_equal(ml_model_predict(model, &features, 1, &before), 0);
    assert_int_equal(ml_model_predict(again, &features, 1, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
    ml_model_close(model);
    ml_model_close(again);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_shipped_model_answers),
        CASE(a_batch_answers_as_single_rows_do),
        CASE(a_missing_file_is_named),
        CASE(changed_weights_are_a_hash_mismatch),
        CASE(another_feature_order_is_shown),
        CASE(percentiles_have_to_ascend),
        CASE(version_and_folder_have_to_agree),
        CASE(other_bytes_are_not_torchscript),
        CASE(another_networks_output_shape_is_refused),
        CASE(a_saved_model_is_the_same_model),
    };
    torch_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
