/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/esp32/fake/chip_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHIP_OBJECTS = 8 };

struct chip_outside chip_outside = {
    .dht22_bytes = {0x02, 0x92, 0x80, 0x65, 0x79}, /* 65.8 %, -10.1 degrees */
    .servo_us = 900,
    .bme280_id = 0x60,
    .rotor_low = -100000,
    .rotor_high = 100000,
};

static int64_t now_us = 3000;

/* ---- log, time ---- */

const char *esp_err_to_name(esp_err_t err)
{
    static char text[16];

    snprintf(text, sizeof text, "0x%x", (unsigned)err);
    return text;
}

void chip_log(char level, const char *tag, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("%c %s: ", level, tag);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

void esp_log_level_set(const char *tag, int level)
{
    (void)tag;
    (void)level;
}

int64_t esp_timer_get_time(void)
{
    return now_us;
}

int64_t chip_now_us(void)
{
    return now_us;
}

static struct esp_timer {
    esp_timer_create_args_t args;
    int64_t due_us, period_us;
    bool armed;
} timers[CHIP_OBJECTS];
static size_t timer_count;

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *out)
{
    REQUIRE(timer_count < CHIP_OBJECTS && args->callback);
    timers[timer_count].args = *args;
    *out = &timers[timer_count++];
    return ESP_OK;
}

static void arm(esp_timer_handle_t timer, uint64_t us, int64_t period_us)
{
    REQUIRE(!timer->armed);
    timer->armed = true;
    timer->period_us = period_us;
    timer->due_us = now_us + (int64_t)us;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us)
{
    arm(timer, us, 0);
    return ESP_OK;
}

esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t us)
{
    arm(timer, us, (int64_t)us);
    return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer)
{
    REQUIRE(timer->armed);
    timer->armed = false;
    return ESP_OK;
}

bool esp_timer_is_active(esp_timer_handle_t timer)
{
    return timer->armed;
}

static void run_timers(void)
{
    for (size_t i = 0; i < timer_count; i++) {
        struct esp_timer *timer = &timers[i];

        if (!timer->armed || timer->due_us > now_us)
            continue;
        timer->armed = timer->period_us > 0;
        timer->due_us += timer->period_us;
        timer->args.callback(timer->args.arg);
    }
}

esp_err_t esp_read_mac(uint8_t *mac, int type)
{
    (void)type;
    memset(mac, 7, 6);
    return ESP_OK;
}

/* ---- pins ---- */

struct chip_gpio GPIO;

static struct pin {
    int own, outside; /* levels */
    gpio_mode_t mode;
    bool any_edge;
    void (*handler)(void *);
    void *arg;
} pins[GPIO_NUM_MAX];
static bool isr_service;

static void changed(int number, int before);

static int level_of(int number)
{
    const struct pin *pin = &pins[number];

    if (pin->mode == GPIO_MODE_INPUT)
        return pin->outside;
    return pin->mode == GPIO_MODE_INPUT_OUTPUT_OD ? pin->own && pin->outside : pin->own;
}

esp_err_t gpio_config(const gpio_config_t *config)
{
    for (int i = 0; i < GPIO_NUM_MAX; i++)
        if (config->pin_bit_mask >> i & 1) {
            pins[i].mode = config->mode;
            pins[i].any_edge = config->intr_type == GPIO_INTR_ANYEDGE;
        }
    return ESP_OK;
}

esp_err_t gpio_set_level(gpio_num_t number, uint32_t level)
{
    int before = level_of(number);

    pins[number].own = level != 0;
    changed(number, before);
    return ESP_OK;
}

int gpio_get_level(gpio_num_t number)
{
    return level_of(number);
}

esp_err_t gpio_set_direction(gpio_num_t number, gpio_mode_t mode)
{
    pins[number].mode = mode;
    return ESP_OK;
}

esp_err_t gpio_set_pull_mode(gpio_num_t number, gpio_pull_mode_t mode)
{
    pins[number].outside = mode == GPIO_PULLUP_ONLY;
    return ESP_OK;
}

esp_err_t gpio_set_intr_type(gpio_num_t number, gpio_int_type_t type)
{
    pins[number].any_edge = type == GPIO_INTR_ANYEDGE;
    return ESP_OK;
}

esp_err_t gpio_install_isr_service(int flags)
{
    (void)flags;
    REQUIRE(!isr_service);
    isr_service = true;
    return ESP_OK;
}

esp_err_t gpio_isr_handler_add(gpio_num_t number, void (*handler)(void *), void *arg)
{
    REQUIRE(isr_service);
    pins[number].handler = handler;
    pins[number].arg = arg;
    return ESP_OK;
}

esp_err_t gpio_isr_handler_remove(gpio_num_t number)
{
    REQUIRE(isr_service);
    pins[number].handler = NULL;
    return ESP_OK;
}

void chip_drive(int number, int level)
{
    struct pin *pin = &pins[number];

    if (pin->outside == level)
        return;
    pin->outside = level;
    if (pin->handler && pin->any_edge)
        pin->handler(pin->arg);
}

int chip_output(int number)
{
    return pins[number].own;
}

/* ---- step timer, with the motor behind its pins ---- */

static struct gptimer {
    gptimer_event_callbacks_t callbacks;
    uint64_t every_us;
    bool enabled, running;
} step_timer;

esp_err_t gptimer_new_timer(const gptimer_config_t *config, gptimer_handle_t *out)
{
    REQUIRE(config->resolution_hz == 1000000);
    *out = &step_timer;
    return ESP_OK;
}

esp_err_t gptimer_register_event_callbacks(gptimer_handle_t timer,
                                           const gptimer_event_callbacks_t *callbacks, void *ctx)
{
    (void)ctx;
    REQUIRE(!timer->enabled);
    timer->callbacks = *callbacks;
    return ESP_OK;
}

esp_err_t gptimer_set_alarm_action(gptimer_handle_t timer, const gptimer_alarm_config_t *alarm)
{
    REQUIRE(alarm->flags.auto_reload_on_alarm && alarm->alarm_count % CHIP_TICK_US == 0);
    timer->every_us = alarm->alarm_count;
    return ESP_OK;
}

esp_err_t gptimer_enable(gptimer_handle_t timer)
{
    REQUIRE(!timer->enabled);
    timer->enabled = true;
    return ESP_OK;
}

esp_err_t gptimer_start(gptimer_handle_t timer)
{
    REQUIRE(timer->enabled && !timer->running);
    timer->running = true;
    return ESP_OK;
}

esp_err_t gptimer_stop(gptimer_handle_t timer)
{
    REQUIRE(timer->running);
    timer->running = false;
    return ESP_OK;
}

bool chip_stepping(void)
{
    return step_timer.running;
}

static void run_step_timer(void)
{
    if (step_timer.running && (uint64_t)now_us % step_timer.every_us == 0)
        step_timer.callbacks.on_alarm(&step_timer, NULL, NULL);
}

static void step(void)
{
    static const int levels[4] = {0, 2, 3, 1}; /* A << 1 | B */
    int32_t next = chip_outside.rotor + (pins[CHIP_DIRECTION_PIN].own ? 1 : -1);

    if (pins[CHIP_ENABLE_PIN].own || next < chip_outside.rotor_low ||
        next > chip_outside.rotor_high)
        return;
    chip_outside.rotor = next;
    chip_drive(CHIP_ENCODER_A_PIN, levels[next & 3] >> 1);
    chip_drive(CHIP_ENCODER_B_PIN, levels[next & 3] & 1);
}

static void changed(int number, int before)
{
    int now = level_of(number);

    if (now == before)
        return;
    if (number == CHIP_DHT22_PIN)
        chip_dht22_line(!now);
    if (number == CHIP_STEP_PIN && now)
        step();
}

/* ---- time passes ---- */

void chip_pass(void)
{
    now_us += CHIP_TICK_US;
    run_step_timer();
    chip_run_servo();
    chip_run_rmt();
    chip_run_i2s();
    chip_run_can();
    run_timers();
    chip_run_tasks();
}
