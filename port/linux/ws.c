/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/ws.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "port/linux/linux.h"

enum { CREDENTIALS_MAX = 255 };

/* What a client and mbedTLS take on the chip. */
#define CONNECTION_BYTES (6u * 1024u)
#define TLS_BYTES        (38u * 1024u)

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "roost-port", .callback = on_lws, .rx_buffer_size = 4096},
    {0},
};

/* ---- the context ---- */

static int make_context(struct roost_host *host)
{
    void *loops[] = {host->loop};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .gid = -1,
        .uid = -1,
        .user = host,
    };

    if (host->ws.context)
        return 0;
    lws_set_log_level(0, NULL); /* what went wrong is reported by event */
    host->ws.context = lws_create_context(&info);
    return host->ws.context ? 0 : ROOST_ERR_NO_MEMORY;
}

void linux_ws_host_deinit(struct roost_host *host)
{
    if (host->ws.context)
        lws_context_destroy(host->ws.context);
}

/* On a loop that is not its own it only closes its handles at first. */
void linux_ws_host_free(struct roost_host *host)
{
    if (host->ws.context)
        lws_context_destroy(host->ws.context);
    host->ws.context = NULL;
}

/* Certificates belong to a vhost of libwebsockets, so a TLS connection has its own. The context is
 * ours: those of libwebsockets are shared by connections that look alike to it. */
static int make_vhost(struct roost_board *board)
{
    const struct roost_ws_options *options = &board->ws.options;
    struct linux_tls_link *link = &board->ws.link;

    linux_tls_link_init(link, board, options->tls, board->ws.host);
    int err = linux_tls_link_make(link, options->ca_pem, options->cert_pem, options->key_pem);
    if (err)
        return err;
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .vhost_name = "tls",
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .provided_client_ssl_ctx = link->context,
    };
    board->ws.vhost = lws_create_vhost(board->host->ws.context, &info);
    return board->ws.vhost ? 0 : ROOST_ERR_NO_MEMORY;
}

/* ---- the end of a connection ---- */

static void end(struct roost_board *board, int status)
{
    struct linux_ws *ws = &board->ws;

    if (ws->state == LINUX_WS_CLOSED || ws->state == LINUX_WS_ENDING)
        return;
    linux_names_cancel(&ws->names);
    uv_timer_stop(&ws->ping_timer);
    ws->state = LINUX_WS_ENDING;
    ws->status = status;
    linux_board_defer(board, LINUX_LATER_WS);
}

static void release(struct linux_ws *ws)
{
    for (struct linux_ws_message *message = ws->first, *next; message; message = next) {
        next = message->next;
        free(message);
    }
    ws->first = ws->last = NULL;
    ws->queued_bytes = 0;
    free(ws->incoming);
    ws->incoming = NULL;
    free(ws->url);
    ws->url = NULL;
    linux_tls_link_end(&ws->link);
    if (ws->vhost)
        lws_vhost_destroy(ws->vhost);
    ws->vhost = NULL;
}

/* Sends the close frame and waits for its answer, a few seconds. Not from inside a callback, where
 * a -1 would ask for the same: where libwebsockets was built with _DEBUG it then closes twice on a
 * libuv loop, and the second time does not wait for anything to be sent. */
static void say_goodbye(struct linux_ws *ws)
{
    lws_close_reason(ws->connection, (enum lws_close_status)ws->close_code, NULL, 0);
    lws_set_timeout(ws->connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

void linux_ws_deliver(struct roost_board *board)
{
    struct linux_ws *ws = &board->ws;

    if (ws->state == LINUX_WS_CLOSING && ws->close_sent && ws->connection)
        say_goodbye(ws);
    if (ws->state != LINUX_WS_ENDING || ws->connection)
        return;
    release(ws);
    ws->state = LINUX_WS_CLOSED;
    uint64_t token = ws->close_code;
    if (ws->status == ROOST_ERR_CRYPTO)
        token = ws->link.failure ? ws->link.failure : ROOST_TLS_OTHER;
    else if (ws->refused_code)
        token = ws->refused_code;
    const struct roost_event event = {
        .type = ROOST_EV_WS_CLOSED, .status = ws->status, .token = token};
    (void)linux_board_post(board, &event);
}

void linux_ws_drop(struct roost_board *board)
{
    struct linux_ws *ws = &board->ws;

    /* libwebsockets may take its time over the end of a connection, and does not always tell; it is
     * no longer ours from here on. */
    if (ws->connection) {
        struct lws *connection = ws->connection;
        ws->connection = NULL;
        lws_set_wsi_user(connection, NULL);
        lws_set_timeout(connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    }
    end(board, ROOST_ERR_CLOSED);
}

/* The words of libwebsockets for what failed before the connection stood. */
static int from_error_text(const char *text, size_t len)
{
    static const struct {
        const char *part;
        int err;
    } known[] = {
        {"unauthorized", ROOST_ERR_AUTH}, {"cert", ROOST_ERR_CRYPTO},
        {"SSL", ROOST_ERR_CRYPTO},        {"tls", ROOST_ERR_CRYPTO},
        {"imed out", ROOST_ERR_TIMEOUT},  {"imeout", ROOST_ERR_TIMEOUT},
        {"HS:", ROOST_ERR_REFUSED},
    };

    for (size_t i = 0; text && i < sizeof known / sizeof known[0]; i++)
        if (memmem(text, len, known[i].part, strlen(known[i].part)))
            return known[i].err;
    return ROOST_ERR_CLOSED;
}

static int why_not_open(struct roost_board *board, struct lws *wsi, const char *text, size_t len)
{
    struct linux_ws *ws = &board->ws;
    unsigned code = lws_http_client_http_response(wsi);

    if (ws->status)
        return ws->status;
    if (ws->link.failure != ROOST_TLS_NONE)
        return ROOST_ERR_CRYPTO;
    if (code >= 300 && code <= 599) {
        ws->refused_code = (uint16_t)code;
        return code == 401 || code == 403 ? ROOST_ERR_AUTH : ROOST_ERR_REFUSED;
    }
    return from_error_text(text, len);
}

/* ---- what arrives ---- */

/* True when the server chose the subprotocol that was asked for. */
static bool right_subprotocol(struct lws *wsi, const char *wanted)
{
    char got[64] = "";
    int len = lws_hdr_copy(wsi, got, sizeof got, WSI_TOKEN_PROTOCOL);

    if (!wanted)
        return len <= 0;
    return len > 0 && strcmp(got, wanted) == 0;
}

static void post_part(struct roost_board *board, bool binary, const void *data, size_t len,
                      bool first, bool last)
{
    const struct roost_event part = {.type = ROOST_EV_WS_PART,
                                     .token = (first ? ROOST_WS_FIRST : 0u) |
                                              (last ? ROOST_WS_LAST : 0u),
                                     .data = data,
                                     .len = len};
    const struct roost_event end_of_binary = {.type = ROOST_EV_WS_BINARY};

    if (!binary)
        (void)linux_board_post(board, &part);
    else if (last)
        (void)linux_board_post(board, &end_of_binary);
}

static void receive(struct roost_board *board, struct lws *wsi, const void *in, size_t len)
{
    struct linux_ws *ws = &board->ws;

    if (ws->status || ws->close_sent)
        return; /* what comes behind a close */
    if (lws_is_first_fragment(wsi))
        ws->incoming_len = 0;
    if (len > ws->incoming_size - ws->incoming_len) {
        /* The rest is taken and dropped: libwebsockets 4.1 writes past its buffer when a client
         * refuses a part of a message and more of it arrives. */
        ws->close_code = LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE;
        ws->status = ROOST_ERR_TOO_LONG;
        ws->state = LINUX_WS_CLOSING;
        lws_callback_on_writable(wsi);
        return;
    }
    bool first = ws->incoming_len == 0 && lws_is_first_fragment(wsi);
    bool last = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
    if (!ws->incoming) {
        ws->incoming_len += len;
        post_part(board, lws_frame_is_binary(wsi), in, len, first, last);
        return;
    }
    memcpy(ws->incoming + ws->incoming_len, in, len);
    ws->incoming_len += len;
    if (!last)
        return;
    const struct roost_event event = {.type = lws_frame_is_binary(wsi) ? ROOST_EV_WS_BINARY
                                                                       : ROOST_EV_WS_TEXT,
                                      .data = ws->incoming,
                                      .len = ws->incoming_len};
    (void)linux_board_post(board, &event);
}

static int append_credentials(struct roost_board *board, struct lws *wsi, unsigned char **at,
                              unsigned char *end_of_headers)
{
    const struct roost_ws_options *options = &board->ws.options;
    char plain[CREDENTIALS_MAX], header[6 + ROOST_BASE64_LEN(CREDENTIALS_MAX)] = "Basic ";

    if (!options->user)
        return 0;
    size_t user_len = strlen(options->user);
    memcpy(plain, options->user, user_len);
    plain[user_len] = ':';
    if (options->password_len)
        memcpy(plain + user_len + 1, options->password, options->password_len);
    size_t len = 6 + roost_base64_encode(header + 6, plain, user_len + 1 + options->password_len);
    return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, (unsigned char *)header,
                                        (int)len, at, end_of_headers)
               ? -1
               : 0;
}

/* ---- what is sent ---- */

static int send_next(struct roost_board *board, struct lws *wsi)
{
    struct linux_ws *ws = &board->ws;
    struct linux_ws_message *message = ws->first;

    if (ws->drop)
        return -1;
    if (ws->close_sent)
        return 0;
    if (ws->ping_due) {
        uint8_t ping[LWS_PRE];
        ws->ping_due = false;
        ws->pong_missing = true;
        if (lws_write(wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0)
            return -1;
    } else if (message) {
        ws->first = message->next;
        if (!ws->first)
            ws->last = NULL;
        ws->queued_bytes -= message->len;
        int sent = lws_write(wsi, message->bytes + LWS_PRE, message->len,
                             (enum lws_write_protocol)message->kind);
        free(message);
        if (sent < 0)
            return -1;
    } else if (ws->state == LINUX_WS_CLOSING) {
        ws->close_sent = true;
        linux_board_defer(board, LINUX_LATER_WS);
        return 0;
    }
    if (ws->first || ws->ping_due || ws->state == LINUX_WS_CLOSING)
        lws_callback_on_writable(wsi);
    return 0;
}

static void on_ping_timer(uv_timer_t *timer)
{
    struct roost_board *board = timer->data;
    struct linux_ws *ws = &board->ws;

    if (!ws->connection)
        return;
    if (ws->pong_missing) {
        ws->status = ROOST_ERR_TIMEOUT;
        ws->drop = true;
    }
    ws->ping_due = true;
    lws_callback_on_writable(ws->connection);
}

static void opened(struct roost_board *board)
{
    struct linux_ws *ws = &board->ws;
    const struct roost_event event = {.type = ROOST_EV_WS_OPENED};

    ws->state = LINUX_WS_OPEN;
    if (ws->options.ping_interval_ms)
        uv_timer_start(&ws->ping_timer, on_ping_timer, ws->options.ping_interval_ms,
                       ws->options.ping_interval_ms);
    (void)linux_board_post(board, &event);
}

/* RFC 6455 section 5.5.1: a close frame begins with a code or is empty. */
static uint16_t close_code(const uint8_t *body, size_t len)
{
    if (len < 2)
        return 0;
    return roost_be_get16(body);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    struct roost_board *board = user;

    if (!board) /* of the context, or of a connection that was dropped: it ends where it has a say
                 */
        return reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_WRITEABLE
                   ? -1
                   : 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_credentials(board, wsi, in, *(unsigned char **)in + len);
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        if (right_subprotocol(wsi, board->ws.options.subprotocol))
            return 0;
        board->ws.status = ROOST_ERR_UNSUPPORTED;
        return -1;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        opened(board);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        receive(board, wsi, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        board->ws.pong_missing = false;
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return send_next(board, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        board->ws.close_code = close_code(in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        board->ws.connection = NULL;
        end(board, why_not_open(board, wsi, in, len));
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        board->ws.connection = NULL;
        if (!board->ws.status && board->ws.state != LINUX_WS_CLOSING)
            board->ws.status = ROOST_ERR_CLOSED;
        if (board->ws.state == LINUX_WS_ENDING)
            linux_board_defer(board, LINUX_LATER_WS);
        end(board, board->ws.status);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        /* A connection that a busy server ends before it answers is told of by nothing else. */
        if (board->ws.connection != wsi)
            return 0;
        board->ws.connection = NULL;
        end(board, board->ws.status ? board->ws.status : ROOST_ERR_CLOSED);
        return 0;
    default:
        return 0;
    }
}

/* ---- the operations ---- */

static void connect_now(struct roost_board *board)
{
    struct linux_ws *ws = &board->ws;
    int err = ws->names.count ? make_context(board->host) : ROOST_ERR_NOT_FOUND;

    if (!err && ws->tls)
        err = make_vhost(board);
    if (err) {
        end(board, err);
        return;
    }
    const struct lws_client_connect_info info = {
        .context = board->host->ws.context,
        .vhost = ws->vhost ? ws->vhost : lws_get_vhost_by_name(board->host->ws.context, "default"),
        .address = ws->names.addresses[0],
        .port = ws->port,
        .ssl_connection = (ws->tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .path = ws->path,
        .host = ws->host,
        .protocol = ws->options.subprotocol,
        .local_protocol_name = protocols[0].name,
        .ietf_version_or_minus_one = -1,
        .userdata = board,
        .pwsi = &ws->connection,
    };
    /* Failures are reported by CONNECTION_ERROR, except those before there was a connection. */
    if (!lws_client_connect_via_info(&info)) {
        ws->connection = NULL;
        end(board, ROOST_ERR_CLOSED);
    }
}

static void on_names(void *ctx)
{
    connect_now(ctx);
}

/* Splits a copy of the URL into host, port and path. */
static int parse_url(struct linux_ws *ws)
{
    const char *scheme, *path;

    ws->url = strdup(ws->options.url);
    if (!ws->url)
        return ROOST_ERR_NO_MEMORY;
    if (lws_parse_uri(ws->url, &scheme, &ws->host, &ws->port, &path))
        return ROOST_ERR_INVALID;
    ws->tls = strcmp(scheme, "wss") == 0;
    if (!ws->tls && strcmp(scheme, "ws") != 0)
        return ROOST_ERR_INVALID;
    /* lws_parse_uri drops the slash in front of the path. */
    if (snprintf(ws->path, sizeof ws->path, "/%s", path) >= (int)sizeof ws->path)
        return ROOST_ERR_TOO_LONG;
    return 0;
}

static int ws_open(void *ctx, const struct roost_ws_options *options)
{
    struct roost_board *board = ctx;
    struct linux_ws *ws = &board->ws;

    if (ws->state != LINUX_WS_CLOSED)
        return ROOST_ERR_BUSY;
    if (options->user && strlen(options->user) + 1 + options->password_len > CREDENTIALS_MAX)
        return ROOST_ERR_TOO_LONG;
    ws->options = *options;
    ws->state = LINUX_WS_CONNECTING;
    ws->status = 0;
    ws->close_code = ws->refused_code = 0;
    ws->link.failure = ROOST_TLS_NONE;
    ws->ping_due = ws->pong_missing = ws->drop = ws->close_sent = false;
    ws->incoming_len = 0;
    ws->incoming_size = options->message_max ? options->message_max : LINUX_WS_MESSAGE_MAX;
    ws->incoming = options->parts ? NULL : malloc(ws->incoming_size);
    int err = ws->incoming || options->parts ? parse_url(ws) : ROOST_ERR_NO_MEMORY;
    if (!err && board->wifi.gone)
        err = ROOST_ERR_CLOSED;
    int found =
        err ? err : linux_names_find(&ws->names, board->host->loop, ws->host, on_names, board);
    if (found > 0)
        connect_now(board);
    else if (found < 0)
        end(board, found);
    return 0;
}

static int queue(struct linux_ws *ws, const void *data, size_t len, int kind)
{
    if (ws->state != LINUX_WS_OPEN || !ws->connection)
        return ROOST_ERR_CLOSED;
    if (len > LINUX_WS_SEND_MAX - ws->queued_bytes)
        return ROOST_ERR_FULL;
    struct linux_ws_message *message = malloc(sizeof *message + LWS_PRE + len);
    if (!message)
        return ROOST_ERR_NO_MEMORY;
    *message = (struct linux_ws_message){.len = len, .kind = kind};
    if (len)
        memcpy(message->bytes + LWS_PRE, data, len);
    if (ws->last)
        ws->last->next = message;
    else
        ws->first = message;
    ws->last = message;
    ws->queued_bytes += len;
    lws_callback_on_writable(ws->connection);
    return 0;
}

static int ws_send(void *ctx, const void *data, size_t len, bool binary)
{
    struct roost_board *board = ctx;

    return queue(&board->ws, data, len, binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
}

static int ws_send_part(void *ctx, const void *data, size_t len, bool first, bool last)
{
    struct roost_board *board = ctx;
    int kind = first ? LWS_WRITE_TEXT : LWS_WRITE_CONTINUATION;

    return queue(&board->ws, data, len, last ? kind : kind | LWS_WRITE_NO_FIN);
}

static int ws_close(void *ctx, uint16_t code)
{
    struct roost_board *board = ctx;
    struct linux_ws *ws = &board->ws;

    if (ws->state == LINUX_WS_OPEN) {
        ws->state = LINUX_WS_CLOSING;
        ws->close_code = code;
        lws_callback_on_writable(ws->connection);
    } else if (ws->state == LINUX_WS_CONNECTING) {
        linux_ws_drop(board);
        ws->status = 0;
    }
    return 0;
}

static const struct roost_ws_ops ws_ops = {
    .open = ws_open, .send = ws_send, .close = ws_close, .send_part = ws_send_part};

void linux_ws_init(struct roost_board *board)
{
    board->ws = (struct linux_ws){0};
    uv_timer_init(board->host->loop, &board->ws.ping_timer);
    board->ws.ping_timer.data = board;
    board->open_handles++;
    board->port.ws = (struct roost_ws){&ws_ops, board};
}

void linux_ws_deinit(struct roost_board *board)
{
    linux_ws_drop(board);
    release(&board->ws);
    uv_close((uv_handle_t *)&board->ws.ping_timer, linux_board_closed_handle);
}

size_t linux_ws_held_bytes(const struct linux_ws *ws)
{
    if (ws->state == LINUX_WS_CLOSED)
        return 0;
    return (ws->tls ? CONNECTION_BYTES + TLS_BYTES : CONNECTION_BYTES) + ws->queued_bytes +
           (ws->incoming ? ws->incoming_size : 0);
}
