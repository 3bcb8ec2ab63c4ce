/* SPDX-License-Identifier: Apache-2.0 */
/* SecurityEventNotification: what waits in the security log, oldest first, until it was heard. */
#include "core/err.h"
#include "devices/charger/ocpp/sayings.h"

enum { LATER_MS = 10000, INVALID_MS = 3600000 };

uint64_t charger_security_due(struct charger_ocpp *ocpp)
{
    struct charger_events *events = ocpp->config.events;
    if (!events || events->waiting == 0)
        return ROOST_NEVER;
    if (ocpp->now.now_ms < ocpp->security.due_ms)
        return ocpp->security.due_ms;
    if (ocpp->security.event.number == 0 &&
        charger_events_next(events, &ocpp->security.event) != ROOST_OK) {
        ocpp->security.event.number = 0;
        ocpp->security.due_ms = ocpp->now.now_ms + LATER_MS;
        return ocpp->security.due_ms;
    }
    return ocpp->now.now_ms;
}

void charger_security_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct charger_event *event = &ocpp->security.event;
    ocpp_put_text(w, OCPP_type, charger_event_name((enum charger_event_kind)event->kind));
    charger_put_instant(ocpp, w, event->unix_ms);
    if (event->info[0] != '\0')
        ocpp_put_text(w, OCPP_techInfo, event->info);
}

/* A central system without the extensions refuses every one of them: it has heard it, too. */
void charger_security_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    if (outcome != CHARGER_SILENT &&
        charger_events_delivered(ocpp->config.events, ocpp->security.event.number) != ROOST_OK) {
        ocpp->count.unkept++;
        ocpp->security.due_ms = ocpp->now.now_ms + LATER_MS;
    }
    ocpp->security.event.number = 0;
}

/* A flood of them is one event an hour: the log's flash is no counter. */
void charger_security_invalid(struct charger_ocpp *ocpp, enum ocpp_drop why)
{
    if (!ocpp->config.events || why == OCPP_DROP_UNASKED || why == OCPP_DROP_MINUS_ONE ||
        ocpp->now.now_ms < ocpp->security.invalid_ms)
        return;
    ocpp->security.invalid_ms = ocpp->now.now_ms + INVALID_MS;
    /* One that cannot be kept is counted by the events. */
    (void)charger_events_add(ocpp->config.events, CHARGER_EVENT_InvalidMessages,
                             ocpp_drop_name(why), ocpp->now.now_ms, ocpp->now.unix_ms);
}
