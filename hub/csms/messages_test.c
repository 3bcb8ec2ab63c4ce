/* SPDX-License-Identifier: Apache-2.0 */
/* The newest messages: bounded, ended in any order, and without secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "hub/csms/messages.h"

static struct messages messages;
static const struct messages_room three = {.most = 3, .bytes = 100000};

static int tear_down(void **state)
{
    (void)state;
    messages_deinit(&messages);
    memset(&messages, 0, sizeof messages);
    return 0;
}

static uint64_t say(enum ocpp_message message, const char *text)
{
    return messages_begin(&messages, &three, MESSAGE_IN, message, text, strlen(text), 1000);
}

static void the_newest_are_kept_and_end_in_any_order(void **state)
{
    (void)state;
    assert_null(messages_at(&messages, 0));
    uint64_t a = say(OCPP_MSG_Heartbeat, "a"), b = say(OCPP_MSG_Heartbeat, "b");
    uint64_t c = say(OCPP_MSG_Heartbeat, "c");
    messages_end(&messages, c, "answered", "C", 1, 1005);
    messages_end(&messages, a, "answered", "A", 1, 1003);
    assert_string_equal(messages_at(&messages, 2)->answer, "A");
    uint64_t d = say(OCPP_MSG_Heartbeat, "d");
    messages_end(&messages, a, "timed_out", "late", 4, 1009); /* has given way */
    messages_end(&messages, b, "timed_out", NULL, 0, 999);
    assert_string_equal(messages_at(&messages, 0)->text, "d");
    assert_null(messages_at(&messages, 0)->result);
    assert_int_equal(messages_at(&messages, 0)->number, d);
    assert_string_equal(messages_at(&messages, 1)->answer, "C");
    assert_int_equal(messages_at(&messages, 1)->took_ms, 5);
    assert_string_equal(messages_at(&messages, 2)->result, "timed_out");
    assert_int_equal(messages_at(&messages, 2)->took_ms, 0);
    assert_null(messages_at(&messages, 3));
    assert_int_equal(messages_begin(&messages, &(struct messages_room){.most = 0}, MESSAGE_IN,
                                    OCPP_NO_MESSAGE, "", 0, 0),
                     0);
}

/* Of many chargers each has less, the newest message in any case. */
static void all_chargers_together_are_bounded(void **state)
{
    char text[MESSAGE_TEXT_MAX];
    struct messages_room room = messages_room(100, 10000);
    size_t seen = 0;
    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(room.bytes, MESSAGES_LEAST_BYTES);
    assert_true(messages_room(100, 1).bytes == MESSAGES_ALL_BYTES &&
                messages_room(100, 0).bytes == MESSAGES_ALL_BYTES);
    for (int i = 0; i < 50; i++) {
        uint64_t number = messages_begin(&messages, &room, MESSAGE_IN, OCPP_MSG_MeterValues, text,
                                         sizeof text, 1000);
        messages_end(&messages, number, "answered", text, sizeof text, 1001);
        assert_int_equal(messages_at(&messages, 0)->number, number);
        assert_true(messages.bytes <= MESSAGES_LEAST_BYTES + 2 * (MESSAGE_TEXT_MAX + 1));
    }
    while (messages_at(&messages, seen))
        seen++;
    assert_in_range(seen, 1, 3);
    room = messages_room(100, 1);
    for (int i = 0; i < 150; i++)
        (void)messages_begin(&messages, &room, MESSAGE_IN, OCPP_MSG_Heartbeat, "{}", 2, 1000);
    for (seen = 0; messages_at(&messages, seen);)
        seen++;
    assert_int_equal(seen, 100);
    messages_deinit(&messages);
    assert_int_equal(messages.bytes, 0);
}

static void what_may_hold_a_password_is_not_kept(void **state)
{
    static const char hidden[] = "(not kept: it may hold a password)";
    static const struct {
        enum ocpp_message message;
        const char *text, *kept;
    } cases[] = {
        {OCPP_MSG_ChangeConfiguration, "{\"key\":\"AuthorizationKey\",\"value\":\"41\"}", hidden},
        {OCPP_MSG_ChangeConfiguration, "{\"key\":\"AUTHORIZATIONkey\",\"value\":\"41\"}", hidden},
        {OCPP_MSG_GetConfiguration, "{\"key\":\"\\u0041uthorizationKe\\u0079\"}", hidden},
        {OCPP_MSG_DataTransfer, "x authorizationkey y", hidden},
        {OCPP_MSG_GetDiagnostics, "{\"location\":\"ftp://u:p@h/x\"}",
         "{\"location\":\"ftp://***@h/x\"}"},
        {OCPP_MSG_GetDiagnostics, "{\"location\":\"ftp:\\/\\/u:p@h\\/x\"}",
         "{\"location\":\"ftp:\\/\\/***@h\\/x\"}"},
        {OCPP_MSG_GetDiagnostics, "{\"location\":\"ftp://h/u@x\"}",
         "{\"location\":\"ftp://h/u@x\"}"},
        {OCPP_MSG_GetDiagnostics, "a://b@c d://e@", "a://*@c d://*@"},
        {OCPP_MSG_Heartbeat, "://", "://"},
        {OCPP_MSG_Heartbeat, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t number = say(cases[i].message, cases[i].text);
        messages_end(&messages, number, "answered", cases[i].text, strlen(cases[i].text), 1);
        assert_string_equal(messages_at(&messages, 0)->text, cases[i].kept);
        assert_string_equal(messages_at(&messages, 0)->answer, cases[i].kept);
    }
}

static void long_ones_are_cut_behind_the_mask(void **state)
{
    char text[4000];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + MESSAGE_TEXT_MAX - 8, "ftp://user:password@h", 21); /* across the cut */
    text[sizeof text - 1] = '\0';
    say(OCPP_MSG_GetDiagnostics, text);
    const struct message_row *row = messages_at(&messages, 0);
    assert_int_equal(strlen(row->text), MESSAGE_TEXT_MAX);
    assert_string_equal(row->text + MESSAGE_TEXT_MAX - 8, "ftp://**");
    assert_true(row->cut);
    memset(text, 'x', sizeof text);
    memcpy(text + 2000, "AuthorizationKey", 16); /* behind the cut: all of it is looked at */
    text[sizeof text - 1] = '\0';
    say(OCPP_MSG_GetConfiguration, text);
    assert_memory_equal(messages_at(&messages, 0)->text, "(not kept", 9);
}

static void text_is_found_without_case_in_both(void **state)
{
    (void)state;
    uint64_t number = say(OCPP_MSG_Authorize, "[2,\"1\",\"Authorize\",{\"idTag\":\"AbC\"}]");
    messages_end(&messages, number, "answered", "[3,\"1\",{\"status\":\"Blocked\"}]", 28, 1);
    const struct message_row *row = messages_at(&messages, 0);
    assert_true(message_has(row, "abc") && message_has(row, "BLOCKED") && message_has(row, ""));
    assert_false(message_has(row, "abd"));
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_newest_are_kept_and_end_in_any_order), T(all_chargers_together_are_bounded),
        T(what_may_hold_a_password_is_not_kept),     T(long_ones_are_cut_behind_the_mask),
        T(text_is_found_without_case_in_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
