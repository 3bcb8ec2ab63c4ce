/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "proto/climate/payload.h"

/* Thousandths of a percent that no good answer has. */
enum { UNTIMELY_MPCT = 370, UNFIT_MPCT = 630 };

enum { ANSWER_LOW_MS = 15, ANSWER_HIGH_MS = 300, RECONNECT_MS = 2000, POISON_PER_MILLION = 40000 };

double sim_model_rule(double temperature_degc, double humidity_pct, double sound_dbfs)
{
    double wanted = (temperature_degc - 20.0) * 18.0 + fmax(0, humidity_pct - 55.0) * 2.0 -
                    fmax(0, sound_dbfs + 40.0) * 2.0;

    return 5.0 * rint(fmax(0, fmin(100.0, wanted)) / 5.0);
}

enum sim_answer sim_model_answer(int32_t position_mpct)
{
    switch (position_mpct % 1000) {
    case UNTIMELY_MPCT:
        return SIM_ANSWER_UNTIMELY;
    case UNFIT_MPCT:
        return SIM_ANSWER_UNFIT;
    default:
        return SIM_ANSWER_GOOD;
    }
}

/* ---- answers ---- */

struct answer {
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[512];
    int len;
};

/* Makes of a good answer one that has to be refused. */
static void poison(struct sim_model *model, struct roost_control *control, struct answer *answer)
{
    bool untimely = sim_random_below(&model->random, 2) == 0;

    model->poisoned++;
    control->position_pct = (double)sim_random_below(&model->random, 100) +
                            (untimely ? UNTIMELY_MPCT : UNFIT_MPCT) / 1000.0;
    switch (sim_random_below(&model->random, 2) + (untimely ? 0 : 2)) {
    case 0:
        control->unix_ms -= (int64_t)sim_random_between(&model->random, 12000, 3600000);
        break;
    case 1:
        control->unix_ms += (int64_t)sim_random_between(&model->random, 90000, 3600000);
        break;
    case 2:
        snprintf(control->device_id, sizeof control->device_id, "somebody-else");
        break;
    default:
        control->confidence = (double)sim_random_below(&model->random, 290) / 1000.0;
        break;
    }
    answer->len = roost_control_write(answer->payload, sizeof answer->payload, control);
    if (sim_random_below(&model->random, 6) == 0)
        answer->len = (int)sim_random_below(&model->random, (uint64_t)answer->len); /* cut off */
}

static void make_answer(struct sim_model *model, const struct roost_request *request,
                        struct answer *answer)
{
    const struct roost_features *features = &request->features;
    struct roost_control control = {
        .unix_ms = sim_unix_ms(model->clock),
        .position_pct = sim_model_rule(features->temperature_degc, features->humidity_pct,
                                       features->sound_volume_dbfs),
        .confidence = (double)sim_random_between(&model->random, 350, 980) / 1000.0,
        .has_features = true,
        .features = *features,
        .model_version = "rule-1",
        .inference_time_ms = 1.5,
    };

    snprintf(control.device_id, sizeof control.device_id, "%s", request->device_id);
    snprintf(control.trace_id, sizeof control.trace_id, "%s", request->trace_id);
    ROOST_ASSERT(roost_topic_write(answer->topic, sizeof answer->topic,
                                   &climate_topics[CLIMATE_TOPIC_CONTROL], request->device_id) > 0);
    if (sim_random_chance(&model->random, POISON_PER_MILLION))
        poison(model, &control, answer);
    else
        answer->len = roost_control_write(answer->payload, sizeof answer->payload, &control);
    ROOST_ASSERT(answer->len >= 0);
}

static void work_done(void *ctx, uint64_t slot, void *data)
{
    struct sim_model *model = ctx;
    struct sim_message *message = model->work[slot];
    struct roost_request request;
    struct answer answer;

    (void)data;
    model->work[slot] = NULL;
    if (roost_request_parse(&request, (const char *)message->bytes, message->len) == 0) {
        make_answer(model, &request, &answer);
        if (sim_client_publish(&model->client, answer.topic, answer.payload, (size_t)answer.len, 1,
                               false) > 0)
            model->answers++;
    }
    sim_message_drop(message);
}

/* ---- connection ---- */

static void connect(void *ctx, uint64_t number, void *data)
{
    static const struct sim_client_options options = {
        .client_id = "model", .keepalive_s = 30, .clean_session = true};
    struct sim_model *model = ctx;

    (void)number;
    (void)data;
    (void)sim_client_open(&model->client, &options); /* its end is the closed event */
}

static void opened(void *ctx, bool session_present)
{
    struct sim_model *model = ctx;

    (void)session_present;
    ROOST_ASSERT(sim_client_subscribe(&model->client, "ml/inference/request/+") == 0);
}

static void closed(void *ctx, int why)
{
    struct sim_model *model = ctx;

    (void)why;
    if (model->running)
        sim_at_guarded(model->clock, model->clock->now_ms + RECONNECT_MS, connect, model, 0, NULL,
                       &model->life);
}

static void acked(void *ctx, uint64_t token)
{
    (void)ctx;
    (void)token;
}

static void message_came(void *ctx, const struct sim_message *message, uint64_t token, bool retain,
                         bool dup)
{
    struct sim_model *model = ctx;

    (void)token;
    (void)retain;
    (void)dup;
    model->requests++;
    for (size_t slot = 0; slot < SIM_MODEL_WORK; slot++) {
        if (model->work[slot])
            continue;
        model->work[slot] = sim_message_new(message->topic, message->bytes, message->len, 1, false);
        sim_at_guarded(model->clock,
                       model->clock->now_ms +
                           sim_random_between(&model->random, ANSWER_LOW_MS, ANSWER_HIGH_MS),
                       work_done, model, slot, NULL, &model->life);
        return;
    }
    model->dropped++;
}

static const struct sim_client_ops client_ops = {
    .opened = opened, .closed = closed, .acked = acked, .message = message_came};

void sim_model_init(struct sim_model *model, struct sim_clock *clock, struct sim_net *net)
{
    *model = (struct sim_model){.clock = clock};
    sim_random_init(&model->random, clock->seed, "model", 0);
    sim_host_init(&model->host, clock->seed, 1001);
    model->host.delay_ms = 1;
    model->host.jitter_ms = 1;
    sim_client_init(&model->client, net, &model->host, &client_ops, model);
}

void sim_model_start(struct sim_model *model)
{
    model->running = true;
    connect(model, 0, NULL);
}

void sim_model_stop(struct sim_model *model)
{
    model->running = false;
    model->life++;
    sim_client_die(&model->client, false);
    for (size_t slot = 0; slot < SIM_MODEL_WORK; slot++) {
        sim_message_drop(model->work[slot]);
        model->work[slot] = NULL;
    }
}
