/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST API of the hub as hub/api/openapi.json describes it, as far as every device has it: one
 * table of routes, handlers by subject (auth, devices, batch, commands, events, esp32). What a
 * product adds stands in its row (hub/service.h). A test compares the tables and the description
 * both ways. Depends on host/net/http.h, hub/fleet and the stores.
 */
#ifndef ROOST_HUB_API_API_H
#define ROOST_HUB_API_API_H

#include <uv.h>

#include "hub/api/events.h"
#include "hub/firmware/release.h"
#include "hub/fleet/fleet.h"
#include "host/metrics.h"
#include "host/net/http.h"
#include "hub/service.h"
#include "hub/store/registry.h"

enum { API_ROUTES_MAX = 48 };

/* What devices are told about this hub. */
struct api_public {
    const char *host; /* "": the one that a request asks for */
    uint16_t port;    /* of host */
    bool tls;         /* of host; without one, whether the server itself speaks TLS */
    const char *ntp_servers, *version;
    bool voice; /* sound is taken and answered here, behind its safety gate */
};

/* What the import of factory batches needs; NULL refuses it. */
struct api_factory {
    const uint8_t *public_key;   /* FACTORY_KEY_BYTES */
    const uint8_t *registry_key; /* SEAL_KEY_BYTES */
};

/* Writes the array of what was refused of ids that no device has; NULL: there is none. */
struct api_refusals {
    void (*write)(const void *ctx, struct roost_json_writer *writer);
    const void *ctx;
};

/* What children need. Without a key no name is kept, nor shown. */
struct api_children {
    const uint8_t *name_key; /* SEAL_KEY_BYTES, by PROFILE_KEY_PURPOSE of hub/api/profile.h */
    /* Called as soon as something about a child is different: whoever speaks with it asks again
     * what holds. NULL: nobody wants to know. */
    void (*changed)(void *ctx, const char *child_id);
    void *ctx;
};

/* Everything is borrowed for the API's life. */
struct api_parts {
    uv_loop_t *loop;
    const char *jwt_secret;
    const struct registry *registry;
    const struct host_clock *clock;
    struct fleet *fleet;
    struct events *events;
    struct release *release;
    struct api_public public_origin;
    struct api_factory factory;
    struct api_children children;
    struct api_refusals refusals;
    struct metrics *metrics;
};

struct api;

/* NULL when out of memory. Reads the registry's sign-ins, which blocks. */
struct api *api_new(const struct api_parts *parts);
/* Asks the registry no more by itself; before the registry is closed. */
void api_stop(struct api *api);
void api_free(struct api *api);

/* The routes, to be added to a server; they live as long as the API. */
const struct http_route *api_routes(const struct api *api, size_t *count);
struct http_guard api_guard(const struct api *api);

/* hub/api/openapi.json, compiled in. */
extern const char api_openapi[];
extern const size_t api_openapi_len;

#endif
