/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kind lines that the hub says of itself, when there is no reply to be said: in both languages,
 * short. A provider of replies may have better ones (struct voice_parts); these are always there.
 * Depends on hub/child.h.
 */
#ifndef ROOST_HUB_VOICE_LINES_H
#define ROOST_HUB_VOICE_LINES_H

#include "hub/child.h"

enum voice_line {
    VOICE_LINE_NOT_HEARD, /* silence, or nothing that could be understood */
    VOICE_LINE_TOO_LONG,  /* 30 s of sound: the rest was cut */
    VOICE_LINE_BUSY,      /* too many children speak at once */
    VOICE_LINE_TROUBLE,   /* something did not work */
    VOICE_LINE_CUT_OFF,   /* the rest of the reply did not come */
    VOICE_LINE_TIME_LIMIT,
    VOICE_LINE_NO_LANGUAGE, /* nobody here understands the child's language */
    VOICE_LINE_COUNT
};

const char *voice_line(enum voice_line line, enum child_language language);

#endif
