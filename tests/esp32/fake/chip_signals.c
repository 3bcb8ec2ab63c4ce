/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "tests/esp32/fake/chip_parts.h"

enum { ADC_FULL_MV = 2900, SERVO_US_S = 600, DHT22_SIGNAL_HALVES = 86 };

/* ---- RMT, with the DHT22 on its line ---- */

static struct rmt_channel {
    rmt_rx_event_callbacks_t callbacks;
    rmt_symbol_word_t *buffer;
    size_t size;
    bool enabled, receiving;
    int64_t pressed_us, answered_us; /* 0: not */
} rmt;

esp_err_t rmt_new_rx_channel(const rmt_rx_channel_config_t *config, rmt_channel_handle_t *out)
{
    REQUIRE(config->resolution_hz == 1000000 &&
            config->mem_block_symbols >= SOC_RMT_MEM_WORDS_PER_CHANNEL);
    (void)gpio_set_direction(config->gpio_num, GPIO_MODE_INPUT);
    *out = &rmt;
    return ESP_OK;
}

esp_err_t rmt_rx_register_event_callbacks(rmt_channel_handle_t channel,
                                          const rmt_rx_event_callbacks_t *callbacks, void *ctx)
{
    (void)ctx;
    REQUIRE(!channel->enabled);
    channel->callbacks = *callbacks;
    return ESP_OK;
}

esp_err_t rmt_enable(rmt_channel_handle_t channel)
{
    REQUIRE(!channel->enabled);
    channel->enabled = true;
    return ESP_OK;
}

esp_err_t rmt_disable(rmt_channel_handle_t channel)
{
    REQUIRE(channel->enabled);
    channel->enabled = channel->receiving = false;
    return ESP_OK;
}

esp_err_t rmt_receive(rmt_channel_handle_t channel, void *buffer, size_t size,
                      const rmt_receive_config_t *config)
{
    REQUIRE(channel->enabled && !channel->receiving);
    REQUIRE(config->signal_range_min_ns <= 3187 && config->signal_range_max_ns <= 32767000);
    channel->receiving = true;
    channel->buffer = buffer;
    channel->size = size;
    return ESP_OK;
}

void chip_dht22_line(bool low)
{
    if (low) {
        rmt.pressed_us = chip_now_us();
        return;
    }
    int64_t held_us = chip_now_us() - rmt.pressed_us;
    if (rmt.pressed_us && held_us >= 800 && held_us <= 20000 && !chip_outside.dht22_silent)
        rmt.answered_us = chip_now_us() + 6500;
    rmt.pressed_us = 0;
}

void chip_run_rmt(void)
{
    uint32_t halves[DHT22_SIGNAL_HALVES] = {0x8000 | 30, 81, 0x8000 | 79};
    size_t count = 3;

    if (!rmt.answered_us || chip_now_us() < rmt.answered_us)
        return;
    rmt.answered_us = 0;
    if (!rmt.receiving)
        return;
    rmt.receiving = false;
    for (int bit = 0; bit < 40; bit++) {
        halves[count++] = 52;
        halves[count++] = 0x8000 | (chip_outside.dht22_bytes[bit / 8] & 0x80 >> bit % 8 ? 71 : 25);
    }
    halves[count++] = 51;
    halves[count++] = 0x8000; /* rests */
    for (size_t i = 0; i < DHT22_SIGNAL_HALVES / 2 && i < rmt.size / sizeof *rmt.buffer; i++)
        rmt.buffer[i].val = halves[2 * i] | halves[2 * i + 1] << 16;
    const rmt_rx_done_event_data_t data = {rmt.buffer, DHT22_SIGNAL_HALVES / 2};
    rmt.callbacks.on_recv_done(&rmt, &data, NULL);
}

/* ---- LEDC and ADC, with the servo ---- */

static struct {
    uint32_t duty, next_duty;
    bool pulsing;
} ledc;

static uint32_t led_next_duty;

esp_err_t ledc_timer_config(const ledc_timer_config_t *config)
{
    if (config->timer_num == LEDC_TIMER_1)
        REQUIRE(config->freq_hz << config->duty_resolution <= 40000000); /* of its clock */
    else
        REQUIRE(config->freq_hz == 50 && config->duty_resolution == 14);
    return ESP_OK;
}

esp_err_t ledc_channel_config(const ledc_channel_config_t *config)
{
    REQUIRE(config->channel == config->timer_sel);
    REQUIRE(config->duty == 0); /* no pulse before one is asked for */
    return ESP_OK;
}

esp_err_t ledc_set_duty(int mode, int channel, uint32_t duty)
{
    (void)mode;
    if (channel == LEDC_CHANNEL_1)
        led_next_duty = duty;
    else
        ledc.next_duty = duty;
    return ESP_OK;
}

esp_err_t ledc_update_duty(int mode, int channel)
{
    (void)mode;
    if (channel == LEDC_CHANNEL_1) {
        chip_outside.led_duty = led_next_duty;
        return ESP_OK;
    }
    ledc.duty = ledc.next_duty;
    ledc.pulsing = true;
    return ESP_OK;
}

esp_err_t ledc_stop(int mode, int channel, uint32_t idle_level)
{
    (void)mode;
    (void)channel;
    REQUIRE(idle_level == 0);
    ledc.pulsing = false;
    return ESP_OK;
}

void chip_run_servo(void)
{
    double most_us = SERVO_US_S * CHIP_TICK_US / 1e6;
    double away_us = ledc.duty * 20000.0 / 16384 - chip_outside.servo_us;

    if (ledc.pulsing)
        chip_outside.servo_us += fmax(-most_us, fmin(most_us, away_us));
}

struct adc_unit {
    unsigned reads;
};
static struct adc_unit adc;

esp_err_t adc_oneshot_io_to_channel(int pin, adc_unit_t *unit, adc_channel_t *channel)
{
    *unit = ADC_UNIT_1;
    *channel = pin;
    return pin <= 4 ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t adc_oneshot_new_unit(const adc_oneshot_unit_init_cfg_t *config,
                               adc_oneshot_unit_handle_t *out)
{
    (void)config;
    *out = &adc;
    return ESP_OK;
}

esp_err_t adc_oneshot_config_channel(adc_oneshot_unit_handle_t unit, adc_channel_t channel,
                                     const adc_oneshot_chan_cfg_t *config)
{
    (void)unit;
    (void)channel;
    (void)config;
    return ESP_OK;
}

/* Every 50th time the Wi-Fi driver has it. */
esp_err_t adc_oneshot_read(adc_oneshot_unit_handle_t unit, adc_channel_t channel, int *raw)
{
    double span_mv = CHIP_FEEDBACK_OPEN_MV - CHIP_FEEDBACK_CLOSED_MV;
    double mv = CHIP_CURRENT_MA;

    if (channel == CHIP_FEEDBACK_PIN)
        mv = chip_outside.feedback_cut
                 ? 0
                 : CHIP_FEEDBACK_CLOSED_MV + (chip_outside.servo_us - 500) * span_mv / 2000;
    unit->reads++;
    *raw = (int)(mv * 4095 / ADC_FULL_MV + unit->reads % 3);
    return unit->reads % 50 == 0 ? ESP_ERR_TIMEOUT : ESP_OK;
}

/* No calibration is burnt in: nothing makes a handle for this. */
esp_err_t adc_cali_raw_to_voltage(adc_cali_handle_t handle, int raw, int *mv)
{
    (void)handle;
    (void)raw;
    (void)mv;
    return ESP_FAIL;
}

/* ---- I2S: one controller with a microphone, one with that and an amplifier ---- */

enum { BLOCKS_MAX = 8, BLOCK_BYTES_MAX = 4092 };

static struct i2s_chan {
    i2s_event_callbacks_t callbacks;
    i2s_std_config_t config;
    struct i2s_chan *pair; /* in full duplex */
    bool sends;
    uint32_t rate_hz, blocks, frames;
    uint32_t queued, next;
    uint8_t dma[BLOCKS_MAX][BLOCK_BYTES_MAX];
    bool ready, enabled;
    int64_t due_us;
} i2s, duplex[2];

static int64_t block_us(const struct i2s_chan *channel)
{
    return (int64_t)channel->frames * 1000000 / channel->rate_hz;
}

static void set_blocks(struct i2s_chan *channel, const i2s_chan_config_t *config)
{
    REQUIRE(config->dma_frame_num * 4 <= BLOCK_BYTES_MAX && config->dma_desc_num <= BLOCKS_MAX);
    channel->blocks = config->dma_desc_num;
    channel->frames = config->dma_frame_num;
}

esp_err_t i2s_new_channel(const i2s_chan_config_t *config, i2s_chan_handle_t *tx,
                          i2s_chan_handle_t *rx)
{
    if (!tx) {
        set_blocks(*rx = &i2s, config);
        return ESP_OK;
    }
    for (int i = 0; i < 2; i++) {
        set_blocks(&duplex[i], config);
        duplex[i].pair = &duplex[!i];
    }
    duplex[0].sends = true;
    *tx = &duplex[0];
    *rx = &duplex[1];
    return ESP_OK;
}

esp_err_t i2s_channel_init_std_mode(i2s_chan_handle_t channel, const i2s_std_config_t *config)
{
    REQUIRE(!channel->ready && config->slot_cfg.data_bit_width == I2S_DATA_BIT_WIDTH_32BIT);
    if (!channel->pair)
        REQUIRE(config->slot_cfg.slot_mask == I2S_STD_SLOT_LEFT);
    else if (channel->pair->ready) /* they share their registers on an ESP32 */
        REQUIRE(memcmp(&channel->pair->config, config, sizeof *config) == 0);
    channel->config = *config;
    channel->rate_hz = config->clk_cfg.sample_rate_hz;
    channel->ready = true;
    return ESP_OK;
}

esp_err_t i2s_channel_register_event_callback(i2s_chan_handle_t channel,
                                              const i2s_event_callbacks_t *callbacks, void *ctx)
{
    (void)ctx;
    REQUIRE(!channel->enabled);
    channel->callbacks = *callbacks;
    return ESP_OK;
}

esp_err_t i2s_channel_reconfig_std_clock(i2s_chan_handle_t channel,
                                         const i2s_std_clk_config_t *clock)
{
    REQUIRE(channel->ready && !channel->enabled);
    channel->rate_hz = clock->sample_rate_hz;
    return ESP_OK;
}

esp_err_t i2s_channel_enable(i2s_chan_handle_t channel)
{
    REQUIRE(channel->ready && !channel->enabled);
    channel->enabled = true;
    channel->queued = 0;
    channel->due_us = chip_now_us() + block_us(channel);
    return ESP_OK;
}

esp_err_t i2s_channel_disable(i2s_chan_handle_t channel)
{
    REQUIRE(channel->enabled);
    channel->enabled = false;
    return ESP_OK;
}

esp_err_t i2s_channel_read(i2s_chan_handle_t channel, void *out, size_t size, size_t *got,
                           uint32_t timeout_ms)
{
    int32_t *frames = out;

    /* Less than a block would lose the rest of it when the ring is nearly full. */
    REQUIRE(channel->enabled && timeout_ms == 0 && size == i2s.frames * sizeof *frames);
    *got = 0;
    if (channel->queued == 0)
        return ESP_ERR_TIMEOUT;
    channel->queued--;
    for (uint32_t i = 0; i < channel->frames; i++)
        frames[i] = chip_outside.sample * 256;
    *got = size;
    return ESP_OK;
}

static void run_microphone(void)
{
    i2s_event_data_t data = {0};

    while (i2s.enabled && i2s.due_us <= chip_now_us()) {
        i2s.due_us += block_us(&i2s);
        i2s.callbacks.on_recv(&i2s, &data, NULL);
        if (i2s.queued == i2s.blocks - 1) {
            i2s.queued--;
            i2s.callbacks.on_recv_q_ovf(&i2s, &data, NULL);
        }
        i2s.queued++;
    }
}

/* A block is heard, or was heard by the microphone, and then shown to the driver. */
static void run_block(struct i2s_chan *channel)
{
    i2s_event_data_t data = {.dma_buf = channel->dma[channel->next],
                             .size = channel->frames * 2 * sizeof(int32_t)};
    int32_t *frames = data.dma_buf;

    for (uint32_t i = 0; i < channel->frames; i++, frames += 2) {
        if (!channel->sends) {
            frames[0] = chip_outside.sample * 256;
            frames[1] = 0x5A5A5A; /* nobody drives the other slot */
            continue;
        }
        chip_outside.heard += frames[0] || frames[1];
        memcpy(chip_outside.heard_last, frames, sizeof chip_outside.heard_last);
    }
    channel->next = (channel->next + 1) % channel->blocks;
    i2s_isr_callback_t done =
        channel->sends ? channel->callbacks.on_sent : channel->callbacks.on_recv;
    if (done)
        (void)done(channel, &data, NULL);
}

void chip_run_i2s(void)
{
    run_microphone();
    for (int i = 0; i < 2; i++)
        while (duplex[i].enabled && duplex[i].due_us <= chip_now_us()) {
            duplex[i].due_us += block_us(&duplex[i]);
            run_block(&duplex[i]);
        }
}
