/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the devices of a verified factory batch into the fleet: registered and claimed, so that
 * every policy lets them speak, each with the secret that will sign its claim, sealed. All or none.
 * Depends on hub/fleet/fleet.h, hub/factory/.
 */
#ifndef ROOST_HUB_FLEET_FLEET_IMPORT_H
#define ROOST_HUB_FLEET_FLEET_IMPORT_H

#include "hub/factory/batch.h"
#include "hub/factory/seal.h"
#include "hub/fleet/fleet.h"

struct fleet_import {
    size_t imported, unchanged;
    char device_id[65]; /* which one stands in the way; "" when it is none */
};

/* Called once, never from inside the call. result is borrowed for the call of it. */
typedef void (*fleet_import_fn)(void *arg, int err, const struct fleet_import *result);

/* A device that is there with just this credential counts as unchanged, so that an import can be
 * repeated. `batch` is borrowed until `done`, `key` for the call. Returns 0, or an error and `done`
 * is not called: ROOST_ERR_BUSY (another import is under way, or the registry cannot be read),
 * ROOST_ERR_NO_MEMORY. To `done`: 0, ROOST_ERR_EXISTS (a device is there otherwise),
 * ROOST_ERR_CRYPTO (its secret is sealed with another key), ROOST_ERR_FULL (device_max),
 * ROOST_ERR_NO_MEMORY, or the registry's errors. */
int fleet_import(struct fleet *fleet, const struct factory_batch *batch,
                 const uint8_t key[SEAL_KEY_BYTES], fleet_import_fn done, void *arg);

#endif
