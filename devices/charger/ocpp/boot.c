/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/crc32.h"
#include "devices/charger/ocpp/sayings.h"

enum { FACTS = 9 };

/* In the order of the message's fields. */
static void facts_of(const struct charger_ocpp *ocpp, const char *out[FACTS])
{
    const struct charger_ocpp_facts *f = &ocpp->config.facts;
    const char *const all[FACTS] = {f->vendor, f->model, f->serial,     f->box_serial,  f->firmware,
                                    f->iccid,  f->imsi,  f->meter_type, f->meter_serial};
    memcpy(out, all, sizeof all);
}

static const uint16_t fields[FACTS] = {
    OCPP_chargePointVendor,
    OCPP_chargePointModel,
    OCPP_chargePointSerialNumber,
    OCPP_chargeBoxSerialNumber,
    OCPP_firmwareVersion,
    OCPP_iccid,
    OCPP_imsi,
    OCPP_meterType,
    OCPP_meterSerialNumber,
};

uint32_t charger_boot_facts(const struct charger_ocpp *ocpp)
{
    const char *facts[FACTS];
    uint32_t crc = 0;
    facts_of(ocpp, facts);
    for (int i = 0; i < FACTS; i++)
        crc = roost_crc32(crc, facts[i] ? facts[i] : "", facts[i] ? strlen(facts[i]) + 1 : 1);
    return crc;
}

/* ---- BootNotification ---- */

uint64_t charger_boot_due(struct charger_ocpp *ocpp)
{
    if (ocpp->boot_asked && ocpp->registration != CHARGER_REJECTED)
        return ocpp->now.now_ms;
    return ocpp->registration == CHARGER_REGISTERED ? ROOST_NEVER : ocpp->boot_ms;
}

void charger_boot_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const char *facts[FACTS];
    facts_of(ocpp, facts);
    for (int i = 0; i < FACTS; i++)
        if (facts[i] && facts[i][0] != '\0')
            ocpp_put_text(w, (enum ocpp_word)fields[i], facts[i]);
}

static void take_time(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;
    ocpp->boot_unix_ms = ocpp->told.time_ms - (int64_t)ocpp->now.now_ms;
    if (does->clock)
        does->clock(does->ctx, ocpp->told.time_ms);
}

/* Longer from time to time, and not all chargers of a site at once. */
static void boot_later(struct charger_ocpp *ocpp)
{
    uint32_t random, wait_ms = CHARGER_OCPP_BOOT_RETRY_MAX_S * 1000;
    if ((CHARGER_OCPP_BOOT_RETRY_S << ocpp->boots) < CHARGER_OCPP_BOOT_RETRY_MAX_S)
        wait_ms = (uint32_t)(CHARGER_OCPP_BOOT_RETRY_S << ocpp->boots++) * 1000;
    ocpp->config.random->ops->fill(ocpp->config.random->ctx, &random, sizeof random);
    ocpp->boot_ms = ocpp->now.now_ms + wait_ms + random % (wait_ms / 4);
}

/* Whom the central system refuses charges nobody. */
static void be(struct charger_ocpp *ocpp, enum charger_registration registration)
{
    ocpp->registration = (uint8_t)registration;
    ocpp->config.station->barred = registration == CHARGER_REJECTED;
}

static void accepted(struct charger_ocpp *ocpp)
{
    if (ocpp->registration != CHARGER_REGISTERED)
        for (unsigned c = 0; c <= CHARGER_CONNECTORS_MAX; c++)
            ocpp->status[c].known = false;
    be(ocpp, CHARGER_REGISTERED);
    ocpp->boot_said = charger_boot_facts(ocpp);
    ocpp->heartbeat_ms = ocpp->now.now_ms;
    int64_t interval_s = ocpp->told.interval_s;
    if (interval_s > CHARGER_OCPP_HEARTBEAT_MAX_S)
        interval_s = CHARGER_OCPP_HEARTBEAT_MAX_S;
    if (interval_s > 0) /* one that is not kept counts until the next boot all the same */
        (void)charger_keys_set_int(ocpp->config.keys, CHARGER_KEY_HEARTBEAT_INTERVAL, interval_s);
}

void charger_boot_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    ocpp->boot_asked = false;
    if (outcome != CHARGER_ANSWERED) {
        if (ocpp->registration == CHARGER_REJECTED)
            be(ocpp, CHARGER_UNREGISTERED); /* nobody refuses it any more */
        boot_later(ocpp);
        return;
    }
    take_time(ocpp);
    ocpp->boots = 0;
    if (ocpp->told.status == OCPP_Accepted) {
        accepted(ocpp);
        return;
    }
    bool pending = ocpp->told.status == OCPP_Pending;
    int64_t wait_s = ocpp->told.interval_s;
    if (wait_s <= 0)
        wait_s = CHARGER_OCPP_BOOT_RETRY_S;
    be(ocpp, pending ? CHARGER_PENDING : CHARGER_REJECTED);
    ocpp->boot_ms = ocpp->now.now_ms + (uint64_t)wait_s * 1000;
}

/* ---- Heartbeat ---- */

/* At its interval, whatever else was said meanwhile: it is what the clock is set by. */
uint64_t charger_heartbeat_due(struct charger_ocpp *ocpp)
{
    if (ocpp->heartbeat_asked)
        return ocpp->now.now_ms;
    if (ocpp->registration < CHARGER_REGISTERED)
        return ROOST_NEVER;
    return ocpp->heartbeat_ms +
           (uint64_t)charger_ocpp_key(ocpp, CHARGER_KEY_HEARTBEAT_INTERVAL) * 1000;
}

void charger_heartbeat_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    (void)ocpp, (void)w; /* it has no fields */
}

void charger_heartbeat_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    if (outcome == CHARGER_SILENT)
        return;
    ocpp->heartbeat_asked = false;
    ocpp->heartbeat_ms = ocpp->call.begun_ms;
    if (outcome == CHARGER_ANSWERED)
        take_time(ocpp);
}
