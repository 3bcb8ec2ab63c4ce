/* SPDX-License-Identifier: Apache-2.0 */
/* GetDiagnostics and GetLog: what the device collects goes to where it is asked for. */
#include <stddef.h>
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

enum { RETRIES_MAX = 10, RETRY_INTERVAL_S = 60, RETRY_INTERVAL_MAX_S = 3600 };

#define SLOT(object, field, member) OCPP_SLOT(object, field, union charger_asked, file.member)
#define SECONDS(object, field, member)                                                             \
    OCPP_SLOT_HOW(object, field, union charger_asked, file.upload.member, OCPP_SECONDS)

static const struct ocpp_slot slots[] = {
    SLOT(GetDiagnostics, location, upload.url),
    SLOT(GetDiagnostics, retries, retries),
    SLOT(GetDiagnostics, retryInterval, retry_interval_s),
    SECONDS(GetDiagnostics, startTime, from_s),
    SECONDS(GetDiagnostics, stopTime, to_s),
    SLOT(GetLog, logType, log),
    SLOT(GetLog, requestId, upload.request_id),
    SLOT(GetLog, retries, retries),
    SLOT(GetLog, retryInterval, retry_interval_s),
    SLOT(LogParameters, remoteLocation, upload.url),
    SECONDS(LogParameters, oldestTimestamp, from_s),
    SECONDS(LogParameters, latestTimestamp, to_s),
};

int charger_take_upload(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], asked, NULL};

    return ocpp_fill_take(&fill, value);
}

static uint16_t bounded(int32_t number, uint16_t most)
{
    return (uint16_t)(number > most ? most : number);
}

/* Returns what `upload` did; the state that is told from now on is this file's. */
static int begin(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;
    union charger_asked *asked = &ocpp->serving.asked;
    struct charger_ocpp_upload *upload = &asked->file.upload;

    upload->retries = bounded(asked->file.retries, RETRIES_MAX);
    upload->retry_interval_s = bounded(asked->file.retry_interval_s, RETRY_INTERVAL_MAX_S);
    if (upload->retry_interval_s == 0)
        upload->retry_interval_s = RETRY_INTERVAL_S;
    int err = does->upload(does->ctx, upload, asked->file.name);
    memset(upload->url, 0, sizeof upload->url); /* there may be a password in it */
    if (err == 0 || err == ROOST_ERR_BUSY) {
        ocpp->files.log = upload->file != CHARGER_FILE_DIAGNOSTICS;
        ocpp->files.upload_id = upload->request_id;
    } else {
        asked->file.name[0] = '\0';
    }
    return err;
}

enum ocpp_error charger_serve_diagnostics(struct charger_ocpp *ocpp)
{
    if (!ocpp->config.does.upload)
        return charger_say_error(ocpp, OCPP_ERROR_NOT_SUPPORTED, "there is nothing to upload");
    (void)begin(ocpp); /* without a name there is no file, says the standard (5.10) */
    return OCPP_ERROR_NONE;
}

void charger_write_diagnostics(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    if (ocpp->serving.asked.file.name[0])
        ocpp_put_text(w, OCPP_fileName, ocpp->serving.asked.file.name);
}

enum ocpp_error charger_serve_log(struct charger_ocpp *ocpp)
{
    if (!ocpp->config.does.upload)
        return charger_say_error(ocpp, OCPP_ERROR_NOT_SUPPORTED, "there is nothing to upload");
    ocpp->serving.asked.file.upload.file = ocpp->serving.asked.file.log == OCPP_SecurityLog
                                               ? CHARGER_FILE_SECURITY_LOG
                                               : CHARGER_FILE_LOG;
    int err = begin(ocpp);
    return charger_say(ocpp, err == 0                ? OCPP_Accepted
                             : err == ROOST_ERR_BUSY ? OCPP_AcceptedCanceled
                                                     : OCPP_Rejected);
}

void charger_write_log(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    ocpp_put_word(w, OCPP_status, ocpp->serving.verdict);
    if (ocpp->serving.asked.file.name[0])
        ocpp_put_text(w, OCPP_filename, ocpp->serving.asked.file.name);
}
