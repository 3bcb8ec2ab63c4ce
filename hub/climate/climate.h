/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Climate service: the window at the hub (docs/mqtt.md). Takes its readings, sounds, decisions and
 * state; turns raw sound into level and hash; keeps the latest values of each device; asks the
 * model by the trigger rules; stores its decisions; has the REST routes of the history and of the
 * hand that moves a window. Where a person set the window is a label that the model learns from: it
 * is published when the device has answered that it did what the command `move` asked, by whichever
 * way the command came, however late, and once. Pure: a row like any other, see hub/service.h.
 */
#ifndef ROOST_HUB_CLIMATE_CLIMATE_H
#define ROOST_HUB_CLIMATE_CLIMATE_H

#include "hub/service.h"

extern const struct hub_service climate_service;

#endif
