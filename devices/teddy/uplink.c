/* SPDX-License-Identifier: Apache-2.0 */
/* The socket: when it opens, and what is said over it. */
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/parts.h"
#include "proto/voice/sign.h"
#include "proto/voice/up.h"

enum {
    PING_MS = 5000,
    GREETING_MS = 10000,
    UNANSWERED_MAX = 3, /* heartbeats, then the connection is one in name only */
    REFUSED_MS = 30000, /* after close code 1008, doubled each time up to ... */
    REFUSED_MAX_MS = 600000,
    FULL_MS = 2000, /* after 1013, likewise */
    FULL_MAX_MS = 60000,
    AGAIN_MS = 20 /* the socket was full */
};

/* A child does not wait: a hub that is back finds the teddy back within five seconds, also when no
 * Wi-Fi event told of it. An attempt in vain costs nobody anything, a hub that is full says so. */
const struct roost_link_limits teddy_link_limits = {
    .backoff_base_ms = 500,
    .backoff_cap_ms = 2500,
    .connect_timeout_ms = 6000,
    .stable_ms = 10000,
    .breaker_threshold = 1000000,
    .breaker_open_ms = 2500,
};

/* ---- who it is ---- */

static int run_hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                    uint8_t out[VOICE_KEY_BYTES])
{
    const struct roost_crypto *crypto = ctx;

    return crypto->ops->hmac_sha256(crypto->ctx, key, key_len, data, len, out);
}

static int write_url(struct roost_teddy *teddy)
{
    const struct roost_teddy_config *config = &teddy->config;
    char token[VOICE_TOKEN_CHARS + 1];
    const struct voice_door door = {.device_id = teddy->device.id,
                                    .child_id = config->child_id,
                                    .child_name = config->child_name,
                                    .child_age = config->child_age,
                                    .token = token};
    int err = voice_token(&teddy->hmac, config->key, config->key_len, teddy->device.id, token);

    if (err == 0)
        err = voice_door_url(teddy->link.url, sizeof teddy->link.url, config->hub, &door);
    memset(token, 0, sizeof token);
    return err < 0 ? err : 0;
}

bool teddy_is_provisioned(struct roost_teddy *teddy)
{
    const struct roost_teddy_config *config = &teddy->config;
    teddy->hmac = (struct voice_hmac){run_hmac, (void *)(uintptr_t)&teddy->device.port->crypto};
    bool is = config->hub && config->key && config->key_len > 0 && write_url(teddy) == 0;

    memset(teddy->link.url, 0, sizeof teddy->link.url);
    return is;
}

/* ---- the runtime's uplink ---- */

static int uplink_open(void *ctx)
{
    struct roost_teddy *teddy = ctx;
    const struct roost_ws *ws = &teddy->device.port->ws;
    const struct roost_teddy_config *config = &teddy->config;
    int err = teddy->provisioned ? write_url(teddy) : ROOST_ERR_STATE;

    if (err < 0)
        return err;
    err = ws->ops->open(ws->ctx, &(struct roost_ws_options){.url = teddy->link.url,
                                                            .ca_pem = config->ca_pem,
                                                            .cert_pem = config->cert_pem,
                                                            .key_pem = config->key_pem,
                                                            .ping_interval_ms = PING_MS,
                                                            .message_max = config->message_max});
    if (err < 0)
        memset(teddy->link.url, 0, sizeof teddy->link.url);
    return err;
}

static int uplink_opened(void *ctx)
{
    (void)ctx; /* the hub speaks first */
    return 0;
}

static void uplink_close(void *ctx)
{
    const struct roost_ws *ws = &((struct roost_teddy *)ctx)->device.port->ws;

    (void)ws->ops->close(ws->ctx, VOICE_CLOSE_NORMAL);
}

static int send_text(const struct roost_teddy *teddy, const char *text, size_t len)
{
    const struct roost_ws *ws = &teddy->device.port->ws;

    return ws->ops->send(ws->ctx, text, len, false);
}

/* The frame holds a message of `len`, or len is why it does not. */
static int send_frame(const struct roost_teddy *teddy, int len)
{
    return len < 0 ? len : send_text(teddy, teddy->frame, (size_t)len);
}

static bool decodes(const struct roost_teddy *teddy, enum roost_sound_format format)
{
    const struct roost_decoder *decoder = &teddy->device.port->decoder;

    /* It forgets what it was at: asked for between two replies only. */
    return decoder->ops && decoder->ops->start(decoder->ctx, format) == 0;
}

void teddy_find_features(struct roost_teddy *teddy)
{
    teddy->features =
        VOICE_FEATURE_STREAM | VOICE_FEATURE_PCM | VOICE_FEATURE_PLAYBACK | VOICE_FEATURE_RESUME;
    if (decodes(teddy, ROOST_SOUND_OPUS))
        teddy->features |= VOICE_FEATURE_OPUS;
    if (decodes(teddy, ROOST_SOUND_MP3))
        teddy->features |= VOICE_FEATURE_MP3;
}

/* {"id":"field-s0123...","ok":true,"data":{"networks":[...]}} -> {"networks":[...]} */
static int answer_field(const struct roost_teddy *teddy, const char *text, size_t len)
{
    static const char yes[] = "\",\"ok\":true,\"data\":", start[] = "{\"id\":\"" TEDDY_FIELD_ID;
    size_t at = sizeof start - 1 + 9; /* its kind and eight digits */
    char kind = text[sizeof start - 1];
    bool ok = len > at + sizeof yes && memcmp(text + at, yes, sizeof yes - 1) == 0;

    if (kind == TEDDY_FIELD_CONNECT)
        return ok ? send_text(teddy, "{\"stored\":true}", 15)
                  : send_text(teddy, "{\"stored\":false}", 16);
    if (!ok)
        return kind == TEDDY_FIELD_SCAN ? send_text(teddy, "{\"networks\":[]}", 15)
                                        : send_text(teddy, "{\"rssi\":0}", 10);
    at += sizeof yes - 1;
    return send_text(teddy, text + at, len - at - 1);
}

static int uplink_report(void *ctx, enum roost_report what, const char *text, size_t len)
{
    static const char field[] = "{\"id\":\"" TEDDY_FIELD_ID;
    struct roost_teddy *teddy = ctx;

    if (what == ROOST_REPORT_ONLINE && !teddy->link.established)
        return ROOST_ERR_FULL; /* what comes before its greeting a hub may not hear */
    if (what != ROOST_REPORT_ANSWER)
        return send_frame(teddy,
                          voice_write_system_status(teddy->frame, sizeof teddy->frame,
                                                    teddy->features, teddy->play.size, text, len));
    return len > sizeof field + 9 && memcmp(text, field, sizeof field - 1) == 0
               ? answer_field(teddy, text, len)
               : send_text(teddy, text, len);
}

const struct roost_uplink_ops teddy_uplink_ops = {
    .open = uplink_open, .opened = uplink_opened, .close = uplink_close, .report = uplink_report};

/* ---- its life ---- */

void teddy_opened(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;

    teddy->link.unanswered = 0;
    roost_timers_start(&device->timers, TEDDY_TIMER_GREETING, device->now.now_ms + GREETING_MS);
}

/* A connection in name only: another one is made. */
static void hang_up(struct roost_teddy *teddy)
{
    ROOST_LOG(&teddy->device.log, ROOST_LOG_WARN, "voice", "the hub is silent", {0});
    uplink_close(teddy);
}

void teddy_greeting_late(struct roost_teddy *teddy)
{
    if (!teddy->link.established)
        hang_up(teddy);
}

/* Not before a while that doubles each time, somewhere in its second half: not all at once. */
static void wait_longer(struct roost_teddy *teddy, uint8_t *times, uint32_t base_ms,
                        uint32_t cap_ms)
{
    struct roost_device *device = &teddy->device;
    uint32_t wait_ms = *times < 16 && base_ms << *times < cap_ms ? base_ms << *times : cap_ms;
    uint64_t jitter = (uint64_t)roost_device_random(device) * (wait_ms / 2) >> 32;

    if (*times < UINT8_MAX)
        ++*times;
    roost_device_hold_off(device, device->now.now_ms + wait_ms / 2 + jitter);
}

void teddy_closed(struct roost_teddy *teddy, int status, uint64_t code)
{
    struct roost_device *device = &teddy->device;
    struct teddy_link *link = &teddy->link;

    link->established = false;
    memset(link->url, 0, sizeof link->url);
    roost_timers_stop(&device->timers, TEDDY_TIMER_GREETING);
    roost_timers_stop(&device->timers, TEDDY_TIMER_HEARTBEAT);
    if (code == VOICE_CLOSE_POLICY) {
        teddy->count.refused++;
        link->refused = true;
        wait_longer(teddy, &link->refusals, REFUSED_MS, REFUSED_MAX_MS);
    } else if (code == VOICE_CLOSE_TRY_LATER) {
        teddy->count.full++;
        wait_longer(teddy, &link->full_answers, FULL_MS, FULL_MAX_MS);
    } else if (code == VOICE_CLOSE_TOO_LONG || status == ROOST_ERR_TOO_LONG) {
        teddy->count.broken++; /* by a message longer than we take */
    }
}

void teddy_established(struct roost_teddy *teddy, const char *session_id)
{
    struct roost_device *device = &teddy->device;
    struct teddy_link *link = &teddy->link;
    bool same = strcmp(link->session_id, session_id) == 0 && session_id[0];

    if (!roost_device_online(device) || !session_id[0])
        return; /* it was closed meanwhile */
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "voice", "greeted", RF_INT("same", same));
    if (voice_sound_key(&teddy->hmac, teddy->config.key, teddy->config.key_len, session_id,
                        link->sound_key) < 0) {
        uplink_close(teddy);
        return;
    }
    link->established = link->greeted_ever = true;
    link->refused = false;
    link->refusals = link->full_answers = 0;
    memcpy(link->session_id, session_id, sizeof link->session_id);
    roost_timers_stop(&device->timers, TEDDY_TIMER_GREETING);
    roost_timers_start(&device->timers, TEDDY_TIMER_HEARTBEAT,
                       device->now.now_ms + roost_device_u32(device, TEDDY_SET_HEARTBEAT));
    if (same) {
        teddy_capture_resume(&teddy->capture);
        teddy_play_resumed(&teddy->play);
        return;
    }
    /* Of another session: what was said in the one before has no meaning there. */
    link->abort_due = false;
    teddy_play_last(&teddy->play);
    if (teddy->capture.started) {
        teddy->capture.started = false; /* there is nobody to tell */
        teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR);
        teddy_capture_drop(&teddy->capture); /* also of one that is answered already */
    }
}

/* ---- what is said ---- */

void teddy_heartbeat(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;
    struct teddy_link *link = &teddy->link;

    if (!link->established)
        return;
    roost_timers_start(&device->timers, TEDDY_TIMER_HEARTBEAT,
                       device->now.now_ms + roost_device_u32(device, TEDDY_SET_HEARTBEAT));
    if (link->unanswered >= UNANSWERED_MAX) {
        hang_up(teddy);
    } else if (send_frame(teddy, voice_write_heartbeat(teddy->frame, sizeof teddy->frame)) == 0) {
        link->unanswered++;
    }
}

static void say_played(struct roost_teddy *teddy)
{
    struct teddy_link *link = &teddy->link;
    uint64_t now_ms = teddy->device.now.now_ms;
    uint32_t played_ms, buffered_ms;

    if (!link->played_due && (teddy->state != TEDDY_SPEAKING || now_ms < link->played_ms))
        return;
    teddy_play_times(&teddy->play, &played_ms, &buffered_ms);
    if (send_frame(teddy, voice_write_playback_status(teddy->frame, sizeof teddy->frame, played_ms,
                                                      buffered_ms)) < 0)
        return;
    link->played_due = false;
    link->played_ms = now_ms + VOICE_PLAYBACK_STATUS_MS;
}

void teddy_say(struct roost_teddy *teddy)
{
    struct teddy_link *link = &teddy->link;
    const struct teddy_wire wire = {.ws = &teddy->device.port->ws,
                                    .frame = teddy->frame,
                                    .hmac = &teddy->hmac,
                                    .sound_key = link->sound_key};

    if (!link->established || roost_device_rests(&teddy->device))
        return;
    if (link->abort_due) {
        if (send_frame(teddy, voice_write_abort(teddy->frame, sizeof teddy->frame)) < 0)
            return; /* before anything of the turn after it */
        link->abort_due = false;
    }
    say_played(teddy);
    (void)teddy_capture_send(&teddy->capture, &wire);
}

uint64_t teddy_say_due(const struct roost_teddy *teddy)
{
    const struct teddy_link *link = &teddy->link;
    uint64_t now_ms = teddy->device.now.now_ms;

    if (!link->established || roost_device_rests(&teddy->device))
        return ROOST_NEVER;
    if (link->abort_due || link->played_due || teddy_capture_waits(&teddy->capture))
        return now_ms + AGAIN_MS;
    if (teddy->state != TEDDY_SPEAKING)
        return ROOST_NEVER;
    return link->played_ms > now_ms ? link->played_ms : now_ms + AGAIN_MS;
}

void teddy_wipe_link(struct roost_teddy *teddy)
{
    memset(&teddy->link, 0, sizeof teddy->link);
    memset(teddy->frame, 0, sizeof teddy->frame);
}
