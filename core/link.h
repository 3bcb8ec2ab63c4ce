/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection supervisor: decides when a client (MQTT, WebSocket) is opened and closed. A state
 * machine over back-off and breaker; it does no I/O itself: the owner tells it what happened and
 * carries out the action it answers with.
 *
 *      DOWN --start--> WAITING --due--> CONNECTING --opened--> UP
 *                         ^                 | failed/timeout     | lost
 *                         +-----------------+<-------------------+
 *
 * A connection that stayed up for `stable_ms` resets the back-off. While the network (Wi-Fi) is
 * away no attempt is made and none is counted; its return starts one after a jittered base delay,
 * as the start does, with back-off and breaker as new. The network counts as there until NET_DOWN
 * says otherwise; what is open or opening then is closed. Every CLOSE is answered by a LOST, which
 * changes nothing. Depends on core/assert.h, core/backoff.h, core/breaker.h, core/timer.h
 * (ROOST_NEVER).
 *
 *     if (roost_link_handle(&link, ROOST_LINK_DUE, now, random) == ROOST_LINK_OPEN)
 *         err = mqtt->open(...);              // a refusal is told at once: ROOST_LINK_LOST
 *     wake_at(roost_link_due(&link));
 */
#ifndef ROOST_CORE_LINK_H
#define ROOST_CORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backoff.h"
#include "core/breaker.h"

enum roost_link_state {
    ROOST_LINK_DOWN,
    ROOST_LINK_WAITING,
    ROOST_LINK_CONNECTING,
    ROOST_LINK_UP,
    ROOST_LINK_STATE_COUNT
};

enum roost_link_event {
    ROOST_LINK_START,
    ROOST_LINK_STOP,
    ROOST_LINK_DUE,
    ROOST_LINK_OPENED,
    ROOST_LINK_LOST,
    ROOST_LINK_NET_UP,
    ROOST_LINK_NET_DOWN,
    ROOST_LINK_EVENT_COUNT
};

enum roost_link_action { ROOST_LINK_NOTHING, ROOST_LINK_OPEN, ROOST_LINK_CLOSE };

struct roost_link_limits {
    /* A field of 0 means the value in the comment. */
    uint32_t backoff_base_ms, backoff_cap_ms;    /* 1000, 60000 */
    uint32_t connect_timeout_ms;                 /* 15000 */
    uint32_t stable_ms;                          /* 30000 */
    uint32_t breaker_threshold, breaker_open_ms; /* 8, 120000 */
};

struct roost_link {
    struct roost_link_limits limits;
    enum roost_link_state state;
    struct roost_backoff backoff;
    struct roost_breaker breaker;
    bool network;
    uint64_t due_ms, up_since_ms;
    uint32_t connects, losses, failures; /* since init; failures: attempts that did not open */
};

void roost_link_init(struct roost_link *link, const struct roost_link_limits *limits);

/* Tells what happened; the owner carries out what it answers. `random` is one draw from the port.
 * The DUE event is what the owner sends when now_ms has reached roost_link_due(), earlier ones are
 * ignored; it also carries the connect time-out. */
enum roost_link_action roost_link_handle(struct roost_link *link, enum roost_link_event event,
                                         uint64_t now_ms, uint32_t random);

/* When DUE has to be sent next, or ROOST_NEVER. */
uint64_t roost_link_due(const struct roost_link *link);

const char *roost_link_state_name(enum roost_link_state state);

#endif
