/* SPDX-License-Identifier: Apache-2.0 */
/* Children, and what their parents agreed to, as an operator enters it. A name is in an answer and
 * in the registry (sealed) and nowhere else. */
#include "hub/api/children.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/api/claim.h"
#include "hub/api/profile.h"
#include "hub/child.h"
#include "hub/uuid.h"
#include "proto/voice/door.h"

enum {
    CHILD_JSON_MAX =
        PROFILE_JSON_MAX + 256 + REGISTRY_CONSENTS_MAX * 384 + REGISTRY_CLAIMS_MAX * 192,
    LIST_DEFAULT = 100
};

/* ---- a request on its way ---- */

int64_t child_now_ms(const struct api *api)
{
    return api->parts.clock->ops->unix_ms(api->parts.clock->ctx);
}

/* NULL after a 500. */
struct child_ask *child_ask_new(struct api *api, const struct http_request *request,
                                struct http_exchange *exchange, const char *child_id)
{
    struct child_ask *ask = calloc(1, sizeof *ask);

    if (!ask) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    *ask = (struct child_ask){.api = api, .exchange = exchange, .status = 200, .what = "child_id"};
    snprintf(ask->child_id, sizeof ask->child_id, "%s", child_id);
    snprintf(ask->audit.child_id, sizeof ask->audit.child_id, "%s", child_id);
    ask->audit.at_ms = child_now_ms(api);
    ask->audit.operator_id = request->identity.id;
    return ask;
}

void child_ask_registry(struct child_ask *ask, const struct registry_request *request,
                        registry_done_fn done)
{
    static const struct registry_answer nothing;
    int err = registry_ask(ask->api->parts.registry, request, done, ask);

    if (err != 0)
        done(ask, err, &nothing);
}

void child_ask_fail(struct child_ask *ask, int err)
{
    answer_registry_err(ask->exchange, err, ask->what);
    free(ask);
}

/* A change of a child: asked for with its line of the audit. */
void child_ask_change(struct child_ask *ask, const char *what, struct registry_request request,
                      registry_done_fn done)
{
    snprintf(ask->audit.what, sizeof ask->audit.what, "%s", what);
    request.audit = &ask->audit;
    child_ask_registry(ask, &request, done);
}

static void changed(const struct child_ask *ask)
{
    const struct api_children *children = &ask->api->parts.children;

    /* An id may be made of a name: which child it was stands in the audit only. */
    HOST_LOG(ROOST_LOG_INFO, "children", ask->audit.what,
             RF_INT("operator_id", ask->audit.operator_id));
    if (children->changed)
        children->changed(children->ctx, ask->child_id);
}

/* The id of the path; NULL after a 404. */
const char *child_id_of(const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = http_param(request, "child_id");

    if (voice_child_id_check(id) == 0)
        return id;
    http_fail(exchange, 404, "not_found", "child_id: not found");
    return NULL;
}

/* ---- what is written ---- */

static void write_profile(struct roost_json_writer *w, const struct api *api,
                          const struct registry_child *child)
{
    char name[PROFILE_NAME_SIZE];
    int err = profile_open(name, api->parts.children.name_key, child);

    profile_write(w, child, err == 0 ? name : NULL, child_now_ms(api));
    roost_json_put_uint(w, "device_count", child->devices);
    roost_json_put_int(w, "created_at_ms", child->created_ms);
    OPENSSL_cleanse(name, sizeof name);
}

static const char *kind_name(unsigned kind)
{
    return kind == REGISTRY_CONSENT_SERVICE ? "service" : "disclosure";
}

static void write_consent(struct roost_json_writer *w, const struct registry_consent *consent)
{
    roost_json_object(w);
    roost_json_put_str(w, "kind", kind_name(consent->kind));
    roost_json_put_str(w, "provider", consent->provider);
    roost_json_put_str(w, "method", consent->method);
    roost_json_put_str(w, "notice_version", consent->notice);
    roost_json_put_int(w, "given_at_ms", consent->given_ms);
    roost_json_put_int(w, "given_by", consent->operator_id);
    if (consent->revoked_ms)
        roost_json_put_int(w, "revoked_at_ms", consent->revoked_ms);
    else
        roost_json_put_null(w, "revoked_at_ms");
    roost_json_end(w);
}

static void write_whole(struct roost_json_writer *w, const struct api *api,
                        const struct registry_answer *answer)
{
    roost_json_object(w);
    write_profile(w, api, answer->children);
    roost_json_put_array(w, "consent_history");
    for (size_t i = 0; i < answer->consent_count; i++)
        write_consent(w, &answer->consents[i]);
    roost_json_end(w);
    roost_json_put_array(w, "devices");
    for (size_t i = 0; i < answer->claim_count; i++) {
        roost_json_object(w);
        roost_json_put_str(w, "device_id", answer->claims[i].device_id);
        roost_json_put_int(w, "claimed_at_ms", answer->claims[i].claimed_ms);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_end(w);
}

/* A document that is wiped, as there are names in it. */
static void answer_wiped(struct http_exchange *exchange, int status, struct roost_json_writer *w,
                         char *text, size_t size)
{
    answer_json(exchange, status, w);
    OPENSSL_cleanse(text, size);
    free(text);
}

static void got(void *arg, int err, const struct registry_answer *answer)
{
    struct child_ask *ask = arg;
    char *text = err == 0 ? malloc(CHILD_JSON_MAX) : NULL;
    struct roost_json_writer w;

    if (!text) {
        child_ask_fail(ask, err != 0 ? err : ROOST_ERR_NO_MEMORY);
        return;
    }
    roost_json_begin(&w, text, CHILD_JSON_MAX);
    write_whole(&w, ask->api, answer);
    answer_wiped(ask->exchange, ask->status, &w, text, CHILD_JSON_MAX);
    free(ask);
}

static void ask_child(struct child_ask *ask)
{
    child_ask_registry(
        ask, &(struct registry_request){.op = REGISTRY_CHILD_GET, .key = ask->child_id}, got);
}

/* Whether a change took place, which is told; else it has been answered. */
static bool took_place(struct child_ask *ask, int err)
{
    if (err != 0)
        child_ask_fail(ask, err);
    else
        changed(ask);
    return err == 0;
}

/* Answered with the child as it is now. */
void child_changed_then_got(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    if (took_place(arg, err))
        ask_child(arg);
}

void child_changed_then_nothing(void *arg, int err, const struct registry_answer *answer)
{
    struct child_ask *ask = arg;

    (void)answer;
    if (!took_place(ask, err))
        return;
    http_answer(ask->exchange, 204, NULL, "", 0);
    free(ask);
}

/* ---- the list ---- */

static void listed(void *arg, int err, const struct registry_answer *answer)
{
    struct child_ask *ask = arg;
    size_t size = (answer->count + 1) * PROFILE_JSON_MAX;
    char *text = err == 0 ? malloc(size) : NULL;
    struct roost_json_writer w;

    ask->what = "the children cannot be read";
    if (!text) {
        child_ask_fail(ask, err != 0 ? err : ROOST_ERR_NO_MEMORY);
        return;
    }
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "children");
    for (size_t i = 0; i < answer->count; i++) {
        roost_json_object(&w);
        write_profile(&w, ask->api, &answer->children[i]);
        roost_json_end(&w);
    }
    roost_json_end(&w);
    roost_json_end(&w);
    answer_wiped(ask->exchange, 200, &w, text, size);
    free(ask);
}

void children_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *after = http_query(request, "after");
    int64_t limit = LIST_DEFAULT;

    if (query_int(request, "limit", 1, REGISTRY_LIST_MAX, &limit, exchange) < 0)
        return;
    if (after && voice_child_id_check(after) < 0) {
        http_fail(exchange, 400, "invalid_field", "after: a child_id, 1 to 50 of A-Z a-z 0-9 _ -");
        return;
    }
    struct child_ask *ask = child_ask_new(ctx, request, exchange, "");
    if (ask)
        child_ask_registry(ask,
                           &(struct registry_request){
                               .op = REGISTRY_CHILD_LIST, .key = after, .count = (size_t)limit},
                           listed);
}

void children_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = child_id_of(request, exchange);
    struct child_ask *ask = id ? child_ask_new(ctx, request, exchange, id) : NULL;

    if (ask)
        ask_child(ask);
}

/* ---- what an operator enters ---- */

int child_refuse(struct http_exchange *exchange, const char *message)
{
    http_fail(exchange, 400, "invalid_field", message);
    return ROOST_ERR_INVALID;
}

static int take_name(struct registry_child *child, const struct api *api, const struct body *body,
                     struct http_exchange *exchange)
{
    char name[512];
    int err = body_string(body, "name", name, 0, sizeof name, exchange);

    if (err == 0 && voice_child_name_check(name) < 0)
        err = child_refuse(exchange, "name: 1 to 30 characters of UTF-8, no control characters");
    else if (err == 0 && (err = profile_seal(child, api->parts.children.name_key, name)) < 0)
        http_fail_err(exchange, err, "name");
    OPENSSL_cleanse(name, sizeof name);
    return err;
}

/* Name, birth and language; the child has its id. A negative error after an answer. */
static int take_profile(struct registry_child *child, const struct api *api,
                        const struct body *body, struct http_exchange *exchange)
{
    char birth[16], language[16];
    enum child_language parsed;

    if (take_name(child, api, body, exchange) < 0 ||
        body_string(body, "birth_month", birth, 0, sizeof birth, exchange) < 0)
        return ROOST_ERR_INVALID;
    if (profile_birth(child, birth, child_now_ms(api)) < 0)
        return child_refuse(exchange, "birth_month: YYYY-MM, of a child who is 3 to 13 years old");
    if (body_string(body, "language", language, 0, sizeof language, exchange) < 0)
        return ROOST_ERR_INVALID;
    if (child_language_parse(&parsed, language, strlen(language)) < 0)
        return child_refuse(exchange, "language: must be en or ar");
    snprintf(child->language, sizeof child->language, "%s", child_language_name(parsed));
    return 0;
}

/* The id that the body names, or a new one. */
static int take_id(struct registry_child *child, const struct api *api, const struct body *body,
                   struct http_exchange *exchange)
{
    char id[128];
    int has = body_optional_string(body, "child_id", id, sizeof id, exchange);

    if (has < 0)
        return has;
    if (has == 0)
        uuid_new(id, api->parts.clock);
    if (voice_child_id_check(id) < 0)
        return child_refuse(exchange, "child_id: 1 to 50 of A-Z a-z 0-9 _ -");
    snprintf(child->id, sizeof child->id, "%.50s", id);
    return 0;
}

void children_add(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    struct registry_child child = {.created_ms = child_now_ms(api)};
    struct body body;

    if (body_read(&body, request, exchange) < 0 || take_id(&child, api, &body, exchange) < 0 ||
        take_profile(&child, api, &body, exchange) < 0)
        return;
    struct child_ask *ask = child_ask_new(api, request, exchange, child.id);
    if (!ask)
        return;
    ask->status = 201;
    child_ask_change(ask, "child added",
                     (struct registry_request){.op = REGISTRY_CHILD_ADD, .child = &child},
                     child_changed_then_got);
}

void children_change(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const char *id = child_id_of(request, exchange);
    struct registry_child child = {.created_ms = 0};
    struct body body;

    if (!id || body_read(&body, request, exchange) < 0)
        return;
    snprintf(child.id, sizeof child.id, "%s", id);
    if (take_profile(&child, api, &body, exchange) < 0)
        return;
    struct child_ask *ask = child_ask_new(api, request, exchange, id);
    if (!ask)
        return;
    child_ask_change(ask, "child changed",
                     (struct registry_request){.op = REGISTRY_CHILD_CHANGE, .child = &child},
                     child_changed_then_got);
}

static void removed(void *arg, int err, const struct registry_answer *answer)
{
    const struct child_ask *ask = arg;

    if (err == 0)
        claims_forget(ask->api->claims, ask->child_id);
    child_changed_then_nothing(arg, err, answer);
}

void children_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = child_id_of(request, exchange);
    struct child_ask *ask = id ? child_ask_new(ctx, request, exchange, id) : NULL;

    if (!ask)
        return;
    child_ask_change(ask, "child deleted",
                     (struct registry_request){.op = REGISTRY_CHILD_DELETE, .key = ask->child_id},
                     removed);
}
