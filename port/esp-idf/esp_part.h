/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board as a list of its parts: which drivers it has, each with its pins. The list is a product's
 * (firmware/<product>/main/hardware.h) and the only thing that names a driver, so that the linker
 * leaves out what is not in it. Each driver is one file that exports one struct esp_driver; there
 * is one of each kind on a board, and it is made in the order of the list.
 *
 *     static const struct esp_part parts[] = {
 *         ESP_WIFI(.host_name = "roost-lamp"),
 *         ESP_MQTT(),
 *         ESP_DHT22(.data_pin = 4),
 *     };
 *     const struct esp_port_options options = {.parts = parts, .part_count = 3};
 *
 * (At file scope, where a compound literal lives as long as the program.)
 * A part that only one product has exports its driver from that product's folder just so. Pins are
 * GPIO numbers, or ESP_PIN_NONE where a comment allows it. Depends on port/port.h.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_PART_H
#define ROOST_PORT_ESP_IDF_ESP_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

/* Called in the device's task, but for init: that is app_main's, before the task runs. */
struct esp_driver {
    const char *name;
    /* Without it the board is of no use: esp_port_init fails with it. Any other part whose init
     * fails is one that is not there, which its operations say when they are called. */
    bool needed;
    /* Allocates all that the driver ever needs (the CAN controller excepted) and puts its
     * operations into the port, working ones in any case. Returns 0, or why the part is not there;
     * the log has said it. */
    int (*init)(const void *config, struct roost_port *port);

    /* The rest is for drivers whose part is a conversation, and NULL elsewhere. */

    /* An event before the device sees it, which may change it. False: the driver's own affair. */
    bool (*taken)(struct roost_event *event);
    /* The device has seen it: what it points to may be used again. */
    void (*seen)(const struct roost_event *event);
    /* Offers what the driver keeps itself, before the events of the queue or after them.
     * ROOST_ERR_FULL: the sink refused it and gets it again. */
    int (*deliver)(roost_post_fn sink, void *device);
    int (*deliver_last)(roost_post_fn sink, void *device);
    /* The smallest stack of its task since boot, in bytes that were never used. */
    uint32_t (*stack_left)(void);
};

struct esp_part {
    const struct esp_driver *driver; /* NULL: nothing here */
    const void *config;              /* the driver's, borrowed for ever */
};

/* clang-format off */
/* An entry of a list: a driver, the type of its configuration, and members of that. */
#define ESP_PART(driver, config, ...) {&(driver), &(const config){__VA_ARGS__}}
#define ESP_BARE_PART(driver)         {&(driver), NULL}
/* clang-format on */

enum { ESP_PIN_NONE = -1 };

/* ---- network ---- */

struct esp_network {
    const char *host_name; /* for DHCP; NULL: ESP-IDF's own */
};
extern const struct esp_driver esp_wifi_driver;
extern const struct esp_driver esp_openeth_driver; /* of Espressif's QEMU */
#define ESP_WIFI(...)    ESP_PART(esp_wifi_driver, struct esp_network, __VA_ARGS__)
#define ESP_OPENETH(...) ESP_PART(esp_openeth_driver, struct esp_network, __VA_ARGS__)

extern const struct esp_driver esp_mqtt_driver;
extern const struct esp_driver esp_http_driver;
extern const struct esp_driver esp_ftp_driver; /* ftp:// for esp_http_driver's */
extern const struct esp_driver esp_ws_driver;  /* needs the component esp_websocket_client */
#define ESP_MQTT() ESP_BARE_PART(esp_mqtt_driver)
#define ESP_HTTP() ESP_BARE_PART(esp_http_driver)
#define ESP_FTP()  ESP_BARE_PART(esp_ftp_driver)
#define ESP_WS()   ESP_BARE_PART(esp_ws_driver)

/* port.pki; anywhere in the list. */
extern const struct esp_driver esp_certificates_driver;
#define ESP_CERTIFICATES() ESP_BARE_PART(esp_certificates_driver)

/* ---- climate sensors ---- */

struct esp_dht22 {
    int data_pin;
};
extern const struct esp_driver esp_dht22_driver;
#define ESP_DHT22(...) ESP_PART(esp_dht22_driver, struct esp_dht22, __VA_ARGS__)

struct esp_bme280 {
    int sda_pin, scl_pin;
    uint8_t address; /* 0x76 or 0x77 */
};
extern const struct esp_driver esp_bme280_driver;
#define ESP_BME280(...) ESP_PART(esp_bme280_driver, struct esp_bme280, __VA_ARGS__)

/* ---- motors ---- */

struct esp_servo {
    int pulse_pin;                            /* 500 to 2500 us, 50 Hz */
    int feedback_pin;                         /* potentiometer on ADC1; NONE: what was commanded */
    int current_pin;                          /* shunt on ADC1, 1 mV a mA; NONE: reads 0 */
    int feedback_closed_mv, feedback_open_mv; /* at 500 us and at 2500 us */
};
extern const struct esp_driver esp_servo_driver;
#define ESP_SERVO(...) ESP_PART(esp_servo_driver, struct esp_servo, __VA_ARGS__)

struct esp_stepper {
    int step_pin, direction_pin, enable_pin; /* A4988 and the like; enable is active low */
    int encoder_a_pin, encoder_b_pin;        /* both NONE: what was commanded */
    int32_t travel_steps;                    /* the driver's range is 0..travel_steps */
};
extern const struct esp_driver esp_stepper_driver;
#define ESP_STEPPER(...) ESP_PART(esp_stepper_driver, struct esp_stepper, __VA_ARGS__)

/* ---- microphones ---- */

struct esp_inmp441 {
    int clock_pin, select_pin, data_pin; /* SCK, WS, SD; L/R to ground */
};
extern const struct esp_driver esp_inmp441_driver;
#define ESP_INMP441(...) ESP_PART(esp_inmp441_driver, struct esp_inmp441, __VA_ARGS__)

/* ---- microphone and loudspeaker on one clock ---- */

/* An INMP441 and a MAX98357A on one I2S: 16 kHz and no other rate, for either. */
struct esp_duplex {
    int clock_pin, select_pin; /* BCLK, LRC: of both parts */
    int in_pin, out_pin;       /* SD of the microphone (L/R to ground), DIN of the amplifier */
};
extern const struct esp_driver esp_duplex_driver;
#define ESP_DUPLEX(...) ESP_PART(esp_duplex_driver, struct esp_duplex, __VA_ARGS__)

/* ---- lights ---- */

/* An LED of one colour, dimmed by LEDC. */
struct esp_led {
    int pin;
    bool active_low;
};
extern const struct esp_driver esp_led_driver;
#define ESP_LED(...) ESP_PART(esp_led_driver, struct esp_led, __VA_ARGS__)

/* ---- lines and buses: those that are not listed answer ROOST_ERR_RANGE ---- */

struct esp_line {
    uint8_t number; /* the product's, below ROOST_GPIO_LINES */
    int8_t pin;
    bool output, active_low, pull_up, pull_down;
};
struct esp_lines {
    const struct esp_line *lines;
    size_t count;
};
extern const struct esp_driver esp_lines_driver;
#define ESP_LINES(...)                                                                             \
    ESP_PART(esp_lines_driver, struct esp_lines, .lines = (const struct esp_line[]){__VA_ARGS__},  \
             .count = sizeof((const struct esp_line[]){__VA_ARGS__}) / sizeof(struct esp_line))

struct esp_twai {
    unsigned bus; /* the product's number, below ROOST_CAN_BUSES; these chips have one controller */
    int tx_pin, rx_pin;
};
extern const struct esp_driver esp_twai_driver;
#define ESP_TWAI(...) ESP_PART(esp_twai_driver, struct esp_twai, __VA_ARGS__)

/* Another bus, behind ESP_TWAI in the list. */
struct esp_mcp2515 {
    unsigned bus;                                        /* as above, another number */
    int clock_pin, out_pin, in_pin, select_pin, int_pin; /* SCK, SI, SO, CS, INT of the part */
    uint32_t crystal_hz;                                 /* on its board: 8 or 16 MHz */
};
extern const struct esp_driver esp_mcp2515_driver;
#define ESP_MCP2515(...) ESP_PART(esp_mcp2515_driver, struct esp_mcp2515, __VA_ARGS__)

#endif
