/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware that costs nothing: the port's contract with as little code behind it as keeps a device
 * running, so that what is measured on the bare machine is the device. Time stands still until it
 * is moved; the broker takes and acknowledges everything; the sash goes where it is sent and stops
 * at its ends. Depends on port/port.h.
 *
 *     null_port_init(&null, post, window);
 *     null.now_ms = due_ms;
 *     null_port_pump(&null);              // posts what has come about
 */
#ifndef ROOST_TESTS_RV32_NULL_PORT_H
#define ROOST_TESTS_RV32_NULL_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

enum {
    NULL_SECTOR_BYTES = 4096,
    NULL_SECTORS = 4,
    NULL_KEYS = 16,
    NULL_VALUE_BYTES = 32,
    NULL_END_CLOSED_RAW = 600, /* of the driver's range of 500 to 2500 */
    NULL_END_OPEN_RAW = 2400,
};

struct null_key {
    char name[ROOST_KV_KEY_MAX + 1];
    uint8_t value[NULL_VALUE_BYTES];
    uint8_t len;
};

struct null_port {
    struct roost_port port;
    roost_post_fn post;
    void *post_ctx;
    uint64_t now_ms;
    uint32_t published, acked; /* tokens given out, tokens acknowledged */
    bool opening, measuring, recording;
    int32_t set_raw;
    struct null_key keys[NULL_KEYS];
    uint8_t flash[NULL_SECTOR_BYTES * NULL_SECTORS];
};

void null_port_init(struct null_port *null, roost_post_fn post, void *post_ctx);

/* Posts the answers to what was started since the last time. */
void null_port_pump(struct null_port *null);

#endif
