/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/mqtt_rival.h"

void mqtt_rival_lost(struct mqtt_rival *rival, bool was_up, bool by_peer)
{
    /* An attempt that fails says that the broker was away: then it is no rival's doing. */
    rival->cut = was_up && by_peer;
}

enum mqtt_rival_sign mqtt_rival_back(struct mqtt_rival *rival, uint64_t now_ms,
                                     bool session_present)
{
    bool gone = rival->had_session && !session_present;
    bool often = false;

    rival->had_session = true;
    if (rival->cut) {
        for (int i = 0; i + 1 < MQTT_RIVAL_CUTS; i++)
            rival->cuts_ms[i] = rival->cuts_ms[i + 1];
        rival->cuts_ms[MQTT_RIVAL_CUTS - 1] = now_ms;
        uint64_t oldest_ms = rival->cuts_ms[0];
        often = oldest_ms > 0 && now_ms - oldest_ms <= MQTT_RIVAL_WITHIN_MS;
    }
    bool took = rival->cut && (gone || often);
    rival->cut = false;
    return took ? MQTT_RIVAL_TOOK : gone ? MQTT_RIVAL_SESSION_GONE : MQTT_RIVAL_NONE;
}
