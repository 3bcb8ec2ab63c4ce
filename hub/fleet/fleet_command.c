/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to devices. A record is in the registry before the command is on its way; it is in
 * memory until its answer is in the registry too.
 *
 *     fleet_command --registry: stored--> published --answer or time-out--> finished
 *                                                     --registry: saved--> gone
 */
#include <openssl/crypto.h>
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
#include "proto/fleet/command.h"

enum { SAVE_RETRY_MS = 1000 };

static struct metric *result_metric(const struct fleet *fleet, const char *state)
{
    if (strcmp(state, "ok") == 0)
        return fleet->command_ok;
    return strcmp(state, "timeout") == 0 ? fleet->command_timeout : fleet->command_failed;
}

/* The record's result; an answer that does not fit is left out. */
static void set_result(struct fleet *fleet, struct registry_command *record, const char *state,
                       const char *answer, size_t answer_len)
{
    snprintf(record->state, sizeof record->state, "%s", state);
    if (answer_len < sizeof record->answer_json) {
        memcpy(record->answer_json, answer, answer_len);
        record->answer_json[answer_len] = '\0';
    }
    record->finished_ms = fleet_unix(fleet);
}

/* What is kept of an answer: its data, or {"error","message"}. */
static void set_answer(struct fleet *fleet, struct registry_command *record,
                       const struct roost_answer *answer)
{
    char text[256];
    struct roost_json_writer w;
    if (answer->ok) {
        set_result(fleet, record, "ok", answer->data_json ? answer->data_json : "",
                   answer->data_len);
        return;
    }
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "error", answer->error);
    roost_json_put_str(&w, "message", answer->message);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    set_result(fleet, record, "failed", text, len > 0 ? (size_t)len : 0);
}

/* The device did what it was asked to. */
static void tell_services(const struct fleet *fleet, const struct registry_command *record)
{
    for (size_t i = 0; i < fleet->services->count; i++)
        if (fleet->services->at[i].row->obeyed)
            fleet->services->at[i].row->obeyed(fleet->services->at[i].service, record);
}

/* The record has its result: counts and tells it. */
static void tell_result(struct fleet *fleet, const struct registry_command *record)
{
    metric_add(result_metric(fleet, record->state), 1);
    fleet_send_command(fleet, record);
    HOST_LOG(ROOST_LOG_INFO, "fleet", "command finished", RF_STR("device_id", record->device_id),
             RF_STR("command", record->name), RF_STR("command_id", record->id),
             RF_STR("state", record->state));
    if (strcmp(record->state, "ok") == 0)
        tell_services(fleet, record);
}

static void forget_args(struct pending *pending)
{
    if (pending->args)
        OPENSSL_cleanse(pending->args, strlen(pending->args));
    free(pending->args);
    pending->args = NULL;
}

static void drop_pending(struct pending *pending)
{
    struct fleet *fleet = pending->fleet;
    size_t index = 0;
    while (fleet->pending[index] != pending)
        index++;
    fleet->pending[index] = fleet->pending[--fleet->pending_count];
    forget_args(pending);
    free(pending);
}

static struct pending *add_pending(struct fleet *fleet)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return NULL;
    pending->fleet = fleet;
    fleet->pending[fleet->pending_count++] = pending;
    return pending;
}

/* ---- the result on its way into the registry ---- */

static void save(struct pending *pending);

static void saved(void *arg, int err, const struct registry_answer *answer)
{
    struct pending *pending = arg;
    struct fleet *fleet = pending->fleet;
    pending->saving = false;
    if (!err && pending->late)
        tell_result(fleet, answer->commands);
    if (!err && pending->again) {
        save(pending);
    } else if (!err || err == ROOST_ERR_EXISTS || err == ROOST_ERR_NOT_FOUND) {
        const struct hub_receipt receipt = pending->receipt;
        drop_pending(pending); /* also when there is nothing to be said any more */
        if (receipt.give)
            receipt.give(receipt.ctx, receipt.number, receipt.label);
    } else {
        pending->due_ms = fleet_now(fleet) + SAVE_RETRY_MS;
    }
}

static void save(struct pending *pending)
{
    const struct registry_request request = {.op = REGISTRY_COMMAND_FINISH,
                                             .command = &pending->record};
    pending->saving = true;
    pending->again = false;
    int err = registry_ask(pending->fleet->registry, &request, saved, pending);
    if (err)
        saved(pending, err, NULL);
}

/* ---- sending ---- */

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

/* By the service that has the device at a connection of its own; ROOST_ERR_NOT_FOUND: none has. */
static int carry(const struct fleet *fleet, struct fleet_device *device,
                 const struct hub_command *command)
{
    int err = ROOST_ERR_NOT_FOUND;
    for (size_t i = 0; i < fleet->services->count && err == ROOST_ERR_NOT_FOUND; i++)
        if (fleet->services->at[i].row->carry)
            err =
                fleet->services->at[i].row->carry(fleet->services->at[i].service, device, command);
    return err;
}

static int send_out(const struct pending *pending, struct fleet_device *device)
{
    const struct fleet *fleet = pending->fleet;
    const struct registry_command *record = &pending->record;
    const char *args_json = pending->args;
    uint32_t max_age_ms = fleet->config.command_max_age_ms;
    int64_t expires_ms = max_age_ms ? record->created_ms + max_age_ms : 0;
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[ROOST_COMMAND_MAX + 1];
    int len = roost_topic_write(topic, sizeof topic, &roost_fleet_topics[ROOST_TOPIC_COMMAND],
                                record->device_id);
    if (len >= 0)
        len = roost_command_write(payload, sizeof payload, record->id, record->name, args_json,
                                  args_json ? strlen(args_json) : 0, expires_ms);
    if (len < 0)
        return len;
    const struct hub_command command = {.id = record->id,
                                        .name = record->name,
                                        .args_json = args_json,
                                        .json = payload,
                                        .len = (size_t)len};
    int err = carry(fleet, device, &command);
    if (err != ROOST_ERR_NOT_FOUND)
        return err;
    return fleet->bus->ops->publish(fleet->bus->ctx, topic, payload, (size_t)len, 1, false);
}

/* It never went out: said in its row. */
static void finish_unsent(struct pending *pending, int err)
{
    struct roost_answer unsent = {.ok = false};
    struct remembered *known = fleet_remembered(pending->fleet, pending->record.id);
    snprintf(unsent.error, sizeof unsent.error, "%s", roost_err_name(err));
    snprintf(unsent.message, sizeof unsent.message, "%s", roost_err_text(err));
    set_answer(pending->fleet, &pending->record, &unsent);
    tell_result(pending->fleet, &pending->record);
    pending->finished = true;
    if (known)
        known->answered = true;
}

static void recorded(void *arg, int err, const struct registry_answer *answer)
{
    struct pending *pending = arg;
    struct fleet *fleet = pending->fleet;
    fleet_command_fn done = pending->done;
    void *done_arg = pending->arg;
    (void)answer;
    if (err) {
        fleet_unremember(fleet, pending->record.id);
        drop_pending(pending);
        if (done)
            done(done_arg, err, NULL);
        return;
    }
    pending->recorded = true;
    pending->due_ms = fleet_now(fleet) + fleet->config.command_timeout_ms;
    struct fleet_device *device = fleet_find(fleet, pending->record.device_id);
    err = device ? send_out(pending, device) : ROOST_ERR_NOT_FOUND;
    forget_args(pending);
    if (err)
        finish_unsent(pending, err);
    if (done)
        done(done_arg, err, err ? NULL : &pending->record);
    if (err)
        save(pending);
}

const char *fleet_refusal(const struct fleet *fleet, const struct fleet_device *device,
                          const char *name)
{
    const char *why = NULL;
    for (size_t i = 0; i < fleet->services->count && !why; i++)
        if (fleet->services->at[i].row->refuses)
            why = fleet->services->at[i].row->refuses(fleet->services->at[i].service, device, name);
    return why;
}

int fleet_command(struct fleet *fleet, const char *device_id, const char *name,
                  const char *args_json, int64_t operator_id, fleet_command_fn done, void *arg)
{
    const struct entry *entry = id_table_find(&fleet->table, device_id);
    if (!entry || entry->leaving)
        return ROOST_ERR_NOT_FOUND;
    if (fleet->pending_count == FLEET_PENDING_MAX)
        return ROOST_ERR_FULL;
    struct pending *pending = add_pending(fleet);
    if (!pending)
        return ROOST_ERR_NO_MEMORY;
    pending->done = done;
    pending->arg = arg;
    int err = fill(fleet, &pending->record, device_id, name, args_json, operator_id);
    if (!err && args_json)
        err = (pending->args = strdup(args_json)) ? 0 : ROOST_ERR_NO_MEMORY;
    if (!err && !fleet_remember(fleet, pending->record.id, device_id))
        err = ROOST_ERR_NO_MEMORY;
    const struct registry_request request = {.op = REGISTRY_COMMAND_PUT,
                                             .command = &pending->record};
    if (!err)
        err = registry_ask(fleet->registry, &request, recorded, pending);
    if (err) {
        fleet_unremember(fleet, pending->record.id);
        drop_pending(pending);
    }
    return err;
}

/* ---- answers ---- */

static struct pending *find_pending(const struct fleet *fleet, const char *id)
{
    for (size_t i = 0; i < fleet->pending_count; i++)
        if (strcmp(fleet->pending[i]->record.id, id) == 0)
            return fleet->pending[i];
    return NULL;
}

/* To a command that is no longer waited for: timed out, or sent before a restart. */
static int late_answer(struct fleet *fleet, const struct remembered *known,
                       const struct roost_answer *answer, const struct hub_receipt *receipt)
{
    if (fleet->pending_count == FLEET_PENDING_MAX)
        return ROOST_ERR_FULL;
    struct pending *pending = add_pending(fleet);
    if (!pending)
        return ROOST_ERR_NO_MEMORY;
    memcpy(pending->record.id, known->id, sizeof known->id);
    memcpy(pending->record.device_id, known->device_id, sizeof known->device_id);
    pending->recorded = pending->finished = pending->late = true;
    set_answer(fleet, &pending->record, answer);
    if (receipt)
        pending->receipt = *receipt;
    save(pending);
    return 0;
}

int fleet_answer(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len,
                 const struct hub_receipt *receipt)
{
    struct roost_answer answer;
    int err = roost_answer_parse(&answer, payload, len);
    if (err) /* a missing member, too: NOT_FOUND is for commands */
        return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_INVALID : err;
    fleet_heard(fleet, device);
    struct remembered *known = fleet_remembered(fleet, answer.id);
    struct pending *pending = known && known->answered ? NULL : find_pending(fleet, answer.id);
    const char *asked = known ? known->device_id : pending ? pending->record.device_id : "";
    if (strcmp(asked, device->id) != 0 || (pending && !pending->recorded)) /* guessed: not out */
        return ROOST_ERR_NOT_FOUND;
    if (known && known->answered)
        return ROOST_ERR_EXISTS;
    if (pending) {
        set_answer(fleet, &pending->record, &answer);
        tell_result(fleet, &pending->record);
        pending->finished = true;
        pending->again = pending->saving; /* its time-out is just being stored */
        if (receipt)
            pending->receipt = *receipt;
        if (!pending->saving)
            save(pending);
    } else {
        err = late_answer(fleet, known, &answer, receipt);
    }
    if (known)
        known->answered = err == 0;
    return err;
}

/* ---- time ---- */

/* Nobody waits any more for the answers to commands of an earlier run. A registry that cannot be
 * written now, on a full disk, must not keep the hub from starting: it is told later. */
static void expired(void *arg, int err, const struct registry_answer *answer)
{
    struct fleet *fleet = arg;
    (void)answer;
    if (err && fleet->expire_due_ms == 0)
        HOST_LOG(ROOST_LOG_ERROR, "fleet", "old commands not timed out, will be retried",
                 RF_ERR("error", err));
    fleet->expiring = false;
    if (!err)
        fleet->expire_before_ms = 0;
    fleet->expire_due_ms = fleet_now(fleet) + SAVE_RETRY_MS;
}

static void expire(struct fleet *fleet)
{
    const struct registry_request request = {.op = REGISTRY_COMMAND_EXPIRE,
                                             .number = fleet->expire_before_ms};
    fleet->expiring = true;
    int err = registry_ask(fleet->registry, &request, expired, fleet);
    if (err)
        expired(fleet, err, NULL);
}

void fleet_commands_load(struct fleet *fleet)
{
    fleet->expire_before_ms = fleet_unix(fleet);
    expire(fleet);
}

/* What is due of one command; returns when to be called again. */
static uint64_t tick_pending(struct pending *pending, uint64_t now_ms)
{
    if (!pending->recorded || pending->saving)
        return UINT64_MAX;
    if (now_ms < pending->due_ms)
        return pending->due_ms;
    if (!pending->finished) {
        set_result(pending->fleet, &pending->record, "timeout", "", 0);
        tell_result(pending->fleet, &pending->record);
        pending->finished = true;
    }
    save(pending);
    return pending->saving ? UINT64_MAX : pending->due_ms;
}

uint64_t fleet_commands_tick(struct fleet *fleet, uint64_t now_ms)
{
    uint64_t due_ms = UINT64_MAX;
    if (fleet->expire_before_ms != 0 && !fleet->expiring) {
        if (now_ms >= fleet->expire_due_ms)
            expire(fleet);
        if (!fleet->expiring)
            due_ms = fleet->expire_due_ms;
    }
    for (size_t i = 0; i < fleet->pending_count; i++) {
        uint64_t pending_ms = tick_pending(fleet->pending[i], now_ms);
        if (pending_ms < due_ms)
            due_ms = pending_ms;
    }
    return due_ms;
}
