/* SPDX-License-Identifier: Apache-2.0 */
/* Key-value flash and the journal's region: values, limits, and what a power cut may leave. */
#include "port/conformance_tests.h"

enum { CUT_LIMIT = 200 }; /* steps no single sequence here needs */

/* ---- key-value ---- */

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
    assert_int_equal(kv_set(suite, "s.name", "window", 6), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    assert_int_equal(kv_get(suite, "s.name", value, sizeof value), 6);
    assert_memory_equal(value, "window", 6);
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

/* ---- the region ---- */

static int program(struct roost_conformance *suite, uint32_t offset, const void *data, size_t len)
{
    const struct roost_flash *flash = &suite->port->journal;

    return flash->ops->program(flash->ctx, offset, data, len);
}

static int erase(struct roost_conformance *suite, uint32_t sector)
{
    const struct roost_flash *flash = &suite->port->journal;

    return flash->ops->erase(flash->ctx, sector);
}

static void expect_bytes(struct roost_conformance *suite, uint32_t offset, const uint8_t *bytes,
                         size_t len)
{
    const struct roost_flash *flash = &suite->port->journal;
    uint8_t back[256];

    assert_true(len <= sizeof back);
    assert_int_equal(flash->ops->read(flash->ctx, offset, back, len), 0);
    assert_memory_equal(back, bytes, len);
}

static void fill(uint8_t *bytes, size_t len, uint8_t value)
{
    memset(bytes, value, len);
}

static void test_flash_programs(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_flash *flash = &suite->port->journal;
    uint8_t bytes[64];

    assert_int_equal(flash->sector_bytes, 4096);
    assert_true(flash->sector_count >= 3);
    assert_true(flash->program_bytes >= 1 && flash->program_bytes <= 16);
    assert_int_equal(flash->sector_bytes % flash->program_bytes, 0);
    assert_int_equal(erase(suite, 0), 0);
    assert_int_equal(erase(suite, 1), 0);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(suite, 0, bytes, sizeof bytes);
    expect_bytes(suite, 4096 - 64, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xF5);
    assert_int_equal(program(suite, 64, bytes, sizeof bytes), 0);
    expect_bytes(suite, 64, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(suite, 0, bytes, sizeof bytes);
    expect_bytes(suite, 128, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0x5F); /* bits only go from 1 to 0 */
    assert_int_equal(program(suite, 64, bytes, sizeof bytes), 0);
    fill(bytes, sizeof bytes, 0x55);
    expect_bytes(suite, 64, bytes, sizeof bytes);
    assert_int_equal(erase(suite, 0), 0);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(suite, 64, bytes, sizeof bytes);
}

static void test_flash_limits(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_flash *flash = &suite->port->journal;
    uint32_t size = flash->sector_bytes * flash->sector_count;
    uint8_t bytes[64] = {0};

    assert_true(erase(suite, flash->sector_count) < 0);
    assert_true(program(suite, size, bytes, 16) < 0);
    assert_true(program(suite, flash->sector_bytes - 16, bytes, 32) < 0);
    assert_true(flash->ops->read(flash->ctx, size - 8, bytes, 16) < 0);
    assert_int_equal(flash->ops->read(flash->ctx, size - 16, bytes, 16), 0);
    if (flash->program_bytes > 1) {
        assert_true(program(suite, 1, bytes, flash->program_bytes) < 0);
        assert_true(program(suite, 0, bytes, flash->program_bytes + 1) < 0);
    }
}

static void test_flash_survives_restart(void **state)
{
    struct roost_conformance *suite = *state;
    uint8_t bytes[64];

    assert_int_equal(erase(suite, 2), 0);
    fill(bytes, sizeof bytes, 0x3C);
    assert_int_equal(program(suite, 2 * 4096 + 128, bytes, sizeof bytes), 0);
    assert_int_equal(suite->restart(suite->ctx), 0);
    expect_bytes(suite, 2 * 4096 + 128, bytes, sizeof bytes);
    fill(bytes, sizeof bytes, 0xFF);
    expect_bytes(suite, 2 * 4096 + 192, bytes, sizeof bytes);
}

enum { RECORDS = 4, RECORD_BYTES = 48 };

/* A program that was cut leaves a prefix, one torn unit, and nothing after it. */
static void check_cut_record(struct roost_conformance *suite, int record, uint8_t value)
{
    const struct roost_flash *flash = &suite->port->journal;
    uint8_t back[RECORD_BYTES];
    uint32_t offset = (uint32_t)record * RECORD_BYTES;
    size_t at = 0;

    assert_int_equal(flash->ops->read(flash->ctx, offset, back, sizeof back), 0);
    while (at < sizeof back && back[at] == value)
        at++;
    at = (at / flash->program_bytes + 1) * flash->program_bytes;
    for (; at < sizeof back; at++)
        assert_int_equal(back[at], 0xFF);
}

static void test_flash_cut(void **state)
{
    struct roost_conformance *suite = *state;
    uint8_t bytes[RECORD_BYTES], untouched[RECORD_BYTES];

    if (!suite->cut_after)
        return;
    fill(untouched, sizeof untouched, 0xFF);
    for (uint32_t n = 1; n < CUT_LIMIT; n++) {
        int done = 0;
        assert_int_equal(erase(suite, 0), 0);
        suite->cut_after(suite->ctx, n);
        for (int i = 0; i < RECORDS; i++) {
            fill(bytes, sizeof bytes, (uint8_t)(0x40 + i));
            if (program(suite, (uint32_t)i * RECORD_BYTES, bytes, sizeof bytes) == 0)
                done++;
            else
                break;
        }
        if (done < RECORDS)
            assert_true(program(suite, RECORDS * RECORD_BYTES, bytes, sizeof bytes) < 0);
        assert_int_equal(suite->restart(suite->ctx), 0);
        for (int i = 0; i < done; i++) {
            fill(bytes, sizeof bytes, (uint8_t)(0x40 + i));
            expect_bytes(suite, (uint32_t)i * RECORD_BYTES, bytes, sizeof bytes);
        }
        if (done == RECORDS)
            return;
        check_cut_record(suite, done, (uint8_t)(0x40 + done));
        for (int i = done + 1; i <= RECORDS; i++)
            expect_bytes(suite, (uint32_t)i * RECORD_BYTES, untouched, sizeof untouched);
    }
    fail_msg("never ran clean");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_kv_values),
    cmocka_unit_test(test_kv_limits),
    cmocka_unit_test(test_kv_survives_restart),
    cmocka_unit_test(test_kv_cut),
    cmocka_unit_test(test_flash_programs),
    cmocka_unit_test(test_flash_limits),
    cmocka_unit_test(test_flash_survives_restart),
    cmocka_unit_test(test_flash_cut),
};

struct conformance_group conformance_flash_group(void)
{
    return (struct conformance_group){"flash", tests, sizeof tests / sizeof tests[0]};
}
