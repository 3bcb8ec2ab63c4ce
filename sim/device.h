/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device in the field: a product's real firmware object on a modelled board, which it boots,
 * steps and cuts the power of, and the first thing that was found wrong with it. A product's object
 * begins with it (product.h). Depends on runtime/device.h, port/sim.
 */
#ifndef ROOST_SIM_DEVICE_H
#define ROOST_SIM_DEVICE_H

#include "port/sim/sim.h"
#include "runtime/device.h"
#include "sim/product.h"

/* A power cut wanted at one flash operation of one device: "3:torn:117". */
struct sim_wanted_cut {
    uint32_t device;
    enum sim_cut cut;
    uint64_t operation; /* counted from the device's making */
};

struct sim_device {
    const struct sim_product *product;
    char id[24];
    struct sim_board board;
    const struct sim_wanted_cut *cuts; /* borrowed; those for others are passed over */
    size_t cut_count;
    uint64_t connects;
    const char *checker; /* that found what is wrong */
    char wrong[200];     /* the first thing that was, "" none */
};

/* On zeroed memory of the product's size. Returns 0 or an error, after which deinit is not needed.
 */
int sim_device_init(struct sim_device *device, const struct sim_product *product, struct sim *sim,
                    uint32_t index, double hours);
void sim_device_deinit(struct sim_device *device);
void sim_device_start(struct sim_device *device);

/* Its firmware. */
static inline struct roost_device *sim_device_runtime(const struct sim_device *device)
{
    return (struct roost_device *)((char *)device + device->product->runtime);
}

static inline uint64_t sim_device_now_ms(const struct sim_device *device)
{
    return device->board.clock->now_ms;
}

bool sim_device_connected(const struct sim_device *device);

/* Looks at what only time shows. Every few seconds. */
void sim_device_look(struct sim_device *device);

/* Adds what this boot's firmware counted to the totals; done by itself at each boot. */
void sim_device_count(struct sim_device *device);

/* The first stays. */
void sim_device_wrong(struct sim_device *device, const char *checker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
