/* SPDX-License-Identifier: Apache-2.0 */
/* Wi-Fi: carries out what runtime/networks decides, and the commands about it. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/window/parts.h"

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

int window_init_wifi(struct roost_window *window)
{
    roost_backoff_init(&window->wifi_backoff, WAIT_BASE_MS, WAIT_CAP_MS);
    return window->port->wifi.ops ? roost_networks_init(&window->networks, &window->port->kv) : 0;
}

static void start_timer(struct roost_window *window, uint32_t delay_ms)
{
    roost_timers_start(&window->timers, WINDOW_TIMER_WIFI, window->now.now_ms + delay_ms);
}

static void wait(struct roost_window *window)
{
    start_timer(window, roost_backoff_next(&window->wifi_backoff, window_draw(window)));
}

/* A scan that does not come is one that found nothing: the round goes on. */
static void no_scan(struct roost_window *window)
{
    if (window->wifi_scans)
        roost_networks_scanned(&window->networks, NULL, 0);
}

void window_connect_wifi(struct roost_window *window)
{
    const struct roost_wifi *wifi = &window->port->wifi;
    const struct roost_network *network = NULL;
    enum roost_networks_action action = roost_networks_next(&window->networks, &network);
    int err = 0;

    window->wifi_scans = action == ROOST_NETWORKS_SCAN;
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
        window->wifi_tries = false;
        wait(window);
        return;
    }
    window->wifi_tries = err == 0;
    if (err == 0) {
        start_timer(window, ATTEMPT_MS);
        return;
    }
    ROOST_LOG(&window->log, ROOST_LOG_WARN, "wifi", window->wifi_scans ? "no scan" : "no connect",
              RF_ERR("error", err));
    no_scan(window);
    wait(window);
}

void window_wifi_late(struct roost_window *window)
{
    const struct roost_wifi *wifi = &window->port->wifi;

    if (window->wifi_tries)
        (void)wifi->ops->disconnect(wifi->ctx); /* nothing came of it */
    no_scan(window);
    window_connect_wifi(window);
}

void window_wifi_changed(struct roost_window *window, bool up)
{
    bool lost = window->wifi_up && !up;

    window->wifi_up = up;
    window->wifi_tries = false;
    window_link_event(window, up ? ROOST_LINK_NET_UP : ROOST_LINK_NET_DOWN);
    if (window->stopping)
        return;
    if (up) {
        roost_networks_up(&window->networks);
        roost_backoff_reset(&window->wifi_backoff);
        roost_timers_stop(&window->timers, WINDOW_TIMER_WIFI);
    } else if (lost || roost_networks_count(&window->networks) > 0) {
        window_connect_wifi(window); /* at once: a round has its own waits */
    } else {
        wait(window);
    }
}

/* ---- scans ---- */

void window_wifi_scanned(struct roost_window *window, int status, size_t len)
{
    int8_t tail = (int8_t)(status < 0 ? status : 0);
    const struct roost_wifi_network *found = (const void *)window->event.data;

    /* When the queue of commands is full, the answer is that it took too long. */
    if (window->scan_asked)
        (void)roost_queue_push(&window->commands, found, len, &tail, sizeof tail);
    if (!window->wifi_scans)
        return;
    roost_networks_scanned(&window->networks, found, status < 0 ? 0 : len / sizeof *found);
    window_connect_wifi(window);
}

void window_scan_late(struct roost_window *window)
{
    int8_t tail = ROOST_ERR_TIMEOUT;

    if (roost_queue_push(&window->commands, NULL, 0, &tail, sizeof tail) == 0)
        return;
    window->scan_asked = false;
    window->answers_lost++;
}

static int write_networks(struct roost_window *window, size_t count)
{
    const struct roost_wifi_network *found = (const void *)window->event.data;
    struct roost_json_writer out;

    roost_answer_begin(&out, window->answer, sizeof window->answer, window->scan_id);
    roost_json_object(&out);
    roost_json_key(&out, "networks");
    roost_json_array(&out);
    for (size_t i = 0; i < count; i++) {
        roost_json_object(&out);
        roost_json_key(&out, "ssid");
        roost_json_str(&out, found[i].ssid);
        roost_json_key(&out, "rssi");
        roost_json_int(&out, found[i].rssi_dbm);
        roost_json_key(&out, "encryption");
        roost_json_int(&out, found[i].encryption);
        roost_json_end(&out);
    }
    roost_json_end(&out);
    roost_json_end(&out);
    return roost_answer_end(&out);
}

void window_scan_answer(struct roost_window *window, int status, size_t len)
{
    size_t count = len / sizeof(struct roost_wifi_network);
    int written;

    if (!window->scan_asked)
        return; /* it was answered: too late */
    window->scan_asked = false;
    roost_timers_stop(&window->timers, WINDOW_TIMER_SCAN);
    if (status < 0)
        written = roost_answer_error(window->answer, sizeof window->answer, window->scan_id, status,
                                     NULL);
    else /* the weakest give way when names full of escapes take the room */
        while ((written = write_networks(window, count)) < 0 && count > 0)
            count--;
    ROOST_ASSERT(written > 0);
    window->answer_len = (size_t)written;
}

/* ---- commands ---- */

static bool has_wifi(const struct roost_window *window, struct window_message *message)
{
    if (!window->port->wifi.ops)
        window_say(message, "wifi: this device has none");
    return window->port->wifi.ops != NULL;
}

WINDOW_COMMAND(wifi_scan)
{
    const struct roost_wifi *wifi = &window->port->wifi;

    (void)out;
    if (!has_wifi(window, message))
        return ROOST_ERR_UNSUPPORTED;
    if (window->scan_asked)
        return ROOST_ERR_BUSY;
    int err = wifi->ops->scan(wifi->ctx);
    if (err < 0 && err != ROOST_ERR_BUSY) /* busy: a round scans */
        return err;
    window->scan_asked = true;
    memcpy(window->scan_id, window->command.id, sizeof window->scan_id);
    roost_timers_start(&window->timers, WINDOW_TIMER_SCAN, window->now.now_ms + SCAN_MS);
    return WINDOW_ANSWER_LATER;
}

WINDOW_COMMAND(wifi_list)
{
    const struct roost_networks *networks = &window->networks;

    if (!has_wifi(window, message))
        return ROOST_ERR_UNSUPPORTED;
    roost_json_object(out);
    roost_json_key(out, "networks");
    roost_json_array(out);
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

WINDOW_COMMAND(wifi_add)
{
    struct roost_network network;

    if (!has_wifi(window, message))
        return ROOST_ERR_UNSUPPORTED;
    get_text(&window->command, "ssid", network.ssid, sizeof network.ssid);
    get_text(&window->command, "psk", network.psk, sizeof network.psk);
    int err = roost_networks_add(&window->networks, network.ssid, network.psk);
    if (err == ROOST_ERR_INVALID)
        window_say(message, "ssid: allowed 1..32 bytes; psk: allowed 8..63 printable characters");
    else if (err == ROOST_ERR_FULL)
        window_say(message, "ssid: 5 networks are stored");
    window_write_nothing(out);
    return err;
}

WINDOW_COMMAND(wifi_remove)
{
    char ssid[ROOST_WIFI_SSID_MAX + 1];

    if (!has_wifi(window, message))
        return ROOST_ERR_UNSUPPORTED;
    get_text(&window->command, "ssid", ssid, sizeof ssid);
    int err = roost_networks_remove(&window->networks, ssid);
    if (err == ROOST_ERR_NOT_FOUND)
        window_say(message, "ssid: not stored");
    window_write_nothing(out);
    return err;
}
