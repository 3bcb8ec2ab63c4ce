/* SPDX-License-Identifier: Apache-2.0 */
/* When the uplink is opened and closed, and what the product hears of it; over MQTT, and over a
 * protocol of the product's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define RING "{\"id\":\"1\",\"command\":\"ring\"}"

enum { CONNECT_MS = 15000 }; /* an attempt may take */

static int told(enum roost_what_kind kind)
{
    int count = 0;

    assert_true(product.happenings <= PRODUCT_HAPPENED);
    for (int i = 0; i < product.happenings; i++)
        count += product.happened[i].kind == kind;
    return count;
}

/* ---- over MQTT ---- */

static void it_connects_by_itself_and_subscribes(void **state)
{
    (void)state;
    start();
    assert_int_equal(fake.opens, 0);
    fake_run(&fake, ONLINE_MS);
    assert_int_equal(fake.opens, 1);
    assert_int_equal(fake.subscribed_count, 2);
    assert_string_equal(fake.subscribed[0], "bell/bell-1/tune");
    assert_string_equal(fake.subscribed[1], "device/bell-1/command");
    assert_int_equal(told(ROOST_WHAT_ONLINE), 1);
    assert_int_equal(told(ROOST_WHAT_OFFLINE), 0);
    assert_true(roost_device_online(&product.device));
    assert_int_equal(fake.count[ROOST_TOPIC_STATUS], 1);
    assert_int_equal(fake.count[FAKE_STATE], 1);
}

static void a_lost_connection_is_told_and_made_again(void **state)
{
    (void)state;
    start_online();
    fake_disconnect(&fake);
    fake_run(&fake, 10);
    assert_false(roost_device_online(&product.device));
    assert_int_equal(told(ROOST_WHAT_OFFLINE), 1);
    fake_run(&fake, 10000);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 2);
    assert_int_equal(fake.opens, 2);
    assert_int_equal(fake.subscribes, 4);
    read_status();
    assert_int_equal(status.reconnects, 1);
}

static void a_lost_connection_loses_no_record(void **state)
{
    (void)state;
    start_online();
    fake.broker_up = false;
    fake_disconnect(&fake);
    for (int i = 0; i < 20; i++) {
        press();
        fake_run(&fake, 30000);
    }
    assert_true(fake.opens > 5 && fake.opens < 60); /* tries again, slower and slower */
    assert_true(roost_outbox_waiting(&product.outbox) >= 20);
    fake.broker_up = true;
    fake_run(&fake, 4 * MINUTE);
    assert_int_equal(roost_outbox_waiting(&product.outbox), 0);
    assert_int_equal(fake.count[FAKE_RING], product.rings);
    assert_int_equal(roost_outbox_last_seq(&product.outbox), product.rings);
}

static void the_network_takes_the_connection_with_it(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_wifi(&fake);
    fake.own_network = true;
    boot();
    fake_run(&fake, ONLINE_MS);
    assert_true(fake.open);
    fake.wifi_silent = true;
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_run(&fake, 100);
    assert_false(fake.open);
    assert_int_equal(fake.closes, 1);
    assert_int_equal(told(ROOST_WHAT_OFFLINE), 1);
    fake_run(&fake, 10 * MINUTE);
    assert_int_equal(fake.opens, 1); /* in vain without a network */
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_UP});
    fake_run(&fake, 2000);
    assert_true(fake.open);
}

static void a_port_that_does_not_open_is_asked_again(void **state)
{
    (void)state;
    start();
    fake.open_error = ROOST_ERR_IO;
    fake_run(&fake, 5 * MINUTE);
    assert_int_equal(fake.opens, 0);
    assert_true(product.device.link.failures > 3 && product.device.link.failures < 60);
    fake.open_error = 0;
    fake_run(&fake, 3 * MINUTE);
    assert_true(fake.open);
}

static void an_attempt_that_comes_to_no_end_is_given_up(void **state)
{
    (void)state;
    start();
    fake.broker_silent = true;
    fake_run(&fake, CONNECT_MS);
    assert_int_equal(fake.opens, 1);
    fake_run(&fake, 2000);
    assert_int_equal(fake.closes, 1);
    fake.broker_silent = false;
    fake_run(&fake, MINUTE);
    assert_true(fake.open);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 1);
}

static void one_that_opens_too_late_is_closed_again(void **state)
{
    (void)state;
    start();
    fake.broker_up = false;
    fake_run(&fake, MINUTE);
    assert_int_equal(product.device.link.state, ROOST_LINK_WAITING);
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_MQTT_OPENED});
    fake_run(&fake, 10);
    assert_false(fake.open);
    assert_int_equal(fake.closes, 1);
    assert_int_equal(fake.subscribes, 0);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 0);
}

static void one_that_cannot_subscribe_is_closed_again(void **state)
{
    (void)state;
    start();
    fake.subscribe_error = ROOST_ERR_FULL;
    fake_run(&fake, 2000);
    assert_int_equal(fake.closes, fake.opens);
    assert_false(fake.open);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 0);
    assert_int_equal(fake.publishes, 0);
    fake.subscribe_error = 0;
    fake_run(&fake, MINUTE);
    assert_true(fake.open);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 1);
}

static void a_broker_that_acknowledges_nothing_is_left(void **state)
{
    (void)state;
    start();
    fake.acks = false;
    press();
    fake_run(&fake, 90000);
    assert_true(fake.opens >= 2);
    fake.acks = true;
    fake_disconnect(&fake);
    fake_run(&fake, MINUTE);
    assert_true(roost_outbox_waiting(&product.outbox) <= 1);
}

/* ---- over a protocol of its own ---- */

static void start_over_ws(void)
{
    fake_init(&fake);
    fake_use_ws(&fake);
    fake.port.mqtt.ops = NULL; /* it needs none */
    boot();
}

static void start_ws_online(void)
{
    start_over_ws();
    fake_run(&fake, ONLINE_MS);
    assert_true(fake.ws_open && roost_device_online(&product.device));
}

static void ask_over_ws(const char *payload)
{
    struct roost_event event = {.type = ROOST_EV_WS_TEXT, .data = payload, .len = strlen(payload)};

    assert_int_equal(product_post(&product, &event), 0);
    fake_run(&fake, 10);
}

static bool ws_said(const char *word)
{
    return strncmp(fake.ws_last, word, strlen(word)) == 0;
}

static void a_websocket_opens_and_closes_like_any_uplink(void **state)
{
    (void)state;
    start_ws_online();
    assert_int_equal(fake.ws_opens, 1);
    assert_int_equal(fake.ws_sends, 2); /* its greeting, and the status */
    assert_true(ws_said("online {\"online\":true,"));
    assert_int_equal(told(ROOST_WHAT_ONLINE), 1);
    fake_hang_up(&fake);
    fake_run(&fake, 10);
    assert_int_equal(told(ROOST_WHAT_OFFLINE), 1);
    assert_false(roost_device_online(&product.device));
    fake.ws_up = false;
    fake_run(&fake, 10 * MINUTE);
    assert_true(fake.ws_opens > 5 && fake.ws_opens < 60);
    fake.ws_up = true;
    fake_run(&fake, 4 * MINUTE);
    assert_true(fake.ws_open);
    assert_int_equal(product.device.health.reconnects, 1);
}

static void one_that_is_not_greeted_is_closed_again(void **state)
{
    (void)state;
    start_over_ws();
    product.greeting_error = ROOST_ERR_CLOSED;
    fake_run(&fake, MINUTE);
    assert_true(fake.ws_opens > 1);
    assert_false(fake.ws_open);
    assert_int_equal(fake.ws_sends, 0);
    assert_int_equal(told(ROOST_WHAT_ONLINE), 0);
}

/* The other end closed with "not now": the product says how long that is. */
static void an_attempt_is_held_off(void **state)
{
    (void)state;
    start_ws_online();
    fake_hang_up(&fake);
    fake_run(&fake, 10);
    roost_device_hold_off(&product.device, fake.now_ms + 5 * MINUTE);
    fake_run(&fake, 5 * MINUTE - 10);
    assert_int_equal(fake.ws_opens, 1);
    fake_run(&fake, 100);
    assert_int_equal(fake.ws_opens, 2);
    assert_true(fake.ws_open);
    roost_device_hold_off(&product.device, ROOST_NEVER); /* an open one stays open */
    fake_run(&fake, MINUTE);
    assert_true(fake.ws_open && roost_device_online(&product.device));
    fake_hang_up(&fake);
    fake_run(&fake, 10);
    roost_device_hold_off(&product.device, fake.now_ms + MINUTE);
    roost_device_hold_off(&product.device, fake.now_ms); /* never brings it forward */
    fake_run(&fake, MINUTE - 10);
    assert_int_equal(fake.ws_opens, 2);
    roost_device_hold_off(&product.device, ROOST_NEVER);
    fake_run(&fake, 60 * MINUTE);
    assert_int_equal(fake.ws_opens, 2);
}

/* Nobody acknowledges: what was handed over counts as taken. */
static void a_status_counts_as_taken_when_it_is_sent(void **state)
{
    (void)state;
    start_over_ws();
    fake.ws_up = false;
    fake_run(&fake, ONLINE_MS);
    assert_false(product.device.update.status_acked);
    fake.ws_up = true;
    fake_run(&fake, MINUTE);
    assert_true(product.device.update.status_acked);
    assert_true(ws_said("online "));
    fake.ws_error = ROOST_ERR_FULL;
    product.stuck = true;
    fake_run(&fake, 20000);
    assert_false(contains(fake.ws_last, "stuck"));
    fake.ws_error = 0;
    fake_run(&fake, ROOST_DEVICE_WATCHDOG_MS);
    assert_true(contains(fake.ws_last, "\"fault\":\"stuck\""));
}

static void commands_are_answered_over_it(void **state)
{
    (void)state;
    start_ws_online();
    ask_over_ws(RING);
    assert_string_equal(fake.ws_last, "answer {\"id\":\"1\",\"ok\":true,\"data\":{}}");
    assert_int_equal(product.rings, 1);
    fake.ws_error = ROOST_ERR_FULL; /* an answer waits, and its turn comes */
    ask_over_ws("{\"id\":\"3\",\"command\":\"ring\"}");
    ask_over_ws("{\"id\":\"4\",\"command\":\"ring\"}");
    assert_int_equal(product.rings, 2);
    fake.ws_error = 0;
    fake_run(&fake, ROOST_DEVICE_WATCHDOG_MS);
    assert_int_equal(product.rings, 3);
    assert_int_equal(product.device.answers_lost, 0);
    ask_over_ws("{\"id\":\"2\",\"command\":\"health\"}"); /* there is no journal to speak of */
    assert_false(contains(fake.ws_last, "journal"));
    assert_true(contains(fake.ws_last, "\"reconnects\":0"));
}

static void a_reboot_over_it_gives_its_answer_time(void **state)
{
    (void)state;
    start_ws_online();
    ask_over_ws("{\"id\":\"9\",\"command\":\"reboot\"}");
    assert_true(ws_said("answer {\"id\":\"9\",\"ok\":true"));
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS - 100);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 200);
    assert_int_equal(fake.reboots, 1);
}

static void a_stop_says_so_and_closes_it(void **state)
{
    (void)state;
    start_ws_online();
    roost_device_stop(&product.device);
    product_step(&product);
    assert_string_equal(fake.ws_last, "offline {\"online\":false}");
    assert_false(fake.ws_open);
    assert_false(roost_device_over(&product.device));
    fake_run(&fake, 100);
    assert_true(roost_device_over(&product.device));
}

static void an_update_over_it_is_said_once_and_proven(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_ws(&fake);
    fake_use_update(&fake, "bell");
    boot();
    fake_run(&fake, ONLINE_MS);
    fake_offer(&fake, "1.3.0");
    ask_over_ws("{\"id\":\"1\",\"command\":\"update\"}");
    for (int i = 0; i < 1000 && product.device.life != ROOST_LIFE_UPDATING; i++)
        fake_run(&fake, 1);
    assert_int_equal(product.device.life, ROOST_LIFE_UPDATING);
    assert_string_equal(fake.ws_last, "offline {\"online\":false}");
    int sends = fake.ws_sends;
    for (int i = 0; i < 5; i++) {
        press();
        fake_run(&fake, 100);
    }
    assert_int_equal(fake.ws_sends, sends);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);

    reboot_as(ROOST_RESET_UPDATE);
    assert_true(fake.running.on_trial);
    fake_run(&fake, 10000);
    assert_false(fake.running.on_trial);
    assert_true(contains(fake.ws_last, "\"report\":\"installed 1.3.0\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_connects_by_itself_and_subscribes),
        cmocka_unit_test(a_lost_connection_is_told_and_made_again),
        cmocka_unit_test(a_lost_connection_loses_no_record),
        cmocka_unit_test(the_network_takes_the_connection_with_it),
        cmocka_unit_test(a_port_that_does_not_open_is_asked_again),
        cmocka_unit_test(an_attempt_that_comes_to_no_end_is_given_up),
        cmocka_unit_test(one_that_opens_too_late_is_closed_again),
        cmocka_unit_test(one_that_cannot_subscribe_is_closed_again),
        cmocka_unit_test(a_broker_that_acknowledges_nothing_is_left),
        cmocka_unit_test(a_websocket_opens_and_closes_like_any_uplink),
        cmocka_unit_test(one_that_is_not_greeted_is_closed_again),
        cmocka_unit_test(an_attempt_is_held_off),
        cmocka_unit_test(a_status_counts_as_taken_when_it_is_sent),
        cmocka_unit_test(commands_are_answered_over_it),
        cmocka_unit_test(a_reboot_over_it_gives_its_answer_time),
        cmocka_unit_test(a_stop_says_so_and_closes_it),
        cmocka_unit_test(an_update_over_it_is_said_once_and_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
