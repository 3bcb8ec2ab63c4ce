/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BME280 on the I2C bus. A worker of its own talks to it, because the driver waits: at most
 * WAIT_MS for each step of a transfer, a second in all for a bus that is held down. It finds the
 * sensor, and finds it again after it was away, as part of a measurement; a transfer that fails
 * frees the bus (nine clocks) and starts from the chip's identity the next time.
 */
#include "port/esp-idf/esp_hw.h"

#include <stdatomic.h>

#include "driver/i2c_master.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"
#include "port/parts/bme280.h"

enum {
    CLOCK_HZ = 100000,
    WAIT_MS = 20,
    POLLS = 5, /* for the end of a measurement, or of the copy after a reset */
    POLL_MS = 2,
    STACK_BYTES = 3072,
    PRIORITY = 3,
};

static const char part[] = "BME280";

static struct {
    i2c_master_bus_handle_t bus;
    i2c_master_dev_handle_t device;
    TaskHandle_t worker;
    atomic_bool busy;
    bool ready; /* found and calibrated */
    bool told;  /* that it is away */
    struct bme280_calibration calibration;
} sensor;

static int told(const char *what, int err)
{
    if (!sensor.told)
        ESP_LOGE(part, "%s: %s", what, roost_err_text(err));
    sensor.told = true;
    return err;
}

static int read_registers(uint8_t from, uint8_t *out, size_t len)
{
    return i2c_master_transmit_receive(sensor.device, &from, 1, out, len, WAIT_MS) == ESP_OK
               ? 0
               : ROOST_ERR_TIMEOUT;
}

static int write_register(uint8_t at, uint8_t value)
{
    const uint8_t bytes[] = {at, value};

    return i2c_master_transmit(sensor.device, bytes, sizeof bytes, WAIT_MS) == ESP_OK
               ? 0
               : ROOST_ERR_TIMEOUT;
}

/* A tick more than that, because the one that runs is partly over. */
static void sleep_ms(uint32_t ms)
{
    vTaskDelay(pdMS_TO_TICKS(ms) + 1);
}

static int wait_until_clear(uint8_t status_bit)
{
    for (int i = 0; i < POLLS; i++) {
        uint8_t status;
        int err = read_registers(BME280_STATUS, &status, 1);

        if (err < 0 || !(status & status_bit))
            return err;
        sleep_ms(POLL_MS);
    }
    return ROOST_ERR_TIMEOUT;
}

static int find(void)
{
    uint8_t id, first[BME280_FIRST_BYTES], second[BME280_SECOND_BYTES];

    int err = read_registers(BME280_ID, &id, 1);
    if (err < 0)
        return told("no answer", err);
    if (id != BME280_CHIP_ID) {
        if (!sensor.told)
            ESP_LOGE(part, "identity 0x%02x, not 0x%02x: another part", (unsigned)id,
                     (unsigned)BME280_CHIP_ID);
        sensor.told = true;
        return ROOST_ERR_CORRUPT;
    }
    err = write_register(BME280_RESET, BME280_RESET_NOW);
    sleep_ms(BME280_START_MS);
    if (err == 0)
        err = wait_until_clear(BME280_COPYING);
    if (err == 0)
        err = read_registers(BME280_CALIBRATION_1, first, sizeof first);
    if (err == 0)
        err = read_registers(BME280_CALIBRATION_2, second, sizeof second);
    if (err == 0)
        err = bme280_calibration_parse(&sensor.calibration, first, second);
    if (err < 0)
        return told("calibration", err);
    sensor.ready = true;
    return 0;
}

static int take(struct roost_climate_sample *out)
{
    uint8_t data[BME280_DATA_BYTES];

    int err = sensor.ready ? 0 : find();
    if (err < 0)
        return err;
    err = write_register(BME280_CTRL_HUM, BME280_OVERSAMPLE_1);
    if (err == 0)
        err = write_register(BME280_CTRL_MEAS, BME280_FORCED);
    if (err == 0) {
        sleep_ms(BME280_MEASURE_MS);
        err = wait_until_clear(BME280_MEASURING);
    }
    if (err == 0)
        err = read_registers(BME280_DATA, data, sizeof data);
    if (err < 0)
        return told("transfer", err);
    err = bme280_decode(&sensor.calibration, data, out);
    if (err == 0 && sensor.told)
        ESP_LOGI(part, "back again");
    sensor.told = sensor.told && err < 0;
    return err;
}

static void work(void *ctx)
{
    bool measured_stack = false;

    (void)ctx;
    for (;;) {
        struct roost_event event = {.type = ROOST_EV_CLIMATE};

        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        event.status = take(&event.climate);
        if (event.status < 0) {
            sensor.ready = false;
            (void)i2c_master_bus_reset(sensor.bus);
        }
        if (!measured_stack)
            ESP_LOGI(part, "worker: %u of %u bytes of stack free",
                     (unsigned)uxTaskGetStackHighWaterMark(NULL), (unsigned)STACK_BYTES);
        measured_stack = true;
        atomic_store(&sensor.busy, false);
        (void)esp_queue_post(&event); /* a signal: never refused */
    }
}

static int measure(void *ctx)
{
    (void)ctx;
    if (atomic_exchange(&sensor.busy, true))
        return ROOST_ERR_BUSY;
    (void)xTaskNotifyGive(sensor.worker);
    return 0;
}

static const struct roost_climate_sensor_ops ops = {.measure = measure};

static int init(const void *config, struct roost_port *port)
{
    const struct esp_bme280 *bme280 = config;
    const i2c_master_bus_config_t bus = {
        .i2c_port = -1,
        .sda_io_num = (gpio_num_t)bme280->sda_pin,
        .scl_io_num = (gpio_num_t)bme280->scl_pin,
        .clk_source = I2C_CLK_SRC_DEFAULT,
        .glitch_ignore_cnt = 7,
        .flags.enable_internal_pullup = true,
    };
    const i2c_device_config_t device = {
        .dev_addr_length = I2C_ADDR_BIT_LEN_7,
        .device_address = bme280->address,
        .scl_speed_hz = CLOCK_HZ,
    };

    port->climate = esp_no_climate;
    /* The driver tells each failure of each step; told() says it once. */
    esp_log_level_set("i2c.master", ESP_LOG_NONE);
    if (!esp_pin_check(part, "SDA", bme280->sda_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "SCL", bme280->scl_pin, ESP_PIN_OUTPUT))
        return ROOST_ERR_RANGE;
    int err = esp_part_error(part, "I2C bus", i2c_new_master_bus(&bus, &sensor.bus));
    if (err == 0)
        err = esp_part_error(part, "I2C device",
                             i2c_master_bus_add_device(sensor.bus, &device, &sensor.device));
    if (err < 0)
        return err;
    if (xTaskCreate(work, "bme280", STACK_BYTES, NULL, PRIORITY, &sensor.worker) != pdPASS)
        return esp_part_error(part, "worker", ESP_ERR_NO_MEM);
    port->climate = (struct roost_climate_sensor){.ops = &ops};
    return 0;
}

const struct esp_driver esp_bme280_driver = {.name = part, .init = init};
