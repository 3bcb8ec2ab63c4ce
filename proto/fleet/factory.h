/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the factory writes for one device, and under which names: an NVS partition of its own that
 * the firmware only reads, so that a factory reset of the settings leaves it. tools/factory makes
 * the image, port/esp-idf reads it. Depends on nothing.
 *
 * Types as NVS has them: text is a string with its NUL, a blob is bytes. A name that is absent is
 * not set. In a production image device id and broker, user, password and broker CA or hub URL and
 * hub CA are there, and the broker or the hub is reached over TLS.
 */
#ifndef ROOST_PROTO_FLEET_FACTORY_H
#define ROOST_PROTO_FLEET_FACTORY_H

#define ROOST_FACTORY_PARTITION "factory_nvs" /* label in partitions.csv */
#define ROOST_FACTORY_NAMESPACE "factory"

#define ROOST_FACTORY_DEVICE_ID   "device_id"   /* text, proto/fleet/topic.h's device id */
#define ROOST_FACTORY_HARDWARE    "hardware"    /* u32: the board's version */
#define ROOST_FACTORY_BROKER_HOST "broker_host" /* text */
#define ROOST_FACTORY_BROKER_PORT "broker_port" /* u16 */
#define ROOST_FACTORY_BROKER_TLS  "broker_tls"  /* u8: 1 TLS, 0 plain (development only) */
#define ROOST_FACTORY_BROKER_CA   "broker_ca"   /* text: PEM */
#define ROOST_FACTORY_USER        "broker_user" /* text */
#define ROOST_FACTORY_PASSWORD    "broker_pass" /* text */
#define ROOST_FACTORY_SECRET      "secret"      /* blob, 32: signs a claim, is on the label */
#define ROOST_FACTORY_UPDATE_URL  "update_url"  /* text: of the firmware manifest */
#define ROOST_FACTORY_UPDATE_CA   "update_ca"   /* text: PEM; absent: broker_ca */
#define ROOST_FACTORY_KEY_0       "fw_key_0"    /* blob, 65: may sign firmware */
#define ROOST_FACTORY_KEY_1       "fw_key_1"    /* blob, 65 */
#define ROOST_FACTORY_HUB_URL     "hub_url"     /* text: ws[s]://, of a product that speaks by it */
#define ROOST_FACTORY_HUB_CA      "hub_ca"      /* text: PEM; absent: broker_ca */
#define ROOST_FACTORY_CHILD_ID    "child_id"    /* text: whose it is, by the hub's id; no name */
#define ROOST_FACTORY_WIFI_PREFIX "wifi_"       /* wifi_0 ... wifi_4: text "name LF passphrase" */

enum {
    ROOST_FACTORY_HOST_MAX = 127,
    ROOST_FACTORY_USER_MAX = 64,
    ROOST_FACTORY_PASSWORD_MAX = 64,
    ROOST_FACTORY_SECRET_BYTES = 32,
    ROOST_FACTORY_CA_MAX = 3900, /* an NVS string ends at 4000 */
    ROOST_FACTORY_URL_MAX = 255,
    ROOST_FACTORY_CHILD_ID_MAX = 50,
    ROOST_FACTORY_WIFI_MAX = 5
};

#endif
