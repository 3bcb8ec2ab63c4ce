/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-teddy/parts.h"

static void write_turns(const struct roost_teddy *teddy, struct roost_json_writer *w)
{
    roost_json_put_object(w, "turns");
    roost_json_put_uint(w, "begun", teddy->count.turns);
    roost_json_put_uint(w, "failed", teddy->count.turns_failed);
    roost_json_put_uint(w, "replies", teddy->count.replies);
    roost_json_put_uint(w, "as_text", teddy->count.texts);
    roost_json_put_uint(w, "interrupts", teddy->count.interrupts);
    roost_json_put_uint(w, "repeats", teddy->count.repeats);
    roost_json_put_uint(w, "errors", teddy->count.errors);
    roost_json_end(w);
}

static void write_sound(const struct teddy_program *self, struct roost_json_writer *w)
{
    const struct roost_teddy *teddy = &self->teddy;

    roost_json_put_object(w, "said");
    roost_json_put_bool(w, "listening", self->microphone.listening);
    roost_json_put_uint(w, "chunks", teddy->capture.sent_chunks);
    roost_json_put_uint(w, "lost", teddy->capture.lost);
    roost_json_put_uint(w, "overruns", self->microphone.overruns);
    roost_json_end(w);
    roost_json_put_object(w, "played");
    roost_json_put_bool(w, "speaking", self->loudspeaker.started);
    roost_json_put_uint(w, "ms", self->loudspeaker.heard_ms);
    roost_json_put_uint(w, "level", self->loudspeaker.level);
    roost_json_put_uint(w, "pieces", teddy->play.pieces);
    roost_json_put_uint(w, "refused", teddy->play.full);
    roost_json_put_uint(w, "bad", teddy->play.bad);
    roost_json_put_uint(w, "ran_dry", teddy->play.dry);
    roost_json_put_uint(w, "underruns", self->loudspeaker.underruns);
    roost_json_end(w);
}

void teddy_write_state(struct device_program *program, struct roost_json_writer *w)
{
    const struct teddy_program *self = teddy_of(program);
    const struct roost_teddy *teddy = &self->teddy;
    char text[LINUX_LIGHT_TEXT];

    roost_json_put_str(w, "state", teddy_state_name(teddy->state));
    roost_json_put_str(w, "light", linux_light_text(&self->light.shown, text, sizeof text));
    roost_json_put_bool(w, "button", self->hand.down);
    roost_json_put_bool(w, "hand_busy", teddy_hand_busy(&self->hand));
    roost_json_put_bool(w, "muted",
                        roost_settings_int(&teddy->device.settings, TEDDY_SET_MUTE) != 0);
    roost_json_put_bool(w, "greeted", teddy->link.established);
    write_turns(teddy, w);
    write_sound(self, w);
}
