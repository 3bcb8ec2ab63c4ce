/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/assert.h"

/* A browser opens six connections to a host. */
static const uint32_t share_min[HTTP_SLOTS] = {
    [HTTP_SLOT_CONNECTION] = 8, [HTTP_SLOT_STREAM] = 4, [HTTP_SLOT_WEBSOCKET] = 4};

void http_crowd_init(struct http_crowd *crowd, const uint32_t whole[HTTP_SLOTS], uint32_t share_pct)
{
    *crowd = (struct http_crowd){0};
    while (getrandom(crowd->secret, sizeof crowd->secret, 0) != sizeof crowd->secret)
        ;
    for (int slot = 0; slot < HTTP_SLOTS; slot++) {
        uint32_t share = (uint32_t)((uint64_t)whole[slot] * share_pct / 100);
        crowd->share_max[slot] =
            share > share_min[slot] || share_pct == 100 ? share : share_min[slot];
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
    return x ^ x >> 32;
}

static struct http_tenant **bucket_of(struct http_crowd *crowd, const struct net_address *group)
{
    uint64_t words[2];

    memcpy(words, group->bytes, sizeof words);
    return &crowd->buckets[mix(mix(words[0] ^ crowd->secret[0]) ^ words[1] ^ crowd->secret[1]) %
                           HTTP_CROWD_BUCKETS];
}

struct http_tenant *http_crowd_find(struct http_crowd *crowd, struct net_address address)
{
    struct net_address group = net_address_group(address);
    struct http_tenant **bucket = bucket_of(crowd, &group);
    struct http_tenant *tenant = *bucket;

    while (tenant && !net_address_equal(tenant->group, group))
        tenant = tenant->next;
    if (tenant)
        return tenant;
    tenant = calloc(1, sizeof *tenant);
    if (!tenant)
        return NULL;
    tenant->group = group;
    TAILQ_INIT(&tenant->waiting);
    tenant->next = *bucket;
    *bucket = tenant;
    return tenant;
}

void http_crowd_forget(struct http_crowd *crowd, struct http_tenant *tenant)
{
    struct http_tenant **at = bucket_of(crowd, &tenant->group);

    for (int slot = 0; slot < HTTP_SLOTS; slot++)
        if (tenant->held[slot] > 0)
            return;
    while (*at != tenant)
        at = &(*at)->next;
    *at = tenant->next;
    free(tenant);
}

struct http_tenant *http_crowd_take(struct http_crowd *crowd, struct net_address address,
                                    enum http_slot slot)
{
    struct http_tenant *tenant = http_crowd_find(crowd, address);

    if (!tenant)
        return NULL;
    if (tenant->held[slot] >= crowd->share_max[slot]) {
        http_crowd_forget(crowd, tenant);
        return NULL;
    }
    tenant->held[slot]++;
    return tenant;
}

void http_crowd_give(struct http_crowd *crowd, struct http_tenant *tenant, enum http_slot slot)
{
    if (!tenant)
        return;
    ROOST_ASSERT(tenant->held[slot] > 0);
    tenant->held[slot]--;
    http_crowd_forget(crowd, tenant);
}
