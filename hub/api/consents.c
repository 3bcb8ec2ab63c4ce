/* SPDX-License-Identifier: Apache-2.0 */
/* What parents agreed to, as an operator enters it, and who did what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/children.h"

enum { LIST_DEFAULT = 100, AUDIT_JSON_MAX = 384 };

/* ---- consents ---- */

/* How a parent said yes: 16 CFR 312.5(b)(2). Two messages are enough only where nothing is
 * disclosed. */
static const struct {
    const char *name;
    bool discloses;
} methods[] = {
    {"form", true},        {"card", true},       {"phone", true},     {"video", true},
    {"id", true},          {"face", true},       {"questions", true}, {"in-person", true},
    {"email-plus", false}, {"text-plus", false},
};

static const char method_rule[] = "method: must be form, card, phone, video, id, face, questions, "
                                  "in-person, email-plus or text-plus";

static int take_method(struct registry_consent *consent, const struct body *body,
                       struct http_exchange *exchange)
{
    char method[64];

    if (body_string(body, "method", method, 0, sizeof method, exchange) < 0)
        return ROOST_ERR_INVALID;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(method, methods[i].name) != 0)
            continue;
        if (consent->kind == REGISTRY_CONSENT_DISCLOSURE && !methods[i].discloses)
            return child_refuse(exchange,
                                "method: email-plus and text-plus are for the service alone; "
                                "disclosure needs a method with evidence");
        snprintf(consent->method, sizeof consent->method, "%s", methods[i].name);
        return 0;
    }
    return child_refuse(exchange, method_rule);
}

static unsigned kind_of(const char *name)
{
    return strcmp(name, "service") == 0      ? REGISTRY_CONSENT_SERVICE
           : strcmp(name, "disclosure") == 0 ? REGISTRY_CONSENT_DISCLOSURE
                                             : 0;
}

static bool is_word(const char *text, size_t max)
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._";
    size_t len = strlen(text);

    return len <= max && strspn(text, plain) == len;
}

static int take_consent(struct registry_consent *consent, const struct body *body,
                        struct http_exchange *exchange)
{
    char kind[32], notice[128], provider[128] = "";

    if (body_string(body, "kind", kind, 0, sizeof kind, exchange) < 0)
        return ROOST_ERR_INVALID;
    consent->kind = kind_of(kind);
    if (consent->kind == 0)
        return child_refuse(exchange, "kind: must be service or disclosure");
    if (take_method(consent, body, exchange) < 0 ||
        body_string(body, "notice_version", notice, 0, sizeof notice, exchange) < 0 ||
        body_optional_string(body, "provider", provider, sizeof provider, exchange) < 0)
        return ROOST_ERR_INVALID;
    if (notice[0] == '\0' || !is_word(notice, REGISTRY_NOTICE_MAX))
        return child_refuse(exchange, "notice_version: 1 to 32 of A-Z a-z 0-9 . _ -");
    if (!is_word(provider, REGISTRY_PROVIDER_MAX))
        return child_refuse(exchange, "provider: at most 32 of A-Z a-z 0-9 . _ -");
    if (provider[0] && consent->kind == REGISTRY_CONSENT_SERVICE)
        return child_refuse(exchange, "provider: is for kind disclosure only");
    snprintf(consent->notice, sizeof consent->notice, "%.32s", notice);
    snprintf(consent->provider, sizeof consent->provider, "%.32s", provider);
    return 0;
}

void children_consent(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const char *id = child_id_of(request, exchange);
    struct registry_consent consent = {.given_ms = child_now_ms(api),
                                       .operator_id = request->identity.id};
    struct body body;

    if (!id || body_read(&body, request, exchange) < 0 ||
        take_consent(&consent, &body, exchange) < 0)
        return;
    struct child_ask *ask = child_ask_new(api, request, exchange, id);
    if (!ask)
        return;
    snprintf(consent.child_id, sizeof consent.child_id, "%s", id);
    ask->status = 201;
    child_ask_change(ask,
                     consent.kind == REGISTRY_CONSENT_SERVICE ? "consent to service given"
                                                              : "consent to disclosure given",
                     (struct registry_request){.op = REGISTRY_CONSENT_ADD, .consent = &consent},
                     child_changed_then_got);
}

void children_revoke(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const char *id = child_id_of(request, exchange);
    struct registry_consent consent = {.revoked_ms = child_now_ms(api)};

    if (!id)
        return;
    consent.kind = kind_of(http_param(request, "kind"));
    if (consent.kind == 0) {
        http_fail(exchange, 404, "not_found", "kind: must be service or disclosure");
        return;
    }
    struct child_ask *ask = child_ask_new(api, request, exchange, id);
    if (!ask)
        return;
    snprintf(consent.child_id, sizeof consent.child_id, "%s", id);
    ask->what = "no consent of this kind holds";
    child_ask_change(ask,
                     consent.kind == REGISTRY_CONSENT_SERVICE ? "consent to service revoked"
                                                              : "consent to disclosure revoked",
                     (struct registry_request){.op = REGISTRY_CONSENT_REVOKE, .consent = &consent},
                     child_changed_then_nothing);
}

/* ---- who did what ---- */

static void write_line(struct roost_json_writer *w, const struct registry_audit *line)
{
    roost_json_object(w);
    roost_json_put_int(w, "id", line->id);
    roost_json_put_int(w, "at_ms", line->at_ms);
    if (line->operator_id)
        roost_json_put_int(w, "operator_id", line->operator_id);
    else
        roost_json_put_null(w, "operator_id");
    roost_json_put_str(w, "what", line->what);
    roost_json_put_str(w, "device_id", line->device_id[0] ? line->device_id : NULL);
    roost_json_end(w);
}

static void audit_listed(void *arg, int err, const struct registry_answer *answer)
{
    struct child_ask *ask = arg;
    size_t size = (answer->count + 1) * AUDIT_JSON_MAX;
    char *text = err == 0 ? malloc(size) : NULL;
    struct roost_json_writer w;

    if (!text) {
        child_ask_fail(ask, err != 0 ? err : ROOST_ERR_NO_MEMORY);
        return;
    }
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "audit");
    for (size_t i = 0; i < answer->count; i++)
        write_line(&w, &answer->audit[i]);
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(ask->exchange, 200, &w);
    free(text);
    free(ask);
}

/* Also of a child that is not there any more. */
void children_audit(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = child_id_of(request, exchange);
    int64_t limit = LIST_DEFAULT;

    if (!id || query_int(request, "limit", 1, REGISTRY_LIST_MAX, &limit, exchange) < 0)
        return;
    struct child_ask *ask = child_ask_new(ctx, request, exchange, id);
    if (!ask)
        return;
    ask->what = "the audit cannot be read";
    child_ask_registry(ask,
                       &(struct registry_request){
                           .op = REGISTRY_AUDIT_LIST, .key = ask->child_id, .count = (size_t)limit},
                       audit_listed);
}
