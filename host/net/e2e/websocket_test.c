/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, control frames and the end of a WebSocket, by frames written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "websocket_rig.h"

static struct rig rig;
static struct service service;

static int setup(void **state)
{
    (void)state;
    rig_init(&rig);
    service_add(&service, &rig);
    rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    rig_join(&rig);
    assert_int_equal(service.closed, service.opened);
    return 0;
}

static void test_messages(void **state)
{
    static char text[10001];
    static struct frame frame;
    int fd = open_websocket(&rig, "/ws/a");

    (void)state;
    memset(text, 'm', 10000);
    send_message(fd, text); /* the longest there may be */
    expect_frame(fd, 0x81, text);
    send_frame(fd, 0x82, "\0\xFF", 2);
    read_frame(fd, &frame);
    assert_int_equal(frame.head, 0x82);
    assert_int_equal(frame.len, 2);
    assert_memory_equal(frame.data, "\0\xFF", 2);
    send_message(fd, "");
    expect_frame(fd, 0x81, "");
    /* in fragments, with control frames between */
    send_frame(fd, 0x01, "gr\xC3", 3);
    send_frame(fd, 0x89, "still there?", 12);
    send_frame(fd, 0x00, "\xBC", 1);
    send_frame(fd, 0x8A, "nobody asked", 12);
    send_frame(fd, 0x80, "n", 1);
    expect_frame(fd, 0x8A, "still there?");
    expect_frame(fd, 0x81, "gr\xC3\xBCn");
    /* byte by byte */
    static const uint8_t bytes[] = {0x81, 0x83, 0, 0, 0, 0, 'a', 'b', 'c'};
    for (size_t i = 0; i < sizeof bytes; i++)
        send_bytes(fd, bytes + i, 1);
    expect_frame(fd, 0x81, "abc");
    send_message(fd, "bad");
    send_message(fd, "after");
    expect_frame(fd, 0x81, "after");
    assert_int_equal(service.bad, ROOST_ERR_INVALID);
    close(fd);
}

static void test_many_pings(void **state)
{
    int fd = open_websocket(&rig, "/ws/a");
    char text[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int n = snprintf(text, sizeof text, "%d", i);
        send_frame(fd, 0x89, text, (size_t)n);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%d", i);
        expect_frame(fd, 0x8A, text);
    }
    close(fd);
}

static void test_two_sockets(void **state)
{
    int a = open_websocket(&rig, "/ws/a");
    int b = open_websocket(&rig, "/ws/b");
    unsigned closed = service.closed;

    (void)state;
    assert_true(metric_of(&rig, "roost_websocket_open{route=\"/ws/{id}\"} ") >= 2);
    send_frame(a, 0x01, "half a", 6);
    send_message(b, "b");
    expect_frame(b, 0x81, "b");
    send_frame(a, 0x80, " message", 8);
    expect_frame(a, 0x81, "half a message");
    send_message(a, "close 4002");
    expect_frame(a, 0x88, "\x0F\xA2");
    close(a);
    assert_int_equal(service_closed(&service, closed + 1), 4002);
    send_message(b, "still");
    expect_frame(b, 0x81, "still");
    close(b);
    service_closed(&service, closed + 2);
}

static void test_violations(void **state)
{
    static char big[10001];
    static const struct {
        const char *bytes;
        size_t len;
        unsigned code;
        const char *reason;
    } cases[] = {
        {"\x81\x01x", 3, 1002, "frame not masked"},
        {"\xC1\x80\0\0\0\0", 6, 1002, "reserved bit set"},
        {"\x83\x80\0\0\0\0", 6, 1002, "unknown opcode"},
        {"\x09\x80\0\0\0\0", 6, 1002, "malformed frame"},
        {"\x80\x80\0\0\0\0", 6, 1002, "nothing to continue"},
        {"\x88\x82\0\0\0\0\x03\xED", 8, 1002, "bad close code"},
        {"\x81\x81\0\0\0\0\xFF", 7, 1007, "text is not UTF-8"},
        {"\x82\xFF\0\0\0\1\0\0\0\0\0\0\0\0x", 15, 1009, "message too long"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned closed = service.closed, messages = service.messages;
        int fd = open_websocket(&rig, "/ws/a");
        send_bytes(fd, cases[i].bytes, cases[i].len);
        send_message(fd, "not read any more");
        expect_close(fd, cases[i].code, cases[i].reason);
        close(fd);
        assert_int_equal(service_closed(&service, closed + 1), cases[i].code);
        assert_int_equal(service.messages, messages);
    }
    unsigned closed = service.closed;
    int fd = open_websocket(&rig, "/ws/a");
    send_frame(fd, 0x02, big, 10000);
    send_frame(fd, 0x80, big, 1);
    expect_close(fd, 1009, NULL);
    close(fd);
    service_closed(&service, closed + 1);
    assert_true(
        metric_of(&rig, "roost_websocket_closed_total{route=\"/ws/{id}\",code=\"1009\"} ") >= 2);
}

static void test_client_closes(void **state)
{
    unsigned closed = service.closed;
    int fd = open_websocket(&rig, "/ws/a");

    (void)state;
    send_message(fd, "last words");
    send_frame(fd, 0x88,
               "\x0F\xA0"
               "bye",
               5);
    send_message(fd, "from beyond");
    expect_frame(fd, 0x81, "last words");
    expect_close(fd, 4000, "bye");
    close(fd);
    assert_int_equal(service_closed(&service, closed + 1), 4000);
    /* without a code */
    static struct frame frame;
    char rest[8];
    fd = open_websocket(&rig, "/ws/a");
    send_frame(fd, 0x88, "", 0);
    read_frame(fd, &frame);
    assert_int_equal(frame.head, 0x88);
    assert_int_equal(frame.len, 0);
    assert_int_equal(read_to_end(fd, rest, sizeof rest), 0);
    close(fd);
    assert_int_equal(service_closed(&service, closed + 2), WEBSOCKET_NO_CODE);
    /* without a word */
    fd = open_websocket(&rig, "/ws/a");
    close(fd);
    assert_int_equal(service_closed(&service, closed + 3), WEBSOCKET_LOST);
}

static void test_server_closes(void **state)
{
    unsigned closed = service.closed;
    int fd = open_websocket(&rig, "/ws/a");
    unsigned messages = service.messages;
    char text[300], reason[WEBSOCKET_REASON_MAX + 1];

    (void)state;
    send_message(fd, "close 1008 not you");
    expect_frame(fd, 0x88, "\x03\xF0not you");
    send_message(fd, "still talking"); /* crossed on the wire */
    send_frame(fd, 0x88, "\x03\xF0", 2);
    assert_int_equal(read_to_end(fd, text, sizeof text), 0);
    close(fd);
    assert_int_equal(service_closed(&service, closed + 1), WEBSOCKET_POLICY);
    assert_int_equal(service.messages, messages + 1);
    /* A reason that is too long is cut between characters. */
    fd = open_websocket(&rig, "/ws/a");
    int n = snprintf(text, sizeof text, "close 1011 ab");
    for (int i = 0; i < 40; i++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "\xE2\x82\xAC"
                      "x");
    send_message(fd, text);
    memcpy(reason, text + 11, 122); /* the next character would end at 125 */
    reason[122] = '\0';
    send_frame(fd, 0x88, "\x03\xF3", 2);
    expect_close(fd, WEBSOCKET_SERVER_FAULT, reason);
    close(fd);
    assert_int_equal(service_closed(&service, closed + 2), WEBSOCKET_SERVER_FAULT);
    /* A client that does not answer is cut off. */
    fd = open_websocket(&rig, "/ws/a");
    send_message(fd, "close 4009");
    expect_close(fd, 4009, "");
    assert_int_equal(service_closed(&service, closed + 3), 4009);
    close(fd);
}

/* Connects with a small receive buffer, so that what is not read soon fills the server's queue. */
static int open_slow(void)
{
    int size = 64 * 1024;
    int fd = rig_connect(&rig);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    assert_int_equal(ask(fd, upgrade_request("/ws/small", ""), NULL), 101);
    return fd;
}

static void test_slow_reader(void **state)
{
    static struct frame frame;
    static const char dropped[] = "roost_websocket_dropped_total{route=\"/ws/small\"} ";
    unsigned closed = service.closed;
    int fd = open_slow();

    (void)state;
    while (service.refused == 0)
        send_message(fd, "flood");
    send_frame(fd, 0x89, "end", 3); /* what comes before its answer was sent before */
    wait_metric(&rig, dropped, 1);
    /* What was taken comes, in order and once; then there is room again. */
    bool writable = false, pong = false;
    unsigned got = 0;
    while (!writable || !pong || got < service.accepted) {
        read_frame(fd, &frame);
        if (frame.head == 0x8A) {
            pong = true;
        } else if (frame.len == 8) {
            assert_string_equal(frame.data, "writable");
            writable = true;
        } else {
            assert_int_equal(frame.len, 1000);
            assert_int_equal(strtoul(frame.data, NULL, 10), got);
            got++;
        }
    }
    assert_int_equal(got, service.accepted);
    assert_int_equal(metric_of(&rig, dropped), service.refused);
    send_message(fd, "huge");
    send_message(fd, "well");
    do
        read_frame(fd, &frame);
    while (strcmp(frame.data, "writable") == 0);
    assert_string_equal(frame.data, "well");
    assert_int_equal(service.huge, ROOST_ERR_TOO_LONG);
    close(fd);
    service_closed(&service, closed + 1);
}

/* Pings whose answers are not read: the queue stays bounded, and the newest is answered. */
static void test_ping_flood(void **state)
{
    static struct frame frame;
    enum { PINGS = 20000 }; /* fits the sender's buffer: nobody reads meanwhile */
    char payload[126];
    unsigned closed = service.closed;
    int fd = open_slow();
    unsigned pongs = 0, last = 0;

    (void)state;
    for (unsigned i = 1; i <= PINGS; i++) {
        snprintf(payload, sizeof payload, "%-125u", i);
        send_frame(fd, 0x89, payload, 125);
    }
    while (last < PINGS) {
        read_frame(fd, &frame);
        assert_int_equal(frame.head, 0x8A);
        unsigned number = (unsigned)strtoul(frame.data, NULL, 10);
        assert_true(number > last);
        last = number;
        pongs++;
    }
    assert_true(pongs < PINGS);
    close(fd);
    service_closed(&service, closed + 1);
}

static void test_half_open(void **state)
{
    unsigned closed = service.closed;
    int silent = open_websocket(&rig, "/ws/ping");
    char text[64];

    (void)state;
    /* Pings come, nothing answers: no close frame is owed to somebody who is not there. */
    assert_int_equal(read_to_end(silent, text, sizeof text), 2);
    assert_memory_equal(text, "\x89\0", 2);
    assert_int_equal(service_closed(&service, closed + 1), WEBSOCKET_LOST);
    close(silent);
    int alive = open_websocket(&rig, "/ws/ping");
    for (int i = 0; i < 4; i++) {
        expect_frame(alive, 0x89, "");
        send_frame(alive, 0x8A, "", 0);
    }
    send_message(alive, "here");
    static struct frame frame;
    do
        read_frame(alive, &frame);
    while (frame.head == 0x89);
    assert_string_equal(frame.data, "here");
    close(alive);
    service_closed(&service, closed + 2); /* before the next test counts */
}

static void test_idle(void **state)
{
    unsigned closed = service.closed;
    int fd = open_websocket(&rig, "/ws/idle");

    (void)state;
    send_frame(fd, 0x8A, "", 0); /* not a message */
    expect_frame(fd, 0x88, "\x03\xE9idle");
    send_frame(fd, 0x88, "\x03\xE9", 2);
    assert_int_equal(service_closed(&service, closed + 1), WEBSOCKET_GOING_AWAY);
    close(fd);
}

static void test_server_stops(void **state)
{
    struct rig own;
    struct service other;
    char rest[8];

    (void)state;
    rig_init(&own);
    service_add(&other, &own);
    rig_start(&own);
    int polite = open_websocket(&own, "/ws/a");
    int silent = open_websocket(&own, "/ws/b");
    rig_stop(&own);
    expect_frame(polite, 0x88, "\x03\xE9server stops");
    send_frame(polite, 0x88, "\x03\xE9", 2);
    assert_int_equal(read_to_end(polite, rest, sizeof rest), 0);
    expect_close(silent, WEBSOCKET_GOING_AWAY, "server stops"); /* when the grace is over */
    close(polite);
    close(silent);
    rig_join(&own);
    assert_int_equal(other.closed, 2);
    assert_int_equal(other.code, WEBSOCKET_GOING_AWAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),      cmocka_unit_test(test_many_pings),
        cmocka_unit_test(test_two_sockets),   cmocka_unit_test(test_violations),
        cmocka_unit_test(test_client_closes), cmocka_unit_test(test_server_closes),
        cmocka_unit_test(test_slow_reader),   cmocka_unit_test(test_ping_flood),
        cmocka_unit_test(test_half_open),     cmocka_unit_test(test_idle),
        cmocka_unit_test(test_server_stops),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
