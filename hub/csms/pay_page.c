/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/pay_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- text ---- */

static bool has_room(struct pay_page *page, size_t len)
{
    if (page->failed || page->len + len < page->room)
        return !page->failed;
    size_t room = 2 * (page->len + len) + 4096;
    char *more = realloc(page->text, room);
    if (!more) {
        page->failed = true;
        return false;
    }
    page->text = more;
    page->room = room;
    return true;
}

static void put(struct pay_page *page, const char *html)
{
    size_t len = strlen(html);

    if (!has_room(page, len + 1))
        return;
    memcpy(page->text + page->len, html, len + 1);
    page->len += len;
}

static void put_escaped(struct pay_page *page, const char *text)
{
    for (; *text; text++) {
        char one[2] = {*text, '\0'};
        put(page, *text == '<'   ? "&lt;"
                  : *text == '>' ? "&gt;"
                  : *text == '&' ? "&amp;"
                  : *text == '"' ? "&quot;"
                                 : one);
    }
}

/* What is put in is escaped, the form is not. */
__attribute__((format(printf, 3, 4))) static void put_with(struct pay_page *page, const char *html,
                                                           const char *form, ...)
{
    char text[512];
    const char *at = strchr(html, '@');
    va_list list;

    va_start(list, form);
    vsnprintf(text, sizeof text, form, list);
    va_end(list);
    char before[256];
    snprintf(before, sizeof before, "%.*s", (int)(at - html), html);
    put(page, before);
    put_escaped(page, text);
    put(page, at + 1);
}

const char *pay_amount(int64_t amount, const char *currency, char out[PAY_AMOUNT_BYTES])
{
    snprintf(out, PAY_AMOUNT_BYTES, "%" PRId64 ".%02" PRId64 " %s", amount / 100, amount % 100,
             currency);
    return out;
}

/* Of thousandths of a minor unit, without zeros at the end beyond cents. */
static const char *price(int32_t milli, const char *currency, char out[PAY_AMOUNT_BYTES])
{
    int digits = 5;
    int32_t part = milli % 100000;

    while (digits > 2 && part % 10 == 0) {
        part /= 10;
        digits--;
    }
    snprintf(out, PAY_AMOUNT_BYTES, "%d.%0*d %s", (int)(milli / 100000), digits, (int)part,
             currency);
    return out;
}

static void begin(struct pay_page *page, const char *title, bool alive)
{
    put(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
              "<meta name=\"robots\" content=\"noindex\">");
    put_with(page, "<title>@</title>", "%s", title);
    put_with(page, "<link rel=\"stylesheet\" href=\"@/pay/style.css\">", "%s", page->base);
    if (alive)
        put_with(page, "<script src=\"@/pay/page.js\" defer></script>", "%s", page->base);
    put(page, "</head><body><main>");
    put_with(page, "<h1>@</h1>", "%s", title);
}

static void end(struct pay_page *page)
{
    put(page, "</main></body></html>\n");
}

void pay_page_message(struct pay_page *page, const char *heading, const char *text)
{
    begin(page, heading, false);
    put_with(page, "<p>@</p>", "%s", text);
    end(page);
}

/* ---- prices ---- */

static void put_days(struct pay_page *page, uint8_t days)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const char *between = "";

    if (days == TARIFF_ALL_DAYS) {
        put(page, "Every day");
        return;
    }
    for (int i = 0; i < 7; i++)
        if (days >> i & 1) {
            put(page, between);
            put(page, names[i]);
            between = ", ";
        }
}

static void put_when(struct pay_page *page, const struct tariff_part *part, bool now, bool only)
{
    put(page, "<th scope=\"row\">");
    if (only) {
        put(page, "Always");
    } else {
        put_days(page, part->days);
        if (part->from_min != 0 || part->to_min != 1440)
            put_with(page, "<br>@", "%02d:%02d to %02d:%02d", part->from_min / 60,
                     part->from_min % 60, part->to_min / 60, part->to_min % 60);
        else
            put(page, "<br>at all other times");
        if (now)
            put(page, " <strong>now</strong>");
    }
    put(page, "</th>");
}

static bool any(const struct tariff *tariff, bool idle)
{
    for (size_t i = 0; i < tariff->part_count; i++)
        if ((idle ? tariff->parts[i].idle_milli : tariff->parts[i].minute_milli) > 0)
            return true;
    return false;
}

static void put_prices(struct pay_page *page, const struct csms_prices *prices, int64_t unix_ms)
{
    const struct tariff *tariff = &prices->tariff;
    const struct tariff_part *now = tariff_part_at(tariff, &prices->zone, unix_ms);
    bool minutes = any(tariff, false), idle = any(tariff, true);
    char text[PAY_AMOUNT_BYTES];

    put(page, "<h2>Prices</h2><table><thead><tr><th scope=\"col\">When</th>"
              "<th scope=\"col\">1 kWh</th>");
    put(page, minutes ? "<th scope=\"col\">1 minute</th>" : "");
    put(page, idle ? "<th scope=\"col\">1 minute idle</th>" : "");
    put(page, "</tr></thead><tbody>");
    for (size_t i = 0; i < tariff->part_count; i++) {
        const struct tariff_part *part = &tariff->parts[i];
        put(page, "<tr>");
        put_when(page, part, part == now, tariff->part_count == 1);
        put_with(page, "<td>@</td>", "%s", price(part->kwh_milli, tariff->currency, text));
        if (minutes)
            put_with(page, "<td>@</td>", "%s", price(part->minute_milli, tariff->currency, text));
        if (idle)
            put_with(page, "<td>@</td>", "%s", price(part->idle_milli, tariff->currency, text));
        put(page, "</tr>");
    }
    put(page, "</tbody></table>");
    if (tariff->start_amount > 0)
        put_with(page, "<p>Each session that takes energy costs @ once.</p>", "%s",
                 pay_amount(tariff->start_amount, tariff->currency, text));
    if (idle)
        put_with(page,
                 "<p>Idle is when your car takes no energy; the first @ of it cost nothing."
                 "</p>",
                 "%u minutes", (unsigned)(tariff->idle_grace_s / 60));
}

/* ---- a connector ---- */

static void put_choices(struct pay_page *page, const struct pay_place *place)
{
    static const int64_t amounts[] = {500, 1000, 2000, 4000, 8000};
    const struct tariff *tariff = &place->prices->tariff;
    char text[PAY_AMOUNT_BYTES];
    bool chosen = false;

    put(page, "<fieldset><legend>Pay at most</legend><div class=\"choices\">");
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        int32_t wh = tariff_wh_for(tariff, &place->prices->zone, place->unix_ms, amounts[i]);
        if (amounts[i] <= tariff->start_amount)
            continue;
        bool choose = !chosen && (amounts[i] >= 2000 || i == 4);
        put_with(page, "<label><input type=\"radio\" name=\"amount\" required value=\"@\"",
                 "%" PRId64, amounts[i]);
        put(page, choose ? " checked>" : ">");
        put_with(page, " <span><strong>@</strong>", "%s",
                 pay_amount(amounts[i], tariff->currency, text));
        if (wh < INT32_MAX)
            put_with(page, "<small>up to @</small>", "%d.%d kWh now", (int)(wh / 1000),
                     (int)(wh % 1000 / 100));
        put(page, "</span></label>");
        chosen = chosen || choose;
    }
    put(page, "</div></fieldset>");
}

static void put_form(struct pay_page *page, const struct pay_place *place)
{
    put(page, "<form method=\"post\">");
    if (place->wrong)
        put_with(page, "<p class=\"wrong\" role=\"alert\">@</p>", "%s", place->wrong);
    put_choices(page, place);
    put(page, "<details><summary>Stop earlier</summary>"
              "<p><label for=\"kwh\">After so many kWh</label>"
              "<input id=\"kwh\" name=\"kwh\" inputmode=\"decimal\" autocomplete=\"off\"></p>"
              "<p><label for=\"minutes\">After so many minutes</label>"
              "<input id=\"minutes\" name=\"minutes\" inputmode=\"numeric\" autocomplete=\"off\">"
              "</p></details>"
              "<p>What you do not use goes back to you.</p>"
              "<button type=\"submit\">Go to payment</button></form>");
}

void pay_page_place(struct pay_page *page, const struct pay_place *place)
{
    static const char *const labels[][2] = {
#define X(name, label, text) {label, text},
        PAY_PLACE_LIST(X)
#undef X
    };

    begin(page, "Charge here", false);
    put_with(page, "<p class=\"where\">Charger @", "%s", place->identity);
    put_with(page, ", connector @</p>", "%d", (int)place->connector);
    put_with(page, "<p class=\"state\"><strong>@</strong> ", "%s", labels[place->state][0]);
    put_with(page, "@</p>", "%s", labels[place->state][1]);
    if (place->prices)
        put_prices(page, place->prices, place->unix_ms);
    else
        put(page, "<p>Charging costs nothing here.</p>");
    if (place->prices && place->state == PAY_PLACE_FREE)
        put_form(page, place);
    end(page);
}

/* ---- a payment ---- */

static void put_row(struct pay_page *page, const char *name, const char *value)
{
    put_with(page, "<dt>@</dt>", "%s", name);
    put_with(page, "<dd>@</dd>", "%s", value);
}

static void put_amount_row(struct pay_page *page, const char *name, int64_t amount,
                           const char *currency)
{
    char text[PAY_AMOUNT_BYTES];

    put_row(page, name, pay_amount(amount, currency, text));
}

static void put_lines(struct pay_page *page, const struct cost *cost)
{
    const struct tariff_lines *lines = &cost->lines;
    const char *currency = cost->prices.tariff.currency;
    char name[64];

    if (lines->start > 0)
        put_amount_row(page, "Start", lines->start, currency);
    snprintf(name, sizeof name, "%" PRId64 ".%03" PRId64 " kWh", lines->energy_wh / 1000,
             lines->energy_wh % 1000);
    put_amount_row(page, name, lines->energy, currency);
    if (lines->minutes > 0) {
        snprintf(name, sizeof name, "%" PRId64 " min charging", (lines->charging_s + 30) / 60);
        put_amount_row(page, name, lines->minutes, currency);
    }
    if (lines->idle > 0) {
        snprintf(name, sizeof name, "%" PRId64 " min idle", (lines->idle_billed_s + 30) / 60);
        put_amount_row(page, name, lines->idle, currency);
    }
}

static void put_day(struct pay_page *page, const struct pay_receipt *receipt)
{
    const struct zone *zone = &receipt->view->prices.zone;
    int64_t at_s = receipt->view->row.made_ms / 1000;
    time_t local = (time_t)(at_s + (receipt->view->has_prices ? zone_offset_s(zone, at_s) : 0));
    char text[32] = "";
    struct tm tm;

    if (gmtime_r(&local, &tm))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    put_row(page, "Time", text);
}

static void put_receipt(struct pay_page *page, const struct pay_receipt *receipt)
{
    const struct money_payment *row = &receipt->view->row;
    char where[96];

    put(page, "<h2>Receipt</h2><dl>");
    snprintf(where, sizeof where, "%s, connector %d", row->identity, (int)row->connector);
    put_row(page, "Charger", where);
    put_day(page, receipt);
    if (receipt->cost && receipt->cost->state == COST_FINAL)
        put_lines(page, receipt->cost);
    put_amount_row(page, "Paid", row->amount, row->currency);
    put_amount_row(page, "Used", row->used_amount, row->currency);
    put_amount_row(page, "Back to you", row->refund_amount, row->currency);
    put_row(page, "Payment", row->id);
    put(page, "</dl>");
}

static void put_running(struct pay_page *page, const struct pay_receipt *receipt)
{
    const struct till_view *view = receipt->view;
    char text[PAY_AMOUNT_BYTES];

    put(page, "<dl>");
    snprintf(text, sizeof text, "%" PRId64 ".%03" PRId64 " kWh", view->live_wh / 1000,
             view->live_wh % 1000);
    put_row(page, "Energy", text);
    snprintf(text, sizeof text, "%" PRId64 " min", view->live_s / 60);
    put_row(page, "Time", text);
    put_amount_row(page, "Cost so far", view->live_amount, view->row.currency);
    put_amount_row(page, "Paid", view->row.amount, view->row.currency);
    put(page, "</dl>");
    if (view->stopping)
        put(page, "<p>The charger is asked to stop.</p>");
    else
        put(page, "<form method=\"post\"><input type=\"hidden\" name=\"stop\" value=\"1\">"
                  "<button type=\"submit\">Stop charging</button></form>");
}

static const char *title_of(const struct money_payment *row)
{
    switch (row->state) {
    case MONEY_NEW:
    case MONEY_BEGUN:
        return "Pay, then charge";
    case MONEY_UNPAID:
        return "Not paid";
    case MONEY_PAID:
        return "Paid";
    case MONEY_CHARGING:
        return "Charging";
    case MONEY_HELD:
        return "Charging has ended";
    default:
        return row->tx_id ? "Charging has ended" : "Charging did not start";
    }
}

static void put_begun(struct pay_page *page, const struct till_view *view)
{
    char text[PAY_AMOUNT_BYTES];

    if (view->row.state == MONEY_NEW || !view->url[0]) {
        put(page, "<p>The payment is being made ready.</p>");
        return;
    }
    put(page, "<p>You pay now and charge then. What you do not use goes back to you.</p>");
    put_with(page, "<p><a class=\"button\" href=\"@\">", "%s", view->url);
    put_with(page, "Pay @</a></p>", "%s", pay_amount(view->row.amount, view->row.currency, text));
}

static void put_state(struct pay_page *page, const struct pay_receipt *receipt)
{
    const struct money_payment *row = &receipt->view->row;

    switch (row->state) {
    case MONEY_NEW:
    case MONEY_BEGUN:
        put_begun(page, receipt->view);
        break;
    case MONEY_UNPAID:
        put(page, "<p>Nothing was taken. Scan the code at the charger to try again.</p>");
        break;
    case MONEY_PAID:
        put_with(page,
                 "<p>Plug in your car if you have not. When charging does not start within @, all "
                 "of the money goes back to you.</p>",
                 "%u minutes", (unsigned)((receipt->start_s + 59) / 60));
        break;
    case MONEY_CHARGING:
        put_running(page, receipt);
        break;
    case MONEY_HELD:
        put(page, "<p>What the meter said has to be looked at first. Then what you did not use "
                  "goes back to you.</p>");
        break;
    case MONEY_REFUNDING:
        put(page, "<p>The rest of the money is on its way back to you.</p>");
        put_receipt(page, receipt);
        break;
    case MONEY_DONE:
    case MONEY_STATES:
        put_receipt(page, receipt);
        break;
    }
}

void pay_page_payment(struct pay_page *page, const struct pay_receipt *receipt)
{
    const struct money_payment *row = &receipt->view->row;
    bool changes = row->state != MONEY_UNPAID && row->state != MONEY_DONE;

    begin(page, title_of(row), changes);
    put_with(page, "<p class=\"where\">Charger @", "%s", row->identity);
    put_with(page, ", connector @</p>", "%d", (int)row->connector);
    put_state(page, receipt);
    if (changes)
        put(page, "<p><a href=\"\">Show how it is now</a></p>");
    end(page);
}
