/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connector of a charger: hears battery and power module, switches precharge relay, contactor
 * and module, counts the energy. Whoever owns it says what is wanted (an order) and calls the cycle
 * every 10 ms; whether energy flows is decided in one function, in every cycle, and is no without
 * a reason for yes:
 *
 *     energy may flow = transaction and plug and the battery's permission and no interlock broken
 *
 * Outputs go through the port's gpio, frames through its can, whose ring is the bounded one: what
 * it lost is counted there and shown here. It knows no central system, tag or message. Depends on
 * core/, port/port.h, proto/can, runtime/faults.h.
 *
 *     charger_power_init(&power, &config, &kept, now_ms);
 *     charger_power_order(&power, &(struct charger_order){.transaction = true, .run = true,
 *                                                         .limit_ma = CHARGER_NO_LIMIT});
 *     charger_power_cycle(&power, now_ms);                    // every CHARGER_CYCLE_MS
 *     charger_power_listen(&power, now_ms);                   // on ROOST_EV_CAN_READY; may be late
 *     charger_power_emergency(&power);                        // from the stop's interrupt
 */
#ifndef ROOST_DEVICES_CHARGER_POWER_POWER_H
#define ROOST_DEVICES_CHARGER_POWER_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "devices/charger/power/faults.h"
#include "devices/charger/power/meter.h"
#include "devices/charger/power/state.h"
#include "port/port.h"
#include "proto/can/can.h"

enum {
    CHARGER_CYCLE_MS = 10,
    CHARGER_VOLTAGE_MIN_MV = 56000,
    CHARGER_VOLTAGE_MAX_MV = 85500,
    CHARGER_VOLTAGE_ROOM_MV = 200, /* the module is asked for so much less than the most */
    CHARGER_CURRENT_MAX_MA = 300000,
    CHARGER_NO_LIMIT = CHARGER_CURRENT_MAX_MA,
    CHARGER_HOT_MDEGC = 70000,
    CHARGER_MODULE_COOL_MDEGC = 65000, /* until it is this cool again */
    CHARGER_GUN_WARM_MDEGC = 60000,    /* from here to HOT the current falls to a fifth */
    CHARGER_GUN_COOL_MDEGC = 55000,
    CHARGER_BATTERY_SILENT_MS = 5000,
    CHARGER_BATTERY_RANGE_MS = 2000,
    CHARGER_MODULE_SILENT_MS = 3000, /* two of its three kinds of frame came within */
    CHARGER_TERMINAL_MS = 1000,      /* the age at which a measurement of it is none any more */
    CHARGER_TELEMETRY_MS = 4100,    /* likewise of telemetry: SILENT and a round of its functions */
    CHARGER_TEMPERATURE_MS = 10000, /* likewise of the module's temperature */
    CHARGER_DEVIATION_MS = 3000,
    CHARGER_RECOVER_MS = 5000,           /* between two attempts to leave bus-off */
    CHARGER_INSULATION_SETTLE_MS = 5000, /* until the monitor has seen what was plugged in */
    CHARGER_CONTACTOR_MS = 200,
    CHARGER_MODULE_OFF_MS = 2000, /* until it must have obeyed */
    CHARGER_REGISTER_MS = 3000,   /* until the first answer of an energy meter must have come */
    CHARGER_OVER_LIMIT_MS = 2000, /* above what it was asked for, by a tenth */
    CHARGER_BACK_MA = -3000,      /* less is current out of the battery, ... */
    CHARGER_BACK_MS = 1000,       /* ... a fault after so long */
    CHARGER_WELD_CHECK_MS = 3000,
    CHARGER_REST_MS = 2000,      /* between an end and the next beginning, at least */
    CHARGER_RAMP_MA_PER_MS = 20, /* 20 A each second */
    CHARGER_DOWN_MA_PER_MS = 150,
    CHARGER_LISTEN_MAX = 64 /* frames of a bus in one cycle: a flood does not hold it up */
};

/* Inputs, each active when all is well: a wire that broke is not. */
#define CHARGER_INPUT_LIST(X)                                                                      \
    X(PLUG)       /* the gun is in the vehicle; known by nothing else */                           \
    X(STOP_CHAIN) /* no emergency stop is pressed */                                               \
    X(DOOR)       /* closed */                                                                     \
    X(EARTH)                                                                                       \
    X(FAN)                                                                                         \
    X(POLARITY)                                                                                    \
    X(INSULATION)                                                                                  \
    X(CONTACTOR) /* its auxiliary contact: closed */

enum charger_input {
#define X(name) CHARGER_IN_##name,
    CHARGER_INPUT_LIST(X)
#undef X
        CHARGER_INPUT_COUNT
};

enum charger_output {
    CHARGER_OUT_TEST,
    CHARGER_OUT_PRECHARGE,
    CHARGER_OUT_CONTACTOR,
    CHARGER_OUT_MODULE,
    CHARGER_OUTPUT_COUNT
};

/* What energy needs beside unbroken interlocks: no faults. Bits. */
enum charger_need {
    CHARGER_NEEDS_TRANSACTION = 1,
    CHARGER_NEEDS_PLUG = 2,
    CHARGER_NEEDS_PERMISSION = 4 /* the battery's */
};

struct charger_power_config {
    const struct roost_port *port;
    const struct can_table *table;  /* NULL: the default one */
    uint8_t can_bus[CAN_BUS_COUNT]; /* the port's numbers of the battery's and the module's bus */
    uint8_t input[CHARGER_INPUT_COUNT]; /* the port's lines */
    uint8_t output[CHARGER_OUTPUT_COUNT];
    /* The gun's temperature. Returns 0 or an error: it cannot be read. */
    int (*gun_mdegc)(void *ctx, int32_t *out);
    void *gun_ctx;
    /* An energy meter of its own behind the output, asked in each cycle: its register, which is no
     * less than the last one, or an error: it is not known now, and nothing may flow. NULL: none;
     * what the module measures is counted. */
    int (*register_mwh)(void *ctx, uint64_t now_ms, uint64_t last_mwh, uint64_t *out);
    void *register_ctx;
    /* Every frame, for whoever keeps the last of them: heard, before anything is made of it, or
     * said. NULL: nobody does. */
    void (*frame)(void *ctx, uint64_t now_ms, enum can_bus bus, const struct roost_can_frame *frame,
                  bool said);
    void *frame_ctx;
    /* Holds off the interrupt that calls charger_power_emergency (on a chip with two cores, on the
     * other one too), for as long as one gpio write takes, or lets it come. NULL: it is called from
     * where the cycle is, never in between. */
    void (*mask)(void *ctx, bool masked);
    void *mask_ctx;
    struct roost_log *log; /* NULL: none */
};

/* What an earlier life left, for init: the register, and the faults that only a hand clears, by
 * their numbers (proto/can/fault_list.h), which another version's list has too. */
enum { CHARGER_LATCHED_MAX = 16 };
struct charger_kept {
    uint64_t mwh;
    uint16_t faults[CHARGER_LATCHED_MAX]; /* as charger_power_latched gave them; unknown: none */
};

/* What is measured at one instant. */
struct charger_sample {
    uint64_t energy_mwh; /* the register */
    bool measured;       /* the next three are known, and can be */
    int32_t voltage_mv, current_ma, power_w;
    int32_t offered_ma;
    int32_t soc_permille; /* -1: not known */
    bool warm;            /* the module's temperature is known: */
    int32_t temperature_mdegc;
};

struct charger_order {
    bool transaction; /* without one nothing flows: energy ends at once */
    bool run;         /* energy is wanted: without it, it ends in order, by the ramp */
    int32_t limit_ma; /* 0: none is wanted */
};

/* Of what was heard. */
struct charger_heard {
    int32_t value[CAN_QUANTITY_COUNT];
    uint64_t value_ms[CAN_QUANTITY_COUNT]; /* ROOST_NEVER */
    uint64_t kind_ms[CAN_KIND_COUNT];
    uint32_t outside; /* quantities that are beyond their range since they were last heard, bits */
    uint32_t frames, own, foreign, broken, left_out; /* left_out: values */
};

struct charger_bus {
    enum roost_can_state state;
    uint64_t up_ms;      /* since when it is neither off nor stopped; ROOST_NEVER */
    uint64_t recover_ms; /* of the last attempt */
    uint32_t offs, recoveries, overruns, unsent;
};

/* For reading, but by the files of this folder. */
struct charger_power {
    struct charger_power_config config;
    struct charger_order order;
    enum charger_state state;
    uint64_t started_ms, state_ms, now_ms, cycle_ms;
    /* Emergency stops that came; written by the interrupt alone. Those that a verdict has seen, and
     * those that a reset ended. */
    volatile uint32_t stops;
    uint32_t stops_seen, stops_ended;
    uint8_t inputs, lines; /* bits by enum charger_input, enum charger_line */
    struct charger_heard heard;
    struct charger_bus bus[CAN_BUS_COUNT];
    struct charger_meter meter;

    /* The verdict of this cycle. */
    uint32_t broken; /* interlocks, bits by fault */
    uint32_t faults; /* those that are faults, and those that are still latched */
    uint8_t missing; /* enum charger_need, bits */
    uint32_t failed; /* by a state: becomes a fault in the next cycle */
    uint64_t plugged_ms, contactor_ms, module_ms; /* since when they are as they are */
    /* Since when; ROOST_NEVER: it is not. */
    uint64_t deviates_ms, over_limit_ms, too_high_ms, back_ms, speaks_ms;
    int32_t terminal_ma; /* what it was before, ... */
    bool to_compare;     /* ... and telemetry said one since */
    bool module_hot, gun_hot, gun_read;
    bool register_lost; /* there is an energy meter, and it does not answer */
    int32_t gun_mdegc;
    uint64_t gun_ms;

    int32_t setpoint_ma, offered_ma;
    int32_t steady_mv; /* of the precharge */
    uint64_t steady_ms;
    bool monitor_tripped; /* in the insulation self-test */
    int32_t weld_mv;
    bool weld_seen;

    struct {
        uint64_t due_ms;
        uint8_t at;
    } say[CAN_KIND_COUNT];
    uint8_t urgent_left;  /* orders that go to the module now, not in their turn */
    uint32_t late_cycles; /* that came more than 100 ms after another, with something on */
};

/* The configuration is copied, what it points to is borrowed for good. Switches everything off and
 * starts both buses. kept NULL: a new charger. The stop's interrupt may come when it has returned;
 * a stop that is pressed by then is seen by the first cycle. Returns 0 or what the port said. */
int charger_power_init(struct charger_power *power, const struct charger_power_config *config,
                       const struct charger_kept *kept, uint64_t now_ms);

void charger_power_order(struct charger_power *power, const struct charger_order *order);

void charger_power_cycle(struct charger_power *power, uint64_t now_ms);

/* Takes the frames that are there; between cycles, so that the port's ring does not run over. */
void charger_power_listen(struct charger_power *power, uint64_t now_ms);

/* The emergency stop: everything is off when it returns, and stays so. May be called from an
 * interrupt, where the port's gpio write may; also between any two instructions of the cycle, where
 * config.mask does not hold it off. */
void charger_power_emergency(struct charger_power *power);
/* One came, and no reset ended it. */
bool charger_power_stopped(const struct charger_power *power);

/* Somebody at the charger says that what had to be mended is: latched faults end whose cause is
 * gone. Returns those that are left. */
uint32_t charger_power_reset(struct charger_power *power);

/* ---- for whoever shows, reports and bills ---- */

/* Whether energy may flow now, by the verdict of the last cycle. */
bool charger_power_may_flow(const struct charger_power *power);
/* Whether anything is switched on that it could flow through. */
bool charger_power_flows(const struct charger_power *power);
/* The fault of the highest severity, the lowest of these; -1: none. enum charger_fault. */
int charger_power_worst(const struct charger_power *power);

/* The faults to keep over a reboot, for a contactor is no less welded for it: their numbers, 0
 * behind the last. */
void charger_power_latched(const struct charger_power *power, uint16_t out[CHARGER_LATCHED_MAX]);

void charger_power_sample(const struct charger_power *power, struct charger_sample *out);

/* The last value heard, if it is no older than max_age_ms. */
bool charger_power_value(const struct charger_power *power, enum can_quantity quantity,
                         uint32_t max_age_ms, int32_t *out);
/* Thousandths, (charged - discharged) / capacity; -1: not known. */
int32_t charger_power_soc_permille(const struct charger_power *power);
/* 30, 60 or 90 Ah by the current it takes; 0: not known. */
int32_t charger_power_capacity_mah(const struct charger_power *power);

#endif
