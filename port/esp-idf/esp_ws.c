/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WebSocket client: Espressif's component esp_websocket_client, one client object an attempt,
 * begun and ended by the worker as the MQTT client is (esp_mqtt.c has the picture). A build
 * without the component has no driver to list.
 *
 * Sending blocks in the client, so what is sent waits in a bounded buffer until the worker has
 * written it. A message that comes in is put together in memory of message_max bytes and handed
 * over before the client's task reads on: a device that is slow slows the sender down by TCP. Both
 * are allocated for as long as a connection lives.
 *
 * Not checked, because the client does not show it: which subprotocol the server chose.
 */
#include "port/esp-idf/esp_parts.h"

#include "core/bytes.h"
#include "core/err.h"

#if __has_include("esp_websocket_client.h")

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "esp_websocket_client.h"
#include "freertos/FreeRTOS.h"
#include "freertos/ringbuf.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "esp_crt_bundle.h"

#include "core/assert.h"
#include "core/base64.h"
#include "core/url.h"
#include "port/esp-idf/esp_queue.h"
#include "port/esp-idf/esp_trust.h"

#if !CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#error "esp-tls calls our hook (esp_trust.h) with CONFIG_MBEDTLS_CERTIFICATE_BUNDLE only"
#endif

enum {
    SEND_BYTES = 18 * 1024,  /* a message takes at most half of it */
    MESSAGE_MAX = 32 * 1024, /* put together in memory; ... */
    PARTS_MAX = 64 * 1024,   /* ... and handed over in parts */
    CREDENTIALS_MAX = 160,   /* user, colon, password */
    BUFFER_BYTES = 2048,
    STACK_BYTES = 7168, /* a TLS handshake with certificates of RSA takes 5 KB of it */
    NETWORK_MS = 7000,
    CLOSE_MS = 2000, /* for the server to answer a close */
    GONE_MS = 20,    /* the client's task touches the client once more after it stopped */
    PING_NEVER_S = 24 * 60 * 60, /* 0 would be the client's own interval */
    CLOSE_TOO_BIG = 1009,
    CLOSE_NORMAL = 1000,
    URL_MAX = 512,
};

enum ws_state { WS_CLOSED, WS_CONNECTING, WS_OPEN, WS_CLOSING };
enum request { REQUEST_NONE, REQUEST_OPEN, REQUEST_END };
enum opcode { OPCODE_CONTINUE, OPCODE_TEXT, OPCODE_BINARY, OPCODE_CLOSE = 8 };

/* WS_CLOSED in the queue: the connection is lost (plus 4 times what its token is to be), or the
 * client is gone. */
enum { CLOSED_LOST, CLOSED_DONE };

static struct {
    /* The device's task. */
    enum ws_state state;
    int status;
    uint16_t code;
    /* From the device's task to the worker. */
    struct roost_ws_options options;
    unsigned attempt;
    atomic_uint request; /* attempt * 4 + enum request: the last one counts */
    unsigned job;        /* its number */
    const struct roost_port *port;
    RingbufHandle_t outgoing;
    /* The worker's. */
    esp_websocket_client_handle_t client;
    unsigned done_attempt;
    struct esp_trust trust;
    bool trusts; /* it was begun */
    char authorization[sizeof "Authorization: Basic \r\n" + (CREDENTIALS_MAX + 2) / 3 * 4];
    /* The client's handler. */
    atomic_bool lost;
    uint8_t *message; /* NULL: in parts */
    size_t len;
    struct piece { /* of the client's own buffer, until it is taken */
        const void *data;
        size_t len;
        bool first, last;
    } piece;
    bool binary;
    uint16_t peer_code;
    /* A whole message, from the handler to the device's task. */
    atomic_bool ready;
    SemaphoreHandle_t taken;
    StaticSemaphore_t taken_memory;
} ws;

/* ---- the client's events, in its own task ---- */

static void post(enum roost_event_type type, int status, uint64_t token)
{
    int err = esp_queue_post(&(struct roost_event){.type = type, .status = status, .token = token});

    ROOST_ASSERT(err == 0); /* the reserve is for these, and their number is bounded */
}

static void lose(int status, uint16_t code)
{
    if (!atomic_exchange(&ws.lost, true))
        post(ROOST_EV_WS_CLOSED, status, CLOSED_LOST + 4u * code);
}

static void on_data(const esp_websocket_event_data_t *event)
{
    size_t len = (size_t)event->data_len;

    if (event->op_code == OPCODE_CLOSE && event->payload_offset == 0 && len >= 2)
        ws.peer_code = roost_be_get16(event->data_ptr);
    if (event->op_code > OPCODE_BINARY || atomic_load(&ws.lost))
        return;
    if (event->op_code != OPCODE_CONTINUE && event->payload_offset == 0) {
        ws.len = 0;
        ws.binary = event->op_code == OPCODE_BINARY;
    }
    if (len > ws.options.message_max - ws.len) {
        lose(ROOST_ERR_TOO_LONG, CLOSE_TOO_BIG);
        return;
    }
    bool last = event->fin && event->payload_offset + event->data_len >= event->payload_len;
    if (ws.options.parts) {
        ws.piece =
            (struct piece){.data = event->data_ptr, .len = len, .first = ws.len == 0, .last = last};
        ws.len += len;
        if (ws.binary && !last)
            return;
    } else {
        if (len)
            memcpy(ws.message + ws.len, event->data_ptr, len);
        ws.len += len;
        if (!last)
            return;
    }
    /* Not for ever: the device's task gives it back in every state, a closing one too. */
    atomic_store(&ws.ready, true);
    esp_queue_wake();
    (void)xSemaphoreTake(ws.taken, portMAX_DELAY);
}

/* *token as of WS_CLOSED. */
static int handshake_error(const esp_websocket_error_codes_t *error, uint16_t *token)
{
    int http = error->esp_ws_handshake_status_code;

    if (ws.trusts && http == 0) {
        enum roost_tls_failure failure = esp_trust_failure(
            &ws.trust, error->esp_tls_stack_err, (uint32_t)error->esp_tls_cert_verify_flags);
        if (failure != ROOST_TLS_NONE) {
            *token = (uint16_t)failure;
            return ROOST_ERR_CRYPTO;
        }
    }
    if (http >= 300)
        *token = (uint16_t)http;

    if (error->error_type == WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT)
        return ROOST_ERR_TIMEOUT;
    if (http == 401 || http == 403)
        return ROOST_ERR_AUTH;
    if (http >= 300)
        return ROOST_ERR_REFUSED;
    return esp_port_tls_error(error->esp_tls_last_esp_err, error->esp_tls_cert_verify_flags,
                              error->esp_transport_sock_errno);
}

static void on_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    const esp_websocket_event_data_t *event = data;
    uint16_t token;
    int status;

    (void)ctx;
    (void)base;
    switch ((esp_websocket_event_id_t)id) {
    case WEBSOCKET_EVENT_CONNECTED:
        post(ROOST_EV_WS_OPENED, 0, 0);
        break;
    case WEBSOCKET_EVENT_DATA:
        on_data(event);
        break;
    case WEBSOCKET_EVENT_DISCONNECTED:
        token = ws.peer_code;
        status = handshake_error(&event->error_handle, &token);
        lose(status, token);
        break;
    case WEBSOCKET_EVENT_CLOSED:
    case WEBSOCKET_EVENT_FINISH:
        lose(ROOST_ERR_CLOSED, ws.peer_code);
        break;
    default:
        break;
    }
}

/* ---- the worker ---- */

/* The client's own way takes a password as a string; ours may hold any byte. */
static int write_authorization(const struct roost_ws_options *options)
{
    uint8_t credentials[CREDENTIALS_MAX];
    size_t user_len = options->user ? strlen(options->user) : 0;
    static const char name[] = "Authorization: Basic ";

    ws.authorization[0] = '\0';
    if (!options->user)
        return 0;
    if (user_len + 1 + options->password_len > sizeof credentials)
        return ROOST_ERR_TOO_LONG;
    memcpy(credentials, options->user, user_len);
    credentials[user_len] = ':';
    if (options->password_len)
        memcpy(credentials + user_len + 1, options->password, options->password_len);
    memcpy(ws.authorization, name, sizeof name - 1);
    size_t at = sizeof name - 1;
    at += roost_base64_encode(ws.authorization + at, credentials,
                              user_len + 1 + options->password_len);
    memcpy(ws.authorization + at, "\r\n", 3);
    memset(credentials, 0, sizeof credentials);
    return 0;
}

/* esp-tls's hook for a bundle of authorities: it is the only one. */
static esp_err_t attach(void *conf)
{
    if (esp_trust_configure(&ws.trust, conf) != 0)
        return ESP_FAIL;
    return esp_trust_decides(&ws.trust) ? ESP_OK : esp_crt_bundle_attach(conf);
}

/* Whom the connection trusts, and what it shows. */
static int begin_trust(const struct roost_ws_options *options)
{
    char memory[URL_MAX + 1];
    struct roost_url url;

    if (strncmp(options->url, "wss://", 6) != 0)
        return 0;
    int err = roost_url_parse(&url, options->url, memory, sizeof memory);
    if (!err)
        err = esp_trust_begin(&ws.trust, ws.port, options->tls, options->ca_pem, url.host);
    ws.trusts = !err;
    return err;
}

static esp_websocket_client_handle_t make_client(const struct roost_ws_options *options)
{
    bool secure = strncmp(options->url, "wss://", 6) == 0;
    size_t ping_s =
        options->ping_interval_ms ? (options->ping_interval_ms + 999) / 1000 : (size_t)PING_NEVER_S;
    esp_websocket_client_config_t config = {
        .uri = options->url,
        .disable_auto_reconnect = true,
        .task_prio = ESP_PORT_MQTT_PRIORITY,
        .task_stack = STACK_BYTES,
        .buffer_size = BUFFER_BYTES,
        .client_cert = options->cert_pem,
        .client_key = options->key_pem,
        .subprotocol = options->subprotocol,
        .headers = ws.authorization[0] ? ws.authorization : NULL,
        .disable_pingpong_discon = options->ping_interval_ms == 0,
        .pingpong_timeout_sec = (int)ping_s,
        .ping_interval_sec = ping_s,
        .network_timeout_ms = NETWORK_MS,
    };

    if (secure)
        config.crt_bundle_attach = attach;
    return esp_websocket_client_init(&config);
}

static int begin_client(void)
{
    int err = write_authorization(&ws.options);

    ws.trusts = false;
    if (!err)
        err = begin_trust(&ws.options);
    if (err)
        return err;
    atomic_store(&ws.lost, false);
    ws.peer_code = 0;
    ws.len = 0;
    ws.message = ws.options.parts ? NULL : malloc(ws.options.message_max);
    ws.client = ws.message || ws.options.parts ? make_client(&ws.options) : NULL;
    if (!ws.client ||
        esp_websocket_register_events(ws.client, WEBSOCKET_EVENT_ANY, on_event, NULL) != ESP_OK ||
        esp_websocket_client_start(ws.client) != ESP_OK)
        return ROOST_ERR_NO_MEMORY;
    return 0;
}

static void end_client(uint16_t code)
{
    if (ws.client) {
        (void)esp_websocket_client_close_with_code(ws.client,
                                                   code >= CLOSE_NORMAL ? code : CLOSE_NORMAL, NULL,
                                                   0, pdMS_TO_TICKS(CLOSE_MS));
        vTaskDelay(pdMS_TO_TICKS(GONE_MS) + 1);
        (void)esp_websocket_client_destroy(ws.client);
    }
    ws.client = NULL;
    if (ws.trusts)
        esp_trust_end(&ws.trust);
    ws.trusts = false;
    free(ws.message);
    ws.message = NULL;
}

/* The first byte of an item says what it is. */
enum { ITEM_BINARY = 1, ITEM_MORE = 2, ITEM_OPEN = 4 /* more is to come */ };

/* Pieces of one text are frames, the last of which is empty: the client's own way to end one. */
static int send_item(char kind, const char *data, int len)
{
    TickType_t wait = pdMS_TO_TICKS(NETWORK_MS);

    if (kind & ITEM_BINARY)
        return esp_websocket_client_send_bin(ws.client, data, len, wait);
    if (!(kind & (ITEM_MORE | ITEM_OPEN)))
        return esp_websocket_client_send_text(ws.client, data, len, wait);
    int sent = kind & ITEM_MORE
                   ? esp_websocket_client_send_cont_msg(ws.client, data, len, wait)
                   : esp_websocket_client_send_text_partial(ws.client, data, len, wait);
    if (sent == len && !(kind & ITEM_OPEN) && esp_websocket_client_send_fin(ws.client, wait) < 0)
        return -1;
    return sent;
}

static void send_what_waits(void)
{
    size_t size = 0;
    char *item;

    while (ws.client && (item = xRingbufferReceive(ws.outgoing, &size, 0))) {
        int len = (int)size - 1;
        int sent = send_item(item[0], item + 1, len);
        vRingbufferReturnItem(ws.outgoing, item);
        if (sent < len)
            return; /* the client ends the connection, and says so */
    }
}

static void work(void)
{
    unsigned request = atomic_exchange(&ws.request, REQUEST_NONE), attempt = request / 4;
    int status = 0;

    if (request % 4 == REQUEST_NONE) {
        send_what_waits();
        return;
    }
    if (attempt == ws.done_attempt)
        return; /* an end that was asked for when the begin had failed already */
    if (request % 4 == REQUEST_OPEN) {
        status = begin_client();
        if (status == 0)
            return;
    } else {
        send_what_waits();
    }
    end_client(ws.code);
    ws.done_attempt = attempt;
    post(ROOST_EV_WS_CLOSED, status, CLOSED_DONE);
}

/* ---- the device's task ---- */

static void ask(enum request request)
{
    atomic_store(&ws.request, ws.attempt * 4 + request);
    esp_port_worker_ask(ws.job);
}

static void end(int status, uint16_t code)
{
    ws.state = WS_CLOSING;
    ws.status = status;
    ws.code = code;
    ask(REQUEST_END);
}

static bool closed(struct roost_event *event)
{
    if (event->token % 4 == CLOSED_LOST) {
        if (ws.state == WS_CONNECTING || ws.state == WS_OPEN)
            end(event->status, (uint16_t)(event->token / 4));
        return false;
    }
    event->token = 0;
    if (ws.state == WS_CLOSING) {
        event->status = ws.status;
        event->token = ws.code;
    }
    if (event->status == ROOST_ERR_CRYPTO && event->token == 0)
        event->token = ROOST_TLS_OTHER;
    ws.state = WS_CLOSED;
    vRingbufferDelete(ws.outgoing);
    ws.outgoing = NULL;
    return true;
}

static bool taken(struct roost_event *event)
{
    switch (event->type) {
    case ROOST_EV_WS_OPENED:
        if (ws.state != WS_CONNECTING)
            return false; /* it crossed the close on its way */
        ws.state = WS_OPEN;
        return true;
    case ROOST_EV_WS_CLOSED:
        return closed(event);
    default:
        return true;
    }
}

static int deliver_last(roost_post_fn sink, void *device)
{
    if (ws.state == WS_CONNECTING || !atomic_load(&ws.ready))
        return 0; /* WS_OPENED comes first */
    struct roost_event event = {.type = ws.binary ? ROOST_EV_WS_BINARY : ROOST_EV_WS_TEXT,
                                .data = ws.message,
                                .len = ws.message ? ws.len : 0};
    if (ws.options.parts && !ws.binary)
        event = (struct roost_event){.type = ROOST_EV_WS_PART,
                                     .token = (ws.piece.first ? ROOST_WS_FIRST : 0u) |
                                              (ws.piece.last ? ROOST_WS_LAST : 0u),
                                     .data = ws.piece.data,
                                     .len = ws.piece.len};
    if (ws.state == WS_OPEN)
        (void)sink(device, &event);
    atomic_store(&ws.ready, false);
    (void)xSemaphoreGive(ws.taken);
    return 0;
}

static int ws_open(void *ctx, const struct roost_ws_options *options)
{
    (void)ctx;
    if (ws.state != WS_CLOSED)
        return ROOST_ERR_BUSY;
    if (strncmp(options->url, "ws://", 5) != 0 && strncmp(options->url, "wss://", 6) != 0)
        return ROOST_ERR_INVALID;
    if (options->message_max == 0 ||
        options->message_max > (options->parts ? PARTS_MAX : MESSAGE_MAX))
        return ROOST_ERR_RANGE;
    ws.outgoing = xRingbufferCreate(SEND_BYTES, RINGBUF_TYPE_NOSPLIT);
    if (!ws.outgoing)
        return ROOST_ERR_NO_MEMORY;
    ws.options = *options;
    ws.state = WS_CONNECTING;
    ws.code = 0;
    ws.attempt++;
    ask(REQUEST_OPEN);
    return 0;
}

static int queue(char kind, const void *data, size_t len)
{
    void *item = NULL;

    if (ws.state != WS_OPEN)
        return ROOST_ERR_CLOSED;
    if (xRingbufferSendAcquire(ws.outgoing, &item, len + 1, 0) != pdTRUE)
        return ROOST_ERR_FULL;
    ((char *)item)[0] = kind;
    if (len)
        memcpy((uint8_t *)item + 1, data, len);
    (void)xRingbufferSendComplete(ws.outgoing, item);
    esp_port_worker_ask(ws.job);
    return 0;
}

static int ws_send(void *ctx, const void *data, size_t len, bool binary)
{
    (void)ctx;
    return queue(binary ? ITEM_BINARY : 0, data, len);
}

static int ws_send_part(void *ctx, const void *data, size_t len, bool first, bool last)
{
    (void)ctx;
    return queue((char)((first ? 0 : ITEM_MORE) | (last ? 0 : ITEM_OPEN)), data, len);
}

static int ws_close(void *ctx, uint16_t code)
{
    (void)ctx;
    if (ws.state == WS_CONNECTING || ws.state == WS_OPEN)
        end(0, code);
    return 0;
}

static const struct roost_ws_ops ws_ops = {
    .open = ws_open, .send = ws_send, .close = ws_close, .send_part = ws_send_part};

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    int job = esp_port_worker_job(work);
    if (job < 0)
        return job;
    ws.job = (unsigned)job;
    ws.port = port;
    ws.taken = xSemaphoreCreateBinaryStatic(&ws.taken_memory);
    ROOST_ASSERT(ws.taken);
    port->ws = (struct roost_ws){&ws_ops, NULL};
    return 0;
}

const struct esp_driver esp_ws_driver = {.name = "WebSocket",
                                         .needed = true,
                                         .init = init,
                                         .taken = taken,
                                         .deliver_last = deliver_last,
                                         .stack_left = esp_port_worker_stack_left};

#endif /* without the component a build has none to list */
