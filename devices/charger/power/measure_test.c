/* SPDX-License-Identifier: Apache-2.0 */
/* Measurements that are wrong, beyond what can be, late or missing: none of it lets energy go on.
 */
#include "core/bytes.h"
#include "devices/charger/power/test/rig.h"

enum { NO_MORE_MS = 60000 };

static void charge(uint32_t capacity_mah)
{
    rig_begin(capacity_mah, 100);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 20000));
    rig_run(2000);
    assert_int_equal(rig.power.faults, 0);
}

static void expect_off(uint32_t within_ms, uint32_t faults)
{
    for (uint64_t end_ms = rig.now_ms + within_ms; rig.now_ms < end_ms && rig_energised();)
        rig_cycle();
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, faults);
}

static void expect_off_stays(uint32_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;) {
        rig_cycle();
        assert_false(rig_energised());
    }
}

/* The transaction over, a new one is a new beginning. */
static void expect_another_session(void)
{
    rig_order(false, false, 0);
    rig_run(4000);
    assert_int_equal(rig.power.faults, 0);
    rig_order(true, true, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_CHARGING, 20000));
}

/* 450 A, beyond what any setting of the charger asks for: seen, and not tried again and again. */
static void a_current_of_450_a(void **state)
{
    (void)state;
    charge(90000);
    rig.world.config.runaway_a = 450;
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_RUNAWAY, true);
    expect_off(120, CHARGER_BIT(OVER_CURRENT));
    expect_off_stays(NO_MORE_MS);
    assert_int_equal(rig.power.faults, CHARGER_BIT(OVER_CURRENT));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_RUNAWAY, false);
    expect_off_stays(NO_MORE_MS);
    expect_another_session();
}

/* A meter that says infinity, and telemetry that says 3200 A: off at once; and as with the energy
 * off the module may say something sensible again, that alone brings nothing back. */
static void a_meter_that_is_broken(void **state)
{
    static const struct {
        enum world_charger_fault fault;
        uint32_t within_ms;
    } meters[] = {{WORLD_CHARGER_METER_BROKEN, 120}, {WORLD_CHARGER_TELEMETRY_BROKEN, 1020}};

    (void)state;
    for (size_t i = 0; i < sizeof meters / sizeof meters[0]; i++) {
        charge(60000);
        world_charger_set_fault(&rig.world, meters[i].fault, true);
        expect_off(meters[i].within_ms, CHARGER_BIT(MEASUREMENT));
        world_charger_set_fault(&rig.world, meters[i].fault, false);
        expect_off_stays(NO_MORE_MS);
        assert_int_equal(rig.power.faults, CHARGER_BIT(MEASUREMENT));
        assert_int_equal(charger_power_reset(&rig.power), CHARGER_BIT(MEASUREMENT));
        expect_another_session();
    }
}

/* The second meter falls silent, or says nonsense, while the two differ: they still do. */
static void a_deviation_is_not_forgotten(void **state)
{
    (void)state;
    charge(60000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_METER_WRONG, true);
    rig_run(1200);
    assert_true(rig.power.deviates_ms != UINT64_MAX);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_TELEMETRY_SILENT, true);
    expect_off(3100, CHARGER_BIT(METER_DEVIATION));
    /* Outside of that, silence is no deviation. */
    charge(60000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_TERMINAL_SILENT, true);
    rig_run(30000);
    assert_int_equal(rig.power.faults, 0);
}

/* ---- the module's temperature ---- */

static void a_temperature_that_nobody_knows(void **state)
{
    static const enum world_charger_fault ways[] = {WORLD_CHARGER_TELEMETRY_SILENT,
                                                    WORLD_CHARGER_TEMPERATURE_SILENT};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        charge(60000);
        world_charger_set_fault(&rig.world, ways[i], true);
        world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_HOT, true);
        rig_run(CHARGER_TEMPERATURE_MS - 1100);
        assert_true(rig_energised());
        expect_off(1200, CHARGER_BIT(MODULE_TEMPERATURE));
        expect_off_stays(NO_MORE_MS); /* being off is no answer */
        world_charger_set_fault(&rig.world, ways[i], false);
        rig_run(1100);
        assert_int_equal(rig.power.faults, CHARGER_BIT(MODULE_HOT));
        world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_HOT, false);
        assert_true(rig_until(CHARGER_CHARGING, 20000));
    }
    /* From the beginning. */
    rig_begin(60000, 400);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_TEMPERATURE_SILENT, true);
    rig_plug_and_start();
    expect_off_stays(CHARGER_TEMPERATURE_MS);
    assert_int_equal(rig.power.faults, CHARGER_BIT(MODULE_TEMPERATURE));
    expect_off_stays(NO_MORE_MS);
}

/* ---- timers ---- */

/* More than it was told, and frames that come seldom, or only of the slower meter. */
static void over_the_limit_with_few_frames(void **state)
{
    static const struct {
        uint32_t silent_ms, within_ms;
    } ways[] = {{400, 3000}, {700, 3500}, {0, 4000}};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        charge(90000);
        rig.world.config.runaway_a = 120;
        uint64_t end_ms = rig.now_ms + ways[i].within_ms;
        world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_RUNAWAY, true);
        while (rig.now_ms < end_ms && rig_energised()) {
            world_charger_set_fault(&rig.world, WORLD_CHARGER_TERMINAL_SILENT, true);
            rig_run(ways[i].silent_ms > 0 ? ways[i].silent_ms : ways[i].within_ms);
            world_charger_set_fault(&rig.world, WORLD_CHARGER_TERMINAL_SILENT, false);
            if (ways[i].silent_ms > 0)
                rig_run(100);
        }
        assert_false(rig_energised());
        assert_int_equal(rig.power.faults, CHARGER_BIT(OVER_CURRENT));
    }
}

static void current_that_flows_back(void **state)
{
    (void)state;
    charge(60000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BACKFEEDS, true);
    rig_run(CHARGER_BACK_MS - 500); /* and 280 ms on the way back */
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BACKFEEDS, false);
    rig_run(1000);
    assert_true(rig_energised()); /* it was short */
    rig_run(2000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BACKFEEDS, true);
    double register_wh = rig_meter_wh();
    expect_off(CHARGER_BACK_MS + 120, CHARGER_BIT(REVERSE_CURRENT));
    assert_true(rig_meter_wh() - register_wh < 0.15); /* 100 ms of what flowed before */
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_BACKFEEDS, false);
    rig_order(false, false, 0);
    rig_run(5000);
    rig_order(true, true, CHARGER_NO_LIMIT);
    expect_off_stays(NO_MORE_MS);
    assert_int_equal(charger_power_reset(&rig.power), 0); /* by a hand */
    assert_true(rig_until(CHARGER_CHARGING, 20000));
}

/* ---- before the energy ---- */

/* The monitor needs four seconds to see what was plugged in, and finds all well until then. */
static void a_verdict_that_is_none_yet(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig.world.config.monitor_ms = 4000;
    world_charger_set_fault(&rig.world, WORLD_CHARGER_INSULATION_LOW, true);
    rig_run(1000);
    rig_order(true, true, CHARGER_NO_LIMIT);
    world_charger_plug(&rig.world, true);
    expect_off_stays(CHARGER_INSULATION_SETTLE_MS + 100);
    assert_int_equal(rig.power.faults, CHARGER_BIT(INSULATION));
    /* Plugged in when the charger starts: nobody knows since when. */
    world_charger_set_fault(&rig.world, WORLD_CHARGER_INSULATION_LOW, false);
    rig_run(1000);
    rig_boot(NULL);
    rig_order(true, true, CHARGER_NO_LIMIT);
    expect_off_stays(CHARGER_INSULATION_SETTLE_MS);
    assert_true(rig_until(CHARGER_CHARGING, 20000));
}

/* Capacitors that are still charged stand as high as a battery, and nearly still. */
static void a_precharge_with_charged_capacitors(void **state)
{
    static const int16_t volts[] = {57, 65, 74, 84};

    (void)state;
    for (size_t i = 0; i < sizeof volts / sizeof volts[0]; i++)
        for (int open = 0; open < 2; open++) {
            rig_begin(60000, 100);
            rig_plug_and_start();
            assert_true(rig_until(CHARGER_PRECHARGE, 10000));
            rig.world.circuit.output_v = volts[i];
            world_charger_set_fault(&rig.world, WORLD_CHARGER_PRECHARGE_OPEN, open);
            assert_true(rig_until(open ? CHARGER_OFF : CHARGER_CHARGING, 15000));
            rig_cycle();
            assert_int_equal(rig.power.faults, open ? CHARGER_BIT(PRECHARGE) : 0);
            assert_false(open && rig.world.circuit.contactor);
        }
    /* As it comes about: one session ends, the next begins. */
    charge(60000);
    rig_order(true, false, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_IDLE, 20000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_PRECHARGE_OPEN, true);
    rig_order(true, true, CHARGER_NO_LIMIT);
    assert_true(rig_until(CHARGER_PRECHARGE, 10000));
    double inrush_j = rig.world.inrush_j;
    assert_true(rig.world.circuit.output_v > 56);
    assert_true(rig_until(CHARGER_OFF, 8000));
    rig_cycle();
    assert_int_equal(rig.power.faults, CHARGER_BIT(PRECHARGE));
    assert_true(rig.world.inrush_j <= inrush_j);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_PRECHARGE_OPEN, false);
    expect_another_session();
}

/* ---- what the battery is told ---- */

static void the_battery_is_told_the_most_that_can_be_said(void **state)
{
    static struct can_row rows[32];
    static const struct can_field narrow[] = {
        {CAN_OUTPUT_VOLTAGE_MV, 0, 1, CAN_UNSIGNED, 1000, 1, 0, 0, 100000},
        {CAN_OUTPUT_CURRENT_MA, 1, 1, CAN_UNSIGNED, 1000, 1, 0, 5000, 200000}};
    struct can_table table = can_table_default;

    (void)state;
    assert_true(table.row_count <= 32);
    for (unsigned i = 0; i < table.row_count; i++) {
        rows[i] = table.rows[i];
        if (rows[i].kind == CAN_OUTPUT) {
            rows[i].fields = narrow;
            rows[i].field_count = 2;
        }
    }
    table.rows = rows;
    charge(90000);
    rig.power.config.table = &table;
    rig.world.config.runaway_a = 900; /* at 84 V and more */
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_RUNAWAY, true);
    uint32_t heard = rig.world.battery.heard;
    rig_run(2000);
    assert_false(rig_energised());
    assert_in_range(rig.world.battery.heard - heard, 19, 21);
    assert_int_equal(rig.power.bus[CAN_BATTERY_BUS].unsent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_current_of_450_a),
        cmocka_unit_test(a_meter_that_is_broken),
        cmocka_unit_test(a_deviation_is_not_forgotten),
        cmocka_unit_test(a_temperature_that_nobody_knows),
        cmocka_unit_test(over_the_limit_with_few_frames),
        cmocka_unit_test(current_that_flows_back),
        cmocka_unit_test(a_verdict_that_is_none_yet),
        cmocka_unit_test(a_precharge_with_charged_capacitors),
        cmocka_unit_test(the_battery_is_told_the_most_that_can_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
