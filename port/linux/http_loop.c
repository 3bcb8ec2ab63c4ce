/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi handle on the loop: its sockets and its one timer. */
#include <curl/curl.h>
#include <stdlib.h>

#include "core/err.h"
#include "port/linux/http.h"
#include "port/linux/linux.h"

/* One socket of curl on the loop. */
struct watch {
    uv_poll_t poll;
    curl_socket_t socket;
    struct roost_host *host;
};

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
    linux_http_finished(host);
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
    linux_http_finished(host);
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

int linux_http_multi(struct roost_host *host)
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
