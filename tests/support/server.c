/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/server.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/base64.h"

enum {
    INPUT_MAX = 64 * 1024,
    FILE_BYTES = 10000,
    CUT_BYTES = 4000,
    BIG_BYTES = 5000,
    HUGE_BYTES = 50000
};

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct support_connection {
    uv_tcp_t socket;
    struct support_server *server;
    struct support_connection *next;
    bool upgraded, mute, closing, uploading;
    struct support_upload upload;
    char path[128], method[8], type[64];
    size_t used;
    uint8_t input[INPUT_MAX];
};

/* ---- sending ---- */

static void on_closed(uv_handle_t *handle)
{
    struct support_connection *connection = handle->data;

    for (struct support_connection **at = &connection->server->connections; *at; at = &(*at)->next)
        if (*at == connection) {
            *at = connection->next;
            break;
        }
    free(connection);
}

static void hang_up(struct support_connection *connection)
{
    if (!connection->closing)
        uv_close((uv_handle_t *)&connection->socket, on_closed);
    connection->closing = true;
}

static void on_written(uv_write_t *request, int status)
{
    struct support_connection *last_of = request->data;

    (void)status;
    if (last_of)
        hang_up(last_of);
    free(request);
}

/* Sends a copy; `last`: the connection is closed behind it. */
static void put(struct support_connection *connection, const void *data, size_t len, bool last)
{
    uv_write_t *request = malloc(sizeof *request + len);
    char *copy = (char *)(request + 1);

    memcpy(copy, data, len);
    uv_buf_t buffer = uv_buf_init(copy, (unsigned)len);
    request->data = last ? connection : NULL;
    if (uv_write(request, (uv_stream_t *)&connection->socket, &buffer, 1, on_written))
        free(request);
}

static void put_text(struct support_connection *connection, const char *text, bool last)
{
    put(connection, text, strlen(text), last);
}

/* RFC 6455 section 5.2, unmasked as servers send. */
static void put_frame(struct support_connection *connection, enum opcode opcode, bool final,
                      const void *data, size_t len)
{
    static uint8_t frame[INPUT_MAX + 10];
    size_t at = 0;

    frame[at++] = (uint8_t)((final ? 0x80 : 0) | opcode);
    if (len < 126) {
        frame[at++] = (uint8_t)len;
    } else {
        frame[at++] = 126;
        frame[at++] = (uint8_t)(len >> 8);
        frame[at++] = (uint8_t)len;
    }
    memcpy(frame + at, data, len);
    put(connection, frame, at + len, opcode == CLOSE);
}

/* ---- HTTP ---- */

/* Copies the value of a header field, "" when it is not there. */
static void header(const char *request, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);

    out[0] = '\0';
    for (const char *line = strstr(request, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        line += name_len + 1;
        line += strspn(line, " ");
        snprintf(out, size, "%.*s", (int)strcspn(line, "\r"), line);
        return;
    }
}

static void put_file(struct support_connection *connection, const char *request, bool ranges,
                     size_t end)
{
    static uint8_t file[FILE_BYTES];
    char range[64], head[256];
    size_t from = 0;

    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(7 * i + 3);
    header(request, "Range", range, sizeof range);
    if (ranges && strncmp(range, "bytes=", 6) == 0)
        from = strtoul(range + 6, NULL, 10);
    bool partial = from > 0 && from < FILE_BYTES;
    if (!partial)
        from = 0;
    int len = partial ? snprintf(head, sizeof head,
                                 "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\n"
                                 "Content-Range: bytes %zu-%d/%d\r\n\r\n",
                                 FILE_BYTES - from, from, FILE_BYTES - 1, FILE_BYTES)
                      : snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
                                 FILE_BYTES);
    put(connection, head, (size_t)len, false);
    put(connection, file + from, end - from, true);
}

static void put_status(struct support_connection *connection, const char *code)
{
    char head[128];

    snprintf(head, sizeof head,
             "HTTP/1.1 %.3s Said\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwords", code);
    put_text(connection, head, true);
}

static void answer_http(struct support_connection *connection, const char *path,
                        const char *request)
{
    if (strcmp(path, "/file") == 0)
        put_file(connection, request, true, FILE_BYTES);
    else if (strcmp(path, "/whole") == 0)
        put_file(connection, request, false, FILE_BYTES);
    else if (strcmp(path, "/cut") == 0)
        put_file(connection, request, false, CUT_BYTES);
    else if (strcmp(path, "/redirect") == 0)
        put_text(connection,
                 "HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 0\r\n"
                 "Connection: close\r\n\r\n",
                 true);
    else if (strncmp(path, "/status/", 8) == 0)
        put_status(connection, path + 8);
    else
        put_text(connection,
                 "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
                 "no such file",
                 true);
}

static void put_code(struct support_connection *connection, const char *line, bool last)
{
    char head[192];

    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
             line);
    put_text(connection, head, last);
}

/* Answers that do not wait for the body; it is read all the same. */
static bool refuses_upload(struct support_connection *connection, const char *request)
{
    const char *path = connection->path;
    char authorization[64];

    header(request, "Authorization", authorization, sizeof authorization);
    if (strcmp(path, "/upload/auth") == 0 &&
        strcmp(authorization, "Basic dW5pdDpwQHNzOndvcmQ=") != 0) /* unit, p@ss:word */
        put_code(connection, "401 Unauthorized", false);
    else if (strcmp(path, "/upload/full") == 0)
        put_code(connection, "507 Insufficient Storage", false);
    else if (strcmp(path, "/upload/moved") == 0)
        put_code(connection, "302 Found\r\nLocation: /upload", false);
    else if (strncmp(path, "/upload", 7) != 0)
        put_code(connection, "404 Not Found", false);
    else
        return false;
    return true;
}

static size_t take_upload(struct support_connection *connection)
{
    struct support_server *server = connection->server;
    size_t taken = support_upload_take(&connection->upload, connection->input, connection->used);

    if (connection->upload.bad)
        put_code(connection, "400 Bad Request", true);
    else if (strcmp(connection->path, "/upload/cut") == 0 && connection->upload.bytes >= CUT_BYTES)
        hang_up(connection);
    else if (connection->upload.whole && connection->path[0]) {
        server->uploaded = connection->upload;
        memcpy(server->uploaded_method, connection->method, sizeof server->uploaded_method);
        memcpy(server->uploaded_type, connection->type, sizeof server->uploaded_type);
        put_code(connection, "201 Created", true);
    }
    return taken;
}

static void begin_upload(struct support_connection *connection, const char *request)
{
    char length[32], encoding[32];

    header(request, "Content-Length", length, sizeof length);
    header(request, "Transfer-Encoding", encoding, sizeof encoding);
    header(request, "Content-Type", connection->type, sizeof connection->type);
    connection->uploading = support_upload_begin(&connection->upload, length, encoding);
    if (refuses_upload(connection, request))
        connection->path[0] = '\0'; /* it was answered */
    else if (!connection->uploading)
        put_code(connection, "411 Length Required", true);
    else if (connection->upload.whole)
        (void)take_upload(connection);
}

/* ---- WebSocket ---- */

static bool authorized(const char *request)
{
    static const char wanted[] = "unit:\x01:\xff"
                                 "z";
    char value[128];
    uint8_t plain[96];

    header(request, "Authorization", value, sizeof value);
    if (strncmp(value, "Basic ", 6) != 0)
        return false;
    int len = roost_base64_decode(plain, sizeof plain, value + 6, strlen(value + 6));
    return len == sizeof wanted - 1 && memcmp(plain, wanted, sizeof wanted - 1) == 0;
}

static void upgrade(struct support_connection *connection, const char *path, const char *request,
                    const char *key)
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[128], accept[ROOST_BASE64_LEN(SHA_DIGEST_LENGTH) + 1] = "", offered[64], head[512];
    uint8_t digest[SHA_DIGEST_LENGTH];

    int len = snprintf(joined, sizeof joined, "%s%s", key, magic);
    SHA1((const uint8_t *)joined, (size_t)len, digest);
    roost_base64_encode(accept, digest, sizeof digest);
    header(request, "Sec-WebSocket-Protocol", offered, sizeof offered);
    const char *chosen = strcmp(path, "/other") == 0    ? "Sec-WebSocket-Protocol: other\r\n"
                         : strcmp(offered, "echo") == 0 ? "Sec-WebSocket-Protocol: echo\r\n"
                                                        : "";
    snprintf(head, sizeof head,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n%s\r\n",
             accept, chosen);
    put_text(connection, head, false);
    connection->upgraded = true;
    connection->mute = strcmp(path, "/mute") == 0;
    if (strcmp(path, "/close") == 0) {
        put_frame(connection, CLOSE, true, "\x0f\xa1", 2); /* 4001 */
    } else if (strcmp(path, "/big") == 0) {
        char text[BIG_BYTES];
        memset(text, 'b', sizeof text);
        put_frame(connection, TEXT, true, text, sizeof text);
    } else if (strcmp(path, "/huge") == 0) {
        static char text[HUGE_BYTES];
        memset(text, 'h', sizeof text);
        for (int i = 0; i < 4; i++)
            put_frame(connection, i ? CONTINUATION : TEXT, i == 3, text, sizeof text);
    } else if (strcmp(path, "/fragments") == 0) {
        put_frame(connection, TEXT, false, "hello", 5);
        put_frame(connection, CONTINUATION, false, " ", 1);
        put_frame(connection, PING, true, "p", 1);
        put_frame(connection, CONTINUATION, true, "world", 5);
    }
}

static void answer_frame(struct support_connection *connection, enum opcode opcode, bool final,
                         const uint8_t *data, size_t len)
{
    switch (opcode) {
    case TEXT:
    case BINARY:
    case CONTINUATION:
        put_frame(connection, opcode, final, data, len);
        break;
    case PING:
        if (!connection->mute)
            put_frame(connection, PONG, true, data, len);
        break;
    case CLOSE:
        if (len >= 2)
            connection->server->close_code = (uint16_t)(data[0] << 8 | data[1]);
        put_frame(connection, CLOSE, true, data, len < 2 ? len : 2);
        break;
    case PONG:
        break;
    }
}

/* Takes one frame off the input. Returns the bytes used, 0 when it is not whole. */
static size_t take_frame(struct support_connection *connection)
{
    uint8_t *in = connection->input;
    size_t len, at = 2;

    if (connection->used < 2)
        return 0;
    len = in[1] & 0x7F;
    if (len == 126) {
        if (connection->used < 4)
            return 0;
        len = (size_t)(in[2] << 8 | in[3]);
        at = 4;
    } else if (len == 127) {
        hang_up(connection); /* the suite sends nothing that long */
        return 0;
    }
    if (!(in[1] & 0x80)) { /* a client must mask */
        hang_up(connection);
        return 0;
    }
    if (connection->used < at + 4 + len)
        return 0;
    const uint8_t *mask = in + at;
    at += 4;
    for (size_t i = 0; i < len; i++)
        in[at + i] ^= mask[i % 4];
    answer_frame(connection, (enum opcode)(in[0] & 0x0F), (in[0] & 0x80) != 0, in + at, len);
    return at + len;
}

/* ---- receiving ---- */

static size_t take_request(struct support_connection *connection)
{
    char *request = (char *)connection->input, *path = connection->path, key[64];
    const char *end;

    request[connection->used] = '\0';
    end = strstr(request, "\r\n\r\n");
    if (!end)
        return 0;
    if (sscanf(request, "%7s %127s ", connection->method, path) != 2) {
        hang_up(connection);
        return 0;
    }
    if (strcmp(connection->method, "GET") != 0) {
        begin_upload(connection, request);
        return (size_t)(end - request) + 4;
    }
    header(request, "Sec-WebSocket-Key", key, sizeof key);
    if (!key[0])
        answer_http(connection, path, request);
    else if (strcmp(path, "/auth") == 0 && !authorized(request))
        put_text(connection,
                 "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                 true);
    else if (strcmp(path, "/gone") == 0)
        put_code(connection, "404 Not Found", true);
    else if (strcmp(path, "/moved") == 0)
        put_code(connection, "302 Found\r\nLocation: /echo", true);
    else
        upgrade(connection, path, request, key);
    return (size_t)(end - request) + 4;
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct support_connection *connection = handle->data;

    (void)suggested;
    *buffer = uv_buf_init((char *)connection->input + connection->used,
                          (unsigned)(sizeof connection->input - connection->used - 1));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct support_connection *connection = stream->data;
    size_t taken;

    (void)buffer;
    if (got < 0) {
        hang_up(connection);
        return;
    }
    connection->used += (size_t)got;
    while (!connection->closing && connection->used &&
           (taken = connection->upgraded    ? take_frame(connection)
                    : connection->uploading ? take_upload(connection)
                                            : take_request(connection))) {
        connection->used -= taken;
        memmove(connection->input, connection->input + taken, connection->used);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct support_server *server = listener->data;
    struct support_connection *connection = calloc(1, sizeof *connection);

    assert_int_equal(status, 0);
    connection->server = server;
    connection->next = server->connections;
    server->connections = connection;
    uv_tcp_init(server->loop, &connection->socket);
    connection->socket.data = connection;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&connection->socket), 0);
    uv_read_start((uv_stream_t *)&connection->socket, on_space, on_read);
}

void support_server_start(struct support_server *server, uv_loop_t *loop)
{
    struct sockaddr_storage address;
    int size = sizeof address;

    *server = (struct support_server){.loop = loop};
    uv_tcp_init(loop, &server->listener);
    server->listener.data = server;
    uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&address);
    assert_int_equal(uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&server->listener, 16, on_connection), 0);
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
    server->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
}

void support_server_stop(struct support_server *server)
{
    for (struct support_connection *at = server->connections; at; at = at->next)
        hang_up(at);
    uv_close((uv_handle_t *)&server->listener, NULL);
}
