/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that no schema has, what is let pass, and what a visitor is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/ocpp/check.h"

static struct ocpp_check check;
static struct ocpp_value last;  /* of the field asked for */
static char text[128];          /* its pieces */
static enum ocpp_word asked_of; /* which field is that */
static int told;                /* how often it came */

static int note(void *ctx, const struct ocpp_value *value)
{
    (void)ctx;
    if (value->field != asked_of || value->kind >= OCPP_KIND_OBJECT)
        return 0;
    last = *value;
    told += value->last;
    return value->text ? ocpp_text_take(value, text, sizeof text) : 0;
}

static int run(enum ocpp_object object, unsigned lenient, const char *payload, size_t piece)
{
    struct roost_json_push push;
    size_t len = strlen(payload);
    told = 0;
    text[0] = '\0';
    ocpp_check_begin(&check, object, lenient, note, NULL);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    for (size_t at = 0; at < len; at += piece)
        (void)roost_json_push_feed(&push, payload + at, len - at < piece ? len - at : piece);
    assert_int_equal(roost_json_push_end(&push), 0);
    return check.fault.kind;
}

static void good(enum ocpp_object object, const char *payload)
{
    assert_int_equal(run(object, 0, payload, 1), OCPP_FAULT_NONE);
    assert_int_equal(run(object, 0, payload, 4096), OCPP_FAULT_NONE);
}

static void bad(enum ocpp_object object, const char *payload, const char *error, const char *fault)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        char described[OCPP_FAULT_TEXT_MAX];
        assert_int_not_equal(run(object, 0, payload, piece), OCPP_FAULT_NONE);
        ocpp_fault_text(&check.fault, described);
        assert_string_equal(described, fault);
        assert_string_equal(ocpp_word_text(ocpp_error_word(ocpp_fault_error(&check.fault))), error);
    }
}

#define PROPERTY  "PropertyConstraintViolation"
#define OCCURENCE "OccurenceConstraintViolation"
#define TYPE      "TypeConstraintViolation"
#define FORMATION "FormationViolation"

/* ---- rules ---- */

#define PROFILE(more, unit, periods)                                                               \
    "{\"chargingProfileId\":1,\"stackLevel\":0,\"chargingProfilePurpose\":\"TxProfile\"," more     \
    "\"chargingSchedule\":{\"chargingRateUnit\":\"" unit "\",\"chargingSchedulePeriod\":" periods  \
    "}}"
#define SET(more, unit, periods)                                                                   \
    "{\"connectorId\":1,\"csChargingProfiles\":" PROFILE(more, unit, periods) "}"
#define KIND       "\"chargingProfileKind\":\"Absolute\","
#define PERIODS(p) SET(KIND, "W", p)

static void smart_charging_has_rules_beyond_the_schema(void **state)
{
    enum ocpp_object set = OCPP_OBJ_SetChargingProfile;
    (void)state;
    good(set, PERIODS("[{\"startPeriod\":0,\"limit\":0}]"));
    good(set, PERIODS("[{\"startPeriod\":0,\"limit\":6000},{\"startPeriod\":100,\"limit\":8.10}]"));
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":-1}]"), PROPERTY, "limit: out of range (0)");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":8.15}]"), PROPERTY,
        "limit: more than one digit of fraction");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":1e12}]"), PROPERTY,
        "limit: out of range (2147483647)");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":\"6\"}]"), TYPE, "limit: is of another type");
    bad(set, PERIODS("[{\"startPeriod\":10,\"limit\":1}]"), PROPERTY,
        "startPeriod: out of range (0)");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":1},{\"startPeriod\":0,\"limit\":2}]"), PROPERTY,
        "startPeriod: out of range (0)");
    bad(set,
        PERIODS("[{\"startPeriod\":0,\"limit\":1},{\"startPeriod\":9,\"limit\":2},"
                "{\"startPeriod\":8,\"limit\":2}]"),
        PROPERTY, "startPeriod: out of range (9)");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":1,\"numberPhases\":4}]"), PROPERTY,
        "numberPhases: out of range (3)");
    bad(set, PERIODS("[{\"startPeriod\":0,\"limit\":1,\"numberPhases\":0}]"), PROPERTY,
        "numberPhases: out of range (1)");
    bad(set, PERIODS("[]"), OCCURENCE, "chargingSchedulePeriod: is an empty list");
    bad(set, SET(KIND, "kW", "[]"), PROPERTY, "chargingRateUnit: not one of the words allowed");
    bad(set, "{\"connectorId\":1,\"csChargingProfiles\":{\"stackLevel\":-1}}", PROPERTY,
        "stackLevel: out of range (0)");
    bad(set, "{\"connectorId\":-1}", PROPERTY, "connectorId: out of range (0)");
    bad(OCPP_OBJ_GetCompositeSchedule, "{\"connectorId\":1,\"duration\":-1}", PROPERTY,
        "duration: out of range (0)");
}

static void a_recurring_profile_says_how_it_recurs(void **state)
{
    (void)state;
    bad(OCPP_OBJ_SetChargingProfile,
        SET("\"chargingProfileKind\":\"Recurring\",", "W", "[{\"startPeriod\":0,\"limit\":1}]"),
        OCCURENCE, "recurrencyKind: is missing");
    good(OCPP_OBJ_SetChargingProfile,
         SET("\"recurrencyKind\":\"Daily\",\"chargingProfileKind\":\"Recurring\",", "W",
             "[{\"startPeriod\":0,\"limit\":1}]"));
}

/* TC_027, TC_060: these are refused by who serves them, with Rejected. */
static void what_a_remote_start_may_not_is_no_fault_of_the_message(void **state)
{
    enum ocpp_object start = OCPP_OBJ_RemoteStartTransaction;
    (void)state;
    good(start, "{\"idTag\":\"T\",\"chargingProfile\":" PROFILE(
                    KIND, "A", "[{\"startPeriod\":0,\"limit\":1}]") "}");
    good(start, "{\"idTag\":\"T\",\"chargingProfile\":"
                "{\"chargingProfileId\":1,\"stackLevel\":0,"
                "\"chargingProfilePurpose\":\"TxDefaultProfile\"," KIND
                "\"chargingSchedule\":{\"chargingRateUnit\":\"A\","
                "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":1}]}}}");
    good(start, "{\"idTag\":\"T\",\"connectorId\":0}");
    bad(start, "{\"idTag\":\"T\",\"connectorId\":-1}", PROPERTY, "connectorId: out of range (0)");
}

#define ENTRY  "{\"idTag\":\"A\",\"idTagInfo\":{\"status\":\"Accepted\"}}"
#define LIST   "\"localAuthorizationList\":[" ENTRY ",{\"idTag\":\"B\"}]"
#define UPDATE "{\"listVersion\":1,"

static void a_full_list_has_no_entry_to_delete(void **state)
{
    enum ocpp_object send = OCPP_OBJ_SendLocalList;
    (void)state;
    good(send, UPDATE LIST ",\"updateType\":\"Differential\"}");
    bad(send, UPDATE LIST ",\"updateType\":\"Full\"}", OCCURENCE, "idTagInfo: is missing");
    bad(send, UPDATE "\"updateType\":\"Full\"," LIST "}", OCCURENCE, "idTagInfo: is missing");
    good(send, UPDATE "\"updateType\":\"Full\",\"localAuthorizationList\":[" ENTRY "]}");
    good(send, UPDATE "\"updateType\":\"Full\",\"localAuthorizationList\":[]}");
    good(send, UPDATE "\"updateType\":\"Full\"}");
    good(send, "{\"listVersion\":0,\"updateType\":\"Full\"}");
    bad(send, "{\"listVersion\":-1,\"updateType\":\"Full\"}", PROPERTY,
        "listVersion: out of range (0)");
}

/* C-12: these are stored and flagged by who knows the transaction; they get their answer. */
static void what_is_only_implausible_passes(void **state)
{
    (void)state;
    good(OCPP_OBJ_StopTransaction, "{\"transactionId\":-1,\"meterStop\":-1,"
                                   "\"timestamp\":\"1970-01-01T00:00:00Z\"}");
    good(OCPP_OBJ_GetLocalListVersionAnswer, "{\"listVersion\":-1}");
    good(OCPP_OBJ_BootNotificationAnswer, "{\"status\":\"Accepted\",\"interval\":0,"
                                          "\"currentTime\":\"2100-01-01T00:00:00Z\"}");
    good(OCPP_OBJ_UnlockConnector, "{\"connectorId\":9}");
}

/* ---- what is let pass ---- */

static void passes_when(enum ocpp_object object, unsigned lenient, const char *payload,
                        enum ocpp_fault_kind fault)
{
    for (size_t piece = 1; piece < 4096; piece += 4094) {
        assert_int_equal(run(object, 0xFFU & ~lenient, payload, piece), fault);
        assert_int_equal(run(object, lenient, payload, piece), OCPP_FAULT_NONE);
        assert_int_equal(check.used, lenient);
    }
}

#define STATUS                                                                                     \
    "\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Available\","                        \
    "\"info\":\"0123456789012345678901234567890123456789012345678\""

static void c_34_each_kind_of_fault_has_its_switch(void **state)
{
    (void)state;
    asked_of = OCPP_info;
    passes_when(OCPP_OBJ_StatusNotification, OCPP_LENIENT_EXTRA,
                "{\"x\":{\"y\":[{\"connectorId\":1},[],\"z\"]}," STATUS ",\"xx\":[[]],\"\":null}",
                OCPP_FAULT_EXTRA);
    assert_int_equal(told, 1);
    assert_int_equal(last.at + last.len, 49);

    asked_of = OCPP_errorCode;
    passes_when(OCPP_OBJ_StatusNotification, OCPP_LENIENT_WORD,
                "{\"connectorId\":1,\"errorCode\":\"Error\",\"status\":\"Available\"}",
                OCPP_FAULT_WORD);
    assert_int_equal(last.number, OCPP_NO_WORD);
    assert_string_equal(text, "Error");

    asked_of = OCPP_idTag;
    passes_when(OCPP_OBJ_Authorize, OCPP_LENIENT_LENGTH, "{\"idTag\":\"012345678901234567890\"}",
                OCPP_FAULT_LENGTH);
    assert_string_equal(text, "012345678901234567890");
    passes_when(OCPP_OBJ_Authorize, OCPP_LENIENT_NUMBER, "{\"idTag\":604.213}", OCPP_FAULT_KIND);
    assert_string_equal(text, "604.213");
    passes_when(OCPP_OBJ_RemoteStartTransaction, OCPP_LENIENT_ABSENT,
                "{\"idTag\":\"T\",\"connectorId\":null,\"chargingProfile\":null}", OCPP_FAULT_KIND);
    assert_int_equal(run(OCPP_OBJ_Authorize, OCPP_LENIENT_ABSENT, "{\"idTag\":null}", 1),
                     OCPP_FAULT_MISSING);

    asked_of = OCPP_data;
    passes_when(OCPP_OBJ_DataTransfer, OCPP_LENIENT_OBJECT,
                "{\"vendorId\":\"v\",\"data\":{\"soc\": [50, \"}\"]},\"messageId\":\"m\"}",
                OCPP_FAULT_KIND);
    assert_string_equal(text, "{\"soc\": [50, \"}\"]}");
    assert_int_equal(told, 1);
    assert_int_equal(run(OCPP_OBJ_Authorize, OCPP_LENIENT_OBJECT, "{\"idTag\":{}}", 1),
                     OCPP_FAULT_KIND);
}

/* ---- what is told ---- */

static int64_t time_of(const char *written)
{
    char payload[128] = "{\"currentTime\":\"";
    asked_of = OCPP_currentTime;
    memcpy(payload + strlen(payload), written, strlen(written) + 1);
    memcpy(payload + strlen(payload), "\"}", 3);
    return run(OCPP_OBJ_HeartbeatAnswer, 0, payload, 1) == OCPP_FAULT_NONE ? last.number : -1;
}

static void c_19_times_are_exact_in_utc(void **state)
{
    const int64_t seven = INT64_C(1796065200123);
    (void)state;
    assert_int_equal(time_of("2026-11-30T19:00:00.123456789Z"), seven);
    assert_int_equal(time_of("2026-12-01T00:30:00.123+05:30"), seven);
    assert_int_equal(time_of("2026-11-30t19:00:00.123z"), seven);
    assert_int_equal(check.used, 0);
    assert_int_equal(time_of("2026-11-30T19:00:00.123"), seven);
    assert_int_equal(check.used, OCPP_NOTED_ZONE);
    assert_int_equal(time_of("2026-11-30T19:00:00"), seven - 123);
    assert_int_equal(check.used, OCPP_NOTED_ZONE);
    assert_int_equal(time_of("yesterday"), -1);
    assert_int_equal(time_of(""), -1);
    assert_int_equal(time_of("2026-11-30"), -1);
    assert_int_equal(time_of("2026-11-30T25:00:00Z"), -1);
    assert_int_equal(time_of("2026-11-30T19:00:00.1234567890123456789012345678901234567890Z"), -1);
}

static void c_13_celsius_is_one_unit_however_it_is_spelt(void **state)
{
    (void)state;
    asked_of = OCPP_unit;
    good(OCPP_OBJ_SampledValue, "{\"value\":\"1\",\"unit\":\"Celcius\"}");
    assert_int_equal(last.number, OCPP_Celsius);
    good(OCPP_OBJ_SampledValue, "{\"value\":\"1\",\"unit\":\"Celsius\"}");
    assert_int_equal(last.number, OCPP_Celsius);
}

static void nothing_is_told_after_a_fault(void **state)
{
    (void)state;
    asked_of = OCPP_connectorId;
    bad(OCPP_OBJ_StatusNotification, "{\"x\":1,\"connectorId\":1}", FORMATION,
        "x: is no field of this message");
    assert_int_equal(told, 0);
    bad(OCPP_OBJ_StatusNotification, "{\"a name that is longer than any field of a message\":1}",
        FORMATION, "a name that is longer t: is no field of this message");
    bad(OCPP_OBJ_StatusNotification, "{\"connectorIds\":1}", FORMATION,
        "connectorIds: is no field of this message");
    bad(OCPP_OBJ_StatusNotification, "{\"connectorI\":1}", FORMATION,
        "connectorI: is no field of this message");
    bad(OCPP_OBJ_StatusNotification, "[]", FORMATION, "the payload is missing or no object");
}

static void texts_are_counted_in_characters(void **state)
{
    (void)state;
    good(OCPP_OBJ_Authorize, "{\"idTag\":\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
                             "\\u20ac\\ud83d\\ude00"
                             "01234567890123\"}");
    bad(OCPP_OBJ_Authorize,
        "{\"idTag\":\"\xE2\x82\xAC\\u20ac\\ud83d\\ude00"
        "012345678901234567\"}",
        PROPERTY, "idTag: longer than allowed (20)");
    assert_true(ocpp_identifier_equal("AbC-1", "aBc-1"));
    assert_false(ocpp_identifier_equal("AbC-1", "aBc-"));
    assert_false(ocpp_identifier_equal("{", "["));
}

/* Words stand one behind the other in memory: none is found by what follows it. */
static void a_word_is_itself(void **state)
{
    (void)state;
    for (unsigned at = 1; at < OCPP_WORDS_BYTES;) {
        enum ocpp_word word = (enum ocpp_word)at;
        const char *own = ocpp_word_text(word);
        size_t len = strlen(own);

        at += (unsigned)len + 1;
        assert_true(ocpp_word_is(word, own, len));
        assert_false(ocpp_word_is(word, own, len - 1));
        assert_false(ocpp_word_is(word, own, len + 1));
        if (at < OCPP_WORDS_BYTES)
            assert_false(ocpp_word_is(word, own, len + 1 + strlen(own + len + 1)));
        assert_false(ocpp_word_is(word, own, OCPP_WORDS_BYTES));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smart_charging_has_rules_beyond_the_schema),
        cmocka_unit_test(a_recurring_profile_says_how_it_recurs),
        cmocka_unit_test(what_a_remote_start_may_not_is_no_fault_of_the_message),
        cmocka_unit_test(a_full_list_has_no_entry_to_delete),
        cmocka_unit_test(what_is_only_implausible_passes),
        cmocka_unit_test(c_34_each_kind_of_fault_has_its_switch),
        cmocka_unit_test(c_19_times_are_exact_in_utc),
        cmocka_unit_test(c_13_celsius_is_one_unit_however_it_is_spelt),
        cmocka_unit_test(nothing_is_told_after_a_fault),
        cmocka_unit_test(a_word_is_itself),
        cmocka_unit_test(texts_are_counted_in_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
