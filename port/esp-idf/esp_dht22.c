/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DHT22 on one pin. A timer plays the host: it holds the line low for the start pulse, lets go, and
 * looks at what the RMT has recorded once all 40 bits must be through. The sensor may be asked
 * every two seconds; who asks sooner has the answer late, but within the three of the contract.
 *
 *   measure -> WAIT --2 s since the last--> START --1.2 ms low--> LISTEN --12 ms--> event
 */
#include "port/esp-idf/esp_hw.h"

#include <stdatomic.h>

#include "driver/gpio.h"
#include "driver/rmt_rx.h"
#include "esp_timer.h"
#include "soc/soc_caps.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"
#include "port/parts/dht22.h"

enum {
    PERIOD_US = 2000000, /* between two answers, and after power-on */
    START_US = 1200,     /* at least 800, at most 20000 */
    LISTEN_US = 12000,   /* an answer is over after 5.3 ms, the recording a millisecond later */
    IDLE_NS = 1000000,   /* of one level: the recording is over */
    GLITCH_NS = 1000,
    RESOLUTION_HZ = 1000000,
    SYMBOLS = 64, /* of two pulses each; an answer has 43 */
};

_Static_assert(SYMBOLS >= SOC_RMT_MEM_WORDS_PER_CHANNEL && 2 * SYMBOLS >= DHT22_PULSES,
               "one block of the RMT, and all of an answer");

static const char part[] = "DHT22";

static struct {
    gpio_num_t pin;
    rmt_channel_handle_t channel;
    esp_timer_handle_t timer;
    enum { WAIT, START, LISTEN } phase; /* what the timer ends */
    int64_t asked_us;                   /* when the sensor last had its start pulse */
    atomic_bool busy;
    atomic_uint recorded; /* symbols; set by the interrupt */
    rmt_symbol_word_t symbols[SYMBOLS];
} sensor;

static bool on_recorded(rmt_channel_handle_t channel, const rmt_rx_done_event_data_t *data,
                        void *ctx)
{
    (void)channel;
    (void)ctx;
    atomic_store(&sensor.recorded, (unsigned)data->num_symbols);
    return false;
}

static void finish(int status, const struct roost_climate_sample *sample)
{
    struct roost_event event = {.type = ROOST_EV_CLIMATE, .status = status};

    if (status == 0)
        event.climate = *sample;
    atomic_store(&sensor.busy, false);
    (void)esp_queue_post(&event); /* a signal: never refused */
}

static bool arm(uint64_t us)
{
    return esp_timer_start_once(sensor.timer, us) == ESP_OK;
}

static void press(void)
{
    (void)gpio_set_level(sensor.pin, 0);
    sensor.asked_us = esp_timer_get_time();
    sensor.phase = START;
    if (arm(START_US))
        return;
    (void)gpio_set_level(sensor.pin, 1);
    finish(ROOST_ERR_TIMEOUT, NULL);
}

/* The RMT is on before the line rises: an interruption in between makes the start pulse longer,
 * and nothing is missed. */
static void let_go(void)
{
    static const rmt_receive_config_t config = {.signal_range_min_ns = GLITCH_NS,
                                                .signal_range_max_ns = IDLE_NS};

    atomic_store(&sensor.recorded, 0);
    esp_err_t err = rmt_receive(sensor.channel, sensor.symbols, sizeof sensor.symbols, &config);
    (void)gpio_set_level(sensor.pin, 1);
    sensor.phase = LISTEN;
    if (err != ESP_OK || !arm(LISTEN_US))
        finish(ROOST_ERR_TIMEOUT, NULL);
}

static void look(void)
{
    uint16_t pulses[2 * SYMBOLS] = {0};
    struct roost_climate_sample sample = {0};
    unsigned symbols = atomic_load(&sensor.recorded);

    if (symbols == 0) { /* the line never changed, or never rested: end the recording */
        (void)rmt_disable(sensor.channel);
        (void)rmt_enable(sensor.channel);
    }
    for (unsigned i = 0; i < symbols && i < SYMBOLS; i++) {
        uint32_t both = sensor.symbols[i].val; /* 15 bits of length and the level, twice */

        pulses[2 * i] = (uint16_t)both;
        pulses[2 * i + 1] = (uint16_t)(both >> 16);
    }
    int status = dht22_decode(pulses, 2 * (symbols < SYMBOLS ? symbols : SYMBOLS), &sample);
    finish(status, &sample);
}

static void on_timer(void *ctx)
{
    (void)ctx;
    switch (sensor.phase) {
    case WAIT:
        press();
        break;
    case START:
        let_go();
        break;
    case LISTEN:
        look();
        break;
    }
}

static int measure(void *ctx)
{
    (void)ctx;
    if (atomic_load(&sensor.busy))
        return ROOST_ERR_BUSY;
    int64_t rest_us = sensor.asked_us + PERIOD_US - esp_timer_get_time();

    atomic_store(&sensor.busy, true);
    sensor.phase = WAIT;
    if (!arm(rest_us > 0 ? (uint64_t)rest_us : 1)) {
        atomic_store(&sensor.busy, false);
        return ROOST_ERR_FAULT;
    }
    return 0;
}

static const struct roost_climate_sensor_ops ops = {.measure = measure};

static int set_up_line(int pin)
{
    const rmt_rx_channel_config_t config = {
        .gpio_num = pin,
        .clk_src = RMT_CLK_SRC_DEFAULT,
        .resolution_hz = RESOLUTION_HZ,
        .mem_block_symbols = SOC_RMT_MEM_WORDS_PER_CHANNEL,
    };
    const rmt_rx_event_callbacks_t callbacks = {.on_recv_done = on_recorded};

    esp_err_t err = rmt_new_rx_channel(&config, &sensor.channel);
    if (err == ESP_OK)
        err = rmt_rx_register_event_callbacks(sensor.channel, &callbacks, NULL);
    if (err == ESP_OK)
        err = rmt_enable(sensor.channel);
    if (err != ESP_OK)
        return esp_part_error(part, "RMT", err);
    /* The RMT made it an input; it is an open-drain output beside that, and lets go at first. */
    err = gpio_set_level(sensor.pin, 1);
    if (err == ESP_OK)
        err = gpio_set_direction(sensor.pin, GPIO_MODE_INPUT_OUTPUT_OD);
    if (err == ESP_OK)
        err = gpio_set_pull_mode(sensor.pin, GPIO_PULLUP_ONLY);
    return esp_part_error(part, "line", err);
}

static int init(const void *config, struct roost_port *port)
{
    const esp_timer_create_args_t timer = {.callback = on_timer, .name = "dht22"};
    const struct esp_dht22 *dht22 = config;

    port->climate = esp_no_climate;
    if (!esp_pin_check(part, "data", dht22->data_pin, ESP_PIN_OUTPUT))
        return ROOST_ERR_RANGE;
    sensor.pin = (gpio_num_t)dht22->data_pin;
    int err = set_up_line(dht22->data_pin);
    if (err == 0)
        err = esp_part_error(part, "timer", esp_timer_create(&timer, &sensor.timer));
    if (err < 0)
        return err;
    sensor.asked_us = esp_timer_get_time();
    port->climate = (struct roost_climate_sensor){.ops = &ops};
    return 0;
}

const struct esp_driver esp_dht22_driver = {.name = part, .init = init};
