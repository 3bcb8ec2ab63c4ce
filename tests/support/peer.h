/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of an MQTT test: a client on libmosquitto that keeps what it receives. No thread:
 * its socket is served while a test waits. Depends on libmosquitto and cmocka.
 *
 *     support_peer_open(&peer, "127.0.0.1", broker.port, NULL, NULL);
 *     support_peer_subscribe(&peer, "sensor/#");
 *     message = support_peer_expect(&peer, "sensor/w1/temperature", 5000);
 */
#ifndef ROOST_TESTS_SUPPORT_PEER_H
#define ROOST_TESTS_SUPPORT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mosquitto;

struct support_message {
    char *topic, *payload; /* payload is NUL-terminated behind len */
    size_t len;
    bool retained, taken;
};

struct support_peer {
    struct mosquitto *client;
    struct support_message *messages; /* in the order they came */
    size_t count, size;
    bool connected;
    int acked; /* id of the last acknowledged publish or subscribe */
};

void support_peer_open(struct support_peer *peer, const char *host, uint16_t port, const char *user,
                       const char *password);
void support_peer_close(struct support_peer *peer);

/* Returns when the broker confirmed. */
void support_peer_subscribe(struct support_peer *peer, const char *topic);
void support_peer_publish(struct support_peer *peer, const char *topic, const void *payload,
                          size_t len, bool retain);

/* Serves the socket until done(arg) or limit_ms passed; returns done(arg). */
bool support_peer_wait(struct support_peer *peer, bool (*done)(void *arg), void *arg,
                       unsigned limit_ms);

/* The first message on `topic` that was not taken yet, waiting for it. It is taken. NULL when none
 * comes in time. Valid until the next wait. */
const struct support_message *support_peer_next(struct support_peer *peer, const char *topic,
                                                unsigned limit_ms);

/* The same, failing the test instead of NULL. */
const struct support_message *support_peer_expect(struct support_peer *peer, const char *topic,
                                                  unsigned limit_ms);

/* Forgets everything received. */
void support_peer_forget(struct support_peer *peer);

/* What a fresh client finds retained on a topic: its length in `out` (NUL-terminated), or -1. */
int support_retained(const char *host, uint16_t port, const char *user, const char *password,
                     const char *topic, char *out, size_t size);

#endif
