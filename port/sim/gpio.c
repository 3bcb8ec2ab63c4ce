/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/gpio.h"

#include "core/assert.h"
#include "core/err.h"
#include "port/sim/board.h"

static uint16_t bit_of(unsigned line)
{
    return (uint16_t)(line < ROOST_GPIO_LINES ? 1u << line : 0);
}

static void set_bit(uint16_t *bits, uint16_t bit, bool on)
{
    *bits = on ? (uint16_t)(*bits | bit) : (uint16_t)(*bits & ~bit);
}

static void tell(void *ctx, uint64_t line, void *data)
{
    struct sim_board *board = ctx;
    uint16_t bit = bit_of((unsigned)line);
    struct roost_event event = {
        .type = ROOST_EV_GPIO, .token = line, .status = (board->gpio.levels & bit) != 0};

    (void)data;
    set_bit(&board->gpio.told_soon, bit, false);
    if (board->gpio.watched & bit)
        sim_board_post(board, &event);
}

void sim_board_set_gpio(struct sim_board *board, unsigned line, bool active)
{
    struct sim_gpio *gpio = &board->gpio;
    uint16_t bit = bit_of(line);

    ROOST_ASSERT(gpio->inputs & bit);
    if (((gpio->levels & bit) != 0) == active)
        return;
    set_bit(&gpio->levels, bit, active);
    if (!(gpio->watched & bit) || gpio->told_soon & bit)
        return;
    set_bit(&gpio->told_soon, bit, true);
    sim_at_guarded(board->clock, board->clock->now_ms, tell, board, line, NULL, &board->life);
}

/* ---- the operations ---- */

static int gpio_read(void *ctx, unsigned line)
{
    struct sim_board *board = ctx;
    uint16_t bit = bit_of(line);

    if (!((board->gpio.inputs | board->gpio.outputs) & bit))
        return ROOST_ERR_RANGE;
    return (board->gpio.levels & bit) != 0;
}

static int gpio_write(void *ctx, unsigned line, bool active)
{
    struct sim_board *board = ctx;
    uint16_t bit = bit_of(line);

    if (board->gpio.inputs & bit)
        return ROOST_ERR_STATE;
    if (!(board->gpio.outputs & bit))
        return ROOST_ERR_RANGE;
    if (!sim_board_alive(board))
        return 0; /* the pin is not driven any more */
    if (((board->gpio.levels & bit) != 0) != active) {
        uint32_t change[2] = {line, active};
        sim_trace(board->clock, board->options.index, "line", change, sizeof change);
    }
    set_bit(&board->gpio.levels, bit, active);
    return 0;
}

static int gpio_watch(void *ctx, unsigned line, bool on)
{
    struct sim_board *board = ctx;
    uint16_t bit = bit_of(line);

    if (board->gpio.outputs & bit)
        return ROOST_ERR_STATE;
    if (!(board->gpio.inputs & bit))
        return ROOST_ERR_RANGE;
    set_bit(&board->gpio.watched, bit, on);
    return 0;
}

static const struct roost_gpio_ops gpio_ops = {
    .read = gpio_read, .write = gpio_write, .watch = gpio_watch};

/* ---- lifecycle ---- */

void sim_gpio_init(struct sim_board *board)
{
    const struct sim_board_options *options = &board->options;

    ROOST_ASSERT((options->gpio_inputs & options->gpio_outputs) == 0);
    board->gpio =
        (struct sim_gpio){.inputs = options->gpio_inputs, .outputs = options->gpio_outputs};
    if (options->gpio_inputs | options->gpio_outputs)
        board->port.gpio = (struct roost_gpio){.ops = &gpio_ops, .ctx = board};
}

void sim_gpio_off(struct sim_board *board)
{
    board->gpio.levels &= board->gpio.inputs;
    board->gpio.watched = board->gpio.told_soon = 0;
}
