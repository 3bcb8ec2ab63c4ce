/* SPDX-License-Identifier: Apache-2.0 */
/* What each thing that happens leads to. */
#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/parts.h"

enum {
    NOTICE_MS = 6000,
    DEAF_MS = 1500,    /* what was on its way when it was given up is here by then */
    STARVED_MS = 5000, /* a reply that does not go on for so long is over */
};

/* ---- how things stand ---- */

static bool is_muted(const struct roost_teddy *teddy)
{
    return roost_settings_int(&teddy->device.settings, TEDDY_SET_MUTE) != 0;
}

static enum teddy_state home_of(const struct roost_teddy *teddy)
{
    const struct teddy_link *link = &teddy->link;

    if (!teddy->provisioned)
        return TEDDY_UNPROVISIONED;
    if (is_muted(teddy))
        return TEDDY_MUTED;
    if (link->refused || teddy->capture.fault || teddy->play.fault || teddy->device.safe_mode)
        return TEDDY_ERROR;
    return link->established ? TEDDY_READY : TEDDY_CONNECTING;
}

/* It may begin to. */
static bool can_listen(const struct roost_teddy *teddy)
{
    return teddy->provisioned && teddy->link.established && !is_muted(teddy) &&
           !teddy->device.safe_mode && !roost_device_rests(&teddy->device);
}

/* A turn that has begun goes on through a connection that breaks: its chunks wait. */
bool teddy_may_listen(const struct roost_teddy *teddy)
{
    return teddy->state == TEDDY_LISTENING && teddy->button.down && teddy->provisioned &&
           teddy_capture_in_turn(&teddy->capture) && !teddy->capture.closed &&
           !teddy_play_sounds(&teddy->play, &teddy->tone) && !is_muted(teddy) &&
           !teddy->device.safe_mode && !roost_device_rests(&teddy->device);
}

/* ---- sounds and light of its own ---- */

static void sound(struct roost_teddy *teddy, enum teddy_tone_name name)
{
    bool quiet = is_muted(teddy) || (roost_device_rests(&teddy->device) && !teddy->parting);

    if (!quiet && roost_device_u32(&teddy->device, TEDDY_SET_VOLUME) > 0)
        teddy_tone_start(&teddy->tone, name);
}

void teddy_notice(struct roost_teddy *teddy, enum teddy_notice notice)
{
    struct roost_device *device = &teddy->device;

    teddy->notice = notice;
    if (notice == TEDDY_NOTICE_NONE)
        roost_timers_stop(&device->timers, TEDDY_TIMER_NOTICE);
    else
        roost_timers_start(&device->timers, TEDDY_TIMER_NOTICE, device->now.now_ms + NOTICE_MS);
}

static void say_vain(struct roost_teddy *teddy)
{
    enum teddy_state home = home_of(teddy);

    teddy_button_spoil(&teddy->button);
    if (home == TEDDY_MUTED)
        return;
    teddy_notice(teddy, home == TEDDY_UNPROVISIONED ? TEDDY_NOTICE_PARENT : TEDDY_NOTICE_TROUBLE);
    sound(teddy, home == TEDDY_CONNECTING ? TEDDY_TONE_AWAY : TEDDY_TONE_ERROR);
}

/* ---- what a transition asks for ---- */

static void drop_turn(struct roost_teddy *teddy)
{
    struct teddy_capture *capture = &teddy->capture;

    /* One that the hub has heard of and not seen the end of is ended for it. */
    teddy->link.abort_due |= capture->started && !capture->ended;
    teddy_capture_drop(capture);
}

static void begin_turn(struct roost_teddy *teddy)
{
    teddy_notice(teddy, TEDDY_NOTICE_NONE);
    teddy_play_fresh(&teddy->play);
    teddy_capture_begin(&teddy->capture);
    if (roost_settings_int(&teddy->device.settings, TEDDY_SET_BEEP))
        sound(teddy, TEDDY_TONE_LISTEN);
}

static void hush(struct roost_teddy *teddy)
{
    teddy_tone_stop(&teddy->tone);
    teddy_play_hush(&teddy->play, teddy->play.used);
}

static void carry_out(struct roost_teddy *teddy, unsigned actions)
{
    if (actions & TEDDY_DO_DROP_TURN)
        drop_turn(teddy);
    if (actions & TEDDY_DO_TELL_ABORT) {
        teddy->link.abort_due = true;
        teddy->link.deaf_ms = teddy->device.now.now_ms + DEAF_MS;
        teddy->count.aborts++;
    }
    if (actions & TEDDY_DO_HUSH)
        hush(teddy);
    if (actions & TEDDY_DO_LISTEN)
        begin_turn(teddy);
    if (actions & TEDDY_DO_END_TURN) {
        teddy->count.turns++;
        teddy_capture_close(&teddy->capture);
    }
    if (actions & TEDDY_DO_PLAY_OUT)
        teddy_play_last(&teddy->play);
    if ((actions & TEDDY_DO_REPEAT) && teddy_play_again(&teddy->play))
        teddy->count.repeats++;
    if (actions & TEDDY_DO_SAY_VAIN)
        say_vain(teddy);
    if (actions & TEDDY_DO_SAY_SORRY) {
        teddy_notice(teddy, TEDDY_NOTICE_TROUBLE);
        sound(teddy, TEDDY_TONE_SORRY);
    }
}

static void think(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;

    teddy->thought_chunks = teddy->capture.sent_chunks;
    roost_timers_start(&device->timers, TEDDY_TIMER_THINK,
                       device->now.now_ms + roost_device_u32(device, TEDDY_SET_THINKING));
}

/* What a state begins and ends by itself. */
static void enter(struct roost_teddy *teddy, enum teddy_state from)
{
    struct roost_device *device = &teddy->device;

    if (from == TEDDY_THINKING)
        roost_timers_stop(&device->timers, TEDDY_TIMER_THINK);
    if (teddy->state == TEDDY_THINKING)
        think(teddy);
    if (teddy->state == TEDDY_SPEAKING) {
        teddy->count.replies++;
        teddy->link.played_ms = device->now.now_ms + VOICE_PLAYBACK_STATUS_MS;
        if (teddy->capture.ended)
            teddy_capture_drop(&teddy->capture); /* all of it is the hub's */
    }
    if (from == TEDDY_SPEAKING)
        teddy->link.played_due = true; /* how far it came */
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "teddy", teddy_state_name(teddy->state),
              RF_STR("from", teddy_state_name(from)));
}

void teddy_event(struct roost_teddy *teddy, enum teddy_event event)
{
    enum teddy_state from = teddy->state;
    unsigned actions = teddy_state_next(&teddy->state, event, home_of(teddy));

    carry_out(teddy, actions);
    if (teddy->state != from)
        enter(teddy, from);
}

/* The hub cannot answer what is still on its way, as long as it moves. */
void teddy_thinking_late(struct roost_teddy *teddy)
{
    const struct teddy_capture *capture = &teddy->capture;

    if (teddy->state == TEDDY_THINKING && teddy->link.established && teddy_capture_waits(capture) &&
        capture->sent_chunks != teddy->thought_chunks)
        think(teddy);
    else
        teddy_event(teddy, TEDDY_EV_LATE);
}

void teddy_fail(struct roost_teddy *teddy, enum teddy_notice notice, enum teddy_tone_name name)
{
    bool in_turn = teddy->state == TEDDY_LISTENING || teddy->state == TEDDY_THINKING;

    teddy->count.turns_failed += in_turn;
    teddy_event(teddy, TEDDY_EV_FAILED);
    teddy_notice(teddy, notice);
    if (in_turn || notice == TEDDY_NOTICE_REST)
        sound(teddy, name);
}

/* ---- the button ---- */

static void pressed(struct roost_teddy *teddy)
{
    bool interrupts = teddy->state == TEDDY_SPEAKING || teddy->state == TEDDY_THINKING;

    teddy->count.presses++;
    teddy->count.interrupts += interrupts;
    if (interrupts)
        teddy_button_spoil(&teddy->button);
    teddy_event(teddy, can_listen(teddy) ? TEDDY_EV_PRESS : TEDDY_EV_PRESS_VAIN);
}

void teddy_button_happened(struct roost_teddy *teddy, enum teddy_happened happened)
{
    switch (happened) {
    case TEDDY_BUTTON_NOTHING:
        break;
    case TEDDY_BUTTON_PRESS:
        pressed(teddy);
        break;
    case TEDDY_BUTTON_RELEASE:
        teddy_event(teddy, TEDDY_EV_RELEASE);
        break;
    case TEDDY_BUTTON_TAP:
        teddy_event(teddy, TEDDY_EV_TAP);
        break;
    case TEDDY_BUTTON_DOUBLE:
        teddy_event(teddy, teddy_play_can_again(&teddy->play) ? TEDDY_EV_REPEAT : TEDDY_EV_TAP);
        break;
    case TEDDY_BUTTON_SINGLE:
        if (teddy->state == TEDDY_READY && !teddy_play_sounds(&teddy->play, &teddy->tone))
            sound(teddy, TEDDY_TONE_HINT);
        break;
    }
}

/* ---- in every step ---- */

/* Sound that is lost while nobody takes it is of no turn any more. */
static bool has_lost_its_hub(const struct roost_teddy *teddy)
{
    const struct teddy_capture *capture = &teddy->capture;

    return teddy->state == TEDDY_LISTENING && !teddy->link.established &&
           capture->count + 1 >= capture->slots;
}

static bool is_starved(const struct roost_teddy *teddy)
{
    const struct teddy_play *play = &teddy->play;

    return teddy->state == TEDDY_SPEAKING && play->on && !play->local && !play->playing &&
           !play->final && (uint32_t)teddy->device.now.now_ms - play->dry_ms >= STARVED_MS;
}

/* All that the hub made of the turn is a sound without sound. */
static bool is_empty_reply(const struct roost_teddy *teddy)
{
    const struct teddy_play *play = &teddy->play;

    return teddy->state == TEDDY_THINKING && !play->fresh && play->final && play->used == 0;
}

void teddy_decide(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;
    const struct teddy_play *play = &teddy->play;
    bool busy = !teddy_state_waits(teddy->state);

    if (is_muted(teddy) ? busy || play->on || teddy_tone_sounds(&teddy->tone)
                        : roost_device_rests(device) && (busy || (play->on && !play->local)))
        teddy_event(teddy, TEDDY_EV_SILENCE);
    if (teddy->parting && !teddy->parted) {
        hush(teddy);
        sound(teddy, TEDDY_TONE_GOODBYE);
        teddy->parted = true;
    }
    teddy_event(teddy, TEDDY_EV_SETTLE);
    if (teddy->state != TEDDY_SPEAKING && teddy_play_waits(play))
        teddy_event(teddy, TEDDY_EV_REPLY);
    if (is_empty_reply(teddy))
        teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_SORRY);
    if (has_lost_its_hub(teddy))
        teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_AWAY);
    if (is_starved(teddy))
        teddy_play_last(&teddy->play);
    if (teddy->state == TEDDY_LISTENING &&
        device->now.now_ms - teddy->button.pressed_ms >= TEDDY_TAP_MS)
        teddy->capture.wanted = true; /* no tap any more: the hub may hear of it */
    int err =
        teddy_capture_run(&teddy->capture, teddy_may_listen(teddy), (uint32_t)device->now.now_ms);
    if (err == ROOST_ERR_FULL)
        teddy_event(teddy, TEDDY_EV_FULL);
    else if (err < 0)
        teddy_fail(teddy, TEDDY_NOTICE_TROUBLE, TEDDY_TONE_ERROR);
}

void teddy_conclude(struct roost_teddy *teddy)
{
    if (teddy->state == TEDDY_SPEAKING && teddy_play_over(&teddy->play)) {
        teddy->play.fresh = true; /* what comes next is another one; its numbers go on */
        teddy_event(teddy, TEDDY_EV_FINISHED);
    }
    teddy_event(teddy, TEDDY_EV_SETTLE); /* a part that fails now shows it now */
}
