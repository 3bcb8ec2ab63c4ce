/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/thermistor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/err.h"

/* What a voltmeter shows across it. */
static int32_t mv_at(double degc)
{
    double ratio = exp(3950 * (1 / (degc + 273.15) - 1 / 298.15));

    return (int32_t)lround(3300 * ratio / (1 + ratio));
}

static void test_temperatures(void **state)
{
    int32_t mdegc;
    (void)state;

    assert_int_equal(charger_thermistor_mdegc(1650, 3300, &mdegc), 0);
    assert_true(mdegc > 24900 && mdegc < 25100);
    for (double degc = -20; degc <= 100; degc += 0.5) {
        assert_int_equal(charger_thermistor_mdegc(mv_at(degc), 3300, &mdegc), 0);
        assert_true(fabs(mdegc / 1000.0 - degc) < 0.6);
    }
}

static void test_broken(void **state)
{
    int32_t mdegc = 1;
    (void)state;

    assert_int_equal(charger_thermistor_mdegc(3300, 3300, &mdegc), ROOST_ERR_FAULT); /* open */
    assert_int_equal(charger_thermistor_mdegc(0, 3300, &mdegc), ROOST_ERR_FAULT);    /* short */
    assert_int_equal(charger_thermistor_mdegc(-1, 3300, &mdegc), ROOST_ERR_FAULT);
    assert_int_equal(charger_thermistor_mdegc(3301, 3300, &mdegc), ROOST_ERR_FAULT);
    assert_int_equal(charger_thermistor_mdegc(1, 0, &mdegc), ROOST_ERR_FAULT);
    assert_int_equal(charger_thermistor_mdegc(mv_at(-45), 3300, &mdegc), ROOST_ERR_FAULT);
    assert_int_equal(charger_thermistor_mdegc(mv_at(130), 3300, &mdegc), ROOST_ERR_FAULT);
    assert_int_equal(mdegc, 1);
    assert_int_equal(charger_thermistor_mdegc(mv_at(-38), 3300, &mdegc), 0);
    assert_int_equal(charger_thermistor_mdegc(mv_at(123), 3300, &mdegc), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_temperatures),
        cmocka_unit_test(test_broken),
    };

    return cmocka_run_group_tests_name("charger thermistor", tests, NULL, NULL);
}
