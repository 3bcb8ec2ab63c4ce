/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/answer_companion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/timer.h"

enum { NAME_MAX = 124, LINE_MAX = 512 };

struct answer_talk {
    struct answer_companion *companion;
    struct answer_talk *next; /* of those that wait for their turn */
    bool waits;
    struct companion_thread thread, before; /* before: as it was when the child spoke */
    bool answered;                          /* `before` is worth going back to */
    struct voice_for child;
    char name[NAME_MAX];
    char *words; /* wiped, and freed */
    unsigned hour;
    const struct answer_events *events;
    void *arg;
};

struct answer_companion {
    const struct companion *content;
    struct answer_talk *first, **last;
    char line[LINE_MAX];
};

struct answer_companion *answer_companion_new(const struct companion *content)
{
    struct answer_companion *companion = calloc(1, sizeof *companion);

    if (!companion)
        return NULL;
    companion->content = content;
    companion->last = &companion->first;
    return companion;
}

void answer_companion_free(struct answer_companion *companion)
{
    free(companion);
}

/* ---- waiting ---- */

static void forget_words(struct answer_talk *talk)
{
    if (talk->words)
        explicit_bzero(talk->words, strlen(talk->words));
    free(talk->words);
    talk->words = NULL;
}

static void leave(struct answer_talk *talk)
{
    struct answer_talk **at = &talk->companion->first;

    if (!talk->waits)
        return;
    while (*at != talk)
        at = &(*at)->next;
    *at = talk->next;
    if (talk->companion->last == &talk->next)
        talk->companion->last = at;
    talk->waits = false;
    forget_words(talk);
}

/* ---- the provider ---- */

static struct answer_talk *talk_open(void *ctx, const struct voice_for *child, uint64_t seed)
{
    struct answer_talk *talk = calloc(1, sizeof *talk);

    if (!talk)
        return NULL;
    talk->companion = ctx;
    talk->child = *child;
    snprintf(talk->name, sizeof talk->name, "%s", child->name ? child->name : "");
    talk->child.name = talk->name;
    companion_thread_init(&talk->thread, seed);
    return talk;
}

static int talk_ask(struct answer_talk *talk, const char *words, unsigned hour,
                    const struct answer_events *events, void *arg)
{
    struct answer_companion *companion = talk->companion;

    if (talk->waits)
        return ROOST_ERR_BUSY;
    talk->words = strdup(words);
    if (!talk->words)
        return ROOST_ERR_NO_MEMORY;
    talk->answered = false;
    talk->hour = hour;
    talk->events = events;
    talk->arg = arg;
    talk->waits = true;
    talk->next = NULL;
    *companion->last = talk;
    companion->last = &talk->next;
    return 0;
}

/* What was answered and not said did not happen. */
static void talk_cancel(struct answer_talk *talk)
{
    leave(talk);
    if (talk->answered)
        talk->thread = talk->before;
    talk->answered = false;
}

static void talk_close(struct answer_talk *talk)
{
    leave(talk);
    explicit_bzero(talk, sizeof *talk);
    free(talk);
}

struct answer answer_companion_provider(struct answer_companion *companion)
{
    static const struct answer_ops ops = {
        .open = talk_open, .ask = talk_ask, .cancel = talk_cancel, .close = talk_close};

    return (struct answer){.ops = &ops, .ctx = companion};
}

/* ---- answering ---- */

static void answer(struct answer_talk *talk)
{
    static char reply[COMPANION_REPLY_MAX + 1]; /* one at a time */
    const struct companion_turn turn = {.text = talk->words,
                                        .language = talk->child.language,
                                        .group = talk->child.group,
                                        .name = talk->name[0] ? talk->name : NULL,
                                        .hour = (int)talk->hour};
    const struct answer_events *events = talk->events;
    void *arg = talk->arg;

    talk->before = talk->thread;
    talk->answered = true;
    int len = companion_reply(talk->companion->content, &talk->thread, &turn, reply, sizeof reply);
    leave(talk);
    if (len > 0)
        events->text(arg, reply, (size_t)len);
    events->ended(arg, len < 0 ? len : 0);
    explicit_bzero(reply, sizeof reply);
}

uint64_t answer_companion_run(void *ctx, uint64_t now_ms)
{
    struct answer_companion *companion = ctx;

    (void)now_ms;
    if (companion->first)
        answer(companion->first);
    return companion->first ? now_ms : ROOST_NEVER; /* the next after what else is due */
}

const char *answer_companion_line(void *ctx, enum voice_line line, const struct voice_for *child)
{
    static const enum companion_line_name names[VOICE_LINE_COUNT] = {
        [VOICE_LINE_NOT_HEARD] = COMPANION_LINE_DID_NOT_HEAR,
        [VOICE_LINE_TOO_LONG] = COMPANION_LINE_TURN_TOO_LONG,
        [VOICE_LINE_BUSY] = COMPANION_LINE_BUSY,
        [VOICE_LINE_TROUBLE] = COMPANION_LINE_ERROR,
        [VOICE_LINE_CUT_OFF] = COMPANION_LINE_CUT_OFF,
        [VOICE_LINE_TIME_LIMIT] = COMPANION_LINE_TIME_LIMIT,
        [VOICE_LINE_NO_LANGUAGE] = COMPANION_LINE_NO_RECOGNISER,
    };
    struct answer_companion *companion = ctx;
    const struct companion_turn turn = {
        .text = "", .language = child->language, .group = child->group, .hour = 12};

    int len = companion_line(companion->content, NULL, names[line], &turn, companion->line,
                             sizeof companion->line);
    return len > 0 ? companion->line : NULL;
}
