/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet of one product's devices in one process: the firmware object on boards without state, one
 * loop, one thread. Between device and board sits a thin layer that takes the time from a publish
 * to its acknowledgement and from a measurement to the message that answers it. Depends on
 * runtime/device.h, port/linux, apps/device; what it has to know of a product is in product.h.
 *
 *     load_init(&load, settings, why, sizeof why);
 *     load_run(&load);        // until the time or the readings are over
 *     load_report(&load, buffer, sizeof buffer);
 *     load_deinit(&load);
 */
#ifndef ROOST_APPS_ROOST_LOAD_LOAD_H
#define ROOST_APPS_ROOST_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "apps/device/login.h"
#include "apps/roost-load/histogram.h"
#include "port/linux/linux.h"
#include "runtime/device.h"

enum { LOAD_PREFIX_MAX = 40, LOAD_FILES_A_DEVICE = 3, LOAD_KINDS_MAX = 4 };

struct load_product;

/* Those of every product; a product's begin with them. */
struct load_settings {
    const struct load_product *product;
    struct device_login login;
    const char *prefix;
    uint64_t devices, seconds, warm_up, readings, ramp_ms, seed;
    int product_number;
};

struct load;

/* One device of the fleet. A product's object begins with it. */
struct load_device {
    struct load *load;
    struct roost_device *device; /* the product's */
    struct roost_port port;      /* the board's, with layers in front of what is measured */
    struct roost_board board;
    char id[ROOST_DEVICE_ID_MAX + 1];
    struct {
        int token; /* 0: free */
        unsigned kind;
        uint64_t sent_us;
    } sent[LINUX_MQTT_INFLIGHT];
    uint64_t measurement_us; /* when the last one left; 0: it was answered */
    uint64_t measured;       /* measurements taken */
    bool complete, stopped;
};

struct load {
    struct load_settings *settings;
    const struct load_product *product;
    struct roost_host host;
    void *devices;                  /* objects of the product */
    size_t stride;                  /* bytes from one to the next */
    size_t made, complete, stopped; /* switched on; all acknowledged; closed */
    uv_timer_t start_timer, warm_timer, end_timer;
    bool ending;
    int err; /* why it ended early, in words too */
    char why[256];
    uint64_t begun_us, ended_us;
    uint64_t counted_us; /* since when it counts: the beginning, or the end of the warm-up */
    uint64_t warm_cpu_us;
    uint64_t published[LOAD_KINDS_MAX], acked[LOAD_KINDS_MAX], forgotten, refused;
    uint64_t answers;
    struct histogram ack_us, answer_us;
};

/* The settings are borrowed until deinit. Returns 0 or an error with `why` set; deinit is then not
 * needed. */
int load_init(struct load *load, struct load_settings *settings, char *why, size_t why_size);

/* Returns 0, or an error with load->why set: a device that cannot start, or ROOST_ERR_TIMEOUT when
 * readings were asked for and not all were acknowledged. */
int load_run(struct load *load);

/* report.c: CPU time of this process. */
uint64_t load_cpu_us(void);

/* report.c: one JSON object. Returns its length or ROOST_ERR_TOO_LONG. */
int load_report(struct load *load, char *out, size_t size);

void load_deinit(struct load *load);

struct load_device *load_device_at(const struct load *load, size_t index);

#endif
