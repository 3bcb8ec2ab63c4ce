/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charging station decides: whose card may charge at which connector, when a transaction
 * begins and ends, whether energy is wanted, what is measured when, what is reserved, what is out
 * of order. It knows no protocol, message or socket: a central system's client asks it what there
 * is to say and tells it what was said, and another protocol may do so later. Works without any.
 * The owner runs it after the power part's cycle, whose order it gives: when what that sees is
 * another than it was, after each call below, when it is due, and four times a second. Depends on
 * core/, devices/charger/{keys,tags}.h and its folders power, ledger, profiles; port/port.h (kv).
 *
 *     charger_station_init(&station, &config, &now);
 *     charger_station_run(&station, &now);                     // every cycle: orders are given
 *     charger_station_card(&station, 0, "04A2B3C4D5E6F7");     // at the reader of all connectors
 *
 *     if (charger_station_question(&station, &tag))          // to be asked: one card at a time
 *         ...                                                // Authorize
 *     charger_station_told(&station, &told);                 // its answer; NULL: none came
 *
 * What is durable is in the parts it works with: transactions and samples in the ledger, from which
 * the client takes what is to be delivered; keys, list, cache, profiles in theirs. Its own are
 * availability, reservations and allowances, a key of the kv each ("av", "rs.<connector>",
 * "al.<connector>").
 */
#ifndef ROOST_DEVICES_CHARGER_STATION_STATION_H
#define ROOST_DEVICES_CHARGER_STATION_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/charger/keys.h"
#include "devices/charger/ledger/ledger.h"
#include "devices/charger/power/power.h"
#include "devices/charger/profiles/profiles.h"
#include "devices/charger/station/status.h"
#include "devices/charger/station/terms.h"
#include "devices/charger/tags.h"

enum {
    CHARGER_CONNECTORS_MAX = 2,
    CHARGER_AWAITED_MS = 10000,       /* so long an answer to a Start is Preparing: not suspended */
    CHARGER_FULL_MS = 30000,          /* the battery takes nothing for so long: SuspendedEV */
    CHARGER_TAKES_MA = 1000,          /* what it must take to be taking something */
    CHARGER_STOP_MS = 5000,           /* so long an end waits for the ramp */
    CHARGER_FAULT_SHOWN_MS = 2000,    /* a fault is told at least so long, so that it can be */
    CHARGER_ALLOWANCE_LEFT_MWH = 200, /* for what flows while the current is taken down */
    CHARGER_STATION_RAM_MAX = 1536,
};

/* What begins a transaction. */
enum charger_start_mode {
    CHARGER_START_CARD,  /* a card, or a remote start, and the plug */
    CHARGER_START_PLUG,  /* the plug: free vending, with config.free_tag */
    CHARGER_START_BUTTON /* the button at the connector, likewise */
};

struct charger_station_config {
    uint8_t connectors;          /* 1..CHARGER_CONNECTORS_MAX */
    struct charger_power *power; /* one for each connector, 0 is connector 1 */
    struct roost_ledger *ledger;
    struct charger_keys *keys;
    struct charger_tags *tags;
    struct charger_profiles *profiles;
    const struct roost_kv *kv;
    struct roost_log *log; /* NULL: none */
    uint8_t start_mode;    /* enum charger_start_mode */
    uint8_t terms;         /* enum charger_terms: whose energy it is before and after a refusal */
    char free_tag[CHARGER_TAG_MAX + 1];
};

/* How the one at the connector was let in. */
enum charger_admission {
    CHARGER_ADMITTED_NOT,
    CHARGER_ADMITTED_HERE,   /* by list or cache, or because nobody could be asked */
    CHARGER_ADMITTED_ASKED,  /* the central system was asked */
    CHARGER_ADMITTED_REMOTE, /* it started the transaction itself */
    CHARGER_ADMITTED_FREE
};

struct charger_reservation {
    int32_t id; /* 0: none */
    int64_t expires_s;
    char tag[CHARGER_TAG_MAX + 1], parent[CHARGER_TAG_MAX + 1];
};

/* How much the one who has paid may have; 0: no limit of that kind. Towards the end of the energy
 * the current falls, so that it is met to CHARGER_ALLOWANCE_LEFT_MWH and never passed. */
struct charger_allowance {
    uint64_t energy_mwh;
    uint32_t duration_s;
};

struct charger_promise { /* on flash until it is begun */
    struct charger_allowance allowance;
    char tag[CHARGER_TAG_MAX + 1]; /* "": nobody's */
};

/* For reading, but by the files of this folder. */
struct charger_connector {
    enum charger_status status; /* as it is told; a fault lies over `beneath` */
    enum charger_status beneath;
    int fault; /* enum charger_fault, the worst; -1: none. With a status that is not FAULTED it is
                * a warning: only of CHARGER_CLASS_VEHICLE, never with CHARGING (OCPP 1.6, 4.9) */
    bool faulted;      /* it is more than a warning */
    uint64_t fault_ms; /* since when */
    bool plugged;
    bool operative;
    bool inoperative_later; /* once its transaction is over */
    bool unplugged_inside;  /* the gun was pulled and the transaction goes on */
    bool rests;             /* it was AVAILABLE when the last run was over, and seen as such */
    uint64_t status_ms;     /* since when it is told */

    /* Who is let in, with or without a transaction. */
    uint8_t admission; /* enum charger_admission */
    char tag[CHARGER_TAG_MAX + 1], parent[CHARGER_TAG_MAX + 1];
    uint64_t admitted_ms, plugged_ms, ended_ms;

    uint32_t transaction; /* the ledger's number; 0: none runs */
    uint64_t begun_ms, begun_mwh;
    uint8_t verdict;  /* what is known of it: enum charger_verdict of terms.h */
    bool wants;       /* energy: not stopped, not suspended by us */
    bool idle;        /* the battery takes nothing */
    uint64_t idle_ms; /* since when */
    struct charger_allowance allowance;
    uint64_t refused_mwh; /* the register when it was refused: MaxEnergyOnInvalidId */
    uint64_t sample_ms;   /* when the next periodic one is due */
    uint32_t sample_s;    /* by this interval */
    int32_t limit_ma;     /* by profiles and share of the whole, as of the last second */
    struct {              /* the end was decided: energy is brought down, then it is written */
        bool on;
        uint8_t reason; /* enum roost_ledger_reason */
        char tag[CHARGER_TAG_MAX + 1];
        uint64_t since_ms, retry_ms;
    } stopping;
    struct charger_reservation reservation;
    struct { /* of the last that ended, for who shows or tells it; tag "" before the first */
        uint32_t transaction;
        uint64_t energy_mwh, duration_ms;
        int32_t soc_permille;
        uint8_t reason;
    } last;
    struct charger_promise next; /* whose next transaction here has one */
};

enum charger_asking { CHARGER_ASKS_NOTHING, CHARGER_ASKS_START, CHARGER_ASKS_STOP };

struct charger_station {
    struct charger_station_config config;
    struct charger_instant now;
    bool online; /* the central system takes messages of transactions */
    bool barred; /* it has refused the charger: nobody is let in; what runs goes on (1.6, 4.2) */
    /* By number; 0: the station. */
    struct charger_connector connectors[CHARGER_CONNECTORS_MAX + 1];
    struct charger_reservation any; /* of connector 0: any of them is kept free */

    struct {               /* a card that is asked about */
        uint8_t what;      /* enum charger_asking */
        uint8_t connector; /* 0: not known yet */
        bool remote;       /* of a remote start, not of a reader */
        char tag[CHARGER_TAG_MAX + 1];
        uint64_t since_ms;
    } question;
    struct { /* let in, and no plug yet: any connector's it will be */
        char tag[CHARGER_TAG_MAX + 1], parent[CHARGER_TAG_MAX + 1];
        uint8_t admission;
        uint64_t until_ms;
    } waiting;
    int64_t aligned_s; /* the instant of the next aligned sample, Unix time; 0: none planned */
    uint32_t aligned_interval_s;
    uint64_t limits_ms; /* when limits are looked at again */
    uint64_t due_ms;    /* of this run */
    uint8_t unsaved;    /* reservations, bits by connector: still on flash and over */
    bool conflict;      /* the local list says otherwise than the central system: to be told */
    bool leaving; /* new software waits for the connectors: each is out of order once it is free */
    bool ending, ending_hard; /* a reset waits for the ends of all transactions */

    uint32_t cards_refused, cards_lost; /* lost: one came while another was asked about */
    uint32_t begins_refused;            /* the ledger was full */
    uint32_t samples_lost;              /* it could not keep one */
};

/* Goes on where the last life ended: availability, reservations that have not expired, the meters.
 * Returns 0, ROOST_ERR_INVALID (config) or ROOST_ERR_IO: what could not be read is as on a new
 * station. */
int charger_station_init(struct charger_station *station,
                         const struct charger_station_config *config,
                         const struct charger_instant *now);

/* After the power cycle of each connector: looks what changed and gives each its order. Returns
 * when something is due by time (monotonic ms) or ROOST_NEVER; inputs come any time. */
uint64_t charger_station_run(struct charger_station *station, const struct charger_instant *now);

/* ---- at the station ---- */

/* A card, at the reader of one connector or (0) of all. It starts, or it stops what it started, or
 * what its group started. */
void charger_station_card(struct charger_station *station, uint8_t connector, const char *tag);
/* Start or stop, by whoever stands there. */
void charger_station_button(struct charger_station *station, uint8_t connector);

/* ---- the central system's side: what there is to ask and tell ---- */

/* Whether messages about transactions can be delivered: decides who is asked about a card. */
void charger_station_online(struct charger_station *station, bool online);

/* The card to be asked about; false: none. The same until told. */
bool charger_station_question(const struct charger_station *station, char tag[CHARGER_TAG_MAX + 1]);
/* The answer; NULL: there was none, what is known here counts. */
void charger_station_told(struct charger_station *station, const struct charger_tag *told);

/* StartTransaction was answered: who has it by which number there. Called after
 * roost_ledger_delivered. `transaction` is the ledger's; told NULL: without a verdict. */
void charger_station_begun(struct charger_station *station, uint32_t transaction,
                           int32_t external_id, const struct charger_tag *told);
/* Another answer spoke of a card. */
void charger_station_learn(struct charger_station *station, const struct charger_tag *told);

/* ---- the central system's orders ---- */

/* connector 0: any free one. A profile is one for the next transaction there, or NULL. Returns the
 * connector (0: whichever is plugged in first), ROOST_ERR_STATE: not now (occupied, faulted, out of
 * order, reserved for another); ROOST_ERR_RANGE: no such connector; ROOST_ERR_INVALID: the profile,
 * `why` says more. */
int charger_station_remote_start(struct charger_station *station, const char *tag,
                                 uint8_t connector, const struct charger_profile *profile,
                                 const struct charger_refusal **why);
/* By the number there. ROOST_ERR_NOT_FOUND. */
int charger_station_remote_stop(struct charger_station *station, int32_t external_id);

/* For the transaction with this card at this connector that runs, or comes next: then it
 * replaces the one that was kept there. A transaction that is used up ends with OTHER: nobody at
 * the charger asked for it (LOCAL), and no order came (REMOTE). None outlives a boot, so neither
 * need its allowance; one that waits does. RANGE (connector), INVALID (tag; nothing is limited),
 * IO: it could not be kept. */
int charger_station_allow(struct charger_station *station, uint8_t connector, const char *tag,
                          const struct charger_allowance *allowance);

enum charger_reserve_answer {
    CHARGER_RESERVE_ACCEPTED,
    CHARGER_RESERVE_FAULTED,
    CHARGER_RESERVE_OCCUPIED,
    CHARGER_RESERVE_REJECTED,
    CHARGER_RESERVE_UNAVAILABLE,
    CHARGER_RESERVE_ANSWERS
};
/* connector 0: one of them is kept free. The same id replaces. */
enum charger_reserve_answer charger_station_reserve(struct charger_station *station,
                                                    uint8_t connector,
                                                    const struct charger_reservation *reservation);
/* ROOST_ERR_NOT_FOUND. */
int charger_station_cancel(struct charger_station *station, int32_t reservation_id);

enum charger_available_answer {
    CHARGER_AVAILABLE_ACCEPTED,
    CHARGER_AVAILABLE_REJECTED,
    CHARGER_AVAILABLE_SCHEDULED,
    CHARGER_AVAILABLE_ANSWERS
};
/* connector 0: the station and all of them. */
enum charger_available_answer charger_station_available(struct charger_station *station,
                                                        uint8_t connector, bool operative);

/* A sample now, of one connector or (0) of all: kept and delivered as the others. RANGE, IO. */
int charger_station_trigger(struct charger_station *station, uint8_t connector);

/* New software waits for the connectors: each is out of order once it is free. Of this boot only.
 */
void charger_station_leave(struct charger_station *station, bool leaves);

/* Ends all transactions (reason SOFT_RESET or HARD_RESET) and takes no new ones, until the next
 * boot. */
void charger_station_end(struct charger_station *station, bool hard);
/* No transaction runs and nothing is switched on. */
bool charger_station_rests(const struct charger_station *station);

#endif
