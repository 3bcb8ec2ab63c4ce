/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StartTransaction, MeterValues and StopTransaction out of the ledger, one at a time and in its
 * order. The three rows of sayings[] look at the same item; it is the ledger that remembers what
 * was delivered and how often it was refused.
 */
#include "core/err.h"
#include "devices/charger/ocpp/sayings.h"
#include "devices/charger/ocpp/values.h"

enum {
    SKIPPED_MAX = 8,         /* samples that say nothing, in one look */
    FLASH_LATER_MS = 10000,  /* the flash could not be read or written */
    UNKNOWN_TRANSACTION = -1 /* errata 3.18 */
};

/* ---- which ---- */

/* The keys rule over attempts as soon as they change. */
static void keep_rules(struct charger_ocpp *ocpp)
{
    struct roost_ledger_rules *rules = &ocpp->config.ledger->rules;
    rules->attempts_max = (uint16_t)charger_ocpp_key(ocpp, CHARGER_KEY_ATTEMPTS);
    rules->retry_ms = (uint32_t)charger_ocpp_key(ocpp, CHARGER_KEY_RETRY_INTERVAL) * 1000;
}

static void flash_failed(struct charger_ocpp *ocpp)
{
    ocpp->item.seq = 0;
    ocpp->deliver_ms = ocpp->now.now_ms + FLASH_LATER_MS;
}

/* A sample of which nothing is wanted. */
static bool says_nothing(struct charger_ocpp *ocpp)
{
    const struct roost_ledger_item *item = &ocpp->item;
    return item->kind == ROOST_LEDGER_SAMPLE &&
           charger_values_count(ocpp, charger_values_list(item->detail), item) == 0;
}

/* The item to be delivered; false: there is none, or not now. */
static bool look(struct charger_ocpp *ocpp)
{
    struct roost_ledger *ledger = ocpp->config.ledger;
    if (ocpp->item.seq != 0 && (ocpp->item.exact || ocpp->looked_ms == ocpp->now.now_ms))
        return true;
    ocpp->looked_ms = ocpp->now.now_ms; /* a date that was not known may be known by now */
    for (int i = 0; i < SKIPPED_MAX; i++) {
        int err = roost_ledger_next(ledger, &ocpp->item);
        if (err != ROOST_OK) {
            ocpp->item.seq = 0;
            if (err != ROOST_ERR_EMPTY)
                flash_failed(ocpp);
            return false;
        }
        ocpp->data_max = 0;
        if (!says_nothing(ocpp))
            return true;
        if (roost_ledger_delivered(ledger, ocpp->item.seq, NULL) != ROOST_OK) {
            flash_failed(ocpp);
            return false;
        }
    }
    ocpp->item.seq = 0;
    ocpp->deliver_ms = ocpp->now.now_ms + 1; /* more of them: others come first */
    return false;
}

static uint64_t due(struct charger_ocpp *ocpp, enum roost_ledger_kind kind)
{
    if (ocpp->now.now_ms < ocpp->deliver_ms)
        return ocpp->deliver_ms;
    keep_rules(ocpp);
    if (!look(ocpp))
        return ocpp->now.now_ms < ocpp->deliver_ms ? ocpp->deliver_ms : ROOST_NEVER;
    if (ocpp->item.kind != kind)
        return ROOST_NEVER;
    uint64_t retry_ms = roost_ledger_due_ms(ocpp->config.ledger);
    return retry_ms > ocpp->now.now_ms ? retry_ms : ocpp->now.now_ms;
}

/* ---- how it ended ---- */

static void delivered(struct charger_ocpp *ocpp, const int32_t *external_id)
{
    if (roost_ledger_delivered(ocpp->config.ledger, ocpp->item.seq, external_id) == ROOST_OK) {
        ocpp->item.seq = 0;
        return;
    }
    ocpp->count.unkept++;
    flash_failed(ocpp);
}

/* What is given up is over for the station, too: nobody will say of the card what it waits for. */
static void refused(struct charger_ocpp *ocpp)
{
    struct roost_ledger *ledger = ocpp->config.ledger;
    struct roost_ledger_item item = ocpp->item;
    int err = roost_ledger_failed(ledger, item.seq, ocpp->now.now_ms);
    if (err < 0) {
        ocpp->count.unkept++;
        flash_failed(ocpp);
        return;
    }
    ocpp->item.seq = 0;
    if (err == 0)
        return;
    ocpp->count.given_up++;
    if (ocpp->config.log)
        ROOST_LOG(ocpp->config.log, ROOST_LOG_ERROR, "ocpp", "given up",
                  RF_INT("transaction", item.transaction), RF_INT("item", item.seq));
    if (item.kind == ROOST_LEDGER_BEGIN)
        charger_station_begun(ocpp->config.station, item.transaction, UNKNOWN_TRANSACTION, NULL);
}

static void done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    if (outcome == CHARGER_ANSWERED)
        delivered(ocpp, NULL);
    else if (outcome == CHARGER_REFUSED)
        refused(ocpp);
    else
        ocpp->item.seq = 0; /* it is looked at again, with what is known by then */
}

/* ---- the fields ---- */

static int32_t transaction_of(const struct roost_ledger_item *item)
{
    return item->identified ? item->external_id : UNKNOWN_TRANSACTION;
}

static void put_register(struct charger_ocpp *ocpp, struct ocpp_writer *w, enum ocpp_word field)
{
    uint64_t wh = ocpp->item.values.energy_mwh / 1000;
    ocpp_put_int(w, field, wh > INT32_MAX ? INT32_MAX : (int32_t)wh);
}

/* ---- StartTransaction ---- */

uint64_t charger_begin_due(struct charger_ocpp *ocpp)
{
    return due(ocpp, ROOST_LEDGER_BEGIN);
}

void charger_begin_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct roost_ledger_item *item = &ocpp->item;
    ocpp_put_int(w, OCPP_connectorId, item->connector);
    ocpp_put_text(w, OCPP_idTag, item->tag);
    put_register(ocpp, w, OCPP_meterStart);
    if (item->reservation != 0)
        ocpp_put_int(w, OCPP_reservationId, item->reservation);
    charger_put_instant(ocpp, w, item->unix_ms);
}

void charger_begin_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    struct charger_tag tag;
    if (outcome != CHARGER_ANSWERED) {
        done(ocpp, outcome);
        return;
    }
    uint32_t transaction = ocpp->item.transaction;
    bool told = charger_told_tag(ocpp, ocpp->item.tag, &tag);
    delivered(ocpp, &ocpp->told.transaction_id);
    charger_station_begun(ocpp->config.station, transaction, ocpp->told.transaction_id,
                          told ? &tag : NULL);
}

/* ---- MeterValues ---- */

uint64_t charger_sample_due(struct charger_ocpp *ocpp)
{
    return due(ocpp, ROOST_LEDGER_SAMPLE);
}

void charger_sample_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct roost_ledger_item *item = &ocpp->item;
    ocpp_put_int(w, OCPP_connectorId, item->connector);
    if (item->transaction != 0)
        ocpp_put_int(w, OCPP_transactionId, transaction_of(item));
    ocpp_put_list(w, OCPP_meterValue);
    charger_put_values(ocpp, w, charger_values_list(item->detail), item,
                       charger_word_of_context(item->detail));
    ocpp_end(w);
}

void charger_sample_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    done(ocpp, outcome);
}

/* ---- StopTransaction ---- */

uint64_t charger_end_due(struct charger_ocpp *ocpp)
{
    return due(ocpp, ROOST_LEDGER_END);
}

void charger_end_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct roost_ledger_item *item = &ocpp->item;
    if (item->tag[0] != '\0')
        ocpp_put_text(w, OCPP_idTag, item->tag);
    put_register(ocpp, w, OCPP_meterStop);
    charger_put_instant(ocpp, w, item->unix_ms);
    ocpp_put_int(w, OCPP_transactionId, transaction_of(item));
    ocpp_put_word(w, OCPP_reason, charger_word_of_reason((enum roost_ledger_reason)item->detail));
    charger_put_data(ocpp, w, item);
}

/* Half of the values, but begin and end; then none. */
bool charger_end_shrink(struct charger_ocpp *ocpp)
{
    if (ocpp->data_max == 1)
        return false;
    uint16_t most = ocpp->data_max ? ocpp->data_max
                                   : (uint16_t)charger_ocpp_key(ocpp, CHARGER_KEY_STOP_VALUES_MAX);
    ocpp->data_max = most / 2 > 0 ? most / 2 : 1;
    return true;
}

void charger_end_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    struct charger_tag tag;
    bool told = outcome == CHARGER_ANSWERED && charger_told_tag(ocpp, ocpp->item.tag, &tag);
    done(ocpp, outcome);
    if (told)
        charger_station_learn(ocpp->config.station, &tag);
}
