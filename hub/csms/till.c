/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/till_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/hex.h"
#include "hub/csms/pay_link.h"

const struct csms_till_parts *till_parts(const struct csms *csms)
{
    return csms->with ? csms->with->till : NULL;
}

bool till_is_served(const struct csms *csms)
{
    const struct csms_till_parts *parts = till_parts(csms);

    return csms->till && parts && parts->provider && parts->link_key && parts->origin[0];
}

/* ---- payments in memory ---- */

struct till_payment *till_find(const struct csms *csms, const char *id)
{
    struct till_payment *at = csms->till ? csms->till->first : NULL;

    while (at && strcmp(at->row.id, id) != 0)
        at = at->next;
    return at;
}

struct till_payment *till_of_tag(const struct csms *csms, const char *id_tag)
{
    bool may_be = csms->till && strncasecmp(id_tag, TILL_TAG_BEGIN, 3) == 0;
    struct till_payment *at = may_be ? csms->till->first : NULL;

    while (at && !ocpp_identifier_equal(at->row.id_tag, id_tag))
        at = at->next;
    return at;
}

static void load_texts(struct till_payment *payment, const struct money_store *store)
{
    char text[CSMS_PRICES_BYTES];

    if (store->ops->text_get(store->ctx, MONEY_TEXT_PRICES, payment->row.id, text, sizeof text) ==
        0)
        payment->has_prices = csms_prices_parse(text, &payment->prices) == 0;
    if (store->ops->text_get(store->ctx, MONEY_TEXT_URL, payment->row.id, payment->url,
                             sizeof payment->url) < 0)
        payment->url[0] = '\0';
}

static struct till_payment *take_in(struct till *till, const struct money_payment *row)
{
    struct till_payment *payment = calloc(1, sizeof *payment);

    if (!payment)
        return NULL;
    payment->till = till;
    payment->row = *row;
    load_texts(payment, till_parts(till->csms)->store);
    payment->next = till->first;
    till->first = payment;
    metric_set(till->open, (double)++till->count);
    till->due_ms = 0;
    return payment;
}

static bool is_over(const struct till_payment *payment)
{
    return payment->row.state == MONEY_DONE || payment->row.state == MONEY_UNPAID;
}

static void let_go(struct till_payment *payment)
{
    struct till *till = payment->till;
    struct till_payment **at = &till->first;

    while (*at != payment)
        at = &(*at)->next;
    *at = payment->next;
    metric_set(till->open, (double)--till->count);
    free(payment);
}

/* One that is not open any more comes back for a word that is late. */
static int recall(struct csms *csms, const char *id, struct till_payment **out)
{
    const struct csms_till_parts *parts = till_parts(csms);
    struct money_payment row;

    *out = till_find(csms, id);
    if (*out)
        return 0;
    int err = parts && csms->till ? parts->store->ops->get(parts->store->ctx, id, &row)
                                  : ROOST_ERR_CLOSED;
    if (err < 0)
        return err;
    *out = take_in(csms->till, &row);
    return *out ? 0 : ROOST_ERR_NO_MEMORY;
}

/* ---- time ---- */

void till_due(struct till_payment *payment, uint64_t in_ms)
{
    payment->due_ms = csms_now_ms(payment->till->csms) + in_ms;
    if (payment->due_ms < payment->till->due_ms)
        payment->till->due_ms = payment->due_ms;
}

void till_again(struct till_payment *payment)
{
    uint64_t wait_ms = (uint64_t)TILL_RETRY_MS << (payment->tries < 8 ? payment->tries : 8);

    payment->tries++;
    till_due(payment, wait_ms < TILL_RETRY_MOST_MS ? wait_ms : TILL_RETRY_MOST_MS);
}

bool till_is_answered(struct till_payment *payment)
{
    payment->asking = false;
    if (till_parts(payment->till->csms) && !is_over(payment))
        return true;
    if (is_over(payment))
        let_go(payment);
    return false;
}

/* ---- events ---- */

int till_happens(struct till_payment *payment, struct money_event event)
{
    const struct csms *csms = payment->till->csms;
    const struct csms_till_parts *parts = till_parts(csms);
    struct money_step step;

    if (!parts)
        return ROOST_ERR_CLOSED;
    event.at_ms = csms_unix_ms(csms);
    int err = money_happens(&payment->row, &event, &step);
    if (err == 0)
        err = parts->store->ops->put(parts->store->ctx, &payment->row, &step);
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "a payment does not go on",
                         RF_STR("payment", payment->row.id),
                         RF_STR("event", money_event_name(event.kind)), RF_ERR("error", err));
    if (err != 0)
        return err;
    metric_add(payment->till->events[event.kind], 1);
    bool moves = payment->row.state != step.payment.state;
    payment->row = step.payment;
    if (moves) {
        payment->tries = 0;
        HOST_LOG(ROOST_LOG_INFO, "csms", "payment", RF_STR("payment", payment->row.id),
                 RF_STR("state", money_state_name(payment->row.state)));
    }
    payment->ends = payment->ends || step.action == MONEY_REVOKE;
    till_due(payment, 0);
    return 0;
}

int till_notice(struct csms *csms, const struct money_notice *notice)
{
    struct till_payment *payment;
    int err = recall(csms, notice->payment_id, &payment);

    if (err < 0)
        return err;
    err = till_happens(payment, notice->event);
    if (is_over(payment) && !payment->asking)
        let_go(payment);
    return err;
}

int till_decide(struct csms *csms, const char *id, int64_t amount)
{
    struct till_payment *payment = till_find(csms, id);
    struct money_payment row;
    const struct csms_till_parts *parts = till_parts(csms);

    if (!payment)
        return parts && parts->store->ops->get(parts->store->ctx, id, &row) == 0
                   ? ROOST_ERR_STATE
                   : ROOST_ERR_NOT_FOUND;
    if (payment->row.state != MONEY_HELD)
        return ROOST_ERR_STATE;
    return till_happens(payment, (struct money_event){.kind = MONEY_IS_DECIDED, .amount = amount});
}

int till_stop(struct csms *csms, const char *id)
{
    struct till_payment *payment = till_find(csms, id);

    if (!payment || payment->row.state != MONEY_CHARGING)
        return ROOST_ERR_STATE;
    payment->ends = true;
    till_due(payment, 0);
    return 0;
}

/* ---- orders ---- */

static const char *bad_order(const struct till_order *order, const struct csms_prices *prices)
{
    if (order->amount <= prices->tariff.start_amount)
        return "amount: more than the start fee";
    if (order->amount < TILL_AMOUNT_MIN || order->amount > TILL_AMOUNT_MAX)
        return "amount: 1.00 to 1000.00";
    if (order->limit_wh < 0 || order->limit_wh > TILL_LIMIT_WH_MAX)
        return "energy: at most 1000 kWh";
    if (order->limit_s < 0 || order->limit_s > TILL_LIMIT_S_MAX)
        return "minutes: at most 1440";
    return NULL;
}

bool till_is_in_use(const struct csms *csms, const char *identity, int32_t place)
{
    const struct csms_charger *charger = csms_charger_find(csms, identity);
    size_t unpaid = 0;

    if (charger && (size_t)place < charger->connector_count && charger->connectors[place].tx)
        return true;
    for (const struct till_payment *at = csms->till->first; at; at = at->next) {
        if (strcmp(at->row.identity, identity) != 0 || at->row.connector != place)
            continue;
        if (at->row.state == MONEY_PAID || at->row.state == MONEY_CHARGING)
            return true;
        unpaid += at->row.state == MONEY_NEW || at->row.state == MONEY_BEGUN;
    }
    return unpaid >= TILL_PLACE_MAX;
}

/* 128 bits of id; of the tag 85, in letters that are read without doubt. */
static void draw_names(const struct csms *csms, struct money_payment *row)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    const struct host_clock *clock = csms->parts.clock;
    uint8_t id[(MONEY_ID_BYTES - 1) / 2], tag[MONEY_TAG_BYTES - 4];

    clock->ops->random(clock->ctx, id, sizeof id);
    clock->ops->random(clock->ctx, tag, sizeof tag);
    roost_hex_write(row->id, id, sizeof id);
    memcpy(row->id_tag, TILL_TAG_BEGIN, 3);
    for (size_t i = 0; i < sizeof tag; i++)
        row->id_tag[3 + i] = letters[tag[i] % 32];
}

static int store_order(struct csms *csms, const struct money_payment *row,
                       const struct csms_prices *prices)
{
    const struct money_store *store = till_parts(csms)->store;
    char text[CSMS_PRICES_BYTES];
    int err = csms_prices_text(prices, text, sizeof text);

    /* The prices first: a payment never stands there without what it was made for. */
    if (err == 0)
        err = store->ops->text_put(store->ctx, MONEY_TEXT_PRICES, row->id, text);
    if (err == 0)
        err = store->ops->add(store->ctx, row);
    return err;
}

int till_order(struct csms *csms, const struct till_order *order, char id[MONEY_ID_BYTES],
               const char **why)
{
    const struct csms_prices *prices = csms_prices_for(csms, order->identity, order->connector);

    *why = NULL;
    if (!till_is_served(csms) || csms->stopping)
        return ROOST_ERR_CLOSED;
    if (!prices)
        return ROOST_ERR_NOT_FOUND;
    *why = bad_order(order, prices);
    if (*why)
        return ROOST_ERR_RANGE;
    if (csms->till->count >= TILL_OPEN_MAX) {
        metric_add(csms->till->full, 1);
        return ROOST_ERR_FULL;
    }
    if (till_is_in_use(csms, order->identity, order->connector))
        return ROOST_ERR_BUSY;
    struct money_payment row = {.connector = order->connector,
                                .limit_wh = order->limit_wh,
                                .limit_s = order->limit_s,
                                .amount = order->amount,
                                .made_ms = csms_unix_ms(csms)};
    row.changed_ms = row.made_ms;
    memcpy(row.currency, prices->tariff.currency, sizeof row.currency);
    snprintf(row.identity, sizeof row.identity, "%s", order->identity);
    draw_names(csms, &row);
    int err = store_order(csms, &row, prices);
    if (err < 0)
        return err;
    if (!take_in(csms->till, &row))
        return ROOST_ERR_NO_MEMORY; /* it is in the store: gone on with at the next start */
    memcpy(id, row.id, MONEY_ID_BYTES);
    return 0;
}

/* ---- links, looks ---- */

static int with_origin(const struct csms *csms, const struct pay_link *link, char *out, size_t size)
{
    const struct csms_till_parts *parts = till_parts(csms);
    char text[PAY_LINK_BYTES];

    if (!parts || !parts->link_key)
        return ROOST_ERR_CLOSED;
    int err = pay_link_write(parts->link_key, link, text);
    if (err < 0)
        return err;
    int len = snprintf(out, size, "%s/pay/%s", parts->origin ? parts->origin : "", text);
    return len < 0 || (size_t)len >= size ? ROOST_ERR_TOO_LONG : 0;
}

int till_link(const struct csms *csms, const char *identity, int32_t connector, int64_t expires_s,
              char *out, size_t size)
{
    struct pay_link link = {.kind = PAY_LINK_PLACE, .connector = connector, .expires_s = expires_s};

    snprintf(link.identity, sizeof link.identity, "%s", identity);
    return with_origin(csms, &link, out, size);
}

int till_payment_link(const struct csms *csms, const char *id, char *out, size_t size)
{
    struct pay_link link = {.kind = PAY_LINK_PAYMENT};

    snprintf(link.payment_id, sizeof link.payment_id, "%s", id);
    return with_origin(csms, &link, out, size);
}

static void look_at(const struct till_payment *payment, int64_t unix_ms, struct till_view *view)
{
    struct tariff_lines lines;

    view->row = payment->row;
    view->prices = payment->prices;
    view->has_prices = payment->has_prices;
    view->stopping = payment->ends;
    memcpy(view->url, payment->url, sizeof view->url);
    if (!payment->watched || payment->row.state != MONEY_CHARGING)
        return;
    till_lines(payment, &lines);
    view->live_wh = lines.energy_wh;
    view->live_amount = lines.total;
    view->live_s = unix_ms > payment->begun_ms ? (unix_ms - payment->begun_ms) / 1000 : 0;
}

int till_look(struct csms *csms, const char *id, struct till_view *view)
{
    struct till_payment *payment;
    bool open = till_find(csms, id) != NULL;
    int err = recall(csms, id, &payment);

    memset(view, 0, sizeof *view);
    if (err < 0)
        return err;
    look_at(payment, csms_unix_ms(csms), view);
    if (!open)
        let_go(payment);
    return 0;
}

/* ---- life ---- */

static int load_one(void *ctx, const struct money_payment *row)
{
    struct till_payment **list = ctx, *payment = calloc(1, sizeof *payment);

    if (!payment)
        return ROOST_ERR_NO_MEMORY;
    payment->row = *row;
    payment->next = *list;
    *list = payment;
    return 0;
}

static void register_metrics(struct till *till, struct metrics *metrics)
{
    for (int i = 0; i < MONEY_EVENTS; i++)
        till->events[i] = metrics_counter_of(metrics, "roost_csms_payment_events_total",
                                             "What happened to payments, once each", "event",
                                             money_event_name((enum money_event_kind)i));
    till->open = metrics_gauge(metrics, "roost_csms_payments_open",
                               "Payments that are not over, in memory", NULL);
    till->full = metrics_counter(metrics, "roost_csms_payment_orders_refused_total",
                                 "Orders refused because too many payments are open", NULL);
}

int till_open(struct csms *csms)
{
    const struct csms_till_parts *parts = till_parts(csms);

    if (!parts)
        return 0;
    csms->till = calloc(1, sizeof *csms->till);
    if (!csms->till)
        return ROOST_ERR_NO_MEMORY;
    csms->till->csms = csms;
    register_metrics(csms->till, csms->parts.metrics);
    int err =
        parts->store->ops->each(parts->store->ctx, MONEY_BOOK_OPEN, load_one, &csms->till->first);
    for (struct till_payment *at = csms->till->first; at; at = at->next) {
        at->till = csms->till;
        csms->till->count++;
        load_texts(at, parts->store);
    }
    metric_set(csms->till->open, (double)csms->till->count);
    if (err < 0)
        HOST_LOG(ROOST_LOG_ERROR, "csms", "open payments cannot be read", RF_ERR("error", err));
    return 0;
}

/* Everybody who was asked has answered by now. */
void till_free(struct csms *csms)
{
    while (csms->till && csms->till->first)
        let_go(csms->till->first);
    free(csms->till);
    csms->till = NULL;
}

uint64_t till_tick(struct csms *csms, uint64_t now_ms)
{
    struct till *till = csms->till;

    if (!till || csms->stopping || !till_parts(csms) || !till->first)
        return ROOST_NEVER;
    if (now_ms < till->due_ms)
        return till->due_ms;
    till->due_ms = ROOST_NEVER;
    for (struct till_payment *at = till->first, *next; at; at = next) {
        next = at->next;
        if (is_over(at) && !at->asking) {
            let_go(at);
            continue;
        }
        if (!at->asking && at->due_ms <= now_ms)
            till_act(at);
        if (!at->asking && at->due_ms < till->due_ms)
            till->due_ms = at->due_ms > now_ms ? at->due_ms : now_ms + 1;
    }
    return till->due_ms;
}
