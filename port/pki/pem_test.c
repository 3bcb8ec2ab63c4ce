/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/pem.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

/* What comes out of a text, read in pieces of `size`: bytes, with '|' before each certificate. */
static int all_of(const struct roost_pki_text *text, size_t size, char *out)
{
    struct roost_pem pem;
    int more, len;

    roost_pem_init(&pem, text);
    while ((more = roost_pem_next(&pem)) > 0) {
        int length = roost_pem_length(&pem), total = 0;
        *out++ = '|';
        while ((len = roost_pem_read(&pem, out, size)) > 0) {
            out += len;
            total += len;
        }
        if (len < 0)
            return len;
        assert_int_equal(length, total);
    }
    *out = '\0';
    return more;
}

static void expect(const char *text, int result, const char *wanted)
{
    struct roost_pki_text in = roost_pki_text(text, strlen(text));
    char out[256];

    for (size_t size = 1; size < 8; size++) {
        assert_int_equal(all_of(&in, size, out), result);
        if (result == 0)
            assert_string_equal(out, wanted);
    }
}

static void test_pem(void **state)
{
    (void)state;
    expect("", 0, "");
    expect("nothing of the kind\n-----", 0, "");
    expect(BEGIN "aGVsbG8=\n" END, 0, "|hello");
    expect(BEGIN "aGVsbG8=" END "x" BEGIN "d29y\nbGQh" END, 0, "|hello|world!");
    expect("before\r\n" BEGIN "a G V s\r\n\tbG8=\r\n" END "behind", 0, "|hello");
    expect(BEGIN END, 0, "|");
    expect("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n" BEGIN
           "aGVsbG8=\n" END,
           0, "|hello");
    expect("--" BEGIN "aGVsbG8=\n" END, 0, "|hello");
    expect(BEGIN "aGVsbG8=\n", ROOST_ERR_TRUNCATED, NULL);
    expect(BEGIN "aGVsbG8=\n-----END CERT", ROOST_ERR_INVALID, NULL);
    expect(BEGIN "aGVsbG8\n" END, ROOST_ERR_INVALID, NULL);
    expect(BEGIN "aGVsbG8=aGVs\n" END, ROOST_ERR_INVALID, NULL);
    expect(BEGIN "aGV*bG8=\n" END, ROOST_ERR_INVALID, NULL);
    expect(BEGIN "aGVsbG9=\n" END, ROOST_ERR_INVALID, NULL);
    expect(BEGIN "aGVs\n" BEGIN, ROOST_ERR_INVALID, NULL);
}

static void test_der(void **state)
{
    static const char two[] = "0\x03"
                              "abc0\x00";
    static const char trailing[] = "0\x01"
                                   "ax";
    static const char endless[] = "0\x80"
                                  "abc";
    static const char cut[] = "0\x04"
                              "abc";
    char out[64];
    struct roost_pki_text text = roost_pki_text(two, sizeof two - 1);

    (void)state;
    for (size_t size = 1; size < 8; size++) {
        assert_int_equal(all_of(&text, size, out), 0);
        assert_memory_equal(out,
                            "|0\x03"
                            "abc|0\x00",
                            9);
    }
    text = roost_pki_text(trailing, sizeof trailing - 1);
    assert_int_equal(all_of(&text, 8, out), ROOST_ERR_INVALID);
    text = roost_pki_text(endless, sizeof endless - 1);
    assert_int_equal(all_of(&text, 8, out), ROOST_ERR_INVALID);
    text = roost_pki_text(cut, sizeof cut - 1);
    assert_int_equal(all_of(&text, 8, out), ROOST_ERR_TRUNCATED);
    for (uint32_t len = 1; len < 4; len++) { /* in the header */
        text = roost_pki_text("0\x82\x00\x10", len);
        assert_int_equal(all_of(&text, 8, out), ROOST_ERR_TRUNCATED);
    }
}

/* A text elsewhere is asked for in pieces that lie inside it, and its error comes through. */
struct source {
    const char *text;
    uint32_t len, fail_at;
};

static int read_source(void *ctx, uint32_t offset, void *out, size_t len)
{
    const struct source *source = ctx;

    assert_true(len > 0 && offset + len <= source->len);
    if (offset + len > source->fail_at)
        return ROOST_ERR_IO;
    memcpy(out, source->text + offset, len);
    return 0;
}

static void test_elsewhere(void **state)
{
    static const char text[] =
        "a preamble that is longer than a piece, so that the first block begins in another one\n"
        "-----" BEGIN "aGVsbG8=" END BEGIN "d29ybGQh" END;
    struct source source = {text, sizeof text - 1, UINT32_MAX};
    struct roost_pki_text in = {.len = source.len, .read = read_source, .ctx = &source};
    char out[64];

    (void)state;
    assert_int_equal(all_of(&in, 5, out), 0);
    assert_string_equal(out, "|hello|world!");
    for (source.fail_at = 0; source.fail_at < source.len; source.fail_at++)
        assert_int_equal(all_of(&in, 5, out), ROOST_ERR_IO);
}

static void test_length_limit(void **state)
{
    static char text[ROOST_BASE64_LEN(ROOST_PKI_DER_MAX + 3) + sizeof BEGIN + sizeof END];
    struct roost_pem pem;

    (void)state;
    for (size_t extra = 0; extra <= 3; extra += 3) {
        size_t len = sizeof BEGIN - 1;
        memcpy(text, BEGIN, len);
        memset(text + len, 'A', ROOST_BASE64_LEN(ROOST_PKI_DER_MAX + extra));
        len += ROOST_BASE64_LEN(ROOST_PKI_DER_MAX + extra);
        memcpy(text + len, END, sizeof END - 1);
        struct roost_pki_text in = roost_pki_text(text, len + sizeof END - 1);
        roost_pem_init(&pem, &in);
        assert_int_equal(roost_pem_next(&pem), 1);
        assert_int_equal(roost_pem_length(&pem), extra ? ROOST_ERR_TOO_LONG : ROOST_PKI_DER_MAX);
        assert_int_equal(roost_pem_next(&pem), 0);
    }
}

/* What begins with a digit is no DER for that. */
static void test_begins_with_a_digit(void **state)
{
    static const char der[] = "0\x81\x04" BEGIN;
    char out[256];
    struct roost_pki_text text = roost_pki_text(der, sizeof der - 1);

    (void)state;
    expect("0" BEGIN "aGVsbG8=\n" END, 0, "|hello");
    expect("0\n" BEGIN "aGVsbG8=\n" END BEGIN "d29ybGQh\n" END, 0, "|hello|world!");
    expect("0 s:CN = root\r\n  i:CN = root\r\n" BEGIN "aGVsbG8=\n" END, 0, "|hello");
    expect("0\x82\x40\x40" BEGIN "aGVsbG8=\n" END, 0, "|hello");
    expect("0 nothing of the kind", ROOST_ERR_TRUNCATED, NULL);
    /* A certificate may hold such a line. */
    assert_int_equal(all_of(&text, 8, out), ROOST_ERR_INVALID);
    text = roost_pki_text("0\x81\x1b" BEGIN, 3 + 27);
    assert_int_equal(all_of(&text, 8, out), 0);
    assert_memory_equal(out, "|0\x81\x1b-----BEGIN", 14);
}

/* Behind a block that cannot be read the next one is found, and behind its error none is told. */
static void test_recover(void **state)
{
    static const char *const bad[] = {BEGIN "aGV*bG8=\n" END, BEGIN "aGVsbG8=aGVs\n" END,
                                      BEGIN "aGVs\n", BEGIN "aGVsbG8\n" END,
                                      BEGIN "aGVs-----END RSA KEY-----\n"};
    char text[256], out[16];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct roost_pem pem;
        int len = snprintf(text, sizeof text, "%s%s", bad[i], BEGIN "d29ybGQh\n" END);
        struct roost_pki_text in = roost_pki_text(text, (size_t)len);
        roost_pem_init(&pem, &in);
        assert_int_equal(roost_pem_next(&pem), 1);
        while ((len = roost_pem_read(&pem, out, sizeof out)) > 0)
            ;
        assert_int_equal(len, ROOST_ERR_INVALID);
        assert_int_equal(roost_pem_recover(&pem), 0);
        assert_int_equal(roost_pem_next(&pem), 1);
        assert_int_equal(roost_pem_length(&pem), 6);
        assert_int_equal(roost_pem_read(&pem, out, sizeof out), 6);
        assert_memory_equal(out, "world!", 6);
        assert_int_equal(roost_pem_next(&pem), 0);
    }
    struct source source = {BEGIN "aGVs\n" END, sizeof BEGIN + 4, sizeof BEGIN + 2};
    struct roost_pki_text in = {.len = source.len, .read = read_source, .ctx = &source};
    struct roost_pem pem;
    roost_pem_init(&pem, &in);
    assert_int_equal(roost_pem_next(&pem), ROOST_ERR_IO);
    assert_int_equal(roost_pem_recover(&pem), ROOST_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_der),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_length_limit),
        cmocka_unit_test(test_begins_with_a_digit),
        cmocka_unit_test(test_recover),
    };

    return cmocka_run_group_tests_name("pem", tests, NULL, NULL);
}
