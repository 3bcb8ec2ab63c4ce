/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's files, read on libuv's thread pool: a slow disk holds up nobody else's answer. A
 * path cannot lead out of the folder: it holds no dot segments (the parser refused them), and every
 * step is opened below the one before without following symbolic links. A file that the build has
 * compressed beside itself, app.js.gz for app.js, is sent so to clients that take it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "host/net/http_encoding.h"
#include "host/net/http_internal.h"

enum { FILE_MAX = 8 << 20 };

static const char index_path[] = "/index.html";

static const struct {
    const char *extension, *type;
} types[] = {
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"webp", "image/webp"},
    {"ico", "image/x-icon"},
    {"woff2", "font/woff2"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
};

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(dot + 1, types[i].extension) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* Opens root/path; path starts with a slash. Returns the descriptor or a negative error. */
static int open_below(int root, const char *path)
{
    int folder = root;

    for (;;) {
        char name[256];
        size_t len = strcspn(++path, "/");
        bool last = path[len] == '\0';
        int fd = -1;
        errno = ENOENT;
        /* Hidden files are no part of a web page. */
        if (len > 0 && len < sizeof name && path[0] != '.') {
            memcpy(name, path, len);
            name[len] = '\0';
            fd = openat(folder, name,
                        O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
        }
        int reason = errno;
        if (folder != root)
            close(folder);
        if (fd < 0)
            return reason == EMFILE || reason == ENFILE ? ROOST_ERR_BUSY : ROOST_ERR_NOT_FOUND;
        if (last)
            return fd;
        folder = fd;
        path += len;
    }
}

/* The build puts a hash of the content into the names below assets/. */
static bool is_hashed(const char *path)
{
    return strncmp(path, "/assets/", 8) == 0;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The compressed file beside `path`, or -1. One that is older is of another file, unless the name
 * says what is in it: copying a folder may mix up its times. */
static int open_gzip(int root, const char *path, int plain)
{
    char name[HTTP_PATH_MAX + sizeof ".gz"];
    struct stat own, compressed;

    snprintf(name, sizeof name, "%s.gz", path);
    int fd = open_below(root, name);
    if (fd < 0)
        return -1;
    if (fstat(fd, &compressed) == 0 && S_ISREG(compressed.st_mode) && fstat(plain, &own) == 0 &&
        (is_hashed(path) || !is_older(&compressed.st_mtim, &own.st_mtim)))
        return fd;
    close(fd);
    return -1;
}

/* Returns 0 with a malloc'ed body, or an error. */
static int read_file(int fd, void **body, size_t *len, struct stat *info)
{
    if (fstat(fd, info) != 0 || !S_ISREG(info->st_mode))
        return ROOST_ERR_NOT_FOUND;
    if (info->st_size > FILE_MAX)
        return ROOST_ERR_TOO_LONG;
    char *bytes = malloc((size_t)info->st_size + 1);
    if (!bytes)
        return ROOST_ERR_NO_MEMORY;
    *len = 0;
    while (*len < (size_t)info->st_size) {
        ssize_t n = read(fd, bytes + *len, (size_t)info->st_size - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(bytes);
            return ROOST_ERR_IO;
        }
        *len += (size_t)n;
    }
    *body = bytes;
    return 0;
}

/* A page of the application that only the browser knows: no file's name has been asked for. */
static bool is_page(const char *path)
{
    return !strchr(strrchr(path, '/'), '.');
}

/* A file on its way. The exchange outlives its connection, and the server its exchanges. */
struct file {
    uv_work_t work;
    struct http_exchange *exchange;
    int root;
    int err;
    bool takes_gzip, gzipped;
    void *body;
    size_t len;
    struct stat info;
    char path[]; /* of the request, then of the file */
};

static int load(struct file *file)
{
    int fd = open_below(file->root, file->path);

    if (fd < 0)
        return fd;
    int compressed = file->takes_gzip ? open_gzip(file->root, file->path, fd) : -1;
    file->gzipped = compressed >= 0;
    if (file->gzipped) {
        close(fd);
        fd = compressed;
    }
    int err = read_file(fd, &file->body, &file->len, &file->info);
    close(fd);
    return err;
}

/* On the pool. */
static void read_work(uv_work_t *work)
{
    struct file *file = work->data;

    file->err = load(file);
    if (file->err != ROOST_ERR_NOT_FOUND || !is_page(file->path))
        return;
    memcpy(file->path, index_path, sizeof index_path);
    file->err = load(file);
}

static void answer(struct http_exchange *ex, const struct file *file)
{
    const struct stat *info = &file->info;
    char etag[64];

    snprintf(etag, sizeof etag, "\"%llx-%llx-%lx%s\"", (unsigned long long)info->st_size,
             (unsigned long long)info->st_mtim.tv_sec, info->st_mtim.tv_nsec,
             file->gzipped ? "-gzip" : "");
    http_answer_header(ex, "Vary", "Accept-Encoding");
    if (file->gzipped)
        http_answer_header(ex, "Content-Encoding", "gzip");
    http_answer_borrowed(ex, type_of(file->path), file->body, file->len, etag,
                         is_hashed(file->path) ? "public, max-age=31536000, immutable" : "no-cache",
                         free, file->body);
}

static void read_over(uv_work_t *work, int status)
{
    struct file *file = work->data;
    int err = status == 0 ? file->err : ROOST_ERR_CLOSED;

    if (err < 0)
        http_fail_err(file->exchange, err == ROOST_ERR_TOO_LONG ? ROOST_ERR_INTERNAL : err, NULL);
    else
        answer(file->exchange, file);
    free(file);
}

/* Who wants another protocol asks for no page. */
static bool wants_upgrade(const struct http_exchange *ex)
{
    return ex->connection &&
           http_head_lists(&ex->connection->head, "Upgrade", "websocket", 9, true);
}

void http_static_serve(struct http_exchange *ex)
{
    if (wants_upgrade(ex)) {
        http_fail_err(ex, ROOST_ERR_NOT_FOUND, NULL);
        return;
    }
    const char *path = strcmp(ex->target.path, "/") == 0 ? index_path : ex->target.path;
    size_t len = strlen(path) + 1;
    size_t room = len > sizeof index_path ? len : sizeof index_path;
    struct file *file = calloc(1, sizeof *file + room);

    if (!file) {
        http_fail_err(ex, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    memcpy(file->path, path, len);
    file->work.data = file;
    file->exchange = ex;
    file->takes_gzip = ex->connection && http_takes_gzip(&ex->connection->head);
    file->root = ex->server->web_root;
    if (uv_queue_work(ex->server->loop, &file->work, read_work, read_over) == 0)
        return;
    free(file);
    http_fail_err(ex, ROOST_ERR_NO_MEMORY, NULL);
}
