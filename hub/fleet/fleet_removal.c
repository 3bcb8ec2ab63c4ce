/* SPDX-License-Identifier: Apache-2.0 */
/* A device that leaves, and all that is kept under its id.
 *
 *     fleet_remove --registry: gone, and noted--> keeper frees the id, forgets --> end noted-->
 * over broker: retained taken away
 *
 * The note stands first: a crash anywhere after it goes on where it was at the next start. Series
 * and broker are asked side by side, as either may be away for long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"

enum { RETRY_MS = 1000 };

static uint64_t advance(struct removal *removal, uint64_t now_ms);

static struct removal *find(const struct fleet *fleet, const char *device_id)
{
    struct removal *at = fleet->removals;

    while (at && strcmp(at->device_id, device_id) != 0)
        at = at->next;
    return at;
}

bool fleet_leaves(const struct fleet *fleet, const char *device_id)
{
    const struct removal *removal = find(fleet, device_id);

    return removal && !removal->freed;
}

bool fleet_removes(const struct fleet *fleet, const char *device_id)
{
    return find(fleet, device_id) != NULL;
}

void fleet_keep(struct fleet *fleet, const struct fleet_keeper *keeper)
{
    fleet->keeper = *keeper;
}

size_t fleet_removing(const struct fleet *fleet)
{
    size_t count = 0;

    for (const struct removal *at = fleet->removals; at; at = at->next)
        count += at->done != NULL;
    return count;
}

/* ---- who is gone ---- */

int fleet_removals_init(struct fleet *fleet, uint64_t seed)
{
    fleet->gone = calloc(FLEET_GONE_MAX, sizeof *fleet->gone);
    id_table_init(&fleet->gone_ids, seed);
    return fleet->gone ? 0 : ROOST_ERR_NO_MEMORY;
}

void fleet_returned(struct fleet *fleet, const char *device_id)
{
    struct gone *gone = id_table_remove(&fleet->gone_ids, device_id);

    if (gone)
        gone->id[0] = '\0';
}

/* Out of memory here costs that one of them may come back by what the broker kept. */
static void note_gone(struct fleet *fleet, const char *device_id)
{
    struct gone *gone = &fleet->gone[fleet->gone_next];

    fleet_returned(fleet, device_id);
    if (gone->id[0])
        id_table_remove(&fleet->gone_ids, gone->id);
    snprintf(gone->id, sizeof gone->id, "%s", device_id);
    if (id_table_add(&fleet->gone_ids, gone) != 0)
        gone->id[0] = '\0';
    fleet->gone_next = (fleet->gone_next + 1) % FLEET_GONE_MAX;
}

bool fleet_is_gone(const struct fleet *fleet, const char *device_id)
{
    const struct entry *entry = id_table_find(&fleet->table, device_id);

    return entry ? entry->leaving : id_table_find(&fleet->gone_ids, device_id) != NULL;
}

/* ---- those under way ---- */

/* In the order of the removals, so that ties have one. NULL: out of memory. */
static struct removal *add(struct fleet *fleet, const char *device_id, bool history)
{
    struct removal **end = &fleet->removals;
    struct removal *removal = calloc(1, sizeof *removal);

    if (!removal)
        return NULL;
    removal->fleet = fleet;
    removal->removed.history = history;
    snprintf(removal->device_id, sizeof removal->device_id, "%s", device_id);
    while (*end)
        end = &(*end)->next;
    *end = removal;
    return removal;
}

static void drop(struct removal *removal)
{
    struct removal **at = &removal->fleet->removals;

    while (*at != removal)
        at = &(*at)->next;
    *at = removal->next;
    free(removal);
}

static void say(struct removal *removal, int err)
{
    fleet_removed_fn done = removal->done;

    removal->done = NULL;
    if (done)
        done(removal->arg, err, err ? NULL : &removal->removed);
}

/* ---- the broker ---- */

static int clear_topic(const struct fleet *fleet, const struct roost_topic *topic, const char *id)
{
    char text[ROOST_TOPIC_MAX + 1];
    int err = roost_topic_write(text, sizeof text, topic, id);

    return err < 0 ? err : fleet->bus->ops->publish(fleet->bus->ctx, text, "", 0, 1, true);
}

/* Takes away what the broker keeps of a device's topics: whoever wrote there may have done so with
 * the retain flag, and it would be taken for a word of, or for, the next device of its id. One of
 * that id that is there by now has put its own there. */
static void clear(struct removal *removal)
{
    struct fleet *fleet = removal->fleet;
    size_t cleared = 0;
    int err = 0;

    removal->cleared = id_table_find(&fleet->table, removal->device_id) != NULL;
    for (size_t i = 0; !removal->cleared && !err && i < fleet->services->count; i++) {
        const struct hub_service *row = fleet->services->at[i].row;
        for (size_t k = 0; !err && k < row->topic_count; k++) {
            err = clear_topic(fleet, row->topics[k].topic, removal->device_id);
            cleared += err == 0;
        }
    }
    if (err)
        return; /* the broker is away */
    removal->cleared = true;
    removal->removed.retained = cleared;
}

/* ---- the keeper ---- */

static void freed(void *arg, uint64_t streams)
{
    struct removal *removal = arg;

    removal->freed = true;
    removal->removed.streams = streams;
}

static void forgotten(void *arg, uint64_t rows)
{
    struct removal *removal = arg;

    removal->forgetting = false;
    removal->forgotten = true;
    removal->removed.rows = rows;
    advance(removal, fleet_now(removal->fleet));
}

static void forget(struct removal *removal)
{
    const struct fleet_keeper *keeper = &removal->fleet->keeper;

    if (!keeper->forget) {
        removal->freed = removal->forgotten = true;
        return;
    }
    removal->forgetting = true;
    if (keeper->forget(keeper->ctx, removal->device_id, removal->removed.history, freed, forgotten,
                       removal) != 0)
        removal->forgetting = false;
}

/* ---- step by step ---- */

static void ended(void *arg, int err, const struct registry_answer *answer)
{
    struct removal *removal = arg;

    (void)answer;
    removal->ending = false;
    if (err)
        removal->end_ms = fleet_now(removal->fleet) + RETRY_MS;
    else
        drop(removal);
}

static void end(struct removal *removal, uint64_t now_ms)
{
    const struct registry_request request = {
        .op = REGISTRY_REMOVAL_END, .key = removal->device_id, .count = FLEET_GONE_MAX};

    HOST_LOG(ROOST_LOG_INFO, "fleet", "device removed", RF_STR("device_id", removal->device_id),
             RF_STR("history", removal->removed.history ? "deleted" : "kept"),
             RF_INT("rows", removal->removed.rows), RF_INT("commands", removal->removed.commands));
    removal->ending = true;
    if (registry_ask(removal->fleet->registry, &request, ended, removal) != 0) {
        removal->ending = false;
        removal->end_ms = now_ms + RETRY_MS;
    }
}

/* Does what can be done now; returns when to be called again. */
static uint64_t advance(struct removal *removal, uint64_t now_ms)
{
    if (!removal->noted || removal->ending)
        return UINT64_MAX;
    if (!removal->removed.whole && now_ms >= removal->due_ms) {
        removal->due_ms = now_ms + RETRY_MS;
        if (!removal->cleared)
            clear(removal);
        if (!removal->forgotten && !removal->forgetting)
            forget(removal);
    }
    removal->removed.whole = removal->cleared && removal->forgotten;
    if (removal->removed.whole || now_ms >= removal->answer_by_ms)
        say(removal, 0);
    if (removal->removed.whole && now_ms >= removal->end_ms)
        end(removal, now_ms);
    uint64_t due_ms = removal->ending                           ? UINT64_MAX
                      : removal->removed.whole                  ? removal->end_ms
                      : removal->cleared && removal->forgetting ? UINT64_MAX
                                                                : removal->due_ms;
    return removal->done && removal->answer_by_ms < due_ms ? removal->answer_by_ms : due_ms;
}

uint64_t fleet_removals_tick(struct fleet *fleet, uint64_t now_ms)
{
    uint64_t due_ms = UINT64_MAX;
    struct removal *next;

    for (struct removal *at = fleet->removals; at; at = next) {
        next = at->next;
        uint64_t at_ms = advance(at, now_ms);
        if (at_ms < due_ms)
            due_ms = at_ms;
    }
    return due_ms;
}

static void noted(void *arg, int err, const struct registry_answer *answer)
{
    struct removal *removal = arg;
    struct fleet *fleet = removal->fleet;
    struct entry *entry = id_table_find(&fleet->table, removal->device_id);

    if (err == ROOST_ERR_NOT_FOUND && !entry->saved_once)
        err = 0; /* it had not come into the registry yet */
    if (err) {
        entry->leaving = false;
        if (!entry->saved_once)
            fleet_list_push(fleet, FLEET_LIST_RECORD, entry);
        say(removal, err);
        drop(removal);
        return;
    }
    removal->noted = true;
    removal->removed.commands = (uint64_t)answer->number;
    removal->answer_by_ms = fleet_now(fleet) + FLEET_REMOVAL_ANSWER_MS;
    fleet_forget(fleet, entry);
    note_gone(fleet, removal->device_id);
    advance(removal, fleet_now(fleet));
}

static void met(void *arg, int err, const struct registry_answer *answer)
{
    (void)arg;
    (void)err;
    (void)answer;
}

/* What is not in the registry cannot be noted as removed there: it is put there first. */
static int meet_first(const struct fleet *fleet, const struct entry *entry)
{
    struct registry_device record;
    const struct registry_request meet = {
        .op = REGISTRY_DEVICES_MEET, .devices = &record, .count = 1};

    if (entry->saved_once)
        return 0;
    fleet_record(entry, &record);
    return registry_ask(fleet->registry, &meet, met, NULL);
}

int fleet_remove(struct fleet *fleet, const char *device_id, bool history, fleet_removed_fn done,
                 void *arg)
{
    struct entry *entry = id_table_find(&fleet->table, device_id);
    size_t count = 0;

    if (!entry || entry->leaving)
        return ROOST_ERR_NOT_FOUND;
    for (const struct removal *at = fleet->removals; at; at = at->next)
        count++;
    if (count >= FLEET_REMOVALS_MAX || find(fleet, device_id))
        return ROOST_ERR_BUSY;
    struct removal *removal = add(fleet, device_id, history);
    if (!removal)
        return ROOST_ERR_NO_MEMORY;
    removal->done = done;
    removal->arg = arg;
    const struct registry_request request = {.op = REGISTRY_DEVICE_DELETE,
                                             .key = entry->device.id,
                                             .fields = history ? REGISTRY_HISTORY : 0,
                                             .number = fleet_unix(fleet)};
    int err = meet_first(fleet, entry);
    if (!err)
        err = registry_ask(fleet->registry, &request, noted, removal);
    if (err)
        drop(removal);
    entry->leaving = err == 0;
    return err;
}

/* ---- after a restart ---- */

/* Where another of that id is registered, everything but the note was over. */
static int load_one(void *arg, const struct registry_removal *stored)
{
    struct fleet *fleet = arg;
    bool returned = id_table_find(&fleet->table, stored->device_id) != NULL;

    if (!returned)
        note_gone(fleet, stored->device_id);
    if (stored->ended)
        return 0;
    struct removal *removal = add(fleet, stored->device_id, stored->history);
    if (!removal)
        return ROOST_ERR_NO_MEMORY;
    removal->noted = true;
    removal->freed = removal->forgotten = returned;
    return 0;
}

int fleet_removals_load(struct fleet *fleet)
{
    return fleet->registry->ops->load_removals(fleet->registry->ctx, load_one, fleet);
}

void fleet_removals_free(struct fleet *fleet)
{
    while (fleet->removals)
        drop(fleet->removals);
    id_table_deinit(&fleet->gone_ids);
    free(fleet->gone);
}
