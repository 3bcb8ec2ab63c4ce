/* SPDX-License-Identifier: Apache-2.0 */
/* A line of roost-gate: "id, language, ages, in or out, text", with tabs between. Depends on
 * hub/child.h, hub/safety/gate.h. */
#ifndef ROOST_APPS_ROOST_GATE_LINE_H
#define ROOST_APPS_ROOST_GATE_LINE_H

#include "hub/child.h"
#include "hub/safety/gate.h"

struct gate_line {
    const char *id, *text; /* in the line that was parsed */
    size_t id_len, text_len;
    enum child_language language;
    enum child_age_group group;
    enum gate_direction direction;
};

/* Returns 0 or ROOST_ERR_INVALID with what is wrong, naming the field, in why. Ages may be written
 * in any way that has a number, and are taken for the nearest group when outside 3..13. */
int gate_line_parse(struct gate_line *line, const char *text, size_t len, char *why,
                    size_t why_size);

#endif
