/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy: a button is held, what is said goes to the hub, what the hub answers is played. What
 * every device does is the runtime's (runtime/device.h); here are the teddy's tables and its one
 * decision: whether it listens, speaks, or shows why it does neither.
 *
 *     roost_teddy_init(&teddy, &port, &config);            // once
 *     port's sink:  roost_teddy_post(&teddy, event)        // the hub's sound goes into the ring,
 *                                                          // the rest into the event queue
 *     loop:         due = roost_teddy_step(&teddy);        // call again at `due` or after a post
 *
 * The parts: button.h (a contact becomes presses), capture.h (microphone to chunks, kept until they
 * are acknowledged), play.h (the hub's sound to the loudspeaker), tone.h (sounds of its own),
 * state.h (what it is doing). The microphone is open only while every condition for it holds.
 * Nothing of the child is written anywhere: no sound, no word and no name is in flash, log or
 * status, and what was said and heard is wiped from memory when it is over. Depends on runtime/,
 * core/, proto/voice, proto/fleet, port/port.h.
 */
#ifndef ROOST_DEVICES_TEDDY_TEDDY_H
#define ROOST_DEVICES_TEDDY_TEDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/teddy/button.h"
#include "devices/teddy/capture.h"
#include "devices/teddy/play.h"
#include "devices/teddy/settings.h"
#include "devices/teddy/state.h"
#include "devices/teddy/tone.h"
#include "port/port.h"
#include "proto/voice/door.h"
#include "proto/voice/sign.h"
#include "proto/voice/voice.h"
#include "runtime/device.h"

/* Of the port's gpio. */
enum teddy_line { TEDDY_LINE_BUTTON };

/* Memory for what is said until the hub has acknowledged it: `chunks` of 128 ms each, fewer than
 * VOICE_RESUME_CHUNKS bear a shorter break of the connection. For what is heard: any size. */
#define ROOST_TEDDY_SAID_BYTES(chunks) ((chunks)*TEDDY_CHUNK_MEMORY)
enum {
    ROOST_TEDDY_HEARD_BYTES = 32 * 1024, /* on a chip without PSRAM: 1 s of PCM, 6 s of MP3 */
    ROOST_TEDDY_MESSAGE_MAX = 32 * 1024, /* of the hub's, where the configuration names none */
    ROOST_TEDDY_SAID_MIN = TEDDY_CHUNK_MEMORY * 2,
    ROOST_TEDDY_HEARD_MIN = 2 * VOICE_PIECE_BYTES
};

/* Everything is borrowed for as long as the device is used, but for the id and the version. */
struct roost_teddy_config {
    const char *device_id; /* as proto/voice/door.h has it */
    const char *firmware_version;
    /* Where it belongs and whose it is; any of these NULL or "": unprovisioned. */
    const char *hub; /* "wss://hub.example:8443" */
    const char *child_id, *child_name, *child_age;
    const void *key; /* the device's own, or the shared secret; never logged */
    size_t key_len;
    const char *ca_pem, *cert_pem, *key_pem; /* of the socket; NULL: the port's */
    void *said_memory;                       /* ROOST_TEDDY_SAID_BYTES(n) */
    size_t said_bytes;
    void *heard_memory;
    size_t heard_bytes;
    size_t message_max;                    /* longest message of the hub; 0: the usual */
    const struct roost_ota_config *update; /* NULL: no updates over the air */
};

enum teddy_timer {
    TEDDY_TIMER_THINK = ROOST_TIMER_COUNT, /* no reply for too long */
    TEDDY_TIMER_HEARTBEAT,
    TEDDY_TIMER_GREETING, /* the hub has not said who it is to us */
    TEDDY_TIMER_NOTICE,   /* the light goes back to the state's own */
    TEDDY_TIMER_COUNT
};

/* Why the light shows something else than the state for a while. */
enum teddy_notice {
    TEDDY_NOTICE_NONE,
    TEDDY_NOTICE_TROUBLE, /* something did not work: try again */
    TEDDY_NOTICE_PARENT,  /* consent is missing: a grown-up has to look */
    TEDDY_NOTICE_REST,    /* quiet hours, or enough for today */
    TEDDY_NOTICE_BUSY,    /* the hub has no time now */
    TEDDY_NOTICE_COUNT
};

/* The conversation's connection. */
struct teddy_link {
    char url[VOICE_URL_MAX];               /* while a socket needs it: it holds the token */
    char session_id[VOICE_UUID_CHARS + 1]; /* of the hub's; "": none yet */
    uint8_t sound_key[VOICE_KEY_BYTES];    /* of this session */
    bool established;                      /* the hub has greeted us on this connection */
    bool greeted_ever;                     /* since boot */
    bool refused;                          /* it will not have us, until it greets us again */
    bool abort_due, played_due;            /* to be told */
    uint8_t refusals, full_answers;        /* in a row: closed with 1008, with 1013 */
    uint8_t unanswered;                    /* heartbeats */
    uint64_t played_ms;                    /* when the next playback_status is due */
    uint64_t deaf_ms; /* until then a reply is one that was given up: it is on its way still */
};

/* All of the device, by value where the caller wants it. Its members are its own. */
struct roost_teddy {
    struct roost_device device; /* first: runtime/device.h */
    union roost_setting_value values[TEDDY_SET_COUNT];
    struct roost_timer timer[TEDDY_TIMER_COUNT];
    struct roost_teddy_config config;

    enum teddy_state state;
    struct teddy_button button;
    struct teddy_capture capture;
    struct teddy_play play;
    struct teddy_tone tone;
    struct teddy_link link;
    enum teddy_notice notice;
    struct roost_light_pattern shown; /* by the light now */
    bool has_shown, light_fault;
    bool provisioned; /* the configuration says where it belongs and whose it is */
    bool parting;     /* it ends, by its owner's wish: with a goodbye, ... */
    bool parted;      /* ... which was begun */
    bool wiped;       /* it is over, and nothing of the child or of its keys is left */

    uint32_t thought_chunks; /* that were sent when it last began to wait for a reply */
    struct voice_hmac hmac;  /* the port's */
    unsigned features;       /* of proto/voice/up.h: what it announces */

    struct {
        uint32_t turns, turns_failed, interrupts, presses, repeats, aborts;
        uint32_t replies, texts, errors;
        uint32_t bad_messages, unknown_messages, chunk_errors;
        uint32_t refused, full, broken, unheard; /* closed with 1008, 1013, 1009; pieces */
    } count;
    char frame[TEDDY_FRAME_BYTES];
};

extern const struct roost_device_spec teddy_spec;

/* Returns 0, or what the device could not run with: a bad device id or version (INVALID, TOO_LONG),
 * a missing part of the port (UNSUPPORTED: ws, audio_in, audio_out, gpio, crypto; light and decoder
 * may be missing), too little memory (NO_SPACE). A hub that is no URL, and an id or a child that
 * the hub's rules would refuse (proto/voice/door.h), leave it unprovisioned: it says so by light,
 * sound and fault. Connects by itself from the first step on. */
int roost_teddy_init(struct roost_teddy *teddy, const struct roost_port *port,
                     const struct roost_teddy_config *config);

/* The port's sink. As roost_device_post; sound that finds no room is counted. */
int roost_teddy_post(struct roost_teddy *teddy, const struct roost_event *event);

/* Returns when to be called next (monotonic ms), at the latest the watchdog's half time. */
uint64_t roost_teddy_step(struct roost_teddy *teddy);

/* The next step falls silent, says goodbye by its own sound and offline to the hub, and closes;
 * done, and everything of the child and every key wiped, when roost_teddy_stopped() is true. */
void roost_teddy_stop(struct roost_teddy *teddy);
bool roost_teddy_stopped(const struct roost_teddy *teddy);

#endif
