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

#endif
