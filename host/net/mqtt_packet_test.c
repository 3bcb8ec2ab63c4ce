/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "host/net/mqtt_packet.h"

#define LIMIT 4096

/* A packet as a string literal, which may hold NULs. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static struct mqtt_packet packet;

static int decode(const uint8_t *bytes, size_t len)
{
    memset(&packet, 0xA5, sizeof packet);
    return mqtt_packet_decode(&packet, bytes, len, LIMIT);
}

/* Whole at its own length, wanting more at each shorter one, unmoved by what follows. */
static void assert_whole(const uint8_t *bytes, size_t len)
{
    uint8_t longer[512];
    assert_true(len + 4 <= sizeof longer);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(decode(bytes, cut), 0);
    memcpy(longer, bytes, len);
    memset(longer + len, 0xFF, 4);
    assert_int_equal(decode(longer, len + 4), len);
    assert_int_equal(decode(bytes, len), len);
}

static void publish_of_each_qos(void **state)
{
    (void)state;
    assert_whole(BYTES("\x30\x09\x00\x03"
                       "a/b"
                       "25.5"));
    assert_int_equal(packet.type, MQTT_PUBLISH);
    assert_int_equal(packet.qos, 0);
    assert_int_equal(packet.packet_id, 0);
    assert_int_equal(packet.topic_len, 3);
    assert_memory_equal(packet.topic, "a/b", 3);
    assert_int_equal(packet.payload_len, 4);
    assert_memory_equal(packet.payload, "25.5", 4);
    assert_false(packet.retain || packet.dup);

    assert_whole(BYTES("\x3b\x06\x00\x01"
                       "t\x12\x34x"));
    assert_int_equal(packet.qos, 1);
    assert_int_equal(packet.packet_id, 0x1234);
    assert_true(packet.retain && packet.dup);
    assert_int_equal(packet.payload_len, 1);

    assert_whole(BYTES("\x34\x05\x00\x01t\x00\x01"));
    assert_int_equal(packet.qos, 2);
    assert_int_equal(packet.payload_len, 0);
    assert_whole(BYTES("\x30\x03\x00\x01t"));
}

static void acknowledgements(void **state)
{
    (void)state;
    static const struct {
        uint8_t first;
        enum mqtt_packet_type type;
    } table[] = {{0x40, MQTT_PUBACK},
                 {0x50, MQTT_PUBREC},
                 {0x62, MQTT_PUBREL},
                 {0x70, MQTT_PUBCOMP},
                 {0xB0, MQTT_UNSUBACK}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t bytes[] = {table[i].first, 2, 0xAB, 0xCD};
        assert_whole(bytes, sizeof bytes);
        assert_int_equal(packet.type, table[i].type);
        assert_int_equal(packet.packet_id, 0xABCD);
        bytes[2] = bytes[3] = 0;
        assert_int_equal(decode(bytes, sizeof bytes), ROOST_ERR_INVALID);
        bytes[1] = 3;
        assert_int_equal(decode(bytes, 2), ROOST_ERR_INVALID);
        bytes[1] = 1;
        assert_int_equal(decode(bytes, 2), ROOST_ERR_INVALID);
    }
}

static void connack(void **state)
{
    (void)state;
    assert_whole(BYTES("\x20\x02\x01\x00"));
    assert_int_equal(packet.type, MQTT_CONNACK);
    assert_true(packet.session_present);
    assert_int_equal(packet.code, 0);
    assert_whole(BYTES("\x20\x02\x00\x05"));
    assert_false(packet.session_present);
    assert_int_equal(packet.code, 5);
    assert_int_equal(decode(BYTES("\x20\x02\x01\x05")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x20\x02\x02\x00")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x20\x02\x00\x06")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x20\x03\x00\x00\x00")), ROOST_ERR_INVALID);
}

static void suback_says_the_worst(void **state)
{
    (void)state;
    assert_whole(BYTES("\x90\x05\x00\x07\x02\x01\x02"));
    assert_int_equal(packet.type, MQTT_SUBACK);
    assert_int_equal(packet.packet_id, 7);
    assert_int_equal(packet.code, 1);
    assert_int_equal(packet.payload_len, 3);
    assert_whole(BYTES("\x90\x05\x00\x07\x01\x80\x00"));
    assert_int_equal(packet.code, MQTT_SUBACK_FAILURE);
    assert_whole(BYTES("\x90\x03\x00\x07\x00"));
    assert_int_equal(packet.code, 0);
    assert_int_equal(decode(BYTES("\x90\x03\x00\x07\x03")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x90\x03\x00\x00\x01")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x90\x02\x00\x07")), ROOST_ERR_INVALID);
}

static void packets_without_a_body(void **state)
{
    (void)state;
    assert_whole(BYTES("\xc0\x00"));
    assert_int_equal(packet.type, MQTT_PINGREQ);
    assert_whole(BYTES("\xd0\x00"));
    assert_int_equal(packet.type, MQTT_PINGRESP);
    assert_whole(BYTES("\xe0\x00"));
    assert_int_equal(packet.type, MQTT_DISCONNECT);
    assert_int_equal(decode(BYTES("\xd0\x01\x00")), ROOST_ERR_INVALID);
}

static void first_bytes(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        uint8_t byte = (uint8_t)first;
        int type = first >> 4;
        int flags = first & 15;
        bool good;
        if (type == MQTT_PUBLISH)
            good = (flags & 6) != 6 && (flags & 14) != 8;
        else if (type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE)
            good = flags == 2;
        else
            good = type >= 1 && type <= 14 && flags == 0;
        assert_int_equal(decode(&byte, 1), good ? 0 : ROOST_ERR_INVALID);
    }
}

static void bad_publishes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } table[] = {
        {"\x30\x02\x00\x00", 4},   /* empty topic */
        {"\x30\x04\x00\x00xx", 6}, /* empty topic with a payload */
        {"\x30\x05\x00\x03"
         "a/+",
         7}, /* wildcard */
        {"\x30\x05\x00\x03"
         "a/#",
         7},
        {"\x30\x04\x00\x02\xc3\x28", 6}, /* bad UTF-8 */
        {"\x30\x05\x00\x03"
         "a\0b",
         7}, /* U+0000 */
        {"\x30\x05\x00\x04"
         "abc",
         7},                              /* topic longer than the packet */
        {"\x32\x03\x00\x01t", 5},         /* QoS 1, no room for a packet id */
        {"\x32\x05\x00\x01t\x00\x00", 7}, /* packet id 0 */
        {"\x32\x05\x00\x02tt\x01", 7},    /* half a packet id */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(decode((const uint8_t *)table[i].bytes, table[i].len), ROOST_ERR_INVALID);
}

static void lengths_and_the_limit(void **state)
{
    (void)state;
    assert_int_equal(decode(BYTES("\x30\xff\xff\xff\xff\x01")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x30\x80\x80\x80\x80")), ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x30\x80\x80\x80")), 0);
    /* 10 MB are refused by their header. */
    assert_int_equal(decode(BYTES("\x30\x80\xad\xe2\x04")), ROOST_ERR_TOO_LONG);
    assert_int_equal(decode(BYTES("\x30\xff\xff\xff\x7f")), ROOST_ERR_TOO_LONG);
    uint8_t bytes[140] = {0x30, 0x80, 0x01, 0, 1, 't'}; /* 128 bytes remaining */
    assert_int_equal(mqtt_packet_decode(&packet, bytes, 130, 131), 0);
    assert_int_equal(mqtt_packet_decode(&packet, bytes, 131, 131), 131);
    assert_int_equal(packet.payload_len, 125);
    assert_int_equal(mqtt_packet_decode(&packet, bytes, 131, 130), ROOST_ERR_TOO_LONG);
    assert_int_equal(mqtt_packet_decode(&packet, bytes, 3, 130), ROOST_ERR_TOO_LONG);
}

static void connect_round_trip(void **state)
{
    (void)state;
    uint8_t out[256];
    struct mqtt_connect connect = {.client_id = "hub-1", .clean_session = true, .keepalive_s = 30};
    static const char plain[] = "\x10\x11\x00\x04MQTT\x04\x02\x00\x1e\x00\x05hub-1";
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), sizeof plain - 1);
    assert_memory_equal(out, plain, sizeof plain - 1);
    assert_whole(out, sizeof plain - 1);
    assert_int_equal(packet.type, MQTT_CONNECT);

    connect.clean_session = false;
    connect.user = "u";
    connect.password = "pw";
    connect.will_topic = "w/t";
    connect.will_payload = "gone";
    connect.will_qos = 1;
    connect.will_retain = true;
    static const char full[] = "\x10\x23\x00\x04MQTT\x04\xec\x00\x1e\x00\x05hub-1\x00\x03w/t"
                               "\x00\x04gone\x00\x01u\x00\x02pw";
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), sizeof full - 1);
    assert_memory_equal(out, full, sizeof full - 1);
    assert_whole(out, sizeof full - 1);
    for (size_t size = 0; size < sizeof full - 1; size++)
        assert_int_equal(mqtt_write_connect(out, size, &connect), ROOST_ERR_TOO_LONG);

    connect.user = NULL;
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), ROOST_ERR_INVALID);
    connect.password = NULL;
    connect.will_topic = "w/#";
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), ROOST_ERR_INVALID);
    connect.will_topic = NULL;
    connect.client_id = NULL;
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), ROOST_ERR_INVALID);
    connect.clean_session = true;
    assert_int_equal(mqtt_write_connect(out, sizeof out, &connect), 14);
    assert_whole(out, 14);
}

static void bad_connects(void **state)
{
    (void)state;
    char good[] = "\x10\x11\x00\x04MQTT\x04\x02\x00\x1e\x00\x05hub-1";
    static const struct {
        size_t at;
        char value;
    } table[] = {
        {3, 3},                            /* protocol name's length */
        {4, 'm'},        {8, 3},           /* protocol level of MQTT 3.1 */
        {8, 5},          {9, 0x03},        /* reserved flag */
        {9, 0x0a},       {9, 0x22},        /* will QoS and retain without a will */
        {9, 0x1e},                         /* will QoS 3 */
        {9, 0x42},                         /* password without user */
        {9, (char)0x82}, {9, 0x06},        /* fields that are not there */
        {13, 4},                           /* a byte left over */
        {13, 6},         {14, (char)0xff}, /* not UTF-8 */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char bytes[sizeof good];
        memcpy(bytes, good, sizeof good);
        bytes[table[i].at] = table[i].value;
        assert_int_equal(decode((const uint8_t *)bytes, sizeof good - 1), ROOST_ERR_INVALID);
    }
    assert_int_equal(decode(BYTES("\x10\x0c\x00\x04MQTT\x04\x00\x00\x1e\x00\x00")),
                     ROOST_ERR_INVALID);
}

static void subscribe_round_trip(void **state)
{
    (void)state;
    uint8_t out[64];
    static const char *const topics[] = {"sensor/+/audio", "a/#"};
    static const char expected[] = "\x82\x19\x00\x09\x00\x0esensor/+/audio\x01\x00\x03"
                                   "a/#\x01";
    assert_int_equal(mqtt_write_subscribe(out, sizeof out, 9, topics, 2, 1), sizeof expected - 1);
    assert_memory_equal(out, expected, sizeof expected - 1);
    assert_whole(out, sizeof expected - 1);
    assert_int_equal(packet.type, MQTT_SUBSCRIBE);
    assert_int_equal(packet.packet_id, 9);
    for (size_t size = 0; size < sizeof expected - 1; size++)
        assert_int_equal(mqtt_write_subscribe(out, size, 9, topics, 2, 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(mqtt_write_subscribe(out, sizeof out, 0, topics, 2, 1), ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_subscribe(out, sizeof out, 9, topics, 0, 1), ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_subscribe(out, sizeof out, 9, topics, 2, 3), ROOST_ERR_INVALID);
    static const char *const bad[] = {"a/#/b"};
    assert_int_equal(mqtt_write_subscribe(out, sizeof out, 9, bad, 1, 1), ROOST_ERR_INVALID);

    assert_int_equal(decode(BYTES("\x82\x06\x00\x09\x00\x01"
                                  "a\x03")),
                     ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x82\x06\x00\x00\x00\x01"
                                  "a\x01")),
                     ROOST_ERR_INVALID);
    assert_int_equal(decode(BYTES("\x82\x06\x00\x09\x00\x02"
                                  "aa")),
                     ROOST_ERR_INVALID);
    assert_whole(BYTES("\xa2\x05\x00\x09\x00\x01"
                       "a"));
    assert_int_equal(packet.type, MQTT_UNSUBSCRIBE);
    assert_int_equal(decode(BYTES("\xa2\x05\x00\x09\x00\x00\x00")), ROOST_ERR_INVALID);
}

static void unsubscribe_round_trip(void **state)
{
    (void)state;
    uint8_t out[64];
    static const char *const topics[] = {"a/+/b", "c/#"}, *const bad[] = {"a#"};
    static const char expected[] = "\xa2\x0e\x00\x09\x00\x05"
                                   "a/+/b\x00\x03"
                                   "c/#";
    assert_int_equal(mqtt_write_unsubscribe(out, sizeof out, 9, topics, 2), sizeof expected - 1);
    assert_memory_equal(out, expected, sizeof expected - 1);
    assert_whole(out, sizeof expected - 1);
    assert_int_equal(packet.type, MQTT_UNSUBSCRIBE);
    for (size_t size = 0; size < sizeof expected - 1; size++)
        assert_int_equal(mqtt_write_unsubscribe(out, size, 9, topics, 2), ROOST_ERR_TOO_LONG);
    assert_int_equal(mqtt_write_unsubscribe(out, sizeof out, 0, topics, 2), ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_unsubscribe(out, sizeof out, 9, topics, 0), ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_unsubscribe(out, sizeof out, 9, bad, 1), ROOST_ERR_INVALID);
}

static void publish_heads(void **state)
{
    (void)state;
    uint8_t out[64];
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "a/b", 4, 0, false, false, 77), 7);
    assert_memory_equal(out,
                        "\x30\x09\x00\x03"
                        "a/b",
                        7);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "t", 300, 1, true, true, 0x1234), 8);
    assert_memory_equal(out, "\x3b\xb1\x02\x00\x01t\x12\x34", 8);
    for (size_t size = 0; size < 8; size++)
        assert_int_equal(mqtt_write_publish_head(out, size, "t", 300, 1, true, true, 0x1234),
                         ROOST_ERR_TOO_LONG);
    /* Each size of the length field: the last value it holds and the first of the next. */
    static const struct {
        size_t payload_len;
        int head_len;
    } table[] = {{124, 5},
                 {125, 6},
                 {16380, 6},
                 {16381, 7},
                 {2097148, 7},
                 {2097149, 8},
                 {268435452, 8},
                 {268435453, ROOST_ERR_TOO_LONG},
                 {SIZE_MAX, ROOST_ERR_TOO_LONG}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(
            mqtt_write_publish_head(out, sizeof out, "t", table[i].payload_len, 0, false, false, 0),
            table[i].head_len);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "t", 0, 3, false, false, 1),
                     ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "t", 0, 1, false, false, 0),
                     ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "t", 0, 0, false, true, 0),
                     ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "", 0, 0, false, false, 0),
                     ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, "+", 0, 0, false, false, 0),
                     ROOST_ERR_INVALID);
}

static void long_strings_are_refused(void **state)
{
    (void)state;
    static char text[65537];
    static uint8_t out[65600];
    memset(text, 'x', 65535);
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, text, 0, 0, false, false, 0), 65541);
    text[65535] = 'x';
    assert_int_equal(mqtt_write_publish_head(out, sizeof out, text, 0, 0, false, false, 0),
                     ROOST_ERR_TOO_LONG);
}

static void small_packets(void **state)
{
    (void)state;
    uint8_t out[4];
    assert_int_equal(mqtt_write_puback(out, sizeof out, 0x0102), 4);
    assert_memory_equal(out, "\x40\x02\x01\x02", 4);
    assert_int_equal(mqtt_write_puback(out, sizeof out, 0), ROOST_ERR_INVALID);
    assert_int_equal(mqtt_write_puback(out, 3, 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(mqtt_write_pingreq(out, sizeof out), 2);
    assert_memory_equal(out, "\xc0\x00", 2);
    assert_int_equal(mqtt_write_pingreq(out, 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(mqtt_write_disconnect(out, sizeof out), 2);
    assert_memory_equal(out, "\xe0\x00", 2);
    assert_int_equal(mqtt_write_disconnect(out, 0), ROOST_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_of_each_qos),
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(connack),
        cmocka_unit_test(suback_says_the_worst),
        cmocka_unit_test(packets_without_a_body),
        cmocka_unit_test(first_bytes),
        cmocka_unit_test(bad_publishes),
        cmocka_unit_test(lengths_and_the_limit),
        cmocka_unit_test(connect_round_trip),
        cmocka_unit_test(bad_connects),
        cmocka_unit_test(subscribe_round_trip),
        cmocka_unit_test(unsubscribe_round_trip),
        cmocka_unit_test(publish_heads),
        cmocka_unit_test(long_strings_are_refused),
        cmocka_unit_test(small_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
