/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "world/window/window.h"

/* A world that is attached to nothing but a clock. */
static struct world_window window;
static struct device_world world;
static char answer[2048];
static int changes;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

static void on_change(void *ctx)
{
    (void)ctx;
    changes++;
}

static int setup(void **state)
{
    static const struct world_time_ops ops = {.now_ms = now_ms};
    const struct world_time time = {.ops = &ops};
    const struct world_window_config config = world_window_plain(7, 1780315200000);
    struct roost_port port = {0};

    (void)state;
    changes = 0;
    unsetenv("ROOST_FAULTS");
    world_window_init(&window, &config);
    world = (struct device_world){
        .controls = &world_window_controls, .world = &window, .changed = on_change};
    return world_window_attach(&window, &time, &port);
}

typedef void command_fn(const struct device_world *around, const char *name, const char *value,
                        struct roost_json_writer *w);

static const char *ask(command_fn *command, const char *name, const char *value)
{
    struct roost_json_writer w;

    roost_json_begin(&w, answer, sizeof answer);
    command(&world, name, value, &w);
    assert_true(roost_json_finish(&w) > 0);
    return answer;
}

static const char *state_now(void)
{
    struct roost_json_writer w;

    roost_json_begin(&w, answer, sizeof answer);
    roost_json_object(&w);
    device_world_write(&world, &w);
    roost_json_end(&w);
    assert_true(roost_json_finish(&w) > 0);
    return answer;
}

static const char ok[] = "{\"ok\":true}";

static void a_quantity_is_held_and_let_go(void **state)
{
    (void)state;
    assert_string_equal(ask(device_world_set, "outdoor_temperature", "31"), ok);
    assert_non_null(strstr(state_now(), "\"outdoor_temperature\":31"));
    assert_string_equal(ask(device_world_set, "outdoor_temperature", "weather"), ok);
    assert_null(strstr(state_now(), "\"outdoor_temperature\":31,"));
    assert_string_equal(ask(device_world_set, "street_level", "-40"), ok);
    assert_non_null(strstr(state_now(), "\"street_dbfs\":-40"));
}

static void what_is_not_allowed_says_what_is(void **state)
{
    (void)state;
    assert_string_equal(ask(device_world_set, "outdoor_temperature", "99"),
                        "{\"ok\":false,\"error\":\"outdoor_temperature 99: allowed is -50 to 60 "
                        "degC, or weather\"}");
    /* What can only be read, what is a fault, what is none. */
    assert_string_equal(ask(device_world_set, "temperature", "20"),
                        "{\"ok\":false,\"error\":\"set temperature: allowed is "
                        "outdoor_temperature, outdoor_humidity, street_level\"}");
    assert_non_null(strstr(ask(device_world_set, "obstruction", "20"), "\"ok\":false"));
    assert_non_null(strstr(ask(device_world_fault, "street_level", "-40"), "\"ok\":false"));
    assert_non_null(strstr(ask(device_world_fault, "everything", "on"),
                           "allowed is sensor_silent, sensor_stuck"));
    assert_non_null(strstr(ask(device_world_fault, "everything", "on"), ", obstruction\""));
    assert_string_equal(ask(device_world_fault, "motor_jam", "maybe"),
                        "{\"ok\":false,\"error\":\"fault motor_jam maybe: allowed is on, off\"}");
    assert_string_equal(
        ask(device_world_fault, "obstruction", "101"),
        "{\"ok\":false,\"error\":\"obstruction 101: allowed is 0 to 100 %, or off\"}");
    assert_int_equal(changes, 0);
}

static void faults_are_switched_and_outlive_a_restart(void **state)
{
    (void)state;
    assert_string_equal(ask(device_world_fault, "motor_jam", "on"), ok);
    assert_string_equal(ask(device_world_fault, "mic_dead", "on"), ok);
    assert_string_equal(ask(device_world_fault, "obstruction", "40"), ok);
    assert_non_null(strstr(state_now(), "\"obstruction\":40"));
    assert_non_null(strstr(state_now(), "\"faults\":[\"mic_dead\",\"motor_jam\"]"));
    assert_int_equal(changes, 2);
    assert_string_equal(getenv("ROOST_FAULTS"), "mic_dead,motor_jam");
    assert_string_equal(ask(device_world_fault, "mic_dead", "off"), ok);
    assert_string_equal(ask(device_world_fault, "obstruction", "off"), ok);
    assert_non_null(strstr(state_now(), "\"obstruction\":null"));

    window.faults = 0;
    setenv("ROOST_FAULTS", "motor,motor_jam,motor_jammed", 1);
    device_world_restore_faults(&world, "test");
    assert_int_equal(window.faults, 1u << WORLD_WINDOW_MOTOR_JAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_quantity_is_held_and_let_go, setup),
        cmocka_unit_test_setup(what_is_not_allowed_says_what_is, setup),
        cmocka_unit_test_setup(faults_are_switched_and_outlive_a_restart, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
