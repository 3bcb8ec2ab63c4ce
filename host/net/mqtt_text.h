/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What MQTT 3.1.1 allows as text, as a topic and as a topic filter (sections 1.5.3 and 4.7);
 * numbers in brackets are its conformance statements. Pure. Depends on core/utf8.h.
 */
#ifndef ROOST_HOST_NET_MQTT_TEXT_H
#define ROOST_HOST_NET_MQTT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed UTF-8 without U+0000 [MQTT-1.5.3-1, -2]. */
bool mqtt_utf8_valid(const uint8_t *text, size_t len);

/* A topic to publish to: not empty, no wildcard [MQTT-4.7.3-1, MQTT-3.3.2-2]. */
bool mqtt_topic_valid(const uint8_t *text, size_t len);

/* A topic filter: '+' stands alone in its level, '#' too and in the last one [MQTT-4.7.1-2, -3]. */
bool mqtt_filter_valid(const uint8_t *text, size_t len);

#endif
