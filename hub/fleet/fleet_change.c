/* SPDX-License-Identifier: Apache-2.0 */
/* What operators change: asked of the registry first, shown when it is there. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "hub/fleet/fleet_internal.h"

/* A change on its way. */
struct change {
    struct fleet *fleet;
    struct registry_device record;
    unsigned fields;
    fleet_done_fn done;
    void *arg;
};

static struct change *change_new(struct fleet *fleet, fleet_done_fn done, void *arg)
{
    struct change *change = calloc(1, sizeof *change);
    if (!change)
        return NULL;
    change->fleet = fleet;
    change->done = done;
    change->arg = arg;
    return change;
}

/* Asks, or frees the change and says why not. */
static int ask(struct change *change, const struct registry_request *request, registry_done_fn done)
{
    int err = registry_ask(change->fleet->registry, request, done, change);
    if (err)
        free(change);
    return err;
}

static void change_over(struct change *change, int err)
{
    if (change->done)
        change->done(change->arg, err);
    free(change);
}

/* 0 when the text fits and is one JSON object. */
static int check_config(const char *config_json)
{
    struct roost_json doc;
    struct roost_json_token tokens[128];
    struct registry_device record;
    if (strlen(config_json) >= sizeof record.config_json)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, 128, config_json, strlen(config_json));
    if (err)
        return err;
    return roost_json_type(&doc, ROOST_JSON_ROOT) == ROOST_JSON_OBJECT ? 0 : ROOST_ERR_INVALID;
}

/* Copies a text into a record's field; NULL leaves it. */
static int put_field(char *field, size_t size, const char *text)
{
    if (!text)
        return 0;
    size_t len = strlen(text);
    if (len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(field, text, len + 1);
    return 0;
}

/* ---- claim, name, location, config ---- */

static void updated(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    struct entry *entry = id_table_find(&change->fleet->table, change->record.id);
    (void)answer;
    if (!err)
        err = entry ? fleet_apply(change->fleet, entry, &change->record, change->fields)
                    : ROOST_ERR_NOT_FOUND; /* removed meanwhile */
    change_over(change, err);
}

/* One field of the record and that it is meant; NULL leaves it. */
static int set_field(struct change *change, enum registry_field which, char *field, size_t size,
                     const char *text)
{
    change->fields |= text ? which : 0u;
    return put_field(field, size, text);
}

int fleet_update(struct fleet *fleet, const char *device_id, const bool *claimed, const char *name,
                 const char *location, const char *config_json, fleet_done_fn done, void *arg)
{
    const struct entry *entry = id_table_find(&fleet->table, device_id);
    if (!entry || entry->leaving)
        return ROOST_ERR_NOT_FOUND;
    int err = config_json ? check_config(config_json) : 0;
    struct change *change = err ? NULL : change_new(fleet, done, arg);
    if (!change)
        return err ? err : ROOST_ERR_NO_MEMORY;
    struct registry_device *record = &change->record;
    fleet_record(entry, record);
    err = set_field(change, REGISTRY_NAME, record->name, sizeof record->name, name);
    if (!err)
        err = set_field(change, REGISTRY_LOCATION, record->location, sizeof record->location,
                        location);
    if (!err)
        err = set_field(change, REGISTRY_CONFIG, record->config_json, sizeof record->config_json,
                        config_json);
    if (claimed) {
        record->claimed = *claimed;
        change->fields |= REGISTRY_CLAIMED;
    }
    if (err) {
        free(change);
        return err;
    }
    const struct registry_request request = {
        .op = REGISTRY_DEVICE_CHANGE, .devices = record, .fields = change->fields};
    return ask(change, &request, updated);
}

/* ---- coming ---- */

static void added(void *arg, int err, const struct registry_answer *answer)
{
    struct change *change = arg;
    (void)answer;
    change->fleet->adding--;
    change_over(change, err ? err : fleet_take_stored(change->fleet, &change->record));
}

int fleet_add(struct fleet *fleet, const char *device_id, const char *type, const char *name,
              fleet_done_fn done, void *arg)
{
    int err = roost_device_id_check(device_id, strlen(device_id));
    if (!err && id_table_find(&fleet->table, device_id))
        err = ROOST_ERR_EXISTS;
    if (!err && fleet_leaves(fleet, device_id))
        err = ROOST_ERR_BUSY;
    if (!err && fleet->table.count + fleet->adding >= fleet->config.device_max)
        err = ROOST_ERR_FULL;
    struct change *change = err ? NULL : change_new(fleet, done, arg);
    if (!change)
        return err ? err : ROOST_ERR_NO_MEMORY;
    struct registry_device *record = &change->record;
    record->claimed = true;
    record->registered_ms = fleet_unix(fleet);
    err = put_field(record->id, sizeof record->id, device_id);
    if (!err)
        err = put_field(record->type, sizeof record->type, type);
    if (!err)
        err = put_field(record->name, sizeof record->name, name);
    if (err) {
        free(change);
        return err;
    }
    const struct registry_request request = {
        .op = REGISTRY_DEVICES_ADD, .devices = record, .count = 1};
    err = ask(change, &request, added);
    fleet->adding += err == 0;
    return err;
}
