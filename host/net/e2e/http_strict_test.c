/* SPDX-License-Identifier: Apache-2.0 */
/* What could be read in two ways is read in one or refused: hosts, headers that are lists, bytes
 * that belong nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "http_rig.h"

static struct rig rig;

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.config.allowed_hosts = "hub.example, *.field.example, [::1]";
    rig_start(&rig);
    return 0;
}

static void test_hosts(void **state)
{
    static const struct {
        const char *target, *host;
        int status;
    } cases[] = {
        {"/hello/a", "hub.example", 200},
        {"/hello/a", "HUB.example:8080", 200},
        {"/hello/a", "a.field.example:81", 200},
        {"/hello/a", "[::1]:81", 200},
        {"/hello/a", "", 400},
        {"/hello/a", "evil.example", 400},
        {"/hello/a", "hub.example@evil.example", 400},
        {"/hello/a", "hub.example:80@evil.example", 400},
        {"/hello/a", "hub.example:evil.example", 400},
        {"/hello/a", "hub.example/evil", 400},
        {"/hello/a", "hub.example,evil.example", 400},
        {"/hello/a", "hub.example evil.example", 400},
        {"/hello/a", "[::1", 400},
        {"/hello/a", "[::1]evil", 400},
        {"http://hub.example/hello/a", "hub.example", 200},
        {"HTTP://HUB.EXAMPLE:8080/hello/a?say=1", "hub.example:8080", 200},
        {"https://[::1]:81/hello/a", "[::1]:81", 200},
        {"http://evil.example/hello/a", "hub.example", 400},
        {"http://hub.example/hello/a", "evil.example", 400},
        {"http://evil.example/hello/a", "evil.example", 400},
        {"http://hub.example@evil.example/hello/a", "hub.example", 400},
        {"http://hub.example:80@evil.example/hello/a", "hub.example:80@evil.example", 400},
        {"http:///hello/a", "hub.example", 400},
        {"http://hub.example", "hub.example", 400},
        {"ftp://hub.example/hello/a", "hub.example", 400},
        {"//hub.example/hello/a", "hub.example", 404},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].target,
                 cases[i].host);
        int status = ask_once(&rig, text, NULL);
        if (status != cases[i].status)
            fail_msg("%d for %s of %s", status, cases[i].target, cases[i].host);
    }
    /* An old client need not name a host, but a list of them asks for one. */
    assert_int_equal(ask_once(&rig, "GET http://hub.example/hello/a HTTP/1.0\r\n\r\n", NULL), 200);
    assert_int_equal(ask_once(&rig, "GET http://evil.example/hello/a HTTP/1.0\r\n\r\n", NULL), 400);
    assert_int_equal(ask_once(&rig, "GET /hello/a HTTP/1.0\r\n\r\n", NULL), 400);
    assert_int_equal(ask_once(&rig, "OPTIONS * HTTP/1.1\r\nHost: hub.example\r\n\r\n", NULL), 204);
    assert_int_equal(ask_once(&rig, "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n", NULL), 400);
    assert_int_equal(ask_once(&rig, "OPTIONS * HTTP/1.1\r\n\r\n", NULL), 400);
}

static void test_what_stands_once(void **state)
{
    static const char *const names[] = {"Authorization", "Content-Type", "Origin", "Range"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int twice = 0; twice < 2; twice++) {
            snprintf(text, sizeof text,
                     "GET /hello/a HTTP/1.1\r\nHost: hub.example\r\n%s: a\r\nAccept: b\r\n"
                     "%s%s: a\r\n\r\n",
                     names[i], twice ? "" : "X-", names[i]);
            assert_int_equal(ask_once(&rig, text, NULL), twice ? 400 : 200);
        }
    }
}

/* Several headers of one name are one list. */
static void test_connection_close(void **state)
{
    static const char *const closing[] = {
        "Connection: close\r\n",
        "Connection: CLOSE\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: keep-alive,\tclose\r\n",
        "Connection: keep-alive ,close ,\r\n",
        "Connection: \t\r\nconnection: ,,close\r\n",
    };
    static const char *const staying[] = {"", "Connection: keep-alive\r\n",
                                          "Connection: closed\r\n", "Connection: x-close\r\n",
                                          "X-Connection: close\r\n"};
    char text[256], got[4096];

    (void)state;
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++) {
        int fd = rig_connect(&rig);
        snprintf(text, sizeof text, "GET /hello/a HTTP/1.1\r\nHost: hub.example\r\n%s\r\n",
                 closing[i]);
        send_text(fd, text);
        read_to_end(fd, got, sizeof got);
        assert_memory_equal(got, "HTTP/1.1 200", 12);
        assert_non_null(strstr(got, "Connection: close\r\n"));
        close(fd);
    }
    for (size_t i = 0; i < sizeof staying / sizeof staying[0]; i++) {
        int fd = rig_connect(&rig);
        snprintf(text, sizeof text, "GET /hello/a HTTP/1.1\r\nHost: hub.example\r\n%s\r\n",
                 staying[i]);
        assert_int_equal(ask(fd, text, NULL), 200);
        assert_int_equal(ask(fd, text, NULL), 200);
        close(fd);
    }
}

/* Control characters, NUL above all, have no place in a head, nor around chunks. */
static void test_control_characters(void **state)
{
    static const char *const before[] = {
        "GET /hello/a HTTP/1.1\r\nHost: hub.example\r\nA: b",
        "GET /hello/a HTTP/1.1\r\nHost: hub.example\r\nA",
        "GET /hello/",
        "POST /echo HTTP/1.1\r\nHost: hub.example\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b",
        "POST /echo HTTP/1.1\r\nHost: hub.example\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\nA: b",
        "POST /echo HTTP/1.1\r\nHost: hub.example\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\nA",
    };
    static const char *const after[] = {
        "c\r\n\r\n",           ": c\r\n\r\n", " HTTP/1.1\r\nHost: hub.example\r\n\r\n",
        "c\r\nx\r\n0\r\n\r\n", "c\r\n\r\n",   ": c\r\n\r\n",
    };
    static const char bytes[] = "\0\1\2\7\10\v\f\n\16\33\37\177";
    char text[256], got[4096];

    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        for (size_t j = 0; j < sizeof bytes - 1; j++) {
            int fd = rig_connect(&rig);
            int len = snprintf(text, sizeof text, "%s%c%s", before[i], bytes[j], after[i]);
            send_bytes(fd, text, (size_t)len);
            read_to_end(fd, got, sizeof got);
            if (strncmp(got, "HTTP/1.1 400", 12) != 0)
                fail_msg("byte %d in case %zu: %.12s", bytes[j], i, got);
            close(fd);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_what_stands_once),
        cmocka_unit_test(test_connection_close),
        cmocka_unit_test(test_control_characters),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
