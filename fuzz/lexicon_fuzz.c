/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"
#include "hub/safety/answers.h"
#include "hub/safety/lexicon.h"
#include "hub/safety/match.h"

/* A lexicon's file; what it makes of a text when it is one; the same bytes as answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char text[] = "one two three kill 555 123 4567 \xd9\x82\xd8\xaa\xd9\x84 k i l l.";
    char why[128] = "";
    struct lexicon *lexicon = lexicon_new();
    struct answers *answers = answers_new();
    FUZZ_CHECK(lexicon && answers);
    int err = lexicon_read(lexicon, "x", (const char *)data, len, why, sizeof why);
    FUZZ_CHECK(err == 0 || (err == ROOST_ERR_INVALID && strncmp(why, "x:", 2) == 0));
    if (err == 0) {
        struct match_for who = {GATE_IN, CHILD_6_8, true, NULL};
        struct gate_result result = {GATE_ALLOW, GATE_NONE};
        struct normal normal;
        FUZZ_CHECK(lexicon_finish(lexicon) == 0);
        FUZZ_CHECK(normal_read(&normal, text, sizeof text - 1) == 0);
        FUZZ_CHECK(match_text(lexicon, &normal, 0, &who, &result) == 0);
        normal_free(&normal);
    }
    err = answers_read(answers, CHILD_EN, "x", (const char *)data, len, why, sizeof why);
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_INVALID);
    if (err == 0)
        FUZZ_CHECK(answers_find(answers, GATE_IN, (struct gate_result){GATE_BLOCK, GATE_DRUGS},
                                CHILD_EN, CHILD_3_5, 7));
    answers_free(answers);
    lexicon_free(lexicon);
    return 0;
}
