/* SPDX-License-Identifier: Apache-2.0 */
/* Hands, and a voice that is a file. */
#include <string.h>

#include "apps/roost-teddy/parts.h"
#include "core/err.h"

static void answer_for(int err, const char *word, struct roost_json_writer *answer)
{
    if (err == ROOST_ERR_BUSY)
        control_error(answer, "%s: the hand is at the button already", word);
    else if (err)
        control_error(answer, "%s: %s", word, roost_err_text(err));
    else
        control_ok(answer);
}

static void run_press(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    bool down = strcmp(argv[0], "press") == 0;

    answer_for(teddy_hand_press(&teddy_of(program)->hand, down), argv[0], answer);
}

static void run_tap(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    unsigned times = strcmp(argv[0], "double") == 0 ? 2 : 1;

    answer_for(teddy_hand_tap(&teddy_of(program)->hand, times), argv[0], answer);
}

static void run_say(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    struct teddy_program *self = teddy_of(program);

    if (teddy_hand_busy(&self->hand)) {
        answer_for(ROOST_ERR_BUSY, argv[0], answer);
        return;
    }
    int err = linux_microphone_load(&self->microphone, argv[1]);
    if (!err && self->microphone.wav.rate_hz != VOICE_RATE_HZ)
        err = ROOST_ERR_INVALID;
    if (err == ROOST_ERR_INVALID)
        control_error(answer, "say %s: allowed is WAV, PCM, 16 bit, mono, %d Hz", argv[1],
                      VOICE_RATE_HZ);
    else if (err == ROOST_ERR_STATE)
        control_error(answer, "say: the microphone is open, or a device of its own");
    else if (err)
        control_error(answer, "say %s: %s", argv[1], roost_err_text(err));
    else
        answer_for(teddy_hand_say(&self->hand), argv[0], answer);
}

static void run_mute(struct device_program *program, char **argv, struct roost_json_writer *answer)
{
    bool on = strcmp(argv[1], "on") == 0;

    if (!on && strcmp(argv[1], "off") != 0) {
        control_error(answer, "mute %s: allowed is on, off", argv[1]);
        return;
    }
    answer_for(roost_settings_set_int(&program->device->settings, TEDDY_SET_MUTE, on), argv[0],
               answer);
    roost_board_wake(&program->board);
}

const struct device_word teddy_words[TEDDY_WORDS] = {
    {"press", "", "the button goes down, and stays", 1, run_press},
    {"release", "", "and up", 1, run_press},
    {"tap", "", "a short press", 1, run_tap},
    {"double", "", "two: the last answer once more", 1, run_tap},
    {"say", "FILE.wav", "holds the button and speaks the file: PCM, 16 bit, mono, 16 kHz", 2,
     run_say},
    {"mute", "on|off", "it neither listens nor speaks", 2, run_mute},
};
