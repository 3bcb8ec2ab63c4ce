/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/sign_ins.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"

enum { CHAINS = 1024 };

struct sign_in {
    struct sign_in *next; /* of its chain, or of the free ones */
    struct sign_in *older, *newer;
    char family[37];
    bool listed;
};

struct sign_ins {
    struct sign_in places[SIGN_INS_MAX];
    struct sign_in *chains[CHAINS], *free;
    struct sign_in *oldest, *newest;
    size_t count;
    void (*ended)(void *ctx, const char *family);
    void *ctx;
};

struct sign_ins *sign_ins_new(void (*ended)(void *ctx, const char *family), void *ctx)
{
    struct sign_ins *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->ended = ended;
    s->ctx = ctx;
    for (size_t i = 0; i < SIGN_INS_MAX; i++) {
        s->places[i].next = s->free;
        s->free = &s->places[i];
    }
    return s;
}

void sign_ins_free(struct sign_ins *s)
{
    free(s);
}

/* The pointer that leads to the sign-in, or the end of its chain. The names are drawn by the hub:
 * nobody can choose a long chain. */
static struct sign_in **place_of(const struct sign_ins *s, const char *family)
{
    uint32_t hash = roost_fnv32(ROOST_FNV32, family, strlen(family));
    struct sign_in *const *at = &s->chains[(hash ^ hash >> 16) % CHAINS];
    while (*at && strcmp((*at)->family, family) != 0)
        at = &(*at)->next;
    return (struct sign_in **)at;
}

bool sign_ins_has(const struct sign_ins *s, const char *family)
{
    return *place_of(s, family) != NULL;
}

size_t sign_ins_count(const struct sign_ins *s)
{
    return s->count;
}

static void unlink_age(struct sign_ins *s, struct sign_in *one)
{
    *(one->older ? &one->older->newer : &s->oldest) = one->newer;
    *(one->newer ? &one->newer->older : &s->newest) = one->older;
}

static void link_newest(struct sign_ins *s, struct sign_in *one)
{
    one->older = s->newest;
    one->newer = NULL;
    *(s->newest ? &s->newest->newer : &s->oldest) = one;
    s->newest = one;
}

static void take_out(struct sign_ins *s, struct sign_in **at)
{
    struct sign_in *one = *at;
    *at = one->next;
    unlink_age(s, one);
    one->next = s->free;
    s->free = one;
    s->count--;
    s->ended(s->ctx, one->family);
}

void sign_ins_put(struct sign_ins *s, const char *family)
{
    struct sign_in *one = *place_of(s, family);
    if (one) {
        unlink_age(s, one);
        link_newest(s, one);
        return;
    }
    if (strlen(family) >= sizeof one->family)
        return; /* none of ours */
    if (!s->free)
        take_out(s, place_of(s, s->oldest->family));
    one = s->free;
    s->free = one->next;
    memcpy(one->family, family, strlen(family) + 1);
    one->next = NULL;
    *place_of(s, family) = one;
    link_newest(s, one);
    s->count++;
}

void sign_ins_end(struct sign_ins *s, const char *family)
{
    struct sign_in **at = place_of(s, family);
    if (*at)
        take_out(s, at);
}

void sign_ins_set(struct sign_ins *s, const struct registry_token *rows, size_t count)
{
    struct sign_in *next;
    for (struct sign_in *one = s->oldest; one; one = one->newer)
        one->listed = false;
    for (size_t i = count; i-- > 0;) { /* the newest last */
        sign_ins_put(s, rows[i].family);
        struct sign_in *one = *place_of(s, rows[i].family);
        if (one)
            one->listed = true;
    }
    for (struct sign_in *one = s->oldest; one; one = next) {
        next = one->newer;
        if (!one->listed)
            take_out(s, place_of(s, one->family));
    }
}
