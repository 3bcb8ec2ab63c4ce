/* SPDX-License-Identifier: Apache-2.0 */
/* Random sessions: what the world gave and what the register says are the same, to the Wh. */
#include "devices/charger/power/test/rig.h"

enum { SESSIONS = 12 };

static uint64_t dice;

static uint32_t draw(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 16) % below;
}

static void expect_same(double world_wh, double meter_wh, double within_wh)
{
    if (meter_wh > world_wh + within_wh || meter_wh < world_wh - within_wh)
        print_message("world %f Wh, meter %f Wh\n", world_wh, meter_wh);
    assert_true(meter_wh <= world_wh + within_wh && meter_wh >= world_wh - within_wh);
}

static void end_somehow(void)
{
    switch (draw(7)) {
    case 0: /* the battery is taken away under current */
        world_charger_plug(&rig.world, false);
        break;
    case 1:
        world_charger_stop(&rig.world, true);
        rig_run(1000);
        world_charger_stop(&rig.world, false);
        rig_run(1000);
        break;
    case 2:
        rig_order(false, false, 0);
        break;
    case 3:
        world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_REFUSES, true);
        break;
    case 4:
        world_charger_door(&rig.world, true);
        break;
    default: /* in order */
        rig_order(true, false, CHARGER_NO_LIMIT);
        assert_true(rig_until(CHARGER_IDLE, 20000));
        break;
    }
    rig_run(10000);
    rig_order(false, false, 0);
    rig_run(10000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_REFUSES, false);
    world_charger_door(&rig.world, false);
    world_charger_plug(&rig.world, false);
    rig_run(1000);
    assert_int_equal(charger_power_reset(&rig.power), 0);
}

/* Less than what the meter spans: frames get lost, or none of its current comes. */
static void lose_frames(void)
{
    static const enum world_charger_fault ways[] = {
        WORLD_CHARGER_TERMINAL_SILENT, WORLD_CHARGER_STATUS_SILENT, WORLD_CHARGER_TELEMETRY_SILENT};
    enum world_charger_fault way = ways[draw(3)];

    world_charger_set_fault(&rig.world, way, true);
    rig_run(draw(2500) / CHARGER_CYCLE_MS * CHARGER_CYCLE_MS);
    world_charger_set_fault(&rig.world, way, false);
}

static void one_session(bool losses)
{
    static const uint32_t sizes_mah[] = {30000, 60000, 90000};

    world_charger_battery(&rig.world, sizes_mah[draw(3)], (uint16_t)draw(980));
    world_charger_plug(&rig.world, true);
    rig_run(1000);
    rig_order(true, true, CHARGER_NO_LIMIT);
    for (uint32_t part = draw(6) + 1; part > 0; part--) {
        rig_run(draw(90000) / CHARGER_CYCLE_MS * CHARGER_CYCLE_MS);
        if (losses)
            lose_frames();
        rig_order(true, true, (int32_t)draw(100000));
    }
    end_somehow();
}

static void count_sessions(bool losses)
{
    double world_wh = 0, meter_wh = 0;

    dice = 88172645463325252u;
    rig_begin(60000, 400);
    for (int i = 0; i < SESSIONS; i++) {
        one_session(losses);
        /* each session, and all together */
        expect_same(world_charger_energy_wh(&rig.world) - world_wh, rig_meter_wh() - meter_wh, 0.5);
        expect_same(world_charger_energy_wh(&rig.world), rig_meter_wh(), 1);
        world_wh = world_charger_energy_wh(&rig.world);
        meter_wh = rig_meter_wh();
    }
    assert_true(world_wh > 500);
    assert_int_equal(rig.power.meter.gaps_ms, 0);
    assert_int_equal(rig.power.meter.negative, 0);
    /* Nothing came from nowhere. */
    double error_j = rig.world.terminal_j - rig.world.battery_j - rig.world.resistance_j;
    assert_true(error_j < 1 && error_j > -1);
}

static void energy_is_energy(void **state)
{
    (void)state;
    count_sessions(false);
}

static void with_lost_frames_too(void **state)
{
    (void)state;
    count_sessions(true);
}

/* Faults come and go as they like, several at a time: energy is never on against the verdict, the
 * battery is never overcharged, and when all is well again it charges. */
static void chaos(void **state)
{
    (void)state;
    dice = 1181783497276652981u;
    rig_begin(60000, 100);
    rig_plug_and_start();
    for (int i = 0; i < 80; i++) {
        unsigned what = draw(WORLD_CHARGER_FAULT_COUNT);

        world_charger_set_fault(&rig.world, (enum world_charger_fault)what, draw(3) == 0);
        if (draw(20) == 0)
            world_charger_plug(&rig.world, draw(2));
        if (draw(20) == 0)
            world_charger_stop(&rig.world, draw(2));
        if (draw(5) == 0)
            (void)charger_power_reset(&rig.power);
        rig_order(draw(10) > 0, draw(10) > 0, (int32_t)draw(120000));
        for (uint32_t n = draw(600); n > 0; n--) {
            rig_cycle();
            assert_true(charger_power_may_flow(&rig.power) || !rig_energised());
            assert_true(rig.world.battery.soc < 1.001);
        }
    }
    rig.world.faults = 0;
    world_charger_stop(&rig.world, false);
    rig_order(false, false, 0);
    world_charger_plug(&rig.world, false);
    rig_run(20000);
    (void)charger_power_reset(&rig.power);
    rig_run(5000);
    world_charger_battery(&rig.world, 60000, 300);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 30000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_is_energy),
        cmocka_unit_test(with_lost_frames_too),
        cmocka_unit_test(chaos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
