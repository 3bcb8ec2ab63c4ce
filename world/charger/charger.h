/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds one connector of a charger: a battery with its management, a power module on the
 * mains, the output's capacitors, precharge relay, contactor, cable and gun, the insulation
 * monitor, and hands on plug, door and emergency stop. They obey physics: every joule is accounted
 * for, the capacitors run down from 83 to 56 V in a minute, what carries current gets warm. Each
 * part can fail. Behind gpio and can of port/port.h, written once for every host, as world/window
 * is. The frames are written here by the wire's description and not by the device's table, so that
 * a mistake there is seen. Portable C without a heap; knows neither proto/, runtime/ nor devices/.
 *
 *     world_charger_init(&world, &(struct world_charger_config){.soc_permille = 400});
 *     world_charger_attach(&world, &time, &port);     // fills in gpio and can
 *     world_charger_plug(&world, true);
 */
#ifndef ROOST_WORLD_CHARGER_CHARGER_H
#define ROOST_WORLD_CHARGER_CHARGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"
#include "world/controls.h"
#include "world/lines.h"
#include "world/time.h"

#define WORLD_CHARGER_FAULT_LIST(X)                                                                \
    X(BATTERY_SILENT, "battery_silent")                                                            \
    X(BATTERY_STUCK, "battery_stuck")     /* says for ever what it said last */                    \
    X(BATTERY_RANGE, "battery_range")     /* asks for 120 V and 6500 A */                          \
    X(BATTERY_HOT, "battery_hot")         /* it is, and forbids charging */                        \
    X(BATTERY_REFUSES, "battery_refuses") /* forbids charging */                                   \
    X(BATTERY_REVERSED, "battery_reversed")                                                        \
    X(BATTERY_GONE, "battery_gone") /* its own contactor opens: the module overshoots to 90 V */   \
    X(BATTERY_LOW, "battery_low")   /* a cell is shorted: 50 V */                                  \
    X(BATTERY_FLOOD, "battery_flood")                                                              \
    X(BATTERY_BUS_OFF, "battery_bus_off")                                                          \
    X(MODULE_SILENT, "module_silent")                                                              \
    X(TERMINAL_SILENT, "terminal_silent") /* one of its kinds of frame */                          \
    X(STATUS_SILENT, "status_silent")                                                              \
    X(TELEMETRY_SILENT, "telemetry_silent")                                                        \
    X(MODULE_STUCK, "module_stuck") /* says for ever what it said last */                          \
    X(MODULE_RANGE, "module_range") /* says what cannot be */                                      \
    X(MODULE_HOT, "module_hot")                                                                    \
    X(MODULE_FLOOD, "module_flood")                                                                \
    X(MODULE_BUS_OFF, "module_bus_off")                                                            \
    X(MODULE_STAYS_ON, "module_stays_on")   /* does not obey */                                    \
    X(MODULE_RUNAWAY, "module_runaway")     /* 320 A, whatever it was told */                      \
    X(MODULE_BACKFEEDS, "module_backfeeds") /* its output is shorted: 20 A come back */            \
    X(METER_WRONG, "meter_wrong")           /* the terminal's current is read 15 % too high */     \
    X(METER_BROKEN, "meter_broken")         /* the terminal's current is infinite */               \
    X(TELEMETRY_BROKEN, "telemetry_broken") /* that of telemetry is read as 3200 A */              \
    X(TEMPERATURE_SILENT, "temperature_silent")                                                    \
    X(WELDED, "contactor_welded")                                                                  \
    X(NOT_CLOSING, "contactor_not_closing")                                                        \
    X(FEEDBACK_DEAD, "feedback_dead") /* the auxiliary contact says open */                        \
    X(PRECHARGE_OPEN, "precharge_open")                                                            \
    X(INSULATION_LOW, "insulation_low")                                                            \
    X(MONITOR_DEAD, "monitor_dead") /* the insulation monitor finds all well */                    \
    X(NO_EARTH, "no_earth")                                                                        \
    X(FAN_STOPPED, "fan_stopped")                                                                  \
    X(GUN_HOT, "gun_hot")                                                                          \
    X(GUN_SENSOR_DEAD, "gun_sensor_dead")                                                          \
    X(DCMETER_SILENT, "dcmeter_silent") /* where there is one (world/charger/dcmeter.h) */         \
    X(DCMETER_NOISY, "dcmeter_noisy")   /* a bit of each answer falls over */

enum world_charger_fault {
#define X(name, text) WORLD_CHARGER_##name,
    WORLD_CHARGER_FAULT_LIST(X)
#undef X
        WORLD_CHARGER_FAULT_COUNT
};
_Static_assert(WORLD_CHARGER_FAULT_COUNT <= 64, "a set of them is a word");

/* Lines of the port's gpio: inputs, then outputs. */
enum world_charger_line {
    WORLD_CHARGER_LINE_PLUG,
    WORLD_CHARGER_LINE_STOP_CHAIN,
    WORLD_CHARGER_LINE_DOOR,
    WORLD_CHARGER_LINE_EARTH,
    WORLD_CHARGER_LINE_FAN,
    WORLD_CHARGER_LINE_POLARITY,
    WORLD_CHARGER_LINE_INSULATION,
    WORLD_CHARGER_LINE_FEEDBACK,
    WORLD_CHARGER_LINE_TEST,
    WORLD_CHARGER_LINE_PRECHARGE,
    WORLD_CHARGER_LINE_CONTACTOR,
    WORLD_CHARGER_LINE_MODULE,
    WORLD_CHARGER_LINE_COUNT
};

enum { WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS, WORLD_CHARGER_BUSES };
enum {
    WORLD_CHARGER_RING = 32,     /* frames that a controller keeps */
    WORLD_CHARGER_FUNCTIONS = 16 /* of telemetry, by their last digit */
};

struct world_charger_config {
    uint32_t capacity_mah;   /* 30000, 60000 or 90000; 0: 60000 */
    uint16_t soc_permille;   /* in the beginning */
    int16_t ambient_degc;    /* 0: 20 */
    uint16_t flood_per_tick; /* frames in each 10 ms of a flood; 0: 10, a thousand a second */
    uint16_t runaway_a;      /* what a module that runs away lets out; 0: 320 */
    uint16_t monitor_ms;     /* from plugging in until the insulation monitor sees the vehicle */
    /* The emergency stop is pressed: as an interrupt, before anything else happens. NULL: none. */
    void (*stop)(void *ctx);
    void *stop_ctx;
};

struct world_charger_bus {
    enum roost_can_state state;
    struct roost_can_frame ring[WORLD_CHARGER_RING];
    size_t head, used;
    uint32_t overruns, taken, sent, recoveries;
    bool news;
};

struct world_charger {
    /* The rest is the world's own, but the tests'. */
    struct world_charger_config config;
    struct world_time time;
    struct world_lines lines;
    struct roost_gpio inner; /* the lines' */
    uint64_t faults;         /* bits by enum world_charger_fault */
    uint64_t at_ms;          /* brought up to here */
    uint64_t tick_ms;        /* when it is brought up by itself */
    bool attached, plugged, stopped, door_open;
    uint64_t plugged_ms;

    struct world_charger_bus bus[WORLD_CHARGER_BUSES];

    struct {
        double soc, temperature_degc; /* 0..1 */
        double charged_ah, discharged_ah;
        double voc_v;
        bool full;
        uint64_t frame_ms;
        uint8_t last[8]; /* frame that was said */
        uint32_t heard;  /* frames of the charger's output */
    } battery;
    struct {
        bool on, charging;
        double limit_v, limit_a, current_a, temperature_degc;
        uint64_t terminal_ms, status_ms, ordered_ms;
        uint8_t last_terminal[8], last_status[8];
        uint8_t last_reply[WORLD_CHARGER_FUNCTIONS][8];
        uint32_t asked; /* telemetry */
    } module;
    struct {
        bool contactor; /* whether it is closed */
        uint64_t moves_ms;
        bool told;
        double output_v; /* at the module's terminals */
        uint32_t arcs;   /* times it opened, or the gun was pulled, under current */
    } circuit;
    struct {
        bool tripped;
        uint64_t tripped_ms;
    } monitor;
    double gun_degc, gun_mohm;

    /* Joules since the world began. terminal = battery + resistance. */
    double terminal_j, battery_j, resistance_j, inrush_j;
};

/* The configuration is copied. The gun is out, the door closed. */
void world_charger_init(struct world_charger *world, const struct world_charger_config *config);

/* Puts the modelled parts into `port`. `time` is copied; `world` must stay. Returns 0. */
int world_charger_attach(struct world_charger *world, const struct world_time *time,
                         struct roost_port *port);

/* The device lost its power, or was reset: its outputs fall. */
void world_charger_off(struct world_charger *world);

/* Brings everything up to now. */
void world_charger_update(struct world_charger *world);

void world_charger_plug(struct world_charger *world, bool in);
/* Another battery comes, or this one with another charge; not while it is plugged in. */
void world_charger_battery(struct world_charger *world, uint32_t capacity_mah,
                           uint16_t soc_permille);
void world_charger_stop(struct world_charger *world, bool pressed);
void world_charger_door(struct world_charger *world, bool open);

/* Of the gun's sensor: what the device reads. Returns 0 or ROOST_ERR_FAULT. ctx: the world. */
int world_charger_gun_mdegc(void *ctx, int32_t *out);

/* What flows now into the battery, and has since the world began. */
double world_charger_current_a(const struct world_charger *world);
double world_charger_energy_wh(const struct world_charger *world); /* at the terminals */

bool world_charger_has_fault(const struct world_charger *world, enum world_charger_fault fault);
void world_charger_set_fault(struct world_charger *world, enum world_charger_fault fault, bool on);

/* For struct world_charger as the world. */
extern const struct world_controls world_charger_controls;

#endif
