/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serial line on a UART: for drivers that speak to something at its end. On RS-485 the UART
 * itself drives the transceiver's direction pin (half duplex). Bytes wait in a ring of
 * ESP_UART_RING; what comes beyond is lost. Depends on ESP-IDF's UART driver, esp_hw.h.
 *
 *     err = esp_uart_open("meter", &line);
 *     err = esp_uart_write(&line, request, sizeof request);
 *     count = esp_uart_read(&line, answer, sizeof answer);      // what is there
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_UART_H
#define ROOST_PORT_ESP_IDF_ESP_UART_H

#include <stddef.h>
#include <stdint.h>

enum { ESP_UART_RING = 256 };

struct esp_uart {
    int number;                        /* of the chip's */
    int tx_pin, rx_pin, direction_pin; /* direction_pin ESP_PIN_NONE: no RS-485 */
    uint32_t baud;
    char parity; /* 'N', 'E', 'O' */
    uint8_t stop_bits;
};

/* 0; ROOST_ERR_RANGE: a pin, parity, stop bits; or ESP-IDF's error. The log says which part's. */
int esp_uart_open(const char *part, const struct esp_uart *line);

/* ctx: the line. As struct charger_dcmeter_config wants them: 0 or ROOST_ERR_FULL; a count. */
int esp_uart_write(void *ctx, const void *bytes, size_t len);
int esp_uart_read(void *ctx, void *out, size_t room);

#endif
