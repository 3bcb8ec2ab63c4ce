/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/mqtt.h"

#include <mosquitto.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "port/linux/mqtt_session.h"

/* What esp-mqtt and mbedTLS take on the chip. */
#define CONNECTION_BYTES (6u * 1024u)
#define TLS_BYTES        (38u * 1024u)

static void on_names(void *ctx)
{
    struct roost_board *board = ctx;

    if (board->mqtt.names.count)
        linux_mqtt_connect(board);
    else
        linux_mqtt_end(board, ROOST_ERR_NOT_FOUND);
}

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    struct roost_board *board = ctx;
    struct linux_mqtt *mqtt = &board->mqtt;

    if (mqtt->state != LINUX_MQTT_CLOSED)
        return ROOST_ERR_BUSY;
    if (!options->host || !options->host[0] || !options->port ||
        (options->keepalive_s > 0 && options->keepalive_s < 5)) /* libmosquitto's own limit */
        return ROOST_ERR_INVALID;
    mqtt->options = *options;
    mqtt->state = LINUX_MQTT_RESOLVING;
    mqtt->address_next = 0;
    int found = board->wifi.gone ? ROOST_ERR_CLOSED
                                 : linux_names_find(&mqtt->names, board->host->loop, options->host,
                                                    on_names, board);
    if (found > 0)
        linux_mqtt_connect(board);
    else if (found < 0)
        linux_mqtt_end(board, found);
    return 0;
}

static int mqtt_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct roost_board *board = ctx;
    struct linux_mqtt *mqtt = &board->mqtt;
    size_t slot = 0;
    int id = 0;

    if (mqtt->state != LINUX_MQTT_OPEN)
        return ROOST_ERR_CLOSED;
    if (len > LINUX_MQTT_PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    if (qos == 0 ? mosquitto_want_write(mqtt->client) : mqtt->inflight_count == LINUX_MQTT_INFLIGHT)
        return ROOST_ERR_FULL;
    int rc = mosquitto_publish(mqtt->client, &id, topic, (int)len, payload, qos, retain);
    if (rc == MOSQ_ERR_INVAL || rc == MOSQ_ERR_MALFORMED_UTF8 || rc == MOSQ_ERR_NOMEM ||
        rc == MOSQ_ERR_PAYLOAD_SIZE)
        return linux_mqtt_error(rc);
    if (rc) {
        linux_mqtt_end(board, ROOST_ERR_CLOSED);
        return ROOST_ERR_CLOSED;
    }
    linux_mqtt_watch(board);
    if (qos == 0)
        return 0;
    while (mqtt->inflight[slot].id)
        slot++;
    mqtt->inflight[slot].id = id;
    mqtt->inflight[slot].bytes = len;
    mqtt->inflight_bytes += len;
    mqtt->inflight_count++;
    return id;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    struct roost_board *board = ctx;

    if (board->mqtt.state != LINUX_MQTT_OPEN)
        return ROOST_ERR_CLOSED;
    int rc = mosquitto_subscribe(board->mqtt.client, NULL, topic, 1);
    if (rc == MOSQ_ERR_INVAL || rc == MOSQ_ERR_MALFORMED_UTF8 || rc == MOSQ_ERR_NOMEM)
        return linux_mqtt_error(rc);
    if (rc) {
        linux_mqtt_end(board, ROOST_ERR_CLOSED);
        return ROOST_ERR_CLOSED;
    }
    linux_mqtt_watch(board);
    return 0;
}

static int mqtt_close(void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_mqtt *mqtt = &board->mqtt;

    switch (mqtt->state) {
    case LINUX_MQTT_CLOSED:
    case LINUX_MQTT_CLOSING:
    case LINUX_MQTT_ENDING:
        break;
    case LINUX_MQTT_OPEN:
        linux_mqtt_disconnect(board);
        break;
    case LINUX_MQTT_RESOLVING:
    case LINUX_MQTT_CONNECTING:
    case LINUX_MQTT_NEXT:
        linux_mqtt_end(board, 0);
        break;
    }
    return 0;
}

static const struct roost_mqtt_ops mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};

void linux_mqtt_init(struct roost_board *board)
{
    board->mqtt = (struct linux_mqtt){0};
    uv_timer_init(board->host->loop, &board->mqtt.timer);
    board->mqtt.timer.data = board;
    board->open_handles++;
    board->port.mqtt = (struct roost_mqtt){&mqtt_ops, board};
}

void linux_mqtt_deinit(struct roost_board *board)
{
    linux_mqtt_drop(board);
    if (!board->mqtt.poll_open)
        linux_mqtt_forget(&board->mqtt);
    uv_close((uv_handle_t *)&board->mqtt.timer, linux_board_closed_handle);
}

size_t linux_mqtt_held_bytes(const struct linux_mqtt *mqtt)
{
    if (mqtt->state == LINUX_MQTT_CLOSED)
        return 0;
    return mqtt->inflight_bytes +
           (mqtt->options.tls ? CONNECTION_BYTES + TLS_BYTES : CONNECTION_BYTES);
}
