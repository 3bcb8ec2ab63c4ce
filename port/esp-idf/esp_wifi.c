/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wi-Fi as a station. Which network is tried, and when again, the device decides: nothing is kept
 * in the driver's own flash storage and it does not reconnect by itself. Networks without WPA2 or
 * better are refused by the driver's own threshold, whatever their name.
 *
 *      IDLE --connect--> CONNECTING --address--> UP
 *       ^                   | refused, gone, or no address in time
 *       +---- WIFI_DOWN ----+-------------------- lost, disconnect
 */
#include "port/esp-idf/esp_parts.h"

#include "core/err.h"

#if CONFIG_ESP_WIFI_ENABLED

#include <stdatomic.h>
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "esp_wifi.h"

#include "port/esp-idf/esp_queue.h"

enum {
    ADDRESS_MS = 20000, /* from connect to an address; the driver's own time-outs end before */
    LEAVE_MS = 3000,    /* for the driver to say that it left; then it is taken for granted */
};

enum wifi_state { WIFI_IDLE, WIFI_CONNECTING, WIFI_UP };

static const char tag[] = "roost.wifi";

static struct {
    atomic_int state;     /* enum wifi_state: written by the task (connect) and by the event loop */
    atomic_bool asked;    /* to disconnect */
    atomic_bool leaving;  /* because it was asked for, or because no address came */
    atomic_bool scanning; /* until what it found was taken */
    esp_timer_handle_t timer;
    struct roost_wifi_network found[ROOST_WIFI_SCAN_MAX];
} wifi;

/* ---- events of the driver, in the event loop's task ---- */

static void post(enum roost_event_type type, int status)
{
    (void)esp_queue_post(&(struct roost_event){.type = type, .status = status});
}

static int reason_error(unsigned reason)
{
    switch (reason) {
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT: /* what a wrong passphrase looks like with WPA2 */
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_MIC_FAILURE:
    case WIFI_REASON_802_1X_AUTH_FAILED:
        return ROOST_ERR_AUTH;
    case WIFI_REASON_NO_AP_FOUND:
    case WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD:
        return ROOST_ERR_NOT_FOUND;
    case WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY:
    case WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD:
        return ROOST_ERR_REFUSED; /* by us: it is there, without WPA2 or better */
    case WIFI_REASON_AUTH_EXPIRE:
    case WIFI_REASON_ASSOC_EXPIRE:
    case WIFI_REASON_TIMEOUT:
    case WIFI_REASON_BEACON_TIMEOUT:
    case WIFI_REASON_CONNECTION_FAIL:
        return ROOST_ERR_TIMEOUT;
    default:
        return ROOST_ERR_CLOSED;
    }
}

static void on_disconnected(const wifi_event_sta_disconnected_t *event)
{
    if (event->reason == WIFI_REASON_ROAMING)
        return; /* the driver is on its way to another access point of the same network */
    (void)esp_timer_stop(wifi.timer);
    bool asked = atomic_exchange(&wifi.asked, false);
    bool leaving = atomic_exchange(&wifi.leaving, false);
    if (atomic_exchange(&wifi.state, WIFI_IDLE) == WIFI_IDLE)
        return;
    ESP_LOGI(tag, "disconnected, reason %u", (unsigned)event->reason);
    post(ROOST_EV_WIFI_DOWN, asked ? 0 : leaving ? ROOST_ERR_TIMEOUT : reason_error(event->reason));
}

static void on_address(void)
{
    (void)esp_timer_stop(wifi.timer);
    atomic_store(&wifi.state, WIFI_UP);
    esp_port_time_ask();
    post(ROOST_EV_WIFI_UP, 0);
}

/* Keeps the list sorted, strongest first, and drops the weakest when it is full. */
static size_t insert(size_t count, const wifi_ap_record_t *record)
{
    size_t at = count;

    while (at > 0 && wifi.found[at - 1].rssi_dbm < record->rssi)
        at--;
    if (at == ROOST_WIFI_SCAN_MAX || !record->ssid[0])
        return count;
    if (count == ROOST_WIFI_SCAN_MAX)
        count--;
    memmove(&wifi.found[at + 1], &wifi.found[at], (count - at) * sizeof wifi.found[0]);
    struct roost_wifi_network *network = &wifi.found[at];
    *network = (struct roost_wifi_network){.rssi_dbm = record->rssi,
                                           .encryption = (uint8_t)record->authmode};
    memcpy(network->ssid, record->ssid, ROOST_WIFI_SSID_MAX); /* the NUL stays */
    return count + 1;
}

static void on_scanned(const wifi_event_sta_scan_done_t *event)
{
    struct roost_event scanned = {.type = ROOST_EV_WIFI_SCANNED, .data = wifi.found};
    wifi_ap_record_t record;
    size_t count = 0;

    if (!atomic_load(&wifi.scanning))
        return; /* one of the driver's own, before it connects */
    if (event->status != 0)
        scanned.status = ROOST_ERR_IO;
    while (event->status == 0 && esp_wifi_scan_get_ap_record(&record) == ESP_OK)
        count = insert(count, &record);
    (void)esp_wifi_clear_ap_list();
    scanned.len = count * sizeof wifi.found[0];
    (void)esp_queue_post(&scanned);
}

static void on_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx;
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_DISCONNECTED)
        on_disconnected(data);
    else if (base == WIFI_EVENT && id == WIFI_EVENT_SCAN_DONE)
        on_scanned(data);
    else if (base == IP_EVENT && id == IP_EVENT_STA_GOT_IP)
        on_address();
    else if (base == IP_EVENT && id == IP_EVENT_STA_LOST_IP)
        (void)esp_wifi_disconnect(); /* associated without an address is no network */
}

/* Ends in STA_DISCONNECTED, or in the timer. */
static esp_err_t leave(void)
{
    (void)esp_timer_stop(wifi.timer);
    atomic_store(&wifi.leaving, true);
    (void)esp_timer_start_once(wifi.timer, (uint64_t)LEAVE_MS * 1000);
    return esp_wifi_disconnect();
}

static void on_timer(void *ctx)
{
    (void)ctx;
    if (!atomic_load(&wifi.leaving))
        (void)leave();
    else if (atomic_exchange(&wifi.state, WIFI_IDLE) != WIFI_IDLE)
        post(ROOST_EV_WIFI_DOWN, atomic_exchange(&wifi.asked, false) ? 0 : ROOST_ERR_TIMEOUT);
}

/* ---- the operations ---- */

static int wifi_scan(void *ctx)
{
    (void)ctx;
    if (atomic_exchange(&wifi.scanning, true))
        return ROOST_ERR_BUSY;
    esp_err_t err = esp_wifi_scan_start(NULL, false);
    if (err == ESP_OK)
        return 0;
    atomic_store(&wifi.scanning, false);
    return err == ESP_ERR_WIFI_STATE ? ROOST_ERR_BUSY : ROOST_ERR_IO; /* STATE: it connects */
}

static void seen(const struct roost_event *event)
{
    if (event->type == ROOST_EV_WIFI_SCANNED)
        atomic_store(&wifi.scanning, false);
}

/* All channels: the driver's default takes the first access point that answers, and of several with
 * one name the strongest is wanted. */
static esp_err_t begin(const char *ssid, const char *psk)
{
    wifi_config_t config = {.sta = {.scan_method = WIFI_ALL_CHANNEL_SCAN,
                                    .sort_method = WIFI_CONNECT_AP_BY_SIGNAL,
                                    .threshold = {.rssi = -127, .authmode = WIFI_AUTH_WPA2_PSK},
                                    .pmf_cfg = {.capable = true},
                                    .sae_pwe_h2e = WPA3_SAE_PWE_BOTH}};

    memcpy(config.sta.ssid, ssid, strlen(ssid)); /* both full when as long as may be, without NUL */
    memcpy(config.sta.password, psk, strlen(psk));
    esp_err_t err = esp_wifi_set_config(WIFI_IF_STA, &config);
    memset(&config, 0, sizeof config); /* no passphrase stays on the stack */
    if (err == ESP_OK)
        err = esp_wifi_connect();
    return err;
}

static int wifi_connect(void *ctx, const char *ssid, const char *psk)
{
    int idle = WIFI_IDLE;

    (void)ctx;
    if (!ssid) { /* the port has no network of its own */
        post(ROOST_EV_WIFI_DOWN, ROOST_ERR_NOT_FOUND);
        return 0;
    }
    if (!psk || strlen(psk) < 8 || strlen(psk) > ROOST_WIFI_PSK_MAX || !ssid[0] ||
        strlen(ssid) > ROOST_WIFI_SSID_MAX)
        return ROOST_ERR_INVALID;
    if (!atomic_compare_exchange_strong(&wifi.state, &idle, WIFI_CONNECTING))
        return ROOST_ERR_BUSY;
    atomic_store(&wifi.asked, false);
    atomic_store(&wifi.leaving, false);
    (void)esp_timer_start_once(wifi.timer, (uint64_t)ADDRESS_MS * 1000);
    esp_err_t err = begin(ssid, psk);
    if (err == ESP_OK)
        return 0;
    (void)esp_timer_stop(wifi.timer);
    atomic_store(&wifi.state, WIFI_IDLE);
    ESP_LOGE(tag, "connect: %s", esp_err_to_name(err));
    return ROOST_ERR_IO;
}

static int wifi_disconnect(void *ctx)
{
    (void)ctx;
    if (atomic_load(&wifi.state) == WIFI_IDLE)
        return 0;
    atomic_store(&wifi.asked, true);
    return leave() == ESP_OK ? 0 : ROOST_ERR_IO;
}

static int wifi_rssi_dbm(void *ctx)
{
    int rssi_dbm = 0;

    (void)ctx;
    if (atomic_load(&wifi.state) != WIFI_UP || esp_wifi_sta_get_rssi(&rssi_dbm) != ESP_OK)
        return 0;
    return rssi_dbm;
}

static const struct roost_wifi_ops wifi_ops = {.scan = wifi_scan,
                                               .connect = wifi_connect,
                                               .disconnect = wifi_disconnect,
                                               .rssi_dbm = wifi_rssi_dbm};

static esp_err_t start(const char *host_name)
{
    const esp_timer_create_args_t timer = {.callback = on_timer, .name = "roost.wifi"};
    wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    esp_netif_t *netif = esp_netif_create_default_wifi_sta();

    if (!netif)
        return ESP_ERR_NO_MEM;
    esp_err_t err = host_name ? esp_netif_set_hostname(netif, host_name) : ESP_OK;
    if (err == ESP_OK)
        err = esp_timer_create(&timer, &wifi.timer);
    if (err == ESP_OK)
        err = esp_wifi_init(&config);
    if (err == ESP_OK)
        err = esp_wifi_set_storage(WIFI_STORAGE_RAM);
    if (err == ESP_OK)
        err = esp_wifi_set_mode(WIFI_MODE_STA);
    if (err == ESP_OK)
        err = esp_event_handler_register(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, on_event, NULL);
    if (err == ESP_OK)
        err = esp_event_handler_register(WIFI_EVENT, WIFI_EVENT_SCAN_DONE, on_event, NULL);
    if (err == ESP_OK)
        err = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_event, NULL);
    if (err == ESP_OK)
        err = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_LOST_IP, on_event, NULL);
    if (err == ESP_OK)
        err = esp_wifi_start();
    return err;
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_network *network = config;
    esp_err_t err = start(network->host_name);

    if (err != ESP_OK) {
        ESP_LOGE(tag, "no Wi-Fi: %s", esp_err_to_name(err));
        return err == ESP_ERR_NO_MEM ? ROOST_ERR_NO_MEMORY : ROOST_ERR_IO;
    }
    port->wifi = (struct roost_wifi){&wifi_ops, NULL};
    return 0;
}

const struct esp_driver esp_wifi_driver = {
    .name = "Wi-Fi", .needed = true, .init = init, .seen = seen};

#endif /* without it a chip, or a build, has none to list */
