/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words as numbers 0, 1, 2, ... in the order in which they were first seen. Depends on core/fnv.h.
 *
 *     uint32_t id = words_add(&words, "teddy", 5);
 *     const char *text = words.text[id];
 */
#ifndef ROOST_TOOLS_SPEECH_WORDS_H
#define ROOST_TOOLS_SPEECH_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_NONE UINT32_MAX

/* Zero is empty. */
struct words {
    char **text;
    uint32_t count, room;
    uint32_t *slots; /* number + 1, 0: free */
    uint32_t slot_count;
};

/* Ends the program when memory is out: for tools only, as all of this folder. */
uint32_t words_add(struct words *words, const char *text, size_t len);
/* WORDS_NONE when it is not there. */
uint32_t words_find(const struct words *words, const char *text, size_t len);
void words_free(struct words *words);

/* realloc that ends the program. */
void *words_resize(void *old, size_t count, size_t size);

#endif
