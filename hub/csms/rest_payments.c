/* SPDX-License-Identifier: Apache-2.0 */
/* Payments and their ledger, for people. Answered at once: payments are few, and their file is read
 * on the hub's thread. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"
#include "hub/csms/till.h"

static const struct money_store *store_of(const struct csms *csms, struct http_exchange *exchange)
{
    if (csms->with && csms->with->till)
        return csms->with->till->store;
    http_fail(exchange, 503, "not_served", "no payments are kept here");
    return NULL;
}

/* ---- one, as JSON ---- */

static void put_limit(struct roost_json_writer *w, const char *key, int64_t value)
{
    if (value > 0)
        roost_json_put_int(w, key, value);
    else
        roost_json_put_null(w, key);
}

void rest_write_payment(struct roost_json_writer *w, const struct money_payment *payment)
{
    roost_json_put_str(w, "payment_id", payment->id);
    roost_json_put_str(w, "state", money_state_name(payment->state));
    roost_json_put_str(w, "identity", payment->identity);
    roost_json_put_int(w, "connector_id", payment->connector);
    put_limit(w, "transaction_id", payment->tx_id);
    roost_json_put_str(w, "reference", payment->reference[0] ? payment->reference : NULL);
    roost_json_put_str(w, "currency", payment->currency);
    put_limit(w, "limit_wh", payment->limit_wh);
    put_limit(w, "limit_s", payment->limit_s);
    roost_json_put_int(w, "amount", payment->amount);
    roost_json_put_int(w, "used_amount", payment->used_amount);
    roost_json_put_int(w, "refund_amount", payment->refund_amount);
    roost_json_put_int(w, "over_amount", payment->over_amount);
    roost_json_put_int(w, "fee_amount", payment->fee_amount);
    roost_json_put_int(w, "made_at_ms", payment->made_ms);
    roost_json_put_int(w, "changed_at_ms", payment->changed_ms);
}

/* ---- list ---- */

struct listed {
    const struct money_store *store;
    struct money_query query;
    struct roost_json_writer *w;
    uint32_t count, most;
    int err;
};

static int write_listed(void *ctx, const struct money_payment *payment)
{
    struct listed *listed = ctx;

    if (listed->count++ == listed->most)
        return 1;
    roost_json_object(listed->w);
    rest_write_payment(listed->w, payment);
    roost_json_end(listed->w);
    return 0;
}

static void write_list(struct roost_json_writer *w, const void *ctx)
{
    struct listed listed = *(const struct listed *)ctx;

    listed.w = w;
    roost_json_object(w);
    roost_json_put_array(w, "payments");
    int err = listed.store->ops->list(listed.store->ctx, &listed.query, write_listed, &listed);
    roost_json_end(w);
    roost_json_put_bool(w, "more", listed.count > listed.most);
    roost_json_end(w);
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "payments cannot be read", RF_ERR("error", err));
}

static int take_states(const struct http_request *request, uint32_t *bits,
                       struct http_exchange *exchange)
{
    const char *word = http_query(request, "state");

    for (unsigned i = 0; word && i < MONEY_STATES; i++)
        if (strcmp(word, money_state_name((enum money_state)i)) == 0)
            *bits = 1U << i;
    if (!word || *bits)
        return 0;
    return rest_refuse(exchange,
                       "state: new, begun, unpaid, paid, charging, held, refunding or done");
}

void payments_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct listed listed = {.store = store_of(ctx, exchange)};
    struct money_query *query = &listed.query;

    query->identity = http_query(request, "identity");
    query->after = http_query(request, "after");
    if (!listed.store || take_states(request, &query->states, exchange) < 0 ||
        query_int(request, "before", 1, INT64_C(253402300799999), &query->before_ms, exchange) <
            0 ||
        rest_limit(request, 1000, &listed.most, exchange) < 0)
        return;
    if (query->identity && strlen(query->identity) > CSMS_IDENTITY_MAX) {
        (void)rest_refuse(exchange, "identity: 1 to 48 bytes");
        return;
    }
    if (query->after && strlen(query->after) >= MONEY_ID_BYTES) {
        (void)rest_refuse(exchange, "after: a payment_id, 32 characters");
        return;
    }
    query->limit = listed.most + 1;
    rest_answer(exchange, 200, write_list, &listed);
}

/* ---- one ---- */

static int write_entry(void *ctx, const struct money_entry *entry)
{
    struct roost_json_writer *w = ctx;

    roost_json_object(w);
    roost_json_put_uint(w, "number", entry->number);
    roost_json_put_str(w, "event", money_event_name(entry->event));
    roost_json_put_str(w, "account", money_account_name(entry->account));
    roost_json_put_int(w, "amount", entry->amount);
    roost_json_put_int(w, "at_ms", entry->at_ms);
    roost_json_end(w);
    return 0;
}

struct shown {
    const struct money_store *store;
    struct money_payment payment;
};

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct shown *shown = ctx;
    const struct money_store *store = shown->store;
    char prices[CSMS_PRICES_BYTES];

    roost_json_object(w);
    rest_write_payment(w, &shown->payment);
    if (store->ops->text_get(store->ctx, MONEY_TEXT_PRICES, shown->payment.id, prices,
                             sizeof prices) == 0)
        roost_json_put_raw(w, "tariff", prices, strlen(prices));
    else
        roost_json_put_null(w, "tariff");
    roost_json_put_array(w, "entries");
    (void)store->ops->entries(store->ctx, shown->payment.id, write_entry, w);
    roost_json_end(w);
    roost_json_end(w);
}

void payments_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct shown shown = {.store = store_of(ctx, exchange)};
    const char *id = http_param(request, "payment_id");

    if (!shown.store)
        return;
    int err = id && strlen(id) < MONEY_ID_BYTES
                  ? shown.store->ops->get(shown.store->ctx, id, &shown.payment)
                  : ROOST_ERR_NOT_FOUND;
    if (err < 0)
        answer_registry_err(exchange, err, "the payment");
    else
        rest_answer(exchange, 200, write_one, &shown);
}

/* ---- does it add up ---- */

struct checked {
    struct money_sums sums;
    struct money_difference *differences;
    size_t count, room;
};

static void keep_difference(void *ctx, const struct money_difference *difference)
{
    struct checked *checked = ctx;

    if (checked->count < checked->room)
        checked->differences[checked->count] = *difference;
    checked->count++;
}

static void write_check(struct roost_json_writer *w, const void *ctx)
{
    const struct checked *checked = ctx;
    size_t shown = checked->count < checked->room ? checked->count : checked->room;

    roost_json_object(w);
    roost_json_put_bool(w, "adds_up", checked->count == 0);
    roost_json_put_object(w, "accounts");
    for (int i = 0; i < MONEY_ACCOUNTS; i++)
        roost_json_put_int(w, money_account_name((enum money_account)i), checked->sums.of[i]);
    roost_json_end(w);
    roost_json_put_uint(w, "difference_count", checked->count);
    roost_json_put_array(w, "differences");
    for (size_t i = 0; i < shown; i++) {
        const struct money_difference *at = &checked->differences[i];
        roost_json_object(w);
        roost_json_put_str(w, "payment_id", at->payment_id);
        roost_json_put_str(w, "account", at->unbalanced ? NULL : money_account_name(at->account));
        roost_json_put_int(w, "expected", at->expected);
        roost_json_put_int(w, "found", at->found);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_end(w);
}

void payments_check(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    enum { SHOWN_MAX = 1000 };
    const struct money_store *store = store_of(ctx, exchange);
    struct checked checked = {.room = SHOWN_MAX};

    (void)request;
    if (!store)
        return;
    checked.differences = calloc(SHOWN_MAX, sizeof *checked.differences);
    int err = checked.differences
                  ? store->ops->check(store->ctx, &checked.sums, keep_difference, &checked)
                  : ROOST_ERR_NO_MEMORY;
    if (err < 0)
        answer_registry_err(exchange, err, "the ledger");
    else
        rest_answer(exchange, 200, write_check, &checked);
    free(checked.differences);
}
