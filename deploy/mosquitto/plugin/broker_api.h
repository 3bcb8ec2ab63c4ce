/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of Mosquitto's plugin interface, version 5, that this plugin uses. Declared here because
 * its header is in a package of its own, which nothing else needs; the broker checks the version
 * when it loads the plugin. Source: Mosquitto 2.0, mosquitto_plugin.h and mosquitto_broker.h.
 */
#ifndef ROOST_DEPLOY_MOSQUITTO_BROKER_API_H
#define ROOST_DEPLOY_MOSQUITTO_BROKER_API_H

#include <stdbool.h>
#include <stdint.h>

enum { BROKER_API_VERSION = 5 };

enum broker_event { BROKER_RELOAD = 1, BROKER_ACL_CHECK = 2, BROKER_BASIC_AUTH = 3 };
enum broker_access { BROKER_WRITE = 2 };
enum broker_result { BROKER_OK = 0, BROKER_INVALID = 3, BROKER_REFUSE = 11, BROKER_DEFER = 17 };
enum broker_level { BROKER_NOTICE = 1 << 1, BROKER_WARNING = 1 << 2, BROKER_ERROR = 1 << 3 };

struct mosquitto; /* a client */
struct broker_plugin_id;

struct broker_option {
    char *key, *value;
};

struct broker_acl_check {
    void *future;
    struct mosquitto *client;
    const char *topic;
    const void *payload;
    void *properties;
    int access;
    uint32_t payload_len;
    uint8_t qos;
    bool retain;
    void *future2[4];
};

struct broker_basic_auth {
    void *future;
    struct mosquitto *client;
    char *user, *password; /* NULL: none */
    void *future2[4];
};

typedef int (*broker_callback)(int event, void *data, void *ctx);

/* What the broker gives. */
int mosquitto_callback_register(struct broker_plugin_id *id, int event, broker_callback callback,
                                const void *data, void *ctx);
const char *mosquitto_client_id(const struct mosquitto *client);
const char *mosquitto_client_username(const struct mosquitto *client);
const char *mosquitto_client_address(const struct mosquitto *client);
void mosquitto_log_printf(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What it asks for. */
int mosquitto_plugin_version(int count, const int *versions);
int mosquitto_plugin_init(struct broker_plugin_id *id, void **ctx, struct broker_option *options,
                          int count);
int mosquitto_plugin_cleanup(void *ctx, struct broker_option *options, int count);

#endif
