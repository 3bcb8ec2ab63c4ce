/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An LED of one colour on an LEDC channel. Its brightness is worked out 40 times a second by a
 * timer, from the pattern and the time: the chips' own fades cannot be left early on every one of
 * them, and a new pattern begins at once. The timer runs always, so that whoever shows a pattern
 * only has to leave it there.
 */
#include "port/esp-idf/esp_hw.h"

#include "driver/ledc.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"

#include "core/err.h"

enum {
    TICK_US = 25000,
    FREQUENCY_HZ = 5000,
    DUTY_BITS = 12,
    DUTY_MAX = 1 << DUTY_BITS,
    FULL = 255 /* of a colour */
};

/* The first ones are a servo's. */
#define MODE    LEDC_LOW_SPEED_MODE
#define CHANNEL LEDC_CHANNEL_1
#define TIMER   LEDC_TIMER_1

static const char part[] = "LED";

static struct {
    portMUX_TYPE lock;
    struct roost_light_pattern pattern;
    int64_t from_us;
    uint32_t duty; /* of the timer's task */
    bool active_low;
    esp_timer_handle_t tick;
} led = {.lock = portMUX_INITIALIZER_UNLOCKED};

static uint32_t brightest(const struct roost_light_pattern *pattern)
{
    uint32_t level = pattern->red;

    if (pattern->green > level)
        level = pattern->green;
    return pattern->blue > level ? pattern->blue : level;
}

/* 0 to FULL, `us` after it began. It breathes in a triangle: the eye makes it soft. */
static uint32_t level_at(const struct roost_light_pattern *pattern, uint64_t us)
{
    uint32_t full = brightest(pattern);
    uint64_t period_us = (uint64_t)pattern->period_ms * 1000;

    if (pattern->shape == ROOST_LIGHT_STEADY)
        return full;
    if (pattern->shape == ROOST_LIGHT_OFF || period_us == 0)
        return 0;
    uint64_t at = us % period_us;
    switch (pattern->shape) {
    case ROOST_LIGHT_BLINK:
        return at < period_us / 2 ? full : 0;
    case ROOST_LIGHT_BREATHE:
        if (at > period_us / 2)
            at = period_us - at;
        return (uint32_t)(full * at * 2 / period_us);
    default:
        return 0;
    }
}

static void on_tick(void *unused)
{
    (void)unused;
    portENTER_CRITICAL(&led.lock);
    struct roost_light_pattern pattern = led.pattern;
    int64_t from_us = led.from_us;
    portEXIT_CRITICAL(&led.lock);
    int64_t now_us = esp_timer_get_time();
    uint32_t level = level_at(&pattern, (uint64_t)(now_us - from_us));
    /* Half as bright to the eye is a quarter of the light. */
    uint32_t duty = level * level * DUTY_MAX / (FULL * FULL);
    if (led.active_low)
        duty = DUTY_MAX - duty;
    if (duty == led.duty)
        return;
    led.duty = duty;
    if (ledc_set_duty(MODE, CHANNEL, duty) == ESP_OK)
        (void)ledc_update_duty(MODE, CHANNEL);
}

static int show(void *ctx, const struct roost_light_pattern *pattern)
{
    (void)ctx;
    if (!roost_light_pattern_ok(pattern))
        return ROOST_ERR_RANGE;
    int64_t now_us = esp_timer_get_time();
    portENTER_CRITICAL(&led.lock);
    led.pattern = *pattern;
    led.from_us = now_us;
    portEXIT_CRITICAL(&led.lock);
    return 0;
}

static const struct roost_light_ops ops = {.show = show};

static esp_err_t set_up(const struct esp_led *wanted)
{
    const ledc_timer_config_t timer = {.speed_mode = MODE,
                                       .duty_resolution = (ledc_timer_bit_t)DUTY_BITS,
                                       .timer_num = TIMER,
                                       .freq_hz = FREQUENCY_HZ,
                                       .clk_cfg = LEDC_AUTO_CLK};
    const ledc_channel_config_t channel = {.gpio_num = wanted->pin,
                                           .speed_mode = MODE,
                                           .channel = CHANNEL,
                                           .intr_type = LEDC_INTR_DISABLE,
                                           .timer_sel = TIMER,
                                           .duty = led.duty};
    const esp_timer_create_args_t tick = {.callback = on_tick, .name = part};
    esp_err_t err = ledc_timer_config(&timer);

    if (err == ESP_OK)
        err = ledc_channel_config(&channel);
    if (err == ESP_OK)
        err = esp_timer_create(&tick, &led.tick);
    if (err == ESP_OK)
        err = esp_timer_start_periodic(led.tick, TICK_US);
    return err;
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_led *wanted = config;

    port->light = esp_no_light;
    if (!esp_pin_check(part, "LED", wanted->pin, ESP_PIN_OUTPUT))
        return ROOST_ERR_RANGE;
    led.active_low = wanted->active_low;
    led.duty = wanted->active_low ? DUTY_MAX : 0;
    int err = esp_part_error(part, "LEDC", set_up(wanted));
    if (err < 0)
        return err;
    port->light = (struct roost_light){.ops = &ops};
    return 0;
}

const struct esp_driver esp_led_driver = {.name = part, .init = init};
