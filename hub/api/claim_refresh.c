/* SPDX-License-Identifier: Apache-2.0 */
/* A device's tokens, and their renewal. */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/api/claim_internal.h"

void claim_write_tokens(struct roost_json_writer *w, const char *access, const char *refresh,
                        const char *session_id)
{
    roost_json_put_str(w, "access_token", access);
    roost_json_put_str(w, "refresh_token", refresh);
    roost_json_put_str(w, "token_type", "Bearer");
    roost_json_put_int(w, "expires_in", TOKEN_DEVICE_S);
    roost_json_put_str(w, "device_session_id", session_id);
}

struct renewal {
    struct claims *claims;
    struct http_exchange *exchange;
    char refresh[TOKEN_REFRESH_LEN + 1];
};

static void renewal_free(struct renewal *renewal)
{
    OPENSSL_cleanse(renewal, sizeof *renewal);
    free(renewal);
}

static void renewed(void *arg, int err, const struct registry_answer *answer)
{
    struct renewal *renewal = arg;
    const struct registry_claim *claim = err == 0 ? answer->claims : NULL;

    if (err == ROOST_ERR_NOT_FOUND || (err == 0 && !claim)) {
        if (err == 0)
            HOST_LOG_LIMITED(ROOST_LOG_WARN, "claim", "refresh token of a device reused, ended",
                             RF_STR("remote", http_client_address(renewal->exchange)));
        http_fail(renewal->exchange, 401, "unauthorised",
                  "the refresh token is not valid; sign in again, or claim again");
        renewal_free(renewal);
        return;
    }
    char *access = claim
                       ? token_device_new(renewal->claims->api->parts.jwt_secret, claim->device_id,
                                          claim->session_id, claims_unix_ms(renewal->claims) / 1000)
                       : NULL;
    if (!access) {
        answer_registry_err(renewal->exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY,
                            "the token could not be renewed");
    } else {
        char out[2048];
        struct roost_json_writer w;

        roost_json_begin(&w, out, sizeof out);
        roost_json_object(&w);
        claim_write_tokens(&w, access, renewal->refresh, claim->session_id);
        roost_json_end(&w);
        answer_json(renewal->exchange, 200, &w);
        OPENSSL_cleanse(out, sizeof out);
    }
    free(access);
    renewal_free(renewal);
}

void claim_refresh(void *ctx, struct http_exchange *exchange, const char *hash_hex)
{
    static const struct registry_answer nothing;
    struct claims *claims = ctx;
    struct renewal *renewal = calloc(1, sizeof *renewal);

    if (!renewal) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct registry_claim next = {.refresh_expires_ms =
                                      claims_unix_ms(claims) + TOKEN_REFRESH_S * INT64_C(1000)};
    *renewal = (struct renewal){.claims = claims, .exchange = exchange};
    token_refresh_new(renewal->refresh, next.refresh_hash);
    const struct registry_request request = {.op = REGISTRY_CLAIM_RENEW,
                                             .key = hash_hex,
                                             .number = claims_unix_ms(claims),
                                             .claim = &next};
    int err = registry_ask(claims->api->parts.registry, &request, renewed, renewal);
    if (err != 0)
        renewed(renewal, err, &nothing);
}
