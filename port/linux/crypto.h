/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crypto of port.h on OpenSSL. Each board has its own sum of pieces, made at init; the rest
 * keeps no state. Fails with ROOST_ERR_CRYPTO, and sha256_add and sha256_end without a begin with
 * ROOST_ERR_STATE.
 */
#ifndef ROOST_PORT_LINUX_CRYPTO_H
#define ROOST_PORT_LINUX_CRYPTO_H

#include <stdbool.h>

#include "port/port.h"

struct linux_crypto {
    void *sum; /* EVP_MD_CTX */
    bool begun;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int linux_crypto_init(struct linux_crypto *crypto, struct roost_crypto *out);
void linux_crypto_deinit(struct linux_crypto *crypto);

#endif
