/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT client of a board: libmosquitto without its thread, its socket polled by the loop, names
 * resolved before it sees them because it would block. Each open makes a new client, so that
 * nothing of an old connection comes back. What arrives is read a message at a time, so that the
 * device's event queue is drained in between. Limits: LINUX_MQTT_INFLIGHT QoS-1 publishes wait for
 * their acknowledgement, QoS 0 is refused while the socket does not take more.
 */
#ifndef ROOST_PORT_LINUX_MQTT_H
#define ROOST_PORT_LINUX_MQTT_H

#include <stdbool.h>
#include <uv.h>

#include "port/linux/names.h"
#include "port/port.h"

struct mosquitto;
struct roost_board;

enum {
    LINUX_MQTT_INFLIGHT = 32,
    LINUX_MQTT_PAYLOAD_MAX = 2 * 1024 * 1024,
    LINUX_MQTT_CLOSE_MS = 5000, /* DISCONNECT that cannot be sent gives up after this */
};

enum linux_mqtt_state {
    LINUX_MQTT_CLOSED,
    LINUX_MQTT_RESOLVING,
    LINUX_MQTT_CONNECTING, /* TCP, TLS and CONNECT until CONNACK */
    LINUX_MQTT_OPEN,
    LINUX_MQTT_CLOSING, /* DISCONNECT is queued */
    LINUX_MQTT_NEXT,    /* the poll handle closes, then the next address is tried */
    LINUX_MQTT_ENDING,  /* the poll handle closes, then MQTT_CLOSED is posted */
};

struct linux_mqtt {
    enum linux_mqtt_state state;
    struct roost_mqtt_options options;
    struct mosquitto *client;
    uv_poll_t poll;
    uv_timer_t timer;
    struct linux_names names;
    int address_next;
    int poll_events;
    bool poll_open, tcp_up, denied, opened;
    int status;  /* why it ends */
    int refusal; /* what CONNACK said */
    struct {
        int id; /* 0: free */
        size_t bytes;
    } inflight[LINUX_MQTT_INFLIGHT];
    size_t inflight_bytes;
    unsigned inflight_count;
};

void linux_mqtt_init(struct roost_board *board);
void linux_mqtt_deliver(struct roost_board *board);

/* The connection breaks without a word, MQTT_CLOSED follows. */
void linux_mqtt_drop(struct roost_board *board);

/* As drop, with no event: the board goes away. */
void linux_mqtt_deinit(struct roost_board *board);

/* What the connection would take of the chip's heap. */
size_t linux_mqtt_held_bytes(const struct linux_mqtt *mqtt);

#endif
