/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between a device and what it runs on. Three ports keep it: port/esp-idf on the chip,
 * port/linux in a process, port/sim in virtual time. The same conformance suite
 * (port/conformance.c) runs on each.
 *
 * Rules for all of it:
 *  - Every operation is called by the one task that calls the device's step, and by no other.
 *  - No operation blocks longer than its contract says; what takes time ends in an event.
 *  - Events are handed to the sink given to roost_port (`post`), only from that same task, never
 *    from inside an operation of the port. What an event points to is the port's and valid during
 *    `post`.
 *  - No operation allocates after the port was made, except where a library below it must (MQTT,
 *    WebSocket, TLS), and then it is bounded.
 *  - A time is monotonic milliseconds since boot (now_ms) or milliseconds since 1970 (unix_ms).
 *
 * Depends on core/err.h only.
 */
#ifndef ROOST_PORT_PORT_H
#define ROOST_PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- events ---- */

enum roost_event_type {
    ROOST_EV_NONE,
    ROOST_EV_WIFI_UP, /* associated and has an address */
    ROOST_EV_WIFI_DOWN,
    ROOST_EV_WIFI_SCANNED, /* status; data = array of struct roost_wifi_network, strongest first */
    ROOST_EV_MQTT_OPENED,  /* CONNACK accepted */
    ROOST_EV_MQTT_CLOSED,  /* status: why; sent once for each open that was accepted or failed */
    ROOST_EV_MQTT_ACKED,   /* token: the QoS-1 publish is the broker's */
    ROOST_EV_MQTT_MESSAGE, /* topic, data */
    ROOST_EV_WS_OPENED,
    ROOST_EV_WS_CLOSED, /* status; token = WebSocket close code or 0 */
    ROOST_EV_WS_TEXT,   /* data: one whole message */
    ROOST_EV_WS_BINARY,
    ROOST_EV_HTTP_DATA,   /* data: next part of the body; token = offset of its first byte */
    ROOST_EV_HTTP_DONE,   /* status: 0 or error; token = HTTP status code or 0 */
    ROOST_EV_CLIMATE,     /* status: 0 with climate set, TIMEOUT or CORRUPT (checksum) */
    ROOST_EV_AUDIO_READY, /* samples can be read from audio_in */
};

struct roost_climate_sample {
    int32_t temperature_mdegc; /* thousandths of a degree Celsius */
    int32_t humidity_mpct;     /* thousandths of a percent relative humidity */
};

struct roost_event {
    enum roost_event_type type;
    int status; /* 0 or a roost_err */
    uint64_t token;
    const char *topic; /* MQTT_MESSAGE: NUL-terminated */
    const void *data;
    size_t len;
    struct roost_climate_sample climate;
};

/* Queues a copy. Returns 0, or ROOST_ERR_FULL / ROOST_ERR_TOO_LONG (the device counts its drops;
 * the port goes on). */
typedef int (*roost_post_fn)(void *ctx, const struct roost_event *event);

/* ---- clock and random ---- */

struct roost_clock_ops {
    uint64_t (*now_ms)(void *ctx);
    /* Wall clock; 0 while it is not known. May jump when it becomes known. */
    int64_t (*unix_ms)(void *ctx);
};
struct roost_clock {
    const struct roost_clock_ops *ops;
    void *ctx;
};

struct roost_random_ops {
    /* Fills with cryptographically strong bytes (the simulator: from its seed). Never fails. */
    void (*fill)(void *ctx, void *out, size_t len);
};
struct roost_random {
    const struct roost_random_ops *ops;
    void *ctx;
};

/* ---- flash ---- */

enum { ROOST_KV_KEY_MAX = 15, ROOST_KV_VALUE_MAX = 1984 }; /* NVS: 15 characters */

/* Small named values. set and erase are atomic per key and durable when they return 0: after a
 * power cut inside them the old or the new value is there, whole. Encrypted at rest on the chip. */
struct roost_kv_ops {
    /* Returns the value's length, ROOST_ERR_NOT_FOUND, ROOST_ERR_TOO_LONG (nothing copied),
     * ROOST_ERR_CORRUPT or ROOST_ERR_IO. */
    int (*get)(void *ctx, const char *key, void *value, size_t size);
    /* Returns 0, ROOST_ERR_TOO_LONG (key or value), ROOST_ERR_NO_SPACE or ROOST_ERR_IO. */
    int (*set)(void *ctx, const char *key, const void *value, size_t len);
    /* Returns 0 also when there was none. */
    int (*erase)(void *ctx, const char *key);
    int (*erase_all)(void *ctx);
};
struct roost_kv {
    const struct roost_kv_ops *ops;
    void *ctx;
};

/* A raw NOR-like region: erase sets a sector to 0xFF, program only clears bits. A power cut inside
 * program leaves any prefix of it done and may leave the program unit at the cut torn; inside erase
 * it leaves the sector undefined. May block for one sector erase (50 ms on the chip). */
struct roost_flash_ops {
    int (*read)(void *ctx, uint32_t offset, void *out, size_t len);
    /* offset and len are multiples of program_bytes and stay inside one sector. */
    int (*program)(void *ctx, uint32_t offset, const void *data, size_t len);
    int (*erase)(void *ctx, uint32_t sector);
};
struct roost_flash {
    const struct roost_flash_ops *ops;
    void *ctx;
    uint32_t sector_bytes, sector_count, program_bytes; /* 4096, region size, 1..16 */
};

/* ---- Wi-Fi ---- */

enum { ROOST_WIFI_SSID_MAX = 32, ROOST_WIFI_PSK_MAX = 63, ROOST_WIFI_SCAN_MAX = 16 };

struct roost_wifi_network {
    char ssid[ROOST_WIFI_SSID_MAX + 1];
    int8_t rssi_dbm;
    uint8_t encryption; /* ESP-IDF wifi_auth_mode_t: 0 open, 3 WPA2-PSK, 4 WPA/WPA2, 6 WPA3 */
};

/* A network that is not wireless answers rssi 0 and is UP whenever it has an address. */
struct roost_wifi_ops {
    /* Ends in ROOST_EV_WIFI_SCANNED. ROOST_ERR_BUSY while one runs. */
    int (*scan)(void *ctx);
    /* Ends in WIFI_UP or WIFI_DOWN; WPA2 or better only. NULL, NULL: use what the port has. */
    int (*connect)(void *ctx, const char *ssid, const char *psk);
    int (*disconnect)(void *ctx);
    int (*rssi_dbm)(void *ctx);
};
struct roost_wifi {
    const struct roost_wifi_ops *ops;
    void *ctx;
};

/* ---- MQTT client ------------------------------------------------------------------------------
 */

/* MQTT 3.1.1. Strings are borrowed until ROOST_EV_MQTT_CLOSED. */
struct roost_mqtt_options {
    const char *host;
    uint16_t port;
    bool tls;           /* chain and host name are verified, always */
    const char *ca_pem; /* path on Linux, PEM text on the chip; NULL: the system's */
    const char *client_id, *user, *password; /* user and password may be NULL */
    const char *will_topic, *will_payload;   /* QoS 1, retained; NULL: none */
    uint16_t keepalive_s;
    bool clean_session;
};

/* One attempt a call: back-off and retry are core/link's. */
struct roost_mqtt_ops {
    /* Starts connecting. Ends in MQTT_OPENED or MQTT_CLOSED. ROOST_ERR_BUSY while open. */
    int (*open)(void *ctx, const struct roost_mqtt_options *options);
    /* Topic and payload are copied before it returns. Returns a token > 0 that MQTT_ACKED carries
     * (QoS 1), 0 for QoS 0, ROOST_ERR_CLOSED, ROOST_ERR_FULL (try after the next MQTT_ACKED),
     * ROOST_ERR_TOO_LONG. What was not acknowledged when the connection closes is forgotten. */
    int (*publish)(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                   bool retain);
    /* QoS 1. ROOST_ERR_CLOSED, ROOST_ERR_FULL. */
    int (*subscribe)(void *ctx, const char *topic);
    /* Sends DISCONNECT after what is queued, then MQTT_CLOSED follows. 0 also when it is closed. */
    int (*close)(void *ctx);
};
struct roost_mqtt {
    const struct roost_mqtt_ops *ops;
    void *ctx;
};

/* ---- WebSocket client ---------------------------------------------------------------------------
 */

struct roost_ws_options {
    const char *url;         /* ws:// or wss://, borrowed until WS_CLOSED like the rest */
    const char *subprotocol; /* NULL: none; an answer with another one fails the open */
    const char *ca_pem, *cert_pem, *key_pem;
    const char *user, *password; /* HTTP Basic, NULL: none; the password may hold any byte */
    size_t password_len;
    uint32_t ping_interval_ms; /* 0: none; an unanswered ping closes */
    size_t message_max;        /* longer incoming messages close with 1009 */
};

struct roost_ws_ops {
    int (*open)(void *ctx, const struct roost_ws_options *options); /* WS_OPENED or WS_CLOSED */
    /* Copied. Returns 0, ROOST_ERR_CLOSED, ROOST_ERR_FULL (over the port's send limit). */
    int (*send)(void *ctx, const void *data, size_t len, bool binary);
    int (*close)(void *ctx, uint16_t code);
};
struct roost_ws {
    const struct roost_ws_ops *ops;
    void *ctx;
};

/* ---- HTTPS download ---- */

struct roost_http_ops {
    /* GET from byte `offset` on (Range). The body arrives as HTTP_DATA, then HTTP_DONE. A server
     * that ignores Range for offset > 0 ends in ROOST_ERR_UNSUPPORTED. One at a time:
     * ROOST_ERR_BUSY. */
    int (*get)(void *ctx, const char *url, uint64_t offset, const char *ca_pem);
    int (*cancel)(void *ctx);
};
struct roost_http {
    const struct roost_http_ops *ops;
    void *ctx;
};

/* ---- sensors and actuators ---- */

struct roost_climate_sensor_ops {
    /* Starts one measurement; ROOST_EV_CLIMATE follows within 3 s, also when the sensor is silent.
     * ROOST_ERR_BUSY while one runs. */
    int (*measure)(void *ctx);
};
struct roost_climate_sensor {
    const struct roost_climate_sensor_ops *ops;
    void *ctx;
};

/* Mono PCM16 little-endian. */
struct roost_audio_in_ops {
    int (*start)(void *ctx, uint32_t sample_rate_hz);
    /* Takes what is there, at most `samples`; returns the count (0: none yet), ROOST_ERR_STATE when
     * not started, ROOST_ERR_FAULT when the microphone is gone. */
    int (*read)(void *ctx, int16_t *out, size_t samples);
    int (*stop)(void *ctx);
    uint32_t (*overruns)(void *ctx); /* times samples were lost because nobody read them */
};
struct roost_audio_in {
    const struct roost_audio_in_ops *ops;
    void *ctx;
};

/* A positioned actuator with feedback: servo with potentiometer or stepper with encoder. Raw units
 * are the driver's own (microseconds of pulse, steps), growing from closed to open. */
struct roost_motor_sense {
    int32_t position_raw;
    int32_t current_ma;
};
struct roost_motor_ops {
    /* The span the driver accepts, wider than the window's travel. */
    int (*range)(void *ctx, int32_t *min_raw, int32_t *max_raw);
    /* Sets the point the actuator holds. ROOST_ERR_RANGE, ROOST_ERR_FAULT. */
    int (*set)(void *ctx, int32_t raw);
    /* De-energises: no holding torque. */
    int (*release)(void *ctx);
    int (*sense)(void *ctx, struct roost_motor_sense *out);
};
struct roost_motor {
    const struct roost_motor_ops *ops;
    void *ctx;
};

/* ---- system ---- */

#define ROOST_RESET_LIST(X)                                                                        \
    X(POWER_ON, "power-on")                                                                        \
    X(COMMAND, "command")                                                                          \
    X(UPDATE, "update")                                                                            \
    X(CRASH, "crash")                                                                              \
    X(WATCHDOG, "watchdog")                                                                        \
    X(BROWN_OUT, "brown-out")                                                                      \
    X(UNKNOWN, "unknown")

enum roost_reset_reason {
#define X(name, text) ROOST_RESET_##name,
    ROOST_RESET_LIST(X)
#undef X
};

struct roost_heap {
    uint32_t free_bytes, low_bytes;
}; /* now, and the lowest since boot */

struct roost_system_ops {
    enum roost_reset_reason (*reset_reason)(void *ctx);
    /* Keeps the reason for the next boot, then restarts. Returns only in tests and the simulator,
     * where the device must not be stepped again after. */
    void (*reboot)(void *ctx, enum roost_reset_reason reason);
    /* The hardware watchdog: fed at the end of every step; bites after its time-out (15 s). */
    void (*feed_watchdog)(void *ctx);
    void (*heap)(void *ctx, struct roost_heap *out);
    /* Writes a line to the console. */
    void (*console)(void *ctx, const char *line, size_t len);
};
struct roost_system {
    const struct roost_system_ops *ops;
    void *ctx;
};

/* ---- crypto ---- */

struct roost_crypto_ops {
    int (*sha256)(void *ctx, const void *data, size_t len, uint8_t out[32]);
    int (*hmac_sha256)(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                       uint8_t out[32]);
    /* Public key: uncompressed point (65 bytes, SEC 1); signature: r and s (64 bytes), big-endian.
     * Returns 0 or ROOST_ERR_CRYPTO. */
    int (*ecdsa_p256_verify)(void *ctx, const uint8_t public_key[65], const uint8_t digest[32],
                             const uint8_t signature[64]);
    /* AES-256-GCM, 12-byte nonce, 16-byte tag. In place allowed. open: ROOST_ERR_CRYPTO and out
     * zeroed when the tag does not match. */
    int (*aes_gcm_seal)(void *ctx, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                        size_t aad_len, const void *in, size_t len, void *out, uint8_t tag[16]);
    int (*aes_gcm_open)(void *ctx, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                        size_t aad_len, const void *in, size_t len, const uint8_t tag[16],
                        void *out);
};
struct roost_crypto {
    const struct roost_crypto_ops *ops;
    void *ctx;
};

/* ---- the port ---- */

/* A part the product has no use for has ops NULL; a device checks at init that it has what it
 * needs. */
struct roost_port {
    struct roost_clock clock;
    struct roost_random random;
    struct roost_kv kv;
    struct roost_flash journal; /* the region of core/journal */
    struct roost_wifi wifi;
    struct roost_mqtt mqtt;
    struct roost_ws ws;
    struct roost_http http;
    struct roost_climate_sensor climate;
    struct roost_audio_in audio_in;
    struct roost_motor motor;
    struct roost_system system;
    struct roost_crypto crypto;
};

#endif
