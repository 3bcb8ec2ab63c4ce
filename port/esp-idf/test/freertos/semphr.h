/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_ESP_IDF_TEST_SEMPHR_H
#define ROOST_PORT_ESP_IDF_TEST_SEMPHR_H

#include "freertos/FreeRTOS.h"

typedef struct {
    int given;
} StaticSemaphore_t;
typedef StaticSemaphore_t *SemaphoreHandle_t;

static inline SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *memory)
{
    return memory;
}

static inline BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore)
{
    semaphore->given = 1;
    return pdTRUE;
}

static inline BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t *woken)
{
    *woken = !semaphore->given;
    return xSemaphoreGive(semaphore);
}

static inline BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks)
{
    BaseType_t given = semaphore->given;

    (void)ticks;
    semaphore->given = 0;
    return given;
}

#endif
