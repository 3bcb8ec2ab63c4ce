/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "host/net/mqtt_internal.h"
#include "host/net/mqtt_packet.h"

enum { TELL_EVERY_MS = 60000, QOS_WANTED = 1 };

void mqtt_subscribed(struct mqtt_client *c)
{
    if (c->missing[0] != '\0')
        HOST_LOG(ROOST_LOG_INFO, "mqtt", "the broker grants every subscription");
    c->subscribed = true;
    c->resubscribe_ms = 0;
    c->missing[0] = '\0';
    c->why[0] = '\0';
}

/* Without a subscription, or with one that the broker may drop messages of, the hub is not what its
 * devices need; what the other subscriptions bring is taken all the same. The reason may go away
 * without this connection: it is asked again. */
int mqtt_granted(struct mqtt_client *c, const uint8_t *codes, size_t count)
{
    size_t refused = 0, lower = 0, first = 0;

    if (count != c->config.topic_count)
        return mqtt_broken(c, ROOST_ERR_INVALID,
                           "the broker confirms another number of subscriptions than were asked");
    for (size_t i = count; i-- > 0;) {
        if (codes[i] == QOS_WANTED)
            continue;
        refused += codes[i] == MQTT_SUBACK_FAILURE;
        lower += codes[i] != MQTT_SUBACK_FAILURE;
        first = i;
    }
    if (refused + lower == 0) {
        mqtt_subscribed(c);
        return 0;
    }
    c->subscribed = false;
    mqtt_set_why(c, "the broker %s %s%s (%zu refused, %zu below QoS 1, of %zu)",
                 codes[first] == MQTT_SUBACK_FAILURE ? "refuses" : "grants only QoS 0 for",
                 c->config.topics[first], refused + lower > 1 ? " and more" : "", refused, lower,
                 count);
    c->resubscribe_ms = uv_now(c->loop) + c->config.resubscribe_ms;
    mqtt_schedule(c);
    if (strcmp(c->missing, c->why) == 0)
        return 0;
    snprintf(c->missing, sizeof c->missing, "%s", c->why);
    HOST_LOG(ROOST_LOG_WARN, "mqtt", "not every subscription is granted", RF_STR("why", c->why),
             RF_STR("client_id", c->config.client_id), RF_STR("user", c->config.user),
             RF_STR("check", "this user's rights at the broker (ACL)"));
    return 0;
}

void mqtt_client_expect_session(struct mqtt_client *c)
{
    c->rival.had_session = !c->config.clean_session;
}

struct mqtt_takeovers mqtt_client_takeovers(const struct mqtt_client *c)
{
    return (struct mqtt_takeovers){.count = c->takeovers,
                                   .ago_ms = c->takeovers ? uv_now(c->loop) - c->taken_ms : 0};
}

void mqtt_judge_session(struct mqtt_client *c, bool session_present)
{
    uint64_t now_ms = uv_now(c->loop) + 1;
    enum mqtt_rival_sign sign =
        mqtt_rival_back(&c->rival, now_ms, session_present || c->config.clean_session);

    if (c->config.clean_session)
        c->rival.had_session = false;
    if (!session_present && sign != MQTT_RIVAL_NONE)
        metric_add(c->count.sessions_gone, 1);
    if (sign == MQTT_RIVAL_SESSION_GONE)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "mqtt",
                         "the broker has forgotten our session: what waited in it is lost",
                         RF_STR("client_id", c->config.client_id),
                         RF_STR("check",
                                "persistence of the broker, and whether client ids are bound to "
                                "users there"));
    if (sign != MQTT_RIVAL_TOOK)
        return;
    metric_add(c->count.takeovers, 1);
    c->takeovers++;
    c->taken_ms = uv_now(c->loop);
    if (c->told_ms > 0 && now_ms - c->told_ms < TELL_EVERY_MS)
        return;
    c->told_ms = now_ms;
    HOST_LOG(ROOST_LOG_WARN, "mqtt", "another client seems to take our client id",
             RF_STR("client_id", c->config.client_id), RF_INT("times", c->takeovers),
             RF_STR("session", session_present ? "kept" : "gone, and what waited in it"),
             RF_STR("check", "a second roostd of this ROOST_MQTT_CLIENT_ID; who connects with this "
                             "id in the broker's log; that client ids are bound to users there"));
}
