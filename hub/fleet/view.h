/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the outside sees of a device and of a command: the objects of hub/api/openapi.json, written
 * once for the REST API and the live feed. What a product knows of a device, its service adds
 * (hub/service.h: latest, describe). Depends on core/json_write.h.
 */
#ifndef ROOST_HUB_FLEET_VIEW_H
#define ROOST_HUB_FLEET_VIEW_H

#include "core/json_write.h"
#include "hub/fleet/fleet.h"

/* Bytes that always hold any of these, every text escaped; of a device with HUB_DESCRIPTION_MAX by
 * its services. */
enum { FLEET_VIEW_MAX = 8192 };

void fleet_view_device(struct roost_json_writer *w, const struct fleet_device *device,
                       const struct hub_set *services);
void fleet_view_command(struct roost_json_writer *w, const struct registry_command *command);

#endif
