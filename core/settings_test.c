/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/settings.h"
#include "port/port.h"

/* ---- a kv in memory that can fail ---- */

enum { SLOTS = 16 };

static struct {
    char key[ROOST_KV_KEY_MAX + 1], value[80];
    int len;
} slots[SLOTS];
static int fail_get;
static int writes, fail_from, fail_to; /* the writes of these numbers fail */

static int slot_of(const char *key)
{
    for (int i = 0; i < SLOTS; i++)
        if (strcmp(slots[i].key, key) == 0)
            return i;
    return -1;
}

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    (void)ctx;
    int i = slot_of(key);
    if (fail_get)
        return fail_get;
    if (i < 0)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)slots[i].len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, slots[i].value, (size_t)slots[i].len);
    return slots[i].len;
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    assert_true(strlen(key) <= ROOST_KV_KEY_MAX);
    int number = writes++;
    if (number >= fail_from && number < fail_to)
        return ROOST_ERR_IO;
    int i = slot_of(key) >= 0 ? slot_of(key) : slot_of("");
    assert_true(i >= 0 && len < sizeof slots[i].value);
    memcpy(slots[i].key, key, strlen(key) + 1);
    memcpy(slots[i].value, value, len);
    slots[i].len = (int)len;
    return ROOST_OK;
}

static int kv_erase(void *ctx, const char *key)
{
    (void)ctx;
    int number = writes++;
    if (number >= fail_from && number < fail_to)
        return ROOST_ERR_IO;
    if (slot_of(key) >= 0)
        slots[slot_of(key)].key[0] = '\0';
    return ROOST_OK;
}

static int kv_erase_all(void *ctx)
{
    (void)ctx;
    memset(slots, 0, sizeof slots);
    return ROOST_OK;
}

static const struct roost_kv_ops kv_ops = {kv_get, kv_set, kv_erase, kv_erase_all};
static const struct roost_kv kv = {&kv_ops, NULL};

/* ---- the table under test ---- */

enum { INTERVAL, STEP, SOUND, NAME, PSK, COUNT };

static const struct roost_setting table[COUNT] = {
    [INTERVAL] = {.key = "sample_interval_ms",
                  .type = ROOST_SETTING_INT,
                  .initial = 10000,
                  .min = 500,
                  .max = 3600000,
                  .unit = "ms"},
    [STEP] =
        {.key = "step", .type = ROOST_SETTING_MILLI, .initial = 500, .min = -1000, .max = 5000},
    [SOUND] = {.key = "sound", .type = ROOST_SETTING_BOOL, .initial = 1},
    [NAME] =
        {.key = "name", .type = ROOST_SETTING_STRING, .min = 1, .max = 8, .initial_text = "w1"},
    [PSK] = {.key = "wifi_psk", .type = ROOST_SETTING_STRING, .min = 0, .max = 63, .secret = true},
};

static struct roost_settings settings;
static union roost_setting_value values[COUNT];

static int reload(void)
{
    memset(values, 0x55, sizeof values);
    return roost_settings_init(&settings, table, COUNT, values, &kv);
}

static void fresh(void)
{
    memset(slots, 0, sizeof slots);
    fail_get = 0;
    writes = fail_from = fail_to = 0;
    assert_int_equal(reload(), 0);
}

static void expect_defaults(void)
{
    assert_int_equal(roost_settings_int(&settings, INTERVAL), 10000);
    assert_int_equal(roost_settings_int(&settings, STEP), 500);
    assert_int_equal(roost_settings_int(&settings, SOUND), 1);
    assert_string_equal(roost_settings_text(&settings, NAME), "w1");
    assert_string_equal(roost_settings_text(&settings, PSK), "");
}

static void defaults_hold_without_flash(void **state)
{
    (void)state;
    fresh();
    expect_defaults();
    assert_int_equal(settings.ignored, 0);
}

static void values_survive_a_restart(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(roost_settings_set_int(&settings, INTERVAL, 500), 0);
    assert_int_equal(roost_settings_set_int(&settings, STEP, -1), 0);
    assert_int_equal(roost_settings_set_int(&settings, SOUND, 0), 0);
    assert_int_equal(roost_settings_set_text(&settings, NAME, "12345678"), 0);
    assert_int_equal(reload(), 0);
    assert_int_equal(roost_settings_int(&settings, INTERVAL), 500);
    assert_int_equal(roost_settings_int(&settings, STEP), -1);
    assert_int_equal(roost_settings_int(&settings, SOUND), 0);
    assert_string_equal(roost_settings_text(&settings, NAME), "12345678");
    assert_int_equal(settings.ignored, 0);
}

/* The keys and texts on flash are for ever: the next firmware reads them. */
static void flash_form_is_fixed(void **state)
{
    (void)state;
    fresh();
    roost_settings_set_int(&settings, INTERVAL, 500);
    roost_settings_set_int(&settings, STEP, -1);
    roost_settings_set_int(&settings, SOUND, 0);
    roost_settings_set_text(&settings, NAME, "n");
    static const char *const stored[][2] = {
        {"s.samp.da2e8202", "500"}, {"s.step", "-0.001"}, {"s.sound", "false"}, {"s.name", "n"}};
    for (size_t i = 0; i < 4; i++) {
        int slot = slot_of(stored[i][0]);
        assert_true(slot >= 0);
        assert_int_equal(slots[slot].len, strlen(stored[i][1]));
        assert_memory_equal(slots[slot].value, stored[i][1], strlen(stored[i][1]));
    }
}

static void a_default_takes_no_room(void **state)
{
    (void)state;
    fresh();
    roost_settings_set_int(&settings, SOUND, 0);
    assert_true(slot_of("s.sound") >= 0);
    roost_settings_set_int(&settings, SOUND, 1);
    assert_int_equal(slot_of("s.sound"), -1);
    int before = writes;
    roost_settings_set_int(&settings, SOUND, 1); /* no change: flash is not worn */
    assert_int_equal(writes, before);
}

static void limits_are_kept(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(roost_settings_set_int(&settings, INTERVAL, 499), ROOST_ERR_RANGE);
    assert_int_equal(roost_settings_set_int(&settings, INTERVAL, 3600001), ROOST_ERR_RANGE);
    assert_int_equal(roost_settings_set_int(&settings, SOUND, 2), ROOST_ERR_RANGE);
    assert_int_equal(roost_settings_set_int(&settings, SOUND, -1), ROOST_ERR_RANGE);
    assert_int_equal(roost_settings_set_text(&settings, NAME, ""), ROOST_ERR_RANGE);
    assert_int_equal(roost_settings_set_text(&settings, NAME, "123456789"), ROOST_ERR_TOO_LONG);
    char longer[200];
    memset(longer, 'x', sizeof longer);
    longer[199] = '\0';
    assert_int_equal(roost_settings_set_text(&settings, PSK, longer), ROOST_ERR_TOO_LONG);
    expect_defaults();
    assert_int_equal(writes, 0);
}

static void bad_stored_values_are_ignored(void **state)
{
    (void)state;
    fresh();
    static const char *const bad[][2] = {
        {"s.samp.da2e8202", "499"}, {"s.samp.da2e8202", "5e"}, {"s.samp.da2e8202", ""},
        {"s.samp.da2e8202", "1.5"}, {"s.step", "5.001"},       {"s.step", "0.0001"},
        {"s.sound", "1"},           {"s.sound", "True"},       {"s.name", ""},
        {"s.name", "123456789"},    {"s.name", "x\0y"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(slots, 0, sizeof slots);
        size_t len = i + 1 < sizeof bad / sizeof bad[0] ? strlen(bad[i][1]) : 3;
        kv_set(NULL, bad[i][0], bad[i][1], len);
        assert_int_equal(reload(), 0);
        assert_int_equal(settings.ignored, 1);
        expect_defaults();
    }
    memset(slots, 0, sizeof slots);
    slots[0].len = 70;
    memcpy(slots[0].key, "s.name", 7);
    assert_int_equal(reload(), 0);
    assert_int_equal(settings.ignored, 1);
}

static void a_failing_flash_is_told(void **state)
{
    (void)state;
    fresh();
    fail_to = 1000;
    assert_int_equal(roost_settings_set_int(&settings, INTERVAL, 500), ROOST_ERR_IO);
    assert_int_equal(roost_settings_set_text(&settings, NAME, "x"), ROOST_ERR_IO);
    assert_int_equal(roost_settings_reset(&settings), ROOST_ERR_IO);
    expect_defaults();
    fail_get = ROOST_ERR_IO;
    assert_int_equal(reload(), ROOST_ERR_IO);
    expect_defaults();
    fail_get = ROOST_ERR_CORRUPT;
    assert_int_equal(reload(), 0);
    assert_int_equal(settings.ignored, COUNT);
    expect_defaults();
}

static void reset_returns_to_the_defaults(void **state)
{
    (void)state;
    fresh();
    roost_settings_set_int(&settings, INTERVAL, 500);
    roost_settings_set_text(&settings, PSK, "abcdefgh");
    assert_int_equal(roost_settings_reset(&settings), 0);
    expect_defaults();
    assert_int_equal(reload(), 0);
    expect_defaults();
    for (int i = 0; i < SLOTS; i++)
        assert_string_equal(slots[i].key, "");
}

/* ---- JSON ---- */

static char bad_key[12];

static int apply(const char *text)
{
    struct roost_json doc;
    struct roost_json_token tokens[16];
    assert_int_equal(roost_json_parse(&doc, tokens, 16, text, strlen(text)), 0);
    memset(bad_key, 'x', sizeof bad_key);
    return roost_settings_apply_json(&settings, &doc, ROOST_JSON_ROOT, bad_key, sizeof bad_key);
}

static void json_is_applied_and_stored(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(apply("{}"), 0);
    assert_int_equal(apply("{\"sample_interval_ms\":500,\"step\":-0.25,\"sound\":false,"
                           "\"name\":\"\\u062f\\n\",\"wifi_psk\":\"abcdefgh\"}"),
                     0);
    assert_string_equal(bad_key, "");
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(roost_settings_int(&settings, INTERVAL), 500);
        assert_int_equal(roost_settings_int(&settings, STEP), -250);
        assert_int_equal(roost_settings_int(&settings, SOUND), 0);
        assert_string_equal(roost_settings_text(&settings, NAME), "\xD8\xAF\n");
        assert_string_equal(roost_settings_text(&settings, PSK), "abcdefgh");
        reload();
    }
}

static void bad_json_changes_nothing(void **state)
{
    (void)state;
    fresh();
    static const struct {
        const char *text, *key;
        int err;
    } cases[] = {
        {"{\"step\":1,\"colour\":1}", "colour", ROOST_ERR_NOT_FOUND},
        {"{\"step\":1,\"\":1}", "", ROOST_ERR_NOT_FOUND},
        {"{\"a_very_long_name_of_no_setting_at_all\":1}", "a_very_long", ROOST_ERR_NOT_FOUND},
        {"{\"step\":1,\"sound\":1}", "sound", ROOST_ERR_INVALID},
        {"{\"step\":1,\"sound\":null}", "sound", ROOST_ERR_INVALID},
        {"{\"step\":\"1\"}", "step", ROOST_ERR_INVALID},
        {"{\"sample_interval_ms\":true}", "sample_inte", ROOST_ERR_INVALID},
        {"{\"step\":1,\"name\":5}", "name", ROOST_ERR_INVALID},
        {"{\"step\":1,\"name\":[\"x\"]}", "name", ROOST_ERR_INVALID},
        {"{\"step\":1,\"step\":2}", "step", ROOST_ERR_INVALID},
        {"{\"step\":1,\"name\":\"a\\u0000\"}", "name", ROOST_ERR_INVALID},
        {"{\"step\":1,\"sample_interval_ms\":499}", "sample_inte", ROOST_ERR_RANGE},
        {"{\"step\":1,\"sample_interval_ms\":1000.5}", "sample_inte", ROOST_ERR_RANGE},
        {"{\"step\":5.001}", "step", ROOST_ERR_RANGE},
        {"{\"step\":0.0005}", "step", ROOST_ERR_RANGE},
        {"{\"step\":1e308}", "step", ROOST_ERR_RANGE},
        {"{\"step\":1,\"name\":\"\"}", "name", ROOST_ERR_RANGE},
        {"{\"step\":1,\"name\":\"123456789\"}", "name", ROOST_ERR_TOO_LONG},
        {"[1]", "", ROOST_ERR_INVALID},
        {"1", "", ROOST_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(apply(cases[i].text), cases[i].err);
        assert_string_equal(bad_key, cases[i].key);
        expect_defaults();
        assert_int_equal(writes, 0);
    }
}

static void a_store_that_fails_half_way_is_undone(void **state)
{
    (void)state;
    fresh();
    roost_settings_set_int(&settings, INTERVAL, 700);
    for (int good = 0; good < 3; good++) {
        writes = 0;
        fail_from = good;
        fail_to = good + 1;
        assert_int_equal(apply("{\"sample_interval_ms\":900,\"step\":1,\"sound\":false}"),
                         ROOST_ERR_IO);
        static const char *const names[] = {"sample_inte", "step", "sound"};
        assert_string_equal(bad_key, names[good]);
        for (int restarted = 0; restarted < 2; restarted++) {
            assert_int_equal(roost_settings_int(&settings, INTERVAL), 700);
            assert_int_equal(roost_settings_int(&settings, STEP), 500);
            assert_int_equal(roost_settings_int(&settings, SOUND), 1);
            assert_int_equal(reload(), 0);
        }
    }
}

static void json_shows_no_secret(void **state)
{
    (void)state;
    fresh();
    struct roost_json_writer w;
    char out[200];
    roost_settings_set_text(&settings, PSK, "swordfish");
    roost_settings_set_text(&settings, NAME, "a\"b");
    roost_json_begin(&w, out, sizeof out);
    roost_settings_write_json(&settings, &w);
    assert_true(roost_json_finish(&w) > 0);
    assert_string_equal(out, "{\"sample_interval_ms\":10000,\"step\":0.5,\"sound\":true,"
                             "\"name\":\"a\\\"b\",\"wifi_psk\":\"***\"}");
}

/* ---- collisions ---- */

static jmp_buf escape;

static void on_assert(const char *file, int line)
{
    (void)file;
    (void)line;
    longjmp(escape, 1);
}

static void two_settings_of_one_key_are_a_bug(void **state)
{
    (void)state;
    fresh();
    static const struct roost_setting twins[] = {
        {.key = "name", .type = ROOST_SETTING_BOOL},
        {.key = "other", .type = ROOST_SETTING_BOOL},
        {.key = "name", .type = ROOST_SETTING_BOOL},
    };
    roost_assert_handler(on_assert);
    if (setjmp(escape) == 0) {
        roost_settings_init(&settings, twins, 3, values, &kv);
        fail_msg("two settings share a flash key");
    }
    roost_assert_handler(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_without_flash),
        cmocka_unit_test(values_survive_a_restart),
        cmocka_unit_test(flash_form_is_fixed),
        cmocka_unit_test(a_default_takes_no_room),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(bad_stored_values_are_ignored),
        cmocka_unit_test(a_failing_flash_is_told),
        cmocka_unit_test(reset_returns_to_the_defaults),
        cmocka_unit_test(json_is_applied_and_stored),
        cmocka_unit_test(bad_json_changes_nothing),
        cmocka_unit_test(a_store_that_fails_half_way_is_undone),
        cmocka_unit_test(json_shows_no_secret),
        cmocka_unit_test(two_settings_of_one_key_are_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
