/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's manners, on an engine of three functions that stands below in place of
 * hub/companion: when it answers, and what it forgets. */
#include "hub/voice/answer_companion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/timer.h"

/* ---- the engine ---- */

static int reply_err;

void companion_thread_init(struct companion_thread *thread, uint64_t seed)
{
    memset(thread, 0, sizeof *thread);
    thread->random = seed;
}

/* Counts the turns of its thread, and says what it was told. */
int companion_reply(const struct companion *companion, struct companion_thread *thread,
                    const struct companion_turn *turn, char *out, size_t size)
{
    (void)companion;
    thread->turn++;
    return reply_err ? reply_err
                     : snprintf(out, size, "%u %s %s %d", thread->turn, turn->text,
                                turn->name ? turn->name : "nobody", turn->hour);
}

int companion_line(const struct companion *companion, struct companion_thread *thread,
                   enum companion_line_name line, const struct companion_turn *turn, char *out,
                   size_t size)
{
    (void)companion;
    (void)turn;
    assert_null(thread);
    if (line == COMPANION_LINE_BUSY)
        return ROOST_ERR_UNSUPPORTED;
    return snprintf(out, size, "line %d", (int)line);
}

/* ---- who asks ---- */

struct heard {
    char text[256];
    int ended; /* 1: not yet */
};

static void take_text(void *arg, const char *text, size_t len)
{
    struct heard *heard = arg;

    assert_int_equal(heard->ended, 1);
    snprintf(heard->text, sizeof heard->text, "%.*s", (int)len, text);
}

static void take_end(void *arg, int err)
{
    struct heard *heard = arg;

    assert_int_equal(heard->ended, 1);
    heard->ended = err;
}

static const struct answer_events events = {take_text, take_end};
static struct answer_companion *companion;
static struct answer answer;

static int set_up(void **state)
{
    (void)state;
    reply_err = 0;
    companion = answer_companion_new(NULL);
    answer = answer_companion_provider(companion);
    return companion ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    assert_true(answer_companion_run(companion, 7) == ROOST_NEVER);
    answer_companion_free(companion);
    return 0;
}

static struct answer_talk *open_talk(const char *name)
{
    const struct voice_for child = {CHILD_EN, CHILD_6_8, name};
    struct answer_talk *talk = answer.ops->open(answer.ctx, &child, 1);

    assert_non_null(talk);
    return talk;
}

static void ask(struct answer_talk *talk, const char *words, struct heard *heard)
{
    char copy[64];

    *heard = (struct heard){.ended = 1};
    snprintf(copy, sizeof copy, "%s", words);
    assert_int_equal(answer.ops->ask(talk, copy, 16, &events, heard), 0);
    memset(copy, 'x', sizeof copy); /* it was copied */
    assert_int_equal(heard->ended, 1);
}

static void expect(const struct heard *heard, const char *text)
{
    assert_int_equal(heard->ended, 0);
    assert_string_equal(heard->text, text);
}

static void it_answers_when_it_is_run(void **state)
{
    struct heard first, second;

    (void)state;
    struct answer_talk *a = open_talk("Mia"), *b = open_talk("");
    ask(a, "hello", &first);
    ask(b, "hi", &second);
    assert_int_equal(answer.ops->ask(a, "again", 16, &events, &first), ROOST_ERR_BUSY);
    assert_int_equal(answer_companion_run(companion, 7), 7); /* one at a time */
    expect(&first, "1 hello Mia 16");
    assert_int_equal(second.ended, 1);
    assert_true(answer_companion_run(companion, 7) == ROOST_NEVER);
    expect(&second, "1 hi nobody 16");
    answer.ops->close(a);
    answer.ops->close(b);
}

static void what_was_not_said_did_not_happen(void **state)
{
    struct heard heard;

    (void)state;
    struct answer_talk *talk = open_talk("Mia");
    ask(talk, "one", &heard);
    (void)answer_companion_run(companion, 7);
    ask(talk, "two", &heard);
    answer.ops->cancel(talk); /* before it was answered: the first stays */
    (void)answer_companion_run(companion, 7);
    assert_int_equal(heard.ended, 1);
    ask(talk, "two", &heard);
    (void)answer_companion_run(companion, 7);
    expect(&heard, "2 two Mia 16");
    answer.ops->cancel(talk); /* after it */
    answer.ops->cancel(talk);
    ask(talk, "two", &heard);
    (void)answer_companion_run(companion, 7);
    expect(&heard, "2 two Mia 16");
    answer.ops->close(talk);
}

static void who_leaves_while_others_wait_is_out(void **state)
{
    struct heard heard[3];
    struct answer_talk *talks[3];

    (void)state;
    for (int leaves = 0; leaves < 3; leaves++) {
        for (int i = 0; i < 3; i++) {
            talks[i] = open_talk("Mia");
            ask(talks[i], "hello", &heard[i]);
        }
        answer.ops->close(talks[leaves]);
        while (answer_companion_run(companion, 7) != ROOST_NEVER)
            ;
        for (int i = 0; i < 3; i++) {
            assert_int_equal(heard[i].ended, i == leaves ? 1 : 0);
            if (i != leaves)
                answer.ops->close(talks[i]);
        }
    }
}

static void a_reply_that_cannot_be_made_is_an_error(void **state)
{
    struct heard heard;

    (void)state;
    struct answer_talk *talk = open_talk("Mia");
    reply_err = ROOST_ERR_UNSUPPORTED;
    ask(talk, "hello", &heard);
    (void)answer_companion_run(companion, 7);
    assert_int_equal(heard.ended, ROOST_ERR_UNSUPPORTED);
    assert_string_equal(heard.text, "");
    answer.ops->close(talk);
}

static void its_lines_are_the_contents(void **state)
{
    const struct voice_for child = {CHILD_EN, CHILD_6_8, "Mia"};
    char expected[16];

    (void)state;
    snprintf(expected, sizeof expected, "line %d", (int)COMPANION_LINE_CUT_OFF);
    assert_string_equal(answer_companion_line(companion, VOICE_LINE_CUT_OFF, &child), expected);
    assert_null(answer_companion_line(companion, VOICE_LINE_BUSY, &child)); /* lines.h has one */
    for (int line = 0; line < VOICE_LINE_COUNT; line++)
        for (int language = 0; language < CHILD_LANGUAGES; language++)
            assert_true(strlen(voice_line((enum voice_line)line, (enum child_language)language)) >
                        5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_answers_when_it_is_run),           TEST(what_was_not_said_did_not_happen),
        TEST(who_leaves_while_others_wait_is_out), TEST(a_reply_that_cannot_be_made_is_an_error),
        TEST(its_lines_are_the_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
