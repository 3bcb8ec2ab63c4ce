/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"
#include "hub/safety/gate.h"
#include "hub/safety/normalize.h"

/* The first byte is direction and age group; the text is judged whole and in two sentences. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct gate_files files = {.folder = ROOST_CONTENT_SOURCE "/safety"};
    static struct gate *gate;
    char why[512];
    if (!gate)
        FUZZ_CHECK(gate_load(&gate, &files, why, sizeof why) == 0);
    if (len == 0)
        return 0;
    struct gate_stream stream;
    const char *text = (const char *)data + 1;
    size_t text_len = len - 1, half = text_len / 2;
    gate_stream_init(&stream, gate, data[0] & 1 ? GATE_OUT : GATE_IN, CHILD_EN,
                     (enum child_age_group)(data[0] >> 1 & 3));
    struct gate_result whole = gate_judge(&stream, text, text_len);
    FUZZ_CHECK(whole.verdict < GATE_VERDICTS && whole.category < GATE_CATEGORIES);
    FUZZ_CHECK(stream.tail_len <= GATE_TAIL_MAX);
    gate_judge(&stream, text, half);
    gate_judge(&stream, text + half, text_len - half);

    struct normal normal;
    if (normal_read(&normal, text, text_len) == 0) {
        for (size_t i = 0; i < normal.token_count; i++) {
            const struct token *token = &normal.tokens[i];
            FUZZ_CHECK(token->len > 0 && token->len <= TOKEN_LETTERS_MAX);
            FUZZ_CHECK(token->at + token->len <= normal.letter_count);
            FUZZ_CHECK(token->begin <= token->end && token->end <= text_len);
        }
        normal_free(&normal);
    } else {
        FUZZ_CHECK(whole.verdict == GATE_BLOCK);
    }
    char *out = malloc(text_len + 1);
    FUZZ_CHECK(out);
    FUZZ_CHECK(gate_take_out_personal(gate, text, text_len, "Mia", out, text_len + 1) <= text_len);
    free(out);
    return 0;
}
