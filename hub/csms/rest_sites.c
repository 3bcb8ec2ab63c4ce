/* SPDX-License-Identifier: Apache-2.0 */
/* Sites: chargers that share a limit, set whole; and what each has now, and why. Answered at once:
 * what is shown is in memory, and what is kept is one commit of a small file. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"

enum { TOKENS = SITE_CHARGERS_MAX * 10 + 16 };

/* ---- shown ---- */

static void write_member(struct roost_json_writer *w, const struct csms_site *site, size_t at,
                         int64_t now_ms)
{
    const struct site_member *member = &site->site.members[at];
    const struct site_charger *charger = &member->charger;

    roost_json_object(w);
    roost_json_put_str(w, "identity", site->row.chargers[at].identity);
    roost_json_put_uint(w, "nominal_w", charger->nominal_w);
    roost_json_put_uint(w, "minimum_w", charger->minimum_w);
    roost_json_put_uint(w, "fallback_w", charger->fallback_w);
    roost_json_put_bool(w, "online", member->online);
    roost_json_put_bool(w, "wants", member->wants);
    roost_json_put_uint(w, "share_w", member->is_held ? member->held.w : 0);
    roost_json_put_uint(w, "may_take_w", site_may_take_w(&site->site, at, now_ms));
    if (member->measured && now_ms - member->load_ms <= SITE_MEASURED_MS)
        roost_json_put_uint(w, "load_w", member->load_w);
    else
        roost_json_put_null(w, "load_w");
    roost_json_put_str(w, "why", site_why_name(member->why));
    roost_json_put_str(w, "why_text", site_why_text(member->why));
    roost_json_end(w);
}

struct shown {
    const struct csms *csms;
    const struct csms_site *site;
};

static void write_site(struct roost_json_writer *w, const struct csms *csms,
                       const struct csms_site *site)
{
    int64_t now_ms = (int64_t)csms_now_ms(csms) + 1;
    struct site_view view;

    site_look(&site->site, now_ms, &view);
    roost_json_object(w);
    roost_json_put_str(w, "site_id", site->row.id);
    roost_json_put_uint(w, "limit_w", site->row.limit_w);
    roost_json_put_uint(w, "reserved_w", view.reserved_w);
    roost_json_put_uint(w, "load_w", view.load_w);
    roost_json_put_uint(w, "over_w", view.over_w);
    roost_json_put_uint(w, "refused_count", view.refused);
    roost_json_put_uint(w, "waiting_count", view.waiting);
    roost_json_put_uint(w, "offline_count", view.offline);
    roost_json_put_array(w, "chargers");
    for (size_t i = 0; i < site->row.count; i++)
        write_member(w, site, i, now_ms);
    roost_json_end(w);
    roost_json_end(w);
}

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct shown *shown = ctx;

    write_site(w, shown->csms, shown->site);
}

static void write_all(struct roost_json_writer *w, const void *ctx)
{
    const struct shown *shown = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "sites");
    for (const struct csms_site *at = shown->csms->sites; at; at = at->next)
        write_site(w, shown->csms, at);
    roost_json_end(w);
    roost_json_end(w);
}

static bool is_served(const struct csms *csms, struct http_exchange *exchange)
{
    if (csms->with && csms->with->sites)
        return true;
    http_fail(exchange, 503, "not_served", "no sites are served here");
    return false;
}

void sites_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct shown shown = {.csms = ctx};

    (void)request;
    if (is_served(ctx, exchange))
        rest_answer(exchange, 200, write_all, &shown);
}

static const char *id_of(const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = http_param(request, "site_id");

    if (id && rest_is_name(id, CSMS_SITE_ID_BYTES - 1, CSMS_SITE_ID_BYTES))
        return id;
    http_fail(exchange, 404, "not_found", "site_id: not found");
    return NULL;
}

void sites_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = is_served(ctx, exchange) ? id_of(request, exchange) : NULL;
    struct shown shown = {.csms = ctx};

    if (!id)
        return;
    shown.site = csms_site_find(ctx, id);
    if (shown.site)
        rest_answer(exchange, 200, write_one, &shown);
    else
        http_fail(exchange, 404, "not_found", "site_id: not found");
}

/* ---- entered ---- */

static int take_watts(const struct roost_json *doc, int object, const char *key, int64_t least,
                      uint32_t *out, struct http_exchange *exchange)
{
    int64_t value = 0;
    char message[96];
    int err = roost_json_get_int64(doc, object, key, &value);

    if (err == ROOST_ERR_NOT_FOUND && least == 0)
        err = 0;
    if (err == 0 && value >= least && value <= SITE_LIMIT_MAX_W) {
        *out = (uint32_t)value;
        return 0;
    }
    snprintf(message, sizeof message, "%s: a whole number of W from %d to %d", key, (int)least,
             SITE_LIMIT_MAX_W);
    return rest_refuse(exchange, message);
}

static int take_member(const struct roost_json *doc, int at, struct csms_site_charger *member,
                       struct http_exchange *exchange)
{
    struct site_charger *charger = &member->charger;
    int err = roost_json_get_string(doc, at, "identity", member->identity, sizeof member->identity);

    if (err < 0 || !rest_is_name(member->identity, CSMS_IDENTITY_MAX, sizeof member->identity))
        return rest_refuse(exchange, "chargers.identity: 1 to 48 characters");
    err = take_watts(doc, at, "nominal_w", 1, &charger->nominal_w, exchange);
    if (err == 0)
        err = take_watts(doc, at, "minimum_w", 1, &charger->minimum_w, exchange);
    if (err == 0)
        err = take_watts(doc, at, "fallback_w", 0, &charger->fallback_w, exchange);
    return err;
}

static int take_row(const struct roost_json *doc, struct csms_site_row *row,
                    struct http_exchange *exchange)
{
    int err = take_watts(doc, ROOST_JSON_ROOT, "limit_w", 1, &row->limit_w, exchange);
    int list = roost_json_find(doc, ROOST_JSON_ROOT, "chargers");

    if (err < 0)
        return err;
    if (list < 0)
        return 0;
    if (roost_json_type(doc, list) != ROOST_JSON_ARRAY ||
        roost_json_size(doc, list) > SITE_CHARGERS_MAX)
        return rest_refuse(exchange, "chargers: a list of at most 128");
    row->count = roost_json_size(doc, list);
    int at = row->count > 0 ? roost_json_at(doc, list, 0) : 0;
    for (size_t i = 0; err == 0 && i < row->count; i++, at = roost_json_next(doc, at))
        err = take_member(doc, at, &row->chargers[i], exchange);
    return err;
}

static void refuse_row(struct http_exchange *exchange, int err)
{
    switch (err) {
    case ROOST_ERR_RANGE:
        (void)rest_refuse(exchange, "chargers: minimum_w is at most nominal_w, and fallback_w is 0 "
                                    "or between them");
        break;
    case ROOST_ERR_STATE:
        (void)rest_refuse(exchange, "limit_w: the fallback_w of all chargers are more");
        break;
    case ROOST_ERR_EXISTS:
        http_fail(exchange, 409, "exists", "chargers: one stands at another site, or twice");
        break;
    case ROOST_ERR_FULL:
        http_fail(exchange, 409, "full", "there are 64 sites already");
        break;
    default:
        answer_registry_err(exchange, err, "the site");
        break;
    }
}

void sites_put(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *id = is_served(csms, exchange) ? id_of(request, exchange) : NULL;
    struct roost_json doc;

    if (!id)
        return;
    struct roost_json_token *tokens = calloc(TOKENS, sizeof *tokens);
    struct csms_site_row *row = calloc(1, sizeof *row);
    int status = csms_site_find(csms, id) ? 200 : 201;
    int err = tokens && row ? 0 : ROOST_ERR_NO_MEMORY;
    if (err < 0) {
        http_fail_err(exchange, err, NULL);
    } else if (roost_json_parse(&doc, tokens, TOKENS, request->body, request->body_len) < 0 ||
               roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT) {
        http_fail(exchange, 400, "invalid_body", "the body must be one JSON object");
    } else if (take_row(&doc, row, exchange) == 0) {
        snprintf(row->id, sizeof row->id, "%s", id);
        err = csms_site_keep(csms, row);
        const struct shown shown = {csms, csms_site_find(csms, id)};
        if (err < 0)
            refuse_row(exchange, err);
        else
            rest_answer(exchange, status, write_one, &shown);
    }
    free(tokens);
    free(row);
}

void sites_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = is_served(ctx, exchange) ? id_of(request, exchange) : NULL;

    if (!id)
        return;
    int err = csms_site_forget(ctx, id);
    if (err < 0)
        answer_registry_err(exchange, err, "the site");
    else
        http_answer(exchange, 204, NULL, "", 0);
}
