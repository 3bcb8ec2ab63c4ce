/* SPDX-License-Identifier: Apache-2.0 */
/* A session from the card to the end, and what begins and ends one. */
#include "devices/charger/station/test/rig.h"

static void card_and_plug(void **state)
{
    (void)state;
    station_start(1);
    know("A", "");
    charger_station_card(&rig.station, 0, "A");
    run(100);
    assert_int_equal(status(1), CHARGER_IS_PREPARING);
    assert_int_equal(at(1)->transaction, 0);
    plug(1, true);
    run(20);
    assert_int_not_equal(at(1)->transaction, 0);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    run(60000);
    charger_station_card(&rig.station, 0, "A");
    run(8000);
    assert_int_equal(at(1)->transaction, 0);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    plug(1, false);
    run(100);
    assert_int_equal(status(1), CHARGER_IS_AVAILABLE);
    struct roost_ledger_item begin = deliver_to(ROOST_LEDGER_BEGIN);
    struct roost_ledger_item end = deliver_to(ROOST_LEDGER_END);
    assert_string_equal(begin.tag, "A");
    assert_int_equal(begin.detail, CHARGER_ADMITTED_HERE);
    assert_int_equal(end.detail, ROOST_LEDGER_LOCAL);
    assert_string_equal(end.tag, "A");
    assert_true(end.values.energy_mwh > begin.values.energy_mwh + 20000);
    assert_int_equal(at(1)->last.energy_mwh, end.values.energy_mwh - begin.values.energy_mwh);
    assert_int_equal(end.values.energy_mwh, rig.power[0].meter.mwh);
}

static void remote(void **state)
{
    (void)state;
    station_start(1);
    plug(1, true);
    run(1000);
    assert_int_equal(charger_station_remote_start(&rig.station, "R", 1, NULL, NULL), 1);
    assert_true(run_until(1, CHARGER_IS_CHARGING, 30000));
    assert_int_equal(charger_station_remote_stop(&rig.station, 42), ROOST_ERR_NOT_FOUND);
    struct roost_ledger_item begin = deliver(42);
    struct charger_tag tag = told("R", "", CHARGER_TAG_ACCEPTED);
    charger_station_begun(&rig.station, begin.transaction, 42, &tag);
    assert_int_equal(at(1)->verdict, CHARGER_VERDICT_GOOD);
    assert_int_equal(charger_station_remote_stop(&rig.station, 41), ROOST_ERR_NOT_FOUND);
    assert_int_equal(charger_station_remote_stop(&rig.station, 42), 0);
    run(8000);
    assert_int_equal(deliver_to(ROOST_LEDGER_END).detail, ROOST_LEDGER_REMOTE);
    assert_int_equal(charger_station_remote_stop(&rig.station, 42), ROOST_ERR_NOT_FOUND);
    assert_true(charger_station_rests(&rig.station));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_and_plug),
        cmocka_unit_test(remote),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
