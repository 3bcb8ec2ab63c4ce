/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a window's readings, sounds and decisions in the store. */
#include "sim/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fnv.h"
#include "sim/world.h"

/* A model asked once a minute is heard within two; readings younger than a minute may be on their
 * way. */
enum { CONTROLLED_MS = 130000, FRESH_READINGS = 6 };

enum { READINGS, ROWS, GIVEN_UP, CONTROLS, REFUSED, POISONED, MOVES, STALLS, SOUNDS };

/* ---- rows ---- */

static void remember(struct sim_window *window, struct sim_row_memory *memory,
                     const struct series_row *row)
{
    uint64_t key = roost_fnv64(ROOST_FNV64, &row->unix_ms, sizeof row->unix_ms);

    if (row->table == SERIES_AUDIO)
        key = roost_fnv64(key, row->audio.hash_hex, strlen(row->audio.hash_hex));
    else /* one made to be from the future may meet another of the same instant */
        key = roost_fnv64(key, &row->action, sizeof row->action);
    for (size_t i = 0; i < SIM_ROWS_REMEMBERED; i++)
        if (memory->keys[i] == key)
            sim_device_wrong(
                &window->device, "doubled", "a %s was stored twice, its time %+.3f s from now",
                row->table == SERIES_AUDIO ? "sound" : "decision",
                (double)(row->unix_ms - sim_unix_ms(window->device.board.clock)) / 1000.0);
    memory->keys[memory->next++ % SIM_ROWS_REMEMBERED] = key;
}

void sim_window_stored(struct sim_device *device, const struct series_row *row)
{
    struct sim_window *window = sim_window_of(device);

    switch (row->table) {
    case SERIES_TEMPERATURE:
    case SERIES_HUMIDITY:
        sim_ledger_row(&window->ledger, row);
        break;
    case SERIES_AUDIO:
        remember(window, &window->sounds, row);
        break;
    case SERIES_ACTION:
        remember(window, &window->decisions, row);
        break;
    default: /* PREDICTION: the twin of ACTION */
        break;
    }
}

/* ---- the liveness phase ---- */

const char *sim_window_lacks(const struct sim_device *device)
{
    const struct sim_window *window = sim_window_of(device);
    const struct window_motor *motor = &window->window.motor;
    const struct sim_reading *oldest;

    if (!motor->calibrated)
        return "is not calibrated";
    if (motor->state == WINDOW_MOTOR_STALLED)
        return "is stalled";
    if (sim_device_now_ms(device) - window->contact_ms > CONTROLLED_MS)
        return "is not controlled";
    (void)sim_ledger_missing(&window->ledger, &oldest);
    if (oldest && oldest->seq + FRESH_READINGS < window->window.outbox.journal.next_seq)
        return "has readings that are not stored";
    return NULL;
}

void sim_window_end(struct sim_device *device)
{
    const struct sim_window *window = sim_window_of(device);
    const struct sim_reading *oldest;
    size_t missing = sim_ledger_missing(&window->ledger, &oldest);
    uint64_t waiting = roost_outbox_waiting(&window->window.outbox);

    if (missing > 0)
        sim_device_wrong(device, "lost",
                         "%zu readings are not stored, the first is number %" PRIu64, missing,
                         oldest->seq);
    if (waiting > 0)
        sim_device_wrong(device, "waiting", "%" PRIu64 " readings wait in the journal", waiting);
    if (window->journal_dropped < window->ledger.given_up)
        sim_device_wrong(device, "gap",
                         "%" PRIu64 " readings were given up, but the device counted %" PRIu32,
                         window->ledger.given_up, window->journal_dropped);
}

/* ---- the report ---- */

void sim_window_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX])
{
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_window);

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct sim_window *window = sim_window_of(world->devices[fleet->first + i]);

        totals[READINGS] += window->ledger.count;
        totals[ROWS] += window->ledger.rows[0] + window->ledger.rows[1];
        totals[GIVEN_UP] += window->ledger.given_up;
        totals[CONTROLS] += window->controls;
        totals[REFUSED] += window->refused;
        totals[MOVES] += window->moves;
        totals[STALLS] += window->stalls;
    }
    totals[POISONED] = sim_window_model(world)->poisoned;
    totals[SOUNDS] = world->store.rows[SERIES_AUDIO];
}

void sim_window_print(const uint64_t totals[SIM_TOTALS_MAX], FILE *out)
{
    fprintf(out,
            "readings %" PRIu64 " accepted by journals, %" PRIu64 " rows stored, %" PRIu64
            " given up by full journals\n",
            totals[READINGS], totals[ROWS], totals[GIVEN_UP]);
    fprintf(out,
            "windows  %" PRIu64 " decisions taken, %" PRIu64 " refused (%" PRIu64
            " made to be), %" PRIu64 " moves, %" PRIu64 " stalls, %" PRIu64 " sounds stored\n",
            totals[CONTROLS], totals[REFUSED], totals[POISONED], totals[MOVES], totals[STALLS],
            totals[SOUNDS]);
}
