/* SPDX-License-Identifier: Apache-2.0 */
/* The public door of the payment desk: pages behind signed links, orders, the provider's notices;
 * and for operators the links themselves, and the decision about a payment that is held. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/pay_link.h"
#include "hub/csms/pay_page.h"
#include "hub/csms/qr.h"
#include "hub/csms/rest.h"
#include "hub/csms/till.h"

static const char html[] = "text/html; charset=utf-8";

/* ---- pages ---- */

static void answer_page(struct http_exchange *exchange, int status, struct pay_page *page)
{
    if (page->failed) {
        free(page->text);
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    (void)http_answer_header(exchange, "Cache-Control", "no-store");
    (void)http_answer_header(exchange, "X-Robots-Tag", "noindex");
    http_answer_take(exchange, status, html, page->text, page->len);
}

static void answer_message(struct http_exchange *exchange, const char *base, int status,
                           const char *heading, const char *text)
{
    struct pay_page page = {.base = base};

    pay_page_message(&page, heading, text);
    answer_page(exchange, status, &page);
}

/* What the link leads to; a negative error after a page that says so. */
static int link_of(const struct csms *csms, const struct http_request *request,
                   struct http_exchange *exchange, struct pay_link *link)
{
    const struct csms_till_parts *parts = csms->with ? csms->with->till : NULL;
    const char *token = http_param(request, "token"), *base = http_base_path(request);
    int err = parts && parts->link_key && csms->till && token
                  ? pay_link_read(parts->link_key, token, csms_unix_ms(csms), link)
                  : ROOST_ERR_AUTH;

    if (err == ROOST_ERR_TIMEOUT)
        answer_message(exchange, base, 404, "This link is over",
                       "Scan the code at the charger, or ask for a new one.");
    else if (err < 0)
        answer_message(exchange, base, 404, "No such link",
                       "Scan the code at the charger once more.");
    return err;
}

static enum pay_place_state state_of(const struct csms *csms, const struct pay_link *link)
{
    const struct csms_charger *charger = csms_charger_find(csms, link->identity);

    if (!till_is_served(csms))
        return PAY_PLACE_NOT_SERVED;
    if (!charger || !charger->link || charger->registration != CSMS_ACCEPTED || !charger->booted)
        return PAY_PLACE_OFFLINE;
    if (till_is_in_use(csms, link->identity, link->connector))
        return PAY_PLACE_IN_USE;
    if ((size_t)link->connector >= charger->connector_count)
        return PAY_PLACE_FREE;
    const struct csms_connector *connector = &charger->connectors[link->connector];
    return connector->status == OCPP_Faulted || connector->status == OCPP_Unavailable
               ? PAY_PLACE_FAULTED
               : PAY_PLACE_FREE;
}

static void answer_place(struct csms *csms, const struct pay_link *link, const char *base,
                         int status, const char *wrong, struct http_exchange *exchange)
{
    const struct pay_place place = {.identity = link->identity,
                                    .connector = link->connector,
                                    .state = state_of(csms, link),
                                    .prices =
                                        csms_prices_for(csms, link->identity, link->connector),
                                    .unix_ms = csms_unix_ms(csms),
                                    .wrong = wrong};
    struct pay_page page = {.base = base};

    pay_page_place(&page, &place);
    answer_page(exchange, status, &page);
}

/* A payment's page on its way: what was used is read first. */
struct shown {
    struct csms *csms;
    struct http_exchange *exchange;
    const char *base; /* for the server's life */
    struct till_view view;
};

static void answer_payment(struct shown *shown, const struct cost *cost)
{
    const struct csms_till_parts *parts = shown->csms->with->till;
    const struct pay_receipt receipt = {.view = &shown->view,
                                        .cost = cost && cost->err == 0 ? cost : NULL,
                                        .start_s =
                                            parts && parts->start_s ? parts->start_s : TILL_START_S,
                                        .unix_ms = csms_unix_ms(shown->csms)};
    struct pay_page page = {.base = shown->base};

    if (shown->view.row.state == MONEY_NEW) /* for seconds, and for who has no script */
        (void)http_answer_header(shown->exchange, "Refresh", "2");
    pay_page_payment(&page, &receipt);
    answer_page(shown->exchange, 200, &page);
    free(shown);
}

static void on_cost(void *arg, const struct cost *cost)
{
    answer_payment(arg, cost);
}

static void show_payment(struct csms *csms, const struct pay_link *link, const char *base,
                         struct http_exchange *exchange)
{
    struct shown *shown = calloc(1, sizeof *shown);
    int err = shown ? till_look(csms, link->payment_id, &shown->view) : ROOST_ERR_NO_MEMORY;

    if (err < 0) {
        free(shown);
        if (err == ROOST_ERR_NOT_FOUND)
            answer_message(exchange, base, 404, "No such payment", "It is not known here.");
        else
            answer_message(exchange, base, 503, "Not now", "Try again in a minute.");
        return;
    }
    shown->csms = csms;
    shown->exchange = exchange;
    shown->base = base;
    const struct money_payment *row = &shown->view.row;
    bool is_over = row->state == MONEY_DONE || row->state == MONEY_REFUNDING;
    if (!is_over || row->tx_id == 0 || cost_ask(csms, row->tx_id, on_cost, shown) < 0)
        answer_payment(shown, NULL);
}

void pay_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *base = http_base_path(request);
    struct pay_link link;

    if (link_of(ctx, request, exchange, &link) < 0)
        return;
    if (link.kind == PAY_LINK_PAYMENT)
        show_payment(ctx, &link, base, exchange);
    else
        answer_place(ctx, &link, base, 200, NULL, exchange);
}

static void answer_asset(struct http_exchange *exchange, const char *type, const char *text)
{
    http_answer_cached(exchange, type, text, strlen(text), "public, max-age=300");
}

void pay_style(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    (void)ctx;
    (void)request;
    answer_asset(exchange, "text/css; charset=utf-8", pay_page_style);
}

void pay_script(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    (void)ctx;
    (void)request;
    answer_asset(exchange, "text/javascript; charset=utf-8", pay_page_script);
}

/* ---- orders ---- */

/* A field of application/x-www-form-urlencoded that is a number: digits, a point or a comma. "" and
 * what is not there is 0. -1: it is no number. */
static int64_t form_milli(const char *body, const char *name)
{
    size_t name_len = strlen(name);
    int64_t value = 0, unit = 1000;
    bool fraction = false;

    while (body && (strncmp(body, name, name_len) != 0 || body[name_len] != '=')) {
        body = strchr(body, '&');
        body = body ? body + 1 : NULL;
    }
    if (!body)
        return 0;
    for (body += name_len + 1; *body && *body != '&'; body++) {
        bool comma = strncmp(body, "%2C", 3) == 0;
        if (*body >= '0' && *body <= '9' && value < INT64_C(1000000000000)) {
            unit = fraction ? unit / 10 : unit;
            value = fraction ? value + (*body - '0') * unit : value * 10 + (*body - '0') * 1000;
        } else if ((*body == '.' || *body == ',' || comma) && !fraction) {
            fraction = true;
            body += comma ? 2 : 0;
        } else {
            return -1;
        }
    }
    return value;
}

static void see(struct http_exchange *exchange, const struct csms *csms, const char *base,
                const char *id)
{
    const struct csms_till_parts *parts = csms->with->till;
    char whole[MONEY_URL_BYTES], path[MONEY_URL_BYTES + 80];

    if (till_payment_link(csms, id, whole, sizeof whole) < 0) {
        http_fail_err(exchange, ROOST_ERR_INTERNAL, NULL);
        return;
    }
    snprintf(path, sizeof path, "%s%s", base, whole + strlen(parts->origin));
    (void)http_answer_header(exchange, "Location", path);
    (void)http_answer_header(exchange, "Cache-Control", "no-store");
    http_answer(exchange, 303, NULL, "", 0);
}

static void take_order(struct csms *csms, const struct pay_link *link,
                       const struct http_request *request, struct http_exchange *exchange)
{
    const char *base = http_base_path(request), *why = NULL;
    int64_t amount = form_milli(request->body, "amount"), kwh = form_milli(request->body, "kwh"),
            minutes = form_milli(request->body, "minutes");
    char id[MONEY_ID_BYTES];

    if (amount < 0 || kwh < 0 || minutes < 0) {
        answer_place(csms, link, base, 400, "kWh and minutes: numbers, or nothing.", exchange);
        return;
    }
    const struct till_order order = {
        .identity = link->identity,
        .connector = link->connector,
        .amount = amount / 1000,
        .limit_wh = (int32_t)(kwh < INT32_MAX ? kwh : INT32_MAX),
        .limit_s = (int32_t)(minutes < INT32_MAX / 60 ? minutes * 60 / 1000 : INT32_MAX)};
    int err = till_order(csms, &order, id, &why);
    if (err == 0)
        see(exchange, csms, base, id);
    else if (err == ROOST_ERR_RANGE)
        answer_place(csms, link, base, 400, why, exchange);
    else if (err == ROOST_ERR_BUSY || err == ROOST_ERR_NOT_FOUND)
        answer_place(csms, link, base, 409, NULL, exchange);
    else
        answer_message(exchange, base, 503, "Not now", "Nothing was ordered. Try again later.");
}

void pay_post(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    struct pay_link link;

    if (link_of(csms, request, exchange, &link) < 0)
        return;
    if (link.kind == PAY_LINK_PLACE) {
        if (state_of(csms, &link) != PAY_PLACE_FREE)
            answer_place(csms, &link, http_base_path(request), 409, NULL, exchange);
        else
            take_order(csms, &link, request, exchange);
        return;
    }
    if (form_milli(request->body, "stop") == 1000)
        (void)till_stop(csms, link.payment_id); /* one that is over has nothing to stop */
    see(exchange, csms, http_base_path(request), link.payment_id);
}

/* ---- the provider's word ---- */

static void write_taken(struct roost_json_writer *w, const void *ctx)
{
    roost_json_object(w);
    roost_json_put_bool(w, "known", *(const bool *)ctx);
    roost_json_end(w);
}

void pay_notices(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const struct csms_till_parts *parts = csms->with ? csms->with->till : NULL;
    struct money_notice notice;

    if (!parts || !parts->provider) {
        http_fail(exchange, 503, "not_served", "no provider of payments is connected");
        return;
    }
    int err = parts->provider->ops->notice(parts->provider->ctx, request->body, request->body_len,
                                           http_header(request, "Roost-Signature"), &notice);
    if (err == ROOST_ERR_AUTH) {
        http_fail(exchange, 401, "wrong_signature", "Roost-Signature: not the provider's");
        return;
    }
    if (err < 0) {
        (void)rest_refuse(exchange, "payment_id, event, amount, fee: see docs/money.md");
        return;
    }
    err = till_notice(csms, &notice);
    bool known = err == 1;
    if (err >= 0)
        rest_answer(exchange, 200, write_taken, &known);
    else if (err == ROOST_ERR_STATE)
        http_fail(exchange, 409, "state", "event: cannot be now");
    else if (err == ROOST_ERR_RANGE)
        (void)rest_refuse(exchange, "amount, fee: out of range");
    else
        answer_registry_err(exchange, err, "the payment");
}

/* ---- for operators ---- */

struct link_shown {
    char url[MONEY_URL_BYTES];
    int64_t expires_s;
    char *svg;
};

static void write_link(struct roost_json_writer *w, const void *ctx)
{
    const struct link_shown *shown = ctx;

    roost_json_object(w);
    roost_json_put_str(w, "url", shown->url);
    rest_put_time(w, "expires_at_ms", shown->expires_s * 1000);
    roost_json_put_str(w, "qr_svg", shown->svg);
    roost_json_end(w);
}

void pay_link_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *identity = rest_identity_of(request, exchange);
    int64_t connector = 1, valid_s = 0;
    struct link_shown shown = {.svg = NULL};

    if (!identity ||
        query_int(request, "connector_id", 1, CSMS_CONNECTORS_MAX, &connector, exchange) < 0 ||
        query_int(request, "valid_s", 1, 366 * 86400, &valid_s, exchange) < 0)
        return;
    if (!till_is_served(csms)) {
        http_fail(exchange, 409, "not_served",
                  "nobody can pay here: ROOST_PAY_URL and ROOST_PUBLIC_URL say by whom and where");
        return;
    }
    shown.expires_s = valid_s > 0 ? csms_unix_ms(csms) / 1000 + valid_s : 0;
    int err =
        till_link(csms, identity, (int32_t)connector, shown.expires_s, shown.url, sizeof shown.url);
    if (err == 0)
        shown.svg = qr_svg(shown.url);
    if (err < 0 || !shown.svg)
        http_fail_err(exchange, err < 0 ? err : ROOST_ERR_NO_MEMORY, NULL);
    else
        rest_answer(exchange, 200, write_link, &shown);
    free(shown.svg);
}

static void write_decided(struct roost_json_writer *w, const void *ctx)
{
    roost_json_object(w);
    rest_write_payment(w, ctx);
    roost_json_end(w);
}

void payments_decide(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *id = http_param(request, "payment_id");
    struct till_view view;
    struct body body;
    double amount = 0;

    if (!csms->till || !csms->with->till) {
        http_fail(exchange, 503, "not_served", "no payments are kept here");
        return;
    }
    if (body_read(&body, request, exchange) < 0 ||
        body_number(&body, "used_amount", 0, MONEY_AMOUNT_MAX, &amount, exchange) < 0)
        return;
    if (amount != (double)(int64_t)amount) {
        (void)rest_refuse(exchange, "used_amount: must be a whole number");
        return;
    }
    int err = id && strlen(id) < MONEY_ID_BYTES ? till_decide(csms, id, (int64_t)amount)
                                                : ROOST_ERR_NOT_FOUND;
    if (err == 0)
        err = till_look(csms, id, &view);
    if (err == ROOST_ERR_STATE)
        http_fail(exchange, 409, "state", "the payment is not held");
    else if (err < 0)
        answer_registry_err(exchange, err, "the payment");
    else
        rest_answer(exchange, 200, write_decided, &view.row);
}
