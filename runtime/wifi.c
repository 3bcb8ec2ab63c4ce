/* SPDX-License-Identifier: Apache-2.0 */
/* Wi-Fi: carries out what runtime/networks decides, and the commands about it. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/device_parts.h"

enum {
    /* A network that returns is joined within 5 s, however long it was away: a round with its scan
     * and the wait after it are shorter than that. */
    WAIT_BASE_MS = 500,
    WAIT_CAP_MS = 2000,
    ATTEMPT_MS = 30000, /* the port ends an attempt sooner; one it forgot is given up */
    SCAN_MS = 9000,     /* the hub waits 10 s */
};

_Static_assert(sizeof(struct roost_wifi_network) * ROOST_WIFI_SCAN_MAX <= ROOST_COMMAND_MAX,
               "a scan fits where a message does");

int roost_device_wifi_init(struct roost_device *device)
{
    roost_backoff_init(&device->wifi.backoff, WAIT_BASE_MS, WAIT_CAP_MS);
    return device->port->wifi.ops ? roost_networks_init(&device->wifi.networks, &device->port->kv)
                                  : 0;
}

static void start_timer(struct roost_device *device, uint32_t delay_ms)
{
    roost_timers_start(&device->timers, ROOST_TIMER_WIFI, device->now.now_ms + delay_ms);
}

static void wait(struct roost_device *device)
{
    start_timer(device, roost_backoff_next(&device->wifi.backoff, roost_device_random(device)));
}

/* A scan that does not come is one that found nothing: the round goes on. */
static void no_scan(struct roost_device *device)
{
    if (device->wifi.scans)
        roost_networks_scanned(&device->wifi.networks, NULL, 0);
}

void roost_device_wifi_connect(struct roost_device *device)
{
    const struct roost_wifi *wifi = &device->port->wifi;
    const struct roost_network *network = NULL;
    enum roost_networks_action action = roost_networks_next(&device->wifi.networks, &network);
    int err = 0;

    device->wifi.scans = action == ROOST_NETWORKS_SCAN;
    switch (action) {
    case ROOST_NETWORKS_PORT:
        err = wifi->ops->connect(wifi->ctx, NULL, NULL);
        break;
    case ROOST_NETWORKS_CONNECT:
        err = wifi->ops->connect(wifi->ctx, network->ssid, network->psk);
        break;
    case ROOST_NETWORKS_SCAN:
        err = wifi->ops->scan(wifi->ctx);
        if (err == ROOST_ERR_BUSY)
            err = 0; /* a command has asked for one: its end serves both */
        break;
    case ROOST_NETWORKS_WAIT:
        device->wifi.tries = false;
        wait(device);
        return;
    }
    device->wifi.tries = err == 0;
    if (err == 0) {
        start_timer(device, ATTEMPT_MS);
        return;
    }
    ROOST_LOG(&device->log, ROOST_LOG_WARN, "wifi", device->wifi.scans ? "no scan" : "no connect",
              RF_ERR("error", err));
    no_scan(device);
    wait(device);
}

void roost_device_wifi_late(struct roost_device *device)
{
    const struct roost_wifi *wifi = &device->port->wifi;

    if (device->wifi.tries)
        (void)wifi->ops->disconnect(wifi->ctx); /* nothing came of it */
    no_scan(device);
    roost_device_wifi_connect(device);
}

void roost_device_wifi_changed(struct roost_device *device, bool up)
{
    bool lost = device->wifi.up && !up;

    device->wifi.up = up;
    device->wifi.tries = false;
    roost_device_link(device, up ? ROOST_LINK_NET_UP : ROOST_LINK_NET_DOWN);
    if (device->life >= ROOST_LIFE_STOPPING)
        return;
    if (up) {
        roost_networks_up(&device->wifi.networks);
        roost_backoff_reset(&device->wifi.backoff);
        roost_timers_stop(&device->timers, ROOST_TIMER_WIFI);
    } else if (lost || roost_networks_count(&device->wifi.networks) > 0) {
        roost_device_wifi_connect(device); /* at once: a round has its own waits */
    } else {
        wait(device);
    }
}

/* ---- scans ---- */

void roost_device_wifi_scanned(struct roost_device *device, int status, size_t len)
{
    int8_t tail = (int8_t)(status < 0 ? status : 0);
    const struct roost_wifi_network *found = (const void *)device->event.data;

    /* When the queue of commands is full, the answer is that it took too long. */
    if (device->wifi.scan_asked)
        (void)roost_queue_push(&device->commands, found, len, &tail, sizeof tail);
    if (!device->wifi.scans)
        return;
    roost_networks_scanned(&device->wifi.networks, found, status < 0 ? 0 : len / sizeof *found);
    roost_device_wifi_connect(device);
}

void roost_device_scan_late(struct roost_device *device)
{
    int8_t tail = ROOST_ERR_TIMEOUT;

    if (roost_queue_push(&device->commands, NULL, 0, &tail, sizeof tail) == 0)
        return;
    device->wifi.scan_asked = false;
    device->answers_lost++;
}

static int write_networks(struct roost_device *device, size_t count)
{
    const struct roost_wifi_network *found = (const void *)device->event.data;
    struct roost_json_writer out;

    roost_answer_begin(&out, device->answer, sizeof device->answer, device->wifi.scan_id);
    roost_json_object(&out);
    roost_json_put_array(&out, "networks");
    for (size_t i = 0; i < count; i++) {
        roost_json_object(&out);
        roost_json_put_str(&out, "ssid", found[i].ssid);
        roost_json_put_int(&out, "rssi", found[i].rssi_dbm);
        roost_json_put_int(&out, "encryption", found[i].encryption);
        roost_json_end(&out);
    }
    roost_json_end(&out);
    roost_json_end(&out);
    return roost_answer_end(&out);
}

void roost_device_scan_answer(struct roost_device *device, int status, size_t len)
{
    size_t count = len / sizeof(struct roost_wifi_network);
    int written;

    if (!device->wifi.scan_asked)
        return; /* it was answered: too late */
    device->wifi.scan_asked = false;
    roost_timers_stop(&device->timers, ROOST_TIMER_SCAN);
    if (status < 0)
        written = roost_answer_error(device->answer, sizeof device->answer, device->wifi.scan_id,
                                     status, NULL);
    else /* the weakest give way when names full of escapes take the room */
        while ((written = write_networks(device, count)) < 0 && count > 0)
            count--;
    ROOST_ASSERT(written > 0);
    device->answer_len = (size_t)written;
}

/* ---- commands ---- */

static bool has_wifi(const struct roost_device *device, struct roost_message *message)
{
    if (!device->port->wifi.ops)
        roost_say(message, "wifi: this device has none");
    return device->port->wifi.ops != NULL;
}

ROOST_COMMAND(roost, wifi_scan)
{
    const struct roost_wifi *wifi = &device->port->wifi;

    (void)out;
    if (!has_wifi(device, message))
        return ROOST_ERR_UNSUPPORTED;
    if (device->wifi.scan_asked)
        return ROOST_ERR_BUSY;
    int err = wifi->ops->scan(wifi->ctx);
    if (err < 0 && err != ROOST_ERR_BUSY) /* busy: a round scans */
        return err;
    device->wifi.scan_asked = true;
    memcpy(device->wifi.scan_id, device->command.id, sizeof device->wifi.scan_id);
    roost_timers_start(&device->timers, ROOST_TIMER_SCAN, device->now.now_ms + SCAN_MS);
    return ROOST_ANSWER_LATER;
}

ROOST_COMMAND(roost, wifi_list)
{
    const struct roost_networks *networks = &device->wifi.networks;

    if (!has_wifi(device, message))
        return ROOST_ERR_UNSUPPORTED;
    roost_json_object(out);
    roost_json_put_array(out, "networks");
    for (int i = 0; i < ROOST_NETWORKS_MAX; i++)
        if (networks->list[i].ssid[0])
            roost_json_str(out, networks->list[i].ssid);
    roost_json_end(out);
    roost_json_end(out);
    return 0;
}

/* "" for what is not there or too long: no name and no passphrase. */
static void get_text(const struct roost_command *command, const char *key, char *out, size_t size)
{
    if (command->args < 0 ||
        roost_json_get_string(&command->doc, command->args, key, out, size) < 0)
        out[0] = '\0';
}

ROOST_COMMAND(roost, wifi_add)
{
    struct roost_network network;

    if (!has_wifi(device, message))
        return ROOST_ERR_UNSUPPORTED;
    get_text(&device->command, "ssid", network.ssid, sizeof network.ssid);
    get_text(&device->command, "psk", network.psk, sizeof network.psk);
    int err = roost_networks_add(&device->wifi.networks, network.ssid, network.psk);
    if (err == ROOST_ERR_INVALID)
        roost_say(message, "ssid: allowed 1..32 bytes; psk: allowed 8..63 printable characters");
    else if (err == ROOST_ERR_FULL)
        roost_say(message, "ssid: 5 networks are stored");
    roost_write_nothing(out);
    return err;
}

ROOST_COMMAND(roost, wifi_remove)
{
    char ssid[ROOST_WIFI_SSID_MAX + 1];

    if (!has_wifi(device, message))
        return ROOST_ERR_UNSUPPORTED;
    get_text(&device->command, "ssid", ssid, sizeof ssid);
    int err = roost_networks_remove(&device->wifi.networks, ssid);
    if (err == ROOST_ERR_NOT_FOUND)
        roost_say(message, "ssid: not stored");
    roost_write_nothing(out);
    return err;
}
