/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/learned.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/safety/gate_parts.h"

/* The file: this head, then the arrays of struct learned in their order. */
struct head {
    char magic[8];
    uint32_t count, kind_count, clue_count;
    float bias;
};

static const char magic[8] = "roostLG1";

enum { FILE_MAX = 64 << 20, UNKNOWN = UINT32_MAX };

/* ---- the file ---- */

static bool is_sound(const struct learned *learned)
{
    bool sound = isfinite(learned->bias) != 0;
    for (uint32_t i = 0; i < learned->count && sound; i++)
        sound = (i == 0 || learned->keys[i - 1] < learned->keys[i]) &&
                isfinite(learned->weights[i]) && learned->rarity[i] >= 1 &&
                isfinite(learned->rarity[i]);
    for (uint32_t i = 0; i < learned->kind_count && sound; i++)
        sound =
            (learned->kinds[i].verdict == GATE_BLOCK || learned->kinds[i].verdict == GATE_CARE) &&
            learned->kinds[i].category < GATE_CATEGORIES && isfinite(learned->kinds[i].bias);
    for (uint32_t i = 0; i < learned->clue_count && sound; i++)
        sound = (i == 0 || learned->clues[i - 1].key <= learned->clues[i].key) &&
                learned->clues[i].kind < learned->kind_count && isfinite(learned->clues[i].weight);
    return sound;
}

/* Copies an array out of the bytes; false: no memory. */
static bool take(void **out, const unsigned char **from, size_t count, size_t size)
{
    *out = malloc(count * size + 1);
    if (*out && count > 0)
        memcpy(*out, *from, count * size);
    *from += count * size;
    return *out != NULL;
}

int learned_read(struct learned **out, const void *bytes, size_t len, char *why, size_t why_size)
{
    const unsigned char *from = bytes;
    struct head head;
    *out = NULL;
    if (len < sizeof head || memcmp(from, magic, sizeof magic) != 0) {
        snprintf(why, why_size, "is not what this version of the gate learnt");
        return ROOST_ERR_INVALID;
    }
    memcpy(&head, from, sizeof head);
    from += sizeof head;
    if (head.count > LEARNED_FEATURES_MAX || head.kind_count > LEARNED_KINDS_MAX ||
        head.clue_count > LEARNED_FEATURES_MAX ||
        len != sizeof head + head.count * (sizeof(uint32_t) + 2 * sizeof(float)) +
                   head.kind_count * sizeof(struct learned_kind) +
                   head.clue_count * sizeof(struct learned_clue)) {
        snprintf(why, why_size, "was cut off, or something was added");
        return ROOST_ERR_INVALID;
    }
    struct learned *learned = calloc(1, sizeof *learned);
    if (!learned)
        return ROOST_ERR_NO_MEMORY;
    learned->count = head.count;
    learned->kind_count = head.kind_count;
    learned->clue_count = head.clue_count;
    learned->bias = head.bias;
    if (!take((void **)&learned->keys, &from, head.count, sizeof *learned->keys) ||
        !take((void **)&learned->rarity, &from, head.count, sizeof *learned->rarity) ||
        !take((void **)&learned->weights, &from, head.count, sizeof *learned->weights) ||
        !take((void **)&learned->kinds, &from, head.kind_count, sizeof *learned->kinds) ||
        !take((void **)&learned->clues, &from, head.clue_count, sizeof *learned->clues)) {
        learned_free(learned);
        return ROOST_ERR_NO_MEMORY;
    }
    if (!is_sound(learned)) {
        learned_free(learned);
        snprintf(why, why_size, "is damaged");
        return ROOST_ERR_INVALID;
    }
    *out = learned;
    return 0;
}

int learned_load(struct learned **out, const char *path, char *why, size_t why_size)
{
    char reason[80] = "no memory", *bytes;
    size_t len;
    *out = NULL;
    int err = gate_read_file(&bytes, &len, path, FILE_MAX, why, why_size);
    if (!err) {
        err = learned_read(out, bytes, len, reason, sizeof reason);
        if (err)
            snprintf(why, why_size, "%s: %s", path, reason);
    }
    free(bytes);
    return err;
}

int learned_write(const struct learned *learned, FILE *file)
{
    struct head head = {.count = learned->count,
                        .kind_count = learned->kind_count,
                        .clue_count = learned->clue_count,
                        .bias = learned->bias};
    memcpy(head.magic, magic, sizeof magic);
    bool written =
        fwrite(&head, sizeof head, 1, file) == 1 &&
        fwrite(learned->keys, sizeof *learned->keys, head.count, file) == head.count &&
        fwrite(learned->rarity, sizeof *learned->rarity, head.count, file) == head.count &&
        fwrite(learned->weights, sizeof *learned->weights, head.count, file) == head.count &&
        fwrite(learned->kinds, sizeof *learned->kinds, head.kind_count, file) == head.kind_count &&
        fwrite(learned->clues, sizeof *learned->clues, head.clue_count, file) == head.clue_count;
    return written && fflush(file) == 0 ? 0 : ROOST_ERR_IO;
}

void learned_free(struct learned *learned)
{
    if (!learned)
        return;
    free(learned->keys);
    free(learned->rarity);
    free(learned->weights);
    free(learned->kinds);
    free(learned->clues);
    free(learned);
}

/* ---- judging ---- */

bool learned_is_need(enum gate_category category)
{
    return category == GATE_SELF_HARM || category == GATE_DISTRESS || category == GATE_WELFARE ||
           category == GATE_CONTACT || category == GATE_ATTACHMENT;
}

float learned_sure(enum gate_category category)
{
    return learned_is_need(category) ? LEARNED_NEED : LEARNED_SURE;
}

void learned_take(struct learned_guess *to, const struct learned_guess *from)
{
    if (from->as.verdict != GATE_ALLOW &&
        (to->as.verdict == GATE_ALLOW ||
         from->stop - learned_sure(from->as.category) > to->stop - learned_sure(to->as.category))) {
        to->stop = from->stop;
        to->as = from->as;
    }
    to->any = from->any > to->any ? from->any : to->any;
}

static uint32_t find(const struct learned *learned, uint32_t key)
{
    uint32_t low = 0, high = learned->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (learned->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < learned->count && learned->keys[low] == key ? low : UNKNOWN;
}

/* `at`, when not NULL, gets each feature's place. */
static void values_of(const struct learned *learned, const struct features *features, float *values,
                      uint32_t *at)
{
    float length[FEATURE_FAMILIES] = {0};
    for (size_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->at[i];
        uint32_t place = find(learned, feature->key);
        values[i] =
            place == UNKNOWN ? 0 : (1 + logf((float)feature->times)) * learned->rarity[place];
        length[feature->family] += values[i] * values[i];
        if (at)
            at[i] = place;
    }
    for (size_t i = 0; i < features->count; i++)
        if (values[i] > 0)
            values[i] /= sqrtf(length[features->at[i].family]);
}

void learned_values(const struct learned *learned, const struct features *features, float *values)
{
    values_of(learned, features, values, NULL);
}

struct judging {
    const struct learned *learned;
    const struct normal *normal;
    enum gate_direction direction;
    enum child_age_group group;
    struct features features;
    float *values; /* as many as there is room for in features */
    uint32_t *at;
    size_t room;
    struct learned_guess *guess;
};

static void forget(struct judging *judging)
{
    if (judging->values)
        explicit_bzero(judging->values, judging->room * sizeof *judging->values);
    if (judging->at)
        explicit_bzero(judging->at, judging->room * sizeof *judging->at);
    free(judging->values);
    free(judging->at);
}

static int make_room(struct judging *judging)
{
    if (judging->room >= judging->features.count)
        return 0;
    forget(judging);
    judging->room = judging->features.room;
    judging->values = malloc(judging->room * sizeof *judging->values);
    judging->at = malloc(judging->room * sizeof *judging->at);
    return judging->values && judging->at ? 0 : ROOST_ERR_NO_MEMORY;
}

static bool counts(const struct learned_kind *kind, const struct judging *judging)
{
    return (kind->directions >> judging->direction & 1) && (kind->groups >> judging->group & 1);
}

/* The likeliest of the kinds that count here; GATE_ALLOW when the likeliest of all does not: what
 * frightens a child of five does not a child of twelve. */
static struct gate_result kind_of(const struct judging *judging)
{
    const struct learned *learned = judging->learned;
    const struct features *features = &judging->features;
    float score[LEARNED_KINDS_MAX];
    uint32_t clue = 0, best = UNKNOWN;
    for (uint32_t i = 0; i < learned->kind_count; i++)
        score[i] = learned->kinds[i].bias;
    for (size_t i = 0; i < features->count; i++) {
        while (clue < learned->clue_count && learned->clues[clue].key < features->at[i].key)
            clue++;
        for (; clue < learned->clue_count && learned->clues[clue].key == features->at[i].key;
             clue++)
            score[learned->clues[clue].kind] += learned->clues[clue].weight * judging->values[i];
    }
    for (uint32_t i = 0; i < learned->kind_count; i++)
        if ((learned->kinds[i].directions >> judging->direction & 1) &&
            (best == UNKNOWN || score[i] > score[best]))
            best = i;
    if (best == UNKNOWN || !counts(&learned->kinds[best], judging))
        return (struct gate_result){GATE_ALLOW, GATE_NONE};
    return (struct gate_result){(enum gate_verdict)learned->kinds[best].verdict,
                                (enum gate_category)learned->kinds[best].category};
}

static int judge_tokens(struct judging *judging, size_t from, size_t to)
{
    int err = features_read(&judging->features, judging->normal, from, to, judging->direction);
    if (!err)
        err = make_room(judging);
    if (err)
        return err;
    float sum = judging->learned->bias;
    values_of(judging->learned, &judging->features, judging->values, judging->at);
    for (size_t i = 0; i < judging->features.count; i++)
        if (judging->at[i] != UNKNOWN)
            sum += judging->values[i] * judging->learned->weights[judging->at[i]];
    float stop = 1 / (1 + expf(-sum));
    struct learned_guess guess = {.any = stop};
    struct gate_result as = kind_of(judging);
    if (to - from >= LEARNED_WORDS_MIN && as.verdict != GATE_ALLOW) {
        guess.stop = stop;
        guess.as = as;
    }
    learned_take(judging->guess, &guess);
    return 0;
}

/* A sentence, in windows that overlap by half. */
static int judge_sentence(struct judging *judging, size_t from, size_t to)
{
    int err = 0;
    while (!err) {
        size_t end = to - from > LEARNED_WINDOW ? from + LEARNED_WINDOW : to;
        err = judge_tokens(judging, from, end);
        if (end == to)
            break;
        from += LEARNED_WINDOW / 2;
    }
    return err;
}

int learned_judge(const struct learned *learned, const struct normal *normal, size_t new_from,
                  enum gate_direction direction, enum child_age_group group,
                  struct learned_guess *guess)
{
    struct judging judging = {.learned = learned,
                              .normal = normal,
                              .direction = direction,
                              .group = group,
                              .guess = guess};
    size_t begin = 0, first = normal->token_count, sentences = 0;
    int err = 0;
    *guess = (struct learned_guess){0, {GATE_ALLOW, GATE_NONE}, 0};
    for (size_t i = 0; i < normal->token_count && !err; i++) {
        if (i + 1 < normal->token_count && !(normal->tokens[i].flags & TOKEN_STOP))
            continue;
        if (normal->tokens[i].end > new_from) {
            err = judge_sentence(&judging, begin, i + 1);
            first = begin < first ? begin : first;
            sentences++;
        }
        begin = i + 1;
    }
    if (!err && sentences > 1 && normal->token_count - first <= LEARNED_WINDOW)
        err = judge_tokens(&judging, first, normal->token_count);
    features_free(&judging.features);
    forget(&judging);
    return err;
}
