/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-teddy/ask.h"

#include <stdio.h>

#include "apps/roost-teddy/parts.h"
#include "core/err.h"

enum { LOOK_MS = 20, READY_MS = 30000, ANSWER_MS = 90000 };

static void enter(struct teddy_program *self, enum teddy_ask_stage stage)
{
    self->ask.stage = stage;
    self->ask.from_ms = linux_board_now_ms(&self->program.board);
}

/* The answer's file is whole; the goodbye is none of it. */
static void finish(struct teddy_program *self)
{
    enter(self, TEDDY_ASK_OVER);
    uv_timer_stop(&self->ask.timer);
    linux_wav_close(&self->loudspeaker.file);
    device_program_stop(&self->program);
}

static void give_up(struct teddy_program *self, const char *reason)
{
    fprintf(stderr, "roost-teddy: %s\n", reason);
    self->program.failed = true;
    /* The teddy's own tones are no answer. */
    if (self->teddy.count.replies == self->ask.replies)
        (void)linux_wav_empty(&self->loudspeaker.file);
    finish(self);
}

/* Why there is no answer, as far as the teddy knows. */
static const char *reason_of(const struct roost_teddy *teddy)
{
    switch (teddy->notice) {
    case TEDDY_NOTICE_PARENT:
        return "the hub has no consent of this child's parents: roost child consent";
    case TEDDY_NOTICE_REST:
        return "the hub says that it is enough for now: quiet hours, or the day's time is over";
    case TEDDY_NOTICE_BUSY:
        return "the hub has no time now";
    default:
        return "the hub did not answer the question";
    }
}

static void look_for_hub(struct teddy_program *self, uint64_t waited_ms)
{
    const struct roost_teddy *teddy = &self->teddy;

    if (teddy->state == TEDDY_READY && teddy->link.established) {
        self->ask.replies = teddy->count.replies;
        self->ask.texts = teddy->count.texts;
        self->ask.failed = teddy->count.turns_failed;
        enter(self, TEDDY_ASK_ASKING);
        (void)teddy_hand_say(&self->hand);
    } else if (teddy->link.refused) {
        give_up(self, teddy->notice == TEDDY_NOTICE_PARENT
                          ? reason_of(teddy)
                          : "the hub refused the teddy: its id, its secret or its child is another "
                            "one there");
    } else if (waited_ms > READY_MS) {
        give_up(self, "the hub was not reached in 30 s: is it there, and is --hub right?");
    }
}

static bool is_over(const struct teddy_program *self)
{
    const struct roost_teddy *teddy = &self->teddy;

    return teddy_state_waits(teddy->state) && teddy_play_over(&teddy->play) &&
           !self->loudspeaker.started;
}

static void look_for_answer(struct teddy_program *self, uint64_t waited_ms)
{
    const struct roost_teddy *teddy = &self->teddy;
    bool replied = teddy->count.replies > self->ask.replies;

    if (self->hand.unheard) {
        give_up(self, "the teddy did not open its microphone");
    } else if (replied && is_over(self)) {
        printf("%s: %.1f s\n", self->speaker, (double)self->loudspeaker.heard_ms / 1000);
        finish(self);
    } else if (!replied && teddy->count.texts > self->ask.texts &&
               teddy_state_waits(teddy->state)) {
        give_up(self, "the hub answered with words only: its speech does not work");
    } else if (teddy->count.turns_failed > self->ask.failed && !replied) {
        give_up(self, reason_of(teddy));
    } else if (waited_ms > ANSWER_MS) {
        give_up(self, replied ? "the answer did not come to its end" : reason_of(teddy));
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct teddy_program *self = timer->data;
    uint64_t waited_ms = linux_board_now_ms(&self->program.board) - self->ask.from_ms;

    if (self->ask.stage == TEDDY_ASK_CONNECTING)
        look_for_hub(self, waited_ms);
    else if (self->ask.stage == TEDDY_ASK_ASKING && !teddy_hand_busy(&self->hand))
        enter(self, TEDDY_ASK_WAITING);
    else if (self->ask.stage == TEDDY_ASK_WAITING)
        look_for_answer(self, waited_ms);
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct teddy_program *self = ctx;

    (void)why;
    (void)why_size;
    uv_timer_init(board->host->loop, &self->ask.timer);
    self->ask.timer.data = self;
    board->open_handles++;
    if (self->ask.stage == TEDDY_ASK_CONNECTING) {
        self->ask.from_ms = linux_board_now_ms(board);
        uv_timer_start(&self->ask.timer, on_timer, LOOK_MS, LOOK_MS);
    }
    return 0;
}

static void part_deinit(void *ctx, struct roost_board *board)
{
    struct teddy_program *self = ctx;

    uv_timer_stop(&self->ask.timer);
    self->ask.timer.data = board; /* as the one who counts handles wants it */
    uv_close((uv_handle_t *)&self->ask.timer, linux_board_closed_handle);
}

struct linux_part teddy_ask_part(struct teddy_program *program)
{
    return (struct linux_part){
        .name = "question", .init = part_init, .deinit = part_deinit, .ctx = program};
}
