/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/diagnostics.h"

#include <string.h>

#include "core/datetime.h"
#include "core/number.h"
#include "core/reset.h"

enum { PART_WHO, PART_WHEN, PART_LOG, PART_FAULTS }; /* behind it, one part a fault */

/* ---- a line ---- */

struct line {
    char *out;
    size_t len;
};

static void put(struct line *line, const char *text)
{
    for (; *text && line->len < ROOST_DIAGNOSTICS_LINE_MAX - 2; text++)
        line->out[line->len++] = *text;
}

static void put_number(struct line *line, uint64_t number, unsigned decimals)
{
    char text[ROOST_NUMBER_MAX];

    roost_write_scaled(text, (int64_t)number, decimals);
    put(line, text);
}

static size_t end(struct line *line)
{
    line->out[line->len++] = '\n';
    line->out[line->len] = '\0';
    return line->len;
}

/* ---- the head ---- */

static void put_who(struct line *line, const struct roost_device *device)
{
    put(line, "# ");
    put(line, device->spec->type);
    put(line, " ");
    put(line, device->id);
    put(line, ", firmware ");
    put(line, device->firmware);
}

static void put_when(struct line *line, const struct roost_diagnostics *lines)
{
    const struct roost_device *device = lines->device;
    char time[ROOST_DATETIME_LEN + 1];

    put(line, "# boot ");
    put_number(line, device->health.boots, 0);
    put(line, " (");
    put(line, roost_reset_text(device->health.reset_reason));
    put(line, "), up ");
    put_number(line, device->now.now_ms, 3);
    put(line, " s, ");
    if (lines->range.boot_ms == 0) {
        put(line, "the time is not known");
        return;
    }
    roost_datetime_write(time, lines->range.boot_ms + (int64_t)device->now.now_ms);
    put(line, "now ");
    put(line, time);
}

static void put_log(struct line *line, const struct roost_log *log)
{
    put(line, "# log: ");
    put_number(line, log->lines - log->overwritten, 0);
    put(line, " lines of ");
    put_number(line, log->lines, 0);
}

static void put_fault(struct line *line, const struct roost_fault_info *fault)
{
    put(line, "# fault ");
    put_number(line, fault->number, 0);
    put(line, " ");
    put(line, fault->name);
    put(line, ": ");
    put(line, fault->text);
}

/* The next part that says something. False: there is none. */
static bool next_part(struct roost_diagnostics *lines, unsigned *part)
{
    const struct roost_faults *faults = &lines->device->faults;

    for (*part = lines->part; *part < PART_FAULTS + faults->count; ++*part)
        if (*part < PART_FAULTS || roost_faults_active(faults, *part - PART_FAULTS)) {
            lines->part = (uint8_t)(*part + 1);
            return true;
        }
    return false;
}

size_t roost_diagnostics_head(struct roost_diagnostics *lines, char out[ROOST_DIAGNOSTICS_LINE_MAX])
{
    struct line line = {.out = out};
    unsigned part;

    if (!next_part(lines, &part))
        return 0;
    if (part == PART_WHO)
        put_who(&line, lines->device);
    else if (part == PART_WHEN)
        put_when(&line, lines);
    else if (part == PART_LOG)
        put_log(&line, &lines->device->log);
    else
        put_fault(&line, roost_faults_info(&lines->device->faults, part - PART_FAULTS));
    return end(&line);
}

void roost_diagnostics_name(const struct roost_diagnostics *lines, const char *kind,
                            char out[ROOST_DIAGNOSTICS_NAME_MAX + 1])
{
    struct line line = {.out = out};
    char time[ROOST_DATETIME_LEN + 1];

    put(&line, lines->device->id);
    put(&line, "-");
    put(&line, kind);
    put(&line, "-");
    roost_datetime_write(time, lines->range.boot_ms + (int64_t)lines->device->now.now_ms);
    for (const char *at = time; *at != '.'; at++)
        if (*at != '-' && *at != ':')
            line.out[line.len++] = *at;
    put(&line, "Z.txt");
    line.out[line.len] = '\0';
}

/* ---- the log ---- */

/* A line begins with seconds since the start, to the thousandth. */
static uint64_t line_ms(const char *text)
{
    uint64_t ms = 0;

    for (; (*text >= '0' && *text <= '9') || *text == '.'; text++)
        if (*text != '.')
            ms = 10 * ms + (uint64_t)(*text - '0');
    return ms;
}

size_t roost_diagnostics_log(struct roost_diagnostics *lines, char out[ROOST_DIAGNOSTICS_LINE_MAX])
{
    while (lines->log_at < lines->log_end) {
        struct line line = {.out = out};

        line.len = roost_log_next(&lines->device->log, &lines->log_at, out);
        if (line.len == 0 || lines->log_at > lines->log_end)
            return 0;
        uint64_t at_ms = line_ms(out);
        if (roost_diagnostics_touches(&lines->range, at_ms, at_ms))
            return end(&line);
    }
    return 0;
}

/* ---- all of it ---- */

bool roost_diagnostics_touches(const struct roost_diagnostics_range *range, uint64_t first_ms,
                               uint64_t last_ms)
{
    return range->boot_ms == 0 ||
           ((range->from_ms == 0 || range->boot_ms + (int64_t)last_ms >= range->from_ms) &&
            (range->to_ms == 0 || range->boot_ms + (int64_t)first_ms <= range->to_ms));
}

void roost_diagnostics_begin(struct roost_diagnostics *lines, const struct roost_device *device,
                             const struct roost_diagnostics_range *range)
{
    *lines =
        (struct roost_diagnostics){.device = device, .range = *range, .log_end = device->log.lines};
}
