/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The central system of OCPP 1.6-J: chargers come in at /ocpp/{id}, say what they do, and are told
 * what to do. What a charger says is stored before it is answered (book.h). Pure: a row like any
 * other, see hub/service.h and hub/peer.h. What it stores in and who takes data of vendors is given
 * through hub_parts.extras under CSMS_EXTRA; without a book nobody is let in.
 *
 *     const struct csms_parts csms = {.book = &book, .heartbeat_s = 300};
 *     const struct hub_extra extras[] = {{CSMS_EXTRA, &csms}, {NULL, NULL}};
 *     ...
 *     static int write_reset(void *ctx, struct ocpp_writer *w)
 *     {
 *         ocpp_put_word(w, OCPP_type, OCPP_Soft);
 *         return 0;
 *     }
 *     const struct csms_ask ask = {.message = OCPP_MSG_Reset, .write = write_reset, .done =
 * on_done}; err = csms_ask(csms, "CP1", &ask);
 */
#ifndef ROOST_HUB_CSMS_CSMS_H
#define ROOST_HUB_CSMS_CSMS_H

#include "hub/csms/book.h"
#include "hub/service.h"
#include "proto/ocpp/rpc.h"

#define CSMS_EXTRA "csms"
#define CSMS_PATH  "/ocpp/{id}"
#define CSMS_TYPE  "charger"

struct csms;
struct csms_desk;
struct csms_site_store; /* sites.h */
struct csms_till_parts; /* till.h */
struct csms_signer;

enum {
    CSMS_HEARTBEAT_S = 300,
    CSMS_BOOT_RETRY_S = 60,
    CSMS_PING_MS = 20000,
    CSMS_ANSWER_MS = 25000,   /* that a charger has for a CALL of ours; who asked by HTTP has 30 */
    CSMS_ASKS_MAX = 16,       /* of a charger: CALLs of ours, the one it works at included */
    CSMS_CALLS_MAX = 8,       /* of a charger: CALLs of its own that are not answered */
    CSMS_CONNECTORS_MAX = 32, /* the highest connectorId */
    CSMS_CHARGERS_MAX = 20000,
    CSMS_BYTES_MAX = 65536,         /* of a message that is taken */
    CSMS_STOP_BYTES_MAX = 524288,   /* of StopTransaction, which may hold all that was sampled */
    CSMS_SOCKET_BYTES_MAX = 1048576 /* beyond that the socket is closed, 1009 */
};

/* DataTransfer of one vendor. */
struct csms_vendor {
    const char *vendor_id; /* without case */
    /* messageId "": none was sent. Returns one of the words of DataTransferStatus; data as it came,
     * borrowed. What is Accepted is kept; when it cannot be, it comes again. */
    enum ocpp_word (*take)(void *ctx, const char *identity, const char *message_id,
                           const char *data);
    void *ctx;
};

/* All borrowed for the service's life. */
struct csms_parts {
    const struct csms_book *book;
    const struct csms_desk *desk;        /* NULL: people see and change nothing; may become it */
    const struct csms_signer *signer;    /* hub/csms/sign.h; NULL: nobody here signs */
    const char *organisation;            /* that a certificate has to name; NULL, "": any */
    const struct csms_site_store *sites; /* NULL: none are kept */
    const struct csms_till_parts *till;  /* NULL: nothing costs anything */
    const struct csms_vendor *vendors;
    size_t vendor_count;
    uint32_t heartbeat_s, boot_retry_s; /* 0: as above */
    uint32_t messages_max;              /* of a charger that are kept to be looked at */
};

extern const struct hub_service csms_service;

/* HMAC-SHA-256 of the password under the salt. Passwords of chargers are at least 16 random bytes
 * (whitepaper, A00.FR.205), so no slow hash is needed, and ten thousand may come back at once. */
void csms_password_hash(const uint8_t salt[CSMS_SALT_BYTES], const void *password, size_t len,
                        uint8_t out[CSMS_HASH_BYTES]);

/* An operator changed this charger in the book, or (row NULL) removed it: what is in `row` counts
 * from now on (registration, leniency; a new password from its next socket on); one that is none
 * any more is closed. Nothing when it was not here. */
void csms_changed(struct csms *csms, const char *identity, const struct csms_charger_row *row);

/* ---- CALLs of ours ---- */

enum csms_outcome {
    CSMS_ANSWERED,
    CSMS_CALLERROR,  /* `error` */
    CSMS_BAD_ANSWER, /* not as the specification has it; what was taken is to be forgotten */
    CSMS_TIMED_OUT,
    CSMS_REPLACED,  /* the charger came again on another socket; it may have been obeyed */
    CSMS_LOST,      /* the socket is gone; likewise */
    CSMS_STOPPED,   /* the hub ends */
    CSMS_WITHDRAWN, /* by csms_ask_withdraw; it was not sent */
    CSMS_OUTCOMES
};

struct csms_ask {
    enum ocpp_message message;
    int (*write)(void *ctx, struct ocpp_writer *w); /* the payload; NULL: it is empty, or */
    const char *payload;                            /* this JSON; borrowed for csms_ask */
    size_t payload_len;
    ocpp_take_fn take; /* the answer's fields; NULL: nobody */
    /* The answer's payload as it came, when it is as it should be: before `done`, borrowed. May be
     * NULL. */
    void (*heard)(void *ctx, const char *json, size_t len);
    /* Once, never from inside csms_ask. `text`: of a CALLERROR its description, else "". */
    void (*done)(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text);
    void *ctx;
};

/* Queues it: a charger gets one at a time, in order. Returns 0; ROOST_ERR_NOT_FOUND: no such
 * charger was here; ROOST_ERR_CLOSED: it is not connected, or the hub stops; ROOST_ERR_STATE: a
 * remote start or stop, and it is not accepted; ROOST_ERR_FULL; ROOST_ERR_INVALID: the payload,
 * nothing is sent; ROOST_ERR_NO_MEMORY. */
int csms_ask(struct csms *csms, const char *identity, const struct csms_ask *ask);

/* Whoever asked waits no more: what stands in the queue with this ctx and is not sent yet is
 * `done`, from inside the call. What is on its way stays. */
void csms_ask_withdraw(struct csms *csms, const char *identity, const void *ctx);

/* ---- what is known ---- */

struct csms_connector {
    enum ocpp_word status, error_code; /* OCPP_NO_WORD: not said yet */
    uint32_t fault_number;             /* of the fault catalogue, when it says one; 0 */
    struct csms_tx *tx;                /* the open one, or NULL */
    bool booted;                       /* since it began */
    int64_t live_ms;                   /* of the live values; 0: there are none */
    int64_t power_ms, energy_ms;       /* of each of them; 0: it measures none */
    int64_t power_mw, energy_mwh;
};

struct csms_view {
    bool online, accepted;
    int64_t seen_ms;                         /* when it last said something, by our clock */
    const struct csms_connector *connectors; /* by connectorId */
    size_t connector_count;
    const uint32_t *lenient; /* how often each leniency was needed: csms_lenient_name */
};

enum { CSMS_LENIENCIES = 8 /* bits of ocpp_check.used */ };
/* By the place of its bit; the last two are let pass of every charger. */
const char *csms_lenient_name(unsigned place);

/* false: no such charger was here. Borrowed until the next event. */
bool csms_look(const struct csms *csms, const char *identity, struct csms_view *view);

#endif
