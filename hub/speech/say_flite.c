/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/say_flite.h"

#include <flite/flite.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

/* The voices' libraries have no headers of their own. */
cst_voice *register_cmu_us_slt(const char *folder);
cst_voice *register_cmu_us_rms(const char *folder);
cst_voice *register_cmu_us_kal16(const char *folder);

static cst_voice *voices[SAY_FLITE_VOICES];

struct saying {
    say_sound *sound;
    void *arg;
    int err;
};

int say_flite_open(void)
{
    if (voices[SAY_FLITE_SLT])
        return 0;
    flite_init();
    voices[SAY_FLITE_RMS] = register_cmu_us_rms(NULL);
    voices[SAY_FLITE_KAL16] = register_cmu_us_kal16(NULL);
    voices[SAY_FLITE_SLT] = register_cmu_us_slt(NULL);
    for (size_t i = 0; i < SAY_FLITE_VOICES; i++)
        if (!voices[i])
            return ROOST_ERR_NO_MEMORY;
    return 0;
}

static int on_sound(const cst_wave *wave, int start, int size, int last,
                    cst_audio_streaming_info *streaming)
{
    struct saying *s = streaming->userdata;
    (void)last;
    if (!s->err && size > 0)
        s->err = s->sound(s->arg, (uint32_t)wave->sample_rate, wave->samples + start, (size_t)size);
    return s->err ? CST_AUDIO_STREAM_STOP : CST_AUDIO_STREAM_CONT;
}

static void wipe(cst_utterance *utterance)
{
    cst_wave *wave = utt_wave(utterance);
    if (wave && wave->samples && wave->num_samples > 0)
        explicit_bzero(wave->samples, (size_t)wave->num_samples * sizeof *wave->samples);
    delete_utterance(utterance);
}

int say_flite(enum say_flite_voice voice, const char *text, say_sound *sound, void *arg)
{
    struct saying saying = {sound, arg, 0};
    cst_audio_streaming_info *streaming = new_audio_streaming_info();
    cst_utterance *utterance = new_utterance();
    streaming->asc = on_sound;
    streaming->userdata = &saying;
    utt_set_input_text(utterance, text);
    feat_set(utterance->features, "streaming_info", audio_streaming_info_val(streaming));
    if (!flite_do_synth(utterance, voices[voice], utt_synth)) /* it has freed the utterance */
        return saying.err ? saying.err : ROOST_ERR_FAULT;
    wipe(utterance);
    return saying.err;
}
