/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What chargers of ours and of the field say by DataTransfer beside OCPP: VehicleInfo while a
 * vehicle is there, SessionSummary after it was charged, BMSAlert when its battery has something
 * to report. `data` is a text that holds JSON. Pure. Depends on hub/csms/csms.h.
 *
 *     const struct csms_vendor vendors[] = {{.vendor_id = "Roost", .take = vehicle_take}};
 */
#ifndef ROOST_HUB_CSMS_VEHICLE_H
#define ROOST_HUB_CSMS_VEHICLE_H

#include "hub/csms/csms.h"

#define VEHICLE_INFO "VehicleInfo"

/* A csms_vendor's `take`; ctx is not used. Accepted: one object whose known members are numbers in
 * their range, or texts; Rejected: it is none; UnknownMessageId: another message. */
enum ocpp_word vehicle_take(void *ctx, const char *identity, const char *message_id,
                            const char *data);

#endif
