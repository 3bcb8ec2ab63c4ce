/* SPDX-License-Identifier: Apache-2.0 */
#include "notes.h"

/* FNV-1a; two that fall together share a count, no more. */
static uint64_t hash(const char *text)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return sum;
}

static struct note *note_of(struct notes *notes, uint64_t key)
{
    struct note *oldest = &notes->of[0];

    for (size_t i = 0; i < NOTES_MAX; i++) {
        struct note *note = &notes->of[i];
        if (note->key == key && note->seen)
            return note;
        if (note->seen < oldest->seen)
            oldest = note;
    }
    *oldest = (struct note){.key = key};
    return oldest;
}

uint64_t notes_take(struct notes *notes, const char *what, time_t now)
{
    struct note *note = note_of(notes, hash(what));

    note->seen = now;
    note->unsaid++;
    if (notes->second != now) {
        notes->second = now;
        notes->said = 0;
    }
    if ((note->said && now - note->said < NOTES_EVERY_S && now >= note->said) ||
        notes->said >= NOTES_A_SECOND)
        return 0;
    uint64_t count = note->unsaid;
    note->said = now;
    note->unsaid = 0;
    notes->said++;
    return count;
}
