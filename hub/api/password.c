/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

enum { PASSES = 2, MEMORY_KIB = 19 * 1024, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

int password_check(const char *password)
{
    size_t len = strlen(password);
    if (len < PASSWORD_MIN)
        return ROOST_ERR_RANGE;
    if (len > PASSWORD_MAX)
        return ROOST_ERR_TOO_LONG;
    size_t different = 0;
    for (size_t i = 0; i < len; i++)
        different += memchr(password, password[i], i) == NULL;
    return different < 5 ? ROOST_ERR_INVALID : 0;
}

static int hash_salted(const char *password, const unsigned char salt[SALT_BYTES],
                       char out[PASSWORD_HASH_MAX])
{
    int rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt,
                                   SALT_BYTES, HASH_BYTES, out, PASSWORD_HASH_MAX);
    /* The 19 MiB may be missing; any other error would be wrong parameters, ours. */
    ROOST_ASSERT(rc == ARGON2_OK || rc == ARGON2_MEMORY_ALLOCATION_ERROR);
    return rc == ARGON2_OK ? 0 : ROOST_ERR_NO_MEMORY;
}

int password_hash(const char *password, char out[PASSWORD_HASH_MAX])
{
    unsigned char salt[SALT_BYTES];
    ROOST_ASSERT(RAND_bytes(salt, sizeof salt) == 1);
    return hash_salted(password, salt, out);
}

int password_verify(const char *encoded, const char *password)
{
    if (!encoded) {
        static const unsigned char any_salt[SALT_BYTES];
        char scratch[PASSWORD_HASH_MAX];
        int err = hash_salted(password, any_salt, scratch);
        OPENSSL_cleanse(scratch, sizeof scratch);
        return err == 0 ? ROOST_ERR_AUTH : err;
    }
    switch (argon2id_verify(encoded, password, strlen(password))) {
    case ARGON2_OK:
        return 0;
    case ARGON2_VERIFY_MISMATCH:
        return ROOST_ERR_AUTH;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
        return ROOST_ERR_NO_MEMORY;
    default:
        return ROOST_ERR_CORRUPT;
    }
}
