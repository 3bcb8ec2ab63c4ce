/* SPDX-License-Identifier: Apache-2.0 */
/* Every CALL that is served, in the order of its name. */
#include "devices/charger/ocpp/serve_parts.h"

#define SERVER(name) .message = OCPP_MSG_##name, .pending = true

const struct charger_server charger_servers[] = {
    {SERVER(CancelReservation), .take = charger_take_order, .serve = charger_serve_cancel},
    {SERVER(ChangeAvailability), .take = charger_take_order, .serve = charger_serve_availability},
    {SERVER(ChangeConfiguration), .take = charger_take_key, .serve = charger_serve_key,
     .after = charger_after_key},
    {SERVER(ClearCache), .serve = charger_serve_clear_cache},
    {SERVER(ClearChargingProfile), .take = charger_take_profiles,
     .serve = charger_serve_clear_profile},
    {SERVER(DataTransfer), .take = charger_take_transfer, .serve = charger_serve_transfer,
     .write = charger_write_transfer},
    {SERVER(ExtendedTriggerMessage), .take = charger_take_order, .serve = charger_serve_trigger,
     .after = charger_after_trigger},
    {SERVER(GetCompositeSchedule), .take = charger_take_profiles, .serve = charger_serve_composite,
     .write = charger_write_composite},
    {SERVER(GetConfiguration), .take = charger_take_keys, .serve = charger_serve_keys,
     .write = charger_write_keys},
    {SERVER(GetDiagnostics), .take = charger_take_upload, .serve = charger_serve_diagnostics,
     .write = charger_write_diagnostics},
    {SERVER(GetLocalListVersion), .serve = charger_serve_list_version,
     .write = charger_write_list_version},
    {SERVER(GetLog), .take = charger_take_upload, .serve = charger_serve_log,
     .write = charger_write_log},
    {SERVER(RemoteStartTransaction), .take = charger_take_order,
     .serve = charger_serve_remote_start},
    {SERVER(RemoteStopTransaction), .take = charger_take_order, .serve = charger_serve_remote_stop},
    {SERVER(ReserveNow), .take = charger_take_order, .serve = charger_serve_reserve},
    {SERVER(Reset), .take = charger_take_order, .serve = charger_serve_reset,
     .after = charger_after_reset},
    {SERVER(SendLocalList), .begin = charger_begin_list, .take = charger_take_list,
     .serve = charger_serve_list},
    {SERVER(SetChargingProfile), .take = charger_take_profiles, .serve = charger_serve_set_profile},
    {SERVER(TriggerMessage), .take = charger_take_order, .serve = charger_serve_trigger,
     .after = charger_after_trigger},
    {SERVER(UnlockConnector), .take = charger_take_order, .serve = charger_serve_unlock},
};
const uint8_t charger_server_count = sizeof charger_servers / sizeof charger_servers[0];
