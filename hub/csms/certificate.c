/* SPDX-License-Identifier: Apache-2.0 */
/* SignCertificate: answered when what came of it is stored; the certificate follows as a CALL of
 * ours. A charger that does not take it is shown in the log and its notes, and nothing is sent
 * again by itself. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"
#include "hub/csms/sign.h"

struct sending {
    struct csms *csms;
    struct csms_certificate certificate;
    enum ocpp_word status;
    char *chain;
};

static int write_chain(void *ctx, struct ocpp_writer *w)
{
    const struct sending *sending = ctx;

    ocpp_put_text(w, OCPP_certificateChain, sending->chain);
    return 0;
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct sending *sending = ctx;

    if (value->field == OCPP_status)
        sending->status = (enum ocpp_word)value->number;
    return 0;
}

static void on_sent(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct sending *sending = ctx;
    bool taken = outcome == CSMS_ANSWERED && sending->status == OCPP_Accepted;

    (void)error;
    HOST_LOG(taken ? ROOST_LOG_INFO : ROOST_LOG_WARN, "csms",
             taken ? "certificate taken" : "certificate not taken",
             RF_STR("charger", sending->certificate.identity),
             RF_STR("serial", sending->certificate.serial),
             RF_STR("outcome", csms_outcome_name(outcome)), RF_STR("why", text));
    if (outcome == CSMS_ANSWERED || outcome == CSMS_CALLERROR) {
        sending->certificate.state = taken ? CSMS_CERTIFICATE_TAKEN : CSMS_CERTIFICATE_REFUSED;
        csms_calendar_put(sending->csms, &sending->certificate);
    }
    free(sending->chain);
    free(sending);
}

static struct csms_certificate certificate_of(const struct csms_charger *charger,
                                              const struct csms_issued *issued)
{
    struct csms_certificate certificate = {.until_ms = issued->until_ms,
                                           .signed_ms = csms_unix_ms(charger->csms),
                                           .state = CSMS_CERTIFICATE_SIGNED};

    memcpy(certificate.identity, charger->identity, sizeof certificate.identity);
    snprintf(certificate.name, sizeof certificate.name, "%s", csms_certificate_name(charger));
    memcpy(certificate.serial, issued->serial, sizeof certificate.serial);
    return certificate;
}

static void send_certificate(struct csms_charger *charger, const struct csms_issued *issued)
{
    struct sending *sending = calloc(1, sizeof *sending);
    struct csms_ask ask = {.message = OCPP_MSG_CertificateSigned,
                           .write = write_chain,
                           .take = take_status,
                           .done = on_sent,
                           .ctx = sending};

    if (!sending)
        return;
    sending->csms = charger->csms;
    sending->certificate = certificate_of(charger, issued);
    sending->status = OCPP_NO_WORD;
    sending->chain = strdup(issued->chain);
    int err =
        sending->chain ? csms_ask(charger->csms, charger->identity, &ask) : ROOST_ERR_NO_MEMORY;
    if (err < 0)
        on_sent(sending, CSMS_LOST, OCPP_ERROR_NONE, roost_err_text(err));
}

static void on_stored(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;
    struct csms_charger *charger = call->charger; /* which outlives the call */
    struct csms_issued *issued = call->issued;
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    (void)tx_id;
    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    call->issued = NULL;
    csms_answer_begin(call, &w, out);
    ocpp_put_word(&w, OCPP_status, issued ? OCPP_Accepted : OCPP_Rejected);
    csms_answer_end(call, &w);
    if (issued)
        send_certificate(charger, issued);
    free(issued);
}

void csms_sign(struct csms_call *call)
{
    const struct csms *csms = call->charger->csms;
    struct csms_issued *issued;
    struct why why;
    char text[128];

    if (!csms->with->signer) {
        csms_answer_error(call, OCPP_ERROR_NOT_SUPPORTED, "nobody here signs");
        return;
    }
    issued = calloc(1, sizeof *issued);
    int err =
        issued ? csms_signer_sign(csms->with->signer, csms_certificate_name(call->charger),
                                  call->texts ? call->texts : "", csms_unix_ms(csms), issued, &why)
               : ROOST_ERR_NO_MEMORY;
    if (err < 0 && err != ROOST_ERR_INVALID) {
        free(issued);
        csms_answer_error(call, OCPP_ERROR_INTERNAL, "not signed, say it again");
        return;
    }
    if (err == 0) {
        snprintf(text, sizeof text, "{\"serial\":\"%s\",\"until_ms\":%lld}", issued->serial,
                 (long long)issued->until_ms);
    } else {
        free(issued);
        issued = NULL;
    }
    call->issued = issued;
    const struct csms_note note = {.action = OCPP_SignCertificate,
                                   .what = issued ? "Accepted" : "Rejected",
                                   .text = issued ? text : why.text,
                                   .at_ms = call->arrived_ms};
    struct csms_certificate certificate;
    struct csms_change change = {
        .identity = call->charger->identity, .arrived_ms = call->arrived_ms, .note = &note};
    if (issued) {
        certificate = certificate_of(call->charger, issued);
        change.certificate = &certificate;
    }
    csms_put(call, &change, on_stored);
}
