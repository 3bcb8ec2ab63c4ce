/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far uploads and updates are: four messages about two things. A status that was not said yet
 * gives way to the next one: it is the present one that counts.
 */
#include "devices/charger/ocpp/sayings.h"

/* What follows an end is idleness. */
static bool ends(enum ocpp_word status)
{
    return status == OCPP_Idle || status == OCPP_Uploaded || status == OCPP_UploadFailed ||
           status == OCPP_UploadFailure || status == OCPP_BadMessage ||
           status == OCPP_NotSupportedOperation || status == OCPP_PermissionDenied ||
           status == OCPP_Installed || status == OCPP_InstallationFailed ||
           status == OCPP_DownloadFailed || status == OCPP_InvalidSignature ||
           status == OCPP_InstallVerificationFailed;
}

void charger_ocpp_upload_status(struct charger_ocpp *ocpp, enum ocpp_word status)
{
    ocpp->files.upload = status;
    ocpp->files.upload_now = ends(status) ? OCPP_Idle : status;
}

void charger_ocpp_update_status(struct charger_ocpp *ocpp, enum ocpp_word status)
{
    ocpp->files.update = status;
    ocpp->files.update_now = ends(status) ? OCPP_Idle : status;
}

/* ---- the four ---- */

struct telling {
    enum ocpp_word *due; /* to be told; OCPP_NO_WORD: nothing */
    enum ocpp_word now;  /* what a trigger is answered with */
    uint8_t bit;         /* of files.asked */
    bool ours;           /* it is told by this message */
    bool has_id;
    int32_t id;
};

static struct telling of_upload(struct charger_ocpp *ocpp, bool log)
{
    return (struct telling){.due = &ocpp->files.upload,
                            .now = ocpp->files.upload_now,
                            .bit = log ? CHARGER_ASKED_LOG : CHARGER_ASKED_DIAGNOSTICS,
                            .ours = ocpp->files.log == log,
                            .has_id = log,
                            .id = ocpp->files.upload_id};
}

static struct telling of_update(struct charger_ocpp *ocpp, bool is_signed)
{
    return (struct telling){.due = &ocpp->files.update,
                            .now = ocpp->files.update_now,
                            .bit = is_signed ? CHARGER_ASKED_SIGNED : CHARGER_ASKED_FIRMWARE,
                            .ours = ocpp->files.is_signed == is_signed,
                            .has_id = is_signed,
                            .id = ocpp->files.update_id};
}

static uint64_t due(struct charger_ocpp *ocpp, struct telling t)
{
    if (ocpp->files.asked & t.bit)
        return ocpp->now.now_ms;
    bool told = t.ours && *t.due != OCPP_NO_WORD && ocpp->registration == CHARGER_REGISTERED;
    return told ? ocpp->now.now_ms : ROOST_NEVER;
}

static void write(struct charger_ocpp *ocpp, struct ocpp_writer *w, struct telling t)
{
    enum ocpp_word status = t.ours && *t.due != OCPP_NO_WORD  ? *t.due
                            : t.ours && t.now != OCPP_NO_WORD ? t.now
                                                              : OCPP_Idle;
    ocpp->files.going = status;
    ocpp_put_word(w, OCPP_status, status);
    if (t.has_id && status != OCPP_Idle) /* while idle there is no request */
        ocpp_put_int(w, OCPP_requestId, t.id);
}

static void done(struct charger_ocpp *ocpp, struct telling t, enum charger_outcome outcome)
{
    if (outcome == CHARGER_SILENT)
        return;
    ocpp->files.asked &= (uint8_t)~t.bit;
    if (t.ours && *t.due == ocpp->files.going) /* else another one has come meanwhile */
        *t.due = OCPP_NO_WORD;
}

#define TELLS(name, of, which)                                                                     \
    uint64_t charger_##name##_due(struct charger_ocpp *ocpp)                                       \
    {                                                                                              \
        return due(ocpp, of(ocpp, which));                                                         \
    }                                                                                              \
    void charger_##name##_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)                  \
    {                                                                                              \
        write(ocpp, w, of(ocpp, which));                                                           \
    }                                                                                              \
    void charger_##name##_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)            \
    {                                                                                              \
        done(ocpp, of(ocpp, which), outcome);                                                      \
    }

TELLS(diagnostics, of_upload, false)
TELLS(log, of_upload, true)
TELLS(firmware, of_update, false)
TELLS(signed_firmware, of_update, true)
