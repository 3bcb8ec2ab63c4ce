/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is due when: a heap of alarms, so that ten thousand sessions that wait cost nothing. An alarm
 * is a member of what it wakes; ties go by the order they were set. Depends on core/timer.h.
 *
 *     alarms_set(&alarms, &session->alarm, due_ms);             ROOST_NEVER takes it out
 *     while ((alarm = alarms_pop(&alarms, now_ms))) ...
 */
#ifndef ROOST_HUB_VOICE_ALARMS_H
#define ROOST_HUB_VOICE_ALARMS_H

#include <stddef.h>
#include <stdint.h>

struct alarm {
    uint64_t due_ms, order;
    size_t place; /* in the heap, from 1; 0: not in it */
};

struct alarms {
    struct alarm **heap;
    size_t count, size;
    uint64_t order;
};

/* Room for one more owner of an alarm, so that setting one never fails: called for each, before its
 * first. Returns 0 or ROOST_ERR_NO_MEMORY. */
int alarms_reserve(struct alarms *alarms, size_t owners);
void alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t due_ms);
/* The earliest that is due, taken out; NULL. */
struct alarm *alarms_pop(struct alarms *alarms, uint64_t now_ms);
uint64_t alarms_next(const struct alarms *alarms);
void alarms_deinit(struct alarms *alarms);

#endif
