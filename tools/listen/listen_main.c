/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-listen: what a recogniser hears in a WAV file, for `make demo` and tests, where the sound
 * is a machine's own. The plain one of Debian's, with its general language model: none of the hub's
 * narrowing to what a companion says, so that a word that is found was spoken. Never for what a
 * child has said.
 */
#include <pocketsphinx.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/program.h"
#include "host/why.h"
#include "port/linux/wav.h"

enum { RATE_HZ = 16000 };

struct settings {
    const char *file;
};

static const struct option_spec options[] = {
    {.name = "FILE",
     .kind = OPTION_WORD,
     .required = 1,
     .at = offsetof(struct settings, file),
     .help = "WAV: PCM, 16 bit, mono, 16 kHz"},
};

static ps_decoder_t *open_decoder(void)
{
    static const char models[] = POCKETSPHINX_MODELS "/en-us/";
    char acoustic[sizeof models + 16], language[sizeof models + 16], words[sizeof models + 32];

    snprintf(acoustic, sizeof acoustic, "%sen-us", models);
    snprintf(language, sizeof language, "%sen-us.lm.bin", models);
    snprintf(words, sizeof words, "%scmudict-en-us.dict", models);
    cmd_ln_t *config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", acoustic, "-lm", language,
                                   "-dict", words, "-logfn", "/dev/null", NULL);
    ps_decoder_t *decoder = config ? ps_init(config) : NULL;

    if (config)
        cmd_ln_free_r(config);
    return decoder;
}

/* A decoder that was never fed has no hypothesis. */
static const char *hear(ps_decoder_t *decoder, const struct linux_wav *wav)
{
    int32 score;

    if (ps_start_utt(decoder) < 0 ||
        ps_process_raw(decoder, wav->samples, wav->count, FALSE, TRUE) < 0 ||
        ps_end_utt(decoder) < 0)
        return NULL;
    const char *words = ps_get_hyp(decoder, &score);
    return words ? words : "";
}

static int listen_to(const char *path)
{
    struct linux_wav wav;
    int err = linux_wav_read(&wav, path);

    if (!err && wav.rate_hz != RATE_HZ)
        err = ROOST_ERR_INVALID;
    if (err) {
        fprintf(stderr, "roost-listen: %s: %s; allowed is WAV, PCM, 16 bit, mono, %d Hz\n", path,
                roost_err_text(err), RATE_HZ);
        linux_wav_free(&wav);
        return EXIT_FAILURE;
    }
    ps_decoder_t *decoder = open_decoder();
    const char *words = decoder ? hear(decoder, &wav) : NULL;
    if (words)
        printf("%s\n", words);
    else
        fprintf(stderr, "roost-listen: %s: the recogniser does not start; is its model there?\n",
                path);
    if (decoder)
        ps_free(decoder);
    linux_wav_free(&wav);
    return words ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct program_spec program = {
        .name = "roost-listen",
        .version = ROOST_VERSION,
        .help = "what a recogniser hears in a sound that a machine has made",
        PROGRAM_OPTIONS(options)};
    struct settings settings = {0};
    int status = program_read(&program, &settings, argc, argv);

    return status == PROGRAM_GOES_ON ? listen_to(settings.file) : status;
}
