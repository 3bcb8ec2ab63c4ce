/* SPDX-License-Identifier: Apache-2.0 */
/* MeterValues: stored with the transaction that they name, or that ran on their connector then.
 * What is shown as live is what an open transaction measured last, by its own time: values that
 * come late move nothing back. */
#include "hub/csms/csms_internal.h"
#include "hub/csms/till.h"

static bool is_whole(const struct csms_sample *sample)
{
    return sample->phase == OCPP_NO_WORD && sample->format == OCPP_Raw && sample->text_len == 0 &&
           !sample->doubtful && !sample->odd;
}

static void take_live(struct csms_connector *connector, const struct csms_sample *sample)
{
    const int64_t most = INT64_MAX / 1000;
    int64_t value = sample->value_milli;
    bool kilo = sample->unit == OCPP_kW || sample->unit == OCPP_kWh;

    if (kilo && (value > most || value < -most))
        return; /* no meter counts so far */
    if (!is_whole(sample) || sample->at_ms < connector->live_ms)
        return;
    if (sample->measurand == OCPP_Power_Active_Import) {
        connector->power_mw = sample->unit == OCPP_kW ? value * 1000 : value;
        connector->power_ms = sample->at_ms;
    } else if (sample->measurand == OCPP_Energy_Active_Import_Register) {
        connector->energy_mwh = sample->unit == OCPP_kWh ? value * 1000 : value;
        connector->energy_ms = sample->at_ms;
    } else {
        return;
    }
    connector->live_ms = sample->at_ms;
}

static void take_sample(struct csms *csms, struct csms_connector *connector,
                        const struct csms_sample *sample)
{
    take_live(connector, sample);
    till_metered(csms, connector->tx, sample);
}

static void on_stored(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    (void)tx_id;
    struct csms_connector *connector = csms_tx_find(call->charger, call->sample_tx);
    if (connector && call->sample_tx > 0) {
        if (call->tx.id != 0)
            connector->tx->flags = call->tx.flags;
        for (size_t i = 0; i < call->sample_count; i++)
            take_sample(call->charger->csms, connector, &call->samples[i]);
        csms_live_tell(call->charger, connector);
    }
    csms_answer_empty(call);
}

/* The transaction that the values are of; 0: not known. A value of the whole station has none, and
 * nor has one from before the transaction that runs now. */
static int32_t tx_of(struct csms_call *call)
{
    const struct csms_connector *connector = csms_connector(call->charger, call->connector);

    if (call->has_transaction)
        return call->transaction_id > 0 ? call->transaction_id : 0;
    if (call->connector == 0 || !connector->tx || call->sample_count == 0)
        return 0;
    return call->samples[0].at_ms >= connector->tx->started_ms ? connector->tx->id : 0;
}

/* What the values say about an open transaction beside themselves: it goes on after a Boot (the gap
 * is noted), and the charger knows its id. */
static bool flags_change(struct csms_call *call)
{
    const struct csms_connector *connector =
        call->sample_tx > 0 ? csms_tx_find(call->charger, call->sample_tx) : NULL;

    if (!connector)
        return false;
    call->tx = *connector->tx;
    if (connector->booted)
        call->tx.flags |= CSMS_TX_BOOTED;
    if (call->transaction_id == call->sample_tx)
        call->tx.flags |= CSMS_TX_ID_SEEN;
    return call->tx.flags != connector->tx->flags;
}

void csms_meter(struct csms_call *call)
{
    struct csms_charger *charger = call->charger;
    struct csms_change change = {.identity = charger->identity,
                                 .arrived_ms = call->arrived_ms,
                                 .samples = call->samples,
                                 .sample_count = call->sample_count,
                                 .connector = call->connector,
                                 .said_id = call->transaction_id,
                                 .texts = call->texts};

    if (!csms_connector(charger, call->connector)) {
        csms_answer_error(call, OCPP_ERROR_PROPERTY, "connectorId: out of range (32)");
        return;
    }
    call->sample_tx = tx_of(call);
    change.sample_tx = call->sample_tx;
    if (call->has_transaction && call->transaction_id <= 0)
        charger->orphan_connector = call->connector;
    if (flags_change(call))
        change.tx = &call->tx;
    csms_put(call, &change, on_stored);
}
