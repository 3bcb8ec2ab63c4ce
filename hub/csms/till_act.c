/* SPDX-License-Identifier: Apache-2.0 */
/* What is done about a payment, by its state. Each is asked of somebody who may be asked again. */
#include <stdio.h>

#include "hub/csms/cost.h"
#include "hub/csms/till_internal.h"

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

/* Until `seconds` after a time are over; 0: they are. */
static uint64_t left_ms(const struct till_payment *payment, int64_t since_ms, uint32_t seconds)
{
    int64_t passed_ms = csms_unix_ms(payment->till->csms) - since_ms;
    int64_t whole_ms = (int64_t)seconds * 1000;

    /* A clock that was set back does not make it longer. */
    if (passed_ms < 0)
        passed_ms = 0;
    return passed_ms < whole_ms ? (uint64_t)(whole_ms - passed_ms) : 0;
}

/* Of an event; what could not be stored is tried again. */
static void went(struct till_payment *payment, int err)
{
    if (err < 0)
        till_again(payment);
    else if (err > 0)
        till_due(payment, 0);
}

/* `err` below 0: nobody could be asked, and nobody will answer. */
static void asked(struct till_payment *payment, int err)
{
    if (err >= 0)
        return;
    payment->asking = false;
    till_again(payment);
}

static void fails(struct till_payment *payment, enum money_event_kind kind)
{
    went(payment, till_happens(payment, (struct money_event){.kind = kind}));
}

/* ---- the provider ---- */

static int keep_url(struct till_payment *payment, const char *url)
{
    const struct money_store *store = till_parts(payment->till->csms)->store;
    int err = store->ops->text_put(store->ctx, MONEY_TEXT_URL, payment->row.id, url);

    if (err == 0)
        snprintf(payment->url, sizeof payment->url, "%s", url);
    return err;
}

static void on_begun(void *arg, int err, const char *reference, const char *url)
{
    struct till_payment *payment = arg;

    if (!till_is_answered(payment))
        return;
    if (err == ROOST_ERR_REFUSED) {
        fails(payment, MONEY_IS_FAILED);
        return;
    }
    if (err == 0)
        err = keep_url(payment, url);
    if (err == 0)
        err = till_happens(payment,
                           (struct money_event){.kind = MONEY_IS_BEGUN, .reference = reference});
    went(payment, err);
}

static void ask_provider(struct till_payment *payment)
{
    const struct csms *csms = payment->till->csms;
    const struct csms_till_parts *parts = till_parts(csms);
    char back[MONEY_URL_BYTES], notices[MONEY_URL_BYTES], what[96];

    if (left_ms(payment, payment->row.made_ms, or_else(parts->pay_s, TILL_PAY_S)) == 0) {
        fails(payment, MONEY_IS_FAILED);
        return;
    }
    snprintf(what, sizeof what, "Charging at %s, connector %d", payment->row.identity,
             (int)payment->row.connector);
    snprintf(notices, sizeof notices, "%s/pay/notices", parts->origin);
    int err = parts->provider ? till_payment_link(csms, payment->row.id, back, sizeof back)
                              : ROOST_ERR_CLOSED;
    const struct money_order order = {.payment_id = payment->row.id,
                                      .amount = payment->row.amount,
                                      .currency = payment->row.currency,
                                      .description = what,
                                      .return_url = back,
                                      .notice_url = notices};
    payment->asking = true;
    if (err == 0)
        err = parts->provider->ops->begin(parts->provider->ctx, &order, on_begun, payment);
    asked(payment, err);
}

static void on_refunded(void *arg, int err)
{
    struct till_payment *payment = arg;

    if (!till_is_answered(payment))
        return;
    if (err == 0)
        fails(payment, MONEY_IS_REFUNDED);
    else
        till_again(payment); /* asked again, too, where a notice is to come and does not */
}

static void ask_refund(struct till_payment *payment)
{
    const struct money_provider *provider = till_parts(payment->till->csms)->provider;
    const struct money_refund refund = {.payment_id = payment->row.id,
                                        .reference = payment->row.reference,
                                        .currency = payment->row.currency,
                                        .amount = payment->row.refund_amount};

    payment->asking = true;
    asked(payment, provider ? provider->ops->refund(provider->ctx, &refund, on_refunded, payment)
                            : ROOST_ERR_CLOSED);
}

/* ---- the charger ---- */

/* Somebody stands there and waits: not much later, and not past the time that it has. */
static void start_again(struct till_payment *payment)
{
    uint32_t start_s = or_else(till_parts(payment->till->csms)->start_s, TILL_START_S);
    uint64_t left = left_ms(payment, payment->row.changed_ms, start_s);

    till_again(payment);
    if (left > TILL_AGAIN_MS)
        left = TILL_AGAIN_MS;
    if (payment->due_ms > csms_now_ms(payment->till->csms) + left)
        till_due(payment, left);
}

static int ask_charger(struct till_payment *payment, struct csms_ask *ask)
{
    ask->ctx = payment;
    payment->asking = true;
    return csms_ask(payment->till->csms, payment->row.identity, ask);
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct till_payment *payment = ctx;

    if (value->field == OCPP_status && value->kind == OCPP_KIND_WORD)
        payment->allowed = value->number == OCPP_Accepted;
    return 0;
}

/* Accepted: its Start should follow; when it does not, it is asked again. */
static void on_start_asked(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                           const char *text)
{
    struct till_payment *payment = ctx;
    bool accepted = outcome == CSMS_ANSWERED && payment->allowed;

    (void)error;
    (void)text;
    payment->allowed = false;
    if (!till_is_answered(payment) || payment->row.state != MONEY_PAID)
        return;
    if (accepted)
        payment->tries = 8; /* its Start should come now */
    start_again(payment);
}

static int write_start(void *ctx, struct ocpp_writer *w)
{
    const struct till_payment *payment = ctx;

    ocpp_put_int(w, OCPP_connectorId, payment->row.connector);
    ocpp_put_text(w, OCPP_idTag, payment->row.id_tag);
    return 0;
}

static void ask_start(struct till_payment *payment)
{
    struct csms_ask ask = {.message = OCPP_MSG_RemoteStartTransaction,
                           .write = write_start,
                           .take = take_status,
                           .done = on_start_asked};

    payment->allowed = false;
    asked(payment, ask_charger(payment, &ask));
}

/* Whoever knows no allowance charges all the same, and the hub alone keeps the limit. */
static void on_allowance_told(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                              const char *text)
{
    struct till_payment *payment = ctx;
    bool heard = outcome == CSMS_ANSWERED || outcome == CSMS_CALLERROR;

    (void)error;
    (void)text;
    if (!till_is_answered(payment) || payment->row.state != MONEY_PAID)
        return;
    if (heard)
        ask_start(payment);
    else
        start_again(payment);
}

static int write_allowance(void *ctx, struct ocpp_writer *w)
{
    const struct till_payment *payment = ctx;
    struct roost_json_writer data;
    char text[160];
    int32_t wh, s;

    till_bounds(payment, csms_unix_ms(payment->till->csms), &wh, &s);
    roost_json_begin(&data, text, sizeof text - 1);
    roost_json_object(&data);
    roost_json_put_int(&data, "connectorId", payment->row.connector);
    roost_json_put_str(&data, "idTag", payment->row.id_tag);
    roost_json_put_int(&data, "wh", wh);
    roost_json_put_int(&data, "s", s);
    roost_json_end(&data);
    int len = roost_json_finish(&data);
    if (len < 0)
        return ROOST_ERR_INTERNAL;
    text[len] = '\0';
    ocpp_put_text(w, OCPP_vendorId, "Roost");
    ocpp_put_text(w, OCPP_messageId, "Allowance");
    ocpp_put_text(w, OCPP_data, text);
    return 0;
}

static void tell_allowance(struct till_payment *payment)
{
    struct csms_ask ask = {
        .message = OCPP_MSG_DataTransfer, .write = write_allowance, .done = on_allowance_told};

    asked(payment, ask_charger(payment, &ask));
}

static int write_stop(void *ctx, struct ocpp_writer *w)
{
    const struct till_payment *payment = ctx;

    ocpp_put_int(w, OCPP_transactionId, payment->row.tx_id);
    return 0;
}

static void on_stop_asked(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                          const char *text)
{
    struct till_payment *payment = ctx;

    (void)outcome;
    (void)error;
    (void)text;
    /* Its Stop is what counts; until that is there it is asked again. */
    if (!till_is_answered(payment))
        return;
    if (payment->row.state == MONEY_CHARGING)
        till_due(payment, payment->looked ? TILL_AGAIN_MS : 0);
    else
        till_due(payment, 0);
}

static void ask_stop(struct till_payment *payment)
{
    struct csms_ask ask = {
        .message = OCPP_MSG_RemoteStopTransaction, .write = write_stop, .done = on_stop_asked};

    if (payment->row.state != MONEY_CHARGING)
        payment->ends = false; /* once: money on its way back does not wait for a charger */
    asked(payment, ask_charger(payment, &ask));
}

/* ---- the book ---- */

static void ended(struct till_payment *payment, const struct cost *cost)
{
    struct money_event event = {.kind = MONEY_IS_DOUBTFUL, .tx_id = cost->tx->id};

    if (cost->state == COST_FINAL && cost->lines.total <= MONEY_AMOUNT_MAX) {
        event.kind = MONEY_IS_ENDED;
        event.amount = cost->lines.total;
    }
    went(payment, till_happens(payment, event));
}

static void on_cost(void *arg, const struct cost *cost)
{
    struct till_payment *payment = arg;

    if (!till_is_answered(payment))
        return;
    if (cost->err < 0) {
        till_again(payment);
    } else if (cost->tx->state == CSMS_TX_OPEN) {
        till_watch(payment, cost->tx);
        payment->looked = true;
        payment->relook_ms = csms_unix_ms(payment->till->csms) + TILL_RELOOK_MS;
        till_due(payment, 0);
    } else {
        ended(payment, cost);
    }
}

static void read_cost(struct till_payment *payment)
{
    payment->asking = true;
    asked(payment, cost_ask(payment->till->csms, payment->row.tx_id, on_cost, payment));
}

/* After a start: whether its tag has begun a transaction that this desk did not hear of. */
static void on_looked(void *arg, int err, const struct csms_desk_found *found)
{
    struct till_payment *payment = arg;
    const struct csms_tx *tx = NULL;

    if (!till_is_answered(payment))
        return;
    if (err < 0) {
        till_again(payment);
        return;
    }
    for (size_t i = 0; i < found->tx_count; i++)
        if (found->txs[i].verdict == OCPP_Accepted)
            tx = &found->txs[i];
    payment->looked = true;
    till_due(payment, 0);
    if (tx)
        till_tx(payment->till->csms, tx);
}

static void look(struct till_payment *payment)
{
    const struct csms_desk *desk = payment->till->csms->with->desk;
    const struct csms_desk_query query = {
        .what = CSMS_DESK_TXS, .id_tag = payment->row.id_tag, .limit = 16};

    payment->asking = true;
    asked(payment,
          desk ? desk->ops->read(desk->ctx, &query, on_looked, payment) : ROOST_ERR_CLOSED);
}

/* ---- by state ---- */

static void act_on_begun(struct till_payment *payment)
{
    uint32_t pay_s = or_else(till_parts(payment->till->csms)->pay_s, TILL_PAY_S);
    uint64_t left = left_ms(payment, payment->row.made_ms, pay_s);

    if (left == 0)
        fails(payment, MONEY_IS_FAILED);
    else
        till_due(payment, left);
}

/* Two have paid for one connector at once: the first has it, and the other may have it next. */
static bool is_behind(const struct till_payment *payment)
{
    const struct money_payment *row = &payment->row;

    for (const struct till_payment *at = payment->till->first; at; at = at->next) {
        if (at == payment || at->row.connector != row->connector ||
            strcmp(at->row.identity, row->identity) != 0)
            continue;
        bool earlier = at->row.changed_ms != row->changed_ms ? at->row.changed_ms < row->changed_ms
                                                             : strcmp(at->row.id, row->id) < 0;
        if (at->row.state == MONEY_CHARGING || (at->row.state == MONEY_PAID && earlier))
            return true;
    }
    return false;
}

static void act_on_paid(struct till_payment *payment)
{
    struct csms *csms = payment->till->csms;
    uint32_t start_s = or_else(till_parts(csms)->start_s, TILL_START_S);
    struct csms_view view = {.online = false};
    uint64_t left = left_ms(payment, payment->row.changed_ms, start_s);

    if (!payment->looked)
        look(payment);
    else if (left == 0)
        fails(payment, MONEY_IS_NOT_STARTED);
    else if (!csms_look(csms, payment->row.identity, &view) || !view.online || !view.accepted ||
             is_behind(payment))
        till_due(payment, left < TILL_RETRY_MS ? left : TILL_RETRY_MS);
    else
        tell_allowance(payment);
}

static void act_on_charging(struct till_payment *payment)
{
    enum { LOOK_MS = 1000 };
    int64_t unix_ms = csms_unix_ms(payment->till->csms);

    if (!payment->looked || unix_ms > payment->relook_ms)
        read_cost(payment);
    else if (payment->ends || till_used_up(payment, unix_ms))
        ask_stop(payment);
    else
        till_due(payment, LOOK_MS);
}

void till_act(struct till_payment *payment)
{
    switch (payment->row.state) {
    case MONEY_NEW:
        ask_provider(payment);
        break;
    case MONEY_BEGUN:
        act_on_begun(payment);
        break;
    case MONEY_PAID:
        act_on_paid(payment);
        break;
    case MONEY_CHARGING:
        act_on_charging(payment);
        break;
    case MONEY_REFUNDING:
        if (payment->ends)
            ask_stop(payment);
        else
            ask_refund(payment);
        break;
    case MONEY_HELD:
    case MONEY_UNPAID:
    case MONEY_DONE:
    case MONEY_STATES:
        payment->due_ms = ROOST_NEVER;
        break;
    }
}
