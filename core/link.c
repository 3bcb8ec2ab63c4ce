/* SPDX-License-Identifier: Apache-2.0 */
#include "core/link.h"

#include <stddef.h>

#include "core/assert.h"
#include "core/timer.h"

static const char *const state_names[ROOST_LINK_STATE_COUNT] = {
    [ROOST_LINK_DOWN] = "down",
    [ROOST_LINK_WAITING] = "waiting",
    [ROOST_LINK_CONNECTING] = "connecting",
    [ROOST_LINK_UP] = "up",
};

/* ---- what a transition does besides moving ---- */

/* Sets when the next attempt is due; none is while the network is away. */
static void wait(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    link->due_ms = ROOST_NEVER;
    if (!link->network)
        return;
    uint64_t closed_ms = roost_breaker_retry_at(&link->breaker, now_ms);
    link->due_ms = now_ms + roost_backoff_next(&link->backoff, random);
    if (link->due_ms < closed_ms)
        link->due_ms = closed_ms;
}

/* A start, or a network that is back: what failed before says nothing about now. */
static void wait_afresh(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    roost_backoff_reset(&link->backoff);
    roost_breaker_success(&link->breaker);
    wait(link, now_ms, random);
}

static void attempt(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    (void)random;
    bool allowed = roost_breaker_allow(&link->breaker, now_ms);
    ROOST_ASSERT(allowed); /* wait() took the breaker's time into account */
    link->due_ms = now_ms + link->limits.connect_timeout_ms;
}

static void fail(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    link->failures++;
    roost_breaker_failure(&link->breaker, now_ms);
    wait(link, now_ms, random);
}

static void succeed(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    (void)random;
    link->connects++;
    link->up_since_ms = now_ms;
    link->due_ms = ROOST_NEVER;
    roost_breaker_success(&link->breaker);
}

static void lose(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    link->losses++;
    if (now_ms - link->up_since_ms >= link->limits.stable_ms)
        roost_backoff_reset(&link->backoff);
    wait(link, now_ms, random);
}

static void rest(struct roost_link *link, uint64_t now_ms, uint32_t random)
{
    (void)now_ms;
    (void)random;
    link->due_ms = ROOST_NEVER;
}

/* ---- the table ---- */

struct cell {
    uint8_t next, action; /* enum roost_link_state, enum roost_link_action */
    void (*effect)(struct roost_link *link, uint64_t now_ms, uint32_t random); /* NULL: none */
};

/* clang-format off */
#define STAY(state) {ROOST_LINK_##state, ROOST_LINK_NOTHING, NULL}
#define GO(state, action, effect) {ROOST_LINK_##state, ROOST_LINK_##action, effect}

static const struct cell table[ROOST_LINK_STATE_COUNT][ROOST_LINK_EVENT_COUNT] = {
    [ROOST_LINK_DOWN] = {
        [ROOST_LINK_START]    = GO(WAITING, NOTHING, wait_afresh),
        [ROOST_LINK_STOP]     = STAY(DOWN),
        [ROOST_LINK_DUE]      = STAY(DOWN),
        [ROOST_LINK_OPENED]   = GO(DOWN, CLOSE, NULL), /* crossed the stop on its way */
        [ROOST_LINK_LOST]     = STAY(DOWN),            /* the end of what was closed */
        [ROOST_LINK_NET_UP]   = STAY(DOWN),
        [ROOST_LINK_NET_DOWN] = STAY(DOWN),
    },
    [ROOST_LINK_WAITING] = {
        [ROOST_LINK_START]    = STAY(WAITING),
        [ROOST_LINK_STOP]     = GO(DOWN, NOTHING, rest),
        [ROOST_LINK_DUE]      = GO(CONNECTING, OPEN, attempt),
        [ROOST_LINK_OPENED]   = GO(WAITING, CLOSE, NULL), /* of an attempt that was given up */
        [ROOST_LINK_LOST]     = STAY(WAITING),
        [ROOST_LINK_NET_UP]   = GO(WAITING, NOTHING, wait_afresh),
        [ROOST_LINK_NET_DOWN] = GO(WAITING, NOTHING, rest),
    },
    [ROOST_LINK_CONNECTING] = {
        [ROOST_LINK_START]    = STAY(CONNECTING),
        [ROOST_LINK_STOP]     = GO(DOWN, CLOSE, rest),
        [ROOST_LINK_DUE]      = GO(WAITING, CLOSE, fail), /* the connect time-out */
        [ROOST_LINK_OPENED]   = GO(UP, NOTHING, succeed),
        [ROOST_LINK_LOST]     = GO(WAITING, NOTHING, fail),
        [ROOST_LINK_NET_UP]   = STAY(CONNECTING),
        [ROOST_LINK_NET_DOWN] = GO(WAITING, CLOSE, rest), /* not the server's fault: not counted */
    },
    [ROOST_LINK_UP] = {
        [ROOST_LINK_START]    = STAY(UP),
        [ROOST_LINK_STOP]     = GO(DOWN, CLOSE, rest),
        [ROOST_LINK_DUE]      = STAY(UP),
        [ROOST_LINK_OPENED]   = STAY(UP),
        [ROOST_LINK_LOST]     = GO(WAITING, NOTHING, lose),
        [ROOST_LINK_NET_UP]   = STAY(UP),
        [ROOST_LINK_NET_DOWN] = GO(WAITING, CLOSE, lose), /* TCP alone would notice minutes later */
    },
};
/* clang-format on */

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

void roost_link_init(struct roost_link *link, const struct roost_link_limits *limits)
{
    *link = (struct roost_link){.state = ROOST_LINK_DOWN, .network = true, .due_ms = ROOST_NEVER};
    link->limits = (struct roost_link_limits){
        .backoff_base_ms = or_default(limits->backoff_base_ms, 1000),
        .backoff_cap_ms = or_default(limits->backoff_cap_ms, 60000),
        .connect_timeout_ms = or_default(limits->connect_timeout_ms, 15000),
        .stable_ms = or_default(limits->stable_ms, 30000),
        .breaker_threshold = or_default(limits->breaker_threshold, 8),
        .breaker_open_ms = or_default(limits->breaker_open_ms, 120000),
    };
    roost_backoff_init(&link->backoff, link->limits.backoff_base_ms, link->limits.backoff_cap_ms);
    roost_breaker_init(&link->breaker, link->limits.breaker_threshold,
                       link->limits.breaker_open_ms);
}

enum roost_link_action roost_link_handle(struct roost_link *link, enum roost_link_event event,
                                         uint64_t now_ms, uint32_t random)
{
    ROOST_ASSERT(event < ROOST_LINK_EVENT_COUNT);
    if (event == ROOST_LINK_DUE && now_ms < link->due_ms)
        return ROOST_LINK_NOTHING;
    if (event == ROOST_LINK_NET_UP || event == ROOST_LINK_NET_DOWN) {
        bool network = event == ROOST_LINK_NET_UP;
        if (network == link->network)
            return ROOST_LINK_NOTHING;
        link->network = network;
    }
    const struct cell *cell = &table[link->state][event];
    link->state = (enum roost_link_state)cell->next;
    if (cell->effect)
        cell->effect(link, now_ms, random);
    return (enum roost_link_action)cell->action;
}

uint64_t roost_link_due(const struct roost_link *link)
{
    return link->due_ms;
}

const char *roost_link_state_name(enum roost_link_state state)
{
    return state < ROOST_LINK_STATE_COUNT ? state_names[state] : "unknown";
}
