/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LOOK_MS = 5, START_MS = 10000, END_MS = 10000 };

uint64_t support_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

bool support_wait(bool (*done)(void *arg), void *arg, unsigned limit_ms)
{
    uint64_t end_ms = support_now_ms() + limit_ms;

    while (!done(arg)) {
        if (support_now_ms() >= end_ms)
            return done(arg);
        pause_ms(LOOK_MS);
    }
    return true;
}

/* ---- files ---- */

void support_make_dir(char path[SUPPORT_PATH_MAX])
{
    const char *base = getenv("TMPDIR");

    snprintf(path, SUPPORT_PATH_MAX, "%s/roost-test-XXXXXX", base && base[0] ? base : "/tmp");
    if (!mkdtemp(path))
        fail_msg("cannot make %s: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void support_remove_dir(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void support_write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wbe");

    if (!file || fwrite(data, 1, len, file) != len || fclose(file))
        fail_msg("cannot write %s: %s", path, strerror(errno));
}

char *support_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rbe");
    size_t used = 0, size = 4096;
    char *bytes = malloc(size + 1);

    if (!file || !bytes) {
        free(bytes);
        fail_msg("cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    for (size_t got; (got = fread(bytes + used, 1, size - used, file)) > 0;) {
        used += got;
        if (used < size)
            continue;
        size *= 2;
        char *more = realloc(bytes, size + 1);
        if (!more)
            fail_msg("out of memory for %s", path);
        bytes = more;
    }
    fclose(file);
    bytes[used] = '\0';
    if (len)
        *len = used;
    return bytes;
}

/* ---- ports ---- */

static int loopback_socket(struct sockaddr_in *address, uint16_t port)
{
    *address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail_msg("cannot make a socket: %s", strerror(errno));
    return fd;
}

uint16_t support_free_port(void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = loopback_socket(&address, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof address) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        fail_msg("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(address.sin_port);
}

static bool listens(void *arg)
{
    const uint16_t *port = arg;
    struct sockaddr_in address;
    int fd = loopback_socket(&address, *port);
    bool up = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

    close(fd);
    return up;
}

bool support_wait_port(uint16_t port, unsigned limit_ms)
{
    return support_wait(listens, &port, limit_ms);
}

static int dial_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

char *support_ask(const char *path, const char *line, unsigned limit_ms)
{
    size_t used = 0, size = 65536;
    char *answer = malloc(size);
    int fd = dial_unix(path);
    const struct timeval limit = {.tv_sec = limit_ms / 1000,
                                  .tv_usec = (suseconds_t)(limit_ms % 1000) * 1000};

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0 && send(fd, "\n", 1, MSG_NOSIGNAL) > 0)
            while (used + 1 < size && recv(fd, answer + used, 1, 0) == 1 && answer[used] != '\n')
                used++;
        close(fd);
    }
    if (used == 0) {
        free(answer);
        return NULL;
    }
    answer[used] = '\0';
    return answer;
}

/* ---- processes ---- */

pid_t support_spawn(const char *const argv[], const char *log_path)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        fail_msg("cannot fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int log = open(log_path ? log_path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
    for (int fd = 3; fd < 256; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "cannot execute %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct ending {
    pid_t pid;
    int status;
};

static bool has_ended(void *arg)
{
    struct ending *ending = arg;

    return waitpid(ending->pid, &ending->status, WNOHANG) == ending->pid;
}

bool support_ended(pid_t pid, int *status, unsigned limit_ms)
{
    struct ending ending = {.pid = pid};

    if (!support_wait(has_ended, &ending, limit_ms))
        return false;
    *status = WIFSIGNALED(ending.status) ? -WTERMSIG(ending.status) : WEXITSTATUS(ending.status);
    return true;
}

int support_end(pid_t pid, int signal_number, unsigned limit_ms)
{
    int status = -1;

    if (signal_number)
        kill(pid, signal_number);
    if (!support_ended(pid, &status, limit_ms)) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        fail_msg("process %d did not end within %u ms", (int)pid, limit_ms);
    }
    return status;
}

/* ---- Mosquitto ---- */

enum { BROKER_PORTS = 3 };

static const char *sbin(const char *name, char *path, size_t size)
{
    snprintf(path, size, "/usr/sbin/%s", name);
    return access(path, X_OK) == 0 ? path : name;
}

static void write_config(struct support_broker *broker)
{
    const struct support_broker_options *options = &broker->options;
    char passwords[SUPPORT_PATH_MAX + 16];
    FILE *file = fopen(broker->config, "we");

    if (!file) {
        fail_msg("cannot write %s: %s", broker->config, strerror(errno));
        return;
    }
    fprintf(file, "listener %u 127.0.0.1\nset_tcp_nodelay true\nallow_anonymous %s\n", broker->port,
            options->user ? "false" : "true");
    if (geteuid() == 0)
        fputs("user root\n", file); /* it would drop to an account that cannot read our directory */
    if (options->user) {
        snprintf(passwords, sizeof passwords, "%s/passwords", broker->dir);
        support_write_file(passwords, "", 0);
        const char *const argv[] = {"mosquitto_passwd", "-b", passwords, options->user,
                                    options->password,  NULL};
        assert_int_equal(support_end(support_spawn(argv, broker->log), 0, END_MS), 0);
        fprintf(file, "password_file %s\n", passwords);
    }
    if (options->certificate)
        fprintf(file, "cafile %s\ncertfile %s\nkeyfile %s\n", options->ca, options->certificate,
                options->key);
    if (options->more)
        fprintf(file, "%s\n", options->more);
    fclose(file);
}

/* Whether it listens. `taken`: it found its port taken, and has ended. */
static bool begin_broker(struct support_broker *broker, bool *taken)
{
    char path[64];
    const char *const argv[] = {sbin("mosquitto", path, sizeof path), "-c", broker->config, NULL};

    broker->pid = support_spawn(argv, broker->log);
    if (support_wait_port(broker->port, START_MS))
        return true;
    char *log = support_read_file(broker->log, NULL);
    *taken = strstr(log, "Address already in use") != NULL;
    if (!*taken)
        fail_msg("mosquitto does not listen on %u: %s", broker->port, log);
    free(log);
    return false;
}

void support_broker_again(struct support_broker *broker)
{
    bool taken;

    if (!begin_broker(broker, &taken))
        fail_msg("mosquitto does not listen on %u: it is taken", broker->port);
}

void support_broker_start(struct support_broker *broker,
                          const struct support_broker_options *options)
{
    bool taken = false;

    *broker = (struct support_broker){.options = *options};
    support_make_dir(broker->dir);
    snprintf(broker->config, sizeof broker->config, "%s/broker.conf", broker->dir);
    snprintf(broker->log, sizeof broker->log, "%s/broker.log", broker->dir);
    /* A port that is free now may be another program's before the broker has it. */
    for (int tries = 0; tries < BROKER_PORTS; tries++) {
        broker->port = options->port ? options->port : support_free_port();
        write_config(broker);
        if (begin_broker(broker, &taken))
            return;
        support_broker_kill(broker);
    }
    fail_msg("mosquitto found %d ports taken, the last was %u", BROKER_PORTS, broker->port);
}

void support_broker_kill(struct support_broker *broker)
{
    if (broker->pid)
        (void)support_end(broker->pid, SIGKILL, END_MS);
    broker->pid = 0;
}

void support_broker_freeze(struct support_broker *broker, bool frozen)
{
    if (broker->pid)
        kill(broker->pid, frozen ? SIGSTOP : SIGCONT);
}

void support_broker_deinit(struct support_broker *broker)
{
    support_broker_kill(broker);
    support_remove_dir(broker->dir);
}
