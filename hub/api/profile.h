/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child as it is written to whoever may know it (an operator, its own device), and its name as
 * the registry keeps it: sealed with a key made of COPPA_ENCRYPTION_KEY, bound to the child's id.
 * What opens a name here must not put it anywhere but into such an answer, and wipes it. Depends on
 * hub/store/registry.h, hub/factory/seal.h, hub/birth.h, hub/child.h, proto/voice/voice.h.
 *
 *     char name[PROFILE_NAME_SIZE];
 *     if (profile_open(name, key, child) == 0)
 *         profile_write(&w, child, name, unix_ms);      "child_id":"c-17","name":"Layla",...
 *     OPENSSL_cleanse(name, sizeof name);
 */
#ifndef ROOST_HUB_API_PROFILE_H
#define ROOST_HUB_API_PROFILE_H

#include <stdint.h>

#include "core/json_write.h"
#include "hub/store/registry.h"
#include "proto/voice/voice.h"

#define PROFILE_KEY_PURPOSE "roost names of children 1"

enum {
    PROFILE_NAME_SIZE = VOICE_CHILD_NAME_MAX + 1,
    PROFILE_JSON_MAX = 1536 /* bytes that profile_write writes at most */
};

/* Sets the child's sealed name. Returns 0 or ROOST_ERR_CRYPTO. */
int profile_seal(struct registry_child *child, const uint8_t *key, const char *name);

/* ROOST_ERR_CRYPTO: sealed with another key, or damaged; name is "" then. */
int profile_open(char name[PROFILE_NAME_SIZE], const uint8_t *key,
                 const struct registry_child *child);

/* Members of an object that is open. name NULL: it does not open. */
void profile_write(struct roost_json_writer *w, const struct registry_child *child,
                   const char *name, int64_t unix_ms);

/* "YYYY-MM" of a child that is 3 to 13 years old now. Returns 0, INVALID or RANGE. */
int profile_birth(struct registry_child *child, const char *text, int64_t unix_ms);

#endif
