/* SPDX-License-Identifier: Apache-2.0 */
/* CALLs with many fields, from the wire into the parts: lists, profiles, files, triggers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/ocpp/test/session.h"

static int up(void **state)
{
    (void)state;
    first_boot(2);
    come_up(86400);
    return 0;
}

static void ask(const char *action, const char *payload)
{
    char frame[2048];
    snprintf(frame, sizeof frame, "[2,\"q\",\"%s\",%s]", action, payload);
    hear(frame);
}

static void asks(const char *action, const char *payload, const char *answer)
{
    ask(action, payload);
    expect_result("q", answer);
}

/* ---- the local list ---- */

static struct charger_tag_decision decide(const char *tag)
{
    struct charger_tag_decision decision;
    charger_tags_decide(&tags, tag, false, instant.unix_ms / 1000, &decision);
    return decision;
}

static void p_51_a_list_entry_by_entry(void **state)
{
    (void)state;
    const struct charger_tag_rules rules = {.list = true, .authorize_offline = true};
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    asks("SendLocalList",
         "{\"listVersion\":5,\"updateType\":\"Full\",\"localAuthorizationList\":["
         "{\"idTag\":\"A\",\"idTagInfo\":{\"status\":\"Accepted\",\"parentIdTag\":\"GROUP\","
         "\"expiryDate\":\"2027-01-01T00:00:00Z\"}},"
         "{\"idTag\":\"B\",\"idTagInfo\":{\"status\":\"Blocked\"}},"
         "{\"idTag\":\"E\",\"idTagInfo\":{\"status\":\"Accepted\","
         "\"expiryDate\":\"1970-01-01T00:00:00Z\"}},"
         "{\"idTag\":\"F\",\"idTagInfo\":{\"status\":\"Accepted\","
         "\"expiryDate\":\"2107-01-01T00:00:00Z\"}}]}",
         "{\"status\":\"Accepted\"}");
    asks("GetLocalListVersion", "{}", "{\"listVersion\":5}");
    assert_int_equal(decide("A").action, CHARGER_TAG_START);
    assert_string_equal(decide("A").parent, "GROUP");
    assert_int_equal(decide("B").action, CHARGER_TAG_REFUSE);
    assert_string_equal(decide("B").parent, "");
    assert_int_equal(decide("E").action, CHARGER_TAG_REFUSE);
    assert_int_equal(decide("F").action, CHARGER_TAG_START);
    asks("SendLocalList", "{\"listVersion\":4,\"updateType\":\"Differential\"}",
         "{\"status\":\"VersionMismatch\"}");
    asks("SendLocalList",
         "{\"listVersion\":6,\"updateType\":\"Differential\","
         "\"localAuthorizationList\":[{\"idTag\":\"A\"}]}",
         "{\"status\":\"Accepted\"}");
    assert_int_equal(decide("A").action, CHARGER_TAG_REFUSE);
    assert_int_equal(decide("F").action, CHARGER_TAG_START);
    /* An identifier of 20 characters that is longer in bytes: the list fails, whole. */
    asks("SendLocalList",
         "{\"listVersion\":7,\"updateType\":\"Full\",\"localAuthorizationList\":["
         "{\"idTag\":\"\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\","
         "\"idTagInfo\":{\"status\":\"Accepted\"}}]}",
         "{\"status\":\"Failed\"}");
    asks("GetLocalListVersion", "{}", "{\"listVersion\":6}");
    assert_int_equal(decide("F").action, CHARGER_TAG_START);
}

/* ---- profiles ---- */

static const char *const day =
    "{\"connectorId\":1,\"csChargingProfiles\":{\"chargingProfileId\":%d,\"stackLevel\":%d,"
    "\"chargingProfilePurpose\":\"%s\",\"chargingProfileKind\":\"Recurring\","
    "\"recurrencyKind\":\"Weekly\",\"validFrom\":\"2026-12-01T00:00:00.500Z\","
    "\"validTo\":\"2026-12-31T00:00:00Z\",\"chargingSchedule\":{\"duration\":86400,"
    "\"startSchedule\":\"2026-12-01T00:00:00Z\",\"chargingRateUnit\":\"W\","
    "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":7000.5},"
    "{\"startPeriod\":3600,\"limit\":8000}]}}}";

static void install(int id, int level, const char *purpose)
{
    char payload[1024];
    snprintf(payload, sizeof payload, day, id, level, purpose);
    asks("SetChargingProfile", payload, "{\"status\":\"Accepted\"}");
}

static void p_50_a_profile_field_by_field(void **state)
{
    (void)state;
    install(9, 3, "TxDefaultProfile");
    const struct charger_profile *profile = charger_profiles_find(&profiles, 9);
    assert_non_null(profile);
    assert_int_equal(profile->connector, 1);
    assert_int_equal(profile->stack_level, 3);
    assert_int_equal(profile->purpose, CHARGER_PROFILE_DEFAULT);
    assert_int_equal(profile->kind, CHARGER_PROFILE_RECURRING);
    assert_int_equal(profile->recurrence, CHARGER_PROFILE_WEEKLY);
    assert_int_equal(profile->unit, CHARGER_WATT);
    assert_int_equal(profile->has, CHARGER_PROFILE_HAS_VALID_FROM | CHARGER_PROFILE_HAS_VALID_TO |
                                       CHARGER_PROFILE_HAS_START | CHARGER_PROFILE_HAS_DURATION |
                                       CHARGER_PROFILE_HAS_RECURRENCE);
    assert_int_equal(profile->valid_from_s, T0_MS / 1000);
    assert_int_equal(profile->valid_to_s, T0_MS / 1000 + 30 * 86400);
    assert_int_equal(profile->start_s, T0_MS / 1000);
    assert_int_equal(profile->duration_s, 86400);
    assert_int_equal(profile->period_count, 2);
    assert_int_equal(profile->periods[0].limit_tenths, 70005);
    assert_int_equal(profile->periods[1].start_s, 3600);
    ask("GetCompositeSchedule", "{\"connectorId\":1,\"duration\":60,\"chargingRateUnit\":\"W\"}");
    expect_result("q", NULL);
    assert_true(holds("\"limit\":7000.5") && holds("\"chargingRateUnit\":\"W\"") &&
                holds("\"connectorId\":1"));
}

static void p_50_clear_by_what_is_given(void **state)
{
    (void)state;
    install(9, 3, "TxDefaultProfile");
    install(10, 4, "TxDefaultProfile");
    install(11, 5, "TxDefaultProfile");
    asks("ClearChargingProfile", "{\"chargingProfilePurpose\":\"TxProfile\",\"stackLevel\":3}",
         "{\"status\":\"Unknown\"}");
    asks("ClearChargingProfile", "{\"connectorId\":2}", "{\"status\":\"Unknown\"}");
    asks("ClearChargingProfile",
         "{\"chargingProfilePurpose\":\"TxDefaultProfile\",\"stackLevel\":3}",
         "{\"status\":\"Accepted\"}");
    assert_null(charger_profiles_find(&profiles, 9));
    /* With an id the rest does not count. */
    asks("ClearChargingProfile", "{\"id\":10,\"chargingProfilePurpose\":\"TxProfile\"}",
         "{\"status\":\"Accepted\"}");
    assert_null(charger_profiles_find(&profiles, 10));
    asks("ClearChargingProfile", "{\"connectorId\":1}", "{\"status\":\"Accepted\"}");
    assert_null(charger_profiles_find(&profiles, 11));
}

/* ---- what was paid for ---- */

static void allows(const char *data, const char *answer)
{
    char payload[1600];
    snprintf(payload, sizeof payload,
             "{\"vendorId\":\"Roost\",\"messageId\":\"Allowance\",\"data\":\"%s\"}", data);
    order.what = NULL;
    asks("DataTransfer", payload, answer);
}

static void refuses(const char *data, const char *why)
{
    char answer[200];
    snprintf(answer, sizeof answer, "{\"status\":\"Rejected\",\"data\":\"%s\"}", why);
    allows(data, answer);
    assert_null(order.what);
}

static void an_allowance_or_why_not(void **state)
{
    char text[1100];
    (void)state;
    allows("{\\\"connectorId\\\":2,\\\"idTag\\\":\\\"PAY\\\",\\\"wh\\\":5000,\\\"s\\\":3600}",
           "{\"status\":\"Accepted\"}");
    assert_string_equal(order.what, "allow");
    assert_string_equal(order.tag, "PAY");
    assert_int_equal(order.connector, 2);
    assert_int_equal(station.connectors[2].allowance.energy_mwh, 5000000);
    assert_int_equal(station.connectors[2].allowance.duration_s, 3600);
    allows("{\\\"connectorId\\\":1,\\\"idTag\\\":\\\"PAY\\\",\\\"s\\\":60}",
           "{\"status\":\"Accepted\"}");
    assert_int_equal(order.connector, 1);
    assert_int_equal(station.connectors[1].allowance.energy_mwh, 0);
    refuses("{\\\"idTag\\\":\\\"PAY\\\",\\\"s\\\":60}", "connectorId: there is no such");
    refuses("{", "data: no JSON, or too much");
    refuses("{\\\"wh\\\":1}", "idTag: 1 to 20 bytes");
    refuses("{\\\"idTag\\\":\\\"\\\",\\\"wh\\\":1}", "idTag: 1 to 20 bytes");
    refuses("{\\\"idTag\\\":\\\"123456789012345678901\\\",\\\"wh\\\":1}", "idTag: 1 to 20 bytes");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"wh\\\":1,\\\"connectorId\\\":3}",
            "connectorId: there is no such");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"connectorId\\\":1,\\\"wh\\\":1000001}",
            "wh: 0 to 1000000");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"connectorId\\\":1,\\\"wh\\\":-1}", "wh: 0 to 1000000");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"connectorId\\\":1,\\\"s\\\":604801}", "s: 0 to 604800");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"connectorId\\\":1,\\\"s\\\":\\\"x\\\"}",
            "s: 0 to 604800");
    refuses("{\\\"idTag\\\":\\\"A\\\",\\\"connectorId\\\":1}", "wh, s: one must be given");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    refuses(text, "data: at most 1024 bytes");
    order.result = ROOST_ERR_IO;
    allows("{\\\"idTag\\\":\\\"A\\\",\\\"wh\\\":1,\\\"connectorId\\\":1}",
           "{\"status\":\"Rejected\",\"data\":\"it could not be kept\"}");
}

/* ---- files ---- */

static struct charger_ocpp_upload uploaded;
static int upload_result;

static int upload(void *ctx, const struct charger_ocpp_upload *wanted, char name[256])
{
    (void)ctx;
    uploaded = *wanted;
    strcpy(name, "file.csv");
    return upload_result;
}

static void files_by_both_messages(void **state)
{
    (void)state;
    ask("GetDiagnostics", "{\"location\":\"ftp://a/b\"}");
    expect_error("q", "NotSupported");
    ocpp.config.does.upload = upload;
    upload_result = 0;
    asks("GetDiagnostics",
         "{\"location\":\"ftp://a/b\",\"retries\":70000,\"retryInterval\":80000,"
         "\"startTime\":\"2026-12-01T00:00:01.900Z\",\"stopTime\":\"2026-12-01T00:00:02Z\"}",
         "{\"fileName\":\"file.csv\"}");
    assert_int_equal(uploaded.file, CHARGER_FILE_DIAGNOSTICS);
    assert_string_equal(uploaded.url, "ftp://a/b");
    assert_int_equal(uploaded.retries, 10);
    assert_int_equal(uploaded.retry_interval_s, 3600);
    assert_int_equal(uploaded.from_s, T0_MS / 1000 + 1);
    assert_int_equal(uploaded.to_s, T0_MS / 1000 + 2);
    assert_false(ocpp.files.log);
    asks("GetLog",
         "{\"requestId\":17,\"logType\":\"SecurityLog\",\"retries\":2,\"log\":{"
         "\"remoteLocation\":\"http://c/d\",\"oldestTimestamp\":\"2026-12-01T00:00:03Z\"}}",
         "{\"status\":\"Accepted\",\"filename\":\"file.csv\"}");
    assert_int_equal(uploaded.file, CHARGER_FILE_SECURITY_LOG);
    assert_string_equal(uploaded.url, "http://c/d");
    assert_int_equal(uploaded.request_id, 17);
    assert_int_equal(uploaded.retries, 2);
    assert_int_equal(uploaded.retry_interval_s, 60);
    assert_int_equal(uploaded.from_s, T0_MS / 1000 + 3);
    assert_int_equal(uploaded.to_s, 0);
    assert_true(ocpp.files.log);
    upload_result = ROOST_ERR_NOT_FOUND;
    asks("GetLog",
         "{\"requestId\":18,\"logType\":\"DiagnosticsLog\","
         "\"log\":{\"remoteLocation\":\"http://c/d\"}}",
         "{\"status\":\"Rejected\"}");
    assert_int_equal(uploaded.file, CHARGER_FILE_LOG);
}

static void triggers_of_files(void **state)
{
    (void)state;
    asks("TriggerMessage", "{\"requestedMessage\":\"FirmwareStatusNotification\"}",
         "{\"status\":\"Accepted\"}");
    expect("FirmwareStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    asks("ExtendedTriggerMessage", "{\"requestedMessage\":\"FirmwareStatusNotification\"}",
         "{\"status\":\"Accepted\"}");
    expect("SignedFirmwareStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    asks("TriggerMessage", "{\"requestedMessage\":\"DiagnosticsStatusNotification\"}",
         "{\"status\":\"Accepted\"}");
    expect("DiagnosticsStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    asks("ExtendedTriggerMessage", "{\"requestedMessage\":\"LogStatusNotification\"}",
         "{\"status\":\"Accepted\"}");
    expect("LogStatusNotification", "{\"status\":\"Idle\"}");
    answer("{}");
    expect_silence();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(p_51_a_list_entry_by_entry, up),
        cmocka_unit_test_setup(p_50_a_profile_field_by_field, up),
        cmocka_unit_test_setup(p_50_clear_by_what_is_given, up),
        cmocka_unit_test_setup(an_allowance_or_why_not, up),
        cmocka_unit_test_setup(files_by_both_messages, up),
        cmocka_unit_test_setup(triggers_of_files, up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
