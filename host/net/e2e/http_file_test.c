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
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http_rig.h"

static struct rig rig;
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
    rig_init(&rig);
    rig.config.web_root = root;
    rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    rig_stop(&rig);
    rig_join(&rig);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* `more`: further header lines, each with its line end. */
static int get_with(const char *path, const char *more, struct answer *answer)
{
    char text[512];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", path, more);
    return ask_once(&rig, text, answer);
}

static int get(const char *path, struct answer *answer)
{
    return get_with(path, "", answer);
}

/* Larger than one piece of a body, and every place in it is its own. */
enum { LARGE = 3 << 20 };

static char large_byte(size_t i)
{
    return (char)(' ' + (i ^ i >> 7 ^ i >> 13) % 90);
}

static void write_large(void)
{
    char path[256];

    snprintf(path, sizeof path, "%s/large.txt", root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < LARGE; i++)
        putc(large_byte(i), file);
    assert_int_equal(fclose(file), 0);
}

static void expect_part(const struct answer *answer, size_t first, size_t len)
{
    assert_int_equal(answer->len, len);
    for (size_t i = 0; i < len; i++)
        if (answer->body[i] != large_byte(first + i))
            fail_msg("byte %zu differs", first + i);
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

/* Longer than the file, so that nobody takes one for the other; nothing here decompresses it. */
static const char compressed[] = "as good as compressed";

static void expect_coding(const char *path, const char *more, const char *coding, const char *body)
{
    struct answer answer;

    assert_int_equal(get_with(path, more, &answer), 200);
    assert_string_equal(answer_header(&answer, "Vary"), "Accept-Encoding");
    if (coding)
        assert_string_equal(answer_header(&answer, "Content-Encoding"), coding);
    else
        assert_null(answer_header(&answer, "Content-Encoding"));
    assert_string_equal(answer.body, body);
    answer_free(&answer);
}

static void set_age(const char *name, time_t age_s)
{
    char path[256];
    const struct timespec then = {.tv_sec = time(NULL) - age_s};

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[]){then, then}, 0), 0);
}

static void test_compressed_files(void **state)
{
    static const char gzip[] = "Accept-Encoding: br, gzip;q=0.5\r\n";
    struct answer plain, small;
    char tag[128], ask_again[256];

    (void)state;
    write_file("www/assets/app-1a2b.js.gz", compressed);
    write_file("www/style.css", "a{}");
    write_file("www/style.css.gz", compressed);
    set_age("www/assets/app-1a2b.js.gz", 1000); /* its name says that it belongs to the file */
    expect_coding("/assets/app-1a2b.js", gzip, "gzip", compressed);
    expect_coding("/assets/app-1a2b.js", "", NULL, "let a;");
    expect_coding("/assets/app-1a2b.js", "Accept-Encoding: gzip;q=0, br\r\n", NULL, "let a;");
    expect_coding("/style.css", gzip, "gzip", compressed);
    set_age("www/style.css.gz", 1000); /* the file is newer: it may be of another one */
    expect_coding("/style.css", gzip, NULL, "a{}");
    expect_coding("/icon.svg", gzip, NULL, "<svg/>");
    /* One name, two bodies, two tags. */
    assert_int_equal(get("/assets/app-1a2b.js", &plain), 200);
    snprintf(tag, sizeof tag, "%s", answer_header(&plain, "ETag"));
    assert_int_equal(get_with("/assets/app-1a2b.js", gzip, &small), 200);
    assert_string_equal(answer_header(&small, "Content-Type"), "text/javascript; charset=utf-8");
    assert_string_not_equal(answer_header(&small, "ETag"), tag);
    snprintf(ask_again, sizeof ask_again, "%sIf-None-Match: %s\r\n", gzip,
             answer_header(&small, "ETag"));
    answer_free(&plain);
    assert_int_equal(get_with("/assets/app-1a2b.js", ask_again, &plain), 304);
    assert_string_equal(answer_header(&plain, "Vary"), "Accept-Encoding");
    answer_free(&plain);
    snprintf(ask_again, sizeof ask_again, "If-None-Match: %s\r\n", answer_header(&small, "ETag"));
    answer_free(&small);
    assert_int_equal(get_with("/assets/app-1a2b.js", ask_again, NULL), 200);
    assert_int_equal(
        get_with("/assets/app-1a2b.js", "Accept-Encoding: gzip\r\nRange: bytes=3-6\r\n", &small),
        206);
    assert_string_equal(small.body, "good");
    answer_free(&small);
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
    assert_int_equal(ask_once(&rig, text, NULL), 304);
    write_file("www/page.txt", "three");
    assert_int_equal(ask_once(&rig, text, &answer), 200);
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
    assert_int_equal(ask_once(&rig, "POST /icon.svg HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 405);
    assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, OPTIONS");
    answer_free(&answer);
    assert_int_equal(ask_once(&rig, "HEAD /icon.svg HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "6");
    answer_free(&answer);
}

static void test_a_large_file_comes_whole_and_in_parts(void **state)
{
    static const struct {
        const char *range, *said;
        size_t first, len;
    } cases[] = {
        {"bytes=0-9", "bytes 0-9/3145728", 0, 10},
        {"bytes=1000000-", "bytes 1000000-3145727/3145728", 1000000, LARGE - 1000000},
        {"bytes=-70000", "bytes 3075728-3145727/3145728", LARGE - 70000, 70000},
        {"bytes=65536-9999999", "bytes 65536-3145727/3145728", 65536, LARGE - 65536},
    };
    struct answer answer;
    char more[256], etag[64];

    (void)state;
    write_large();
    assert_int_equal(get("/large.txt", &answer), 200);
    assert_string_equal(answer_header(&answer, "Accept-Ranges"), "bytes");
    snprintf(etag, sizeof etag, "%s", answer_header(&answer, "ETag"));
    expect_part(&answer, 0, LARGE);
    answer_free(&answer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(more, sizeof more, "Range: %s\r\nIf-Range: %s\r\n", cases[i].range, etag);
        assert_int_equal(get_with("/large.txt", more, &answer), 206);
        assert_string_equal(answer_header(&answer, "Content-Range"), cases[i].said);
        expect_part(&answer, cases[i].first, cases[i].len);
        answer_free(&answer);
    }
}

static void test_ranges_that_are_not_served(void **state)
{
    struct answer answer;
    char more[256], etag[64];

    (void)state;
    write_large();
    assert_int_equal(get_with("/large.txt", "Range: bytes=3145728-\r\n", &answer), 416);
    assert_string_equal(answer_header(&answer, "Content-Range"), "bytes */3145728");
    snprintf(etag, sizeof etag, "%s", answer_header(&answer, "ETag"));
    answer_free(&answer);
    static const char *const whole[] = {
        "Range: bytes=0-1,5-6\r\n",
        "Range: bytes=0-1\r\nIf-Range: \"another\"\r\n",
        "Range: bytes=0-1\r\nIf-Range: Sat, 21 Nov 2026 04:00:00 GMT\r\n",
    };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        assert_int_equal(get_with("/large.txt", whole[i], &answer), 200);
        assert_int_equal(answer.len, LARGE);
        assert_null(answer_header(&answer, "Content-Range"));
        answer_free(&answer);
    }
    snprintf(more, sizeof more, "Range: bytes=0-1\r\nIf-Range: W/%s\r\n", etag);
    assert_int_equal(get_with("/large.txt", more, NULL), 200);
    snprintf(more, sizeof more, "Range: bytes=0-1\r\nIf-None-Match: \"x\", W/%s\r\n", etag);
    assert_int_equal(get_with("/large.txt", more, &answer), 304);
    assert_null(answer_header(&answer, "Content-Range"));
    answer_free(&answer);
    int fd = rig_connect(&rig);
    send_text(fd, "HEAD /large.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\n\r\n");
    read_answer(fd, &answer, true);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "3145728");
    answer_free(&answer);
    close(fd);
}

/* Several bodies and what follows them on one connection, none mixed with another. */
static void test_large_files_one_after_the_other(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    write_large();
    send_text(fd, "GET /large.txt HTTP/1.1\r\nHost: h\r\n\r\n"
                  "GET /large.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=9-200008\r\n\r\n"
                  "GET /hello/you HTTP/1.1\r\nHost: h\r\n\r\n");
    read_answer(fd, &answer, false);
    expect_part(&answer, 0, LARGE);
    answer_free(&answer);
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 206);
    expect_part(&answer, 9, 200000);
    answer_free(&answer);
    read_answer(fd, &answer, false);
    assert_string_equal(answer.body, "hello you");
    answer_free(&answer);
    close(fd);
}

static void test_who_leaves_or_stalls_in_the_middle(void **state)
{
    struct answer answer;
    char some[1000];

    (void)state;
    write_large();
    for (int i = 0; i < 3; i++) {
        int fd = rig_connect(&rig);
        send_text(fd, "GET /large.txt HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(read(fd, some, sizeof some) > 0);
        close(fd);
    }
    double timeouts = metric_of(&rig, "roost_http_timeouts_total");
    int stalled = rig_connect(&rig);
    for (int i = 0; i < 24; i++) /* 72 MiB: more than the kernel keeps for a reader */
        send_text(stalled, "GET /large.txt HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(read(stalled, some, sizeof some) > 0);
    /* Others are served meanwhile. */
    assert_int_equal(get("/hello/you", &answer), 200);
    answer_free(&answer);
    wait_metric(&rig, "roost_http_timeouts_total", timeouts + 1);
    close(stalled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_and_caching),
        cmocka_unit_test(test_compressed_files),
        cmocka_unit_test(test_etag_changes_with_the_file),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_files_do_not_shadow_the_api),
        cmocka_unit_test(test_a_large_file_comes_whole_and_in_parts),
        cmocka_unit_test(test_ranges_that_are_not_served),
        cmocka_unit_test(test_large_files_one_after_the_other),
        cmocka_unit_test(test_who_leaves_or_stalls_in_the_middle),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
