/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power is cut at every flash operation of a scenario in which readings are made, published and
 * acknowledged, and again inside the recovery. Whatever the flash had accepted must reach the
 * broker under the number it was given, with the value it had, and no number may stand for two
 * readings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/parts.h"
#include "devices/window/test/fake_world.h"
#include "runtime/device_parts.h"

enum { WARM_UP_MS = 160000, SCENARIO_MS = 60000, RECOVERY_MS = 20000, SEQ_MAX = 500 };

static struct fake_port fake, warm_fake;
static struct fake_world world, warm_world;
static struct roost_window window;
static int32_t delivered[SEQ_MAX]; /* temperature by number; 0: not seen */

static void boot(void)
{
    static const struct roost_window_config config = {.device_id = "win-1",
                                                      .firmware_version = "1.0.0"};

    assert_int_equal(roost_window_init(&window, &fake.port, &config), 0);
    fake_attach_window(&fake, &window);
    window.control.calibrate = false; /* the motor has its own tests */
    roost_settings_set_int(&window.device.settings, WINDOW_SET_SAMPLE_INTERVAL, 2000);
    roost_device_apply_settings(&window.device);
}

/* Takes note of what the broker was given since the last look. */
static void note_delivered(void)
{
    for (int i = 0; i < world.reading_count; i++) {
        const struct fake_reading *reading = &world.readings[i];
        assert_true(reading->seq > 0 && reading->seq < SEQ_MAX);
        if (reading->kind != CLIMATE_TOPIC_TEMPERATURE)
            continue;
        int32_t before = delivered[reading->seq];
        assert_true(before == 0 || before == reading->value_milli);
        delivered[reading->seq] = reading->value_milli;
    }
    world.reading_count = 0;
}

/* Runs until the cut or the end; returns the last number the flash had accepted by then. What the
 * broker has is noted when the connection is over, for until then it may turn out lost. */
static uint64_t run(uint64_t ms)
{
    fake_run(&fake, ms);
    return roost_outbox_last_seq(&window.outbox);
}

/* A boot that may itself be cut: what was accepted cannot become less. */
static uint64_t boot_and_run(uint64_t ms, int cut_at)
{
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    note_delivered();
    world.climate.temperature_mdegc += 500; /* no value of an earlier boot comes again */
    fake.operations = 0;
    fake.cut_at = cut_at;
    boot();
    return run(ms);
}

static void start_warm(void)
{
    if (!warm_fake.port.clock.ops) {
        fake_init(&fake);
        fake_world_init(&world, &fake);
        world.lossy = true;
        fake.ack_delay_ms = 5000; /* there is always something on its way */
        boot();
        fake_run(&fake, WARM_UP_MS);
        memcpy(&warm_fake, &fake, sizeof fake);
        memcpy(&warm_world, &world, sizeof world);
    }
    memcpy(&fake, &warm_fake, sizeof fake);
    memcpy(&world, &warm_world, sizeof world);
    memset(delivered, 0, sizeof delivered);
}

static void expect_all_up_to(uint64_t accepted)
{
    uint64_t last = boot_and_run(3 * RECOVERY_MS, FAKE_NO_CUT);

    fake_disconnect(&fake);
    note_delivered();
    assert_true(last > accepted);
    assert_true(last < SEQ_MAX);
    assert_int_equal(window.outbox.journal.dropped, 0);
    for (uint64_t seq = 1; seq <= accepted; seq++)
        assert_true(delivered[seq] != 0);
}

static int operations_of_the_scenario(void)
{
    start_warm();
    (void)boot_and_run(SCENARIO_MS, FAKE_NO_CUT);
    return fake.operations;
}

static void nothing_accepted_is_lost_or_renumbered(void **state)
{
    (void)state;
    int operations = operations_of_the_scenario();
    assert_true(operations > 30);
    for (int cut = 0; cut < operations; cut++) {
        start_warm();
        uint64_t accepted = boot_and_run(SCENARIO_MS, cut);
        assert_true(!fake.power);
        expect_all_up_to(accepted);
    }
}

static void nor_by_a_second_cut_in_the_recovery(void **state)
{
    (void)state;
    int operations = operations_of_the_scenario();
    for (int cut = 1; cut < operations; cut += 3) {
        for (int again = 0; again < 6; again++) {
            start_warm();
            uint64_t accepted = boot_and_run(SCENARIO_MS, cut);
            uint64_t then = boot_and_run(RECOVERY_MS, again);
            expect_all_up_to(accepted > then ? accepted : then);
        }
    }
}

static void nor_with_a_broker_that_comes_and_goes(void **state)
{
    (void)state;
    int operations = operations_of_the_scenario();
    for (int cut = 0; cut < operations; cut += 2) {
        start_warm();
        fake.broker_up = false;
        uint64_t accepted = boot_and_run(SCENARIO_MS / 2, cut);
        if (fake.power) {
            fake.broker_up = true;
            accepted = run(SCENARIO_MS / 4);
        }
        if (fake.power) {
            fake_disconnect(&fake);
            accepted = run(SCENARIO_MS / 4);
        }
        fake.broker_up = true;
        expect_all_up_to(accepted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_accepted_is_lost_or_renumbered),
        cmocka_unit_test(nor_by_a_second_cut_in_the_recovery),
        cmocka_unit_test(nor_with_a_broker_that_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
