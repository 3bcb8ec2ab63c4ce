/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to a device and what became of them. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/api_internal.h"
#include "hub/fleet/view.h"
#include "proto/fleet/command.h"

static void answer_command(struct http_exchange *exchange, int status,
                           const struct registry_command *command)
{
    char text[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    fleet_view_command(&w, command);
    answer_json(exchange, status, &w);
}

static void listed(void *arg, int err, const struct registry_answer *answer)
{
    struct http_exchange *exchange = arg;
    size_t size = err == 0 ? answer->count * FLEET_VIEW_MAX + 64 : 0;
    char *text = err == 0 ? malloc(size) : NULL;
    if (!text) {
        answer_registry_err(exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY,
                            err != 0 ? "the commands cannot be read" : NULL);
        return;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "commands");
    for (size_t i = 0; i < answer->count; i++)
        fleet_view_command(&w, &answer->commands[i]);
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    free(text);
}

void api_list_commands(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = answer_device_of(api->parts.fleet, request, exchange);
    int64_t limit = 20;
    if (!device || query_int(request, "limit", 1, 200, &limit, exchange) != 0)
        return;
    const struct registry_request list = {
        .op = REGISTRY_COMMAND_LIST, .key = device->id, .count = (size_t)limit};
    int err = registry_ask(api->parts.registry, &list, listed, exchange);
    if (err != 0)
        listed(exchange, err, NULL);
}

static void sent(void *arg, int err, const struct registry_command *command)
{
    struct http_exchange *exchange = arg;
    if (err != 0)
        answer_registry_err(exchange, err, "the command was not sent");
    else
        answer_command(exchange, 202, command);
}

void api_send_command(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct fleet_device *device = answer_device_of(api->parts.fleet, request, exchange);
    if (!device)
        return;
    struct body body;
    char name[ROOST_COMMAND_NAME_MAX + 1];
    char args[ROOST_COMMAND_MAX - 128];
    if (body_read(&body, request, exchange) != 0 ||
        body_string(&body, "command", name, 1, sizeof name, exchange) != 0)
        return;
    int has_args = body_optional_object(&body, "args", args, sizeof args, exchange);
    if (has_args < 0)
        return;
    /* The name goes to the device as it is: nothing in it may need escaping. */
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name)) {
        http_fail(exchange, 400, "invalid_field", "command: only a-z and _");
        return;
    }
    const char *why = fleet_refusal(api->parts.fleet, device, name);
    if (why) {
        http_fail(exchange, 409, "refused", why);
        return;
    }
    int err = fleet_command(api->parts.fleet, device->id, name, has_args ? args : NULL,
                            request->identity.id, sent, exchange);
    if (err != 0)
        sent(exchange, err, NULL);
}

static void found(void *arg, int err, const struct registry_answer *answer)
{
    struct http_exchange *exchange = arg;
    if (err != 0)
        answer_registry_err(exchange, err, "command");
    else
        answer_command(exchange, 200, answer->commands);
}

void api_get_command(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct api *api = ctx;
    const struct registry_request get = {.op = REGISTRY_COMMAND_GET,
                                         .key = http_param(request, "command_id")};
    int err = registry_ask(api->parts.registry, &get, found, exchange);
    if (err != 0) /* an id that is too long is none of ours */
        found(exchange, err == ROOST_ERR_TOO_LONG ? ROOST_ERR_NOT_FOUND : err, NULL);
}
