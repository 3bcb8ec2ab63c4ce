/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was measured, as MeterValue objects: which measurands, by the lists of the keys, each
 * checked for its range before it is said. Depends on parts.h.
 *
 *     ocpp_put_list(w, OCPP_meterValue);
 *     charger_put_values(ocpp, w, CHARGER_KEY_VALUES_SAMPLED, &item, OCPP_Sample_Periodic);
 *     ocpp_end(w);
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_VALUES_H
#define ROOST_DEVICES_CHARGER_OCPP_VALUES_H

#include "devices/charger/ocpp/parts.h"

/* The key that says what MeterValues of a context (enum roost_ledger_context) hold, and its word.
 */
enum charger_key charger_values_list(uint8_t context);
enum ocpp_word charger_word_of_context(uint8_t context);

/* How many values of a list an item has; counts those that are out of range (count.left_out). */
unsigned charger_values_count(struct charger_ocpp *ocpp, enum charger_key list,
                              const struct roost_ledger_item *item);

/* One MeterValue; nothing when the item has none of the list's. */
void charger_put_values(struct charger_ocpp *ocpp, struct ocpp_writer *w, enum charger_key list,
                        const struct roost_ledger_item *item, enum ocpp_word context);

/* transactionData of an end, if the keys want any: begin, samples and end of the transaction, read
 * from the ledger while it is written. Of more than StopTransactionMaxMeterValues (or
 * ocpp->data_max, once that is set) begin, end and every so-manieth sample between them. */
void charger_put_data(struct charger_ocpp *ocpp, struct ocpp_writer *w,
                      const struct roost_ledger_item *end);

#endif
