/* SPDX-License-Identifier: Apache-2.0 */
/* A whole charger's sessions, before a central system that is played frame by frame. */
#include "devices/charger/ocpp/test/whole.h"

/* Cycles for so long. What is said is answered, but the first CALL of that name: true, it came. */
static bool until(const char *action, uint64_t ms)
{
    for (uint64_t end_ms = rig.now_ms + ms; rig.now_ms < end_ms;) {
        cycle();
        instant = now();
        turn();
        while (said()) {
            if (wire.type != 2)
                return false;
            if (strcmp(wire.action, "StatusNotification") == 0)
                note_status();
            if (strcmp(wire.action, action) == 0)
                return true;
            answer_well();
        }
    }
    return false;
}

static void pass(uint64_t ms)
{
    assert_false(until("nothing of that name", ms));
}

static void come_up(void)
{
    open_socket();
    assert_true(until("BootNotification", 100));
    answer_boot("Accepted", 86400);
    pass(1000);
    assert_true(rig.station.online);
}

/* A card on line, plugged in, and energy. */
static void start_session(void)
{
    charger_station_card(&rig.station, 1, "CARD");
    assert_true(until("Authorize", 1000));
    answer_well();
    plug(1, true);
    assert_true(until("StartTransaction", 60000));
    answer_well();
    pass(60000);
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
}

static void p_04_no_charging_while_rejected(void **state)
{
    (void)state;
    for (int answered = 0; answered < 2; answered++) {
        charger_start();
        know("CARD", "");
        open_socket();
        assert_true(until("BootNotification", 100));
        answer_boot("Rejected", 10);
        hear("[2,\"a\",\"GetConfiguration\",{}]");
        plug(1, true);
        for (int i = 0; i < 9; i++) { /* known here, and nothing comes of it */
            charger_station_card(&rig.station, 1, "CARD");
            pass(1000);
            assert_int_equal(at(1)->transaction, 0);
            assert_false(energised(1));
        }
        assert_true(until("BootNotification", 1100));
        if (answered) {
            answer_boot("Accepted", 86400);
            pass(1000);
        } else { /* who says nothing refuses nothing: by what is known here */
            drop_socket();
            pass(1000);
        }
        charger_station_card(&rig.station, 1, "CARD");
        pass(30000);
        assert_int_equal(status(1), CHARGER_IS_CHARGING);
    }
}

/* The clock of the whole, as the device sets it. */
static void set_clock(int64_t by_ms)
{
    rig.unix_ms += by_ms;
    (void)roost_ledger_clock(&rig.ledger, rig.now_ms, now().unix_ms);
}

static void time_said(char out[32])
{
    const char *at = strstr(wire.payload, "\"timestamp\":\"");
    assert_non_null(at);
    copy_text(out, 32, at + 13);
}

static void p_55_never_below_the_start(void **state)
{
    char start[32], time[32];
    (void)state;
    charger_start();
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 20);
    come_up();
    charger_station_card(&rig.station, 1, "CARD");
    assert_true(until("Authorize", 1000));
    answer_well();
    plug(1, true);
    assert_true(until("StartTransaction", 60000));
    time_said(start);
    answer_well();
    static const int64_t steps_ms[] = {7200000, -3600000, -7200000};
    for (size_t i = 0; i < 3; i++) {
        set_clock(steps_ms[i]);
        uint64_t then_ms = rig.now_ms;
        assert_true(until("MeterValues", 21000)); /* intervals are of no clock */
        assert_in_range(rig.now_ms - then_ms, i ? 19000 : 0, 21000);
        time_said(time);
        assert_true(strcmp(time, start) >= 0);
        answer("{}");
    }
    charger_station_card(&rig.station, 1, "CARD");
    assert_true(until("StopTransaction", 60000));
    time_said(time);
    assert_true(strcmp(time, start) >= 0);
}

/* With the default list of measurands, too: the station's register is its connectors' sum. */
static void p_42_connector_0_is_the_sum(void **state)
{
    static const char *const values[] = {"\"value\":\"46\"", "\"value\":\"12\"",
                                         "\"value\":\"34\""};
    (void)state;
    charger_start();
    charger_meter_init(&rig.power[0].meter, 12000);
    charger_meter_init(&rig.power[1].meter, 34000);
    set_key(CHARGER_KEY_ALIGNED_INTERVAL, 60);
    come_up();
    for (int c = 0; c <= 2; c++) {
        char mark[24];
        assert_true(until("MeterValues", 61000));
        snprintf(mark, sizeof mark, "\"connectorId\":%d,", c);
        assert_true(holds(mark) && holds(values[c]) && holds("Sample.Clock") &&
                    holds("Energy.Active.Import.Register") && !holds("transactionId"));
        answer("{}");
    }
}

static void a_regular_session(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    pass(120000);
    charger_station_card(&rig.station, 1, "CARD");
    assert_true(until("StopTransaction", 60000));
    assert_true(holds("\"transactionId\":42,\"reason\":\"Local\"") && holds("\"idTag\":\"CARD\""));
    answer("{\"idTagInfo\":{\"status\":\"Accepted\"}}");
    pass(5000);
    plug(1, false);
    pass(10000);
    assert_string_equal(statuses, "Available Preparing Charging Finishing Available ");
}

static void p_28_off_line(void **state)
{
    (void)state;
    charger_start();
    come_up();
    know("CARD", "");
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 20);
    drop_socket();
    pass(1000);
    statuses[0] = '\0';
    charger_station_card(&rig.station, 1, "CARD");
    plug(1, true);
    pass(80000);
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
    charger_station_card(&rig.station, 1, "CARD");
    pass(20000);
    assert_int_equal(status(1), CHARGER_IS_FINISHING);
    open_socket();
    assert_true(until("StartTransaction", 1000));
    assert_string_equal(statuses, "Finishing ");
    answer_well();
    int samples = 0;
    while (until("MeterValues", 200)) {
        assert_true(holds("\"transactionId\":42,") && holds("Sample.Periodic"));
        samples++;
        answer("{}");
        if (samples == 3)
            break;
    }
    assert_true(until("StopTransaction", 1000));
    assert_true(holds("\"transactionId\":42,"));
}

static void p_27_the_answer_refuses_the_card(void **state)
{
    (void)state;
    charger_start();
    come_up();
    charger_station_card(&rig.station, 1, "CARD");
    plug(1, true);
    assert_true(until("StartTransaction", 60000));
    answer("{\"transactionId\":5,\"idTagInfo\":{\"status\":\"Invalid\"}}");
    assert_true(until("StopTransaction", 60000));
    assert_true(holds("\"transactionId\":5,\"reason\":\"DeAuthorized\""));
    assert_false(energised(1));
}

static void p_18_a_soft_reset(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    hear("[2,\"r\",\"Reset\",{\"type\":\"Soft\"}]");
    expect_result("r", "{\"status\":\"Accepted\"}");
    assert_true(until("StopTransaction", 20000));
    assert_true(holds("\"SoftReset\""));
    assert_int_equal(restarts, 0);
    for (int i = 0; i < 6000 && restarts == 0; i++) { /* withheld for 60 s */
        cycle();
        instant = now();
        turn();
    }
    assert_int_equal(restarts, 1);
    assert_false(energised(1));
    assert_int_equal(boot_station(), 0);
    boot_charger();
    come_up();
    statuses[0] = '\0';
    assert_false(until("StartTransaction", 2000));
}

static void p_18_it_is_first_after_the_boot(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    hear("[2,\"r\",\"Reset\",{\"type\":\"Hard\"}]");
    expect_result("r", "{\"status\":\"Accepted\"}");
    drop_socket();
    for (int i = 0; i < 6000 && restarts == 0; i++) {
        cycle();
        instant = now();
        turn();
    }
    assert_int_equal(restarts, 1);
    assert_int_equal(boot_station(), 0);
    boot_charger();
    open_socket();
    assert_true(until("StopTransaction", 2000));
    assert_true(holds("\"HardReset\"") && holds("\"transactionId\":42,"));
}

static void p_53_the_power_goes(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    uint64_t then_mwh = rig.power[0].meter.mwh;
    assert_true(then_mwh > 0);
    assert_int_equal(boot_station(), 0);
    boot_charger();
    open_socket();
    assert_true(until("StopTransaction", 2000));
    assert_true(holds("\"PowerLoss\"") && holds("\"transactionId\":42,"));
    const char *meter = strstr(wire.payload, "\"meterStop\":");
    uint64_t told_mwh = strtoul(meter + 12, NULL, 10) * 1000;
    assert_in_range(told_mwh, then_mwh - STEP_MWH - 1000, then_mwh);
    answer("{}");
    assert_false(until("StopTransaction", 5000)); /* once */
}

static void p_31_silence_during_a_session(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    charger_station_card(&rig.station, 1, "CARD");
    assert_true(until("StopTransaction", 60000));
    for (int i = 0; i < 20; i++) { /* no answer */
        for (int k = 0; k < 3100 && wire.open; k++) {
            cycle();
            instant = now();
            turn();
        }
        assert_false(wire.open);
        charger_ocpp_closed(&ocpp, &instant);
        open_socket();
        assert_true(until("StopTransaction", 1000));
    }
    answer("{}");
    assert_false(until("StopTransaction", 2000));
    assert_int_equal(ocpp.count.given_up, 0);
}

static void p_02_no_remote_start_while_pending(void **state)
{
    (void)state;
    charger_start();
    open_socket();
    assert_true(until("BootNotification", 100));
    answer_boot("Pending", 300);
    plug(1, true);
    pass(2000);
    hear("[2,\"a\",\"GetConfiguration\",{\"key\":[\"NumberOfConnectors\"]}]");
    expect_result("a", NULL);
    assert_true(holds("\"value\":\"2\""));
    hear("[2,\"b\",\"ChangeConfiguration\",{\"key\":\"HeartbeatInterval\",\"value\":\"77\"}]");
    expect_result("b", "{\"status\":\"Accepted\"}");
    hear("[2,\"c\",\"RemoteStartTransaction\",{\"idTag\":\"CARD\"}]");
    expect_result("c", "{\"status\":\"Rejected\"}");
    pass(10000);
    assert_int_equal(at(1)->transaction, 0);
    assert_string_equal(statuses, "");
}

static void p_17_triggers(void **state)
{
    (void)state;
    charger_start();
    come_up();
    hear("[2,\"a\",\"TriggerMessage\",{\"requestedMessage\":\"BootNotification\"}]");
    expect_result("a", "{\"status\":\"Rejected\"}");
    hear("[2,\"b\",\"TriggerMessage\",{\"requestedMessage\":\"FirmwareStatusNotification\"}]");
    expect_result("b", "{\"status\":\"Accepted\"}");
    expect("FirmwareStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    hear("[2,\"c\",\"TriggerMessage\",{\"requestedMessage\":\"MeterValues\",\"connectorId\":1}]");
    expect_result("c", "{\"status\":\"Accepted\"}");
    assert_true(until("MeterValues", 1000));
    assert_true(holds("\"connectorId\":1,") && holds("\"context\":\"Trigger\""));
    answer("{}");
    hear("[2,\"d\",\"TriggerMessage\",{\"requestedMessage\":\"StatusNotification\"}]");
    expect_result("d", "{\"status\":\"Accepted\"}");
    for (int c = 0; c <= 2; c++) {
        expect("StatusNotification", NULL);
        answer("{}");
    }
    hear("[2,\"e\",\"TriggerMessage\",{\"requestedMessage\":\"MeterValues\",\"connectorId\":7}]");
    expect_result("e", "{\"status\":\"Rejected\"}");
    expect_silence();
}

static void p_56_the_vehicle_is_told(void **state)
{
    (void)state;
    charger_start();
    come_up();
    plug(1, true);
    assert_true(until("DataTransfer", 30000));
    assert_true(holds("\"messageId\":\"VehicleInfo\"") && holds("\\\"soc\\\":40.0"));
    answer("{\"status\":\"UnknownVendorId\"}");
    assert_false(until("DataTransfer", 130000));
}

static void p_45_the_battery_is_silent(void **state)
{
    (void)state;
    charger_start();
    come_up();
    start_session();
    statuses[0] = '\0';
    hurt(1, WORLD_CHARGER_BATTERY_SILENT, true);
    while (until("StatusNotification", 8000)) {
        if (holds("EVCommunicationError"))
            assert_false(holds("\"Charging\"") || holds("\"Faulted\""));
        answer("{}");
    }
    assert_false(energised(1));
    assert_non_null(strstr(statuses, "Suspended"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_04_no_charging_while_rejected),
        cmocka_unit_test(p_55_never_below_the_start),
        cmocka_unit_test(p_42_connector_0_is_the_sum),
        cmocka_unit_test(a_regular_session),
        cmocka_unit_test(p_28_off_line),
        cmocka_unit_test(p_27_the_answer_refuses_the_card),
        cmocka_unit_test(p_18_a_soft_reset),
        cmocka_unit_test(p_18_it_is_first_after_the_boot),
        cmocka_unit_test(p_53_the_power_goes),
        cmocka_unit_test(p_31_silence_during_a_session),
        cmocka_unit_test(p_02_no_remote_start_while_pending),
        cmocka_unit_test(p_17_triggers),
        cmocka_unit_test(p_56_the_vehicle_is_told),
        cmocka_unit_test(p_45_the_battery_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
