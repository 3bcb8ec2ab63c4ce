/* SPDX-License-Identifier: Apache-2.0 */
/* The CALLs of a charger, one after another: what is to be kept is put into the book, and when it
 * is durable the charger is answered. What cannot be kept is answered InternalError, or not at all
 * when it is of a transaction: the charger says it again. */
#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "hub/csms/csms_internal.h"
#include "hub/csms/vehicle.h"

/* ---- answers ---- */

int csms_send(struct csms_link *link, const char *id, struct ocpp_writer *w)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer error;
    int len = ocpp_writer_end(w), own_len = len;

    if (len < 0) { /* something of the book is none of OCPP's */
        metric_add(link->csms->metrics.refused[OCPP_ERROR_INTERNAL], 1);
        ocpp_writer_begin(&error, out, sizeof out);
        ocpp_write_error(&error, id, OCPP_ERROR_INTERNAL, "no answer could be written");
        w = &error;
        len = ocpp_writer_end(w);
    }
    if (len < 0 || hub_peer_send(link->peer, HUB_PEER_TEXT, w->json.out, (size_t)len) < 0)
        metric_add(link->csms->metrics.unanswered, 1);
    return own_len;
}

/* Frees it; the next one's turn. */
static void finish(struct csms_call *call)
{
    struct csms_charger *charger = call->charger;

    ROOST_ASSERT(charger->serving && charger->calls == call);
    csms_tag_release(call);
    charger->calls = call->next;
    if (!charger->calls)
        charger->calls_end = &charger->calls;
    charger->call_count--;
    charger->csms->call_count--;
    charger->serving = false;
    csms_call_free(charger->csms, call);
    csms_serve(charger);
}

void csms_answer_begin(struct csms_call *call, struct ocpp_writer *w, char out[CSMS_ANSWER_BYTES])
{
    ocpp_writer_begin(w, out, CSMS_ANSWER_BYTES);
    ocpp_write_result(w, call->id, call->message);
}

static void answered(struct csms_call *call, struct ocpp_writer *w, const char *result)
{
    struct csms_charger *charger = call->charger;
    int len = -1;

    if (call->link)
        len = csms_send(call->link, call->id, w);
    else
        metric_add(charger->csms->metrics.unanswered, 1);
    messages_end(&charger->messages, call->number, call->link ? result : "unanswered",
                 len > 0 ? w->json.out : NULL, len > 0 ? (size_t)len : 0,
                 csms_unix_ms(charger->csms));
    finish(call);
}

void csms_answer_end(struct csms_call *call, struct ocpp_writer *w)
{
    answered(call, w, "answered");
}

void csms_answer_error(struct csms_call *call, enum ocpp_error error, const char *text)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    metric_add(call->charger->csms->metrics.refused[error], 1);
    ocpp_writer_begin(&w, out, sizeof out);
    ocpp_write_error(&w, call->id, error, text);
    answered(call, &w, ocpp_word_text(ocpp_error_word(error)));
}

bool csms_is_of_transaction(enum ocpp_message message)
{
    return message == OCPP_MSG_StartTransaction || message == OCPP_MSG_StopTransaction ||
           message == OCPP_MSG_MeterValues;
}

void csms_answer_unstored(struct csms_call *call)
{
    static const char not_stored[] = "not stored, say it again";

    if (!csms_is_of_transaction(call->message)) {
        csms_answer_error(call, OCPP_ERROR_INTERNAL, not_stored);
        return;
    }
    metric_add(call->charger->csms->metrics.unanswered, 1);
    messages_end(&call->charger->messages, call->number, "unanswered", NULL, 0,
                 csms_unix_ms(call->charger->csms));
    if (call->link)
        csms_hang_up(call->link, not_stored);
    finish(call);
}

void csms_answer_empty(struct csms_call *call)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    csms_answer_end(call, &w);
}

static void answer_status(struct csms_call *call, enum ocpp_word status)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    ocpp_put_word(&w, OCPP_status, status);
    csms_answer_end(call, &w);
}

/* ---- the book ---- */

void csms_put(struct csms_call *call, const struct csms_change *change, csms_stored_fn done)
{
    const struct csms_book *book = call->charger->csms->with->book;

    if (book->ops->put(book->ctx, change, done, call) < 0)
        csms_answer_unstored(call);
}

void csms_find(struct csms_call *call, const struct csms_query *query, csms_found_fn done)
{
    const struct csms_book *book = call->charger->csms->with->book;

    if (book->ops->find(book->ctx, query, done, call) < 0)
        csms_answer_unstored(call);
}

static struct csms_change change_of(const struct csms_call *call)
{
    return (struct csms_change){.identity = call->charger->identity,
                                .arrived_ms = call->arrived_ms};
}

/* ---- Boot, Heartbeat ---- */

static enum ocpp_word registration_word(enum csms_registration registration)
{
    return registration == CSMS_ACCEPTED  ? OCPP_Accepted
           : registration == CSMS_PENDING ? OCPP_Pending
                                          : OCPP_Rejected;
}

static int32_t interval_s(const struct csms_parts *with, enum csms_registration registration)
{
    if (registration == CSMS_ACCEPTED)
        return (int32_t)(with->heartbeat_s ? with->heartbeat_s : CSMS_HEARTBEAT_S);
    return (int32_t)(with->boot_retry_s ? with->boot_retry_s : CSMS_BOOT_RETRY_S);
}

/* Its transactions stay open: it may go on with them, or close them with their own times. */
static void on_boot(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;
    struct csms_charger *charger = call->charger;
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    (void)tx_id;
    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    charger->booted = charger->booted || call->boot.accepted;
    charger->boot_seen = true;
    csms_boot_is(charger, &call->boot);
    if (known_booted(&charger->known))
        csms_known_changed(charger);
    csms_fleet_tell(charger);
    for (size_t i = 0; i < charger->connector_count; i++)
        charger->connectors[i].booted = charger->connectors[i].tx != NULL;
    csms_answer_begin(call, &w, out);
    ocpp_put_word(&w, OCPP_status, registration_word(call->registration));
    ocpp_put_time(&w, OCPP_currentTime, csms_unix_ms(charger->csms));
    ocpp_put_int(&w, OCPP_interval, interval_s(charger->csms->with, call->registration));
    csms_answer_end(call, &w); /* `call` is gone */
    csms_drift_booted(charger);
}

static void serve_boot(struct csms_call *call)
{
    struct csms_change change = change_of(call);

    call->registration = call->charger->registration;
    call->boot.accepted = call->registration == CSMS_ACCEPTED;
    change.boot = &call->boot;
    csms_put(call, &change, on_boot);
}

static void serve_heartbeat(struct csms_call *call)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    ocpp_put_time(&w, OCPP_currentTime, csms_unix_ms(call->charger->csms));
    csms_answer_end(call, &w);
}

/* ---- StatusNotification ---- */

static void on_status(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;

    (void)tx_id;
    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    struct csms_connector *connector = csms_connector(call->charger, call->connector);
    if (connector) {
        bool news = connector->error_code != call->error_code;
        connector->status = call->word;
        connector->error_code = call->error_code;
        connector->fault_number = csms_fault_number(call->vendor_error);
        csms_live_tell(call->charger, connector);
        if (news)
            csms_fleet_tell(call->charger);
    }
    csms_answer_empty(call);
}

static void serve_status(struct csms_call *call)
{
    struct csms_change change = change_of(call);
    struct csms_status status = {
        .connector = call->connector,
        .status = call->word,
        .error_code = call->error_code,
        .at_ms = call->has_time ? call->at_ms : call->arrived_ms,
    };

    if (!csms_connector(call->charger, call->connector)) {
        csms_answer_error(call, OCPP_ERROR_PROPERTY, "connectorId: out of range (32)");
        return;
    }
    memcpy(status.info, call->info, sizeof status.info);
    memcpy(status.vendor_error, call->vendor_error, sizeof status.vendor_error);
    change.status = &status;
    csms_put(call, &change, on_status);
}

/* ---- what is kept for people to look up ---- */

static void on_note(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;

    (void)tx_id;
    if (err < 0)
        csms_answer_unstored(call);
    else if (call->message == OCPP_MSG_DataTransfer)
        answer_status(call, OCPP_Accepted);
    else
        csms_answer_empty(call);
}

static void serve_note(struct csms_call *call)
{
    struct csms_change change = change_of(call);
    struct csms_note note = {
        .action = ocpp_message_action(call->message),
        .what = call->word != OCPP_NO_WORD ? ocpp_word_text(call->word) : call->info,
        .text = call->message == OCPP_MSG_DataTransfer ? call->texts : call->text,
        .at_ms = call->has_time ? call->at_ms : call->arrived_ms,
    };

    if (!note.text)
        note.text = "";
    change.note = &note;
    csms_put(call, &change, on_note);
}

/* What is there now, for whoever is about to pay; true: it is as it was, and stored before. */
static bool is_same_vehicle(struct csms_call *call)
{
    struct csms_charger *charger = call->charger;

    if (strcmp(call->info, VEHICLE_INFO) != 0 || !call->texts)
        return false;
    charger->vehicle_ms = call->arrived_ms;
    if (charger->vehicle && strcmp(charger->vehicle, call->texts) == 0)
        return true;
    free(charger->vehicle);
    charger->vehicle = strdup(call->texts);
    return false;
}

/* `text` is the vendor, `info` the message. */
static void serve_data(struct csms_call *call)
{
    const struct csms_parts *with = call->charger->csms->with;

    for (size_t i = 0; i < with->vendor_count; i++) {
        const struct csms_vendor *vendor = &with->vendors[i];
        enum ocpp_word status;
        if (!ocpp_identifier_equal(vendor->vendor_id, call->text))
            continue;
        if (csms_word(call, &status)) {
            answer_status(call, status); /* the fleet keeps it */
            return;
        }
        status = vendor->take(vendor->ctx, call->charger->identity, call->info,
                              call->texts ? call->texts : "");
        if (status == OCPP_Accepted && !is_same_vehicle(call))
            serve_note(call);
        else
            answer_status(call, status);
        return;
    }
    answer_status(call, OCPP_UnknownVendorId);
}

/* ---- one after another ---- */

static void serve(struct csms_call *call)
{
    const struct csms_charger *charger = call->charger;

    if (call->message != OCPP_MSG_BootNotification &&
        !(charger->booted && charger->registration == CSMS_ACCEPTED)) {
        csms_answer_error(call, OCPP_ERROR_SECURITY, "not accepted yet: BootNotification first");
        return;
    }
    switch (call->message) {
    case OCPP_MSG_BootNotification:
        serve_boot(call);
        break;
    case OCPP_MSG_Heartbeat:
        serve_heartbeat(call);
        break;
    case OCPP_MSG_StatusNotification:
        serve_status(call);
        break;
    case OCPP_MSG_Authorize:
        csms_authorize(call);
        break;
    case OCPP_MSG_StartTransaction:
        csms_start(call);
        break;
    case OCPP_MSG_StopTransaction:
        csms_stop(call);
        break;
    case OCPP_MSG_MeterValues:
        csms_meter(call);
        break;
    case OCPP_MSG_DataTransfer:
        serve_data(call);
        break;
    case OCPP_MSG_DiagnosticsStatusNotification:
    case OCPP_MSG_FirmwareStatusNotification:
    case OCPP_MSG_LogStatusNotification:
    case OCPP_MSG_SecurityEventNotification:
    case OCPP_MSG_SignedFirmwareStatusNotification:
        serve_note(call);
        break;
    case OCPP_MSG_SignCertificate:
        csms_sign(call);
        break;
    default:
        csms_answer_error(call, OCPP_ERROR_NOT_SUPPORTED, "not served here");
        break;
    }
}

/* Also called from inside `serve`, by what is answered at once: the loop outside goes on then. */
void csms_serve(struct csms_charger *charger)
{
    if (charger->looping)
        return;
    charger->looping = true;
    while (!charger->serving && charger->calls) {
        charger->serving = true;
        serve(charger->calls);
    }
    charger->looping = false;
}
