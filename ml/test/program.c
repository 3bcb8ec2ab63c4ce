/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/test/program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint16_t test_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port = 0;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

pid_t test_start(const char *const argv[], const char *log)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

int test_end(pid_t pid, int signal)
{
    int64_t deadline = now_ms() + TEST_PATIENCE_MS;
    int status;
    if (signal)
        kill(pid, signal);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() > deadline)
            return -1;
        poll(NULL, 0, 10);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *read_to_end(int fd)
{
    size_t size = 1 << 20, len = 0;
    char *text = malloc(size);
    ssize_t n = 1;
    while (text && len < size - 1 && n > 0) {
        n = read(fd, text + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (text)
        text[len] = '\0';
    return text;
}

char *test_http_get(uint16_t port, const char *path)
{
    char request[256];
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char *text = NULL;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, request, (size_t)len, MSG_NOSIGNAL) == len)
        text = read_to_end(fd);
    if (fd >= 0)
        close(fd);
    return text;
}

double test_metric(uint16_t port, const char *name)
{
    char line[160];
    char *text = test_http_get(port, "/metrics");
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = text ? strstr(text, line) : NULL;
    double value = at ? strtod(at + strlen(line), NULL) : -1.0;
    free(text);
    return value;
}

bool test_until(bool (*done)(void *ctx), void *ctx, void (*step)(void))
{
    int64_t deadline = now_ms() + TEST_PATIENCE_MS;
    while (!done(ctx)) {
        if (now_ms() > deadline)
            return false;
        if (step)
            step();
        else
            poll(NULL, 0, 20);
    }
    return true;
}
