/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's MQTT client on a loop that the test turns itself, and what it received. Nothing is
 * acknowledged but by the test.
 */
#ifndef ROOST_HUB_NET_E2E_MQTT_FIXTURE_H
#define ROOST_HUB_NET_E2E_MQTT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "hub/net/mqtt.h"
#include "tests/support/peer.h"
#include "tests/support/support.h"

enum { BUS_WAIT_MS = 20000, BUS_MESSAGES_MAX = 20000 };

struct bus_message {
    char topic[64], text[64]; /* the payload's start */
    size_t len;
    uint64_t token;
    bool dup, oversize;
};

struct bus {
    struct mqtt_config config; /* set before bus_start */
    uv_loop_t loop;
    struct metrics *metrics;
    struct mqtt_client *client;
    struct hub_bus hub;
    struct bus_message *messages; /* in the order they came */
    size_t count;
    size_t ack_first; /* so many messages are acknowledged as they come */
    bool stopped;
};

/* A client of the broker, subscribed to test/#, with quick retries. */
void bus_init(struct bus *bus, const struct support_broker *broker);
void bus_make(struct bus *bus);  /* not started yet */
void bus_start(struct bus *bus); /* made and started */
/* Turns the loop once, waiting a millisecond at most. */
void bus_turn(struct bus *bus);
/* Turns it until the condition holds; fails the test after BUS_WAIT_MS. */
void bus_wait_messages(struct bus *bus, size_t count);
void bus_wait_ready(struct bus *bus);
void bus_wait_why(struct bus *bus, const char *part);
void bus_wait_metric(struct bus *bus, const char *line, double value);
double bus_metric(struct bus *bus, const char *line);
int bus_publish(struct bus *bus, const char *topic, const char *text, int qos);
void bus_ack(struct bus *bus, size_t index);
/* Disconnects in good order, and frees. */
void bus_stop(struct bus *bus);

/* Publishes test/TOPIC = text from elsewhere, turning the loop meanwhile. */
void peer_send(struct support_peer *peer, const char *topic, const char *text);

#endif
