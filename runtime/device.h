/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every device is before it is a product: a life, an event queue, timers, Wi-Fi, an uplink
 * that is supervised, commands, settings, faults, health and its report, updates. The same object
 * runs on the chip, as a Linux process, by the thousand in one process and in virtual time: no
 * globals, no heap, no thread, no clock but the port's.
 *
 * The runtime is pulled, not inherited. A product has a struct roost_device as its first member,
 * describes itself by one const spec, and keeps its own step:
 *
 *     uint64_t lamp_step(struct lamp *lamp)
 *     {
 *         struct roost_what what;
 *
 *         roost_device_begin(&lamp->device);
 *         while (roost_device_next(&lamp->device, &what))      // in order: events, timers,
 *             happens(lamp, &what);                            // commands, changes of the uplink
 *         drive(lamp);                                         // the product's one decision
 *         return roost_device_finish(&lamp->device, lamp_due(lamp), true, NULL);
 *     }
 *
 * Events come from the port's sink, roost_device_post, into a bounded queue; nothing happens there.
 * Commands wait in a queue of their own: one at a time is answered, and its answer is the uplink's
 * before the next is looked at. A command is run once: what the broker kept, what has the id of one
 * of the newest commands, also of those before a reboot, and what came with a connection after its
 * time is answered STALE and counted. After three crashes in a row the device runs in safe mode: it
 * is reported, takes commands and updates, and its product records and moves nothing.
 *
 *     event queue   --> next:   events, timers, commands, uplink --> the product's happens()
 *     command queue -->
 *                       finish: update, faults, reports, outbox, watchdog --> port
 *
 * Depends on core/, proto/fleet, port/port.h. Knows no product.
 */
#ifndef ROOST_RUNTIME_DEVICE_H
#define ROOST_RUNTIME_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_write.h"
#include "core/link.h"
#include "core/log.h"
#include "core/queue.h"
#include "core/settings.h"
#include "core/timer.h"
#include "port/port.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"
#include "proto/fleet/topic.h"
#include "runtime/faults.h"
#include "runtime/health.h"
#include "runtime/life.h"
#include "runtime/networks.h"
#include "runtime/ota/ota.h"
#include "runtime/outbox.h"
#include "runtime/uplink.h"

struct roost_device;

enum {
    ROOST_DEVICE_EVENT_BYTES = 3072,
    ROOST_DEVICE_EVENT_RESERVE = 1024, /* of it, not for messages: acknowledgements and the like */
    ROOST_DEVICE_COMMAND_BYTES = 2560, /* at least two commands, of usual ones more than twenty */
    ROOST_DEVICE_LOG_BYTES = 4096,
    ROOST_DEVICE_WATCHDOG_MS = 7500, /* half of the watchdog's time-out */
    ROOST_DEVICE_STABLE_MS = 300000, /* up for so long, the last crash is forgiven */
    ROOST_DEVICE_REBOOT_MS = 2000,   /* longest wait for the last word to go out */
    ROOST_DEVICE_STOP_MS = 3000,     /* longest wait for the connection to close */
    ROOST_DEVICE_REPLAY_MS = 60000,  /* so long after it opened, what comes may have waited */
    ROOST_DEVICE_KNOWN_COMMANDS = 16 /* whose repetition is noticed */
};

/* ---- the tables a product adds rows to ---- */

/* Settings: the product's table begins with ROOST_DEVICE_SETTINGS, its ids with
 * ROOST_SETTING_COUNT. */
enum roost_device_setting {
    ROOST_SETTING_HEALTH_INTERVAL, /* ms between status messages and health lines */
    ROOST_SETTING_MEMORY_LOW,      /* bytes of free heap below which MEMORY_LOW is raised */
    ROOST_SETTING_LOG_LEVEL,       /* "error", "warn", "info", "debug" */
    ROOST_SETTING_COUNT
};

#define ROOST_SETTING_INT_ROW(name, default_value, low, high, unit_text)                           \
    {                                                                                              \
        .key = (name), .type = ROOST_SETTING_INT, .initial = (default_value), .min = (low),        \
        .max = (high), .unit = (unit_text)                                                         \
    }

#define ROOST_DEVICE_SETTINGS                                                                      \
    [ROOST_SETTING_HEALTH_INTERVAL] =                                                              \
        ROOST_SETTING_INT_ROW("health_interval_ms", 60000, 1000, 3600000, "ms"),                   \
    [ROOST_SETTING_MEMORY_LOW] =                                                                   \
        ROOST_SETTING_INT_ROW("memory_low_bytes", 20000, 0, 1 << 30, "bytes"),                     \
    [ROOST_SETTING_LOG_LEVEL] = {.key = "log_level",                                               \
                                 .type = ROOST_SETTING_STRING,                                     \
                                 .initial_text = "info",                                           \
                                 .min = 4,                                                         \
                                 .max = 5}

/* Timers: the product's ids begin with ROOST_TIMER_COUNT. */
enum roost_device_timer {
    ROOST_TIMER_HEALTH,
    ROOST_TIMER_STABLE,
    ROOST_TIMER_WIFI, /* a wait between two rounds, or an attempt that nothing came of */
    ROOST_TIMER_SCAN, /* the answer to wifi_scan */
    ROOST_TIMER_END,  /* of waiting for the last word */
    ROOST_TIMER_COUNT
};

/* Text put together from pieces; what does not fit is cut. */
struct roost_message {
    char text[ROOST_ANSWER_MESSAGE_MAX + 1];
    size_t len;
};
void roost_say(struct roost_message *message, const char *text);
/* "position: out of range, allowed 0..100 %"; min and max in units of 10^-decimals. Returns err. */
int roost_say_bad_number(struct roost_message *message, const char *key, int err, int64_t min,
                         int64_t max, unsigned decimals, const char *unit);

/* A command writes one JSON value as its answer's data and returns 0, or an error with its message;
 * its arguments are device->command. */
struct roost_command_row {
    const char *name;
    int (*run)(struct roost_device *device, struct roost_json_writer *out,
               struct roost_message *message);
};
#define ROOST_COMMAND(prefix, name)                                                                \
    int prefix##_command_##name(struct roost_device *device, struct roost_json_writer *out,        \
                                struct roost_message *message)
void roost_write_nothing(struct roost_json_writer *out); /* {} */

/* A uint32_t of the product's struct that its health shows. */
struct roost_counter_row {
    const char *name;
    uint16_t offset;
    bool in_status; /* in the status message too */
};

/* ---- what a product is ---- */

struct roost_device_spec {
    const char *type;                     /* "lamp" */
    const struct roost_setting *settings; /* all of them */
    size_t setting_count;
    const struct roost_fault_info *faults; /* its own */
    unsigned fault_count;
    const struct roost_command_row *commands; /* its own */
    size_t command_count;
    const struct roost_counter_row *counters;
    size_t counter_count;
    const struct roost_topic *topics; /* whose messages it takes; NULL: none */
    size_t topic_count;
    /* Bit set of enum roost_event_type: those of the port it takes itself, with the bytes that they
     * carry, ROOST_COMMAND_MAX at most. */
    uint32_t events;
    size_t timer_count;                   /* the runtime's included */
    const struct roost_link_limits *link; /* of the uplink (core/link.h); NULL: as MQTT's */

    /* Members of the product's own in the answer to the command health; NULL: none. */
    void (*write_health)(const struct roost_device *device, struct roost_json_writer *out);
    /* The faults are settled and the uplink is open: publish the product's own state when it is
     * due. Called by finish; NULL: nothing to say. */
    void (*report)(struct roost_device *device, bool faults_changed);
};

/* Strings are copied; the rest is borrowed for as long as the device is used. */
struct roost_device_config {
    const struct roost_device_spec *spec;
    const struct roost_port *port;
    const char *device_id, *firmware_version;
    struct roost_uplink uplink;
    union roost_setting_value *values;     /* spec->setting_count */
    struct roost_timer *timers;            /* spec->timer_count */
    const struct roost_ota_config *update; /* NULL: no updates over the air */
};

/* ---- what happens ---- */

enum roost_what_kind {
    ROOST_WHAT_EVENT,    /* of the port: id is the enum roost_event_type */
    ROOST_WHAT_MESSAGE,  /* on topic number id of the spec's: data, len */
    ROOST_WHAT_TIMER,    /* id */
    ROOST_WHAT_ONLINE,   /* the uplink is open */
    ROOST_WHAT_OFFLINE,  /* it is not any more */
    ROOST_WHAT_SETTINGS, /* one or more have changed, or it is the first step */
    ROOST_WHAT_HEALTH    /* the health line was logged: so may the product's own figures be */
};

struct roost_what {
    enum roost_what_kind kind;
    unsigned id;
    int status;
    bool retained; /* a message that lay with the broker, for however long: nobody says it now */
    uint64_t token;
    struct roost_climate_sample climate;
    const char *data; /* borrowed until the next call */
    size_t len;
};

/* An event as it lies in the queue; the payload of a message or the networks of a scan follow. */
struct roost_device_event {
    uint8_t type;  /* enum roost_event_type */
    uint8_t topic; /* of a message */
    bool retained; /* likewise */
    int32_t status;
    uint64_t token;
    struct roost_climate_sample climate;
};

struct roost_wifi_station {
    struct roost_networks networks;
    struct roost_backoff backoff;
    bool up;
    bool tries, scans;                      /* the round waits for the port, for a scan */
    bool scan_asked;                        /* by a command, ... */
    char scan_id[ROOST_COMMAND_ID_MAX + 1]; /* ... this one */
};

struct roost_device_update {
    struct roost_ota ota;
    bool possible;      /* it takes them */
    uint8_t reported;   /* state as last told */
    bool status_acked;  /* since boot, the other end has taken a status */
    bool offline_said;  /* before the restart */
    uint32_t last_word; /* its token; 0: none to come */
};

/* Its members are its own; those of the first block are there to be read, and log and faults to be
 * used. */
struct roost_device {
    const struct roost_device_spec *spec;
    const struct roost_port *port;
    char id[ROOST_DEVICE_ID_MAX + 1];
    char firmware[ROOST_FIRMWARE_VERSION_MAX + 1];
    struct roost_time now; /* of this step */
    struct roost_log log;
    struct roost_faults faults;
    struct roost_settings settings;
    struct roost_timers timers;
    union {
        struct roost_command command; /* being run */
        struct roost_status status;   /* being written: never at the same time */
    };
    bool safe_mode;
    bool unsaved;                /* the product could not keep something: the fault FLASH */
    struct roost_outbox *outbox; /* the product's, when it has one: set after init */

    enum roost_life life;
    struct roost_health health;
    uint32_t faults_reported[ROOST_FAULTS_WORDS]; /* the active set as last logged */
    struct roost_queue events, commands;
    uint32_t too_long;   /* messages longer than any we take */
    uint32_t unexpected; /* messages on topics that are not ours */
    struct roost_uplink uplink;
    struct roost_link link;
    struct roost_wifi_station wifi;
    int boot_err;      /* what was stored could not be read or kept: a fault until the next boot */
    bool resetting;    /* what the owner taught it is to be forgotten: a factory reset */
    uint8_t phase;     /* of this step */
    bool changed;      /* settings: not told yet */
    bool online_again; /* a restart was refused: not told yet */
    bool ending;       /* once the product rests, in this step: the restart */
    bool leaving;      /* once it rests: the farewell */
    bool status_dirty;
    uint64_t status_ms;    /* not before */
    uint32_t status_token; /* of the last one; 0: none on its way */
    size_t answer_len;     /* of an answer that waits for room in the port; 0: none */
    uint32_t last_answer;  /* token of the answer to reboot */
    uint32_t answers_lost;
    struct {
        uint32_t taken;                           /* since the flash was empty */
        uint32_t id[ROOST_DEVICE_KNOWN_COMMANDS]; /* CRC-32 of the newest ids, a ring */
    } known;
    uint32_t stale_commands; /* since boot: repeated ones, and those after their time */

    /* What is large stands behind what is not: RISC-V reaches 2 KB from a pointer in one step. */
    struct roost_device_update update;
    struct {
        struct roost_device_event head;
        char data[ROOST_COMMAND_MAX + 1];
    } event;
    char answer[ROOST_ANSWER_MAX];
    uint8_t event_memory[ROOST_DEVICE_EVENT_BYTES];
    uint8_t command_memory[ROOST_DEVICE_COMMAND_BYTES];
    char log_memory[ROOST_DEVICE_LOG_BYTES];
};

/* Returns 0, or what the device could not run with: a bad device id or version (INVALID, TOO_LONG),
 * a missing part of the port (UNSUPPORTED). Connects by itself from the first step on. */
int roost_device_init(struct roost_device *device, const struct roost_device_config *config);

/* The product has made the rest of itself, too: says so in the log, and ends a factory reset. */
void roost_device_ready(struct roost_device *device);

/* The port's sink. Returns 0, ROOST_ERR_FULL or ROOST_ERR_TOO_LONG, both counted (but for the parts
 * of a download, which are offered again). */
int roost_device_post(struct roost_device *device, const struct roost_event *event);

/* A command (proto/fleet/command.h) that came by a protocol of the product's own; as post. */
int roost_device_post_command(struct roost_device *device, const char *payload, size_t len);

void roost_device_begin(struct roost_device *device);

/* The next thing that happened and is the product's business; false: nothing more. */
bool roost_device_next(struct roost_device *device, struct roost_what *what);

/* `due_ms`: when the product wants its next step. `may_restart`: it is at rest. `missing`: what an
 * image on trial has not shown yet of the product's ("sensor"), NULL: nothing. Returns when to be
 * stepped next (monotonic ms), at the latest the watchdog's half time. */
uint64_t roost_device_finish(struct roost_device *device, uint64_t due_ms, bool may_restart,
                             const char *missing);

/* In the next step everything rests, offline is said and the uplink closed; done when
 * roost_device_over() is true. */
void roost_device_stop(struct roost_device *device);

/* Once it rests, it says farewell and restarts, as by the command reboot. */
void roost_device_restart(struct roost_device *device);

static inline bool roost_device_over(const struct roost_device *device)
{
    return device->life == ROOST_LIFE_OVER;
}

/* Nothing may move, listen or be sent: the device ends, or waits for a restart. */
static inline bool roost_device_rests(const struct roost_device *device)
{
    return device->life >= ROOST_LIFE_UPDATING || device->ending;
}

static inline bool roost_device_online(const struct roost_device *device)
{
    return device->link.state == ROOST_LINK_UP;
}

static inline uint32_t roost_device_u32(const struct roost_device *device, unsigned setting)
{
    return (uint32_t)roost_settings_int(&device->settings, setting);
}

/* The number of this boot, 0 when something stored could not be read: another boot may have it. */
static inline uint32_t roost_device_boot(const struct roost_device *device)
{
    return device->boot_err < 0 ? 0 : device->health.boots;
}

/* The other end has closed and asked for it: the next attempt to connect is not before `until_ms`,
 * ROOST_NEVER included. A network that comes back starts afresh: to be called again then. */
void roost_device_hold_off(struct roost_device *device, uint64_t until_ms);

uint32_t roost_device_random(const struct roost_device *device);

/* Something that the status shows has changed: it is said, once a second at most. */
static inline void roost_device_tell(struct roost_device *device)
{
    device->status_dirty = true;
}

/* Gives the uplink's report the status as it is now; not while an event is looked at, whose room it
 * takes. What report returned, or ROOST_ERR_TOO_LONG. */
int roost_device_say_status(struct roost_device *device, bool online);

/* Brings a timer that is due later forward. */
void roost_device_start_by(struct roost_device *device, unsigned timer, uint64_t latest_ms);

#endif
