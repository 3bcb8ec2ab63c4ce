/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "host/log.h"
#include "hub/api/claim_internal.h"
#include "hub/api/profile.h"
#include "hub/uuid.h"

static void count(const struct claims *claims, enum claim_result result)
{
    metric_add(claims->results[result], 1);
}

struct claims *claims_new(const struct api *api)
{
    static const uint8_t nothing[CLAIM_SECRET_BYTES];
    static const char *const labels[CLAIM_RESULTS] = {
#define X(name, label) [CLAIM_RESULT_##name] = "result=\"" label "\"",
        CLAIM_RESULT_LIST(X)
#undef X
    };
    struct claims *claims = calloc(1, sizeof *claims);

    if (!claims)
        return NULL;
    claims->api = api;
    for (size_t i = 0; i < CLAIM_RESULTS; i++)
        claims->results[i] = metrics_counter(api->parts.metrics, "roost_claims_total",
                                             "Claims of devices by result", labels[i]);
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
    claim_table_turn(claims->table, claims_now_ms(claims));
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

/* Returns the length or an error. */
static int write_answer(struct claim *claim, char *out, size_t size)
{
    const struct api_parts *parts = &claim->claims->api->parts;
    struct roost_json_writer w;
    char name[PROFILE_NAME_SIZE];
    char *access = token_device_new(parts->jwt_secret, claim->device_id, claim->row.session_id,
                                    claims_unix_ms(claim->claims) / 1000);

    if (!access)
        return ROOST_ERR_NO_MEMORY;
    int err = profile_open(name, parts->children.name_key, &claim->child);
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    claim_write_tokens(&w, access, claim->refresh, claim->row.session_id);
    roost_json_put_object(&w, "child_profile");
    profile_write(&w, &claim->child, err == 0 ? name : NULL, claims_unix_ms(claim->claims));
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
    count(claim->claims, CLAIM_RESULT_FAILED);
    answer_registry_err(claim->exchange, err, what);
    claim_free(claim);
}

static void kept(void *arg, int err, const struct registry_answer *answer)
{
    struct claim *claim = arg;
    struct claim_table *table = claim->claims->table;
    char out[CLAIM_ANSWER_MAX];

    (void)answer;
    if (err != 0) {
        claim_table_drop(table, claim->place);
        count(claim->claims, CLAIM_RESULT_FAILED);
        if (err == ROOST_ERR_FULL)
            http_fail(claim->exchange, 409, "full", "child_id: has 16 devices, as many as it may");
        else
            answer_registry_err(claim->exchange, err, "child_id");
        claim_free(claim);
        return;
    }
    tell(claim);
    count(claim->claims, CLAIM_RESULT_OK);
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
    struct registry_audit audit = {.at_ms = claims_unix_ms(claim->claims),
                                   .what = "device claimed"};

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

    count(claim->claims, CLAIM_RESULT_AGAIN);
    http_answer(claim->exchange, 200, "application/json", answer, len);
    claim_free(claim);
}

/* It is the device. */
static void proven(struct claim *claim, const struct registry_answer *answer)
{
    struct claims *claims = claim->claims;

    switch (claim_table_begin(claims->table, claim->nonce, claim->digest, claim->child_id,
                              claims_now_ms(claims), &claim->place)) {
    case CLAIM_NEW:
        break;
    case CLAIM_AGAIN:
        answer_again(claim);
        return;
    case CLAIM_REUSED:
        count(claims, CLAIM_RESULT_REUSED);
        http_fail(claim->exchange, 409, "nonce_used",
                  "nonce: was used in the last 5 minutes; draw a new one");
        claim_free(claim);
        return;
    case CLAIM_UNDER_WAY:
    case CLAIM_FULL:
        count(claims, CLAIM_RESULT_BUSY);
        answer_later(claim->exchange, 1000, 503, "busy", "come again with the same request");
        claim_free(claim);
        return;
    }
    if (!answer->children) {
        claim_table_drop(claims->table, claim->place);
        count(claims, CLAIM_RESULT_NO_CHILD);
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
    if (claim_is_proven(claim, answer->credentials)) {
        proven(claim, answer);
        return;
    }
    count(claim->claims, CLAIM_RESULT_WRONG);
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

    if (!claim) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    claim->claims = claims;
    claim->exchange = exchange;
    claim->base = http_base_path(request);
    snprintf(claim->correlation, sizeof claim->correlation, "%s", request->correlation_id);
    if (claim_read(claim, request) < 0 ||
        api_find_origin(claims->api, request, exchange, &claim->origin) < 0) {
        claim_free(claim);
        return;
    }
    uint32_t wait_ms = claim_table_count(claims->table, claim->device_id, claims_now_ms(claims));
    if (wait_ms > 0) {
        count(claims, CLAIM_RESULT_LIMITED);
        answer_later(exchange, wait_ms, 429, "too_many_requests", "device_id: 30 claims a minute");
        claim_free(claim);
        return;
    }
    snprintf(ids[0], sizeof ids[0], "%s", claim->device_id);
    snprintf(ids[1], sizeof ids[1], "%s", claim->child_id);
    ask(claim, &(struct registry_request){.op = REGISTRY_PAIR_GET, .ids = (const char(*)[65])ids},
        found);
}
