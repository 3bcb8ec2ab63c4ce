/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/firmware/manifest.h"

#define DIGITS_16 "0123456789abcdef"
#define DIGITS_64 DIGITS_16 DIGITS_16 DIGITS_16 DIGITS_16

static const char whole[] =
    "{\"version\":\"1.4.0\",\"build\":\"a1b2\",\"available\":true,\"mandatory\":true,"
    "\"sha256\":\"" DIGITS_64 "\",\"size\":1048576,\"notes\":\"Quieter \\\"stepper\\\"\","
    "\"compatibility\":{\"min_hardware_version\":1,\"max_hardware_version\":9,"
    "\"required_bootloader\":\"2\"},\"meta\":{\"product\":\"window\",\"target\":\"esp32c3\","
    "\"line\":7},\"security_version\":3,\"key_id\":\"" DIGITS_16
    "\",\"signature\":\"" DIGITS_64 DIGITS_64 "\",\"url\":\"http://elsewhere/\"}";

static struct firmware_manifest manifest;
static char why[192];

static int read_text(const char *text)
{
    why[0] = '\0';
    return firmware_manifest_read(&manifest, text, strlen(text), why, sizeof why);
}

static void what_is_written_is_what_was_read(void **state)
{
    char json[ROOST_MANIFEST_MAX];
    (void)state;
    assert_int_equal(read_text(whole), 0);
    assert_true(firmware_manifest_write(json, sizeof json, &manifest, "https://hub/image") > 0);
    assert_string_equal(
        json, "{\"version\":\"1.4.0\",\"build\":\"a1b2\",\"available\":true,\"mandatory\":true,"
              "\"url\":\"https://hub/image\",\"sha256\":\"" DIGITS_64 "\",\"size\":1048576,"
              "\"notes\":\"Quieter \\\"stepper\\\"\",\"compatibility\":{\"min_hardware_version\":1,"
              "\"max_hardware_version\":9,\"required_bootloader\":\"2\"},\"meta\":{\"product\":"
              "\"window\",\"target\":\"esp32c3\",\"line\":7},\"signature\":\"" DIGITS_64 DIGITS_64
              "\",\"key_id\":\"" DIGITS_16 "\",\"security_version\":3}");
}

static void devices_read_what_is_written(void **state)
{
    char json[ROOST_MANIFEST_MAX];
    struct roost_manifest device;
    const char *field = "";
    (void)state;
    assert_int_equal(read_text(whole), 0);
    int len = firmware_manifest_write(json, sizeof json, &manifest, "https://hub/image");
    assert_int_equal(roost_manifest_read(&device, json, (size_t)len, &field), 0);
    assert_string_equal(device.version, "1.4.0");
    assert_string_equal(device.url, "https://hub/image");
    assert_string_equal(device.product, "window");
    assert_string_equal(device.target, "esp32c3");
    assert_int_equal(device.size_bytes, 1048576);
    assert_int_equal(device.security_version, 3);
    assert_int_equal(device.max_hardware, 9);
    assert_true(device.mandatory);
}

static void what_may_be_absent_has_a_value(void **state)
{
    char json[ROOST_MANIFEST_MAX];
    (void)state;
    assert_int_equal(read_text("{\"version\":\"1\",\"size\":1,\"sha256\":\"" DIGITS_64
                               "\",\"signature\":\"" DIGITS_64 DIGITS_64 "\",\"key_id\":"
                               "\"0123456789ABCDEF\",\"security_version\":0,"
                               "\"meta\":{\"product\":\"window\",\"target\":\"linux\"}}"),
                     0);
    assert_true(firmware_manifest_write(json, sizeof json, &manifest, "u") > 0);
    assert_non_null(strstr(json, "\"build\":null,\"available\":true,\"mandatory\":false,"));
    assert_non_null(strstr(json, "\"notes\":\"\",\"compatibility\":{\"min_hardware_version\":0,"
                                 "\"max_hardware_version\":4294967295,"
                                 "\"required_bootloader\":null}"));
    assert_non_null(strstr(json, "\"key_id\":\"" DIGITS_16 "\""));
}

/* The text with the first occurrence of a part replaced. */
static const char *with(const char *part, const char *instead)
{
    static char text[sizeof whole + 1500];
    const char *at = strstr(whole, part);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, instead, at + strlen(part));
    return text;
}

static void a_refusal_names_the_member(void **state)
{
    static const struct {
        const char *part, *instead, *named;
    } cases[] = {
        {"\"version\"", "\"v\"", "version"},
        {"\"1.4.0\"", "\"1 4\"", "version"},
        {"\"1.4.0\"", "\"\"", "version"},
        {"\"1.4.0\"", "14", "version"},
        {"\"1.4.0\"", "\"12345678901234567890123456789012\"", "version"},
        {"\"size\"", "\"length\"", "size"},
        {"1048576", "0", "size"},
        {"1048576", "-5", "size"},
        {"1048576", "\"1048576\"", "size"},
        {"1048576", "4294967296", "size"},
        {"\"sha256\":\"0", "\"sha256\":\"x", "sha256"},
        {"\"sha256\":\"0", "\"sha256\":\"", "sha256"},
        {"\"sha256\"", "\"sha\"", "sha256"},
        {"\"signature\"", "\"s\"", "signature"},
        {"\"key_id\":\"0", "\"key_id\":\"00", "key_id"},
        {"\"security_version\":3", "\"security_version\":-1", "security_version"},
        {"\"security_version\":3", "\"other\":3", "security_version"},
        {"\"available\":true", "\"available\":1", "available"},
        {"\"mandatory\":true", "\"mandatory\":\"no\"", "mandatory"},
        {"\"build\":\"a1b2\"", "\"build\":[]", "build"},
        {"\"product\"", "\"p\"", "meta.product"},
        {"\"esp32c3\"", "\"an esp32\"", "meta.target"},
        {"\"meta\":{", "\"m\":{", "meta"},
        {"\"compatibility\":{", "\"compatibility\":7,\"x\":{", "compatibility"},
        {"\"min_hardware_version\":1", "\"min_hardware_version\":\"1\"", "min_hardware_version"},
    };
    char expected[64];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(expected, sizeof expected, "manifest.json: %s is missing or not ", cases[i].named);
        int err = read_text(with(cases[i].part, cases[i].instead));
        if (err != ROOST_ERR_INVALID || strncmp(why, expected, strlen(expected)) != 0)
            fail_msg("%s -> %s: %d, %s", cases[i].part, cases[i].instead, err, why);
    }
}

static void what_is_no_manifest_at_all(void **state)
{
    static char text[ROOST_MANIFEST_MAX + 2];
    (void)state;
    assert_int_equal(read_text("[]"), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "JSON object"));
    assert_int_equal(read_text("{"), ROOST_ERR_INVALID);
    assert_int_equal(read_text(""), ROOST_ERR_INVALID);
    memset(text, ' ', sizeof text - 1);
    assert_int_equal(read_text(text), ROOST_ERR_TOO_LONG);
    assert_non_null(strstr(why, "2048"));
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len + 1 < sizeof whole - 1; len++)
        assert_int_not_equal(firmware_manifest_read(&manifest, whole, len, why, sizeof why), 0);
}

static void an_answer_that_devices_could_not_take_is_none(void **state)
{
    char json[2 * ROOST_MANIFEST_MAX], url[1200];
    (void)state;
    assert_int_equal(read_text(whole), 0);
    memset(url, 'u', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    assert_int_equal(firmware_manifest_write(json, sizeof json, &manifest, url) > 0, 1);
    char part[1000];
    memset(part, 'n', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    assert_int_equal(read_text(with("Quieter", part)), 0);
    assert_int_equal(firmware_manifest_write(json, sizeof json, &manifest, url),
                     ROOST_ERR_TOO_LONG);
}

/* Keys and values: 33 of our own, and 46 in meta. */
static void devices_take_so_many_values(void **state)
{
    char json[ROOST_MANIFEST_MAX], list[256];
    struct roost_manifest device;
    const char *field = "";
    (void)state;
    for (int more = 0; more < 2; more++) {
        size_t used = (size_t)snprintf(list, sizeof list, "[1");
        for (int i = 0; i < 40 + more; i++)
            used += (size_t)snprintf(list + used, sizeof list - used, ",%d", i);
        snprintf(list + used, sizeof list - used, "]");
        assert_int_equal(read_text(with("7}", strcat(list, "}"))), 0);
        int len = firmware_manifest_write(json, sizeof json, &manifest, "https://hub/image");
        assert_int_equal(len < 0 ? len : 0, more ? ROOST_ERR_TOO_LONG : 0);
        if (len >= 0)
            assert_int_equal(roost_manifest_read(&device, json, (size_t)len, &field), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(devices_read_what_is_written),
        cmocka_unit_test(what_may_be_absent_has_a_value),
        cmocka_unit_test(a_refusal_names_the_member),
        cmocka_unit_test(what_is_no_manifest_at_all),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(an_answer_that_devices_could_not_take_is_none),
        cmocka_unit_test(devices_take_so_many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
