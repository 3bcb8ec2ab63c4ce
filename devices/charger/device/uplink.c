/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of the central system: where to, with which security profile. */
#include <string.h>

#include "core/err.h"
#include "devices/charger/device/parts.h"

enum { CLOSE_NORMAL = 1000 };

/* A charger is patient, and thousands come back at once when a central system was away. */
const struct roost_link_limits charger_link_limits = {
    .backoff_base_ms = 2000,
    .backoff_cap_ms = 60000,
    .connect_timeout_ms = 30000,
    .stable_ms = 30000,
    .breaker_threshold = 8,
    .breaker_open_ms = 120000,
};

/* ---- where to ---- */

/* A device's id is made of what a URL may hold as it is (proto/fleet/topic.h). */
static int write_url(struct roost_charger *charger)
{
    const struct roost_charger_config *config = &charger->config;
    const char *base = charger->link.other ? config->other_url : config->url;
    size_t base_len = strlen(base), id_len = strlen(charger->device.id);
    char *out = charger->link.url;

    while (base_len > 0 && base[base_len - 1] == '/')
        base_len--;
    if (base_len + 1 + id_len >= sizeof charger->link.url)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, base, base_len);
    out[base_len] = '/';
    memcpy(out + base_len + 1, charger->device.id, id_len + 1);
    return 0;
}

/* Profile 1 is Basic, 2 adds TLS, 3 a certificate of ours in the place of the password. */
static int open_socket(struct roost_charger *charger)
{
    const struct roost_ws *ws = &charger->device.port->ws;
    int profile = charger_keys_profile(&charger->keys);
    struct roost_ws_options options = {
        .url = charger->link.url,
        .subprotocol = "ocpp1.6",
        .ping_interval_ms =
            (uint32_t)charger_keys_int(&charger->keys, CHARGER_KEY_PING_INTERVAL) * 1000,
        .message_max = CHARGER_OCPP_MESSAGE_MAX,
        .parts = true};

    if (profile >= 2 && !charger_encrypted(charger->link.url))
        return ROOST_ERR_INVALID; /* never less than what was agreed on */
    if (profile == 1 || profile == 2) {
        options.user = charger->device.id;
        options.password = (const char *)charger->link.password;
        options.password_len = charger_keys_password(&charger->keys, charger->link.password);
    }
    charger_trust_options(charger, profile, &options);
    charger->link.profile = (uint8_t)profile;
    charger->link.opened = false;
    return ws->ops->open(ws->ctx, &options);
}

static int uplink_open(void *ctx)
{
    struct roost_charger *charger = ctx;
    int err = charger->provisioned ? write_url(charger) : ROOST_ERR_STATE;

    return err < 0 ? err : open_socket(charger);
}

static int uplink_opened(void *ctx)
{
    (void)ctx; /* charger_link_opened: the runtime says so when it has taken note */
    return 0;
}

static void uplink_close(void *ctx)
{
    const struct roost_ws *ws = &((struct roost_charger *)ctx)->device.port->ws;

    (void)ws->ops->close(ws->ctx, CLOSE_NORMAL);
}

const struct roost_uplink_ops charger_uplink_ops = {.open = uplink_open,
                                                    .opened = uplink_opened,
                                                    .close = uplink_close,
                                                    .report = charger_word_report};

/* ---- what became of it ---- */

static void forget_password(struct roost_charger *charger)
{
    memset(charger->link.password, 0, sizeof charger->link.password);
}

/* Whether this attempt was one with the profile that is to be tried: one under the old profile, or
 * its end, says nothing about the new one. */
static bool tries(const struct roost_charger *charger)
{
    return charger_keys_profile_tried(&charger->keys) &&
           charger->link.profile == charger_keys_profile(&charger->keys);
}

/* A connection under the profile that was to be tried: it stands, on flash, from now on. */
static void keep_profile(struct roost_charger *charger)
{
    if (!tries(charger))
        return;
    int err = charger_keys_profile_end(&charger->keys, true);
    ROOST_LOG(&charger->device.log, ROOST_LOG_INFO, "link", "security profile",
              RF_INT("profile", charger->link.profile), RF_ERR("kept", err));
}

void charger_link_opened(struct roost_charger *charger)
{
    struct charger_instant now = charger_instant(charger, charger->device.now.now_ms);

    charger->link.opened = true;
    charger->link.told = 0;
    forget_password(charger);
    keep_profile(charger);
    charger_roots_connected(&charger->trust.roots);
    charger_trust_look(charger);
    charger_ocpp_opened(&charger->ocpp, &now);
}

/* A profile that does not connect is given up for the one before; a central system that is away
 * gives the other one its turn. */
void charger_link_closed(struct roost_charger *charger)
{
    struct charger_instant now = charger_instant(charger, charger->device.now.now_ms);
    const char *other = charger->config.other_url;

    forget_password(charger);
    charger_event_tls(charger);
    memset(&charger->word, 0, sizeof charger->word); /* who comes next may listen */
    if (!charger->link.opened && tries(charger)) {
        ROOST_LOG(&charger->device.log, ROOST_LOG_WARN, "link", "security profile given up",
                  RF_INT("profile", charger->link.profile));
        (void)charger_keys_profile_end(&charger->keys, false);
    } else if (!charger->link.opened && other && other[0]) {
        charger->link.other = !charger->link.other;
    }
    charger_ocpp_closed(&charger->ocpp, &now);
}

/* ---- what the charge point needs ---- */

static int wire_send(void *ctx, const char *text, size_t len, bool first, bool last)
{
    struct roost_charger *charger = ctx;
    const struct roost_ws *ws = &charger->device.port->ws;

    return ws->ops->send_part(ws->ctx, text, len, first, last);
}

struct charger_ocpp_wire charger_wire(struct roost_charger *charger)
{
    return (struct charger_ocpp_wire){.send = wire_send, .close = uplink_close, .ctx = charger};
}

static void does_clock(void *ctx, int64_t unix_ms)
{
    struct roost_charger *charger = ctx;
    uint64_t now_ms = charger->device.now.now_ms;

    bool known = charger->clock.known;

    if (charger->clock.network || !charger_clock_told(&charger->clock, now_ms, unix_ms))
        return;
    ROOST_LOG(&charger->device.log, ROOST_LOG_INFO, "clock", "set by the central system",
              RF_MILLI("step_s", charger->clock.last_step_ms));
    if (roost_ledger_clock(&charger->ledger, now_ms, unix_ms) < 0)
        charger->device.unsaved = true;
    if (known) /* the first word after a boot sets it, and is no step */
        charger_event(charger, CHARGER_EVENT_SettingSystemTime,
                      charger->clock.last_step_ms < 0 ? "backward" : "forward");
}

static void does_restart(void *ctx, bool hard)
{
    struct roost_charger *charger = ctx;

    ROOST_LOG(&charger->device.log, ROOST_LOG_INFO, "ocpp", "reset", RF_INT("hard", hard));
    roost_device_restart(&charger->device);
}

static void does_key(void *ctx, int key)
{
    struct roost_charger *charger = ctx;

    charger_apply_settings(charger);
    charger_event_key(charger, key);
    /* A password, a profile and the pings are of a socket: another one is made. */
    if (key == CHARGER_KEY_AUTHORIZATION || key == CHARGER_KEY_SECURITY_PROFILE ||
        key == CHARGER_KEY_PING_INTERVAL)
        uplink_close(charger);
}

static int does_command(void *ctx, const char *json, size_t len)
{
    struct roost_charger *charger = ctx;

    return roost_device_post_command(&charger->device, json, len);
}

struct charger_ocpp_does charger_does(struct roost_charger *charger)
{
    const struct roost_http_ops *http = charger->device.port->http.ops;

    return (struct charger_ocpp_does){.clock = does_clock,
                                      .restart = does_restart,
                                      .key = does_key,
                                      .command = does_command,
                                      .sign = charger_trust_sign,
                                      .upload = http && http->start ? charger_upload_ask : NULL,
                                      .ctx = charger};
}
