/* SPDX-License-Identifier: Apache-2.0 */
/* Clock, random, Wi-Fi and system. */
#include "port/conformance_tests.h"

static void test_clock(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_clock *clock = &suite->port->clock;
    uint64_t before_ms = clock->ops->now_ms(clock->ctx);
    int64_t unix_ms = clock->ops->unix_ms(clock->ctx);

    conformance_pass(suite, 50);
    assert_true(clock->ops->now_ms(clock->ctx) >= before_ms + 50);
    if (unix_ms) {
        assert_true(unix_ms > 1577836800000); /* 2020 */
        assert_true(clock->ops->unix_ms(clock->ctx) > unix_ms);
    }
    assert_int_equal(suite->restart(suite->ctx), 0);
    clock = &suite->port->clock;
    assert_true(clock->ops->now_ms(clock->ctx) < 60000); /* counts from boot */
}

static void test_random(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_random *random = &suite->port->random;
    uint8_t a[34], b[32];
    unsigned ones = 0;

    memset(a, 0x5A, sizeof a);
    random->ops->fill(random->ctx, a + 1, 32);
    random->ops->fill(random->ctx, b, sizeof b);
    assert_int_equal(a[0], 0x5A);
    assert_int_equal(a[33], 0x5A);
    assert_memory_not_equal(a + 1, b, sizeof b);
    for (size_t i = 0; i < sizeof b; i++)
        for (int bit = 0; bit < 8; bit++)
            ones += b[i] >> bit & 1;
    assert_true(ones > 64 && ones < 192); /* 128 expected, 8 standard deviations */
}

static void test_wifi_connect(void **state)
{
    struct roost_conformance *suite = *state;
    int result;

    if (!suite->port->wifi.ops)
        return;
    conformance_network(suite);
    OP0(suite, result, wifi, rssi_dbm);
    assert_true(result <= 0 && result > -127);
    OP0(suite, result, wifi, disconnect);
    assert_int_equal(result, 0);
    (void)conformance_expect(suite, ROOST_EV_WIFI_DOWN, 5000);
    OP0(suite, result, wifi, rssi_dbm);
    assert_int_equal(result, 0);
    conformance_network(suite);
}

static void test_wifi_scan(void **state)
{
    struct roost_conformance *suite = *state;
    int result;

    if (!suite->port->wifi.ops)
        return;
    conformance_forget(suite);
    OP0(suite, result, wifi, scan);
    assert_int_equal(result, 0);
    OP0(suite, result, wifi, scan);
    assert_int_equal(result, ROOST_ERR_BUSY);
    const struct roost_conformance_event *scanned =
        conformance_expect(suite, ROOST_EV_WIFI_SCANNED, 10000);
    if (scanned->event.status == ROOST_ERR_UNSUPPORTED)
        return; /* a port without radio */
    assert_int_equal(scanned->event.status, 0);
    assert_int_equal(scanned->event.len % sizeof(struct roost_wifi_network), 0);
    struct roost_wifi_network found[ROOST_WIFI_SCAN_MAX];
    size_t count = scanned->event.len / sizeof found[0];
    assert_true(count <= ROOST_WIFI_SCAN_MAX);
    assert_true(scanned->event.len <= sizeof scanned->data);
    memcpy(found, scanned->data, scanned->event.len);
    for (size_t i = 0; i < count; i++) {
        assert_true(memchr(found[i].ssid, '\0', sizeof found[i].ssid) != NULL);
        if (i)
            assert_true(found[i].rssi_dbm <= found[i - 1].rssi_dbm);
    }
}

static void test_system(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_system *system = &suite->port->system;
    struct roost_heap heap = {0};

    system->ops->heap(system->ctx, &heap);
    assert_true(heap.free_bytes > 0);
    assert_true(heap.low_bytes <= heap.free_bytes);
    system->ops->feed_watchdog(system->ctx);
    system->ops->console(system->ctx, "a line of the conformance suite", 31);
}

static enum roost_reset_reason reason(struct roost_conformance *suite)
{
    const struct roost_system *system = &suite->port->system;

    return system->ops->reset_reason(system->ctx);
}

static void test_reset_reason(void **state)
{
    static const enum roost_reset_reason asked[] = {ROOST_RESET_COMMAND, ROOST_RESET_UPDATE,
                                                    ROOST_RESET_CRASH};
    struct roost_conformance *suite = *state;

    if (!suite->rebooted)
        return;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const struct roost_system *system = &suite->port->system;
        system->ops->reboot(system->ctx, asked[i]);
        assert_int_equal(suite->rebooted(suite->ctx), 0);
        assert_int_equal(reason(suite), asked[i]);
        assert_int_equal(reason(suite), asked[i]);
    }
    assert_int_equal(suite->restart(suite->ctx), 0);
    assert_int_equal(reason(suite), ROOST_RESET_POWER_ON);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_clock),     cmocka_unit_test(test_random),
    cmocka_unit_test(test_wifi_scan), cmocka_unit_test(test_wifi_connect),
    cmocka_unit_test(test_system),    cmocka_unit_test(test_reset_reason),
};

struct conformance_group conformance_basic_group(void)
{
    return (struct conformance_group){"clock, random, Wi-Fi, system", tests,
                                      sizeof tests / sizeof tests[0]};
}
