/* SPDX-License-Identifier: Apache-2.0 */
/* GetConfiguration over REST: the keys of the body, asked for in pieces, are one answer. */
#include <stdlib.h>

#include "core/err.h"
#include "hub/csms/rest_operations.h"

static int take_asked(void *ctx, const struct ocpp_value *value)
{
    struct configuration *c = ctx;

    if (value->field != OCPP_key || value->kind >= OCPP_KIND_OBJECT)
        return 0;
    if (c->asked_count >= CONFIGURATION_ASKED_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = ocpp_text_take(value, c->asked[c->asked_count], KNOWN_KEY_BYTES);
    if (err == 0 && value->last)
        c->asked_count++;
    return err;
}

static int read_asked(struct operation *operation)
{
    struct ocpp_check check;
    struct roost_json_push push;

    ocpp_check_begin(&check, OCPP_OBJ_GetConfiguration, 0, take_asked, operation->configuration);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    (void)roost_json_push_feed(&push, operation->body, operation->body_len);
    (void)roost_json_push_end(&push);
    return check.fault.kind == OCPP_FAULT_NONE
               ? 0
               : rest_refuse(operation->exchange, "key: at most 256 of them");
}

static void write_answer(struct roost_json_writer *w, const void *ctx)
{
    const struct configuration *c = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "configurationKey");
    for (size_t i = 0; i < c->said_count; i++) {
        roost_json_object(w);
        roost_json_put_str(w, "key", c->said[i].key);
        roost_json_put_bool(w, "readonly", c->said[i].readonly);
        if (c->said[i].has_value)
            roost_json_put_str(w, "value", c->said[i].value);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_array(w, "unknownKey");
    for (size_t i = 0; i < c->unknown_count; i++)
        roost_json_str(w, c->unknown[i]);
    roost_json_end(w);
    roost_json_end(w);
}

static void on_read(void *ctx, struct configuration *c, enum csms_outcome outcome,
                    enum ocpp_error error, const char *text)
{
    struct operation *operation = ctx;
    struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);

    if (charger)
        csms_known_changed(charger);
    if (outcome != CSMS_ANSWERED) {
        operation_over(operation, outcome, error, text);
        return;
    }
    rest_answer(operation->exchange, 200, write_answer, c);
    operation_free(operation);
}

static void on_left(void *ctx, struct http_exchange *exchange)
{
    struct operation *operation = ctx;

    (void)exchange;
    csms_ask_withdraw(operation->csms, operation->identity, operation->configuration);
}

void configuration_ask(struct operation *operation)
{
    operation->configuration =
        configuration_new(operation->csms, operation->identity, on_read, operation);
    if (!operation->configuration) {
        operation_failed(operation, ROOST_ERR_NO_MEMORY);
        return;
    }
    if (read_asked(operation) < 0) {
        operation_free(operation);
        return;
    }
    http_exchange_watch(operation->exchange, on_left, operation);
    int err = configuration_go(operation->configuration);
    if (err < 0)
        operation_failed(operation, err);
}
