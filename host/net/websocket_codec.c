/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/websocket_codec.h"

#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/utf8.h"
#include "host/net/websocket.h"

enum {
    BUFFER_MIN = 512,
    BUFFER_KEEP = 4096, /* a larger one is given back after its message */
    NO_MESSAGE = 0,
};

struct websocket_codec {
    wslay_frame_context_ptr frames;
    const uint8_t *in;
    size_t in_len;
    size_t message_max;
    bool failed;

    bool in_frame; /* its head is checked, payload follows */
    uint8_t opcode;
    bool fin;
    uint64_t frame_left;

    uint8_t message_type; /* of the message that is being put together, or NO_MESSAGE */
    bool delivered;       /* the buffer holds a message that was handed out */
    char *message;
    size_t message_len, message_size;

    char control[WEBSOCKET_CONTROL_MAX + 1];
    size_t control_len;
};

static bool is_control(uint8_t opcode)
{
    return (opcode & 8) != 0;
}

/* wslay's source of bytes; -1 is "no more for now". */
static ssize_t on_recv(uint8_t *out, size_t len, int flags, void *ctx)
{
    struct websocket_codec *c = ctx;
    size_t n = len < c->in_len ? len : c->in_len;

    (void)flags;
    if (n == 0)
        return -1;
    memcpy(out, c->in, n);
    c->in += n;
    c->in_len -= n;
    return (ssize_t)n;
}

struct websocket_codec *websocket_codec_new(size_t message_max)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = on_recv};
    struct websocket_codec *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->message_max = message_max;
    if (wslay_frame_context_init(&c->frames, &callbacks, c) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

void websocket_codec_free(struct websocket_codec *c)
{
    if (!c)
        return;
    wslay_frame_context_free(c->frames);
    free(c->message);
    free(c);
}

void websocket_codec_feed(struct websocket_codec *c, const void *bytes, size_t len)
{
    ROOST_ASSERT(c->in_len == 0 || c->failed);
    c->in = bytes;
    c->in_len = len;
}

/* ---- the rules ---- */

bool websocket_code_is_sendable(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != WEBSOCKET_NO_CODE &&
            code != WEBSOCKET_LOST) ||
           (code >= 3000 && code <= 4999);
}

bool websocket_text_is_valid(const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        size_t n = roost_utf8_len(text, end);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

static bool fail(struct websocket_codec *c, struct websocket_part *part, uint16_t code,
                 const char *reason)
{
    c->failed = true;
    *part = (struct websocket_part){
        .type = WEBSOCKET_PART_VIOLATION, .data = reason, .len = strlen(reason), .code = code};
    return true;
}

/* What is wrong with a frame's head, or NULL. That a control frame is short and whole, and a length
 * in its shortest form, wslay has seen to. */
static const char *head_fault(const struct websocket_codec *c, const struct wslay_frame_iocb *frame)
{
    if (!frame->mask)
        return "frame not masked";
    if (frame->rsv != 0)
        return "reserved bit set";
    switch (frame->opcode) {
    case WSLAY_CONTINUATION_FRAME:
        return c->message_type == NO_MESSAGE ? "nothing to continue" : NULL;
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
        return c->message_type != NO_MESSAGE ? "message inside a message" : NULL;
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        return NULL;
    default:
        return "unknown opcode";
    }
}

/* A frame's head is there. Returns false when *part says what is wrong with it. */
static bool begin_frame(struct websocket_codec *c, const struct wslay_frame_iocb *frame,
                        struct websocket_part *part)
{
    const char *fault = head_fault(c, frame);

    if (fault) {
        fail(c, part, WEBSOCKET_PROTOCOL_ERROR, fault);
        return false;
    }
    c->in_frame = true;
    c->opcode = frame->opcode;
    c->fin = frame->fin != 0;
    c->frame_left = frame->payload_length;
    if (is_control(c->opcode)) {
        c->control_len = 0;
        return true;
    }
    if (c->message_type == NO_MESSAGE) {
        c->message_type = c->opcode;
        c->message_len = 0;
    }
    if (frame->payload_length > c->message_max - c->message_len) {
        fail(c, part, WEBSOCKET_TOO_LONG, "message too long");
        return false;
    }
    return true;
}

/* ---- memory ---- */

/* Room for len more bytes and a NUL. It follows what has come, not what a head promises. */
static bool reserve(struct websocket_codec *c, size_t len)
{
    size_t needed = c->message_len + len + 1;
    size_t size = c->message_size > 0 ? c->message_size : BUFFER_MIN;

    if (needed <= c->message_size)
        return true;
    while (size < needed)
        size *= 2;
    if (size > c->message_max + 1)
        size = c->message_max + 1;
    char *message = realloc(c->message, size);
    if (!message)
        return false;
    c->message = message;
    c->message_size = size;
    return true;
}

static void release_delivered(struct websocket_codec *c)
{
    if (!c->delivered)
        return;
    c->delivered = false;
    if (c->message_size > BUFFER_KEEP) {
        free(c->message);
        c->message = NULL;
        c->message_size = 0;
    }
}

static bool take_payload(struct websocket_codec *c, const uint8_t *data, size_t len)
{
    c->frame_left -= len;
    if (is_control(c->opcode)) {
        memcpy(c->control + c->control_len, data, len); /* wslay bounds it */
        c->control_len += len;
        return true;
    }
    if (!reserve(c, len))
        return false;
    ROOST_ASSERT(c->message);
    if (len > 0)
        memcpy(c->message + c->message_len, data, len);
    c->message_len += len;
    return true;
}

/* ---- whole frames ---- */

static bool end_close(struct websocket_codec *c, struct websocket_part *part)
{
    unsigned code = WEBSOCKET_NO_CODE;

    if (c->control_len == 1)
        return fail(c, part, WEBSOCKET_PROTOCOL_ERROR, "half a close code");
    if (c->control_len >= 2) {
        code = roost_be_get16(c->control);
        if (!websocket_code_is_sendable(code))
            return fail(c, part, WEBSOCKET_PROTOCOL_ERROR, "bad close code");
        part->data += 2;
        part->len -= 2;
    }
    if (!websocket_text_is_valid(part->data, part->len))
        return fail(c, part, WEBSOCKET_BAD_DATA, "reason is not UTF-8");
    part->code = (uint16_t)code;
    return true;
}

static bool end_control(struct websocket_codec *c, struct websocket_part *part)
{
    c->control[c->control_len] = '\0';
    *part = (struct websocket_part){
        .type = (enum websocket_part_type)c->opcode, .data = c->control, .len = c->control_len};
    return part->type == WEBSOCKET_PART_CLOSE ? end_close(c, part) : true;
}

static bool end_message(struct websocket_codec *c, struct websocket_part *part)
{
    ROOST_ASSERT(c->message); /* also of an empty message */
    c->message[c->message_len] = '\0';
    *part = (struct websocket_part){.type = (enum websocket_part_type)c->message_type,
                                    .data = c->message,
                                    .len = c->message_len};
    c->message_type = NO_MESSAGE;
    c->delivered = true;
    if (part->type == WEBSOCKET_PART_TEXT && !websocket_text_is_valid(part->data, part->len))
        return fail(c, part, WEBSOCKET_BAD_DATA, "text is not UTF-8");
    return true;
}

bool websocket_codec_next(struct websocket_codec *c, struct websocket_part *part)
{
    release_delivered(c);
    while (!c->failed) {
        struct wslay_frame_iocb frame;
        ssize_t n = wslay_frame_recv(c->frames, &frame);
        if (n == WSLAY_ERR_WANT_READ)
            return false;
        if (n < 0)
            return fail(c, part, WEBSOCKET_PROTOCOL_ERROR, "malformed frame");
        if (!c->in_frame && !begin_frame(c, &frame, part))
            return true;
        if (!take_payload(c, frame.data, (size_t)n))
            return fail(c, part, WEBSOCKET_SERVER_FAULT, "out of memory");
        if (c->frame_left > 0)
            continue;
        c->in_frame = false;
        if (is_control(c->opcode))
            return end_control(c, part);
        if (c->fin)
            return end_message(c, part);
    }
    return false;
}

/* ---- the other way ---- */

size_t websocket_frame_write(uint8_t *out, enum websocket_part_type type, const void *data,
                             size_t len)
{
    size_t n = 2;

    out[0] = (uint8_t)(0x80u | (unsigned)type);
    if (len < 126) {
        out[1] = (uint8_t)len;
    } else {
        size_t width = len <= UINT16_MAX ? 2 : 8;
        out[1] = width == 2 ? 126 : 127;
        roost_be_put(out + n, len, width);
        n += width;
    }
    if (len > 0)
        memcpy(out + n, data, len);
    return n + len;
}
