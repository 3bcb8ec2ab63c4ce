/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/money/money.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* ---- names ---- */

const char *money_state_name(enum money_state state)
{
    static const char *const names[MONEY_STATES] = {
#define X(name, label) [MONEY_##name] = (label),
        MONEY_STATE_LIST(X)
#undef X
    };

    return (unsigned)state < MONEY_STATES ? names[state] : "";
}

const char *money_event_name(enum money_event_kind event)
{
    static const char *const names[MONEY_EVENTS] = {
#define X(name, label) [MONEY_IS_##name] = (label),
        MONEY_EVENT_LIST(X)
#undef X
    };

    return (unsigned)event < MONEY_EVENTS ? names[event] : "";
}

const char *money_account_name(enum money_account account)
{
    static const char *const names[MONEY_ACCOUNTS] = {
#define X(name, label) [MONEY_OF_##name] = (label),
        MONEY_ACCOUNT_LIST(X)
#undef X
    };

    return (unsigned)account < MONEY_ACCOUNTS ? names[account] : "";
}

/* ---- the table ---- */

enum effect {
    WRONG = 0, /* cannot be: a person should know */
    KNOWN,     /* changes nothing */
    TAKE_REFERENCE,
    GIVE_UP,    /* nothing was taken */
    TAKE_MONEY, /* and charge */
    TAKE_BACK,  /* money that came when it was given up: all of it goes back */
    BEGIN_TX,
    STOP_LATE, /* it runs, and its money is on the way back */
    GIVE_BACK, /* all of it */
    SETTLE,
    HOLD,
    FINISH
};

/* A provider says what it has to say more than once, and a charger may say Start and Stop at once
 * after a long time alone: so Ended may come before anybody saw Started. */
static const uint8_t table[MONEY_STATES][MONEY_EVENTS] = {
    [MONEY_NEW] = {[MONEY_IS_BEGUN] = TAKE_REFERENCE,
                   [MONEY_IS_FAILED] = GIVE_UP,
                   [MONEY_IS_PAID] = TAKE_MONEY}, /* its word was quicker than its answer */
    [MONEY_BEGUN] =
        {[MONEY_IS_BEGUN] = KNOWN, [MONEY_IS_FAILED] = GIVE_UP, [MONEY_IS_PAID] = TAKE_MONEY},
    [MONEY_UNPAID] = {[MONEY_IS_BEGUN] = KNOWN,
                      [MONEY_IS_FAILED] = KNOWN,
                      [MONEY_IS_PAID] = TAKE_BACK,
                      [MONEY_IS_NOT_STARTED] = KNOWN},
    [MONEY_PAID] = {[MONEY_IS_BEGUN] = KNOWN,
                    [MONEY_IS_PAID] = KNOWN,
                    [MONEY_IS_STARTED] = BEGIN_TX,
                    [MONEY_IS_NOT_STARTED] = GIVE_BACK,
                    [MONEY_IS_ENDED] = SETTLE,
                    [MONEY_IS_DOUBTFUL] = HOLD},
    [MONEY_CHARGING] = {[MONEY_IS_BEGUN] = KNOWN,
                        [MONEY_IS_PAID] = KNOWN,
                        [MONEY_IS_STARTED] = KNOWN,
                        [MONEY_IS_NOT_STARTED] = KNOWN, /* it has, after all */
                        [MONEY_IS_ENDED] = SETTLE,
                        [MONEY_IS_DOUBTFUL] = HOLD},
    [MONEY_HELD] = {[MONEY_IS_BEGUN] = KNOWN,
                    [MONEY_IS_PAID] = KNOWN,
                    [MONEY_IS_STARTED] = KNOWN,
                    [MONEY_IS_NOT_STARTED] = KNOWN,
                    [MONEY_IS_ENDED] = KNOWN,
                    [MONEY_IS_DOUBTFUL] = KNOWN,
                    [MONEY_IS_DECIDED] = SETTLE},
    [MONEY_REFUNDING] = {[MONEY_IS_BEGUN] = KNOWN,
                         [MONEY_IS_PAID] = KNOWN,
                         [MONEY_IS_STARTED] = STOP_LATE,
                         [MONEY_IS_NOT_STARTED] = KNOWN,
                         [MONEY_IS_ENDED] = KNOWN,
                         [MONEY_IS_DOUBTFUL] = KNOWN,
                         [MONEY_IS_REFUNDED] = FINISH},
    [MONEY_DONE] = {[MONEY_IS_BEGUN] = KNOWN,
                    [MONEY_IS_PAID] = KNOWN,
                    [MONEY_IS_STARTED] = STOP_LATE,
                    [MONEY_IS_NOT_STARTED] = KNOWN,
                    [MONEY_IS_ENDED] = KNOWN,
                    [MONEY_IS_DOUBTFUL] = KNOWN,
                    [MONEY_IS_DECIDED] = KNOWN,
                    [MONEY_IS_REFUNDED] = KNOWN},
};

/* ---- the ledger ---- */

static void enter(struct money_step *step, const struct money_event *event,
                  enum money_account account, int64_t amount)
{
    if (amount == 0)
        return;
    struct money_entry *entry = &step->entries[step->entry_count++];
    *entry = (struct money_entry){.number = step->payment.entries++,
                                  .event = event->kind,
                                  .account = account,
                                  .amount = amount,
                                  .at_ms = event->at_ms};
    memcpy(entry->payment_id, step->payment.id, sizeof entry->payment_id);
}

static void move(struct money_step *step, const struct money_event *event, enum money_account from,
                 enum money_account to, int64_t amount)
{
    enter(step, event, from, -amount);
    enter(step, event, to, amount);
}

/* ---- what happens ---- */

static void take_money(struct money_step *step, const struct money_event *event)
{
    step->payment.amount = event->amount;
    step->payment.fee_amount = event->fee;
    move(step, event, MONEY_OF_RESERVED, MONEY_OF_PROVIDER, event->amount);
    move(step, event, MONEY_OF_PROVIDER, MONEY_OF_FEES, event->fee);
}

/* Of what was paid, `price` was used. */
static void settle(struct money_step *step, const struct money_event *event, int64_t price)
{
    struct money_payment *payment = &step->payment;

    payment->used_amount = price < payment->amount ? price : payment->amount;
    payment->over_amount = price - payment->used_amount;
    payment->refund_amount = payment->amount - payment->used_amount;
    move(step, event, MONEY_OF_USED, MONEY_OF_RESERVED, payment->used_amount);
    move(step, event, MONEY_OF_REFUNDS, MONEY_OF_RESERVED, payment->refund_amount);
    payment->state = payment->refund_amount > 0 ? MONEY_REFUNDING : MONEY_DONE;
}

static bool is_amount(int64_t amount)
{
    return amount >= 0 && amount <= MONEY_AMOUNT_MAX;
}

static bool is_event(const struct money_event *event)
{
    if (event->kind == MONEY_IS_PAID)
        return event->amount > 0 && is_amount(event->amount) && event->fee >= 0 &&
               event->fee <= event->amount;
    if (event->kind == MONEY_IS_ENDED || event->kind == MONEY_IS_DECIDED)
        return is_amount(event->amount);
    return event->kind != MONEY_IS_BEGUN ||
           (event->reference && strlen(event->reference) < MONEY_REFERENCE_BYTES);
}

static void apply(struct money_step *step, const struct money_event *event, enum effect effect)
{
    struct money_payment *payment = &step->payment;

    if (event->tx_id != 0 && payment->tx_id == 0)
        payment->tx_id = event->tx_id;
    switch (effect) {
    case WRONG:
    case KNOWN:
        break;
    case TAKE_REFERENCE:
        snprintf(payment->reference, sizeof payment->reference, "%s", event->reference);
        payment->state = MONEY_BEGUN;
        break;
    case GIVE_UP:
        payment->state = MONEY_UNPAID;
        break;
    case TAKE_MONEY:
        take_money(step, event);
        payment->state = MONEY_PAID;
        break;
    case TAKE_BACK:
        take_money(step, event);
        settle(step, event, 0);
        break;
    case BEGIN_TX:
        payment->state = MONEY_CHARGING;
        break;
    case STOP_LATE:
        break;
    case GIVE_BACK:
        settle(step, event, 0);
        break;
    case SETTLE:
        settle(step, event, event->amount);
        break;
    case HOLD:
        payment->state = MONEY_HELD;
        break;
    case FINISH:
        move(step, event, MONEY_OF_PROVIDER, MONEY_OF_REFUNDS, payment->refund_amount);
        payment->state = MONEY_DONE;
        break;
    }
}

int money_happens(const struct money_payment *payment, const struct money_event *event,
                  struct money_step *step)
{
    if ((unsigned)payment->state >= MONEY_STATES || (unsigned)event->kind >= MONEY_EVENTS)
        return ROOST_ERR_STATE;
    enum effect effect = (enum effect)table[payment->state][event->kind];
    if (effect == WRONG)
        return ROOST_ERR_STATE;
    if (effect == KNOWN)
        return 1;
    if (!is_event(event))
        return ROOST_ERR_RANGE;
    memset(step, 0, sizeof *step);
    step->payment = *payment;
    step->payment.changed_ms = event->at_ms;
    apply(step, event, effect);
    step->action = effect == STOP_LATE ? MONEY_REVOKE : money_resume(&step->payment);
    return 0;
}

enum money_action money_resume(const struct money_payment *payment)
{
    static const uint8_t actions[MONEY_STATES] = {
        [MONEY_NEW] = MONEY_ASK_PROVIDER, [MONEY_BEGUN] = MONEY_NOTHING,
        [MONEY_UNPAID] = MONEY_NOTHING,   [MONEY_PAID] = MONEY_START,
        [MONEY_CHARGING] = MONEY_NOTHING, [MONEY_HELD] = MONEY_REVOKE,
        [MONEY_REFUNDING] = MONEY_REFUND, [MONEY_DONE] = MONEY_REVOKE,
    };

    return (enum money_action)actions[payment->state];
}

/* ---- does it add up ---- */

void money_sum(struct money_sums *sums, const struct money_entry *entry)
{
    if ((unsigned)entry->account < MONEY_ACCOUNTS)
        sums->of[entry->account] += entry->amount;
}

void money_expect(const struct money_payment *payment, struct money_sums *sums)
{
    int64_t *of = sums->of;

    memset(sums, 0, sizeof *sums);
    if (payment->state == MONEY_NEW || payment->state == MONEY_BEGUN ||
        payment->state == MONEY_UNPAID)
        return;
    of[MONEY_OF_FEES] = payment->fee_amount;
    of[MONEY_OF_PROVIDER] = payment->amount - payment->fee_amount;
    of[MONEY_OF_USED] = -payment->used_amount;
    if (payment->state == MONEY_REFUNDING)
        of[MONEY_OF_REFUNDS] = -payment->refund_amount;
    else if (payment->state == MONEY_DONE)
        of[MONEY_OF_PROVIDER] -= payment->refund_amount;
    else
        of[MONEY_OF_RESERVED] = -payment->amount;
}

size_t money_check(const struct money_payment *payment, const struct money_entry *entries,
                   size_t count, struct money_difference *out, size_t room)
{
    struct money_sums found = {{0}}, expected;
    struct money_difference difference = {.unbalanced = true};
    size_t differences = 0;

    memcpy(difference.payment_id, payment->id, sizeof difference.payment_id);
    for (size_t i = 0; i < count; i++) {
        money_sum(&found, &entries[i]);
        difference.found += entries[i].amount;
    }
    if (difference.found != 0 && differences++ < room)
        *out++ = difference;
    money_expect(payment, &expected);
    difference.unbalanced = false;
    for (int i = 0; i < MONEY_ACCOUNTS; i++) {
        difference.account = (enum money_account)i;
        difference.expected = expected.of[i];
        difference.found = found.of[i];
        if (expected.of[i] != found.of[i] && differences++ < room)
            *out++ = difference;
    }
    return differences;
}
