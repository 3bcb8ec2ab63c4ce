/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/clock.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/hex.h"

/* ---- random ---- */

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void sim_random_init(struct sim_random *random, uint64_t seed, const char *name, uint64_t index)
{
    uint64_t state = seed;

    for (const char *c = name; *c; c++)
        state = splitmix(&state) ^ (uint8_t)*c;
    state = splitmix(&state) ^ index;
    random->state = splitmix(&state);
}

uint64_t sim_random_next(struct sim_random *random)
{
    return splitmix(&random->state);
}

uint64_t sim_random_below(struct sim_random *random, uint64_t bound)
{
    ROOST_ASSERT(bound > 0);
    return splitmix(&random->state) % bound; /* the bias is far below what a model resolves */
}

uint64_t sim_random_between(struct sim_random *random, uint64_t low, uint64_t high)
{
    ROOST_ASSERT(low <= high);
    return low + sim_random_below(random, high - low + 1);
}

bool sim_random_chance(struct sim_random *random, uint32_t per_million)
{
    return sim_random_below(random, 1000000) < per_million;
}

void sim_random_fill(struct sim_random *random, void *out, size_t len)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(splitmix(&random->state) >> 32);
}

/* ---- events ---- */

static bool before(const struct sim_due *a, const struct sim_due *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order);
}

static void sift_up(struct sim_due *heap, size_t i)
{
    struct sim_due moving = heap[i];

    while (i > 0 && before(&moving, &heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = moving;
}

static void sift_down(struct sim_due *heap, size_t count)
{
    struct sim_due moving = heap[0];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= count)
            break;
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &moving))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

int sim_clock_init(struct sim_clock *clock, uint64_t seed)
{
    /* 2026-01-01T00:00:00Z; a run may start on any minute of that year. */
    static const int64_t year_ms = 1767225600000;
    struct sim_random random;

    *clock = (struct sim_clock){.seed = seed};
    sim_random_init(&random, seed, "epoch", 0);
    clock->epoch_unix_ms = year_ms + (int64_t)sim_random_below(&random, 525600) * 60000;
    clock->heap = malloc(SIM_EVENTS_MAX * sizeof *clock->heap);
    clock->events = malloc(SIM_EVENTS_MAX * sizeof *clock->events);
    clock->free = malloc(SIM_EVENTS_MAX * sizeof *clock->free);
    clock->digest = EVP_MD_CTX_new();
    if (!clock->heap || !clock->events || !clock->free || !clock->digest ||
        EVP_DigestInit_ex(clock->digest, EVP_sha256(), NULL) != 1) {
        sim_clock_deinit(clock);
        return ROOST_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < SIM_EVENTS_MAX; i++)
        clock->free[i] = i;
    return 0;
}

void sim_clock_deinit(struct sim_clock *clock)
{
    free(clock->heap);
    free(clock->events);
    free(clock->free);
    EVP_MD_CTX_free(clock->digest);
    *clock = (struct sim_clock){0};
}

static void put_near(struct sim_clock *clock, uint64_t due_ms, uint32_t slot)
{
    size_t at = due_ms % SIM_NEAR_MS;
    uint64_t bit = UINT64_C(1) << at % 64;

    if (clock->taken[at / 64] & bit)
        clock->events[clock->near[at].last].next = slot;
    else
        clock->near[at].first = slot;
    clock->near[at].last = slot;
    clock->taken[at / 64] |= bit;
}

static void put_far(struct sim_clock *clock, uint64_t due_ms, uint32_t slot)
{
    clock->heap[clock->far] =
        (struct sim_due){.due_ms = due_ms, .order = clock->events[slot].order, .slot = slot};
    sift_up(clock->heap, clock->far++);
}

void sim_at_guarded(struct sim_clock *clock, uint64_t due_ms, sim_fn fn, void *ctx, uint64_t number,
                    void *data, const uint32_t *guard)
{
    ROOST_ASSERT(clock->count < SIM_EVENTS_MAX);
    uint32_t slot = clock->free[clock->count++];
    clock->events[slot] = (struct sim_event){
        .order = clock->next_order++,
        .next = slot, /* the last in its queue */
        .fn = fn,
        .ctx = ctx,
        .data = data,
        .number = number,
        .guard = guard,
        .guard_value = guard ? *guard : 0,
    };
    if (due_ms < clock->now_ms)
        due_ms = clock->now_ms;
    if (due_ms - clock->now_ms < SIM_NEAR_MS)
        put_near(clock, due_ms, slot);
    else
        put_far(clock, due_ms, slot);
    if (clock->count > clock->high_water)
        clock->high_water = clock->count;
}

void sim_at(struct sim_clock *clock, uint64_t due_ms, sim_fn fn, void *ctx, uint64_t number,
            void *data)
{
    sim_at_guarded(clock, due_ms, fn, ctx, number, data, NULL);
}

/* The instant of the first queue; UINT64_MAX: all are empty. */
static uint64_t near_due_ms(const struct sim_clock *clock)
{
    size_t from = clock->now_ms % SIM_NEAR_MS, word = from / 64;
    uint64_t bits = clock->taken[word] & UINT64_MAX << from % 64;

    for (size_t i = 0; i <= SIM_NEAR_MS / 64; i++) {
        if (bits != 0) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(bits);
            return clock->now_ms + (at + SIM_NEAR_MS - from) % SIM_NEAR_MS;
        }
        word = (word + 1) % (SIM_NEAR_MS / 64);
        bits = clock->taken[word]; /* the first one's lower bits come last: the only ones left */
    }
    return UINT64_MAX;
}

static uint32_t take_near(struct sim_clock *clock, uint64_t due_ms)
{
    size_t at = due_ms % SIM_NEAR_MS;
    uint32_t slot = clock->near[at].first;

    if (slot == clock->near[at].last)
        clock->taken[at / 64] &= ~(UINT64_C(1) << at % 64);
    clock->near[at].first = clock->events[slot].next;
    return slot;
}

static uint32_t take_far(struct sim_clock *clock)
{
    uint32_t slot = clock->heap[0].slot;

    clock->heap[0] = clock->heap[--clock->far];
    if (clock->far > 0)
        sift_down(clock->heap, clock->far);
    return slot;
}

/* Of two in the same instant the one that was started first. */
static bool far_is_first(const struct sim_clock *clock, uint64_t near_ms)
{
    if (clock->far == 0 || clock->heap[0].due_ms > near_ms)
        return false;
    return clock->heap[0].due_ms < near_ms ||
           clock->heap[0].order < clock->events[clock->near[near_ms % SIM_NEAR_MS].first].order;
}

bool sim_run_one(struct sim_clock *clock, uint64_t limit_ms)
{
    while (clock->count > 0) {
        uint64_t due_ms = near_due_ms(clock);
        bool far = far_is_first(clock, due_ms);

        if (far)
            due_ms = clock->heap[0].due_ms;
        if (due_ms > limit_ms)
            return false;
        uint32_t slot = far ? take_far(clock) : take_near(clock, due_ms);
        struct sim_event event = clock->events[slot];

        clock->free[--clock->count] = slot;
        if (event.guard && *event.guard != event.guard_value)
            continue;
        clock->now_ms = due_ms;
        clock->handled++;
        event.fn(event.ctx, event.number, event.data);
        return true;
    }
    return false;
}

void sim_run_until(struct sim_clock *clock, uint64_t until_ms)
{
    while (sim_run_one(clock, until_ms)) {
    }
    if (clock->now_ms < until_ms)
        clock->now_ms = until_ms;
}

int64_t sim_unix_ms(const struct sim_clock *clock)
{
    return clock->epoch_unix_ms + (int64_t)clock->now_ms;
}

/* ---- digest ---- */

void sim_trace(struct sim_clock *clock, uint32_t who, const char *what, const void *data,
               size_t len)
{
    size_t what_len = strlen(what);
    uint8_t head[24];

    /* Lengths go in too, so that no two traces give the same bytes. */
    roost_le_put(head, clock->now_ms, 8);
    roost_le_put(head + 8, who | (uint64_t)what_len << 32, 8);
    roost_le_put(head + 16, len, 8);
    ROOST_ASSERT(EVP_DigestUpdate(clock->digest, head, sizeof head) == 1);
    ROOST_ASSERT(EVP_DigestUpdate(clock->digest, what, what_len) == 1);
    if (len > 0)
        ROOST_ASSERT(EVP_DigestUpdate(clock->digest, data, len) == 1);
    if (clock->on_trace)
        clock->on_trace(clock->trace_ctx, clock->now_ms, who, what, data, len);
}

void sim_digest(const struct sim_clock *clock, char out[65])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    uint8_t digest[32];

    ROOST_ASSERT(copy && EVP_MD_CTX_copy_ex(copy, clock->digest) == 1);
    ROOST_ASSERT(EVP_DigestFinal_ex(copy, digest, NULL) == 1);
    EVP_MD_CTX_free(copy);
    roost_hex_write(out, digest, sizeof digest);
}
