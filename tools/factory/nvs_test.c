/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the writer. What it writes is read by tests/factory, with a reader of its own. */
#include "tools/factory/nvs.h"

#include <stdbool.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

enum { PAGES = 4, ENTRIES = 126 };

static uint8_t image[PAGES * NVS_PAGE_BYTES];
static struct nvs nvs;

static void begin(void)
{
    nvs_begin(&nvs, image, sizeof image, "factory");
}

/* Fills with numbers until `entries` of the page are taken; the namespace took the first. */
static void fill(size_t entries)
{
    while (nvs.entry < entries)
        nvs_u8(&nvs, "n", 1);
}

static void test_names_and_values_have_limits(void **state)
{
    static char text[NVS_VALUE_MAX + 1];
    static const uint8_t blob[NVS_VALUE_MAX];

    (void)state;
    memset(text, 'x', sizeof text - 2); /* with its NUL as long as allowed */
    begin();
    nvs_text(&nvs, "fifteen-letters", text);
    nvs_blob(&nvs, "b", blob, 3968);
    assert_int_equal(nvs_end(&nvs), 0);

    begin();
    nvs_u8(&nvs, "sixteen--letters", 1);
    assert_int_equal(nvs_end(&nvs), ROOST_ERR_TOO_LONG);
    nvs_u8(&nvs, "short", 1);
    assert_int_equal(nvs_end(&nvs), ROOST_ERR_TOO_LONG); /* the first error stays */
    assert_int_equal(nvs.entry, 1);

    text[sizeof text - 2] = 'x';
    begin();
    nvs_text(&nvs, "t", text);
    assert_int_equal(nvs_end(&nvs), ROOST_ERR_TOO_LONG);
    begin();
    nvs_blob(&nvs, "b", blob, 3969);
    assert_int_equal(nvs_end(&nvs), ROOST_ERR_TOO_LONG);
}

static void test_values_stay_in_one_page(void **state)
{
    static const uint8_t blob[64];

    (void)state;
    begin();
    fill(ENTRIES - 2);
    nvs_text(&nvs, "t", "fits"); /* two entries: head and text */
    assert_int_equal(nvs.page, 0);
    assert_int_equal(nvs.entry, ENTRIES);
    nvs_u8(&nvs, "n", 1);
    assert_int_equal(nvs.page, 1);
    assert_int_equal(image[0], 0xFC);              /* full */
    assert_int_equal(image[NVS_PAGE_BYTES], 0xFE); /* active */

    fill(ENTRIES - 3); /* a blob of two entries takes four with head and index */
    nvs_blob(&nvs, "b", blob, sizeof blob);
    assert_int_equal(nvs.page, 2);
    assert_int_equal(nvs.entry, 4);
    assert_int_equal(nvs_end(&nvs), 0);
    assert_int_equal(image[NVS_PAGE_BYTES + 64 + (ENTRIES - 1) * 32], 0xFF);
}

static void test_the_last_page_stays_empty(void **state)
{
    (void)state;
    begin();
    while (!nvs.err)
        nvs_u32(&nvs, "n", 7);
    assert_int_equal(nvs_end(&nvs), ROOST_ERR_FULL);
    assert_int_equal(nvs.page, PAGES - 2);
    for (size_t i = 0; i < NVS_PAGE_BYTES; i++)
        assert_int_equal(image[(PAGES - 1) * NVS_PAGE_BYTES + i], 0xFF);
}

static void test_encryption_leaves_what_is_empty(void **state)
{
    static uint8_t before[sizeof image];
    uint8_t keys[NVS_KEY_BYTES], page[NVS_PAGE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (uint8_t)i;
    begin();
    nvs_text(&nvs, "t", "a text");
    memcpy(before, image, sizeof image);
    assert_int_equal(nvs_encrypt(image, sizeof image, keys), 0);
    for (size_t at = 0; at < sizeof image; at += 32) {
        bool written = at >= 64 && at < 64 + 3 * 32; /* namespace, head, text */
        assert_int_equal(memcmp(image + at, before + at, 32) != 0, written);
    }
    nvs_key_page(page, keys);
    assert_memory_equal(page, keys, sizeof keys);

    /* XTS needs two keys: the same one twice is refused. */
    memset(keys, 7, sizeof keys);
    assert_int_equal(nvs_encrypt(image, sizeof image, keys), ROOST_ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_values_have_limits),
        cmocka_unit_test(test_values_stay_in_one_page),
        cmocka_unit_test(test_the_last_page_stays_empty),
        cmocka_unit_test(test_encryption_leaves_what_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
