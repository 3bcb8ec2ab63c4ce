/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger in a run: its firmware between a modelled battery and power module and the central
 * system, vehicles that come and go, and the book of what must be billed. Depends on
 * devices/charger/device, world/charger, sim/device.h, sim/csms.h.
 *
 *     charger.c          the row: boot, step, what must hold in each of them
 *     charger_hand.c     who comes, plugs in, pays, and pulls the gun; and who mends
 *     charger_book.c     every transaction and watt-hour, on both sides
 *     charger_report.c   what the run has to tell
 *     charger_faults.c   what breaks about a charger and about the central system
 *
 * One truth: what the model let out at its terminals is what the register counted, is what the
 * sessions of the firmware say, is what the hub's book has; but for what a power cut may cost
 * (devices/charger/ledger) and what was measured wrongly on purpose.
 *
 *     struct sim_charger *charger = sim_charger_of(world->devices[0]);
 */
#ifndef ROOST_SIM_CHARGER_H
#define ROOST_SIM_CHARGER_H

#include "devices/charger/device/charger.h"
#include "hub/csms/csms.h"
#include "sim/device.h"
#include "world/charger/charger.h"

enum {
    SIM_CHARGER_SESSIONS_AN_HOUR = 6, /* there is room for, over the run */
    SIM_CHARGER_SESSIONS_MORE = 200,
    SIM_CHARGER_TAGS = 2,        /* good cards of each charger */
    SIM_CHARGER_UNSEEN_MAX = 64, /* transactions of each that may have begun in a cut */
    SIM_CHARGER_CUT_MWH = 10000  /* what a power cut may cost, as device/make.c has it */
};

/* One transaction, by the firmware's word. */
struct sim_charge {
    uint32_t transaction; /* the ledger's number */
    uint64_t begin_mwh, end_mwh;
    double begin_wh; /* of the model */
    uint64_t began_ms;
    char tag[CHARGER_TAG_MAX + 1];
    bool ended;
    bool excused; /* what was measured meanwhile was wrong on purpose */
};

/* What a vehicle and who drives it are at. */
enum sim_visit { SIM_AWAY, SIM_ARRIVED, SIM_ASKED, SIM_STAYS, SIM_ENDING, SIM_VISITS };

struct sim_garage;

struct sim_charger {
    struct sim_device device;
    struct roost_charger charger;
    struct world_charger around;
    struct charger_power_config power;
    struct sim_garage *garage; /* NULL until the hub has started */

    /* ---- charger_hand.c ---- */
    struct sim_random random;
    enum sim_visit visit;
    unsigned tries;
    uint64_t next_ms, leave_ms;
    char tag[CHARGER_TAG_MAX + 1]; /* the card at hand */
    bool resting;
    bool asking;         /* a remote start or stop is under way */
    uint64_t latched_ms; /* since when a fault waits for a hand; 0: none does */

    /* ---- what holds in each step ---- */
    uint64_t step_ms;   /* the last one; 0: none in this boot */
    bool was_busy;      /* as it left it */
    uint64_t broken_ms; /* since when an interlock is broken and something is on; 0: it is not so */
    uint64_t alone_ms;  /* since when something is on without a transaction; 0 */
    uint64_t astray_ms; /* since when current flows past an open contactor; 0 */
    uint64_t fault_ms[WORLD_CHARGER_FAULT_COUNT]; /* when it began last, of those there are */

    /* ---- charger_book.c ---- */
    struct sim_charge *sessions;
    size_t session_count, session_max;
    uint64_t register_mwh;  /* after the last step */
    uint64_t persisted_mwh; /* on flash, likewise */
    double model_wh;        /* likewise */
    uint64_t faulty_ms;     /* until when measurements are not to be believed */
    uint64_t cuts;          /* power cuts and resets */
    uint64_t unseen;        /* transactions that may have begun in one */
    double excused_wh, lost_wh, apart_wh;
    uint64_t charged_ms; /* when a session ended that let some energy out */
};

/* The central system's side. */
struct sim_garage {
    struct sim_world *world;
    uint64_t starts, stops, samples, statuses, boots; /* that became durable */
    uint64_t remote, refused, lost;                   /* asks of ours, by what came of them */
    char wrong[200];
};

extern const struct sim_product sim_charger;

static inline struct sim_charger *sim_charger_of(const struct sim_device *device)
{
    return (struct sim_charger *)device;
}

/* Of its one connector. */
static inline const struct charger_connector *
sim_charger_connector(const struct sim_charger *charger)
{
    return &charger->charger.station.connectors[1];
}

/* ---- between its files ---- */

#define sim_charger_wrong(charger, checker, ...)                                                   \
    sim_device_wrong(&(charger)->device, checker, __VA_ARGS__)

/* charger.c: somebody or something changed the model: from now on a cycle's time counts. */
void sim_charger_touched(struct sim_charger *charger);

/* charger_hand.c */
void sim_driver_init(struct sim_charger *charger);
void sim_driver_look(struct sim_charger *charger);
/* NULL: not while the hub is away. */
struct csms *sim_charger_csms(const struct sim_charger *charger);
int sim_charger_ask(struct sim_charger *charger, enum ocpp_message message, const char *payload);

/* charger_book.c */
int sim_charger_book_init(struct sim_charger *charger, double hours);
void sim_charger_book_deinit(struct sim_charger *charger);
void sim_charger_booted(struct sim_charger *charger);
void sim_charger_follow(struct sim_charger *charger);
void *sim_garage_new(struct sim_world *world);
void sim_garage_free(void *garage);
const char *sim_charger_lacks(const struct sim_device *device);
const char *sim_garage_check(struct sim_world *world, enum sim_when when);
void sim_charger_end(struct sim_device *device);

/* charger_report.c */
void sim_charger_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX]);
void sim_charger_print(const uint64_t totals[SIM_TOTALS_MAX], FILE *out);

/* charger_faults.c */
enum { SIM_CHARGER_FAULTS = 16 };
extern const struct sim_fault sim_charger_faults[SIM_CHARGER_FAULTS];
/* The fault that should have taken the energy off by now, as a text; NULL: none. */
const char *sim_charger_overdue(const struct sim_charger *charger);
/* Bits by enum world_charger_fault. */
extern const uint64_t sim_charger_measures_wrong; /* what the model's meter says is not so */
extern const uint64_t sim_charger_past_control;   /* current that no firmware can end */

#endif
