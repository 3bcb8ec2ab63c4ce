/* SPDX-License-Identifier: Apache-2.0 */
/* What was charged: lists by charger, tag, state and time, one with its curve, and what runs now.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/cost.h"
#include "hub/csms/rest.h"

enum { SAMPLES_DEFAULT = 2000 };

/* ---- words ---- */

static const char *const states[] = {[CSMS_TX_OPEN] = "open",
                                     [CSMS_TX_CLOSED] = "closed",
                                     [CSMS_TX_LEFT] = "left",
                                     [CSMS_TX_UNMATCHED] = "unmatched"};
enum { STATES = sizeof states / sizeof states[0] };

static const struct {
    uint32_t flag;
    const char *name;
} flags[] = {
    {CSMS_TX_METER_BACK, "meter_back"},      {CSMS_TX_METER_NEGATIVE, "meter_negative"},
    {CSMS_TX_STOP_EARLY, "stop_early"},      {CSMS_TX_TIME_DOUBTFUL, "time_doubtful"},
    {CSMS_TX_TIME_NO_ZONE, "time_no_zone"},  {CSMS_TX_TAG_REFUSED, "tag_refused"},
    {CSMS_TX_STOP_TAG, "stop_tag_refused"},  {CSMS_TX_BOOTED, "booted_within"},
    {CSMS_TX_SECOND_STOP, "stopped_before"}, {CSMS_TX_JOINED, "joined"},
};

/* ---- one, as JSON ---- */

static void put_energy(struct roost_json_writer *w, const struct csms_tx *tx)
{
    bool both = tx->start_arrived_ms != 0 && tx->stop_arrived_ms != 0;

    if (both)
        roost_json_put_int(w, "energy_wh", (int64_t)tx->meter_stop_wh - tx->meter_start_wh);
    else
        roost_json_put_null(w, "energy_wh");
    roost_json_put_bool(w, "billable",
                        both && !(tx->flags & CSMS_TX_NOT_BILLED) && tx->verdict == OCPP_Accepted);
}

/* Of a Start that is not known, or a Stop that did not come, everything is null. */
static void put_end(struct roost_json_writer *w, const char *const keys[3], int64_t at_ms,
                    int64_t arrived_ms, int32_t meter_wh)
{
    if (arrived_ms == 0) {
        for (int i = 0; i < 3; i++)
            roost_json_put_null(w, keys[i]);
        return;
    }
    roost_json_put_int(w, keys[0], at_ms);
    roost_json_put_int(w, keys[1], arrived_ms);
    roost_json_put_int(w, keys[2], meter_wh);
}

void rest_write_tx(struct roost_json_writer *w, const struct csms_tx *tx)
{
    static const char *const start[] = {"started_at_ms", "start_arrived_at_ms", "meter_start_wh"};
    static const char *const stop[] = {"stopped_at_ms", "stop_arrived_at_ms", "meter_stop_wh"};

    roost_json_put_int(w, "transaction_id", tx->id);
    roost_json_put_str(w, "identity", tx->identity);
    roost_json_put_int(w, "connector_id", tx->connector);
    roost_json_put_str(w, "state", states[tx->state]);
    roost_json_put_str(w, "id_tag", tx->id_tag[0] ? tx->id_tag : NULL);
    roost_json_put_str(w, "stop_id_tag", tx->stop_id_tag[0] ? tx->stop_id_tag : NULL);
    rest_put_word(w, "tag_status", tx->verdict);
    put_end(w, start, tx->started_ms, tx->start_arrived_ms, tx->meter_start_wh);
    put_end(w, stop, tx->stopped_ms, tx->stop_arrived_ms, tx->meter_stop_wh);
    put_energy(w, tx);
    rest_put_word(w, "reason", tx->reason);
    if (tx->reservation != 0)
        roost_json_put_int(w, "reservation_id", tx->reservation);
    else
        roost_json_put_null(w, "reservation_id");
    roost_json_put_int(w, "said_id", tx->said_id);
    roost_json_put_array(w, "flags");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (tx->flags & flags[i].flag)
            roost_json_str(w, flags[i].name);
    roost_json_end(w);
}

static void write_txs(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_desk_found *found = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "transactions");
    for (size_t i = 0; i < found->tx_count; i++) {
        roost_json_object(w);
        rest_write_tx(w, &found->txs[i]);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_bool(w, "more", found->more);
    roost_json_end(w);
}

static void write_sample(struct roost_json_writer *w, const struct csms_sample *sample,
                         const char *texts)
{
    roost_json_object(w);
    roost_json_put_int(w, "at_ms", sample->at_ms);
    rest_put_word(w, "measurand", sample->measurand);
    rest_put_word(w, "phase", sample->phase);
    rest_put_word(w, "location", sample->location);
    rest_put_word(w, "context", sample->context);
    rest_put_word(w, "format", sample->format);
    rest_put_word(w, "unit", sample->unit);
    if (sample->text_len > 0) {
        roost_json_put_null(w, "value");
        roost_json_put_strn(w, "text", texts + sample->text_at, sample->text_len);
    } else {
        roost_json_put_milli(w, "value", sample->value_milli);
        roost_json_put_null(w, "text");
    }
    roost_json_put_bool(w, "doubtful", sample->doubtful || sample->odd);
    roost_json_end(w);
}

/* What vendors said around it: of the vehicle before, of the session after. */
static void write_data(struct roost_json_writer *w, const struct csms_desk_found *found)
{
    roost_json_put_array(w, "data");
    for (size_t i = 0; i < found->note_count; i++) {
        roost_json_object(w);
        roost_json_put_str(w, "message", found->notes[i].what);
        roost_json_put_str(w, "text", found->notes[i].text);
        roost_json_put_int(w, "arrived_at_ms", found->notes[i].arrived_ms);
        roost_json_end(w);
    }
    roost_json_end(w);
}

struct whole {
    const struct csms_desk_found *found;
    const struct cost *cost;
};

static void write_whole(struct roost_json_writer *w, const void *ctx)
{
    const struct whole *whole = ctx;
    const struct csms_desk_found *found = whole->found;

    roost_json_object(w);
    rest_write_tx(w, found->txs);
    roost_json_put_array(w, "samples");
    for (size_t i = 0; i < found->sample_count; i++)
        write_sample(w, &found->samples[i], found->texts);
    roost_json_end(w);
    roost_json_put_bool(w, "more_samples", found->more);
    rest_put_time(w, "last_ms", found->last_ms);
    write_data(w, found);
    cost_write(w, whole->cost);
    roost_json_end(w);
}

/* ---- lists ---- */

static void on_txs(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end(arg, err, write_txs, found);
}

static void write_count(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_desk_found *found = ctx;

    roost_json_object(w);
    roost_json_put_uint(w, "count", found->count);
    roost_json_put_uint(w, "open_count", found->open);
    roost_json_end(w);
}

static void on_count(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end(arg, err, write_count, found);
}

static int take_states(const struct http_request *request, uint32_t *bits,
                       struct http_exchange *exchange)
{
    const char *word = http_query(request, "state");

    if (!word)
        return 0;
    for (unsigned i = 0; i < STATES; i++)
        if (strcmp(word, states[i]) == 0) {
            *bits = 1U << i;
            return 0;
        }
    return rest_refuse(exchange, "state: open, closed, left or unmatched");
}

/* A negative error after a 400. */
static int take_filters(struct csms_desk_query *query, const struct http_request *request,
                        struct http_exchange *exchange)
{
    int64_t connector = 0;
    const int64_t year_9999_ms = INT64_C(253402300799999);

    query->identity = http_query(request, "identity");
    query->id_tag = http_query(request, "id_tag");
    if (query->identity && strlen(query->identity) > CSMS_IDENTITY_MAX)
        return rest_refuse(exchange, "identity: 1 to 48 bytes");
    if (query->id_tag && strlen(query->id_tag) >= OCPP_ID_TAG_BYTES)
        return rest_refuse(exchange, "id_tag: 1 to 20 characters");
    if (take_states(request, &query->states, exchange) < 0 ||
        query_int(request, "connector_id", 1, CSMS_CONNECTORS_MAX, &connector, exchange) < 0 ||
        query_int(request, "from", 0, year_9999_ms, &query->from_ms, exchange) < 0 ||
        query_int(request, "to", 1, year_9999_ms, &query->to_ms, exchange) < 0 ||
        query_int(request, "before", 1, INT32_MAX, &query->before, exchange) < 0 ||
        rest_limit(request, CSMS_DESK_LIST_MAX, &query->limit, exchange) < 0)
        return ROOST_ERR_INVALID;
    query->connector = (int32_t)connector;
    return 0;
}

static void read_filtered(struct csms *csms, const struct http_request *request,
                          struct http_exchange *exchange, enum csms_desk_what what,
                          csms_desk_fn done)
{
    struct csms_desk_query query = {.what = what};

    if (take_filters(&query, request, exchange) < 0)
        return;
    struct rest_ask *ask = rest_ask_new(csms, exchange);
    if (!ask)
        return;
    ask->what = "the transactions cannot be read";
    rest_read(ask, &query, done);
}

void transactions_list(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    read_filtered(ctx, request, exchange, CSMS_DESK_TXS, on_txs);
}

void transactions_count(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    read_filtered(ctx, request, exchange, CSMS_DESK_COUNT, on_count);
}

/* ---- one ---- */

/* One that is asked for: what it cost is read first. */
struct asked_tx {
    struct rest_ask *ask;
    struct csms_desk_query query;
    struct cost cost;
    struct csms_tx tx;
};

static void on_tx(void *arg, int err, const struct csms_desk_found *found)
{
    struct asked_tx *asked = arg;
    struct rest_ask *ask = asked->ask;
    const struct whole whole = {found, &asked->cost};

    if (err == 0 && found->tx_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0) {
        rest_fail(ask, err);
    } else {
        rest_answer(ask->exchange, 200, write_whole, &whole);
        rest_ask_free(ask);
    }
    free(asked);
}

static void on_cost(void *arg, const struct cost *cost)
{
    struct asked_tx *asked = arg;
    const struct csms_desk *desk = asked->ask->csms->with->desk;

    asked->cost = *cost;
    asked->tx = *cost->tx;
    asked->cost.tx = &asked->tx;
    int err = cost->err;
    if (err == 0)
        err = desk ? desk->ops->read(desk->ctx, &asked->query, on_tx, asked) : ROOST_ERR_CLOSED;
    if (err < 0)
        on_tx(asked, err, NULL);
}

static void ask_tx(struct rest_ask *ask, const struct csms_desk_query *query)
{
    struct asked_tx *asked = calloc(1, sizeof *asked);
    int err = asked ? 0 : ROOST_ERR_NO_MEMORY;

    ask->what = "the transaction";
    if (asked) {
        asked->ask = ask;
        asked->query = *query;
        err = cost_ask(ask->csms, query->id, on_cost, asked);
    }
    if (err < 0) {
        free(asked);
        rest_fail(ask, err);
    }
}

void transactions_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *text = http_param(request, "transaction_id");
    struct csms_desk_query query = {.what = CSMS_DESK_TX};
    int64_t limit = SAMPLES_DEFAULT;
    char *end = NULL;
    long id = text ? strtol(text, &end, 10) : 0;

    if (id <= 0 || id > INT32_MAX || text[0] < '0' || text[0] > '9' || *end != '\0') {
        http_fail(exchange, 404, "not_found", "transaction_id: not found");
        return;
    }
    query.id = (int32_t)id;
    if (query_int(request, "samples", 1, CSMS_DESK_SAMPLES_MAX, &limit, exchange) < 0 ||
        query_int(request, "after", 0, INT64_MAX, &query.at_ms, exchange) < 0)
        return;
    query.limit = (uint32_t)limit;
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    if (!ask)
        return;
    ask_tx(ask, &query);
}

/* ---- what runs now ---- */

struct live {
    const struct csms *csms;
    const struct csms_desk_found *found;
    const char *identity;
};

static const struct csms_tx *latest_of(const struct csms_desk_found *found, int32_t connector)
{
    for (size_t i = 0; i < found->tx_count; i++)
        if (found->txs[i].connector == connector)
            return &found->txs[i];
    return NULL;
}

static const struct csms_status *status_of(const struct csms_desk_found *found, int32_t connector)
{
    for (size_t i = 0; i < found->status_count; i++)
        if (found->statuses[i].status.connector == connector)
            return &found->statuses[i].status;
    return NULL;
}

static void put_tx(struct roost_json_writer *w, const char *key, const struct csms_tx *tx)
{
    if (!tx) {
        roost_json_put_null(w, key);
        return;
    }
    roost_json_put_object(w, key);
    rest_write_tx(w, tx);
    roost_json_end(w);
}

/* `now`: as it is in memory; NULL: it was not here since the hub started, and the book says it. */
static void write_connector(struct roost_json_writer *w, int32_t id,
                            const struct csms_desk_found *found, const struct csms_connector *now)
{
    const struct csms_status *status = status_of(found, id);
    const struct csms_tx *latest = latest_of(found, id);
    const struct csms_tx *active = now                                       ? now->tx
                                   : latest && latest->state == CSMS_TX_OPEN ? latest
                                                                             : NULL;

    roost_json_object(w);
    roost_json_put_int(w, "connector_id", id);
    rest_put_word(w, "status", status ? status->status : OCPP_NO_WORD);
    rest_put_word(w, "error_code", status ? status->error_code : OCPP_NO_WORD);
    rest_put_time(w, "status_at_ms", status ? status->at_ms : 0);
    put_tx(w, "active", active);
    put_tx(w, "latest", latest);
    rest_put_time(w, "live_at_ms", now ? now->live_ms : 0);
    if (now && now->power_ms != 0)
        roost_json_put_milli(w, "power_w", now->power_mw);
    else
        roost_json_put_null(w, "power_w");
    if (now && now->energy_ms != 0)
        roost_json_put_milli(w, "energy_register_wh", now->energy_mwh);
    else
        roost_json_put_null(w, "energy_register_wh");
    roost_json_end(w);
}

static void write_live(struct roost_json_writer *w, const void *ctx)
{
    const struct live *live = ctx;
    struct csms_view view = {.online = false};

    (void)csms_look(live->csms, live->identity, &view);
    roost_json_object(w);
    roost_json_put_bool(w, "online", view.online);
    const struct csms_charger *charger = csms_charger_find(live->csms, live->identity);
    bool has_vehicle = charger && charger->vehicle;
    roost_json_put_str(w, "vehicle", has_vehicle ? charger->vehicle : NULL);
    rest_put_time(w, "vehicle_at_ms", has_vehicle ? charger->vehicle_ms : 0);
    roost_json_put_array(w, "connectors");
    for (int32_t id = 0; id <= CSMS_CONNECTORS_MAX; id++) {
        bool here = (size_t)id < view.connector_count;
        if (here || status_of(live->found, id) || latest_of(live->found, id))
            write_connector(w, id, live->found, here ? &view.connectors[id] : NULL);
    }
    roost_json_end(w);
    roost_json_end(w);
}

static void on_live(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;
    const struct live live = {.csms = ask->csms, .found = found, .identity = ask->identity};

    if (err == 0 && found->charger_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    rest_end(ask, err, write_live, &live);
}

void chargers_connectors(void *ctx, const struct http_request *request,
                         struct http_exchange *exchange)
{
    const char *identity = rest_identity_of(request, exchange);
    struct rest_ask *ask = identity ? rest_ask_new(ctx, exchange) : NULL;

    if (!ask)
        return;
    ask->what = "the charger";
    snprintf(ask->identity, sizeof ask->identity, "%s", identity);
    const struct csms_desk_query query = {.what = CSMS_DESK_CHARGER, .identity = ask->identity};
    rest_read(ask, &query, on_live);
}

/* ---- what it said that people look up ---- */

static void write_notes(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_desk_found *found = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "notes");
    for (size_t i = 0; i < found->note_count; i++) {
        const struct csms_desk_note *note = &found->notes[i];
        roost_json_object(w);
        roost_json_put_int(w, "id", note->id);
        roost_json_put_str(w, "action", note->action);
        roost_json_put_str(w, "what", note->what);
        roost_json_put_str(w, "text", note->text);
        roost_json_put_int(w, "at_ms", note->at_ms);
        roost_json_put_int(w, "arrived_at_ms", note->arrived_ms);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_bool(w, "more", found->more);
    roost_json_end(w);
}

static void on_notes(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end(arg, err, write_notes, found);
}

void chargers_notes(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *identity = rest_identity_of(request, exchange);
    struct csms_desk_query query = {.what = CSMS_DESK_NOTES, .identity = identity};

    if (!identity || rest_limit(request, CSMS_DESK_LIST_MAX, &query.limit, exchange) < 0 ||
        query_int(request, "before", 1, INT64_MAX, &query.before, exchange) < 0)
        return;
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    if (!ask)
        return;
    ask->what = "the notes cannot be read";
    rest_read(ask, &query, on_notes);
}
