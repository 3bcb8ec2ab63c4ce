/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/reader.h"
#include "world/charger/reader.h"

static struct world_reader world;
static struct charger_reader reader;
static uint64_t now_ms;
static uint8_t uid[CHARGER_CARD_UID_MAX];

/* ---- a line by hand ---- */

static struct {
    uint8_t sent[64], coming[128];
    size_t sent_len, len;
    int refuses;
} line;

static int line_write(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    if (line.refuses)
        return ROOST_ERR_FULL;
    memcpy(line.sent, bytes, len);
    line.sent_len = len;
    return 0;
}

static int line_read(void *ctx, void *out, size_t room)
{
    size_t len = line.len < room ? line.len : room;

    (void)ctx;
    memcpy(out, line.coming, len);
    line.len -= len;
    memmove(line.coming, line.coming + len, line.len);
    return (int)len;
}

static void comes(const char *bytes, size_t len)
{
    memcpy(line.coming + line.len, bytes, len);
    line.len += len;
}
#define COMES(text) comes(text, sizeof(text) - 1)

static void expect_sent(const char *bytes, size_t len)
{
    assert_int_equal(line.sent_len, len);
    assert_memory_equal(line.sent, bytes, len);
}
#define SENT(text) expect_sent(text, sizeof(text) - 1)

static int look(void)
{
    now_ms += CHARGER_READER_LOOK_MS;
    return charger_reader_look(&reader, now_ms, uid);
}

static int by_hand(void **state)
{
    (void)state;
    memset(&line, 0, sizeof line);
    now_ms = 0;
    charger_reader_init(&reader, &(struct charger_reader_config){line_write, line_read, NULL});
    return 0;
}

#define ACK "\0\0\xFF\0\xFF\0"

/* Frames as UM0701-02 has them (6.2.1, 7.2.10, 7.3.1, 7.3.5). */
static void the_words_of_the_manual(void **state)
{
    (void)state;
    assert_int_equal(look(), 0);
    SENT("\x55\x55\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xFF\x05\xFB\xD4\x14\x01\x14\x01\x02\0");
    COMES(ACK "\0\0\xFF\x02\xFE\xD5\x15\x16\0");
    assert_int_equal(look(), 0);
    SENT("\0\0\xFF\x06\xFA\xD4\x32\x05\xFF\x01\x01\xF4\0");
    COMES(ACK "\0\0\xFF\x02\xFE\xD5\x33\xF8\0");
    assert_int_equal(look(), 0);
    SENT("\0\0\xFF\x04\xFC\xD4\x4A\x01\0\xE1\0");
    line.sent_len = 0;
    COMES(ACK "\0\0\xFF\x0C\xF4\xD5\x4B\x01\x01\0\x04\x08\x04\x5E\x12\xA3\x9B\x20\0");
    assert_int_equal(look(), 4);
    assert_memory_equal(uid, "\x5E\x12\xA3\x9B", 4);
    assert_int_equal(line.sent_len, 0); /* not at once again */
    for (int i = 0; i < CHARGER_READER_PAUSE_MS / CHARGER_READER_LOOK_MS; i++)
        assert_int_equal(look(), 0);
    assert_int_equal(look(), 0);
    SENT("\0\0\xFF\x04\xFC\xD4\x4A\x01\0\xE1\0");
    COMES(ACK "\0\0\xFF\x03\xFD\xD5\x4B\0\xE0\0"); /* nothing lies there */
    assert_int_equal(look(), 0);
    assert_int_equal(reader.answers, 4);
    assert_int_equal(reader.broken, 0);
}

static void what_is_no_answer(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
#define ROW(text) {text, sizeof(text) - 1}
        ROW("\0\0\xFF\x0C\xF5\xD5\x4B\x01\x01\0\x04\x08\x04\x5E\x12\xA3\x9B\x20\0"), /* length */
        ROW("\0\0\xFF\x0C\xF4\xD5\x4B\x01\x01\0\x04\x08\x04\x5E\x12\xA3\x9C\x20\0"), /* a bit */
        ROW("\0\0\xFF\xF0\x10\xD5\x4B\x01\x01\0\x04\x08\x04\x5E\x12\xA3\x9B\x20\0"), /* too long */
        ROW("\0\0\xFF\x0C\xF4\xD5\x4B\x01\x01\0\x04\x08\x04\x5E"),                   /* cut */
        ROW("\0\0\xFF\x02\xFE\xD5\x15\x16\0"),       /* of another command */
        ROW("\0\0\xFF\x01\xFF\x7F\x81\0"),           /* an error frame */
        ROW("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), /* noise */
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        by_hand(state);
        reader.state = 2; /* it looks */
        assert_int_equal(look(), 0);
        comes(rows[i].bytes, rows[i].len);
        int said = 0;
        for (int n = 0; n < CHARGER_READER_SILENT_MS / CHARGER_READER_LOOK_MS + 2 && !said; n++)
            said = look();
        assert_int_equal(said, ROOST_ERR_TIMEOUT); /* once, and it is woken */
        assert_int_equal(look(), 0);
        assert_int_equal(line.sent[0], 0x55);
        assert_int_equal(reader.silences, 1);
    }
    by_hand(state); /* more in it than a UID can have: none */
    reader.state = 2;
    assert_int_equal(look(), 0);
    COMES("\0\0\xFF\x0C\xF4\xD5\x4B\x01\x01\0\x04\x08\x0B\x5E\x12\xA3\x9B\x19\0");
    assert_int_equal(look(), 0);
    assert_int_equal(reader.answers, 1);
    by_hand(state); /* a line that takes nothing */
    line.refuses = 1;
    for (int n = 0; n < 200; n++)
        assert_int_equal(look(), 0);
}

/* ---- a modelled one ---- */

static int modelled(void **state)
{
    (void)state;
    now_ms = 0;
    world_reader_init(&world);
    charger_reader_init(
        &reader, &(struct charger_reader_config){world_reader_write, world_reader_read, &world});
    return 0;
}

static int look_for(unsigned ms)
{
    int len = 0;

    for (unsigned at = 0; at < ms && len <= 0; at += CHARGER_READER_LOOK_MS)
        len = look();
    return len;
}

static void cards_of_all_lengths(void **state)
{
    static const uint8_t bytes[] = {0x04, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6, 0x80, 1, 2, 3};

    (void)state;
    assert_int_equal(look_for(2000), 0);
    for (size_t len = 4; len <= 10; len += 3) {
        world_reader_lay(&world, bytes, len);
        assert_int_equal(look_for(1000), len);
        assert_memory_equal(uid, bytes, len);
        assert_int_equal(look_for(1000), len); /* and as long as it lies there */
    }
    world_reader_lay(&world, NULL, 0);
    (void)look_for(200);
    assert_int_equal(look_for(2000), 0);
    assert_int_equal(reader.silences, 0);
    world.silent = true;
    (void)look_for(1400);
    assert_int_equal(reader.silences, 1);
    world.silent = false;
    world.awake = false; /* it was without power */
    world_reader_lay(&world, bytes, 7);
    assert_int_equal(look_for(4000), 7);
    world.noisy = true;
    (void)look_for(200);
    assert_true(look_for(3000) <= 0);
    world.noisy = false;
    assert_int_equal(look_for(3000), 7);
    assert_true(reader.broken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_words_of_the_manual, by_hand),
        cmocka_unit_test_setup(what_is_no_answer, by_hand),
        cmocka_unit_test_setup(cards_of_all_lengths, modelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
