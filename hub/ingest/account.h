/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of every message, by topic, on /metrics:
 *
 *     received = stored + duplicate + rejected(reason) + waiting
 *
 * and how the batches went. Topics and the services' own reasons are numbered through, in the order
 * of the set. Depends on hub/service.h, host/metrics.h.
 */
#ifndef ROOST_HUB_INGEST_ACCOUNT_H
#define ROOST_HUB_INGEST_ACCOUNT_H

#include "host/metrics.h"
#include "hub/service.h"

enum { ACCOUNT_REASONS_MAX = HUB_OWN + HUB_REASONS_MAX };

struct account {
    size_t topic_count; /* the label behind them is "other": no topic of ours */
    struct metric *received[HUB_TOPICS_MAX + 1], *stored[HUB_TOPICS_MAX + 1];
    struct metric *duplicate[HUB_TOPICS_MAX + 1], *waiting[HUB_TOPICS_MAX + 1];
    struct metric *rejected[HUB_TOPICS_MAX + 1][ACCOUNT_REASONS_MAX];
    size_t own_reasons[HUB_SERVICES_MAX];     /* where those of each service begin */
    const char *reasons[ACCOUNT_REASONS_MAX]; /* their labels; NULL where an outcome is none */
    struct metric *gap_readings, *restarted, *overrun, *paused, *oldest;
    struct metric *batches_ok, *batches_failed, *batch_rows, *write_seconds;
};

void account_init(struct account *account, struct metrics *metrics, const struct hub_set *set);

/* A message of topic `label` was received and taken to the set's service `slot`, and what became of
 * it. A message of no topic has the label topic_count, the slot 0 and HUB_BAD_TOPIC. */
void account_message(struct account *account, size_t label, size_t slot, enum hub_outcome outcome);

/* The label of a refusal by the set's service `slot`; NULL: the outcome is none. */
const char *account_reason(const struct account *account, size_t slot, enum hub_outcome outcome);

#endif
