/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to a device and its answers (ours), on device/{id}/command and device/{id}/answer:
 *   {"id":"7f3a","command":"reboot"} {"id":"7f3a","command":"set","args":{"log_level":"debug"}}
 *   {"id":"7f3a","ok":true,"data":{...}} {"id":"7f3a","ok":false,"error":"RANGE","message":"..."}
 * Commands every device has: reboot, settings, set, log_level, read_log, health, update,
 * update_status, wifi_scan, wifi_list, wifi_add, wifi_remove, factory_reset; a product adds its
 * own. Depends on core/.
 */
#ifndef ROOST_PROTO_FLEET_COMMAND_H
#define ROOST_PROTO_FLEET_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/json_read.h"
#include "core/json_write.h"

enum {
    ROOST_COMMAND_ID_MAX = 36,
    ROOST_COMMAND_NAME_MAX = 24,
    ROOST_COMMAND_MAX = 1024,
    ROOST_ANSWER_MAX = 2048,
    ROOST_ANSWER_MESSAGE_MAX = 191,
    ROOST_COMMAND_TOKENS = 64
};

struct roost_command {
    char id[ROOST_COMMAND_ID_MAX + 1];
    char name[ROOST_COMMAND_NAME_MAX + 1];
    int args;           /* index in doc of the args object, or -1 */
    int64_t expires_ms; /* since 1970, after which it is not to be run any more; 0: none */
    struct roost_json doc;
    struct roost_json_token tokens[ROOST_COMMAND_TOKENS];
};

/* The payload is borrowed for as long as `command` is used; `command` points into itself and must
 * not be copied. id and command are required; args is an object or absent (null), expires_ms a
 * whole number or absent. ROOST_ERR_TOO_LONG over ROOST_COMMAND_MAX bytes or ROOST_COMMAND_TOKENS
 * values, else the errors of core/json_read.h. */
int roost_command_parse(struct roost_command *command, const char *payload, size_t len);

/* args_json is one JSON object or NULL, expires_ms 0 for none. Returns the length or
 * ROOST_ERR_TOO_LONG. */
int roost_command_write(char *out, size_t size, const char *id, const char *name,
                        const char *args_json, size_t args_len, int64_t expires_ms);

/* Writes {"id","ok":true,"data": and leaves the writer open for one value; finish with
 * roost_answer_end. */
void roost_answer_begin(struct roost_json_writer *writer, char *out, size_t size, const char *id);
int roost_answer_end(struct roost_json_writer *writer);

/* `message` is cut to what struct roost_answer holds; NULL: the text of `err`. */
int roost_answer_error(char *out, size_t size, const char *id, int err, const char *message);

struct roost_answer {
    char id[ROOST_COMMAND_ID_MAX + 1];
    bool ok;
    char error[24], message[ROOST_ANSWER_MESSAGE_MAX + 1];
    const char *data_json; /* one JSON value inside the payload; NULL when absent */
    size_t data_len;
};

/* The payload is borrowed for as long as data_json is used. For the hub: 5.5 KB of stack. */
int roost_answer_parse(struct roost_answer *answer, const char *payload, size_t len);

#endif
