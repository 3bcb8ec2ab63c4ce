/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-teddy/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "tests/support/support.h"

#define NAME "\xd9\x84\xd9\x8a\xd9\x84\xd9\x89" /* four letters of Arabic */

static char dir[SUPPORT_PATH_MAX], why[512];
enum { PATH = SUPPORT_PATH_MAX + 32 };
static char secret[PATH], child[PATH];
static struct identity identity;

static void put(char path[PATH], const char *name, const char *text)
{
    snprintf(path, PATH, "%s/%.20s", dir, name);
    support_write_file(path, text, strlen(text));
}

static int make(void **state)
{
    (void)state;
    support_make_dir(dir);
    unsetenv(IDENTITY_NAME_KEPT);
    unsetenv("ROOST_RUN_DIR");
    unsetenv("ROOST_HTTP_PORT");
    put(secret, "secret", "a shared secret that nobody guesses\n");
    return chdir(dir);
}

static int drop(void **state)
{
    (void)state;
    if (chdir("/"))
        return -1;
    support_remove_dir(dir);
    return 0;
}

static int read_it(struct identity_options options)
{
    if (!options.hub)
        options.hub = "ws://h:1";
    why[0] = '\0';
    return identity_read(&identity, &options, "teddy-0001", why, sizeof why);
}

static void a_name_leaves_the_arguments(void **state)
{
    char name[] = NAME, none[] = "-";

    (void)state;
    assert_int_equal(
        read_it((struct identity_options){
            .secret_file = secret, .child_id = "c-17", .child_name = name, .child_age = "7"}),
        0);
    assert_string_equal(identity.child_name, NAME);
    assert_string_equal(name, "-");
    for (size_t i = 1; i < sizeof name; i++)
        assert_int_equal(name[i], 0);
    assert_string_equal(identity.key, "a shared secret that nobody guesses");
    assert_int_equal(identity.key_len, strlen(identity.key));
    /* As it is started again. */
    assert_int_equal(
        read_it((struct identity_options){
            .secret_file = secret, .child_id = "c-17", .child_name = none, .child_age = "7"}),
        0);
    assert_string_equal(identity.child_name, NAME);
}

static void a_file_has_it_all(void **state)
{
    (void)state;
    put(child, "child", "# of the demo\nid=c-17\nname=" NAME " B\r\nage=11\n");
    assert_int_equal(read_it((struct identity_options){.secret_file = secret, .child_file = child}),
                     0);
    assert_string_equal(identity.child_id, "c-17");
    assert_string_equal(identity.child_name, NAME " B");
    assert_string_equal(identity.child_age, "11");
    assert_int_equal(read_it((struct identity_options){
                         .secret_file = secret, .child_file = child, .child_age = "4"}),
                     0);
    assert_string_equal(identity.child_age, "4");
}

static void what_make_run_leaves_is_found(void **state)
{
    char run[PATH];

    (void)state;
    assert_int_equal(read_it((struct identity_options){0}), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "--child-id ID or --child-file FILE: is required"));
    assert_int_equal(system("mkdir -p .run/teddy"), 0);
    put(run, ".run/teddy/child", "id=c-1\nname=Demo\nage=7\n");
    assert_int_equal(read_it((struct identity_options){0}), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "--secret-file FILE: is required"));
    put(run, ".run/teddy/secret", "another secret of the run's own\n");
    assert_int_equal(read_it((struct identity_options){0}), 0);
    assert_string_equal(identity.child_id, "c-1");
    assert_string_equal(identity.key, "another secret of the run's own");
    assert_int_equal(rename(".run", "elsewhere"), 0);
    setenv("ROOST_RUN_DIR", "elsewhere", 1);
    setenv("ROOST_HTTP_PORT", "9001", 1);
    const struct identity_options none = {0};
    assert_int_equal(identity_read(&identity, &none, "teddy-0001", why, sizeof why), 0);
    assert_string_equal(identity.hub, "ws://127.0.0.1:9001");
}

static void an_own_secret_is_bytes(void **state)
{
    static const char wanted[16] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e";
    char own[PATH];
    struct identity_options options = {
        .own_secret_file = own, .child_id = "c", .child_name = (char[]){"N"}, .child_age = "5"};

    (void)state;
    put(own, "own", "000102030405060708090a0b0c0d0eFF\n");
    assert_int_equal(read_it(options), 0);
    assert_int_equal(identity.key_len, 16);
    assert_memory_equal(identity.key, wanted, 15);
    put(own, "own", "0001\n");
    options.child_name = (char[]){"N"};
    assert_int_equal(read_it(options), ROOST_ERR_INVALID);
    put(own, "own", "000102030405060708090a0b0c0d0exx\n");
    options.child_name = (char[]){"N"};
    assert_int_equal(read_it(options), ROOST_ERR_INVALID);
    assert_null(strstr(why, "0001"));
}

/* What is refused is named by its rule, never by what was given. */
static void what_is_refused(void **state)
{
    char name[] = "Secretname\x01", long_name[200] = "", good[] = "N";
    struct identity_options options = {
        .secret_file = secret, .child_id = "c", .child_name = good, .child_age = "7"};

    (void)state;
    options.hub = "http://h:1";
    assert_int_equal(read_it(options), ROOST_ERR_INVALID);
    assert_string_equal(why, "--hub http://h:1: allowed is ws://HOST:PORT or wss://HOST:PORT");
    options.hub = NULL;
    options.ca_file = "ca.pem";
    assert_int_equal(read_it(options), ROOST_ERR_INVALID);
    assert_string_equal(why, "--ca ca.pem: needs a hub with wss://");
    options.ca_file = NULL;
    options.child_name = name;
    assert_int_not_equal(read_it(options), 0);
    assert_null(strstr(why, "Secretname"));
    assert_non_null(strstr(why, "child_name"));
    memset(long_name, 'x', sizeof long_name - 1);
    options.child_name = long_name;
    assert_int_equal(read_it(options), ROOST_ERR_TOO_LONG);
    assert_int_equal(long_name[0], '-');
    assert_int_equal(long_name[1], 0);
    unsetenv(IDENTITY_NAME_KEPT);
    options.child_name = (char[]){"N"};
    options.child_age = "2";
    assert_int_not_equal(read_it(options), 0);
    assert_non_null(strstr(why, "child_age"));
    options.child_age = "7";
    options.secret_file = "/nowhere";
    assert_int_equal(read_it(options), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "--secret-file /nowhere: "));
    put(child, "child", "id=c\nkey=Secretname\n");
    options.child_file = child;
    assert_int_equal(read_it(options), ROOST_ERR_INVALID);
    assert_null(strstr(why, "Secretname"));
    for (size_t i = 0; i < sizeof identity; i++)
        assert_int_equal(((const char *)&identity)[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_leaves_the_arguments, make, drop),
        cmocka_unit_test_setup_teardown(a_file_has_it_all, make, drop),
        cmocka_unit_test_setup_teardown(what_make_run_leaves_is_found, make, drop),
        cmocka_unit_test_setup_teardown(an_own_secret_is_bytes, make, drop),
        cmocka_unit_test_setup_teardown(what_is_refused, make, drop),
    };

    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
