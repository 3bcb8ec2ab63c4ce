/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/charger/main/meter.h"

#include "core/err.h"
#include "devices/charger/dcmeter.h"
#include "port/esp-idf/esp_uart.h"

enum { METER_UART = 1 };

static struct esp_uart line;
static struct charger_dcmeter meter;
static bool there;

static int init(const void *config, struct roost_port *port)
{
    const struct charger_meter_part *wanted = config;
    const struct charger_dcmeter_kind *kind = &charger_pzem_017;
    const struct charger_dcmeter_config how = {.kind = kind,
                                               .unit = wanted->address,
                                               .connector = 1,
                                               .write = esp_uart_write,
                                               .read = esp_uart_read,
                                               .line = &line,
                                               .kv = &port->kv};

    line = (struct esp_uart){.number = METER_UART,
                             .tx_pin = wanted->tx_pin,
                             .rx_pin = wanted->rx_pin,
                             .direction_pin = wanted->direction_pin,
                             .baud = kind->baud,
                             .parity = kind->parity,
                             .stop_bits = kind->stop_bits};
    int err = esp_uart_open("meter", &line);
    if (!err)
        err = charger_dcmeter_init(&meter, &how);
    there = !err;
    return err;
}

int charger_meter_register(void *none, uint64_t now_ms, uint64_t last_mwh, uint64_t *out)
{
    (void)none;
    return there ? charger_dcmeter_read(&meter, now_ms, last_mwh, out) : ROOST_ERR_FAULT;
}

const struct esp_driver charger_meter_driver = {.name = "meter", .init = init};
