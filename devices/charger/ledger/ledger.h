/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's transactions on raw flash: when each began and ended and what was measured between,
 * kept until the central system has it, through power cuts at any operation. It speaks of
 * transactions, samples and reasons and knows no protocol. Depends on core/ and the flash of
 * port/port.h; calls nobody back, has no heap and no clock of its own.
 *
 *     err = roost_ledger_init(&ledger, &port->ledger, &rules, boot);  // closes what was open
 *     err = roost_ledger_begin(&ledger, &begin, now_ms, &transaction);
 *     err = roost_ledger_register(&ledger, connector, energy_mwh, now_ms);  // every metering cycle
 *     err = roost_ledger_sample(&ledger, connector, ROOST_LEDGER_PERIODIC, &values, now_ms);
 *     err = roost_ledger_end(&ledger, &end, now_ms);
 *
 *     if (roost_ledger_next(&ledger, &item) == 0 && roost_ledger_due_ms(&ledger) <= now_ms)
 *         send(&item);                                   // one at a time, in order
 *     roost_ledger_delivered(&ledger, item.seq, &id);    // answered; the id if it was a begin
 *     roost_ledger_failed(&ledger, item.seq, now_ms);    // refused: an attempt is used up
 *                                                        // time-out: nothing; it is sent again
 *
 * Begins, samples and ends are items, numbered in the order they happened; that is the order of
 * delivery. A transaction is called by the number of its begin. All items of a transaction stay
 * until its end was delivered, so that the end can carry what was measured (roost_ledger_walk).
 *
 *   sector:  | header with a snapshot of all that is no item | record | record | ..
 *   record:  | u32 crc | u8 length | u8 kind, connector | u32 seq | bytes, padded |
 *   kinds:   begin, sample, end; register, mark (delivered), failed, identified, clock
 *
 * Each change is one record; it happened when its crc, which covers the sector's generation too, is
 * whole. Records go to the newest sector, the head. One that is full is followed by another, whose
 * header carries the register of each connector, the place of the delivery and so on: the records
 * which say so behind older headers are void, only items outlive their head. Room is made by giving
 * up sectors with nothing alive and by packing two neighbours into a third, whose header, written
 * last, is the moment at which it stands for both.
 *
 * Full: a begin is refused (ROOST_ERR_FULL) when begins and ends, with room for the ends of all
 * that is open, would fill half of what the sectors hold; for then some two neighbours fit into one
 * whatever else is there, and nothing else is ever refused. Samples are thinned by halves: of the
 * least thinned pair of sectors, oldest first, every second one of each transaction goes
 * (`thinned`). Begins and ends carry values of their own and always stay.
 *
 * Capacity: floor((sectors - 4) / 2) * (sector - header) / 168 transactions undelivered or open
 * (program unit 4: header 308): 112 sectors of 4 KiB keep 1217, and 9 000 samples of 44 bytes
 * beside few of them.
 *
 * Energy: each item carries the register and so persists it; between items a register record is
 * written when the unsaved energy reaches rules.step_mwh, or something is unsaved and the last
 * record is rules.step_ms old. A cut costs less than step_mwh, plus what flows in one cycle. The
 * register never falls.
 *
 * Wear: bytes in records / (sector - header) erases, spread over all sectors, and twice that while
 * the store is full. A transaction of an hour with a sample a minute, delivered at once, and a
 * register record every 30 s takes 84 + 84 + 60 * 44 + 62 * 16 + 60 * 28 bytes: 1.5 erases of 112
 * times 100 000. A boot costs at most one sector's rest.
 *
 * Times are (boot, milliseconds since boot) on flash; they become civil through one anchor a boot,
 * kept for the last ROOST_LEDGER_CLOCKS boots that wrote something, so that what happened before
 * the clock was known is repaired when it is, and times of a boot never jump against each other. A
 * boot that never knew the time is taken to begin where the last thing known before it ended
 * (`exact` false); what was kept through boots that never knew it is dated shortly before the next
 * that did, no two at one time.
 *
 * Blocking: an append that needs a new sector and has no room ready packs first: two sectors read,
 * one written, up to four erases; roost_ledger_tend() does it in better time. Mounting reads all
 * once, what was packed twice. Memory: struct roost_ledger, 2.6 KB, and less than 1 KB of stack.
 *
 * Damage: a record that cannot be read costs itself, a header its sector. The rest is delivered; a
 * register stands where the highest record left says. An end that is lost is made up from the begin
 * that follows it on its connector, reason OTHER (`damaged`). What was delivered may come again.
 */
#ifndef ROOST_DEVICES_CHARGER_LEDGER_LEDGER_H
#define ROOST_DEVICES_CHARGER_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roost_flash;

enum {
    ROOST_LEDGER_CONNECTORS_MAX = 4,
    ROOST_LEDGER_TAG_MAX = 36,
    ROOST_LEDGER_SECTORS_MAX = 128,
    ROOST_LEDGER_SECTORS_MIN = 6,
    ROOST_LEDGER_CLOCKS = 12,
    ROOST_LEDGER_ITEM_BYTES = 84, /* of a begin or an end, at most, on flash: program unit 4 */
    ROOST_LEDGER_RAM_MAX = 3072,  /* of struct roost_ledger */
};

struct roost_ledger_rules { /* may be changed in the ledger at any time, but for connectors */
    uint8_t connectors;     /* 1..ROOST_LEDGER_CONNECTORS_MAX; numbered from 1 */
    uint32_t step_mwh;      /* what a power cut may cost on each connector */
    uint32_t step_ms;       /* how long less than that may stay unsaved */
    uint16_t attempts_max;  /* refusals until an item is given up; 0 is taken as 1 */
    uint32_t retry_ms;      /* after refusal k the next attempt waits k times this */
};

enum roost_ledger_kind { ROOST_LEDGER_BEGIN = 1, ROOST_LEDGER_SAMPLE, ROOST_LEDGER_END };

enum roost_ledger_reason {
    ROOST_LEDGER_LOCAL = 1,
    ROOST_LEDGER_REMOTE,
    ROOST_LEDGER_EV_DISCONNECTED,
    ROOST_LEDGER_EMERGENCY_STOP,
    ROOST_LEDGER_DEAUTHORIZED,
    ROOST_LEDGER_UNLOCK,
    ROOST_LEDGER_SOFT_RESET,
    ROOST_LEDGER_HARD_RESET,
    ROOST_LEDGER_REBOOT,
    ROOST_LEDGER_POWER_LOSS,
    ROOST_LEDGER_OTHER,
};

enum roost_ledger_context {
    ROOST_LEDGER_PERIODIC = 1, /* counted from the begin */
    ROOST_LEDGER_CLOCK,        /* aligned to the clock */
    ROOST_LEDGER_TRIGGER,      /* somebody asked */
};

enum { /* bits of roost_ledger_values.has */
       ROOST_LEDGER_HAS_POWER = 1,
       ROOST_LEDGER_HAS_VOLTAGE = 2,
       ROOST_LEDGER_HAS_CURRENT = 4,
       ROOST_LEDGER_HAS_OFFERED = 8,
       ROOST_LEDGER_HAS_SOC = 16,
       ROOST_LEDGER_HAS_TEMPERATURE = 32,
};

/* What is measured at one instant. A value that the flash has no room for (24 bits; a percentage
 * over 100) is left out, its bit with it. */
struct roost_ledger_values {
    uint64_t energy_mwh; /* the register, 48 bits; always there */
    uint8_t has;
    uint8_t soc_percent;
    int16_t temperature_tenths_c;
    int32_t power_w, current_ma, offered_ma;
    uint32_t voltage_mv;
};

struct roost_ledger_begin {
    uint8_t connector;
    uint8_t note; /* the caller's own word, as how it was authorised */
    char tag[ROOST_LEDGER_TAG_MAX + 1];
    int32_t reservation; /* 0: none */
    struct roost_ledger_values values;
};

struct roost_ledger_end {
    uint8_t connector;
    uint8_t reason;                     /* enum roost_ledger_reason */
    char tag[ROOST_LEDGER_TAG_MAX + 1]; /* whose card ended it, or empty */
    struct roost_ledger_values values;
};

struct roost_ledger_stamp {
    uint32_t boot;
    uint64_t ms; /* since that boot; 48 bits */
};

struct roost_ledger_item {
    enum roost_ledger_kind kind;
    uint8_t connector; /* 0: of the charger as a whole (samples only) */
    uint8_t detail;    /* begin: note; sample: context; end: reason */
    uint32_t seq;
    uint32_t transaction; /* 0: a sample outside any */
    bool identified;      /* the central system's number for the transaction is known: */
    int32_t external_id;
    int32_t reservation; /* of a begin */
    struct roost_ledger_stamp stamp;
    int64_t unix_ms; /* 0: nobody knows (any more) */
    bool exact;      /* else the nearest there is */
    struct roost_ledger_values values;
    char tag[ROOST_LEDGER_TAG_MAX + 1];
};

/* ---- what it keeps in memory ---- */

struct roost_ledger_connector {
    uint64_t energy_mwh; /* as persisted last, and when */
    struct roost_ledger_stamp stamp;
    uint32_t open;       /* the transaction that runs; 0: none */
    uint32_t sent;       /* whose begin was delivered, its end not yet; 0: none */
    int32_t external_id; /* of `sent` */
    bool identified;
};

struct roost_ledger_clock {
    uint32_t boot; /* 0: not used */
    bool exact;
    int64_t unix_ms; /* when that boot began */
};

struct roost_ledger_sector { /* in the order of what is in them */
    uint32_t first_seq, generation;
    uint16_t fixed_bytes, sample_bytes; /* alive in it; may have become less since */
    uint8_t position, level;            /* level: how often its samples were halved */
};

struct roost_ledger_place { /* where a reader stands: behind item `seq` */
    uint32_t moves, seq, offset;
    uint16_t sector;
};

struct roost_ledger {
    const struct roost_flash *flash;
    struct roost_ledger_rules rules;
    uint32_t boot, generation, next_seq, write_offset, moves;
    uint16_t sector_count; /* in use; the last one is the head */
    uint8_t turn;          /* the position where the search for a free one begins */
    bool headless;         /* the last sector is none to write to */
    bool dead_unknown;     /* items died since the sectors were looked through */
    uint8_t clean[ROOST_LEDGER_SECTORS_MAX / 8]; /* bit: erased in this boot and not used since */
    struct roost_ledger_connector connectors[ROOST_LEDGER_CONNECTORS_MAX];
    struct roost_ledger_clock clocks[ROOST_LEDGER_CLOCKS]; /* a ring, by boot */
    struct roost_ledger_clock clock;                       /* of this boot */
    struct roost_ledger_stamp last;                        /* of what was written last */

    uint32_t delivered; /* all items up to here */
    struct {            /* the item handed out by next(); seq 0: none */
        uint32_t seq, transaction;
        uint8_t kind, connector;
        bool made_up;
        struct roost_ledger_place behind;
    } head;
    struct roost_ledger_place reader;
    uint32_t failed_seq; /* which item was refused, how often, when last */
    uint16_t attempts;
    struct roost_ledger_stamp failed;

    uint32_t transactions;      /* begun, end not yet delivered */
    uint32_t thinned, given_up; /* samples, items: since the store was made; kept with a sector */
    uint32_t formatted;         /* 1: nothing was found on the flash; the registers begin at 0 */
    /* Since init: sectors erased; writes that failed and tails found torn; ends lost with a damaged
     * sector; begins refused because it was full. */
    uint32_t erases, torn, damaged, refused;

    struct roost_ledger_sector sectors[ROOST_LEDGER_SECTORS_MAX]; /* last, for it is large */
};

/* ---- life ---- */

/* Mounts, formatting a blank or foreign region, and closes what was open when the power went: an
 * end with reason POWER_LOSS, the register as persisted last and its time. `boot` is the number of
 * this boot; one that is not above all earlier ones (0: unknown) is replaced by one that is.
 * Returns 0, ROOST_ERR_INVALID (geometry, rules) or ROOST_ERR_IO; after these only init may be
 * called. */
int roost_ledger_init(struct roost_ledger *ledger, const struct roost_flash *flash,
                      const struct roost_ledger_rules *rules, uint32_t boot);

/* How many transactions can be open or wait. */
uint32_t roost_ledger_capacity(const struct roost_ledger *ledger);

/* The clock was set. The first time in a boot repairs what was stamped before. Later it takes
 * effect only while no transaction is kept, so that none has two clocks. 0 or ROOST_ERR_IO. */
int roost_ledger_clock(struct roost_ledger *ledger, uint64_t now_ms, int64_t unix_ms);

/* Makes room ahead, when there is little else to do: at most one packing (two sectors read, one
 * written, up to four erases). Without it appending does so when it must. 0 or ROOST_ERR_IO. */
int roost_ledger_tend(struct roost_ledger *ledger);

/* ---- what happens ---- */
/* All of these: 0, or ROOST_ERR_IO with nothing changed (after a power cut it may turn out to have
 * been written all the same), ROOST_ERR_NO_SPACE likewise (on damaged flash only);
 * ROOST_ERR_INVALID for a connector there is none of; ROOST_ERR_RANGE for a register that would
 * fall or has more than 48 bits. */

/* ROOST_ERR_STATE: one is open there; ROOST_ERR_FULL: no energy may flow, there is no place to keep
 * the account. */
int roost_ledger_begin(struct roost_ledger *ledger, const struct roost_ledger_begin *begin,
                       uint64_t now_ms, uint32_t *transaction);
/* ROOST_ERR_STATE: none is open there. A register below the persisted one ends at that one. */
int roost_ledger_end(struct roost_ledger *ledger, const struct roost_ledger_end *end,
                     uint64_t now_ms);
/* With a transaction or without; connector 0: the charger as a whole (its energy is not kept). */
int roost_ledger_sample(struct roost_ledger *ledger, uint8_t connector, uint8_t context,
                        const struct roost_ledger_values *values, uint64_t now_ms);
/* Writes only when the rules say so. */
int roost_ledger_register(struct roost_ledger *ledger, uint8_t connector, uint64_t energy_mwh,
                          uint64_t now_ms);

/* As persisted last: where the meter goes on after a boot. 0 for a connector there is none of. */
uint64_t roost_ledger_energy_mwh(const struct roost_ledger *ledger, uint8_t connector);
/* The transaction that runs, or 0. */
uint32_t roost_ledger_open(const struct roost_ledger *ledger, uint8_t connector);
/* The connector where a transaction of this number of the central system's runs or waits, or 0. */
uint8_t roost_ledger_find(const struct roost_ledger *ledger, int32_t external_id);

/* ---- delivery ---- */

/* The oldest item that was not delivered; the same until it is settled. ROOST_ERR_EMPTY, IO. */
int roost_ledger_next(struct roost_ledger *ledger, struct roost_ledger_item *item);
/* When the item that next() gave may be sent, in ms since boot: after a refusal the ladder, in
 * another boot than that of the refusal at once. */
uint64_t roost_ledger_due_ms(const struct roost_ledger *ledger);
/* Settled; `external_id` (may be NULL) is what the answer to a begin said. ROOST_ERR_STALE: `seq`
 * is not what next() gave. */
int roost_ledger_delivered(struct roost_ledger *ledger, uint32_t seq, const int32_t *external_id);
/* The other side answered that it will not have it. Returns 1 when it was given up with this, 0
 * when it will be sent again; ROOST_ERR_STALE, ROOST_ERR_IO. */
int roost_ledger_failed(struct roost_ledger *ledger, uint32_t seq, uint64_t now_ms);
/* The number arrived later than the begin was settled. ROOST_ERR_EXISTS: it has another;
 * ROOST_ERR_NOT_FOUND: no such transaction, or its end was delivered. */
int roost_ledger_identify(struct roost_ledger *ledger, uint32_t transaction, int32_t external_id);

/* ---- reading one back ---- */

/* Its begin, its samples and, when it has one, its end, in order. Appending, delivering and packing
 * may go on between the steps. */
struct roost_ledger_walk {
    uint32_t transaction;
    uint8_t connector;
    bool over;
    struct roost_ledger_place place;
};
void roost_ledger_walk(struct roost_ledger_walk *walk, uint32_t transaction);
/* ROOST_ERR_EMPTY: that was all; ROOST_ERR_NOT_FOUND: no such transaction (any more); IO. */
int roost_ledger_walk_next(struct roost_ledger *ledger, struct roost_ledger_walk *walk,
                           struct roost_ledger_item *item);

#endif
