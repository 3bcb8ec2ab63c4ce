/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

enum { CONNECT_TIMEOUT_MS = 15000, STALL_S = 30, STALL_BYTES_S = 64, QUIT_REPLY = 221 };

/* ---- how it ended ---- */

static int from_curl(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of a redirect: the URL itself was looked at before */
    case CURLE_FTP_COULDNT_USE_REST:
    case CURLE_BAD_DOWNLOAD_RESUME:
        return ROOST_ERR_UNSUPPORTED;
    case CURLE_LOGIN_DENIED:
        return ROOST_ERR_AUTH;
    case CURLE_REMOTE_FILE_NOT_FOUND:
        return ROOST_ERR_NOT_FOUND;
    case CURLE_REMOTE_DISK_FULL:
        return ROOST_ERR_NO_SPACE;
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_REMOTE_FILE_EXISTS:
    case CURLE_UPLOAD_FAILED:
    case CURLE_QUOTE_ERROR:
    case CURLE_FTP_WEIRD_PASS_REPLY:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_WEIRD_227_FORMAT:
    case CURLE_FTP_COULDNT_SET_TYPE:
    case CURLE_FTP_COULDNT_RETR_FILE:
        return ROOST_ERR_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ROOST_ERR_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_ABORTED_BY_CALLBACK: /* set_up_tls */
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

/* Of an upload. */
static int from_answer(long code)
{
    if (code / 100 == 2)
        return 0;
    switch (code) {
    case 401:
    case 403:
    case 407:
        return ROOST_ERR_AUTH;
    case 404:
    case 410:
        return ROOST_ERR_NOT_FOUND;
    case 507:
        return ROOST_ERR_NO_SPACE;
    default:
        return code / 100 == 3 ? ROOST_ERR_UNSUPPORTED : ROOST_ERR_REFUSED;
    }
}

static int from_curl_tls(struct linux_http *http, CURLcode result)
{
    int err = from_curl(result);

    /* It checks the name itself, when all else is good. */
    if (result == CURLE_PEER_FAILED_VERIFICATION && http->link.failure == ROOST_TLS_NONE)
        http->link.failure = ROOST_TLS_NAME;
    return http->link.failure != ROOST_TLS_NONE ? ROOST_ERR_CRYPTO : err;
}

static int result_of(struct roost_board *board, CURLcode result)
{
    struct linux_http *http = &board->http;
    bool upload = http->up.active;

    if (http->status)
        return http->status;
    /* libcurl's word for a login refused is the same as for a wrong answer to it. */
    if (http->ftp && (http->code == 530 || http->code == 532))
        return ROOST_ERR_AUTH;
    if (http->ftp && (http->code == 452 || http->code == 552))
        return ROOST_ERR_NO_SPACE;
    /* A server that refuses the body may close before it has come. */
    if (upload && !http->ftp && http->code >= 300)
        return from_answer(http->code);
    if (result != CURLE_OK)
        return from_curl_tls(http, result);
    if (http->ftp)
        return 0;
    return upload ? from_answer(http->code) : from_http(http->code, http->from);
}

static void let_go(struct roost_board *board)
{
    struct linux_http *http = &board->http;

    if (http->easy) {
        curl_multi_remove_handle(board->host->http.multi, http->easy);
        curl_easy_cleanup(http->easy);
    }
    http->easy = NULL;
    linux_tls_link_end(&http->link);
    linux_http_forget_upload(http);
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

void linux_http_finished(struct roost_host *host)
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
        if (!http->ftp)
            curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &http->code);
        finish(board, result_of(board, result));
    }
}

/* ---- a download ---- */

/* What the status line means for the body: only 200 from the start and 206 for a rest are the file.
 */
static bool body_is_file(struct linux_http *http)
{
    long code = 0;

    if (http->ftp)
        return true;
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

    if (http->up.active)
        return len; /* what a server says to an upload */
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

/* A line of an FTP server: libcurl's own record of the last code is that of QUIT. */
static size_t on_reply(char *line, size_t size, size_t count, void *ctx)
{
    struct roost_board *board = ctx;
    size_t len = size * count;
    long code = len >= 4 && line[3] == ' ' ? strtol(line, NULL, 10) : 0;

    if (code >= 100 && code <= 599 && code != QUIT_REPLY)
        board->http.code = code;
    return len;
}

/* ---- what is to be told ---- */

void linux_http_deliver(struct roost_board *board)
{
    struct linux_http *http = &board->http;
    bool fed = http->up.starved && (http->up.used > 0 || http->up.whole);

    if ((http->paused || fed) && !http->finished) {
        http->paused = http->up.starved = false;
        curl_easy_pause(http->easy, CURLPAUSE_CONT);
        linux_http_finished(board->host);
    }
    linux_http_offer_room(board);
    if (!http->finished)
        return;
    uint64_t token = http->code > 0 ? (uint64_t)http->code : 0;
    if (http->status == ROOST_ERR_CRYPTO)
        token = http->link.failure ? http->link.failure : ROOST_TLS_OTHER;
    let_go(board);
    http->active = http->finished = http->up.active = false;
    const struct roost_event event = {
        .type = ROOST_EV_HTTP_DONE, .status = http->status, .token = token};
    (void)linux_board_post(board, &event);
}

void linux_http_drop(struct roost_board *board)
{
    finish(board, ROOST_ERR_CLOSED);
}

/* ---- the operations ---- */

static bool is_url(const char *url, const char *scheme)
{
    size_t len = strlen(scheme);

    return strncmp(url, scheme, len) == 0 && url[len] && !strchr("/:?#", url[len]);
}

static CURLcode set_up_tls(CURL *easy, void *context, void *ctx)
{
    struct roost_board *board = ctx;
    int err = linux_tls_link_set_up(&board->http.link, context);

    (void)easy;
    if (err)
        board->http.status = err;
    return err ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}

static void set_tls(CURL *easy, struct roost_board *board, const struct roost_http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, board);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    if (request->ca_pem)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_pem);
}

static void set_download(CURL *easy, const struct roost_http_request *request, bool secure)
{
    char range[32];

    /* What began with TLS does not go on without it. */
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)LINUX_HTTP_REDIRECTS);
    if (request->offset) {
        snprintf(range, sizeof range, "%llu-", (unsigned long long)request->offset);
        curl_easy_setopt(easy, CURLOPT_RANGE, range);
    }
}

static int set_up(struct roost_board *board, const struct roost_http_request *request)
{
    struct linux_http *http = &board->http;
    CURL *easy = http->easy = curl_easy_init();

    if (!easy)
        return ROOST_ERR_NO_MEMORY;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, board);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, board);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, http->ftp ? "ftp" : "http,https");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)STALL_S);
    curl_easy_setopt(easy, CURLOPT_FTP_SKIP_PASV_IP, 1L); /* the control connection's host */
    if (http->ftp) {
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, board);
    }
    curl_easy_setopt(easy, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
    set_tls(easy, board, request);
    if (http->up.active)
        return linux_http_set_upload(board, request);
    set_download(easy, request, strncmp(request->url, "https:", 6) == 0);
    return 0;
}

static int http_start(void *ctx, const struct roost_http_request *request)
{
    struct roost_board *board = ctx;
    struct linux_http *http = &board->http;
    bool ftp = is_url(request->url, "ftp://");

    if (!ftp && !is_url(request->url, "http://") && !is_url(request->url, "https://"))
        return ROOST_ERR_INVALID;
    if (http->active)
        return ROOST_ERR_BUSY;
    *http = (struct linux_http){.active = true,
                                .ftp = ftp,
                                .from = request->offset,
                                .offset = request->offset,
                                .up = {.active = request->method != ROOST_HTTP_GET,
                                       .whole = request->len == 0,
                                       .len = request->len}};
    linux_tls_link_init(&http->link, board, request->tls, NULL);
    int err = board->wifi.gone ? ROOST_ERR_CLOSED : linux_http_multi(board->host);
    if (!err)
        err = set_up(board, request);
    if (!err && curl_multi_add_handle(board->host->http.multi, http->easy) != CURLM_OK)
        err = ROOST_ERR_NO_MEMORY;
    if (err)
        finish(board, err);
    return 0;
}

static int http_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    const struct roost_http_request request = {.url = url, .offset = offset, .ca_pem = ca_pem};

    if (is_url(url, "ftp://"))
        return ROOST_ERR_INVALID;
    return http_start(ctx, &request);
}

static int http_cancel(void *ctx)
{
    struct roost_board *board = ctx;

    let_go(board);
    board->http = (struct linux_http){0};
    return 0;
}

static const struct roost_http_ops http_ops = {
    .get = http_get, .cancel = http_cancel, .start = http_start, .write = linux_http_write};

void linux_http_init(struct roost_board *board)
{
    board->http = (struct linux_http){0};
    board->port.http = (struct roost_http){&http_ops, board};
}

void linux_http_deinit(struct roost_board *board)
{
    (void)http_cancel(board);
}
