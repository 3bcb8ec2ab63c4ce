/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port for the tests of the window: virtual time, flash and key-value store in memory that lose
 * power at a chosen operation, a scripted broker, sensor and microphone, and world/sash behind the
 * motor. Everything a test may want to bend is a plain member. A device that breaks the contract
 * of port.h ends the program. For tests only.
 *
 *     fake_init(&fake);
 *     roost_window_init(&window, &fake.port, &config);
 *     fake_attach(&fake, &window);
 *     fake_run(&fake, 60000);
 */
#ifndef ROOST_DEVICES_WINDOW_TEST_FAKE_PORT_H
#define ROOST_DEVICES_WINDOW_TEST_FAKE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/window/window.h"
#include "port/port.h"
#include "world/window/sash.h"

enum {
    FAKE_SECTORS = 6,
    FAKE_SECTOR_BYTES = 1024,
    FAKE_PROGRAM_BYTES = 4,
    FAKE_KEYS = 32,
    FAKE_VALUE_MAX = 112,
    FAKE_READINGS = 600,
    FAKE_PENDING = 96,
    FAKE_NO_CUT = -1,
    FAKE_SLOT_SECTORS = 4,
    FAKE_SLOT_SECTOR_BYTES = 4096,
    FAKE_IMAGE_BYTES = 10001,
};

/* What was said is kept by topic: the window's by theirs, every device's behind them. */
enum {
    FAKE_TOPIC_STATUS = CLIMATE_TOPIC_COUNT + ROOST_TOPIC_STATUS,
    FAKE_TOPIC_COMMAND = CLIMATE_TOPIC_COUNT + ROOST_TOPIC_COMMAND,
    FAKE_TOPIC_ANSWER = CLIMATE_TOPIC_COUNT + ROOST_TOPIC_ANSWER,
    FAKE_TOPICS = CLIMATE_TOPIC_COUNT + ROOST_FLEET_TOPIC_COUNT
};

#define FAKE_PSK "the passphrase of every network" /* in the air */

struct fake_region {
    struct fake_port *fake;
    uint8_t *bytes;
    uint32_t sectors, sector_bytes;
    const bool *fails;
};

struct fake_key {
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t value[FAKE_VALUE_MAX];
    int len; /* -1: free */
};

struct fake_reading {
    unsigned kind;
    int64_t unix_ms;
    uint64_t seq;
    int32_t value_milli;
    int token;
    bool acked;
};

struct fake_pending {
    uint64_t due_ms;
    struct roost_event event;
};

/* Members stand with the part they belong to, whatever that pads. */
struct fake_port { // NOLINT(clang-analyzer-optin.performance.Padding)
    struct roost_port port;
    struct roost_window *window; /* NULL: events go nowhere */

    uint64_t now_ms;
    int64_t unix_at_boot_ms; /* 0: the wall clock is not known */
    uint64_t random;
    bool power; /* false: nothing has an effect any more */

    /* flash and key-value store; both count as operations that can be cut */
    uint8_t flash[FAKE_SECTORS * FAKE_SECTOR_BYTES];
    struct fake_region journal;
    struct fake_key keys[FAKE_KEYS];
    int operations, cut_at; /* the operation that loses power half-way, or FAKE_NO_CUT */
    bool flash_fails, kv_fails;

    /* broker */
    bool broker_up, open, opening, acks;
    uint32_t ack_delay_ms;
    int room; /* publishes taken and not acknowledged at most */
    int unacked;
    int next_token;
    int publishes, subscribes, opens;
    int publish_error; /* answered to each publish when < 0 */
    bool lossy;        /* what is not acknowledged when the connection ends was never received */
    struct fake_reading readings[FAKE_READINGS];
    int reading_count;
    char last[FAKE_TOPICS][ROOST_ANSWER_MAX + 1]; /* last payload, by kind of topic */
    int count[FAKE_TOPICS];
    bool retained[FAKE_TOPICS];
    void (*on_audio)(void *ctx, const char *payload, size_t len);
    void *audio_ctx;
    struct fake_pending pending[FAKE_PENDING];
    int pending_count;

    /* sensor */
    struct roost_climate_sample climate; /* changes a little with each measurement ... */
    bool climate_frozen;                 /* ... but for this */
    int climate_status;
    bool sensor_silent, measuring;
    int measurements;

    /* microphone */
    bool mic_open, mic_dead, mic_flat, mic_gone;
    uint32_t mic_rate;
    uint64_t mic_start_ms, mic_read;
    int mic_starts;

    /* motor */
    struct world_sash sash;
    int sense_error, set_error;
    int sets, releases;

    /* Wi-Fi, when fake_use_wifi() was called */
    struct roost_wifi_network air[ROOST_WIFI_SCAN_MAX];
    int air_count;
    bool own_network; /* what the port has is in reach */
    bool wifi_silent; /* nothing ends by itself: the test sends the events */
    int wifi_error, scan_error;
    bool wifi_scanning;
    int wifi_connects, wifi_disconnects, wifi_scans;
    char wifi_ssid[ROOST_WIFI_SSID_MAX + 1], wifi_psk[ROOST_WIFI_PSK_MAX + 1]; /* last asked for */

    /* updates, when fake_use_update() was called */
    char manifest[1024];
    uint8_t image[FAKE_IMAGE_BYTES];
    const char *http_body;
    size_t http_len, http_at;
    bool http_open, http_breaks; /* each download is cut at its next part */
    int http_gets;
    uint8_t other_slot[FAKE_SLOT_SECTORS * FAKE_SLOT_SECTOR_BYTES];
    struct fake_region slot;
    bool slot_fails;
    struct roost_running running;
    bool activated; /* the next boot runs the other slot */
    int activations, activate_error;

    /* system */
    enum roost_reset_reason reset_reason;
    int reboots, fed;
    struct roost_heap heap;
    int rssi_dbm;
    void (*on_line)(void *ctx, const char *line, size_t len); /* of the console */
    void *line_ctx;
};

void fake_init(struct fake_port *fake);
void fake_attach(struct fake_port *fake, struct roost_window *window);

/* Gives the port a Wi-Fi. A join takes a second, in vain two and a half, a scan one and a half. */
void fake_use_wifi(struct fake_port *fake);

/* One more network in the air. */
void fake_air(struct fake_port *fake, const char *ssid, int8_t rssi, uint8_t encryption);

/* No network is in reach any more. */
void fake_lose_wifi(struct fake_port *fake);

/* Gives the port what an update needs, and has the hub offer one. */
extern const struct roost_ota_config fake_update_config;
void fake_use_update(struct fake_port *fake);
void fake_offer(struct fake_port *fake, const char *version);

/* A new boot on the same flash, sash and clock: connection, sensor and microphone start over. */
void fake_boot(struct fake_port *fake, enum roost_reset_reason reason);

/* Steps the window, events and the sash for `ms` of virtual time, or until power is lost. */
void fake_run(struct fake_port *fake, uint64_t ms);

/* Delivers a message to the window's queue; returns what post returned. */
int fake_deliver(struct fake_port *fake, unsigned kind, const char *payload);

/* Closes the connection from the broker's side. */
void fake_disconnect(struct fake_port *fake);

void fake_later(struct fake_port *fake, uint64_t delay_ms, struct roost_event event);

/* What the microphone hears as sample n since it was opened. */
int16_t fake_sample(uint64_t n);

int64_t fake_unix_ms(const struct fake_port *fake);

#endif
