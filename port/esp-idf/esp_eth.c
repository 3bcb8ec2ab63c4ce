/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenCores Ethernet of Espressif's QEMU, set up as Espressif's own examples do
 * (protocol_examples_common, eth_connect.c). It is UP whenever it has an address. Its driver ends
 * the program when there is no such MAC: an image for the emulator does not run on a board.
 */
#include "port/esp-idf/esp_parts.h"

#include "core/err.h"

#if CONFIG_ETH_USE_OPENETH

#include <stdatomic.h>

#include "esp_eth.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"

#include "port/esp-idf/esp_queue.h"

enum { PHY_ADDRESS = 1, NEGOTIATION_MS = 100 };

static const char tag[] = "roost.eth";

static struct {
    esp_eth_handle_t driver;
    bool started;            /* the task's */
    atomic_bool wanted;      /* connect was called, disconnect was not */
    atomic_bool has_address; /* the event loop's task writes it */
} eth;

static void post(enum roost_event_type type, int status)
{
    (void)esp_queue_post(&(struct roost_event){.type = type, .status = status});
}

static void on_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx;
    (void)data;
    if (base == IP_EVENT && id == IP_EVENT_ETH_GOT_IP) {
        atomic_store(&eth.has_address, true);
        esp_port_time_ask();
        if (atomic_load(&eth.wanted))
            post(ROOST_EV_WIFI_UP, 0);
    } else if ((base == ETH_EVENT && id == ETHERNET_EVENT_DISCONNECTED) ||
               (base == IP_EVENT && id == IP_EVENT_ETH_LOST_IP)) {
        if (atomic_exchange(&eth.has_address, false) && atomic_load(&eth.wanted))
            post(ROOST_EV_WIFI_DOWN, ROOST_ERR_CLOSED);
    }
}

static int eth_scan(void *ctx)
{
    (void)ctx;
    post(ROOST_EV_WIFI_SCANNED, ROOST_ERR_UNSUPPORTED);
    return 0;
}

static int eth_connect(void *ctx, const char *ssid, const char *psk)
{
    (void)ctx;
    (void)ssid;
    (void)psk;
    atomic_store(&eth.wanted, true);
    if (!eth.started) {
        esp_err_t err = esp_eth_start(eth.driver);
        if (err != ESP_OK) {
            ESP_LOGE(tag, "not started: %s", esp_err_to_name(err));
            (void)esp_eth_stop(eth.driver); /* it may be half way, and would not start again */
            return ROOST_ERR_IO;
        }
        eth.started = true;
    }
    if (atomic_load(&eth.has_address))
        post(ROOST_EV_WIFI_UP, 0);
    return 0;
}

static int eth_disconnect(void *ctx)
{
    (void)ctx;
    if (atomic_exchange(&eth.wanted, false))
        post(ROOST_EV_WIFI_DOWN, 0);
    return 0;
}

static int eth_rssi_dbm(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct roost_wifi_ops eth_ops = {.scan = eth_scan,
                                              .connect = eth_connect,
                                              .disconnect = eth_disconnect,
                                              .rssi_dbm = eth_rssi_dbm};

static esp_err_t install(void)
{
    eth_mac_config_t mac_config = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy_config = ETH_PHY_DEFAULT_CONFIG();

    phy_config.phy_addr = PHY_ADDRESS;
    phy_config.reset_gpio_num = -1;
    phy_config.autonego_timeout_ms = NEGOTIATION_MS;
    esp_eth_mac_t *mac = esp_eth_mac_new_openeth(&mac_config);
    esp_eth_phy_t *phy = esp_eth_phy_new_dp83848(&phy_config);
    if (!mac || !phy)
        return ESP_ERR_NO_MEM;
    esp_eth_config_t config = ETH_DEFAULT_CONFIG(mac, phy);
    return esp_eth_driver_install(&config, &eth.driver);
}

static esp_err_t attach(const char *host_name)
{
    esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
    esp_netif_t *netif = esp_netif_new(&config);
    esp_eth_netif_glue_handle_t glue = netif ? esp_eth_new_netif_glue(eth.driver) : NULL;

    if (!glue)
        return ESP_ERR_NO_MEM;
    esp_err_t err = esp_netif_attach(netif, glue);
    if (err == ESP_OK && host_name)
        err = esp_netif_set_hostname(netif, host_name);
    if (err == ESP_OK)
        err = esp_event_handler_register(ETH_EVENT, ETHERNET_EVENT_DISCONNECTED, on_event, NULL);
    if (err == ESP_OK)
        err = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, on_event, NULL);
    if (err == ESP_OK)
        err = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_LOST_IP, on_event, NULL);
    return err;
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_network *network = config;
    esp_err_t err = install();

    if (err == ESP_OK)
        err = attach(network->host_name);
    if (err != ESP_OK) {
        ESP_LOGE(tag, "no Ethernet: %s", esp_err_to_name(err));
        return err == ESP_ERR_NO_MEM ? ROOST_ERR_NO_MEMORY : ROOST_ERR_IO;
    }
    port->wifi = (struct roost_wifi){&eth_ops, NULL};
    return 0;
}

const struct esp_driver esp_openeth_driver = {.name = "Ethernet", .needed = true, .init = init};

#endif /* CONFIG_ETH_USE_OPENETH: without it a build has none to list */
