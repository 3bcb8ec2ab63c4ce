/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/climate/any_topic.h"

#include "core/err.h"

_Static_assert((int)ANY_TOPIC_STATUS == (int)CLIMATE_TOPIC_COUNT,
               "the window's, then every device's");

static const struct roost_topic *form(enum roost_any_topic_kind kind)
{
    return (unsigned)kind < ANY_TOPIC_STATUS ? &climate_topics[kind]
                                             : &roost_fleet_topics[kind - ANY_TOPIC_STATUS];
}

int roost_any_topic_parse(struct roost_any_topic *topic, const char *text, size_t len)
{
    int kind = roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, text, len, topic->device_id);

    if (kind == ROOST_ERR_NOT_FOUND) {
        kind = roost_topic_find(roost_fleet_topics, ROOST_FLEET_TOPIC_COUNT, text, len,
                                topic->device_id);
        if (kind >= 0)
            kind += ANY_TOPIC_STATUS;
    }
    if (kind < 0)
        return kind;
    topic->kind = (enum roost_any_topic_kind)kind;
    return 0;
}

int roost_any_topic_write(char *out, size_t size, enum roost_any_topic_kind kind,
                          const char *device_id)
{
    return roost_topic_write(out, size, form(kind), device_id);
}

const char *roost_any_topic_name(enum roost_any_topic_kind kind)
{
    return (unsigned)kind < ROOST_ANY_TOPIC_COUNT ? form(kind)->name : "unknown";
}
