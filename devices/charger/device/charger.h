/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger: connectors that charge, a station that decides, a central system it answers to. What
 * every device does is the runtime's (runtime/device.h); here the parts of devices/charger become
 * one device, in static memory.
 *
 *     roost_charger_init(&charger, &port, &config);              // once
 *     port's sink:  roost_charger_post(&charger, event)
 *     loop:         due = roost_charger_step(&charger);          // at `due`, or after a post
 *     interrupt:    roost_charger_emergency(&charger);           // the stop's: at once, anywhere
 *
 * The parts: power (lets energy flow, or not), ledger (transactions on flash), keys, tags,
 * profiles, events (of security), black box (of CAN), station (decides), ocpp (says and serves).
 * Without a central system, or away from it, it charges by what it knows. Depends on these,
 * runtime/, core/, port/port.h.
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_CHARGER_H
#define ROOST_DEVICES_CHARGER_DEVICE_CHARGER_H

#include "devices/charger/device/clock.h"
#include "devices/charger/device/settings.h"
#include "devices/charger/device/upload.h"
#include "devices/charger/ocpp/parts.h"
#include "devices/charger/device/firmware.h"
#include "devices/charger/security/request.h"
#include "runtime/device.h"

enum {
    ROOST_CHARGER_URL_MAX = 256,
    ROOST_CHARGER_RAM_MAX = 48 * 1024, /* of struct roost_charger */
    ROOST_CHARGER_IDLE_MS = 250        /* between two cycles while nothing is switched on */
};

/* Everything is borrowed for as long as the device is used, but for the id and the version. */
struct roost_charger_config {
    const char *device_id; /* its identity at the central system */
    const char *firmware_version;
    /* Where it belongs: "wss://hub.example:8443/ocpp", to which "/" and the id are added. NULL or
     * "": it stands alone. The other is tried in turn with the first when that one is away. */
    const char *url, *other_url;
    const char *ca_pem, *cert_pem, *key_pem; /* of the socket; NULL: the port's */
    /* As the factory gave them, where flash has none yet: AuthorizationKey in hexadecimal digits
     * (NULL: none), SecurityProfile. */
    const char *authorization_key;
    uint8_t security_profile;
    uint8_t connectors;
    const struct charger_power_config *power; /* one for each; log and frame are the device's */
    struct charger_ocpp_facts facts;          /* vendor and model must be there */
    const struct roost_ota_config *update;    /* NULL: no updates over the air */
};

/* What the station decides by, of one connector. */
struct charger_seen {
    uint64_t mwh;
    uint32_t faults;
    uint8_t inputs, lines, missing, state;
};

enum charger_timer { CHARGER_TIMER_COUNT = ROOST_TIMER_COUNT };

/* All of the device, by value where the caller wants it. Its members are its own. */
struct roost_charger {
    struct roost_device device; /* first: runtime/device.h */
    union roost_setting_value values[CHARGER_SET_COUNT];
    struct roost_timer timer[CHARGER_TIMER_COUNT];
    struct roost_charger_config config;

    struct charger_clock clock;
    uint64_t cycle_ms; /* when the last cycle was */
    /* Station and messages are looked at when something is another than it was, came, or is due;
     * cycles are many more. */
    struct charger_seen seen[CHARGER_CONNECTORS_MAX];
    uint64_t looked_ms, due_ms; /* when last, and when next at the latest */
    bool news;
    uint8_t recorded; /* connector of the black box, from 0 */
    /* Latched ones, as they are on flash. */
    uint16_t kept_faults[CHARGER_CONNECTORS_MAX][CHARGER_LATCHED_MAX];
    /* Sets that were looked at already: those of each connector, all as the runtime has them. */
    uint32_t looked_faults[CHARGER_CONNECTORS_MAX], shown_faults;
    bool provisioned;
    volatile bool stopped; /* an emergency stop was pressed since the last cycle */
    bool woken;            /* an input or a frame came: the next cycle is now */
    bool heard;            /* a frame came, which can wait for its cycle, but not in its ring */

    struct {
        char url[ROOST_CHARGER_URL_MAX];
        uint8_t password[CHARGER_PASSWORD_MAX]; /* while a socket needs it */
        bool other;                             /* the other url's turn */
        bool opened;                            /* this attempt has come to something */
        uint8_t profile;                        /* security profile it was opened with */
        uint8_t failure;                        /* enum roost_tls_failure that ended it */
        uint16_t told;                          /* bits of those since a connection was good */
    } link;
    struct { /* what is to be said beside OCPP: the text lies where the runtime has it */
        const char *text;
        size_t len;
        uint8_t what;  /* enum charger_word, parts.h: the one that is due, or under way */
        bool status;   /* is to be said */
        bool answer;   /* of a command: likewise, from `text` of the device */
        bool taken;    /* that answer was heard, or nobody will: the runtime may drop it */
        bool fetching; /* the runtime is asked for the status's text */
        bool deaf;     /* the other end knows nothing of a device's status and answers */
    } word;
    uint32_t binary_frames, unsaved_faults;

    /* The parts, small ones first: RISC-V reaches 2 KB from where it is in one step. */
    struct charger_power power[CHARGER_CONNECTORS_MAX];
    struct charger_events events; /* of security */
    struct {
        struct charger_roots roots;
        struct charger_request request; /* its own certificate */
        struct charger_request_rules rules;
        bool busy;         /* something is switched on: there is no time to compute */
        bool wanted;       /* a new key and certificate, once nothing is switched on */
        uint64_t watch_ms; /* when the certificate's end is looked at again */
        struct roost_pki_text texts[CHARGER_ROOTS_MAX]; /* while a socket needs them */
        struct roost_tls_options tls;                   /* likewise */
    } trust;
    struct charger_firmware firmware;
    struct charger_station station;
    struct charger_ocpp ocpp;
    struct roost_ledger ledger;
    struct charger_keys keys;
    struct charger_tags tags;
    struct charger_profiles profiles;
    struct charger_upload upload;
    struct charger_blackbox blackbox; /* of connector `recorded`, the last one that was in use */
};

extern const struct roost_device_spec charger_spec;

/* Returns 0, or what the device could not run with: a bad device id or version (INVALID, TOO_LONG),
 * a missing part of the port (UNSUPPORTED: ws, gpio, can, a flash region for the ledger), INVALID
 * (connectors, facts), or what its flash said (IO): it is not safe to charge without. */
int roost_charger_init(struct roost_charger *charger, const struct roost_port *port,
                       const struct roost_charger_config *config);
/* The port's sink, as roost_device_post. */
int roost_charger_post(struct roost_charger *charger, const struct roost_event *event);
uint64_t roost_charger_step(struct roost_charger *charger);

/* The emergency stop: everything is off when it returns. May be called from an interrupt, where the
 * port's gpio write may. */
void roost_charger_emergency(struct roost_charger *charger);

/* A card at the reader of a connector, or (0) of the station; start or stop by button. */
void roost_charger_card(struct roost_charger *charger, uint8_t connector, const char *tag);
void roost_charger_button(struct roost_charger *charger, uint8_t connector);

/* Somebody at the charger says that what had to be mended is. Returns the faults that are left, of
 * all connectors. */
uint32_t roost_charger_reset_faults(struct roost_charger *charger);

void roost_charger_stop(struct roost_charger *charger);
bool roost_charger_stopped(const struct roost_charger *charger);

#endif
