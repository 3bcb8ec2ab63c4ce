/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-speech FILE: speaks the sentences of FILE by each voice and recognises them again. Prints
 * lines "name value unit" of what is said to be measured in docs/speech.md; bench/speech.mjs shows
 * them. CPU time, so that others on the machine disturb little; but for what is told to be a delay.
 */
#include <time.h>
#include <unistd.h>

#include "hub/speech/encoder.h"
#include "hub/speech/speech_rig.h"
#include "tests/speech/words.h"

enum { SENTENCES_MAX = 256 };

static struct rig_sound sound;
static char lines[SENTENCES_MAX][256];
static size_t line_count;

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The second number of statm. */
static long memory_mb(void)
{
    char line[128] = "", *rest = line;
    FILE *in = fopen("/proc/self/statm", "r");
    if (in && !fgets(line, sizeof line, in))
        line[0] = '\0';
    if (in)
        fclose(in);
    strtol(rest, &rest, 10);
    return strtol(rest, NULL, 10) * sysconf(_SC_PAGESIZE) >> 20;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_delays(const char *name, double *ms, size_t count)
{
    qsort(ms, count, sizeof *ms, by_size);
    printf("%s, p50 %.1f ms\n%s, p95 %.1f ms\n%s, longest %.1f ms\n", name, ms[count / 2], name,
           ms[count * 95 / 100], name, ms[count - 1]);
}

static void read_lines(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in) {
        fprintf(stderr, "bench-speech: cannot read %s\n", path);
        exit(1);
    }
    while (line_count < SENTENCES_MAX && fgets(lines[line_count], sizeof lines[0], in))
        if (lines[line_count][0] != '#') {
            lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
            line_count++;
        }
    fclose(in);
}

/* One decoder, in this thread: nothing but what recognising costs. */
static void hear(struct decoder *decoder, enum say_flite_voice voice, const char *name)
{
    static double ends[SENTENCES_MAX];
    size_t wrong = 0, words = 0, unsure_right = 0, unsure_wrong = 0, wrong_sentences = 0;
    double cpu = 0, seconds = 0;
    char label[64];
    for (size_t i = 0; i < line_count; i++) {
        struct decoder_heard heard;
        double before;
        size_t said, missed;
        sound.samples = 0;
        rig_speak(&sound, voice, lines[i], 1);
        before = cpu_ms();
        decoder_begin(decoder, CHILD_12_13);
        for (size_t at = 0; at < sound.samples; at += RIG_CHUNK)
            decoder_feed(decoder, sound.pcm + at,
                         sound.samples - at < RIG_CHUNK ? sound.samples - at : RIG_CHUNK);
        cpu += cpu_ms() - before;
        before = cpu_ms();
        decoder_end(decoder, &heard);
        ends[i] = cpu_ms() - before;
        cpu += ends[i];
        seconds += (double)sound.samples / 16000;
        missed = words_wrong(lines[i], heard.text, &said);
        wrong += missed;
        words += said;
        wrong_sentences += missed > 0 ? 1 : 0;
        unsure_wrong += heard.unsure && missed > 0 ? 1 : 0;
        unsure_right += heard.unsure && missed == 0 ? 1 : 0;
    }
    printf("%s words wrong %.1f %%\n", name, 100.0 * (double)wrong / (double)words);
    printf("%s wrong sentences called unsure %zu of %zu\n", name, unsure_wrong, wrong_sentences);
    printf("%s right sentences called unsure %zu of %zu\n", name, unsure_right,
           line_count - wrong_sentences);
    printf("%s CPU a second of sound %.3f s\n", name, cpu / 1e3 / seconds);
    snprintf(label, sizeof label, "%s end of speech to words", name);
    print_delays(label, ends, line_count);
}

struct first {
    double before_ms, first_ms;
    struct encoder *encoder;
    size_t samples;
};

static int on_sound(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    struct first *f = arg;
    if (f->samples == 0)
        f->first_ms = cpu_ms() - f->before_ms;
    f->samples += samples;
    return encoder_put(f->encoder, rate_hz, pcm, samples);
}

static void drop(void *arg, const void *bytes, size_t len, uint32_t duration_us)
{
    (void)arg;
    (void)bytes;
    (void)len;
    (void)duration_us;
}

static void say(enum say_flite_voice voice, const char *name, enum speech_format format)
{
    static double firsts[SENTENCES_MAX];
    double cpu = 0, seconds = 0;
    char label[64];
    for (size_t i = 0; i < line_count; i++) {
        struct first f = {.before_ms = cpu_ms()};
        if (encoder_open(&f.encoder, format, drop, NULL) != 0 ||
            say_flite(voice, lines[i], on_sound, &f) != 0 || encoder_end(f.encoder) != 0)
            exit(1);
        encoder_close(f.encoder);
        firsts[i] = f.first_ms;
        cpu += cpu_ms() - f.before_ms;
        seconds += (double)f.samples / 16000;
    }
    printf("%s CPU a second of sound %.4f s\n", name, cpu / 1e3 / seconds);
    snprintf(label, sizeof label, "%s CPU to the first sound", name);
    print_delays(label, firsts, line_count);
}

int main(int argc, char **argv)
{
    struct speech_options options;
    struct decoder_models *models;
    struct decoder *decoder, *second;
    struct why why;
    long before;
    if (argc != 2) {
        fputs("bench-speech FILE\n", stderr);
        return 2;
    }
    read_lines(argv[1]);
    say_flite_open();
    say(SAY_FLITE_SLT, "slt to PCM", SPEECH_PCM_16K);
    say(SAY_FLITE_SLT, "slt to MP3", SPEECH_MP3_22K);
    say(SAY_FLITE_SLT, "slt to Opus", SPEECH_OPUS);
    say(SAY_FLITE_RMS, "rms to PCM", SPEECH_PCM_16K);
    say(SAY_FLITE_KAL16, "kal16 to PCM", SPEECH_PCM_16K);
    speech_options_plain(&options);
    options.hear.where.warp[CHILD_12_13] = 1; /* the voices are grown up */
    before = memory_mb();
    if (decoder_models_open(&models, &options.hear.where, &why) != 0) {
        fprintf(stderr, "bench-speech: %s\n", why.text);
        return 1;
    }
    printf("models of a thread %ld MB\n", memory_mb() - before);
    before = memory_mb();
    decoder_new(&decoder, models);
    printf("first decoder, with what all share %ld MB\n", memory_mb() - before);
    hear(decoder, SAY_FLITE_SLT, "slt");
    hear(decoder, SAY_FLITE_RMS, "rms");
    before = memory_mb();
    decoder_new(&second, models);
    printf("another decoder %ld MB\n", memory_mb() - before);
    decoder_free(second);
    decoder_free(decoder);
    decoder_models_close(models);
    return 0;
}
