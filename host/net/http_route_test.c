/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "host/net/http_route.h"

static const struct http_route table[] = {
    {.method = HTTP_GET, .path = "/health"},
    {.method = HTTP_GET, .path = "/api/v1/devices/{id}"},
    {.method = HTTP_DELETE, .path = "/api/v1/devices/{id}"},
    {.method = HTTP_GET, .path = "/api/v1/devices/{id}/history"},
    {.method = HTTP_GET, .path = "/api/v1/devices/new"},
    {.method = HTTP_POST, .path = "/api/v1/{kind}/new/{which_one}"},
    {.method = HTTP_GET, .path = "/"},
};
enum { TABLE = sizeof table / sizeof table[0] };

static void fill(struct http_routes *routes)
{
    routes->count = 0;
    for (size_t i = 0; i < TABLE; i++)
        assert_int_equal(http_routes_add(routes, &table[i]), 0);
}

static void expect(enum http_method method, const char *path, int index, unsigned methods)
{
    struct http_routes routes;
    struct http_params params;
    unsigned found;

    fill(&routes);
    const struct http_route *route = http_routes_find(&routes, method, path, &params, &found);
    if (route != (index < 0 ? NULL : &table[index]))
        fail_msg("%s leads to %s", path, route ? route->path : "nothing");
    assert_int_equal(found, methods);
}

static void test_find(void **state)
{
    const unsigned get = 1u << HTTP_GET, post = 1u << HTTP_POST, delete = 1u << HTTP_DELETE;

    (void)state;
    expect(HTTP_GET, "/health", 0, get);
    expect(HTTP_POST, "/health", -1, get);
    expect(HTTP_METHOD_COUNT, "/health", -1, get);
    expect(HTTP_GET, "/health/", -1, 0);
    expect(HTTP_GET, "/healthy", -1, 0);
    expect(HTTP_GET, "/", 6, get);
    expect(HTTP_GET, "/api/v1/devices/w1", 1, get | delete);
    expect(HTTP_DELETE, "/api/v1/devices/w1", 2, get | delete);
    expect(HTTP_GET, "/api/v1/devices/new", 4, get | delete);
    expect(HTTP_DELETE, "/api/v1/devices/new", 2, get | delete);
    expect(HTTP_GET, "/api/v1/devices/", -1, 0);
    expect(HTTP_GET, "/api/v1/devices//history", -1, 0);
    expect(HTTP_GET, "/api/v1/devices/w1/history", 3, get);
    expect(HTTP_POST, "/api/v1/a/new/b", 5, post);
    expect(HTTP_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t", -1, 0);
}

static void test_params(void **state)
{
    struct http_routes routes;
    struct http_params params;
    unsigned methods;

    (void)state;
    fill(&routes);
    assert_non_null(http_routes_find(&routes, HTTP_POST, "/api/v1/x y/new/z", &params, &methods));
    assert_int_equal(params.count, 2);
    assert_string_equal(params.params[0].name, "kind");
    assert_string_equal(params.params[0].value, "x y");
    assert_string_equal(params.params[1].name, "which_one");
    assert_string_equal(params.params[1].value, "z");
}

static void test_bad_patterns(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "/{}",
        "/{ID}",
        "/a{id}",
        "/{id}b",
        "/{id",
        "/id}",
        "/{a/b}",
        "/{aaaaaaaaaaaaaaaa}",
        "/{a}/{b}/{c}/{d}/{e}",
        "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g",
    };
    struct http_routes routes = {.count = 0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http_route route = {.path = bad[i]};
        if (http_routes_add(&routes, &route) != ROOST_ERR_INVALID)
            fail_msg("accepted: %s", bad[i]);
    }
    fill(&routes);
    assert_int_equal(http_routes_add(&routes, &table[1]), ROOST_ERR_EXISTS);
    routes.count = HTTP_ROUTES_MAX;
    assert_int_equal(http_routes_add(&routes, &table[0]), ROOST_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_bad_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
