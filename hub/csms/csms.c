/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/csms.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"
#include "hub/csms/till.h"

/* ---- chargers ---- */

struct csms_charger *csms_charger_find(const struct csms *csms, const char *identity)
{
    return id_table_find(&csms->table, identity);
}

static void connectors_free(struct csms_charger *charger)
{
    for (size_t i = 0; i < charger->connector_count; i++)
        free(charger->connectors[i].tx);
    free(charger->connectors);
}

static struct csms_charger *charger_new(struct csms *csms, const struct csms_charger_row *row)
{
    if (csms->charger_count >= CSMS_CHARGERS_MAX)
        return NULL;
    struct csms_charger *charger = calloc(1, sizeof *charger);
    if (!charger)
        return NULL;
    snprintf(charger->identity, sizeof charger->identity, "%s", row->identity);
    charger->csms = csms;
    charger->calls_end = &charger->calls;
    charger->asks_end = &charger->asks;
    known_init(&charger->known);
    if (id_table_add(&csms->table, charger) < 0) {
        free(charger);
        return NULL;
    }
    charger->next = csms->chargers;
    csms->chargers = charger;
    csms->charger_count++;
    return charger;
}

struct csms_charger *csms_charger_meet(struct csms *csms, const struct csms_found *found)
{
    const struct csms_charger_row *row = found->charger;
    struct csms_charger *charger = csms_charger_find(csms, row->identity);

    if (!charger) {
        charger = charger_new(csms, row);
        if (!charger)
            return NULL;
        charger->booted = row->booted;
        for (size_t i = 0; i < found->tx_count; i++)
            csms_tx_keep(charger, &found->txs[i]);
        csms_recall(charger);
        csms_recalls_go(csms);
    }
    charger->booted = charger->booted || row->booted;
    charger->registration = row->registration;
    charger->lenient = row->lenient;
    memcpy(charger->certificate_name, row->certificate_name, sizeof charger->certificate_name);
    return charger;
}

struct csms_connector *csms_connector(struct csms_charger *charger, int32_t id)
{
    if (id < 0 || id > CSMS_CONNECTORS_MAX)
        return NULL;
    if ((size_t)id >= charger->connector_count) {
        size_t count = (size_t)id + 1;
        struct csms_connector *more = realloc(charger->connectors, count * sizeof *more);
        if (!more)
            return NULL;
        memset(more + charger->connector_count, 0,
               (count - charger->connector_count) * sizeof *more);
        charger->connectors = more;
        charger->connector_count = count;
    }
    return &charger->connectors[id];
}

struct csms_connector *csms_tx_find(struct csms_charger *charger, int32_t id)
{
    for (size_t i = 0; i < charger->connector_count; i++)
        if (charger->connectors[i].tx && charger->connectors[i].tx->id == id)
            return &charger->connectors[i];
    return NULL;
}

void csms_tx_keep(struct csms_charger *charger, const struct csms_tx *tx)
{
    struct csms_connector *connector = csms_tx_find(charger, tx->id);

    if (tx->state != CSMS_TX_OPEN) {
        if (!connector)
            return;
        free(connector->tx);
        connector->tx = NULL;
        connector->live_ms = connector->power_ms = connector->energy_ms = 0;
        connector->power_mw = connector->energy_mwh = 0;
        connector->booted = false;
        csms_live_tell(charger, connector);
        return;
    }
    if (!connector) {
        connector = csms_connector(charger, tx->connector);
        if (!connector)
            return; /* shown as none: the book has it */
        connector->live_ms = connector->power_ms = connector->energy_ms = 0;
        connector->power_mw = connector->energy_mwh = 0;
        connector->booted = false;
    }
    if (!connector->tx)
        connector->tx = malloc(sizeof *connector->tx);
    if (connector->tx)
        *connector->tx = *tx;
    csms_live_tell(charger, connector);
}

bool csms_look(const struct csms *csms, const char *identity, struct csms_view *view)
{
    const struct csms_charger *charger = csms_charger_find(csms, identity);

    if (!charger)
        return false;
    *view = (struct csms_view){
        .online = charger->link != NULL,
        .accepted = charger->registration == CSMS_ACCEPTED && charger->booted,
        .seen_ms = charger->seen_ms,
        .connectors = charger->connectors,
        .connector_count = charger->connector_count,
        .lenient = charger->lenient_counts,
    };
    return true;
}

/* ---- life ---- */

static int csms_open(void **out, const struct hub_parts *parts)
{
    struct csms *csms = calloc(1, sizeof *csms);
    uint64_t seed;

    if (!csms)
        return ROOST_ERR_NO_MEMORY;
    csms->parts = *parts;
    csms->with = hub_extra_find(parts, CSMS_EXTRA);
    if (csms->with && !csms->with->book)
        csms->with = NULL;
    parts->clock->ops->random(parts->clock->ctx, &seed, sizeof seed);
    id_table_init(&csms->table, seed);
    csms->ready_end = &csms->ready;
    /* Ids of another start are not those of this one: a late answer is nobody's. */
    parts->clock->ops->random(parts->clock->ctx, &csms->start, sizeof csms->start);
    csms_register(csms);
    csms->recall_end = &csms->recall;
    csms_sites_load(csms);
    csms_tariffs_load(csms);
    csms_templates_load(csms);
    int err = till_open(csms);
    if (err < 0)
        HOST_LOG(ROOST_LOG_ERROR, "csms", "nobody can pay", RF_ERR("error", err));
    *out = csms;
    return 0;
}

/* Whoever waits for a charger is told before its socket is closed: what comes of the asks that are
 * under way nobody will hear any more. */
static void csms_hub_stops(void *service)
{
    struct csms *csms = service;

    csms->stopping = true;
    for (struct csms_charger *charger = csms->chargers; charger; charger = charger->next)
        csms_asks_drop(charger, CSMS_STOPPED);
}

/* The sockets are gone by now and the book has answered everybody. */
static void csms_close(void *service)
{
    struct csms *csms = service;

    csms_hub_stops(csms); /* before any charger is gone: who is told may look at all of them */
    csms_links_free(csms);
    csms_sites_free(csms);
    till_free(csms);
    csms_tariffs_free(csms);
    csms_templates_free(csms);
    free(csms->calendar.list);
    while (csms->chargers) {
        struct csms_charger *charger = csms->chargers;
        csms->chargers = charger->next;
        while (charger->calls) {
            struct csms_call *call = charger->calls;
            charger->calls = call->next;
            csms_call_free(csms, call);
        }
        known_deinit(&charger->known);
        messages_deinit(&charger->messages);
        free(charger->vehicle);
        connectors_free(charger);
        free(charger);
    }
    id_table_deinit(&csms->table);
    csms_calls_free(csms);
    free(csms);
}

static uint64_t csms_tick(void *service, uint64_t now_ms)
{
    enum { RECALL_AGAIN_MS = 1000 };
    struct csms *csms = service;
    uint64_t door_ms = csms_door_tick(service, now_ms);
    uint64_t sites_ms = csms_sites_tick(service, now_ms); /* what it asks may be due at once */
    uint64_t till_ms = till_tick(service, now_ms);        /* likewise */
    uint64_t asks_ms = csms_asks_tick(service, now_ms);
    uint64_t first_ms = door_ms < asks_ms ? door_ms : asks_ms;

    uint64_t calendar_ms = csms_calendar_tick(csms, now_ms);
    first_ms = first_ms < calendar_ms ? first_ms : calendar_ms;
    csms_recalls_go(csms);
    if (csms->recall && now_ms + RECALL_AGAIN_MS < first_ms)
        first_ms = now_ms + RECALL_AGAIN_MS;
    if (till_ms < first_ms)
        first_ms = till_ms;
    return first_ms < sites_ms ? first_ms : sites_ms;
}

static size_t csms_waiting(const void *service)
{
    return ((const struct csms *)service)->call_count;
}

static const struct hub_peer_events events = {
    .admit = csms_admit, .message = csms_message, .closed = csms_closed};

/* Any origin: a charger is no browser, and no browser keeps its password for it. */
static const struct hub_socket_route sockets[] = {{.path = CSMS_PATH,
                                                   .subprotocols = "ocpp1.6",
                                                   .realm = "ocpp",
                                                   .message_max = CSMS_SOCKET_BYTES_MAX,
                                                   .send_max = CSMS_SOCKET_BYTES_MAX,
                                                   .ping_interval_ms = CSMS_PING_MS,
                                                   .any_origin = true,
                                                   .events = &events}};

const struct hub_service csms_service = {
    .name = "csms",
    .type = CSMS_TYPE,
    .open = csms_open,
    .close = csms_close,
    .routes = csms_routes,
    .route_count = CSMS_ROUTES,
    .sockets = sockets,
    .socket_count = sizeof sockets / sizeof sockets[0],
    .tick = csms_tick,
    .waiting = csms_waiting,
    .stop = csms_hub_stops,
    .describe = csms_describe,
    .refuses = csms_refuses,
    .carry = csms_carry,
};
