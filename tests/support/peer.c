/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/peer.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/support.h"

enum { CONFIRM_MS = 10000, TURN_MS = 20 };

static void on_connect(struct mosquitto *client, void *ctx, int rc)
{
    (void)client;
    ((struct support_peer *)ctx)->connected = rc == 0;
}

static void on_confirmed(struct mosquitto *client, void *ctx, int id)
{
    (void)client;
    ((struct support_peer *)ctx)->acked = id;
}

static void on_subscribed(struct mosquitto *client, void *ctx, int id, int count,
                          const int *granted)
{
    (void)count;
    (void)granted;
    on_confirmed(client, ctx, id);
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
    struct support_peer *peer = ctx;

    (void)client;
    if (peer->count == peer->size) {
        peer->size = peer->size ? peer->size * 2 : 64;
        peer->messages = realloc(peer->messages, peer->size * sizeof *peer->messages);
    }
    size_t len = (size_t)message->payloadlen;
    struct support_message *kept = &peer->messages[peer->count++];
    *kept = (struct support_message){.topic = strdup(message->topic),
                                     .payload = malloc(len + 1),
                                     .len = len,
                                     .retained = message->retain};
    if (len)
        memcpy(kept->payload, message->payload, len);
    kept->payload[len] = '\0';
}

bool support_peer_wait(struct support_peer *peer, bool (*done)(void *arg), void *arg,
                       unsigned limit_ms)
{
    uint64_t end_ms = support_now_ms() + limit_ms;

    while (!done(arg)) {
        if (support_now_ms() >= end_ms)
            return false;
        if (mosquitto_loop(peer->client, TURN_MS, 1) != MOSQ_ERR_SUCCESS)
            (void)mosquitto_reconnect(peer->client);
    }
    return true;
}

static bool is_connected(void *arg)
{
    return ((struct support_peer *)arg)->connected;
}

void support_peer_open(struct support_peer *peer, const char *host, uint16_t port, const char *user,
                       const char *password)
{
    *peer = (struct support_peer){0};
    mosquitto_lib_init();
    peer->client = mosquitto_new(NULL, true, peer);
    assert_non_null(peer->client);
    if (user)
        mosquitto_username_pw_set(peer->client, user, password);
    mosquitto_connect_callback_set(peer->client, on_connect);
    mosquitto_publish_callback_set(peer->client, on_confirmed);
    mosquitto_subscribe_callback_set(peer->client, on_subscribed);
    mosquitto_message_callback_set(peer->client, on_message);
    assert_int_equal(mosquitto_connect(peer->client, host, port, 60), MOSQ_ERR_SUCCESS);
    if (!support_peer_wait(peer, is_connected, peer, CONFIRM_MS))
        fail_msg("the test's own client cannot connect to port %u", port);
}

void support_peer_forget(struct support_peer *peer)
{
    for (size_t i = 0; i < peer->count; i++) {
        free(peer->messages[i].topic);
        free(peer->messages[i].payload);
    }
    peer->count = 0;
}

void support_peer_close(struct support_peer *peer)
{
    if (!peer->client)
        return;
    mosquitto_disconnect(peer->client);
    mosquitto_destroy(peer->client);
    support_peer_forget(peer);
    free(peer->messages);
    *peer = (struct support_peer){0};
}

struct confirmation {
    const struct support_peer *peer;
    int id;
};

static bool is_confirmed(void *arg)
{
    const struct confirmation *confirmation = arg;

    return confirmation->peer->acked == confirmation->id;
}

static void confirm(struct support_peer *peer, int id)
{
    struct confirmation confirmation = {peer, id};

    if (!support_peer_wait(peer, is_confirmed, &confirmation, CONFIRM_MS))
        fail_msg("the broker does not answer the test's own client");
}

void support_peer_subscribe(struct support_peer *peer, const char *topic)
{
    int id;

    peer->acked = 0;
    assert_int_equal(mosquitto_subscribe(peer->client, &id, topic, 1), MOSQ_ERR_SUCCESS);
    confirm(peer, id);
}

void support_peer_publish(struct support_peer *peer, const char *topic, const void *payload,
                          size_t len, bool retain)
{
    int id;

    peer->acked = 0;
    assert_int_equal(mosquitto_publish(peer->client, &id, topic, (int)len, payload, 1, retain),
                     MOSQ_ERR_SUCCESS);
    confirm(peer, id);
}

struct wanted {
    struct support_peer *peer;
    const char *topic;
    size_t from;
    struct support_message *found;
};

static bool find(void *arg)
{
    struct wanted *wanted = arg;

    for (; wanted->from < wanted->peer->count; wanted->from++) {
        struct support_message *message = &wanted->peer->messages[wanted->from];
        if (message->taken || strcmp(message->topic, wanted->topic) != 0)
            continue;
        wanted->found = message;
        return true;
    }
    return false;
}

const struct support_message *support_peer_next(struct support_peer *peer, const char *topic,
                                                unsigned limit_ms)
{
    struct wanted wanted = {.peer = peer, .topic = topic};

    if (!support_peer_wait(peer, find, &wanted, limit_ms))
        return NULL;
    wanted.found->taken = true;
    return wanted.found;
}

const struct support_message *support_peer_expect(struct support_peer *peer, const char *topic,
                                                  unsigned limit_ms)
{
    const struct support_message *message = support_peer_next(peer, topic, limit_ms);

    if (!message)
        fail_msg("nothing on %s within %u ms", topic, limit_ms);
    return message;
}

int support_retained(const char *host, uint16_t port, const char *user, const char *password,
                     const char *topic, char *out, size_t size)
{
    struct support_peer peer;
    int len = -1;

    support_peer_open(&peer, host, port, user, password);
    /* The broker sends what is retained before it answers what comes after the subscription. */
    support_peer_subscribe(&peer, topic);
    support_peer_subscribe(&peer, "roost/nothing");
    const struct support_message *message = support_peer_next(&peer, topic, 0);
    if (message && message->retained && message->len < size) {
        memcpy(out, message->payload, message->len + 1);
        len = (int)message->len;
    }
    support_peer_close(&peer);
    return len;
}
