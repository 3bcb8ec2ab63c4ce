/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of the series under way: on threads of their own, each with a read-only connection, or
 * without a loop at once with the writer's connection. Each query is answered once, on the loop's
 * thread (or by the pump), never from inside the call that asked.
 *
 *     asked --> quick lane, three threads --done--> answered
 *                  |                                   ^
 *                  '-- reads too much --> dear lane, one thread
 *
 * What a query costs is known by running it: every one begins on the quick lane, and one that has
 * read some hundred thousand rows there begins again on the dear one, so a cheap one waits a
 * fraction of a second for any number of dear ones. On each lane the client with the least under
 * way comes first. A cancelled query ends where it is. Depends on hub/worker.h,
 * hub/store/series_sql.h.
 */
#ifndef ROOST_HUB_STORE_SERIES_QUERIES_H
#define ROOST_HUB_STORE_SERIES_QUERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "hub/store/series_sql.h"
#include "hub/worker.h"

enum { SERIES_QUERIES_MAX = 64, SERIES_READERS = 3 };

struct series_query;

struct series_lane {
    struct worker *worker;
    size_t at_once; /* how many may be on it */
    bool is_dear;
    int64_t last_client; /* who came last */
    struct series_lane_reader {
        struct series_reader reader; /* the thread's */
        bool open;
        const struct series_query *query; /* under way */
        unsigned spent;                   /* of its allowance */
        bool overdrawn;
    } readers[SERIES_READERS];
};

struct series_queries {
    const char *path;
    bool threaded, closing;
    struct series_lane quick, dear;
    struct series_query *first; /* all that are not answered, oldest first; on the loop's thread */
    size_t count;
};

/* path is borrowed until close; `writer` lends its connection where there is no loop. Returns 0 or
 * ROOST_ERR_NO_MEMORY. */
int series_queries_init(struct series_queries *queries, struct uv_loop_s *loop, const char *path,
                        const struct series_writer *writer);

/* As in struct series_ops. */
int series_queries_history(struct series_queries *queries, const struct series_history_query *query,
                           series_history_fn done, void *arg);
int series_queries_newest(struct series_queries *queries, enum series_table table,
                          const char *device_id, uint32_t limit, series_rows_fn done, void *arg);
int series_queries_survey(struct series_queries *queries, int64_t before_ms, series_survey_fn done,
                          void *arg);
void series_queries_cancel(struct series_queries *queries, const void *arg);

/* Without a loop: answers what waits; returns how many. */
size_t series_queries_pump(struct series_queries *queries);

/* Interrupts what is under way and answers all that is not answered with ROOST_ERR_CLOSED. */
void series_queries_close(struct series_queries *queries);

#endif
