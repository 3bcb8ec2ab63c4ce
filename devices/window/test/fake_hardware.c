/* SPDX-License-Identifier: Apache-2.0 */
/* Sensor, microphone and motor. */
#include "core/assert.h"
#include "core/err.h"
#include "devices/window/test/fake_parts.h"

void fake_settle_hardware(struct fake_port *fake, struct roost_event *event)
{
    if (event->type == ROOST_EV_CLIMATE)
        fake->measuring = false;
}

static int measure(void *ctx)
{
    struct fake_port *fake = ctx;
    struct roost_event event = {.type = ROOST_EV_CLIMATE};

    if (fake->measuring)
        return ROOST_ERR_BUSY;
    fake->measuring = true;
    fake->measurements++;
    if (!fake->climate_frozen)
        fake->climate.temperature_mdegc += fake->measurements % 7 < 3 ? 10 : -10;
    event.status = fake->sensor_silent ? ROOST_ERR_TIMEOUT : fake->climate_status;
    event.climate = fake->climate;
    fake_later(fake, fake->sensor_silent ? 3000 : 20, event);
    return 0;
}

int16_t fake_sample(uint64_t n)
{
    return (int16_t)(uint16_t)((n * 2654435761u) >> 13);
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct fake_port *fake = ctx;

    if (fake->mic_gone)
        return ROOST_ERR_FAULT;
    ROOST_ASSERT(!fake->mic_open);
    fake->mic_open = true;
    fake->mic_rate = sample_rate_hz;
    fake->mic_start_ms = fake->now_ms;
    fake->mic_read = 0;
    fake->mic_starts++;
    return 0;
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct fake_port *fake = ctx;

    if (!fake->mic_open)
        return ROOST_ERR_STATE;
    if (fake->mic_gone)
        return ROOST_ERR_FAULT;
    if (fake->mic_dead)
        return 0;
    uint64_t there = (fake->now_ms - fake->mic_start_ms) * fake->mic_rate / 1000;
    size_t n = 0;
    for (; n < samples && fake->mic_read < there; n++, fake->mic_read++)
        out[n] = fake->mic_flat ? 7 : fake_sample(fake->mic_read);
    return (int)n;
}

static int audio_stop(void *ctx)
{
    ((struct fake_port *)ctx)->mic_open = false;
    return 0;
}

static uint32_t audio_overruns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = WORLD_SASH_MIN_RAW;
    *max_raw = WORLD_SASH_MAX_RAW;
    return 0;
}

static int motor_set(void *ctx, int32_t raw)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(raw >= WORLD_SASH_MIN_RAW && raw <= WORLD_SASH_MAX_RAW);
    fake->sets++;
    if (fake->set_error < 0)
        return fake->set_error;
    world_sash_set(&fake->sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    struct fake_port *fake = ctx;

    fake->releases++;
    world_sash_release(&fake->sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct fake_port *fake = ctx;

    if (fake->sense_error < 0)
        return fake->sense_error;
    out->position_raw = world_sash_feedback_raw(&fake->sash);
    out->current_ma = (int32_t)fake->sash.current_ma;
    return 0;
}

const struct roost_climate_sensor_ops fake_climate_ops = {.measure = measure};
const struct roost_audio_in_ops fake_audio_ops = {
    .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};
const struct roost_motor_ops fake_motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};
