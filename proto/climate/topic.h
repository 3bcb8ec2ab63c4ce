/* SPDX-License-Identifier: Apache-2.0 */
/* The window's MQTT topics (PROTOCOLS 4). Depends on proto/fleet/topic.h. */
#ifndef ROOST_PROTO_CLIMATE_TOPIC_H
#define ROOST_PROTO_CLIMATE_TOPIC_H

#include "proto/fleet/topic.h"

enum climate_topic {
    CLIMATE_TOPIC_TEMPERATURE, /* sensor/{id}/temperature        device -> hub */
    CLIMATE_TOPIC_HUMIDITY,    /* sensor/{id}/humidity           device -> hub */
    CLIMATE_TOPIC_AUDIO,       /* sensor/{id}/audio              device -> hub */
    CLIMATE_TOPIC_REQUEST,     /* ml/inference/request/{id}      hub -> model */
    CLIMATE_TOPIC_CONTROL,     /* window/{id}/control            model -> device and hub */
    CLIMATE_TOPIC_STATE,       /* window/{id}/state, retained    device -> all */
    CLIMATE_TOPIC_FEEDBACK,    /* window/{id}/feedback           user -> model */
    CLIMATE_TOPIC_COUNT
};

extern const struct roost_topic climate_topics[CLIMATE_TOPIC_COUNT];

#endif
