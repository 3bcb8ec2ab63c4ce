/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a TLS client goes on with the server that showed this chain, by struct roost_tls_options:
 * the one rule of all three ports, and the one word for why not. Depends on port/port.h and core/.
 *
 *     failure = roost_pki_server(&port->pki, tls, &chain, host, port->clock...unix_ms(...));
 *     if (failure != ROOST_TLS_NONE)
 *         end the handshake;
 */
#ifndef ROOST_PORT_PKI_SERVER_H
#define ROOST_PORT_PKI_SERVER_H

#include "port/port.h"

/* `chain`: what the server sent, its own certificate first. `host` NULL: the name is checked by
 * somebody else. unix_ms 0: nobody knows the time; then it is when the server's own certificate
 * began to be valid. */
enum roost_tls_failure roost_pki_server(const struct roost_pki *pki,
                                        const struct roost_tls_options *tls,
                                        const struct roost_pki_text *chain, const char *host,
                                        int64_t unix_ms);

#endif
