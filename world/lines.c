/* SPDX-License-Identifier: Apache-2.0 */
#include "world/lines.h"

#include "core/assert.h"
#include "core/err.h"

static uint16_t bit_of(unsigned line)
{
    return (uint16_t)(line < ROOST_GPIO_LINES ? 1u << line : 0);
}

static void set_bit(uint16_t *bits, uint16_t bit, bool on)
{
    *bits = (uint16_t)(on ? *bits | bit : *bits & ~bit);
}

static void tell(void *arg)
{
    struct world_lines *lines = arg;
    uint16_t changed = lines->changed;

    lines->changed = 0;
    for (unsigned line = 0; line < ROOST_GPIO_LINES; line++) {
        const struct roost_event event = {
            .type = ROOST_EV_GPIO, .token = line, .status = world_lines_get(lines, line)};
        if (changed & lines->watched & bit_of(line))
            lines->time.ops->post(lines->time.ctx, &event);
    }
}

void world_lines_set(struct world_lines *lines, unsigned line, bool active)
{
    uint16_t bit = bit_of(line);

    ROOST_ASSERT(lines->inputs & bit);
    if (world_lines_get(lines, line) == active)
        return;
    set_bit(&lines->levels, bit, active);
    if (!(lines->watched & bit))
        return;
    lines->changed |= bit;
    (void)lines->time.ops->start(lines->time.ctx, lines->timer, 0, tell, lines);
}

bool world_lines_get(const struct world_lines *lines, unsigned line)
{
    return (lines->levels & bit_of(line)) != 0;
}

static int lines_read(void *ctx, unsigned line)
{
    const struct world_lines *lines = ctx;

    if (!((lines->inputs | lines->outputs) & bit_of(line)))
        return ROOST_ERR_RANGE;
    return world_lines_get(lines, line);
}

/* Which lines may be written, or watched: those of `wanted`. */
static int check(const struct world_lines *lines, unsigned line, uint16_t wanted)
{
    uint16_t bit = bit_of(line);

    if (!((lines->inputs | lines->outputs) & bit))
        return ROOST_ERR_RANGE;
    return wanted & bit ? 0 : ROOST_ERR_STATE;
}

static int lines_write(void *ctx, unsigned line, bool active)
{
    struct world_lines *lines = ctx;
    int err = check(lines, line, lines->outputs);

    if (err == 0)
        set_bit(&lines->levels, bit_of(line), active);
    return err;
}

static int lines_watch(void *ctx, unsigned line, bool on)
{
    struct world_lines *lines = ctx;
    int err = check(lines, line, lines->inputs);

    if (err == 0)
        set_bit(&lines->watched, bit_of(line), on);
    return err;
}

static const struct roost_gpio_ops lines_ops = {
    .read = lines_read, .write = lines_write, .watch = lines_watch};

int world_lines_attach(struct world_lines *lines, const struct world_time *time, unsigned timer,
                       struct roost_port *port, uint16_t inputs, uint16_t outputs)
{
    ROOST_ASSERT((inputs & outputs) == 0 && timer < WORLD_TIMERS);
    *lines =
        (struct world_lines){.time = *time, .timer = timer, .inputs = inputs, .outputs = outputs};
    port->gpio = (struct roost_gpio){&lines_ops, lines};
    return 0;
}

void world_lines_off(struct world_lines *lines)
{
    lines->time.ops->stop(lines->time.ctx, lines->timer);
    lines->levels &= lines->inputs;
    lines->watched = lines->changed = 0;
}
