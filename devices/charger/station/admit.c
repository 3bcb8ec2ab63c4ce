/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is let in, and where: cards, the central system's answers about them, its own starts, the
 * button, the plug. At a reader of several connectors a card is for the one that was plugged in
 * last and waits for it, else for the one that is left, else for whichever is plugged in next; one
 * that nobody presented a card to in time must be plugged in anew (B6, errata 3.20).
 */
#include <string.h>

#include "core/err.h"
#include "devices/charger/station/parts.h"

static uint64_t time_out_ms(const struct charger_station *station)
{
    return (uint64_t)charger_key_of(station, CHARGER_KEY_CONNECTION_TIMEOUT) * 1000;
}

void charger_withdraw(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    at->admission = CHARGER_ADMITTED_NOT;
    at->tag[0] = at->parent[0] = '\0';
    (void)charger_profiles_end(station->config.profiles, (int32_t)c);
    charger_happens(station, c, CHARGER_HAPPENS_TIMED_OUT);
}

/* ---- where ---- */

static bool usable(const struct charger_station *station, unsigned c, const char *tag,
                   const char *parent)
{
    const struct charger_connector *at = &station->connectors[c];

    return !station->ending && !station->barred && !at->faulted && at->transaction == 0 &&
           at->admission == CHARGER_ADMITTED_NOT && at->beneath != CHARGER_IS_UNAVAILABLE &&
           !charger_kept_free(station, c, tag, parent);
}

static bool expects_card(const struct charger_connector *at)
{
    return at->plugged && at->beneath != CHARGER_IS_FINISHING;
}

/* Of all connectors: one, 0 (whichever is plugged in next) or ROOST_ERR_STATE. */
static int pick_any(const struct charger_station *station, const char *tag, const char *parent)
{
    int latest = 0, last = 0;
    unsigned count = 0;

    for (unsigned c = 1; c <= station->config.connectors; c++) {
        const struct charger_connector *at = &station->connectors[c];

        if (!usable(station, c, tag, parent))
            continue;
        count++;
        last = (int)c;
        if (expects_card(at) &&
            (latest == 0 || at->plugged_ms > station->connectors[latest].plugged_ms))
            latest = (int)c;
    }
    if (latest != 0)
        return latest;
    if (count == 0 || station->waiting.admission != CHARGER_ADMITTED_NOT)
        return ROOST_ERR_STATE;
    return count == 1 ? last : 0;
}

static int pick(const struct charger_station *station, unsigned connector, const char *tag,
                const char *parent)
{
    if (connector == 0)
        return pick_any(station, tag, parent);
    return usable(station, connector, tag, parent) ? (int)connector : ROOST_ERR_STATE;
}

static bool is_at(unsigned connector, unsigned c)
{
    return connector == 0 || connector == c;
}

/* Where a transaction of his group runs; 0: nowhere. parent NULL: of any group. */
static unsigned group_at(const struct charger_station *station, unsigned connector,
                         const char *parent)
{
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        const struct charger_connector *at = &station->connectors[c];

        if (is_at(connector, c) && at->transaction != 0 && at->parent[0] != '\0' &&
            (!parent || charger_tags_same(at->parent, parent)))
            return c;
    }
    return 0;
}

/* ---- let in ---- */

static void admit(struct charger_station *station, unsigned c, const char *tag, const char *parent,
                  enum charger_admission admission)
{
    struct charger_connector *at = charger_at(station, c);

    at->admission = (uint8_t)admission;
    at->admitted_ms = station->now.now_ms;
    charger_tag_set(at->tag, tag);
    charger_tag_set(at->parent, parent);
    charger_happens(station, c, CHARGER_HAPPENS_ADMITTED);
}

static void wait_for_plug(struct charger_station *station, const char *tag, const char *parent,
                          enum charger_admission admission)
{
    station->waiting.admission = (uint8_t)admission;
    station->waiting.until_ms = station->now.now_ms + time_out_ms(station);
    charger_tag_set(station->waiting.tag, tag);
    charger_tag_set(station->waiting.parent, parent);
}

static void refuse(struct charger_station *station, unsigned c)
{
    station->cards_refused++;
    /* The profile of a remote start that came to nothing. */
    if (c != 0 && charger_at(station, c)->transaction == 0 &&
        charger_at(station, c)->admission == CHARGER_ADMITTED_NOT)
        (void)charger_profiles_end(station->config.profiles, (int32_t)c);
}

/* Somebody who may: he starts, or stops what his group started. */
static void let_in(struct charger_station *station, unsigned connector, bool remote,
                   const char *tag, const char *parent, enum charger_admission admission)
{
    int c = pick(station, connector, tag, parent);
    unsigned group = remote || parent[0] == '\0' ? 0 : group_at(station, connector, parent);

    if (group != 0 && !(c > 0 && expects_card(charger_at(station, (unsigned)c))))
        charger_stop(station, group, ROOST_LEDGER_LOCAL, tag);
    else if (c > 0)
        admit(station, (unsigned)c, tag, parent, admission);
    else if (c == 0)
        wait_for_plug(station, tag, parent, admission);
    else
        refuse(station, connector);
}

/* ---- cards ---- */

/* His own: what he started is stopped, what he was about to start is not. */
static bool takes_back(struct charger_station *station, unsigned connector, const char *tag)
{
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        struct charger_connector *at = charger_at(station, c);

        if (!is_at(connector, c) || at->admission == CHARGER_ADMITTED_NOT ||
            !charger_tags_same(at->tag, tag))
            continue;
        if (at->transaction != 0)
            charger_stop(station, c, ROOST_LEDGER_LOCAL, tag);
        else
            charger_withdraw(station, c);
        return true;
    }
    if (connector != 0 || station->waiting.admission == CHARGER_ADMITTED_NOT ||
        !charger_tags_same(station->waiting.tag, tag))
        return false;
    station->waiting.admission = CHARGER_ADMITTED_NOT;
    return true;
}

static int ask(struct charger_station *station, unsigned connector, bool remote, const char *tag)
{
    bool starts = pick(station, connector, tag, "") >= 0;

    if (station->question.what != CHARGER_ASKS_NOTHING) {
        station->cards_lost += !charger_tags_same(station->question.tag, tag);
        return ROOST_ERR_BUSY;
    }
    /* Nothing could come of it. */
    if (!starts && group_at(station, connector, NULL) == 0 && !charger_kept_for_group(station)) {
        refuse(station, connector);
        return ROOST_ERR_STATE;
    }
    station->question.what = starts ? CHARGER_ASKS_START : CHARGER_ASKS_STOP;
    station->question.connector = (uint8_t)connector;
    station->question.remote = remote;
    station->question.since_ms = station->now.now_ms;
    charger_tag_set(station->question.tag, tag);
    return ROOST_OK;
}

/* By what is known here, or else by asking. */
static int judge(struct charger_station *station, unsigned connector, bool remote, const char *tag)
{
    struct charger_tag_decision decision;

    charger_tags_decide(station->config.tags, tag, station->online, charger_now_s(station),
                        &decision);
    if (decision.action == CHARGER_TAG_REFUSE) {
        refuse(station, connector);
        return ROOST_ERR_STATE;
    }
    /* A card of which no group is known may be of the one that a connector is reserved for. */
    if (decision.action == CHARGER_TAG_ASK ||
        (station->online && decision.parent[0] == '\0' && pick(station, connector, tag, "") < 0))
        return ask(station, connector, remote, tag);
    if (remote && pick(station, connector, tag, decision.parent) < 0) {
        refuse(station, connector);
        return ROOST_ERR_STATE;
    }
    let_in(station, connector, remote, tag, decision.parent, CHARGER_ADMITTED_HERE);
    return ROOST_OK;
}

void charger_station_card(struct charger_station *station, uint8_t connector, const char *tag)
{
    if (!charger_tag_good(tag) || connector > station->config.connectors || station->ending)
        station->cards_refused++;
    else if (!takes_back(station, connector, tag))
        (void)judge(station, connector, false, tag);
}

void charger_station_button(struct charger_station *station, uint8_t connector)
{
    const char *tag = station->config.free_tag;

    if (connector == 0 || connector > station->config.connectors ||
        station->config.start_mode == CHARGER_START_CARD)
        station->cards_refused++;
    else if (charger_at(station, connector)->transaction != 0)
        charger_stop(station, connector, ROOST_LEDGER_LOCAL, "");
    else if (usable(station, connector, tag, ""))
        admit(station, connector, tag, "", CHARGER_ADMITTED_FREE);
    else
        station->cards_refused++;
}

/* ---- the central system ---- */

bool charger_station_question(const struct charger_station *station, char tag[CHARGER_TAG_MAX + 1])
{
    if (station->question.what == CHARGER_ASKS_NOTHING)
        return false;
    charger_tag_set(tag, station->question.tag);
    return true;
}

void charger_station_learn(struct charger_station *station, const struct charger_tag *told)
{
    bool conflict = false;

    (void)charger_tags_learn(station->config.tags, told, charger_now_s(station), &conflict);
    station->conflict |= conflict;
}

void charger_station_told(struct charger_station *station, const struct charger_tag *told)
{
    struct charger_tag_decision known;
    unsigned connector = station->question.connector;
    char tag[CHARGER_TAG_MAX + 1];
    bool good;

    if (told)
        charger_station_learn(station, told);
    if (!charger_station_question(station, tag))
        return;
    station->question.what = CHARGER_ASKS_NOTHING;
    if (!told)
        charger_tags_decide(station->config.tags, tag, false, charger_now_s(station), &known);
    good = told ? told->status == CHARGER_TAG_ACCEPTED : known.action == CHARGER_TAG_START;
    if (good)
        let_in(station, connector, station->question.remote, tag,
               told ? told->parent : known.parent,
               told ? CHARGER_ADMITTED_ASKED : CHARGER_ADMITTED_HERE);
    else
        refuse(station, connector);
}

/* One of them is kept for a group, and whether he is of it is known once he was asked about. */
static bool may_be_his(const struct charger_station *station, unsigned connector)
{
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        const struct charger_reservation *own = &station->connectors[c].reservation;
        const struct charger_reservation *kept = own->id != 0 ? own : &station->any;

        if (is_at(connector, c) && kept->parent[0] != '\0' &&
            usable(station, c, kept->tag, kept->parent))
            return true;
    }
    return false;
}

/* A profile needs a connector of its own: the first that could be it. */
static int settle(const struct charger_station *station, const char *tag)
{
    for (unsigned c = 1; c <= station->config.connectors; c++)
        if (usable(station, c, tag, ""))
            return (int)c;
    return ROOST_ERR_STATE;
}

int charger_station_remote_start(struct charger_station *station, const char *tag,
                                 uint8_t connector, const struct charger_profile *profile,
                                 const struct charger_refusal **why)
{
    if (connector > station->config.connectors)
        return ROOST_ERR_RANGE;
    if (!charger_tag_good(tag))
        return ROOST_ERR_INVALID;
    int c = pick(station, connector, tag, "");
    if (c == 0 && profile)
        c = settle(station, tag);
    bool asks = charger_key_of(station, CHARGER_KEY_AUTHORIZE_REMOTE);
    if (c < 0 && asks && !profile && may_be_his(station, connector))
        c = connector;
    if (c < 0 || (asks && station->question.what != CHARGER_ASKS_NOTHING))
        return ROOST_ERR_STATE;
    if (profile) {
        struct charger_profile own = *profile;

        own.connector = c;
        if (charger_profiles_set_for_start(station->config.profiles, &own, &station->now, why) != 0)
            return ROOST_ERR_INVALID;
    }
    if (!asks) {
        let_in(station, (unsigned)c, true, tag, "", CHARGER_ADMITTED_REMOTE);
        return c;
    }
    int err = judge(station, (unsigned)c, true, tag);
    return err ? ROOST_ERR_STATE : c;
}

/* ---- the plug, and time ---- */

static void plugged_in(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    at->plugged_ms = at->idle_ms = station->now.now_ms;
    at->unplugged_inside = false;
    charger_happens(station, c, CHARGER_HAPPENS_PLUGGED);
    if (station->waiting.admission == CHARGER_ADMITTED_NOT ||
        !usable(station, c, station->waiting.tag, station->waiting.parent))
        return;
    admit(station, c, station->waiting.tag, station->waiting.parent,
          (enum charger_admission)station->waiting.admission);
    station->waiting.admission = CHARGER_ADMITTED_NOT;
}

static void pulled(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    if (at->transaction == 0) {
        charger_happens(station, c, CHARGER_HAPPENS_UNPLUGGED);
        charger_withdraw(station, c);
    } else if (charger_key_of(station, CHARGER_KEY_STOP_ON_DISCONNECT)) {
        charger_stop(station, c, ROOST_LEDGER_EV_DISCONNECTED, "");
    } else if (!at->stopping.on) {
        at->unplugged_inside = true;
        /* One that has not come to energy yet is no free connector either: B4. */
        charger_happens(station, c,
                        at->beneath == CHARGER_IS_PREPARING ? CHARGER_HAPPENS_FULL
                                                            : CHARGER_HAPPENS_UNPLUGGED);
    }
}

void charger_plug_run(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    bool in = charger_power_at(station, c)->inputs >> CHARGER_IN_PLUG & 1;

    if (in == at->plugged)
        return;
    at->plugged = in;
    if (in)
        plugged_in(station, c);
    else
        pulled(station, c);
}

static void time_out(struct charger_station *station, unsigned c)
{
    const struct charger_connector *at = charger_at(station, c);
    uint64_t since_ms = at->plugged ? at->plugged_ms : 0;

    if (at->admission != CHARGER_ADMITTED_NOT && at->admitted_ms > since_ms)
        since_ms = at->admitted_ms;
    if (station->now.now_ms >= since_ms + time_out_ms(station))
        charger_withdraw(station, c);
    else
        charger_due(station, since_ms + time_out_ms(station));
}

static void prepare(struct charger_station *station, unsigned c)
{
    const struct charger_connector *at = charger_at(station, c);

    if (at->beneath != CHARGER_IS_PREPARING || at->transaction != 0)
        return;
    if (station->config.start_mode == CHARGER_START_PLUG && at->plugged &&
        usable(station, c, station->config.free_tag, ""))
        admit(station, c, station->config.free_tag, "", CHARGER_ADMITTED_FREE);
    if (at->plugged && at->admission != CHARGER_ADMITTED_NOT && !at->faulted && !station->ending &&
        !station->barred)
        charger_begin(station, c);
    else
        time_out(station, c);
}

void charger_admit_run(struct charger_station *station)
{
    uint64_t now_ms = station->now.now_ms;
    uint64_t answer_ms = (uint64_t)charger_key_of(station, CHARGER_KEY_MESSAGE_TIMEOUT) * 2000;

    if (station->question.what != CHARGER_ASKS_NOTHING) {
        if (now_ms >= station->question.since_ms + answer_ms)
            charger_station_told(station, NULL);
        else
            charger_due(station, station->question.since_ms + answer_ms);
    }
    if (station->waiting.admission != CHARGER_ADMITTED_NOT) {
        if (now_ms >= station->waiting.until_ms)
            station->waiting.admission = CHARGER_ADMITTED_NOT;
        else
            charger_due(station, station->waiting.until_ms);
    }
    for (unsigned c = 1; c <= station->config.connectors; c++)
        prepare(station, c);
}
