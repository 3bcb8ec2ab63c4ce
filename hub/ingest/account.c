/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/account.h"

#include <stdio.h>

#include "core/assert.h"

static const double seconds_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10};
static const double rows_bounds[] = {1, 10, 100, 1000, 10000, 100000};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The labels of all reasons; NULL where an outcome is none. Returns how many there are. */
static size_t list_reasons(struct account *a, const struct hub_set *set,
                           const char *reasons[ACCOUNT_REASONS_MAX])
{
    size_t count = HUB_OWN;
    reasons[HUB_WAITS] = reasons[HUB_STORED] = reasons[HUB_DUPLICATE] = NULL;
    reasons[HUB_LATER] = NULL;
#define X(name, label) reasons[HUB_##name] = (label);
    HUB_REFUSAL_LIST(X)
#undef X
    for (size_t slot = 0; slot < set->count; slot++) {
        const struct hub_service *row = set->at[slot].row;
        a->own_reasons[slot] = count;
        for (size_t i = 0; i < row->reason_count; i++) {
            ROOST_ASSERT(count < ACCOUNT_REASONS_MAX);
            reasons[count++] = row->reasons[i];
        }
    }
    return count;
}

/* Every reason is there from the start, so that a rate over the first rejection is seen. */
static void init_topic(struct account *a, struct metrics *m, size_t label, const char *name,
                       const char *const *reasons, size_t reason_count)
{
    char labels[96];
    for (size_t i = 0; i < reason_count; i++) {
        if (!reasons[i])
            continue;
        snprintf(labels, sizeof labels, "topic=\"%s\",reason=\"%s\"", name, reasons[i]);
        a->rejected[label][i] =
            metrics_counter(m, "roost_ingest_rejected_total", "Messages refused for good", labels);
    }
    snprintf(labels, sizeof labels, "topic=\"%s\"", name);
    a->received[label] =
        metrics_counter(m, "roost_ingest_received_total", "Messages of devices received", labels);
    a->stored[label] =
        metrics_counter(m, "roost_ingest_stored_total", "Messages stored or acted on", labels);
    a->duplicate[label] = metrics_counter(m, "roost_ingest_duplicate_total",
                                          "Messages dropped as stored already", labels);
    a->waiting[label] =
        metrics_gauge(m, "roost_ingest_waiting", "Messages received and not yet durable", labels);
}

static void init_topics(struct account *a, struct metrics *m, const struct hub_set *set)
{
    const char **reasons = a->reasons;
    size_t reason_count = list_reasons(a, set, reasons);
    for (size_t slot = 0; slot < set->count; slot++) {
        const struct hub_service *row = set->at[slot].row;
        for (size_t i = 0; i < row->topic_count; i++) {
            ROOST_ASSERT(a->topic_count < HUB_TOPICS_MAX);
            init_topic(a, m, a->topic_count++, row->topics[i].topic->name, reasons, reason_count);
        }
    }
    init_topic(a, m, a->topic_count, "other", reasons, reason_count);
}

void account_init(struct account *a, struct metrics *m, const struct hub_set *set)
{
    *a = (struct account){0};
    init_topics(a, m, set);
    a->gap_readings = metrics_counter(m, "roost_ingest_gap_readings_total",
                                      "Missing sequence numbers given up", NULL);
    a->restarted = metrics_counter(m, "roost_ingest_renumbered_total",
                                   "Times a device started its numbering over", NULL);
    a->overrun = metrics_counter(m, "roost_ingest_overrun_total",
                                 "Messages left with the broker for want of room", NULL);
    a->paused =
        metrics_gauge(m, "roost_ingest_paused", "1 while reading from the broker is stopped", NULL);
    a->oldest = metrics_gauge(m, "roost_ingest_oldest_waiting_seconds",
                              "How long the oldest message not yet durable has waited", NULL);
    a->batches_ok =
        metrics_counter(m, "roost_ingest_batches_total", "Batches by result", "result=\"ok\"");
    a->batches_failed =
        metrics_counter(m, "roost_ingest_batches_total", "Batches by result", "result=\"failed\"");
    a->batch_rows = metrics_histogram(m, "roost_ingest_batch_rows", "Rows of a batch", NULL,
                                      rows_bounds, COUNT_OF(rows_bounds));
    a->write_seconds =
        metrics_histogram(m, "roost_ingest_write_seconds", "From a batch's hand-over to durable",
                          NULL, seconds_bounds, COUNT_OF(seconds_bounds));
}

static size_t reason_index(const struct account *a, size_t slot, enum hub_outcome outcome)
{
    size_t reason = (size_t)outcome;
    return reason >= HUB_OWN ? a->own_reasons[slot] + reason - HUB_OWN : reason;
}

const char *account_reason(const struct account *a, size_t slot, enum hub_outcome outcome)
{
    return a->reasons[reason_index(a, slot, outcome)];
}

void account_message(struct account *a, size_t label, size_t slot, enum hub_outcome outcome)
{
    metric_add(a->received[label], 1);
    switch (outcome) {
    case HUB_WAITS:
    case HUB_LATER:
        return;
    case HUB_STORED:
        metric_add(a->stored[label], 1);
        return;
    case HUB_DUPLICATE:
        metric_add(a->duplicate[label], 1);
        return;
    default:
        break;
    }
    size_t reason = reason_index(a, slot, outcome);
    ROOST_ASSERT(reason < ACCOUNT_REASONS_MAX && a->rejected[label][reason]);
    metric_add(a->rejected[label][reason], 1);
}
