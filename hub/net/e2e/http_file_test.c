/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's files: types, caching, the application's own pages, and no way out of the folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_fixture.h"

static struct fixture fixture;
static char folder[] = "/tmp/roost-web-XXXXXX";
static char root[64];

static void write_file(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    char path[256];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(root, sizeof root, "%s/www", folder);
    mkdir(root, 0755);
    snprintf(path, sizeof path, "%s/assets", root);
    mkdir(path, 0755);
    write_file("secret.txt", "outside");
    write_file("www/index.html", "<!doctype html>");
    write_file("www/.hidden", "hidden");
    write_file("www/assets/app-1a2b.js", "let a;");
    write_file("www/icon.svg", "<svg/>");
    write_file("www/a b.txt", "blank");
    snprintf(path, sizeof path, "%s/link.txt", root);
    if (symlink("../secret.txt", path) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/up", root);
    if (symlink("..", path) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/pipe", root);
    if (mkfifo(path, 0644) != 0)
        return -1;
    fixture_init(&fixture);
    fixture.config.web_root = root;
    fixture_start(&fixture);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    fixture_stop(&fixture);
    fixture_join(&fixture);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static int get(const char *path, struct answer *answer)
{
    char text[512];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    return ask_once(&fixture, text, answer);
}

static void test_types_and_caching(void **state)
{
    static const struct {
        const char *path, *type, *cache, *body;
    } cases[] = {
        {"/", "text/html; charset=utf-8", "no-cache", "<!doctype html>"},
        {"/index.html", "text/html; charset=utf-8", "no-cache", "<!doctype html>"},
        {"/assets/app-1a2b.js", "text/javascript; charset=utf-8",
         "public, max-age=31536000, immutable", "let a;"},
        {"/icon.svg?v=2", "image/svg+xml", "no-cache", "<svg/>"},
        {"/a%20b.txt", "text/plain; charset=utf-8", "no-cache", "blank"},
        /* pages of the application */
        {"/devices/w1", "text/html; charset=utf-8", "no-cache", "<!doctype html>"},
        {"/devices/", "text/html; charset=utf-8", "no-cache", "<!doctype html>"},
        {"/assets", "text/html; charset=utf-8", "no-cache", "<!doctype html>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;
        if (get(cases[i].path, &answer) != 200)
            fail_msg("%d for %s", answer.status, cases[i].path);
        assert_string_equal(answer_header(&answer, "Content-Type"), cases[i].type);
        assert_string_equal(answer_header(&answer, "Cache-Control"), cases[i].cache);
        assert_string_equal(answer.body, cases[i].body);
        assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
        answer_free(&answer);
    }
}

static void test_etag_changes_with_the_file(void **state)
{
    struct answer answer;
    char text[256];

    (void)state;
    write_file("www/page.txt", "one");
    assert_int_equal(get("/page.txt", &answer), 200);
    snprintf(text, sizeof text, "GET /page.txt HTTP/1.1\r\nHost: h\r\nIf-None-Match: %s\r\n\r\n",
             answer_header(&answer, "ETag"));
    answer_free(&answer);
    assert_int_equal(ask_once(&fixture, text, NULL), 304);
    write_file("www/page.txt", "three");
    assert_int_equal(ask_once(&fixture, text, &answer), 200);
    assert_string_equal(answer.body, "three");
    answer_free(&answer);
}

static void test_no_way_out(void **state)
{
    static const char *const paths[] = {
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/up/secret.txt",
        "/link.txt",
        "/.hidden",
        "/..\\secret.txt",
        "/%5c..%5csecret.txt",
        "//secret.txt",
        "/./../secret.txt",
        "/index.html/x.txt",
        "/pipe.txt",
        "/nothing.js",
        "/assets/..;/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
    };
    struct answer answer;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        int status = get(paths[i], &answer);
        if (status != 400 && status != 404)
            fail_msg("%d for %s", status, paths[i]);
        assert_null(strstr(answer.body, "outside"));
        assert_null(strstr(answer.body, "hidden"));
        answer_free(&answer);
    }
    /* Neither a folder nor a pipe is a file: the application's page is shown. */
    assert_int_equal(get("/pipe", &answer), 200);
    assert_string_equal(answer.body, "<!doctype html>");
    answer_free(&answer);
}

static void test_files_do_not_shadow_the_api(void **state)
{
    struct answer answer;

    (void)state;
    assert_int_equal(get("/api/v1/nothing", &answer), 404);
    assert_non_null(strstr(answer.body, "not_found"));
    answer_free(&answer);
    assert_int_equal(get("/hello/a", &answer), 200);
    assert_string_equal(answer.body, "hello a");
    answer_free(&answer);
    assert_int_equal(ask_once(&fixture, "POST /icon.svg HTTP/1.1\r\nHost: h\r\n\r\n", &answer),
                     405);
    assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, OPTIONS");
    answer_free(&answer);
    assert_int_equal(ask_once(&fixture, "HEAD /icon.svg HTTP/1.1\r\nHost: h\r\n\r\n", &answer),
                     200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "6");
    answer_free(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_and_caching),
        cmocka_unit_test(test_etag_changes_with_the_file),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_files_do_not_shadow_the_api),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
