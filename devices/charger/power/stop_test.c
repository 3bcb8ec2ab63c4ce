/* SPDX-License-Identifier: Apache-2.0 */
/* The emergency stop: without a cycle, between any two of its steps, and until a hand ends it. */
#include "devices/charger/power/test/rig.h"

static void the_emergency_stop_needs_no_cycle(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_stop(&rig.world, true);
    assert_false(rig_energised()); /* no cycle ran */
    rig_cycle();
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
    assert_int_equal(charger_power_worst(&rig.power), CHARGER_FAULT_EMERGENCY_STOP);
    rig_run(100);
    /* A reset while it is pressed, a release without a reset: it stays. */
    assert_int_equal(charger_power_reset(&rig.power), CHARGER_BIT(EMERGENCY_STOP));
    world_charger_stop(&rig.world, false);
    rig_run(20000);
    assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
    assert_false(rig_energised());
    assert_int_equal(charger_power_reset(&rig.power), 0);
    assert_true(rig_until(CHARGER_INSULATION, 1000)); /* from the beginning */
    assert_true(rig_until(CHARGER_CHARGING, 15000));
}

/* Pressed and let go between two cycles: the line shows nothing, the interrupt did. */
static void a_short_press_is_a_press(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_stop(&rig.world, true);
    world_charger_stop(&rig.world, false);
    (void)charger_power_reset(&rig.power); /* too early: nobody has looked */
    assert_true(charger_power_stopped(&rig.power));
    rig_run(1000);
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
    /* Without an interrupt the line is enough, one cycle later. */
    rig_begin(60000, 400);
    rig.interrupts = false;
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_stop(&rig.world, true);
    rig_cycle();
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
}

/* Pressed again while somebody resets the first one: that one is ended, not this one. */
static void a_stop_during_the_reset(void **state)
{
    (void)state;
    rig_begin(60000, 400);
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 15000));
    world_charger_stop(&rig.world, true);
    world_charger_stop(&rig.world, false);
    rig_run(1000);
    world_charger_stop(&rig.world, true);
    world_charger_stop(&rig.world, false);
    (void)charger_power_reset(&rig.power);
    assert_true(charger_power_stopped(&rig.power));
    rig_run(10000);
    assert_false(rig_energised());
    assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
    assert_int_equal(charger_power_reset(&rig.power), 0);
    assert_true(rig_until(CHARGER_CHARGING, 15000));
}

/* ---- the interrupt comes at any instant of a cycle ---- */

/* Instants: before each read and write, behind each write, and where the interrupt is held off or
 * let through. */
static struct {
    struct roost_gpio inner;
    int left;     /* instants until it comes; -1: it came, or does not come */
    bool masked;  /* it is held off, ... */
    bool pending; /* ... and comes then */
} between;

static void interrupt(void)
{
    between.pending = false;
    charger_power_emergency(&rig.power);
    assert_false(rig_energised());
}

static void instant(void)
{
    if (between.left < 0 || between.left-- > 0)
        return;
    between.pending = between.masked;
    if (!between.masked)
        interrupt();
}

static void between_mask(void *ctx, bool masked)
{
    (void)ctx;
    instant();
    assert_true(between.masked != masked);
    between.masked = masked;
    if (!masked && between.pending)
        interrupt();
    instant();
}

static int between_read(void *ctx, unsigned line)
{
    (void)ctx;
    instant();
    return between.inner.ops->read(between.inner.ctx, line);
}

static int between_write(void *ctx, unsigned line, bool active)
{
    (void)ctx;
    instant();
    /* Never on, not for a moment, once it has been. */
    if (rig.power.config.mask && active && line != WORLD_CHARGER_LINE_TEST)
        assert_false(charger_power_stopped(&rig.power));
    int err = between.inner.ops->write(between.inner.ctx, line, active);
    instant();
    return err;
}

/* The next cycle, over and over, the stop an instant later each time. Returns the instants. */
static int stop_at_each_instant(bool maskable)
{
    static struct rig before;

    before = rig;
    for (int n = 0;; n++) {
        rig = before;
        rig.power.config.mask = maskable ? between_mask : NULL;
        between.left = n;
        between.masked = between.pending = false;
        rig_cycle();
        if (between.left >= 0) {
            rig = before;
            between.left = -1;
            return n;
        }
        assert_false(rig_energised());
        for (int i = 0; i < 30; i++) {
            rig_cycle();
            assert_false(rig_energised());
        }
        assert_int_equal(rig.power.faults, CHARGER_BIT(EMERGENCY_STOP));
    }
}

/* Through a session: each cycle that enters a state, and the one behind it. */
static void the_stop_at_any_instant(void **state)
{
    static const struct roost_gpio_ops ops = {.read = between_read, .write = between_write};
    static struct rig before;
    unsigned entered = 0;
    bool again = false;

    (void)state;
    rig_begin(60000, 400);
    memset(&between, 0, sizeof between);
    between.inner = rig.port.gpio;
    between.left = -1;
    rig.port.gpio = (struct roost_gpio){&ops, NULL};
    rig_plug_and_start();
    for (int i = 0; i < 1500; i++) {
        before = rig;
        rig_cycle();
        bool enters = rig.power.state != before.power.state;
        if (enters || again) {
            rig = before;
            assert_true(stop_at_each_instant(true) >=
                        CHARGER_INPUT_COUNT + 2 * CHARGER_OUTPUT_COUNT);
            assert_true(stop_at_each_instant(false) >=
                        CHARGER_INPUT_COUNT + 2 * CHARGER_OUTPUT_COUNT);
            rig_cycle();
        }
        entered |= 1u << rig.power.state;
        again = enters;
        if (rig.power.state == CHARGER_CHARGING)
            rig_order(true, false, CHARGER_NO_LIMIT);
    }
    assert_int_equal(entered, (1u << CHARGER_STATE_COUNT) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_emergency_stop_needs_no_cycle),
        cmocka_unit_test(a_short_press_is_a_press),
        cmocka_unit_test(a_stop_during_the_reset),
        cmocka_unit_test(the_stop_at_any_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
