/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: one device, and what an operator keeps about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/api_internal.h"
#include "hub/fleet/view.h"

enum { CONFIG_MAX = 1024, REFUSALS_JSON_MAX = 64 * 1024 };

static void answer_device(const struct api *api, struct http_exchange *exchange, int status,
                          const struct fleet_device *device)
{
    char text[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    fleet_view_device(&w, device, fleet_services(api->parts.fleet));
    answer_json(exchange, status, &w);
}

void api_list_devices(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct api *api = ctx;
    device_lists_ask(api->lists, request, exchange);
}

/* ---- one device ---- */

/* A change of a device on its way: answered when it is in the registry. */
struct change {
    struct api *api;
    struct http_exchange *exchange;
    char id[ROOST_DEVICE_ID_MAX + 1];
};

/* NULL after a 500. */
static struct change *change_new(struct api *api, struct http_exchange *exchange, const char *id)
{
    struct change *change = malloc(sizeof *change);
    if (!change) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    change->api = api;
    change->exchange = exchange;
    snprintf(change->id, sizeof change->id, "%s", id);
    return change;
}

static void change_over(struct change *change, int err, int status, const char *what)
{
    const struct fleet_device *device = fleet_find(change->api->parts.fleet, change->id);
    if (err == 0 && !device)
        err = ROOST_ERR_NOT_FOUND; /* removed meanwhile */
    if (err != 0)
        answer_registry_err(change->exchange, err, what);
    else
        answer_device(change->api, change->exchange, status, device);
    free(change);
}

void api_get_device(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = answer_device_of(api->parts.fleet, request, exchange);
    if (device)
        answer_device(api, exchange, 200, device);
}

bool api_type_check(const struct api *api, const char *field, const char *type,
                    char why[API_WHY_MAX])
{
    const struct hub_set *services = fleet_services(api->parts.fleet);
    int len;

    if (hub_type_known(services, type))
        return true;
    len = snprintf(why, API_WHY_MAX, "%s: must be ", field);
    hub_types_write(services, why + len, API_WHY_MAX - (size_t)len);
    return false;
}

static void added(void *arg, int err)
{
    change_over(arg, err, 201, "device_id");
}

void api_add_device(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    struct body body;
    char id[ROOST_DEVICE_ID_MAX + 1], type[16], name[65] = "", why[API_WHY_MAX];
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "device_id", id, 1, sizeof id, exchange) != 0 ||
        body_string(&body, "type", type, 1, sizeof type, exchange) != 0 ||
        body_optional_string(&body, "name", name, sizeof name, exchange) < 0)
        return;
    if (roost_device_id_check(id, strlen(id)) != 0) {
        http_fail(exchange, 400, "invalid_field",
                  "device_id: 1 to 64 characters of A-Z a-z 0-9 _ . : -, but for . and ..");
        return;
    }
    if (!api_type_check(api, "type", type, why)) {
        http_fail(exchange, 400, "invalid_field", why);
        return;
    }
    struct change *change = change_new(api, exchange, id);
    int err = change ? fleet_add(api->parts.fleet, id, type, name, added, change) : 0;
    if (err != 0)
        added(change, err);
}

static void updated(void *arg, int err)
{
    change_over(arg, err, 200, "the device could not be stored");
}

void api_update_device(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = answer_device_of(api->parts.fleet, request, exchange);
    if (!device)
        return;
    struct body body;
    char name[65], location[65], config[CONFIG_MAX + 1];
    bool claimed;
    if (body_read(&body, request, exchange) != 0)
        return;
    int has_name = body_optional_string(&body, "name", name, sizeof name, exchange);
    if (has_name < 0)
        return;
    int has_location = body_optional_string(&body, "location", location, sizeof location, exchange);
    if (has_location < 0)
        return;
    int has_claimed = body_optional_bool(&body, "claimed", &claimed, exchange);
    if (has_claimed < 0)
        return;
    int has_config = body_optional_object(&body, "config", config, sizeof config, exchange);
    if (has_config < 0)
        return;
    if (has_name + has_location + has_claimed + has_config == 0) {
        http_fail(exchange, 400, "invalid_body",
                  "nothing to change: send name, location, claimed or config");
        return;
    }
    struct change *change = change_new(api, exchange, device->id);
    if (!change)
        return;
    int err = fleet_update(api->parts.fleet, device->id, has_claimed ? &claimed : NULL,
                           has_name ? name : NULL, has_location ? location : NULL,
                           has_config ? config : NULL, updated, change);
    if (err != 0)
        updated(change, err);
}

/* ---- removal ---- */

enum { REMOVED_MAX = 512 };

/* Kept until it is over: by then the device has no name. */
struct removing {
    struct http_exchange *exchange;
    char id[ROOST_DEVICE_ID_MAX + 1];
};

static void removed(void *arg, int err, const struct fleet_removed *of)
{
    struct removing *removing = arg;
    char text[REMOVED_MAX];
    struct roost_json_writer w;

    if (err != 0) {
        answer_registry_err(removing->exchange, err, "the device could not be removed");
        free(removing);
        return;
    }
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", removing->id);
    roost_json_put_str(&w, "history", of->history ? "deleted" : "kept");
    roost_json_put_str(&w, "state", of->whole ? "removed" : "removing");
    roost_json_put_object(&w, "removed");
    roost_json_put_int(&w, "commands", (int64_t)of->commands);
    roost_json_put_int(&w, "streams", (int64_t)of->streams);
    roost_json_put_int(&w, "rows", (int64_t)of->rows);
    roost_json_put_int(&w, "retained_topics", (int64_t)of->retained);
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(removing->exchange, of->whole ? 200 : 202, &w);
    free(removing);
}

/* What becomes of its rows; 0, or an error after a 400. */
static int query_history(const struct http_request *request, bool *deleted,
                         struct http_exchange *exchange)
{
    const char *word = http_query(request, "history");

    *deleted = true;
    if (!word || strcmp(word, "delete") == 0)
        return 0;
    if (strcmp(word, "keep") == 0) {
        *deleted = false;
        return 0;
    }
    http_fail(exchange, 400, "invalid_field", "history: must be delete or keep");
    return ROOST_ERR_INVALID;
}

void api_remove_device(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = answer_device_of(api->parts.fleet, request, exchange);
    bool history;

    if (!device || query_history(request, &history, exchange) != 0)
        return;
    struct removing *removing = malloc(sizeof *removing);
    if (!removing) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    removing->exchange = exchange;
    snprintf(removing->id, sizeof removing->id, "%s", device->id);
    int err = fleet_remove(api->parts.fleet, device->id, history, removed, removing);
    if (err != 0)
        removed(removing, err, NULL);
}

/* ---- what belongs to none ---- */

void api_list_refusals(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    const struct api_refusals *refusals = &((struct api *)ctx)->parts.refusals;
    char *text = malloc(REFUSALS_JSON_MAX);
    struct roost_json_writer w;
    (void)request;
    if (!text) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    roost_json_begin(&w, text, REFUSALS_JSON_MAX);
    roost_json_object(&w);
    roost_json_key(&w, "refusals");
    if (refusals->write) {
        refusals->write(refusals->ctx, &w);
    } else {
        roost_json_array(&w);
        roost_json_end(&w);
    }
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    free(text);
}
