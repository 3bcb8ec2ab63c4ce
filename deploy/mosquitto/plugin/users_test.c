/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"
#include "test_file.h"

static void write_users(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char some[] = "roostd:$7$101$a$b\nroost-ml:$7$x\nwindow-1:$7$x\nwindow-10:$7$y\n"
                           "window:$7$z\n#off:x\n\n:nobody\nnocolon\nprobe:$7$p";

static void an_id_is_its_users(void **state)
{
    static const char *const cases[][2] = {
        {"roostd", "roostd"},
        {"roostd-answers", "roostd"},
        {"roostd-check-4711", "roostd"},
        {"roost-ml", "roost-ml"},
        {"roost-ml-2", "roost-ml"},
        {"window-1", "window-1"},
        {"window-10", "window-10"},
        {"window-1-a-b", "window-1"},
        {"window-2", "window"}, /* until there is a user of this name */
        {"window-", "window"},
        {"probe", "probe"},
        {"roostdx", NULL},
        {"roost", NULL},
        {"rooste", NULL},
        {"roost-", NULL},
        {"ROOSTD", NULL},
        {"-", NULL},
        {"", NULL},
        {"auto-5B45162E-D116", NULL},
        {"off", NULL},
        {"nocolon", NULL},
    };
    struct users users = {0};

    (void)state;
    write_users(some);
    assert_int_equal(users_read(&users, path), 0);
    assert_int_equal(users.count, 6);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *owner = users_owner(&users, cases[i][0]);
        if (!owner != !cases[i][1] || (owner && strcmp(owner, cases[i][1]) != 0))
            fail_msg("%s is %s's", cases[i][0], owner ? owner : "nobody");
    }
    assert_true(users_know(&users, "window"));
    assert_false(users_know(&users, "windo"));
    assert_false(users_know(&users, "window-"));
    users_free(&users);
    assert_null(users_owner(&users, "roostd"));
}

static void the_newest_file_counts(void **state)
{
    struct users users = {0};

    (void)state;
    write_users("roostd:x\n");
    assert_int_equal(users_read(&users, path), 0);
    assert_null(users_owner(&users, "w1"));
    write_users("roostd:x\nw1:y\n");
    assert_int_equal(users_read(&users, path), 0);
    assert_string_equal(users_owner(&users, "w1"), "w1");
    /* A file that is away for a moment takes no id from its owner. */
    assert_int_equal(users_read(&users, "/nowhere/passwd"), -1);
    assert_string_equal(users_owner(&users, "roostd"), "roostd");
    write_users("");
    assert_int_equal(users_read(&users, path), 0);
    assert_null(users_owner(&users, "roostd"));
    users_free(&users);
}

static void a_hundred_thousand_are_found(void **state)
{
    struct users users = {0};
    FILE *file = fopen(path, "w");
    char name[32];

    (void)state;
    assert_non_null(file);
    for (unsigned i = 0; i < 100000; i++)
        fprintf(file, "window-%u:$7$101$salt$hash\n", i * 7919 % 100003);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(users_read(&users, path), 0);
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "window-%u", i * 7919 % 100003);
        assert_string_equal(users_owner(&users, name), name);
    }
    users_free(&users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_is_its_users, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_file_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hundred_thousand_are_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
