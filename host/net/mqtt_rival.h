/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs that another client took our client id. MQTT 3.1.1 gives no reason when the broker ends the
 * older connection of two, so this looks at what is left to see: a connection that was up ends from
 * the other side, the very next attempt succeeds, so the broker was never away, and our session is
 * gone; or that happens again and again, as when two take the id from each other. A broker that
 * restarts within the pause before an attempt looks the same, so this is for a warning and a count,
 * never for a decision. Pure. Depends on nothing.
 *
 *     mqtt_rival_lost(&rival, now_ms, was_up, by_peer);
 *     if (mqtt_rival_back(&rival, now_ms, session_present) == MQTT_RIVAL_TOOK)
 *         ...
 */
#ifndef ROOST_HOST_NET_MQTT_RIVAL_H
#define ROOST_HOST_NET_MQTT_RIVAL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MQTT_RIVAL_CUTS = 3, /* so many within that time are no accident */
    MQTT_RIVAL_WITHIN_MS = 120000
};

enum mqtt_rival_sign {
    MQTT_RIVAL_NONE,
    MQTT_RIVAL_SESSION_GONE, /* the broker has forgotten our session, for whatever reason */
    MQTT_RIVAL_TOOK          /* another client seems to have our id */
};

struct mqtt_rival {
    bool had_session; /* the broker should know our session; may be set before the first connection
                       */
    bool cut;         /* the last connection was up and ended from the other side */
    uint64_t cuts_ms[MQTT_RIVAL_CUTS]; /* when that was followed by success at once; 0: never */
};

/* A connection, or an attempt at one, ended. by_peer: not by us, nor by silence. */
void mqtt_rival_lost(struct mqtt_rival *rival, bool was_up, bool by_peer);

/* The broker accepted us. now_ms is more than 0. */
enum mqtt_rival_sign mqtt_rival_back(struct mqtt_rival *rival, uint64_t now_ms,
                                     bool session_present);

#endif
