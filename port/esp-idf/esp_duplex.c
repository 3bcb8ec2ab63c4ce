/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INMP441 and MAX98357A on one I2S in full duplex: one clock of 16 kHz, 64 bits a frame. Both
 * directions run from the start, because on the ESP32 they share their registers, and because a
 * microphone whose clock stood still is deaf for a while: a press of a button would lose its first
 * word. What the microphone says while nobody has opened it is wiped where it came in.
 *
 *     DMA block --on_recv: wiped, or converted--> ring of 256 ms --read--> device
 *     device --write--> ring of 60 ms --on_sent--> DMA block, 40 ms before it is heard
 *
 * Nothing of a write waits: a block that was sent is filled anew from the ring in the interrupt, or
 * with silence. An erase of the flash keeps these interrupts waiting for up to 50 ms, in which the
 * amplifier hears the last 40 ms again; nobody erases while somebody talks.
 */
#include "port/esp-idf/esp_hw.h"

#include <stdlib.h>
#include <string.h>

#include "driver/gpio.h"
#include "driver/i2s_std.h"
#include "freertos/FreeRTOS.h"

#include "core/err.h"
#include "port/esp-idf/esp_inmp441.h"
#include "port/esp-idf/esp_queue.h"

enum {
    RATE_HZ = 16000,
    BLOCKS = 4,
    BLOCK_FRAMES = RATE_HZ / 100, /* 10 ms, two slots of 32 bits each */
    IN_SAMPLES = RATE_HZ * 256 / 1000,
    OUT_SAMPLES = RATE_HZ * 60 / 1000,
    READY_BLOCKS = 2 /* between two AUDIO_READY */
};

static const char part[] = "INMP441 and MAX98357A";

/* Under the lock: everything but the samples themselves, which belong to the side that has them. */
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

static struct {
    int16_t *ring; /* IN_SAMPLES */
    size_t head, used;
    uint32_t start_frames; /* before the part is up, still to be thrown away */
    uint32_t blocks, overruns;
    bool open;
} in;

static struct {
    int16_t ring[OUT_SAMPLES];
    size_t head, used;
    int32_t *block[BLOCKS];    /* of the DMA, as they came by */
    uint16_t in_block[BLOCKS]; /* samples of the ring in each */
    size_t next, in_dma;       /* the block that comes by next; all of in_block */
    uint32_t underruns;
    bool open, fed, dry;
} out;

/* ---- interrupts ---- */

/* A frame is left, right; the microphone speaks in the left one. */
static void take(const int32_t *frames, size_t count)
{
    if (IN_SAMPLES - in.used < count) {
        in.overruns++;
        return;
    }
    size_t at = (in.head + in.used) % IN_SAMPLES;
    for (size_t i = 0; i < count; i++) {
        in.ring[at] = esp_inmp441_pcm16(frames[2 * i]);
        if (++at == IN_SAMPLES)
            at = 0;
    }
    in.used += count;
}

static bool on_block(i2s_chan_handle_t channel, i2s_event_data_t *data, void *ctx)
{
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};
    size_t frames = data->size / (2 * sizeof(int32_t));
    bool tell = false;

    (void)channel;
    (void)ctx;
    portENTER_CRITICAL_ISR(&lock);
    if (in.start_frames > frames) {
        in.start_frames -= (uint32_t)frames;
    } else if (in.open) {
        take(data->dma_buf, frames);
        tell = ++in.blocks % READY_BLOCKS == 0;
    }
    portEXIT_CRITICAL_ISR(&lock);
    memset(data->dma_buf, 0, data->size);
    return tell && esp_queue_post_from_isr(&event) == pdTRUE;
}

static size_t give(int32_t *frames, size_t count)
{
    size_t given = count < out.used ? count : out.used;

    for (size_t i = 0; i < given; i++) {
        int32_t sample = (int32_t)((uint32_t)(uint16_t)out.ring[out.head] << 16);
        if (++out.head == OUT_SAMPLES)
            out.head = 0;
        frames[2 * i] = frames[2 * i + 1] = sample;
    }
    out.used -= given;
    return given;
}

static bool on_sent(i2s_chan_handle_t channel, i2s_event_data_t *data, void *ctx)
{
    size_t frames = data->size / (2 * sizeof(int32_t)), given = 0;

    (void)channel;
    (void)ctx;
    memset(data->dma_buf, 0, data->size);
    portENTER_CRITICAL_ISR(&lock);
    out.in_dma -= out.in_block[out.next];
    if (out.open)
        given = give(data->dma_buf, frames);
    out.block[out.next] = data->dma_buf;
    out.in_block[out.next] = (uint16_t)given;
    out.in_dma += given;
    out.next = (out.next + 1) % BLOCKS;
    if (out.open && out.fed && given < frames && !out.dry) {
        out.underruns++;
        out.dry = true;
    }
    portEXIT_CRITICAL_ISR(&lock);
    return false;
}

/* ---- microphone ---- */

static int in_start(void *ctx, uint32_t sample_rate_hz)
{
    (void)ctx;
    if (sample_rate_hz != RATE_HZ)
        return ROOST_ERR_UNSUPPORTED;
    if (in.open)
        return ROOST_ERR_STATE;
    portENTER_CRITICAL(&lock);
    in.head = in.used = 0;
    in.blocks = 0;
    in.open = true;
    portEXIT_CRITICAL(&lock);
    return 0;
}

static int in_read(void *ctx, int16_t *samples, size_t count)
{
    (void)ctx;
    if (!in.open)
        return ROOST_ERR_STATE;
    portENTER_CRITICAL(&lock);
    size_t head = in.head, used = in.used;
    portEXIT_CRITICAL(&lock);
    if (count > used)
        count = used;
    for (size_t i = 0; i < count; i++) {
        samples[i] = in.ring[head];
        in.ring[head] = 0;
        head = (head + 1) % IN_SAMPLES;
    }
    portENTER_CRITICAL(&lock);
    in.head = head;
    in.used -= count;
    portEXIT_CRITICAL(&lock);
    return (int)count;
}

static int in_stop(void *ctx)
{
    (void)ctx;
    portENTER_CRITICAL(&lock);
    in.open = false;
    portEXIT_CRITICAL(&lock);
    memset(in.ring, 0, IN_SAMPLES * sizeof *in.ring);
    return 0;
}

static uint32_t in_overruns(void *ctx)
{
    (void)ctx;
    portENTER_CRITICAL(&lock);
    uint32_t overruns = in.overruns;
    portEXIT_CRITICAL(&lock);
    return overruns;
}

/* ---- loudspeaker ---- */

static int out_start(void *ctx, uint32_t sample_rate_hz)
{
    (void)ctx;
    if (sample_rate_hz != RATE_HZ)
        return ROOST_ERR_UNSUPPORTED;
    if (out.open)
        return ROOST_ERR_STATE;
    portENTER_CRITICAL(&lock);
    out.head = out.used = 0;
    out.fed = out.dry = false;
    out.open = true;
    portEXIT_CRITICAL(&lock);
    return 0;
}

static int out_write(void *ctx, const int16_t *pcm, size_t samples)
{
    (void)ctx;
    if (!out.open)
        return ROOST_ERR_STATE;
    portENTER_CRITICAL(&lock);
    size_t at = (out.head + out.used) % OUT_SAMPLES, room = OUT_SAMPLES - out.used;
    portEXIT_CRITICAL(&lock);
    if (samples > room)
        samples = room;
    for (size_t i = 0; i < samples; i++)
        out.ring[(at + i) % OUT_SAMPLES] = pcm[i];
    portENTER_CRITICAL(&lock);
    out.used += samples;
    if (samples > 0) {
        out.fed = true;
        out.dry = false;
    }
    portEXIT_CRITICAL(&lock);
    return (int)samples;
}

static int out_buffered(void *ctx)
{
    (void)ctx;
    if (!out.open)
        return ROOST_ERR_STATE;
    portENTER_CRITICAL(&lock);
    size_t waits = out.used + out.in_dma;
    portEXIT_CRITICAL(&lock);
    return (int)waits;
}

/* The blocks on their way are emptied under the DMA's hands: it sends what it finds. */
static int out_stop(void *ctx)
{
    (void)ctx;
    if (!out.open)
        return 0;
    portENTER_CRITICAL(&lock);
    out.open = false;
    out.in_dma = 0;
    memset(out.in_block, 0, sizeof out.in_block);
    portEXIT_CRITICAL(&lock);
    for (size_t i = 0; i < BLOCKS; i++)
        if (out.block[i])
            memset(out.block[i], 0, BLOCK_FRAMES * 2 * sizeof(int32_t));
    memset(out.ring, 0, sizeof out.ring);
    return 0;
}

static uint32_t out_underruns(void *ctx)
{
    (void)ctx;
    portENTER_CRITICAL(&lock);
    uint32_t underruns = out.underruns;
    portEXIT_CRITICAL(&lock);
    return underruns;
}

/* ---- init ---- */

static const struct roost_audio_in_ops in_ops = {
    .start = in_start, .read = in_read, .stop = in_stop, .overruns = in_overruns};
static const struct roost_audio_out_ops out_ops = {.start = out_start,
                                                   .write = out_write,
                                                   .buffered = out_buffered,
                                                   .stop = out_stop,
                                                   .underruns = out_underruns};

/* Both directions alike in all, as their chips want it: the clocks are shared. */
static int set_up_channels(const struct esp_duplex *pins)
{
    i2s_chan_config_t channel = I2S_CHANNEL_DEFAULT_CONFIG(I2S_NUM_0, I2S_ROLE_MASTER);
    i2s_std_config_t std = {
        .clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(RATE_HZ),
        .slot_cfg =
            I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_32BIT, I2S_SLOT_MODE_STEREO),
        .gpio_cfg = {.mclk = I2S_GPIO_UNUSED,
                     .bclk = (gpio_num_t)pins->clock_pin,
                     .ws = (gpio_num_t)pins->select_pin,
                     .dout = (gpio_num_t)pins->out_pin,
                     .din = (gpio_num_t)pins->in_pin},
    };
    const i2s_event_callbacks_t receives = {.on_recv = on_block}, sends = {.on_sent = on_sent};
    i2s_chan_handle_t sender, receiver;

    channel.dma_desc_num = BLOCKS;
    channel.dma_frame_num = BLOCK_FRAMES;
    esp_err_t err = i2s_new_channel(&channel, &sender, &receiver);
    if (err == ESP_OK)
        err = i2s_channel_init_std_mode(sender, &std);
    if (err == ESP_OK)
        err = i2s_channel_init_std_mode(receiver, &std);
    if (err == ESP_OK)
        err = i2s_channel_register_event_callback(sender, &sends, NULL);
    if (err == ESP_OK)
        err = i2s_channel_register_event_callback(receiver, &receives, NULL);
    if (err == ESP_OK)
        err = i2s_channel_enable(sender);
    if (err == ESP_OK)
        err = i2s_channel_enable(receiver);
    return esp_part_error(part, "I2S", err);
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_duplex *pins = config;

    port->audio_in = esp_no_audio_in;
    port->audio_out = esp_no_audio_out;
    if (!esp_pin_check(part, "BCLK", pins->clock_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "LRC", pins->select_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "SD", pins->in_pin, ESP_PIN_INPUT) ||
        !esp_pin_check(part, "DIN", pins->out_pin, ESP_PIN_OUTPUT))
        return ROOST_ERR_RANGE;
    in.ring = calloc(IN_SAMPLES, sizeof *in.ring);
    if (!in.ring)
        return esp_part_error(part, "ring", ESP_ERR_NO_MEM);
    in.start_frames = ESP_INMP441_START_FRAMES;
    int err = set_up_channels(pins);
    if (err < 0)
        return err;
    /* As esp_inmp441.c has it: a microphone that is not there is silent. */
    if (GPIO_IS_VALID_OUTPUT_GPIO(pins->in_pin))
        (void)gpio_set_pull_mode((gpio_num_t)pins->in_pin, GPIO_PULLDOWN_ONLY);
    port->audio_in = (struct roost_audio_in){.ops = &in_ops};
    port->audio_out = (struct roost_audio_out){.ops = &out_ops};
    return 0;
}

const struct esp_driver esp_duplex_driver = {.name = part, .init = init};
