/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/sim.h"

int sim_init(struct sim *sim, uint64_t seed)
{
    int err = sim_clock_init(&sim->clock, seed);

    if (err < 0)
        return err;
    sim_net_init(&sim->net, &sim->clock);
    sim_broker_init(&sim->broker, &sim->net);
    sim_web_init(&sim->web, &sim->net);
    return 0;
}

void sim_deinit(struct sim *sim)
{
    sim_broker_deinit(&sim->broker);
    sim_web_deinit(&sim->web);
    sim_net_deinit(&sim->net);
    sim_clock_deinit(&sim->clock);
}
