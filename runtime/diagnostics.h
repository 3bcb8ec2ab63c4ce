/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device can say of itself to somebody who looks for a fault, a line at a time: who it is,
 * how long it runs and since when, the faults that hold, and the lines of its log that fall into a
 * range of time. Times in it are seconds since the start, as the log has them; the head says when
 * now is. Nothing in it is secret: the log masks what would be. Depends on runtime/device.h, core/.
 *
 *     struct roost_diagnostics lines;
 *
 *     roost_diagnostics_begin(&lines, &device, &range);
 *     while ((len = roost_diagnostics_head(&lines, out)) > 0) ...
 *     while ((len = roost_diagnostics_log(&lines, out)) > 0) ...
 *
 *     # lamp unit-7, firmware 1.4.0
 *     # boot 12 (power-on), up 1234.567 s, now 2026-12-01T03:04:05.678Z
 *     # fault 101 DRIVER_SILENT: the driver does not answer
 *     # log: 31 lines of 1044
 *     1201.420 W lamp: driver silent
 */
#ifndef ROOST_RUNTIME_DIAGNOSTICS_H
#define ROOST_RUNTIME_DIAGNOSTICS_H

#include "runtime/device.h"

enum { ROOST_DIAGNOSTICS_LINE_MAX = ROOST_LOG_LINE_MAX + 2 }; /* with its end and a NUL */

/* Where the time is not known (boot_ms 0), everything falls into it. */
struct roost_diagnostics_range {
    int64_t boot_ms;        /* Unix time of the start */
    int64_t from_ms, to_ms; /* Unix time; 0: open */
};
/* Whether anything of first_ms..last_ms (since the start) falls into it. */
bool roost_diagnostics_touches(const struct roost_diagnostics_range *range, uint64_t first_ms,
                               uint64_t last_ms);

struct roost_diagnostics {
    const struct roost_device *device;
    struct roost_diagnostics_range range;
    uint32_t log_at, log_end; /* lines that come later are another file's */
    uint8_t part;
};

enum { ROOST_DIAGNOSTICS_KIND_MAX = 12, ROOST_DIAGNOSTICS_NAME_MAX = ROOST_DEVICE_ID_MAX + 34 };

/* Of the file: "unit-7-log-20261201T030405Z.txt", kind being "log"; a URL may hold it as it is. */
void roost_diagnostics_name(const struct roost_diagnostics *lines, const char *kind,
                            char out[ROOST_DIAGNOSTICS_NAME_MAX + 1]);

void roost_diagnostics_begin(struct roost_diagnostics *lines, const struct roost_device *device,
                             const struct roost_diagnostics_range *range);
/* The next line, with its end and a NUL: its length, 0 behind the last one. */
size_t roost_diagnostics_head(struct roost_diagnostics *lines,
                              char out[ROOST_DIAGNOSTICS_LINE_MAX]);
size_t roost_diagnostics_log(struct roost_diagnostics *lines, char out[ROOST_DIAGNOSTICS_LINE_MAX]);

#endif
