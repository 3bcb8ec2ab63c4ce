/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCPP 1.6 edition 2 (chapters 6 and 7, errata of 2025-04) and the security whitepaper edition 3
 * (chapters 5 and 6) as three lists: which words an enumeration has, which fields an object, which
 * objects a message. proto/ocpp/schema.h makes tables of them. Depends on nothing.
 *
 * S(set, W(word)...)
 * O(object, F(field, kind, of, flags)...): `of` is a TEXT's or IDENTIFIER's limit in characters, a
 *     WORD's set, an OBJECT's object; flags R required, L list (JSON array), N not an empty one.
 *     Messages that look alike share an object: it has the name of the first, or of what it is.
 * M(message, sender, request, confirmation): sender CP charge point, CS central system, ANY both.
 */
#ifndef ROOST_PROTO_OCPP_MESSAGE_LIST_H
#define ROOST_PROTO_OCPP_MESSAGE_LIST_H

/* clang-format off */
#define OCPP_SETS(S)                                                                               \
    S(AcceptedRejected, W(Accepted) W(Rejected))                                                   \
    S(AuthorizationStatus, W(Accepted) W(Blocked) W(Expired) W(Invalid) W(ConcurrentTx))           \
    S(RegistrationStatus, W(Accepted) W(Pending) W(Rejected))                                      \
    S(AvailabilityType, W(Inoperative) W(Operative))                                               \
    S(AvailabilityStatus, W(Accepted) W(Rejected) W(Scheduled))                                    \
    S(ConfigurationStatus, W(Accepted) W(Rejected) W(RebootRequired) W(NotSupported))              \
    S(ProfilePurpose, W(ChargePointMaxProfile) W(TxDefaultProfile) W(TxProfile))                   \
    S(ProfileKind, W(Absolute) W(Recurring) W(Relative))                                           \
    S(RecurrencyKind, W(Daily) W(Weekly))                                                          \
    S(RateUnit, W(A) W(W))                                                                         \
    S(ProfileStatus, W(Accepted) W(Rejected) W(NotSupported))                                      \
    S(ClearProfileStatus, W(Accepted) W(Unknown))                                                  \
    S(DataTransferStatus, W(Accepted) W(Rejected) W(UnknownMessageId) W(UnknownVendorId))          \
    S(DiagnosticsStatus, W(Idle) W(Uploaded) W(UploadFailed) W(Uploading))                         \
    S(FirmwareStatus, W(Downloaded) W(DownloadFailed) W(Downloading) W(Idle)                       \
        W(InstallationFailed) W(Installing) W(Installed))                                          \
    S(ReadingContext, W(Interruption_Begin) W(Interruption_End) W(Sample_Clock)                    \
        W(Sample_Periodic) W(Transaction_Begin) W(Transaction_End) W(Trigger) W(Other))            \
    S(ValueFormat, W(Raw) W(SignedData))                                                           \
    S(Measurand, W(Energy_Active_Export_Register) W(Energy_Active_Import_Register)                 \
        W(Energy_Reactive_Export_Register) W(Energy_Reactive_Import_Register)                      \
        W(Energy_Active_Export_Interval) W(Energy_Active_Import_Interval)                          \
        W(Energy_Reactive_Export_Interval) W(Energy_Reactive_Import_Interval)                      \
        W(Power_Active_Export) W(Power_Active_Import) W(Power_Offered)                             \
        W(Power_Reactive_Export) W(Power_Reactive_Import) W(Power_Factor) W(Current_Import)        \
        W(Current_Export) W(Current_Offered) W(Voltage) W(Frequency) W(Temperature) W(SoC) W(RPM)) \
    S(Phase, W(L1) W(L2) W(L3) W(N) W(L1_N) W(L2_N) W(L3_N) W(L1_L2) W(L2_L3) W(L3_L1))            \
    S(Location, W(Cable) W(EV) W(Inlet) W(Outlet) W(Body))                                         \
    S(Unit, W(Wh) W(kWh) W(varh) W(kvarh) W(W) W(kW) W(VA) W(kVA) W(var) W(kvar) W(A) W(V) W(K)    \
        W(Celcius) W(Celsius) W(Fahrenheit) W(Percent))                                            \
    S(ReservationStatus, W(Accepted) W(Faulted) W(Occupied) W(Rejected) W(Unavailable))            \
    S(ResetType, W(Hard) W(Soft))                                                                  \
    S(UpdateType, W(Differential) W(Full))                                                         \
    S(UpdateStatus, W(Accepted) W(Failed) W(NotSupported) W(VersionMismatch))                      \
    S(ChargePointErrorCode, W(ConnectorLockFailure) W(EVCommunicationError) W(GroundFailure)       \
        W(HighTemperature) W(InternalError) W(LocalListConflict) W(NoError) W(OtherError)          \
        W(OverCurrentFailure) W(PowerMeterFailure) W(PowerSwitchFailure) W(ReaderFailure)          \
        W(ResetFailure) W(UnderVoltage) W(OverVoltage) W(WeakSignal))                              \
    S(ChargePointStatus, W(Available) W(Preparing) W(Charging) W(SuspendedEVSE) W(SuspendedEV)     \
        W(Finishing) W(Reserved) W(Unavailable) W(Faulted))                                        \
    S(Reason, W(EmergencyStop) W(EVDisconnected) W(HardReset) W(Local) W(Other) W(PowerLoss)       \
        W(Reboot) W(Remote) W(SoftReset) W(UnlockCommand) W(DeAuthorized))                         \
    S(MessageTrigger, W(BootNotification) W(DiagnosticsStatusNotification)                         \
        W(FirmwareStatusNotification) W(Heartbeat) W(MeterValues) W(StatusNotification))           \
    S(ExtendedTrigger, W(BootNotification) W(LogStatusNotification) W(FirmwareStatusNotification)  \
        W(Heartbeat) W(MeterValues) W(SignChargePointCertificate) W(StatusNotification))           \
    S(TriggerStatus, W(Accepted) W(Rejected) W(NotImplemented))                                    \
    S(UnlockStatus, W(Unlocked) W(UnlockFailed) W(NotSupported))                                   \
    S(HashAlgorithm, W(SHA256) W(SHA384) W(SHA512))                                                \
    S(CertificateUse, W(CentralSystemRootCertificate) W(ManufacturerRootCertificate))              \
    S(DeleteStatus, W(Accepted) W(Failed) W(NotFound))                                             \
    S(InstalledIdsStatus, W(Accepted) W(NotFound))                                                 \
    S(InstallStatus, W(Accepted) W(Failed) W(Rejected))                                            \
    S(LogType, W(DiagnosticsLog) W(SecurityLog))                                                   \
    S(LogStatus, W(Accepted) W(Rejected) W(AcceptedCanceled))                                      \
    S(UploadLogStatus, W(BadMessage) W(Idle) W(NotSupportedOperation) W(PermissionDenied)          \
        W(Uploaded) W(UploadFailure) W(Uploading))                                                 \
    S(SignedFirmwareStatus, W(Downloaded) W(DownloadFailed) W(Downloading) W(DownloadScheduled)    \
        W(DownloadPaused) W(Idle) W(InstallationFailed) W(Installing) W(Installed)                 \
        W(InstallRebooting) W(InstallScheduled) W(InstallVerificationFailed) W(InvalidSignature)   \
        W(SignatureVerified))                                                                      \
    S(SignedUpdateStatus, W(Accepted) W(Rejected) W(AcceptedCanceled) W(InvalidCertificate)        \
        W(RevokedCertificate))

#define OCPP_OBJECTS(O)                                                                            \
    O(Nothing, )                                                                                   \
    /* ---- what others hold ---- */                                                               \
    O(IdTagInfo, F(expiryDate, TIME, 0, 0) F(parentIdTag, IDENTIFIER, 20, 0)                       \
        F(status, WORD, AuthorizationStatus, R))                                                   \
    O(AuthorizationData, F(idTag, IDENTIFIER, 20, R) F(idTagInfo, OBJECT, IdTagInfo, 0))           \
    O(KeyValue, F(key, IDENTIFIER, 50, R) F(readonly, BOOL, 0, R) F(value, IDENTIFIER, 500, 0))    \
    O(SampledValue, F(value, TEXT, 0, R) F(context, WORD, ReadingContext, 0)                       \
        F(format, WORD, ValueFormat, 0) F(measurand, WORD, Measurand, 0)                           \
        F(phase, WORD, Phase, 0) F(location, WORD, Location, 0) F(unit, WORD, Unit, 0))            \
    O(MeterValue, F(timestamp, TIME, 0, R) F(sampledValue, OBJECT, SampledValue, R | L | N))       \
    O(ChargingSchedulePeriod, F(startPeriod, INTEGER, 0, R) F(limit, TENTHS, 0, R)                 \
        F(numberPhases, INTEGER, 0, 0))                                                            \
    O(ChargingSchedule, F(duration, INTEGER, 0, 0) F(startSchedule, TIME, 0, 0)                    \
        F(chargingRateUnit, WORD, RateUnit, R)                                                     \
        F(chargingSchedulePeriod, OBJECT, ChargingSchedulePeriod, R | L | N)                       \
        F(minChargingRate, TENTHS, 0, 0))                                                          \
    O(ChargingProfile, F(chargingProfileId, INTEGER, 0, R) F(transactionId, INTEGER, 0, 0)         \
        F(stackLevel, INTEGER, 0, R) F(chargingProfilePurpose, WORD, ProfilePurpose, R)            \
        F(chargingProfileKind, WORD, ProfileKind, R) F(recurrencyKind, WORD, RecurrencyKind, 0)    \
        F(validFrom, TIME, 0, 0) F(validTo, TIME, 0, 0)                                            \
        F(chargingSchedule, OBJECT, ChargingSchedule, R))                                          \
    O(CertificateHashData, F(hashAlgorithm, WORD, HashAlgorithm, R)                                \
        F(issuerNameHash, IDENTIFIER, 128, R) F(issuerKeyHash, IDENTIFIER, 128, R)                 \
        F(serialNumber, IDENTIFIER, 40, R))                                                        \
    O(LogParameters, F(remoteLocation, TEXT, 512, R) F(oldestTimestamp, TIME, 0, 0)                \
        F(latestTimestamp, TIME, 0, 0))                                                            \
    O(Firmware, F(location, TEXT, 512, R) F(retrieveDateTime, TIME, 0, R)                          \
        F(installDateTime, TIME, 0, 0) F(signingCertificate, TEXT, 5500, R)                        \
        F(signature, TEXT, 800, R))                                                                \
    /* ---- requests ---- */                                                                       \
    O(Authorize, F(idTag, IDENTIFIER, 20, R))                                                      \
    O(BootNotification, F(chargePointVendor, IDENTIFIER, 20, R)                                    \
        F(chargePointModel, IDENTIFIER, 20, R) F(chargePointSerialNumber, IDENTIFIER, 25, 0)       \
        F(chargeBoxSerialNumber, IDENTIFIER, 25, 0) F(firmwareVersion, IDENTIFIER, 50, 0)          \
        F(iccid, IDENTIFIER, 20, 0) F(imsi, IDENTIFIER, 20, 0) F(meterType, IDENTIFIER, 25, 0)     \
        F(meterSerialNumber, IDENTIFIER, 25, 0))                                                   \
    O(CancelReservation, F(reservationId, INTEGER, 0, R))                                          \
    O(CertificateSigned, F(certificateChain, TEXT, 10000, R))                                      \
    O(ChangeAvailability, F(connectorId, INTEGER, 0, R) F(type, WORD, AvailabilityType, R))        \
    O(ChangeConfiguration, F(key, IDENTIFIER, 50, R) F(value, IDENTIFIER, 500, R))                 \
    O(ClearChargingProfile, F(id, INTEGER, 0, 0) F(connectorId, INTEGER, 0, 0)                     \
        F(chargingProfilePurpose, WORD, ProfilePurpose, 0) F(stackLevel, INTEGER, 0, 0))           \
    O(DataTransfer, F(vendorId, IDENTIFIER, 255, R) F(messageId, IDENTIFIER, 50, 0)                \
        F(data, TEXT, 0, 0))                                                                       \
    O(DeleteCertificate, F(certificateHashData, OBJECT, CertificateHashData, R))                   \
    O(DiagnosticsStatusNotification, F(status, WORD, DiagnosticsStatus, R))                        \
    O(ExtendedTriggerMessage, F(requestedMessage, WORD, ExtendedTrigger, R)                        \
        F(connectorId, INTEGER, 0, 0))                                                             \
    O(FirmwareStatusNotification, F(status, WORD, FirmwareStatus, R))                              \
    O(GetCompositeSchedule, F(connectorId, INTEGER, 0, R) F(duration, INTEGER, 0, R)               \
        F(chargingRateUnit, WORD, RateUnit, 0))                                                    \
    O(GetConfiguration, F(key, IDENTIFIER, 50, L))                                                 \
    O(GetDiagnostics, F(location, TEXT, 0, R) F(retries, INTEGER, 0, 0)                            \
        F(retryInterval, INTEGER, 0, 0) F(startTime, TIME, 0, 0) F(stopTime, TIME, 0, 0))          \
    O(GetInstalledCertificateIds, F(certificateType, WORD, CertificateUse, R))                     \
    O(GetLog, F(log, OBJECT, LogParameters, R) F(logType, WORD, LogType, R)                        \
        F(requestId, INTEGER, 0, R) F(retries, INTEGER, 0, 0) F(retryInterval, INTEGER, 0, 0))     \
    O(InstallCertificate, F(certificateType, WORD, CertificateUse, R)                              \
        F(certificate, TEXT, 5500, R))                                                             \
    O(LogStatusNotification, F(status, WORD, UploadLogStatus, R) F(requestId, INTEGER, 0, 0))      \
    O(MeterValues, F(connectorId, INTEGER, 0, R) F(transactionId, INTEGER, 0, 0)                   \
        F(meterValue, OBJECT, MeterValue, R | L | N))                                              \
    O(RemoteStartTransaction, F(connectorId, INTEGER, 0, 0) F(idTag, IDENTIFIER, 20, R)            \
        F(chargingProfile, OBJECT, ChargingProfile, 0))                                            \
    O(RemoteStopTransaction, F(transactionId, INTEGER, 0, R))                                      \
    O(ReserveNow, F(connectorId, INTEGER, 0, R) F(expiryDate, TIME, 0, R)                          \
        F(idTag, IDENTIFIER, 20, R) F(parentIdTag, IDENTIFIER, 20, 0)                              \
        F(reservationId, INTEGER, 0, R))                                                           \
    O(Reset, F(type, WORD, ResetType, R))                                                          \
    O(SecurityEventNotification, F(type, TEXT, 50, R) F(timestamp, TIME, 0, R)                     \
        F(techInfo, TEXT, 255, 0))                                                                 \
    O(SendLocalList, F(listVersion, INTEGER, 0, R)                                                 \
        F(localAuthorizationList, OBJECT, AuthorizationData, L)                                    \
        F(updateType, WORD, UpdateType, R))                                                        \
    O(SetChargingProfile, F(connectorId, INTEGER, 0, R)                                            \
        F(csChargingProfiles, OBJECT, ChargingProfile, R))                                         \
    O(SignCertificate, F(csr, TEXT, 5500, R))                                                      \
    O(SignedFirmwareStatusNotification, F(status, WORD, SignedFirmwareStatus, R)                   \
        F(requestId, INTEGER, 0, 0))                                                               \
    O(SignedUpdateFirmware, F(retries, INTEGER, 0, 0) F(retryInterval, INTEGER, 0, 0)              \
        F(requestId, INTEGER, 0, R) F(firmware, OBJECT, Firmware, R))                              \
    O(StartTransaction, F(connectorId, INTEGER, 0, R) F(idTag, IDENTIFIER, 20, R)                  \
        F(meterStart, INTEGER, 0, R) F(reservationId, INTEGER, 0, 0) F(timestamp, TIME, 0, R))     \
    O(StatusNotification, F(connectorId, INTEGER, 0, R)                                            \
        F(errorCode, WORD, ChargePointErrorCode, R) F(info, IDENTIFIER, 50, 0)                     \
        F(status, WORD, ChargePointStatus, R) F(timestamp, TIME, 0, 0)                             \
        F(vendorId, IDENTIFIER, 255, 0) F(vendorErrorCode, IDENTIFIER, 50, 0))                     \
    O(StopTransaction, F(idTag, IDENTIFIER, 20, 0) F(meterStop, INTEGER, 0, R)                     \
        F(timestamp, TIME, 0, R) F(transactionId, INTEGER, 0, R) F(reason, WORD, Reason, 0)        \
        F(transactionData, OBJECT, MeterValue, L))                                                 \
    O(TriggerMessage, F(requestedMessage, WORD, MessageTrigger, R) F(connectorId, INTEGER, 0, 0))  \
    O(UnlockConnector, F(connectorId, INTEGER, 0, R))                                              \
    O(UpdateFirmware, F(location, TEXT, 0, R) F(retries, INTEGER, 0, 0)                            \
        F(retrieveDate, TIME, 0, R) F(retryInterval, INTEGER, 0, 0))                               \
    /* ---- confirmations ---- */                                                                  \
    O(Answer, F(status, WORD, AcceptedRejected, R))                                                \
    O(AuthorizeAnswer, F(idTagInfo, OBJECT, IdTagInfo, R))                                         \
    O(BootNotificationAnswer, F(status, WORD, RegistrationStatus, R) F(currentTime, TIME, 0, R)    \
        F(interval, INTEGER, 0, R))                                                                \
    O(ChangeAvailabilityAnswer, F(status, WORD, AvailabilityStatus, R))                            \
    O(ChangeConfigurationAnswer, F(status, WORD, ConfigurationStatus, R))                          \
    O(ClearChargingProfileAnswer, F(status, WORD, ClearProfileStatus, R))                          \
    O(DataTransferAnswer, F(status, WORD, DataTransferStatus, R) F(data, TEXT, 0, 0))              \
    O(DeleteCertificateAnswer, F(status, WORD, DeleteStatus, R))                                   \
    O(GetCompositeScheduleAnswer, F(status, WORD, AcceptedRejected, R)                             \
        F(connectorId, INTEGER, 0, 0) F(scheduleStart, TIME, 0, 0)                                 \
        F(chargingSchedule, OBJECT, ChargingSchedule, 0))                                          \
    O(GetConfigurationAnswer, F(configurationKey, OBJECT, KeyValue, L)                             \
        F(unknownKey, IDENTIFIER, 50, L))                                                          \
    O(GetDiagnosticsAnswer, F(fileName, IDENTIFIER, 255, 0))                                       \
    O(GetInstalledCertificateIdsAnswer,                                                            \
        F(certificateHashData, OBJECT, CertificateHashData, L | N)                                 \
        F(status, WORD, InstalledIdsStatus, R))                                                    \
    O(GetLocalListVersionAnswer, F(listVersion, INTEGER, 0, R))                                    \
    O(GetLogAnswer, F(status, WORD, LogStatus, R) F(filename, TEXT, 255, 0))                       \
    O(HeartbeatAnswer, F(currentTime, TIME, 0, R))                                                 \
    O(InstallCertificateAnswer, F(status, WORD, InstallStatus, R))                                 \
    O(ReserveNowAnswer, F(status, WORD, ReservationStatus, R))                                     \
    O(SendLocalListAnswer, F(status, WORD, UpdateStatus, R))                                       \
    O(SetChargingProfileAnswer, F(status, WORD, ProfileStatus, R))                                 \
    O(SignedUpdateFirmwareAnswer, F(status, WORD, SignedUpdateStatus, R))                          \
    O(StartTransactionAnswer, F(idTagInfo, OBJECT, IdTagInfo, R) F(transactionId, INTEGER, 0, R))  \
    O(StopTransactionAnswer, F(idTagInfo, OBJECT, IdTagInfo, 0))                                   \
    O(TriggerMessageAnswer, F(status, WORD, TriggerStatus, R))                                     \
    O(UnlockConnectorAnswer, F(status, WORD, UnlockStatus, R))

#define OCPP_MESSAGES(M)                                                                           \
    M(Authorize, CP, Authorize, AuthorizeAnswer)                                                   \
    M(BootNotification, CP, BootNotification, BootNotificationAnswer)                              \
    M(CancelReservation, CS, CancelReservation, Answer)                                            \
    M(CertificateSigned, CS, CertificateSigned, Answer)                                            \
    M(ChangeAvailability, CS, ChangeAvailability, ChangeAvailabilityAnswer)                        \
    M(ChangeConfiguration, CS, ChangeConfiguration, ChangeConfigurationAnswer)                     \
    M(ClearCache, CS, Nothing, Answer)                                                             \
    M(ClearChargingProfile, CS, ClearChargingProfile, ClearChargingProfileAnswer)                  \
    M(DataTransfer, ANY, DataTransfer, DataTransferAnswer)                                         \
    M(DeleteCertificate, CS, DeleteCertificate, DeleteCertificateAnswer)                           \
    M(DiagnosticsStatusNotification, CP, DiagnosticsStatusNotification, Nothing)                   \
    M(ExtendedTriggerMessage, CS, ExtendedTriggerMessage, TriggerMessageAnswer)                    \
    M(FirmwareStatusNotification, CP, FirmwareStatusNotification, Nothing)                         \
    M(GetCompositeSchedule, CS, GetCompositeSchedule, GetCompositeScheduleAnswer)                  \
    M(GetConfiguration, CS, GetConfiguration, GetConfigurationAnswer)                              \
    M(GetDiagnostics, CS, GetDiagnostics, GetDiagnosticsAnswer)                                    \
    M(GetInstalledCertificateIds, CS, GetInstalledCertificateIds,                                  \
        GetInstalledCertificateIdsAnswer)                                                          \
    M(GetLocalListVersion, CS, Nothing, GetLocalListVersionAnswer)                                 \
    M(GetLog, CS, GetLog, GetLogAnswer)                                                            \
    M(Heartbeat, CP, Nothing, HeartbeatAnswer)                                                     \
    M(InstallCertificate, CS, InstallCertificate, InstallCertificateAnswer)                        \
    M(LogStatusNotification, CP, LogStatusNotification, Nothing)                                   \
    M(MeterValues, CP, MeterValues, Nothing)                                                       \
    M(RemoteStartTransaction, CS, RemoteStartTransaction, Answer)                                  \
    M(RemoteStopTransaction, CS, RemoteStopTransaction, Answer)                                    \
    M(ReserveNow, CS, ReserveNow, ReserveNowAnswer)                                                \
    M(Reset, CS, Reset, Answer)                                                                    \
    M(SecurityEventNotification, CP, SecurityEventNotification, Nothing)                           \
    M(SendLocalList, CS, SendLocalList, SendLocalListAnswer)                                       \
    M(SetChargingProfile, CS, SetChargingProfile, SetChargingProfileAnswer)                        \
    M(SignCertificate, CP, SignCertificate, Answer)                                                \
    M(SignedFirmwareStatusNotification, CP, SignedFirmwareStatusNotification, Nothing)             \
    M(SignedUpdateFirmware, CS, SignedUpdateFirmware, SignedUpdateFirmwareAnswer)                  \
    M(StartTransaction, CP, StartTransaction, StartTransactionAnswer)                              \
    M(StatusNotification, CP, StatusNotification, Nothing)                                         \
    M(StopTransaction, CP, StopTransaction, StopTransactionAnswer)                                 \
    M(TriggerMessage, CS, TriggerMessage, TriggerMessageAnswer)                                    \
    M(UnlockConnector, CS, UnlockConnector, UnlockConnectorAnswer)                                 \
    M(UpdateFirmware, CS, UpdateFirmware, Nothing)
/* clang-format on */

#endif
