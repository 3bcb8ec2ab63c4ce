/* SPDX-License-Identifier: Apache-2.0 */
/* Slots on a store that fails at any write, before it or after it. Keys and chains are bytes here.
 */
#include "port/pki/slot.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

enum { VALUES = 24, CUTS_MAX = 60 };

/* ---- a store ---- */

struct store {
    struct {
        char key[ROOST_KV_KEY_MAX + 1];
        uint8_t value[ROOST_KV_VALUE_MAX];
        size_t len;
    } values[VALUES];
    unsigned writes, fail_at; /* counted from 1; 0: never */
    bool after;               /* the failing write was done all the same */
    bool off;                 /* and every later one fails */
    int error;
};

static struct store store;

static size_t find(const char *key)
{
    size_t i = 0;

    while (i < VALUES && strcmp(store.values[i].key, key) != 0)
        i++;
    return i;
}

static int store_get(void *ctx, const char *key, void *value, size_t size)
{
    size_t i = find(key);

    (void)ctx;
    if (i == VALUES)
        return ROOST_ERR_NOT_FOUND;
    if (store.values[i].len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, store.values[i].value, store.values[i].len);
    return (int)store.values[i].len;
}

/* Whether this write happens; *err is what is answered. */
static bool happens(int *err)
{
    *err = 0;
    if (store.off) {
        *err = store.error;
        return false;
    }
    if (++store.writes != store.fail_at)
        return true;
    store.off = true;
    *err = store.error;
    return store.after;
}

static int store_set(void *ctx, const char *key, const void *value, size_t len)
{
    size_t i = find(key);
    int err;

    (void)ctx;
    assert_true(strlen(key) <= ROOST_KV_KEY_MAX && len <= ROOST_KV_VALUE_MAX);
    if (!happens(&err))
        return err;
    if (i == VALUES)
        i = find("");
    assert_true(i < VALUES);
    memcpy(store.values[i].key, key, strlen(key) + 1);
    memcpy(store.values[i].value, value, len);
    store.values[i].len = len;
    return err;
}

static int store_erase(void *ctx, const char *key)
{
    size_t i = find(key);
    int err;

    (void)ctx;
    if (happens(&err) && i < VALUES)
        store.values[i].key[0] = '\0';
    return err;
}

static size_t used(void)
{
    size_t count = 0;

    for (size_t i = 0; i < VALUES; i++)
        count += store.values[i].key[0] != '\0';
    return count;
}

static const struct roost_kv_ops store_ops = {
    .get = store_get, .set = store_set, .erase = store_erase};
static struct roost_slots slots = {{&store_ops, NULL}};

static void power(unsigned fail_at, bool after)
{
    store.writes = 0;
    store.fail_at = fail_at;
    store.after = after;
    store.off = false;
    store.error = ROOST_ERR_IO;
}

/* ---- keys and chains: one for each number ---- */

static uint8_t der[ROOST_PKI_DER_MAX];

/* A SEQUENCE of a length that needs one piece, or five of them. */
static struct roost_pki_text chain_of(unsigned number)
{
    size_t len = number % 2 ? 500 : 4500;

    der[0] = 0x30;
    der[1] = 0x82;
    der[2] = (uint8_t)((len - 4) >> 8);
    der[3] = (uint8_t)(len - 4);
    memset(der + 4, (int)number, len - 4);
    return roost_pki_text(der, len);
}

static struct roost_slot_key key_of(unsigned number)
{
    struct roost_slot_key key = {.kind = ROOST_PKI_P256, .len = 100};

    memset(key.der, (int)number, key.len);
    return key;
}

/* Whether the pair in use is this one, whole. */
static bool is_pair(unsigned number)
{
    static uint8_t bytes[ROOST_PKI_DER_MAX];
    struct roost_slot_key key, wanted = key_of(number);
    struct roost_pki_text chain = chain_of(number);
    struct roost_pki_slot slot;

    assert_int_equal(roost_slot_look(&slots, "s", &slot), 0);
    assert_true(slot.bound);
    assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_IN_USE, &key), 0);
    assert_int_equal(slot.chain.read(slot.chain.ctx, 0, bytes, slot.chain.len), 0);
    return memcmp(key.der, wanted.der, wanted.len) == 0 && slot.chain.len == chain.len &&
           memcmp(bytes, chain.bytes, chain.len) == 0;
}

static int rotate(unsigned number)
{
    struct roost_slot_key key = key_of(number);
    struct roost_pki_text chain = chain_of(number);
    int err = roost_slot_keep(&slots, "s", &key);

    return err ? err : roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain);
}

/* ---- tests ---- */

/* Power goes at write n of a rotation, and again at write m of the next try. */
static void test_cuts(void **state)
{
    unsigned number = 1;

    (void)state;
    memset(&store, 0, sizeof store);
    power(0, false);
    assert_int_equal(rotate(number), 0);
    for (unsigned n = 1; n < CUTS_MAX; n++)
        for (unsigned m = 1; m < CUTS_MAX; m += 1 + m / 8)
            for (int after = 0; after < 2; after++) {
                unsigned old = number++ % 250 + 1, fresh = number % 250 + 1;
                power(0, false);
                assert_int_equal(rotate(old), 0);
                power(n, after);
                int first = rotate(fresh);
                assert_true(is_pair(fresh) || (first != 0 && is_pair(old)));
                power(m, after);
                int second = rotate(fresh);
                assert_true(is_pair(fresh) || (second != 0 && is_pair(old)));
                power(0, false);
            }
    /* Nothing is left behind: the pair and its pieces. */
    assert_int_equal(rotate(2), 0);
    assert_int_equal(used(), 1 + 5);
    assert_int_equal(rotate(3), 0);
    assert_int_equal(used(), 1 + 1);
    assert_int_equal(roost_slot_erase(&slots, "s"), 0);
    assert_int_equal(used(), 0);
}

/* Pieces of a long chain that a cut left behind go when a short one takes their place. */
static void test_left_behind(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    power(0, false);
    assert_int_equal(rotate(1), 0);
    power(5, false); /* the key, three pieces of five */
    assert_int_equal(rotate(2), ROOST_ERR_IO);
    power(0, false);
    assert_true(is_pair(1));
    assert_int_equal(used(), 2 + 1 + 3);
    assert_int_equal(rotate(3), 0);
    assert_true(is_pair(3));
    assert_int_equal(used(), 2);
}

/* A store that is full: nothing changed, and what was begun is taken away. */
static void test_full(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    power(0, false);
    assert_int_equal(rotate(1), 0);
    struct roost_slot_key key = key_of(2);
    struct roost_pki_text chain = chain_of(2);
    assert_int_equal(roost_slot_keep(&slots, "s", &key), 0);
    power(3, false);
    store.error = ROOST_ERR_NO_SPACE;
    assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain),
                     ROOST_ERR_NO_SPACE);
    power(0, false);
    assert_true(is_pair(1));
    chain = chain_of(2);
    assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain), 0);
    assert_true(is_pair(2));
}

/* A key that a rotation took does not wait any more, even if it was not tidied away. */
static void test_waiting(void **state)
{
    struct roost_slot_key key = key_of(1), got;
    struct roost_pki_text chain = chain_of(1);
    struct roost_pki_slot slot;

    (void)state;
    memset(&store, 0, sizeof store);
    power(0, false);
    assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_WAITING, &got), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_slot_keep(&slots, "s", &key), 0);
    assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_WAITING, &got), 0);
    assert_memory_equal(&got.der, key.der, key.len);
    power(3, false); /* piece, pair, then the tidying */
    assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain), 0);
    power(0, false);
    assert_int_equal(store_get(NULL, "pws", got.der, sizeof got.der), 13 + key.len);
    assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_WAITING, &got), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_slot_look(&slots, "s", &slot), 0);
    assert_true(slot.bound && !slot.waiting);
}

/* A chain for the key in use, as a late answer is one, leaves the key that waits; cut anywhere. */
static void test_late_chain(void **state)
{
    struct roost_slot_key used_key = key_of(1), waiting = key_of(2), got;

    (void)state;
    for (unsigned n = 0; n < CUTS_MAX; n++)
        for (int after = 0; after < 2; after++) {
            memset(&store, 0, sizeof store);
            power(0, false);
            assert_int_equal(rotate(1), 0);
            assert_int_equal(roost_slot_keep(&slots, "s", &waiting), 0);
            struct roost_pki_text late = chain_of(3);
            power(n, after);
            (void)roost_slot_bind(&slots, "s", ROOST_SLOT_IN_USE, &used_key, &late);
            power(0, false);
            assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_WAITING, &got), 0);
            assert_memory_equal(got.der, waiting.der, waiting.len);
            assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_IN_USE, &got), 0);
            assert_memory_equal(got.der, used_key.der, used_key.len);
            struct roost_pki_text fresh = chain_of(2);
            assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &waiting, &fresh), 0);
            assert_true(is_pair(2));
            assert_int_equal(roost_slot_key(&slots, "s", ROOST_SLOT_WAITING, &got),
                             ROOST_ERR_NOT_FOUND);
        }
}

static void test_limits(void **state)
{
    static const char empty[] = "";
    static uint8_t long_chain[ROOST_PKI_DER_MAX + 8];
    struct roost_slot_key key = key_of(1);
    struct roost_pki_text chain = roost_pki_text(empty, 0);

    (void)state;
    memset(&store, 0, sizeof store);
    power(0, false);
    assert_int_equal(roost_slot_name("csms2"), 0);
    assert_int_equal(roost_slot_name("12345678"), 0);
    assert_int_equal(roost_slot_name("123456789"), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_slot_name(""), ROOST_ERR_INVALID);
    assert_int_equal(roost_slot_name("a.b"), ROOST_ERR_INVALID);
    assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain),
                     ROOST_ERR_INVALID);
    long_chain[0] = 0x30;
    long_chain[1] = 0x82;
    long_chain[2] = (uint8_t)(ROOST_PKI_DER_MAX >> 8);
    long_chain[3] = (uint8_t)ROOST_PKI_DER_MAX;
    chain = roost_pki_text(long_chain, ROOST_PKI_DER_MAX + 4);
    assert_int_equal(roost_slot_bind(&slots, "s", ROOST_SLOT_WAITING, &key, &chain),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(used(), 0);
    key.len = ROOST_SLOT_KEY_MAX;
    assert_int_equal(roost_slot_keep(&slots, "s", &key), 0);
    key.len++;
    assert_int_equal(roost_slot_keep(&slots, "s", &key), ROOST_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),   cmocka_unit_test(test_left_behind),
        cmocka_unit_test(test_full),   cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_late_chain),
    };

    return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
