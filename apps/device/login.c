/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/login.h"

#include "apps/device/options.h"
#include "host/trust.h"

#define AT(member) offsetof(struct device_login, member)

const struct option_spec device_login_options[DEVICE_LOGIN_OPTIONS] = {
    {.name = "broker",
     .value = "URL",
     .required = 1,
     .at = AT(url),
     .help = "mqtt://HOST:PORT, or mqtts://HOST:PORT with chain and host verified"},
    {.name = "user", .value = "NAME", .at = AT(user), .help = "user at the broker"},
    {.name = "password-file",
     .value = "FILE",
     .at = AT(password_file),
     .help = "its first line is the password at the broker"},
    {.name = "ca",
     .value = "FILE",
     .at = AT(ca_file),
     .help = "certificates (PEM) that may sign the broker's; default: the system's"},
};

int device_login_check(struct device_login *login, char *why, size_t why_size)
{
    int err = broker_address_parse(&login->broker, login->url, why, why_size);

    if (!err && login->password_file && !login->user)
        err = device_option_refuse(why, why_size, "password-file", login->password_file,
                                   "needs --user too");
    if (!err && login->ca_file && !login->broker.tls)
        err = device_option_refuse(why, why_size, "ca", login->ca_file,
                                   "needs a broker with mqtts://");
    /* Files after the options: a refusal names the option where that is what is wrong. */
    if (!err && login->ca_file)
        err = trust_ca_check("--ca", login->ca_file, why, why_size);
    if (!err && login->password_file)
        err = broker_password_read(login->password, sizeof login->password, login->password_file,
                                   why, why_size);
    return err;
}

struct roost_mqtt_options device_login_mqtt(const struct device_login *login, uint16_t keepalive_s)
{
    return (struct roost_mqtt_options){
        .host = login->broker.host,
        .port = login->broker.port,
        .tls = login->broker.tls,
        .ca_pem = login->ca_file,
        .user = login->user,
        .password = login->password_file ? login->password : NULL,
        .keepalive_s = keepalive_s,
        .clean_session = true,
    };
}
