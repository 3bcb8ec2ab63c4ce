/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-gate: what the safety gate says to lines of text, for whoever writes content. Lines are
 * "id, language, ages, in or out, text" with tabs between; each is judged by itself. What comes out
 * is "id, verdict, category".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/roost-gate/line.h"
#include "host/program.h"

struct settings {
    const char *content, *learned, *country;
    int list, why;
    const char *file;
};

static const struct option_spec options[] = {
    {.name = "content",
     .value = "DIR",
     .kind = OPTION_TEXT,
     .initial = ROOST_CONTENT_SOURCE,
     .min = 1,
     .max = 1000,
     .at = offsetof(struct settings, content),
     .help = "the folder that has safety/ in it"},
    {.name = "learned",
     .value = "FILE",
     .kind = OPTION_TEXT,
     .initial = ROOST_GATE_LEARNED,
     .min = 1,
     .max = 1000,
     .at = offsetof(struct settings, learned),
     .help = "what was learnt from its sentences when it was built"},
    {.name = "country",
     .value = "XX",
     .kind = OPTION_TEXT,
     .initial = "",
     .max = 2,
     .at = offsetof(struct settings, country),
     .help = "whose helpline is named in answers; the load fails when it has none"},
    {.name = "list",
     .kind = OPTION_FLAG,
     .at = offsetof(struct settings, list),
     .help = "print the categories, each with what is said instead, and end"},
    {.name = "why",
     .kind = OPTION_FLAG,
     .at = offsetof(struct settings, why),
     .help = "add the line of the lexicon that was found, or how sure it is of what it learnt"},
    {.name = "FILE",
     .kind = OPTION_WORD,
     .initial = "-",
     .min = 1,
     .at = offsetof(struct settings, file),
     .help = "where the lines are; - is standard input"},
};

static const struct program_spec program = {
    .name = "roost-gate",
    .version = ROOST_VERSION,
    .help = "what the safety gate says to lines of text: id, language, ages, in or out, text",
    PROGRAM_OPTIONS(options),
    .notes = "Exit status: 0; 1 when a line was wrong (the others are judged) or the gate does not "
             "load; 2 for wrong options.\n"};

static void list_categories(const struct gate *gate)
{
    for (int i = GATE_NONE + 1; i < GATE_CATEGORIES; i++)
        for (int direction = GATE_IN; direction <= GATE_OUT; direction++)
            printf("%s\t%s\t%s\n", gate_category_name((enum gate_category)i),
                   direction == GATE_IN ? "in" : "out",
                   gate_answer(gate, (enum gate_direction)direction,
                               (struct gate_result){GATE_BLOCK, (enum gate_category)i}, CHILD_EN,
                               CHILD_6_8, 0));
}

/* Returns 0, or 1 when a line was wrong. */
static int judge_lines(const struct gate *gate, FILE *in, const char *name, int explain)
{
    char *text = NULL, why[160];
    size_t room = 0;
    unsigned long number = 0;
    int status = 0;
    ssize_t got;
    while ((got = getline(&text, &room, in)) >= 0) {
        struct gate_line line;
        size_t len = (size_t)got;
        number++;
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
            len--;
        if (gate_line_parse(&line, text, len, why, sizeof why) < 0) {
            fprintf(stderr, "roost-gate: %s:%lu: %s\n", name, number, why);
            status = PROGRAM_FAILED;
            continue;
        }
        struct gate_stream stream;
        gate_stream_init(&stream, gate, line.direction, line.language, line.group);
        struct gate_result result =
            gate_explain(&stream, line.text, line.text_len, why, sizeof why);
        gate_stream_wipe(&stream);
        printf("%.*s\t%s\t%s%s%s\n", (int)line.id_len, line.id, gate_verdict_name(result.verdict),
               gate_category_name(result.category), explain ? "\t" : "", explain ? why : "");
    }
    if (ferror(in)) {
        fprintf(stderr, "roost-gate: %s: %s\n", name, strerror(errno));
        status = PROGRAM_FAILED;
    }
    free(text);
    return status;
}

static int judge_file(const struct gate *gate, const char *name, int explain)
{
    if (strcmp(name, "-") == 0)
        return judge_lines(gate, stdin, "standard input", explain);
    FILE *in = fopen(name, "r");
    if (!in) {
        fprintf(stderr, "roost-gate: %s: %s\n", name, strerror(errno));
        return PROGRAM_FAILED;
    }
    int status = judge_lines(gate, in, name, explain);
    fclose(in);
    return status;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct gate *gate;
    char folder[1024], why[512];
    int status = program_read(&program, &settings, argc, argv);
    if (status != PROGRAM_GOES_ON)
        return status;
    snprintf(folder, sizeof folder, "%s/safety", settings.content);
    const struct gate_files files = {folder, settings.learned, settings.country};
    if (gate_load(&gate, &files, why, sizeof why) < 0) {
        fprintf(stderr, "roost-gate: %s\n", why);
        return PROGRAM_FAILED;
    }
    status = 0;
    if (settings.list)
        list_categories(gate);
    else
        status = judge_file(gate, settings.file, settings.why);
    gate_free(gate);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "roost-gate: output: %s\n", strerror(errno));
        status = PROGRAM_FAILED;
    }
    return status;
}
