/* SPDX-License-Identifier: Apache-2.0 */
#include "acl.h"
#include "notes.h"
#include "test_file.h"

static void read_text(struct acl *acl, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(acl_read(acl, path), 0);
}

static void the_shipped_file_is_understood(void **state)
{
    static const struct {
        const char *user, *topic;
        bool allowed;
    } cases[] = {
        {"window-1", "sensor/window-1/temperature", true},
        {"window-1", "device/window-1/answer", true},
        {"window-1", "sensor/window-1/temp", false},
        {"window-1", "sensor/window-2/temperature", false},
        {"window-1", "sensor/window-1/temperature/x", false},
        {"window-1", "device/window-1/command", false}, /* may be read */
        {"window-1", "window/window-1/control", false},
        {"window-1", "$SYS/x", false},
        {"roostd", "device/anyone/command", true},
        {"roostd", "ml/inference/request/w", true},
        {"roostd", "window/w/feedback", true},
        {"roostd", "window/w/control", true}, /* to empty it */
        {"roostd", "update/w/x", false},
        {"roost-ml", "window/w/control", true},
        {"a+", "sensor/a+/temperature", false},
        {NULL, "sensor/w/temperature", false},
    };
    struct acl acl = {0};

    (void)state;
    assert_int_equal(acl_read(&acl, SHIPPED_ACL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (acl_writes(&acl, cases[i].user, "id", cases[i].topic) != cases[i].allowed)
            fail_msg("%s to %s", cases[i].user, cases[i].topic);
    acl_free(&acl);
}

static void every_form_of_a_line(void **state)
{
    struct acl acl = {0};

    (void)state;
    read_text(&acl, "topic write open/#\r\n"
                    "  # no entry\n"
                    "user  anna \n"
                    "topic anna/a b\n"
                    "topic deny anna/secret/#\n"
                    "topic  readwrite\t+/x\n"
                    "topic read write\n"
                    "topic\n"
                    "nonsense here\n"
                    "user bert\n"
                    "topic #\n"
                    "pattern write c/%c/u-%u\n"
                    "user anna\n"
                    "topic write again\n");
    assert_true(acl_writes(&acl, NULL, "c", "open/door/1"));
    assert_true(acl_writes(&acl, NULL, "c", "open"));
    assert_false(acl_writes(&acl, NULL, "c", "anna/x"));
    assert_false(acl_writes(&acl, "anna", "c", "open/door"));
    assert_true(acl_writes(&acl, "anna", "c", "anna/a b"));
    assert_false(acl_writes(&acl, "anna", "c", "anna/secret/1"));
    assert_false(acl_writes(&acl, "anna", "c", "anna/secret"));
    assert_true(acl_writes(&acl, "anna", "c", "any/x"));
    assert_false(acl_writes(&acl, "anna", "c", "any/x/y"));
    assert_false(acl_writes(&acl, "anna", "c", "write"));
    assert_true(acl_writes(&acl, "anna", "c", "again"));
    assert_true(acl_writes(&acl, "bert", "c", "anything/at/all"));
    assert_false(acl_writes(&acl, "bert", "c", "$SYS/broker"));
    assert_true(acl_writes(&acl, "carl", "cid", "c/cid/u-carl"));
    assert_false(acl_writes(&acl, "carl", "cid", "c/cid/u-carlo"));
    assert_false(acl_writes(&acl, "carl", "c/d", "c/c/d/u-carl"));
    assert_false(acl_writes(&acl, NULL, "cid", "c/cid/u-"));
    assert_int_equal(acl_read(&acl, "/nowhere/acl"), -1);
    assert_true(acl_writes(&acl, "bert", "c", "as before"));
    acl_free(&acl);
    assert_false(acl_writes(&acl, "bert", "c", "x"));
}

static void the_same_is_said_once_a_minute(void **state)
{
    struct notes notes = {0};

    (void)state;
    assert_int_equal(notes_take(&notes, "a", 1000), 1);
    for (int i = 0; i < 500; i++)
        assert_int_equal(notes_take(&notes, "a", 1000 + i / 10), 0);
    assert_int_equal(notes_take(&notes, "b", 1049), 1);
    assert_int_equal(notes_take(&notes, "a", 1060), 501);
    assert_int_equal(notes_take(&notes, "a", 900), 1); /* a clock that was set back */
}

static void many_are_bounded(void **state)
{
    struct notes notes = {0};
    char what[16];
    unsigned said = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(what, sizeof what, "%u", i);
        said += notes_take(&notes, what, 5000 + i / 1000) > 0;
    }
    assert_int_equal(said, 10 * NOTES_A_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_file_is_understood),
        cmocka_unit_test_setup_teardown(every_form_of_a_line, setup, teardown),
        cmocka_unit_test(the_same_is_said_once_a_minute),
        cmocka_unit_test(many_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
