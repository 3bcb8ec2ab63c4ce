/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/test/rig.h"

static void nothing_without_a_reason(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_run(10000);
    assert_int_equal(rig.power.state, CHARGER_IDLE);
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, 0);
    world_charger_plug(&rig.world, true);
    rig_run(20000);
    assert_int_equal(rig.power.state, CHARGER_IDLE);
    assert_int_equal(rig.power.missing, CHARGER_NEEDS_TRANSACTION);
    rig_order(true, false, CHARGER_NO_LIMIT);
    rig_run(1000);
    assert_int_equal(rig.power.state, CHARGER_IDLE);
    assert_true(charger_power_may_flow(&rig.power));
    assert_false(rig_energised());
}

static void a_whole_session(void **state)
{
    static const enum charger_state way[] = {CHARGER_INSULATION, CHARGER_PRECHARGE, CHARGER_CLOSING,
                                             CHARGER_RAMP, CHARGER_CHARGING};

    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        assert_true(rig_until(way[i], 6000));
        assert_int_equal(rig.power.faults, 0);
    }
    rig_run(60000);
    assert_true(world_charger_current_a(&rig.world) > 59.9);
    assert_true(world_charger_current_a(&rig.world) < 60.1);
    assert_int_equal(rig.power.offered_ma, 60000);
    assert_int_equal(charger_power_capacity_mah(&rig.power), 60000);
    assert_in_range(charger_power_soc_permille(&rig.power), 415, 440);

    /* In order: no contactor opens under current. */
    rig_order(true, false, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_WELD_CHECK, 5000));
    assert_true(rig_until(CHARGER_OFF, 5000));
    assert_int_equal(rig.world.circuit.arcs, 0);
    assert_true(rig_until(CHARGER_IDLE, 5000));
    double energy_wh = world_charger_energy_wh(&rig.world);
    assert_true(energy_wh > 70);
    assert_true(rig_meter_wh() > energy_wh - 0.5 && rig_meter_wh() < energy_wh + 0.5);
    /* ... and again, at once. */
    rig_order(true, true, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_CHARGING, 15000));
}

static void limits_hold(void **state)
{
    (void)state;
    rig_begin(90000, 300);
    rig_plug_and_start();
    rig_order(true, true, 20000);
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(3000);
    assert_true(world_charger_current_a(&rig.world) < 20.1);
    rig_order(true, true, 200000); /* the battery takes 90 A */
    rig_run(10000);
    assert_true(world_charger_current_a(&rig.world) > 89);
    assert_true(world_charger_current_a(&rig.world) < 90.1);
    rig_order(true, true, 10000); /* less: at once */
    rig_run(200);
    assert_true(world_charger_current_a(&rig.world) < 10.1);
    rig_order(true, true, 0); /* none: in order, the transaction stays */
    assert_true(rig_until(CHARGER_WELD_CHECK, 5000));
    assert_int_equal(rig.world.circuit.arcs, 0);
    assert_true(rig_until(CHARGER_IDLE, 6000));
    assert_int_equal(rig.power.faults, 0);
    rig_order(true, true, 15000);
    assert_true(rig_until(CHARGER_CHARGING, 15000));
}

/* A full battery draws nothing for long, and the gun is still in it. */
static void a_full_battery(void **state)
{
    (void)state;
    rig_begin(30000, 997);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    for (int i = 0; i < 3600 && !rig.world.battery.full; i++)
        rig_run(1000);
    rig_run(1000);
    assert_true(rig.world.battery.full);
    assert_int_equal(rig.power.missing, CHARGER_NEEDS_PERMISSION);
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, 0);
    rig_run(100000);
    assert_int_equal(rig.power.state, CHARGER_IDLE);
    assert_true(rig.power.inputs & 1u << CHARGER_IN_PLUG);
    assert_int_equal(rig.power.faults, 0);
}

/* The plug is a plug, whatever the voltage says: capacitors hold it up for a minute. */
static void the_capacitors_prove_nothing(void **state)
{
    (void)state;
    rig_begin(60000, 950);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(5000);
    rig_order(false, false, 0);
    rig_cycle();
    assert_false(rig_energised());
    rig_run(100);
    world_charger_plug(&rig.world, false);
    rig_cycle();
    assert_true(rig.world.circuit.output_v > 75);
    assert_true(rig.power.missing & CHARGER_NEEDS_PLUG);
    assert_int_equal(rig.power.heard.kind_ms[CAN_BATTERY], UINT64_MAX); /* forgotten */
    rig_run(70000);
    assert_true(rig.world.circuit.output_v < 56);
    assert_true(rig.world.circuit.output_v > 45);
    assert_int_equal(rig.power.faults, 0);
}

/* Without a transaction energy ends in the cycle, not by a ramp. */
static void the_transaction_ends(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_order(false, true, CHARGER_NO_LIMIT);
    rig_cycle();
    assert_false(rig_energised());
    assert_int_equal(rig.power.state, CHARGER_WELD_CHECK);
}

/* The current falls before it is cut off, and never rises with the temperature. */
static void a_warm_gun(void **state)
{
    int32_t offered_ma = CHARGER_CURRENT_MAX_MA;
    bool derated = false;

    (void)state;
    rig_begin(90000, 50);
    rig.world.gun_mohm = 7;
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    for (int i = 0; i < 400; i++) {
        rig_run(1000);
        assert_true(rig.power.offered_ma <= offered_ma || rig.power.gun_mdegc < 69000);
        offered_ma = rig.power.offered_ma;
        derated |= offered_ma < 90000;
        assert_true(rig.world.gun_degc < 70.5);
        assert_true(rig.power.gun_mdegc >= CHARGER_GUN_WARM_MDEGC || offered_ma == 90000);
    }
    assert_true(derated);
    assert_int_equal(rig.power.state, CHARGER_CHARGING); /* derating was enough */
    assert_int_equal(rig.power.faults, 0);
}

/* A thousand frames a second from one who babbles: what matters is heard, what is lost counted. */
static void a_flood(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_FLOOD, true);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_FLOOD, true);
    uint32_t frames = rig.power.heard.frames;
    rig_run(20000);
    assert_int_equal(rig.power.state, CHARGER_CHARGING);
    assert_int_equal(rig.power.faults, 0);
    assert_true(rig.power.heard.frames - frames >= 40000);
    assert_true(rig.power.heard.own >= 8000); /* one's own are no sign of life */
    assert_true(rig.power.heard.foreign >= 16000);
    assert_int_equal(rig.power.bus[CAN_BATTERY_BUS].overruns, 0);

    /* Half a second in which nobody listens. */
    uint32_t before = rig.world.bus[0].taken;
    rig.now_ms += 500;
    world_charger_update(&rig.world);
    rig_cycle();
    assert_true(rig.power.bus[CAN_BATTERY_BUS].overruns > 400);
    assert_true(rig.world.bus[0].taken - before <= 64);
    assert_int_equal(rig.power.late_cycles, 1);
    assert_int_equal(rig.power.state, CHARGER_CHARGING);
}

/* What the charger says itself keeps nobody alive. */
static void an_echo_is_no_life(void **state)
{
    const struct roost_can_frame echo = {.id = 0x18FF50E5, .extended = true, .len = 8};

    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_SILENT, true);
    for (int i = 0; i < 520; i++) {
        struct world_charger_bus *bus = &rig.world.bus[WORLD_CHARGER_BATTERY_BUS];
        bus->ring[(bus->head + bus->used++) % WORLD_CHARGER_RING] = echo;
        rig_cycle();
    }
    assert_int_equal(rig.power.faults, CHARGER_BIT(BATTERY_SILENT));
    assert_false(rig_energised());
}

static void frames_go_out_in_time(void **state)
{
    uint32_t heard, asked, sent;

    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    rig_run(2000);
    heard = rig.world.battery.heard;
    asked = rig.world.module.asked;
    rig_run(10000);
    assert_in_range(rig.world.battery.heard - heard, 99, 101);
    assert_in_range(rig.world.module.asked - asked, 49, 51);
    rig_run(10000);
    sent = rig.world.bus[WORLD_CHARGER_MODULE_BUS].sent;
    rig_run(6000);
    assert_in_range(rig.world.bus[WORLD_CHARGER_MODULE_BUS].sent - sent, 49, 51); /* 30 + 20 */
}

static void bus_off_is_left_seldom(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BUS_OFF, true);
    rig_run(30000);
    assert_in_range(rig.world.bus[WORLD_CHARGER_MODULE_BUS].recoveries, 5, 7);
    assert_int_equal(rig.power.bus[CAN_MODULE_BUS].offs, 1);
    assert_false(rig_energised());
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BUS_OFF, false);
    assert_true(rig_until(CHARGER_INSULATION, 10000));
    assert_true(rig_until(CHARGER_CHARGING, 15000));
}

/* The auxiliary contact lies, but a welded contactor holds the capacitors up. */
static void a_weld_shows_in_the_voltage(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(3000);
    rig_order(true, false, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_RAMP_DOWN, 100));
    rig_run(100);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_WELDED, true);
    assert_true(rig_until(CHARGER_WELD_CHECK, 5000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_FEEDBACK_DEAD, true);
    assert_true(rig_until(CHARGER_OFF, 5000));
    rig_cycle();
    assert_int_equal(rig.power.faults, CHARGER_BIT(CONTACTOR_WELDED));
    rig_run(10000);
    assert_int_equal(rig.power.state, CHARGER_OFF);
}

/* The other two kinds keep the module alive, and the slower meter counts on; for ten seconds also
 * without a temperature, see measure_test.c. */
static void one_kind_of_frame_may_fail(void **state)
{
    static const enum world_charger_fault kinds[] = {
        WORLD_CHARGER_TERMINAL_SILENT, WORLD_CHARGER_STATUS_SILENT, WORLD_CHARGER_TELEMETRY_SILENT};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        rig_begin(60000, 400);
        rig_plug_and_start();
        assert_true(rig_until(CHARGER_CHARGING, 15000));
        world_charger_set_fault(&rig.world, kinds[i], true);
        rig_run(kinds[i] == WORLD_CHARGER_TELEMETRY_SILENT ? 8500 : 60000);
        assert_int_equal(rig.power.faults, 0);
        assert_int_equal(rig.power.state, CHARGER_CHARGING);
        double energy_wh = world_charger_energy_wh(&rig.world);
        assert_true(rig_meter_wh() > energy_wh - 1.5 && rig_meter_wh() < energy_wh + 1.5);
        /* A second one is too many. */
        world_charger_set_fault(&rig.world, kinds[(i + 1) % 3], true);
        rig_run(3200);
        assert_false(rig_energised());
        assert_int_equal(rig.power.faults, CHARGER_BIT(MODULE_SILENT));
    }
}

static void a_precharge_that_does_nothing(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_PRECHARGE_OPEN, true);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_PRECHARGE, 5000));
    assert_true(rig_until(CHARGER_OFF, 7100));
    rig_cycle();
    assert_int_equal(rig.power.faults, CHARGER_BIT(PRECHARGE));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_PRECHARGE_OPEN, false);
    rig_run(20000);
    assert_false(rig_energised());
    /* The gun anew is a new beginning. */
    world_charger_plug(&rig.world, false);
    rig_run(500);
    world_charger_plug(&rig.world, true);
    assert_true(rig_until(CHARGER_CHARGING, 20000));
}

/* A module that repeats what it said: believed while it could be true, found when it cannot. */
static void a_module_that_is_stuck(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(5000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_STUCK, true);
    rig_run(5000);
    assert_int_equal(rig.power.faults, 0);
    rig_order(true, true, 10000);
    rig_run(2100);
    assert_int_equal(rig.power.faults, CHARGER_BIT(OVER_CURRENT));
    assert_false(rig_energised());
    rig_run(3000);
    assert_true(rig.power.faults & CHARGER_BIT(MODULE_STUCK_ON));
}

/* A battery that allows for ever is not filled beyond its voltage. */
static void a_battery_that_is_stuck(void **state)
{
    (void)state;
    rig_begin(30000, 990);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_STUCK, true);
    for (int i = 0; i < 600; i++) {
        rig_run(1000);
        assert_true(rig.world.circuit.output_v < 84.1);
    }
    assert_int_equal(rig.power.faults, 0);
    assert_true(rig.power.state == CHARGER_CHARGING);
    assert_true(world_charger_current_a(&rig.world) < 10);
}

/* What went on meanwhile is counted, and no ramp leaps ahead. */
static void a_cycle_that_comes_late(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(1000); /* the module has followed: between two measurements the power goes straight */
    double world_wh = world_charger_energy_wh(&rig.world), meter_wh = rig_meter_wh();
    rig.now_ms += 2000;
    rig_cycle();
    assert_int_equal(rig.power.late_cycles, 1);
    assert_int_equal(rig.power.state, CHARGER_CHARGING);
    world_wh = world_charger_energy_wh(&rig.world) - world_wh;
    meter_wh = rig_meter_wh() - meter_wh;
    assert_true(meter_wh > world_wh - 0.2 && meter_wh < world_wh + 0.2);
}

/* A reboot in the middle: everything is off, the register goes on, and a hand's faults stay. */
static void a_reboot(void **state)
{
    struct charger_kept kept;

    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(60000);
    kept = (struct charger_kept){.mwh = rig.power.meter.mwh};
    assert_true(kept.mwh > 70000);
    world_charger_off(&rig.world);
    rig_boot(&kept);
    assert_false(rig_energised());
    rig_run(20000);
    assert_false(rig_energised()); /* no transaction is resumed by the power part */
    assert_int_equal(rig.power.faults, 0);
    assert_int_equal(rig.power.meter.mwh, kept.mwh);
    rig_order(true, true, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_CHARGING, 15000));

    world_charger_set_fault(&rig.world, WORLD_CHARGER_INSULATION_LOW, true);
    rig_run(200);
    kept.mwh = rig.power.meter.mwh;
    charger_power_latched(&rig.power, kept.faults);
    assert_int_equal(kept.faults[0], 417); /* its number, whatever its place in the list */
    assert_int_equal(kept.faults[1], 0);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_INSULATION_LOW, false);
    world_charger_off(&rig.world);
    kept.faults[0] = 420; /* clears itself, whoever kept it */
    kept.faults[1] = 999; /* another version's */
    kept.faults[CHARGER_LATCHED_MAX - 1] = 417;
    rig_boot(&kept);
    rig_order(true, true, CHARGER_NO_LIMIT);
    rig_run(20000);
    assert_int_equal(rig.power.faults, CHARGER_BIT(INSULATION));
    assert_false(rig_energised());
    assert_int_equal(charger_power_reset(&rig.power), 0);
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    assert_true(rig.power.meter.mwh >= kept.mwh);
}

static void samples(void **state)
{
    struct charger_sample sample;

    (void)state;
    rig_begin(60000, 400);
    charger_power_sample(&rig.power, &sample);
    assert_false(sample.measured || sample.warm);
    assert_int_equal(sample.soc_permille, -1);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    rig_run(20000);
    charger_power_sample(&rig.power, &sample);
    assert_true(sample.measured && sample.warm);
    assert_in_range(sample.voltage_mv, 74000, 80000);
    assert_in_range(sample.current_ma, 59900, 60100);
    assert_in_range(sample.power_w, 4400, 4900);
    assert_int_equal(sample.offered_ma, 60000);
    assert_in_range(sample.soc_permille, 400, 420);
    assert_in_range(sample.temperature_mdegc, 20000, 25000);
    assert_int_equal(sample.energy_mwh, rig.power.meter.mwh);
    assert_true(rig.heard > 300 && rig.said > 300); /* whoever keeps frames has seen them */
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_SILENT, true);
    rig_run(6000);
    charger_power_sample(&rig.power, &sample);
    assert_false(sample.measured || sample.warm);
}

static void what_the_battery_is_told(void **state)
{
    int32_t value;

    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    assert_true(charger_power_value(&rig.power, CAN_TERMINAL_VOLTAGE_MV, 500, &value));
    assert_in_range(value, 70000, 84000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_FAN_STOPPED, true);
    rig_run(20);
    assert_int_equal(rig.power.faults, CHARGER_BIT(FAN));
    struct roost_faults faults;
    roost_faults_init(&faults, charger_faults, CHARGER_FAULT_COUNT);
    charger_faults_set(&faults, rig.power.faults);
    assert_int_equal(roost_faults_worst(&faults), CHARGER_FAULT_FAN);
    assert_int_equal(roost_faults_info(&faults, CHARGER_FAULT_FAN)->number, 422);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_without_a_reason),
        cmocka_unit_test(a_whole_session),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_full_battery),
        cmocka_unit_test(the_capacitors_prove_nothing),
        cmocka_unit_test(the_transaction_ends),
        cmocka_unit_test(a_warm_gun),
        cmocka_unit_test(a_flood),
        cmocka_unit_test(an_echo_is_no_life),
        cmocka_unit_test(frames_go_out_in_time),
        cmocka_unit_test(bus_off_is_left_seldom),
        cmocka_unit_test(a_weld_shows_in_the_voltage),
        cmocka_unit_test(one_kind_of_frame_may_fail),
        cmocka_unit_test(a_precharge_that_does_nothing),
        cmocka_unit_test(a_module_that_is_stuck),
        cmocka_unit_test(a_battery_that_is_stuck),
        cmocka_unit_test(a_cycle_that_comes_late),
        cmocka_unit_test(a_reboot),
        cmocka_unit_test(samples),
        cmocka_unit_test(what_the_battery_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
