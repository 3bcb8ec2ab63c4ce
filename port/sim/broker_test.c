/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"

static struct sim sim;
static struct sim_host hosts[3];

/* A client that writes down what happens to it. */
struct peer {
    struct sim_client client;
    bool opened, session_present, keep /* does not acknowledge by itself */;
    int closes, why, acks;
    char got[64][32];
    bool dup[64], retain[64];
    uint64_t tokens[64];
    int got_count;
};
static struct peer device, hub, other;

static void on_open(void *ctx, bool session_present)
{
    struct peer *peer = ctx;

    peer->opened = true;
    peer->session_present = session_present;
}

static void on_close(void *ctx, int why)
{
    struct peer *peer = ctx;

    peer->opened = false;
    peer->why = why;
    peer->closes++;
}

static void on_ack(void *ctx, uint64_t token)
{
    struct peer *peer = ctx;

    (void)token;
    peer->acks++;
}

static void on_message(void *ctx, const struct sim_message *message, uint64_t token, bool retain,
                       bool dup)
{
    struct peer *peer = ctx;
    int i = peer->got_count++;

    assert_true(i < 64);
    snprintf(peer->got[i], sizeof peer->got[i], "%s=%s", message->topic,
             (const char *)message->bytes);
    peer->tokens[i] = token;
    peer->retain[i] = retain;
    peer->dup[i] = dup;
}

static const struct sim_client_ops ops = {
    .opened = on_open, .closed = on_close, .acked = on_ack, .message = on_message};

static void peer_init(struct peer *peer, struct sim_host *host, uint64_t index)
{
    memset(peer, 0, sizeof *peer);
    sim_host_init(host, 9, index);
    sim_client_init(&peer->client, &sim.net, host, &ops, peer);
}

static int setup(void **state)
{
    (void)state;
    peer_init(&device, &hosts[0], 0);
    peer_init(&hub, &hosts[1], 1);
    peer_init(&other, &hosts[2], 2);
    hub.client.manual_ack = true;
    return sim_init(&sim, 9);
}

static int teardown(void **state)
{
    (void)state;
    sim_deinit(&sim);
    return 0;
}

static void pass(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static void join(struct peer *peer, const char *id, bool clean, const char *will)
{
    struct sim_client_options options = {.client_id = id,
                                         .will_topic = will ? "will" : NULL,
                                         .will_payload = will,
                                         .keepalive_s = 20,
                                         .clean_session = clean};

    assert_int_equal(sim_client_open(&peer->client, &options), 0);
    assert_int_equal(sim_client_open(&peer->client, &options), ROOST_ERR_BUSY);
    pass(5000);
    assert_true(peer->opened);
}

static void say(struct peer *peer, const char *topic, const char *text, int qos, bool retain)
{
    assert_true(sim_client_publish(&peer->client, topic, text, strlen(text), qos, retain) >= 0);
}

static void filters_match_as_the_standard_says(void **state)
{
    (void)state;
    assert_true(sim_topic_matches("a/b", "a/b"));
    assert_true(sim_topic_matches("a/+", "a/b"));
    assert_true(sim_topic_matches("+/+", "a/b"));
    assert_true(sim_topic_matches("#", "a/b"));
    assert_true(sim_topic_matches("a/#", "a/b/c"));
    assert_true(sim_topic_matches("a/#", "a"));
    assert_true(sim_topic_matches("a/+/c", "a/b/c"));
    assert_true(sim_topic_matches("+", "a"));
    assert_false(sim_topic_matches("+", "a/b"));
    assert_false(sim_topic_matches("a/+", "a"));
    assert_false(sim_topic_matches("a/b", "a/bc"));
    assert_false(sim_topic_matches("a/bc", "a/b"));
    assert_false(sim_topic_matches("a/+/c", "a/b/d"));
}

static void messages_pass_in_order_and_are_acknowledged(void **state)
{
    char text[8];

    (void)state;
    join(&hub, "hub", false, NULL);
    join(&device, "d1", true, NULL);
    assert_int_equal(sim_client_subscribe(&hub.client, "sensor/+/t"), 0);
    pass(1000);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i);
        say(&device, "sensor/1/t", text, 1, false);
    }
    pass(10000);
    assert_int_equal(device.acks, 20);
    assert_int_equal(hub.got_count, 20);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_string_equal(hub.got[i] + strlen("sensor/1/t="), text);
    }
}

static void what_the_hub_did_not_acknowledge_comes_again(void **state)
{
    (void)state;
    join(&hub, "hub", false, NULL);
    join(&device, "d1", true, NULL);
    assert_int_equal(sim_client_subscribe(&hub.client, "a/#"), 0);
    pass(1000);
    say(&device, "a/1", "one", 1, false);
    say(&device, "a/1", "two", 1, false);
    pass(1000);
    assert_int_equal(hub.got_count, 2);
    sim_client_ack(&hub.client, hub.tokens[0]);
    pass(1000);
    sim_client_die(&hub.client, false);
    pass(1000);
    say(&device, "a/1", "three", 1, false);
    pass(1000);
    hub.got_count = 0;
    join(&hub, "hub", false, NULL);
    assert_true(hub.session_present);
    assert_int_equal(hub.got_count, 2);
    assert_string_equal(hub.got[0], "a/1=two");
    assert_true(hub.dup[0]);
    assert_string_equal(hub.got[1], "a/1=three");
    assert_false(hub.dup[1]);
    sim_client_ack(&hub.client, hub.tokens[0]);
    sim_client_ack(&hub.client, hub.tokens[1]);
    pass(1000);
    assert_int_equal(sim_broker_session(&sim.broker, "hub")->queued, 0);
}

static void retained_messages_reach_late_subscribers(void **state)
{
    (void)state;
    join(&device, "d1", true, NULL);
    say(&device, "state", "v1", 1, true);
    say(&device, "state", "v2", 1, true);
    pass(1000);
    join(&other, "o", true, NULL);
    assert_int_equal(sim_client_subscribe(&other.client, "state"), 0);
    pass(1000);
    assert_int_equal(other.got_count, 1);
    assert_string_equal(other.got[0], "state=v2");
    assert_true(other.retain[0]);
    say(&device, "state", "v3", 1, true);
    pass(1000);
    assert_false(other.retain[1]);
}

static void the_will_is_for_those_who_vanish(void **state)
{
    (void)state;
    join(&other, "o", true, NULL);
    assert_int_equal(sim_client_subscribe(&other.client, "will"), 0);
    join(&device, "d1", true, "gone");
    assert_int_equal(sim_client_close(&device.client), 0);
    pass(60000);
    assert_int_equal(device.closes, 1);
    assert_int_equal(other.got_count, 0);
    join(&device, "d1", true, "gone");
    hosts[0].powered = false;
    sim_client_die(&device.client, true);
    pass(20000); /* it was heard last at its CONNECT, 5 s before */
    assert_int_equal(other.got_count, 0);
    pass(6000); /* one and a half times the keep-alive */
    assert_int_equal(other.got_count, 1);
    assert_string_equal(other.got[0], "will=gone");
}

static void a_second_connection_takes_the_session_over(void **state)
{
    (void)state;
    join(&device, "same", true, "first");
    join(&other, "same", true, NULL);
    pass(1000);
    assert_false(device.opened);
    assert_int_equal(device.why, ROOST_ERR_IO);
    assert_true(other.opened);
    assert_int_equal(sim.broker.takeovers, 1);
}

static void a_partition_holds_everything_and_heals(void **state)
{
    (void)state;
    join(&hub, "hub", false, NULL);
    join(&device, "d1", true, NULL);
    assert_int_equal(sim_client_subscribe(&hub.client, "a"), 0);
    pass(1000);
    sim_host_set_partitioned(&sim.net, &hosts[0], true);
    say(&device, "a", "late", 1, false);
    pass(10000); /* shorter than the keep-alive: nobody notices */
    assert_int_equal(hub.got_count, 0);
    assert_true(device.opened);
    sim_host_set_partitioned(&sim.net, &hosts[0], false);
    pass(5000);
    assert_int_equal(hub.got_count, 1);
    assert_int_equal(device.acks, 1);
    sim_host_set_partitioned(&sim.net, &hosts[0], true);
    pass(60000);
    assert_false(device.opened);
    assert_int_equal(device.why, ROOST_ERR_TIMEOUT);
    assert_null(sim_broker_session(&sim.broker, "d1"));
    sim_host_set_partitioned(&sim.net, &hosts[0], false);
    join(&device, "d1", true, NULL);
}

static void a_restart_keeps_persistent_sessions(void **state)
{
    (void)state;
    join(&hub, "hub", false, NULL);
    join(&device, "d1", true, "gone");
    assert_int_equal(sim_client_subscribe(&hub.client, "#"), 0);
    pass(1000);
    say(&device, "a", "kept", 1, true);
    pass(1000);
    sim_broker_stop(&sim.broker);
    pass(1000);
    assert_false(device.opened);
    assert_false(hub.opened);
    assert_int_equal(
        sim_client_open(&device.client, &(struct sim_client_options){.client_id = "d1"}), 0);
    pass(1000);
    assert_int_equal(device.why, ROOST_ERR_REFUSED);
    sim_broker_start(&sim.broker);
    hub.got_count = 0;
    join(&hub, "hub", false, NULL);
    assert_int_equal(hub.got_count, 1);
    assert_string_equal(hub.got[0], "a=kept");
    assert_non_null(sim_broker_retained(&sim.broker, "a"));
}

static void a_paused_client_gets_it_later(void **state)
{
    (void)state;
    join(&hub, "hub", false, NULL);
    join(&device, "d1", true, NULL);
    assert_int_equal(sim_client_subscribe(&hub.client, "a"), 0);
    pass(1000);
    sim_client_pause(&hub.client, true);
    say(&device, "a", "x", 1, false);
    pass(120000);
    assert_int_equal(hub.got_count, 0);
    assert_true(hub.opened);
    sim_client_pause(&hub.client, false);
    pass(1000);
    assert_int_equal(hub.got_count, 1);
}

static void outgoing_messages_are_bounded(void **state)
{
    (void)state;
    join(&device, "d1", true, NULL);
    for (uint32_t i = 0; i < device.client.outgoing_max; i++)
        say(&device, "a", "x", 1, false);
    assert_int_equal(sim_client_publish(&device.client, "a", "x", 1, 1, false), ROOST_ERR_FULL);
    pass(5000);
    say(&device, "a", "x", 1, false);
    pass(5000);
    assert_int_equal(device.acks, device.client.outgoing_max + 1);
    assert_int_equal(sim_client_close(&device.client), 0);
    assert_int_equal(sim_client_publish(&device.client, "a", "x", 1, 1, false), ROOST_ERR_CLOSED);
    pass(5000);
    assert_int_equal(sim.net.conn_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_match_as_the_standard_says),
        cmocka_unit_test_setup_teardown(messages_pass_in_order_and_are_acknowledged, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_hub_did_not_acknowledge_comes_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(retained_messages_reach_late_subscribers, setup, teardown),
        cmocka_unit_test_setup_teardown(the_will_is_for_those_who_vanish, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_connection_takes_the_session_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_partition_holds_everything_and_heals, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_keeps_persistent_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paused_client_gets_it_later, setup, teardown),
        cmocka_unit_test_setup_teardown(outgoing_messages_are_bounded, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
