/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/outbox.h"

#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/timer.h"

/* ---- records ---- */

/*  0      1               2..3  4..7  8..15    16...      all little-endian
 *  format flags(1: timed) 0     boot  time_ms  the product's */
enum { RECORD_FORMAT = 1, RECORD_TIMED = 1 };

struct record {
    struct roost_record_head head;
    uint8_t bytes[ROOST_OUTBOX_HEAD_BYTES + ROOST_OUTBOX_BYTES_MAX];
};

void roost_record_head_write(uint8_t out[ROOST_OUTBOX_HEAD_BYTES],
                             const struct roost_record_head *head)
{
    roost_le_put(out, RECORD_FORMAT | (head->timed ? RECORD_TIMED << 8 : 0), 4);
    roost_le_put(out + 4, head->boot, 4);
    roost_le_put(out + 8, head->time_ms, 8);
}

int roost_record_head_parse(struct roost_record_head *head, const uint8_t *bytes, size_t len)
{
    if (len < ROOST_OUTBOX_HEAD_BYTES || bytes[0] != RECORD_FORMAT || bytes[1] > RECORD_TIMED)
        return ROOST_ERR_INVALID;
    *head = (struct roost_record_head){.boot = (uint32_t)roost_le_get(bytes + 4, 4),
                                       .timed = bytes[1] == RECORD_TIMED,
                                       .time_ms = roost_le_get(bytes + 8, 8)};
    return 0;
}

static void make_record(const struct roost_outbox *outbox, struct record *record,
                        const uint8_t *bytes, struct roost_time now)
{
    bool timed = now.unix_ms > 0;

    record->head =
        (struct roost_record_head){.boot = outbox->boot,
                                   .timed = timed,
                                   .time_ms = timed ? (uint64_t)now.unix_ms : now.now_ms};
    roost_record_head_write(record->bytes, &record->head);
    memcpy(record->bytes + ROOST_OUTBOX_HEAD_BYTES, bytes, outbox->kind->bytes);
}

/* True when the clock could still tell the record's time, once it is known. */
static bool of_this_boot(const struct roost_outbox *outbox, const struct record *record)
{
    return outbox->boot != 0 && record->head.boot == outbox->boot;
}

/* Milliseconds since 1970, or 0 when nobody knows any more. */
static int64_t record_unix_ms(const struct roost_outbox *outbox, const struct record *record,
                              struct roost_time now)
{
    if (record->head.timed)
        return (int64_t)record->head.time_ms;
    if (!of_this_boot(outbox, record) || now.unix_ms <= 0)
        return 0;
    return now.unix_ms - (int64_t)(now.now_ms - record->head.time_ms);
}

/* ---- sending ---- */

static int send_message(const struct roost_outbox *outbox, unsigned message,
                        const struct record *record, uint64_t seq, struct roost_time now)
{
    const struct roost_record said = {.bytes = record->bytes + ROOST_OUTBOX_HEAD_BYTES,
                                      .unix_ms = record_unix_ms(outbox, record, now),
                                      .seq = seq};

    return outbox->kind->send(outbox->ctx, message, &said);
}

static struct roost_outbox_flight *flight_at(struct roost_outbox *outbox, unsigned n)
{
    return &outbox->flight[(outbox->first + n) % ROOST_OUTBOX_FLIGHTS];
}

/* Trims what is acknowledged with everything before it. */
static void land(struct roost_outbox *outbox)
{
    uint64_t delivered = 0;

    while (outbox->flying > 0) {
        const struct roost_outbox_flight *oldest = flight_at(outbox, 0);
        if (oldest->to_send || oldest->token[0] || oldest->token[1])
            break;
        delivered = oldest->seq;
        outbox->first = (uint8_t)((outbox->first + 1) % ROOST_OUTBOX_FLIGHTS);
        outbox->flying--;
    }
    if (delivered == 0)
        return;
    roost_journal_trim(&outbox->journal, delivered);
    if (roost_journal_waiting(&outbox->journal) <= ROOST_OUTBOX_FLIGHTS)
        outbox->journal_full = false;
}

static void note_flash(struct roost_outbox *outbox, int err)
{
    if (err < 0 && outbox->flash_err == 0)
        ROOST_LOG(outbox->log, ROOST_LOG_ERROR, "outbox", "journal failed", RF_ERR("error", err));
    outbox->flash_err = err < 0 ? err : 0;
}

/* Reads the first record from `seq` on. Returns 0 or below. One that is none of this kind is passed
 * as delivered: it would stand in the way of all others for good. */
static int read_record(struct roost_outbox *outbox, uint64_t seq, struct record *record,
                       uint64_t *found)
{
    int len = roost_journal_read(&outbox->journal, seq, record->bytes, sizeof record->bytes, found);

    if (len < 0)
        return len == ROOST_ERR_TOO_LONG ? ROOST_ERR_INVALID : len;
    return len == ROOST_OUTBOX_HEAD_BYTES + outbox->kind->bytes
               ? roost_record_head_parse(&record->head, record->bytes, (size_t)len)
               : ROOST_ERR_INVALID;
}

/* Hands the unsent messages of one record to the port. Returns false when it takes no more. */
static bool send_record(struct roost_outbox *outbox, struct roost_outbox_flight *flight,
                        const struct record *record, struct roost_time now)
{
    for (unsigned m = 0; m < outbox->kind->messages; m++) {
        if (!(flight->to_send & (1u << m)))
            continue;
        int token = send_message(outbox, m, record, flight->seq, now);
        if (token < 0) {
            if (token != ROOST_ERR_FULL && token != ROOST_ERR_CLOSED)
                ROOST_LOG(outbox->log, ROOST_LOG_WARN, "outbox", "publish refused",
                          RF_INT("seq", flight->seq), RF_ERR("error", token));
            return false;
        }
        flight->token[m] = (uint32_t)token;
        flight->to_send &= (uint8_t) ~(1u << m);
    }
    land(outbox); /* nothing will come for a record without tokens */
    return true;
}

/* A record with no time of its own is better sent a little later than stamped with its arrival. */
static bool wait_for_clock(struct roost_outbox *outbox, const struct record *record,
                           struct roost_time now)
{
    outbox->waiting_for_clock = !record->head.timed && of_this_boot(outbox, record) &&
                                now.unix_ms <= 0 &&
                                now.now_ms - record->head.time_ms > ROOST_OUTBOX_CLOCK_FRESH_MS &&
                                now.now_ms - outbox->opened_ms < ROOST_OUTBOX_CLOCK_WAIT_MS;
    outbox->clock_look_ms = now.now_ms + 1000;
    return outbox->waiting_for_clock;
}

/* Takes the next record into flight. Returns false when there is none to take now. */
static bool launch(struct roost_outbox *outbox, struct roost_time now)
{
    struct record record;
    uint64_t found = outbox->next_seq;
    int err = read_record(outbox, outbox->next_seq, &record, &found);

    if (err == ROOST_ERR_EMPTY)
        return false;
    if (err == ROOST_ERR_IO || err == ROOST_ERR_CORRUPT) {
        note_flash(outbox, err);
        return false;
    }
    if (err == 0 && wait_for_clock(outbox, &record, now))
        return false;
    if (outbox->flying == 0) /* silence counts from when there was something to answer */
        outbox->acked_ms = now.now_ms;
    struct roost_outbox_flight *flight = flight_at(outbox, outbox->flying++);
    *flight = (struct roost_outbox_flight){
        .seq = found, .to_send = (uint8_t)((1u << outbox->kind->messages) - 1)};
    outbox->next_seq = found + 1;
    if (err < 0) {
        flight->to_send = 0;
        outbox->unreadable++;
        ROOST_LOG(outbox->log, ROOST_LOG_ERROR, "outbox", "record of another kind",
                  RF_INT("seq", found));
        land(outbox);
        return true;
    }
    return send_record(outbox, flight, &record, now);
}

/* Goes on with the record whose second message the port had no room for. */
static bool finish_last(struct roost_outbox *outbox, struct roost_time now)
{
    struct record record;
    uint64_t found = 0;

    if (outbox->flying == 0)
        return true;
    struct roost_outbox_flight *last = flight_at(outbox, outbox->flying - 1u);
    if (!last->to_send)
        return true;
    if (read_record(outbox, last->seq, &record, &found) == 0 && found == last->seq)
        return send_record(outbox, last, &record, now);
    /* Given up by a full journal meanwhile, and counted there. */
    last->to_send = 0;
    land(outbox);
    return true;
}

void roost_outbox_pump(struct roost_outbox *outbox, struct roost_time now)
{
    if (!outbox->open || !outbox->mounted || !finish_last(outbox, now))
        return;
    while (outbox->flying < ROOST_OUTBOX_FLIGHTS && launch(outbox, now))
        continue;
}

uint64_t roost_outbox_due(const struct roost_outbox *outbox)
{
    if (!outbox->open)
        return ROOST_NEVER;
    /* The clock becoming known is no event: look once a second. */
    if (outbox->waiting_for_clock)
        return outbox->clock_look_ms;
    return outbox->flying > 0 ? outbox->acked_ms + ROOST_OUTBOX_ACK_TIMEOUT_MS : ROOST_NEVER;
}

/* ---- events ---- */

bool roost_outbox_acked(struct roost_outbox *outbox, uint64_t token, struct roost_time now)
{
    if (token == 0)
        return false;
    for (unsigned n = 0; n < outbox->flying; n++) {
        struct roost_outbox_flight *flight = flight_at(outbox, n);
        for (unsigned m = 0; m < outbox->kind->messages; m++) {
            if (flight->token[m] == token) {
                flight->token[m] = 0;
                outbox->acked_ms = now.now_ms;
                land(outbox);
                return true;
            }
        }
    }
    return false;
}

bool roost_outbox_unanswered(const struct roost_outbox *outbox, struct roost_time now)
{
    return outbox->open && outbox->flying > 0 &&
           now.now_ms - outbox->acked_ms >= ROOST_OUTBOX_ACK_TIMEOUT_MS;
}

void roost_outbox_opened(struct roost_outbox *outbox, struct roost_time now)
{
    outbox->open = true;
    outbox->opened_ms = now.now_ms;
    outbox->flying = 0;
    outbox->waiting_for_clock = false;
    outbox->next_seq = outbox->journal.trimmed_seq + 1;
}

void roost_outbox_closed(struct roost_outbox *outbox)
{
    outbox->open = false;
    outbox->flying = 0;
}

/* Past the journal: a number would be given to another reading later. */
static void send_live(struct roost_outbox *outbox, const struct record *record,
                      struct roost_time now)
{
    bool sent = outbox->open;

    for (unsigned m = 0; m < outbox->kind->messages && sent; m++)
        sent = send_message(outbox, m, record, 0, now) >= 0;
    if (sent)
        outbox->live++;
    else
        outbox->live_lost++;
}

void roost_outbox_add(struct roost_outbox *outbox, const uint8_t *bytes, struct roost_time now)
{
    struct record record;
    uint64_t seq;
    int err = ROOST_ERR_IO;

    make_record(outbox, &record, bytes, now);
    if (outbox->mounted)
        err = roost_journal_append(&outbox->journal, record.bytes,
                                   ROOST_OUTBOX_HEAD_BYTES + outbox->kind->bytes, &seq);
    note_flash(outbox, err);
    if (err < 0) {
        send_live(outbox, &record, now);
        return;
    }
    if (outbox->journal.dropped == outbox->dropped_seen)
        return;
    outbox->dropped_seen = outbox->journal.dropped;
    if (!outbox->journal_full)
        ROOST_LOG(outbox->log, ROOST_LOG_WARN, "outbox", "journal full",
                  RF_INT("dropped", outbox->journal.dropped));
    outbox->journal_full = true;
}

int roost_outbox_init(struct roost_outbox *outbox, const struct roost_outbox_kind *kind, void *ctx,
                      const struct roost_port *port, uint32_t boot, struct roost_log *log)
{
    uint32_t random;

    ROOST_ASSERT(kind->bytes <= ROOST_OUTBOX_BYTES_MAX &&
                 kind->messages <= ROOST_OUTBOX_MESSAGES_MAX);
    *outbox = (struct roost_outbox){.kind = kind, .ctx = ctx, .log = log, .boot = boot};
    port->random.ops->fill(port->random.ctx, &random, sizeof random);
    int err = roost_journal_init(&outbox->journal, &port->journal, random);
    if (err == ROOST_ERR_INVALID)
        return err;
    outbox->mounted = err == 0;
    note_flash(outbox, err);
    return 0;
}

uint64_t roost_outbox_waiting(const struct roost_outbox *outbox)
{
    return outbox->mounted ? roost_journal_waiting(&outbox->journal) : 0;
}

uint64_t roost_outbox_last_seq(const struct roost_outbox *outbox)
{
    return outbox->mounted ? outbox->journal.next_seq - 1 : 0;
}
