/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest features of each device, to go with what a hand sets. A fixed table: where the places
 * for an id are all taken, the device heard of longest ago gives way. Depends on
 * proto/climate/payload.h.
 */
#ifndef ROOST_ML_DEVICES_H
#define ROOST_ML_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/climate/payload.h"

enum { ML_DEVICES_MAX = 16384 }; /* places, a power of two */

struct ml_devices;

struct ml_devices *ml_devices_new(void); /* NULL when memory is out */
void ml_devices_free(struct ml_devices *devices);

/* Returns 1 when another device gave way, else 0. */
int ml_devices_put(struct ml_devices *devices, const char *device_id, int64_t unix_ms,
                   const struct roost_features *features);

/* Returns 0 or ROOST_ERR_NOT_FOUND. */
int ml_devices_get(const struct ml_devices *devices, const char *device_id, int64_t *unix_ms,
                   struct roost_features *features);

#endif
