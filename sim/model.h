/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for roost-ml: answers requests through the broker, late or not at all, and now and then
 * with what a device has to refuse: too old, too unsure, from the future, for another device,
 * broken. The positions of those never end in .0, so that a checker sees at once when one was
 * obeyed. Depends on port/sim and proto/climate.
 */
#ifndef ROOST_SIM_MODEL_H
#define ROOST_SIM_MODEL_H

#include "port/sim/broker.h"
#include "port/sim/client.h"

enum { SIM_MODEL_WORK = 64 }; /* requests worked on at once, more are dropped */

struct sim_model {
    struct sim_clock *clock;
    struct sim_random random;
    struct sim_host host;
    struct sim_client client;
    bool running;
    uint32_t life; /* guards answers and reconnects of an earlier process */
    struct sim_message *work[SIM_MODEL_WORK];
    uint64_t requests, answers, poisoned, dropped;
};

void sim_model_init(struct sim_model *model, struct sim_clock *clock, struct sim_net *net);
void sim_model_start(struct sim_model *model);
/* Its process is killed; nothing it worked on is answered. */
void sim_model_stop(struct sim_model *model);

/* A rule of thumb: open when it is warm or damp, less when it is loud. In steps of 5 %. */
double sim_model_rule(double temperature_degc, double humidity_pct, double sound_dbfs);

/* What a position gives away of its message. */
enum sim_answer {
    SIM_ANSWER_GOOD,
    SIM_ANSWER_UNTIMELY, /* too old or from the future: a device without a clock cannot tell */
    SIM_ANSWER_UNFIT,    /* too unsure, or for another device */
};

enum sim_answer sim_model_answer(int32_t position_mpct);

#endif
