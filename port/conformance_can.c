/* SPDX-License-Identifier: Apache-2.0 */
/* CAN between the port under test and a peer on the same wires. */
#include "port/conformance_tests.h"

enum { WAIT_MS = 2000, FLOOD = 600, RECOVERY_WAIT_MS = 1000 };

static int peer_send(struct roost_conformance *suite, const struct roost_can_frame *frame)
{
    const struct roost_can *peer = &suite->can.peer;

    return peer->ops->send(peer->ctx, suite->can.peer_bus, frame);
}

static int peer_receive(struct roost_conformance *suite, struct roost_can_frame *out)
{
    const struct roost_can *peer = &suite->can.peer;

    return peer->ops->receive(peer->ctx, suite->can.peer_bus, out);
}

static void peer_start(struct roost_conformance *suite)
{
    const struct roost_can *peer = &suite->can.peer;

    assert_int_equal(peer->ops->start(peer->ctx, suite->can.peer_bus, suite->can.bit_rate), 0);
}

static void peer_stop(struct roost_conformance *suite)
{
    const struct roost_can *peer = &suite->can.peer;

    assert_int_equal(peer->ops->stop(peer->ctx, suite->can.peer_bus), 0);
}

static struct roost_can_status status(struct roost_conformance *suite)
{
    struct roost_can_status now;
    int err;

    OP(suite, err, can, status, suite->can.bus, &now);
    assert_int_equal(err, 0);
    return now;
}

static int send(struct roost_conformance *suite, const struct roost_can_frame *frame)
{
    int err;

    OP(suite, err, can, send, suite->can.bus, frame);
    return err;
}

static void start(struct roost_conformance *suite)
{
    int err;

    OP(suite, err, can, stop, suite->can.bus);
    assert_int_equal(err, 0);
    OP(suite, err, can, start, suite->can.bus, suite->can.bit_rate);
    assert_int_equal(err, 0);
    assert_int_equal(status(suite).state, ROOST_CAN_ACTIVE);
    conformance_forget(suite);
}

static struct roost_can_frame frame_of(uint32_t id, bool extended, uint8_t len, uint8_t first)
{
    struct roost_can_frame frame = {.id = id, .extended = extended, .len = len};

    for (uint8_t i = 0; i < len; i++)
        frame.data[i] = (uint8_t)(first + i);
    return frame;
}

static void expect_same(const struct roost_can_frame *a, const struct roost_can_frame *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->extended, b->extended);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

struct wait {
    struct roost_conformance *suite;
    bool caught; /* the predicate may be asked again */
    struct roost_can_frame frame;
    enum roost_can_state state;
};

static bool peer_has_one(void *arg)
{
    struct wait *wait = arg;

    wait->caught = wait->caught || peer_receive(wait->suite, &wait->frame) == 1;
    return wait->caught;
}

/* The next frame that reaches the peer. */
static struct roost_can_frame peer_expect(struct roost_conformance *suite)
{
    struct wait wait = {.suite = suite};

    assert_true(suite->run_until(suite->ctx, peer_has_one, &wait, WAIT_MS));
    return wait.frame;
}

static bool in_state(void *arg)
{
    struct wait *wait = arg;

    return status(wait->suite).state == wait->state;
}

static void wait_for(struct roost_conformance *suite, enum roost_can_state state)
{
    struct wait wait = {.suite = suite, .state = state};

    assert_true(suite->run_until(suite->ctx, in_state, &wait, WAIT_MS));
}

static void test_both_ways(void **state)
{
    struct roost_conformance *suite = *state;
    const struct roost_can_frame frames[] = {
        frame_of(0x7FF, false, 0, 0),      frame_of(0, false, 8, 1),
        frame_of(0x1806E5F4, true, 8, 16), frame_of(0x1FFFFFFF, true, 1, 7),
        frame_of(0x123, true, 3, 9),
    };
    struct roost_can_frame got;
    int result;

    peer_start(suite);
    start(suite);
    OP(suite, result, can, receive, suite->can.bus, &got);
    assert_int_equal(result, 0);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        assert_int_equal(peer_send(suite, &frames[i]), 0);
        const struct roost_event *event =
            &conformance_expect(suite, ROOST_EV_CAN_READY, WAIT_MS)->event;
        assert_int_equal(event->token, suite->can.bus);
        OP(suite, result, can, receive, suite->can.bus, &got);
        assert_int_equal(result, 1);
        expect_same(&got, &frames[i]);
        OP(suite, result, can, receive, suite->can.bus, &got);
        assert_int_equal(result, 0);

        assert_int_equal(send(suite, &frames[i]), 0);
        got = peer_expect(suite);
        expect_same(&got, &frames[i]);
    }
    assert_int_equal(status(suite).tx_errors, 0);
    assert_int_equal(status(suite).rx_errors, 0);
    assert_int_equal(status(suite).overruns, 0);
}

static void test_limits(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_can_frame frame = frame_of(0x100, false, 8, 0);
    struct roost_can_status now;
    int err;

    peer_start(suite);
    start(suite);
    frame.len = 9;
    assert_int_equal(send(suite, &frame), ROOST_ERR_INVALID);
    frame = frame_of(0x800, false, 1, 0);
    assert_int_equal(send(suite, &frame), ROOST_ERR_INVALID);
    frame = frame_of(0x20000000, true, 1, 0);
    assert_int_equal(send(suite, &frame), ROOST_ERR_INVALID);
    frame = frame_of(0x100, false, 1, 0);
    OP(suite, err, can, send, ROOST_CAN_BUSES, &frame);
    assert_int_equal(err, ROOST_ERR_RANGE);
    OP(suite, err, can, status, ROOST_CAN_BUSES, &now);
    assert_int_equal(err, ROOST_ERR_RANGE);
    OP(suite, err, can, recover, suite->can.bus);
    assert_int_equal(err, ROOST_ERR_STATE);
    OP(suite, err, can, stop, suite->can.bus);
    assert_int_equal(err, 0);
    assert_int_equal(status(suite).state, ROOST_CAN_STOPPED);
    assert_int_equal(send(suite, &frame), ROOST_ERR_STATE);
    OP(suite, err, can, receive, suite->can.bus, &frame);
    assert_int_equal(err, ROOST_ERR_STATE);
}

/* Alone on the wires a controller goes on sending, error passive but never bus-off, until somebody
 * acknowledges. */
static void test_nobody_acknowledges(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_can_frame frame;
    int sent = 0;

    peer_stop(suite);
    start(suite);
    for (;;) {
        frame = frame_of(0x300, false, 1, (uint8_t)sent);
        int err = send(suite, &frame);
        if (err == ROOST_ERR_FULL)
            break;
        assert_int_equal(err, 0);
        assert_true(++sent < 1000);
    }
    assert_true(sent > 0);
    wait_for(suite, ROOST_CAN_PASSIVE);
    conformance_pass(suite, 200);
    assert_int_equal(status(suite).state, ROOST_CAN_PASSIVE);
    assert_true(status(suite).tx_errors >= 128);
    peer_start(suite);
    for (int i = 0; i < sent; i++) {
        assert_int_equal(peer_expect(suite).data[0], (uint8_t)i);
    }
}

/* What nobody takes is lost and counted. */
static void test_overrun(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_can_frame frame;
    uint32_t sent = 0, received = 0;
    int result;

    peer_start(suite);
    start(suite);
    for (int i = 0; i < FLOOD; i++) {
        frame = frame_of(0x200, false, 2, (uint8_t)i);
        if (peer_send(suite, &frame) == 0)
            sent++;
        else
            conformance_pass(suite, 2);
    }
    conformance_pass(suite, 200);
    conformance_forget(suite);
    for (;;) {
        OP(suite, result, can, receive, suite->can.bus, &frame);
        if (result != 1)
            break;
        received++;
    }
    assert_int_equal(result, 0);
    assert_true(received > 0 && received < sent);
    assert_int_equal(status(suite).overruns, sent - received);
}

static void test_bus_off(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_can_frame frame = frame_of(0x10, false, 4, 0), got;
    int err;

    if (!suite->can.disturb)
        return;
    peer_start(suite);
    start(suite);
    suite->can.disturb(suite->ctx, 3);
    assert_int_equal(send(suite, &frame), 0);
    got = peer_expect(suite); /* it was sent again */
    expect_same(&got, &frame);
    assert_int_equal(status(suite).tx_errors, 3 * 8 - 1);

    suite->can.disturb(suite->ctx, 1000);
    assert_int_equal(send(suite, &frame), 0);
    wait_for(suite, ROOST_CAN_BUS_OFF);
    suite->can.disturb(suite->ctx, 0);
    assert_int_equal(send(suite, &frame), ROOST_ERR_STATE);
    conformance_pass(suite, RECOVERY_WAIT_MS);
    assert_int_equal(status(suite).state, ROOST_CAN_BUS_OFF); /* stays until it is told */
    OP(suite, err, can, recover, suite->can.bus);
    assert_int_equal(err, 0);
    wait_for(suite, ROOST_CAN_ACTIVE);
    assert_int_equal(status(suite).tx_errors, 0);
    while (peer_receive(suite, &got) == 1) {
    }
    assert_int_equal(send(suite, &frame), 0);
    got = peer_expect(suite);
    expect_same(&got, &frame);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_both_ways), cmocka_unit_test(test_limits),
    cmocka_unit_test(test_overrun),   cmocka_unit_test(test_nobody_acknowledges),
    cmocka_unit_test(test_bus_off),
};

struct conformance_group conformance_can_group(void)
{
    return (struct conformance_group){"CAN", tests, sizeof tests / sizeof tests[0]};
}
