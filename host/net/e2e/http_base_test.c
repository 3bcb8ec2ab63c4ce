/* SPDX-License-Identifier: Apache-2.0 */
/* A server below a path of its proxy: API, page, streams and WebSockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "http_rig.h"
#include "tests/support/support.h"
#include "websocket_rig.h"

static struct rig rig;
static struct service service;
static char folder[SUPPORT_PATH_MAX];
static struct http_route routes[sizeof service.routes / sizeof service.routes[0] + 1];

static void where(void *ctx, const struct http_request *request, struct http_exchange *ex)
{
    char text[256];

    (void)ctx;
    int len = snprintf(text, sizeof text, "%s|%s", http_base_path(request), request->path);
    http_answer(ex, 200, "text/plain", text, (size_t)len);
}

static int setup(void **state)
{
    char path[SUPPORT_PATH_MAX + 16];

    *state = &rig;
    support_make_dir(folder);
    snprintf(path, sizeof path, "%s/index.html", folder);
    support_write_file(path, "<html>", 6);
    rig_init(&rig);
    service_add(&service, &rig);
    memcpy(routes, service.routes, sizeof service.routes);
    routes[rig.route_count++] =
        (struct http_route){.method = HTTP_GET, .path = "/api/v1/where", .handler = where};
    rig.routes = routes;
    rig.config.web_root = folder;
    rig.config.base_path = "/site/roost";
    rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    rig_tear_down(state);
    support_remove_dir(folder);
    return 0;
}

static void expect(const char *path, int status, const char *body)
{
    struct answer answer;
    char text[256];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    int got = ask_once(&rig, text, &answer);
    if (got != status)
        fail_msg("%s: %d", path, got);
    if (body)
        assert_string_equal(answer.body, body);
    answer_free(&answer);
}

static void test_below_it_and_at_the_root(void **state)
{
    (void)state;
    expect("/site/roost/api/v1/where", 200, "/site/roost|/api/v1/where");
    expect("/site/%72oost/api/v1/where?a=b", 200, "/site/roost|/api/v1/where");
    expect("http://h/site/roost/api/v1/where", 200, "/site/roost|/api/v1/where");
    expect("/api/v1/where", 200, "|/api/v1/where");
    expect("/site/roost/", 200, "<html>");
    expect("/site/roost/index.html", 200, "<html>");
    expect("/", 200, "<html>");
    expect("/site/roost/hello/a?say=b", 200, "hello ab");
    expect("/site/roost/api/v1/nothing", 404, NULL);
    expect("/site/roost/site/roost/api/v1/where", 200, "<html>"); /* a page, no second base */
    expect("/site/roost/nothing.js", 404, NULL);
    expect("/site/roost/../api/v1/where", 400, NULL);
}

/* The page's links are relative to it. */
static void test_without_its_slash(void **state)
{
    struct answer answer;

    (void)state;
    assert_int_equal(ask_once(&rig, "GET /site/roost HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 308);
    assert_string_equal(answer_header(&answer, "Location"), "/site/roost/");
    answer_free(&answer);
    expect("/site/roosters/api/v1/where", 200, "<html>");
}

static void test_what_lasts(void **state)
{
    char line[16] = "";
    int fd = rig_connect(&rig);

    (void)state;
    send_text(fd, "GET /site/roost/stream HTTP/1.1\r\nHost: h\r\n\r\n");
    read_bytes(fd, line, 12);
    assert_string_equal(line, "HTTP/1.1 200");
    close(fd);
    fd = open_websocket(&rig, "/site/roost/ws/1");
    send_message(fd, "hello");
    expect_frame(fd, 0x81, "hello");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below_it_and_at_the_root),
        cmocka_unit_test(test_without_its_slash),
        cmocka_unit_test(test_what_lasts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
