/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The skeleton under a product that goes to no broker: a bell. This program is the bell when it is
 * started with arguments, and else the tests that start it.
 */
#include "apps/device/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "apps/device/program_parts.h"
#include "apps/device/test_bell.h"
#include "tests/support/support.h"

enum { ANSWER_MS = 10000 };

/* ---- its program ---- */

static struct {
    char self[256], dir[SUPPORT_PATH_MAX], control[SUPPORT_PATH_MAX + 16];
    char state[SUPPORT_PATH_MAX + 16], log[SUPPORT_PATH_MAX + 16];
    pid_t pid;
} test;

static bool answers(void *unused)
{
    char *answer = support_ask(test.control, "help", 100);

    (void)unused;
    bool came = answer != NULL;
    free(answer);
    return came;
}

static void start(void)
{
    const char *const argv[] = {test.self,  "--id",      "b-1",        "--tone",  "4",  "--state",
                                test.state, "--control", test.control, "--speed", "10", NULL};

    test.pid = support_spawn(argv, test.log);
    if (!support_wait(answers, NULL, ANSWER_MS))
        fail_msg("no answer: %s", support_read_file(test.log, NULL));
}

static void stop(void)
{
    assert_int_equal(support_end(test.pid, SIGTERM, ANSWER_MS), 0);
    assert_int_equal(access(test.control, F_OK), -1);
}

static const char *ask(const char *line)
{
    static char *answer;

    free(answer);
    answer = support_ask(test.control, line, ANSWER_MS);
    assert_non_null(answer);
    return answer;
}

/* What it prints until it ends by itself. */
static const char *output(int wanted, const char *const more[])
{
    static char *text;
    char path[SUPPORT_PATH_MAX + 16];
    const char *argv[16] = {test.self};

    for (size_t i = 0; more[i]; i++)
        argv[i + 1] = more[i];
    snprintf(path, sizeof path, "%s/output", test.dir);
    unlink(path);
    int status = support_end(support_spawn(argv, path), 0, ANSWER_MS);
    free(text);
    text = support_read_file(path, NULL);
    if (status != wanted)
        fail_msg("exit status %d: %s", status, text);
    return text;
}

#define OUTPUT(wanted, ...) output(wanted, (const char *const[]){__VA_ARGS__, NULL})

/* ---- tests ---- */

static void its_options_are_those_of_every_device_and_its_own(void **state)
{
    (void)state;
    const char *help = OUTPUT(0, "--help");
    const char *world = strstr(help, "--world KIND"), *tone = strstr(help, "--tone N");
    const char *speed_option = strstr(help, "--speed N");

    assert_ptr_equal(strstr(help, "roost-bell 7.1: a bell as a process.\n\n"), help);
    assert_true(world && tone && speed_option && world < tone && tone < speed_option);
    assert_null(strstr(help, "--broker"));
    assert_null(strstr(help, "--password-file"));
}

static void a_product_of_real_time_has_no_speed(void **state)
{
    struct device_product bell = bell_product;
    struct device_program program = {.product = &bell};
    struct option_set sets[PROGRAM_OPTION_SETS];

    (void)state;
    for (int real = 0; real < 2; real++) {
        bell.real_time = real;
        program_options(&program, sets);
        assert_string_equal(sets[PROGRAM_OPTION_SETS - 1].table[0].name, real ? "seed" : "speed");
        assert_string_equal(
            sets[PROGRAM_OPTION_SETS - 1].table[sets[PROGRAM_OPTION_SETS - 1].count - 1].name,
            "control");
    }
}

static void what_it_does_not_take_is_refused_in_its_name(void **state)
{
    (void)state;
    assert_string_equal(OUTPUT(2, "--id", "b", "--dance", "1"),
                        "roost-bell: --dance: no such option; --help lists them\n");
    assert_string_equal(OUTPUT(2, "--id", "b", "--broker", "mqtt://localhost"),
                        "roost-bell: --broker: no such option; --help lists them\n");
    assert_non_null(strstr(OUTPUT(2, "--tone", "1"), "roost-bell: --id ID: is required"));
    assert_string_equal(OUTPUT(2, "--id", "a b"),
                        "roost-bell: --id a b: allowed are 1 to 64 of A-Z a-z 0-9 _ . : -, "
                        "but for . and ..\n");
    assert_string_equal(OUTPUT(2, "--id", "b", "--tone", "101"),
                        "roost-bell: --tone 101: allowed is 0 to 100\n");
    assert_string_equal(OUTPUT(2, "--id", "b", "--tone", "13"),
                        "roost-bell: --tone 13: brings bad luck\n");
    assert_string_equal(OUTPUT(2, "--id", "b", "--key-file", "k"),
                        "roost-bell: --key-file k: needs --state too\n");
    assert_string_equal(OUTPUT(2, "--id", "b", "--update-ca", "k"),
                        "roost-bell: --update-ca k: needs --update-url too\n");
}

static void what_cannot_start_says_why(void **state)
{
    (void)state;
    assert_string_equal(OUTPUT(1, "--id", "b", "--tone", "99"),
                        "roost-bell: no bell sounds like that on 1 handles\n");
    assert_string_equal(OUTPUT(1, "--id", "b", "--tone", "66"),
                        "roost-bell: the device cannot start: not supported\n");
    assert_non_null(strstr(OUTPUT(1, "--id", "b", "--control", "/nowhere/at/all"),
                           "roost-bell: --control /nowhere/at/all: its folder is missing\n"));
}

/* Where the text stands in the state, from `from` on; fails when it does not. */
static const char *after(const char *from, const char *text)
{
    const char *found = from ? strstr(from, text) : NULL;

    if (!found)
        fail_msg("%s is not behind %s", text, from);
    return found + strlen(text);
}

static void its_state_is_that_of_every_device_and_its_own(void **state)
{
    (void)state;
    start();
    const char *at = after(ask("state"), "{\"ok\":true,\"id\":\"b-1\",\"firmware\":\"7.1\",");
    at = after(at, "\"online\":false,");
    at = after(at, "\"reset_reason\":\"power-on\",\"tone\":4,\"parts\":1,\"faults_changed\":0,");
    at = after(at, "\"events\":{");
    at = after(at, "},\"rung\":0,\"faults\":[],\"update\":{");
    (void)after(at, "},\"world\":{\"unix_ms\":5,\"speed\":1,\"wind\":10,\"faults\":[]}}");
    assert_null(strstr(ask("state"), "\"journal\"")); /* it has none */
    stop();
}

static void a_hangup_does_not_end_it(void **state)
{
    (void)state;
    start();
    assert_int_equal(kill(test.pid, SIGHUP), 0);
    assert_string_equal(ask("ring 1"), "{\"ok\":true}");
    (void)after(ask("state"), "\"rung\":1");
    stop();
}

static void its_words_follow_those_of_every_device(void **state)
{
    (void)state;
    start();
    const char *at =
        after(ask("help"), "{\"command\":\"set\",\"arguments\":\"NAME VALUE|weather\",");
    at = after(at, "lets it go: wind\"}");
    at = after(at, "\"NAME on|off, or crack VALUE|off\",\"help\":\"clapper_stuck, crack\"}");
    at = after(at, "{\"command\":\"log\",");
    (void)after(at, "{\"command\":\"ring\",\"arguments\":\"TIMES\",\"help\":\"pulls the rope\"}");
    assert_string_equal(ask("ring 3"), "{\"ok\":true}");
    (void)after(ask("state"), "\"rung\":3");
    assert_string_equal(ask("ring"), "{\"ok\":false,\"error\":\"usage: ring TIMES\"}");
    assert_string_equal(ask("set wind"),
                        "{\"ok\":false,\"error\":\"usage: set NAME VALUE|weather\"}");
    assert_string_equal(ask("dance"),
                        "{\"ok\":false,\"error\":\"dance: no such command; help lists them\"}");
    stop();
}

static bool has_restarted(void *unused)
{
    char *answer = support_ask(test.control, "state", 100);
    bool there = answer && strstr(answer, "\"reset_reason\":\"command\"");

    (void)unused;
    free(answer);
    return there;
}

/* A fault is one of the hardware: another boot of the firmware finds it there. */
static void a_fault_outlives_a_restart(void **state)
{
    (void)state;
    start();
    assert_string_equal(ask("fault clapper_stuck on"), "{\"ok\":true}");
    (void)after(ask("state"), "\"faults_changed\":1,");
    free(support_ask(test.control, "reset", 1000));
    assert_true(support_wait(has_restarted, NULL, ANSWER_MS));
    const char *at = after(ask("state"), "\"faults_changed\":1,");
    (void)after(at, "\"faults\":[\"clapper_stuck\"]}}");
    stop();
}

static void a_fault_may_be_given_at_first(void **state)
{
    (void)state;
    setenv("ROOST_FAULTS", "clapper_stuck,moon", 1);
    start();
    unsetenv("ROOST_FAULTS");
    (void)after(ask("state"), "\"faults\":[\"clapper_stuck\"]}}");
    char *log = support_read_file(test.log, NULL);
    assert_non_null(strstr(log, "roost-bell: ROOST_FAULTS: moon: no such fault\n"));
    free(log);
    stop();
}

static void a_pulled_plug_ends_it_at_once(void **state)
{
    int status;

    (void)state;
    start();
    assert_null(support_ask(test.control, "cut-power", ANSWER_MS));
    assert_true(support_ended(test.pid, &status, ANSWER_MS));
    assert_int_equal(status, 137);
}

/* ---- frame ---- */

static int set_up(void **state)
{
    ssize_t len = readlink("/proc/self/exe", test.self, sizeof test.self - 1);

    (void)state;
    support_make_dir(test.dir);
    snprintf(test.state, sizeof test.state, "%s/state", test.dir);
    snprintf(test.control, sizeof test.control, "%s/control", test.dir);
    snprintf(test.log, sizeof test.log, "%s/log", test.dir);
    return len > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    support_remove_dir(test.dir);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_options_are_those_of_every_device_and_its_own),
        cmocka_unit_test(a_product_of_real_time_has_no_speed),
        cmocka_unit_test(what_it_does_not_take_is_refused_in_its_name),
        cmocka_unit_test(what_cannot_start_says_why),
        cmocka_unit_test(its_state_is_that_of_every_device_and_its_own),
        cmocka_unit_test(a_hangup_does_not_end_it),
        cmocka_unit_test(its_words_follow_those_of_every_device),
        cmocka_unit_test(a_fault_outlives_a_restart),
        cmocka_unit_test(a_fault_may_be_given_at_first),
        cmocka_unit_test(a_pulled_plug_ends_it_at_once),
    };

    if (argc > 1)
        return device_program(&bell_product, argc, argv);
    return cmocka_run_group_tests_name("device program", tests, set_up, tear_down);
}
