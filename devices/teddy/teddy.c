/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/teddy.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/faults.h"
#include "devices/teddy/parts.h"

enum { LISTEN_POLL_MS = 40 }; /* should no event say that there are samples */

static ROOST_COMMAND(teddy, wifi_rssi)
{
    const struct roost_wifi *wifi = &device->port->wifi;

    (void)message;
    roost_json_object(out);
    roost_json_put_int(out, "rssi", wifi->ops ? wifi->ops->rssi_dbm(wifi->ctx) : 0);
    roost_json_end(out);
    return 0;
}

static const struct roost_command_row commands[] = {{"wifi_rssi", teddy_command_wifi_rssi}};

#define COUNTER(name, member, in_status)                                                           \
    {                                                                                              \
        name, offsetof(struct roost_teddy, member), in_status                                      \
    }
static const struct roost_counter_row counters[] = {
    COUNTER("turns", count.turns, true),
    COUNTER("chunks_lost", capture.lost, true),
    COUNTER("ran_dry", play.dry, true),
    COUNTER("sound_refused", play.full, true),
    COUNTER("turns_failed", count.turns_failed, false),
    COUNTER("replies", count.replies, false),
    COUNTER("hub_errors", count.errors, false),
    COUNTER("bad_messages", count.bad_messages, false),
    COUNTER("refused", count.refused, false),
    COUNTER("hub_full", count.full, false),
    COUNTER("too_long", count.broken, false),
    COUNTER("chunks_sent", capture.sent_chunks, false),
    COUNTER("chunks_unkept", capture.unkept, false),
    COUNTER("mic_overruns", capture.overruns, false),
    COUNTER("pieces_repeated", play.repeated, false),
    COUNTER("bad_sound", play.bad, false),
    COUNTER("speaker_underruns", play.underruns, false),
};

const struct roost_device_spec teddy_spec = {
    .type = "teddy",
    .settings = teddy_settings,
    .setting_count = TEDDY_SET_COUNT,
    .faults = teddy_faults,
    .fault_count = TEDDY_FAULT_COUNT,
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .counters = counters,
    .counter_count = sizeof counters / sizeof counters[0],
    .events = 1u << ROOST_EV_GPIO | 1u << ROOST_EV_WS_TEXT,
    .timer_count = TEDDY_TIMER_COUNT,
    .link = &teddy_link_limits,
    .write_health = teddy_write_health,
};

/* ---- a step ---- */

static void timer_due(struct roost_teddy *teddy, unsigned id)
{
    switch (id) {
    case TEDDY_TIMER_THINK:
        teddy_thinking_late(teddy);
        break;
    case TEDDY_TIMER_HEARTBEAT:
        teddy_heartbeat(teddy);
        break;
    case TEDDY_TIMER_GREETING:
        teddy_greeting_late(teddy);
        break;
    case TEDDY_TIMER_NOTICE:
        teddy_notice(teddy, TEDDY_NOTICE_NONE);
        break;
    default:
        break;
    }
}

static void event_came(struct roost_teddy *teddy, const struct roost_what *what)
{
    if (what->id == ROOST_EV_WS_TEXT)
        teddy_heard(teddy, what->data, what->len);
    else if (what->token == TEDDY_LINE_BUTTON)
        teddy_button_happened(
            teddy, teddy_button_edge(&teddy->button, what->status == 1, teddy->device.now.now_ms));
}

static void happens(struct roost_teddy *teddy, const struct roost_what *what)
{
    switch (what->kind) {
    case ROOST_WHAT_EVENT:
        event_came(teddy, what);
        break;
    case ROOST_WHAT_TIMER:
        timer_due(teddy, what->id);
        break;
    case ROOST_WHAT_ONLINE:
        teddy_opened(teddy);
        break;
    case ROOST_WHAT_OFFLINE:
        teddy_closed(teddy, what->status, what->token);
        break;
    case ROOST_WHAT_SETTINGS:
        roost_device_start_by(&teddy->device, TEDDY_TIMER_HEARTBEAT,
                              teddy->device.now.now_ms +
                                  roost_device_u32(&teddy->device, TEDDY_SET_HEARTBEAT));
        break;
    case ROOST_WHAT_MESSAGE:
    case ROOST_WHAT_HEALTH:
        break;
    }
}

static void look_at_button(struct roost_teddy *teddy)
{
    const struct roost_gpio *gpio = &teddy->device.port->gpio;
    struct teddy_button *button = &teddy->button;
    uint64_t now_ms = teddy->device.now.now_ms;

    if (now_ms < teddy_button_next(button))
        return;
    bool active = gpio->ops->read(gpio->ctx, TEDDY_LINE_BUTTON) == 1;
    teddy_button_happened(teddy, teddy_button_due(button, active, now_ms));
}

/* Nothing of the child and no key outlives the device in this memory. */
static void wipe(struct roost_teddy *teddy)
{
    teddy_capture_drop(&teddy->capture);
    teddy_play_forget(&teddy->play);
    teddy_wipe_link(teddy);
    teddy->config = (struct roost_teddy_config){.hub = NULL};
    teddy->provisioned = false;
    teddy->wiped = true;
}

static uint64_t teddy_due(const struct roost_teddy *teddy)
{
    uint64_t now_ms = teddy->device.now.now_ms;
    uint64_t due_ms = roost_earlier(teddy_play_due(&teddy->play, now_ms), teddy_say_due(teddy));

    if (teddy->state == TEDDY_LISTENING)
        due_ms = roost_earlier(due_ms, now_ms + LISTEN_POLL_MS);
    return roost_earlier(due_ms, teddy_button_next(&teddy->button));
}

uint64_t roost_teddy_step(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;
    struct roost_what what;

    roost_device_begin(device);
    while (roost_device_next(device, &what))
        happens(teddy, &what);
    if (!teddy->provisioned)
        roost_device_hold_off(device, ROOST_NEVER); /* there is nowhere to go */
    look_at_button(teddy);
    teddy_decide(teddy);
    teddy_play_run(&teddy->play, &teddy->tone, teddy->state == TEDDY_SPEAKING,
                   roost_device_u32(device, TEDDY_SET_VOLUME), (uint32_t)device->now.now_ms);
    teddy_conclude(teddy);
    teddy_say(teddy);
    teddy_show(teddy);
    teddy_set_faults(teddy);
    bool rests = teddy_state_waits(teddy->state) && !teddy_play_sounds(&teddy->play, &teddy->tone);
    uint64_t due_ms = teddy_due(teddy);
    uint64_t next_ms =
        roost_device_finish(device, due_ms, rests, teddy->link.greeted_ever ? NULL : "hub");
    if (!roost_device_over(device))
        return next_ms;
    teddy_show(teddy);
    if (rests && !teddy->wiped)
        wipe(teddy);
    return roost_earlier(next_ms, due_ms); /* until the goodbye is heard */
}

int roost_teddy_post(struct roost_teddy *teddy, const struct roost_event *event)
{
    return event->type == ROOST_EV_WS_TEXT ? teddy_hear(teddy, event->data, event->len)
                                           : roost_device_post(&teddy->device, event);
}

/* ---- its beginning and its end ---- */

void roost_teddy_stop(struct roost_teddy *teddy)
{
    if (teddy->parting || roost_device_over(&teddy->device))
        return;
    teddy->parting = true;
    roost_device_stop(&teddy->device);
}

bool roost_teddy_stopped(const struct roost_teddy *teddy)
{
    return roost_device_over(&teddy->device) && teddy->wiped;
}

static int init_parts(struct roost_teddy *teddy, const struct roost_port *port,
                      const struct roost_teddy_config *config)
{
    struct roost_device *device = &teddy->device;
    const struct roost_gpio *gpio = &port->gpio;
    int err = teddy_capture_init(&teddy->capture, port, config->said_memory, config->said_bytes);

    if (err == 0)
        err = teddy_play_init(&teddy->play, port, config->heard_memory, config->heard_bytes,
                              &device->log);
    if (err == 0)
        err = gpio->ops->watch(gpio->ctx, TEDDY_LINE_BUTTON, true);
    if (err < 0)
        return err;
    teddy_button_init(&teddy->button, gpio->ops->read(gpio->ctx, TEDDY_LINE_BUTTON) == 1,
                      device->now.now_ms);
    teddy_find_features(teddy);
    return 0;
}

int roost_teddy_init(struct roost_teddy *teddy, const struct roost_port *port,
                     const struct roost_teddy_config *config)
{
    memset((char *)teddy + sizeof teddy->device, 0, sizeof *teddy - sizeof teddy->device);
    teddy->config = *config;
    if (teddy->config.message_max == 0)
        teddy->config.message_max = ROOST_TEDDY_MESSAGE_MAX;
    if (!port->ws.ops || !port->audio_in.ops || !port->audio_out.ops || !port->gpio.ops ||
        !port->crypto.ops)
        return ROOST_ERR_UNSUPPORTED;
    size_t id_len = strlen(config->device_id);
    if (id_len < VOICE_DEVICE_ID_MIN || id_len > VOICE_DEVICE_ID_MAX)
        return id_len < VOICE_DEVICE_ID_MIN ? ROOST_ERR_INVALID : ROOST_ERR_TOO_LONG;
    int err = roost_device_init(&teddy->device, &(struct roost_device_config){
                                                    .spec = &teddy_spec,
                                                    .port = port,
                                                    .device_id = config->device_id,
                                                    .firmware_version = config->firmware_version,
                                                    .uplink = {&teddy_uplink_ops, teddy},
                                                    .values = teddy->values,
                                                    .timers = teddy->timer,
                                                    .update = config->update,
                                                });
    if (err == 0)
        err = init_parts(teddy, port, config);
    if (err < 0)
        return err;
    teddy->provisioned = teddy_is_provisioned(teddy);
    teddy_show(teddy);
    roost_device_ready(&teddy->device);
    return 0;
}
