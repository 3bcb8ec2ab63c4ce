/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_ftp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/url.h"
#include "port/parts/ftp.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* lwIP raises no signals */
#endif

enum { REPLY_BYTES = 128 };

struct session {
    const struct esp_ftp_options *options;
    struct ftp ftp;
    struct sockaddr_storage peer; /* of the control connection, and so of the data's */
    socklen_t peer_len;
    int control, data;
    char replies[REPLY_BYTES]; /* what came on the control connection and was not taken yet */
    size_t reply_len;
};

/* ---- sockets ---- */

static void set_timeouts(int fd, uint32_t ms)
{
    const struct timeval limit = {.tv_sec = (time_t)(ms / 1000),
                                  .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* Whether the connect that was begun came about. */
static bool connected(int fd, uint32_t ms)
{
    struct timeval limit = {.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    int error = 0;
    socklen_t len = sizeof error;
    fd_set set;

    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, NULL, &set, NULL, &limit) == 1 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static int open_socket(const struct sockaddr_storage *address, socklen_t len, uint32_t timeout_ms)
{
    int fd = socket(address->ss_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    int flags = fcntl(fd, F_GETFL, 0);
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, (const struct sockaddr *)address, len) != 0 &&
        (errno != EINPROGRESS || !connected(fd, timeout_ms))) {
        close(fd);
        return -1;
    }
    (void)fcntl(fd, F_SETFL, flags);
    set_timeouts(fd, timeout_ms);
    return fd;
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = htons(port);
#ifdef AF_INET6
    else
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
#endif
}

static int find_host(struct session *s, const char *host, uint16_t port)
{
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int err = ROOST_ERR_NOT_FOUND;

    if (getaddrinfo(host, NULL, &wanted, &found) != 0)
        return ROOST_ERR_NOT_FOUND;
    for (const struct addrinfo *at = found; at && s->control < 0; at = at->ai_next) {
        if (at->ai_addrlen > sizeof s->peer)
            continue;
        memcpy(&s->peer, at->ai_addr, at->ai_addrlen);
        s->peer_len = at->ai_addrlen;
        set_port(&s->peer, port ? port : FTP_PORT);
        s->control = open_socket(&s->peer, s->peer_len, s->options->timeout_ms);
        err = s->control < 0 ? ROOST_ERR_CLOSED : 0;
    }
    freeaddrinfo(found);
    return err;
}

static int send_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? ROOST_ERR_TIMEOUT
                                                                         : ROOST_ERR_CLOSED;
        at += sent;
        len -= (size_t)sent;
    }
    return 0;
}

/* ---- the control connection ---- */

static void read_replies(struct session *s)
{
    if (s->reply_len == 0) {
        ssize_t got = recv(s->control, s->replies, sizeof s->replies, 0);
        if (got <= 0) {
            bool late = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
            ftp_failed(&s->ftp, late ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED);
            return;
        }
        s->reply_len = (size_t)got;
    }
    size_t taken = ftp_take(&s->ftp, s->replies, s->reply_len);
    s->reply_len -= taken;
    memmove(s->replies, s->replies + taken, s->reply_len);
}

static void send_command(struct session *s)
{
    int err = send_all(s->control, s->ftp.command, strlen(s->ftp.command));

    if (err)
        ftp_failed(&s->ftp, err);
    else
        ftp_sent(&s->ftp);
}

/* ---- the data connection ---- */

static void close_data(struct session *s)
{
    if (s->data >= 0)
        close(s->data);
    s->data = -1;
}

static void connect_data(struct session *s)
{
    set_port(&s->peer, s->ftp.data_port);
    s->data = open_socket(&s->peer, s->peer_len, s->options->timeout_ms);
    ftp_connected(&s->ftp, s->data >= 0);
}

static int fetch(struct session *s)
{
    const struct esp_ftp_options *options = s->options;

    for (;;) {
        ssize_t got = recv(s->data, options->buffer, options->size, 0);
        if (got == 0)
            return 0;
        if (got < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? ROOST_ERR_TIMEOUT : ROOST_ERR_CLOSED;
        if (!options->part(options->ctx, options->buffer, (size_t)got))
            return ROOST_ERR_STATE;
    }
}

static int store(struct session *s)
{
    const struct esp_ftp_options *options = s->options;

    for (;;) {
        int len = options->body(options->ctx, options->buffer, options->size);
        if (len == 0)
            return 0;
        if (len < 0)
            return ROOST_ERR_STATE;
        int err = send_all(s->data, options->buffer, (size_t)len);
        if (err)
            return err;
    }
}

static void transfer(struct session *s)
{
    int err = s->options->store ? store(s) : fetch(s);

    close_data(s);
    if (err == ROOST_ERR_STATE) /* stopped by our own side: no word about it */
        ftp_failed(&s->ftp, ROOST_ERR_CLOSED);
    else if (err == ROOST_ERR_TIMEOUT)
        ftp_failed(&s->ftp, err);
    else
        ftp_moved(&s->ftp, err == 0);
}

static void run(struct session *s)
{
    while (s->ftp.next != FTP_OVER) {
        switch (s->ftp.next) {
        case FTP_READ:
            read_replies(s);
            break;
        case FTP_SEND:
            send_command(s);
            break;
        case FTP_CONNECT:
            connect_data(s);
            break;
        case FTP_TRANSFER:
            transfer(s);
            break;
        case FTP_OVER:
            break;
        }
    }
    close_data(s);
}

/* ---- the URL ---- */

/* The path as the server is told it: without its first slash (relative to where the login leads;
 * "%2F" in front is the root), and without ";type=i". */
static int take_path(struct roost_url *url)
{
    char *path = strchr(url->path, '/') == url->path ? (char *)(uintptr_t)url->path + 1 : NULL;

    if (!path)
        return ROOST_ERR_INVALID;
    char *type = strstr(path, ";type=");
    if (type)
        *type = '\0';
    url->path = path;
    return roost_url_decode(path);
}

int esp_ftp_run(const struct esp_ftp_options *options, int *code)
{
    struct session s = {.options = options, .control = -1, .data = -1};
    char memory[ESP_FTP_URL_MAX + 1];
    struct roost_url url;

    *code = 0;
    int err = roost_url_parse(&url, options->url, memory, sizeof memory);
    if (!err && strcmp(url.scheme, "ftp") != 0)
        err = ROOST_ERR_INVALID;
    if (!err)
        err = take_path(&url);
    if (!err)
        err = ftp_init(&s.ftp, &(struct ftp_job){.user = url.user,
                                                 .password = url.password,
                                                 .path = url.path,
                                                 .store = options->store,
                                                 .offset = options->offset});
    if (!err)
        err = find_host(&s, url.host, url.port);
    if (!err) {
        run(&s);
        err = s.ftp.status;
        *code = s.ftp.code;
    }
    if (s.control >= 0)
        close(s.control);
    memset(memory, 0, sizeof memory); /* the password */
    return err;
}
