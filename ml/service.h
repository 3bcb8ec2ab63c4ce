/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model service: requests in, control messages out, and what hands set kept for learning. Pure,
 * as the services of the hub are: broker, clock and metrics come through hub/service.h and
 * host/metrics.h.
 *
 *     received = answered + labels + ignored(reason) + returned + waiting
 *
 * Requests wait until the end of the loop's turn and then go through the network together, so that
 * the batch grows with the load and a single request waits for nobody. A message is acknowledged
 * when its answer is with the broker's client, its label is on the disk, or it was refused for
 * good; what finds the broker away is dropped here and comes again from the broker. While the queue
 * is full, or the bus takes no more answers, the bus is paused.
 *
 *     ml_service_message(service, message);      for each that came
 *     ml_service_flush(service);                 once a turn
 */
#ifndef ROOST_ML_SERVICE_H
#define ROOST_ML_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "host/metrics.h"
#include "host/bus.h"
#include "host/clock.h"
#include "ml/labels.h"
#include "ml/model.h"

enum {
    ML_QUEUE_MAX = 4096,      /* requests waiting: then the bus is paused */
    ML_FEATURES_FRESH_S = 600 /* features older than this are no label's */
};

extern const char *const ml_service_topics[];
extern const size_t ml_service_topic_count;

/* Monotonic, for durations. */
struct ml_stopwatch {
    uint64_t (*now_ns)(void *ctx);
    void *ctx;
};

struct ml_service;

/* Everything is borrowed for the service's life. NULL when memory is out. */
struct ml_service *ml_service_new(const struct bus *bus, const struct host_clock *clock,
                                  const struct ml_stopwatch *stopwatch, struct ml_labels *labels,
                                  struct metrics *metrics);
void ml_service_free(struct ml_service *service);

/* From now on this model answers; borrowed until the next call. Counts a promotion, or a rollback
 * when its version is the old one's parent or older. */
void ml_service_use(struct ml_service *service, struct ml_model *model);

void ml_service_message(struct ml_service *service, const struct bus_message *message);

/* Answers what waits. Returns how many still wait: the bus is full, call again soon. */
size_t ml_service_flush(struct ml_service *service);

/* Labels stored since the start. */
uint64_t ml_service_labels(const struct ml_service *service);

#endif
