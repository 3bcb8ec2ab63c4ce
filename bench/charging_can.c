/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many CAN frames a second go through a controller's ring and the charger's power part: read,
 * looked up, checked, accounted for, within its cycles of 10 ms:
 *
 *     bench-charging-can SECONDS
 *
 * On both buses a ring in front of the modelled parts' is filled before each cycle with as many
 * frames as a cycle takes, of a battery and of a module that have something to say; what cycles and
 * models cost without them is measured alone and taken off. One line of JSON: frames a CPU-second,
 * ns a frame, ns a cycle without, ns the worst cycle with full rings, frames, those that were not
 * taken for what they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "devices/charger/power/power.h"
#include "world/charger/charger.h"

enum { NS = 1000000000, STRETCH = 1000 /* cycles between two looks at the clock */ };

struct ring {
    struct roost_can_frame frames[CHARGER_LISTEN_MAX];
    unsigned head, used;
};

struct rig {
    struct world_charger world;
    struct roost_can inner; /* the world's */
    struct ring rings[CAN_BUS_COUNT];
    struct roost_port port;
    struct charger_power power;
    uint64_t now_ms;
    uint64_t cycles, spent_ns, worst_ns;
};

static uint64_t now_ms(void *ctx)
{
    return ((struct rig *)ctx)->now_ms;
}

/* The device looks as often as the world would ring. */
static int start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    (void)ctx, (void)timer, (void)delay_ms, (void)ring, (void)arg;
    return 0;
}

static void stop(void *ctx, unsigned timer)
{
    (void)ctx, (void)timer;
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx, (void)event;
}

static const struct world_time_ops time_ops = {
    .now_ms = now_ms, .start = start, .stop = stop, .post = post};

/* ---- the rings ---- */

static int receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    struct rig *rig = ctx;
    struct ring *ring = &rig->rings[bus];

    if (ring->used == 0)
        return rig->inner.ops->receive(rig->inner.ctx, bus, out);
    *out = ring->frames[ring->head];
    ring->head = (ring->head + 1) % CHARGER_LISTEN_MAX;
    ring->used--;
    return 1;
}

static int can_start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    struct rig *rig = ctx;

    return rig->inner.ops->start(rig->inner.ctx, bus, bit_rate);
}

static int can_send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    struct rig *rig = ctx;

    return rig->inner.ops->send(rig->inner.ctx, bus, frame);
}

static int can_status(void *ctx, unsigned bus, struct roost_can_status *out)
{
    struct rig *rig = ctx;

    return rig->inner.ops->status(rig->inner.ctx, bus, out);
}

static const struct roost_can_ops can_ops = {
    .start = can_start, .send = can_send, .receive = receive, .status = can_status};

static void fill(struct rig *rig)
{
    static const struct roost_can_frame frames[CAN_BUS_COUNT] = {
        [CAN_BATTERY_BUS] = {0x1806E5F4, true, 8, {0x03, 0x48, 0x01, 0x2C, 0, 0, 0, 0}},
        [CAN_MODULE_BUS] = {0x00433F01, true, 8, {0x42, 0x91, 0, 0, 0x42, 0xF6, 0x80, 0}}};

    for (unsigned bus = 0; bus < CAN_BUS_COUNT; bus++)
        for (struct ring *ring = &rig->rings[bus]; ring->used < CHARGER_LISTEN_MAX; ring->used++)
            ring->frames[(ring->head + ring->used) % CHARGER_LISTEN_MAX] = frames[bus];
}

/* ---- the run ---- */

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

static void must(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "bench-charging-can: %s: %d\n", what, err);
    exit(EXIT_FAILURE);
}

static void make(struct rig *rig)
{
    const struct world_time time = {&time_ops, rig};
    const struct world_charger_config config = {.soc_permille = 400};
    struct charger_power_config power = {
        .port = &rig->port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &rig->world};

    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        power.input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        power.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
    world_charger_init(&rig->world, &config);
    must(world_charger_attach(&rig->world, &time, &rig->port), "world");
    rig->inner = rig->port.can;
    rig->port.can = (struct roost_can){&can_ops, rig};
    must(charger_power_init(&rig->power, &power, NULL, 0), "power");
    world_charger_plug(&rig->world, true);
}

static void run(struct rig *rig, uint64_t for_ns, bool full)
{
    uint64_t begun_ns = cpu_ns();

    while (rig->spent_ns < for_ns) {
        for (unsigned i = 0; i < STRETCH; i++, rig->cycles++) {
            rig->now_ms += CHARGER_CYCLE_MS;
            if (full)
                fill(rig);
            charger_power_cycle(&rig->power, rig->now_ms);
        }
        rig->spent_ns = cpu_ns() - begun_ns;
    }
    /* One by one: the clock costs as much as an empty cycle. */
    for (unsigned i = 0; i < STRETCH; i++) {
        rig->now_ms += CHARGER_CYCLE_MS;
        world_charger_update(&rig->world);
        if (full)
            fill(rig);
        uint64_t one_ns = cpu_ns();
        charger_power_cycle(&rig->power, rig->now_ms);
        one_ns = cpu_ns() - one_ns;
        if (one_ns > rig->worst_ns)
            rig->worst_ns = one_ns;
    }
}

int main(int argc, char **argv)
{
    static struct rig without, with;
    uint64_t for_ns = argc == 2 ? strtoull(argv[1], NULL, 10) * NS / 2 : 0;

    must(for_ns == 0, "usage: bench-charging-can SECONDS");
    make(&without);
    make(&with);
    run(&without, for_ns, false);
    run(&with, for_ns, true);
    double frames = (double)with.cycles * CAN_BUS_COUNT * CHARGER_LISTEN_MAX;
    double idle_ns = (double)without.spent_ns / (double)without.cycles;
    double ns = ((double)with.spent_ns - idle_ns * (double)with.cycles) / frames;

    printf("{\"frames_per_cpu_s\":%.0f,\"ns_a_frame\":%.1f,\"ns_a_cycle\":%.0f,\"worst_ns\":%llu,"
           "\"frames\":%.0f,\"not_taken\":%lu}\n",
           NS / ns, ns, idle_ns, (unsigned long long)with.worst_ns, frames,
           (unsigned long)(with.power.heard.foreign + with.power.heard.broken));
    return EXIT_SUCCESS;
}
