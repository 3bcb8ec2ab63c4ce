/* SPDX-License-Identifier: Apache-2.0 */
/* The lamp on a simulated board: button and relay are its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "examples/lamp/lamp.h"
#include "port/sim/sim.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static struct sim sim;
static struct sim_board board;
static struct lamp lamp;

static int lamp_boot(void *ctx)
{
    const struct roost_mqtt_options broker = {
        .host = "broker", .port = SIM_BROKER_PORT, .keepalive_s = 30, .clean_session = true};

    (void)ctx;
    return lamp_init(&lamp, &board.port, "lamp-1", "1.0.0", &broker, NULL);
}

static uint64_t lamp_stepped(void *ctx)
{
    (void)ctx;
    return lamp_step(&lamp);
}

static int lamp_posted(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    return roost_device_post(&lamp.device, event);
}

static void run(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.gpio_inputs = 1u << LAMP_LINE_BUTTON,
                                                     .gpio_outputs = 1u << LAMP_LINE_RELAY};
    static const struct sim_firmware firmware = {
        .boot = lamp_boot, .step = lamp_stepped, .post = lamp_posted};

    (void)state;
    if (sim_init(&sim, 11) < 0 || sim_board_init(&board, &sim.clock, &sim.net, &options) < 0)
        return -1;
    sim_board_power_on(&board, &firmware);
    run(10 * SECOND);
    return lamp.device.link.state == ROOST_LINK_UP ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_deinit(&sim);
    return 0;
}

static bool burns(void)
{
    return board.port.gpio.ops->read(board.port.gpio.ctx, LAMP_LINE_RELAY) == 1;
}

static void press(uint64_t ms)
{
    sim_board_set_gpio(&board, LAMP_LINE_BUTTON, true);
    run(ms);
    sim_board_set_gpio(&board, LAMP_LINE_BUTTON, false);
    run(100);
}

static void command(const char *payload)
{
    assert_int_equal(
        roost_device_post(&lamp.device, &(struct roost_event){.type = ROOST_EV_MQTT_MESSAGE,
                                                              .topic = "device/lamp-1/command",
                                                              .data = payload,
                                                              .len = strlen(payload)}),
        0);
    sim_board_kick(&board);
    run(2 * SECOND);
}

static bool status_says(const char *part)
{
    char text[ROOST_STATUS_MAX];

    run(2 * SECOND); /* it is said once a second */
    const struct sim_message *status = sim_broker_retained(&sim.broker, "device/lamp-1/status");
    assert_true(status && status->len < sizeof text);
    memcpy(text, status->bytes, status->len);
    text[status->len] = '\0';
    return strstr(text, part) != NULL;
}

static void a_hand_switches_it(void **state)
{
    (void)state;
    assert_false(burns());
    press(200);
    assert_true(burns());
    assert_true(status_says("\"lit\":1") && status_says("\"type\":\"lamp\""));
    press(200);
    assert_false(burns());
    for (int i = 0; i < 7; i++) { /* one press of a contact that bounces */
        sim_board_set_gpio(&board, LAMP_LINE_BUTTON, i % 2 == 0);
        run(5);
    }
    assert_true(burns());
}

static void commands_switch_it(void **state)
{
    (void)state;
    command("{\"id\":\"1\",\"command\":\"on\"}");
    assert_true(burns());
    command("{\"id\":\"2\",\"command\":\"off\"}");
    assert_false(burns());
    assert_true(status_says("\"lit\":0"));
}

static void it_goes_off_by_itself(void **state)
{
    (void)state;
    command("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"off_after_minutes\":10}}");
    press(200);
    run(9 * MINUTE);
    assert_true(burns());
    run(MINUTE);
    assert_false(burns());
}

static void a_stuck_button_is_a_fault(void **state)
{
    (void)state;
    sim_board_set_gpio(&board, LAMP_LINE_BUTTON, true);
    run(MINUTE + SECOND);
    assert_true(status_says("\"fault_number\":901"));
    sim_board_set_gpio(&board, LAMP_LINE_BUTTON, false);
    assert_true(status_says("\"fault_number\":0"));
}

static void it_is_dark_after_the_power_came_back(void **state)
{
    (void)state;
    press(200);
    assert_true(burns());
    sim_board_power_cut(&board, 5 * SECOND);
    run(20 * SECOND);
    assert_false(burns());
    assert_true(status_says("\"lit\":0"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_hand_switches_it),
        TEST(commands_switch_it),
        TEST(it_goes_off_by_itself),
        TEST(a_stuck_button_is_a_fault),
        TEST(it_is_dark_after_the_power_came_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
