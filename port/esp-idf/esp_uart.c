/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_uart.h"

#include "driver/uart.h"

#include "core/err.h"
#include "port/esp-idf/esp_hw.h"

/* A whole request fits into the ring for sending: a write waits for nothing. */
enum { SEND_RING = 256 };

static int parity_of(char parity, uart_parity_t *out)
{
    switch (parity) {
    case 'N':
        *out = UART_PARITY_DISABLE;
        return 0;
    case 'E':
        *out = UART_PARITY_EVEN;
        return 0;
    case 'O':
        *out = UART_PARITY_ODD;
        return 0;
    default:
        return ROOST_ERR_RANGE;
    }
}

int esp_uart_open(const char *part, const struct esp_uart *line)
{
    uart_config_t config = {.baud_rate = (int)line->baud,
                            .data_bits = UART_DATA_8_BITS,
                            .stop_bits = line->stop_bits == 2 ? UART_STOP_BITS_2 : UART_STOP_BITS_1,
                            .source_clk = UART_SCLK_DEFAULT};
    const uart_port_t port = (uart_port_t)line->number;
    bool half_duplex = line->direction_pin != ESP_PIN_NONE;

    if (!esp_pin_check(part, "TX", line->tx_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "RX", line->rx_pin, ESP_PIN_INPUT) ||
        (half_duplex && !esp_pin_check(part, "direction", line->direction_pin, ESP_PIN_OUTPUT)) ||
        line->stop_bits < 1 || line->stop_bits > 2 || parity_of(line->parity, &config.parity) < 0)
        return ROOST_ERR_RANGE;
    esp_err_t err = uart_driver_install(port, ESP_UART_RING, SEND_RING, 0, NULL, 0);
    if (err == ESP_OK)
        err = uart_param_config(port, &config);
    if (err == ESP_OK)
        err = uart_set_pin(port, line->tx_pin, line->rx_pin,
                           half_duplex ? line->direction_pin : UART_PIN_NO_CHANGE,
                           UART_PIN_NO_CHANGE);
    if (err == ESP_OK && half_duplex)
        err = uart_set_mode(port, UART_MODE_RS485_HALF_DUPLEX);
    return err == ESP_OK ? 0 : esp_part_error(part, "UART", err);
}

int esp_uart_write(void *ctx, const void *bytes, size_t len)
{
    const struct esp_uart *line = ctx;
    size_t room = 0;

    if (uart_get_tx_buffer_free_size((uart_port_t)line->number, &room) != ESP_OK || room < len)
        return ROOST_ERR_FULL;
    return uart_write_bytes((uart_port_t)line->number, bytes, len) == (int)len ? 0 : ROOST_ERR_FULL;
}

int esp_uart_read(void *ctx, void *out, size_t room)
{
    const struct esp_uart *line = ctx;
    int count = uart_read_bytes((uart_port_t)line->number, out, (uint32_t)room, 0);

    return count < 0 ? ROOST_ERR_FAULT : count;
}
