/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as the station writes them into the ledger, for the tests of their delivery. */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_SESSION_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_SESSION_H

#include "devices/charger/ocpp/test/rig.h"

static uint64_t meter_mwh[CHARGER_CONNECTORS_MAX + 1];

static inline struct roost_ledger_values values(uint8_t connector)
{
    return (struct roost_ledger_values){.energy_mwh = meter_mwh[connector],
                                        .has = 0x3F,
                                        .soc_percent = 55,
                                        .temperature_tenths_c = 415,
                                        .power_w = 12345,
                                        .current_ma = 160500,
                                        .offered_ma = 200000,
                                        .voltage_mv = 76920};
}

static inline uint32_t begin(uint8_t connector, const char *tag)
{
    uint32_t transaction = 0;
    struct roost_ledger_begin b = {.connector = connector, .values = values(connector)};
    strcpy(b.tag, tag);
    assert_int_equal(roost_ledger_begin(&ledger, &b, instant.now_ms, &transaction), 0);
    return transaction;
}

static inline void sample(uint8_t connector, uint8_t context)
{
    struct roost_ledger_values v;
    meter_mwh[connector] += 100000;
    v = values(connector);
    assert_int_equal(roost_ledger_sample(&ledger, connector, context, &v, instant.now_ms), 0);
}

static inline void end(uint8_t connector, const char *tag, uint8_t reason)
{
    struct roost_ledger_end e = {
        .connector = connector, .reason = reason, .values = values(connector)};
    strcpy(e.tag, tag);
    assert_int_equal(roost_ledger_end(&ledger, &e, instant.now_ms), 0);
}

static inline void answer_start(int id, const char *status)
{
    char text[96];
    snprintf(text, sizeof text, "{\"transactionId\":%d,\"idTagInfo\":{\"status\":\"%s\"}}", id,
             status);
    answer(text);
}

static inline bool all_delivered(void)
{
    struct roost_ledger_item item;
    return roost_ledger_next(&ledger, &item) == ROOST_ERR_EMPTY;
}

/* Answers like a good central system for so long; counts what it was told. */
static struct {
    int starts, samples, ends, statuses, heartbeats, others;
} heard;

static inline void serve_one(void)
{
    if (strcmp(wire.action, "StartTransaction") == 0) {
        heard.starts++;
        answer_start(100 + heard.starts, "Accepted");
    } else if (strcmp(wire.action, "Heartbeat") == 0) {
        heard.heartbeats++;
        answer_heartbeat();
    } else if (strcmp(wire.action, "BootNotification") == 0) {
        answer_boot("Accepted", 3600);
    } else {
        heard.samples += strcmp(wire.action, "MeterValues") == 0;
        heard.ends += strcmp(wire.action, "StopTransaction") == 0;
        heard.statuses += strcmp(wire.action, "StatusNotification") == 0;
        answer("{}");
    }
}

static inline void serve_for(uint64_t ms)
{
    uint64_t end_ms = instant.now_ms + ms;
    while (instant.now_ms <= end_ms && wait_ms(end_ms - instant.now_ms)) {
        assert_true(said());
        serve_one();
    }
}

#endif
