/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second CAN bus by an MCP2515 (port/parts/mcp2515.h) on an SPI. Its two receive buffers are
 * emptied by a worker as soon as INT falls, into a queue that the device's task takes from; both
 * speak to the controller under one semaphore. Other buses are whoever's was listed before it.
 */
#include "port/esp-idf/esp_hw.h"

#include <stdatomic.h>

#include "driver/gpio.h"
#include "driver/spi_master.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"
#include "port/parts/mcp2515.h"

enum {
    RECEIVE_FRAMES = 128, /* an eighth of a second of a full 1000 a second */
    SPI_HZ = 8000000,     /* 10 MHz is its most */
    LOOK_MS = 50,         /* should an edge of INT be missed */
    STACK_BYTES = 3072,
    PRIORITY = 10
};

static const char part[] = "CAN (MCP2515)";

static struct {
    bool there;
    unsigned bus;
    uint32_t crystal_hz;
    gpio_num_t int_pin;
    struct roost_can before; /* of the other buses */
    spi_device_handle_t spi;
    SemaphoreHandle_t controller; /* who speaks to it */
    QueueHandle_t frames;
    TaskHandle_t worker;
    struct mcp2515 can;
    atomic_bool started;
    atomic_uint lost; /* there was no room in the queue */
} two;

static int transfer(void *ctx, const uint8_t *out, uint8_t *in, size_t len)
{
    spi_transaction_t what = {.length = 8 * len, .tx_buffer = out, .rx_buffer = in};

    (void)ctx;
    return spi_device_polling_transmit(two.spi, &what) == ESP_OK ? 0 : ROOST_ERR_FAULT;
}

/* ---- the worker ---- */

static void on_int(void *ctx)
{
    BaseType_t woken = pdFALSE;

    (void)ctx;
    vTaskNotifyGiveFromISR(two.worker, &woken);
    portYIELD_FROM_ISR(woken);
}

static bool fetch(void)
{
    struct roost_can_frame frame;
    bool any = false;

    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    while (atomic_load(&two.started) && mcp2515_receive(&two.can, &frame) == 1) {
        any = true;
        if (xQueueSend(two.frames, &frame, 0) != pdTRUE)
            atomic_fetch_add(&two.lost, 1);
    }
    (void)xSemaphoreGive(two.controller);
    return any;
}

static void work(void *ctx)
{
    const struct roost_event ready = {.type = ROOST_EV_CAN_READY, .token = two.bus};

    (void)ctx;
    for (;;) {
        (void)ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(LOOK_MS));
        if (fetch())
            (void)esp_queue_post(&ready); /* a signal: never refused */
    }
}

/* ---- operations ---- */

static int start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->start(two.before.ctx, bus, bit_rate)
                              : ROOST_ERR_RANGE;
    if (atomic_load(&two.started))
        return ROOST_ERR_STATE;
    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    int err = mcp2515_start(&two.can, two.crystal_hz, bit_rate);
    (void)xQueueReset(two.frames);
    atomic_store(&two.lost, 0);
    two.can.overruns = 0;
    atomic_store(&two.started, !err);
    (void)xSemaphoreGive(two.controller);
    return err;
}

static int send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->send(two.before.ctx, bus, frame) : ROOST_ERR_RANGE;
    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    int err = mcp2515_send(&two.can, frame);
    (void)xSemaphoreGive(two.controller);
    return err;
}

static int receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->receive(two.before.ctx, bus, out) : ROOST_ERR_RANGE;
    if (!atomic_load(&two.started))
        return ROOST_ERR_STATE;
    return xQueueReceive(two.frames, out, 0) == pdTRUE;
}

static int recover(void *ctx, unsigned bus)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->recover(two.before.ctx, bus) : ROOST_ERR_RANGE;
    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    int err = mcp2515_recover(&two.can);
    (void)xSemaphoreGive(two.controller);
    return err;
}

static int status(void *ctx, unsigned bus, struct roost_can_status *out)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->status(two.before.ctx, bus, out) : ROOST_ERR_RANGE;
    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    int err = mcp2515_status(&two.can, out);
    (void)xSemaphoreGive(two.controller);
    out->overruns += atomic_load(&two.lost);
    return err;
}

static int stop(void *ctx, unsigned bus)
{
    (void)ctx;
    if (bus != two.bus)
        return two.before.ops ? two.before.ops->stop(two.before.ctx, bus) : ROOST_ERR_RANGE;
    (void)xSemaphoreTake(two.controller, portMAX_DELAY);
    atomic_store(&two.started, false);
    int err = mcp2515_stop(&two.can);
    (void)xSemaphoreGive(two.controller);
    return err;
}

static const struct roost_can_ops ops = {.start = start,
                                         .send = send,
                                         .receive = receive,
                                         .recover = recover,
                                         .status = status,
                                         .stop = stop};

/* ---- making it ---- */

static bool pins_good(const struct esp_mcp2515 *wanted)
{
    return esp_pin_check(part, "SCK", wanted->clock_pin, ESP_PIN_OUTPUT) &&
           esp_pin_check(part, "SI", wanted->out_pin, ESP_PIN_OUTPUT) &&
           esp_pin_check(part, "SO", wanted->in_pin, ESP_PIN_INPUT) &&
           esp_pin_check(part, "CS", wanted->select_pin, ESP_PIN_OUTPUT) &&
           esp_pin_check(part, "INT", wanted->int_pin, ESP_PIN_INPUT);
}

static int make_spi(const struct esp_mcp2515 *wanted)
{
    const spi_bus_config_t bus = {.mosi_io_num = wanted->out_pin,
                                  .miso_io_num = wanted->in_pin,
                                  .sclk_io_num = wanted->clock_pin,
                                  .quadwp_io_num = -1,
                                  .quadhd_io_num = -1,
                                  .max_transfer_sz = MCP2515_TRANSFER_MAX};
    const spi_device_interface_config_t device = {
        .mode = 0, .clock_speed_hz = SPI_HZ, .spics_io_num = wanted->select_pin, .queue_size = 1};
    esp_err_t err = spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_DISABLED);

    if (err == ESP_OK)
        err = spi_bus_add_device(SPI2_HOST, &device, &two.spi);
    return esp_part_error(part, "SPI", err);
}

static int make_int(void)
{
    const gpio_config_t config = {.pin_bit_mask = 1ULL << two.int_pin,
                                  .mode = GPIO_MODE_INPUT,
                                  .pull_up_en = GPIO_PULLUP_ENABLE,
                                  .intr_type = GPIO_INTR_NEGEDGE};
    int err = esp_part_error(part, "INT", gpio_config(&config));

    if (!err)
        err = esp_pin_interrupts();
    if (!err)
        err = esp_part_error(part, "INT", gpio_isr_handler_add(two.int_pin, on_int, NULL));
    return err;
}

static int init(const void *config, struct roost_port *port)
{
    const struct esp_mcp2515 *wanted = config;

    if (two.there || wanted->bus >= ROOST_CAN_BUSES || !pins_good(wanted))
        return ROOST_ERR_RANGE;
    two.bus = wanted->bus;
    two.crystal_hz = wanted->crystal_hz;
    two.int_pin = (gpio_num_t)wanted->int_pin;
    two.before = port->can;
    two.controller = xSemaphoreCreateMutex();
    two.frames = xQueueCreate(RECEIVE_FRAMES, sizeof(struct roost_can_frame));
    mcp2515_init(&two.can, transfer, NULL);
    int err = make_spi(wanted);
    if (err < 0)
        return err;
    if (!two.controller || !two.frames ||
        xTaskCreate(work, "can2", STACK_BYTES, NULL, PRIORITY, &two.worker) != pdPASS)
        return esp_part_error(part, "worker", ESP_ERR_NO_MEM);
    err = make_int();
    if (err < 0)
        return err;
    port->can = (struct roost_can){.ops = &ops};
    two.there = true;
    return 0;
}

const struct esp_driver esp_mcp2515_driver = {.name = part, .init = init};
