/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate is made of, for the files that are one. */
#ifndef ROOST_HUB_SAFETY_GATE_PARTS_H
#define ROOST_HUB_SAFETY_GATE_PARTS_H

#include "hub/safety/answers.h"
#include "hub/safety/gate.h"
#include "hub/safety/learned.h"
#include "hub/safety/lexicon.h"
#include "hub/safety/match.h"

struct gate {
    struct lexicon *lexicon;
    struct learned *learned; /* NULL: the lexicon alone */
    struct answers *answers;
};

/* A whole file; *bytes is the caller's also after an error, and has room for one byte more. Returns
 * 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_IO, ROOST_ERR_TOO_LONG (over max bytes), ROOST_ERR_NO_MEMORY;
 * `why` names the file. */
int gate_read_file(char **bytes, size_t *len, const char *path, size_t max, char *why,
                   size_t why_size);

#endif
