/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "runtime/ota/ota_parts.h"

enum {
    TRIES = 3, /* of one image whose trials were ended by the power supply, which proves nothing */
    TRIAL_MS = 300000,
    CONFIRM_RETRY_MS = 1000
};

static const char *const reset_names[] = {
#define X(name, text) [ROOST_RESET_##name] = (text),
    ROOST_RESET_LIST(X)
#undef X
};

/* ---- into the new image ---- */

void roost_ota_restart(struct roost_ota *ota)
{
    const struct roost_port *port = ota->port;
    if (ota->state != ROOST_OTA_READY)
        return;
    ota->record.tries++;
    int err = ota_drop_report(ota);
    if (!err)
        err = ota_note(ota, OTA_PHASE_TRIAL);
    if (!err)
        err = port->firmware.ops->activate(port->firmware.ctx, ota->manifest.size_bytes);
    if (err)
        ota_refuse(ota, "activation: %", roost_err_text(err));
    else
        port->system.ops->reboot(port->system.ctx, ROOST_RESET_UPDATE);
}

/* ---- what a boot finds ---- */

static void installed(struct roost_ota *ota)
{
    ota->installs++;
    ota_report(ota, false, "installed %", ota->config->version);
    ota_forget(ota);
}

/* The image is in the slot, or a part of it: an update that the power interrupted goes on soon. */
static void resume(struct roost_ota *ota)
{
    (void)ota_note(ota, OTA_PHASE_LOADING);
    ota_back_off(ota);
}

/* The old image runs again. A report found on flash is the trial's own, written past its limit.
 * Wherever the power goes in here, the next boot comes to the same end. */
static void rolled_back(struct roost_ota *ota)
{
    const struct roost_system *system = &ota->port->system;
    enum roost_reset_reason reason = system->ops->reset_reason(system->ctx);
    bool told = ota->report[0] != '\0';
    bool supply = reason == ROOST_RESET_POWER_ON || reason == ROOST_RESET_BROWN_OUT;
    bool again = !told && supply && ota->record.tries < TRIES;
    ota->failures++;
    if (again)
        resume(ota); /* before the report, which would count as told */
    if (!told)
        ota_report(ota, true, "% rolled back: it restarted before its self-test passed (%)",
                   ota->record.version, reset_names[reason]);
    if (again)
        return;
    memcpy(ota->record.failed, ota->record.image, sizeof ota->record.failed);
    ota_forget(ota);
}

int ota_boot(struct roost_ota *ota)
{
    const struct roost_firmware *firmware = &ota->port->firmware;
    int err = firmware->ops->running(firmware->ctx, &ota->running);
    if (err)
        return err;
    ota_recall(ota);
    uint8_t phase = ota->record.phase;
    bool runs = ota->record.slot == ota->running.slot; /* the image of the record */
    if (ota->running.on_trial) {
        memcpy(ota->manifest.version, ota->record.version, sizeof ota->manifest.version);
        ota_move(ota, OTA_BOOTED);
    } else if (phase == OTA_PHASE_TRIAL && runs) {
        installed(ota); /* the power went between confirmation and report */
    } else if (phase == OTA_PHASE_TRIAL && ota->running.other_failed) {
        rolled_back(ota);
    } else if (phase == OTA_PHASE_TRIAL) {
        resume(ota); /* it went before the activation */
    } else if (phase == OTA_PHASE_LOADING && runs) {
        ota_forget(ota); /* somebody else chose this slot: what is in the other one is unknown */
    } else if (phase == OTA_PHASE_LOADING) {
        ota_back_off(ota);
    }
    return ROOST_OK;
}

/* ---- on trial ---- */

uint32_t ota_trial_ms(const struct roost_ota *ota)
{
    return ota->config->trial_ms ? ota->config->trial_ms : TRIAL_MS;
}

static int confirm(struct roost_ota *ota)
{
    const struct roost_firmware *firmware = &ota->port->firmware;
    if (ota->now_ms < ota->confirm_ms)
        return ROOST_ERR_AGAIN;
    ota->confirm_ms = ota->now_ms + CONFIRM_RETRY_MS;
    int err = firmware->ops->confirm(firmware->ctx);
    if (err)
        return ota_warn(ota, "confirmation", err);
    struct roost_running running; /* the lowest security version has grown */
    if (firmware->ops->running(firmware->ctx, &running) == 0)
        ota->running = running;
    return ROOST_OK;
}

/* Past the limit. Where no other image could run this one stays: the next reset would leave none.
 */
static void give_up(struct roost_ota *ota, const char *missing)
{
    const struct roost_firmware *firmware = &ota->port->firmware;
    ota->failures++;
    ota_report(ota, true, "% rolled back: no % within # s", ota->config->version, missing,
               ota_trial_ms(ota) / 1000);
    if (firmware->ops->roll_back(firmware->ctx) != 0) {
        ota_report(ota, true, "% stays without %: no other image can run", ota->config->version,
                   missing);
        ota->confirm_ms = 0;
        (void)confirm(ota);
        ota_forget(ota);
    }
    ota_move(ota, OTA_END);
}

void roost_ota_self_test(struct roost_ota *ota, uint64_t now_ms, const char *missing)
{
    if (ota->state != ROOST_OTA_TRIAL)
        return;
    ota->now_ms = now_ms;
    if (!missing && confirm(ota) == 0) {
        installed(ota);
        ota_move(ota, OTA_END);
    } else if (now_ms >= ota->due_ms) {
        give_up(ota, missing ? missing : "confirmation");
    }
}
