/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message into a plain struct, by a table of where each field goes: for what is short and has no
 * lists; the others are taken by a visitor of their own (check.h), which may call ocpp_fill_take
 * for the rest. Depends on proto/ocpp/check.h.
 *
 *     struct start { int32_t connector; char id_tag[OCPP_ID_TAG_BYTES]; int64_t at_ms; };
 *     static const struct ocpp_slot slots[] = {
 *         OCPP_SLOT(StartTransaction, connectorId, struct start, connector),
 *         OCPP_SLOT(StartTransaction, idTag, struct start, id_tag),
 *         OCPP_SLOT(StartTransaction, timestamp, struct start, at_ms),
 *     };
 *     struct ocpp_fill fill = {slots, 3, &start, NULL};         take = ocpp_fill_take, ctx = &fill
 *
 * What is absent stays as it was before.
 */
#ifndef ROOST_PROTO_OCPP_FILL_H
#define ROOST_PROTO_OCPP_FILL_H

#include "proto/ocpp/check.h"

/* An identifier of 20 characters: enough for any, of up to four bytes each. */
enum { OCPP_ID_TAG_BYTES = 20 * 4 + 1 };

struct ocpp_slot {
    uint8_t object; /* enum ocpp_object that the field is in */
    uint8_t how;    /* OCPP_SECONDS, and bits that are set in fill.given when it came */
    uint16_t field; /* enum ocpp_word */
    uint16_t offset, size;
};

enum { OCPP_SECONDS = 0x80 }; /* a time is put in seconds since 1970, fractions cut */

/* A text's member is an array of char; a number's, word's, time's or flag's an integer (or bool, or
 * enum) of 1, 2, 4 or 8 bytes. */
#define OCPP_SLOT(object_, field_, type, member) OCPP_SLOT_HOW(object_, field_, type, member, 0)
#define OCPP_SLOT_HOW(object_, field_, type, member, how_)                                         \
    {                                                                                              \
        OCPP_OBJ_##object_, how_, OCPP_##field_, offsetof(type, member),                           \
            sizeof(((type *)0)->member)                                                            \
    }

struct ocpp_fill {
    const struct ocpp_slot *slots;
    size_t count;
    void *out;
    uint8_t *given; /* NULL: nobody asks what came */
};

/* An ocpp_take_fn; ctx is the fill. ROOST_ERR_TOO_LONG and ROOST_ERR_RANGE: larger than its member.
 */
int ocpp_fill_take(void *ctx, const struct ocpp_value *value);

#endif
