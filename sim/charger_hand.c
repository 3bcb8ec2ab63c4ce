/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes with a vehicle: plugs in, pays by card or lets the central system start, stays a while,
 * and ends it by card, from afar, or by pulling the gun.
 *
 *     AWAY --plugs in--> ARRIVED --card, remote start--> ASKED --a transaction runs--> STAYS
 *      ^                                                   | nothing comes of it         | leaves
 *      +------------------------unplugs---------------- ENDING <-------------------------+
 *
 * And who mends: a fault that waits for a hand is reset some time after its cause is gone.
 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "sim/charger.h"
#include "sim/world.h"

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60000,
    AWAY_LOW_MS = 10 * MINUTE_MS,
    AWAY_HIGH_MS = 4 * 60 * MINUTE_MS,
    LOOK_MS = 20000, /* so often one who waits looks at the display; and at the clock */
    HURRIED_LOW_S = 60,
    HURRIED_HIGH_S = 150,
    TRIES = 4,
    MENDS_MS = 3 * MINUTE_MS,
    MENDS_SOON_MS = 20000 /* after the last fault of the run */
};

static void act(void *ctx, uint64_t number, void *data);

static uint64_t now_of(const struct sim_charger *charger)
{
    return charger->device.board.clock->now_ms;
}

static uint32_t draw(struct sim_charger *charger, uint32_t low, uint32_t high)
{
    return (uint32_t)sim_random_between(&charger->random, low, high);
}

static bool one_of(struct sim_charger *charger, uint32_t hundredths)
{
    return draw(charger, 0, 99) < hundredths;
}

/* After the last fault everything is to be tried once more. */
static bool hurries(const struct sim_charger *charger)
{
    return charger->garage && charger->garage->world->quiet;
}

/* Vehicles come in quick succession, as in the end. */
static bool is_busy(const struct sim_charger *charger)
{
    return hurries(charger) || (charger->garage && charger->garage->world->visits > 0);
}

static bool powered(const struct sim_charger *charger)
{
    const struct sim_board *board = &charger->device.board;

    return sim_board_alive(board) && !board->hung;
}

static bool runs(const struct sim_charger *charger)
{
    return powered(charger) && sim_charger_connector(charger)->transaction != 0;
}

static void go_to(struct sim_charger *charger, enum sim_visit visit, uint64_t wait_ms)
{
    charger->visit = visit;
    charger->next_ms = now_of(charger) + wait_ms;
}

/* ---- the central system's side ---- */

struct csms *sim_charger_csms(const struct sim_charger *charger)
{
    return charger->garage ? sim_hub_service(&charger->garage->world->hub, &csms_service) : NULL;
}

static void answered(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct sim_charger *charger = ctx;

    (void)error;
    (void)text;
    charger->asking = false;
    if (outcome == CSMS_ANSWERED)
        charger->garage->remote++;
    else if (outcome == CSMS_CALLERROR || outcome == CSMS_BAD_ANSWER)
        charger->garage->refused++;
    else
        charger->garage->lost++;
}

int sim_charger_ask(struct sim_charger *charger, enum ocpp_message message, const char *payload)
{
    struct csms *csms = sim_charger_csms(charger);
    const struct csms_ask ask = {.message = message,
                                 .payload = payload,
                                 .payload_len = strlen(payload),
                                 .done = answered,
                                 .ctx = charger};

    if (!csms)
        return ROOST_ERR_CLOSED;
    if (charger->asking)
        return ROOST_ERR_BUSY;
    int err = csms_ask(csms, charger->device.id, &ask);
    charger->asking = err == 0;
    sim_hub_wake(&charger->garage->world->hub);
    return err;
}

static void start_remotely(struct sim_charger *charger)
{
    char payload[96];

    snprintf(payload, sizeof payload, "{\"connectorId\":1,\"idTag\":\"%s\"}", charger->tag);
    (void)sim_charger_ask(charger, OCPP_MSG_RemoteStartTransaction, payload);
}

/* By the number that the central system shows, where it shows one. */
static bool stop_remotely(struct sim_charger *charger)
{
    struct csms *csms = sim_charger_csms(charger);
    struct csms_view view;
    char payload[64];

    if (!csms || !csms_look(csms, charger->device.id, &view) || view.connector_count < 2 ||
        !view.connectors[1].tx)
        return false;
    snprintf(payload, sizeof payload, "{\"transactionId\":%d}", (int)view.connectors[1].tx->id);
    return sim_charger_ask(charger, OCPP_MSG_RemoteStopTransaction, payload) == 0;
}

/* ---- at the charger ---- */

static void show_card(struct sim_charger *charger)
{
    if (!powered(charger))
        return;
    roost_charger_card(&charger->charger, 1, charger->tag);
    sim_board_kick(&charger->device.board);
}

static void plug(struct sim_charger *charger, bool in)
{
    world_charger_plug(&charger->around, in);
    sim_charger_touched(charger);
}

static void arrive(struct sim_charger *charger)
{
    static const uint32_t sizes[] = {30000, 60000, 90000};
    unsigned good = draw(charger, 0, SIM_CHARGER_TAGS - 1);

    world_charger_battery(&charger->around, sizes[draw(charger, 0, 2)],
                          (uint16_t)draw(charger, 50, is_busy(charger) ? 500 : 900));
    if (one_of(charger, 4) && !hurries(charger))
        snprintf(charger->tag, sizeof charger->tag, "%s", one_of(charger, 50) ? "LOST" : "BLOCKED");
    else
        snprintf(charger->tag, sizeof charger->tag, "CARD-%02u-%u",
                 (unsigned)charger->device.board.options.index, good);
    charger->tries = 0;
    if (one_of(charger, 20))
        show_card(charger);
    plug(charger, true);
    go_to(charger, SIM_ARRIVED, draw(charger, 1, 20) * SECOND_MS);
}

/* A card that was shown before the gun was in counts already: it is not taken back by a second. */
static void ask(struct sim_charger *charger)
{
    if (powered(charger) && sim_charger_connector(charger)->admission == CHARGER_ADMITTED_NOT) {
        if (one_of(charger, 40))
            start_remotely(charger);
        else
            show_card(charger);
    }
    charger->tries++;
    go_to(charger, SIM_ASKED, draw(charger, 10, 40) * SECOND_MS);
}

static uint64_t draw_stay(struct sim_charger *charger)
{
    if (is_busy(charger))
        return draw(charger, HURRIED_LOW_S, HURRIED_HIGH_S) * SECOND_MS;
    if (one_of(charger, 10))
        return draw(charger, 1, 60) * SECOND_MS;
    return one_of(charger, 15) ? draw(charger, 40, 150) * MINUTE_MS
                               : draw(charger, 3, 25) * MINUTE_MS;
}

static void wait(struct sim_charger *charger)
{
    bool tried_enough = charger->tries >= TRIES && !hurries(charger);

    if (runs(charger)) {
        go_to(charger, SIM_STAYS, 0);
        charger->leave_ms = now_of(charger) + draw_stay(charger);
    } else if (tried_enough) {
        go_to(charger, SIM_ENDING, 0);
    } else {
        ask(charger);
    }
}

static void leave(struct sim_charger *charger)
{
    bool pulls = one_of(charger, 15) && !hurries(charger);

    if (runs(charger) && !pulls && !(one_of(charger, 40) && stop_remotely(charger)))
        show_card(charger);
    go_to(charger, SIM_ENDING, pulls ? 0 : draw(charger, 8, 40) * SECOND_MS);
}

/* It may have ended meanwhile; who hurries leaves then, and stays for no longer than another would
 * who came now. Else he sees it when he comes back. */
static void stay(struct sim_charger *charger)
{
    uint64_t now_ms = now_of(charger);

    if (hurries(charger) && charger->leave_ms > now_ms + HURRIED_HIGH_S * SECOND_MS)
        charger->leave_ms = now_ms + draw_stay(charger);
    if (now_ms >= charger->leave_ms || (hurries(charger) && !runs(charger)))
        leave(charger);
    else
        go_to(charger, SIM_STAYS, roost_earlier(charger->leave_ms - now_ms, LOOK_MS));
}

static void unplug(struct sim_charger *charger)
{
    bool done = hurries(charger) && charger->charged_ms > charger->garage->world->quiet_ms;

    plug(charger, false);
    charger->resting = done;
    go_to(charger, SIM_AWAY,
          is_busy(charger) ? draw(charger, 5, 20) * SECOND_MS
                           : draw(charger, AWAY_LOW_MS, AWAY_HIGH_MS));
}

static void act(void *ctx, uint64_t number, void *data)
{
    struct sim_charger *charger = ctx;
    uint64_t now_ms = now_of(charger);
    bool due = now_ms >= charger->next_ms || (charger->visit == SIM_AWAY && hurries(charger));

    (void)number;
    (void)data;
    if (charger->resting)
        return;
    if (due) {
        enum sim_visit visit = charger->visit;

        sim_trace(charger->device.board.clock, charger->device.board.options.index, "driver",
                  &visit, sizeof visit);
        switch (visit) {
        case SIM_AWAY:
            arrive(charger);
            break;
        case SIM_ARRIVED:
            ask(charger);
            break;
        case SIM_ASKED:
            wait(charger);
            break;
        case SIM_STAYS:
            stay(charger);
            break;
        default:
            unplug(charger);
            break;
        }
    }
    sim_at(charger->device.board.clock, roost_earlier(charger->next_ms, now_ms + LOOK_MS), act,
           charger, 0, NULL);
}

void sim_driver_init(struct sim_charger *charger)
{
    struct sim_clock *clock = charger->device.board.clock;

    sim_random_init(&charger->random, clock->seed, "driver", charger->device.board.options.index);
    go_to(charger, SIM_AWAY, draw(charger, MINUTE_MS, 60 * MINUTE_MS));
    sim_at(clock, clock->now_ms + LOOK_MS, act, charger, 0, NULL);
}

/* ---- who mends ---- */

void sim_driver_look(struct sim_charger *charger)
{
    uint64_t now_ms = now_of(charger), wait_ms = hurries(charger) ? MENDS_SOON_MS : MENDS_MS;
    uint16_t latched[CHARGER_LATCHED_MAX];

    charger_power_latched(&charger->charger.power[0], latched);
    if (latched[0] == 0) {
        charger->latched_ms = 0;
        return;
    }
    if (charger->latched_ms == 0)
        charger->latched_ms = now_ms;
    if (now_ms - charger->latched_ms < wait_ms)
        return;
    charger->latched_ms = now_ms;
    sim_trace(charger->device.board.clock, charger->device.board.options.index, "mended", latched,
              sizeof latched);
    (void)roost_charger_reset_faults(&charger->charger);
    sim_board_kick(&charger->device.board);
}
