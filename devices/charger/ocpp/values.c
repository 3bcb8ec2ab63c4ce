/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ocpp/values.h"

#include "core/err.h"

/* Beyond what the charger can give by a tenth it is no measurement. */
enum {
    VOLTAGE_MAX_MV = CHARGER_VOLTAGE_MAX_MV / 10 * 11,
    CURRENT_MAX_MA = CHARGER_CURRENT_MAX_MA / 10 * 11,
    POWER_MAX_W = (int)((int64_t)VOLTAGE_MAX_MV * CURRENT_MAX_MA / 1000000),
    COLD_TENTHS = -500,
    HOT_TENTHS = 1500,
};

static const struct measurand {
    uint16_t word, unit;
    uint8_t has, decimals; /* bit of roost_ledger_values.has, 0: always */
    int32_t min, max;
} measurands[CHARGER_MEASURAND_COUNT] = {
    [CHARGER_MEASURES_ENERGY] = {OCPP_Energy_Active_Import_Register, OCPP_Wh, 0, 0, 0, INT32_MAX},
    [CHARGER_MEASURES_POWER] = {OCPP_Power_Active_Import, OCPP_W, ROOST_LEDGER_HAS_POWER, 0, 0,
                                POWER_MAX_W},
    [CHARGER_MEASURES_CURRENT] = {OCPP_Current_Import, OCPP_A, ROOST_LEDGER_HAS_CURRENT, 3, 0,
                                  CURRENT_MAX_MA},
    [CHARGER_MEASURES_VOLTAGE] = {OCPP_Voltage, OCPP_V, ROOST_LEDGER_HAS_VOLTAGE, 3, 0,
                                  VOLTAGE_MAX_MV},
    [CHARGER_MEASURES_SOC] = {OCPP_SoC, OCPP_Percent, ROOST_LEDGER_HAS_SOC, 0, 0, 100},
    [CHARGER_MEASURES_TEMPERATURE] = {OCPP_Temperature, OCPP_Celcius, ROOST_LEDGER_HAS_TEMPERATURE,
                                      1, COLD_TENTHS, HOT_TENTHS},
    [CHARGER_MEASURES_OFFERED] = {OCPP_Current_Offered, OCPP_A, ROOST_LEDGER_HAS_OFFERED, 3, 0,
                                  CURRENT_MAX_MA},
};

static int64_t value_of(const struct roost_ledger_values *values, enum charger_measurand measurand)
{
    switch (measurand) {
    case CHARGER_MEASURES_ENERGY:
        return (int64_t)(values->energy_mwh / 1000);
    case CHARGER_MEASURES_POWER:
        return values->power_w;
    case CHARGER_MEASURES_CURRENT:
        return values->current_ma;
    case CHARGER_MEASURES_VOLTAGE:
        return values->voltage_mv;
    case CHARGER_MEASURES_SOC:
        return values->soc_percent;
    case CHARGER_MEASURES_TEMPERATURE:
        return values->temperature_tenths_c;
    default:
        return values->offered_ma;
    }
}

/* The register of the station as a whole is the sum of its connectors': it never falls either. */
static bool measured(const struct roost_ledger_item *item, enum charger_measurand measurand)
{
    uint8_t has = measurands[measurand].has;
    return has == 0 || (item->values.has & has) != 0;
}

static bool in_range(const struct roost_ledger_item *item, enum charger_measurand measurand)
{
    int64_t value = value_of(&item->values, measurand);
    return value >= measurands[measurand].min && value <= measurands[measurand].max;
}

/* The next value of a list that is good, from *n on; -1: there is none. */
static int next_of(const struct charger_ocpp *ocpp, enum charger_key list,
                   const struct roost_ledger_item *item, size_t *n)
{
    int m;
    do
        m = charger_keys_word(ocpp->config.keys, list, (*n)++);
    while (m >= 0 && !(measured(item, (enum charger_measurand)m) &&
                       in_range(item, (enum charger_measurand)m)));
    return m;
}

enum charger_key charger_values_list(uint8_t context)
{
    return context == ROOST_LEDGER_CLOCK ? CHARGER_KEY_VALUES_ALIGNED : CHARGER_KEY_VALUES_SAMPLED;
}

enum ocpp_word charger_word_of_context(uint8_t context)
{
    return context == ROOST_LEDGER_CLOCK     ? OCPP_Sample_Clock
           : context == ROOST_LEDGER_TRIGGER ? OCPP_Trigger
                                             : OCPP_Sample_Periodic;
}

unsigned charger_values_count(struct charger_ocpp *ocpp, enum charger_key list,
                              const struct roost_ledger_item *item)
{
    unsigned count = 0;
    int m;
    for (size_t n = 0; (m = charger_keys_word(ocpp->config.keys, list, n)) >= 0; n++) {
        bool there = measured(item, (enum charger_measurand)m);
        bool good = there && in_range(item, (enum charger_measurand)m);
        ocpp->count.left_out += there && !good;
        count += good;
    }
    return count;
}

static bool has_values(const struct charger_ocpp *ocpp, enum charger_key list,
                       const struct roost_ledger_item *item)
{
    size_t n = 0;
    return next_of(ocpp, list, item, &n) >= 0;
}

/* ---- one instant ---- */

static void put_value(const struct charger_ocpp *ocpp, struct ocpp_writer *w,
                      const struct roost_ledger_item *item, enum charger_measurand measurand,
                      enum ocpp_word context)
{
    const struct measurand *m = &measurands[measurand];
    enum ocpp_word unit = (enum ocpp_word)m->unit;
    if (unit == OCPP_Celcius && ocpp->config.degrees_as_is)
        unit = OCPP_Celsius;
    ocpp_add_object(w);
    ocpp_put_scaled(w, OCPP_value, value_of(&item->values, measurand), m->decimals);
    ocpp_put_word(w, OCPP_context, context);
    ocpp_put_word(w, OCPP_measurand, (enum ocpp_word)m->word);
    ocpp_put_word(w, OCPP_unit, unit);
    ocpp_end(w);
}

void charger_put_values(struct charger_ocpp *ocpp, struct ocpp_writer *w, enum charger_key list,
                        const struct roost_ledger_item *item, enum ocpp_word context)
{
    size_t n = 0;
    int m;
    if (!has_values(ocpp, list, item))
        return;
    ocpp_add_object(w);
    charger_put_instant(ocpp, w, item->unix_ms);
    ocpp_put_list(w, OCPP_sampledValue);
    while ((m = next_of(ocpp, list, item, &n)) >= 0)
        put_value(ocpp, w, item, (enum charger_measurand)m, context);
    ocpp_end(w);
    ocpp_end(w);
}

/* ---- a whole transaction ---- */

/* What of it goes into transactionData: by which list and context. False: nothing. */
static bool goes_in(const struct charger_ocpp *ocpp, const struct roost_ledger_item *item,
                    enum charger_key *list, enum ocpp_word *context)
{
    bool sample = item->kind == ROOST_LEDGER_SAMPLE;
    if (sample && item->detail == ROOST_LEDGER_TRIGGER)
        return false;
    bool aligned = sample && item->detail == ROOST_LEDGER_CLOCK;
    *list = aligned ? CHARGER_KEY_STOP_ALIGNED : CHARGER_KEY_STOP_SAMPLED;
    *context = sample                             ? charger_word_of_context(item->detail)
               : item->kind == ROOST_LEDGER_BEGIN ? OCPP_Transaction_Begin
                                                  : OCPP_Transaction_End;
    return has_values(ocpp, *list, item);
}

/* How many samples there are for it between begin and end. */
static uint32_t count_samples(struct charger_ocpp *ocpp, uint32_t transaction)
{
    struct roost_ledger_walk walk;
    struct roost_ledger_item item;
    enum charger_key list;
    enum ocpp_word context;
    uint32_t count = 0;
    roost_ledger_walk(&walk, transaction);
    while (roost_ledger_walk_next(ocpp->config.ledger, &walk, &item) == ROOST_OK)
        count += item.kind == ROOST_LEDGER_SAMPLE && goes_in(ocpp, &item, &list, &context);
    return count;
}

void charger_put_data(struct charger_ocpp *ocpp, struct ocpp_writer *w,
                      const struct roost_ledger_item *end)
{
    struct roost_ledger_walk walk;
    struct roost_ledger_item item;
    enum charger_key list;
    enum ocpp_word context;
    uint32_t most = ocpp->data_max ? ocpp->data_max
                                   : (uint32_t)charger_ocpp_key(ocpp, CHARGER_KEY_STOP_VALUES_MAX);
    bool sampled = charger_keys_word(ocpp->config.keys, CHARGER_KEY_STOP_SAMPLED, 0) >= 0;
    if ((!sampled && charger_keys_word(ocpp->config.keys, CHARGER_KEY_STOP_ALIGNED, 0) < 0) ||
        most < 2)
        return;
    uint32_t count = count_samples(ocpp, end->transaction), at = 0;
    uint32_t room = sampled ? most - 2 : most;
    if (room > count)
        room = count;
    ocpp_put_list(w, OCPP_transactionData);
    roost_ledger_walk(&walk, end->transaction);
    while (roost_ledger_walk_next(ocpp->config.ledger, &walk, &item) == ROOST_OK) {
        if (!goes_in(ocpp, &item, &list, &context))
            continue;
        if (item.kind == ROOST_LEDGER_SAMPLE) { /* evenly over the whole of it */
            uint64_t before = (uint64_t)at * room / count;
            at++;
            if ((uint64_t)at * room / count == before)
                continue;
        }
        charger_put_values(ocpp, w, list, &item, context);
    }
    ocpp_end(w);
}
