/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/mqtt_outbox.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* One list in order of putting; `unsent` points at the first that is not in flight. */
struct outbox {
    struct outbox_limits limits;
    struct outbox_message *first, *last, *unsent;
    uint32_t count, in_flight;
    size_t bytes;
    uint16_t last_id;
    struct outbox_message *by_id[]; /* in_flight_max + 1; a packet id is an index, 0 stays empty */
};

struct outbox *outbox_new(const struct outbox_limits *limits)
{
    struct outbox *box =
        calloc(1, sizeof *box + ((size_t)limits->in_flight_max + 1) * sizeof box->by_id[0]);

    ROOST_ASSERT(limits->in_flight_max > 0);
    if (box)
        box->limits = *limits;
    return box;
}

void outbox_free(struct outbox *box)
{
    if (!box)
        return;
    while (box->first) {
        struct outbox_message *message = box->first;
        box->first = message->next;
        free(message);
    }
    free(box);
}

int outbox_put(struct outbox *box, const char *topic, const void *payload, size_t len, bool retain)
{
    if (box->count == box->limits.count || len > box->limits.bytes - box->bytes)
        return ROOST_ERR_FULL;
    size_t topic_size = strlen(topic) + 1;
    struct outbox_message *message = malloc(sizeof *message + len + topic_size);
    if (!message)
        return ROOST_ERR_NO_MEMORY;
    uint8_t *bytes = (uint8_t *)(message + 1);
    if (len > 0)
        memcpy(bytes, payload, len);
    memcpy(bytes + len, topic, topic_size);
    *message = (struct outbox_message){.previous = box->last,
                                       .retain = retain,
                                       .topic = (const char *)bytes + len,
                                       .payload = bytes,
                                       .len = len};
    if (box->last)
        box->last->next = message;
    else
        box->first = message;
    box->last = message;
    if (!box->unsent)
        box->unsent = message;
    box->count++;
    box->bytes += len;
    return 0;
}

const struct outbox_message *outbox_next(struct outbox *box)
{
    struct outbox_message *message = box->unsent;

    if (!message || message->packet_id != 0)
        return message; /* asked before, or sent on the last connection with this id */
    if (box->in_flight == box->limits.in_flight_max)
        return NULL;
    do
        box->last_id = box->last_id == box->limits.in_flight_max ? 1 : (uint16_t)(box->last_id + 1);
    while (box->by_id[box->last_id]);
    message->packet_id = box->last_id;
    box->by_id[box->last_id] = message;
    box->in_flight++;
    return message;
}

void outbox_sent(struct outbox *box)
{
    ROOST_ASSERT(box->unsent && box->unsent->packet_id != 0);
    box->unsent = box->unsent->next;
}

/* A message that was given an id but not sent on this connection cannot have been acknowledged on
 * it. */
static bool is_unsent(const struct outbox *box, const struct outbox_message *message)
{
    for (const struct outbox_message *m = box->unsent; m && m->packet_id != 0; m = m->next)
        if (m == message)
            return true;
    return false;
}

int outbox_acked(struct outbox *box, uint16_t packet_id)
{
    struct outbox_message *message =
        packet_id > 0 && packet_id <= box->limits.in_flight_max ? box->by_id[packet_id] : NULL;

    if (!message || is_unsent(box, message))
        return ROOST_ERR_NOT_FOUND;
    box->by_id[packet_id] = NULL;
    *(message->previous ? &message->previous->next : &box->first) = message->next;
    *(message->next ? &message->next->previous : &box->last) = message->previous;
    box->in_flight--;
    box->count--;
    box->bytes -= message->len;
    free(message);
    return 0;
}

uint32_t outbox_rewind(struct outbox *box, bool session_present)
{
    uint32_t again = 0;

    for (struct outbox_message *m = box->first; m != box->unsent; m = m->next) {
        m->dup = session_present;
        again++;
    }
    box->unsent = box->first;
    return again;
}

uint32_t outbox_count(const struct outbox *box)
{
    return box->count;
}
