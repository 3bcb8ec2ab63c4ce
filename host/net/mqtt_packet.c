/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in brackets are the standard's conformance statements. */
#include "host/net/mqtt_packet.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "host/net/mqtt_text.h"

enum {
    CONNECT_CLEAN = 0x02,
    CONNECT_WILL = 0x04,
    CONNECT_WILL_RETAIN = 0x20,
    CONNECT_PASSWORD = 0x40,
    CONNECT_USER = 0x80
};

/* What the fixed header of each type must look like; PUBLISH has flags of its own. */
static const struct shape {
    uint8_t flags;
    uint32_t min, max; /* remaining length */
} shapes[] = {
    [MQTT_CONNECT] = {0, 12, MQTT_REMAINING_MAX},
    [MQTT_CONNACK] = {0, 2, 2},
    [MQTT_PUBLISH] = {0, 3, MQTT_REMAINING_MAX},
    [MQTT_PUBACK] = {0, 2, 2},
    [MQTT_PUBREC] = {0, 2, 2},
    [MQTT_PUBREL] = {2, 2, 2},
    [MQTT_PUBCOMP] = {0, 2, 2},
    [MQTT_SUBSCRIBE] = {2, 6, MQTT_REMAINING_MAX},
    [MQTT_SUBACK] = {0, 3, MQTT_REMAINING_MAX},
    [MQTT_UNSUBSCRIBE] = {2, 5, MQTT_REMAINING_MAX},
    [MQTT_UNSUBACK] = {0, 2, 2},
    [MQTT_PINGREQ] = {0, 0, 0},
    [MQTT_PINGRESP] = {0, 0, 0},
    [MQTT_DISCONNECT] = {0, 0, 0},
};

/* ---- decoding ---- */

/* The rest of a packet while it is taken apart. */
struct cursor {
    const uint8_t *at;
    size_t left;
};

static bool take_u16(struct cursor *rest, uint16_t *out)
{
    if (rest->left < 2)
        return false;
    *out = roost_be_get16(rest->at);
    rest->at += 2;
    rest->left -= 2;
    return true;
}

/* Bytes behind a 16-bit length. */
static bool take_field(struct cursor *rest, const uint8_t **bytes, size_t *len)
{
    uint16_t field_len;
    if (!take_u16(rest, &field_len) || rest->left < field_len)
        return false;
    *bytes = rest->at;
    *len = field_len;
    rest->at += field_len;
    rest->left -= field_len;
    return true;
}

static bool take_text(struct cursor *rest)
{
    const uint8_t *text;
    size_t len;
    return take_field(rest, &text, &len) && mqtt_utf8_valid(text, len);
}

static bool take_packet_id(struct cursor *rest, struct mqtt_packet *packet)
{
    return take_u16(rest, &packet->packet_id) && packet->packet_id != 0; /* [MQTT-2.3.1-1] */
}

static bool connect_flags_valid(uint8_t flags)
{
    uint8_t will_qos = flags >> 3 & 3;
    if (flags & 1) /* [MQTT-3.1.2-3] */
        return false;
    if (flags & CONNECT_WILL ? will_qos == 3 : will_qos != 0 || (flags & CONNECT_WILL_RETAIN))
        return false;
    return !(flags & CONNECT_PASSWORD) || (flags & CONNECT_USER); /* [MQTT-3.1.2-22] */
}

static bool decode_connect(struct mqtt_packet *packet, struct cursor *rest)
{
    static const uint8_t protocol[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
    if (rest->left < 10 || memcmp(rest->at, protocol, sizeof protocol) != 0)
        return false;
    uint8_t flags = rest->at[7];
    if (!connect_flags_valid(flags))
        return false;
    rest->at += 10; /* protocol, flags, keep-alive */
    rest->left -= 10;
    packet->payload = rest->at;
    packet->payload_len = rest->left;
    const uint8_t *bytes;
    size_t len;
    if (!take_field(rest, &bytes, &len) || !mqtt_utf8_valid(bytes, len))
        return false;
    if (len == 0 && !(flags & CONNECT_CLEAN)) /* [MQTT-3.1.3-7] */
        return false;
    if (flags & CONNECT_WILL) {
        if (!take_field(rest, &bytes, &len) || !mqtt_topic_valid(bytes, len) ||
            !take_field(rest, &bytes, &len))
            return false;
    }
    if ((flags & CONNECT_USER) && !take_text(rest))
        return false;
    if ((flags & CONNECT_PASSWORD) && !take_field(rest, &bytes, &len))
        return false;
    return rest->left == 0;
}

static bool decode_connack(struct mqtt_packet *packet, const struct cursor *rest)
{
    packet->session_present = rest->at[0] == 1;
    packet->code = rest->at[1];
    if (rest->at[0] > 1 || packet->code > 5)
        return false;
    return packet->code == 0 || !packet->session_present; /* [MQTT-3.2.2-4] */
}

static bool decode_publish(struct mqtt_packet *packet, uint8_t flags, struct cursor *rest)
{
    packet->dup = flags & 8;
    packet->qos = flags >> 1 & 3;
    packet->retain = flags & 1;
    const uint8_t *topic;
    if (!take_field(rest, &topic, &packet->topic_len) ||
        !mqtt_topic_valid(topic, packet->topic_len))
        return false;
    packet->topic = (const char *)topic;
    if (packet->qos > 0 && !take_packet_id(rest, packet))
        return false;
    packet->payload = rest->at;
    packet->payload_len = rest->left;
    return true;
}

static bool decode_filters(struct mqtt_packet *packet, struct cursor *rest)
{
    if (!take_packet_id(rest, packet))
        return false;
    packet->payload = rest->at;
    packet->payload_len = rest->left;
    do { /* at least one filter [MQTT-3.8.3-3, MQTT-3.10.3-2] */
        const uint8_t *filter;
        size_t len;
        if (!take_field(rest, &filter, &len) || !mqtt_filter_valid(filter, len))
            return false;
        if (packet->type == MQTT_SUBSCRIBE) {
            if (rest->left == 0 || rest->at[0] > 2) /* [MQTT-3.8.3-4] */
                return false;
            rest->at++;
            rest->left--;
        }
    } while (rest->left > 0);
    return true;
}

static bool decode_suback(struct mqtt_packet *packet, struct cursor *rest)
{
    if (!take_packet_id(rest, packet))
        return false;
    packet->payload = rest->at;
    packet->payload_len = rest->left;
    packet->code = rest->at[0];
    for (size_t i = 0; i < rest->left; i++) {
        uint8_t code = rest->at[i];
        if (code > 2 && code != MQTT_SUBACK_FAILURE) /* [MQTT-3.9.3-2] */
            return false;
        if (code == MQTT_SUBACK_FAILURE ||
            (packet->code != MQTT_SUBACK_FAILURE && code < packet->code))
            packet->code = code;
    }
    return true;
}

static bool decode_body(struct mqtt_packet *packet, uint8_t flags, struct cursor rest)
{
    switch (packet->type) {
    case MQTT_CONNECT:
        return decode_connect(packet, &rest);
    case MQTT_CONNACK:
        return decode_connack(packet, &rest);
    case MQTT_PUBLISH:
        return decode_publish(packet, flags, &rest);
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_UNSUBACK:
        return take_packet_id(&rest, packet);
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        return decode_filters(packet, &rest);
    case MQTT_SUBACK:
        return decode_suback(packet, &rest);
    case MQTT_PINGREQ:
    case MQTT_PINGRESP:
    case MQTT_DISCONNECT:
        return true;
    }
    return false;
}

/* Type and flags: QoS 3 and DUP without QoS are malformed [MQTT-3.3.1-2, -4], and so is any other
 * value than the type's own in the other types [MQTT-2.2.2-2]. */
static bool first_byte_valid(uint8_t type, uint8_t flags)
{
    if (type < MQTT_CONNECT || type > MQTT_DISCONNECT)
        return false;
    if (type != MQTT_PUBLISH)
        return flags == shapes[type].flags;
    uint8_t qos = flags >> 1 & 3;
    return qos != 3 && !(qos == 0 && (flags & 8));
}

/* Returns the bytes of the length, 0 when more are needed, or ROOST_ERR_INVALID (section 2.2.3). */
static int decode_length(const uint8_t *bytes, size_t len, uint32_t *length)
{
    *length = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (i == len)
            return 0;
        *length |= (uint32_t)(bytes[i] & 0x7F) << 7 * i;
        if (bytes[i] < 0x80)
            return (int)i + 1;
    }
    return ROOST_ERR_INVALID;
}

int mqtt_packet_decode(struct mqtt_packet *packet, const uint8_t *bytes, size_t len, size_t limit)
{
    if (len == 0)
        return 0;
    uint8_t type = bytes[0] >> 4;
    uint8_t flags = bytes[0] & 0x0F;
    if (!first_byte_valid(type, flags))
        return ROOST_ERR_INVALID;
    uint32_t remaining;
    int length_bytes = decode_length(bytes + 1, len - 1, &remaining);
    if (length_bytes <= 0)
        return length_bytes;
    uint32_t min = shapes[type].min;
    if (type == MQTT_PUBLISH && flags >> 1 & 3)
        min += 2;
    if (remaining < min || remaining > shapes[type].max)
        return ROOST_ERR_INVALID;
    size_t header = 1 + (size_t)length_bytes;
    if (header + remaining > limit)
        return ROOST_ERR_TOO_LONG;
    if (len - header < remaining)
        return 0;
    *packet = (struct mqtt_packet){.type = (enum mqtt_packet_type)type};
    if (!decode_body(packet, flags, (struct cursor){bytes + header, remaining}))
        return ROOST_ERR_INVALID;
    return (int)(header + remaining);
}

/* ---- encoding ---- */

/* Writes while there is room and counts on; the first error sticks. */
struct sink {
    uint8_t *out;
    size_t size, len;
    int err;
};

static void fail(struct sink *sink, int err)
{
    if (!sink->err)
        sink->err = err;
}

static void put_bytes(struct sink *sink, const void *bytes, size_t len)
{
    if (sink->size - sink->len < len)
        fail(sink, ROOST_ERR_TOO_LONG);
    if (sink->err)
        return;
    memcpy(sink->out + sink->len, bytes, len);
    sink->len += len;
}

static void put_u8(struct sink *sink, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put_bytes(sink, &byte, 1);
}

static void put_u16(struct sink *sink, size_t value)
{
    uint8_t bytes[2];
    roost_be_put(bytes, value, sizeof bytes);
    put_bytes(sink, bytes, 2);
}

static void put_header(struct sink *sink, unsigned first_byte, size_t remaining)
{
    if (remaining > MQTT_REMAINING_MAX) {
        fail(sink, ROOST_ERR_TOO_LONG);
        return;
    }
    put_u8(sink, first_byte);
    do {
        put_u8(sink, (unsigned)((remaining & 0x7F) | (remaining > 0x7F ? 0x80 : 0)));
        remaining >>= 7;
    } while (remaining > 0);
}

static void put_field(struct sink *sink, const char *text)
{
    size_t len = strlen(text);
    if (len > UINT16_MAX)
        fail(sink, ROOST_ERR_TOO_LONG);
    put_u16(sink, len);
    put_bytes(sink, text, len);
}

static void put_checked(struct sink *sink, const char *text,
                        bool (*valid)(const uint8_t *text, size_t len))
{
    if (!valid((const uint8_t *)text, strlen(text)))
        fail(sink, ROOST_ERR_INVALID);
    put_field(sink, text);
}

static int finish(const struct sink *sink)
{
    return sink->err ? sink->err : (int)sink->len;
}

static size_t field_len(const char *text)
{
    return text ? 2 + strlen(text) : 0;
}

int mqtt_write_connect(uint8_t *out, size_t size, const struct mqtt_connect *connect)
{
    struct sink sink = {.out = out, .size = size};
    const char *client_id = connect->client_id ? connect->client_id : "";
    const char *will_payload = connect->will_payload ? connect->will_payload : "";
    bool will = connect->will_topic != NULL;
    if (connect->will_qos > 2 || (connect->password && !connect->user) ||
        (client_id[0] == '\0' && !connect->clean_session))
        return ROOST_ERR_INVALID;
    unsigned flags = connect->clean_session ? CONNECT_CLEAN : 0;
    if (will)
        flags |= CONNECT_WILL | (unsigned)connect->will_qos << 3 |
                 (connect->will_retain ? CONNECT_WILL_RETAIN : 0U);
    if (connect->user)
        flags |= CONNECT_USER;
    if (connect->password)
        flags |= CONNECT_PASSWORD;
    size_t remaining =
        10 + field_len(client_id) + field_len(connect->user) + field_len(connect->password);
    if (will)
        remaining += field_len(connect->will_topic) + field_len(will_payload);

    put_header(&sink, MQTT_CONNECT << 4, remaining);
    put_field(&sink, "MQTT");
    put_u8(&sink, 4); /* protocol level */
    put_u8(&sink, flags);
    put_u16(&sink, connect->keepalive_s);
    put_checked(&sink, client_id, mqtt_utf8_valid);
    if (will) {
        put_checked(&sink, connect->will_topic, mqtt_topic_valid);
        put_field(&sink, will_payload);
    }
    if (connect->user)
        put_checked(&sink, connect->user, mqtt_utf8_valid);
    if (connect->password)
        put_field(&sink, connect->password);
    return finish(&sink);
}

int mqtt_write_subscribe(uint8_t *out, size_t size, uint16_t packet_id, const char *const *topics,
                         size_t count, uint8_t qos)
{
    struct sink sink = {.out = out, .size = size};
    if (packet_id == 0 || count == 0 || qos > 2)
        return ROOST_ERR_INVALID;
    size_t remaining = 2;
    for (size_t i = 0; i < count; i++)
        remaining += field_len(topics[i]) + 1;
    put_header(&sink, MQTT_SUBSCRIBE << 4 | 2, remaining);
    put_u16(&sink, packet_id);
    for (size_t i = 0; i < count; i++) {
        put_checked(&sink, topics[i], mqtt_filter_valid);
        put_u8(&sink, qos);
    }
    return finish(&sink);
}

int mqtt_write_unsubscribe(uint8_t *out, size_t size, uint16_t packet_id, const char *const *topics,
                           size_t count)
{
    struct sink sink = {.out = out, .size = size};
    if (packet_id == 0 || count == 0)
        return ROOST_ERR_INVALID;
    size_t remaining = 2;
    for (size_t i = 0; i < count; i++)
        remaining += field_len(topics[i]);
    put_header(&sink, MQTT_UNSUBSCRIBE << 4 | 2, remaining);
    put_u16(&sink, packet_id);
    for (size_t i = 0; i < count; i++)
        put_checked(&sink, topics[i], mqtt_filter_valid);
    return finish(&sink);
}

int mqtt_write_publish_head(uint8_t *out, size_t size, const char *topic, size_t payload_len,
                            uint8_t qos, bool retain, bool dup, uint16_t packet_id)
{
    struct sink sink = {.out = out, .size = size};
    if (qos > 2 || (qos > 0 && packet_id == 0) || (qos == 0 && dup))
        return ROOST_ERR_INVALID;
    if (payload_len > MQTT_REMAINING_MAX)
        return ROOST_ERR_TOO_LONG;
    unsigned flags = (dup ? 8U : 0U) | (unsigned)qos << 1 | (retain ? 1U : 0U);
    put_header(&sink, MQTT_PUBLISH << 4 | flags,
               field_len(topic) + (qos > 0 ? 2U : 0U) + payload_len);
    put_checked(&sink, topic, mqtt_topic_valid);
    if (qos > 0)
        put_u16(&sink, packet_id);
    return finish(&sink);
}

int mqtt_write_puback(uint8_t *out, size_t size, uint16_t packet_id)
{
    struct sink sink = {.out = out, .size = size};
    if (packet_id == 0)
        return ROOST_ERR_INVALID;
    put_header(&sink, MQTT_PUBACK << 4, 2);
    put_u16(&sink, packet_id);
    return finish(&sink);
}

int mqtt_write_pingreq(uint8_t *out, size_t size)
{
    struct sink sink = {.out = out, .size = size};
    put_header(&sink, MQTT_PINGREQ << 4, 0);
    return finish(&sink);
}

int mqtt_write_disconnect(uint8_t *out, size_t size)
{
    struct sink sink = {.out = out, .size = size};
    put_header(&sink, MQTT_DISCONNECT << 4, 0);
    return finish(&sink);
}
