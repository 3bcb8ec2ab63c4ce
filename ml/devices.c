/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/devices.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/fnv.h"

enum { PROBE = 8 }; /* places tried for an id */

struct device {
    char id[ROOST_DEVICE_ID_MAX + 1]; /* "": the place is free */
    int64_t unix_ms;
    struct roost_features features;
};

struct ml_devices {
    struct device place[ML_DEVICES_MAX];
};

struct ml_devices *ml_devices_new(void)
{
    return calloc(1, sizeof(struct ml_devices));
}

void ml_devices_free(struct ml_devices *devices)
{
    free(devices);
}

static size_t hash(const char *id)
{
    uint64_t h = roost_fnv64(ROOST_FNV64, id, strlen(id));
    return (size_t)(h ^ (h >> 32));
}

int ml_devices_put(struct ml_devices *devices, const char *device_id, int64_t unix_ms,
                   const struct roost_features *features)
{
    size_t home = hash(device_id);
    struct device *chosen = NULL;
    for (size_t i = 0; i < PROBE; i++) {
        struct device *device = &devices->place[(home + i) % ML_DEVICES_MAX];
        if (strcmp(device->id, device_id) == 0) {
            chosen = device;
            break;
        }
        if (!chosen || (chosen->id[0] && (!device->id[0] || device->unix_ms < chosen->unix_ms)))
            chosen = device;
    }
    int gave_way = chosen->id[0] && strcmp(chosen->id, device_id) != 0;
    memcpy(chosen->id, device_id, strlen(device_id) + 1);
    chosen->unix_ms = unix_ms;
    chosen->features = *features;
    return gave_way;
}

int ml_devices_get(const struct ml_devices *devices, const char *device_id, int64_t *unix_ms,
                   struct roost_features *features)
{
    size_t home = hash(device_id);
    for (size_t i = 0; i < PROBE; i++) {
        const struct device *device = &devices->place[(home + i) % ML_DEVICES_MAX];
        if (strcmp(device->id, device_id) == 0) {
            *unix_ms = device->unix_ms;
            *features = device->features;
            return 0;
        }
    }
    return ROOST_ERR_NOT_FOUND;
}
