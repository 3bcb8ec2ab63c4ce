/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

enum { CONNECT_TIMEOUT_MS = 15000, STALL_S = 30, STALL_BYTES_S = 64 };

/* One socket of curl on the loop. */
struct watch {
    uv_poll_t poll;
    curl_socket_t socket;
    struct roost_host *host;
};

/* ---- curl on the loop ---- */

static void check_finished(struct roost_host *host);

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct roost_host *host = watch->host;
    int flags = 0, running;

    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(host->http.multi, watch->socket, flags, &running);
    check_finished(host);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *ctx, void *of_socket)
{
    struct roost_host *host = ctx;
    struct watch *watch = of_socket;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch)
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        curl_multi_assign(host->http.multi, socket, NULL);
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof *watch);
        if (!watch)
            return -1;
        watch->socket = socket;
        watch->host = host;
        if (uv_poll_init_socket(host->loop, &watch->poll, socket)) {
            free(watch);
            return -1;
        }
        watch->poll.data = watch;
        curl_multi_assign(host->http.multi, socket, watch);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&watch->poll, events, on_socket) ? -1 : 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct roost_host *host = timer->data;
    int running;

    curl_multi_socket_action(host->http.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    check_finished(host);
}

static int set_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct roost_host *host = ctx;

    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&host->http.timer);
    else /* 1 instead of 0: curl may not be called from inside its own call */
        uv_timer_start(&host->http.timer, on_timer, timeout_ms ? (uint64_t)timeout_ms : 1, 0);
    return 0;
}

int linux_http_host_init(struct roost_host *host)
{
    host->http.multi = NULL;
    uv_timer_init(host->loop, &host->http.timer);
    host->http.timer.data = host;
    return curl_global_init(CURL_GLOBAL_DEFAULT) ? ROOST_ERR_NO_MEMORY : 0;
}

static int make_multi(struct roost_host *host)
{
    if (host->http.multi)
        return 0;
    CURLM *multi = curl_multi_init();
    if (!multi)
        return ROOST_ERR_NO_MEMORY;
    host->http.multi = multi;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, host);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, host);
    return 0;
}

void linux_http_host_deinit(struct roost_host *host)
{
    if (host->http.multi)
        curl_multi_cleanup(host->http.multi);
    host->http.multi = NULL;
}

/* ---- a download ---- */

static int from_curl(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of a redirect: the URL itself was looked at before */
        return ROOST_ERR_UNSUPPORTED;
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
        return ROOST_ERR_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ROOST_ERR_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return ROOST_ERR_CRYPTO;
    case CURLE_OUT_OF_MEMORY:
        return ROOST_ERR_NO_MEMORY;
    default: /* no such host, nobody listens, cut off, ... */
        return ROOST_ERR_CLOSED;
    }
}

static int from_http(long code, uint64_t from)
{
    if (code == 206 || (code == 200 && from == 0))
        return 0;
    if (code == 200)
        return ROOST_ERR_UNSUPPORTED; /* Range was ignored */
    return code == 404 || code == 410 ? ROOST_ERR_NOT_FOUND : ROOST_ERR_REFUSED;
}

static void let_go(struct roost_board *board)
{
    struct linux_http *http = &board->http;

    if (http->easy) {
        curl_multi_remove_handle(board->host->http.multi, http->easy);
        curl_easy_cleanup(http->easy);
    }
    http->easy = NULL;
}

static void finish(struct roost_board *board, int status)
{
    struct linux_http *http = &board->http;

    if (!http->active || http->finished)
        return;
    http->finished = true;
    http->status = status;
    linux_board_defer(board, LINUX_LATER_HTTP);
}

static void check_finished(struct roost_host *host)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(host->http.multi, &left))) {
        struct roost_board *board;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&board);
        struct linux_http *http = &board->http;
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &http->code);
        int status = http->status;
        if (!status)
            status = from_curl(result);
        if (!status)
            status = from_http(http->code, http->from);
        finish(board, status);
    }
}

/* What the status line means for the body: only 200 from the start and 206 for a rest are the file.
 */
static bool body_is_file(struct linux_http *http)
{
    long code = 0;

    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &code);
    int err = from_http(code, http->from);
    if (err == ROOST_ERR_UNSUPPORTED)
        http->status = err; /* nobody waits for the whole file to be dropped */
    return err == 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_http *http = &board->http;
    size_t len = size * count;

    if (!http->begun) {
        http->begun = true;
        http->body_refused = !body_is_file(http);
    }
    if (http->body_refused)
        return http->status ? 0 : len; /* an error page is read to its end and dropped */
    while (http->piece_taken < len) {
        size_t piece = len - http->piece_taken;
        if (piece > ROOST_HTTP_PART_MAX)
            piece = ROOST_HTTP_PART_MAX;
        const struct roost_event event = {.type = ROOST_EV_HTTP_DATA,
                                          .token = http->offset,
                                          .data = data + http->piece_taken,
                                          .len = piece};
        int err = linux_board_post(board, &event);
        if (err == ROOST_ERR_FULL) {
            http->paused = true;
            linux_board_defer(board, LINUX_LATER_HTTP);
            return CURL_WRITEFUNC_PAUSE;
        }
        if (err) {
            http->status = err;
            return 0;
        }
        http->offset += piece;
        http->piece_taken += piece;
    }
    http->piece_taken = 0;
    return len;
}

void linux_http_deliver(struct roost_board *board)
{
    struct linux_http *http = &board->http;

    if (http->paused && !http->finished) {
        http->paused = false;
        curl_easy_pause(http->easy, CURLPAUSE_CONT);
        check_finished(board->host);
    }
    if (!http->finished)
        return;
    let_go(board);
    http->active = http->finished = false;
    const struct roost_event event = {
        .type = ROOST_EV_HTTP_DONE, .status = http->status, .token = (uint64_t)http->code};
    (void)linux_board_post(board, &event);
}

void linux_http_drop(struct roost_board *board)
{
    finish(board, ROOST_ERR_CLOSED);
}

/* ---- the operations ---- */

static bool is_url(const char *url)
{
    size_t scheme = strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;

    return scheme && url[scheme] && !strchr("/:?#", url[scheme]);
}

static int http_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    struct roost_board *board = ctx;
    struct linux_http *http = &board->http;
    char range[32];

    if (!is_url(url))
        return ROOST_ERR_INVALID;
    if (http->active)
        return ROOST_ERR_BUSY;
    *http = (struct linux_http){.active = true, .from = offset, .offset = offset};
    int err = board->wifi.gone ? ROOST_ERR_CLOSED : make_multi(board->host);
    if (!err && !(http->easy = curl_easy_init()))
        err = ROOST_ERR_NO_MEMORY;
    if (err) {
        finish(board, err);
        return 0;
    }
    CURL *easy = http->easy;
    bool secure = strncmp(url, "https:", 6) == 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, board);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, board);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    /* What began with TLS does not go on without it. */
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)LINUX_HTTP_REDIRECTS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca_pem)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_pem);
    if (offset) {
        snprintf(range, sizeof range, "%llu-", (unsigned long long)offset);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
    if (curl_multi_add_handle(board->host->http.multi, easy) != CURLM_OK)
        finish(board, ROOST_ERR_NO_MEMORY);
    return 0;
}

static int http_cancel(void *ctx)
{
    struct roost_board *board = ctx;

    let_go(board);
    board->http = (struct linux_http){0};
    return 0;
}

static const struct roost_http_ops http_ops = {.get = http_get, .cancel = http_cancel};

void linux_http_init(struct roost_board *board)
{
    board->http = (struct linux_http){0};
    board->port.http = (struct roost_http){&http_ops, board};
}

void linux_http_deinit(struct roost_board *board)
{
    (void)http_cancel(board);
}
