/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/device/firmware.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/device/parts.h"
#include "devices/charger/ocpp/serve_parts.h"

enum { LATER_MS = 5000, RETRIES_MAX = 10 };

static const char key[] = "fu", beside[] = ".json"; /* of the manifest, to the location */

/* ---- the order ---- */

/* It counts from here on, or nothing does. */
static bool keep(struct roost_charger *charger, const struct charger_ocpp_update *order)
{
    struct charger_firmware *firmware = &charger->firmware;
    const struct roost_kv *kv = &charger->device.port->kv;

    roost_ota_drop(&charger->device.update.ota);
    firmware->plan.order = *order;
    if (order->retries > RETRIES_MAX)
        firmware->plan.order.retries = RETRIES_MAX;
    firmware->plan.bank = firmware->judged.bank;
    firmware->stage = CHARGER_FIRMWARE_WAITS;
    firmware->scheduled = false;
    memcpy(firmware->plan.order.url + strlen(order->url), beside, sizeof beside);
    if (kv->ops->set(kv->ctx, key, &firmware->plan, sizeof firmware->plan) == 0)
        return true;
    (void)charger_signed_drop(&firmware->judged);
    return false;
}

enum ocpp_error charger_firmware_serve(struct charger_ocpp *ocpp)
{
    static const uint16_t words[] = {[CHARGER_SIGNED_YES] = OCPP_Accepted,
                                     [CHARGER_SIGNED_YES_CANCELED] = OCPP_AcceptedCanceled,
                                     [CHARGER_SIGNED_REJECTED] = OCPP_Rejected,
                                     [CHARGER_SIGNED_INVALID_CERTIFICATE] =
                                         OCPP_InvalidCertificate};
    struct roost_charger *charger = charger_of(ocpp);
    union charger_asked *asked = &ocpp->serving.asked;
    const struct charger_ocpp_update *order = &asked->paper.order;
    enum charger_signed_answer answer = CHARGER_SIGNED_REJECTED;

    if (!charger->device.port->pki.ops || !charger->device.update.possible)
        return charger_say_error(ocpp, OCPP_ERROR_NOT_SUPPORTED, "it takes no updates");
    if (charger_gather_end(&asked->paper.text) == 0 &&
        strlen(order->url) + sizeof beside <= sizeof order->url) {
        const struct charger_signed_request request = {
            .id = order->request_id,
            .certificate = charger_blob_text(&asked->paper.text.blob),
            .signature = asked->paper.signature,
            .signature_len = strlen(asked->paper.signature)};
        answer = charger_signed_accept(&charger->firmware.judged, &request, ocpp->now.now_ms,
                                       ocpp->now.unix_ms);
    }
    (void)charger_blob_erase(&asked->paper.text.blob);
    charger->news = true;
    if (answer <= CHARGER_SIGNED_YES_CANCELED && !keep(charger, order))
        answer = CHARGER_SIGNED_REJECTED;
    return charger_say(ocpp, (enum ocpp_word)words[answer]);
}

/* ---- carrying it out ---- */

int charger_firmware_make(struct roost_charger *charger)
{
    struct charger_firmware *firmware = &charger->firmware;
    const struct roost_kv *kv = &charger->device.port->kv;
    struct charger_firmware_plan *plan = &firmware->plan;

    int err = charger_signed_init(&firmware->judged, kv, &charger->device.port->pki,
                                  &charger->trust.roots, &charger->events);
    if (kv->ops->get(kv->ctx, key, plan, sizeof *plan) != sizeof *plan ||
        plan->order.request_id != firmware->judged.id || plan->bank != firmware->judged.bank)
        plan->order.url[0] = '\0'; /* the power went before it was whole */
    return err;
}

static void tell(struct roost_charger *charger, enum ocpp_word status)
{
    charger->ocpp.files.is_signed = true;
    charger->ocpp.files.update_id = charger->firmware.judged.id;
    charger_ocpp_update_status(&charger->ocpp, status);
}

static void go(struct roost_charger *charger, enum charger_firmware_stage stage,
               enum ocpp_word status)
{
    charger->firmware.stage = (uint8_t)stage;
    charger->firmware.scheduled = false;
    tell(charger, status);
}

static void fail(struct roost_charger *charger, enum ocpp_word status)
{
    roost_ota_drop(&charger->device.update.ota);
    (void)charger_signed_drop(&charger->firmware.judged); /* else it is tried after the next boot */
    charger->firmware.judged.state = CHARGER_SIGNED_NONE;
    charger_station_leave(&charger->station, false);
    tell(charger, status);
}

/* Whether that time is still to come; once it is told that it waits. */
static bool waits(struct roost_charger *charger, int64_t until_ms, int64_t unix_ms,
                  enum ocpp_word status)
{
    if (unix_ms != 0 && unix_ms >= until_ms)
        return false;
    if (!charger->firmware.scheduled)
        tell(charger, status);
    charger->firmware.scheduled = true;
    return true;
}

static void load(struct roost_charger *charger, const struct charger_instant *now)
{
    struct charger_firmware *firmware = &charger->firmware;
    struct roost_ota *ota = &charger->device.update.ota;

    if (!firmware->plan.order.url[0]) {
        fail(charger, OCPP_DownloadFailed);
    } else if (firmware->stage == CHARGER_FIRMWARE_WAITS) {
        if (waits(charger, firmware->plan.order.retrieve_ms, now->unix_ms,
                  OCPP_DownloadScheduled) ||
            charger->upload.job.state == ROOST_UPLOAD_SENDING || /* the port has one http */
            roost_ota_fetch(ota, firmware->plan.order.url, now->now_ms) < 0)
            return; /* another update is under way */
        firmware->failures = ota->failures;
        go(charger, CHARGER_FIRMWARE_LOADS, OCPP_Downloading);
    } else if (ota->state == ROOST_OTA_READY) {
        go(charger, CHARGER_FIRMWARE_LOADED, OCPP_Downloaded);
    } else if (!ota->url ||
               ota->failures - firmware->failures > (uint32_t)firmware->plan.order.retries) {
        fail(charger, OCPP_DownloadFailed);
    }
}

static void verify(struct roost_charger *charger, const struct charger_instant *now)
{
    int err =
        charger_signed_verify(&charger->firmware.judged, charger->device.update.ota.record.image,
                              now->now_ms, now->unix_ms);

    if (err == 0)
        go(charger, CHARGER_FIRMWARE_READY, OCPP_SignatureVerified);
    else if (err == ROOST_ERR_CRYPTO)
        fail(charger, OCPP_InvalidSignature);
}

/* Connectors that are free wait for the others out of order. */
static void install(struct roost_charger *charger, const struct charger_instant *now, bool rests)
{
    struct charger_firmware *firmware = &charger->firmware;

    if (firmware->stage == CHARGER_FIRMWARE_READY) {
        if (waits(charger, firmware->plan.order.install_ms, now->unix_ms, OCPP_InstallScheduled))
            return;
        charger_station_leave(&charger->station, true);
        if (rests)
            go(charger, CHARGER_FIRMWARE_INSTALLS, OCPP_Installing);
    } else if (charger_signed_installing(&firmware->judged) == 0) {
        go(charger, CHARGER_FIRMWARE_RESTARTS, OCPP_InstallRebooting);
    }
}

/* Which image runs is clear once no trial is on. Of one that stayed the loader's record holds
 * nothing any more. */
static void end(struct roost_charger *charger, const struct charger_instant *now)
{
    struct charger_signed *order = &charger->firmware.judged;
    const struct roost_ota_record *record = &charger->device.update.ota.record;
    bool installed = memcmp(record->image, order->digest, sizeof order->digest) != 0 &&
                     memcmp(record->failed, order->digest, sizeof order->digest) != 0;

    if (charger->device.update.ota.state == ROOST_OTA_TRIAL)
        return;
    (void)charger_signed_booted(order, installed ? order->digest : NULL, now->now_ms, now->unix_ms);
    charger->news = true;
    tell(charger, installed ? OCPP_Installed : OCPP_InstallationFailed);
}

/* A status is said before the next one is come to, as long as somebody listens. */
uint64_t charger_firmware_run(struct roost_charger *charger, const struct charger_instant *now,
                              bool rests)
{
    struct charger_firmware *firmware = &charger->firmware;

    if (firmware->judged.state == CHARGER_SIGNED_NONE)
        return ROOST_NEVER;
    if (charger->ocpp.online && charger->ocpp.files.update != OCPP_NO_WORD)
        return now->now_ms + LATER_MS;
    if (firmware->stage == CHARGER_FIRMWARE_RESTARTS) {
        if (charger->device.update.ota.state != ROOST_OTA_READY)
            fail(charger, OCPP_InstallationFailed); /* the slot was refused */
    } else if (firmware->judged.state == CHARGER_SIGNED_INSTALLING) {
        end(charger, now);
    } else if (firmware->stage < CHARGER_FIRMWARE_LOADED) {
        load(charger, now);
    } else if (firmware->stage == CHARGER_FIRMWARE_LOADED) {
        verify(charger, now);
    } else {
        install(charger, now, rests);
    }
    return now->now_ms + LATER_MS;
}

/* Asked before the loader's step, in which it may come to be ready. */
bool charger_firmware_may(const struct roost_charger *charger)
{
    const struct charger_firmware *firmware = &charger->firmware;
    const struct roost_ota *ota = &charger->device.update.ota;

    return !ota->url || charger->device.ending || charger->device.life >= ROOST_LIFE_STOPPING ||
           (firmware->stage == CHARGER_FIRMWARE_RESTARTS &&
            (!charger->ocpp.online || charger->ocpp.files.update == OCPP_NO_WORD) &&
            charger_signed_allows(&firmware->judged, ota->record.image));
}
