/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the charge point, shared by its files:
 *
 *     ocpp.c      its life; a socket opens and closes; pieces in
 *     call.c      one CALL of ours at a time: which, its frame, its answer, its time-out
 *     sayings.c   the table of what we say, in the order in which it goes first
 *     boot.c      BootNotification, registration, Heartbeat, the clock
 *     status.c    StatusNotification
 *     deliver.c   StartTransaction, MeterValues, StopTransaction out of the ledger
 *     card.c      Authorize
 *     vendor.c    DataTransfer of our own: the vehicle, the session
 *     security.c  SecurityEventNotification
 *     files.c     how far uploads and updates are
 *     serve.c     CALLs of the central system: the table, the answer
 *     serve_*.c   those, by subject
 *     words.c     the station's and the ledger's words as OCPP's
 *
 *     ledger, station --> saying --> CALL --wire-->        (one under way)
 *     --feed--> rpc --> server's take --> its answer --wire-->
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_PARTS_H
#define ROOST_DEVICES_CHARGER_OCPP_PARTS_H

#include "core/log.h"
#include "core/timer.h"
#include "devices/charger/ocpp/ocpp.h"
#include "devices/charger/security/blob.h"
#include "proto/ocpp/fill.h"

/* ---- what we say ---- */

/* How a CALL of ours ended. */
enum charger_outcome {
    CHARGER_ANSWERED, /* as the tables want it; what `take` took counts */
    CHARGER_REFUSED,  /* CALLERROR, or an answer that is none */
    CHARGER_SILENT    /* no answer in time, or the socket went: it is not known what became of it */
};

/* A kind of thing that is said: a row of sayings[], the first that is due goes first. */
struct charger_saying {
    uint16_t message; /* enum ocpp_message */
    uint8_t from;     /* enum charger_registration from which on it may be said */
    /* When it wants to be said next, in ms since boot; ROOST_NEVER: not at all. What it is about is
     * settled here until it is done. */
    uint64_t (*due)(struct charger_ocpp *ocpp);
    /* The payload. May be called several times for one message, with the same result. */
    void (*write)(struct charger_ocpp *ocpp, struct ocpp_writer *w);
    ocpp_take_fn
        take; /* the answer's fields, ctx the charger_ocpp; into ocpp->told; NULL: nobody */
    void (*done)(struct charger_ocpp *ocpp, enum charger_outcome outcome);
    /* It is longer than CHARGER_OCPP_SAID_MAX: makes it shorter. NULL or false: it cannot be. */
    bool (*shrink)(struct charger_ocpp *ocpp);
};

extern const struct charger_saying charger_sayings[];
extern const uint8_t charger_saying_count;

/* ---- what we serve ---- */

/* What is said of a card, in an answer or a list: an IdTagInfo. */
struct charger_card_info {
    uint16_t status; /* enum ocpp_word; OCPP_NO_WORD: nothing is said */
    uint8_t given;   /* CHARGER_INFO_EXPIRY */
    int64_t expiry_s;
    char parent[OCPP_ID_TAG_BYTES];
};
enum { CHARGER_INFO_EXPIRY = 1 };

/* The fields of the CALL being served, and what came of it: for its server alone. */
union charger_asked {
    struct {
        int32_t connector, id;
        enum ocpp_word word;
        char tag[OCPP_ID_TAG_BYTES], parent[OCPP_ID_TAG_BYTES];
        int64_t at_ms;
        bool has_connector, has_profile;
        struct charger_profile profile;
    } order; /* remote start and stop, reset, unlock, availability, reservation, trigger */
    struct { /* ChangeConfiguration; what is longer than ours is cut */
        char name[56], value[256];
        uint16_t name_len, value_len;
        bool name_too_long, value_too_long;
        int id; /* enum charger_key; -1: none of ours */
    } set;
    struct {                                         /* GetConfiguration */
        uint8_t wanted[(CHARGER_KEY_COUNT + 7) / 8]; /* bits by enum charger_key */
        uint16_t count, unknown_len;
        char unknown[1024]; /* names one behind the other, each with its NUL */
        char name[50 * 4 + 1];
    } get;
    struct {
        char id_tag[OCPP_ID_TAG_BYTES];
        struct charger_card_info info;
        uint16_t type; /* enum ocpp_word */
        int32_t version;
    } list; /* SendLocalList: an entry at a time */
    struct {
        struct charger_profile profile;
        struct charger_profile_filter filter;
        struct charger_composite composite;
        int32_t duration_s;
        int64_t at_ms; /* when the composite begins */
        uint8_t unit, given;
    } profile; /* the connector is the filter's */
    struct {
        struct charger_ocpp_upload upload;
        int32_t retries, retry_interval_s; /* as they came, before they are bounded */
        enum ocpp_word log;
        char name[256];
    } file;
    struct {
        char vendor[OCPP_ID_TAG_BYTES], message[OCPP_ID_TAG_BYTES], data[CHARGER_OCPP_DATA_BYTES];
        bool too_long;
    } transfer;
    struct { /* what has a certificate: devices/charger/device/papers.c, firmware.c */
        struct charger_gather text;
        union {
            struct {
                uint16_t use, hash; /* enum ocpp_word */
                struct roost_certificate_id id;
            };
            struct {
                struct charger_ocpp_update order;
                char signature[695 + 1]; /* base64 of what RSA-4096 makes, and line ends */
            };
        };
    } paper;
};

/* A kind of CALL that is served: a row of servers[]. */
struct charger_server {
    uint16_t message;                         /* enum ocpp_message */
    bool pending;                             /* also before the boot was accepted */
    void (*begin)(struct charger_ocpp *ocpp); /* its fields are to come; NULL: asked is all 0 */
    ocpp_take_fn take;                        /* ctx the charger_ocpp; NULL: it has no fields */
    /* All fields are good: does it, and puts into `verdict` what the answer says. An error of
     * OCPP's instead of an answer: returns it; OCPP_ERROR_NONE else. */
    enum ocpp_error (*serve)(struct charger_ocpp *ocpp);
    /* The answer's payload; NULL: {"status": verdict}. May be called several times. */
    void (*write)(struct charger_ocpp *ocpp, struct ocpp_writer *w);
    /* Once the answer is out: what must not come before it; NULL: nothing. */
    void (*after)(struct charger_ocpp *ocpp);
};

extern const struct charger_server charger_servers[];
extern const uint8_t charger_server_count;

/* What the rest of the device says, when nothing of ours is due, and serves. */
struct charger_ocpp_more {
    const struct charger_saying *sayings;
    const struct charger_server *servers;
    uint8_t saying_count, server_count;
};

/* ---- the whole ---- */

/* What a StatusNotification says. */
struct charger_face {
    uint8_t status; /* enum charger_status */
    bool pulled;    /* the gun is out, and the transaction goes on */
    int16_t fault;  /* enum charger_fault, where it is told; -1: none */
    uint16_t error; /* enum ocpp_word */
};
_Static_assert(sizeof(struct charger_face) == 6, "no padding: two are compared byte by byte");

struct charger_status_said {
    struct charger_face seen, said, going;
    bool known, asked;   /* `said` was answered; by a trigger: goes out whatever is known */
    uint64_t changed_ms; /* since when it is as seen; MinimumStatusDuration */
};

/* Triggers for what is about files, bits of files.asked. */
enum {
    CHARGER_ASKED_DIAGNOSTICS = 1,
    CHARGER_ASKED_LOG = 2,
    CHARGER_ASKED_FIRMWARE = 4,
    CHARGER_ASKED_SIGNED = 8
};

enum charger_vendor_message {
    CHARGER_VENDOR_NOTHING,
    CHARGER_VENDOR_VEHICLE,
    CHARGER_VENDOR_SUMMARY,
    CHARGER_VENDOR_ALERT
};

struct charger_ocpp {
    struct charger_ocpp_config config;
    struct charger_instant now;
    uint32_t start, number; /* of message ids: new at every boot, rising */

    /* the socket */
    bool open, reading; /* reading: a message is under way */
    bool online;        /* as the station was told last */
    struct ocpp_rpc_config rpc_config;

    /* the CALL of ours */
    struct {
        const struct charger_saying *saying; /* NULL: none is under way */
        char id[OCPP_MADE_ID_BYTES];
        uint64_t begun_ms, late_ms;
        uint64_t wire_ms; /* the wire had no room: not before */
    } call;
    union { /* what the answer said */
        struct {
            int64_t time_ms;
            int32_t interval_s, transaction_id;
            enum ocpp_word status; /* of a Boot, of a DataTransfer */
            struct charger_card_info card;
        };
    } told;

    /* boot.c */
    uint8_t registration;           /* enum charger_registration */
    uint64_t boot_ms, heartbeat_ms; /* when the next is due; when the last one was */
    uint8_t boots;                  /* in a row that came to nothing */
    bool boot_asked, heartbeat_asked;
    uint32_t boot_said;   /* the crc of the facts that were accepted */
    int64_t boot_unix_ms; /* when this boot began by the central system's clock; 0: not heard yet */

    /* status.c */
    struct charger_status_said status[CHARGER_CONNECTORS_MAX + 1];
    uint8_t status_at;    /* which one is under way */
    bool status_conflict; /* and it is about the local list */

    /* deliver.c */
    struct roost_ledger_item item; /* the one that is due; seq 0: none looked at */
    uint64_t looked_ms;            /* when */
    uint16_t data_max;             /* of transactionData: elements, once it had to be shortened */
    uint64_t deliver_ms;           /* the flash failed: not before */

    /* card.c */
    char asked_tag[CHARGER_TAG_MAX + 1]; /* about whom */

    /* vendor.c */
    struct {
        uint8_t what, connector; /* enum charger_vendor_message: the one that is due */
        struct charger_vendor_of {
            bool deaf;             /* UnknownVendorId: until the next session */
            uint64_t due_ms;       /* of the next VehicleInfo */
            uint32_t summed;       /* the transaction whose summary was told */
            int16_t seen, alerted; /* the battery's fault that holds; that was told; -1: none */
        } of[CHARGER_CONNECTORS_MAX + 1];
    } vendor;

    /* security.c */
    struct {
        struct charger_event event; /* the one that is due; number 0: none looked at */
        uint64_t due_ms;            /* the flash failed: not before */
        uint64_t invalid_ms;        /* wrong messages are no event again before */
    } security;

    /* files */
    struct {
        enum ocpp_word upload, update; /* to be told; OCPP_NO_WORD: nothing */
        enum ocpp_word upload_now, update_now;
        int32_t upload_id, update_id;
        bool log, is_signed;  /* by which of the two messages */
        uint8_t asked;        /* by a trigger, CHARGER_ASKED_: told whatever it is, or Idle */
        enum ocpp_word going; /* the status under way */
    } files;
    bool reset_due, reset_hard;
    uint64_t reset_ms; /* since when it waits; 0: it does not */

    struct {
        uint32_t calls, answers, errors_sent, refused, timeouts, odd, given_up;
        uint32_t dropped[OCPP_DROP_COUNT];
        uint32_t busy;     /* a CALL came while another waited for its answer */
        uint32_t unserved; /* while we were rejected: not answered */
        uint32_t unsaid;   /* of ours that the tables do not allow */
        uint32_t left_out; /* values out of range */
        uint32_t unkept;   /* what was answered and could not be noted on flash: comes again */
    } count;

    /* What is large stands behind what is not: RISC-V reaches 2 KB from a pointer in one step. */
    struct ocpp_rpc rpc;

    /* the CALL of the central system */
    struct {
        const struct charger_server *server; /* NULL: nobody serves it */
        bool waits;                          /* its answer did not fit into the wire yet */
        struct ocpp_fault fault;             /* of one that is to be refused */
        char id[OCPP_ID_BYTES + 1];
        enum ocpp_word verdict;
        enum ocpp_error error;
        const char *text; /* of the error, or beside the verdict; static */
        union charger_asked asked;
    } serving;
    char frame[CHARGER_OCPP_FRAME_BYTES];
};

static inline int64_t charger_ocpp_key(const struct charger_ocpp *ocpp, enum charger_key key)
{
    return charger_keys_int(ocpp->config.keys, key);
}

/* ---- ocpp.c ---- */
/* The socket is no good any more. */
void charger_ocpp_give_up(struct charger_ocpp *ocpp);

/* ---- call.c ---- */
/* Says what is due, gives up what is late. Returns when there will be something to do again. */
uint64_t charger_call_run(struct charger_ocpp *ocpp);
void charger_call_over(struct charger_ocpp *ocpp, enum charger_outcome outcome);
int charger_told_take(void *ctx, const struct ocpp_value *value); /* fills ocpp->told */
/* A frame of any length through the wire. 0; ROOST_ERR_FULL: nothing went out; ROOST_ERR_CLOSED:
 * the socket was given up; ROOST_ERR_INVALID, ROOST_ERR_TOO_LONG: it must not be said. */
int charger_frame_send(struct charger_ocpp *ocpp,
                       void (*write)(struct charger_ocpp *ocpp, struct ocpp_writer *w));

/* `timestamp`: where nobody knows it (0), that of now. */
void charger_put_instant(const struct charger_ocpp *ocpp, struct ocpp_writer *w, int64_t unix_ms);

/* ---- boot.c ---- */
uint32_t charger_boot_facts(const struct charger_ocpp *ocpp); /* what makes a Boot another one */

/* ---- status.c ---- */
void charger_status_look(struct charger_ocpp *ocpp); /* in every run */

/* ---- security.c ---- */
void charger_security_invalid(struct charger_ocpp *ocpp, enum ocpp_drop why);

/* ---- vendor.c ---- */
void charger_vendor_look(struct charger_ocpp *ocpp); /* in every run */

/* ---- card.c ---- */
int charger_card_take(struct charger_card_info *info, const struct ocpp_value *value);
/* An identifier of the wire as the station keeps it: what is longer in bytes is no card of ours. */
bool charger_tag_of(char out[CHARGER_TAG_MAX + 1], const char *id_tag);
/* What is known of a card by that. False: its identifier, or its group's, is none of ours. */
bool charger_card_tag(struct charger_tag *tag, const char *id,
                      const struct charger_card_info *info);
/* What an answer said of a card: false when it said nothing. */
bool charger_told_tag(const struct charger_ocpp *ocpp, const char *id, struct charger_tag *tag);

/* ---- serve.c ---- */
/* In `open` of the rpc: who takes the payload of a CALL. */
void charger_serve_open(struct charger_ocpp *ocpp, struct ocpp_rpc *rpc);
void charger_serve(struct charger_ocpp *ocpp);        /* it is whole and good */
void charger_serve_refuse(struct charger_ocpp *ocpp); /* it is not: ocpp->rpc says how */
void charger_serve_run(struct charger_ocpp *ocpp);    /* an answer that did not fit goes out */

/* ---- words.c ---- */
enum ocpp_word charger_word_of_status(enum charger_status status);
enum ocpp_word charger_word_of_reason(enum roost_ledger_reason reason);
/* The errorCode; NoError: it is none, or none that may be told in that state. */
enum ocpp_word charger_word_of_fault(int fault, enum charger_status status);
enum charger_tag_status charger_tag_status_of(enum ocpp_word word);

#endif
