/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/charger.h"

#include <inttypes.h>
#include <string.h>

#include "core/err.h"
#include "sim/world.h"

enum {
    INPUTS = (1 << WORLD_CHARGER_LINE_TEST) - 1,
    OUTPUTS = (1 << WORLD_CHARGER_LINE_COUNT) - 1 - INPUTS,
    OF_ENERGY = 1 << WORLD_CHARGER_LINE_PRECHARGE | 1 << WORLD_CHARGER_LINE_CONTACTOR |
                1 << WORLD_CHARGER_LINE_MODULE,
    LEDGER_SECTORS = 32,
    FLOWS_MA = 1000
};

/* ---- what must hold after each step, by what the model has and not by what the firmware says ----
 */

static bool switched_on(const struct sim_charger *charger)
{
    return (charger->around.lines.levels & OF_ENERGY) != 0;
}

/* An interlock that wires show. */
static const char *broken(const struct sim_charger *charger)
{
    static const struct {
        uint8_t line;
        const char *what;
    } wires[] = {{WORLD_CHARGER_LINE_PLUG, "the gun is out"},
                 {WORLD_CHARGER_LINE_STOP_CHAIN, "the emergency stop is pressed"},
                 {WORLD_CHARGER_LINE_DOOR, "the door is open"},
                 {WORLD_CHARGER_LINE_EARTH, "earth is missing"},
                 {WORLD_CHARGER_LINE_FAN, "the fan stands still"},
                 {WORLD_CHARGER_LINE_POLARITY, "the battery is reversed"}};

    const struct world_lines *lines = &charger->around.lines;

    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++)
        if (!world_lines_get(lines, wires[i].line))
            return wires[i].what;
    /* Its self-test makes the monitor trip. */
    return world_lines_get(lines, WORLD_CHARGER_LINE_INSULATION) ||
                   world_lines_get(lines, WORLD_CHARGER_LINE_TEST)
               ? NULL
               : "the insulation is low";
}

/* Since when it is so; 0: it is not. */
static void since(uint64_t *since_ms, bool holds, uint64_t now_ms)
{
    if (!holds)
        *since_ms = 0;
    else if (*since_ms == 0)
        *since_ms = now_ms;
}

static bool lasts(uint64_t since_ms, uint32_t longer_than_ms, uint64_t now_ms)
{
    return since_ms != 0 && now_ms - since_ms > longer_than_ms;
}

static void check_off(struct sim_charger *charger, uint64_t now_ms)
{
    bool on = switched_on(charger);
    const char *what = on ? broken(charger) : NULL;

    since(&charger->broken_ms, what != NULL, now_ms);
    if (lasts(charger->broken_ms, CHARGER_CYCLE_MS, now_ms))
        sim_charger_wrong(charger, "interlock", "is switched on for %" PRIu64 " ms though %s",
                          now_ms - charger->broken_ms, what);
    what = on ? sim_charger_overdue(charger) : NULL;
    if (what)
        sim_charger_wrong(charger, "interlock", "is switched on in spite of %s", what);
    since(&charger->alone_ms, on && sim_charger_connector(charger)->transaction == 0, now_ms);
    if (lasts(charger->alone_ms, CHARGER_CYCLE_MS, now_ms))
        sim_charger_wrong(charger, "energy", "is switched on without a transaction");
}

void sim_charger_touched(struct sim_charger *charger)
{
    check_off(charger, sim_device_now_ms(&charger->device));
}

/* What flows flows through a contactor that was told to close. */
static void check_current(struct sim_charger *charger, uint64_t now_ms)
{
    const struct world_charger *around = &charger->around;
    double ampere = world_charger_current_a(around);
    bool told = world_lines_get(&around->lines, WORLD_CHARGER_LINE_CONTACTOR);
    bool beyond = (around->faults & 1ull << WORLD_CHARGER_WELDED) &&
                  (around->faults & sim_charger_past_control);

    since(&charger->astray_ms, (ampere > 1 || ampere < -1) && !told && !beyond, now_ms);
    if (lasts(charger->astray_ms, 2 * CHARGER_MODULE_OFF_MS, now_ms))
        sim_charger_wrong(charger, "energy", "lets out %.1f A and was not told to", ampere);
}

/* It asks for its next step in time: a cycle that does not come is an interlock that is not seen.
 */
static void check_cycle(struct sim_charger *charger, uint64_t now_ms)
{
    uint64_t most_ms = charger->was_busy ? CHARGER_CYCLE_MS : ROOST_CHARGER_IDLE_MS;

    if (charger->step_ms != 0 && now_ms - charger->step_ms > most_ms)
        sim_charger_wrong(charger, "cycle", "comes %" PRIu64 " ms after the one before, most %d",
                          now_ms - charger->step_ms, (int)most_ms);
}

static uint64_t step(struct sim_device *device)
{
    struct sim_charger *charger = sim_charger_of(device);
    uint64_t now_ms = sim_device_now_ms(device);

    check_cycle(charger, now_ms);
    uint64_t due_ms = roost_charger_step(&charger->charger);
    if (!sim_board_alive(&device->board))
        return due_ms;
    charger->step_ms = now_ms;
    charger->was_busy = switched_on(charger);
    check_off(charger, now_ms);
    check_current(charger, now_ms);
    sim_charger_follow(charger);
    return due_ms;
}

static int boot(struct sim_device *device)
{
    struct sim_charger *charger = sim_charger_of(device);
    const struct roost_charger_config config = {
        .device_id = device->id,
        .firmware_version = "1.0.0",
        .url = "ws://hub/ocpp",
        .connectors = 1,
        .power = &charger->power,
        .facts = {.vendor = "Roost", .model = "DC-25", .serial = device->id}};

    charger->step_ms = charger->broken_ms = charger->alone_ms = charger->astray_ms = 0;
    int err = roost_charger_init(&charger->charger, &device->board.port, &config);
    if (err == 0 && sim_board_alive(&device->board))
        sim_charger_booted(charger);
    return err;
}

static int post(struct sim_device *device, const struct roost_event *event)
{
    return roost_charger_post(&sim_charger_of(device)->charger, event);
}

static void look(struct sim_device *device, bool runs)
{
    if (runs)
        sim_driver_look(sim_charger_of(device));
}

/* ---- lifecycle ---- */

static void off(void *ctx)
{
    world_charger_off(&((struct sim_charger *)ctx)->around);
}

/* The stop's interrupt. */
static void on_stop(void *ctx)
{
    struct sim_charger *charger = ctx;

    roost_charger_emergency(&charger->charger);
    sim_board_kick(&charger->device.board);
}

static void wire(struct sim_charger *charger)
{
    charger->power = (struct charger_power_config){
        .port = &charger->device.board.port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &charger->around};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        charger->power.input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        charger->power.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
}

static int init(struct sim_device *device, double hours)
{
    struct sim_charger *charger = sim_charger_of(device);
    struct sim_board *board = &device->board;
    const struct world_time time = sim_board_time(board);
    const struct world_charger_config config = {
        .soc_permille = 400, .stop = on_stop, .stop_ctx = charger};

    board->off = off;
    board->off_ctx = charger;
    world_charger_init(&charger->around, &config);
    int err = world_charger_attach(&charger->around, &time, &board->port);
    wire(charger);
    if (err == 0)
        err = sim_charger_book_init(charger, hours);
    if (err == 0)
        sim_driver_init(charger);
    return err;
}

static void deinit(struct sim_device *device)
{
    sim_charger_book_deinit(sim_charger_of(device));
}

static bool visited(const struct sim_device *device, uint32_t times)
{
    return sim_charger_of(device)->session_count >= times;
}

const struct sim_product sim_charger = {
    .name = "charger",
    .plural = "chargers",
    .size = sizeof(struct sim_charger),
    .runtime = offsetof(struct sim_charger, charger),
    .runtime_bytes = sizeof(struct roost_charger),
    .gpio_inputs = INPUTS,
    .gpio_outputs = OUTPUTS,
    .ledger_sectors = LEDGER_SECTORS,
    .init = init,
    .deinit = deinit,
    .boot = boot,
    .step = step,
    .post = post,
    .look = look,
    .visited = visited,
    .lacks = sim_charger_lacks,
    .end = sim_charger_end,
    .beside_new = sim_garage_new,
    .beside_free = sim_garage_free,
    .check = sim_garage_check,
    .faults = sim_charger_faults,
    .fault_count = SIM_CHARGER_FAULTS,
    .account = sim_charger_account,
    .print = sim_charger_print,
};
