/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/hear_pocketsphinx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/assert.h"
#include "hub/speech/hear_internal.h"

/* ---- on the loop's thread: a turn's work ---- */

static void push(struct hear_turn *t)
{
    int err = worker_push(t->lane->worker, &t->job);
    ROOST_ASSERT(err == 0); /* a lane takes a job for each seat */
    t->working = true;
}

/* Brings the inbox to the work. Until there is a voice the last of what came stays before it. */
static int move(struct hear_turn *t)
{
    size_t kept = t->voice ? 0 : HEAR_BEFORE_VOICE * sizeof(int16_t);
    int err;
    if (t->inbox.len == 0 || t->at < t->work.len)
        return 0;
    if (kept > t->work.len)
        kept = t->work.len;
    t->work_from += (t->work.len - kept) / sizeof(int16_t);
    if (kept > 0)
        memmove(t->work.at, t->work.at + t->work.len - kept, kept);
    t->work.len = t->at = kept;
    err = wiped_add(&t->work, t->inbox.at, t->inbox.len);
    wiped_clear(&t->inbox);
    return err;
}

/* Gives the thread what there is to do. */
static void go_on(struct hear_turn *t)
{
    int err;
    if (!t->lane || t->working)
        return;
    if (t->over) {
        if (t->finished)
            push(t); /* only to be told later */
        return;
    }
    err = move(t);
    if (err && !t->err)
        t->err = err;
    t->last = t->finished && t->inbox.len == 0;
    if (t->at < t->work.len || t->last || err)
        push(t);
}

/* ---- seats ---- */

static void list(struct hear_turn *t, struct hear_turn **where)
{
    t->link = where;
    t->next = *where;
    if (t->next)
        t->next->link = &t->next;
    *where = t;
}

static void unlist(struct hear_turn *t)
{
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
}

static struct lane *idlest(struct hear_sphinx *s)
{
    struct lane *best = NULL;
    for (size_t i = 0; i < s->lane_count; i++) {
        struct lane *lane = &s->lanes[i];
        if (lane->taken < lane->seat_count && (!best || lane->taken < best->taken))
            best = lane;
    }
    return best;
}

/* A decoder that is there already before one that has to be made. */
static void sit(struct hear_turn *t, struct lane *lane)
{
    struct seat *found = NULL;
    for (size_t i = 0; i < lane->seat_count; i++) {
        struct seat *seat = &lane->seats[i];
        if (!seat->taken && (!found || (!found->decoder && seat->decoder)))
            found = seat;
    }
    ROOST_ASSERT(found);
    /* cppcheck-suppress nullPointer ; asserted */
    found->taken = true;
    lane->taken++;
    t->lane = lane;
    t->seat = found;
    list(t, &t->sphinx->seated);
    t->sphinx->counts.now++;
}

static void free_turn(struct hear_turn *t)
{
    wiped_free(&t->inbox);
    wiped_free(&t->work);
    explicit_bzero(t, sizeof *t);
    free(t);
}

static void wait_in_line(struct hear_turn *t)
{
    struct hear_turn **last = &t->sphinx->waiting;
    while (*last)
        last = &(*last)->next;
    list(t, last);
    t->sphinx->counts.waiting++;
}

static void leave_line(struct hear_turn *t)
{
    unlist(t);
    t->sphinx->counts.waiting--;
}

/* The turn is gone, and who waited longest has its seat. */
static void leave(struct hear_turn *t)
{
    struct hear_sphinx *s = t->sphinx;
    struct lane *lane = t->lane;
    struct hear_turn *next = s->closing ? NULL : s->waiting;
    t->seat->taken = false;
    lane->taken--;
    unlist(t);
    s->counts.now--;
    free_turn(t);
    if (next) {
        leave_line(next);
        sit(next, lane);
        go_on(next);
    }
}

/* ---- its end ---- */

static void count(struct hear_sphinx_counts *c, const struct hear_turn *t)
{
    c->cpu_ms += t->cpu_ns / 1000000;
    if (t->err) {
        c->failed++;
    } else if (!t->voice) {
        c->silent++;
    } else {
        c->heard++;
        c->unsure += t->heard.unsure ? 1 : 0;
        c->sound_ms += t->fed / (DECODER_RATE_HZ / 1000);
    }
}

/* The seat is free before the child is answered: what is started in the answer finds it. */
static void tell(struct hear_turn *t)
{
    struct hear_events events = t->events;
    void *arg = t->arg;
    int err = t->err;
    char text[DECODER_TEXT_MAX] = "";
    struct hear_result result = {
        .text = text,
        .unsure = t->voice && t->heard.unsure,
        .silent = !t->voice,
        .cpu_ms = (uint32_t)(t->cpu_ns / 1000000),
    };
    count(&t->sphinx->counts, t);
    if (!err && t->voice)
        snprintf(text, sizeof text, "%s", t->heard.text);
    if (t->voice)
        decoder_drop(t->seat->decoder); /* has ended; wipes the words */
    leave(t);
    events.heard(arg, err, err ? NULL : &result);
    explicit_bzero(text, sizeof text);
}

static void done(struct worker_job *job, int err)
{
    struct hear_turn *t = (struct hear_turn *)job;
    t->working = false;
    if (atomic_load(&t->dropped)) {
        if (t->voice && !err && !t->sphinx->closing)
            push(t); /* to drop it */
        else
            leave(t);
    } else if (!t->over) {
        go_on(t);
    } else if (t->finished) {
        tell(t);
    } /* else it failed while the child speaks, who is told at the end */
}

/* ---- the provider ---- */

static int start(void *ctx, const struct voice_for *child, const struct hear_events *events,
                 void *arg, struct hear_turn **out)
{
    struct hear_sphinx *s = ctx;
    struct lane *lane = idlest(s);
    struct hear_turn *t;
    if (s->closing)
        return ROOST_ERR_CLOSED;
    if (child->language != CHILD_EN)
        return ROOST_ERR_UNSUPPORTED;
    if (!lane && s->counts.waiting >= s->queue_max) {
        s->counts.refused++;
        return ROOST_ERR_FULL;
    }
    t = calloc(1, sizeof *t);
    if (!t)
        return ROOST_ERR_NO_MEMORY;
    t->job = (struct worker_job){.run = hear_turn_run, .done = done};
    t->sphinx = s;
    t->events = *events;
    t->arg = arg;
    t->group = child->group;
    atomic_init(&t->dropped, false);
    voice_gate_init(&t->gate);
    s->counts.started++;
    if (lane)
        sit(t, lane);
    else
        wait_in_line(t);
    *out = t;
    return 0;
}

static int feed(struct hear_turn *t, const int16_t *pcm, size_t samples)
{
    int err;
    if (t->finished)
        return ROOST_ERR_STATE;
    if (samples > HEAR_TURN_MAX - t->fed)
        return ROOST_ERR_TOO_LONG;
    err = wiped_add(&t->inbox, pcm, samples * sizeof *pcm);
    if (err)
        return err;
    t->fed += samples;
    go_on(t);
    return 0;
}

static int finish(struct hear_turn *t)
{
    if (t->finished)
        return ROOST_ERR_STATE;
    t->finished = true;
    go_on(t);
    return 0;
}

static void cancel(struct hear_turn *t)
{
    t->sphinx->counts.cancelled++;
    atomic_store(&t->dropped, true);
    if (!t->lane) {
        leave_line(t);
        free_turn(t);
    } else if (!t->working) {
        if (t->voice)
            push(t); /* to drop it */
        else
            leave(t);
    }
}

struct hear hear_sphinx_provider(struct hear_sphinx *s)
{
    static const struct hear_ops ops = {start, feed, finish, cancel};
    return (struct hear){&ops, s};
}

struct hear_sphinx_counts hear_sphinx_counts(const struct hear_sphinx *s)
{
    return s->counts;
}

void hear_sphinx_turn(struct hear_sphinx *s)
{
    size_t some;
    do {
        some = 0;
        for (size_t i = 0; i < s->lane_count; i++)
            some += worker_turn(s->lanes[i].worker);
    } while (some > 0);
}

/* ---- open, close ---- */

static void set_where(struct hear_sphinx *s, const struct decoder_where *where)
{
    s->where = *where;
    snprintf(s->package, sizeof s->package, "%s", where->package);
    snprintf(s->built, sizeof s->built, "%s", where->built);
    s->where.package = s->package;
    s->where.built = s->built;
}

static int open_lanes(struct hear_sphinx *s, uv_loop_t *loop, size_t lanes, size_t decoders)
{
    for (; s->lane_count < lanes; s->lane_count++) {
        struct lane *lane = &s->lanes[s->lane_count];
        int err;
        lane->seat_count = (decoders + lanes - 1 - s->lane_count) / lanes;
        lane->seats = calloc(lane->seat_count, sizeof *lane->seats);
        if (!lane->seats)
            return ROOST_ERR_NO_MEMORY;
        err = worker_new(&lane->worker, loop, 1, lane->seat_count);
        if (err) {
            free(lane->seats);
            return err;
        }
    }
    return 0;
}

int hear_sphinx_open(struct hear_sphinx **out, struct uv_loop_s *loop,
                     const struct hear_sphinx_options *options, struct why *why)
{
    size_t lanes = options->lanes ? options->lanes : uv_available_parallelism();
    struct hear_sphinx *s = calloc(1, sizeof *s);
    int err;
    if (!s)
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    lanes = lanes > HEAR_SPHINX_LANES_MAX ? HEAR_SPHINX_LANES_MAX : lanes;
    lanes = lanes > options->decoders ? options->decoders : lanes;
    s->queue_max = options->queue;
    set_where(s, &options->where);
    err = open_lanes(s, loop, lanes, options->decoders);
    if (err)
        why_not(why, err, "the recogniser's threads cannot be made");
    /* The first decoder now: a model that is missing stops the start. */
    if (!err)
        err = decoder_models_open(&s->lanes[0].models, &s->where, why);
    if (!err) {
        err = decoder_new(&s->lanes[0].seats[0].decoder, s->lanes[0].models);
        if (err)
            why_not(why, err, "%s: PocketSphinx does not take these models", s->built);
    }
    if (err)
        hear_sphinx_close(s);
    else
        *out = s;
    return err;
}

static void close_lane(struct lane *lane)
{
    for (size_t i = 0; i < lane->seat_count; i++)
        if (lane->seats[i].decoder)
            decoder_free(lane->seats[i].decoder);
    if (lane->models)
        decoder_models_close(lane->models);
    free(lane->seats);
}

void hear_sphinx_close(struct hear_sphinx *s)
{
    s->closing = true;
    for (struct hear_turn *t = s->seated; t; t = t->next)
        atomic_store(&t->dropped, true);
    for (size_t i = 0; i < s->lane_count; i++)
        worker_close(s->lanes[i].worker, false);
    for (struct hear_turn *t = s->seated, *next; t; t = next) {
        next = t->next;
        leave(t);
    }
    for (struct hear_turn *t = s->waiting, *next; t; t = next) {
        next = t->next;
        leave_line(t);
        free_turn(t);
    }
    for (size_t i = 0; i < s->lane_count; i++)
        close_lane(&s->lanes[i]);
    free(s);
}
