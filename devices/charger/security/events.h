/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's security events: a log on flash, and in it those that the central system has to
 * hear of, which wait there until it has. Both survive a power cut: an event is one write of the
 * kv. No messages, no clock of its own, no heap; calls nobody. Depends on core/ and the kv of
 * port/port.h.
 *
 *     err = charger_events_init(&events, &port->kv, boot);
 *     charger_events_add(&events, CHARGER_EVENT_ResetOrReboot, "Remote", now_ms, unix_ms);
 *
 *     if (charger_events_next(&events, &event) == 0)         // SecurityEventNotification, oldest
 *         send(charger_event_name(event.kind), event.unix_ms, event.info);
 *     charger_events_delivered(&events, event.number);       // its answer came
 *
 *     for (after = 0; charger_events_read(&events, after, from, to, &event) == 0;)
 *         line(&event), after = event.number;                // GetLog(SecurityLog)
 *
 * Which event is critical is the list of the security whitepaper (edition 3). Sent are those, and
 * the others that a use case of it says are sent; the rest stands in the log only.
 *
 * Full: the log is a ring of CHARGER_EVENTS_MAX, where what waits is never overwritten. Of what is
 * to be sent at most CHARGER_EVENTS_WAITING wait; then a further one is dropped and counted, and
 * the last place holds an event MemoryExhaustion that says how many were.
 *
 * An event before the time is known is kept with boot and milliseconds since, and gets its time
 * when there is one; one of an earlier boot that never knew it gets the start of this one, no later
 * than which it was. What is delivered while a cut takes the note of it is delivered again.
 */
#ifndef ROOST_DEVICES_CHARGER_SECURITY_EVENTS_H
#define ROOST_DEVICES_CHARGER_SECURITY_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct roost_kv;

/* X(name on the wire, critical, sent). On flash as numbers: only appended to. */
#define CHARGER_EVENT_LIST(X)                                                                      \
    X(FirmwareUpdated, 1, 1)                                                                       \
    X(FailedToAuthenticateAtCentralSystem, 0, 0)                                                   \
    X(CentralSystemFailedToAuthenticate, 0, 0)                                                     \
    X(SettingSystemTime, 1, 1)                                                                     \
    X(StartupOfTheDevice, 1, 1)                                                                    \
    X(ResetOrReboot, 1, 1)                                                                         \
    X(SecurityLogWasCleared, 1, 1)                                                                 \
    X(ReconfigurationOfSecurityParameters, 0, 0)                                                   \
    X(MemoryExhaustion, 1, 1)                                                                      \
    X(InvalidMessages, 0, 0)                                                                       \
    X(AttemptedReplayAttacks, 0, 0)                                                                \
    X(TamperDetectionActivated, 1, 1)                                                              \
    X(InvalidFirmwareSignature, 0, 1)                                                              \
    X(InvalidFirmwareSigningCertificate, 0, 1)                                                     \
    X(InvalidCentralSystemCertificate, 0, 1)                                                       \
    X(InvalidChargePointCertificate, 0, 1)                                                         \
    X(InvalidTLSVersion, 0, 1)                                                                     \
    X(InvalidTLSCipherSuite, 0, 1)

enum charger_event_kind {
#define X(name, ...) CHARGER_EVENT_##name,
    CHARGER_EVENT_LIST(X) CHARGER_EVENT_COUNT
#undef X
};

enum {
    CHARGER_EVENTS_MAX = 64,
    CHARGER_EVENTS_WAITING = 32,
    CHARGER_EVENT_INFO_MAX = 63, /* of the 255 that techInfo may have */
    CHARGER_EVENTS_RAM_MAX = 768
};

struct charger_event {
    uint32_t number; /* from 1, in the order they happened */
    int64_t unix_ms; /* 0: not known yet */
    uint8_t kind;    /* enum charger_event_kind */
    bool waiting;    /* to be sent */
    char info[CHARGER_EVENT_INFO_MAX + 1];
};

struct charger_events {
    const struct roost_kv *kv;
    uint32_t boot, number; /* of the last event */
    uint32_t dropped;      /* since the last one that waited could be kept; told by an event */
    uint32_t lost;         /* in this boot: the flash did not take it */
    uint32_t numbers[CHARGER_EVENTS_MAX]; /* which event lies where; 0: none */
    uint64_t waiting, timeless;           /* bits of places */
};

/* Returns 0, or ROOST_ERR_IO: what could not be read is left out. boot counts the boots. The kv
 * must outlive the events. */
int charger_events_init(struct charger_events *events, const struct roost_kv *kv, uint32_t boot);

/* Keeps an event. info: what a person should know, NULL or ASCII, cut when longer, what is not
 * printable made '?'; never a key, a password or anything from outside that could be one. unix_ms
 * 0: the time is not known. Returns 0, ROOST_ERR_FULL (dropped, and counted in an event) or the
 * kv's errors. */
int charger_events_add(struct charger_events *events, enum charger_event_kind kind,
                       const char *info, uint64_t now_ms, int64_t unix_ms);

/* The time is known: what had none gets it. The kv's errors: it is tried again with the next. */
int charger_events_clock(struct charger_events *events, uint64_t now_ms, int64_t unix_ms);

/* The oldest that waits. ROOST_ERR_EMPTY; the kv's errors. */
int charger_events_next(struct charger_events *events, struct charger_event *out);

/* It waits no more. ROOST_ERR_NOT_FOUND; the kv's errors: it is sent again. */
int charger_events_delivered(struct charger_events *events, uint32_t number);

/* The first event behind `after` whose time is from..to (0: no limit) or not known.
 * ROOST_ERR_EMPTY. One that cannot be read is left out. */
int charger_events_read(const struct charger_events *events, uint32_t after, int64_t from_ms,
                        int64_t to_ms, struct charger_event *out);

/* Empties the log, which is an event; what waits stays. The kv's errors. */
int charger_events_clear(struct charger_events *events, uint64_t now_ms, int64_t unix_ms);

/* Static storage. */
const char *charger_event_name(enum charger_event_kind kind);
bool charger_event_critical(enum charger_event_kind kind);

#endif
