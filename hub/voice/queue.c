/* SPDX-License-Identifier: Apache-2.0 */
/* Sound that waits to be sent, in pieces. It is bounded, and wiped when it has gone. */
#include <stdlib.h>

#include "hub/voice/voice_internal.h"

enum { PIECE_MS = 190 }; /* of one piece, so that pacing is smooth */

void voice_block_free(struct voice *voice, struct voice_block *block)
{
    explicit_bzero(block->bytes, block->len);
    free(block);
    voice->bytes -= sizeof *block;
}

void voice_queue_drop(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    while (reply->queue) {
        struct voice_block *block = reply->queue;
        reply->queue = block->next;
        voice_block_free(turn->session->voice, block);
    }
    reply->queue_end = &reply->queue;
    reply->queue_bytes = 0;
}

struct voice_block *voice_queue_first(struct voice_reply_state *reply)
{
    struct voice_block *block = reply->queue;

    reply->queue = block->next;
    if (!reply->queue)
        reply->queue_end = &reply->queue;
    reply->queue_bytes -= block->len;
    return block;
}

/* More than is ever said, or no memory: the rest is not said. */
static void too_much(struct voice_turn *turn)
{
    turn->reply->drop_speech = turn->reply->over = turn->reply->whole = true;
    turn->drop_answer = turn->asked;
    turn->end = VOICE_TURN_BROKEN_OFF;
}

static struct voice_block *last_block(struct voice_reply_state *reply)
{
    struct voice_block *block = reply->queue;

    while (block && block->next)
        block = block->next;
    return block;
}

static struct voice_block *add_block(struct voice_turn *turn, bool first)
{
    struct voice_reply_state *reply = turn->reply;
    struct voice_block *block = malloc(sizeof *block);

    if (!block)
        return NULL;
    turn->session->voice->bytes += sizeof *block;
    block->next = NULL;
    block->ms = 0;
    block->len = 0;
    block->sentence = (uint16_t)(reply->next < reply->count ? reply->next : reply->count - 1);
    block->first = first;
    block->open = true;
    *reply->queue_end = block;
    reply->queue_end = &block->next;
    return block;
}

void voice_queue_close(struct voice_turn *turn)
{
    struct voice_block *last = last_block(turn->reply);

    if (last)
        last->open = false;
}

/* How much of it goes into a piece with so much room: of opus whole packets, each behind its
 * length in two bytes. */
static size_t part_of(const struct voice_reply_state *reply, const uint8_t *bytes, size_t len,
                      size_t room)
{
    size_t at = 0;

    if (reply->format != VOICE_OPUS || len <= room)
        return len < room ? len : room;
    while (at + 2 <= len) {
        size_t packet = 2 + ((size_t)bytes[at] << 8 | bytes[at + 1]);
        if (at + packet > room || at + packet > len)
            break;
        at += packet;
    }
    return at;
}

/* Where the pieces of a sentence are cut depends on its sound alone and not on when that came: said
 * again after a connection was lost, it has the same pieces, and the device knows them by their
 * numbers. */
void voice_queue(struct voice_turn *turn, const uint8_t *bytes, size_t len, uint32_t ms)
{
    struct voice_reply_state *reply = turn->reply;
    size_t max = reply->stream ? VOICE_QUEUE_MAX : VOICE_WHOLE_BYTES;
    bool first = reply->said_ms == ms; /* the sentence's first sound */
    struct voice_block *block = first ? NULL : last_block(reply);

    while (len > 0) {
        size_t room = block && block->open ? sizeof block->bytes - block->len : 0;
        size_t part = part_of(reply, bytes, len, room);
        if (part == 0 && room == sizeof block->bytes)
            part = len < room ? len : room; /* a packet that is none: the device will say so */
        if (part == 0) {
            if (block)
                block->open = false;
            block = reply->queue_bytes + len <= max ? add_block(turn, first) : NULL;
            if (!block) {
                too_much(turn);
                return;
            }
            first = false;
            continue;
        }
        uint32_t part_ms = (uint32_t)((uint64_t)ms * part / len);
        memcpy(block->bytes + block->len, bytes, part);
        block->len = (uint16_t)(block->len + part);
        block->ms += part_ms;
        block->open = block->len < sizeof block->bytes && block->ms < PIECE_MS;
        reply->queue_bytes += part;
        bytes += part;
        len -= part;
        ms -= part_ms;
    }
}
