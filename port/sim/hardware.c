/* SPDX-License-Identifier: Apache-2.0 */
/* Room, window, climate sensor, microphone and motor. Their time passes when somebody looks. */
#include "port/sim/board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { AUDIO_NOISE_SAMPLES = 8191 /* prime: buffers do not repeat */, SENSOR_TIMEOUT_MS = 2000 };

static const double audio_noise_rms = 0.25; /* of full scale */

/* ---- room ---- */

static void settle_sash(struct sim_board *board)
{
    uint64_t now_ms = board->clock->now_ms;

    if (now_ms > board->sash_ms)
        world_sash_step(&board->sash, (double)(now_ms - board->sash_ms) / 1000.0);
    board->sash_ms = now_ms;
}

void sim_board_settle(struct sim_board *board)
{
    uint64_t now_ms = board->clock->now_ms;

    settle_sash(board);
    if (now_ms > board->house_ms)
        world_house_step(&board->house, (double)(now_ms - board->house_ms) / 1000.0,
                         world_sash_opening_pct(&board->sash));
    board->house_ms = now_ms;
}

double sim_board_opening_pct(struct sim_board *board)
{
    settle_sash(board);
    return world_sash_opening_pct(&board->sash);
}

/* ---- climate sensor ---- */

static void measured(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    struct roost_event event = {.type = ROOST_EV_CLIMATE};
    /* The part's own noise, as a BME280 has it. */
    int32_t t_noise = (int32_t)sim_random_between(&board->noise, 0, 60) - 30;
    int32_t h_noise = (int32_t)sim_random_between(&board->noise, 0, 240) - 120;

    (void)number;
    (void)data;
    board->measuring = false;
    sim_board_settle(board);
    switch (board->sensor_fault) {
    case SIM_SENSOR_SILENT:
        event.status = ROOST_ERR_TIMEOUT;
        break;
    case SIM_SENSOR_CORRUPT:
        event.status = ROOST_ERR_CORRUPT;
        break;
    case SIM_SENSOR_RANGE:
        event.climate = (struct roost_climate_sample){-146250, 0}; /* a BME280 that lost its bus */
        break;
    case SIM_SENSOR_STUCK:
        event.climate = board->last_sample;
        break;
    case SIM_SENSOR_OK:
        event.climate.temperature_mdegc =
            (int32_t)lrint(board->house.temperature_degc * 1000.0) + t_noise;
        event.climate.humidity_mpct = (int32_t)lrint(board->house.humidity_pct * 1000.0) + h_noise;
        if (event.climate.humidity_mpct < 0)
            event.climate.humidity_mpct = 0;
        if (event.climate.humidity_mpct > 100000)
            event.climate.humidity_mpct = 100000;
        board->last_sample = event.climate;
        break;
    }
    sim_board_post(board, &event);
}

static int climate_measure(void *ctx)
{
    struct sim_board *board = ctx;
    bool silent = board->sensor_fault == SIM_SENSOR_SILENT;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (board->measuring)
        return ROOST_ERR_BUSY;
    board->measuring = true;
    sim_at_guarded(board->clock,
                   board->clock->now_ms + (silent ? SENSOR_TIMEOUT_MS : SIM_MEASURE_MS), measured,
                   board, 0, NULL, &board->life);
    return 0;
}

static const struct roost_climate_sensor_ops climate_ops = {.measure = climate_measure};

/* ---- microphone ---- */

static uint64_t audio_available(struct sim_board *board)
{
    uint64_t made = (board->clock->now_ms - board->audio_start_ms) * board->audio_rate_hz / 1000;
    uint64_t ring = (uint64_t)board->audio_rate_hz * SIM_AUDIO_RING_MS / 1000;

    if (made - board->audio_taken > ring) {
        board->audio_taken = made - ring;
        board->audio_overruns++;
    }
    return made - board->audio_taken;
}

static void audio_block(void *ctx, uint64_t number, void *data)
{
    struct sim_board *board = ctx;
    struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)number;
    (void)data;
    sim_at_guarded(board->clock, board->clock->now_ms + SIM_AUDIO_BLOCK_MS, audio_block, board, 0,
                   NULL, &board->audio_life);
    if (!board->microphone_gone)
        sim_board_post(board, &event);
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board))
        return ROOST_ERR_IO;
    if (sample_rate_hz < 8000 || sample_rate_hz > 48000)
        return ROOST_ERR_RANGE;
    if (board->microphone_gone)
        return ROOST_ERR_FAULT;
    board->audio_on = true;
    board->audio_life++;
    board->audio_rate_hz = sample_rate_hz;
    board->audio_start_ms = board->clock->now_ms;
    board->audio_taken = 0;
    sim_at_guarded(board->clock, board->clock->now_ms + SIM_AUDIO_BLOCK_MS, audio_block, board, 0,
                   NULL, &board->audio_life);
    return 0;
}

/* The level is the street's; the waveform a fixed noise. */
static void audio_cheap(struct sim_board *board, int64_t unix_ms, int16_t *out, size_t samples)
{
    double level = world_street_level_dbfs(&board->street, unix_ms, sim_board_opening_pct(board));
    int32_t gain = (int32_t)lrint(pow(10.0, level / 20.0) / audio_noise_rms * 65536.0);

    for (size_t i = 0; i < samples; i++) {
        out[i] = (int16_t)((board->audio_noise[board->audio_noise_at] * (int64_t)gain) >> 16);
        if (++board->audio_noise_at == AUDIO_NOISE_SAMPLES)
            board->audio_noise_at = 0;
    }
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct sim_board *board = ctx;
    int64_t unix_ms = sim_unix_ms(board->clock);
    uint64_t available;

    if (!sim_board_alive(board) || !board->audio_on)
        return ROOST_ERR_STATE;
    if (board->microphone_gone)
        return ROOST_ERR_FAULT;
    available = audio_available(board);
    if (samples > available)
        samples = (size_t)available;
    board->audio_taken += samples;
    if (board->options.live_audio)
        world_street_pcm(&board->street, unix_ms, sim_board_opening_pct(board),
                         board->audio_rate_hz, out, samples);
    else
        audio_cheap(board, unix_ms, out, samples);
    return (int)samples;
}

static int audio_stop(void *ctx)
{
    struct sim_board *board = ctx;

    board->audio_on = false;
    board->audio_life++;
    return 0;
}

static uint32_t audio_overruns(void *ctx)
{
    struct sim_board *board = ctx;

    if (board->audio_on)
        (void)audio_available(board); /* counts what was lost up to now */
    return board->audio_overruns;
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
    struct sim_board *board = ctx;

    if (!sim_board_alive(board) || board->motor_fault)
        return ROOST_ERR_FAULT;
    if (raw < WORLD_SASH_MIN_RAW || raw > WORLD_SASH_MAX_RAW)
        return ROOST_ERR_RANGE;
    settle_sash(board);
    sim_trace(board->clock, board->options.index, "motor", &raw, sizeof raw);
    world_sash_set(&board->sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board) || board->motor_fault)
        return ROOST_ERR_FAULT;
    settle_sash(board);
    world_sash_release(&board->sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct sim_board *board = ctx;

    if (!sim_board_alive(board) || board->motor_fault)
        return ROOST_ERR_FAULT;
    settle_sash(board);
    out->position_raw = world_sash_feedback_raw(&board->sash);
    out->current_ma = (int32_t)lrint(board->sash.current_ma);
    return 0;
}

static const struct roost_motor_ops motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};

/* ---- lifecycle ---- */

void sim_hardware_init(struct sim_board *board)
{
    /* Neighbours: weather and street are the same for all, the rooms differ. */
    uint64_t seed = board->clock->seed;
    uint64_t room = sim_random_next(&board->noise);

    world_house_init(&board->house, seed, sim_unix_ms(board->clock));
    world_street_init(&board->street, room);
    world_sash_init(&board->sash, room);
    board->house_ms = board->sash_ms = board->clock->now_ms;
    board->audio_noise = malloc(AUDIO_NOISE_SAMPLES * sizeof *board->audio_noise);
    for (size_t i = 0; board->audio_noise && i < AUDIO_NOISE_SAMPLES; i++) {
        /* An even draw in -a..a has an RMS of a / sqrt(3). */
        double even = (double)(int64_t)sim_random_next(&board->noise) * 0x1p-63;

        board->audio_noise[i] = (int16_t)lrint(even * 32768.0 * audio_noise_rms * 1.7320508);
    }
    board->port.climate = (struct roost_climate_sensor){.ops = &climate_ops, .ctx = board};
    board->port.audio_in = (struct roost_audio_in){.ops = &audio_ops, .ctx = board};
    board->port.motor = (struct roost_motor){.ops = &motor_ops, .ctx = board};
}

/* A servo without its pulse holds nothing. */
void sim_hardware_off(struct sim_board *board)
{
    board->measuring = false;
    board->audio_on = false;
    board->audio_life++;
    world_sash_release(&board->sash);
}

void sim_board_deinit(struct sim_board *board)
{
    sim_message_drop(board->http.segment);
    board->http.segment = NULL;
    sim_slots_deinit(&board->slots);
    sim_flash_deinit(&board->flash);
    sim_kv_deinit(&board->kv);
    linux_crypto_deinit(&board->crypto);
    free(board->audio_noise);
    board->audio_noise = NULL;
}
