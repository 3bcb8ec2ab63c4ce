/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_hw.h"

#include "driver/gpio.h"
#include "esp_log.h"

#include "core/err.h"

static const char tag[] = "parts";

/* ---- shared ---- */

bool esp_pin_check(const char *part, const char *signal, int pin, enum esp_pin_use use)
{
    bool there = pin >= 0 && pin < GPIO_NUM_MAX && GPIO_IS_VALID_GPIO(pin);

    if (there && (use == ESP_PIN_INPUT || GPIO_IS_VALID_OUTPUT_GPIO(pin)))
        return true;
    ESP_LOGE(tag, "%s: pin %d for %s %s", part, pin, signal,
             there ? "is an input only" : "does not exist on this chip");
    return false;
}

int esp_part_error(const char *part, const char *tried, esp_err_t err)
{
    if (err == ESP_OK)
        return 0;
    ESP_LOGE(tag, "%s: %s: %s", part, tried, esp_err_to_name(err));
    switch (err) {
    case ESP_ERR_NO_MEM:
        return ROOST_ERR_NO_MEMORY;
    case ESP_ERR_INVALID_ARG:
        return ROOST_ERR_INVALID;
    case ESP_ERR_INVALID_STATE:
        return ROOST_ERR_STATE;
    case ESP_ERR_NOT_FOUND: /* no free channel, timer or unit */
        return ROOST_ERR_BUSY;
    case ESP_ERR_NOT_SUPPORTED:
        return ROOST_ERR_UNSUPPORTED;
    case ESP_ERR_TIMEOUT:
        return ROOST_ERR_TIMEOUT;
    default:
        return ROOST_ERR_FAULT;
    }
}

int esp_pin_interrupts(void)
{
    static bool installed;

    if (installed)
        return 0;
    int err = esp_part_error("pins", "interrupt service", gpio_install_isr_service(0));
    installed = err == 0;
    return err;
}

/* ---- parts that are not there ---- */

static int no_measure(void *ctx)
{
    (void)ctx;
    return ROOST_ERR_FAULT;
}

/* A product asks at its start, and has to start without its motor: any range will do. */
static int no_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = 500;
    *max_raw = 2500;
    return 0;
}

static int no_set(void *ctx, int32_t raw)
{
    (void)ctx;
    (void)raw;
    return ROOST_ERR_FAULT;
}

static int no_release(void *ctx)
{
    (void)ctx;
    return ROOST_ERR_FAULT;
}

static int no_sense(void *ctx, struct roost_motor_sense *out)
{
    (void)ctx;
    (void)out;
    return ROOST_ERR_FAULT;
}

static int no_start(void *ctx, uint32_t sample_rate_hz)
{
    (void)ctx;
    (void)sample_rate_hz;
    return ROOST_ERR_FAULT;
}

static int no_read(void *ctx, int16_t *out, size_t samples)
{
    (void)ctx;
    (void)out;
    (void)samples;
    return ROOST_ERR_STATE;
}

static int no_stop(void *ctx)
{
    (void)ctx;
    return 0;
}

static uint32_t no_overruns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int no_write(void *ctx, const int16_t *pcm, size_t samples)
{
    (void)ctx;
    (void)pcm;
    (void)samples;
    return ROOST_ERR_STATE;
}

static int no_buffered(void *ctx)
{
    (void)ctx;
    return ROOST_ERR_STATE;
}

static int no_show(void *ctx, const struct roost_light_pattern *pattern)
{
    (void)ctx;
    return roost_light_pattern_ok(pattern) ? ROOST_ERR_FAULT : ROOST_ERR_RANGE;
}

static const struct roost_climate_sensor_ops no_climate = {.measure = no_measure};
static const struct roost_motor_ops no_motor = {
    .range = no_range, .set = no_set, .release = no_release, .sense = no_sense};
static const struct roost_audio_in_ops no_audio = {
    .start = no_start, .read = no_read, .stop = no_stop, .overruns = no_overruns};
static const struct roost_audio_out_ops no_speaker = {.start = no_start,
                                                      .write = no_write,
                                                      .buffered = no_buffered,
                                                      .stop = no_stop,
                                                      .underruns = no_overruns};
static const struct roost_light_ops no_light = {.show = no_show};

const struct roost_climate_sensor esp_no_climate = {.ops = &no_climate};
const struct roost_motor esp_no_motor = {.ops = &no_motor};
const struct roost_audio_in esp_no_audio_in = {.ops = &no_audio};
const struct roost_audio_out esp_no_audio_out = {.ops = &no_speaker};
const struct roost_light esp_no_light = {.ops = &no_light};
