/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed firmware as OCPP has it (security whitepaper, L01): whether an update may begin, whether
 * the image is what the manufacturer signed, and how it ended, over power cuts. It loads and
 * installs nothing and knows no message. No heap; depends on core/, port/port.h, roots.h and
 * events.h.
 *
 *     switch (charger_signed_accept(&signed, &request, now_ms, unix_ms)) { ... }  // the answer
 *     err = charger_signed_verify(&signed, digest, now_ms, unix_ms);   // the image is loaded
 *     if (charger_signed_allows(&signed, digest) && charger_signed_installing(&signed) == 0)
 *         roost_ota_restart(&ota);
 *     ended = charger_signed_booted(&signed, digest, now_ms, unix_ms); // after the boot
 *
 * How it is joined to runtime/ota: there the location's image is loaded as any update is, by the
 * manifest that stands at the location with ".json" behind it, and the manifest's own signature, by
 * a key of ours, product, target, hardware and security version are checked there: the inner check.
 * OTA hashes what it reads back of the slot; in ROOST_OTA_READY, which waits for its owner, that
 * digest (ota.record.image) is the whole image's, and is what is verified here: the outer check.
 * The owner restarts into the image only when this module allows that digest, so both must pass,
 * and of the same bytes. Without a request nothing is allowed: an update by the hub alone does not
 * ask.
 *
 *     NONE --accept--> ACCEPTED --verify--> VERIFIED --installing--> INSTALLING --booted--> NONE
 *                          |  bad: NONE         |
 *                          +---- drop ----------+------> NONE;    accept again: another request
 *
 * Each arrow is one write; a cut before it leaves the state before it. The certificate lies in one
 * of two places, so that the request that counts is whole while another is written.
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_SIGNED_H
#define ROOST_DEVICES_CHARGER_SECURITY_SIGNED_H

#include "devices/charger/security/events.h"
#include "devices/charger/security/roots.h"

enum {
    CHARGER_SIGNATURE_MAX = 512, /* bytes: RSA-4096; OCPP lets it have 800 characters */
    CHARGER_SIGNED_RAM_MAX = 256
};

enum charger_signed_state { /* on flash: never renumbered */
                            CHARGER_SIGNED_NONE,
                            CHARGER_SIGNED_ACCEPTED,
                            CHARGER_SIGNED_VERIFIED,
                            CHARGER_SIGNED_INSTALLING
};

struct charger_signed_request {
    int32_t id;
    struct roost_pki_text certificate; /* PEM: the signing one, and its issuers if there are */
    const char *signature;             /* base64; blanks and line ends do not count */
    size_t signature_len;
};

enum charger_signed_answer {
    CHARGER_SIGNED_YES,
    CHARGER_SIGNED_YES_CANCELED, /* another one that was not being installed yet is given up */
    CHARGER_SIGNED_REJECTED,     /* no base64, too long, being installed, no room on flash */
    CHARGER_SIGNED_INVALID_CERTIFICATE
};

enum charger_signed_end {
    CHARGER_SIGNED_NO_END, /* nothing was being installed */
    CHARGER_SIGNED_INSTALLED,
    CHARGER_SIGNED_FAILED
};

struct charger_signed {
    const struct roost_kv *kv;
    const struct roost_pki *pki;
    struct charger_roots *roots;
    struct charger_events *events;
    uint8_t state; /* enum charger_signed_state */
    uint8_t bank;
    int32_t id; /* of the request; after the end too */
    uint16_t certificate_len;
    uint8_t digest[32]; /* of the image, from VERIFIED on */
};

/* Finds what a power cut left. All four must outlive it. 0, or the kv's ROOST_ERR_IO: there is no
 * request. */
int charger_signed_init(struct charger_signed *update, const struct roost_kv *kv,
                        const struct roost_pki *pki, struct charger_roots *roots,
                        struct charger_events *events);

/* The certificate must be made for signing code, valid now and under a root of the manufacturer;
 * else the event InvalidFirmwareSigningCertificate is kept. Nothing is loaded before this says yes.
 * unix_ms 0: the time is not known and the certificate cannot be good. */
enum charger_signed_answer charger_signed_accept(struct charger_signed *update,
                                                 const struct charger_signed_request *request,
                                                 uint64_t now_ms, int64_t unix_ms);

/* Whether the request's key signed the image of this SHA-256: RSA-PSS, RSA PKCS#1 v1.5 or ECDSA,
 * whichever fits the key. The certificate must still be good. 0; ROOST_ERR_CRYPTO: it is not, the
 * request is over and the event InvalidFirmwareSignature (or that of the certificate) kept; another
 * error: it cannot be said, and may be asked again. ROOST_ERR_STATE: no request. */
int charger_signed_verify(struct charger_signed *update, const uint8_t digest[32], uint64_t now_ms,
                          int64_t unix_ms);

/* Whether the image of this digest may be started. */
bool charger_signed_allows(const struct charger_signed *update, const uint8_t digest[32]);

/* Just before the restart into it. ROOST_ERR_STATE; the kv's errors: do not restart. */
int charger_signed_installing(struct charger_signed *update);

/* Once it is clear which image runs: its digest, as OTA's record says, or NULL for another than
 * the one that was installed (a trial that failed, a restart that never came). Installed: the event
 * FirmwareUpdated is kept. update->id tells whose end it is. When the flash does not take the end
 * it is told again after the next boot. */
enum charger_signed_end charger_signed_booted(struct charger_signed *update,
                                              const uint8_t digest[32], uint64_t now_ms,
                                              int64_t unix_ms);

/* The request is given up (the download failed, the inner check did). The kv's errors. */
int charger_signed_drop(struct charger_signed *update);

#endif
