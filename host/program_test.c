/* SPDX-License-Identifier: Apache-2.0 */
#include "host/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"

/* ---- a program of three commands ---- */

struct settings {
    const char *hub, *query, *file, *version;
    int json;
    const char *ran;
};

#define AT(member) .at = offsetof(struct settings, member)

static int do_list(void *settings, struct why *why)
{
    (void)why;
    ((struct settings *)settings)->ran = "list";
    return 0;
}

static int do_import(void *settings, struct why *why)
{
    struct settings *s = settings;

    s->ran = "import";
    if (strcmp(s->file, "broken") == 0)
        return why_not(why, ROOST_ERR_INVALID, "%s: is no batch", s->file);
    return strcmp(s->file, "said") == 0 ? 3 : 0;
}

static const struct option_spec common_options[] = {
    {.name = "hub", .value = "URL", .help = "where", .initial = "http://here", AT(hub)},
    {.name = "json", .kind = OPTION_FLAG, .help = "as it came", AT(json)},
};

static const struct option_spec list_options[] = {
    {.name = "query", .value = "PART", .help = "of the name", AT(query)},
};

static const struct option_spec import_options[] = {
    {.name = "FILE", .kind = OPTION_WORD, .required = 1, .help = "the batch", AT(file)},
};

static const struct option_spec pack_options[] = {
    {.name = "version", .value = "TEXT", .required = 1, .help = "of the image", AT(version)},
};

static const struct program_command commands[] = {
    {"devices", "lists them", PROGRAM_OPTIONS(list_options), do_list},
    {"devices import", "registers a batch", PROGRAM_OPTIONS(import_options), do_import},
    {"pack", "makes an image", PROGRAM_OPTIONS(pack_options), do_list},
};

static const struct program_spec tool = {
    .name = "tool",
    .version = "1.2.3",
    .help = "a tool",
    PROGRAM_OPTIONS(common_options),
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .notes = "ends with 0 when it went well",
};

static const struct program_spec server = {
    .name = "server", .version = "4.5.6", .help = "a server", PROGRAM_OPTIONS(list_options)};

/* ---- calling it ---- */

static struct settings settings;
static char out[4096], err[4096]; /* what it printed */

static void read_back(char *text, size_t size, FILE *file)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static int call(const struct program_spec *program, const char *const *words)
{
    FILE *files[] = {tmpfile(), tmpfile()};
    int kept[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    char *argv[16] = {(char[]){"argv0"}};
    int argc = 1;

    settings = (struct settings){0};
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    fflush(stdout);
    dup2(fileno(files[0]), STDOUT_FILENO);
    dup2(fileno(files[1]), STDERR_FILENO);
    int status = program->commands ? program_run(program, &settings, argc, argv)
                                   : program_read(program, &settings, argc, argv);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], i ? STDERR_FILENO : STDOUT_FILENO);
        close(kept[i]);
    }
    read_back(out, sizeof out, files[0]);
    read_back(err, sizeof err, files[1]);
    return status;
}

#define CALL(program, ...) call(program, (const char *const[]){__VA_ARGS__, NULL})

static void expect_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(CALL(&tool, "devices"), 0);
    assert_string_equal(settings.ran, "list");
    assert_string_equal(settings.hub, "http://here");
    assert_int_equal(CALL(&tool, "devices", "--query", "attic", "--json"), 0);
    assert_string_equal(settings.query, "attic");
    assert_int_equal(settings.json, 1);
    assert_int_equal(CALL(&tool, "devices", "import", "f"), 0);
    assert_string_equal(settings.ran, "import");
    assert_string_equal(settings.file, "f");
    assert_string_equal(err, "");
}

static void test_options_before_the_command(void **state)
{
    (void)state;
    assert_int_equal(CALL(&tool, "--json", "--hub", "http://there", "devices", "import", "f"), 0);
    assert_string_equal(settings.ran, "import");
    assert_string_equal(settings.hub, "http://there");
    assert_string_equal(settings.file, "f");
    assert_int_equal(settings.json, 1);
    assert_int_equal(CALL(&tool, "--query", "devices", "--hub=x", "devices"), 0);
    assert_string_equal(settings.query, "devices");
    assert_string_equal(settings.hub, "x");
}

static void test_what_a_command_says(void **state)
{
    (void)state;
    assert_int_equal(CALL(&tool, "devices", "import", "broken"), PROGRAM_FAILED);
    assert_string_equal(err, "tool devices import: broken: is no batch\n");
    assert_int_equal(CALL(&tool, "devices", "import", "said"), 3);
    assert_string_equal(err, "");
}

static void test_help_and_version(void **state)
{
    (void)state;
    assert_int_equal(CALL(&tool, "--version"), 0);
    assert_string_equal(out, "tool 1.2.3\n");
    assert_int_equal(CALL(&tool, "devices", "import", "--version"), 0);
    assert_string_equal(out, "tool 1.2.3\n");
    assert_int_equal(CALL(&server, "--version"), 0);
    assert_string_equal(out, "server 4.5.6\n");
    assert_int_equal(CALL(&tool, "--help"), 0);
    expect_in(out, "tool 1.2.3: a tool\n\nusage: tool COMMAND [OPTIONS]\n\n"
                   "  devices              lists them\n"
                   "  devices import FILE  registers a batch\n"
                   "  pack                 makes an image\n");
    expect_in(out, "--hub URL");
    assert_int_equal(CALL(&tool, "devices", "import", "--help"), 0);
    expect_in(out, "tool devices import: registers a batch\n\n"
                   "usage: tool devices import [OPTIONS] FILE\n\n");
    expect_in(out, "  FILE   (required)\n      the batch\n");
    assert_int_equal(CALL(&server, "--help"), 0);
    expect_in(out, "server 4.5.6: a server\n\n  --query PART\n");
    assert_string_equal(err, "");
}

static void test_help_for_people(void **state)
{
    static char asked[sizeof out];

    (void)state;
    assert_int_equal(CALL(&tool, "devices", "import", "--help"), 0);
    expect_in(out, "\n\nends with 0 when it went well\n");
    memcpy(asked, out, sizeof out);
    assert_int_equal(CALL(&tool, "help", "devices", "import"), 0);
    assert_string_equal(out, asked);
    assert_int_equal(CALL(&tool, "-h", "devices", "import"), 0);
    assert_string_equal(out, asked);
    assert_int_equal(CALL(&tool, "--help"), 0);
    memcpy(asked, out, sizeof out);
    assert_int_equal(CALL(&tool, "help"), 0);
    assert_string_equal(out, asked);
    assert_int_equal(CALL(&tool, "-h"), 0);
    assert_string_equal(out, asked);
    assert_int_equal(CALL(&tool, "-V"), 0);
    assert_string_equal(out, "tool 1.2.3\n");
    assert_int_equal(CALL(&server, "-V"), 0);
    assert_string_equal(out, "server 4.5.6\n");
    assert_int_equal(CALL(&tool, "help", "dance"), PROGRAM_USAGE);
    expect_in(err, "no command \"dance\"");
}

/* What a program answers does not take a name from a command. */
static void test_a_command_may_have_a_version(void **state)
{
    (void)state;
    assert_int_equal(CALL(&tool, "pack", "--version", "1.4"), 0);
    assert_string_equal(settings.version, "1.4");
    assert_int_equal(CALL(&tool, "pack", "--help"), 0);
    expect_in(out, "--version TEXT   (required)");
    assert_null(strstr(out, "--version\n"));
    assert_int_equal(CALL(&tool, "pack"), PROGRAM_USAGE);
}

static void test_sets(void **state)
{
    struct settings other = {0};
    const struct option_set sets[] = {{list_options, 1, &settings}, {pack_options, 1, &other}};
    char *argv[] = {(char[]){"server"},    (char[]){"--query"}, (char[]){"attic"},
                    (char[]){"--version"}, (char[]){"1.4"},     NULL};

    (void)state;
    settings = (struct settings){0};
    assert_int_equal(program_read_sets(&server, sets, 2, 5, argv), PROGRAM_GOES_ON);
    assert_string_equal(settings.query, "attic");
    assert_string_equal(other.version, "1.4");
}

static void expect_refused(int status, const char *text)
{
    assert_int_equal(status, PROGRAM_USAGE);
    assert_string_equal(out, "");
    assert_string_equal(err, text);
    assert_null(settings.ran);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refused(CALL(&tool, "dance"), "tool: no command \"dance\"; tool --help lists them\n"
                                         "usage: tool COMMAND [OPTIONS]\n");
    expect_refused(CALL(&tool, "--jason"), "tool: --jason: no such option; --help lists them\n"
                                           "usage: tool COMMAND [OPTIONS]\n");
    expect_refused(CALL(&tool, "--jason", "devices"),
                   "tool devices: --jason: no such option; --help lists them\n");
    expect_refused(CALL(&tool, "devices", "import"),
                   "tool devices import: FILE: is required (the batch)\n");
    expect_refused(CALL(&tool, "devices", "import", "f", "--query", "x"),
                   "tool devices import: --query: no such option; --help lists them\n");
    expect_refused(CALL(&tool, "devices", "attic"),
                   "tool devices: unexpected argument \"attic\"; options begin with --\n");
    expect_refused(CALL(&tool, "devices", "--hub"), "tool devices: --hub: needs a value, URL\n");
    expect_refused(CALL(&tool, "devices", "--hub", "--json"),
                   "tool devices: --hub: needs a value, URL\n");
    expect_refused(CALL(&tool, "devices", "-q"),
                   "tool devices: -q: no such option; --help lists them\n");
    expect_refused(CALL(&tool, "--jason=2", "x", "devices"),
                   "tool: --jason: no such option; --help lists them\n"
                   "usage: tool COMMAND [OPTIONS]\n");
    expect_refused(CALL(&tool, "-j", "devices"), "tool: -j: no such option; --help lists them\n"
                                                 "usage: tool COMMAND [OPTIONS]\n");
    expect_refused(CALL(&server, "--qeury"),
                   "server: --qeury: no such option; --help lists them\n");
    assert_int_equal(call(&tool, (const char *const[]){NULL}), PROGRAM_USAGE);
    expect_in(err, "\nusage: tool COMMAND");
    expect_in(err, "registers a batch");
    expect_refused(CALL(&tool, "--json"), "tool: needs a command; tool --help lists them\n"
                                          "usage: tool COMMAND [OPTIONS]\n");
    assert_int_equal(CALL(&server, "--query", "x"), PROGRAM_GOES_ON);
    assert_string_equal(settings.query, "x");
}

/* SIGHUP tells a server to read its files again; a tool ends with its terminal. */
static void test_a_hangup_ends_no_server(void **state)
{
    struct program_spec serving = server;
    struct sigaction action;

    (void)state;
    serving.serves = true;
    signal(SIGHUP, SIG_DFL);
    (void)CALL(&server, "--query", "x");
    sigaction(SIGHUP, NULL, &action);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
    assert_int_equal(CALL(&serving, "--query", "x"), PROGRAM_GOES_ON);
    raise(SIGHUP);
    sigaction(SIGHUP, NULL, &action);
    assert_ptr_equal(action.sa_handler, SIG_IGN);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_options_before_the_command),
        cmocka_unit_test(test_what_a_command_says),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_help_for_people),
        cmocka_unit_test(test_a_command_may_have_a_version),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_hangup_ends_no_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
