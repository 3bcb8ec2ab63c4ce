/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts a reply into what is spoken at once, while it comes: sentences of English and Arabic, as a
 * person would pause. The pieces put together are the text, byte for byte. The first is short, so
 * that the child hears something early; what has no full stop is cut at a clause. Depends on
 * core/utf8.h.
 *
 *     sentences_init(&s);
 *     while ((taken = sentences_put(&s, text, len)) > 0 || ...)
 *         while (sentences_next(&s, &piece, &piece_len)) say(piece, piece_len);
 *     sentences_end(&s);                         the text is whole: the rest is a piece, too
 */
#ifndef ROOST_HUB_VOICE_SENTENCES_H
#define ROOST_HUB_VOICE_SENTENCES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SENTENCE_MAX = 240,       /* bytes of a piece; some 12 s of speech */
    SENTENCE_FIRST_WORDS = 6, /* of the first */
    SENTENCES_BUFFER = 2 * SENTENCE_MAX
};

struct sentences {
    char text[SENTENCES_BUFFER];
    size_t len, given; /* given: of the piece handed out last, at the front */
    bool later;        /* the first was handed out */
    bool ended;
};

void sentences_init(struct sentences *s);

/* Takes what there is room for, of valid UTF-8; returns the bytes taken: fewer than len when pieces
 * have to be taken out first. */
size_t sentences_put(struct sentences *s, const char *text, size_t len);
void sentences_end(struct sentences *s);

/* The next piece that is whole, borrowed until the next call; false: none yet. */
bool sentences_next(struct sentences *s, const char **piece, size_t *len);

/* Whether there is a letter or digit in it: something to be said. */
bool sentences_sound(const char *piece, size_t len);

#endif
