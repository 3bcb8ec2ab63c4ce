/* SPDX-License-Identifier: Apache-2.0 */
/* How chargers stand against the templates that are for them: each key of one, and all by count. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"

/* ---- one ---- */

static void write_row(struct roost_json_writer *w, const struct template_row *row)
{
    roost_json_object(w);
    roost_json_put_str(w, "key", row->key);
    roost_json_put_str(w, "wanted", row->wanted);
    roost_json_put_str(w, "has", row->has);
    roost_json_put_str(w, "state", drift_name(row->state));
    roost_json_put_str(w, "template", row->from->name);
    rest_put_time(w, "tried_at_ms", row->tried_ms);
    roost_json_end(w);
}

static void write_counts(struct roost_json_writer *w, const uint64_t counts[DRIFT_COUNT])
{
    roost_json_put_object(w, "counts");
    for (int i = 0; i < DRIFT_COUNT; i++)
        roost_json_put_uint(w, drift_name((enum drift_state)i), counts[i]);
    roost_json_end(w);
}

static void write_charger(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_charger *charger = ctx;
    struct template_row rows[TEMPLATE_ROWS_MAX];
    size_t count = csms_drift_rows(charger, rows);
    uint64_t counts[DRIFT_COUNT] = {0};

    roost_json_object(w);
    roost_json_put_str(w, "identity", charger->identity);
    roost_json_put_bool(w, "online", charger->link != NULL);
    roost_json_put_bool(w, "running", charger->drift.running);
    roost_json_put_bool(w, "reboot_required", charger->known.reboot_required);
    roost_json_put_array(w, "keys");
    for (size_t i = 0; i < count; i++) {
        write_row(w, &rows[i]);
        counts[rows[i].state]++;
    }
    roost_json_end(w);
    write_counts(w, counts);
    roost_json_end(w);
}

static void on_charger(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end_known(arg, err, found, write_charger);
}

static void answer_charger(struct csms *csms, struct http_exchange *exchange, const char *identity,
                           int status)
{
    struct rest_ask *ask = rest_ask_new(csms, exchange);
    const struct csms_desk_query query = {
        .what = CSMS_DESK_RECALL, .identity = identity, .limit = 1};

    if (!ask)
        return;
    ask->what = "the charger";
    ask->status = status;
    snprintf(ask->identity, sizeof ask->identity, "%s", identity);
    rest_read(ask, &query, on_charger);
}

void chargers_drift(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *identity = rest_identity_of(request, exchange);

    if (identity)
        answer_charger(ctx, exchange, identity, 200);
}

void chargers_drift_apply(void *ctx, const struct http_request *request,
                          struct http_exchange *exchange)
{
    const char *identity = rest_identity_of(request, exchange);
    struct csms_charger *charger = identity ? csms_charger_find(ctx, identity) : NULL;
    int err = charger ? csms_drift_apply(charger) : 0;

    if (!identity)
        return;
    if (err == ROOST_ERR_CLOSED)
        http_fail(exchange, 409, "offline",
                  "the charger is not connected, or not accepted yet; nothing was sent");
    else if (err < 0 && err != ROOST_ERR_NOT_FOUND)
        answer_registry_err(exchange, err == ROOST_ERR_FULL ? ROOST_ERR_BUSY : err, "the charger");
    else
        answer_charger(ctx, exchange, identity, 202);
}

/* ---- all ---- */

struct list {
    const struct csms *csms;
    const char *after;
    uint32_t limit;
    int state; /* below 0: any but as_wanted */
};

static bool is_listed(const struct list *list, const struct csms_charger *charger)
{
    const uint16_t *counts = charger->drift.counts;

    if (list->after && strcmp(charger->identity, list->after) <= 0)
        return false;
    if (list->state >= 0)
        return counts[list->state] > 0;
    for (int i = 0; i < DRIFT_COUNT; i++)
        if (i != DRIFT_AS_WANTED && counts[i] > 0)
            return true;
    return false;
}

static int by_identity(const void *a, const void *b)
{
    return strcmp((*(const struct csms_charger *const *)a)->identity,
                  (*(const struct csms_charger *const *)b)->identity);
}

/* All of them, by identity. */
static size_t gather(const struct list *list, const struct csms_charger **out)
{
    size_t count = 0;

    for (const struct csms_charger *at = list->csms->chargers; at; at = at->next)
        if (is_listed(list, at))
            out[count++] = at;
    if (count > 0)
        qsort(out, count, sizeof *out, by_identity);
    return count;
}

static void write_summary(struct roost_json_writer *w, const struct csms_charger *charger)
{
    uint64_t counts[DRIFT_COUNT];

    for (int i = 0; i < DRIFT_COUNT; i++)
        counts[i] = charger->drift.counts[i];
    roost_json_object(w);
    roost_json_put_str(w, "identity", charger->identity);
    roost_json_put_bool(w, "online", charger->link != NULL);
    write_counts(w, counts);
    roost_json_end(w);
}

static void write_list(struct roost_json_writer *w, const void *ctx)
{
    const struct list *list = ctx;
    const struct csms_charger **chargers = calloc(list->csms->charger_count + 1, sizeof *chargers);
    size_t count = chargers ? gather(list, chargers) : 0;

    roost_json_object(w);
    write_counts(w, list->csms->drift);
    roost_json_put_array(w, "chargers");
    for (size_t i = 0; i < count && i < list->limit; i++)
        write_summary(w, chargers[i]);
    roost_json_end(w);
    roost_json_put_bool(w, "more", count > list->limit);
    roost_json_end(w);
    free(chargers);
}

/* A negative error after a 400. */
static int take_state(const struct http_request *request, int *state,
                      struct http_exchange *exchange)
{
    const char *word = http_query(request, "state");

    *state = -1;
    for (int i = 0; word && i < DRIFT_COUNT; i++)
        if (strcmp(word, drift_name((enum drift_state)i)) == 0)
            *state = i;
    if (word && *state < 0)
        return rest_refuse(exchange,
                           "state: as_wanted, differs, unread, read_only, reboot_required, "
                           "unknown_key, refused, not_taken or unanswered");
    return 0;
}

void drift_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct list list = {.csms = ctx, .after = http_query(request, "after")};

    if (!list.csms->with || !list.csms->with->desk) {
        http_fail(exchange, 503, "not_served", "no chargers are served here");
        return;
    }
    if (take_state(request, &list.state, exchange) < 0 ||
        rest_limit(request, CSMS_DESK_LIST_MAX, &list.limit, exchange) < 0)
        return;
    rest_answer(exchange, 200, write_list, &list);
}
