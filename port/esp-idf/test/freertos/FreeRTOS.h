/* SPDX-License-Identifier: Apache-2.0 */
/* As much of FreeRTOS as esp_queue.c needs, for its test on a host: one thread, no time. */
#ifndef ROOST_PORT_ESP_IDF_TEST_FREERTOS_H
#define ROOST_PORT_ESP_IDF_TEST_FREERTOS_H

#include <stdint.h>

typedef int portMUX_TYPE; /* how often it is held */
typedef int BaseType_t;
typedef uint32_t TickType_t;

#define portMUX_INITIALIZER_UNLOCKED 0
extern unsigned critical_sections; /* how many were entered; the test's */

#define portENTER_CRITICAL(mux)     ((void)(++*(mux), ++critical_sections))
#define portEXIT_CRITICAL(mux)      ((void)--*(mux))
#define portENTER_CRITICAL_ISR(mux) ((void)++*(mux))
#define portEXIT_CRITICAL_ISR(mux)  ((void)--*(mux))
#define pdFALSE                     0
#define pdTRUE                      1
#define pdMS_TO_TICKS(ms)           ((ms) / 10) /* 100 Hz */

#endif
