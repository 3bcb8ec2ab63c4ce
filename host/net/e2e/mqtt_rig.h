/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's MQTT client on a loop that the test turns itself, and what it received. Nothing is
 * acknowledged but by the test.
 */
#ifndef ROOST_HOST_NET_E2E_MQTT_RIG_H
#define ROOST_HOST_NET_E2E_MQTT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "host/net/mqtt.h"
#include "tests/support/peer.h"
#include "tests/support/support.h"

enum { BUS_WAIT_MS = 20000, BUS_MESSAGES_MAX = 20000 };

struct kept_message {
    char topic[64], text[64]; /* the payload's start */
    size_t len;
    uint64_t token;
    bool dup, oversize;
};

struct test_bus {
    struct mqtt_config config; /* set before bus_start */
    uv_loop_t loop;
    struct metrics *metrics;
    struct mqtt_client *client;
    struct bus hub;
    struct kept_message *messages; /* in the order they came */
    size_t count;
    size_t ack_first; /* so many messages are acknowledged as they come */
    bool stopped;
};

/* A client of the broker, subscribed to test/#, with quick retries. */
void bus_init(struct test_bus *bus, const struct support_broker *broker);
void bus_make(struct test_bus *bus);  /* not started yet */
void bus_start(struct test_bus *bus); /* made and started */
/* Turns the loop once, waiting a millisecond at most. */
void bus_turn(struct test_bus *bus);
/* Turns it until the condition holds; fails the test after BUS_WAIT_MS. */
void bus_wait_messages(struct test_bus *bus, size_t count);
void bus_wait_ready(struct test_bus *bus);
void bus_wait_why(struct test_bus *bus, const char *part);
void bus_wait_metric(struct test_bus *bus, const char *line, double value);
double bus_metric(struct test_bus *bus, const char *line);
int bus_publish(struct test_bus *bus, const char *topic, const char *text, int qos);
void bus_ack(struct test_bus *bus, size_t index);
/* Disconnects in good order, and frees. */
void bus_stop(struct test_bus *bus);

/* Publishes test/TOPIC = text from elsewhere, turning the loop meanwhile. */
void peer_send(struct support_peer *peer, const char *topic, const char *text);

#endif
