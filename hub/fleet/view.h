/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the outside sees of a device, its window, its last decision and a command: the objects of
 * hub/api/openapi.json, written once for the REST API and the live feed. Depends on
 * core/json_write.h.
 */
#ifndef ROOST_HUB_FLEET_VIEW_H
#define ROOST_HUB_FLEET_VIEW_H

#include "core/json_write.h"
#include "hub/fleet/fleet.h"

enum { FLEET_VIEW_MAX = 6144 }; /* bytes that always hold any of these, every text escaped */

void fleet_view_device(struct roost_json_writer *w, const struct fleet_device *device);

/* device_id NULL: left out, where the object is part of its device. */
void fleet_view_window(struct roost_json_writer *w, const char *device_id,
                       const struct roost_window_state *state);
void fleet_view_decision(struct roost_json_writer *w, const char *device_id,
                         const struct roost_control *control);
void fleet_view_command(struct roost_json_writer *w, const struct registry_command *command);

#endif
