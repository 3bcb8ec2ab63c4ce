/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: read with errors that name the field, of whom they are, and how a charger stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/csms/template.h"

static struct template *list;
static struct csms_known known;
static struct template_row rows[TEMPLATE_ROWS_MAX];

static int set_up(void **state)
{
    (void)state;
    list = NULL;
    known_init(&known);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (list) {
        struct template *t = list;
        list = t->next;
        template_free(t);
    }
    known_deinit(&known);
    return 0;
}

static struct template *add(const char *name, const char *json)
{
    struct template *t, **at = &list;
    struct why why = {""};
    int err = template_parse(&t, name, json, strlen(json), &why);

    if (err)
        fail_msg("%s", why.text);
    while (*at && template_is_before(*at, t))
        at = &(*at)->next;
    t->next = *at;
    return *at = t;
}

static void is_refused(const char *json, const char *field)
{
    struct template *t = NULL;
    struct why why = {""};

    assert_int_equal(template_parse(&t, "x", json, strlen(json), &why), ROOST_ERR_INVALID);
    if (strncmp(why.text, field, strlen(field)) != 0)
        fail_msg("%s: %s", json, why.text);
}

static void a_template_that_is_wrong_says_where(void **state)
{
    char json[4096];
    size_t at = 0;

    (void)state;
    is_refused("", "the body");
    is_refused("[]", "the body");
    is_refused("{\"keys\":{\"A\":\"1\"}}", "for:");
    is_refused("{\"for\":{},\"keys\":{\"A\":\"1\"}}", "for:");
    is_refused("{\"for\":{\"all\":false},\"keys\":{\"A\":\"1\"}}", "for:");
    is_refused("{\"for\":{\"all\":1},\"keys\":{\"A\":\"1\"}}", "for:");
    is_refused("{\"for\":{\"all\":true,\"vendor\":\"V\"},\"keys\":{\"A\":\"1\"}}", "for:");
    is_refused("{\"for\":{\"vendor\":\"\"},\"keys\":{\"A\":\"1\"}}", "for.vendor: 1 to 20");
    is_refused("{\"for\":{\"model\":\"123456789012345678901\"},\"keys\":{\"A\":\"1\"}}",
               "for.model: 1 to 20");
    is_refused("{\"for\":{\"chargers\":[]},\"keys\":{\"A\":\"1\"}}", "for.chargers: a list");
    is_refused("{\"for\":{\"chargers\":[7]},\"keys\":{\"A\":\"1\"}}", "for.chargers: a list");
    is_refused("{\"for\":{\"all\":true}}", "keys: an object");
    is_refused("{\"for\":{\"all\":true},\"keys\":{}}", "keys: an object");
    is_refused("{\"for\":{\"all\":true},\"keys\":{\"A\":1}}", "keys.A: a text of at most 500");
    is_refused("{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\",\"a\":\"2\"}}", "keys.a: is there");
    is_refused("{\"for\":{\"all\":true},\"keys\":{\"authorizationkey\":\"1\"}}",
               "keys.AuthorizationKey: a password");
    is_refused("{\"for\":{\"all\":true},\"on_boot\":1,\"keys\":{\"A\":\"1\"}}", "on_boot:");
    at += (size_t)snprintf(json, sizeof json, "{\"for\":{\"all\":true},\"keys\":{");
    for (int i = 0; i <= TEMPLATE_KEYS_MAX; i++)
        at += (size_t)snprintf(json + at, sizeof json - at, "%s\"K%d\":\"\"", i ? "," : "", i);
    snprintf(json + at, sizeof json - at, "}}");
    is_refused(json, "keys: an object of 1 to 64");
}

static void a_template_is_written_as_it_is_read(void **state)
{
    static const char *const good[] = {
        "{\"name\":\"x\",\"for\":{\"all\":true},\"on_boot\":true,\"keys\":{\"A\":\"\"}}",
        "{\"name\":\"x\",\"for\":{\"vendor\":\"V\"},\"on_boot\":false,\"keys\":{\"A\":\"1\"}}",
        "{\"name\":\"x\",\"for\":{\"vendor\":\"V\",\"model\":\"M\"},\"on_boot\":true,\"keys\":"
        "{\"A\":\"1\",\"B\":\"2\"}}",
        "{\"name\":\"x\",\"for\":{\"chargers\":[\"CP1\",\"CP2\"]},\"on_boot\":true,\"keys\":"
        "{\"A\":\"1\"}}"};
    char out[512];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct template *t;
        struct roost_json_writer w;
        struct why why;
        assert_int_equal(template_parse(&t, "x", good[i], strlen(good[i]), &why), 0);
        roost_json_begin(&w, out, sizeof out);
        roost_json_object(&w);
        template_write(t, &w);
        roost_json_end(&w);
        assert_true(roost_json_finish(&w) > 0);
        assert_string_equal(out, good[i]);
        template_free(t);
    }
}

static size_t rows_of(const char *identity, const char *vendor, const char *model)
{
    const struct template_who who = {identity, vendor, model};

    return template_rows(list, &who, &known, rows);
}

static void the_narrower_template_counts(void **state)
{
    (void)state;
    add("z", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"all\",\"B\":\"all\"}}");
    add("y", "{\"for\":{\"chargers\":[\"CP1\"]},\"keys\":{\"a\":\"named\"}}");
    add("x", "{\"for\":{\"vendor\":\"V\"},\"keys\":{\"A\":\"vendor\"}}");
    add("w", "{\"for\":{\"model\":\"M\"},\"keys\":{\"A\":\"model\"}}");
    add("v", "{\"for\":{\"vendor\":\"V\",\"model\":\"M\"},\"keys\":{\"A\":\"both\"}}");
    assert_int_equal(rows_of("CP1", "V", "M"), 2);
    assert_string_equal(rows[0].wanted, "named");
    assert_string_equal(rows[1].wanted, "all");
    assert_int_equal(rows_of("CP2", "V", "M"), 2);
    assert_string_equal(rows[0].wanted, "model"); /* of two alike the one with the later name */
    assert_int_equal(rows_of("CP2", "V", "N"), 2);
    assert_string_equal(rows[0].wanted, "vendor");
    assert_int_equal(rows_of("CP2", "U", "N"), 2);
    assert_string_equal(rows[0].wanted, "all");
}

static enum drift_state state_of_it(void)
{
    assert_int_equal(rows_of("CP1", "", ""), 1);
    return rows[0].state;
}

static void a_key_stands_as_what_is_known_of_it_says(void **state)
{
    (void)state;
    add("x", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"true\"}}");
    assert_int_equal(state_of_it(), DRIFT_UNREAD);
    known_key_set(&known, "a", false, "True");
    assert_int_equal(state_of_it(), DRIFT_AS_WANTED);
    known_key_set(&known, "a", false, "false");
    assert_int_equal(state_of_it(), DRIFT_DIFFERS);
    assert_string_equal(rows[0].has, "false");
    known_tried(&known, "A", "true", KNOWN_REJECTED, 9);
    assert_int_equal(state_of_it(), DRIFT_REFUSED);
    assert_int_equal(rows[0].tried_ms, 9);
    known_tried(&known, "A", "true", KNOWN_ACCEPTED, 9);
    assert_int_equal(state_of_it(), DRIFT_NOT_TAKEN);
    known_tried(&known, "A", "true", KNOWN_SILENT, 9);
    assert_int_equal(state_of_it(), DRIFT_UNANSWERED);
    known_tried(&known, "A", "true", KNOWN_NOT_SUPPORTED, 9);
    assert_int_equal(state_of_it(), DRIFT_UNKNOWN);
    known_tried(&known, "A", "true", KNOWN_REBOOT_REQUIRED, 9);
    assert_int_equal(state_of_it(), DRIFT_REBOOT_REQUIRED);
    known_tried(&known, "A", "other", KNOWN_REJECTED, 9); /* of another value: tried again */
    assert_int_equal(state_of_it(), DRIFT_DIFFERS);
    known_booted(&known);
    known_key_set(&known, "A", true, "false");
    assert_int_equal(state_of_it(), DRIFT_READ_ONLY);
    known_key_set(&known, "A", true, "true");
    assert_int_equal(state_of_it(), DRIFT_AS_WANTED);
    known_key_missing(&known, "A");
    assert_int_equal(state_of_it(), DRIFT_UNKNOWN);
    assert_null(rows[0].has);
    known_key_set(&known, "A", false, NULL); /* one that is never told */
    assert_int_equal(state_of_it(), DRIFT_DIFFERS);
    known_tried(&known, "A", "true", KNOWN_ACCEPTED, 9);
    assert_int_equal(state_of_it(), DRIFT_AS_WANTED);
}

static void no_more_keys_than_a_charger_can_be_wanted_to_have(void **state)
{
    char json[2048], name[8];

    (void)state;
    for (int i = 0; i < 6; i++) {
        size_t at = (size_t)snprintf(json, sizeof json, "{\"for\":{\"all\":true},\"keys\":{");
        for (int k = 0; k < TEMPLATE_KEYS_MAX; k++)
            at += (size_t)snprintf(json + at, sizeof json - at, "%s\"K%d_%d\":\"1\"", k ? "," : "",
                                   i, k);
        snprintf(json + at, sizeof json - at, "}}");
        snprintf(name, sizeof name, "t%d", i);
        add(name, json);
    }
    assert_int_equal(rows_of("CP1", "", ""), TEMPLATE_ROWS_MAX);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_template_that_is_wrong_says_where),
        T(a_template_is_written_as_it_is_read),
        T(the_narrower_template_counts),
        T(a_key_stands_as_what_is_known_of_it_says),
        T(no_more_keys_than_a_charger_can_be_wanted_to_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
