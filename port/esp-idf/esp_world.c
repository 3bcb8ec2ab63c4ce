/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_world.h"

#include <sys/time.h>

#include "esp_mac.h"
#include "esp_timer.h"

#include "core/err.h"
#include "port/esp-idf/esp_hw.h"
#include "port/esp-idf/esp_queue.h"

#define SUMMER_NOON_MS INT64_C(1780315200000)

_Static_assert((int)WORLD_TIMERS <= (int)ESP_QUEUE_CALLS, "a call each");

/* The device's task arms a timer and rings; the chip's timer task only queues the call between. */
static struct timer {
    esp_timer_handle_t handle;
    unsigned number;
    bool armed;
    int64_t due_us;
    world_ring_fn ring;
    void *arg;
} timers[WORLD_TIMERS];

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)esp_timer_get_time() / 1000;
}

/* A call that was queued before a stop, or another start, finds nothing due. */
static void ring(void *arg)
{
    struct timer *timer = arg;

    if (!timer->armed || esp_timer_get_time() < timer->due_us)
        return;
    timer->armed = false;
    timer->ring(timer->arg);
}

static void on_timer(void *arg)
{
    struct timer *timer = arg;

    esp_queue_call(timer->number, ring, timer);
}

static void stop(void *ctx, unsigned number)
{
    struct timer *timer = &timers[number];

    (void)ctx;
    if (timer->armed && esp_timer_is_active(timer->handle))
        (void)esp_timer_stop(timer->handle); /* it may have gone off just now */
    timer->armed = false;
}

static int start(void *ctx, unsigned number, uint32_t delay_ms, world_ring_fn to_ring, void *arg)
{
    if (number >= WORLD_TIMERS)
        return ROOST_ERR_FAULT;
    struct timer *timer = &timers[number];
    const esp_timer_create_args_t args = {.callback = on_timer, .arg = timer, .name = "world"};

    stop(ctx, number);
    if (!timer->handle) {
        int err = esp_part_error("world", "timer", esp_timer_create(&args, &timer->handle));
        if (err < 0)
            return err;
    }
    timer->number = number;
    timer->ring = to_ring;
    timer->arg = arg;
    timer->due_us = esp_timer_get_time() + (int64_t)delay_ms * 1000;
    timer->armed =
        esp_timer_start_once(timer->handle, delay_ms ? (uint64_t)delay_ms * 1000 : 1) == ESP_OK;
    return timer->armed ? 0 : ROOST_ERR_FAULT;
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    (void)esp_queue_post(event); /* which counts what it drops */
}

struct world_time esp_world_time(void)
{
    static const struct world_time_ops ops = {
        .now_ms = now_ms, .start = start, .stop = stop, .post = post};

    return (struct world_time){.ops = &ops};
}

uint64_t esp_world_seed(void)
{
    uint8_t mac[6] = {0};
    uint64_t seed = 1;

    if (esp_read_mac(mac, ESP_MAC_BASE) != ESP_OK)
        return seed;
    for (unsigned i = 0; i < sizeof mac; i++)
        seed = seed << 8 | mac[i];
    return seed;
}

int64_t esp_world_unix_ms(void)
{
    struct timeval wall = {0};

    (void)gettimeofday(&wall, NULL);
    int64_t unix_ms = (int64_t)wall.tv_sec * 1000;
    return unix_ms > SUMMER_NOON_MS ? unix_ms : SUMMER_NOON_MS;
}
