/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MQTT client: esp-mqtt, one client object an attempt. Three tasks meet here.
 *
 *      the device's task          "roost-work"                 the client's own task
 *      open  ---- ask ----------> init, start --------------->  connects, receives
 *      opened <------------------------ queue ----------------  CONNECTED
 *      publish, subscribe: with the client's lock               (writes what was enqueued)
 *      lost  <------------------------- queue ----------------  DISCONNECTED
 *      end   ---- ask ----------> stop, destroy                 ends
 *      MQTT_CLOSED <-- queue ---- done
 *
 * esp_mqtt_client_stop waits until the client's task has ended and may not be called from its
 * handler, hence the worker. The device's task stops using the client before it asks for the end,
 * and hears of MQTT_CLOSED when there is no client left.
 *
 * Publishing does not wait for the network. esp-mqtt holds its lock while it writes, and a write
 * waits until lwIP has TCP_SNDLOWAT (2881) of its send buffer's 5760 bytes free; so what is under
 * way and not acknowledged is kept below the rest (WINDOW_BYTES), and those messages are written at
 * once, by the device's task. A longer message, a buffer of sound, goes alone: it is copied into
 * the client's outbox and written by the client's task within its poll of a second, and until it is
 * acknowledged everything else is refused with FULL, which costs the sender a retry instead of a
 * stalled motor. What remains is a read that got half a packet with the lock held: at most
 * NETWORK_MS, less than half of the watchdog's time.
 */
#include "port/esp-idf/esp_parts.h"

#include <stdatomic.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "mqtt_client.h"
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#endif

#include "core/assert.h"
#include "core/err.h"
#include "port/esp-idf/esp_queue.h"

enum {
    INFLIGHT = 12,       /* QoS-1 messages under way; esp_queue.h reserves room for their ends */
    WINDOW_BYTES = 2560, /* of them together */
    OVERHEAD_BYTES = 40, /* of a message beside topic and payload: its header, a TLS record */
    PAYLOAD_MAX = 128 * 1024,
    HEAP_KEEP_BYTES = 24 * 1024, /* a long message is refused when less would be left */
    BUFFER_BYTES = 1536,         /* incoming: a command and its topic in one piece */
    OUT_BUFFER_BYTES = 1024,
    STACK_BYTES = 7168, /* a TLS handshake with certificates of RSA takes 5 KB of it */
    NETWORK_MS = 7000,
    RECONNECT_MS = 200, /* it never does, but its task looks so often for an end */
    RETRANSMIT_MS =
        24 * 60 * 60 * 1000, /* MQTT 3.1.1, 4.4: only after a reconnect, that is never */
    BEGIN_MS = 2000,         /* for the client's task to come alive */
    GONE_MS = 20,            /* see end_client */
};

/* An acknowledgement each, and how an attempt opened, was lost and ended; the WebSocket's few fit
 * beside them. */
_Static_assert(INFLIGHT + 4 <= 36, "records reserved in esp_queue.h");

enum mqtt_state { MQTT_CLOSED, MQTT_CONNECTING, MQTT_OPEN, MQTT_CLOSING };
enum request { REQUEST_NONE, REQUEST_OPEN, REQUEST_END };

/* MQTT_CLOSED in the queue: the connection is lost, or the client is gone. */
enum { CLOSED_LOST, CLOSED_DONE };

static struct {
    /* The device's task. */
    enum mqtt_state state;
    int status; /* why it ends */
    struct {
        int msg_id; /* 0: free */
        int token;
        size_t bytes;
    } inflight[INFLIGHT];
    unsigned inflight_count;
    size_t inflight_bytes;
    int last_token;
    /* From the device's task to the worker. */
    struct roost_mqtt_options options;
    unsigned attempt;    /* of this open, counted */
    atomic_uint request; /* attempt * 4 + enum request: the last one counts */
    unsigned job;        /* its number */
    /* The worker's; the device's task uses the client while the state is OPEN. */
    esp_mqtt_client_handle_t client;
    unsigned done_attempt; /* the last one that was reported as ended */
    SemaphoreHandle_t begun;
    StaticSemaphore_t begun_memory;
    /* The client's handler, under the client's lock. */
    atomic_bool lost; /* said so already */
    int error;
    struct esp_queue_message *message;
} mqtt;

/* ---- the client's events, in its own task or inside publish ---- */

static void post(enum roost_event_type type, int status, uint64_t token)
{
    int err = esp_queue_post(&(struct roost_event){.type = type, .status = status, .token = token});

    ROOST_ASSERT(err == 0); /* the reserve is for these, and their number is bounded */
}

static void lose(int status)
{
    if (!atomic_exchange(&mqtt.lost, true))
        post(ROOST_EV_MQTT_CLOSED, status, CLOSED_LOST);
}

static int connack_error(esp_mqtt_connect_return_code_t code)
{
    switch (code) {
    case MQTT_CONNECTION_REFUSE_BAD_USERNAME:
    case MQTT_CONNECTION_REFUSE_NOT_AUTHORIZED:
        return ROOST_ERR_AUTH;
    case MQTT_CONNECTION_REFUSE_PROTOCOL:
        return ROOST_ERR_UNSUPPORTED;
    default:
        return ROOST_ERR_REFUSED;
    }
}

static void on_error(const esp_mqtt_error_codes_t *error)
{
    if (error->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED)
        mqtt.error = connack_error(error->connect_return_code);
    else if (error->error_type == MQTT_ERROR_TYPE_TCP_TRANSPORT)
        mqtt.error =
            esp_port_tls_error(error->esp_tls_last_esp_err, error->esp_tls_cert_verify_flags,
                               error->esp_transport_sock_errno);
}

static void drop_message(void)
{
    if (mqtt.message)
        esp_queue_end(mqtt.message, false);
    mqtt.message = NULL;
}

/* A message longer than the client's buffer comes in pieces; only the first one has the topic. */
static void on_data(const esp_mqtt_event_t *event)
{
    size_t offset = (size_t)event->current_data_offset, len = (size_t)event->data_len;
    size_t total = (size_t)event->total_data_len;

    if (event->topic && event->current_data_offset == 0) {
        drop_message();
        mqtt.message = esp_queue_begin(
            &(struct roost_event){.type = ROOST_EV_MQTT_MESSAGE, .retained = event->retain},
            event->topic, (size_t)event->topic_len, total);
    }
    if (!mqtt.message)
        return; /* too long, or no room: counted */
    if (offset > total || len > total - offset) {
        drop_message();
        return;
    }
    esp_queue_fill(mqtt.message, offset, event->data, len);
    if (offset + len == total) {
        esp_queue_end(mqtt.message, true);
        mqtt.message = NULL;
    }
}

static void on_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    const esp_mqtt_event_t *event = data;

    (void)ctx;
    (void)base;
    switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_BEFORE_CONNECT:
        (void)xSemaphoreGive(mqtt.begun);
        break;
    case MQTT_EVENT_CONNECTED:
        post(ROOST_EV_MQTT_OPENED, 0, 0);
        break;
    case MQTT_EVENT_ERROR:
        on_error(event->error_handle);
        break;
    case MQTT_EVENT_DISCONNECTED:
        drop_message();
        lose(mqtt.error);
        break;
    case MQTT_EVENT_SUBSCRIBED:
        if (event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED)
            lose(ROOST_ERR_AUTH);
        break;
    case MQTT_EVENT_PUBLISHED:
        post(ROOST_EV_MQTT_ACKED, 0, (uint64_t)event->msg_id);
        break;
    case MQTT_EVENT_DELETED: /* from the outbox, unacknowledged for 30 s */
        lose(ROOST_ERR_TIMEOUT);
        break;
    case MQTT_EVENT_DATA:
        on_data(event);
        break;
    default:
        break;
    }
}

/* ---- the worker ---- */

static esp_mqtt_client_handle_t make_client(const struct roost_mqtt_options *options)
{
    esp_mqtt_client_config_t config = {
        .broker.address = {.hostname = options->host,
                           .port = options->port,
                           .transport =
                               options->tls ? MQTT_TRANSPORT_OVER_SSL : MQTT_TRANSPORT_OVER_TCP},
        .credentials = {.client_id = options->client_id,
                        .username = options->user,
                        .authentication.password = options->password},
        .session = {.last_will = {.topic = options->will_topic,
                                  .msg = options->will_topic ? options->will_payload : NULL,
                                  .qos = 1,
                                  .retain = 1},
                    .disable_clean_session = !options->clean_session,
                    .keepalive = options->keepalive_s,
                    .disable_keepalive = options->keepalive_s == 0,
                    .protocol_ver = MQTT_PROTOCOL_V_3_1_1,
                    .message_retransmit_timeout = RETRANSMIT_MS},
        .network = {.timeout_ms = NETWORK_MS,
                    .reconnect_timeout_ms = RECONNECT_MS,
                    .disable_auto_reconnect = true},
        .task = {.priority = ESP_PORT_MQTT_PRIORITY, .stack_size = STACK_BYTES},
        .buffer = {.size = BUFFER_BYTES, .out_size = OUT_BUFFER_BYTES},
        /* Above all that admit() lets under way, so that admit() is the one place that refuses. */
        .outbox.limit = PAYLOAD_MAX + 4 * WINDOW_BYTES,
    };

    if (options->tls && options->ca_pem)
        config.broker.verification.certificate = options->ca_pem;
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    else if (options->tls)
        config.broker.verification.crt_bundle_attach = esp_crt_bundle_attach;
#endif
    return esp_mqtt_client_init(&config);
}

/* In 5.3 the client's task writes to the client once more after it has said that it stopped. It
 * has a higher priority than this one, so on its own core it is through by now; the pause is for a
 * chip with two. */
static void end_client(void)
{
    if (!mqtt.client)
        return;
    (void)esp_mqtt_client_stop(mqtt.client);
    vTaskDelay(pdMS_TO_TICKS(GONE_MS) + 1);
    (void)esp_mqtt_client_destroy(mqtt.client);
    mqtt.client = NULL;
    drop_message();
}

/* Returns 0 or why there will be no connection. */
static int begin_client(void)
{
    atomic_store(&mqtt.lost, false);
    mqtt.error = ROOST_ERR_CLOSED;
    (void)xSemaphoreTake(mqtt.begun, 0);
    mqtt.client = make_client(&mqtt.options);
    if (!mqtt.client)
        return ROOST_ERR_NO_MEMORY;
    if (esp_mqtt_client_register_event(mqtt.client, MQTT_EVENT_ANY, on_event, NULL) != ESP_OK ||
        esp_mqtt_client_start(mqtt.client) != ESP_OK ||
        xSemaphoreTake(mqtt.begun, pdMS_TO_TICKS(BEGIN_MS)) != pdTRUE)
        return ROOST_ERR_NO_MEMORY;
    return 0;
}

static void work(void)
{
    unsigned request = atomic_exchange(&mqtt.request, REQUEST_NONE), attempt = request / 4;
    int status = 0;

    if (request % 4 == REQUEST_NONE || attempt == mqtt.done_attempt)
        return; /* an end that was asked for when the begin had failed already */
    if (request % 4 == REQUEST_OPEN) {
        status = begin_client();
        if (status == 0)
            return;
    }
    end_client();
    mqtt.done_attempt = attempt;
    post(ROOST_EV_MQTT_CLOSED, status, CLOSED_DONE);
}

/* ---- the device's task ---- */

static void ask(enum request request)
{
    atomic_store(&mqtt.request, mqtt.attempt * 4 + request);
    esp_port_worker_ask(mqtt.job);
}

static void end(int status)
{
    mqtt.state = MQTT_CLOSING;
    mqtt.status = status;
    ask(REQUEST_END);
}

static bool acked(struct roost_event *event)
{
    for (size_t i = 0; i < INFLIGHT && mqtt.state == MQTT_OPEN; i++) {
        if (mqtt.inflight[i].msg_id != (int)event->token)
            continue;
        event->token = (uint64_t)mqtt.inflight[i].token;
        mqtt.inflight_bytes -= mqtt.inflight[i].bytes;
        mqtt.inflight_count--;
        mqtt.inflight[i].msg_id = 0;
        return true;
    }
    return false;
}

static bool closed(struct roost_event *event)
{
    if (event->token == CLOSED_LOST) {
        if (mqtt.state == MQTT_CONNECTING || mqtt.state == MQTT_OPEN)
            end(event->status);
        return false;
    }
    event->token = 0;
    if (mqtt.state == MQTT_CLOSING)
        event->status = mqtt.status;
    mqtt.state = MQTT_CLOSED;
    memset(mqtt.inflight, 0, sizeof mqtt.inflight);
    mqtt.inflight_count = 0;
    mqtt.inflight_bytes = 0;
    return true;
}

static bool taken(struct roost_event *event)
{
    switch (event->type) {
    case ROOST_EV_MQTT_OPENED:
        if (mqtt.state != MQTT_CONNECTING)
            return false; /* it crossed the close on its way */
        mqtt.state = MQTT_OPEN;
        return true;
    case ROOST_EV_MQTT_ACKED:
        return acked(event);
    case ROOST_EV_MQTT_MESSAGE:
        return mqtt.state == MQTT_OPEN;
    case ROOST_EV_MQTT_CLOSED:
        return closed(event);
    default:
        return true;
    }
}

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    (void)ctx;
    if (mqtt.state != MQTT_CLOSED)
        return ROOST_ERR_BUSY;
    if (!options->host || !options->host[0] || !options->port)
        return ROOST_ERR_INVALID;
    mqtt.options = *options;
    mqtt.state = MQTT_CONNECTING;
    mqtt.attempt++;
    ask(REQUEST_OPEN);
    return 0;
}

/* -2 is what the client says of an outbox at its limit; everything else is a client that has lost
 * its connection and is about to say so. */
static int refusal(int result)
{
    return result == -2 ? ROOST_ERR_FULL : ROOST_ERR_CLOSED;
}

/* Whether there is room for `bytes` more under way. */
static int admit(size_t bytes, int qos)
{
    if (mqtt.inflight_count > 0 && mqtt.inflight_bytes + bytes > WINDOW_BYTES)
        return ROOST_ERR_FULL;
    if (qos > 0 && mqtt.inflight_count == INFLIGHT)
        return ROOST_ERR_FULL;
    if (bytes <= WINDOW_BYTES)
        return 0;
    /* Nothing would tell when a long message of QoS 0 is through. */
    if (qos == 0 || heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT) < bytes + OVERHEAD_BYTES ||
        heap_caps_get_free_size(MALLOC_CAP_DEFAULT) < bytes + HEAP_KEEP_BYTES)
        return ROOST_ERR_TOO_LONG;
    return 0;
}

static int remember(int msg_id, size_t bytes)
{
    size_t slot = 0;

    while (mqtt.inflight[slot].msg_id)
        slot++;
    mqtt.last_token = mqtt.last_token == INT32_MAX ? 1 : mqtt.last_token + 1;
    mqtt.inflight[slot].msg_id = msg_id;
    mqtt.inflight[slot].token = mqtt.last_token;
    mqtt.inflight[slot].bytes = bytes;
    mqtt.inflight_count++;
    mqtt.inflight_bytes += bytes;
    return mqtt.last_token;
}

static int mqtt_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                        bool retain)
{
    size_t bytes = strlen(topic) + len + OVERHEAD_BYTES;
    const char *data = len ? payload : NULL; /* with data, a length of 0 means "to its NUL" */

    (void)ctx;
    if (mqtt.state != MQTT_OPEN)
        return ROOST_ERR_CLOSED;
    if (len > PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = admit(bytes, qos);
    if (err)
        return err;
    bool alone = bytes > WINDOW_BYTES;
    int msg_id =
        alone ? esp_mqtt_client_enqueue(mqtt.client, topic, data, (int)len, qos, retain, true)
              : esp_mqtt_client_publish(mqtt.client, topic, data, (int)len, qos, retain);
    if (msg_id < 0)
        return alone && msg_id == -1 ? ROOST_ERR_TOO_LONG /* no memory for it */ : refusal(msg_id);
    return qos > 0 ? remember(msg_id, bytes) : 0;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    (void)ctx;
    if (mqtt.state != MQTT_OPEN)
        return ROOST_ERR_CLOSED;
    if (mqtt.inflight_bytes > WINDOW_BYTES)
        return ROOST_ERR_FULL;
    int msg_id = esp_mqtt_client_subscribe_single(mqtt.client, topic, 1);
    return msg_id < 0 ? refusal(msg_id) : 0;
}

/* What was published is with the network stack by now; the end sends DISCONNECT behind it. A long
 * message that the client's task has not begun with is not waited for. */
static int mqtt_close(void *ctx)
{
    (void)ctx;
    if (mqtt.state == MQTT_CONNECTING || mqtt.state == MQTT_OPEN)
        end(0);
    return 0;
}

static const struct roost_mqtt_ops mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    int job = esp_port_worker_job(work);
    if (job < 0)
        return job;
    mqtt.job = (unsigned)job;
    mqtt.begun = xSemaphoreCreateBinaryStatic(&mqtt.begun_memory);
    ROOST_ASSERT(mqtt.begun);
    esp_log_level_set("mqtt_client", ESP_LOG_WARN);
    port->mqtt = (struct roost_mqtt){&mqtt_ops, NULL};
    return 0;
}

const struct esp_driver esp_mqtt_driver = {.name = "MQTT",
                                           .needed = true,
                                           .init = init,
                                           .taken = taken,
                                           .stack_left = esp_port_worker_stack_left};
