/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/bytes.h"
#include "core/err.h"
#include "world/charger/charger.h"
#include "world/test/time.h"

static struct {
    struct test_time time;
    int ready, stops;
} host;

static struct world_charger world;
static struct roost_port port;

static void post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    host.ready += event->type == ROOST_EV_CAN_READY;
}

static void stopped(void *ctx)
{
    (void)ctx;
    host.stops++;
}

static const struct world_time_ops time_ops = {
    .now_ms = test_time_now, .start = test_time_start, .stop = test_time_stop, .post = post};

static void begin(uint16_t soc_permille)
{
    memset(&host, 0, sizeof host);
    memset(&port, 0, sizeof port);
    world_charger_init(&world, &(struct world_charger_config){.capacity_mah = 60000,
                                                              .soc_permille = soc_permille,
                                                              .stop = stopped});
    assert_int_equal(
        world_charger_attach(&world, &(struct world_time){&time_ops, &host.time}, &port), 0);
    for (unsigned bus = 0; bus < WORLD_CHARGER_BUSES; bus++)
        assert_int_equal(port.can.ops->start(port.can.ctx, bus, 250000), 0);
}

static void run(uint32_t ms)
{
    for (uint64_t end_ms = host.time.now_ms + ms; host.time.now_ms < end_ms;) {
        host.time.now_ms += 10;
        test_time_ring(&host.time);
    }
}

static void write(unsigned line, bool on)
{
    assert_int_equal(port.gpio.ops->write(port.gpio.ctx, line, on), 0);
}

static bool reads(unsigned line)
{
    return port.gpio.ops->read(port.gpio.ctx, line) == 1;
}

static void say(unsigned bus, uint32_t id, const char data[static 8])
{
    struct roost_can_frame frame = {.id = id, .extended = true, .len = 8};

    memcpy(frame.data, data, 8);
    assert_int_equal(port.can.ops->send(port.can.ctx, bus, &frame), 0);
}

/* The newest frame of that identifier; its length 0: none was there. */
static struct roost_can_frame hear(unsigned bus, uint32_t id)
{
    struct roost_can_frame frame, found = {0};

    while (port.can.ops->receive(port.can.ctx, bus, &frame) == 1)
        if (frame.id == id)
            found = frame;
    return found;
}

/* The module on at 84 V and so many amperes, for as long as it hears that. */
static void drive(uint32_t ampere, uint32_t ms)
{
    char current[8] = {0x01, 0x03}, voltage[8] = {0x01, 0x00};

    roost_be_put(current + 4, ampere * 61 / 2, 4);
    roost_be_put(voltage + 4, 84 * 1024, 4);
    write(WORLD_CHARGER_LINE_MODULE, true);
    for (uint32_t part = 0; part < ms; part += 1000) {
        say(WORLD_CHARGER_MODULE_BUS, 0x068181FE, voltage);
        say(WORLD_CHARGER_MODULE_BUS, 0x068181FE, current);
        say(WORLD_CHARGER_MODULE_BUS, 0x068181FE, "\x01\x32\0\0\0\0\0");
        run(1000);
    }
}

static void the_capacitors_run_down(void **state)
{
    (void)state;
    begin(400);
    world.circuit.output_v = 83;
    run(60000);
    assert_true(fabs(world.circuit.output_v - 56) < 0.5);
}

static void precharge_meets_the_battery(void **state)
{
    (void)state;
    begin(400);
    world_charger_plug(&world, true);
    write(WORLD_CHARGER_LINE_PRECHARGE, true);
    run(235);
    assert_true(world.circuit.output_v > 40 && world.circuit.output_v < 55);
    run(3000);
    assert_true(fabs(world.circuit.output_v - world.battery.voc_v) < 0.5);
    world_charger_set_fault(&world, WORLD_CHARGER_PRECHARGE_OPEN, true);
    run(30000);
    assert_true(world.circuit.output_v < world.battery.voc_v - 5);
}

static void energy_is_kept(void **state)
{
    (void)state;
    begin(200);
    world_charger_plug(&world, true);
    write(WORLD_CHARGER_LINE_CONTACTOR, true);
    drive(60, 600000);
    assert_true(fabs(world_charger_current_a(&world) - 60) < 0.1);
    assert_true(fabs(world.battery.soc - (0.2 + 10.0 / 60)) < 0.002);
    assert_true(world_charger_energy_wh(&world) > 700);
    assert_true(world.resistance_j > 1000);
    assert_true(fabs(world.terminal_j - world.battery_j - world.resistance_j) <
                1e-9 * world.terminal_j);
    assert_true(world.module.temperature_degc > 23 && world.module.temperature_degc < 35);
    assert_true(world.gun_degc > 20.5 && world.battery.temperature_degc > 20.5);
    /* At the end the voltage holds the current back. */
    drive(60, 4200000);
    assert_true(world.circuit.output_v < 84.01);
    assert_true(world.battery.full);
    /* Nobody speaks to the module any more: off by itself. */
    run(6000);
    assert_true(world_charger_current_a(&world) == 0);
}

static void the_frames(void **state)
{
    struct roost_can_frame frame;

    (void)state;
    begin(500);
    run(1000);
    assert_true(host.ready > 0);
    assert_int_equal(hear(WORLD_CHARGER_BATTERY_BUS, 0x1806E5F4).len, 0); /* not plugged in */
    assert_int_equal(hear(WORLD_CHARGER_MODULE_BUS, 0x00433F01).len, 8);
    world_charger_plug(&world, true);
    run(1000);
    frame = hear(WORLD_CHARGER_BATTERY_BUS, 0x1806E5F4);
    assert_memory_equal(frame.data, "\x03\x48\x02\x58\x00\x00\x00\x00", 8); /* 84 V, 60 A */
    frame = hear(WORLD_CHARGER_MODULE_BUS, 0x00473F01);
    assert_memory_equal(frame.data + 6, "\x03\x01", 2);
    say(WORLD_CHARGER_BATTERY_BUS, 0x160B0180, "\0\0\0\0\0\0\0");
    frame = hear(WORLD_CHARGER_BATTERY_BUS, 0x160B8001);
    assert_int_equal(roost_be_get(frame.data, 4), 1030000);
    say(WORLD_CHARGER_MODULE_BUS, 0x068182FE, "\x01\x80\0\0\0\0\0");
    frame = hear(WORLD_CHARGER_MODULE_BUS, 0x0681827E);
    assert_int_equal(roost_be_get(frame.data + 4, 4), 20000);
    world_charger_set_fault(&world, WORLD_CHARGER_MODULE_HOT, true);
    say(WORLD_CHARGER_MODULE_BUS, 0x068182FE, "\x01\x80\0\0\0\0\0");
    frame = hear(WORLD_CHARGER_MODULE_BUS, 0x0681827E);
    assert_int_equal(roost_be_get(frame.data + 4, 4), 75000);
}

static void the_buses(void **state)
{
    const struct roost_can_ops *can;
    struct roost_can_frame frame = {.len = 9};
    struct roost_can_status status;

    (void)state;
    begin(500);
    can = port.can.ops;
    assert_int_equal(can->start(&world, 2, 250000), ROOST_ERR_RANGE);
    assert_int_equal(can->start(&world, 0, 500000), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(can->start(&world, 0, 250000), ROOST_ERR_STATE);
    assert_int_equal(can->send(&world, 0, &frame), ROOST_ERR_INVALID);
    assert_int_equal(can->recover(&world, 0), ROOST_ERR_STATE);
    world_charger_set_fault(&world, WORLD_CHARGER_MODULE_BUS_OFF, true);
    run(20);
    assert_int_equal(can->status(&world, 1, &status), 0);
    assert_int_equal(status.state, ROOST_CAN_BUS_OFF);
    frame.len = 8;
    assert_int_equal(can->send(&world, 1, &frame), ROOST_ERR_STATE);
    assert_int_equal(can->recover(&world, 1), 0);
    assert_int_equal(can->status(&world, 1, &status), 0);
    assert_int_equal(status.state, ROOST_CAN_BUS_OFF);
    world_charger_set_fault(&world, WORLD_CHARGER_MODULE_BUS_OFF, false);
    assert_int_equal(can->recover(&world, 1), 0);
    assert_int_equal(can->status(&world, 1, &status), 0);
    assert_int_equal(status.state, ROOST_CAN_ACTIVE);
    /* A ring that nobody empties. */
    world_charger_set_fault(&world, WORLD_CHARGER_BATTERY_FLOOD, true);
    run(1000);
    assert_int_equal(can->status(&world, 0, &status), 0);
    assert_in_range(status.overruns, 1000 - 40, 1000);
    assert_int_equal(can->stop(&world, 0), 0);
    assert_int_equal(can->receive(&world, 0, &frame), ROOST_ERR_STATE);
}

static void contactor_and_hands(void **state)
{
    (void)state;
    begin(400);
    assert_true(reads(WORLD_CHARGER_LINE_STOP_CHAIN) && reads(WORLD_CHARGER_LINE_DOOR));
    assert_false(reads(WORLD_CHARGER_LINE_PLUG) || reads(WORLD_CHARGER_LINE_FEEDBACK));
    world_charger_plug(&world, true);
    write(WORLD_CHARGER_LINE_CONTACTOR, true);
    run(10);
    assert_false(reads(WORLD_CHARGER_LINE_FEEDBACK));
    run(30);
    assert_true(reads(WORLD_CHARGER_LINE_FEEDBACK));
    drive(60, 5000);
    world_charger_plug(&world, false);
    assert_int_equal(world.circuit.arcs, 1);
    run(100);
    assert_true(world_charger_current_a(&world) == 0);
    world_charger_set_fault(&world, WORLD_CHARGER_WELDED, true);
    write(WORLD_CHARGER_LINE_CONTACTOR, false);
    run(100);
    assert_true(reads(WORLD_CHARGER_LINE_FEEDBACK));
    world_charger_set_fault(&world, WORLD_CHARGER_WELDED, false);
    run(20);
    assert_false(reads(WORLD_CHARGER_LINE_FEEDBACK));
    world_charger_stop(&world, true);
    assert_int_equal(host.stops, 1);
    assert_false(reads(WORLD_CHARGER_LINE_STOP_CHAIN));
    world_charger_door(&world, true);
    assert_false(reads(WORLD_CHARGER_LINE_DOOR));
    /* The monitor notices the test, and not when it is dead. */
    write(WORLD_CHARGER_LINE_TEST, true);
    run(150);
    assert_false(reads(WORLD_CHARGER_LINE_INSULATION));
    world_charger_set_fault(&world, WORLD_CHARGER_MONITOR_DEAD, true);
    run(150);
    assert_true(reads(WORLD_CHARGER_LINE_INSULATION));
    write(WORLD_CHARGER_LINE_CONTACTOR, true);
    world_charger_off(&world);
    assert_false(world_lines_get(&world.lines, WORLD_CHARGER_LINE_CONTACTOR));
    assert_int_equal(world.bus[0].state, ROOST_CAN_STOPPED);
}

static void a_shorted_module_feeds_back(void **state)
{
    struct roost_can_frame frame;

    (void)state;
    begin(400);
    world_charger_plug(&world, true);
    write(WORLD_CHARGER_LINE_CONTACTOR, true);
    world_charger_set_fault(&world, WORLD_CHARGER_MODULE_BACKFEEDS, true);
    run(60000);
    assert_true(world_charger_current_a(&world) == -20);
    assert_true(world.battery_j < 0 && world.resistance_j > 0 && world.battery.soc < 0.4);
    assert_true(fabs(world.terminal_j - world.battery_j - world.resistance_j) < 1e-3);
    frame = hear(WORLD_CHARGER_MODULE_BUS, 0x00433F01);
    assert_memory_equal(frame.data + 4, "\xC1\xA0\0\0", 4);
    say(WORLD_CHARGER_MODULE_BUS, 0x068182FE, "\x01\x82\0\0\0\0\0");
    frame = hear(WORLD_CHARGER_MODULE_BUS, 0x0681827E);
    assert_memory_equal(frame.data + 6, "\xFF\x39", 2); /* -19.9, as the fraction is cut off */
    world_charger_set_fault(&world, WORLD_CHARGER_TEMPERATURE_SILENT, true);
    say(WORLD_CHARGER_MODULE_BUS, 0x068182FE, "\x01\x80\0\0\0\0\0");
    assert_int_equal(hear(WORLD_CHARGER_MODULE_BUS, 0x0681827E).len, 0);
}

static void a_monitor_takes_its_time(void **state)
{
    (void)state;
    begin(400);
    world.config.monitor_ms = 3000;
    world_charger_set_fault(&world, WORLD_CHARGER_INSULATION_LOW, true);
    world_charger_plug(&world, true);
    run(2900);
    assert_true(reads(WORLD_CHARGER_LINE_INSULATION));
    write(WORLD_CHARGER_LINE_TEST, true);
    run(150);
    assert_false(reads(WORLD_CHARGER_LINE_INSULATION));
    write(WORLD_CHARGER_LINE_TEST, false);
    run(200);
    assert_false(reads(WORLD_CHARGER_LINE_INSULATION));
}

static void a_dirty_gun_gets_hot(void **state)
{
    int32_t mdegc;

    (void)state;
    begin(100);
    world.gun_mohm = 10;
    world_charger_plug(&world, true);
    write(WORLD_CHARGER_LINE_CONTACTOR, true);
    drive(60, 1500000);
    assert_int_equal(world_charger_gun_mdegc(&world, &mdegc), 0);
    assert_in_range(mdegc, 80000, 95000);
    world_charger_set_fault(&world, WORLD_CHARGER_GUN_SENSOR_DEAD, true);
    assert_int_equal(world_charger_gun_mdegc(&world, &mdegc), ROOST_ERR_FAULT);
}

static void controls(void **state)
{
    const struct world_controls *table = &world_charger_controls;
    const struct world_quantity *plug = world_quantity_find(table, "plug");
    int fault = world_fault_find(table, "contactor_welded", strlen("contactor_welded"));

    (void)state;
    begin(500);
    plug->hold(&world, 1);
    assert_true(world.plugged && plug->get(&world) == 1);
    plug->hold(&world, (double)NAN);
    assert_false(world.plugged);
    world_quantity_find(table, "estop")->hold(&world, 1);
    assert_true(world.stopped);
    world_quantity_find(table, "door")->hold(&world, 1);
    assert_true(world.door_open);
    world_quantity_find(table, "gun_resistance")->hold(&world, 7);
    assert_true(world.gun_mohm == 7);
    for (size_t i = 0; i < table->quantity_count; i++)
        assert_true(table->quantities[i].get(&world) > -1e9);
    assert_int_equal(fault, WORLD_CHARGER_WELDED);
    table->set_fault(&world, (unsigned)fault, true);
    assert_true(table->has_fault(&world, (unsigned)fault));
    assert_true(table->fault_count <= 64);
    table->update(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capacitors_run_down),
        cmocka_unit_test(precharge_meets_the_battery),
        cmocka_unit_test(energy_is_kept),
        cmocka_unit_test(the_frames),
        cmocka_unit_test(the_buses),
        cmocka_unit_test(contactor_and_hands),
        cmocka_unit_test(a_shorted_module_feeds_back),
        cmocka_unit_test(a_monitor_takes_its_time),
        cmocka_unit_test(a_dirty_gun_gets_hot),
        cmocka_unit_test(controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
