/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specification says of messages and no schema does, in one table (rules.c); the inside of
 * check.c. Depends on proto/ocpp/check.h.
 */
#ifndef ROOST_PROTO_OCPP_RULES_H
#define ROOST_PROTO_OCPP_RULES_H

#include "proto/ocpp/check.h"

void ocpp_rules_begin(struct ocpp_check *check);

/* A value was read: an integer, tenths, or a word. */
void ocpp_rules_value(struct ocpp_check *check, enum ocpp_object object,
                      const struct ocpp_field *field, int64_t number);

/* An object ends without `field`, which its schema does not require. */
void ocpp_rules_absent(struct ocpp_check *check, enum ocpp_object object, enum ocpp_word field);

/* The payload ends. */
void ocpp_rules_end(struct ocpp_check *check);

#endif
