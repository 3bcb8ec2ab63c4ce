/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of OCPP 1.6: what proto/ocpp/message_list.h lists, in 2 KB. Who reads and writes
 * messages uses check.h, write.h and rpc.h; these functions are for them, and for those that show
 * the tables. Depends on proto/ocpp/words.h.
 *
 *     enum ocpp_message message = ocpp_message_find("Reset", 5);
 *     ocpp_message_sender(message) == OCPP_BY_CS;
 */
#ifndef ROOST_PROTO_OCPP_SCHEMA_H
#define ROOST_PROTO_OCPP_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ocpp/message_list.h"
#include "proto/ocpp/words.h"

/* clang-format off */
enum ocpp_message {
    OCPP_NO_MESSAGE,
#define M(message, sender, request, answer) OCPP_MSG_##message,
    OCPP_MESSAGES(M)
#undef M
    OCPP_MSG_COUNT
};

enum ocpp_object {
#define O(object, fields) OCPP_OBJ_##object,
    OCPP_OBJECTS(O)
#undef O
    OCPP_OBJ_COUNT
};

enum ocpp_set {
#define S(set, words) OCPP_SET_##set,
    OCPP_SETS(S)
#undef S
    OCPP_SET_COUNT
};
/* clang-format on */

enum ocpp_side { OCPP_BY_CP = 1, OCPP_BY_CS = 2, OCPP_BY_ANY = 3 };

enum ocpp_kind {
    OCPP_KIND_TEXT,
    OCPP_KIND_IDENTIFIER, /* a text that is compared without case (CiString) */
    OCPP_KIND_WORD,
    OCPP_KIND_INTEGER, /* of 32 bits */
    OCPP_KIND_TENTHS,  /* a decimal with at most one digit of fraction */
    OCPP_KIND_BOOL,
    OCPP_KIND_TIME,
    OCPP_KIND_OBJECT,
    OCPP_KIND_END /* of what a visitor is told (check.h): the object ends; no field has it */
};

enum {
    OCPP_FIELD_KIND = 0x0F,
    OCPP_FIELD_REQUIRED = 0x10,
    OCPP_FIELD_LIST = 0x20,     /* a JSON array of them */
    OCPP_FIELD_NOT_EMPTY = 0x40 /* the list has at least one */
};

struct ocpp_field {
    uint16_t name; /* enum ocpp_word */
    uint8_t flags; /* enum ocpp_kind, and the flags above */
    uint8_t of;    /* of an OBJECT its object, of a WORD its set; of a text ocpp_field_limit says */
};

enum { OCPP_OBJECT_FIELDS_MAX = 16 };

const struct ocpp_field *ocpp_fields(enum ocpp_object object, size_t *count);
const uint16_t *ocpp_set_words(enum ocpp_set set, size_t *count);

/* Of a TEXT or IDENTIFIER, in characters; 0: none. */
unsigned ocpp_field_limit(const struct ocpp_field *field);

/* OCPP_NO_MESSAGE for what is no action. */
enum ocpp_message ocpp_message_find(const char *action, size_t len);
enum ocpp_word ocpp_message_action(enum ocpp_message message);
enum ocpp_side ocpp_message_sender(enum ocpp_message message);
enum ocpp_object ocpp_message_request(enum ocpp_message message);
enum ocpp_object ocpp_message_answer(enum ocpp_message message);

/* Whether two identifiers are the same: without the case of ASCII letters. */
bool ocpp_identifier_equal(const char *a, const char *b);

#endif
