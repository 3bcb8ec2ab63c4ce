/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads and uploads: esp_http_client in a task of its own, because it blocks and a TLS
 * handshake needs stack. FTP is esp_ftp.h's, where the board lists ESP_FTP. One part is between the
 * two tasks at a time: the download's task fills it and waits until the device's task has handed it
 * over; so a device that is slow to write its flash slows the sender down by TCP, and nothing is
 * queued.
 *
 *      IDLE --get--> ASKED --> runs: part READY --> taken --> ... --> end READY --> IDLE
 *                                  cancel, at any point: nothing of it is handed over any more
 *
 * An upload turns it round: HTTP_ROOM is READY until the device has filled the part, or said that
 * this was all.
 *
 * Redirects of a download are followed here, up to REDIRECTS_MAX, with a new client each: by the
 * client's own means a relative one, or one that leaves https, cannot be told before it was
 * followed.
 */
#include "port/esp-idf/esp_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "esp_http_client.h"
#include "esp_tls.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "esp_crt_bundle.h"

#include "core/assert.h"
#include "core/err.h"
#include "core/url.h"
#include "proto/fleet/manifest.h"
#include "port/esp-idf/esp_ftp.h"
#include "port/esp-idf/esp_queue.h"
#include "port/esp-idf/esp_trust.h"

#if !CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#error "esp-tls calls our hook (esp_trust.h) with CONFIG_MBEDTLS_CERTIFICATE_BUNDLE only"
#endif

enum {
    STACK_BYTES = 8192, /* a TLS handshake with certificates of RSA takes 5 KB of it */
    TIMEOUT_MS = 10000, /* of a connect and of each read */
    BUFFER_BYTES = 1024,
    REDIRECTS_MAX = 3,
    URL_MAX = ROOST_MANIFEST_URL_MAX,
    USER_MAX = 64,    /* and of a password */
    STALL_MS = 30000, /* for the device to write something */
};

/* What the device's task wants. It is written and copied outside of the lock, as a URL is long: its
 * number, which only changes under the lock, tells whether it is still the one that was copied. */
struct order {
    unsigned number; /* counts; 0: none yet */
    char url[URL_MAX + 1];
    struct roost_http_request request; /* but for the URL */
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
    const struct roost_port *port;
    /* Of an upload, the device's task while `event` is a ready HTTP_ROOM, else the other one. */
    size_t filled;
    bool told;                 /* the device was told of the room */
    bool uploading, whole;     /* an upload wants its body; it has all of it */
    uint64_t up_len, up_taken; /* the device's task */
    /* The download's task. */
    struct esp_trust trust;
    bool trusts;
    enum roost_tls_failure failure;
    struct order current;
    int tls_err, tls_code, tls_flags;
    char user[USER_MAX + 1], password[USER_MAX + 1];
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

/* Has the device fill the part. Returns its length, 0: the body is over, or an error: CLOSED when
 * it was cancelled, TIMEOUT. */
static int next_part(void *unused, void *out, size_t size)
{
    (void)unused;
    (void)out; /* http.part, whole */
    (void)size;
    http.event = (struct roost_event){.type = ROOST_EV_HTTP_ROOM};
    http.filled = 0;
    http.told = false;
    portENTER_CRITICAL(&lock);
    bool wanted = http.running && http.order.number == http.current.number;
    bool over = wanted && http.whole;
    http.ready = wanted && !over;
    portEXIT_CRITICAL(&lock);
    if (!wanted || over)
        return over ? 0 : ROOST_ERR_CLOSED;
    esp_queue_wake();
    if (xSemaphoreTake(http.taken, pdMS_TO_TICKS(STALL_MS)) != pdTRUE) {
        portENTER_CRITICAL(&lock);
        bool silent = http.ready;
        http.ready = false;
        portEXIT_CRITICAL(&lock);
        if (silent)
            return ROOST_ERR_TIMEOUT;
        (void)xSemaphoreTake(http.taken, portMAX_DELAY); /* it is given at this moment */
    }
    return cancelled() ? ROOST_ERR_CLOSED : (int)http.filled;
}

static bool is_secure(const char *url)
{
    return strncmp(url, "https://", 8) == 0;
}

static bool is_url(const char *url)
{
    return is_secure(url) ? url[8] != '\0' : strncmp(url, "http://", 7) == 0 && url[7] != '\0';
}

static bool is_ftp(const char *url)
{
    return strncmp(url, "ftp://", 6) == 0;
}

static esp_err_t on_event(esp_http_client_event_t *event)
{
    if (event->event_id == HTTP_EVENT_ERROR && event->data) {
        http.tls_err =
            esp_tls_get_and_clear_last_error(event->data, &http.tls_code, &http.tls_flags);
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
    if (http.current.request.offset > 0)
        return code == 206 ? 0 : code == 200 ? ROOST_ERR_UNSUPPORTED : ROOST_ERR_REFUSED;
    return code == 200 ? 0 : ROOST_ERR_REFUSED;
}

static bool is_redirect(int code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

static int read_body(esp_http_client_handle_t client)
{
    uint64_t offset = http.current.request.offset;

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

/* esp-tls's hook for a bundle of authorities: it is the only one. */
static esp_err_t attach(void *conf)
{
    if (esp_trust_configure(&http.trust, conf) != 0)
        return ESP_FAIL;
    return esp_trust_decides(&http.trust) ? ESP_OK : esp_crt_bundle_attach(conf);
}

/* What the URL says beside the place: user and password leave it here, and the host is whose
 * certificate is looked for. */
static int prepare(void)
{
    char memory[URL_MAX + 1], *url = http.current.url;
    struct roost_url parts;
    int err = roost_url_parse(&parts, url, memory, sizeof memory);

    if (err)
        return err;
    if (strlen(parts.user) > USER_MAX || strlen(parts.password) > USER_MAX)
        return ROOST_ERR_TOO_LONG;
    memcpy(http.user, parts.user, strlen(parts.user) + 1);
    memcpy(http.password, parts.password, strlen(parts.password) + 1);
    char *login = strstr(url, "://") + 3, *end = login + strcspn(login, "/?#"), *at = NULL;
    for (char *c = login; c < end; c++)
        if (*c == '@')
            at = c;
    if (at)
        memmove(login, at + 1, strlen(at + 1) + 1);
    if (!is_secure(url))
        return 0;
    const struct roost_http_request *asked = &http.current.request;
    err = esp_trust_begin(&http.trust, http.port, asked->tls, asked->ca_pem, parts.host);
    http.trusts = !err;
    return err;
}

static int connect_error(esp_http_client_handle_t client)
{
    enum roost_tls_failure failure =
        http.trusts ? esp_trust_failure(&http.trust, http.tls_code, (uint32_t)http.tls_flags)
                    : ROOST_TLS_NONE;

    http.failure = failure;
    if (failure != ROOST_TLS_NONE)
        return ROOST_ERR_CRYPTO;
    return esp_port_tls_error(http.tls_err, http.tls_flags, esp_http_client_get_errno(client));
}

static esp_http_client_handle_t make_client(void)
{
    static const esp_http_client_method_t methods[] = {
        [ROOST_HTTP_GET] = HTTP_METHOD_GET,
        [ROOST_HTTP_PUT] = HTTP_METHOD_PUT,
        [ROOST_HTTP_POST] = HTTP_METHOD_POST,
    };
    esp_http_client_config_t config = {.url = http.current.url,
                                       .user_agent = "roost",
                                       .method = methods[http.current.request.method],
                                       .username = http.user[0] ? http.user : NULL,
                                       .password = http.user[0] ? http.password : NULL,
                                       .auth_type = http.user[0] ? HTTP_AUTH_TYPE_BASIC
                                                                 : HTTP_AUTH_TYPE_NONE,
                                       .timeout_ms = TIMEOUT_MS,
                                       .disable_auto_redirect = true,
                                       .max_authorization_retries = -1, /* none; 0 is its default */
                                       .event_handler = on_event,
                                       .buffer_size = BUFFER_BYTES,
                                       .buffer_size_tx = BUFFER_BYTES};

    if (is_secure(http.current.url))
        config.crt_bundle_attach = attach;
    return esp_http_client_init(&config);
}

static bool write_all(esp_http_client_handle_t client, const void *data, int len)
{
    const char *at = data;

    while (len > 0) {
        int sent = esp_http_client_write(client, at, len);
        if (sent <= 0)
            return false;
        at += sent;
        len -= sent;
    }
    return true;
}

/* RFC 9112, 7.1; the length 0 ends the body. */
static bool write_chunk(esp_http_client_handle_t client, int len)
{
    char size[16];
    int digits = snprintf(size, sizeof size, "%x\r\n", (unsigned)len);

    return write_all(client, size, digits) && write_all(client, http.part, len) &&
           write_all(client, "\r\n", 2);
}

/* Sends the body. What a server has to say when it stops taking it is read afterwards. */
static int send_body(esp_http_client_handle_t client)
{
    bool chunked = http.current.request.len == ROOST_HTTP_LEN_UNKNOWN;
    uint64_t left = http.current.request.len;

    for (;;) {
        int len = left > 0 ? next_part(NULL, http.part, sizeof http.part) : 0;
        if (len < 0)
            return len;
        bool sent = chunked ? write_chunk(client, len) : write_all(client, http.part, len);
        if (!sent || len == 0)
            return 0;
        if (!chunked)
            left -= (unsigned)len;
    }
}

static int upload_error(int code)
{
    if (code / 100 == 2)
        return 0;
    if (code == 401 || code == 403 || code == 407)
        return ROOST_ERR_AUTH;
    if (code == 404 || code == 410)
        return ROOST_ERR_NOT_FOUND;
    if (code == 507)
        return ROOST_ERR_NO_SPACE;
    return code / 100 == 3 ? ROOST_ERR_UNSUPPORTED : ROOST_ERR_REFUSED;
}

static int open_request(esp_http_client_handle_t client)
{
    const struct roost_http_request *asked = &http.current.request;
    char range[32];
    int len = 0;

    if (asked->method != ROOST_HTTP_GET) {
        len = asked->len == ROOST_HTTP_LEN_UNKNOWN ? -1 : (int)asked->len;
        (void)esp_http_client_set_header(client, "Content-Type",
                                         asked->type ? asked->type : "application/octet-stream");
    } else if (asked->offset > 0) {
        snprintf(range, sizeof range, "bytes=%" PRIu64 "-", asked->offset);
        (void)esp_http_client_set_header(client, "Range", range);
    }
    return esp_http_client_open(client, len) == ESP_OK ? 0 : connect_error(client);
}

static int exchange(esp_http_client_handle_t client, int *code)
{
    bool upload = http.current.request.method != ROOST_HTTP_GET;
    int err = open_request(client);

    if (!err && upload)
        err = send_body(client);
    if (err)
        return err;
    int64_t length = esp_http_client_fetch_headers(client);
    if (length < 0)
        return length == -ESP_ERR_HTTP_EAGAIN ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED;
    *code = esp_http_client_get_status_code(client);
    if (upload)
        return upload_error(*code);
    if (is_redirect(*code))
        return 0;
    err = status_error(*code);
    return err ? err : read_body(client);
}

/* One request up to the end of the body, or to a redirect: then *code says so. */
static int request(int *code)
{
    *code = 0;
    http.tls_err = ESP_OK;
    http.tls_code = http.tls_flags = 0;
    http.failure = ROOST_TLS_NONE;
    http.location[0] = '\0';
    int err = prepare();
    if (err)
        return err;
    esp_http_client_handle_t client = make_client();
    err = client ? exchange(client, code) : ROOST_ERR_NO_MEMORY;
    if (client)
        (void)esp_http_client_cleanup(client); /* closes it too */
    if (http.trusts)
        esp_trust_end(&http.trust);
    http.trusts = false;
    memset(http.password, 0, sizeof http.password);
    return err;
}

/* ---- FTP ---- */

static int (*run_ftp)(const struct esp_ftp_options *options, int *code); /* NULL: not listed */

static bool take_part(void *ctx, const void *data, size_t len)
{
    uint64_t *offset = ctx;
    const struct roost_event event = {
        .type = ROOST_EV_HTTP_DATA, .token = *offset, .data = data, .len = len};

    *offset += len;
    return hand_over(&event);
}

static int transfer_file(int *code)
{
    const struct roost_http_request *asked = &http.current.request;
    uint64_t offset = asked->offset;
    const struct esp_ftp_options options = {.url = http.current.url,
                                            .store = asked->method != ROOST_HTTP_GET,
                                            .offset = offset,
                                            .part = take_part,
                                            .body = next_part,
                                            .ctx = &offset,
                                            .buffer = http.part,
                                            .size = sizeof http.part,
                                            .timeout_ms = STALL_MS};

    return run_ftp(&options, code);
}

static int init_ftp(const void *config, struct roost_port *port)
{
    (void)config;
    (void)port;
    run_ftp = esp_ftp_run;
    return 0;
}

const struct esp_driver esp_ftp_driver = {.name = "FTP", .init = init_ftp};

/* ---- one order ---- */

static void download(void)
{
    struct roost_event done = {.type = ROOST_EV_HTTP_DONE};
    bool follows = http.current.request.method == ROOST_HTTP_GET;
    int code = 0;

    if (is_ftp(http.current.url)) {
        done.status = transfer_file(&code);
    } else {
        for (unsigned redirects = 0;; redirects++) {
            done.status = request(&code);
            if (done.status || !follows || !is_redirect(code) || cancelled())
                break;
            done.status = redirects < REDIRECTS_MAX ? follow() : ROOST_ERR_REFUSED;
            if (done.status)
                break;
        }
    }
    done.token = (uint64_t)code;
    if (done.status == ROOST_ERR_CRYPTO)
        done.token = http.failure != ROOST_TLS_NONE ? http.failure : ROOST_TLS_OTHER;
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
    struct roost_event event = http.event;
    unsigned number = http.order.number;
    bool room = event.type == ROOST_EV_HTTP_ROOM;
    if (room && http.told)
        return 0;
    if (room)
        event.token = http.up_taken;
    int err = post(device, &event);
    if (err == ROOST_ERR_FULL)
        return err;
    if (!http.running || http.order.number != number) /* the sink may have cancelled it */
        return 0;
    if (room)
        http.told = true;
    else
        give_back(event.type == ROOST_EV_HTTP_DONE);
    return 0;
}

static int http_start(void *ctx, const struct roost_http_request *request)
{
    (void)ctx;
    if (http.running)
        return ROOST_ERR_BUSY;
    if (is_ftp(request->url) && !run_ftp)
        return ROOST_ERR_UNSUPPORTED;
    if (!is_url(request->url) && !(is_ftp(request->url) && request->url[6] != '\0'))
        return ROOST_ERR_INVALID;
    if (strlen(request->url) > URL_MAX)
        return ROOST_ERR_TOO_LONG;
    if (request->len > INT_MAX && request->len != ROOST_HTTP_LEN_UNKNOWN)
        return ROOST_ERR_RANGE;
    portENTER_CRITICAL(&lock);
    http.order.number++;
    portEXIT_CRITICAL(&lock);
    http.order.request = *request;
    memcpy(http.order.url, request->url, strlen(request->url) + 1);
    http.uploading = request->method != ROOST_HTTP_GET;
    http.whole = request->len == 0;
    http.up_len = request->len;
    http.up_taken = 0;
    portENTER_CRITICAL(&lock);
    http.running = true;
    portEXIT_CRITICAL(&lock);
    (void)xSemaphoreGive(http.ordered);
    return 0;
}

static int http_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    const struct roost_http_request request = {.url = url, .offset = offset, .ca_pem = ca_pem};

    return is_ftp(url) ? ROOST_ERR_INVALID : http_start(ctx, &request);
}

/* The part is the device's while a told HTTP_ROOM is ready. */
static int http_write(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    portENTER_CRITICAL(&lock);
    bool ready = http.ready;
    bool over = !http.running || !http.uploading || http.whole ||
                (ready && http.event.type == ROOST_EV_HTTP_DONE);
    if (!over && len == 0)
        http.whole = true;
    portEXIT_CRITICAL(&lock);
    if (over)
        return ROOST_ERR_STATE;
    if (len > http.up_len - http.up_taken)
        return ROOST_ERR_RANGE;
    if (!ready)
        return 0; /* HTTP_ROOM follows, unless that was all */
    size_t room = sizeof http.part - http.filled, taken = len < room ? len : room;
    if (taken)
        memcpy(http.part + http.filled, data, taken);
    http.filled += taken;
    http.up_taken += taken;
    if (http.up_taken == http.up_len)
        http.whole = true;
    if (http.whole || http.filled == sizeof http.part)
        give_back(false);
    return (int)taken;
}

/* The download's task finds out at its next part, or when the network answers or does not. A new
 * order waits for that; until then the certificates of the old one are in use. */
static int http_cancel(void *ctx)
{
    (void)ctx;
    give_back(true);
    return 0;
}

static const struct roost_http_ops http_ops = {
    .get = http_get, .cancel = http_cancel, .start = http_start, .write = http_write};

static uint32_t stack_left(void)
{
    return (uint32_t)(uxTaskGetStackHighWaterMark(http.task) * sizeof(StackType_t));
}

static int init(const void *config, struct roost_port *port)
{
    (void)config;
    http.port = port;
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
