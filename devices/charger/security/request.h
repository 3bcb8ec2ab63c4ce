/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's own certificate (security whitepaper, A02 and A03): asks the central system for one
 * and takes what it answers, when told to and by itself before the old one is over. The key is made
 * in the port's slot and never leaves it; until the new chain is bound the old pair is used. No
 * messages, no heap; depends on core/, port/port.h, roots.h and events.h.
 *
 *     err = charger_request_init(&request, &pki, &random, &roots, &events, &rules);
 *     charger_request_start(&request, now_ms);              // ExtendedTriggerMessage
 *     charger_request_watch(&request, now_ms, unix_ms);     // once a day will do
 *
 *     if (charger_request_due(&request) <= now_ms)
 *         len = charger_request_csr(&request, now_ms, pem, sizeof pem);   // SignCertificate
 *     charger_request_answered(&request, accepted, now_ms); // its answer; false: refused, or none
 *     if (charger_request_signed(&request, &chain, now_ms, unix_ms))      // CertificateSigned
 *         reconnect();
 *
 * A request that is refused or not answered is made again after a back-off of 1 minute to 6 hours;
 * one that was accepted and never brought a certificate, after a day. A key that waits when the
 * power comes back goes on waiting, and is asked for again. A chain that comes late, for the key in
 * use, renews that one's and leaves the key that waits.
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_REQUEST_H
#define ROOST_DEVICES_CHARGER_SECURITY_REQUEST_H

#include "core/backoff.h"
#include "devices/charger/security/events.h"
#include "devices/charger/security/roots.h"

enum { CHARGER_REQUEST_WAIT_MS = 24 * 60 * 60 * 1000, CHARGER_REQUEST_RAM_MAX = 128 };

/* Borrowed for the object's life; may change in between. */
struct charger_request_rules {
    const char *slot;         /* of port/pki.h */
    const char *identity;     /* the charger's: the certificate's common name */
    const char *organization; /* CpoName; NULL or "": no request is made */
    uint16_t chain_max;       /* characters: CertificateSignedMaxChainSize */
    uint16_t days_before;     /* asks by itself so many days before the end; 0: never */
};

enum charger_request_state {
    CHARGER_REQUEST_IDLE,
    CHARGER_REQUEST_WANTED,  /* to be sent when it is due */
    CHARGER_REQUEST_SENT,    /* no answer yet */
    CHARGER_REQUEST_ACCEPTED /* the certificate may come any time */
};

struct charger_request {
    const struct roost_pki *pki;
    const struct roost_random *random;
    struct charger_roots *roots;
    struct charger_events *events;
    const struct charger_request_rules *rules;
    uint8_t state; /* enum charger_request_state */
    bool bound;    /* there is a certificate: security profile 3 is possible */
    struct roost_backoff backoff;
    uint64_t due_ms;
    uint32_t refused; /* chains, since boot */
};

/* All but out are borrowed. 0, or what pki.look returned: the slot is damaged, `bound` is false and
 * a new start is the way out. */
int charger_request_init(struct charger_request *request, const struct roost_pki *pki,
                         const struct roost_random *random, struct charger_roots *roots,
                         struct charger_events *events, const struct charger_request_rules *rules);

/* A new key waits, and its request is due now. A second of computing. ROOST_ERR_STATE: no CpoName;
 * the errors of pki.generate. */
int charger_request_start(struct charger_request *request, uint64_t now_ms);

/* When a request is to be sent, or sent again; ROOST_NEVER. */
uint64_t charger_request_due(const struct charger_request *request);

/* The request as PEM, for SignCertificate. Returns its length; ROOST_ERR_AGAIN: not due; the errors
 * of pki.request (size: ROOST_PKI_REQUEST_MAX will do), after which it is due later. */
int charger_request_csr(struct charger_request *request, uint64_t now_ms, char *pem, size_t size);

void charger_request_answered(struct charger_request *request, bool accepted, uint64_t now_ms);

/* A chain has come: true, it is in use from now on (Accepted); false, nothing changed (Rejected),
 * and unless it is only that the flash or the clock is not ready the event
 * InvalidChargePointCertificate says why. Good is one that is no longer than rules.chain_max, made
 * for our key and our names, for clients, valid now and under a root of central systems. It is
 * streamed: the text may lie in flash.
 */
bool charger_request_signed(struct charger_request *request, const struct roost_pki_text *chain,
                            uint64_t now_ms, int64_t unix_ms);

/* Whole days until the certificate in use is over, 0 on the last one, negative behind it.
 * ROOST_ERR_NOT_FOUND: there is none; the errors of pki.look and pki.inspect. */
int charger_request_days_left(const struct charger_request *request, int64_t unix_ms, int *days);

/* Starts when it is time (rules.days_before), nothing runs and unix_ms is known (not 0). Returns
 * whether it did. */
bool charger_request_watch(struct charger_request *request, uint64_t now_ms, int64_t unix_ms);

#endif
