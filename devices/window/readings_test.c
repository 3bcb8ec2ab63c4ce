/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/readings.h"
#include "devices/window/test/rig.h"

static void readings_keep_what_they_were_given(void **state)
{
    (void)state;
    static const struct roost_climate_sample samples[] = {{25500, 60000}, {-40000, 0}};
    uint8_t bytes[WINDOW_READING_BYTES];
    for (size_t i = 0; i < 2; i++) {
        window_reading_write(bytes, &samples[i]);
        struct roost_climate_sample again = window_reading_read(bytes);
        assert_int_equal(again.temperature_mdegc, samples[i].temperature_mdegc);
        assert_int_equal(again.humidity_mpct, samples[i].humidity_mpct);
    }
}

static void a_reading_is_two_messages_with_its_number_and_time(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5000);
    assert_int_equal(world.reading_count, 2);
    assert_int_equal(world.readings[0].kind, CLIMATE_TOPIC_TEMPERATURE);
    assert_int_equal(world.readings[1].kind, CLIMATE_TOPIC_HUMIDITY);
    for (int i = 0; i < 2; i++)
        assert_int_equal(world.readings[i].seq, 1);
    assert_int_equal(world.readings[0].value_milli, world.climate.temperature_mdegc);
    assert_int_equal(world.readings[1].value_milli, world.climate.humidity_mpct);
    /* Its time is when it was measured, not when it was sent. */
    assert_true(world.readings[0].unix_ms == fake.unix_at_boot_ms + 1020);
    assert_true(world.readings[1].unix_ms == world.readings[0].unix_ms);
    assert_int_equal(roost_outbox_last_seq(&window.outbox), 1);
}

static void a_reading_that_found_no_room_is_said_whole_later(void **state)
{
    (void)state;
    start_ready();
    fake_run(&fake, 1000);
    fake.acks = false;
    fake.room = fake.unacked + 1;
    int count = world.reading_count;
    ask("{\"id\":\"1\",\"command\":\"settings\"}"); /* takes the room */
    fake_run(&fake, 30000);
    assert_int_equal(world.reading_count, count);
    fake.room = fake.unacked + 1; /* half of one */
    fake_run(&fake, 10000);
    assert_int_equal(world.reading_count, count + 1);
    fake.room = 100;
    fake_run(&fake, 10000);
    assert_true(world.reading_count >= count + 8);
    for (int i = 0; i < world.reading_count; i++) {
        assert_int_equal(world.readings[i].kind,
                         i % 2 ? CLIMATE_TOPIC_HUMIDITY : CLIMATE_TOPIC_TEMPERATURE);
        assert_int_equal(world.readings[i].seq, 1 + i / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings_keep_what_they_were_given),
        cmocka_unit_test(a_reading_is_two_messages_with_its_number_and_time),
        cmocka_unit_test(a_reading_that_found_no_room_is_said_whole_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
