/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route table: which route a method and a path lead to, and the values of its {parameters}.
 * Pure. Depends on host/net/http.h.
 */
#ifndef ROOST_HOST_NET_HTTP_ROUTE_H
#define ROOST_HOST_NET_HTTP_ROUTE_H

#include "host/net/http.h"
#include "host/net/http_parse.h"

enum { HTTP_ROUTES_MAX = 128, HTTP_PARAMS_MAX = 4, HTTP_SEGMENTS_MAX = 16 };

struct http_params {
    struct http_field params[HTTP_PARAMS_MAX];
    size_t count;
    char memory[HTTP_PATH_MAX + 16 * HTTP_PARAMS_MAX + HTTP_PARAMS_MAX]; /* values, then names */
};

struct http_routes {
    const struct http_route *routes[HTTP_ROUTES_MAX];
    size_t count;
};

/* Returns 0, ROOST_ERR_INVALID (bad pattern: names of 1 to 15 of [a-z_], whole segments, at most
 * HTTP_PARAMS_MAX of them), ROOST_ERR_EXISTS, ROOST_ERR_FULL. */
int http_routes_add(struct http_routes *routes, const struct http_route *route);

/* The route for this path: a literal segment wins over a parameter, the leftmost counts most. NULL
 * when there is none; *methods then has a bit (1 << method) for each method the path has. */
const struct http_route *http_routes_find(const struct http_routes *routes, enum http_method method,
                                          const char *path, struct http_params *params,
                                          unsigned *methods);

#endif
