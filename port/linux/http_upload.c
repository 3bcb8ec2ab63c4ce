/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads: the body waits in a small room between the device's write and libcurl. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/http.h"
#include "port/linux/linux.h"

/* libcurl asks for the next bytes of the body. */
static size_t on_room(char *out, size_t size, size_t count, void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_http *http = &board->http;
    size_t len = size * count < http->up.used ? size * count : http->up.used;

    if (len > 0) {
        memcpy(out, http->up.room, len);
        http->up.used -= len;
        memmove(http->up.room, http->up.room + len, http->up.used);
        http->up.sent += len;
    }
    bool all = http->up.whole || http->up.taken == http->up.len;
    if (!all) {
        http->up.room_due = true;
        linux_board_defer(board, LINUX_LATER_HTTP);
    }
    http->up.starved = len == 0 && !all;
    return http->up.starved ? CURL_READFUNC_PAUSE : len;
}

void linux_http_offer_room(struct roost_board *board)
{
    struct linux_http *http = &board->http;
    const struct roost_event event = {.type = ROOST_EV_HTTP_ROOM, .token = http->up.taken};

    if (!http->up.room_due || http->finished)
        return;
    http->up.room_due = false;
    if (linux_board_post(board, &event) == ROOST_ERR_FULL && http->up.active) {
        http->up.room_due = true;
        linux_board_defer(board, LINUX_LATER_HTTP);
    }
}

int linux_http_write(void *ctx, const void *data, size_t len)
{
    struct roost_board *board = ctx;
    struct linux_http *http = &board->http;

    if (!http->up.active || http->finished || http->up.whole || !http->easy)
        return ROOST_ERR_STATE;
    if (len > http->up.len - http->up.taken)
        return ROOST_ERR_RANGE;
    size_t room = LINUX_HTTP_ROOM - http->up.used, taken = len < room ? len : room;
    if (taken > 0)
        memcpy(http->up.room + http->up.used, data, taken);
    http->up.used += taken;
    http->up.taken += taken;
    if (len == 0 || http->up.taken == http->up.len)
        http->up.whole = true;
    linux_board_defer(board, LINUX_LATER_HTTP); /* libcurl may not be called from in here */
    return (int)taken;
}

int linux_http_set_upload(struct roost_board *board, const struct roost_http_request *request)
{
    struct linux_http *http = &board->http;
    bool known = request->len != ROOST_HTTP_LEN_UNKNOWN;
    char type[128];

    http->up.room = malloc(LINUX_HTTP_ROOM);
    if (!http->up.room)
        return ROOST_ERR_NO_MEMORY;
    curl_easy_setopt(http->easy, CURLOPT_READFUNCTION, on_room);
    curl_easy_setopt(http->easy, CURLOPT_READDATA, board);
    if (http->ftp || request->method == ROOST_HTTP_PUT) {
        curl_easy_setopt(http->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(http->easy, CURLOPT_INFILESIZE_LARGE,
                         known ? (curl_off_t)request->len : (curl_off_t)-1);
    } else {
        curl_easy_setopt(http->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         known ? (curl_off_t)request->len : (curl_off_t)-1);
    }
    if (http->ftp)
        return 0;
    int len = snprintf(type, sizeof type, "Content-Type: %s",
                       request->type ? request->type : "application/octet-stream");
    if (len < 0 || (size_t)len >= sizeof type)
        return ROOST_ERR_TOO_LONG;
    /* "Expect:" none: what a server has to say against it, it says while the body goes out. */
    const char *const lines[] = {type, "Expect:", known ? NULL : "Transfer-Encoding: chunked"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && lines[i]; i++) {
        struct curl_slist *more = curl_slist_append(http->up.headers, lines[i]);
        if (!more)
            return ROOST_ERR_NO_MEMORY;
        http->up.headers = more;
    }
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->up.headers);
    curl_easy_setopt(http->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return 0;
}

void linux_http_forget_upload(struct linux_http *http)
{
    curl_slist_free_all(http->up.headers);
    free(http->up.room);
    http->up.headers = NULL;
    http->up.room = NULL;
}
