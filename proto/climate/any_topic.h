/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topics of proto/fleet/topic.h and proto/climate/topic.h under one numbering. Depends on them.
 */
#ifndef ROOST_PROTO_CLIMATE_ANY_TOPIC_H
#define ROOST_PROTO_CLIMATE_ANY_TOPIC_H

#include "proto/climate/topic.h"

enum roost_any_topic_kind {
    ANY_TOPIC_TEMPERATURE, /* sensor/{id}/temperature        device -> hub */
    ANY_TOPIC_HUMIDITY,    /* sensor/{id}/humidity           device -> hub */
    ANY_TOPIC_AUDIO,       /* sensor/{id}/audio              device -> hub */
    ANY_TOPIC_REQUEST,     /* ml/inference/request/{id}      hub -> model */
    ANY_TOPIC_CONTROL,     /* window/{id}/control            model -> device and hub */
    ANY_TOPIC_STATE,       /* window/{id}/state, retained    device -> all */
    ANY_TOPIC_FEEDBACK,    /* window/{id}/feedback           user -> model */
    ANY_TOPIC_STATUS,      /* device/{id}/status, retained   device -> all, last will */
    ANY_TOPIC_COMMAND,     /* device/{id}/command            hub -> device */
    ANY_TOPIC_ANSWER,      /* device/{id}/answer             device -> hub */
    ROOST_ANY_TOPIC_COUNT
};

struct roost_any_topic {
    enum roost_any_topic_kind kind;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
};

/* Returns 0, ROOST_ERR_NOT_FOUND (no topic of ours), or what roost_device_id_check says. */
int roost_any_topic_parse(struct roost_any_topic *topic, const char *text, size_t len);

/* device_id "+" makes the subscription filter. NUL-terminates. Returns the length,
 * ROOST_ERR_TOO_LONG, or what roost_device_id_check says. */
int roost_any_topic_write(char *out, size_t size, enum roost_any_topic_kind kind,
                          const char *device_id);

/* "temperature", "humidity", "audio", "request", ... Static storage: metric labels. */
const char *roost_any_topic_name(enum roost_any_topic_kind kind);

#endif
