/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/flash.h"

enum { SECTOR = 256, SECTORS = 4, UNIT = 4 };

static struct sim_power power;
static struct sim_flash flash;
static struct sim_kv kv;
static const struct roost_flash *port;

static int setup(void **state)
{
    (void)state;
    sim_power_init(&power, 3, 0);
    port = &flash.port;
    return sim_flash_init(&flash, &power, SECTOR, SECTORS, UNIT) | sim_kv_init(&kv, &power);
}

static int teardown(void **state)
{
    (void)state;
    sim_flash_deinit(&flash);
    sim_kv_deinit(&kv);
    return 0;
}

static void program_only_clears_bits(void **state)
{
    uint8_t first[4] = {0xF0, 0xFF, 0xFF, 0x00}, second[4] = {0x3C, 0xFF, 0xFF, 0xFF}, out[4];

    (void)state;
    assert_int_equal(port->ops->erase(port->ctx, 1), 0);
    assert_int_equal(port->ops->program(port->ctx, SECTOR, first, 4), 0);
    assert_int_equal(flash.misuses, 0);
    assert_int_equal(port->ops->program(port->ctx, SECTOR, second, 4), 0);
    assert_true(flash.misuses > 0);
    assert_int_equal(port->ops->read(port->ctx, SECTOR, out, 4), 0);
    assert_int_equal(out[0], 0x30);
    assert_int_equal(out[3], 0x00);
    assert_int_equal(flash.erases[1], 1);
    assert_int_equal(flash.erases[0], 0);
}

static void geometry_is_checked(void **state)
{
    uint8_t data[SECTOR + UNIT] = {0};

    (void)state;
    assert_int_equal(port->ops->program(port->ctx, 2, data, 4), ROOST_ERR_RANGE);
    assert_int_equal(port->ops->program(port->ctx, 0, data, 3), ROOST_ERR_RANGE);
    assert_int_equal(port->ops->program(port->ctx, 4, data, SECTOR), ROOST_ERR_RANGE);
    assert_int_equal(port->ops->program(port->ctx, SECTOR * SECTORS, data, 4), ROOST_ERR_RANGE);
    assert_int_equal(port->ops->read(port->ctx, SECTOR * SECTORS - 2, data, 4), ROOST_ERR_RANGE);
    assert_int_equal(port->ops->erase(port->ctx, SECTORS), ROOST_ERR_RANGE);
}

/* Every torn program: whole units in front, at most one unit in between, erased behind. */
static void a_torn_program_is_a_prefix_and_one_unit(void **state)
{
    uint8_t data[64], out[64];
    bool some_torn = false, some_prefix = false;

    (void)state;
    memset(data, 0, sizeof data);
    for (int round = 0; round < 200; round++) {
        size_t unit = 0;

        sim_power_on(&power);
        assert_int_equal(port->ops->erase(port->ctx, 0), 0);
        sim_power_cut_at(&power, 1, SIM_CUT_TORN);
        assert_int_equal(port->ops->program(port->ctx, 0, data, sizeof data), ROOST_ERR_IO);
        assert_true(power.off);
        assert_int_equal(port->ops->read(port->ctx, 0, out, sizeof out), ROOST_ERR_IO);
        sim_power_on(&power);
        assert_int_equal(port->ops->read(port->ctx, 0, out, sizeof out), 0);
        while (unit < sizeof out / UNIT && memcmp(out + unit * UNIT, data, UNIT) == 0)
            unit++;
        some_prefix |= unit > 0;
        if (unit < sizeof out / UNIT) {
            some_torn |= memcmp(out + unit * UNIT, "\xff\xff\xff\xff", UNIT) != 0;
            unit++;
        }
        for (size_t i = unit * UNIT; i < sizeof out; i++)
            assert_int_equal(out[i], 0xFF);
    }
    assert_true(some_torn && some_prefix);
}

static void nothing_works_without_power(void **state)
{
    uint8_t data[4] = {0};

    (void)state;
    assert_int_equal(kv.port.ops->set(kv.port.ctx, "a", data, 4), 0);
    sim_power_off(&power);
    assert_int_equal(port->ops->program(port->ctx, 0, data, 4), ROOST_ERR_IO);
    assert_int_equal(port->ops->erase(port->ctx, 0), ROOST_ERR_IO);
    assert_int_equal(kv.port.ops->set(kv.port.ctx, "a", data, 1), ROOST_ERR_IO);
    assert_int_equal(kv.port.ops->get(kv.port.ctx, "a", data, 4), ROOST_ERR_IO);
    assert_int_equal(kv.port.ops->erase(kv.port.ctx, "a"), ROOST_ERR_IO);
    sim_power_on(&power);
    assert_int_equal(kv.port.ops->get(kv.port.ctx, "a", data, 4), 4);
}

static void a_cut_leaves_the_old_or_the_new_value(void **state)
{
    char out[8];
    int old = 0, new = 0;

    (void)state;
    for (int round = 0; round < 100; round++) {
        sim_power_on(&power);
        assert_int_equal(kv.port.ops->set(kv.port.ctx, "key", "old", 4), 0);
        sim_power_cut_at(&power, 1, (enum sim_cut)(round % SIM_CUT_COUNT));
        assert_int_equal(kv.port.ops->set(kv.port.ctx, "key", "newer", 6), ROOST_ERR_IO);
        sim_power_on(&power);
        if (kv.port.ops->get(kv.port.ctx, "key", out, sizeof out) == 4) {
            assert_string_equal(out, "old");
            old++;
        } else {
            assert_string_equal(out, "newer");
            new ++;
        }
    }
    assert_true(old > 33 && new > 33);
}

static void kv_keeps_its_limits(void **state)
{
    static uint8_t value[ROOST_KV_VALUE_MAX + 1];
    char key[16];
    int err = 0;

    (void)state;
    assert_int_equal(kv.port.ops->set(kv.port.ctx, "0123456789abcdef", value, 1),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(kv.port.ops->set(kv.port.ctx, "k", value, sizeof value), ROOST_ERR_TOO_LONG);
    assert_int_equal(kv.port.ops->set(kv.port.ctx, "k", value, ROOST_KV_VALUE_MAX), 0);
    assert_int_equal(kv.port.ops->get(kv.port.ctx, "k", value, 4), ROOST_ERR_TOO_LONG);
    for (int i = 0; i < SIM_KV_KEYS_MAX && err == 0; i++) {
        key[0] = (char)('A' + i / 10);
        key[1] = (char)('0' + i % 10);
        key[2] = '\0';
        err = kv.port.ops->set(kv.port.ctx, key, value, 1);
    }
    assert_int_equal(err, ROOST_ERR_NO_SPACE);
    assert_int_equal(kv.port.ops->erase_all(kv.port.ctx), 0);
    assert_int_equal(kv.port.ops->get(kv.port.ctx, "k", value, 4), ROOST_ERR_NOT_FOUND);
    assert_int_equal(kv.port.ops->erase(kv.port.ctx, "k"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(program_only_clears_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(geometry_is_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_program_is_a_prefix_and_one_unit, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_works_without_power, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_leaves_the_old_or_the_new_value, setup, teardown),
        cmocka_unit_test_setup_teardown(kv_keeps_its_limits, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
