/* SPDX-License-Identifier: Apache-2.0 */
/* Key-value flash: values, limits, and what a power cut may leave. */
#include "port/conformance_tests.h"

enum { CUT_LIMIT = 200 }; /* steps no single sequence here needs */

static int kv_get(struct roost_conformance *suite, const char *key, void *value, size_t size)
{
    const struct roost_kv *kv = &suite->port->kv;

    return kv->ops->get(kv->ctx, key, value, size);
}

static int kv_set(struct roost_conformance *suite, const char *key, const void *value, size_t len)
{
    const struct roost_kv *kv = &suite->port->kv;

    return kv->ops->set(kv->ctx, key, value, len);
}

static int kv_erase(struct roost_conformance *suite, const char *key)
{
    const struct roost_kv *kv = &suite->port->kv;

    return kv->ops->erase(kv->ctx, key);
}

static void clear(struct roost_conformance *suite)
{
    const struct roost_kv *kv = &suite->port->kv;

    assert_int_equal(kv->ops->erase_all(kv->ctx), 0);
}

static void test_kv_values(void **state)
{
    struct roost_conformance *suite = *state;
    char value[16];

    clear(suite);
    assert_int_equal(kv_get(suite, "h.boots", value, sizeof value), ROOST_ERR_NOT_FOUND);
    assert_int_equal(kv_set(suite, "h.boots", "one", 3), 0);
    assert_int_equal(kv_set(suite, "h.crash", "other", 5), 0);
    assert_int_equal(kv_get(suite, "h.boots", value, sizeof value), 3);
    assert_memory_equal(value, "one", 3);
    assert_int_equal(kv_set(suite, "h.boots", "longer", 6), 0);
    assert_int_equal(kv_get(suite, "h.boots", value, sizeof value), 6);
    assert_memory_equal(value, "longer", 6);
    assert_int_equal(kv_set(suite, "h.boots", NULL, 0), 0);
    assert_int_equal(kv_get(suite, "h.boots", value, sizeof value), 0);
    assert_int_equal(kv_erase(suite, "h.boots"), 0);
    assert_int_equal(kv_erase(suite, "h.boots"), 0);
    assert_int_equal(kv_get(suite, "h.boots", value, sizeof value), ROOST_ERR_NOT_FOUND);
    assert_int_equal(kv_get(suite, "h.crash", value, sizeof value), 5);
    clear(suite);
    assert_int_equal(kv_get(suite, "h.crash", value, sizeof value), ROOST_ERR_NOT_FOUND);
}

static void test_kv_limits(void **state)
{
    struct roost_conformance *suite = *state;
    static uint8_t big[ROOST_KV_VALUE_MAX + 1], back[ROOST_KV_VALUE_MAX + 1];

    clear(suite);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31);
    assert_int_equal(kv_set(suite, "fifteen_bytes_k", "x", 1), 0);
    assert_int_equal(kv_get(suite, "fifteen_bytes_k", back, sizeof back), 1);
    assert_int_equal(kv_set(suite, "sixteen_bytes_ke", "x", 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(kv_set(suite, "big", big, ROOST_KV_VALUE_MAX), 0);
    assert_int_equal(kv_set(suite, "big", big, ROOST_KV_VALUE_MAX + 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(kv_get(suite, "big", back, sizeof back), ROOST_KV_VALUE_MAX);
    assert_memory_equal(back, big, ROOST_KV_VALUE_MAX);
    memset(back, 0xAA, sizeof back);
    assert_int_equal(kv_get(suite, "big", back, ROOST_KV_VALUE_MAX - 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(back[0], 0xAA);
    clear(suite);
}

static void test_kv_survives_restart(void **state)
{
    struct roost_conformance *suite = *state;
    char value[16];

    clear(suite);
    assert_int_equal(kv_set(suite, "s.name", "device", 6), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    assert_int_equal(kv_get(suite, "s.name", value, sizeof value), 6);
    assert_memory_equal(value, "device", 6);
    clear(suite);
}

/* After a cut in `set` or `erase` at any step, the old or the new value is there, whole. */
static void cut_kv(struct roost_conformance *suite, const char *new_value)
{
    static const char old[] = "the value of before, which is not short";
    char value[128];

    for (uint32_t n = 1; n < CUT_LIMIT; n++) {
        assert_int_equal(kv_set(suite, "k", old, sizeof old), 0);
        assert_int_equal(kv_set(suite, "other", "safe", 4), 0);
        suite->cut_after(suite->ctx, n);
        int result =
            new_value ? kv_set(suite, "k", new_value, strlen(new_value) + 1) : kv_erase(suite, "k");
        assert_int_equal(suite->restart(suite->ctx), 0);
        int got = kv_get(suite, "k", value, sizeof value);
        bool is_old = got == sizeof old && memcmp(value, old, sizeof old) == 0;
        bool is_new = new_value ? got == (int)strlen(new_value) + 1 && strcmp(value, new_value) == 0
                                : got == ROOST_ERR_NOT_FOUND;
        if (!is_new && (result == 0 || !is_old))
            fail_msg("cut at step %u: result %d, then get returned %d", (unsigned)n, result, got);
        assert_int_equal(kv_get(suite, "other", value, sizeof value), 4);
        if (result == 0)
            return;
    }
    fail_msg("never ran clean");
}

static void test_kv_cut(void **state)
{
    struct roost_conformance *suite = *state;

    if (!suite->cut_after)
        return;
    clear(suite);
    cut_kv(suite, "the new value, of another length than the old one");
    cut_kv(suite, NULL);
    clear(suite);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_kv_values),
    cmocka_unit_test(test_kv_limits),
    cmocka_unit_test(test_kv_survives_restart),
    cmocka_unit_test(test_kv_cut),
};

struct conformance_group conformance_kv_group(void)
{
    return (struct conformance_group){"kv", tests, sizeof tests / sizeof tests[0]};
}
