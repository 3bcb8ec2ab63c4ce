/* SPDX-License-Identifier: Apache-2.0 */
/* One device of the fleet, and the measuring layer between it and its board. */
#ifndef ROOST_APPS_ROOST_LOAD_DEVICE_H
#define ROOST_APPS_ROOST_LOAD_DEVICE_H

#include "apps/roost-load/load.h"

int load_device_init(struct load_device *device, struct load *load, size_t index, char *why,
                     size_t why_size);

/* Told by a device to its fleet: all its readings were acknowledged; it has closed. */
void load_device_complete(struct load *load);
void load_device_stopped(struct load *load);

#endif
