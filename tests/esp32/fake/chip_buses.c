/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/esp32/fake/chip_parts.h"

/* ---- I2C, with the BME280 ---- */

enum { BME280_REGISTERS = 256, MEASURE_US = 8000 };

static struct i2c_bus {
    unsigned resets;
} i2c;

/* Calibration of the data sheet's example; 25.08 degrees. */
static struct i2c_device {
    uint8_t registers[BME280_REGISTERS];
    int64_t measured_us; /* 0: asleep */
} bme280 = {.registers = {[0x88] = 0x70,
                          0x6B,
                          0x43,
                          0x67,
                          0x18,
                          0xFC,
                          [0xA1] = 0x4B,
                          [0xE1] = 0x6A,
                          0x01,
                          0x00,
                          0x13,
                          0x29,
                          0x03,
                          0x1E,
                          [0xFA] = 0x80,
                          0x00,
                          0x00,
                          0x80,
                          0x00}};

esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *config, i2c_master_bus_handle_t *out)
{
    REQUIRE(config->sda_io_num == CHIP_SDA_PIN && config->scl_io_num == CHIP_SCL_PIN);
    *out = &i2c;
    return ESP_OK;
}

esp_err_t i2c_master_bus_add_device(i2c_master_bus_handle_t bus, const i2c_device_config_t *config,
                                    i2c_master_dev_handle_t *out)
{
    (void)bus;
    REQUIRE(config->device_address == 0x76);
    *out = &bme280;
    return ESP_OK;
}

esp_err_t i2c_master_bus_reset(i2c_master_bus_handle_t bus)
{
    bus->resets++;
    return ESP_OK;
}

static void measure(struct i2c_device *device)
{
    static const uint8_t data[5] = {519888 >> 12, 519888 >> 4 & 0xFF, 519888 << 4 & 0xF0, 0x75,
                                    0x30};

    device->registers[0xF3] = 0;
    if (device->measured_us == 0)
        return;
    if (chip_now_us() < device->measured_us) {
        device->registers[0xF3] = 0x08;
        return;
    }
    memcpy(device->registers + 0xFA, data, sizeof data);
    device->measured_us = 0;
}

esp_err_t i2c_master_transmit(i2c_master_dev_handle_t device, const uint8_t *bytes, size_t len,
                              int timeout_ms)
{
    REQUIRE(len == 2 && timeout_ms <= 20);
    if (chip_outside.bme280_away)
        return ESP_ERR_INVALID_STATE;
    if (bytes[0] == 0xF4 && (bytes[1] & 3) == 1 && device->registers[0xF2] == 1)
        device->measured_us = chip_now_us() + MEASURE_US;
    device->registers[bytes[0]] = bytes[1];
    return ESP_OK;
}

esp_err_t i2c_master_transmit_receive(i2c_master_dev_handle_t device, const uint8_t *bytes,
                                      size_t len, uint8_t *out, size_t size, int timeout_ms)
{
    REQUIRE(len == 1 && bytes[0] + size <= BME280_REGISTERS && timeout_ms <= 20);
    if (chip_outside.bme280_away)
        return ESP_ERR_INVALID_STATE;
    measure(device);
    device->registers[0xD0] = chip_outside.bme280_id;
    memcpy(out, device->registers + bytes[0], size);
    return ESP_OK;
}

/* ---- TWAI, with a peer on the wires ---- */

enum { QUEUE_MAX = 256, RECOVERY_US = 128 * 11 * 4 };

struct frames {
    struct roost_can_frame frame[QUEUE_MAX];
    size_t count;
};

static struct twai {
    bool installed;
    twai_state_t state;
    uint32_t bit_rate, tx_errors, missed, alerts;
    size_t tx_max, rx_max;
    struct frames sending, received;
    int64_t recovered_us;
} twai;
static struct frames at_peer, from_peer;

static void put(struct frames *frames, const struct roost_can_frame *frame)
{
    frames->frame[frames->count++] = *frame;
}

static struct roost_can_frame take(struct frames *frames)
{
    struct roost_can_frame first = frames->frame[0];

    frames->count--;
    memmove(frames->frame, frames->frame + 1, frames->count * sizeof first);
    return first;
}

esp_err_t twai_driver_install_v2(const twai_general_config_t *general,
                                 const twai_timing_config_t *timing,
                                 const twai_filter_config_t *filter, twai_handle_t *out)
{
    (void)filter;
    REQUIRE(!twai.installed && general->tx_io == CHIP_CAN_TX_PIN &&
            general->rx_io == CHIP_CAN_RX_PIN);
    REQUIRE(general->tx_queue_len < QUEUE_MAX && general->rx_queue_len < QUEUE_MAX);
    memset(&twai, 0, sizeof twai);
    twai.installed = true;
    twai.bit_rate = timing->bit_rate;
    twai.tx_max = general->tx_queue_len + 1; /* and the controller's own */
    twai.rx_max = general->rx_queue_len;
    *out = &twai;
    return ESP_OK;
}

esp_err_t twai_driver_uninstall_v2(twai_handle_t handle)
{
    REQUIRE(handle->installed &&
            (handle->state == TWAI_STATE_STOPPED || handle->state == TWAI_STATE_BUS_OFF));
    handle->installed = false;
    return ESP_OK;
}

esp_err_t twai_start_v2(twai_handle_t handle)
{
    REQUIRE(handle->installed && handle->state == TWAI_STATE_STOPPED);
    handle->sending.count = handle->received.count = 0;
    handle->tx_errors = 0;
    handle->state = TWAI_STATE_RUNNING;
    return ESP_OK;
}

esp_err_t twai_stop_v2(twai_handle_t handle)
{
    REQUIRE(handle->installed && handle->state == TWAI_STATE_RUNNING);
    handle->sending.count = 0;
    handle->state = TWAI_STATE_STOPPED;
    return ESP_OK;
}

esp_err_t twai_transmit_v2(twai_handle_t handle, const twai_message_t *message, TickType_t ticks)
{
    struct roost_can_frame frame = {
        .id = message->identifier, .extended = message->extd, .len = message->data_length_code};

    REQUIRE(handle->installed && ticks == 0 && message->data_length_code <= 8);
    if (handle->state != TWAI_STATE_RUNNING)
        return ESP_ERR_INVALID_STATE;
    if (handle->sending.count == handle->tx_max)
        return ESP_ERR_TIMEOUT;
    memcpy(frame.data, message->data, frame.len);
    put(&handle->sending, &frame);
    return ESP_OK;
}

esp_err_t twai_receive_v2(twai_handle_t handle, twai_message_t *message, TickType_t ticks)
{
    REQUIRE(handle->installed && ticks == 0);
    if (handle->received.count == 0)
        return ESP_ERR_TIMEOUT;
    struct roost_can_frame frame = take(&handle->received);
    *message = (twai_message_t){
        .extd = frame.extended, .identifier = frame.id, .data_length_code = frame.len};
    memcpy(message->data, frame.data, frame.len);
    return ESP_OK;
}

esp_err_t twai_read_alerts_v2(twai_handle_t handle, uint32_t *alerts, TickType_t ticks)
{
    int64_t end_us = chip_now_us() + (int64_t)ticks * 1000;

    REQUIRE(handle->installed);
    while (handle->alerts == 0 && chip_now_us() < end_us) {
        taskYIELD();
        REQUIRE(handle->installed); /* nobody takes the driver away from a task that waits in it */
    }
    *alerts = handle->alerts;
    handle->alerts = 0;
    return *alerts ? ESP_OK : ESP_ERR_TIMEOUT;
}

esp_err_t twai_initiate_recovery_v2(twai_handle_t handle)
{
    REQUIRE(handle->state == TWAI_STATE_BUS_OFF);
    handle->sending.count = 0;
    handle->state = TWAI_STATE_RECOVERING;
    handle->recovered_us = chip_now_us() + RECOVERY_US;
    return ESP_OK;
}

esp_err_t twai_get_status_info_v2(twai_handle_t handle, twai_status_info_t *out)
{
    REQUIRE(handle->installed);
    *out = (twai_status_info_t){.state = handle->state,
                                .tx_error_counter = handle->tx_errors,
                                .rx_missed_count = handle->missed};
    return ESP_OK;
}

static void send_one(void)
{
    if (chip_outside.can_disturbed > 0) {
        chip_outside.can_disturbed--;
        twai.tx_errors += 8;
    } else if (!chip_outside.can_peer) {
        if (twai.tx_errors < 128) /* then the lack of an acknowledgement counts no more */
            twai.tx_errors += 8;
    } else {
        struct roost_can_frame frame = take(&twai.sending);
        if (at_peer.count < QUEUE_MAX)
            put(&at_peer, &frame);
        twai.tx_errors -= twai.tx_errors > 0;
    }
    if (twai.tx_errors < 256)
        return;
    twai.state = TWAI_STATE_BUS_OFF;
    twai.alerts |= TWAI_ALERT_BUS_OFF;
}

static void receive_one(void)
{
    struct roost_can_frame frame = take(&from_peer);

    if (twai.received.count == twai.rx_max) {
        twai.missed++;
        twai.alerts |= TWAI_ALERT_RX_QUEUE_FULL;
        return;
    }
    put(&twai.received, &frame);
    twai.alerts |= TWAI_ALERT_RX_DATA;
}

/* A frame of either side in a step: faster than 250 kbit/s, but no faster than a step. */
void chip_run_can(void)
{
    if (!twai.installed)
        return;
    if (twai.state == TWAI_STATE_RECOVERING && chip_now_us() >= twai.recovered_us) {
        twai.state = TWAI_STATE_STOPPED;
        twai.tx_errors = 0;
        twai.alerts |= TWAI_ALERT_BUS_RECOVERED;
    }
    if (twai.state != TWAI_STATE_RUNNING)
        return;
    if (from_peer.count > 0)
        receive_one();
    if (twai.sending.count > 0)
        send_one();
}

bool chip_can_send(const struct roost_can_frame *frame)
{
    if (from_peer.count == CHIP_CAN_FRAMES)
        return false;
    put(&from_peer, frame);
    return true;
}

bool chip_can_take(struct roost_can_frame *out)
{
    if (at_peer.count == 0)
        return false;
    *out = take(&at_peer);
    return true;
}
