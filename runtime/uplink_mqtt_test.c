/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/fleet/status.h"
#include "runtime/test/fake_port.h"
#include "runtime/uplink_mqtt.h"

static const struct roost_topic topics[] = {
    {"bell/", "/tune", "tune"}, {"bell/", "/score", "score"}, {"bell/", "/ring", "ring"}};
static const struct roost_mqtt_options broker = {
    .host = "broker", .port = 8883, .tls = true, .user = "bell-1", .keepalive_s = 30};

static struct fake_port fake;
static struct roost_uplink_mqtt mqtt;
static struct roost_uplink uplink;

static int set_up(void **state)
{
    (void)state;
    fake_init(&fake);
    fake.topics = topics;
    fake.topic_count = 3;
    uplink = roost_uplink_mqtt(&mqtt);
    return roost_uplink_mqtt_init(&mqtt, &fake.port, &broker, "bell-1", topics, 2);
}

static void open_(void)
{
    assert_int_equal(uplink.ops->open(uplink.ctx), 0);
    fake.pending_count = 0; /* the broker is quick */
    fake.open = true;
    fake.opening = false;
    assert_int_equal(uplink.ops->opened(uplink.ctx), 0);
}

static void it_needs_mqtt_and_an_id(void **state)
{
    (void)state;
    char id[ROOST_DEVICE_ID_MAX + 2];
    struct roost_port without = fake.port;

    without.mqtt.ops = NULL;
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &without, &broker, "bell-1", topics, 2),
                     ROOST_ERR_UNSUPPORTED);
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &fake.port, &broker, "a/b", topics, 2),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &fake.port, &broker, "", topics, 2),
                     ROOST_ERR_INVALID);
    memset(id, 'b', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &fake.port, &broker, id, topics, 2),
                     ROOST_ERR_TOO_LONG);
}

static void it_opens_as_the_device_with_its_last_will(void **state)
{
    (void)state;
    assert_int_equal(uplink.ops->open(uplink.ctx), 0);
    assert_string_equal(fake.options->client_id, "bell-1");
    assert_string_equal(fake.options->will_topic, "device/bell-1/status");
    assert_string_equal(fake.options->will_payload, ROOST_STATUS_OFFLINE);
    assert_string_equal(fake.options->host, "broker"); /* the rest is as it was given */
    assert_string_equal(fake.options->user, "bell-1");
    assert_null(fake.options->password);
    assert_int_equal(fake.options->port, 8883);
    assert_true(fake.options->tls);
    assert_int_equal(fake.options->keepalive_s, 30);
    assert_int_equal(uplink.ops->open(uplink.ctx), ROOST_ERR_BUSY); /* what the port says */
}

static void opened_it_listens_to_its_topics_and_to_commands(void **state)
{
    (void)state;
    open_();
    assert_int_equal(fake.subscribed_count, 3);
    assert_string_equal(fake.subscribed[0], "bell/bell-1/tune");
    assert_string_equal(fake.subscribed[1], "bell/bell-1/score");
    assert_string_equal(fake.subscribed[2], "device/bell-1/command");

    fake.subscribe_error = ROOST_ERR_FULL;
    assert_int_equal(uplink.ops->opened(uplink.ctx), ROOST_ERR_FULL);
    fake.subscribe_error = 0;
    fake.open = false;
    assert_int_equal(uplink.ops->opened(uplink.ctx), ROOST_ERR_CLOSED);
}

static void a_product_may_have_no_topics(void **state)
{
    (void)state;
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &fake.port, &broker, "bell-1", NULL, 0), 0);
    open_();
    assert_int_equal(fake.subscribed_count, 1);
    assert_string_equal(fake.subscribed[0], "device/bell-1/command");
}

static void reports_go_to_the_topics_of_every_device(void **state)
{
    (void)state;
    open_();
    assert_true(uplink.ops->report(uplink.ctx, ROOST_REPORT_ONLINE, "{1}", 3) > 0);
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{1}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    fake.retained[ROOST_TOPIC_STATUS] = false;
    assert_true(uplink.ops->report(uplink.ctx, ROOST_REPORT_OFFLINE, "{2}", 3) > 0);
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{2}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    int token = uplink.ops->report(uplink.ctx, ROOST_REPORT_ANSWER, "{3}", 3);
    assert_int_equal(token, fake.next_token); /* that the port's acknowledgement carries */
    assert_string_equal(fake.last[ROOST_TOPIC_ANSWER], "{3}");
    assert_false(fake.retained[ROOST_TOPIC_ANSWER]);
}

static void what_the_port_refuses_is_said(void **state)
{
    (void)state;
    assert_int_equal(uplink.ops->report(uplink.ctx, ROOST_REPORT_ONLINE, "{}", 2),
                     ROOST_ERR_CLOSED);
    open_();
    fake.room = 0;
    assert_int_equal(uplink.ops->report(uplink.ctx, ROOST_REPORT_ANSWER, "{}", 2), ROOST_ERR_FULL);
    fake.publish_error = ROOST_ERR_TOO_LONG;
    assert_int_equal(uplink.ops->report(uplink.ctx, ROOST_REPORT_ANSWER, "{}", 2),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(fake.publishes, 0);
}

static void the_product_speaks_on_its_own_topics(void **state)
{
    (void)state;
    open_();
    assert_true(roost_uplink_mqtt_publish(&mqtt, &topics[2], "ding", 4, false) > 0);
    assert_string_equal(fake.last[FAKE_OWN + 2], "ding");
    assert_false(fake.retained[FAKE_OWN + 2]);
    assert_true(roost_uplink_mqtt_publish(&mqtt, &topics[2], "dong", 4, true) > 0);
    assert_true(fake.retained[FAKE_OWN + 2]);
    assert_int_equal(fake.count[FAKE_OWN + 2], 2);
}

static void it_closes(void **state)
{
    (void)state;
    open_();
    uplink.ops->close(uplink.ctx);
    assert_false(fake.open);
    assert_int_equal(fake.closes, 1);
    assert_int_equal(fake.pending_count, 1); /* CLOSED */
    uplink.ops->close(uplink.ctx);           /* there is none to come */
    assert_int_equal(fake.pending_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, NULL)
    const struct CMUnitTest tests[] = {
        TEST(it_needs_mqtt_and_an_id),
        TEST(it_opens_as_the_device_with_its_last_will),
        TEST(opened_it_listens_to_its_topics_and_to_commands),
        TEST(a_product_may_have_no_topics),
        TEST(reports_go_to_the_topics_of_every_device),
        TEST(what_the_port_refuses_is_said),
        TEST(the_product_speaks_on_its_own_topics),
        TEST(it_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
