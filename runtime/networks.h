/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Wi-Fi networks a device knows, and which of them to try: the one that worked last first
 * (before any has: the first of the list, which may hide its name), without a scan, so that a short
 * loss is over in seconds; then whatever known network a scan finds with the best signal. Only
 * networks with WPA2 or better count: an open one of a known name is not ours. Pure; the owner
 * carries out the action it answers with. Kept in the kv, one key a network
 * ("w.0" ... "w.4": the name, a line feed, the passphrase) and "w.last". Depends on core/err.h,
 * port/port.h.
 *
 *     roost_networks_init(&networks, &port->kv);
 *     switch (roost_networks_next(&networks, &network)) {
 *     case ROOST_NETWORKS_CONNECT: wifi->connect(ctx, network->ssid, network->psk); break;
 *     case ROOST_NETWORKS_SCAN:    wifi->scan(ctx); break;     // later: roost_networks_scanned
 *     case ROOST_NETWORKS_PORT:    wifi->connect(ctx, NULL, NULL); break;  // none is known
 *     case ROOST_NETWORKS_WAIT:    back off, then ask again
 *     }
 */
#ifndef ROOST_RUNTIME_NETWORKS_H
#define ROOST_RUNTIME_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum { ROOST_NETWORKS_MAX = 5, ROOST_WIFI_PSK_MIN = 8 };

struct roost_network {
    char ssid[ROOST_WIFI_SSID_MAX + 1], psk[ROOST_WIFI_PSK_MAX + 1];
};

enum roost_networks_action {
    ROOST_NETWORKS_PORT,    /* none is stored: what the port has */
    ROOST_NETWORKS_CONNECT, /* to *network */
    ROOST_NETWORKS_SCAN,
    ROOST_NETWORKS_WAIT /* everything in reach was tried; the next call begins again */
};

struct roost_networks {
    const struct roost_kv *kv;
    struct roost_network list[ROOST_NETWORKS_MAX]; /* an empty ssid: a free place */
    int8_t rssi_dbm[ROOST_NETWORKS_MAX];           /* of the last scan; 0: not seen, or not safe */
    int8_t last;                                   /* index of the one that worked last, -1: none */
    int8_t current;                                /* being tried or in use, -1: none */
    uint8_t tried;                                 /* bit set, of this round; a scan clears it */
    bool scanned;                                  /* in this round */
    uint32_t refused_open;                         /* known names seen without WPA2 or better */
};

/* Returns 0, or ROOST_ERR_IO: what could not be read is left out. */
int roost_networks_init(struct roost_networks *networks, const struct roost_kv *kv);

/* Stores a network; one of the same name is replaced. ROOST_ERR_INVALID: ssid of 0 or over 32
 * bytes or with a control character; passphrase outside 8..63 printable ASCII (IEEE 802.11i,
 * H.4.1). ROOST_ERR_FULL, and the kv's errors: unchanged. */
int roost_networks_add(struct roost_networks *networks, const char *ssid, const char *psk);

/* ROOST_ERR_NOT_FOUND. */
int roost_networks_remove(struct roost_networks *networks, const char *ssid);
/* All of them. Returns 0, or the kv's error: what could not be removed stays. */
int roost_networks_forget(struct roost_networks *networks);
size_t roost_networks_count(const struct roost_networks *networks);

/* What to do now that there is no connection. */
enum roost_networks_action roost_networks_next(struct roost_networks *networks,
                                               const struct roost_network **network);

/* What ROOST_EV_WIFI_SCANNED brought; 0 networks after a failed scan. */
void roost_networks_scanned(struct roost_networks *networks, const struct roost_wifi_network *found,
                            size_t count);

/* WIFI_UP: remembers the network as the last that worked (one kv write when it changed) and ends
 * the round. */
void roost_networks_up(struct roost_networks *networks);

/* Whether a network of this encryption (wifi_auth_mode_t) is taken: WPA2-PSK, WPA/WPA2-PSK,
 * WPA2-enterprise is not ours, WPA3-PSK, WPA2/WPA3-PSK. */
bool roost_wifi_safe(uint8_t encryption);

#endif
