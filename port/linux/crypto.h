/* SPDX-License-Identifier: Apache-2.0 */
/* The crypto of port.h on OpenSSL. Keeps no state; fails with ROOST_ERR_CRYPTO, never otherwise. */
#ifndef ROOST_PORT_LINUX_CRYPTO_H
#define ROOST_PORT_LINUX_CRYPTO_H

#include "port/port.h"

struct roost_crypto linux_crypto(void);

#endif
