/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "runtime/networks.h"

/* ---- a key-value store in memory that can fail, or lose power at one of its writes ---- */

enum { KEYS = 8, VALUE_MAX = 128, NO_CUT = -1 };

static struct {
    char key[ROOST_KV_KEY_MAX + 1];
    char value[VALUE_MAX];
    int len; /* 0: free */
} store[KEYS];
static int writes, cut_at, read_error;

static int find_key(const char *key)
{
    for (int i = 0; i < KEYS; i++)
        if (store[i].len > 0 && strcmp(store[i].key, key) == 0)
            return i;
    return -1;
}

static int get(void *ctx, const char *key, void *value, size_t size)
{
    int i = find_key(key);
    (void)ctx;
    if (read_error < 0)
        return read_error;
    if (i < 0)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)store[i].len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, store[i].value, (size_t)store[i].len);
    return store[i].len;
}

static int change(const char *key, const void *value, size_t len)
{
    int i = find_key(key);
    if (writes++ == cut_at)
        return ROOST_ERR_IO;
    for (int k = 0; i < 0 && k < KEYS; k++)
        if (store[k].len == 0)
            i = k;
    memcpy(store[i].key, key, strlen(key) + 1);
    memcpy(store[i].value, value, len);
    store[i].len = (int)len;
    return 0;
}

static int set(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    return change(key, value, len);
}

static int erase(void *ctx, const char *key)
{
    (void)ctx;
    return find_key(key) < 0 ? 0 : change(key, "", 0);
}

static const struct roost_kv_ops ops = {.get = get, .set = set, .erase = erase};
static const struct roost_kv kv = {&ops, NULL};
static struct roost_networks networks;
static const struct roost_network *chosen;

static void start(void)
{
    memset(store, 0, sizeof store);
    writes = read_error = 0;
    cut_at = NO_CUT;
    assert_int_equal(roost_networks_init(&networks, &kv), 0);
}

static void add(const char *ssid)
{
    assert_int_equal(roost_networks_add(&networks, ssid, "a passphrase"), 0);
}

static void next_is(enum roost_networks_action action, const char *ssid)
{
    chosen = NULL;
    assert_int_equal(roost_networks_next(&networks, &chosen), action);
    if (ssid)
        assert_string_equal(chosen->ssid, ssid);
    else
        assert_null(chosen);
}

static struct roost_wifi_network seen(const char *ssid, int8_t rssi_dbm, uint8_t encryption)
{
    struct roost_wifi_network network = {.rssi_dbm = rssi_dbm, .encryption = encryption};
    memcpy(network.ssid, ssid, strlen(ssid) + 1);
    return network;
}

/* ---- what is stored ---- */

static void stored_networks_are_there_after_a_restart(void **state)
{
    (void)state;
    start();
    assert_int_equal(roost_networks_count(&networks), 0);
    add("home");
    assert_int_equal(roost_networks_add(&networks, "B\xC3\xBCro", "another passphrase"), 0);
    assert_int_equal(roost_networks_add(&networks, "home", "a new passphrase"), 0);
    assert_int_equal(roost_networks_init(&networks, &kv), 0);
    assert_int_equal(roost_networks_count(&networks), 2);
    assert_string_equal(networks.list[0].ssid, "home");
    assert_string_equal(networks.list[0].psk, "a new passphrase");
    assert_string_equal(networks.list[1].ssid, "B\xC3\xBCro");
    assert_string_equal(networks.list[1].psk, "another passphrase");
    assert_int_equal(find_key("w.2"), -1);
    assert_memory_equal(store[find_key("w.0")].value, "home\na new passphrase", 21);
}

static void the_limits_of_names_and_passphrases(void **state)
{
    (void)state;
    static const char ssid32[] = "12345678901234567890123456789012";
    static const char psk63[] = "123456789012345678901234567890123456789012345678901234567890123";
    static const struct {
        const char *ssid, *psk;
    } bad[] = {
        {"", "12345678"},
        {"123456789012345678901234567890123", "12345678"},
        {"a\nb", "12345678"},
        {"a\x7F", "12345678"},
        {"home", ""},
        {"home", "1234567"},
        {"home", "1234567\xC3"},
        {"home", "1234567\t"},
        {"home", "1234567890123456789012345678901234567890123456789012345678901234"},
    };
    start();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(roost_networks_add(&networks, bad[i].ssid, bad[i].psk), ROOST_ERR_INVALID);
    assert_int_equal(writes, 0);
    assert_int_equal(roost_networks_add(&networks, ssid32, psk63), 0);
    assert_int_equal(roost_networks_add(&networks, "h", " ~ 5678 "), 0);
    assert_int_equal(roost_networks_init(&networks, &kv), 0);
    assert_string_equal(networks.list[0].ssid, ssid32);
    assert_string_equal(networks.list[0].psk, psk63);
    assert_string_equal(networks.list[1].psk, " ~ 5678 ");
}

static void there_is_room_for_five(void **state)
{
    (void)state;
    start();
    add("a"), add("b"), add("c"), add("d"), add("e");
    assert_int_equal(roost_networks_add(&networks, "f", "12345678"), ROOST_ERR_FULL);
    assert_int_equal(roost_networks_add(&networks, "c", "12345678"), 0);
    assert_int_equal(roost_networks_remove(&networks, "f"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_networks_remove(&networks, ""), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_networks_remove(&networks, "b"), 0);
    assert_int_equal(roost_networks_remove(&networks, ""), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_networks_count(&networks), 4);
    add("f");
    assert_int_equal(roost_networks_init(&networks, &kv), 0);
    assert_string_equal(networks.list[1].ssid, "f");
}

static void what_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    static const char *const damaged[] = {"home", "home\n1234567", "\n12345678", "ho\nme\n12345678",
                                          "\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        start();
        add("a"), add("b");
        assert_int_equal(set(NULL, "w.0", damaged[i], strlen(damaged[i])), 0);
        assert_int_equal(set(NULL, "w.last", "0", 1), 0);
        int err = roost_networks_init(&networks, &kv);
        assert_int_equal(err, ROOST_ERR_IO);
        assert_int_equal(roost_networks_count(&networks), 1);
        assert_int_equal(networks.last, -1);
        next_is(ROOST_NETWORKS_CONNECT, "b");
    }
    start();
    add("a");
    static const char *const no_last[] = {"4", "5", "/", "00"};
    for (size_t i = 0; i < sizeof no_last / sizeof no_last[0]; i++) {
        assert_int_equal(set(NULL, "w.last", no_last[i], strlen(no_last[i])), 0);
        (void)roost_networks_init(&networks, &kv);
        assert_int_equal(networks.last, -1);
    }
    read_error = ROOST_ERR_CORRUPT;
    assert_int_equal(roost_networks_init(&networks, &kv), ROOST_ERR_IO);
    assert_int_equal(roost_networks_count(&networks), 0);
    next_is(ROOST_NETWORKS_PORT, NULL);
}

static void a_write_that_fails_changes_nothing(void **state)
{
    (void)state;
    start();
    add("a");
    cut_at = writes;
    assert_int_equal(roost_networks_add(&networks, "b", "12345678"), ROOST_ERR_IO);
    assert_int_equal(roost_networks_count(&networks), 1);
    cut_at = writes;
    assert_int_equal(roost_networks_add(&networks, "a", "12345678"), ROOST_ERR_IO);
    assert_string_equal(networks.list[0].psk, "a passphrase");
    cut_at = writes;
    assert_int_equal(roost_networks_remove(&networks, "a"), ROOST_ERR_IO);
    assert_int_equal(roost_networks_count(&networks), 1);

    next_is(ROOST_NETWORKS_CONNECT, "a");
    cut_at = writes;
    roost_networks_up(&networks); /* not kept, and known all the same until the restart */
    assert_int_equal(networks.last, 0);
    assert_int_equal(find_key("w.last"), -1);
}

/* Removing takes two writes; a cut before either leaves no network that points nowhere. */
static void a_removal_can_be_cut_anywhere(void **state)
{
    (void)state;
    for (int cut = 0; cut < 3; cut++) {
        start();
        add("a"), add("b");
        next_is(ROOST_NETWORKS_CONNECT, "a");
        roost_networks_up(&networks);
        cut_at = writes + cut;
        int err = roost_networks_remove(&networks, "a");
        assert_int_equal(err, cut < 2 ? ROOST_ERR_IO : 0);
        cut_at = NO_CUT;
        assert_int_equal(roost_networks_init(&networks, &kv), 0);
        assert_int_equal(roost_networks_count(&networks), cut < 2 ? 2 : 1);
        assert_int_equal(networks.last, cut == 0 ? 0 : -1);
        next_is(ROOST_NETWORKS_CONNECT, cut < 2 ? "a" : "b");
    }
}

/* ---- which to try ---- */

static void without_any_the_port_decides(void **state)
{
    (void)state;
    start();
    next_is(ROOST_NETWORKS_PORT, NULL);
    roost_networks_up(&networks);
    assert_int_equal(networks.last, -1);
    assert_int_equal(writes, 0);
}

static void the_last_one_comes_first_without_a_scan(void **state)
{
    (void)state;
    start();
    add("a"), add("b"), add("c");
    next_is(ROOST_NETWORKS_CONNECT, "a"); /* none has worked yet: the first of the list */
    next_is(ROOST_NETWORKS_SCAN, NULL);
    struct roost_wifi_network found[] = {seen("c", -50, 3), seen("b", -40, 6), seen("x", -1, 3)};
    roost_networks_scanned(&networks, found, 3);
    next_is(ROOST_NETWORKS_CONNECT, "b");
    next_is(ROOST_NETWORKS_CONNECT, "c");
    int before = writes;
    roost_networks_up(&networks);
    assert_int_equal(writes, before + 1);
    next_is(ROOST_NETWORKS_CONNECT, "c");
    roost_networks_up(&networks);
    assert_int_equal(writes, before + 1); /* it was known */
    assert_int_equal(roost_networks_init(&networks, &kv), 0);
    next_is(ROOST_NETWORKS_CONNECT, "c");
}

static void a_round_ends_and_begins_again(void **state)
{
    (void)state;
    start();
    add("a"), add("b");
    next_is(ROOST_NETWORKS_CONNECT, "a");
    next_is(ROOST_NETWORKS_SCAN, NULL);
    next_is(ROOST_NETWORKS_SCAN, NULL); /* until its end was told */
    struct roost_wifi_network found[] = {seen("a", -70, 4)};
    roost_networks_scanned(&networks, found, 1);
    next_is(ROOST_NETWORKS_CONNECT, "a"); /* it came back in between */
    next_is(ROOST_NETWORKS_WAIT, NULL);
    next_is(ROOST_NETWORKS_CONNECT, "a");
    next_is(ROOST_NETWORKS_SCAN, NULL);
    roost_networks_scanned(&networks, NULL, 0);
    next_is(ROOST_NETWORKS_WAIT, NULL);
    next_is(ROOST_NETWORKS_CONNECT, "a");
}

static void an_open_network_of_a_known_name_is_not_ours(void **state)
{
    (void)state;
    for (unsigned encryption = 0; encryption < 256; encryption++) {
        bool safe = encryption == 3 || encryption == 4 || encryption == 6 || encryption == 7;
        assert_true(roost_wifi_safe((uint8_t)encryption) == safe);
    }
    start();
    add("a"), add("b");
    next_is(ROOST_NETWORKS_CONNECT, "a");
    next_is(ROOST_NETWORKS_SCAN, NULL);
    struct roost_wifi_network found[] = {seen("a", -10, 0), seen("b", -20, 2), seen("b", -80, 7),
                                         seen("", -5, 3)};
    roost_networks_scanned(&networks, found, 4);
    assert_int_equal(networks.refused_open, 2);
    next_is(ROOST_NETWORKS_CONNECT, "b");
    next_is(ROOST_NETWORKS_WAIT, NULL);
}

static void of_several_of_one_name_the_strongest_counts(void **state)
{
    (void)state;
    start();
    add("a"), add("b");
    struct roost_wifi_network found[] = {seen("b", -60, 3), seen("a", -55, 3), seen("b", -50, 3),
                                         seen("b", -90, 3)};
    roost_networks_scanned(&networks, found, 4);
    assert_int_equal(networks.rssi_dbm[1], -50);
    next_is(ROOST_NETWORKS_CONNECT, "b");
    next_is(ROOST_NETWORKS_CONNECT, "a");
    next_is(ROOST_NETWORKS_WAIT, NULL);
    found[0] = seen("a", 0, 3); /* 0 stands for none: so near is -1 */
    roost_networks_scanned(&networks, found, 1);
    assert_int_equal(networks.rssi_dbm[0], -1);
}

static void a_change_in_the_middle_of_a_round(void **state)
{
    (void)state;
    start();
    add("a"), add("b");
    struct roost_wifi_network found[] = {seen("a", -50, 3), seen("b", -60, 3)};
    roost_networks_scanned(&networks, found, 2);
    next_is(ROOST_NETWORKS_CONNECT, "a");
    add("a"); /* with another passphrase: worth a try again */
    next_is(ROOST_NETWORKS_CONNECT, "a");
    assert_int_equal(roost_networks_remove(&networks, "b"), 0);
    next_is(ROOST_NETWORKS_WAIT, NULL);
    next_is(ROOST_NETWORKS_CONNECT, "a");
    assert_int_equal(roost_networks_remove(&networks, "a"), 0);
    roost_networks_up(&networks); /* of one that is not known any more */
    assert_int_equal(networks.last, -1);
    next_is(ROOST_NETWORKS_PORT, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_networks_are_there_after_a_restart),
        cmocka_unit_test(the_limits_of_names_and_passphrases),
        cmocka_unit_test(there_is_room_for_five),
        cmocka_unit_test(what_cannot_be_read_is_left_out),
        cmocka_unit_test(a_write_that_fails_changes_nothing),
        cmocka_unit_test(a_removal_can_be_cut_anywhere),
        cmocka_unit_test(without_any_the_port_decides),
        cmocka_unit_test(the_last_one_comes_first_without_a_scan),
        cmocka_unit_test(a_round_ends_and_begins_again),
        cmocka_unit_test(an_open_network_of_a_known_name_is_not_ours),
        cmocka_unit_test(of_several_of_one_name_the_strongest_counts),
        cmocka_unit_test(a_change_in_the_middle_of_a_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
