/* SPDX-License-Identifier: Apache-2.0 */
/* Tariffs as people send them, where each holds, what is kept, and what a store that fails leaves.
 */
#include "hub/csms/test_rig.h"

#include "hub/csms/tariffs.h"
#include "hub/csms/till.h"
#include "hub/money/store_fake.h"

static struct store_fake fake;
static struct csms_till_parts till;
static struct csms_tariff_row row;

static void start(void)
{
    rig.with.till = &till;
    csms_service.close(rig.csms);
    rig_open();
}

static int set_up(void **state)
{
    rig_setup(state);
    store_fake_init(&fake);
    till = (struct csms_till_parts){.store = &fake.store};
    start();
    return 0;
}

static int take(const char *text, char why[CSMS_TARIFF_WHY])
{
    static struct roost_json_token tokens[CSMS_TARIFF_TOKENS];
    struct roost_json doc;

    memset(&row, 0, sizeof row);
    snprintf(row.prices.tariff.id, sizeof row.prices.tariff.id, "t");
    assert_int_equal(roost_json_parse(&doc, tokens, CSMS_TARIFF_TOKENS, text, strlen(text)), 0);
    return csms_tariff_take(&doc, &row, why);
}

static void keep(const char *id, const char *places, int expected)
{
    char text[512], why[CSMS_TARIFF_WHY];

    snprintf(text, sizeof text,
             "{\"name\":\"%s\",\"currency\":\"EUR\",\"parts\":[{\"kwh_milli\":40000}],"
             "\"places\":%s}",
             id, places);
    assert_int_equal(take(text, why), 0);
    snprintf(row.prices.tariff.id, sizeof row.prices.tariff.id, "%s", id);
    assert_int_equal(csms_tariff_keep(rig.csms, &row), expected);
}

static void holds(const char *identity, int32_t connector, const char *id)
{
    const struct csms_prices *prices = csms_prices_for(rig.csms, identity, connector);

    assert_string_equal(prices ? prices->tariff.id : "", id);
}

static void the_nearest_holds(void **state)
{
    const struct csms_site_row site = {
        .id = "yard", .limit_w = 1000, .count = 1, .chargers = {{"CP2", {100, 10, 0, true}}}};

    (void)state;
    holds("CP1", 1, "");
    keep("all", "[{\"everywhere\":true}]", 0);
    keep("yard", "[{\"site_id\":\"yard\"}]", 0);
    keep("cp", "[{\"identity\":\"CP1\"},{\"identity\":\"CP3\",\"connector_id\":2}]", 0);
    keep("two", "[{\"identity\":\"CP1\",\"connector_id\":2}]", 0);
    assert_int_equal(csms_site_set(rig.csms, &site), 0);
    holds("CP1", 1, "cp");
    holds("CP1", 2, "two");
    holds("CP2", 1, "yard");
    holds("CP3", 1, "all");
    holds("CP3", 2, "cp");
    keep("other", "[{\"site_id\":\"yard\"}]", ROOST_ERR_EXISTS);
    keep("other", "[{\"everywhere\":true},{\"everywhere\":true}]", ROOST_ERR_EXISTS);
    keep("yard", "[{\"site_id\":\"yard\"}]", 0);
    assert_int_equal(csms_tariff_forget(rig.csms, "two"), 0);
    assert_int_equal(csms_tariff_forget(rig.csms, "two"), ROOST_ERR_NOT_FOUND);
    holds("CP1", 2, "cp");
}

static void what_is_kept_is_there_after_a_start(void **state)
{
    (void)state;
    keep("all", "[{\"everywhere\":true}]", 0);
    keep("cp", "[{\"identity\":\"CP1\",\"connector_id\":3}]", 0);
    start();
    holds("CP1", 3, "cp");
    holds("CP1", 1, "all");
    snprintf(fake.texts[0].text, sizeof fake.texts[0].text, "{\"tariff_id\":\"all\"}");
    start(); /* one that cannot be read is left out */
    holds("CP1", 3, "cp");
    holds("CP1", 1, "");
}

static void what_cannot_be_kept_changes_nothing(void **state)
{
    (void)state;
    fake.fail = 1;
    keep("all", "[{\"everywhere\":true}]", ROOST_ERR_NO_SPACE);
    holds("CP1", 1, "");
    keep("all", "[{\"everywhere\":true}]", 0);
    fake.fail = 1;
    assert_int_equal(csms_tariff_forget(rig.csms, "all"), ROOST_ERR_NO_SPACE);
    holds("CP1", 1, "all");
}

static void all_have_one_currency(void **state)
{
    (void)state;
    keep("all", "[{\"everywhere\":true}]", 0);
    keep("cp", "[{\"identity\":\"CP1\"}]", 0);
    snprintf(row.prices.tariff.currency, sizeof row.prices.tariff.currency, "SEK");
    assert_int_equal(csms_tariff_keep(rig.csms, &row), ROOST_ERR_STATE);
    assert_string_equal(csms_prices_for(rig.csms, "CP1", 1)->tariff.currency, "EUR");
    assert_int_equal(csms_tariff_forget(rig.csms, "all"), 0);
    assert_int_equal(csms_tariff_keep(rig.csms, &row), 0); /* the only one may change it */
}

static void an_error_names_member_and_limit(void **state)
{
#define GOOD  "\"name\":\"n\",\"currency\":\"EUR\""
#define PARTS "\"parts\":[{\"kwh_milli\":1}]"
    static const char *const cases[][2] = {
        {"{}", "name: 1 to 50"},
        {"{\"name\":\"\"}", "name: 1 to 50"},
        {"{\"name\":\"n\"}", "currency: three"},
        {"{\"name\":\"n\",\"currency\":\"eur\"," PARTS "}", "currency: three"},
        {"{\"name\":\"n\",\"currency\":\"EURO\"," PARTS "}", "currency: three"},
        {"{" GOOD "}", "parts: a list of 1 to 16"},
        {"{" GOOD ",\"parts\":[]}", "parts: a list"},
        {"{" GOOD ",\"parts\":[1]}", "parts: a list of objects"},
        {"{" GOOD ",\"parts\":[{\"kwh_milli\":-1}]}", "parts.kwh_milli: a whole number from 0"},
        {"{" GOOD ",\"parts\":[{\"kwh_milli\":10000001}]}", "parts.kwh_milli"},
        {"{" GOOD ",\"parts\":[{\"minute_milli\":0.5}]}", "parts.minute_milli"},
        {"{" GOOD ",\"parts\":[{\"idle_milli\":\"1\"}]}", "parts.idle_milli"},
        {"{" GOOD ",\"parts\":[{\"from_min\":1440}]}", "parts.from_min: a whole number from 0 to"},
        {"{" GOOD ",\"parts\":[{\"to_min\":1441}]}", "parts.to_min"},
        {"{" GOOD ",\"parts\":[{\"days\":[]}]}", "parts.days"},
        {"{" GOOD ",\"parts\":[{\"days\":[\"someday\"]}]}", "parts.days"},
        {"{" GOOD ",\"parts\":[{\"from_min\":60}]}", "parts: the last part holds always"},
        {"{" GOOD ",\"time_zone\":\"Berlin\"," PARTS "}", "time_zone: as POSIX"},
        {"{" GOOD ",\"start_amount\":100000001," PARTS "}", "start_amount"},
        {"{" GOOD ",\"idle_grace_s\":86401," PARTS "}", "idle_grace_s"},
        {"{" GOOD "," PARTS ",\"places\":{}}", "places: a list of at most 128"},
        {"{" GOOD "," PARTS ",\"places\":[{}]}", "places: each has one of"},
        {"{" GOOD "," PARTS ",\"places\":[{\"everywhere\":true,\"site_id\":\"a\"}]}",
         "places: each"},
        {"{" GOOD "," PARTS ",\"places\":[{\"site_id\":\"\"}]}", "places.site_id"},
        {"{" GOOD "," PARTS ",\"places\":[{\"identity\":1}]}", "places.identity"},
        {"{" GOOD "," PARTS ",\"places\":[{\"identity\":\"a\",\"connector_id\":33}]}",
         "places.connector_id: a whole number from 0 to 32"},
        {"{" GOOD "," PARTS ",\"places\":[{\"everywhere\":true,\"connector_id\":1}]}",
         "places.connector_id: goes with identity"},
    };
    char why[CSMS_TARIFF_WHY];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(take(cases[i][0], why), ROOST_ERR_INVALID);
        if (strncmp(why, cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("%s: %s", cases[i][0], why);
    }
}

static void written_and_read_it_is_the_same(void **state)
{
    static const char text[] =
        "{\"name\":\"D\xc3\xa4y \\\"1\\\"\",\"currency\":\"EUR\",\"start_amount\":35,"
        "\"time_zone\":\"CET-1CEST,M3.5.0,M10.5.0/3\",\"idle_grace_s\":600,\"parts\":["
        "{\"days\":[\"mon\",\"sun\"],\"from_min\":1320,\"to_min\":360,\"kwh_milli\":29950},"
        "{\"kwh_milli\":40000,\"minute_milli\":2,\"idle_milli\":10000}]}";
    char why[CSMS_TARIFF_WHY], out[CSMS_PRICES_BYTES];
    struct csms_prices read;

    (void)state;
    assert_int_equal(take(text, why), 0);
    assert_int_equal(row.prices.tariff.parts[0].days, 0x41);
    assert_int_equal(csms_prices_text(&row.prices, out, sizeof out), 0);
    assert_int_equal(csms_prices_parse(out, &read), 0);
    assert_memory_equal(&read, &row.prices, sizeof read);
    assert_int_equal(csms_prices_text(&row.prices, out, 100), ROOST_ERR_TOO_LONG);
    assert_int_equal(csms_prices_parse("{", &read), ROOST_ERR_CORRUPT);
}

/* What holds at the Start goes with it, and is what it is whatever becomes of the tariff. */
static void prices_are_frozen_with_the_start(void **state)
{
    struct rig_peer *peer = rig_charger("CP1");

    (void)state;
    book_fake_tag(&rig.book, "ABC");
    keep("all", "[{\"everywhere\":true}]", 0);
    rig_sends(peer, "[2,\"1\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"ABC\","
                    "\"meterStart\":5,\"timestamp\":\"2026-12-01T00:00:00Z\"}]");
    assert_int_equal(csms_tariff_forget(rig.csms, "all"), 0); /* before it was judged: too late */
    book_fake_run(&rig.book);
    assert_string_equal(rig.book.last_prices, "");
    keep("new", "[{\"everywhere\":true}]", 0);
    rig_says(peer, "[2,\"2\",\"StartTransaction\",{\"connectorId\":2,\"idTag\":\"ABC\","
                   "\"meterStart\":5,\"timestamp\":\"2026-12-01T00:00:00Z\"}]");
    assert_non_null(strstr(rig.book.last_prices, "\"tariff_id\":\"new\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_nearest_holds),
        TEST(what_is_kept_is_there_after_a_start),
        TEST(what_cannot_be_kept_changes_nothing),
        TEST(all_have_one_currency),
        TEST(an_error_names_member_and_limit),
        TEST(written_and_read_it_is_the_same),
        TEST(prices_are_frozen_with_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
