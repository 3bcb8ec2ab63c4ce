/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "runtime/test/fake_port.h"
#include "devices/window/travel.h"

static struct fake_port fake;

static struct window_travel servo(void)
{
    return (struct window_travel){.min_raw = 500, .max_raw = 2500};
}

static void ends_must_make_a_travel(void **state)
{
    (void)state;
    static const struct {
        int32_t closed, open;
        bool good;
    } rows[] = {
        {500, 2500, true},  {600, 1000, true},  {600, 999, false},   {499, 2000, false},
        {600, 2501, false}, {2000, 600, false}, {1000, 1000, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct window_travel travel = servo();
        assert_int_equal(window_travel_take(&travel, rows[i].closed, rows[i].open), rows[i].good);
        assert_int_equal(travel.open_raw, rows[i].good ? rows[i].open : 0);
    }
}

static void percent_and_raw_are_inverse_inside_the_margins(void **state)
{
    (void)state;
    struct window_travel travel = servo();
    assert_true(window_travel_take(&travel, 600, 2350));
    assert_int_equal(window_travel_raw(&travel, 0), 635); /* 2 % of 1750 */
    assert_int_equal(window_travel_raw(&travel, WINDOW_MPCT_MAX), 2315);
    for (int32_t mpct = 0; mpct <= WINDOW_MPCT_MAX; mpct += 37) {
        int32_t off = window_travel_mpct(&travel, window_travel_raw(&travel, mpct)) - mpct;
        assert_true(off <= 0 && off >= -60); /* one raw unit is 60 thousandths */
    }
    assert_int_equal(window_travel_mpct(&travel, 600), 0);
    assert_int_equal(window_travel_mpct(&travel, -2000000000), 0);
    assert_int_equal(window_travel_mpct(&travel, 2500), WINDOW_MPCT_MAX);
}

static void shares_are_of_what_is_used_or_of_the_range(void **state)
{
    (void)state;
    struct window_travel travel = servo();
    assert_true(window_travel_take(&travel, 500, 2500));
    assert_int_equal(window_travel_share(&travel, 1000), 1920);
    assert_int_equal(window_travel_range_share(&travel, 20), 40);
}

static void it_is_kept_and_found_again(void **state)
{
    (void)state;
    struct window_travel saved = servo(), loaded = servo();
    fake_init(&fake);
    assert_int_equal(window_travel_load(&loaded, &fake.port.kv), ROOST_ERR_NOT_FOUND);
    assert_true(window_travel_take(&saved, 612, 2301));
    assert_int_equal(window_travel_save(&saved, &fake.port.kv), 0);
    assert_int_equal(window_travel_load(&loaded, &fake.port.kv), 0);
    assert_memory_equal(&loaded, &saved, sizeof saved);

    fake.kv_fails = true;
    assert_int_equal(window_travel_load(&loaded, &fake.port.kv), ROOST_ERR_IO);
    assert_int_equal(window_travel_save(&saved, &fake.port.kv), ROOST_ERR_IO);
}

static void damaged_ends_are_not_believed(void **state)
{
    (void)state;
    static const uint8_t bad[][10] = {
        {9, 0x80, 2, 0, 0, 0xC0, 8, 0, 0},          /* another version */
        {1, 0x80, 2, 0, 0, 0x90, 2, 0, 0},          /* too short */
        {1, 0xC0, 8, 0, 0, 0x80, 2, 0, 0},          /* the wrong way round */
        {1, 0, 0, 0, 0, 0xC0, 8, 0, 0},             /* outside the driver's range */
        {1, 0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0x7F}, /* as far apart as can be */
        {1, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0x80},
    };
    struct window_travel travel = servo();
    fake_init(&fake);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake.port.kv.ops->set(&fake, "m.travel", bad[i], 9);
        assert_int_equal(window_travel_load(&travel, &fake.port.kv), ROOST_ERR_CORRUPT);
    }
    fake.port.kv.ops->set(&fake, "m.travel", bad[0], 8);
    assert_int_equal(window_travel_load(&travel, &fake.port.kv), ROOST_ERR_CORRUPT);
    fake.port.kv.ops->set(&fake, "m.travel", bad[0], 10);
    assert_int_equal(window_travel_load(&travel, &fake.port.kv), ROOST_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_must_make_a_travel),
        cmocka_unit_test(percent_and_raw_are_inverse_inside_the_margins),
        cmocka_unit_test(shares_are_of_what_is_used_or_of_the_range),
        cmocka_unit_test(it_is_kept_and_found_again),
        cmocka_unit_test(damaged_ends_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
