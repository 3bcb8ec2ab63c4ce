/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of a station as the charge point asks: what it is told is noted, what it answers is set
 * by the test. Included after <cmocka.h>, by one file a program.
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_TEST_FAKE_STATION_H
#define ROOST_DEVICES_CHARGER_OCPP_TEST_FAKE_STATION_H

#include <string.h>

#include "devices/charger/station/station.h"

static struct charger_station station;
static struct charger_power power_parts[CHARGER_CONNECTORS_MAX];

static struct {
    struct charger_tag told, learnt, begun;
    bool told_none, rests;
    int tolds, learns, begins;
    uint32_t transaction;
    int32_t external_id;
} seen;

bool charger_station_question(const struct charger_station *s, char tag[CHARGER_TAG_MAX + 1])
{
    if (s->question.what == CHARGER_ASKS_NOTHING)
        return false;
    strcpy(tag, s->question.tag);
    return true;
}

void charger_station_told(struct charger_station *s, const struct charger_tag *told)
{
    s->question.what = CHARGER_ASKS_NOTHING;
    seen.tolds++;
    seen.told_none = !told;
    if (told)
        seen.told = *told;
}

void charger_station_online(struct charger_station *s, bool online)
{
    s->online = online;
    if (!online && s->question.what != CHARGER_ASKS_NOTHING)
        charger_station_told(s, NULL);
}

void charger_station_begun(struct charger_station *s, uint32_t transaction, int32_t external_id,
                           const struct charger_tag *told)
{
    (void)s;
    seen.begins++;
    seen.transaction = transaction;
    seen.external_id = external_id;
    memset(&seen.begun, 0, sizeof seen.begun);
    if (told)
        seen.begun = *told;
}

void charger_station_learn(struct charger_station *s, const struct charger_tag *told)
{
    (void)s;
    seen.learns++;
    seen.learnt = *told;
}

bool charger_station_rests(const struct charger_station *s)
{
    (void)s;
    return seen.rests;
}

/* ---- orders: what they return is set, what was ordered is noted ---- */

static struct {
    const char *what;
    char tag[CHARGER_TAG_MAX + 1];
    uint8_t connector;
    int32_t id;
    bool on;
    int result;
} order;

static inline int ordered(const char *what, const char *tag, uint8_t connector, int32_t id, bool on)
{
    order.what = what;
    strcpy(order.tag, tag);
    order.connector = connector;
    order.id = id;
    order.on = on;
    return order.result;
}

int charger_station_remote_start(struct charger_station *s, const char *tag, uint8_t connector,
                                 const struct charger_profile *profile,
                                 const struct charger_refusal **why)
{
    (void)s, (void)why;
    return ordered("start", tag, connector, 0, profile != NULL);
}

int charger_station_remote_stop(struct charger_station *s, int32_t external_id)
{
    (void)s;
    return ordered("stop", "", 0, external_id, false);
}

int charger_station_allow(struct charger_station *s, uint8_t connector, const char *tag,
                          const struct charger_allowance *allowance)
{
    s->connectors[connector].allowance = *allowance;
    return ordered("allow", tag, connector, 0, true);
}

enum charger_reserve_answer charger_station_reserve(struct charger_station *s, uint8_t connector,
                                                    const struct charger_reservation *reservation)
{
    (void)s;
    return (enum charger_reserve_answer)ordered("reserve", reservation->tag, connector,
                                                reservation->id, true);
}

int charger_station_cancel(struct charger_station *s, int32_t reservation_id)
{
    (void)s;
    return ordered("cancel", "", 0, reservation_id, false);
}

enum charger_available_answer charger_station_available(struct charger_station *s,
                                                        uint8_t connector, bool operative)
{
    (void)s;
    return (enum charger_available_answer)ordered("available", "", connector, 0, operative);
}

int charger_station_trigger(struct charger_station *s, uint8_t connector)
{
    (void)s;
    return ordered("trigger", "", connector, 0, true);
}

void charger_station_end(struct charger_station *s, bool hard)
{
    s->ending = true;
    (void)ordered("end", "", 0, 0, hard);
}

static inline void station_begin(uint8_t connectors)
{
    memset(&station, 0, sizeof station);
    memset(&seen, 0, sizeof seen);
    memset(&order, 0, sizeof order);
    memset(power_parts, 0, sizeof power_parts);
    station.config.connectors = connectors;
    station.config.power = power_parts;
    for (int c = 0; c <= CHARGER_CONNECTORS_MAX; c++)
        station.connectors[c].fault = -1;
}

static inline void ask_about(const char *tag)
{
    station.question.what = CHARGER_ASKS_START;
    strcpy(station.question.tag, tag);
}

#endif
