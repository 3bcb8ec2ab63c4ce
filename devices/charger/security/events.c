/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/events.h"

#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/number.h"
#include "port/port.h"

/* An event as a value of the kv, under "se" and its place:
 *
 *     0  version, 1
 *     1  kind
 *     2  bit 0: it waits; bit 1: it has a time
 *     3  number, 32 bits, little-endian like all
 *     7  boot
 *    11  time: milliseconds since 1970, or since the boot
 *    19  how many were dropped, of MemoryExhaustion in its place
 *    23  info */
enum { VERSION = 1, HEADER = 23, RECORD_MAX = HEADER + CHARGER_EVENT_INFO_MAX };
enum { WAITS = 1, TIMED = 2 };

_Static_assert(sizeof(struct charger_events) <= CHARGER_EVENTS_RAM_MAX, "as the header says");
_Static_assert(CHARGER_EVENTS_MAX == 64, "a bit each");

struct record {
    struct charger_event event;
    uint32_t boot, dropped;
    int64_t time_ms;
    bool timed;
};

static const char *const names[CHARGER_EVENT_COUNT] = {
#define X(name, critical, sent) [CHARGER_EVENT_##name] = #name,
    CHARGER_EVENT_LIST(X)
#undef X
};

enum {
    CRITICAL = 0
#define X(name, critical, sent) | (critical) << CHARGER_EVENT_##name
    CHARGER_EVENT_LIST(X)
#undef X
        ,
    SENT = 0
#define X(name, critical, sent) | (sent) << CHARGER_EVENT_##name
    CHARGER_EVENT_LIST(X)
#undef X
};

const char *charger_event_name(enum charger_event_kind kind)
{
    return kind < CHARGER_EVENT_COUNT ? names[kind] : "";
}

bool charger_event_critical(enum charger_event_kind kind)
{
    return CRITICAL >> kind & 1;
}

/* ---- on flash ---- */

static const char *key_of(char key[5], unsigned place)
{
    key[0] = 's';
    key[1] = 'e';
    key[2] = (char)('0' + place / 10);
    key[3] = (char)('0' + place % 10);
    key[4] = '\0';
    return key;
}

static int load(const struct charger_events *events, unsigned place, struct record *out)
{
    uint8_t bytes[RECORD_MAX];
    char key[5];
    int len = events->kv->ops->get(events->kv->ctx, key_of(key, place), bytes, sizeof bytes);

    if (len == ROOST_ERR_IO || len == ROOST_ERR_NOT_FOUND)
        return len;
    if (len < HEADER || bytes[0] != VERSION || bytes[1] >= CHARGER_EVENT_COUNT)
        return ROOST_ERR_CORRUPT;
    *out = (struct record){.boot = roost_le_get32(bytes + 7),
                           .dropped = roost_le_get32(bytes + 19),
                           .time_ms = (int64_t)roost_le_get(bytes + 11, 8),
                           .timed = bytes[2] & TIMED};
    out->event.kind = bytes[1];
    out->event.waiting = bytes[2] & WAITS;
    out->event.number = roost_le_get32(bytes + 3);
    out->event.unix_ms = out->timed ? out->time_ms : 0;
    memcpy(out->event.info, bytes + HEADER, (size_t)len - HEADER);
    return out->event.number ? 0 : ROOST_ERR_CORRUPT;
}

static void note(struct charger_events *events, unsigned place, const struct record *record)
{
    uint64_t bit = UINT64_C(1) << place;

    events->numbers[place] = record->event.number;
    events->waiting = record->event.waiting ? events->waiting | bit : events->waiting & ~bit;
    events->timeless = record->timed ? events->timeless & ~bit : events->timeless | bit;
    if (record->event.number > events->number)
        events->number = record->event.number;
}

static int save(struct charger_events *events, unsigned place, const struct record *record)
{
    uint8_t bytes[RECORD_MAX];
    size_t len = strlen(record->event.info);
    char key[5];

    bytes[0] = VERSION;
    bytes[1] = record->event.kind;
    bytes[2] = (uint8_t)((record->event.waiting ? WAITS : 0) | (record->timed ? TIMED : 0));
    roost_le_put(bytes + 3, record->event.number, 4);
    roost_le_put(bytes + 7, record->boot, 4);
    roost_le_put(bytes + 11, (uint64_t)record->time_ms, 8);
    roost_le_put(bytes + 19, record->dropped, 4);
    memcpy(bytes + HEADER, record->event.info, len);
    int err = events->kv->ops->set(events->kv->ctx, key_of(key, place), bytes, HEADER + len);
    if (!err)
        note(events, place, record);
    return err;
}

int charger_events_init(struct charger_events *events, const struct roost_kv *kv, uint32_t boot)
{
    struct record record;
    int result = 0;

    *events = (struct charger_events){.kv = kv, .boot = boot};
    for (unsigned place = 0; place < CHARGER_EVENTS_MAX; place++) {
        int err = load(events, place, &record);
        if (err == 0) {
            note(events, place, &record);
            if (record.event.waiting && record.dropped > events->dropped)
                events->dropped = record.dropped;
        } else if (err == ROOST_ERR_IO) {
            result = err;
        }
    }
    return result;
}

/* ---- adding ---- */

static unsigned count_waiting(const struct charger_events *events)
{
    unsigned count = 0;

    for (uint64_t bits = events->waiting; bits; bits &= bits - 1)
        count++;
    return count;
}

/* A free place, else that of the oldest which waits no more. */
static unsigned place_for_next(const struct charger_events *events)
{
    unsigned best = CHARGER_EVENTS_MAX;

    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++)
        if (!(events->waiting >> i & 1) &&
            (best == CHARGER_EVENTS_MAX || events->numbers[i] < events->numbers[best]))
            best = i;
    ROOST_ASSERT(best < CHARGER_EVENTS_MAX);
    return best;
}

static void copy_info(char out[CHARGER_EVENT_INFO_MAX + 1], const char *info)
{
    size_t len = 0;

    for (; info && info[len] && len < CHARGER_EVENT_INFO_MAX; len++)
        out[len] = info[len] >= ' ' && info[len] <= '~' ? info[len] : '?';
    out[len] = '\0';
}

/* The place where drops are counted, or CHARGER_EVENTS_MAX. */
static unsigned place_of_drops(const struct charger_events *events, struct record *out)
{
    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++)
        if (events->waiting >> i & 1 && load(events, i, out) == 0 && out->dropped > 0)
            return i;
    return CHARGER_EVENTS_MAX;
}

static void say_dropped(struct record *record, uint32_t dropped)
{
    static const char text[] = "security events dropped: ";

    record->dropped = dropped;
    memcpy(record->event.info, text, sizeof text);
    size_t len = roost_write_uint64(record->event.info + sizeof text - 1, dropped);
    record->event.info[sizeof text - 1 + len] = '\0';
}

static int drop(struct charger_events *events, struct record *record)
{
    struct record old;
    unsigned place = place_of_drops(events, &old);

    events->dropped++;
    /* With a new number: an answer to what it said before is none to this. */
    if (place == CHARGER_EVENTS_MAX)
        place = place_for_next(events);
    record->event.kind = CHARGER_EVENT_MemoryExhaustion;
    say_dropped(record, events->dropped);
    int err = save(events, place, record);
    return err ? err : ROOST_ERR_FULL;
}

int charger_events_add(struct charger_events *events, enum charger_event_kind kind,
                       const char *info, uint64_t now_ms, int64_t unix_ms)
{
    struct record record = {.boot = events->boot,
                            .time_ms = unix_ms ? unix_ms : (int64_t)now_ms,
                            .timed = unix_ms != 0};

    ROOST_ASSERT(kind < CHARGER_EVENT_COUNT);
    record.event.number = events->number + 1;
    record.event.kind = (uint8_t)kind;
    record.event.waiting = SENT >> kind & 1;
    unsigned waiting = record.event.waiting ? count_waiting(events) : 0;
    int err;
    if (waiting >= CHARGER_EVENTS_WAITING - 1) {
        err = drop(events, &record);
    } else {
        copy_info(record.event.info, info);
        err = save(events, place_for_next(events), &record);
    }
    events->lost += err && err != ROOST_ERR_FULL;
    return err;
}

int charger_events_clock(struct charger_events *events, uint64_t now_ms, int64_t unix_ms)
{
    int64_t boot_at_ms = unix_ms - (int64_t)now_ms;
    struct record record;
    int result = 0;

    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++) {
        if (!(events->timeless >> i & 1))
            continue;
        int err = load(events, i, &record);
        if (!err) {
            record.time_ms = boot_at_ms + (record.boot == events->boot ? record.time_ms : 0);
            record.timed = true;
            err = save(events, i, &record);
        }
        if (err)
            result = err;
    }
    return result;
}

/* ---- sending and reading ---- */

/* The lowest number above `after` among these places, or CHARGER_EVENTS_MAX. */
static unsigned next_place(const struct charger_events *events, uint64_t among, uint32_t after)
{
    unsigned best = CHARGER_EVENTS_MAX;

    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++)
        if (among >> i & 1 && events->numbers[i] > after &&
            (best == CHARGER_EVENTS_MAX || events->numbers[i] < events->numbers[best]))
            best = i;
    return best;
}

int charger_events_next(struct charger_events *events, struct charger_event *out)
{
    unsigned place = next_place(events, events->waiting, 0);
    struct record record;

    if (place == CHARGER_EVENTS_MAX)
        return ROOST_ERR_EMPTY;
    int err = load(events, place, &record);
    if (err == ROOST_ERR_CORRUPT || err == ROOST_ERR_NOT_FOUND) { /* the next one is not held up */
        events->lost++;
        events->waiting &= ~(UINT64_C(1) << place);
        events->numbers[place] = 0;
    }
    if (!err)
        *out = record.event;
    return err;
}

int charger_events_delivered(struct charger_events *events, uint32_t number)
{
    struct record record;

    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++)
        if (events->waiting >> i & 1 && events->numbers[i] == number) {
            int err = load(events, i, &record);
            if (err)
                return err;
            bool drops = record.dropped > 0;
            record.event.waiting = false;
            record.dropped = 0;
            err = save(events, i, &record);
            if (!err && drops)
                events->dropped = 0;
            return err;
        }
    return ROOST_ERR_NOT_FOUND;
}

int charger_events_read(const struct charger_events *events, uint32_t after, int64_t from_ms,
                        int64_t to_ms, struct charger_event *out)
{
    struct record record;

    for (;;) {
        unsigned place = next_place(events, UINT64_MAX, after);
        if (place == CHARGER_EVENTS_MAX)
            return ROOST_ERR_EMPTY;
        after = events->numbers[place];
        if (load(events, place, &record) != 0)
            continue;
        int64_t at_ms = record.event.unix_ms;
        if (at_ms && ((from_ms && at_ms < from_ms) || (to_ms && at_ms > to_ms)))
            continue;
        *out = record.event;
        return 0;
    }
}

int charger_events_clear(struct charger_events *events, uint64_t now_ms, int64_t unix_ms)
{
    char key[5];

    /* First the word of it, so that a cut cannot leave a log that is empty without one. */
    int err =
        charger_events_add(events, CHARGER_EVENT_SecurityLogWasCleared, NULL, now_ms, unix_ms);
    if (err && err != ROOST_ERR_FULL)
        return err;
    for (unsigned i = 0; i < CHARGER_EVENTS_MAX; i++) {
        if (events->waiting >> i & 1 || events->numbers[i] == 0)
            continue;
        err = events->kv->ops->erase(events->kv->ctx, key_of(key, i));
        if (err)
            return err;
        events->numbers[i] = 0;
        events->timeless &= ~(UINT64_C(1) << i);
    }
    return 0;
}
