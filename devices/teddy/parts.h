/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the teddy share; for nobody else.
 *
 *     teddy.c     making one, its step, its end
 *     decide.c    what each thing that happens leads to: the one place that moves the state
 *     hear.c      the hub's messages: sound into the ring, the rest into the queue, then what it is
 *     uplink.c    the socket: when it opens, what is said over it
 *     light.c     a pattern for each state
 *     report.c    its faults and its health
 *
 *     state.c button.c capture.c play.c sound.c tone.c   parts that know no other
 */
#ifndef ROOST_DEVICES_TEDDY_PARTS_H
#define ROOST_DEVICES_TEDDY_PARTS_H

#include "devices/teddy/teddy.h"
#include "proto/voice/down.h"

/* ---- decide.c ---- */
/* Every condition for an open microphone. */
bool teddy_may_listen(const struct roost_teddy *teddy);
void teddy_event(struct roost_teddy *teddy, enum teddy_event event);
void teddy_thinking_late(struct roost_teddy *teddy);
void teddy_button_happened(struct roost_teddy *teddy, enum teddy_happened happened);
/* A turn that runs comes to nothing; in any case the light says why for a while. */
void teddy_fail(struct roost_teddy *teddy, enum teddy_notice notice, enum teddy_tone_name sound);
void teddy_notice(struct roost_teddy *teddy, enum teddy_notice notice);
/* What follows from how things stand, in every step: before and after the parts have run. */
void teddy_decide(struct roost_teddy *teddy);
void teddy_conclude(struct roost_teddy *teddy);

/* ---- hear.c ---- */
/* A message as it lies in the event queue, but for its sound. */
struct teddy_heard {
    uint8_t type;  /* enum voice_down_type */
    uint8_t error; /* enum voice_error */
    bool flag;     /* resumed */
    uint64_t
        number; /* of an ack: the chunk; of an abort: bytes of sound that were not played then */
    char id[VOICE_UUID_CHARS + 1];
};
int teddy_hear(struct roost_teddy *teddy, const char *text, size_t len);
void teddy_heard(struct roost_teddy *teddy, const void *record, size_t len);

/* ---- uplink.c ---- */
extern const struct roost_uplink_ops teddy_uplink_ops; /* ctx: the teddy */
extern const struct roost_link_limits teddy_link_limits;
/* The id of a command of the field's that was made into one of ours: this, a kind, eight digits. */
#define TEDDY_FIELD_ID "field-"
enum { TEDDY_FIELD_SCAN = 's', TEDDY_FIELD_CONNECT = 'c', TEDDY_FIELD_RSSI = 'r' };

/* Whether the configuration says where it belongs and whose it is, so that a hub could take it. */
bool teddy_is_provisioned(struct roost_teddy *teddy);
void teddy_find_features(struct roost_teddy *teddy);
void teddy_opened(struct roost_teddy *teddy);
void teddy_closed(struct roost_teddy *teddy, int status, uint64_t code);
void teddy_established(struct roost_teddy *teddy, const char *session_id);
void teddy_greeting_late(struct roost_teddy *teddy);
void teddy_heartbeat(struct roost_teddy *teddy);
void teddy_say(struct roost_teddy *teddy); /* whatever is due */
uint64_t teddy_say_due(const struct roost_teddy *teddy);
void teddy_wipe_link(struct roost_teddy *teddy);

/* ---- light.c ---- */
void teddy_show(struct roost_teddy *teddy);

/* ---- report.c ---- */
void teddy_set_faults(struct roost_teddy *teddy);
void teddy_write_health(const struct roost_device *device, struct roost_json_writer *out);

#endif
