/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boards that talk to a hub service for half an hour while everything between them fails by the
 * seed: cut connections, silent networks, Wi-Fi away, power cuts, resets, a firmware that does not
 * read, a hub that crashes. Each board sends numbered messages and goes on to the next when the
 * echo is there. Checked throughout: no echo is wrong, the service's books balance, the server
 * holds what the service holds. At the end all is healed, and every board gets on.
 */
#include "sim/peer_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CALLERS = 4,
    EVENTS_MAX = 32,
    TEXT_MAX = 4096,
    PAUSE_MS = 200, /* between two messages */
    RETRY_MS = 500,
    RUN_MS = 30 * 60000,
    CALM_MS = 4 * 60000,
};

/* ---- the firmware ---- */

struct caller_event {
    enum roost_event_type type;
    size_t len;
    char text[TEXT_MAX + 1];
};

struct caller {
    struct sim_board board;
    /* what would be on flash */
    uint64_t number; /* of the message under way, or to come */
    /* memory */
    struct caller_event events[EVENTS_MAX];
    size_t count;
    bool wifi_up, associating, opening, open, waiting;
    uint64_t due_ms, dropped;
    char message[TEXT_MAX + 1];
    /* for the checker */
    uint64_t wrong, opens;
};

static int post(void *ctx, const struct roost_event *event)
{
    struct caller *caller = ctx;

    if (caller->count == EVENTS_MAX || event->len > TEXT_MAX)
        return ROOST_ERR_FULL;
    struct caller_event *kept = &caller->events[caller->count++];
    kept->type = event->type;
    kept->len = event->len;
    if (event->len > 0)
        memcpy(kept->text, event->data, event->len);
    kept->text[event->len] = '\0';
    return 0;
}

static int boot(void *ctx)
{
    struct caller *caller = ctx;

    caller->count = 0;
    caller->wifi_up = caller->associating = caller->opening = false;
    caller->open = caller->waiting = false;
    caller->due_ms = 0;
    return 0;
}

static void handle(struct caller *caller, const struct caller_event *event, uint64_t now)
{
    switch (event->type) {
    case ROOST_EV_WIFI_UP:
    case ROOST_EV_WIFI_DOWN:
        caller->associating = false;
        caller->wifi_up = event->type == ROOST_EV_WIFI_UP;
        caller->due_ms = now + (caller->wifi_up ? 0 : RETRY_MS);
        break;
    case ROOST_EV_WS_OPENED:
        caller->opening = false;
        caller->open = true;
        caller->opens++;
        break;
    case ROOST_EV_WS_CLOSED:
        caller->opening = caller->open = caller->waiting = false;
        caller->due_ms = now + RETRY_MS;
        break;
    case ROOST_EV_WS_TEXT:
        if (!caller->waiting || strcmp(event->text, caller->message) != 0) {
            caller->wrong++;
            break;
        }
        caller->waiting = false;
        caller->number++;
        caller->due_ms = now + PAUSE_MS;
        break;
    default:
        break;
    }
}

static void say_next(struct caller *caller)
{
    const struct roost_port *port = &caller->board.port;
    uint32_t draw;

    port->random.ops->fill(port->random.ctx, &draw, sizeof draw);
    int len = snprintf(caller->message, sizeof caller->message, "%u %" PRIu64 " %-*s",
                       caller->board.options.index, caller->number, (int)(draw % 3000), "x");
    caller->waiting = port->ws.ops->send(port->ws.ctx, caller->message, (size_t)len, false) == 0;
}

static void connect_hub(struct caller *caller)
{
    static const char *const urls[CALLERS] = {"ws://hub/echo/a", "ws://hub/echo/b",
                                              "ws://hub/echo/late-1", "ws://hub/echo/secret"};
    const struct roost_port *port = &caller->board.port;
    const struct roost_ws_options options = {.url = urls[caller->board.options.index],
                                             .subprotocol = "echo",
                                             .user = "unit",
                                             .password = "pass",
                                             .password_len = 4,
                                             .ping_interval_ms = 10000,
                                             .message_max = TEXT_MAX};

    caller->opening = port->ws.ops->open(port->ws.ctx, &options) == 0;
}

static uint64_t step(void *ctx)
{
    struct caller *caller = ctx;
    const struct roost_port *port = &caller->board.port;
    uint64_t now = port->clock.ops->now_ms(port->clock.ctx);

    for (size_t i = 0; i < caller->count; i++)
        handle(caller, &caller->events[i], now);
    caller->count = 0;
    if (now >= caller->due_ms) {
        if (!caller->wifi_up && !caller->associating)
            caller->associating = port->wifi.ops->connect(port->wifi.ctx, NULL, NULL) == 0;
        else if (caller->wifi_up && !caller->open && !caller->opening)
            connect_hub(caller);
        else if (caller->open && !caller->waiting)
            say_next(caller);
    }
    port->system.ops->feed_watchdog(port->system.ctx);
    return now +
           (now < caller->due_ms && caller->due_ms - now < 5000 ? caller->due_ms - now : 5000);
}

/* ---- the faults ---- */

enum fault { CUT, SILENT, WIFI, POWER, RESET, STALL, CRASH, HUNG, FAULTS };

static struct run {
    struct echo_hub hub;
    struct caller callers[CALLERS];
    struct sim_random random;
    uint64_t injected[FAULTS];
    uint64_t checks;
    bool calm;
} run;

static void hub_again(void *ctx, uint64_t number, void *data)
{
    (void)ctx;
    (void)number;
    (void)data;
    hub_start(&run.hub);
}

static void heal(struct caller *caller)
{
    sim_host_set_partitioned(&run.hub.sim.net, &caller->board.host, false);
    sim_board_set_wifi(&caller->board, true);
    sim_ws_stall(&caller->board, false);
}

static void end_of_fault(void *ctx, uint64_t number, void *data)
{
    (void)number;
    (void)data;
    heal(ctx);
}

static void inject(enum fault fault, struct caller *caller, uint64_t for_ms)
{
    struct sim_clock *clock = &run.hub.sim.clock;

    run.injected[fault]++;
    switch (fault) {
    case CUT:
        run.hub.sockets.cut_in = 1 + for_ms % 5;
        break;
    case SILENT:
        sim_host_set_partitioned(&run.hub.sim.net, &caller->board.host, true);
        break;
    case WIFI:
        sim_board_set_wifi(&caller->board, false);
        break;
    case POWER:
        sim_board_power_cut(&caller->board, for_ms / 4);
        break;
    case RESET:
        sim_board_reset(&caller->board, ROOST_RESET_COMMAND);
        break;
    case STALL:
        sim_ws_stall(&caller->board, true);
        break;
    case HUNG:
        caller->board.hung = true; /* until the watchdog bites */
        break;
    default:
        if (run.hub.running) {
            hub_crash(&run.hub);
            sim_at(clock, clock->now_ms + 3000, hub_again, NULL, 0, NULL);
        }
        break;
    }
    sim_at(clock, clock->now_ms + for_ms, end_of_fault, caller, 0, NULL);
}

static void next_fault(void *ctx, uint64_t number, void *data)
{
    struct sim_clock *clock = &run.hub.sim.clock;

    (void)ctx;
    (void)number;
    (void)data;
    if (run.calm)
        return;
    enum fault fault = (enum fault)sim_random_below(&run.random, FAULTS);
    struct caller *caller = &run.callers[sim_random_below(&run.random, CALLERS)];
    inject(fault, caller, sim_random_between(&run.random, 1000, 60000));
    sim_at(clock, clock->now_ms + sim_random_between(&run.random, 2000, 20000), next_fault, NULL, 0,
           NULL);
}

/* ---- a run ---- */

static void check(void)
{
    run.checks++;
    for (size_t i = 0; i < CALLERS; i++) {
        assert_int_equal(run.callers[i].wrong, 0);
        assert_int_equal(run.callers[i].board.events_refused, 0);
    }
    if (!run.hub.running)
        return;
    assert_true(echo_adds_up(&run.hub.echo));
    assert_int_equal(echo_count(&run.hub.echo), sim_sockets_open(&run.hub.sockets));
}

static void watch(uint64_t until_ms)
{
    struct sim_clock *clock = &run.hub.sim.clock;

    while (clock->now_ms < until_ms) {
        sim_run_until(clock, clock->now_ms + 1000);
        check();
    }
}

static void run_seed(uint64_t seed, char digest[65])
{
    static const struct sim_firmware firmware = {.boot = boot, .step = step, .post = post};

    memset(&run, 0, sizeof run);
    hub_init(&run.hub, seed);
    sim_random_init(&run.random, seed, "peer faults", 0);
    for (uint32_t i = 0; i < CALLERS; i++) {
        const struct sim_board_options options = {.index = i, .flash_sectors = 4};
        struct caller *caller = &run.callers[i];
        struct sim_firmware mine = firmware;

        mine.ctx = caller;
        assert_int_equal(
            sim_board_init(&caller->board, &run.hub.sim.clock, &run.hub.sim.net, &options), 0);
        sim_board_power_on(&caller->board, &mine);
    }
    sim_at(&run.hub.sim.clock, 10000, next_fault, NULL, 0, NULL);
    watch(RUN_MS);
    run.calm = true;
    run.hub.sockets.cut_in = 0;
    for (size_t i = 0; i < CALLERS; i++)
        heal(&run.callers[i]);
    watch(RUN_MS + CALM_MS);
    uint64_t before[CALLERS];
    for (size_t i = 0; i < CALLERS; i++)
        before[i] = run.callers[i].number;
    watch(RUN_MS + CALM_MS + 60000);
    for (size_t i = 0; i < CALLERS; i++) {
        assert_true(run.callers[i].open);
        assert_true(run.callers[i].number > before[i] + 100);
    }
    assert_int_equal(sim_sockets_open(&run.hub.sockets), CALLERS);
    sim_digest(&run.hub.sim.clock, digest);
    print_message("seed %" PRIu64 ": %.16s %" PRIu64 " messages, %" PRIu64 " cuts, %" PRIu64
                  " crashes, %" PRIu64 " opens of the first\n",
                  seed, digest, run.hub.sockets.messages_in, run.hub.sockets.cuts, run.hub.crashes,
                  run.callers[0].opens);
    for (size_t i = 0; i < CALLERS; i++)
        sim_board_deinit(&run.callers[i].board);
    hub_deinit(&run.hub);
}

static void test_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        char digest[65];

        run_seed(seed, digest);
        for (int i = 0; i < FAULTS; i++)
            assert_true(run.injected[i] > 0);
        assert_true(run.hub.sockets.cuts > 0 && run.hub.crashes > 0);
    }
}

static void test_replay(void **state)
{
    char first[65], again[65], other[65];

    (void)state;
    run_seed(3, first);
    run_seed(3, again);
    run_seed(4, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
