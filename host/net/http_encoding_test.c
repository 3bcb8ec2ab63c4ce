/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/net/http_encoding.h"

static void test_accept_encoding(void **state)
{
    static const struct {
        const char *value;
        bool gzip;
    } cases[] = {
        {"gzip", true},
        {"GZIP", true},
        {"x-gzip", true},
        {"gzip, deflate, br, zstd", true},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
        {"deflate ,\tgzip ; q=0.001", true},
        {"*", true},
        {"identity;q=1, *;q=0.5", true},
        {"gzip;q=1.000", true},
        {"", false},
        {"identity", false},
        {"br", false},
        {"gzipped", false},
        {"gzip;q=0", false},
        {"gzip;q=0.000, *", false},
        {"*, gzip;q=0", false},
        {"*;q=0", false},
        {"gzip;q=", false},
        {"gzip;q=x", false},
        {"gzip;level=9", false},
        {"gzip;q=1 0", false},
        {",,", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_head head = {
            .fields = {{"Accept", "gzip"}, {"accept-encoding", cases[i].value}}, .field_count = 2};
        if (http_takes_gzip(&head) != cases[i].gzip)
            fail_msg("\"%s\"", cases[i].value);
    }
    const struct http_head none = {.field_count = 0};
    assert_false(http_takes_gzip(&none));
    const struct http_head two = {
        .fields = {{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}, .field_count = 2};
    assert_true(http_takes_gzip(&two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accept_encoding)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
