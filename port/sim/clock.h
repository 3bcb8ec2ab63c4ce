/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual time: a heap of events, the random streams of a run, and the digest of everything that
 * happened. Nothing here looks at the real clock, an address or a hash order, so a seed replays bit
 * for bit. Depends on core/timer.h and OpenSSL's SHA-256.
 *
 *     sim_clock_init(&clock, seed);
 *     sim_at(&clock, clock.now_ms + 100, on_due, me, 0, NULL);
 *     sim_run_until(&clock, 3600000);
 *     sim_digest(&clock, hex);
 */
#ifndef ROOST_PORT_SIM_CLOCK_H
#define ROOST_PORT_SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- random ---- */

/* Each part draws from a stream of its own, so that one more draw in one part leaves the others as
 * they were. */
struct sim_random {
    uint64_t state;
};

void sim_random_init(struct sim_random *random, uint64_t seed, const char *name, uint64_t index);
uint64_t sim_random_next(struct sim_random *random);
/* Even in [0, bound), bound > 0; and in [low, high]. */
uint64_t sim_random_below(struct sim_random *random, uint64_t bound);
uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high);
bool sim_random_chance(struct sim_random *random, uint32_t per_million);
void sim_random_fill(struct sim_random *random, void *out, size_t len);

/* ---- events ---- */

typedef void (*sim_fn)(void *ctx, uint64_t number, void *data);

/* What is sorted of an event, apart from it: it is moved about more often than anything else. */
struct sim_due {
    uint64_t due_ms, order;
    uint32_t slot; /* of the event */
};

struct sim_event {
    uint64_t order;
    uint32_t next; /* slot of the one behind it in the same instant */
    sim_fn fn;
    void *ctx, *data;
    uint64_t number;
    const uint32_t *guard; /* the event is dropped when *guard is no longer guard_value */
    uint32_t guard_value;
};

enum {
    SIM_EVENTS_MAX = 65536,
    SIM_NEAR_MS = 256 /* events of so many instants from now on are in queues, not sorted */
};

struct sim_clock {
    uint64_t seed, now_ms;
    int64_t epoch_unix_ms; /* wall clock at now_ms 0, drawn from the seed */
    struct sim_due *heap;  /* those that were far away when they were started */
    size_t far;
    struct { /* by due_ms modulo SIM_NEAR_MS; `taken` says which are not empty, a bit each */
        uint32_t first, last;
    } near[SIM_NEAR_MS];
    uint64_t taken[SIM_NEAR_MS / 64];
    struct sim_event *events; /* by slot */
    uint32_t *free;           /* slots: those behind `count` */
    size_t count, high_water;
    uint64_t next_order, handled;
    void *digest; /* EVP_MD_CTX */
    /* When set, sees each trace line as it is hashed. */
    void (*on_trace)(void *ctx, uint64_t now_ms, uint32_t who, const char *what, const void *data,
                     size_t len);
    void *trace_ctx;
};

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_clock_init(struct sim_clock *clock, uint64_t seed);
/* Events still waiting are forgotten; who owns their data frees it first. */
void sim_clock_deinit(struct sim_clock *clock);

/* Events due at the same instant run in the order in which they were started. A due time in the
 * past is now. More than SIM_EVENTS_MAX waiting is a bug of the model and asserts. */
void sim_at(struct sim_clock *clock, uint64_t due_ms, sim_fn fn, void *ctx, uint64_t number,
            void *data);
/* As above; dropped unless *guard still has today's value at due_ms. `data` must need no freeing.
 */
void sim_at_guarded(struct sim_clock *clock, uint64_t due_ms, sim_fn fn, void *ctx, uint64_t number,
                    void *data, const uint32_t *guard);

/* Runs the next event due at or before limit_ms; false when there is none. */
bool sim_run_one(struct sim_clock *clock, uint64_t limit_ms);
/* Runs all events due up to until_ms; the clock then stands at until_ms. */
void sim_run_until(struct sim_clock *clock, uint64_t until_ms);

int64_t sim_unix_ms(const struct sim_clock *clock);

/* ---- digest ---- */

/* Adds (now, who, what, data) to the digest. */
void sim_trace(struct sim_clock *clock, uint32_t who, const char *what, const void *data,
               size_t len);
/* SHA-256 in hex over the trace so far. */
void sim_digest(const struct sim_clock *clock, char out[65]);

#endif
