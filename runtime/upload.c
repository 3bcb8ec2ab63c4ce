/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/upload.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"

enum { NO_SUCH = 404, NOT_ALLOWED = 405, NOT_IMPLEMENTED = 501 };

static bool by_ftp(const char *url)
{
    return strncmp(url, "ftp://", 6) == 0;
}

/* What is between the URL and the file's name: NULL, the URL is the file's. */
static const char *joint(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = strchr(host ? host + 3 : url, '/');
    const char *last = strrchr(url, '/');

    if (!path)
        return "/";
    if (last[1] == '\0')
        return "";
    return by_ftp(url) && !strchr(last, '.') ? "/" : NULL;
}

void roost_upload_init(struct roost_upload *upload, const struct roost_port *port,
                       const struct roost_upload_source *source)
{
    memset(upload, 0, sizeof *upload);
    upload->port = port;
    upload->source = *source;
}

int roost_upload_begin(struct roost_upload *upload, const struct roost_upload_order *order,
                       const char *name)
{
    const char *between = joint(order->url);
    size_t len = strlen(order->url), name_len = strlen(name);

    if (len > ROOST_UPLOAD_URL_MAX || name_len > ROOST_UPLOAD_NAME_MAX)
        return ROOST_ERR_TOO_LONG;
    roost_upload_cancel(upload);
    memcpy(upload->url, order->url, len + 1);
    if (between) {
        size_t more = strlen(between);

        memcpy(upload->url + len, between, more);
        memcpy(upload->url + len + more, name, name_len + 1);
    }
    upload->request = (struct roost_http_request){.url = upload->url,
                                                  .method = ROOST_HTTP_PUT,
                                                  .len = ROOST_HTTP_LEN_UNKNOWN,
                                                  .type = order->type,
                                                  .ca_pem = order->ca_pem,
                                                  .tls = order->tls};
    upload->state = ROOST_UPLOAD_WAITING;
    upload->posts = false;
    upload->left = order->retries;
    upload->retry_ms = order->retry_ms;
    upload->attempts = 0;
    upload->due_ms = 0;
    return 0;
}

/* The URL may hold a password. */
static void forget_url(struct roost_upload *upload)
{
    memset(upload->url, 0, sizeof upload->url);
}

void roost_upload_cancel(struct roost_upload *upload)
{
    const struct roost_http *http = &upload->port->http;

    if (upload->state == ROOST_UPLOAD_SENDING)
        (void)http->ops->cancel(http->ctx);
    upload->state = ROOST_UPLOAD_IDLE;
    forget_url(upload);
}

bool roost_upload_post(struct roost_upload *upload, const struct roost_event *event)
{
    if (upload->state != ROOST_UPLOAD_SENDING ||
        (event->type != ROOST_EV_HTTP_ROOM && event->type != ROOST_EV_HTTP_DONE))
        return false;
    if (event->type == ROOST_EV_HTTP_ROOM) {
        upload->room = true;
    } else {
        upload->done = true;
        upload->err = event->status;
        upload->code = (int32_t)event->token;
    }
    return true;
}

/* ---- an attempt ---- */

static void over(struct roost_upload *upload)
{
    upload->state = ROOST_UPLOAD_OVER;
    forget_url(upload);
}

/* Another attempt would end as this one. */
static bool hopeless(int err)
{
    return err == ROOST_ERR_INVALID || err == ROOST_ERR_UNSUPPORTED || err == ROOST_ERR_AUTH;
}

static bool wants_post(const struct roost_upload *upload)
{
    return !upload->posts && !by_ftp(upload->url) &&
           (upload->code == NO_SUCH || upload->code == NOT_ALLOWED ||
            upload->code == NOT_IMPLEMENTED);
}

static void conclude(struct roost_upload *upload, uint64_t now_ms)
{
    if (upload->err == 0 || hopeless(upload->err)) {
        over(upload);
    } else if (wants_post(upload)) {
        upload->posts = true;
        upload->request.method = ROOST_HTTP_POST;
        upload->state = ROOST_UPLOAD_WAITING;
        upload->due_ms = now_ms;
    } else if (upload->left == 0) {
        over(upload);
    } else {
        upload->left--;
        upload->state = ROOST_UPLOAD_WAITING;
        upload->due_ms = now_ms + upload->retry_ms;
    }
}

static bool has_other_scheme(const char *url)
{
    return strstr(url, "://") && strncmp(url, "http://", 7) != 0 &&
           strncmp(url, "https://", 8) != 0 && !by_ftp(url);
}

static void attempt(struct roost_upload *upload, uint64_t now_ms)
{
    const struct roost_http *http = &upload->port->http;
    int err = http->ops && http->ops->start ? http->ops->start(http->ctx, &upload->request)
                                            : ROOST_ERR_UNSUPPORTED;

    if (err == ROOST_ERR_BUSY) {
        upload->due_ms = now_ms + ROOST_UPLOAD_BUSY_MS;
        return;
    }
    upload->attempts++;
    upload->err =
        err == ROOST_ERR_INVALID && has_other_scheme(upload->url) ? ROOST_ERR_UNSUPPORTED : err;
    upload->code = 0;
    if (err < 0) {
        conclude(upload, now_ms);
        return;
    }
    upload->state = ROOST_UPLOAD_SENDING;
    upload->room = upload->done = upload->ended = false;
    upload->at = upload->len = 0;
    upload->sent_bytes = 0;
    upload->source.begin(upload->source.ctx);
}

/* The body, as far as there is room for it. What the port has against it, HTTP_DONE says. */
static void feed(struct roost_upload *upload)
{
    const struct roost_http *http = &upload->port->http;

    for (unsigned i = 0; upload->room && !upload->ended && i < ROOST_UPLOAD_PIECES_A_STEP; i++) {
        if (upload->at == upload->len) {
            upload->at = 0;
            upload->len = (uint16_t)upload->source.next(upload->source.ctx, upload->piece);
        }
        size_t rest = (size_t)(upload->len - upload->at);
        int taken = http->ops->write(http->ctx, upload->piece + upload->at, rest);
        if (taken < 0 || (size_t)taken < rest)
            upload->room = false;
        else if (rest == 0)
            upload->ended = true;
        if (taken > 0) {
            upload->at = (uint16_t)(upload->at + taken);
            upload->sent_bytes += (uint32_t)taken;
        }
    }
}

uint64_t roost_upload_step(struct roost_upload *upload, uint64_t now_ms, bool network_up)
{
    if (upload->state == ROOST_UPLOAD_SENDING && upload->done)
        conclude(upload, now_ms);
    if (upload->state == ROOST_UPLOAD_SENDING)
        feed(upload);
    if (upload->state == ROOST_UPLOAD_WAITING && network_up && now_ms >= upload->due_ms)
        attempt(upload, now_ms);
    if (upload->state == ROOST_UPLOAD_SENDING)
        return upload->room && !upload->ended ? now_ms : ROOST_NEVER;
    return upload->state == ROOST_UPLOAD_WAITING && network_up ? upload->due_ms : ROOST_NEVER;
}
