/* SPDX-License-Identifier: Apache-2.0 */
/* A device as its product sees it: what happens in a step and in which order, what its queues take,
 * when it is due, how its life goes on and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/device_parts.h"
#include "runtime/test/product_rig.h"

#define COMMAND(name) "{\"id\":\"1\",\"command\":\"" name "\"}"

static struct roost_device *const device = &product.device;

/* Happening number n since `from`. */
static const struct roost_what *happened(int from, int n)
{
    assert_true(from + n < product.happenings);
    return &product.happened[(from + n) % PRODUCT_HAPPENED];
}

static void expect_happened(int from, const enum roost_what_kind *kinds, int count)
{
    assert_int_equal(product.happenings - from, count);
    for (int n = 0; n < count; n++)
        assert_int_equal(happened(from, n)->kind, kinds[n]);
}

static int post(enum roost_event_type type, uint64_t token, int status_)
{
    return product_post(&product,
                        &(struct roost_event){.type = type, .token = token, .status = status_});
}

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
    send_command("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"volume\":0.5}}");
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

/* ---- what the queues take ---- */

static void floods_and_giants_are_dropped_and_counted(void **state)
{
    (void)state;
    char payload[ROOST_COMMAND_MAX + 2];
    start_online();
    memset(payload, ' ', sizeof payload);
    payload[sizeof payload - 1] = '\0';
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload), ROOST_ERR_TOO_LONG);
    assert_int_equal(fake_deliver(&fake, FAKE_TUNE, payload), ROOST_ERR_TOO_LONG);
    assert_int_equal(device->too_long, 2);
    payload[ROOST_COMMAND_MAX] = '\0';
    int full = 0;
    for (int i = 0; i < 10; i++)
        full += fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload) == ROOST_ERR_FULL;
    assert_int_equal(full, 8);
    for (int i = 0; i < 10; i++)
        full += fake_deliver(&fake, FAKE_TUNE, payload) == ROOST_ERR_FULL;
    assert_int_equal(full, 17);
    /* There is still room for what keeps the device consistent. */
    for (uint64_t token = 1; token < 16; token++)
        assert_int_equal(post(ROOST_EV_MQTT_ACKED, token + 1000000, 0), 0);
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_int_equal(status.event_dropped, full + 2);
    assert_int_equal(product.tunes, 1);
}

static void the_reserve_has_an_end_and_what_is_over_is_counted(void **state)
{
    (void)state;
    start_online();
    int tunes = 0, acks = 0;
    while (fake_deliver(&fake, FAKE_TUNE, "Bow") == 0)
        tunes++;
    assert_true(device->events.size - device->events.used > ROOST_DEVICE_EVENT_RESERVE - 64);
    while (post(ROOST_EV_MQTT_ACKED, 1000000, 0) == 0)
        acks++;
    assert_true(acks >= 30); /* more than the windows of all that waits for one */
    assert_int_equal(post(ROOST_EV_GPIO, 1, 1), ROOST_ERR_FULL);
    assert_int_equal(device->events.dropped, 3);
    product_step(&product);
    assert_int_equal(product.tunes, tunes);
    assert_int_equal(post(ROOST_EV_GPIO, 1, 1), 0);
}

static void foreign_topics_are_not_taken(void **state)
{
    (void)state;
    static const char *const foreign[] = {"bell/bell-2/tune", "device/bell-2/command",
                                          "somewhere/else", "bell/bell-1/ring",
                                          "device/bell-1/status"};
    struct roost_event event = {.type = ROOST_EV_MQTT_MESSAGE, .data = "{}", .len = 2};
    start();
    for (size_t i = 0; i < 5; i++) {
        event.topic = foreign[i];
        assert_int_equal(product_post(&product, &event), 0);
        assert_int_equal(device->unexpected, i + 1);
    }
    assert_int_equal(device->events.count, 0);
    assert_int_equal(device->commands.count, 0);
}

static void events_that_nobody_asked_for_are_not_taken(void **state)
{
    (void)state;
    start();
    assert_int_equal(post(ROOST_EV_CLIMATE, 0, 0), 0);
    assert_int_equal(post(ROOST_EV_AUDIO_READY, 0, 0), 0);
    assert_int_equal(post(ROOST_EV_CAN_READY, 0, 0), 0);
    assert_int_equal(post(ROOST_EV_HTTP_DONE, 0, 0), 0); /* it takes no updates */
    assert_int_equal(device->events.count, 0);
    assert_int_equal(device->events.dropped, 0);
}

/* ---- how its life goes on and ends ---- */

static void three_crashes_make_a_safe_mode(void **state)
{
    (void)state;
    start_online();
    for (int i = 0; i < 3; i++) {
        assert_false(device->safe_mode);
        reboot_as(i == 1 ? ROOST_RESET_WATCHDOG : ROOST_RESET_CRASH);
        fake_run(&fake, 5000);
    }
    assert_true(device->safe_mode);
    read_status();
    assert_string_equal(status.fault, "crash_loop");
    press();
    fake_run(&fake, 1000);
    assert_int_equal(product.rings, 0);
    ask(COMMAND("ring"));
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "bell: safe mode");
    ask(COMMAND("settings"));
    assert_true(answer.ok);
    fake_run(&fake, 2 * ROOST_DEVICE_STABLE_MS); /* it proves nothing */
    reboot_as(ROOST_RESET_CRASH);
    assert_true(device->safe_mode);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_false(device->safe_mode);
}

static void a_crash_is_forgiven_after_a_while(void **state)
{
    (void)state;
    start_online();
    reboot_as(ROOST_RESET_CRASH);
    reboot_as(ROOST_RESET_CRASH);
    fake_run(&fake, ROOST_DEVICE_STABLE_MS + 1000);
    reboot_as(ROOST_RESET_CRASH);
    assert_false(device->safe_mode);
}

static void while_it_waits_to_reboot_life_goes_on(void **state)
{
    (void)state;
    start_online();
    fake.acks = false;
    ask(COMMAND("reboot"));
    assert_int_equal(device->life, ROOST_LIFE_REBOOTING);
    assert_false(roost_device_rests(device));
    press();
    ask(COMMAND("ring"));
    assert_int_equal(product.rings, 2);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);
    assert_true(roost_device_over(device));
}

static void a_refused_restart_is_told_as_a_new_beginning(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    fake.activate_error = ROOST_ERR_CORRUPT;
    boot();
    fake_run(&fake, ONLINE_MS);
    fake_offer(&fake, "1.3.0");
    int states = fake.count[FAKE_STATE];
    ask(COMMAND("update"));
    int from = product.happenings;
    fake_run(&fake, 6000);
    assert_int_equal(fake.activations, 1);
    static const enum roost_what_kind kinds[] = {ROOST_WHAT_ONLINE};
    expect_happened(from, kinds, 1);
    assert_int_equal(device->life, ROOST_LIFE_RUNNING);
    assert_int_equal(fake.opens, 1);              /* it never was away */
    assert_true(fake.count[FAKE_STATE] > states); /* the product says all of it again */
    read_status();
    assert_true(status.online);
}

static void a_restart_into_an_update_is_the_end(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    boot();
    fake_run(&fake, ONLINE_MS);
    fake_offer(&fake, "1.3.0");
    ask(COMMAND("update"));
    fake_run(&fake, 6000);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_UPDATE);
    assert_true(roost_device_over(device));
}

static void stopping_says_offline_and_closes(void **state)
{
    (void)state;
    start_online();
    roost_device_stop(device);
    product_step(&product);
    assert_true(!roost_device_over(device));
    assert_true(roost_device_rests(device));
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    fake_run(&fake, 100);
    assert_true(roost_device_over(device));
    int publishes = fake.publishes;
    send_command(COMMAND("ring"));
    press();
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.publishes, publishes);
    assert_int_equal(product.rings, 0);
    int fed = fake.fed; /* who waits for its end may still step it */
    assert_int_equal(product_step(&product), fake.now_ms + ROOST_DEVICE_WATCHDOG_MS);
    assert_int_equal(fake.fed, fed + 1);

    start();
    fake.broker_up = false;
    roost_device_stop(device); /* before it was ever connected */
    product_step(&product);
    assert_true(roost_device_over(device));
}

static void a_broker_that_does_not_close_is_not_waited_for_long(void **state)
{
    (void)state;
    start_online();
    fake.broker_silent = true;
    roost_device_stop(device);
    fake_run(&fake, ROOST_DEVICE_STOP_MS - 10);
    assert_false(roost_device_over(device));
    fake_run(&fake, 20);
    assert_true(roost_device_over(device));
    assert_int_equal(fake.reboots, 0);
}

static void a_stop_wins_over_a_reboot(void **state)
{
    (void)state;
    start_online();
    fake.acks = false;
    ask(COMMAND("reboot"));
    roost_device_stop(device);
    fake_run(&fake, MINUTE);
    assert_true(roost_device_over(device));
    assert_int_equal(fake.reboots, 0);
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
        cmocka_unit_test(floods_and_giants_are_dropped_and_counted),
        cmocka_unit_test(the_reserve_has_an_end_and_what_is_over_is_counted),
        cmocka_unit_test(foreign_topics_are_not_taken),
        cmocka_unit_test(events_that_nobody_asked_for_are_not_taken),
        cmocka_unit_test(three_crashes_make_a_safe_mode),
        cmocka_unit_test(a_crash_is_forgiven_after_a_while),
        cmocka_unit_test(while_it_waits_to_reboot_life_goes_on),
        cmocka_unit_test(a_refused_restart_is_told_as_a_new_beginning),
        cmocka_unit_test(a_restart_into_an_update_is_the_end),
        cmocka_unit_test(stopping_says_offline_and_closes),
        cmocka_unit_test(a_broker_that_does_not_close_is_not_waited_for_long),
        cmocka_unit_test(a_stop_wins_over_a_reboot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
