/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client does wrong, said once and then at a bounded rate with its count, so that no client
 * fills the disk with it. What is told apart is kept in a table of fixed size; when that is full
 * the one that was quiet the longest is forgotten. Depends on the C library only.
 *
 *     uint64_t count = notes_take(&notes, "window-1 sensor/window-2/temperature", now_s);
 *     if (count > 0)
 *         log(..., count);        // so often since it was said last
 */
#ifndef ROOST_DEPLOY_MOSQUITTO_NOTES_H
#define ROOST_DEPLOY_MOSQUITTO_NOTES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    NOTES_MAX = 256,
    NOTES_EVERY_S = 60,  /* the same again at the earliest */
    NOTES_A_SECOND = 10, /* of all together; further ones are counted and said later */
};

struct note {
    uint64_t key, unsaid; /* unsaid: how often since it was said */
    time_t said, seen;    /* 0: never */
};

struct notes {
    struct note of[NOTES_MAX];
    time_t second; /* of the time `said` counts in */
    unsigned said;
};

/* It happened once more. Returns 0 when nothing is to be said now, else how often it happened since
 * it was said last. */
uint64_t notes_take(struct notes *notes, const char *what, time_t now);

#endif
