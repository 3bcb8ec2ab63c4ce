/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind devices/charger/keys.h, in the order in which keys are told. Depends on nothing.
 *
 *     X(id, name, kind, access, default, min, max, unit or source)
 *
 * Stored keys can be changed and are kept over a reboot; none of the standard's needs one to have
 * an effect. Kinds: BOOL; INT; LIST, of the measurands; WORD, the one of a list of one; HEX and
 * TEXT, whose min and max are lengths. Names are on flash (core/settings): for ever.
 */
#ifndef ROOST_DEVICES_CHARGER_KEYS_LIST_H
#define ROOST_DEVICES_CHARGER_KEYS_LIST_H

// clang-format off
#define CHARGER_KEYS_STORED(X) \
    X(ALLOW_OFFLINE_UNKNOWN,  "AllowOfflineTxForUnknownId",        BOOL, RW, 0,     0,  1,       NULL) \
    X(CACHE_ENABLED,          "AuthorizationCacheEnabled",         BOOL, RW, 1,     0,  1,       NULL) \
    X(AUTHORIZE_REMOTE,       "AuthorizeRemoteTxRequests",         BOOL, RW, 0,     0,  1,       NULL) \
    X(ALIGNED_INTERVAL,       "ClockAlignedDataInterval",          INT,  RW, 0,     0,  86400,   "s") \
    X(CONNECTION_TIMEOUT,     "ConnectionTimeOut",                 INT,  RW, 60,    1,  86400,   "s") \
    X(PHASE_ROTATION,         "ConnectorPhaseRotation",            WORD, RW, 1,     1,  1,       NULL) \
    X(HEARTBEAT_INTERVAL,     "HeartbeatInterval",                 INT,  RW, 3600,  1,  86400,   "s") \
    X(LIST_ENABLED,           "LocalAuthListEnabled",              BOOL, RW, 1,     0,  1,       NULL) \
    X(AUTHORIZE_OFFLINE,      "LocalAuthorizeOffline",             BOOL, RW, 1,     0,  1,       NULL) \
    X(PRE_AUTHORIZE,          "LocalPreAuthorize",                 BOOL, RW, 0,     0,  1,       NULL) \
    X(ENERGY_ON_INVALID,      "MaxEnergyOnInvalidId",              INT,  RW, 0,     0,  1000000, "Wh") \
    X(MESSAGE_TIMEOUT,        "MessageTimeout",                    INT,  RW, 30,    5,  600,     "s") \
    X(SAMPLE_INTERVAL,        "MeterValueSampleInterval",          INT,  RW, 60,    0,  86400,   "s") \
    X(VALUES_ALIGNED,         "MeterValuesAlignedData",            LIST, RW, 0x1,   0,  0xfffffff, NULL) \
    X(VALUES_SAMPLED,         "MeterValuesSampledData",            LIST, RW, 0x1,   0,  0xfffffff, NULL) \
    X(STATUS_DURATION,        "MinimumStatusDuration",             INT,  RW, 0,     0,  3600,    "s") \
    X(RESET_RETRIES,          "ResetRetries",                      INT,  RW, 3,     0,  10,      NULL) \
    X(STOP_VALUES_MAX,        "StopTransactionMaxMeterValues",     INT,  RW, 500,   2,  10000,   NULL) \
    X(STOP_ON_DISCONNECT,     "StopTransactionOnEVSideDisconnect", BOOL, RW, 1,     0,  1,       NULL) \
    X(STOP_ON_INVALID,        "StopTransactionOnInvalidId",        BOOL, RW, 1,     0,  1,       NULL) \
    X(STOP_ALIGNED,           "StopTxnAlignedData",                LIST, RW, 0,     0,  0xfffffff, NULL) \
    X(STOP_SAMPLED,           "StopTxnSampledData",                LIST, RW, 0,     0,  0xfffffff, NULL) \
    X(ATTEMPTS,               "TransactionMessageAttempts",        INT,  RW, 3,     1,  100,     NULL) \
    X(RETRY_INTERVAL,         "TransactionMessageRetryInterval",   INT,  RW, 60,    1,  86400,   "s") \
    X(PING_INTERVAL,          "WebSocketPingInterval",             INT,  RW, 60,    0,  86400,   "s") \
    X(AUTHORIZATION,          "AuthorizationKey",                  HEX,  W,  0,     32, 40,      NULL) \
    X(CPO_NAME,               "CpoName",                           TEXT, RW, 0,     0,  64,      NULL) \
    X(SECURITY_PROFILE,       "SecurityProfile",                   INT,  RW, 0,     0,  3,       NULL)

/* Fixed keys are read-only. Source: a member of struct charger_key_facts, or the default itself. A
 * DC gun's cable cannot be unlocked (errata 3.84). */
#define CHARGER_KEYS_FIXED(X) \
    X(CERTIFICATE_CHECK,      "AdditionalRootCertificateCheck",    BOOL, R, 0,        0, 1, NONE) \
    X(PROFILE_DOWNGRADE,      "AllowSecurityProfileDowngrade",     BOOL, R, 0,        0, 1, NONE) \
    X(CHAIN_MAX,              "CertificateSignedMaxChainSize",     INT,  R, 0,        0, 0, chain_max) \
    X(CERTIFICATES_MAX,       "CertificateStoreMaxLength",         INT,  R, 0,        0, 0, certificates_max) \
    X(STACK_LEVEL_MAX,        "ChargeProfileMaxStackLevel",        INT,  R, 0,        0, 0, stack_level_max) \
    X(RATE_UNITS,             "ChargingScheduleAllowedChargingRateUnit", UNITS, R, 0, 0, 0, rate_units) \
    X(PERIODS_MAX,            "ChargingScheduleMaxPeriods",        INT,  R, 0,        0, 0, periods_max) \
    X(KEYS_MAX,               "GetConfigurationMaxKeys",           INT,  R, 0,        0, 0, keys_max) \
    X(TAGS_MAX,               "LocalAuthListMaxLength",            INT,  R, 0,        0, 0, tags_max) \
    X(PROFILES_MAX,           "MaxChargingProfilesInstalled",      INT,  R, 0,        0, 0, profiles_max) \
    X(VALUES_ALIGNED_MAX,     "MeterValuesAlignedDataMaxLength",   INT,  R, 0,        0, 0, list_max) \
    X(VALUES_SAMPLED_MAX,     "MeterValuesSampledDataMaxLength",   INT,  R, 0,        0, 0, list_max) \
    X(CONNECTORS,             "NumberOfConnectors",                INT,  R, 0,        0, 0, connectors) \
    X(RESERVE_ZERO,           "ReserveConnectorZeroSupported",     BOOL, R, 1,        0, 1, NONE) \
    X(TAGS_MESSAGE_MAX,       "SendLocalListMaxLength",            INT,  R, 0,        0, 0, tags_message_max) \
    X(STOP_ALIGNED_MAX,       "StopTxnAlignedDataMaxLength",       INT,  R, 0,        0, 0, list_max) \
    X(STOP_SAMPLED_MAX,       "StopTxnSampledDataMaxLength",       INT,  R, 0,        0, 0, list_max) \
    X(FEATURES,               "SupportedFeatureProfiles",          FEATURES, R, 0x654321, 0, 0, NONE) \
    X(FEATURES_MAX,           "SupportedFeatureProfilesMaxLength", INT,  R, 6,        0, 0, NONE) \
    X(TRANSFERS,              "SupportedFileTransferProtocols",    TRANSFERS, R, 0,   0, 0, transfers) \
    X(UNLOCK_ON_DISCONNECT,   "UnlockConnectorOnEVSideDisconnect", BOOL, R, 0,        0, 1, NONE)
// clang-format on

#endif
