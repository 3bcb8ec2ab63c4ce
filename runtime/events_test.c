/* SPDX-License-Identifier: Apache-2.0 */
/* What the sink takes, what it refuses, and what it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define COMMAND(name) "{\"id\":\"1\",\"command\":\"" name "\"}"

static struct roost_device *const device = &product.device;

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

static void bytes_come_with_the_event_that_carries_them(void **state)
{
    (void)state;
    static char bytes[ROOST_COMMAND_MAX + 1] = "tone";
    struct roost_event event = {.type = ROOST_EV_GPIO, .token = 4, .data = bytes, .len = 4};
    struct roost_what what = {.kind = ROOST_WHAT_OFFLINE};
    start_online();
    assert_int_equal(roost_device_post(device, &event), 0);
    roost_device_begin(device);
    while (what.kind != ROOST_WHAT_EVENT)
        assert_true(roost_device_next(device, &what));
    assert_int_equal(what.id, ROOST_EV_GPIO);
    assert_int_equal(what.token, 4);
    assert_int_equal(what.len, 4);
    assert_memory_equal(what.data, "tone", 4);
    event.len = sizeof bytes;
    assert_int_equal(roost_device_post(device, &event), ROOST_ERR_TOO_LONG);
    assert_int_equal(device->too_long, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floods_and_giants_are_dropped_and_counted),
        cmocka_unit_test(the_reserve_has_an_end_and_what_is_over_is_counted),
        cmocka_unit_test(bytes_come_with_the_event_that_carries_them),
        cmocka_unit_test(foreign_topics_are_not_taken),
        cmocka_unit_test(events_that_nobody_asked_for_are_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
