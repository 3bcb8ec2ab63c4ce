/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/reset.h"
#include "port/linux/linux.h"

/* The guard is of the process, like the signals and the program it executes again. */
static struct {
    char reason_path[LINUX_PATH_MAX];
    unsigned watchdog_s;
    atomic_bool fed, running;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stop;
} guard = {.mutex = PTHREAD_MUTEX_INITIALIZER, .stop = PTHREAD_COND_INITIALIZER};

/* Async-signal-safe: only open, write, fsync. */
static void record_reason(const char *path, enum roost_reset_reason reason)
{
    if (!path[0])
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    const char *text = roost_reset_text(reason);
    size_t len = strlen(text);
    if (write(fd, text, len) == (ssize_t)len)
        (void)fsync(fd);
    close(fd);
}

/* ---- the operations ---- */

static enum roost_reset_reason system_reset_reason(void *ctx)
{
    return ((struct roost_board *)ctx)->system.reason;
}

static void execute_again(struct roost_board *board)
{
    /* The broker is to see that this connection ended. */
    if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0)
        linux_board_say(board, "cannot close what is open: %s", strerror(errno));
    execv("/proc/self/exe", board->options.argv);
    linux_board_say(board, "cannot execute the program again: %s", strerror(errno));
}

static void system_reboot(void *ctx, enum roost_reset_reason reason)
{
    struct roost_board *board = ctx;

    ROOST_ASSERT((unsigned)reason <= ROOST_RESET_UNKNOWN);
    record_reason(board->system.reason_path, reason);
    board->halted = true;
    if (board->options.rebooting) {
        board->options.rebooting(board->options.device, reason);
        return;
    }
    linux_board_say(board, "rebooting (%s)", roost_reset_text(reason));
    fflush(NULL);
    if (!board->options.argv)
        _exit(0);
    if (board->port.firmware.ops)
        linux_slots_restart(board);
    /* Without a flash nothing ends a loop of crashes: then only what was asked for starts again. */
    else if (reason == ROOST_RESET_COMMAND)
        execute_again(board);
    _exit(0);
}

static void system_feed_watchdog(void *ctx)
{
    ((struct roost_board *)ctx)->system.feeds++;
    atomic_store_explicit(&guard.fed, true, memory_order_relaxed);
}

static void system_heap(void *ctx, struct roost_heap *out)
{
    struct roost_board *board = ctx;
    size_t held = board->options.device_bytes + linux_mqtt_held_bytes(&board->mqtt) +
                  linux_ws_held_bytes(&board->ws);

    out->free_bytes = held < LINUX_HEAP_BYTES ? (uint32_t)(LINUX_HEAP_BYTES - held) : 0;
    if (out->free_bytes < board->system.heap_low_bytes)
        board->system.heap_low_bytes = out->free_bytes;
    out->low_bytes = board->system.heap_low_bytes;
}

static void system_console(void *ctx, const char *line, size_t len)
{
    const struct roost_board *board = ctx;

    if (board->options.console)
        fprintf(stderr, "%.*s\n", (int)len, line);
}

static const struct roost_system_ops system_ops = {.reset_reason = system_reset_reason,
                                                   .reboot = system_reboot,
                                                   .feed_watchdog = system_feed_watchdog,
                                                   .heap = system_heap,
                                                   .console = system_console};

static enum roost_reset_reason take_reason(struct linux_system *system)
{
    char text[32] = "";
    int len = linux_disk_read_file(system->reason_path, text, sizeof text - 1);

    if (len == ROOST_ERR_NOT_FOUND)
        return ROOST_RESET_POWER_ON;
    (void)unlink(system->reason_path);
    for (int i = 0; len > 0 && i < ROOST_RESET_UNKNOWN; i++)
        if (strcmp(text, roost_reset_text((enum roost_reset_reason)i)) == 0)
            return (enum roost_reset_reason)i;
    return ROOST_RESET_UNKNOWN;
}

int linux_system_init(struct roost_board *board)
{
    struct linux_system *system = &board->system;
    const char *dir = board->options.state_dir;

    *system = (struct linux_system){.heap_low_bytes = LINUX_HEAP_BYTES, .lock_fd = -1};
    board->port.system = (struct roost_system){&system_ops, board};
    if (!dir)
        return 0;
    char lock[LINUX_PATH_MAX];
    if (snprintf(lock, sizeof lock, "%s/lock", dir) >= (int)sizeof lock ||
        snprintf(system->reason_path, sizeof system->reason_path, "%s/reset", dir) >=
            (int)sizeof system->reason_path)
        return ROOST_ERR_TOO_LONG;
    system->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (system->lock_fd < 0)
        return linux_disk_error(errno);
    if (flock(system->lock_fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? ROOST_ERR_BUSY : ROOST_ERR_IO;
    return 0;
}

void linux_system_boot(struct roost_board *board)
{
    if (board->options.state_dir)
        board->system.reason = take_reason(&board->system);
}

void linux_system_deinit(struct roost_board *board)
{
    if (board->system.lock_fd >= 0)
        close(board->system.lock_fd);
    board->system.lock_fd = -1;
}

void linux_board_say(struct roost_board *board, const char *format, ...)
{
    va_list list;

    if (!board->options.console)
        return;
    va_start(list, format);
    fputs("port: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

/* ---- the guard ---- */

static void on_crash(int number)
{
    record_reason(guard.reason_path, ROOST_RESET_CRASH);
    signal(number, SIG_DFL);
    raise(number);
}

static _Noreturn void on_assert(const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed\n", file, line);
    abort();
}

static void bite(void)
{
    static const char text[] = "port: watchdog: not fed in time, ending the program\n";

    record_reason(guard.reason_path, ROOST_RESET_WATCHDOG);
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    signal(SIGABRT, SIG_DFL); /* so that the end is not recorded as a crash */
    abort();
}

/* Counts its own seconds instead of reading a clock: a process that was stopped or a machine that
 * slept does not look like a loop that hangs. */
static void *watch(void *unused)
{
    unsigned hungry_s = 0;

    (void)unused;
    pthread_mutex_lock(&guard.mutex);
    while (atomic_load(&guard.running)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (pthread_cond_timedwait(&guard.stop, &guard.mutex, &until) != ETIMEDOUT)
            continue;
        hungry_s = atomic_exchange(&guard.fed, false) ? 0 : hungry_s + 1;
        if (hungry_s >= guard.watchdog_s)
            bite();
    }
    pthread_mutex_unlock(&guard.mutex);
    return NULL;
}

int roost_guard_start(struct roost_board *board, unsigned watchdog_s)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

    ROOST_ASSERT(!atomic_load(&guard.running));
    snprintf(guard.reason_path, sizeof guard.reason_path, "%s", board->system.reason_path);
    guard.watchdog_s = watchdog_s;
    atomic_store(&guard.fed, true);
    atomic_store(&guard.running, true);
    roost_assert_handler(on_assert);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
        if (sigaction(crashes[i], &action, NULL))
            return ROOST_ERR_INTERNAL;
    }
    /* The thread takes no signals: they belong to the loop. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&guard.thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        atomic_store(&guard.running, false);
    return failed ? ROOST_ERR_NO_MEMORY : 0;
}

void roost_guard_stop(void)
{
    if (!atomic_load(&guard.running))
        return;
    pthread_mutex_lock(&guard.mutex);
    atomic_store(&guard.running, false);
    pthread_cond_signal(&guard.stop);
    pthread_mutex_unlock(&guard.mutex);
    pthread_join(guard.thread, NULL);
}
