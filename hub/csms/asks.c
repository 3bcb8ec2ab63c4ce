/* SPDX-License-Identifier: Apache-2.0 */
/* CALLs of ours: a queue for each charger, of which one is on its way. All have the same time to be
 * answered in, so those that wait for an answer stand in the order in which they are due. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

/* ---- what is due ---- */

static void due_add(struct csms *csms, struct csms_sent *sent)
{
    struct csms_sent *after = csms->due_last;

    while (after && after->due_ms > sent->due_ms)
        after = after->previous_due;
    sent->previous_due = after;
    sent->next_due = after ? after->next_due : csms->due;
    if (sent->next_due)
        sent->next_due->previous_due = sent;
    else
        csms->due_last = sent;
    if (after)
        after->next_due = sent;
    else
        csms->due = sent;
}

static void due_remove(struct csms *csms, struct csms_sent *sent)
{
    if (sent->next_due)
        sent->next_due->previous_due = sent->previous_due;
    else
        csms->due_last = sent->previous_due;
    if (sent->previous_due)
        sent->previous_due->next_due = sent->next_due;
    else
        csms->due = sent->next_due;
}

/* ---- one after another ---- */

void csms_asks_go(struct csms_charger *charger)
{
    struct csms *csms = charger->csms;
    struct csms_sent *sent = charger->asks;

    if (charger->asking || !sent || !charger->link)
        return;
    charger->asking = true;
    const struct messages_room room = messages_room(csms->with->messages_max, csms->charger_count);
    sent->number = messages_begin(&charger->messages, &room, MESSAGE_OUT, sent->ask.message,
                                  sent->frame, sent->len, csms_unix_ms(csms));
    int err = hub_peer_send(charger->link->peer, HUB_PEER_TEXT, sent->frame, sent->len);
    /* One that does not go out is not answered: known at the next tick. */
    sent->due_ms = csms_now_ms(csms) + (err < 0 ? 0 : CSMS_ANSWER_MS);
    due_add(csms, sent);
}

static void over(struct csms *csms, struct csms_sent *sent, enum csms_outcome outcome,
                 enum ocpp_error error, const char *text)
{
    metric_add(csms->metrics.outcomes[outcome], 1);
    messages_end(&sent->charger->messages, sent->number, csms_outcome_name(outcome), NULL, 0,
                 csms_unix_ms(csms));
    if (sent->ask.done)
        sent->ask.done(sent->ask.ctx, outcome, error, text);
    free(sent);
}

void csms_ask_over(struct csms_charger *charger, enum csms_outcome outcome, enum ocpp_error error,
                   const char *text)
{
    struct csms_sent *sent = charger->asks;

    due_remove(charger->csms, sent);
    charger->asking = false;
    charger->asks = sent->next;
    charger->ask_count--;
    if (!charger->asks)
        charger->asks_end = &charger->asks;
    over(charger->csms, sent, outcome, error, text);
    csms_asks_go(charger);
}

void csms_asks_drop(struct csms_charger *charger, enum csms_outcome outcome)
{
    struct csms_sent *sent = charger->asks;

    if (charger->asking)
        due_remove(charger->csms, sent);
    charger->asking = false;
    charger->asks = NULL; /* what `done` asks now is none of these */
    charger->asks_end = &charger->asks;
    charger->ask_count = 0;
    while (sent) {
        struct csms_sent *next = sent->next;
        over(charger->csms, sent, outcome, OCPP_ERROR_NONE, "");
        sent = next;
    }
}

uint64_t csms_asks_tick(struct csms *csms, uint64_t now_ms)
{
    size_t count = 0;

    /* What `done` asks now may be due at once again, and stands behind those. */
    for (const struct csms_sent *at = csms->due; at && at->due_ms <= now_ms; at = at->next_due)
        count++;
    for (; count > 0 && csms->due && csms->due->due_ms <= now_ms; count--)
        csms_ask_over(csms->due->charger, CSMS_TIMED_OUT, OCPP_ERROR_NONE, "");
    return csms->due ? csms->due->due_ms : ROOST_NEVER;
}

/* ---- a new one ---- */

/* What is written already is checked as what would be written. */
static bool is_good(const struct csms_ask *ask)
{
    struct ocpp_check check;
    struct roost_json_push push;

    ocpp_check_begin(&check, ocpp_message_request(ask->message), 0, NULL, NULL);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    int err = roost_json_push_feed(&push, ask->payload, ask->payload_len);
    if (err == 0)
        err = roost_json_push_end(&push);
    return err == 0 && check.fault.kind == OCPP_FAULT_NONE;
}

static struct csms_sent *sent_of_payload(const char *id, const struct csms_ask *ask)
{
    const char *action = ocpp_word_text(ocpp_message_action(ask->message));
    size_t size = strlen(id) + strlen(action) + ask->payload_len + sizeof "[2,\"\",\"\",]";
    struct csms_sent *sent = calloc(1, sizeof *sent + size);

    if (sent)
        sent->len = (size_t)snprintf(sent->frame, size, "[2,\"%s\",\"%s\",%.*s]", id, action,
                                     (int)ask->payload_len, ask->payload);
    return sent;
}

static int write_frame(struct ocpp_writer *w, const char *id, const struct csms_ask *ask)
{
    ocpp_write_call(w, id, ask->message);
    int err = ask->write ? ask->write(ask->ctx, w) : 0;
    int len = ocpp_writer_end(w);
    return err < 0 ? err : len;
}

static bool needs_acceptance(enum ocpp_message message)
{
    return message == OCPP_MSG_RemoteStartTransaction || message == OCPP_MSG_RemoteStopTransaction;
}

static int sent_new(struct csms_sent **out, const char *id, const struct csms_ask *ask)
{
    char room[2 * OCPP_WRITER_ROOM];
    struct ocpp_writer w;

    *out = NULL;
    if (ask->payload) {
        if (!is_good(ask))
            return ROOST_ERR_INVALID;
        *out = sent_of_payload(id, ask);
        return *out ? 0 : ROOST_ERR_NO_MEMORY;
    }
    ocpp_writer_measure(&w, room, sizeof room);
    int len = write_frame(&w, id, ask);
    if (len < 0)
        return ROOST_ERR_INVALID;
    struct csms_sent *sent = calloc(1, sizeof *sent + (size_t)len + 1);
    if (!sent)
        return ROOST_ERR_NO_MEMORY;
    ocpp_writer_begin(&w, sent->frame, (size_t)len + 1);
    len = write_frame(&w, id, ask);
    if (len < 0) {
        free(sent);
        return ROOST_ERR_INVALID;
    }
    sent->len = (size_t)len;
    *out = sent;
    return 0;
}

int csms_ask(struct csms *csms, const char *identity, const struct csms_ask *ask)
{
    struct csms_charger *charger = csms_charger_find(csms, identity);
    char id[OCPP_MADE_ID_BYTES];
    struct csms_sent *sent;

    if (!charger)
        return ROOST_ERR_NOT_FOUND;
    if (!charger->link || csms->stopping)
        return ROOST_ERR_CLOSED;
    if (needs_acceptance(ask->message) &&
        !(charger->booted && charger->registration == CSMS_ACCEPTED))
        return ROOST_ERR_STATE;
    if (charger->ask_count >= CSMS_ASKS_MAX)
        return ROOST_ERR_FULL;
    ocpp_id_make(id, csms->start, ++csms->number);
    int err = sent_new(&sent, id, ask);
    if (err < 0)
        return err;
    sent->charger = charger;
    sent->ask = *ask;
    sent->ask.payload = NULL; /* it was the caller's */
    memcpy(sent->id, id, sizeof id);
    *charger->asks_end = sent;
    charger->asks_end = &sent->next;
    charger->ask_count++;
    csms_asks_go(charger);
    return 0;
}

void csms_ask_withdraw(struct csms *csms, const char *identity, const void *ctx)
{
    struct csms_charger *charger = csms_charger_find(csms, identity);

    if (!charger || !charger->asks)
        return;
    struct csms_sent **at = charger->asking ? &charger->asks->next : &charger->asks;
    while (*at && (*at)->ask.ctx != ctx)
        at = &(*at)->next;
    struct csms_sent *sent = *at;
    if (!sent)
        return;
    *at = sent->next;
    if (!sent->next)
        charger->asks_end = at;
    charger->ask_count--;
    over(csms, sent, CSMS_WITHDRAWN, OCPP_ERROR_NONE, "");
}
