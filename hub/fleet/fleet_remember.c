/* SPDX-License-Identifier: Apache-2.0 */
/* The newest commands by id. A device's answer is judged by them at once; asking the registry for
 * every id that somebody sends would let a device keep it busy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_internal.h"

int fleet_remember_init(struct fleet *fleet, uint64_t seed)
{
    fleet->remembered = calloc(FLEET_REMEMBERED_MAX, sizeof *fleet->remembered);
    id_table_init(&fleet->commands, seed);
    return fleet->remembered ? 0 : ROOST_ERR_NO_MEMORY;
}

void fleet_remember_deinit(struct fleet *fleet)
{
    id_table_deinit(&fleet->commands);
    free(fleet->remembered);
}

struct remembered *fleet_remembered(const struct fleet *fleet, const char *id)
{
    return id_table_find(&fleet->commands, id);
}

void fleet_unremember(struct fleet *fleet, const char *id)
{
    struct remembered *found = id_table_remove(&fleet->commands, id);
    if (found)
        found->id[0] = '\0';
}

/* Takes a place of the ring, whatever was there. NULL: out of memory. */
static struct remembered *take_place(struct fleet *fleet, size_t place, const char *id,
                                     const char *device_id)
{
    struct remembered *command = &fleet->remembered[place];
    if (command->id[0])
        id_table_remove(&fleet->commands, command->id);
    *command = (struct remembered){.answered = false};
    snprintf(command->id, sizeof command->id, "%s", id);
    snprintf(command->device_id, sizeof command->device_id, "%s", device_id);
    if (id_table_add(&fleet->commands, command) == 0)
        return command;
    command->id[0] = '\0';
    return NULL;
}

struct remembered *fleet_remember(struct fleet *fleet, const char *id, const char *device_id)
{
    fleet_unremember(fleet, id);
    struct remembered *command = take_place(fleet, fleet->remembered_next, id, device_id);
    fleet->remembered_next = (fleet->remembered_next + 1) % FLEET_REMEMBERED_MAX;
    return command;
}

/* They come newest first and go into the ring from its end, so that the oldest is the first to be
 * overwritten. */
static int load_one(void *arg, const struct registry_command *command)
{
    struct fleet *fleet = arg;
    struct remembered *taken = take_place(fleet, FLEET_REMEMBERED_MAX - 1 - fleet->commands.count,
                                          command->id, command->device_id);
    if (!taken)
        return ROOST_ERR_NO_MEMORY;
    taken->answered = strcmp(command->state, "sent") != 0 && strcmp(command->state, "timeout") != 0;
    return 0;
}

int fleet_remember_load(struct fleet *fleet)
{
    return fleet->registry->ops->load_commands(fleet->registry->ctx, FLEET_REMEMBERED_MAX, load_one,
                                               fleet);
}
