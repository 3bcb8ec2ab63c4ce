/* SPDX-License-Identifier: Apache-2.0 */
/* The local list, the cache and what follows from them; cases P-16, P-51 and P-52. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/tags_parts.h"
#include "devices/charger/test/tags_rig.h"

static enum charger_list_answer full_of(int32_t version, int count)
{
    char id[CHARGER_TAG_MAX + 1];
    charger_tags_update_begin(&tags, version, true);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof id, "TAG-%016d", i);
        add(id, CHARGER_TAG_ACCEPTED, 0);
    }
    return charger_tags_update_end(&tags);
}

static size_t broken_len; /* of the cache's keys that cannot be read, and what they answer */
static int broken_err;

/* ---- cases ---- */

static void p_16(void **state)
{
    (void)state;
    tags_first_boot();
    rules.cache = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(charger_tags_clear(&tags), ROOST_ERR_UNSUPPORTED); /* Rejected */
    rules.cache = true;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    learn("C", CHARGER_TAG_ACCEPTED);
    assert_int_equal(decide("C", false), CHARGER_TAG_START);
    assert_int_equal(charger_tags_clear(&tags), 0); /* Accepted */
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
}

static void p_51(void **state)
{
    static const char *const long_id = "aBcDeFgHiJkLmNoPqRsT";
    struct charger_tag tag;
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    assert_int_equal(charger_tags_version(&tags), 0);

    charger_tags_update_begin(&tags, 5, true);
    add(long_id, CHARGER_TAG_ACCEPTED, 0);
    add("11111111111111111111", CHARGER_TAG_BLOCKED, 0);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 5);
    assert_int_equal(charger_tags_find(&tags, "ABCDEFGHIJKLMNOPQRST", NOW, &tag, &source), 0);
    assert_string_equal(tag.id, long_id);
    assert_int_equal(source, CHARGER_TAG_LISTED);

    charger_tags_update_begin(&tags, 4, false);
    add("other", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_VERSION_MISMATCH);
    charger_tags_update_begin(&tags, 5, false);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_VERSION_MISMATCH);
    assert_int_equal(charger_tags_listed(&tags), 2);

    charger_tags_update_begin(&tags, 6, false);
    charger_tags_update_remove(&tags, "11111111111111111111");
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 6);
    assert_int_equal(charger_tags_listed(&tags), 1);

    assert_int_equal(full_of(7, CHARGER_TAGS_MESSAGE_MAX + 1), CHARGER_LIST_FAILED);
    assert_int_equal(charger_tags_version(&tags), 6);
    assert_int_equal(source_of(long_id), CHARGER_TAG_LISTED);

    charger_tags_update_begin(&tags, 0, true);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 0);
    assert_int_equal(source_of(long_id), CHARGER_TAG_UNKNOWN);

    rules.list = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(full_of(9, 1), CHARGER_LIST_NOT_SUPPORTED);
    assert_int_equal(charger_tags_version(&tags), -1);
}

static void p_52_list(void)
{
    tags_first_boot();
    learn("C", CHARGER_TAG_ACCEPTED);
    charger_tags_update_begin(&tags, 1, true);
    add("A", CHARGER_TAG_ACCEPTED, 0);
    add("B", CHARGER_TAG_BLOCKED, 0);
    add("E", CHARGER_TAG_ACCEPTED, (uint32_t)NOW - DAY);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
}

static void p_52(void **state)
{
    (void)state;
    p_52_list();
    for (int boots = 0; boots < 2; boots++) { /* both survive a cut */
        for (int allow = 0; allow < 2; allow++) {
            rules.allow_unknown = allow;
            assert_int_equal(charger_tags_rules(&tags, &rules), 0);
            assert_int_equal(decide("A", false), CHARGER_TAG_START);
            assert_int_equal(decide("a", false), CHARGER_TAG_START);
            assert_int_equal(decide("C", false), CHARGER_TAG_START);
            assert_int_equal(decide("B", false), CHARGER_TAG_REFUSE);
            assert_int_equal(decide("E", false), CHARGER_TAG_REFUSE);
            assert_int_equal(decide("U", false), allow ? CHARGER_TAG_START : CHARGER_TAG_REFUSE);
        }
        assert_int_equal(decide("B", true), CHARGER_TAG_ASK);
        assert_true(learn("B", CHARGER_TAG_ACCEPTED)); /* LocalListConflict */
        assert_false(learn("b", CHARGER_TAG_BLOCKED));
        assert_true(learn("A", CHARGER_TAG_INVALID));
        assert_false(learn("A", CHARGER_TAG_CONCURRENT));
        assert_false(learn("E", CHARGER_TAG_EXPIRED));
        assert_true(learn("E", CHARGER_TAG_ACCEPTED));
        assert_int_equal(charger_tags_cached(&tags), 1); /* C alone */
        assert_int_equal(decide("B", false), CHARGER_TAG_REFUSE);
        assert_int_equal(tags_boot(), 0);
    }
}

/* ---- decisions ---- */

/* Every switch, every kind of card, on line and off, against the rule as the standard words it. */
static void every_decision(void **state)
{
    static const struct {
        const char *id;
        bool known, good;
    } cards[] = {
        {"A", true, true},  {"B", true, false}, {"E", true, false},  {"C", true, true},
        {"D", true, false}, {"X", true, false}, {"U", false, false},
    };
    struct charger_tag gone = tag_of("X", "", CHARGER_TAG_ACCEPTED, (uint32_t)NOW - 1);
    bool conflict;
    (void)state;
    p_52_list();
    learn("D", CHARGER_TAG_BLOCKED);
    assert_int_equal(charger_tags_learn(&tags, &gone, NOW, &conflict), 0);
    for (unsigned bits = 0; bits < 16; bits++) {
        rules.pre_authorize = bits & 1;
        rules.authorize_offline = bits >> 1 & 1;
        rules.allow_unknown = bits >> 2 & 1;
        bool online = bits >> 3 & 1;
        assert_int_equal(charger_tags_rules(&tags, &rules), 0);
        for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
            enum charger_tag_action want = CHARGER_TAG_REFUSE;
            if (online)
                want = cards[i].good && rules.pre_authorize ? CHARGER_TAG_START : CHARGER_TAG_ASK;
            else if ((cards[i].good && rules.authorize_offline) ||
                     ((cards[i].good || !cards[i].known) && rules.allow_unknown))
                want = CHARGER_TAG_START;
            assert_int_equal(decide(cards[i].id, online), want);
        }
    }
}

static void a_decision_tells_why(void **state)
{
    struct charger_tag_decision decision;
    (void)state;
    p_52_list();
    charger_tags_decide(&tags, "E", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_LISTED);
    assert_int_equal(decision.status, CHARGER_TAG_EXPIRED);
    charger_tags_decide(&tags, "c", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_CACHED);
    assert_int_equal(decision.status, CHARGER_TAG_ACCEPTED);
    assert_string_equal(decision.parent, "GROUP");
    charger_tags_decide(&tags, "U", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_UNKNOWN);
    assert_int_equal(decision.status, CHARGER_TAG_INVALID);
    assert_string_equal(decision.parent, "");
    charger_tags_decide(&tags, "", false, NOW, &decision);
    assert_int_equal(decision.action, CHARGER_TAG_REFUSE);
}

static void an_expiry_is_exact_and_needs_a_clock(void **state)
{
    struct charger_tag tag;
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    charger_tags_update_begin(&tags, 1, true);
    add("A", CHARGER_TAG_ACCEPTED, (uint32_t)NOW);
    add("B", CHARGER_TAG_BLOCKED, (uint32_t)NOW);
    add("late", CHARGER_TAG_ACCEPTED, UINT32_MAX);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_find(&tags, "A", NOW - 1, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_ACCEPTED);
    assert_int_equal(charger_tags_find(&tags, "A", NOW, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_EXPIRED);
    assert_int_equal(charger_tags_find(&tags, "A", 0, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_EXPIRED);
    assert_int_equal(charger_tags_find(&tags, "B", NOW + 1, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_BLOCKED);
    assert_int_equal(charger_tags_find(&tags, "late", NOW, &tag, &source), 0);
    assert_int_equal(tag.expires_s, UINT32_MAX);
    assert_int_equal(tag.status, CHARGER_TAG_ACCEPTED);
}

/* ---- the list ---- */

static void a_difference_changes_adds_and_removes(void **state)
{
    struct charger_tag tag,
        with_parent = tag_of("tag-0000000000000007", "P", CHARGER_TAG_BLOCKED, (uint32_t)NOW + DAY);
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(1, 60), CHARGER_LIST_ACCEPTED);
    charger_tags_update_begin(&tags, 2, false);
    charger_tags_update_add(&tags, &with_parent);
    add("new", CHARGER_TAG_INVALID, 0);
    charger_tags_update_remove(&tags, "TAG-0000000000000059");
    charger_tags_update_remove(&tags, "never there");
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    for (int boots = 0; boots < 2; boots++) {
        assert_int_equal(charger_tags_listed(&tags), 60);
        assert_int_equal(charger_tags_version(&tags), 2);
        assert_int_equal(charger_tags_find(&tags, "TAG-0000000000000007", NOW, &tag, &source), 0);
        assert_memory_equal(&tag, &with_parent, sizeof tag);
        assert_int_equal(source_of("TAG-0000000000000006"), CHARGER_TAG_LISTED);
        assert_int_equal(source_of("TAG-0000000000000059"), CHARGER_TAG_UNKNOWN);
        assert_int_equal(source_of("NEW"), CHARGER_TAG_LISTED);
        assert_int_equal(tags_boot(), 0);
    }
}

/* In pieces, as a central system sends more than one message takes (C-27). */
static void the_list_fills_to_its_limit(void **state)
{
    struct charger_tag tag;
    int version = 1;
    (void)state;
    tags_first_boot();
    charger_tags_update_begin(&tags, version, true);
    for (int i = 0; i < CHARGER_TAGS_MAX; i++) {
        if (i > 0 && i % CHARGER_TAGS_MESSAGE_MAX == 0) {
            assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
            charger_tags_update_begin(&tags, ++version, false);
        }
        tag = tag_of("", "A-PARENT-OF-20-BYTES", CHARGER_TAG_ACCEPTED, UINT32_MAX);
        snprintf(tag.id, sizeof tag.id, "LONGEST-%012d", i);
        charger_tags_update_add(&tags, &tag);
    }
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_listed(&tags), CHARGER_TAGS_MAX);

    charger_tags_update_begin(&tags, version + 1, false);
    add("one more", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_FAILED);
    charger_tags_update_begin(&tags, version + 1, false);
    add("one more", CHARGER_TAG_ACCEPTED, 0);
    charger_tags_update_remove(&tags, "LONGEST-000000000100");
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(charger_tags_listed(&tags), CHARGER_TAGS_MAX);
    assert_int_equal(source_of("LONGEST-000000000249"), CHARGER_TAG_LISTED);
    assert_int_equal(source_of("LONGEST-000000000100"), CHARGER_TAG_UNKNOWN);
    assert_int_equal(source_of("one more"), CHARGER_TAG_LISTED);
    assert_int_equal(kv_cut_used(&store), 1 + CHARGER_TAGS_CHUNKS); /* nothing is left behind */
}

static void old_list_holds(enum charger_list_answer answer, enum charger_list_answer want)
{
    assert_int_equal(answer, want);
    assert_int_equal(charger_tags_version(&tags), 3);
    assert_int_equal(charger_tags_listed(&tags), 20);
    assert_int_equal(source_of("TAG-0000000000000019"), CHARGER_TAG_LISTED);
    assert_int_equal(kv_cut_used(&store), 2);
}

static void a_bad_update_changes_nothing(void **state)
{
    struct charger_tag bad = tag_of("x", "", CHARGER_TAG_STATUS_COUNT, 0);
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(3, 20), CHARGER_LIST_ACCEPTED);
    old_list_holds(charger_tags_update_end(&tags), CHARGER_LIST_FAILED); /* none was begun */
    old_list_holds(full_of(-1, 1), CHARGER_LIST_FAILED);
    old_list_holds(full_of(-1, 0), CHARGER_LIST_FAILED);
    old_list_holds(full_of(0, 1), CHARGER_LIST_FAILED); /* errata 3.52 */
    charger_tags_update_begin(&tags, 0, false);
    old_list_holds(charger_tags_update_end(&tags), CHARGER_LIST_VERSION_MISMATCH);
    charger_tags_update_begin(&tags, -1, false);
    old_list_holds(charger_tags_update_end(&tags), CHARGER_LIST_FAILED);

    for (int which = 0; which < 6; which++) {
        charger_tags_update_begin(&tags, 4, which == 0);
        add("good", CHARGER_TAG_ACCEPTED, 0);
        if (which == 0) /* no idTagInfo in a full list */
            charger_tags_update_remove(&tags, "TAG-0000000000000001");
        else if (which == 1)
            add("GOOD", CHARGER_TAG_ACCEPTED, 0);
        else if (which == 2)
            charger_tags_update_add(&tags, &bad);
        else if (which == 3)
            add("", CHARGER_TAG_ACCEPTED, 0);
        else if (which == 4)
            charger_tags_update_remove(&tags, "an identifier that is too long");
        else
            add("new\nline", CHARGER_TAG_ACCEPTED, 0);
        old_list_holds(charger_tags_update_end(&tags), CHARGER_LIST_FAILED);
    }
    charger_tags_update_begin(&tags, 9, true); /* given up by the next */
    add("half", CHARGER_TAG_ACCEPTED, 0);
    charger_tags_update_begin(&tags, 2, false);
    old_list_holds(charger_tags_update_end(&tags), CHARGER_LIST_VERSION_MISMATCH);
    assert_int_equal(full_of(2, 3), CHARGER_LIST_ACCEPTED); /* a full one may go back */
    assert_int_equal(charger_tags_version(&tags), 2);
}

/* A name twice is found wherever the first one stands, in the chunk or before it. */
static void a_name_twice_is_found_far_back(void **state)
{
    char id[CHARGER_TAG_MAX + 1];
    (void)state;
    tags_first_boot();
    charger_tags_update_begin(&tags, 1, true);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "TAG-%016d", i);
        add(id, CHARGER_TAG_ACCEPTED, 0);
    }
    add("tag-0000000000000003", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_FAILED);
}

static void a_list_that_empties_has_version_0(void **state)
{
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(3, 1), CHARGER_LIST_ACCEPTED);
    charger_tags_update_begin(&tags, 4, false);
    charger_tags_update_remove(&tags, "TAG-0000000000000000");
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 0);
    charger_tags_update_begin(&tags, 1, false);
    add("first", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 1);
}

static void a_list_switched_off_comes_back(void **state)
{
    (void)state;
    p_52_list();
    rules.list = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(charger_tags_listed(&tags), 0);
    assert_int_equal(source_of("B"), CHARGER_TAG_UNKNOWN);
    learn("B", CHARGER_TAG_ACCEPTED);
    assert_int_equal(source_of("B"), CHARGER_TAG_CACHED);
    rules.list = true;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(charger_tags_version(&tags), 1);
    assert_int_equal(source_of("B"), CHARGER_TAG_LISTED);
    assert_int_equal(charger_tags_cached(&tags), 1);
    assert_int_equal(decide("B", false), CHARGER_TAG_REFUSE);
}

static void what_gets_listed_leaves_the_cache(void **state)
{
    (void)state;
    tags_first_boot();
    learn("tag-0000000000000002", CHARGER_TAG_ACCEPTED);
    learn("other", CHARGER_TAG_ACCEPTED);
    assert_int_equal(full_of(1, 5), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_cached(&tags), 1);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(charger_tags_cached(&tags), 1);
    assert_int_equal(source_of("other"), CHARGER_TAG_CACHED);
}

static void no_room_and_no_flash_fail_whole(void **state)
{
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(3, 20), CHARGER_LIST_ACCEPTED);
    store.room = kv_cut_used(&store);
    old_list_holds(full_of(4, 40), CHARGER_LIST_FAILED);
    store.room = KV_CUT_SLOTS;
    store.fails = true;
    assert_int_equal(full_of(4, 40), CHARGER_LIST_FAILED);
    assert_int_equal(decide("TAG-0000000000000001", false), CHARGER_TAG_REFUSE);
    assert_int_equal(decide("TAG-0000000000000001", true), CHARGER_TAG_ASK);
    store.fails = false;
    old_list_holds(CHARGER_LIST_FAILED, CHARGER_LIST_FAILED);
    assert_int_equal(full_of(4, 40), CHARGER_LIST_ACCEPTED);
}

/* Nobody can say who was blocked: off line nobody starts, on line all are asked for, and the
 * central system sees by the version that it has to send the list again. */
static void a_damaged_list_is_in_doubt(void **state)
{
    static struct kv_cut before;
    (void)state;
    tags_first_boot();
    rules.allow_unknown = true;
    rules.pre_authorize = true;
    assert_int_equal(full_of(3, 20), CHARGER_LIST_ACCEPTED);
    for (int slot = 0; slot < KV_CUT_SLOTS; slot++) {
        if (store.slots[slot].len < 2)
            continue;
        for (int how = 0; how < 2; how++) {
            before = store;
            store.slots[slot].value[how == 0 ? 1 : store.slots[slot].len - 1] ^= 1;
            assert_int_equal(tags_boot(), 0);
            assert_int_equal(tags.damaged, 1);
            assert_int_equal(charger_tags_version(&tags), 0);
            assert_int_equal(decide("U", false), CHARGER_TAG_REFUSE);
            assert_int_equal(decide("TAG-0000000000000001", true), CHARGER_TAG_ASK);
            charger_tags_update_begin(&tags, 4, false);
            assert_int_equal(charger_tags_update_end(&tags), CHARGER_LIST_VERSION_MISMATCH);
            assert_int_equal(full_of(4, 2), CHARGER_LIST_ACCEPTED);
            assert_int_equal(decide("U", false), CHARGER_TAG_START);
            assert_int_equal(decide("TAG-0000000000000001", true), CHARGER_TAG_START);
            store = before;
        }
    }
}

static void a_flash_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(3, 20), CHARGER_LIST_ACCEPTED);
    learn("C", CHARGER_TAG_ACCEPTED);
    store.fails = true;
    assert_int_equal(charger_tags_init(&tags, &store.kv, &rules), ROOST_ERR_IO);
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
    store.fails = false;
    assert_int_equal(charger_tags_clear(&tags), ROOST_ERR_IO);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(decide("C", false), CHARGER_TAG_START);
    assert_int_equal(charger_tags_listed(&tags), 20);
}

/* ---- the cache ---- */

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

static void identifiers_compare_without_case(void **state)
{
    (void)state;
    assert_true(charger_tags_same("04a2B3c4", "04A2b3C4"));
    assert_false(charger_tags_same("04A2B3C4", "04A2B3C"));
    assert_false(charger_tags_same("04A2B3C", "04A2B3C4"));
    assert_false(charger_tags_same("[", "{"));
    assert_true(charger_tags_same("", ""));
}

static void broken_entries_are_refused(void **state)
{
    uint8_t bytes[TAGS_ENTRY_MAX];
    struct charger_tag tag = tag_of("04A2B3C4", "GROUP", CHARGER_TAG_BLOCKED, 7), back;
    size_t len = tags_pack(&tag, 0, bytes);
    (void)state;
    assert_int_equal(tags_unpack(bytes, len, &back), (int)len);
    assert_memory_equal(&back, &tag, sizeof tag);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(tags_unpack(bytes, cut, &back), ROOST_ERR_CORRUPT);
    bytes[1] = CHARGER_TAG_MAX + 1;
    assert_int_equal(tags_unpack(bytes, sizeof bytes, &back), ROOST_ERR_CORRUPT);
    bytes[1] = 0;
    assert_int_equal(tags_unpack(bytes, sizeof bytes, &back), ROOST_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_16),
        cmocka_unit_test(p_51),
        cmocka_unit_test(p_52),
        cmocka_unit_test(every_decision),
        cmocka_unit_test(a_decision_tells_why),
        cmocka_unit_test(an_expiry_is_exact_and_needs_a_clock),
        cmocka_unit_test(a_difference_changes_adds_and_removes),
        cmocka_unit_test(the_list_fills_to_its_limit),
        cmocka_unit_test(a_bad_update_changes_nothing),
        cmocka_unit_test(a_name_twice_is_found_far_back),
        cmocka_unit_test(a_list_that_empties_has_version_0),
        cmocka_unit_test(a_list_switched_off_comes_back),
        cmocka_unit_test(what_gets_listed_leaves_the_cache),
        cmocka_unit_test(no_room_and_no_flash_fail_whole),
        cmocka_unit_test(a_damaged_list_is_in_doubt),
        cmocka_unit_test(a_flash_that_cannot_be_read_is_told),
        cmocka_unit_test(the_oldest_goes_first),
        cmocka_unit_test(bad_cards_displace_no_good_ones),
        cmocka_unit_test(a_known_answer_writes_nothing),
        cmocka_unit_test(a_cache_that_cannot_be_written_forgets),
        cmocka_unit_test(a_verdict_that_cannot_be_written_is_in_doubt),
        cmocka_unit_test(a_cache_that_cannot_be_read_is_in_doubt),
        cmocka_unit_test(a_cache_switched_off_is_cleared),
        cmocka_unit_test(identifiers_compare_without_case),
        cmocka_unit_test(broken_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
