/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/decoder.h"

#include <math.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/feat.h>
#include <sphinxbase/ngram_model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"

/* The second pass costs about 15 ms a second of speech; whoever speaks on after CUT_AFTER is cut in
 * the next pause, and after CUT_SOON in a shorter one, so that the last piece stays short. */
enum {
    BLOCK = 2048, /* samples, 128 ms */
    STEP = 160,   /* samples over which loudness is taken, 10 ms */
    CUT_AFTER_MS = 4000,
    CUT_PAUSE_MS = 250,
    CUT_SOON_MS = 8000,
    CUT_GAP_MS = 80,
    CEPSTRA = 13,
    FRAMES = 32,
    LEAD_OUT = 4, /* frames that the last words' features look ahead */
    PATH = 1024,

    /* How well words fit: their mean score in the language model and a share of the worst word's
     * posterior, both as PocketSphinx counts them. Measured, see docs/speech.md. */
    WORST_SHARE = 200, /* one of so many */
    WORST_MIN = -40000,
    UNSURE_BELOW = -400,
};

/* The general model's share; measured, see docs/speech.md. */
static const float32 shares[2] = {0.25F, 0.75F};
static const char *const names[2] = {"general", "teddy"};

struct decoder_models {
    cmd_ln_t *config;
    logmath_t *log;
    ngram_model_t *both;
    double warp[CHILD_AGE_GROUPS];
};

struct decoder {
    struct decoder_models *models;
    ps_decoder_t *ps;
    fe_t *ears[CHILD_AGE_GROUPS]; /* made when first needed */
    fe_t *ear;                    /* of this turn */
    struct channel {
        mfcc_t mean[CEPSTRA], sum[CEPSTRA];
        int32 frames;
    } fresh; /* the channel as it is before anything was heard */
    mfcc_t cepstra[FRAMES][CEPSTRA];
    mfcc_t *rows[FRAMES];
    bool running;
    int16_t block[BLOCK];
    size_t filled;

    /* loudness of this piece, for its cut */
    float noise_db, peak_db;
    uint32_t piece_ms, quiet_ms;
    int64_t fit; /* of the turn's words, summed */
    int words;

    char text[DECODER_TEXT_MAX];
};

/* ---- models ---- */

static int check_file(const char *path, struct why *why)
{
    if (access(path, R_OK) == 0)
        return 0;
    return why_not(why, ROOST_ERR_NOT_FOUND, "%s: the recogniser's model cannot be read", path);
}

/* PocketSphinx ends the program over some files that are not there: look first. */
static int check_files(const struct decoder_where *where, struct why *why)
{
    static const char *const files[] = {
        "mdef", "means", "variances", "transition_matrices", "sendump", "feat.params", "noisedict"};
    char path[PATH];
    int err = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !err; i++) {
        snprintf(path, sizeof path, "%s/en-us/en-us/%s", where->package, files[i]);
        err = check_file(path, why);
    }
    return err;
}

static ngram_model_t *read_model(cmd_ln_t *config, logmath_t *log, const char *folder,
                                 const char *file, int *err, struct why *why)
{
    char path[PATH];
    ngram_model_t *model;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    *err = check_file(path, why);
    if (*err)
        return NULL;
    model = ngram_model_read(config, path, NGRAM_AUTO, log);
    if (!model)
        *err = why_not(why, ROOST_ERR_CORRUPT, "%s: is no language model", path);
    return model;
}

static int read_models(struct decoder_models *m, const struct decoder_where *where, struct why *why)
{
    ngram_model_t *each[2] = {NULL, NULL};
    int err;
    each[0] = read_model(m->config, m->log, where->package, "en-us/en-us.lm.bin", &err, why);
    if (!err)
        each[1] = read_model(m->config, m->log, where->built, "en.lm", &err, why);
    if (!err) {
        m->both = ngram_model_set_init(m->config, each, (char **)names, shares, 2);
        if (!m->both || !ngram_model_set_interp(m->both, NULL, NULL))
            err = why_not(why, ROOST_ERR_NO_MEMORY, "the recogniser's models do not mix");
    }
    for (size_t i = 0; i < 2; i++)
        if (each[i])
            ngram_model_free(each[i]); /* the mixture holds them */
    return err;
}

int decoder_models_open(struct decoder_models **out, const struct decoder_where *where,
                        struct why *why)
{
    struct decoder_models *m = calloc(1, sizeof *m);
    char hmm[PATH], dict[PATH];
    int err;
    if (!m)
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    err = check_files(where, why);
    err_set_logfp(NULL); /* it prints what it heard */
    snprintf(hmm, sizeof hmm, "%s/en-us/en-us", where->package);
    snprintf(dict, sizeof dict, "%s/en.dict", where->built);
    if (!err)
        err = check_file(dict, why);
    if (!err) {
        memcpy(m->warp, where->warp, sizeof m->warp);
        m->log = logmath_init(1.0001, 0, 0);
        m->config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-dict", dict, "-bestpathlw",
                                "12", NULL); /* measured, see docs/speech.md */
        if (!m->log || !m->config)
            err = why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    }
    if (!err)
        err = read_models(m, where, why);
    if (err)
        decoder_models_close(m);
    else
        *out = m;
    return err;
}

void decoder_models_close(struct decoder_models *m)
{
    if (m->both)
        ngram_model_free(m->both);
    if (m->config)
        cmd_ln_free_r(m->config);
    if (m->log)
        logmath_free(m->log);
    free(m);
}

/* ---- decoders ---- */

int decoder_new(struct decoder **out, struct decoder_models *models)
{
    struct decoder *d = calloc(1, sizeof *d);
    const cmn_t *cmn;
    if (!d)
        return ROOST_ERR_NO_MEMORY;
    d->models = models;
    for (size_t i = 0; i < FRAMES; i++)
        d->rows[i] = d->cepstra[i];
    d->ps = ps_init(models->config);
    if (!d->ps || ps_set_lm(d->ps, "turn", models->both) || ps_set_search(d->ps, "turn")) {
        decoder_free(d);
        return ROOST_ERR_NO_MEMORY;
    }
    cmn = ps_get_feat(d->ps)->cmn_struct;
    memcpy(d->fresh.mean, cmn->cmn_mean, sizeof d->fresh.mean);
    memcpy(d->fresh.sum, cmn->sum, sizeof d->fresh.sum);
    d->fresh.frames = cmn->nframe;
    *out = d;
    return 0;
}

void decoder_free(struct decoder *d)
{
    if (d->running)
        decoder_drop(d);
    for (size_t i = 0; i < CHILD_AGE_GROUPS; i++)
        if (d->ears[i])
            fe_free(d->ears[i]);
    if (d->ps)
        ps_free(d->ps);
    explicit_bzero(d, sizeof *d);
    free(d);
}

/* The front end that hears a child of this group as a grown-up. */
static fe_t *ear_of(struct decoder *d, enum child_age_group group)
{
    cmd_ln_t *config = ps_get_config(d->ps); /* with the acoustic model's parameters in it */
    char warp[24];
    if (d->ears[group])
        return d->ears[group];
    snprintf(warp, sizeof warp, "%.3f", d->models->warp[group]);
    cmd_ln_set_str_r(config, "-warp_type", "inverse_linear");
    cmd_ln_set_str_r(config, "-warp_params", d->models->warp[group] != 1 ? warp : NULL);
    d->ears[group] = fe_init_auto_r(config);
    return d->ears[group];
}

static void begin_piece(struct decoder *d)
{
    d->noise_db = 0;
    d->peak_db = -96;
    d->piece_ms = d->quiet_ms = 0;
}

int decoder_begin(struct decoder *d, enum child_age_group group)
{
    cmn_t *cmn = ps_get_feat(d->ps)->cmn_struct;
    if (d->running)
        decoder_drop(d);
    d->ear = ear_of(d, group);
    if (!d->ear)
        return ROOST_ERR_FAULT;
    memcpy(cmn->cmn_mean, d->fresh.mean, sizeof d->fresh.mean);
    memcpy(cmn->sum, d->fresh.sum, sizeof d->fresh.sum);
    cmn->nframe = d->fresh.frames;
    fe_start_stream(d->ear);
    if (fe_start_utt(d->ear) < 0 || ps_start_stream(d->ps) < 0 || ps_start_utt(d->ps) < 0)
        return ROOST_ERR_FAULT;
    d->running = true;
    d->filled = 0;
    d->fit = 0;
    d->words = 0;
    d->text[0] = '\0';
    begin_piece(d);
    return 0;
}

/* ---- a turn ---- */

static void append(char *text, size_t size, const char *words)
{
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s%s", len > 0 && *words ? " " : "", words);
}

/* Silences and noises have no letters in front: <sil>, [NOISE], ++UH++. */
static bool is_word(const char *name)
{
    return name && !strchr("<[+", name[0]);
}

/* Adds up how well the piece's words fit. */
static void weigh(struct decoder *d)
{
    int64_t language = 0;
    int32 worst = 0;
    int words = 0;
    for (ps_seg_t *seg = ps_seg_iter(d->ps); seg; seg = ps_seg_next(seg)) {
        int32 sound, score, back, posterior = ps_seg_prob(seg, &sound, &score, &back);
        if (!is_word(ps_seg_word(seg)))
            continue;
        language += score;
        worst = posterior < worst ? posterior : worst;
        words++;
    }
    worst = worst < WORST_MIN ? WORST_MIN : worst;
    d->fit += language + (int64_t)words * worst / WORST_SHARE;
    d->words += words;
}

static int end_piece(struct decoder *d)
{
    const char *words;
    if (ps_end_utt(d->ps) < 0)
        return ROOST_ERR_FAULT;
    words = ps_get_hyp(d->ps, NULL);
    weigh(d);
    append(d->text, sizeof d->text, words ? words : "");
    return 0;
}

/* Follows the loudness of the piece, 10 ms by 10 ms. */
static void listen(struct decoder *d, const int16_t *pcm, size_t samples)
{
    for (size_t at = 0; at + STEP <= samples; at += STEP) {
        float sum = 1, db;
        for (size_t i = 0; i < STEP; i++)
            sum += (float)pcm[at + i] * (float)pcm[at + i];
        db = 10 * log10f(sum / STEP) - 90.3F;
        d->noise_db = db < d->noise_db ? db : d->noise_db;
        d->peak_db = db > d->peak_db ? db : d->peak_db;
        d->piece_ms += 10;
        d->quiet_ms = db < d->noise_db + 0.35F * (d->peak_db - d->noise_db) ? d->quiet_ms + 10 : 0;
    }
}

static bool is_cut(const struct decoder *d)
{
    return (d->piece_ms > CUT_AFTER_MS && d->quiet_ms >= CUT_PAUSE_MS) ||
           (d->piece_ms > CUT_SOON_MS && d->quiet_ms >= CUT_GAP_MS);
}

static int feed_block(struct decoder *d, const int16_t *pcm, size_t samples)
{
    while (samples > 0) {
        int32 frames = FRAMES, index;
        if (fe_process_frames(d->ear, &pcm, &samples, d->rows, &frames, &index) < 0)
            return ROOST_ERR_FAULT;
        if (frames > 0 && ps_process_cep(d->ps, d->rows, frames, FALSE, FALSE) < 0)
            return ROOST_ERR_FAULT;
    }
    return 0;
}

/* Blocks are counted from the turn's beginning, so that words do not depend on how it came. */
static int take_block(struct decoder *d)
{
    size_t samples = d->filled;
    int err;
    d->filled = 0;
    listen(d, d->block, samples);
    err = feed_block(d, d->block, samples);
    if (!err && is_cut(d)) {
        err = end_piece(d);
        if (!err && ps_start_utt(d->ps) < 0)
            err = ROOST_ERR_FAULT;
        begin_piece(d);
    }
    return err;
}

int decoder_feed(struct decoder *d, const int16_t *pcm, size_t samples)
{
    int err = 0;
    while (samples > 0 && !err) {
        size_t some = samples < BLOCK - d->filled ? samples : BLOCK - d->filled;
        memcpy(d->block + d->filled, pcm, some * sizeof *pcm);
        d->filled += some;
        pcm += some;
        samples -= some;
        if (d->filled == BLOCK)
            err = take_block(d);
    }
    return err;
}

/* The features of the last frames look ahead: the last frame is said a few times more. */
static int lead_out(struct decoder *d)
{
    int32 frames = 0;
    mfcc_t last[CEPSTRA];
    if (fe_end_utt(d->ear, last, &frames) < 0)
        return ROOST_ERR_FAULT;
    if (frames == 0)
        return 0;
    for (size_t i = 0; i < LEAD_OUT; i++)
        memcpy(d->rows[i], last, sizeof last);
    return ps_process_cep(d->ps, d->rows, LEAD_OUT, FALSE, FALSE) < 0 ? ROOST_ERR_FAULT : 0;
}

int decoder_end(struct decoder *d, struct decoder_heard *heard)
{
    int err = feed_block(d, d->block, d->filled);
    if (!err)
        err = lead_out(d);
    if (!err)
        err = end_piece(d);
    d->running = false;
    explicit_bzero(d->cepstra, sizeof d->cepstra);
    explicit_bzero(d->block, sizeof d->block);
    *heard = (struct decoder_heard){
        .text = d->text,
        .unsure = d->words == 0 || d->fit < (int64_t)UNSURE_BELOW * d->words,
    };
    return err;
}

void decoder_drop(struct decoder *d)
{
    if (d->running)
        ps_end_utt(d->ps);
    d->running = false;
    explicit_bzero(d->cepstra, sizeof d->cepstra);
    explicit_bzero(d->block, sizeof d->block);
    explicit_bzero(d->text, sizeof d->text);
}
