/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks beside the test's own, as coroutines: each runs until it waits, once in every 100 us. */
#include <ucontext.h>

#include "tests/esp32/fake/chip_parts.h"

enum { TASKS = 4, MUTEXES = 4, STACK_BYTES = 65536 };

static struct chip_task {
    ucontext_t context;
    void (*run)(void *);
    void *arg;
    uint32_t notified;
    char stack[STACK_BYTES];
} tasks[TASKS];

static struct chip_mutex {
    bool taken;
} mutexes[MUTEXES];

static size_t task_count, mutex_count;
static struct chip_task *running; /* NULL: the test's own */
static ucontext_t test_context;

static void enter(void)
{
    running->run(running->arg);
    REQUIRE(!"a task that returns");
}

BaseType_t xTaskCreate(void (*run)(void *), const char *name, uint32_t stack_bytes, void *arg,
                       unsigned priority, TaskHandle_t *out)
{
    (void)name;
    (void)priority;
    REQUIRE(task_count < TASKS && stack_bytes >= 2048);
    struct chip_task *task = &tasks[task_count++];
    task->run = run;
    task->arg = arg;
    /* cppcheck-suppress getcontextCalled */
    getcontext(&task->context);
    task->context.uc_stack.ss_sp = task->stack;
    task->context.uc_stack.ss_size = sizeof task->stack;
    /* cppcheck-suppress makecontextCalled */
    makecontext(&task->context, enter, 0);
    *out = task;
    return pdPASS;
}

void chip_run_tasks(void)
{
    REQUIRE(!running);
    for (size_t i = 0; i < task_count; i++) {
        running = &tasks[i];
        /* cppcheck-suppress swapcontextCalled */
        swapcontext(&test_context, &running->context);
        running = NULL;
    }
}

/* Lets time pass. */
static void wait(void)
{
    if (!running) {
        chip_pass();
        return;
    }
    /* cppcheck-suppress swapcontextCalled */
    swapcontext(&running->context, &test_context);
}

void vTaskDelay(TickType_t ticks)
{
    int64_t end_us = chip_now_us() + (int64_t)ticks * 1000;

    while (chip_now_us() < end_us)
        wait();
}

void taskYIELD(void)
{
    wait();
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
    REQUIRE(running && clear && ticks == portMAX_DELAY);
    while (running->notified == 0)
        wait();
    uint32_t count = running->notified;
    running->notified = 0;
    return count;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    task->notified++;
    return pdPASS;
}

unsigned uxTaskGetStackHighWaterMark(TaskHandle_t task)
{
    (void)task;
    return 1000;
}

SemaphoreHandle_t xSemaphoreCreateMutex(void)
{
    REQUIRE(mutex_count < MUTEXES);
    return &mutexes[mutex_count++];
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks)
{
    REQUIRE(ticks == portMAX_DELAY);
    while (mutex->taken)
        wait();
    mutex->taken = true;
    return pdTRUE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex)
{
    REQUIRE(mutex->taken);
    mutex->taken = false;
    return pdTRUE;
}
