/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "host/net/http_crowd.h"

static struct http_crowd crowd;

static struct net_address address_of(const char *text)
{
    struct net_address address;

    assert_int_equal(net_address_parse(&address, text, strlen(text)), 0);
    return address;
}

static void begin(uint32_t connections, uint32_t streams, uint32_t share_pct)
{
    const uint32_t whole[HTTP_SLOTS] = {connections, streams, connections};

    http_crowd_init(&crowd, whole, share_pct);
}

/* Nothing is kept of those who hold nothing. */
static void expect_empty(void)
{
    for (int i = 0; i < HTTP_CROWD_BUCKETS; i++)
        assert_null(crowd.buckets[i]);
}

static void test_shares(void **state)
{
    (void)state;
    begin(1024, 256, 25);
    assert_int_equal(crowd.share_max[HTTP_SLOT_CONNECTION], 256);
    assert_int_equal(crowd.share_max[HTTP_SLOT_STREAM], 64);
    begin(16, 8, 10); /* not less than one browser needs */
    assert_int_equal(crowd.share_max[HTTP_SLOT_CONNECTION], 8);
    assert_int_equal(crowd.share_max[HTTP_SLOT_STREAM], 4);
    begin(3, 2, 100);
    assert_int_equal(crowd.share_max[HTTP_SLOT_CONNECTION], 3);
    assert_int_equal(crowd.share_max[HTTP_SLOT_STREAM], 2);
    begin(65536, 65536, 99);
    assert_int_equal(crowd.share_max[HTTP_SLOT_CONNECTION], 64880);
}

static void test_one_address_has_its_share(void **state)
{
    struct http_tenant *held[4], *other;

    (void)state;
    begin(8, 16, 25);
    for (int i = 0; i < 4; i++) {
        held[i] = http_crowd_take(&crowd, address_of("192.0.2.7"), HTTP_SLOT_STREAM);
        assert_non_null(held[i]);
        assert_ptr_equal(held[i], held[0]);
    }
    assert_null(http_crowd_take(&crowd, address_of("192.0.2.7"), HTTP_SLOT_STREAM));
    assert_null(http_crowd_take(&crowd, address_of("::ffff:192.0.2.7"), HTTP_SLOT_STREAM));
    other = http_crowd_take(&crowd, address_of("192.0.2.8"), HTTP_SLOT_STREAM);
    assert_non_null(other);
    /* Another kind of slot is another share. */
    http_crowd_give(&crowd, http_crowd_take(&crowd, address_of("192.0.2.7"), HTTP_SLOT_WEBSOCKET),
                    HTTP_SLOT_WEBSOCKET);
    http_crowd_give(&crowd, held[3], HTTP_SLOT_STREAM);
    assert_ptr_equal(http_crowd_take(&crowd, address_of("192.0.2.7"), HTTP_SLOT_STREAM), held[0]);
    for (int i = 0; i < 4; i++)
        http_crowd_give(&crowd, held[0], HTTP_SLOT_STREAM);
    http_crowd_give(&crowd, other, HTTP_SLOT_STREAM);
    http_crowd_give(&crowd, NULL, HTTP_SLOT_STREAM);
    expect_empty();
}

/* Who has one IPv6 address has 2^64 of them. */
static void test_a_network_is_one(void **state)
{
    struct http_tenant *held = NULL;
    char text[64];

    (void)state;
    begin(8, 16, 25);
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "2001:db8:1:2:%x::%x", i * 4096, i);
        held = http_crowd_take(&crowd, address_of(text), HTTP_SLOT_STREAM);
        assert_non_null(held);
    }
    assert_null(http_crowd_take(&crowd, address_of("2001:db8:1:2::99"), HTTP_SLOT_STREAM));
    struct http_tenant *other =
        http_crowd_take(&crowd, address_of("2001:db8:1:3::99"), HTTP_SLOT_STREAM);
    assert_non_null(other);
    http_crowd_give(&crowd, other, HTTP_SLOT_STREAM);
    for (int i = 0; i < 4; i++)
        http_crowd_give(&crowd, held, HTTP_SLOT_STREAM);
    expect_empty();
}

static void test_many_addresses(void **state)
{
    enum { MANY = 5000 };
    static struct http_tenant *held[MANY];
    char text[32];

    (void)state;
    begin(MANY, MANY, 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "10.0.%d.%d", i / 256, i % 256);
        held[i] = http_crowd_take(&crowd, address_of(text), HTTP_SLOT_CONNECTION);
        assert_non_null(held[i]);
        assert_int_equal(held[i]->held[HTTP_SLOT_CONNECTION], 1);
    }
    for (int i = MANY - 1; i >= 0; i--)
        http_crowd_give(&crowd, held[i], HTTP_SLOT_CONNECTION);
    expect_empty();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_one_address_has_its_share),
        cmocka_unit_test(test_a_network_is_one),
        cmocka_unit_test(test_many_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
