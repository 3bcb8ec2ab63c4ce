/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy in a run: its firmware in the hands of a child who presses the button when it likes,
 * and the books of its turns on both sides. What a child says are numbered samples, so that the
 * modelled recogniser sees whose they are and whether they came before; its name and its words are
 * marks that may be found nowhere but in the conversation. Depends on devices/teddy, world/teddy,
 * sim/device.h, sim/voice.h.
 *
 *     teddy_hand.c     the child: what it presses and says
 *     teddy_family.c   who the children are, what their parents agreed to, what the hub may hear
 *     teddy_book.c     turns begun and ended, on both sides; marks; the report
 *     teddy_faults.c   what breaks about a teddy and about the hub's providers
 *
 *     struct sim_teddy *teddy = sim_teddy_of(world->devices[0]);
 */
#ifndef ROOST_SIM_TEDDY_H
#define ROOST_SIM_TEDDY_H

#include "devices/teddy/teddy.h"
#include "hub/voice/book.h"
#include "hub/voice/voice_limits.h"
#include "proto/voice/door.h"
#include "sim/device.h"
#include "sim/voice.h"
#include "world/teddy/teddy.h"

enum {
    SIM_TEDDY_CHUNKS = 17,       /* of what is said; a chip without PSRAM has no more */
    SIM_TEDDY_ENDED = 1 << 16,   /* turns of the hub that are remembered */
    SIM_TEDDY_SCRIPT = 6,        /* presses and releases of one thing a child does */
    SIM_TEDDY_LISTEN_MS = 65000, /* it listens or thinks or speaks for no longer */
    SIM_TEDDY_THINK_MS = 150000,
    SIM_TEDDY_SPEAK_MS = 180000,
    SIM_TEDDY_TURN_MS = 300000, /* nor the hub's side of a turn */
    SIM_TEDDY_TOLD_MS = 200     /* from a parent's change to the hub that keeps to it */
};

/* How the names and the words of this run's children begin. */
#define SIM_TEDDY_NAME "Zarquon"
#define SIM_TEDDY_WORD "quibble"

/* How a turn ended at the device. */
enum sim_teddy_end {
    SIM_TEDDY_ANSWERED,    /* a reply began */
    SIM_TEDDY_INTERRUPTED, /* by another turn */
    SIM_TEDDY_FAILED,      /* the hub said so, or the connection or a part is gone */
    SIM_TEDDY_DROPPED,     /* a tap, silence was wanted, no reply came */
    SIM_TEDDY_LOST,        /* with the power */
    SIM_TEDDY_ENDS
};

struct sim_child {
    char id[16], name[24], word[24], age[4];
    enum child_language language;
    bool consent, ever; /* ever: had it at some time */
    uint64_t changed_ms;
    bool claimed; /* its teddy has a key of its own, else the shared secret */
    uint8_t key[VOICE_KEY_BYTES];
};

struct sim_family;

struct sim_teddy {
    struct sim_device device;
    struct roost_teddy teddy;
    struct world_teddy around;
    uint8_t said[ROOST_TEDDY_SAID_BYTES(SIM_TEDDY_CHUNKS)];
    uint8_t heard[ROOST_TEDDY_HEARD_BYTES];
    struct sim_child child;
    struct sim_family *family; /* NULL until the hub has started */

    /* the child's hand and mouth */
    struct sim_random random;
    struct {
        uint32_t after_ms; /* the one before */
        bool down;
    } script[SIM_TEDDY_SCRIPT];
    size_t steps, step;
    uint64_t next_ms; /* when the script begins */
    unsigned bout;    /* things it does before it goes and plays elsewhere */
    bool resting, silent;
    uint64_t samples; /* said since the world began */
    bool muted;       /* as the parents want it */

    /* what of its sound came to the recogniser */
    uint64_t group, newest; /* groups of four samples: the one that is coming; the last */
    unsigned tags;          /* of it that came */
    bool newest_known;
    char words[48];

    /* the turn it is in, by the device */
    char turn[VOICE_UUID_CHARS + 1];
    bool started, agreed; /* of this turn, and counted */
    enum teddy_state state;
    uint64_t state_ms; /* since when */
    uint32_t failed;   /* by the firmware's count */

    uint64_t turns, ends[SIM_TEDDY_ENDS], starts, agrees;
    uint64_t presses, repeats, replies, replied_ms, unheard, refused, lost, resent;
};

/* The children's and the hub's side. */
struct sim_family {
    struct sim_world *world;
    uint64_t begun, ended, ended_by[VOICE_TURN_ENDS], not_known; /* turns at the hub */
    uint64_t sessions, resumed, chunks, repeated, errors; /* of hub processes that are gone */
    uint64_t lines, read_bytes;                           /* searched for marks */
    uint64_t *ended_keys;                                 /* SIM_TEDDY_ENDED */
    char wrong[160];
};

extern const struct sim_product sim_teddy;

static inline struct sim_teddy *sim_teddy_of(const struct sim_device *device)
{
    return (struct sim_teddy *)device;
}

/* ---- between its files ---- */

#define sim_teddy_wrong(teddy, checker, ...)                                                       \
    sim_device_wrong(&(teddy)->device, checker, __VA_ARGS__)

/* teddy_hand.c */
void sim_hand_init(struct sim_teddy *teddy);
void sim_hand_rest(struct sim_teddy *teddy);
void sim_hand_says(void *teddy, int16_t *out, size_t samples);

/* teddy_family.c */
void sim_child_init(struct sim_teddy *teddy);
void *sim_family_new(struct sim_world *world);
void sim_family_free(void *family);
void sim_child_consents(struct sim_teddy *teddy, bool consent);

/* teddy_book.c */
void sim_teddy_boot(struct sim_teddy *teddy);
void sim_teddy_follow(struct sim_teddy *teddy);
void sim_teddy_line(struct sim_world *world, const char *line, size_t len);
const char *sim_teddy_check(struct sim_world *world, enum sim_when when);
void sim_teddy_hub_goes(struct sim_world *world);
void sim_teddy_end(struct sim_device *device);
void sim_teddy_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX]);
void sim_teddy_print(const uint64_t totals[SIM_TOTALS_MAX], FILE *out);
/* NULL, or which of the marks is in there. */
const char *sim_mark_in(const void *bytes, size_t len);

/* teddy_faults.c */
enum { SIM_TEDDY_FAULTS = 14 };
extern const struct sim_fault sim_teddy_faults[SIM_TEDDY_FAULTS];

#endif
