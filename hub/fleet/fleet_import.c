/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that a factory made: known, claimed and with a secret of their own before they speak.
 *
 *     those we know --registry: their credentials--> compared
 *     the others    --registry: all or none--> in the fleet
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_import.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"

/* An import on its way. */
struct import {
    struct fleet *fleet;
    const struct factory_batch *batch;
    uint8_t key[SEAL_KEY_BYTES];
    fleet_import_fn done;
    void *arg;
    struct fleet_import result;
    struct registry_device *devices; /* the rows of those that are new */
    struct registry_credential *credentials;
    size_t count;
    char (*known)[65]; /* ids of those that are not, in the batch's order */
    size_t known_count;
};

static void import_free(struct import *import)
{
    OPENSSL_cleanse(import->key, sizeof import->key);
    free(import->devices);
    free(import->credentials);
    free(import->known);
    free(import);
}

static void import_over(struct import *import, int err)
{
    import->fleet->importing = false;
    if (!err) {
        import->result.imported = import->count;
        HOST_LOG(ROOST_LOG_INFO, "fleet", "batch imported", RF_STR("batch", import->batch->id),
                 RF_INT("imported", (int64_t)import->result.imported),
                 RF_INT("unchanged", (int64_t)import->result.unchanged));
    }
    import->done(import->arg, err, &import->result);
    import_free(import);
}

static int in_the_way(struct import *import, const char *device_id, int err)
{
    snprintf(import->result.device_id, sizeof import->result.device_id, "%s", device_id);
    return err;
}

/* ---- those that are known ---- */

static bool same_gift(const struct registry_credential *known, const struct factory_batch *batch,
                      const struct factory_device *device)
{
    return strcmp(known->batch, batch->id) == 0 &&
           strcmp(known->broker_user, device->broker_user) == 0 &&
           known->hardware_version == device->hardware_version;
}

/* 0 when the batch says what the registry has, ROOST_ERR_EXISTS when it says something else,
 * ROOST_ERR_CRYPTO when that cannot be told. */
static int compare(const struct import *import, const struct factory_device *device,
                   const struct registry_credential *known)
{
    uint8_t secret[REGISTRY_SEALED_MAX];
    if (!same_gift(known, import->batch, device) ||
        known->sealed_len != sizeof device->secret + SEAL_EXTRA)
        return ROOST_ERR_EXISTS;
    int err = seal_open(secret, import->key, device->id, known->secret_sealed, known->sealed_len);
    if (!err && CRYPTO_memcmp(secret, device->secret, sizeof device->secret) != 0)
        err = ROOST_ERR_EXISTS;
    OPENSSL_cleanse(secret, sizeof secret);
    return err;
}

/* ---- those that are new ---- */

static int add_row(struct import *import, const struct factory_device *device)
{
    const struct factory_batch *batch = import->batch;
    struct registry_device *record = &import->devices[import->count];
    struct registry_credential *credential = &import->credentials[import->count];

    import->count++;
    record->claimed = true;
    record->registered_ms = credential->imported_ms = fleet_unix(import->fleet);
    snprintf(record->id, sizeof record->id, "%s", device->id);
    snprintf(record->type, sizeof record->type, "%s", batch->product);
    snprintf(credential->device_id, sizeof credential->device_id, "%s", device->id);
    snprintf(credential->batch, sizeof credential->batch, "%s", batch->id);
    snprintf(credential->broker_user, sizeof credential->broker_user, "%s", device->broker_user);
    credential->hardware_version = device->hardware_version;
    credential->sealed_len = sizeof device->secret + SEAL_EXTRA;
    return seal_close(credential->secret_sealed, import->key, device->id, device->secret,
                      sizeof device->secret);
}

/* `credentials` are of those that have one, in the order of `known`. */
static int sort_out(struct import *import, const struct registry_credential *credentials,
                    size_t count)
{
    size_t at = 0, known = 0;
    for (size_t i = 0; i < import->batch->count; i++) {
        const struct factory_device *device = &import->batch->devices[i];
        bool is_known =
            known < import->known_count && strcmp(import->known[known], device->id) == 0;
        bool has_one = is_known && at < count && strcmp(credentials[at].device_id, device->id) == 0;
        int err = !is_known ? add_row(import, device)
                  : has_one ? compare(import, device, &credentials[at])
                            : ROOST_ERR_EXISTS;
        if (err)
            return in_the_way(import, device->id, err);
        known += is_known;
        at += has_one;
    }
    import->result.unchanged = known;
    const struct fleet *fleet = import->fleet;
    return fleet->table.count + import->count > fleet->config.device_max ? ROOST_ERR_FULL : 0;
}

static void stored(void *arg, int err, const struct registry_answer *answer)
{
    struct import *import = arg;
    struct fleet *fleet = import->fleet;
    (void)answer;
    for (size_t i = 0; err == ROOST_ERR_EXISTS && i < import->count; i++)
        if (id_table_find(&fleet->table, import->devices[i].id)) { /* it spoke meanwhile */
            in_the_way(import, import->devices[i].id, err);
            break;
        }
    /* Out of memory here: stored, and the next start finds the rest. */
    for (size_t i = 0; !err && i < import->count; i++)
        err = fleet_take_stored(fleet, &import->devices[i]);
    import_over(import, err);
}

static void compared(void *arg, int err, const struct registry_answer *answer)
{
    struct import *import = arg;
    if (!err)
        err = sort_out(import, answer->credentials, answer->count);
    if (err || import->count == 0) {
        import_over(import, err);
        return;
    }
    const struct registry_request request = {.op = REGISTRY_DEVICES_ADD,
                                             .devices = import->devices,
                                             .credentials = import->credentials,
                                             .count = import->count};
    err = registry_ask(import->fleet->registry, &request, stored, import);
    if (err)
        import_over(import, err);
}

static struct import *import_new(struct fleet *fleet, const struct factory_batch *batch,
                                 const uint8_t key[SEAL_KEY_BYTES])
{
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return NULL;
    import->fleet = fleet;
    import->batch = batch;
    memcpy(import->key, key, sizeof import->key);
    import->devices = calloc(batch->count, sizeof *import->devices);
    import->credentials = calloc(batch->count, sizeof *import->credentials);
    import->known = calloc(batch->count, sizeof *import->known);
    if (import->devices && import->credentials && import->known)
        return import;
    import_free(import);
    return NULL;
}

int fleet_import(struct fleet *fleet, const struct factory_batch *batch,
                 const uint8_t key[SEAL_KEY_BYTES], fleet_import_fn done, void *arg)
{
    if (fleet->importing)
        return ROOST_ERR_BUSY;
    struct import *import = import_new(fleet, batch, key);
    if (!import)
        return ROOST_ERR_NO_MEMORY;
    import->done = done;
    import->arg = arg;
    for (size_t i = 0; i < batch->count; i++)
        if (fleet_find(fleet, batch->devices[i].id))
            snprintf(import->known[import->known_count++], sizeof *import->known, "%s",
                     batch->devices[i].id);
    const struct registry_request request = {.op = REGISTRY_CREDENTIALS_GET,
                                             .ids = (const char(*)[65])import->known,
                                             .count = import->known_count};
    int err = registry_ask(fleet->registry, &request, compared, import);
    fleet->importing = err == 0;
    if (err)
        import_free(import);
    return err;
}
