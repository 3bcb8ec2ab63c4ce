/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the fake chip. */
#ifndef ROOST_TESTS_ESP32_FAKE_CHIP_PARTS_H
#define ROOST_TESTS_ESP32_FAKE_CHIP_PARTS_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/esp32/fake/chip.h"
#include "tests/esp32/fake/idf.h"

enum { CHIP_TICK_US = 100 };

#define REQUIRE(promise)                                                                           \
    do {                                                                                           \
        if (!(promise)) {                                                                          \
            fprintf(stderr, "%s:%d: ESP-IDF refuses: not %s\n", __FILE__, __LINE__, #promise);     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

void chip_dht22_line(bool low); /* the host pulls it, or lets go */
void chip_run_rmt(void);
void chip_run_servo(void);
void chip_run_i2s(void);
void chip_run_can(void);
void chip_run_tasks(void);

#endif
