/* SPDX-License-Identifier: Apache-2.0 */
/* What a CALL says, as plain data: one table of places for all messages, and samples in a list. */
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

#define SLOT(object, field, member) OCPP_SLOT(object, field, struct csms_call, member)

static const struct ocpp_slot slots[] = {
    SLOT(Authorize, idTag, id_tag),
    SLOT(BootNotification, chargePointVendor, boot.vendor),
    SLOT(BootNotification, chargePointModel, boot.model),
    SLOT(BootNotification, chargePointSerialNumber, boot.serial),
    SLOT(BootNotification, firmwareVersion, boot.firmware),
    SLOT(DataTransfer, vendorId, text),
    SLOT(DataTransfer, messageId, info),
    SLOT(DiagnosticsStatusNotification, status, word),
    SLOT(FirmwareStatusNotification, status, word),
    SLOT(LogStatusNotification, status, word),
    SLOT(SignedFirmwareStatusNotification, status, word),
    SLOT(SecurityEventNotification, type, info),
    SLOT(SecurityEventNotification, timestamp, at_ms),
    SLOT(SecurityEventNotification, techInfo, text),
    SLOT(MeterValues, connectorId, connector),
    SLOT(MeterValues, transactionId, transaction_id),
    SLOT(MeterValue, timestamp, point_ms),
    SLOT(StartTransaction, connectorId, connector),
    SLOT(StartTransaction, idTag, id_tag),
    SLOT(StartTransaction, meterStart, meter_wh),
    SLOT(StartTransaction, reservationId, reservation),
    SLOT(StartTransaction, timestamp, at_ms),
    SLOT(StatusNotification, connectorId, connector),
    SLOT(StatusNotification, errorCode, error_code),
    SLOT(StatusNotification, info, info),
    SLOT(StatusNotification, status, word),
    SLOT(StatusNotification, timestamp, at_ms),
    SLOT(StatusNotification, vendorErrorCode, vendor_error),
    SLOT(StopTransaction, idTag, id_tag),
    SLOT(StopTransaction, meterStop, meter_wh),
    SLOT(StopTransaction, timestamp, at_ms),
    SLOT(StopTransaction, transactionId, transaction_id),
    SLOT(StopTransaction, reason, word),
};

/* ---- texts of any length ---- */

static int text_add(struct csms_call *call, const char *text, size_t len)
{
    if (call->texts_len + len + 1 > call->texts_room) {
        size_t room = 2 * (call->texts_len + len + 1);
        char *more = realloc(call->texts, room);
        if (!more)
            return ROOST_ERR_NO_MEMORY;
        call->texts = more;
        call->texts_room = room;
    }
    memcpy(call->texts + call->texts_len, text, len);
    call->texts_len += len;
    call->texts[call->texts_len] = '\0';
    return 0;
}

/* ---- samples ---- */

static struct csms_sample *sample_add(struct csms_call *call)
{
    if (call->sample_count == call->sample_room) {
        size_t room = call->sample_room ? 2 * call->sample_room : 8;
        struct csms_sample *more = realloc(call->samples, room * sizeof *more);
        if (!more)
            return NULL;
        call->samples = more;
        call->sample_room = room;
    }
    struct csms_sample *sample = &call->samples[call->sample_count++];
    /* What is said by leaving it out, OCPP 1.6 7.43. */
    *sample = (struct csms_sample){.measurand = OCPP_Energy_Active_Import_Register,
                                   .unit = OCPP_NO_WORD,
                                   .context = OCPP_Sample_Periodic,
                                   .location = OCPP_Outlet,
                                   .format = OCPP_Raw};
    call->value_at = call->texts_len;
    return sample;
}

static int take_value(struct csms_call *call, struct csms_sample *sample,
                      const struct ocpp_value *value)
{
    int err = text_add(call, value->text, value->len);

    if (err < 0 || !value->last)
        return err;
    size_t len = call->texts_len - call->value_at;
    if (len > 0 && csms_number_parse(call->texts + call->value_at, len, &sample->value_milli)) {
        call->texts_len = call->value_at;
        return 0;
    }
    if (len == 0) /* no number, and no text that could be kept */
        sample->odd = true;
    sample->text_at = (uint32_t)call->value_at;
    sample->text_len = (uint32_t)len;
    return 0;
}

static int take_sampled(struct csms_call *call, const struct ocpp_value *value)
{
    if (value->kind == OCPP_KIND_OBJECT)
        return sample_add(call) ? 0 : ROOST_ERR_NO_MEMORY;
    if (value->kind == OCPP_KIND_END)
        return 0;
    struct csms_sample *sample = &call->samples[call->sample_count - 1];
    enum ocpp_word word = (enum ocpp_word)value->number;
    if (value->kind == OCPP_KIND_WORD && word == OCPP_NO_WORD)
        sample->odd = true;
    switch ((int)value->field) {
    case OCPP_value:
        return take_value(call, sample, value);
    case OCPP_measurand:
        sample->measurand = word;
        return 0;
    case OCPP_unit:
        sample->unit = word;
        return 0;
    case OCPP_context:
        sample->context = word;
        return 0;
    case OCPP_phase:
        sample->phase = word;
        return 0;
    case OCPP_location:
        sample->location = word;
        return 0;
    case OCPP_format:
        sample->format = word;
        return 0;
    default:
        return 0;
    }
}

/* Its time may stand behind what it is the time of. */
static void point_ends(struct csms_call *call)
{
    for (; call->point < call->sample_count; call->point++) {
        struct csms_sample *sample = &call->samples[call->point];
        sample->at_ms = call->point_ms;
        sample->doubtful = csms_time_doubtful(call->point_ms, call->arrived_ms);
        if (sample->unit == OCPP_NO_WORD && !sample->odd &&
            (sample->measurand == OCPP_Energy_Active_Import_Register ||
             sample->measurand == OCPP_Energy_Active_Export_Register))
            sample->unit = OCPP_Wh;
    }
}

int csms_intake(void *ctx, const struct ocpp_value *value)
{
    struct csms_call *call = ctx;
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], call, NULL};

    if (value->object == OCPP_OBJ_SampledValue)
        return take_sampled(call, value);
    if (value->object == OCPP_OBJ_MeterValue && value->kind == OCPP_KIND_END) {
        point_ends(call);
        return 0;
    }
    if ((value->object == OCPP_OBJ_DataTransfer && value->field == OCPP_data) ||
        (value->object == OCPP_OBJ_SignCertificate && value->field == OCPP_csr))
        return text_add(call, value->text, value->len);
    if (value->object == OCPP_OBJ_MeterValues && value->field == OCPP_transactionId)
        call->has_transaction = true;
    if (value->field == OCPP_timestamp && value->object != OCPP_OBJ_MeterValue)
        call->has_time = true;
    return ocpp_fill_take(&fill, value);
}
