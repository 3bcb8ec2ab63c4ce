/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a program: one JSON object a line on stderr, for a log collector and for people with
 * jq.
 *
 *     {"ts":"2026-11-21T08:00:00.000Z","level":"warn","area":"mqtt","msg":"connection lost",
 *      "correlation_id":"7c0e..","error":"CLOSED","retry_ms":1200}
 *
 * Fields are those of core/log.h (RF_INT, RF_MILLI, RF_STR, RF_ERR); a field whose name
 * roost_log_is_secret() knows is written as "***". One log for the process: it may be used from any
 * thread, a line is written whole. Where nothing was set up (tests, the simulator) warnings and
 * errors go to stderr. Depends on core/log.h, core/json_write.h, core/datetime.h.
 *
 *     HOST_LOG(ROOST_LOG_WARN, "mqtt", "connection lost", RF_ERR("error", err));
 */
#ifndef ROOST_HOST_LOG_H
#define ROOST_HOST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"

enum { HOST_LOG_LINE_MAX = 4096 }; /* bytes; what does not fit is cut, the line stays JSON */

/* A whole line without its line feed, borrowed for the call; called under the log's lock. */
typedef void (*host_log_sink_fn)(void *ctx, enum roost_log_level level, const char *line,
                                 size_t len);

/* Lines above `level` are not made. sink NULL: stderr. Budgets of call sites begin anew. Call
 * before the first thread starts. */
void host_log_init(enum roost_log_level level, host_log_sink_fn sink, void *ctx);

bool host_log_enabled(enum roost_log_level level);

void host_log_write(enum roost_log_level level, const char *area, const char *text,
                    const struct roost_log_field *fields, size_t count);

#define HOST_LOG(level, area, text, ...)                                                           \
    do {                                                                                           \
        if (host_log_enabled(level))                                                               \
            host_log_write((level), (area), (text), (const struct roost_log_field[]){__VA_ARGS__}, \
                           sizeof((const struct roost_log_field[]){__VA_ARGS__}) /                 \
                               sizeof(struct roost_log_field));                                    \
    } while (0)

/*
 * For every line that somebody outside can cause: a stranger at the door, a device, a broker. A
 * call site writes HOST_LOG_BURST lines, then one each HOST_LOG_EVERY_MS; the first one after some
 * were left out says how many in "left_out". So nobody fills the disk, and the log still says what
 * goes on.
 *
 *     HOST_LOG_LIMITED(ROOST_LOG_WARN, "http", "request refused", RF_STR("remote", remote));
 *
 * HOST_LOG_LIMITED_BY takes a budget of the caller's instead of the call site's own: one for
 * several lines of a kind, or one for each device. Zero is a full budget. Who has a clock of his
 * own asks host_log_admit and then writes with HOST_LOG_AFTER.
 *
 *     if (host_log_admit(&limit, message->now_ms, &left_out))
 *         HOST_LOG_AFTER(left_out, ROOST_LOG_WARN, "ingest", "message refused", ...);
 */
enum { HOST_LOG_BURST = 20, HOST_LOG_EVERY_MS = 10 * 1000 };

struct host_log_limit {
    uint32_t burst, every_ms; /* 0: HOST_LOG_BURST, HOST_LOG_EVERY_MS */
    uint64_t full_ms;         /* monotonic: when the whole burst is free again */
    uint64_t left_out;
    unsigned generation;
};

/* Whether a line may be written at now_ms (monotonic); *left_out is how many were not since the
 * last one that was. */
bool host_log_admit(struct host_log_limit *limit, uint64_t now_ms, uint64_t *left_out);

/* A line with "left_out" in front of its fields; without it when that is 0. */
void host_log_write_after(uint64_t left_out, enum roost_log_level level, const char *area,
                          const char *text, const struct roost_log_field *fields, size_t count);

#define HOST_LOG_AFTER(left_out, level, area, text, ...)                                           \
    do {                                                                                           \
        if (host_log_enabled(level))                                                               \
            host_log_write_after((left_out), (level), (area), (text),                              \
                                 (const struct roost_log_field[]){__VA_ARGS__},                    \
                                 sizeof((const struct roost_log_field[]){__VA_ARGS__}) /           \
                                     sizeof(struct roost_log_field));                              \
    } while (0)

void host_log_write_limited(struct host_log_limit *limit, enum roost_log_level level,
                            const char *area, const char *text,
                            const struct roost_log_field *fields, size_t count);

#define HOST_LOG_LIMITED_BY(limit, level, area, text, ...)                                         \
    do {                                                                                           \
        if (host_log_enabled(level))                                                               \
            host_log_write_limited((limit), (level), (area), (text),                               \
                                   (const struct roost_log_field[]){__VA_ARGS__},                  \
                                   sizeof((const struct roost_log_field[]){__VA_ARGS__}) /         \
                                       sizeof(struct roost_log_field));                            \
    } while (0)

#define HOST_LOG_LIMITED(level, area, text, ...)                                                   \
    do {                                                                                           \
        static struct host_log_limit host_log_site;                                                \
        HOST_LOG_LIMITED_BY(&host_log_site, level, area, text, __VA_ARGS__);                       \
    } while (0)

/* The correlation id of what this thread works on: every line made meanwhile carries it. Returns
 * the one before, to be set again; both are borrowed, NULL is none. The HTTP server sets it around
 * handlers; whoever answers later sets it again. */
const char *host_log_scope(const char *correlation_id);

/* Lines made since the start, by level: for /metrics. */
uint64_t host_log_lines(enum roost_log_level level);
/* Lines that a limit left out since the start. */
uint64_t host_log_left_out(void);

#endif
