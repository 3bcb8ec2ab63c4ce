/* SPDX-License-Identifier: Apache-2.0 */
/* What breaks about a charger and what is around it, and about the central system. One of a group
 * at a time: which one is drawn. */
#include "sim/charger.h"
#include "sim/world.h"

#define BIT(which) (1ull << WORLD_CHARGER_##which)

const uint64_t sim_charger_measures_wrong =
    BIT(METER_WRONG) | BIT(METER_BROKEN) | BIT(TELEMETRY_BROKEN) | BIT(MODULE_STUCK) |
    BIT(MODULE_RANGE) | BIT(MODULE_SILENT) | BIT(TERMINAL_SILENT) | BIT(TELEMETRY_SILENT) |
    BIT(MODULE_FLOOD) | BIT(MODULE_BUS_OFF) | BIT(MODULE_BACKFEEDS) | BIT(MODULE_RUNAWAY) |
    BIT(BATTERY_REVERSED);
const uint64_t sim_charger_past_control =
    BIT(MODULE_STAYS_ON) | BIT(MODULE_BACKFEEDS) | BIT(MODULE_RUNAWAY);

/* By number of the fault, from FIRST on. */
enum { FIRST = 38, GROUPS = 8 };
static const uint64_t groups[GROUPS] = {
    BIT(BATTERY_SILENT) | BIT(BATTERY_STUCK) | BIT(BATTERY_RANGE) | BIT(BATTERY_HOT) |
        BIT(BATTERY_REFUSES) | BIT(BATTERY_REVERSED) | BIT(BATTERY_GONE) | BIT(BATTERY_LOW),
    BIT(BATTERY_FLOOD) | BIT(BATTERY_BUS_OFF),
    BIT(MODULE_SILENT) | BIT(TERMINAL_SILENT) | BIT(STATUS_SILENT) | BIT(TELEMETRY_SILENT) |
        BIT(MODULE_STUCK) | BIT(MODULE_RANGE) | BIT(TEMPERATURE_SILENT),
    BIT(MODULE_FLOOD) | BIT(MODULE_BUS_OFF),
    BIT(MODULE_HOT) | BIT(MODULE_STAYS_ON) | BIT(MODULE_RUNAWAY) | BIT(MODULE_BACKFEEDS),
    BIT(METER_WRONG) | BIT(METER_BROKEN) | BIT(TELEMETRY_BROKEN),
    BIT(WELDED) | BIT(NOT_CLOSING) | BIT(FEEDBACK_DEAD) | BIT(PRECHARGE_OPEN),
    BIT(INSULATION_LOW) | BIT(MONITOR_DEAD) | BIT(NO_EARTH) | BIT(FAN_STOPPED) | BIT(GUN_HOT) |
        BIT(GUN_SENSOR_DEAD),
};

/* After which energy is off, come what may: the age at which a part counts as silent (power.h), or
 * the pause between two frames, and two cycles. Not while something else keeps it from being heard.
 */
static const struct {
    uint8_t fault;
    uint16_t off_ms;
    uint64_t unless;
} overdue[] = {
    {WORLD_CHARGER_BATTERY_SILENT, 5020, 0},
    {WORLD_CHARGER_BATTERY_RANGE, 2220, 0},
    {WORLD_CHARGER_BATTERY_HOT, 230, BIT(BATTERY_FLOOD)},
    {WORLD_CHARGER_BATTERY_REFUSES, 230, BIT(BATTERY_FLOOD)},
    {WORLD_CHARGER_BATTERY_BUS_OFF, 20, 0},
    {WORLD_CHARGER_MODULE_SILENT, 3020, 0},
    {WORLD_CHARGER_TELEMETRY_SILENT, 10020, 0},
    {WORLD_CHARGER_TEMPERATURE_SILENT, 10020, 0},
    {WORLD_CHARGER_MODULE_RANGE, 130, BIT(MODULE_FLOOD) | BIT(MODULE_BUS_OFF)},
    {WORLD_CHARGER_MODULE_HOT, 1300,
     BIT(MODULE_FLOOD) | BIT(TELEMETRY_SILENT) | BIT(TEMPERATURE_SILENT) | BIT(MODULE_SILENT) |
         BIT(MODULE_STUCK) | BIT(MODULE_RANGE)},
    {WORLD_CHARGER_MODULE_BUS_OFF, 20, 0},
    {WORLD_CHARGER_METER_BROKEN, 130,
     BIT(MODULE_FLOOD) | BIT(TERMINAL_SILENT) | BIT(MODULE_SILENT) | BIT(MODULE_STUCK)},
    {WORLD_CHARGER_INSULATION_LOW, 130, BIT(MONITOR_DEAD)},
    {WORLD_CHARGER_GUN_HOT, 20, BIT(GUN_SENSOR_DEAD)},
    {WORLD_CHARGER_GUN_SENSOR_DEAD, 1020, 0},
};

const char *sim_charger_overdue(const struct sim_charger *charger)
{
    const struct sim_board *board = &charger->device.board;
    uint64_t faults = charger->around.faults;

    for (size_t i = 0; faults != 0 && i < sizeof overdue / sizeof overdue[0]; i++) {
        uint64_t since_ms = charger->fault_ms[overdue[i].fault];

        if (!(faults >> overdue[i].fault & 1) || (faults & overdue[i].unless))
            continue;
        if (since_ms < board->boot_ms)
            since_ms = board->boot_ms;
        if (board->clock->now_ms - since_ms > overdue[i].off_ms)
            return world_charger_controls.fault_names[overdue[i].fault];
    }
    return NULL;
}

static void set(struct sim_device *device, uint64_t which, bool on)
{
    struct sim_charger *charger = sim_charger_of(device);

    for (unsigned i = 0; i < WORLD_CHARGER_FAULT_COUNT; i++) {
        if (!(which >> i & 1))
            continue;
        charger->fault_ms[i] = sim_device_now_ms(device);
        world_charger_set_fault(&charger->around, (enum world_charger_fault)i, on);
    }
    sim_charger_touched(charger);
}

static void one_breaks(struct sim_world *world, struct sim_device *device, unsigned group)
{
    unsigned count = 0, left;
    uint64_t which = groups[group];

    for (uint64_t rest = which; rest; rest &= rest - 1)
        count++;
    for (left = (unsigned)sim_random_below(&world->random, count); left > 0; left--)
        which &= which - 1;
    set(device, which & (~which + 1), true);
}

#define GROUP(name, number)                                                                        \
    static void name##_breaks(struct sim_world *world, struct sim_device *device)                  \
    {                                                                                              \
        one_breaks(world, device, (number)-FIRST);                                                 \
    }                                                                                              \
    static void name##_works(struct sim_world *world, struct sim_device *device)                   \
    {                                                                                              \
        (void)world;                                                                               \
        set(device, groups[(number)-FIRST], false);                                                \
    }

GROUP(battery, 38)
GROUP(battery_bus, 39)
GROUP(module_words, 40)
GROUP(module_bus, 41)
GROUP(module, 42)
GROUP(meter, 43)
GROUP(switches, 44)
GROUP(protection, 45)

/* ---- hands ---- */

static void stop_pressed(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_charger_stop(&sim_charger_of(device)->around, true);
    sim_charger_touched(sim_charger_of(device));
}

static void stop_released(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_charger_stop(&sim_charger_of(device)->around, false);
}

static void door_opens(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_charger_door(&sim_charger_of(device)->around, true);
    sim_charger_touched(sim_charger_of(device));
}

static void door_closes(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_charger_door(&sim_charger_of(device)->around, false);
}

/* ---- power: of one that charges, if there is one ---- */

static void mains_dip(struct sim_world *world, struct sim_device *device)
{
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_charger);
    uint32_t from = device->board.options.index - fleet->first;

    for (uint32_t i = 0; i < fleet->count; i++) {
        struct sim_device *at = world->devices[fleet->first + (from + i) % fleet->count];

        if (sim_board_alive(&at->board) &&
            world_charger_current_a(&sim_charger_of(at)->around) > 1) {
            device = at;
            break;
        }
    }
    sim_board_power_cut(&device->board, sim_random_between(&world->random, 50, 5000));
}

/* ---- the central system ---- */

static void socket_breaks(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.sockets.cut_in = sim_random_between(&world->random, 1, 40);
}

static void book_stalls(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.csms.stalled = true;
}

static void book_goes_on(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.csms.stalled = false;
}

static void book_fails(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.csms.failing = true;
}

static void book_recovers(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.csms.failing = false;
}

static void clock_jumps(struct sim_world *world, struct sim_device *device)
{
    enum { MOST_MS = 3 * 3600000 };

    (void)device;
    world->hub.unix_offset_ms = (int64_t)sim_random_below(&world->random, 2 * MOST_MS) - MOST_MS;
}

static void clock_is_set(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->hub.unix_offset_ms = 0;
}

static void is_reset(struct sim_world *world, struct sim_device *device)
{
    bool hard = sim_random_below(&world->random, 2) == 0;

    (void)sim_charger_ask(sim_charger_of(device), OCPP_MSG_Reset,
                          hard ? "{\"type\":\"Hard\"}" : "{\"type\":\"Soft\"}");
}

const struct sim_fault sim_charger_faults[SIM_CHARGER_FAULTS] = {
    {38, "battery fault", 4, 5, 900, false, battery_breaks, battery_works},
    {39, "battery's bus flooded or off", 10, 5, 600, false, battery_bus_breaks, battery_bus_works},
    {40, "module says nothing, or nonsense", 8, 5, 600, false, module_words_breaks,
     module_words_works},
    {41, "module's bus flooded or off", 10, 5, 600, false, module_bus_breaks, module_bus_works},
    {42, "module does not obey", 20, 5, 600, false, module_breaks, module_works},
    {43, "meter wrong", 20, 5, 600, false, meter_breaks, meter_works},
    {44, "contactor or relay", 20, 5, 600, false, switches_breaks, switches_works},
    {45, "protection trips", 6, 5, 600, false, protection_breaks, protection_works},
    {46, "emergency stop pressed", 30, 2, 120, false, stop_pressed, stop_released},
    {47, "door opened", 20, 2, 300, false, door_opens, door_closes},
    {48, "mains dip while it charges", 6, 0, 0, false, mains_dip, NULL},
    {49, "socket of a charger breaks", 2, 0, 0, true, socket_breaks, NULL},
    {50, "central system's book stalls", 60, 2, 180, true, book_stalls, book_goes_on},
    {51, "central system's book fails", 60, 2, 180, true, book_fails, book_recovers},
    {52, "central system's clock jumps", 240, 60, 3600, true, clock_jumps, clock_is_set},
    {53, "reset by the central system", 20, 0, 0, false, is_reset, NULL},
};
