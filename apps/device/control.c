/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/err.h"

void control_ok(struct roost_json_writer *answer)
{
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", true);
    roost_json_end(answer);
}

void control_error(struct roost_json_writer *answer, const char *format, ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    roost_json_object(answer);
    roost_json_put_bool(answer, "ok", false);
    roost_json_put_str(answer, "error", text);
    roost_json_end(answer);
}

/* ---- a client ---- */

static void on_client_closed(uv_handle_t *handle)
{
    ((struct control_client *)handle->data)->used = false;
}

static void drop(struct control_client *client)
{
    if (!uv_is_closing((uv_handle_t *)&client->pipe))
        uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void on_written(uv_write_t *request, int status)
{
    struct control_client *client = request->data;

    free(request);
    if (status < 0)
        drop(client);
}

static void send_answer(struct control_client *client, const char *text, size_t len)
{
    uv_write_t *request = malloc(sizeof *request + len + 1);

    if (!request) {
        drop(client);
        return;
    }
    char *copy = (char *)(request + 1);
    memcpy(copy, text, len);
    copy[len] = '\n';
    request->data = client;
    uv_buf_t buffer = uv_buf_init(copy, (unsigned)len + 1);
    if (uv_write(request, (uv_stream_t *)&client->pipe, &buffer, 1, on_written)) {
        free(request);
        drop(client);
    }
}

static void run_line(struct control_client *client)
{
    struct control *control = client->control;
    struct roost_json_writer answer;
    char *argv[CONTROL_WORDS + 1] = {NULL}, *save = NULL;
    int argc = 0;

    for (char *word = strtok_r(client->line, " \t\r", &save); word && argc < CONTROL_WORDS;
         word = strtok_r(NULL, " \t\r", &save))
        argv[argc++] = word;
    roost_json_begin(&answer, control->answer, sizeof control->answer);
    if (client->too_long)
        control_error(&answer, "a line has at most %d bytes", CONTROL_LINE - 1);
    else if (argc == 0)
        control_error(&answer, "an empty line; help lists the commands");
    else
        control->run(control->ctx, argc, argv, &answer);
    int len = roost_json_finish(&answer);
    if (len < 0) {
        roost_json_begin(&answer, control->answer, sizeof control->answer);
        control_error(&answer, "the answer is longer than %d bytes", CONTROL_ANSWER);
        len = roost_json_finish(&answer);
    }
    if (len > 0)
        send_answer(client, control->answer, (size_t)len);
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char space[CONTROL_LINE]; /* read and taken over before the next read */

    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(space, sizeof space);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct control_client *client = stream->data;

    if (got < 0) {
        drop(client);
        return;
    }
    for (ssize_t i = 0; i < got && !uv_is_closing((uv_handle_t *)stream); i++) {
        char c = buffer->base[i];
        if (c == '\n') {
            client->line[client->len] = '\0';
            run_line(client);
            client->len = 0;
            client->too_long = false;
        } else if (client->len + 1 < sizeof client->line) {
            client->line[client->len++] = c;
        } else {
            client->too_long = true;
        }
    }
}

/* ---- the socket ---- */

static void on_refused_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    struct control_client *client = NULL;

    if (status < 0)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS && !client; i++)
        if (!control->clients[i].used)
            client = &control->clients[i];
    if (!client) {
        uv_pipe_t *refused = malloc(sizeof *refused);
        if (!refused)
            return;
        uv_pipe_init(control->loop, refused, 0);
        (void)uv_accept(listener, (uv_stream_t *)refused);
        uv_close((uv_handle_t *)refused, on_refused_closed);
        return;
    }
    *client = (struct control_client){.control = control, .used = true};
    uv_pipe_init(control->loop, &client->pipe, 0);
    client->pipe.data = client;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) ||
        uv_read_start((uv_stream_t *)&client->pipe, on_space, on_read))
        drop(client);
}

/* A socket nobody listens on is what a program that was killed left behind. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat info;

    if (lstat(address->sun_path, &info) || !S_ISSOCK(info.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool stale = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                 errno == ECONNREFUSED;
    close(fd);
    return stale;
}

/* What is wrong with the folder of a path, as errno; 0: nothing. libuv says EACCES for one that is
 * missing. */
static int folder_problem(const char *path)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    const char *slash = strrchr(path, '/');
    struct stat info;

    if (!slash)
        return 0;
    /* With the slash: what is no folder is an error then. */
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    return stat(folder, &info) ? errno : 0;
}

int control_open(struct control *control, uv_loop_t *loop, const char *path, control_fn run,
                 void *ctx, char *why, size_t why_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *control = (struct control){.loop = loop, .run = run, .ctx = ctx, .path = path};
    if (strlen(path) >= sizeof address.sun_path) {
        snprintf(why, why_size, "--control %s: allowed is a path of up to %zu bytes", path,
                 sizeof address.sun_path - 1);
        return ROOST_ERR_TOO_LONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int problem = folder_problem(path);
    if (problem) {
        snprintf(why, why_size, "--control %s: %s", path,
                 problem == ENOENT ? "its folder is missing" : strerror(problem));
        return ROOST_ERR_IO;
    }
    if (is_stale(&address))
        (void)unlink(path);
    uv_pipe_init(loop, &control->listener, 0);
    control->listener.data = control;
    control->open = true;
    mode_t before = umask(0177); /* hands other than ours stay off */
    int err = uv_pipe_bind(&control->listener, path);
    umask(before);
    if (!err)
        err = uv_listen((uv_stream_t *)&control->listener, CONTROL_CLIENTS, on_connection);
    if (!err)
        return 0;
    snprintf(why, why_size, "--control %s: %s", path, uv_strerror(err));
    uv_close((uv_handle_t *)&control->listener, NULL);
    control->open = false;
    return ROOST_ERR_IO;
}

void control_close(struct control *control)
{
    if (!control->open)
        return;
    control->open = false;
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        if (control->clients[i].used)
            drop(&control->clients[i]);
    uv_close((uv_handle_t *)&control->listener, NULL); /* removes the path, as it bound it */
}
