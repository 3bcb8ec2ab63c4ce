/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A light that is looked at: it keeps what it shows, and where `aloud` says so with one line on the
 * console, a line a change. Depends on the board.
 *
 *     options.parts[n] = linux_light_part(&light);
 *     printf("%s\n", linux_light_text(&light, text, sizeof text));     // "breathe #0000ff 2000 ms"
 */
#ifndef ROOST_PORT_LINUX_LIGHT_H
#define ROOST_PORT_LINUX_LIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

struct linux_part;
struct roost_board;

struct linux_light {
    struct roost_board *board;
    struct roost_light_pattern shown;
    uint32_t changes;
    bool aloud; /* to be set from outside: */
    bool dead;  /* fault: it answers ROOST_ERR_FAULT */
};

enum { LINUX_LIGHT_TEXT = 48 };

/* The board's light. */
struct linux_part linux_light_part(struct linux_light *light);

/* "off", "steady #ffffff", "blink #ff0000 500 ms". Returns `out`. */
const char *linux_light_text(const struct roost_light_pattern *pattern, char *out, size_t size);

#endif
