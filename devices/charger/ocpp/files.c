/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far uploads and updates are: four messages about two things. A status that was not said yet
 * gives way to the next one: it is the present one that counts.
 */
#include "devices/charger/ocpp/sayings.h"

/* What follows an end is idleness. */
static enum ocpp_word rest_of(enum ocpp_word status)
{
    static const uint16_t ends[] = {OCPP_Uploaded,
                                    OCPP_UploadFailed,
                                    OCPP_UploadFailure,
                                    OCPP_BadMessage,
                                    OCPP_Installed,
                                    OCPP_NotSupportedOperation,
                                    OCPP_PermissionDenied,
                                    OCPP_DownloadFailed,
                                    OCPP_InstallationFailed,
                                    OCPP_InvalidSignature,
                                    OCPP_InstallVerificationFailed};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends[i] == status)
            return OCPP_Idle;
    return status;
}

void charger_ocpp_upload_status(struct charger_ocpp *ocpp, enum ocpp_word status)
{
    ocpp->files.upload = status;
    ocpp->files.upload_now = rest_of(status);
}

void charger_ocpp_update_status(struct charger_ocpp *ocpp, enum ocpp_word status)
{
    ocpp->files.update = status;
    ocpp->files.update_now = rest_of(status);
}

/* ---- the four ---- */

/* A message of them: what it is about, by its bit of files.asked. */
struct telling {
    enum ocpp_word *due; /* to be told; OCPP_NO_WORD: nothing */
    enum ocpp_word now;  /* what a trigger is answered with */
    bool extended;       /* the message of the extensions, with the id of its request */
    bool ours;           /* it is told by this message */
    int32_t id;
};

static void look(struct charger_ocpp *ocpp, uint8_t bit, struct telling *t)
{
    bool update = bit & (CHARGER_ASKED_FIRMWARE | CHARGER_ASKED_SIGNED);
    t->extended = bit & (CHARGER_ASKED_LOG | CHARGER_ASKED_SIGNED);
    t->due = update ? &ocpp->files.update : &ocpp->files.upload;
    t->now = update ? ocpp->files.update_now : ocpp->files.upload_now;
    t->id = update ? ocpp->files.update_id : ocpp->files.upload_id;
    t->ours = t->extended == (update ? ocpp->files.is_signed : ocpp->files.log);
}

static uint64_t due(struct charger_ocpp *ocpp, uint8_t bit)
{
    struct telling t;
    look(ocpp, bit, &t);
    bool told = t.ours && *t.due != OCPP_NO_WORD && ocpp->registration == CHARGER_REGISTERED;
    return told || ocpp->files.asked & bit ? ocpp->now.now_ms : ROOST_NEVER;
}

static void write(struct charger_ocpp *ocpp, struct ocpp_writer *w, uint8_t bit)
{
    struct telling t;
    look(ocpp, bit, &t);
    enum ocpp_word status = *t.due != OCPP_NO_WORD ? *t.due : t.now;
    if (!t.ours || status == OCPP_NO_WORD)
        status = OCPP_Idle;
    ocpp->files.going = status;
    ocpp_put_word(w, OCPP_status, status);
    if (t.extended && status != OCPP_Idle) /* while idle there is no request */
        ocpp_put_int(w, OCPP_requestId, t.id);
}

static void done(struct charger_ocpp *ocpp, uint8_t bit, enum charger_outcome outcome)
{
    struct telling t;
    look(ocpp, bit, &t);
    if (outcome == CHARGER_SILENT)
        return;
    ocpp->files.asked &= (uint8_t)~bit;
    if (t.ours && *t.due == ocpp->files.going) /* else another one has come meanwhile */
        *t.due = OCPP_NO_WORD;
}

#define TELLS(name, bit)                                                                           \
    uint64_t charger_##name##_due(struct charger_ocpp *ocpp)                                       \
    {                                                                                              \
        return due(ocpp, bit);                                                                     \
    }                                                                                              \
    void charger_##name##_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)                  \
    {                                                                                              \
        write(ocpp, w, bit);                                                                       \
    }                                                                                              \
    void charger_##name##_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)            \
    {                                                                                              \
        done(ocpp, bit, outcome);                                                                  \
    }

TELLS(diagnostics, CHARGER_ASKED_DIAGNOSTICS)
TELLS(log, CHARGER_ASKED_LOG)
TELLS(firmware, CHARGER_ASKED_FIRMWARE)
TELLS(signed_firmware, CHARGER_ASKED_SIGNED)
