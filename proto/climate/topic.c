/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/climate/topic.h"

const struct roost_topic climate_topics[CLIMATE_TOPIC_COUNT] = {
    [CLIMATE_TOPIC_TEMPERATURE] = {"sensor/", "/temperature", "temperature"},
    [CLIMATE_TOPIC_HUMIDITY] = {"sensor/", "/humidity", "humidity"},
    [CLIMATE_TOPIC_AUDIO] = {"sensor/", "/audio", "audio"},
    [CLIMATE_TOPIC_REQUEST] = {"ml/inference/request/", "", "request"},
    [CLIMATE_TOPIC_CONTROL] = {"window/", "/control", "control"},
    [CLIMATE_TOPIC_STATE] = {"window/", "/state", "state"},
    [CLIMATE_TOPIC_FEEDBACK] = {"window/", "/feedback", "feedback"},
};
