/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime has to say, as DataTransfer of our own: {"vendorId":"Roost", "messageId":
 * "Status" or "Answer", "data": a text of proto/fleet/status.h or command.h}; and the request for a
 * certificate, as SignCertificate. None is copied: a text is made, or found, when it goes out.
 */
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/device/parts.h"

enum { LATER_MS = 1000 };

/* The runtime keeps an answer until this says 0, and a status is asked for again when it can go.
 * Who knows no such messages is not told again on this connection. */
int charger_word_report(void *ctx, enum roost_report what, const char *text, size_t len)
{
    struct roost_charger *charger = ctx;

    charger->word.text = text;
    charger->word.len = len;
    if (charger->word.fetching || charger->word.deaf || what == ROOST_REPORT_OFFLINE)
        return 0; /* nobody listens; the socket's end says it */
    charger->news |= !charger->word.answer;
    if (what == ROOST_REPORT_ONLINE) {
        charger->word.status = true;
        return 0;
    }
    charger->word.answer = !charger->word.taken;
    charger->word.taken = false;
    return charger->word.answer ? ROOST_ERR_FULL : 0;
}

/* ---- status and answers ---- */

static uint64_t word_due(struct charger_ocpp *ocpp)
{
    struct roost_charger *charger = charger_of(ocpp);

    charger->word.what = charger->word.answer ? CHARGER_WORD_ANSWER : CHARGER_WORD_STATUS;
    if (charger->word.answer) {
        charger->word.text = charger->device.answer;
        charger->word.len = charger->device.answer_len;
    } else if (charger->word.status) {
        charger->word.fetching = true;
        charger->word.status = roost_device_say_status(&charger->device, true) == 0;
        charger->word.fetching = false;
    }
    return charger->word.answer || charger->word.status ? ocpp->now.now_ms : ROOST_NEVER;
}

static void word_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct roost_charger *charger = charger_of(ocpp);
    bool answer = charger->word.what == CHARGER_WORD_ANSWER;

    ocpp_put_text(w, OCPP_vendorId, CHARGER_OCPP_VENDOR);
    ocpp_put_text(w, OCPP_messageId, answer ? "Answer" : "Status");
    ocpp_put_textn(w, OCPP_data, charger->word.text, charger->word.len);
}

static void word_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    struct roost_charger *charger = charger_of(ocpp);

    if (outcome == CHARGER_SILENT)
        return;
    charger->word.deaf = outcome == CHARGER_REFUSED || ocpp->told.status == OCPP_UnknownVendorId ||
                         ocpp->told.status == OCPP_UnknownMessageId;
    if (charger->word.what == CHARGER_WORD_STATUS)
        charger->word.status = false;
    else
        charger->word.taken = !charger->word.deaf;
    charger->word.answer = false;
}

/* ---- the request for a certificate ---- */

/* It is made where no event is looked at now. */
static uint64_t csr_due(struct charger_ocpp *ocpp)
{
    struct roost_charger *charger = charger_of(ocpp);
    struct charger_request *request = &charger->trust.request;
    uint64_t now_ms = ocpp->now.now_ms;

    if (!request->pki || charger_request_due(request) > now_ms)
        return request->pki ? charger_request_due(request) : ROOST_NEVER;
    if (charger->trust.busy)
        return now_ms + LATER_MS;
    int len = charger_request_csr(request, now_ms, charger->device.event.data,
                                  sizeof charger->device.event.data);
    if (len < 0) {
        ROOST_LOG(&charger->device.log, ROOST_LOG_ERROR, "link", "no certificate request",
                  RF_ERR("err", len));
        return charger_request_due(request);
    }
    charger->word.text = charger->device.event.data;
    charger->word.len = (size_t)len;
    return now_ms;
}

static void csr_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct roost_charger *charger = charger_of(ocpp);

    ocpp_put_textn(w, OCPP_csr, charger->word.text, charger->word.len);
}

static void csr_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    bool accepted = outcome == CHARGER_ANSWERED && ocpp->told.status == OCPP_Accepted;

    charger_request_answered(&charger_of(ocpp)->trust.request, accepted, ocpp->now.now_ms);
}

const struct charger_saying charger_words_said[CHARGER_WORDS_SAID] = {
    {.message = OCPP_MSG_SignCertificate,
     .from = CHARGER_REGISTERED,
     .due = csr_due,
     .write = csr_write,
     .done = csr_done,
     .take = charger_told_take},
    {.message = OCPP_MSG_DataTransfer,
     .from = CHARGER_REGISTERED,
     .due = word_due,
     .write = word_write,
     .done = word_done,
     .take = charger_told_take},
};
