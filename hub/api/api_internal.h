/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of hub/api share with each other and with nobody else. */
#ifndef ROOST_HUB_API_API_INTERNAL_H
#define ROOST_HUB_API_API_INTERNAL_H

#include "hub/rest/answer.h"
#include "hub/api/api.h"
#include "hub/api/auth.h"
#include "hub/api/device_list.h"

struct claims;

struct api {
    struct api_parts parts;
    struct worker *hasher; /* of passwords */
    struct auth *auth;
    uv_timer_t turn; /* of the sign-ins */
    bool turns;      /* the timer is there */
    struct device_lists *lists;
    struct claims *claims;
    struct http_route routes[API_ROUTES_MAX];
    size_t route_count;
};

enum { API_WHY_MAX = 192 };

/* Whether a device may be made that is of this type: what the field says is a product's. Otherwise
 * `why` names the field and the types. */
bool api_type_check(const struct api *api, const char *field, const char *type,
                    char why[API_WHY_MAX]);

/* Where devices find this hub. */
enum { API_HOST_MAX = 200 };
struct api_origin {
    char host[API_HOST_MAX + 1];
    uint16_t port;
    bool tls;
};

/* Returns 0, or an error after a 400. */
int api_find_origin(const struct api *api, const struct http_request *request,
                    struct http_exchange *exchange, struct api_origin *origin);

#define API_HANDLER(name)                                                                          \
    void name(void *ctx, const struct http_request *request, struct http_exchange *exchange)
API_HANDLER(api_list_devices);
API_HANDLER(api_add_device);
API_HANDLER(api_get_device);
API_HANDLER(api_list_refusals);
API_HANDLER(api_update_device);
API_HANDLER(api_remove_device);
API_HANDLER(api_list_commands);
API_HANDLER(api_send_command);
API_HANDLER(api_get_command);
API_HANDLER(api_import_batch);
API_HANDLER(api_esp32_config);
API_HANDLER(api_esp32_firmware);
API_HANDLER(api_esp32_image);
#undef API_HANDLER

#endif
