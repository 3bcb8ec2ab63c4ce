/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Climate service: the window at the hub (docs/mqtt.md). Takes its readings, sounds, decisions and
 * state; turns raw sound into level and hash; keeps the latest values of each device; asks the
 * model by the trigger rules; stores its decisions; has the REST routes of the history and of the
 * hand that moves a window. Pure: a row like any other, see hub/service.h.
 */
#ifndef ROOST_HUB_CLIMATE_CLIMATE_H
#define ROOST_HUB_CLIMATE_CLIMATE_H

#include <stdint.h>

#include "hub/fleet/fleet.h"
#include "hub/service.h"

extern const struct hub_service climate_service;

struct climate;

/* A hand moved the window: the device's command `move`, and when that is out window/{id}/feedback.
 * ROOST_ERR_RANGE, and as fleet_command. */
int climate_hand(struct climate *climate, const char *device_id, double position_pct,
                 int64_t operator_id, fleet_command_fn done, void *arg);

#endif
