/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every single cause in every state: the output is off in the cycle that finds it, the fault is the
 * right one, energy stays off while the cause is there and comes back by the allowed road only.
 */
#include "devices/charger/power/test/rig.h"

enum {
    HAND_STOP = WORLD_CHARGER_FAULT_COUNT,
    HAND_DOOR,
    HAND_UNPLUG,
    CYCLE = CHARGER_CYCLE_MS,
    SOON_MS = 6000,  /* in which it would be seen where it bites */
    LATER_MS = 40000 /* a whole way from the beginning */
};

/* Bits of states. */
#define IN(state) (1u << CHARGER_##state)
#define ANY       ((1u << CHARGER_STATE_COUNT) - 1)
#define FLOWING   (IN(RAMP) | IN(CHARGING) | IN(RAMP_DOWN))
#define CLOSED    (FLOWING | IN(CLOSING))
#define OPEN      (ANY & ~CLOSED)
#define CONDITION 0u /* no fault: energy waits */

static const struct cause {
    const char *name;
    unsigned what;        /* enum world_charger_fault, or a hand */
    uint32_t fault, also; /* what it is found as; where it is found another way */
    uint32_t bites;       /* states in which it is found ... */
    uint32_t within_ms;   /* ... after so long at most */
} causes[] = {
    {"stop", HAND_STOP, CHARGER_BIT(EMERGENCY_STOP), 0, ANY, CYCLE},
    {"door", HAND_DOOR, CHARGER_BIT(DOOR), 0, ANY, CYCLE},
    {"unplug", HAND_UNPLUG, CHARGER_BIT(UNPLUGGED), CONDITION, CLOSED | IN(PRECHARGE), CYCLE},
    {"battery silent", WORLD_CHARGER_BATTERY_SILENT, CHARGER_BIT(BATTERY_SILENT), 0, ANY,
     CHARGER_BATTERY_SILENT_MS + CYCLE},
    {"battery range", WORLD_CHARGER_BATTERY_RANGE, CHARGER_BIT(BATTERY_RANGE), 0, ANY,
     CHARGER_BATTERY_RANGE_MS + CYCLE},
    {"battery hot", WORLD_CHARGER_BATTERY_HOT, CONDITION, 0, ANY, 220},
    {"battery refuses", WORLD_CHARGER_BATTERY_REFUSES, CONDITION, 0, ANY, 220},
    {"battery reversed", WORLD_CHARGER_BATTERY_REVERSED, CHARGER_BIT(POLARITY), 0, ANY, CYCLE},
    {"battery gone", WORLD_CHARGER_BATTERY_GONE, CHARGER_BIT(OVER_VOLTAGE), CHARGER_BIT(PRECHARGE),
     FLOWING & ~IN(RAMP_DOWN), 150},
    {"battery low", WORLD_CHARGER_BATTERY_LOW, CHARGER_BIT(UNDER_VOLTAGE), CHARGER_BIT(PRECHARGE),
     IN(CHARGING), 120},
    {"battery bus off", WORLD_CHARGER_BATTERY_BUS_OFF, CHARGER_BIT(BATTERY_BUS_OFF), 0, ANY, CYCLE},
    {"module silent", WORLD_CHARGER_MODULE_SILENT, CHARGER_BIT(MODULE_SILENT), 0, ANY,
     CHARGER_MODULE_SILENT_MS + CYCLE},
    {"module range", WORLD_CHARGER_MODULE_RANGE, CHARGER_BIT(MEASUREMENT), 0, ANY, 120},
    {"module hot", WORLD_CHARGER_MODULE_HOT, CHARGER_BIT(MODULE_HOT), 0, ANY, 1020},
    {"module bus off", WORLD_CHARGER_MODULE_BUS_OFF, CHARGER_BIT(MODULE_BUS_OFF), 0, ANY, CYCLE},
    {"module stays on", WORLD_CHARGER_MODULE_STAYS_ON, CHARGER_BIT(MODULE_STUCK_ON), 0,
     IN(IDLE) | IN(INSULATION) | IN(PRECHARGE) | IN(WELD_CHECK) | IN(OFF),
     CHARGER_MODULE_OFF_MS + 520},
    {"module runs away", WORLD_CHARGER_MODULE_RUNAWAY, CHARGER_BIT(OVER_CURRENT), 0,
     IN(RAMP) | IN(CHARGING), 120},
    {"module feeds back", WORLD_CHARGER_MODULE_BACKFEEDS, CHARGER_BIT(REVERSE_CURRENT), 0,
     FLOWING & ~IN(RAMP_DOWN), CHARGER_BACK_MS + 120},
    {"meter broken", WORLD_CHARGER_METER_BROKEN, CHARGER_BIT(MEASUREMENT), 0, ANY, 120},
    {"telemetry broken", WORLD_CHARGER_TELEMETRY_BROKEN, CHARGER_BIT(MEASUREMENT), 0, ANY, 1020},
    {"temperature silent", WORLD_CHARGER_TEMPERATURE_SILENT, CHARGER_BIT(MODULE_TEMPERATURE), 0,
     ANY & ~IN(RAMP_DOWN), CHARGER_TEMPERATURE_MS + 2 * CYCLE},
    {"telemetry silent", WORLD_CHARGER_TELEMETRY_SILENT, CHARGER_BIT(MODULE_TEMPERATURE), 0, ANY,
     CHARGER_TEMPERATURE_MS + 2 * CYCLE},
    {"meter wrong", WORLD_CHARGER_METER_WRONG, CHARGER_BIT(METER_DEVIATION), 0, IN(CHARGING),
     CHARGER_DEVIATION_MS + 2100},
    {"welded", WORLD_CHARGER_WELDED, CHARGER_BIT(CONTACTOR_WELDED), 0, OPEN,
     CHARGER_CONTACTOR_MS + 2 * CYCLE},
    {"not closing", WORLD_CHARGER_NOT_CLOSING, CHARGER_BIT(CONTACTOR_OPEN), 0, CLOSED,
     CHARGER_CONTACTOR_MS + 2 * CYCLE},
    {"feedback dead", WORLD_CHARGER_FEEDBACK_DEAD, CHARGER_BIT(CONTACTOR_OPEN), 0, CLOSED,
     CHARGER_CONTACTOR_MS + 2 * CYCLE},
    {"precharge open", WORLD_CHARGER_PRECHARGE_OPEN, CHARGER_BIT(PRECHARGE), 0, IN(PRECHARGE),
     7020},
    {"insulation low", WORLD_CHARGER_INSULATION_LOW, CHARGER_BIT(INSULATION), 0,
     ANY & ~IN(INSULATION), 130},
    {"monitor dead", WORLD_CHARGER_MONITOR_DEAD, CHARGER_BIT(INSULATION_TEST), 0, IN(INSULATION),
     3020},
    {"no earth", WORLD_CHARGER_NO_EARTH, CHARGER_BIT(EARTH), 0, ANY, CYCLE},
    {"fan stopped", WORLD_CHARGER_FAN_STOPPED, CHARGER_BIT(FAN), 0, ANY, CYCLE},
    {"gun hot", WORLD_CHARGER_GUN_HOT, CHARGER_BIT(GUN_HOT), 0, ANY, CYCLE},
    {"gun sensor", WORLD_CHARGER_GUN_SENSOR_DEAD, CHARGER_BIT(GUN_SENSOR), 0, ANY,
     CHARGER_TERMINAL_MS + CYCLE},
};

static const struct cause *cause;
static enum charger_state at; /* where it came */

static void explain(bool good)
{
    if (!good)
        print_message("%s, come in %s: now %s, faults %x, missing %x\n", cause->name,
                      charger_state_name(at), charger_state_name(rig.power.state),
                      (unsigned)rig.power.faults, rig.power.missing);
}

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        bool good_ = (condition);                                                                  \
        explain(good_);                                                                            \
        assert_true(good_);                                                                        \
    } while (0)

/* One cycle, and what is true in each: nothing is on against the verdict, and nothing goes on but
 * by the insulation test and the precharge. */
static void cycle(void)
{
    static enum charger_state before;
    bool was_on = rig_energised();

    before = rig.power.state;
    rig_cycle();
    EXPECT(charger_power_may_flow(&rig.power) || !rig_energised());
    if (!was_on && rig_energised()) {
        EXPECT(rig.power.state == CHARGER_PRECHARGE);
        EXPECT(before == CHARGER_INSULATION);
    }
}

static void run(uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;)
        cycle();
}

static bool until(enum charger_state state, uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms && rig.power.state != state;)
        cycle();
    return rig.power.state == state;
}

static void bring_to(enum charger_state state)
{
    rig_begin(60000, 400);
    world_charger_plug(&rig.world, true);
    rig_run(6000);
    rig_order(true, state != CHARGER_IDLE, CHARGER_NO_LIMIT);
    if (state > CHARGER_CHARGING) {
        EXPECT(until(CHARGER_CHARGING, LATER_MS));
        rig_run(1000);
        rig_order(true, false, CHARGER_NO_LIMIT);
    }
    EXPECT(until(state, LATER_MS));
    rig_run(state == CHARGER_CHARGING ? 2500 : state == CHARGER_RAMP ? 500 : 0);
    EXPECT(rig.power.state == state);
    EXPECT(rig.power.faults == 0);
}

static void set(bool on)
{
    if (cause->what == HAND_STOP)
        world_charger_stop(&rig.world, on);
    else if (cause->what == HAND_DOOR)
        world_charger_door(&rig.world, on);
    else if (cause->what == HAND_UNPLUG)
        world_charger_plug(&rig.world, !on);
    else
        world_charger_set_fault(&rig.world, (enum world_charger_fault)cause->what, on);
}

/* Found: as a fault, or as something that is missing. */
static bool found(void)
{
    return cause->fault && !(cause->also == CONDITION && rig.power.missing)
               ? rig.power.faults != 0
               : (rig.power.missing & ~CHARGER_NEEDS_TRANSACTION) != 0;
}

static bool find(uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms && !found();)
        cycle();
    return found();
}

static void expect_found(void)
{
    bool bites = cause->bites >> at & 1;

    if (bites) {
        EXPECT(find(cause->within_ms));
        EXPECT(rig.power.faults == cause->fault);
        return;
    }
    rig_order(true, true, CHARGER_NO_LIMIT);
    if (!find(SOON_MS)) {
        /* It shows at the end, or at the next beginning. */
        rig_order(true, false, CHARGER_NO_LIMIT);
        (void)find(SOON_MS);
        rig_order(true, true, CHARGER_NO_LIMIT);
        EXPECT(find(LATER_MS));
    }
    EXPECT(rig.power.faults == cause->fault || rig.power.faults == cause->also);
}

/* The cause is gone; what else has to happen before energy comes back. */
static void expect_the_road_back(uint32_t faults)
{
    unsigned road = CHARGER_RELEASE_SELF;

    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        if (faults >> i & 1)
            road = charger_fault_kinds[i].release;
    if (cause->what != HAND_UNPLUG && road != CHARGER_RELEASE_SELF) {
        run(SOON_MS);
        EXPECT(rig.power.faults == faults);
        EXPECT(!rig_energised());
    }
    if (road == CHARGER_RELEASE_HAND) {
        rig_order(false, false, 0);
        run(1000);
        world_charger_plug(&rig.world, false);
        run(1000);
        world_charger_plug(&rig.world, true);
        run(1000);
        rig_order(true, true, CHARGER_NO_LIMIT);
        run(SOON_MS);
        EXPECT(rig.power.faults == faults);
        EXPECT(!rig_energised());
        EXPECT(charger_power_reset(&rig.power) == 0);
    } else if (road == CHARGER_RELEASE_SESSION && cause->what != HAND_UNPLUG) {
        EXPECT(charger_power_reset(&rig.power) == faults); /* not by hand */
        rig_order(false, false, 0);
        run(100);
        EXPECT(rig.power.faults == 0);
        rig_order(true, true, CHARGER_NO_LIMIT);
    }
    EXPECT(until(CHARGER_CHARGING, LATER_MS));
    EXPECT(rig.power.faults == 0);
}

static void one(void)
{
    bring_to(at);
    set(true);
    expect_found();
    EXPECT(!rig_energised());
    uint32_t faults = rig.power.faults;
    rig_order(true, true, CHARGER_NO_LIMIT);
    run(SOON_MS / 2);
    EXPECT(!rig_energised());
    faults |= rig.power.faults;
    EXPECT((faults & ~(cause->fault | cause->also)) == 0);
    set(false);
    expect_the_road_back(faults);
}

static void every_cause_in_every_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        for (int s = 0; s < CHARGER_STATE_COUNT; s++) {
            cause = &causes[i];
            at = (enum charger_state)s;
            one();
        }
}

/* Without a reset from the charger's panel an emergency stop lasts for ever, in every state. */
static void nothing_resets_what_still_has_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        cause = &causes[i];
        at = CHARGER_CHARGING;
        if (!(cause->bites >> at & 1) || !cause->fault)
            continue;
        bring_to(at);
        set(true);
        EXPECT(find(LATER_MS));
        for (int n = 0; n < 5; n++) {
            run(1000);
            EXPECT(!rig_energised());
            if (cause->what == HAND_STOP)
                EXPECT(charger_power_reset(&rig.power) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_in_every_state),
        cmocka_unit_test(nothing_resets_what_still_has_its_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
