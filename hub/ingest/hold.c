/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board says under an id whose removal has not freed it yet, the next one's first words: it
 * is kept as it came, unacknowledged, and judged when the removal is so far, or did not come about.
 * Other devices go on; only the acknowledgements of what came later wait behind it, for they go out
 * in order. The broker is stopped at HOLD_MESSAGES or HOLD_BYTES, or when that makes as many
 * unacknowledged messages as may wait at all; what it still hands over is kept up to twice as much,
 * and beyond that left with it (counted as overrun).
 */
#include <stdlib.h>
#include <string.h>

#include "hub/ingest/ingest_internal.h"

struct held {
    struct held *next;
    struct bus_message message; /* its topic and payload are behind it */
    uint64_t number;            /* its receipt's */
    size_t label;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    char bytes[];
};

static size_t bytes_of(const struct bus_message *message)
{
    size_t payload = message->oversize ? 0 : message->len;

    return sizeof(struct held) + strlen(message->topic) + 1 + payload + 1;
}

bool hold_busy(const struct hold *hold)
{
    return hold->count >= HOLD_MESSAGES || hold->bytes >= HOLD_BYTES;
}

bool hold_add(struct hold *hold, size_t label, const char *device_id,
              const struct bus_message *message, uint64_t number)
{
    size_t size = bytes_of(message), topic = strlen(message->topic) + 1;
    bool full = hold->count >= HOLD_MESSAGES_MAX || hold->bytes + size > 2 * (size_t)HOLD_BYTES;
    struct held *held = full ? NULL : malloc(size);

    if (!held)
        return false;
    *held = (struct held){.message = *message, .number = number, .label = label};
    memcpy(held->device_id, device_id, strlen(device_id) + 1);
    memcpy(held->bytes, message->topic, topic);
    held->message.topic = held->bytes;
    if (!message->oversize) {
        memcpy(held->bytes + topic, message->payload, message->len);
        held->bytes[topic + message->len] = '\0';
        held->message.payload = held->bytes + topic;
    }
    struct held **end = &hold->first;
    while (*end)
        end = &(*end)->next;
    *end = held;
    hold->count++;
    hold->bytes += size;
    return true;
}

/* Of many of one device in a row the fleet is asked once. */
static bool still_leaves(const struct ingest *ingest, const struct held *held, const char **asked)
{
    if (*asked && strcmp(*asked, held->device_id) == 0)
        return true;
    if (!fleet_leaves(ingest->fleet, held->device_id))
        return false;
    *asked = held->device_id;
    return true;
}

void hold_release(struct ingest *ingest)
{
    struct hold *hold = &ingest->hold;
    struct held **at = &hold->first;
    const char *asked = NULL;

    while (*at && !batch_full(ingest->filling)) {
        struct held *held = *at;
        if (still_leaves(ingest, held, &asked)) {
            at = &held->next;
            continue;
        }
        *at = held->next;
        hold->count--;
        hold->bytes -= bytes_of(&held->message);
        ingest_take_stored(ingest, held->label, held->device_id, &held->message, held->number);
        free(held);
    }
}

void hold_deinit(struct hold *hold)
{
    while (hold->first) {
        struct held *held = hold->first;
        hold->first = held->next;
        free(held);
    }
    *hold = (struct hold){0};
}
