/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/err.h"
#include "ml/metadata.h"

static struct ml_metadata example(void)
{
    struct ml_metadata metadata = {
        .version = "v3",
        .parent = "v2",
        .trained_ms = 1767225600000,
        .seed = 7,
        .scaling = {.p10 = {20.2, 33.5, -64.4}, .p90 = {26.9, 65.8, -38.7}},
        .metrics = {.base = {100, 3.5, -0.2}, .label = {12, 8.25, 2.5}},
    };
    ml_curve_init(&metadata.confidence);
    memset(metadata.sha256, 'a', ML_SHA256_HEX);
    for (int i = 0; i < ML_TARGET_TERMS; i++)
        metadata.target.term[i] = 0.5 * i - 2.0;
    return metadata;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    char text[ML_METADATA_MAX], again[ML_METADATA_MAX], why[ML_WHY_MAX];
    struct ml_metadata metadata = example(), read;
    int len = ml_metadata_write(text, sizeof text, &metadata);
    assert_true(len > 0);
    assert_int_equal(ml_metadata_parse(&read, text, (size_t)len, why), 0);
    assert_string_equal(read.version, "v3");
    assert_string_equal(read.parent, "v2");
    assert_true(read.trained_ms == metadata.trained_ms && read.seed == 7);
    assert_true(read.metrics.base.nll < 0.0);
    assert_int_equal(ml_metadata_write(again, sizeof again, &read), len);
    assert_string_equal(text, again);
}

static void the_first_version_has_no_parent(void **state)
{
    (void)state;
    char text[ML_METADATA_MAX], why[ML_WHY_MAX];
    struct ml_metadata metadata = example(), read;
    metadata.parent[0] = '\0';
    int len = ml_metadata_write(text, sizeof text, &metadata);
    assert_non_null(strstr(text, "\"parent\":null"));
    assert_int_equal(ml_metadata_parse(&read, text, (size_t)len, why), 0);
    assert_string_equal(read.parent, "");
}

static void it_never_writes_past_the_buffer(void **state)
{
    (void)state;
    char text[ML_METADATA_MAX];
    struct ml_metadata metadata = example();
    int len = ml_metadata_write(text, sizeof text, &metadata);
    for (int size = 0; size <= len; size++)
        assert_int_equal(ml_metadata_write(text, (size_t)size, &metadata), ROOST_ERR_TOO_LONG);
}

/* One change to a good file, and what the refusal has to name. */
static const struct {
    const char *from, *to, *names;
} changes[] = {
    {"\"format\":1", "\"format\":2", "format 2"},
    {"\"format\":1,", "", "\"format\""},
    {"\"version\":\"v3\"", "\"version\":\"../v3\"", "\"version\""},
    {"\"version\":\"v3\"", "\"version\":3", "\"version\""},
    {"\"parent\":\"v2\"", "\"parent\":\"a b\"", "\"parent\""},
    {"\"trained_at\":\"2026-01-01", "\"trained_at\":\"2026-13-01", "\"trained_at\""},
    {"\"seed\":7", "\"seed\":-7", "\"seed\""},
    {"\"sha256\":\"aa", "\"sha256\":\"AA", "\"sha256\""},
    {"\"sha256\":\"aa", "\"sha256\":\"a", "\"sha256\""},
    {"[\"temperature\",\"humidity\",\"sound_volume\"]",
     "[\"humidity\",\"temperature\",\"sound_volume\"]",
     "feature order is [\"humidity\",\"temperature\",\"sound_volume\"]"},
    {"[\"temperature\",\"humidity\",\"sound_volume\"]", "[\"temperature\",\"humidity\"]",
     "feature order is"},
    {"\"p10\":33.5,\"p90\":65.8", "\"p10\":65.8,\"p90\":33.5",
     "percentiles of humidity are not ascending"},
    {"\"p10\":33.5,\"p90\":65.8", "\"p10\":33.5,\"p90\":33.5",
     "percentiles of humidity are not ascending"},
    {"\"p10\":20.2,", "", "percentiles\" of temperature"},
    {"\"p90\":-38.7", "\"p90\":\"-38.7\"", "percentiles\" of sound_volume"},
    {"\"confidence\":[0.0,", "\"confidence\":[0.9,", "\"confidence\" is not ascending"},
    {"\"confidence\":[0.0,", "\"confidence\":[", "\"confidence\" is no list"},
    {"\"target\":[-2.0,", "\"target\":[", "\"target\" is no list"},
};

static void every_mismatch_is_named(void **state)
{
    (void)state;
    char text[ML_METADATA_MAX], changed[ML_METADATA_MAX], why[ML_WHY_MAX];
    struct ml_metadata metadata = example(), read;
    assert_true(ml_metadata_write(text, sizeof text, &metadata) > 0);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *at = strstr(text, changes[i].from);
        assert_non_null(at);
        int len = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text,
                           changes[i].to, at + strlen(changes[i].from));
        assert_true(ml_metadata_parse(&read, changed, (size_t)len, why) < 0);
        if (!strstr(why, changes[i].names))
            fail_msg("\"%s\" does not name %s", why, changes[i].names);
    }
}

static void cut_or_foreign_text_is_refused(void **state)
{
    (void)state;
    char text[ML_METADATA_MAX], why[ML_WHY_MAX];
    struct ml_metadata metadata = example(), read;
    int len = ml_metadata_write(text, sizeof text, &metadata);
    for (int cut = 0; cut < len; cut++) {
        assert_true(ml_metadata_parse(&read, text, (size_t)cut, why) < 0);
        assert_true(why[0] != '\0');
    }
    assert_true(ml_metadata_parse(&read, "[]", 2, why) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_first_version_has_no_parent),
        cmocka_unit_test(it_never_writes_past_the_buffer),
        cmocka_unit_test(every_mismatch_is_named),
        cmocka_unit_test(cut_or_foreign_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
