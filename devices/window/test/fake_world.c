/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The models of world/window with plain members in front. What a test bends there is what the
 * models have before each operation, and the sash is moved while the fake lets time pass.
 */
#include "devices/window/test/fake_world.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "proto/climate/payload.h"

enum { MEASURE_MS = 20, SILENT_MS = 3000 };

/* ---- the fake as the models' host ---- */

static uint64_t now_ms(void *ctx)
{
    return ((struct fake_world *)ctx)->fake->now_ms;
}

/* The event that is pending in the meantime is the timer; only the sensor has one. */
static int start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    struct fake_world *world = ctx;

    (void)timer;
    (void)arg;
    world->measured = ring;
    fake_later(world->fake, delay_ms, (struct roost_event){.type = ROOST_EV_CLIMATE});
    return 0;
}

static void stop(void *ctx, unsigned timer)
{
    (void)ctx;
    (void)timer;
}

static void post(void *ctx, const struct roost_event *event)
{
    *((struct fake_world *)ctx)->event = *event;
}

static const struct world_time_ops time_ops = {
    .now_ms = now_ms, .start = start, .stop = stop, .post = post};

int16_t fake_sample(uint64_t n)
{
    return (int16_t)(uint16_t)((n * 2654435761u) >> 13);
}

static void hear(void *ctx, int16_t *out, size_t samples)
{
    struct fake_world *world = ctx;

    for (size_t i = 0; i < samples; i++, world->mic_read++)
        out[i] = world->mic_flat ? 7 : fake_sample(world->mic_read);
}

/* Before an operation: the models as the members say they are. */
static struct roost_port *enter(struct fake_world *world)
{
    struct world_window *model = &world->model;

    model->sash = world->sash;
    model->sash_ms = model->house_ms = world->fake->now_ms;
    model->climate.measuring = world->measuring;
    model->mic.on = world->mic_open;
    model->faults = (world->sensor_silent ? 1u << WORLD_WINDOW_SENSOR_SILENT : 0) |
                    (world->mic_gone ? 1u << WORLD_WINDOW_MIC_DEAD : 0);
    return &world->parts;
}

/* After one that may have changed them. */
static int leave(struct fake_world *world, int result)
{
    world->sash = world->model.sash;
    world->measuring = world->model.climate.measuring;
    world->mic_open = world->model.mic.on;
    return result;
}

/* ---- climate sensor ---- */

static int measure(void *ctx)
{
    struct fake_world *world = ctx;
    const struct roost_climate_sensor *climate = &enter(world)->climate;
    int err = climate->ops->measure(climate->ctx);

    if (err < 0)
        return err;
    world->measurements++;
    if (!world->climate_frozen)
        world->climate.temperature_mdegc += world->measurements % 7 < 3 ? 10 : -10;
    return leave(world, 0);
}

/* ---- microphone ---- */

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct fake_world *world = ctx;
    const struct roost_audio_in *in = &enter(world)->audio_in;
    int err = in->ops->start(in->ctx, sample_rate_hz);

    ROOST_ASSERT(err == 0 || err == ROOST_ERR_FAULT); /* the device knows whether it is open */
    if (err < 0)
        return err;
    world->mic_read = 0;
    world->mic_starts++;
    return leave(world, 0);
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct fake_world *world = ctx;
    const struct roost_audio_in *in = &enter(world)->audio_in;

    return in->ops->read(in->ctx, out, world->mic_dead ? 0 : samples);
}

static int audio_stop(void *ctx)
{
    struct fake_world *world = ctx;
    const struct roost_audio_in *in = &enter(world)->audio_in;

    return leave(world, in->ops->stop(in->ctx));
}

static uint32_t audio_overruns(void *ctx)
{
    (void)ctx;
    return 0;
}

/* ---- motor ---- */

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    const struct roost_motor *motor = &enter(ctx)->motor;

    return motor->ops->range(motor->ctx, min_raw, max_raw);
}

static int motor_set(void *ctx, int32_t raw)
{
    struct fake_world *world = ctx;
    const struct roost_motor *motor = &enter(world)->motor;

    world->sets++;
    if (world->set_error < 0)
        return world->set_error;
    int err = motor->ops->set(motor->ctx, raw);
    ROOST_ASSERT(err == 0); /* never out of range */
    return leave(world, 0);
}

static int motor_release(void *ctx)
{
    struct fake_world *world = ctx;
    const struct roost_motor *motor = &enter(world)->motor;

    world->releases++;
    return leave(world, motor->ops->release(motor->ctx));
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct fake_world *world = ctx;
    const struct roost_motor *motor = &enter(world)->motor;

    if (world->sense_error < 0)
        return world->sense_error;
    return leave(world, motor->ops->sense(motor->ctx, out));
}

/* ---- what it follows of the fake ---- */

static void booted(void *ctx)
{
    struct fake_world *world = ctx;

    world->measuring = world->mic_open = false;
    world_sash_release(&world->sash);
}

static void passes(void *ctx, uint64_t ms)
{
    world_sash_step(&((struct fake_world *)ctx)->sash, (double)ms / 1000.0);
}

static void settle(void *ctx, struct roost_event *event)
{
    struct fake_world *world = ctx;

    if (event->type != ROOST_EV_CLIMATE)
        return;
    (void)enter(world);
    world->event = event;
    world->measured(&world->model);
    if (event->status == 0)
        event->status = world->climate_status;
    (void)leave(world, 0);
}

static void keep_reading(struct fake_world *world, enum climate_topic kind, const char *payload,
                         size_t len, int token)
{
    struct roost_reading reading;

    ROOST_ASSERT(roost_reading_parse(&reading, kind, payload, len) == 0);
    ROOST_ASSERT(world->reading_count < FAKE_READINGS);
    struct fake_reading *kept = &world->readings[world->reading_count++];
    kept->kind = kind;
    kept->unix_ms = reading.unix_ms;
    kept->seq = reading.seq;
    kept->value_milli = (int32_t)(reading.value * 1000.0 + (reading.value < 0 ? -0.5 : 0.5));
    kept->token = token;
    kept->acked = false;
}

static bool said(void *ctx, unsigned topic, const char *payload, size_t len, int token)
{
    struct fake_world *world = ctx;

    if (topic == FAKE_OWN + CLIMATE_TOPIC_TEMPERATURE || topic == FAKE_OWN + CLIMATE_TOPIC_HUMIDITY)
        keep_reading(world, (enum climate_topic)(topic - FAKE_OWN), payload, len, token);
    if (topic == FAKE_AUDIO && world->on_audio)
        world->on_audio(world->audio_ctx, payload, len);
    return topic == FAKE_AUDIO;
}

static void acked(void *ctx, int token)
{
    struct fake_world *world = ctx;

    for (int i = world->reading_count - 1; i >= 0; i--)
        world->readings[i].acked |= world->readings[i].token == token;
}

static void cut_off(void *ctx)
{
    struct fake_world *world = ctx;
    int kept = 0;

    for (int i = 0; i < world->reading_count; i++)
        if (world->readings[i].acked || !world->lossy)
            world->readings[kept++] = world->readings[i];
    world->reading_count = kept;
}

void fake_world_init(struct fake_world *world, struct fake_port *fake)
{
    static const struct roost_climate_sensor_ops climate_ops = {.measure = measure};
    static const struct roost_audio_in_ops audio_ops = {
        .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};
    static const struct roost_motor_ops motor_ops = {
        .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};
    static const struct fake_hooks hooks = {.booted = booted,
                                            .passes = passes,
                                            .settle = settle,
                                            .said = said,
                                            .acked = acked,
                                            .cut_off = cut_off};
    const struct world_time time = {.ops = &time_ops, .ctx = world};
    const struct world_window_config config = {.seed = 7,
                                               .measure_ms = MEASURE_MS,
                                               .silent_ms = SILENT_MS,
                                               .reads = &world->climate,
                                               .hears = hear,
                                               .hears_ctx = world};

    memset(world, 0, sizeof *world);
    world->fake = fake;
    world->climate = (struct roost_climate_sample){21000, 50000};
    world_sash_init(&world->sash, 7);
    world_window_init(&world->model, &config);
    (void)world_window_attach(&world->model, &time, &world->parts);
    fake->port.climate = (struct roost_climate_sensor){&climate_ops, world};
    fake->port.audio_in = (struct roost_audio_in){&audio_ops, world};
    fake->port.motor = (struct roost_motor){&motor_ops, world};
    fake->topics = climate_topics;
    fake->topic_count = CLIMATE_TOPIC_COUNT;
    fake->hooks = &hooks;
    fake->hooks_ctx = world;
}

static uint64_t step_window(void *device)
{
    return roost_window_step(device);
}

static int post_to_window(void *device, const struct roost_event *event)
{
    return roost_window_post(device, event);
}

void fake_attach_window(struct fake_port *fake, struct roost_window *window)
{
    fake_attach(fake, &(struct fake_device){.device = window,
                                            .step = step_window,
                                            .post = post_to_window,
                                            .id = window->device.id});
}
