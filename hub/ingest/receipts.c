/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/receipts.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"

int receipts_init(struct receipts *receipts, const struct bus *bus, size_t size)
{
    *receipts = (struct receipts){.bus = bus, .size = size};
    receipts->ring = malloc(size * sizeof *receipts->ring);
    return receipts->ring ? 0 : ROOST_ERR_NO_MEMORY;
}

void receipts_deinit(struct receipts *receipts)
{
    free(receipts->ring);
    *receipts = (struct receipts){0};
}

uint64_t receipts_add(struct receipts *receipts, uint64_t token)
{
    ROOST_ASSERT(!receipts_full(receipts));
    receipts->ring[receipts->next % receipts->size] = (struct receipt){token, false};
    return receipts->next++;
}

void receipts_done(struct receipts *receipts, uint64_t number)
{
    const struct bus *bus = receipts->bus;

    ROOST_ASSERT(number >= receipts->first && number < receipts->next);
    ROOST_ASSERT(!receipts->ring[number % receipts->size].done);
    receipts->ring[number % receipts->size].done = true;
    while (receipts->first < receipts->next &&
           receipts->ring[receipts->first % receipts->size].done) {
        uint64_t token = receipts->ring[receipts->first++ % receipts->size].token;

        if (token)
            bus->ops->ack(bus->ctx, token);
    }
}
