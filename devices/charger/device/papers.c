/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates by the central system's word: roots are installed, listed and deleted, and the
 * charger's own is taken (security whitepaper, A02, M03 to M05). A text goes to flash as it comes,
 * under "in", and nothing stands on it before it is whole and good: a power cut leaves what was.
 */
#include "core/err.h"
#include "devices/charger/device/parts.h"
#include "devices/charger/ocpp/serve_parts.h"

enum { CLOSE_NORMAL = 1000 };

static enum ocpp_error not_here(struct charger_ocpp *ocpp)
{
    return charger_say_error(ocpp, OCPP_ERROR_NOT_SUPPORTED, "it knows no certificates");
}

static bool knows(struct charger_ocpp *ocpp)
{
    return charger_of(ocpp)->device.port->pki.ops != NULL;
}

static void begin(struct charger_ocpp *ocpp)
{
    charger_gather_begin(&ocpp->serving.asked.paper.text, &charger_of(ocpp)->device.port->kv, "in");
}

#define SLOT(object, field, member) OCPP_SLOT(object, field, union charger_asked, paper.member)

static const struct ocpp_slot slots[] = {
    SLOT(InstallCertificate, certificateType, use),
    SLOT(GetInstalledCertificateIds, certificateType, use),
    SLOT(CertificateHashData, hashAlgorithm, hash),
    SLOT(CertificateHashData, issuerNameHash, id.issuer_name_hash),
    SLOT(CertificateHashData, issuerKeyHash, id.issuer_key_hash),
    SLOT(CertificateHashData, serialNumber, id.serial),
    SLOT(SignedUpdateFirmware, requestId, order.request_id),
    SLOT(SignedUpdateFirmware, retries, order.retries),
    SLOT(Firmware, location, order.url),
    SLOT(Firmware, retrieveDateTime, order.retrieve_ms),
    SLOT(Firmware, installDateTime, order.install_ms),
    SLOT(Firmware, signature, signature),
};

static int take(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], asked, NULL};

    if (value->field != OCPP_certificate && value->field != OCPP_certificateChain &&
        value->field != OCPP_signingCertificate)
        return ocpp_fill_take(&fill, value);
    charger_gather_add(&asked->paper.text, value->text, value->len);
    return 0;
}

static enum charger_root_use use_of(const union charger_asked *asked)
{
    return asked->paper.use == OCPP_ManufacturerRootCertificate ? CHARGER_ROOT_MANUFACTURER
                                                                : CHARGER_ROOT_CENTRAL;
}

/* What is trusted, or by what it is known, is another now. */
static void changed(struct roost_charger *charger, const char *what)
{
    charger_trust_look(charger);
    charger_event(charger, CHARGER_EVENT_ReconfigurationOfSecurityParameters, what);
}

/* ---- roots ---- */

static enum ocpp_error serve_install(struct charger_ocpp *ocpp)
{
    static const uint16_t words[] = {[CHARGER_INSTALL_ACCEPTED] = OCPP_Accepted,
                                     [CHARGER_INSTALL_REJECTED] = OCPP_Rejected,
                                     [CHARGER_INSTALL_FAILED] = OCPP_Failed};
    struct roost_charger *charger = charger_of(ocpp);
    union charger_asked *asked = &ocpp->serving.asked;
    enum charger_install_answer answer = CHARGER_INSTALL_FAILED;

    if (!knows(ocpp))
        return not_here(ocpp);
    int err = charger_gather_end(&asked->paper.text);
    if (err == ROOST_ERR_EMPTY || err == ROOST_ERR_TOO_LONG)
        answer = CHARGER_INSTALL_REJECTED;
    if (err == 0) {
        struct roost_pki_text text = charger_blob_text(&asked->paper.text.blob);
        answer =
            charger_roots_install(&charger->trust.roots, use_of(asked), &text, ocpp->now.unix_ms);
    }
    (void)charger_blob_erase(&asked->paper.text.blob); /* what is left is overwritten */
    if (answer == CHARGER_INSTALL_ACCEPTED)
        changed(charger, "root installed");
    return charger_say(ocpp, (enum ocpp_word)words[answer]);
}

static enum ocpp_error serve_delete(struct charger_ocpp *ocpp)
{
    static const uint16_t words[] = {[CHARGER_DELETE_ACCEPTED] = OCPP_Accepted,
                                     [CHARGER_DELETE_FAILED] = OCPP_Failed,
                                     [CHARGER_DELETE_NOT_FOUND] = OCPP_NotFound};
    struct roost_charger *charger = charger_of(ocpp);
    const union charger_asked *asked = &ocpp->serving.asked;
    enum roost_pki_hash hash = asked->paper.hash == OCPP_SHA256   ? ROOST_PKI_SHA256
                               : asked->paper.hash == OCPP_SHA384 ? ROOST_PKI_SHA384
                                                                  : ROOST_PKI_SHA512;

    if (!knows(ocpp))
        return not_here(ocpp);
    enum charger_delete_answer answer = charger_roots_delete(
        &charger->trust.roots, hash, &asked->paper.id, charger->link.profile >= 2);
    if (answer == CHARGER_DELETE_ACCEPTED)
        changed(charger, "root deleted");
    return charger_say(ocpp, (enum ocpp_word)words[answer]);
}

static bool next(struct charger_ocpp *ocpp, unsigned *at, struct roost_certificate_id *id)
{
    return charger_roots_list(&charger_of(ocpp)->trust.roots, use_of(&ocpp->serving.asked),
                              ROOST_PKI_SHA256, at, id) == 0;
}

static enum ocpp_error serve_ids(struct charger_ocpp *ocpp)
{
    unsigned at = 0;

    if (!knows(ocpp))
        return not_here(ocpp);
    return charger_say_or(ocpp, next(ocpp, &at, &ocpp->serving.asked.paper.id), OCPP_NotFound);
}

static void write_ids(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    struct roost_certificate_id *id = &ocpp->serving.asked.paper.id;
    unsigned at = 0;

    ocpp_put_word(w, OCPP_status, ocpp->serving.verdict);
    if (ocpp->serving.verdict != OCPP_Accepted)
        return;
    ocpp_put_list(w, OCPP_certificateHashData);
    while (next(ocpp, &at, id)) {
        ocpp_add_object(w);
        ocpp_put_word(w, OCPP_hashAlgorithm, OCPP_SHA256);
        ocpp_put_text(w, OCPP_issuerNameHash, id->issuer_name_hash);
        ocpp_put_text(w, OCPP_issuerKeyHash, id->issuer_key_hash);
        ocpp_put_text(w, OCPP_serialNumber, id->serial);
        ocpp_end(w);
    }
    ocpp_end(w);
}

/* ---- its own ---- */

static enum ocpp_error serve_signed(struct charger_ocpp *ocpp)
{
    struct roost_charger *charger = charger_of(ocpp);
    struct charger_gather *text = &ocpp->serving.asked.paper.text;
    bool good = false;

    if (!knows(ocpp))
        return not_here(ocpp);
    if (charger_gather_end(text) == 0) {
        struct roost_pki_text chain = charger_blob_text(&text->blob);
        good = charger_request_signed(&charger->trust.request, &chain, ocpp->now.now_ms,
                                      ocpp->now.unix_ms);
    }
    (void)charger_blob_erase(&text->blob);
    charger->news = true;
    if (good)
        changed(charger, "certificate");
    return charger_say_or(ocpp, good, OCPP_Rejected);
}

/* A socket that shows the old one gives way to one that shows the new. */
static void after_signed(struct charger_ocpp *ocpp)
{
    struct roost_charger *charger = charger_of(ocpp);
    const struct roost_ws *ws = &charger->device.port->ws;

    if (ocpp->serving.verdict == OCPP_Accepted && charger->link.profile == 3)
        (void)ws->ops->close(ws->ctx, CLOSE_NORMAL);
}

#define PAPER(name) .message = OCPP_MSG_##name, .pending = true, .begin = begin, .take = take

const struct charger_server charger_papers[CHARGER_PAPERS] = {
    {PAPER(CertificateSigned), .serve = serve_signed, .after = after_signed},
    {PAPER(DeleteCertificate), .serve = serve_delete},
    {PAPER(GetInstalledCertificateIds), .serve = serve_ids, .write = write_ids},
    {PAPER(InstallCertificate), .serve = serve_install},
    {PAPER(SignedUpdateFirmware), .serve = charger_firmware_serve},
};
