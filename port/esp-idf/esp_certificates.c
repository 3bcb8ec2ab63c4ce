/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys as a part of a board: esp_pki.h on the chip's kv, in NVS, and its random
 * numbers. Only keys on P-256 are made here: one of RSA would take a minute of the device's task.
 */
#include "port/esp-idf/esp_part.h"
#include "port/esp-idf/esp_pki.h"

#include "core/err.h"

static struct esp_pki pki;

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    if (!port->kv.ops || !port->random.ops)
        return ROOST_ERR_STATE;
    esp_pki_init(&pki, &port->kv, &port->random, false, &port->pki);
    return 0;
}

const struct esp_driver esp_certificates_driver = {
    .name = "certificates", .needed = true, .init = init};
