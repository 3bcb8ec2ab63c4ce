/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetConfiguration: a charger reads out GetConfigurationMaxKeys keys at once, so a longer list is
 * asked for in pieces, and the pieces are one answer. What is not known of the limit is asked
 * first. What a charger says of its keys is kept; a password is not, nor shown.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "hub/csms/rest_operations.h"

static const char max_keys[] = "GetConfigurationMaxKeys";

enum { ASKED_MAX = 256 };

struct said_key {
    char key[KNOWN_KEY_BYTES], value[KNOWN_VALUE_BYTES];
    bool readonly, has_value;
};

struct configuration {
    char asked[ASKED_MAX][KNOWN_KEY_BYTES];
    size_t asked_count, at, piece; /* the first that is under way, and how many are */
    bool limit_first;              /* only max_keys is under way */
    struct said_key *said;
    char (*unknown)[KNOWN_KEY_BYTES];
    size_t said_count, unknown_count;
};

void configuration_free(struct configuration *configuration)
{
    if (!configuration)
        return;
    free(configuration->said);
    free(configuration->unknown);
    free(configuration);
}

/* ---- what is asked ---- */

static int take_asked(void *ctx, const struct ocpp_value *value)
{
    struct configuration *c = ctx;

    if (value->field != OCPP_key || value->kind >= OCPP_KIND_OBJECT)
        return 0;
    if (c->asked_count >= ASKED_MAX)
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

static int write_piece(void *ctx, struct ocpp_writer *w)
{
    const struct configuration *c = ((const struct operation *)ctx)->configuration;

    if (c->limit_first) {
        ocpp_put_list(w, OCPP_key);
        ocpp_add_textn(w, max_keys, sizeof max_keys - 1);
        ocpp_end(w);
    } else if (c->asked_count > 0) {
        ocpp_put_list(w, OCPP_key);
        for (size_t i = c->at; i < c->at + c->piece; i++)
            ocpp_add_textn(w, c->asked[i], strlen(c->asked[i]));
        ocpp_end(w);
    }
    return 0;
}

/* ---- what is said ---- */

static int take_unknown(struct configuration *c, const struct ocpp_value *value)
{
    if (value->at == 0 && c->unknown_count < ASKED_MAX) {
        void *more = realloc(c->unknown, (c->unknown_count + 1) * sizeof *c->unknown);
        if (!more)
            return ROOST_ERR_NO_MEMORY;
        c->unknown = more;
        c->unknown[c->unknown_count++][0] = '\0';
    }
    return c->unknown_count == 0
               ? 0
               : ocpp_text_take(value, c->unknown[c->unknown_count - 1], KNOWN_KEY_BYTES);
}

static int take_said(void *ctx, const struct ocpp_value *value)
{
    struct configuration *c = ((struct operation *)ctx)->configuration;
    struct said_key *said;

    if (value->field == OCPP_unknownKey && value->kind < OCPP_KIND_OBJECT)
        return take_unknown(c, value);
    if (value->object != OCPP_OBJ_KeyValue)
        return 0;
    if (value->kind == OCPP_KIND_OBJECT) {
        if (c->said_count >= 4 * ASKED_MAX)
            return ROOST_ERR_TOO_LONG;
        said = realloc(c->said, (c->said_count + 1) * sizeof *said);
        if (!said)
            return ROOST_ERR_NO_MEMORY;
        c->said = said;
        c->said[c->said_count++] = (struct said_key){.has_value = false};
        return 0;
    }
    said = &c->said[c->said_count - 1];
    switch ((int)value->field) {
    case OCPP_key:
        return ocpp_text_take(value, said->key, sizeof said->key);
    case OCPP_readonly:
        said->readonly = value->number != 0;
        return 0;
    case OCPP_value:
        said->has_value = true;
        return ocpp_text_take(value, said->value, sizeof said->value);
    default:
        return 0;
    }
}

/* A password is said by no charger that is right, and shown of none. */
static void learn(struct operation *operation)
{
    struct configuration *c = operation->configuration;
    struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);

    for (size_t i = 0; i < c->said_count; i++) {
        struct said_key *said = &c->said[i];
        if (ocpp_identifier_equal(said->key, "AuthorizationKey"))
            said->has_value = false;
        if (charger)
            known_key_set(&charger->known, said->key, said->readonly,
                          said->has_value ? said->value : NULL);
    }
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

/* ---- piece after piece ---- */

static void ask_piece(struct operation *operation);

static void on_done(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct operation *operation = ctx;
    struct configuration *c = operation->configuration;

    if (outcome != CSMS_ANSWERED) {
        operation_over(operation, outcome, error, text);
        return;
    }
    learn(operation);
    if (c->limit_first) {
        c->limit_first = false;
        c->said_count = c->unknown_count = 0;
    } else {
        c->at += c->piece;
    }
    if (c->at < c->asked_count) {
        ask_piece(operation);
        return;
    }
    rest_answer(operation->exchange, 200, write_answer, c);
    operation_free(operation);
}

/* 0: it is not known. */
static size_t keys_at_once(const struct operation *operation)
{
    const struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);
    const struct known_key *key = charger ? known_key_find(&charger->known, max_keys) : NULL;
    long most = key && key->value ? strtol(key->value, NULL, 10) : 0;

    return most > 0 ? (size_t)most : 0;
}

static void ask_piece(struct operation *operation)
{
    struct configuration *c = operation->configuration;
    const struct csms_ask call = {.message = OCPP_MSG_GetConfiguration,
                                  .write = write_piece,
                                  .take = take_said,
                                  .done = on_done,
                                  .ctx = operation};
    size_t most = keys_at_once(operation);

    c->piece = c->asked_count - c->at;
    if (most > 0 && c->piece > most)
        c->piece = most;
    int err = csms_ask(operation->csms, operation->identity, &call);
    if (err < 0)
        operation_failed(operation, err);
}

static void on_left(void *ctx, struct http_exchange *exchange)
{
    struct operation *operation = ctx;

    (void)exchange;
    csms_ask_withdraw(operation->csms, operation->identity, operation);
}

void configuration_ask(struct operation *operation)
{
    operation->configuration = calloc(1, sizeof *operation->configuration);
    if (!operation->configuration) {
        operation_failed(operation, ROOST_ERR_NO_MEMORY);
        return;
    }
    if (read_asked(operation) < 0) {
        operation_free(operation);
        return;
    }
    operation->configuration->limit_first =
        operation->configuration->asked_count > 1 && keys_at_once(operation) == 0;
    http_exchange_watch(operation->exchange, on_left, operation);
    ask_piece(operation);
}
