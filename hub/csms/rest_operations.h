/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation on its way to a charger, inside of hub/csms: asked for over REST by the name of its
 * message, with the message's payload as the body.
 *   rest_operations.c     the body is checked, the rules are asked, the charger is, and answers
 *   rest_configuration.c  GetConfiguration, in pieces (configuration.h)
 */
#ifndef ROOST_HUB_CSMS_REST_OPERATIONS_H
#define ROOST_HUB_CSMS_REST_OPERATIONS_H

#include "hub/csms/configuration.h"
#include "hub/csms/rest.h"

struct operation {
    struct csms *csms;
    struct http_exchange *exchange;
    enum ocpp_message message;
    char identity[CSMS_IDENTITY_MAX + 1];
    struct csms_told told;
    char *body, *answer; /* as they came; `answer` NULL: none yet */
    size_t body_len, answer_len;
    enum ocpp_word status; /* of the answer; OCPP_NO_WORD: it has none */
    struct configuration *configuration;
};

void operation_free(struct operation *operation);
/* Answers with what became of it, and frees it. */
void operation_over(struct operation *operation, enum csms_outcome outcome, enum ocpp_error error,
                    const char *text);
/* It could not even be asked; `err` of csms_ask. */
void operation_failed(struct operation *operation, int err);

/* ---- rest_configuration.c ---- */

/* In place of one csms_ask. */
void configuration_ask(struct operation *operation);

#endif
