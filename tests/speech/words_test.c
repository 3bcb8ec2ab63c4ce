/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64 sentences that a child would say, spoken by two voices, sent in a device's chunks and
 * recognised: the share of words that are wrong. Synthetic voices are no children, and the figure
 * is none for them; but whoever breaks a model, a dictionary or a parameter sees it here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/speech/speech_rig.h"
#include "tests/speech/words.h"

static void at_most_this_many_words_are_wrong(void **state)
{
    static const char *const names[] = {"slt", "rms"};
    static struct rig_sound sound;
    struct speech_options options;
    struct hear_sphinx *sphinx;
    struct why why;
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    speech_options_plain(&options);
    for (int i = 0; i < CHILD_AGE_GROUPS; i++)
        options.hear.where.warp[i] = 1; /* the voices are grown up */
    assert_int_equal(hear_sphinx_open(&sphinx, &loop, &options.hear, &why), 0);
    for (int voice = SAY_FLITE_SLT; voice <= SAY_FLITE_RMS; voice++) {
        size_t wrong = 0, words = 0, sentences = 0, wrong_sentences = 0;
        size_t unsure_wrong = 0, unsure_right = 0;
        char line[256];
        FILE *in = fopen(ROOST_HEARD, "r");
        assert_non_null(in);
        while (fgets(line, sizeof line, in)) {
            struct rig_heard heard;
            size_t said, missed;
            if (line[0] == '#')
                continue;
            line[strcspn(line, "\n")] = '\0';
            sound.samples = 0;
            rig_speak(&sound, (enum say_flite_voice)voice, line, 1);
            rig_turn(&loop, hear_sphinx_provider(sphinx), CHILD_12_13, &sound, &heard);
            missed = words_wrong(line, heard.text, &said);
            if (missed > 0)
                printf("  %zu wrong: %s -> %s%s\n", missed, line, heard.text,
                       heard.unsure ? " (unsure)" : "");
            wrong += missed;
            words += said;
            sentences++;
            wrong_sentences += missed > 0 ? 1 : 0;
            unsure_wrong += heard.unsure && missed > 0 ? 1 : 0;
            unsure_right += heard.unsure && missed == 0 ? 1 : 0;
        }
        fclose(in);
        printf("%s: %zu of %zu words wrong in %zu sentences, %.1f %%\n", names[voice], wrong, words,
               sentences, 100.0 * (double)wrong / (double)words);
        printf("%s: unsure of %zu of %zu wrong sentences and of %zu of %zu right ones\n",
               names[voice], unsure_wrong, wrong_sentences, unsure_right,
               sentences - wrong_sentences);
        assert_int_equal(sentences, 64);
        assert_true(unsure_right * 20 <= sentences); /* or children are asked again for nothing */
        assert_true(wrong * 100 <= words * ROOST_WORDS_WRONG_PCT);
    }
    hear_sphinx_close(sphinx);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_most_this_many_words_are_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
