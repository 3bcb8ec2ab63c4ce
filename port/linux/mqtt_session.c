/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/mqtt_session.h"

#include <errno.h>
#include <mosquitto.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "core/assert.h"
#include "core/err.h"
#include "port/linux/linux.h"

static void on_poll(uv_poll_t *poll, int status, int events);

int linux_mqtt_error(int rc)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_NOMEM:
        return ROOST_ERR_NO_MEMORY;
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET:
        return ROOST_ERR_CORRUPT;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
        return ROOST_ERR_INVALID;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
        return ROOST_ERR_TOO_LONG;
    case MOSQ_ERR_CONN_REFUSED:
        return ROOST_ERR_REFUSED;
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE:
        return ROOST_ERR_CRYPTO;
    case MOSQ_ERR_AUTH:
        return ROOST_ERR_AUTH;
    case MOSQ_ERR_KEEPALIVE:
        return ROOST_ERR_TIMEOUT;
    case MOSQ_ERR_EAI:
    case MOSQ_ERR_LOOKUP:
        return ROOST_ERR_NOT_FOUND;
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
        return ROOST_ERR_CLOSED;
    default:
        return ROOST_ERR_IO;
    }
}

static int from_connect_errno(int error)
{
    if (error == ECONNREFUSED || error == ECONNRESET)
        return ROOST_ERR_REFUSED;
    return error == ETIMEDOUT ? ROOST_ERR_TIMEOUT : ROOST_ERR_IO;
}

/* ---- the end of a connection ---- */

void linux_mqtt_forget(struct linux_mqtt *mqtt)
{
    if (mqtt->client)
        mosquitto_destroy(mqtt->client);
    mqtt->client = NULL;
    memset(mqtt->inflight, 0, sizeof mqtt->inflight);
    mqtt->inflight_count = 0;
    mqtt->inflight_bytes = 0;
    mqtt->opened = false;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct roost_board *board = handle->data;
    struct linux_mqtt *mqtt = &board->mqtt;

    mqtt->poll_open = false;
    linux_mqtt_forget(mqtt);
    if (mqtt->state == LINUX_MQTT_NEXT)
        linux_mqtt_connect(board);
    else
        linux_board_defer(board, LINUX_LATER_MQTT);
    linux_board_closed_handle(handle);
}

/* Leaves the connection for ENDING or NEXT. The client itself goes when the loop has let go of its
 * socket, never inside one of its own callbacks. */
static void leave(struct roost_board *board, enum linux_mqtt_state state, int status)
{
    struct linux_mqtt *mqtt = &board->mqtt;

    if (mqtt->state == LINUX_MQTT_CLOSED || mqtt->state == LINUX_MQTT_ENDING)
        return;
    linux_names_cancel(&mqtt->names);
    uv_timer_stop(&mqtt->timer);
    bool closes_already = mqtt->state == LINUX_MQTT_NEXT;
    mqtt->state = state;
    mqtt->status = status;
    if (!mqtt->poll_open)
        linux_board_defer(board, LINUX_LATER_MQTT);
    else if (!closes_already)
        uv_close((uv_handle_t *)&mqtt->poll, on_poll_closed);
}

void linux_mqtt_end(struct roost_board *board, int status)
{
    leave(board, LINUX_MQTT_ENDING, status);
}

void linux_mqtt_deliver(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;

    if (mqtt->state == LINUX_MQTT_NEXT && !mqtt->poll_open) {
        linux_mqtt_forget(mqtt);
        linux_mqtt_connect(board);
    }
    if (mqtt->state != LINUX_MQTT_ENDING || mqtt->poll_open)
        return;
    linux_mqtt_forget(mqtt);
    mqtt->state = LINUX_MQTT_CLOSED;
    const struct roost_event event = {.type = ROOST_EV_MQTT_CLOSED, .status = mqtt->status};
    (void)linux_board_post(board, &event);
}

void linux_mqtt_drop(struct roost_board *board)
{
    linux_mqtt_end(board, ROOST_ERR_CLOSED);
}

/* ---- what libmosquitto reports ---- */

static void on_connect(struct mosquitto *client, void *ctx, int rc)
{
    struct roost_board *board = ctx;

    (void)client;
    if (rc == 0) {
        board->mqtt.opened = true;
        return;
    }
    /* CONNACK return codes, MQTT 3.1.1 section 3.2.2.3: 4 and 5 are about who we are. */
    board->mqtt.refusal = rc == 4 || rc == 5 ? ROOST_ERR_AUTH
                          : rc == 1          ? ROOST_ERR_UNSUPPORTED
                                             : ROOST_ERR_REFUSED;
}

static void on_publish(struct mosquitto *client, void *ctx, int id)
{
    struct roost_board *board = ctx;
    struct linux_mqtt *mqtt = &board->mqtt;

    (void)client;
    for (size_t i = 0; i < LINUX_MQTT_INFLIGHT; i++) {
        if (mqtt->inflight[i].id != id)
            continue;
        mqtt->inflight[i].id = 0;
        mqtt->inflight_bytes -= mqtt->inflight[i].bytes;
        mqtt->inflight_count--;
        const struct roost_event event = {.type = ROOST_EV_MQTT_ACKED, .token = (uint64_t)id};
        (void)linux_board_post(board, &event);
        return;
    }
    /* QoS 0: it was written, which nobody asked to know. */
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
    const struct roost_event event = {.type = ROOST_EV_MQTT_MESSAGE,
                                      .topic = message->topic,
                                      .data = message->payload,
                                      .len = (size_t)message->payloadlen,
                                      .retained = message->retain};

    (void)client;
    (void)linux_board_post(ctx, &event);
}

static void on_subscribe(struct mosquitto *client, void *ctx, int id, int count, const int *granted)
{
    (void)client;
    (void)id;
    for (int i = 0; i < count; i++)
        if (granted[i] > 2)
            ((struct roost_board *)ctx)->mqtt.denied = true;
}

/* ---- the socket on the loop ---- */

void linux_mqtt_watch(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    int events = UV_READABLE;

    if (!mqtt->tcp_up)
        events = UV_WRITABLE;
    else if (mosquitto_want_write(mqtt->client))
        events |= UV_WRITABLE;
    if (events == mqtt->poll_events)
        return;
    mqtt->poll_events = events;
    if (uv_poll_start(&mqtt->poll, events, on_poll))
        linux_mqtt_end(board, ROOST_ERR_IO);
}

static void say_certificate(struct roost_board *board)
{
    const SSL *ssl = mosquitto_ssl_get(board->mqtt.client);
    long result = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

    if (result != X509_V_OK)
        linux_board_say(board, "mqtt: certificate of %s: %s", board->mqtt.options.host,
                        X509_verify_cert_error_string(result));
}

static void connection_failed(struct roost_board *board, int rc)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    int status = mqtt->refusal ? mqtt->refusal : linux_mqtt_error(rc);

    if (mqtt->state == LINUX_MQTT_CLOSING)
        status = 0;
    else if (mqtt->denied)
        status = ROOST_ERR_AUTH;
    else if (status == 0)
        status = ROOST_ERR_CLOSED;
    if (status == ROOST_ERR_CRYPTO)
        say_certificate(board);
    linux_mqtt_end(board, status);
}

/* Keep-alive is looked after four times in its length, which keeps the silence the broker sees
 * below the one and a half it allows. */
static void on_timer(uv_timer_t *timer)
{
    struct roost_board *board = timer->data;
    struct linux_mqtt *mqtt = &board->mqtt;

    if (mqtt->state == LINUX_MQTT_CLOSING) {
        linux_mqtt_end(board, 0);
    } else if (mqtt->state == LINUX_MQTT_OPEN) {
        int rc = mosquitto_loop_misc(mqtt->client);
        if (rc)
            connection_failed(board, rc);
        else
            linux_mqtt_watch(board);
    }
}

static void connection_opened(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    uint64_t period_ms = mqtt->options.keepalive_s * 1000u / 4;

    mqtt->state = LINUX_MQTT_OPEN;
    if (period_ms)
        uv_timer_start(&mqtt->timer, on_timer, period_ms, period_ms);
    const struct roost_event event = {.type = ROOST_EV_MQTT_OPENED};
    (void)linux_board_post(board, &event);
}

/* Returns false when the TCP connection failed and something else was begun. */
static bool tcp_connected(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    int error = 0;
    socklen_t size = sizeof error;

    if (mqtt->tcp_up)
        return true;
    if (getsockopt(mosquitto_socket(mqtt->client), SOL_SOCKET, SO_ERROR, &error, &size))
        error = errno;
    mqtt->tcp_up = error == 0;
    if (error && mqtt->address_next < mqtt->names.count)
        leave(board, LINUX_MQTT_NEXT, 0);
    else if (error)
        linux_mqtt_end(board, from_connect_errno(error));
    return error == 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct roost_board *board = poll->data;
    struct linux_mqtt *mqtt = &board->mqtt;
    int rc = status < 0 ? MOSQ_ERR_CONN_LOST : 0;

    if (!tcp_connected(board))
        return;
    if (!rc && events & UV_WRITABLE)
        rc = mosquitto_loop_write(mqtt->client, 1);
    if (!rc && events & UV_READABLE)
        rc = mosquitto_loop_read(mqtt->client, 1);
    if (mqtt->state == LINUX_MQTT_ENDING)
        return; /* a callback dropped it */
    if (rc || mqtt->refusal || mqtt->denied || mosquitto_socket(mqtt->client) < 0) {
        connection_failed(board, rc);
        return;
    }
    if (mqtt->opened && mqtt->state == LINUX_MQTT_CONNECTING)
        connection_opened(board);
    linux_mqtt_watch(board);
}

/* ---- connecting ---- */

static int set_tls(struct roost_board *board, struct mosquitto *client)
{
    const struct roost_mqtt_options *options = &board->mqtt.options;
    SSL_CTX *context;

    if (!options->tls)
        return 0;
    int err = linux_tls_client(&board->host->tls, options->ca_pem, options->host, &context);
    if (err) {
        linux_board_say(board, "mqtt: no certificates in %s",
                        options->ca_pem ? options->ca_pem : "the system's store");
        return err;
    }
    /* As it is: chain and host are verified by what the context says. */
    int rc = mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    if (!rc)
        rc = mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, context);
    return linux_mqtt_error(rc);
}

static int make_client(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    const struct roost_mqtt_options *options = &mqtt->options;

    mqtt->client = mosquitto_new(options->client_id, options->clean_session, board);
    if (!mqtt->client)
        return errno == EINVAL ? ROOST_ERR_INVALID : ROOST_ERR_NO_MEMORY;
    mosquitto_connect_callback_set(mqtt->client, on_connect);
    mosquitto_publish_callback_set(mqtt->client, on_publish);
    mosquitto_message_callback_set(mqtt->client, on_message);
    mosquitto_subscribe_callback_set(mqtt->client, on_subscribe);
    int rc = mosquitto_max_inflight_messages_set(mqtt->client, LINUX_MQTT_INFLIGHT);
    if (!rc)
        rc = mosquitto_int_option(mqtt->client, MOSQ_OPT_TCP_NODELAY, 1);
    if (!rc && options->user)
        rc = mosquitto_username_pw_set(mqtt->client, options->user, options->password);
    if (!rc && options->will_topic)
        rc = mosquitto_will_set(mqtt->client, options->will_topic,
                                options->will_payload ? (int)strlen(options->will_payload) : 0,
                                options->will_payload, 1, true);
    return rc ? linux_mqtt_error(rc) : set_tls(board, mqtt->client);
}

/* Starts the TCP connection to the next address and watches its socket. */
static int begin(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;
    int rc = mosquitto_connect_async(mqtt->client, mqtt->names.addresses[mqtt->address_next++],
                                     mqtt->options.port, mqtt->options.keepalive_s);

    if (rc)
        return rc == MOSQ_ERR_ERRNO ? from_connect_errno(errno) : linux_mqtt_error(rc);
    if (uv_poll_init(board->host->loop, &mqtt->poll, mosquitto_socket(mqtt->client)))
        return ROOST_ERR_IO;
    mqtt->poll.data = board;
    mqtt->poll_open = true;
    board->open_handles++;
    return 0;
}

void linux_mqtt_connect(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;

    mqtt->state = LINUX_MQTT_CONNECTING;
    mqtt->tcp_up = mqtt->denied = mqtt->opened = false;
    mqtt->refusal = 0;
    mqtt->poll_events = 0;
    int err = make_client(board);
    if (err) { /* no other address would change that */
        linux_mqtt_end(board, err);
        return;
    }
    err = begin(board);
    if (!err)
        linux_mqtt_watch(board);
    else if (mqtt->address_next < mqtt->names.count)
        leave(board, LINUX_MQTT_NEXT, err);
    else
        linux_mqtt_end(board, err);
}

void linux_mqtt_disconnect(struct roost_board *board)
{
    struct linux_mqtt *mqtt = &board->mqtt;

    (void)mosquitto_disconnect(mqtt->client);
    mqtt->state = LINUX_MQTT_CLOSING;
    if (mosquitto_socket(mqtt->client) < 0) { /* it was sent at once */
        linux_mqtt_end(board, 0);
        return;
    }
    uv_timer_start(&mqtt->timer, on_timer, LINUX_MQTT_CLOSE_MS, 0);
    linux_mqtt_watch(board);
}
