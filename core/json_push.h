/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON that never stands whole in memory: the text is fed in pieces of any size, as it
 * comes from a socket, and what it holds is told at once, a string in as many pieces as it takes.
 * Checks the whole of RFC 8259 and UTF-8, as core/json_read.h does, in 64 bytes on a chip. A text
 * that is whole is one piece. Depends on core/err.h, core/json_escape.h, core/utf8.h.
 *
 *     struct roost_json_push push;
 *     roost_json_push_begin(&push, on_event, ctx);
 *     while (receive(&piece, &len))
 *         err = roost_json_push_feed(&push, piece, len);
 *     err = roost_json_push_end(&push);
 *
 * {"a":["b",1]} is OBJECT, KEY a, ARRAY, TEXT b, NUMBER 1, END, END.
 */
#ifndef ROOST_CORE_JSON_PUSH_H
#define ROOST_CORE_JSON_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROOST_JSON_PUSH_DEPTH_MAX = 16, /* arrays and objects in each other */
    ROOST_JSON_PUSH_NUMBER_MAX = 40 /* of a longer number this much is told */
};

enum roost_json_event {
    ROOST_JSON_EV_OBJECT,
    ROOST_JSON_EV_ARRAY,
    ROOST_JSON_EV_END,       /* of the innermost object or array */
    ROOST_JSON_EV_KEY_PIECE, /* a part of a key, unescaped, whole characters; more is to come */
    ROOST_JSON_EV_KEY,       /* its last part, which may be empty */
    ROOST_JSON_EV_TEXT_PIECE,
    ROOST_JSON_EV_TEXT,
    ROOST_JSON_EV_NUMBER, /* its text; len ROOST_JSON_PUSH_NUMBER_MAX: it was longer, and is cut */
    ROOST_JSON_EV_BOOL,   /* "true" or "false" */
    ROOST_JSON_EV_NULL,
    ROOST_JSON_EV_RAW_PIECE, /* a part of an object or array as written, of any bytes */
    ROOST_JSON_EV_RAW        /* its last part */
};

/* `text` is borrowed for the call; a \u0000 is a NUL byte in it. Returns 0; ROOST_JSON_PUSH_RAW to
 * an OBJECT or ARRAY, to be told it as written (still checked) instead of what is in it; a negative
 * error ends the reading with it. */
enum { ROOST_JSON_PUSH_RAW = 1 };
typedef int (*roost_json_push_fn)(void *ctx, enum roost_json_event event, const char *text,
                                  size_t len);

struct roost_json_push {
    roost_json_push_fn event;
    void *ctx;
    int32_t err;     /* sticks */
    uint32_t arrays; /* bit d: level d is an array */
    uint8_t depth, raw_depth;
    uint8_t due;    /* what has to come next */
    uint8_t inside; /* of which kind of scalar the text ended last */
    uint8_t number; /* how far the grammar of one has come */
    uint8_t held_len;
    bool key; /* the string under way is one */
    char held[ROOST_JSON_PUSH_NUMBER_MAX];
};

void roost_json_push_begin(struct roost_json_push *push, roost_json_push_fn event, void *ctx);

/* Returns 0, ROOST_ERR_INVALID (syntax, UTF-8, lone surrogates, control characters, text after the
 * value), ROOST_ERR_RANGE (nested too deep), or what `event` returned; once failed, always that. */
int roost_json_push_feed(struct roost_json_push *push, const char *text, size_t len);

/* After the last piece. Also returns ROOST_ERR_TRUNCATED (ends inside the value, or is none). */
int roost_json_push_end(struct roost_json_push *push);

#endif
