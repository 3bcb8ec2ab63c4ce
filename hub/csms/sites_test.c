/* SPDX-License-Identifier: Apache-2.0 */
/* Sites at work, with chargers played frame by frame: profiles as they go out, and what answers
 * make of it. The rules by themselves: site_test.c, site_sim_test.c. */
#include "hub/csms/test_rig.h"

static const struct site_charger typical = {
    .nominal_w = 22000, .minimum_w = 4140, .fallback_w = 0, .told = true};

static struct csms_site_row row_of(const char *id, uint32_t limit_w, size_t count)
{
    struct csms_site_row row = {.limit_w = limit_w, .count = count};

    snprintf(row.id, sizeof row.id, "%s", id);
    for (size_t i = 0; i < count; i++) {
        snprintf(row.chargers[i].identity, sizeof row.chargers[i].identity, "CP%zu", i + 1);
        row.chargers[i].charger = typical;
    }
    return row;
}

static void status(struct rig_peer *peer, const char *word)
{
    char text[200];

    snprintf(text, sizeof text,
             "[2,\"s\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"NoError\","
             "\"status\":\"%s\"}]",
             word);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"s\",{}]");
}

/* The W of the profile that it reads next, and answers; "" as the answer: it does not. */
static int reads_profile(struct rig_peer *peer, const char *answer)
{
    const char *text = rig_next(peer);
    char id[40];
    int w = -1;

    if (!text[0])
        return -1;
    assert_int_equal(sscanf(text, "[2,\"%39[^\"]\"", id), 1);
    assert_non_null(strstr(text, "\"SetChargingProfile\",{\"connectorId\":0,"));
    assert_non_null(strstr(text, "\"ChargePointMaxProfile\""));
    const char *limit = strstr(text, "\"limit\":");
    assert_non_null(limit);
    assert_int_equal(sscanf(limit, "\"limit\":%d", &w), 1);
    if (answer[0])
        rig_answers(peer, id, answer);
    return w;
}

static void a_share_as_it_goes_out(void **state)
{
    struct csms_site_row row = row_of("yard", 30000, 1);
    struct rig_peer *peer = rig_charger("CP1");
    char id[40];

    (void)state;
    status(peer, "Preparing");
    row.chargers[0].charger.fallback_w = 6000;
    row.chargers[0].charger.told = false;
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    rig_pass(1000);
    const char *text = rig_next(peer);
    assert_int_equal(sscanf(text, "[2,\"%39[^\"]\"", id), 1);
    assert_string_equal(
        strchr(text, '{'),
        "{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":1900000001,"
        "\"stackLevel\":0,\"chargingProfilePurpose\":\"ChargePointMaxProfile\","
        "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{"
        "\"startSchedule\":\"2026-12-01T00:00:01.000Z\",\"chargingRateUnit\":\"W\","
        "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":6000}]}}}]");
    rig_answers(peer, id, "{\"status\":\"Accepted\"}");
    rig_pass(1000);
    assert_string_equal(
        strchr(rig_next(peer), '{'),
        "{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":1900000002,"
        "\"stackLevel\":1,\"chargingProfilePurpose\":\"ChargePointMaxProfile\","
        "\"chargingProfileKind\":\"Absolute\",\"validTo\":\"2026-12-01T00:10:02.000Z\","
        "\"chargingSchedule\":{\"duration\":600,"
        "\"startSchedule\":\"2026-12-01T00:00:02.000Z\",\"chargingRateUnit\":\"W\","
        "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":22000}]}}}]");
}

static void two_share_and_one_refuses(void **state)
{
    struct csms_site_row row = row_of("yard", 40000, 2);
    struct rig_peer *a = rig_charger("CP1"), *b = rig_charger("CP2");
    struct site_view view;
    const char yes[] = "{\"status\":\"Accepted\"}";

    (void)state;
    status(a, "Charging");
    status(b, "Charging");
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    const struct csms_site *site = csms_site_find(rig.csms, "yard");
    for (int i = 0; i < 60; i++) {
        rig_pass(1000);
        reads_profile(a, yes);
        reads_profile(b, yes);
    }
    assert_int_equal(site->site.members[0].held.w, 20000);
    assert_int_equal(site->site.members[1].held.w, 20000);
    /* One has no car any more: the other gets all that it can take; within a minute. */
    status(a, "Available");
    for (int i = 0; i < 60; i++) {
        rig_pass(1000);
        reads_profile(a, yes);
        reads_profile(b, yes);
    }
    assert_int_equal(site->site.members[0].held.w, 0);
    assert_int_equal(site->site.members[1].held.w, 22000);
    /* It does not do as it is told: all of it is reserved, and shown. */
    status(a, "Charging");
    rig_pass(1000);
    int w = reads_profile(a, "{\"status\":\"Rejected\"}");
    w = w < 0 ? reads_profile(b, "{\"status\":\"Rejected\"}") : w;
    assert_true(w >= 0);
    site_look(&site->site, (int64_t)rig.now_ms + 1, &view);
    assert_int_equal(view.refused, 1);
    assert_int_equal(view.reserved_w, 22000 + 22000 - (site->site.members[0].refused ? 0 : 22000));
}

/* Two that charge at 22 kW together for 400 s; the first says this each half a minute. */
static const struct csms_site *two_of_which_one_says(const char *sampled)
{
    struct csms_site_row row = row_of("yard", 22000, 2);
    struct rig_peer *a = rig_charger("CP1"), *b = rig_charger("CP2");
    char text[400];

    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    book_fake_tag(&rig.book, "T");
    rig_says(a, "[2,\"1\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"T\","
                "\"meterStart\":0,\"timestamp\":\"2026-12-01T00:00:00Z\"}]");
    assert_memory_equal(rig_next(a), "[3,\"1\"", 6);
    status(b, "Charging");
    for (int i = 1; i < 400; i++) {
        rig_pass(1000);
        reads_profile(a, "{\"status\":\"Accepted\"}");
        reads_profile(b, "{\"status\":\"Accepted\"}");
        if (i % 30 != 0)
            continue;
        snprintf(text, sizeof text,
                 "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
                 "\"2026-12-01T00:%02d:%02dZ\",\"sampledValue\":[%s]}]}]",
                 i / 60, i % 60, sampled);
        rig_says(a, text);
        rig_hears(a, "[3,\"m\",{}]");
    }
    return csms_site_find(rig.csms, "yard");
}

static void a_car_that_takes_little_leaves_the_rest(void **state)
{
    (void)state;
    const struct csms_site *site = two_of_which_one_says(
        "{\"value\":\"5.0\",\"measurand\":\"Power.Active.Import\",\"unit\":\"kW\"}");
    assert_int_equal(site->site.members[0].held.w, 6500);
    assert_int_equal(site->site.members[0].why, SITE_MEASURED);
    assert_int_equal(site->site.members[1].held.w, 15500);
}

static void one_that_says_no_power_has_its_share_for_itself(void **state)
{
    (void)state;
    const struct csms_site *site = two_of_which_one_says("{\"value\":\"700\"}");
    assert_false(site->site.members[0].measured);
    assert_int_equal(site->site.members[0].why, SITE_SHARED);
    assert_int_equal(site->site.members[0].held.w, 11000);
    assert_int_equal(site->site.members[1].held.w, 11000);
}

static void one_that_leaves_keeps_its_fallback(void **state)
{
    struct csms_site_row row = row_of("yard", 40000, 2);
    struct rig_peer *a = rig_charger("CP1"), *b = rig_charger("CP2");
    struct site_view view;

    (void)state;
    row.chargers[0].charger.fallback_w = 6000;
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    status(b, "Charging");
    const struct csms_site *site = csms_site_find(rig.csms, "yard");
    for (int i = 0; i < 60; i++) {
        rig_pass(1000);
        reads_profile(a, "{\"status\":\"Accepted\"}");
        reads_profile(b, "{\"status\":\"Accepted\"}");
    }
    assert_int_equal(site->site.members[1].held.w, 22000);
    rig_close(a, HUB_PEER_LOST);
    row.limit_w = 26000;
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    for (int i = 0; i < 30; i++) {
        rig_pass(1000);
        reads_profile(b, "{\"status\":\"Accepted\"}");
    }
    assert_int_equal(site->site.members[1].held.w, 20000);
    site_look(&site->site, (int64_t)rig.now_ms + 1, &view);
    assert_int_equal(view.reserved_w, 26000);
    assert_int_equal(view.offline, 1);
}

static void one_site_each(void **state)
{
    struct csms_site_row row = row_of("yard", 30000, 2), other = row_of("street", 30000, 1);

    (void)state;
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    assert_int_equal(csms_site_set(rig.csms, &other), ROOST_ERR_EXISTS);
    memcpy(row.chargers[1].identity, "CP1", 4);
    assert_int_equal(csms_site_set(rig.csms, &row), ROOST_ERR_EXISTS);
    row = row_of("yard", 30000, 0);
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    assert_int_equal(csms_site_set(rig.csms, &other), 0);
    assert_int_equal(csms_site_remove(rig.csms, "yard"), 0);
    assert_int_equal(csms_site_remove(rig.csms, "yard"), ROOST_ERR_NOT_FOUND);
    assert_null(csms_site_find(rig.csms, "yard"));
    other.limit_w = 0;
    assert_int_equal(csms_site_set(rig.csms, &other), ROOST_ERR_RANGE);
    assert_int_equal(csms_site_find(rig.csms, "street")->row.limit_w, 30000);
}

static void its_site_is_gone_when_it_answers(void **state)
{
    struct csms_site_row row = row_of("yard", 30000, 1);
    struct rig_peer *peer = rig_charger("CP1");
    char id[40];

    (void)state;
    status(peer, "Charging");
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    rig_pass(1000);
    rig_hears_call(peer, "SetChargingProfile", id);
    assert_int_equal(csms_site_remove(rig.csms, "yard"), 0);
    assert_int_equal(csms_site_set(rig.csms, &row), 0);
    rig_answers(peer, id, "{\"status\":\"Accepted\"}");
    assert_false(csms_site_find(rig.csms, "yard")->site.members[0].is_held);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(a_share_as_it_goes_out),
        T(two_share_and_one_refuses),
        T(a_car_that_takes_little_leaves_the_rest),
        T(one_that_says_no_power_has_its_share_for_itself),
        T(one_that_leaves_keeps_its_fallback),
        T(one_site_each),
        T(its_site_is_gone_when_it_answers),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
