/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/api_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "hub/api/children.h"
#include "hub/api/claim.h"
#include "hub/api/operators.h"
#include "hub/factory/batch.h"

static void get_openapi(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    (void)ctx;
    (void)request;
    http_answer_cached(exchange, "application/json", api_openapi, api_openapi_len,
                       "public, max-age=600");
}

/* The handlers' ctx is filled in by api_new: the part of the API named in the last column. */
enum subject { API, AUTH, EVENTS };

#define V1     "/api/v1"
#define ESP32  V1 "/esp32"
#define DEVICE V1 "/devices/{device_id}"
#define PEOPLE V1 "/operators"
#define CHILD  V1 "/children/{child_id}"
static const struct {
    enum http_method method;
    const char *path;
    enum http_role role;
    enum http_rate rate;
    http_handler_fn handler;
    enum subject subject;
} table[] = {
    {HTTP_GET, "/api/openapi.json", HTTP_ROLE_ANYONE, HTTP_RATE_READ, get_openapi, API},
    {HTTP_POST, V1 "/auth/login", HTTP_ROLE_ANYONE, HTTP_RATE_SIGN_IN, auth_login, AUTH},
    {HTTP_POST, V1 "/auth/refresh", HTTP_ROLE_ANYONE, HTTP_RATE_WRITE, auth_refresh, AUTH},
    {HTTP_POST, V1 "/auth/logout", HTTP_ROLE_ANYONE, HTTP_RATE_WRITE, auth_logout, AUTH},
    {HTTP_GET, V1 "/auth/me", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, auth_me, AUTH},
    {HTTP_GET, PEOPLE, HTTP_ROLE_OPERATOR, HTTP_RATE_READ, operators_list, AUTH},
    {HTTP_POST, PEOPLE, HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, operators_add, AUTH},
    {HTTP_PUT, PEOPLE "/me/password", HTTP_ROLE_OPERATOR, HTTP_RATE_SIGN_IN, operators_password,
     AUTH},
    {HTTP_DELETE, PEOPLE "/{operator_id}", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, operators_remove,
     AUTH},
    {HTTP_GET, V1 "/devices", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, api_list_devices, API},
    {HTTP_POST, V1 "/devices", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, api_add_device, API},
    {HTTP_POST, V1 "/devices/batch", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, api_import_batch, API},
    {HTTP_GET, DEVICE, HTTP_ROLE_OPERATOR, HTTP_RATE_READ, api_get_device, API},
    {HTTP_PATCH, DEVICE, HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, api_update_device, API},
    {HTTP_DELETE, DEVICE, HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, api_remove_device, API},
    {HTTP_GET, DEVICE "/commands", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, api_list_commands, API},
    {HTTP_POST, DEVICE "/commands", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, api_send_command, API},
    {HTTP_GET, V1 "/commands/{command_id}", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, api_get_command,
     API},
    {HTTP_GET, V1 "/refusals", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, api_list_refusals, API},
    {HTTP_GET, V1 "/children", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, children_list, API},
    {HTTP_POST, V1 "/children", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, children_add, API},
    {HTTP_GET, CHILD, HTTP_ROLE_OPERATOR, HTTP_RATE_READ, children_get, API},
    {HTTP_PUT, CHILD, HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, children_change, API},
    {HTTP_DELETE, CHILD, HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, children_remove, API},
    {HTTP_POST, CHILD "/consents", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, children_consent, API},
    {HTTP_DELETE, CHILD "/consents/{kind}", HTTP_ROLE_OPERATOR, HTTP_RATE_WRITE, children_revoke,
     API},
    {HTTP_GET, CHILD "/audit", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, children_audit, API},
    {HTTP_POST, V1 "/pair/claim", HTTP_ROLE_ANYONE, HTTP_RATE_WRITE, claim_post, API},
    {HTTP_GET, ESP32 "/config", HTTP_ROLE_ANYONE, HTTP_RATE_READ, api_esp32_config, API},
    {HTTP_GET, ESP32 "/firmware", HTTP_ROLE_ANYONE, HTTP_RATE_READ, api_esp32_firmware, API},
    {HTTP_GET, ESP32 "/firmware/image", HTTP_ROLE_ANYONE, HTTP_RATE_READ, api_esp32_image, API},
    {HTTP_GET, V1 "/events", HTTP_ROLE_OPERATOR, HTTP_RATE_READ, events_get, EVENTS},
};

static void on_turn(uv_timer_t *timer)
{
    struct api *api = timer->data;
    auth_turn(api->auth);
    claims_turn(api->claims);
}

static void on_ended(void *ctx, const char *session)
{
    struct api *api = ctx;
    if (api->parts.events)
        events_end(api->parts.events, session);
}

static void start_auth(struct api *api)
{
    auth_on_ended(api->auth, on_ended, api);
    auth_on_stranger(api->auth, claim_refresh, api->claims);
    auth_load(api->auth);
    uv_timer_init(api->parts.loop, &api->turn);
    api->turn.data = api;
    uv_timer_start(&api->turn, on_turn, AUTH_TURN_MS, AUTH_TURN_MS);
    uv_unref((uv_handle_t *)&api->turn); /* keeps nobody from stopping */
    api->turns = true;
}

struct api *api_new(const struct api_parts *parts)
{
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        return NULL;
    api->parts = *parts;
    if (worker_new(&api->hasher, parts->loop, 1, AUTH_QUEUE_MAX) != 0) {
        free(api);
        return NULL;
    }
    api->auth =
        auth_new(parts->jwt_secret, parts->registry, parts->clock, api->hasher, parts->metrics);
    api->lists = device_lists_new(parts->loop, parts->fleet);
    api->claims = claims_new(api);
    if (!api->auth || !api->lists || !api->claims) {
        api_free(api);
        return NULL;
    }
    start_auth(api);
    void *const subjects[] = {[API] = api, [AUTH] = api->auth, [EVENTS] = parts->events};
    ROOST_ASSERT(sizeof table / sizeof table[0] <= API_ROUTES_MAX);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        api->routes[api->route_count++] = (struct http_route){
            .method = table[i].method,
            .path = table[i].path,
            .role = table[i].role,
            .rate = table[i].rate,
            .handler = table[i].handler,
            .ctx = subjects[table[i].subject],
            .body_max = table[i].handler == api_import_batch ? FACTORY_FILE_MAX : 0,
        };
    return api;
}

void api_stop(struct api *api)
{
    auth_on_ended(api->auth, NULL, NULL);
    uv_timer_stop(&api->turn);
}

void api_free(struct api *api)
{
    if (!api)
        return;
    if (api->turns) {
        api_stop(api);
        uv_close((uv_handle_t *)&api->turn, NULL);
    }
    device_lists_free(api->lists);
    worker_close(api->hasher, false);
    uv_run(api->parts.loop, UV_RUN_NOWAIT); /* frees their handles */
    auth_free(api->auth);
    claims_free(api->claims);
    free(api);
}

const struct http_route *api_routes(const struct api *api, size_t *count)
{
    *count = api->route_count;
    return api->routes;
}

struct http_guard api_guard(const struct api *api)
{
    return auth_guard(api->auth);
}
