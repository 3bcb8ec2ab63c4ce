/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charge point's side of OCPP 1.6-J, with the security extensions: says what there is to say,
 * one CALL at a time, and serves the CALLs of the central system. Decides nothing of its own: the
 * station does (devices/charger/station), what is durable is the ledger's, keys' and tags'. Knows
 * no socket: the owner opens and closes it, feeds what comes and takes what goes out in pieces, so
 * that no message ever stands whole in memory. No heap. Depends on core/, proto/ocpp, the folders
 * and files of devices/charger it is made of; port/port.h (random).
 *
 *     err = charger_ocpp_init(&ocpp, &config, &now);
 *     charger_ocpp_opened(&ocpp, &now);                        // the handshake is done
 *     charger_ocpp_feed(&ocpp, text, len, first, last, &now);  // a piece of a message
 *     due_ms = charger_ocpp_run(&ocpp, &now);                  // what is due is said
 *     charger_ocpp_closed(&ocpp, &now);
 *
 * A time-out never uses up an attempt: the socket is given up (wire.close) and on the next one the
 * same message is sent again. Only a CALLERROR is a refusal (1.6 edition 2, 3.7.1; OCPP-J errata
 * 3.3).
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_OCPP_H
#define ROOST_DEVICES_CHARGER_OCPP_OCPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/charger/security/events.h"
#include "devices/charger/station/station.h"
#include "proto/ocpp/rpc.h"

enum {
    CHARGER_OCPP_MESSAGE_MAX = 65536, /* of the central system's; SendLocalList is the longest */
    CHARGER_OCPP_FRAME_BYTES = 1024,  /* through which what is sent goes out in pieces */
    CHARGER_OCPP_BOOT_RETRY_S = 10,   /* when the central system names no interval, at least */
    CHARGER_OCPP_BOOT_RETRY_MAX_S = 3600,
    CHARGER_OCPP_HEARTBEAT_MAX_S = 86400, /* at least one in 24 h */
    CHARGER_OCPP_VENDOR_S = 60,           /* VehicleInfo is said again no sooner */
    CHARGER_OCPP_RESET_MS = 30000,        /* a reset waits so long for what is left to say */
    CHARGER_OCPP_WIRE_MS = 100,           /* and what the wire had no room for, for another try */
    CHARGER_OCPP_SAID_MAX = 61440, /* the longest message of ours: a StopTransaction, thinned to it;
                                    * a central system takes 64 KiB */
    CHARGER_OCPP_RAM_MAX = 6144,   /* struct charger_ocpp */
};

/* The socket, as its owner gives it. Neither calls back into this module. */
struct charger_ocpp_wire {
    /* A piece of the message under way; copied. Returns 0, ROOST_ERR_FULL (nothing was taken: the
     * message is begun again later if this was its first piece, else the socket is given up) or
     * ROOST_ERR_CLOSED. */
    int (*send)(void *ctx, const char *text, size_t len, bool first, bool last);
    /* It is no good any more; charger_ocpp_closed follows. */
    void (*close)(void *ctx);
    void *ctx;
};

/* What BootNotification says; borrowed. NULL or "": not told. */
struct charger_ocpp_facts {
    const char *vendor, *model; /* these must be there: 20 characters */
    const char *serial, *box_serial, *firmware, *iccid, *imsi, *meter_type, *meter_serial;
};

/* DataTransfer of our own. */
#define CHARGER_OCPP_VENDOR    "Roost"
#define CHARGER_OCPP_ALLOWANCE "Allowance"
#define CHARGER_OCPP_COMMAND   "Command"
enum { CHARGER_OCPP_DATA_BYTES = 1025 };

enum charger_ocpp_file { CHARGER_FILE_DIAGNOSTICS, CHARGER_FILE_LOG, CHARGER_FILE_SECURITY_LOG };

/* A file that is to be sent somewhere. */
struct charger_ocpp_upload {
    uint8_t file;       /* enum charger_ocpp_file */
    int32_t request_id; /* of GetLog; of GetDiagnostics 0 */
    char url[513];
    uint16_t retries, retry_interval_s;
    int64_t from_s, to_s; /* 0: open */
};

/* Firmware that is to be fetched. */
struct charger_ocpp_update {
    int64_t retrieve_ms, install_ms; /* Unix time; 0: at once */
    int32_t request_id, retries;
    char url[256];
};

/* What others of the device do for it. All may be NULL: then the message is refused as not
 * supported. Called from feed or run; none may call back into this module. */
struct charger_ocpp_does {
    /* The central system's time; whether it is taken is the clock's decision. */
    void (*clock)(void *ctx, int64_t unix_ms);
    /* All transactions are ended and what could be said is said: restart. */
    void (*restart)(void *ctx, bool hard);
    /* A key was changed: enum charger_key. */
    void (*key)(void *ctx, int key);
    /* A command (proto/fleet/command.h). 0 or an error: it is not taken. */
    int (*command)(void *ctx, const char *json, size_t len);
    /* Writes the name of the file. 0, ROOST_ERR_NOT_FOUND (there is none in that time: no file
     * name is told), ROOST_ERR_BUSY: another is under way and is given up for this one. */
    int (*upload)(void *ctx, const struct charger_ocpp_upload *upload, char name[256]);
    /* A certificate of its own is to be asked for. 0 or an error: it cannot be. */
    int (*sign)(void *ctx);
    void *ctx;
};

struct charger_ocpp_config {
    struct charger_ocpp_wire wire;
    struct charger_ocpp_facts facts;
    struct charger_ocpp_does does;
    struct charger_station *station;
    struct charger_keys *keys;
    struct charger_tags *tags;
    struct charger_profiles *profiles;
    struct roost_ledger *ledger;
    struct charger_events *events; /* of security; NULL: none are kept */
    const struct roost_random *random;
    struct roost_log *log;                /* NULL: none */
    const struct charger_ocpp_more *more; /* parts.h; NULL: nothing more is said or served */
    bool degrees_as_is; /* "Celsius" on the wire, not the misspelling of OCPP-J errata 2.1 */
};

/* From left to right more may be said. Kept over reconnects, not over boots. */
enum charger_registration {
    CHARGER_UNREGISTERED, /* nothing but BootNotification */
    CHARGER_REJECTED,     /* likewise, and the central system's CALLs are not answered */
    CHARGER_PENDING,      /* they are, and what it asks for by a trigger is said */
    CHARGER_REGISTERED
};

struct charger_ocpp; /* parts.h: for whoever needs to know its size */

/* The configuration is copied, what it points to is borrowed for good. 0 or ROOST_ERR_INVALID: a
 * part that must be there is not. */
int charger_ocpp_init(struct charger_ocpp *ocpp, const struct charger_ocpp_config *config,
                      const struct charger_instant *now);
/* On a socket that is a mere reconnect no BootNotification is sent, unless the facts are others
 * than those that were accepted (OCPP-J 5.4). */
void charger_ocpp_opened(struct charger_ocpp *ocpp, const struct charger_instant *now);
void charger_ocpp_closed(struct charger_ocpp *ocpp, const struct charger_instant *now);
/* Pieces of one text message, in order; `binary` frames are counted and dropped by the owner with
 * charger_ocpp_dropped. */
void charger_ocpp_feed(struct charger_ocpp *ocpp, const char *text, size_t len, bool first,
                       bool last, const struct charger_instant *now);
void charger_ocpp_dropped(struct charger_ocpp *ocpp, enum ocpp_drop why);
/* After whatever else was called, and after the station's run. Returns when to be called again, in
 * ms since boot, at the latest. */
uint64_t charger_ocpp_run(struct charger_ocpp *ocpp, const struct charger_instant *now);

/* An upload's or an update's state, to be told (DiagnosticsStatusNotification and its kin): a word
 * of the message's own enumeration. */
void charger_ocpp_upload_status(struct charger_ocpp *ocpp, enum ocpp_word status);
void charger_ocpp_update_status(struct charger_ocpp *ocpp, enum ocpp_word status);

#endif
