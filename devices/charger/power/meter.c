/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/meter.h"

enum { UJ_PER_MWH = 3600000, NO_DOUBT = -1 };

void charger_meter_init(struct charger_meter *meter, uint64_t mwh)
{
    *meter = (struct charger_meter){.mwh = mwh, .doubted_mw = NO_DOUBT};
}

/* Two powers around a stretch of time; its energy is half their sum times that. mW x ms = uJ. */
static void integrate(struct charger_meter *meter, int32_t to_mw, uint64_t now_ms)
{
    uint64_t span_ms = now_ms - meter->at_ms;
    int32_t from_mw = meter->power_mw;

    meter->at_ms = now_ms;
    meter->power_mw = to_mw;
    if (span_ms > CHARGER_METER_GAP_MS) {
        meter->gaps_ms += span_ms > UINT32_MAX - meter->gaps_ms ? 0 : (uint32_t)span_ms;
        return;
    }
    /* At most 70 kW twice, for 4 s: 47 bits. */
    uint64_t nj = ((uint64_t)(uint32_t)from_mw + (uint32_t)to_mw) * span_ms * 500 + meter->rest_nj;
    meter->rest_nj = (uint32_t)(nj % 1000);
    uint64_t uj = nj / 1000 + meter->rest_uj;
    meter->mwh += uj / UJ_PER_MWH;
    meter->rest_uj = (uint32_t)(uj % UJ_PER_MWH);
}

void charger_meter_start(struct charger_meter *meter, uint64_t now_ms)
{
    if (meter->running)
        return;
    meter->running = true;
    meter->at_ms = now_ms;
    meter->power_mw = 0;
    meter->doubted_mw = NO_DOUBT;
}

void charger_meter_stop(struct charger_meter *meter, uint64_t now_ms)
{
    if (meter->running)
        integrate(meter, meter->power_mw, now_ms);
    meter->running = false;
    meter->power_mw = 0;
}

/* A rise that the measurement after it confirms was none. */
static bool jumps(struct charger_meter *meter, int32_t power_mw, uint64_t now_ms)
{
    int32_t doubted_mw = meter->doubted_mw;
    uint64_t doubted_ms = meter->doubted_ms;

    if (power_mw - meter->power_mw <= CHARGER_METER_JUMP_MW) {
        meter->doubted_mw = NO_DOUBT;
        return false;
    }
    meter->doubted_mw = power_mw;
    meter->doubted_ms = now_ms;
    if (doubted_mw == NO_DOUBT || power_mw - doubted_mw > CHARGER_METER_JUMP_MW ||
        doubted_mw - power_mw > CHARGER_METER_JUMP_MW)
        return true;
    meter->doubted_mw = NO_DOUBT;
    integrate(meter, doubted_mw, doubted_ms); /* it was so already */
    return false;
}

bool charger_meter_add(struct charger_meter *meter, int32_t voltage_mv, int32_t current_ma,
                       uint64_t now_ms)
{
    if (!meter->running)
        return false;
    if (voltage_mv < -CHARGER_METER_VOLTAGE_MAX_MV || current_ma < -CHARGER_METER_CURRENT_MAX_MA ||
        voltage_mv > CHARGER_METER_VOLTAGE_MAX_MV || current_ma > CHARGER_METER_CURRENT_MAX_MA) {
        meter->outside++;
        return false;
    }
    if (voltage_mv < 0 || current_ma < 0) {
        meter->negative++;
        voltage_mv = 0;
    }
    int32_t power_mw = (int32_t)((int64_t)voltage_mv * current_ma / 1000);
    if (jumps(meter, power_mw, now_ms)) {
        meter->jumps++;
        return false;
    }
    integrate(meter, power_mw, now_ms);
    return true;
}
