/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/receipts.h"

#include <string.h>

#include "core/assert.h"

void receipts_init(struct receipts *receipts, const struct bus *bus)
{
    memset(receipts, 0, sizeof *receipts);
    receipts->bus = bus;
}

uint64_t receipts_add(struct receipts *receipts, uint64_t token)
{
    ROOST_ASSERT(!receipts_full(receipts));
    receipts->ring[receipts->next % RECEIPTS_MAX].token = token;
    receipts->ring[receipts->next % RECEIPTS_MAX].done = false;
    return receipts->next++;
}

void receipts_done(struct receipts *receipts, uint64_t number)
{
    const struct bus *bus = receipts->bus;

    ROOST_ASSERT(number >= receipts->first && number < receipts->next);
    ROOST_ASSERT(!receipts->ring[number % RECEIPTS_MAX].done);
    receipts->ring[number % RECEIPTS_MAX].done = true;
    while (receipts->first < receipts->next &&
           receipts->ring[receipts->first % RECEIPTS_MAX].done) {
        uint64_t token = receipts->ring[receipts->first++ % RECEIPTS_MAX].token;

        if (token)
            bus->ops->ack(bus->ctx, token);
    }
}
