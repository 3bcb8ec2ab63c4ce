/* SPDX-License-Identifier: Apache-2.0 */
/* A removed device: what is kept of its streams, here and in the series. What of it waits in a
 * batch is stored first, and nothing new of it comes in meanwhile (fleet_remove), so that no batch
 * brings back what is deleted. One at a time, as the series take them. */
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/ingest/ingest_internal.h"

enum { RETRY_MS = 1000 };

/* A removal that waits for its turn. */
struct forgetting {
    struct forgetting *next;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    bool history;
    uint64_t after; /* this many batches */
    uint32_t failures;
    fleet_forgotten_fn done;
    void *arg;
};

static int forget(void *ctx, const char *device_id, bool history, fleet_forgotten_fn done,
                  void *arg)
{
    struct ingest *ingest = ctx;
    struct forgetting **end = &ingest->forgets;
    struct forgetting *one = calloc(1, sizeof *one);
    bool fills = ingest->filling->token_count > 0 || !batch_empty(ingest->filling);

    if (!one)
        return ROOST_ERR_NO_MEMORY;
    snprintf(one->device_id, sizeof one->device_id, "%s", device_id);
    one->history = history;
    one->after = ingest->landed + (ingest->flying != NULL) + fills;
    one->done = done;
    one->arg = arg;
    while (*end)
        end = &(*end)->next;
    *end = one;
    return 0;
}

void forget_init(struct ingest *ingest)
{
    fleet_keep(ingest->fleet, &(struct fleet_keeper){forget, ingest});
}

void forget_deinit(struct ingest *ingest)
{
    while (ingest->forgets) {
        struct forgetting *one = ingest->forgets;
        ingest->forgets = one->next;
        free(one);
    }
}

static void forgot(void *arg, int err, const struct series_forgotten *forgotten)
{
    struct ingest *ingest = arg;
    struct forgetting *one = ingest->forgets;

    ingest->forgetting = false;
    if (err) {
        if (one->failures++ == 0 && err != ROOST_ERR_CLOSED)
            HOST_LOG(ROOST_LOG_ERROR, "ingest", "a removed device's rows stay, will be retried",
                     RF_STR("device_id", one->device_id), RF_ERR("error", err));
        ingest->forget_ms = ingest->clock->ops->now_ms(ingest->clock->ctx) + RETRY_MS;
        return;
    }
    ingest->forgets = one->next;
    intake_forget(ingest, one->device_id);
    one->done(one->arg, forgotten->streams, forgotten->rows);
    free(one);
}

uint64_t forget_tick(struct ingest *ingest, uint64_t now_ms)
{
    const struct series *series = ingest->series;
    const struct forgetting *one = ingest->forgets;

    if (!one || ingest->forgetting || ingest->landed < one->after)
        return UINT64_MAX;
    if (now_ms < ingest->forget_ms)
        return ingest->forget_ms;
    ingest->forgetting = true;
    int err = series->ops->forget(series->ctx, one->device_id, one->history, forgot, ingest);
    if (err) {
        ingest->forgetting = false;
        ingest->forget_ms = now_ms + RETRY_MS;
    }
    return err ? ingest->forget_ms : UINT64_MAX;
}
