/* SPDX-License-Identifier: Apache-2.0 */
/* What services and metrics ask of the operating system: clocks, random numbers, the process. */
#ifndef ROOSTD_PROCESS_H
#define ROOSTD_PROCESS_H

#include <stdint.h>

#include "host/metrics.h"
#include "host/clock.h"

extern const struct host_clock process_clock;

/* Raises the limit of open files as far as this process may, and returns it. */
uint64_t process_raise_files(void);

/* process_* and roost_build_info, under the names every Prometheus client uses. */
void process_metrics(struct metrics *metrics);

#endif
