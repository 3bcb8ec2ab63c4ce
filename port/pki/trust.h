/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which root and which way through a chain's certificates: what the bodies of port/pki.h have in
 * common when they look for a path. Certificates are numbers here, a name an equality that the body
 * tells; signatures, times and extensions are for its judge. Depends on port/pki/pem.h and core/.
 *
 *     static const struct roost_trust_ops ops = {.root = open_root, .judge = judge};
 *     err = roost_trust(&ops, &mine, check, &names, &verdict);
 *
 * One root after the other, so that one stands in memory; each path from the first certificate to
 * it, so that of two issuers of one name the right one is found: one may have another key, or be
 * over. The first that is good ends it; of the others the one that came furthest says what is
 * wrong.
 */
#ifndef ROOST_PORT_PKI_TRUST_H
#define ROOST_PORT_PKI_TRUST_H

#include "port/pki/pem.h"

enum { ROOST_TRUST_PATHS_MAX = 8 /* to one root: three times two of one name */ };

/* Which certificates of the chain follow each other: the one in question, then its issuer, ... */
struct roost_trust_path {
    uint8_t len;
    uint8_t at[ROOST_PKI_CERTIFICATES_MAX];
};

/* Who is called as whose issuer: a bit each for the certificates of the chain. */
struct roost_trust_names {
    uint8_t count;
    uint8_t issuers[ROOST_PKI_CERTIFICATES_MAX]; /* of certificate i */
    uint8_t by_root;                             /* those whose issuer is called as the root */
};

struct roost_trust_ops {
    /* Reads the root that pem stands at, and sets *by_root. Returns 0; ROOST_ERR_NOT_FOUND, it is
     * none; another error, it cannot be read. Kept until the next root or close. */
    int (*root)(void *ctx, struct roost_pem *pem, uint8_t *by_root);
    /* What it says of this path to the root. */
    enum roost_pki_verdict (*judge)(void *ctx, const struct roost_trust_path *path);
};

/* As pki.verify_chain; names->by_root is used here. The chain was read. */
int roost_trust(const struct roost_trust_ops *ops, void *ctx, const struct roost_pki_check *check,
                struct roost_trust_names *names, enum roost_pki_verdict *verdict);

/* Goes to the next path that ends below the root; a path of zeros is before the first one. */
bool roost_trust_next(struct roost_trust_path *path, const struct roost_trust_names *names);

#endif
