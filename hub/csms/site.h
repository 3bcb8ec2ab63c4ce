/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A site: chargers behind one connection to the grid share its limit. Pure: time, what chargers
 * measure and how they answered come in; what each is to be told comes out. Knows no OCPP, no
 * socket and no store; depends on core/err.h alone. Fixed memory.
 *
 * What a charger *may* take is what counts, not what it does take: everything it was ever told and
 * might still obey. The sum of that never exceeds the limit (the one exception is shown as
 * `over_w`: a charger that refuses, or was never told, while no other can give way).
 *
 *   - A charger has a fall-back that it keeps for good (a profile of the lowest level). What it
 * gets from the site lies above that and ends by itself: a lease. A charger that is cut off is back
 *     at its fall-back when its lease ends, and that stays reserved for it.
 *   - A lease above the fall-back ends after lease_ms, one below it after twice that: when many are
 *     cut off at once, those that take much come down before those that were paused come back.
 *   - Less is told first; what that frees is given away when it was accepted and obey_ms are over.
 *   - There is a minimum to charge with. When there is not enough for all, whoever waited longest
 *     gets a turn of turn_ms.
 *   - What is measured says what a car can use: it keeps that and some headroom, the rest is
 * shared.
 *
 *     site_init(&site, &config, now_ms);
 *     err = site_join(&site, &(struct site_charger){.nominal_w = 22000, ...}, now_ms); the index
 *     site_wants(&site, index, true, now_ms);
 *     while (site_next(&site, now_ms, &order))
 *         send(&order);                         ... and later, for each, site_answered(...)
 */
#ifndef ROOST_HUB_CSMS_SITE_H
#define ROOST_HUB_CSMS_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SITE_CHARGERS_MAX = 128,
    SITE_LIMIT_MAX_W = 100000000,
    SITE_LEASE_MS = 600000,
    SITE_TURN_MS = 900000,
    SITE_OBEY_MS = 10000,      /* IEC 61851-1: a car follows within 5 s */
    SITE_MARGIN_MS = 30000,    /* by which clocks of chargers may be wrong */
    SITE_RETRY_MS = 15000,     /* after an answer that never came */
    SITE_REFUSED_MS = 300000,  /* after a refusal */
    SITE_SETTLE_MS = 30000,    /* between two changes of one charger that nobody waits for */
    SITE_STEP_W = 500,         /* less is not worth a message */
    SITE_MEASURED_MS = 180000, /* what was measured before that says nothing */
    SITE_LOOK_MS = 120000      /* that a car has to use what it was given */
};

/* 0: as above. margin_ms is at most an eighth of lease_ms. */
struct site_config {
    uint32_t limit_w, step_w;
    uint32_t lease_ms, turn_ms, obey_ms, margin_ms;
};

struct site_charger {
    uint32_t nominal_w;  /* whatever happens, it takes no more */
    uint32_t minimum_w;  /* with less it cannot charge: it is paused */
    uint32_t fallback_w; /* when it is on its own; 0, or between minimum and nominal */
    bool told;           /* it has accepted the fall-back before (kept) */
};

/* X(name, label): why a charger has what it has. */
#define SITE_WHY_LIST(X)                                                                           \
    X(IDLE, "nothing to charge")                                                                   \
    X(FULL, "all that it can take")                                                                \
    X(MEASURED, "what the car uses, and some headroom")                                            \
    X(SHARED, "its share")                                                                         \
    X(WAITING, "waits for its turn")                                                               \
    X(TOO_SMALL, "the site has less than its minimum")                                             \
    X(OFFLINE, "not connected: its fall-back is reserved")                                         \
    X(REFUSED, "refuses: all that it can take is reserved")                                        \
    X(UNTOLD, "has not accepted its fall-back yet")

enum site_why {
#define X(name, label) SITE_##name,
    SITE_WHY_LIST(X)
#undef X
        SITE_WHYS
};

/* Something that a charger may obey until then. */
struct site_lease {
    uint32_t w;
    int64_t until_ms; /* INT64_MAX: for good */
};

struct site_member {
    bool used, online, wants, told, refused, flying, flying_fallback, measured;
    enum site_why why;
    struct site_charger charger;
    struct site_lease held;   /* accepted last */
    struct site_lease sent;   /* on its way, or never answered: it may have come */
    struct site_lease fading; /* from before, until it was obeyed */
    bool is_held, is_sent;
    uint32_t target_w, load_w;
    int64_t load_ms, sent_ms, retry_ms, given_ms; /* given_ms: when it last got more */
    int64_t turn_ms;                              /* since when it has its turn; 0: it has none */
    int64_t wait_ms; /* since when it waits for one, or when its own is over */
    uint32_t turns;
};

struct site {
    struct site_config config;
    struct site_member members[SITE_CHARGERS_MAX];
    size_t count; /* those in use lie below */
};

enum site_order_kind { SITE_ORDER_FALLBACK, SITE_ORDER_LEASE };
struct site_order {
    size_t member;
    enum site_order_kind kind;
    uint32_t w;
    uint32_t lease_s; /* of LEASE: from now */
};

enum site_answer {
    SITE_ANSWER_ACCEPTED,
    SITE_ANSWER_REJECTED, /* or a CALLERROR, or none that can be read */
    SITE_ANSWER_LOST      /* it may have come */
};

/* ROOST_ERR_RANGE: limit_w is 0 or too large, margin_ms too large. */
int site_init(struct site *site, const struct site_config *config);
/* Another limit. Chargers are told; until they obeyed `over_w` shows by how much it is exceeded.
 * ROOST_ERR_RANGE; ROOST_ERR_STATE: the fall-backs alone are more. */
int site_limit(struct site *site, uint32_t limit_w);

/* The index. Taken to be told at most nominal_w by whoever was here before, until it answers or
 * that lease must have ended. ROOST_ERR_FULL; ROOST_ERR_RANGE: not minimum <= nominal, or the
 * fall-back is none; ROOST_ERR_STATE: the fall-backs together would exceed the limit. */
int site_join(struct site *site, const struct site_charger *charger, int64_t now_ms);
/* It is no concern of the site any more. An answer that is still to come is not told. */
void site_leave(struct site *site, size_t member);

void site_online(struct site *site, size_t member, bool online, int64_t now_ms);
void site_wants(struct site *site, size_t member, bool wants, int64_t now_ms);
void site_measured(struct site *site, size_t member, uint32_t load_w, int64_t now_ms);

/* What is to be sent next; false: nothing for now. Each is to be answered once. */
bool site_next(struct site *site, int64_t now_ms, struct site_order *order);
void site_answered(struct site *site, size_t member, enum site_answer answer, int64_t now_ms);

/* ---- what people see ---- */

/* What it may take now, as far as is known. */
uint32_t site_may_take_w(const struct site *site, size_t member, int64_t now_ms);
struct site_view {
    uint64_t reserved_w, load_w, over_w;
    size_t refused, waiting, offline;
};
void site_look(const struct site *site, int64_t now_ms, struct site_view *view);
const char *site_why_text(enum site_why why);
const char *site_why_name(enum site_why why); /* "waiting" */

#endif
