/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/pem.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_der),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_length_limit),
    };

    return cmocka_run_group_tests_name("pem", tests, NULL, NULL);
}
