/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acknowledgements of a lane, in the order of arrival (MQTT 3.1.1, 4.6): what is done with at
 * once goes out at once, unless a message before it waits: on the prompt lane for its service to
 * give its receipt, on the stored one for its batch, or for a removal (hub/ingest/hold.c). A ring;
 * when it is full a message is left with the broker. Of a connection that was lost
 * the tokens mean nothing any more, but what the broker sends again stands behind them and so waits
 * for the same write. Depends on hub/service.h.
 *
 *     err = receipts_init(&receipts, &bus, RECEIPTS_MAX);
 *     if (!receipts_full(&receipts))
 *         number = receipts_add(&receipts, token);
 *     receipts_done(&receipts, number);               now, or when the registry has answered
 */
#ifndef ROOST_HUB_INGEST_RECEIPTS_H
#define ROOST_HUB_INGEST_RECEIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/bus.h"

enum { RECEIPTS_MAX = 8192 }; /* of the prompt lane */

struct receipt {
    uint64_t token;
    bool done;
};

struct receipts {
    const struct bus *bus;
    struct receipt *ring;
    size_t size;
    uint64_t first, next; /* by number, modulo the size */
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int receipts_init(struct receipts *receipts, const struct bus *bus, size_t size);
void receipts_deinit(struct receipts *receipts);

/* Messages that are not acknowledged. */
static inline size_t receipts_count(const struct receipts *receipts)
{
    return (size_t)(receipts->next - receipts->first);
}

static inline bool receipts_full(const struct receipts *receipts)
{
    return receipts_count(receipts) == receipts->size;
}

/* Takes a message's token down, 0 where there is nothing to acknowledge; returns its number. */
uint64_t receipts_add(struct receipts *receipts, uint64_t token);

/* Acknowledges it, and what waited only for it. Once for each. */
void receipts_done(struct receipts *receipts, uint64_t number);

#endif
