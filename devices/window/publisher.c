/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/publisher.h"

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"
#include "proto/climate/payload.h"

/* ---- records ---- */

/*  0      1        2..3  4..7  8..15    16..19       20..23      all little-endian
 *  format flags(1: timed) 0    boot  time_ms  temperature  humidity */
enum { RECORD_FORMAT = 1, RECORD_TIMED = 1 };

static void put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

void window_record_write(uint8_t out[WINDOW_RECORD_BYTES], const struct window_record *record)
{
    put(out, RECORD_FORMAT | (record->timed ? RECORD_TIMED << 8 : 0), 4);
    put(out + 4, record->boot, 4);
    put(out + 8, record->time_ms, 8);
    put(out + 16, (uint32_t)record->sample.temperature_mdegc, 4);
    put(out + 20, (uint32_t)record->sample.humidity_mpct, 4);
}

int window_record_parse(struct window_record *record, const uint8_t *bytes, size_t len)
{
    if (len != WINDOW_RECORD_BYTES || bytes[0] != RECORD_FORMAT || bytes[1] > RECORD_TIMED)
        return ROOST_ERR_INVALID;
    *record = (struct window_record){
        .timed = bytes[1] == RECORD_TIMED,
        .boot = (uint32_t)get(bytes + 4, 4),
        .time_ms = get(bytes + 8, 8),
        .sample = {.temperature_mdegc = (int32_t)(uint32_t)get(bytes + 16, 4),
                   .humidity_mpct = (int32_t)(uint32_t)get(bytes + 20, 4)},
    };
    return 0;
}

static struct window_record make_record(const struct window_publisher *publisher,
                                        const struct roost_climate_sample *sample,
                                        struct window_time now)
{
    bool timed = now.unix_ms > 0;

    return (struct window_record){.sample = *sample,
                                  .boot = publisher->boot,
                                  .timed = timed,
                                  .time_ms = timed ? (uint64_t)now.unix_ms : now.now_ms};
}

/* True when the clock could still tell the record's time, once it is known. */
static bool of_this_boot(const struct window_publisher *publisher,
                         const struct window_record *record)
{
    return record->boot == publisher->boot && record->boot != 0;
}

/* Milliseconds since 1970, or 0 when nobody knows any more. */
static int64_t record_unix_ms(const struct window_publisher *publisher,
                              const struct window_record *record, struct window_time now)
{
    if (record->timed)
        return (int64_t)record->time_ms;
    if (!of_this_boot(publisher, record) || now.unix_ms <= 0)
        return 0;
    return now.unix_ms - (int64_t)(now.now_ms - record->time_ms);
}

/* ---- sending ---- */

enum { MESSAGES = 2, ALL_MESSAGES = (1 << MESSAGES) - 1 };

static const enum roost_any_topic_kind topics[MESSAGES] = {ANY_TOPIC_TEMPERATURE,
                                                           ANY_TOPIC_HUMIDITY};

static int send_message(struct window_publisher *publisher, unsigned message,
                        const struct roost_climate_sample *sample, int64_t unix_ms, uint64_t seq,
                        uint32_t *token)
{
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[96];
    int32_t value = message == 0 ? sample->temperature_mdegc : sample->humidity_mpct;
    int len = roost_reading_write(payload, sizeof payload, value, unix_ms, seq);
    int err = roost_any_topic_write(topic, sizeof topic, topics[message], publisher->device_id);

    ROOST_ASSERT(len > 0 && err > 0); /* both fit by their limits */
    err =
        publisher->mqtt->ops->publish(publisher->mqtt->ctx, topic, payload, (size_t)len, 1, false);
    if (err > 0)
        *token = (uint32_t)err;
    return err;
}

static struct window_in_flight *flight_at(struct window_publisher *publisher, unsigned n)
{
    return &publisher->flight[(publisher->first + n) % WINDOW_IN_FLIGHT];
}

/* Trims what is acknowledged with everything before it. */
static void land(struct window_publisher *publisher)
{
    uint64_t delivered = 0;

    while (publisher->flying > 0) {
        const struct window_in_flight *oldest = flight_at(publisher, 0);
        if (oldest->to_send || oldest->token[0] || oldest->token[1])
            break;
        delivered = oldest->seq;
        publisher->first = (uint8_t)((publisher->first + 1) % WINDOW_IN_FLIGHT);
        publisher->flying--;
    }
    if (delivered == 0)
        return;
    roost_journal_trim(&publisher->journal, delivered);
    if (roost_journal_waiting(&publisher->journal) <= WINDOW_IN_FLIGHT)
        publisher->journal_full = false;
}

static void note_flash(struct window_publisher *publisher, int err)
{
    if (err < 0 && publisher->flash_err == 0)
        ROOST_LOG(publisher->log, ROOST_LOG_ERROR, "publisher", "journal failed",
                  RF_ERR("error", err));
    publisher->flash_err = err < 0 ? err : 0;
}

/* Reads the first record from `seq` on. Returns 0 or below. One that holds no reading is passed as
 * delivered: it would stand in the way of all others for good. */
static int read_record(struct window_publisher *publisher, uint64_t seq,
                       struct window_record *record, uint64_t *found)
{
    uint8_t bytes[64];
    int len = roost_journal_read(&publisher->journal, seq, bytes, sizeof bytes, found);

    if (len < 0 && len != ROOST_ERR_TOO_LONG)
        return len;
    return window_record_parse(record, bytes, len < 0 ? 0 : (size_t)len);
}

/* Hands the unsent messages of one record to the port. Returns false when it takes no more. */
static bool send_record(struct window_publisher *publisher, struct window_in_flight *flight,
                        const struct window_record *record, struct window_time now)
{
    int64_t unix_ms = record_unix_ms(publisher, record, now);

    for (unsigned m = 0; m < MESSAGES; m++) {
        if (!(flight->to_send & (1u << m)))
            continue;
        int err =
            send_message(publisher, m, &record->sample, unix_ms, flight->seq, &flight->token[m]);
        if (err < 0) {
            if (err != ROOST_ERR_FULL && err != ROOST_ERR_CLOSED)
                ROOST_LOG(publisher->log, ROOST_LOG_WARN, "publisher", "publish refused",
                          RF_INT("seq", flight->seq), RF_ERR("error", err));
            return false;
        }
        flight->to_send &= (uint8_t) ~(1u << m);
    }
    return true;
}

/* A reading with no time of its own is better sent a little later than stamped with its arrival. */
static bool wait_for_clock(struct window_publisher *publisher, const struct window_record *record,
                           struct window_time now)
{
    publisher->waiting_for_clock = !record->timed && of_this_boot(publisher, record) &&
                                   now.unix_ms <= 0 &&
                                   now.now_ms - record->time_ms > WINDOW_CLOCK_FRESH_MS &&
                                   now.now_ms - publisher->opened_ms < WINDOW_CLOCK_WAIT_MS;
    publisher->clock_look_ms = now.now_ms + 1000;
    return publisher->waiting_for_clock;
}

/* Takes the next record into flight. Returns false when there is none to take now. */
static bool launch(struct window_publisher *publisher, struct window_time now)
{
    struct window_record record;
    uint64_t found = publisher->next_seq;
    int err = read_record(publisher, publisher->next_seq, &record, &found);

    if (err == ROOST_ERR_EMPTY)
        return false;
    if (err == ROOST_ERR_IO || err == ROOST_ERR_CORRUPT) {
        note_flash(publisher, err);
        return false;
    }
    if (err == 0 && wait_for_clock(publisher, &record, now))
        return false;
    if (publisher->flying == 0)
        publisher->acked_ms = now.now_ms;
    struct window_in_flight *flight = flight_at(publisher, publisher->flying++);
    *flight = (struct window_in_flight){.seq = found, .to_send = ALL_MESSAGES};
    publisher->next_seq = found + 1;
    if (err < 0) {
        flight->to_send = 0;
        publisher->unreadable++;
        ROOST_LOG(publisher->log, ROOST_LOG_ERROR, "publisher", "record holds no reading",
                  RF_INT("seq", found));
        land(publisher);
        return true;
    }
    return send_record(publisher, flight, &record, now);
}

/* Goes on with the record whose second message the port had no room for. */
static bool finish_last(struct window_publisher *publisher, struct window_time now)
{
    struct window_record record;
    uint64_t found = 0;

    if (publisher->flying == 0)
        return true;
    struct window_in_flight *last = flight_at(publisher, publisher->flying - 1u);
    if (!last->to_send)
        return true;
    if (read_record(publisher, last->seq, &record, &found) == 0 && found == last->seq)
        return send_record(publisher, last, &record, now);
    /* Given up by a full journal meanwhile, and counted there. */
    last->to_send = 0;
    land(publisher);
    return true;
}

void window_publisher_pump(struct window_publisher *publisher, struct window_time now)
{
    if (!publisher->open || !publisher->mounted || !finish_last(publisher, now))
        return;
    while (publisher->flying < WINDOW_IN_FLIGHT && launch(publisher, now))
        continue;
}

uint64_t window_publisher_due(const struct window_publisher *publisher)
{
    if (!publisher->open)
        return ROOST_NEVER;
    /* The clock becoming known is no event: look once a second. */
    if (publisher->waiting_for_clock)
        return publisher->clock_look_ms;
    return publisher->flying > 0 ? publisher->acked_ms + WINDOW_ACK_TIMEOUT_MS : ROOST_NEVER;
}

/* ---- events ---- */

bool window_publisher_acked(struct window_publisher *publisher, uint64_t token,
                            struct window_time now)
{
    if (token == 0)
        return false;
    for (unsigned n = 0; n < publisher->flying; n++) {
        struct window_in_flight *flight = flight_at(publisher, n);
        for (unsigned m = 0; m < MESSAGES; m++) {
            if (flight->token[m] == token) {
                flight->token[m] = 0;
                publisher->acked_ms = now.now_ms;
                land(publisher);
                return true;
            }
        }
    }
    return false;
}

bool window_publisher_unanswered(const struct window_publisher *publisher, struct window_time now)
{
    return publisher->open && publisher->flying > 0 &&
           now.now_ms - publisher->acked_ms >= WINDOW_ACK_TIMEOUT_MS;
}

void window_publisher_opened(struct window_publisher *publisher, struct window_time now)
{
    publisher->open = true;
    publisher->opened_ms = now.now_ms;
    publisher->flying = 0;
    publisher->waiting_for_clock = false;
    publisher->next_seq = publisher->journal.trimmed_seq + 1;
}

void window_publisher_closed(struct window_publisher *publisher)
{
    publisher->open = false;
    publisher->flying = 0;
}

/* Past the journal: a number would be given to another reading later. */
static void send_live(struct window_publisher *publisher, const struct window_record *record,
                      struct window_time now)
{
    bool sent = publisher->open;

    for (unsigned m = 0; m < MESSAGES && sent; m++) {
        uint32_t token;
        sent = send_message(publisher, m, &record->sample, record_unix_ms(publisher, record, now),
                            0, &token) > 0;
    }
    if (sent)
        publisher->live++;
    else
        publisher->live_lost++;
}

void window_publisher_add(struct window_publisher *publisher,
                          const struct roost_climate_sample *sample, struct window_time now)
{
    struct window_record record = make_record(publisher, sample, now);
    uint8_t bytes[WINDOW_RECORD_BYTES];
    uint64_t seq;
    int err = ROOST_ERR_IO;

    window_record_write(bytes, &record);
    if (publisher->mounted)
        err = roost_journal_append(&publisher->journal, bytes, sizeof bytes, &seq);
    note_flash(publisher, err);
    if (err < 0) {
        send_live(publisher, &record, now);
        return;
    }
    if (publisher->journal.dropped == publisher->dropped_seen)
        return;
    publisher->dropped_seen = publisher->journal.dropped;
    if (!publisher->journal_full)
        ROOST_LOG(publisher->log, ROOST_LOG_WARN, "publisher", "journal full",
                  RF_INT("dropped", publisher->journal.dropped));
    publisher->journal_full = true;
}

int window_publisher_init(struct window_publisher *publisher, const struct roost_port *port,
                          const char *device_id, uint32_t boot, struct roost_log *log)
{
    uint32_t random;

    *publisher = (struct window_publisher){
        .mqtt = &port->mqtt, .log = log, .device_id = device_id, .boot = boot};
    port->random.ops->fill(port->random.ctx, &random, sizeof random);
    int err = roost_journal_init(&publisher->journal, &port->journal, random);
    if (err == ROOST_ERR_INVALID)
        return err;
    publisher->mounted = err == 0;
    note_flash(publisher, err);
    return 0;
}

uint64_t window_publisher_waiting(const struct window_publisher *publisher)
{
    return publisher->mounted ? roost_journal_waiting(&publisher->journal) : 0;
}

uint64_t window_publisher_last_seq(const struct window_publisher *publisher)
{
    return publisher->mounted ? publisher->journal.next_seq - 1 : 0;
}
