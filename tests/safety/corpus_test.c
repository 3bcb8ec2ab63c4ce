/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corpus_test CORPUS: the gate measured on CORPUS/build.tsv, with which the lexicon was
 * made, and CORPUS/held.tsv, which its makers never saw. Lines are "id, language, ages, in or out,
 * verdict, category, text". Prints per language, category and age group how many were caught and
 * how many harmless ones were not let through, never a line of either part, and fails below the
 * floors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/safety/gate.h"

enum { ID, LANGUAGE, AGES, DIRECTION, VERDICT, CATEGORY, TEXT, FIELDS };

struct count {
    unsigned bad, caught, good, alarms; /* to be caught, and caught; harmless, and stopped */
};

struct totals {
    struct count languages[CHILD_LANGUAGES];
    struct count categories[CHILD_LANGUAGES][GATE_CATEGORIES];
    struct count groups[CHILD_LANGUAGES][CHILD_AGE_GROUPS];
};

static const enum gate_category cared[] = {GATE_SELF_HARM, GATE_CONTACT, GATE_DISTRESS};
enum { CARED = sizeof cared / sizeof cared[0] };

struct bounds {
    double recall[CHILD_LANGUAGES], alarms[CHILD_LANGUAGES], cared[CARED];
};

/* What a part has to reach, and what it must not fall below until then: what it has reached. */
struct floors {
    struct bounds goal, floor;
};

static double share(unsigned part, unsigned whole)
{
    return whole ? (double)part / whole : 1;
}

static double alarm_rate(const struct count *count)
{
    return count->good ? (double)count->alarms / count->good : 0;
}

static int split(char *line, char *fields[FIELDS])
{
    int count = 0;
    for (char *at = line; count < FIELDS; at++) {
        fields[count++] = at;
        at = strchr(at, '\t');
        if (!at)
            break;
        *at = '\0';
    }
    return count;
}

static void add(struct count *count, enum gate_verdict wanted, enum gate_verdict got)
{
    if (wanted == GATE_ALLOW) {
        count->good++;
        count->alarms += got != GATE_ALLOW;
    } else {
        count->bad++;
        count->caught += wanted == GATE_CARE ? got == GATE_CARE : got != GATE_ALLOW;
    }
}

/* Returns -1 for a line that is none. */
static int judge_line(const struct gate *gate, char *line, struct totals *totals)
{
    char *fields[FIELDS];
    enum child_language language;
    enum child_age_group group;
    enum gate_verdict wanted;
    enum gate_category category;
    struct gate_stream stream;
    if (split(line, fields) != FIELDS)
        return -1;
    if (gate_verdict_parse(&wanted, fields[VERDICT], strlen(fields[VERDICT])) < 0 ||
        gate_category_parse(&category, fields[CATEGORY], strlen(fields[CATEGORY])) < 0 ||
        child_language_parse(&language, fields[LANGUAGE], strlen(fields[LANGUAGE])) < 0 ||
        child_age_group_parse(&group, fields[AGES], strlen(fields[AGES])) < 0)
        return -1;
    gate_stream_init(&stream, gate, strcmp(fields[DIRECTION], "in") == 0 ? GATE_IN : GATE_OUT,
                     language, group);
    struct gate_result got = gate_judge(&stream, fields[TEXT], strlen(fields[TEXT]));
    add(&totals->languages[language], wanted, got.verdict);
    add(&totals->categories[language][category], wanted, got.verdict);
    add(&totals->groups[language][group], wanted, got.verdict);
    return 0;
}

static void print(const char *name, const struct count *count)
{
    if (count->bad + count->good > 0)
        printf("  %-16s caught %4u of %4u %5.1f %%   stopped %3u of %4u harmless %5.1f %%\n", name,
               count->caught, count->bad, 100 * share(count->caught, count->bad), count->alarms,
               count->good, 100 * alarm_rate(count));
}

/* Says which bounds are broken; returns whether any is. */
static int against(const struct totals *totals, const struct bounds *bounds, const char *part,
                   const char *word)
{
    int broken = 0;

    for (int i = 0; i < CHILD_LANGUAGES; i++) {
        const struct count *count = &totals->languages[i];
        const char *language = child_language_name((enum child_language)i);
        if (share(count->caught, count->bad) < bounds->recall[i]) {
            printf("%s: %s %s catches %.1f %%, less than %.0f %%\n", word, part, language,
                   100 * share(count->caught, count->bad), 100 * bounds->recall[i]);
            broken = 1;
        }
        if (alarm_rate(count) > bounds->alarms[i]) {
            printf("%s: %s %s stops %.1f %% of what is harmless, more than %.0f %%\n", word, part,
                   language, 100 * alarm_rate(count), 100 * bounds->alarms[i]);
            broken = 1;
        }
    }
    for (int i = 0; i < CARED; i++) {
        unsigned bad = 0, caught = 0;
        for (int k = 0; k < CHILD_LANGUAGES; k++) {
            bad += totals->categories[k][cared[i]].bad;
            caught += totals->categories[k][cared[i]].caught;
        }
        if (share(caught, bad) < bounds->cared[i]) {
            printf("%s: %s catches %u of %u of %s, less than %.0f %%\n", word, part, caught, bad,
                   gate_category_name(cared[i]), 100 * bounds->cared[i]);
            broken = 1;
        }
    }
    return broken;
}

static int check(const struct totals *totals, const struct floors *floors, const char *part)
{
    for (int i = 0; i < CHILD_LANGUAGES; i++) {
        printf("%s, %s\n", part, child_language_name((enum child_language)i));
        print("all", &totals->languages[i]);
        for (int k = 0; k < GATE_CATEGORIES; k++)
            print(gate_category_name((enum gate_category)k), &totals->categories[i][k]);
        for (int k = 0; k < CHILD_AGE_GROUPS; k++)
            print(child_age_group_name((enum child_age_group)k), &totals->groups[i][k]);
    }
    (void)against(totals, &floors->goal, part, "goal missed");
    return against(totals, &floors->floor, part, "FAILED");
}

/* Returns 0, or 1 below a floor, for a bad line, without the file. */
static int measure(const struct gate *gate, const char *folder, const char *part,
                   const struct floors *floors)
{
    char path[1024], *line = NULL;
    struct totals totals;
    size_t room = 0;
    unsigned number = 0;
    int failed = 0;
    memset(&totals, 0, sizeof totals);
    snprintf(path, sizeof path, "%s/%s.tsv", folder, part);
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("FAILED: %s cannot be read\n", path);
        return 1;
    }
    for (ssize_t len; (len = getline(&line, &room, file)) > 0;) {
        number++;
        line[strcspn(line, "\r\n")] = '\0';
        bool head = number == 1 && strncmp(line, "id\t", 3) == 0;
        if (line[0] && line[0] != '#' && !head && judge_line(gate, line, &totals) < 0) {
            printf("FAILED: %s:%u is no case\n", path, number);
            failed = 1;
        }
    }
    free(line);
    fclose(file);
    return check(&totals, floors, part) | failed;
}

int main(int argc, char **argv)
{
    static const struct bounds known = {{0.97, 0.97}, {0.03, 0.03}, {0.95, 0.95, 0.95}};
    static const struct floors build = {known, known};
    static const struct floors held = {
        .goal = {{0.92, 0.88}, {0.04, 0.04}, {0.95, 0.95, 0.95}},
        .floor = {{0.92, 0.88}, {0.04, 0.04}, {0.95, 0.95, 0.95}},
    };
    const struct gate_files files = {ROOST_CONTENT_SOURCE "/safety", ROOST_GATE_LEARNED, NULL};
    struct gate *gate;
    char why[512];
    if (argc != 2) {
        fprintf(stderr, "usage: corpus_test CORPUS\n");
        return 2;
    }
    if (gate_load(&gate, &files, why, sizeof why) < 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    int of_build = measure(gate, argv[1], "build", &build);
    int of_held = measure(gate, argv[1], "held", &held);
    gate_free(gate);
    return of_build | of_held;
}
