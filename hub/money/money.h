/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payment before charging, from the link to the last cent, and the ledger that it leaves. Pure:
 * knows no provider, no charger and no store; depends on core/err.h alone.
 *
 * A payment is a state machine. An event makes it another state, entries of the ledger, and one
 * action in the world. State and entries are stored first, together; then the action is taken.
 * After a crash money_resume says the action of the stored state again, so each has to be
 * idempotent by the payment's id: a provider is given that id with begin and refund, and a remote
 * start is given the payment's own tag, which serves one transaction.
 *
 *     NEW --begun--> BEGUN --paid--> PAID --started--> CHARGING --ended--> REFUNDING --> DONE
 *      |               |               |                   |                   ^
 *      +---failed------+--> UNPAID     +--not started------|-------------------+
 *                            |                             +--doubtful--> HELD (a person decides)
 *                            +--paid after all--> REFUNDING
 *
 * The ledger is double entry: the entries of an event add up to 0. An account's sum is what it has;
 * money owed is below 0.
 *
 *     err = money_happens(&payment, &event, &step);
 *     err = store(&step.payment, step.entries, step.entry_count);       then
 *     payment = step.payment; act(step.action);
 */
#ifndef ROOST_HUB_MONEY_MONEY_H
#define ROOST_HUB_MONEY_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MONEY_ID_BYTES = 33,
    MONEY_REFERENCE_BYTES = 129,
    MONEY_IDENTITY_BYTES = 49,    /* as a charger's is */
    MONEY_TAG_BYTES = 21,         /* of our own making: ASCII */
    MONEY_AMOUNT_MAX = 100000000, /* minor units, of one payment */
    MONEY_ENTRIES_MAX = 8         /* of one event */
};

/* X(name, label) */
#define MONEY_STATE_LIST(X)                                                                        \
    X(NEW, "new")       /* asked for; the provider does not know it yet */                         \
    X(BEGUN, "begun")   /* the customer is at the provider */                                      \
    X(UNPAID, "unpaid") /* nothing was taken */                                                    \
    X(PAID, "paid")     /* a charger is asked to start */                                          \
    X(CHARGING, "charging")                                                                        \
    X(HELD, "held")           /* what it used is doubtful: a person decides */                     \
    X(REFUNDING, "refunding") /* the provider is asked to give back the rest */                    \
    X(DONE, "done")

enum money_state {
#define X(name, label) MONEY_##name,
    MONEY_STATE_LIST(X)
#undef X
        MONEY_STATES
};

#define MONEY_EVENT_LIST(X)                                                                        \
    X(BEGUN, "begun")             /* reference */                                                  \
    X(FAILED, "failed")           /* the provider cannot, the customer does not, or in time */     \
    X(PAID, "paid")               /* amount, fee: as the provider says */                          \
    X(STARTED, "started")         /* tx_id */                                                      \
    X(NOT_STARTED, "not_started") /* refused, or not in time */                                    \
    X(ENDED, "ended")             /* amount: the price of what was used */                         \
    X(DOUBTFUL, "doubtful")       /* it ended, and its price is not to be trusted */               \
    X(DECIDED, "decided")         /* amount: what a person says it is to cost */                   \
    X(REFUNDED, "refunded")

enum money_event_kind {
#define X(name, label) MONEY_IS_##name,
    MONEY_EVENT_LIST(X)
#undef X
        MONEY_EVENTS
};

/* What is to be done in the world, after it was stored. */
enum money_action {
    MONEY_NOTHING,
    MONEY_ASK_PROVIDER, /* begin */
    MONEY_START,        /* make its tag, RemoteStart */
    MONEY_REVOKE,       /* its tag; RemoteStop of what runs with it. Then the refund, if there is */
    MONEY_REFUND        /* of refund_amount; its tag is revoked, too */
};

struct money_event {
    enum money_event_kind kind;
    int64_t at_ms, amount, fee;
    int32_t tx_id;
    const char *reference;
};

struct money_payment {
    char id[MONEY_ID_BYTES];
    char currency[4];
    char reference[MONEY_REFERENCE_BYTES]; /* the provider's */
    char identity[MONEY_IDENTITY_BYTES];
    char id_tag[MONEY_TAG_BYTES]; /* serves this payment only */
    int32_t connector, tx_id;
    int32_t limit_wh, limit_s; /* 0: none */
    enum money_state state;
    int64_t amount; /* asked for; from PAID on what was paid */
    int64_t used_amount, refund_amount;
    int64_t over_amount; /* used beyond what was paid: nobody's claim, and shown */
    int64_t fee_amount;  /* of the provider */
    int64_t made_ms, changed_ms;
    uint32_t entries; /* of the ledger so far */
};

/* X(name, label) */
#define MONEY_ACCOUNT_LIST(X)                                                                      \
    X(PROVIDER, "provider") /* what the provider holds for us */                                   \
    X(RESERVED, "reserved") /* owed to customers: paid and not used yet */                         \
    X(REFUNDS, "refunds")   /* owed to customers: to be given back */                              \
    X(USED, "used")         /* earned */                                                           \
    X(FEES, "fees")         /* spent */

enum money_account {
#define X(name, label) MONEY_OF_##name,
    MONEY_ACCOUNT_LIST(X)
#undef X
        MONEY_ACCOUNTS
};

struct money_entry {
    char payment_id[MONEY_ID_BYTES];
    uint32_t number; /* of this payment, from 0 */
    enum money_event_kind event;
    enum money_account account;
    int64_t amount, at_ms;
};

struct money_step {
    struct money_payment payment;
    struct money_entry entries[MONEY_ENTRIES_MAX];
    size_t entry_count;
    enum money_action action;
};

/* 0; 1: this changes nothing (it is known already), nothing is to be stored or done;
 * ROOST_ERR_STATE: it cannot be now, a person should know; ROOST_ERR_RANGE: an amount. `step` is
 * set for 0 only. */
int money_happens(const struct money_payment *payment, const struct money_event *event,
                  struct money_step *step);
/* What is to be done for what stands in the store, after a start. */
enum money_action money_resume(const struct money_payment *payment);

const char *money_state_name(enum money_state state);
const char *money_event_name(enum money_event_kind event);
const char *money_account_name(enum money_account account);

/* ---- does it add up ---- */

struct money_sums {
    int64_t of[MONEY_ACCOUNTS];
};

void money_sum(struct money_sums *sums, const struct money_entry *entry);
/* What the entries of this payment should come to in its state. */
void money_expect(const struct money_payment *payment, struct money_sums *sums);

struct money_difference {
    char payment_id[MONEY_ID_BYTES];
    bool unbalanced;            /* its entries do not add up to 0, by found */
    enum money_account account; /* or this one has `found` in place of `expected` */
    int64_t expected, found;
};
/* Of one payment with all of its entries: how many differences there are; the first `room` of them
 * are written. */
size_t money_check(const struct money_payment *payment, const struct money_entry *entries,
                   size_t count, struct money_difference *out, size_t room);

#endif
