/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/light.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

const char *linux_light_text(const struct roost_light_pattern *pattern, char *out, size_t size)
{
    static const char *const shapes[] = {[ROOST_LIGHT_OFF] = "off",
                                         [ROOST_LIGHT_STEADY] = "steady",
                                         [ROOST_LIGHT_BLINK] = "blink",
                                         [ROOST_LIGHT_BREATHE] = "breathe"};
    const char *shape = roost_light_pattern_ok(pattern) ? shapes[pattern->shape] : "?";

    if (pattern->shape == ROOST_LIGHT_OFF)
        snprintf(out, size, "%s", shape);
    else if (pattern->shape == ROOST_LIGHT_STEADY)
        snprintf(out, size, "%s #%02x%02x%02x", shape, pattern->red, pattern->green, pattern->blue);
    else
        snprintf(out, size, "%s #%02x%02x%02x %u ms", shape, pattern->red, pattern->green,
                 pattern->blue, pattern->period_ms);
    return out;
}

static bool same(const struct roost_light_pattern *a, const struct roost_light_pattern *b)
{
    return a->shape == b->shape && a->red == b->red && a->green == b->green && a->blue == b->blue &&
           a->period_ms == b->period_ms;
}

static int part_show(void *ctx, const struct roost_light_pattern *pattern)
{
    struct linux_light *light = ctx;
    char text[LINUX_LIGHT_TEXT];

    if (!roost_light_pattern_ok(pattern))
        return ROOST_ERR_RANGE;
    if (light->dead)
        return ROOST_ERR_FAULT;
    if (light->changes > 0 && same(&light->shown, pattern))
        return 0;
    light->shown = *pattern;
    light->changes++;
    if (light->aloud)
        linux_board_say(light->board, "light: %s", linux_light_text(pattern, text, sizeof text));
    return 0;
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    static const struct roost_light_ops ops = {.show = part_show};
    struct linux_light *light = ctx;

    (void)why;
    (void)why_size;
    light->board = board;
    board->port.light = (struct roost_light){&ops, light};
    return 0;
}

struct linux_part linux_light_part(struct linux_light *light)
{
    *light = (struct linux_light){0};
    return (struct linux_part){.name = "light", .init = part_init, .ctx = light};
}
