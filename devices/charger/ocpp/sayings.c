/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we say, in the order in which it goes first: somebody waits at the charger for Authorize;
 * transactions are many after a night off line, so what is seldom and small comes before them.
 */
#include "devices/charger/ocpp/sayings.h"

#define ROW(word, name, who)                                                                       \
    .message = OCPP_MSG_##word, .from = CHARGER_##who, .due = charger_##name##_due,                \
    .write = charger_##name##_write, .done = charger_##name##_done

const struct charger_saying charger_sayings[] = {
    {ROW(BootNotification, boot, UNREGISTERED), .take = charger_told_take},
    {ROW(Authorize, card, REGISTERED), .take = charger_told_take},
    {ROW(StatusNotification, status, PENDING)},
    {ROW(Heartbeat, heartbeat, PENDING), .take = charger_told_take},
    {ROW(SecurityEventNotification, security, REGISTERED)},
    {ROW(DiagnosticsStatusNotification, diagnostics, PENDING)},
    {ROW(LogStatusNotification, log, PENDING)},
    {ROW(FirmwareStatusNotification, firmware, PENDING)},
    {ROW(SignedFirmwareStatusNotification, signed_firmware, PENDING)},
    {ROW(DataTransfer, vendor, REGISTERED), .take = charger_told_take},
    {ROW(StartTransaction, begin, REGISTERED), .take = charger_told_take},
    {ROW(MeterValues, sample, REGISTERED)},
    {ROW(StopTransaction, end, REGISTERED), .take = charger_told_take,
     .shrink = charger_end_shrink},
};
const uint8_t charger_saying_count = sizeof charger_sayings / sizeof charger_sayings[0];
