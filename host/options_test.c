/* SPDX-License-Identifier: Apache-2.0 */
#include "host/options.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct settings {
    const char *id;
    uint64_t speed;
    double hours;
    int world, verbose, help;
    struct option_list keys;
    const char *file;
};

static const char *const worlds[] = {"model", "real", NULL};

static const struct option_spec table[] = {
    {.name = "id",
     .value = "ID",
     .help = "the device's name",
     .required = 1,
     .min = 1,
     .max = 8,
     .at = offsetof(struct settings, id)},
    {.name = "speed",
     .value = "N",
     .help = "how fast",
     .kind = OPTION_NUMBER,
     .initial = "1",
     .min = 1,
     .max = 3600,
     .at = offsetof(struct settings, speed)},
    {.name = "hours",
     .value = "H",
     .help = "how long",
     .kind = OPTION_REAL,
     .initial = "24",
     .max = 8784,
     .at = offsetof(struct settings, hours)},
    {.name = "verbose",
     .help = "twice: more",
     .kind = OPTION_FLAG,
     .at = offsetof(struct settings, verbose)},
    {.name = "world",
     .value = "KIND",
     .help = "which hardware",
     .kind = OPTION_CHOICE,
     .initial = "model",
     .choices = worlds,
     .at = offsetof(struct settings, world)},
    {.name = "key",
     .value = "FILE",
     .help = "may be given twice",
     .kind = OPTION_LIST,
     .max = 2,
     .at = offsetof(struct settings, keys)},
    {.name = "FILE",
     .help = "what to read",
     .kind = OPTION_WORD,
     .min = 1,
     .max = 8,
     .at = offsetof(struct settings, file)},
    {.name = "help", .help = "this", .kind = OPTION_FLAG, .at = offsetof(struct settings, help)},
};

static struct settings settings;
static char why[256];

static int parse(const char *const *words)
{
    char *argv[16] = {NULL};
    int argc = 1;

    settings = (struct settings){0};
    why[0] = '\0';
    argv[0] = (char[]){"program"};
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    return options_parse(table, sizeof table / sizeof *table, &settings, argc, argv, why,
                         sizeof why);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--id", "w1"), 0);
    assert_string_equal(settings.id, "w1");
    assert_int_equal(settings.speed, 1);
    assert_int_equal(settings.world, 0);
    assert_int_equal(PARSE("--speed=60", "--id=w2", "--world", "real"), 0);
    assert_int_equal(settings.speed, 60);
    assert_int_equal(settings.world, 1);
    assert_int_equal(PARSE("--help"), 0);
    assert_int_equal(settings.help, 1);
}

static void test_reals_and_counts(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--id", "w1"), 0);
    assert_true(settings.hours == 24.0);
    assert_int_equal(settings.verbose, 0);
    assert_int_equal(PARSE("--id", "w1", "--hours", "0.5", "--verbose", "--verbose"), 0);
    assert_true(settings.hours == 0.5);
    assert_int_equal(settings.verbose, 2);
    assert_int_equal(PARSE("--id", "w1", "--hours=8784"), 0);
}

/* A table of the program's and one of a command, as host/program.h reads them. */
static void test_sets(void **state)
{
    struct settings other = {0};
    static const struct option_spec more[] = {
        {.name = "query",
         .value = "PART",
         .help = "a part of the name",
         .at = offsetof(struct settings, id)},
    };
    const struct option_set sets[] = {{table, sizeof table / sizeof *table, &settings},
                                      {more, 1, &other}};
    char *argv[] = {(char[]){"program"}, (char[]){"--query"}, (char[]){"attic"},
                    (char[]){"--id"},    (char[]){"w3"},      NULL};

    (void)state;
    settings = (struct settings){0};
    assert_int_equal(options_parse_sets(sets, 2, 5, argv, why, sizeof why), 0);
    assert_string_equal(settings.id, "w3");
    assert_string_equal(other.id, "attic");
    assert_true(options_parse_sets(sets, 2, 3, argv, why, sizeof why) < 0);
    assert_string_equal(why, "--id ID: is required (the device's name)");
    assert_ptr_equal(options_find(more, 1, "--query=x"), &more[0]);
    assert_null(options_find(more, 1, "--quer"));
    assert_null(options_find(table, sizeof table / sizeof *table, "--FILE"));
}

static void test_lists_and_words(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--id", "w1"), 0);
    assert_int_equal(settings.keys.count, 0);
    assert_null(settings.file);
    assert_int_equal(PARSE("--key", "a.pub", "manifest", "--id", "w1", "--key=b.pub"), 0);
    assert_int_equal(settings.keys.count, 2);
    assert_string_equal(settings.keys.values[0], "a.pub");
    assert_string_equal(settings.keys.values[1], "b.pub");
    assert_string_equal(settings.file, "manifest");
    assert_int_equal(PARSE("--id", "w1", "--", "--help"), 0);
    assert_string_equal(settings.file, "--help");
    assert_int_equal(settings.help, 0);
    assert_int_equal(PARSE("--id", "w1", "-5"), 0);
    assert_string_equal(settings.file, "-5");
}

static void expect_refused(int result, const char *text)
{
    assert_true(result < 0);
    assert_string_equal(why, text);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refused(PARSE("--id", "w1", "--speed", "0"), "--speed 0: allowed is 1 to 3600");
    expect_refused(PARSE("--id", "w1", "--speed", "fast"), "--speed fast: allowed is 1 to 3600");
    expect_refused(PARSE("--id", "w1", "--world=moon"), "--world moon: allowed is model, real");
    expect_refused(PARSE("--id", "much-too-long"),
                   "--id much-too-long: allowed is 1 to 8 characters");
    char digits[101] = {0};
    memset(digits, '7', sizeof digits - 1);
    assert_true(PARSE("--id", "w1", "--speed", digits) < 0);
    assert_string_equal(why + strlen("--speed ") + 80, "...: allowed is 1 to 3600");
    expect_refused(PARSE("--id"), "--id: needs a value, ID");
    expect_refused(PARSE("--speed", "2"), "--id ID: is required (the device's name)");
    expect_refused(PARSE("--wrld", "x"), "--wrld: no such option; --help lists them");
    expect_refused(PARSE("w1", "w2"), "unexpected argument \"w2\"; options begin with --");
    expect_refused(PARSE("--id", "w1", "--hours", "0"),
                   "--hours 0: allowed is more than 0, at most 8784");
    expect_refused(PARSE("--id", "w1", "--hours", "8785"),
                   "--hours 8785: allowed is more than 0, at most 8784");
    expect_refused(PARSE("--id", "w1", "--hours", "nan"),
                   "--hours nan: allowed is more than 0, at most 8784");
    expect_refused(PARSE("--id", "w1", "--hours", ""),
                   "--hours : allowed is more than 0, at most 8784");
    expect_refused(PARSE("--FILE", "w1"), "--FILE: no such option; --help lists them");
    expect_refused(PARSE("--key", "a", "--key", "b", "--key", "c"),
                   "--key c: allowed is at most 2 of them");
    expect_refused(PARSE("--help=yes"), "--help: takes no value");
}

static void test_what_is_spelt_as_an_option_is_one(void **state)
{
    (void)state;
    expect_refused(PARSE("--id", "--speed", "2"), "--id: needs a value, ID");
    assert_int_equal(PARSE("--id=--speed"), 0);
    assert_string_equal(settings.id, "--speed");
    assert_int_equal(PARSE("--id", "--other"), 0); /* no option of this table */
    expect_refused(PARSE("--id", "w1", "-x"), "-x: no such option; --help lists them");
    assert_int_equal(PARSE("--id", "w1", "--", "-x"), 0);
    assert_string_equal(settings.file, "-x");
    assert_int_equal(PARSE("--id", "w1", "-"), 0);
    assert_string_equal(settings.file, "-");
    assert_int_equal(PARSE("-h"), 0);
    assert_int_equal(settings.help, 1);
}

static void test_words_have_a_length(void **state)
{
    (void)state;
    expect_refused(PARSE("--id", "w1", ""), "FILE : allowed is 1 to 8 characters");
    expect_refused(PARSE("--id", "w1", "123456789"),
                   "FILE 123456789: allowed is 1 to 8 characters");
    assert_int_equal(PARSE("--id", "w1", "12345678"), 0);
}

static const char *refuse_odd(const char *value)
{
    return strlen(value) % 2 == 0 ? NULL : "an even number of letters";
}

static void test_a_rule_of_its_own(void **state)
{
    static const struct option_spec one[] = {{.name = "PAIR",
                                              .kind = OPTION_WORD,
                                              .refuse = refuse_odd,
                                              .at = offsetof(struct settings, file)}};
    char *argv[] = {(char[]){"program"}, (char[]){"ab"}, NULL};

    (void)state;
    assert_int_equal(options_parse(one, 1, &settings, 2, argv, why, sizeof why), 0);
    assert_string_equal(settings.file, "ab");
    argv[1] = (char[]){"abc"};
    assert_true(options_parse(one, 1, &settings, 2, argv, why, sizeof why) < 0);
    assert_string_equal(why, "PAIR abc: allowed is an even number of letters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_reals_and_counts),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_lists_and_words),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_what_is_spelt_as_an_option_is_one),
        cmocka_unit_test(test_words_have_a_length),
        cmocka_unit_test(test_a_rule_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
