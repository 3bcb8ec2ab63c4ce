/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each allocation of ours fails once, in turn: a request or a connection may be lost by it, the
 * server and the client go on. Linked with --wrap for malloc, calloc and realloc, and for
 * metrics_counter, whose own allocations end the program by contract (host/metrics.h) and are
 * spared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"
#include "http_rig.h"
#include "mqtt_rig.h"
#include "websocket_rig.h"

enum { ROUNDS_MAX = 500 };

static atomic_int countdown; /* the allocation that brings it to 0 fails */
static atomic_bool failed;
static atomic_ulong victim; /* thread whose allocations count */

static void arm(uv_thread_t thread, int nth)
{
    failed = false;
    victim = (unsigned long)thread;
    countdown = nth;
}

static _Thread_local bool spared;

static bool fails(void)
{
    if (spared || countdown <= 0 || victim != (unsigned long)uv_thread_self() ||
        atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

struct metric *__real_metrics_counter(struct metrics *m, const char *name, const char *help,
                                      const char *labels);
struct metric *__wrap_metrics_counter(struct metrics *m, const char *name, const char *help,
                                      const char *labels);

struct metric *__wrap_metrics_counter(struct metrics *m, const char *name, const char *help,
                                      const char *labels)
{
    spared = true;
    struct metric *metric = __real_metrics_counter(m, name, help, labels);
    spared = false;
    return metric;
}

/* Bodies both ways, a stream, a file: whatever the server answers, it ends the connection. */
static void talk(const struct rig *rig)
{
    static const char pipelined[] = "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n"
                                    "GET /cached HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    static const char *const requests[] = {
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\nConnection: close\r\n\r\n%3000d",
        pipelined,
        "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /index.html HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /large.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\nRange: bytes=9-\r\n\r\n",
        "nonsense\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        char text[4096];
        int fd = rig_connect(rig);
        snprintf(text, sizeof text, requests[i], 7);
        send_text(fd, text);
        if (strstr(text, "/stream"))
            (void)!read(fd, text, 12); /* its head, or the end */
        else
            read_to_end(fd, text, sizeof text);
        close(fd);
    }
}

/* A WebSocket and a message in two fragments, in one write: a mask of zeros changes nothing. */
static void talk_websocket(const struct rig *rig)
{
    static const uint8_t first[] = {0x01, 0xFE, 3000 >> 8, 3000 & 0xFF, 0, 0, 0, 0};
    static const uint8_t last[] = {0x80, 0x81, 0, 0, 0, 0, 'x', 0x88, 0x82, 0, 0, 0, 0, 3, 0xE8};
    char text[4096];
    int fd = rig_connect(rig);
    size_t len = (size_t)snprintf(text, sizeof text, "%s", upgrade_request("/ws/a", ""));

    memcpy(text + len, first, sizeof first);
    len += sizeof first;
    memset(text + len, 'm', 3000);
    len += 3000;
    memcpy(text + len, last, sizeof last);
    send_bytes(fd, text, len + sizeof last);
    read_to_end(fd, text, sizeof text);
    close(fd);
}

static void test_websocket(void **state)
{
    static struct rig rig;
    static struct service service;
    int nth = 0;

    (void)state;
    rig_init(&rig);
    service_add(&service, &rig);
    rig_start(&rig);
    talk_websocket(&rig);
    do {
        assert_true(++nth < ROUNDS_MAX);
        arm(rig.thread, nth);
        talk_websocket(&rig);
        countdown = 0;
        unsigned messages = service.messages;
        talk_websocket(&rig);
        assert_int_equal(service.messages, messages + 1);
    } while (failed);
    assert_true(nth > 5);
    rig_stop(&rig);
    rig_join(&rig);
    assert_int_equal(service.closed, service.opened);
}

static void test_http(void **state)
{
    static struct rig rig;
    char folder[SUPPORT_PATH_MAX], file[SUPPORT_PATH_MAX + 16];
    static char large[300000]; /* sent in pieces */

    (void)state;
    support_make_dir(folder);
    snprintf(file, sizeof file, "%s/large.txt", folder);
    memset(large, 'l', sizeof large);
    support_write_file(file, large, sizeof large);
    snprintf(file, sizeof file, "%s/index.html", folder);
    support_write_file(file, "<!doctype html>", 15);
    rig_init(&rig);
    rig.config.web_root = folder;
    rig_start(&rig);
    talk(&rig); /* metrics are made at the first request, and must be */
    int nth = 0;
    do {
        assert_true(++nth < ROUNDS_MAX);
        arm(rig.thread, nth);
        talk(&rig);
        countdown = 0;
        assert_int_equal(ask_once(&rig, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n", NULL), 200);
    } while (failed);
    assert_true(nth > 10);
    rig_stop(&rig);
    rig_join(&rig);
    support_remove_dir(folder);
}

static void test_mqtt(void **state)
{
    struct support_broker broker;
    struct support_peer peer;
    int nth = 0;

    (void)state;
    support_broker_start(&broker, &(struct support_broker_options){0});
    support_peer_open(&peer, "127.0.0.1", broker.port, NULL, NULL);
    do {
        struct test_bus bus;
        assert_true(++nth < ROUNDS_MAX);
        bus_init(&bus, &broker);
        bus.ack_first = BUS_MESSAGES_MAX;
        bus_make(&bus);
        arm(uv_thread_self(), nth);
        mqtt_client_start(bus.client);
        bus_wait_ready(&bus);
        int err = bus_publish(&bus, "test/own", "text", 1);
        assert_true(err == 0 || err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_CLOSED);
        for (int i = 0; i < 50 && !failed; i++)
            bus_turn(&bus);
        countdown = 0;
        bus_wait_ready(&bus);
        size_t before = bus.count;
        peer_send(&peer, "test/n", "after");
        bus_wait_messages(&bus, before + 1);
        bus_stop(&bus);
    } while (failed);
    assert_true(nth > 3);
    support_peer_close(&peer);
    support_broker_deinit(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_websocket),
        cmocka_unit_test(test_mqtt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
