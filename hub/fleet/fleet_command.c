/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to devices. A record is in the registry before the command is on its way; it is in
 * memory until its answer is in the registry too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/log.h"
#include "core/json_write.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"
#include "hub/uuid.h"
#include "proto/climate/any_topic.h"
#include "proto/fleet/command.h"

enum { SAVE_RETRY_MS = 1000 };

static struct metric *result_metric(const struct fleet *fleet, const char *state)
{
    if (strcmp(state, "ok") == 0)
        return fleet->command_ok;
    return strcmp(state, "timeout") == 0 ? fleet->command_timeout : fleet->command_failed;
}

static int save(struct fleet *fleet, const struct registry_command *record)
{
    return fleet->registry->ops->command_put(fleet->registry->ctx, record);
}

/* The record has its result: counts and tells it. */
static void finish(struct fleet *fleet, struct registry_command *record, const char *state,
                   const char *answer, size_t answer_len)
{
    snprintf(record->state, sizeof record->state, "%s", state);
    if (answer_len < sizeof record->answer_json) {
        memcpy(record->answer_json, answer, answer_len);
        record->answer_json[answer_len] = '\0';
    }
    record->finished_ms = fleet_unix(fleet);
    metric_add(result_metric(fleet, state), 1);
    fleet_send_command(fleet, record);
    HOST_LOG(ROOST_LOG_INFO, "fleet", "command finished", RF_STR("device_id", record->device_id),
             RF_STR("command", record->name), RF_STR("command_id", record->id),
             RF_STR("state", record->state));
}

/* What is kept of an answer: its data, or {"error","message"}. */
static void finish_answered(struct fleet *fleet, struct registry_command *record,
                            const struct roost_answer *answer)
{
    char text[256];
    struct roost_json_writer w;
    if (answer->ok) {
        finish(fleet, record, "ok", answer->data_json ? answer->data_json : "", answer->data_len);
        return;
    }
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "error", answer->error);
    roost_json_put_str(&w, "message", answer->message);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    finish(fleet, record, "failed", text, len > 0 ? (size_t)len : 0);
}

static void drop_pending(struct fleet *fleet, size_t index)
{
    free(fleet->pending[index]);
    fleet->pending[index] = fleet->pending[--fleet->pending_count];
}

/* Takes the value at `index` of the text that `doc` was parsed from out of its copy. */
static void mask(const struct roost_json *doc, int index, char *copy)
{
    size_t len;
    const char *text = roost_json_text(doc, index, &len);
    char *at = copy + (text - doc->text);
    bool quoted = roost_json_type(doc, index) == ROOST_JSON_STRING;
    if (!quoted) {
        memset(at, ' ', len);
        at[0] = '0';
    } else if (len > 3) {
        memset(at, ' ', len + 1);
        memcpy(at, "***\"", 4);
    } else {
        memset(at, '*', len);
    }
}

/* Keeps the arguments, but for the passphrases and the like that are for the device alone. */
static int take_args(struct registry_command *record, const char *args_json)
{
    struct roost_json doc;
    struct roost_json_token tokens[ROOST_COMMAND_TOKENS];
    size_t len = strlen(args_json);
    if (len >= sizeof record->args_json)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, ROOST_COMMAND_TOKENS, args_json, len);
    if (err)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    memcpy(record->args_json, args_json, len + 1);
    for (size_t i = 0; i < roost_json_size(&doc, ROOST_JSON_ROOT); i++) {
        int key = roost_json_at(&doc, ROOST_JSON_ROOT, i);
        char name[64];
        if (roost_json_string(&doc, key, name, sizeof name) < 0 || roost_log_is_secret(name))
            mask(&doc, key + 1, record->args_json);
    }
    return 0;
}

static int fill(struct fleet *fleet, struct registry_command *record, const char *device_id,
                const char *name, const char *args_json, int64_t operator_id)
{
    if (strlen(name) >= sizeof record->name)
        return ROOST_ERR_TOO_LONG;
    int err = take_args(record, args_json ? args_json : "{}");
    if (err)
        return err;
    uuid_new(record->id, fleet->clock);
    snprintf(record->device_id, sizeof record->device_id, "%s", device_id);
    snprintf(record->name, sizeof record->name, "%s", name);
    snprintf(record->state, sizeof record->state, "sent");
    record->created_ms = fleet_unix(fleet);
    record->operator_id = operator_id;
    return 0;
}

static int publish(struct fleet *fleet, const struct registry_command *record,
                   const char *args_json)
{
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[ROOST_COMMAND_MAX + 1];
    int len = roost_any_topic_write(topic, sizeof topic, ANY_TOPIC_COMMAND, record->device_id);
    if (len >= 0)
        len = roost_command_write(payload, sizeof payload, record->id, record->name, args_json,
                                  args_json ? strlen(args_json) : 0);
    if (len < 0)
        return len;
    return fleet->bus->ops->publish(fleet->bus->ctx, topic, payload, (size_t)len, 1, false);
}

int fleet_command(struct fleet *fleet, const char *device_id, const char *name,
                  const char *args_json, int64_t operator_id, char id_out[37])
{
    if (!fleet_find(fleet, device_id))
        return ROOST_ERR_NOT_FOUND;
    if (fleet->pending_count == FLEET_PENDING_MAX)
        return ROOST_ERR_FULL;
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return ROOST_ERR_NO_MEMORY;
    struct registry_command *record = &pending->record;
    int err = fill(fleet, record, device_id, name, args_json, operator_id);
    if (!err)
        err = save(fleet, record);
    if (err) {
        free(pending);
        return err;
    }
    memcpy(id_out, record->id, sizeof record->id);
    pending->due_ms = fleet_now(fleet) + fleet->config.command_timeout_ms;
    err = publish(fleet, record, args_json);
    if (err) {
        struct roost_answer unsent = {.ok = false};
        snprintf(unsent.error, sizeof unsent.error, "%s", roost_err_name(err));
        snprintf(unsent.message, sizeof unsent.message, "%s", roost_err_text(err));
        finish_answered(fleet, record, &unsent);
        pending->finished = true;
        pending->due_ms = fleet_now(fleet); /* saved by the next tick */
    }
    fleet->pending[fleet->pending_count++] = pending;
    return err;
}

/* An answer to a command that is no longer waited for: timed out, or sent before a restart. */
static int late_answer(struct fleet *fleet, struct fleet_device *device,
                       const struct roost_answer *answer)
{
    struct registry_command record;
    int err = fleet->registry->ops->command_get(fleet->registry->ctx, answer->id, &record);
    if (err)
        return err;
    if (strcmp(record.device_id, device->id) != 0)
        return ROOST_ERR_NOT_FOUND;
    if (strcmp(record.state, "sent") != 0 && strcmp(record.state, "timeout") != 0)
        return ROOST_ERR_EXISTS;
    finish_answered(fleet, &record, answer);
    return save(fleet, &record);
}

int fleet_answer(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len)
{
    struct roost_answer answer;
    int err = roost_answer_parse(&answer, payload, len);
    if (err) /* a missing member, too: NOT_FOUND is for commands */
        return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_INVALID : err;
    fleet_heard(fleet, device);
    for (size_t i = 0; i < fleet->pending_count; i++) {
        struct pending *pending = fleet->pending[i];
        if (strcmp(pending->record.id, answer.id) != 0)
            continue;
        if (strcmp(pending->record.device_id, device->id) != 0)
            return ROOST_ERR_NOT_FOUND;
        if (pending->finished)
            return ROOST_ERR_EXISTS;
        finish_answered(fleet, &pending->record, &answer);
        pending->finished = true;
        pending->due_ms = fleet_now(fleet);
        if (save(fleet, &pending->record) == 0)
            drop_pending(fleet, i);
        return 0;
    }
    return late_answer(fleet, device, &answer);
}

/* Nobody waits any more for the answers to commands of an earlier run. A registry that cannot be
 * written now, on a full disk, must not keep the hub from starting: it is told later. */
static void expire(struct fleet *fleet, uint64_t now_ms)
{
    int err = fleet->registry->ops->command_expire(fleet->registry->ctx, fleet->expire_before_ms);
    if (err && fleet->expire_due_ms == 0)
        HOST_LOG(ROOST_LOG_ERROR, "fleet", "old commands not timed out, will be retried",
                 RF_ERR("error", err));
    if (!err)
        fleet->expire_before_ms = 0;
    fleet->expire_due_ms = now_ms + SAVE_RETRY_MS;
}

void fleet_commands_load(struct fleet *fleet)
{
    fleet->expire_before_ms = fleet_unix(fleet);
    expire(fleet, fleet_now(fleet));
}

uint64_t fleet_commands_tick(struct fleet *fleet, uint64_t now_ms)
{
    uint64_t due_ms = UINT64_MAX;
    if (fleet->expire_before_ms != 0) {
        if (now_ms >= fleet->expire_due_ms)
            expire(fleet, now_ms);
        if (fleet->expire_before_ms != 0)
            due_ms = fleet->expire_due_ms;
    }
    for (size_t i = 0; i < fleet->pending_count;) {
        struct pending *pending = fleet->pending[i];
        if (now_ms >= pending->due_ms && !pending->finished) {
            finish(fleet, &pending->record, "timeout", "", 0);
            pending->finished = true;
        }
        if (now_ms >= pending->due_ms) {
            if (save(fleet, &pending->record) == 0) {
                drop_pending(fleet, i);
                continue;
            }
            pending->due_ms = now_ms + SAVE_RETRY_MS;
        }
        if (pending->due_ms < due_ms)
            due_ms = pending->due_ms;
        i++;
    }
    return due_ms;
}
