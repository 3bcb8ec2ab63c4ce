/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether energy flows while nobody has said yes yet, or after somebody said no: one table for each
 * kind of business. Pure. Depends on nothing.
 *
 *                      not answered   no answer    refused by     refused,      paid amount
 *                      yet, on line   to be had    the answer     stop is off   used up
 *     private          flows          flows        stops          held          stops
 *     roaming          held           flows        stops          held          stops
 *     prepaid          held           held         stops          held          stops
 */
#ifndef ROOST_DEVICES_CHARGER_STATION_TERMS_H
#define ROOST_DEVICES_CHARGER_STATION_TERMS_H

#include <stdbool.h>

enum charger_terms {
    CHARGER_TERMS_PRIVATE, /* the owner's own cars: energy first */
    CHARGER_TERMS_ROAMING, /* who may charge is for others to say; who was known may */
    CHARGER_TERMS_PREPAID, /* nothing that was not paid for */
    CHARGER_TERMS_COUNT
};

/* What the central system has said of the transaction that runs. */
enum charger_verdict {
    CHARGER_VERDICT_WAITS,   /* the begin was not answered yet, and we are on line */
    CHARGER_VERDICT_ALONE,   /* likewise, and off line */
    CHARGER_VERDICT_GOOD,    /* accepted */
    CHARGER_VERDICT_REFUSED, /* the card was refused */
    CHARGER_VERDICT_SPENT,   /* the allowance is used up */
    CHARGER_VERDICT_COUNT
};

enum charger_term { CHARGER_TERM_FLOWS, CHARGER_TERM_HELD, CHARGER_TERM_ENDS };

/* stop_on_invalid: StopTransactionOnInvalidId. */
enum charger_term charger_terms(enum charger_terms terms, enum charger_verdict verdict,
                                bool stop_on_invalid);

#endif
