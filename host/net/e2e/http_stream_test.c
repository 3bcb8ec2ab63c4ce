/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: form, slow readers, leaving, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_rig.h"

static struct rig rig;

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.config.streams_max = 3;
    rig_start(&rig);
    return 0;
}

static const char request[] =
    "GET /stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n";

static void expect_text(int fd, const char *expected)
{
    char text[512];
    size_t len = strlen(expected);

    assert_true(len < sizeof text);
    assert_int_equal(recv(fd, text, len, MSG_WAITALL), (ssize_t)len);
    text[len] = '\0';
    assert_string_equal(text, expected);
}

/* Opens a stream and reads its head and first event. */
static int open_stream(void)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    assert_int_equal(ask(fd, request, &answer), 200);
    assert_string_equal(answer_header(&answer, "Content-Type"), "text/event-stream");
    assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
    assert_null(answer_header(&answer, "Content-Length"));
    answer_free(&answer);
    expect_text(fd, "event: open\nid: 1\ndata: line one\ndata: line two\n\n");
    return fd;
}

/* Returns how many streams took it. */
static int send_note(const char *text, size_t len)
{
    struct answer answer;
    char head[128];
    int fd = rig_connect(&rig);

    snprintf(head, sizeof head, "POST /send HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
             len);
    send_text(fd, head);
    send_bytes(fd, text, len);
    read_answer(fd, &answer, false);
    int taken = (int)strtol(answer.body, NULL, 10);
    answer_free(&answer);
    close(fd);
    return taken;
}

static void wait_closed(unsigned count)
{
    while (rig.streams_closed < count)
        usleep(1000);
}

static void test_events(void **state)
{
    int a = open_stream();
    int b = open_stream();
    unsigned closed = rig.streams_closed;

    (void)state;
    assert_int_equal(send_note("{\"x\":1}", 7), 2);
    assert_int_equal(send_note("", 0), 2);
    expect_text(a, "event: note\ndata: {\"x\":1}\n\nevent: note\ndata: \n\n");
    expect_text(b, "event: note\ndata: {\"x\":1}\n\nevent: note\ndata: \n\n");
    /* What a listener sends is not listened to, and its leaving is noticed at once. */
    send_text(a, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n");
    close(a);
    wait_closed(closed + 1);
    assert_int_equal(send_note("x", 1), 1);
    expect_text(b, "event: note\ndata: x\n\n");
    close(b);
    wait_closed(closed + 2);
    assert_int_equal(send_note("y", 1), 0);
}

/* A listener that does not read is cut off when its queue is full; the others go on. */
static void test_slow_listener(void **state)
{
    static char note[100 * 1024];
    int size = 4096, taken = 2, sent = 0;
    int slow = rig_connect(&rig);
    unsigned closed = rig.streams_closed;

    (void)state;
    memset(note, 'n', sizeof note);
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    send_text(slow, request);
    int quick = open_stream();
    while (metric_of(&rig, "roost_http_streams ") < 2)
        ;
    for (; taken == 2 && sent < 200; sent++) {
        taken = send_note(note, sizeof note);
        char *got = malloc(sizeof note + 32);
        size_t len = sizeof note + strlen("event: note\ndata: \n\n");
        assert_int_equal(recv(quick, got, len, MSG_WAITALL), (ssize_t)len);
        free(got);
    }
    assert_int_equal(taken, 1);
    wait_closed(closed + 1);
    assert_int_equal(metric_of(&rig, "roost_http_stream_dropped_total "), 1);
    assert_int_equal(send_note("still", 5), 1);
    expect_text(quick, "event: note\ndata: still\n\n");
    close(slow);
    close(quick);
    wait_closed(closed + 2);
}

static void test_stream_limit(void **state)
{
    struct answer answer;
    unsigned closed = rig.streams_closed;
    int fds[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        fds[i] = open_stream();
    assert_int_equal(ask_once(&rig, request, &answer), 503);
    assert_non_null(answer_header(&answer, "Retry-After"));
    answer_free(&answer);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    wait_closed(closed + 3);
    assert_int_equal(ask_once(&rig, "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 405);
}

static void test_stop_closes_streams(void **state)
{
    struct rig own;
    char text[512];

    (void)state;
    rig_init(&own);
    rig_start(&own);
    int fd = rig_connect(&own);
    assert_int_equal(ask(fd, request, NULL), 200);
    rig_stop(&own);
    read_to_end(fd, text, sizeof text);
    assert_non_null(strstr(text, "event: open"));
    close(fd);
    rig_join(&own);
    assert_int_equal(own.streams_closed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_slow_listener),
        cmocka_unit_test(test_stream_limit),
        cmocka_unit_test(test_stop_closes_streams),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
