/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/card.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static struct charger_card card;
static char tag[CHARGER_TAG_MAX + 1];

static void begin(bool reversed)
{
    charger_card_init(&card, &(struct charger_card_config){.reversed = reversed, .away_ms = 2000});
}

static void every_length_either_way(void **state)
{
    static const struct {
        const char *uid;
        size_t len;
        const char *tag, *reversed;
    } cards[] = {
        {"\x04\xA2\xB3\xC4", 4, "04A2B3C4", "C4B3A204"},
        {"\x04\x00\xFF\x12\x9a\xbc\xde", 7, "0400FF129ABCDE", "DEBC9A12FF0004"},
        {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A", 10, "0102030405060708090A",
         "0A090807060504030201"},
    };

    (void)state;
    for (int reversed = 0; reversed < 2; reversed++)
        for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
            begin(reversed);
            assert_int_equal(
                charger_card_seen(&card, (const uint8_t *)cards[i].uid, cards[i].len, 0, tag), 1);
            assert_string_equal(tag, reversed ? cards[i].reversed : cards[i].tag);
        }
}

static void other_lengths_are_refused(void **state)
{
    uint8_t uid[16] = {0};

    (void)state;
    begin(false);
    for (size_t len = 0; len <= sizeof uid; len++) {
        bool good = len == 4 || len == 7 || len == 10;
        assert_int_equal(charger_card_seen(&card, uid, len, 0, tag), good ? 1 : ROOST_ERR_RANGE);
        assert_int_equal(strlen(tag), good ? 2 * len : 0);
    }
    assert_int_equal(card.refused, sizeof uid + 1 - 3);
    /* Half of a longer one. */
    assert_int_equal(charger_card_seen(&card, BYTES("\x88\x04\x01\x02"), 0, tag),
                     ROOST_ERR_INVALID);
    assert_int_equal(charger_card_seen(&card, BYTES("\x02\x04\x01\x88"), 0, tag), 1);
    begin(true);
    assert_int_equal(charger_card_seen(&card, BYTES("\x02\x04\x01\x88"), 0, tag),
                     ROOST_ERR_INVALID);
    assert_int_equal(card.counted, 0);
}

static void a_card_that_is_held_counts_once(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 0, tag), 1);
    for (uint64_t ms = 100; ms <= 60000; ms += 100) {
        assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), ms, tag), 0);
        assert_string_equal(tag, "");
    }
    /* away for a moment, and for long enough */
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 61999, tag), 0);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 63998, tag), 0);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 65998, tag), 1);
    assert_string_equal(tag, "01020304");
    assert_int_equal(card.counted, 2);
    assert_int_equal(card.repeats, 602);
}

static void another_card_counts_at_once(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 0, tag), 1);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\5"), 10, tag), 1);
    assert_string_equal(tag, "01020305");
    /* A longer one that begins the same is another one. */
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4\0\0\0"), 20, tag), 1);
    /* The first one was away for too short a time. */
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\4"), 1990, tag), 0);
    assert_int_equal(charger_card_seen(&card, BYTES("\1\2\3\5"), 2010, tag), 1);
}

/* So many lie before the reader, which sees one after the other: each counts once. */
static void a_wallet(void **state)
{
    (void)state;
    begin(false);
    for (uint64_t ms = 0; ms < 20000; ms += 50) {
        uint8_t uid[7] = {4, (uint8_t)(ms / 50 % CHARGER_CARDS_HELD)};
        assert_int_equal(charger_card_seen(&card, uid, sizeof uid, ms, tag),
                         ms < 50 * CHARGER_CARDS_HELD);
    }
    assert_int_equal(card.counted, CHARGER_CARDS_HELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_either_way),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(a_card_that_is_held_counts_once),
        cmocka_unit_test(another_card_counts_at_once),
        cmocka_unit_test(a_wallet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
