/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/thermistor.h"

#include <stddef.h>

#include "core/err.h"

enum { FIRST_DEGC = -40, STEP_DEGC = 5, WHOLE = 65536 };

/* R / (R + 10 kOhm), of WHOLE, each STEP_DEGC: R = 10 kOhm * exp(3950 * (1/T - 1/298.15 K)). */
static const uint16_t shares[] = {63945, 63288, 62418, 61289, 59856, 58080, 55933, 53406, 50512,
                                  47293, 43817, 40171, 36455, 32768, 29202, 25831, 22706, 19860,
                                  17306, 15040, 13049, 11313, 9807,  8507,  7387,  6424,  5596,
                                  4885,  4273,  3747,  3294,  2902,  2564,  2270};

int charger_thermistor_mdegc(int32_t mv, int32_t supply_mv, int32_t *mdegc)
{
    size_t last = sizeof shares / sizeof shares[0] - 1;

    if (supply_mv <= 0 || mv < 0 || mv > supply_mv)
        return ROOST_ERR_FAULT;
    int32_t share = (int32_t)((int64_t)mv * WHOLE / supply_mv);
    if (share > shares[0] || share < shares[last])
        return ROOST_ERR_FAULT;
    size_t i = 0;
    while (share < shares[i + 1])
        i++;
    int32_t step = shares[i] - shares[i + 1];
    *mdegc = (FIRST_DEGC + (int32_t)i * STEP_DEGC) * 1000 +
             (shares[i] - share) * STEP_DEGC * 1000 / step;
    return 0;
}
