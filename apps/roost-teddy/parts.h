/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the teddy's program. */
#ifndef ROOST_APPS_ROOST_TEDDY_PARTS_H
#define ROOST_APPS_ROOST_TEDDY_PARTS_H

#include "apps/device/program.h"
#include "apps/roost-teddy/ask.h"
#include "apps/roost-teddy/hand.h"
#include "apps/roost-teddy/identity.h"
#include "devices/teddy/teddy.h"
#include "port/linux/decoder.h"
#include "port/linux/light.h"
#include "port/linux/loudspeaker.h"
#include "port/linux/microphone.h"
#include "world/teddy/teddy.h"

enum { TEDDY_HEARD_BYTES = 256 * 1024 };

struct teddy_program {
    struct device_program program;
    struct identity_options given;
    const char *mic, *speaker;
    struct identity identity;
    struct world_teddy world;
    struct linux_microphone microphone;
    struct linux_loudspeaker loudspeaker;
    struct linux_decoder decoder;
    struct linux_light light;
    struct teddy_hand hand;
    struct teddy_ask ask;
    struct roost_teddy teddy;
    uint8_t said[ROOST_TEDDY_SAID_BYTES(TEDDY_CHUNKS_MAX)];
    uint8_t heard[TEDDY_HEARD_BYTES];
};

static inline struct teddy_program *teddy_of(struct device_program *program)
{
    return (struct teddy_program *)program;
}

/* words.c */
enum { TEDDY_WORDS = 6 };
extern const struct device_word teddy_words[TEDDY_WORDS];

/* state.c: kinds, counts and durations; nothing that was said. */
void teddy_write_state(struct device_program *program, struct roost_json_writer *w);

#endif
