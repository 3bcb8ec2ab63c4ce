/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port for the tests of a device: virtual time, flash and key-value store in memory that lose
 * power at a chosen operation, a scripted broker, WebSocket peer, Wi-Fi and hub. Everything a test
 * may want to bend is a plain member. A device that breaks the contract of port.h ends the program.
 * It knows no product: a product's own parts are put into `port` by whoever has them, and follow
 * time, power and events by hooks. For tests only.
 *
 *     fake_init(&fake);
 *     product_init(&product, &fake.port, &config);
 *     fake_attach(&fake, &(struct fake_device){&product, step, post, "bell-1"});
 *     fake_run(&fake, 60000);
 *     assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
 */
#ifndef ROOST_RUNTIME_TEST_FAKE_PORT_H
#define ROOST_RUNTIME_TEST_FAKE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "proto/fleet/command.h"
#include "proto/fleet/topic.h"
#include "runtime/ota/ota.h"

enum {
    FAKE_SECTORS = 6,
    FAKE_SECTOR_BYTES = 1024,
    FAKE_PROGRAM_BYTES = 4,
    FAKE_KEYS = 32,
    FAKE_VALUE_MAX = 112,
    FAKE_PENDING = 96,
    FAKE_NO_CUT = -1,
    FAKE_SLOT_SECTORS = 4,
    FAKE_SLOT_SECTOR_BYTES = 4096,
    FAKE_IMAGE_BYTES = 10001,
    FAKE_SUBSCRIPTIONS = 4,
};

/* What was said is kept by topic: every device's, by enum roost_fleet_topic, then the product's. */
enum { FAKE_OWN = ROOST_FLEET_TOPIC_COUNT, FAKE_TOPICS = FAKE_OWN + 7 };

#define FAKE_PSK "the passphrase of every network" /* in the air */

struct fake_port;

/* What runs on the port. The id, when it is known, is the only one it may speak for. */
struct fake_device {
    void *device;
    uint64_t (*step)(void *device);
    int (*post)(void *device, const struct roost_event *event);
    const char *id;
};

/* What a product's own parts have to be told; all of them or none. */
struct fake_hooks {
    void (*booted)(void *ctx);
    void (*passes)(void *ctx, uint64_t ms);                      /* before the clock moves */
    void (*settle)(void *ctx, struct roost_event *event);        /* right before it is posted */
    bool (*said)(void *ctx, unsigned topic, const char *payload, /* a publish; true: not to be */
                 size_t len, int token);                         /* kept as the topic's last */
    void (*acked)(void *ctx, int token);
    void (*cut_off)(void *ctx); /* what was not acknowledged by now never will be */
};

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

struct fake_pending {
    uint64_t due_ms;
    struct roost_event event;
};

/* Members stand with the part they belong to, whatever that pads. */
struct fake_port { // NOLINT(clang-analyzer-optin.performance.Padding)
    struct roost_port port;
    struct fake_device device;        /* none: events go nowhere */
    const struct fake_hooks *hooks;   /* NULL: the product has no parts */
    void *hooks_ctx;                  /* theirs */
    const struct roost_topic *topics; /* the product's */
    size_t topic_count;

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
    bool broker_silent; /* an open, and a close, come to no end */
    uint32_t ack_delay_ms;
    int room; /* publishes taken and not acknowledged at most */
    int unacked;
    int next_token;
    int publishes, subscribes, opens, closes;
    int publish_error, subscribe_error, open_error;           /* answered to each when < 0 */
    const struct roost_mqtt_options *options;                 /* of the last open */
    char subscribed[FAKE_SUBSCRIPTIONS][ROOST_TOPIC_MAX + 1]; /* since it was opened */
    int subscribed_count;
    char last[FAKE_TOPICS][ROOST_ANSWER_MAX + 1]; /* last payload */
    int count[FAKE_TOPICS];
    bool retained[FAKE_TOPICS];
    struct fake_pending pending[FAKE_PENDING];
    int pending_count;

    /* WebSocket peer, when fake_use_ws() was called */
    bool ws_up, ws_open, ws_opening;
    int ws_error; /* answered to each send when < 0 */
    int ws_opens, ws_sends;
    char ws_last[ROOST_ANSWER_MAX + 64];

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
    struct roost_ota_config update;
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
void fake_attach(struct fake_port *fake, const struct fake_device *device);

/* A new boot on the same flash and clock: connections and parts start over, nothing is attached. */
void fake_boot(struct fake_port *fake, enum roost_reset_reason reason);

/* Steps the device and what is around it for `ms` of virtual time, or until power is lost. */
void fake_run(struct fake_port *fake, uint64_t ms);

void fake_later(struct fake_port *fake, uint64_t delay_ms, struct roost_event event);
int64_t fake_unix_ms(const struct fake_port *fake);

/* ---- broker ---- */

/* Delivers a message to the device's sink; returns what post returned. Commands of the tests share
 * one id: each is news to a device that has answered the one before. */
int fake_deliver(struct fake_port *fake, unsigned topic, const char *payload);
/* The same, and a command that was taken before stays known. */
int fake_repeat(struct fake_port *fake, unsigned topic, const char *payload, bool retained);

/* Closes the connection from the broker's side. */
void fake_disconnect(struct fake_port *fake);

/* ---- WebSocket peer ---- */

void fake_use_ws(struct fake_port *fake);
void fake_hang_up(struct fake_port *fake); /* from the peer's side */

/* ---- Wi-Fi ---- */

/* Gives the port a Wi-Fi. A join takes a second, in vain two and a half, a scan one and a half. */
void fake_use_wifi(struct fake_port *fake);

/* One more network in the air. */
void fake_air(struct fake_port *fake, const char *ssid, int8_t rssi, uint8_t encryption);

/* No network is in reach any more. */
void fake_lose_wifi(struct fake_port *fake);

/* ---- updates ---- */

/* Gives the port what updates of this product need, fake->update with it, and a hub; the name is
 * borrowed. */
void fake_use_update(struct fake_port *fake, const char *product);
void fake_offer(struct fake_port *fake, const char *version);

#endif
