/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "devices/charger/station/parts.h"

enum { RETRY_MS = 1000 };

static void log_transaction(const struct charger_station *station, const char *text, unsigned c,
                            unsigned reason, int err)
{
    if (station->config.log)
        ROOST_LOG(station->config.log, err ? ROOST_LOG_ERROR : ROOST_LOG_INFO, "charger", text,
                  RF_INT("connector", c), RF_INT("transaction", station->connectors[c].transaction),
                  RF_INT("reason", reason), RF_ERR("error", err));
}

/* ---- begin ---- */

void charger_begin(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    struct roost_ledger_begin begin = {.connector = (uint8_t)c, .note = at->admission};

    charger_tag_set(begin.tag, at->tag);
    begin.reservation = charger_reservation_of(station, c, at->tag, at->parent);
    charger_values(station, c, &begin.values);
    int err =
        roost_ledger_begin(station->config.ledger, &begin, station->now.now_ms, &at->transaction);
    log_transaction(station, "begin", c, at->admission, err);
    if (err) { /* no account, no energy */
        at->transaction = 0;
        station->begins_refused++;
        charger_withdraw(station, c);
        return;
    }
    at->begun_ms = at->idle_ms = station->now.now_ms;
    at->begun_mwh = begin.values.energy_mwh;
    at->verdict = station->online ? CHARGER_VERDICT_WAITS : CHARGER_VERDICT_ALONE;
    at->idle = at->unplugged_inside = false;
    at->sample_s = 0;
    station->limits_ms = 0;
    charger_allowance_take(station, c);
    (void)charger_profiles_begin(station->config.profiles, (int32_t)c, &station->now);
    charger_happens(station, c, CHARGER_HAPPENS_BEGUN);
    if (at->reservation.id != 0 && at->reservation.id == begin.reservation)
        charger_reserve_end(station, c);
    else if (begin.reservation != 0)
        charger_reserve_end(station, 0);
}

/* ---- end ---- */

void charger_stop(struct charger_station *station, unsigned c, enum roost_ledger_reason reason,
                  const char *tag)
{
    struct charger_connector *at = charger_at(station, c);

    if (at->transaction == 0 || at->stopping.on)
        return;
    at->stopping.on = true;
    at->stopping.reason = (uint8_t)reason;
    at->stopping.since_ms = at->stopping.retry_ms = station->now.now_ms;
    charger_tag_set(at->stopping.tag, tag);
    at->wants = false;
}

static void note_last(struct charger_station *station, struct charger_connector *at,
                      const struct roost_ledger_values *values, int32_t soc_permille)
{
    at->last.transaction = at->transaction;
    at->last.energy_mwh = values->energy_mwh - at->begun_mwh;
    at->last.duration_ms = station->now.now_ms - at->begun_ms;
    at->last.soc_permille = soc_permille;
    at->last.reason = at->stopping.reason;
}

static void over(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    at->transaction = 0;
    at->stopping.on = false;
    at->ended_ms = station->now.now_ms;
    at->allowance = (struct charger_allowance){0};
    at->idle = at->unplugged_inside = false;
    charger_happens(station, c, CHARGER_HAPPENS_ENDED);
    charger_withdraw(station, c);
    charger_available_run(station);
}

void charger_stop_run(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    const struct charger_power *power = charger_power_at(station, c);
    uint64_t now_ms = station->now.now_ms;
    struct roost_ledger_end end = {.connector = (uint8_t)c, .reason = at->stopping.reason};

    if (!at->stopping.on)
        return;
    /* What still flows is part of it: when its time is over the order ends it (station.c), and the
     * end is written a cycle later. */
    if (now_ms < at->stopping.retry_ms || charger_power_flows(power)) {
        charger_due(station, now_ms + CHARGER_CYCLE_MS);
        return;
    }
    charger_tag_set(end.tag, at->stopping.tag);
    charger_values(station, c, &end.values);
    int err = roost_ledger_end(station->config.ledger, &end, now_ms);
    log_transaction(station, "end", c, end.reason, err);
    if (err && err != ROOST_ERR_STATE) { /* it must not be lost: again, with the energy off */
        at->stopping.retry_ms = now_ms + RETRY_MS;
        return;
    }
    note_last(station, at, &end.values, charger_power_soc_permille(power));
    over(station, c);
}

/* ---- what the central system says ---- */

void charger_station_begun(struct charger_station *station, uint32_t transaction,
                           int32_t external_id, const struct charger_tag *told)
{
    if (told)
        charger_station_learn(station, told);
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        struct charger_connector *at = charger_at(station, c);

        if (at->transaction == 0 || at->transaction != transaction)
            continue;
        if (external_id != -1)
            (void)charger_profiles_identify(station->config.profiles, (int32_t)c, external_id);
        if (!told) { /* nobody will answer any more */
            if (at->verdict == CHARGER_VERDICT_WAITS)
                at->verdict = CHARGER_VERDICT_ALONE;
            continue;
        }
        if (told->parent[0] != '\0')
            charger_tag_set(at->parent, told->parent);
        if (at->verdict == CHARGER_VERDICT_SPENT)
            continue;
        at->refused_mwh = charger_power_at(station, c)->meter.mwh;
        at->verdict =
            told->status == CHARGER_TAG_ACCEPTED ? CHARGER_VERDICT_GOOD : CHARGER_VERDICT_REFUSED;
    }
}

int charger_station_remote_stop(struct charger_station *station, int32_t external_id)
{
    const struct roost_ledger *ledger = station->config.ledger;
    unsigned c = roost_ledger_find(ledger, external_id);

    if (c == 0 || c > station->config.connectors || charger_at(station, c)->transaction == 0 ||
        ledger->connectors[c - 1].sent != charger_at(station, c)->transaction)
        return ROOST_ERR_NOT_FOUND;
    charger_stop(station, c, ROOST_LEDGER_REMOTE, "");
    return ROOST_OK;
}

void charger_station_end(struct charger_station *station, bool hard)
{
    station->ending = true;
    station->ending_hard |= hard;
    station->waiting.admission = CHARGER_ADMITTED_NOT;
    station->question.what = CHARGER_ASKS_NOTHING;
    for (unsigned c = 1; c <= station->config.connectors; c++)
        if (charger_at(station, c)->transaction != 0)
            charger_stop(station, c, hard ? ROOST_LEDGER_HARD_RESET : ROOST_LEDGER_SOFT_RESET, "");
        else
            charger_withdraw(station, c);
}

bool charger_station_rests(const struct charger_station *station)
{
    for (unsigned c = 1; c <= station->config.connectors; c++)
        if (station->connectors[c].transaction != 0 ||
            charger_power_flows(charger_power_at(station, c)))
            return false;
    return true;
}
