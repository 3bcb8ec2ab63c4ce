/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The insides of the MQTT client, for host/net/mqtt*.c only.
 *
 *     mqtt.c          the connection's life: link, keep-alive, start and stop
 *     mqtt_send.c     the bus: publish, acknowledge, pause
 *     mqtt_receive.c  bytes -> packets -> messages
 *     mqtt_session.c  what the broker grants, and who else has our id
 *
 * Nothing is sent from inside a call: bytes are committed, and the client's turn, before the loop
 * sleeps, flushes them; so the acknowledgements of one turn leave in one write.
 */
#ifndef ROOST_HOST_NET_MQTT_INTERNAL_H
#define ROOST_HOST_NET_MQTT_INTERNAL_H

#include "host/net/mqtt.h"
#include "host/net/mqtt_rival.h"
#include "host/net/transport.h"

/* What the broker knows of us on this connection. */
enum mqtt_session { SESSION_NONE, SESSION_CONNECT_SENT, SESSION_UP };

struct mqtt_counters {
    struct metric *connected, *connects, *losses, *received, *received_bytes, *oversize, *acked,
        *acked_late, *published, *publish_acked, *resent, *dropped_away, *dropped_full, *paused,
        *waiting, *takeovers, *sessions_gone;
};

struct mqtt_client {
    struct mqtt_config config;
    uv_loop_t *loop;
    struct tls_context *tls, *tls_next; /* of the next connection; NULL: the same */
    bool trusting;                      /* it is being read */
    void (*message)(void *ctx, const struct bus_message *message);
    void *ctx;
    struct roost_link link;
    struct transport *transport; /* NULL: none */
    enum mqtt_session session;
    bool subscribed;
    uint64_t resubscribe_ms; /* due; 0: nothing is missing */
    char missing[160];       /* what the log was told of it */
    struct mqtt_rival rival;
    uint64_t takeovers, taken_ms, told_ms;
    bool broken;         /* given up, and not closed yet */
    uint64_t generation; /* of the connection; the upper part of a token */
    bool paused, resumed;
    struct outbox *outbox;
    uint8_t *in; /* [start, len) is received and not decoded */
    size_t in_start, in_len, in_size;
    size_t skip;                            /* bytes of an oversize message still to come */
    uint64_t sent_ms, received_ms, ping_ms; /* ping_ms 0: none is unanswered */
    uv_timer_t timer;
    uv_idle_t turn; /* active: something is to be flushed or decoded before the loop sleeps */
    int handles;
    void (*done)(void *ctx);
    void *done_ctx;
    struct mqtt_counters count;
    char why[160];
    char topic[UINT16_MAX + 1];
};

/* mqtt_trust.c */
void mqtt_trust_anew(struct mqtt_client *client);
void mqtt_trust_take(struct mqtt_client *client); /* before a connection is opened */

/* mqtt.c */
void mqtt_let_go(struct mqtt_client *client); /* of one of its handles */
void mqtt_link_step(struct mqtt_client *client, enum roost_link_event event);
void mqtt_schedule(struct mqtt_client *client);
void mqtt_wake(struct mqtt_client *client);
void mqtt_set_why(struct mqtt_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The other side broke the protocol, or memory is out: the connection ends. Returns err. */
int mqtt_broken(struct mqtt_client *client, int err, const char *what);

/* mqtt_send.c: 0 or what mqtt_broken was told. */
int mqtt_send_connect(struct mqtt_client *client);
int mqtt_send_subscribe(struct mqtt_client *client);
void mqtt_send_ping(struct mqtt_client *client);
/* Sends of the outbox what in_flight_max and the send buffer leave room for. */
void mqtt_pump(struct mqtt_client *client);

/* mqtt_session.c: the codes of a SUBACK, one for each topic. Returns 0 or what mqtt_broken was
 * told. */
int mqtt_granted(struct mqtt_client *client, const uint8_t *codes, size_t count);
void mqtt_subscribed(struct mqtt_client *client);
/* The broker accepted us: says what that tells of the session, and of others with our id. */
void mqtt_judge_session(struct mqtt_client *client, bool session_present);

/* mqtt_receive.c */
uint8_t *mqtt_space(void *ctx, size_t *len);
int mqtt_received(void *ctx, size_t len);
/* Hands on what was received, until it is used up or reading is paused. Returns 0, or the error
 * that ends the connection. */
int mqtt_decode(struct mqtt_client *client);

#endif
