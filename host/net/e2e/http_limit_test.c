/* SPDX-License-Identifier: Apache-2.0 */
/* What slow, greedy and silent clients get; and how the server stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "http_rig.h"

static struct rig rig;

static int setup(void **state)
{
    *state = &rig;
    rig_init(&rig);
    rig.config.connections_max = 8;
    rig_start(&rig);
    return 0;
}

static void test_huge_head(void **state)
{
    char line[1100], text[4096];
    int fd = rig_connect(&rig);

    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line, "A: ", 3);
    memcpy(line + sizeof line - 3, "\r\n", 3);
    send_text(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 15; i++)
        send_text(fd, line);
    read_to_end(fd, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 431", 12);
    close(fd);
    fd = rig_connect(&rig);
    send_text(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 70; i++)
        send_text(fd, "A: b\r\n");
    send_text(fd, "\r\n");
    read_to_end(fd, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 431", 12);
    close(fd);
    fd = rig_connect(&rig);
    send_text(fd, "GET /");
    for (int i = 0; i < 8; i++)
        send_bytes(fd, line + 3, 1000);
    send_text(fd, " HTTP/1.1\r\nHost: h\r\n\r\n");
    read_to_end(fd, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 414", 12);
    close(fd);
}

static void test_slow_head(void **state)
{
    char text[4096];
    int silent = rig_connect(&rig);
    int slow = rig_connect(&rig);

    (void)state;
    send_text(slow, "GET /hello/a HTT");
    assert_int_equal(read_to_end(slow, text, sizeof text), 0);
    assert_int_equal(read_to_end(silent, text, sizeof text), 0);
    close(slow);
    close(silent);
    wait_metric(&rig, "roost_http_timeouts_total ", 1);
}

/* A byte now and then does not keep a request alive. */
static void test_slow_body(void **state)
{
    struct answer answer;
    int fd = rig_connect(&rig);

    (void)state;
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 408);
    answer_free(&answer);
    close(fd);
    fd = rig_connect(&rig);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    read_answer(fd, &answer, false);
    assert_int_equal(answer.status, 413);
    answer_free(&answer);
    close(fd);
    fd = rig_connect(&rig);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n");
    char byte = 'a';
    while (send(fd, &byte, 1, MSG_NOSIGNAL) == 1) { /* ends when the server has had enough */
        char got;
        if (recv(fd, &got, 1, MSG_DONTWAIT) == 1)
            break;
        usleep(100000);
    }
    close(fd);
}

static void test_answer_that_does_not_come(void **state)
{
    struct answer answer;

    (void)state;
    assert_int_equal(ask_once(&rig, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n", &answer), 504);
    assert_non_null(strstr(answer.body, "timeout"));
    answer_free(&answer);
}

/* A reader that stops reading is cut off, and with it what was kept for it. */
static void test_reader_that_stops(void **state)
{
    int size = 4096;
    int fd = rig_connect(&rig);

    (void)state;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    double before = metric_of(&rig, "roost_http_connections ");
    send_text(fd, "GET /big?bytes=16000000 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_true(before >= 2); /* this one, and the one that asked */
    assert_int_equal(ask_once(&rig, "GET /big?bytes=20000000 HTTP/1.1\r\nHost: h\r\n\r\n", NULL),
                     500); /* over the limit of an answer */
    close(fd);
}

/* At the limit the connection that has been idle longest gives way to a new one; busy ones do not.
 */
static void test_connection_limit(void **state)
{
    enum { LIMIT = 8 };
    struct rig own;
    char text[64];
    int idle[LIMIT], busy[LIMIT];

    (void)state;
    rig_init(&own);
    own.config.connections_max = LIMIT;
    own.config.answer_timeout_s = own.config.idle_timeout_s = 60;
    rig_start(&own);
    for (int i = 0; i < LIMIT; i++) {
        idle[i] = rig_connect(&own);
        assert_int_equal(ask(idle[i], "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    }
    for (int i = 0; i < LIMIT; i++) {
        busy[i] = rig_connect(&own);
        send_text(busy[i], "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(read_to_end(idle[i], text, sizeof text), 0);
        close(idle[i]);
        while (own.called < (unsigned)(LIMIT + i + 1))
            usleep(1000);
    }
    int refused = rig_connect(&own);
    assert_int_equal(read_to_end(refused, text, sizeof text), 0);
    close(refused);
    while (own.later_count > 0) /* nobody asks for them */
        own.never[own.never_count++] = own.later[--own.later_count];
    rig_stop(&own); /* ends the busy ones when its grace is over */
    for (int i = 0; i < LIMIT; i++) {
        assert_int_equal(read_to_end(busy[i], text, sizeof text), 0);
        close(busy[i]);
    }
    rig_join(&own);
}

/* A stop ends idle connections at once, and lets running requests finish. */
static void test_graceful_stop(void **state)
{
    struct rig own;
    struct answer answer;
    char text[4096];

    (void)state;
    rig_init(&own);
    own.config.answer_timeout_s = 30;
    rig_start(&own);
    int idle = rig_connect(&own);
    int running = rig_connect(&own);
    int second = rig_connect(&own);
    assert_int_equal(ask(idle, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    send_text(running, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    send_text(second, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
    while (own.called < 2)
        usleep(1000);
    own.never[own.never_count++] = own.later[0]; /* nobody asks for it */
    rig_stop(&own);
    assert_int_equal(read_to_end(idle, text, sizeof text), 0);
    assert_int_equal(ask(second, "half", &answer), 200);
    assert_string_equal(answer.body, "halfhalf");
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    answer_free(&answer);
    /* /later is never answered: the grace ends, and its exchange outlives the connection. */
    assert_int_equal(read_to_end(running, text, sizeof text), 0);
    close(idle);
    close(running);
    close(second);
    rig_join(&own);
}

static void test_listener_errors(void **state)
{
    struct http_config config;
    struct http_server *server;
    struct metrics *metrics = metrics_new();
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    http_config_init(&config);
    config.web_root = "/nowhere/at/all";
    assert_int_equal(http_server_new(&server, &loop, &config, metrics), ROOST_ERR_NOT_FOUND);
    config.web_root = "";
    config.tls_cert = config.tls_key = "/nowhere/cert.pem";
    assert_int_equal(http_server_new(&server, &loop, &config, metrics), ROOST_ERR_NOT_FOUND);
    config.tls_cert = config.tls_key = "/dev/null";
    assert_int_equal(http_server_new(&server, &loop, &config, metrics), ROOST_ERR_CRYPTO);
    metrics_free(metrics);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static void test_address_in_use(void **state)
{
    static const struct {
        const char *address;
        int err;
    } cases[] = {{"127.0.0.1", ROOST_ERR_BUSY}, {"192.0.2.1", ROOST_ERR_NOT_FOUND}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct http_config config;
        struct http_server *server;
        struct metrics *metrics = metrics_new();
        uv_loop_t loop;
        bool done = false;
        assert_int_equal(uv_loop_init(&loop), 0);
        http_config_init(&config);
        config.address = cases[i].address;
        config.port = rig.port;
        assert_int_equal(http_server_new(&server, &loop, &config, metrics), 0);
        assert_int_equal(http_server_listen(server), cases[i].err);
        http_server_stop(server, 0, stopped, &done);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_true(done);
        http_server_free(server);
        metrics_free(metrics);
        assert_int_equal(uv_loop_close(&loop), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_huge_head),         cmocka_unit_test(test_slow_head),
        cmocka_unit_test(test_slow_body),         cmocka_unit_test(test_answer_that_does_not_come),
        cmocka_unit_test(test_reader_that_stops), cmocka_unit_test(test_connection_limit),
        cmocka_unit_test(test_graceful_stop),     cmocka_unit_test(test_listener_errors),
        cmocka_unit_test(test_address_in_use),
    };
    return cmocka_run_group_tests(tests, setup, rig_tear_down);
}
