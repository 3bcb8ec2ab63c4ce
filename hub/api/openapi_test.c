/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes against hub/api/openapi.json, both ways. */
#include "hub/api/test_web.h"

#include <ctype.h>

#include "hub/api/api.h"
#include "hub/products/products.h"

enum { OPERATIONS = 96 };

/* An operation of the description. */
struct operation {
    char path[128], method[128];
    bool open; /* to anyone */
};

static struct operation operations[OPERATIONS];
static size_t operation_count;
static struct web *web;
static struct api *api;
static struct release *release;
static struct events *events;

/* Answered by the program itself (apps/roostd/health.c). */
static const char *const of_the_program[] = {"/health", "/health/live", "/health/ready",
                                             "/metrics"};

/* The key of a line that begins with that many blanks and a quote; false for any other line. */
static bool key_at(const char *line, size_t blanks, char *out, size_t size)
{
    if (strspn(line, " ") != blanks || line[blanks] != '"')
        return false;
    snprintf(out, size, "%.*s", (int)strcspn(line + blanks + 1, "\""), line + blanks + 1);
    return true;
}

/* The file nests deeper than any message the JSON reader is made for; but each level is one blank,
 * so a line tells what it is. */
static void read_description(void)
{
    char path[128] = "", key[128];
    struct operation *last = NULL;
    const char *line = strstr(api_openapi, "\n \"paths\": {\n");
    assert_non_null(line);
    operation_count = 0;
    for (line += 2; (line = strchr(line, '\n')) && strncmp(++line, " }", 2) != 0;) {
        if (key_at(line, 2, path, sizeof path))
            continue;
        if (key_at(line, 3, key, sizeof key)) {
            assert_true(operation_count < OPERATIONS);
            last = &operations[operation_count++];
            *last = (struct operation){.open = false};
            snprintf(last->path, sizeof last->path, "%s", path);
            snprintf(last->method, sizeof last->method, "%s", key);
            for (char *c = last->method; *c; c++)
                *c = (char)toupper((unsigned char)*c);
        } else if (last && key_at(line, 4, key, sizeof key) && strcmp(key, "security") == 0) {
            last->open = strncmp(line, "    \"security\": []", 18) == 0;
        }
    }
    assert_true(operation_count > 15);
}

static int set_up(void **state)
{
    (void)state;
    read_description();
    web = web_new();
    release = release_new(&web->loop, "", web->metrics);
    events = events_new(&web->loop, web->metrics);
    api = api_new(&(struct api_parts){
        .loop = &web->loop,
        .jwt_secret = "only-for-this-test-0123456789abcdef",
        .registry = &web->registry,
        .clock = &web->clock,
        .events = events,
        .release = release,
        .public_origin = {.host = "", .ntp_servers = "", .version = "0"},
        .metrics = web->metrics,
    });
    assert_non_null(api);
    return http_server_listen(web->server);
}

static int tear_down(void **state)
{
    (void)state;
    events_close(events);
    api_free(api);
    release_free(release);
    web_free(web);
    return 0;
}

static bool is(const struct operation *operation, enum http_method method, const char *path)
{
    return strcmp(operation->path, path) == 0 &&
           strcmp(operation->method, http_method_name(method)) == 0;
}

/* The routes of the API, and behind them those of the products: NULL when there is none more. */
static const struct http_route *route_at(size_t index)
{
    size_t count;
    const struct http_route *routes = api_routes(api, &count);
    if (index < count)
        return &routes[index];
    index -= count;
    for (size_t i = 0; i < hub_product_count; i++) {
        if (index < hub_products[i]->route_count)
            return &hub_products[i]->routes[index];
        index -= hub_products[i]->route_count;
    }
    return NULL;
}

static void every_route_is_described(void **state)
{
    const struct http_route *route;
    (void)state;
    for (size_t i = 0; (route = route_at(i)); i++) {
        const struct operation *found = NULL;
        for (size_t k = 0; k < operation_count; k++)
            if (is(&operations[k], route->method, route->path))
                found = &operations[k];
        if (!found)
            fail_msg("%s %s is not described", http_method_name(route->method), route->path);
        else if (found->open != (route->role == HTTP_ROLE_ANYONE))
            fail_msg("%s: who may call it is described otherwise", route->path);
        assert_true(route->rate != HTTP_RATE_NONE);
    }
}

static bool is_a_route(const struct operation *operation)
{
    const struct http_route *route;
    for (size_t i = 0; i < sizeof of_the_program / sizeof of_the_program[0]; i++)
        if (is(operation, HTTP_GET, of_the_program[i]))
            return true;
    for (size_t i = 0; (route = route_at(i)); i++)
        if (is(operation, route->method, route->path))
            return true;
    return false;
}

static void everything_described_is_a_route(void **state)
{
    (void)state;
    for (size_t i = 0; i < operation_count; i++)
        if (!is_a_route(&operations[i]))
            fail_msg("%s %s is described and does not exist", operations[i].method,
                     operations[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_route_is_described, set_up, tear_down),
        cmocka_unit_test_setup_teardown(everything_described_is_a_route, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
