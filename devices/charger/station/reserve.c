/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations. One of connector 0 keeps none in particular free: the last connector that is left
 * becomes the reserved one. On flash: "rs.<connector>", gone when it is used, cancelled, expired or
 * its connector lost. While the time is not known none expires.
 */
#include <string.h>

#include "core/err.h"
#include "devices/charger/station/parts.h"

static struct charger_reservation *of(struct charger_station *station, unsigned c)
{
    return c == 0 ? &station->any : &charger_at(station, c)->reservation;
}

/* ---- on flash ---- */

static int save(struct charger_station *station, unsigned c)
{
    const struct charger_reservation *kept = of(station, c);

    return charger_kept_save(station, "rs.", c, kept, kept->id == 0 ? 0 : sizeof *kept);
}

/* What cannot be removed now is later, so that no boot finds it again. */
static void forget(struct charger_station *station, unsigned c)
{
    unsigned bit = 1u << c;

    *of(station, c) = (struct charger_reservation){0};
    station->unsaved =
        (uint8_t)(save(station, c) == 0 ? station->unsaved & ~bit : station->unsaved | bit);
}

static int load(struct charger_station *station, unsigned c)
{
    struct charger_reservation *kept = of(station, c);
    int err = charger_kept_load(station, "rs.", c, kept, sizeof *kept);

    kept->tag[CHARGER_TAG_MAX] = kept->parent[CHARGER_TAG_MAX] = '\0';
    return err;
}

/* ---- whose it is ---- */

static bool is_his(const struct charger_reservation *kept, const char *tag, const char *parent)
{
    return kept->id != 0 && (charger_tags_same(kept->tag, tag) ||
                             (parent[0] != '\0' && charger_tags_same(kept->parent, parent)));
}

int32_t charger_reservation_of(const struct charger_station *station, unsigned c, const char *tag,
                               const char *parent)
{
    if (is_his(&station->connectors[c].reservation, tag, parent))
        return station->connectors[c].reservation.id;
    return is_his(&station->any, tag, parent) ? station->any.id : 0;
}

bool charger_kept_free(const struct charger_station *station, unsigned c, const char *tag,
                       const char *parent)
{
    const struct charger_connector *at = &station->connectors[c];

    if (at->reservation.id != 0)
        return !is_his(&at->reservation, tag, parent);
    return at->beneath == CHARGER_IS_RESERVED && !is_his(&station->any, tag, parent);
}

bool charger_kept_for_group(const struct charger_station *station)
{
    bool group = station->any.id != 0 && station->any.parent[0] != '\0';

    for (unsigned c = 1; c <= station->config.connectors; c++)
        group |= station->connectors[c].reservation.id != 0 &&
                 station->connectors[c].reservation.parent[0] != '\0';
    return group;
}

/* ---- time ---- */

void charger_reserve_end(struct charger_station *station, unsigned c)
{
    if (of(station, c)->id == 0)
        return;
    forget(station, c);
    if (c != 0)
        charger_happens(station, c, CHARGER_HAPPENS_RELEASED);
}

/* One that has just become free is seen so first: from PREPARING there is no way to RESERVED. */
static bool may_be_kept(const struct charger_connector *at)
{
    return !at->faulted && (at->beneath == CHARGER_IS_RESERVED ||
                            (at->beneath == CHARGER_IS_AVAILABLE && at->rests));
}

static bool free_of_its_own(const struct charger_connector *at)
{
    return !at->faulted && at->reservation.id == 0 &&
           (at->beneath == CHARGER_IS_AVAILABLE || at->beneath == CHARGER_IS_RESERVED);
}

static unsigned count_free(const struct charger_station *station)
{
    unsigned count = 0;

    for (unsigned c = 1; c <= station->config.connectors; c++)
        count += free_of_its_own(&station->connectors[c]);
    return count;
}

/* The last one that is left is kept for whoever reserved any. */
static void keep_one(struct charger_station *station)
{
    unsigned left = count_free(station);

    for (unsigned c = 1; c <= station->config.connectors; c++) {
        struct charger_connector *at = charger_at(station, c);

        if (at->reservation.id != 0) {
            if (may_be_kept(at))
                charger_happens(station, c, CHARGER_HAPPENS_RESERVED);
        } else if (station->any.id != 0 && left == 1 && may_be_kept(at)) {
            charger_happens(station, c, CHARGER_HAPPENS_RESERVED);
        } else if (at->beneath == CHARGER_IS_RESERVED) {
            charger_happens(station, c, CHARGER_HAPPENS_RELEASED);
        }
    }
}

void charger_reserve_run(struct charger_station *station)
{
    int64_t now_s = charger_now_s(station);

    for (unsigned c = 0; c <= station->config.connectors; c++) {
        const struct charger_reservation *kept = of(station, c);

        if (station->unsaved >> c & 1)
            forget(station, c);
        if (kept->id == 0 || now_s <= 0)
            continue;
        if (now_s >= kept->expires_s)
            charger_reserve_end(station, c);
        else
            charger_due(station, station->now.now_ms +
                                     (uint64_t)(kept->expires_s * 1000 - station->now.unix_ms));
    }
    keep_one(station);
}

int charger_reserve_init(struct charger_station *station)
{
    int err = ROOST_OK;

    for (unsigned c = 0; c <= station->config.connectors; c++) {
        int failed = load(station, c);
        err = err ? err : failed;
        if (c != 0 && of(station, c)->id != 0 && !charger_operative(station, c))
            forget(station, c);
    }
    return err;
}

/* ---- the central system's orders ---- */

static enum charger_reserve_answer answer_of(const struct charger_connector *at, int32_t id)
{
    if (at->faulted)
        return CHARGER_RESERVE_FAULTED;
    if (at->beneath == CHARGER_IS_UNAVAILABLE)
        return CHARGER_RESERVE_UNAVAILABLE;
    if (at->beneath == CHARGER_IS_AVAILABLE ||
        (at->beneath == CHARGER_IS_RESERVED && at->reservation.id == id))
        return CHARGER_RESERVE_ACCEPTED;
    return CHARGER_RESERVE_OCCUPIED;
}

/* Of any: the best of what its connectors answer; one that waits for his plug has one of them. */
static enum charger_reserve_answer answer_of_any(const struct charger_station *station, int32_t id)
{
    unsigned count[CHARGER_RESERVE_ANSWERS] = {0};
    unsigned taken = station->waiting.admission != CHARGER_ADMITTED_NOT;

    for (unsigned c = 1; c <= station->config.connectors; c++)
        count[answer_of(&station->connectors[c], id)]++;
    if (station->any.id != 0)
        return station->any.id == id ? CHARGER_RESERVE_ACCEPTED : CHARGER_RESERVE_OCCUPIED;
    if (count[CHARGER_RESERVE_ACCEPTED] > taken)
        return CHARGER_RESERVE_ACCEPTED;
    if (count[CHARGER_RESERVE_ACCEPTED] + count[CHARGER_RESERVE_OCCUPIED] > 0)
        return CHARGER_RESERVE_OCCUPIED;
    return count[CHARGER_RESERVE_FAULTED] > 0 ? CHARGER_RESERVE_FAULTED
                                              : CHARGER_RESERVE_UNAVAILABLE;
}

static bool good(const struct charger_station *station, const struct charger_reservation *wanted)
{
    int64_t now_s = charger_now_s(station);

    return wanted->id != 0 && charger_tag_good(wanted->tag) &&
           memchr(wanted->parent, '\0', sizeof wanted->parent) &&
           (now_s <= 0 || wanted->expires_s > now_s) && !station->ending;
}

enum charger_reserve_answer charger_station_reserve(struct charger_station *station,
                                                    uint8_t connector,
                                                    const struct charger_reservation *reservation)
{
    if (connector > station->config.connectors || !good(station, reservation))
        return CHARGER_RESERVE_REJECTED;
    enum charger_reserve_answer answer =
        connector == 0 ? answer_of_any(station, reservation->id)
                       : answer_of(charger_at(station, connector), reservation->id);
    if (answer != CHARGER_RESERVE_ACCEPTED)
        return answer;
    struct charger_reservation before = *of(station, connector);
    *of(station, connector) = *reservation;
    if (save(station, connector) != 0) {
        *of(station, connector) = before;
        return CHARGER_RESERVE_REJECTED;
    }
    for (unsigned c = 0; c <= station->config.connectors; c++)
        if (c != connector && of(station, c)->id == reservation->id)
            charger_reserve_end(station, c);
    keep_one(station);
    return CHARGER_RESERVE_ACCEPTED;
}

int charger_station_cancel(struct charger_station *station, int32_t reservation_id)
{
    for (unsigned c = 0; c <= station->config.connectors; c++) {
        if (reservation_id == 0 || of(station, c)->id != reservation_id)
            continue;
        charger_reserve_end(station, c);
        keep_one(station);
        return ROOST_OK;
    }
    return ROOST_ERR_NOT_FOUND;
}
