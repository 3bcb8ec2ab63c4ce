/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { BOTH = 3 };

static void wrong(struct sim_ledger *ledger, const char *what, uint64_t seq, double value)
{
    if (ledger->wrong[0] == '\0')
        snprintf(ledger->wrong, sizeof ledger->wrong, "%s (seq %" PRIu64 ", value %.3f)", what, seq,
                 value);
}

int sim_ledger_init(struct sim_ledger *ledger, size_t size)
{
    *ledger = (struct sim_ledger){.size = size};
    ledger->readings = calloc(size, sizeof *ledger->readings);
    return ledger->readings ? 0 : ROOST_ERR_NO_MEMORY;
}

void sim_ledger_deinit(struct sim_ledger *ledger)
{
    free(ledger->readings);
    ledger->readings = NULL;
}

static void enter(struct sim_ledger *ledger, uint64_t seq, const struct roost_record_head *head,
                  const struct roost_climate_sample *sample)
{
    if (ledger->count == ledger->size) {
        wrong(ledger, "more readings than the run has time for", seq, 0);
        return;
    }
    ledger->readings[ledger->count++] = (struct sim_reading){
        .seq = seq,
        .unix_ms = head->timed ? (int64_t)head->time_ms : 0,
        .value_milli = {sample->temperature_mdegc, sample->humidity_mpct},
    };
}

/* What a full journal gave up: no longer in it, and not delivered as far as the device knows. */
static void mark_given_up(struct sim_ledger *ledger, const struct roost_journal *journal)
{
    for (size_t i = ledger->count; i > 0; i--) {
        struct sim_reading *reading = &ledger->readings[i - 1];

        if (reading->seq >= journal->oldest_seq)
            continue;
        if (reading->seq <= journal->trimmed_seq || reading->given_up)
            return;
        reading->given_up = true;
        ledger->given_up++;
    }
}

/* Reads what is new. The journal's own read cursor is the firmware's: this one has its own, which
 * stands in the newest sector and is never overtaken. */
static void read_new(struct sim_ledger *ledger, const struct roost_journal *journal, uint64_t last)
{
    struct roost_journal reader = *journal;
    uint64_t found = last;

    reader.cursor_seq = ledger->cursor_seq;
    reader.cursor_sector = ledger->cursor_sector;
    reader.cursor_offset = ledger->cursor_offset;
    while (found + 1 < journal->next_seq) {
        struct roost_record_head head;
        uint8_t bytes[64];
        int len = roost_journal_read(&reader, found + 1, bytes, sizeof bytes, &found);

        if (len != ROOST_OUTBOX_HEAD_BYTES + WINDOW_READING_BYTES ||
            roost_record_head_parse(&head, bytes, (size_t)len) < 0) {
            wrong(ledger, "an accepted reading cannot be read back", found, 0);
            return;
        }
        if (ledger->count > 0 && found != ledger->readings[ledger->count - 1].seq + 1)
            wrong(ledger, "the journal skipped a number", found, 0);
        struct roost_climate_sample sample = window_reading_read(bytes + ROOST_OUTBOX_HEAD_BYTES);
        enter(ledger, found, &head, &sample);
    }
    ledger->cursor_seq = reader.cursor_seq;
    ledger->cursor_sector = reader.cursor_sector;
    ledger->cursor_offset = reader.cursor_offset;
}

void sim_ledger_boot(struct sim_ledger *ledger)
{
    ledger->cursor_seq = 0;
    ledger->dropped = 0;
}

void sim_ledger_follow(struct sim_ledger *ledger, const struct roost_journal *journal)
{
    uint64_t last = ledger->count > 0 ? ledger->readings[ledger->count - 1].seq : 0;

    if (ledger->count > 0 && journal->id != ledger->journal_id)
        wrong(ledger, "the journal was formatted", last, 0);
    ledger->journal_id = journal->id;
    if (journal->next_seq <= last)
        wrong(ledger, "the journal forgot an accepted reading", last, 0);
    if (last + 1 < journal->next_seq)
        read_new(ledger, journal, last);
    if (journal->dropped != ledger->dropped)
        mark_given_up(ledger, journal);
    ledger->dropped = journal->dropped;
}

static bool matches(const struct sim_reading *reading, unsigned kind, int64_t unix_ms,
                    int32_t value_milli)
{
    return !(reading->stored & 1u << kind) && reading->value_milli[kind] == value_milli &&
           (reading->unix_ms == 0 || reading->unix_ms == unix_ms);
}

static struct sim_reading *find(struct sim_ledger *ledger, unsigned kind, int64_t unix_ms,
                                int32_t value_milli)
{
    for (size_t i = ledger->open[kind]; i < ledger->count; i++)
        if (matches(&ledger->readings[i], kind, unix_ms, value_milli))
            return &ledger->readings[i];
    /* One that was given up while its message was on the way. */
    for (size_t i = 0; i < ledger->open[kind]; i++)
        if (matches(&ledger->readings[i], kind, unix_ms, value_milli))
            return &ledger->readings[i];
    return NULL;
}

void sim_ledger_row(struct sim_ledger *ledger, const struct series_row *row)
{
    unsigned kind = row->table == SERIES_TEMPERATURE ? 0 : 1;
    struct sim_reading *reading =
        find(ledger, kind, row->unix_ms, (int32_t)lrint(row->value * 1000.0));

    ledger->rows[kind]++;
    if (!reading) {
        wrong(ledger,
              kind == 0 ? "a temperature row without its reading: doubled or altered"
                        : "a humidity row without its reading: doubled or altered",
              0, row->value);
        return;
    }
    reading->stored |= (uint8_t)(1u << kind);
    while (ledger->open[kind] < ledger->count) {
        const struct sim_reading *first = &ledger->readings[ledger->open[kind]];

        if (!(first->stored & 1u << kind) && !first->given_up)
            break;
        ledger->open[kind]++;
    }
}

size_t sim_ledger_missing(const struct sim_ledger *ledger, const struct sim_reading **oldest)
{
    size_t first = ledger->open[0] < ledger->open[1] ? ledger->open[0] : ledger->open[1];
    size_t missing = 0;

    if (oldest)
        *oldest = NULL;
    for (size_t i = first; i < ledger->count; i++) {
        const struct sim_reading *reading = &ledger->readings[i];

        if (reading->stored == BOTH || reading->given_up)
            continue;
        if (missing++ == 0 && oldest)
            *oldest = reading;
    }
    return missing;
}
