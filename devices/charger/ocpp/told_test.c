/* SPDX-License-Identifier: Apache-2.0 */
/* What is told beside transactions: statuses and their errors, cards, vehicles, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/ocpp/test/session.h"

static int up(void **state)
{
    (void)state;
    first_boot(2);
    come_up(86400);
    return 0;
}

static void now_is(int connector, enum charger_status status, int fault)
{
    station.connectors[connector].status = status;
    station.connectors[connector].fault = fault;
}

/* ---- statuses ---- */

static void every_status_has_its_word(void **state)
{
    (void)state;
    static const char *const words[CHARGER_STATUS_COUNT] = {
        "Available", "Preparing", "Charging",    "SuspendedEVSE", "SuspendedEV",
        "Finishing", "Reserved",  "Unavailable", "Faulted"};
    for (int i = 1; i <= CHARGER_STATUS_COUNT; i++) {
        char part[40];
        snprintf(part, sizeof part, "\"status\":\"%s\"", words[i % CHARGER_STATUS_COUNT]);
        now_is(1, (enum charger_status)(i % CHARGER_STATUS_COUNT), -1);
        expect("StatusNotification", NULL);
        assert_true(holds(part));
        answer("{}");
    }
}

static void connector_0_has_three(void **state)
{
    (void)state;
    now_is(0, CHARGER_IS_CHARGING, -1);
    expect_silence();
    now_is(0, CHARGER_IS_UNAVAILABLE, -1);
    expect("StatusNotification", NULL);
    assert_true(holds("\"connectorId\":0,") && holds("\"Unavailable\""));
    answer("{}");
    now_is(0, CHARGER_IS_FAULTED, CHARGER_FAULT_DOOR);
    expect("StatusNotification", NULL);
    assert_true(holds("\"Faulted\"") && holds("\"OtherError\"") &&
                holds("\"vendorErrorCode\":\"420\"") && holds("\"info\":\"the housing is open\""));
}

static void p_45_errors_by_state(void **state)
{
    (void)state;
    for (int fault = CHARGER_FAULT_BEFORE + 1; fault < CHARGER_FAULT_END; fault++) {
        bool vehicle =
            charger_fault_kinds[fault - ROOST_FAULT_COUNT].class == CHARGER_CLASS_VEHICLE;
        for (int status = 0; status < CHARGER_STATUS_COUNT; status++) {
            enum ocpp_word word = charger_word_of_fault(fault, (enum charger_status)status);
            bool may = status == CHARGER_IS_PREPARING || status == CHARGER_IS_SUSPENDED_EV ||
                       status == CHARGER_IS_SUSPENDED_EVSE || status == CHARGER_IS_FINISHING;
            assert_int_equal(word == OCPP_EVCommunicationError, vehicle && may);
            assert_int_equal(word == OCPP_NoError, vehicle && !may && status != CHARGER_IS_FAULTED);
        }
    }
    assert_int_equal(charger_word_of_fault(-1, CHARGER_IS_FAULTED), OCPP_NoError);
    assert_int_equal(charger_word_of_fault(CHARGER_FAULT_MODULE_HOT, CHARGER_IS_FAULTED),
                     OCPP_HighTemperature);
    assert_int_equal(charger_word_of_fault(CHARGER_FAULT_MODULE_SILENT, CHARGER_IS_FAULTED),
                     OCPP_InternalError);
    now_is(1, CHARGER_IS_CHARGING, CHARGER_FAULT_BATTERY_SILENT);
    expect("StatusNotification", NULL);
    assert_true(holds("\"NoError\",\"status\":\"Charging\"") && !holds("vendorErrorCode"));
    answer("{}");
    now_is(1, CHARGER_IS_SUSPENDED_EV, CHARGER_FAULT_BATTERY_SILENT);
    expect("StatusNotification", NULL);
    assert_true(holds("\"EVCommunicationError\",") && holds("\"402\""));
    answer("{}");
    now_is(1, CHARGER_IS_FAULTED, CHARGER_FAULT_METER_DEVIATION); /* a text too long is cut */
    while (said()) {
        if (strcmp(wire.action, "StatusNotification") == 0)
            break;
        answer("{}");
    }
    assert_true(holds("\"PowerMeterFailure\",") &&
                holds("\"info\":\"the module's two measurements of current differ by\""));
}

static void p_15_the_gun_is_out(void **state)
{
    (void)state;
    station.connectors[1].unplugged_inside = true;
    now_is(1, CHARGER_IS_SUSPENDED_EV, -1);
    expect("StatusNotification", NULL);
    assert_true(holds("\"SuspendedEV\"") && holds("\"info\":\"EV side disconnected\""));
}

static void a_short_status_is_not_told(void **state)
{
    (void)state;
    set_key("MinimumStatusDuration", "5");
    now_is(1, CHARGER_IS_PREPARING, -1);
    assert_false(wait_ms(4000));
    now_is(1, CHARGER_IS_AVAILABLE, -1);
    assert_false(wait_ms(20000));
    now_is(1, CHARGER_IS_PREPARING, -1);
    assert_false(wait_ms(4999));
    assert_true(wait_ms(1));
    expect("StatusNotification", NULL);
    answer("{}");
    now_is(1, CHARGER_IS_FINISHING, -1);
    ocpp.status[1].asked = true; /* a trigger waits for nothing */
    expect("StatusNotification", NULL);
    assert_true(holds("\"Finishing\""));
    answer("{}");
    assert_false(wait_ms(20000));
}

/* Nobody knows whether it came: what is the same as before is said all the same. */
static void a_status_that_was_not_answered(void **state)
{
    (void)state;
    now_is(1, CHARGER_IS_PREPARING, -1);
    expect("StatusNotification", NULL);
    drop_socket();
    now_is(1, CHARGER_IS_AVAILABLE, -1);
    open_socket();
    expect("StatusNotification", NULL);
    assert_true(holds("\"connectorId\":1,") && holds("\"Available\""));
    answer_error("InternalError"); /* will not be liked better the next time */
    expect_silence();
}

static void p_52_a_conflict_of_the_list(void **state)
{
    (void)state;
    station.conflict = true;
    expect("StatusNotification", NULL);
    assert_true(holds("\"connectorId\":0,\"errorCode\":\"LocalListConflict\",\"status\":"
                      "\"Available\""));
    assert_true(station.conflict);
    drop_socket();
    open_socket();
    expect("StatusNotification", NULL);
    assert_true(holds("LocalListConflict"));
    answer("{}");
    assert_false(station.conflict);
    expect_silence();
}

/* ---- cards ---- */

static void p_52_a_card_is_asked_about(void **state)
{
    (void)state;
    static const char *const words[] = {"Accepted", "Blocked", "Expired", "Invalid",
                                        "ConcurrentTx"};
    for (int i = 0; i < CHARGER_TAG_STATUS_COUNT; i++) {
        char text[64];
        ask_about("04A2B3C4D5E6F7");
        expect("Authorize", "{\"idTag\":\"04A2B3C4D5E6F7\"}");
        snprintf(text, sizeof text, "{\"idTagInfo\":{\"status\":\"%s\"}}", words[i]);
        answer(text);
        assert_int_equal(seen.told.status, i);
        assert_string_equal(seen.told.id, "04A2B3C4D5E6F7");
        assert_int_equal(seen.told.expires_s, 0);
    }
    ask_about("C");
    expect("Authorize", NULL);
    answer("{\"idTagInfo\":{\"status\":\"Accepted\",\"expiryDate\":\"1970-01-01T00:00:00Z\"}}");
    assert_int_equal(seen.told.expires_s, 1); /* long ago is not never */
    ask_about("C");
    expect("Authorize", NULL);
    answer("{\"idTagInfo\":{\"status\":\"Accepted\",\"expiryDate\":\"2199-01-01T00:00:00Z\"}}");
    assert_int_equal(seen.told.expires_s, UINT32_MAX);
    ask_about("C");
    expect("Authorize", NULL);
    answer_error("InternalError");
    assert_true(seen.told_none);
}

static void another_card_came_meanwhile(void **state)
{
    (void)state;
    ask_about("FIRST");
    expect("Authorize", NULL);
    ask_about("SECOND");
    answer("{\"idTagInfo\":{\"status\":\"Blocked\"}}");
    assert_int_equal(seen.tolds, 0);
    assert_string_equal(seen.learnt.id, "FIRST");
    expect("Authorize", "{\"idTag\":\"SECOND\"}");
}

/* ---- the vehicle ---- */

static void plug_in(int connector)
{
    struct charger_power *p = &power_parts[connector - 1];
    station.connectors[connector].plugged = true;
    p->now_ms = instant.now_ms;
    p->heard.value[CAN_CHARGED_MAH] = 40000;
    p->heard.value[CAN_DISCHARGED_MAH] = 10000;
    p->heard.value[CAN_BATTERY_CURRENT_MAX_MA] = 60000;
    p->heard.value_ms[CAN_CHARGED_MAH] = p->heard.value_ms[CAN_DISCHARGED_MAH] =
        p->heard.value_ms[CAN_BATTERY_CURRENT_MAX_MA] = instant.now_ms;
}

static void p_56_the_vehicle_before_a_session(void **state)
{
    (void)state;
    plug_in(1);
    expect("DataTransfer", "{\"vendorId\":\"Roost\",\"messageId\":\"VehicleInfo\",\"data\":"
                           "\"{\\\"soc\\\":50.0,\\\"maxCurrent\\\":60.0}\"}");
    answer("{\"status\":\"Accepted\"}");
    assert_false(wait_ms(59999)); /* at a bounded rate */
    assert_true(wait_ms(1));
    expect("DataTransfer", NULL);
    answer("{\"status\":\"Accepted\"}");
    station.connectors[1].transaction = 5; /* until the start */
    assert_false(wait_ms(600000));
    station.connectors[1].transaction = 0;
    station.connectors[1].status = CHARGER_IS_FINISHING;
    station.connectors[1].last.transaction = 5;
    station.connectors[1].last.energy_mwh = 12345678;
    station.connectors[1].last.duration_ms = 600000;
    station.connectors[1].last.soc_permille = 805;
    expect("StatusNotification", NULL);
    answer("{}");
    expect("DataTransfer",
           "{\"vendorId\":\"Roost\",\"messageId\":\"SessionSummary\",\"data\":\"{\\\"finalSoc\\\":"
           "80.5,\\\"energyDelivered\\\":12345.678,\\\"durationMinutes\\\":10}\"}");
    answer("{\"status\":\"Accepted\"}");
    assert_false(wait_ms(600000));
}

static void p_56_unknown_vendor(void **state)
{
    (void)state;
    plug_in(1);
    expect("DataTransfer", NULL);
    answer("{\"status\":\"UnknownVendorId\"}");
    station.connectors[1].fault = CHARGER_FAULT_BATTERY_RANGE;
    assert_false(wait_ms(600000)); /* for the session, its summary too */
    station.connectors[1].fault = -1;
    station.connectors[1].last.transaction = 9;
    station.connectors[1].plugged = false;
    assert_false(wait_ms(1000));
    plug_in(1);
    expect("DataTransfer", NULL);
    assert_true(holds("VehicleInfo"));
}

static void p_56_the_battery_complains(void **state)
{
    (void)state;
    now_is(1, CHARGER_IS_CHARGING, CHARGER_FAULT_BATTERY_RANGE);
    expect("StatusNotification", NULL);
    answer("{}");
    expect("DataTransfer", NULL);
    assert_true(holds("\"messageId\":\"BMSAlert\"") && holds("\\\"code\\\":403"));
    answer_error("NotImplemented");
    expect_silence();
    station.connectors[1].fault = -1;
    expect_silence();
    station.connectors[1].fault = CHARGER_FAULT_BATTERY_RANGE;
    expect("DataTransfer", NULL);
}

/* ---- files ---- */

static void uploads_and_updates(void **state)
{
    (void)state;
    charger_ocpp_upload_status(&ocpp, OCPP_Uploading);
    expect("DiagnosticsStatusNotification", "{\"status\":\"Uploading\"}");
    charger_ocpp_upload_status(&ocpp, OCPP_Uploaded); /* while the other is under way */
    answer("{}");
    expect("DiagnosticsStatusNotification", "{\"status\":\"Uploaded\"}");
    answer("{}");
    ocpp.files.asked = CHARGER_ASKED_DIAGNOSTICS;
    expect("DiagnosticsStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    ocpp.files.log = true;
    ocpp.files.upload_id = 17;
    charger_ocpp_upload_status(&ocpp, OCPP_UploadFailure);
    expect("LogStatusNotification", "{\"status\":\"UploadFailure\",\"requestId\":17}");
    drop_socket();
    open_socket();
    expect("LogStatusNotification", "{\"status\":\"UploadFailure\",\"requestId\":17}");
    answer("{}");
    charger_ocpp_update_status(&ocpp, OCPP_Downloading);
    expect("FirmwareStatusNotification", "{\"status\":\"Downloading\"}");
    answer("{}");
    ocpp.files.asked = CHARGER_ASKED_FIRMWARE | CHARGER_ASKED_SIGNED;
    expect("FirmwareStatusNotification", "{\"status\":\"Downloading\"}");
    answer("{}");
    expect("SignedFirmwareStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    ocpp.files.is_signed = true;
    ocpp.files.update_id = 3;
    charger_ocpp_update_status(&ocpp, OCPP_InvalidSignature);
    expect("SignedFirmwareStatusNotification", "{\"status\":\"InvalidSignature\",\"requestId\":3}");
    answer("{}");
    charger_ocpp_update_status(&ocpp, OCPP_Rejected); /* no word of that message */
    expect_silence();
    assert_int_equal(ocpp.count.unsaid, 1);
    assert_false(wait_ms(60000));
}

/* ---- security ---- */

static void event(enum charger_event_kind kind, const char *info)
{
    assert_int_equal(charger_events_add(&events, kind, info, instant.now_ms, instant.unix_ms), 0);
}

static void p_35_events_wait_until_they_are_heard(void **state)
{
    (void)state;
    drop_socket();
    event(CHARGER_EVENT_InvalidTLSVersion, "1.1");
    event(CHARGER_EVENT_FailedToAuthenticateAtCentralSystem, NULL); /* for the log alone */
    event(CHARGER_EVENT_SettingSystemTime, NULL);
    pass_ms(60000);
    open_socket();
    expect("SecurityEventNotification",
           "{\"type\":\"InvalidTLSVersion\",\"timestamp\":\"2026-12-01T00:00:05.000Z\","
           "\"techInfo\":\"1.1\"}");
    drop_socket(); /* nobody knows whether it came */
    assert_true(boot());
    come_up(86400);
    expect("SecurityEventNotification", NULL);
    assert_true(holds("InvalidTLSVersion"));
    answer("{}");
    expect("SecurityEventNotification", NULL);
    assert_true(holds("SettingSystemTime") && !holds("techInfo"));
    answer_error("NotImplemented");
    expect_silence();
    event(CHARGER_EVENT_ResetOrReboot, NULL);
    expect("SecurityEventNotification", NULL);
    store.fails = true;
    answer("{}");
    assert_int_equal(ocpp.count.unkept, 1);
    assert_false(wait_ms(9999));
    store.fails = false;
    assert_true(wait_ms(1));
    expect("SecurityEventNotification", NULL);
    answer("{}");
    expect_silence();
}

static void p_11_wrong_messages_are_an_event(void **state)
{
    (void)state;
    struct charger_event first, second;
    for (int i = 0; i < 100; i++)
        hear("{}");
    assert_int_equal(charger_events_read(&events, 0, 0, 0, &first), 0);
    assert_int_equal(first.kind, CHARGER_EVENT_InvalidMessages);
    assert_string_equal(first.info, "no_array");
    assert_int_equal(charger_events_read(&events, first.number, 0, 0, &second), ROOST_ERR_EMPTY);
    pass_ms(3600000);
    hear("[2,");
    assert_int_equal(charger_events_read(&events, first.number, 0, 0, &second), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, up, NULL)
    const struct CMUnitTest tests[] = {
        T(every_status_has_its_word),
        T(connector_0_has_three),
        T(p_45_errors_by_state),
        T(p_15_the_gun_is_out),
        T(a_short_status_is_not_told),
        T(a_status_that_was_not_answered),
        T(p_52_a_conflict_of_the_list),
        T(p_52_a_card_is_asked_about),
        T(another_card_came_meanwhile),
        T(p_56_the_vehicle_before_a_session),
        T(p_56_unknown_vendor),
        T(p_56_the_battery_complains),
        T(uploads_and_updates),
        T(p_35_events_wait_until_they_are_heard),
        T(p_11_wrong_messages_are_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
