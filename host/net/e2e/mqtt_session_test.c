/* SPDX-License-Identifier: Apache-2.0 */
/* What the client tells of its session: subscriptions that are not granted, and others that take
 * its id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/net/mqtt_packet.h"
#include "host/net/mqtt_rival.h"
#include "mqtt_rig.h"

/* ---- a broker that grants what it likes ---- */

enum { IN_MAX = 65536, TOPICS = 3 };

struct fake {
    int listener, fd; /* fd -1: nobody is connected */
    uint16_t port;
    uint8_t in[IN_MAX];
    size_t len;
    uint8_t grants[TOPICS + 1];
    size_t grant_count;
    unsigned subscribes, connects;
};

static const char *const topics[TOPICS] = {"sensor/+/temperature", "sensor/+/humidity",
                                           "device/+/status"};

static void fake_open(struct fake *fake, const uint8_t *grants, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    *fake = (struct fake){.fd = -1, .grant_count = count};
    memcpy(fake->grants, grants, count);
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fake->listener, 4), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
}

static void fake_close(struct fake *fake)
{
    if (fake->fd >= 0)
        close(fake->fd);
    close(fake->listener);
}

static void fake_answer(struct fake *fake, const struct mqtt_packet *packet)
{
    uint8_t connack[] = {0x20, 2, 0, 0};
    uint8_t suback[8] = {0x90, (uint8_t)(2 + fake->grant_count), (uint8_t)(packet->packet_id >> 8),
                         (uint8_t)packet->packet_id};

    if (packet->type == MQTT_CONNECT) {
        fake->connects++;
        assert_int_equal(send(fake->fd, connack, sizeof connack, MSG_NOSIGNAL), sizeof connack);
    } else if (packet->type == MQTT_SUBSCRIBE) {
        fake->subscribes++;
        memcpy(suback + 4, fake->grants, fake->grant_count);
        assert_true(send(fake->fd, suback, 4 + fake->grant_count, MSG_NOSIGNAL) > 0);
    }
}

static void fake_turn(struct fake *fake)
{
    struct mqtt_packet packet;
    int n;

    if (fake->fd < 0) {
        fake->fd = accept4(fake->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        fake->len = 0;
    }
    ssize_t got =
        fake->fd < 0 ? -1 : recv(fake->fd, fake->in + fake->len, IN_MAX - fake->len, MSG_DONTWAIT);
    if (got == 0) {
        close(fake->fd);
        fake->fd = -1;
    }
    if (got <= 0)
        return;
    fake->len += (size_t)got;
    while ((n = mqtt_packet_decode(&packet, fake->in, fake->len, IN_MAX)) > 0) {
        fake_answer(fake, &packet);
        fake->len -= (size_t)n;
        memmove(fake->in, fake->in + n, fake->len);
    }
    assert_true(n >= 0);
}

static void bus_of(struct test_bus *bus, const struct fake *fake)
{
    const struct support_broker broker = {.port = fake->port};

    bus_init(bus, &broker);
    bus->config.topics = topics;
    bus->config.topic_count = TOPICS;
    bus->config.resubscribe_ms = 30;
    bus_start(bus);
}

/* Turns both until the reason has the part ("": ready), and so often was subscribed. */
static void wait_why(struct test_bus *bus, struct fake *fake, const char *part, unsigned subscribes)
{
    uint64_t until = support_now_ms() + BUS_WAIT_MS;

    for (;;) {
        const char *why = mqtt_client_why(bus->client);
        bool there = part[0] == '\0' ? !why : why && strstr(why, part);
        if (there && fake->subscribes >= subscribes)
            return;
        fake_turn(fake);
        bus_turn(bus);
        if (support_now_ms() > until)
            fail_msg("\"%s\" is not \"%s\" after %u times", why ? why : "", part, fake->subscribes);
    }
}

static void test_what_is_not_granted_is_not_ready(void **state)
{
    static const struct {
        uint8_t grants[TOPICS];
        const char *why;
    } cases[] = {
        {{1, 0x80, 1}, "the broker refuses sensor/+/humidity (1 refused, 0 below QoS 1, of 3)"},
        {{0x80, 0x80, 0x80}, "refuses sensor/+/temperature and more (3 refused"},
        {{1, 1, 0}, "grants only QoS 0 for device/+/status (0 refused, 1 below QoS 1, of 3)"},
        {{0, 0x80, 1}, "and more (1 refused, 1 below QoS 1, of 3)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_bus bus;
        struct fake fake;
        fake_open(&fake, cases[i].grants, TOPICS);
        bus_of(&bus, &fake);
        wait_why(&bus, &fake, cases[i].why, 2); /* asked again by itself */
        assert_int_equal(fake.connects, 1);     /* on the same connection */
        assert_int_equal((int)bus_metric(&bus, "roost_mqtt_connected "), 1);
        memset(fake.grants, 1, TOPICS);
        wait_why(&bus, &fake, "", 3);
        bus_stop(&bus);
        fake_close(&fake);
    }
}

static void test_a_wrong_count_ends_the_connection(void **state)
{
    static const uint8_t grants[TOPICS + 1] = {1, 1, 1, 1};

    (void)state;
    for (size_t count = 1; count <= TOPICS + 1; count++) {
        struct test_bus bus;
        struct fake fake;
        if (count == TOPICS)
            continue;
        fake_open(&fake, grants, count);
        bus_of(&bus, &fake);
        wait_why(&bus, &fake, "another number of subscriptions", 1);
        bus_stop(&bus);
        fake_close(&fake);
    }
}

/* ---- others with our id ---- */

static int setup(void **state)
{
    struct support_broker *broker = calloc(1, sizeof *broker);

    support_broker_start(broker, &(struct support_broker_options){0});
    *state = broker;
    return 0;
}

static int teardown(void **state)
{
    support_broker_deinit(*state);
    free(*state);
    return 0;
}

/* Connects with an id, is accepted, and goes. */
static void take_id(uint16_t port, const char *id, bool clean)
{
    const struct mqtt_connect connect_as = {
        .client_id = id, .clean_session = clean, .keepalive_s = 30};
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t bytes[128];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len = mqtt_write_connect(bytes, sizeof bytes, &connect_as);

    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, bytes, (size_t)len, 0), len);
    assert_int_equal(recv(fd, bytes, 4, MSG_WAITALL), 4);
    assert_int_equal(bytes[3], 0);
    close(fd);
}

static void start_long_lived(struct test_bus *bus, const struct support_broker *broker)
{
    bus_init(bus, broker);
    bus->config.clean_session = false;
    bus_start(bus);
    bus_wait_ready(bus);
}

static void test_a_session_that_is_taken_is_noticed(void **state)
{
    const struct support_broker *broker = *state;
    struct test_bus bus;

    start_long_lived(&bus, broker);
    assert_int_equal(mqtt_client_takeovers(bus.client).count, 0);
    take_id(broker->port, "bus-test", true);
    bus_wait_metric(&bus, "roost_mqtt_takeovers_total ", 1);
    assert_int_equal((int)bus_metric(&bus, "roost_mqtt_sessions_gone_total "), 1);
    assert_int_equal(mqtt_client_takeovers(bus.client).count, 1);
    assert_true(mqtt_client_takeovers(bus.client).ago_ms < BUS_WAIT_MS);
    bus_wait_ready(&bus);
    bus_stop(&bus);
}

static void test_taking_turns_is_noticed(void **state)
{
    const struct support_broker *broker = *state;
    struct test_bus bus;

    start_long_lived(&bus, broker);
    for (int i = 1; i <= MQTT_RIVAL_CUTS; i++) {
        assert_int_equal((int)bus_metric(&bus, "roost_mqtt_takeovers_total "), 0);
        take_id(broker->port, "bus-test", false);
        bus_wait_metric(&bus, "roost_mqtt_losses_total ", i);
        bus_wait_ready(&bus);
    }
    bus_wait_metric(&bus, "roost_mqtt_takeovers_total ", 1);
    assert_int_equal((int)bus_metric(&bus, "roost_mqtt_sessions_gone_total "), 0);
    bus_stop(&bus);
}

static void test_a_broker_that_restarts_is_no_rival(void **state)
{
    struct support_broker *broker = *state;
    struct test_bus bus;

    start_long_lived(&bus, broker);
    support_broker_kill(broker);
    bus_wait_why(&bus, "cannot connect");
    support_broker_again(broker);
    bus_wait_ready(&bus);
    assert_int_equal((int)bus_metric(&bus, "roost_mqtt_takeovers_total "), 0);
    assert_int_equal((int)bus_metric(&bus, "roost_mqtt_sessions_gone_total "), 1);
    bus_stop(&bus);
}

static void test_an_earlier_runs_session_is_missed(void **state)
{
    const struct support_broker *broker = *state;
    struct test_bus bus;

    start_long_lived(&bus, broker);
    bus_stop(&bus);
    take_id(broker->port, "bus-test", true);
    for (int run = 0; run < 2; run++) { /* once: then it is there again */
        bus_init(&bus, broker);
        bus.config.clean_session = false;
        bus_make(&bus);
        mqtt_client_expect_session(bus.client);
        mqtt_client_start(bus.client);
        bus_wait_ready(&bus);
        assert_int_equal((int)bus_metric(&bus, "roost_mqtt_sessions_gone_total "), run == 0);
        bus_stop(&bus);
    }
}

#define BROKER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_granted_is_not_ready),
        cmocka_unit_test(test_a_wrong_count_ends_the_connection),
        BROKER_TEST(test_a_session_that_is_taken_is_noticed),
        BROKER_TEST(test_taking_turns_is_noticed),
        BROKER_TEST(test_a_broker_that_restarts_is_no_rival),
        BROKER_TEST(test_an_earlier_runs_session_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
