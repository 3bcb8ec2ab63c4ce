/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does what blocks and is short: starting and ending the MQTT and WebSocket clients. One task below
 * all others, one bit a job in its notification value, so that nothing is queued or allocated.
 */
#include "port/esp-idf/esp_parts.h"

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "core/assert.h"
#include "core/err.h"

/* Making and ending a client takes 1.5 KB with its log lines; what a WebSocket sends is encrypted
 * here, 2.5 KB. */
enum { STACK_BYTES = 4096 };

static struct {
    void (*jobs[ESP_PORT_JOBS])(void);
    unsigned count;
    TaskHandle_t task;
    StaticTask_t task_memory;
    _Alignas(16) StackType_t stack[STACK_BYTES / sizeof(StackType_t)];
} worker;

static void run(void *unused)
{
    uint32_t asked = 0;

    (void)unused;
    for (;;) {
        (void)xTaskNotifyWait(0, UINT32_MAX, &asked, portMAX_DELAY);
        for (unsigned job = 0; job < ESP_PORT_JOBS; job++)
            if (asked & 1u << job)
                worker.jobs[job]();
    }
}

int esp_port_worker_job(void (*work)(void))
{
    ROOST_ASSERT(worker.count < ESP_PORT_JOBS);
    worker.jobs[worker.count] = work;
    if (worker.count++ > 0)
        return (int)worker.count - 1;
    worker.task = xTaskCreateStaticPinnedToCore(
        run, "roost-work", sizeof worker.stack / sizeof(StackType_t), NULL,
        ESP_PORT_WORKER_PRIORITY, worker.stack, &worker.task_memory, tskNO_AFFINITY);
    return worker.task ? 0 : ROOST_ERR_NO_MEMORY;
}

void esp_port_worker_ask(unsigned job)
{
    (void)xTaskNotify(worker.task, 1u << job, eSetBits);
}

uint32_t esp_port_worker_stack_left(void)
{
    return (uint32_t)(uxTaskGetStackHighWaterMark(worker.task) * sizeof(StackType_t));
}
