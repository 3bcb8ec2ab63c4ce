/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-gate-learn: makes what hub/safety/learned.h reads, from sentences of which it is known
 * whether they have to be stopped. Two logistic regressions (LIBLINEAR): whether, over all
 * features; and as what, over words only, where most weights are none. A feature that stands in one
 * sentence alone says nothing. The same sentences give the same file.
 */
#include <errno.h>
#include <linear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/program.h"
#include "hub/safety/learned.h"
#include "tools/safety/lines.h"

enum { SENTENCES_MIN = 2 };
static const double cost_whether = 10, cost_as_what = 10;

struct settings {
    const char *lines, *cases, *out;
    struct option_list said;
};

#define AT(member) .at = offsetof(struct settings, member)
/* clang-format off: a row is a line or two */
static const struct option_spec options[] = {
    {.name = "lines", .value = "DIR", .required = 1, .help = "of sentences, *.txt", AT(lines)},
    {.name = "cases", .value = "FILE", .help = "more of them, in columns", AT(cases)},
    {.name = "said",
     .value = "FILE",
     .kind = OPTION_LIST,
     .max = OPTION_LIST_MAX,
     .help = "more of them: what the companion says, and the gate instead",
     AT(said)},
    {.name = "out", .value = "FILE", .required = 1, .help = "gets what was learnt", AT(out)},
};
/* clang-format on */

static const struct program_spec program = {
    .name = "roost-gate-learn",
    .version = ROOST_VERSION,
    .help = "learns from sentences which others the safety gate has to stop",
    PROGRAM_OPTIONS(options)};

struct example {
    struct features features;
    int kind; /* of learned.kinds; -1: harmless */
};

struct learning {
    struct learned learned;
    struct example *examples;
    size_t count, room;
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "roost-gate-learn: %s\n", what);
        exit(1);
    }
}

static void *room_for(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    must(memory != NULL, "no memory");
    return memory;
}

/* ---- what is looked at ---- */

static void add_example(struct learning *learning, const struct normal *normal, size_t from,
                        size_t to, enum gate_direction direction, int kind)
{
    if (learning->count == learning->room) {
        learning->room = learning->room ? 2 * learning->room : 1024;
        learning->examples =
            realloc(learning->examples, learning->room * sizeof *learning->examples);
        must(learning->examples != NULL, "no memory");
    }
    struct example *example = &learning->examples[learning->count++];
    *example = (struct example){.kind = kind};
    must(features_read(&example->features, normal, from, to, direction) == 0, "no memory");
}

/* As the gate looks at it: words that were pulled apart are put together. Of what is harmless each
 * sentence is harmless by itself, too. */
static void take_line(struct learning *learning, const struct line *line, int kind)
{
    struct normal plain, joined;
    size_t begin = 0;
    must(normal_read(&plain, line->text, strlen(line->text)) == 0, line->text);
    int found = normal_join(&joined, &plain);
    must(found >= 0, "no memory");
    const struct normal *normal = found ? &joined : &plain;
    add_example(learning, normal, 0, normal->token_count, line->direction, kind);
    for (size_t i = 0; i + 1 < normal->token_count && kind < 0; i++)
        if (normal->tokens[i].flags & TOKEN_STOP) {
            add_example(learning, normal, begin, i + 1, line->direction, kind);
            begin = i + 1;
        }
    if (begin > 0)
        add_example(learning, normal, begin, normal->token_count, line->direction, kind);
    normal_free(&joined);
    normal_free(&plain);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *one = a, *other = b;
    return *one < *other ? -1 : *one > *other;
}

/* The keys, each with how rare it is. */
static void find_keys(struct learning *learning)
{
    size_t all = 0, at = 0;
    for (size_t i = 0; i < learning->count; i++)
        all += learning->examples[i].features.count;
    uint32_t *keys = room_for(all, sizeof *keys);
    for (size_t i = 0; i < learning->count; i++)
        for (size_t k = 0; k < learning->examples[i].features.count; k++)
            keys[at++] = learning->examples[i].features.at[k].key;
    qsort(keys, all, sizeof *keys, by_number);
    struct learned *learned = &learning->learned;
    learned->keys = room_for(all, sizeof *learned->keys);
    learned->rarity = room_for(all, sizeof *learned->rarity);
    for (size_t i = 0, run; i < all; i += run) {
        for (run = 1; i + run < all && keys[i + run] == keys[i]; run++) {
        }
        if (run < SENTENCES_MIN)
            continue;
        learned->keys[learned->count] = keys[i];
        learned->rarity[learned->count++] =
            (float)(log((double)(learning->count + 1) / (double)(run + 1)) + 1);
    }
    free(keys);
    must(learned->count > 0 && learned->count <= LEARNED_FEATURES_MAX, "too few or too many lines");
    learned->weights = room_for(learned->count, sizeof *learned->weights);
}

/* ---- kinds ---- */

static int kind_of(struct learned *learned, const struct line *line)
{
    uint32_t i = 0;
    if (line->verdict == GATE_ALLOW)
        return -1;
    while (i < learned->kind_count && (learned->kinds[i].verdict != line->verdict ||
                                       learned->kinds[i].category != line->category))
        i++;
    must(i < LEARNED_KINDS_MAX, "too many kinds");
    struct learned_kind *kind = &learned->kinds[i];
    if (i == learned->kind_count)
        *kind = (struct learned_kind){.verdict = (uint16_t)line->verdict,
                                      .category = (uint16_t)line->category};
    learned->kind_count += i == learned->kind_count;
    kind->directions |= (uint16_t)(1u << line->direction);
    kind->groups |= (uint16_t)line->groups;
    return (int)i;
}

/* ---- LIBLINEAR ---- */

static void say_nothing(const char *text)
{
    (void)text;
}

/* Features as a row; in ascending order, as LIBLINEAR wants them. */
static struct feature_node *row_of(const struct learned *learned, const struct features *features,
                                   bool words_only)
{
    float *values = room_for(features->count, sizeof *values);
    struct feature_node *row = room_for(features->count + 2, sizeof *row);
    size_t count = 0;
    uint32_t place = 0;
    learned_values(learned, features, values);
    for (size_t i = 0; i < features->count; i++) {
        if (values[i] <= 0 || (words_only && features->at[i].family == FEATURE_LETTERS))
            continue;
        while (learned->keys[place] < features->at[i].key)
            place++;
        row[count++] = (struct feature_node){(int)place + 1, (double)values[i]};
    }
    free(values);
    row[count++] = (struct feature_node){(int)learned->count + 1, 1}; /* the bias */
    row[count] = (struct feature_node){-1, 0};
    return row;
}

static struct model *learn(const struct learning *learning, bool kinds, int solver, double cost)
{
    struct problem problem = {.n = (int)learning->learned.count + 1, .bias = 1};
    struct parameter parameter = {.solver_type = solver, .eps = 0.01, .C = cost};
    problem.x = room_for(learning->count, sizeof *problem.x);
    problem.y = room_for(learning->count, sizeof *problem.y);
    for (size_t i = 0; i < learning->count; i++) {
        int kind = learning->examples[i].kind;
        if (kinds && kind < 0)
            continue;
        problem.x[problem.l] = row_of(&learning->learned, &learning->examples[i].features, kinds);
        problem.y[problem.l++] = kinds ? kind : kind >= 0;
    }
    set_print_string_function(say_nothing);
    struct model *model = train(&problem, &parameter);
    must(model != NULL, "no memory");
    for (int i = 0; i < problem.l; i++)
        free(problem.x[i]);
    free(problem.x);
    free(problem.y);
    return model;
}

static void learn_whether(struct learning *learning)
{
    struct learned *learned = &learning->learned;
    struct model *model = learn(learning, false, L2R_LR_DUAL, cost_whether);
    must(get_nr_class(model) == 2, "there are no two sides to learn from");
    double sign = model->label[0] == 1 ? 1 : -1;
    for (uint32_t i = 0; i < learned->count; i++)
        learned->weights[i] = (float)(sign * model->w[i]);
    learned->bias = (float)(sign * model->w[learned->count]);
    free_and_destroy_model(&model);
}

static void learn_as_what(struct learning *learning)
{
    struct learned *learned = &learning->learned;
    struct model *model = learn(learning, true, L1R_LR, cost_as_what);
    size_t classes = (size_t)get_nr_class(model), clues = 0;
    must(classes > 2, "there are fewer than three kinds to learn");
    for (size_t i = 0; i < classes * learned->count; i++)
        clues += model->w[i] < 0 || model->w[i] > 0;
    must(clues <= LEARNED_FEATURES_MAX, "too many clues");
    learned->clues = room_for(clues, sizeof *learned->clues);
    for (size_t i = 0; i < classes * learned->count; i++)
        if (model->w[i] < 0 || model->w[i] > 0)
            learned->clues[learned->clue_count++] =
                (struct learned_clue){.key = learned->keys[i / classes],
                                      .kind = (uint32_t)model->label[i % classes],
                                      .weight = (float)model->w[i]};
    for (size_t i = 0; i < classes; i++)
        learned->kinds[model->label[i]].bias = (float)model->w[classes * learned->count + i];
    free_and_destroy_model(&model);
}

static void write_out(const struct learned *learned, const char *path)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL, strerror(errno));
    int err = learned_write(learned, file);
    must(fclose(file) == 0 && err == 0, "cannot be written");
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct lines lines = {0};
    struct learning learning = {0};
    struct learned *learned = &learning.learned;
    char why[256];
    int status = program_read(&program, &settings, argc, argv);
    if (status != PROGRAM_GOES_ON)
        return status;
    must(lines_read_folder(&lines, settings.lines, why, sizeof why) == 0, why);
    if (settings.cases)
        must(lines_read_cases(&lines, settings.cases, why, sizeof why) == 0, why);
    for (size_t i = 0; i < settings.said.count; i++)
        must(lines_read(&lines, settings.said.values[i], why, sizeof why) == 0, why);
    learned->kinds = room_for(LEARNED_KINDS_MAX + 1, sizeof *learned->kinds);
    for (size_t i = 0; i < lines.count; i++)
        take_line(&learning, &lines.at[i], kind_of(learned, &lines.at[i]));
    find_keys(&learning);
    learn_whether(&learning);
    learn_as_what(&learning);
    write_out(learned, settings.out);
    printf("%zu lines, %zu examples, %u features, %u kinds, %u clues\n", lines.count,
           learning.count, learned->count, learned->kind_count, learned->clue_count);
    for (size_t i = 0; i < learning.count; i++)
        features_free(&learning.examples[i].features);
    free(learning.examples);
    free(learned->keys);
    free(learned->rarity);
    free(learned->weights);
    free(learned->kinds);
    free(learned->clues);
    lines_free(&lines);
    return 0;
}
