/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to a device and what became of them. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/api_internal.h"
#include "hub/fleet/view.h"
#include "proto/fleet/command.h"

static void answer_command(struct api *api, struct http_exchange *exchange, int status,
                           const char *command_id)
{
    struct registry_command command;
    const struct registry *registry = api->parts.registry;
    int err = registry->ops->command_get(registry->ctx, command_id, &command);
    if (err != 0) {
        http_fail_err(exchange, err, "command");
        return;
    }
    char text[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    fleet_view_command(&w, &command);
    answer_json(exchange, status, &w);
}

static int list_one(void *arg, const struct registry_command *command)
{
    fleet_view_command(arg, command);
    return 0;
}

void api_list_commands(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = api_device(api, request, exchange);
    int64_t limit = 20;
    if (device == NULL || query_int(request, "limit", 1, 200, &limit, exchange) != 0)
        return;
    size_t size = (size_t)limit * FLEET_VIEW_MAX + 64;
    char *text = malloc(size);
    if (text == NULL) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "commands");
    const struct registry *registry = api->parts.registry;
    int err = registry->ops->command_list(registry->ctx, device->id, (uint32_t)limit, list_one, &w);
    roost_json_end(&w);
    roost_json_end(&w);
    if (err != 0)
        http_fail_err(exchange, err, "the commands cannot be read");
    else
        answer_json(exchange, 200, &w);
    free(text);
}

void api_send_command(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = api_device(api, request, exchange);
    if (device == NULL)
        return;
    struct body body;
    char name[ROOST_COMMAND_NAME_MAX + 1];
    char args[ROOST_COMMAND_MAX - 128];
    char command_id[37];
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "command", name, 1, sizeof name, exchange) != 0)
        return;
    int has_args = body_optional_object(&body, "args", args, sizeof args, exchange);
    if (has_args < 0)
        return;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name)) {
        http_fail(exchange, 400, "invalid_field", "command: only a-z and _");
        return;
    }
    int err = fleet_command(api->parts.fleet, device->id, name, has_args ? args : NULL,
                            request->identity.id, command_id);
    if (err != 0)
        http_fail_err(exchange, err, "the command was not sent");
    else
        answer_command(api, exchange, 202, command_id);
}

void api_get_command(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    answer_command(ctx, exchange, 200, http_param(request, "command_id"));
}
