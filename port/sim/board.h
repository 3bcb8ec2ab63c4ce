/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One modelled board: an ESP32 with its flash, radio, MQTT client, climate sensor, microphone and
 * window motor in a modelled room, and the firmware that runs on it. The board boots the firmware,
 * calls its step when it is due or after an event, bites with the watchdog, restarts it with a
 * reason, and loses power at an operation of its flash. Depends on the other parts of port/sim and
 * world/.
 *
 * The modelled parts that break are plain members: set them between two events.
 */
#ifndef ROOST_PORT_SIM_BOARD_H
#define ROOST_PORT_SIM_BOARD_H

#include "port/linux/crypto.h"
#include "port/port.h"
#include "port/sim/broker.h"
#include "port/sim/client.h"
#include "port/sim/clock.h"
#include "port/sim/flash.h"
#include "port/sim/net.h"
#include "world/house.h"
#include "world/sash.h"
#include "world/street.h"

enum {
    SIM_WATCHDOG_MS = 15000,
    SIM_RESTART_MS = 300,     /* from reset to the firmware's first line */
    SIM_AUDIO_BLOCK_MS = 250, /* the microphone's interrupt */
    SIM_AUDIO_RING_MS = 1000, /* samples it keeps */
    SIM_MEASURE_MS = 20,
    SIM_DEVICE_OUTGOING_MAX = 16,
    SIM_BROKER_PORT = 1883, /* any other port refuses */
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

enum sim_sensor_fault {
    SIM_SENSOR_OK,
    SIM_SENSOR_SILENT,
    SIM_SENSOR_CORRUPT,
    SIM_SENSOR_RANGE,
    SIM_SENSOR_STUCK
};

struct sim_board_options {
    uint32_t index; /* names the board in traces and picks its random streams */
    uint32_t flash_sectors, program_bytes;
    bool live_audio; /* false: the street's level on a fixed noise, which is much cheaper */
};

struct sim_board {
    struct sim_clock *clock;
    struct sim_net *net;
    struct sim_board_options options;
    struct roost_port port;
    struct sim_firmware firmware;

    struct sim_power power;
    struct sim_flash flash;
    struct sim_kv kv;
    struct linux_crypto crypto;
    struct sim_random random; /* what the firmware draws */
    struct sim_random noise;  /* what the model draws */

    /* running state */
    bool running, stepping, resetting;
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
    bool wifi_available, wifi_up, scanning, open_failing;
    uint32_t wifi_life; /* guards a connect on its way */
    int8_t rssi_dbm;

    /* wall clock */
    bool unix_known;
    bool time_server_away;
    int32_t unix_offset_ms; /* the board's error */

    /* room */
    struct world_house house;
    struct world_street street;
    struct world_sash sash;
    uint64_t house_ms, sash_ms;
    bool motor_fault; /* the driver answers ROOST_ERR_FAULT */

    /* climate sensor */
    enum sim_sensor_fault sensor_fault;
    bool measuring;
    struct roost_climate_sample last_sample;

    /* microphone */
    bool audio_on, microphone_gone;
    uint32_t audio_rate_hz, audio_overruns, audio_life;
    uint64_t audio_start_ms, audio_taken; /* samples read or lost since start */
    int16_t *audio_noise;
    uint32_t audio_noise_at;

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
/* Pulls the plug now and puts it back after off_ms. */
void sim_board_power_cut(struct sim_board *board, uint64_t off_ms);
/* Restarts without loss of power, as the reset line does. */
void sim_board_reset(struct sim_board *board, enum roost_reset_reason reason);
/* Calls the firmware's step as soon as the events due now have run. */
void sim_board_kick(struct sim_board *board);

/* The access point goes away or comes back. */
void sim_board_set_wifi(struct sim_board *board, bool available);
/* Where the window really stands now. */
double sim_board_opening_pct(struct sim_board *board);
/* Advances room and sash to now. */
void sim_board_settle(struct sim_board *board);

/* Between the board's files. */
void sim_board_post(struct sim_board *board, const struct roost_event *event);
bool sim_board_alive(const struct sim_board *board);
void sim_radio_init(struct sim_board *board);
void sim_radio_off(struct sim_board *board);
void sim_hardware_init(struct sim_board *board);
void sim_hardware_off(struct sim_board *board);

#endif
