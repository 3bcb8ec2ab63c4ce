/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made for one test: an authority of its own, and a server's certificate signed by it. */
#ifndef ROOST_HUB_NET_E2E_CERTIFICATE_H
#define ROOST_HUB_NET_E2E_CERTIFICATE_H

/* Writes ca.pem, cert.pem and key.pem into the folder. subject_alt_name: "DNS:localhost" or
 * "IP:127.0.0.1". Returns 0 or -1. */
int certificate_make(const char *folder, const char *subject_alt_name);

#endif
