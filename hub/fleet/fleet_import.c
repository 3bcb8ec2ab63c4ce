/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that a factory made: known, claimed and with a secret of their own before they speak. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_import.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"

/* The rows of the devices that are new. */
struct rows {
    struct registry_device *devices;
    struct registry_credential *credentials;
    size_t count;
};

static bool same_gift(const struct registry_credential *known, const struct factory_batch *batch,
                      const struct factory_device *device)
{
    return strcmp(known->batch, batch->id) == 0 &&
           strcmp(known->broker_user, device->broker_user) == 0 &&
           known->hardware_version == device->hardware_version;
}

/* A device that is known: 0 when the batch says what the registry has, ROOST_ERR_EXISTS when it
 * says something else, ROOST_ERR_CRYPTO when that cannot be told. */
static int compare(const struct fleet *fleet, const struct factory_batch *batch,
                   const struct factory_device *device, const uint8_t key[SEAL_KEY_BYTES])
{
    struct registry_credential known;
    uint8_t secret[REGISTRY_SEALED_MAX];
    int err = fleet->registry->ops->credential_get(fleet->registry->ctx, device->id, &known);

    if (err)
        return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_EXISTS : err;
    if (!same_gift(&known, batch, device) || known.sealed_len != sizeof device->secret + SEAL_EXTRA)
        return ROOST_ERR_EXISTS;
    err = seal_open(secret, key, device->id, known.secret_sealed, known.sealed_len);
    if (!err && CRYPTO_memcmp(secret, device->secret, sizeof device->secret) != 0)
        err = ROOST_ERR_EXISTS;
    OPENSSL_cleanse(secret, sizeof secret);
    return err;
}

static int add_row(const struct fleet *fleet, struct rows *rows, const struct factory_batch *batch,
                   const struct factory_device *device, const uint8_t key[SEAL_KEY_BYTES])
{
    struct registry_device *record = &rows->devices[rows->count];
    struct registry_credential *credential = &rows->credentials[rows->count];

    rows->count++;
    record->claimed = true;
    record->registered_ms = credential->imported_ms = fleet_unix(fleet);
    snprintf(record->id, sizeof record->id, "%s", device->id);
    snprintf(record->type, sizeof record->type, "%s", batch->product);
    snprintf(credential->device_id, sizeof credential->device_id, "%s", device->id);
    snprintf(credential->batch, sizeof credential->batch, "%s", batch->id);
    snprintf(credential->broker_user, sizeof credential->broker_user, "%s", device->broker_user);
    credential->hardware_version = device->hardware_version;
    credential->sealed_len = sizeof device->secret + SEAL_EXTRA;
    return seal_close(credential->secret_sealed, key, device->id, device->secret,
                      sizeof device->secret);
}

static int sort_out(struct fleet *fleet, const struct factory_batch *batch,
                    const uint8_t key[SEAL_KEY_BYTES], struct rows *rows,
                    struct fleet_import *result)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct factory_device *device = &batch->devices[i];
        bool known = fleet_find(fleet, device->id) != NULL;
        int err =
            known ? compare(fleet, batch, device, key) : add_row(fleet, rows, batch, device, key);
        if (err) {
            snprintf(result->device_id, sizeof result->device_id, "%s", device->id);
            return err;
        }
        result->unchanged += known;
    }
    return fleet->table.count + rows->count > fleet->config.device_max ? ROOST_ERR_FULL : 0;
}

static int store(struct fleet *fleet, const struct rows *rows)
{
    int err = 0;

    if (rows->count > 0)
        err = fleet->registry->ops->devices_import(fleet->registry->ctx, rows->devices,
                                                   rows->credentials, rows->count);
    for (size_t i = 0; !err && i < rows->count; i++) {
        struct entry *entry = fleet_add_entry(fleet, &rows->devices[i]);
        if (!entry)
            return ROOST_ERR_NO_MEMORY; /* stored: the next start finds the rest */
        entry->saved_once = true;
        fleet_mark_changed(fleet, &entry->device);
        fleet_send_device(fleet, entry);
    }
    return err;
}

int fleet_import(struct fleet *fleet, const struct factory_batch *batch,
                 const uint8_t key[SEAL_KEY_BYTES], struct fleet_import *result)
{
    struct rows rows = {.devices = calloc(batch->count, sizeof *rows.devices),
                        .credentials = calloc(batch->count, sizeof *rows.credentials)};
    int err = rows.devices && rows.credentials ? 0 : ROOST_ERR_NO_MEMORY;

    *result = (struct fleet_import){0};
    if (!err)
        err = sort_out(fleet, batch, key, &rows, result);
    if (!err)
        err = store(fleet, &rows);
    if (!err) {
        result->imported = rows.count;
        HOST_LOG(ROOST_LOG_INFO, "fleet", "batch imported", RF_STR("batch", batch->id),
                 RF_INT("imported", (int64_t)rows.count),
                 RF_INT("unchanged", (int64_t)result->unchanged));
    }
    free(rows.devices);
    free(rows.credentials);
    return err;
}
