/* SPDX-License-Identifier: Apache-2.0 */
/* Who may charge: tags, one by one. They compare without case, and what is shown is how they were
 * entered first. */
#include <stdio.h>

#include "hub/csms/rest.h"

static const char refused_tag[] = "the tag";

static void write_list(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_desk_found *found = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "tags");
    for (size_t i = 0; i < found->tag_count; i++) {
        roost_json_object(w);
        rest_write_tag(w, &found->tags[i]);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_bool(w, "more", found->more);
    roost_json_end(w);
}

static void on_list(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end(arg, err, write_list, found);
}

void tags_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *after = http_query(request, "after");
    struct csms_desk_query query = {.what = CSMS_DESK_TAGS, .after = after};

    if (rest_limit(request, CSMS_DESK_LIST_MAX, &query.limit, exchange) < 0 ||
        rest_search(request, &query.search, exchange) < 0)
        return;
    if (after && strlen(after) >= OCPP_ID_TAG_BYTES) {
        rest_refuse(exchange, "after: an id_tag, 1 to 20 characters");
        return;
    }
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    if (ask) {
        ask->what = "the tags cannot be read";
        rest_read(ask, &query, on_list);
    }
}

/* ---- one ---- */

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_desk_found *found = ctx;

    roost_json_object(w);
    rest_write_tag(w, found->tags);
    roost_json_put_uint(w, "transaction_count", found->count);
    roost_json_put_uint(w, "open_count", found->open);
    roost_json_end(w);
}

static bool is_there(struct rest_ask *ask, int err, const struct csms_desk_found *found)
{
    if (err == 0 && found->tag_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0)
        rest_fail(ask, err);
    return err == 0;
}

static void on_one(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;

    if (!is_there(ask, err, found))
        return;
    rest_answer(ask->exchange, ask->status, write_one, found);
    rest_ask_free(ask);
}

static void ask_tag(struct rest_ask *ask, csms_desk_fn done)
{
    const struct csms_desk_query query = {.what = CSMS_DESK_TAG, .id_tag = ask->id_tag};

    rest_read(ask, &query, done);
}

static struct rest_ask *ask_of(struct csms *csms, const struct http_request *request,
                               struct http_exchange *exchange)
{
    const char *id_tag = rest_tag_of(request, exchange);
    struct rest_ask *ask = id_tag ? rest_ask_new(csms, exchange) : NULL;

    if (!ask)
        return NULL;
    ask->what = refused_tag;
    snprintf(ask->id_tag, sizeof ask->id_tag, "%s", id_tag);
    return ask;
}

void tags_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (ask)
        ask_tag(ask, on_one);
}

/* ---- what an operator enters ---- */

/* A whole number that may be absent. A negative error after a 400. */
static int take_whole(const struct body *body, const char *key, double max, double *out,
                      struct http_exchange *exchange)
{
    int at = roost_json_find(&body->doc, ROOST_JSON_ROOT, key);
    char message[64];

    if (at < 0 || roost_json_type(&body->doc, at) == ROOST_JSON_NULL)
        return 0;
    int err = body_number(body, key, 0, max, out, exchange);
    if (err == 0 && *out != (double)(int64_t)*out) {
        snprintf(message, sizeof message, "%s: must be a whole number", key);
        return rest_refuse(exchange, message);
    }
    return err;
}

static int take_token(const struct body *body, const char *key, char out[OCPP_ID_TAG_BYTES],
                      struct http_exchange *exchange)
{
    char message[80];
    int has = body_optional_string(body, key, out, OCPP_ID_TAG_BYTES, exchange);

    if (has == 1 && !rest_is_name(out, (OCPP_ID_TAG_BYTES - 1) / 4, OCPP_ID_TAG_BYTES)) {
        snprintf(message, sizeof message, "%s: 1 to 20 characters of UTF-8, no control characters",
                 key);
        return rest_refuse(exchange, message);
    }
    return has;
}

/* All but the tag's own name: what is absent is as of a new one. */
static int take_tag(struct rest_ask *ask, const struct body *body)
{
    const double year_9999_ms = 253402300799999.0;
    struct csms_tag *tag = &ask->tag;
    double expiry = 0, limit = 0;
    int parent = roost_json_find(&body->doc, ROOST_JSON_ROOT, "parent_id_tag");
    int err = 0;

    if (parent >= 0 && roost_json_type(&body->doc, parent) != ROOST_JSON_NULL)
        err = take_token(body, "parent_id_tag", tag->parent_id_tag, ask->exchange);
    if (err >= 0)
        err = body_optional_bool(body, "blocked", &tag->blocked, ask->exchange);
    if (err >= 0)
        err = take_whole(body, "expires_at_ms", year_9999_ms, &expiry, ask->exchange);
    if (err >= 0)
        err = take_whole(body, "limit", 1000, &limit, ask->exchange);
    tag->expiry_ms = (int64_t)expiry;
    tag->limit = (uint32_t)limit;
    return err < 0 ? err : 0;
}

static void on_changed(void *arg, int err, int32_t id)
{
    struct rest_ask *ask = arg;

    (void)id;
    if (err < 0)
        rest_fail(ask, err);
    else
        ask_tag(ask, on_one);
}

static void put_tag(struct rest_ask *ask)
{
    const struct csms_desk *desk = ask->csms->with->desk;
    int err = desk->ops->tag(desk->ctx, &ask->tag, ask->add, on_changed, ask);

    if (err < 0)
        rest_fail(ask, err);
}

void tags_add(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    struct body body;
    int err;

    if (!ask)
        return;
    ask->what = refused_tag;
    ask->status = 201;
    ask->add = true;
    err = body_read(&body, request, exchange);
    if (err == 0)
        err = take_token(&body, "id_tag", ask->id_tag, exchange);
    if (err == 0)
        err = rest_refuse(exchange, "id_tag: missing");
    if (err > 0)
        err = take_tag(ask, &body);
    if (err < 0) {
        rest_ask_free(ask);
        return;
    }
    memcpy(ask->tag.id_tag, ask->id_tag, sizeof ask->tag.id_tag);
    put_tag(ask);
}

static void on_change(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;

    if (!is_there(ask, err, found))
        return;
    memcpy(ask->tag.id_tag, found->tags->id_tag, sizeof ask->tag.id_tag);
    put_tag(ask);
}

void tags_change(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);
    struct body body;

    if (!ask)
        return;
    if (body_read(&body, request, exchange) < 0 || take_tag(ask, &body) < 0)
        rest_ask_free(ask);
    else
        ask_tag(ask, on_change);
}

static void on_removed(void *arg, int err, int32_t id)
{
    struct rest_ask *ask = arg;

    (void)id;
    if (err < 0) {
        rest_fail(ask, err);
        return;
    }
    http_answer(ask->exchange, 204, NULL, "", 0);
    rest_ask_free(ask);
}

void tags_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (!ask)
        return;
    const struct csms_desk *desk = ask->csms->with->desk;
    int err = desk->ops->remove(desk->ctx, CSMS_DESK_A_TAG, ask->id_tag, on_removed, ask);
    if (err < 0)
        rest_fail(ask, err);
}
