/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry: devices and what their factory gave them, operators, refresh tokens, commands.
 * SQLite by default, PostgreSQL beside it later; the same tests run on each. Calls are short and
 * blocking (one indexed row); lists stream through a callback that returns non-zero to stop.
 * Numbered migrations run at open, forward only. Depends on core/err.h.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_H
#define ROOST_HUB_STORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry_device {
    char id[65];
    char type[16]; /* "window", "teddy", "charger", "" unknown */
    char name[65], location[65];
    char config_json[1025];              /* operator's per-device settings, a JSON object */
    bool claimed;                        /* false: pending under policy claim */
    int64_t registered_ms, last_seen_ms; /* last_seen 0: never spoke */
};

/* What the factory gave a device. The secret signs a later claim, so it must be recoverable: the
 * caller seals it (hub/factory/seal.h), the registry keeps bytes. */
enum { REGISTRY_SEALED_MAX = 96 };
struct registry_credential {
    char device_id[65];
    char batch[65], broker_user[65];
    uint32_t hardware_version;
    uint8_t secret_sealed[REGISTRY_SEALED_MAX];
    size_t sealed_len;
    int64_t imported_ms;
};

struct registry_operator {
    int64_t id;
    char email[129];
    char password_hash[160]; /* argon2id, encoded form */
    char role[16];           /* "operator" (more roles later) */
    int64_t created_ms;
};

struct registry_token { /* a refresh token: only its SHA-256 is stored */
    char hash_hex[65];
    char family[37]; /* uuid of the sign-in; reuse of a used token ends the family */
    int64_t operator_id, expires_ms;
    bool used;
};

struct registry_command {
    char id[37], device_id[65], name[25];
    char args_json[1025];
    char state[12]; /* "sent", "ok", "failed", "timeout" */
    char answer_json[2049];
    int64_t created_ms, finished_ms;
    int64_t operator_id;
};

typedef int (*registry_device_fn)(void *arg, const struct registry_device *device);
typedef int (*registry_command_fn)(void *arg, const struct registry_command *command);

/* Every call returns 0 or ROOST_ERR_NOT_FOUND, ROOST_ERR_EXISTS, ROOST_ERR_NO_SPACE, ROOST_ERR_IO.
 */
struct registry_ops {
    int (*device_get)(void *ctx, const char *id, struct registry_device *out);
    int (*device_put)(void *ctx, const struct registry_device *device); /* insert or replace */
    /* Many in one transaction: all or none. */
    int (*devices_put)(void *ctx, const struct registry_device *devices, size_t count);
    /* New devices with their credentials, in one transaction: all or none. EXISTS when one has
     * either already. */
    int (*devices_import)(void *ctx, const struct registry_device *devices,
                          const struct registry_credential *credentials, size_t count);
    int (*credential_get)(void *ctx, const char *device_id, struct registry_credential *out);
    int (*device_delete)(void *ctx, const char *id);                 /* and its credential */
    int (*device_list)(void *ctx, registry_device_fn fn, void *arg); /* by id */
    /* last_seen of many devices in one transaction. */
    int (*devices_seen)(void *ctx, const char (*ids)[65], const int64_t *seen_ms, size_t count);

    int (*operator_get)(void *ctx, const char *email, struct registry_operator *out);
    int (*operator_by_id)(void *ctx, int64_t id, struct registry_operator *out);
    int (*operator_add)(void *ctx, struct registry_operator *op); /* sets id; EXISTS */
    int (*operator_count)(void *ctx, int64_t *count);

    int (*token_add)(void *ctx, const struct registry_token *token);
    int (*token_get)(void *ctx, const char *hash_hex, struct registry_token *out);
    int (*token_use)(void *ctx, const char *hash_hex); /* EXISTS: used already */
    int (*token_end_family)(void *ctx, const char *family);
    int (*token_purge)(void *ctx, int64_t before_ms);

    int (*command_put)(void *ctx, const struct registry_command *command);
    int (*command_get)(void *ctx, const char *id, struct registry_command *out);
    /* Commands still "sent" that were made before this time become "timeout". */
    int (*command_expire)(void *ctx, int64_t before_ms);
    int (*command_list)(void *ctx, const char *device_id, uint32_t limit, registry_command_fn fn,
                        void *arg); /* newest first */
    int (*ping)(void *ctx);
    void (*close)(void *ctx);
};
struct registry {
    const struct registry_ops *ops;
    void *ctx;
};

#endif
