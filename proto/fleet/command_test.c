/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/fleet/command.h"

static struct roost_command command;
static struct roost_answer answer;

static int parse_command(const char *text)
{
    memset(&command, 0xA5, sizeof command);
    return roost_command_parse(&command, text, strlen(text));
}

static int parse_answer(const char *text)
{
    memset(&answer, 0xA5, sizeof answer);
    return roost_answer_parse(&answer, text, strlen(text));
}

static void commands(void **state)
{
    (void)state;
    assert_int_equal(parse_command("{\"id\":\"7f3a\",\"command\":\"reboot\"}"), 0);
    assert_string_equal(command.id, "7f3a");
    assert_string_equal(command.name, "reboot");
    assert_int_equal(command.args, -1);

    static const char text[] = "{\"id\":\"7f3a\",\"command\":\"set\","
                               "\"args\":{\"log_level\":\"debug\",\"interval_ms\":500}}";
    assert_int_equal(parse_command(text), 0);
    assert_true(command.args > 0);
    int64_t interval_ms = 0;
    assert_int_equal(roost_json_get_int64(&command.doc, command.args, "interval_ms", &interval_ms),
                     0);
    assert_int_equal(interval_ms, 500);
    for (size_t cut = 0; cut < strlen(text); cut++)
        assert_true(roost_command_parse(&command, text, cut) < 0);

    char out[128];
    static const char args[] = "{\"log_level\":\"debug\",\"interval_ms\":500}";
    assert_int_equal(roost_command_write(out, sizeof out, "7f3a", "set", args, strlen(args), 0),
                     strlen(text));
    assert_string_equal(out, text);
    for (size_t size = 0; size <= strlen(text); size++)
        assert_int_equal(roost_command_write(out, size, "7f3a", "set", args, strlen(args), 0),
                         ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_command_write(out, sizeof out, "1", "health", NULL, 0, 0), 29);
    assert_string_equal(out, "{\"id\":\"1\",\"command\":\"health\"}");
    assert_int_equal(parse_command("{\"args\":null,\"x\":[1],\"command\":\"health\",\"id\":\"1\"}"),
                     0);
    assert_int_equal(command.args, -1);
    assert_true(command.expires_ms == 0);
    static const char timed[] =
        "{\"id\":\"1\",\"command\":\"health\",\"expires_ms\":1772409600000}";
    assert_int_equal(roost_command_write(out, sizeof out, "1", "health", NULL, 0, 1772409600000),
                     strlen(timed));
    assert_string_equal(out, timed);
    assert_int_equal(parse_command(timed), 0);
    assert_true(command.expires_ms == 1772409600000);
}

static void bad_commands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{\"command\":\"reboot\"}", ROOST_ERR_NOT_FOUND},
        {"{\"id\":\"1\"}", ROOST_ERR_NOT_FOUND},
        {"{\"id\":1,\"command\":\"reboot\"}", ROOST_ERR_INVALID},
        {"{\"id\":\"\",\"command\":\"reboot\"}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"command\":\"\"}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"command\":null}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"command\":\"reboot\",\"args\":[]}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"command\":\"reboot\",\"args\":\"now\"}", ROOST_ERR_INVALID},
        {"{\"id\":\"0123456789012345678901234567890123456\",\"command\":\"reboot\"}",
         ROOST_ERR_TOO_LONG},
        {"{\"id\":\"1\",\"command\":\"0123456789012345678901234\"}", ROOST_ERR_TOO_LONG},
        {"{\"id\":\"1\",\"command\":\"reboot\",\"expires_ms\":\"soon\"}", ROOST_ERR_INVALID},
        {"\"reboot\"", ROOST_ERR_INVALID},
        {"reboot", ROOST_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(parse_command(table[i].text), table[i].err);
    assert_int_equal(roost_command_parse(&command, "{", ROOST_COMMAND_MAX + 1), ROOST_ERR_TOO_LONG);
    char many[256];
    struct roost_json_writer w;
    roost_json_begin(&w, many, sizeof many);
    roost_json_array(&w);
    for (int i = 0; i < ROOST_COMMAND_TOKENS; i++)
        roost_json_int(&w, 1);
    roost_json_end(&w);
    assert_true(roost_json_finish(&w) > 0);
    assert_int_equal(parse_command(many), ROOST_ERR_TOO_LONG);
}

static void answers_with_data(void **state)
{
    (void)state;
    struct roost_json_writer w;
    char out[128];
    roost_answer_begin(&w, out, sizeof out, "7f3a");
    roost_json_object(&w);
    roost_json_put_int(&w, "boots", 3);
    roost_json_end(&w);
    static const char text[] = "{\"id\":\"7f3a\",\"ok\":true,\"data\":{\"boots\":3}}";
    assert_int_equal(roost_answer_end(&w), strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(parse_answer(out), 0);
    assert_string_equal(answer.id, "7f3a");
    assert_true(answer.ok);
    assert_int_equal(answer.data_len, 11);
    assert_memory_equal(answer.data_json, "{\"boots\":3}", 11);
    assert_string_equal(answer.error, "");
    for (size_t cut = 0; cut < strlen(text); cut++)
        assert_true(roost_answer_parse(&answer, text, cut) < 0);

    roost_answer_begin(&w, out, 24, "7f3a");
    roost_json_str(&w, "too long for this");
    assert_int_equal(roost_answer_end(&w), ROOST_ERR_TOO_LONG);

    assert_int_equal(parse_answer("{\"data\":\"a \\\"line\\\"\",\"ok\":true,\"id\":\"1\"}"), 0);
    assert_int_equal(answer.data_len, 12);
    assert_memory_equal(answer.data_json, "\"a \\\"line\\\"\"", 12);
    assert_int_equal(parse_answer("{\"data\":null,\"ok\":true,\"id\":\"1\"}"), 0);
    assert_memory_equal(answer.data_json, "null", 4);
    assert_int_equal(parse_answer("{\"ok\":true,\"id\":\"1\"}"), 0);
    assert_null(answer.data_json);
}

static void answers_with_an_error(void **state)
{
    (void)state;
    char out[256];
    static const char text[] = "{\"id\":\"1\",\"ok\":false,\"error\":\"RANGE\",\"message\":"
                               "\"interval_ms: 500 to 3600000\"}";
    assert_int_equal(
        roost_answer_error(out, sizeof out, "1", ROOST_ERR_RANGE, "interval_ms: 500 to 3600000"),
        strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(parse_answer(out), 0);
    assert_false(answer.ok);
    assert_string_equal(answer.error, "RANGE");
    assert_string_equal(answer.message, "interval_ms: 500 to 3600000");
    assert_null(answer.data_json);
    assert_int_equal(
        roost_answer_error(out, strlen(text), "1", ROOST_ERR_RANGE, "interval_ms: 500 to 3600000"),
        ROOST_ERR_TOO_LONG);

    assert_true(roost_answer_error(out, sizeof out, "1", ROOST_ERR_STATE, NULL) > 0);
    assert_int_equal(parse_answer(out), 0);
    assert_string_equal(answer.message, roost_err_text(ROOST_ERR_STATE));

    /* A message longer than an answer holds is cut, here inside the two bytes of the last e. */
    enum { CUT = ROOST_ANSWER_MESSAGE_MAX - 1 };
    char message[CUT + 40];
    memset(message, 'x', sizeof message);
    memcpy(message + CUT, "\xc3\xa9\xc3\xa9", 5);
    assert_true(roost_answer_error(out, sizeof out, "1", ROOST_ERR_IO, message) > 0);
    assert_int_equal(parse_answer(out), 0);
    assert_int_equal(strlen(answer.message), CUT);
    message[CUT] = 'x';
    message[CUT + 1] = '\0';
    assert_true(roost_answer_error(out, sizeof out, "1", ROOST_ERR_IO, message) > 0);
    assert_int_equal(parse_answer(out), 0);
    assert_int_equal(strlen(answer.message), CUT + 1);
}

static void bad_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{\"ok\":true}", ROOST_ERR_NOT_FOUND},
        {"{\"id\":\"1\"}", ROOST_ERR_NOT_FOUND},
        {"{\"id\":\"1\",\"ok\":\"yes\"}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"ok\":false,\"error\":5}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"ok\":false,\"message\":[]}", ROOST_ERR_INVALID},
        {"{\"id\":\"1\",\"ok\":false,\"error\":\"AN_ERROR_OF_TOO_LONG_A_NAME\"}",
         ROOST_ERR_TOO_LONG},
        {"[]", ROOST_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(parse_answer(table[i].text), table[i].err);
    assert_int_equal(roost_answer_parse(&answer, "{", ROOST_ANSWER_MAX + 1), ROOST_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),          cmocka_unit_test(bad_commands),
        cmocka_unit_test(answers_with_data), cmocka_unit_test(answers_with_an_error),
        cmocka_unit_test(bad_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
