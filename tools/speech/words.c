/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/speech/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"

void *words_resize(void *old, size_t count, size_t size)
{
    void *now = reallocarray(old, count ? count : 1, size);
    if (!now) {
        fputs("roost-speech-model: out of memory\n", stderr);
        exit(1);
    }
    return now;
}

static uint32_t *slot_of(const struct words *w, const char *text, size_t len)
{
    uint32_t hash = roost_fnv32(ROOST_FNV32, text, len);
    hash ^= hash >> 16;
    for (uint32_t i = hash;; i++) {
        uint32_t *slot = &w->slots[i & (w->slot_count - 1)];
        const char *there = *slot ? w->text[*slot - 1] : NULL;
        if (!there || (strncmp(there, text, len) == 0 && !there[len]))
            return slot;
    }
}

static void grow(struct words *w)
{
    uint32_t *old = w->slots;
    w->slot_count = w->slot_count ? 2 * w->slot_count : 1024;
    w->slots = words_resize(NULL, w->slot_count, sizeof *w->slots);
    memset(w->slots, 0, w->slot_count * sizeof *w->slots);
    for (uint32_t i = 0; i < w->count; i++)
        *slot_of(w, w->text[i], strlen(w->text[i])) = i + 1;
    free(old);
    w->room = w->slot_count / 2;
    w->text = words_resize(w->text, w->room, sizeof *w->text);
}

uint32_t words_add(struct words *w, const char *text, size_t len)
{
    uint32_t *slot;
    if (w->count == w->room)
        grow(w);
    slot = slot_of(w, text, len);
    if (*slot)
        return *slot - 1;
    w->text[w->count] = words_resize(NULL, len + 1, 1);
    memcpy(w->text[w->count], text, len);
    w->text[w->count][len] = '\0';
    *slot = ++w->count;
    return w->count - 1;
}

uint32_t words_find(const struct words *w, const char *text, size_t len)
{
    uint32_t found = w->slot_count ? *slot_of(w, text, len) : 0;
    return found ? found - 1 : WORDS_NONE;
}

void words_free(struct words *w)
{
    for (uint32_t i = 0; i < w->count; i++)
        free(w->text[i]);
    free(w->text);
    free(w->slots);
    *w = (struct words){0};
}
