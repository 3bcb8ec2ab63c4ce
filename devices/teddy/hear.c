/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub says. Its sound is put into the ring where it is read; the rest waits its turn in
 * the queue, in the order it came. */
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "devices/teddy/parts.h"

/* ---- in the port's sink ---- */

/* Of a reply that was given up there are pieces on their way: they end where the hub agrees to the
 * next turn. */
static bool takes_sound(const struct roost_teddy *teddy)
{
    const struct roost_clock *clock = &teddy->device.port->clock;
    const struct teddy_capture *capture = &teddy->capture;

    if (teddy->state == TEDDY_BOOTING || teddy->state == TEDDY_UNPROVISIONED ||
        teddy->state == TEDDY_MUTED || roost_device_rests(&teddy->device))
        return false;
    if (teddy_capture_in_turn(capture))
        return capture->agreed;
    return clock->ops->now_ms(clock->ctx) >= teddy->link.deaf_ms;
}

static int post(struct roost_teddy *teddy, const struct voice_down *down)
{
    struct teddy_heard heard = {.type = (uint8_t)down->type, .error = (uint8_t)down->error};
    const struct roost_event event = {
        .type = ROOST_EV_WS_TEXT, .data = &heard, .len = sizeof heard};

    heard.number = down->type == VOICE_DOWN_ABORT ? teddy->play.used : down->chunk_id;
    memcpy(heard.id,
           down->type == VOICE_DOWN_ESTABLISHED ? down->session_id : down->audio_session_id,
           sizeof heard.id);
    return roost_device_post(&teddy->device, &event);
}

/* A reply of which nothing can be played is as good as one in words: the child need not wait. */
static int hear_sound(struct roost_teddy *teddy, struct voice_down *down)
{
    int err = 0;

    if (takes_sound(teddy))
        err = teddy_play_take(&teddy->play, down);
    else
        teddy->count.unheard++;
    if (err == 0 || !down->is_final || teddy->play.used > 0)
        return err;
    down->type = VOICE_DOWN_TEXT_RESPONSE;
    (void)post(teddy, down);
    return err;
}

/* "args" of a wifi_connect of the field: its two strings as they were written. */
static int write_network(struct roost_json_writer *w, const char *text, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[24];
    const char *ssid, *password;
    size_t ssid_len, password_len;
    int err = roost_json_parse(&doc, tokens, sizeof tokens / sizeof tokens[0], text, len);

    if (err == 0)
        err = roost_json_get_raw(&doc, ROOST_JSON_ROOT, "ssid", &ssid, &ssid_len);
    if (err == 0)
        err = roost_json_get_raw(&doc, ROOST_JSON_ROOT, "password", &password, &password_len);
    if (err < 0)
        return err;
    if (ssid[-1] != '"' || password[-1] != '"')
        return ROOST_ERR_INVALID;
    roost_json_put_object(w, "args");
    roost_json_put_raw(w, "ssid", ssid - 1, ssid_len + 2);
    roost_json_put_raw(w, "psk", password - 1, password_len + 2);
    roost_json_end(w);
    return 0;
}

/* A command of the field's becomes one of the runtime's, whose answer uplink.c turns back. */
static int hear_field_command(struct roost_teddy *teddy, const struct voice_down *down,
                              const char *text, size_t len)
{
    static const struct {
        const char *name, *ours;
        char kind; /* in the id: which answer it becomes */
    } commands[] = {
        {"wifi_scan", "wifi_scan", TEDDY_FIELD_SCAN},
        {"wifi_connect", "wifi_add", TEDDY_FIELD_CONNECT},
        {"wifi_rssi", "wifi_rssi", TEDDY_FIELD_RSSI},
    };
    char id[] = TEDDY_FIELD_ID "?00000000";
    uint32_t random = roost_device_random(&teddy->device);
    struct roost_json_writer w;
    size_t n = 0;
    int err = 0;

    while (n < sizeof commands / sizeof commands[0] && strcmp(down->command, commands[n].name) != 0)
        n++;
    if (n == sizeof commands / sizeof commands[0]) {
        teddy->count.unknown_messages++;
        return 0;
    }
    id[sizeof TEDDY_FIELD_ID - 1] = commands[n].kind;
    roost_hex_write(id + sizeof TEDDY_FIELD_ID, &random, sizeof random);
    roost_json_begin(&w, teddy->frame, sizeof teddy->frame); /* nothing is being sent now */
    roost_json_object(&w);
    roost_json_put_str(&w, "id", id);
    roost_json_put_str(&w, "command", commands[n].ours);
    if (commands[n].kind == TEDDY_FIELD_CONNECT)
        err = write_network(&w, text, len);
    roost_json_end(&w);
    int written = err < 0 ? err : roost_json_finish(&w);
    if (written < 0) {
        teddy->count.bad_messages++;
        return 0;
    }
    err = roost_device_post_command(&teddy->device, teddy->frame, (size_t)written);
    memset(teddy->frame, 0, (size_t)written); /* a passphrase */
    return err;
}

int teddy_hear(struct roost_teddy *teddy, const char *text, size_t len)
{
    struct voice_down down;

    if (voice_down_parse(&down, text, len) < 0) {
        teddy->count.bad_messages++;
        return 0;
    }
    switch (down.type) {
    case VOICE_DOWN_AUDIO_RESPONSE:
        return hear_sound(teddy, &down);
    case VOICE_DOWN_COMMAND:
        return down.has_id ? roost_device_post_command(&teddy->device, text, len)
                           : hear_field_command(teddy, &down, text, len);
    case VOICE_DOWN_NONE:
        teddy->count.unknown_messages++;
        return 0;
    default:
        return post(teddy, &down);
    }
}

/* ---- in the step ---- */

/* What an error of the hub's means here; the others are about one message and end nothing. */
static const struct {
    uint8_t error, notice, tone;
} errors[] = {
    {VOICE_ERROR_CONSENT_REQUIRED, TEDDY_NOTICE_PARENT, TEDDY_TONE_PARENT},
    {VOICE_ERROR_QUIET_HOURS, TEDDY_NOTICE_REST, TEDDY_TONE_GOODBYE},
    {VOICE_ERROR_TIME_LIMIT, TEDDY_NOTICE_REST, TEDDY_TONE_GOODBYE},
    {VOICE_ERROR_BUSY, TEDDY_NOTICE_BUSY, TEDDY_TONE_BUSY},
    {VOICE_ERROR_RATE_LIMITED, TEDDY_NOTICE_BUSY, TEDDY_TONE_BUSY},
    {VOICE_ERROR_PROCESSING_ERROR, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR},
    {VOICE_ERROR_AUDIO_START_ERROR, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR},
    {VOICE_ERROR_SESSION_EXPIRED, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR},
    {VOICE_ERROR_UNKNOWN_SESSION, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR},
    {VOICE_ERROR_BAD_SIGNATURE, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR},
};

static void heard_error(struct roost_teddy *teddy, unsigned error)
{
    const char *name = voice_error_name((enum voice_error)error);

    teddy->count.errors++;
    ROOST_LOG(&teddy->device.log, ROOST_LOG_WARN, "voice", "the hub answers an error",
              RF_STR("error", name ? name : "unknown"));
    if (error == VOICE_ERROR_TURN_TOO_LONG) {
        teddy_event(teddy, TEDDY_EV_FULL);
        return;
    }
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].error == error) {
            teddy->capture.started = false; /* the hub has ended it already */
            teddy_fail(teddy, (enum teddy_notice)errors[i].notice,
                       (enum teddy_tone_name)errors[i].tone);
            return;
        }
    if (error == VOICE_ERROR_COUNT && teddy->state == TEDDY_THINKING)
        teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR);
}

void teddy_heard(struct roost_teddy *teddy, const void *record, size_t len)
{
    struct teddy_heard heard;

    if (len != sizeof heard)
        return;
    memcpy(&heard, record, sizeof heard);
    switch ((enum voice_down_type)heard.type) {
    case VOICE_DOWN_ESTABLISHED:
        teddy_established(teddy, heard.id);
        break;
    case VOICE_DOWN_START_ACK:
        teddy_capture_agreed(&teddy->capture, heard.id);
        if (teddy->capture.agreed)
            teddy->link.deaf_ms = 0; /* what comes from here on is this turn's */
        break;
    case VOICE_DOWN_AUDIO_ACK:
        if (strcmp(heard.id, teddy->capture.turn) == 0)
            teddy_capture_acked(&teddy->capture, heard.number);
        break;
    case VOICE_DOWN_HEARTBEAT:
        teddy->link.unanswered = 0;
        break;
    case VOICE_DOWN_TEXT_RESPONSE: /* no sound could be made of it, and it has no screen */
        teddy->count.texts++;
        if (teddy->state == TEDDY_THINKING)
            teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_SORRY);
        break;
    case VOICE_DOWN_ERROR:
        heard_error(teddy, heard.error);
        break;
    case VOICE_DOWN_ABORT:
        teddy_play_hush(&teddy->play, (uint32_t)heard.number);
        /* One that answers ours finds the next turn begun already. */
        if (teddy->play.used == 0 &&
            (!teddy_capture_in_turn(&teddy->capture) || teddy->capture.agreed))
            teddy_event(teddy, TEDDY_EV_ABORT);
        break;
    default:
        break;
    }
}
