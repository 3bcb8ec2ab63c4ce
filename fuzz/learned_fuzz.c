/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"
#include "hub/safety/learned.h"

/* A file of what was learnt, and a text it is asked about. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char text[] = "I have a cat. It ate my homework, all of it";
    struct learned *learned;
    char why[80];
    if (learned_read(&learned, data, len, why, sizeof why) != 0)
        return 0;
    struct normal normal;
    FUZZ_CHECK(normal_read(&normal, text, sizeof text - 1) == 0);
    for (int direction = GATE_IN; direction <= GATE_OUT; direction++) {
        struct learned_guess guess;
        FUZZ_CHECK(learned_judge(learned, &normal, 0, (enum gate_direction)direction, CHILD_6_8,
                                 &guess) == 0);
        FUZZ_CHECK(guess.any >= guess.stop && guess.stop >= 0 && guess.any <= 1);
        FUZZ_CHECK(guess.as.verdict < GATE_VERDICTS && guess.as.category < GATE_CATEGORIES);
    }
    normal_free(&normal);
    learned_free(learned);
    return 0;
}
