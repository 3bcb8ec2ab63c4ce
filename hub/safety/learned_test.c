/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/err.h"
#include "hub/safety/learned.h"

enum { BYTES_MAX = 4096, KEYS_MAX = 64 };

static const struct features none;

static struct features features_of(const char *text, enum gate_direction direction)
{
    struct features features = none;
    struct normal normal;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    assert_int_equal(features_read(&features, &normal, 0, normal.token_count, direction), 0);
    normal_free(&normal);
    return features;
}

/* Something that has learnt one word: what is written as a file of it. */
static size_t learn_word(const char *word, unsigned groups, unsigned char bytes[BYTES_MAX])
{
    struct features features = features_of(word, GATE_IN);
    uint32_t keys[KEYS_MAX];
    float rarity[KEYS_MAX], weights[KEYS_MAX];
    struct learned_kind kinds[] = {
        {GATE_BLOCK, GATE_WEAPONS, 3, 15, 0},
        {GATE_CARE, GATE_WAR, 1, (uint16_t)groups, 0},
    };
    struct learned_clue clue = {.kind = 1, .weight = 1};
    struct learned learned = {.kind_count = 2, .clue_count = 1, .bias = -3};
    assert_true(features.count < KEYS_MAX);
    for (size_t i = 0; i < features.count; i++) {
        keys[i] = features.at[i].key;
        rarity[i] = 2;
        weights[i] = 4;
        if (features.at[i].family == FEATURE_WORDS)
            clue.key = keys[i];
    }
    learned.count = (uint32_t)features.count;
    learned.keys = keys;
    learned.rarity = rarity;
    learned.weights = weights;
    learned.kinds = kinds;
    learned.clues = &clue;
    FILE *file = fmemopen(bytes, BYTES_MAX, "wb");
    assert_non_null(file);
    assert_int_equal(learned_write(&learned, file), 0);
    long len = ftell(file);
    fclose(file);
    features_free(&features);
    return (size_t)len;
}

static struct learned *read_word(const char *word, unsigned groups)
{
    unsigned char bytes[BYTES_MAX];
    struct learned *learned;
    char why[80];
    size_t len = learn_word(word, groups, bytes);
    assert_int_equal(learned_read(&learned, bytes, len, why, sizeof why), 0);
    return learned;
}

static struct learned_guess judge(const struct learned *learned, const char *text, size_t new_from,
                                  enum child_age_group group)
{
    struct learned_guess guess;
    struct normal normal;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    assert_int_equal(learned_judge(learned, &normal, new_from, GATE_IN, group, &guess), 0);
    normal_free(&normal);
    return guess;
}

static void what_was_learnt_is_known_again(void **state)
{
    struct learned *learned = read_word("tank", 15);
    (void)state;
    struct learned_guess guess = judge(learned, "tank tank tank tank", 0, CHILD_6_8);
    /* Three families, each of length 1, weighted with 4; the bias takes 3: the word and what it
     * is by who says it count once each, its pieces as the root of their number. */
    assert_true(guess.stop > 0.99f);
    assert_int_equal(guess.as.verdict, GATE_CARE);
    assert_int_equal(guess.as.category, GATE_WAR);
    /* Unknown to it: no more than it is surprised by anything, e^-3 / (1 + e^-3). */
    assert_float_equal(judge(learned, "flower", 0, CHILD_6_8).any, 0.04742f, 0.0001f);
    assert_float_equal(judge(learned, "?!", 0, CHILD_6_8).any, 0, 0);
    /* Fewer words than four are no case by themselves. */
    guess = judge(learned, "tank tank", 0, CHILD_6_8);
    assert_true(guess.any > 0.9f);
    assert_int_equal(guess.as.verdict, GATE_ALLOW);
    learned_free(learned);
}

static void a_sentence_is_not_lost_among_others(void **state)
{
    struct learned *learned = read_word("tank", 15);
    char text[1200] = "";
    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(text, i == 50 ? "tank. " : "flowers. ");
    assert_true(judge(learned, text, 0, CHILD_6_8).any > 0.99f);
    /* Behind what is new it does not count. */
    assert_true(judge(learned, text, 600, CHILD_6_8).any < 0.1f);
    learned_free(learned);
}

static void what_is_for_others_ages_is_none(void **state)
{
    struct learned *learned = read_word("tank", 1u << CHILD_3_5);
    (void)state;
    assert_int_equal(judge(learned, "tank tank tank tank", 0, CHILD_3_5).as.category, GATE_WAR);
    struct learned_guess guess = judge(learned, "tank tank tank tank", 0, CHILD_12_13);
    assert_int_equal(guess.as.verdict, GATE_ALLOW);
    assert_float_equal(guess.stop, 0, 0);
    assert_true(guess.any > 0.9f); /* which is no reason to call it harmless */
    learned_free(learned);
}

static void a_damaged_file_is_refused(void **state)
{
    unsigned char bytes[BYTES_MAX], changed[BYTES_MAX];
    struct learned *learned;
    char why[80];
    size_t len = learn_word("tank", 15, bytes);
    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(learned_read(&learned, bytes, cut, why, sizeof why), ROOST_ERR_INVALID);
        assert_null(learned);
    }
    assert_int_equal(learned_read(&learned, bytes, len + 1, why, sizeof why), ROOST_ERR_INVALID);
    memcpy(changed, bytes, len);
    changed[0] ^= 1;
    assert_int_equal(learned_read(&learned, changed, len, why, sizeof why), ROOST_ERR_INVALID);
    assert_string_equal(why, "is not what this version of the gate learnt");
    memcpy(changed, bytes, len);
    memset(changed + 24, 0xff, 4); /* the first key: no longer the smallest */
    assert_int_equal(learned_read(&learned, changed, len, why, sizeof why), ROOST_ERR_INVALID);
    assert_string_equal(why, "is damaged");
    /* Whatever a byte says, it is refused or harmless. */
    for (size_t i = 0; i < len; i++) {
        memcpy(changed, bytes, len);
        changed[i] ^= 0xff;
        if (learned_read(&learned, changed, len, why, sizeof why) == 0) {
            float any = judge(learned, "a tank, and one more", 0, CHILD_6_8).any;
            assert_true(any >= 0 && any <= 1);
            learned_free(learned);
        }
    }
}

static void a_file_is_named(void **state)
{
    struct learned *learned;
    char why[256], path[] = "/tmp/roost-learned-XXXXXX";
    unsigned char bytes[BYTES_MAX];
    size_t len = learn_word("tank", 15, bytes);
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len - 1), (ssize_t)len - 1);
    assert_int_equal(learned_load(&learned, path, why, sizeof why), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, path));
    assert_non_null(strstr(why, "cut off"));
    assert_int_equal(write(fd, bytes + len - 1, 1), 1);
    assert_int_equal(learned_load(&learned, path, why, sizeof why), 0);
    learned_free(learned);
    close(fd);
    unlink(path);
    assert_int_equal(learned_load(&learned, path, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learnt_is_known_again),
        cmocka_unit_test(a_sentence_is_not_lost_among_others),
        cmocka_unit_test(what_is_for_others_ages_is_none),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(a_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
