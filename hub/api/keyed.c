/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/keyed.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/assert.h"

void keyed_init(struct keyed *keyed)
{
    ROOST_ASSERT(RAND_bytes(keyed->key, sizeof keyed->key) == 1);
}

struct keyed_id keyed_id(const struct keyed *keyed, const char *text)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    struct keyed_id id;
    const unsigned char *done = HMAC(EVP_sha256(), keyed->key, sizeof keyed->key,
                                     (const unsigned char *)text, strlen(text), mac, NULL);
    ROOST_ASSERT(done);
    memcpy(&id, mac, sizeof id);
    return id;
}
