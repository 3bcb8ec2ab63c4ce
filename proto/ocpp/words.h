/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every word of OCPP 1.6 and its security extensions, once: names of messages and of fields, words
 * of enumerations and of CALLERROR. A word is a number of 16 bits, the place where its text begins
 * in one string of 4 KB; the numbers are a build's own and are not stored. Depends on nothing.
 *
 *     ocpp_word_text(OCPP_Energy_Active_Import_Register) -> "Energy.Active.Import.Register"
 *     if (value->field == OCPP_reason && value->number == OCPP_PowerLoss) ...
 */
#ifndef ROOST_PROTO_OCPP_WORDS_H
#define ROOST_PROTO_OCPP_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* X(word), Y(name, "word") for a word that is no name in C. */
/* clang-format off */

/* Messages; some are words of TriggerMessage, too. */
#define OCPP_ACTION_WORDS(X, Y)                                                                    \
    X(Authorize) X(BootNotification) X(CancelReservation) X(CertificateSigned)                     \
    X(ChangeAvailability) X(ChangeConfiguration) X(ClearCache) X(ClearChargingProfile)             \
    X(DataTransfer) X(DeleteCertificate) X(DiagnosticsStatusNotification)                          \
    X(ExtendedTriggerMessage) X(FirmwareStatusNotification) X(GetCompositeSchedule)                \
    X(GetConfiguration) X(GetDiagnostics) X(GetInstalledCertificateIds) X(GetLocalListVersion)     \
    X(GetLog) X(Heartbeat) X(InstallCertificate) X(LogStatusNotification) X(MeterValues)           \
    X(RemoteStartTransaction) X(RemoteStopTransaction) X(ReserveNow) X(Reset)                      \
    X(SecurityEventNotification) X(SendLocalList) X(SetChargingProfile) X(SignCertificate)         \
    X(SignedFirmwareStatusNotification) X(SignedUpdateFirmware) X(StartTransaction)                \
    X(StatusNotification) X(StopTransaction) X(TriggerMessage) X(UnlockConnector)                  \
    X(UpdateFirmware)

/* Fields. */
#define OCPP_FIELD_WORDS(X, Y)                                                                     \
    X(certificate) X(certificateChain) X(certificateHashData) X(certificateType)                   \
    X(chargeBoxSerialNumber) X(chargePointModel) X(chargePointSerialNumber) X(chargePointVendor)   \
    X(chargingProfile) X(chargingProfileId) X(chargingProfileKind) X(chargingProfilePurpose)       \
    X(chargingRateUnit) X(chargingSchedule) X(chargingSchedulePeriod) X(configurationKey)          \
    X(connectorId) X(context) X(csChargingProfiles) X(csr) X(currentTime) X(data) X(duration)      \
    X(errorCode) X(expiryDate) X(fileName) X(filename) X(firmware) X(firmwareVersion) X(format)    \
    X(hashAlgorithm) X(iccid) X(id) X(idTag) X(idTagInfo) X(imsi) X(info) X(installDateTime)       \
    X(interval) X(issuerKeyHash) X(issuerNameHash) X(key) X(latestTimestamp) X(limit)              \
    X(listVersion) X(localAuthorizationList) X(location) X(log) X(logType) X(measurand)            \
    X(messageId) X(meterSerialNumber) X(meterStart) X(meterStop) X(meterType) X(meterValue)        \
    X(minChargingRate) X(numberPhases) X(oldestTimestamp) X(parentIdTag) X(phase) X(readonly)      \
    X(reason) X(recurrencyKind) X(remoteLocation) X(requestId) X(requestedMessage)                 \
    X(reservationId) X(retries) X(retrieveDate) X(retrieveDateTime) X(retryInterval)               \
    X(sampledValue) X(scheduleStart) X(serialNumber) X(signature) X(signingCertificate)            \
    X(stackLevel) X(startPeriod) X(startSchedule) X(startTime) X(status) X(stopTime) X(techInfo)   \
    X(timestamp) X(transactionData) X(transactionId) X(type) X(unit) X(unknownKey) X(updateType)   \
    X(validFrom) X(validTo) X(value) X(vendorErrorCode) X(vendorId)

/* Words of enumerations. */
#define OCPP_VALUE_WORDS(X, Y)                                                                     \
    X(A) X(Absolute) X(Accepted) X(AcceptedCanceled) X(Available) X(BadMessage) X(Blocked)         \
    X(Body) X(Cable) X(Celcius) X(Celsius) X(CentralSystemRootCertificate)                         \
    X(ChargePointMaxProfile) X(Charging) X(ConcurrentTx) X(ConnectorLockFailure)                   \
    Y(Current_Export, "Current.Export") Y(Current_Import, "Current.Import")                        \
    Y(Current_Offered, "Current.Offered") X(Daily) X(DeAuthorized) X(DiagnosticsLog)               \
    X(Differential) X(DownloadFailed) X(DownloadPaused) X(DownloadScheduled) X(Downloaded)         \
    X(Downloading) X(EV) X(EVCommunicationError) X(EVDisconnected) X(EmergencyStop)                \
    Y(Energy_Active_Export_Interval, "Energy.Active.Export.Interval")                              \
    Y(Energy_Active_Export_Register, "Energy.Active.Export.Register")                              \
    Y(Energy_Active_Import_Interval, "Energy.Active.Import.Interval")                              \
    Y(Energy_Active_Import_Register, "Energy.Active.Import.Register")                              \
    Y(Energy_Reactive_Export_Interval, "Energy.Reactive.Export.Interval")                          \
    Y(Energy_Reactive_Export_Register, "Energy.Reactive.Export.Register")                          \
    Y(Energy_Reactive_Import_Interval, "Energy.Reactive.Import.Interval")                          \
    Y(Energy_Reactive_Import_Register, "Energy.Reactive.Import.Register") X(Expired)               \
    X(Fahrenheit) X(Failed) X(Faulted) X(Finishing) X(Frequency) X(Full) X(GroundFailure) X(Hard)  \
    X(HardReset) X(HighTemperature) X(Idle) X(Inlet) X(Inoperative) X(InstallRebooting)            \
    X(InstallScheduled) X(InstallVerificationFailed) X(InstallationFailed) X(Installed)            \
    X(Installing) X(InternalError) Y(Interruption_Begin, "Interruption.Begin")                     \
    Y(Interruption_End, "Interruption.End") X(Invalid) X(InvalidCertificate) X(InvalidSignature)   \
    X(K) X(L1) Y(L1_L2, "L1-L2") Y(L1_N, "L1-N") X(L2) Y(L2_L3, "L2-L3") Y(L2_N, "L2-N") X(L3)     \
    Y(L3_L1, "L3-L1") Y(L3_N, "L3-N") X(Local) X(LocalListConflict)                                \
    X(ManufacturerRootCertificate) X(N) X(NoError) X(NotFound) X(NotImplemented) X(NotSupported)   \
    X(NotSupportedOperation) X(Occupied) X(Operative) X(Other) X(OtherError) X(Outlet)             \
    X(OverCurrentFailure) X(OverVoltage) X(Pending) X(Percent) X(PermissionDenied)                 \
    Y(Power_Active_Export, "Power.Active.Export") Y(Power_Active_Import, "Power.Active.Import")    \
    Y(Power_Factor, "Power.Factor") Y(Power_Offered, "Power.Offered")                              \
    Y(Power_Reactive_Export, "Power.Reactive.Export")                                              \
    Y(Power_Reactive_Import, "Power.Reactive.Import") X(PowerLoss) X(PowerMeterFailure)            \
    X(PowerSwitchFailure) X(Preparing) X(RPM) X(Raw) X(ReaderFailure) X(Reboot) X(RebootRequired)  \
    X(Recurring) X(Rejected) X(Relative) X(Remote) X(Reserved) X(ResetFailure)                     \
    X(RevokedCertificate) X(SHA256) X(SHA384) X(SHA512) Y(Sample_Clock, "Sample.Clock")            \
    Y(Sample_Periodic, "Sample.Periodic") X(Scheduled) X(SecurityLog)                              \
    X(SignChargePointCertificate) X(SignatureVerified) X(SignedData) X(SoC) X(Soft) X(SoftReset)   \
    X(SuspendedEV) X(SuspendedEVSE) X(Temperature) Y(Transaction_Begin, "Transaction.Begin")       \
    Y(Transaction_End, "Transaction.End") X(Trigger) X(TxDefaultProfile) X(TxProfile)              \
    X(Unavailable) X(UnderVoltage) X(Unknown) X(UnknownMessageId) X(UnknownVendorId)               \
    X(UnlockCommand) X(UnlockFailed) X(Unlocked) X(UploadFailed) X(UploadFailure) X(Uploaded)      \
    X(Uploading) X(V) X(VA) X(VersionMismatch) X(Voltage) X(W) X(WeakSignal) X(Weekly) X(Wh)       \
    X(kVA) X(kW) X(kWh) X(kvar) X(kvarh) X(var) X(varh)

/* Words of CALLERROR that are not among those above. */
#define OCPP_ERROR_WORDS(X, Y)                                                                     \
    X(ProtocolError) X(SecurityError) X(FormationViolation) X(FormatViolation)                     \
    X(PropertyConstraintViolation) X(OccurenceConstraintViolation)                                 \
    X(OccurrenceConstraintViolation) X(TypeConstraintViolation) X(GenericError)

#define OCPP_WORDS(X, Y)                                                                           \
    OCPP_ACTION_WORDS(X, Y)                                                                        \
    OCPP_FIELD_WORDS(X, Y)                                                                         \
    OCPP_VALUE_WORDS(X, Y)                                                                         \
    OCPP_ERROR_WORDS(X, Y)

struct ocpp_word_texts {
    char none[1];
#define X(word) char word_##word[sizeof #word];
#define Y(name, text) char word_##name[sizeof(text)];
    OCPP_WORDS(X, Y)
#undef X
#undef Y
};

enum ocpp_word {
    OCPP_NO_WORD = 0,
#define X(word) OCPP_##word = offsetof(struct ocpp_word_texts, word_##word),
#define Y(name, text) OCPP_##name = offsetof(struct ocpp_word_texts, word_##name),
    OCPP_WORDS(X, Y)
#undef X
#undef Y
    OCPP_WORDS_BYTES = sizeof(struct ocpp_word_texts)
};
/* clang-format on */

/* "" for OCPP_NO_WORD. Static storage. */
const char *ocpp_word_text(enum ocpp_word word);

/* Whether the text, which need not end with a NUL, is the word. */
bool ocpp_word_is(enum ocpp_word word, const char *text, size_t len);

#endif
