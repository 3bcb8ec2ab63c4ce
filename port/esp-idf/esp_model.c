/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's surroundings on the chip itself, for emulators and for a board without parts: a
 * DHT22 in world/house.h, a servo on world/sash.h and a microphone in world/street.h, brought up to
 * the clock whenever the device looks at them. Only its task does; timers do no more than post.
 *
 * These chips have no floating point of double precision. The house goes in steps of ten seconds,
 * and the street gives the microphone its level, four times a second, for a noise in integers: two
 * seconds of sound cost one percent of a processor at 160 MHz where world_street_pcm takes eleven.
 */
#include "port/esp-idf/esp_hw.h"

#include <math.h>
#include <sys/time.h>

#include "esp_mac.h"
#include "esp_timer.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"
#include "world/window/house.h"
#include "world/window/sash.h"
#include "world/window/street.h"

enum {
    MEASURE_US = 25000, /* as a DHT22 takes */
    HOUSE_STEP_S = 10,
    AUDIO_TICK_US = 100000,
    AUDIO_RING_MS = 1000, /* what waits for the reader; more is lost */
    LEVEL_MS = 250,       /* of sound between two looks at the street */
    RATE_MIN_HZ = 8000,
    RATE_MAX_HZ = 48000,
};

/* A summer noon, where nobody has told the time. */
#define START_UNIX_MS INT64_C(1780315200000)

static const char part[] = "model";

static struct {
    bool made;
    struct world_house house;
    struct world_sash sash;
    struct world_street street;
    int64_t stepped_ms; /* chip time the models stand at */
    double house_due_s; /* modelled time the house still has to go */
    uint32_t noise;
    /* climate sensor */
    esp_timer_handle_t climate_timer;
    volatile bool measuring;
    struct roost_climate_sample sample;
    /* microphone */
    esp_timer_handle_t audio_timer;
    bool listening;
    uint32_t rate_hz, overruns;
    int64_t listening_from_ms;
    uint64_t taken;      /* samples read or lost since */
    uint32_t level_left; /* samples for which the gain holds */
    int64_t gain_q16;
} world;

static int64_t now_ms(void)
{
    return esp_timer_get_time() / 1000;
}

/* The same window after every reset, and another one on every board. */
static uint64_t seed_of_board(void)
{
    uint8_t mac[6] = {0};
    uint64_t seed = 1;

    if (esp_read_mac(mac, ESP_MAC_BASE) != ESP_OK)
        return seed;
    for (unsigned i = 0; i < sizeof mac; i++)
        seed = seed << 8 | mac[i];
    return seed;
}

static void make(void)
{
    struct timeval wall = {0};
    uint64_t seed = seed_of_board();

    if (world.made)
        return;
    (void)gettimeofday(&wall, NULL);
    int64_t unix_ms = (int64_t)wall.tv_sec * 1000;
    world_house_init(&world.house, seed, unix_ms > START_UNIX_MS ? unix_ms : START_UNIX_MS);
    world_sash_init(&world.sash, seed);
    world_street_init(&world.street, seed);
    world.noise = (uint32_t)seed | 1;
    world.stepped_ms = now_ms();
    world.made = true;
}

static void bring_up(void)
{
    int64_t now = now_ms();
    double passed_s = (double)(now - world.stepped_ms) / 1000.0;

    world.stepped_ms = now;
    world_sash_step(&world.sash, passed_s);
    world.house_due_s += passed_s;
    if (world.house_due_s < HOUSE_STEP_S)
        return;
    world_house_step(&world.house, world.house_due_s, world_sash_opening_pct(&world.sash));
    world.house_due_s = 0;
}

static uint32_t draw(void)
{
    world.noise ^= world.noise << 13;
    world.noise ^= world.noise >> 17;
    world.noise ^= world.noise << 5;
    return world.noise;
}

/* ---- climate sensor ---- */

/* In the sensor's steps of a tenth, with noise of one of them. */
static int32_t in_tenths(double value)
{
    return ((int32_t)lrint(value * 10.0) + (int32_t)(draw() >> 8) % 3 - 1) * 100;
}

static void on_measured(void *ctx)
{
    const struct roost_event event = {.type = ROOST_EV_CLIMATE, .climate = world.sample};

    (void)ctx;
    world.measuring = false;
    (void)esp_queue_post(&event); /* a signal: never refused */
}

static int measure(void *ctx)
{
    (void)ctx;
    if (world.measuring)
        return ROOST_ERR_BUSY;
    bring_up();
    int32_t humidity_mpct = in_tenths(world.house.humidity_pct);
    world.sample.temperature_mdegc = in_tenths(world.house.temperature_degc);
    world.sample.humidity_mpct = humidity_mpct < 0        ? 0
                                 : humidity_mpct > 100000 ? 100000
                                                          : humidity_mpct;
    world.measuring = true;
    if (esp_timer_start_once(world.climate_timer, MEASURE_US) == ESP_OK)
        return 0;
    world.measuring = false;
    return ROOST_ERR_FAULT;
}

static const struct roost_climate_sensor_ops climate_ops = {.measure = measure};

int esp_model_climate_init(struct roost_climate_sensor *out)
{
    const esp_timer_create_args_t timer = {.callback = on_measured, .name = "climate"};

    make();
    int err = esp_part_error(part, "timer", esp_timer_create(&timer, &world.climate_timer));
    if (err < 0)
        return err;
    *out = (struct roost_climate_sensor){.ops = &climate_ops};
    return 0;
}

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
    (void)ctx;
    if (raw < WORLD_SASH_MIN_RAW || raw > WORLD_SASH_MAX_RAW)
        return ROOST_ERR_RANGE;
    bring_up();
    world_sash_set(&world.sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    (void)ctx;
    bring_up();
    world_sash_release(&world.sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    (void)ctx;
    bring_up();
    out->position_raw = world_sash_feedback_raw(&world.sash);
    out->current_ma = (int32_t)lrint(world.sash.current_ma);
    return 0;
}

static const struct roost_motor_ops motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};

int esp_model_motor_init(struct roost_motor *out)
{
    make();
    *out = (struct roost_motor){.ops = &motor_ops};
    return 0;
}

/* ---- microphone ---- */

static void on_audio(void *ctx)
{
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)ctx;
    (void)esp_queue_post(&event);
}

/* Samples that wait for the reader; what does not fit the ring is lost and counted. */
static uint64_t waiting(void)
{
    uint64_t made = (uint64_t)(now_ms() - world.listening_from_ms) * world.rate_hz / 1000;
    uint64_t ring = (uint64_t)world.rate_hz * AUDIO_RING_MS / 1000;

    if (made - world.taken > ring) {
        world.taken = made - ring;
        world.overruns++;
    }
    return made - world.taken;
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    (void)ctx;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (world.listening)
        return ROOST_ERR_STATE;
    if (esp_timer_start_periodic(world.audio_timer, AUDIO_TICK_US) != ESP_OK)
        return ROOST_ERR_FAULT;
    world.listening = true;
    world.rate_hz = sample_rate_hz;
    world.listening_from_ms = now_ms();
    world.taken = 0;
    world.level_left = 0;
    return 0;
}

/* An even draw in -a..a has an effective value of a over the root of three. */
static void look_at_street(void)
{
    bring_up();
    int64_t unix_ms = world.house.unix_ms + (int64_t)(world.house_due_s * 1000.0);
    double level_dbfs =
        world_street_level_dbfs(&world.street, unix_ms, world_sash_opening_pct(&world.sash));
    world.gain_q16 = lrint(pow(10.0, level_dbfs / 20.0) * 1.7320508 * 65536.0);
    world.level_left = world.rate_hz * LEVEL_MS / 1000;
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    (void)ctx;
    if (!world.listening)
        return ROOST_ERR_STATE;
    uint64_t there = waiting();
    if (samples > there)
        samples = (size_t)there;
    for (size_t i = 0; i < samples; i++) {
        if (world.level_left == 0)
            look_at_street();
        world.level_left--;
        int64_t sample = ((int64_t)(draw() >> 16) - 32768) * world.gain_q16 / 65536;
        out[i] = (int16_t)(sample > INT16_MAX   ? INT16_MAX
                           : sample < INT16_MIN ? INT16_MIN
                                                : sample);
    }
    world.taken += samples;
    return (int)samples;
}

static int audio_stop(void *ctx)
{
    (void)ctx;
    if (world.listening)
        (void)esp_timer_stop(world.audio_timer);
    world.listening = false;
    return 0;
}

static uint32_t audio_overruns(void *ctx)
{
    (void)ctx;
    if (world.listening)
        (void)waiting(); /* counts what was lost up to now */
    return world.overruns;
}

static const struct roost_audio_in_ops audio_ops = {
    .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};

int esp_model_audio_init(struct roost_audio_in *out)
{
    const esp_timer_create_args_t timer = {
        .callback = on_audio, .name = "audio", .skip_unhandled_events = true};

    make();
    int err = esp_part_error(part, "timer", esp_timer_create(&timer, &world.audio_timer));
    if (err < 0)
        return err;
    *out = (struct roost_audio_in){.ops = &audio_ops};
    return 0;
}
