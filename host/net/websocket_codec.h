/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of one WebSocket connection, seen from the server (RFC 6455 sections 5 to 7): bytes
 * in, messages and control frames out, and the other way. Frames are taken apart by wslay; putting
 * fragments together and every rule above a frame are here, within message_max bytes of memory.
 * Pure but for the heap. Depends on wslay, core/utf8.h, host/net/websocket.h for its codes.
 *
 *     websocket_codec_feed(codec, bytes, len);
 *     while (websocket_codec_next(codec, &part))
 *         ...
 */
#ifndef ROOST_HOST_NET_WEBSOCKET_CODEC_H
#define ROOST_HOST_NET_WEBSOCKET_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEBSOCKET_CONTROL_MAX = 125, /* bytes a control frame carries */
    WEBSOCKET_HEAD_MAX = 10,     /* bytes before the payload of a frame from a server */
};

enum websocket_part_type {
    WEBSOCKET_PART_TEXT = 1, /* as on the wire */
    WEBSOCKET_PART_BINARY = 2,
    WEBSOCKET_PART_CLOSE = 8,
    WEBSOCKET_PART_PING = 9,
    WEBSOCKET_PART_PONG = 10,
    WEBSOCKET_PART_VIOLATION = 16 /* the connection must be failed; nothing comes after it */
};

/* data is NUL-terminated behind len. */
struct websocket_part {
    enum websocket_part_type type;
    const char *data; /* message, payload of a control frame, reason of a close or violation */
    size_t len;
    uint16_t code; /* CLOSE: 1005 when the frame had none; VIOLATION: to be sent */
};

struct websocket_codec;

/* NULL: out of memory. */
struct websocket_codec *websocket_codec_new(size_t message_max);
void websocket_codec_free(struct websocket_codec *codec);

/* What websocket_codec_next reads from, borrowed until it has returned false. Only then more. */
void websocket_codec_feed(struct websocket_codec *codec, const void *bytes, size_t len);

/* Returns true with the next part, valid until the next call; false when more bytes are needed. */
bool websocket_codec_next(struct websocket_codec *codec, struct websocket_part *part);

/* True for a close code that may be sent (section 7.4). */
bool websocket_code_is_sendable(unsigned code);

bool websocket_text_is_valid(const char *text, size_t len);

/* Writes a whole frame, unmasked, of WEBSOCKET_HEAD_MAX + len bytes at most into out. Returns its
 * bytes. */
size_t websocket_frame_write(uint8_t *out, enum websocket_part_type type, const void *data,
                             size_t len);

#endif
