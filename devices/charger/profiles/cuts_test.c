/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power is cut at every write of a scenario that sets, replaces and clears, right before the write
 * holds and right after, and again when the interrupted change is made once more. After each boot
 * what is installed is what was before the interrupted change or what is after it, whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/profiles/test/rig.h"

enum { CHANGES = 9 };

struct book {
    struct charger_profile profiles[CHARGER_PROFILES_INSTALLED_MAX];
    int count;
};

static struct book books[CHANGES + 1]; /* what is installed before change i */

static struct charger_profile rich(int32_t id, int32_t level, int32_t limit_tenths)
{
    struct charger_profile p = profile(id, CHARGER_PROFILE_DEFAULT, 1, level);

    p.kind = CHARGER_PROFILE_RECURRING;
    p.recurrence = CHARGER_PROFILE_WEEKLY;
    p.has = CHARGER_PROFILE_HAS_START | CHARGER_PROFILE_HAS_RECURRENCE |
            CHARGER_PROFILE_HAS_VALID_FROM | CHARGER_PROFILE_HAS_VALID_TO;
    p.valid_from_s = p.start_s - 86400;
    p.valid_to_s = p.start_s + 50000 * (int64_t)86400;
    lasts(&p, 500000);
    for (int i = 0; i < CHARGER_PROFILES_PERIODS_MAX; i++)
        period(&p, i * 20000, limit_tenths + i);
    return p;
}

/* Returns 0 when it was taken. */
static int change(int i)
{
    struct charger_profile p;
    struct charger_profile_filter filter = {0};

    switch (i) {
    case 0:
        p = flat(1, CHARGER_PROFILE_MAX, 0, 0, 90000);
        return set(&p);
    case 1:
        p = rich(2, 0, 10000);
        return set(&p);
    case 2: /* the same place */
        p = rich(3, 0, 20000);
        return set(&p);
    case 3:
        p = rich(4, 1, 30000);
        return set(&p);
    case 4: /* the id of one and the place of another: both go */
        p = rich(3, 1, 40000);
        return set(&p);
    case 5:
        p = flat(5, CHARGER_PROFILE_DEFAULT, 0, 0, 70000);
        return set(&p);
    case 6: /* several at once */
        filter.by_purpose = true;
        filter.purpose = CHARGER_PROFILE_DEFAULT;
        return charger_profiles_clear(&profiles, &filter) == 2 ? 0 : -1;
    case 7:
        p = rich(6, 2, 50000);
        return set(&p);
    default:
        return charger_profiles_clear(&profiles, &filter) == 2 ? 0 : -1;
    }
}

static bool is_as(const struct book *book)
{
    bool as = installed_count() == book->count;

    for (int i = 0; as && i < book->count; i++) {
        const struct charger_profile *there =
            charger_profiles_find(&profiles, book->profiles[i].id);
        as = there && same(there, &book->profiles[i]);
    }
    return as;
}

static void note(struct book *book)
{
    book->count = 0;
    for (unsigned i = 0; i < sizeof profiles.slots / sizeof profiles.slots[0]; i++)
        if (profiles.used >> i & 1)
            book->profiles[book->count++] = profiles.slots[i];
}

/* Returns the writes of the whole scenario, and keeps the book. */
static int uncut(void)
{
    start();
    for (int i = 0; i < CHANGES; i++) {
        note(&books[i]);
        assert_int_equal(change(i), 0);
    }
    note(&books[CHANGES]);
    return store.changes;
}

/* Runs from change `first` until the cut; returns the interrupted change. */
static int run(int first, int cut_at, bool after)
{
    int i = first;

    store.cut_at = cut_at;
    store.cut_after = after;
    while (i < CHANGES && change(i) == 0)
        i++;
    return i;
}

/* Boots, and returns the change to go on with. */
static int recover(int interrupted)
{
    boot();
    assert_int_equal(profiles.damaged, 0);
    if (interrupted < CHANGES && is_as(&books[interrupted]))
        return interrupted;
    assert_true(is_as(&books[interrupted < CHANGES ? interrupted + 1 : CHANGES]));
    return interrupted < CHANGES ? interrupted + 1 : CHANGES;
}

static void expect_the_rest(int next)
{
    assert_int_equal(run(next, NO_CUT, false), CHANGES);
    assert_true(is_as(&books[CHANGES]));
    boot();
    assert_true(is_as(&books[CHANGES]));
}

static void old_or_new_and_whole(void **state)
{
    (void)state;
    int writes = uncut();
    assert_true(writes == 16); /* two of a set, one of a clear */
    for (int cut = 0; cut < writes; cut++) {
        for (int after = 0; after < 2; after++) {
            start();
            int interrupted = run(0, cut, after);
            assert_true(store.off);
            expect_the_rest(recover(interrupted));
        }
    }
}

static void and_by_a_second_cut_after_it(void **state)
{
    (void)state;
    int writes = uncut();
    for (int cut = 0; cut < writes; cut++) {
        for (int again = 0; again < 4; again++) {
            for (int kind = 0; kind < 4; kind++) {
                start();
                int next = recover(run(0, cut, kind & 1));
                next = recover(run(next, again, kind & 2));
                expect_the_rest(next);
            }
        }
    }
}

/* A store that fails for a while, with the power on: nothing changes, in memory either. */
static void a_failing_store_changes_nothing(void **state)
{
    (void)state;
    (void)uncut();
    for (int i = 0; i < CHANGES; i++) {
        start();
        for (int done = 0; done < i; done++)
            assert_int_equal(change(done), 0);
        store.fails = true;
        assert_int_not_equal(change(i), 0);
        assert_true(is_as(&books[i]));
        store.fails = false;
        assert_int_equal(change(i), 0);
        assert_true(is_as(&books[i + 1]));
        boot();
        assert_true(is_as(&books[i + 1]));
    }
}

/* What could not be read at boot is given up by the first change after it, not mixed with it. */
static void a_store_that_fails_at_boot(void **state)
{
    (void)state;
    for (int cut = 0; cut < 4; cut++) {
        start();
        for (int i = 0; i < 4; i++)
            assert_int_equal(change(i), 0);
        store.fails = true;
        assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &rig_config), ROOST_ERR_IO);
        assert_int_equal(installed_count(), 0);
        store.fails = false;
        store.changes = 0;
        store.cut_at = cut; /* nothing counts; the profile; it counts; none */
        struct charger_profile other = rich(9, 5, 60000);
        assert_int_equal(set(&other), cut < 3 ? ROOST_ERR_IO : 0);
        boot();
        assert_int_equal(profiles.damaged, 0);
        assert_int_equal(installed_count(), cut == 0 ? 3 : cut < 3 ? 0 : 1);
    }
}

/* The write of which profiles count fails although it holds: a later profile must not come to
 * stand where that one says, before it is meant to count. */
static void a_write_that_failed_may_hold(void **state)
{
    (void)state;
    start();
    assert_int_equal(change(0), 0);
    assert_int_equal(change(1), 0);
    store.changes = 0;
    store.cut_at = 1;
    store.cut_after = true;
    assert_int_not_equal(change(2), 0);
    store.off = false; /* it was no cut */
    assert_non_null(charger_profiles_find(&profiles, 2));
    store.cut_at = store.changes; /* of the next set, its first write is the last */
    struct charger_profile other = rich(9, 5, 60000);
    assert_int_not_equal(set(&other), 0);
    boot();
    assert_int_equal(profiles.damaged, 0);
    assert_int_equal(installed_count(), 2);
    assert_null(charger_profiles_find(&profiles, 9));
}

static void what_is_damaged_is_gone_and_counted(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 4; i++)
        assert_int_equal(change(i), 0);
    assert_int_equal(installed_count(), 3);
    for (int i = 0; i < store.count; i++)
        if (strcmp(store.keys[i].key, "profiles") != 0 && store.keys[i].len > 100)
            store.keys[i].value[1] = 7; /* no such purpose */
    boot();
    assert_int_equal(installed_count(), 1);
    assert_int_equal(profiles.damaged, 2);
    assert_int_equal(change(3), 0);
    boot();
    assert_int_equal(profiles.damaged, 0);
    assert_int_equal(installed_count(), 2);

    store.keys[rig_find("profiles")].len = 3;
    boot();
    assert_int_equal(installed_count(), 0);
    assert_int_equal(profiles.damaged, 1);
}

static void a_configuration_that_makes_no_sense(void **state)
{
    (void)state;
    start();
    struct charger_profiles_config config = rig_config;
    config.connectors = 0;
    assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &config), ROOST_ERR_INVALID);
    config.connectors = CHARGER_PROFILES_CONNECTORS_MAX + 1;
    assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &config), ROOST_ERR_INVALID);
    config = rig_config;
    config.nominal_mv = 0;
    assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &config), ROOST_ERR_INVALID);
    config = rig_config;
    config.max_tenths_w = 0;
    assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &config), ROOST_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new_and_whole),
        cmocka_unit_test(and_by_a_second_cut_after_it),
        cmocka_unit_test(a_failing_store_changes_nothing),
        cmocka_unit_test(a_store_that_fails_at_boot),
        cmocka_unit_test(a_write_that_failed_may_hold),
        cmocka_unit_test(what_is_damaged_is_gone_and_counted),
        cmocka_unit_test(a_configuration_that_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
