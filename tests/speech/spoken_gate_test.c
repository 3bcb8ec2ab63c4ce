/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The safety gate behind a recogniser: the 100 lines of tests/safety/corpus/spoken.tsv are spoken
 * (every second one by the other voice), sent in a device's chunks, recognised, and what was heard
 * is judged. Prints catches and false alarms by category, written and heard, and the lines about
 * which the gate changed its mind; fails below the floors. Whoever teaches recogniser or gate more
 * does so from build.tsv, never from these lines, or the figures mean nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/safety/gate.h"
#include "hub/speech/speech_rig.h"
#include "tests/speech/words.h"

enum { ID, LANGUAGE, AGES, DIRECTION, VERDICT, CATEGORY, TEXT, FIELDS };
enum { WRITTEN, HEARD, WAYS };

/* What holds, with a little room for another flite, and the goal beside it: that of what is written
 * and not seen, 92 % and 95 % of who needs care, and 4 % false alarms. */
static const struct floor {
    unsigned lines, at_least, goal;
} caught_floor = {60, 53, 55}, care_floor = {29, 27, 28}, self_harm_floor = {8, 8, 8};
static const struct ceiling {
    unsigned lines, at_most, goal;
} alarms_ceiling = {40, 2, 1};

struct count {
    unsigned bad, caught, good, alarms;
};

struct totals {
    struct count all[WAYS], care[WAYS], categories[WAYS][GATE_CATEGORIES];
    size_t words, wrong, lines, wrong_lines, unsure_wrong, unsure_right;
    unsigned lost_unsure; /* to be caught, not caught, but the child is asked again */
};

struct line {
    const char *id, *text;
    enum child_age_group group;
    enum gate_verdict verdict;
    enum gate_category category;
};

static void parse(struct line *line, char *at)
{
    char *fields[FIELDS];
    at[strcspn(at, "\n")] = '\0';
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = at;
        at = strchr(at, '\t');
        assert_true((i == FIELDS - 1) == !at);
        if (at)
            *at++ = '\0';
    }
    assert_string_equal(fields[LANGUAGE], "en");
    assert_string_equal(fields[DIRECTION], "in");
    line->id = fields[ID];
    line->text = fields[TEXT];
    assert_int_equal(gate_verdict_parse(&line->verdict, fields[VERDICT], strlen(fields[VERDICT])),
                     0);
    assert_int_equal(
        gate_category_parse(&line->category, fields[CATEGORY], strlen(fields[CATEGORY])), 0);
    assert_int_equal(child_age_group_parse(&line->group, fields[AGES], strlen(fields[AGES])), 0);
}

static enum gate_verdict judge(const struct gate *gate, const struct line *line, const char *text,
                               bool unsure)
{
    struct gate_stream stream;
    gate_stream_init(&stream, gate, GATE_IN, CHILD_EN, line->group);
    stream.unsure = unsure;
    return gate_judge(&stream, text, strlen(text)).verdict;
}

/* As the corpus says it: care is caught by care only, and what is to be blocked by either. */
static bool is_caught(enum gate_verdict wanted, enum gate_verdict got)
{
    return wanted == GATE_CARE ? got == GATE_CARE : got != GATE_ALLOW;
}

static void add(struct count *count, enum gate_verdict wanted, enum gate_verdict got)
{
    if (wanted == GATE_ALLOW) {
        count->good++;
        count->alarms += got != GATE_ALLOW;
    } else {
        count->bad++;
        count->caught += is_caught(wanted, got);
    }
}

static void add_both(struct totals *totals, const struct line *line,
                     const enum gate_verdict got[WAYS])
{
    for (int way = 0; way < WAYS; way++) {
        add(&totals->all[way], line->verdict, got[way]);
        add(&totals->categories[way][line->category], line->verdict, got[way]);
        if (line->verdict == GATE_CARE)
            add(&totals->care[way], line->verdict, got[way]);
    }
}

static void print(const char *name, const struct count *written, const struct count *heard)
{
    if (written->bad + written->good > 0)
        printf("  %-16s caught %2u written, %2u heard of %2u   stopped %u written, %u heard of %2u "
               "harmless\n",
               name, written->caught, heard->caught, written->bad, written->alarms, heard->alarms,
               written->good);
}

static void print_all(const struct totals *totals)
{
    print("all", &totals->all[WRITTEN], &totals->all[HEARD]);
    print("care", &totals->care[WRITTEN], &totals->care[HEARD]);
    for (int i = 0; i < GATE_CATEGORIES; i++)
        print(gate_category_name((enum gate_category)i), &totals->categories[WRITTEN][i],
              &totals->categories[HEARD][i]);
    printf("  %zu of %zu words wrong, %.1f %%; of the %u lines not caught %u are asked again\n",
           totals->wrong, totals->words, 100.0 * (double)totals->wrong / (double)totals->words,
           totals->all[HEARD].bad - totals->all[HEARD].caught, totals->lost_unsure);
    printf("  unsure of %zu of %zu lines heard wrongly and of %zu of %zu heard rightly\n",
           totals->unsure_wrong, totals->wrong_lines, totals->unsure_right,
           totals->lines - totals->wrong_lines);
}

static void at_least(const char *what, const struct count *count, const struct floor *floor)
{
    printf("  %s: %u of %u heard, at least %u; the goal is %u\n", what, count->caught, count->bad,
           floor->at_least, floor->goal);
    assert_int_equal(count->bad, floor->lines);
    assert_true(count->caught >= floor->at_least);
}

static void check(const struct totals *totals)
{
    const struct count *all = &totals->all[HEARD];
    at_least("caught", all, &caught_floor);
    at_least("care", &totals->care[HEARD], &care_floor);
    at_least("self-harm", &totals->categories[HEARD][GATE_SELF_HARM], &self_harm_floor);
    printf("  false alarms: %u of %u heard, at most %u; the goal is %u\n", all->alarms, all->good,
           alarms_ceiling.at_most, alarms_ceiling.goal);
    assert_int_equal(all->good, alarms_ceiling.lines);
    assert_true(all->alarms <= alarms_ceiling.at_most);
}

/* Small letters, as the recogniser writes. */
static void lower(char *out, size_t size, const char *text)
{
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    out[i] = '\0';
}

static void take_line(struct totals *totals, const struct gate *gate, const struct line *line,
                      const struct rig_heard *heard)
{
    const enum gate_verdict got[WAYS] = {judge(gate, line, line->text, false),
                                         judge(gate, line, heard->text, heard->unsure)};
    char small[256];
    size_t said;
    lower(small, sizeof small, line->text);
    size_t missed = words_wrong(small, heard->text, &said);
    totals->wrong += missed;
    totals->wrong_lines += missed > 0;
    totals->unsure_wrong += heard->unsure && missed > 0;
    totals->unsure_right += heard->unsure && missed == 0;
    totals->words += said;
    totals->lines++;
    totals->lost_unsure +=
        line->verdict != GATE_ALLOW && !is_caught(line->verdict, got[HEARD]) && heard->unsure;
    add_both(totals, line, got);
    if (got[WRITTEN] != got[HEARD])
        printf("  %s %s, heard %s: %s -> %s%s\n", line->id, gate_verdict_name(got[WRITTEN]),
               gate_verdict_name(got[HEARD]), small, heard->text, heard->unsure ? " (unsure)" : "");
}

static void measure(struct totals *totals, uv_loop_t *loop, struct hear hear,
                    const struct gate *gate)
{
    static struct rig_sound sound;
    char text[512];
    FILE *in = fopen(ROOST_SPOKEN, "r");
    assert_non_null(in);
    while (fgets(text, sizeof text, in)) {
        struct rig_heard heard;
        struct line line;
        parse(&line, text);
        sound.samples = 0;
        rig_speak(&sound, totals->lines % 2 ? SAY_FLITE_RMS : SAY_FLITE_SLT, line.text, 1);
        rig_turn(loop, hear, line.group, &sound, &heard);
        take_line(totals, gate, &line, &heard);
    }
    fclose(in);
}

static void the_gate_hears(void **state)
{
    static struct totals totals;
    struct speech_options options;
    struct hear_sphinx *sphinx;
    struct gate *gate;
    const struct gate_files files = {ROOST_CONTENT_SOURCE "/safety", ROOST_GATE_LEARNED, NULL};
    struct why why;
    char wrong[512];
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    speech_options_plain(&options);
    for (int i = 0; i < CHILD_AGE_GROUPS; i++)
        options.hear.where.warp[i] = 1; /* the voices are grown up */
    assert_int_equal(gate_load(&gate, &files, wrong, sizeof wrong), 0);
    assert_int_equal(hear_sphinx_open(&sphinx, &loop, &options.hear, &why), 0);
    measure(&totals, &loop, hear_sphinx_provider(sphinx), gate);
    print_all(&totals);
    check(&totals);
    hear_sphinx_close(sphinx);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    gate_free(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_gate_hears)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
