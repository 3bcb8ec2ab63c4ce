/* SPDX-License-Identifier: Apache-2.0 */
/* The local authorization list: updates, limits, what is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/tags_parts.h"
#include "devices/charger/test/tags_rig.h"

static void a_difference_changes_adds_and_removes(void **state)
{
    struct charger_tag tag,
        with_parent = tag_of("tag-0000000000000007", "P", CHARGER_TAG_BLOCKED, (uint32_t)NOW + DAY);
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(1, 60), CHARGER_LIST_ACCEPTED);
    update_begin(2, false);
    charger_tags_update_add(&tags, &with_parent);
    add("new", CHARGER_TAG_INVALID, 0);
    charger_tags_update_remove(&tags, "TAG-0000000000000059");
    charger_tags_update_remove(&tags, "never there");
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
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
    update_begin(version, true);
    for (int i = 0; i < CHARGER_TAGS_MAX; i++) {
        if (i > 0 && i % CHARGER_TAGS_MESSAGE_MAX == 0) {
            assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
            update_begin(++version, false);
        }
        tag = tag_of("", "A-PARENT-OF-20-BYTES", CHARGER_TAG_ACCEPTED, UINT32_MAX);
        snprintf(tag.id, sizeof tag.id, "LONGEST-%012d", i);
        charger_tags_update_add(&tags, &tag);
    }
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_listed(&tags), CHARGER_TAGS_MAX);

    update_begin(version + 1, false);
    add("one more", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(update_end(), CHARGER_LIST_FAILED);
    update_begin(version + 1, false);
    add("one more", CHARGER_TAG_ACCEPTED, 0);
    charger_tags_update_remove(&tags, "LONGEST-000000000100");
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
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
    old_list_holds(update_end(), CHARGER_LIST_FAILED); /* none was begun */
    old_list_holds(full_of(-1, 1), CHARGER_LIST_FAILED);
    old_list_holds(full_of(-1, 0), CHARGER_LIST_FAILED);
    old_list_holds(full_of(0, 1), CHARGER_LIST_FAILED); /* errata 3.52 */
    update_begin(0, false);
    old_list_holds(update_end(), CHARGER_LIST_VERSION_MISMATCH);
    update_begin(-1, false);
    old_list_holds(update_end(), CHARGER_LIST_FAILED);

    for (int which = 0; which < 6; which++) {
        update_begin(4, which == 0);
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
        old_list_holds(update_end(), CHARGER_LIST_FAILED);
    }
    update_begin(9, true); /* given up by the next */
    add("half", CHARGER_TAG_ACCEPTED, 0);
    update_begin(2, false);
    old_list_holds(update_end(), CHARGER_LIST_VERSION_MISMATCH);
    assert_int_equal(full_of(2, 3), CHARGER_LIST_ACCEPTED); /* a full one may go back */
    assert_int_equal(charger_tags_version(&tags), 2);
}

/* A name twice is found wherever the first one stands, in the chunk or before it. */
static void a_name_twice_is_found_far_back(void **state)
{
    char id[CHARGER_TAG_MAX + 1];
    (void)state;
    tags_first_boot();
    update_begin(1, true);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "TAG-%016d", i);
        add(id, CHARGER_TAG_ACCEPTED, 0);
    }
    add("tag-0000000000000003", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(update_end(), CHARGER_LIST_FAILED);
}

static void a_list_that_empties_has_version_0(void **state)
{
    (void)state;
    tags_first_boot();
    assert_int_equal(full_of(3, 1), CHARGER_LIST_ACCEPTED);
    update_begin(4, false);
    charger_tags_update_remove(&tags, "TAG-0000000000000000");
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 0);
    update_begin(1, false);
    add("first", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
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
            update_begin(4, false);
            assert_int_equal(update_end(), CHARGER_LIST_VERSION_MISMATCH);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
