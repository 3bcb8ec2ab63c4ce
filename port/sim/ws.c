/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/ws.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/err.h"
#include "port/pki/server.h"
#include "port/sim/board.h"

enum { FAIL_MS = 20 /* without a network */, CREDENTIALS_MAX = 160 };

/* ---- the end of a connection ---- */

static void post_closed(struct sim_board *board, int status, uint64_t code)
{
    const struct roost_event event = {.type = ROOST_EV_WS_CLOSED, .status = status, .token = code};

    board->ws.active = false;
    board->ws.life++;
    sim_board_post(board, &event);
}

static void fail_with(struct sim_board *board, int status, uint64_t token)
{
    struct sim_conn *conn = board->ws.conn;

    board->ws.conn = NULL;
    if (conn)
        sim_conn_close(conn, SIM_CLIENT);
    post_closed(board, status, token);
}

static void fail(struct sim_board *board, int status)
{
    fail_with(board, status, 0);
}

/* ---- open ---- */

/* As the pieces of a chip's socket come. */
static void post_parts(struct sim_board *board, const char *data, size_t len)
{
    size_t at = 0, part;

    do {
        part = len - at < SIM_WS_PART_BYTES ? len - at : SIM_WS_PART_BYTES;
        const struct roost_event event = {.type = ROOST_EV_WS_PART,
                                          .token = (at == 0 ? ROOST_WS_FIRST : 0u) |
                                                   (at + part == len ? ROOST_WS_LAST : 0u),
                                          .data = data + at,
                                          .len = part};
        sim_board_post(board, &event);
        at += part;
    } while (at < len);
}

static void on_message(void *ctx, bool binary, const char *data, size_t len)
{
    const struct sim_board *board = ctx;

    if (board->ws.options.parts) {
        const struct roost_event end_of_binary = {.type = ROOST_EV_WS_BINARY};

        if (binary)
            sim_board_post(ctx, &end_of_binary);
        else
            post_parts(ctx, data, len);
        return;
    }
    const struct roost_event event = {
        .type = binary ? ROOST_EV_WS_BINARY : ROOST_EV_WS_TEXT, .data = data, .len = len};

    sim_board_post(ctx, &event);
}

static void on_closed(void *ctx, uint16_t code, int why)
{
    post_closed(ctx, why, code == SIM_WS_LOST || code == SIM_WS_NO_CODE ? 0 : code);
}

static const struct sim_ws_end_ops client_ops = {.message = on_message, .closed = on_closed};

/* ---- the handshake ---- */

static enum roost_tls_failure judge_tls(const struct sim_board *board,
                                        const struct sim_ws_answer *answer)
{
    const struct roost_tls_options *tls = board->ws.options.tls;
    const struct roost_port *port = &board->port;

    if (!board->ws.request.secure)
        return ROOST_TLS_NONE;
    if (answer->failure != ROOST_TLS_NONE)
        return (enum roost_tls_failure)answer->failure;
    if (answer->chain && tls && tls->roots)
        return roost_pki_server(&port->pki, tls, answer->chain, board->ws.request.host,
                                port->clock.ops->unix_ms(port->clock.ctx));
    return answer->untrusted ? ROOST_TLS_AUTHORITY : ROOST_TLS_NONE;
}

static int judge(const struct sim_ws *ws, const struct sim_ws_answer *answer)
{
    if (answer->status == 401 || answer->status == 403)
        return ROOST_ERR_AUTH;
    if (answer->status != 101)
        return ROOST_ERR_REFUSED;
    return strcmp(answer->subprotocol, ws->request.subprotocol) == 0 ? 0 : ROOST_ERR_UNSUPPORTED;
}

static void handshake_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_board *board = ctx;
    struct sim_ws *ws = &board->ws;
    struct sim_ws_answer answer;
    const char *payload;
    size_t len;
    const struct sim_ws_head *head = sim_ws_head(packet, &payload, &len);

    if (!head || head->kind != SIM_WS_ANSWER || len != sizeof answer) {
        fail(board, ROOST_ERR_REFUSED);
        return;
    }
    memcpy(&answer, payload, sizeof answer);
    enum roost_tls_failure failure = judge_tls(board, &answer);
    if (failure != ROOST_TLS_NONE) {
        fail_with(board, ROOST_ERR_CRYPTO, failure);
        return;
    }
    int err = judge(ws, &answer);
    if (err < 0) {
        fail_with(board, err, answer.status != 101 ? (unsigned)answer.status : 0);
        return;
    }
    const struct sim_ws_options options = {.message_max = ws->options.message_max,
                                           .send_max = SIM_WS_SEND_MAX,
                                           .ping_interval_ms = ws->options.ping_interval_ms,
                                           .wants_pong = true};
    ws->conn = NULL;
    sim_ws_end_open(&ws->end, board->clock, conn, SIM_CLIENT, &options, &client_ops, board);
    const struct roost_event event = {.type = ROOST_EV_WS_OPENED};
    sim_board_post(board, &event);
}

static void handshake_closed(void *ctx, struct sim_conn *conn, int why)
{
    struct sim_board *board = ctx;

    (void)conn;
    (void)why;
    board->ws.conn = NULL;
    fail(board, ROOST_ERR_CLOSED);
}

static const struct sim_end_ops handshake_ops = {.packet = handshake_packet,
                                                 .closed = handshake_closed};

static void too_late(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;

    (void)number;
    (void)data;
    if (board->ws.conn)
        fail(board, ROOST_ERR_TIMEOUT);
}

static void failed(void *ctx, uint64_t error, void *data)
{
    (void)data;
    fail(ctx, -(int)error);
}

/* ---- what the options say ---- */

/* ws[s]://host[:port][/path] */
static int parse_url(struct sim_ws *ws, const char *url)
{
    struct sim_ws_request *request = &ws->request;

    request->secure = strncmp(url, "wss://", 6) == 0;
    if (!request->secure && strncmp(url, "ws://", 5) != 0)
        return ROOST_ERR_INVALID;
    url += request->secure ? 6 : 5;
    size_t host = strcspn(url, ":/");
    if (host == 0 || host >= sizeof request->host)
        return ROOST_ERR_INVALID;
    memcpy(request->host, url, host);
    url += host;
    ws->port = request->secure ? SIM_WSS_PORT : SIM_WS_PORT;
    if (*url == ':') {
        char *rest;
        unsigned long port = strtoul(url + 1, &rest, 10);
        if (port == 0 || port > UINT16_MAX)
            return ROOST_ERR_INVALID;
        ws->port = (uint16_t)port;
        url = rest;
    }
    if (*url != '\0' && *url != '/')
        return ROOST_ERR_INVALID;
    if (strlen(url) > SIM_WS_PATH_MAX)
        return ROOST_ERR_TOO_LONG;
    snprintf(request->target, sizeof request->target, "%s", *url ? url : "/");
    return 0;
}

static int take_credentials(struct sim_ws_request *request, const struct roost_ws_options *options)
{
    char plain[CREDENTIALS_MAX];
    size_t user = options->user ? strlen(options->user) : 0;
    size_t len = user + 1 + options->password_len;

    if (!options->user)
        return 0;
    if (len > sizeof plain)
        return ROOST_ERR_TOO_LONG;
    memcpy(plain, options->user, user);
    plain[user] = ':';
    if (options->password_len > 0)
        memcpy(plain + user + 1, options->password, options->password_len);
    memcpy(request->authorization, "Basic ", 6);
    size_t end = 6 + roost_base64_encode(request->authorization + 6, plain, len);
    request->authorization[end] = '\0';
    return 0;
}

/* NULL: it could not be read. */
static int take_certificate(struct sim_ws_request *request, X509 *certificate)
{
    BIO *name = BIO_new(BIO_s_mem());
    int err = ROOST_ERR_CRYPTO;

    if (certificate && name) {
        X509_NAME *subject = X509_get_subject_name(certificate);
        X509_NAME_get_text_by_NID(subject, NID_commonName, request->certificate_name,
                                  sizeof request->certificate_name);
        X509_NAME_print_ex(name, subject, 0, XN_FLAG_RFC2253);
        int len = BIO_read(name, request->certificate_subject, SIM_WS_SUBJECT_MAX);
        request->certificate_subject[len > 0 ? len : 0] = '\0';
        err = 0;
    }
    ERR_clear_error();
    X509_free(certificate);
    BIO_free(name);
    return err;
}

/* PEM text, as on the chip. */
static int take_pem(struct sim_ws_request *request, const char *pem)
{
    BIO *text = BIO_new_mem_buf(pem, -1);
    X509 *certificate = text ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL;

    BIO_free(text);
    return take_certificate(request, certificate);
}

/* ROOST_ERR_NOT_FOUND: the slot holds no pair. */
static int take_slot(struct sim_board *board, const char *slot)
{
    const struct roost_pki *pki = &board->port.pki;
    uint8_t der[ROOST_PKI_DER_MAX];
    const unsigned char *at = der;
    struct roost_pki_slot held;
    int err = pki->ops->look(pki->ctx, slot, &held);

    if (!err && !held.bound)
        err = ROOST_ERR_NOT_FOUND;
    if (!err)
        err = held.chain.read(held.chain.ctx, 0, der, held.chain.len);
    return err ? err
               : take_certificate(&board->ws.request, d2i_X509(NULL, &at, (long)held.chain.len));
}

static int prepare(struct sim_board *board, const struct roost_ws_options *options)
{
    struct sim_ws *ws = &board->ws;
    struct sim_ws_request *request = &ws->request;

    *request = (struct sim_ws_request){.secure = false};
    snprintf(request->remote, sizeof request->remote, "10.0.%u.%u",
             (unsigned)(board->options.index >> 8 & 0xFF), (unsigned)(board->options.index & 0xFF));
    if (options->message_max == 0 ||
        options->message_max > (options->parts ? SIM_WS_PARTS_MAX : SIM_WS_MESSAGE_MAX))
        return ROOST_ERR_RANGE;
    if (options->subprotocol && strlen(options->subprotocol) > SIM_WS_NAME_MAX)
        return ROOST_ERR_TOO_LONG;
    snprintf(request->subprotocol, sizeof request->subprotocol, "%s",
             options->subprotocol ? options->subprotocol : "");
    int err = parse_url(ws, options->url);
    if (err == 0)
        err = take_credentials(request, options);
    if (err == 0 && request->secure && options->cert_pem)
        err = take_pem(request, options->cert_pem);
    return err;
}

/* ---- the operations ---- */

static int ws_open(void *ctx, const struct roost_ws_options *options)
{
    struct sim_board *board = ctx;
    struct sim_ws *ws = &board->ws;
    uint64_t now_ms = board->clock->now_ms;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (ws->active)
        return ROOST_ERR_BUSY;
    int err = prepare(board, options);
    if (err < 0)
        return err;
    err = ws->request.secure && options->tls && options->tls->slot
              ? take_slot(board, options->tls->slot)
              : 0;
    if (err == 0 && !board->wifi_up)
        err = ROOST_ERR_CLOSED;
    ws->active = true;
    ws->options = *options;
    ws->life++;
    if (err < 0) {
        sim_at_guarded(board->clock, now_ms + FAIL_MS, failed, board, (uint64_t)-err, NULL,
                       &ws->life);
        return 0;
    }
    struct sim_packet packet = {.type = SIM_BYTES,
                                .message =
                                    sim_ws_frame(SIM_WS_REQUEST, &ws->request, sizeof ws->request)};
    ws->conn = sim_net_connect(board->net, &board->host, ws->port, &handshake_ops, board);
    sim_conn_send(ws->conn, SIM_CLIENT, &packet);
    sim_at_guarded(board->clock, now_ms + SIM_WS_CONNECT_MS, too_late, board, 0, NULL, &ws->life);
    return 0;
}

static int ws_send(void *ctx, const void *data, size_t len, bool binary)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return ROOST_ERR_CLOSED;
    if (board->ws.end.state == SIM_WS_OPEN && len > SIM_WS_SEND_MAX / 2)
        return ROOST_ERR_FULL;
    return sim_ws_end_send(&board->ws.end, binary, data, len);
}

static int ws_send_part(void *ctx, const void *data, size_t len, bool first, bool last)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return ROOST_ERR_CLOSED;
    if (board->ws.end.state == SIM_WS_OPEN && len > SIM_WS_SEND_MAX / 2)
        return ROOST_ERR_FULL;
    return sim_ws_end_send_part(&board->ws.end, first ? SIM_WS_TEXT : SIM_WS_MORE, last, data, len);
}

static void given_up(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    fail(ctx, 0);
}

static int ws_close(void *ctx, uint16_t code)
{
    struct sim_board *board = ctx;
    struct sim_ws *ws = &board->ws;

    if (!sim_board_alive(board) || !ws->active)
        return 0;
    if (ws->end.state == SIM_WS_IDLE) { /* it connects: an answer on its way is not heard */
        if (ws->conn)
            sim_conn_close(ws->conn, SIM_CLIENT);
        ws->conn = NULL;
        ws->life++;
        sim_at_guarded(board->clock, board->clock->now_ms, given_up, board, 0, NULL, &ws->life);
        return 0;
    }
    sim_ws_end_close(&ws->end, code, NULL);
    return 0;
}

static const struct roost_ws_ops ws_ops = {
    .open = ws_open, .send = ws_send, .close = ws_close, .send_part = ws_send_part};

void sim_ws_init(struct sim_board *board)
{
    board->port.ws = (struct roost_ws){.ops = &ws_ops, .ctx = board};
}

void sim_ws_off(struct sim_board *board)
{
    struct sim_ws *ws = &board->ws;

    if (ws->conn)
        sim_conn_vanish(ws->conn, SIM_CLIENT);
    ws->conn = NULL;
    sim_ws_end_drop(&ws->end, true);
    ws->active = false;
    ws->life++;
}

void sim_ws_stall(struct sim_board *board, bool stalled)
{
    sim_ws_end_pause(&board->ws.end, stalled);
}
