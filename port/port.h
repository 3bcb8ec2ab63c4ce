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
 * Certificates and the device's keys are a part of their own length: port/pki.h. Depends on
 * core/err.h only.
 */
#ifndef ROOST_PORT_PORT_H
#define ROOST_PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/pki.h"

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
    /* status; token: with ROOST_ERR_CRYPTO enum roost_tls_failure, else the WebSocket close code,
     * or of a handshake that was refused the HTTP status (401, 404 ...), or 0. */
    ROOST_EV_WS_CLOSED,
    ROOST_EV_WS_TEXT, /* data: one whole message */
    ROOST_EV_WS_BINARY,
    ROOST_EV_HTTP_DATA, /* data: next part of the body; token = offset of its first byte */
    /* status: 0 or error; token: with ROOST_ERR_CRYPTO enum roost_tls_failure, else the HTTP status
     * code, the code of FTP's last reply, or 0. */
    ROOST_EV_HTTP_DONE,
    ROOST_EV_CLIMATE,     /* status: 0 with climate set, TIMEOUT or CORRUPT (checksum) */
    ROOST_EV_AUDIO_READY, /* samples can be read from audio_in */
    ROOST_EV_GPIO,        /* a watched line changed; token: the line, status: 1 active, 0 not */
    ROOST_EV_CAN_READY,   /* frames can be received; token: the bus */
    ROOST_EV_WS_PART,     /* data: the next piece of a text message; token: ROOST_WS_FIRST, _LAST */
    ROOST_EV_HTTP_ROOM,   /* http.write takes more; token: bytes it took so far */
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
    /* MQTT_MESSAGE: it lay with the broker (the retain flag as the receiver sees it), for however
     * long. */
    bool retained;
    struct roost_climate_sample climate;
};

/* Queues a copy. Returns 0, or ROOST_ERR_FULL / ROOST_ERR_TOO_LONG (the device counts its drops;
 * the port goes on, but for HTTP_DATA and HTTP_ROOM: refused with FULL they are offered again after
 * the next step). */
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

/* ---- MQTT client ---- */

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

/* ---- TLS of the WebSocket and HTTP clients ---- */

/* All of their connections are of TLS 1.2 or later with a cipher suite that authenticates what it
 * encrypts (AEAD: no CBC); chain and host name are verified, always. This is for those that go by
 * the certificates and keys of port.pki; the struct and what it names are borrowed until the
 * connection's last event. */
struct roost_tls_options {
    /* Whom to trust instead of ca_pem, as in roost_pki_check; read in the handshake. NULL: ca_pem.
     * The port's clock says when; as long as it does not know, the beginning of the server's own
     * certificate. */
    const struct roost_pki_text *roots;
    size_t root_count;
    /* The slot of port.pki whose chain is shown and whose key signs when the server asks for a
     * certificate. NULL: none. One that holds no pair ends the attempt with ROOST_ERR_NOT_FOUND. */
    const char *slot;
};

/* ---- WebSocket client ---- */

struct roost_ws_options {
    const char *url;         /* ws:// or wss://, borrowed until WS_CLOSED like the rest */
    const char *subprotocol; /* NULL: none; an answer with another one fails the open */
    const char *ca_pem, *cert_pem, *key_pem;
    const char *user, *password; /* HTTP Basic, NULL: none; the password may hold any byte */
    size_t password_len;
    uint32_t ping_interval_ms; /* 0: none; an unanswered ping closes */
    size_t message_max;        /* longer incoming messages close with 1009 */
    /* A text is handed over as it comes, in WS_PART, and no memory is held for it. Of a binary
     * message only the end is told: a WS_BINARY without data. */
    bool parts;
    const struct roost_tls_options *tls; /* NULL: ca_pem, cert_pem and key_pem say it all */
};

enum { ROOST_WS_FIRST = 1, ROOST_WS_LAST = 2 }; /* bits: which piece of its message it is */

struct roost_ws_ops {
    /* WS_OPENED or WS_CLOSED follows. A redirect is a refusal. */
    int (*open)(void *ctx, const struct roost_ws_options *options);
    /* Copied. Returns 0, ROOST_ERR_CLOSED, ROOST_ERR_FULL (over the port's send limit). */
    int (*send)(void *ctx, const void *data, size_t len, bool binary);
    int (*close)(void *ctx, uint16_t code);
    /* A piece of a text message; nothing else is sent between its first and its last. Copied.
     * Returns as send; after FULL the same piece is given again later. */
    int (*send_part)(void *ctx, const void *data, size_t len, bool first, bool last);
};
struct roost_ws {
    const struct roost_ws_ops *ops;
    void *ctx;
};

/* ---- HTTP(S) and FTP: downloads and uploads ---- */

enum { ROOST_HTTP_PART_MAX = 1024 };
#define ROOST_HTTP_LEN_UNKNOWN UINT64_MAX

enum roost_http_method { ROOST_HTTP_GET, ROOST_HTTP_PUT, ROOST_HTTP_POST };

struct roost_http_request {
    /* http://, https:// or ftp:// (passive, binary; RETR, or STOR for both PUT and POST). A user
     * and password in front of the host, percent-encoded, are shown to that host (HTTP Basic, FTP)
     * and are written nowhere. */
    const char *url;
    enum roost_http_method method;
    uint64_t offset;  /* GET: of the first byte (Range, REST) */
    uint64_t len;     /* PUT, POST: of the body, or UNKNOWN: the body ends when `write` says so */
    const char *type; /* PUT, POST: Content-Type; NULL: application/octet-stream */
    const char *ca_pem;
    const struct roost_tls_options *tls; /* NULL: ca_pem decides */
};

struct roost_http_ops {
    /* GET from byte `offset` on (Range). The body arrives as HTTP_DATA of at most
     * ROOST_HTTP_PART_MAX bytes, one at a time and in order, then HTTP_DONE follows: status 0, or
     * NOT_FOUND (404, 410), UNSUPPORTED (Range ignored for offset > 0; a redirect from https to
     * http), CRYPTO (certificate), TIMEOUT, CLOSED, REFUSED (any other answer). url and ca_pem are
     * borrowed until then. One at a time: ROOST_ERR_BUSY. INVALID: not a URL of http or https. */
    int (*get)(void *ctx, const char *url, uint64_t offset, const char *ca_pem);
    /* No event of this download or upload follows. 0 also when none runs. */
    int (*cancel)(void *ctx);
    /* GET as above, from ftp too. An upload asks for its body with HTTP_ROOM, however long it is,
     * and ends in HTTP_DONE: status 0 (any 2xx), AUTH (401, 403; FTP 530 and its like), NOT_FOUND,
     * NO_SPACE (507; FTP 452, 552), UNSUPPORTED (a redirect: none is followed), CRYPTO, TIMEOUT
     * (also when the device wrote nothing for 30 s), CLOSED, REFUSED; it may come before the body
     * is over. The request and what it names are borrowed until then. BUSY, INVALID as above, and
     * UNSUPPORTED: ftp on a port without it. Either may be NULL on a port without uploads. */
    int (*start)(void *ctx, const struct roost_http_request *request);
    /* The next bytes of an upload's body, copied. Returns how many it took; fewer than `len`: then
     * HTTP_ROOM follows as soon as there is room again. With len 0: of an unknown length, that was
     * all. ROOST_ERR_STATE: no upload wants any (now or any more); ROOST_ERR_RANGE: beyond the
     * length that was told. */
    int (*write)(void *ctx, const void *data, size_t len);
};
struct roost_http {
    const struct roost_http_ops *ops;
    void *ctx;
};

/* ---- firmware slots ---- */

struct roost_running {
    uint8_t slot;  /* 0 or 1: where the running image lies */
    bool on_trial; /* the next reset goes back to the other slot unless it is confirmed before */
    bool other_failed;         /* the other slot's image was on trial and did not pass */
    uint32_t security_version; /* of the lowest image that may run: it only grows, for ever */
};

/* The image that runs and the one that may run next. The other slot itself is written as
 * roost_port.slot; nothing in it runs before activate. */
struct roost_firmware_ops {
    int (*running)(void *ctx, struct roost_running *out);
    /* Takes the first len bytes of the other slot as an image that the next boot runs, on trial.
     * Checks what the platform can: ROOST_ERR_CORRUPT (not a whole image of this chip),
     * ROOST_ERR_CRYPTO (secure boot), ROOST_ERR_IO: nothing changed. Atomic: after a power cut
     * inside it the next boot runs the one or the other, whole. May block for reading the image
     * (2 s). */
    int (*activate)(void *ctx, uint32_t len);
    /* The running image passed its trial: it stays, and the lowest security version becomes its
     * own. 0 also when it was not on trial. ROOST_ERR_IO: still on trial. */
    int (*confirm)(void *ctx);
    /* Marks the running image as failed and restarts into the other one with reason UPDATE. Returns
     * ROOST_ERR_STATE when there is no other one that could run, else only in tests and the
     * simulator. */
    int (*roll_back)(void *ctx);
};
struct roost_firmware {
    const struct roost_firmware_ops *ops;
    void *ctx;
};

/* ---- digital lines ---- */

enum { ROOST_GPIO_LINES = 16 };

/* Lines are numbered by the product; the port's table says which pin and which level is active. */
struct roost_gpio_ops {
    /* 1 active, 0 not, ROOST_ERR_RANGE: no such line. */
    int (*read)(void *ctx, unsigned line);
    /* ROOST_ERR_RANGE, ROOST_ERR_STATE: an input. */
    int (*write)(void *ctx, unsigned line, bool active);
    /* From now on each change posts ROOST_EV_GPIO with the level after it. Changes faster than they
     * are taken are merged into the last one. ROOST_ERR_RANGE, ROOST_ERR_STATE: an output. */
    int (*watch)(void *ctx, unsigned line, bool on);
};
struct roost_gpio {
    const struct roost_gpio_ops *ops;
    void *ctx;
};

/* ---- CAN ---- */

enum { ROOST_CAN_BUSES = 2 };

struct roost_can_frame {
    uint32_t id; /* 11 or, extended, 29 bits */
    bool extended;
    uint8_t len; /* 0..8 */
    uint8_t data[8];
};

enum roost_can_state { ROOST_CAN_STOPPED, ROOST_CAN_ACTIVE, ROOST_CAN_PASSIVE, ROOST_CAN_BUS_OFF };

struct roost_can_status {
    enum roost_can_state state;
    uint32_t tx_errors, rx_errors; /* the controller's error counters (ISO 11898-1, 12.1.4) */
    uint32_t overruns;             /* received frames lost because nobody took them, since start */
};

/* CAN 2.0B. ROOST_ERR_RANGE: no such bus. */
struct roost_can_ops {
    int (*start)(void *ctx, unsigned bus, uint32_t bit_rate);
    /* Copied. 0, ROOST_ERR_FULL (nothing acknowledges, or too fast), ROOST_ERR_STATE (stopped, bus
     * off), ROOST_ERR_INVALID (len, id). */
    int (*send)(void *ctx, unsigned bus, const struct roost_can_frame *frame);
    /* 1: a frame was taken, 0: none there, ROOST_ERR_STATE. */
    int (*receive)(void *ctx, unsigned bus, struct roost_can_frame *out);
    /* Leaves bus-off: after 128 times 11 recessive bits the state is ACTIVE again. STATE: it is not
     * in bus-off. */
    int (*recover)(void *ctx, unsigned bus);
    int (*status)(void *ctx, unsigned bus, struct roost_can_status *out);
    int (*stop)(void *ctx, unsigned bus);
};
struct roost_can {
    const struct roost_can_ops *ops;
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
    /* From now on AUDIO_READY tells of samples. ROOST_ERR_RANGE or _UNSUPPORTED: a rate it cannot
     * have, or where it shares its clock with the loudspeaker and that one runs, another rate than
     * that one's. ROOST_ERR_STATE: it is started. ROOST_ERR_FAULT: it is not there. */
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

/* A loudspeaker. Mono PCM16. The port holds a short buffer of its own, 60 to 100 ms: less would run
 * dry between two steps of the device, more would be heard after the device has decided otherwise.
 * Whoever plays holds the rest, and looks for room every 20 ms: there is no event for it. */
struct roost_audio_out_ops {
    /* From now on it plays what is written, silence while there is nothing. 16000 Hz always works
     * where there is a loudspeaker. ROOST_ERR_UNSUPPORTED: a rate it cannot have, or where it
     * shares its clock with the microphone and that one runs, another rate than that one's.
     * ROOST_ERR_STATE: it is started. ROOST_ERR_FAULT: it is not there. */
    int (*start)(void *ctx, uint32_t sample_rate_hz);
    /* Takes what there is room for, at most `samples`; returns the count (0: no room now),
     * ROOST_ERR_STATE when not started, ROOST_ERR_FAULT when the loudspeaker is gone. */
    int (*write)(void *ctx, const int16_t *pcm, size_t samples);
    /* Samples that were taken and are not heard yet, up to a block of the hardware's more than
     * there are; ROOST_ERR_STATE when not started, ROOST_ERR_FAULT. */
    int (*buffered)(void *ctx);
    /* Silence at once: what is buffered is not heard any more. 0 also when it was not started. */
    int (*stop)(void *ctx);
    /* Times it ran out of samples after the first were written, until stop; since boot. The end of
     * a sound is one, too, unless stop comes before it: only the device knows it for the end. */
    uint32_t (*underruns)(void *ctx);
};
struct roost_audio_out {
    const struct roost_audio_out_ops *ops;
    void *ctx;
};

/* Compressed sound to samples, one stream at a time. ops NULL: bare PCM only. Memory does not grow
 * with the stream or with what comes before its first sample (an ID3v2 tag). */
enum roost_sound_format { ROOST_SOUND_MP3, ROOST_SOUND_OPUS };
struct roost_decoder_ops {
    /* Begins a stream, forgetting one that was not ended. ROOST_ERR_UNSUPPORTED: not this format.
     */
    int (*start)(void *ctx, enum roost_sound_format format);
    /* Takes `len` bytes or fewer, sets *taken, and returns the samples it put into `pcm`, at most
     * `samples` (at least 1); *rate_hz is set with them. Call again with the rest, and with len 0
     * until it returns 0: then it has nothing more without more bytes. A stream may be cut
     * anywhere: what is whole comes out. Several channels are mixed into one. An Opus stream is
     * packets of 1 to 1275 bytes, each behind its length in two bytes, big-endian.
     * ROOST_ERR_CORRUPT: no such sound, the stream is over. ROOST_ERR_STATE: none was begun, or it
     * is over. */
    int (*decode)(void *ctx, const void *data, size_t len, size_t *taken, int16_t *pcm,
                  size_t samples, uint32_t *rate_hz);
};
struct roost_decoder {
    const struct roost_decoder_ops *ops;
    void *ctx;
};

/* A light that shows a pattern by itself until the next one. A lamp of one colour shows the
 * brightest of the three. */
enum roost_light_shape {
    ROOST_LIGHT_OFF,
    ROOST_LIGHT_STEADY,
    ROOST_LIGHT_BLINK,  /* half of the period dark */
    ROOST_LIGHT_BREATHE /* rises and falls within the period */
};
enum { ROOST_LIGHT_PERIOD_MIN_MS = 100, ROOST_LIGHT_PERIOD_MAX_MS = 10000 };
struct roost_light_pattern {
    uint8_t shape; /* enum roost_light_shape */
    uint8_t red, green, blue;
    uint16_t period_ms; /* of BLINK and BREATHE; of no meaning for the others */
};
struct roost_light_ops {
    /* Copied; begins at once, also when it is the one that is shown. ROOST_ERR_RANGE: shape or
     * period. ROOST_ERR_FAULT: there is no light. */
    int (*show)(void *ctx, const struct roost_light_pattern *pattern);
};
struct roost_light {
    const struct roost_light_ops *ops;
    void *ctx;
};

static inline bool roost_light_pattern_ok(const struct roost_light_pattern *pattern)
{
    bool moves = pattern->shape == ROOST_LIGHT_BLINK || pattern->shape == ROOST_LIGHT_BREATHE;

    return pattern->shape <= ROOST_LIGHT_BREATHE &&
           (!moves || (pattern->period_ms >= ROOST_LIGHT_PERIOD_MIN_MS &&
                       pattern->period_ms <= ROOST_LIGHT_PERIOD_MAX_MS));
}

/* A positioned actuator with feedback: servo with potentiometer or stepper with encoder. Raw units
 * are the driver's own (microseconds of pulse, steps), growing from closed to open. */
struct roost_motor_sense {
    int32_t position_raw;
    int32_t current_ma;
};
struct roost_motor_ops {
    /* The span the driver accepts, wider than the travel of what it moves. */
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
    /* SHA-256 of what comes in pieces, one at a time: begin forgets a sum that was not ended. */
    int (*sha256_begin)(void *ctx);
    int (*sha256_add)(void *ctx, const void *data, size_t len);
    int (*sha256_end)(void *ctx, uint8_t out[32]);
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
    struct roost_flash journal; /* the region of runtime/journal */
    struct roost_wifi wifi;
    struct roost_mqtt mqtt;
    struct roost_ws ws;
    struct roost_http http;
    struct roost_flash slot; /* the firmware slot that does not run */
    struct roost_firmware firmware;
    struct roost_gpio gpio;
    struct roost_can can;
    struct roost_climate_sensor climate;
    struct roost_audio_in audio_in;
    struct roost_audio_out audio_out;
    struct roost_decoder decoder;
    struct roost_light light;
    struct roost_motor motor;
    struct roost_system system;
    struct roost_crypto crypto;
    struct roost_pki pki;
    struct roost_flash ledger; /* the region of what must never be lost */
};

#endif
