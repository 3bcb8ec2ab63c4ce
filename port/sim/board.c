/* SPDX-License-Identifier: Apache-2.0 */
/* Power, boot, step, watchdog and what the port calls the system. */
#include "port/sim/board.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/reset.h"
#include "core/timer.h"

bool sim_board_alive(const struct sim_board *board)
{
    return board->running && !board->power.off && !board->resetting;
}

/* ---- stepping ---- */

static void alarm_rang(void *ctx, uint64_t number, void *data);

static void arm(struct sim_board *board, uint64_t due_ms)
{
    uint64_t now_ms = board->clock->now_ms;

    board->step_due_ms = due_ms > now_ms ? due_ms : now_ms;
    /* An alarm that rings too early arms the next one: cheaper than taking it out of the heap. */
    if (board->step_due_ms == ROOST_NEVER || board->alarm_ms <= board->step_due_ms)
        return;
    board->schedule++;
    board->alarm_ms = board->step_due_ms;
    sim_at_guarded(board->clock, board->alarm_ms, alarm_rang, board, 0, NULL, &board->schedule);
}

static void alarm_rang(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    uint64_t due_ms;

    (void)number;
    (void)data;
    board->alarm_ms = ROOST_NEVER;
    if (!sim_board_alive(board) || board->hung || !board->firmware.step)
        return;
    if (board->clock->now_ms < board->step_due_ms) {
        arm(board, board->step_due_ms);
        return;
    }
    board->steps++;
    board->stepping = true;
    due_ms = board->firmware.step(board->firmware.ctx);
    board->stepping = false;
    if (!sim_board_alive(board))
        return;
    arm(board, due_ms == ROOST_NEVER ? due_ms : board->boot_ms + due_ms);
    sim_http_stepped(board);
}

void sim_board_kick(struct sim_board *board)
{
    if (sim_board_alive(board))
        arm(board, board->clock->now_ms);
}

int sim_board_offer(struct sim_board *board, const struct roost_event *event)
{
    struct {
        uint64_t token, len;
        int32_t type, status;
    } line = {event->token, event->len, (int32_t)event->type, event->status};

    if (!sim_board_alive(board))
        return 0;
    ROOST_ASSERT(!board->stepping); /* port.h: never from inside an operation */
    sim_trace(board->clock, board->options.index, "event", &line, sizeof line);
    return board->firmware.post ? board->firmware.post(board->firmware.ctx, event) : 0;
}

void sim_board_post(struct sim_board *board, const struct roost_event *event)
{
    if (sim_board_offer(board, event) < 0)
        board->events_refused++;
    sim_board_kick(board);
}

/* ---- watchdog ---- */

static void watchdog(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    uint64_t bites_ms = board->fed_ms + SIM_WATCHDOG_MS;

    (void)number;
    (void)data;
    if (!sim_board_alive(board))
        return;
    if (board->clock->now_ms >= bites_ms)
        sim_board_reset(board, ROOST_RESET_WATCHDOG);
    else
        sim_at_guarded(board->clock, bites_ms, watchdog, board, 0, NULL, &board->life);
}

/* ---- power and reset ---- */

static void start(struct sim_board *board)
{
    int err = 0;

    if (board->image_crashes) {
        sim_board_reset(board, ROOST_RESET_CRASH);
        return;
    }
    if (board->firmware.boot) {
        board->stepping = true;
        err = board->firmware.boot(board->firmware.ctx);
        board->stepping = false;
    }
    if (board->firmware.step)
        sim_at_guarded(board->clock, board->clock->now_ms + SIM_WATCHDOG_MS, watchdog, board, 0,
                       NULL, &board->life);
    if (err == 0)
        sim_board_kick(board);
}

/* Chooses the firmware. Returns 0, or an error when the boot loader does not get that far. */
static int load(struct sim_board *board)
{
    static const struct sim_firmware crashes = {0};
    const struct sim_firmware *firmware = &board->factory;
    const uint8_t *image;
    size_t len;
    int err;

    if (board->has_slots) {
        err = sim_slots_boot(&board->slots);
        if (err < 0)
            return err;
        board->port.slot = board->slots.region[!board->slots.running].port;
        image = sim_slots_image(&board->slots, &len);
        if (image && board->image) {
            firmware = board->image(board->image_ctx, image, len);
            board->image_crashes = !firmware;
        }
    }
    board->firmware = firmware ? *firmware : crashes;
    return 0;
}

static void boot(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    int err;

    (void)number;
    (void)data;
    if (board->power.off)
        sim_power_on(&board->power);
    board->resetting = false;
    board->image_crashes = false;
    if (board->booting)
        board->booting(board->booting_ctx);
    err = load(board);
    if (err < 0) { /* without power the next boot comes with it; else the boot loader tries again */
        sim_trace(board->clock, board->options.index, "no boot", &err, sizeof err);
        if (!board->power.off)
            sim_at_guarded(board->clock, board->clock->now_ms + SIM_RESTART_MS, boot, board, 0,
                           NULL, &board->life);
        return;
    }
    board->running = true;
    board->boot_ms = board->fed_ms = board->clock->now_ms;
    board->boots++;
    board->resets[board->reason]++;
    const char *reason = roost_reset_text(board->reason);
    sim_trace(board->clock, board->options.index, "boot", reason, strlen(reason));
    start(board);
}

/* Everything but flash, and on a reset the wall clock, starts anew. */
static void stop(struct sim_board *board, enum roost_reset_reason reason, uint64_t off_ms)
{
    board->life++;
    board->schedule++;
    board->alarm_ms = ROOST_NEVER;
    board->running = false;
    board->hung = false;
    board->reason = reason;
    sim_http_off(board);
    sim_ws_off(board);
    sim_radio_off(board);
    if (board->off)
        board->off(board->off_ctx);
    sim_gpio_off(board);
    sim_controllers_off(board);
    sim_at_guarded(board->clock, board->clock->now_ms + off_ms, boot, board, 0, NULL, &board->life);
}

static void stop_for_reset(void *ctx, uint64_t reason, void *data)
{
    (void)data;
    stop(ctx, (enum roost_reset_reason)reason, SIM_RESTART_MS);
}

void sim_board_reset(struct sim_board *board, enum roost_reset_reason reason)
{
    if (!sim_board_alive(board))
        return;
    board->resetting = true;
    sim_trace(board->clock, board->options.index, "reset", NULL, 0);
    sim_at_guarded(board->clock, board->clock->now_ms, stop_for_reset, board, reason, NULL,
                   &board->life);
}

static void stop_for_cut(void *ctx, uint64_t off_ms, void *data)
{
    struct sim_board *board = ctx;

    (void)data;
    board->unix_known = false;
    stop(board, ROOST_RESET_POWER_ON, off_ms + SIM_RESTART_MS);
}

/* Inside a flash operation: the firmware's step still has to return, with nothing working. */
static void power_was_cut(void *ctx)
{
    struct sim_board *board = ctx;

    sim_trace(board->clock, board->options.index, "cut", &board->power.operations,
              sizeof board->power.operations);
    sim_at_guarded(board->clock, board->clock->now_ms, stop_for_cut, board, board->cut_off_ms, NULL,
                   &board->life);
}

void sim_board_power_cut(struct sim_board *board, uint64_t off_ms)
{
    sim_power_off(&board->power);
    sim_trace(board->clock, board->options.index, "unplug", NULL, 0);
    stop_for_cut(board, off_ms, NULL);
}

void sim_board_power_on(struct sim_board *board, const struct sim_firmware *firmware)
{
    board->firmware = board->factory = *firmware;
    board->reason = ROOST_RESET_POWER_ON;
    sim_at_guarded(board->clock, board->clock->now_ms, boot, board, 0, NULL, &board->life);
}

/* ---- clock and random ---- */

static uint64_t port_now_ms(void *ctx)
{
    struct sim_board *board = ctx;

    return board->clock->now_ms - board->boot_ms;
}

static int64_t port_unix_ms(void *ctx)
{
    struct sim_board *board = ctx;

    return board->unix_known ? sim_unix_ms(board->clock) + board->unix_offset_ms : 0;
}

static void port_random(void *ctx, void *out, size_t len)
{
    struct sim_board *board = ctx;

    sim_random_fill(&board->random, out, len);
}

static const struct roost_clock_ops clock_ops = {.now_ms = port_now_ms, .unix_ms = port_unix_ms};
static const struct roost_random_ops random_ops = {.fill = port_random};

/* ---- system ---- */

static enum roost_reset_reason port_reset_reason(void *ctx)
{
    struct sim_board *board = ctx;

    return board->reason;
}

static void port_reboot(void *ctx, enum roost_reset_reason reason)
{
    sim_board_reset(ctx, reason);
}

static void port_feed_watchdog(void *ctx)
{
    struct sim_board *board = ctx;

    board->fed_ms = board->clock->now_ms;
}

static void port_heap(void *ctx, struct roost_heap *out)
{
    struct sim_board *board = ctx;

    *out = (struct roost_heap){.free_bytes = board->heap_free_bytes,
                               .low_bytes = board->heap_low_bytes};
}

static void port_console(void *ctx, const char *line, size_t len)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return;
    sim_trace(board->clock, board->options.index, "console", line, len);
    if (board->console)
        board->console(board->console_ctx, board, line, len);
}

static const struct roost_system_ops system_ops = {
    .reset_reason = port_reset_reason,
    .reboot = port_reboot,
    .feed_watchdog = port_feed_watchdog,
    .heap = port_heap,
    .console = port_console,
};

/* ---- lifecycle ---- */

int sim_board_init(struct sim_board *board, struct sim_clock *clock, struct sim_net *net,
                   const struct sim_board_options *options)
{
    uint32_t index = options->index;
    int err;

    memset(board, 0, sizeof *board);
    board->clock = clock;
    board->net = net;
    board->options = *options;
    board->cut_off_ms = 2000;
    board->alarm_ms = ROOST_NEVER;
    board->heap_free_bytes = 160000;
    board->heap_low_bytes = 140000;
    sim_random_init(&board->random, clock->seed, "firmware", index);
    sim_random_init(&board->noise, clock->seed, "noise", index);
    sim_power_init(&board->power, clock->seed, index);
    board->power.on_cut = power_was_cut;
    board->power.ctx = board;
    err = sim_flash_init(&board->flash, &board->power, 4096,
                         options->flash_sectors ? options->flash_sectors : 16,
                         options->program_bytes ? options->program_bytes : 4);
    if (err == 0 && options->ledger_sectors > 0)
        err = sim_flash_init(&board->ledger, &board->power, 4096, options->ledger_sectors,
                             board->flash.port.program_bytes);
    if (err == 0)
        err = sim_kv_init(&board->kv, &board->power);
    struct roost_crypto crypto = {0};
    if (err == 0)
        err = linux_crypto_init(&board->crypto, &crypto);
    if (err == 0 && options->slots.sectors > 0)
        err = sim_slots_init(&board->slots, &board->power, &options->slots);
    if (err < 0) {
        sim_board_deinit(board);
        return err;
    }
    board->port = (struct roost_port){
        .clock = {.ops = &clock_ops, .ctx = board},
        .random = {.ops = &random_ops, .ctx = board},
        .kv = board->kv.port,
        .journal = board->flash.port,
        .ledger = board->ledger.port,
        .system = {.ops = &system_ops, .ctx = board},
        .crypto = crypto,
    };
    if (options->slots.sectors > 0) {
        board->has_slots = true;
        board->slots.reboot = port_reboot;
        board->slots.ctx = board;
        board->port.slot = board->slots.region[1].port;
        board->port.firmware = board->slots.port;
    }
    esp_pki_init(&board->pki, &board->port.kv, &board->port.random, true, &board->port.pki);
    sim_radio_init(board);
    sim_http_init(board);
    sim_ws_init(board);
    sim_gpio_init(board);
    return 0;
}

void sim_board_deinit(struct sim_board *board)
{
    sim_message_drop(board->http.segment);
    board->http.segment = NULL;
    sim_ws_end_deinit(&board->ws.end);
    sim_slots_deinit(&board->slots);
    sim_flash_deinit(&board->flash);
    sim_flash_deinit(&board->ledger);
    sim_kv_deinit(&board->kv);
    linux_crypto_deinit(&board->crypto);
}
