/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the central system, shared by its files:
 *   csms.c         the service's life and row; chargers
 *   door.c         who may come in; sockets
 *   receive.c      a frame: dropped, refused, an answer to ours, or a CALL that is queued
 *   intake.c       what a CALL says, as plain data
 *   serve.c        CALLs one after another; those that are answered at once or after one put
 *   transaction.c  Authorize, StartTransaction, StopTransaction
 *   meter.c        MeterValues, live values
 *   certificate.c  SignCertificate, and CertificateSigned that follows
 *   live.c         a connector as it is now, for the live view
 *   judge.c        the rules, pure
 *   asks.c         CALLs of ours
 *   sites.c        chargers that share a limit are told their share
 *   tariffs.c      what charging costs, and where
 *   cost.c         what a transaction cost
 *   till*.c        the payment desk
 *   fleet.c        the charger as a device like all
 *   recall.c       what is known of a charger is kept, and known again after a start
 *   calendar.c     until when certificates are good; renewal
 *   drift.c        values of templates: asked for, set once a boot, counted
 *   report.c       counted
 *
 *     socket --> link --> charger --> calls (its own, first one being served), asks (ours)
 */
#ifndef ROOST_HUB_CSMS_CSMS_INTERNAL_H
#define ROOST_HUB_CSMS_CSMS_INTERNAL_H

#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "host/log.h"
#include "hub/csms/csms.h"
#include "hub/csms/desk.h"
#include "hub/csms/judge.h"
#include "hub/csms/known.h"
#include "hub/csms/messages.h"
#include "hub/csms/sites.h"
#include "hub/csms/template.h"
#include "hub/fleet/id_table.h"
#include "hub/peer.h"

enum { CSMS_PASSWORD_MAX = 64, CSMS_ANSWER_BYTES = 2048 };

/* X(name, label): why a socket was not let in, or is gone. */
#define CSMS_DOOR_LIST(X)                                                                          \
    X(OPENED, "opened")                                                                            \
    X(NOT_SERVED, "not_served")                                                                    \
    X(UNKNOWN, "unknown_charger")                                                                  \
    X(PASSWORD, "wrong_password")                                                                  \
    X(NO_CERTIFICATE, "no_certificate")                                                            \
    X(CERTIFICATE_EXPIRED, "certificate_expired")                                                  \
    X(CERTIFICATE_NAME, "certificate_name")                                                        \
    X(CERTIFICATE_ORGANISATION, "certificate_organisation")                                        \
    X(SUBPROTOCOL, "subprotocol")                                                                  \
    X(BOOK, "book")                                                                                \
    X(CROWD, "crowd")                                                                              \
    X(REPLACED, "replaced")

enum csms_door {
#define X(name, label) CSMS_DOOR_##name,
    CSMS_DOOR_LIST(X)
#undef X
        CSMS_DOORS
};

/* Wrong passwords: how many came of an identity lately. */
enum {
    CSMS_DELAYS_MAX = 1024, /* refusals that wait at once; a further one is told at once */
    CSMS_FAILED_MAX = 256,  /* identities that are remembered; the one of longest ago gives way */
    CSMS_DELAY_MS = 250,    /* of the first, twice as long for each that follows */
    CSMS_DELAY_MOST_MS = 8000,
    CSMS_DELAY_FORGET_MS = 60000
};
struct csms_failed {
    char identity[CSMS_IDENTITY_MAX + 1];
    uint32_t count;
    uint64_t last_ms;
};
struct csms_delays {
    struct csms_link *first; /* by due_ms */
    size_t count;
    struct csms_failed failed[CSMS_FAILED_MAX];
};

/* One socket. */
struct csms_link {
    struct csms *csms;
    struct hub_peer *peer;        /* NULL: gone, and the book's answer is still to come */
    struct csms_charger *charger; /* NULL: not let in, or replaced */
    struct csms_link *next, *previous;
    bool waits;   /* for the book */
    bool delayed; /* its refusal waits */
    uint64_t due_ms;
    struct csms_link *next_delayed;
    bool speaks; /* ocpp1.6 */
    bool shows_certificate, right_organisation;
    char certificate_name[CSMS_IDENTITY_MAX + 1]; /* "": none, or none that could be right */
    char certificate_serial[48];
    int64_t certificate_until_ms;
    bool has_password;
    uint8_t password_len;
    uint8_t password[CSMS_PASSWORD_MAX];
    char identity[CSMS_IDENTITY_MAX + 1], correlation_id[40], remote[46];
};

/* A CALL of a charger. One struct for all of them: members are named as the fields are. */
struct csms_call {
    struct csms_charger *charger;
    struct csms_link *link; /* NULL: it is gone, nobody waits for the answer */
    struct csms_call *next;
    enum ocpp_message message;
    char id[OCPP_ID_BYTES + 1];
    int64_t arrived_ms;
    uint8_t used;    /* OCPP_LENIENT_, OCPP_NOTED_ */
    uint64_t number; /* in the charger's messages */

    int32_t connector, transaction_id, meter_wh, reservation;
    bool has_transaction, has_time;
    int64_t at_ms;
    char id_tag[OCPP_ID_TAG_BYTES];
    enum ocpp_word word, error_code; /* status or reason */
    struct csms_boot boot;
    enum csms_registration registration;           /* of a Boot: as it was when it was put */
    char text[255 * 4 + 1], info[CSMS_TEXT_BYTES]; /* vendorId, type; info, messageId */
    char vendor_error[CSMS_TEXT_BYTES];
    struct csms_sample *samples;
    size_t sample_count, sample_room, point; /* point: the first of the MeterValue under way */
    int64_t point_ms;
    char *prices; /* of a Start: those that hold; NULL */
    char *texts;
    size_t texts_len, texts_room, value_at;

    struct csms_tx tx, left;
    bool leaves;    /* `left` goes with it */
    bool judges;    /* its tag is being judged: no other Start with it meanwhile */
    bool tag_waits; /* for another that judges the same tag */
    struct csms_call *next_judging, *next_ready;
    struct csms_tag tag; /* as found */
    bool tag_known, tag_judged;
    int32_t sample_tx;
    enum ocpp_word verdict;
    void (*then)(struct csms_call *call); /* when its tag is judged */
    struct csms_issued *issued;           /* of SignCertificate; NULL: it was refused */
};

/* A CALL of ours. */
struct csms_sent {
    struct csms_sent *next;
    struct csms_sent *next_due, *previous_due; /* of all chargers, in the order of due_ms */
    struct csms_charger *charger;
    struct csms_ask ask;
    uint64_t due_ms;
    uint64_t number; /* in the charger's messages; 0: not sent */
    char id[OCPP_MADE_ID_BYTES];
    size_t len;
    char frame[];
};

/* Values of templates on their way into a charger. */
struct csms_drift {
    bool running, wrote, verifying;
    bool due;      /* when it has a socket, and has booted */
    bool again;    /* asked for while it ran, or it booted */
    bool demanded; /* also of templates that are not applied on boot */
    uint16_t counts[DRIFT_COUNT];
};

struct csms_charger {
    char identity[CSMS_IDENTITY_MAX + 1]; /* first: hub/fleet/id_table.h */
    struct csms *csms;
    struct csms_charger *next;
    struct csms_link *link; /* NULL: offline */
    enum csms_registration registration;
    bool booted, serving, looping;
    uint8_t lenient;
    uint32_t lenient_counts[CSMS_LENIENCIES]; /* since the hub started */
    int64_t seen_ms;
    struct csms_call *calls, **calls_end; /* the first is being served when `serving` */
    size_t call_count;
    struct csms_sent *asks, **asks_end; /* the first is sent when `asking` */
    size_t ask_count;
    bool asking;
    int32_t orphan_connector; /* of the last MeterValues with transactionId -1; 0 */
    struct csms_connector *connectors;
    size_t connector_count;
    struct csms_known known;
    struct messages messages;
    char *vehicle; /* VehicleInfo that came last; NULL */
    int64_t vehicle_ms;
    bool has_next; /* it may have taken a new password, and may not */
    uint8_t next_salt[CSMS_SALT_BYTES], next_hash[CSMS_HASH_BYTES];
    char vendor[20 * 4 + 1], model[20 * 4 + 1];
    char firmware[33];                            /* as the fleet shows it */
    char certificate_name[CSMS_IDENTITY_MAX + 1]; /* "": its identity */
    char shown_serial[48];                        /* of the one it came with last */
    int64_t shown_ms;                             /* when that was put */
    uint64_t told_ms;                             /* the fleet, that it spoke */
    bool adding;                                  /* to the fleet */
    bool speaks; /* on this socket: as devices of the fleet do, in DataTransfer of ours */
    /* recall.c */
    bool boot_seen;           /* since the hub started */
    bool recalled;            /* what was kept of it is known, or there is nothing */
    bool keeping, keep_again; /* it is being put; it changed meanwhile */
    uint64_t kept_hash;
    struct csms_charger *next_recall;
    struct csms_drift drift;
};

enum { CSMS_EXPIRING_STEPS = 3 }; /* calendar.c */

struct csms_metrics {
    struct metric *doors[CSMS_DOORS], *drops[OCPP_DROP_COUNT], *refused[OCPP_ERROR_UNKNOWN + 1];
    struct metric *lenient[CSMS_LENIENCIES], *outcomes[CSMS_OUTCOMES], *calls, *unanswered,
        *chargers, *online;
    struct metric *repeated, *unmatched, *joined, *odd;
    struct metric *expiring[CSMS_EXPIRING_STEPS], *renewals[3];
    struct metric *unkept, *writes[KNOWN_ANSWERS], *drift[DRIFT_COUNT];
};

/* A charger whose certificate ends soon. */
struct csms_expiring {
    struct csms_certificate certificate;
    size_t warned;    /* steps that were said */
    int64_t asked_ms; /* for a new one; 0: was not */
};
struct csms_calendar {
    struct csms_expiring *list; /* by identity */
    size_t count;
    uint64_t due_ms;
    bool reading;
    uint64_t within[CSMS_EXPIRING_STEPS];
};

struct csms {
    struct hub_parts parts;
    const struct csms_parts *with; /* NULL: nobody is served */
    struct id_table table;
    struct csms_charger *chargers;
    size_t charger_count, online_count, link_count, call_count;
    struct csms_link *links;
    struct csms_call *judging; /* those that hold their tag or wait for it, oldest first */
    struct csms_call *ready, **ready_end; /* their tag is free: they begin now */
    bool beginning;
    struct csms_sent *due, *due_last;
    struct csms_delays delays; /* door.c: refusals that wait */
    uint32_t start, number;    /* of message ids */
    struct ocpp_rpc rpc;
    struct ocpp_rpc_config rpc_config;
    struct csms_charger *reading; /* whose frame is read */
    struct csms_call *intake;     /* of the CALL that is read */
    struct csms_call *spare;      /* for the next ones */
    size_t spare_count;
    struct csms_site *sites;
    uint64_t sites_ms; /* when they are looked at again */
    uint32_t site_number;
    struct csms_tariff *tariffs;
    struct csms_charger *recall, **recall_end; /* those that are to be recalled */
    size_t recalls;                            /* under way */
    struct template *templates;
    bool templates_known; /* those that are kept were read */
    uint64_t drift[DRIFT_COUNT];
    struct till *till; /* NULL: nobody can pay */
    struct csms_calendar calendar;
    bool stopping; /* nothing is asked any more */
    struct csms_metrics metrics;
};

static inline int64_t csms_unix_ms(const struct csms *csms)
{
    return csms->parts.clock->ops->unix_ms(csms->parts.clock->ctx);
}

static inline uint64_t csms_now_ms(const struct csms *csms)
{
    return csms->parts.clock->ops->now_ms(csms->parts.clock->ctx);
}

/* ---- csms.c ---- */
struct csms_charger *csms_charger_find(const struct csms *csms, const char *identity);
/* Made when it is not there yet; NULL: no room. */
struct csms_charger *csms_charger_meet(struct csms *csms, const struct csms_found *found);
/* NULL: out of bounds, or no memory. */
struct csms_connector *csms_connector(struct csms_charger *charger, int32_t id);
/* What is known of an open transaction from now on; one that is not open is forgotten. */
void csms_tx_keep(struct csms_charger *charger, const struct csms_tx *tx);
struct csms_connector *csms_tx_find(struct csms_charger *charger, int32_t id);

/* ---- door.c ---- */
void csms_admit(void *service, struct hub_peer *peer, const struct hub_peer_request *request);
void csms_closed(void *service, struct hub_peer *peer, uint16_t code);
/* Closed by us: its charger comes again and says what was not answered. */
void csms_hang_up(struct csms_link *link, const char *reason);
void csms_links_free(struct csms *csms);
/* Refusals that have waited long enough; when the next is due. */
uint64_t csms_door_tick(struct csms *csms, uint64_t now_ms);

/* ---- receive.c ---- */
void csms_message(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                  size_t len);
void csms_call_free(struct csms *csms, struct csms_call *call);
void csms_calls_free(struct csms *csms); /* those that are kept for the next ones */

/* ---- intake.c ---- */
int csms_intake(void *ctx, const struct ocpp_value *value); /* an ocpp_take_fn */

/* ---- serve.c ---- */
void csms_serve(struct csms_charger *charger); /* the next, unless one is under way */
/* Of the call that is served: what is sent, and on to the next. */
void csms_answer_begin(struct csms_call *call, struct ocpp_writer *w, char out[CSMS_ANSWER_BYTES]);
void csms_answer_end(struct csms_call *call, struct ocpp_writer *w);
void csms_answer_error(struct csms_call *call, enum ocpp_error error, const char *text);
void csms_answer_empty(struct csms_call *call);
/* It could not be looked up or stored. A CALLERROR uses up TransactionMessageAttempts and silence
 * does not: what a transaction is made of gets no answer and its socket is closed, so that it is
 * said again for as long as it takes. InternalError for the rest. */
void csms_answer_unstored(struct csms_call *call);
bool csms_is_of_transaction(enum ocpp_message message);
/* Puts it and calls `done`, or csms_answer_unstored. */
void csms_put(struct csms_call *call, const struct csms_change *change, csms_stored_fn done);
void csms_find(struct csms_call *call, const struct csms_query *query, csms_found_fn done);
/* The answer to the CALL with this id; what could not be written is answered InternalError.
 * Returns the length of what was written, or the error that it was not. */
int csms_send(struct csms_link *link, const char *id, struct ocpp_writer *w);

/* ---- transaction.c ---- */
void csms_authorize(struct csms_call *call);
void csms_start(struct csms_call *call);
void csms_stop(struct csms_call *call);
void csms_tag_release(struct csms_call *call);

/* ---- certificate.c ---- */
void csms_sign(struct csms_call *call);

static inline const char *csms_certificate_name(const struct csms_charger *charger)
{
    return charger->certificate_name[0] ? charger->certificate_name : charger->identity;
}

/* ---- meter.c ---- */
void csms_meter(struct csms_call *call);

/* ---- live.c ---- */
void csms_live_tell(const struct csms_charger *charger, const struct csms_connector *connector);

/* ---- asks.c ---- */
void csms_asks_go(struct csms_charger *charger); /* sends the next, unless one is under way */
void csms_ask_over(struct csms_charger *charger, enum csms_outcome outcome, enum ocpp_error error,
                   const char *text);
void csms_asks_drop(struct csms_charger *charger, enum csms_outcome outcome); /* all of them */
uint64_t csms_asks_tick(struct csms *csms, uint64_t now_ms);

/* ---- fleet.c ---- */
void csms_fleet_tell(struct csms_charger *charger); /* how it is now */
void csms_fleet_heard(struct csms_charger *charger);
void csms_boot_is(struct csms_charger *charger, const struct csms_boot *boot);
/* A vendorErrorCode that is a number of the fault catalogue; 0. */
uint32_t csms_fault_number(const char *vendor_error);
void csms_describe(const void *service, const struct fleet_device *device,
                   struct roost_json_writer *w);
const char *csms_refuses(const void *service, const struct fleet_device *device,
                         const char *command);

/* ---- recall.c ---- */
void csms_known_changed(struct csms_charger *charger);
void csms_recall(struct csms_charger *charger); /* in its turn: csms_recalls_go */
void csms_recalls_go(struct csms *csms);

/* ---- calendar.c ---- */
enum csms_renewal { CSMS_RENEWAL_ACCEPTED, CSMS_RENEWAL_REFUSED, CSMS_RENEWAL_UNANSWERED };
extern const int csms_expiring_days[CSMS_EXPIRING_STEPS];
/* One that a charger came with, once it is let in. */
void csms_calendar_shown(struct csms_charger *charger, const struct csms_link *link);
void csms_calendar_put(struct csms *csms, const struct csms_certificate *certificate);
/* What stands in it changed. */
void csms_calendar_changed(struct csms *csms);
/* When it was asked for a new one; 0. */
int64_t csms_calendar_asked_ms(const struct csms *csms, const char *identity);
uint64_t csms_calendar_tick(struct csms *csms, uint64_t now_ms);

/* ---- drift.c ---- */
void csms_templates_load(struct csms *csms);
void csms_templates_free(struct csms *csms);
struct template *csms_template_find(const struct csms *csms, const char *name);
/* Into the list, which owns it from now on, or in the place of the one of its name; and out of it.
 */
void csms_template_set(struct csms *csms, struct template *t);
void csms_template_drop(struct csms *csms, const char *name);
/* Counts how it stands; after whatever may have changed that. */
void csms_drift_look(struct csms_charger *charger);
void csms_drift_booted(struct csms_charger *charger);
void csms_drift_connected(struct csms_charger *charger); /* goes on where a lost socket ended it */
/* Reads what templates want of it, and sets what differs, whatever was tried before.
 * ROOST_ERR_CLOSED: it is not connected, or not accepted; ROOST_ERR_NOT_FOUND: no template is for
 * it. */
int csms_drift_apply(struct csms_charger *charger);
size_t csms_drift_rows(const struct csms_charger *charger,
                       struct template_row rows[TEMPLATE_ROWS_MAX]);

/* ---- fleet_words.c ---- */
#define CSMS_VENDOR "Roost"
struct fleet_device *csms_device_of(const struct csms_charger *charger); /* fleet.c; NULL */
/* A DataTransfer of vendor CSMS_VENDOR: true, it was one of the fleet's, and this is the answer. */
bool csms_word(struct csms_call *call, enum ocpp_word *status);
int csms_carry(void *service, struct fleet_device *device, const struct hub_command *command);

/* ---- report.c ---- */
void csms_register(struct csms *csms);
const char *csms_outcome_name(enum csms_outcome outcome);
void csms_count_lenient(struct csms_charger *charger, unsigned used);

#endif
