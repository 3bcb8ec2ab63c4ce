/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and one answer of every message, with every field it may have, written as write.h
 * writes them; and a visitor that writes a message again as it is read. For the tests and fuzz
 * targets of proto/ocpp.
 */
#ifndef ROOST_PROTO_OCPP_TEST_MESSAGES_H
#define ROOST_PROTO_OCPP_TEST_MESSAGES_H

#include <string.h>

#include "proto/ocpp/write.h"

#define TEST_TIME "\"2026-11-30T19:00:00.000Z\""
#define TEST_TAG  "{\"expiryDate\":" TEST_TIME ",\"parentIdTag\":\"PARENT\",\"status\":\"Accepted\"}"
#define TEST_SCHEDULE                                                                              \
    "{\"duration\":3600,\"startSchedule\":" TEST_TIME ",\"chargingRateUnit\":\"A\","               \
    "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":16.0,\"numberPhases\":3},"           \
    "{\"startPeriod\":600,\"limit\":8.1}],\"minChargingRate\":6.0}"
#define TEST_PROFILE                                                                               \
    "{\"chargingProfileId\":7,\"transactionId\":42,\"stackLevel\":0,"                              \
    "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Recurring\","              \
    "\"recurrencyKind\":\"Daily\",\"validFrom\":" TEST_TIME ",\"validTo\":" TEST_TIME ","          \
    "\"chargingSchedule\":" TEST_SCHEDULE "}"
#define TEST_METER                                                                                 \
    "[{\"timestamp\":" TEST_TIME ",\"sampledValue\":[{\"value\":\"1234.5\","                       \
    "\"context\":\"Sample.Periodic\",\"format\":\"Raw\","                                          \
    "\"measurand\":\"Energy.Active.Import.Register\",\"phase\":\"L1-N\",\"location\":\"Outlet\","  \
    "\"unit\":\"Wh\"},{\"value\":\"55\",\"measurand\":\"Temperature\",\"unit\":\"Celsius\"}]},"    \
    "{\"timestamp\":" TEST_TIME ",\"sampledValue\":[{\"value\":\"0\"}]}]"
#define TEST_HASH                                                                                  \
    "{\"hashAlgorithm\":\"SHA256\",\"issuerNameHash\":\"aa\",\"issuerKeyHash\":\"bb\","            \
    "\"serialNumber\":\"FFF\"}"
#define TEST_ACCEPTED "{\"status\":\"Accepted\"}"

static const struct test_message {
    enum ocpp_message message;
    const char *request, *answer;
} test_messages[] = {
    {OCPP_MSG_Authorize, "{\"idTag\":\"04A1B2C3\"}", "{\"idTagInfo\":" TEST_TAG "}"},
    {OCPP_MSG_BootNotification,
     "{\"chargePointVendor\":\"Roost\",\"chargePointModel\":\"Charger\","
     "\"chargePointSerialNumber\":\"1\",\"chargeBoxSerialNumber\":\"2\",\"firmwareVersion\":\"3\","
     "\"iccid\":\"4\",\"imsi\":\"5\",\"meterType\":\"6\",\"meterSerialNumber\":\"7\"}",
     "{\"status\":\"Accepted\",\"currentTime\":" TEST_TIME ",\"interval\":300}"},
    {OCPP_MSG_CancelReservation, "{\"reservationId\":-5}", TEST_ACCEPTED},
    {OCPP_MSG_CertificateSigned, "{\"certificateChain\":\"-----BEGIN\\nMII=\\n\"}", TEST_ACCEPTED},
    {OCPP_MSG_ChangeAvailability, "{\"connectorId\":0,\"type\":\"Inoperative\"}",
     "{\"status\":\"Scheduled\"}"},
    {OCPP_MSG_ChangeConfiguration, "{\"key\":\"HeartbeatInterval\",\"value\":\"60\"}",
     "{\"status\":\"RebootRequired\"}"},
    {OCPP_MSG_ClearCache, "{}", TEST_ACCEPTED},
    {OCPP_MSG_ClearChargingProfile,
     "{\"id\":7,\"connectorId\":1,\"chargingProfilePurpose\":\"TxDefaultProfile\","
     "\"stackLevel\":2}",
     "{\"status\":\"Unknown\"}"},
    {OCPP_MSG_DataTransfer,
     "{\"vendorId\":\"roost\",\"messageId\":\"VehicleInfo\",\"data\":\"{\\\"soc\\\":50}\"}",
     "{\"status\":\"Accepted\",\"data\":\"\"}"},
    {OCPP_MSG_DeleteCertificate, "{\"certificateHashData\":" TEST_HASH "}",
     "{\"status\":\"NotFound\"}"},
    {OCPP_MSG_DiagnosticsStatusNotification, "{\"status\":\"Uploading\"}", "{}"},
    {OCPP_MSG_ExtendedTriggerMessage,
     "{\"requestedMessage\":\"SignChargePointCertificate\",\"connectorId\":1}",
     "{\"status\":\"NotImplemented\"}"},
    {OCPP_MSG_FirmwareStatusNotification, "{\"status\":\"Installed\"}", "{}"},
    {OCPP_MSG_GetCompositeSchedule,
     "{\"connectorId\":1,\"duration\":350,\"chargingRateUnit\":\"W\"}",
     "{\"status\":\"Accepted\",\"connectorId\":1,\"scheduleStart\":" TEST_TIME ","
     "\"chargingSchedule\":" TEST_SCHEDULE "}"},
    {OCPP_MSG_GetConfiguration, "{\"key\":[\"HeartbeatInterval\",\"Nope\"]}",
     "{\"configurationKey\":[{\"key\":\"HeartbeatInterval\",\"readonly\":false,\"value\":\"60\"},"
     "{\"key\":\"AuthorizationKey\",\"readonly\":true}],\"unknownKey\":[\"Nope\",\"Never\"]}"},
    {OCPP_MSG_GetDiagnostics,
     "{\"location\":\"ftp://h/d\",\"retries\":3,\"retryInterval\":60,\"startTime\":" TEST_TIME
     ",\"stopTime\":" TEST_TIME "}",
     "{\"fileName\":\"d.log\"}"},
    {OCPP_MSG_GetInstalledCertificateIds, "{\"certificateType\":\"CentralSystemRootCertificate\"}",
     "{\"certificateHashData\":[" TEST_HASH "],\"status\":\"Accepted\"}"},
    {OCPP_MSG_GetLocalListVersion, "{}", "{\"listVersion\":-1}"},
    {OCPP_MSG_GetLog,
     "{\"log\":{\"remoteLocation\":\"https://h/l\",\"oldestTimestamp\":" TEST_TIME
     ",\"latestTimestamp\":" TEST_TIME "},\"logType\":\"SecurityLog\",\"requestId\":9,"
     "\"retries\":1,\"retryInterval\":10}",
     "{\"status\":\"AcceptedCanceled\",\"filename\":\"l.log\"}"},
    {OCPP_MSG_Heartbeat, "{}", "{\"currentTime\":" TEST_TIME "}"},
    {OCPP_MSG_InstallCertificate,
     "{\"certificateType\":\"ManufacturerRootCertificate\",\"certificate\":\"PEM\"}",
     "{\"status\":\"Failed\"}"},
    {OCPP_MSG_LogStatusNotification, "{\"status\":\"UploadFailure\",\"requestId\":9}", "{}"},
    {OCPP_MSG_MeterValues, "{\"connectorId\":0,\"transactionId\":42,\"meterValue\":" TEST_METER "}",
     "{}"},
    {OCPP_MSG_RemoteStartTransaction,
     "{\"connectorId\":1,\"idTag\":\"T\",\"chargingProfile\":" TEST_PROFILE "}", TEST_ACCEPTED},
    {OCPP_MSG_RemoteStopTransaction, "{\"transactionId\":42}", "{\"status\":\"Rejected\"}"},
    {OCPP_MSG_ReserveNow,
     "{\"connectorId\":0,\"expiryDate\":" TEST_TIME ",\"idTag\":\"T\",\"parentIdTag\":\"P\","
     "\"reservationId\":1}",
     "{\"status\":\"Occupied\"}"},
    {OCPP_MSG_Reset, "{\"type\":\"Soft\"}", TEST_ACCEPTED},
    {OCPP_MSG_SecurityEventNotification,
     "{\"type\":\"FirmwareUpdated\",\"timestamp\":" TEST_TIME ",\"techInfo\":\"x\"}", "{}"},
    {OCPP_MSG_SendLocalList,
     "{\"listVersion\":4,\"localAuthorizationList\":[{\"idTag\":\"A\",\"idTagInfo\":" TEST_TAG
     "},{\"idTag\":\"B\"}],\"updateType\":\"Differential\"}",
     "{\"status\":\"VersionMismatch\"}"},
    {OCPP_MSG_SetChargingProfile, "{\"connectorId\":1,\"csChargingProfiles\":" TEST_PROFILE "}",
     "{\"status\":\"NotSupported\"}"},
    {OCPP_MSG_SignCertificate, "{\"csr\":\"PEM\"}", TEST_ACCEPTED},
    {OCPP_MSG_SignedFirmwareStatusNotification,
     "{\"status\":\"SignatureVerified\",\"requestId\":9}", "{}"},
    {OCPP_MSG_SignedUpdateFirmware,
     "{\"retries\":1,\"retryInterval\":10,\"requestId\":9,\"firmware\":{\"location\":\"https://h/"
     "f\","
     "\"retrieveDateTime\":" TEST_TIME ",\"installDateTime\":" TEST_TIME ","
     "\"signingCertificate\":\"PEM\",\"signature\":\"AA==\"}}",
     "{\"status\":\"InvalidCertificate\"}"},
    {OCPP_MSG_StartTransaction,
     "{\"connectorId\":1,\"idTag\":\"T\",\"meterStart\":1234,\"reservationId\":1,"
     "\"timestamp\":" TEST_TIME "}",
     "{\"idTagInfo\":" TEST_TAG ",\"transactionId\":42}"},
    {OCPP_MSG_StatusNotification,
     "{\"connectorId\":1,\"errorCode\":\"NoError\",\"info\":\"i\",\"status\":\"SuspendedEVSE\","
     "\"timestamp\":" TEST_TIME ",\"vendorId\":\"v\",\"vendorErrorCode\":\"e\"}",
     "{}"},
    {OCPP_MSG_StopTransaction,
     "{\"idTag\":\"T\",\"meterStop\":-1,\"timestamp\":" TEST_TIME ",\"transactionId\":-1,"
     "\"reason\":\"PowerLoss\",\"transactionData\":" TEST_METER "}",
     "{\"idTagInfo\":" TEST_TAG "}"},
    {OCPP_MSG_TriggerMessage, "{\"requestedMessage\":\"MeterValues\",\"connectorId\":1}",
     TEST_ACCEPTED},
    {OCPP_MSG_UnlockConnector, "{\"connectorId\":1}", "{\"status\":\"Unlocked\"}"},
    {OCPP_MSG_UpdateFirmware,
     "{\"location\":\"https://h/f\",\"retries\":3,\"retrieveDate\":" TEST_TIME
     ",\"retryInterval\":60}",
     "{}"},
};

enum { TEST_MESSAGES = sizeof test_messages / sizeof test_messages[0] };

/* ---- the visitor; an empty list is left out ---- */

struct test_copy {
    struct ocpp_writer *w;
    enum ocpp_object objects[OCPP_CHECK_LEVELS + 1];
    enum ocpp_word lists[OCPP_CHECK_LEVELS + 1]; /* the list that is open in each */
    int depth;
    char text[512]; /* of an element that comes in pieces */
};

static inline bool test_is_list(enum ocpp_object object, enum ocpp_word name)
{
    size_t count;
    const struct ocpp_field *fields = ocpp_fields(object, &count);
    for (size_t i = 0; i < count; i++)
        if (fields[i].name == name)
            return (fields[i].flags & OCPP_FIELD_LIST) != 0;
    return false;
}

static inline int test_copy_text(struct test_copy *copy, const struct ocpp_value *v, bool list)
{
    if (list) {
        int err = ocpp_text_take(v, copy->text, sizeof copy->text);
        if (!err && v->last)
            ocpp_add_textn(copy->w, copy->text, strlen(copy->text));
        return err;
    }
    if (v->at == 0)
        ocpp_put_text_begin(copy->w, v->field);
    ocpp_text_piece(copy->w, v->text, v->len);
    if (v->last)
        ocpp_text_end(copy->w);
    return 0;
}

static inline void test_copy_begin(struct test_copy *copy, const struct ocpp_value *v, bool list)
{
    copy->objects[++copy->depth] = v->object;
    copy->lists[copy->depth] = OCPP_NO_WORD;
    if (copy->depth == 1)
        return;
    if (list)
        ocpp_add_object(copy->w);
    else
        ocpp_put_object(copy->w, v->field);
}

static inline int test_copy_value(struct test_copy *copy, const struct ocpp_value *v, bool list)
{
    switch (v->kind) {
    case OCPP_KIND_OBJECT:
        test_copy_begin(copy, v, list);
        return 0;
    case OCPP_KIND_WORD:
        ocpp_put_word(copy->w, v->field, (enum ocpp_word)v->number);
        return 0;
    case OCPP_KIND_INTEGER:
        ocpp_put_int(copy->w, v->field, (int32_t)v->number);
        return 0;
    case OCPP_KIND_TENTHS:
        ocpp_put_scaled(copy->w, v->field, v->number, 1);
        return 0;
    case OCPP_KIND_BOOL:
        ocpp_put_bool(copy->w, v->field, v->number != 0);
        return 0;
    case OCPP_KIND_TIME:
        ocpp_put_time(copy->w, v->field, v->number);
        return 0;
    default:
        return test_copy_text(copy, v, list);
    }
}

/* An ocpp_take_fn; the writer stands in the payload. */
static inline int test_copy_take(void *ctx, const struct ocpp_value *v)
{
    struct test_copy *copy = ctx;
    enum ocpp_word *open = &copy->lists[copy->depth];
    bool end = v->kind == OCPP_KIND_END;
    bool list = !end && copy->depth > 0 && test_is_list(copy->objects[copy->depth], v->field);

    if (*open != OCPP_NO_WORD && (end || *open != v->field)) {
        ocpp_end(copy->w);
        *open = OCPP_NO_WORD;
    }
    if (list && *open == OCPP_NO_WORD) {
        ocpp_put_list(copy->w, v->field);
        *open = v->field;
    }
    if (!end)
        return test_copy_value(copy, v, list);
    if (--copy->depth > 0)
        ocpp_end(copy->w);
    return 0;
}

#endif
