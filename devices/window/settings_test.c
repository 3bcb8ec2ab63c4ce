/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/settings.h"

static void defaults_are_allowed_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < WINDOW_SET_COUNT; i++) {
        const struct roost_setting *setting = &window_settings[i];
        int64_t value = setting->type == ROOST_SETTING_STRING
                            ? (int64_t)strlen(setting->initial_text)
                            : setting->initial;
        assert_true(value >= setting->min && value <= setting->max);
        assert_true(setting->min < setting->max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_allowed_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
