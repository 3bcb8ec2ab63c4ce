/* SPDX-License-Identifier: Apache-2.0 */
/* Import of what a factory made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/api_internal.h"
#include "hub/fleet/fleet_import.h"
#include "host/log.h"

static void refuse(struct http_exchange *exchange, int err, const char *why)
{
    switch (err) {
    case ROOST_ERR_TOO_LONG:
        http_fail(exchange, 413, "batch_too_large", why);
        break;
    case ROOST_ERR_AUTH:
    case ROOST_ERR_CRYPTO:
        http_fail(exchange, 403, "not_signed", why);
        break;
    case ROOST_ERR_NO_MEMORY:
        http_fail_err(exchange, err, NULL);
        break;
    default:
        http_fail(exchange, 400, "invalid_field", why);
    }
}

static bool may_import(const struct api_factory *factory, struct http_exchange *exchange)
{
    const char *missing = !factory->public_key     ? "ROOST_FACTORY_KEY_FILE"
                          : !factory->registry_key ? "ROOST_REGISTRY_KEY"
                                                   : NULL;
    char why[API_WHY_MAX];

    if (!missing)
        return true;
    snprintf(why, sizeof why, "no batch is imported here: the hub's setting %s is missing",
             missing);
    http_fail(exchange, 403, "import_off", why);
    return false;
}

static void answer_failure(struct http_exchange *exchange, int err,
                           const struct fleet_import *result)
{
    char why[API_WHY_MAX];

    switch (err) {
    case ROOST_ERR_EXISTS:
        snprintf(why, sizeof why,
                 "device_id: %s is registered already, and not as this batch says; nothing was "
                 "imported",
                 result->device_id);
        http_fail(exchange, 409, "exists", why);
        break;
    case ROOST_ERR_CRYPTO:
        snprintf(why, sizeof why,
                 "device_id: the secret of %s cannot be sealed or opened with this "
                 "ROOST_REGISTRY_KEY; nothing was imported",
                 result->device_id);
        http_fail(exchange, 409, "other_registry_key", why);
        break;
    case ROOST_ERR_FULL:
        http_fail(exchange, 409, "full",
                  "devices: more than ROOST_DEVICE_MAX with this batch; nothing was imported");
        break;
    default:
        answer_registry_err(exchange, err, "the batch could not be stored");
    }
}

static void answer_imported(struct http_exchange *exchange, const struct factory_batch *batch,
                            const struct fleet_import *result)
{
    char text[512];
    struct roost_json_writer w;

    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "batch", batch->id);
    roost_json_put_str(&w, "product", batch->product);
    roost_json_put_uint(&w, "imported", result->imported);
    roost_json_put_uint(&w, "unchanged", result->unchanged);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
}

/* An import on its way: the batch lives as long. */
struct import {
    struct http_exchange *exchange;
    struct factory_batch *batch;
};

static void imported(void *arg, int err, const struct fleet_import *result)
{
    struct import *import = arg;

    if (err)
        answer_failure(import->exchange, err, result);
    else
        answer_imported(import->exchange, import->batch, result);
    factory_batch_free(import->batch);
    free(import);
}

static void start(struct api *api, struct http_exchange *exchange, struct factory_batch *batch)
{
    static const struct fleet_import nothing;
    struct import *import = malloc(sizeof *import);

    if (!import) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        factory_batch_free(batch);
        return;
    }
    *import = (struct import){exchange, batch};
    int err =
        fleet_import(api->parts.fleet, batch, api->parts.factory.registry_key, imported, import);
    if (err)
        imported(import, err, &nothing);
}

void api_import_batch(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct api_factory *factory = &api->parts.factory;
    struct factory_batch *batch = NULL;
    char why[API_WHY_MAX];

    /* First: a hub without the keys says so to any body. */
    if (!may_import(factory, exchange))
        return;
    int err = factory_batch_read(&batch, request->body, request->body_len, factory->public_key, why,
                                 sizeof why);
    if (!err && !api_type_check(api, "product", batch->product, why))
        err = ROOST_ERR_INVALID;
    if (err) {
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "fleet", "batch refused", RF_STR("why", why),
                         RF_INT("operator_id", request->identity.id));
        refuse(exchange, err, why);
        factory_batch_free(batch);
        return;
    }
    start(api, exchange, batch);
}
