/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest messages of a charger, both ways, for whoever has to find out what it does: when,
 * what, what became of it, how long it took. In memory, bounded in number, in length and by all
 * that one charger has, so that ten thousand have no more than a hundred. What may hold a password
 * is not kept, and what stands before an @ in a URL is masked. Depends on proto/ocpp.
 *
 *     number = messages_begin(&charger->messages, &room, MESSAGE_IN, OCPP_MSG_Heartbeat, text, len,
 *                             unix_ms);
 *     messages_end(&charger->messages, number, "answered", answer, answer_len, 12);
 */
#ifndef ROOST_HUB_CSMS_MESSAGES_H
#define ROOST_HUB_CSMS_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ocpp/schema.h"

enum { MESSAGE_TEXT_MAX = 600 }; /* bytes of a frame that are kept */

enum message_direction { MESSAGE_IN, MESSAGE_OUT };

struct message_row {
    uint64_t number; /* rises, from 1 */
    int64_t at_ms;
    uint32_t took_ms;
    enum message_direction direction;
    enum ocpp_message message;         /* OCPP_NO_MESSAGE: none of OCPP's */
    const char *result;                /* a literal; NULL: not over, or its end was never seen */
    char *text, *answer;               /* the frames; NULL: none, or not kept */
    uint16_t text_bytes, answer_bytes; /* that they take */
    bool cut;                          /* either was longer */
};

/* What one charger may have. */
struct messages_room {
    size_t most;  /* messages; 0: none */
    size_t bytes; /* of their texts; the newest one is there in any case */
};

enum {
    MESSAGES_ALL_BYTES = 16 * 1024 * 1024, /* of all chargers' texts, about */
    MESSAGES_LEAST_BYTES = 2048            /* of each, however many there are */
};

static inline struct messages_room messages_room(size_t most, size_t chargers)
{
    size_t share = MESSAGES_ALL_BYTES / (chargers > 0 ? chargers : 1);

    return (struct messages_room){
        .most = most, .bytes = share > MESSAGES_LEAST_BYTES ? share : MESSAGES_LEAST_BYTES};
}

struct messages {
    struct message_row *rows; /* a ring */
    size_t room, count, first, bytes;
    uint64_t number;
};

void messages_deinit(struct messages *messages);

/* Returns its number, 0 when none is kept. The oldest give way. */
uint64_t messages_begin(struct messages *messages, const struct messages_room *room,
                        enum message_direction direction, enum ocpp_message message,
                        const char *text, size_t len, int64_t at_ms);
/* Nothing, when it has given way. `result` is a literal; answer NULL: there is none. */
void messages_end(struct messages *messages, uint64_t number, const char *result,
                  const char *answer, size_t len, int64_t now_ms);

/* The i-th, newest first; NULL behind the last. */
const struct message_row *messages_at(const struct messages *messages, size_t i);

/* Whether it has the text in it, without case of ASCII letters; "" is in all. */
bool message_has(const struct message_row *row, const char *text);

#endif
