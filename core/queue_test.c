/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdbool.h>

#include "core/err.h"
#include "core/queue.h"

static struct roost_queue queue;
static uint8_t memory[33];

static void records_come_out_in_order(void **state)
{
    (void)state;
    char out[16];
    roost_queue_init(&queue, memory, sizeof memory);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), ROOST_ERR_EMPTY);
    assert_int_equal(roost_queue_push(&queue, "ab", 2, "cde", 3), 0);
    assert_int_equal(roost_queue_push(&queue, NULL, 0, NULL, 0), 0);
    assert_int_equal(roost_queue_push(&queue, NULL, 0, "f", 1), 0);
    assert_int_equal(queue.count, 3);
    assert_int_equal(queue.high_water, 3);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), 5);
    assert_memory_equal(out, "abcde", 5);
    assert_int_equal(roost_queue_pop(&queue, NULL, 0), 0);
    assert_int_equal(roost_queue_pop(&queue, out, 1), 1);
    assert_memory_equal(out, "f", 1);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), ROOST_ERR_EMPTY);
    assert_int_equal(queue.used, 0);
    assert_int_equal(queue.high_water, 3);
}

static void full_refuses_and_counts(void **state)
{
    (void)state;
    uint8_t big[64] = {7}, out[64];
    roost_queue_init(&queue, memory, sizeof memory);
    assert_int_equal(roost_queue_push(&queue, big, 30, NULL, 0), ROOST_ERR_FULL);
    assert_int_equal(roost_queue_push(&queue, big, 15, big, 15), ROOST_ERR_FULL);
    assert_int_equal(roost_queue_push(&queue, big, SIZE_MAX, big, SIZE_MAX), ROOST_ERR_FULL);
    assert_int_equal(queue.dropped, 3);
    assert_int_equal(roost_queue_push(&queue, big, 15, big, 14), 0); /* to the last byte */
    assert_int_equal(roost_queue_push(&queue, big, 0, big, 0), ROOST_ERR_FULL);
    assert_int_equal(queue.dropped, 4);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), 29);
    assert_int_equal(roost_queue_push(&queue, big, 1, NULL, 0), 0);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), 1);

    roost_queue_init(&queue, NULL, 0);
    assert_int_equal(roost_queue_push(&queue, NULL, 0, NULL, 0), ROOST_ERR_FULL);
}

static void too_long_for_the_reader_is_removed(void **state)
{
    (void)state;
    char out[2];
    roost_queue_init(&queue, memory, sizeof memory);
    roost_queue_push(&queue, "abc", 3, NULL, 0);
    roost_queue_push(&queue, "de", 2, NULL, 0);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), ROOST_ERR_TOO_LONG);
    assert_int_equal(queue.dropped, 1);
    assert_int_equal(roost_queue_pop(&queue, out, sizeof out), 2);
    assert_memory_equal(out, "de", 2);
}

/* Against a plain model: every order of pushes and pops, wrapping at every offset. */
static void agrees_with_a_model_for_long(void **state)
{
    (void)state;
    uint8_t model[64][16];
    size_t lengths[64], model_head = 0, model_count = 0, model_used = 0;
    uint32_t random = 1, dropped = 0;
    roost_queue_init(&queue, memory, sizeof memory);
    for (int i = 0; i < 20000; i++) {
        uint8_t record[16], out[16];
        random = random * 1664525 + 1013904223;
        size_t len = random >> 8 & 15, split = len ? (random >> 16) % (len + 1) : 0;
        if (random >> 31) {
            memset(record, i & 0xFF, sizeof record);
            int err = roost_queue_push(&queue, record, split, record + split, len - split);
            bool fits = model_used + len + 4 <= sizeof memory;
            assert_int_equal(err, fits ? 0 : ROOST_ERR_FULL);
            dropped += fits ? 0 : 1;
            if (fits) {
                size_t slot = (model_head + model_count++) % 64;
                memcpy(model[slot], record, sizeof record);
                lengths[slot] = len;
                model_used += len + 4;
            }
        } else {
            int got = roost_queue_pop(&queue, out, sizeof out);
            if (model_count == 0) {
                assert_int_equal(got, ROOST_ERR_EMPTY);
                continue;
            }
            assert_int_equal(got, lengths[model_head]);
            assert_memory_equal(out, model[model_head], lengths[model_head]);
            model_used -= lengths[model_head] + 4;
            model_head = (model_head + 1) % 64;
            model_count--;
        }
        assert_int_equal(queue.used, model_used);
        assert_int_equal(queue.count, model_count);
        assert_int_equal(queue.dropped, dropped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_in_order),
        cmocka_unit_test(full_refuses_and_counts),
        cmocka_unit_test(too_long_for_the_reader_is_removed),
        cmocka_unit_test(agrees_with_a_model_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
