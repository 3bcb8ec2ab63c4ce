/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT topics of every device and of the window (PROTOCOLS 4): names in, kind and device id out,
 * and back. Pure. Depends on core/err.h.
 */
#ifndef ROOST_PROTO_CLIMATE_TOPIC_H
#define ROOST_PROTO_CLIMATE_TOPIC_H

#include <stddef.h>

enum { ROOST_DEVICE_ID_MAX = 64, ROOST_TOPIC_MAX = 112 }; /* bytes without the NUL */

enum roost_topic_kind {
    ROOST_TOPIC_TEMPERATURE, /* sensor/{id}/temperature        device -> hub */
    ROOST_TOPIC_HUMIDITY,    /* sensor/{id}/humidity           device -> hub */
    ROOST_TOPIC_AUDIO,       /* sensor/{id}/audio              device -> hub */
    ROOST_TOPIC_REQUEST,     /* ml/inference/request/{id}      hub -> model */
    ROOST_TOPIC_CONTROL,     /* window/{id}/control            model -> device and hub */
    ROOST_TOPIC_STATE,       /* window/{id}/state, retained    device -> all */
    ROOST_TOPIC_FEEDBACK,    /* window/{id}/feedback           user -> model */
    ROOST_TOPIC_STATUS,      /* device/{id}/status, retained   device -> all, last will */
    ROOST_TOPIC_COMMAND,     /* device/{id}/command            hub -> device */
    ROOST_TOPIC_ANSWER,      /* device/{id}/answer             device -> hub */
    ROOST_TOPIC_KIND_COUNT
};

struct roost_topic {
    enum roost_topic_kind kind;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
};

/* A device id is 1 to 64 of [A-Za-z0-9_.:-]. Returns 0, ROOST_ERR_INVALID or ROOST_ERR_TOO_LONG. */
int roost_device_id_check(const char *id, size_t len);

/* Returns 0, ROOST_ERR_NOT_FOUND (no topic of ours), or what roost_device_id_check says. */
int roost_topic_parse(struct roost_topic *topic, const char *text, size_t len);

/* device_id "+" makes the subscription filter. NUL-terminates. Returns the length,
 * ROOST_ERR_TOO_LONG, or what roost_device_id_check says. */
int roost_topic_write(char *out, size_t size, enum roost_topic_kind kind, const char *device_id);

/* "temperature", "humidity", "audio", "request", ... Static storage: metric labels. */
const char *roost_topic_kind_name(enum roost_topic_kind kind);

#endif
