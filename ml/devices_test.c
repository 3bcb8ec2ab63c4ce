/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/err.h"
#include "ml/devices.h"

static void the_latest_features_are_kept(void **state)
{
    (void)state;
    struct ml_devices *devices = ml_devices_new();
    struct roost_features features;
    int64_t unix_ms;
    assert_non_null(devices);
    assert_int_equal(ml_devices_get(devices, "w1", &unix_ms, &features), ROOST_ERR_NOT_FOUND);
    ml_devices_put(devices, "w1", 1000, &(struct roost_features){20, 40, -60});
    ml_devices_put(devices, "w2", 1500, &(struct roost_features){21, 41, -61});
    ml_devices_put(devices, "w1", 2000, &(struct roost_features){22, 42, -62});
    assert_int_equal(ml_devices_get(devices, "w1", &unix_ms, &features), 0);
    assert_true(unix_ms == 2000 && features.temperature_degc > 21.9);
    assert_int_equal(ml_devices_get(devices, "w2", &unix_ms, &features), 0);
    assert_true(unix_ms == 1500);
    ml_devices_free(devices);
}

/* Far more devices than places: nothing grows, most of the newest are known, the counts add up. */
static void a_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    enum { MANY = 3 * ML_DEVICES_MAX };
    struct ml_devices *devices = ml_devices_new();
    struct roost_features features = {20, 40, -60};
    char id[32];
    int64_t unix_ms;
    int gave_way = 0, known = 0, newest = 0;
    assert_non_null(devices);
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "window-%d", i);
        gave_way += ml_devices_put(devices, id, i, &features);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "window-%d", i);
        if (ml_devices_get(devices, id, &unix_ms, &features) == 0) {
            assert_true(unix_ms == i);
            known++;
            newest += i >= MANY - ML_DEVICES_MAX / 4;
        }
    }
    assert_int_equal(known, MANY - gave_way);
    assert_true(known <= ML_DEVICES_MAX && known > ML_DEVICES_MAX * 9 / 10);
    assert_true(newest > ML_DEVICES_MAX / 4 * 95 / 100);
    ml_devices_free(devices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_features_are_kept),
        cmocka_unit_test(a_full_table_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
