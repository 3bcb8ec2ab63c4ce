/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a message against the tables while it passes, and hands over what it holds: field by field
 * to a visitor, long texts in pieces. Nothing is built and no piece is kept, so a message may be of
 * any size. The one check of both directions: what is received runs through it from the socket
 * (rpc.h), what is sent on its way to it (write.h). Beyond the schema it keeps the rules of
 * rules.c. Depends on core/, proto/ocpp/schema.h, proto/ocpp/fault.h.
 *
 *     ocpp_check_begin(&check, ocpp_message_request(OCPP_MSG_Reset), 0, take, reset);
 *     roost_json_push_begin(&push, ocpp_check_event, &check);
 *     ... feed, end ...
 *     if (check.fault.kind != OCPP_FAULT_NONE) ...        what was taken is to be forgotten
 */
#ifndef ROOST_PROTO_OCPP_CHECK_H
#define ROOST_PROTO_OCPP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_push.h"
#include "proto/ocpp/fault.h"
#include "proto/ocpp/schema.h"

/* What is let pass though it is wrong, one switch for each kind; what was needed of them is noted
 * in `used`. Strict is 0. X(name, bit, what it is called) */
#define OCPP_LENIENCIES(X)                                                                         \
    X(EXTRA, 1, "extra_field")      /* one that the message has not: left out */                   \
    X(WORD, 2, "unknown_word")      /* told with number OCPP_NO_WORD */                            \
    X(LENGTH, 4, "long_text")       /* told whole */                                               \
    X(NUMBER, 8, "number_as_text")  /* also a boolean: told as its text */                         \
    X(ABSENT, 16, "null")           /* as if the field were absent */                              \
    X(OBJECT, 32, "object_as_text") /* where a text has no limit: told as written, in any bytes */

enum {
#define X(name, bit, called) OCPP_LENIENT_##name = (bit),
    OCPP_LENIENCIES(X)
#undef X
    /* Never a fault, only noted: */
    OCPP_NOTED_ZONE = 64,  /* a time without a zone, taken as UTC */
    OCPP_NOTED_TWICE = 128 /* a field twice: the first counts */
};

/* One thing found. */
struct ocpp_value {
    enum ocpp_object object; /* that has the field; of OBJECT and END the one that they are of */
    enum ocpp_word field;    /* OCPP_NO_WORD: the payload itself */
    enum ocpp_kind kind;
    /* WORD: enum ocpp_word ("Celcius" as Celsius), INTEGER, TENTHS, BOOL, TIME: ms since 1970 */
    int64_t number;
    /* TEXT, IDENTIFIER: a piece of it, not NUL-terminated, of whole characters, which stands at
     * `at`; `last`: there is no more. WORD and TIME: as it came. */
    const char *text;
    size_t len, at;
    bool last;
};

/* Returns 0, or an error that ends the message: ROOST_ERR_TOO_LONG and ROOST_ERR_RANGE are the
 * sender's (LENGTH, RANGE), any other ours (TAKING). */
typedef int (*ocpp_take_fn)(void *ctx, const struct ocpp_value *value);

/* Puts a piece where it belongs in a text of `size` bytes with its NUL. 0 or ROOST_ERR_TOO_LONG. */
int ocpp_text_take(const struct ocpp_value *value, char *out, size_t size);

enum {
    OCPP_CHECK_LEVELS = 5, /* the deepest: payload, profile, schedule, list of periods, period */
    OCPP_CHECK_HELD = 44,  /* longer than every name, word and time */
    OCPP_CHECK_LIST = 0xFF
};

struct ocpp_check {
    ocpp_take_fn take; /* NULL: nobody */
    void *ctx;
    struct ocpp_fault fault; /* the first one; what comes after it is passed over */
    uint8_t lenient, used;
    uint8_t root; /* enum ocpp_object */
    uint8_t depth;
    uint8_t skip; /* depth inside of a value that is passed over */
    struct ocpp_check_level {
        const struct ocpp_field *of; /* whose value it is; NULL: the payload */
        uint16_t seen;               /* fields that came; of a list, 1: it has an element */
        uint8_t object;              /* enum ocpp_object, or OCPP_CHECK_LIST */
    } levels[OCPP_CHECK_LEVELS];
    const struct ocpp_field *due; /* the field that the key was; NULL: one to pass over */
    uint8_t marks;                /* of rules.c */
    int32_t start;                /* of rules.c: startPeriod of the period before */
    uint32_t chars, bytes;        /* of the text under way */
    uint8_t held_len;
    char held[OCPP_CHECK_HELD];
};

void ocpp_check_begin(struct ocpp_check *check, enum ocpp_object object, unsigned lenient,
                      ocpp_take_fn take, void *ctx);

/* A roost_json_push_fn; ctx is the check. Returns 0 or ROOST_JSON_PUSH_RAW. */
int ocpp_check_event(void *ctx, enum roost_json_event event, const char *text, size_t len);

/* Notes a fault, unless there is one. */
void ocpp_check_fault(struct ocpp_check *check, enum ocpp_fault_kind kind, enum ocpp_word field,
                      int32_t limit);

#endif
