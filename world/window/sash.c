/* SPDX-License-Identifier: Apache-2.0 */
#include "world/window/sash.h"

#include <math.h>

#define SPEED_MAX_RAW_S  600.0
#define ACCEL_MAX_RAW_S2 6000.0
#define POSITION_GAIN_S  14.0 /* the servo's own loop: wanted speed per distance */
#define SLIP_RAW_S       3.0  /* a released sash sinks towards closed */
#define STEP_S           0.004
#define REST_RAW         0.5 /* the servo's dead band */

#define IDLE_MA   4.0 /* the electronics alone */
#define HOLD_MA   45.0
#define MOVE_MA   170.0
#define ACCEL_MA  90.0 /* at full acceleration */
#define STALL_MA  900.0
#define STALL_RAW 30.0 /* distance to the set point at which the servo pushes with all it has */

static uint64_t draw(struct world_sash *sash)
{
    sash->noise ^= sash->noise << 13;
    sash->noise ^= sash->noise >> 7;
    sash->noise ^= sash->noise << 17;
    return sash->noise * 0x2545F4914F6CDD1Du;
}

/* Even in [low, high). */
static double draw_between(struct world_sash *sash, double low, double high)
{
    return low + (high - low) * ((double)(draw(sash) >> 11) * 0x1p-53);
}

static double clamp(double value, double low, double high)
{
    return fmax(low, fmin(high, value));
}

void world_sash_init(struct world_sash *sash, uint64_t seed)
{
    *sash = (struct world_sash){
        .noise = (seed ^ 0x9E3779B97F4A7C15u) | 1, .current_ma = IDLE_MA, .obstruction_raw = NAN};
    for (int i = 0; i < 8; i++)
        (void)draw(sash);
    sash->stop_closed_raw = rint(draw_between(sash, 620, 700));
    sash->stop_open_raw = rint(draw_between(sash, 2260, 2380));
    sash->position_raw =
        rint(draw_between(sash, sash->stop_closed_raw, sash->stop_closed_raw + 500));
    sash->setpoint_raw = sash->position_raw;
    sash->feedback_raw = (int32_t)sash->position_raw;
}

void world_sash_set(struct world_sash *sash, double raw)
{
    sash->setpoint_raw = clamp(raw, WORLD_SASH_MIN_RAW, WORLD_SASH_MAX_RAW);
    sash->energised = true;
}

void world_sash_release(struct world_sash *sash)
{
    sash->energised = false;
    sash->velocity_raw_s = 0;
}

/* Moves to `to` as far as stops and obstruction let it; returns how far it was held back. */
static double push(struct world_sash *sash, double to)
{
    double high = sash->stop_open_raw;
    if (!isnan(sash->obstruction_raw))
        high = fmin(high, fmax(sash->obstruction_raw, sash->position_raw));
    double reached = sash->jammed ? sash->position_raw : clamp(to, sash->stop_closed_raw, high);

    sash->position_raw = reached;
    return to - reached;
}

/* One short step of the powered servo. Returns whether anything is still in motion. */
static bool servo_step(struct world_sash *sash, double dt_s)
{
    double away = sash->setpoint_raw - sash->position_raw;

    if (fabs(away) <= REST_RAW && fabs(sash->velocity_raw_s) <= ACCEL_MAX_RAW_S2 * STEP_S) {
        sash->velocity_raw_s = 0;
        sash->current_ma = HOLD_MA;
        return false;
    }
    double wanted = clamp(away * POSITION_GAIN_S, -SPEED_MAX_RAW_S, SPEED_MAX_RAW_S);
    double change =
        clamp(wanted - sash->velocity_raw_s, -ACCEL_MAX_RAW_S2 * dt_s, ACCEL_MAX_RAW_S2 * dt_s);
    sash->velocity_raw_s += change;
    double held_back = push(sash, sash->position_raw + sash->velocity_raw_s * dt_s);
    if (held_back == 0) {
        sash->current_ma = MOVE_MA + ACCEL_MA * fabs(change) / (ACCEL_MAX_RAW_S2 * dt_s);
        return true;
    }
    sash->velocity_raw_s = 0;
    away = sash->setpoint_raw - sash->position_raw;
    sash->current_ma = HOLD_MA + (STALL_MA - HOLD_MA) * fmin(1.0, fabs(away) / STALL_RAW);
    double beyond =
        fmax(sash->setpoint_raw - sash->stop_open_raw, sash->stop_closed_raw - sash->setpoint_raw);
    if (sash->position_raw == sash->stop_open_raw || sash->position_raw == sash->stop_closed_raw)
        sash->overrun_raw = fmax(sash->overrun_raw, beyond);
    return false;
}

void world_sash_step(struct world_sash *sash, double dt_s)
{
    if (sash->unpowered || !sash->energised) {
        sash->velocity_raw_s = 0;
        sash->current_ma = sash->unpowered ? 0 : IDLE_MA;
        (void)push(sash, fmax(sash->stop_closed_raw, sash->position_raw - SLIP_RAW_S * dt_s));
        return;
    }
    while (dt_s > 0 && servo_step(sash, fmin(dt_s, STEP_S)))
        dt_s -= STEP_S;
}

double world_sash_opening_pct(const struct world_sash *sash)
{
    double travel = sash->stop_open_raw - sash->stop_closed_raw;

    return clamp((sash->position_raw - sash->stop_closed_raw) / travel * 100.0, 0, 100);
}

int32_t world_sash_feedback_raw(struct world_sash *sash)
{
    if (!sash->sensor_dead)
        sash->feedback_raw = (int32_t)lrint(sash->position_raw + draw_between(sash, -2.4, 2.4));
    return sash->feedback_raw;
}
