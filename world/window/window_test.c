/* SPDX-License-Identifier: Apache-2.0 */
/* The window's world on a host of the test's own: what each part answers, when, and with which
 * fault. The models themselves have tests of their own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "world/window/window.h"

enum { NOISE_SAMPLES = 1021, RATE_HZ = 8000, EVENTS = 64 };

/* ---- the host ---- */

static struct {
    uint64_t now_ms;
    bool no_power;
    bool no_timers;
    struct {
        bool running;
        uint64_t due_ms;
        world_ring_fn ring;
        void *arg;
    } timers[WORLD_TIMERS];
    struct roost_event events[EVENTS];
    size_t count;
    int32_t noted_raw;
    int notes;
} host;

static struct world_window world;
static struct roost_port port;
static int16_t noise[NOISE_SAMPLES];

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return host.now_ms;
}

static int start_timer(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    (void)ctx;
    assert_true(timer < WORLD_TIMERS);
    if (host.no_timers)
        return ROOST_ERR_FAULT;
    host.timers[timer].running = true;
    host.timers[timer].due_ms = host.now_ms + delay_ms;
    host.timers[timer].ring = ring;
    host.timers[timer].arg = arg;
    return 0;
}

static void stop_timer(void *ctx, unsigned timer)
{
    (void)ctx;
    host.timers[timer].running = false;
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    assert_true(host.count < EVENTS);
    host.events[host.count++] = *event;
}

static bool powered(void *ctx)
{
    (void)ctx;
    return !host.no_power;
}

static void note(void *ctx, const char *what, const void *data, size_t len)
{
    (void)ctx;
    assert_string_equal(what, "motor");
    assert_int_equal(len, sizeof host.noted_raw);
    memcpy(&host.noted_raw, data, len);
    host.notes++;
}

static const struct world_time_ops ops = {.now_ms = now_ms,
                                          .start = start_timer,
                                          .stop = stop_timer,
                                          .post = post,
                                          .powered = powered,
                                          .note = note};

static void pass(uint64_t ms)
{
    for (uint64_t end = host.now_ms + ms; host.now_ms < end;) {
        host.now_ms++;
        for (unsigned i = 0; i < WORLD_TIMERS; i++) {
            if (!host.timers[i].running || host.timers[i].due_ms > host.now_ms)
                continue;
            host.timers[i].running = false;
            host.timers[i].ring(host.timers[i].arg);
        }
    }
}

static struct world_window_config plain;

static void attach(const struct world_window_config *config)
{
    const struct world_time time = {.ops = &ops};

    memset(&host, 0, sizeof host);
    memset(&port, 0, sizeof port);
    host.now_ms = 5000; /* a host that has run for a while */
    world_window_init(&world, config);
    assert_int_equal(world_window_attach(&world, &time, &port), 0);
}

static int setup(void **state)
{
    (void)state;
    plain = world_window_plain(7, 1780315200000);
    attach(&plain);
    return 0;
}

/* ---- climate sensor ---- */

static int measure(void)
{
    return port.climate.ops->measure(port.climate.ctx);
}

static struct roost_event measured(void)
{
    host.count = 0;
    assert_int_equal(measure(), 0);
    pass(world.config.silent_ms);
    assert_int_equal(host.count, 1);
    assert_int_equal(host.events[0].type, ROOST_EV_CLIMATE);
    return host.events[0];
}

static void the_sensor_answers_in_its_time(void **state)
{
    (void)state;
    assert_int_equal(measure(), 0);
    assert_int_equal(measure(), ROOST_ERR_BUSY);
    pass(24);
    assert_int_equal(host.count, 0);
    pass(1);
    assert_int_equal(host.count, 1);
    assert_int_equal(host.events[0].status, 0);
    assert_int_equal(host.events[0].climate.temperature_mdegc % 100, 0);
    assert_true(fabs(host.events[0].climate.temperature_mdegc / 1000.0 -
                     world.house.temperature_degc) < 0.3);
    assert_true(fabs(host.events[0].climate.humidity_mpct / 1000.0 - world.house.humidity_pct) <
                1.0);
    host.no_power = true;
    assert_int_equal(measure(), ROOST_ERR_IO);
    host.no_power = false;
    host.no_timers = true;
    assert_int_equal(measure(), ROOST_ERR_FAULT);
    host.no_timers = false;
    assert_int_equal(measure(), 0);
}

static void each_sensor_has_its_own_steps_and_range(void **state)
{
    struct world_window_config config = plain;
    int fine = 0;

    (void)state;
    config.sensor = WORLD_SENSOR_BME280;
    attach(&config);
    for (int i = 0; i < 20; i++)
        fine += measured().climate.temperature_mdegc % 100 != 0;
    assert_true(fine > 10);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_RANGE, true);
    assert_int_equal(measured().climate.temperature_mdegc, -146250);
    attach(&plain);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_RANGE, true);
    assert_int_equal(measured().climate.humidity_mpct, 120000);
}

static void the_sensor_fails_in_four_ways(void **state)
{
    (void)state;
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_STUCK, true);
    struct roost_climate_sample first = measured().climate; /* it has said nothing yet */
    assert_in_range(first.temperature_mdegc, 10000, 35000);
    world_house_hold_outdoor_temperature(&world.house, -20);
    pass(3600000);
    struct roost_climate_sample again = measured().climate;
    assert_memory_equal(&again, &first, sizeof first);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_STUCK, false);
    struct roost_climate_sample later = measured().climate;
    assert_true(memcmp(&later, &first, sizeof first) != 0);

    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_CHECKSUM, true);
    assert_int_equal(measured().status, ROOST_ERR_CORRUPT);
    world_window_set_fault(&world, WORLD_WINDOW_SENSOR_SILENT, true);
    host.count = 0;
    assert_int_equal(measure(), 0);
    pass(249);
    assert_int_equal(host.count, 0);
    pass(1);
    assert_int_equal(host.events[0].status, ROOST_ERR_TIMEOUT);
}

static void a_test_says_what_is_read_and_heard(void **state)
{
    struct world_window_config config = plain;
    struct roost_climate_sample reads = {21000, 50000};

    (void)state;
    config.reads = &reads;
    attach(&config);
    assert_int_equal(measured().climate.temperature_mdegc, 21000);
    reads.temperature_mdegc = 22000;
    assert_int_equal(measured().climate.temperature_mdegc, 22000);
}

/* ---- microphone ---- */

static int start(uint32_t rate_hz)
{
    return port.audio_in.ops->start(port.audio_in.ctx, rate_hz);
}

static int hear(int16_t *out, size_t samples)
{
    return port.audio_in.ops->read(port.audio_in.ctx, out, samples);
}

static void the_microphone_keeps_a_second(void **state)
{
    static int16_t samples[RATE_HZ + 1];

    (void)state;
    assert_int_equal(hear(samples, 1), ROOST_ERR_STATE);
    assert_int_equal(start(7999), ROOST_ERR_RANGE);
    assert_int_equal(start(48001), ROOST_ERR_RANGE);
    assert_int_equal(start(RATE_HZ), 0);
    assert_int_equal(start(RATE_HZ), ROOST_ERR_STATE);
    assert_int_equal(hear(samples, 1), 0);
    pass(500);
    assert_int_equal(host.count, 5);
    assert_int_equal(host.events[4].type, ROOST_EV_AUDIO_READY);
    assert_int_equal(hear(samples, 3000), 3000);
    assert_int_equal(hear(samples, 3000), 1000);
    assert_int_equal(port.audio_in.ops->overruns(port.audio_in.ctx), 0);
    pass(1001);
    assert_int_equal(port.audio_in.ops->overruns(port.audio_in.ctx), 1);
    assert_int_equal(hear(samples, RATE_HZ + 1), RATE_HZ);
    host.count = 0;
    assert_int_equal(port.audio_in.ops->stop(port.audio_in.ctx), 0);
    pass(1000);
    assert_int_equal(host.count, 0);
    assert_int_equal(hear(samples, 1), ROOST_ERR_STATE);
}

static void a_dead_microphone_says_so(void **state)
{
    int16_t samples[8];

    (void)state;
    assert_int_equal(start(RATE_HZ), 0);
    pass(150);
    world_window_set_fault(&world, WORLD_WINDOW_MIC_DEAD, true);
    host.count = 0;
    pass(1000);
    assert_int_equal(host.count, 0);
    assert_int_equal(hear(samples, 8), ROOST_ERR_FAULT);
    (void)port.audio_in.ops->stop(port.audio_in.ctx);
    assert_int_equal(start(RATE_HZ), ROOST_ERR_FAULT);
    world_window_set_fault(&world, WORLD_WINDOW_MIC_DEAD, false);
    host.no_power = true;
    assert_int_equal(start(RATE_HZ), ROOST_ERR_IO);
    host.no_power = false;
    host.no_timers = true;
    assert_int_equal(start(RATE_HZ), ROOST_ERR_FAULT);
    assert_int_equal(hear(samples, 8), ROOST_ERR_STATE);
}

static double heard_dbfs(const struct world_window_config *config, double level_dbfs)
{
    static int16_t samples[RATE_HZ];
    double sum = 0;
    int count = 0;

    attach(config);
    world.street.level_set_dbfs = level_dbfs;
    assert_int_equal(start(RATE_HZ), 0);
    for (int i = 0; i < 4; i++) {
        pass(1000);
        int got = hear(samples, RATE_HZ);
        assert_int_equal(got, RATE_HZ);
        for (int j = 0; j < got; j++)
            sum += (double)samples[j] * samples[j];
        count += got;
    }
    return 10.0 * log10(sum / count / (32768.0 * 32768.0));
}

static void every_sound_has_the_level_of_the_street(void **state)
{
    struct world_window_config pcm = plain, fresh = plain, round = plain;

    (void)state;
    fresh.sound = round.sound = WORLD_SOUND_NOISE;
    fresh.level_ms = 250;
    round.noise = noise;
    round.noise_samples = NOISE_SAMPLES;
    for (int level = -60; level <= -20; level += 10) {
        assert_true(fabs(heard_dbfs(&pcm, level) - level) < 0.5);
        assert_true(fabs(heard_dbfs(&fresh, level) - level) < 0.5);
        assert_true(fabs(heard_dbfs(&round, level) - level) < 0.5);
    }
    /* Louder than the scale is wide: cut, not wrapped. */
    assert_true(heard_dbfs(&round, 0) > -3);
}

static void count_up(void *ctx, int16_t *out, size_t samples)
{
    int16_t *next = ctx;

    for (size_t i = 0; i < samples; i++)
        out[i] = (*next)++;
}

static void what_a_test_wants_heard_is_heard_whole(void **state)
{
    struct world_window_config config = plain;
    int16_t next = 1, samples[100];

    (void)state;
    config.hears = count_up;
    config.hears_ctx = &next;
    config.block_ms = 0;
    attach(&config);
    assert_int_equal(start(RATE_HZ), 0);
    pass(500);
    assert_int_equal(host.count, 0);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(hear(samples, 100), 100);
        assert_int_equal(samples[99], 100 * (i + 1));
    }
    assert_int_equal(hear(samples, 100), 0);
}

/* ---- motor ---- */

static int set(int32_t raw)
{
    return port.motor.ops->set(port.motor.ctx, raw);
}

static struct roost_motor_sense sense(void)
{
    struct roost_motor_sense out;

    assert_int_equal(port.motor.ops->sense(port.motor.ctx, &out), 0);
    return out;
}

static void the_motor_moves_and_is_let_go(void **state)
{
    int32_t low, high;

    (void)state;
    assert_int_equal(port.motor.ops->range(port.motor.ctx, &low, &high), 0);
    assert_int_equal(set(low - 1), ROOST_ERR_RANGE);
    assert_int_equal(set(high + 1), ROOST_ERR_RANGE);
    assert_int_equal(host.notes, 0);
    assert_int_equal(set(1800), 0);
    assert_int_equal(host.noted_raw, 1800);
    pass(5000);
    assert_in_range(sense().position_raw, 1795, 1805);
    assert_true(sense().current_ma > 10);
    double opening = world_window_opening_pct(&world);
    assert_true(opening > 50);
    assert_int_equal(port.motor.ops->release(port.motor.ctx), 0);
    pass(60000);
    assert_true(world_window_opening_pct(&world) < opening);
    assert_true(sense().current_ma < 10);
}

static void the_motor_fails_in_five_ways(void **state)
{
    struct roost_motor_sense out;

    (void)state;
    assert_int_equal(set(1500), 0);
    pass(5000);
    world_window_set_fault(&world, WORLD_WINDOW_DRIVER_DEAD, true);
    assert_int_equal(set(1000), ROOST_ERR_FAULT);
    assert_int_equal(port.motor.ops->release(&world), ROOST_ERR_FAULT);
    assert_int_equal(port.motor.ops->sense(&world, &out), ROOST_ERR_FAULT);
    world_window_set_fault(&world, WORLD_WINDOW_DRIVER_DEAD, false);

    world_window_set_fault(&world, WORLD_WINDOW_MOTOR_JAM, true);
    assert_int_equal(set(2000), 0);
    pass(3000);
    assert_in_range(sense().position_raw, 1490, 1510);
    assert_true(sense().current_ma > 800);
    world_window_set_fault(&world, WORLD_WINDOW_MOTOR_JAM, false);

    world_window_set_fault(&world, WORLD_WINDOW_FEEDBACK_DEAD, true);
    int32_t said = sense().position_raw;
    pass(3000);
    assert_int_equal(sense().position_raw, said);
    world_window_set_fault(&world, WORLD_WINDOW_FEEDBACK_DEAD, false);
    assert_in_range(sense().position_raw, 1990, 2010);

    world_window_set_fault(&world, WORLD_WINDOW_MOTOR_DEAD, true);
    pass(100);
    assert_int_equal(sense().current_ma, 0);
    world_window_set_fault(&world, WORLD_WINDOW_MOTOR_DEAD, false);

    assert_int_equal(set(1000), 0);
    pass(3000);
    world_window_obstruct(&world, 40);
    assert_int_equal(set(2000), 0);
    pass(3000);
    assert_true(fabs(world_window_opening_pct(&world) - 40) < 0.1);
    world_window_obstruct(&world, (double)NAN);
    pass(3000);
    assert_in_range(sense().position_raw, 1990, 2010);
}

/* ---- time and power ---- */

static void the_house_goes_in_steps_or_when_it_is_looked_at(void **state)
{
    struct world_window_config config = plain;
    int64_t began = plain.unix_ms;

    (void)state;
    pass(9000);
    (void)sense();
    assert_true(world.house.unix_ms == began);
    pass(1000);
    (void)sense();
    assert_true(world.house.unix_ms == began + 10000);
    config.speed = 100;
    attach(&config);
    pass(100);
    (void)sense();
    assert_true(world.house.unix_ms == began + 10000);
    assert_true(world_window_unix_ms(&world) == began + 10000);
    config.speed = 1;
    config.house_step_s = 0;
    attach(&config);
    pass(20000);
    (void)sense();
    assert_true(world.house.unix_ms == began);
    (void)measured();
    assert_true(world.house.unix_ms == began + 20025);
}

static void without_power_nothing_goes_on(void **state)
{
    int16_t samples[8];

    (void)state;
    assert_int_equal(measure(), 0);
    assert_int_equal(start(RATE_HZ), 0);
    assert_int_equal(set(2000), 0);
    pass(10);
    world_window_off(&world);
    host.no_power = true;
    pass(5000);
    assert_int_equal(host.count, 0);
    assert_false(world.sash.energised);
    assert_int_equal(set(2000), ROOST_ERR_FAULT);
    assert_int_equal(hear(samples, 8), ROOST_ERR_STATE);
    host.no_power = false;
    assert_int_equal(measured().status, 0);
    assert_int_equal(start(RATE_HZ), 0);
}

static void equal_seeds_give_equal_worlds(void **state)
{
    static struct roost_event events[20];
    static int16_t first[800], second[800];

    (void)state;
    for (int round = 0; round < 2; round++) {
        attach(&plain);
        for (int i = 0; i < 20; i++) {
            struct roost_event event = measured();
            if (round == 0)
                events[i] = event;
            else
                assert_memory_equal(&event.climate, &events[i].climate, sizeof event.climate);
        }
        assert_int_equal(start(RATE_HZ), 0);
        pass(100);
        assert_int_equal(hear(round == 0 ? first : second, 800), 800);
    }
    assert_memory_equal(first, second, sizeof first);
}

/* ---- controls ---- */

static void what_can_be_held_can_be_let_go(void **state)
{
    const struct world_controls *controls = &world_window_controls;
    int held = 0;

    (void)state;
    for (size_t i = 0; i < controls->quantity_count; i++) {
        const struct world_quantity *quantity = &controls->quantities[i];
        const double ends[] = {quantity->min, quantity->max};

        assert_ptr_equal(world_quantity_find(controls, quantity->name), quantity);
        assert_true(quantity->get || quantity->hold);
        assert_int_equal(!quantity->hold, !quantity->free);
        for (int end = 0; quantity->hold && end < 2; end++) {
            quantity->hold(&world, ends[end]);
            controls->update(&world);
            if (quantity->get)
                assert_true(fabs(quantity->get(&world) - ends[end]) < 1e-6);
            held++;
        }
        if (quantity->hold)
            quantity->hold(&world, (double)NAN);
    }
    assert_int_equal(held, 8);
    assert_true(isnan(world_quantity_find(controls, "obstruction")->get(&world)));
    assert_null(world_quantity_find(controls, "moon"));
    world_quantity_find(controls, "street_level")->hold(&world, -30);
    assert_true(world_quantity_find(controls, "street_dbfs")->get(&world) == -30);
    assert_true(controls->unix_ms(&world) == plain.unix_ms);
    assert_int_equal(controls->speed(&world), 1);
}

static void faults_go_by_name(void **state)
{
    const struct world_controls *controls = &world_window_controls;

    (void)state;
    for (unsigned i = 0; i < controls->fault_count; i++) {
        const char *name = controls->fault_names[i];

        assert_int_equal(world_fault_find(controls, name, strlen(name)), (int)i);
        controls->set_fault(&world, i, true);
        assert_true(controls->has_fault(&world, i));
        assert_int_equal(world.faults, 1u << i);
        controls->set_fault(&world, i, false);
        assert_false(controls->has_fault(&world, i));
    }
    assert_int_equal(world_fault_find(controls, "motor_jammed", 9), WORLD_WINDOW_MOTOR_JAM);
    assert_int_equal(world_fault_find(controls, "motor", 5), ROOST_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup(f, setup)
        TEST(the_sensor_answers_in_its_time),
        TEST(each_sensor_has_its_own_steps_and_range),
        TEST(the_sensor_fails_in_four_ways),
        TEST(a_test_says_what_is_read_and_heard),
        TEST(the_microphone_keeps_a_second),
        TEST(a_dead_microphone_says_so),
        TEST(every_sound_has_the_level_of_the_street),
        TEST(what_a_test_wants_heard_is_heard_whole),
        TEST(the_motor_moves_and_is_let_go),
        TEST(the_motor_fails_in_five_ways),
        TEST(the_house_goes_in_steps_or_when_it_is_looked_at),
        TEST(without_power_nothing_goes_on),
        TEST(equal_seeds_give_equal_worlds),
        TEST(what_can_be_held_can_be_let_go),
        TEST(faults_go_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
