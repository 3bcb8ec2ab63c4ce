/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be wrong with a message, and what is answered to it: the error words of CALLERROR, as
 * sent and as accepted, and which fault is which error. OCPP-J's table 7 and its errata 5.1
 * and 5.2, the misspelt words included. Depends on core/, proto/ocpp/words.h.
 *
 *     ocpp_error_word(ocpp_fault_error(&fault)) -> "PropertyConstraintViolation"
 *     ocpp_fault_text(&fault, text, sizeof text) -> "idTag: longer than allowed (20)"
 */
#ifndef ROOST_PROTO_OCPP_FAULT_H
#define ROOST_PROTO_OCPP_FAULT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/ocpp/words.h"

/* X(name, word that is sent) */
#define OCPP_ERRORS(X)                                                                             \
    X(NOT_IMPLEMENTED, NotImplemented)                                                             \
    X(NOT_SUPPORTED, NotSupported)                                                                 \
    X(INTERNAL, InternalError)                                                                     \
    X(PROTOCOL, ProtocolError)                                                                     \
    X(SECURITY, SecurityError)                                                                     \
    X(FORMATION, FormationViolation)                                                               \
    X(PROPERTY, PropertyConstraintViolation)                                                       \
    X(OCCURENCE, OccurenceConstraintViolation)                                                     \
    X(TYPE, TypeConstraintViolation)                                                               \
    X(GENERIC, GenericError)

/* X(name, word that is accepted, too) */
#define OCPP_ERRORS_ACCEPTED(X)                                                                    \
    X(FORMATION, FormatViolation)                                                                  \
    X(OCCURENCE, OccurrenceConstraintViolation)

enum ocpp_error {
    OCPP_ERROR_NONE,
#define X(name, word) OCPP_ERROR_##name,
    OCPP_ERRORS(X)
#undef X
        OCPP_ERROR_UNKNOWN /* a word that is in neither list: a failed attempt like any other */
};

enum ocpp_word ocpp_error_word(enum ocpp_error error);         /* as it is sent */
enum ocpp_error ocpp_error_find(const char *word, size_t len); /* as it is accepted */

/* X(name, error, text) */
#define OCPP_FAULTS(X)                                                                             \
    X(MISSING, OCCURENCE, "is missing")                                                            \
    X(EXTRA, FORMATION, "is no field of this message")                                             \
    X(WORD, PROPERTY, "not one of the words allowed")                                              \
    X(LENGTH, PROPERTY, "longer than allowed")                                                     \
    X(RANGE, PROPERTY, "out of range")                                                             \
    X(DIGITS, PROPERTY, "more than one digit of fraction")                                         \
    X(NUL, PROPERTY, "has a NUL in it")                                                            \
    X(KIND, TYPE, "is of another type")                                                            \
    X(TIME, TYPE, "not a time")                                                                    \
    X(EMPTY, OCCURENCE, "is an empty list")                                                        \
    X(PAYLOAD, FORMATION, "the payload is missing or no object")                                   \
    X(ELEMENTS, FORMATION, "not the elements that a CALL has")                                     \
    X(ID, FORMATION, "the message id is too long")                                                 \
    X(NESTING, FORMATION, "nested too deep")                                                       \
    X(SIZE, FORMATION, "the message is too large")                                                 \
    X(ACTION, NOT_IMPLEMENTED, "the action is not known")                                          \
    X(SIDE, NOT_SUPPORTED, "the action is not for this side")                                      \
    X(TAKING, INTERNAL, "could not be taken")

enum ocpp_fault_kind {
    OCPP_FAULT_NONE,
#define X(name, error, text) OCPP_FAULT_##name,
    OCPP_FAULTS(X)
#undef X
        OCPP_FAULT_COUNT
};

enum { OCPP_FAULT_NAME_MAX = 23 };

struct ocpp_fault {
    uint8_t kind;                       /* enum ocpp_fault_kind */
    uint16_t field;                     /* enum ocpp_word; OCPP_NO_WORD where it is none of them */
    int32_t limit;                      /* of LENGTH and RANGE the limit passed; else 0 */
    char name[OCPP_FAULT_NAME_MAX + 1]; /* of EXTRA, as it came, cut */
};

enum { OCPP_FAULT_TEXT_MAX = 96 };

enum ocpp_error ocpp_fault_error(const struct ocpp_fault *fault);

/* For errorDescription and the log: at most OCPP_FAULT_TEXT_MAX bytes with the NUL. */
void ocpp_fault_text(const struct ocpp_fault *fault, char out[OCPP_FAULT_TEXT_MAX]);

#endif
