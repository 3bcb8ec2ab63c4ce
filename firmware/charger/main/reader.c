/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/charger/main/reader.h"

#include "port/esp-idf/esp_hw.h"
#include "port/esp-idf/esp_uart.h"

enum { READER_UART = 2 };

static struct esp_uart uart;
static struct charger_reader_config line = {esp_uart_write, esp_uart_read, &uart};
static bool there;

static int init(const void *config, struct roost_port *port)
{
    const struct charger_reader_part *wanted = config;

    (void)port;
    uart = (struct esp_uart){.number = READER_UART,
                             .tx_pin = wanted->tx_pin,
                             .rx_pin = wanted->rx_pin,
                             .direction_pin = ESP_PIN_NONE,
                             .baud = CHARGER_READER_BAUD,
                             .parity = 'N',
                             .stop_bits = 1};
    int err = esp_uart_open("reader", &uart);
    there = !err;
    return err;
}

const struct charger_reader_config *charger_reader_line(void)
{
    return there ? &line : NULL;
}

const struct esp_driver charger_reader_driver = {.name = "reader", .init = init};
