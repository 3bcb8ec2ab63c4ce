/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/url.h"
#include "port/sim/board.h"

enum { NO_NETWORK_MS = 20, OFFER_AGAIN_MS = 10 };

/* ---- the end of a download ---- */

static void let_go(struct sim_http *http)
{
    struct sim_conn *conn = http->conn;

    http->conn = NULL;
    sim_message_drop(http->segment);
    http->segment = NULL;
    if (conn)
        sim_conn_close(conn, SIM_CLIENT);
}

static void finish(struct sim_board *board, int status)
{
    struct sim_http *http = &board->http;
    struct roost_event done = {
        .type = ROOST_EV_HTTP_DONE, .status = status, .token = (uint64_t)http->code};

    if (status == ROOST_ERR_CRYPTO)
        done.token = ROOST_TLS_AUTHORITY;
    let_go(http);
    http->active = http->up.active = false;
    http->life++;
    sim_board_post(board, &done);
}

/* ---- the body ---- */

static void offer_again(void *ctx, uint64_t number, void *data);

/* Hands on what is there. Refused, it waits with the connection for the device's next step. */
static void hand_on(struct sim_board *board, bool first)
{
    struct sim_http *http = &board->http;

    while (http->segment && http->taken < http->segment->len) {
        size_t len = http->segment->len - http->taken;
        struct roost_event part = {.type = ROOST_EV_HTTP_DATA,
                                   .token = http->offset,
                                   .data = http->segment->bytes + http->taken};

        part.len = len < ROOST_HTTP_PART_MAX ? len : ROOST_HTTP_PART_MAX;
        int err = sim_board_offer(board, &part);
        if (err == ROOST_ERR_FULL) {
            http->refused++;
            sim_conn_pause(http->conn, SIM_CLIENT, true);
            if (!board->firmware.step)
                sim_at_guarded(board->clock, board->clock->now_ms + OFFER_AGAIN_MS, offer_again,
                               board, 0, NULL, &http->life);
            else if (first)
                sim_board_kick(board);
            return;
        }
        if (err < 0) {
            finish(board, err);
            return;
        }
        sim_board_kick(board);
        http->taken += part.len;
        http->offset += part.len;
        http->left -= part.len;
        first = true;
    }
    sim_message_drop(http->segment);
    http->segment = NULL;
    http->heard_ms = board->clock->now_ms;
    if (http->left == 0)
        finish(board, 0);
    else
        sim_conn_pause(http->conn, SIM_CLIENT, false);
}

static void offer_again(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    sim_http_stepped(ctx);
}

void sim_http_stepped(struct sim_board *board)
{
    if (board->http.segment)
        hand_on(board, false);
}

/* ---- the answer ---- */

static void connect_to_server(struct sim_board *board);

/* User and password of the URL, for the request. */
static int parse_login(struct sim_http *http, const char *text)
{
    char memory[512];
    struct roost_url url;
    int err = roost_url_parse(&url, text, memory, sizeof memory);

    if (err < 0)
        return ROOST_ERR_INVALID;
    if (strlen(url.user) > SIM_WEB_WORD_MAX || strlen(url.password) > SIM_WEB_WORD_MAX)
        return ROOST_ERR_INVALID;
    snprintf(http->request.user, sizeof http->request.user, "%s", url.user);
    snprintf(http->request.password, sizeof http->request.password, "%s", url.password);
    return 0;
}

/* http[s]://host[:port]/path, or of a redirect only /path. Every host is the hub's. */
static int parse_url(struct sim_http *http, const char *url)
{
    if (url[0] != '/') {
        http->secure = strncmp(url, "https://", 8) == 0;
        http->request.ftp = strncmp(url, "ftp://", 6) == 0;
        if (!http->secure && !http->request.ftp && strncmp(url, "http://", 7) != 0)
            return ROOST_ERR_INVALID;
        int err = parse_login(http, url);
        if (err < 0)
            return err;
        url = strstr(url, "//") + 2;
        size_t login = strcspn(url, "@/");
        if (url[login] == '@')
            url += login + 1;
        size_t host = strcspn(url, ":/");
        if (host == 0)
            return ROOST_ERR_INVALID;
        url += host;
        http->port = http->secure        ? SIM_HTTPS_PORT
                     : http->request.ftp ? SIM_FTP_PORT
                                         : SIM_HTTP_PORT;
        if (*url == ':') {
            char *rest;
            unsigned long port = strtoul(url + 1, &rest, 10);
            if (port == 0 || port > UINT16_MAX)
                return ROOST_ERR_INVALID;
            http->port = (uint16_t)port;
            url = rest;
        }
        if (*url == '\0')
            url = "/";
    }
    if (*url != '/' || strlen(url) > SIM_WEB_PATH_MAX)
        return ROOST_ERR_INVALID;
    snprintf(http->path, sizeof http->path, "%s", url);
    return 0;
}

static void redirected(struct sim_board *board, const struct sim_web_answer *answer)
{
    struct sim_http *http = &board->http;
    bool secure = http->secure;

    if (++http->redirects > SIM_HTTP_REDIRECTS || parse_url(http, answer->location) < 0) {
        finish(board, ROOST_ERR_REFUSED);
    } else if (secure && !http->secure) {
        finish(board, ROOST_ERR_UNSUPPORTED);
    } else {
        let_go(http);
        connect_to_server(board);
    }
}

static void finish_empty(struct sim_board *board)
{
    if (board->http.left == 0)
        finish(board, 0);
}

static void answered(struct sim_board *board, const struct sim_web_answer *answer)
{
    struct sim_http *http = &board->http;

    http->code = answer->code;
    http->answered = true;
    http->left = answer->length;
    if (answer->untrusted)
        finish(board, ROOST_ERR_CRYPTO);
    else if (http->up.active)
        finish(board, sim_http_upload_status(http, answer->code));
    else if (http->request.ftp && answer->code != 226)
        finish(board, ROOST_ERR_NOT_FOUND);
    else if (http->request.ftp && answer->offset == http->offset)
        finish_empty(board);
    else if (answer->code / 100 == 3)
        redirected(board, answer);
    else if (answer->code == 404 || answer->code == 410)
        finish(board, ROOST_ERR_NOT_FOUND);
    else if (answer->code == 200 && http->offset > 0)
        finish(board, ROOST_ERR_UNSUPPORTED);
    else if (answer->code != 200 && (answer->code != 206 || answer->offset != http->offset))
        finish(board, ROOST_ERR_REFUSED);
    else
        finish_empty(board);
}

static void http_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_board *board = ctx;
    struct sim_http *http = &board->http;

    (void)conn;
    http->heard_ms = board->clock->now_ms;
    if (packet->type != SIM_BYTES)
        return;
    if (!http->answered) {
        struct sim_web_answer answer;

        memcpy(&answer, packet->message->bytes, sizeof answer);
        answered(board, &answer);
        return;
    }
    http->segment = sim_message_hold(packet->message);
    http->taken = 0;
    hand_on(board, true);
}

static void http_closed(void *ctx, struct sim_conn *conn, int why)
{
    struct sim_board *board = ctx;

    (void)conn;
    (void)why;
    board->http.conn = NULL;
    bool begun = board->http.answered || board->http.up.taken > 0;
    finish(board, begun ? ROOST_ERR_CLOSED : ROOST_ERR_REFUSED);
}

static const struct sim_end_ops end_ops = {.packet = http_packet, .closed = http_closed};

/* ---- the operations ---- */

static void stalled(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    struct sim_http *http = &board->http;

    (void)number;
    (void)data;
    if (http->segment)
        http->heard_ms = board->clock->now_ms; /* it is the device that does not listen */
    if (board->clock->now_ms - http->heard_ms >= SIM_HTTP_STALL_MS)
        finish(board, ROOST_ERR_TIMEOUT);
    else
        sim_at_guarded(board->clock, http->heard_ms + SIM_HTTP_STALL_MS, stalled, board, 0, NULL,
                       &http->life);
}

static void no_network(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    finish(ctx, ROOST_ERR_CLOSED);
}

static void connect_to_server(struct sim_board *board)
{
    struct sim_http *http = &board->http;
    struct sim_web_request request = http->request;
    struct sim_packet packet = {.type = SIM_BYTES};

    request.offset = http->offset;
    request.secure = http->secure;
    memcpy(request.path, http->path, sizeof request.path);
    http->answered = false;
    http->heard_ms = board->clock->now_ms;
    packet.message = sim_message_new("", &request, sizeof request, 0, false);
    http->conn = sim_net_connect(board->net, &board->host, http->port, &end_ops, board);
    sim_conn_send(http->conn, SIM_CLIENT, &packet);
}

static int http_start(void *ctx, const struct roost_http_request *request)
{
    const char *url = request->url;
    struct sim_board *board = ctx;
    struct sim_http *http = &board->http;
    struct sim_http next = {.active = true, .life = http->life + 1, .refused = http->refused};

    /* The server says whether it is to be trusted. */
    next.offset = request->method == ROOST_HTTP_GET ? request->offset : 0;
    next.request.method = (uint8_t)request->method;
    next.up.active = request->method != ROOST_HTTP_GET;
    next.up.len = request->len;
    snprintf(next.request.type, sizeof next.request.type, "%s",
             request->type ? request->type : "application/octet-stream");
    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (http->active)
        return ROOST_ERR_BUSY;
    if (url[0] == '/' || parse_url(&next, url) < 0)
        return ROOST_ERR_INVALID;
    *http = next;
    if (!board->wifi_up) {
        sim_at_guarded(board->clock, board->clock->now_ms + NO_NETWORK_MS, no_network, board, 0,
                       NULL, &http->life);
        return 0;
    }
    sim_at_guarded(board->clock, board->clock->now_ms + SIM_HTTP_STALL_MS, stalled, board, 0, NULL,
                   &http->life);
    connect_to_server(board);
    if (http->up.active)
        sim_http_begin_upload(board);
    return 0;
}

static int http_get(void *ctx, const char *url, uint64_t offset, const char *ca_pem)
{
    const struct roost_http_request request = {.url = url, .offset = offset, .ca_pem = ca_pem};

    return strncmp(url, "ftp:", 4) == 0 ? ROOST_ERR_INVALID : http_start(ctx, &request);
}

static int http_cancel(void *ctx)
{
    struct sim_board *board = ctx;

    if (!board->http.active || !sim_board_alive(board))
        return 0;
    let_go(&board->http);
    board->http.active = board->http.up.active = false;
    board->http.life++;
    return 0;
}

static const struct roost_http_ops http_ops = {
    .get = http_get, .cancel = http_cancel, .start = http_start, .write = sim_http_write};

void sim_http_init(struct sim_board *board)
{
    board->port.http = (struct roost_http){.ops = &http_ops, .ctx = board};
}

void sim_http_off(struct sim_board *board)
{
    struct sim_http *http = &board->http;

    if (http->conn)
        sim_conn_vanish(http->conn, SIM_CLIENT);
    http->conn = NULL;
    sim_message_drop(http->segment);
    http->segment = NULL;
    http->active = http->up.active = false;
    http->life++;
}
