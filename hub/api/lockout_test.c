/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hub/api/lockout.h"

static struct lockout *lockout;

static int set_up(void **state)
{
    (void)state;
    lockout = lockout_new();
    return lockout ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lockout_free(lockout);
    return 0;
}

static void wrong(enum lockout_kind kind, const char *key, uint64_t now_ms)
{
    lockout_begin(lockout, kind, key, now_ms);
    lockout_end(lockout, kind, key, LOCKOUT_WRONG, now_ms);
}

static void failures_lock_for_longer_and_longer(void **state)
{
    (void)state;
    uint64_t now = 1000;
    for (int i = 0; i < LOCKOUT_FREE - 1; i++)
        wrong(LOCKOUT_NAME, "mail", now);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_NAME, "mail", now), 0);
    uint32_t expected = 1000;
    for (int i = 0; i < 12; i++) {
        wrong(LOCKOUT_NAME, "mail", now);
        assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_NAME, "mail", now),
                         expected < LOCKOUT_MAX_MS ? expected : LOCKOUT_MAX_MS);
        expected *= 2;
    }
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_NAME, "mail", now + LOCKOUT_MAX_MS), 0);
    lockout_begin(lockout, LOCKOUT_NAME, "mail", now);
    lockout_end(lockout, LOCKOUT_NAME, "mail", LOCKOUT_RIGHT, now);
    wrong(LOCKOUT_NAME, "mail", now);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_NAME, "mail", now), 0);
}

/* A typo a week is no attack, however long the hub runs. */
static void failures_are_forgotten_one_by_one(void **state)
{
    (void)state;
    uint64_t now = 1000;
    for (int i = 0; i < 100; i++, now += LOCKOUT_FORGET_MS)
        wrong(LOCKOUT_ADDRESS, "192.0.2.7", now);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_ADDRESS, "192.0.2.7", now), 0);
    for (int i = 0; i < LOCKOUT_FREE; i++)
        wrong(LOCKOUT_ADDRESS, "192.0.2.7", now);
    assert_true(lockout_wait_ms(lockout, LOCKOUT_ADDRESS, "192.0.2.7", now) > 0);
}

/* Many at once are no more than many in a row. */
static void tries_under_way_count(void **state)
{
    (void)state;
    for (int i = 0; i < LOCKOUT_FREE; i++) {
        assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 1000), 0);
        lockout_begin(lockout, LOCKOUT_OPERATOR, "1", 1000);
    }
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 1000), LOCKOUT_CROWD_MS);
    for (int i = 0; i < LOCKOUT_FREE; i++)
        lockout_end(lockout, LOCKOUT_OPERATOR, "1", LOCKOUT_WRONG, 1000);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 1000), 1000);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 2000), 0);
    lockout_begin(lockout, LOCKOUT_OPERATOR, "1", 2000); /* locked once: one at a time */
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 2000), LOCKOUT_CROWD_MS);
    lockout_end(lockout, LOCKOUT_OPERATOR, "1", LOCKOUT_UNKNOWN, 2000);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 2000), 0);
}

static void tables_are_apart(void **state)
{
    (void)state;
    for (int i = 0; i < LOCKOUT_FREE; i++)
        wrong(LOCKOUT_NAME, "192.0.2.7", 1000);
    for (int kind = 0; kind < LOCKOUT_KINDS; kind++)
        assert_true((lockout_wait_ms(lockout, (enum lockout_kind)kind, "192.0.2.7", 1000) > 0) ==
                    (kind == LOCKOUT_NAME));
}

/* Strangers fill their tables as they like: an operator who is locked out stays so, and nobody
 * else becomes it. */
static void a_flood_of_names_and_addresses_frees_and_locks_nobody(void **state)
{
    char key[32];
    (void)state;
    for (int i = 0; i < LOCKOUT_FREE + 9; i++)
        wrong(LOCKOUT_OPERATOR, "1", 1000);
    lockout_keep(lockout, LOCKOUT_FRIEND, "1 192.0.2.7", 1000);
    for (int i = 0; i < 30000; i++) {
        snprintf(key, sizeof key, "stranger-%d", i);
        uint64_t now = 1000 + (uint64_t)i / 300;
        wrong(LOCKOUT_NAME, key, now);
        wrong(LOCKOUT_ADDRESS, key, now);
    }
    assert_true(lockout_wait_ms(lockout, LOCKOUT_OPERATOR, "1", 1100) > 0);
    assert_true(lockout_has(lockout, LOCKOUT_FRIEND, "1 192.0.2.7"));
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_NAME, "new", 1100), 0);
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_ADDRESS, "new", 1100), 0);
}

/* Whoever is locked out gives way only to others who are. */
static void a_flood_of_single_tries_does_not_free_the_locked(void **state)
{
    char key[32];
    (void)state;
    for (int i = 0; i < LOCKOUT_FREE + 9; i++)
        wrong(LOCKOUT_ADDRESS, "192.0.2.7", 1000);
    for (int i = 0; i < 30000; i++) {
        snprintf(key, sizeof key, "stranger-%d", i);
        wrong(LOCKOUT_ADDRESS, key, 1000 + (uint64_t)i / 300);
    }
    assert_true(lockout_wait_ms(lockout, LOCKOUT_ADDRESS, "192.0.2.7", 1100) > 0);
}

static void a_friend_is_kept_and_can_fail(void **state)
{
    (void)state;
    assert_false(lockout_has(lockout, LOCKOUT_FRIEND, "1 a"));
    lockout_keep(lockout, LOCKOUT_FRIEND, "1 a", 1000);
    assert_true(lockout_has(lockout, LOCKOUT_FRIEND, "1 a"));
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_FRIEND, "1 a", 1000), 0);
    for (int i = 0; i < LOCKOUT_FREE; i++)
        wrong(LOCKOUT_FRIEND, "1 a", 1000);
    lockout_keep(lockout, LOCKOUT_FRIEND, "1 a", 1000); /* a refresh is no password */
    assert_int_equal(lockout_wait_ms(lockout, LOCKOUT_FRIEND, "1 a", 1000), 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(failures_lock_for_longer_and_longer),
        TEST(failures_are_forgotten_one_by_one),
        TEST(tries_under_way_count),
        TEST(tables_are_apart),
        TEST(a_flood_of_names_and_addresses_frees_and_locks_nobody),
        TEST(a_flood_of_single_tries_does_not_free_the_locked),
        TEST(a_friend_is_kept_and_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
