/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program says to a broker about itself, as options: --broker --user --password-file --ca.
 * For the devices that speak MQTT; others leave the group out. Depends on host/, port/port.h.
 *
 *     {device_login_options, DEVICE_LOGIN_OPTIONS, &login},    // one of the sets of options
 *     err = device_login_check(&login, why, sizeof why);       // after options_parse_sets
 *     config.broker = device_login_mqtt(&login, 30);
 */
#ifndef ROOST_APPS_DEVICE_LOGIN_H
#define ROOST_APPS_DEVICE_LOGIN_H

#include "host/broker.h"
#include "host/options.h"
#include "port/port.h"

enum { DEVICE_PASSWORD_MAX = 128, DEVICE_LOGIN_OPTIONS = 4 };

struct device_login {
    const char *url, *user, *password_file, *ca_file; /* as given */
    struct broker_address broker;
    char password[DEVICE_PASSWORD_MAX + 1];
};

/* Offsets are those of struct device_login. */
extern const struct option_spec device_login_options[DEVICE_LOGIN_OPTIONS];

/* Reads address, password and certificates. Returns 0, or an error with `why` set. */
int device_login_check(struct device_login *login, char *why, size_t why_size);

/* With a clean session; borrows from the login. */
struct roost_mqtt_options device_login_mqtt(const struct device_login *login, uint16_t keepalive_s);

#endif
