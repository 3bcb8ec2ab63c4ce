/* SPDX-License-Identifier: Apache-2.0 */
/* The sum of pieces: each board has its own. */
#include "port/linux/crypto.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

static void test_pieces(void **state)
{
    struct linux_crypto crypto;
    struct roost_crypto port;
    uint8_t data[3000], whole[32], sum[32];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(7 * i + 3);
    assert_int_equal(linux_crypto_init(&crypto, &port), 0);
    assert_int_equal(port.ops->sha256_add(port.ctx, data, 1), ROOST_ERR_STATE);
    assert_int_equal(port.ops->sha256_end(port.ctx, sum), ROOST_ERR_STATE);
    assert_int_equal(port.ops->sha256(port.ctx, data, sizeof data, whole), 0);
    for (size_t piece = 1; piece < sizeof data; piece = 3 * piece + 1) {
        /* A sum that was not ended is forgotten. */
        assert_int_equal(port.ops->sha256_begin(port.ctx), 0);
        assert_int_equal(port.ops->sha256_add(port.ctx, data, 100), 0);
        assert_int_equal(port.ops->sha256_begin(port.ctx), 0);
        for (size_t at = 0; at < sizeof data; at += piece) {
            size_t len = sizeof data - at < piece ? sizeof data - at : piece;
            assert_int_equal(port.ops->sha256_add(port.ctx, data + at, len), 0);
        }
        assert_int_equal(port.ops->sha256_end(port.ctx, sum), 0);
        assert_memory_equal(sum, whole, sizeof sum);
        assert_int_equal(port.ops->sha256_end(port.ctx, sum), ROOST_ERR_STATE);
    }
    linux_crypto_deinit(&crypto);
}

/* Two boards of one process sum at the same time. */
static void test_two_boards(void **state)
{
    struct linux_crypto crypto[2];
    struct roost_crypto port[2];
    uint8_t sum[2][32], wanted[2][32];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(linux_crypto_init(&crypto[i], &port[i]), 0);
        assert_int_equal(port[i].ops->sha256_begin(port[i].ctx), 0);
    }
    assert_int_equal(port[0].ops->sha256_add(port[0].ctx, "ab", 2), 0);
    assert_int_equal(port[1].ops->sha256_add(port[1].ctx, "cd", 2), 0);
    assert_int_equal(port[0].ops->sha256_add(port[0].ctx, "c", 1), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(port[i].ops->sha256_end(port[i].ctx, sum[i]), 0);
    assert_int_equal(port[0].ops->sha256(port[0].ctx, "abc", 3, wanted[0]), 0);
    assert_int_equal(port[0].ops->sha256(port[0].ctx, "cd", 2, wanted[1]), 0);
    assert_memory_equal(sum, wanted, sizeof sum);
    for (int i = 0; i < 2; i++)
        linux_crypto_deinit(&crypto[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_two_boards),
    };

    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
