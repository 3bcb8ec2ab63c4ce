/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a certificate was made for a host: RFC 6125 for names, RFC 5280 4.2.1.6 for addresses.
 * The one rule for every library below port/pki.h, whose own rules differ. Depends on nothing.
 *
 *     if (!roost_host_address(host, address, &len))           "192.0.2.7", "2001:db8::7"
 *         good = roost_host_matches(host, name, name_len);    "csms.example", "*.example.org"
 */
#ifndef ROOST_PORT_PKI_HOST_NAME_H
#define ROOST_PORT_PKI_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The host as an iPAddress has it, *len 4 or 16. False: it is a name. */
bool roost_host_address(const char *host, uint8_t address[16], size_t *len);

/* Whether the dNSName (any bytes) is the host's: without case, one dot at the host's end left out.
 * "*" stands for exactly one first label, with two labels or more behind it, and not for one that
 * begins with "xn--". An empty name, or one with a NUL, matches nothing. */
bool roost_host_matches(const char *host, const char *name, size_t len);

#endif
