/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all devices of a batch have in common, checked as a whole: product, broker or hub, trusted
 * keys, networks. Depends on proto/fleet/factory.h, host/why.h, OpenSSL.
 *
 *     err = order_init(&order, &request, why);    // a mistake is named by its option
 *     ...
 *     order_deinit(&order);
 */
#ifndef ROOST_TOOLS_FACTORY_ORDER_H
#define ROOST_TOOLS_FACTORY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/broker.h"
#include "host/options.h"
#include "proto/fleet/topic.h"
#include "proto/fleet/factory.h"
#include "host/key.h"
#include "host/why.h"

enum {
    ORDER_COUNT_MAX = 1000, /* what a hub imports at once */
    ORDER_ID_MIN = 8,       /* what a claim takes */
    ORDER_RANDOM_CHARS = 10,
    ORDER_PREFIX_MAX = ROOST_DEVICE_ID_MAX - ORDER_RANDOM_CHARS,
    ORDER_KEYS_MAX = 2,
    ORDER_BATCH_MAX = 32,
    ORDER_PRODUCT_MAX = 15,
    ORDER_PARTITION_MIN = 0x3000,
    ORDER_PARTITION_MAX = 0x40000
};

/* The options as they were given; NULL: not given. */
struct order_request {
    const char *product, *id, *id_prefix, *batch;
    const char *broker, *broker_ca, *update_url, *update_ca, *partition_size;
    const char *hub, *hub_ca, *child;
    struct option_list firmware_keys, networks, network_password_files;
    uint64_t count, hardware_version;
    int encrypt, development;
};

struct order {
    const char *product, *id, *id_prefix; /* borrowed from the request; id or id_prefix is NULL */
    char batch[ORDER_BATCH_MAX + 1], made_at[24]; /* "2026-11-21T04:30:00Z" */
    size_t count, partition_bytes;
    uint32_t hardware_version;
    bool encrypt;
    struct broker_address broker;         /* host "": none */
    char *broker_ca, *update_ca, *hub_ca; /* PEM of the certificates alone, or NULL */
    const char *update_url, *hub, *child; /* or NULL */
    uint8_t keys[ORDER_KEYS_MAX][SIGNATURE_KEY_BYTES];
    size_t key_count;
    char networks[ROOST_FACTORY_WIFI_MAX][32 + 1 + 63 + 1]; /* name LF passphrase */
    size_t network_count;
};

int order_init(struct order *order, const struct order_request *request, struct why *why);
void order_deinit(struct order *order);

#endif
