/* SPDX-License-Identifier: Apache-2.0 */
/* GetDiagnostics and GetLog: what the device collects goes to where it is asked for. */
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

enum { RETRIES_MAX = 10, RETRY_INTERVAL_S = 60, RETRY_INTERVAL_MAX_S = 3600 };

static uint16_t bounded(int64_t number, uint16_t most)
{
    return (uint16_t)(number > most ? most : number);
}

int charger_take_upload(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    struct charger_ocpp_upload *upload = &asked->file.upload;

    switch (value->field) {
    case OCPP_location:
    case OCPP_remoteLocation:
        return ocpp_text_take(value, upload->url, sizeof upload->url);
    case OCPP_retries:
        upload->retries = bounded(value->number, RETRIES_MAX);
        break;
    case OCPP_retryInterval:
        upload->retry_interval_s = bounded(value->number, RETRY_INTERVAL_MAX_S);
        break;
    case OCPP_startTime:
    case OCPP_oldestTimestamp:
        upload->from_s = value->number / 1000;
        break;
    case OCPP_stopTime:
    case OCPP_latestTimestamp:
        upload->to_s = value->number / 1000;
        break;
    case OCPP_requestId:
        upload->request_id = (int32_t)value->number;
        break;
    case OCPP_logType:
        upload->file =
            value->number == OCPP_SecurityLog ? CHARGER_FILE_SECURITY_LOG : CHARGER_FILE_LOG;
        break;
    default:
        break;
    }
    return 0;
}

/* Returns what `upload` did; the state that is told from now on is this file's. */
static int begin(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;
    union charger_asked *asked = &ocpp->serving.asked;
    struct charger_ocpp_upload *upload = &asked->file.upload;

    if (upload->retry_interval_s == 0)
        upload->retry_interval_s = RETRY_INTERVAL_S;
    int err = does->upload(does->ctx, upload, asked->file.name);
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
