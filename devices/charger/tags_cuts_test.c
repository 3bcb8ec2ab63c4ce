/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power is cut at every write of an update of the list, of an answer for the cache and of its
 * clearing, before and after that write, and again at every write of the boot that follows. Then
 * the old or the new state is there, whole, and what is listed is not in the cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/tags_parts.h"
#include "devices/charger/test/tags_rig.h"

enum { FAR_MORE = 200 }; /* writes than any step makes */

/* ---- states ---- */

static void add_number(int i, const char *parent)
{
    struct charger_tag tag = tag_of("", parent, CHARGER_TAG_ACCEPTED, (uint32_t)NOW + DAY);
    snprintf(tag.id, sizeof tag.id, "TAG-%016d", i);
    charger_tags_update_add(&tags, &tag);
}

/* Of 44 and 47 bytes: five chunks. Two of the cards below are in the cache. */
static void prepare(void)
{
    tags_first_boot();
    update_begin(5, true);
    for (int i = 0; i < 50; i++)
        add_number(i, "A-PARENT-OF-20-BYTES");
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    learn("cached", CHARGER_TAG_ACCEPTED);
    learn("TAG-0000000000000060", CHARGER_TAG_ACCEPTED);
}

static int listed_as(int i, const char *parent)
{
    struct charger_tag tag;
    char id[CHARGER_TAG_MAX + 1];
    snprintf(id, sizeof id, "TAG-%016d", i);
    int err = tags_list_find(&tags, id, &tag);
    return !err && strcmp(tag.parent, parent) == 0;
}

static bool is_old(void)
{
    int listed = 0;
    for (int i = 0; i < 100; i++)
        listed += listed_as(i, "A-PARENT-OF-20-BYTES");
    return charger_tags_version(&tags) == 5 && charger_tags_listed(&tags) == 50 && listed == 50 &&
           source_of("TAG-0000000000000060") == CHARGER_TAG_CACHED &&
           source_of("cached") == CHARGER_TAG_CACHED;
}

/* ---- steps ---- */

static int full(void)
{
    update_begin(6, true);
    for (int i = 40; i < 80; i++)
        add_number(i, "NEW");
    return update_end();
}

static bool full_is_new(void)
{
    int listed = 0;
    for (int i = 0; i < 100; i++)
        listed += listed_as(i, "NEW");
    return charger_tags_version(&tags) == 6 && charger_tags_listed(&tags) == 40 && listed == 40 &&
           charger_tags_cached(&tags) == 1;
}

static int difference(void)
{
    update_begin(6, false);
    for (int i = 40; i < 80; i++)
        add_number(i, "NEW");
    for (int i = 0; i < 5; i++) {
        char id[CHARGER_TAG_MAX + 1];
        snprintf(id, sizeof id, "TAG-%016d", i);
        charger_tags_update_remove(&tags, id);
    }
    return update_end();
}

static bool difference_is_new(void)
{
    int old = 0, listed = 0;
    for (int i = 0; i < 100; i++) {
        old += listed_as(i, "A-PARENT-OF-20-BYTES");
        listed += listed_as(i, "NEW");
    }
    return charger_tags_version(&tags) == 6 && charger_tags_listed(&tags) == 75 && old == 35 &&
           listed == 40 && charger_tags_cached(&tags) == 1;
}

static int empty(void)
{
    update_begin(0, true);
    return update_end();
}

static bool empty_is_new(void)
{
    return charger_tags_version(&tags) == 0 && charger_tags_listed(&tags) == 0 &&
           charger_tags_cached(&tags) == 2;
}

static int answer(void)
{
    struct charger_tag tag = tag_of("cached", "OTHER", CHARGER_TAG_BLOCKED, 0);
    bool conflict;
    return charger_tags_learn(&tags, &tag, NOW, &conflict);
}

static bool answer_is_new(void)
{
    struct charger_tag tag;
    return tags_cache_find(&tags, "cached", &tag) == 0 && tag.status == CHARGER_TAG_BLOCKED &&
           charger_tags_cached(&tags) == 2;
}

static int clear(void)
{
    return charger_tags_clear(&tags);
}

static bool clear_is_new(void)
{
    return charger_tags_cached(&tags) == 0 && charger_tags_version(&tags) == 5;
}

struct step {
    int (*run)(void);
    bool (*is_new)(void);
};
static struct step steps[] = {{full, full_is_new},
                              {difference, difference_is_new},
                              {empty, empty_is_new},
                              {answer, answer_is_new},
                              {clear, clear_is_new}};

/* ---- cuts ---- */

static bool check_state(const struct step *step)
{
    bool old = is_old() && !step->is_new();
    assert_true(old || step->is_new());
    assert_int_equal(tags.damaged, 0);
    for (int i = 0; i < 100; i++) {
        char id[CHARGER_TAG_MAX + 1];
        struct charger_tag tag;
        snprintf(id, sizeof id, "TAG-%016d", i);
        assert_true(tags_list_find(&tags, id, &tag) != 0 || tags_cache_find(&tags, id, &tag) != 0);
    }
    return old;
}

static void a_cut_at_every_write(void **state)
{
    static struct kv_cut cut_store;
    const struct step *step = *state;
    int olds = 0, news = 0;
    for (int after = 0; after < 2; after++)
        for (int n = 0, ran_out = 0; !ran_out; n++) {
            assert_true(n < FAR_MORE);
            prepare();
            store.cut_after = after;
            store.cut_at = store.writes + n;
            bool done = step->run() == 0;
            ran_out = store.power;
            assert_true(done || !ran_out);
            cut_store = store;
            for (int m = 0, clean = 0; !clean; m++) {
                assert_true(m < FAR_MORE);
                store = cut_store;
                kv_cut_boot(&store);
                store.cut_at = m;
                (void)charger_tags_init(&tags, &store.kv, &rules);
                clean = store.power;
                assert_int_equal(tags_boot(), 0);
                bool old = check_state(step);
                assert_false(done && old); /* what was answered is kept */
                olds += old;
                news += !old;
            }
        }
    assert_true(olds > 0 && news > 0);
}

/* A bank that was left half written is no obstacle, and leaves nothing behind. */
static void the_next_update_goes_through(void **state)
{
    (void)state;
    for (int n = 0, ran_out = 0; !ran_out; n++) {
        prepare();
        int used = kv_cut_used(&store);
        store.cut_at = store.writes + n;
        (void)difference();
        ran_out = store.power;
        assert_int_equal(tags_boot(), 0);
        if (charger_tags_version(&tags) == 5)
            assert_int_equal(kv_cut_used(&store), used);
        assert_int_equal(full(), CHARGER_LIST_ACCEPTED);
        assert_true(full_is_new());
        assert_int_equal(tags_boot(), 0);
        assert_true(full_is_new());
        assert_int_equal(kv_cut_used(&store), 1 + tags.list.chunks + 1);
    }
}

/* A write that reports an error and happened all the same: what is answered is what is there. */
static void a_write_that_lies_is_found_out(void **state)
{
    (void)state;
    for (int n = 0, ran_out = 0; !ran_out; n++) {
        prepare();
        store.cut_after = true;
        store.cut_at = store.writes + n;
        store.stays = true;
        int answered = difference();
        ran_out = store.writes <= store.cut_at;
        assert_true(answered == CHARGER_LIST_ACCEPTED ? difference_is_new() : is_old());
        assert_int_equal(tags_boot(), 0);
        assert_true(answered == CHARGER_LIST_ACCEPTED ? difference_is_new() : is_old());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_cut_at_every_write, &steps[0]),
        cmocka_unit_test_prestate(a_cut_at_every_write, &steps[1]),
        cmocka_unit_test_prestate(a_cut_at_every_write, &steps[2]),
        cmocka_unit_test_prestate(a_cut_at_every_write, &steps[3]),
        cmocka_unit_test_prestate(a_cut_at_every_write, &steps[4]),
        cmocka_unit_test(the_next_update_goes_through),
        cmocka_unit_test(a_write_that_lies_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
