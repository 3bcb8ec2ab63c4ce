/* SPDX-License-Identifier: Apache-2.0 */
/* Templates before chargers: read in pieces, set once a boot, read once more, shown. C-28. */
#include "hub/csms/test_rig.h"

static struct rig_peer *peer;
static char id[40];

static void add(const char *name, const char *json)
{
    struct template *t;
    struct why why = {""};

    if (template_parse(&t, name, json, strlen(json), &why))
        fail_msg("%s", why.text);
    csms_template_set(rig.csms, t);
}

static void boots(void)
{
    rig_says(peer, "[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"V\","
                   "\"chargePointModel\":\"M\"}]");
    assert_non_null(strstr(rig_next(peer), "\"Accepted\""));
}

/* The next that it reads asks for these keys. */
static void is_asked_for(const char *keys)
{
    char end[200];
    const char *text = rig_next(peer);

    assert_int_equal(sscanf(text, "[2,\"%39[^\"]\",\"GetConfiguration\"", id), 1);
    snprintf(end, sizeof end, "\"GetConfiguration\",{\"key\":[%s]}]", keys);
    if (!strstr(text, end))
        fail_msg("%s is no %s", text, end);
}

static void is_told(const char *key, const char *value)
{
    char end[200];
    const char *text = rig_next(peer);

    assert_int_equal(sscanf(text, "[2,\"%39[^\"]\",\"ChangeConfiguration\"", id), 1);
    snprintf(end, sizeof end, "{\"key\":\"%s\",\"value\":\"%s\"}]", key, value);
    if (!strstr(text, end))
        fail_msg("%s is no %s", text, end);
}

#define KEY(name, value) "{\"key\":\"" name "\",\"readonly\":false,\"value\":\"" value "\"}"

static void has(const char *keys, const char *unknown)
{
    char text[400];

    snprintf(text, sizeof text, "[3,\"%s\",{\"configurationKey\":[%s],\"unknownKey\":[%s]}]", id,
             keys, unknown);
    rig_says(peer, text);
}

static void answers(const char *status)
{
    char text[64];

    snprintf(text, sizeof text, "{\"status\":\"%s\"}", status);
    rig_answers(peer, id, text);
}

static enum drift_state state_of_key(const char *key)
{
    struct template_row rows[TEMPLATE_ROWS_MAX];
    size_t count = csms_drift_rows(csms_charger_find(rig.csms, "CP1"), rows);

    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].state;
    fail_msg("%s is not wanted", key);
    return DRIFT_COUNT;
}

static void nothing_is_asked_of_whom_no_template_is_for(void **state)
{
    (void)state;
    add("other", "{\"for\":{\"vendor\":\"W\"},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    rig_hears_nothing(peer);
    assert_int_equal(csms_drift_apply(csms_charger_find(rig.csms, "CP1")), ROOST_ERR_NOT_FOUND);
}

static void what_differs_is_set_when_it_boots_and_read_once_more(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"vendor\":\"V\"},\"keys\":{\"A\":\"1\",\"B\":\"2\",\"C\":\"3\"}}");
    peer = rig_charger("CP1");
    boots();
    is_asked_for("\"GetConfigurationMaxKeys\"");
    has(KEY("GetConfigurationMaxKeys", "2"), "");
    is_asked_for("\"A\",\"B\"");
    has(KEY("A", "1") "," KEY("B", "1"), "");
    is_asked_for("\"C\"");
    has("", "\"C\"");
    is_told("B", "2");
    answers("Accepted");
    is_asked_for("\"B\"");
    has(KEY("B", "2"), "");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_AS_WANTED);
    assert_int_equal(state_of_key("B"), DRIFT_AS_WANTED);
    assert_int_equal(state_of_key("C"), DRIFT_UNKNOWN);
    assert_int_equal(rig.csms->drift[DRIFT_AS_WANTED], 2);
    assert_int_equal(rig.csms->drift[DRIFT_UNKNOWN], 1);
    assert_int_equal(metric_value(rig.csms->metrics.writes[KNOWN_ACCEPTED]), 1);
    csms_template_drop(rig.csms, "t");
    assert_int_equal(rig.csms->drift[DRIFT_AS_WANTED], 0);
}

/* Of one key: what it has, and what it says to the change. */
static void boots_and_is_told(const char *says)
{
    boots();
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    is_told("A", "1");
    answers(says);
}

static void one_that_refuses_is_asked_once_a_boot(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots_and_is_told("Rejected");
    assert_int_equal(state_of_key("A"), DRIFT_REFUSED);
    for (int i = 0; i < 3; i++) { /* however often it comes again */
        rig_close(peer, HUB_PEER_LOST);
        rig_pass(60000);
        peer = rig_connect("CP1");
        rig_hears_nothing(peer);
    }
    boots_and_is_told("Rejected");
    rig_hears_nothing(peer);
    assert_int_equal(csms_drift_apply(csms_charger_find(rig.csms, "CP1")), 0); /* by hand */
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    is_told("A", "1");
    answers("Rejected");
    rig_hears_nothing(peer);
    assert_int_equal(metric_value(rig.csms->metrics.writes[KNOWN_REJECTED]), 3);
    assert_int_equal(rig.csms->drift[DRIFT_REFUSED], 1);
}

static void what_counts_after_a_boot_is_shown_until_it_boots(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots_and_is_told("RebootRequired");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_REBOOT_REQUIRED);
    assert_true(csms_charger_find(rig.csms, "CP1")->known.reboot_required);
    boots();
    is_asked_for("\"A\"");
    has(KEY("A", "1"), "");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_AS_WANTED);
}

static void one_that_says_yes_and_does_not_is_shown(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots_and_is_told("Accepted");
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_NOT_TAKEN);
}

static void a_read_only_key_is_not_written(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    is_asked_for("\"A\"");
    has("{\"key\":\"A\",\"readonly\":true,\"value\":\"0\"}", "");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_READ_ONLY);
}

static void a_template_that_is_not_applied_on_boot_waits_to_be_asked_for(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"on_boot\":false,\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    rig_hears_nothing(peer);
    add("u", "{\"for\":{\"all\":true},\"keys\":{\"B\":\"1\"}}");
    boots(); /* what is read is shown, and A is left */
    is_asked_for("\"GetConfigurationMaxKeys\"");
    has(KEY("GetConfigurationMaxKeys", "9"), "");
    is_asked_for("\"A\",\"B\"");
    has(KEY("A", "0") "," KEY("B", "1"), "");
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_DIFFERS);
    assert_int_equal(csms_drift_apply(csms_charger_find(rig.csms, "CP1")), 0);
    is_asked_for("\"A\",\"B\"");
    has(KEY("A", "0") "," KEY("B", "1"), "");
    is_told("A", "1");
    answers("Accepted");
    is_asked_for("\"A\"");
    has(KEY("A", "1"), "");
    rig_hears_nothing(peer);
}

static void a_lost_socket_does_not_end_it_and_silence_does(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    is_asked_for("\"A\"");
    rig_close(peer, HUB_PEER_LOST);
    assert_int_equal(csms_drift_apply(csms_charger_find(rig.csms, "CP1")), ROOST_ERR_CLOSED);
    peer = rig_connect("CP1"); /* no Boot: it goes on */
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    is_told("A", "1");
    rig_close(peer, HUB_PEER_LOST);
    peer = rig_connect("CP1"); /* it may have obeyed */
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    is_told("A", "1");
    rig_pass(CSMS_ANSWER_MS + 1);
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_UNANSWERED);
    rig_close(peer, HUB_PEER_LOST);
    peer = rig_connect("CP1");
    rig_hears_nothing(peer);
}

static void an_error_of_a_charger_is_a_refusal_and_ends_nothing(void **state)
{
    char text[120];

    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    is_asked_for("\"A\"");
    snprintf(text, sizeof text, "[4,\"%s\",\"NotImplemented\",\"\",{}]", id);
    rig_says(peer, text);
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_UNREAD);
    boots();
    is_asked_for("\"A\"");
    has(KEY("A", "0"), "");
    is_told("A", "1");
    snprintf(text, sizeof text, "[4,\"%s\",\"InternalError\",\"\",{}]", id);
    rig_says(peer, text);
    rig_hears_nothing(peer);
    assert_int_equal(state_of_key("A"), DRIFT_REFUSED);
}

static void a_boot_in_the_middle_begins_anew(void **state)
{
    (void)state;
    add("t", "{\"for\":{\"all\":true},\"keys\":{\"A\":\"1\"}}");
    peer = rig_charger("CP1");
    boots();
    is_asked_for("\"A\"");
    char first[40];
    memcpy(first, id, sizeof first);
    boots();
    memcpy(id, first, sizeof first);
    has(KEY("A", "1"), "");
    is_asked_for("\"A\"");
    has(KEY("A", "1"), "");
    rig_hears_nothing(peer);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_asked_of_whom_no_template_is_for),
        T(what_differs_is_set_when_it_boots_and_read_once_more),
        T(one_that_refuses_is_asked_once_a_boot),
        T(what_counts_after_a_boot_is_shown_until_it_boots),
        T(one_that_says_yes_and_does_not_is_shown),
        T(a_read_only_key_is_not_written),
        T(a_template_that_is_not_applied_on_boot_waits_to_be_asked_for),
        T(a_lost_socket_does_not_end_it_and_silence_does),
        T(an_error_of_a_charger_is_a_refusal_and_ends_nothing),
        T(a_boot_in_the_middle_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
