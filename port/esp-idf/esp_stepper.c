/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stepper behind a driver with step, direction and enable (A4988 and the like); the motor's raw
 * unit is a step. A timer interrupt of 10 kHz, on while it moves, brings it to the set point
 * (port/parts/ramp.h). An encoder of one edge a step tells where it really is: by the chip's pulse
 * counter, or where there is none (ESP32-C3) by an interrupt an edge.
 *
 * Steps that were lost are never made up for, because that would be pushing on against what took
 * them. They show as a current above every limit, which such a driver cannot measure, until the
 * set point comes back past where the motor stands, or it is released.
 *
 * The motor is at 0, closed, when power comes on. Through any other reset its position is kept.
 * While the flash is being written the interrupts wait, and with them the motor, mid-speed if it
 * must be: a loss of steps there shows like any other.
 */
#include "port/esp-idf/esp_hw.h"

#include "driver/gpio.h"
#include "driver/gptimer.h"
#include "esp_attr.h"
#include "freertos/FreeRTOS.h"
#include "hal/gpio_ll.h"
#include "soc/soc_caps.h"
#if SOC_PCNT_SUPPORTED
#include "driver/pulse_cnt.h"
#endif

#include "core/err.h"
#include "port/parts/quadrature.h"
#include "port/parts/ramp.h"

enum {
    SPEED_STEPS_S = 1000,
    ACCELERATION_STEPS_S2 = 3000,
    LOST_STEPS = 16, /* a stepper loses four at a time; less is play */
    BLOCKED_MA = 30000,
    TIMER_HZ = 1000000,
    GLITCH_NS = 1000,
    COUNTER_LIMIT = 30000, /* of the pulse counter's 16 bits */
    KEPT = 0x57E9900D,
};

static const char part[] = "stepper";

static struct {
    gpio_num_t step_pin, direction_pin, enable_pin;
    int32_t travel_steps;
    gptimer_handle_t timer;
    bool running; /* the timer */
    portMUX_TYPE lock;
    struct ramp ramp; /* under the lock, as is the next */
    bool high;        /* the step pin */
    bool encoder;
    int32_t encoder_base; /* its position when the count was 0 */
#if SOC_PCNT_SUPPORTED
    pcnt_unit_handle_t counter;
#else
    gpio_num_t a_pin, b_pin;
    unsigned levels;
    volatile int32_t counter;
#endif
} stepper = {.lock = portMUX_INITIALIZER_UNLOCKED};

/* Not cleared by a reset; noise when power comes on, which the mark and the inverse tell. */
static RTC_NOINIT_ATTR struct {
    uint32_t mark;
    int32_t position;
    uint32_t inverse;
} kept;

static uint64_t bit(int pin)
{
    return pin >= 0 ? UINT64_C(1) << pin : 0;
}

/* ---- steps ---- */

static bool IRAM_ATTR on_tick(gptimer_handle_t timer, const gptimer_alarm_event_data_t *data,
                              void *ctx)
{
    (void)timer;
    (void)data;
    (void)ctx;
    /* The last pulse ends before the direction changes, which counts when the next one rises. */
    portENTER_CRITICAL_ISR(&stepper.lock);
    if (stepper.high)
        gpio_ll_set_level(&GPIO, (uint32_t)stepper.step_pin, 0);
    stepper.high = ramp_tick(&stepper.ramp) != 0;
    gpio_ll_set_level(&GPIO, (uint32_t)stepper.direction_pin, stepper.ramp.direction > 0);
    if (stepper.high)
        gpio_ll_set_level(&GPIO, (uint32_t)stepper.step_pin, 1);
    portEXIT_CRITICAL_ISR(&stepper.lock);
    return false;
}

static int run(bool on)
{
    if (on == stepper.running)
        return 0;
    esp_err_t err = on ? gptimer_start(stepper.timer) : gptimer_stop(stepper.timer);
    if (err != ESP_OK)
        return ROOST_ERR_FAULT;
    stepper.running = on;
    return 0;
}

static struct ramp look(void)
{
    portENTER_CRITICAL(&stepper.lock);
    struct ramp ramp = stepper.ramp;
    portEXIT_CRITICAL(&stepper.lock);
    return ramp;
}

static void halt(int32_t position)
{
    portENTER_CRITICAL(&stepper.lock);
    ramp_halt(&stepper.ramp, position);
    portEXIT_CRITICAL(&stepper.lock);
}

/* ---- encoder ---- */

#if SOC_PCNT_SUPPORTED
static int set_up_counter(int a_pin, int b_pin)
{
    const pcnt_unit_config_t unit = {
        .low_limit = -COUNTER_LIMIT, .high_limit = COUNTER_LIMIT, .flags.accum_count = 1};
    const pcnt_glitch_filter_config_t filter = {.max_glitch_ns = GLITCH_NS};
    const pcnt_chan_config_t on_a = {.edge_gpio_num = a_pin, .level_gpio_num = b_pin};
    const pcnt_chan_config_t on_b = {.edge_gpio_num = b_pin, .level_gpio_num = a_pin};
    pcnt_channel_handle_t a, b;

    esp_err_t err = pcnt_new_unit(&unit, &stepper.counter);
    if (err == ESP_OK)
        err = pcnt_unit_set_glitch_filter(stepper.counter, &filter);
    if (err == ESP_OK)
        err = pcnt_new_channel(stepper.counter, &on_a, &a);
    if (err == ESP_OK)
        err = pcnt_new_channel(stepper.counter, &on_b, &b);
    /* Upwards A leads: it rises while B is low, B rises while A is high. */
    if (err == ESP_OK)
        err = pcnt_channel_set_edge_action(a, PCNT_CHANNEL_EDGE_ACTION_DECREASE,
                                           PCNT_CHANNEL_EDGE_ACTION_INCREASE);
    if (err == ESP_OK)
        err = pcnt_channel_set_level_action(a, PCNT_CHANNEL_LEVEL_ACTION_KEEP,
                                            PCNT_CHANNEL_LEVEL_ACTION_INVERSE);
    if (err == ESP_OK)
        err = pcnt_channel_set_edge_action(b, PCNT_CHANNEL_EDGE_ACTION_INCREASE,
                                           PCNT_CHANNEL_EDGE_ACTION_DECREASE);
    if (err == ESP_OK)
        err = pcnt_channel_set_level_action(b, PCNT_CHANNEL_LEVEL_ACTION_KEEP,
                                            PCNT_CHANNEL_LEVEL_ACTION_INVERSE);
    /* The driver adds up what overflows at points that are watched. */
    if (err == ESP_OK)
        err = pcnt_unit_add_watch_point(stepper.counter, COUNTER_LIMIT);
    if (err == ESP_OK)
        err = pcnt_unit_add_watch_point(stepper.counter, -COUNTER_LIMIT);
    if (err == ESP_OK)
        err = pcnt_unit_enable(stepper.counter);
    if (err == ESP_OK)
        err = pcnt_unit_clear_count(stepper.counter);
    if (err == ESP_OK)
        err = pcnt_unit_start(stepper.counter);
    return esp_part_error(part, "pulse counter", err);
}

/* Between an overflow and its interrupt a count is wrong by the limit: two that agree are right. */
static int32_t counted(void)
{
    int first, second = 0;

    (void)pcnt_unit_get_count(stepper.counter, &second);
    do {
        first = second;
        (void)pcnt_unit_get_count(stepper.counter, &second);
    } while (second - first > COUNTER_LIMIT / 2 || first - second > COUNTER_LIMIT / 2);
    return second;
}
#else
static unsigned encoder_levels(void)
{
    return (unsigned)gpio_get_level(stepper.a_pin) << 1 | (unsigned)gpio_get_level(stepper.b_pin);
}

static void on_edge(void *ctx)
{
    unsigned levels = encoder_levels();

    (void)ctx;
    stepper.counter = stepper.counter + quadrature_step(stepper.levels, levels);
    stepper.levels = levels;
}

static int set_up_counter(int a_pin, int b_pin)
{
    const gpio_config_t pins = {.pin_bit_mask = bit(a_pin) | bit(b_pin),
                                .mode = GPIO_MODE_INPUT,
                                .pull_up_en = GPIO_PULLUP_ENABLE,
                                .intr_type = GPIO_INTR_ANYEDGE};

    int err = esp_pin_interrupts();
    if (err == 0)
        err = esp_part_error(part, "encoder", gpio_config(&pins));
    if (err < 0)
        return err;
    stepper.a_pin = (gpio_num_t)a_pin;
    stepper.b_pin = (gpio_num_t)b_pin;
    stepper.levels = encoder_levels();
    esp_err_t failed = gpio_isr_handler_add(stepper.a_pin, on_edge, NULL);
    if (failed == ESP_OK)
        failed = gpio_isr_handler_add(stepper.b_pin, on_edge, NULL);
    return esp_part_error(part, "encoder", failed);
}

static int32_t counted(void)
{
    return stepper.counter;
}
#endif

static int32_t position(const struct ramp *ramp)
{
    int32_t now = stepper.encoder ? stepper.encoder_base + counted() : ramp->position;

    kept.mark = KEPT;
    kept.position = now;
    kept.inverse = ~(uint32_t)now;
    return now;
}

static bool lost(const struct ramp *ramp, int32_t here)
{
    int32_t apart = ramp->position - here;

    return apart > LOST_STEPS || apart < -LOST_STEPS;
}

/* ---- operations ---- */

static int range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = 0;
    *max_raw = stepper.travel_steps;
    return 0;
}

static int set(void *ctx, int32_t raw)
{
    (void)ctx;
    if (raw < 0 || raw > stepper.travel_steps)
        return ROOST_ERR_RANGE;
    struct ramp ramp = look();
    int32_t here = position(&ramp);
    /* Past where it stands: from there on, steps count anew. */
    bool past = ramp.target > here ? raw <= here : raw >= here;
    if (lost(&ramp, here) && past)
        halt(here);
    portENTER_CRITICAL(&stepper.lock);
    stepper.ramp.target = raw;
    portEXIT_CRITICAL(&stepper.lock);
    if (gpio_set_level(stepper.enable_pin, 0) != ESP_OK)
        return ROOST_ERR_FAULT;
    return run(true);
}

static int release(void *ctx)
{
    (void)ctx;
    int err = run(false);
    struct ramp ramp = look();

    halt(position(&ramp));
    if (gpio_set_level(stepper.step_pin, 0) != ESP_OK ||
        gpio_set_level(stepper.enable_pin, 1) != ESP_OK)
        return ROOST_ERR_FAULT;
    return err;
}

static int sense(void *ctx, struct roost_motor_sense *out)
{
    struct ramp ramp = look();

    (void)ctx;
    out->position_raw = position(&ramp);
    out->current_ma = stepper.encoder && lost(&ramp, out->position_raw) ? BLOCKED_MA : 0;
    if (!ramp_resting(&ramp) || !stepper.running)
        return 0;
    int err = run(false); /* at the set point; it holds without steps */
    portENTER_CRITICAL(&stepper.lock);
    stepper.high = false;
    gpio_ll_set_level(&GPIO, (uint32_t)stepper.step_pin, 0);
    portEXIT_CRITICAL(&stepper.lock);
    return err;
}

static const struct roost_motor_ops ops = {
    .range = range, .set = set, .release = release, .sense = sense};

/* ---- life ---- */

static int set_up_pins(const struct esp_stepper *wired)
{
    const gpio_config_t pins = {.pin_bit_mask = bit(wired->step_pin) | bit(wired->direction_pin) |
                                                bit(wired->enable_pin),
                                .mode = GPIO_MODE_OUTPUT,
                                .intr_type = GPIO_INTR_DISABLE};

    stepper.step_pin = (gpio_num_t)wired->step_pin;
    stepper.direction_pin = (gpio_num_t)wired->direction_pin;
    stepper.enable_pin = (gpio_num_t)wired->enable_pin;
    /* Levels first: from the moment they drive, the motor is released (enable is low) and quiet. */
    esp_err_t err = gpio_set_level(stepper.enable_pin, 1);
    if (err == ESP_OK)
        err = gpio_set_level(stepper.step_pin, 0);
    if (err == ESP_OK)
        err = gpio_config(&pins);
    return esp_part_error(part, "pins", err);
}

static int set_up_timer(void)
{
    const gptimer_config_t config = {.clk_src = GPTIMER_CLK_SRC_DEFAULT,
                                     .direction = GPTIMER_COUNT_UP,
                                     .resolution_hz = TIMER_HZ};
    const gptimer_event_callbacks_t callbacks = {.on_alarm = on_tick};
    const gptimer_alarm_config_t alarm = {.alarm_count = TIMER_HZ / RAMP_TICK_HZ,
                                          .flags.auto_reload_on_alarm = true};

    esp_err_t err = gptimer_new_timer(&config, &stepper.timer);
    if (err == ESP_OK)
        err = gptimer_register_event_callbacks(stepper.timer, &callbacks, NULL);
    if (err == ESP_OK)
        err = gptimer_set_alarm_action(stepper.timer, &alarm);
    if (err == ESP_OK)
        err = gptimer_enable(stepper.timer);
    return esp_part_error(part, "timer", err);
}

static bool has_encoder(const struct esp_stepper *wired)
{
    return wired->encoder_a_pin != ESP_PIN_NONE || wired->encoder_b_pin != ESP_PIN_NONE;
}

static bool pins_right(const struct esp_stepper *wired)
{
    return esp_pin_check(part, "step", wired->step_pin, ESP_PIN_OUTPUT) &&
           esp_pin_check(part, "direction", wired->direction_pin, ESP_PIN_OUTPUT) &&
           esp_pin_check(part, "enable", wired->enable_pin, ESP_PIN_OUTPUT) &&
           (!has_encoder(wired) ||
            (esp_pin_check(part, "encoder A", wired->encoder_a_pin, ESP_PIN_INPUT) &&
             esp_pin_check(part, "encoder B", wired->encoder_b_pin, ESP_PIN_INPUT)));
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_stepper *wired = config;

    port->motor = esp_no_motor;
    if (!pins_right(wired) || wired->travel_steps <= 0)
        return ROOST_ERR_RANGE;
    stepper.travel_steps = wired->travel_steps;
    ramp_init(&stepper.ramp, SPEED_STEPS_S, ACCELERATION_STEPS_S2);
    if (kept.mark == KEPT && kept.inverse == ~(uint32_t)kept.position)
        stepper.encoder_base = kept.position;
    ramp_halt(&stepper.ramp, stepper.encoder_base);
    int err = set_up_pins(wired);
    if (err == 0 && has_encoder(wired))
        err = set_up_counter(wired->encoder_a_pin, wired->encoder_b_pin);
    if (err == 0)
        err = set_up_timer();
    if (err < 0)
        return err;
    stepper.encoder = has_encoder(wired);
    port->motor = (struct roost_motor){.ops = &ops};
    return 0;
}

const struct esp_driver esp_stepper_driver = {.name = part, .init = init};
