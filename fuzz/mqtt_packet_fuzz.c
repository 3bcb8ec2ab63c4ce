/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of packets, as a socket gives it: each is decoded whole, and from a shorter input never.
 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "host/net/mqtt_packet.h"

static void check(const struct mqtt_packet *packet, const uint8_t *start, const uint8_t *end)
{
    FUZZ_CHECK(packet->type >= MQTT_CONNECT && packet->type <= MQTT_DISCONNECT);
    FUZZ_CHECK(packet->qos <= 2);
    if (packet->payload)
        FUZZ_CHECK(packet->payload > start && packet->payload + packet->payload_len == end);
    if (packet->type != MQTT_PUBLISH)
        return;
    FUZZ_CHECK(packet->topic_len > 0 && (packet->packet_id != 0) == (packet->qos > 0));
    char topic[256];
    uint8_t head[300];
    if (packet->topic_len >= sizeof topic)
        return;
    memcpy(topic, packet->topic, packet->topic_len);
    topic[packet->topic_len] = '\0';
    int written =
        mqtt_write_publish_head(head, sizeof head, topic, packet->payload_len, packet->qos,
                                packet->retain, packet->dup, packet->packet_id);
    FUZZ_CHECK(written > 0 && head[0] == start[0]);
    size_t body = 2 + packet->topic_len + (packet->qos ? 2 : 0);
    FUZZ_CHECK(memcmp(head + written - body, packet->payload - body, body) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mqtt_packet packet;
    while (len > 0) {
        int taken = mqtt_packet_decode(&packet, data, len, 1 << 16);
        FUZZ_CHECK(taken <= (int)len);
        if (taken <= 0)
            return 0;
        check(&packet, data, data + taken);
        FUZZ_CHECK(mqtt_packet_decode(&packet, data, (size_t)taken - 1, 1 << 16) == 0);
        data += taken;
        len -= (size_t)taken;
    }
    return 0;
}
