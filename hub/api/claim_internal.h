/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the claim: claim.c (its way), claim_request.c (what came, and whether it
 * is proven), claim_refresh.c (tokens). Inside of hub/api. */
#ifndef ROOST_HUB_API_CLAIM_INTERNAL_H
#define ROOST_HUB_API_CLAIM_INTERNAL_H

#include "hub/api/claim.h"
#include "hub/api/claim_table.h"
#include "hub/api/token.h"
#include "hub/factory/seal.h"
#include "proto/fleet/factory.h"

enum {
    CLAIM_SECRET_BYTES = ROOST_FACTORY_SECRET_BYTES,
    CLAIM_DEVICE_ID_MIN = 8,
    CLAIM_ANSWER_MAX = 8192,
    CLAIM_HMAC_BYTES = 32,
    CLAIM_HMAC_CHARS = 2 * CLAIM_HMAC_BYTES,
    CLAIM_FIELD_MAX = 64 /* of what is optional */
};

/* What became of claims; X(name, label). */
#define CLAIM_RESULT_LIST(X)                                                                       \
    X(OK, "ok")                                                                                    \
    X(AGAIN, "again")                                                                              \
    X(WRONG, "wrong_proof")                                                                        \
    X(REUSED, "nonce_used")                                                                        \
    X(NO_CHILD, "unknown_child")                                                                   \
    X(LIMITED, "rate_limited")                                                                     \
    X(BUSY, "busy")                                                                                \
    X(FAILED, "failed")

enum claim_result {
#define X(name, label) CLAIM_RESULT_##name,
    CLAIM_RESULT_LIST(X)
#undef X
        CLAIM_RESULTS
};

struct claims {
    const struct api *api;
    struct claim_table *table;
    struct metric *results[CLAIM_RESULTS];
    /* Opened in place of the secret of a device that has none, so that it takes as long. */
    uint8_t no_key[SEAL_KEY_BYTES], no_secret[CLAIM_SECRET_BYTES + SEAL_EXTRA];
};

/* A claim on its way:  pair_get -> the proof -> the nonce -> claim_put -> tokens */
struct claim {
    struct claims *claims;
    struct http_exchange *exchange;
    struct api_origin origin;
    const char *base;
    char device_id[65], child_id[REGISTRY_CHILD_ID_MAX + 1], correlation[64];
    uint8_t nonce[CLAIM_NONCE_BYTES], hmac[CLAIM_HMAC_BYTES], digest[CLAIM_DIGEST_BYTES];
    uint64_t place; /* of the nonce */
    struct registry_child child;
    char before[REGISTRY_CHILD_ID_MAX + 1]; /* whose it was; "" nobody's */
    struct registry_claim row;
    char refresh[TOKEN_REFRESH_LEN + 1];
};

static inline uint64_t claims_now_ms(const struct claims *claims)
{
    const struct host_clock *clock = claims->api->parts.clock;
    return clock->ops->now_ms(clock->ctx);
}

static inline int64_t claims_unix_ms(const struct claims *claims)
{
    const struct host_clock *clock = claims->api->parts.clock;
    return clock->ops->unix_ms(clock->ctx);
}

/* Reads the body. A negative error after an answer: 400 when it is no object, 422 with the field.
 */
int claim_read(struct claim *claim, const struct http_request *request);
/* Whether who sent it has the device's secret. The same work whether there is one or not. */
bool claim_is_proven(const struct claim *claim, const struct registry_credential *credential);
/* Members of an object that is open. */
void claim_write_tokens(struct roost_json_writer *w, const char *access, const char *refresh,
                        const char *session_id);

#endif
