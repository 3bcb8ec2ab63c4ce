/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/configuration.h"

#include <stdio.h>
#include <stdlib.h>

static const char max_keys[] = "GetConfigurationMaxKeys";

struct configuration *configuration_new(struct csms *csms, const char *identity,
                                        configuration_fn done, void *ctx)
{
    struct configuration *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->csms = csms;
    c->done = done;
    c->ctx = ctx;
    snprintf(c->identity, sizeof c->identity, "%s", identity);
    return c;
}

void configuration_free(struct configuration *c)
{
    if (!c)
        return;
    free(c->said);
    free(c->unknown);
    free(c);
}

int configuration_want(struct configuration *c, const char *key)
{
    if (c->asked_count == CONFIGURATION_ASKED_MAX)
        return ROOST_ERR_FULL;
    snprintf(c->asked[c->asked_count++], KNOWN_KEY_BYTES, "%s", key);
    return 0;
}

static int write_piece(void *ctx, struct ocpp_writer *w)
{
    const struct configuration *c = ctx;

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
    if (value->at == 0 && c->unknown_count < CONFIGURATION_ASKED_MAX) {
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
    struct configuration *c = ctx;
    struct configuration_key *said;

    if (value->field == OCPP_unknownKey && value->kind < OCPP_KIND_OBJECT)
        return take_unknown(c, value);
    if (value->object != OCPP_OBJ_KeyValue)
        return 0;
    if (value->kind == OCPP_KIND_OBJECT) {
        if (c->said_count >= CONFIGURATION_SAID_MAX)
            return ROOST_ERR_TOO_LONG;
        said = realloc(c->said, (c->said_count + 1) * sizeof *said);
        if (!said)
            return ROOST_ERR_NO_MEMORY;
        c->said = said;
        c->said[c->said_count++] = (struct configuration_key){.has_value = false};
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
static void learn(struct configuration *c)
{
    struct csms_charger *charger = csms_charger_find(c->csms, c->identity);

    for (size_t i = 0; i < c->said_count; i++) {
        struct configuration_key *said = &c->said[i];
        if (ocpp_identifier_equal(said->key, "AuthorizationKey"))
            said->has_value = false;
        if (charger)
            known_key_set(&charger->known, said->key, said->readonly,
                          said->has_value ? said->value : NULL);
    }
    for (size_t i = 0; charger && i < c->unknown_count; i++)
        known_key_missing(&charger->known, c->unknown[i]);
}

/* ---- piece after piece ---- */

static int ask_piece(struct configuration *c);

static void on_done(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct configuration *c = ctx;
    int err = 0;

    if (outcome != CSMS_ANSWERED) {
        c->done(c->ctx, c, outcome, error, text);
        return;
    }
    learn(c);
    if (c->limit_first) {
        c->limit_first = false;
        c->said_count = c->unknown_count = 0;
    } else {
        c->at += c->piece;
    }
    if (c->at < c->asked_count)
        err = ask_piece(c);
    else
        c->done(c->ctx, c, CSMS_ANSWERED, OCPP_ERROR_NONE, "");
    if (err < 0)
        c->done(c->ctx, c, CSMS_LOST, OCPP_ERROR_NONE, roost_err_text(err));
}

/* 0: it is not known. */
static size_t keys_at_once(const struct configuration *c)
{
    const struct csms_charger *charger = csms_charger_find(c->csms, c->identity);
    const struct known_key *key = charger ? known_key_find(&charger->known, max_keys) : NULL;
    long most = key && key->value ? strtol(key->value, NULL, 10) : 0;

    return most > 0 ? (size_t)most : 0;
}

static int ask_piece(struct configuration *c)
{
    const struct csms_ask call = {.message = OCPP_MSG_GetConfiguration,
                                  .write = write_piece,
                                  .take = take_said,
                                  .done = on_done,
                                  .ctx = c};
    size_t most = keys_at_once(c);

    c->piece = c->asked_count - c->at;
    if (most > 0 && c->piece > most)
        c->piece = most;
    return csms_ask(c->csms, c->identity, &call);
}

int configuration_go(struct configuration *c)
{
    c->limit_first = c->asked_count > 1 && keys_at_once(c) == 0;
    return ask_piece(c);
}
