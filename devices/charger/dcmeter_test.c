/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An energy meter on its serial line behind a charger that charges: its register is the one that
 * counts, over silence, noise, restarts, cuts and another meter in its place.
 */
#include "devices/charger/dcmeter.h"

#include "devices/charger/power/test/rig.h"
#include "devices/charger/test/kv_cut.h"
#include "world/charger/dcmeter.h"

enum { UNIT = 7, SHOWS_WH = 250000 };

static struct world_dcmeter hardware;
static struct charger_dcmeter meter;
static struct kv_cut flash;

/* The device begins, with what its ledger kept. */
static void boot(uint64_t kept_mwh)
{
    const struct charger_dcmeter_config config = {.kind = &charger_pzem_017,
                                                  .unit = UNIT,
                                                  .connector = 1,
                                                  .write = world_dcmeter_write,
                                                  .read = world_dcmeter_read,
                                                  .line = &hardware,
                                                  .kv = &flash.kv};
    const struct charger_kept kept = {.mwh = kept_mwh};

    kv_cut_boot(&flash);
    assert_int_equal(charger_dcmeter_init(&meter, &config), 0);
    rig_boot(&kept);
    rig.power.config.register_mwh = charger_dcmeter_read;
    rig.power.config.register_ctx = &meter;
}

static void begin(uint64_t kept_mwh)
{
    kv_cut_init(&flash);
    rig_begin(60000, 200);
    world_dcmeter_init(&hardware, &rig.world, UNIT, SHOWS_WH);
    boot(kept_mwh);
}

static void charge(void)
{
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 20000));
    rig_run(60000);
    assert_int_equal(rig.power.faults, 0);
}

static uint64_t register_wh(void)
{
    return rig.power.meter.mwh / 1000;
}

static void a_new_charger_shows_what_its_meter_shows(void **state)
{
    (void)state;
    begin(0);
    rig_run(1000);
    assert_int_equal(register_wh(), SHOWS_WH);
    charge();
    rig_order(true, false, 0);
    rig_run(10000);
    assert_int_equal(register_wh(), world_dcmeter_shows_wh(&hardware));
    assert_true(register_wh() > SHOWS_WH + 40);
    assert_true(meter.answers > 200 && meter.broken == 0 && meter.silences == 0);
}

static void one_that_has_counted_goes_on_from_there(void **state)
{
    (void)state;
    begin(123456);
    rig_run(1000);
    assert_int_equal(rig.power.meter.mwh, 123456);
    charge();
    rig_run(500);
    assert_in_range(rig.power.meter.mwh - 123456,
                    1000u * (world_dcmeter_shows_wh(&hardware) - SHOWS_WH) - 8000,
                    1000u * (world_dcmeter_shows_wh(&hardware) - SHOWS_WH));
}

/* The ledger kept less than was counted when the power went: the meter knows the rest. */
static void what_a_power_cut_took_is_found_again(void **state)
{
    (void)state;
    begin(0);
    charge();
    uint64_t before_mwh = rig.power.meter.mwh;
    boot(before_mwh - 30000);
    rig_run(1000);
    assert_true(rig.power.meter.mwh >= before_mwh);
    assert_int_equal(register_wh(), world_dcmeter_shows_wh(&hardware));
    assert_int_equal(meter.replaced, 0);
}

static void a_silent_meter_ends_energy_and_comes_back(void **state)
{
    (void)state;
    begin(0);
    charge();
    world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_SILENT, true);
    rig_run(CHARGER_DCMETER_SILENT_MS - CHARGER_DCMETER_POLL_MS - 50);
    assert_true(rig_energised());
    rig_run(CHARGER_DCMETER_POLL_MS + 70);
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, CHARGER_BIT(METER_SILENT));
    rig_run(10000);
    assert_int_equal(rig.power.faults, CHARGER_BIT(METER_SILENT));
    assert_true(meter.silences > 5);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_SILENT, false);
    assert_true(rig_until(CHARGER_CHARGING, 20000));
    rig_run(1000);
    assert_int_equal(rig.power.faults, 0);
    assert_in_range(world_dcmeter_shows_wh(&hardware) - register_wh(), 0, 8);
}

/* No state of the charger lets energy flow while its meter is silent, and none fails to see it. */
static void a_silent_meter_in_every_state(void **state)
{
    (void)state;
    for (int at = 0; at < CHARGER_STATE_COUNT; at++) {
        begin(0);
        world_charger_plug(&rig.world, true);
        rig_run(6000);
        rig_order(true, at != CHARGER_IDLE, CHARGER_NO_LIMIT);
        if (at > CHARGER_CHARGING) {
            assert_true(rig_until(CHARGER_CHARGING, 40000));
            rig_run(1000);
            rig_order(true, false, CHARGER_NO_LIMIT);
        }
        assert_true(rig_until((enum charger_state)at, 40000));
        world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_SILENT, true);
        rig_order(true, true, CHARGER_NO_LIMIT);
        rig_run(CHARGER_DCMETER_SILENT_MS + 50); /* an answer may be on its way */
        assert_true(rig.power.faults & CHARGER_BIT(METER_SILENT));
        for (int i = 0; i < 600; i++) {
            rig_cycle();
            assert_false(rig_energised());
        }
        world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_SILENT, false);
        assert_true(rig_until(CHARGER_CHARGING, 40000));
    }
}

static void none_at_all_is_a_fault_once_it_had_its_time(void **state)
{
    (void)state;
    begin(0);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_SILENT, true);
    rig_run(CHARGER_REGISTER_MS - 100);
    assert_int_equal(rig.power.faults, 0);
    assert_false(charger_power_may_flow(&rig.power));
    rig_run(200);
    assert_int_equal(rig.power.faults, CHARGER_BIT(METER_SILENT));
}

/* Each answer has one wrong bit: none is believed. */
static void noise_is_never_energy(void **state)
{
    (void)state;
    begin(0);
    rig_run(1000);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_DCMETER_NOISY, true);
    for (int i = 0; i < 6000; i++) {
        rig_cycle();
        assert_int_equal(rig.power.meter.mwh, 1000u * SHOWS_WH);
    }
    assert_true(meter.broken > 150);
    assert_int_equal(rig.power.faults, CHARGER_BIT(METER_SILENT));
}

static void expect_goes_on(uint64_t before_mwh, uint32_t shows_wh)
{
    rig_run(2000);
    assert_int_equal(meter.replaced, 1);
    assert_int_equal(rig.power.meter.mwh, before_mwh);
    charge();
    rig_order(true, false, 0);
    rig_run(10000);
    assert_int_equal(rig.power.meter.mwh - before_mwh,
                     1000u * (world_dcmeter_shows_wh(&hardware) - shows_wh));
}

static void another_meter_re_bases_nothing(void **state)
{
    static const uint32_t shows_wh[] = {0, 3, SHOWS_WH - 1000, SHOWS_WH + 90000, 4000000000u};

    (void)state;
    for (size_t i = 0; i < sizeof shows_wh / sizeof shows_wh[0]; i++) {
        begin(0);
        rig_run(1000);
        uint64_t before_mwh = rig.power.meter.mwh;
        world_dcmeter_replace(&hardware, shows_wh[i]);
        boot(before_mwh);
        expect_goes_on(before_mwh, shows_wh[i]);
        boot(rig.power.meter.mwh); /* and it is known for this one from now on */
        rig_run(2000);
        assert_int_equal(meter.replaced, 0);
    }
}

static void one_that_is_swapped_while_it_runs(void **state)
{
    (void)state;
    begin(0);
    rig_run(1000);
    uint64_t before_mwh = rig.power.meter.mwh;
    world_dcmeter_replace(&hardware, 12);
    expect_goes_on(before_mwh, 12);
}

/* Power goes at each write of the offset, before and after it. */
static void a_cut_while_the_offset_is_written(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++) {
        begin(0);
        rig_run(1000);
        uint64_t before_mwh = rig.power.meter.mwh;
        world_dcmeter_replace(&hardware, 77);
        boot(before_mwh);
        flash.cut_at = 0;
        flash.cut_after = after;
        rig_run(2000);
        assert_false(flash.power);
        boot(before_mwh);
        rig_run(2000);
        assert_int_equal(rig.power.meter.mwh, before_mwh);
        assert_int_equal(meter.replaced, after ? 0 : 1);
    }
}

static void a_flash_that_fails_is_tried_again(void **state)
{
    (void)state;
    begin(5000);
    flash.fails = true;
    rig_run(1000);
    assert_true(meter.unsaved);
    flash.fails = false;
    rig_run(1000);
    assert_false(meter.unsaved);
}

static void a_refusal_is_counted(void **state)
{
    static const struct charger_dcmeter_kind elsewhere = {
        .function = 4, .address = 100, .words = 2, .unit_mwh = 1000};

    (void)state;
    begin(0);
    meter.config.kind = &elsewhere;
    rig_run(2000);
    assert_true(meter.refusals > 3 && meter.answers == 0 && meter.broken == 0);
}

static void bad_configuration(void **state)
{
    struct charger_dcmeter_kind wide = charger_pzem_017;
    struct charger_dcmeter_config config = {
        .kind = &charger_pzem_017, .unit = 1, .connector = 1, .kv = &flash.kv};

    (void)state;
    kv_cut_init(&flash);
    assert_int_equal(charger_dcmeter_init(&meter, &config), 0);
    config.unit = 248;
    assert_int_equal(charger_dcmeter_init(&meter, &config), ROOST_ERR_RANGE);
    config.unit = 0;
    assert_int_equal(charger_dcmeter_init(&meter, &config), ROOST_ERR_RANGE);
    config.unit = 1;
    config.connector = 0;
    assert_int_equal(charger_dcmeter_init(&meter, &config), ROOST_ERR_RANGE);
    config.connector = 1;
    wide.words = CHARGER_DCMETER_WORDS_MAX + 1;
    config.kind = &wide;
    assert_int_equal(charger_dcmeter_init(&meter, &config), ROOST_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_charger_shows_what_its_meter_shows),
        cmocka_unit_test(one_that_has_counted_goes_on_from_there),
        cmocka_unit_test(what_a_power_cut_took_is_found_again),
        cmocka_unit_test(a_silent_meter_ends_energy_and_comes_back),
        cmocka_unit_test(a_silent_meter_in_every_state),
        cmocka_unit_test(none_at_all_is_a_fault_once_it_had_its_time),
        cmocka_unit_test(noise_is_never_energy),
        cmocka_unit_test(another_meter_re_bases_nothing),
        cmocka_unit_test(one_that_is_swapped_while_it_runs),
        cmocka_unit_test(a_cut_while_the_offset_is_written),
        cmocka_unit_test(a_flash_that_fails_is_tried_again),
        cmocka_unit_test(a_refusal_is_counted),
        cmocka_unit_test(bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
