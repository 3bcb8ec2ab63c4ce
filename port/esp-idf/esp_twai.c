/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAN by the TWAI controller, of which these chips have one. The driver is
 * installed with the first start, because the bit rate is part of that, and again when another one
 * is asked for: the one thing here that allocates after init.
 *
 * The driver calls nobody back; a worker waits for its alerts, posts CAN_READY for frames, and
 * starts the controller again after a recovery, which ends in the driver's stopped state.
 *
 * Known: the driver of ESP-IDF 5.5.5 clears memory beyond the message when it receives a frame with
 * a length code of 9 to 15 (twai_receive_v2), which ISO 11898-1 allows and no node of ours sends.
 * That of 5.3.1 does not.
 */
#include "port/esp-idf/esp_hw.h"

#include <stdatomic.h>
#include <string.h>

#include "driver/twai.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

#include "core/err.h"
#include "port/esp-idf/esp_queue.h"

enum {
    RECEIVE_FRAMES = 128, /* an eighth of a second of a full 1000 a second */
    SEND_FRAMES = 16,
    ALERTS_MS = 50, /* a wait for alerts; a new bit rate waits for its end */
    STACK_BYTES = 3072,
    PRIORITY = 10,
    ERROR_PASSIVE = 128, /* ISO 11898-1 */
    STANDARD_ID_MAX = 0x7FF,
    EXTENDED_ID_MAX = 0x1FFFFFFF,
};

static const char part[] = "CAN";

static struct {
    bool there;
    unsigned bus; /* number of the one that is */
    gpio_num_t tx_pin, rx_pin;
    TaskHandle_t worker;
    SemaphoreHandle_t driver; /* the worker may wait inside the driver only while it holds it */
    twai_handle_t handle;     /* NULL: not installed; changes under the semaphore */
    uint32_t bit_rate, overruns_before;
    atomic_bool started;
} can;

/* ---- the worker ---- */

/* Its priority is above that of the device's task, so a yield would let nobody in, and giving the
 * semaphore back and taking it again neither. Nobody waits for it while the worker goes round: only
 * start() takes it, which is refused while it is started, and once it is not the worker stands at
 * its notification without it. So start() waits for the end of one wait for alerts at most. */

static void work(void *ctx)
{
    const struct roost_event ready = {.type = ROOST_EV_CAN_READY, .token = can.bus};

    (void)ctx;
    for (;;) {
        uint32_t alerts = 0;

        if (!atomic_load(&can.started))
            (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        (void)xSemaphoreTake(can.driver, portMAX_DELAY);
        if (can.handle &&
            twai_read_alerts_v2(can.handle, &alerts, pdMS_TO_TICKS(ALERTS_MS)) == ESP_OK &&
            (alerts & TWAI_ALERT_BUS_RECOVERED) && atomic_load(&can.started))
            (void)esp_part_error(part, "restart", twai_start_v2(can.handle));
        (void)xSemaphoreGive(can.driver);
        if (alerts & (TWAI_ALERT_RX_DATA | TWAI_ALERT_RX_QUEUE_FULL))
            (void)esp_queue_post(&ready); /* a signal: never refused */
        if (alerts & TWAI_ALERT_BUS_OFF)
            ESP_LOGW(part, "bus off");
    }
}

/* ---- installation ---- */

static bool timing_of(uint32_t bit_rate, twai_timing_config_t *out)
{
    static const struct {
        uint32_t bit_rate;
        twai_timing_config_t timing;
    } known[] = {
        {25000, TWAI_TIMING_CONFIG_25KBITS()},   {50000, TWAI_TIMING_CONFIG_50KBITS()},
        {100000, TWAI_TIMING_CONFIG_100KBITS()}, {125000, TWAI_TIMING_CONFIG_125KBITS()},
        {250000, TWAI_TIMING_CONFIG_250KBITS()}, {500000, TWAI_TIMING_CONFIG_500KBITS()},
        {800000, TWAI_TIMING_CONFIG_800KBITS()}, {1000000, TWAI_TIMING_CONFIG_1MBITS()},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].bit_rate == bit_rate) {
            *out = known[i].timing;
            return true;
        }
    return false;
}

static twai_status_info_t info(void)
{
    twai_status_info_t status = {.state = TWAI_STATE_STOPPED};

    if (can.handle)
        (void)twai_get_status_info_v2(can.handle, &status);
    return status;
}

/* With the semaphore. */
static int install(uint32_t bit_rate)
{
    twai_general_config_t general =
        TWAI_GENERAL_CONFIG_DEFAULT_V2(0, can.tx_pin, can.rx_pin, TWAI_MODE_NORMAL);
    const twai_filter_config_t filter = TWAI_FILTER_CONFIG_ACCEPT_ALL();
    twai_timing_config_t timing;

    if (!timing_of(bit_rate, &timing))
        return ROOST_ERR_UNSUPPORTED;
    if (can.handle) {
        int err = esp_part_error(part, "uninstall", twai_driver_uninstall_v2(can.handle));
        if (err < 0)
            return err;
        can.handle = NULL;
    }
    general.tx_queue_len = SEND_FRAMES;
    general.rx_queue_len = RECEIVE_FRAMES;
    general.alerts_enabled = TWAI_ALERT_RX_DATA | TWAI_ALERT_RX_QUEUE_FULL | TWAI_ALERT_BUS_OFF |
                             TWAI_ALERT_BUS_RECOVERED;
    twai_handle_t handle = NULL;
    int err = esp_part_error(part, "install",
                             twai_driver_install_v2(&general, &timing, &filter, &handle));
    if (err < 0)
        return err;
    can.handle = handle;
    can.bit_rate = bit_rate;
    return 0;
}

/* ---- operations ---- */

static bool is_there(unsigned bus)
{
    return can.there && bus == can.bus;
}

/* With the semaphore. What was left in bus-off or on another bit rate is made anew. */
static int start_driver(uint32_t bit_rate)
{
    enum { STOPPED = TWAI_STATE_STOPPED, BUS_OFF = TWAI_STATE_BUS_OFF };
    int state = (int)info().state;

    if (!can.handle || bit_rate != can.bit_rate || state == BUS_OFF) {
        if (can.handle && state != STOPPED && state != BUS_OFF)
            return ROOST_ERR_BUSY; /* a recovery that was left alone; its 128 times 11 bits */
        int err = install(bit_rate);
        if (err < 0)
            return err;
        state = STOPPED;
    }
    twai_status_info_t status = info();
    can.overruns_before = status.rx_missed_count + status.rx_overrun_count;
    return state == STOPPED ? esp_part_error(part, "start", twai_start_v2(can.handle)) : 0;
}

static int start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    if (atomic_load(&can.started))
        return ROOST_ERR_STATE;
    (void)xSemaphoreTake(can.driver, portMAX_DELAY);
    int err = start_driver(bit_rate);
    (void)xSemaphoreGive(can.driver);
    if (err < 0)
        return err;
    atomic_store(&can.started, true);
    (void)xTaskNotifyGive(can.worker);
    return 0;
}

static int send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    twai_message_t message = {0};

    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    if (frame->len > sizeof frame->data ||
        frame->id > (frame->extended ? EXTENDED_ID_MAX : STANDARD_ID_MAX))
        return ROOST_ERR_INVALID;
    if (!atomic_load(&can.started))
        return ROOST_ERR_STATE;
    message.extd = frame->extended;
    message.identifier = frame->id;
    message.data_length_code = frame->len;
    memcpy(message.data, frame->data, frame->len);
    switch (twai_transmit_v2(can.handle, &message, 0)) {
    case ESP_OK:
        return 0;
    case ESP_ERR_TIMEOUT:
    case ESP_FAIL:
        return ROOST_ERR_FULL;
    default:
        return ROOST_ERR_STATE;
    }
}

static int receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    twai_message_t message;

    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    if (!atomic_load(&can.started))
        return ROOST_ERR_STATE;
    do {
        if (twai_receive_v2(can.handle, &message, 0) != ESP_OK)
            return 0;
    } while (message.rtr); /* a request for a frame carries none */
    *out = (struct roost_can_frame){.id = message.identifier, .extended = message.extd};
    /* A length code of 9 to 15 means 8 (ISO 11898-1). */
    out->len = message.data_length_code < sizeof out->data ? message.data_length_code
                                                           : (uint8_t)sizeof out->data;
    memcpy(out->data, message.data, out->len);
    return 1;
}

static int recover(void *ctx, unsigned bus)
{
    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    if (!atomic_load(&can.started) || info().state != TWAI_STATE_BUS_OFF)
        return ROOST_ERR_STATE;
    return esp_part_error(part, "recovery", twai_initiate_recovery_v2(can.handle));
}

static enum roost_can_state state_of(const twai_status_info_t *status)
{
    if (!atomic_load(&can.started))
        return ROOST_CAN_STOPPED;
    if (status->state != TWAI_STATE_RUNNING)
        return ROOST_CAN_BUS_OFF; /* recovering, or recovered and about to be started */
    return status->tx_error_counter >= ERROR_PASSIVE || status->rx_error_counter >= ERROR_PASSIVE
               ? ROOST_CAN_PASSIVE
               : ROOST_CAN_ACTIVE;
}

static int status(void *ctx, unsigned bus, struct roost_can_status *out)
{
    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    twai_status_info_t now = info();
    *out = (struct roost_can_status){
        .state = state_of(&now),
        .tx_errors = now.tx_error_counter,
        .rx_errors = now.rx_error_counter,
        .overruns = now.rx_missed_count + now.rx_overrun_count - can.overruns_before,
    };
    return 0;
}

/* In bus-off there is nothing to stop; the next start makes it anew. */
static int stop(void *ctx, unsigned bus)
{
    (void)ctx;
    if (!is_there(bus))
        return ROOST_ERR_RANGE;
    if (!atomic_exchange(&can.started, false) || info().state != TWAI_STATE_RUNNING)
        return 0;
    return esp_part_error(part, "stop", twai_stop_v2(can.handle));
}

static const struct roost_can_ops ops = {.start = start,
                                         .send = send,
                                         .receive = receive,
                                         .recover = recover,
                                         .status = status,
                                         .stop = stop};

static int init(const void *config, struct roost_port *port)
{
    const struct esp_twai *wanted = config;

    port->can = (struct roost_can){.ops = &ops};
    if (can.there) {
        ESP_LOGE(part, "bus %u: the chip has one controller", wanted->bus);
        return ROOST_ERR_UNSUPPORTED;
    }
    if (wanted->bus >= ROOST_CAN_BUSES ||
        !esp_pin_check(part, "TX", wanted->tx_pin, ESP_PIN_OUTPUT) ||
        !esp_pin_check(part, "RX", wanted->rx_pin, ESP_PIN_INPUT))
        return ROOST_ERR_RANGE;
    can.bus = wanted->bus;
    can.tx_pin = (gpio_num_t)wanted->tx_pin;
    can.rx_pin = (gpio_num_t)wanted->rx_pin;
    can.driver = xSemaphoreCreateMutex();
    if (!can.driver || xTaskCreate(work, "can", STACK_BYTES, NULL, PRIORITY, &can.worker) != pdPASS)
        return esp_part_error(part, "worker", ESP_ERR_NO_MEM);
    can.there = true;
    return 0;
}

const struct esp_driver esp_twai_driver = {.name = part, .init = init};
