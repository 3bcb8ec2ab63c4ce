/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digital lines. A change posts the level it led to; when changes come faster than they are taken,
 * the queue keeps the last of each line.
 */
#include "port/esp-idf/esp_hw.h"

#include <stdio.h>

#include "driver/gpio.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"

static const char part[] = "lines";

static struct line {
    gpio_num_t pin;
    bool there, output, active_low;
} lines[ROOST_GPIO_LINES];

static struct line *line_of(unsigned number)
{
    return number < ROOST_GPIO_LINES && lines[number].there ? &lines[number] : NULL;
}

static int level_of(const struct line *line)
{
    return (gpio_get_level(line->pin) != 0) != line->active_low;
}

static void on_change(void *ctx)
{
    const struct line *line = ctx;
    const struct roost_event event = {
        .type = ROOST_EV_GPIO, .token = (uint64_t)(line - lines), .status = level_of(line)};

    portYIELD_FROM_ISR(esp_queue_post_from_isr(&event));
}

static int line_read(void *ctx, unsigned number)
{
    const struct line *line = line_of(number);

    (void)ctx;
    return line ? level_of(line) : ROOST_ERR_RANGE;
}

static int line_write(void *ctx, unsigned number, bool active)
{
    const struct line *line = line_of(number);

    (void)ctx;
    if (!line)
        return ROOST_ERR_RANGE;
    if (!line->output)
        return ROOST_ERR_STATE;
    return esp_part_error(part, "write", gpio_set_level(line->pin, active != line->active_low));
}

static int line_watch(void *ctx, unsigned number, bool on)
{
    struct line *line = line_of(number);

    (void)ctx;
    if (!line)
        return ROOST_ERR_RANGE;
    if (line->output)
        return ROOST_ERR_STATE;
    int err = esp_pin_interrupts();
    if (err < 0)
        return err;
    if (!on)
        return esp_part_error(part, "watch", gpio_isr_handler_remove(line->pin));
    esp_err_t failed = gpio_set_intr_type(line->pin, GPIO_INTR_ANYEDGE);
    if (failed == ESP_OK)
        failed = gpio_isr_handler_add(line->pin, on_change, line); /* enables it too */
    return esp_part_error(part, "watch", failed);
}

static const struct roost_gpio_ops ops = {
    .read = line_read, .write = line_write, .watch = line_watch};

static int set_up(struct line *line, unsigned number, const struct esp_line *wanted)
{
    char signal[16];

    (void)snprintf(signal, sizeof signal, "line %u", number);
    if (!esp_pin_check(part, signal, wanted->pin, wanted->output ? ESP_PIN_OUTPUT : ESP_PIN_INPUT))
        return ROOST_ERR_RANGE;
    const gpio_config_t config = {
        .pin_bit_mask = UINT64_C(1) << wanted->pin,
        .mode = wanted->output ? GPIO_MODE_INPUT_OUTPUT : GPIO_MODE_INPUT, /* outputs read back */
        .pull_up_en = wanted->pull_up ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
        .pull_down_en = wanted->pull_down ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE,
        .intr_type = GPIO_INTR_DISABLE,
    };
    line->pin = (gpio_num_t)wanted->pin;
    line->output = wanted->output;
    line->active_low = wanted->active_low;
    /* The level comes before the direction: an output is never active for a moment. */
    esp_err_t err = wanted->output ? gpio_set_level(line->pin, wanted->active_low) : ESP_OK;
    if (err == ESP_OK)
        err = gpio_config(&config);
    line->there = err == ESP_OK;
    return esp_part_error(part, signal, err);
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_lines *wanted = config;
    int first = 0;

    port->gpio = (struct roost_gpio){.ops = &ops};
    for (size_t i = 0; i < wanted->count; i++) {
        const struct esp_line *line = &wanted->lines[i];
        int err = line->number < ROOST_GPIO_LINES ? set_up(&lines[line->number], line->number, line)
                                                  : ROOST_ERR_RANGE;
        if (first == 0)
            first = err;
    }
    return first;
}

const struct esp_driver esp_lines_driver = {.name = part, .init = init};
