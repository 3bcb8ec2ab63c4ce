/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates for chargers (security profile 3), by an authority of the operator's: a request is
 * checked and answered with a chain. Blocks for the time of one signature. Depends on OpenSSL,
 * host/why.h.
 *
 *     err = csms_signer_open(&signer, "ca.pem", "ca.key", "Example Ltd", &why);
 *     err = csms_signer_sign(signer, "CP1", csr, now_ms, &issued, &why);
 */
#ifndef ROOST_HUB_CSMS_SIGN_H
#define ROOST_HUB_CSMS_SIGN_H

#include <stdint.h>

#include "host/why.h"

enum {
    CSMS_CHAIN_MAX = 10000, /* characters of certificateChain */
    CSMS_SIGNED_DAYS = 398
};

struct csms_signer;

struct csms_issued {
    char chain[CSMS_CHAIN_MAX + 1]; /* PEM: the charger's, then what of the authority is no root */
    char serial[48];                /* hexadecimal */
    int64_t until_ms;
};

/* Files in PEM. organisation: CpoName, which a request has to name; "": any. Returns 0,
 * ROOST_ERR_NOT_FOUND, ROOST_ERR_INVALID (no certificate of an authority, or not its key),
 * ROOST_ERR_NO_MEMORY, with `why`. */
int csms_signer_open(struct csms_signer **out, const char *cert_path, const char *key_path,
                     const char *organisation, struct why *why);
void csms_signer_free(struct csms_signer *signer); /* NULL is fine */

/* ROOST_ERR_INVALID: the request, for `why`; ROOST_ERR_INTERNAL: it could not be signed. */
int csms_signer_sign(const struct csms_signer *signer, const char *identity, const char *csr,
                     int64_t now_ms, struct csms_issued *issued, struct why *why);

#endif
