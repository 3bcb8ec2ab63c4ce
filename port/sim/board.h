/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One modelled board: an ESP32 with its flash, radio, MQTT client, lines and CAN controllers, its
 * firmware slots where it has some, and the firmware that runs on it. The board boots the firmware,
 * calls its step when it is due or after an event, bites with the watchdog, restarts it with a
 * reason, and loses power at an operation of its flash. Sensors and actuators are those of the
 * surroundings that are attached to it. Depends on the other parts of port/sim and world/time.h.
 *
 *     sim_board_init(&board, &sim.clock, &sim.net, &options);
 *     struct world_time time = sim_board_time(&board);
 *     world_lamp_attach(&world, &time, &board.port);
 *     board.off = off;                                 // calls world_lamp_off()
 *     sim_board_power_on(&board, &firmware);
 *
 * What of the board breaks are plain members: set them between two events.
 */
#ifndef ROOST_PORT_SIM_BOARD_H
#define ROOST_PORT_SIM_BOARD_H

#include "port/esp-idf/esp_pki.h"
#include "port/linux/crypto.h"
#include "port/port.h"
#include "port/sim/broker.h"
#include "port/sim/can.h"
#include "port/sim/client.h"
#include "port/sim/clock.h"
#include "port/sim/flash.h"
#include "port/sim/gpio.h"
#include "port/sim/http.h"
#include "port/sim/net.h"
#include "port/sim/slots.h"
#include "port/sim/ws.h"
#include "world/time.h"

enum {
    SIM_WATCHDOG_MS = 15000,
    SIM_RESTART_MS = 300, /* from reset to the firmware's first line */
    SIM_DEVICE_OUTGOING_MAX = 16,
    SIM_PUBLISH_MAX = 131072,
};

#define SIM_SSID "roost" /* the access point whose password the port has */

/* The firmware. All are called from the event loop. A board whose port is driven by hand has
 * neither boot nor step. */
struct sim_firmware {
    /* Power is there: init on board->port. A result other than 0 leaves the board idle. */
    int (*boot)(void *ctx);
    uint64_t (*step)(void *ctx); /* returns when next, in the board's now_ms */
    roost_post_fn post;
    void *ctx;
};

/* Of the surroundings. */
struct sim_timer {
    uint32_t life; /* guards the events of an earlier one */
    world_ring_fn ring;
    void *arg;
};

struct sim_board_options {
    uint32_t index; /* names the board in traces and picks its random streams */
    uint32_t flash_sectors, program_bytes; /* of the journal */
    uint32_t ledger_sectors;               /* 0: port.ledger NULL */
    struct sim_slots_options slots;     /* sectors 0: no slots, port.slot and port.firmware NULL */
    uint16_t gpio_inputs, gpio_outputs; /* lines by bit; both 0: port.gpio NULL */
};

struct sim_board {
    struct sim_clock *clock;
    struct sim_net *net;
    struct sim_board_options options;
    struct roost_port port;
    struct sim_firmware firmware; /* that runs, or is to run next */
    struct sim_firmware factory;  /* given with power_on: what slot 0 holds at first */

    /* Which firmware an image in a slot is: what it answers is copied. NULL: code that crashes
     * before it comes to anything. Not set: all images are the factory's firmware. */
    const struct sim_firmware *(*image)(void *ctx, const uint8_t *bytes, size_t len);
    void *image_ctx;
    /* Power is there or a reset is over, the boot loader comes next; may set a cut. */
    void (*booting)(void *ctx);
    void *booting_ctx;

    struct sim_power power;
    struct sim_flash flash, ledger; /* flash: the journal's */
    struct sim_kv kv;
    bool has_slots;
    struct sim_slots slots;
    struct linux_crypto crypto;
    struct esp_pki pki;
    struct sim_random random; /* what the firmware draws */
    struct sim_random noise;  /* what radio and surroundings draw */

    /* running state */
    bool running, stepping, resetting, image_crashes;
    uint32_t life;     /* counts power-ups and resets: guards the events of an earlier one */
    uint32_t schedule; /* guards the step that was asked for */
    uint64_t boot_ms, step_due_ms, alarm_ms /* of the step's event */, fed_ms;
    enum roost_reset_reason reason;
    uint32_t cut_off_ms; /* how long power stays away after a cut at a flash operation */
    bool hung; /* fault: the firmware's step is not called any more, until the watchdog bites */
    uint64_t steps, boots, resets[8]; /* by enum roost_reset_reason */
    uint64_t events_refused;

    /* radio */
    struct sim_host host;
    struct sim_client mqtt;
    struct sim_http http;
    struct sim_ws ws;
    bool wifi_available, wifi_up, scanning, open_failing;
    uint32_t wifi_life; /* guards a connect on its way */
    int8_t rssi_dbm;

    /* wall clock */
    bool unix_known;
    bool time_server_away;
    int32_t unix_offset_ms; /* the board's error */

    /* surroundings: what goes off with the board when it loses power or is reset; NULL: nothing */
    void (*off)(void *ctx);
    void *off_ctx;
    struct sim_timer timers[WORLD_TIMERS];

    struct sim_gpio gpio;
    struct sim_can_node can[ROOST_CAN_BUSES]; /* wired up where .bus is not NULL */

    uint32_t heap_free_bytes, heap_low_bytes;
    /* The console; NULL: nowhere. */
    void (*console)(void *ctx, const struct sim_board *board, const char *line, size_t len);
    void *console_ctx;
};

/* Makes the board without power. Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_board_init(struct sim_board *board, struct sim_clock *clock, struct sim_net *net,
                   const struct sim_board_options *options);
void sim_board_deinit(struct sim_board *board);

/* Puts the firmware on and gives power; the first boot follows at once. */
void sim_board_power_on(struct sim_board *board, const struct sim_firmware *firmware);
/* Wires the board's controller `bus` up; before the first power-on. */
void sim_board_wire_can(struct sim_board *board, unsigned bus, struct sim_can_bus *wires);
/* The world outside drives an input line. */
void sim_board_set_gpio(struct sim_board *board, unsigned line, bool active);

/* Pulls the plug now and puts it back after off_ms. */
void sim_board_power_cut(struct sim_board *board, uint64_t off_ms);
/* Restarts without loss of power, as the reset line does. */
void sim_board_reset(struct sim_board *board, enum roost_reset_reason reason);
/* Calls the firmware's step as soon as the events due now have run. */
void sim_board_kick(struct sim_board *board);

/* The access point goes away or comes back. */
void sim_board_set_wifi(struct sim_board *board, bool available);
/* What surroundings attach to; as long as the board. */
struct world_time sim_board_time(struct sim_board *board);

/* Between the board's files. */
void sim_board_post(struct sim_board *board, const struct roost_event *event);
/* As post, with the firmware's answer, and its step is not called for it. */
int sim_board_offer(struct sim_board *board, const struct roost_event *event);
bool sim_board_alive(const struct sim_board *board);
void sim_radio_init(struct sim_board *board);
void sim_radio_off(struct sim_board *board);
void sim_controllers_off(struct sim_board *board);

#endif
