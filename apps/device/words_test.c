/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a product whose world has no tables; what a world of tables adds is in program_test.c.
 */
#include "apps/device/program_parts.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char answer[CONTROL_ANSWER];

static void run_press(struct device_program *program, char **argv, struct roost_json_writer *w)
{
    (void)program;
    (void)argv;
    control_ok(w);
}

static const struct device_word press = {"press", "", "the button", 1, run_press};
static const struct device_product product = {.words = &press, .word_count = 1};

static const char *ask(int argc, char **argv)
{
    static const struct world_controls nothing;
    struct device_program program = {.product = &product, .around.controls = &nothing};
    struct roost_json_writer w;

    roost_json_begin(&w, answer, sizeof answer);
    program_command(&program, argc, argv, &w);
    assert_true(roost_json_finish(&w) > 0);
    return answer;
}

#define ASK(...)                                                                                   \
    ask((int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[]){__VA_ARGS__, NULL})

static void a_world_without_tables_has_nothing_to_set(void **state)
{
    (void)state;
    assert_null(strstr(ASK("help"), "\"set\""));
    assert_null(strstr(answer, "\"fault\""));
    assert_non_null(strstr(answer, "\"press\""));
    assert_string_equal(ASK("set", "wind", "3"),
                        "{\"ok\":false,\"error\":\"set: no such command; help lists them\"}");
    assert_string_equal(ASK("press"), "{\"ok\":true}");
    assert_string_equal(ASK("press", "harder"), "{\"ok\":false,\"error\":\"usage: press \"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_without_tables_has_nothing_to_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
