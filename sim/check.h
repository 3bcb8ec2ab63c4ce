/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to hold at every tick and at the end, over the whole world. Depends on sim/world.h.
 */
#ifndef ROOST_SIM_CHECK_H
#define ROOST_SIM_CHECK_H

#include "sim/world.h"

/* Bounds of what may grow. */
enum {
    SIM_QUEUE_BOUND = 20000,        /* messages a hub that is away finds waiting */
    SIM_DEVICE_QUEUE_BOUND = 200,   /* messages for one device */
    SIM_MEMORY_BOUND = 2 * 1048576, /* bytes over the level after the warm-up */
};

struct sim_check {
    struct sim_world *world;
    uint64_t warm_ms; /* memory is compared from here on */
    size_t memory_first, memory_most;
    uint32_t device;     /* whose violation it was; SIM_DEVICES_MAX: nobody's own */
    const char *checker; /* NULL: all is well */
    char what[256];
    const char *lacks; /* what a device lacked when it was asked last; NULL nothing */
    uint32_t lacking;
};

void sim_check_init(struct sim_check *check, struct sim_world *world, uint64_t warm_ms);

/* Every few seconds; every minute; when everything must have been delivered. Each returns false
 * once something is wrong. */
bool sim_check_tick(struct sim_check *check);
bool sim_check_minute(struct sim_check *check);
bool sim_check_end(struct sim_check *check);

/* Whether nothing is on its way between broker, hub and store at this instant. */
bool sim_check_quiet(const struct sim_check *check);

/* Whether every device is well again and its product says that all is delivered; and the violation
 * when that took too long. */
bool sim_check_drained(struct sim_check *check);
bool sim_check_not_drained(struct sim_check *check);

#endif
