/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip of fake/idf.h and what is wired to it: a DHT22, a servo with potentiometer, a stepper
 * with encoder, an INMP441, a MAX98357A, a led, a BME280, a CAN peer and two free pins. Time
 * passes in steps of 100 us and only when told. A call that ESP-IDF would refuse ends the program:
 * the drivers are to know the state they are in.
 */
#ifndef ROOST_TESTS_ESP32_FAKE_CHIP_H
#define ROOST_TESTS_ESP32_FAKE_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

/* Which pin goes where. */
enum {
    CHIP_FEEDBACK_PIN = 0,
    CHIP_CURRENT_PIN = 1,
    CHIP_ENCODER_A_PIN = 2,
    CHIP_ENCODER_B_PIN = 3,
    CHIP_DHT22_PIN = 4,
    CHIP_I2S_DATA_PIN = 5,
    CHIP_SERVO_PIN = 6,
    CHIP_STEP_PIN = 7,
    CHIP_DIRECTION_PIN = 8,
    CHIP_ENABLE_PIN = 9,
    CHIP_INPUT_PIN = 10,
    CHIP_OUTPUT_PIN = 11,
    CHIP_I2S_CLOCK_PIN = 12,
    CHIP_I2S_SELECT_PIN = 13,
    CHIP_SDA_PIN = 14,
    CHIP_SCL_PIN = 15,
    CHIP_CAN_TX_PIN = 16,
    CHIP_CAN_RX_PIN = 17,
    CHIP_I2S_OUT_PIN = 18,
    CHIP_LED_PIN = 19,
};

enum { CHIP_CAN_BIT_RATE = 250000, CHIP_CAN_FRAMES = 64 };
enum { CHIP_FEEDBACK_CLOSED_MV = 300, CHIP_FEEDBACK_OPEN_MV = 2400, CHIP_CURRENT_MA = 45 };

/* The outside, to be looked at and changed by a test. */
struct chip_outside {
    uint8_t dht22_bytes[5];
    bool dht22_silent;
    bool feedback_cut;                    /* the potentiometer's wire */
    double servo_us;                      /* where the servo stands */
    int32_t rotor, rotor_low, rotor_high; /* the stepper's, and the stops of what it moves */
    bool bme280_away;
    uint8_t bme280_id;
    unsigned can_disturbed; /* frames still to be destroyed */
    bool can_peer;          /* acknowledges */
    int32_t sample;         /* 24 bits that the microphone says */
    uint64_t heard;         /* frames of the amplifier that were not silent */
    int32_t heard_last[2];  /* its last frame, 32 bits */
    uint32_t led_duty;      /* of 4096 */
};
extern struct chip_outside chip_outside;

void chip_pass(void); /* 100 us */
int64_t chip_now_us(void);
void chip_drive(int pin, int level); /* from outside */
int chip_output(int pin);
bool chip_can_send(const struct roost_can_frame *frame); /* from the peer; false: too fast */
bool chip_can_take(struct roost_can_frame *out);         /* what reached it */
bool chip_stepping(void);                                /* the step timer runs */

#endif
