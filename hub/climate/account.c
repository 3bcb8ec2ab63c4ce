/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "hub/climate/climate_internal.h"

static const char *const outcome_names[OUTCOME_COUNT] = {[OUTCOME_WAITS] = "waits",
                                                         [OUTCOME_STORED] = "stored",
                                                         [OUTCOME_DUPLICATE] = "duplicate",
#define X(name, label) [REJECT_##name] = (label),
                                                         REJECT_LIST(X)
#undef X
};

static const double seconds_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10};
static const double rows_bounds[] = {1, 10, 100, 1000, 10000, 100000};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

static const char *topic_label(int label)
{
    return label == TOPIC_OTHER ? "other" : roost_any_topic_name((enum roost_any_topic_kind)label);
}

/* Every reason is there from the start, so that a rate over the first rejection is seen. */
static void init_rejected(struct account *a, int label)
{
    static const enum outcome reasons[] = {
#define X(name, text) REJECT_##name,
        REJECT_LIST(X)
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        char labels[96];
        snprintf(labels, sizeof labels, "topic=\"%s\",reason=\"%s\"", topic_label(label),
                 outcome_names[reasons[i]]);
        a->rejected[label][reasons[i]] = metrics_counter(a->metrics, "roost_ingest_rejected_total",
                                                         "Messages refused for good", labels);
    }
}

static void init_topics(struct account *a)
{
    for (int label = 0; label < TOPIC_LABELS; label++) {
        char labels[64];
        snprintf(labels, sizeof labels, "topic=\"%s\"", topic_label(label));
        init_rejected(a, label);
        a->received[label] = metrics_counter(a->metrics, "roost_ingest_received_total",
                                             "Messages of devices received", labels);
        a->stored[label] = metrics_counter(a->metrics, "roost_ingest_stored_total",
                                           "Messages stored or acted on", labels);
        a->duplicate[label] = metrics_counter(a->metrics, "roost_ingest_duplicate_total",
                                              "Messages dropped as stored already", labels);
        a->waiting[label] = metrics_gauge(a->metrics, "roost_ingest_waiting",
                                          "Messages received and not yet durable", labels);
    }
}

void account_init(struct account *a, struct metrics *m)
{
    static const char loop_name[] = "roost_loop_seconds";
    static const char loop_help[] =
        "Until the model's decision came: from its request, or from the "
        "sensor's message that caused it, the wait for the trigger "
        "interval included";
    *a = (struct account){.metrics = m};
    init_topics(a);
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
    a->retained =
        metrics_counter(m, "roost_retention_runs_total", "Deletions of rows past their time", NULL);
    a->requests_ok = metrics_counter(m, "roost_model_requests_total",
                                     "Inference requests by result", "result=\"sent\"");
    a->requests_failed = metrics_counter(m, "roost_model_requests_total",
                                         "Inference requests by result", "result=\"failed\"");
    a->loop_from_request = metrics_histogram(m, loop_name, loop_help, "from=\"request\"",
                                             seconds_bounds, COUNT_OF(seconds_bounds));
    a->loop_from_sensor = metrics_histogram(m, loop_name, loop_help, "from=\"sensor\"",
                                            seconds_bounds, COUNT_OF(seconds_bounds));
}

void account_message(struct account *a, int label, enum outcome outcome)
{
    metric_add(a->received[label], 1);
    switch (outcome) {
    case OUTCOME_WAITS:
        break;
    case OUTCOME_STORED:
        metric_add(a->stored[label], 1);
        break;
    case OUTCOME_DUPLICATE:
        metric_add(a->duplicate[label], 1);
        break;
    default:
        metric_add(a->rejected[label][outcome], 1);
    }
}
