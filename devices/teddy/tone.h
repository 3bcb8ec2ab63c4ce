/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy's own few sounds, made from notes as they are played: it can say that something went
 * wrong, or goodbye, without a hub and without a file. Pure. Depends on nothing.
 *
 *     teddy_tone_start(&tone, TEDDY_TONE_ERROR);
 *     count = teddy_tone_make(&tone, samples, 160);    // 0: it is over
 */
#ifndef ROOST_DEVICES_TEDDY_TONE_H
#define ROOST_DEVICES_TEDDY_TONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEDDY_TONE_RATE_HZ = 16000 };

enum teddy_tone_name {
    TEDDY_TONE_NONE,
    TEDDY_TONE_LISTEN,  /* it listens now (a setting) */
    TEDDY_TONE_HINT,    /* hold the button while you speak */
    TEDDY_TONE_ERROR,   /* that did not work */
    TEDDY_TONE_AWAY,    /* no hub */
    TEDDY_TONE_SORRY,   /* no answer: let us try again */
    TEDDY_TONE_PARENT,  /* a grown-up has to look */
    TEDDY_TONE_BUSY,    /* a little later */
    TEDDY_TONE_GOODBYE, /* enough for now */
    TEDDY_TONE_COUNT
};

struct teddy_tone {
    uint8_t name; /* enum teddy_tone_name: the one that sounds */
    uint8_t note;
    uint32_t at, phase; /* samples into the note; of its wave, 2^32 a turn */
};

void teddy_tone_start(struct teddy_tone *tone, enum teddy_tone_name name);
static inline void teddy_tone_stop(struct teddy_tone *tone)
{
    tone->name = TEDDY_TONE_NONE;
}
static inline bool teddy_tone_sounds(const struct teddy_tone *tone)
{
    return tone->name != TEDDY_TONE_NONE;
}

/* The next samples at TEDDY_TONE_RATE_HZ, at full volume; their count, less than asked for only
 * with the last ones. */
size_t teddy_tone_make(struct teddy_tone *tone, int16_t *out, size_t samples);

/* How long one lasts. */
uint32_t teddy_tone_ms(enum teddy_tone_name name);

#endif
