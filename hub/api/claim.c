/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/claim.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"
#include "host/log.h"
#include "hub/api/claim_table.h"
#include "hub/api/profile.h"
#include "hub/api/token.h"
#include "hub/factory/seal.h"
#include "hub/uuid.h"
#include "proto/fleet/factory.h"
#include "proto/voice/door.h"

enum {
    SECRET = ROOST_FACTORY_SECRET_BYTES,
    DEVICE_ID_MIN = 8,
    ANSWER_MAX = 8192,
    NONCE_CHARS = 2 * CLAIM_NONCE_BYTES,
    HMAC_BYTES = 32,
    HMAC_CHARS = 2 * HMAC_BYTES,
    FIELD_MAX = 64 /* of what is optional */
};

struct claims {
    const struct api *api;
    struct claim_table *table;
    /* Opened in place of the secret of a device that has none, so that it takes as long. */
    uint8_t no_key[SEAL_KEY_BYTES], no_secret[SECRET + SEAL_EXTRA];
};

/* A claim on its way:  pair_get -> the proof -> the nonce -> claim_put -> tokens */
struct claim {
    struct claims *claims;
    struct http_exchange *exchange;
    struct api_origin origin;
    const char *base;
    char device_id[65], child_id[REGISTRY_CHILD_ID_MAX + 1], correlation[64];
    uint8_t nonce[CLAIM_NONCE_BYTES], hmac[HMAC_BYTES], digest[CLAIM_DIGEST_BYTES];
    uint64_t place; /* of the nonce */
    struct registry_child child;
    char before[REGISTRY_CHILD_ID_MAX + 1]; /* whose it was; "" nobody's */
    struct registry_claim row;
    char refresh[TOKEN_REFRESH_LEN + 1];
};

static uint64_t now_ms(const struct claims *claims)
{
    const struct host_clock *clock = claims->api->parts.clock;
    return clock->ops->now_ms(clock->ctx);
}

static int64_t unix_ms(const struct claims *claims)
{
    const struct host_clock *clock = claims->api->parts.clock;
    return clock->ops->unix_ms(clock->ctx);
}

struct claims *claims_new(const struct api *api)
{
    static const uint8_t nothing[SECRET];
    struct claims *claims = calloc(1, sizeof *claims);

    if (!claims)
        return NULL;
    claims->api = api;
    claims->table = claim_table_new();
    if (!claims->table || RAND_bytes(claims->no_key, sizeof claims->no_key) != 1 ||
        seal_close(claims->no_secret, claims->no_key, "", nothing, sizeof nothing) < 0) {
        claims_free(claims);
        return NULL;
    }
    return claims;
}

void claims_free(struct claims *claims)
{
    if (!claims)
        return;
    claim_table_free(claims->table);
    free(claims);
}

void claims_turn(struct claims *claims)
{
    claim_table_turn(claims->table, now_ms(claims));
}

void claims_forget(struct claims *claims, const char *child_id)
{
    claim_table_forget(claims->table, child_id);
}

static void claim_free(struct claim *claim)
{
    OPENSSL_cleanse(claim, sizeof *claim);
    free(claim);
}

static void answer_later(struct http_exchange *exchange, uint32_t wait_ms, int status,
                         const char *code, const char *message)
{
    char seconds[ROOST_NUMBER_MAX];

    roost_write_uint64(seconds, (wait_ms + 999) / 1000);
    http_answer_header(exchange, "Retry-After", seconds);
    http_fail(exchange, status, code, message);
}

/* ---- the request: a wrong field is a 422 that names it ---- */

static int refuse(struct http_exchange *exchange, const char *message)
{
    http_fail(exchange, 422, "invalid_field", message);
    return ROOST_ERR_INVALID;
}

/* 0, or a negative error: missing, no string, or longer. */
static int text(const struct body *body, const char *key, char *out, size_t size)
{
    return roost_json_get_string(&body->doc, ROOST_JSON_ROOT, key, out, size);
}

static bool hex(const struct body *body, const char *key, uint8_t *out, size_t bytes)
{
    char digits[HMAC_CHARS + 1];

    return text(body, key, digits, 2 * bytes + 1) == 0 && strlen(digits) == 2 * bytes &&
           roost_hex_read(out, digits, bytes);
}

/* A device may write its time as a text or as a number. */
static bool optional(const struct body *body, const char *key, bool may_be_number)
{
    char value[FIELD_MAX + 1];
    int index = roost_json_find(&body->doc, ROOST_JSON_ROOT, key);

    if (index < 0 || text(body, key, value, sizeof value) == 0)
        return true;
    return may_be_number && roost_json_type(&body->doc, index) == ROOST_JSON_NUMBER;
}

static int take_fields(struct claim *claim, const struct body *body, struct http_exchange *exchange)
{
    const char *id = claim->device_id;

    if (text(body, "device_id", claim->device_id, sizeof claim->device_id) < 0 ||
        strlen(id) < DEVICE_ID_MIN || roost_device_id_check(id, strlen(id)) < 0)
        return refuse(exchange, "device_id: 8 to 64 characters of A-Z a-z 0-9 _ . : -");
    if (text(body, "child_id", claim->child_id, sizeof claim->child_id) < 0 ||
        voice_child_id_check(claim->child_id) < 0)
        return refuse(exchange, "child_id: 1 to 50 characters of A-Z a-z 0-9 _ -");
    if (!hex(body, "nonce", claim->nonce, sizeof claim->nonce))
        return refuse(exchange, "nonce: 32 hexadecimal digits");
    if (!hex(body, "hmac_hex", claim->hmac, sizeof claim->hmac))
        return refuse(exchange, "hmac_hex: 64 hexadecimal digits");
    if (!optional(body, "firmware_version", false))
        return refuse(exchange, "firmware_version: a text of at most 64 bytes");
    if (!optional(body, "timestamp", true))
        return refuse(exchange, "timestamp: a text of at most 64 bytes, or a number");
    return 0;
}

/* Two requests are the same when all that is read of them is. */
static void digest_of(struct claim *claim, const struct body *body)
{
    static const char *const keys[] = {"device_id", "child_id",         "nonce",
                                       "hmac_hex",  "firmware_version", "timestamp"};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const char *raw;
    size_t len;

    ROOST_ASSERT(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (roost_json_get_raw(&body->doc, ROOST_JSON_ROOT, keys[i], &raw, &len) < 0)
            raw = "", len = 0;
        ROOST_ASSERT(EVP_DigestUpdate(ctx, &len, sizeof len) == 1 &&
                     EVP_DigestUpdate(ctx, raw, len) == 1);
    }
    ROOST_ASSERT(EVP_DigestFinal_ex(ctx, claim->digest, NULL) == 1);
    EVP_MD_CTX_free(ctx);
}

/* ---- the proof ---- */

/* device_id | child_id | nonce, under the secret. The same work whether there is one or not. */
static bool is_proven(const struct claim *claim, const struct registry_credential *credential)
{
    const struct claims *claims = claim->claims;
    const uint8_t *key = claims->api->parts.factory.registry_key;
    bool there = key && credential && credential->sealed_len == SECRET + SEAL_EXTRA;
    uint8_t secret[SECRET], expected[HMAC_BYTES], message[64 + REGISTRY_CHILD_ID_MAX + 16];
    unsigned expected_len = sizeof expected;
    size_t len = 0;

    bool opened =
        seal_open(secret, there ? key : claims->no_key, there ? claim->device_id : "",
                  there ? credential->secret_sealed : claims->no_secret, SECRET + SEAL_EXTRA) == 0;
    memcpy(message, claim->device_id, strlen(claim->device_id));
    len += strlen(claim->device_id);
    memcpy(message + len, claim->child_id, strlen(claim->child_id));
    len += strlen(claim->child_id);
    memcpy(message + len, claim->nonce, sizeof claim->nonce);
    len += sizeof claim->nonce;
    bool made =
        HMAC(EVP_sha256(), secret, sizeof secret, message, len, expected, &expected_len) != NULL;
    bool same = CRYPTO_memcmp(expected, claim->hmac, sizeof expected) == 0;
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(expected, sizeof expected);
    return same & made & opened & there;
}

/* ---- the answer ---- */

static void write_config(struct roost_json_writer *w, const struct claim *claim)
{
    struct fleet *fleet = claim->claims->api->parts.fleet;
    const struct fleet_device *device = fleet ? fleet_find(fleet, claim->device_id) : NULL;
    const char *settings = device && device->config_json ? device->config_json : "{}";
    char path[128];

    snprintf(path, sizeof path, "%s%s", claim->base, VOICE_PATH);
    roost_json_put_object(w, "device_config");
    roost_json_put_str(w, "host", claim->origin.host);
    roost_json_put_int(w, "port", claim->origin.port);
    roost_json_put_bool(w, "tls", claim->origin.tls);
    roost_json_put_str(w, "ws_path", path);
    roost_json_put_raw(w, "settings", settings, strlen(settings));
    roost_json_end(w);
}

static void write_tokens(struct roost_json_writer *w, const char *access, const char *refresh,
                         const char *session_id)
{
    roost_json_put_str(w, "access_token", access);
    roost_json_put_str(w, "refresh_token", refresh);
    roost_json_put_str(w, "token_type", "Bearer");
    roost_json_put_int(w, "expires_in", TOKEN_DEVICE_S);
    roost_json_put_str(w, "device_session_id", session_id);
}

/* Returns the length or an error. */
static int write_answer(struct claim *claim, char *out, size_t size)
{
    const struct api_parts *parts = &claim->claims->api->parts;
    struct roost_json_writer w;
    char name[PROFILE_NAME_SIZE];
    char *access = token_device_new(parts->jwt_secret, claim->device_id, claim->row.session_id,
                                    unix_ms(claim->claims) / 1000);

    if (!access)
        return ROOST_ERR_NO_MEMORY;
    int err = profile_open(name, parts->children.name_key, &claim->child);
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    write_tokens(&w, access, claim->refresh, claim->row.session_id);
    roost_json_put_object(&w, "child_profile");
    profile_write(&w, &claim->child, err == 0 ? name : NULL, unix_ms(claim->claims));
    roost_json_end(&w);
    write_config(&w, claim);
    roost_json_end(&w);
    OPENSSL_cleanse(name, sizeof name);
    free(access);
    return roost_json_finish(&w);
}

static void tell(const struct claim *claim)
{
    const struct api_children *children = &claim->claims->api->parts.children;
    const char *outer = host_log_scope(claim->correlation);

    HOST_LOG(ROOST_LOG_INFO, "claim", "device claimed", RF_STR("device_id", claim->device_id));
    host_log_scope(outer);
    if (!children->changed)
        return;
    children->changed(children->ctx, claim->child_id);
    if (claim->before[0] && strcmp(claim->before, claim->child_id) != 0)
        children->changed(children->ctx, claim->before);
}

static void fail(struct claim *claim, int err, const char *what)
{
    answer_registry_err(claim->exchange, err, what);
    claim_free(claim);
}

static void kept(void *arg, int err, const struct registry_answer *answer)
{
    struct claim *claim = arg;
    struct claim_table *table = claim->claims->table;
    char out[ANSWER_MAX];

    (void)answer;
    if (err != 0) {
        claim_table_drop(table, claim->place);
        if (err == ROOST_ERR_FULL)
            http_fail(claim->exchange, 409, "full", "child_id: has 16 devices, as many as it may");
        else
            answer_registry_err(claim->exchange, err, "child_id");
        claim_free(claim);
        return;
    }
    tell(claim);
    int len = write_answer(claim, out, sizeof out);
    if (len < 0) {
        claim_table_drop(table, claim->place);
        fail(claim, len == ROOST_ERR_NO_MEMORY ? len : ROOST_ERR_INTERNAL, "claim");
        return;
    }
    claim_table_keep(table, claim->place, out, (size_t)len);
    http_answer(claim->exchange, 200, "application/json", out, (size_t)len);
    OPENSSL_cleanse(out, sizeof out);
    claim_free(claim);
}

static void ask(struct claim *claim, const struct registry_request *request, registry_done_fn done)
{
    static const struct registry_answer nothing;
    int err = registry_ask(claim->claims->api->parts.registry, request, done, claim);

    if (err != 0)
        done(claim, err, &nothing);
}

static void put(struct claim *claim)
{
    struct registry_claim *row = &claim->row;
    struct registry_audit audit = {.at_ms = unix_ms(claim->claims), .what = "device claimed"};

    snprintf(audit.child_id, sizeof audit.child_id, "%s", claim->child_id);
    snprintf(audit.device_id, sizeof audit.device_id, "%s", claim->device_id);
    snprintf(row->device_id, sizeof row->device_id, "%s", claim->device_id);
    snprintf(row->child_id, sizeof row->child_id, "%s", claim->child_id);
    uuid_new(row->session_id, claim->claims->api->parts.clock);
    row->claimed_ms = audit.at_ms;
    row->refresh_expires_ms = audit.at_ms + TOKEN_REFRESH_S * INT64_C(1000);
    token_refresh_new(claim->refresh, row->refresh_hash);
    const struct registry_request request = {
        .op = REGISTRY_CLAIM_PUT, .claim = row, .audit = &audit};
    ask(claim, &request, kept);
}

static void answer_again(struct claim *claim)
{
    size_t len;
    const char *answer = claim_table_answer(claim->claims->table, claim->place, &len);

    http_answer(claim->exchange, 200, "application/json", answer, len);
    claim_free(claim);
}

/* It is the device. */
static void proven(struct claim *claim, const struct registry_answer *answer)
{
    struct claims *claims = claim->claims;

    switch (claim_table_begin(claims->table, claim->nonce, claim->digest, claim->child_id,
                              now_ms(claims), &claim->place)) {
    case CLAIM_NEW:
        break;
    case CLAIM_AGAIN:
        answer_again(claim);
        return;
    case CLAIM_REUSED:
        http_fail(claim->exchange, 409, "nonce_used",
                  "nonce: was used in the last 5 minutes; draw a new one");
        claim_free(claim);
        return;
    case CLAIM_UNDER_WAY:
    case CLAIM_FULL:
        answer_later(claim->exchange, 1000, 503, "busy", "come again with the same request");
        claim_free(claim);
        return;
    }
    if (!answer->children) {
        claim_table_drop(claims->table, claim->place);
        http_fail(claim->exchange, 404, "not_found", "child_id: not found");
        claim_free(claim);
        return;
    }
    claim->child = *answer->children;
    if (answer->claims)
        snprintf(claim->before, sizeof claim->before, "%s", answer->claims->child_id);
    put(claim);
}

static void found(void *arg, int err, const struct registry_answer *answer)
{
    struct claim *claim = arg;

    if (err != 0) {
        fail(claim, err, "the registry cannot be read");
        return;
    }
    if (is_proven(claim, answer->credentials)) {
        proven(claim, answer);
        return;
    }
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "claim", "claim refused",
                     RF_STR("remote", http_client_address(claim->exchange)));
    http_fail(claim->exchange, 401, "unauthorised", "hmac_hex: wrong");
    claim_free(claim);
}

void claim_post(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct claims *claims = ((struct api *)ctx)->claims;
    struct claim *claim = calloc(1, sizeof *claim);
    char ids[2][65];
    struct body body;

    if (!claim) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    claim->claims = claims;
    claim->exchange = exchange;
    claim->base = http_base_path(request);
    snprintf(claim->correlation, sizeof claim->correlation, "%s", request->correlation_id);
    if (body_read(&body, request, exchange) < 0 || take_fields(claim, &body, exchange) < 0 ||
        api_find_origin(claims->api, request, exchange, &claim->origin) < 0) {
        claim_free(claim);
        return;
    }
    digest_of(claim, &body);
    uint32_t wait_ms = claim_table_count(claims->table, claim->device_id, now_ms(claims));
    if (wait_ms > 0) {
        answer_later(exchange, wait_ms, 429, "too_many_requests", "device_id: 30 claims a minute");
        claim_free(claim);
        return;
    }
    snprintf(ids[0], sizeof ids[0], "%s", claim->device_id);
    snprintf(ids[1], sizeof ids[1], "%s", claim->child_id);
    ask(claim, &(struct registry_request){.op = REGISTRY_PAIR_GET, .ids = (const char(*)[65])ids},
        found);
}

/* ---- a device's refresh token ---- */

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
                                          claim->session_id, unix_ms(renewal->claims) / 1000)
                       : NULL;
    if (!access) {
        answer_registry_err(renewal->exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY,
                            "the token could not be renewed");
    } else {
        char out[2048];
        struct roost_json_writer w;

        roost_json_begin(&w, out, sizeof out);
        roost_json_object(&w);
        write_tokens(&w, access, renewal->refresh, claim->session_id);
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
                                      unix_ms(claims) + TOKEN_REFRESH_S * INT64_C(1000)};
    *renewal = (struct renewal){.claims = claims, .exchange = exchange};
    token_refresh_new(renewal->refresh, next.refresh_hash);
    const struct registry_request request = {
        .op = REGISTRY_CLAIM_RENEW, .key = hash_hex, .number = unix_ms(claims), .claim = &next};
    int err = registry_ask(claims->api->parts.registry, &request, renewed, renewal);
    if (err != 0)
        renewed(renewal, err, &nothing);
}
