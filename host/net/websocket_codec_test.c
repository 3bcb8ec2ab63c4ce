/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "host/net/websocket.h"
#include "host/net/websocket_codec.h"

enum { MESSAGE_MAX = 1000 };

/* A frame as a client sends it: masked with 01 02 03 04. */
static size_t put(uint8_t *out, unsigned head, const void *data, size_t len)
{
    size_t n = 2;

    out[0] = (uint8_t)head;
    if (len < 126) {
        out[1] = (uint8_t)(0x80 | len);
    } else {
        out[1] = 0xFE;
        out[n++] = (uint8_t)(len >> 8);
        out[n++] = (uint8_t)len;
    }
    for (unsigned i = 0; i < 4; i++)
        out[n++] = (uint8_t)(i + 1);
    for (size_t i = 0; i < len; i++)
        out[n++] = (uint8_t)(((const uint8_t *)data)[i] ^ (i % 4 + 1));
    return n;
}

static size_t put_text(uint8_t *out, unsigned head, const char *text)
{
    return put(out, head, text, strlen(text));
}

static void expect_part(struct websocket_codec *codec, enum websocket_part_type type,
                        const char *data)
{
    struct websocket_part part;

    assert_true(websocket_codec_next(codec, &part));
    assert_int_equal(part.type, type);
    assert_int_equal(part.len, strlen(data));
    assert_memory_equal(part.data, data, part.len + 1);
}

/* The one thing that the bytes are, however they are cut. Returns the code. */
static unsigned only(const uint8_t *bytes, size_t len, enum websocket_part_type type)
{
    unsigned code = 0;

    for (size_t step = 1; step <= len; step += step < 3 ? 1 : len) {
        struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
        struct websocket_part part;
        int parts = 0;
        for (size_t at = 0; at < len && parts == 0; at += step) {
            websocket_codec_feed(codec, bytes + at, step < len - at ? step : len - at);
            while (websocket_codec_next(codec, &part)) {
                assert_int_equal(part.type, type);
                code = part.code;
                parts++;
            }
        }
        assert_int_equal(parts, 1);
        websocket_codec_free(codec);
    }
    return code;
}

static unsigned violation(const uint8_t *bytes, size_t len)
{
    return only(bytes, len, WEBSOCKET_PART_VIOLATION);
}

#define VIOLATION(...)                                                                             \
    violation((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_messages(void **state)
{
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
    struct websocket_part part;
    uint8_t bytes[512];
    size_t len = put_text(bytes, 0x81, "one");

    (void)state;
    len += put_text(bytes + len, 0x82, "");
    len += put_text(bytes + len, 0x01, "gr\xC3"); /* cut inside a character */
    len += put_text(bytes + len, 0x89, "ping");
    len += put_text(bytes + len, 0x00, "");
    len += put_text(bytes + len, 0x8A, "");
    len += put_text(bytes + len, 0x80,
                    "\xBC\xC3\x9F"
                    "e");
    for (size_t step = 1; step <= len; step++) {
        size_t at = 0;
        static const struct {
            enum websocket_part_type type;
            const char *data;
        } expected[] = {
            {WEBSOCKET_PART_TEXT, "one"},
            {WEBSOCKET_PART_BINARY, ""},
            {WEBSOCKET_PART_PING, "ping"},
            {WEBSOCKET_PART_PONG, ""},
            {WEBSOCKET_PART_TEXT, "gr\xC3\xBC\xC3\x9F"
                                  "e"},
        };
        for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
            while (!websocket_codec_next(codec, &part)) {
                assert_true(at < len);
                websocket_codec_feed(codec, bytes + at, step < len - at ? step : len - at);
                at += step;
            }
            assert_int_equal(part.type, expected[i].type);
            assert_string_equal(part.data, expected[i].data);
            assert_int_equal(part.len, strlen(expected[i].data));
        }
        assert_false(websocket_codec_next(codec, &part));
    }
    websocket_codec_free(codec);
}

static void test_message_limit(void **state)
{
    static uint8_t bytes[2 * MESSAGE_MAX];
    static char text[MESSAGE_MAX + 2];
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);

    (void)state;
    memset(text, 'x', MESSAGE_MAX);
    for (int i = 0; i < 2; i++) {
        websocket_codec_feed(codec, bytes, put_text(bytes, 0x81, text));
        expect_part(codec, WEBSOCKET_PART_TEXT, text);
        assert_false(websocket_codec_next(codec, &(struct websocket_part){0}));
    }
    websocket_codec_free(codec);
    text[MESSAGE_MAX] = 'x';
    assert_int_equal(violation(bytes, put_text(bytes, 0x82, text)), WEBSOCKET_TOO_LONG);
    text[MESSAGE_MAX] = '\0';
    size_t len = put_text(bytes, 0x02, text);
    len += put_text(bytes + len, 0x80, "x");
    assert_int_equal(violation(bytes, len), WEBSOCKET_TOO_LONG);
    /* The head alone tells, and 2^63 - 1 bytes are not waited for. */
    assert_int_equal(
        VIOLATION(0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 'x'),
        WEBSOCKET_TOO_LONG);
}

static void test_many_fragments(void **state)
{
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
    struct websocket_part part;
    uint8_t bytes[16];

    (void)state;
    for (int i = 0; i < MESSAGE_MAX; i++) {
        websocket_codec_feed(codec, bytes, put_text(bytes, i == 0 ? 0x01 : 0x00, "f"));
        assert_false(websocket_codec_next(codec, &part));
    }
    for (int i = 0; i < 5; i++) { /* empty ones add nothing */
        websocket_codec_feed(codec, bytes, put_text(bytes, 0x00, ""));
        assert_false(websocket_codec_next(codec, &part));
    }
    websocket_codec_feed(codec, bytes, put_text(bytes, 0x80, ""));
    assert_true(websocket_codec_next(codec, &part));
    assert_int_equal(part.len, MESSAGE_MAX);
    websocket_codec_free(codec);
}

static void test_violations(void **state)
{
    (void)state;
    assert_int_equal(VIOLATION(0x81, 0x01, 'x'), WEBSOCKET_PROTOCOL_ERROR); /* no mask */
    for (unsigned bit = 0x10; bit <= 0x40; bit <<= 1)
        assert_int_equal(VIOLATION((uint8_t)(0x81 | bit), 0x80, 0, 0, 0, 0),
                         WEBSOCKET_PROTOCOL_ERROR);
    for (uint8_t opcode = 3; opcode < 8; opcode++) {
        assert_int_equal(VIOLATION((uint8_t)(0x80 | opcode), 0x80, 0, 0, 0, 0),
                         WEBSOCKET_PROTOCOL_ERROR);
        assert_int_equal(VIOLATION((uint8_t)(0x88 + opcode), 0x80, 0, 0, 0, 0),
                         WEBSOCKET_PROTOCOL_ERROR);
    }
    /* control frames: in fragments, too long */
    assert_int_equal(VIOLATION(0x09, 0x80, 0, 0, 0, 0), WEBSOCKET_PROTOCOL_ERROR);
    assert_int_equal(VIOLATION(0x89, 0xFE, 0, 126, 0, 0, 0, 0), WEBSOCKET_PROTOCOL_ERROR);
    /* lengths not in their shortest form, and with the highest bit */
    assert_int_equal(VIOLATION(0x81, 0xFE, 0, 125, 0, 0, 0, 0), WEBSOCKET_PROTOCOL_ERROR);
    assert_int_equal(VIOLATION(0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF), WEBSOCKET_PROTOCOL_ERROR);
    assert_int_equal(VIOLATION(0x81, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0), WEBSOCKET_PROTOCOL_ERROR);
    /* fragments: none to continue, one message inside another */
    assert_int_equal(VIOLATION(0x80, 0x80, 0, 0, 0, 0), WEBSOCKET_PROTOCOL_ERROR);
    assert_int_equal(VIOLATION(0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0),
                     WEBSOCKET_PROTOCOL_ERROR);
    /* text: overlong slash, surrogate, cut short, across fragments */
    assert_int_equal(VIOLATION(0x81, 0x82, 0, 0, 0, 0, 0xC0, 0xAF), WEBSOCKET_BAD_DATA);
    assert_int_equal(VIOLATION(0x81, 0x83, 0, 0, 0, 0, 0xED, 0xA0, 0x80), WEBSOCKET_BAD_DATA);
    assert_int_equal(VIOLATION(0x81, 0x82, 0, 0, 0, 0, 0xE2, 0x82), WEBSOCKET_BAD_DATA);
    assert_int_equal(VIOLATION(0x01, 0x81, 0, 0, 0, 0, 0xC3, 0x80, 0x81, 0, 0, 0, 0, 'x'),
                     WEBSOCKET_BAD_DATA);
    /* close: half a code, codes that are never sent, a reason that is not UTF-8 */
    assert_int_equal(VIOLATION(0x88, 0x81, 0, 0, 0, 0, 3), WEBSOCKET_PROTOCOL_ERROR);
    static const uint16_t bad[] = {0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(VIOLATION(0x88, 0x82, 0, 0, 0, 0, (uint8_t)(bad[i] >> 8), (uint8_t)bad[i]),
                         WEBSOCKET_PROTOCOL_ERROR);
    assert_int_equal(VIOLATION(0x88, 0x84, 0, 0, 0, 0, 0x03, 0xE8, 0xC3, 0xC3), WEBSOCKET_BAD_DATA);
}

static void test_close(void **state)
{
    static const uint16_t good[] = {1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999};
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
    struct websocket_part part;
    uint8_t bytes[256];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const uint8_t code[] = {(uint8_t)(good[i] >> 8), (uint8_t)good[i]};
        assert_int_equal(only(bytes, put(bytes, 0x88, code, 2), WEBSOCKET_PART_CLOSE), good[i]);
    }
    assert_int_equal(only(bytes, put(bytes, 0x88, "", 0), WEBSOCKET_PART_CLOSE), WEBSOCKET_NO_CODE);
    /* A reason cut between two reads, anywhere. */
    size_t len = put_text(bytes, 0x88, "\x0F\xA1\xC3\xA9\xC3\xA9");
    for (size_t cut = 0; cut < len; cut++) {
        websocket_codec_feed(codec, bytes, cut);
        assert_false(websocket_codec_next(codec, &part));
        websocket_codec_feed(codec, bytes + cut, len - cut);
        assert_true(websocket_codec_next(codec, &part));
        assert_int_equal(part.code, 4001);
        assert_string_equal(part.data, "\xC3\xA9\xC3\xA9");
        assert_false(websocket_codec_next(codec, &part));
    }
    websocket_codec_free(codec);
}

static void test_nothing_after_violation(void **state)
{
    struct websocket_codec *codec = websocket_codec_new(MESSAGE_MAX);
    struct websocket_part part;
    uint8_t bytes[64] = {0x81, 0x00};
    size_t len = 2 + put_text(bytes + 2, 0x81, "late");

    (void)state;
    websocket_codec_feed(codec, bytes, len);
    assert_true(websocket_codec_next(codec, &part));
    assert_int_equal(part.type, WEBSOCKET_PART_VIOLATION);
    assert_false(websocket_codec_next(codec, &part));
    websocket_codec_feed(codec, bytes + 2, len - 2);
    assert_false(websocket_codec_next(codec, &part));
    websocket_codec_free(codec);
}

static void test_frame_write(void **state)
{
    static const struct {
        size_t len, head_len;
        uint8_t head[WEBSOCKET_HEAD_MAX];
    } cases[] = {
        {0, 2, {0x82, 0}},
        {125, 2, {0x82, 125}},
        {126, 4, {0x82, 126, 0, 126}},
        {65535, 4, {0x82, 126, 0xFF, 0xFF}},
        {65536, 10, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
    };
    uint8_t *data = malloc(65536), *out = malloc(65536 + WEBSOCKET_HEAD_MAX);

    (void)state;
    memset(data, 'd', 65536);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = websocket_frame_write(out, WEBSOCKET_PART_BINARY, data, cases[i].len);
        assert_int_equal(n, cases[i].head_len + cases[i].len);
        assert_memory_equal(out, cases[i].head, cases[i].head_len);
        if (cases[i].len > 0)
            assert_memory_equal(out + cases[i].head_len, data, cases[i].len);
    }
    free(out);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),       cmocka_unit_test(test_message_limit),
        cmocka_unit_test(test_many_fragments), cmocka_unit_test(test_violations),
        cmocka_unit_test(test_close),          cmocka_unit_test(test_nothing_after_violation),
        cmocka_unit_test(test_frame_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
