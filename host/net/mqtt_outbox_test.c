/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/err.h"
#include "host/net/mqtt_outbox.h"

static const struct outbox_limits limits = {.in_flight_max = 3, .count = 6, .bytes = 40};

static void put(struct outbox *box, const char *payload)
{
    assert_int_equal(outbox_put(box, "t", payload, strlen(payload), false), 0);
}

/* Sends what may be sent; returns the payloads in order, with ! behind a duplicate. */
static const char *send_all(struct outbox *box, uint16_t *ids)
{
    static char sent[64];
    const struct outbox_message *message;
    size_t at = 0;

    sent[0] = '\0';
    while ((message = outbox_next(box))) {
        assert_ptr_equal(message, outbox_next(box));
        assert_string_equal(message->topic, "t");
        at += (size_t)snprintf(sent + at, sizeof sent - at, "%.*s%s", (int)message->len,
                               (const char *)message->payload, message->dup ? "!" : "");
        if (ids)
            *ids++ = message->packet_id;
        outbox_sent(box);
    }
    return sent;
}

static void test_in_flight_and_order(void **state)
{
    (void)state;
    struct outbox *box = outbox_new(&limits);
    uint16_t ids[6] = {0};

    assert_null(outbox_next(box));
    put(box, "a");
    put(box, "b");
    put(box, "c");
    put(box, "d");
    assert_string_equal(send_all(box, ids), "abc");
    assert_int_equal(outbox_acked(box, ids[1]), 0); /* out of order is fine */
    assert_int_equal(outbox_acked(box, ids[1]), ROOST_ERR_NOT_FOUND);
    assert_string_equal(send_all(box, ids + 3), "d");
    assert_int_equal(ids[3], ids[1]); /* the only free id */
    assert_int_equal(outbox_acked(box, ids[0]), 0);
    assert_int_equal(outbox_acked(box, ids[2]), 0);
    assert_int_equal(outbox_acked(box, ids[3]), 0);
    assert_int_equal(outbox_count(box), 0);
    put(box, "e");
    assert_string_equal(send_all(box, NULL), "e");
    outbox_free(box);
}

static void test_foreign_acknowledgements(void **state)
{
    (void)state;
    struct outbox *box = outbox_new(&limits);

    assert_int_equal(outbox_acked(box, 0), ROOST_ERR_NOT_FOUND);
    assert_int_equal(outbox_acked(box, 1), ROOST_ERR_NOT_FOUND);
    assert_int_equal(outbox_acked(box, 65535), ROOST_ERR_NOT_FOUND);
    put(box, "a");
    const struct outbox_message *message = outbox_next(box);
    assert_int_equal(outbox_acked(box, message->packet_id), ROOST_ERR_NOT_FOUND);
    assert_string_equal(send_all(box, NULL), "a");
    outbox_free(box);
}

static void test_reconnect_sends_again_in_order(void **state)
{
    (void)state;
    struct outbox *box = outbox_new(&limits);
    uint16_t ids[6] = {0};

    put(box, "a");
    put(box, "b");
    put(box, "c");
    put(box, "d");
    assert_string_equal(send_all(box, ids), "abc");
    assert_int_equal(outbox_acked(box, ids[0]), 0);
    assert_int_equal(outbox_rewind(box, true), 2);
    put(box, "e");
    assert_string_equal(send_all(box, ids), "b!c!d");
    assert_int_equal(outbox_acked(box, ids[0]), 0);
    assert_int_equal(outbox_rewind(box, false), 2); /* the broker forgot: new messages to it */
    assert_string_equal(send_all(box, ids), "cde");
    /* Lost again half way: what was not sent again yet keeps its place. */
    assert_int_equal(outbox_rewind(box, true), 3);
    assert_non_null(outbox_next(box));
    outbox_sent(box);
    assert_int_equal(outbox_rewind(box, true), 1);
    assert_string_equal(send_all(box, ids), "c!d!e!");
    for (int i = 0; i < 3; i++)
        assert_int_equal(outbox_acked(box, ids[i]), 0);
    assert_int_equal(outbox_count(box), 0);
    outbox_free(box);
}

static void test_limits(void **state)
{
    (void)state;
    struct outbox *box = outbox_new(&limits);

    assert_int_equal(outbox_put(box, "t", "0123456789012345678901234567890123456789x", 41, false),
                     ROOST_ERR_FULL);
    assert_int_equal(outbox_put(box, "t", NULL, 0, true), 0);
    assert_int_equal(outbox_put(box, "t", "0123456789012345678901234567890123456789", 40, false),
                     0);
    assert_int_equal(outbox_put(box, "t", "x", 1, false), ROOST_ERR_FULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(outbox_put(box, "t", "", 0, false), 0);
    assert_int_equal(outbox_put(box, "t", "", 0, false), ROOST_ERR_FULL);
    assert_int_equal(outbox_count(box), 6);
    outbox_free(box);
    outbox_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_flight_and_order),
        cmocka_unit_test(test_foreign_acknowledgements),
        cmocka_unit_test(test_reconnect_sends_again_in_order),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
