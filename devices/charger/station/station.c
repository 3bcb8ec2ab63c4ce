/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/station/station.h"

#include <string.h>

#include "core/err.h"
#include "devices/charger/station/parts.h"

_Static_assert(sizeof(struct charger_station) <= CHARGER_STATION_RAM_MAX, "as the header says");
_Static_assert((int)CHARGER_CONNECTORS_MAX <= (int)ROOST_LEDGER_CONNECTORS_MAX &&
                   (int)CHARGER_CONNECTORS_MAX <= (int)CHARGER_PROFILES_CONNECTORS_MAX &&
                   CHARGER_CONNECTORS_MAX < 8,
               "all of its parts have room for its connectors");

bool charger_tag_good(const char *tag)
{
    return tag && tag[0] != '\0' && memchr(tag, '\0', CHARGER_TAG_MAX + 1);
}

void charger_tag_set(char out[CHARGER_TAG_MAX + 1], const char *tag)
{
    size_t len = 0;

    while (len < CHARGER_TAG_MAX && tag[len] != '\0')
        len++;
    memmove(out, tag, len);
    out[len] = '\0';
}

/* ---- what is kept ---- */

static void name_of(char key[5], const char *what, unsigned c)
{
    memcpy(key, what, 3);
    key[3] = (char)('0' + c);
    key[4] = '\0';
}

int charger_kept_save(const struct charger_station *station, const char *what, unsigned c,
                      const void *record, size_t len)
{
    const struct roost_kv *kv = station->config.kv;
    char key[5];

    name_of(key, what, c);
    return len > 0 ? kv->ops->set(kv->ctx, key, record, len) : kv->ops->erase(kv->ctx, key);
}

int charger_kept_load(const struct charger_station *station, const char *what, unsigned c,
                      void *record, size_t len)
{
    const struct roost_kv *kv = station->config.kv;
    char key[5];

    name_of(key, what, c);
    int got = kv->ops->get(kv->ctx, key, record, len);
    if (got == (int)len)
        return ROOST_OK;
    memset(record, 0, len);
    return got == ROOST_ERR_NOT_FOUND ? ROOST_OK : ROOST_ERR_IO;
}

/* ---- the status ---- */

/* What is told follows from what lies beneath, and the fault over it. */
static void tell(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    enum charger_status status = at->faulted ? CHARGER_IS_FAULTED : at->beneath;

    if (status == at->status)
        return;
    if (station->config.log)
        ROOST_LOG(station->config.log, ROOST_LOG_INFO, "charger", "status", RF_INT("connector", c),
                  RF_STR("from", charger_status_name(at->status)),
                  RF_STR("to", charger_status_name(status)), RF_INT("fault", at->fault));
    at->status = status;
    at->status_ms = station->now.now_ms;
}

void charger_happens(struct charger_station *station, unsigned c, enum charger_happening happening)
{
    struct charger_connector *at = charger_at(station, c);

    if (charger_status_next(&at->beneath, happening, at->plugged))
        tell(station, c);
}

/* ---- a run ---- */

static void order(struct charger_station *station, unsigned c)
{
    const struct charger_connector *at = charger_at(station, c);
    struct charger_power *power = charger_power_at(station, c);
    /* The end is not written yet, but its time to come down is over. */
    bool late = at->stopping.on && (station->ending_hard ||
                                    station->now.now_ms - at->stopping.since_ms >= CHARGER_STOP_MS);

    charger_power_order(power, &(struct charger_order){.transaction = at->transaction != 0 && !late,
                                                       .run = at->wants,
                                                       .limit_ma = at->limit_ma});
}

uint64_t charger_station_run(struct charger_station *station, const struct charger_instant *now)
{
    unsigned count = station->config.connectors;

    station->now = *now;
    station->due_ms = ROOST_NEVER;
    charger_reserve_run(station); /* first: what became free before has been seen as such */
    for (unsigned c = 1; c <= count; c++)
        charger_plug_run(station, c);
    charger_fault_run(station);
    charger_admit_run(station);
    charger_limits_run(station);
    for (unsigned c = 1; c <= count; c++) {
        charger_energy_run(station, c);
        charger_stop_run(station, c);
        order(station, c);
    }
    charger_metering_run(station);
    for (unsigned c = 0; c <= count; c++) {
        charger_fault_settle(station, c);
        tell(station, c);
        charger_at(station, c)->rests = charger_at(station, c)->status == CHARGER_IS_AVAILABLE;
    }
    return station->due_ms;
}

void charger_station_online(struct charger_station *station, bool online)
{
    station->online = online;
    if (online)
        return;
    for (unsigned c = 1; c <= station->config.connectors; c++)
        if (charger_at(station, c)->verdict == CHARGER_VERDICT_WAITS)
            charger_at(station, c)->verdict = CHARGER_VERDICT_ALONE;
    if (station->question.what != CHARGER_ASKS_NOTHING)
        charger_station_told(station, NULL);
}

/* ---- life ---- */

static bool fits(const struct charger_station_config *config)
{
    return config->connectors >= 1 && config->connectors <= CHARGER_CONNECTORS_MAX &&
           config->power && config->ledger && config->keys && config->tags && config->profiles &&
           config->kv && config->terms < CHARGER_TERMS_COUNT &&
           config->start_mode <= CHARGER_START_BUTTON &&
           (config->start_mode == CHARGER_START_CARD || charger_tag_good(config->free_tag)) &&
           config->ledger->rules.connectors >= config->connectors &&
           config->profiles->config.connectors >= config->connectors;
}

/* The register goes on where the ledger has it, unless the power part was told. */
static void go_on_counting(struct charger_station *station, unsigned c)
{
    struct charger_power *power = charger_power_at(station, c);
    uint64_t mwh = roost_ledger_energy_mwh(station->config.ledger, (uint8_t)c);

    if (!power->meter.running && power->meter.mwh < mwh)
        charger_meter_init(&power->meter, mwh);
}

int charger_station_init(struct charger_station *station,
                         const struct charger_station_config *config,
                         const struct charger_instant *now)
{
    *station = (struct charger_station){.config = *config, .now = *now};
    if (!fits(config))
        return ROOST_ERR_INVALID;
    int err = ROOST_OK;
    for (unsigned c = 0; c <= config->connectors; c++) {
        struct charger_connector *at = charger_at(station, c);

        at->fault = -1;
        at->operative = at->rests = true;
        at->status_ms = now->now_ms;
        if (c == 0)
            continue;
        err = err ? err : charger_allowance_load(station, c);
        go_on_counting(station, c);
    }
    int failed = charger_available_init(station);
    err = err ? err : failed;
    failed = charger_reserve_init(station);
    charger_available_run(station);
    charger_reserve_run(station);
    return err || failed ? ROOST_ERR_IO : ROOST_OK;
}
