/* SPDX-License-Identifier: Apache-2.0 */
/* Tariffs, set whole with the places where they hold. Answered at once, as sites are. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"
#include "hub/csms/tariffs.h"
#include "hub/csms/till.h"

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_tariff *tariff = ctx;

    roost_json_object(w);
    csms_tariff_write(w, &tariff->row);
    roost_json_end(w);
}

static void write_all(struct roost_json_writer *w, const void *ctx)
{
    const struct csms *csms = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "tariffs");
    for (const struct csms_tariff *at = csms->tariffs; at; at = at->next)
        write_one(w, at);
    roost_json_end(w);
    roost_json_end(w);
}

static bool is_served(const struct csms *csms, struct http_exchange *exchange)
{
    if (csms->with && csms->with->till)
        return true;
    http_fail(exchange, 503, "not_served", "no tariffs are kept here");
    return false;
}

static const char *id_of(const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = http_param(request, "tariff_id");

    if (id && rest_is_name(id, TARIFF_ID_BYTES - 1, TARIFF_ID_BYTES))
        return id;
    http_fail(exchange, 404, "not_found", "tariff_id: not found");
    return NULL;
}

void tariffs_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    (void)request;
    if (is_served(ctx, exchange))
        rest_answer(exchange, 200, write_all, ctx);
}

void tariffs_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = is_served(ctx, exchange) ? id_of(request, exchange) : NULL;
    const struct csms_tariff *tariff = id ? csms_tariff_find(ctx, id) : NULL;

    if (tariff)
        rest_answer(exchange, 200, write_one, tariff);
    else if (id)
        http_fail(exchange, 404, "not_found", "tariff_id: not found");
}

static void keep(struct csms *csms, const struct csms_tariff_row *row, int status,
                 struct http_exchange *exchange)
{
    int err = csms_tariff_keep(csms, row);

    switch (err) {
    case 0:
        rest_answer(exchange, status, write_one, csms_tariff_find(csms, row->prices.tariff.id));
        break;
    case ROOST_ERR_EXISTS:
        http_fail(exchange, 409, "exists",
                  "places: another tariff holds at one of them, or one is there twice");
        break;
    case ROOST_ERR_STATE:
        http_fail(exchange, 409, "currency", "currency: the other tariffs have another one");
        break;
    case ROOST_ERR_FULL:
        http_fail(exchange, 409, "full", "there are 64 tariffs already");
        break;
    default:
        answer_registry_err(exchange, err, "the tariff");
        break;
    }
}

void tariffs_put(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *id = is_served(csms, exchange) ? id_of(request, exchange) : NULL;
    char why[CSMS_TARIFF_WHY];
    struct roost_json doc;

    if (!id)
        return;
    struct roost_json_token *tokens = calloc(CSMS_TARIFF_TOKENS, sizeof *tokens);
    struct csms_tariff_row *row = calloc(1, sizeof *row);
    int status = csms_tariff_find(csms, id) ? 200 : 201;
    if (!tokens || !row) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
    } else if (roost_json_parse(&doc, tokens, CSMS_TARIFF_TOKENS, request->body,
                                request->body_len) < 0 ||
               roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT) {
        http_fail(exchange, 400, "invalid_body", "the body must be one JSON object");
    } else {
        snprintf(row->prices.tariff.id, sizeof row->prices.tariff.id, "%s", id);
        if (csms_tariff_take(&doc, row, why) < 0)
            (void)rest_refuse(exchange, why);
        else
            keep(csms, row, status, exchange);
    }
    free(tokens);
    free(row);
}

void tariffs_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *id = is_served(ctx, exchange) ? id_of(request, exchange) : NULL;

    if (!id)
        return;
    int err = csms_tariff_forget(ctx, id);
    if (err < 0)
        answer_registry_err(exchange, err, "the tariff");
    else
        http_answer(exchange, 204, NULL, "", 0);
}
