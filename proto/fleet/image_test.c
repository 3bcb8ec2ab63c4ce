/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/fleet/image.h"

static uint8_t head[ROOST_IMAGE_HEAD_BYTES + 8];
static struct roost_image image;

/* The head that esptool wrote for an ESP32-C3 application, with our description. */
static void make(void)
{
    static const uint8_t start[] = {
        0xE9, 0x05, 0x02, 0x2F, 0x16, 0x02, 0x38, 0x40, 0xEE, 0x00, 0x00, 0x00, 0x05, 0x00,
        0x03, 0x03, 0x00, 0xC7, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x00, 0x0C, 0x3C,
        0x08, 0xB9, 0x02, 0x00, 0x32, 0x54, 0xCD, 0xAB, 0x07, 0x00, 0x01, 0x00,
    };
    memset(head, 0, sizeof head);
    memcpy(head, start, sizeof start);
    memcpy(head + 48, "1.4.0-rc1", 9);
    memcpy(head + 80, "roost-window", 12);
}

static int read_head(void)
{
    memset(&image, 0x55, sizeof image);
    return roost_image_read(&image, head, ROOST_IMAGE_HEAD_BYTES);
}

static void a_head_is_read(void **state)
{
    (void)state;
    make();
    assert_int_equal(read_head(), 0);
    assert_int_equal(image.segments, 5);
    assert_int_equal(image.chip, ROOST_CHIP_ESP32C3);
    assert_int_equal(image.security_version, 0x10007);
    assert_string_equal(image.version, "1.4.0-rc1");
    assert_string_equal(image.project, "roost-window");
    head[12] = 0xF0;
    head[13] = 0xFF;
    assert_int_equal(roost_image_read(&image, head, sizeof head), 0); /* more may follow */
    assert_int_equal(image.chip, ROOST_CHIP_LINUX);
}

static void every_shorter_one_is_truncated(void **state)
{
    (void)state;
    make();
    for (size_t len = 0; len < ROOST_IMAGE_HEAD_BYTES; len++)
        assert_int_equal(roost_image_read(&image, head, len), ROOST_ERR_TRUNCATED);
}

static void what_is_no_image_is_corrupt(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
    } bad[] = {{0, 0xE8}, {0, 0xFF}, {1, 0}, {1, 17}, {32, 0x33}, {33, 0}, {34, 0}, {35, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make();
        head[bad[i].at] = bad[i].value;
        assert_int_equal(read_head(), ROOST_ERR_CORRUPT);
    }
    memset(head, 0xFF, sizeof head);
    assert_int_equal(read_head(), ROOST_ERR_CORRUPT);
    memset(head, 0, sizeof head);
    assert_int_equal(read_head(), ROOST_ERR_CORRUPT);
    make();
    head[1] = 1;
    assert_int_equal(read_head(), 0);
    head[1] = 16;
    assert_int_equal(read_head(), 0);
}

static void text_needs_its_end(void **state)
{
    (void)state;
    make();
    memset(head + 48, '1', 31);
    memset(head + 80, 'x', 31);
    assert_int_equal(read_head(), 0);
    assert_int_equal(strlen(image.version), 31);
    head[48 + 31] = '1';
    assert_int_equal(read_head(), ROOST_ERR_CORRUPT);
    head[48 + 31] = 0;
    head[80 + 31] = 'x';
    assert_int_equal(read_head(), ROOST_ERR_CORRUPT);
}

static void targets_have_chips(void **state)
{
    (void)state;
    assert_int_equal(roost_chip_find("esp32"), 0);
    assert_int_equal(roost_chip_find("esp32s3"), 9);
    assert_int_equal(roost_chip_find("esp32c3"), 5);
    assert_int_equal(roost_chip_find("linux"), 0xFFF0);
    assert_int_equal(roost_chip_find("esp32c6"), -1);
    assert_int_equal(roost_chip_find("esp3"), -1);
    assert_int_equal(roost_chip_find(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_read),
        cmocka_unit_test(every_shorter_one_is_truncated),
        cmocka_unit_test(what_is_no_image_is_corrupt),
        cmocka_unit_test(text_needs_its_end),
        cmocka_unit_test(targets_have_chips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
