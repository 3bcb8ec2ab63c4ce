/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/words.h"

#include <string.h>

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

/* Words stand one behind the other. Where the text ends, most of them do not; a text that goes on
 * like the next word does has that word's end in it. */
bool ocpp_word_is(enum ocpp_word word, const char *text, size_t len)
{
    const char *own = ocpp_word_text(word);

    return len < sizeof texts - (size_t)word && own[len] == '\0' && memcmp(own, text, len) == 0 &&
           !memchr(own, '\0', len);
}
