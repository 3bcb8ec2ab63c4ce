/* SPDX-License-Identifier: Apache-2.0 */
/* A device as its product sees it: how it is made, what happens in a step and in which order, and
 * when the next one is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define COMMAND(name) "{\"id\":\"1\",\"command\":\"" name "\"}"

static struct roost_device *const device = &product.device;

/* ---- making one ---- */

static void refuses_what_it_cannot_run_with(void **state)
{
    (void)state;
    static const struct {
        const char *id, *version;
        int err;
    } rows[] = {
        {"a/b", "1", ROOST_ERR_INVALID},
        {"", "1", ROOST_ERR_INVALID},
        {"12345678901234567890123456789012345678901234567890123456789012345", "1",
         ROOST_ERR_TOO_LONG},
        {"bell-1", "a version that is longer than the thirty-two bytes it may have",
         ROOST_ERR_TOO_LONG},
        {"bell-1", "1", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_init(&fake);
        const struct product_config config = {.id = rows[i].id, .version = rows[i].version};
        assert_int_equal(product_init(&product, &fake.port, &config), rows[i].err);
    }
    const struct product_config config = {.id = "bell-1", .version = "1"};
    for (int part = 0; part < 5; part++) {
        fake_init(&fake);
        if (part == 0)
            fake.port.clock.ops = NULL;
        else if (part == 1)
            fake.port.random.ops = NULL;
        else if (part == 2)
            fake.port.kv.ops = NULL;
        else if (part == 3)
            fake.port.system.ops = NULL;
        else
            fake.port.mqtt.ops = NULL; /* what this product's uplink needs */
        assert_int_equal(product_init(&product, &fake.port, &config), ROOST_ERR_UNSUPPORTED);
    }
}

static void names_are_copied(void **state)
{
    (void)state;
    char id[] = "bell-1", version[] = "1.2.3";
    fake_init(&fake);
    assert_int_equal(
        product_init(&product, &fake.port, &(struct product_config){.id = id, .version = version}),
        0);
    memset(id, 'x', sizeof id - 1);
    memset(version, 'x', sizeof version - 1);
    assert_string_equal(device->id, "bell-1");
    assert_string_equal(device->firmware, "1.2.3");
}

/* ---- a step ---- */

static void the_first_step_begins_with_the_settings(void **state)
{
    (void)state;
    start();
    assert_int_equal(device->life, ROOST_LIFE_STARTING);
    press();
    fake_run(&fake, 0);
    static const enum roost_what_kind kinds[] = {ROOST_WHAT_SETTINGS, ROOST_WHAT_EVENT};
    expect_happened(0, kinds, 2);
    assert_int_equal(device->life, ROOST_LIFE_RUNNING);
    assert_int_equal(roost_device_boot(device), 1);
}

static void events_come_before_timers_and_those_before_commands(void **state)
{
    (void)state;
    start_online();
    fake.acks = false;
    int from = product.happenings;
    fake.now_ms = product.timer[PRODUCT_TIMER_RING].due_ms;
    send_command("{\"id\":\"0\",\"command\":\"set\",\"args\":{\"volume\":0.5}}");
    send_command(COMMAND("ring"));
    assert_int_equal(post(ROOST_EV_GPIO, 3, 0), 0);
    assert_int_equal(fake_deliver(&fake, FAKE_TUNE, "Bow"), 0);
    assert_int_equal(post(ROOST_EV_GPIO, 4, 1), 0);
    fake.open = false;
    assert_int_equal(post(ROOST_EV_MQTT_CLOSED, 0, ROOST_ERR_IO), 0);
    product_step(&product);

    static const enum roost_what_kind kinds[] = {
        ROOST_WHAT_EVENT,    ROOST_WHAT_MESSAGE, ROOST_WHAT_EVENT, ROOST_WHAT_OFFLINE,
        ROOST_WHAT_HEALTH,   ROOST_WHAT_TIMER, /* a tie: the health's is older */
        ROOST_WHAT_SETTINGS,
    };
    expect_happened(from, kinds, 7);
    assert_int_equal(happened(from, 0)->id, ROOST_EV_GPIO);
    assert_int_equal(happened(from, 0)->token, 3);
    assert_int_equal(happened(from, 1)->id, 0); /* of the spec's topics */
    assert_int_equal(happened(from, 1)->len, 3);
    assert_string_equal(product.tune, "Bow");
    assert_int_equal(happened(from, 2)->token, 4);
    assert_int_equal(happened(from, 2)->status, 1);
    assert_int_equal(happened(from, 3)->status, ROOST_ERR_IO);
    assert_int_equal(happened(from, 5)->id, PRODUCT_TIMER_RING);
    assert_int_equal(product.rings, 3); /* pressed, by itself, by command */
}

static void timers_ring_in_the_order_of_their_time(void **state)
{
    (void)state;
    start_online();
    int from = product.happenings;
    roost_timers_start(&device->timers, PRODUCT_TIMER_RING, fake.now_ms + 2000);
    roost_timers_start(&device->timers, ROOST_TIMER_HEALTH, fake.now_ms + 1000);
    fake.now_ms += 5000; /* both are late */
    product_step(&product);
    static const enum roost_what_kind kinds[] = {ROOST_WHAT_HEALTH, ROOST_WHAT_TIMER};
    expect_happened(from, kinds, 2);
}

static void the_uplink_is_looked_after_last(void **state)
{
    (void)state;
    start();
    send_command(COMMAND("ring")); /* nobody is there to hear the answer yet */
    while (roost_link_due(&device->link) > fake.now_ms) {
        product_step(&product);
        fake.now_ms = roost_link_due(&device->link);
    }
    assert_int_equal(fake.opens, 0);
    send_command(COMMAND("ring"));
    press();
    struct roost_what what;
    roost_device_begin(device);
    while (roost_device_next(device, &what))
        assert_int_equal(fake.opens, 0);
    assert_int_equal(fake.opens, 1);
    assert_int_equal(device->commands.count, 0);
}

static void next_says_no_more_until_the_next_step_begins(void **state)
{
    (void)state;
    struct roost_what what;
    start_online();
    assert_int_equal(post(ROOST_EV_GPIO, 1, 0), 0);
    roost_device_begin(device);
    assert_true(roost_device_next(device, &what));
    assert_int_equal(what.token, 1);
    assert_false(roost_device_next(device, &what));
    assert_int_equal(post(ROOST_EV_GPIO, 2, 0), 0);
    assert_false(roost_device_next(device, &what)); /* its turn is over */
    roost_device_finish(device, ROOST_NEVER, true, NULL);
    roost_device_begin(device);
    assert_true(roost_device_next(device, &what));
    assert_int_equal(what.token, 2);
    assert_false(roost_device_next(device, &what));
}

static void settings_and_a_refused_restart_are_both_told(void **state)
{
    (void)state;
    struct roost_what what;
    start_online();
    device->changed = device->online_again = true;
    roost_device_begin(device);
    assert_true(roost_device_next(device, &what));
    assert_int_equal(what.kind, ROOST_WHAT_SETTINGS);
    assert_true(roost_device_next(device, &what));
    assert_int_equal(what.kind, ROOST_WHAT_ONLINE);
    assert_false(roost_device_next(device, &what));
}

/* ---- when it is due ---- */

static void it_is_due_at_the_first_of_all(void **state)
{
    (void)state;
    start_online();
    fake_run(&fake, 2000);
    uint64_t now_ms = fake.now_ms;
    assert_int_equal(product_step(&product), now_ms + ROOST_DEVICE_WATCHDOG_MS);
    product.due_ms = now_ms + 1234;
    assert_int_equal(product_step(&product), now_ms + 1234);
    roost_timers_start(&device->timers, PRODUCT_TIMER_RING, now_ms + 1000);
    assert_int_equal(product_step(&product), now_ms + 1000);

    product.stuck = true; /* told at once, the next change a second later */
    product_step(&product);
    product.stuck = false;
    product.due_ms = ROOST_NEVER;
    roost_timers_start(&device->timers, PRODUCT_TIMER_RING, now_ms + 60000);
    assert_int_equal(product_step(&product), now_ms + 1000);
    fake_run(&fake, 2000);

    fake.acks = false; /* a record on its way is looked after, too */
    press();
    fake_run(&fake, 54000);
    assert_true(product_step(&product) < fake.now_ms + ROOST_DEVICE_WATCHDOG_MS);
}

static void every_step_feeds_the_watchdog_in_time(void **state)
{
    (void)state;
    start_online();
    fake.broker_up = false;
    fake_disconnect(&fake);
    for (int i = 0; i < 200; i++) {
        int fed = fake.fed;
        uint64_t due = product_step(&product);
        assert_int_equal(fake.fed, fed + 1);
        assert_true(due <= fake.now_ms + ROOST_DEVICE_WATCHDOG_MS);
        fake_run(&fake, due > fake.now_ms ? due - fake.now_ms : 1);
    }
}

static void an_idle_device_sleeps(void **state)
{
    (void)state;
    start_online();
    fake_run(&fake, 2000);
    int fed = fake.fed;
    fake_run(&fake, 10 * MINUTE);
    assert_true(fake.fed - fed < 200); /* the watchdog's, and a few for its own ring and health */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_it_cannot_run_with),
        cmocka_unit_test(names_are_copied),
        cmocka_unit_test(the_first_step_begins_with_the_settings),
        cmocka_unit_test(events_come_before_timers_and_those_before_commands),
        cmocka_unit_test(timers_ring_in_the_order_of_their_time),
        cmocka_unit_test(the_uplink_is_looked_after_last),
        cmocka_unit_test(next_says_no_more_until_the_next_step_begins),
        cmocka_unit_test(settings_and_a_refused_restart_are_both_told),
        cmocka_unit_test(it_is_due_at_the_first_of_all),
        cmocka_unit_test(every_step_feeds_the_watchdog_in_time),
        cmocka_unit_test(an_idle_device_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
