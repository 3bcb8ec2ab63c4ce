/* SPDX-License-Identifier: Apache-2.0 */
/* What a run has to tell of its chargers. */
#include <inttypes.h>

#include "sim/charger.h"
#include "sim/world.h"

enum {
    SESSIONS,
    STARTS,
    STOPS,
    KWH,
    EXCUSED_KWH,
    LOST_WH,
    CUTS,
    UNSEEN,
    SAMPLES,
    STATUSES,
    REMOTE,
    REFUSED,
    LOST,
    FINDS,
    FAILED,
    LEAST
};

void sim_charger_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX])
{
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_charger);
    const struct sim_garage *garage = fleet->beside;
    double kwh = 0, excused_wh = 0, lost_wh = 0;

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct sim_charger *charger = sim_charger_of(world->devices[fleet->first + i]);

        totals[SESSIONS] += charger->session_count;
        if (i == 0 || charger->session_count < totals[LEAST])
            totals[LEAST] = charger->session_count;
        totals[CUTS] += charger->cuts;
        totals[UNSEEN] += charger->unseen;
        kwh += world_charger_energy_wh(&charger->around) / 1000;
        excused_wh += charger->excused_wh;
        lost_wh += charger->lost_wh;
    }
    totals[KWH] = (uint64_t)kwh;
    totals[EXCUSED_KWH] = (uint64_t)(excused_wh / 1000);
    totals[LOST_WH] = (uint64_t)lost_wh;
    totals[STARTS] = garage->starts;
    totals[STOPS] = garage->stops;
    totals[SAMPLES] = garage->samples;
    totals[STATUSES] = garage->statuses;
    totals[REMOTE] = garage->remote;
    totals[REFUSED] = garage->refused;
    totals[LOST] = garage->lost;
    totals[FINDS] = world->hub.csms.finds + world->hub.csms.puts;
    totals[FAILED] = world->hub.csms.failed + world->hub.csms.refused;
}

void sim_charger_print(const uint64_t t[SIM_TOTALS_MAX], FILE *out)
{
    fprintf(out,
            "chargers %" PRIu64 " transactions, %" PRIu64 " of each at least, %" PRIu64
            " more begun in a power cut; %" PRIu64 " kWh let out, %" PRIu64
            " kWh counted while the meter was wrong, %" PRIu64 " Wh lost in %" PRIu64
            " power cuts and resets\n",
            t[SESSIONS], t[LEAST], t[UNSEEN], t[KWH], t[EXCUSED_KWH], t[LOST_WH], t[CUTS]);
    fprintf(out,
            "csms     %" PRIu64 " Starts, %" PRIu64 " Stops, %" PRIu64 " samples, %" PRIu64
            " statuses stored; %" PRIu64 " orders answered (%" PRIu64 " refused, %" PRIu64
            " lost); %" PRIu64 " questions and changes, %" PRIu64 " failed\n",
            t[STARTS], t[STOPS], t[SAMPLES], t[STATUSES], t[REMOTE], t[REFUSED], t[LOST], t[FINDS],
            t[FAILED]);
}
