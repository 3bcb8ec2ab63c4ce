/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker that an option --broker names, "mqtt[s]://host[:port]", and the password file beside
 * it. Depends on core/err.h.
 */
#ifndef ROOST_HOST_BROKER_H
#define ROOST_HOST_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct broker_address {
    char host[256];
    uint16_t port; /* 1883, or 8883 with TLS, when the address names none */
    bool tls;
};

/* Returns 0 or ROOST_ERR_INVALID with `why` set ("--broker ..."). An IPv6 address stands in []. */
int broker_address_parse(struct broker_address *broker, const char *url, char *why,
                         size_t why_size);

/* The first line of a file, 1 to size - 1 bytes. Returns 0 or an error with `why` set. */
int broker_password_read(char *out, size_t size, const char *path, char *why, size_t why_size);

#endif
