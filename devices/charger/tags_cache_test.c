/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization cache: what goes, what stays, what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/tags_parts.h"
#include "devices/charger/test/tags_rig.h"

static size_t broken_len; /* of the cache's keys that cannot be read, and what they answer */
static int broken_err;

static void learn_number(int i, uint8_t status)
{
    char id[CHARGER_TAG_MAX + 1];
    snprintf(id, sizeof id, "%08X", i);
    learn(id, status);
}

static bool knows_number(int i)
{
    char id[CHARGER_TAG_MAX + 1];
    snprintf(id, sizeof id, "%08X", i);
    return source_of(id) == CHARGER_TAG_CACHED;
}

static void the_oldest_goes_first(void **state)
{
    (void)state;
    tags_first_boot();
    for (int i = 0; i < CHARGER_TAGS_CACHE_MAX; i++)
        learn_number(i, CHARGER_TAG_ACCEPTED);
    learn_number(0, CHARGER_TAG_ACCEPTED); /* seen again: it is young now */
    learn_number(1000, CHARGER_TAG_ACCEPTED);
    assert_int_equal(charger_tags_cached(&tags), CHARGER_TAGS_CACHE_MAX);
    assert_true(knows_number(0));
    assert_false(knows_number(1));
    assert_true(knows_number(1000));
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(charger_tags_cached(&tags), CHARGER_TAGS_CACHE_MAX);
    learn_number(1001, CHARGER_TAG_ACCEPTED);
    assert_true(knows_number(1000));
    assert_true(knows_number(1001));
}

/* Somebody with a pile of unknown cards does not empty the cache. */
static void bad_cards_displace_no_good_ones(void **state)
{
    struct charger_tag gone = tag_of("gone", "", CHARGER_TAG_ACCEPTED, (uint32_t)NOW - 1);
    bool conflict;
    (void)state;
    tags_first_boot();
    learn_number(0, CHARGER_TAG_INVALID);
    for (int i = 1; i < CHARGER_TAGS_CACHE_MAX; i++)
        learn_number(i, CHARGER_TAG_ACCEPTED);
    learn_number(1000, CHARGER_TAG_INVALID);
    assert_false(knows_number(0));
    assert_true(knows_number(1000));
    learn_number(1001, CHARGER_TAG_ACCEPTED);
    assert_false(knows_number(1000));
    learn_number(1002, CHARGER_TAG_BLOCKED);
    assert_false(knows_number(1002));
    for (int i = 1; i < CHARGER_TAGS_CACHE_MAX; i++)
        assert_true(knows_number(i));
    learn_number(5, CHARGER_TAG_BLOCKED); /* what is known is always corrected */
    assert_true(knows_number(5));
    assert_int_equal(charger_tags_learn(&tags, &gone, NOW, &conflict), 0);
    assert_false(knows_number(5));
    learn_number(1003, CHARGER_TAG_ACCEPTED);
    assert_int_equal(source_of("gone"), CHARGER_TAG_UNKNOWN);
}

static void a_known_answer_writes_nothing(void **state)
{
    struct charger_tag bad = tag_of("", "", CHARGER_TAG_ACCEPTED, 0);
    bool conflict;
    (void)state;
    tags_first_boot();
    learn("C", CHARGER_TAG_ACCEPTED);
    int writes = store.writes;
    learn("C", CHARGER_TAG_ACCEPTED);
    learn("C", CHARGER_TAG_CONCURRENT);
    assert_int_equal(charger_tags_learn(&tags, &bad, NOW, &conflict), ROOST_ERR_INVALID);
    assert_int_equal(store.writes, writes);
    assert_int_equal(decide("C", false), CHARGER_TAG_START);
    learn("c", CHARGER_TAG_ACCEPTED); /* as it came: the newest way to write it */
    assert_int_equal(store.writes, writes + 1);
    assert_int_equal(charger_tags_cached(&tags), 1);
}

/* A card that was blocked, and could not be stored as blocked, is not let in for that. */
static void a_cache_that_cannot_be_written_forgets(void **state)
{
    struct charger_tag blocked = tag_of("C", "GROUP", CHARGER_TAG_BLOCKED, 0);
    bool conflict;
    (void)state;
    tags_first_boot();
    learn("C", CHARGER_TAG_ACCEPTED);
    store.cut_at = store.writes;
    assert_int_equal(charger_tags_learn(&tags, &blocked, NOW, &conflict), ROOST_ERR_IO);
    store.power = true;
    assert_int_equal(source_of("C"), CHARGER_TAG_UNKNOWN);
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
}

/* Nor where unknown ones are: neither now nor, where the key could be erased, after a boot. */
static void a_verdict_that_cannot_be_written_is_in_doubt(void **state)
{
    struct charger_tag blocked = tag_of("C", "GROUP", CHARGER_TAG_BLOCKED, 0);
    bool conflict;
    (void)state;
    tags_first_boot();
    rules.allow_unknown = true;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    learn("C", CHARGER_TAG_ACCEPTED);
    int used = kv_cut_used(&store);
    store.cut_at = store.writes;
    store.stays = true;
    assert_int_equal(charger_tags_learn(&tags, &blocked, NOW, &conflict), ROOST_ERR_IO);
    assert_int_equal(kv_cut_used(&store), used - 1);
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
    assert_int_equal(charger_tags_clear(&tags), 0);
    assert_int_equal(decide("C", false), CHARGER_TAG_START);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(source_of("C"), CHARGER_TAG_UNKNOWN);
}

static int broken_get(void *ctx, const char *key, void *value, size_t size)
{
    int len = kv_cut_get(ctx, key, value, size);
    return strncmp(key, "tc", 2) == 0 && strlen(key) == broken_len && len >= 0 ? broken_err : len;
}

/* Whoever was blocked in there is not let in as unknown. */
static void a_cache_that_cannot_be_read_is_in_doubt(void **state)
{
    static const int errors[] = {ROOST_ERR_IO, ROOST_ERR_CORRUPT, ROOST_ERR_TOO_LONG, 3};
    struct roost_kv_ops ops = kv_cut_ops;
    ops.get = broken_get;
    (void)state;
    for (size_t i = 0; i < 2 * sizeof errors / sizeof errors[0]; i++) {
        tags_first_boot();
        rules.allow_unknown = true;
        learn("seen", CHARGER_TAG_ACCEPTED);
        assert_int_equal(charger_tags_clear(&tags), 0); /* there is an epoch */
        learn("X", CHARGER_TAG_BLOCKED);
        store.kv.ops = &ops;
        broken_len = i % 2 == 0 ? 2 : 5;
        broken_err = errors[i / 2];
        (void)tags_boot();
        assert_int_equal(decide("X", false), CHARGER_TAG_REFUSE);
        assert_int_equal(decide("X", true), CHARGER_TAG_ASK);
        int cleared = charger_tags_clear(&tags);
        store.kv.ops = &kv_cut_ops;
        if (broken_err == ROOST_ERR_IO && broken_len == 2) {
            assert_int_equal(cleared, ROOST_ERR_IO);
            assert_int_equal(tags_boot(), 0);
            assert_int_equal(source_of("X"), CHARGER_TAG_CACHED);
            continue;
        }
        assert_int_equal(cleared, 0);
        for (int boots = 0; boots < 2; boots++) {
            assert_int_equal(decide("X", false), CHARGER_TAG_START);
            assert_int_equal(kv_cut_used(&store), 1);
            assert_int_equal(tags_boot(), 0);
        }
    }
}

static void a_cache_switched_off_is_cleared(void **state)
{
    (void)state;
    tags_first_boot();
    learn("C", CHARGER_TAG_ACCEPTED);
    rules.cache = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    learn("D", CHARGER_TAG_ACCEPTED);
    assert_int_equal(source_of("C"), CHARGER_TAG_UNKNOWN);
    rules.cache = true;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(charger_tags_cached(&tags), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_goes_first),
        cmocka_unit_test(bad_cards_displace_no_good_ones),
        cmocka_unit_test(a_known_answer_writes_nothing),
        cmocka_unit_test(a_cache_that_cannot_be_written_forgets),
        cmocka_unit_test(a_verdict_that_cannot_be_written_is_in_doubt),
        cmocka_unit_test(a_cache_that_cannot_be_read_is_in_doubt),
        cmocka_unit_test(a_cache_switched_off_is_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
