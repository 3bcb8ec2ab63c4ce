/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hub/csms/csms_internal.h"

/* One that is asked for; freed when it was told. */
struct asked {
    struct csms *csms;
    cost_fn done;
    void *arg;
    int32_t tx_id;
    struct csms_tx tx;
    struct cost cost;
    char prices[CSMS_PRICES_BYTES];
    struct csms_sample *samples;
    size_t count, room;
    bool read; /* the first page */
};

const char *cost_state_name(enum cost_state state)
{
    static const char *const names[COST_STATES] = {
#define X(name, label) [COST_##name] = (label),
        COST_LIST(X)
#undef X
    };

    return (unsigned)state < COST_STATES ? names[state] : "";
}

/* ---- reckoned ---- */

static void tell(struct asked *asked, int err)
{
    asked->cost.err = err;
    asked->cost.tx = &asked->tx;
    asked->done(asked->arg, &asked->cost);
    free(asked->samples);
    free(asked);
}

static void reckon_closed(struct asked *asked)
{
    struct cost *cost = &asked->cost;
    int err = tariff_of_tx(&cost->prices.tariff, &cost->prices.zone, &asked->tx, asked->samples,
                           asked->count, &cost->lines);

    cost->state = err == 0 ? COST_FINAL : COST_DOUBTFUL;
}

/* By what it measured last, as if that were its Stop. */
static void reckon_open(struct asked *asked)
{
    struct csms_tx tx = asked->tx;
    struct cost *cost = &asked->cost;

    tx.state = CSMS_TX_CLOSED;
    tx.stopped_ms = tx.started_ms;
    tx.meter_stop_wh = tx.meter_start_wh;
    for (size_t i = 0; i < asked->count; i++) {
        const struct csms_sample *sample = &asked->samples[i];
        int64_t mwh = tariff_register_mwh(sample);
        if (mwh < 0 || sample->doubtful || sample->at_ms < tx.stopped_ms)
            continue;
        tx.stopped_ms = sample->at_ms;
        tx.meter_stop_wh =
            (int32_t)((mwh + 500) / 1000 < INT32_MAX ? (mwh + 500) / 1000 : INT32_MAX);
    }
    int err = tariff_of_tx(&cost->prices.tariff, &cost->prices.zone, &tx, asked->samples,
                           asked->count, &cost->lines);
    cost->state = err == 0 ? COST_RUNNING : COST_DOUBTFUL;
}

static void reckon(struct asked *asked)
{
    struct cost *cost = &asked->cost;

    if (!asked->prices[0]) {
        cost->state = COST_FREE;
    } else if (csms_prices_parse(asked->prices, &cost->prices) < 0) {
        cost->state = COST_DOUBTFUL;
    } else if (asked->tx.state == CSMS_TX_CLOSED && asked->tx.verdict == OCPP_Accepted) {
        reckon_closed(asked);
    } else if (asked->tx.state == CSMS_TX_OPEN) {
        reckon_open(asked);
    } else {
        cost->state = COST_DOUBTFUL;
    }
    tell(asked, 0);
}

/* ---- read ---- */

static int keep(struct asked *asked, const struct csms_sample *sample)
{
    if (tariff_register_mwh(sample) < 0)
        return 0;
    if (asked->count == COST_SAMPLES_MAX)
        return ROOST_ERR_FULL;
    if (asked->count == asked->room) {
        size_t room = asked->room ? 2 * asked->room : 64;
        struct csms_sample *more = realloc(asked->samples, room * sizeof *more);
        if (!more)
            return ROOST_ERR_NO_MEMORY;
        asked->samples = more;
        asked->room = room;
    }
    asked->samples[asked->count++] = *sample;
    return 0;
}

static int read_page(struct asked *asked, int64_t after_ms);

static void on_page(void *arg, int err, const struct csms_desk_found *found)
{
    struct asked *asked = arg;

    if (err == 0 && found->tx_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    for (size_t i = 0; err == 0 && i < found->sample_count; i++)
        err = keep(asked, &found->samples[i]);
    if (err < 0) {
        tell(asked, err);
        return;
    }
    if (!asked->read) {
        asked->tx = found->txs[0];
        snprintf(asked->prices, sizeof asked->prices, "%s", found->prices ? found->prices : "");
    }
    asked->read = true;
    if (!found->more) {
        reckon(asked);
        return;
    }
    err = read_page(asked, found->last_ms);
    if (err < 0)
        tell(asked, err);
}

static int read_page(struct asked *asked, int64_t after_ms)
{
    const struct csms_desk *desk = asked->csms->with->desk;
    const struct csms_desk_query query = {.what = CSMS_DESK_TX,
                                          .id = asked->tx_id,
                                          .at_ms = after_ms,
                                          .limit = CSMS_DESK_SAMPLES_MAX};

    return desk ? desk->ops->read(desk->ctx, &query, on_page, asked) : ROOST_ERR_CLOSED;
}

int cost_ask(struct csms *csms, int32_t tx_id, cost_fn done, void *arg)
{
    struct asked *asked = csms->with ? calloc(1, sizeof *asked) : NULL;

    if (!asked)
        return csms->with ? ROOST_ERR_NO_MEMORY : ROOST_ERR_CLOSED;
    asked->csms = csms;
    asked->done = done;
    asked->arg = arg;
    asked->tx_id = tx_id;
    int err = read_page(asked, 0);
    if (err < 0)
        free(asked);
    return err;
}

/* ---- shown ---- */

static void write_line(struct roost_json_writer *w, const char *what, const char *unit,
                       int64_t quantity, int64_t amount)
{
    roost_json_object(w);
    roost_json_put_str(w, "what", what);
    roost_json_put_int(w, "quantity", quantity);
    roost_json_put_str(w, "unit", unit);
    roost_json_put_int(w, "amount", amount);
    roost_json_end(w);
}

static void write_lines(struct roost_json_writer *w, const struct tariff_lines *lines)
{
    roost_json_put_array(w, "lines");
    if (lines->start != 0)
        write_line(w, "start", "session", 1, lines->start);
    write_line(w, "energy", "Wh", lines->energy_wh, lines->energy);
    if (lines->minutes != 0)
        write_line(w, "minutes", "s", lines->charging_s, lines->minutes);
    if (lines->idle != 0)
        write_line(w, "idle", "s", lines->idle_billed_s, lines->idle);
    roost_json_end(w);
}

/* 2026-12-01 CP1/1, 12.345 kWh, 42 min, Day tariff: 6.17 EUR */
static void put_invoice_line(struct roost_json_writer *w, const struct cost *cost)
{
    const struct tariff_lines *lines = &cost->lines;
    const struct csms_tx *tx = cost->tx;
    int64_t at_s = tx->started_ms / 1000;
    time_t local = (time_t)(at_s + zone_offset_s(&cost->prices.zone, at_s));
    char text[512], day[16] = "";
    struct tm tm;

    if (gmtime_r(&local, &tm))
        (void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
    snprintf(text, sizeof text,
             "%s %s/%" PRId32 ", transaction %" PRId32 ", %" PRId64 ".%03" PRId64 " kWh, %" PRId64
             " min, %s: %" PRId64 ".%02" PRId64 " %s",
             day, tx->identity, tx->connector, tx->id, lines->energy_wh / 1000,
             lines->energy_wh % 1000, (lines->charging_s + lines->idle_s + 30) / 60,
             cost->prices.tariff.name, lines->total / 100, lines->total % 100,
             cost->prices.tariff.currency);
    roost_json_put_str(w, "invoice_line", text);
}

void cost_write(struct roost_json_writer *w, const struct cost *cost)
{
    const struct tariff_lines *lines = &cost->lines;
    bool priced = cost->state == COST_FINAL || cost->state == COST_RUNNING;

    roost_json_put_object(w, "cost");
    roost_json_put_str(w, "state", cost_state_name(cost->state));
    if (cost->state != COST_FREE && cost->prices.tariff.id[0]) {
        roost_json_put_object(w, "tariff");
        csms_prices_write(w, &cost->prices);
        roost_json_end(w);
    } else {
        roost_json_put_null(w, "tariff");
    }
    if (priced) {
        roost_json_put_int(w, "energy_wh", lines->energy_wh);
        roost_json_put_int(w, "charging_s", lines->charging_s);
        roost_json_put_int(w, "idle_s", lines->idle_s);
        roost_json_put_int(w, "total_amount", lines->total);
        write_lines(w, lines);
    }
    roost_json_end(w);
    if (cost->state == COST_FINAL)
        put_invoice_line(w, cost);
    else
        roost_json_put_null(w, "invoice_line");
}
