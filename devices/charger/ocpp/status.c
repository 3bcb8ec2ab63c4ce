/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StatusNotification: of each connector and (0) of the station what is seen, what was said last and
 * what is under way. After an off-line spell it is the difference that is said, not what happened.
 */
#include <string.h>

#include "core/number.h"
#include "devices/charger/ocpp/sayings.h"

enum { INFO_MAX = 50 }; /* characters of `info` */

static bool same(const struct charger_face *a, const struct charger_face *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static struct charger_face face_of(const struct charger_connector *connector, bool station)
{
    enum charger_status status = connector->status;
    if (station && status != CHARGER_IS_FAULTED && status != CHARGER_IS_UNAVAILABLE)
        status = CHARGER_IS_AVAILABLE;
    enum ocpp_word error = charger_word_of_fault(connector->fault, status);
    return (struct charger_face){.status = (uint8_t)status,
                                 .pulled = connector->unplugged_inside &&
                                           status == CHARGER_IS_SUSPENDED_EV,
                                 .fault = error == OCPP_NoError ? -1 : (int16_t)connector->fault,
                                 .error = (uint16_t)error};
}

void charger_status_look(struct charger_ocpp *ocpp)
{
    const struct charger_station *station = ocpp->config.station;
    for (unsigned c = 0; c <= station->config.connectors; c++) {
        struct charger_status_said *s = &ocpp->status[c];
        struct charger_face face = face_of(&station->connectors[c], c == 0);
        if (same(&face, &s->seen))
            continue;
        s->seen = face;
        s->changed_ms = ocpp->now.now_ms;
    }
}

static uint64_t due_of(struct charger_ocpp *ocpp, const struct charger_status_said *s)
{
    if (s->asked)
        return ocpp->now.now_ms;
    if (ocpp->registration < CHARGER_REGISTERED)
        return ROOST_NEVER;
    if (!s->known)
        return ocpp->now.now_ms;
    if (same(&s->seen, &s->said))
        return ROOST_NEVER;
    return s->changed_ms + (uint64_t)charger_ocpp_key(ocpp, CHARGER_KEY_STATUS_DURATION) * 1000;
}

static uint64_t settle(struct charger_ocpp *ocpp, unsigned c, bool conflict)
{
    struct charger_status_said *s = &ocpp->status[c];
    ocpp->status_at = (uint8_t)c;
    ocpp->status_conflict = conflict;
    s->going = s->seen;
    if (conflict) {
        s->going.error = OCPP_LocalListConflict;
        s->going.fault = -1;
    }
    return ocpp->now.now_ms;
}

uint64_t charger_status_due(struct charger_ocpp *ocpp)
{
    const struct charger_station *station = ocpp->config.station;
    uint64_t next_ms = ROOST_NEVER;
    for (unsigned c = 0; c <= station->config.connectors; c++) {
        uint64_t due_ms = due_of(ocpp, &ocpp->status[c]);
        if (due_ms <= ocpp->now.now_ms)
            return settle(ocpp, c, false);
        next_ms = roost_earlier(next_ms, due_ms);
    }
    if (station->conflict && ocpp->registration == CHARGER_REGISTERED)
        return settle(ocpp, 0, true);
    return next_ms;
}

static void put_fault(struct ocpp_writer *w, int fault)
{
    const struct roost_fault_info *info = &charger_faults[fault - (int)ROOST_FAULT_COUNT];
    char number[ROOST_NUMBER_MAX];
    size_t len = strlen(info->text);
    ocpp_put_textn(w, OCPP_info, info->text, len < INFO_MAX ? len : INFO_MAX);
    len = roost_write_uint64(number, info->number);
    ocpp_put_textn(w, OCPP_vendorErrorCode, number, len);
}

void charger_status_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const struct charger_status_said *s = &ocpp->status[ocpp->status_at];
    ocpp_put_int(w, OCPP_connectorId, ocpp->status_at);
    ocpp_put_word(w, OCPP_errorCode, (enum ocpp_word)s->going.error);
    ocpp_put_word(w, OCPP_status, charger_word_of_status((enum charger_status)s->going.status));
    if (s->going.fault >= 0)
        put_fault(w, s->going.fault);
    else if (s->going.pulled)
        ocpp_put_text(w, OCPP_info, "EV side disconnected");
    if (ocpp->now.unix_ms > 0)
        ocpp_put_time(w, OCPP_timestamp,
                      ocpp->now.unix_ms - (int64_t)(ocpp->now.now_ms - s->changed_ms));
}

/* One that is refused will not be liked better the next time. Of one that was not answered nobody
 * knows what the other side has. */
void charger_status_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    struct charger_status_said *s = &ocpp->status[ocpp->status_at];
    if (outcome == CHARGER_SILENT) {
        s->known = s->known && ocpp->status_conflict;
    } else if (ocpp->status_conflict) {
        ocpp->config.station->conflict = false;
    } else {
        s->said = s->going;
        s->known = true;
        s->asked = false;
    }
}
