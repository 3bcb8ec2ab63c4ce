/* SPDX-License-Identifier: Apache-2.0 */
/* The device as one of the fleet: what it says of its health is taken as a status message would be,
 * commands go to it over its socket, and its answers come back the same way. */
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/json_read.h"
#include "hub/voice/voice_internal.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"

/* ---- who it is ---- */

struct voice_device *voice_device_of(struct voice *voice, struct fleet_device *device)
{
    struct voice_device *part = device->part[voice->parts.slot];

    if (!part && (part = calloc(1, sizeof *part))) {
        part->device = device;
        part->last_end = VOICE_TURN_ENDS;
        part->lines =
            (struct host_log_limit){.burst = VOICE_LINES_BURST, .every_ms = VOICE_LINES_EVERY_MS};
        device->part[voice->parts.slot] = part;
    }
    return part;
}

/* Of a device that is being removed nothing may be said to it now: its session ends with the next
 * tick, and at the hub's end without one. */
void voice_forget(void *service, struct fleet_device *device)
{
    struct voice *voice = service;
    struct voice_device *part = device->part[voice->parts.slot];

    if (part->session) {
        part->session->device = NULL;
        voice_session_wake(part->session);
    }
    free(part);
    device->part[voice->parts.slot] = NULL;
}

/* ---- health ---- */

void voice_fleet_online(struct voice_session *session, bool online)
{
    static const char first[] = "{\"online\":true,\"seq\":0,\"type\":\"" VOICE_TYPE "\"}";
    struct fleet_device *device = session->device->device;
    const char *status = !online                ? ROOST_STATUS_OFFLINE
                         : device->type[0] == 0 ? first
                                                : "{\"online\":true}";

    (void)fleet_status(session->voice->parts.fleet, device, status, strlen(status), false);
}

void voice_fleet_heard(struct voice_session *session)
{
    uint64_t now_ms = voice_now(session->voice);

    if (session->told_ms != 0 && now_ms - session->told_ms < VOICE_HEARD_MS)
        return;
    session->told_ms = now_ms;
    fleet_heard(session->voice->parts.fleet, session->device->device);
}

static uint32_t number_of(const struct roost_json *doc, const char *key, const char *other)
{
    double value = 0;

    if (roost_json_get_double(doc, ROOST_JSON_ROOT, key, &value) != 0 && other)
        (void)roost_json_get_double(doc, ROOST_JSON_ROOT, other, &value);
    return value > 0 && value < UINT32_MAX ? (uint32_t)value : 0;
}

/* A device of the field says it in its own words: heap, rssi, uptime, firmware_version. */
static int status_of_field(struct roost_status *status, const char *body, size_t len)
{
    enum { TOKENS = 128, MS_PER_S = 1000 };
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    double rssi = 0;

    int err = roost_json_parse(&doc, tokens, TOKENS, body, len);
    if (err < 0)
        return err;
    *status = (struct roost_status){.online = true, .has_health = true, .type = VOICE_TYPE};
    status->heap_free_bytes = number_of(&doc, "heap", "free_heap");
    status->heap_low_bytes = number_of(&doc, "min_heap", NULL);
    status->uptime_ms = (uint64_t)number_of(&doc, "uptime", NULL) * MS_PER_S;
    if (roost_json_get_double(&doc, ROOST_JSON_ROOT, "rssi", &rssi) == 0 && rssi > -200 &&
        rssi < 50)
        status->rssi_dbm = (int32_t)rssi;
    (void)roost_json_get_string(&doc, ROOST_JSON_ROOT, "firmware_version", status->firmware,
                                sizeof status->firmware);
    (void)roost_json_get_string(&doc, ROOST_JSON_ROOT, "reset_reason", status->reset_reason,
                                sizeof status->reset_reason);
    return 0;
}

void voice_fleet_status(struct voice_session *session, const struct voice_up *up)
{
    struct fleet *fleet = session->voice->parts.fleet;
    struct fleet_device *device = session->device->device;
    struct roost_status status;
    char json[ROOST_STATUS_MAX];

    if (fleet_status(fleet, device, up->body, up->body_len, false) == 0)
        return;
    int len = status_of_field(&status, up->body, up->body_len);
    if (len == 0)
        len = roost_status_write(json, sizeof json, &status);
    if (len < 0 || fleet_status(fleet, device, json, (size_t)len, false) < 0)
        voice_refuse(session, VOICE_ERROR_INVALID_MESSAGE, "system_status: not a status");
}

/* ---- commands ---- */

/* What a device of the field knows; its answers carry no id. */
static bool is_fielded(const char *name)
{
    return strcmp(name, "wifi_scan") == 0 || strcmp(name, "wifi_connect") == 0 ||
           strcmp(name, "wifi_rssi") == 0;
}

static int carry_fielded(struct voice_session *session, const struct hub_command *command)
{
    struct voice *voice = session->voice;

    if (!is_fielded(command->name))
        return ROOST_ERR_UNSUPPORTED;
    int len =
        voice_write_command(voice->out, VOICE_FRAME_MAX, command->name, NULL, command->args_json,
                            command->args_json ? strlen(command->args_json) : 0, voice_unix(voice));
    int err = voice_send(session, len);
    if (err == 0)
        snprintf(session->asked_id, sizeof session->asked_id, "%s", command->id);
    return err;
}

int voice_carry(void *service, struct fleet_device *device, const struct hub_command *command)
{
    const struct voice *voice = service;
    const struct voice_device *part = device->part[voice->parts.slot];
    struct voice_session *session = part ? part->session : NULL;

    if (!part)
        return ROOST_ERR_NOT_FOUND; /* it never came by a socket */
    if (!session || !session->link)
        return ROOST_ERR_CLOSED;
    if (!session->has_features)
        return carry_fielded(session, command);
    return hub_peer_send(session->link->peer, HUB_PEER_TEXT, command->json, command->len);
}

const char *voice_refuses(const void *service, const struct fleet_device *device,
                          const char *command)
{
    const struct voice *voice = service;
    const struct voice_device *part = device->part[voice->parts.slot];

    (void)command;
    if (!part || (part->session && part->session->link))
        return NULL;
    return "the teddy is away: it is not connected, and nothing was sent";
}

/* {"networks":[...]} of a device of the field becomes the answer to what was asked last. */
static int wrap(const struct voice_session *session, const struct voice_up *up, char *out,
                size_t size)
{
    struct roost_json_writer w;

    if (session->asked_id[0] == '\0')
        return ROOST_ERR_NOT_FOUND;
    roost_answer_begin(&w, out, size, session->asked_id);
    roost_json_raw(&w, up->body, up->body_len);
    return roost_answer_end(&w);
}

void voice_fleet_answer(struct voice_session *session, const struct voice_up *up)
{
    struct fleet *fleet = session->voice->parts.fleet;
    struct fleet_device *device = session->device->device;
    char json[ROOST_ANSWER_MAX];
    int err;

    if (up->type == VOICE_UP_ANSWER) {
        err = fleet_answer(fleet, device, up->body, up->body_len, NULL);
    } else {
        int len = wrap(session, up, json, sizeof json);
        err = len < 0 ? len : fleet_answer(fleet, device, json, (size_t)len, NULL);
        session->asked_id[0] = '\0';
    }
    if (err < 0 && err != ROOST_ERR_EXISTS)
        voice_refuse(session, VOICE_ERROR_INVALID_MESSAGE, "answer: to no command that waits");
}
