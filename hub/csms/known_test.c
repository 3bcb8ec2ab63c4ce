/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a charger follows from what it was told and took, and from nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/json_push.h"
#include "hub/csms/known.h"
#include "proto/ocpp/check.h"

static struct csms_known known;
static char shown[8192];

static int set_up(void **state)
{
    (void)state;
    known_init(&known);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    known_deinit(&known);
    return 0;
}

/* An operation with this payload, answered so, at this time. */
static void operate_at(enum ocpp_message message, const char *payload, enum ocpp_word status,
                       int64_t now_ms)
{
    struct csms_told told = {.profile_json = payload, .profile_len = strlen(payload)};
    struct ocpp_check check;
    struct roost_json_push push;

    ocpp_check_begin(&check, ocpp_message_request(message), 0, known_told, &told);
    roost_json_push_begin(&push, ocpp_check_event, &check);
    assert_int_equal(roost_json_push_feed(&push, payload, strlen(payload)), 0);
    assert_int_equal(roost_json_push_end(&push), 0);
    assert_int_equal(check.fault.kind, OCPP_FAULT_NONE);
    known_take(&known, message, &told, status, now_ms);
    free(told.entries);
}

static void operate(enum ocpp_message message, const char *payload, enum ocpp_word status)
{
    operate_at(message, payload, status, 1000);
}

static const char *show(int64_t now_ms)
{
    struct roost_json_writer w;

    roost_json_begin(&w, shown, sizeof shown);
    roost_json_object(&w);
    known_write(&known, &w, now_ms);
    roost_json_end(&w);
    assert_true(roost_json_finish(&w) > 0);
    return shown;
}

static void shows(const char *part)
{
    assert_non_null(strstr(show(2000), part));
}

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    assert_string_equal(
        show(0), "{\"configuration\":[],\"reboot_required\":false,\"reservations\":[],"
                 "\"charging_profiles\":[],\"local_list\":{\"whole\":false,\"version\":-1,"
                 "\"reported_version\":-1,\"entries\":[]},\"dropped\":0,\"kept_whole\":true}");
}

static void c_28_keys_as_they_were_said_and_changed(void **state)
{
    static const char change[] = "{\"key\":\"heartbeatinterval\",\"value\":\"60\"}";

    (void)state;
    known_key_set(&known, "HeartbeatInterval", false, "300");
    known_key_set(&known, "NumberOfConnectors", true, NULL);
    assert_true(known_key_find(&known, "numberofconnectors")->readonly);
    operate(OCPP_MSG_ChangeConfiguration, change, OCPP_Rejected);
    assert_string_equal(known_key_find(&known, "HeartbeatInterval")->value, "300");
    operate(OCPP_MSG_ChangeConfiguration, change, OCPP_RebootRequired);
    assert_string_equal(known_key_find(&known, "HeartbeatInterval")->value, "60");
    shows("\"reboot_required\":true");
    known_booted(&known);
    shows("\"reboot_required\":false");
    for (int i = 0; i < KNOWN_KEYS_MAX + 3; i++) {
        char key[16];
        snprintf(key, sizeof key, "Key%d", i);
        known_key_set(&known, key, false, "1");
    }
    assert_int_equal(known.key_count, KNOWN_KEYS_MAX);
    assert_int_equal(known.dropped, 5);
}

static void reserve(int id, enum ocpp_word status)
{
    char payload[160];

    snprintf(payload, sizeof payload,
             "{\"connectorId\":1,\"expiryDate\":\"1970-01-01T00:00:05Z\",\"idTag\":\"A\","
             "\"reservationId\":%d}",
             id);
    operate(OCPP_MSG_ReserveNow, payload, status);
}

static void reservations_end_once(void **state)
{
    (void)state;
    reserve(1, OCPP_Accepted);
    reserve(2, OCPP_Occupied);
    assert_int_equal(known.reservation_count, 1);
    shows("\"state\":\"reserved\"");
    assert_non_null(strstr(show(5000), "\"state\":\"expired\""));
    known_started(&known, 1);
    shows("\"state\":\"used\"");
    operate(OCPP_MSG_CancelReservation, "{\"reservationId\":1}", OCPP_Accepted);
    shows("\"state\":\"used\"");
    reserve(1, OCPP_Accepted); /* the same id again is a new one */
    operate(OCPP_MSG_CancelReservation, "{\"reservationId\":1}", OCPP_Rejected);
    shows("\"state\":\"reserved\"");
    operate(OCPP_MSG_CancelReservation, "{\"reservationId\":1}", OCPP_Accepted);
    shows("\"state\":\"cancelled\"");
    for (int i = 0; i < 2 * KNOWN_RESERVATIONS_MAX; i++)
        reserve(10 + i, OCPP_Accepted);
    assert_int_equal(known.reservation_count, KNOWN_RESERVATIONS_MAX);
    assert_int_equal(known.reservations[0].id, 10 + KNOWN_RESERVATIONS_MAX);
}

static void set_profile(int connector, int id, int stack, const char *purpose, const char *more)
{
    char payload[400];

    snprintf(payload, sizeof payload,
             "{\"connectorId\":%d,\"csChargingProfiles\":{\"chargingProfileId\":%d,\"stackLevel\":"
             "%d,\"chargingProfilePurpose\":\"%s\",\"chargingProfileKind\":\"Relative\",%s"
             "\"chargingSchedule\":{\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":["
             "{\"startPeriod\":0,\"limit\":1}]}}}",
             connector, id, stack, purpose, more);
    operate(OCPP_MSG_SetChargingProfile, payload, OCPP_Accepted);
}

static const char *ids(void)
{
    static char text[64];

    text[0] = '\0';
    for (size_t i = 0; i < known.profile_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d ", known.profiles[i].id);
    return text;
}

static void profiles_replace_and_are_cleared_as_the_errata_say(void **state)
{
    (void)state;
    set_profile(1, 1, 0, "TxDefaultProfile", "");
    set_profile(1, 2, 1, "TxDefaultProfile", "");
    set_profile(2, 3, 1, "TxDefaultProfile", "");
    set_profile(1, 4, 1, "TxProfile", "\"transactionId\":9,");
    assert_string_equal(ids(), "1 2 3 4 ");
    set_profile(1, 5, 1, "TxDefaultProfile", ""); /* in place of 2 */
    set_profile(2, 1, 7, "TxDefaultProfile", ""); /* the same id, elsewhere */
    assert_string_equal(ids(), "3 4 5 1 ");
    known_stopped(&known, 8);
    known_stopped(&known, 9);
    assert_string_equal(ids(), "3 5 1 ");
    operate(OCPP_MSG_ClearChargingProfile, "{\"stackLevel\":1,\"connectorId\":2}", OCPP_Unknown);
    assert_string_equal(ids(), "3 5 1 ");
    operate(OCPP_MSG_ClearChargingProfile, "{\"stackLevel\":1,\"connectorId\":2}", OCPP_Accepted);
    assert_string_equal(ids(), "5 1 ");
    /* An id wins, and the others are not looked at. */
    operate(OCPP_MSG_ClearChargingProfile, "{\"id\":5,\"stackLevel\":3}", OCPP_Accepted);
    assert_string_equal(ids(), "1 ");
    operate(OCPP_MSG_ClearChargingProfile, "{}", OCPP_Accepted);
    assert_string_equal(ids(), "");
    for (int i = 0; i < KNOWN_PROFILES_MAX + 2; i++)
        set_profile(1, 100 + i, i, "TxDefaultProfile", "");
    assert_int_equal(known.profile_count, KNOWN_PROFILES_MAX);
    assert_int_equal(known.dropped, 2);
}

static void c_27_the_list_is_what_the_charger_took(void **state)
{
    (void)state;
    operate(OCPP_MSG_SendLocalList,
            "{\"listVersion\":3,\"updateType\":\"Differential\",\"localAuthorizationList\":[{"
            "\"idTag\":\"Z\",\"idTagInfo\":{\"status\":\"Accepted\"}}]}",
            OCPP_Accepted);
    assert_false(known.list_known); /* what was there before is not */
    operate(OCPP_MSG_SendLocalList,
            "{\"listVersion\":4,\"updateType\":\"Full\",\"localAuthorizationList\":[{\"idTag\":"
            "\"A\",\"idTagInfo\":{\"status\":\"Accepted\",\"parentIdTag\":\"P\",\"expiryDate\":"
            "\"1970-01-01T00:00:07Z\"}},{\"idTag\":\"B\",\"idTagInfo\":{\"status\":\"Blocked\"}}]}",
            OCPP_Accepted);
    shows("\"whole\":true,\"version\":4");
    shows("{\"id_tag\":\"A\",\"parent_id_tag\":\"P\",\"status\":\"Accepted\",\"expires_at_ms\":"
          "7000},{\"id_tag\":\"B\",\"parent_id_tag\":null,\"status\":\"Blocked\",\"expires_at_ms\":"
          "null}]");
    operate(OCPP_MSG_SendLocalList,
            "{\"listVersion\":5,\"updateType\":\"Differential\",\"localAuthorizationList\":[{"
            "\"idTag\":\"a\"},{\"idTag\":\"nobody\"},{\"idTag\":\"b\",\"idTagInfo\":{\"status\":"
            "\"Accepted\"}}]}",
            OCPP_Accepted);
    shows("\"version\":5");
    shows("\"entries\":[{\"id_tag\":\"b\",\"parent_id_tag\":null,\"status\":\"Accepted\"");
    operate(OCPP_MSG_SendLocalList, "{\"listVersion\":6,\"updateType\":\"Full\"}", OCPP_Failed);
    assert_int_equal(known.list_count, 1);
    operate(OCPP_MSG_SendLocalList, "{\"listVersion\":6,\"updateType\":\"Full\"}", OCPP_Accepted);
    assert_int_equal(known.list_count, 0);
}

/* ---- over a start of the hub ---- */

static void reload(void)
{
    char *text = known_save(&known);

    assert_non_null(text);
    known_deinit(&known);
    assert_int_equal(known_load(&known, text, strlen(text)), 0);
    free(text);
}

static void what_is_known_is_saved_and_loaded_as_it_was(void **state)
{
    char before[sizeof shown];

    (void)state;
    known_key_set(&known, "HeartbeatInterval", false, "300");
    known_key_set(&known, "Secret", true, NULL);
    known_key_missing(&known, "Nothing");
    known_tried(&known, "HeartbeatInterval", "60", KNOWN_REJECTED, 77);
    reserve(1, OCPP_Accepted);
    reserve(2, OCPP_Accepted);
    known_started(&known, 2);
    set_profile(1, 4, 1, "TxProfile", "\"transactionId\":9,");
    snprintf(known.profiles[0].description, KNOWN_NAME_BYTES, "night \"quoted\"");
    operate(OCPP_MSG_SendLocalList,
            "{\"listVersion\":4,\"updateType\":\"Full\",\"localAuthorizationList\":[{\"idTag\":"
            "\"A\",\"idTagInfo\":{\"status\":\"Accepted\",\"parentIdTag\":\"P\",\"expiryDate\":"
            "\"1970-01-01T00:00:07Z\"}}]}",
            OCPP_Accepted);
    known.list_reported = 3;
    known.reboot_required = true;
    snprintf(before, sizeof before, "%s", show(2000));
    reload();
    assert_string_equal(show(2000), before);
    assert_true(known_key_find(&known, "nothing")->unknown);
    assert_string_equal(known_try_find(&known, "heartbeatinterval")->wanted, "60");
    assert_int_equal(known_try_find(&known, "heartbeatinterval")->answer, KNOWN_REJECTED);
    assert_int_equal(known.profiles[0].tx, 9);
    assert_int_equal(known.profiles[0].purpose, OCPP_TxProfile);
    assert_true(known_booted(&known));
    assert_false(known_booted(&known));
    known_stopped(&known, 9);
    assert_int_equal(known.profile_count, 0);
}

static void what_is_too_long_is_left_out_by_its_worth(void **state)
{
    static char value[KNOWN_VALUE_BYTES];

    (void)state;
    known.list = calloc(KNOWN_LIST_MAX, sizeof *known.list);
    known.list_count = KNOWN_LIST_MAX;
    known.list_version = 8;
    known.list_known = true;
    for (size_t i = 0; i < KNOWN_LIST_MAX; i++) {
        snprintf(known.list[i].id_tag, sizeof known.list[i].id_tag, "TAG%015zu", i);
        known.list[i].status = OCPP_Accepted;
    }
    known_key_set(&known, "A", false, "1");
    reserve(1, OCPP_Accepted);
    reload();
    assert_true(known.cut);
    assert_int_equal(known.list_version, 8);
    assert_false(known.list_known);
    assert_int_equal(known.list_count, 0);
    assert_string_equal(known_key_find(&known, "A")->value, "1");
    memset(value, 'x', sizeof value - 1);
    for (int i = 0; i < KNOWN_KEYS_MAX - 1; i++) {
        char key[16];
        snprintf(key, sizeof key, "Key%d", i);
        known_key_set(&known, key, false, value);
    }
    reload();
    assert_true(known.cut);
    assert_int_equal(known.key_count, 0);
    assert_int_equal(known.reservation_count, 1);
    shows("\"kept_whole\":false");
}

static void what_is_no_text_of_ours_is_not_loaded(void **state)
{
    static const char *const bad[] = {
        "", "{", "[]", "{}", "null", "{\"list_version\":1", "{\"keys\":[]}"};
    static const char odd[] = "{\"list_version\":\"x\",\"keys\":[1,null,{\"key\":7}],\"profiles\":"
                              "[[],{\"json\":5}],\"reservations\":{\"id\":1},\"list\":[true],"
                              "\"tries\":[{\"key\":\"A\",\"wanted\":\"1\",\"answer\":99}]}";

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(known_load(&known, bad[i], strlen(bad[i])), ROOST_ERR_CORRUPT);
        assert_int_equal(known.list_version, -1);
    }
    assert_int_equal(known_load(&known, odd, strlen(odd)), 0);
    assert_int_equal(known.key_count, 0);
    assert_int_equal(known.try_count, 0);
}

static void what_was_learnt_since_wins_over_what_was_kept(void **state)
{
    struct csms_known older;

    (void)state;
    known_init(&older);
    known_key_set(&older, "A", false, "old");
    known_key_set(&older, "B", true, "old");
    older.list_version = 5;
    known_key_set(&known, "a", false, "new");
    reserve(1, OCPP_Accepted);
    known_join(&known, &older);
    assert_string_equal(known_key_find(&known, "A")->value, "new");
    assert_string_equal(known_key_find(&known, "B")->value, "old");
    assert_int_equal(known.list_version, 5);
    assert_int_equal(known.reservation_count, 1);
    assert_int_equal(older.key_count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_known_at_first),
        T(c_28_keys_as_they_were_said_and_changed),
        T(reservations_end_once),
        T(profiles_replace_and_are_cleared_as_the_errata_say),
        T(c_27_the_list_is_what_the_charger_took),
        T(what_is_known_is_saved_and_loaded_as_it_was),
        T(what_is_too_long_is_left_out_by_its_worth),
        T(what_is_no_text_of_ours_is_not_loaded),
        T(what_was_learnt_since_wins_over_what_was_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
