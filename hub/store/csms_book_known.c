/* SPDX-License-Identifier: Apache-2.0 */
/* Chargers that have measured, so that a message of theirs asks the file nothing. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/csms_book_sql.h"

enum { ROOM_FIRST = 256, ROOM_MAX = 32768 };

static struct csms_known *place_of(const struct csms_sql *sql, const char *identity)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (const char *at = identity; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 1099511628211U;
    for (size_t i = (size_t)(hash ^ hash >> 32);; i++) {
        struct csms_known *known = &sql->known[i & (sql->known_room - 1)];
        if (known->number == 0 || strcmp(known->identity, identity) == 0)
            return known;
    }
}

/* Never more than half full; of more chargers than ROOM_MAX / 2 some are looked up again. */
static int make_room(struct csms_sql *sql)
{
    struct csms_known *old = sql->known;
    size_t old_room = sql->known_room;

    if (2 * (sql->known_count + 1) <= old_room)
        return 0;
    if (old_room == ROOM_MAX) {
        csms_sql_forget(sql);
        return 0;
    }
    size_t room = old_room ? 2 * old_room : ROOM_FIRST;
    struct csms_known *known = calloc(room, sizeof *known);
    if (!known)
        return ROOST_ERR_NO_MEMORY;
    sql->known = known;
    sql->known_room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].number != 0)
            *place_of(sql, old[i].identity) = old[i];
    free(old);
    return 0;
}

struct csms_known *csms_sql_known(struct csms_sql *sql, const char *identity, int *err)
{
    int64_t number;

    *err = make_room(sql);
    if (*err)
        return NULL;
    struct csms_known *known = place_of(sql, identity);
    if (known->number != 0)
        return known;
    *err = csms_sql_name(sql, identity, &number);
    if (*err)
        return NULL;
    strncpy(known->identity, identity, sizeof known->identity - 1);
    known->number = number;
    known->tx = 0;
    sql->known_count++;
    return known;
}

void csms_sql_forget(struct csms_sql *sql)
{
    if (sql->known_count > 0)
        memset(sql->known, 0, sql->known_room * sizeof *sql->known);
    sql->known_count = 0;
}
