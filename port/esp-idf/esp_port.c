/* SPDX-License-Identifier: Apache-2.0 */
/* The port as one object, and the task that owns the device. */
#include "port/esp-idf/esp_port.h"

#include <inttypes.h>

#include "esp_log.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "core/assert.h"
#include "core/err.h"
#include "port/esp-idf/esp_parts.h"
#include "port/esp-idf/esp_queue.h"

enum {
    /* A step's deepest ways: a signature over the manifest (its JSON 2 KB, P-256 2 KB), a command
     * with its answer 3 KB, NVS and the console 1.5 KB each below them. What is never used of it is
     * logged once an hour. */
    STACK_BYTES = 10240,
    ITEMS_A_STEP = 16,   /* events handed over before the device runs: its own queue is bounded */
    WAIT_MAX_MS = 5000,  /* well inside the watchdog's time, whatever the device says */
    REFUSED_WAIT_MS = 2, /* a sink that was full makes room in its step */
    BUSY_MAX_MS = 100,   /* without a pause for the tasks below, while the device has work */
    STACK_LOG_MS = 60 * 60 * 1000,
};

static const char tag[] = "roost.port";

static struct roost_port port;

static struct {
    const struct esp_part *parts;
    size_t part_count;
} board;

static struct {
    roost_post_fn post;
    uint64_t (*step)(void *device);
    void *device;
    uint64_t paused_ms; /* when it last waited */
    TaskHandle_t task;
    StaticTask_t task_memory;
    _Alignas(16) StackType_t stack[STACK_BYTES / sizeof(StackType_t)];
} task;

const struct roost_port *esp_port(void)
{
    return &port;
}

/* ---- init ---- */

/* What is not there has operations that say so; the device finds out when it uses them. */
static int init_parts(void)
{
    for (size_t i = 0; i < board.part_count; i++) {
        const struct esp_part *part = &board.parts[i];
        int err = part->driver->init(part->config, &port);
        if (err && part->driver->needed)
            return err;
    }
    return 0;
}

int esp_port_init(const struct esp_port_options *options)
{
    esp_queue_init();
    esp_port_log_init();
    port.system = esp_port_system();
    port.clock = esp_port_clock();
    port.random = esp_port_random();
    port.crypto = esp_port_crypto();
    int err = esp_port_kv_init(&port.kv);
    if (!err)
        err = esp_port_flash_init(&port.journal, &port.ledger, &port.slot);
    if (err)
        return err;
    port.firmware = esp_port_firmware();
    err = esp_port_net_init();
    if (err)
        return err;
    esp_port_time_init(options->time_server);
    board.parts = options->parts;
    board.part_count = options->part_count;
    return init_parts();
}

/* ---- the task ---- */

static void hand_over(const struct esp_queue_item *item)
{
    struct roost_event event = item->event;

    if (item->kind == ESP_QUEUE_LINE) {
        esp_port_log_keep(item->level, item->text);
        return;
    }
    if (item->kind == ESP_QUEUE_CALL) {
        item->call(item->arg);
        return;
    }
    for (size_t i = 0; i < board.part_count; i++) {
        const struct esp_driver *driver = board.parts[i].driver;
        if (driver->taken && !driver->taken(&event))
            return;
    }
    (void)task.post(task.device, &event); /* what it refuses, the device counts */
    for (size_t i = 0; i < board.part_count; i++)
        if (board.parts[i].driver->seen)
            board.parts[i].driver->seen(&event);
}

/* Whether something was refused. */
static bool deliver_parts(bool last)
{
    bool refused = false;

    for (size_t i = 0; i < board.part_count; i++) {
        const struct esp_driver *driver = board.parts[i].driver;
        int (*offer)(roost_post_fn, void *) = last ? driver->deliver_last : driver->deliver;
        if (offer && offer(task.post, task.device) == ROOST_ERR_FULL)
            refused = true;
    }
    return refused;
}

/* Hands over what is there, within bounds. Returns how long the task may wait after the step, in
 * milliseconds: 0 when more is there, UINT32_MAX when nothing is. */
static uint32_t deliver(void)
{
    struct esp_queue_item item;
    uint32_t wait_ms = UINT32_MAX;

    if (deliver_parts(false))
        wait_ms = REFUSED_WAIT_MS;
    for (unsigned i = 0; i < ITEMS_A_STEP; i++) {
        if (!esp_queue_take(&item))
            break;
        hand_over(&item);
        if (i == ITEMS_A_STEP - 1)
            wait_ms = 0;
    }
    if (deliver_parts(true) && wait_ms > REFUSED_WAIT_MS)
        wait_ms = REFUSED_WAIT_MS;
    return wait_ms;
}

static void log_stacks(void)
{
    ESP_LOGI(tag, "stack never used: device %u bytes",
             (unsigned)(uxTaskGetStackHighWaterMark(NULL) * sizeof(StackType_t)));
    for (size_t i = 0; i < board.part_count; i++) {
        const struct esp_driver *driver = board.parts[i].driver;
        if (driver->stack_left)
            ESP_LOGI(tag, "stack never used: %s %" PRIu32 " bytes", driver->name,
                     driver->stack_left());
    }
}

/* Waits until the device is due or something came. While there is always work (the verification of
 * an image), the tasks below still get a tick now and then: the idle task is watched as well. */
static void wait(uint64_t due_ms, uint32_t limit_ms)
{
    uint64_t now_ms = port.clock.ops->now_ms(port.clock.ctx);
    uint64_t wait_ms = due_ms > now_ms ? due_ms - now_ms : 0;

    if (wait_ms > limit_ms)
        wait_ms = limit_ms;
    if (wait_ms > WAIT_MAX_MS)
        wait_ms = WAIT_MAX_MS;
    if (wait_ms == 0 && now_ms < task.paused_ms + BUSY_MAX_MS)
        return;
    if (wait_ms == 0)
        vTaskDelay(1);
    else
        esp_queue_wait((uint32_t)wait_ms);
    task.paused_ms = now_ms;
}

static void run(void *unused)
{
    uint64_t log_ms = STACK_LOG_MS;

    (void)unused;
    esp_err_t err = esp_task_wdt_add(NULL);
    if (err != ESP_OK)
        ESP_LOGE(tag, "no watchdog: %s", esp_err_to_name(err));
    for (;;) {
        uint32_t limit_ms = deliver();
        uint64_t due_ms = task.step(task.device);
        if (port.clock.ops->now_ms(port.clock.ctx) >= log_ms) {
            log_stacks();
            log_ms += STACK_LOG_MS;
        }
        wait(due_ms, limit_ms);
    }
}

int esp_port_run(roost_post_fn post, uint64_t (*step)(void *device), void *device)
{
    ROOST_ASSERT(!task.task && port.kv.ops);
    task.post = post;
    task.step = step;
    task.device = device;
    task.task = xTaskCreateStaticPinnedToCore(run, "roost", sizeof task.stack / sizeof(StackType_t),
                                              NULL, ESP_PORT_DEVICE_PRIORITY, task.stack,
                                              &task.task_memory, tskNO_AFFINITY);
    return task.task ? 0 : ROOST_ERR_NO_MEMORY;
}
