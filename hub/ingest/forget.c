/* SPDX-License-Identifier: Apache-2.0 */
/* A removed device: what is kept of its streams, here and in the series. What of it waits in a
 * batch is stored first, and nothing new of it comes in meanwhile (hold.c), so that no batch brings
 * back what is deleted. Then its streams go, which frees the id, and at leisure its rows. Of either
 * one device at a time, as the series take them; no id waits for the rows of another. */
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
    bool freed;     /* its streams are gone */
    uint64_t after; /* this many batches */
    uint32_t failures;
    fleet_freed_fn on_freed;
    fleet_forgotten_fn done;
    void *arg;
};

static int forget(void *ctx, const char *device_id, bool history, fleet_freed_fn freed,
                  fleet_forgotten_fn done, void *arg)
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
    one->on_freed = freed;
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

/* The oldest whose streams are gone, or are not. */
static struct forgetting *first(const struct ingest *ingest, bool freed)
{
    struct forgetting *one = ingest->forgets;

    while (one && one->freed != freed)
        one = one->next;
    return one;
}

static void failed(struct ingest *ingest, struct forgetting *one, int err)
{
    if (one->failures++ == 0 && err != ROOST_ERR_CLOSED)
        HOST_LOG(ROOST_LOG_ERROR, "ingest", "a removed device's rows stay, will be retried",
                 RF_STR("device_id", one->device_id), RF_ERR("error", err));
    ingest->forget_ms = ingest->clock->ops->now_ms(ingest->clock->ctx) + RETRY_MS;
}

static void over(struct ingest *ingest, struct forgetting *one, uint64_t rows)
{
    struct forgetting **at = &ingest->forgets;

    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    one->done(one->arg, rows);
    free(one);
}

static void swept(void *arg, int err, const struct series_forgotten *forgotten)
{
    struct ingest *ingest = arg;
    struct forgetting *one = first(ingest, true);

    ingest->sweeping = false;
    if (err)
        failed(ingest, one, err);
    else
        over(ingest, one, forgotten->rows);
}

static void forgot(void *arg, int err, const struct series_forgotten *forgotten)
{
    struct ingest *ingest = arg;
    struct forgetting *one = first(ingest, false);

    ingest->forgetting = false;
    if (err) {
        failed(ingest, one, err);
        return;
    }
    one->freed = true;
    intake_forget(ingest, one->device_id);
    one->on_freed(one->arg, forgotten->streams);
    hold_release(ingest);
    if (!one->history)
        over(ingest, one, 0);
}

uint64_t forget_tick(struct ingest *ingest, uint64_t now_ms)
{
    const struct series *series = ingest->series;
    const struct forgetting *one = ingest->forgetting ? NULL : first(ingest, false);
    const struct forgetting *rest = ingest->sweeping ? NULL : first(ingest, true);
    bool due = one && ingest->landed >= one->after;

    if (!due && !rest)
        return UINT64_MAX;
    if (now_ms < ingest->forget_ms)
        return ingest->forget_ms;
    if (due) {
        ingest->forgetting = true;
        if (series->ops->forget(series->ctx, one->device_id, one->history, forgot, ingest) != 0)
            ingest->forgetting = false;
    }
    if (rest) {
        ingest->sweeping = true;
        if (series->ops->sweep(series->ctx, rest->device_id, swept, ingest) != 0)
            ingest->sweeping = false;
    }
    if ((!due || ingest->forgetting) && (!rest || ingest->sweeping))
        return UINT64_MAX;
    ingest->forget_ms = now_ms + RETRY_MS;
    return ingest->forget_ms;
}
