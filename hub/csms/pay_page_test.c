/* SPDX-License-Identifier: Apache-2.0 */
/* The public page: prices as they are, nothing of what others named becomes a part of it, and every
 * state of a payment has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/csms/pay_page.h"
#include "hub/csms/qr.h"

static struct csms_prices prices;
static struct pay_page page;

static int set_up(void **state)
{
    (void)state;
    page = (struct pay_page){.base = "/hub"};
    return csms_prices_parse(
        "{\"tariff_id\":\"t\",\"name\":\"Day\",\"currency\":\"EUR\",\"start_amount\":35,"
        "\"idle_grace_s\":600,\"parts\":[{\"days\":[\"mon\",\"tue\"],\"from_min\":1320,"
        "\"to_min\":360,\"kwh_milli\":29950},{\"kwh_milli\":40000,\"minute_milli\":2000,"
        "\"idle_milli\":10000}]}",
        &prices);
}

static int tear_down(void **state)
{
    (void)state;
    free(page.text);
    return 0;
}

static void has(const char *text)
{
    assert_false(page.failed);
    if (!strstr(page.text, text))
        fail_msg("no \"%s\" in %s", text, page.text);
}

static void has_not(const char *text)
{
    if (strstr(page.text, text))
        fail_msg("\"%s\" in %s", text, page.text);
}

static void prices_as_they_are(void **state)
{
    const struct pay_place place = {
        .identity = "CP1", .connector = 2, .prices = &prices, .unix_ms = INT64_C(1796083200000)};

    (void)state;
    pay_page_place(&page, &place);
    has("Mon, Tue<br>22:00 to 06:00");
    has("<td>0.2995 EUR</td>");
    has("<td>0.40 EUR</td><td>0.02 EUR</td><td>0.10 EUR</td>");
    has("costs 0.35 EUR once");
    has("first 10 minutes of it");
    has("Charger CP1, connector 2");
    has("href=\"/hub/pay/style.css\"");
    has("value=\"2000\" checked>");
    has("<strong>now</strong>");
    has("Go to payment");
}

static void only_a_free_one_can_be_ordered(void **state)
{
    for (int at = 0; at < PAY_PLACE_STATES; at++) {
        const struct pay_place place = {.identity = "CP1",
                                        .connector = 1,
                                        .prices = &prices,
                                        .state = (enum pay_place_state)at};
        pay_page_place(&page, &place);
        if (at == PAY_PLACE_FREE)
            has("<form");
        else
            has_not("<form");
        tear_down(state);
        set_up(state);
    }
    const struct pay_place place = {.identity = "CP1", .connector = 1};
    pay_page_place(&page, &place);
    has("Charging costs nothing here");
    has_not("<form");
}

/* What an operator, a provider and a customer named. */
static void nothing_that_was_named_is_a_part_of_it(void **state)
{
    static const char evil[] = "<script>\"&'";
    struct till_view view = {.row = {.state = MONEY_BEGUN, .amount = 500, .currency = "EUR"},
                             .url = "https://pay.example/?a=1&b=\"><script>"};
    const struct pay_receipt receipt = {.view = &view};
    const struct pay_place place = {
        .identity = evil, .connector = 1, .prices = &prices, .wrong = evil};

    (void)state;
    pay_page_place(&page, &place);
    has_not("<script");
    has("&lt;script&gt;&quot;&amp;'");
    memcpy(view.row.identity, evil, sizeof evil);
    pay_page_payment(&page, &receipt);
    has_not("<script>");
    has("href=\"https://pay.example/?a=1&amp;b=&quot;&gt;&lt;script&gt;\"");
    pay_page_message(&page, evil, evil);
    has_not("<script>");
}

static void each_state_has_its_page(void **state)
{
    static const char *const says[MONEY_STATES] = {
        [MONEY_NEW] = "being made ready",      [MONEY_BEGUN] = "Pay 5.00 EUR",
        [MONEY_UNPAID] = "Nothing was taken",  [MONEY_PAID] = "within 5 minutes",
        [MONEY_CHARGING] = "Stop charging",    [MONEY_HELD] = "looked at first",
        [MONEY_REFUNDING] = "on its way back", [MONEY_DONE] = "Receipt"};

    for (int at = 0; at < MONEY_STATES; at++) {
        const struct till_view view = {.row = {.state = (enum money_state)at,
                                               .amount = 500,
                                               .refund_amount = 120,
                                               .used_amount = 380,
                                               .identity = "CP1",
                                               .currency = "EUR"},
                                       .live_wh = 1234,
                                       .url = "https://pay.example"};
        const struct pay_receipt receipt = {.view = &view, .start_s = 300};
        pay_page_payment(&page, &receipt);
        has(says[at]);
        if (at == MONEY_CHARGING)
            has("1.234 kWh");
        if (at == MONEY_DONE)
            has("<dt>Back to you</dt><dd>1.20 EUR</dd>");
        tear_down(state);
        set_up(state);
    }
}

static void a_code_is_drawn(void **state)
{
    static char long_text[4000];
    char *svg = qr_svg("https://hub.example/pay/AQAAAAABQ1Ax");

    (void)state;
    assert_non_null(svg);
    assert_memory_equal(svg, "<svg ", 5);
    assert_non_null(strstr(svg, "viewBox=\"0 0 37 37\"")); /* version 3, and its margin */
    assert_string_equal(svg + strlen(svg) - 9, "\"/></svg>");
    free(svg);
    memset(long_text, 'x', sizeof long_text - 1);
    assert_null(qr_svg(long_text));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(prices_as_they_are),
        TEST(only_a_free_one_can_be_ordered),
        TEST(nothing_that_was_named_is_a_part_of_it),
        TEST(each_state_has_its_page),
        TEST(a_code_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
