/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/room.h"

static void off(void *ctx)
{
    world_window_off(&((struct sim_room *)ctx)->world);
}

int sim_room_attach(struct sim_room *room, struct sim_board *board)
{
    const struct world_time time = sim_board_time(board);
    const struct world_window_config config = {
        .seed = sim_random_next(&board->noise),
        .weather_seed = board->clock->seed,
        .unix_ms = sim_unix_ms(board->clock),
        .sensor = WORLD_SENSOR_BME280,
        .measure_ms = 20,
        .silent_ms = 2000,
        .sound = WORLD_SOUND_NOISE,
        .block_ms = 250,
        .noise = room->noise,
        .noise_samples = SIM_NOISE_SAMPLES,
    };

    board->off = off;
    board->off_ctx = room;
    world_window_init(&room->world, &config);
    return world_window_attach(&room->world, &time, &board->port);
}
