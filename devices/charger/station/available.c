/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In and out of order, by the central system. On flash "av": a bit each, what it will be once the
 * transaction that runs is over, because no transaction outlives a boot.
 */
#include "core/err.h"
#include "devices/charger/station/parts.h"

static bool wanted(const struct charger_connector *at)
{
    return at->operative && !at->inoperative_later;
}

/* Bits by connector. */
static uint8_t closed_now(const struct charger_station *station)
{
    uint8_t closed = 0;

    for (unsigned c = 0; c <= station->config.connectors; c++)
        closed |= (uint8_t)(wanted(&station->connectors[c]) ? 0 : 1u << c);
    return closed;
}

static int save(const struct charger_station *station, uint8_t closed)
{
    const struct roost_kv *kv = station->config.kv;

    return closed ? kv->ops->set(kv->ctx, "av", &closed, 1) : kv->ops->erase(kv->ctx, "av");
}

int charger_available_init(struct charger_station *station)
{
    const struct roost_kv *kv = station->config.kv;
    uint8_t closed = 0;
    int len = kv->ops->get(kv->ctx, "av", &closed, 1);

    if (len != 1)
        closed = 0;
    for (unsigned c = 0; c <= station->config.connectors; c++)
        charger_at(station, c)->operative = !(closed >> c & 1);
    return len == 1 || len == ROOST_ERR_NOT_FOUND ? ROOST_OK : ROOST_ERR_IO;
}

static bool anything_runs(const struct charger_station *station)
{
    bool runs = false;

    for (unsigned c = 1; c <= station->config.connectors; c++)
        runs |= station->connectors[c].transaction != 0;
    return runs;
}

static bool must_wait(const struct charger_station *station, unsigned c)
{
    return c == 0 ? anything_runs(station) : station->connectors[c].transaction != 0;
}

static void close(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    if (at->beneath == CHARGER_IS_UNAVAILABLE)
        return;
    if (c != 0)
        charger_withdraw(station, c);
    /* There is no way out of order from somebody's preparing: he is timed out (B1, B6). */
    charger_happens(station, c, CHARGER_HAPPENS_TIMED_OUT);
    charger_happens(station, c, CHARGER_HAPPENS_CLOSED);
    charger_reserve_end(station, c);
}

void charger_available_run(struct charger_station *station)
{
    for (unsigned c = 0; c <= station->config.connectors; c++) {
        struct charger_connector *at = charger_at(station, c);

        if (at->inoperative_later && !must_wait(station, c)) {
            at->inoperative_later = false;
            at->operative = false;
        }
    }
    for (unsigned c = 0; c <= station->config.connectors; c++) {
        bool closed = !charger_operative(station, c);

        if (closed && !must_wait(station, c))
            close(station, c);
        else if (!closed && charger_at(station, c)->beneath == CHARGER_IS_UNAVAILABLE) {
            charger_happens(station, c, CHARGER_HAPPENS_OPENED);
            charger_at(station, c)->plugged_ms = station->now.now_ms;
        }
    }
}

void charger_station_leave(struct charger_station *station, bool leaves)
{
    station->leaving = leaves;
    charger_available_run(station);
}

static void set(struct charger_station *station, unsigned c, bool operative)
{
    struct charger_connector *at = charger_at(station, c);

    at->inoperative_later = !operative && at->operative && must_wait(station, c);
    at->operative = operative || at->inoperative_later;
}

enum charger_available_answer charger_station_available(struct charger_station *station,
                                                        uint8_t connector, bool operative)
{
    unsigned count = station->config.connectors;
    bool scheduled = false;

    if (connector > count)
        return CHARGER_AVAILABLE_REJECTED;
    uint8_t meant = (uint8_t)(connector != 0 ? 1u << connector : (2u << count) - 1);
    uint8_t closed = closed_now(station);
    if (save(station, (uint8_t)(operative ? closed & ~meant : closed | meant)) != 0)
        return CHARGER_AVAILABLE_REJECTED;
    for (unsigned c = 0; c <= count; c++) {
        if (!(meant >> c & 1))
            continue;
        set(station, c, operative);
        scheduled |= charger_at(station, c)->inoperative_later;
    }
    charger_available_run(station);
    return scheduled ? CHARGER_AVAILABLE_SCHEDULED : CHARGER_AVAILABLE_ACCEPTED;
}
