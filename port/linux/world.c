/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "port/linux/linux.h"

enum {
    MEASURE_MS = 25, /* DHT22: start pulse of 18 ms, 40 bits of about 0.12 ms */
    SILENT_MS = 250, /* after which the driver gives up */
    AUDIO_TICK_MS = 100,
    AUDIO_RING_MS = 1000, /* what waits for the reader, as in a DMA ring; more is lost */
    HOUSE_STEP_S = 10
};

static const char *const fault_names[] = {
    [LINUX_FAULT_SENSOR_SILENT] = "sensor_silent",
    [LINUX_FAULT_SENSOR_STUCK] = "sensor_stuck",
    [LINUX_FAULT_SENSOR_RANGE] = "sensor_range",
    [LINUX_FAULT_SENSOR_CHECKSUM] = "sensor_checksum",
    [LINUX_FAULT_MIC_DEAD] = "mic_dead",
    [LINUX_FAULT_MOTOR_JAM] = "motor_jam",
    [LINUX_FAULT_MOTOR_DEAD] = "motor_dead",
    [LINUX_FAULT_FEEDBACK_DEAD] = "feedback_dead",
};

const char *linux_world_fault_name(enum linux_world_fault fault)
{
    return fault_names[fault];
}

static bool has_fault(const struct linux_world *world, enum linux_world_fault fault)
{
    return world->faults & 1u << fault;
}

/* ---- the models ---- */

/* The sash moves in real time, the house `speed` times as fast. The house is slow: it goes in steps
 * of HOUSE_STEP_S, so that a servo asked every few milliseconds does not drag the weather along. */
void linux_world_update(struct roost_board *board)
{
    struct linux_world *world = &board->world;
    uint64_t now_ms = linux_board_now_ms(board);
    double passed_s = (double)(now_ms - world->stepped_ms) / 1000.0;

    if (passed_s <= 0)
        return;
    world->stepped_ms = now_ms;
    world_sash_step(&world->sash, passed_s);
    world->house_due_s += passed_s * world->speed;
    if (world->house_due_s >= HOUSE_STEP_S) {
        world_house_step(&world->house, world->house_due_s, world_sash_opening_pct(&world->sash));
        world->house_due_s = 0;
    }
}

int64_t linux_world_unix_ms(const struct roost_board *board)
{
    return board->world.house.unix_ms + (int64_t)(board->world.house_due_s * 1000.0);
}

void linux_world_set_fault(struct roost_board *board, enum linux_world_fault fault, bool on)
{
    struct linux_world *world = &board->world;

    linux_world_update(board);
    world->faults = on ? world->faults | 1u << fault : world->faults & ~(1u << fault);
    world->sash.jammed = has_fault(world, LINUX_FAULT_MOTOR_JAM);
    world->sash.unpowered = has_fault(world, LINUX_FAULT_MOTOR_DEAD);
    world->sash.sensor_dead = has_fault(world, LINUX_FAULT_FEEDBACK_DEAD);
}

void linux_world_obstruct(struct roost_board *board, double opening_pct)
{
    struct world_sash *sash = &board->world.sash;

    linux_world_update(board);
    sash->obstruction_raw =
        isnan(opening_pct)
            ? NAN
            : sash->stop_closed_raw +
                  opening_pct / 100.0 * (sash->stop_open_raw - sash->stop_closed_raw);
}

/* ---- climate sensor: DHT22 ---- */

/* Even in [-1, 1). */
static double draw(struct linux_world *world)
{
    world->noise ^= world->noise << 13;
    world->noise ^= world->noise >> 7;
    world->noise ^= world->noise << 17;
    return (double)(int64_t)world->noise * 0x1p-63;
}

/* In the sensor's steps of a tenth, in thousandths. */
static int32_t in_tenths(double value)
{
    return (int32_t)lround(value * 10.0) * 100;
}

static void take_sample(struct roost_board *board)
{
    struct linux_world *world = &board->world;

    linux_world_update(board);
    /* The part's repeatability: 0.2 degrees and 1 %, its usual noise about half of that. */
    double temperature = world->house.temperature_degc + 0.1 * (draw(world) + draw(world));
    double humidity = world->house.humidity_pct + 0.4 * (draw(world) + draw(world));
    if (has_fault(world, LINUX_FAULT_SENSOR_RANGE)) {
        temperature = 150.0; /* as a shorted data line reads */
        humidity = 120.0;
    } else {
        humidity = fmax(0, fmin(100, humidity));
    }
    world->sample = (struct roost_climate_sample){in_tenths(temperature), in_tenths(humidity)};
    world->have_sample = true;
}

static void on_measured(uv_timer_t *timer)
{
    struct roost_board *board = timer->data;
    struct linux_world *world = &board->world;
    struct roost_event event = {.type = ROOST_EV_CLIMATE};

    world->measuring = false;
    if (has_fault(world, LINUX_FAULT_SENSOR_SILENT)) {
        event.status = ROOST_ERR_TIMEOUT;
    } else if (has_fault(world, LINUX_FAULT_SENSOR_CHECKSUM)) {
        event.status = ROOST_ERR_CORRUPT;
    } else {
        if (!has_fault(world, LINUX_FAULT_SENSOR_STUCK) || !world->have_sample)
            take_sample(board);
        event.climate = world->sample;
    }
    (void)linux_board_post(board, &event);
}

static int climate_measure(void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_world *world = &board->world;

    if (world->measuring)
        return ROOST_ERR_BUSY;
    world->measuring = true;
    uv_update_time(board->host->loop);
    uv_timer_start(&world->climate_timer, on_measured,
                   has_fault(world, LINUX_FAULT_SENSOR_SILENT) ? SILENT_MS : MEASURE_MS, 0);
    return 0;
}

static const struct roost_climate_sensor_ops climate_ops = {.measure = climate_measure};

/* ---- microphone ---- */

static uint64_t samples_made(const struct roost_board *board)
{
    const struct linux_world *world = &board->world;

    return (linux_board_now_ms(board) - world->audio_from_ms) * world->rate_hz / 1000;
}

/* Samples that wait for the reader; what does not fit the ring is lost and counted. */
static size_t samples_waiting(struct roost_board *board)
{
    struct linux_world *world = &board->world;
    uint64_t waiting = samples_made(board) - world->audio_taken;
    uint64_t ring = (uint64_t)world->rate_hz * AUDIO_RING_MS / 1000;

    if (waiting > ring) {
        world->audio_taken += waiting - ring;
        world->overruns++;
        waiting = ring;
    }
    return (size_t)waiting;
}

static void on_audio(uv_timer_t *timer)
{
    struct roost_board *board = timer->data;
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    if (has_fault(&board->world, LINUX_FAULT_MIC_DEAD))
        return;
    if (board->world.microphone.device || samples_waiting(board) > 0)
        (void)linux_board_post(board, &event);
}

static bool from_source(const struct linux_world *world)
{
    return world->microphone.device || world->microphone.samples;
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct roost_board *board = ctx;
    struct linux_world *world = &board->world;

    if (sample_rate_hz < 8000 || sample_rate_hz > 48000)
        return ROOST_ERR_RANGE;
    if (world->listening)
        return ROOST_ERR_STATE;
    int err = from_source(world) ? linux_microphone_start(&world->microphone, sample_rate_hz) : 0;
    if (err)
        return err;
    world->listening = true;
    world->rate_hz = sample_rate_hz;
    world->audio_from_ms = linux_board_now_ms(board);
    world->audio_taken = 0;
    uv_update_time(board->host->loop);
    uv_timer_start(&world->audio_timer, on_audio, AUDIO_TICK_MS, AUDIO_TICK_MS);
    return 0;
}

static int read_alsa(struct linux_world *world, int16_t *out, size_t samples)
{
    int lost = 0;
    int got = linux_microphone_capture(&world->microphone, out, samples, &lost);

    world->overruns += (uint32_t)lost;
    return got;
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct roost_board *board = ctx;
    struct linux_world *world = &board->world;

    if (!world->listening)
        return ROOST_ERR_STATE;
    if (has_fault(world, LINUX_FAULT_MIC_DEAD))
        return ROOST_ERR_FAULT;
    if (world->microphone.device)
        return read_alsa(world, out, samples);
    size_t waiting = samples_waiting(board);
    if (samples > waiting)
        samples = waiting;
    if (samples == 0)
        return 0;
    linux_world_update(board);
    if (world->microphone.samples)
        linux_microphone_play(&world->microphone, out, samples);
    else
        world_street_pcm(&world->street, linux_world_unix_ms(board),
                         world_sash_opening_pct(&world->sash), world->rate_hz, out, samples);
    world->audio_taken += samples;
    return (int)samples;
}

static int audio_stop(void *ctx)
{
    struct roost_board *board = ctx;

    uv_timer_stop(&board->world.audio_timer);
    linux_microphone_stop(&board->world.microphone);
    board->world.listening = false;
    return 0;
}

static uint32_t audio_overruns(void *ctx)
{
    return ((struct roost_board *)ctx)->world.overruns;
}

static const struct roost_audio_in_ops audio_ops = {
    .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};

/* ---- motor ---- */

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = WORLD_SASH_MIN_RAW;
    *max_raw = WORLD_SASH_MAX_RAW;
    return 0;
}

static int motor_set(void *ctx, int32_t raw)
{
    struct roost_board *board = ctx;

    if (raw < WORLD_SASH_MIN_RAW || raw > WORLD_SASH_MAX_RAW)
        return ROOST_ERR_RANGE;
    linux_world_update(board);
    world_sash_set(&board->world.sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    struct roost_board *board = ctx;

    linux_world_update(board);
    world_sash_release(&board->world.sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct roost_board *board = ctx;

    linux_world_update(board);
    out->position_raw = world_sash_feedback_raw(&board->world.sash);
    out->current_ma = (int32_t)lround(board->world.sash.current_ma);
    return 0;
}

static const struct roost_motor_ops motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};

/* ---- life ---- */

static void make_models(struct roost_board *board)
{
    struct linux_world *world = &board->world;
    uint64_t seed = board->options.world.seed;

    world_house_init(&world->house, seed, board->port.clock.ops->unix_ms(board->port.clock.ctx));
    world_street_init(&world->street, seed);
    world_sash_init(&world->sash, seed);
    world->noise = seed * 0x9E3779B97F4A7C15u | 1;
    world->stepped_ms = linux_board_now_ms(board);
    board->port.climate = (struct roost_climate_sensor){&climate_ops, board};
    board->port.motor = (struct roost_motor){&motor_ops, board};
    board->port.audio_in = (struct roost_audio_in){&audio_ops, board};
}

int linux_world_init(struct roost_board *board, char *why, size_t why_size)
{
    const struct linux_world_options *options = &board->options.world;
    struct linux_world *world = &board->world;

    const char *source = options->microphone;
    if (!source && options->real)
        source = "alsa:default";
    *world = (struct linux_world){.speed = options->speed ? options->speed : 1};
    if (source) {
        int err = linux_microphone_init(&world->microphone, source);
        if (err) {
            snprintf(why, why_size, "microphone %s: %s", source, roost_err_text(err));
            return err;
        }
    }
    if (options->real)
        linux_board_say(board,
                        "real hardware: Linux has no driver here for the climate sensor and "
                        "the motor, they stay modelled; microphone: %s",
                        source ? source : "modelled");
    make_models(board);
    uv_timer_init(board->host->loop, &world->climate_timer);
    uv_timer_init(board->host->loop, &world->audio_timer);
    world->climate_timer.data = world->audio_timer.data = board;
    board->open_handles += 2;
    return 0;
}

void linux_world_deinit(struct roost_board *board)
{
    linux_microphone_deinit(&board->world.microphone);
    uv_close((uv_handle_t *)&board->world.climate_timer, linux_board_closed_handle);
    uv_close((uv_handle_t *)&board->world.audio_timer, linux_board_closed_handle);
}
