/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An MQTT 3.1.1 client: struct bus over one broker connection. A message is acknowledged
 * only when its token comes back, so that the broker keeps what the hub has not stored; a token
 * dies with its connection, and the broker then delivers the message again. The session is
 * persistent. Acknowledgements of one turn of the loop leave in one write. It connects again by
 * core/link, for ever. Depends on host/bus.h, host/metrics.h, host/net/transport.h,
 * host/net/mqtt_packet.h, core/link.h.
 *
 *     err = mqtt_client_new(&client, loop, &config, metrics, on_message, ctx);
 *     struct bus bus = mqtt_client_bus(client);
 *     mqtt_client_start(client);
 */
#ifndef ROOST_HOST_NET_MQTT_H
#define ROOST_HOST_NET_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "core/link.h"
#include "host/metrics.h"
#include "host/net/mqtt_outbox.h"
#include "host/bus.h"

/* Strings are borrowed for the client's life; "" is none. ca_file is read again after each
 * connection that ended. */
struct mqtt_config {
    const char *host;
    uint16_t port;
    bool tls;
    const char *ca_file, *user, *password, *client_id;
    const char *labels;        /* of its metrics, where a program has two: session="answers" */
    bool clean_session;        /* false: the broker keeps what comes while we are away */
    const char *const *topics; /* subscribed at QoS 1 on each connection */
    size_t topic_count;
    uint16_t keepalive_s; /* 30 */
    /* 30000: a subscription that the broker refused, or granted at less than QoS 1, is asked for
     * again after this time; the others are served meanwhile. */
    uint32_t resubscribe_ms;
    uint32_t ping_timeout_ms; /* 10000: a broker that does not answer a ping in this time is gone */
    size_t packet_max;        /* 2 MiB: a longer message is handed on as `oversize` and skipped */
    size_t payload_max;       /* 1 MiB: of what we publish */
    struct outbox_limits outbox; /* 1024 in flight, 8192 messages, 8 MiB */
    struct roost_link_limits link;
};

struct mqtt_client;

/* Fills in the defaults above; host, port, client_id and topics are the caller's. */
void mqtt_config_init(struct mqtt_config *config);

/* Returns 0, ROOST_ERR_NOT_FOUND or ROOST_ERR_CRYPTO (ca_file), ROOST_ERR_NO_MEMORY. */
int mqtt_client_new(struct mqtt_client **client, uv_loop_t *loop, const struct mqtt_config *config,
                    struct metrics *metrics,
                    void (*message)(void *ctx, const struct bus_message *message), void *ctx);

/* The bus, for as long as the client lives. publish at QoS 1 gives ROOST_ERR_CLOSED while the
 * broker is away; what it took before is sent again. */
struct bus mqtt_client_bus(struct mqtt_client *client);

/* Starts connecting; never fails: it keeps trying. */
void mqtt_client_start(struct mqtt_client *client);

/* Ends subscriptions that the broker keeps with the session from before, when another took them
 * over. Returns 0 when it was sent, ROOST_ERR_CLOSED while not connected and subscribed. */
int mqtt_client_unsubscribe(struct mqtt_client *client, const char *const *topics, size_t count);

/* NULL while it is connected and has every subscription as it was asked for, else why not. */
const char *mqtt_client_why(const struct mqtt_client *client);

/* The broker should know our session from an earlier run: it is a loss when it does not. To be
 * called before mqtt_client_start. */
void mqtt_client_expect_session(struct mqtt_client *client);

/* How often another client seems to have taken our client id (host/net/mqtt_rival.h), and how long
 * ago the last time was. */
struct mqtt_takeovers {
    uint64_t count, ago_ms;
};
struct mqtt_takeovers mqtt_client_takeovers(const struct mqtt_client *client);

/* Sends the acknowledgements and DISCONNECT, then closes; `done` follows. */
void mqtt_client_stop(struct mqtt_client *client, void (*done)(void *ctx), void *ctx);
/* After `done`. */
void mqtt_client_free(struct mqtt_client *client);

#endif
