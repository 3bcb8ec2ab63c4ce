/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "sim/check.h"

enum {
    TICK_MS = 5000,
    MINUTE_MS = 60000,
    CALM_MS = 10 * MINUTE_MS, /* before the first fault */
    WARM_MS = 60 * MINUTE_MS,
    DRAIN_MAX_MS = 20 * MINUTE_MS,
    VISIT_MAX_MS = 60 * MINUTE_MS,
    REST_MS = 90000, /* with silent sensors, until nothing moves any more */
    QUIET_MS = 50,
    QUIET_TRIES = 200,
    EVENTS_IN_AN_INSTANT = 200000 /* more at one time is a loop that never ends */
};

struct run {
    const struct sim_run_options *options;
    struct sim_report *report;
    struct sim_world *world;
    struct sim_check check;
    uint64_t operator_ms;
};

/* ---- what is said meanwhile ---- */

static void print_time(FILE *out, uint64_t ms)
{
    fprintf(out, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, ms / 3600000,
            ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static void on_fault(void *ctx, const struct sim_fault *fault, uint32_t device, bool begins)
{
    struct run *run = ctx;
    FILE *out = run->options->log;
    const struct sim_power *power = &run->world->devices[device]->board.power;

    if (!out)
        return;
    print_time(out, run->world->sim.clock.now_ms);
    fprintf(out, " %2" PRIu32 " %s%s\n", device, begins ? "" : "end of ", fault->name);
    if (fault->number == SIM_FAULT_POWER_CUT && begins)
        fprintf(out, "             the next operation is %" PRIu32 ":torn:%" PRIu64 "\n", device,
                power->operations + 1);
}

/* Whether somebody reads all that is said: then there is more of it. */
static enum roost_log_level hub_level(const struct sim_world *world)
{
    for (size_t i = 0; i < world->fleet_count; i++)
        if (world->fleets[i].product->line)
            return ROOST_LOG_DEBUG;
    return ROOST_LOG_INFO;
}

static void read_line(const struct run *run, const char *line, size_t len)
{
    for (size_t i = 0; i < run->world->fleet_count; i++) {
        const struct sim_product *product = run->world->fleets[i].product;

        if (product->line)
            product->line(run->world, line, len);
    }
}

static void on_console(void *ctx, const struct sim_board *board, const char *line, size_t len)
{
    struct run *run = ctx;

    read_line(run, line, len);
    if (!run->options->console || !run->options->log)
        return;
    print_time(run->options->log, board->clock->now_ms);
    fprintf(run->options->log, " %2" PRIu32 " | %.*s\n", board->options.index, (int)len, line);
}

/* The services' own lines: in the trace's place, not on stderr. */
static void on_hub_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    struct run *run = ctx;

    read_line(run, line, len);
    if (level > ROOST_LOG_INFO || !run->options->console || !run->options->log)
        return;
    print_time(run->options->log, run->world->sim.clock.now_ms);
    fprintf(run->options->log, " hub | %.*s\n", (int)len, line);
}

/* ---- time ---- */

/* " --product lamp" for each, where it is not what a run has anyway. */
static void name_products(const struct sim_run_options *options, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    if (options->products[0] == sim_products[0] && !options->products[1])
        return;
    for (size_t i = 0; i < SIM_PRODUCTS_MAX && at < size; i++)
        if (options->products[i])
            at +=
                (size_t)snprintf(out + at, size - at, " --product %s", options->products[i]->name);
}

static void violation(struct run *run)
{
    const struct sim_check *check = &run->check;
    uint64_t ms = run->world->sim.clock.now_ms;
    char who[24] = "the hub's side", products[128], visits[24] = "";

    name_products(run->options, products, sizeof products);
    if (run->options->visits)
        snprintf(visits, sizeof visits, " --visits %" PRIu32, run->options->visits);
    if (check->device < SIM_DEVICES_MAX)
        snprintf(who, sizeof who, "%s", run->world->devices[check->device]->id);
    snprintf(
        run->report->violation, sizeof run->report->violation,
        "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64
        " %s, checker %s: %s; replay with --seed %" PRIu64 " --hours %g%s --devices %" PRIu32 "%s",
        ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000, who, check->checker, check->what,
        run->options->seed, run->options->hours, products, run->options->devices, visits);
}

/* As sim_run_until, but a system that never lets time pass is found out. */
static bool advance(struct run *run, uint64_t until_ms)
{
    struct sim_clock *clock = &run->world->sim.clock;
    uint64_t instant_ms = clock->now_ms, in_instant = 0;

    while (sim_run_one(clock, until_ms)) {
        in_instant = clock->now_ms == instant_ms ? in_instant + 1 : 0;
        instant_ms = clock->now_ms;
        if (in_instant > EVENTS_IN_AN_INSTANT) {
            run->check.checker = "progress";
            snprintf(run->check.what, sizeof run->check.what, "time does not pass any more");
            return false;
        }
    }
    sim_run_until(clock, until_ms);
    return true;
}

/* Runs to until_ms under the checkers; false when one found something. */
static bool watch(struct run *run, uint64_t until_ms)
{
    struct sim_clock *clock = &run->world->sim.clock;

    while (clock->now_ms < until_ms) {
        uint64_t next_ms = clock->now_ms + TICK_MS;

        if (!advance(run, next_ms < until_ms ? next_ms : until_ms) || !sim_check_tick(&run->check))
            return false;
        if (clock->now_ms < run->operator_ms)
            continue;
        run->operator_ms = clock->now_ms + MINUTE_MS;
        sim_operator_look(run->world);
        if (!sim_check_minute(&run->check))
            return false;
    }
    return true;
}

static bool visited(const struct sim_world *world)
{
    for (uint32_t i = 0; i < world->device_count; i++) {
        const struct sim_product *product = world->devices[i]->product;

        if (product->visited && !product->visited(world->devices[i], world->visits))
            return false;
    }
    return true;
}

/* Goes on until all that are visited were so often; a visit takes minutes, if they come. */
static bool watch_visits(struct run *run)
{
    struct sim_world *world = run->world;
    uint64_t most_ms = world->sim.clock.now_ms + (uint64_t)world->visits * VISIT_MAX_MS;

    while (world->visits > 0 && !visited(world)) {
        if (!watch(run, world->sim.clock.now_ms + MINUTE_MS))
            return false;
        if (world->sim.clock.now_ms < most_ms)
            continue;
        run->check.checker = "progress";
        snprintf(run->check.what, sizeof run->check.what, "not all were visited %" PRIu32 " times",
                 world->visits);
        return false;
    }
    return true;
}

static bool drain(struct run *run)
{
    struct sim_world *world = run->world;
    uint64_t start_ms = world->sim.clock.now_ms;

    sim_faults_heal(world);
    while (!sim_check_drained(&run->check)) {
        if (world->sim.clock.now_ms - start_ms >= DRAIN_MAX_MS)
            return sim_check_not_drained(&run->check);
        if (!watch(run, world->sim.clock.now_ms + TICK_MS))
            return false;
    }
    run->report->drained_ms = world->sim.clock.now_ms - start_ms;
    for (uint32_t i = 0; i < world->device_count; i++)
        if (world->devices[i]->product->rest)
            world->devices[i]->product->rest(world->devices[i]);
    if (!watch(run, world->sim.clock.now_ms + REST_MS))
        return false;
    /* Status messages and decisions go on: look between two of them. */
    for (int i = 0; i < QUIET_TRIES && !sim_check_quiet(&run->check); i++)
        if (!advance(run, world->sim.clock.now_ms + QUIET_MS))
            return false;
    return sim_check_end(&run->check);
}

/* ---- the report ---- */

static void report_device(struct sim_report *report, const struct sim_device *device)
{
    const struct sim_board *board = &device->board;

    report->reconnects += device->connects;
    report->boots += board->boots;
    report->watchdog_resets += board->resets[ROOST_RESET_WATCHDOG];
    report->power_cuts += board->resets[ROOST_RESET_POWER_ON] - 1;
    for (uint32_t i = 0; i < board->flash.port.sector_count; i++) {
        uint32_t erases = board->flash.erases[i];

        if (erases < report->erases_least)
            report->erases_least = erases;
        if (erases > report->erases_most)
            report->erases_most = erases;
    }
}

static void report_products(struct sim_report *report, const struct sim_world *world)
{
    for (size_t i = 0; i < world->fleet_count; i++) {
        const struct sim_product *product = world->fleets[i].product;

        report->products[i] = product;
        if (product->account)
            product->account(world, report->totals[i]);
    }
    report->product_count = world->fleet_count;
}

static void make_report(struct run *run)
{
    struct sim_report *report = run->report;
    const struct sim_world *world = run->world;
    const struct sim_session *session = sim_broker_session(&world->sim.broker, SIM_HUB_CLIENT);

    sim_digest(&world->sim.clock, report->digest);
    report->events = world->sim.clock.handled;
    memcpy(report->injected, world->injected, sizeof report->injected);
    for (size_t i = 0; i < SIM_FAULTS_MAX; i++)
        report->faults[i] = world->faults[i].fault;
    report_products(report, world);
    report->erases_least = UINT32_MAX;
    for (uint32_t i = 0; i < world->device_count; i++)
        report_device(report, world->devices[i]);
    report->duplicates = (uint64_t)world->duplicates;
    report->gaps = (uint64_t)world->gap_readings;
    report->broker_published = world->sim.broker.published;
    report->broker_queue_high = session ? session->queued_high_water : 0;
    report->broker_wills = world->sim.broker.wills;
    report->hub_starts = world->hub.starts - world->hub.failed_starts;
    report->hub_refused = world->hub.failed_starts;
    report->hub_pauses = world->hub.pauses;
    report->store_writes = world->store.writes;
    report->store_refused = world->store.refused;
    report->batch_high = world->store.batch_high_water;
    report->memory_first = run->check.memory_first;
    report->memory_most = run->check.memory_most;
}

static void print_faults(const struct sim_report *r, FILE *out)
{
    int printed = 0;

    fprintf(out, "faults   ");
    for (size_t i = 0; i < SIM_FAULTS_MAX; i++) {
        if (!r->faults[i])
            continue;
        fprintf(out, "%s%s %" PRIu64,
                printed == 0       ? ""
                : printed % 4 == 0 ? ",\n         "
                                   : ", ",
                r->faults[i]->name, r->injected[i]);
        printed++;
    }
    fputc('\n', out);
}

void sim_report_print(const struct sim_report *r, FILE *out)
{
    print_faults(r, out);
    fprintf(out,
            "hub      %" PRIu64 " starts (%" PRIu64 " more refused by the store), %" PRIu64
            " batches (%" PRIu64 " refused), largest %" PRIu64 " rows, %" PRIu64
            " duplicates dropped, %" PRIu64 " gaps, paused %" PRIu64 " times\n",
            r->hub_starts, r->hub_refused, r->store_writes, r->store_refused, r->batch_high,
            r->duplicates, r->gaps, r->hub_pauses);
    fprintf(out,
            "broker   %" PRIu64 " messages, longest queue %" PRIu64 ", %" PRIu64 " last wills\n",
            r->broker_published, r->broker_queue_high, r->broker_wills);
    fprintf(out,
            "devices  %" PRIu64 " boots (%" PRIu64 " by watchdog, %" PRIu64
            " after power loss), %" PRIu64 " connections, %" PRIu32 "..%" PRIu32
            " erases a sector\n",
            r->boots, r->watchdog_resets, r->power_cuts, r->reconnects,
            r->erases_least == UINT32_MAX ? 0 : r->erases_least, r->erases_most);
    for (size_t i = 0; i < r->product_count; i++)
        if (r->products[i]->print)
            r->products[i]->print(r->totals[i], out);
    fprintf(out, "memory   %zu bytes after an hour, %zu at most\n", r->memory_first,
            r->memory_most);
    fprintf(out, "liveness all delivered and in control %" PRIu64 " s after the last fault\n",
            r->drained_ms / 1000);
    fprintf(out, "events   %" PRIu64 "\ndigest   %s\n", r->events, r->digest);
}

/* ---- the run ---- */

int sim_wanted_cut_parse(struct sim_wanted_cut *cut, const char *id)
{
    char *end;
    unsigned long device = strtoul(id, &end, 10);
    uint64_t recovery;

    if (end == id || *end != ':' || device >= SIM_DEVICES_MAX)
        return ROOST_ERR_INVALID;
    cut->device = (uint32_t)device;
    if (sim_cut_parse(end + 1, &cut->cut, &cut->operation, &recovery) < 0 || recovery > 0)
        return ROOST_ERR_INVALID;
    return 0;
}

int sim_run(const struct sim_run_options *options, struct sim_report *report)
{
    struct sim_world *world = malloc(sizeof *world);
    struct run run = {.options = options, .report = report, .world = world};
    uint64_t faults_ms = (uint64_t)(options->hours * 3600000.0);
    struct sim_world_options made = {.seed = options->seed,
                                     .devices = options->devices,
                                     .hours = options->hours,
                                     .visits = options->visits};

    memcpy(made.products, options->products, sizeof made.products);
    int err = world ? sim_world_init(world, &made) : ROOST_ERR_NO_MEMORY;

    memset(report, 0, sizeof *report);
    if (err < 0) {
        free(world);
        return err;
    }
    host_log_init(hub_level(world), on_hub_line, &run);
    world->on_fault = on_fault;
    world->ctx = &run;
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct sim_device *device = world->devices[i];

        device->cuts = options->cuts;
        device->cut_count = options->cut_count;
        device->board.console = on_console;
        device->board.console_ctx = &run;
    }
    sim_check_init(&run.check, world, WARM_MS);
    if (options->sabotage)
        options->sabotage(world);
    if (watch(&run, CALM_MS < faults_ms ? CALM_MS : faults_ms)) {
        if (!options->calm)
            sim_faults_start(world);
        if (watch(&run, faults_ms) && watch_visits(&run))
            (void)drain(&run);
    }
    make_report(&run);
    if (run.check.checker)
        violation(&run);
    sim_world_deinit(world);
    host_log_init(ROOST_LOG_WARN, NULL, NULL);
    free(world);
    return 0;
}
