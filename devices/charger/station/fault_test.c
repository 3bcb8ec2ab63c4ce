/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: which are told as such, which only warn, and what becomes of the transaction. */
#include "devices/charger/station/test/states.h"

/* P-46: raised and cleared in each of the eight states, it gives the state back; a transaction goes
 * on, from the beginning of the way to energy. */
static void p_46_every_state(void **state)
{
    (void)state;
    for (unsigned from = 0; from < CHARGER_IS_FAULTED; from++) {
        station_start(1);
        bring((enum charger_status)from);
        uint32_t transaction = at(1)->transaction;
        hurt(1, WORLD_CHARGER_NO_EARTH, true);
        run(50);
        assert_int_equal(status(1), CHARGER_IS_FAULTED);
        assert_int_equal(at(1)->fault, CHARGER_FAULT_EARTH);
        assert_int_equal(status(0), CHARGER_IS_FAULTED);
        assert_false(energised(1));
        run(5000);
        assert_int_equal(at(1)->transaction, transaction);
        hurt(1, WORLD_CHARGER_NO_EARTH, false);
        run(50);
        /* A reservation ends with it (1.6 edition 2, 5.13). */
        assert_int_equal(status(1), from == CHARGER_IS_RESERVED ? CHARGER_IS_AVAILABLE : from);
        assert_int_equal(at(1)->reservation.id, 0);
        assert_int_equal(status(0), CHARGER_IS_AVAILABLE);
        run(20000);
        assert_int_equal(at(1)->transaction, transaction);
        assert_int_equal(energised(1), from == CHARGER_IS_CHARGING);
    }
}

/* With an inoperative that waits: it comes after the transaction, fault or not. */
static void p_46_scheduled(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_CHARGING);
    assert_int_equal(charger_station_available(&rig.station, 1, false),
                     CHARGER_AVAILABLE_SCHEDULED);
    hurt(1, WORLD_CHARGER_NO_EARTH, true);
    run(5000);
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    charger_station_card(&rig.station, 1, "A");
    run(1000);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    hurt(1, WORLD_CHARGER_NO_EARTH, false);
    run(3000);
    assert_int_equal(status(1), CHARGER_IS_UNAVAILABLE);
}

/* What a world's fault in the middle of charging must look like. */
struct row {
    enum world_charger_fault hurt;
    uint8_t reason; /* of the end; 0: it goes on */
    enum charger_status status;
    int fault;
};

static void p_45_table(void **state)
{
    static const struct row rows[] = {
        {WORLD_CHARGER_BATTERY_SILENT, 0, CHARGER_IS_SUSPENDED_EV, CHARGER_FAULT_BATTERY_SILENT},
        {WORLD_CHARGER_MODULE_SILENT, 0, CHARGER_IS_FAULTED, CHARGER_FAULT_MODULE_SILENT},
        {WORLD_CHARGER_GUN_HOT, 0, CHARGER_IS_FAULTED, CHARGER_FAULT_GUN_HOT},
        {WORLD_CHARGER_MODULE_HOT, 0, CHARGER_IS_FAULTED, CHARGER_FAULT_MODULE_HOT},
        {WORLD_CHARGER_FAN_STOPPED, 0, CHARGER_IS_FAULTED, CHARGER_FAULT_FAN},
        {WORLD_CHARGER_BATTERY_BUS_OFF, 0, CHARGER_IS_FAULTED, CHARGER_FAULT_BATTERY_BUS_OFF},
        {WORLD_CHARGER_INSULATION_LOW, ROOST_LEDGER_OTHER, CHARGER_IS_FAULTED,
         CHARGER_FAULT_INSULATION},
        {WORLD_CHARGER_METER_WRONG, ROOST_LEDGER_OTHER, CHARGER_IS_FAULTED,
         CHARGER_FAULT_METER_DEVIATION},
        {WORLD_CHARGER_FEEDBACK_DEAD, ROOST_LEDGER_OTHER, CHARGER_IS_FAULTED,
         CHARGER_FAULT_CONTACTOR_OPEN},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        station_start(1);
        bring(CHARGER_IS_CHARGING);
        run(10000);
        hurt(1, rows[i].hurt, true);
        bool came = false;
        for (int n = 0; n < 12000 && !came; n++) {
            cycle();
            came = at(1)->fault >= 0;
            /* 4.9: the vehicle's silence is no fault, and never told with energy. */
            assert_true(at(1)->fault < 0 || status(1) != CHARGER_IS_CHARGING);
        }
        if (!came || at(1)->fault != rows[i].fault || status(1) != rows[i].status)
            print_message("row %u: fault %d, %s\n", i, at(1)->fault,
                          charger_status_name(status(1)));
        assert_int_equal(at(1)->fault, rows[i].fault);
        assert_int_equal(status(1), rows[i].status);
        run(20);
        assert_false(energised(1));
        run(10000);
        assert_int_equal(at(1)->transaction != 0, rows[i].reason == 0);
        if (rows[i].reason)
            assert_int_equal(deliver_to(ROOST_LEDGER_END).detail, rows[i].reason);
        assert_int_equal(rig.station.samples_lost, 0);
    }
}

static void emergency_stop(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_CHARGING);
    world_charger_stop(&rig.guns[0].world, true);
    run(50);
    assert_false(energised(1));
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    assert_int_equal(status(0), CHARGER_IS_FAULTED);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(deliver_to(ROOST_LEDGER_END).detail, ROOST_LEDGER_EMERGENCY_STOP);
    world_charger_stop(&rig.guns[0].world, false);
    run(5000);
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL),
                     ROOST_ERR_STATE);
    (void)charger_power_reset(&rig.power[0]);
    run(50);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
}

/* One that is gone with its transaction is told long enough to be heard of. */
static void short_faults_are_told(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_CHARGING);
    rig.power[0].failed |= CHARGER_BIT(OVER_CURRENT);
    run(20);
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    run(1000);
    assert_int_equal(rig.power[0].faults, 0);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_FAULTED);
    assert_int_equal(at(1)->fault, CHARGER_FAULT_OVER_CURRENT);
    run(1500);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
}

/* Nobody starts at a faulted connector, but who was let in may when it is over. */
static void waits_for_the_end_of_a_fault(void **state)
{
    (void)state;
    station_start(1);
    bring(CHARGER_IS_AVAILABLE);
    charger_station_card(&rig.station, 1, "A");
    hurt(1, WORLD_CHARGER_NO_EARTH, true);
    plug(1, true);
    run(5000);
    assert_int_equal(at(1)->transaction, 0);
    hurt(1, WORLD_CHARGER_NO_EARTH, false);
    run(1000);
    assert_int_not_equal(at(1)->transaction, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_46_every_state),
        cmocka_unit_test(p_46_scheduled),
        cmocka_unit_test(p_45_table),
        cmocka_unit_test(emergency_stop),
        cmocka_unit_test(short_faults_are_told),
        cmocka_unit_test(waits_for_the_end_of_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
