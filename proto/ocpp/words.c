/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/words.h"

#include "core/assert.h"

/* clang-format off */
static const struct ocpp_word_texts texts = {
    .none = "",
#define X(word) .word_##word = #word,
#define Y(name, text) .word_##name = "" text,
    OCPP_WORDS(X, Y)
#undef X
#undef Y
};
/* clang-format on */

const char *ocpp_word_text(enum ocpp_word word)
{
    ROOST_ASSERT((size_t)word < sizeof texts);
    return (const char *)&texts + word;
}
