/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arabic by the program espeak-ng, which takes 10 to 70 ms to start: so the next process is always
 * there already and waits for its sentence, one process a sentence. Words go by its standard
 * input and never stand in a process list; it may open no socket, write no file, and has limits of
 * time and memory. Blocks; for any number of threads. Depends on POSIX, Linux's seccomp.
 *
 *     say_espeak_open(&espeak, "espeak-ng", 2, &why);
 *     err = say_espeak(espeak, "مَرْحَبًا", is_cancelled, put, arg);
 */
#ifndef ROOST_HUB_SPEECH_SAY_ESPEAK_H
#define ROOST_HUB_SPEECH_SAY_ESPEAK_H

#include <stdbool.h>
#include <stddef.h>

#include "host/why.h"
#include "hub/speech/say_flite.h"

enum {
    SAY_ESPEAK_READY_MAX = 8,     /* processes that wait */
    SAY_ESPEAK_SILENCE_MS = 5000, /* without a byte: it hangs */
    SAY_ESPEAK_CANCEL_MS = 50,    /* how often `cancelled` is asked */
};

struct say_espeak;

/* program: a path, or a name that is looked for in PATH. Says a word, to see that it can. Returns
 * 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_FAULT, ROOST_ERR_RANGE (ready) or ROOST_ERR_NO_MEMORY with
 * `why` set. */
int say_espeak_open(struct say_espeak **espeak, const char *program, size_t ready, struct why *why);
/* Nobody speaks any more. */
void say_espeak_close(struct say_espeak *espeak);

/* Returns 0, what `sound` returned, ROOST_ERR_CLOSED (cancelled), ROOST_ERR_TIMEOUT or
 * ROOST_ERR_FAULT (it broke off, or sent no sound). */
int say_espeak(struct say_espeak *espeak, const char *text, bool (*cancelled)(void *arg),
               say_sound *sound, void *arg);

#endif
