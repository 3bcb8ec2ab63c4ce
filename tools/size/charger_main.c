/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least firmware that lets energy flow, linked to see what the power part of a charger costs on
 * the chip, the port's own code left out. It is never run: its port is nothing.
 */
#include "devices/charger/power/power.h"

struct charger_power size_charger;

static int gun_mdegc(void *ctx, int32_t *out)
{
    (void)ctx;
    *out = 20000;
    return 0;
}

int main(void)
{
    static struct roost_port port;
    static struct roost_faults faults;
    const struct charger_power_config config = {.port = &port, .gun_mdegc = gun_mdegc};
    const struct charger_order order = {
        .transaction = true, .run = true, .limit_ma = CHARGER_NO_LIMIT};
    struct charger_sample sample;
    struct charger_kept kept = {0};
    int err = charger_power_init(&size_charger, &config, &kept, 0);

    charger_power_order(&size_charger, &order);
    roost_faults_init(&faults, charger_faults, CHARGER_FAULT_COUNT);
    for (uint64_t now_ms = 0; err == 0; now_ms += CHARGER_CYCLE_MS) {
        charger_power_cycle(&size_charger, now_ms);
        charger_power_listen(&size_charger, now_ms);
        charger_faults_set(&faults, size_charger.faults);
        err = charger_power_worst(&size_charger) + charger_power_soc_permille(&size_charger) +
              charger_power_flows(&size_charger);
        charger_power_sample(&size_charger, &sample);
        charger_power_latched(&size_charger, kept.faults);
        charger_power_emergency(&size_charger);
        (void)charger_power_reset(&size_charger);
    }
    return err;
}
