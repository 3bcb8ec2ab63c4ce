/* SPDX-License-Identifier: Apache-2.0 */
/* What Wi-Fi, Ethernet and the clients share: the stack, the event loop, and errors. */
#include "port/esp-idf/esp_parts.h"

#include <errno.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_tls_errors.h"

#include "core/err.h"

static const char tag[] = "roost.net";

int esp_port_net_init(void)
{
    esp_err_t err = esp_netif_init();

    if (err == ESP_OK)
        err = esp_event_loop_create_default();
    if (err == ESP_OK)
        return 0;
    ESP_LOGE(tag, "the network stack cannot start: %s", esp_err_to_name(err));
    return err == ESP_ERR_NO_MEM ? ROOST_ERR_NO_MEMORY : ROOST_ERR_IO;
}

int esp_port_tls_error(esp_err_t err, int cert_flags, int sock_errno)
{
    if (cert_flags)
        return ROOST_ERR_CRYPTO;
    switch (err) {
    case ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME:
        return ROOST_ERR_NOT_FOUND;
    case ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT:
        return ROOST_ERR_TIMEOUT;
    case ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST:
        return sock_errno == ETIMEDOUT ? ROOST_ERR_TIMEOUT : ROOST_ERR_REFUSED;
    case ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET:
    case ESP_ERR_NO_MEM:
    case ESP_ERR_MBEDTLS_SSL_SETUP_FAILED:
        return ROOST_ERR_NO_MEMORY;
    case ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED:
    case ESP_ERR_MBEDTLS_CERT_PARTLY_OK:
    case ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED:
        return ROOST_ERR_CRYPTO;
    default:
        break;
    }
    if (sock_errno == ECONNREFUSED)
        return ROOST_ERR_REFUSED;
    return sock_errno == ETIMEDOUT ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED;
}
