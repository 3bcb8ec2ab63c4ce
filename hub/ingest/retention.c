/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/retention.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/err.h"
#include "core/timer.h"
#include "host/log.h"

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS, AWAY_DAYS = 8 };

static const char note_name[] = "retention clocks";

static const struct {
    const char *name, *text;
} refusals[RETENTION_REFUSALS] = {
    [RETENTION_DOUBT] = {"doubt", "the hub's clock is in doubt"},
    [RETENTION_JUMP] = {"jump", "the clock jumped since the last run; deleting waits for a day of "
                                "a steady clock"},
    [RETENTION_SHARE] = {"share", "more than ROOST_RETENTION_SHARE_PCT of all readings at once; if "
                                  "that is meant, raise it to 100 and start again"},
};

void retention_init(struct retention *r, const struct retention_config *config,
                    const struct hub_parts *parts)
{
    char labels[48];

    *r = (struct retention){.config = *config,
                            .series = parts->series,
                            .clock = parts->clock,
                            .deleted_ms = INT64_MIN,
                            .refused = RETENTION_REFUSALS};
    const char *store = config->store ? labels : NULL;
    if (store)
        snprintf(labels, sizeof labels, "store=\"%s\"", config->store);
    r->runs = metrics_counter(parts->metrics, "roost_retention_runs_total",
                              "Deletions of rows past their time", store);
    r->rows = metrics_counter(parts->metrics, "roost_retention_rows_total",
                              "Rows deleted because they were past their time", store);
    for (int i = 0; i < RETENTION_REFUSALS; i++) {
        char reason[96];
        snprintf(reason, sizeof reason, "reason=\"%s\"%s%s", refusals[i].name, store ? "," : "",
                 store ? store : "");
        r->refusals[i] = metrics_counter(parts->metrics, "roost_retention_refused_total",
                                         "Runs that deleted nothing, by reason", reason);
    }
}

/* For the log: whose readings. */
static const char *name_of(const struct retention *r)
{
    return r->config.store ? r->config.store : "series";
}

int retention_load(struct retention *r)
{
    char text[SERIES_NOTE_MAX + 1];
    const struct series_ops *ops = r->series->ops;
    if (r->config.days == 0)
        return 0;
    int err = ops->load_note(r->series->ctx, note_name, text);
    if (!err && sscanf(text, "%" SCNd64 " %" SCNu64 " %" SCNu64, &r->last.unix_ms, &r->last.now_ms,
                       &r->last.left_ms) != 3)
        r->last = (struct retention_clocks){0};
    return err ? err : ops->newest_ms(r->series->ctx, &r->newest_ms);
}

/* ---- the clocks ---- */

/* The machine's own clock either went on, and then the wall clock went as far; or began anew, and
 * then the machine was away for a while that is not known, but for no longer than some days. */
bool retention_clocks_move(struct retention_clocks *last, int64_t unix_ms, uint64_t now_ms)
{
    const struct retention_clocks before = *last;
    int64_t wall_ms = unix_ms - before.unix_ms;
    bool same_start = now_ms >= before.now_ms;
    int64_t ran_ms = same_start ? (int64_t)(now_ms - before.now_ms) : (int64_t)now_ms;
    int64_t longest_ms = same_start ? ran_ms : (int64_t)AWAY_DAYS * DAY_MS;
    *last = (struct retention_clocks){.unix_ms = unix_ms, .now_ms = now_ms > 0 ? now_ms : 1};
    if (before.now_ms == 0)
        return false;
    if (wall_ms < (same_start ? ran_ms : 0) - HOUR_MS || wall_ms > longest_ms + HOUR_MS) {
        last->left_ms = RETENTION_HOLD_MS;
        return true;
    }
    uint64_t steady_ms = (uint64_t)ran_ms;
    last->left_ms = before.left_ms > steady_ms ? before.left_ms - steady_ms : 0;
    return false;
}

static void note_done(void *arg, int err)
{
    (void)arg;
    if (err)
        HOST_LOG(ROOST_LOG_WARN, "retention", "the clocks could not be noted",
                 RF_ERR("error", err));
}

static void note_clocks(const struct retention *r)
{
    char text[SERIES_NOTE_MAX + 1];
    snprintf(text, sizeof text, "%" PRId64 " %" PRIu64 " %" PRIu64, r->last.unix_ms, r->last.now_ms,
             r->last.left_ms);
    int err = r->series->ops->note(r->series->ctx, note_name, text, note_done, NULL);
    if (err)
        note_done(NULL, err);
}

/* ---- a run ---- */

static void refuse(struct retention *r, enum retention_refusal why, uint64_t rows, uint64_t older)
{
    uint64_t now_ms = r->last.now_ms;
    metric_add(r->refusals[why], 1);
    r->busy = false;
    if (r->refused == why && now_ms < r->said_ms + DAY_MS)
        return;
    r->refused = why;
    r->said_ms = now_ms;
    HOST_LOG(ROOST_LOG_WARN, "retention", "old readings are not deleted",
             RF_STR("store", name_of(r)), RF_STR("why", refusals[why].text),
             RF_INT("days", r->config.days), RF_INT("clock_ms", r->last.unix_ms),
             RF_INT("newest_ms", r->newest_ms), RF_INT("rows", rows), RF_INT("older", older));
}

static void retained(void *arg, int err, uint64_t rows)
{
    struct retention *r = arg;
    r->busy = false;
    metric_add(r->rows, (double)rows);
    if (err) {
        HOST_LOG(ROOST_LOG_ERROR, "retention", "old readings could not be deleted",
                 RF_STR("store", name_of(r)), RF_ERR("error", err), RF_INT("rows", rows));
        return;
    }
    metric_add(r->runs, 1);
    r->deleted_ms = r->before_ms;
    r->refused = RETENTION_REFUSALS;
    HOST_LOG(rows > 0 ? ROOST_LOG_INFO : ROOST_LOG_DEBUG, "retention", "old readings deleted",
             RF_STR("store", name_of(r)), RF_INT("rows", rows), RF_INT("before_ms", r->before_ms),
             RF_INT("days", r->config.days));
}

/* Of a store that is filled evenly, each day a day's part goes. */
static bool is_too_much(const struct retention_config *config, const struct series_survey *survey)
{
    double share = (double)config->share_pct / 100;
    double of_two_days = 2.0 / ((double)config->days + 1);
    double most = share > of_two_days ? share : of_two_days;
    return (double)survey->older > most * (double)survey->rows;
}

static void surveyed(void *arg, int err, const struct series_survey *survey)
{
    struct retention *r = arg;
    if (!err && is_too_much(&r->config, survey)) {
        refuse(r, RETENTION_SHARE, survey->rows, survey->older);
        return;
    }
    if (!err)
        err = r->series->ops->retain(r->series->ctx, r->before_ms, retained, r);
    if (err)
        retained(r, err, 0);
}

/* Counted back from now, or from the day after the newest reading where that is earlier. */
static int64_t cut_at(const struct retention *r, int64_t unix_ms)
{
    int64_t from_ms = unix_ms;
    if (r->newest_ms > 0 && r->newest_ms + DAY_MS < from_ms)
        from_ms = r->newest_ms + DAY_MS;
    return from_ms / DAY_MS * DAY_MS - (int64_t)r->config.days * DAY_MS;
}

static void run(struct retention *r)
{
    r->before_ms = cut_at(r, r->last.unix_ms);
    if (r->before_ms <= r->deleted_ms)
        return;
    r->busy = true;
    if (r->clock_doubted && *r->clock_doubted) {
        refuse(r, RETENTION_DOUBT, 0, 0);
    } else if (r->last.left_ms > 0) {
        refuse(r, RETENTION_JUMP, 0, 0);
    } else {
        int err = r->series->ops->survey(r->series->ctx, r->before_ms, surveyed, r);
        if (err)
            retained(r, err, 0);
    }
}

uint64_t retention_tick(struct retention *r, uint64_t now_ms)
{
    if (r->config.days == 0)
        return ROOST_NEVER;
    if (now_ms < r->due_ms || r->busy)
        return r->busy ? ROOST_NEVER : r->due_ms;
    r->due_ms = now_ms + RETENTION_EVERY_MS;
    if (retention_clocks_move(&r->last, r->clock->ops->unix_ms(r->clock->ctx), now_ms))
        r->refused = RETENTION_REFUSALS; /* a new jump is said anew */
    note_clocks(r);
    run(r);
    return r->due_ms;
}
