/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_route.h"

#include <string.h>

#include "core/err.h"

static size_t segment(const char *text)
{
    return strcspn(text, "/");
}

static bool is_param(const char *pattern)
{
    return pattern[0] == '{';
}

/* A bit for each literal segment, the first one highest; -1 when the path does not match. */
static int match(const char *pattern, const char *path)
{
    int score = 0;

    for (int i = HTTP_SEGMENTS_MAX; i > 0; i--) {
        if (*pattern != '/' || *path != '/')
            return *pattern == *path ? score : -1;
        pattern++;
        path++;
        size_t pattern_len = segment(pattern), path_len = segment(path);
        if (is_param(pattern)) {
            if (path_len == 0)
                return -1;
        } else {
            if (pattern_len != path_len || memcmp(pattern, path, path_len) != 0)
                return -1;
            score |= 1 << i;
        }
        pattern += pattern_len;
        path += path_len;
    }
    return -1;
}

static int check_pattern(const char *pattern)
{
    size_t params = 0, segments = 0;

    if (pattern[0] != '/')
        return ROOST_ERR_INVALID;
    for (const char *c = pattern; *c == '/';) {
        c++;
        size_t len = segment(c);
        if (++segments >= HTTP_SEGMENTS_MAX)
            return ROOST_ERR_INVALID;
        if (is_param(c)) {
            size_t name = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz_");
            if (name < 1 || name > 15 || name + 2 != len || c[len - 1] != '}' ||
                ++params > HTTP_PARAMS_MAX)
                return ROOST_ERR_INVALID;
        } else if (memchr(c, '{', len) || memchr(c, '}', len)) {
            return ROOST_ERR_INVALID;
        }
        c += len;
    }
    return 0;
}

int http_routes_add(struct http_routes *routes, const struct http_route *route)
{
    int err = check_pattern(route->path);

    if (err < 0)
        return err;
    if (routes->count == HTTP_ROUTES_MAX)
        return ROOST_ERR_FULL;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->routes[i]->method == route->method &&
            strcmp(routes->routes[i]->path, route->path) == 0)
            return ROOST_ERR_EXISTS;
    routes->routes[routes->count++] = route;
    return 0;
}

static char *keep(char **memory, const char *text, size_t len)
{
    char *kept = *memory;

    memcpy(kept, text, len);
    kept[len] = '\0';
    *memory += len + 1;
    return kept;
}

static void take_params(const char *pattern, const char *path, struct http_params *params)
{
    char *memory = params->memory;

    params->count = 0;
    while (*pattern == '/') {
        pattern++;
        path++;
        size_t pattern_len = segment(pattern), path_len = segment(path);
        if (is_param(pattern)) {
            struct http_field *param = &params->params[params->count++];
            param->value = keep(&memory, path, path_len);
            param->name = keep(&memory, pattern + 1, pattern_len - 2);
        }
        pattern += pattern_len;
        path += path_len;
    }
}

const struct http_route *http_routes_find(const struct http_routes *routes, enum http_method method,
                                          const char *path, struct http_params *params,
                                          unsigned *methods)
{
    const struct http_route *best = NULL;
    int best_score = -1;

    *methods = 0;
    params->count = 0;
    for (size_t i = 0; i < routes->count; i++) {
        const struct http_route *route = routes->routes[i];
        int score = match(route->path, path);
        if (score < 0)
            continue;
        *methods |= 1u << route->method;
        if (route->method == method && score > best_score) {
            best = route;
            best_score = score;
        }
    }
    if (best)
        take_params(best->path, path, params);
    return best;
}
