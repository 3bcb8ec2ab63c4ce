/* SPDX-License-Identifier: Apache-2.0 */
/* Wi-Fi: the networks in the air, and how long it takes to look for them and to join one. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/networks.h"
#include "runtime/test/fake_parts.h"

enum { JOIN_MS = 900, MISSING_MS = 2400, SCAN_MS = 1500 };

static const struct roost_wifi_network *in_the_air(const struct fake_port *fake, const char *ssid)
{
    for (int i = 0; i < fake->air_count; i++)
        if (strcmp(fake->air[i].ssid, ssid) == 0 && roost_wifi_safe(fake->air[i].encryption))
            return &fake->air[i];
    return NULL;
}

static bool in_reach(const struct fake_port *fake)
{
    return fake->wifi_ssid[0] ? in_the_air(fake, fake->wifi_ssid) != NULL : fake->own_network;
}

/* NULL as "". */
static void keep(char *out, const char *text)
{
    if (text)
        memcpy(out, text, strlen(text) + 1);
    else
        out[0] = '\0';
}

static int connect(void *ctx, const char *ssid, const char *psk)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(!ssid == !psk);
    ROOST_ASSERT(!ssid || strlen(ssid) <= ROOST_WIFI_SSID_MAX);
    fake->wifi_connects++;
    if (fake->wifi_error < 0)
        return fake->wifi_error;
    keep(fake->wifi_ssid, ssid);
    keep(fake->wifi_psk, psk);
    fake_forget_pending(fake, ROOST_EV_WIFI_UP);
    if (!fake->wifi_silent)
        fake_later(fake, in_reach(fake) ? JOIN_MS : MISSING_MS,
                   (struct roost_event){.type = ROOST_EV_WIFI_UP});
    return 0;
}

static int disconnect(void *ctx)
{
    struct fake_port *fake = ctx;

    fake->wifi_disconnects++;
    fake_forget_pending(fake, ROOST_EV_WIFI_UP);
    return 0;
}

static int scan(void *ctx)
{
    struct fake_port *fake = ctx;

    if (fake->wifi_scanning)
        return ROOST_ERR_BUSY;
    if (fake->wifi_error < 0)
        return fake->wifi_error;
    fake->wifi_scanning = true;
    fake->wifi_scans++;
    if (!fake->wifi_silent)
        fake_later(fake, SCAN_MS, (struct roost_event){.type = ROOST_EV_WIFI_SCANNED});
    return 0;
}

static int rssi_dbm(void *ctx)
{
    return ((struct fake_port *)ctx)->rssi_dbm;
}

void fake_settle_wifi(struct fake_port *fake, struct roost_event *event)
{
    if (event->type == ROOST_EV_WIFI_SCANNED) {
        fake->wifi_scanning = false;
        event->status = fake->scan_error;
        event->data = fake->air;
        event->len = (size_t)fake->air_count * sizeof fake->air[0];
    }
    if (event->type == ROOST_EV_WIFI_UP && fake->port.wifi.ops) {
        bool right = !fake->wifi_ssid[0] || strcmp(fake->wifi_psk, FAKE_PSK) == 0;
        if (!in_reach(fake) || !right)
            event->type = ROOST_EV_WIFI_DOWN;
    }
}

void fake_air(struct fake_port *fake, const char *ssid, int8_t rssi, uint8_t encryption)
{
    struct roost_wifi_network network = {.rssi_dbm = rssi, .encryption = encryption};

    ROOST_ASSERT(fake->air_count < ROOST_WIFI_SCAN_MAX);
    memcpy(network.ssid, ssid, strlen(ssid) + 1);
    fake->air[fake->air_count++] = network;
}

void fake_lose_wifi(struct fake_port *fake)
{
    fake->air_count = 0;
    fake->own_network = false;
    fake_later(fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_disconnect(fake);
}

void fake_use_wifi(struct fake_port *fake)
{
    static const struct roost_wifi_ops ops = {
        .scan = scan, .connect = connect, .disconnect = disconnect, .rssi_dbm = rssi_dbm};

    fake->port.wifi = (struct roost_wifi){&ops, fake};
}
