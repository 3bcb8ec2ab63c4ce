/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of runtime/ota share and nobody else uses.
 *
 *     ota.c        the state machine, and what the owner calls
 *     ota_offer.c  asks for the manifest and decides
 *     ota_load.c   fills the slot and reads it back
 *     ota_trial.c  restart, trial, and what a boot finds
 *     ota_note.c   record and report on flash
 */
#ifndef ROOST_RUNTIME_OTA_OTA_PARTS_H
#define ROOST_RUNTIME_OTA_OTA_PARTS_H

#include "runtime/ota/ota.h"

enum ota_event {
    OTA_CHECK, /* is due */
    OTA_WANTED,
    OTA_LOADED,
    OTA_VERIFIED,
    OTA_BOOTED, /* on trial */
    OTA_END,    /* nothing there, refused, or the trial is over */
    OTA_LOST,   /* the transfer */
    OTA_EVENT_COUNT
};

/* The only place that writes ota->state. Gives up the transfer that runs. */
void ota_move(struct roost_ota *ota, enum ota_event event);

/* Logs what failed. Returns err. */
int ota_warn(struct roost_ota *ota, const char *what, int err);

/* ---- one step, by state ---- */

void ota_idle(struct roost_ota *ota);
void ota_ask(struct roost_ota *ota);
void ota_load(struct roost_ota *ota);
void ota_verify(struct roost_ota *ota);

/* Bytes of the buffer that can be programmed now. */
uint32_t ota_load_len(const struct roost_ota *ota);

/* Starts the transfer into the buffer. Returns what http.get returns. */
int ota_get(struct roost_ota *ota, const char *url, uint32_t offset);

/* Finds out how this boot came about. Returns 0 or what firmware.running returned. */
int ota_boot(struct roost_ota *ota);

uint32_t ota_trial_ms(const struct roost_ota *ota);

/* Of the manifest that is asked for; NULL: none. */
static inline const char *ota_url(const struct roost_ota *ota)
{
    return ota->url ? ota->url : ota->config->url;
}

/* The next check comes after a drawn delay that grows with each call. */
void ota_back_off(struct roost_ota *ota);

/* ---- record ---- */

enum ota_phase {
    OTA_PHASE_NONE,
    OTA_PHASE_LOADING, /* the slot holds the first loaded_bytes of the image */
    OTA_PHASE_TRIAL    /* it holds all of it, and may have been activated */
};

/* Keeps the record with this phase and the progress made. Returns 0 or the kv's error, which is
 * logged. */
int ota_note(struct roost_ota *ota, enum ota_phase phase);

/* Reads record and report of an earlier boot. Without a record it is empty. */
void ota_recall(struct roost_ota *ota);

/* What the slot holds counts no more. */
void ota_forget(struct roost_ota *ota);

/* ---- report ---- */

/* Makes the report and keeps it, when it is a new one. In `format` a '%' stands for the next
 * argument, a const char *, and a '#' for the next one, a uint32_t. */
void ota_report(struct roost_ota *ota, bool is_error, const char *format, ...);

/* The end of this update: "1.4.0 refused: ...". */
void ota_refuse(struct roost_ota *ota, const char *format, ...);

/* Takes the report off the flash: what is found there after a trial is then about the trial.
 * Returns 0 or the kv's error. */
int ota_drop_report(struct roost_ota *ota);

/* The transfer failed, and is worth another try. */
void ota_lost(struct roost_ota *ota, int err);

#endif
