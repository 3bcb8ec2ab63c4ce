/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensor, microphone and motor: those of world/window, with the fake's plain members in front. What
 * a test bends there is what the world has before each operation, and the sash is the fake's, which
 * moves it while it lets time pass.
 */
#include "core/assert.h"
#include "core/err.h"
#include "devices/window/test/fake_parts.h"
#include "world/window/window.h"

enum { MEASURE_MS = 20, SILENT_MS = 3000 };

static struct {
    struct fake_port *fake; /* that it is attached to */
    struct world_window world;
    struct roost_port parts;
    world_ring_fn measured;
    struct roost_event *event; /* that is posted */
} room;

/* ---- the fake as the world's host ---- */

static uint64_t now_ms(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

/* The event that is pending in the meantime is the timer; only the sensor has one. */
static int start(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    (void)timer;
    (void)arg;
    room.measured = ring;
    fake_later(ctx, delay_ms, (struct roost_event){.type = ROOST_EV_CLIMATE});
    return 0;
}

static void stop(void *ctx, unsigned timer)
{
    (void)ctx;
    (void)timer;
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    *room.event = *event;
}

static const struct world_time_ops time_ops = {
    .now_ms = now_ms, .start = start, .stop = stop, .post = post};

int16_t fake_sample(uint64_t n)
{
    return (int16_t)(uint16_t)((n * 2654435761u) >> 13);
}

static void hear(void *ctx, int16_t *out, size_t samples)
{
    struct fake_port *fake = ctx;

    for (size_t i = 0; i < samples; i++, fake->mic_read++)
        out[i] = fake->mic_flat ? 7 : fake_sample(fake->mic_read);
}

static void attach(struct fake_port *fake)
{
    const struct world_time time = {.ops = &time_ops, .ctx = fake};
    const struct world_window_config config = {.seed = 7,
                                               .measure_ms = MEASURE_MS,
                                               .silent_ms = SILENT_MS,
                                               .reads = &fake->climate,
                                               .hears = hear,
                                               .hears_ctx = fake};

    world_window_init(&room.world, &config);
    (void)world_window_attach(&room.world, &time, &room.parts);
    room.fake = fake;
}

/* Before an operation: the world as the fake's members say it is. */
static struct roost_port *enter(struct fake_port *fake)
{
    if (room.fake != fake)
        attach(fake);
    room.world.sash = fake->sash;
    room.world.sash_ms = room.world.house_ms = fake->now_ms;
    room.world.climate.measuring = fake->measuring;
    room.world.audio.on = fake->mic_open;
    room.world.faults = (fake->sensor_silent ? 1u << WORLD_WINDOW_SENSOR_SILENT : 0) |
                        (fake->mic_gone ? 1u << WORLD_WINDOW_MIC_DEAD : 0);
    return &room.parts;
}

/* After one that may have changed it. */
static int leave(struct fake_port *fake, int result)
{
    fake->sash = room.world.sash;
    fake->measuring = room.world.climate.measuring;
    fake->mic_open = room.world.audio.on;
    return result;
}

/* ---- climate sensor ---- */

void fake_settle_hardware(struct fake_port *fake, struct roost_event *event)
{
    if (event->type != ROOST_EV_CLIMATE)
        return;
    (void)enter(fake);
    room.event = event;
    room.measured(&room.world);
    if (event->status == 0)
        event->status = fake->climate_status;
    (void)leave(fake, 0);
}

static int measure(void *ctx)
{
    struct fake_port *fake = ctx;
    const struct roost_climate_sensor *climate = &enter(fake)->climate;
    int err = climate->ops->measure(climate->ctx);

    if (err < 0)
        return err;
    fake->measurements++;
    if (!fake->climate_frozen)
        fake->climate.temperature_mdegc += fake->measurements % 7 < 3 ? 10 : -10;
    return leave(fake, 0);
}

/* ---- microphone ---- */

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct fake_port *fake = ctx;
    const struct roost_audio_in *in = &enter(fake)->audio_in;
    int err = in->ops->start(in->ctx, sample_rate_hz);

    ROOST_ASSERT(err == 0 || err == ROOST_ERR_FAULT); /* the device knows whether it is open */
    if (err < 0)
        return err;
    fake->mic_read = 0;
    fake->mic_starts++;
    return leave(fake, 0);
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct fake_port *fake = ctx;
    const struct roost_audio_in *in = &enter(fake)->audio_in;

    return in->ops->read(in->ctx, out, fake->mic_dead ? 0 : samples);
}

static int audio_stop(void *ctx)
{
    struct fake_port *fake = ctx;
    const struct roost_audio_in *in = &enter(fake)->audio_in;

    return leave(fake, in->ops->stop(in->ctx));
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
    struct fake_port *fake = ctx;
    const struct roost_motor *motor = &enter(fake)->motor;

    fake->sets++;
    if (fake->set_error < 0)
        return fake->set_error;
    int err = motor->ops->set(motor->ctx, raw);
    ROOST_ASSERT(err == 0); /* never out of range */
    return leave(fake, 0);
}

static int motor_release(void *ctx)
{
    struct fake_port *fake = ctx;
    const struct roost_motor *motor = &enter(fake)->motor;

    fake->releases++;
    return leave(fake, motor->ops->release(motor->ctx));
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct fake_port *fake = ctx;
    const struct roost_motor *motor = &enter(fake)->motor;

    if (fake->sense_error < 0)
        return fake->sense_error;
    return leave(fake, motor->ops->sense(motor->ctx, out));
}

const struct roost_climate_sensor_ops fake_climate_ops = {.measure = measure};
const struct roost_audio_in_ops fake_audio_ops = {
    .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};
const struct roost_motor_ops fake_motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};
