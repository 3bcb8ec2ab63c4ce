/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's MQTT client against a real Mosquitto: what is acknowledged when, and what survives
 * what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "mqtt_rig.h"

struct rig {
    struct support_broker broker;
    struct support_peer peer;
    char store[SUPPORT_PATH_MAX]; /* the broker's persistence */
    char config[SUPPORT_PATH_MAX + 128];
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);

    support_make_dir(rig->store);
    snprintf(rig->config, sizeof rig->config,
             "persistence true\npersistence_location %s/\n"
             "max_inflight_messages 0\nmax_queued_messages 0\n",
             rig->store);
    support_broker_start(&rig->broker, &(struct support_broker_options){.more = rig->config});
    support_peer_open(&rig->peer, "127.0.0.1", rig->broker.port, NULL, NULL);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    support_peer_close(&rig->peer);
    support_broker_deinit(&rig->broker);
    support_remove_dir(rig->store);
    free(rig);
    return 0;
}

static void send_numbered(struct rig *rig, int first, int last)
{
    for (int i = first; i <= last; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        peer_send(&rig->peer, "test/n", text);
    }
}

static void expect_numbered(const struct test_bus *bus, size_t index, int number)
{
    assert_string_equal(bus->messages[index].topic, "test/n");
    assert_int_equal(strtol(bus->messages[index].text, NULL, 10), number);
}

/* The broker's persistence has a session for the client once it is connected; a restart in good
 * order keeps it. */
static void restart_broker(struct rig *rig)
{
    support_peer_close(&rig->peer);
    (void)support_end(rig->broker.pid, SIGTERM, 5000);
    rig->broker.pid = 0;
    support_broker_again(&rig->broker);
    support_peer_open(&rig->peer, "127.0.0.1", rig->broker.port, NULL, NULL);
}

/* kill -9 between reading and storing: what was not acknowledged comes again, and only that. */
static void test_unacknowledged_messages_survive_a_crash(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;
    int pipe_ends[2];
    char ready;

    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        bus_init(&bus, &rig->broker);
        bus.ack_first = 4;
        bus_start(&bus);
        bus_wait_ready(&bus);
        if (write(pipe_ends[1], "r", 1) != 1)
            _exit(1);
        bus_wait_messages(&bus, 10);
        bus_turn(&bus); /* the acknowledgements leave */
        if (write(pipe_ends[1], "d", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(pipe_ends[0], &ready, 1), 1);
    send_numbered(rig, 1, 10);
    assert_int_equal(read(pipe_ends[0], &ready, 1), 1);
    assert_int_equal(ready, 'd');
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);

    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_messages(&bus, 6);
    bus_wait_ready(&bus);
    for (size_t i = 0; i < 6; i++) {
        expect_numbered(&bus, i, 5 + (int)i);
        assert_true(bus.messages[i].dup);
        bus_ack(&bus, i);
    }
    bus_stop(&bus);

    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    send_numbered(rig, 11, 11);
    bus_wait_messages(&bus, 1);
    expect_numbered(&bus, 0, 11); /* nothing of the old is left */
    bus_stop(&bus);
}

/* A token of a connection that is gone acknowledges nothing on the next one, where its packet id
 * may stand for another message. */
static void test_tokens_die_with_the_connection(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    send_numbered(rig, 1, 3);
    bus_wait_messages(&bus, 3);
    restart_broker(rig);
    bus_wait_messages(&bus, 6);
    bus_wait_ready(&bus);
    for (size_t i = 0; i < 3; i++)
        bus_ack(&bus, i);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_acked_late_total "), 3);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_acked_total "), 0);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_losses_total "), 1);
    restart_broker(rig);
    bus_wait_messages(&bus, 9);
    for (size_t i = 6; i < 9; i++) {
        expect_numbered(&bus, i, (int)i - 5);
        bus_ack(&bus, i);
    }
    /* The broker answers this one when it has read what went before. */
    assert_int_equal(bus_publish(&bus, "out/n", "x", 1), 0);
    bus_wait_metric(&bus, "roost_mqtt_publish_acked_total ", 1);
    restart_broker(rig);
    bus_wait_metric(&bus, "roost_mqtt_connects_total ", 4);
    bus_wait_ready(&bus);
    send_numbered(rig, 4, 4);
    bus_wait_messages(&bus, 10);
    expect_numbered(&bus, 9, 4);
    bus_stop(&bus);
}

/* What was accepted while the broker did not read is sent again when it is back, in order. */
static void test_publishes_survive_the_broker(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    bus.config.ping_timeout_ms = 60000;
    bus_start(&bus);
    bus_wait_ready(&bus);
    support_broker_freeze(&rig->broker, true);
    for (int i = 1; i <= 20; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(bus_publish(&bus, "out/n", text, 1), 0);
    }
    bus_turn(&bus);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_publish_waiting "), 20);
    support_peer_close(&rig->peer);
    support_broker_kill(&rig->broker);
    bus_wait_why(&bus, "connect");
    assert_int_equal(bus_publish(&bus, "out/n", "away", 1), ROOST_ERR_CLOSED);
    assert_int_equal(bus_publish(&bus, "out/n", "away", 0), ROOST_ERR_CLOSED);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_publish_dropped_total{reason=\"away\"} "), 2);
    support_broker_again(&rig->broker);
    support_peer_open(&rig->peer, "127.0.0.1", rig->broker.port, NULL, NULL);
    support_peer_subscribe(&rig->peer, "out/#");
    bus_wait_metric(&bus, "roost_mqtt_publish_acked_total ", 20);
    for (int i = 1; i <= 20; i++) {
        const struct support_message *message = support_peer_expect(&rig->peer, "out/n", 5000);
        assert_int_equal(strtol(message->payload, NULL, 10), i);
    }
    assert_int_equal(bus_metric(&bus, "roost_mqtt_publish_waiting "), 0);
    bus_stop(&bus);
}

static void test_publish_limits(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;
    char *large = calloc(1, 5000);

    memset(large, 'x', 4999);
    bus_init(&bus, &rig->broker);
    bus.config.outbox = (struct outbox_limits){.in_flight_max = 2, .count = 4, .bytes = 6000};
    bus.config.payload_max = 5000;
    bus_start(&bus);
    assert_int_equal(bus_publish(&bus, "out/n", "early", 1), ROOST_ERR_CLOSED);
    bus_wait_ready(&bus);
    support_peer_subscribe(&rig->peer, "out/#");
    support_broker_freeze(&rig->broker, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(bus_publish(&bus, "out/n", "a", 1), 0);
    assert_int_equal(bus_publish(&bus, "out/n", "b", 1), ROOST_ERR_FULL);
    assert_int_equal(bus_publish(&bus, "out/q0", "c", 0), 0);
    bus_turn(&bus);
    support_broker_freeze(&rig->broker, false);
    bus_wait_metric(&bus, "roost_mqtt_publish_acked_total ", 4);
    assert_int_equal(bus_publish(&bus, "out/large", large, 1), 0);
    assert_int_equal(bus_publish(&bus, "out/large", large, 1), ROOST_ERR_FULL);
    assert_int_equal(bus.hub.ops->publish(bus.hub.ctx, "out/x", large, 5001, 0, false),
                     ROOST_ERR_TOO_LONG);
    bus_wait_metric(&bus, "roost_mqtt_publish_acked_total ", 5);
    assert_int_equal(support_peer_expect(&rig->peer, "out/large", 5000)->len, 4999);
    assert_non_null(support_peer_next(&rig->peer, "out/q0", 5000));
    assert_int_equal(bus_metric(&bus, "roost_mqtt_publish_dropped_total{reason=\"full\"} "), 3);
    bus_stop(&bus);
    free(large);
}

/* Longer than the limit: skipped, told of, and the connection goes on. */
static void test_oversize_messages(void **state)
{
    enum { LIMIT = 4096, LARGE = 300000 };
    struct rig *rig = *state;
    struct test_bus bus;
    char *large = malloc(LARGE);

    memset(large, '0', LARGE);
    bus_init(&bus, &rig->broker);
    bus.config.packet_max = LIMIT;
    bus_start(&bus);
    bus_wait_ready(&bus);
    /* 1 byte type, 2 bytes length, 2 + 6 bytes topic, 2 bytes id: the payload that just fits. */
    static const size_t fits = LIMIT - 3 - 8 - 2;
    const size_t sizes[] = {fits, fits + 1, LARGE, 3, 70000, 5};
    for (size_t i = 0; i < 6; i++)
        support_peer_publish(&rig->peer, "test/n", large, sizes[i], false);
    bus_wait_messages(&bus, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(bus.messages[i].topic, "test/n");
        assert_int_equal(bus.messages[i].len, sizes[i]);
        assert_int_equal(bus.messages[i].oversize, sizes[i] > fits);
        assert_true(bus.messages[i].token != 0);
        bus_ack(&bus, i);
    }
    assert_int_equal(bus_metric(&bus, "roost_mqtt_oversize_total "), 3);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_losses_total "), 0);
    bus_stop(&bus);
    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    send_numbered(rig, 1, 1);
    bus_wait_messages(&bus, 1);
    expect_numbered(&bus, 0, 1);
    bus_stop(&bus);
    free(large);
}

/* While paused hardly anything is read, the broker is kept content, and nothing is lost. */
static void test_pause(void **state)
{
    enum { MESSAGES = 300 };
    struct rig *rig = *state;
    struct test_bus bus;
    static char text[30000];

    bus_init(&bus, &rig->broker);
    bus.config.keepalive_s = 1;
    bus.config.ping_timeout_ms = 300;
    bus_start(&bus);
    bus_wait_ready(&bus);
    bus.hub.ops->pause(bus.hub.ctx, true);
    for (int i = 0; i < MESSAGES; i++) {
        memset(text, ' ', sizeof text);
        int n = snprintf(text, sizeof text, "%d", i);
        text[n] = ' ';
        support_peer_publish(&rig->peer, "test/n", text, sizeof text, false);
        bus_turn(&bus);
    }
    /* Longer than the broker waits for a client that is silent. */
    for (uint64_t until = support_now_ms() + 2500; support_now_ms() < until;)
        bus_turn(&bus);
    assert_int_equal(bus.count, 0);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_paused "), 1);
    bus.hub.ops->pause(bus.hub.ctx, false);
    bus_wait_messages(&bus, MESSAGES);
    for (int i = 0; i < MESSAGES; i++)
        expect_numbered(&bus, (size_t)i, i);
    assert_int_equal(bus_metric(&bus, "roost_mqtt_losses_total "), 0);
    bus_stop(&bus);
}

/* What the session subscribed to in an earlier life ends when asked, and stays ended. */
static void test_a_kept_subscription_is_ended(void **state)
{
    static const char *const before[] = {"test/#", "old/+"}, *const old[] = {"old/+"};
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    bus.config.topics = before;
    bus.config.topic_count = 2;
    bus_start(&bus);
    bus_wait_ready(&bus);
    bus_stop(&bus);

    bus_init(&bus, &rig->broker);
    bus_make(&bus);
    assert_int_equal(mqtt_client_unsubscribe(bus.client, old, 1), ROOST_ERR_CLOSED);
    mqtt_client_start(bus.client);
    bus_wait_ready(&bus);
    peer_send(&rig->peer, "old/1", "1"); /* the broker remembers */
    bus_wait_messages(&bus, 1);
    bus_ack(&bus, 0);
    assert_int_equal(mqtt_client_unsubscribe(bus.client, old, 1), 0);
    peer_send(&rig->peer, "test/n", "2");
    bus_wait_messages(&bus, 2);
    bus_ack(&bus, 1);
    bus_stop(&bus);

    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    peer_send(&rig->peer, "old/1", "3");
    peer_send(&rig->peer, "test/n", "4");
    bus_wait_messages(&bus, 1);
    expect_numbered(&bus, 0, 4);
    bus_stop(&bus);
}

static void pause_after_each(void *ctx, const struct bus_message *message)
{
    struct test_bus *bus = ctx;

    (void)message;
    bus->count++;
    bus->hub.ops->pause(bus->hub.ctx, true);
}

/* A pause from inside a message holds back the next one, though it has been read already. */
static void test_pause_inside_a_message(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    assert_int_equal(uv_loop_init(&bus.loop), 0);
    bus.metrics = metrics_new();
    assert_int_equal(
        mqtt_client_new(&bus.client, &bus.loop, &bus.config, bus.metrics, pause_after_each, &bus),
        0);
    bus.hub = mqtt_client_bus(bus.client);
    mqtt_client_start(bus.client);
    bus_wait_ready(&bus);
    send_numbered(rig, 1, 5);
    for (size_t i = 1; i <= 5; i++) {
        bus_wait_messages(&bus, i);
        for (int turn = 0; turn < 5; turn++)
            bus_turn(&bus);
        assert_int_equal(bus.count, i);
        bus.hub.ops->pause(bus.hub.ctx, false);
    }
    bus_stop(&bus);
}

/* A broker that keeps the connection but says nothing is noticed. */
static void test_silent_broker(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    bus.config.keepalive_s = 1;
    bus.config.ping_timeout_ms = 200;
    bus.config.link.connect_timeout_ms = 300;
    bus_start(&bus);
    bus_wait_ready(&bus);
    support_broker_freeze(&rig->broker, true);
    bus_wait_why(&bus, "does not answer a ping");
    bus_wait_why(&bus, "no answer in time"); /* nor to the next attempt */
    support_broker_freeze(&rig->broker, false);
    bus_wait_ready(&bus);
    bus_stop(&bus);
}

/* Acknowledgements of a turn that ends in a stop still leave. */
static void test_stop_flushes_acknowledgements(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    send_numbered(rig, 1, 100);
    bus_wait_messages(&bus, 100);
    for (size_t i = 0; i < 100; i++)
        bus_ack(&bus, i);
    assert_int_equal(bus_publish(&bus, "out/last", "x", 0), 0);
    support_peer_subscribe(&rig->peer, "out/#");
    bus_stop(&bus);
    assert_non_null(support_peer_next(&rig->peer, "out/last", 5000));
    bus_init(&bus, &rig->broker);
    bus_start(&bus);
    bus_wait_ready(&bus);
    send_numbered(rig, 101, 101);
    bus_wait_messages(&bus, 1);
    expect_numbered(&bus, 0, 101);
    bus_stop(&bus);
}

/* Stopping is possible in every state, and ends the loop. */
static void test_stop_at_any_time(void **state)
{
    struct rig *rig = *state;
    struct test_bus bus;

    for (int turns = 0; turns < 12; turns++) {
        bus_init(&bus, &rig->broker);
        bus_start(&bus);
        for (int i = 0; i < turns; i++)
            uv_run(&bus.loop, UV_RUN_NOWAIT);
        bus_stop(&bus);
    }
    bus_init(&bus, &rig->broker);
    bus.config.host = "no-such-name.invalid";
    bus_start(&bus);
    bus_stop(&bus);
    bus_init(&bus, &rig->broker);
    bus.config.port = support_free_port();
    bus_start(&bus);
    bus_wait_why(&bus, "refused");
    bus_stop(&bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unacknowledged_messages_survive_a_crash, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_tokens_die_with_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publishes_survive_the_broker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publish_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oversize_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_kept_subscription_is_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause_inside_a_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent_broker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_flushes_acknowledgements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_at_any_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
