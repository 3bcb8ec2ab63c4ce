/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/wiped.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { ROOM_MIN = 4096 };

int wiped_add(struct wiped *b, const void *more, size_t len)
{
    if (len == 0)
        return 0;
    if (b->len + len > b->room) {
        size_t room = b->room ? b->room : ROOM_MIN;
        uint8_t *at;
        while (room < b->len + len)
            room *= 2;
        at = malloc(room); /* realloc would leave a copy behind */
        if (!at)
            return ROOST_ERR_NO_MEMORY;
        if (b->len > 0)
            memcpy(at, b->at, b->len);
        if (b->at)
            explicit_bzero(b->at, b->room);
        free(b->at);
        b->at = at;
        b->room = room;
    }
    memcpy(b->at + b->len, more, len);
    b->len += len;
    return 0;
}

void wiped_clear(struct wiped *b)
{
    if (b->at)
        explicit_bzero(b->at, b->len);
    b->len = 0;
}

void wiped_free(struct wiped *b)
{
    if (b->at)
        explicit_bzero(b->at, b->room);
    free(b->at);
    *b = (struct wiped){0};
}
