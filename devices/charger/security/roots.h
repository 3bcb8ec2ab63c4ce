/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roots that the charger trusts, in two uses: of central systems, and of the manufacturer,
 * under which firmware is signed. They are installed, listed and deleted by the central system
 * (security whitepaper, M03 to M05) and stay over a power cut: each is there, whole, or not. No
 * messages, no heap; depends on core/, port/port.h and blob.h.
 *
 *     err = charger_roots_init(&roots, &port->kv, &port->pki, certificates_max);
 *     answer = charger_roots_install(&roots, CHARGER_ROOT_CENTRAL, &text, unix_ms);
 *     for (at = 0; charger_roots_list(&roots, use, hash, &at, &id) == 0;)
 *         element(&id);                                   // certificateHashData
 *     answer = charger_roots_delete(&roots, hash, &id, tls);
 *
 *     check.root_count = charger_roots_texts(&roots, CHARGER_ROOT_CENTRAL, texts);
 *
 * Installed is one certificate that may be a root (roost_certificate.root), with a key of RSA-2048
 * or P-256 at least, and not over. The same one again is accepted and changes nothing.
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_ROOTS_H
#define ROOST_DEVICES_CHARGER_SECURITY_ROOTS_H

#include "devices/charger/security/blob.h"

enum { CHARGER_ROOTS_MAX = 8, CHARGER_ROOTS_RAM_MAX = 320 };

enum charger_root_use { CHARGER_ROOT_NONE, CHARGER_ROOT_CENTRAL, CHARGER_ROOT_MANUFACTURER };

struct charger_roots {
    const struct roost_kv *kv;
    const struct roost_pki *pki;
    uint16_t max; /* of both uses together: CertificateStoreMaxLength */
    int8_t in_use;
    struct {
        uint8_t use; /* enum charger_root_use; NONE: a free place */
        struct charger_blob blob;
    } places[CHARGER_ROOTS_MAX];
};

enum charger_install_answer {
    CHARGER_INSTALL_ACCEPTED,
    CHARGER_INSTALL_REJECTED, /* no root, or no room for one more */
    CHARGER_INSTALL_FAILED    /* the flash did not take it */
};

enum charger_delete_answer {
    CHARGER_DELETE_ACCEPTED,
    CHARGER_DELETE_FAILED,
    CHARGER_DELETE_NOT_FOUND
};

/* max: 1..CHARGER_ROOTS_MAX. kv and pki must outlive the roots. 0, or the kv's ROOST_ERR_IO: what
 * could not be read is left out. */
int charger_roots_init(struct charger_roots *roots, const struct roost_kv *kv,
                       const struct roost_pki *pki, uint16_t max);

/* unix_ms 0: the time is not known, and whether it is over not looked at. */
enum charger_install_answer charger_roots_install(struct charger_roots *roots,
                                                  enum charger_root_use use,
                                                  const struct roost_pki_text *text,
                                                  int64_t unix_ms);

/* Says that the connection stands on this chain: the root behind it is the one in use. 0, or what
 * pki.verify_chain returned for all of them. */
int charger_roots_used(struct charger_roots *roots, const struct roost_pki_text *chain,
                       int64_t unix_ms);

/* A connection is about to be checked against the roots; and it was good. Roots are read one after
 * the other until one is good (port/pki.h), so the last one that was read is the one in use: none
 * where the port did not ask. */
void charger_roots_connect(struct charger_roots *roots);
void charger_roots_connected(struct charger_roots *roots);

/* tls: the connection needs a root (profile 2, 3): then the one in use, and the last one of central
 * systems, cannot be deleted (M04.FR.06). Digits compare without case. */
enum charger_delete_answer charger_roots_delete(struct charger_roots *roots,
                                                enum roost_pki_hash hash,
                                                const struct roost_certificate_id *id, bool tls);

/* The next one of this use from place *at on, which is moved behind it. ROOST_ERR_EMPTY; what
 * cannot be read is left out. */
int charger_roots_list(struct charger_roots *roots, enum charger_root_use use,
                       enum roost_pki_hash hash, unsigned *at, struct roost_certificate_id *out);

/* How many there are; CHARGER_ROOT_NONE: of both uses. */
unsigned charger_roots_count(const struct charger_roots *roots, enum charger_root_use use);

/* The texts for a check; returns how many. Good until the next change. */
size_t charger_roots_texts(struct charger_roots *roots, enum charger_root_use use,
                           struct roost_pki_text texts[CHARGER_ROOTS_MAX]);

#endif
