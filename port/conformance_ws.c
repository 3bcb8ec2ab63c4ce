/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket client. The server has these paths:
 *   /echo       sends every message back; takes the subprotocol "echo" when it is offered
 *   /other      answers every handshake with the subprotocol "other"
 *   /auth       like /echo, but 401 unless Basic authorization is user "unit" and the password's
 *               bytes are 01 3a ff 7a
 *   /close      closes with 4001 once open
 *   /big        sends one text message of 5000 bytes once open
 *   /fragments  sends the text "hello world" in three frames with a ping between them
 *   /mute       never answers a ping
 *   /gone       404
 *   /moved      302 to /echo
 */
#include "port/conformance_tests.h"

#include <stdio.h>

enum { WAIT_MS = 10000 };

static char url[256];

static struct roost_ws_options options_for(struct roost_conformance *suite, const char *path)
{
    snprintf(url, sizeof url, "%s%s", suite->ws.url, path);
    return (struct roost_ws_options){.url = url, .message_max = 8192};
}

static void start(struct roost_conformance *suite, const struct roost_ws_options *options)
{
    int err;

    conformance_network(suite);
    OP(suite, err, ws, open, options);
    assert_int_equal(err, 0);
}

static void open_now(struct roost_conformance *suite, const struct roost_ws_options *options)
{
    start(suite, options);
    (void)conformance_expect(suite, ROOST_EV_WS_OPENED, WAIT_MS);
}

static const struct roost_event *closed(struct roost_conformance *suite)
{
    return &conformance_expect(suite, ROOST_EV_WS_CLOSED, WAIT_MS)->event;
}

static void close_now(struct roost_conformance *suite)
{
    int err;

    OP(suite, err, ws, close, 1000);
    assert_int_equal(err, 0);
    const struct roost_event *event = closed(suite);
    assert_int_equal(event->status, 0);
    assert_int_equal(event->token, 1000);
}

static int transmit(struct roost_conformance *suite, const void *data, size_t len, bool binary)
{
    int result;

    OP(suite, result, ws, send, data, len, binary);
    return result;
}

static void test_echo(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/echo");
    static uint8_t bytes[8000];
    int err;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 11);
    assert_int_equal(transmit(suite, "x", 1, false), ROOST_ERR_CLOSED);
    open_now(suite, &options);
    OP(suite, err, ws, open, &options);
    assert_int_equal(err, ROOST_ERR_BUSY);
    assert_int_equal(transmit(suite, "hello", 5, false), 0);
    const struct roost_conformance_event *got =
        conformance_expect(suite, ROOST_EV_WS_TEXT, WAIT_MS);
    assert_int_equal(got->event.len, 5);
    assert_memory_equal(got->data, "hello", 5);
    assert_int_equal(transmit(suite, bytes, sizeof bytes, true), 0);
    got = conformance_expect(suite, ROOST_EV_WS_BINARY, WAIT_MS);
    assert_int_equal(got->event.len, sizeof bytes);
    assert_int_equal(got->data_hash, conformance_hash(bytes, sizeof bytes));
    for (int i = 0; i < 10; i++)
        assert_int_equal(transmit(suite, &"0123456789"[i], 1, false), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(conformance_expect(suite, ROOST_EV_WS_TEXT, WAIT_MS)->data[0], '0' + i);
    close_now(suite);
    assert_int_equal(transmit(suite, "x", 1, false), ROOST_ERR_CLOSED);
}

static void test_subprotocol(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/echo");

    options.subprotocol = "echo";
    open_now(suite, &options);
    close_now(suite);
    options = options_for(suite, "/other");
    options.subprotocol = "echo";
    start(suite, &options);
    assert_true(closed(suite)->status < 0);
    assert_int_equal(conformance_count(suite, ROOST_EV_WS_OPENED), 0);
}

static void test_authorization(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/auth");

    start(suite, &options);
    const struct roost_event *event = closed(suite);
    assert_int_equal(event->status, ROOST_ERR_AUTH);
    assert_int_equal(event->token, 401);
    options.user = "unit";
    options.password = "\x01:\xff"
                       "z";
    options.password_len = 4;
    open_now(suite, &options);
    close_now(suite);
}

/* A refused handshake says how; one that points elsewhere is not followed with our password. */
static void test_refused(void **state)
{
    static const struct {
        const char *path;
        unsigned code;
    } cases[] = {{"/gone", 404}, {"/moved", 302}};
    struct roost_conformance *suite = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct roost_ws_options options = options_for(suite, cases[i].path);
        start(suite, &options);
        const struct roost_event *event = closed(suite);
        assert_int_equal(event->status, ROOST_ERR_REFUSED);
        assert_int_equal(event->token, cases[i].code);
        assert_int_equal(conformance_count(suite, ROOST_EV_WS_OPENED), 0);
    }
}

static void test_closed_by_server(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/close");

    open_now(suite, &options);
    const struct roost_event *event = closed(suite);
    assert_int_equal(event->token, 4001);
    assert_true(event->status < 0);
}

static void test_message_limit(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/big");

    open_now(suite, &options);
    assert_int_equal(conformance_expect(suite, ROOST_EV_WS_TEXT, WAIT_MS)->event.len, 5000);
    close_now(suite);
    options.message_max = 4999;
    open_now(suite, &options);
    const struct roost_event *event = closed(suite);
    assert_int_equal(event->token, 1009);
    assert_int_equal(event->status, ROOST_ERR_TOO_LONG);
    assert_int_equal(conformance_count(suite, ROOST_EV_WS_TEXT), 0);
}

static void test_fragments(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/fragments");

    open_now(suite, &options);
    const struct roost_conformance_event *got =
        conformance_expect(suite, ROOST_EV_WS_TEXT, WAIT_MS);
    assert_int_equal(got->event.len, 11);
    assert_memory_equal(got->data, "hello world", 11);
    close_now(suite);
}

static void test_ping(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/echo");

    options.ping_interval_ms = 100;
    open_now(suite, &options);
    conformance_pass(suite, 600);
    assert_int_equal(conformance_count(suite, ROOST_EV_WS_CLOSED), 0);
    close_now(suite);
    options = options_for(suite, "/mute");
    options.ping_interval_ms = 100;
    open_now(suite, &options);
    assert_int_equal(closed(suite)->status, ROOST_ERR_TIMEOUT);
}

/* What does not leave is bounded. */
static void test_send_limit(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/echo");
    static uint8_t bytes[8000];
    int sent = 0, result;

    open_now(suite, &options);
    while ((result = transmit(suite, bytes, sizeof bytes, true)) == 0 && sent < 10000)
        sent++;
    assert_int_equal(result, ROOST_ERR_FULL);
    for (int i = 0; i < sent; i++)
        (void)conformance_expect(suite, ROOST_EV_WS_BINARY, WAIT_MS);
    close_now(suite);
}

/* The pieces of one text, put together; the first and the last say that they are. */
static size_t take_parts(struct roost_conformance *suite, char *out, size_t size)
{
    const struct roost_conformance_event *got;
    size_t len = 0;

    do {
        got = conformance_expect(suite, ROOST_EV_WS_PART, WAIT_MS);
        assert_int_equal((got->event.token & ROOST_WS_FIRST) != 0, len == 0);
        assert_true(got->event.len <= sizeof got->data && got->event.len <= size - len);
        memcpy(out + len, got->data, got->event.len);
        len += got->event.len;
    } while (!(got->event.token & ROOST_WS_LAST));
    return len;
}

/* Neither side ever holds a whole message. */
static void test_parts(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/echo");
    static const char *const pieces[] = {"[2,", "\"17\",", "{}]"};
    char text[64];
    int err;

    OP(suite, err, ws, send_part, "x", 1, true, true);
    assert_int_equal(err, ROOST_ERR_CLOSED);
    options.parts = true;
    open_now(suite, &options);
    for (unsigned i = 0; i < 3; i++) {
        OP(suite, err, ws, send_part, pieces[i], strlen(pieces[i]), i == 0, i == 2);
        assert_int_equal(err, 0);
    }
    assert_int_equal(take_parts(suite, text, sizeof text), 11);
    assert_memory_equal(text, "[2,\"17\",{}]", 11);
    OP(suite, err, ws, send_part, "whole", 5, true, true);
    assert_int_equal(err, 0);
    assert_int_equal(take_parts(suite, text, sizeof text), 5);
    assert_int_equal(transmit(suite, "\x01\x02", 2, true), 0);
    assert_int_equal(conformance_expect(suite, ROOST_EV_WS_BINARY, WAIT_MS)->event.len, 0);
    assert_int_equal(conformance_count(suite, ROOST_EV_WS_TEXT), 0);
    close_now(suite);
}

/* They are counted, and what is too long closes as before. */
static void test_parts_limit(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_ws_options options = options_for(suite, "/big");

    options.parts = true;
    options.message_max = 3000;
    open_now(suite, &options);
    assert_int_equal(closed(suite)->status, ROOST_ERR_TOO_LONG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_echo),          cmocka_unit_test(test_subprotocol),
    cmocka_unit_test(test_authorization), cmocka_unit_test(test_closed_by_server),
    cmocka_unit_test(test_message_limit), cmocka_unit_test(test_fragments),
    cmocka_unit_test(test_ping),          cmocka_unit_test(test_send_limit),
    cmocka_unit_test(test_parts),         cmocka_unit_test(test_parts_limit),
    cmocka_unit_test(test_refused),
};

struct conformance_group conformance_ws_group(void)
{
    return (struct conformance_group){"WebSocket", tests, sizeof tests / sizeof tests[0]};
}
