/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys as a part of a board: esp_pki.h on the chip's kv, in NVS, and its random
 * numbers. Only keys on P-256 are made here: one of RSA would take a minute of the device's task.
 */
#include "port/esp-idf/esp_part.h"
#include "port/esp-idf/esp_pki.h"
#include "port/esp-idf/esp_trust.h"

#include "core/err.h"

static struct esp_pki pki;

/* For the TLS clients: the first member of a certificate is what mbedTLS knows. */
static int load(void *ctx, const char *slot, struct esp_trust_pair *out)
{
    struct esp_certificate *chain;
    int err = esp_pki_pair(ctx, slot, &out->key, &chain);

    out->chain = err ? NULL : &chain->crt;
    return err;
}

static void drop(struct esp_trust_pair *pair)
{
    esp_pki_free_all((struct esp_certificate *)pair->chain);
    mbedtls_pk_free(&pair->key);
}

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    if (!port->kv.ops || !port->random.ops)
        return ROOST_ERR_STATE;
    esp_trust_use(&(struct esp_trust_keys){.load = load, .drop = drop, .ctx = &pki});
    esp_pki_init(&pki, &port->kv, &port->random, false, &port->pki);
    return 0;
}

const struct esp_driver esp_certificates_driver = {
    .name = "certificates", .needed = true, .init = init};
