/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question and its answer, for a program that nobody controls: as soon as the teddy is ready
 * the microphone's file is spoken, the answer is heard to its end, and the program ends. Depends on
 * the program's other parts.
 */
#ifndef ROOST_APPS_ROOST_TEDDY_ASK_H
#define ROOST_APPS_ROOST_TEDDY_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/linux.h"

enum teddy_ask_stage {
    TEDDY_ASK_OFF,
    TEDDY_ASK_CONNECTING,
    TEDDY_ASK_ASKING,
    TEDDY_ASK_WAITING,
    TEDDY_ASK_OVER
};

struct teddy_ask {
    enum teddy_ask_stage stage;
    uv_timer_t timer;
    uint64_t from_ms; /* of this stage */
    uint32_t replies, texts, failed, refused;
};

struct teddy_program;

/* A part of the board. Asks when the stage is CONNECTING by then. */
struct linux_part teddy_ask_part(struct teddy_program *program);

#endif
