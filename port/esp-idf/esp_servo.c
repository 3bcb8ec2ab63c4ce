/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servo on an LEDC channel, 50 pulses a second of 500 to 2500 us: the motor's raw unit is a
 * microsecond. Where it is comes from the potentiometer on its shaft, through ADC1, which goes on
 * beside Wi-Fi; a voltage far outside of the potentiometer's span is a broken wire and no position.
 * Everything runs in the device's task, a reading takes under a millisecond.
 */
#include "port/esp-idf/esp_hw.h"

#include <inttypes.h>

#include "driver/ledc.h"
#include "esp_log.h"

#include "core/err.h"
#include "port/esp-idf/esp_adc1.h"

enum {
    PULSE_MIN_US = 500,
    PULSE_MAX_US = 2500,
    PERIOD_US = 20000,
    DUTY_BITS = 14,      /* what every ESP32 has; 1.2 us */
    SPAN_LEAST_MV = 200, /* a smaller one is no potentiometer */
};

#define MODE    LEDC_LOW_SPEED_MODE
#define CHANNEL LEDC_CHANNEL_0
#define TIMER   LEDC_TIMER_0

static const char part[] = "servo";

static struct {
    struct esp_adc1 position, current;
    int32_t closed_mv, open_mv;
    int32_t set_raw;
} servo;

static int32_t span_mv(void)
{
    return servo.open_mv - servo.closed_mv; /* negative where it is wired the other way round */
}

static int read_position(int32_t *out)
{
    int32_t mv, span = span_mv();
    int32_t slack = (span < 0 ? -span : span) / 8;
    int32_t low = span < 0 ? servo.open_mv : servo.closed_mv;
    int32_t high = span < 0 ? servo.closed_mv : servo.open_mv;

    if (!servo.position.there) {
        *out = servo.set_raw;
        return 0;
    }
    int err = esp_adc1_read_mv(&servo.position, &mv);
    if (err < 0)
        return err;
    if (mv < low - slack || mv > high + slack)
        return ROOST_ERR_FAULT;
    *out = PULSE_MIN_US + (mv - servo.closed_mv) * (PULSE_MAX_US - PULSE_MIN_US) / span;
    return 0;
}

/* ---- operations ---- */

static int range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = PULSE_MIN_US;
    *max_raw = PULSE_MAX_US;
    return 0;
}

static int set(void *ctx, int32_t raw)
{
    (void)ctx;
    if (raw < PULSE_MIN_US || raw > PULSE_MAX_US)
        return ROOST_ERR_RANGE;
    uint32_t duty = (((uint32_t)raw << DUTY_BITS) + PERIOD_US / 2) / PERIOD_US;
    if (ledc_set_duty(MODE, CHANNEL, duty) != ESP_OK || ledc_update_duty(MODE, CHANNEL) != ESP_OK)
        return ROOST_ERR_FAULT;
    servo.set_raw = raw;
    return 0;
}

/* Without pulses the line is low, and the servo lets go. */
static int release(void *ctx)
{
    (void)ctx;
    return ledc_stop(MODE, CHANNEL, 0) == ESP_OK ? 0 : ROOST_ERR_FAULT;
}

static int sense(void *ctx, struct roost_motor_sense *out)
{
    int32_t ma = 0;

    (void)ctx;
    int err = read_position(&out->position_raw);
    if (err == 0 && servo.current.there)
        err = esp_adc1_read_mv(&servo.current, &ma); /* 1 mV a mA */
    out->current_ma = ma;
    return err;
}

static const struct roost_motor_ops ops = {
    .range = range, .set = set, .release = release, .sense = sense};

static int set_up_pulse(int pin)
{
    const ledc_timer_config_t timer = {.speed_mode = MODE,
                                       .duty_resolution = (ledc_timer_bit_t)DUTY_BITS,
                                       .timer_num = TIMER,
                                       .freq_hz = 1000000 / PERIOD_US,
                                       .clk_cfg = LEDC_AUTO_CLK};
    const ledc_channel_config_t channel = {.gpio_num = pin,
                                           .speed_mode = MODE,
                                           .channel = CHANNEL,
                                           .intr_type = LEDC_INTR_DISABLE,
                                           .timer_sel = TIMER,
                                           .duty = 0};

    esp_err_t err = ledc_timer_config(&timer);
    if (err == ESP_OK)
        err = ledc_channel_config(&channel);
    return esp_part_error(part, "LEDC", err);
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_servo *pins = config;

    port->motor = esp_no_motor;
    if (!esp_pin_check(part, "pulse", pins->pulse_pin, ESP_PIN_OUTPUT))
        return ROOST_ERR_RANGE;
    servo.closed_mv = pins->feedback_closed_mv;
    servo.open_mv = pins->feedback_open_mv;
    servo.set_raw = PULSE_MIN_US;
    int32_t span = span_mv();
    if (pins->feedback_pin != ESP_PIN_NONE && span < SPAN_LEAST_MV && span > -SPAN_LEAST_MV) {
        ESP_LOGE(part, "potentiometer: %" PRId32 " to %" PRId32 " mV is less than %d apart",
                 servo.closed_mv, servo.open_mv, (int)SPAN_LEAST_MV);
        return ROOST_ERR_RANGE;
    }
    int err = esp_adc1_open(part, &servo.position, "potentiometer", pins->feedback_pin);
    if (err == 0)
        err = esp_adc1_open(part, &servo.current, "current", pins->current_pin);
    if (err == 0)
        err = set_up_pulse(pins->pulse_pin);
    if (err < 0)
        return err;
    port->motor = (struct roost_motor){.ops = &ops};
    return 0;
}

const struct esp_driver esp_servo_driver = {.name = part, .init = init};
