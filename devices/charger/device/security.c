/* SPDX-License-Identifier: Apache-2.0 */
/* What the device notes as security events, and by what the socket knows whom it talks to. */
#include <string.h>

#include "core/err.h"
#include "core/reset.h"
#include "devices/charger/device/parts.h"

void charger_event(struct roost_charger *charger, enum charger_event_kind kind, const char *info)
{
    uint64_t now_ms = charger->device.now.now_ms;
    struct charger_instant now = charger_instant(charger, now_ms);

    charger->news = true;
    /* One that is dropped is counted by the events themselves. */
    if (charger_events_add(&charger->events, kind, info, now_ms, now.unix_ms) == ROOST_ERR_IO)
        charger->device.unsaved = true;
}

/* A power-on is a startup and nothing else; what else began this boot is told with its cause. */
void charger_event_boot(struct roost_charger *charger)
{
    enum roost_reset_reason reason = charger->device.health.reset_reason;

    charger_event(charger, CHARGER_EVENT_StartupOfTheDevice, charger->device.firmware);
    if (reason != ROOST_RESET_POWER_ON)
        charger_event(charger, CHARGER_EVENT_ResetOrReboot, roost_reset_text(reason));
}

void charger_event_clock(struct roost_charger *charger, const struct charger_instant *now)
{
    if (charger->events.timeless != 0 && now->unix_ms != 0 &&
        charger_events_clock(&charger->events, now->now_ms, now->unix_ms) < 0)
        charger->device.unsaved = true;
}

void charger_event_key(struct roost_charger *charger, int key)
{
    struct charger_key_view view;

    if (key != CHARGER_KEY_AUTHORIZATION && key != CHARGER_KEY_SECURITY_PROFILE)
        return;
    charger_keys_show(&charger->keys, (size_t)key, &view);
    charger_event(charger, CHARGER_EVENT_ReconfigurationOfSecurityParameters, view.name);
}

/* ---- a TLS connection that did not come about ---- */

static const struct {
    uint8_t kind;
    const char *why;
} tls_events[] = {
    [ROOST_TLS_NONE] = {CHARGER_EVENT_COUNT, NULL},
    [ROOST_TLS_AUTHORITY] = {CHARGER_EVENT_InvalidCentralSystemCertificate, "unknown authority"},
    [ROOST_TLS_EXPIRED] = {CHARGER_EVENT_InvalidCentralSystemCertificate, "expired"},
    [ROOST_TLS_NOT_YET_VALID] = {CHARGER_EVENT_InvalidCentralSystemCertificate, "not yet valid"},
    [ROOST_TLS_NAME] = {CHARGER_EVENT_InvalidCentralSystemCertificate, "another name"},
    [ROOST_TLS_VERSION] = {CHARGER_EVENT_InvalidTLSVersion, NULL},
    [ROOST_TLS_CIPHER] = {CHARGER_EVENT_InvalidTLSCipherSuite, NULL},
    [ROOST_TLS_REVOKED] = {CHARGER_EVENT_InvalidCentralSystemCertificate, "revoked"},
    [ROOST_TLS_OTHER] = {CHARGER_EVENT_COUNT, NULL},
};

/* The same failure again, attempt after attempt, is the same event until a connection was good: it
 * would push all others out of the log in a night. */
void charger_event_tls(struct roost_charger *charger)
{
    unsigned failure = charger->link.failure;

    charger->link.failure = ROOST_TLS_NONE;
    if (failure >= sizeof tls_events / sizeof tls_events[0] ||
        tls_events[failure].kind == CHARGER_EVENT_COUNT || charger->link.told >> failure & 1)
        return;
    charger->link.told |= (uint16_t)(1u << failure);
    charger_event(charger, (enum charger_event_kind)tls_events[failure].kind,
                  tls_events[failure].why);
}
