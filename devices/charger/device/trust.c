/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the socket trusts and by what it is known itself: the roots that the central system has
 * installed go before those of the factory, its own certificate likewise. */
#include <string.h>

#include "core/err.h"
#include "devices/charger/device/parts.h"

enum { ASKS_DAYS_BEFORE = 30 };

static const char slot[] = "csms"; /* of port/pki.h */

bool charger_encrypted(const char *url)
{
    return strncmp(url, "wss://", 6) == 0;
}

int charger_trust_make(struct roost_charger *charger)
{
    const struct roost_port *port = charger->device.port;
    int err = 0;

    charger->trust.rules = (struct charger_request_rules){
        .slot = slot,
        .identity = charger->device.id,
        .organization = roost_settings_text(&charger->keys.settings, CHARGER_KEY_CPO_NAME),
        .chain_max = charger->keys.facts.chain_max,
        .days_before = ASKS_DAYS_BEFORE};
    if (port->pki.ops) {
        err = charger_roots_init(&charger->trust.roots, &port->kv, &port->pki,
                                 charger->keys.facts.certificates_max);
        int own =
            charger_request_init(&charger->trust.request, &port->pki, &port->random,
                                 &charger->trust.roots, &charger->events, &charger->trust.rules);
        if (own < 0) /* a new pair is asked for, then it has one again */
            ROOST_LOG(&charger->device.log, ROOST_LOG_ERROR, "link", "its certificate is damaged",
                      RF_ERR("err", own));
    }
    charger_trust_look(charger);
    return err;
}

static size_t root_texts(struct roost_charger *charger)
{
    return charger->device.port->pki.ops
               ? charger_roots_texts(&charger->trust.roots, CHARGER_ROOT_CENTRAL,
                                     charger->trust.texts)
               : 0;
}

static bool all_encrypted(const struct roost_charger_config *config)
{
    return config->url && charger_encrypted(config->url) &&
           (!config->other_url || !config->other_url[0] || charger_encrypted(config->other_url));
}

/* A place that can only be reached in the clear has no use for a root. */
void charger_trust_look(struct roost_charger *charger)
{
    const struct roost_charger_config *config = &charger->config;
    bool root = config->ca_pem || root_texts(charger) > 0;
    bool pair = (config->cert_pem && config->key_pem) || charger->trust.request.bound;

    charger->keys.ready = 0;
    if (root && all_encrypted(config))
        charger->keys.ready |= CHARGER_READY_ROOT;
    if (pair)
        charger->keys.ready |= CHARGER_READY_CERTIFICATE;
}

void charger_trust_options(struct roost_charger *charger, int profile,
                           struct roost_ws_options *options)
{
    const struct roost_charger_config *config = &charger->config;
    struct roost_tls_options *tls = &charger->trust.tls;
    size_t count = root_texts(charger);

    *tls = (struct roost_tls_options){.roots = count > 0 ? charger->trust.texts : NULL,
                                      .root_count = count};
    options->ca_pem = config->ca_pem;
    if (profile == 3 && charger->trust.request.bound) {
        tls->slot = slot;
    } else if (profile == 3) {
        options->cert_pem = config->cert_pem;
        options->key_pem = config->key_pem;
    }
    if (tls->roots || tls->slot)
        options->tls = tls;
}
