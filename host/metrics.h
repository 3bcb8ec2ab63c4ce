/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters, gauges and histograms in the Prometheus text format 0.0.4. A metric is
 * registered once and lives as long as the registry; updating one is a memory write. Labels are
 * fixed at registration. Everything on the loop's thread. Depends on core/assert.h.
 *
 *     struct metric *stored = metrics_counter(m, "roost_ingest_stored_total", "Messages stored",
 *                                             "topic=\"temperature\"");
 *     metric_add(stored, 1);
 */
#ifndef ROOST_HOST_METRICS_H
#define ROOST_HOST_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct metrics;
struct metric;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* name and help are borrowed for the registry's life; labels ("a=\"b\",c=\"d\"" or NULL) are
 * copied. The same name and labels give the same metric. Never NULL: out of memory ends the
 * program. */
struct metric *metrics_counter(struct metrics *m, const char *name, const char *help,
                               const char *labels);
/* With one label, whose value is not escaped: label and value together under 60 bytes. */
struct metric *metrics_counter_of(struct metrics *m, const char *name, const char *help,
                                  const char *label, const char *value);
struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help,
                             const char *labels);
/* bounds ascending, borrowed for the registry's life. */
struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
                                 const char *labels, const double *bounds, size_t bound_count);

void metric_add(struct metric *metric, double amount);    /* counter: amount >= 0 */
void metric_set(struct metric *metric, double value);     /* gauge */
void metric_observe(struct metric *metric, double value); /* histogram */
double metric_value(const struct metric *metric);         /* counter, gauge; histogram: its count */

/* Called before each exposition, to refresh gauges. */
void metrics_on_collect(struct metrics *m, void (*fn)(void *ctx), void *ctx);

/* The whole exposition, malloc'ed, NUL-terminated; the caller frees it. */
char *metrics_expose(struct metrics *m, size_t *len);

#endif
