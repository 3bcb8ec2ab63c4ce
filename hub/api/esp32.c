/* SPDX-License-Identifier: Apache-2.0 */
/* What every device may ask without a sign-in: where the hub's parts are, and its firmware. Names
 * and types are those of the devices in the field. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/err.h"
#include "hub/api/api_internal.h"
#include "core/url.h"

enum {
    HOST_MAX = API_HOST_MAX,
    ORIGIN_MAX = HOST_MAX + 24,
    URL_MAX = ROOST_MANIFEST_URL_MAX,
    PATH_SIZE = 128
};

static const char voice_path[] = "/api/v1/esp32/private/chat";
static const char firmware_path[] = "/api/v1/esp32/firmware";
static const char image_path[] = "/api/v1/esp32/firmware/image";
static const char cached[] = "public, max-age=600";
static const char retry_s[] = "5"; /* while an image is being replaced */

/* A request that waits for the firmware folder to be read. */
struct ask {
    struct api *api;
    const char *base; /* the path the device found this hub under */
    struct http_exchange *exchange;
    struct api_origin origin;
};

/* ---- where this hub is ---- */

/* Devices in the field look for this header on any connection; over plain HTTP it has no meaning
 * (RFC 6797 section 8.1). */
static void secure(struct http_exchange *exchange)
{
    http_answer_header(exchange, "Strict-Transport-Security", "max-age=31536000");
}

/* The server has checked it against ALLOWED_HOSTS. */
static int origin_of_host(struct api_origin *origin, const char *host)
{
    char text[HOST_MAX + 32], memory[sizeof text];
    struct roost_url url;

    if (!host || strlen(host) > HOST_MAX)
        return ROOST_ERR_INVALID;
    snprintf(text, sizeof text, "http://%s", host);
    if (roost_url_parse(&url, text, memory, sizeof memory) < 0 || url.user[0] || url.password[0] ||
        url.path[0])
        return ROOST_ERR_INVALID;
    snprintf(origin->host, sizeof origin->host, "%s", url.host);
    origin->port = url.port ? url.port : origin->tls ? 443 : 80;
    return 0;
}

int api_find_origin(const struct api *api, const struct http_request *request,
                    struct http_exchange *exchange, struct api_origin *origin)
{
    const struct api_public *said = &api->parts.public_origin;
    int err = 0;

    *origin = (struct api_origin){.port = said->port, .tls = said->tls};
    if (said->host[0] && strlen(said->host) <= HOST_MAX)
        snprintf(origin->host, sizeof origin->host, "%s", said->host);
    else
        err = origin_of_host(origin, http_header(request, "Host"));
    if (err < 0)
        http_fail(exchange, 400, "bad_host",
                  "Host: missing or malformed, and the hub has no ROOST_PUBLIC_URL");
    return err;
}

static void write_origin(const struct api_origin *origin, char out[ORIGIN_MAX])
{
    bool v6 = strchr(origin->host, ':') != NULL;
    bool usual = origin->port == (origin->tls ? 443 : 80);
    char port[8];

    snprintf(port, sizeof port, ":%u", origin->port);
    snprintf(out, ORIGIN_MAX, "http%s://%s%s%s%s", origin->tls ? "s" : "", v6 ? "[" : "",
             origin->host, v6 ? "]" : "", usual ? "" : port);
}

/* ---- config ---- */

static void put_servers(struct roost_json_writer *w, const char *list)
{
    roost_json_put_array(w, "ntp");
    for (;;) {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        if (len == 0)
            break;
        roost_json_strn(w, list, len);
        list += len;
    }
    roost_json_end(w);
}

static int write_config(const struct ask *ask, const char *firmware_version, const char *timestamp,
                        char *out, size_t size)
{
    const struct api_parts *parts = &ask->api->parts;
    struct roost_json_writer w;
    char voice[PATH_SIZE], firmware[PATH_SIZE];

    snprintf(voice, sizeof voice, "%s%s", ask->base, voice_path);
    snprintf(firmware, sizeof firmware, "%s%s", ask->base, firmware_path);
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "host", ask->origin.host);
    roost_json_put_int(&w, "port", ask->origin.port);
    roost_json_put_str(&w, "ws_path", voice);
    roost_json_put_str(&w, "firmware_endpoint", firmware);
    roost_json_put_bool(&w, "tls", ask->origin.tls);
    put_servers(&w, parts->public_origin.ntp_servers);
    roost_json_put_object(&w, "features");
    roost_json_put_bool(&w, "ota", release_has_folder(parts->release));
    roost_json_put_bool(&w, "strict_tls", ask->origin.tls);
    roost_json_put_bool(&w, "audio_streaming", parts->public_origin.voice);
    roost_json_put_bool(&w, "child_safety", parts->public_origin.voice);
    roost_json_end(&w);
    roost_json_put_str(&w, "app_version", parts->public_origin.version);
    roost_json_put_str(&w, "firmware_version", firmware_version);
    if (timestamp)
        roost_json_put_str(&w, "timestamp", timestamp);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

static void answer_config(void *ctx, const struct release_image *image)
{
    struct ask *ask = ctx;
    const struct host_clock *clock = ask->api->parts.clock;
    const char *version = image && image->state == RELEASE_READY ? image->manifest.version : "";
    char json[1536], etag[HTTP_ETAG_SIZE], now[ROOST_DATETIME_LEN + 1];

    roost_datetime_write(now, clock->ops->unix_ms(clock->ctx));
    /* The time does not make it another configuration. */
    int len = write_config(ask, version, NULL, json, sizeof json);
    if (len > 0)
        http_etag(etag, json, (size_t)len);
    if (len > 0)
        len = write_config(ask, version, now, json, sizeof json);
    secure(ask->exchange);
    if (len < 0)
        http_fail_err(ask->exchange, ROOST_ERR_INTERNAL, "the configuration did not fit");
    else
        http_answer_tagged(ask->exchange, "application/json", json, (size_t)len, etag, cached);
    free(ask);
}

/* ---- firmware ---- */

static void answer_absent(struct http_exchange *exchange, const struct release_image *image)
{
    secure(exchange);
    if (image && image->state == RELEASE_NONE) {
        http_fail(exchange, 404, "not_found", "no firmware is offered here");
        return;
    }
    http_answer_header(exchange, "Retry-After", retry_s);
    http_fail(exchange, 503, image ? "firmware_invalid" : "busy",
              image ? image->why : "too many ask for the firmware at this moment");
}

static void answer_manifest(void *ctx, const struct release_image *image)
{
    struct ask *ask = ctx;
    char json[ROOST_MANIFEST_MAX], origin[ORIGIN_MAX], url[URL_MAX + 1];

    if (!image || image->state != RELEASE_READY) {
        answer_absent(ask->exchange, image);
    } else {
        write_origin(&ask->origin, origin);
        int url_len = snprintf(url, sizeof url, "%s%s%s", origin, ask->base, image_path);
        int len = url_len < (int)sizeof url
                      ? firmware_manifest_write(json, sizeof json, &image->manifest, url)
                      : ROOST_ERR_TOO_LONG;
        secure(ask->exchange);
        if (len < 0)
            http_fail_err(ask->exchange, ROOST_ERR_INTERNAL, "manifest");
        else
            http_answer_cached(ask->exchange, "application/json", json, (size_t)len, cached);
    }
    free(ask);
}

static void answer_image(void *ctx, const struct release_image *image)
{
    struct ask *ask = ctx;
    char etag[sizeof image->manifest.sha256 + 2];

    if (!image || image->state != RELEASE_READY) {
        answer_absent(ask->exchange, image);
    } else {
        snprintf(etag, sizeof etag, "\"%s\"", image->manifest.sha256);
        secure(ask->exchange);
        release_hold(image);
        http_answer_borrowed(ask->exchange, "application/octet-stream", image->bytes, image->len,
                             etag, "no-cache", release_drop, (void *)image);
    }
    free(ask);
}

static void ask_release(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange, release_fn answer)
{
    struct api *api = ctx;
    struct api_origin origin;

    if (api_find_origin(api, request, exchange, &origin) < 0)
        return;
    struct ask *ask = malloc(sizeof *ask);
    if (!ask) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    *ask = (struct ask){
        .api = api, .base = http_base_path(request), .exchange = exchange, .origin = origin};
    release_get(api->parts.release, answer, ask);
}

void api_esp32_config(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    ask_release(ctx, request, exchange, answer_config);
}

void api_esp32_firmware(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    ask_release(ctx, request, exchange, answer_manifest);
}

void api_esp32_image(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    ask_release(ctx, request, exchange, answer_image);
}
