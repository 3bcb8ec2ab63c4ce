/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the socket trusts and by what it is known itself: the roots that the central system has
 * installed go before those of the factory, its own certificate likewise. */
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/device/parts.h"

enum { ASKS_DAYS_BEFORE = 30, DAY_MS = 24 * 60 * 60 * 1000, LATER_MS = 1000 };

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

static bool all_encrypted(const struct roost_charger_config *config)
{
    return config->url && charger_encrypted(config->url) &&
           (!config->other_url || !config->other_url[0] || charger_encrypted(config->other_url));
}

/* A place that can only be reached in the clear has no use for a root. */
void charger_trust_look(struct roost_charger *charger)
{
    const struct roost_charger_config *config = &charger->config;
    bool root =
        config->ca_pem || charger_roots_count(&charger->trust.roots, CHARGER_ROOT_CENTRAL) > 0;
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
    size_t count =
        charger_roots_texts(&charger->trust.roots, CHARGER_ROOT_CENTRAL, charger->trust.texts);

    *tls = (struct roost_tls_options){.roots = count > 0 ? charger->trust.texts : NULL,
                                      .root_count = count};
    charger_roots_connect(&charger->trust.roots);
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

/* ---- a certificate of its own ---- */

int charger_trust_sign(void *ctx)
{
    struct roost_charger *charger = ctx;
    const char *organization = charger->trust.rules.organization;

    if (!charger->trust.request.pki || !organization || !organization[0])
        return ROOST_ERR_STATE;
    charger->trust.wanted = true;
    charger->news = true;
    return 0;
}

static void make_key(struct roost_charger *charger, uint64_t now_ms)
{
    charger->trust.wanted = false;
    int err = charger_request_start(&charger->trust.request, now_ms);
    if (err < 0)
        ROOST_LOG(&charger->device.log, ROOST_LOG_ERROR, "link", "no new key", RF_ERR("err", err));
}

uint64_t charger_trust_run(struct roost_charger *charger, const struct charger_instant *now,
                           bool busy)
{
    struct charger_request *request = &charger->trust.request;
    uint64_t now_ms = now->now_ms;

    charger->trust.busy = busy;
    if (!request->pki)
        return ROOST_NEVER;
    if (busy)
        return now_ms + LATER_MS;
    if (charger->trust.wanted)
        make_key(charger, now_ms);
    if (now->unix_ms == 0)
        return ROOST_NEVER; /* its answer is news */
    if (now_ms >= charger->trust.watch_ms) {
        charger->trust.watch_ms = now_ms + DAY_MS;
        (void)charger_request_watch(request, now_ms, now->unix_ms);
    }
    return charger->trust.watch_ms;
}
