/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/rest_operations.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"

/* ---- life ---- */

void operation_free(struct operation *operation)
{
    configuration_free(operation->configuration);
    free(operation->told.entries);
    free(operation->body);
    free(operation->answer);
    free(operation);
}

/* ---- what became of it ---- */

/* By enum csms_outcome: status, code, and words for a person. */
static const struct {
    int status;
    const char *code, *message;
} outcomes[CSMS_OUTCOMES] = {
    [CSMS_CALLERROR] = {409, "callerror", ""},
    [CSMS_BAD_ANSWER] = {409, "bad_answer", ""},
    [CSMS_TIMED_OUT] = {504, "timed_out", "the charger did not answer in time; it may have obeyed"},
    [CSMS_REPLACED] = {409, "replaced",
                       "the charger came again on another connection; it may have obeyed"},
    [CSMS_LOST] = {409, "connection_lost", "the connection broke; it may have obeyed"},
    [CSMS_STOPPED] = {503, "stopping", "the hub stops; it may have obeyed"},
    [CSMS_WITHDRAWN] = {504, "withdrawn", "nobody waited for it any more; it was not sent"},
};

static void fail(struct operation *operation, enum csms_outcome outcome, enum ocpp_error error,
                 const char *text)
{
    char message[OCPP_FAULT_TEXT_MAX + 128];

    if (outcome == CSMS_CALLERROR) {
        const char *word = error == OCPP_ERROR_UNKNOWN ? "an unknown error"
                                                       : ocpp_word_text(ocpp_error_word(error));
        snprintf(message, sizeof message, "the charger answered %s%s%s", word, text[0] ? ": " : "",
                 text);
    } else if (outcome == CSMS_BAD_ANSWER) {
        snprintf(message, sizeof message, "the charger's answer is none: %s", text);
    } else {
        snprintf(message, sizeof message, "%s", outcomes[outcome].message);
    }
    http_fail(operation->exchange, outcomes[outcome].status, outcomes[outcome].code, message);
}

static void learn(struct operation *operation)
{
    struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);

    if (!charger)
        return;
    known_take(&charger->known, operation->message, &operation->told, operation->status,
               csms_unix_ms(operation->csms));
    csms_known_changed(charger);
}

void operation_over(struct operation *operation, enum csms_outcome outcome, enum ocpp_error error,
                    const char *text)
{
    if (outcome != CSMS_ANSWERED) {
        fail(operation, outcome, error, text);
        operation_free(operation);
        return;
    }
    learn(operation);
    if (operation->answer) {
        http_answer_take(operation->exchange, 200, "application/json", operation->answer,
                         operation->answer_len);
        operation->answer = NULL;
    } else {
        http_fail_err(operation->exchange, ROOST_ERR_NO_MEMORY, NULL);
    }
    operation_free(operation);
}

void operation_failed(struct operation *operation, int err)
{
    struct http_exchange *exchange = operation->exchange;

    switch (err) {
    case ROOST_ERR_NOT_FOUND:
    case ROOST_ERR_CLOSED:
        http_fail(exchange, 409, "offline", "the charger is not connected; nothing was sent");
        break;
    case ROOST_ERR_STATE:
        http_fail(exchange, 409, "not_accepted",
                  "the charger is not accepted yet; nothing was sent");
        break;
    case ROOST_ERR_FULL:
        http_answer_header(exchange, "Retry-After", "5");
        http_fail(exchange, 503, "busy", "too many operations wait for this charger");
        break;
    default:
        http_fail_err(exchange, err, NULL);
        break;
    }
    operation_free(operation);
}

/* ---- asked ---- */

static void on_heard(void *ctx, const char *json, size_t len)
{
    struct operation *operation = ctx;

    operation->answer = malloc(len + 1);
    if (!operation->answer)
        return;
    memcpy(operation->answer, json, len);
    operation->answer[len] = '\0';
    operation->answer_len = len;
}

static int take_answer(void *ctx, const struct ocpp_value *value)
{
    struct operation *operation = ctx;
    struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);

    if (value->field == OCPP_status && value->kind == OCPP_KIND_WORD)
        operation->status = (enum ocpp_word)value->number;
    if (value->field == OCPP_listVersion && charger)
        charger->known.list_reported = (int32_t)value->number;
    return 0;
}

static void on_done(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    operation_over(ctx, outcome, error, text);
}

static void on_left(void *ctx, struct http_exchange *exchange)
{
    struct operation *operation = ctx;

    (void)exchange;
    csms_ask_withdraw(operation->csms, operation->identity, operation);
}

static void ask(struct operation *operation)
{
    const struct csms_ask call = {.message = operation->message,
                                  .payload = operation->body,
                                  .payload_len = operation->body_len,
                                  .take = take_answer,
                                  .heard = on_heard,
                                  .done = on_done,
                                  .ctx = operation};
    http_exchange_watch(operation->exchange, on_left, operation);
    int err = csms_ask(operation->csms, operation->identity, &call);
    if (err < 0)
        operation_failed(operation, err);
}

/* ---- what is not sent, and why ---- */

/* NULL: it may go. */
static const char *is_refused(const struct operation *operation, bool force, const char **code)
{
    const struct csms_charger *charger = csms_charger_find(operation->csms, operation->identity);
    const struct csms_told *told = &operation->told;
    const struct known_key *key;

    *code = "refused";
    switch ((int)operation->message) {
    case OCPP_MSG_TriggerMessage:
    case OCPP_MSG_ExtendedTriggerMessage:
        if (told->trigger == OCPP_BootNotification && !force && charger && charger->booted &&
            charger->registration == CSMS_ACCEPTED)
            return "requestedMessage: the charger is accepted, and most take it for a fault to "
                   "boot "
                   "again; ?force=true sends it all the same";
        return NULL;
    case OCPP_MSG_ChangeConfiguration:
        if (ocpp_identifier_equal(told->key, "AuthorizationKey"))
            return "key: AuthorizationKey is changed by POST .../password, which keeps it too";
        key = charger ? known_key_find(&charger->known, told->key) : NULL;
        if (key && key->readonly && !force) {
            *code = "read_only";
            return "key: the charger says that it is read-only; ?force=true sends it all the same";
        }
        return NULL;
    case OCPP_MSG_RemoteStartTransaction:
        if (told->has_nested_tx)
            return "transactionId: a remote start has none yet";
        return NULL;
    default:
        return NULL;
    }
}

/* ---- the request ---- */

/* What every charger answers with Rejected (1.6, 6.35; errata 3.40) need not be sent to it. */
static int check_start(const struct operation *operation)
{
    const struct csms_told *told = &operation->told;

    if (operation->message != OCPP_MSG_RemoteStartTransaction)
        return 0;
    if (told->has_connector && told->connector < 1)
        return rest_refuse(operation->exchange, "connectorId: out of range (1)");
    if (told->has_profile && told->purpose != OCPP_TxProfile)
        return rest_refuse(operation->exchange,
                           "chargingProfilePurpose: a remote start takes a TxProfile");
    return 0;
}

/* What is allowed to a charger is not allowed to us: what would only be noted is refused. */
static int check_body(struct operation *operation)
{
    struct ocpp_check check;
    struct roost_json_push push;
    char text[OCPP_FAULT_TEXT_MAX];

    ocpp_check_begin(&check, ocpp_message_request(operation->message), 0, known_told,
                     &operation->told);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    int err = roost_json_push_feed(&push, operation->body, operation->body_len);
    if (err == 0)
        err = roost_json_push_end(&push);
    if (err < 0) {
        http_fail(operation->exchange, 400, "invalid_body", "the body must be one JSON object");
        return err;
    }
    if (check.fault.kind != OCPP_FAULT_NONE) {
        ocpp_fault_text(&check.fault, text);
        return rest_refuse(operation->exchange, text);
    }
    if (check.used & OCPP_NOTED_TWICE)
        return rest_refuse(operation->exchange, "a field is there twice");
    if (check.used & OCPP_NOTED_ZONE)
        return rest_refuse(operation->exchange, "a time has no zone");
    return check_start(operation);
}

/* csChargingProfiles as written, to be kept; and what the operator calls it. */
static int take_profile(struct operation *operation, const struct http_request *request)
{
    struct csms_told *told = &operation->told;
    const char *name = http_query(request, "name"), *text = http_query(request, "description");
    struct body body;

    if ((name && strlen(name) >= sizeof told->name) ||
        (text && strlen(text) >= sizeof told->description))
        return rest_refuse(operation->exchange, "name, description: at most 128 bytes");
    snprintf(told->name, sizeof told->name, "%s", name ? name : "");
    snprintf(told->description, sizeof told->description, "%s", text ? text : "");
    /* Of a schedule with more periods than our reader has tokens it is kept that it was set. */
    told->profile_json = "null";
    told->profile_len = 4;
    if (roost_json_parse(&body.doc, body.tokens, BODY_TOKENS, operation->body,
                         operation->body_len) == 0)
        (void)roost_json_get_raw(&body.doc, ROOST_JSON_ROOT, "csChargingProfiles",
                                 &told->profile_json, &told->profile_len);
    return 0;
}

static enum ocpp_message message_of(const struct http_request *request,
                                    struct http_exchange *exchange)
{
    const char *name = http_param(request, "operation");
    enum ocpp_message message = name ? ocpp_message_find(name, strlen(name)) : OCPP_NO_MESSAGE;

    if (message != OCPP_NO_MESSAGE && (ocpp_message_sender(message) & OCPP_BY_CS))
        return message;
    http_fail(exchange, 404, "not_found", "operation: no message of OCPP 1.6 that a hub sends");
    return OCPP_NO_MESSAGE;
}

static struct operation *operation_new(struct csms *csms, const struct http_request *request,
                                       struct http_exchange *exchange, enum ocpp_message message,
                                       const char *identity)
{
    struct operation *operation = calloc(1, sizeof *operation);
    bool empty = request->body_len == 0;

    if (operation)
        operation->body = strndup(empty ? "{}" : request->body, empty ? 2 : request->body_len);
    if (!operation || !operation->body) {
        free(operation);
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    operation->csms = csms;
    operation->exchange = exchange;
    operation->message = message;
    operation->body_len = empty ? 2 : request->body_len;
    snprintf(operation->identity, sizeof operation->identity, "%s", identity);
    return operation;
}

static int may_go(struct operation *operation, const struct http_request *request)
{
    const char *force = http_query(request, "force"), *code, *why;
    int err = check_body(operation);

    if (err == 0 && operation->message == OCPP_MSG_SetChargingProfile)
        err = take_profile(operation, request);
    if (err < 0)
        return err;
    why = is_refused(operation, force && strcmp(force, "true") == 0, &code);
    if (!why)
        return 0;
    http_fail(operation->exchange, 409, code, why);
    return ROOST_ERR_REFUSED;
}

/* Whether there is such a charger; one that never came is only in the book. */
static void on_registered(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *asked = arg;

    if (err == 0 && found->charger_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0) {
        rest_fail(asked, err);
        return;
    }
    http_fail(asked->exchange, 409, "offline", "the charger is not connected; nothing was sent");
    rest_ask_free(asked);
}

static void ask_the_book(struct csms *csms, struct http_exchange *exchange, const char *identity)
{
    struct rest_ask *asked = rest_ask_new(csms, exchange);
    const struct csms_desk_query query = {.what = CSMS_DESK_CHARGER, .identity = identity};

    if (!asked)
        return;
    asked->what = "the charger";
    rest_read(asked, &query, on_registered);
}

void chargers_operate(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *identity = rest_identity_of(request, exchange);
    enum ocpp_message message = identity ? message_of(request, exchange) : OCPP_NO_MESSAGE;

    if (message == OCPP_NO_MESSAGE)
        return;
    struct operation *operation = operation_new(csms, request, exchange, message, identity);
    if (!operation)
        return;
    if (may_go(operation, request) < 0) {
        operation_free(operation);
        return;
    }
    const struct csms_charger *charger = csms_charger_find(csms, identity);
    if (!charger || !charger->link) {
        operation_free(operation);
        ask_the_book(csms, exchange, identity);
    } else if (message == OCPP_MSG_GetConfiguration) {
        configuration_ask(operation);
    } else {
        ask(operation);
    }
}
