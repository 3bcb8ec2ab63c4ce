/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-teddy/hand.h"

#include "core/err.h"

enum {
    TAP_MS = 100,
    BETWEEN_MS = 150,
    LOOK_MS = 10,
    OPEN_MS = 2000, /* for the microphone to be opened */
    AFTER_MS = 200  /* held behind the last word */
};

static void move(struct teddy_hand *hand, bool down)
{
    hand->down = down;
    world_teddy_press(hand->world, down);
    roost_board_wake(hand->board);
}

static void on_timer(uv_timer_t *timer);

static void later(struct teddy_hand *hand, uint64_t ms)
{
    uv_update_time(hand->board->host->loop);
    uv_timer_start(&hand->timer, on_timer, ms, 0);
}

/* How long it stays down at most, once it is heard. */
static uint64_t speech_ms(const struct teddy_hand *hand)
{
    const struct linux_wav *wav = &hand->microphone->wav;

    return wav->rate_hz ? (uint64_t)wav->count * 1000 / wav->rate_hz : 0;
}

static void look_at_speech(struct teddy_hand *hand)
{
    const struct linux_microphone *microphone = hand->microphone;
    uint64_t now_ms = linux_board_now_ms(hand->board), passed_ms = now_ms - hand->from_ms;

    if (!hand->heard && microphone->listening) {
        hand->heard = true;
        hand->from_ms = now_ms;
    }
    bool over = hand->heard ? linux_microphone_said(microphone) || !microphone->listening ||
                                  passed_ms > speech_ms(hand) + OPEN_MS
                            : passed_ms > OPEN_MS;
    if (!over) {
        later(hand, LOOK_MS);
        return;
    }
    hand->speaks = false;
    hand->unheard = !hand->heard;
    later(hand, AFTER_MS / linux_microphone_speed(microphone) + 1);
}

static void on_timer(uv_timer_t *timer)
{
    struct teddy_hand *hand = timer->data;

    if (hand->speaks) {
        look_at_speech(hand);
        return;
    }
    if (hand->down) {
        move(hand, false);
        if (hand->taps_left > 0)
            later(hand, BETWEEN_MS);
        return;
    }
    if (hand->taps_left == 0)
        return;
    hand->taps_left--;
    move(hand, true);
    later(hand, TAP_MS);
}

bool teddy_hand_busy(const struct teddy_hand *hand)
{
    return uv_is_active((const uv_handle_t *)&hand->timer);
}

int teddy_hand_press(struct teddy_hand *hand, bool down)
{
    if (teddy_hand_busy(hand))
        return ROOST_ERR_BUSY;
    move(hand, down);
    return 0;
}

int teddy_hand_tap(struct teddy_hand *hand, unsigned times)
{
    if (teddy_hand_busy(hand) || hand->down)
        return ROOST_ERR_BUSY;
    hand->taps_left = times;
    on_timer(&hand->timer);
    return 0;
}

int teddy_hand_say(struct teddy_hand *hand)
{
    if (teddy_hand_busy(hand) || hand->down)
        return ROOST_ERR_BUSY;
    hand->speaks = true;
    hand->heard = hand->unheard = false;
    hand->from_ms = linux_board_now_ms(hand->board);
    move(hand, true);
    later(hand, LOOK_MS);
    return 0;
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    struct teddy_hand *hand = ctx;

    (void)why;
    (void)why_size;
    hand->board = board;
    uv_timer_init(board->host->loop, &hand->timer);
    hand->timer.data = hand;
    board->open_handles++;
    return 0;
}

static void part_deinit(void *ctx, struct roost_board *board)
{
    struct teddy_hand *hand = ctx;

    uv_timer_stop(&hand->timer);
    hand->timer.data = board; /* as the one who counts handles wants it */
    uv_close((uv_handle_t *)&hand->timer, linux_board_closed_handle);
}

struct linux_part teddy_hand_part(struct teddy_hand *hand, struct world_teddy *world,
                                  struct linux_microphone *microphone)
{
    *hand = (struct teddy_hand){.world = world, .microphone = microphone};
    return (struct linux_part){
        .name = "hand", .init = part_init, .deinit = part_deinit, .ctx = hand};
}
