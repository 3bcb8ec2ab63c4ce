/* SPDX-License-Identifier: Apache-2.0 */
/* A frame of a charger. It is read in pieces with the places of one CALL made when a CALL begins;
 * what is wrong with it is answered at once, and the socket stays whatever comes. There being no
 * room for a message of a transaction is not its fault: csms_answer_unstored. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

enum { PIECE = 4096 };

/* ---- what a CALL says: its memory is kept for the next one ---- */

enum { SPARE_CALLS = 64, SPARE_SAMPLES = 64 };

static void call_free(struct csms_call *call)
{
    free(call->samples);
    free(call);
}

static struct csms_call *call_new(struct csms *csms)
{
    struct csms_call *call = csms->spare;

    if (!call)
        return calloc(1, sizeof *call);
    csms->spare = call->next;
    csms->spare_count--;
    *call = (struct csms_call){.samples = call->samples, .sample_room = call->sample_room};
    return call;
}

void csms_call_free(struct csms *csms, struct csms_call *call)
{
    if (!call)
        return;
    free(call->issued);
    free(call->texts);
    free(call->prices);
    if (csms->spare_count >= SPARE_CALLS || call->sample_room > SPARE_SAMPLES) {
        call_free(call);
        return;
    }
    call->next = csms->spare;
    csms->spare = call;
    csms->spare_count++;
}

void csms_calls_free(struct csms *csms)
{
    while (csms->spare) {
        struct csms_call *call = csms->spare;
        csms->spare = call->next;
        call_free(call);
    }
}

/* ---- what it is taken by ---- */

static void on_open(void *ctx, struct ocpp_rpc *rpc)
{
    struct csms *csms = ctx;
    struct csms_charger *charger = csms->reading;

    if (rpc->type != OCPP_FRAME_CALL) {
        if (charger->asking)
            ocpp_rpc_take(rpc, charger->asks->ask.take, charger->asks->ask.ctx);
        return;
    }
    if (rpc->message == OCPP_MSG_StopTransaction)
        csms->rpc_config.bytes_max = CSMS_STOP_BYTES_MAX;
    if (csms->intake)
        return;
    csms->intake = call_new(csms);
    if (!csms->intake)
        return; /* refused at its end */
    csms->intake->arrived_ms = csms_unix_ms(csms);
    ocpp_rpc_take(rpc, csms_intake, csms->intake);
}

/* ---- what becomes of it ---- */

static uint64_t note(struct csms_charger *charger, enum ocpp_message message, const char *data,
                     size_t len)
{
    const struct messages_room room =
        messages_room(charger->csms->with->messages_max, charger->csms->charger_count);

    return messages_begin(&charger->messages, &room, MESSAGE_IN, message, data, len,
                          csms_unix_ms(charger->csms));
}

static void refuse(struct csms_link *link, enum ocpp_error error, const char *text)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    metric_add(link->csms->metrics.refused[error], 1);
    ocpp_writer_begin(&w, out, sizeof out);
    if (text)
        ocpp_write_error(&w, link->csms->rpc.id, error, text);
    else
        ocpp_write_refusal(&w, &link->csms->rpc);
    (void)csms_send(link, link->csms->rpc.id, &w);
}

static void take_call(struct csms_link *link, uint64_t number)
{
    struct csms *csms = link->csms;
    struct csms_charger *charger = link->charger;
    struct csms_call *call = csms->intake;

    metric_add(csms->metrics.calls, 1);
    if (!call || charger->call_count >= CSMS_CALLS_MAX) {
        const char *why = call ? "too many at once" : "no memory";
        if (csms_is_of_transaction(csms->rpc.message)) {
            metric_add(csms->metrics.unanswered, 1);
            csms_hang_up(link, why);
        } else {
            refuse(link, OCPP_ERROR_INTERNAL, why);
        }
        return;
    }
    csms->intake = NULL;
    call->charger = charger;
    call->link = link;
    call->message = csms->rpc.message;
    call->used = csms->rpc.check.used;
    call->number = number;
    snprintf(call->id, sizeof call->id, "%s", csms->rpc.id);
    *charger->calls_end = call;
    charger->calls_end = &call->next;
    charger->call_count++;
    csms->call_count++;
    csms_serve(charger);
}

/* The payload of [3,"id",payload], of which it is known that it is that. */
static const char *payload_of(const char *data, size_t len, size_t *out_len)
{
    const char *end = data + len, *at = memchr(data, '"', len);

    for (at++; *at != '"'; at++) /* the id */
        if (*at == '\\')
            at++;
    at = memchr(at, ',', (size_t)(end - at));
    at++;
    while (end[-1] != ']')
        end--;
    *out_len = (size_t)(end - 1 - at);
    return at;
}

static void take_answer(struct csms_charger *charger, enum ocpp_rpc_kind kind, const char *data,
                        size_t len)
{
    messages_end(&charger->messages, charger->asks->number, NULL, data, len,
                 csms_unix_ms(charger->csms));

    const struct ocpp_rpc *rpc = &charger->csms->rpc;
    char text[OCPP_RPC_DESCRIPTION + 1 > OCPP_FAULT_TEXT_MAX ? OCPP_RPC_DESCRIPTION + 1
                                                             : OCPP_FAULT_TEXT_MAX] = "";

    switch (kind) {
    case OCPP_RPC_RESULT:
        if (charger->asks->ask.heard) {
            size_t payload_len;
            const char *payload = payload_of(data, len, &payload_len);
            charger->asks->ask.heard(charger->asks->ask.ctx, payload, payload_len);
        }
        csms_ask_over(charger, CSMS_ANSWERED, OCPP_ERROR_NONE, text);
        break;
    case OCPP_RPC_ERROR:
        snprintf(text, sizeof text, "%s", rpc->description);
        csms_ask_over(charger, CSMS_CALLERROR, rpc->error, text);
        break;
    default:
        ocpp_fault_text(&rpc->check.fault, text);
        csms_ask_over(charger, CSMS_BAD_ANSWER, OCPP_ERROR_NONE, text);
        break;
    }
}

static enum ocpp_rpc_kind read_frame(struct csms_charger *charger, const char *data, size_t len)
{
    struct csms *csms = charger->csms;
    const struct csms_sent *sent = charger->asking ? charger->asks : NULL;

    csms->rpc_config = (struct ocpp_rpc_config){.side = OCPP_BY_CS,
                                                .lenient = charger->lenient,
                                                .bytes_max = CSMS_BYTES_MAX,
                                                .open = on_open,
                                                .ctx = csms};
    csms->reading = charger;
    ocpp_rpc_begin(&csms->rpc, &csms->rpc_config, sent ? sent->id : NULL,
                   sent ? sent->ask.message : OCPP_NO_MESSAGE);
    for (size_t at = 0; at < len; at += PIECE)
        ocpp_rpc_feed(&csms->rpc, data + at, len - at < PIECE ? len - at : PIECE);
    return ocpp_rpc_end(&csms->rpc);
}

static void refused(struct csms_link *link, const char *data, size_t len)
{
    struct csms *csms = link->csms;
    enum ocpp_error error = ocpp_fault_error(&csms->rpc.check.fault);
    uint64_t number = note(link->charger, csms->rpc.message, data, len);

    refuse(link, error, NULL);
    messages_end(&link->charger->messages, number, ocpp_word_text(ocpp_error_word(error)), NULL, 0,
                 csms_unix_ms(csms));
}

void csms_message(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                  size_t len)
{
    struct csms *csms = service;
    struct csms_link *link = peer->user;

    if (!link || !link->charger)
        return; /* it is being closed */
    struct csms_charger *charger = link->charger;
    const char *before = host_log_scope(link->correlation_id);
    charger->seen_ms = csms_unix_ms(csms);
    csms_fleet_heard(charger);
    if (type == HUB_PEER_BINARY) {
        metric_add(csms->metrics.drops[OCPP_DROP_BINARY], 1);
        host_log_scope(before);
        return;
    }
    enum ocpp_rpc_kind kind = read_frame(charger, data, len);
    csms_count_lenient(charger, csms->rpc.check.used);
    switch (kind) {
    case OCPP_RPC_DROPPED:
        metric_add(csms->metrics.drops[csms->rpc.drop], 1);
        messages_end(&charger->messages, note(charger, OCPP_NO_MESSAGE, data, len),
                     ocpp_drop_name(csms->rpc.drop), NULL, 0, csms_unix_ms(csms));
        break;
    case OCPP_RPC_REFUSED:
        refused(link, data, len);
        break;
    case OCPP_RPC_CALL:
        take_call(link, note(charger, csms->rpc.message, data, len));
        break;
    default:
        take_answer(charger, kind, data, len);
        break;
    }
    csms_call_free(csms, csms->intake); /* of what was not taken */
    csms->intake = NULL;
    host_log_scope(before);
}
