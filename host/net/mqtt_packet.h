/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT 3.1.1 control packets (OASIS standard, 29 October 2014), as the hub's client speaks them:
 * the client libraries at hand acknowledge a QoS-1 message before the application has stored it,
 * and the hub may only acknowledge what would survive a crash. Pure: bytes in, struct out, whole
 * packets. Depends on core/err.h.
 *
 *     for (;;) {
 *         int taken = mqtt_packet_decode(&packet, bytes, len, limit);
 *         if (taken <= 0)
 *             break;                 // 0: read more; negative: close the connection
 *         handle(&packet);
 *         bytes += taken;
 *         len -= (size_t)taken;
 *     }
 */
#ifndef ROOST_HOST_NET_MQTT_PACKET_H
#define ROOST_HOST_NET_MQTT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mqtt_packet_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT
};

enum { MQTT_SUBACK_FAILURE = 0x80, MQTT_REMAINING_MAX = 268435455 };

/* Members that the type does not have are zero. */
struct mqtt_packet {
    enum mqtt_packet_type type;
    uint16_t packet_id; /* PUBLISH with QoS > 0, PUBACK, SUBACK, ... */
    bool dup, retain, session_present;
    uint8_t qos;
    uint8_t code; /* CONNACK: return code; SUBACK: MQTT_SUBACK_FAILURE when one filter was refused,
                     else the lowest QoS granted */
    const char *topic; /* PUBLISH: inside the input, not terminated */
    size_t topic_len;
    const uint8_t *payload; /* PUBLISH; CONNECT, SUBSCRIBE, UNSUBSCRIBE, SUBACK: what follows the
                               variable header */
    size_t payload_len;
};

/* Decodes the packet at the start of bytes[0..len). Returns the bytes it takes (> 0), 0 when more
 * are needed, ROOST_ERR_TOO_LONG when the packet is larger than `limit` bytes, ROOST_ERR_INVALID
 * when it breaks the standard (reserved bits, QoS 3, empty or wildcard topic, bad UTF-8, packet id
 * 0, ...). Both are found as early as the bytes at hand allow. All fourteen types are decoded:
 * which of them may come when is the connection's business, not the packet's. */
int mqtt_packet_decode(struct mqtt_packet *packet, const uint8_t *bytes, size_t len, size_t limit);

/* The encoders return the length, ROOST_ERR_TOO_LONG (buffer, or a string over 65535 bytes), or
 * ROOST_ERR_INVALID for what the standard forbids: a topic or text that is not UTF-8, QoS over 2,
 * packet id 0, a password without a user, an empty client id with a kept session. */
struct mqtt_connect {
    const char *client_id;                                   /* NULL: "" */
    const char *user, *password, *will_topic, *will_payload; /* NULL: none */
    bool will_retain, clean_session;
    uint8_t will_qos;
    uint16_t keepalive_s;
};

int mqtt_write_connect(uint8_t *out, size_t size, const struct mqtt_connect *connect);
int mqtt_write_subscribe(uint8_t *out, size_t size, uint16_t packet_id, const char *const *topics,
                         size_t count, uint8_t qos);
int mqtt_write_unsubscribe(uint8_t *out, size_t size, uint16_t packet_id, const char *const *topics,
                           size_t count);

/* Only the header up to the payload, which the caller sends right behind it. packet_id is left out
 * for QoS 0. */
int mqtt_write_publish_head(uint8_t *out, size_t size, const char *topic, size_t payload_len,
                            uint8_t qos, bool retain, bool dup, uint16_t packet_id);
int mqtt_write_puback(uint8_t *out, size_t size, uint16_t packet_id);
int mqtt_write_pingreq(uint8_t *out, size_t size);
int mqtt_write_disconnect(uint8_t *out, size_t size);

#endif
