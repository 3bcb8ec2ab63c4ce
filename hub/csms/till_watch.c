/* SPDX-License-Identifier: Apache-2.0 */
/* Payments' tags, their transactions as they are stored, and their limits. */
#include "hub/csms/till_internal.h"

/* ---- tags ---- */

static bool is_its_place(const struct till_payment *payment, const struct csms_call *call)
{
    return strcmp(payment->row.identity, call->charger->identity) == 0 &&
           (call->message != OCPP_MSG_StartTransaction ||
            payment->row.connector == call->connector);
}

/* One transaction: while it is paid, and not begun. */
static enum ocpp_word verdict_of(const struct till_payment *payment, const struct csms_call *call)
{
    if (call->message == OCPP_MSG_StopTransaction)
        return OCPP_Accepted;
    if (!is_its_place(payment, call))
        return OCPP_Blocked;
    if (payment->row.state == MONEY_CHARGING)
        return call->message == OCPP_MSG_Authorize ? OCPP_Accepted : OCPP_ConcurrentTx;
    return payment->row.state == MONEY_PAID ? OCPP_Accepted : OCPP_Blocked;
}

bool till_judge(const struct csms *csms, struct csms_call *call)
{
    const struct till_payment *payment = till_of_tag(csms, call->id_tag);

    if (!payment)
        return false;
    call->verdict = verdict_of(payment, call);
    /* A cache that keeps it for longer would start another one with it. */
    call->tag = (struct csms_tag){.expiry_ms = csms_unix_ms(csms) + TILL_START_S * 1000};
    call->tag_known = call->verdict == OCPP_Accepted;
    return true;
}

const struct csms_prices *till_prices(const struct csms *csms, const char *id_tag)
{
    const struct till_payment *payment = till_of_tag(csms, id_tag);

    return payment && payment->has_prices ? &payment->prices : NULL;
}

/* ---- what it uses ---- */

void till_watch(struct till_payment *payment, const struct csms_tx *tx)
{
    if (payment->watched || !payment->has_prices)
        return;
    payment->watched = true;
    payment->begun_ms = tx->started_ms;
    payment->begun_mwh = (int64_t)tx->meter_start_wh * 1000;
    tariff_bill_begin(&payment->bill, &payment->prices.tariff, &payment->prices.zone,
                      payment->begun_ms, payment->begun_mwh);
}

void till_lines(const struct till_payment *payment, struct tariff_lines *lines)
{
    tariff_bill_lines(&payment->bill, lines);
}

bool till_used_up(const struct till_payment *payment, int64_t unix_ms)
{
    const struct money_payment *row = &payment->row;
    struct tariff_lines lines;

    if (!payment->watched)
        return false;
    till_lines(payment, &lines);
    return lines.total >= row->amount ||
           (row->limit_wh > 0 && payment->bill.energy_mwh >= (int64_t)row->limit_wh * 1000) ||
           (row->limit_s > 0 && unix_ms - payment->begun_ms >= (int64_t)row->limit_s * 1000);
}

/* What is beyond all that a charger takes is no bound. */
static int32_t nearer(int64_t bound, int64_t most, int32_t limit)
{
    if (bound < 1)
        bound = 1; /* 0 would be none */
    if (limit > 0 && limit < bound)
        bound = limit;
    return bound <= most ? (int32_t)bound : 0;
}

void till_bounds(const struct till_payment *payment, int64_t unix_ms, int32_t *wh, int32_t *s)
{
    enum { ALLOWED_S_MAX = 7 * 86400 };
    const struct tariff *tariff = &payment->prices.tariff;
    const struct zone *zone = &payment->prices.zone;
    const struct tariff_part *part = tariff_part_at(tariff, zone, unix_ms);
    int64_t left = payment->row.amount - tariff->start_amount;
    int64_t most_s = INT32_MAX;

    if (part->minute_milli > 0)
        most_s = (left > 0 ? left : 0) * 1000 * 60 / part->minute_milli;
    *wh = nearer(tariff_wh_for(tariff, zone, unix_ms, payment->row.amount), TILL_LIMIT_WH_MAX,
                 payment->row.limit_wh);
    *s = nearer(most_s, ALLOWED_S_MAX, payment->row.limit_s);
}

/* ---- transactions ---- */

static void begins(struct till_payment *payment, const struct csms_tx *tx)
{
    (void)till_happens(payment, (struct money_event){.kind = MONEY_IS_STARTED, .tx_id = tx->id});
    till_watch(payment, tx);
    payment->looked = true;
    payment->relook_ms = csms_unix_ms(payment->till->csms) + TILL_RELOOK_MS;
}

void till_tx(struct csms *csms, const struct csms_tx *tx)
{
    struct till_payment *payment = tx->id_tag[0] ? till_of_tag(csms, tx->id_tag) : NULL;

    if (!payment || (payment->row.tx_id != 0 && payment->row.tx_id != tx->id))
        return;
    if (tx->verdict != OCPP_Accepted) {
        payment->ends =
            payment->ends || (tx->state == CSMS_TX_OPEN && payment->row.tx_id == tx->id);
        return;
    }
    if (payment->row.state == MONEY_PAID)
        begins(payment, tx);
    if (tx->state != CSMS_TX_OPEN)
        payment->looked = false; /* what it cost is read */
    till_due(payment, 0);
}

void till_metered(struct csms *csms, const struct csms_tx *tx, const struct csms_sample *sample)
{
    struct till_payment *payment = csms->till ? till_of_tag(csms, tx->id_tag) : NULL;
    int64_t mwh = payment && !sample->doubtful ? tariff_register_mwh(sample) : -1;

    if (mwh < 0 || !payment->watched || payment->row.tx_id != tx->id ||
        sample->at_ms <= payment->bill.at_ms)
        return;
    /* What cannot be is left to the price at the end: here it only must not stop the watching. */
    (void)tariff_bill_at(&payment->bill, sample->at_ms, mwh);
    till_due(payment, 0);
}
