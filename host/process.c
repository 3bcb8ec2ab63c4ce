/* SPDX-License-Identifier: Apache-2.0 */
#include "host/process.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host/log.h"

/* ---- clock ---- */

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

static int64_t unix_ms(void *ctx)
{
    (void)ctx;
    return clock_ms(CLOCK_REALTIME);
}

static void fill_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t done = 0; done < len;) {
        ssize_t n = getrandom((uint8_t *)out + done, len - done, 0);
        if (n > 0)
            done += (size_t)n;
    }
}

static const struct host_clock_ops clock_ops = {
    .now_ms = now_ms, .unix_ms = unix_ms, .random = fill_random};
const struct host_clock process_clock = {.ops = &clock_ops};

/* ---- open files ---- */

uint64_t process_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

/* ---- metrics ---- */

enum { LOG_LEVELS = ROOST_LOG_DEBUG + 1 };

static struct {
    struct metric *cpu, *resident, *descriptors, *descriptors_max, *lines[LOG_LEVELS], *left_out;
} process;

static void raise_to(struct metric *counter, double value)
{
    if (value > metric_value(counter))
        metric_add(counter, value - metric_value(counter));
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double resident_bytes(void)
{
    char line[128] = ""; /* in pages: of the address space, resident, ... */
    FILE *file = fopen("/proc/self/statm", "re");

    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
    }
    const char *resident = strchr(line, ' ');
    return resident ? (double)strtoul(resident, NULL, 10) * (double)sysconf(_SC_PAGESIZE) : 0;
}

static double open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the folder itself */

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static double descriptors_max(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : 0;
}

static void collect(void *ctx)
{
    struct rusage usage;

    (void)ctx;
    getrusage(RUSAGE_SELF, &usage);
    raise_to(process.cpu, seconds(&usage.ru_utime) + seconds(&usage.ru_stime));
    metric_set(process.resident, resident_bytes());
    metric_set(process.descriptors, open_descriptors());
    metric_set(process.descriptors_max, descriptors_max());
    raise_to(process.left_out, (double)host_log_left_out());
    for (int level = 0; level < LOG_LEVELS; level++)
        raise_to(process.lines[level], (double)host_log_lines((enum roost_log_level)level));
}

void process_metrics(struct metrics *m)
{
    char labels[64];

    process.cpu = metrics_counter(m, "process_cpu_seconds_total", "CPU time used", NULL);
    process.resident = metrics_gauge(m, "process_resident_memory_bytes", "Resident memory", NULL);
    process.descriptors = metrics_gauge(m, "process_open_fds", "Open file descriptors", NULL);
    process.descriptors_max =
        metrics_gauge(m, "process_max_fds", "Open file descriptors at most", NULL);
    for (int level = 0; level < LOG_LEVELS; level++) {
        snprintf(labels, sizeof labels, "level=\"%s\"",
                 roost_log_level_name((enum roost_log_level)level));
        process.lines[level] = metrics_counter(m, "roost_log_lines_total", "Lines logged", labels);
    }
    process.left_out = metrics_counter(m, "roost_log_left_out_total",
                                       "Lines not logged: others caused too many of them", NULL);
    metric_set(metrics_gauge(m, "process_start_time_seconds", "Start, in seconds since 1970", NULL),
               (double)clock_ms(CLOCK_REALTIME) / 1000);
    metric_set(metrics_gauge(m, "roost_build_info", "The version that runs",
                             "version=\"" ROOST_VERSION "\""),
               1);
    metrics_on_collect(m, collect, NULL);
}
