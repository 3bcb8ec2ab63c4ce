/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT client against the broker the test program supplies. */
#include "port/conformance_tests.h"

#include <stdio.h>

enum { OPEN_MS = 15000, ACK_MS = 10000 };

static void open_with(struct roost_conformance *suite, const struct roost_mqtt_options *options)
{
    int err;

    conformance_network(suite);
    OP(suite, err, mqtt, open, options);
    assert_int_equal(err, 0);
}

static void open_now(struct roost_conformance *suite)
{
    open_with(suite, &suite->broker.options);
    (void)conformance_expect(suite, ROOST_EV_MQTT_OPENED, OPEN_MS);
}

static void close_now(struct roost_conformance *suite)
{
    int err;

    OP0(suite, err, mqtt, close);
    assert_int_equal(err, 0);
    assert_int_equal(conformance_expect(suite, ROOST_EV_MQTT_CLOSED, OPEN_MS)->event.status, 0);
}

static int publish(struct roost_conformance *suite, const char *topic, const void *payload,
                   size_t len, int qos, bool retain)
{
    int result;

    OP(suite, result, mqtt, publish, topic, payload, len, qos, retain);
    return result;
}

static void publish_acked(struct roost_conformance *suite, const char *topic, const char *text,
                          bool retain)
{
    int token = publish(suite, topic, text, strlen(text), 1, retain);

    assert_true(token > 0);
    assert_int_equal(conformance_expect(suite, ROOST_EV_MQTT_ACKED, ACK_MS)->event.token, token);
}

static void subscribe(struct roost_conformance *suite, const char *topic)
{
    int err;

    OP(suite, err, mqtt, subscribe, topic);
    assert_int_equal(err, 0);
}

static void test_open_and_close(void **state)
{
    struct roost_conformance *suite = *state;
    int err;

    OP(suite, err, mqtt, subscribe, "roost/x");
    assert_int_equal(err, ROOST_ERR_CLOSED);
    assert_int_equal(publish(suite, "roost/x", "1", 1, 1, false), ROOST_ERR_CLOSED);
    OP0(suite, err, mqtt, close);
    assert_int_equal(err, 0);
    open_now(suite);
    OP(suite, err, mqtt, open, &suite->broker.options);
    assert_int_equal(err, ROOST_ERR_BUSY);
    close_now(suite);
    assert_int_equal(publish(suite, "roost/x", "1", 1, 1, false), ROOST_ERR_CLOSED);
    conformance_pass(suite, 100);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_CLOSED), 0);
    open_now(suite);
    close_now(suite);
}

static void test_close_while_connecting(void **state)
{
    struct roost_conformance *suite = *state;

    open_with(suite, &suite->broker.options);
    close_now(suite);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_OPENED), 0);
}

static void test_refused(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_mqtt_options options = suite->broker.options;

    options.port = suite->broker.closed_port;
    open_with(suite, &options);
    assert_true(conformance_expect(suite, ROOST_EV_MQTT_CLOSED, 30000)->event.status < 0);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_OPENED), 0);
    conformance_pass(suite, 100);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_CLOSED), 0);
}

static void test_wrong_password(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_mqtt_options options = suite->broker.options;

    if (!suite->broker.checks_password)
        return;
    options.password = "not the password";
    open_with(suite, &options);
    assert_int_equal(conformance_expect(suite, ROOST_EV_MQTT_CLOSED, OPEN_MS)->event.status,
                     ROOST_ERR_AUTH);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_OPENED), 0);
}

static void test_acknowledged(void **state)
{
    struct roost_conformance *suite = *state;
    uint64_t tokens[5];

    open_now(suite);
    for (int i = 0; i < 5; i++) {
        int token = publish(suite, "roost/ack", "12", 2, 1, false);
        assert_true(token > 0);
        tokens[i] = (uint64_t)token;
        for (int before = 0; before < i; before++)
            assert_true(tokens[before] != tokens[i]);
    }
    assert_int_equal(publish(suite, "roost/ack", NULL, 0, 0, false), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(conformance_expect(suite, ROOST_EV_MQTT_ACKED, ACK_MS)->event.token,
                         tokens[i]);
    conformance_pass(suite, 50);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_ACKED), 0);
    close_now(suite);
}

/* A port that is full says so, and takes more after the next acknowledgement. */
static void test_full(void **state)
{
    struct roost_conformance *suite = *state;
    int accepted = 0, result;

    open_now(suite);
    while ((result = publish(suite, "roost/full", "x", 1, 1, false)) > 0 && accepted < 100)
        accepted++;
    assert_true(accepted >= 4);
    assert_true(result == ROOST_ERR_FULL || accepted == 100);
    for (int i = 0; i < accepted; i++)
        (void)conformance_expect(suite, ROOST_EV_MQTT_ACKED, ACK_MS);
    assert_true(publish(suite, "roost/full", "x", 1, 1, false) > 0);
    (void)conformance_expect(suite, ROOST_EV_MQTT_ACKED, ACK_MS);
    close_now(suite);
}

static void test_messages_in_order(void **state)
{
    struct roost_conformance *suite = *state;
    enum { MESSAGES = 20 };
    char text[16];

    open_now(suite);
    subscribe(suite, "roost/order/+");
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(text, sizeof text, "message %d", i);
        publish_acked(suite, i % 2 ? "roost/order/odd" : "roost/order/even", text, false);
    }
    for (int i = 0; i < MESSAGES; i++) {
        const struct roost_conformance_event *got =
            conformance_expect(suite, ROOST_EV_MQTT_MESSAGE, ACK_MS);
        snprintf(text, sizeof text, "message %d", i);
        assert_string_equal(got->topic, i % 2 ? "roost/order/odd" : "roost/order/even");
        assert_int_equal(got->event.len, strlen(text));
        assert_false(got->event.retained);
        assert_memory_equal(got->data, text, strlen(text));
    }
    close_now(suite);
}

static void test_payloads(void **state)
{
    struct roost_conformance *suite = *state;
    static uint8_t payload[16000];
    static const size_t lengths[] = {0, 1, 127, 128, 16000};

    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7);
    open_now(suite);
    subscribe(suite, "roost/payload");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_true(publish(suite, "roost/payload", payload, lengths[i], 1, false) > 0);
        const struct roost_conformance_event *got =
            conformance_expect(suite, ROOST_EV_MQTT_MESSAGE, ACK_MS);
        assert_int_equal(got->event.len, lengths[i]);
        assert_int_equal(got->data_hash, conformance_hash(payload, lengths[i]));
        conformance_forget(suite);
    }
    close_now(suite);
}

static void expect_retained(struct roost_conformance *suite, const char *topic, const char *text,
                            uint32_t limit_ms)
{
    char got[64] = "";

    for (uint32_t waited = 0;; waited += 250) {
        int len = suite->broker.retained(suite->ctx, topic, got, sizeof got - 1);
        if (len == (int)strlen(text) && memcmp(got, text, (size_t)len) == 0)
            return;
        if (waited >= limit_ms)
            fail_msg("%s holds \"%.*s\" instead of \"%s\"", topic, len > 0 ? len : 0, got, text);
        conformance_pass(suite, 250);
    }
}

static void test_retained(void **state)
{
    struct roost_conformance *suite = *state;

    open_now(suite);
    publish_acked(suite, "roost/retained", "kept", true);
    subscribe(suite, "roost/retained");
    const struct roost_conformance_event *got =
        conformance_expect(suite, ROOST_EV_MQTT_MESSAGE, ACK_MS);
    assert_memory_equal(got->data, "kept", 4);
    assert_true(got->event.retained);
    if (suite->broker.retained)
        expect_retained(suite, "roost/retained", "kept", 0);
    close_now(suite);
}

/* The last will is published when the plug is pulled, and not on a clean close. */
static void test_last_will(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_mqtt_options options = suite->broker.options;

    if (!suite->broker.retained)
        return;
    options.will_topic = "roost/will";
    options.will_payload = "gone";
    options.keepalive_s = 5;
    open_with(suite, &options);
    (void)conformance_expect(suite, ROOST_EV_MQTT_OPENED, OPEN_MS);
    publish_acked(suite, "roost/will", "here", true);
    close_now(suite);
    conformance_pass(suite, 300);
    expect_retained(suite, "roost/will", "here", 0);
    open_with(suite, &options);
    (void)conformance_expect(suite, ROOST_EV_MQTT_OPENED, OPEN_MS);
    assert_int_equal(suite->restart(suite->ctx), 0);
    expect_retained(suite, "roost/will", "gone", 20000);
}

/* A connection that breaks says so once, and what was not acknowledged is forgotten. */
static void test_broker_goes(void **state)
{
    struct roost_conformance *suite = *state;
    struct roost_mqtt_options options = suite->broker.options;

    if (!suite->broker.stop)
        return;
    options.keepalive_s = 5;
    open_with(suite, &options);
    (void)conformance_expect(suite, ROOST_EV_MQTT_OPENED, OPEN_MS);
    assert_int_equal(suite->broker.stop(suite->ctx), 0);
    (void)publish(suite, "roost/lost", "x", 1, 1, false);
    assert_true(conformance_expect(suite, ROOST_EV_MQTT_CLOSED, 30000)->event.status < 0);
    assert_int_equal(publish(suite, "roost/lost", "x", 1, 1, false), ROOST_ERR_CLOSED);
    assert_int_equal(suite->broker.start(suite->ctx), 0);
    conformance_forget(suite);
    open_now(suite);
    conformance_pass(suite, 100);
    assert_int_equal(conformance_count(suite, ROOST_EV_MQTT_ACKED), 0);
    publish_acked(suite, "roost/lost", "y", false);
    close_now(suite);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_open_and_close),    cmocka_unit_test(test_close_while_connecting),
    cmocka_unit_test(test_refused),           cmocka_unit_test(test_wrong_password),
    cmocka_unit_test(test_acknowledged),      cmocka_unit_test(test_full),
    cmocka_unit_test(test_messages_in_order), cmocka_unit_test(test_payloads),
    cmocka_unit_test(test_retained),          cmocka_unit_test(test_last_will),
    cmocka_unit_test(test_broker_goes),
};

struct conformance_group conformance_mqtt_group(void)
{
    return (struct conformance_group){"MQTT", tests, sizeof tests / sizeof tests[0]};
}
