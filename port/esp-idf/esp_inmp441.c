/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INMP441 on I2S: left channel, 64 clocks a frame, 24 bits in the upper part of 32. The driver's
 * ring holds half a second at 8 kHz, a quarter at 16 kHz; a block of it is taken whole and handed
 * out from there, because the driver gives up the rest of a block it was left with when its ring
 * is nearly full.
 *
 *     DMA ring of BLOCKS --whole--> block --converted, as asked for--> reader
 *       | on_recv: AUDIO_READY    on_recv_q_ovf: a block was overwritten
 */
#include "port/esp-idf/esp_hw.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "driver/gpio.h"
#include "driver/i2s_std.h"

#include "core/err.h"
#include "port/esp-idf/esp_inmp441.h"
#include "port/esp-idf/esp_queue.h"

enum {
    BLOCKS = 8,
    BLOCK_FRAMES = 500, /* 4 bytes each; a block is at most 4092 bytes */
    RATE_MIN_HZ = 8000, /* the part's clock is 0.5 to 3.2 MHz, 64 of them a frame */
    RATE_MAX_HZ = 48000,
    /* What it takes after its clock stood still is not said; no more than after power-on. */
    START_FRAMES = ESP_INMP441_START_FRAMES,
};

static const char part[] = "INMP441";

static struct {
    i2s_chan_handle_t channel;
    int32_t *block;
    size_t at, count;      /* of the block: next frame, frames */
    uint32_t start_frames; /* still to be thrown away */
    uint32_t rate_hz;
    bool running;
    atomic_uint overruns;
} microphone;

static bool on_block(i2s_chan_handle_t channel, i2s_event_data_t *data, void *ctx)
{
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)channel;
    (void)data;
    (void)ctx;
    return esp_queue_post_from_isr(&event) == pdTRUE;
}

static bool on_overrun(i2s_chan_handle_t channel, i2s_event_data_t *data, void *ctx)
{
    (void)channel;
    (void)data;
    (void)ctx;
    atomic_fetch_add(&microphone.overruns, 1);
    return false;
}

static int start(void *ctx, uint32_t sample_rate_hz)
{
    const i2s_std_clk_config_t clock = I2S_STD_CLK_DEFAULT_CONFIG(sample_rate_hz);

    (void)ctx;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (microphone.running)
        return ROOST_ERR_STATE;
    esp_err_t err = ESP_OK;
    if (sample_rate_hz != microphone.rate_hz)
        err = i2s_channel_reconfig_std_clock(microphone.channel, &clock);
    if (err == ESP_OK) {
        microphone.rate_hz = sample_rate_hz;
        err = i2s_channel_enable(microphone.channel);
    }
    if (err != ESP_OK) {
        (void)esp_part_error(part, "start", err);
        return ROOST_ERR_FAULT;
    }
    microphone.at = microphone.count = 0;
    microphone.start_frames = START_FRAMES;
    microphone.running = true;
    return 0;
}

/* Returns whether there is a frame in the block. Does not wait. */
static bool fill(void)
{
    while (microphone.at == microphone.count) {
        size_t bytes = 0;

        (void)i2s_channel_read(microphone.channel, microphone.block,
                               BLOCK_FRAMES * sizeof *microphone.block, &bytes, 0);
        microphone.count = bytes / sizeof *microphone.block;
        microphone.at = 0;
        if (microphone.count == 0)
            return false;
        size_t skipped =
            microphone.count < microphone.start_frames ? microphone.count : microphone.start_frames;
        microphone.start_frames -= (uint32_t)skipped;
        microphone.at = skipped;
    }
    return true;
}

static int read(void *ctx, int16_t *out, size_t samples)
{
    size_t taken = 0;

    (void)ctx;
    if (!microphone.running)
        return ROOST_ERR_STATE;
    while (taken < samples && fill())
        out[taken++] = esp_inmp441_pcm16(microphone.block[microphone.at++]);
    return (int)taken;
}

static int stop(void *ctx)
{
    (void)ctx;
    if (!microphone.running)
        return 0;
    microphone.running = false;
    return esp_part_error(part, "stop", i2s_channel_disable(microphone.channel)) < 0
               ? ROOST_ERR_FAULT
               : 0;
}

static uint32_t overruns(void *ctx)
{
    (void)ctx;
    return atomic_load(&microphone.overruns);
}

static const struct roost_audio_in_ops ops = {
    .start = start, .read = read, .stop = stop, .overruns = overruns};

static int set_up_channel(const struct esp_inmp441 *pins)
{
    i2s_chan_config_t channel = I2S_CHANNEL_DEFAULT_CONFIG(I2S_NUM_AUTO, I2S_ROLE_MASTER);
    i2s_std_config_t std = {
        .clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(RATE_MIN_HZ),
        .slot_cfg =
            I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_32BIT, I2S_SLOT_MODE_MONO),
        .gpio_cfg = {.mclk = I2S_GPIO_UNUSED,
                     .bclk = (gpio_num_t)pins->clock_pin,
                     .ws = (gpio_num_t)pins->select_pin,
                     .dout = I2S_GPIO_UNUSED,
                     .din = (gpio_num_t)pins->data_pin},
    };
    const i2s_event_callbacks_t callbacks = {.on_recv = on_block, .on_recv_q_ovf = on_overrun};

    channel.dma_desc_num = BLOCKS;
    channel.dma_frame_num = BLOCK_FRAMES;
    std.slot_cfg.slot_mask = I2S_STD_SLOT_LEFT; /* L/R to ground; the default differs by chip */
    esp_err_t err = i2s_new_channel(&channel, NULL, &microphone.channel);
    if (err == ESP_OK)
        err = i2s_channel_init_std_mode(microphone.channel, &std);
    if (err == ESP_OK)
        err = i2s_channel_register_event_callback(microphone.channel, &callbacks, NULL);
    return esp_part_error(part, "I2S", err);
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_inmp441 *pins = config;

    port->audio_in = esp_no_audio_in;
    if (!esp_pin_check(part, "SCK", pins->clock_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "WS", pins->select_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "SD", pins->data_pin, ESP_PIN_INPUT))
        return ROOST_ERR_RANGE;
    microphone.block = malloc(BLOCK_FRAMES * sizeof *microphone.block);
    if (!microphone.block)
        return esp_part_error(part, "block", ESP_ERR_NO_MEM);
    int err = set_up_channel(pins);
    if (err < 0)
        return err;
    microphone.rate_hz = RATE_MIN_HZ;
    /* A microphone that is not there reads as silence, not as noise. Pins that are inputs only have
     * no resistor of their own; the data sheet wants one of 100 kOhm on the board anyway. */
    if (GPIO_IS_VALID_OUTPUT_GPIO(pins->data_pin))
        (void)gpio_set_pull_mode((gpio_num_t)pins->data_pin, GPIO_PULLDOWN_ONLY);
    port->audio_in = (struct roost_audio_in){.ops = &ops};
    return 0;
}

const struct esp_driver esp_inmp441_driver = {.name = part, .init = init};
