/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of the MQTT client from its first address to its closed event: the libmosquitto
 * client and its socket on the loop. Between mqtt.c, which has the operations, and libmosquitto.
 *
 *   RESOLVING -> CONNECTING -> OPEN -> CLOSING -> ENDING -> CLOSED
 *                  |    ^       |                   ^
 *                  v    |       +---- lost ---------+   also from every state before OPEN
 *                 NEXT (the next address)
 */
#ifndef ROOST_PORT_LINUX_MQTT_SESSION_H
#define ROOST_PORT_LINUX_MQTT_SESSION_H

#include "port/linux/mqtt.h"

/* A result of libmosquitto as one of ours. */
int linux_mqtt_error(int rc);

/* Connects to the next address found. */
void linux_mqtt_connect(struct roost_board *board);

/* Waits on the socket for what the client needs now; after every call that may have queued. */
void linux_mqtt_watch(struct roost_board *board);

/* DISCONNECT goes out behind what is queued, at most LINUX_MQTT_CLOSE_MS are given to it. */
void linux_mqtt_disconnect(struct roost_board *board);

/* The connection is over; MQTT_CLOSED follows from the loop. */
void linux_mqtt_end(struct roost_board *board, int status);

/* Frees the client. Never from inside one of its callbacks. */
void linux_mqtt_forget(struct linux_mqtt *mqtt);

#endif
