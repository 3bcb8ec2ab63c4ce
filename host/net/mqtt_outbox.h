/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The QoS-1 messages an MQTT client has promised to deliver: in order, bounded in number and bytes,
 * kept until the broker acknowledged them, sent again with DUP after a reconnect. No I/O. Depends
 * on core/err.h.
 *
 *     outbox_put(box, topic, payload, len, false);
 *     while ((message = outbox_next(box)))  send it, then outbox_sent(box);
 *     outbox_acked(box, packet_id);
 */
#ifndef ROOST_HOST_NET_MQTT_OUTBOX_H
#define ROOST_HOST_NET_MQTT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox_limits {
    uint16_t in_flight_max; /* sent and not acknowledged at most */
    uint32_t count;         /* kept at most, those in flight included */
    size_t bytes;           /* payloads kept at most */
};

struct outbox_message {
    struct outbox_message *next, *previous;
    uint16_t packet_id;
    bool retain, dup;
    const char *topic;
    const uint8_t *payload;
    size_t len;
};

struct outbox;

/* NULL when memory is out. */
struct outbox *outbox_new(const struct outbox_limits *limits);
void outbox_free(struct outbox *box);

/* Copies. Returns 0, ROOST_ERR_FULL (count or bytes) or ROOST_ERR_NO_MEMORY. */
int outbox_put(struct outbox *box, const char *topic, const void *payload, size_t len, bool retain);

/* The first message not sent yet, with its packet id, or NULL when there is none or in_flight_max
 * are unanswered; outbox_sent moves behind it. */
const struct outbox_message *outbox_next(struct outbox *box);
void outbox_sent(struct outbox *box);

/* Returns 0, or ROOST_ERR_NOT_FOUND when no message in flight has this id. */
int outbox_acked(struct outbox *box, uint16_t packet_id);

/* A new connection: everything in flight is sent again, in order; with DUP when the broker still
 * knows the session. Returns how many. */
uint32_t outbox_rewind(struct outbox *box, bool session_present);

uint32_t outbox_count(const struct outbox *box);

#endif
