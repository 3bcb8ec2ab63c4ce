/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"
#include "world/window/window.h"

static struct sim sim;
static struct sim_board board;
static struct world_window world; /* something that is attached to it */

/* The least firmware there can be. */
static struct {
    int boots, steps, events[ROOST_EV_CAN_READY + 1];
    uint64_t interval_ms;
    bool feeds, writes, reboots;
    int write_err;
    int64_t boot_unix_ms;
    struct roost_event last;
} app;

static int app_boot(void *ctx)
{
    (void)ctx;
    app.boots++;
    app.boot_unix_ms = board.port.clock.ops->unix_ms(&board);
    return board.port.wifi.ops->connect(&board, NULL, NULL);
}

static uint64_t app_step(void *ctx)
{
    (void)ctx;
    app.steps++;
    if (app.writes) {
        app.write_err = board.port.kv.ops->set(board.port.kv.ctx, "n", &app.steps, sizeof(int));
        if (app.write_err < 0) /* without power nothing has an effect any more */
            assert_int_equal(board.port.mqtt.ops->publish(&board, "a", "", 0, 1, false),
                             ROOST_ERR_CLOSED);
    }
    if (app.reboots) {
        app.reboots = false;
        board.port.system.ops->reboot(&board, ROOST_RESET_COMMAND);
    }
    if (app.feeds)
        board.port.system.ops->feed_watchdog(&board);
    return board.port.clock.ops->now_ms(&board) + app.interval_ms;
}

static int app_post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    app.events[event->type]++;
    app.last = *event;
    return 0;
}

static const struct sim_firmware firmware = {.boot = app_boot, .step = app_step, .post = app_post};

static void world_off(void *ctx)
{
    (void)ctx;
    world_window_off(&world);
}

static int attach_world(void)
{
    static int16_t noise[8191];
    const struct world_time time = sim_board_time(&board);
    const struct world_window_config config = {.seed = sim_random_next(&board.noise),
                                               .weather_seed = sim.clock.seed,
                                               .unix_ms = sim_unix_ms(&sim.clock),
                                               .sensor = WORLD_SENSOR_BME280,
                                               .measure_ms = 20,
                                               .silent_ms = 2000,
                                               .sound = WORLD_SOUND_NOISE,
                                               .block_ms = 250,
                                               .noise = noise,
                                               .noise_samples = 8191};

    board.off = world_off;
    world_window_init(&world, &config);
    return world_window_attach(&world, &time, &board.port);
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.index = 1};

    (void)state;
    memset(&app, 0, sizeof app);
    app.interval_ms = 1000;
    app.feeds = true;
    if (sim_init(&sim, 4) < 0 || sim_board_init(&board, &sim.clock, &sim.net, &options) < 0 ||
        attach_world() < 0)
        return -1;
    sim_board_power_on(&board, &firmware);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_deinit(&sim);
    return 0;
}

static void pass(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static void steps_come_when_due_and_after_events(void **state)
{
    (void)state;
    pass(100);
    assert_int_equal(app.steps, 1);
    pass(9900);
    assert_int_equal(app.events[ROOST_EV_WIFI_UP], 1);
    assert_int_equal(app.steps, 11); /* ten by time, one for the event */
    assert_int_equal(board.port.wifi.ops->rssi_dbm(&board), board.rssi_dbm);
}

static void a_hung_firmware_is_bitten(void **state)
{
    (void)state;
    pass(5000);
    board.hung = true;
    pass(20000);
    assert_int_equal(app.boots, 2);
    assert_int_equal(board.resets[ROOST_RESET_WATCHDOG], 1);
    assert_int_equal(board.port.system.ops->reset_reason(&board), ROOST_RESET_WATCHDOG);
    app.feeds = false;
    pass(16000);
    assert_int_equal(board.resets[ROOST_RESET_WATCHDOG], 2);
}

static void a_reboot_keeps_the_clock_and_a_cut_does_not(void **state)
{
    (void)state;
    pass(10000);
    assert_true(board.port.clock.ops->unix_ms(&board) > 0);
    app.reboots = true;
    pass(2000);
    assert_int_equal(app.boots, 2);
    assert_int_equal(board.port.system.ops->reset_reason(&board), ROOST_RESET_COMMAND);
    assert_true(app.boot_unix_ms > 0);
    sim_board_power_cut(&board, 5000);
    pass(4000);
    assert_int_equal(app.boots, 2);
    pass(2000);
    assert_int_equal(app.boots, 3);
    assert_true(app.boot_unix_ms == 0);
    assert_int_equal(board.port.system.ops->reset_reason(&board), ROOST_RESET_POWER_ON);
}

static void a_cut_at_an_operation_ends_that_life(void **state)
{
    int value = 0;

    (void)state;
    app.writes = true;
    pass(4500);
    sim_power_cut_at(&board.power, 2, SIM_CUT_BEFORE);
    pass(2000);
    assert_int_equal(app.write_err, ROOST_ERR_IO);
    assert_false(sim_board_alive(&board));
    app.writes = false;
    pass(2000);
    assert_int_equal(app.boots, 2);
    assert_int_equal(board.port.kv.ops->get(board.port.kv.ctx, "n", &value, sizeof value), 4);
    assert_true(value > 0 && value < app.steps);
}

static void the_access_point_comes_and_goes(void **state)
{
    (void)state;
    pass(5000);
    sim_board_set_wifi(&board, false);
    assert_int_equal(app.events[ROOST_EV_WIFI_DOWN], 1);
    assert_int_equal(board.port.wifi.ops->connect(&board, NULL, NULL), 0);
    pass(5000);
    assert_int_equal(app.events[ROOST_EV_WIFI_DOWN], 2);
    sim_board_set_wifi(&board, true);
    assert_int_equal(board.port.wifi.ops->connect(&board, SIM_SSID, "guest"), 0);
    pass(5000);
    assert_int_equal(app.events[ROOST_EV_WIFI_UP], 2);
    assert_int_equal(board.port.wifi.ops->connect(&board, "elsewhere", "guest"), 0);
    pass(5000);
    assert_int_equal(app.events[ROOST_EV_WIFI_DOWN], 3);
}

static void sensor_faults_look_like_the_real_ones(void **state)
{
    struct roost_climate_sample good;

    (void)state;
    pass(5000);
    assert_int_equal(board.port.climate.ops->measure(&world), 0);
    assert_int_equal(board.port.climate.ops->measure(&world), ROOST_ERR_BUSY);
    pass(100);
    assert_int_equal(app.last.status, 0);
    good = app.last.climate;
    assert_true(good.temperature_mdegc > -10000 && good.temperature_mdegc < 50000);
    assert_true(good.humidity_mpct > 0 && good.humidity_mpct <= 100000);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_STUCK, true);
    pass(60000);
    assert_int_equal(board.port.climate.ops->measure(&world), 0);
    pass(100);
    assert_true(app.last.climate.temperature_mdegc == good.temperature_mdegc);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_SILENT, true);
    assert_int_equal(board.port.climate.ops->measure(&world), 0);
    pass(3000);
    assert_int_equal(app.last.status, ROOST_ERR_TIMEOUT);
    assert_int_equal(app.events[ROOST_EV_CLIMATE], 3);
}

static void the_microphone_keeps_a_second_and_counts_what_it_loses(void **state)
{
    int16_t samples[4000];

    (void)state;
    assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 1),
                     ROOST_ERR_STATE);
    pass(5000);
    assert_int_equal(board.port.audio_in.ops->start(board.port.audio_in.ctx, 8000), 0);
    pass(500);
    assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 3000), 3000);
    assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 3000), 1000);
    assert_int_equal(board.port.audio_in.ops->overruns(board.port.audio_in.ctx), 0);
    assert_int_equal(app.events[ROOST_EV_AUDIO_READY], 2);
    pass(3000);
    for (int i = 0; i < 2; i++)
        assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 4000),
                         4000);
    assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 4000), 0);
    assert_int_equal(board.port.audio_in.ops->overruns(board.port.audio_in.ctx), 1);
    world_window_set_fault(&world, WORLD_WINDOW_MIC_DEAD, true);
    assert_int_equal(board.port.audio_in.ops->read(board.port.audio_in.ctx, samples, 1),
                     ROOST_ERR_FAULT);
}

static void the_motor_moves_the_window_and_lets_go_without_power(void **state)
{
    struct roost_motor_sense sense;
    double opening;

    (void)state;
    pass(1000);
    assert_int_equal(board.port.motor.ops->set(&world, 99999), ROOST_ERR_RANGE);
    assert_int_equal(board.port.motor.ops->set(&world, 1800), 0);
    pass(10000);
    assert_int_equal(board.port.motor.ops->sense(&world, &sense), 0);
    assert_true(sense.position_raw > 1780 && sense.position_raw < 1820);
    opening = world_window_opening_pct(&world);
    assert_true(opening > 50);
    sim_board_power_cut(&board, 600000);
    pass(300000);
    assert_true(world_window_opening_pct(&world) < opening);
    assert_int_equal(board.port.motor.ops->sense(&world, &sense), ROOST_ERR_FAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(steps_come_when_due_and_after_events),
        TEST(a_hung_firmware_is_bitten),
        TEST(a_reboot_keeps_the_clock_and_a_cut_does_not),
        TEST(a_cut_at_an_operation_ends_that_life),
        TEST(the_access_point_comes_and_goes),
        TEST(sensor_faults_look_like_the_real_ones),
        TEST(the_microphone_keeps_a_second_and_counts_what_it_loses),
        TEST(the_motor_moves_the_window_and_lets_go_without_power),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
