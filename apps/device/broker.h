/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker a device program connects to: its address "mqtt[s]://host[:port]" and the password
 * file. Depends on core/err.h.
 */
#ifndef ROOST_APPS_DEVICE_BROKER_H
#define ROOST_APPS_DEVICE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device_broker {
    char host[256];
    uint16_t port; /* 1883, or 8883 with TLS, when the address names none */
    bool tls;
};

/* Returns 0 or ROOST_ERR_INVALID with `why` set ("--broker ..."). An IPv6 address stands in []. */
int device_broker_parse(struct device_broker *broker, const char *url, char *why, size_t why_size);

/* The first line of a file, 1 to size - 1 bytes. Returns 0 or an error with `why` set. */
int device_password_read(char *out, size_t size, const char *path, char *why, size_t why_size);

#endif
