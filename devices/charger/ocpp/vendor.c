/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DataTransfer of our own, its data a text that holds JSON: VehicleInfo while a vehicle is there
 * and no transaction runs, SessionSummary after one, BMSAlert when the battery's faults change.
 * Nothing here is kept: what could not be said in its time is not said.
 */
#include <string.h>

#include "core/json_write.h"
#include "devices/charger/ocpp/sayings.h"

enum { DATA_MAX = 128, MINUTE_MS = 60000 };

static const struct charger_power *power_of(const struct charger_ocpp *ocpp, unsigned connector)
{
    return &ocpp->config.station->config.power[connector - 1];
}

/* What the battery says is wrong with it, or that it says nothing. */
static int16_t battery_fault(int fault)
{
    bool its = fault == CHARGER_FAULT_BATTERY_SILENT || fault == CHARGER_FAULT_BATTERY_RANGE;
    return (int16_t)(its ? fault : -1);
}

void charger_vendor_look(struct charger_ocpp *ocpp)
{
    const struct charger_station *station = ocpp->config.station;
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        const struct charger_connector *connector = &station->connectors[c];
        struct charger_vendor_of *of = &ocpp->vendor.of[c];
        of->seen = battery_fault(connector->fault);
        if (of->seen < 0)
            of->alerted = -1;
        if (of->deaf)
            of->summed = connector->last.transaction;
        if (!connector->plugged && connector->transaction == 0) {
            of->deaf = false; /* the next vehicle is another session */
            of->due_ms = 0;
        }
    }
}

static uint64_t settle(struct charger_ocpp *ocpp, unsigned c, enum charger_vendor_message what)
{
    ocpp->vendor.connector = (uint8_t)c;
    ocpp->vendor.what = (uint8_t)what;
    return ocpp->now.now_ms;
}

uint64_t charger_vendor_due(struct charger_ocpp *ocpp)
{
    const struct charger_station *station = ocpp->config.station;
    uint64_t next_ms = ROOST_NEVER;
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        const struct charger_connector *connector = &station->connectors[c];
        const struct charger_power *power = power_of(ocpp, c);
        const struct charger_vendor_of *of = &ocpp->vendor.of[c];
        if (of->deaf)
            continue;
        if (of->seen != of->alerted)
            return settle(ocpp, c, CHARGER_VENDOR_ALERT);
        if (connector->last.transaction != of->summed)
            return settle(ocpp, c, CHARGER_VENDOR_SUMMARY);
        if (!connector->plugged || connector->transaction != 0 ||
            connector->status == CHARGER_IS_FINISHING || charger_power_soc_permille(power) < 0)
            continue;
        if (of->due_ms <= ocpp->now.now_ms)
            return settle(ocpp, c, CHARGER_VENDOR_VEHICLE);
        next_ms = roost_earlier(next_ms, of->due_ms);
    }
    return next_ms;
}

/* ---- what it says ---- */

static void put_vehicle(struct charger_ocpp *ocpp, struct roost_json_writer *json)
{
    const struct charger_power *power = power_of(ocpp, ocpp->vendor.connector);
    int32_t max_ma;
    roost_json_put_milli(json, "soc", charger_power_soc_permille(power) * 100);
    if (charger_power_value(power, CAN_BATTERY_CURRENT_MAX_MA, CHARGER_BATTERY_SILENT_MS, &max_ma))
        roost_json_put_milli(json, "maxCurrent", max_ma);
}

static void put_summary(struct charger_ocpp *ocpp, struct roost_json_writer *json)
{
    const struct charger_connector *connector =
        &ocpp->config.station->connectors[ocpp->vendor.connector];
    if (connector->last.soc_permille >= 0)
        roost_json_put_milli(json, "finalSoc", connector->last.soc_permille * 100);
    roost_json_put_milli(json, "energyDelivered", (int64_t)connector->last.energy_mwh);
    roost_json_put_uint(json, "durationMinutes", connector->last.duration_ms / MINUTE_MS);
}

static void put_alert(struct charger_ocpp *ocpp, struct roost_json_writer *json)
{
    int fault = ocpp->vendor.of[ocpp->vendor.connector].seen;
    const struct roost_fault_info *info = &charger_faults[fault - (int)ROOST_FAULT_COUNT];
    roost_json_put_uint(json, "code", info->number);
    roost_json_put_str(json, "text", info->text);
}

void charger_vendor_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    static const struct {
        const char *name;
        void (*put)(struct charger_ocpp *ocpp, struct roost_json_writer *json);
    } kinds[] = {[CHARGER_VENDOR_VEHICLE] = {"VehicleInfo", put_vehicle},
                 [CHARGER_VENDOR_SUMMARY] = {"SessionSummary", put_summary},
                 [CHARGER_VENDOR_ALERT] = {"BMSAlert", put_alert}};
    struct roost_json_writer json;
    char data[DATA_MAX];
    roost_json_begin(&json, data, sizeof data);
    roost_json_object(&json);
    kinds[ocpp->vendor.what].put(ocpp, &json);
    roost_json_end(&json);
    (void)roost_json_finish(&json); /* what is too long is empty */
    ocpp_put_text(w, OCPP_vendorId, CHARGER_OCPP_VENDOR);
    ocpp_put_text(w, OCPP_messageId, kinds[ocpp->vendor.what].name);
    ocpp_put_text(w, OCPP_data, data);
}

void charger_vendor_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    unsigned c = ocpp->vendor.connector;
    struct charger_vendor_of *of = &ocpp->vendor.of[c];
    if (outcome == CHARGER_SILENT)
        return;
    if (outcome == CHARGER_ANSWERED && ocpp->told.status == OCPP_UnknownVendorId)
        of->deaf = true;
    if (ocpp->vendor.what == CHARGER_VENDOR_VEHICLE)
        of->due_ms = ocpp->now.now_ms + CHARGER_OCPP_VENDOR_S * 1000;
    else if (ocpp->vendor.what == CHARGER_VENDOR_SUMMARY)
        of->summed = ocpp->config.station->connectors[c].last.transaction;
    else
        of->alerted = of->seen;
}
