/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a charger reaches its central system: the factory's data (hub_url, hub_ca, secret), or on a
 * desk what was configured. The first bytes of its secret are the password that its
 * AuthorizationKey stands for until the central system gives it another (security whitepaper, A01).
 * Depends on firmware/common.
 */
#ifndef ROOST_FIRMWARE_CHARGER_REACH_H
#define ROOST_FIRMWARE_CHARGER_REACH_H

#include "devices/charger/keys.h"
#include "firmware/common/firmware.h"

enum { CHARGER_KEY_DIGITS = 2 * CHARGER_PASSWORD_MAX };

/* For struct firmware_product. A production image speaks TLS only. One without a central system is
 * no error: it stands alone. */
bool charger_reach(struct esp_factory *factory);

/* AuthorizationKey of the factory, in hexadecimal digits; false: it gave none. */
bool charger_factory_key(const struct esp_factory *factory, char out[CHARGER_KEY_DIGITS + 1]);

/* SecurityProfile from the factory on: 2 where it speaks TLS, 1 with a password alone, else 0. */
uint8_t charger_factory_profile(const struct esp_factory *factory);

#endif
