/* SPDX-License-Identifier: Apache-2.0 */
/* A registry as a test wants it: asks one thing and waits for the answer. */
#ifndef ROOST_HUB_STORE_TEST_ASK_H
#define ROOST_HUB_STORE_TEST_ASK_H

#include <stdlib.h>
#include <string.h>

#include "hub/store/registry.h"

struct asked {
    bool over;
    int err;
    size_t count;
    int64_t number;
    void *out; /* takes the rows that came, as many as there is room for */
    size_t row_size, room;
};

static inline void ask_over(void *arg, int err, const struct registry_answer *answer)
{
    struct asked *asked = arg;
    const void *rows = answer->devices       ? (const void *)answer->devices
                       : answer->credentials ? (const void *)answer->credentials
                       : answer->person      ? (const void *)answer->person
                       : answer->token       ? (const void *)answer->token
                       : answer->children    ? (const void *)answer->children
                       : answer->claims      ? (const void *)answer->claims
                       : answer->audit       ? (const void *)answer->audit
                                             : (const void *)answer->commands;
    if (asked->over || (err && (rows || answer->count)))
        abort(); /* once, and nothing after an error */
    asked->over = true;
    asked->err = err;
    asked->count = answer->count;
    asked->number = answer->number;
    size_t count = answer->count < asked->room ? answer->count : asked->room;
    if (rows && asked->out && count > 0)
        memcpy(asked->out, rows, count * asked->row_size);
}

static inline int ask_rows(const struct registry *r, const struct registry_request *request,
                           void *out, size_t row_size, size_t room, struct asked *asked)
{
    *asked = (struct asked){.out = out, .row_size = row_size, .room = room};
    int err = r->ops->ask(r->ctx, request, ask_over, asked);
    if (err)
        return err;
    if (asked->over)
        abort(); /* never from inside the call */
    r->ops->wait(r->ctx);
    return asked->over ? asked->err : -1000;
}

static inline int ask_one(const struct registry *r, enum registry_op op, const char *key, void *out,
                          size_t row_size)
{
    struct asked asked;
    struct registry_request request = {.op = op, .key = key};
    return ask_rows(r, &request, out, row_size, 1, &asked);
}

static inline int ask_number(const struct registry *r, enum registry_op op, int64_t number)
{
    struct asked asked;
    struct registry_request request = {.op = op, .number = number};
    return ask_rows(r, &request, NULL, 0, 0, &asked);
}

static inline int ask_devices(const struct registry *r, enum registry_op op,
                              const struct registry_device *devices,
                              const struct registry_credential *credentials, size_t count,
                              unsigned fields)
{
    struct asked asked;
    struct registry_request request = {
        .op = op, .devices = devices, .credentials = credentials, .count = count, .fields = fields};
    return ask_rows(r, &request, NULL, 0, 0, &asked);
}

static inline int ask_device_get(const struct registry *r, const char *id,
                                 struct registry_device *out)
{
    return ask_one(r, REGISTRY_DEVICE_GET, id, out, sizeof *out);
}

static inline int ask_device_put(const struct registry *r, const struct registry_device *device)
{
    return ask_devices(r, REGISTRY_DEVICES_PUT, device, NULL, 1, 0);
}

static inline int ask_devices_put(const struct registry *r, const struct registry_device *devices,
                                  size_t count)
{
    return ask_devices(r, REGISTRY_DEVICES_PUT, devices, NULL, count, 0);
}

static inline int ask_devices_add(const struct registry *r, const struct registry_device *devices,
                                  const struct registry_credential *credentials, size_t count)
{
    return ask_devices(r, REGISTRY_DEVICES_ADD, devices, credentials, count, 0);
}

static inline int ask_device_delete(const struct registry *r, const char *id)
{
    return ask_one(r, REGISTRY_DEVICE_DELETE, id, NULL, 0);
}

static inline int ask_devices_seen(const struct registry *r, const struct registry_seen *seen,
                                   size_t count)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_DEVICES_SEEN, .seen = seen, .count = count};
    return ask_rows(r, &request, NULL, 0, 0, &asked);
}

static inline int ask_credential_get(const struct registry *r, const char *id,
                                     struct registry_credential *out)
{
    struct asked asked;
    char ids[1][65];
    struct registry_request request = {
        .op = REGISTRY_CREDENTIALS_GET, .ids = (const char(*)[65])ids, .count = 1};
    snprintf(ids[0], sizeof ids[0], "%s", id);
    int err = ask_rows(r, &request, out, sizeof *out, 1, &asked);
    return !err && asked.count == 0 ? ROOST_ERR_NOT_FOUND : err;
}

static inline int ask_operator_get(const struct registry *r, const char *email,
                                   struct registry_operator *out)
{
    return ask_one(r, REGISTRY_OPERATOR_GET, email, out, sizeof *out);
}

static inline int ask_operator_by_id(const struct registry *r, int64_t id,
                                     struct registry_operator *out)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_OPERATOR_BY_ID, .number = id};
    return ask_rows(r, &request, out, sizeof *out, 1, &asked);
}

static inline int ask_operator_add(const struct registry *r, struct registry_operator *op)
{
    struct asked asked;
    const struct registry_operator added = *op;
    struct registry_request request = {.op = REGISTRY_OPERATOR_ADD, .person = &added};
    return ask_rows(r, &request, op, sizeof *op, 1, &asked);
}

static inline int ask_operator_count(const struct registry *r, int64_t *count)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_OPERATOR_COUNT};
    int err = ask_rows(r, &request, NULL, 0, 0, &asked);
    *count = asked.number;
    return err;
}

/* Returns how many, or an error. */
static inline int ask_operator_list(const struct registry *r, struct registry_operator *out,
                                    size_t room)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_OPERATOR_LIST};
    int err = ask_rows(r, &request, out, sizeof *out, room, &asked);
    return err ? err : (int)asked.count;
}

/* Returns how many sign-ins ended, or an error. */
static inline int ask_operator_remove(const struct registry *r, int64_t id,
                                      struct registry_token *ended, size_t room)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_OPERATOR_REMOVE, .number = id};
    int err = ask_rows(r, &request, ended, sizeof *ended, room, &asked);
    return err ? err : (int)asked.count;
}

static inline int ask_operator_secret(const struct registry *r, int64_t id, const char *hash,
                                      struct registry_token *ended, size_t room)
{
    struct asked asked;
    struct registry_operator op = {.id = id};
    struct registry_request request = {.op = REGISTRY_OPERATOR_SECRET, .person = &op};
    snprintf(op.password_hash, sizeof op.password_hash, "%s", hash);
    int err = ask_rows(r, &request, ended, sizeof *ended, room, &asked);
    return err ? err : (int)asked.count;
}

static inline int ask_token_add(const struct registry *r, const struct registry_token *token)
{
    struct asked asked;
    struct registry_request request = {.op = REGISTRY_TOKEN_ADD, .token = token};
    return ask_rows(r, &request, NULL, 0, 0, &asked);
}

static inline int ask_token_get(const struct registry *r, const char *hash_hex,
                                struct registry_token *out)
{
    return ask_one(r, REGISTRY_TOKEN_GET, hash_hex, out, sizeof *out);
}

static inline int ask_token_use(const struct registry *r, const char *hash_hex, int64_t unix_ms)
{
    struct asked asked;
    struct registry_request request = {
        .op = REGISTRY_TOKEN_USE, .key = hash_hex, .number = unix_ms};
    return ask_rows(r, &request, NULL, 0, 0, &asked);
}

/* Returns how many, or an error. */
static inline int ask_token_families(const struct registry *r, int64_t after_ms,
                                     struct registry_token *out, size_t max)
{
    struct asked asked;
    struct registry_request request = {
        .op = REGISTRY_TOKEN_FAMILIES, .number = after_ms, .count = max};
    int err = ask_rows(r, &request, out, sizeof *out, max, &asked);
    return err ? err : (int)asked.count;
}

static inline int ask_token_end_family(const struct registry *r, const char *family)
{
    return ask_one(r, REGISTRY_TOKEN_END_FAMILY, family, NULL, 0);
}

static inline int ask_token_purge(const struct registry *r, int64_t before_ms)
{
    return ask_number(r, REGISTRY_TOKEN_PURGE, before_ms);
}

static inline int ask_command(const struct registry *r, enum registry_op op,
                              const struct registry_command *command, struct registry_command *out)
{
    struct asked asked;
    struct registry_request request = {.op = op, .command = command};
    return ask_rows(r, &request, out, sizeof *out, out ? 1 : 0, &asked);
}

static inline int ask_command_put(const struct registry *r, const struct registry_command *command)
{
    return ask_command(r, REGISTRY_COMMAND_PUT, command, NULL);
}

static inline int ask_command_get(const struct registry *r, const char *id,
                                  struct registry_command *out)
{
    return ask_one(r, REGISTRY_COMMAND_GET, id, out, sizeof *out);
}

static inline int ask_command_expire(const struct registry *r, int64_t before_ms)
{
    return ask_number(r, REGISTRY_COMMAND_EXPIRE, before_ms);
}

/* Returns how many came, or an error. */
static inline int ask_command_list(const struct registry *r, const char *device_id, size_t limit,
                                   struct registry_command *out)
{
    struct asked asked;
    struct registry_request request = {
        .op = REGISTRY_COMMAND_LIST, .key = device_id, .count = limit};
    int err = ask_rows(r, &request, out, sizeof *out, limit, &asked);
    return err ? err : (int)asked.count;
}

static inline int ask_ping(const struct registry *r)
{
    return ask_number(r, REGISTRY_PING, 0);
}

#endif
