/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/rest.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"

/* ---- a request on its way ---- */

struct rest_ask *rest_ask_new(struct csms *csms, struct http_exchange *exchange)
{
    if (!csms->with || !csms->with->desk) {
        http_fail(exchange, 503, "not_served", "no chargers are served here");
        return NULL;
    }
    struct rest_ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    *ask = (struct rest_ask){.csms = csms, .exchange = exchange, .status = 200};
    return ask;
}

void rest_ask_free(struct rest_ask *ask)
{
    OPENSSL_cleanse(ask->password, sizeof ask->password);
    free(ask);
}

void rest_fail(struct rest_ask *ask, int err)
{
    /* Too much asked of the file at once is no fault of the request: 503, not 429. */
    answer_registry_err(ask->exchange, err == ROOST_ERR_FULL ? ROOST_ERR_BUSY : err, ask->what);
    rest_ask_free(ask);
}

int rest_refuse(struct http_exchange *exchange, const char *message)
{
    http_fail(exchange, 400, "invalid_field", message);
    return ROOST_ERR_INVALID;
}

void rest_read(struct rest_ask *ask, const struct csms_desk_query *query, csms_desk_fn done)
{
    const struct csms_desk *desk = ask->csms->with->desk;
    /* At the hub's end it is closed before the book is, whose last answers lead here. */
    int err = desk ? desk->ops->read(desk->ctx, query, done, ask) : ROOST_ERR_CLOSED;

    if (err < 0)
        done(ask, err, NULL);
}

void rest_answer(struct http_exchange *exchange, int status, rest_write_fn write, const void *ctx)
{
    enum { FIRST = 16384, MOST = 64 << 20 };
    struct roost_json_writer w;

    for (size_t size = FIRST; size <= MOST; size *= 4) {
        char *text = malloc(size);
        if (!text)
            break;
        roost_json_begin(&w, text, size);
        write(&w, ctx);
        int len = roost_json_finish(&w);
        if (len >= 0) {
            http_answer_take(exchange, status, "application/json", text, (size_t)len);
            return;
        }
        free(text);
    }
    http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
}

void rest_end(struct rest_ask *ask, int err, rest_write_fn write, const void *ctx)
{
    if (err < 0) {
        rest_fail(ask, err);
        return;
    }
    rest_answer(ask->exchange, 200, write, ctx);
    rest_ask_free(ask);
}

static void answer_of_book(struct rest_ask *ask, const struct csms_desk_found *found,
                           rest_write_fn write)
{
    struct csms_charger charger = {.csms = ask->csms};

    known_init(&charger.known);
    memcpy(charger.identity, ask->identity, sizeof charger.identity);
    csms_boot_is(&charger, &found->chargers->boot);
    if (found->document_count > 0)
        (void)known_load(&charger.known, found->documents[0].text,
                         strlen(found->documents[0].text));
    rest_answer(ask->exchange, 200, write, &charger);
    known_deinit(&charger.known);
}

void rest_end_known(struct rest_ask *ask, int err, const struct csms_desk_found *found,
                    rest_write_fn write)
{
    if (err == 0 && found->charger_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0) {
        rest_fail(ask, err);
        return;
    }
    const struct csms_charger *charger = csms_charger_find(ask->csms, ask->identity);
    if (charger && charger->recalled)
        rest_answer(ask->exchange, ask->status, write, charger);
    else
        answer_of_book(ask, found, write);
    rest_ask_free(ask);
}

/* ---- what a request says ---- */

bool rest_is_name(const char *text, size_t max, size_t size)
{
    size_t chars = 0, bytes = strlen(text);
    const char *end = text + bytes;

    if (bytes >= size)
        return false;
    for (size_t len; text < end; text += len, chars++) {
        len = roost_utf8_len(text, end);
        if (len == 0 || (len == 1 && ((unsigned char)*text < ' ' || *text == 0x7F)))
            return false;
    }
    return chars > 0 && chars <= max;
}

static const char *param_of(const struct http_request *request, struct http_exchange *exchange,
                            const char *name, size_t max, size_t size)
{
    const char *value = http_param(request, name);
    char message[64];

    if (value && rest_is_name(value, max, size))
        return value;
    snprintf(message, sizeof message, "%s: not found", name);
    http_fail(exchange, 404, "not_found", message);
    return NULL;
}

const char *rest_identity_of(const struct http_request *request, struct http_exchange *exchange)
{
    return param_of(request, exchange, "identity", CSMS_IDENTITY_MAX, CSMS_IDENTITY_MAX + 1);
}

const char *rest_tag_of(const struct http_request *request, struct http_exchange *exchange)
{
    return param_of(request, exchange, "id_tag", (OCPP_ID_TAG_BYTES - 1) / 4, OCPP_ID_TAG_BYTES);
}

int rest_search(const struct http_request *request, const char **search,
                struct http_exchange *exchange)
{
    *search = http_query(request, "search");
    if (*search && (*search)[0] == '\0')
        *search = NULL;
    if (*search && !rest_is_name(*search, CSMS_DESK_SEARCH_MAX, CSMS_DESK_SEARCH_MAX + 1))
        return rest_refuse(exchange, "search: at most 64 bytes, no control characters");
    return 0;
}

int rest_limit(const struct http_request *request, int64_t most, uint32_t *limit,
               struct http_exchange *exchange)
{
    int64_t value = most < REST_LIST_DEFAULT ? most : REST_LIST_DEFAULT;
    int err = query_int(request, "limit", 1, most, &value, exchange);

    *limit = (uint32_t)value;
    return err;
}

/* ---- the table ---- */

/* A list of a thousand tags; SendLocalList is the largest. */
enum { OPERATION_MAX = 512 * 1024 };

#define V1           "/api/v1"
#define CHARGER      V1 "/chargers/{identity}"
#define TAG          V1 "/tags/{id_tag}"
#define SITE         V1 "/sites/{site_id}"
#define TARIFF       V1 "/tariffs/{tariff_id}"
#define PAYMENT      V1 "/payments/{payment_id}"
#define TEMPLATE     V1 "/templates/{template}"
#define PUBLIC_READ  HTTP_ROLE_ANYONE, HTTP_RATE_READ
#define PUBLIC_WRITE HTTP_ROLE_ANYONE, HTTP_RATE_WRITE
#define READ         HTTP_ROLE_OPERATOR, HTTP_RATE_READ
#define WRITE        HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE

const struct http_route csms_routes[CSMS_ROUTES] = {
    {HTTP_GET, V1 "/chargers", READ, chargers_list, NULL, 0},
    {HTTP_POST, V1 "/chargers", WRITE, chargers_add, NULL, 0},
    {HTTP_GET, CHARGER, READ, chargers_get, NULL, 0},
    {HTTP_PATCH, CHARGER, WRITE, chargers_change, NULL, 0},
    {HTTP_DELETE, CHARGER, WRITE, chargers_remove, NULL, 0},
    {HTTP_POST, CHARGER "/password", WRITE, chargers_password, NULL, 0},
    {HTTP_POST, CHARGER "/operations/{operation}", WRITE, chargers_operate, NULL, OPERATION_MAX},
    {HTTP_GET, CHARGER "/known", READ, chargers_known, NULL, 0},
    {HTTP_GET, CHARGER "/connectors", READ, chargers_connectors, NULL, 0},
    {HTTP_GET, CHARGER "/notes", READ, chargers_notes, NULL, 0},
    {HTTP_GET, CHARGER "/messages", READ, chargers_messages, NULL, 0},
    {HTTP_GET, CHARGER "/drift", READ, chargers_drift, NULL, 0},
    {HTTP_POST, CHARGER "/drift", WRITE, chargers_drift_apply, NULL, 0},
    {HTTP_GET, V1 "/certificates", READ, certificates_list, NULL, 0},
    {HTTP_GET, V1 "/drift", READ, drift_list, NULL, 0},
    {HTTP_GET, V1 "/templates", READ, templates_list, NULL, 0},
    {HTTP_GET, TEMPLATE, READ, templates_get, NULL, 0},
    {HTTP_PUT, TEMPLATE, WRITE, templates_put, NULL, TEMPLATE_JSON_MAX},
    {HTTP_DELETE, TEMPLATE, WRITE, templates_remove, NULL, 0},
    {HTTP_POST, TEMPLATE "/apply", WRITE, templates_apply, NULL, 0},
    {HTTP_GET, V1 "/transactions", READ, transactions_list, NULL, 0},
    {HTTP_GET, V1 "/transactions/count", READ, transactions_count, NULL, 0},
    {HTTP_GET, V1 "/transactions/{transaction_id}", READ, transactions_get, NULL, 0},
    {HTTP_GET, V1 "/sites", READ, sites_list, NULL, 0},
    {HTTP_GET, SITE, READ, sites_get, NULL, 0},
    {HTTP_PUT, SITE, WRITE, sites_put, NULL, 0},
    {HTTP_DELETE, SITE, WRITE, sites_remove, NULL, 0},
    {HTTP_GET, V1 "/tariffs", READ, tariffs_list, NULL, 0},
    {HTTP_GET, TARIFF, READ, tariffs_get, NULL, 0},
    {HTTP_PUT, TARIFF, WRITE, tariffs_put, NULL, 0},
    {HTTP_DELETE, TARIFF, WRITE, tariffs_remove, NULL, 0},
    {HTTP_GET, V1 "/payments", READ, payments_list, NULL, 0},
    {HTTP_GET, PAYMENT, READ, payments_get, NULL, 0},
    {HTTP_POST, PAYMENT "/decision", WRITE, payments_decide, NULL, 0},
    {HTTP_GET, CHARGER "/pay-link", READ, pay_link_get, NULL, 0},
    {HTTP_GET, "/pay/style.css", PUBLIC_READ, pay_style, NULL, 0},
    {HTTP_GET, "/pay/page.js", PUBLIC_READ, pay_script, NULL, 0},
    {HTTP_GET, "/pay/{token}", PUBLIC_READ, pay_get, NULL, 0},
    {HTTP_POST, "/pay/{token}", PUBLIC_WRITE, pay_post, NULL, 0},
    {HTTP_POST, "/pay/notices", PUBLIC_WRITE, pay_notices, NULL, 0},
    {HTTP_GET, V1 "/ledger", READ, payments_check, NULL, 0},
    {HTTP_GET, V1 "/tags", READ, tags_list, NULL, 0},
    {HTTP_POST, V1 "/tags", WRITE, tags_add, NULL, 0},
    {HTTP_GET, TAG, READ, tags_get, NULL, 0},
    {HTTP_PUT, TAG, WRITE, tags_change, NULL, 0},
    {HTTP_DELETE, TAG, WRITE, tags_remove, NULL, 0},
};
