/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads: esp_http_client in a task of its own, because it blocks and a TLS handshake needs
 * stack. One part is between the two tasks at a time: the download's task fills it and waits until
 * the device's task has handed it over; so a device that is slow to write its flash slows the
 * sender down by TCP, and nothing is queued.
 *
 *      IDLE --get--> ASKED --> runs: part READY --> taken --> ... --> end READY --> IDLE
 *                                  cancel, at any point: nothing of it is handed over any more
 *
 * Redirects are followed here, up to REDIRECTS_MAX, with a new client each: by the client's own
 * means a relative one, or one that leaves https, cannot be told before it was followed.
 */
#include "port/esp-idf/esp_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "esp_http_client.h"
#include "esp_tls.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#endif

#include "core/assert.h"
#include "core/err.h"
#include "proto/fleet/manifest.h"
#include "port/esp-idf/esp_queue.h"

enum {
    STACK_BYTES = 8192, /* a TLS handshake with certificates of RSA takes 5 KB of it */
    TIMEOUT_MS = 10000, /* of a connect and of each read */
    BUFFER_BYTES = 1024,
    REDIRECTS_MAX = 3,
    URL_MAX = ROOST_MANIFEST_URL_MAX,
};

/* What the device's task wants. It is written and copied outside of the lock, as a URL is long: its
 * number, which only changes under the lock, tells whether it is still the one that was copied. */
struct order {
    unsigned number; /* counts; 0: none yet */
    char url[URL_MAX + 1];
    const char *ca_pem;
    uint64_t offset;
};

/* Beside the rest, which begins as zeros and takes no place in the image. */
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

static struct {
    SemaphoreHandle_t ordered, taken;
    StaticSemaphore_t ordered_memory, taken_memory;
    TaskHandle_t task;
    StaticTask_t task_memory;
    struct order order;
    bool running; /* an order was given, and neither handed over to its end nor cancelled */
    bool ready;   /* `event` waits for the device's task; else it is the download's */
    struct roost_event event;
    /* The download's task. */
    struct order current;
    int tls_err, tls_flags;
    char location[URL_MAX + 1];
    uint8_t part[ROOST_HTTP_PART_MAX];
    _Alignas(16) StackType_t stack[STACK_BYTES / sizeof(StackType_t)];
} http;

/* ---- the download's task ---- */

static bool cancelled(void)
{
    portENTER_CRITICAL(&lock);
    bool gone = !http.running || http.order.number != http.current.number;
    portEXIT_CRITICAL(&lock);
    return gone;
}

/* Leaves an event for the device's task and waits until it was taken. False: cancelled. */
static bool hand_over(const struct roost_event *event)
{
    http.event = *event; /* not ready: it is this task's */
    portENTER_CRITICAL(&lock);
    bool wanted = http.running && http.order.number == http.current.number;
    http.ready = wanted;
    portEXIT_CRITICAL(&lock);
    if (!wanted)
        return false;
    esp_queue_wake();
    (void)xSemaphoreTake(http.taken, portMAX_DELAY);
    return !cancelled();
}

static bool is_secure(const char *url)
{
    return strncmp(url, "https://", 8) == 0;
}

static bool is_url(const char *url)
{
    return is_secure(url) ? url[8] != '\0' : strncmp(url, "http://", 7) == 0 && url[7] != '\0';
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    if (event->event_id == HTTP_EVENT_ERROR && event->data) {
        http.tls_err = esp_tls_get_and_clear_last_error(event->data, NULL, &http.tls_flags);
    } else if (event->event_id == HTTP_EVENT_ON_HEADER &&
               strcasecmp(event->header_key, "Location") == 0) {
        size_t len = strlen(event->header_value);
        if (len <= URL_MAX)
            memcpy(http.location, event->header_value, len + 1);
    }
    return ESP_OK;
}

/* The URL a redirect leads to, into current.url. */
static int follow(void)
{
    struct order *current = &http.current;

    if (http.location[0] == '/' && http.location[1] != '/') {
        char *path = strchr(current->url + (is_secure(current->url) ? 8 : 7), '/');
        size_t origin = path ? (size_t)(path - current->url) : strlen(current->url);
        if (origin + strlen(http.location) > URL_MAX)
            return ROOST_ERR_REFUSED;
        memcpy(current->url + origin, http.location, strlen(http.location) + 1);
        return 0;
    }
    if (!is_url(http.location))
        return ROOST_ERR_REFUSED; /* none, too long, or of another protocol */
    if (is_secure(current->url) && !is_secure(http.location))
        return ROOST_ERR_UNSUPPORTED;
    memcpy(current->url, http.location, sizeof current->url);
    return 0;
}

static int status_error(int code)
{
    if (code == 404 || code == 410)
        return ROOST_ERR_NOT_FOUND;
    /* 200 is the whole file from its beginning, which does not follow what is there already. */
    if (http.current.offset > 0)
        return code == 206 ? 0 : code == 200 ? ROOST_ERR_UNSUPPORTED : ROOST_ERR_REFUSED;
    return code == 200 ? 0 : ROOST_ERR_REFUSED;
}

static bool is_redirect(int code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

static int read_body(esp_http_client_handle_t client)
{
    uint64_t offset = http.current.offset;

    for (;;) {
        int len = esp_http_client_read(client, (char *)http.part, sizeof http.part);
        if (len == -ESP_ERR_HTTP_EAGAIN)
            return ROOST_ERR_TIMEOUT;
        if (len <= 0)
            return len == 0 && esp_http_client_is_complete_data_received(client) ? 0
                                                                                 : ROOST_ERR_CLOSED;
        const struct roost_event event = {
            .type = ROOST_EV_HTTP_DATA, .token = offset, .data = http.part, .len = (size_t)len};
        if (!hand_over(&event))
            return 0;
        offset += (unsigned)len;
    }
}

static esp_http_client_handle_t make_client(void)
{
    esp_http_client_config_t config = {.url = http.current.url,
                                       .user_agent = "roost",
                                       .method = HTTP_METHOD_GET,
                                       .timeout_ms = TIMEOUT_MS,
                                       .disable_auto_redirect = true,
                                       .max_authorization_retries = -1, /* none; 0 is its default */
                                       .event_handler = on_event,
                                       .buffer_size = BUFFER_BYTES,
                                       .buffer_size_tx = BUFFER_BYTES};

    if (http.current.ca_pem)
        config.cert_pem = http.current.ca_pem;
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    else if (is_secure(http.current.url))
        config.crt_bundle_attach = esp_crt_bundle_attach;
#endif
    return esp_http_client_init(&config);
}

/* One request up to the end of the body, or to a redirect: then *code says so. */
static int request(int *code)
{
    char range[32];
    esp_http_client_handle_t client = make_client();

    *code = 0;
    http.tls_err = ESP_OK;
    http.tls_flags = 0;
    http.location[0] = '\0';
    if (!client)
        return ROOST_ERR_NO_MEMORY;
    if (http.current.offset > 0) {
        snprintf(range, sizeof range, "bytes=%" PRIu64 "-", http.current.offset);
        (void)esp_http_client_set_header(client, "Range", range);
    }
    int err = 0;
    if (esp_http_client_open(client, 0) != ESP_OK) {
        err = esp_port_tls_error(http.tls_err, http.tls_flags, esp_http_client_get_errno(client));
    } else {
        int64_t length = esp_http_client_fetch_headers(client);
        if (length < 0)
            err = length == -ESP_ERR_HTTP_EAGAIN ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED;
    }
    if (!err) {
        *code = esp_http_client_get_status_code(client);
        if (!is_redirect(*code)) {
            err = status_error(*code);
            if (!err)
                err = read_body(client);
        }
    }
    (void)esp_http_client_cleanup(client); /* closes it too */
    return err;
}

static void download(void)
{
    struct roost_event done = {.type = ROOST_EV_HTTP_DONE};
    int code = 0;

    for (unsigned redirects = 0;; redirects++) {
        done.status = request(&code);
        if (done.status || !is_redirect(code) || cancelled())
            break;
        done.status = redirects < REDIRECTS_MAX ? follow() : ROOST_ERR_REFUSED;
        if (done.status)
            break;
    }
    done.token = (uint64_t)code;
    (void)hand_over(&done);
}

/* False: there is none any more, or another one took its place meanwhile, which is told anew. */
static bool take_order(void)
{
    portENTER_CRITICAL(&lock);
    bool wanted = http.running;
    unsigned number = http.order.number;
    portEXIT_CRITICAL(&lock);
    if (!wanted)
        return false;
    http.current = http.order;
    portENTER_CRITICAL(&lock);
    wanted = http.running && http.order.number == number;
    portEXIT_CRITICAL(&lock);
    return wanted;
}

static void run(void *unused)
{
    (void)unused;
    for (;;) {
        (void)xSemaphoreTake(http.ordered, portMAX_DELAY);
        if (take_order())
            download();
    }
}

/* ---- the device's task ---- */

static void give_back(bool end)
{
    portENTER_CRITICAL(&lock);
    bool waits = http.ready;
    http.ready = false;
    if (end)
        http.running = false;
    portEXIT_CRITICAL(&lock);
    if (waits)
        (void)xSemaphoreGive(http.taken);
}

static int deliver(roost_post_fn post, void *device)
{
    portENTER_CRITICAL(&lock);
    bool ready = http.ready;
    portEXIT_CRITICAL(&lock);
    if (!ready)
        return 0;
    /* The event stays as it is while it is ready: the download's task waits. */
    const struct roost_event event = http.event;
    unsigned number = http.order.number;
    int err = post(device, &event);
    if (err == ROOST_ERR_FULL)
        return err;
    if (http.running && http.order.number == number) /* the sink may have cancelled it */
        give_back(event.type == ROOST_EV_HTTP_DONE);
    return 0;
}

static int http_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    (void)ctx;
    if (http.running)
        return ROOST_ERR_BUSY;
    if (!is_url(url))
        return ROOST_ERR_INVALID;
    if (strlen(url) > URL_MAX)
        return ROOST_ERR_TOO_LONG;
    portENTER_CRITICAL(&lock);
    http.order.number++;
    portEXIT_CRITICAL(&lock);
    http.order.offset = offset;
    http.order.ca_pem = ca_pem;
    memcpy(http.order.url, url, strlen(url) + 1);
    portENTER_CRITICAL(&lock);
    http.running = true;
    portEXIT_CRITICAL(&lock);
    (void)xSemaphoreGive(http.ordered);
    return 0;
}

/* The download's task finds out at its next part, or when the network answers or does not. A new
 * order waits for that; until then the certificates of the old one are in use. */
static int http_cancel(void *ctx)
{
    (void)ctx;
    give_back(true);
    return 0;
}

static const struct roost_http_ops http_ops = {.get = http_get, .cancel = http_cancel};

static uint32_t stack_left(void)
{
    return (uint32_t)(uxTaskGetStackHighWaterMark(http.task) * sizeof(StackType_t));
}

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    http.ordered = xSemaphoreCreateBinaryStatic(&http.ordered_memory);
    http.taken = xSemaphoreCreateBinaryStatic(&http.taken_memory);
    ROOST_ASSERT(http.ordered && http.taken);
    http.task = xTaskCreateStaticPinnedToCore(
        run, "roost-http", sizeof http.stack / sizeof(StackType_t), NULL, ESP_PORT_HTTP_PRIORITY,
        http.stack, &http.task_memory, tskNO_AFFINITY);
    port->http = (struct roost_http){&http_ops, NULL};
    return http.task ? 0 : ROOST_ERR_NO_MEMORY;
}

const struct esp_driver esp_http_driver = {
    .name = "download", .needed = true, .init = init, .deliver = deliver, .stack_left = stack_left};
