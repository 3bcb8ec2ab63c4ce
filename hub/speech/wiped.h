/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow and of which nothing is left in memory when they are given up: sound and words
 * of children. Depends on core/err.h.
 *
 *     struct wiped sound = {0};
 *     int err = wiped_add(&sound, pcm, samples * sizeof *pcm);
 *     wiped_free(&sound);
 */
#ifndef ROOST_HUB_SPEECH_WIPED_H
#define ROOST_HUB_SPEECH_WIPED_H

#include <stddef.h>
#include <stdint.h>

/* Zero is empty. */
struct wiped {
    uint8_t *at; /* aligned as malloc's */
    size_t len, room;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY, with nothing changed. */
int wiped_add(struct wiped *bytes, const void *more, size_t len);
/* Wipes what is there and keeps the room. */
void wiped_clear(struct wiped *bytes);
void wiped_free(struct wiped *bytes);

#endif
