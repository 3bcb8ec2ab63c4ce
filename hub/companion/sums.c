/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/companion/companion_internal.h"

enum { RESULT_MAX = 1000000, STREAK = 3 /* right answers until sums grow */, TELL_AFTER = 2 };

/* How far it counts, adds, guesses by age. */
static const struct {
    int32_t count, sum, sum_grown, times, times_grown, guess;
} reach[CHILD_AGE_GROUPS] = {
    [CHILD_3_5] = {20, 5, 10, 0, 0, 10},
    [CHILD_6_8] = {50, 20, 50, 0, 5, 20},
    [CHILD_9_11] = {100, 100, 200, 10, 12, 50},
    [CHILD_12_13] = {100, 200, 500, 12, 20, 100},
};

static unsigned group_of(const struct voice *voice)
{
    unsigned group = (unsigned)voice->turn->group;
    return group < CHILD_AGE_GROUPS ? group : CHILD_6_8;
}

static void count(struct voice *voice, const struct intent *intent, int32_t number)
{
    int32_t far = reach[group_of(voice)].count;
    int32_t step = 1, from = 1, to = number;
    if (intent->act == DO_COUNT_BY) {
        step = number > 0 ? number : 1;
        from = step;
        to = step <= far / 2 ? (step * 10 <= far ? step * 10 : far) : step;
    }
    if ((intent->act == DO_COUNT_BY ? step : number) > far) {
        voice->recipe.number[0] = far;
        talk_speak_named(voice, COMPANION_LINE_COUNT_FAR);
        from = step = 1;
        to = far;
    } else if (intent->say.first) {
        talk_speak(voice, intent->say);
    }
    if (intent->act == DO_COUNT_DOWN)
        talk_speak_count(voice, to, 0, -1);
    else
        talk_speak_count(voice, to ? from : 0, to, step);
}

struct sum {
    int64_t result, rest;
    enum companion_line_name line; /* what is said instead, COMPANION_LINE_COUNT: the intent's */
};

static struct sum divide(int64_t a, int64_t b)
{
    if (!b)
        return (struct sum){0, 0, COMPANION_LINE_SUM_ZERO};
    return (struct sum){a / b, a % b, a % b ? COMPANION_LINE_SUM_REST : COMPANION_LINE_COUNT};
}

static struct sum subtract(int64_t a, int64_t b)
{
    return a < b ? (struct sum){b - a, 0, COMPANION_LINE_SUM_BELOW}
                 : (struct sum){a - b, 0, COMPANION_LINE_COUNT};
}

static struct sum compute(enum companion_do act, int64_t a, int64_t b)
{
    switch (act) {
    case DO_ADD:
        return (struct sum){a + b, 0, COMPANION_LINE_COUNT};
    case DO_SUBTRACT:
        return subtract(a, b);
    case DO_TAKE_FROM:
        return subtract(b, a);
    case DO_MULTIPLY:
        return (struct sum){a * b, 0, COMPANION_LINE_COUNT};
    case DO_DIVIDE:
        return divide(a, b);
    case DO_DOUBLE:
        return (struct sum){a * 2, 0, COMPANION_LINE_COUNT};
    case DO_HALF:
        return divide(a, 2);
    case DO_AFTER:
        return (struct sum){a + 1, 0, COMPANION_LINE_COUNT};
    case DO_BEFORE:
        return subtract(a, 1);
    case DO_BIGGER:
        return (struct sum){a > b ? a : b, 0,
                            a == b ? COMPANION_LINE_SUM_EQUAL : COMPANION_LINE_COUNT};
    default: /* DO_SMALLER */
        return (struct sum){a < b ? a : b, 0,
                            a == b ? COMPANION_LINE_SUM_EQUAL : COMPANION_LINE_COUNT};
    }
}

static bool needs_two(enum companion_do act)
{
    return (act >= DO_ADD && act <= DO_DIVIDE) || act == DO_BIGGER || act == DO_SMALLER;
}

void talk_sum_do(struct voice *voice, const struct intent *intent, const struct slots *slots)
{
    enum companion_do act = (enum companion_do)intent->act;
    int32_t a = slots->number[0], b = slots->number[1];
    if (act >= DO_COUNT && act <= DO_COUNT_BY) {
        count(voice, intent, slots->numbers ? a : 10);
        return;
    }
    if (slots->numbers < 1U + needs_two(act)) {
        talk_speak_named(voice, COMPANION_LINE_SAY_AGAIN);
        return;
    }
    if (act == DO_HALF)
        b = 2;
    if (act == DO_BEFORE)
        b = 1;
    struct sum sum = compute(act, a, b);
    if (act == DO_TAKE_FROM) { /* spoken as a sum: second minus first */
        int32_t swap = a;
        a = b;
        b = swap;
    }
    if (sum.result > RESULT_MAX)
        sum = (struct sum){0, 0, COMPANION_LINE_SUM_FAR};
    voice->recipe.number[0] = a;
    voice->recipe.number[1] = b;
    voice->recipe.result = (int32_t)sum.result;
    voice->recipe.rest = (int32_t)sum.rest;
    if (sum.line == COMPANION_LINE_COUNT)
        talk_speak(voice, intent->say);
    else
        talk_speak_named(voice, sum.line);
}

/* ---- the quiz ---- */

static int32_t between(struct voice *voice, int32_t low, int32_t high)
{
    return low >= high ? low
                       : low + (int32_t)talk_chance(voice->thread, (uint32_t)(high - low) + 1);
}

static void think_of_sum(struct voice *voice)
{
    struct companion_thread *thread = voice->thread;
    unsigned group = group_of(voice);
    bool grown = thread->quiz_streak >= STREAK;
    int32_t sum = grown ? reach[group].sum_grown : reach[group].sum;
    int32_t times = grown ? reach[group].times_grown : reach[group].times;
    /* Small children add; then come subtraction, multiplication, division. */
    unsigned kinds = group == CHILD_3_5 ? 1 : times == 0 ? 2 : group == CHILD_12_13 ? 4 : 3;
    int32_t *a = &thread->quiz[0], *b = &thread->quiz[1], whole;
    switch (talk_chance(thread, kinds)) {
    case 0:
        thread->quiz_do = DO_ADD;
        whole = between(voice, 2, sum);
        *a = between(voice, 1, whole - 1);
        *b = whole - *a;
        thread->quiz_result = whole;
        break;
    case 1:
        thread->quiz_do = DO_SUBTRACT;
        *a = between(voice, 2, sum);
        *b = between(voice, 1, *a - 1);
        thread->quiz_result = *a - *b;
        break;
    case 2:
        thread->quiz_do = DO_MULTIPLY;
        *a = between(voice, 2, times);
        *b = between(voice, 2, times);
        thread->quiz_result = *a * *b;
        break;
    default:
        thread->quiz_do = DO_DIVIDE;
        *b = between(voice, 2, times);
        thread->quiz_result = between(voice, 2, times);
        *a = *b * thread->quiz_result;
    }
}

void talk_quiz_repeat(struct voice *voice)
{
    struct companion_thread *thread = voice->thread;
    voice->recipe.number[0] = thread->quiz[0];
    voice->recipe.number[1] = thread->quiz[1];
    voice->recipe.result = thread->quiz_result;
    talk_speak_named(voice, thread->quiz_do == DO_ADD        ? COMPANION_LINE_QUIZ_ADD
                            : thread->quiz_do == DO_SUBTRACT ? COMPANION_LINE_QUIZ_SUBTRACT
                            : thread->quiz_do == DO_MULTIPLY ? COMPANION_LINE_QUIZ_MULTIPLY
                                                             : COMPANION_LINE_QUIZ_DIVIDE);
    thread->expects = EXPECT_QUIZ;
}

/* A line that names the result of this sum has no say about the numbers of the next: spoken first,
 * while the recipe keeps the old numbers, the new sum could not be said again. So one sum a reply
 * and the lines of judging name no number. */
void talk_quiz_ask(struct voice *voice)
{
    think_of_sum(voice);
    voice->thread->wrong = 0;
    voice->thread->more = DO_QUIZ;
    talk_quiz_repeat(voice);
}

bool talk_quiz_judge(struct voice *voice, const struct heard *heard)
{
    struct companion_thread *thread = voice->thread;
    int32_t number;
    if (!talk_heard_number(heard, &number))
        return false;
    if (number == thread->quiz_result) {
        if (thread->quiz_streak < UINT8_MAX)
            thread->quiz_streak++;
        talk_speak_named(voice, COMPANION_LINE_QUIZ_RIGHT);
        talk_quiz_ask(voice);
    } else if (++thread->wrong >= TELL_AFTER) {
        talk_quiz_tell(voice);
    } else {
        talk_speak_named(voice, COMPANION_LINE_QUIZ_WRONG);
        talk_quiz_repeat(voice);
    }
    return true;
}

void talk_quiz_tell(struct voice *voice)
{
    struct companion_thread *thread = voice->thread;
    thread->quiz_streak = 0;
    voice->recipe.number[0] = thread->quiz[0];
    voice->recipe.number[1] = thread->quiz[1];
    voice->recipe.result = thread->quiz_result;
    talk_speak_named(voice, COMPANION_LINE_QUIZ_TOLD);
    thread->more = DO_QUIZ;
    thread->expects = EXPECT_MORE;
}

/* ---- the guessing game ---- */

void talk_guess_begin(struct voice *voice)
{
    struct companion_thread *thread = voice->thread;
    thread->guess_top = reach[group_of(voice)].guess;
    thread->guess_secret = between(voice, 1, thread->guess_top);
    thread->more = DO_GUESS;
    voice->recipe.number[0] = thread->guess_top;
    talk_speak_named(voice, COMPANION_LINE_GUESS_START);
    thread->expects = EXPECT_GUESS;
}

bool talk_guess_judge(struct voice *voice, const struct heard *heard)
{
    struct companion_thread *thread = voice->thread;
    int32_t number;
    if (!talk_heard_number(heard, &number))
        return false;
    voice->recipe.number[0] = number;
    if (number == thread->guess_secret) {
        talk_speak_named(voice, COMPANION_LINE_GUESS_RIGHT);
        thread->expects = EXPECT_MORE;
        return true;
    }
    talk_speak_named(voice, number < thread->guess_secret ? COMPANION_LINE_GUESS_HIGHER
                                                          : COMPANION_LINE_GUESS_LOWER);
    thread->expects = EXPECT_GUESS;
    return true;
}

void talk_guess_repeat(struct voice *voice)
{
    voice->recipe.number[0] = voice->thread->guess_top;
    talk_speak_named(voice, COMPANION_LINE_GUESS_NUMBER);
    voice->thread->expects = EXPECT_GUESS;
}

void talk_guess_tell(struct voice *voice)
{
    voice->recipe.number[0] = voice->thread->guess_secret;
    talk_speak_named(voice, COMPANION_LINE_GUESS_TOLD);
    voice->thread->expects = EXPECT_MORE;
}
